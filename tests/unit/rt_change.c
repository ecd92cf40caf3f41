/* What Request Tracker wrote down of a change is believed only where it can mean nothing else. */
#include "tests/lib.h"

#include "net/rt_change.h"

static const char sent[] = "{\"Priority\":75,\"Subject\":\"Grofvuil, 2 stuks\"}";

#define ROW(id, field, value, by)                                                                  \
	"{\"id\":" id ",\"Type\":\"Set\",\"Field\":\"" field "\",\"NewValue\":\"" value            \
	"\",\"Creator\":{\"type\":\"user\",\"id\":\"" by "\"}}"
#define SUBJECT ROW("\"2779\"", "Subject", "Grofvuil, 2 stuks", "sofia")
#define PRIORITY ROW("2778", "Priority", "75", "sofia")
#define BEFORE ROW("\"2700\"", "Priority", "30", "bram")

static int64_t traced(const char *rows)
{
	struct json *have = json_read(rows, strlen(rows), NULL, NULL),
		    *want = json_read(sent, strlen(sent), NULL, NULL);
	int64_t newest = have && want ? rt_traced(have, want, 2700, "sofia") : -1;

	json_free(have);
	json_free(want);
	return newest;
}

int main(void)
{
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
	return test_result();
}
