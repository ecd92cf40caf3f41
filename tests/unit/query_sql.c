/* The SQL of a search, and that it finds what query_match() finds. */
#include "model/query.h"
#include "model/store.h"
#include "tests/lib.h"

#include <ftw.h>
#include <unistd.h>

static const struct query_now now = { .me = "s.rossi", .team = "refuse", .now = 1794650400 };

static void plain_match(struct query_sql *sql, const struct term *t, const char *words)
{
	buf_printf(&sql->where, "find(%s)%s", query_sql_bind(sql, words),
		t->kind == TERM_PREFIX ? "*" : "");
}

static const struct query_column columns[] = {
	{ "assignee", "c.assignee", QUERY_TEXT },
	{ "due", "c.due_ms", QUERY_TIME_MS },
	{ "number", "c.number", QUERY_TEXT },
	{ "priority", "c.priority", QUERY_NUMBER },
	{ "status", "c.status", QUERY_TEXT },
	{ "step", "c.step", QUERY_TEXT },
	{ "subject", "c.folded", QUERY_FOLDED },
	{ "tag", "c.tags", QUERY_WORDS },
	{ "fields.", "json_extract(c.fields, '$.%s')", QUERY_JSON },
	{ NULL, NULL, QUERY_TEXT },
};

/* The condition, then every value. */
static const char *sql_of(const char *text)
{
	static char out[800];
	struct query q;
	struct query_sql sql = { .columns = columns, .match = plain_match, .now = now };
	struct error err = { 0 };
	struct buf buf = { 0 };

	query_parse(&q, QUERY_CASES, text, NULL, &err);
	if (query_to_sql(&q, &sql, &err))
		buf_text(&buf, buf_str(&sql.where));
	else
		buf_text(&buf, err.text);
	for (int i = 0; i < sql.value_count; i++)
		buf_printf(&buf, " [%s]", sql.values[i]);
	snprintf(out, sizeof(out), "%s", buf_str(&buf));
	buf_clear(&buf);
	query_sql_clear(&sql);
	query_clear(&q);
	return out;
}

static void test_text(void)
{
	test("nothing asked is everything") {
		same(sql_of(""), "1");
	}
	test("values are bound, never pasted") {
		same(sql_of("number:\"x' OR 1=1 --\""), "((c.number = $1)) [x' OR 1=1 --]");
		same(sql_of("status:open,stalled"),
			"((c.status = $1 OR lower(c.step) = $2)) [open] [stalled]");
		same(sql_of("owner:me"), "((c.assignee = $1)) [s.rossi]");
		same(sql_of("missed \"bin-day\""), "(find($1) AND find($2)) [missed] [bin day]");
	}
	test("a minus finds the rows without a value too") {
		same(sql_of("-owner:me"), "(((c.assignee = $1) IS NOT TRUE)) [s.rossi]");
	}
	test("is:open needs the status only, is:late the due time too") {
		same(sql_of("is:open"), "(((c.status IN ('new', 'open', 'waiting'))))");
		ok(strstr(sql_of("is:late"), "[1794650400000]") != NULL);
	}
	test("a field the map lacks is said") {
		same(sql_of("surge:s1"), "Searching by surge is not possible here.");
	}
	test("the first parameter may have any number") {
		struct query q;
		struct query_sql sql = {
			.columns = columns, .match = plain_match, .now = now, .first = 7
		};

		query_parse(&q, QUERY_CASES, "tag:a,b", NULL, NULL);
		ok(query_to_sql(&q, &sql, NULL));
		ok(strstr(buf_str(&sql.where), "$7") && strstr(buf_str(&sql.where), "$8"));
		query_sql_clear(&sql);
		query_clear(&q);
	}
}

/* ---- against query_match(), through the store */

static unsigned seed = 20260417;

static unsigned rnd(unsigned n)
{
	seed = seed * 1103515245u + 12345u;
	return (seed >> 16) % n;
}

#define PICK(list) (list)[rnd(sizeof(list) / sizeof((list)[0]))]

static void random_case(struct page *page, int i)
{
	static const char *const subjects[] = {
		"Missed bin",
		"Bin missed again",
		"Zo\xc3\xab's blue badge",
		"Stra\xc3\x9f"
		"e gesperrt",
		"\xe2\x80\x9cquoted\xe2\x80\x9d words",
		"100% late_fee",
		"",
		NULL,
		"bin-day, bin night",
	};
	static const char *const workers[] = { "s.rossi", "k.byrne", "", NULL };
	static const char *const teams[] = { "refuse", "benefits", NULL };
	static const char *const tags[] = { "missed", "missed calendar", "a%b a_b", "", NULL };
	static const char *const names[] = { "Jan de Vries", "\xc5\x81ukasz Kowalski", NULL };
	static const char *const fields[] = {
		"{\"round\":\"North\",\"bins\":3,\"ok\":true}",
		"{\"round\":\"south west\",\"bins\":12}",
		"{\"days\":[\"mon\",\"thu\"],\"ok\":false,\"on\":\"2026-11-03\"}",
		NULL,
	};
	static const enum stage stages[] = { STAGE_NEW, STAGE_OPEN, STAGE_WAITING, STAGE_DONE };
	struct casefile *cf = page_add_case(page);

	cf->id = arena_printf(&page->arena, "c%d", i);
	cf->number = arena_printf(&page->arena, "2026-%06d", i);
	cf->version = "1";
	cf->subject = PICK(subjects);
	cf->worker = PICK(workers);
	cf->team = PICK(teams);
	cf->tags = PICK(tags);
	cf->citizen_name = PICK(names);
	cf->fields = PICK(fields);
	cf->stage = PICK(stages);
	cf->status = cf->stage == STAGE_DONE ? "resolved" : stage_name(cf->stage);
	cf->priority = (int)rnd(6);
	cf->due = rnd(3) ? now.now - 400000 + (time_t)rnd(800000) : 0;
	cf->opened = now.now - (time_t)rnd(2000000);
	cf->changed = cf->opened + (time_t)rnd(100000);
}

static int remove_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static bool agree(struct store *store, const char *text, int total)
{
	struct query q;
	struct error err = { 0 };
	struct page all, found;
	struct query everything;
	int matching = 0;

	page_init(&all);
	page_init(&found);
	query_parse(&everything, QUERY_CASES, "sort:due", NULL, NULL);
	store_find(store, &everything, &now, (struct window){ .limit = total }, &all, &err);
	bool good = query_parse(&q, QUERY_CASES, text, NULL, &err);
	good = good && store_find(store, &q, &now, (struct window){ .limit = total }, &found, &err);
	for (int i = 0; i < all.case_count; i++)
		matching += query_match(&q, &now, &all.cases[i]);
	for (int i = 0; i < found.case_count; i++)
		good = good && query_match(&q, &now, &found.cases[i]);
	for (int i = 1; i < found.case_count; i++)
		good = good && query_compare(&q, &found.cases[i - 1], &found.cases[i]) < 0;
	good = good && all.case_count == total && matching == found.case_count &&
	       store_count(store, &q, &now) == matching;
	if (!good)
		printf("# %s: %d by SQL, %d by matching, %d counted %s\n", text, found.case_count,
			matching, store_count(store, &q, &now), err.text);
	page_clear(&all);
	page_clear(&found);
	query_clear(&q);
	query_clear(&everything);
	return good;
}

static void test_agree(void)
{
	static const char *const fixed[] = {
		"",
		"bin",
		"missed bin",
		"\"bin missed\"",
		"-bin",
		"zoe",
		"strasse",
		"lukasz",
		"quoted",
		"100",
		"late",
		"2026-000007",
		"(zoe OR bin -missed)",
		"-(zoe OR bin)",
		"owner:me",
		"-owner:me",
		"owner:none",
		"owner:me,none",
		"team:me is:open",
		"is:late",
		"-is:open",
		"priority:none",
		"priority<3",
		"-priority:2",
		"priority>=2,none",
		"due:today",
		"due<now",
		"due>now",
		"due<=today",
		"-due<now",
		"due:none",
		"opened>-3d",
		"tag:missed",
		"-tag:missed",
		"tag:a%b",
		"tag:a_b",
		"tag:aXb",
		"tag:none",
		"subject:bin",
		"subject~missde",
		"-subject~missde",
		"subject:none",
		"fields.round:north",
		"fields.round:\"south west\"",
		"fields.bins>3",
		"fields.bins<=3",
		"fields.ok:yes",
		"fields.ok:no",
		"fields.days:thu",
		"fields.days:none",
		"-fields.round:north",
		"fields.on<2026-12-01",
		"number:2026-00000*",
		"number>2026-000003",
		"number>7",
		"number<=99999999999",
		"status:new,open",
		"-status:resolved",
		"surge:none",
		"kind:x",
		"updated<now sort:-due",
		"bin sort:priority,-due",
		"sort:-priority",
		"sort:subject",
		"sort:-subject",
		"sort:team,-updated",
		"sort:-team",
		"sort:number",
		"sort:assignee,due",
		"sort:status",
	};
	char dir[] = "/tmp/caseload-sql-XXXXXX";
	struct error err = { 0 };
	struct page page;

	page_init(&page);
	struct store *store = store_open(mkdtemp(dir), dir, &err);
	for (int i = 0; i < 300; i++)
		random_case(&page, i);
	ok(store_put(store, "city", &page, &err));
	test("SQL and matching in C find the same, in the same order") {
		for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
			ok(agree(store, fixed[i], 300));
	}
	test("so do searches thrown together") {
		for (int i = 0; i < 150; i++) {
			char text[600];

			snprintf(text, sizeof(text), "%s %s(%s OR %s)", fixed[rnd(12)],
				rnd(2) ? "-" : "", fixed[1 + rnd(48)], fixed[1 + rnd(48)]);
			ok(agree(store, text, 300));
		}
	}
	store_close(store);
	page_clear(&page);
	nftw(dir, remove_file, 8, FTW_DEPTH | FTW_PHYS);
}

int main(void)
{
	setenv("TZ", "UTC", 1);
	test_text();
	test_agree();
	return test_result();
}
