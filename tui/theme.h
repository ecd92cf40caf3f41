/* Style names to colours. Only the terminal's own colours and reverse video stand behind text, so a
   theme is readable wherever the terminal is. */
#ifndef TUI_THEME_H
#define TUI_THEME_H

#include <stdbool.h>

enum style {
	STYLE_TEXT,
	STYLE_TITLE,	/* headings, the open tab */
	STYLE_CURSOR,	/* the focused row in bar mode, the focused field, the picked line */
	STYLE_MARKED,
	STYLE_PENDING,	/* ours, not yet accepted */
	STYLE_CONFLICT,
	STYLE_LATE,
	STYLE_NEW,	/* news for me */
	STYLE_DIM,	/* labels, what can wait */
	STYLE_ERROR,
	STYLE_HEAD,	/* the head row of columns */
	STYLE_KEY,	/* a key in hints and help */
	STYLE_COUNT
};

enum theme_attr { THEME_BOLD = 1, THEME_DIM = 2, THEME_UNDERLINE = 4, THEME_REVERSE = 8 };

struct theme_style {
	short ink; /* 0 to 255, or -1: the terminal's own */
	unsigned attr;
};

struct theme {
	const char *name; /* "mono", "16", "256" */
	int colours;	  /* needed */
	struct theme_style styles[STYLE_COUNT];
};

/* want: a theme's name, "auto" or NULL. no_color: NO_COLOR is set, or --color=never: mono whatever
   is wanted. Never NULL: what the terminal cannot show falls back to the next smaller. */
const struct theme *theme_pick(const char *want, int colours, bool no_color);

#endif
