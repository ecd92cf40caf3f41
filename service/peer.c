/* Looking at a client's certificate. */
#include "service/peer.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

bool peer_certified(void *session)
{
	gnutls_typed_vdata_st wanted = { .type = GNUTLS_DT_KEY_PURPOSE_OID,
		.data = (unsigned char *)GNUTLS_KP_TLS_WWW_CLIENT };
	unsigned status = GNUTLS_CERT_INVALID;

	return gnutls_certificate_verify_peers(session, &wanted, 1, &status) == 0 && status == 0;
}
