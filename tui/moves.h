/* Moving about is the same ten actions in every view. A view that has them begins its own struct
   with a `struct moves` and puts MOVE_ACTIONS into its table. */
#ifndef TUI_MOVES_H
#define TUI_MOVES_H

#include "tui/action.h"

struct moves {
	/* word: down up page-down page-up half-down half-up top bottom; times: at least 1 */
	void (*step)(struct view *, const char *word, int times);
};

bool move_down(struct view *, int argc, const char *const *argv, struct error *);
bool move_up(struct view *, int argc, const char *const *argv, struct error *);
bool move_page_down(struct view *, int argc, const char *const *argv, struct error *);
bool move_page_up(struct view *, int argc, const char *const *argv, struct error *);
bool move_half_down(struct view *, int argc, const char *const *argv, struct error *);
bool move_half_up(struct view *, int argc, const char *const *argv, struct error *);
bool move_top(struct view *, int argc, const char *const *argv, struct error *);
bool move_bottom(struct view *, int argc, const char *const *argv, struct error *);

#define MOVE_ACTIONS                                                                               \
	{ "down", "[N]", N_("One row down."), move_down },                                         \
		{ "up", "[N]", N_("One row up."), move_up },                                       \
		{ "page-down", NULL, N_("One page down."), move_page_down },                       \
		{ "page-up", NULL, N_("One page up."), move_page_up },                             \
		{ "half-down", NULL, N_("Half a page down."), move_half_down },                    \
		{ "half-up", NULL, N_("Half a page up."), move_half_up },                          \
		{ "top", NULL, N_("To the beginning."), move_top },                                \
	{                                                                                          \
		"bottom", NULL, N_("To the end."), move_bottom                                     \
	}

#endif
