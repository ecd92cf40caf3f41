/* A short list of rows with a focus, as pickers and tabs have it: a few dozen rows, all in memory,
   built anew whenever something changed. The focus stays on the row of the same id. */
#ifndef TUI_LINES_H
#define TUI_LINES_H

#include "model/arena.h"
#include "tui/screen.h"

struct line {
	const char *id;	   /* what Enter stands for; NULL: a heading, passed over by the focus */
	const char *text;  /* as drawn; columns are parted by the caller with text_pad() */
	const char *right; /* against the right edge, or NULL */
	const char *say;   /* the sentence of row 24; NULL: text */
	enum style style;
};

struct lines {
	struct arena arena;
	struct line *rows;
	int count, room;
	int at;	    /* focus, -1: nothing can have it */
	int top;    /* first row shown */
	int height; /* rows at the last draw */
	bool mark;  /* a > in column 0, which the rows leave free: for lists under an open prompt */
	char *kept; /* id of the focus while the list is built anew */
};

void lines_begin(struct lines *); /* empty; what was focused is remembered */
struct line *lines_add(struct lines *, const char *id, const char *text); /* both copied */
void lines_end(struct lines *); /* the focus is back where it was, or on the first row */
void lines_clear(struct lines *);

void lines_move(struct lines *, int by); /* over headings too; by a page: lines->height */
const struct line *lines_focus(const struct lines *); /* NULL: none */
/* "move": down up page-down page-up half-down half-up top bottom; false: none of these words. */
bool lines_step(struct lines *, const char *word);

/* Sets the focus of the screen to the focused row. */
void lines_draw(struct lines *, struct screen *, int row, int rows, int col, int cols);

#endif
