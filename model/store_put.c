/* An answer goes in: one page, one transaction. Older versions lose. */
#include "model/store_own.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "model/json.h"
#include "model/person.h"

/* ---- keys */

static uint64_t hash_text(uint64_t h, const char *text)
{
	for (const unsigned char *p = (const unsigned char *)(text ? text : ""); *p; p++)
		h = (h ^ *p) * 1099511628211u;
	return (h ^ 0xff) * 1099511628211u;
}

/* A key from the names, the same for ever: the cache may be thrown away and its keys stay right. */
static int64_t store_hash_key(const char *service, const char *what, const char *id)
{
	uint64_t h = hash_text(hash_text(hash_text(14695981039346656037u, service), what), id);

	h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9u;
	h = (h ^ (h >> 27)) * 0x94d049bb133111ebu;
	h ^= h >> 31;
	return (int64_t)(h >> 2) + 1;
}

/* The key of a name. Two names with one hash are not to be expected in a lifetime; the later one
   takes the next free number. */
static int64_t key_in(struct base *base, sqlite3_stmt *by_name, const char *taken_sql,
	const char *service, const char *what, const char *id)
{
	bind_text(by_name, 1, id);
	bind_text(by_name, 2, service);
	if (stmt_row(by_name)) {
		int64_t key = sqlite3_column_int64(by_name, 0);

		sqlite3_reset(by_name);
		return key;
	}
	int64_t key = store_hash_key(service, what, id);
	for (;; key++) {
		sqlite3_stmt *taken = base_stmt(base, taken_sql);

		bind_int(taken, 1, key);
		if (!stmt_row(taken))
			return key;
		sqlite3_reset(taken);
	}
}

int64_t cache_key(struct store *store, const char *service, enum patch_on on, const char *id)
{
	struct base *c = &store->cache;

	if (!id)
		return 0;
	if (on == ON_CITIZEN)
		return key_in(c,
			base_stmt(c, "SELECT key FROM citizens WHERE id = ? AND service = ?"),
			"SELECT 1 FROM citizens WHERE key = ?", service, "citizen", id);
	return key_in(c, base_stmt(c, "SELECT key FROM cases WHERE id = ? AND service = ?"),
		"SELECT 1 FROM cases WHERE key = ?", service, "case", id);
}

/* ---- rows */

static bool all_digits(const char *text)
{
	return text && *text && strspn(text, "0123456789") == strlen(text) && strlen(text) < 19;
}

/* Versions that are numbers grow; of others nobody can say which is older. */
static bool older(const char *version, const char *than)
{
	return all_digits(version) && all_digits(than) &&
	       strtoll(version, NULL, 10) < strtoll(than, NULL, 10);
}

/* What one table wants of the common way in. */
struct table {
	const char *name;
	const struct member *members;
	const char *derived; /* columns after the members */
	int derived_count;
};

static void make_upsert(struct buf *sql, const struct table *t, const char *key)
{
	int count = members_count(t->members) + t->derived_count + 1;

	buf_printf(sql, "INSERT INTO %s (%s, ", t->name, key);
	members_names(sql, t->members, "");
	buf_printf(sql, "%s) VALUES (", t->derived);
	for (int i = 1; i <= count; i++)
		buf_printf(sql, "%s?%d", i > 1 ? ", " : "", i);
	buf_printf(sql, ") ON CONFLICT (%s) DO UPDATE SET ", key);
	for (const struct member *m = t->members; m->column; m++)
		buf_printf(sql, "%s%s = excluded.%s", m == t->members ? "" : ", ", m->column,
			m->column);
	/* The names of the derived columns stand in a text like ", a, b". */
	for (const char *p = t->derived; *p;) {
		p += strspn(p, ", ");
		int size = (int)strcspn(p, ", ");

		buf_printf(sql, ", %.*s = excluded.%.*s", size, p, size, p);
		p += size;
	}
}

static const struct table cases_table = {
	"cases",
	case_members,
	", k, is_open, sort_due, sort_priority, sort_subject, words",
	6,
};
static const struct table citizens_table = {
	"citizens",
	citizen_members,
	", words, words_name, words_given, words_family, words_street, words_town, words_mail,"
	" tight_ref, tight_phone, tight_postcode, tail_phone",
	11,
};

static void make_case_upsert(struct buf *sql)
{
	make_upsert(sql, &cases_table, "key");
}

static void make_citizen_upsert(struct buf *sql)
{
	make_upsert(sql, &citizens_table, "key");
}

static void words_part(struct buf *out, const char *text)
{
	struct buf words = { 0 };

	query_words(&words, text);
	if (words.size) {
		buf_add(out, words.text, words.size);
		buf_text(out, WORDS_GAP);
	}
	buf_clear(&words);
}

/* What bare words look at; the same members as query_match() looks at. */
static void case_words(struct buf *out, const struct casefile *cf)
{
	buf_char(out, ' ');
	words_part(out, cf->subject);
	words_part(out, cf->number);
	words_part(out, cf->citizen_name);
	words_part(out, cf->tags);
}

static void citizen_words(
	struct buf *out, const struct citizen *c, const char *name, const char *const *tights)
{
	const char *parts[] = { name, c->ref, c->phone, c->mail, c->street, c->postcode, c->town };

	buf_char(out, ' ');
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		words_part(out, parts[i]);
	for (int i = 0; i < 3; i++)
		words_part(out, tights[i]);
}

static void fts_delete(struct base *base, const char *sql, int64_t key, const char *words)
{
	sqlite3_stmt *stmt = base_stmt(base, sql);

	bind_int(stmt, 1, key);
	bind_text(stmt, 2, words);
	stmt_done(stmt);
}

static bool fts_insert(struct base *base, const char *sql, int64_t key, const char *words)
{
	sqlite3_stmt *stmt = base_stmt(base, sql);

	bind_int(stmt, 1, key);
	bind_text(stmt, 2, words);
	return stmt_done(stmt);
}

static const char case_fts_delete[] =
	"INSERT INTO case_words (case_words, rowid, words) VALUES ('delete', ?, ?)";
static const char case_fts_insert[] = "INSERT INTO case_words (rowid, words) VALUES (?, ?)";
static const char citizen_fts_delete[] =
	"INSERT INTO citizen_words (citizen_words, rowid, words) VALUES ('delete', ?, ?)";
static const char citizen_fts_insert[] = "INSERT INTO citizen_words (rowid, words) VALUES (?, ?)";

/* What is there already under that key. */
struct former {
	bool there, loses, same;
	struct buf words;
};

/* false: what comes is older and is passed over. */
static void former_read(struct former *old, sqlite3_stmt *stmt, int64_t key, const char *version)
{
	bind_int(stmt, 1, key);
	old->there = stmt_row(stmt);
	if (!old->there)
		return;
	const char *had = column_str(stmt, 0);
	old->loses = older(version, had);
	old->same = version && had && !strcmp(version, had);
	buf_text(&old->words, column_str(stmt, 1));
	sqlite3_reset(stmt);
}

static void bind_words(sqlite3_stmt *stmt, int at, const char *text)
{
	struct buf words = { 0 };

	query_words(&words, text);
	bind_text(stmt, at, text ? buf_str(&words) : NULL);
	buf_clear(&words);
}

/* At the same version a sparse answer left members out: they are what they were. */
static void fill(const struct member *members, void *to, const void *from)
{
	for (const struct member *m = members; m->column; m++) {
		char *t = (char *)to + m->offset;
		const char *f = (const char *)from + m->offset;

		if (m->type == MEMBER_TEXT && !*(const char **)(void *)t)
			*(const char **)(void *)t = *(const char *const *)(const void *)f;
		else if (m->type == MEMBER_INT && !*(int *)(void *)t)
			*(int *)(void *)t = *(const int *)(const void *)f;
		else if (m->type == MEMBER_INT64 && !*(int64_t *)(void *)t)
			*(int64_t *)(void *)t = *(const int64_t *)(const void *)f;
		else if (m->type == MEMBER_TIME && !*(time_t *)(void *)t)
			*(time_t *)(void *)t = *(const time_t *)(const void *)f;
	}
}

/* What the lists of such a service never tell. */
static void keep_untold(struct casefile *cf, const struct casefile *old)
{
	cf->fields = cf->fields ? cf->fields : old->fields;
	cf->tags = cf->tags ? cf->tags : old->tags;
	cf->links = cf->links ? cf->links : old->links;
	cf->rest = cf->rest ? cf->rest : old->rest;
}

/* A lease raises no version: what is said of it now is all that holds. Some services tell a version of
   the single case alone: their lists tell the same as before when the case was not changed since, and
   else leave it without a version, so that it is asked for when it is looked at. */
static void case_fill(
	struct store *store, struct casefile *cf, int64_t key, bool same, struct page *old)
{
	struct casefile lease = *cf;

	if (!cache_case(store, key, old))
		return;
	if (same || (!cf->version && cf->changed && cf->changed == old->cases->changed))
		fill(case_members, cf, old->cases);
	else if (!cf->version)
		keep_untold(cf, old->cases);
	cf->holder = lease.holder;
	cf->fence = lease.fence;
	cf->held_until_ms = lease.held_until_ms;
	if (cf->last_seen < old->cases->last_seen)
		cf->last_seen = old->cases->last_seen;
	if (cf->last_event < old->cases->last_event)
		cf->last_event = old->cases->last_event;
}

static bool put_case_row(struct base *c, const struct casefile *cf, int64_t key, const char *words)
{
	sqlite3_stmt *stmt = base_made(c, &cases_table, make_case_upsert);
	int at = 2 + members_count(case_members);

	bind_int(stmt, 1, key);
	members_bind(stmt, 2, case_members, cf);
	bind_int(stmt, at, key);
	bind_int(stmt, at + 1, stage_is_open(cf->stage));
	bind_int(stmt, at + 2, cf->due ? cf->due : INT64_MAX);
	bind_int(stmt, at + 3, cf->priority ? cf->priority : INT32_MAX);
	bind_words(stmt, at + 4, cf->subject ? cf->subject : "");
	bind_text(stmt, at + 5, words);
	return stmt_done(stmt);
}

/* A list without versions that was asked for before the last change, and comes after it. What is older
   for longer is believed: a service may have been put back to yesterday. */
static bool is_late(struct base *c, const struct casefile *cf, int64_t key)
{
	enum { UNDER_WAY_S = 600 };
	sqlite3_stmt *stmt;

	if (cf->version || !cf->changed)
		return false;
	stmt = base_stmt(c, "SELECT 1 FROM cases WHERE key = ? AND changed > ? AND fetched > ?");
	bind_int(stmt, 1, key);
	bind_int(stmt, 2, cf->changed);
	bind_int(stmt, 3, cf->fetched - UNDER_WAY_S);
	bool late = stmt_row(stmt);
	sqlite3_reset(stmt);
	return late;
}

static bool put_case(
	struct store *store, const char *service, const struct casefile *from, int64_t key)
{
	struct base *c = &store->cache;
	struct former old = { 0 };
	struct buf words = { 0 };
	struct page page;
	struct casefile cf = *from;

	page_init(&page);
	cf.service = service;
	cf.number = cf.number ? cf.number : cf.id;
	if (!cf.fetched)
		cf.fetched = time(NULL);
	former_read(&old, base_stmt(c, "SELECT version, words FROM cases WHERE key = ?"), key,
		cf.version);
	bool good = true;
	if (!old.loses && !is_late(c, &cf, key)) {
		if (old.there)
			case_fill(store, &cf, key, old.same, &page);
		case_words(&words, &cf);
		bool moved = !old.there || strcmp(buf_str(&old.words), buf_str(&words)) != 0;

		if (old.there && moved)
			fts_delete(c, case_fts_delete, key, buf_str(&old.words));
		good = put_case_row(c, &cf, key, buf_str(&words));
		if (good && moved)
			good = fts_insert(c, case_fts_insert, key, buf_str(&words));
	}
	sqlite3_stmt *gone = base_stmt(c, "DELETE FROM gone WHERE key = ?");
	bind_int(gone, 1, key);
	stmt_done(gone);
	buf_clear(&old.words);
	buf_clear(&words);
	page_clear(&page);
	return good;
}

static bool put_citizen_row(struct base *b, const struct citizen *c, int64_t key, const char *words,
	const char *name, const char *const *tights)
{
	sqlite3_stmt *stmt = base_made(b, &citizens_table, make_citizen_upsert);
	const char *parts[] = { name, c->given, c->family, c->street, c->town, c->mail };
	int at = 2 + members_count(citizen_members);
	struct buf tail = { 0 };

	bind_int(stmt, 1, key);
	members_bind(stmt, 2, citizen_members, c);
	bind_text(stmt, at++, words);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		bind_words(stmt, at++, parts[i]);
	for (int i = 0; i < 3; i++)
		bind_text(stmt, at++, *tights[i] ? tights[i] : NULL);
	person_phone_tail(&tail, c->phone);
	bind_text(stmt, at, tail.size ? tail.text : NULL);
	bool good = stmt_done(stmt);
	buf_clear(&tail);
	return good;
}

static bool put_citizen(
	struct store *store, const char *service, const struct citizen *from, int64_t key)
{
	struct base *b = &store->cache;
	struct former old = { 0 };
	struct buf words = { 0 }, name = { 0 }, tight[3] = { { 0 } };
	struct page page;
	struct citizen c = *from;

	page_init(&page);
	c.service = service;
	if (!c.fetched)
		c.fetched = time(NULL);
	former_read(&old, base_stmt(b, "SELECT version, words FROM citizens WHERE key = ?"), key,
		c.version);
	if (old.same && cache_citizen(store, key, &page))
		fill(citizen_members, &c, page.citizens);
	/* No case raises the version of its citizen; and none open is an answer too. */
	if (from->all_cases)
		c.open_cases = from->open_cases;

	const char *tights[3];
	const char *sources[] = { c.ref, c.phone, c.postcode };
	for (int i = 0; i < 3; i++) {
		query_tight(&tight[i], sources[i]);
		tights[i] = buf_str(&tight[i]);
	}
	buf_printf(&name, "%s %s", c.given ? c.given : "", c.family ? c.family : "");
	citizen_words(&words, &c, buf_str(&name), tights);
	bool good = true;
	if (!old.loses) {
		bool moved = !old.there || strcmp(buf_str(&old.words), buf_str(&words)) != 0;

		if (old.there && moved)
			fts_delete(b, citizen_fts_delete, key, buf_str(&old.words));
		good = put_citizen_row(b, &c, key, buf_str(&words), buf_str(&name), tights);
		if (good && moved)
			good = fts_insert(b, citizen_fts_insert, key, buf_str(&words));
	}
	for (int i = 0; i < 3; i++)
		buf_clear(&tight[i]);
	buf_clear(&old.words);
	buf_clear(&words);
	buf_clear(&name);
	page_clear(&page);
	return good;
}

/* FTS5 writes a segment whenever a row's number is lower than the one before: rows go in by key. */
struct keyed {
	int64_t key;
	int place;
};

static int by_key(const void *a, const void *b)
{
	const struct keyed *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->place - y->place;
}

static bool put_cases(struct store *store, const char *service, const struct page *page)
{
	struct keyed *order = xcalloc((size_t)page->case_count + 1, sizeof(*order));
	bool good = true;

	for (int i = 0; i < page->case_count; i++)
		order[i] =
			(struct keyed){ cache_key(store, service, ON_CASE, page->cases[i].id), i };
	qsort(order, (size_t)page->case_count, sizeof(*order), by_key);
	for (int i = 0; good && i < page->case_count; i++)
		if (order[i].key)
			good = put_case(store, service, &page->cases[order[i].place], order[i].key);
	free(order);
	return good;
}

static bool put_citizens(struct store *store, const char *service, const struct page *page)
{
	struct keyed *order = xcalloc((size_t)page->citizen_count + 1, sizeof(*order));
	bool good = true;

	for (int i = 0; i < page->citizen_count; i++)
		order[i] =
			(struct keyed){ cache_key(store, service, ON_CITIZEN, page->citizens[i].id),
				i };
	qsort(order, (size_t)page->citizen_count, sizeof(*order), by_key);
	for (int i = 0; good && i < page->citizen_count; i++)
		if (order[i].key)
			good = put_citizen(
				store, service, &page->citizens[order[i].place], order[i].key);
	free(order);
	return good;
}

/* ---- the other things a page may hold */

/* INSERT OR REPLACE of all members, with `extra` columns before them. */
static void make_replace(struct buf *sql, const char *table, const char *extra, int extra_count,
	const struct member *m)
{
	buf_printf(sql, "INSERT OR REPLACE INTO %s (%s", table, extra);
	members_names(sql, m, "");
	buf_text(sql, ") VALUES (?");
	for (int i = 1; i < members_count(m) + extra_count; i++)
		buf_text(sql, ", ?");
	buf_char(sql, ')');
}

static void make_event(struct buf *sql)
{
	make_replace(sql, "event", "case_key, mark, ", 2, event_members);
}

static void make_worker(struct buf *sql)
{
	make_replace(sql, "worker", "", 0, worker_members);
}

static void make_team(struct buf *sql)
{
	make_replace(sql, "team", "", 0, team_members);
}

static void make_template(struct buf *sql)
{
	make_replace(sql, "template", "", 0, template_members);
}

static void make_profile(struct buf *sql)
{
	make_replace(sql, "profile", "", 0, profile_members);
}

static void make_access(struct buf *sql)
{
	make_replace(sql, "access", "citizen_key, place, ", 2, access_members);
}

static bool put_event(
	struct store *store, const char *service, const struct event *from, int64_t key)
{
	struct event e = *from;
	struct arena arena = { 0 };

	e.service = service;
	const char *mark = e.seq ? arena_printf(&arena, "%020lld", (long long)e.seq) : e.id;
	if (!mark)
		mark = arena_printf(
			&arena, "%lld %d %s", (long long)e.at, (int)e.kind, e.by ? e.by : "");
	sqlite3_stmt *stmt = base_made(&store->cache, event_members, make_event);
	bind_int(stmt, 1, key);
	bind_text(stmt, 2, mark);
	members_bind(stmt, 3, event_members, &e);
	bool good = stmt_done(stmt);
	arena_clear(&arena);
	return good;
}

static bool put_events(struct store *store, const char *service, const struct page *page)
{
	bool good = true;

	for (int i = 0; good && i < page->event_count; i++) {
		int64_t key = page->events[i].casefile;

		if (!key && page->case_count == 1)
			key = cache_key(store, service, ON_CASE, page->cases[0].id);
		key = store_real_key(store, key);
		if (key)
			good = put_event(store, service, &page->events[i], key);
	}
	return good;
}

static bool put_row(
	struct store *store, const struct member *m, void (*make)(struct buf *), const void *object)
{
	sqlite3_stmt *stmt = base_made(&store->cache, m, make);

	members_bind(stmt, 1, m, object);
	return stmt_done(stmt);
}

static bool put_kind(struct store *store, const char *service, const struct kind *kind)
{
	struct buf body = { 0 };
	struct json_out out = { .buf = &body };
	sqlite3_stmt *stmt =
		base_stmt(&store->cache, "INSERT OR REPLACE INTO kind VALUES (?, ?, ?)");

	json_write_kind(&out, NULL, kind);
	bind_text(stmt, 1, service);
	bind_text(stmt, 2, kind->id);
	bind_text(stmt, 3, buf_str(&body));
	buf_clear(&body);
	return stmt_done(stmt);
}

/* A list that came is the whole one: what is not on it any more goes. */
static bool drop_old(struct store *store, const char *sql, const char *service)
{
	sqlite3_stmt *stmt = base_stmt(&store->cache, sql);

	bind_text(stmt, 1, service);
	return stmt_done(stmt);
}

static bool put_people(struct store *store, const char *service, const struct page *page)
{
	bool good = true;

	for (int i = 0; good && i < page->worker_count; i++) {
		struct worker w = page->workers[i];

		w.service = service;
		good = put_row(store, worker_members, make_worker, &w);
	}
	for (int i = 0; good && i < page->team_count; i++) {
		struct team t = page->teams[i];

		t.service = service;
		good = put_row(store, team_members, make_team, &t);
	}
	for (int i = 0; good && i < page->template_count; i++) {
		struct answer_template t = page->templates[i];

		t.service = service;
		good = put_row(store, template_members, make_template, &t);
	}
	if (good && page->kind_count)
		good = drop_old(store, "DELETE FROM kind WHERE service = ?", service);
	for (int i = 0; good && i < page->kind_count; i++)
		good = put_kind(store, service, &page->kinds[i]);
	if (good && page->profile) {
		struct profile p = *page->profile;

		p.service = service;
		good = put_row(store, profile_members, make_profile, &p);
	}
	return good;
}

static bool put_accesses(struct store *store, int64_t key, const struct page *page)
{
	sqlite3_stmt *old = base_stmt(&store->cache, "DELETE FROM access WHERE citizen_key = ?");

	bind_int(old, 1, key);
	bool good = stmt_done(old);
	for (int i = 0; good && i < page->access_count; i++) {
		sqlite3_stmt *stmt = base_made(&store->cache, access_members, make_access);

		bind_int(stmt, 1, key);
		bind_int(stmt, 2, i);
		members_bind(stmt, 3, access_members, &page->accesses[i]);
		good = stmt_done(stmt);
	}
	return good;
}

bool store_put_accesses(
	struct store *store, int64_t citizen_key, const struct page *page, struct error *err)
{
	if (base_begin(&store->cache)) {
		if (put_accesses(store, store_real_key(store, citizen_key), page) &&
			base_commit(&store->cache)) {
			store_touched(store);
			return true;
		}
		base_rollback(&store->cache);
	}
	return base_error(store, &store->cache, err);
}

static bool put_page(struct store *store, const char *service, const struct page *page)
{
	return put_cases(store, service, page) && put_citizens(store, service, page) &&
	       put_events(store, service, page) && put_people(store, service, page);
}

bool store_put_part(
	struct store *store, const char *service, const struct page *page, struct error *err)
{
	if (base_begin(&store->cache)) {
		if (put_page(store, service, page) && base_commit(&store->cache))
			return true;
		base_rollback(&store->cache);
	}
	return base_error(store, &store->cache, err);
}

bool store_put(struct store *store, const char *service, const struct page *page, struct error *err)
{
	if (!store_put_part(store, service, page, err))
		return false;
	store_touched(store);
	return true;
}

/* ---- gone */

static bool gone_row(struct base *c, int64_t key)
{
	struct former old = { 0 };

	former_read(
		&old, base_stmt(c, "SELECT version, words FROM cases WHERE key = ?"), key, NULL);
	if (old.there)
		fts_delete(c, case_fts_delete, key, buf_str(&old.words));
	buf_clear(&old.words);

	sqlite3_stmt *note =
		base_stmt(c, "INSERT OR REPLACE INTO gone SELECT key, service, id, number, "
			     "subject FROM cases WHERE key = ?");
	bind_int(note, 1, key);
	sqlite3_stmt *drop = base_stmt(c, "DELETE FROM cases WHERE key = ?");
	bind_int(drop, 1, key);
	return stmt_done(note) && stmt_done(drop);
}

bool store_put_gone(
	struct store *store, const char *service, const char *case_id, struct error *err)
{
	struct base *c = &store->cache;
	int64_t key = cache_key(store, service, ON_CASE, case_id);

	if (base_begin(c)) {
		if (gone_row(c, key) && base_commit(c)) {
			store_touched(store);
			return true;
		}
		base_rollback(c);
	}
	return base_error(store, c, err);
}

/* ---- what a service answered, in its order */

static int64_t list_id(struct store *store, const char *service, const char *what, const char *text)
{
	sqlite3_stmt *stmt = base_stmt(&store->cache, "SELECT id FROM list WHERE service = ? AND "
						      "what = ? AND text = ?");

	bind_text(stmt, 1, service);
	bind_text(stmt, 2, what);
	bind_text(stmt, 3, text);
	int64_t id = stmt_row(stmt) ? sqlite3_column_int64(stmt, 0) : 0;
	sqlite3_reset(stmt);
	return id;
}

static bool list_row(struct store *store, int64_t list, int place, int64_t key, const char *match)
{
	sqlite3_stmt *stmt =
		base_stmt(&store->cache, "INSERT OR REPLACE INTO list_row VALUES (?, ?, ?, ?)");

	bind_int(stmt, 1, list);
	bind_int(stmt, 2, place);
	bind_int(stmt, 3, key);
	bind_text(stmt, 4, match);
	return stmt_done(stmt);
}

static int list_size(struct store *store, int64_t list)
{
	sqlite3_stmt *stmt = base_stmt(
		&store->cache, "SELECT coalesce(max(place) + 1, 0) FROM list_row WHERE list = ?");

	bind_int(stmt, 1, list);
	int size = stmt_row(stmt) ? sqlite3_column_int(stmt, 0) : 0;
	sqlite3_reset(stmt);
	return size;
}

static int64_t list_begin(struct store *store, const char *service, const char *what,
	const char *text, const struct page *page, time_t now)
{
	sqlite3_stmt *stmt = base_stmt(&store->cache,
		"INSERT INTO list (service, what, text, fetched, total, next) "
		"VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (service, what, text) DO UPDATE "
		"SET fetched = excluded.fetched, next = excluded.next, "
		"total = CASE WHEN excluded.total < 0 THEN list.total "
		"ELSE excluded.total END");

	bind_text(stmt, 1, service);
	bind_text(stmt, 2, what);
	bind_text(stmt, 3, text);
	bind_int(stmt, 4, now);
	bind_int(stmt, 5, page->total);
	bind_text(stmt, 6, page->next);
	return stmt_done(stmt) ? list_id(store, service, what, text) : 0;
}

static bool list_rows(struct store *store, const char *service, int64_t list, int place,
	const struct page *page, bool citizens)
{
	int count = citizens ? page->citizen_count : page->case_count;
	bool good = true;

	for (int i = 0; good && i < count; i++) {
		const char *id = citizens ? page->citizens[i].id : page->cases[i].id;
		const char *match = citizens ? page->citizens[i].match : NULL;

		good = list_row(store, list, place + i,
			cache_key(store, service, citizens ? ON_CITIZEN : ON_CASE, id), match);
	}
	return good;
}

/* What was typed on the way to a search is of no use tomorrow. */
static bool list_forget(struct store *store, time_t now)
{
	struct base *c = &store->cache;
	sqlite3_stmt *rows = base_stmt(c, "DELETE FROM list_row WHERE list IN "
					  "(SELECT id FROM list WHERE fetched < ?)");
	bind_int(rows, 1, now - 24 * 3600);
	sqlite3_stmt *lists = base_stmt(c, "DELETE FROM list WHERE fetched < ?");
	bind_int(lists, 1, now - 24 * 3600);
	return stmt_done(rows) && stmt_done(lists);
}

static int list_known(struct store *store, int64_t list)
{
	sqlite3_stmt *stmt = base_stmt(
		&store->cache, "SELECT count(DISTINCT key) FROM list_row WHERE list = ?");

	bind_int(stmt, 1, list);
	int known = stmt_row(stmt) ? sqlite3_column_int(stmt, 0) : 0;
	sqlite3_reset(stmt);
	return known;
}

/* A page that has rows and none that is new goes in a circle: it is the last one. */
static bool list_end(struct store *store, int64_t list)
{
	sqlite3_stmt *stmt = base_stmt(&store->cache, "UPDATE list SET next = NULL WHERE id = ?");

	bind_int(stmt, 1, list);
	return stmt_done(stmt);
}

static bool put_list(struct store *store, const char *service, const char *what, const char *text,
	const struct page *page, bool append, time_t now)
{
	int64_t list = list_begin(store, service, what, text, page, now);

	if (!list)
		return false;
	if (!append) {
		sqlite3_stmt *stmt =
			base_stmt(&store->cache, "DELETE FROM list_row WHERE list = ?");

		bind_int(stmt, 1, list);
		if (!stmt_done(stmt))
			return false;
	}
	bool citizens = !strcmp(what, "citizens");
	int place = append ? list_size(store, list) : 0;
	int before = append ? list_known(store, list) : 0;

	if (!list_rows(store, service, list, place, page, citizens))
		return false;
	if (append && (citizens ? page->citizen_count : page->case_count) &&
		list_known(store, list) == before && !list_end(store, list))
		return false;
	return list_forget(store, now);
}

bool store_put_list(struct store *store, const char *service, const char *what, const char *text,
	const struct page *page, bool append, time_t now, struct error *err)
{
	struct base *c = &store->cache;

	if (base_begin(c)) {
		if ((page->stored || put_page(store, service, page)) &&
			put_list(store, service, what, text, page, append, now) && base_commit(c)) {
			store_touched(store);
			return true;
		}
		base_rollback(c);
	}
	return base_error(store, c, err);
}

bool store_list_state(struct store *store, const char *service, const char *what, const char *text,
	struct list_state *state, struct arena *arena)
{
	sqlite3_stmt *stmt = base_stmt(&store->cache, "SELECT fetched, total, next FROM list WHERE "
						      "service = ? AND what = ? AND text = ?");

	*state = (struct list_state){ .total = -1 };
	bind_text(stmt, 1, service);
	bind_text(stmt, 2, what);
	bind_text(stmt, 3, text);
	if (!stmt_row(stmt))
		return false;
	state->fetched = (time_t)sqlite3_column_int64(stmt, 0);
	state->total = sqlite3_column_int(stmt, 1);
	state->next = column_copy(stmt, 2, arena);
	sqlite3_reset(stmt);
	return true;
}

/* ---- services */

enum { AWAY, ONLINE, NEEDS_LOGIN };

void store_set_state(struct store *store, const char *service, const struct service_state *state)
{
	sqlite3_stmt *stmt =
		base_stmt(&store->cache, "INSERT OR REPLACE INTO state VALUES (?, ?, ?, ?, ?)");

	bind_text(stmt, 1, service);
	bind_int(stmt, 2, state->online ? ONLINE : state->login ? NEEDS_LOGIN : AWAY);
	bind_int(stmt, 3, state->since);
	bind_int(stmt, 4, state->synced);
	bind_text(stmt, 5, state->why);
	if (stmt_done(stmt))
		store->changes++;
}

bool store_state(
	struct store *store, const char *service, struct service_state *state, struct arena *arena)
{
	sqlite3_stmt *stmt =
		base_stmt(&store->cache, "SELECT online, since, synced, why FROM state "
					 "WHERE service = ?");

	*state = (struct service_state){ 0 };
	bind_text(stmt, 1, service);
	if (!stmt_row(stmt))
		return false;
	state->online = sqlite3_column_int(stmt, 0) == ONLINE;
	state->login = sqlite3_column_int(stmt, 0) == NEEDS_LOGIN;
	state->since = (time_t)sqlite3_column_int64(stmt, 1);
	state->synced = (time_t)sqlite3_column_int64(stmt, 2);
	state->why = column_copy(stmt, 3, arena);
	sqlite3_reset(stmt);
	return true;
}

static bool forget_rows(struct base *c, const char *service)
{
	static const char *const sql[] = {
		"INSERT INTO case_words (case_words, rowid, words) SELECT 'delete', key, words "
		"FROM cases WHERE service = ?",
		"INSERT INTO citizen_words (citizen_words, rowid, words) SELECT 'delete', key, words "
		"FROM citizens WHERE service = ?",
		"DELETE FROM event WHERE case_key IN (SELECT key FROM cases WHERE service = ?)",
		"DELETE FROM access WHERE citizen_key IN (SELECT key FROM citizens WHERE service = ?)",
		"DELETE FROM list_row WHERE list IN (SELECT id FROM list WHERE service = ?)",
		"DELETE FROM list WHERE service = ?",
		"DELETE FROM cases WHERE service = ?",
		"DELETE FROM citizens WHERE service = ?",
		"DELETE FROM worker WHERE service = ?",
		"DELETE FROM team WHERE service = ?",
		"DELETE FROM template WHERE service = ?",
		"DELETE FROM profile WHERE service = ?",
		"DELETE FROM gone WHERE service = ?",
		"DELETE FROM kind WHERE service = ?",
		"DELETE FROM cursor WHERE service = ?",
		"DELETE FROM state WHERE service = ?",
		NULL,
	};
	bool good = true;

	for (int i = 0; good && sql[i]; i++) {
		sqlite3_stmt *stmt = base_stmt(c, sql[i]);

		bind_text(stmt, 1, service);
		good = stmt_done(stmt);
	}
	return good;
}

static bool forget_service(struct store *store, const char *service)
{
	struct base *c = &store->cache;

	if (!base_begin(c))
		return false;
	if (forget_rows(c, service) && base_commit(c))
		return true;
	base_rollback(c);
	return false;
}

static bool is_unsent(struct store *store, const char *service)
{
	sqlite3_stmt *stmt =
		base_stmt(&store->outbox, "SELECT 1 FROM patch WHERE service = ? LIMIT 1");

	bind_text(stmt, 1, service);
	bool there = stmt_row(stmt);
	sqlite3_reset(stmt);
	return there;
}

static bool is_named(const char *const *names, const char *service)
{
	while (*names && strcmp(*names, service) != 0)
		names++;
	return *names;
}

/* The first service that is here and not named; the arena has its name. */
static const char *former_service(
	struct store *store, const char *const *names, struct arena *arena)
{
	sqlite3_stmt *stmt = base_stmt(&store->cache,
		"SELECT service FROM state UNION SELECT service FROM profile");
	const char *found = NULL;

	while (!found && stmt_row(stmt)) {
		const char *service = column_copy(stmt, 0, arena);

		if (service && !is_named(names, service) && !is_unsent(store, service))
			found = service;
	}
	sqlite3_reset(stmt);
	return found;
}

void store_keep_services(struct store *store, const char *const *names)
{
	struct arena arena = { 0 };
	const char *service;
	bool good = true;

	while (good && (service = former_service(store, names, &arena))) {
		good = forget_service(store, service);
		store_touched(store);
	}
	arena_clear(&arena);
}

void store_set_cursor(struct store *store, const char *service, const char *cursor)
{
	sqlite3_stmt *stmt =
		base_stmt(&store->cache, "INSERT OR REPLACE INTO cursor VALUES (?, ?)");

	bind_text(stmt, 1, service);
	bind_text(stmt, 2, cursor);
	stmt_done(stmt); /* losing it means reading everything anew, no more */
}

const char *store_cursor(struct store *store, const char *service, struct arena *arena)
{
	sqlite3_stmt *stmt = base_stmt(&store->cache, "SELECT text FROM cursor WHERE service = ?");

	bind_text(stmt, 1, service);
	const char *cursor = stmt_row(stmt) ? column_copy(stmt, 0, arena) : NULL;
	sqlite3_reset(stmt);
	return cursor;
}

void store_seen(struct store *store, int64_t case_key, int64_t seq)
{
	sqlite3_stmt *stmt =
		base_stmt(&store->cache, "UPDATE cases SET last_seen = ?2 WHERE key = ?1 "
					 "AND coalesce(last_seen, 0) < ?2");

	bind_int(stmt, 1, store_real_key(store, case_key));
	bind_int(stmt, 2, seq);
	if (stmt_done(stmt) && sqlite3_changes(store->cache.db) > 0)
		store_touched(store);
}
