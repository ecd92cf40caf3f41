/* Fields to fill in: of a kind, of a case, of a citizen. The form keeps what is typed, also what is
   wrong; an error stands under its field. It knows nothing of cases: whoever opens it makes a patch
   of what changed. Below the fields stands one more row, which ends the form. */
#ifndef TUI_FORM_H
#define TUI_FORM_H

#include "model/buf.h"
#include "model/kind.h"
#include "tui/screen.h"

struct form_field {
	struct kind_field def; /* strings in the form's arena */
	char *value, *was;     /* never NULL */
	char *error;	       /* the sentence under it, or NULL */
	size_t at;	       /* byte the insertion stands before */
	int option;	       /* of choices: which one Space would switch */
	bool masked; /* shown as stars: as it was, always (typing replaces it); as typed, while the focus is
			elsewhere */
};

struct form {
	struct arena arena;
	struct form_field *fields;
	int count;
	int focus;  /* count: the row that ends the form */
	int top;    /* first field shown */
	char *end;  /* what that row says */
	time_t now; /* what "monday" in a date counts from; 0: dates are written out */
};

void form_init(struct form *, const char *end);
void form_clear(struct form *);
/* def is copied whole. value may be NULL. */
struct form_field *form_add(struct form *, const struct kind_field *def, const char *value);
struct form_field *form_find(struct form *, const char *name);
bool form_focus(struct form *, const char *name);
void form_set(struct form_field *, const char *value);

/* Whether it is shown as stars even with the focus: the service's value, unasked. */
bool form_hides(const struct form_field *);
bool form_changed(const struct form *);
bool form_field_changed(const struct form_field *);

enum form_key { FORM_NOT_MINE, FORM_TAKEN, FORM_EDITED, FORM_END };
enum form_key form_key(struct form *, int key);
void form_paste(struct form *, const char *text);

/* Checks every field by its type; marks the bad ones, goes to the first, and says it in err. */
bool form_check(struct form *, struct error *);
/* Marks one field from outside and goes there, unless an earlier one is bad already. */
void form_fault(struct form *, const char *name, const char *sentence);

/* One sentence that names the focused field: row 24. */
void form_say(const struct form *, struct buf *);
void form_draw(struct form *, struct screen *, int row, int rows, int cols);

/* What stood there before, other than what it was made with. */
void form_was(struct form_field *, const char *was);

/* Drafts: what is typed as JSON, and back into the fields of the same names. */
void form_keep(const struct form *, struct buf *json);
void form_restore(struct form *, const char *json);

#endif
