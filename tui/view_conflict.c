/* Somebody else changed the same field: what it was, what is ours and what is theirs, field by
   field. Nothing goes out before a person has chosen. */
#include "model/i18n.h"
#include "model/json.h"
#include "model/secret.h"
#include "model/text.h"
#include "tui/case_head.h"
#include "tui/lines.h"
#include "tui/moves.h"
#include "tui/prompt.h"
#include "tui/several.h"
#include "tui/show.h"
#include "tui/tui.h"
#include "tui/view.h"
#include <string.h>

enum { HEAD_ROWS = 2, CHANGES = 32, FIELD_COLS = 11, VALUE_COLS = 16 };

enum keep { KEEP_ASK, KEEP_MINE, KEEP_THEIRS, KEEP_EDITED };

struct conflict {
	struct moves moves;
	struct lines lines;
	int64_t key;
	struct patch patch;
	struct arena arena;
	bool known;			 /* what the others made of it; else only that it was not sent */
	struct casefile theirs_case;
	struct citizen theirs_citizen;
	const char *version;		 /* theirs */
	const char *theirs[CHANGES];
	const char *edited[CHANGES];	 /* neither yours nor theirs; in the arena */
	enum keep keep[CHANGES];
	bool secret[CHANGES]; /* masked: the person's own screen shows it, for a reason */
};

static void conflict_step(struct view *v, const char *word, int times)
{
	struct conflict *c = v->own;
	for (int i = 0; i < times; i++)
		lines_step(&c->lines, word);
}

static bool same_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

/* The object as the service has it now, field by field of our change. */
static bool read_theirs(struct conflict *c, struct error *err)
{
	const char *text = c->patch.theirs;
	struct json *j = text ? json_read(text, strlen(text), NULL, err) : NULL;
	struct casefile cf = { 0 };
	struct citizen citizen = { 0 };
	bool on_case = c->patch.on == ON_CASE;
	if (!j)
		return !text;
	bool good = on_case ? json_read_case(j, &cf, &c->arena, err)
			    : json_read_citizen(j, &citizen, &c->arena, err);
	c->known = good;
	c->version = on_case ? cf.version : citizen.version;
	c->theirs_case = cf;
	c->theirs_citizen = citizen;
	for (int i = 0; good && i < c->patch.count && i < CHANGES; i++) {
		struct change *change = &c->patch.changes[i];
		c->theirs[i] = on_case ? case_get(&cf, change->field, &c->arena)
				       : citizen_get(&citizen, change->field);
		/* Yours is what would be sent: of words, theirs with what you set and took away. */
		change->after = patch_over(&c->patch, change, c->theirs[i], &c->arena);
		if (patch_words(&c->patch, change->field) ||
			same_text(c->theirs[i], change->before) ||
			same_text(c->theirs[i], change->after))
			c->keep[i] = KEEP_MINE; /* no clash */
	}
	json_free(j);
	return good;
}

static const char *keep_word(enum keep keep)
{
	static const char *const words[] = { N_("? (y, t or e)"), N_("yours"), N_("theirs"),
		N_("edited:") };
	return _(words[keep]);
}

static void add_cell(struct buf *b, const char *text, int columns)
{
	struct buf clean = { 0 };
	text_clean(&clean, text ? text : "-", text ? strlen(text) : 1);
	text_pad(b, buf_str(&clean), columns);
	buf_char(b, ' ');
	buf_clear(&clean);
}

static void put_value(struct buf *out, const struct show *show, const struct conflict *c, int i,
	const char *text)
{
	const char *field = c->patch.changes[i].field;
	struct arena a = { 0 };
	show_value(out, show, field, c->secret[i] ? secret_masked(field, text, &a) : text);
	arena_clear(&a);
}

static void add_value(struct buf *b, const struct show *show, const struct conflict *c, int i,
	const char *text)
{
	struct buf value = { 0 };
	if (text)
		put_value(&value, show, c, i, text);
	add_cell(b, buf_str(&value), VALUE_COLS);
	buf_clear(&value);
}

static void fill(struct view *v)
{
	struct conflict *c = v->own;
	struct show show = several_show(v->app, c->patch.service);
	lines_begin(&c->lines);
	for (int i = 0; i < c->patch.count && i < CHANGES; i++) {
		const struct change *change = &c->patch.changes[i];
		struct buf b = { 0 };
		char id[16];
		snprintf(id, sizeof(id), "%d", i);
		add_cell(&b, show_field(change->field), FIELD_COLS);
		add_value(&b, &show, c, i, change->before);
		add_value(&b, &show, c, i, change->after);
		add_value(&b, &show, c, i, c->theirs[i]);
		buf_text(&b, c->known ? keep_word(c->keep[i]) : _("yours"));
		if (c->keep[i] == KEEP_EDITED) {
			buf_char(&b, ' ');
			add_value(&b, &show, c, i, c->edited[i]);
		}
		lines_add(&c->lines, id, buf_str(&b));
		buf_clear(&b);
	}
	lines_end(&c->lines);
	app_dirty(v->app);
}

static void find_secrets(struct view *v)
{
	struct conflict *c = v->own;
	struct page page;
	page_init(&page);
	bool known = c->patch.on == ON_CASE && store_case(v->app->store, c->patch.object, &page) &&
		     page.case_count;
	for (int i = 0; i < c->patch.count && i < CHANGES; i++)
		c->secret[i] = secret_of_patch(&c->patch, known ? &page.cases[0] : NULL,
			app_people(v->app), c->patch.changes[i].field);
	page_clear(&page);
}

static bool conflict_open(struct view *v, const char *arg, struct error *err)
{
	struct conflict *c = v->own;
	c->moves.step = conflict_step;
	c->key = arg ? (int64_t)strtoll(arg, NULL, 10) : 0;
	if (!store_patch(v->app->store, c->key, &c->patch) || c->patch.state != PATCH_CONFLICT)
		return error_set(err, ERROR_GONE, _("This conflict is settled already."));
	if (!read_theirs(c, err))
		return false;
	find_secrets(v);
	fill(v);
	return true;
}

static void conflict_close(struct view *v)
{
	struct conflict *c = v->own;
	patch_clear(&c->patch);
	arena_clear(&c->arena);
	lines_clear(&c->lines);
}

static void conflict_draw(struct view *v, struct screen *s)
{
	struct conflict *c = v->own;
	struct buf name = { 0 };
	if (c->patch.number)
		several_name(&name, v->app, c->patch.service, c->patch.number);
	else
		buf_text(&name, c->patch.title);
	screen_putf(s, 0, 0, -1, STYLE_CONFLICT,
		c->known ? _("CONFLICT %s   somebody else changed it while yours was on its way")
			 : _("CONFLICT %s   somebody else has it in hand"),
		buf_str(&name));
	buf_clear(&name);
	struct buf head = { 0 };
	add_cell(&head, _("FIELD"), FIELD_COLS);
	add_cell(&head, _("WAS"), VALUE_COLS);
	add_cell(&head, _("YOURS"), VALUE_COLS);
	add_cell(&head, _("THEIRS"), VALUE_COLS);
	buf_text(&head, _("KEEP"));
	screen_put(s, 1, 0, -1, STYLE_HEAD, buf_str(&head));
	buf_clear(&head);
	lines_draw(&c->lines, s, HEAD_ROWS, view_rows(v) - HEAD_ROWS - 2, 0, view_cols(v));
	if (!c->lines.count)
		screen_focus(s, HEAD_ROWS, 0);
	/* Why: who has the case in hand, or that it was out of ours. */
	if (c->patch.error_text)
		screen_put(s, view_rows(v) - 2, 0, -1, STYLE_TEXT, c->patch.error_text);
	screen_put(s, view_rows(v) - 1, 0, -1, STYLE_TEXT,
		!c->known       ? _("Nothing was sent; a sends it again, T keeps your text as a draft.")
		: c->patch.answer ? _("Your answer was NOT sent; a sends it with what is kept above.")
				: _("Your change was NOT sent; a sends what is kept above."));
}

static void conflict_say(struct view *v, struct buf *b)
{
	struct conflict *c = v->own;
	int i = c->lines.at;
	if (i < 0 || i >= c->patch.count) {
		buf_text(b, c->patch.error_text
				    ? c->patch.error_text
				    : _("Your change was not sent; Y keeps it, T takes theirs."));
		return;
	}
	const struct change *change = &c->patch.changes[i];
	struct show show = several_show(v->app, c->patch.service);
	struct buf values[3] = { { 0 } };
	const char *texts[] = { change->before, change->after, c->theirs[i] };
	for (int k = 0; k < 3; k++)
		put_value(&values[k], &show, c, i, texts[k] ? texts[k] : "-");
	buf_printf(b, _("%s was %s, yours is %s, theirs is %s."), show_field(change->field),
		buf_str(&values[0]), buf_str(&values[1]), buf_str(&values[2]));
	for (int k = 0; k < 3; k++)
		buf_clear(&values[k]);
}

static void conflict_place(struct view *v, struct buf *b)
{
	struct conflict *c = v->own;
	buf_printf(b, "%s %d/%d", _("Conflict"), c->lines.at + 1, c->lines.count);
}

static bool choose(struct view *v, enum keep keep)
{
	struct conflict *c = v->own;
	if (c->lines.at >= 0 && c->lines.at < CHANGES)
		c->keep[c->lines.at] = keep;
	lines_move(&c->lines, 1);
	fill(v);
	return true;
}

static bool run_mine(struct view *v, int argc, const char *const *argv, struct error *err)
{
	(void)argc;
	(void)argv;
	(void)err;
	return choose(v, KEEP_MINE);
}

static bool run_theirs(struct view *v, int argc, const char *const *argv, struct error *err)
{
	(void)argc;
	(void)argv;
	(void)err;
	return choose(v, KEEP_THEIRS);
}

/* Checked as the form would: FIELD=VALUE on top of theirs. */
static bool check_edited(struct view *v, int i, const char *value, struct error *err)
{
	struct conflict *c = v->own;
	bool on_case = c->patch.on == ON_CASE;
	const char *field = c->patch.changes[i].field;
	const char *word = arena_printf(&c->arena, "%s=%s", field, value);
	struct verb_input in = action_input(v->app, c->patch.service, 1, &word);
	struct plan plan;
	in.cf = on_case ? &c->theirs_case : NULL;
	in.citizen = on_case ? NULL : &c->theirs_citizen;
	plan_build(&plan, verb_find(on_case ? "edit" : "correct"), &in, NULL);
	const struct plan_row *row = &plan.rows[0];
	const struct change *made = patch_find(&row->patch, field);
	bool good = !row->refused || row->why.kind == ERROR_NONE;
	if (!good)
		*err = row->why;
	else
		c->edited[i] = arena_copy(&c->arena, made ? made->after : c->theirs[i]);
	plan_clear(&plan);
	return good;
}

static void edited(void *ctx, const char *line)
{
	struct view *v = ctx;
	struct conflict *c = v->own;
	struct error err = { 0 };
	int i = c->lines.at;
	if (!line || i < 0 || i >= c->patch.count || i >= CHANGES)
		return;
	if (check_edited(v, i, line, &err))
		choose(v, KEEP_EDITED);
	else
		app_error(v->app, &err);
}

static bool run_edit(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct conflict *c = v->own;
	int i = c->lines.at;
	struct buf label = { 0 };
	struct prompt_ask ask = { .history = "value", .done = edited, .ctx = v };
	(void)argc;
	(void)argv;
	if (!c->known || i < 0 || i >= c->patch.count || i >= CHANGES)
		return error_set(err, ERROR_USAGE, _("There is no field here to edit."));
	buf_printf(&label, "%s: ", show_field(c->patch.changes[i].field));
	ask.label = buf_str(&label);
	if (!c->secret[i]) /* what is masked is typed anew */
		ask.begin = c->edited[i] ? c->edited[i] : c->patch.changes[i].after;
	prompt_open(v->app->prompt, &ask);
	buf_clear(&label);
	return true;
}

/* Ours, on top of theirs: before is what they made of it, the version is theirs. */
static bool apply(struct view *v, struct error *err)
{
	struct conflict *c = v->own;
	struct app *app = v->app;
	struct patch merged = { 0 };
	patch_copy(&merged, &c->patch);
	merged.count = 0;
	for (int i = 0; i < c->patch.count; i++) {
		struct change *change = &c->patch.changes[i];
		if (i < CHANGES && c->keep[i] == KEEP_THEIRS)
			continue;
		merged.changes[merged.count++] = (struct change){
			.field = arena_copy(&merged.arena, change->field),
			.before = arena_copy(&merged.arena,
				i < CHANGES && c->known ? c->theirs[i] : change->before),
			.after = arena_copy(&merged.arena,
				i < CHANGES && c->keep[i] == KEEP_EDITED ? c->edited[i]
									  : change->after),
		};
	}
	if (c->known)
		merged.version = arena_copy(&merged.arena, c->version);
	merged.theirs = NULL;
	merged.state = PATCH_SAVED;
	bool empty = patch_empty(&merged);
	bool good =
		empty ? store_drop(app->store, c->key, err) : store_retry(app->store, &merged, err);
	patch_clear(&merged);
	if (!good)
		return false;
	app_say(app, empty ? _("Theirs stays; your change was given up.")
		: c->known ? _("Saved here; it goes out again over their change.")
			   : _("Saved here; it goes out again."));
	if (app->sync)
		sync_kick(app->sync);
	view_close(app);
	return true;
}

static bool run_apply(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct conflict *c = v->own;
	(void)argc;
	(void)argv;
	for (int i = 0; c->known && i < c->patch.count && i < CHANGES; i++) {
		if (c->keep[i] == KEEP_ASK)
			return error_set(err, ERROR_USAGE,
				_("Choose for %s first: y yours, t theirs, e edit."),
				show_field(c->patch.changes[i].field));
	}
	return apply(v, err);
}

static bool run_all_mine(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct conflict *c = v->own;
	(void)argc;
	(void)argv;
	for (int i = 0; i < CHANGES; i++)
		c->keep[i] = KEEP_MINE;
	return apply(v, err);
}

static bool run_all_theirs(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct conflict *c = v->own;
	struct app *app = v->app;
	bool written = c->patch.answer || c->patch.note;
	(void)argc;
	(void)argv;
	if (!action_keep_text(app, &c->patch, err) || !store_drop(app->store, c->key, err))
		return false;
	app_say(app, "%s", written ? _("Theirs stays; what you wrote is kept as a draft.")
				   : _("Theirs stays; your change was given up."));
	view_close(app);
	return true;
}

static bool run_open(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct conflict *c = v->own;
	(void)argc;
	(void)argv;
	return view_case_open(v->app, c->patch.object, err);
}

static const struct action conflict_actions[] = {
	MOVE_ACTIONS,
	{ "mine", NULL, N_("Keep yours for this field."), run_mine },
	{ "theirs", NULL, N_("Keep theirs for this field."), run_theirs },
	{ "edit-field", NULL, N_("Neither: write another value for this field."), run_edit },
	{ "apply", NULL, N_("Send what was chosen."), run_apply },
	{ "all-mine", NULL, N_("Keep yours everywhere, and send it."), run_all_mine },
	{ "all-theirs", NULL, N_("Keep theirs everywhere; yours is given up."), run_all_theirs },
	{ "open", NULL, N_("Show the case."), run_open },
	{ NULL },
};

const struct view_ops view_conflict = {
	.name = "conflict",
	.title = N_("Conflict"),
	.own_size = sizeof(struct conflict),
	.open = conflict_open,
	.draw = conflict_draw,
	.close = conflict_close,
	.say = conflict_say,
	.place = conflict_place,
	.hints =
		(const struct hint[]){
			{ "mine", N_("yours") },
			{ "theirs", N_("theirs") },
			{ "edit-field", N_("edit") },
			{ "apply", N_("apply") },
			{ "all-mine", N_("all yours") },
			{ "all-theirs", N_("all theirs") },
			{ "back", N_("later") },
			{ NULL, NULL },
		},
	.actions = conflict_actions,
	.bindings =
		(const struct binding[]){
			{ "y", "mine" },
			{ "t", "theirs" },
			{ "e", "edit-field" },
			{ "a", "apply" },
			{ "Y", "all-mine" },
			{ "T", "all-theirs" },
			{ NULL, NULL },
		},
};
