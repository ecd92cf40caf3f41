/* Searching: the grammar of model/query.h over citizens and cases, in keyset pages. */
#ifndef SERVICE_FIND_H
#define SERVICE_FIND_H

#include "service/http.h"

/* Each fills call->page and page.next, or refuses; false after a refusal. */
bool find_citizens(struct call *, int limit);
bool find_cases(struct call *, int limit);
/* Into *total: all that match; at most `most` are counted when that is not 0. */
bool count_cases(struct call *, int64_t most, int64_t *total);

/* Appends the condition that the caller may read case c; their worker and team are $2 and $3. */
extern const char find_visible[];
/* The same for one case that was read. */
bool may_see(struct call *, const struct casefile *);
/* The case of the path, in call->page, when the caller may read it; NULL: refused. */
struct casefile *find_case(struct call *);

#endif
