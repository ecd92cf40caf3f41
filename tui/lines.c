/* A short list of rows with a focus. */
#include "tui/lines.h"
#include <string.h>

void lines_begin(struct lines *l)
{
	const struct line *focus = lines_focus(l);

	if (focus) {
		free(l->kept);
		l->kept = xstrdup(focus->id);
	}
	arena_clear(&l->arena);
	l->count = 0;
	l->at = -1;
}

struct line *lines_add(struct lines *l, const char *id, const char *text)
{
	if (l->count == l->room) {
		l->room = l->room ? l->room * 2 : 32;
		l->rows = xrealloc(l->rows, (size_t)l->room * sizeof(*l->rows));
	}

	struct line *row = &l->rows[l->count++];

	*row = (struct line){ .id = arena_copy(&l->arena, id),
		.text = arena_copy(&l->arena, text ? text : "") };
	return row;
}

/* The nearest row from i on, in that direction, that may have the focus; -1: none. */
static int able(const struct lines *l, int i, int direction)
{
	for (; i >= 0 && i < l->count; i += direction)
		if (l->rows[i].id)
			return i;
	return -1;
}

static bool lines_go(struct lines *l, const char *id)
{
	for (int i = 0; id && i < l->count; i++) {
		if (l->rows[i].id && !strcmp(l->rows[i].id, id)) {
			l->at = i;
			return true;
		}
	}
	return false;
}

void lines_end(struct lines *l)
{
	if (!lines_go(l, l->kept))
		l->at = able(l, 0, 1);
}

void lines_clear(struct lines *l)
{
	arena_clear(&l->arena);
	free(l->rows);
	free(l->kept);
	*l = (struct lines){ .at = -1 };
}

const struct line *lines_focus(const struct lines *l)
{
	return l->at >= 0 && l->at < l->count ? &l->rows[l->at] : NULL;
}

void lines_move(struct lines *l, int by)
{
	int direction = by < 0 ? -1 : 1, want = l->at + by;

	if (l->at < 0)
		return;
	if (want < 0)
		want = 0;
	if (want >= l->count)
		want = l->count - 1;

	int to = able(l, want, direction);

	if (to < 0)
		to = able(l, want, -direction);
	l->at = to;
	/* A heading above the first row is shown again when one goes back to the top. */
	if (by < 0 && able(l, l->at - 1, -1) < 0)
		l->top = 0;
}

bool lines_step(struct lines *l, const char *word)
{
	int page = l->height > 1 ? l->height : 1, half = page / 2 ? page / 2 : 1;
	const struct {
		const char *word;
		int by;
	} steps[] = { { "down", 1 }, { "up", -1 }, { "page-down", page }, { "page-up", -page },
		{ "half-down", half }, { "half-up", -half }, { "top", -l->count },
		{ "bottom", l->count } };

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (!strcmp(steps[i].word, word)) {
			lines_move(l, steps[i].by);
			return true;
		}
	}
	return false;
}

static void keep_in_sight(struct lines *l, int rows)
{
	l->height = rows;
	if (l->top > l->count - rows)
		l->top = l->count - rows;
	if (l->at >= 0 && l->at >= l->top + rows)
		l->top = l->at - rows + 1;
	if (l->at >= 0 && l->at < l->top)
		l->top = l->at;
	if (l->top < 0)
		l->top = 0;
}

void lines_draw(struct lines *l, struct screen *s, int row, int rows, int col, int cols)
{
	if (rows <= 0)
		return;
	keep_in_sight(l, rows);
	for (int i = 0; i < rows && l->top + i < l->count; i++) {
		const struct line *line = &l->rows[l->top + i];
		bool focused = l->top + i == l->at;
		int width = line->right ? screen_width(line->right) : 0;

		screen_put(
			s, row + i, col, cols - (width ? width + 2 : 0), line->style, line->text);
		if (width)
			screen_put(s, row + i, col + cols - width, width, line->style, line->right);
		if (!focused)
			continue;
		if (l->mark)
			screen_put(s, row + i, col, 1, line->style, ">");
		screen_paint(s, row + i, col, cols, STYLE_CURSOR);
		screen_focus(s, row + i, col);
	}
}
