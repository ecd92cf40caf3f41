/* Who may do what, and how a case may move. Pure: no base, no HTTP. */
#ifndef SERVICE_RULES_H
#define SERVICE_RULES_H

#include "model/buf.h"
#include "model/kind.h"
#include "service/http.h"

extern const char *const rules_roles[]; /* ends with NULL */

/* Whether somebody with these roles may call this; an operation nobody is named for is refused to
 *all. who: the roles that may, for the sentence; NULL when no token is needed at all. */
bool rules_may(const char *method, const char *path, const char *roles, const char **who);

/* The workflow as JSON, for /status; and one move of it. */
void rules_workflow(struct json_out *, const char *name);
bool rules_move_allowed(const char *from, const char *to);
const char *rules_moves(const char *from); /* words: where a case may go */

/* The step a case takes when only its new status is said. NULL with *guarded false: none of its
   kind's steps says it alone. *guarded: that status is reached through a step with conditions only.
 */
const struct kind_step *rules_step_for(
	const struct kind *, const char *from, const char *status, bool *guarded);

#endif
