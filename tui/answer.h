/* A template filled with what is known of a case, so that the person reads what the citizen will
 * read. */
#ifndef TUI_ANSWER_H
#define TUI_ANSWER_H

#include "tui/case_head.h"

struct answer_names {
	const struct case_facts *facts;
	const struct show *show;
	const struct profile *profile;
	char *const *values; /* "NAME=VALUE", ends with NULL; or NULL */
	struct arena *arena;
};

/* Appends the text; what is not known stays as {{name}}, and its name goes into missing (words; may
   be NULL), once. */
void answer_fill(
	struct buf *out, const char *text, const struct answer_names *, struct buf *missing);

/* How well a template fits a case: 0 not at all; the greater the better. */
int answer_fits(const struct answer_template *, const struct case_facts *, const struct show *);
const struct answer_template *answer_template_find(const struct show *, const char *id);

#endif
