/* How many questions at once a service is asked, by how fast it answers. */
#include "net/pace.h"
#include "tests/lib.h"

static void answers(struct pace *p, int count, double ms)
{
	for (int i = 0; i < count; i++)
		pace_answer(p, CALL_LIST, ms);
}

int main(void)
{
	struct pace p;

	test("a service that answers as always is asked as much as was set") {
		pace_init(&p, 4);
		for (int i = 0; i < 100; i++)
			answers(&p, 1, 80 + i % 40);
		same_int(p.at_once, 4);
	}
	test("one slow answer is nothing") {
		answers(&p, 1, 1000);
		same_int(p.at_once, 4);
		answers(&p, 10, 90);
		same_int(p.at_once, 4);
	}
	test("many are: fewer at once, and never none") {
		answers(&p, 4, 1500);
		ok(p.at_once < 4);
		answers(&p, 20, 1500);
		same_int(p.at_once, 1);
	}
	test("it recovers, and never takes more than was set") {
		answers(&p, 100, 90);
		same_int(p.at_once, 4);
		answers(&p, 100, 90);
		same_int(p.at_once, 4);
	}
	test("what nobody feels is no slowing down") {
		pace_init(&p, 4);
		answers(&p, 20, 2);
		answers(&p, 20, 40);
		same_int(p.at_once, 4);
	}
	test("kinds of questions are measured each by itself; logins, files and news are not") {
		pace_init(&p, 4);
		for (int i = 0; i < 20; i++) {
			pace_answer(&p, CALL_OPEN, 5);
			pace_answer(&p, CALL_LIST, 900);
			pace_answer(&p, CALL_LOGIN, i ? 9000 : 1);
			pace_answer(&p, CALL_FILE, i ? 9000 : 1);
		}
		same_int(p.at_once, 4);
	}
	test("a service that became slow for good is fast again by its own measure") {
		pace_init(&p, 4);
		answers(&p, 10, 100);
		answers(&p, 10, 1200);
		ok(p.at_once < 4);
		answers(&p, 300, 1200);
		same_int(p.at_once, 4);
	}
	test("busy, or silent: fewer at once") {
		pace_init(&p, 4);
		ok(pace_trouble(&p));
		same_int(p.at_once, 2);
		pace_trouble(&p);
		ok(!pace_trouble(&p));
		same_int(p.at_once, 1);
	}
	return test_result();
}
