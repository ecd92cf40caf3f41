/* What a verb would do to several cases, before it is done: how many, each before and after, and
   those left out with the reason. Nothing is sent before `y`. */
#include "model/i18n.h"
#include "model/secret.h"
#include "tui/lines.h"
#include "tui/moves.h"
#include "tui/prompt.h"
#include "tui/several.h"
#include "tui/tui.h"
#include "tui/view.h"
#include <string.h>

enum { HEAD_ROWS = 3 };

struct plan_view {
	struct moves moves;
	struct lines lines;
	struct page targets;
	struct plan plan;
	const char *advisory; /* of the first service that has something to warn of, or NULL */
	char *line;
};

static int head_rows(const struct plan_view *p)
{
	return HEAD_ROWS + (p->advisory && p->plan.verb->no_undo ? 1 : 0);
}

/* No service but our own changes many cases on condition. */
static const char *advisory(struct app *app, const struct page *targets)
{
	for (int i = 0; app->sync && i < targets->case_count; i++) {
		const char *name = targets->cases[i].service;
		const struct service *s = name ? sync_service_named(app->sync, name) : NULL;
		if (s && s->ops->advisory_many)
			return s->ops->advisory_many;
	}
	return NULL;
}

static void plan_step(struct view *v, const char *word, int times)
{
	struct plan_view *p = v->own;
	for (int i = 0; i < times; i++)
		lines_step(&p->lines, word);
}

static void say_changes(struct app *app, struct buf *b, const struct plan_row *row)
{
	struct patch shown = { 0 }, *patch = &shown;
	patch_copy(patch, &row->patch);
	secret_mask_patch(patch, row->cf, app_people(app));
	for (int i = 0; i < patch->count; i++) {
		const struct change *c = &patch->changes[i];
		buf_printf(b, "%s%s: %s -> %s", i ? ", " : "", c->field,
			c->before ? c->before : "-", c->after ? c->after : "-");
	}
	if (patch->note)
		buf_printf(b, "%s%s", patch->count ? ", " : "", _("with a note"));
	if (patch->answer)
		buf_printf(b, "%s%s", patch->count || patch->note ? ", " : "",
			_("with an answer to the citizen"));
	patch_clear(patch);
}

static void add_row(struct app *app, struct plan_view *p, int i)
{
	const struct plan_row *row = &p->plan.rows[i];
	const char *subject = row->cf && row->cf->subject ? row->cf->subject : "";
	struct buf b = { 0 };
	char id[16];
	snprintf(id, sizeof(id), "%d", i);
	struct buf name = { 0 };
	if (row->cf && row->cf->number)
		several_case_name(&name, app, row->cf);
	buf_printf(&b, several(app) ? "%-18s " : "%-13s ", name.size ? buf_str(&name) : "-");
	buf_clear(&name);
	if (row->refused)
		buf_printf(&b, _("left out: %s"), row->why.text);
	else
		say_changes(app, &b, row);
	buf_printf(&b, "  %s", subject);
	struct line *line = lines_add(&p->lines, id, buf_str(&b));
	line->style = row->refused ? STYLE_DIM : STYLE_TEXT;
	buf_clear(&b);
}

static bool plan_open(struct view *v, const char *arg, struct error *err)
{
	struct plan_view *p = v->own;
	int count = 0;
	char **argv = action_split(arg ? arg : "", &count);
	const struct verb *verb = argv && count ? verb_find(argv[0]) : NULL;
	p->moves.step = plan_step;
	page_init(&p->targets);
	bool good = verb ? action_plan(v->below, verb, count - 1, (const char *const *)argv + 1,
				   &p->targets, &p->plan, err)
			 : error_set(err, ERROR_USAGE, _("Say what is to be done: plan VERB ..."));
	free(argv);
	if (!good)
		return false;
	p->line = xstrdup(arg);
	p->advisory = advisory(v->app, &p->targets);
	lines_begin(&p->lines);
	for (int refused = 0; refused < 2; refused++) {
		for (int i = 0; i < p->plan.count; i++) {
			if (p->plan.rows[i].refused == (bool)refused)
				add_row(v->app, p, i);
		}
	}
	lines_end(&p->lines);
	return true;
}

static void plan_close(struct view *v)
{
	struct plan_view *p = v->own;
	plan_clear(&p->plan);
	page_clear(&p->targets);
	lines_clear(&p->lines);
	free(p->line);
}

static int will_change(const struct plan_view *p)
{
	return p->plan.count - p->plan.refusals;
}

static void plan_draw(struct view *v, struct screen *s)
{
	struct plan_view *p = v->own;
	int change = will_change(p), out = p->plan.refusals;
	screen_putf(s, 0, 0, -1, STYLE_TITLE, _("Preview: %s"), p->line);
	screen_putf(s, 1, 0, -1, STYLE_TEXT,
		P_("%d case would change, %d left out. Nothing is sent before y.",
			"%d cases would change, %d left out. Nothing is sent before y.",
			(unsigned long)change),
		change, out);
	if (p->plan.verb->no_undo)
		screen_put(s, 2, 0, -1, STYLE_TEXT, _(p->plan.verb->no_undo));
	if (p->advisory)
		screen_put(s, head_rows(p) - 1, 0, -1, STYLE_DIM, _(p->advisory));
	lines_draw(&p->lines, s, head_rows(p), view_rows(v) - head_rows(p), 0, view_cols(v));
}

static void plan_say(struct view *v, struct buf *b)
{
	struct plan_view *p = v->own;
	const struct line *focus = lines_focus(&p->lines);
	buf_text(b, focus ? focus->text : _("Nothing would change."));
}

static void plan_place(struct view *v, struct buf *b)
{
	struct plan_view *p = v->own;
	buf_printf(b, _("Preview %d/%d"), p->lines.at + 1, p->lines.count);
}

static bool post(struct view *v, struct error *err)
{
	struct plan_view *p = v->own;
	struct app *app = v->app;
	if (!action_post_plan(app, &p->plan, p->line, err))
		return false;
	if (v->below->ops->acted)
		v->below->ops->acted(v->below, &p->plan);
	view_close(app);
	return true;
}

static void number_typed(void *ctx, const char *line)
{
	struct view *v = ctx;
	struct plan_view *p = v->own;
	struct error err = { 0 };
	if (!line || atoi(line) != will_change(p))
		app_say(v->app, "%s", _("That is not their number; nothing was done."));
	else if (!post(v, &err))
		app_error(v->app, &err);
}

static bool run_do(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct plan_view *p = v->own;
	(void)argc;
	(void)argv;
	if (will_change(p) == 0)
		return error_set(err, ERROR_USAGE, _("Nothing would change."));
	if (will_change(p) <= app_number(v->app, "batch.confirm", 25))
		return post(v, err);
	struct buf label = { 0 };
	buf_printf(&label, _("These are %d cases; type their number to go on: "), will_change(p));
	struct prompt_ask ask = { .label = buf_str(&label), .done = number_typed, .ctx = v };
	prompt_open(v->app->prompt, &ask);
	buf_clear(&label);
	return true;
}

static bool run_no(struct view *v, int argc, const char *const *argv, struct error *err)
{
	(void)argc;
	(void)argv;
	(void)err;
	app_say(v->app, "%s", _("Nothing was done."));
	view_close(v->app);
	return true;
}

static const struct action plan_actions[] = {
	MOVE_ACTIONS,
	{ "do", NULL, N_("Do it to the cases listed."), run_do },
	{ "no", NULL, N_("Do nothing, and go back."), run_no },
	{ NULL },
};

const struct view_ops view_plan = {
	.name = "plan",
	.title = N_("Preview of a change"),
	.own_size = sizeof(struct plan_view),
	.open = plan_open,
	.draw = plan_draw,
	.close = plan_close,
	.say = plan_say,
	.place = plan_place,
	.hints = (const struct hint[]){ { "do", N_("do it") }, { "no", N_("nothing") },
		{ NULL, NULL } },
	.actions = plan_actions,
	.bindings =
		(const struct binding[]){
			{ "y", "do" },
			{ "n", "no" },
			{ "<Enter>", "no" },
			{ "<Esc>", "no" },
			{ "q", "no" },
			{ NULL, NULL },
		},
};
