/* Reading: windows of rows, counts, one case, one citizen, a timeline. Windows go by key, never by
   OFFSET; pending patches are laid over what is read (store_overlay.c). */
#include "model/store_own.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/i18n.h"
#include "model/query_field.h"
#include "model/when.h"

/* Up to this many rows a word may find before its index is no help: then the rows are looked at in
   their order, and the first screenful of hits ends it. */
enum { WORD_ROWS_MAX = 2000 };

enum { SERVICES_MOST = 64 };

/* ---- one case, one citizen */

static void make_case_select(struct buf *sql)
{
	buf_text(sql, "SELECT key, ");
	members_names(sql, case_members, "");
	buf_text(sql, " FROM cases WHERE key = ?");
}

static void make_citizen_select(struct buf *sql)
{
	buf_text(sql, "SELECT key, ");
	members_names(sql, citizen_members, "");
	buf_text(sql, " FROM citizens WHERE key = ?");
}

static void read_case(sqlite3_stmt *stmt, struct page *page)
{
	struct casefile *cf = page_add_case(page);

	cf->key = sqlite3_column_int64(stmt, 0);
	members_read(stmt, 1, case_members, cf, &page->arena);
}

void read_citizen(sqlite3_stmt *stmt, struct page *page)
{
	struct citizen *c = page_add_citizen(page);

	c->key = sqlite3_column_int64(stmt, 0);
	members_read(stmt, 1, citizen_members, c, &page->arena);
}

bool cache_case(struct store *store, int64_t key, struct page *page)
{
	sqlite3_stmt *stmt = base_made(&store->cache, case_members, make_case_select);

	bind_int(stmt, 1, key);
	if (!stmt_row(stmt))
		return false;
	read_case(stmt, page);
	sqlite3_reset(stmt);
	return true;
}

bool cache_citizen(struct store *store, int64_t key, struct page *page)
{
	sqlite3_stmt *stmt = base_made(&store->cache, citizen_members, make_citizen_select);

	bind_int(stmt, 1, key);
	if (!stmt_row(stmt))
		return false;
	read_citizen(stmt, page);
	sqlite3_reset(stmt);
	return true;
}

/* key, service, id, number, title, version of a case there is no row for. */
static bool read_stub(sqlite3_stmt *stmt, int64_t key, bool gone, struct page *page)
{
	bind_int(stmt, 1, key);
	if (!stmt_row(stmt))
		return false;

	struct casefile *cf = page_add_case(page);
	cf->key = key;
	cf->service = column_copy(stmt, 0, &page->arena);
	cf->id = column_copy(stmt, 1, &page->arena);
	cf->number = column_copy(stmt, 2, &page->arena);
	cf->subject = column_copy(stmt, 3, &page->arena);
	cf->version = column_copy(stmt, 4, &page->arena);
	cf->gone = gone;
	sqlite3_reset(stmt);
	return true;
}

bool outbox_object_case(struct store *store, int64_t key, struct page *page)
{
	return read_stub(base_stmt(&store->outbox, "SELECT service, id, number, title, version "
						   "FROM object WHERE key = ? AND on_ = 0"),
		key, false, page);
}

bool outbox_object_citizen(struct store *store, int64_t key, struct page *page)
{
	sqlite3_stmt *stmt = base_stmt(&store->outbox, "SELECT service, id, version FROM object "
						       "WHERE key = ? AND on_ = 1");

	bind_int(stmt, 1, key);
	if (!stmt_row(stmt))
		return false;

	struct citizen *c = page_add_citizen(page);
	c->key = key;
	c->service = column_copy(stmt, 0, &page->arena);
	c->id = column_copy(stmt, 1, &page->arena);
	c->version = column_copy(stmt, 2, &page->arena);
	sqlite3_reset(stmt);
	return true;
}

static bool gone_case(struct store *store, int64_t key, struct page *page)
{
	return read_stub(
		base_stmt(&store->cache,
			"SELECT service, id, number, subject, NULL FROM gone WHERE key = ?"),
		key, true, page);
}

bool store_case_plain(struct store *store, int64_t key, struct page *page)
{
	key = store_real_key(store, key);
	return cache_case(store, key, page) || gone_case(store, key, page) ||
	       outbox_object_case(store, key, page);
}

static const struct casefile *laid_over(const struct overlay *o, int64_t key)
{
	for (int i = 0; i < o->page.case_count; i++)
		if (o->page.cases[i].key == key)
			return &o->page.cases[i];
	return NULL;
}

bool store_case(struct store *store, int64_t key, struct page *page)
{
	key = store_real_key(store, key);
	const struct casefile *cf = laid_over(store_overlay(store), key);

	if (!cf)
		return store_case_plain(store, key, page);
	case_copy(page_add_case(page), cf, &page->arena);
	return true;
}

bool store_citizen(struct store *store, int64_t key, struct page *page)
{
	const struct overlay *o = store_overlay(store);

	key = store_real_key(store, key);
	for (int i = 0; i < o->page.citizen_count; i++) {
		if (o->page.citizens[i].key != key)
			continue;
		citizen_copy(page_add_citizen(page), &o->page.citizens[i], &page->arena);
		return true;
	}
	return cache_citizen(store, key, page) || outbox_object_citizen(store, key, page);
}

/* The only key in the rows, 0: none, -1: of several services. */
static int64_t one_key(sqlite3_stmt *stmt, const char *service, const char *ref, int64_t found)
{
	bind_text(stmt, 1, ref);
	bind_text(stmt, 2, service);
	while (stmt_row(stmt)) {
		int64_t key = sqlite3_column_int64(stmt, 0);

		found = found && found != key ? -1 : key;
	}
	return found;
}

int64_t store_case_key(struct store *store, const char *service, const char *ref)
{
	int64_t key = one_key(
		base_stmt(&store->cache, "SELECT key FROM cases WHERE (number = ?1 OR id = ?1) "
					 "AND (?2 IS NULL OR service = ?2)"),
		service, ref, 0);

	if (key)
		return key;
	return one_key(base_stmt(&store->outbox, "SELECT key FROM object WHERE on_ = 0 AND "
						 "(number = ?1 OR id = ?1) "
						 "AND (?2 IS NULL OR service = ?2)"),
		service, ref, 0);
}

int64_t store_citizen_key(struct store *store, const char *service, const char *ref)
{
	return one_key(
		base_stmt(&store->cache, "SELECT key FROM citizens WHERE (ref = ?1 OR id = ?1) "
					 "AND (?2 IS NULL OR service = ?2)"),
		service, ref, 0);
}

/* ---- lists */

static const struct query_column case_columns_sql[] = {
	{ "assignee", "c.worker", QUERY_TEXT },
	{ "channel", "c.channel", QUERY_TEXT },
	{ "citizen", "c.citizen", QUERY_TEXT },
	{ "delivery", "c.delivery", QUERY_TEXT },
	{ "due", "c.due", QUERY_TIME_S },
	{ "fields.", "json_extract(c.fields, '$.%s')", QUERY_JSON },
	{ "group", "c.group_", QUERY_TEXT },
	{ "id", "c.id", QUERY_TEXT },
	{ "is", "c.is_open", QUERY_FLAG },
	{ "kind", "c.kind", QUERY_TEXT },
	{ "language", "c.language", QUERY_TEXT },
	{ "leased", "c.holder", QUERY_TEXT },
	{ "number", "c.number", QUERY_TEXT },
	{ "opened", "c.opened", QUERY_TIME_S },
	{ "outcome", "c.outcome", QUERY_TEXT },
	{ "priority", "c.priority", QUERY_NUMBER },
	{ "service", "c.queue", QUERY_TEXT },
	{ "skill", "c.skills", QUERY_WORDS },
	{ "status", "c.status", QUERY_TEXT },
	{ "step", "c.step", QUERY_TEXT },
	{ "subject", "c.sort_subject", QUERY_FOLDED },
	{ "surge", "c.surge", QUERY_TEXT },
	{ "tag", "c.tags", QUERY_WORDS },
	{ "team", "c.team", QUERY_TEXT },
	{ "updated", "c.changed", QUERY_TIME_S },
	{ NULL, NULL, QUERY_TEXT },
};

void fts_phrase(struct buf *out, const struct term *t, const char *words)
{
	buf_printf(out, "\"%s\"%s", words, t->kind == TERM_PREFIX ? " *" : "");
}

static bool common(struct store *store, const char *phrase)
{
	sqlite3_stmt *stmt =
		base_stmt(&store->cache, "SELECT count(*) FROM (SELECT 1 FROM case_words WHERE "
					 "case_words MATCH ?1 LIMIT ?2)");

	bind_text(stmt, 1, phrase);
	bind_int(stmt, 2, WORD_ROWS_MAX);
	bool many = stmt_row(stmt) && sqlite3_column_int(stmt, 0) == WORD_ROWS_MAX;
	sqlite3_reset(stmt);
	return many;
}

static void case_match(struct query_sql *sql, const struct term *t, const char *words)
{
	struct buf phrase = { 0 };

	fts_phrase(&phrase, t, words);
	if (common(sql->ctx, buf_str(&phrase))) {
		const char *part = arena_printf(
			&sql->arena, " %s%s", words, t->kind == TERM_PREFIX ? "" : " ");

		buf_printf(&sql->where, "instr(c.words, %s) > 0", query_sql_bind(sql, part));
	} else {
		buf_printf(&sql->where,
			"c.key IN (SELECT rowid FROM case_words WHERE case_words MATCH %s)",
			query_sql_bind(sql, buf_str(&phrase)));
	}
	buf_clear(&phrase);
}

void bind_query(sqlite3_stmt *stmt, const struct query_sql *sql)
{
	char name[16];

	for (int i = 0; stmt && i < sql->value_count; i++) {
		snprintf(name, sizeof(name), "$%d", i + 1);
		/* 0: the condition did not need it. */
		bind_text(stmt, sqlite3_bind_parameter_index(stmt, name), sql->values[i]);
	}
}

/* One sort key as SQL orders by it. What has no value comes last either way. */
struct sort_part {
	const struct query_field *field;
	bool down;
	const char *sql;
};

enum { SORT_MAX = 6 };

struct sort {
	struct arena arena;
	struct sort_part parts[SORT_MAX];
	int count;
	bool key_down, same_way;
};

static const char *column_named(const char *field)
{
	for (const struct query_column *c = case_columns_sql; c->field; c++)
		if (!strcmp(c->field, field))
			return c->sql;
	return "c.key";
}

static const char *sort_sql(struct sort *sort, const struct query_field *f, bool down)
{
	const char *column = column_named(f->name);

	if (!strcmp(f->name, "number"))
		return "c.number COLLATE counted";
	if (query_sort_plain(f))
		return column;
	if (!strcmp(f->name, "due"))
		return down ? "c.due" : "c.sort_due";
	if (f->type == QUERY_NUMBER)
		return down ? "c.priority" : "c.sort_priority";
	return arena_printf(&sort->arena,
		down ? "ifnull(%s, '')" : "ifnull(nullif(%s, ''), char(1114111))", column);
}

static void sort_read(struct sort *sort, const struct query *query)
{
	bool down = false;
	const char *key;

	*sort = (struct sort){ .same_way = true };
	for (int i = 0; (key = query_sort_key(query, i, &down, &sort->arena)); i++) {
		const struct query_field *f = query_sort_find(key);

		if (!f || sort->count == SORT_MAX)
			continue;
		sort->parts[sort->count++] = (struct sort_part){ f, down, sort_sql(sort, f, down) };
		sort->key_down = down;
	}
	for (int i = 0; i < sort->count; i++)
		sort->same_way = sort->same_way && sort->parts[i].down == sort->key_down;
}

static void put_order(struct buf *sql, const struct sort *sort, bool back)
{
	buf_text(sql, " ORDER BY ");
	for (int i = 0; i < sort->count; i++)
		buf_printf(sql, "%s%s, ", sort->parts[i].sql,
			sort->parts[i].down != back ? " DESC" : "");
	buf_printf(sql, "c.k%s", sort->key_down != back ? " DESC" : "");
}

/* All in one direction: what an index can jump to. */
static void put_row_bound(struct buf *sql, const struct sort *sort, bool back)
{
	buf_text(sql, " AND (");
	for (int i = 0; i < sort->count; i++)
		buf_printf(sql, "%s, ", sort->parts[i].sql);
	buf_printf(sql, "c.k) %s (",
		sort->key_down != back ? (back ? "<" : "<=") : (back ? ">" : ">="));
	/* A row going back stops short of the one it goes from. */
	for (int i = 0; i < sort->count; i++)
		buf_printf(sql, ":w%d, ", i);
	buf_text(sql, ":key)");
}

/* Mixed directions: (a > x OR (a = x AND (b < y OR (b = y AND k >= key)))). */
static void put_mixed_bound(struct buf *sql, const struct sort *sort, bool back)
{
	const struct sort_part *first = &sort->parts[0];

	buf_printf(sql, " AND %s %s :w0 AND (", first->sql, first->down != back ? "<=" : ">=");
	for (int i = 0; i < sort->count; i++)
		buf_printf(sql, "%s %s :w%d OR (%s = :w%d AND (", sort->parts[i].sql,
			sort->parts[i].down != back ? "<" : ">", i, sort->parts[i].sql, i);
	buf_printf(sql, "c.k %s%s :key", sort->key_down != back ? "<" : ">", back ? "" : "=");
	for (int i = 0; i < sort->count; i++)
		buf_text(sql, "))");
	buf_char(sql, ')');
}

static int64_t window_number(const struct query_field *f, const char *value)
{
	time_t at = 0;

	if (!value || !*value)
		return 0;
	if (f->type == QUERY_TIME_S && strchr(value, '-') && when_read(value, &at))
		return at;
	return strtoll(value, NULL, 10);
}

static void bind_window(sqlite3_stmt *stmt, const struct sort *sort, const struct window *w)
{
	char name[16];

	for (int i = 0; i < sort->count; i++) {
		const struct sort_part *p = &sort->parts[i];
		const char *value = w->values[i];

		snprintf(name, sizeof(name), ":w%d", i);
		int at = sqlite3_bind_parameter_index(stmt, name);
		if (p->field->type == QUERY_NUMBER || p->field->type == QUERY_TIME_S) {
			int64_t number = window_number(p->field, value);
			bool last = !number && !p->down && !query_sort_plain(p->field);
			int64_t end = p->field->type == QUERY_NUMBER ? INT32_MAX : INT64_MAX;

			bind_int(stmt, at, last ? end : number);
		} else if (p->field->type == QUERY_FOLDED) {
			struct buf words = { 0 };

			query_words(&words, value);
			bind_text(stmt, at, buf_str(&words));
			buf_clear(&words);
		} else {
			bool none = !value || !*value;

			bind_text(stmt, at, none ? (p->down ? "" : "\364\217\277\277") : value);
		}
	}
	bind_int(stmt, sqlite3_bind_parameter_index(stmt, ":key"), w->key);
}

/* The case a window begins at, as far as sorting goes: for those that are not in SQL. */
static void window_case(struct casefile *cf, const struct sort *sort, const struct window *w)
{
	cf->key = w->key;
	for (int i = 0; i < sort->count; i++) {
		const struct query_field *f = sort->parts[i].field;
		char *at = (char *)cf + f->offset;

		if (f->type == QUERY_NUMBER)
			*(int *)(void *)at = (int)window_number(f, w->values[i]);
		else if (f->type == QUERY_TIME_S)
			*(time_t *)(void *)at = (time_t)window_number(f, w->values[i]);
		else
			*(const char **)(void *)at = w->values[i];
	}
}

/* Services that know me by the same name and team, and what they are asked. `me` of two services
   made one condition would be an OR that no index has in order: so each share is a question of its
   own, answered in list order, and the answers are merged. */
struct share {
	struct query_now now;
	const char **services; /* ends with NULL; NULL: no matter which */
};

struct shares {
	struct arena arena;
	struct share *list;
	int count;
};

static bool same_text(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

static bool same_or_none(const char *a, const char *b)
{
	return (!a && !b) || same_text(a, b);
}

static struct share *share_of(struct shares *shares, const struct query_now *mine, int room)
{
	for (int i = 0; i < shares->count; i++) {
		struct share *s = &shares->list[i];

		if (same_or_none(s->now.me, mine->me) && same_or_none(s->now.team, mine->team))
			return s;
	}
	struct share *s = &shares->list[shares->count++];
	*s = (struct share){ .now = *mine };
	s->services = arena_alloc(&shares->arena, (size_t)(room + 1) * sizeof(*s->services));
	return s;
}

static void shares_make(
	struct shares *shares, const struct query *query, const struct query_now *now)
{
	bool each = !query->source && now->who_count > 1 && query_has_me(query);
	int room = each ? now->who_count : 1;
	const char *only = query->source ? query->source
			   : now->who_count ? now->who[0].service
					    : NULL;

	*shares = (struct shares){ 0 };
	shares->list = arena_alloc(&shares->arena, (size_t)room * sizeof(*shares->list));
	for (int i = 0; each && i < room; i++) {
		struct query_now mine = query_now_of(now, now->who[i].service);
		const char **at = share_of(shares, &mine, room)->services;

		while (*at)
			at++;
		*at = now->who[i].service;
	}
	if (!each)
		shares->list[shares->count++].now = query_now_of(now, only);
	/* All of one mind: then there is nothing to tell apart. */
	if (shares->count == 1)
		shares->list[0].services = NULL;
}

static void put_share(struct buf *sql, const struct share *share)
{
	for (int i = 0; share->services && share->services[i]; i++)
		buf_printf(sql, i ? ", :s%d" : " AND c.service IN (:s%d", i);
	buf_text(sql, share->services ? ")" : "");
}

static void bind_share(sqlite3_stmt *stmt, const struct share *share)
{
	char name[16];

	for (int i = 0; stmt && share->services && share->services[i]; i++) {
		snprintf(name, sizeof(name), ":s%d", i);
		bind_text(stmt, sqlite3_bind_parameter_index(stmt, name), share->services[i]);
	}
}

static void put_where(struct buf *sql, const struct query *query, const struct query_sql *where,
	const struct share *share, const struct overlay *o)
{
	buf_text(sql, buf_str(&where->where));
	put_share(sql, share);
	if (query->source)
		buf_text(sql, " AND c.service = :source");
	if (o->page.case_count)
		buf_text(sql, " AND c.key NOT IN (SELECT key FROM temp.pending)");
}

static bool where_of(struct store *store, const struct query *query, const struct query_now *now,
	struct query_sql *where, struct error *err)
{
	*where = (struct query_sql){
		.columns = case_columns_sql,
		.match = case_match,
		.ctx = store,
		.now = *now,
	};
	return query_to_sql(query, where, err);
}

static void bind_source(sqlite3_stmt *stmt, const struct query *query)
{
	int at = stmt ? sqlite3_bind_parameter_index(stmt, ":source") : 0;

	if (at)
		bind_text(stmt, at, query->source);
}

static void reverse(struct casefile *cases, int count)
{
	for (int i = 0, j = count - 1; i < j; i++, j--) {
		struct casefile cf = cases[i];

		cases[i] = cases[j];
		cases[j] = cf;
	}
}

/* The rows of the cache that a share has, in list order. */
static bool share_rows(struct store *store, const struct query *query, const struct share *share,
	const struct query_sql *where, const struct sort *sort, const struct window *w,
	struct page *rows, struct error *err)
{
	struct buf sql = { 0 };

	buf_text(&sql, "SELECT c.key, ");
	members_names(&sql, case_members, "c.");
	buf_text(&sql, " FROM cases AS c WHERE ");
	put_where(&sql, query, where, share, store_overlay(store));
	if (w->values && sort->same_way)
		put_row_bound(&sql, sort, w->back);
	else if (w->values)
		put_mixed_bound(&sql, sort, w->back);
	put_order(&sql, sort, w->back);
	buf_text(&sql, " LIMIT :limit");

	sqlite3_stmt *stmt = base_kept(&store->cache, buf_str(&sql));
	buf_clear(&sql);
	if (!stmt)
		return base_error(store, &store->cache, err);
	bind_query(stmt, where);
	bind_share(stmt, share);
	bind_source(stmt, query);
	if (w->values)
		bind_window(stmt, sort, w);
	bind_int(stmt, sqlite3_bind_parameter_index(stmt, ":limit"), w->limit);
	int rc;
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW)
		read_case(stmt, rows);
	if (rc != SQLITE_DONE)
		base_error(store, &store->cache, err);
	sqlite3_reset(stmt);
	if (rc != SQLITE_DONE)
		return false;
	if (w->back)
		reverse(rows->cases, rows->case_count);
	return true;
}

struct found {
	const struct casefile **cases;
	int count;
	const struct query *query;
};

static void found_sort(struct found *f)
{
	for (int i = 1; i < f->count; i++) {
		const struct casefile *cf = f->cases[i];
		int j = i;

		for (; j > 0 && query_compare(f->query, f->cases[j - 1], cf) > 0; j--)
			f->cases[j] = f->cases[j - 1];
		f->cases[j] = cf;
	}
}

/* A case whose row the cache lost has no values to be found by. */
static bool listed(const struct casefile *cf)
{
	return cf->key < 0 || cf->fetched;
}

static void find_laid_over(const struct overlay *o, const struct query_now *now,
	const struct sort *sort, const struct window *w, struct found *f)
{
	struct casefile from = { 0 };

	if (w->values)
		window_case(&from, sort, w);
	f->cases = xcalloc((size_t)o->page.case_count + 1, sizeof(*f->cases));
	for (int i = 0; i < o->page.case_count; i++) {
		const struct casefile *cf = &o->page.cases[i];

		if (!listed(cf) || !query_match(f->query, now, cf))
			continue;
		if (w->values && (query_compare(f->query, cf, &from) < 0) != w->back)
			continue;
		f->cases[f->count++] = cf;
	}
	found_sort(f);
}

/* Both in list order: the rows of a share among what was found so far. */
static void found_add(struct found *f, const struct page *rows)
{
	size_t room = (size_t)(f->count + rows->case_count) + 1;
	const struct casefile **both = xcalloc(room, sizeof(*both));
	int i = 0, j = 0, n = 0;

	while (i < rows->case_count || j < f->count) {
		bool row = j == f->count ||
			   (i < rows->case_count &&
				   query_compare(f->query, f->cases[j], &rows->cases[i]) >= 0);

		both[n++] = row ? &rows->cases[i++] : f->cases[j++];
	}
	free(f->cases);
	f->cases = both;
	f->count = n;
}

/* As many as the window takes; going back it is the end that counts. */
static void found_copy(const struct found *f, const struct window *w, struct page *page)
{
	int skip = w->back && f->count > w->limit ? f->count - w->limit : 0;

	for (int n = skip; n < f->count && n < skip + w->limit; n++)
		case_copy(page_add_case(page), f->cases[n], &page->arena);
}

static bool find_share(struct store *store, const struct query *query, const struct share *share,
	const struct sort *sort, const struct window *w, struct page *rows, struct error *err)
{
	struct query_sql where;
	bool good = where_of(store, query, &share->now, &where, err) &&
		    share_rows(store, query, share, &where, sort, w, rows, err);

	query_sql_clear(&where);
	return good;
}

/* What is pending and what each share has, into one list. */
static bool find_merged(struct store *store, const struct query *query, const struct query_now *now,
	const struct shares *shares, const struct sort *sort, const struct window *w,
	struct page *page, struct error *err)
{
	struct page *rows = xcalloc((size_t)shares->count, sizeof(*rows));
	struct found all = { .query = query };
	bool good = true;

	find_laid_over(store_overlay(store), now, sort, w, &all);
	for (int i = 0; i < shares->count; i++) {
		page_init(&rows[i]);
		good = good && find_share(store, query, &shares->list[i], sort, w, &rows[i], err);
		if (good)
			found_add(&all, &rows[i]);
	}
	if (good)
		found_copy(&all, w, page);
	for (int i = 0; i < shares->count; i++)
		page_clear(&rows[i]);
	free(rows);
	free(all.cases);
	return good;
}

bool store_find(struct store *store, const struct query *query, const struct query_now *now,
	struct window w, struct page *page, struct error *err)
{
	const struct overlay *o = store_overlay(store);
	struct shares shares;
	struct sort sort;
	bool good;

	sort_read(&sort, query);
	shares_make(&shares, query, now);
	/* Without pending patches, and called the same everywhere, there is nothing to merge. */
	if (shares.count == 1 && !o->page.case_count)
		good = find_share(store, query, &shares.list[0], &sort, &w, page, err);
	else
		good = find_merged(store, query, now, &shares, &sort, &w, page, err);
	arena_clear(&shares.arena);
	arena_clear(&sort.arena);
	return good;
}

/* Whether the indexes alone can count it. */
static bool counts_fast(const struct term *t)
{
	static const char *const indexed[] = { "is", "assignee", "team", "due", NULL };

	if (t->kind == TERM_ALL || t->kind == TERM_ANY) {
		for (const struct term *part = t->first; part; part = part->next)
			if (!counts_fast(part))
				return false;
		return true;
	}
	for (int i = 0; t->kind == TERM_FILTER && indexed[i]; i++)
		if (!strcmp(t->field, indexed[i]))
			return t->op != OP_NEAR;
	return false;
}

/* Negative: it stopped at STORE_COUNT_MAX or might have. */
static int count_rows(struct store *store, const struct query *query, const struct share *share,
	const struct query_sql *where, const struct overlay *o)
{
	bool fast = counts_fast(query->root);
	struct buf sql = { 0 };

	buf_text(&sql, "SELECT count(*) FROM (SELECT 1 FROM cases AS c WHERE ");
	put_where(&sql, query, where, share, o);
	if (!fast)
		buf_printf(&sql, " LIMIT %d", STORE_COUNT_MAX);
	buf_char(&sql, ')');
	sqlite3_stmt *stmt = base_kept(&store->cache, buf_str(&sql));
	bind_query(stmt, where);
	bind_share(stmt, share);
	bind_source(stmt, query);
	int count = stmt && sqlite3_step(stmt) == SQLITE_ROW ? sqlite3_column_int(stmt, 0) : 0;
	sqlite3_reset(stmt);
	buf_clear(&sql);
	return fast ? count : -count;
}

static int count_share(struct store *store, const struct query *query, const struct share *share)
{
	struct query_sql where;
	int count = 0;

	if (where_of(store, query, &share->now, &where, NULL))
		count = count_rows(store, query, share, &where, store_overlay(store));
	query_sql_clear(&where);
	return count;
}

int store_count(struct store *store, const struct query *query, const struct query_now *now)
{
	const struct overlay *o = store_overlay(store);
	struct shares shares;
	int count = 0;
	bool capped = false;

	shares_make(&shares, query, now);
	for (int i = 0; i < shares.count; i++) {
		int rows = count_share(store, query, &shares.list[i]);

		capped = capped || rows < 0;
		count += rows < 0 ? -rows : rows;
	}
	arena_clear(&shares.arena);
	for (int i = 0; i < o->page.case_count; i++)
		count += listed(&o->page.cases[i]) && query_match(query, now, &o->page.cases[i]);
	return capped && count > STORE_COUNT_MAX ? STORE_COUNT_MAX : count;
}

/* How many more of them there are by what is pending here than the service can know of. */
static int pending_shift(
	struct store *store, const struct query *query, const struct query_now *now)
{
	const struct overlay *o = store_overlay(store);
	int shift = 0;

	for (int i = 0; i < o->page.case_count; i++) {
		const struct casefile *cf = &o->page.cases[i];
		struct page told;

		page_init(&told);
		if (listed(cf) && query_match(query, now, cf))
			shift++;
		if (cf->key > 0 && cache_case(store, cf->key, &told) &&
			query_match(query, now, &told.cases[0]))
			shift--;
		page_clear(&told);
	}
	return shift;
}

/* What a service says beyond what is known here of it; *more: it does not say how many. */
static int beyond(struct store *store, const struct query *query, const struct query_now *now,
	const char *service, int total, bool *more)
{
	struct query of_one = *query;

	of_one.source = service;
	int known = store_count(store, &of_one, now);
	int told = total < 0 ? -1 : total + pending_shift(store, &of_one, now);

	*more = *more || total < 0;
	return told > known ? told - known : 0;
}

int store_total(struct store *store, const struct query *query, const struct query_now *now,
	bool *more)
{
	sqlite3_stmt *stmt = base_stmt(&store->cache,
		"SELECT service, total, next FROM list WHERE what = 'cases' AND text = ?1 AND "
		"(?2 IS NULL OR service = ?2)");
	struct arena arena = { 0 };
	struct buf text = { 0 };
	int all = store_count(store, query, now), lists = 0, parts = 0;
	struct { const char *service; int total; } part[SERVICES_MOST];

	query_print(&text, query);
	bind_text(stmt, 1, buf_str(&text));
	bind_text(stmt, 2, query->source);
	for (; stmt_row(stmt); lists++)
		/* All of it is here where there is no next page: then what is here counts. */
		if (column_str(stmt, 2) && parts < SERVICES_MOST) {
			part[parts].service = column_copy(stmt, 0, &arena);
			part[parts++].total = sqlite3_column_int(stmt, 1);
		}
	buf_clear(&text);
	/* One service's own number says more than counting that stopped. */
	*more = all == STORE_COUNT_MAX && !(lists == 1 && parts == 1 && part[0].total >= 0);
	int total = all;
	for (int i = 0; i < parts; i++)
		total += beyond(store, query, now, part[i].service, part[i].total, more);
	arena_clear(&arena);
	return total;
}

const char *const *store_window_values(
	const struct query *query, const struct casefile *cf, struct arena *arena)
{
	struct sort sort;

	sort_read(&sort, query);
	const char **values = arena_alloc(arena, SORT_MAX * sizeof(*values));
	for (int i = 0; i < sort.count; i++) {
		const struct query_field *f = sort.parts[i].field;
		const char *at = (const char *)cf + f->offset;

		if (f->type == QUERY_NUMBER)
			values[i] = arena_printf(arena, "%d", *(const int *)(const void *)at);
		else if (f->type == QUERY_TIME_S)
			values[i] = arena_printf(
				arena, "%lld", (long long)*(const time_t *)(const void *)at);
		else
			values[i] = arena_copy(arena, *(const char *const *)(const void *)at);
	}
	arena_clear(&sort.arena);
	return values;
}

/* ---- the cases of a citizen */

static const char citizen_cases_name[] = "cases of a citizen";

static void make_citizen_cases(struct buf *sql)
{
	buf_text(sql, "SELECT key, ");
	members_names(sql, case_members, "");
	buf_text(sql, " FROM cases WHERE citizen = ? AND service = ?");
}

static int open_first(const void *a, const void *b)
{
	const struct casefile *x = a, *y = b;
	int open = stage_is_open(y->stage) - stage_is_open(x->stage);

	if (open)
		return open;
	if (x->opened != y->opened)
		return x->opened > y->opened ? -1 : 1;
	return x->key < y->key ? -1 : x->key > y->key;
}

bool store_citizen_cases(struct store *store, int64_t citizen_key, struct page *page)
{
	const struct overlay *o = store_overlay(store);
	struct page who, rows;

	page_init(&who);
	page_init(&rows);
	bool known = store_citizen(store, citizen_key, &who) && who.citizens->id;
	if (known) {
		sqlite3_stmt *stmt =
			base_made(&store->cache, citizen_cases_name, make_citizen_cases);

		bind_text(stmt, 1, who.citizens->id);
		bind_text(stmt, 2, who.citizens->service);
		while (stmt_row(stmt))
			read_case(stmt, &rows);
	}
	for (int i = 0; i < rows.case_count; i++)
		if (!laid_over(o, rows.cases[i].key))
			case_copy(page_add_case(page), &rows.cases[i], &page->arena);
	for (int i = 0; known && i < o->page.case_count; i++) {
		const struct casefile *cf = &o->page.cases[i];

		if (same_text(cf->citizen, who.citizens->id) &&
			same_text(cf->service, who.citizens->service))
			case_copy(page_add_case(page), cf, &page->arena);
	}
	if (page->case_count > 1)
		qsort(page->cases, (size_t)page->case_count, sizeof(*page->cases), open_first);
	page_clear(&who);
	page_clear(&rows);
	return known;
}
