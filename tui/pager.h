/* Wrapped text that scrolls, with search: a preview, a letter before it leaves, one entry in full.
 */
#ifndef TUI_PAGER_H
#define TUI_PAGER_H

#include "tui/screen.h"

struct pager {
	char *text;
	int top, lines, height; /* first line shown, lines at this width, rows at the last draw */
	int cols;		/* the width they were counted for */
	char *search;		/* folded, or NULL */
	int found;		/* line of the match, -1: none */
};

void pager_set(struct pager *, const char *text); /* copied; from its beginning */
void pager_clear(struct pager *);

bool pager_step(struct pager *, const char *word); /* words as of lines_step() */
/* The next line that holds it (again: the same words once more; back: upwards); false: there is
 * none. */
bool pager_search(struct pager *, const char *words);
bool pager_again(struct pager *, int direction);

void pager_draw(struct pager *, struct screen *, int row, int rows, int col, int cols);

#endif
