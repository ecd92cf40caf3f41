/* One text in full, with search: an entry of a timeline, the answer of a template. */
#include "model/i18n.h"
#include "tui/moves.h"
#include "tui/pager.h"
#include "tui/prompt.h"
#include "tui/view.h"

struct text_view {
	struct moves moves;
	struct pager pager;
};

static void text_step(struct view *v, const char *word, int times)
{
	struct text_view *t = v->own;

	for (int i = 0; i < times; i++)
		pager_step(&t->pager, word);
}

static bool text_open(struct view *v, const char *arg, struct error *err)
{
	struct text_view *t = v->own;

	(void)err;
	t->moves.step = text_step;
	pager_set(&t->pager, arg);
	return true;
}

static void text_draw(struct view *v, struct screen *s)
{
	struct text_view *t = v->own;
	int cols = view_cols(v);

	pager_draw(&t->pager, s, 0, view_rows(v), 0, cols > 100 ? 100 : cols);
}

static void text_close(struct view *v)
{
	struct text_view *t = v->own;

	pager_clear(&t->pager);
}

static void text_say(struct view *v, struct buf *out)
{
	struct text_view *t = v->own;

	buf_printf(out, _("Text, lines %d to %d of %d; / searches, q goes back."), t->pager.top + 1,
		t->pager.top + t->pager.height < t->pager.lines ? t->pager.top + t->pager.height
								: t->pager.lines,
		t->pager.lines);
}

static void text_place(struct view *v, struct buf *out)
{
	(void)v;
	buf_text(out, _("Text"));
}

static void search_done(void *ctx, const char *line)
{
	struct view *v = ctx;
	struct text_view *t = v->own;

	if (line && *line && !pager_search(&t->pager, line))
		app_say(v->app, _("Nothing here holds \"%s\"."), line);
	app_dirty(v->app);
}

static bool run_filter(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct prompt_ask ask = {
		.label = "/", .history = "filter", .done = search_done, .ctx = v
	};

	(void)err;
	if (argc)
		search_done(v, argv[0]);
	else
		prompt_open(v->app->prompt, &ask);
	return true;
}

static bool again(struct view *v, int direction, struct error *err)
{
	struct text_view *t = v->own;

	app_dirty(v->app);
	return pager_again(&t->pager, direction) ||
	       error_set(err, ERROR_USAGE, _("Nothing more is found; / begins a search."));
}

static bool run_next(struct view *v, int argc, const char *const *argv, struct error *err)
{
	(void)argc, (void)argv;
	return again(v, 1, err);
}

static bool run_previous(struct view *v, int argc, const char *const *argv, struct error *err)
{
	(void)argc, (void)argv;
	return again(v, -1, err);
}

static const struct action text_actions[] = {
	MOVE_ACTIONS,
	{ "filter", "[WORDS]", N_("Searches for words."), run_filter },
	{ "next-match", NULL, N_("Goes to the next place that holds them."), run_next },
	{ "previous-match", NULL, N_("Goes to the place before."), run_previous },
	{ NULL, NULL, NULL, NULL },
};

static const struct binding text_bindings[] = {
	{ "n", "next-match" },
	{ "N", "previous-match" },
	{ NULL, NULL },
};

static const struct hint text_hints[] = {
	{ "back", N_("back") },
	{ "filter", N_("search") },
	{ "next-match", N_("next match") },
	{ NULL, NULL },
};

const struct view_ops view_text = {
	.name = "text",
	.title = N_("Text"),
	.own_size = sizeof(struct text_view),
	.open = text_open,
	.draw = text_draw,
	.close = text_close,
	.say = text_say,
	.place = text_place,
	.hints = text_hints,
	.actions = text_actions,
	.bindings = text_bindings,
};
