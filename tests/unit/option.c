/* cli/option, cli/apply: how a command line is read. */
#include "cli/apply.h"
#include "cli/option.h"
#include "tests/lib.h"

static const struct verb_option options[] = {
	{ "json", 0, "[FIELDS]", "" },
	{ "where", 'w', "QUERY", "" },
	{ "dry-run", 'n', NULL, "" },
	{ "quick", 'q', NULL, "" },
	{ NULL, 0, NULL, NULL },
};
static const struct verb_option *const tables[] = { options, NULL };

static bool read_words(struct given *g, enum given_style style, struct error *err, const char *line)
{
	static char copy[256];
	static const char *words[32];
	int count = 0;

	snprintf(copy, sizeof(copy), "%s", line);
	for (char *at = copy; at;) {
		words[count++] = at;
		at = strchr(at, ' ');
		if (at)
			*at++ = '\0';
	}
	return given_read(g, tables, count, words, style, err);
}

static void reading(void)
{
	static const struct {
		const char *line, *where, *json, *args;
		bool dry, quick;
	} rows[] = {
		{ "a b", NULL, NULL, "a b", false, false },
		{ "--where=x a", "x", NULL, "a", false, false },
		{ "a --where x b", "x", NULL, "a b", false, false },
		{ "-wx -nq a", "x", NULL, "a", true, true },
		{ "-qnw x a", "x", NULL, "a", true, true },
		{ "--json a", NULL, "", "a", false, false },
		{ "--json=b a", NULL, "b", "a", false, false },
		{ "-n -- -q --where", NULL, NULL, "-q --where", true, false },
		{ "- a", NULL, NULL, "- a", false, false },
		{ "--where=x --where=y", "y", NULL, "", false, false },
	};

	test("options in every form, in any order") {
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			struct given g = { 0 };
			struct error err = { 0 };
			char args[128] = "";

			ok(read_words(&g, GIVEN_FREE, &err, rows[i].line));
			for (int k = 0; k < g.count; k++)
				snprintf(args + strlen(args), sizeof(args) - strlen(args), "%s%s",
					k ? " " : "", g.args[k]);
			same(args, rows[i].args);
			same(given_value(&g, "where"), rows[i].where);
			same(given_value(&g, "json"), rows[i].json);
			ok(given_flag(&g, "dry-run") == rows[i].dry);
			ok(given_flag(&g, "quick") == rows[i].quick);
			given_clear(&g);
		}
	}
	test("what follows the first argument is left alone; -new is a word where words are") {
		struct given g = { 0 };
		struct error err = { 0 };

		ok(read_words(&g, GIVEN_FIRST, &err, "-n list --nonsense -x"));
		same_int(g.count, 3);
		same(g.args[1], "--nonsense");
		ok(read_words(&g, GIVEN_WORDS, &err, "one -new -q"));
		same_int(g.count, 2);
		same(g.args[1], "-new");
		ok(given_flag(&g, "quick"));
		given_clear(&g);
	}
}

static void slips(void)
{
	static const char *const rows[][2] = {
		{ "--whre=x", "There is no option --whre; the nearest is --where." },
		{ "--zzz", "There is no option --zzz; --help lists them." },
		{ "-z", "There is no option -z; --help lists them." },
		{ "--where", "--where needs a value: --where=QUERY." },
		{ "-w", "--where needs a value: --where=QUERY." },
		{ "--quick=yes", "--quick takes no value." },
	};

	test("slips are told with what is near") {
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			struct given g = { 0 };
			struct error err = { 0 };

			ok(!read_words(&g, GIVEN_FREE, &err, rows[i][0]));
			same_int(err.kind, ERROR_USAGE);
			same(err.text, rows[i][1]);
			given_clear(&g);
		}
	}
}

static void divide_is(const char *verb, bool where, int count, const char *const *words, int refs,
	const char *first_ref, const char *first_arg)
{
	struct divided d;

	divide_words(verb_find(verb), where, count, words, &d);
	same_int(d.ref_count, refs);
	same_int(d.arg_count, count - refs);
	same(d.ref_count ? d.refs[0] : NULL, first_ref);
	same(d.arg_count ? d.args[0] : NULL, first_arg);
}

#define WORDS(...)                                                                                 \
	sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *), (const char *[])                 \
	{                                                                                          \
		__VA_ARGS__                                                                        \
	}

static void dividing(void)
{
	test("which words are cases") {
		divide_is("close", false, WORDS("2026-000417"), 1, "2026-000417", NULL);
		divide_is("close", false, WORDS("2026-000417", "collected"), 1, "2026-000417",
			"collected");
		divide_is("assign", false, WORDS("k.byrne", "2026-000417"), 1, "2026-000417",
			"k.byrne");
		divide_is("assign", false, WORDS("C-104233", "c17", "me"), 2, "C-104233", "me");
		divide_is("priority", false, WORDS("1", "2026-000417"), 1, "2026-000417", "1");
		divide_is("due", false, WORDS("2026-08-15", "2026-000417"), 1, "2026-000417",
			"2026-08-15");
		divide_is("due", false, WORDS("2026-000417", "3d"), 1, "2026-000417", "3d");
		divide_is("tag", false, WORDS("2026-000417", "a", "-b"), 1, "2026-000417", "a");
		divide_is("note", false, WORDS("7", "some words"), 1, "7", "some words");
		divide_is("take", false, WORDS("7", "8"), 2, "7", NULL);
		divide_is("priority", true, WORDS("up"), 0, NULL, "up");
		divide_is("correct", false, WORDS("p1", "phone=1"), 1, "p1", "phone=1");
		divide_is("new", false, WORDS("2026-000417", "again"), 0, NULL, "2026-000417");
	}
	test("the exit code of many") {
		same_int(join_exit(0, 0), 0);
		same_int(join_exit(0, 5), 5);
		same_int(join_exit(5, 5), 5);
		same_int(join_exit(5, 3), 7);
		same_int(join_exit(5, 0), 5);
		same_int(join_exit(7, 5), 7);
	}
}

int main(void)
{
	reading();
	slips();
	dividing();
	return test_result();
}
