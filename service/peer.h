/* Who is at the other end of a protected connection. */
#ifndef SERVICE_PEER_H
#define SERVICE_PEER_H

#include <stdbool.h>

/* Whether the client of this session (gnutls_session_t) showed a certificate that is good now, meant for
   clients, and signed by an authority the session's credentials trust (RFC 5280, section 6). */
bool peer_certified(void *session);

#endif
