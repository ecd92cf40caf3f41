/* Wrapped text that scrolls, with search. */
#include "tui/pager.h"
#include "model/arena.h"
#include "model/text.h"
#include <string.h>

void pager_set(struct pager *p, const char *text)
{
	pager_clear(p);
	p->text = xstrdup(text ? text : "");
}

void pager_clear(struct pager *p)
{
	free(p->text);
	free(p->search);
	*p = (struct pager){ .found = -1 };
}

static void keep_inside(struct pager *p)
{
	int last = p->lines - p->height;

	if (p->top > last)
		p->top = last;
	if (p->top < 0)
		p->top = 0;
}

static void pager_move(struct pager *p, int by)
{
	p->top += by;
	keep_inside(p);
}

bool pager_step(struct pager *p, const char *word)
{
	int page = p->height > 1 ? p->height - 1 : 1, half = page / 2 ? page / 2 : 1;
	const struct {
		const char *word;
		int by;
	} steps[] = { { "down", 1 }, { "up", -1 }, { "page-down", page }, { "page-up", -page },
		{ "half-down", half }, { "half-up", -half }, { "top", -p->lines },
		{ "bottom", p->lines } };

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (!strcmp(steps[i].word, word)) {
			pager_move(p, steps[i].by);
			return true;
		}
	}
	return false;
}

/* ---- search */

struct hunt {
	const char *folded;
	int from, direction;
	int first, best; /* the first at all (to go round), the best after `from` */
};

static void hunt_line(void *ctx, int index, const char *text)
{
	struct hunt *h = ctx;
	struct buf folded = { 0 };

	text_fold(&folded, text);

	bool hit = strstr(buf_str(&folded), h->folded) != NULL;

	buf_clear(&folded);
	if (!hit)
		return;
	if (h->direction > 0) {
		if (h->first < 0)
			h->first = index;
		if (h->best < 0 && index > h->from)
			h->best = index;
		return;
	}
	h->first = index;
	if (index < h->from)
		h->best = index;
}

bool pager_again(struct pager *p, int direction)
{
	struct hunt h = { .folded = p->search,
		.from = p->found >= 0 ? p->found : p->top - 1,
		.direction = direction,
		.first = -1,
		.best = -1 };

	if (!p->search || !*p->search)
		return false;
	screen_wrap(p->text, p->cols, hunt_line, &h);
	if (h.best < 0)
		h.best = h.first;
	if (h.best < 0)
		return false;
	p->found = h.best;
	if (p->found < p->top || p->found >= p->top + p->height)
		p->top = p->found - p->height / 3;
	keep_inside(p);
	return true;
}

bool pager_search(struct pager *p, const char *words)
{
	struct buf folded = { 0 };

	text_fold(&folded, words);
	free(p->search);
	p->search = buf_take(&folded);
	p->found = -1;
	return pager_again(p, 1);
}

/* ---- drawing */

struct place {
	struct pager *pager;
	struct screen *screen;
	int row, rows, col, cols;
};

static void draw_line(void *ctx, int index, const char *text)
{
	struct place *at = ctx;
	int i = index - at->pager->top;

	if (i < 0 || i >= at->rows)
		return;
	screen_put(at->screen, at->row + i, at->col, at->cols,
		index == at->pager->found ? STYLE_MARKED : STYLE_TEXT, text);
}

void pager_draw(struct pager *p, struct screen *s, int row, int rows, int col, int cols)
{
	struct place at = { p, s, row, rows, col, cols };

	p->height = rows;
	p->cols = cols;
	p->lines = screen_wrap(p->text ? p->text : "", cols, NULL, NULL);
	keep_inside(p);
	screen_wrap(p->text ? p->text : "", cols, draw_line, &at);
	screen_focus(s, row + (p->found >= p->top ? p->found - p->top : 0), col);
}
