/* A command's way to the store and the services: the same road as the screen. */
#include "cli/session.h"

#include "cli/ask.h"
#include "cli/confined.h"
#include "cli/parts.h"
#include "model/arena.h"
#include "model/i18n.h"
#include "model/text.h"
#include "model/when.h"
#include "net/other.h"

#include <unistd.h>

enum { PEOPLE_FRESH_MS = 10 * 60 * 1000, LONGEST_INPUT = 1 << 20, SERVICES_KEPT = 64 };

/* What a service left here that is no longer configured, or is called something else now. */
static void forget_former(struct store *store, const struct config *c)
{
	const char *names[SERVICES_KEPT + 1] = { NULL };
	int count = 0;

	while (count < SERVICES_KEPT && (names[count] = config_section(c, "service", count)))
		count++;
	if (count && count < SERVICES_KEPT)
		store_keep_services(store, names);
}

struct store *session_store(const struct config *c, struct error *err)
{
	struct buf data = { 0 }, cache = { 0 };
	struct store *store = NULL;

	if (config_dir(&data, "data", err) &&
		config_dir(&cache, config_flag(c, "cache.keep") ? "cache" : "runtime", err))
		store = store_open(data.text, cache.text, err);
	if (store) {
		store_files_limit(store, (int64_t)config_number(c, "files.limit") << 20);
		forget_former(store, c);
	}
	buf_clear(&data);
	buf_clear(&cache);
	return store;
}

/* Asked again: what was wrong with the last one. */
static void tell_refused(struct session *s, const char *service)
{
	struct arena arena = { 0 };
	struct service_state state = { 0 };

	if (s->asked++ && s->print && store_state(s->store, service, &state, &arena) && state.why)
		print_notice(s->print, "%s", state.why);
	arena_clear(&arena);
}

static void ask_token(void *ctx, struct service *service)
{
	struct session *s = ctx;
	struct buf question = { 0 }, token = { 0 };

	tell_refused(s, service->name);
	if (service->asks_key)
		buf_printf(&question, _("PIN or key password for %s (is not shown): "), service->name);
	else if (service->user)
		buf_printf(&question, _("Password for %s at %s (is not shown): "), service->user,
			service->name);
	else
		buf_printf(&question, _("Token for %s (is not shown): "), service->name);
	sync_token(
		s->sync, service->name, ask_secret(question.text, &token) ? buf_str(&token) : NULL);
	ask_wipe(&token);
	buf_clear(&question);
}

/* Both are clean text; each in a row of its own, to be copied. */
static void show_code(void *ctx, struct service *service, const struct oauth_code *code)
{
	(void)ctx;
	if (code->code)
		fprintf(stderr,
			_("Log in to %s: open this address on any device\n  %s\nand enter this code\n"
			  "  %s\nIt is good for %d min; Ctrl-C gives up.\n"),
			service->name, code->address, code->code, (code->left_s + 59) / 60);
}

/* Nothing of a command stands on the terminal that would be in the way. */
static bool lend(void *ctx, bool lent)
{
	(void)ctx;
	(void)lent;
	return true;
}

bool session_open(struct session *s, struct error *err)
{
	if (!config_section(s->config, "service", 0))
		return error_set(err, ERROR_CONFIG,
			_("No service is configured: start caseload on a terminal to connect to "
			  "one, or try caseload --demo."));
	s->store = session_store(s->config, err);
	if (!s->store)
		return false;
	if (s->confined)
		s->confinement = confined_begin(s);
	s->loop = loop_new();
	s->sync = sync_new(s->loop, s->store, s->config, err);
	if (s->sync && s->input) {
		sync_asker(s->sync, ask_token, s);
		sync_shower(s->sync, show_code, s);
		sync_lender(s->sync, lend, s);
	}
	if (s->sync)
		sync_hold(s->sync, true);
	return s->sync != NULL;
}

void session_close(struct session *s)
{
	page_clear(&s->people);
	free(s->purpose);
	s->purpose = NULL;
	if (s->sync)
		sync_free(s->sync);
	if (s->loop)
		loop_free(s->loop);
	if (s->store)
		store_close(s->store);
	s->sync = NULL;
	s->loop = NULL;
	s->store = NULL;
}

void wish_done(void *ctx, const struct error *err)
{
	struct wish *w = ctx;

	w->done = true;
	if (err)
		w->err = *err;
}

static int timeout_ms(const struct session *s)
{
	const char *given = given_value(s->given, "timeout");
	int seconds = given ? atoi(given) : config_number(s->config, "net.timeout") + 5;

	return seconds * 1000;
}

/* Five silent seconds are enough where something is known here; whoever has a slow line says how
   long with --timeout. */
bool session_wait(struct session *s, struct wish *w)
{
	int64_t end = loop_now_ms() + timeout_ms(s);
	bool patient = given_flag(s->given, "timeout"), looked = false;

	while (!w->done) {
		if (sync_asks(s->sync))
			end = loop_now_ms() + timeout_ms(s);
		int64_t left = end - loop_now_ms();
		bool in_vain = !patient && sync_in_vain(s->sync);

		if (left <= 0 || (in_vain && looked)) {
			sync_forget(s->sync, w);
			return error_set(
				&w->err, ERROR_OFFLINE, _("The service did not answer in time."));
		}
		loop_once(s->loop, in_vain ? 0 : (int)left);
		looked = true;
	}

	const char *flaw = sync_flaw(s->sync);

	if (flaw && s->print) /* the first start has none yet */
		print_notice(s->print, "%s", flaw);
	return w->err.kind == ERROR_NONE;
}

/* Of several services those that are away, or want a login, say so when they are asked for more. */
bool session_people(struct session *s, struct error *err)
{
	struct parts parts;
	bool good = false, login = false;

	parts_begin(&parts, s, NULL);
	for (int i = 0; i < parts.count; i++)
		sync_people(s->sync, parts.list[i].service, PEOPLE_FRESH_MS, wish_done,
			&parts.list[i].wish);
	parts_wait(&parts, s);
	for (int i = 0; i < parts.count; i++) {
		good = good || parts.list[i].wish.err.kind == ERROR_NONE;
		login = login || parts.list[i].wish.err.kind == ERROR_LOGIN;
	}
	page_clear(&s->people);
	session_people_of(s, NULL, &s->people);
	s->who_count = store_who(s->store, &s->who, &s->people.arena);
	if (good || (s->who_count && !login))
		return true;
	*err = parts.list[0].wish.err;
	return false;
}

void session_people_of(struct session *s, const char *service, struct page *people)
{
	const char *source = config_get(s->config, "source");

	if (!service)
		service = *source ? source : sync_service(s->sync, 0)->name;
	page_init(people);
	store_people(s->store, service, people);
	/* A full disk did not keep who this is; the login said it, and "mine" asks for it. */
	for (int i = 0; i < sync_service_count(s->sync) && !people->profile; i++) {
		const struct service *of = sync_service(s->sync, i);

		if (!strcmp(of->name, service) && of->profile.me)
			*page_set_profile(people) = profile_copy(&of->profile, &people->arena);
	}
}

struct query_now session_now(const struct session *s)
{
	struct query_now now = { .now = time(NULL) };

	if (s->people.profile) {
		now.me = s->people.profile->me;
		now.team = s->people.profile->my_team;
	}
	now.who = s->who;
	now.who_count = s->who_count;
	return now;
}

bool session_makes_do(
	struct session *s, const struct error *asked, bool known, time_t fetched, struct error *err)
{
	bool away = asked->kind == ERROR_OFFLINE || asked->kind == ERROR_BUSY;

	if (!away || !known || given_flag(s->given, "fresh")) {
		*err = *asked;
		return false;
	}

	struct buf when = { 0 };

	if (fetched)
		when_stamp(&when, fetched, time(NULL));
	if (fetched)
		print_notice(s->print, _("%s This is what was known on %s."), asked->text,
			buf_str(&when));
	else
		print_notice(s->print, _("%s This is what is known here."), asked->text);
	buf_clear(&when);
	return true;
}

/* The names that can stand before it, of those services that know it. */
static int64_t several(struct session *s, const char *ref, bool citizen, struct error *err)
{
	struct buf names = { 0 };

	for (int i = 0; i < sync_service_count(s->sync); i++) {
		const char *name = sync_service(s->sync, i)->name;
		int64_t key = citizen ? store_citizen_key(s->store, name, ref)
				      : store_case_key(s->store, name, ref);

		if (key > 0)
			buf_printf(&names, "%s%s/%s", names.size ? ", " : "", name, ref);
	}
	error_set(err, ERROR_USAGE,
		_("Several services know %s: put the name of one before it: %s."), ref,
		buf_str(&names));
	buf_clear(&names);
	return 0;
}

static bool makes_do_with(
	struct session *s, const struct error *asked, int64_t key, struct error *err)
{
	struct page page;

	page_init(&page);
	bool known = store_case(s->store, key, &page) && page.case_count;
	bool good = session_makes_do(s, asked, known, known ? page.cases[0].fetched : 0, err);
	page_clear(&page);
	return good;
}

/* Or what is known will have to do. */
bool session_case_anew(struct session *s, int64_t key, bool timeline, struct error *err)
{
	struct wish w = { 0 };

	(timeline ? sync_case : sync_case_alone)(s->sync, key, 0, wish_done, &w);
	return session_wait(s, &w) || makes_do_with(s, &w.err, key, err);
}

int64_t session_case(struct session *s, const char *ref, bool timeline, struct error *err)
{
	const char *service = other_service(s->sync, &ref);
	int64_t key = store_case_key(s->store, service, ref);
	struct wish w = { 0 };

	*err = (struct error){ 0 };
	if (key < 0)
		return several(s, ref, false, err);
	/* Without its name another service may answer to that number too, whatever is known here. */
	if (key > 0 && (service || sync_service_count(s->sync) == 1))
		return session_case_anew(s, key, timeline, err) ? key : 0;
	sync_case_ref(s->sync, service, ref, timeline, wish_done, &w);
	if (!session_wait(s, &w)) {
		if (key > 0)
			return makes_do_with(s, &w.err, key, err) ? key : 0;
		*err = w.err;
		if (err->kind == ERROR_GONE)
			error_set(err, ERROR_GONE, _("There is no case %s."), ref);
		return 0;
	}
	key = store_case_key(s->store, service, ref);
	if (key < 0)
		return several(s, ref, false, err);
	if (!key)
		error_set(err, ERROR_GONE, _("There is no case %s."), ref);
	return key;
}

/* -1: several services know one of that name. */
static int64_t known_citizen(struct session *s, const char *service, const char *ref)
{
	int64_t found = 0;

	for (int i = 0; i < sync_service_count(s->sync); i++) {
		const char *name = sync_service(s->sync, i)->name;
		int64_t key = service && strcmp(service, name) ? 0 : store_citizen_key(s->store, name, ref);

		if (key > 0 && found)
			return -1;
		found = key > 0 ? key : found;
	}
	return found;
}

/* A reference is found by a search. */
static bool search_citizen(struct session *s, const char *service, const char *ref,
	const char *purpose, struct error *err)
{
	struct query q;
	struct buf text = { 0 };
	struct wish w = { 0 };

	buf_printf(&text, "ref:\"%s\"", ref);
	bool good = query_parse(&q, QUERY_CITIZENS, buf_str(&text), NULL, err);
	if (good) {
		sync_citizens(s->sync, service, &q, purpose, wish_done, &w);
		good = session_wait(s, &w);
		if (!good)
			*err = w.err;
	}
	query_clear(&q);
	buf_clear(&text);
	return good;
}

/* An identifier first, else a reference. */
static bool ask_for_citizen(struct session *s, const char *service, const char *ref,
	const char *purpose, struct error *err)
{
	struct wish w = { 0 };

	sync_citizen_ref(s->sync, service, ref, purpose, wish_done, &w);
	if (session_wait(s, &w))
		return true;
	*err = w.err;
	return w.err.kind == ERROR_GONE && search_citizen(s, service, ref, purpose, err);
}

static bool renew_citizen(struct session *s, int64_t key, const char *purpose, struct error *err)
{
	struct wish w = { 0 };
	struct page page;

	sync_citizen(s->sync, key, purpose, 0, wish_done, &w);
	if (session_wait(s, &w))
		return true;
	page_init(&page);
	bool known = store_citizen(s->store, key, &page) && page.citizen_count;
	bool good = session_makes_do(s, &w.err, known, known ? page.citizens[0].fetched : 0, err);
	page_clear(&page);
	return good;
}

const char *session_purpose(const struct session *s)
{
	const char *given = given_value(s->given, "purpose");

	return text_blank(given) ? s->purpose : given;
}

bool session_ask_purpose(struct session *s, const char *question)
{
	struct buf answer = { 0 };

	if (!s->input || !ask_line(question, &answer) || text_blank(buf_str(&answer))) {
		buf_clear(&answer);
		return false;
	}
	free(s->purpose);
	s->purpose = buf_take(&answer);
	return true;
}

/* Once: it asks the person, where one is there, and goes on. */
static bool purpose_asked(struct session *s, const char *purpose, const struct error *err)
{
	return !strcmp(err->code, "purpose-needed") && text_blank(purpose) && !session_purpose(s) &&
	       session_ask_purpose(s, _("Why do you open this person? "));
}

/* The service says that a reason is needed; we know how it is given. */
static int64_t without_purpose(const struct session *s, const struct error *err)
{
	if (strcmp(err->code, "purpose-needed") == 0 && s->print->form != PRINT_JSON)
		print_notice(s->print, _("--purpose=TEXT says why."));
	return 0;
}

int64_t session_citizen(struct session *s, const char *ref, const char *purpose, struct error *err)
{
	const char *service = other_service(s->sync, &ref);
	int64_t key = known_citizen(s, service, ref);

	*err = (struct error){ 0 };
	if (key < 0)
		return several(s, ref, true, err);
	if (key && !renew_citizen(s, key, purpose, err)) {
		if (!purpose_asked(s, purpose, err) || !renew_citizen(s, key, s->purpose, err))
			return without_purpose(s, err);
	}
	if (key)
		return key;
	if (!ask_for_citizen(s, service, ref, purpose, err)) {
		if (!purpose_asked(s, purpose, err) ||
			!ask_for_citizen(s, service, ref, s->purpose, err))
			return without_purpose(s, err);
	}
	key = known_citizen(s, service, ref);
	if (key < 0)
		return several(s, ref, true, err);
	if (!key)
		error_set(err, ERROR_GONE,
			_("There is no citizen %s; caseload citizens finds them by name."), ref);
	return key;
}

/* ---- lists */

/* The first page of each, or the next of those that are not whole down to that case (NULL: to the
   end), as many together as so many rows may take. false: there was none to ask. */
static bool ask_pages(struct session *s, struct parts *parts, const struct query *q, bool first,
	int rows, const struct casefile *upto)
{
	bool any = false;

	for (int i = 0; i < parts->count; i++) {
		struct part *p = &parts->list[i];

		if (!first && (p->wish.err.kind || !sync_list_short(s->sync, p->service, q, upto)))
			continue;
		p->wish = (struct wish){ 0 };
		if (first)
			sync_list(s->sync, p->service, q, false, 0, wish_done, &p->wish);
		else
			sync_list_on(s->sync, p->service, q, rows, wish_done, &p->wish);
		any = true;
	}
	parts_wait(parts, s);
	return any;
}

/* Pages of each service, as far as the first `limit` of the merged order need them. A page may bring nothing
   that another list did not bring before; one that never ends is left after a number of rounds. */
/* How many of the first rows have been answered now: what is known from before is not asked for one
   page after the other. */
static int rows_answered(struct session *s, const struct query *q, int limit)
{
	enum { LOOKED_AT = 2000 };
	struct page page;

	if (limit > LOOKED_AT)
		return limit;
	page_init(&page);
	store_answered(s->store, q, limit, &page);

	int count = page.case_count;

	page_clear(&page);
	return count;
}

static void ask_list(struct session *s, struct parts *parts, const struct query *q, int limit)
{
	enum { SMALLEST_PAGE = 20, EXTRA_PAGES = 10 };
	struct query_now now = session_now(s);

	ask_pages(s, parts, q, true, 0, NULL);
	for (int round = limit / SMALLEST_PAGE + EXTRA_PAGES; round > 0; round--) {
		int known = store_count(s->store, q, &now);
		struct page page;

		page_init(&page);
		bool full = known >= limit &&
			    store_find(s->store, q, &now, (struct window){ .limit = limit }, &page,
				    NULL) &&
			    page.case_count == limit;
		int rows = limit - (known < limit ? known : rows_answered(s, q, limit));
		bool asked = ask_pages(s, parts, q, false, rows > 0 ? rows : 1,
			full ? &page.cases[limit - 1] : NULL);
		page_clear(&page);
		if (!asked)
			break;
	}
}

static bool list_known(void *ctx, struct session *s, const char *service, time_t *fetched)
{
	const struct query *q = ctx;
	struct query of_one = *q;
	struct query_now now = session_now(s);
	struct list_state state = { 0 };
	struct arena arena = { 0 };
	struct buf text = { 0 };

	query_print(&text, q);
	of_one.source = service;
	store_list_state(s->store, service, "cases", buf_str(&text), &state, &arena);
	*fetched = state.fetched;
	buf_clear(&text);
	arena_clear(&arena);
	return state.fetched || store_count(s->store, &of_one, &now) > 0;
}

static bool has_words(const struct term *t)
{
	for (; t; t = t->next)
		if (t->kind == TERM_WORD || t->kind == TERM_PREFIX || t->kind == TERM_PHRASE ||
			has_words(t->first))
			return true;
	return false;
}

static bool has_case(const struct page *page, int64_t key)
{
	for (int i = 0; i < page->case_count; i++)
		if (page->cases[i].key == key)
			return true;
	return false;
}

/* A service finds words in the timeline too; those rows go where the order wants them. */
static void add_answered(struct session *s, const struct query *q, int limit, struct page *page)
{
	enum { MOST_LOOKED_AT = 1000 };
	struct page answered;

	page_init(&answered);
	store_answered(s->store, q, limit < MOST_LOOKED_AT ? limit : MOST_LOOKED_AT, &answered);
	for (int i = 0; i < answered.case_count && page->case_count < limit; i++) {
		if (answered.cases[i].gone || has_case(page, answered.cases[i].key))
			continue;

		struct casefile moved;
		int at = page->case_count;

		case_copy(page_add_case(page), &answered.cases[i], &page->arena);
		moved = page->cases[at];
		for (; at > 0 && query_compare(q, &page->cases[at - 1], &moved) > 0; at--)
			page->cases[at] = page->cases[at - 1];
		page->cases[at] = moved;
	}
	page_clear(&answered);
}

bool session_list(struct session *s, const char *text, int limit, struct page *page,
	struct found_count *found, struct error *err)
{
	struct query q;
	struct parts parts;
	bool good = query_parse(&q, QUERY_CASES, text, NULL, err);

	if (!good) {
		err->kind = ERROR_USAGE;
		query_clear(&q);
		return false;
	}

	struct query_now now = session_now(s);

	parts_begin(&parts, s, q.source);
	ask_list(s, &parts, &q, limit);
	good = parts_tell(&parts, s, list_known, &q, err) &&
	       store_find(s->store, &q, &now, (struct window){ .limit = limit }, page, err);
	if (good && has_words(q.root))
		add_answered(s, &q, limit, page);
	found->total = store_total(s->store, &q, &now, &found->more);
	query_clear(&q);
	return good;
}

void session_tell_count(struct session *s, int shown, const struct found_count *found)
{
	if (found->total > shown && found->more)
		print_notice(s->print, _("%d of %d cases or more; --limit=N shows more."), shown,
			found->total);
	else if (found->total > shown)
		print_notice(s->print,
			P_("%d of %d case; --limit=N shows more.",
				"%d of %d cases; --limit=N shows more.", found->total),
			shown, found->total);
}

/* ---- text */

char *session_query(const struct given *g, struct error *err)
{
	const char *where = given_value(g, "where");
	struct buf b = { 0 };

	if (where && g->count) {
		error_set(err, ERROR_USAGE,
			_("Give the query as words or with --where, not both ways."));
		return NULL;
	}
	for (int i = 0; i < g->count; i++)
		buf_printf(&b, "%s%s", i ? " " : "", g->args[i]);
	return b.text ? buf_take(&b) : xstrdup(where ? where : "");
}

char *read_input(struct error *err)
{
	struct buf b = { 0 };
	char part[4096];
	size_t size;

	while ((size = fread(part, 1, sizeof(part), stdin)) > 0 && b.size <= LONGEST_INPUT)
		buf_add(&b, part, size);
	while (b.size && strchr("\r\n", b.text[b.size - 1]))
		buf_cut(&b, b.size - 1);
	if (!b.size)
		error_set(err, ERROR_USAGE, _("There was no text on standard input."));
	else if (b.size > LONGEST_INPUT)
		error_set(err, ERROR_USAGE, _("The text on standard input is longer than 1 MiB."));
	else if (memchr(b.text, '\0', b.size) || !text_valid(b.text, b.size))
		error_set(err, ERROR_USAGE, _("The text on standard input is not UTF-8."));
	else
		return buf_take(&b);
	buf_clear(&b);
	return NULL;
}
