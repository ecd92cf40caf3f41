/* What is not yet accepted by the service, each with its state in words, and the drafts. */
#include "model/i18n.h"
#include "model/secret.h"
#include "model/json.h"
#include "model/text.h"
#include "model/when.h"
#include "tui/lines.h"
#include "tui/moves.h"
#include "tui/several.h"
#include "tui/show.h"
#include "tui/status.h"
#include "tui/tui.h"
#include "tui/view.h"
#include <string.h>
#include <time.h>

enum { HEAD_ROWS = 2, SECOND_MS = 1000, NAME_COLS = 15, SERVICE_COLS = 5, WHAT_COLS = 26 };

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
	if (known && state.login) {
		buf_text(b, _("waiting: sign-in needed"));
	} else if (known && !state.online && state.since) {
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
		buf_text(b, p->theirs ? _("conflict: changed by somebody else; Enter shows both")
				      : _("in somebody else's hand; Enter shows what to do"));
		return STYLE_CONFLICT;
	case PATCH_REFUSED:
		buf_printf(b, _("refused: %s Enter opens it again."),
			p->error_text ? p->error_text : _("No reason was given."));
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

static bool add_patch(struct view *v, const struct patch *rows, int at, time_t now)
{
	const struct patch *p = &rows[at];
	int place = at + 1, holder = p->state == PATCH_SAVED ? patch_held_by(rows, at) : 0;
	struct outbox *o = v->own;
	struct buf b = { 0 };
	char id[32];
	bool counts = false;
	snprintf(id, sizeof(id), "p%lld", (long long)p->key);
	buf_printf(&b, "%d ", place);
	struct buf name = { 0 };
	if (p->number)
		several_name(&name, v->app, p->service, p->number);
	else
		buf_text(&name, p->title ? p->title : _("new case"));
	add_cell(&b, buf_str(&name), several(v->app) ? NAME_COLS + SERVICE_COLS : NAME_COLS);
	buf_clear(&name);
	add_cell(&b, p->verb ? p->verb : "", WHAT_COLS);
	enum style style = STYLE_PENDING;
	if (holder)
		buf_printf(&b, _("held by row %d of the same case: open that one first"), holder);
	else
		style = say_state(v, &b, p, now, &counts);
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
	for (int i = 0; i < o->rows; i++) {
		secret_mask_patch(&rows[i], NULL, NULL);
		counts = add_patch(v, rows, i, now) || counts;
	}
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

/* The form of a draft: "edit" and "correct" of what it belongs to, "new KIND", "register". */
static bool open_form(struct app *app, const char *kind, int64_t object, const char *field,
	struct error *err)
{
	struct buf arg = { 0 };
	bool good = true;
	if (strncmp(kind, "new ", 4) == 0)
		buf_printf(&arg, "new --kind=%s --citizen=@%lld", kind + 4, (long long)object);
	else
		buf_text(&arg, kind);
	if (field)
		buf_printf(&arg, " %s", field);
	if (strcmp(kind, "edit") == 0)
		good = view_case_open(app, object, err);
	else if (strcmp(kind, "correct") == 0)
		good = view_citizen_open(app, object, err);
	good = good && view_open(app, "form", buf_str(&arg), err);
	buf_clear(&arg);
	return good;
}

static bool is_form(const char *kind)
{
	static const char *const kinds[] = { "edit", "correct", "register", NULL };
	for (int i = 0; kinds[i]; i++) {
		if (strcmp(kinds[i], kind) == 0)
			return true;
	}
	return strncmp(kind, "new ", 4) == 0;
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
		if (is_form(verb)) {
			good = open_form(app, verb, drafts[i].object, NULL, err);
			break;
		}
		good = !drafts[i].object || view_case_open(app, drafts[i].object, err);
		good = good && action_run(app, verb, err);
		break;
	}
	arena_clear(&a);
	return good;
}

/* ---- a refused row, open again for who wrote it */

/* The name a form has for a field of a patch; NULL: no form asks for it. */
static const char *form_name(const struct patch *p, const char *field)
{
	static const char *const asked[] = { "subject", "priority", "due", "tags", "channel",
		"language", "restricted", NULL };
	if (strncmp(field, "fields.", 7) == 0)
		return field + 7;
	if (p->on == ON_CITIZEN || p->creates)
		return field;
	for (int i = 0; asked[i]; i++) {
		if (strcmp(asked[i], field) == 0)
			return field;
	}
	return NULL;
}

/* Which form made it, NULL: none. Into the arena. */
static const char *form_of(const struct patch *p, struct arena *a)
{
	const struct change *kind = patch_find(p, "kind");
	if (p->on == ON_CITIZEN)
		return p->creates ? "register" : "correct";
	if (p->creates)
		return kind && kind->after ? arena_printf(a, "new %s", kind->after) : NULL;
	for (int i = 0; i < p->count; i++) {
		if (!form_name(p, p->changes[i].field))
			return NULL;
	}
	return p->count ? "edit" : NULL;
}

/* The field the refusal speaks of, by its name; else the first that was changed. */
static const char *named_field(const struct patch *p)
{
	const char *first = NULL;
	for (int i = 0; i < p->count; i++) {
		const char *name = form_name(p, p->changes[i].field);
		if (!name || strcmp(name, "kind") == 0 || strcmp(name, "citizen") == 0)
			continue;
		if (p->error_text && strstr(p->error_text, show_label(NULL, name)))
			return name;
		first = first ? first : name;
	}
	return first;
}

static void values_json(const struct patch *p, struct buf *json)
{
	struct json_out out = { .buf = json };
	json_open(&out, NULL, '{');
	for (int i = 0; i < p->count; i++) {
		const char *name = form_name(p, p->changes[i].field), *after = p->changes[i].after;
		if (name)
			json_put_text(&out, name, after ? after : "");
	}
	if (p->purpose)
		json_put_text(&out, "--purpose", p->purpose);
	json_close(&out, '}');
}

static bool reopen_form(struct view *v, const struct patch *p, const char *kind, struct error *err)
{
	struct app *app = v->app;
	struct buf json = { 0 };
	const struct change *citizen = p->creates ? patch_find(p, "citizen") : NULL;
	struct draft d = { .kind = kind, .title = p->title ? p->title : p->number };
	if (!p->creates)
		d.object = p->object;
	else if (citizen && citizen->after)
		d.object = store_citizen_key(app->store, p->service, citizen->after);
	values_json(p, &json);
	d.text = buf_str(&json);
	bool good = store_draft_put(app->store, &d, err) && store_drop(app->store, p->key, err) &&
		    open_form(app, kind, d.object, named_field(p), err);
	buf_clear(&json);
	return good;
}

static bool reopen_text(struct view *v, const struct patch *p, struct error *err)
{
	struct app *app = v->app;
	return action_keep_text(app, p, err) && store_drop(app->store, p->key, err) &&
	       view_case_open(app, p->object, err) &&
	       action_run(app, p->answer ? "reply" : "note", err);
}

/* What has neither text nor form: its line, to be typed otherwise. */
static bool reopen_line(struct view *v, const struct patch *p, struct error *err)
{
	struct app *app = v->app;
	struct buf line = { 0 };
	buf_printf(&line, "%s ", p->verb ? p->verb : "");
	bool good = store_drop(app->store, p->key, err) &&
		    view_case_open(app, p->object, err) && action_run(app, buf_str(&line), err);
	buf_clear(&line);
	return good;
}

/* It leaves the outbox and stands where it was written, with what it said; the reason in row 24. */
static bool reopen(struct view *v, const struct patch *p, struct error *err)
{
	struct app *app = v->app;
	struct arena a = { 0 };
	const char *kind = form_of(p, &a);
	bool good;
	if (p->answer || p->note)
		good = reopen_text(v, p, err);
	else if (kind)
		good = reopen_form(v, p, kind, err);
	else
		good = reopen_line(v, p, err);
	if (good && p->error_text) {
		struct error why = { 0 };
		error_set(&why, ERROR_REFUSED, "%s", p->error_text);
		app_error(app, &why);
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
	} else if (p.state == PATCH_REFUSED) {
		good = reopen(v, &p, err);
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
	{ "open", NULL, N_("Open the case, the draft, what was refused, or both sides of a conflict."),
		run_open },
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
