/* What to ask next, and where the answers go. Each public function here finds the line, makes the
   wants it takes, and lets the asker listen; line.c sends them. */
#include "net/line.h"

#include "model/i18n.h"
#include "net/url.h"

#include <string.h>

enum {
	LIST_LIMIT = 200,
	EVENT_PAGES = 20,
	RECONCILE = 20,
	RELOCK_MS = 500,
	TIMEOUT_MS = 20 * 1000
};

/* ---- asks */

static void ask_free(struct sync *s, struct ask *a)
{
	for (struct ask **at = &s->asks; *at; at = &(*at)->next)
		if (*at == a) {
			*at = a->next;
			break;
		}
	loop_cancel(s->loop, a->timer);
	free(a);
}

/* Kept among the asks until every want that knows it has told; so no want ever holds a dead one. */
static struct ask *ask_new(struct sync *s, sync_done *done, void *ctx)
{
	struct ask *a = xcalloc(1, sizeof(*a));

	a->done = done;
	a->ctx = ctx;
	a->left = 1; /* given back by ask_ready(), when everything is asked */
	a->next = s->asks;
	s->asks = a;
	a->sync = s;
	return a;
}

static void ask_end(void *ctx)
{
	struct ask *a = ctx;
	struct error err = a->err;
	sync_done *done = a->done;
	void *who = a->ctx;

	a->timer = 0;
	if (a->one_will_do && a->any_good)
		err = (struct error){ 0 };
	ask_free(a->sync, a);
	if (done)
		done(who, &err);
}

void ask_told(struct ask *a, const struct error *err)
{
	if (!a)
		return;
	if (err->kind == ERROR_NONE)
		a->any_good = true;
	else if (a->err.kind == ERROR_NONE)
		a->err = *err;
	if (--a->left == 0)
		ask_end(a);
}

/* Nothing more is asked for it. It never ends within the call that asked. */
static void ask_ready(struct ask *a)
{
	if (--a->left == 0)
		a->timer = loop_after(a->sync->loop, 0, ask_end, a);
}

static void ask_fail(struct ask *a, enum error_kind kind, const char *text)
{
	if (a->err.kind == ERROR_NONE)
		error_set(&a->err, kind, "%s", text);
}

static void want_listen(struct want *w, struct ask *a)
{
	struct listener *l = a ? xcalloc(1, sizeof(*l)) : NULL;

	if (!a)
		return;
	a->left++;
	l->ask = a;
	l->next = w->listeners;
	w->listeners = l;
}

/* One like it is under way: listen to that. */
static bool joined(struct line *l, const char *identity, enum urgency urgency, struct ask *a)
{
	struct want *w = want_find(l, identity);

	if (!w)
		return false;
	if (urgency < w->urgency)
		w->urgency = urgency;
	if (w->sent && !a)
		w->stale = true;
	want_listen(w, a);
	return true;
}

static void want_go(struct want *w, const char *identity, struct ask *a)
{
	w->identity = xstrdup(identity);
	want_listen(w, a);
	want_start(w);
}

/* ---- lists of cases */

static void shown_note(struct line *l, const char *text)
{
	struct shown *oldest = &l->shown[0];

	for (int i = 0; i < SHOWN_MAX; i++) {
		struct shown *s = &l->shown[i];

		if (s->text && !strcmp(s->text, text)) {
			s->asked_ms = loop_now_ms();
			return;
		}
		if (!s->text || (oldest->text && s->asked_ms < oldest->asked_ms))
			oldest = s;
	}
	free(oldest->text);
	*oldest = (struct shown){ .text = xstrdup(text), .asked_ms = loop_now_ms() };
}

static const char *sort_of(const struct query *q)
{
	return q->sort ? q->sort : "";
}

static bool page_has(const struct page *page, const char *id)
{
	for (int i = 0; i < page->case_count; i++)
		if (!strcmp(page->cases[i].id, id))
			return true;
	return false;
}

/* What the store thinks belongs to this list and the service does not: it changed while nobody told
 * us. */
static void reconcile(struct want *w)
{
	struct line *l = w->line;
	const struct profile *who = &l->service.profile;
	struct query_now now = { .me = who->me, .team = who->my_team, .now = time(NULL) };
	struct window window = { .limit = LIST_LIMIT };
	struct page mine = { 0 };

	page_init(&mine);
	if (!w->page.next && !w->append &&
		store_find(l->store, &w->query, &now, window, &mine, NULL))
		for (int i = 0, asked = 0; i < mine.case_count && asked < RECONCILE; i++) {
			const struct casefile *cf = &mine.cases[i];

			if (cf->key <= 0 || cf->pending || !cf->id || !cf->service ||
				strcmp(cf->service, l->service.name) != 0 ||
				page_has(&w->page, cf->id))
				continue;
			line_case(l, cf, URGENT_LATER, NULL);
			asked++;
		}
	page_clear(&mine);
}

/* A cursor is good for the sort it was made with; the store knows lists by their words alone. */
static void list_done(struct want *w, struct error *err)
{
	struct line *l = w->line;
	struct buf text = { 0 };

	if (err->kind != ERROR_NONE)
		return;
	query_print(&text, &w->query);
	if (w->page.next)
		w->page.next =
			arena_printf(&w->page.arena, "%s\n%s", sort_of(&w->query), w->page.next);
	if (store_put_list(l->store, l->service.name, "cases", buf_str(&text), &w->page, w->append,
		    time(NULL), err))
		reconcile(w);
	buf_clear(&text);
}

/* The cursor in what the store kept; NULL: it is of another sort. */
static const char *cursor_of(const struct query *q, const char *next)
{
	size_t size = strlen(sort_of(q));

	return next && !strncmp(next, sort_of(q), size) && next[size] == '\n' ? next + size + 1
									      : NULL;
}

void line_list(struct line *l, const struct query *q, const char *from, enum urgency urgency,
	struct ask *a)
{
	struct buf id = { 0 };

	buf_printf(&id, "cases\n%s\n%s", q->text, from ? from : "");
	if (!from)
		shown_note(l, q->text);
	if (!joined(l, id.text, urgency, a)) {
		struct want *w = want_new(l, CALL_LIST, urgency, list_done);

		query_parse(&w->query, QUERY_CASES, q->text, NULL, NULL);
		w->from = xstrdup(from);
		w->append = from != NULL;
		w->call.query = &w->query;
		w->call.from = w->from;
		w->call.limit = LIST_LIMIT;
		w->call.count = !from;
		want_go(w, id.text, a);
	}
	buf_clear(&id);
}

static bool fresh(time_t fetched, int fresh_ms)
{
	return fetched && fresh_ms > 0 && ((int64_t)time(NULL) - fetched) * 1000 < fresh_ms;
}

static void list_of(
	struct line *l, const struct query *q, bool next_page, int fresh_ms, struct ask *a)
{
	struct list_state state = { 0 };
	struct arena arena = { 0 };
	struct buf text = { 0 };

	query_print(&text, q);
	bool known = store_list_state(
		l->store, l->service.name, "cases", buf_str(&text), &state, &arena);

	if (next_page && known && cursor_of(q, state.next))
		line_list(l, q, cursor_of(q, state.next), URGENT_NOW, a);
	else if (!next_page && !(known && fresh(state.fetched, fresh_ms)))
		line_list(l, q, NULL, URGENT_NOW, a);
	else if (!next_page)
		shown_note(l, q->text);
	arena_clear(&arena);
	buf_clear(&text);
}

static bool is_for(const struct line *l, const char *service)
{
	return !service || !strcmp(l->service.name, service);
}

static void each_missing(struct sync *s, struct ask *a, bool any)
{
	if (!any && !s->line_count)
		ask_fail(a, ERROR_CONFIG, _("No service is configured."));
	else if (!any)
		ask_fail(a, ERROR_USAGE, _("There is no such service in the configuration."));
}

void sync_list(struct sync *s, const char *service, const struct query *q, bool next_page,
	int fresh_ms, sync_done *done, void *ctx)
{
	struct ask *a = ask_new(s, done, ctx);
	bool any = false;

	for (int i = 0; i < s->line_count; i++) {
		struct line *l = &s->lines[i];

		if (!is_for(l, service) || !is_for(l, q->source))
			continue;
		any = true;
		list_of(l, q, next_page, fresh_ms, a);
	}
	each_missing(s, a, any);
	ask_ready(a);
}

/* ---- one case */

static void open_done(struct want *w, struct error *err)
{
	struct line *l = w->line;

	if (err->kind == ERROR_NONE)
		line_put(l, &w->page, err);
	else if ((err->kind == ERROR_GONE || err->kind == ERROR_DENIED) && w->key > 0)
		store_put_gone(l->store, l->service.name, w->call.cf->id, NULL);
}

static void hold_case(struct want *w, const struct casefile *cf)
{
	case_copy(page_add_case(&w->hold), cf, &w->hold.arena);
	w->call.cf = &w->hold.cases[0];
	w->key = cf->key;
}

void line_case(struct line *l, const struct casefile *cf, enum urgency urgency, struct ask *a)
{
	struct buf id = { 0 };

	buf_printf(&id, "case\n%s", cf->id);
	if (!joined(l, id.text, urgency, a)) {
		struct want *w = want_new(l, CALL_OPEN, urgency, open_done);

		hold_case(w, cf);
		want_go(w, id.text, a);
	}
	buf_clear(&id);
}

static void events_done(struct want *w, struct error *err);

static struct want *events_want(
	struct line *l, const struct casefile *cf, const char *from, enum urgency urgency)
{
	struct want *w = want_new(l, CALL_EVENTS, urgency, events_done);

	hold_case(w, cf);
	w->from = xstrdup(from);
	w->call.from = w->from;
	return w;
}

/* Whoever waits for this one waits for the next one instead. */
static void hand_over(struct want *from, struct want *to)
{
	to->listeners = from->listeners;
	from->listeners = NULL;
}

static void events_done(struct want *w, struct error *err)
{
	if (err->kind != ERROR_NONE || !line_put(w->line, &w->page, err))
		return;
	if (!w->page.next || w->pages >= EVENT_PAGES)
		return;
	struct want *next = events_want(w->line, w->call.cf, w->page.next, w->urgency);

	next->pages = w->pages + 1;
	hand_over(w, next);
	want_start(next);
}

void line_events(struct line *l, const struct casefile *cf, enum urgency urgency, struct ask *a)
{
	struct buf id = { 0 };

	buf_printf(&id, "events\n%s", cf->id);
	if (!joined(l, id.text, urgency, a))
		want_go(events_want(l, cf, NULL, urgency), id.text, a);
	buf_clear(&id);
}

static struct line *line_named(struct sync *s, const char *service)
{
	for (int i = 0; service && i < s->line_count; i++)
		if (!strcmp(s->lines[i].service.name, service))
			return &s->lines[i];
	return NULL;
}

void sync_case(struct sync *s, int64_t case_key, int fresh_ms, sync_done *done, void *ctx)
{
	struct ask *a = ask_new(s, done, ctx);
	struct page p = { 0 };

	page_init(&p);
	bool known = store_case_plain(s->store, case_key, &p) && p.case_count;
	struct line *l = known ? line_named(s, p.cases[0].service) : NULL;
	bool has_id = l && p.cases[0].id;
	bool stale = has_id && !fresh(p.cases[0].fetched, fresh_ms);

	/* A list brings cases without their timelines. */
	if (has_id && !stale)
		store_events(s->store, case_key, &p);
	if (stale)
		line_case(l, &p.cases[0], URGENT_NOW, a);
	if (stale || (has_id && p.event_count == 0))
		line_events(l, &p.cases[0], URGENT_NOW, a);
	if (!l && case_key > 0)
		ask_fail(a, ERROR_GONE, _("This case is not known here."));
	page_clear(&p);
	ask_ready(a);
}

/* ---- a case by what people call it: the identifier first, then the number */

/* Found: its timeline too. The answer knows no key of ours, the store does by now. */
static void found(struct want *w)
{
	struct line *l = w->line;
	struct casefile cf = w->page.cases[0];

	cf.key = store_case_key(l->store, l->service.name, cf.id);
	if (cf.key > 0)
		line_events(l, &cf, URGENT_NOW, w->listeners ? w->listeners->ask : NULL);
}

static void number_done(struct want *w, struct error *err)
{
	if (err->kind != ERROR_NONE || !line_put(w->line, &w->page, err))
		return;
	if (w->page.case_count)
		found(w);
	else
		error_set(err, ERROR_GONE, _("There is no case %s."), w->call.cf->id);
}

/* A value of the search grammar that is one word and nothing else. */
static bool plain_word(const char *text)
{
	for (const char *c = text; *c; c++)
		if ((unsigned char)*c <= 0x20 || strchr("\"(),*:<>~", *c))
			return false;
	return *text && *text != '-';
}

static void case_by_number(struct want *asked)
{
	struct line *l = asked->line;
	struct want *w = want_new(l, CALL_LIST, URGENT_NOW, number_done);
	struct buf text = { 0 };

	hold_case(w, asked->call.cf);
	buf_printf(&text, "number:%s", w->call.cf->id);
	query_parse(&w->query, QUERY_CASES, text.text, NULL, NULL);
	w->call.query = &w->query;
	w->call.limit = 2;
	hand_over(asked, w);
	want_start(w);
	buf_clear(&text);
}

static void ref_done(struct want *w, struct error *err)
{
	if (err->kind == ERROR_NONE && line_put(w->line, &w->page, err))
		found(w);
	if (err->kind == ERROR_GONE && plain_word(w->call.cf->id))
		case_by_number(w);
}

void sync_case_ref(struct sync *s, const char *service, const char *ref, sync_done *done, void *ctx)
{
	struct ask *a = ask_new(s, done, ctx);
	bool any = false;

	for (int i = 0; i < s->line_count; i++) {
		struct line *l = &s->lines[i];

		if (!is_for(l, service))
			continue;
		struct want *w = want_new(l, CALL_OPEN, URGENT_NOW, ref_done);

		any = true;
		hold_case(w, &(struct casefile){ .id = ref });
		want_listen(w, a);
		want_start(w);
	}
	a->one_will_do = !service;
	each_missing(s, a, any);
	ask_ready(a);
}

/* ---- citizens */

static void citizens_done(struct want *w, struct error *err)
{
	struct line *l = w->line;
	struct buf text = { 0 };

	if (err->kind != ERROR_NONE)
		return;
	query_print(&text, &w->query);
	store_put_list(l->store, l->service.name, "citizens", buf_str(&text), &w->page, false,
		time(NULL), err);
	buf_clear(&text);
}

static bool listens(const struct want *w, const void *ctx)
{
	for (const struct listener *l = w->listeners; l; l = l->next)
		if (l->ask->ctx == ctx && l->ask->done)
			return true;
	return false;
}

/* While typing, only the last search matters. */
static void citizens_supersede(struct line *l, const void *ctx)
{
	struct error err = { 0 };

	error_set(&err, ERROR_CANCELLED, _("A later search took its place."));
	for (struct want *w = l->wants, *next; w; w = next) {
		next = w->next;
		if (w->call.kind == CALL_CITIZENS && ctx && !w->cancelled && listens(w, ctx))
			want_cancel(w, &err);
	}
}

void sync_citizens(struct sync *s, const char *service, const struct query *q, const char *purpose,
	sync_done *done, void *ctx)
{
	struct ask *a = ask_new(s, done, ctx);
	bool any = false;

	for (int i = 0; i < s->line_count; i++) {
		struct line *l = &s->lines[i];

		if (!is_for(l, service) || !is_for(l, q->source))
			continue;
		any = true;
		citizens_supersede(l, ctx);
		struct want *w = want_new(l, CALL_CITIZENS, URGENT_NOW, citizens_done);

		query_parse(&w->query, QUERY_CITIZENS, q->text, NULL, NULL);
		w->purpose = xstrdup(purpose);
		w->call.query = &w->query;
		w->call.purpose = w->purpose;
		w->call.limit = 50;
		want_listen(w, a);
		want_start(w);
	}
	each_missing(s, a, any);
	ask_ready(a);
}

/* All their cases, of every team. */
static void citizen_cases(struct line *l, const char *id, struct ask *a)
{
	struct query q = { 0 };
	struct buf text = { 0 };

	buf_printf(&text, "citizen:%s", id);
	if (plain_word(id) && query_parse(&q, QUERY_CASES, text.text, NULL, NULL))
		line_list(l, &q, NULL, URGENT_NOW, a);
	query_clear(&q);
	buf_clear(&text);
}

static void citizen_done(struct want *w, struct error *err)
{
	if (err->kind == ERROR_NONE)
		line_put(w->line, &w->page, err);
}

static void citizen_of(
	struct line *l, const struct citizen *person, const char *purpose, struct ask *a)
{
	struct want *w = want_new(l, CALL_CITIZEN, URGENT_NOW, citizen_done);

	citizen_copy(page_add_citizen(&w->hold), person, &w->hold.arena);
	w->call.citizen = &w->hold.citizens[0];
	w->key = person->key;
	w->purpose = xstrdup(purpose);
	w->call.purpose = w->purpose;
	want_listen(w, a);
	want_start(w);
	citizen_cases(l, person->id, a);
}

void sync_citizen(struct sync *s, int64_t citizen_key, const char *purpose, int fresh_ms,
	sync_done *done, void *ctx)
{
	struct ask *a = ask_new(s, done, ctx);
	struct page p = { 0 };

	page_init(&p);
	bool known = store_citizen(s->store, citizen_key, &p) && p.citizen_count;
	struct line *l = known ? line_named(s, p.citizens[0].service) : NULL;

	if (l && p.citizens[0].id && !fresh(p.citizens[0].fetched, fresh_ms))
		citizen_of(l, &p.citizens[0], purpose, a);
	if (!l && citizen_key > 0)
		ask_fail(a, ERROR_GONE, _("This citizen is not known here."));
	page_clear(&p);
	ask_ready(a);
}

void sync_citizen_ref(struct sync *s, const char *service, const char *ref, const char *purpose,
	sync_done *done, void *ctx)
{
	struct ask *a = ask_new(s, done, ctx);
	bool any = false;

	for (int i = 0; i < s->line_count; i++) {
		if (!is_for(&s->lines[i], service))
			continue;
		any = true;
		citizen_of(&s->lines[i], &(struct citizen){ .id = ref }, purpose, a);
	}
	a->one_will_do = !service;
	each_missing(s, a, any);
	ask_ready(a);
}

static void access_done(struct want *w, struct error *err)
{
	if (err->kind == ERROR_NONE)
		store_put_accesses(w->line->store, w->key, &w->page, err);
}

void sync_accesses(struct sync *s, int64_t citizen_key, sync_done *done, void *ctx)
{
	struct ask *a = ask_new(s, done, ctx);
	struct page p = { 0 };

	page_init(&p);
	bool known = store_citizen(s->store, citizen_key, &p) && p.citizen_count;
	struct line *l = known ? line_named(s, p.citizens[0].service) : NULL;

	if (l && p.citizens[0].id) {
		struct want *w = want_new(l, CALL_ACCESS, URGENT_NOW, access_done);

		citizen_copy(page_add_citizen(&w->hold), &p.citizens[0], &w->hold.arena);
		w->call.citizen = &w->hold.citizens[0];
		w->key = citizen_key;
		w->call.limit = LIST_LIMIT;
		want_listen(w, a);
		want_start(w);
	} else {
		ask_fail(a, ERROR_GONE, _("This citizen is not known here."));
	}
	page_clear(&p);
	ask_ready(a);
}

/* ---- workers, teams, templates, kinds */

static const struct {
	enum call_kind kind;
	const char *what, *feature;
} people_calls[] = {
	{ CALL_WORKERS, "workers", NULL },
	{ CALL_TEMPLATES, "templates", "templates" },
	{ CALL_CASE_KINDS, "kinds", "kinds" },
};

static void people_done(struct want *w, struct error *err)
{
	struct line *l = w->line;

	if (err->kind == ERROR_GONE) /* a service without them has none */
		*err = (struct error){ 0 };
	if (err->kind != ERROR_NONE || !line_put(l, &w->page, err))
		return;
	store_put_list(
		l->store, l->service.name, w->identity, "", &w->page, false, time(NULL), err);
}

static void people_of(struct line *l, int fresh_ms, struct ask *a)
{
	for (size_t i = 0; i < sizeof(people_calls) / sizeof(*people_calls); i++) {
		const char *what = people_calls[i].what;
		struct list_state state = { 0 };
		struct arena arena = { 0 };
		bool known = store_list_state(l->store, l->service.name, what, "", &state, &arena);

		arena_clear(&arena);
		if ((known && fresh(state.fetched, fresh_ms)) || joined(l, what, URGENT_NOW, a))
			continue;
		if (!l->service.ops->calls[people_calls[i].kind].ask)
			continue;
		want_go(want_new(l, people_calls[i].kind, URGENT_NOW, people_done), what, a);
	}
}

void sync_people(struct sync *s, const char *service, int fresh_ms, sync_done *done, void *ctx)
{
	struct ask *a = ask_new(s, done, ctx);
	bool any = false;

	for (int i = 0; i < s->line_count; i++) {
		if (!is_for(&s->lines[i], service))
			continue;
		any = true;
		people_of(&s->lines[i], fresh_ms, a);
	}
	each_missing(s, a, any);
	ask_ready(a);
}

void sync_forget(struct sync *s, void *ctx)
{
	for (struct ask *a = s->asks; a; a = a->next)
		if (a->ctx == ctx)
			a->done = NULL;
}

/* ---- following, watching, the outbox */

void sync_follow(struct sync *s, bool on)
{
	s->follow = on;
	for (int i = 0; i < s->line_count; i++) {
		if (on)
			news_begin(&s->lines[i]);
		else
			news_end(&s->lines[i]);
	}
}

/* One's own cases are on the stream anyway. */
void sync_watch(struct sync *s, int64_t case_key)
{
	struct page p = { 0 };

	if (case_key <= 0)
		return;
	page_init(&p);
	if (store_case_plain(s->store, case_key, &p) && p.case_count && p.cases[0].id) {
		struct line *l = line_named(s, p.cases[0].service);

		const char *worker = p.cases[0].worker, *me = l ? l->service.profile.me : NULL;

		if (l && !(worker && me && !strcmp(worker, me)))
			news_watch(l, p.cases[0].id);
	}
	page_clear(&p);
}

bool sync_away(const struct sync *s, const char *service)
{
	for (int i = 0; i < s->line_count; i++) {
		const struct line *l = &s->lines[i];

		if (is_for(l, service) && l->told_ms && !l->told.online)
			return true;
	}
	return false;
}

const char *sync_flaw(struct sync *s)
{
	bool fresh = s->flaw_told < s->flaws;

	s->flaw_told = s->flaws;
	return fresh ? s->flaw : NULL;
}

enum error_kind sync_trouble(const struct sync *s, const char *service)
{
	for (int i = 0; i < s->line_count; i++) {
		const struct line *l = &s->lines[i];

		if (is_for(l, service) && l->told_ms && !l->told.online)
			return l->trouble ? l->trouble : ERROR_OFFLINE;
	}
	return ERROR_NONE;
}

bool sync_in_vain(const struct sync *s)
{
	bool asked = false;

	for (int i = 0; i < s->line_count; i++) {
		const struct line *l = &s->lines[i];

		if (l->wants && !line_is_silent(l))
			return false;
		asked |= l->wants != NULL;
	}
	return asked;
}

void sync_hold(struct sync *s, bool held)
{
	s->held = held;
	s->kicked = true;
}

int sync_sending(const struct sync *s)
{
	int count = 0;

	for (int i = 0; i < s->line_count; i++)
		count += s->lines[i].sending;
	return count;
}

bool sync_sends(struct sync *s)
{
	return store_lock_sender(s->store);
}

static bool for_person(const struct patch *p)
{
	return p->state == PATCH_CONFLICT || p->state == PATCH_REFUSED;
}

/* Behind a row that waits for a person its whole object waits. */
static int held_back(struct store *store)
{
	int count = 0, held = 0;
	struct patch *rows = store_outbox(store, &count);

	for (int i = 0; i < count; i++) {
		bool waits = for_person(&rows[i]);

		for (int j = 0; !waits && j < i; j++)
			waits = for_person(&rows[j]) && rows[j].on == rows[i].on &&
				rows[j].object == rows[i].object;
		held += waits;
	}
	store_outbox_free(rows, count);
	return held;
}

int sync_unsent(struct sync *s)
{
	int conflicts = 0, refused = 0;
	int all = store_pending(s->store, &conflicts, &refused);

	return conflicts + refused ? all - held_back(s->store) : all;
}

static void relock(void *ctx)
{
	struct sync *s = ctx;

	s->relock_timer = 0;
	s->kicked = true;
}

void sync_kick(struct sync *s)
{
	unsigned long now = store_changed(s->store);

	if (s->held || (now == s->seen && !s->kicked))
		return;
	s->seen = now;
	s->kicked = false;
	if (!sync_unsent(s))
		return;
	if (!sync_sends(s)) {
		if (!s->relock_timer)
			s->relock_timer = loop_after(s->loop, RELOCK_MS, relock, s);
		return;
	}
	for (int i = 0; i < s->line_count; i++)
		outbox_kick(&s->lines[i]);
}

static void kick_hook(void *ctx)
{
	sync_kick(ctx);
}

void sync_retry_now(struct sync *s)
{
	for (int i = 0; i < s->line_count; i++) {
		struct line *l = &s->lines[i];

		l->fails = 0;
		l->paused_until_ms = 0;
		loop_cancel(l->loop, l->retry_timer);
		l->retry_timer = 0;
		line_go(l);
		news_wake(l);
	}
	s->kicked = true;
}

/* ---- tokens */

void sync_asker(struct sync *s, void (*ask)(void *ctx, struct service *), void *ctx)
{
	s->ask_token = ask;
	s->ask_ctx = ctx;
}

void sync_token(struct sync *s, const char *service, const char *token)
{
	struct line *l = line_named(s, service);

	if (l)
		line_token_is(l, token);
}

const struct trace *sync_trace(const struct sync *s)
{
	return transport_trace(s->transport);
}

/* ---- beginning and end */

static int setting_number(const char *text, int otherwise)
{
	return text && *text ? atoi(text) : otherwise;
}

static void line_limits(struct line *l, const struct config *config)
{
	const char *name = l->service.name;

	l->service.at_once = setting_number(
		config_section_get(config, "service", name, "at-once"), l->service.ops->at_once);
	transport_limit(l->transport, name, l->service.at_once);
	transport_tls(l->transport, name, config_section_get(config, "service", name, "ca-file"),
		config_section_get(config, "service", name, "certificate"),
		config_section_get(config, "service", name, "key"));
	l->wait_ms = setting_number(config_get(config, "net.timeout"), TIMEOUT_MS / 1000) * 1000;
	l->poll_ms = setting_number(config_get(config, "net.poll"), 15) * 1000;
	if (l->poll_ms < l->service.ops->poll_ms)
		l->poll_ms = l->service.ops->poll_ms;
}

static bool line_begin(struct sync *s, struct line *l, const char *name,
	const struct config *config, struct error *err)
{
	const char *type = config_section_get(config, "service", name, "type");
	const char *url = config_section_get(config, "service", name, "url");
	const char *file = config_section_get(config, "service", name, "token-file");
	const char *command = config_section_get(config, "service", name, "token-command");

	l->sync = s;
	l->loop = s->loop;
	l->store = s->store;
	l->transport = s->transport;
	l->service.name = xstrdup(name);
	l->service.url = xstrdup(url);
	l->service.config = config;
	l->service.user = config_section_get(config, "service", name, "user");
	l->service.ops = service_driver(type && *type ? type : "native");
	if (!l->service.ops)
		return error_set(
			err, ERROR_CONFIG, _("Service %s: there is no type %s."), name, type);
	if (!url || !*url)
		return error_set(err, ERROR_CONFIG, _("Service %s: its url is not set."), name);
	if (!url_check(url, err))
		return false;
	l->token_file = file && *file ? xstrdup(file) : NULL;
	l->token_command = command && *command ? config_argv(command) : NULL;
	line_limits(l, config);
	line_recall(l);
	return !l->service.ops->open || l->service.ops->open(&l->service, err);
}

struct sync *sync_new(
	struct loop *loop, struct store *store, const struct config *config, struct error *err)
{
	struct sync *s = xcalloc(1, sizeof(*s));
	int count = 0;

	while (config_section(config, "service", count))
		count++;
	s->loop = loop;
	s->store = store;
	s->transport = transport_new(loop);
	s->lines = xcalloc((size_t)count + 1, sizeof(*s->lines));
	s->kicked = true;
	for (int i = 0; i < count; i++) {
		s->line_count++;
		if (line_begin(s, &s->lines[i], config_section(config, "service", i), config, err))
			continue;
		sync_free(s);
		return NULL;
	}
	loop_before_sleep(loop, kick_hook, s);
	return s;
}

void sync_free(struct sync *s)
{
	if (!s)
		return;
	loop_hook_drop(s->loop, s);
	loop_cancel(s->loop, s->relock_timer);
	for (int i = 0; i < s->line_count; i++)
		line_end(&s->lines[i]);
	while (s->asks)
		ask_free(s, s->asks);
	transport_free(s->transport);
	free(s->lines);
	free(s);
}

int sync_service_count(const struct sync *s)
{
	return s->line_count;
}

struct service *sync_service(struct sync *s, int i)
{
	return i >= 0 && i < s->line_count ? &s->lines[i].service : NULL;
}

struct service *sync_service_named(struct sync *s, const char *name)
{
	struct line *l = line_named(s, name);

	return l ? &l->service : NULL;
}
