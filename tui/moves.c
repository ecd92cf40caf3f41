/* Moving about: see moves.h. */
#include "tui/moves.h"
#include "tui/view.h"

static bool step(struct view *v, const char *word, int argc, const char *const *argv)
{
	struct moves *moves = v->own;
	int times = argc ? atoi(argv[0]) : 1;

	moves->step(v, word, times > 0 ? times : 1);
	if (!v->ops->draw_step)
		app_dirty(v->app);
	return true;
}

#define MOVE(name, word)                                                                           \
	bool name(struct view *v, int argc, const char *const *argv, struct error *err)            \
	{                                                                                          \
		(void)err;                                                                         \
		return step(v, word, argc, argv);                                                  \
	}

MOVE(move_down, "down")
MOVE(move_up, "up")
MOVE(move_page_down, "page-down")
MOVE(move_page_up, "page-up")
MOVE(move_half_down, "half-down")
MOVE(move_half_up, "half-up")
MOVE(move_top, "top")
MOVE(move_bottom, "bottom")
