/* What may become of a case, by the rules of the workflow and its kind: read from a body, checked,
   written with its entries on the timeline. */
#ifndef SERVICE_CHANGE_H
#define SERVICE_CHANGE_H

#include "service/http.h"

/* POST /cases, PATCH /cases/{id}: false after a refusal. *cf holds the case as it is then. */
bool change_open(struct call *, struct casefile *cf);
bool change_case(struct call *, const struct casefile *before, struct casefile *cf);

/* The answer of a body (AnswerInput) as an entry of the timeline: the template filled, the channel
 *found. outcome: what the template says resolving with it means, or NULL. */
bool change_answer(struct call *, const struct casefile *, const struct json *answer,
	struct event *event, const char **outcome);

/* The mentions of a body, checked, as words; those named may read a restricted case. NULL: refused.
 */
const char *change_mentions(struct call *, const struct casefile *, const struct json *list);

#endif
