/* What may become of a case, by the rules of the workflow and its kind: read from a body, checked,
   written with its entries on the timeline. */
#ifndef SERVICE_CHANGE_H
#define SERVICE_CHANGE_H

#include "service/http.h"

#define CHANGE_CHANNELS "counter phone web email sms letter chat other"

/* POST /cases, PATCH /cases/{id}: false after a refusal. *cf holds the case as it is then. */
bool change_open(struct call *, struct casefile *cf);
bool change_case(struct call *, const struct casefile *before, struct casefile *cf);

/* The answer of a body (AnswerInput) as an entry of the timeline: the template filled, the channel
 *found. outcome: what the template says resolving with it means, or NULL. */
bool change_answer(struct call *, const struct casefile *, const struct json *answer,
	struct event *event, const char **outcome);

/* Puts the entry on the case's timeline; an answer also into the queue of what goes out. */
void change_tell(struct call *, struct casefile *, struct event *);

/* Opens a waiting or resolved case again, as the service itself (keep->worker): something came in, or did not
   arrive. Whether it is open now; a closed one stays so, as does one whose kind has a condition there. */
bool change_reopen(struct keep *, const char *id);

/* The mentions of a body, checked, as words; those named may read a restricted case. NULL: refused.
 */
const char *change_mentions(struct call *, const struct casefile *, const struct json *list);

#endif
