/* See theme.h. Ink is chosen to be told apart on dark and on light paper; what matters also has a
   letter or a word, so that mono loses nothing. */
#include "tui/theme.h"
#include <stddef.h>
#include <string.h>

enum { OWN = -1, RED = 1, GREEN = 2, YELLOW = 3, BLUE = 4, MAGENTA = 5, CYAN = 6 };

static const struct theme themes[] = {
	{ "mono", 0, {
		[STYLE_TEXT] = { OWN, 0 },
		[STYLE_TITLE] = { OWN, THEME_BOLD },
		[STYLE_CURSOR] = { OWN, THEME_REVERSE },
		[STYLE_MARKED] = { OWN, THEME_BOLD },
		[STYLE_PENDING] = { OWN, 0 },
		[STYLE_CONFLICT] = { OWN, THEME_BOLD },
		[STYLE_LATE] = { OWN, THEME_BOLD },
		[STYLE_NEW] = { OWN, THEME_BOLD },
		[STYLE_DIM] = { OWN, 0 },
		[STYLE_ERROR] = { OWN, THEME_BOLD },
		[STYLE_HEAD] = { OWN, THEME_UNDERLINE },
		[STYLE_KEY] = { OWN, THEME_BOLD },
	} },
	{ "16", 8, {
		[STYLE_TEXT] = { OWN, 0 },
		[STYLE_TITLE] = { OWN, THEME_BOLD },
		[STYLE_CURSOR] = { OWN, THEME_REVERSE },
		[STYLE_MARKED] = { CYAN, THEME_BOLD },
		[STYLE_PENDING] = { MAGENTA, 0 },
		[STYLE_CONFLICT] = { RED, THEME_BOLD },
		[STYLE_LATE] = { RED, 0 },
		[STYLE_NEW] = { GREEN, THEME_BOLD },
		[STYLE_DIM] = { OWN, 0 },
		[STYLE_ERROR] = { RED, THEME_BOLD },
		[STYLE_HEAD] = { OWN, THEME_UNDERLINE },
		[STYLE_KEY] = { OWN, THEME_BOLD },
	} },
	/* Mid tones that keep 4.5 to 1 on black; on white the terminal's own 16 serve better. */
	{ "256", 256, {
		[STYLE_TEXT] = { OWN, 0 },
		[STYLE_TITLE] = { OWN, THEME_BOLD },
		[STYLE_CURSOR] = { OWN, THEME_REVERSE },
		[STYLE_MARKED] = { 37, THEME_BOLD },
		[STYLE_PENDING] = { 133, 0 },
		[STYLE_CONFLICT] = { 160, THEME_BOLD },
		[STYLE_LATE] = { 167, 0 },
		[STYLE_NEW] = { 35, THEME_BOLD },
		[STYLE_DIM] = { OWN, 0 },
		[STYLE_ERROR] = { 160, THEME_BOLD },
		[STYLE_HEAD] = { OWN, THEME_UNDERLINE },
		[STYLE_KEY] = { OWN, THEME_BOLD },
	} },
	{ NULL, 0, { { 0, 0 } } },
};

static const struct theme *theme_named(const char *name)
{
	for (const struct theme *t = themes; t->name; t++) {
		if (strcmp(t->name, name) == 0)
			return t;
	}
	return NULL;
}

const struct theme *theme_pick(const char *want, int colours, bool no_color)
{
	if (no_color)
		return &themes[0];
	const struct theme *t = want ? theme_named(want) : NULL;
	if (!t)
		t = theme_named("16");
	while (t > themes && t->colours > colours)
		t--;
	return t;
}
