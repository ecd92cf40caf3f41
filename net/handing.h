/* What is known of the service a case is to be handed to, for a verb's plan. */
#ifndef NET_HANDING_H
#define NET_HANDING_H

#include "model/verb.h"
#include "net/sync.h"

struct handing {
	struct verb_hand hand; /* goes into verb_input; its parts are below */
	struct page people, timeline, citizens;
	struct buf case_url;
};

/* argument: "NAME" or "NAME/QUEUE" as typed; NULL is fine. Reads the store, asks nothing. citizen: of
   the case, where known, or NULL. hand.people stays NULL where no such service is configured.
   Cleared by the caller, also after that. */
void handing_fill(struct handing *, struct sync *, struct store *, const struct casefile *,
	const struct citizen *, const char *argument);
void handing_clear(struct handing *);

/* Before: asks the people there for their record of the citizen, where they would need it and it is
   not here. false: nothing is asked, and done is not called. */
bool handing_asks(struct sync *, struct store *, const struct casefile *, const struct citizen *,
	const char *argument, sync_done *done, void *ctx);

#endif
