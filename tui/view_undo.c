/* What was done, in this session and before, the newest first; any of it can be taken back, not only
   the last. */
#include "model/i18n.h"
#include "model/when.h"
#include "tui/lines.h"
#include "tui/moves.h"
#include "tui/show.h"
#include "tui/view.h"
#include <string.h>

enum { HEAD_ROWS = 2, NAME_COLS = 16, AGE_COLS = 14 };

struct undo_view {
	struct moves moves;
	struct lines lines;
};

static void undo_step(struct view *v, const char *word, int times)
{
	struct undo_view *u = v->own;
	for (int i = 0; i < times; i++)
		lines_step(&u->lines, word);
}

static void add_act(struct lines *l, int place, const struct act_row *row, time_t now)
{
	struct buf b = { 0 }, age = { 0 };
	char id[16];
	snprintf(id, sizeof(id), "%d", place);
	when_ago(&age, row->at, now);
	show_cell(&b, buf_str(&age), AGE_COLS);
	buf_reset(&age);
	if (row->count > 1)
		buf_printf(&age, P_("%d case", "%d cases", (unsigned long)row->count), row->count);
	else
		buf_text(&age, row->number ? row->number : "-");
	show_cell(&b, buf_str(&age), NAME_COLS);
	buf_add(&b, row->line, strcspn(row->line, "\n"));
	if (row->for_good)
		buf_text(&b, _(", for good"));
	struct line *line = lines_add(l, id, buf_str(&b));
	line->style = row->for_good ? STYLE_DIM : STYLE_TEXT;
	buf_text(&b, row->for_good ? _(". It has left and stays.") : _(". Enter takes it back."));
	line->say = arena_copy(&l->arena, buf_str(&b));
	buf_clear(&b);
	buf_clear(&age);
}

static void undo_load(struct view *v)
{
	struct undo_view *u = v->own;
	struct act_row row;
	time_t now = time(NULL);
	lines_begin(&u->lines);
	for (int i = 0; acts_row(v->app, i, &row); i++)
		add_act(&u->lines, i, &row, now);
	if (u->lines.count == 0)
		lines_add(&u->lines, NULL, _("Nothing was done yet that could be taken back."));
	lines_end(&u->lines);
}

static bool undo_open(struct view *v, const char *arg, struct error *err)
{
	struct undo_view *u = v->own;
	(void)arg;
	(void)err;
	u->moves.step = undo_step;
	u->lines.at = -1;
	return true;
}

static void undo_close(struct view *v)
{
	struct undo_view *u = v->own;
	lines_clear(&u->lines);
}

static void undo_draw(struct view *v, struct screen *s)
{
	struct undo_view *u = v->own;
	screen_put(s, 0, 0, -1, STYLE_TITLE, _("DONE, NEWEST FIRST"));
	screen_focus(s, HEAD_ROWS, 0);
	lines_draw(&u->lines, s, HEAD_ROWS, view_rows(v) - HEAD_ROWS, 0, view_cols(v));
}

static void undo_say(struct view *v, struct buf *b)
{
	struct undo_view *u = v->own;
	const struct line *focus = lines_focus(&u->lines);
	buf_text(b, focus ? focus->say : _("There is nothing to undo."));
}

static void undo_place(struct view *v, struct buf *b)
{
	struct undo_view *u = v->own;
	bool any = lines_focus(&u->lines) != NULL;
	buf_printf(b, "%s %d/%d", _("Done"), any ? u->lines.at + 1 : 0, any ? u->lines.count : 0);
}

static bool run_open(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct undo_view *u = v->own;
	const struct line *focus = lines_focus(&u->lines);
	(void)argc;
	(void)argv;
	struct act_row row;
	if (focus && acts_row(v->app, atoi(focus->id), &row) && row.for_good)
		return error_set(err, ERROR_USAGE,
			_("This has left; a note or an answer is not taken back. Write another."));
	bool good = action_undo(v->app, focus ? atoi(focus->id) : -1, err);
	view_reload(v);
	return good;
}

static const struct action undo_actions[] = {
	MOVE_ACTIONS,
	{ "open", NULL, N_("Take this one back."), run_open },
	{ NULL },
};

const struct view_ops view_undo = {
	.name = "undo",
	.title = N_("Done"),
	.own_size = sizeof(struct undo_view),
	.open = undo_open,
	.load = undo_load,
	.draw = undo_draw,
	.close = undo_close,
	.say = undo_say,
	.place = undo_place,
	.hints = (const struct hint[]) {
		{ "open", N_("take back") }, { "undo", N_("the last one") }, { "back", N_("back") },
		{ NULL, NULL },
	},
	.actions = undo_actions,
};
