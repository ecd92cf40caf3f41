/* Who is at work on a case now: a lease with a fence (openapi.yaml, "Leases, and who may write").
   One row per case, for life, so that its fence only grows. Whether a lease is live is asked of the
   service's clock each time (keep->now_ms); nothing depends on anybody noticing that one ran out. */
#ifndef SERVICE_LEASE_H
#define SERVICE_LEASE_H

#include "service/http.h"

enum {
	LEASE_S = 120,	    /* the most, unless `serve --lease` says otherwise */
	LEASE_WISH_LEAST = 30,
	LEASES_EACH = 20    /* live ones of one worker */
};

struct lease {
	const char *worker, *team; /* NULL: nobody ever */
	int64_t fence;		   /* 0: nobody ever */
	int64_t since_ms, until_ms;
};

/* The texts live in the arena. */
struct lease lease_read(struct keep *, int64_t casefile, struct arena *);
bool lease_live(const struct lease *, int64_t now_ms);

/* A case as keep_case_row() read it has its lease's worker, fence and end (UTC) whatever the time is.
   This leaves what the caller may see: the worker and the time left while it is live, the fence for
   its holder alone. To be done once, before the case is written. */
void lease_show(const struct call *, struct casefile *);

/* Whether the caller may change this case now, or answer its citizen: nobody holds it, or they do and
   sent its fence; else a refusal (lease-held, lease-lost). cf: as read, before lease_show(). */
bool lease_allows(struct call *, const struct casefile *);

/* Puts the case back, in the transaction of whatever ends the lease; the fence stays. */
bool lease_end(struct keep *, int64_t casefile);
/* All that a worker holds, when they leave. */
bool lease_end_all(struct keep *, const char *worker);

/* PUT and DELETE of one; and the list of /me. */
void lease_put(struct call *, const struct casefile *);
void lease_delete(struct call *, const struct casefile *);
void lease_list(struct call *, struct json_out *, const char *name);

#endif
