/* Answers to choose from, the most fitting first, with a preview as the citizen would read it.
   Enter goes to the review, which sends. */
#include "model/i18n.h"
#include "model/text.h"
#include "tui/answer.h"
#include "tui/lines.h"
#include "tui/moves.h"
#include "tui/pager.h"
#include "tui/prompt.h"
#include "tui/several.h"
#include "tui/view.h"
#include <string.h>

enum { FRESH_MS = 10000 };

struct templates_view {
	struct moves moves;
	struct lines lines;
	struct pager preview;
	char *previewed; /* id of what the preview shows */
	struct case_facts facts;
	int64_t key;
	char *filter;
};

struct fitting {
	const struct answer_template *t;
	int points;
};

static int by_points(const void *a, const void *b)
{
	const struct fitting *x = a, *y = b;

	if (x->points != y->points)
		return y->points - x->points;
	return strcmp(x->t->id, y->t->id);
}

static bool passes(const struct templates_view *t, const struct answer_template *one)
{
	struct buf folded = { 0 };
	bool hit;

	if (!t->filter)
		return true;
	text_fold(&folded, one->id);
	buf_char(&folded, ' ');
	text_fold(&folded, one->name ? one->name : "");
	hit = strstr(buf_str(&folded), t->filter) != NULL;
	buf_clear(&folded);
	return hit;
}

static void add_row(struct lines *l, const struct answer_template *t)
{
	struct buf row = { 0 }, clean = { 0 };
	struct line *line;

	text_clean(&clean, t->id, strlen(t->id));
	text_pad(&row, buf_str(&clean), 20);
	buf_reset(&clean);
	text_clean(&clean, t->name ? t->name : "", t->name ? strlen(t->name) : 0);
	buf_text(&row, "  ");
	text_pad(&row, buf_str(&clean), 34);
	buf_printf(&row, "  %-3s %s", t->language ? t->language : "", t->outcome ? t->outcome : "");
	line = lines_add(l, t->id, buf_str(&row));
	buf_reset(&row);
	buf_printf(&row, _("Template %s: %s. Enter goes on to the review, nothing is sent yet."),
		t->id, t->name ? t->name : t->id);
	line->say = arena_copy(&l->arena, buf_str(&row));
	buf_clear(&row);
	buf_clear(&clean);
}

static void templates_load(struct view *v)
{
	struct templates_view *t = v->own;
	struct fitting *list;
	int count = 0;

	if (!case_facts_load(&t->facts, v->app, t->key))
		return;
	struct show show = case_show(v->app, &t->facts);
	list = xcalloc((size_t)show.people->template_count + 1, sizeof(*list));
	for (int i = 0; i < show.people->template_count; i++) {
		const struct answer_template *one = &show.people->templates[i];
		int points = answer_fits(one, &t->facts, &show);

		if (points && passes(t, one))
			list[count++] = (struct fitting){ one, points };
	}
	qsort(list, (size_t)count, sizeof(*list), by_points);
	lines_begin(&t->lines);
	for (int i = 0; i < count; i++)
		add_row(&t->lines, list[i].t);
	if (!count)
		lines_add(&t->lines, NULL,
			t->filter ? _("No template holds these words.")
				  : _("No templates are known here; q goes back, r there writes in your own words."));
	lines_end(&t->lines);
	free(list);
	free(t->previewed);
	t->previewed = NULL;
}

static void templates_step(struct view *v, const char *word, int times)
{
	struct templates_view *t = v->own;

	for (int i = 0; i < times; i++)
		lines_step(&t->lines, word);
}

static bool templates_open(struct view *v, const char *arg, struct error *err)
{
	struct templates_view *t = v->own;
	struct page targets;
	bool good;

	(void)arg;
	t->moves.step = templates_step;
	t->lines.at = -1;
	page_init(&t->facts.page);
	page_init(&targets);
	if (!v->below || !v->below->ops->targets)
		return error_set(
			err, ERROR_USAGE, _("A template answers a case; choose one first."));
	good = v->below->ops->targets(v->below, &targets, err);
	if (good && targets.case_count)
		t->key = targets.cases[0].key;
	page_clear(&targets);
	if (good && !t->key)
		good = error_set(err, ERROR_USAGE, _("There is no case here to answer."));
	if (good && v->app->sync)
		sync_people(v->app->sync, NULL, FRESH_MS, NULL, NULL); /* one may have come just now */
	return good;
}

static void templates_close(struct view *v)
{
	struct templates_view *t = v->own;

	lines_clear(&t->lines);
	pager_clear(&t->preview);
	case_facts_clear(&t->facts);
	free(t->previewed);
	free(t->filter);
}

static void make_preview(struct view *v, const char *id)
{
	struct templates_view *t = v->own;
	struct show show = case_show(v->app, &t->facts);
	struct arena arena = { 0 };
	struct answer_names names = { &t->facts, &show, app_profile(v->app, t->facts.cf->service),
		NULL, &arena };
	const struct answer_template *one = answer_template_find(&show, id);
	struct buf text = { 0 };

	if (t->previewed && !strcmp(t->previewed, id))
		return;
	free(t->previewed);
	t->previewed = xstrdup(id);
	if (one)
		answer_fill(&text, one->text, &names, NULL);
	pager_set(&t->preview, buf_str(&text));
	buf_clear(&text);
	arena_clear(&arena);
}

static void templates_draw(struct view *v, struct screen *s)
{
	struct templates_view *t = v->own;
	int rows = view_rows(v), cols = view_cols(v),
	    list = t->lines.count < rows / 2 ? t->lines.count : rows / 2;
	const struct line *line = lines_focus(&t->lines);
	struct buf to = { 0 }, name = { 0 };

	if (!t->facts.cf)
		return;
	show_citizen(&to, t->facts.citizen, t->facts.cf);
	several_case_name(&name, v->app, t->facts.cf);
	screen_putf(s, 0, 0, cols, STYLE_TITLE, _("Answer to %s, %s"), buf_str(&to),
		buf_str(&name));
	buf_clear(&name);
	buf_clear(&to);
	if (line) {
		make_preview(v, line->id);
		pager_draw(
			&t->preview, s, list + 3, rows - list - 3, 2, cols > 104 ? 100 : cols - 4);
	}
	lines_draw(&t->lines, s, 2, list, 0, cols);
	if (!line)
		screen_focus(s, 2, 0);
}

static void templates_say(struct view *v, struct buf *out)
{
	struct templates_view *t = v->own;
	const struct line *line = lines_focus(&t->lines);

	buf_text(out, line ? line->say : _("There is no template to choose; q goes back."));
}

static void templates_place(struct view *v, struct buf *out)
{
	struct templates_view *t = v->own;

	if (lines_focus(&t->lines))
		buf_printf(out, _("Template %d/%d"), t->lines.at + 1, t->lines.count);
	else
		buf_text(out, _("No template"));
}

/* The review takes the place of the list, over the view with the cases. */
static bool run_open(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct templates_view *t = v->own;
	const struct line *line = lines_focus(&t->lines);
	struct app *app = v->app;
	struct buf arg = { 0 };
	bool good;

	(void)argc, (void)argv;
	if (!line)
		return error_set(
			err, ERROR_USAGE, _("There is no template to choose; q goes back."));
	buf_printf(&arg, "reply --template=%s", line->id);
	view_close(app);
	good = view_open(app, "compose", buf_str(&arg), err);
	buf_clear(&arg);
	return good;
}

static void set_filter(void *ctx, const char *line)
{
	struct view *v = ctx;
	struct templates_view *t = v->own;
	struct buf folded = { 0 };

	free(t->filter);
	t->filter = NULL;
	if (!text_blank(line)) {
		text_fold(&folded, line);
		t->filter = buf_take(&folded);
	}
	view_reload(v);
}

static bool run_filter(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct prompt_ask ask = { .label = "/",
		.history = "filter",
		.changed = set_filter,
		.done = set_filter,
		.ctx = v };

	(void)err;
	if (argc)
		set_filter(v, argv[0]);
	else
		prompt_open(v->app->prompt, &ask);
	return true;
}

static bool run_cancel(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct templates_view *t = v->own;

	(void)argc, (void)argv, (void)err;
	if (t->filter)
		set_filter(v, NULL);
	else
		view_close(v->app);
	return true;
}

static const struct action templates_actions[] = {
	MOVE_ACTIONS,
	{ "open", NULL, N_("Goes on with this template to the review."), run_open },
	{ "filter", "[WORDS]", N_("Shows only templates that hold these words."), run_filter },
	{ "cancel", NULL, N_("Shows all templates again, or goes back."), run_cancel },
	{ NULL, NULL, NULL, NULL },
};

static const struct hint templates_hints[] = {
	{ "open", N_("review") },
	{ "filter", N_("filter") },
	{ "back", N_("back") },
	{ NULL, NULL },
};

static bool templates_offers(struct view *v, const char *line)
{
	struct templates_view *t = v->own;

	return lines_focus(&t->lines) || strcmp(line, "back") == 0;
}

const struct view_ops view_templates = {
	.name = "templates",
	.title = N_("Answer from a template"),
	.own_size = sizeof(struct templates_view),
	.open = templates_open,
	.load = templates_load,
	.draw = templates_draw,
	.close = templates_close,
	.say = templates_say,
	.place = templates_place,
	.offers = templates_offers,
	.hints = templates_hints,
	.actions = templates_actions,
};
