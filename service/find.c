#include "service/find.h"

#include "model/i18n.h"
#include "model/text.h"

#include <ctype.h>
#include <string.h>

enum { VALUES_MOST = 300, NEAR_MOST = 24, CODE_LEAST = 3, PHONE_LEAST = 6 };

/* A statement being made: its text and the values of $1..$n. */
struct search {
	struct call *call;
	struct buf sql;
	const char *values[VALUES_MOST];
	int count;
};

static const char *bind(struct search *search, const char *value)
{
	if (search->count < VALUES_MOST)
		search->values[search->count++] = value;
	return arena_printf(&search->call->arena, "$%d", search->count);
}

static const char *bind_int(struct search *search, int64_t value)
{
	const char *text = arena_printf(&search->call->arena, "%lld", (long long)value);
	return arena_printf(&search->call->arena, "CAST(%s AS BIGINT)", bind(search, text));
}

/* Tenant, worker, team and the time are always $1 to $4. */
static void search_begin(struct search *search, struct call *call)
{
	search->call = call;
	bind_int(search, base_tenant(call->keep.base));
	bind(search, call->who.worker);
	bind(search, call->who.team);
	bind_int(search, call->keep.now_ms);
}

/* Appends the query's condition. */
static bool search_where(struct search *search, const struct query *query,
	const struct query_column *columns,
	void (*match)(struct query_sql *, const struct term *, const char *), void *ctx)
{
	struct error err = { 0 };
	struct query_sql sql = { .columns = columns,
		.match = match,
		.ctx = ctx,
		.now = call_now(search->call),
		.first = search->count + 1 };
	bool good = query_to_sql(query, &sql, &err);
	if (search->count + sql.value_count > VALUES_MOST)
		good = error_set(&err, ERROR_REFUSED, _("The search has too many parts."));
	for (int i = 0; good && i < sql.value_count; i++)
		search->values[search->count++] = arena_copy(&search->call->arena, sql.values[i]);
	buf_char(&search->sql, '(');
	buf_text(&search->sql, buf_str(&sql.where));
	buf_char(&search->sql, ')');
	query_sql_clear(&sql);
	return good || call_refuse(search->call, BAD_QUERY, "%s", err.text);
}

static struct rows *search_run(struct search *search)
{
	return base_ask_texts(
		search->call->keep.base, search->sql.text, search->values, search->count);
}

/* ---- citizens: exact things first, then names by whole words, by prefix, with one typing mistake.
   Each phase is a list by key of its own without what the phase before it found. */

enum phase { PHASE_EXACT, PHASE_WORDS, PHASE_PREFIX, PHASE_NEAR, PHASE_COUNT };

static const char *const phase_match[] = { "exact", "prefix", "prefix", "near" };

static const struct query_column citizen_columns[] = {
	{ "name", "p.f_name", QUERY_FOLDED },
	{ "given", "p.f_given", QUERY_FOLDED },
	{ "family", "p.f_family", QUERY_FOLDED },
	{ "born", "p.born", QUERY_PART },
	{ "ref", "p.f_ref", QUERY_TIGHT },
	{ "phone", "p.f_phone", QUERY_TIGHT },
	{ "email", "p.f_mail", QUERY_FOLDED },
	{ "street", "CASE WHEN p.guarded = 1 THEN NULL ELSE p.f_street END", QUERY_FOLDED },
	{ "postcode", "CASE WHEN p.guarded = 1 THEN NULL ELSE p.f_postcode END", QUERY_TIGHT },
	{ "town", "CASE WHEN p.guarded = 1 THEN NULL ELSE p.f_town END", QUERY_FOLDED },
	{ "flag", "p.flags", QUERY_WORDS },
	{ "id", "p.id", QUERY_TEXT },
	{ "language", "p.language", QUERY_TEXT },
	{ NULL },
};

struct hunt {
	struct search search;
	enum phase phase;
	bool far; /* near: some word has another one near to it */
};

/* Appends the words of a name, each of them or one near to it. */
static void near_words(struct hunt *hunt, struct buf *out, const char *words)
{
	struct call *call = hunt->search.call;
	const char *list[NEAR_MOST + 1];
	while (*words) {
		size_t size = strcspn(words, " ");
		const char *word = arena_copy_n(&call->arena, words, size);
		int count = keep_near(&call->keep, word, list, NEAR_MOST, &call->arena);
		hunt->far = hunt->far || count > 1 || (count == 1 && strcmp(list[0], word) != 0);
		list[count] = word;
		buf_text(out, out->size ? " AND (" : "(");
		base_any_word(out, list, count + 1);
		buf_text(out, " OR ");
		base_words(out, word, true);
		buf_char(out, ')');
		words += size;
		words += strspn(words, " ");
	}
}

static void match_citizen(struct query_sql *sql, const struct term *term, const char *words)
{
	struct hunt *hunt = sql->ctx;
	struct buf text = { 0 };
	if (hunt->phase == PHASE_EXACT && !term->negated) {
		buf_text(&sql->where, "1=1"); /* the whole of the words is looked at, below */
		return;
	}
	if (hunt->phase == PHASE_NEAR && term->kind != TERM_PHRASE)
		near_words(hunt, &text, words);
	else
		base_words(&text, words, hunt->phase != PHASE_WORDS && term->kind == TERM_PREFIX);
	base_match(&sql->where, "citizen_text", "p.key", query_sql_bind(sql, text.text));
	buf_clear(&text);
}

/* All bare words of the query as one text: "+31 6 10855719" is one number. */
static const char *bare_text(const struct query *query, struct arena *arena)
{
	const char *text = "";
	for (const struct term *t = query->root->first; t; t = t->next) {
		if (t->text && !t->negated)
			text = arena_printf(arena, "%s%s%s", text, *text ? " " : "", t->text);
	}
	return text;
}

static const char *formed(
	void (*form)(struct buf *, const char *), const char *text, struct arena *arena)
{
	struct buf out = { 0 };
	form(&out, text);
	const char *copy = arena_copy(arena, buf_str(&out));
	buf_clear(&out);
	return copy;
}

/* Appends the condition that one of the exact things is what was typed. false: it cannot be one. */
static bool exact_where(struct search *search, const char *text)
{
	struct arena *arena = &search->call->arena;
	const char *code = formed(query_tight, text, arena);
	const char *phone = formed(keep_fold_phone, text, arena);
	size_t letters = 0;
	for (const char *c = code; *c; c++)
		letters += isdigit((unsigned char)*c) == 0;
	if (strlen(code) < CODE_LEAST)
		return false;
	buf_printf(&search->sql, " AND (p.f_ref = %s", bind(search, code));
	buf_printf(&search->sql, " OR (p.guarded = 0 AND p.f_postcode = %s)", bind(search, code));
	if (!letters && strlen(phone) >= PHONE_LEAST)
		buf_printf(&search->sql, " OR p.f_tail = %s", bind(search, phone));
	if (strchr(text, '@'))
		buf_printf(&search->sql, " OR p.f_mail = %s",
			bind(search, formed(query_words, text, arena)));
	buf_char(&search->sql, ')');
	return true;
}

static bool phase_where(
	struct hunt *hunt, const struct query *query, enum phase phase, const char *text)
{
	hunt->phase = phase;
	buf_char(&hunt->search.sql, '(');
	if (!search_where(&hunt->search, query, citizen_columns, match_citizen, hunt))
		return false;
	if (phase == PHASE_EXACT && !exact_where(&hunt->search, text))
		buf_text(&hunt->search.sql, " AND 1=0");
	buf_char(&hunt->search.sql, ')');
	return true;
}

/* Makes the statement of one phase from one key on. */
static bool hunt_begin(struct hunt *hunt, const struct query *query, enum phase phase,
	int64_t after, const char *text, int limit)
{
	struct search *search = &hunt->search;
	search_begin(search, hunt->search.call);
	buf_printf(&search->sql,
		"SELECT %s FROM citizen p WHERE p.tenant = CAST($1 AS BIGINT) AND p.key > ",
		keep_citizen_columns);
	buf_printf(&search->sql, "%s AND ", bind_int(search, after));
	if (!phase_where(hunt, query, phase, text))
		return false;
	for (enum phase p = PHASE_EXACT; p < phase; p++) {
		buf_text(&search->sql, " AND (");
		if (!phase_where(hunt, query, p, text))
			return false;
		buf_text(&search->sql, " IS NOT TRUE)");
	}
	buf_printf(&search->sql, " ORDER BY p.key LIMIT %d", limit);
	return true;
}

/* One phase's rows into the page; how many. */
static int hunt_phase(struct call *call, const struct query *query, enum phase phase, int64_t after,
	const char *text, int limit)
{
	struct hunt hunt = { .search.call = call };
	int count = 0;
	if (hunt_begin(&hunt, query, phase, after, text, limit) &&
		(phase != PHASE_NEAR || hunt.far)) {
		struct rows *rows = search_run(&hunt.search);
		for (; rows_next(rows); count++)
			keep_citizen_row(rows, &call->page)->match = phase_match[phase];
		rows_done(rows);
	}
	buf_clear(&hunt.search.sql);
	return count;
}

static bool hunt_all(struct call *call, const struct query *query, int limit)
{
	const char *parts[2] = { "0", "0" };
	const char *text = bare_text(query, &call->arena);
	int given = call_cursor_read(call, "citizens", parts, 2);
	if (given < 0)
		return false;
	int phase = atoi(parts[0]);
	int64_t after = strtoll(parts[1], NULL, 10);
	/* Without words there is nothing to be near to: one list. */
	int last = *text ? PHASE_NEAR : PHASE_EXACT + 1;
	if (phase < 0 || after < 0)
		return call_refuse(call, BAD_REQUEST,
			_("The cursor is not of this list: begin again at the first page."));
	phase = *text ? phase : PHASE_WORDS;
	while (phase <= last && call->page.citizen_count < limit && !call_refused(call)) {
		if (phase == PHASE_NEAR && given && atoi(parts[0]) != PHASE_NEAR)
			return true;
		int room = limit - call->page.citizen_count;
		if (hunt_phase(call, query, phase, after, text, room) < room) {
			phase++;
			after = 0;
		} else {
			after = call->page.citizens[call->page.citizen_count - 1].key;
		}
	}
	if (phase <= last && !call_refused(call)) {
		const char *next[2] = { arena_printf(&call->arena, "%d", phase),
			arena_printf(&call->arena, "%lld", (long long)after) };
		call->page.next = call_cursor(call, "citizens", next, 2);
	}
	return !call_refused(call);
}

bool find_citizens(struct call *call, int limit)
{
	struct query query;
	bool good = call_query(call, &query, QUERY_CITIZENS) && hunt_all(call, &query, limit);
	query_clear(&query);
	return good;
}

/* ---- cases */

const char find_visible[] =
	"(c.restricted = 0 OR c.team = $3 OR c.assignee = $2 OR ' ' || c.named || ' ' <>"
	" replace(' ' || c.named || ' ', ' ' || $2 || ' ', ''))";

bool may_see(struct call *call, const struct casefile *cf)
{
	const char *me = call->who.worker, *team = call->who.team;
	if (!cf->restricted || (cf->team && strcmp(cf->team, team) == 0) ||
		(cf->worker && strcmp(cf->worker, me) == 0))
		return true;
	return words_have(keep_case_more(&call->keep, cf->key, &call->arena).named, me);
}

struct casefile *find_case(struct call *call)
{
	struct casefile *cf = keep_case(&call->keep, call->id, &call->page);
	if (!cf) {
		call_refuse(call, NOT_FOUND, _("There is no such case."));
		return NULL;
	}
	if (may_see(call, cf))
		return cf;
	call_refuse(call, FORBIDDEN,
		_("This case is restricted to its team and those named on it: ask its team."));
	return NULL;
}

static const struct query_column case_columns_sql[] = {
	{ "status", "c.status", QUERY_TEXT },
	{ "priority", "c.priority", QUERY_NUMBER },
	{ "team", "c.team", QUERY_TEXT },
	{ "assignee", "c.assignee", QUERY_TEXT },
	{ "citizen", "p.id", QUERY_TEXT },
	{ "service", "c.service", QUERY_TEXT },
	{ "channel", "c.channel", QUERY_TEXT },
	{ "language", "c.language", QUERY_TEXT },
	{ "skill", "c.skills", QUERY_WORDS },
	{ "tag", "c.tags", QUERY_WORDS },
	{ "surge", "c.surge", QUERY_TEXT },
	{ "group", "c.grp", QUERY_TEXT },
	{ "opened", "c.opened_ms", QUERY_TIME_MS },
	{ "updated", "c.updated_ms", QUERY_TIME_MS },
	{ "delivery", "c.delivery", QUERY_TEXT },
	{ "due", "c.due_ms", QUERY_TIME_MS },
	{ "number", "c.number", QUERY_TEXT },
	{ "leased", "CASE WHEN l.until_ms > CAST($4 AS BIGINT) THEN l.worker ELSE '' END", QUERY_TEXT },
	{ "kind", "c.kind", QUERY_TEXT },
	{ "step", "c.step", QUERY_TEXT },
	{ "outcome", "c.outcome", QUERY_TEXT },
	{ "subject", "c.f_subject", QUERY_FOLDED },
	{ "id", "c.id", QUERY_TEXT },
	{ "fields.", base_json_member, QUERY_JSON },
	{ NULL },
};

/* Words stand in the subject, the number, the citizen's name and the tags, or on the timeline. */
static void match_case(struct query_sql *sql, const struct term *term, const char *words)
{
	struct buf text = { 0 };
	base_words(&text, words, term->kind == TERM_PREFIX);
	const char *n = query_sql_bind(sql, text.text);
	buf_char(&sql->where, '(');
	base_match(&sql->where, "case_text", "c.key", n);
	buf_text(&sql->where, " OR c.key IN (SELECT e.casefile FROM event e WHERE ");
	base_match(&sql->where, "event_text", "e.seq", n);
	buf_text(&sql->where, "))");
	buf_clear(&text);
}

/* What has no due time comes last either way. */
static const struct sort {
	const char *name, *sql;
	bool down, text;
} sorts[] = {
	{ "-updated", "c.updated_ms", true, false },
	{ "updated", "c.updated_ms", false, false },
	{ "-opened", "c.opened_ms", true, false },
	{ "opened", "c.opened_ms", false, false },
	{ "-due", "coalesce(c.due_ms, 0)", true, false },
	{ "due", "coalesce(c.due_ms, 9007199254740991)", false, false },
	{ "-priority", "c.priority", true, false },
	{ "priority", "c.priority", false, false },
	{ "-number", "c.number", true, true },
	{ "number", "c.number", false, true },
	{ NULL },
};

static const struct sort *sort_of(struct call *call)
{
	const char *name = call_arg(call, "sort");
	for (const struct sort *sort = sorts; sort->name; sort++) {
		if (!name || strcmp(sort->name, name) == 0)
			return sort;
	}
	call_refuse(call, BAD_REQUEST,
		_("Cases are sorted by number, opened, updated, due or priority, with - before it "
		  "for the "
		  "other way round; not by %s."),
		name);
	return NULL;
}

static void after_cursor(struct search *search, const struct sort *sort, const char *const *parts)
{
	const char *value = bind(search, parts[1]);
	if (!sort->text)
		value = arena_printf(&search->call->arena, "CAST(%s AS BIGINT)", value);
	buf_printf(&search->sql, " AND (%s, c.key) %s (%s, ", sort->sql, sort->down ? "<" : ">",
		value);
	buf_printf(&search->sql, "CAST(%s AS BIGINT))", bind(search, parts[2]));
}

static bool cases_sql(
	struct search *search, const struct query *query, const struct sort *sort, int limit)
{
	struct call *call = search->call;
	const char *parts[3], *down = sort->down ? "DESC" : "";
	int given = call_cursor_read(call, "cases", parts, 3);
	if (given < 0)
		return false;
	if (given && strcmp(parts[0], sort->name) != 0)
		return call_refuse(call, BAD_REQUEST,
			_("The cursor is of another order: begin again at the first page."));
	search_begin(search, call);
	buf_printf(&search->sql,
		"SELECT %s, %s FROM %s WHERE c.tenant = CAST($1 AS BIGINT) AND %s AND ",
		keep_case_columns, sort->sql, keep_case_from, find_visible);
	if (!search_where(search, query, case_columns_sql, match_case, search))
		return false;
	if (given)
		after_cursor(search, sort, parts);
	buf_printf(&search->sql, " ORDER BY %s %s, c.key %s LIMIT %d", sort->sql, down, down,
		limit + 1);
	return true;
}

static void cases_rows(struct search *search, const struct sort *sort, int limit)
{
	struct call *call = search->call;
	const char *last = NULL;
	struct rows *rows = search_run(search);
	while (rows_next(rows)) {
		if (call->page.case_count == limit) {
			const struct casefile *before = &call->page.cases[limit - 1];
			const char *parts[3] = { sort->name, last,
				arena_printf(&call->arena, "%lld", (long long)before->key) };
			call->page.next = call_cursor(call, "cases", parts, 3);
			break;
		}
		keep_case_row(rows, &call->page);
		last = arena_copy(&call->arena, rows_text(rows, KEEP_CASE_COLUMNS));
	}
	rows_done(rows);
}

bool find_cases(struct call *call, int limit)
{
	struct query query;
	struct search search = { .call = call };
	const struct sort *sort = sort_of(call);
	if (!sort)
		return false;
	bool good =
		call_query(call, &query, QUERY_CASES) && cases_sql(&search, &query, sort, limit);
	if (good)
		cases_rows(&search, sort, limit);
	query_clear(&query);
	buf_clear(&search.sql);
	return good;
}

bool count_cases(struct call *call, int64_t most, int64_t *total)
{
	struct query query;
	struct search search = { 0 };
	bool good = call_query(call, &query, QUERY_CASES);
	search_begin(&search, call);
	buf_printf(&search.sql,
		"SELECT count(*) FROM (SELECT 1 FROM %s WHERE c.tenant = CAST($1 AS BIGINT) AND %s "
		"AND ",
		keep_case_from, find_visible);
	good = good && search_where(&search, &query, case_columns_sql, match_case, &search);
	buf_text(&search.sql, most ? " LIMIT " : "");
	buf_text(&search.sql, most ? bind_int(&search, most) : "");
	buf_text(&search.sql, ") x");
	if (good) {
		struct rows *rows = search_run(&search);
		*total = rows_next(rows) ? rows_int(rows, 0) : 0;
		rows_done(rows);
	}
	query_clear(&query);
	buf_clear(&search.sql);
	return good;
}
