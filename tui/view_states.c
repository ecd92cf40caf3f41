/* Where a case can go: the steps of its kind, or the statuses of the service, each with a letter
   that does it at once. Over several cases only what at least one of them may become. */
#include "model/i18n.h"
#include "model/text.h"
#include "tui/case_head.h"
#include "tui/input.h"
#include "tui/lines.h"
#include "tui/moves.h"
#include "tui/several.h"
#include "tui/view.h"
#include <string.h>

struct states_view {
	struct moves moves;
	struct lines lines;
	struct page targets;
	char letters[64]; /* of each row */
	bool in_hand;
};

/* ---- what is possible */

/* How many of the cases may become that. */
static int possible(struct view *v, const char *word)
{
	struct states_view *t = v->own;
	const char *argv[] = { word };
	struct plan plan;
	int count;

	if (!t->targets.case_count)
		return 0;

	struct verb_input in =
		action_input(v->app, t->targets.cases[0].service, 1, argv);

	plan_build(&plan, verb_find("state"), &in, &t->targets);
	count = plan.count - plan.refusals;
	plan_clear(&plan);
	return count;
}

/* The first letter of the word that no row before it has; 0: it has none. */
static char letter_of(const struct states_view *t, const char *word)
{
	for (; *word; word++)
		if (*word >= 'a' && *word <= 'z' && !strchr("jk", *word) &&
			!memchr(t->letters, *word, sizeof(t->letters)))
			return *word;
	return 0;
}

static void add_row(struct view *v, const char *id, const char *name, const char *status)
{
	struct states_view *t = v->own;
	int count = possible(v, id), all = t->targets.case_count, at = t->lines.count;
	struct buf row = { 0 }, clean = { 0 };
	char letter;

	if (!count || at >= (int)sizeof(t->letters))
		return;
	letter = letter_of(t, id);
	t->letters[at] = letter;
	text_clean(&clean, name, strlen(name));
	buf_printf(&row, "%c  ", letter ? letter : ' ');
	text_pad(&row, buf_str(&clean), 34);
	buf_printf(&row, "  %s", status ? status : "");
	if (all > 1)
		buf_printf(&row, _("  %d of %d cases"), count, all);

	struct line *line = lines_add(&t->lines, id, buf_str(&row));

	buf_reset(&row);
	buf_printf(&row, _("Enter or %c: the case goes to %s."), letter ? letter : '-', name);
	line->say = arena_copy(&t->lines.arena, buf_str(&row));
	buf_clear(&row);
	buf_clear(&clean);
}

static void states_load(struct view *v)
{
	static const char *const statuses[] = { "open", "waiting", "resolved", NULL };
	struct states_view *t = v->own;
	struct show show = several_show(
		v->app, t->targets.case_count ? t->targets.cases[0].service : NULL);
	const struct kind *k =
		t->targets.case_count ? show_kind(&show, &t->targets.cases[0]) : NULL;

	memset(t->letters, 0, sizeof(t->letters));
	lines_begin(&t->lines);
	/* Several cases may be of several kinds: the statuses are what they have in common. */
	for (int i = 0; (t->targets.case_count > 1 || !(k && k->step_count)) && statuses[i]; i++)
		add_row(v, statuses[i], show_status(statuses[i]), NULL);
	for (int i = 0; k && i < k->step_count; i++)
		add_row(v, k->steps[i].id, k->steps[i].name, show_status(k->steps[i].status));
	if (!t->lines.count)
		lines_add(&t->lines, NULL,
			_("From here the case goes nowhere; X may open it again."));
	lines_end(&t->lines);
}

/* ---- the view */

static void states_step(struct view *v, const char *word, int times)
{
	struct states_view *t = v->own;

	for (int i = 0; i < times; i++)
		lines_step(&t->lines, word);
}

static bool states_open(struct view *v, const char *arg, struct error *err)
{
	struct states_view *t = v->own;

	(void)arg;
	t->moves.step = states_step;
	t->lines.at = -1;
	page_init(&t->targets);
	if (!v->below || !v->below->ops->targets)
		return error_set(
			err, ERROR_USAGE, _("state needs a case; choose one in a list first."));
	if (!v->below->ops->targets(v->below, &t->targets, err))
		return false;
	t->in_hand = t->targets.case_count == 1 && v->app->sync;
	if (t->in_hand)
		sync_hand(v->app->sync, t->targets.cases[0].key);
	return true;
}

static void states_close(struct view *v)
{
	struct states_view *t = v->own;

	if (t->in_hand)
		sync_unhand(v->app->sync, t->targets.cases[0].key);
	lines_clear(&t->lines);
	page_clear(&t->targets);
}

static void states_draw(struct view *v, struct screen *s)
{
	struct states_view *t = v->own;
	const struct casefile *cf = t->targets.case_count ? &t->targets.cases[0] : NULL;
	int cols = view_cols(v);
	struct buf name = { 0 };

	if (t->targets.case_count > 1)
		screen_putf(s, 0, 0, cols, STYLE_TITLE,
			P_("%d case: where to?", "%d cases: where to?", t->targets.case_count),
			t->targets.case_count);
	else if (cf)
		several_case_name(&name, v->app, cf);
	if (name.size)
		screen_putf(s, 0, 0, cols, STYLE_TITLE, _("%s  %s: where to?"), buf_str(&name),
			cf->subject ? cf->subject : "");
	buf_reset(&name);
	if (t->in_hand)
		hand_words(v->app, cf->key, &name);
	screen_put(s, 1, 0, cols, STYLE_DIM, buf_str(&name));
	buf_clear(&name);
	screen_focus(s, 2, 0);
	lines_draw(&t->lines, s, 2, view_rows(v) - 2, 0, cols);
}

static void states_say(struct view *v, struct buf *out)
{
	struct states_view *t = v->own;
	const struct line *line = lines_focus(&t->lines);

	buf_text(out, line ? line->say : _("There is nothing to choose; Esc goes back."));
}

static void states_place(struct view *v, struct buf *out)
{
	struct states_view *t = v->own;

	buf_printf(out, _("State %d/%d"), t->lines.at + 1, t->lines.count);
}

/* What was chosen was chosen from here; a case that is elsewhere by now is shown where it is. */
static bool still_there(struct view *v, struct error *err)
{
	struct states_view *t = v->own;
	bool there = true;

	for (int i = 0; there && i < t->targets.case_count; i++) {
		struct casefile *seen = &t->targets.cases[i];
		struct page now;

		page_init(&now);
		if (store_case(v->app->store, seen->key, &now)) {
			const char *status = now.cases[0].status, *step = now.cases[0].step;

			there = !strcmp(status ? status : "", seen->status ? seen->status : "") &&
				!strcmp(step ? step : "", seen->step ? seen->step : "");
			if (!there) {
				error_set(err, ERROR_CONFLICT,
					_("%s is %s by now, somebody else did that: choose again."),
					seen->number ? seen->number : "-",
					show_status(status ? status : "-"));
				case_copy(seen, &now.cases[0], &t->targets.arena);
			}
		}
		page_clear(&now);
	}
	return there;
}

static bool go(struct view *v, const char *id, struct error *err)
{
	struct app *app = v->app;
	struct buf line = { 0 };
	bool good;

	if (!still_there(v, err)) {
		view_reload(v);
		return false;
	}
	int64_t held = ((struct states_view *)v->own)->in_hand
			       ? ((struct states_view *)v->own)->targets.cases[0].key
			       : 0;

	buf_printf(&line, "state %s", id);
	if (held)
		sync_hand(app->sync, held); /* until it is saved */
	view_close(app);
	good = action_run(app, buf_str(&line), err);
	if (held)
		sync_unhand(app->sync, held);
	buf_clear(&line);
	return good;
}

static bool states_key(struct view *v, int key)
{
	struct states_view *t = v->own;
	struct error err = { 0 };
	struct app *app = v->app;

	for (int i = 0; i < t->lines.count; i++) {
		if (!t->letters[i] || t->letters[i] != key)
			continue;
		if (!go(v, t->lines.rows[i].id, &err))
			app_error(app, &err);
		return true;
	}
	return false;
}

static bool run_open(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct states_view *t = v->own;
	const struct line *line = lines_focus(&t->lines);

	(void)argc, (void)argv;
	if (!line)
		return error_set(err, ERROR_USAGE, _("There is nothing to choose; Esc goes back."));
	return go(v, line->id, err);
}

static bool run_cancel(struct view *v, int argc, const char *const *argv, struct error *err)
{
	(void)argc, (void)argv, (void)err;
	view_close(v->app);
	return true;
}

static const struct action states_actions[] = {
	MOVE_ACTIONS,
	{ "open", NULL, N_("Moves the case there."), run_open },
	{ "cancel", NULL, N_("Leaves everything as it is."), run_cancel },
	{ NULL, NULL, NULL, NULL },
};

static const struct hint states_hints[] = {
	{ "open", N_("go there") },
	{ "cancel", N_("leave") },
	{ NULL, NULL },
};

const struct view_ops view_states = {
	.name = "states",
	.title = N_("Where a case can go"),
	.own_size = sizeof(struct states_view),
	.open = states_open,
	.load = states_load,
	.draw = states_draw,
	.close = states_close,
	.key = states_key,
	.say = states_say,
	.place = states_place,
	.hints = states_hints,
	.actions = states_actions,
	.asks_for = "state",
};
