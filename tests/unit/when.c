#include "model/when.h"
#include "tests/lib.h"

static void zone(const char *name)
{
	setenv("TZ", name, 1);
	tzset();
}

static time_t at(const char *text)
{
	time_t t = -1;

	ok(when_read(text, &t));
	return t;
}

static void same_time(time_t got, const char *want)
{
	char text[WHEN_SIZE];

	when_write(text, got);
	same(text, want);
}

static void same_value(const char *text, const char *now, const char *want)
{
	time_t t;

	if (!want)
		ok(!when_value(text, at(now), &t));
	else if (ok(when_value(text, at(now), &t)))
		same_time(t, want);
}

static void same_typed(const char *text, const char *now, const char *want)
{
	time_t t;

	if (!want)
		ok(!when_typed(text, at(now), &t));
	else if (ok(when_typed(text, at(now), &t)))
		same_time(t, want);
	else
		printf("# %s\n", text);
}

typedef void say_fn(struct buf *, time_t, time_t);

static void same_said(say_fn *say, const char *what, const char *now, const char *want)
{
	struct buf b = { 0 };

	say(&b, what ? at(what) : 0, at(now));
	same(b.text, want);
	buf_clear(&b);
}

static void same_span(int64_t seconds, const char *want)
{
	struct buf b = { 0 };

	when_span(&b, seconds);
	same(b.text, want);
	buf_clear(&b);
}

int main(void)
{
	zone("UTC");

	test("RFC 3339 with any offset, or a bare date") {
		same_time(at("2026-11-03T08:15:30Z"), "2026-11-03T08:15:30Z");
		same_time(at("2026-11-03t08:15:30z"), "2026-11-03T08:15:30Z");
		same_time(at("2026-11-03 08:15:30+02:00"), "2026-11-03T06:15:30Z");
		same_time(at("2026-11-03T08:15:30-0530"), "2026-11-03T13:45:30Z");
		same_time(at("2026-11-03T08:15:30.999Z"), "2026-11-03T08:15:30Z");
		same_time(at("1969-12-31T23:59:59.5Z"), "1969-12-31T23:59:59Z");
		same_time(at("2026-11-03"), "2026-11-03T00:00:00Z");
		same_time(at("2024-02-29"), "2024-02-29T00:00:00Z");
		same_time(at("0001-01-01"), "0001-01-01T00:00:00Z");
		same_time(at("9999-12-31T23:59:59Z"), "9999-12-31T23:59:59Z");
	}

	test("what is none") {
		static const char *const none[] = {
			"",
			"x",
			"2026",
			"2026-13-01",
			"2026-02-29",
			"2026-00-10",
			"2026-04-31",
			"2026-11-03T",
			"2026-11-03T08:15:30",
			"2026-11-03T08:15Z",
			"2026-11-03T25:00:00Z",
			"2026-11-03T08:61:00Z",
			"2026-11-03T08:15:30Zx",
			"2026-11-03T08:15:30.Z",
			"2026-11-03T08:15:30+2",
			"2026-1-3",
			"-026-11-03",
			"2026-11-03T08:15:30+24:00",
		};
		time_t t;

		for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
			ok(!when_read(none[i], &t) || !printf("# %s\n", none[i]));
		ok(!when_read(NULL, &t));
	}

	test("milliseconds are read, also before 1970") {
		int64_t ms;

		ok(when_read_ms("2026-11-03T08:15:30.12Z", &ms));
		same_int(ms % 1000, 120);
		ok(when_read_ms("1969-12-31T23:59:59.999Z", &ms));
		same_int(ms, -1);
	}

	test("the words of a query") {
		const char *now = "2026-08-13T09:30:00Z";

		same_value("now", now, "2026-08-13T09:30:00Z");
		same_value("today", now, "2026-08-13T00:00:00Z");
		same_value("Yesterday", now, "2026-08-12T00:00:00Z");
		same_value("tomorrow", now, "2026-08-14T00:00:00Z");
		same_value("-7d", now, "2026-08-06T09:30:00Z");
		same_value("+2w", now, "2026-08-27T09:30:00Z");
		same_value("+3h", now, "2026-08-13T12:30:00Z");
		same_value("-1m", now, "2026-07-13T09:30:00Z");
		same_value("+12m", now, "2027-08-13T09:30:00Z");
		same_value("2026-08-15", now, "2026-08-15T00:00:00Z");
		same_value("2026-08-15T12:00:00Z", now, "2026-08-15T12:00:00Z");
		same_value("7d", now, NULL);
		same_value("+7y", now, NULL);
		same_value("+7", now, NULL);
		same_value("+d", now, NULL);
		same_value("+99999999999d", now, NULL);
		same_value("someday", now, NULL);
		same_value("", now, NULL);
		same_value("+1m", "2026-01-31T09:00:00Z", "2026-02-28T09:00:00Z");
	}

	test("what a person types as a due date: days end at five") {
		const char *now = "2026-08-13T09:30:00Z"; /* a Thursday */

		same_typed("today", now, "2026-08-13T17:00:00Z");
		same_typed(" tomorrow ", now, "2026-08-14T17:00:00Z");
		same_typed("3d", now, "2026-08-16T17:00:00Z");
		same_typed("+3d", now, "2026-08-16T17:00:00Z");
		same_typed("2w", now, "2026-08-27T17:00:00Z");
		same_typed("3h", now, "2026-08-13T12:30:00Z");
		same_typed("monday", now, "2026-08-17T17:00:00Z");
		same_typed("Thu", now, "2026-08-20T17:00:00Z");
		same_typed("15 Aug", now, "2026-08-15T17:00:00Z");
		same_typed("Aug 15", now, "2026-08-15T17:00:00Z");
		same_typed("13 aug", now, "2026-08-13T17:00:00Z");
		same_typed("12 August", now, "2027-08-12T17:00:00Z");
		same_typed("15 Aug 2028", now, "2028-08-15T17:00:00Z");
		same_typed("15 Aug 14:30", now, "2026-08-15T14:30:00Z");
		same_typed("2026-08-15", now, "2026-08-15T17:00:00Z");
		same_typed("2026-08-15 08:00", now, "2026-08-15T08:00:00Z");
		same_typed("tomorrow 08:00", now, "2026-08-14T08:00:00Z");
		same_typed("2026-08-15T08:00:00+02:00", now, "2026-08-15T06:00:00Z");
		same_typed("now", now, "2026-08-13T09:30:00Z");
		same_typed("31 Feb", now, NULL);
		same_typed("15", now, NULL);
		same_typed("mo", now, NULL);
		same_typed("15 Aug 25:00", now, NULL);
		same_typed("", now, NULL);
		same_typed("15 15 Aug", now, NULL);
	}

	test("days are days of the calendar, also when the clocks change") {
		zone("Europe/Amsterdam");
		/* Summer time ends on 25 October 2026 at 03:00: that day has 25 hours. */
		same_value("today", "2026-10-25T12:00:00Z", "2026-10-24T22:00:00Z");
		same_value("tomorrow", "2026-10-25T12:00:00Z", "2026-10-25T23:00:00Z");
		same_value("+1d", "2026-10-24T08:00:00Z", "2026-10-25T09:00:00Z");
		same_value("-1w", "2026-10-26T09:00:00Z", "2026-10-19T08:00:00Z");
		same_typed("3d", "2026-10-23T08:00:00Z", "2026-10-26T16:00:00Z");
		same_typed("2026-03-29 02:30", "2026-03-01T08:00:00Z", "2026-03-29T01:30:00Z");
		same_said(when_due, "2026-10-25T23:30:00Z", "2026-10-24T22:30:00Z", "1d");
		/* Here a day begins at 01:00 when the clocks go forward. */
		zone("America/Santiago");
		for (int before = 0; before < 2; before++) {
			/* The C library guesses from what it was asked before. */
			same_value("today",
				before ? "2026-01-06T15:00:00Z" : "2026-06-06T15:00:00Z",
				before ? "2026-01-06T03:00:00Z" : "2026-06-06T04:00:00Z");
			same_value("today", "2026-09-06T15:00:00Z", "2026-09-06T04:00:00Z");
		}
		zone("UTC");
	}

	test("how long ago") {
		const char *now = "2026-08-13T09:30:00Z";

		same_said(when_ago, "2026-08-13T09:29:30Z", now, "just now");
		same_said(when_ago, "2026-08-13T09:31:00Z", now, "just now");
		same_said(when_ago, "2026-08-13T09:26:00Z", now, "4 min ago");
		same_said(when_ago, "2026-08-13T08:30:00Z", now, "1 hour ago");
		same_said(when_ago, "2026-08-10T09:30:00Z", now, "3 days ago");
	}

	test("how long") {
		same_span(0, "0s");
		same_span(45, "45s");
		same_span(260, "4m");
		same_span(5 * 3600 + 12 * 60, "5h12");
		same_span(3 * 86400, "3d");
		same_span(-3 * 86400, "-3d");
		same_span(INT64_MIN, "-106751991167300d");
	}

	test("when it is due") {
		const char *now = "2026-08-13T09:30:00Z";

		same_said(when_due, "2026-08-11T17:00:00Z", now, "-2d LATE");
		same_said(when_due, "2026-08-12T23:00:00Z", now, "-1d LATE");
		same_said(when_due, "2026-08-13T07:30:00Z", now, "-2h LATE");
		same_said(when_due, "2026-08-13T09:00:00Z", now, "LATE");
		same_said(when_due, "2026-08-13T17:00:00Z", now, "today");
		same_said(when_due, "2026-08-16T17:00:00Z", now, "3d");
		same_said(when_due, "2026-02-13T17:00:00Z", now, "-25w LATE");
		same_said(when_due, "2020-02-13T17:00:00Z", now, "-6y LATE");
		same_said(when_due, NULL, now, "");
	}

	test("a stamp has the year when it is another") {
		const char *now = "2026-08-13T09:30:00Z";

		same_said(when_stamp, "2026-08-13T09:02:00Z", now, "13 Aug 09:02");
		same_said(when_stamp, "2025-01-03T09:02:00Z", now, "3 Jan 2025");
		same_said(when_stamp, NULL, now, "");
	}

	test("working days pass over the weekend") {
		same_time(when_working_days(at("2026-08-13T09:30:00Z"), 1), "2026-08-14T17:00:00Z");
		same_time(when_working_days(at("2026-08-13T09:30:00Z"), 2), "2026-08-17T17:00:00Z");
		same_time(when_working_days(at("2026-08-13T09:30:00Z"), 5), "2026-08-20T17:00:00Z");
		same_time(when_working_days(at("2026-08-15T09:30:00Z"), 1), "2026-08-17T17:00:00Z");
		same_time(when_working_days(at("2026-08-13T09:30:00Z"), 0), "2026-08-13T17:00:00Z");
		same_time(when_working_days(at("2026-08-15T09:30:00Z"), 0), "2026-08-17T17:00:00Z");
		same_time(
			when_working_days(at("2026-08-13T09:30:00Z"), -4), "2026-08-13T17:00:00Z");
	}
	return test_result();
}
