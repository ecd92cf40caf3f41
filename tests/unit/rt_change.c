/* What Request Tracker wrote down of a change is believed only where it can mean nothing else. */
#include "tests/lib.h"

#include "net/rt_change.h"

static const char sent[] = "{\"Priority\":75,\"Subject\":\"Grofvuil, 2 stuks\"}";

static const struct casefile seen = { .subject = "Grofvuil", .priority = 4 };

#define FROM(id, field, old, value, by)                                                            \
	"{\"id\":" id ",\"Type\":\"Set\",\"Field\":\"" field "\",\"OldValue\":\"" old              \
	"\",\"NewValue\":\"" value "\",\"Creator\":{\"type\":\"user\",\"id\":\"" by "\"}}"
#define ROW(id, field, value, by) FROM(id, field, "30", value, by)
#define SUBJECT FROM("\"2779\"", "Subject", "Grofvuil", "Grofvuil, 2 stuks", "sofia")
#define PRIORITY ROW("2778", "Priority", "75", "sofia")
#define BEFORE ROW("\"2700\"", "Priority", "30", "bram")

static int64_t traced(const char *rows)
{
	struct json *have = json_read(rows, strlen(rows), NULL, NULL),
		    *want = json_read(sent, strlen(sent), NULL, NULL);
	int64_t newest = have && want ? rt_traced(have, want, &seen, 2700, "sofia") : -1;

	json_free(have);
	json_free(want);
	return newest;
}

static const char *over(const char *rows, struct arena *arena)
{
	struct json *have = json_read(rows, strlen(rows), NULL, NULL),
		    *want = json_read(sent, strlen(sent), NULL, NULL);
	const char *text = rt_written_over(have, want, &seen, 2700, "sofia", arena);

	json_free(have);
	json_free(want);
	return text;
}

int main(void)
{
	struct arena arena = { 0 };

	test("what was sent, once each, since the version that was seen") {
		same_int(traced("[" SUBJECT "," PRIORITY "," BEFORE "]"), 2779);
	}
	test("part of it, or what nobody sent, is no proof") {
		same_int(traced("[" SUBJECT "," BEFORE "]"), 0);
		same_int(traced("[" BEFORE "]"), 0);
		same_int(traced("[" SUBJECT "," PRIORITY
				"," ROW("2777", "Due", "2027-01-02", "sofia") "," BEFORE "]"),
			0);
		same_int(traced("[]"), 0);
	}
	test("nor is a page that ends before what was seen") {
		same_int(traced("[" SUBJECT "," PRIORITY "]"), 0);
	}
	test("nor another value, another person, a field told twice") {
		same_int(traced("[" SUBJECT "," ROW("2778", "Priority", "80", "sofia") "," BEFORE
										       "]"),
			0);
		same_int(traced("[" SUBJECT "," ROW("2778", "Priority", "75", "bram") "," BEFORE
										      "]"),
			0);
		same_int(traced("[" PRIORITY "," PRIORITY "," BEFORE "]"), 0);
		same_int(traced("[" ROW("2780", "Priority", "10",
				 "RT_System") "," SUBJECT "," PRIORITY "," BEFORE "]"),
			0);
	}
	test("nor rows of another form") {
		same_int(traced("[{\"id\":\"2779\"},7,null," BEFORE "]"), 0);
		same_int(traced("{\"id\":\"2779\"}"), 0);
	}
	test("nor what took the place of a value that was not seen") {
		same_int(traced("[" SUBJECT
				"," FROM("2778", "Priority", "90", "75", "sofia") "," BEFORE "]"),
			0);
	}
	test("what was written over is known by what ours replaced") {
		same(over("[" SUBJECT "," FROM("2778", "Priority", "90", "75", "sofia") "," BEFORE
											"]",
			     &arena),
			"{\"Priority\":\"90\"}");
		same(over("[" FROM("2779", "Subject", "Grofvuil weg", "Grofvuil, 2 stuks",
				  "sofia") "," FROM("2778", "Priority", "90", "75", "sofia") "]",
			     &arena),
			"{\"Subject\":\"Grofvuil weg\",\"Priority\":\"90\"}");
	}
	test("or by what was written down beside it, before or after") {
		same(over("[" ROW("2780", "Priority", "90", "bram") "," PRIORITY "," BEFORE "]",
			     &arena),
			"{\"Priority\":\"90\"}");
		same(over("[" PRIORITY "," ROW("2777", "Priority", "90", "bram") "," BEFORE "]",
			     &arena),
			"{\"Priority\":\"90\"}");
	}
	test("nothing is, where all is as it was sent, or ours is not there") {
		same(over("[" SUBJECT "," PRIORITY "," BEFORE "]", &arena), NULL);
		same(over("[" ROW("2780", "Priority", "90", "bram") "," BEFORE "]", &arena), NULL);
		same(over("[" ROW("2780", "Due", "2027-01-02", "bram") "," PRIORITY "," BEFORE "]",
			     &arena),
			NULL);
		same(over("[" ROW("2780", "Priority", "75", "bram") "," PRIORITY "," BEFORE "]",
			     &arena),
			NULL);
		same(over("[7,null,{\"id\":\"2779\"}]", &arena), NULL);
	}
	arena_clear(&arena);
	return test_result();
}
