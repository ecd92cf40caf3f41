/* One citizen all round: every case of every team, details, consents, who looked. Reference and day
   of birth stay masked, and a guarded address away, until they are asked for with a reason, which
   the service writes into its access log. */
#include "model/i18n.h"
#include "model/json.h"
#include "model/text.h"
#include "model/when.h"
#include "tui/case_head.h"
#include "tui/lines.h"
#include "tui/moves.h"
#include "tui/prompt.h"
#include "tui/view.h"
#include <string.h>

enum tab { TAB_CASES, TAB_DETAILS, TAB_CONSENTS, TAB_LOG, TAB_COUNT };

struct citizen_view {
	struct moves moves;
	int64_t key;
	char *purpose;
	struct page page;  /* the citizen */
	struct page cases; /* all of them */
	struct page log;
	struct lines lists[TAB_COUNT];
	enum tab tab;
	int is_open;
	bool unmasked;
	bool closed; /* the service wants a reason first, or may want one and has not said yet */
	bool told;   /* it has answered */
	bool asked_log;
	int cols; /* the width the rows were made for */
};

static const struct citizen *who(const struct citizen_view *c)
{
	return c->page.citizen_count ? &c->page.citizens[0] : NULL;
}

/* ---- reading */

static void last_words(struct buf *out, const struct casefile *cf, const struct show *show)
{
	bool answer = cf->contact && !strcmp(cf->contact, "answer");

	when_stamp(out, cf->contact_at ? cf->contact_at : cf->changed, show->now);
	if (cf->contact)
		buf_text(out, answer ? _(" we answered") : _(" citizen wrote"));
}

/* What wider windows bring goes to the subject. */
static int subject_columns(int cols)
{
	int more = cols - 80;

	return 18 + (more > 0 ? more < 40 ? more : 40 : 0);
}

static void fill_cases(struct citizen_view *c, const struct show *show, int cols)
{
	struct lines *l = &c->lists[TAB_CASES];

	c->is_open = 0;
	lines_begin(l);
	for (int i = 0; i < c->cases.case_count; i++) {
		const struct casefile *cf = &c->cases.cases[i];
		struct buf row = { 0 };
		char id[32];

		c->is_open += stage_is_open(cf->stage);
		snprintf(id, sizeof(id), "@%lld", (long long)cf->key);
		show_cell(&row, cf->number ? cf->number : _("(new)"), 12);
		show_cell(&row, cf->subject, subject_columns(cols));
		show_cell(&row, show_team(show, cf->team), 12);
		show_cell(&row, show_status(cf->status ? cf->status : stage_name(cf->stage)), 8);
		last_words(&row, cf, show);
		lines_add(l, id, buf_str(&row))->style = cf->pending ? STYLE_PENDING : STYLE_TEXT;
		buf_clear(&row);
	}
	if (!c->cases.case_count)
		lines_add(l, NULL, _("No cases are known here; n opens one."));
	lines_end(l);
}

static void add_detail(struct lines *l, const char *id, const char *label, const char *value)
{
	struct buf row = { 0 };

	show_cell(&row, label, 22);
	buf_text(&row, text_blank(value) ? "-" : value);
	struct line *line = lines_add(l, id, buf_str(&row));

	buf_reset(&row);
	buf_printf(&row, _("%s: %s. Enter corrects the details."), label,
		text_blank(value) ? _("empty") : value);
	line->say = arena_copy(&l->arena, buf_str(&row));
	buf_clear(&row);
}

/* The year may be known; the day is masked. */
static void born_words(struct buf *out, const struct citizen_view *c)
{
	const char *born = who(c)->born;

	if (c->unmasked || !born || strlen(born) <= 4)
		buf_text(out, born);
	else
		buf_printf(out, "%.4s-**", born);
}

static void fill_details(struct citizen_view *c, const struct show *show)
{
	struct lines *l = &c->lists[TAB_DETAILS];
	const struct citizen *one = who(c);
	bool hidden = one->guarded && !c->unmasked;
	struct buf text = { 0 };

	lines_begin(l);
	add_detail(l, "given", _("Given name"), one->given);
	add_detail(l, "family", _("Family name"), one->family);
	born_words(&text, c);
	add_detail(l, "born", _("Born"), buf_str(&text));
	buf_reset(&text);
	show_masked(&text, one->ref, c->unmasked);
	add_detail(l, "ref", _("Reference"), buf_str(&text));
	add_detail(l, "phone", _("Telephone"), one->phone);
	add_detail(l, "email", _("E-mail"), one->mail);
	add_detail(l, "street", _("Street"), hidden ? _("guarded; v asks for it") : one->street);
	add_detail(l, "postcode", _("Postcode"), hidden ? _("guarded") : one->postcode);
	add_detail(l, "town", _("Town"), hidden ? _("guarded") : one->town);
	add_detail(l, "country", _("Country"), one->country);
	add_detail(l, "language", _("Language"), one->language);
	add_detail(l, "contact", _("Wants to be reached"), show_channel(one->reach));
	add_detail(l, "flags", _("Handling marks"), one->flags);
	add_detail(l, "id", _("Identifier"), one->id);
	buf_reset(&text);
	if (one->created)
		when_stamp(&text, one->created, show->now);
	add_detail(l, "created", _("Registered"), buf_str(&text));
	buf_reset(&text);
	buf_text(&text, one->service);
	if (one->fetched) {
		buf_text(&text, _(", read "));
		when_ago(&text, one->fetched, show->now);
	}
	add_detail(l, "origin", _("Kept by"), buf_str(&text));
	lines_end(l);
	buf_clear(&text);
}

static const char *consent_name(const char *what)
{
	static const char *const words[][2] = { { "share_across_departments",
							N_("share across departments") },
		{ "health_data", N_("health data") }, { "email", N_("answers by e-mail") },
		{ NULL, NULL } };

	for (int i = 0; what && words[i][0]; i++)
		if (!strcmp(words[i][0], what))
			return _(words[i][1]);
	return what ? what : "-";
}

/* One consent: "share across departments: yes (12 Feb 10:00)". */
static void consent_words(struct buf *out, const struct json *one, const struct show *show)
{
	const char *at = json_get_text(one, "at");
	time_t when;

	buf_printf(out, "%s: %s", consent_name(json_get_text(one, "what")),
		json_get_bool(one, "given", false) ? _("yes") : _("no"));
	if (at && when_read(at, &when)) {
		buf_text(out, " (");
		when_stamp(out, when, show->now);
		buf_text(out, ")");
	}
}

static void fill_consents(struct citizen_view *c, const struct show *show)
{
	struct lines *l = &c->lists[TAB_CONSENTS];
	const char *text = who(c)->consents;
	struct json *list = text ? json_read(text, strlen(text), NULL, NULL) : NULL;

	lines_begin(l);
	for (size_t i = 0; i < json_count(list); i++) {
		struct buf row = { 0 };
		char id[24];

		snprintf(id, sizeof(id), "%zu", i);
		consent_words(&row, json_at(list, i), show);
		lines_add(l, id, buf_str(&row));
		buf_clear(&row);
	}
	if (!json_count(list))
		lines_add(l, NULL, _("No consents are on record."));
	lines_end(l);
	json_free(list);
}

static void fill_log(struct citizen_view *c, const struct show *show)
{
	struct lines *l = &c->lists[TAB_LOG];

	lines_begin(l);
	for (int i = 0; i < c->log.access_count; i++) {
		const struct access *a = &c->log.accesses[i];
		struct buf row = { 0 };
		char id[24];

		snprintf(id, sizeof(id), "%d", i);
		when_stamp(&row, a->at, show->now);
		buf_text(&row, "  ");
		show_cell(&row, a->worker, 14);
		show_cell(&row, show_team(show, a->team), 14);
		show_cell(&row, a->action, 8);
		buf_text(&row, text_blank(a->purpose) ? "-" : a->purpose);
		lines_add(l, id, buf_str(&row));
		buf_clear(&row);
	}
	if (!c->log.access_count)
		lines_add(l, NULL, _("Nothing has been read of the access log yet."));
	lines_end(l);
}

static bool may_need_reason(struct view *v);

static void citizen_load(struct view *v)
{
	struct citizen_view *c = v->own;
	struct show show = show_now(v->app);

	c->key = store_real_key(v->app->store, c->key); /* a new one, once accepted */
	if (c->closed && !c->told)
		c->closed = may_need_reason(v); /* the service went away meanwhile */
	page_clear(&c->page);
	page_init(&c->page);
	page_clear(&c->cases);
	page_init(&c->cases);
	page_clear(&c->log);
	page_init(&c->log);
	if (!store_citizen(v->app->store, c->key, &c->page) || !who(c))
		return;
	store_citizen_cases(v->app->store, c->key, &c->cases);
	store_accesses(v->app->store, c->key, &c->log);
	fill_cases(c, &show, view_cols(v));
	c->cols = view_cols(v);
	fill_details(c, &show);
	fill_consents(c, &show);
	fill_log(c, &show);
}

/* ---- asking the service, with a reason where it wants one */

static void set(char **at, const char *text)
{
	char *copy = xstrdup(text);

	free(*at);
	*at = copy;
}

static void ask(struct view *v, int fresh_ms, sync_done *done)
{
	struct citizen_view *c = v->own;

	if (v->app->sync && c->key > 0)
		sync_citizen(v->app->sync, c->key, c->purpose, fresh_ms, done, v);
}

static void answered(void *ctx, const struct error *err);

static void purpose_given(void *ctx, const char *line)
{
	struct view *v = ctx;
	struct citizen_view *c = v->own;

	if (text_blank(line)) {
		app_say(v->app, "%s",
			_("Without a reason the service shows nothing more of this person."));
		return;
	}
	set(&c->purpose, line);
	ask(v, 0, answered);
}

static void ask_purpose(
	struct view *v, const char *label, void (*done)(void *ctx, const char *line))
{
	struct prompt_ask why = { .label = label, .history = "purpose", .done = done, .ctx = v };

	prompt_open(v->app->prompt, &why);
}

static void answered(void *ctx, const struct error *err)
{
	struct view *v = ctx;
	struct citizen_view *c = v->own;

	c->told = true;
	c->closed = err && !strcmp(err->code, "purpose-needed");
	view_reload(v);
	if (!err || err->kind == ERROR_NONE || err->kind == ERROR_CANCELLED ||
		err->kind == ERROR_OFFLINE)
		return;
	if (c->closed && v->app->view != v)
		return; /* somebody is at work elsewhere: F5 asks here again */
	if (c->closed)
		ask_purpose(v, _("Why do you open this person? "), purpose_given);
	else
		app_error(v->app, err);
}

static void unmasked(void *ctx, const struct error *err)
{
	struct view *v = ctx;
	struct citizen_view *c = v->own;

	c->unmasked = !err || err->kind == ERROR_NONE;
	c->asked_log = false; /* it has one line more now */
	if (c->unmasked)
		app_say(v->app, "%s", _("Shown; the asking and its reason are on the access log."));
	else
		app_error(v->app, err);
	view_reload(v);
}

static void unmask_reason(void *ctx, const char *line)
{
	struct view *v = ctx;
	struct citizen_view *c = v->own;

	if (text_blank(line)) {
		app_say(v->app, "%s", _("Nothing is shown without a reason."));
		return;
	}
	set(&c->purpose, line);
	ask(v, 0, unmasked);
}

/* ---- opening */

static int64_t citizen_key_read(struct app *app, const char *arg, struct error *err)
{
	int64_t key = 0;

	if (arg && arg[0] == '@')
		return strtoll(arg + 1, NULL, 10);
	if (!text_blank(arg))
		key = store_citizen_key(app->store, NULL, arg);
	if (key > 0)
		return key;
	error_set(err, ERROR_GONE, _("No citizen %s is known here; f finds one."), arg ? arg : "-");
	return 0;
}

/* Opened from a case, the case is the reason. */
static void purpose_of_case(struct view *v)
{
	struct citizen_view *c = v->own;
	struct page page;
	struct buf purpose = { 0 };

	page_init(&page);
	if (v->below && v->below->ops->targets && v->below->ops->targets(v->below, &page, NULL) &&
		page.case_count == 1 && page.cases[0].id) {
		buf_printf(&purpose, "case:%s", page.cases[0].id);
		set(&c->purpose, buf_str(&purpose));
	}
	buf_clear(&purpose);
	page_clear(&page);
}

static bool is_online(struct view *v, const char *service)
{
	struct arena a = { 0 };
	struct service_state state = { 0 };
	bool online = service && v->app->sync && store_state(v->app->store, service, &state, &a) &&
		      state.online;

	arena_clear(&a);
	return online;
}

/* As the service decides it: an open case of mine or of my team is reason enough. */
static bool is_own_work(struct view *v, int64_t key)
{
	struct query_now now = app_now(v->app);
	struct page cases;
	bool own = false;

	page_init(&cases);
	store_citizen_cases(v->app->store, key, &cases);
	for (int i = 0; i < cases.case_count && !own; i++) {
		const struct casefile *cf = &cases.cases[i];

		own = stage_is_open(cf->stage) &&
		      ((cf->worker && now.me && !strcmp(cf->worker, now.me)) ||
			      (cf->team && now.team && !strcmp(cf->team, now.team)));
	}
	page_clear(&cases);
	return own;
}

/* What an earlier reason has brought here is not shown again without one, while the service is
   there to ask for it. Away from it there is nobody to ask, and the work has to go on. */
static bool may_need_reason(struct view *v)
{
	struct citizen_view *c = v->own;
	struct page page;
	bool may = false;

	page_init(&page);
	if (!c->purpose && c->key > 0 && store_citizen(v->app->store, c->key, &page) &&
		page.citizen_count)
		may = is_online(v, page.citizens[0].service) && !is_own_work(v, c->key);
	page_clear(&page);
	return may;
}

static void citizen_step(struct view *v, const char *word, int times)
{
	struct citizen_view *c = v->own;

	for (int i = 0; i < times; i++)
		lines_step(&c->lists[c->tab], word);
}

static bool citizen_open(struct view *v, const char *arg, struct error *err)
{
	struct citizen_view *c = v->own;

	c->key = citizen_key_read(v->app, arg, err);
	if (!c->key)
		return false;
	c->moves.step = citizen_step;
	for (int i = 0; i < TAB_COUNT; i++)
		c->lists[i].at = -1;
	page_init(&c->page);
	page_init(&c->cases);
	page_init(&c->log);
	purpose_of_case(v);
	c->closed = may_need_reason(v);
	ask(v, 0, answered);
	return true;
}

static void citizen_close(struct view *v)
{
	struct citizen_view *c = v->own;

	for (int i = 0; i < TAB_COUNT; i++)
		lines_clear(&c->lists[i]);
	page_clear(&c->page);
	page_clear(&c->cases);
	page_clear(&c->log);
	free(c->purpose);
}

/* ---- drawing */

static void part(struct buf *out, const char *text)
{
	if (!text_blank(text))
		buf_printf(out, "  %s", text);
}

static void head_words(struct citizen_view *c, struct buf *out)
{
	const struct citizen *one = who(c);

	citizen_name(out, one);
	if (one->id) {
		buf_text(out, "  ");
		show_id(out, one->id);
	} else {
		part(out, _("saved here"));
	}
	if (one->born) {
		buf_text(out, _("  born "));
		born_words(out, c);
	}
	part(out, one->guarded && !c->unmasked ? _("address guarded") : one->postcode);
	if (one->language)
		buf_printf(out, _("  speaks %s"), one->language);
	if (one->reach)
		buf_printf(out, _("  contact: %s preferred"), show_channel(one->reach));
	part(out, one->flags);
	if (one->gone)
		part(out, _("GONE"));
}

static void consent_line(struct citizen_view *c, const struct show *show, struct buf *out)
{
	const char *text = who(c)->consents;
	struct json *list = text ? json_read(text, strlen(text), NULL, NULL) : NULL;

	buf_text(out, _("consents  "));
	for (size_t i = 0; i < json_count(list); i++) {
		buf_text(out, i ? "   " : "");
		consent_words(out, json_at(list, i), show);
	}
	if (!json_count(list))
		buf_text(out, _("none on record"));
	json_free(list);
}

static void draw_tabs(const struct citizen_view *c, struct screen *s, int row)
{
	static const char *const names[] = { N_("Cases"), N_("Details"), N_("Consents"),
		N_("Who looked") };
	int counts[] = { c->cases.case_count, 0, 0, c->log.access_count }, col = 0;

	for (int i = 0; i < TAB_COUNT; i++) {
		bool here = (enum tab)i == c->tab;
		struct buf label = { 0 };

		buf_printf(&label, "%s%d %s", here ? "[" : "", i + 1, _(names[i]));
		if (counts[i])
			buf_printf(&label, " %d", counts[i]);
		buf_text(&label, here ? "]" : "");
		col += screen_put(
			       s, row, col, -1, here ? STYLE_TITLE : STYLE_TEXT, buf_str(&label)) +
		       2;
		buf_clear(&label);
	}
}

static void case_columns_head(const struct citizen_view *c, int cols, struct buf *out)
{
	struct buf count = { 0 };

	buf_printf(&count, _("CASES %d (%d open)"), c->cases.case_count, c->is_open);
	show_cell(out, buf_str(&count), 13 + subject_columns(cols));
	show_cell(out, _("TEAM"), 12);
	show_cell(out, _("STATE"), 8);
	buf_text(out, _("LAST"));
	buf_clear(&count);
}

/* Outside one's own work the name is all that is shown before a reason was given. */
static void draw_closed(const struct citizen_view *c, struct screen *s, int cols)
{
	struct buf name = { 0 };

	citizen_name(&name, who(c));
	screen_put(s, 0, 0, cols, STYLE_TITLE, buf_str(&name));
	screen_put(s, 2, 0, cols, STYLE_TEXT,
		_("No case here is yours or your team's: the service asks for a reason first."));
	screen_put(s, 3, 0, cols, STYLE_TEXT, _("F5 asks again; q goes back."));
	screen_focus(s, 0, 0);
	buf_clear(&name);
}

static void citizen_draw(struct view *v, struct screen *s)
{
	struct citizen_view *c = v->own;
	struct show show = show_now(v->app);
	int cols = view_cols(v), row = 0;
	struct buf line = { 0 };

	if (!who(c)) {
		screen_put(
			s, 0, 0, cols, STYLE_TEXT, _("Nothing is known here of this citizen yet."));
		screen_focus(s, 0, 0);
		return;
	}
	if (c->cols != cols) {
		fill_cases(c, &show, cols);
		c->cols = cols;
	}
	if (c->closed) {
		draw_closed(c, s, cols);
		return;
	}
	head_words(c, &line);
	screen_put(s, row++, 0, cols, STYLE_TITLE, buf_str(&line));
	buf_reset(&line);
	consent_line(c, &show, &line);
	screen_put(s, row++, 0, cols, STYLE_TEXT, buf_str(&line));
	draw_tabs(c, s, row++);
	row++;
	if (c->tab == TAB_CASES) {
		buf_reset(&line);
		case_columns_head(c, cols, &line);
		screen_put(s, row++, 0, cols, STYLE_HEAD, buf_str(&line));
	}
	screen_focus(s, row, 0);
	lines_draw(&c->lists[c->tab], s, row, view_rows(v) - row, 0, cols);
	buf_clear(&line);
}

static void citizen_say(struct view *v, struct buf *out)
{
	struct citizen_view *c = v->own;
	const struct line *line = lines_focus(&c->lists[c->tab]);

	if (!who(c))
		return;
	if (c->closed) {
		citizen_name(out, who(c));
		buf_text(out, c->told ? _(": closed until a reason is given.")
				      : _(": asking the service whether a reason is needed."));
		return;
	}
	if (line && c->tab == TAB_CASES)
		buf_printf(out, _("%s: Enter opens this case."), line->text);
	else if (line)
		buf_text(out, line->say ? line->say : line->text);
	else
		citizen_name(out, who(c));
}

static void citizen_place(struct view *v, struct buf *out)
{
	struct citizen_view *c = v->own;

	buf_text(out, _("Citizen"));
	if (c->tab == TAB_CASES && c->cases.case_count)
		buf_printf(out, _("  case %d/%d"), c->lists[TAB_CASES].at + 1, c->cases.case_count);
}

/* ---- what can be done */

static int64_t citizen_citizen(struct view *v)
{
	struct citizen_view *c = v->own;

	return c->key;
}

static bool citizen_targets(struct view *v, struct page *out, struct error *err)
{
	struct citizen_view *c = v->own;
	const struct line *line = c->tab == TAB_CASES ? lines_focus(&c->lists[TAB_CASES]) : NULL;

	if (!line)
		return error_set(
			err, ERROR_USAGE, _("No case is in focus; 1 shows the citizen's cases."));
	if (!store_case(v->app->store, strtoll(line->id + 1, NULL, 10), out) || !out->case_count)
		return error_set(err, ERROR_GONE, _("This case is not known here any more."));
	return true;
}

static int64_t citizen_step_case(struct view *v, int by)
{
	struct citizen_view *c = v->own;
	struct lines *l = &c->lists[TAB_CASES];
	int before = l->at;

	lines_move(l, by);
	return l->at != before && lines_focus(l) ? strtoll(lines_focus(l)->id + 1, NULL, 10) : 0;
}

static void citizen_where(struct view *v, struct buf *out)
{
	struct citizen_view *c = v->own;

	if (!who(c))
		return;
	buf_printf(out, _("%d/%d of "), c->lists[TAB_CASES].at + 1, c->cases.case_count);
	citizen_name(out, who(c));
}

static bool set_tab(struct view *v, int tab)
{
	struct citizen_view *c = v->own;

	if (tab < 0 || tab >= TAB_COUNT)
		return false;
	c->tab = (enum tab)tab;
	if (c->tab == TAB_LOG && !c->asked_log && v->app->sync && c->key > 0) {
		c->asked_log = true;
		sync_accesses(v->app->sync, c->key, answered, v);
	}
	app_dirty(v->app);
	return true;
}

static bool run_tab(struct view *v, int argc, const char *const *argv, struct error *err)
{
	if (argc && set_tab(v, atoi(argv[0]) - 1))
		return true;
	return error_set(err, ERROR_USAGE, _("A citizen has four tabs: tab 1 to tab 4."));
}

static bool run_next_tab(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct citizen_view *c = v->own;

	(void)argc, (void)argv, (void)err;
	return set_tab(v, (c->tab + 1) % TAB_COUNT);
}

static bool run_previous_tab(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct citizen_view *c = v->own;

	(void)argc, (void)argv, (void)err;
	return set_tab(v, (c->tab + TAB_COUNT - 1) % TAB_COUNT);
}

static bool run_open(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct citizen_view *c = v->own;
	const struct line *line = lines_focus(&c->lists[c->tab]);

	(void)argc, (void)argv;
	if (c->tab == TAB_CASES && line)
		return view_open(v->app, "case", line->id, err);
	if (c->tab == TAB_DETAILS && line) {
		struct buf arg = { 0 };

		buf_printf(&arg, "correct %s", line->id);

		bool good = view_open(v->app, "form", buf_str(&arg), err);

		buf_clear(&arg);
		return good;
	}
	return error_set(err, ERROR_USAGE, _("There is nothing more to open here."));
}

static bool run_unmask(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct citizen_view *c = v->own;

	if (c->unmasked) {
		c->unmasked = false;
		view_reload(v);
		return true;
	}
	if (!v->app->sync || c->key <= 0)
		return error_set(err, ERROR_OFFLINE,
			_("The asking has to be recorded, and no service is connected."));
	if (argc)
		unmask_reason(v, argv[0]);
	else
		ask_purpose(v, _("Why do you need to see this? "), unmask_reason);
	return true;
}

static bool run_new(struct view *v, int argc, const char *const *argv, struct error *err)
{
	(void)argc, (void)argv;
	return view_open(v->app, "kinds", NULL, err);
}

static bool run_correct(struct view *v, int argc, const char *const *argv, struct error *err)
{
	(void)argc, (void)argv;
	return view_open(v->app, "form", "correct", err);
}

static bool run_refresh(struct view *v, int argc, const char *const *argv, struct error *err)
{
	(void)argc, (void)argv, (void)err;
	if (v->app->sync)
		sync_retry_now(v->app->sync);
	ask(v, 0, answered);
	app_say(v->app, "%s", _("Reading the citizen again."));
	return true;
}

static const struct action citizen_actions[] = {
	MOVE_ACTIONS,
	{ "tab", "N", N_("Shows a tab: 1 cases, 2 details, 3 consents, 4 who looked."), run_tab },
	{ "next-tab", NULL, N_("Shows the next tab."), run_next_tab },
	{ "previous-tab", NULL, N_("Shows the tab before."), run_previous_tab },
	{ "open", NULL, N_("Opens the case in focus, or corrects the detail in focus."), run_open },
	{ "unmask", "[REASON]",
		N_("Shows reference, day of birth and a guarded address, for a reason."),
		run_unmask },
	{ "new-case", NULL, N_("Opens a new case for this citizen."), run_new },
	{ "correct-details", NULL, N_("Corrects the citizen's details in a form."), run_correct },
	{ "refresh", NULL, N_("Asks the service for this citizen again."), run_refresh },
	{ NULL, NULL, NULL, NULL },
};

static const struct binding citizen_bindings[] = {
	{ "v", "unmask" },
	{ "n", "new-case" },
	{ "e", "correct-details" },
	{ NULL, NULL },
};

static const struct hint citizen_hints[] = {
	{ "open", N_("open") },
	{ "new-case", N_("new case") },
	{ "correct-details", N_("correct") },
	{ "unmask", N_("show masked") },
	{ "tab 4", N_("who looked") },
	{ "back", N_("back") },
	{ NULL, NULL },
};

const struct view_ops view_citizen = {
	.name = "citizen",
	.title = N_("Citizen"),
	.own_size = sizeof(struct citizen_view),
	.open = citizen_open,
	.load = citizen_load,
	.draw = citizen_draw,
	.close = citizen_close,
	.say = citizen_say,
	.place = citizen_place,
	.targets = citizen_targets,
	.citizen = citizen_citizen,
	.step = citizen_step_case,
	.where = citizen_where,
	.hints = citizen_hints,
	.actions = citizen_actions,
	.bindings = citizen_bindings,
};
