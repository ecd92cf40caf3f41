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
#include "tui/records.h"
#include "tui/several.h"
#include "tui/view.h"
#include <string.h>

enum tab { TAB_CASES, TAB_DETAILS, TAB_CONSENTS, TAB_LOG, TAB_RECORDS, TAB_COUNT };

/* What another service has of this person, joined with the record that was opened. Each asks for
   itself, because each service wants its own reason and keeps its own log. */
struct part {
	struct part *next;
	struct view *view;
	int64_t key;
	bool asked;
	struct sight sight;
};

struct citizen_view {
	struct moves moves;
	int64_t key;
	char *purpose;
	struct records records; /* the citizen, and who is the same */
	struct part *parts;
	struct page cases; /* all of them */
	int log_count;
	struct lines lists[TAB_COUNT];
	enum tab tab;
	int is_open;
	bool unmasked;
	int mask_timer; /* ends it */
	bool closed; /* the service wants a reason first, or may want one and has not said yet */
	bool told;   /* it has answered */
	bool asked_log;
	int cols; /* the width the rows were made for */
	int origin_cols; /* of the service before a case, where there are several */
};

static const struct citizen *who(const struct citizen_view *c)
{
	return records_first(&c->records);
}

/* ---- reading */

static void last_words(struct buf *out, const struct casefile *cf, const struct show *show)
{
	bool answer = cf->contact && !strcmp(cf->contact, "answer");

	when_stamp(out, cf->contact_at ? cf->contact_at : cf->changed, show->now);
	if (cf->contact)
		buf_text(out, answer ? _(" we answered") : _(" citizen wrote"));
}

enum { ORIGIN_COLS = 6, ORIGIN_MOST = 8 };

/* What wider windows bring goes to the subject. */
static int subject_columns(int cols)
{
	int more = cols - 80;

	return 18 + (more > 0 ? more < 40 ? more : 40 : 0);
}

/* A name that is cut could be another's; so many columns are free beside the others at 80. */
static int origin_columns(const struct app *app)
{
	int most = several_width(app);

	return most < ORIGIN_COLS ? ORIGIN_COLS : most > ORIGIN_MOST ? ORIGIN_MOST : most;
}

static void fill_cases(struct citizen_view *c, const struct show *show, int cols)
{
	struct lines *l = &c->lists[TAB_CASES];
	bool many = records_many(&c->records);

	c->is_open = 0;
	lines_begin(l);
	for (int i = 0; i < c->cases.case_count; i++) {
		const struct casefile *cf = &c->cases.cases[i];
		struct buf row = { 0 };
		char id[32];

		c->is_open += stage_is_open(cf->stage);
		snprintf(id, sizeof(id), "@%lld", (long long)cf->key);
		show_cell(&row, cf->number ? cf->number : _("(new)"), 12);
		if (many)
			show_cell(&row, cf->service, c->origin_cols);
		show_cell(&row, cf->subject, subject_columns(cols) - (many ? ORIGIN_COLS - 2 : 0));
		show_cell(&row, show_team(show, cf->team), many ? 9 : 12);
		show_cell(&row, show_status(cf->status ? cf->status : stage_name(cf->stage)), 8);
		last_words(&row, cf, show);
		lines_add(l, id, buf_str(&row))->style = cf->pending ? STYLE_PENDING : STYLE_TEXT;
		buf_clear(&row);
	}
	if (!c->cases.case_count)
		lines_add(l, NULL, _("No cases are known here; n opens one."));
	lines_end(l);
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

/* Where a line comes from, when there is more than one place. */
static const char *origin_of(struct citizen_view *c, int record)
{
	return records_many(&c->records) ? c->records.person.records[record].citizen->service : NULL;
}

static void add_consents(struct citizen_view *c, int record, const struct show *show)
{
	struct lines *l = &c->lists[TAB_CONSENTS];
	const char *text = c->records.person.records[record].citizen->consents;
	struct json *list = text ? json_read(text, strlen(text), NULL, NULL) : NULL;

	for (size_t i = 0; i < json_count(list); i++) {
		struct buf row = { 0 };
		char id[40];

		snprintf(id, sizeof(id), "%d.%zu", record, i);
		consent_words(&row, json_at(list, i), show);
		lines_add(l, id, buf_str(&row))->right =
			arena_copy(&l->arena, origin_of(c, record));
		buf_clear(&row);
	}
	json_free(list);
}

static void fill_consents(struct citizen_view *c, const struct show *show)
{
	struct lines *l = &c->lists[TAB_CONSENTS];

	lines_begin(l);
	for (int i = 0; i < c->records.person.joined; i++)
		if (!c->records.sights[i].closed)
			add_consents(c, i, show);
	if (!l->count)
		lines_add(l, NULL, _("No consents are on record."));
	lines_end(l);
}

static void add_log(struct citizen_view *c, int record, const struct page *log, const struct show *show)
{
	struct lines *l = &c->lists[TAB_LOG];

	for (int i = 0; i < log->access_count; i++) {
		const struct access *a = &log->accesses[i];
		struct buf row = { 0 };
		char id[40];

		snprintf(id, sizeof(id), "%d.%d", record, i);
		when_stamp(&row, a->at, show->now);
		buf_text(&row, "  ");
		show_cell(&row, a->worker, 14);
		show_cell(&row, show_team(show, a->team), 14);
		show_cell(&row, a->action, 8);
		buf_text(&row, text_blank(a->purpose) ? "-" : a->purpose);
		lines_add(l, id, buf_str(&row))->right =
			arena_copy(&l->arena, origin_of(c, record));
		buf_clear(&row);
	}
}

/* Who looked, service by service: each keeps its own log. */
static void fill_log(struct view *v, const struct show *show)
{
	struct citizen_view *c = v->own;
	struct lines *l = &c->lists[TAB_LOG];

	c->log_count = 0;
	lines_begin(l);
	for (int i = 0; i < c->records.person.joined; i++) {
		struct page log;

		page_init(&log);
		store_accesses(v->app->store, c->records.person.records[i].citizen->key, &log);
		add_log(c, i, &log, show);
		c->log_count += log.access_count;
		page_clear(&log);
	}
	if (!c->log_count)
		lines_add(l, NULL, _("Nothing has been read of the access log yet."));
	lines_end(l);
}

static bool may_need_reason(struct view *v, int64_t key);
static struct part *part_of(struct view *v, int64_t key);
static void ask_parts(struct view *v, bool again);

/* What may be seen of each: the first as this view has it, the others each by itself. */
static void read_person(struct view *v)
{
	struct citizen_view *c = v->own;
	struct records *r = &c->records;

	person_clear(&r->person);
	if (!store_person(v->app->store, c->key, &r->person))
		return;
	r->sights[0] = (struct sight){ .closed = c->closed, .shown = c->unmasked };
	for (int i = 1; i < r->person.joined; i++)
		r->sights[i] = part_of(v, r->person.records[i].citizen->key)->sight;
	ask_parts(v, false);
}

static bool is_closed(const struct records *r, const struct casefile *cf)
{
	for (int i = 0; i < r->person.joined; i++) {
		const struct citizen *one = r->person.records[i].citizen;

		if (r->sights[i].closed && cf->citizen && cf->service && one->id &&
			!strcmp(cf->citizen, one->id) && !strcmp(cf->service, one->service))
			return true;
	}
	return false;
}

static void read_cases(struct view *v)
{
	struct citizen_view *c = v->own;
	int to = 0;

	page_clear(&c->cases);
	page_init(&c->cases);
	store_person_cases(v->app->store, c->key, &c->cases);
	for (int i = 0; i < c->cases.case_count; i++)
		if (!is_closed(&c->records, &c->cases.cases[i]))
			c->cases.cases[to++] = c->cases.cases[i];
	c->cases.case_count = to;
}

static void citizen_load(struct view *v)
{
	struct citizen_view *c = v->own;
	struct show show = show_now(v->app);

	c->key = store_real_key(v->app->store, c->key); /* a new one, once accepted */
	if (c->closed && !c->told)
		c->closed = may_need_reason(v, c->key); /* the service went away meanwhile */
	read_person(v);
	if (!who(c))
		return;
	read_cases(v);
	c->origin_cols = origin_columns(v->app);
	fill_cases(c, &show, view_cols(v));
	c->cols = view_cols(v);
	records_details(&c->lists[TAB_DETAILS], &c->records, &show);
	fill_consents(c, &show);
	fill_log(v, &show);
	records_list(&c->lists[TAB_RECORDS], &c->records, &show);
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

enum { LATELY_MS = 300000, MASK_SECONDS = 120 };

static bool is_good(const struct error *err)
{
	return !err || err->kind == ERROR_NONE;
}

static bool wants_reason(const struct error *err)
{
	return err && !strcmp(err->code, "purpose-needed");
}

/* Of what is shown already, and of what came by a search, all details and cases. */
static void part_answered(void *ctx, const struct error *err)
{
	struct part *p = ctx;

	p->sight.closed = wants_reason(err);
	view_reload(p->view);
}

static struct part *part_of(struct view *v, int64_t key)
{
	struct citizen_view *c = v->own;

	for (struct part *p = c->parts; p; p = p->next)
		if (p->key == key)
			return p;

	struct part *p = xcalloc(1, sizeof(*p));
	*p = (struct part){ .next = c->parts,
		.view = v,
		.key = key,
		.sight.closed = may_need_reason(v, key) };
	c->parts = p;
	return p;
}

/* Not before this view is open itself; then at once, since a search brings neither all details nor
   the cases, and only the service knows whether it wants a reason. */
static void ask_parts(struct view *v, bool again)
{
	struct citizen_view *c = v->own;

	for (struct part *p = c->parts; v->app->sync && !c->closed && p; p = p->next) {
		if (p->asked && !again)
			continue;
		p->asked = true;
		sync_citizen(v->app->sync, p->key, c->purpose, 0, part_answered, p);
	}
}

/* A service that was asked may have found more; one that is away, or cannot search, has not. */
static void others_answered(void *ctx, const struct error *err)
{
	(void)err;
	view_reload(ctx);
}

static void ask_others(struct view *v, int fresh_ms)
{
	struct citizen_view *c = v->own;

	if (!v->app->sync || c->key <= 0 || c->closed)
		return;
	sync_person(v->app->sync, c->key, c->purpose, fresh_ms, others_answered, v);
	ask_parts(v, fresh_ms == 0);
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
	c->closed = wants_reason(err);
	ask_others(v, LATELY_MS);
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

/* A service without a log of its own has nothing to note it in. */
static bool keeps_log(struct view *v, int64_t key)
{
	struct page page;
	bool keeps = true;

	page_init(&page);
	if (store_citizen(v->app->store, key, &page) && page.citizen_count && page.citizens[0].service) {
		const struct service *s =
			sync_service_named(v->app->sync, page.citizens[0].service);

		keeps = !s || s->ops->calls[CALL_ACCESS].ask;
	}
	page_clear(&page);
	return keeps;
}

static void part_unmasked(void *ctx, const struct error *err)
{
	struct part *p = ctx;

	p->sight.closed = wants_reason(err);
	p->sight.shown = is_good(err) || !keeps_log(p->view, p->key);
	view_reload(p->view);
}

static void mask(struct view *v)
{
	struct citizen_view *c = v->own;

	loop_cancel(v->app->loop, c->mask_timer);
	c->mask_timer = 0;
	c->unmasked = false;
	for (struct part *p = c->parts; p; p = p->next)
		p->sight.shown = false;
	view_reload(v);
}

static void mask_over(void *ctx)
{
	struct view *v = ctx;

	mask(v);
	app_say(v->app, "%s", _("Masked again."));
}

static void unmasked(void *ctx, const struct error *err)
{
	struct view *v = ctx;
	struct citizen_view *c = v->own;

	c->unmasked = is_good(err);
	loop_cancel(v->app->loop, c->mask_timer);
	c->mask_timer = c->unmasked ? loop_after(v->app->loop,
					      app_number(v->app, "mask.after", MASK_SECONDS) * 1000,
					      mask_over, v)
				    : 0;
	for (struct part *p = c->parts; c->unmasked && p; p = p->next)
		sync_citizen(v->app->sync, p->key, c->purpose, 0, part_unmasked, p);
	c->asked_log = false; /* it has one line more now */
	if (c->unmasked && !keeps_log(v, c->key))
		app_say(v->app, "%s", _("Shown. There is no access log here: nothing of it is recorded."));
	else if (c->unmasked)
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

/* As the service decides it: an open case of mine, of my team or in my hand is reason enough. */
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
			      (cf->holder && now.me && !strcmp(cf->holder, now.me)) ||
			      (cf->team && now.team && !strcmp(cf->team, now.team)));
	}
	page_clear(&cases);
	return own;
}

/* What an earlier reason has brought here is not shown again without one, while the service is
   there to ask for it. Away from it there is nobody to ask, and the work has to go on. */
static bool may_need_reason(struct view *v, int64_t key)
{
	struct citizen_view *c = v->own;
	struct page page;
	bool may = false;

	page_init(&page);
	if (!c->purpose && key > 0 && store_citizen(v->app->store, key, &page) &&
		page.citizen_count)
		may = is_online(v, page.citizens[0].service) && !is_own_work(v, key) &&
		      keeps_log(v, key);
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
	page_init(&c->records.person.page);
	page_init(&c->cases);
	purpose_of_case(v);
	c->closed = may_need_reason(v, c->key);
	ask(v, 0, answered);
	return true;
}

static void citizen_close(struct view *v)
{
	struct citizen_view *c = v->own;

	for (int i = 0; i < TAB_COUNT; i++)
		lines_clear(&c->lists[i]);
	loop_cancel(v->app->loop, c->mask_timer);
	while (c->parts) {
		struct part *p = c->parts;

		c->parts = p->next;
		if (v->app->sync)
			sync_forget(v->app->sync, p);
		free(p);
	}
	person_clear(&c->records.person);
	page_clear(&c->cases);
	free(c->purpose);
}

/* ---- drawing */

static void part(struct buf *out, const char *text)
{
	if (!text_blank(text))
		buf_printf(out, "  %s", text);
}

static void head_id(struct citizen_view *c, struct buf *out)
{
	const struct citizen *one = who(c);

	if (!one->id) {
		part(out, _("saved here"));
		return;
	}
	buf_text(out, "  ");
	show_id(out, one->id);
	if (!records_many(&c->records))
		return;
	buf_char(out, ' ');
	records_services(out, &c->records);
}

static void head_born(struct citizen_view *c, struct buf *out)
{
	for (int i = 0; i < c->records.person.joined; i++) {
		if (!c->records.person.records[i].citizen->born || c->records.sights[i].closed)
			continue;
		buf_text(out, _("  born "));
		records_born(out, &c->records, i);
		return;
	}
}

static void head_words(struct citizen_view *c, struct buf *out)
{
	const struct records *r = &c->records;
	const char *language = records_text(r, "language"), *reach = records_text(r, "contact");

	citizen_name(out, who(c));
	head_id(c, out);
	head_born(c, out);
	part(out, records_hidden(r) ? _("address guarded") : records_text(r, "postcode"));
	if (language)
		buf_printf(out, _("  speaks %s"), language);
	if (reach)
		buf_printf(out, _("  contact: %s preferred"), show_channel(reach));
	part(out, records_text(r, "flags"));
	if (who(c)->gone)
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
		N_("Who looked"), N_("Records") };
	int records = c->records.person.count;
	int counts[] = { c->cases.case_count, 0, 0, c->log_count, records > 1 ? records : 0 };
	int col = 0;

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
	bool many = records_many(&c->records);

	show_cell(out, buf_str(&count), 13 + subject_columns(cols) + (many ? c->origin_cols - 3 : 0));
	show_cell(out, _("TEAM"), many ? 9 : 12);
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

/* "rt is away, known of 5 min ago" */
static void away_words(struct view *v, const char *service, time_t fetched, struct buf *out)
{
	if (is_online(v, service))
		return;
	buf_printf(out, out->size ? "; " : "");
	buf_printf(out, _("%s is away"), service);
	if (!fetched)
		return;
	buf_text(out, _(", read "));
	when_ago(out, fetched, time(NULL));
}

static bool has_record(const struct records *r, const char *service)
{
	for (int i = 0; i < r->person.joined; i++)
		if (!strcmp(r->person.records[i].citizen->service, service))
			return true;
	return false;
}

/* Who else has this person, who might, and who cannot be asked now. Nothing, where there is one
   service and nobody like them. */
static void others_words(struct view *v, struct buf *out)
{
	struct citizen_view *c = v->own;
	const struct records *r = &c->records;
	int likely = records_likely(r);
	bool several = v->app->sync && sync_service_count(v->app->sync) > 1;

	for (int i = 0; several && i < r->person.joined; i++)
		away_words(v, r->person.records[i].citizen->service,
			r->person.records[i].citizen->fetched, out);
	for (int i = 0; several && i < sync_service_count(v->app->sync); i++) {
		const char *name = sync_service(v->app->sync, i)->name;

		if (!has_record(r, name) && sync_away(v->app->sync, name))
			away_words(v, name, 0, out);
	}
	for (int i = 1; i < r->person.joined; i++)
		if (r->sights[i].closed)
			buf_printf(out, _("%s%s wants a reason: v"), out->size ? "; " : "",
				r->person.records[i].citizen->service);
	if (likely)
		buf_printf(out, P_("%s%d record may be theirs: 5", "%s%d records may be theirs: 5", likely),
			out->size ? "; " : "", likely);
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
	buf_reset(&line);
	others_words(v, &line);
	screen_put(s, row++, 0, cols, STYLE_DIM, buf_str(&line));
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

/* The record whose fact is in focus, else the one that was opened. */
static int64_t citizen_citizen(struct view *v)
{
	struct citizen_view *c = v->own;
	const struct line *line = c->tab == TAB_DETAILS ? lines_focus(&c->lists[c->tab]) : NULL;
	const char *of = line ? strchr(line->id, '@') : NULL;

	return of ? strtoll(of + 1, NULL, 10) : c->key;
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
		for (struct part *p = c->parts; p; p = p->next)
			sync_accesses(v->app->sync, p->key, others_answered, v);
	}
	app_dirty(v->app);
	return true;
}

static bool run_tab(struct view *v, int argc, const char *const *argv, struct error *err)
{
	if (argc && set_tab(v, atoi(argv[0]) - 1))
		return true;
	return error_set(err, ERROR_USAGE, _("A citizen has five tabs: tab 1 to tab 5."));
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

		buf_printf(&arg, "correct %.*s", (int)strcspn(line->id, "@"), line->id);

		bool good = view_open(v->app, "form", buf_str(&arg), err);

		buf_clear(&arg);
		return good;
	}
	if (c->tab == TAB_RECORDS && line && strtoll(line->id + 1, NULL, 10) != c->key)
		return view_open(v->app, "citizen", line->id, err);
	return error_set(err, ERROR_USAGE, _("There is nothing more to open here."));
}

static bool run_unmask(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct citizen_view *c = v->own;

	if (c->unmasked) {
		mask(v);
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
	ask_others(v, 0);
	app_say(v->app, "%s", _("Reading the citizen again."));
	return true;
}

/* ---- the same person, or not */

static const struct person_record *focused_record(struct citizen_view *c)
{
	const struct line *line = c->tab == TAB_RECORDS ? lines_focus(&c->lists[TAB_RECORDS]) : NULL;
	int64_t key = line ? strtoll(line->id + 1, NULL, 10) : 0;

	for (int i = 1; key && i < c->records.person.count; i++)
		if (c->records.person.records[i].citizen->key == key)
			return &c->records.person.records[i];
	return NULL;
}

static void pair_words(struct citizen_view *c, const struct person_record *other, struct buf *out)
{
	records_name(out, who(c));
	buf_text(out, ", ");
	records_name(out, other->citizen);
}

/* word: for the list of what was done; done: the sentence of row 24, with the two in it. */
static bool say_of(struct view *v, enum person_said said, const char *word, const char *done,
	struct error *err)
{
	struct citizen_view *c = v->own;
	const struct person_record *other = focused_record(c);

	if (!other)
		return error_set(err, ERROR_USAGE,
			_("The records of other services are on tab 5; put the focus on one."));
	if (said == SAID_NOTHING && !other->decision)
		return error_set(err, ERROR_USAGE, _("Nobody has said anything of this record."));

	struct buf pair = { 0 };
	pair_words(c, other, &pair);
	int64_t act = store_person_say(
		v->app->store, c->key, other->citizen->key, said, NULL, time(NULL), err);
	if (act) {
		acts_said(v->app, act, word, buf_str(&pair));
		app_say(v->app, done, buf_str(&pair));
		view_reload(v);
	}
	buf_clear(&pair);
	return act != 0;
}

static bool run_join(struct view *v, int argc, const char *const *argv, struct error *err)
{
	(void)argc, (void)argv;
	return say_of(v, SAID_JOIN, _("joined"),
		_("Joined: %s. The services are told nothing; u takes it back."), err);
}

static bool run_apart(struct view *v, int argc, const char *const *argv, struct error *err)
{
	(void)argc, (void)argv;
	return say_of(v, SAID_APART, _("kept apart"),
		_("Kept apart: %s. The services are told nothing; u takes it back."), err);
}

static bool run_withdraw(struct view *v, int argc, const char *const *argv, struct error *err)
{
	(void)argc, (void)argv;
	return say_of(v, SAID_NOTHING, _("withdrawn"),
		_("Withdrawn: %s. What they say of themselves counts again; u takes it back."), err);
}

static bool citizen_offers(struct view *v, const char *line)
{
	struct citizen_view *c = v->own;
	const struct person_record *other = focused_record(c);

	if (!strcmp(line, "join"))
		return other && other->place != PLACE_JOINED;
	if (!strcmp(line, "keep-apart"))
		return other && other->place != PLACE_APART;
	if (!strcmp(line, "withdraw"))
		return other && other->decision;
	if (!strcmp(line, "tab 5"))
		return c->tab != TAB_RECORDS && c->records.person.count > 1;
	return true;
}

static const struct action citizen_actions[] = {
	MOVE_ACTIONS,
	{ "tab", "N", N_("Shows a tab: 1 cases, 2 details, 3 consents, 4 who looked, 5 records."), run_tab },
	{ "next-tab", NULL, N_("Shows the next tab."), run_next_tab },
	{ "previous-tab", NULL, N_("Shows the tab before."), run_previous_tab },
	{ "open", NULL, N_("Opens the case in focus, or corrects the detail in focus."), run_open },
	{ "unmask", "[REASON]",
		N_("Shows reference, day of birth and a guarded address, for a reason."),
		run_unmask },
	{ "join", NULL, N_("Joins the record in focus with this citizen, here alone."), run_join },
	{ "keep-apart", NULL, N_("Keeps the record in focus apart from this citizen, here alone."),
		run_apart },
	{ "withdraw", NULL, N_("Withdraws what was said of the record in focus."), run_withdraw },
	{ "new-case", NULL, N_("Opens a new case for this citizen."), run_new },
	{ "correct-details", NULL, N_("Corrects the citizen's details in a form."), run_correct },
	{ "refresh", NULL, N_("Asks the service for this citizen again."), run_refresh },
	{ NULL, NULL, NULL, NULL },
};

static const struct binding citizen_bindings[] = {
	{ "v", "unmask" },
	{ "n", "new-case" },
	{ "e", "correct-details" },
	{ "=", "join" },
	{ "-", "keep-apart" },
	{ "0", "withdraw" },
	{ NULL, NULL },
};

static const struct hint citizen_hints[] = {
	{ "join", N_("join") },
	{ "keep-apart", N_("keep apart") },
	{ "withdraw", N_("withdraw") },
	{ "open", N_("open") },
	{ "tab 5", N_("records") },
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
	.offers = citizen_offers,
	.hints = citizen_hints,
	.actions = citizen_actions,
	.bindings = citizen_bindings,
};
