/* The proxy before the service: the one address that may connect besides this machine itself, and the
   header in which it says whom it has signed in (Kerberos, OpenID Connect). That header is believed from
   this address alone. Whoever else sends it, from this machine too, is refused. */
#ifndef SERVICE_PROXY_H
#define SERVICE_PROXY_H

#include "model/error.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

struct proxy {
	bool named;
	struct in6_addr address; /* an IPv4 one as ::ffff:a.b.c.d */
	const char *header;	 /* borrowed; NULL: it says nobody */
};

/* address: a numeric one, or NULL; header: a name a header may have that nothing here reads, or NULL. */
bool proxy_read(struct proxy *, const char *address, const char *header, struct error *);
bool proxy_is(const struct proxy *, const struct sockaddr *peer);
/* Anybody when no proxy is named; else it, and this machine. */
bool proxy_may_connect(const struct proxy *, const struct sockaddr *peer);
/* The peer's address for the log. */
void proxy_print(const struct sockaddr *peer, char out[INET6_ADDRSTRLEN]);

#endif
