/* Another case, as a person names it: NUMBER or identifier of the same service, NAME/NUMBER of a configured
   one, or an address. And what a service says of a change before it is saved. */
#ifndef NET_OTHER_H
#define NET_OTHER_H

#include "net/sync.h"

struct other_case {
	const char *service; /* NULL: an address of none that is configured */
	const char *ref;     /* its number or identifier there; NULL as well then */
	const char *url;     /* where it was given as one; or NULL */
};

/* own: the service of the case that is linked. Strings live in the arena. */
bool other_read(struct sync *, const char *own, const char *text, struct other_case *, struct arena *,
	struct error *);
/* NAME/ before a number, where it is the name of a configured service: *ref goes behind it. NULL: none. */
const char *other_service(struct sync *, const char **ref);

/* The address of a case, where its service has one; NULL: it has none. */
const char *other_url(struct sync *, const struct casefile *, struct arena *);
/* Where a link points, for people: NAME/NUMBER where it is an address of a configured service, else as it
   is. */
void other_name(struct sync *, const char *where, struct buf *out);

/* Whether the change can be done at all: its service says so (ops->can), and its files can be sent. ctx is a
   struct other_ctx: for plan_check(). */
struct other_ctx {
	struct sync *sync; /* NULL: nothing is asked */
	struct store *store;
};
bool other_can(void *ctx, const struct patch *, struct error *);
/* What its service does besides (ops->besides), or NULL. */
const char *other_besides(void *ctx, const struct patch *, bool *mails);

#endif
