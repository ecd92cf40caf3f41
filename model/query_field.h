/* The fields of the grammar: one table makes parsing, matching, sorting and completion. Only for
   query*.c, store*.c and drivers that translate. */
#ifndef MODEL_QUERY_FIELD_H
#define MODEL_QUERY_FIELD_H

#include "model/query.h"

/* Whom `me` means in a field. */
enum query_me { ME_NOBODY, ME_WORKER, ME_TEAM };

struct query_field {
	const char *name; /* the wire's word */
	const char *also; /* another word for it, or NULL */
	enum query_type type;
	enum query_me me;
	bool lower; /* values are words of the wire, always lower case */
	int offset; /* in struct casefile or struct citizen; -1: not a member */
};

/* NULL: no such field. fields.NAME finds the entry of all kinds' fields. */
const struct query_field *query_field_find(enum query_about, const char *name);

/* By what cases can be sorted: its field, or NULL. */
const struct query_field *query_sort_find(const char *name);

/* Whether every case has that value, so that nothing has to come last. */
bool query_sort_plain(const struct query_field *);

/* Whether text is a value of yes (1), no (0) or neither (-1). */
int query_flag_read(const char *text);

/* The instants a time value means: [*from, *to). A day is a day, an instant one second. false: no
 * time. */
bool query_span(const char *value, time_t now, time_t *from, time_t *to);

/* What a value stands for once `me` is known; NULL: nobody. */
const char *query_value(const struct query_field *, const char *value, const struct query_now *);

/* Whether it is a status in a service's own words (status:stalled): then the step is looked at, in
   lower case. The five words of the wire are the status alone, whatever a kind calls its steps. */
bool query_own_status(const struct query_field *, const char *value);

void query_lower(char *text); /* ASCII, in place; NULL is nothing */

/* Whether it is a number and nothing else: such are in order by their size. */
bool query_digits(const char *value);

/* Cuts the star off a prefix value; false: it is whole. */
bool query_star(const char *value, size_t *size);

#endif
