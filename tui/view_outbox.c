/* What is not yet accepted by the service, each with its state in words, and the drafts. */
#include "model/i18n.h"
#include "model/text.h"
#include "model/when.h"
#include "tui/lines.h"
#include "tui/moves.h"
#include "tui/status.h"
#include "tui/tui.h"
#include "tui/view.h"
#include <string.h>
#include <time.h>

enum { HEAD_ROWS = 2, SECOND_MS = 1000, NAME_COLS = 15, WHAT_COLS = 26 };

struct outbox {
	struct moves moves;
	struct lines lines;
	int tick; /* timer while something counts down */
	int rows;
};

static void outbox_step(struct view *v, const char *word, int times)
{
	struct outbox *o = v->own;
	for (int i = 0; i < times; i++)
		lines_step(&o->lines, word);
}

static void ticked(void *ctx)
{
	struct view *v = ctx;
	struct outbox *o = v->own;
	o->tick = 0;
	view_reload(v);
}

static void say_waiting(struct view *v, struct buf *b, const struct patch *p)
{
	struct arena a = { 0 };
	struct service_state state = { 0 };
	bool known = p->service && store_state(v->app->store, p->service, &state, &a);
	if (known && !state.online && state.since) {
		char at[16];
		struct tm tm;
		localtime_r(&state.since, &tm);
		strftime(at, sizeof(at), "%H:%M", &tm);
		buf_printf(b, _("waiting: offline since %s"), at);
	} else if (p->error_text) {
		buf_printf(b, _("waiting: %s"), p->error_text);
	} else {
		buf_text(b, _("saved here, not yet sent"));
	}
	if (p->tries)
		buf_printf(b, _(", try %d"), p->tries + 1);
	arena_clear(&a);
}

/* *counts: its words change with every second. */
static enum style say_state(
	struct view *v, struct buf *b, const struct patch *p, time_t now, bool *counts)
{
	switch (p->state) {
	case PATCH_SAVED:
		if (p->not_before > now) {
			*counts = true;
			buf_printf(
				b, _("leaves in %d s   u recalls it"), (int)(p->not_before - now));
		} else {
			say_waiting(v, b, p);
		}
		return STYLE_PENDING;
	case PATCH_SENT:
		buf_text(b, _("under way"));
		return STYLE_PENDING;
	case PATCH_UNKNOWN:
		buf_text(b, _("sent, not yet confirmed; it goes out again under the same key"));
		return STYLE_PENDING;
	case PATCH_CONFLICT:
		buf_text(b, _("conflict: changed by somebody else; Enter shows both"));
		return STYLE_CONFLICT;
	case PATCH_REFUSED:
		buf_printf(b, _("refused: %s"),
			p->error_text ? p->error_text : _("no reason was given"));
		return STYLE_CONFLICT;
	}
	return STYLE_TEXT;
}

static void add_cell(struct buf *b, const char *text, int columns)
{
	struct buf clean = { 0 };
	text_clean(&clean, text, strcspn(text, "\n"));
	text_pad(b, buf_str(&clean), columns);
	buf_char(b, ' ');
	buf_clear(&clean);
}

static bool add_patch(struct view *v, const struct patch *p, int place, time_t now)
{
	struct outbox *o = v->own;
	struct buf b = { 0 };
	char id[32];
	bool counts = false;
	snprintf(id, sizeof(id), "p%lld", (long long)p->key);
	buf_printf(&b, "%d ", place);
	add_cell(&b, p->number ? p->number : p->title ? p->title : _("new case"), NAME_COLS);
	add_cell(&b, p->verb ? p->verb : "", WHAT_COLS);
	enum style style = say_state(v, &b, p, now, &counts);
	lines_add(&o->lines, id, buf_str(&b))->style = style;
	buf_clear(&b);
	return counts;
}

static void add_drafts(struct view *v, time_t now)
{
	struct outbox *o = v->own;
	struct arena a = { 0 };
	struct draft *drafts = NULL;
	int count = store_drafts(v->app->store, &drafts, &a);
	for (int i = 0; i < count; i++) {
		struct buf b = { 0 };
		char id[32];
		if (i == 0) {
			lines_add(&o->lines, NULL, "");
			lines_add(&o->lines, NULL, _("DRAFTS"))->style = STYLE_TITLE;
		}
		snprintf(id, sizeof(id), "d%lld", (long long)drafts[i].key);
		buf_printf(&b, "%s: %s, ", drafts[i].kind, drafts[i].title ? drafts[i].title : "-");
		when_ago(&b, drafts[i].changed, now);
		lines_add(&o->lines, id, buf_str(&b));
		buf_clear(&b);
	}
	arena_clear(&a);
}

static void outbox_load(struct view *v)
{
	struct outbox *o = v->own;
	time_t now = time(NULL);
	bool counts = false;
	struct patch *rows = store_outbox(v->app->store, &o->rows);
	lines_begin(&o->lines);
	for (int i = 0; i < o->rows; i++)
		counts = add_patch(v, &rows[i], i + 1, now) || counts;
	store_outbox_free(rows, o->rows);
	if (o->rows == 0)
		lines_add(&o->lines, NULL, _("Nothing waits: all that was done here is accepted."));
	add_drafts(v, now);
	lines_end(&o->lines);
	loop_cancel(v->app->loop, o->tick);
	o->tick = counts && !v->app->quiet ? loop_after(v->app->loop, SECOND_MS, ticked, v) : 0;
}

static bool outbox_open(struct view *v, const char *arg, struct error *err)
{
	struct outbox *o = v->own;
	(void)arg;
	(void)err;
	o->moves.step = outbox_step;
	return true;
}

static void outbox_close(struct view *v)
{
	struct outbox *o = v->own;
	loop_cancel(v->app->loop, o->tick);
	lines_clear(&o->lines);
}

static void outbox_draw(struct view *v, struct screen *s)
{
	struct outbox *o = v->own;
	struct buf b = { 0 };
	enum style style;
	int col = screen_putf(s, 0, 0, -1, STYLE_TITLE, _("OUTBOX %d"), o->rows) + 3;
	status_sync(v->app, &b, &style);
	screen_put(s, 0, col, -1, style, buf_str(&b));
	buf_clear(&b);
	screen_focus(s, HEAD_ROWS, 0);
	lines_draw(&o->lines, s, HEAD_ROWS, view_rows(v) - HEAD_ROWS, 0, view_cols(v));
}

static void outbox_say(struct view *v, struct buf *b)
{
	struct outbox *o = v->own;
	const struct line *focus = lines_focus(&o->lines);
	buf_text(b, focus ? focus->text : _("Nothing waits, and there are no drafts."));
}

static void outbox_place(struct view *v, struct buf *b)
{
	struct outbox *o = v->own;
	int place = 0, count = 0;
	for (int i = 0; i < o->lines.count; i++) {
		count += o->lines.rows[i].id != NULL; /* headings do not count */
		if (i == o->lines.at)
			place = count;
	}
	buf_printf(b, "%s %d/%d", _("Outbox"), place, count);
}

/* ---- actions: on the focused row of the outbox, or draft */

static int64_t focus_key(struct view *v, char kind)
{
	struct outbox *o = v->own;
	const struct line *focus = lines_focus(&o->lines);
	return focus && focus->id[0] == kind ? (int64_t)strtoll(focus->id + 1, NULL, 10) : 0;
}

static bool find_patch(struct view *v, struct patch *p, struct error *err)
{
	int64_t key = focus_key(v, 'p');
	if (key && store_patch(v->app->store, key, p))
		return true;
	return error_set(err, ERROR_USAGE, _("No row of the outbox is in focus."));
}

static bool open_draft(struct view *v, int64_t key, struct error *err)
{
	struct arena a = { 0 };
	struct draft *drafts = NULL;
	int count = store_drafts(v->app->store, &drafts, &a);
	struct app *app = v->app;
	bool good = error_set(err, ERROR_GONE, _("This draft is gone."));
	for (int i = 0; i < count; i++) {
		if (drafts[i].key != key)
			continue;
		/* The views that ask for a verb's words take up its draft by themselves. */
		const char *verb = strcmp(drafts[i].kind, "fields") == 0 ? "edit" : drafts[i].kind;
		good = !drafts[i].object || view_case_open(app, drafts[i].object, err);
		good = good && action_run(app, verb, err);
		break;
	}
	arena_clear(&a);
	return good;
}

static bool run_open(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct patch p = { 0 };
	struct app *app = v->app;
	(void)argc;
	(void)argv;
	int64_t draft = focus_key(v, 'd');
	if (draft)
		return open_draft(v, draft, err);
	if (!find_patch(v, &p, err))
		return false;
	bool good;
	if (p.state == PATCH_CONFLICT) {
		char arg[32];
		snprintf(arg, sizeof(arg), "%lld", (long long)p.key);
		good = view_open(app, "conflict", arg, err);
	} else if (p.on == ON_CASE) {
		good = view_case_open(app, p.object, err);
	} else {
		good = view_citizen_open(app, p.object, err);
	}
	patch_clear(&p);
	return good;
}

static bool run_recall(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct patch p = { 0 };
	(void)argc;
	(void)argv;
	if (!find_patch(v, &p, err))
		return false;
	bool good = store_recall(v->app->store, p.key, err);
	if (good)
		app_say(v->app, p.answer || p.note ? _("Taken back; its text is kept as a draft.")
						   : _("Taken back; nothing was sent."));
	patch_clear(&p);
	return good;
}

static void drop_now(void *ctx)
{
	struct view *v = ctx;
	struct error err = { 0 };
	int64_t key = focus_key(v, 'p'), draft = focus_key(v, 'd');
	if (draft)
		store_draft_drop(v->app->store, draft);
	else if (!store_drop(v->app->store, key, &err))
		app_error(v->app, &err);
	view_reload(v);
}

static bool run_drop(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct outbox *o = v->own;
	const struct line *focus = lines_focus(&o->lines);
	struct buf b = { 0 };
	(void)argc;
	(void)argv;
	if (!focus)
		return error_set(err, ERROR_USAGE, _("Nothing is in focus."));
	buf_printf(&b, _("Give up \"%.50s\" for good?"), focus->text);
	app_confirm(v->app, buf_str(&b), drop_now, v);
	buf_clear(&b);
	return true;
}

static bool run_again(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct patch p = { 0 };
	(void)argc;
	(void)argv;
	if (!find_patch(v, &p, err))
		return false;
	bool good = true;
	if (p.state == PATCH_CONFLICT)
		good = error_set(
			err, ERROR_USAGE, _("Somebody else changed it; Enter shows both sides."));
	else if (p.state == PATCH_REFUSED)
		good = store_retry(v->app->store, &p, err);
	if (good && v->app->sync)
		sync_retry_now(v->app->sync);
	if (good)
		app_say(v->app, "%s", _("It is sent again."));
	patch_clear(&p);
	return good;
}

static const struct action outbox_actions[] = {
	MOVE_ACTIONS,
	{ "open", NULL, N_("Open the case, the draft, or both sides of a conflict."), run_open },
	{ "recall", NULL, N_("Take back what has not left."), run_recall },
	{ "again", NULL, N_("Send it again now."), run_again },
	{ "drop", NULL, N_("Give it up for good; asks first."), run_drop },
	{ NULL },
};

const struct view_ops view_outbox = {
	.name = "outbox",
	.title = N_("Outbox and drafts"),
	.own_size = sizeof(struct outbox),
	.open = outbox_open,
	.load = outbox_load,
	.draw = outbox_draw,
	.close = outbox_close,
	.say = outbox_say,
	.place = outbox_place,
	.hints = (const struct hint[]) {
		{ "open", N_("open") }, { "recall", N_("recall") }, { "again", N_("send again") },
		{ "drop", N_("give up") }, { "back", N_("back") }, { NULL, NULL },
	},
	.actions = outbox_actions,
	.bindings = (const struct binding[]) {
		{ "u", "recall" }, { "s", "again" }, { "d", "drop" }, { NULL, NULL },
	},
};
