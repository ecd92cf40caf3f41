/* Reading the smaller things: citizens found while typing, timelines, the access log, people. */
#include "model/store_own.h"

#include <stdlib.h>
#include <string.h>

#include "model/json.h"

/* Of one letter's many hits, so many are looked at: enough for a screen, and never a sort of them
 * all. */
enum { CITIZENS_LOOKED_AT = 400 };

static const struct query_column citizen_columns_sql[] = {
	{ "born", "c.born", QUERY_PART },
	{ "email", "c.words_mail", QUERY_FOLDED },
	{ "family", "c.words_family", QUERY_FOLDED },
	{ "flag", "c.flags", QUERY_WORDS },
	{ "given", "c.words_given", QUERY_FOLDED },
	{ "id", "c.id", QUERY_TEXT },
	{ "language", "c.language", QUERY_TEXT },
	{ "name", "c.words_name", QUERY_FOLDED },
	{ "phone", "c.tight_phone", QUERY_TIGHT },
	{ "postcode", "c.tight_postcode", QUERY_TIGHT },
	{ "ref", "c.tight_ref", QUERY_TIGHT },
	{ "street", "c.words_street", QUERY_FOLDED },
	{ "town", "c.words_town", QUERY_FOLDED },
	{ NULL, NULL, QUERY_TEXT },
};

/* ---- citizens */

/* Whether the term stands at the top, so that one MATCH holds them all. */
static bool top_word(const struct query *query, const struct term *t)
{
	for (const struct term *top = query->root->first; top; top = top->next)
		if (top == t)
			return !t->negated && t->kind != TERM_FILTER && t->kind != TERM_ALL &&
			       t->kind != TERM_ANY;
	return false;
}

static void citizen_match(struct query_sql *sql, const struct term *t, const char *words)
{
	struct buf phrase = { 0 };

	if (top_word(sql->ctx, t)) {
		buf_text(&sql->where, "1=1");
		return;
	}
	fts_phrase(&phrase, t, words);
	buf_printf(&sql->where,
		"c.key IN (SELECT rowid FROM citizen_words WHERE citizen_words MATCH %s)",
		query_sql_bind(sql, buf_str(&phrase)));
	buf_clear(&phrase);
}

/* All bare words at the top as one question to FTS5, which walks their lists side by side. */
static void fts_all(struct buf *out, const struct query *query)
{
	for (const struct term *t = query->root->first; t; t = t->next) {
		struct buf words = { 0 };

		if (top_word(query, t))
			query_words(&words, t->text);
		if (words.size) {
			buf_text(out, out->size ? " AND " : "");
			fts_phrase(out, t, buf_str(&words));
		}
		buf_clear(&words);
	}
}

static void citizens_sql(
	struct buf *sql, const struct query *query, const struct query_sql *where, bool words)
{
	buf_text(sql, "SELECT c.key, ");
	members_names(sql, citizen_members, "c.");
	buf_text(sql, words ? " FROM (SELECT rowid AS found FROM citizen_words WHERE citizen_words "
			      "MATCH :words LIMIT :most) JOIN citizens AS c ON c.key = found WHERE "
			    : " FROM citizens AS c WHERE ");
	buf_text(sql, buf_str(&where->where));
	if (query->source)
		buf_text(sql, " AND c.service = :source");
	buf_text(sql, " LIMIT :most");
}

static void cached_citizens(struct store *store, const struct query *query,
	const struct query_now *now, struct page *rows)
{
	struct query_sql where = { .columns = citizen_columns_sql,
		.match = citizen_match,
		.ctx = (void *)(uintptr_t)query,
		.now = *now };
	struct buf sql = { 0 }, words = { 0 };

	if (query_to_sql(query, &where, NULL)) {
		fts_all(&words, query);
		citizens_sql(&sql, query, &where, words.size > 0);
		sqlite3_stmt *stmt = base_kept(&store->cache, buf_str(&sql));
		bind_query(stmt, &where);
		if (stmt && words.size)
			bind_text(stmt, sqlite3_bind_parameter_index(stmt, ":words"),
				buf_str(&words));
		if (stmt && query->source)
			bind_text(
				stmt, sqlite3_bind_parameter_index(stmt, ":source"), query->source);
		if (stmt)
			bind_int(stmt, sqlite3_bind_parameter_index(stmt, ":most"),
				CITIZENS_LOOKED_AT);
		while (stmt && sqlite3_step(stmt) == SQLITE_ROW)
			read_citizen(stmt, rows);
		sqlite3_reset(stmt);
	}
	buf_clear(&sql);
	buf_clear(&words);
	query_sql_clear(&where);
}

/* What the service answered, in its order. */
static void answered_citizens(struct store *store, const struct query *query, struct page *rows)
{
	struct buf text = { 0 };
	sqlite3_stmt *stmt = base_stmt(&store->cache,
		"SELECT r.key, r.match_ FROM list AS l JOIN list_row AS r ON "
		"r.list = l.id WHERE l.what = 'citizens' AND l.text = ?1 AND "
		"(?2 IS NULL OR l.service = ?2) ORDER BY r.place, l.service");

	query_print(&text, query);
	bind_text(stmt, 1, buf_str(&text));
	bind_text(stmt, 2, query->source);
	buf_clear(&text);
	while (stmt_row(stmt)) {
		if (!cache_citizen(store, sqlite3_column_int64(stmt, 0), rows))
			continue;
		const char *match = column_copy(stmt, 1, &rows->arena);
		rows->citizens[rows->citizen_count - 1].match = match;
	}
}

/* How well a citizen of the cache fits what was typed; less is better. */
static int strength(const struct citizen *c, const char *typed)
{
	struct buf name = { 0 }, turned = { 0 }, tight = { 0 }, wanted = { 0 };
	const char *exact[] = { c->ref, c->phone, c->postcode, c->mail };
	int best = 3;

	query_words(&name, c->family);
	if (!strncmp(buf_str(&name), typed, strlen(typed)))
		best = 2;
	buf_char(&name, ' ');
	query_words(&name, c->given);
	query_words(&turned, c->given);
	buf_char(&turned, ' ');
	query_words(&turned, c->family);
	if (!strcmp(buf_str(&name), typed) || !strcmp(buf_str(&turned), typed))
		best = 1;
	query_tight(&wanted, typed);
	for (int i = 0; i < 4 && wanted.size; i++) {
		buf_reset(&tight);
		query_tight(&tight, exact[i]);
		if (tight.size && !strcmp(buf_str(&tight), buf_str(&wanted)))
			best = 0;
	}
	buf_clear(&name);
	buf_clear(&turned);
	buf_clear(&tight);
	buf_clear(&wanted);
	return best;
}

struct ranked {
	const struct citizen *citizen;
	int strength;
	const char *name;
};

static int by_strength(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->strength != y->strength)
		return x->strength - y->strength;
	int way = strcmp(x->name, y->name);
	if (way)
		return way;
	return x->citizen->key < y->citizen->key ? -1 : x->citizen->key > y->citizen->key;
}

static void typed_words(struct buf *out, const struct query *query)
{
	for (const struct term *t = query->root->first; t; t = t->next) {
		if (!top_word(query, t))
			continue;
		if (out->size)
			buf_char(out, ' ');
		query_words(out, t->text);
	}
}

static void rank(const struct query *query, const struct page *rows, struct ranked *ranked,
	struct arena *arena)
{
	struct buf typed = { 0 }, name = { 0 };

	typed_words(&typed, query);
	for (int i = 0; i < rows->citizen_count; i++) {
		const struct citizen *c = &rows->citizens[i];

		buf_reset(&name);
		query_words(&name, c->family);
		buf_char(&name, ' ');
		query_words(&name, c->given);
		ranked[i] = (struct ranked){ c, strength(c, buf_str(&typed)),
			arena_copy(arena, buf_str(&name)) };
	}
	qsort(ranked, (size_t)rows->citizen_count, sizeof(*ranked), by_strength);
	buf_clear(&typed);
	buf_clear(&name);
}

static bool has_citizen(const struct page *page, int64_t key)
{
	for (int i = 0; i < page->citizen_count; i++)
		if (page->citizens[i].key == key)
			return true;
	return false;
}

static void add_citizen(const struct overlay *o, const struct citizen *c, const char *match,
	int limit, struct page *page)
{
	if (page->citizen_count >= limit || has_citizen(page, c->key))
		return;

	struct citizen *to = page_add_citizen(page);
	citizen_copy(to, c, &page->arena);
	to->match = arena_copy(&page->arena, match);
	if (!to->pending)
		overlay_citizen(o, to, &page->arena);
}

bool store_citizens(struct store *store, const struct query *query, const struct query_now *now,
	int limit, struct page *page)
{
	const struct overlay *o = store_overlay(store);
	struct page answered, rows;
	struct arena arena = { 0 };

	page_init(&answered);
	page_init(&rows);
	for (int i = 0; i < o->page.citizen_count; i++)
		if (o->page.citizens[i].key < 0 &&
			query_match_citizen(query, now, &o->page.citizens[i]))
			add_citizen(o, &o->page.citizens[i], "prefix", limit, page);
	answered_citizens(store, query, &answered);
	for (int i = 0; i < answered.citizen_count; i++)
		add_citizen(o, &answered.citizens[i], answered.citizens[i].match, limit, page);
	if (page->citizen_count < limit) {
		cached_citizens(store, query, now, &rows);
		struct ranked *ranked = xcalloc((size_t)rows.citizen_count + 1, sizeof(*ranked));

		rank(query, &rows, ranked, &arena);
		for (int i = 0; i < rows.citizen_count; i++)
			add_citizen(o, ranked[i].citizen, ranked[i].strength ? "prefix" : "exact",
				limit, page);
		free(ranked);
	}
	arena_clear(&arena);
	page_clear(&answered);
	page_clear(&rows);
	return true;
}

/* ---- a timeline */

static const char timeline_name[] = "timeline";

static void make_event_select(struct buf *sql)
{
	buf_text(sql, "SELECT case_key, ");
	members_names(sql, event_members, "");
	buf_text(sql, " FROM event WHERE case_key = ? ORDER BY at, mark");
}

static const char *answer_text(const char *answer, struct arena *arena)
{
	struct json *j = answer ? json_read(answer, strlen(answer), NULL, NULL) : NULL;
	const char *text = json_get_text(j, "text");

	if (!text)
		text = json_get_text(j, "template");
	text = arena_copy(arena, text);
	json_free(j);
	return text;
}

/* Field to [before, after], as the service tells changes. */
static const char *changes_json(const struct patch *p, struct arena *arena)
{
	struct buf text = { 0 };
	struct json_out out = { .buf = &text };

	json_open(&out, NULL, '{');
	for (int i = 0; i < p->count; i++) {
		json_open(&out, p->changes[i].field, '[');
		json_put_text(&out, NULL, p->changes[i].before);
		json_put_text(&out, NULL, p->changes[i].after);
		json_close(&out, ']');
	}
	json_close(&out, '}');
	const char *copy = arena_copy(arena, buf_str(&text));
	buf_clear(&text);
	return copy;
}

/* What goes along has no id yet: it cannot be fetched. */
static const char *files_json(const struct patch *p, struct arena *arena)
{
	struct buf text = { 0 };
	struct json_out out = { .buf = &text };

	if (!p->file_count)
		return NULL;
	json_open(&out, NULL, '[');
	for (int i = 0; i < p->file_count; i++) {
		json_open(&out, NULL, '{');
		json_put_text(&out, "name", p->files[i].name);
		json_put_text(&out, "type", p->files[i].type);
		json_put_int(&out, "size", p->files[i].size);
		json_close(&out, '}');
	}
	json_close(&out, ']');
	const char *copy = arena_copy(arena, buf_str(&text));
	buf_clear(&text);
	return copy;
}

static struct event *add_event(struct page *page, const struct patch *p, enum event_kind kind,
	const char *wire, bool pending)
{
	struct event *e = page_add_event(page);

	e->casefile = p->object;
	e->service = arena_copy(&page->arena, p->service);
	e->kind = kind;
	e->wire = wire;
	e->at = p->made;
	e->pending = pending;
	return e;
}

/* What a patch of ours will have put on the timeline. */
static void patch_events(struct page *page, const struct patch *p, bool pending)
{
	if (p->count && !p->creates)
		add_event(page, p, EVENT_CHANGE, "changed", pending)->changes =
			changes_json(p, &page->arena);
	if (p->note) {
		struct event *note = add_event(page, p, EVENT_NOTE, "note", pending);

		note->text = arena_copy(&page->arena, p->note);
		note->files = p->answer ? NULL : files_json(p, &page->arena);
	}
	if (!p->answer)
		return;

	struct event *e = add_event(page, p, EVENT_MAIL_OUT, "answer", pending);
	e->text = answer_text(p->answer, &page->arena);
	e->files = files_json(p, &page->arena);
	e->visible = true;
}

/* Accepted, but the timeline that is here is older than that: shown until the next one comes. */
static void done_events(struct store *store, int64_t key, int64_t newest, struct page *page)
{
	sqlite3_stmt *stmt =
		base_stmt(&store->outbox, "SELECT body, object FROM done WHERE object = ?1 "
					  "AND last_event > ?2 ORDER BY key");

	bind_int(stmt, 1, key);
	bind_int(stmt, 2, newest);
	while (stmt_row(stmt)) {
		struct patch p = { 0 };

		if (json_read_outbox(column_str(stmt, 0), &p, NULL)) {
			p.object = sqlite3_column_int64(stmt, 1);
			patch_events(page, &p, false);
		}
		patch_clear(&p);
	}
}

/* Who writes here: the one the service knows this token by. */
static void sign(struct store *store, struct event *events, int count, struct arena *arena)
{
	for (int i = 0; i < count; i++) {
		sqlite3_stmt *stmt =
			base_stmt(&store->cache, "SELECT me FROM profile WHERE service = ?");

		bind_text(stmt, 1, events[i].service);
		if (stmt_row(stmt))
			events[i].by = column_copy(stmt, 0, arena);
		sqlite3_reset(stmt);
	}
}

/* That an answer went out is told on the answer itself; only that it failed is an entry for people. */
static void fold_deliveries(struct page *page)
{
	int kept = 0;

	for (int i = 0; i < page->event_count; i++) {
		struct event *e = &page->events[i], *answer = NULL;
		bool delivery = e->wire && !strcmp(e->wire, "delivery");
		bool failed = e->delivery && !strcmp(e->delivery, "failed");

		for (int k = kept - 1; delivery && k >= 0 && !answer; k--)
			if (page->events[k].seq == e->about)
				answer = &page->events[k];
		if (answer)
			answer->said = failed ? NULL : e->text;
		if (!answer || failed)
			page->events[kept++] = *e;
	}
	page->event_count = kept;
}

bool store_events(struct store *store, int64_t case_key, struct page *page)
{
	const struct overlay *o = store_overlay(store);
	int64_t newest = 0;

	case_key = store_real_key(store, case_key);
	sqlite3_stmt *stmt = base_made(&store->cache, timeline_name, make_event_select);
	bind_int(stmt, 1, case_key);
	while (stmt_row(stmt)) {
		struct event *e = page_add_event(page);

		e->casefile = sqlite3_column_int64(stmt, 0);
		members_read(stmt, 1, event_members, e, &page->arena);
		if (e->seq > newest)
			newest = e->seq;
	}
	fold_deliveries(page);
	int theirs = page->event_count;
	if (newest)
		done_events(store, case_key, newest, page);
	for (int i = 0; i < o->count; i++)
		if (o->patches[i].on == ON_CASE && o->patches[i].object == case_key)
			patch_events(page, &o->patches[i], true);
	sign(store, page->events + theirs, page->event_count - theirs, &page->arena);
	return page->event_count > 0;
}

/* ---- the rest */

static const char log_name[] = "access log";

static void make_access_select(struct buf *sql)
{
	buf_text(sql, "SELECT ");
	members_names(sql, access_members, "");
	buf_text(sql, " FROM access WHERE citizen_key = ? ORDER BY place");
}

bool store_accesses(struct store *store, int64_t citizen_key, struct page *page)
{
	sqlite3_stmt *stmt = base_made(&store->cache, log_name, make_access_select);

	bind_int(stmt, 1, store_real_key(store, citizen_key));
	while (stmt_row(stmt))
		members_read(stmt, 0, access_members, page_add_access(page), &page->arena);
	return page->access_count > 0;
}

/* Rows of one of the tables of people, of one service or of all. */
static sqlite3_stmt *people(struct store *store, const char *table, const struct member *m,
	const char *order, const char *service)
{
	struct buf sql = { 0 };

	buf_text(&sql, "SELECT ");
	members_names(&sql, m, "");
	buf_printf(&sql, " FROM %s WHERE ?1 IS NULL OR service = ?1 ORDER BY %s", table, order);
	sqlite3_stmt *stmt = base_prepare(&store->cache, buf_str(&sql));
	buf_clear(&sql);
	bind_text(stmt, 1, service);
	return stmt;
}

static void read_kinds(struct store *store, const char *service, struct page *page)
{
	sqlite3_stmt *stmt =
		base_stmt(&store->cache, "SELECT service, body FROM kind WHERE ?1 IS NULL OR "
					 "service = ?1 ORDER BY service, id");

	bind_text(stmt, 1, service);
	while (stmt_row(stmt)) {
		const char *text = column_str(stmt, 1);
		struct json *j = text ? json_read(text, strlen(text), NULL, NULL) : NULL;
		struct kind *kind = j ? page_add_kind(page) : NULL;

		if (kind && json_read_kind(j, kind, &page->arena, NULL))
			kind->service = column_copy(stmt, 0, &page->arena);
		else if (kind)
			page->kind_count--;
		json_free(j);
	}
}

bool store_people(struct store *store, const char *service, struct page *page)
{
	sqlite3_stmt *stmt = people(store, "worker", worker_members, "name, id", service);

	while (stmt && sqlite3_step(stmt) == SQLITE_ROW)
		members_read(stmt, 0, worker_members, page_add_worker(page), &page->arena);
	sqlite3_finalize(stmt);
	stmt = people(store, "team", team_members, "name, id", service);
	while (stmt && sqlite3_step(stmt) == SQLITE_ROW)
		members_read(stmt, 0, team_members, page_add_team(page), &page->arena);
	sqlite3_finalize(stmt);
	stmt = people(store, "template", template_members, "name, id", service);
	while (stmt && sqlite3_step(stmt) == SQLITE_ROW)
		members_read(stmt, 0, template_members, page_add_template(page), &page->arena);
	sqlite3_finalize(stmt);
	stmt = people(store, "profile", profile_members, "place", service);
	if (stmt && sqlite3_step(stmt) == SQLITE_ROW)
		members_read(stmt, 0, profile_members, page_set_profile(page), &page->arena);
	sqlite3_finalize(stmt);
	read_kinds(store, service, page);
	return page->worker_count || page->team_count || page->template_count || page->kind_count ||
	       page->profile;
}

/* ---- cases as a service answered them */

bool store_answered(struct store *store, const struct query *query, int limit, struct page *page)
{
	struct buf text = { 0 };
	sqlite3_stmt *stmt = base_stmt(&store->cache,
		"SELECT r.key FROM list AS l JOIN list_row AS r ON r.list = l.id "
		"WHERE l.what = 'cases' AND l.text = ?1 AND "
		"(?2 IS NULL OR l.service = ?2) ORDER BY r.place, l.service");
	int64_t *keys = xcalloc((size_t)limit + 1, sizeof(*keys));
	int count = 0;

	query_print(&text, query);
	bind_text(stmt, 1, buf_str(&text));
	bind_text(stmt, 2, query->source);
	buf_clear(&text);
	while (stmt_row(stmt))
		if (count < limit)
			keys[count++] = sqlite3_column_int64(stmt, 0);
	for (int i = 0; i < count; i++)
		store_case(store, keys[i], page);
	free(keys);
	return count > 0;
}

bool store_list_edge(struct store *store, const char *service, const char *what, const char *text,
	struct page *page)
{
	sqlite3_stmt *stmt = base_stmt(&store->cache,
		"SELECT r.key FROM list AS l JOIN list_row AS r ON r.list = l.id "
		"WHERE l.service = ?1 AND l.what = ?2 AND l.text = ?3 ORDER BY r.place DESC LIMIT 1");

	bind_text(stmt, 1, service);
	bind_text(stmt, 2, what);
	bind_text(stmt, 3, text);
	int64_t key = stmt_row(stmt) ? sqlite3_column_int64(stmt, 0) : 0;
	sqlite3_reset(stmt);
	return key && cache_case(store, key, page);
}

/* ---- me */

int store_who(struct store *store, const struct query_who **list, struct arena *arena)
{
	sqlite3_stmt *stmt = base_stmt(
		&store->cache, "SELECT service, me, my_team FROM profile ORDER BY place");
	struct query_who *who = NULL;
	int count = 0;

	while (stmt_row(stmt)) {
		struct query_who *more =
			arena_alloc(arena, (size_t)(count + 1) * sizeof(*more));

		if (count)
			memcpy(more, who, (size_t)count * sizeof(*more));
		who = more;
		who[count++] = (struct query_who){ .service = column_copy(stmt, 0, arena),
			.me = column_copy(stmt, 1, arena),
			.team = column_copy(stmt, 2, arena) };
	}
	*list = who;
	return count;
}

int store_profiles(struct store *store, struct profile **list, struct arena *arena)
{
	sqlite3_stmt *stmt = people(store, "profile", profile_members, "place", NULL);
	int count = 0;

	*list = NULL;
	while (stmt && sqlite3_step(stmt) == SQLITE_ROW) {
		struct profile *more = arena_alloc(arena, (size_t)(count + 1) * sizeof(*more));

		if (count)
			memcpy(more, *list, (size_t)count * sizeof(*more));
		*list = more;
		members_read(stmt, 0, profile_members, &more[count++], arena);
	}
	sqlite3_finalize(stmt);
	return count;
}
