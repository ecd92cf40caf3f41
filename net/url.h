/* Building URLs: a base as configured, path segments and query values each percent-encoded, so that
   nothing in an identifier or a query can become another path or another parameter. */
#ifndef NET_URL_H
#define NET_URL_H

#include "model/buf.h"
#include "model/error.h"

/* Starts with the base (trailing slashes dropped), then adds `path` as it stands: "/cases". */
void url_start(struct buf *, const char *base, const char *path);
void url_segment(
	struct buf *, const char *segment);    /* "/" and the segment, encoded; "." and ".." too */
void url_path(struct buf *, const char *path); /* as it stands: "/events" */
void url_query(struct buf *, const char *name, const char *value); /* NULL: nothing; "" is kept */
void url_query_int(struct buf *, const char *name, long long value);

void url_encode(struct buf *, const char *text); /* all but unreserved characters (RFC 3986) */

/* Whether requests may go there: https, or http to this machine itself; with a host, without a
   user, a password or a fragment. The sentence says what is wrong (ERROR_CONFIG). */
bool url_check(const char *url, struct error *);
/* The same of an address that requests begin with: it has no query, which may hold a secret. */
bool url_check_base(const char *url, struct error *);

/* Scheme, host and port are the same; a path alone ("/x") is of the same origin, "//x" is not. */
bool url_same_origin(const char *base, const char *url);

/* "https://host" or "https://host:1234" for sentences; never the path or the query. */
void url_origin(struct buf *, const char *url);

#endif
