/* Finding a citizen as one types: what the store knows at once, what the service answers as it
   comes. The words stand in the prompt; Enter opens the citizen in focus, Tab goes into the list,
   where keys work. */
#include "model/i18n.h"
#include "model/text.h"
#include "tui/input.h"
#include "tui/lines.h"
#include "tui/moves.h"
#include "tui/prompt.h"
#include "tui/show.h"
#include "tui/view.h"
#include <string.h>

enum { ASK_PAUSE_MS = 180, SHORTEST = 2, MOST = 200, NAME_COLS = 31, SERVICE_COLS = 9 };

struct citizens_view {
	struct moves moves;
	struct lines lines;
	char *typed;
	char *problem; /* why these words are no search; or what the service said */
	char *purpose;
	int timer, found;
	bool asking; /* the service has not answered yet */
	bool for_new; /* Enter opens a new case for whoever is chosen */
};

/* ---- reading */

static void year(struct buf *out, const char *born)
{
	buf_add(out, born ? born : "", born && strlen(born) >= 4 ? 4 : 0);
}

static bool is_near(const struct person_row *p)
{
	return p->match && !strcmp(p->match, "near");
}

static void say_row(struct buf *out, const struct person_row *p, const char *name)
{
	const struct citizen *c = p->citizen;

	buf_text(out, name);
	if (p->records > 1)
		buf_printf(out, _(", in %s"), p->services);
	if (is_near(p))
		buf_text(out, _(", a near match"));
	if (c->born) {
		buf_text(out, _(", born "));
		year(out, c->born);
	}
	if (c->town && !p->guarded)
		buf_printf(out, ", %s", c->town);
	buf_printf(out, _(", %d open of %d cases. Enter opens, n opens a new case."), p->open_cases,
		p->all_cases);
}

/* With several services each row names its own, at the cost of the longest names. */
static void name_cells(struct buf *row, const char *name, const char *services, bool several)
{
	show_cell(row, name, several ? NAME_COLS - SERVICE_COLS - 1 : NAME_COLS);
	if (several)
		show_cell(row, services, SERVICE_COLS);
}

static void add_row(struct lines *l, const struct person_row *p, bool several)
{
	const struct citizen *c = p->citizen;
	struct buf row = { 0 }, name = { 0 }, born = { 0 };
	struct line *line;
	char id[32];

	citizen_name(&name, c);
	year(&born, c->born);
	snprintf(id, sizeof(id), "@%lld", (long long)c->key);
	buf_text(&row, is_near(p) ? " ~ " : c->pending ? " ! " : "   ");
	name_cells(&row, buf_str(&name), p->services, several);
	show_cell(&row, buf_str(&born), 4);
	show_cell(&row, p->guarded ? _("(guarded)") : c->town, 16);
	show_cell(&row, p->guarded ? "" : c->postcode, 9);
	if (p->all_cases || p->open_cases)
		buf_printf(&row, _("%d open of %d"), p->open_cases, p->all_cases);
	line = lines_add(l, id, buf_str(&row));
	line->style = c->pending ? STYLE_PENDING : is_near(p) ? STYLE_DIM : STYLE_TEXT;
	buf_reset(&row);
	say_row(&row, p, buf_str(&name));
	line->say = arena_copy(&l->arena, buf_str(&row));
	buf_clear(&row);
	buf_clear(&name);
	buf_clear(&born);
}

static void set(char **at, const char *text)
{
	char *copy = xstrdup(text);

	free(*at);
	*at = copy;
}

static void empty_list(struct lines *l, const struct citizens_view *c)
{
	if (text_blank(c->typed))
		lines_add(l, NULL, c->for_new ?
			_("Type a name, a reference, a telephone number; Enter alone: nobody is named.") :
			_("Type a name, a reference, a telephone number, an address, or "
			  "town:NAME."));
	else if (c->asking)
		lines_add(l, NULL, _("Nobody known here; the service is looking."));
	else
		lines_add(l, NULL, _("Nobody is found. + registers a citizen, after Tab."));
}

static bool has_several(const struct view *v)
{
	return v->app->sync && sync_service_count(v->app->sync) > 1;
}

static void citizens_load(struct view *v)
{
	struct citizens_view *c = v->own;
	struct query_now now = app_now(v->app);
	struct query query = { 0 };
	struct error err = { 0 };
	struct page found;
	struct person_row *people;
	struct arena arena = { 0 };

	page_init(&found);
	set(&c->problem, NULL);
	lines_begin(&c->lines);
	if (!text_blank(c->typed)) {
		if (query_parse(&query, QUERY_CITIZENS, c->typed, NULL, &err))
			store_citizens(v->app->store, &query, &now, MOST, &found);
		else
			set(&c->problem, err.text);
		query_clear(&query);
	}
	c->found = store_person_rows(v->app->store, &found, &people, &arena);
	for (int i = 0; i < c->found; i++)
		add_row(&c->lines, &people[i], has_several(v));
	arena_clear(&arena);
	if (!c->found)
		empty_list(&c->lines, c);
	lines_end(&c->lines);
	page_clear(&found);
}

/* ---- asking the service */

static void ask_service(void *ctx);

static void purpose_given(void *ctx, const char *line)
{
	struct view *v = ctx;
	struct citizens_view *c = v->own;

	if (text_blank(line))
		return;
	set(&c->purpose, line);
	ask_service(v);
}

static void answered(void *ctx, const struct error *err)
{
	struct view *v = ctx;
	struct citizens_view *c = v->own;

	c->asking = false;
	view_reload(v);
	if (!err || err->kind == ERROR_NONE || err->kind == ERROR_CANCELLED ||
		err->kind == ERROR_OFFLINE)
		return;
	if (v->app->view != v)
		return;
	if (!strcmp(err->code, "purpose-needed")) {
		struct prompt_ask ask = { .label = _("Why do you search for this person? "),
			.history = "purpose",
			.done = purpose_given,
			.ctx = v };

		prompt_open(v->app->prompt, &ask);
		return;
	}
	app_error(v->app, err);
}

static void ask_service(void *ctx)
{
	struct view *v = ctx;
	struct citizens_view *c = v->own;
	struct query query = { 0 };

	c->timer = 0;
	if (!v->app->sync || text_blank(c->typed) || strlen(c->typed) < SHORTEST)
		return;
	if (query_parse(&query, QUERY_CITIZENS, c->typed, NULL, NULL)) {
		c->asking = true;
		sync_forget(v->app->sync, v);
		sync_citizens(v->app->sync, query.source, &query, c->purpose, answered, v);
	}
	query_clear(&query);
	view_reload(v);
}

static void typed(void *ctx, const char *line)
{
	struct view *v = ctx;
	struct citizens_view *c = v->own;

	if (c->typed && line && !strcmp(c->typed, line))
		return;
	set(&c->typed, line ? line : "");
	c->lines.at = -1; /* the best match has the focus again */
	free(c->lines.kept);
	c->lines.kept = NULL;
	loop_cancel(v->app->loop, c->timer);
	c->timer = loop_after(v->app->loop, ASK_PAUSE_MS, ask_service, v);
	view_reload(v);
}

/* ---- the prompt */

/* The kinds take the place of this list. id "@0": for nobody named. */
static bool new_case_for(struct view *v, const char *id, struct error *err)
{
	struct app *app = v->app;
	struct buf arg = { 0 };

	buf_printf(&arg, "new --citizen=%s", id);
	view_close(app);

	bool good = view_open(app, "kinds", buf_str(&arg), err);

	buf_clear(&arg);
	return good;
}

static bool open_focus(struct view *v, struct error *err)
{
	struct citizens_view *c = v->own;
	const struct line *line = lines_focus(&c->lines);

	if (c->for_new && (line || text_blank(c->typed)))
		return new_case_for(v, line ? line->id : "@0", err);

	if (!line)
		return error_set(
			err, ERROR_USAGE, _("There is nobody to open; type more, or other words."));
	return view_open(v->app, "citizen", line->id, err);
}

static void find_done(void *ctx, const char *line)
{
	struct view *v = ctx;
	struct citizens_view *c = v->own;
	struct error err = { 0 };

	if (!line) {
		if (!c->found)
			view_close(v->app);
		return;
	}
	typed(v, line);
	citizens_load(v); /* the focus is of these words, not of the letter before */
	if (!open_focus(v, &err))
		app_error(v->app, &err);
}

static bool find_key(void *ctx, int key)
{
	static const struct {
		int key;
		const char *word;
	} steps[] = { { KEY_DOWN_, "down" }, { KEY_UP_, "up" }, { KEY_PGDN_, "page-down" },
		{ KEY_PGUP_, "page-up" } };
	struct view *v = ctx;
	struct citizens_view *c = v->own;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (steps[i].key == key) {
			lines_step(&c->lines, steps[i].word);
			app_dirty(v->app);
			return true;
		}
	}
	if (key != KEY_TAB_)
		return false;
	prompt_close(v->app->prompt);
	app_dirty(v->app);
	return true;
}

static void open_prompt(struct view *v)
{
	struct citizens_view *c = v->own;
	struct prompt_ask ask = { .label = _("find: "),
		.begin = c->typed,
		.history = "find",
		.changed = typed,
		.done = find_done,
		.key = find_key,
		.ctx = v };

	prompt_open(v->app->prompt, &ask);
}

/* ---- the view */

static void citizens_step(struct view *v, const char *word, int times)
{
	struct citizens_view *c = v->own;

	for (int i = 0; i < times; i++)
		lines_step(&c->lines, word);
}

static bool citizens_open(struct view *v, const char *arg, struct error *err)
{
	struct citizens_view *c = v->own;

	(void)err;
	c->moves.step = citizens_step;
	c->lines.at = -1;
	c->lines.mark = true; /* the cursor is in the prompt */
	c->for_new = arg && !strcmp(arg, "--new");
	if (!text_blank(arg) && !c->for_new)
		typed(v, arg);
	open_prompt(v);
	return true;
}

static void citizens_close(struct view *v)
{
	struct citizens_view *c = v->own;

	loop_cancel(v->app->loop, c->timer);
	lines_clear(&c->lines);
	free(c->typed);
	free(c->problem);
	free(c->purpose);
}

static void citizens_draw(struct view *v, struct screen *s)
{
	struct citizens_view *c = v->own;
	int cols = view_cols(v);
	struct buf head = { 0 };

	buf_printf(&head, c->for_new ? _("New case, for whom? %s") : _("Find a citizen: %s"),
		c->typed ? c->typed : "");
	screen_put(s, 0, 0, cols - 20 > 20 ? cols - 20 : cols, STYLE_TITLE, buf_str(&head));
	buf_reset(&head);
	if (c->asking)
		buf_text(&head, _("asking ..."));
	else if (c->found)
		buf_printf(&head, P_("%d found", "%d found", c->found), c->found);
	screen_right(s, 0, 1, STYLE_DIM, buf_str(&head));
	buf_reset(&head);
	buf_text(&head, "   ");
	name_cells(&head, _("NAME"), _("IN"), has_several(v));
	show_cell(&head, _("BORN"), 4);
	show_cell(&head, _("TOWN"), 16);
	show_cell(&head, _("POSTCODE"), 9);
	buf_text(&head, _("CASES"));
	screen_put(s, 2, 0, cols, STYLE_HEAD, buf_str(&head));
	if (c->problem)
		screen_put(s, 1, 0, cols, STYLE_ERROR, c->problem);
	screen_focus(s, 0, 0);
	lines_draw(&c->lines, s, 3, view_rows(v) - 4, 0, cols);
	screen_put(
		s, view_rows(v) - 1, 0, cols, STYLE_DIM, _("legend: > here  ~ near match  ! not yet sent"));
	buf_clear(&head);
}

static void citizens_say(struct view *v, struct buf *out)
{
	struct citizens_view *c = v->own;
	const struct line *line = lines_focus(&c->lines);

	buf_text(out, line ? line->say : _("Nobody is in focus; f or / types other words."));
}

static void citizens_place(struct view *v, struct buf *out)
{
	struct citizens_view *c = v->own;

	buf_printf(out, _("Citizens %d/%d"), c->found ? c->lines.at + 1 : 0, c->found);
}

static int64_t citizens_citizen(struct view *v)
{
	struct citizens_view *c = v->own;
	const struct line *line = lines_focus(&c->lines);

	return line ? strtoll(line->id + 1, NULL, 10) : 0;
}

static bool run_open(struct view *v, int argc, const char *const *argv, struct error *err)
{
	(void)argc, (void)argv;
	return open_focus(v, err);
}

static bool run_filter(struct view *v, int argc, const char *const *argv, struct error *err)
{
	(void)err;
	if (argc)
		typed(v, argv[0]);
	else
		open_prompt(v);
	return true;
}

static bool run_new(struct view *v, int argc, const char *const *argv, struct error *err)
{
	(void)argc, (void)argv;
	if (!citizens_citizen(v))
		return error_set(err, ERROR_USAGE, _("Nobody is in focus to open a case for."));
	return view_open(v->app, "kinds", NULL, err);
}

static bool run_register(struct view *v, int argc, const char *const *argv, struct error *err)
{
	(void)argc, (void)argv;
	return view_open(v->app, "form", "register", err);
}

static bool run_cancel(struct view *v, int argc, const char *const *argv, struct error *err)
{
	(void)argc, (void)argv, (void)err;
	view_close(v->app);
	return true;
}

static bool run_refresh(struct view *v, int argc, const char *const *argv, struct error *err)
{
	(void)argc, (void)argv, (void)err;
	if (v->app->sync)
		sync_retry_now(v->app->sync);
	ask_service(v);
	return true;
}

static const struct action citizens_actions[] = {
	MOVE_ACTIONS,
	{ "open", NULL, N_("Opens the citizen in focus."), run_open },
	{ "filter", "[WORDS]", N_("Types other words."), run_filter },
	{ "find", "[WORDS]", N_("Types other words."), run_filter },
	{ "next-pane", NULL, N_("Back to the words."), run_filter },
	{ "new-case", NULL, N_("Opens a new case for the citizen in focus."), run_new },
	{ "register-citizen", NULL, N_("Registers a citizen who is not known yet."), run_register },
	{ "cancel", NULL, N_("Goes back."), run_cancel },
	{ "refresh", NULL, N_("Asks the service again."), run_refresh },
	{ NULL, NULL, NULL, NULL },
};

static const struct binding citizens_bindings[] = {
	{ "n", "new-case" },
	{ "+", "register-citizen" },
	{ NULL, NULL },
};

static const struct hint citizens_hints[] = {
	{ "open", N_("open") },
	{ "new-case", N_("new case") },
	{ "register-citizen", N_("register") },
	{ "find", N_("other words") },
	{ "back", N_("back") },
	{ NULL, NULL },
};

const struct view_ops view_citizens = {
	.name = "citizens",
	.title = N_("Find a citizen"),
	.own_size = sizeof(struct citizens_view),
	.open = citizens_open,
	.load = citizens_load,
	.draw = citizens_draw,
	.close = citizens_close,
	.say = citizens_say,
	.place = citizens_place,
	.citizen = citizens_citizen,
	.hints = citizens_hints,
	.actions = citizens_actions,
	.bindings = citizens_bindings,
};
