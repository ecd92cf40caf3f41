/* The other side of a conflict: the object as the service has it now. */
#ifndef CLI_THEIRS_H
#define CLI_THEIRS_H

#include "model/patch.h"

struct theirs {
	struct arena arena;
	struct casefile cf;
	struct citizen citizen;
	bool is_citizen;
	const char *version; /* NULL: nothing is known of it */
};

/* `struct theirs t = {0};`; false: the row says nothing of the other side. */
bool theirs_read(struct theirs *, const struct patch *);
const char *theirs_get(struct theirs *, const char *field); /* NULL: empty */
void theirs_clear(struct theirs *);

/* The patch made anew on top of theirs: their version, their values as what was before. */
bool theirs_under(const struct patch *, struct patch *out);

#endif
