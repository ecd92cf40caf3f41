/* The columns a case can be shown in: the same on the screen and in print. */
#ifndef MODEL_COLUMN_H
#define MODEL_COLUMN_H

#include "model/buf.h"
#include "model/casefile.h"
#include "model/error.h"

struct column {
	const char *name;  /* as in configuration and --columns; never translated */
	const char *title; /* through _() */
	int width;	   /* at least; the one with `grow` takes what is left */
	int grow;	   /* share of what is left; 0: none */
	bool right;	   /* figures stand to the right */
	void (*text)(struct buf *, const struct casefile *, time_t now);
};

extern const struct column case_columns[]; /* ends with a nameless one */

/* NULL: no such column. fields.NAME is a column of that field of the kind. */
const struct column *column_find(const char *name);

/* The same; where there is none, err says so with the nearest name. */
const struct column *column_look(const char *name, struct error *);

/* The text of that column, or of field `name` when there is no such column. */
void column_text(struct buf *, const char *name, const struct casefile *, time_t now);

#endif
