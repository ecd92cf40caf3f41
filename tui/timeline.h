/* What happened on a case, entry by entry: scrolls by entry, inside a long one by lines. The focus
   stays on its entry when others come. */
#ifndef TUI_TIMELINE_H
#define TUI_TIMELINE_H

#include "model/store.h"
#include "tui/screen.h"
#include "tui/show.h"

struct timeline {
	struct page page;
	int *shown; /* indexes into page.events that pass the filter */
	int count;
	int at;	      /* focus, into shown; -1: none */
	int scroll;   /* line at the top */
	int rows;     /* height at the last draw */
	int *starts;  /* first line of each shown entry, and one more: the end */
	int cols;     /* width they were counted for; 0: not counted */
	int64_t seen; /* entries after this one are new; 0: all are old */
	char *filter; /* folded words, or NULL */
	bool loaded;
};

/* masked: the case whose sensitive fields stay so (people has its kind); NULL: all is shown. */
void timeline_load(struct timeline *, struct store *, int64_t case_key, const struct casefile *masked,
	const struct page *people);
void timeline_clear(struct timeline *);
/* Up to which entry I have looked before; 0: never. */
void timeline_seen(struct timeline *, int64_t seen, const char *me);
void timeline_filter(struct timeline *, const char *words); /* NULL: all */
bool timeline_step(struct timeline *, const char *word);    /* words as of lines_step() */
const struct event *timeline_focus(const struct timeline *);
/* "14 Aug 17:40 citizen, e-mail, new: Thank you. Still not collected." */
void timeline_say(const struct timeline *, const struct show *, struct buf *);
/* Sets the focus of the screen to the head of the focused entry. */
void timeline_draw(
	struct timeline *, const struct show *, struct screen *, int row, int rows, int cols);

#endif
