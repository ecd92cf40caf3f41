/* Whose people are whose: who may look at a person without saying why, and what is kept of a look. */
#ifndef SERVICE_LOOK_H
#define SERVICE_LOOK_H

#include "service/http.h"

/* Whether an open case of this person (its key) is with the caller, with their team, or in their hand. */
bool look_is_own_work(struct call *, int64_t citizen);
/* Whether the caller may open this person: own work, or a reason was given; else a refusal. */
bool look_allowed(struct call *, int64_t citizen);
/* Whether they have opened this person a short while ago, with a reason if one was needed. */
bool look_was_lately(struct call *, int64_t citizen);
/* The reason, as much of it as is kept; NULL: none. */
const char *look_purpose(struct call *);

/* Whoever reads a case, or its timeline, of somebody outside their own work has looked at that person: a line
   of the access log, before the answer goes out. To be called by a reading handler that answers with it. */
void look_through_case(struct call *, const struct casefile *);

#endif
