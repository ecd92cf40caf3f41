/* Tokens: who may use the service. Only their SHA-256 is kept. */
#ifndef SERVICE_TOKEN_H
#define SERVICE_TOKEN_H

#include "service/hash.h"
#include "service/keep.h"

/* Makes one for a worker that is there; roles are words; until_ms 0: it does not end by itself.
   out: the token, which nobody can read again. In a transaction of its own. */
bool token_add(struct keep *, const char *worker, const char *roles, const char *label,
	int64_t until_ms, char out[TOKEN_SIZE], struct error *);

/* Who may use the service has changed: open event streams look again at whose they are. Within the caller's
   transaction. */
bool token_changed(struct keep *);

#endif
