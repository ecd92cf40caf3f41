/* The search grammar: what is refused is refused with a place inside the text; what is taken is
   printed and parsed to the same again, finds the same, and is SQL that SQLite takes as one statement
   that reads. */
#include "tests/fuzz/fuzz.h"

#include "model/query.h"

#include <sqlite3.h>

static const struct query_now now = { .me = "s.rossi", .team = "refuse", .now = 1794650400 };

static const struct casefile cases[] = {
	{ .id = "c1", .number = "2026-000417", .version = "3", .subject = "Missed bin, Kerkstraat 12",
		.status = "open", .stage = STAGE_OPEN, .queue = "waste", .team = "refuse",
		.worker = "s.rossi", .priority = 2, .citizen_name = "Zo\xc3\xab de Vries",
		.tags = "missed calendar", .due = 1794640000, .opened = 1794000000,
		.changed = 1794600000, .fields = "{\"round\":\"North\",\"bins\":3,\"ok\":true}" },
	{ .id = "c2", .number = "2026-000418", .version = "1", .status = "resolved",
		.stage = STAGE_DONE, .queue = "benefits", .priority = 4, .opened = 1,
		.fields = "{\"days\":[\"mon\",\"thu\"]}" },
	{ .id = "c3", .version = "1" },
};

static const struct citizen people[] = {
	{ .id = "p1", .given = "Zo\xc3\xab", .family = "de Vries", .born = "1966-11-02",
		.ref = "475394459", .phone = "+31 6 10855719", .mail = "zoe@example.org",
		.postcode = "5038 AB", .street = "Kerkstraat 12", .town = "Tilburg" },
	{ .id = "p2", .family = "\xe6\x9d\x8e\xe5\xb0\x8f\xe6\x98\x8e" },
};

#define COLUMNS \
	"assignee TEXT, due_ms INT, opened_ms INT, number TEXT, priority INT, status TEXT, step TEXT," \
	" folded TEXT, tags TEXT, fields TEXT, queue TEXT, team TEXT, channel TEXT, tight TEXT," \
	" part TEXT, flag INT"

static const struct query_column columns[] = {
	{ "assignee", "c.assignee", QUERY_TEXT },
	{ "born", "c.part", QUERY_PART },
	{ "channel", "c.channel", QUERY_TEXT },
	{ "citizen", "c.folded", QUERY_FOLDED },
	{ "due", "c.due_ms", QUERY_TIME_MS },
	{ "opened", "c.opened_ms", QUERY_TIME_S },
	{ "number", "c.number", QUERY_TEXT },
	{ "phone", "c.tight", QUERY_TIGHT },
	{ "priority", "c.priority", QUERY_NUMBER },
	{ "restricted", "c.flag", QUERY_FLAG },
	{ "service", "c.queue", QUERY_TEXT },
	{ "status", "c.status", QUERY_TEXT },
	{ "step", "c.step", QUERY_TEXT },
	{ "subject", "c.folded", QUERY_FOLDED },
	{ "tag", "c.tags", QUERY_WORDS },
	{ "team", "c.team", QUERY_TEXT },
	{ "fields.", "json_extract(c.fields, '$.%s')", QUERY_JSON },
	{ NULL, NULL, QUERY_TEXT },
};

static void bare(struct query_sql *sql, const struct term *t, const char *words)
{
	must(*words);
	buf_printf(&sql->where, "instr(c.folded, %s)%s", query_sql_bind(sql, words),
		t->kind == TERM_PREFIX ? " > 0" : "");
}

static void near(sqlite3_context *ctx, int count, sqlite3_value **values)
{
	const char *whole = (const char *)sqlite3_value_text(values[0]);
	const char *part = (const char *)sqlite3_value_text(values[1]);

	(void)count;
	sqlite3_result_int(ctx, whole && part && query_near(whole, part));
}

static sqlite3 *base(void)
{
	static sqlite3 *db;

	if (db)
		return db;
	must(sqlite3_open(":memory:", &db) == SQLITE_OK);
	sqlite3_create_function(db, "query_near", 2, SQLITE_UTF8, NULL, near, NULL, NULL);
	must(sqlite3_exec(db,
		     "CREATE TABLE c (" COLUMNS "); INSERT INTO c (assignee, fields, tags) VALUES"
		     " ('s.rossi', '{\"round\":\"North\"}', 'missed'), (NULL, NULL, NULL)",
		     NULL, NULL, NULL) == SQLITE_OK);
	return db;
}

static void into_sql(const struct query *q)
{
	struct query_sql sql = { .columns = columns, .match = bare, .now = now };
	struct error err = { 0 };
	struct buf text = { 0 };

	if (query_to_sql(q, &sql, &err)) {
		const char *rest = NULL;
		sqlite3_stmt *st = NULL;

		buf_printf(&text, "SELECT count(*) FROM c WHERE %s", buf_str(&sql.where));
		int rc = sqlite3_prepare_v2(base(), buf_str(&text), -1, &st, &rest);

		/* As deep as it may be written here, SQLite need not go. */
		if (rc == SQLITE_ERROR && strstr(sqlite3_errmsg(base()), "too large"))
			goto done;
		if (rc != SQLITE_OK)
			fprintf(stderr, "%s\n%s\n", sqlite3_errmsg(base()), buf_str(&text));
		must(rc == SQLITE_OK && !*rest && sqlite3_stmt_readonly(st));
		must(sqlite3_bind_parameter_count(st) == sql.value_count);
		for (int i = 0; i < sql.value_count; i++) {
			char name[16];

			snprintf(name, sizeof(name), "$%d", i + 1);
			int at = sqlite3_bind_parameter_index(st, name);

			must(at > 0);
			sqlite3_bind_text(st, at, sql.values[i], -1, SQLITE_STATIC);
		}
		rc = sqlite3_step(st);
		must(rc == SQLITE_ROW || strstr(sqlite3_errmsg(base()), "JSON path"));
		sqlite3_finalize(st);
	} else {
		must(err.kind == ERROR_REFUSED && *err.text);
	}
done:
	buf_clear(&text);
	query_sql_clear(&sql);
}

static void finds_the_same(const struct query *a, const struct query *b)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		must(a->about != QUERY_CASES ||
			query_match(a, &now, &cases[i]) == query_match(b, &now, &cases[i]));
	for (size_t i = 0; i < sizeof(people) / sizeof(people[0]); i++)
		must(a->about != QUERY_CITIZENS ||
			query_match_citizen(a, &now, &people[i]) ==
				query_match_citizen(b, &now, &people[i]));
}

static void sorts(const struct query *q)
{
	int count = sizeof(cases) / sizeof(cases[0]);

	for (int i = 0; i < count; i++)
		for (int j = 0; j < count; j++) {
			int one = query_compare(q, &cases[i], &cases[j]);
			int other = query_compare(q, &cases[j], &cases[i]);

			must((one < 0) == (other > 0) && (one == 0) == (other == 0));
		}
}

static void try_about(enum query_about about, const char *text)
{
	struct query q = { 0 }, again = { 0 };
	struct error err = { 0 };
	struct buf one = { 0 }, two = { 0 };
	int at = -1;

	if (query_parse(&q, about, text, &at, &err)) {
		query_print(&one, &q);
		must(query_parse(&again, about, buf_str(&one), &at, &err));
		query_print(&two, &again);
		must_same(buf_str(&two), buf_str(&one));
		must(query_has_me(&q) == query_has_me(&again));
		finds_the_same(&q, &again);
		into_sql(&q);
		if (about == QUERY_CASES)
			sorts(&q);
	} else {
		must(err.kind != ERROR_NONE && *err.text);
		must(at >= 0 && (size_t)at <= strlen(text));
	}
	query_clear(&q);
	query_clear(&again);
	buf_clear(&one);
	buf_clear(&two);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	must(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	try_about(QUERY_CASES, text);
	try_about(QUERY_CITIZENS, text);
	try_about(QUERY_WORKERS, text);

	/* A typing mistake: what is there as it is, is near. */
	struct buf words = { 0 }, tight = { 0 }, again = { 0 };

	query_words(&words, text);
	query_words(&again, buf_str(&words));
	must_same(buf_str(&again), buf_str(&words));
	must(!words.size || query_near(text, text));
	query_tight(&tight, text);
	must(!strchr(buf_str(&tight), ' '));
	buf_clear(&words);
	buf_clear(&tight);
	buf_clear(&again);
	free(text);
	return 0;
}
