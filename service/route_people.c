/* Teams, workers, templates, kinds: short lists by identifier. */
#include "service/http.h"

#include "model/i18n.h"
#include "model/text.h"

#include <string.h>

/* Begins the page {"items":[...; false after a refusal. after: the identifier to go on from. */
static bool list_begin(struct call *call, const char *what, int *limit, const char **after)
{
	*after = "";
	*limit = call_limit(call);
	return *limit && call_cursor_read(call, what, after, 1) >= 0;
}

static void list_end(struct call *call, struct json_out *out, const char *what, const char *last)
{
	json_close(out, ']');
	json_put_text(out, "next", last ? call_cursor(call, what, &last, 1) : NULL);
	json_close(out, '}');
}

/* Asks for one row more than wanted and writes the others; what is left over makes the cursor. */
static void list_rows(struct call *call, struct rows *rows, const char *what, int limit,
	void (*write)(struct json_out *, struct rows *))
{
	const char *last = NULL;
	struct json_out out = call_json(call, 200);
	json_open(&out, NULL, '{');
	json_open(&out, "items", '[');
	int count = 0;
	for (; rows_next(rows) && count < limit; count++) {
		write(&out, rows);
		last = arena_copy(&call->arena, rows_text(rows, 0));
	}
	bool more = count == limit && rows_text(rows, 0);
	rows_done(rows);
	list_end(call, &out, what, more ? last : NULL);
}

static void write_team(struct json_out *out, struct rows *rows)
{
	struct team team = { .id = rows_text(rows, 0),
		.name = rows_text(rows, 1),
		.lead = rows_text(rows, 2),
		.queues = rows_text(rows, 3),
		.workers = (int)rows_int(rows, 4),
		.open_cases = (int)rows_int(rows, 5) };
	json_write_team(out, NULL, &team);
}

static void get_teams(struct call *call)
{
	int limit;
	const char *after;
	if (!list_begin(call, "teams", &limit, &after))
		return;
	struct rows *rows = base_ask(call->keep.base,
		"SELECT id, name, lead, services, workers, open_cases FROM team"
		" WHERE tenant = $1 AND id > $2 ORDER BY id LIMIT $3",
		"iti", base_tenant(call->keep.base), after, (int64_t)limit + 1);
	list_rows(call, rows, "teams", limit, write_team);
}

static void write_template(struct json_out *out, struct rows *rows)
{
	struct answer_template tpl = { .id = rows_text(rows, 0),
		.name = rows_text(rows, 1),
		.language = rows_text(rows, 2),
		.queue = rows_text(rows, 3),
		.outcome = rows_text(rows, 4),
		.text = rows_text(rows, 5) };
	json_write_template(out, NULL, &tpl);
}

static void get_templates(struct call *call)
{
	int limit;
	const char *after;
	if (!list_begin(call, "templates", &limit, &after))
		return;
	struct rows *rows = base_ask(call->keep.base,
		"SELECT id, name, language, service, outcome, text FROM template"
		" WHERE tenant = $1 AND id > $2 ORDER BY id LIMIT $3",
		"iti", base_tenant(call->keep.base), after, (int64_t)limit + 1);
	list_rows(call, rows, "templates", limit, write_template);
}

static void write_kind(struct json_out *out, struct rows *rows)
{
	json_put_raw(out, NULL, rows_text(rows, 1));
}

static void get_kinds(struct call *call)
{
	int limit;
	const char *after;
	if (!list_begin(call, "kinds", &limit, &after))
		return;
	int64_t version = base_number(call->keep.base, 0,
		"SELECT value FROM counter WHERE tenant = $1 AND name = 'kinds'", "i",
		base_tenant(call->keep.base));
	call_etag(call, arena_printf(&call->arena, "%lld", (long long)version));
	if (call_unchanged(call))
		return;
	const char *etag = call->etag;
	struct rows *rows = base_ask(call->keep.base,
		"SELECT id, json FROM kind WHERE tenant = $1 AND id > $2 ORDER BY id LIMIT $3",
		"iti", base_tenant(call->keep.base), after, (int64_t)limit + 1);
	list_rows(call, rows, "kinds", limit, write_kind);
	call->etag = etag;
}

/* ---- workers, searched by the grammar */

static const struct query_column worker_columns[] = {
	{ "id", "w.id", QUERY_TEXT },
	{ "name", "w.f_name", QUERY_FOLDED },
	{ "team", "w.team", QUERY_TEXT },
	{ "skill", "w.skills", QUERY_WORDS },
	{ "language", "w.languages", QUERY_WORDS },
	{ "presence", "''", QUERY_TEXT },
	{ NULL },
};

/* query_words() leaves nothing that LIKE takes for a sign. */
static void match_worker(struct query_sql *sql, const struct term *term, const char *words)
{
	const char *n = query_sql_bind(sql, words);
	buf_printf(&sql->where, "' ' || w.f_name || ' ' LIKE '%% ' || %s || '%s'", n,
		term->kind == TERM_PREFIX ? "%" : " %");
}

static void write_worker(struct json_out *out, struct rows *rows)
{
	struct worker worker = { .id = rows_text(rows, 0),
		.name = rows_text(rows, 1),
		.team = rows_text(rows, 2),
		.skills = rows_text(rows, 3),
		.languages = rows_text(rows, 4) };
	json_write_worker(out, NULL, &worker);
}

static void list_workers(struct call *call, const struct query *query, int limit, const char *after)
{
	struct error err = { 0 };
	struct buf text = { 0 };
	struct query_sql sql = {
		.columns = worker_columns, .match = match_worker, .now = call_now(call)
	};
	const char *team = call_arg(call, "team");
	if (!query_to_sql(query, &sql, &err)) {
		call_refuse(call, BAD_QUERY, "%s", err.text);
		query_sql_clear(&sql);
		return;
	}
	/* What is bound here comes after the query's own values, so those are told apart by number.
	 */
	char tenant[24];
	snprintf(tenant, sizeof tenant, "%lld", (long long)base_tenant(call->keep.base));
	buf_printf(&text,
		"SELECT w.id, w.name, w.team, w.skills, w.languages FROM worker w WHERE %s",
		buf_str(&sql.where));
	buf_printf(&text, " AND w.tenant = CAST(%s AS BIGINT)", query_sql_bind(&sql, tenant));
	buf_printf(&text, " AND w.gone_ms IS NULL AND w.id > %s", query_sql_bind(&sql, after));
	if (team)
		buf_printf(&text, " AND w.team = %s", query_sql_bind(&sql, team));
	buf_printf(&text, " ORDER BY w.id LIMIT %d", limit + 1);
	struct rows *rows = base_ask_texts(call->keep.base, text.text, sql.values, sql.value_count);
	list_rows(call, rows, "workers", limit, write_worker);
	buf_clear(&text);
	query_sql_clear(&sql);
}

static void get_workers(struct call *call)
{
	int limit;
	const char *after;
	struct query query;
	if (!list_begin(call, "workers", &limit, &after))
		return;
	if (call_arg(call, "presence")) {
		call_refuse(call, BAD_REQUEST,
			_("This service does not know who is here: ask without presence."));
		return;
	}
	if (call_query(call, &query, QUERY_WORKERS))
		list_workers(call, &query, limit, after);
	query_clear(&query);
}

static const struct operation operations[] = {
	{ "GET", "/teams", OPERATION_READ, get_teams },
	{ "GET", "/workers", OPERATION_READ, get_workers },
	{ "GET", "/templates", OPERATION_READ, get_templates },
	{ "GET", "/kinds", OPERATION_READ, get_kinds },
	{ NULL },
};

const struct route route_people = { operations };
