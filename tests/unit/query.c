/* The search grammar: what it accepts, what it prints, what it finds. */
#include "model/query.h"
#include "tests/lib.h"

#include <time.h>

static const struct query_now now = { .me = "s.rossi", .team = "refuse", .now = 1794650400 };

/* The tree printed, or the sentence of the error. Kept until the next call. */
static const char *parsed(enum query_about about, const char *text, int *at)
{
	static char out[600];
	struct query q;
	struct error err = { 0 };
	struct buf buf = { 0 };

	if (query_parse(&q, about, text, at, &err))
		query_print(&buf, &q);
	snprintf(out, sizeof(out), "%s", err.kind ? err.text : buf_str(&buf));
	buf_clear(&buf);
	query_clear(&q);
	return out;
}

static const char *cases(const char *text)
{
	return parsed(QUERY_CASES, text, NULL);
}

static bool finds(const char *text, const struct casefile *cf)
{
	struct query q;
	struct error err = { 0 };
	bool found = query_parse(&q, QUERY_CASES, text, NULL, &err) && query_match(&q, &now, cf);

	if (err.kind)
		printf("# %s: %s\n", text, err.text);
	query_clear(&q);
	return found;
}

static bool finds_citizen(const char *text, const struct citizen *c)
{
	struct query q;
	struct error err = { 0 };
	bool found = query_parse(&q, QUERY_CITIZENS, text, NULL, &err) &&
		     query_match_citizen(&q, &now, c);

	if (err.kind)
		printf("# %s: %s\n", text, err.text);
	query_clear(&q);
	return found;
}

static void test_print(void)
{
	static const char *const same_back[][2] = {
		{ "", "" },
		{ "bin", "bin*" },
		{ "bin*", "bin*" },
		{ "missed bin", "missed bin*" },
		{ "bin team:refuse", "bin* team:refuse" },
		{ "\"missed bin\"", "\"missed bin\"" },
		{ "owner:me queue:waste", "assignee:me service:waste" },
		{ "OWNER:me", "assignee:me" },
		{ "status:New,open", "status:new,open" },
		{ "-status:new", "-status:new" },
		{ "-(tag:a tag:b)", "-(tag:a tag:b)" },
		{ "(a OR b c OR -d)", "(a OR b c OR -d)" },
		{ "((a OR b) OR (c d))", "((a OR b) OR c d)" },
		{ "due<=2026-11-03 priority>=2", "due<=2026-11-03 priority>=2" },
		{ "subject~calender", "subject~calender" },
		{ "fields.round:north", "fields.round:north" },
		{ "citizen:none due:none", "citizen:none due:none" },
		{ "outcome:\"not ours\",done", "outcome:\"not ours\",done" },
		{ "is:open sort:-due,priority source:city tag:x", "is:open tag:x" },
		{ "  a   b  ", "a b*" },
		{ "-", "-" },
		{ "bin -", "bin -" },
		{ "*", "*" },
		{ "10:30", "10:30*" },
		{ "a\"b", "a\"b*" },
	};

	test("what is parsed prints as itself") {
		for (size_t i = 0; i < sizeof(same_back) / sizeof(same_back[0]); i++) {
			same(cases(same_back[i][0]), same_back[i][1]);
			char once[200];
			snprintf(once, sizeof(once), "%s", cases(same_back[i][0]));
			same(cases(once), once);
		}
	}
}

static void test_errors(void)
{
	static const struct {
		const char *text, *part;
		int at;
	} slips[] = {
		{ "is:open ownr:me", "nearest is owner", 8 },
		{ "Zo\xc3\xab prio:1", "character 5", 5 },
		{ "tem:x", "nearest is team", 0 },
		{ "sort:duee", "nearest is due", 0 },
		{ "owner:", "value is missing", 6 },
		{ "owner:a,", "value is missing", 8 },
		{ "(a OR b", "not closed", 0 },
		{ "(a))", "closes nothing", 3 },
		{ "a OR b", "parentheses", 2 },
		{ "()", "missing", 1 },
		{ "(a OR )", "missing", 6 },
		{ "\"a b", "no second one", 0 },
		{ "priority:high", "number", 0 },
		{ "due:soonish", "date", 0 },
		{ "is:closed", "open or late", 0 },
		{ "tag<b", "does not take", 0 },
		{ "-source:x", "stands alone", 1 },
		{ "(sort:due OR a)", "stands alone", 1 },
		{ "fields.1x:y", "nearest", 0 },
	};

	test("a slip is named with its place and the nearest word") {
		for (size_t i = 0; i < sizeof(slips) / sizeof(slips[0]); i++) {
			int at = -1;
			const char *said = parsed(QUERY_CASES, slips[i].text, &at);

			if (!ok(strstr(said, slips[i].part) != NULL))
				printf("# %s: %s\n", slips[i].text, said);
			same_int(at, slips[i].at);
		}
	}
	test("what is too much is refused, not followed") {
		char deep[4096], wide[8192];
		size_t n = 0;

		for (int i = 0; i < 2000; i++)
			deep[i] = '(';
		deep[2000] = 0;
		ok(strstr(cases(deep), "deep") != NULL);
		for (int i = 0; i < 500; i++)
			n += (size_t)snprintf(wide + n, sizeof(wide) - n, "a%d ", i);
		ok(strstr(cases(wide), "parts") != NULL);
		n = (size_t)snprintf(wide, sizeof(wide), "tag:a");
		for (int i = 0; i < 500; i++)
			n += (size_t)snprintf(wide + n, sizeof(wide) - n, ",%d", i);
		ok(strstr(cases(wide), "values") != NULL);
	}
	test("every prefix of a search gives an answer or a sentence") {
		const char *text =
			"-(a OR \"b c\" due<-7d) -owner:me,none fields.x~\"y z\" sort:-due ";
		char part[100];

		for (size_t i = 0; i <= strlen(text); i++) {
			snprintf(part, sizeof(part), "%.*s", (int)i, text);
			cases(part);
			parsed(QUERY_CITIZENS, part, NULL);
			parsed(QUERY_WORKERS, part, NULL);
		}
		ok(true);
	}
}

/* Whatever parses prints as something that parses to the same. */
static void test_thrown(void)
{
	static const char *const bits[] = {
		"a",
		"bin",
		"-",
		"(",
		")",
		" ",
		"  ",
		"OR",
		" OR ",
		"\"",
		"*",
		",",
		":",
		"<",
		">",
		"=",
		"~",
		"owner",
		"tag",
		"due",
		"priority",
		"is",
		"open",
		"now",
		"-7d",
		"3",
		"none",
		"me",
		"sort",
		"source",
		"fields.x",
		"\xc3\xab",
		"\xff",
		"\x1b",
		"owner:me",
		"\"a b\"",
		"(a OR b)",
		"tag:x,y",
	};
	unsigned seed = 417;
	int parsed_well = 0;

	test("what is thrown together parses or is refused, and prints as itself") {
		for (int i = 0; i < 20000; i++) {
			char text[200] = "", once[600];
			size_t n = 0;
			struct query q;

			for (int j = 0; j < 1 + i % 9; j++) {
				seed = seed * 1103515245u + 12345u;
				n += (size_t)snprintf(text + n, sizeof(text) - n, "%s",
					bits[(seed >> 16) % (sizeof(bits) / sizeof(bits[0]))]);
			}
			bool good = query_parse(&q, QUERY_CASES, text, NULL, NULL);
			query_clear(&q);
			if (!good)
				continue;
			parsed_well++;
			snprintf(once, sizeof(once), "%s", cases(text));
			if (!test_same(cases(once), once, __FILE__, __LINE__))
				printf("# from: %s\n", text);
		}
		ok(parsed_well > 2000);
	}
}

static void test_match(void)
{
	struct casefile cf = {
		.key = 1,
		.service = "city",
		.id = "c1",
		.number = "2026-000417",
		.subject = "Missed bin collection, \xe2\x80\x9csecond time\xe2\x80\x9d",
		.queue = "waste",
		.kind = "bin-missed",
		.step = "check",
		.stage = STAGE_OPEN,
		.status = "open",
		.priority = 2,
		.worker = "s.rossi",
		.team = "refuse",
		.citizen = "p1",
		.citizen_name = "Zo\xc3\xab de Vries",
		.tags = "missed calendar",
		.channel = "web",
		.fields = "{\"round\":\"North\",\"bins\":3,\"assisted\":true,\"days\":[\"mon\","
			  "\"thu\"]}",
		.opened = 1794564000,
		.changed = 1794600000,
		.due = 1794646800,
	};
	static const char *const yes[] = {
		"",
		"bin",
		"bi",
		"missed bin",
		"zoe",
		"ZO\xc3\x8b",
		"vries",
		"\"missed bin\"",
		"second",
		"2026-000417",
		"000417",
		"calendar",
		"-tram",
		"is:open",
		"is:late",
		"owner:me",
		"assignee:s.rossi",
		"team:me",
		"team:me,other",
		"queue:waste",
		"status:new,open",
		"-status:new",
		"priority:2",
		"priority<3",
		"priority>=2",
		"due<now",
		"due:today",
		"opened:yesterday",
		"opened<today",
		"updated>-2d",
		"-due:none",
		"surge:none",
		"tag:missed",
		"-tag:miss",
		"kind:bin-missed",
		"step:check",
		"fields.round:north",
		"fields.bins>2",
		"fields.assisted:yes",
		"fields.days:thu",
		"fields.nothing:none",
		"subject:missed",
		"subject~colection",
		"subject~mised",
		"number:2026-*",
		"(tram OR bin)",
		"(tram OR owner:me bin)",
		"-(tram OR zebra)",
		"source:city bin",
		"*",
		"citizen:p1",
		"channel:WEB",
		"leased:none",
	};
	static const char *const no[] = {
		"tram",
		"in",
		"\"bin missed\"",
		"calend x",
		"-bin",
		"is:open -is:late",
		"-owner:me",
		"owner:none",
		"team:none",
		"status:new",
		"priority:none",
		"priority>2",
		"due>now",
		"due:none",
		"due>=tomorrow",
		"opened:today",
		"tag:miss",
		"tag:none",
		"fields.round:south",
		"fields.bins<3",
		"fields.assisted:no",
		"subject~culectoin",
		"number:2025-*",
		"(tram OR zebra)",
		"-(tram OR bin)",
		"source:other",
		"leased:me",
		"missedbin",
		"bi collection",
	};

	test("a case is found by what it holds, and by nothing else") {
		for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
			if (!ok(finds(yes[i], &cf)))
				printf("# not found by %s\n", yes[i]);
		for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
			if (!ok(!finds(no[i], &cf)))
				printf("# found by %s\n", no[i]);
	}
	test("me is nobody while nobody is known") {
		struct query q;
		struct query_now nobody = { .now = now.now };

		query_parse(&q, QUERY_CASES, "owner:me", NULL, NULL);
		ok(!query_match(&q, &nobody, &cf));
		query_clear(&q);
	}
}

static void test_citizen(void)
{
	struct citizen c = {
		.key = 1,
		.service = "city",
		.id = "p1",
		.ref = "NL 1234",
		.given = "Zo\xc3\xab",
		.family = "O'Neill-Stra\xc3\x9f"
			  "e",
		.born = "1966-11-02",
		.phone = "+31 13 555 01 02",
		.mail = "zoe@example.org",
		.postcode = "5038 AB",
		.town = "Den Haag",
		.flags = "interpreter",
	};
	static const char *const yes[] = {
		"zoe",
		"o'ne",
		"strasse",
		"neill-strasse",
		"born:1966",
		"born:1966-11",
		"born<1970",
		"phone:+3113555",
		"postcode:5038ab",
		"town:haag",
		"town:\"den h\"",
		"family~neil",
		"ref:nl1234",
		"email:zoe@example.org",
		"flag:interpreter",
		"name:zoe",
		"5038ab",
		"name~zoee",
	};
	static const char *const no[] = { "jan", "born:1967", "born>1966", "phone:999", "-zoe",
		"town:none" };

	test("a citizen is found without marks, spaces and exact dates") {
		for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
			if (!ok(finds_citizen(yes[i], &c)))
				printf("# not found by %s\n", yes[i]);
		for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
			if (!ok(!finds_citizen(no[i], &c)))
				printf("# found by %s\n", no[i]);
	}
}

static void test_near(void)
{
	test("one typing mistake per word is forgiven, two are not") {
		ok(query_near("calendar", "calender"));
		ok(query_near("calendar", "caledar"));
		ok(query_near("calendar", "callendar"));
		ok(query_near("calendar", "claendar"));
		ok(query_near("jansen de vries", "vreis jansen"));
		ok(query_near("\xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd\xd0\xbe\xd0\xb2",
			"\xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd\xd0\xb5\xd0\xb2"));
		ok(!query_near("calendar", "colender"));
		ok(!query_near("jo", "ja"));
		ok(!query_near("", "abc"));
		ok(!query_near("abc", "xyz abc"));
	}
}

static int compare(const char *sort, const struct casefile *a, const struct casefile *b)
{
	struct query q;

	query_parse(&q, QUERY_CASES, sort, NULL, NULL);
	int way = query_compare(&q, a, b);
	query_clear(&q);
	return way;
}

static void test_order(void)
{
	struct casefile a = {
		.key = 1, .due = 100, .priority = 2, .changed = 5, .subject = "\xc3\x84pfel"
	};
	struct casefile b = {
		.key = 2, .due = 200, .priority = 2, .changed = 9, .subject = "Birnen"
	};
	struct casefile none = { .key = 3, .changed = 1 };

	test("cases stand in their order, those without a value last") {
		ok(compare("", &b, &a) < 0);
		ok(compare("sort:due", &a, &b) < 0);
		ok(compare("sort:-due", &b, &a) < 0);
		ok(compare("sort:due", &b, &none) < 0);
		ok(compare("sort:-due", &b, &none) < 0);
		ok(compare("sort:priority", &a, &b) < 0);
		ok(compare("sort:-priority", &b, &a) < 0);
		ok(compare("sort:priority,-due", &b, &a) < 0);
		ok(compare("sort:subject", &a, &b) < 0);
		ok(compare("sort:due", &a, &a) == 0);
	}
}

int main(void)
{
	setenv("TZ", "UTC", 1);
	test_print();
	test_errors();
	test_thrown();
	test_match();
	test_citizen();
	test_near();
	test_order();
	return test_result();
}
