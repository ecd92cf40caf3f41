/* Time in and out. Days are days of the local calendar: adding three of them moves the date, never
   3 * 86400 seconds, so that a change to summer time in between does no harm. */
#include "model/when.h"
#include "model/i18n.h"
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MINUTE = 60, HOUR = 3600, DAY = 86400, DAY_ENDS = 17 };

/* ---- RFC 3339 */

/* Exactly that many digits; p moves behind them. */
static bool take_digits(const char **p, int count, int *out)
{
	*out = 0;
	for (int i = 0; i < count; i++, ++*p) {
		if (**p < '0' || **p > '9')
			return false;
		*out = *out * 10 + (**p - '0');
	}
	return true;
}

static bool take_char(const char **p, char c)
{
	if (**p != c)
		return false;
	++*p;
	return true;
}

static int month_days(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month == 2 && leap ? 29 : days[month - 1];
}

static bool take_date(const char **p, struct tm *tm)
{
	int year, month, day;

	if (!take_digits(p, 4, &year) || !take_char(p, '-') || !take_digits(p, 2, &month) ||
		!take_char(p, '-') || !take_digits(p, 2, &day))
		return false;
	if (month < 1 || month > 12 || day < 1 || day > month_days(year, month))
		return false;
	*tm = (struct tm){ .tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day };
	return true;
}

/* 17:00 or 17:00:59; *seconds (may be NULL): whether they were there. */
static bool take_clock(const char **p, struct tm *tm, bool *seconds)
{
	if (!take_digits(p, 2, &tm->tm_hour) || !take_char(p, ':') ||
		!take_digits(p, 2, &tm->tm_min))
		return false;
	tm->tm_sec = 0;
	if (seconds)
		*seconds = **p == ':';
	if (take_char(p, ':') && !take_digits(p, 2, &tm->tm_sec))
		return false;
	return tm->tm_hour < 24 && tm->tm_min < 60 && tm->tm_sec <= 60;
}

static bool take_fraction(const char **p, int *ms)
{
	int unit = 100;

	*ms = 0;
	if (!take_char(p, '.') && !take_char(p, ','))
		return true;
	if (!isdigit((unsigned char)**p))
		return false;
	for (; isdigit((unsigned char)**p); ++*p, unit /= 10)
		*ms += (**p - '0') * unit;
	return true;
}

/* Z, +02:00 or, as some services write it, +0200. */
static bool take_offset(const char **p, int *seconds)
{
	int hours, minutes, sign = **p == '-' ? -1 : 1;

	*seconds = 0;
	if (take_char(p, 'Z') || take_char(p, 'z'))
		return true;
	if (**p != '+' && **p != '-')
		return false;
	++*p;
	if (!take_digits(p, 2, &hours))
		return false;
	take_char(p, ':');
	if (!take_digits(p, 2, &minutes) || hours > 23 || minutes > 59)
		return false;
	*seconds = sign * (hours * HOUR + minutes * MINUTE);
	return true;
}

bool when_read_ms(const char *text, int64_t *out_ms)
{
	struct tm tm;
	int ms = 0, offset = 0;
	bool seconds;
	const char *p = text;

	if (!p || !take_date(&p, &tm))
		return false;
	if (*p) {
		if (*p != 'T' && *p != 't' && *p != ' ')
			return false;
		p++;
		if (!take_clock(&p, &tm, &seconds) || !seconds || !take_fraction(&p, &ms) ||
			!take_offset(&p, &offset) || *p)
			return false;
	}
	*out_ms = ((int64_t)timegm(&tm) - offset) * 1000 + ms;
	return true;
}

bool when_read(const char *text, time_t *out)
{
	int64_t ms;

	if (!when_read_ms(text, &ms))
		return false;
	*out = (time_t)((ms - (ms % 1000 + 1000) % 1000) / 1000);
	return true;
}

/* The four digits of a year are all there is room for: what lies beyond is written as their end. */
static struct tm utc(time_t at)
{
	const time_t first = -62167219200, last = 253402300799;
	struct tm tm = { 0 };

	at = at < first ? first : at > last ? last : at;
	gmtime_r(&at, &tm);
	return tm;
}

static void write_utc(char *out, size_t room, time_t at, const char *end)
{
	struct tm tm = utc(at);
	char text[64];

	snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d%s", tm.tm_year + 1900,
		tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, end);
	text[room - 1] = '\0';
	memcpy(out, text, room);
}

void when_write(char out[WHEN_SIZE], time_t at)
{
	write_utc(out, WHEN_SIZE, at, "Z");
}

/* ---- the local calendar */

static struct tm local(time_t at)
{
	struct tm tm = { 0 };

	localtime_r(&at, &tm);
	return tm;
}

/* The instant of that local date and time; days and months may be out of range. Where summer time
   begins at midnight, that midnight does not exist and the day begins an hour later. */
static time_t local_instant(struct tm tm)
{
	struct tm wanted = tm;

	wanted.tm_isdst = 0;
	wanted.tm_hour = 12;
	timegm(&wanted); /* brings the date into range */
	tm.tm_isdst = -1;

	time_t at = mktime(&tm);
	return local(at).tm_mday == wanted.tm_mday ? at : at + HOUR;
}

/* hour -1: the same time of day. */
static time_t local_day(time_t from, int days, int months, int hour)
{
	struct tm tm = local(from);

	if (months) {
		int month = tm.tm_year * 12 + tm.tm_mon + months;
		int most = month_days(month / 12 + 1900, month % 12 + 1);

		tm.tm_year = month / 12;
		tm.tm_mon = month % 12;
		tm.tm_mday = tm.tm_mday > most ? most : tm.tm_mday; /* 31 January, a month on */
	}
	tm.tm_mday += days;
	if (hour >= 0) {
		tm.tm_hour = hour;
		tm.tm_min = tm.tm_sec = 0;
	}
	return local_instant(tm);
}

/* Days from 1970 of the local date. */
static int64_t day_number(time_t at)
{
	struct tm tm = local(at),
		  date = { .tm_year = tm.tm_year, .tm_mon = tm.tm_mon, .tm_mday = tm.tm_mday };

	return timegm(&date) / DAY;
}

/* ---- words */

/* -7d +2w 3h -1m, a sign needed unless bare. hour: when a step of days ends, -1: as now. */
static bool read_step(const char *text, time_t now, int hour, bool bare, time_t *out)
{
	char *end;

	if (!bare && *text != '+' && *text != '-')
		return false;
	if (!isdigit((unsigned char)text[*text == '+' || *text == '-']))
		return false;
	long n = strtol(text, &end, 10);
	if (n > 99999 || n < -99999 || !*end || end[1])
		return false;

	switch (*end) {
	case 'h':
		*out = now + n * HOUR;
		return true;
	case 'd':
		*out = local_day(now, (int)n, 0, hour);
		return true;
	case 'w':
		*out = local_day(now, (int)n * 7, 0, hour);
		return true;
	case 'm':
		if (n > 1200 || n < -1200)
			return false;
		*out = local_day(now, 0, (int)n, hour);
		return true;
	default:
		return false;
	}
}

static bool read_day_word(const char *text, time_t now, int hour, time_t *out)
{
	static const struct {
		const char *word;
		int days;
	} words[] = { { "today", 0 }, { "yesterday", -1 }, { "tomorrow", 1 } };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!strcasecmp(text, words[i].word)) {
			*out = local_day(now, words[i].days, 0, hour);
			return true;
		}
	}
	return false;
}

/* A bare date, local, at that hour. */
static bool read_local_date(const char *text, int hour, time_t *out)
{
	struct tm tm;

	if (!take_date(&text, &tm) || *text)
		return false;
	tm.tm_hour = hour;
	*out = local_instant(tm);
	return true;
}

bool when_value(const char *text, time_t now, time_t *out)
{
	if (!text || !*text)
		return false;
	if (!strcasecmp(text, "now")) {
		*out = now;
		return true;
	}
	return read_day_word(text, now, 0, out) || read_step(text, now, -1, false, out) ||
	       read_local_date(text, 0, out) || when_read(text, out);
}

static const char *const months[] = {
	N_("Jan"),
	N_("Feb"),
	N_("Mar"),
	N_("Apr"),
	N_("May"),
	N_("Jun"),
	N_("Jul"),
	N_("Aug"),
	N_("Sep"),
	N_("Oct"),
	N_("Nov"),
	N_("Dec"),
};

static const char *const weekdays[] = {
	"sunday",
	"monday",
	"tuesday",
	"wednesday",
	"thursday",
	"friday",
	"saturday",
};

/* mon, monday: the next one after today. */
static bool read_weekday(const char *text, time_t now, time_t *out)
{
	size_t size = strlen(text);
	int today = local(now).tm_wday;

	for (int i = 0; size >= 3 && i < 7; i++) {
		if (!strncasecmp(text, weekdays[i], size)) {
			*out = local_day(now, (i - today + 6) % 7 + 1, 0, DAY_ENDS);
			return true;
		}
	}
	return false;
}

/* The month this word names, in English or the user's language, from 1; 0: none. */
static int read_month(const char *text, size_t size)
{
	for (int i = 0; i < 12; i++) {
		const char *own = _(months[i]);

		if (size >= 3 && !strncasecmp(text, months[i], 3))
			return i + 1;
		if (size == strlen(own) && !strncasecmp(text, own, size))
			return i + 1;
	}
	return 0;
}

/* 15 Aug, Aug 15, 15 Aug 2026. Without a year the next one that is not over. */
static bool read_day_month(const char *text, time_t now, time_t *out)
{
	int day = 0, month = 0, year = 0;
	struct tm tm = local(now);

	while (*text) {
		size_t skip = strspn(text, " "), size = strcspn(text + skip, " ");
		int n = atoi(text + skip);

		text += skip;
		if (!size)
			break;
		if (isdigit((unsigned char)*text) && size <= 2 && !day)
			day = n;
		else if (isdigit((unsigned char)*text) && size == 4 && !year)
			year = n;
		else if (!month && !(month = read_month(text, size)))
			return false;
		else if (isdigit((unsigned char)*text))
			return false;
		text += size;
	}
	if (!month || day < 1 || day > month_days(year ? year : 2000, month))
		return false;
	bool over = month - 1 < tm.tm_mon || (month - 1 == tm.tm_mon && day < tm.tm_mday);
	tm = (struct tm){ .tm_year = year ? year - 1900 : tm.tm_year + over,
		.tm_mon = month - 1,
		.tm_mday = day,
		.tm_hour = DAY_ENDS };
	*out = local_instant(tm);
	return true;
}

/* A day said without a time of day is due when it ends. */
static bool read_day(const char *text, time_t now, time_t *out)
{
	return read_day_word(text, now, DAY_ENDS, out) ||
	       read_step(text, now, DAY_ENDS, true, out) || read_local_date(text, DAY_ENDS, out) ||
	       read_weekday(text, now, out) || read_day_month(text, now, out);
}

/* "15 Aug 17:00": the day before the last space, the clock behind it. */
static bool read_day_clock(const char *text, time_t now, time_t *out)
{
	const char *space = strrchr(text, ' ');
	struct tm clock = { 0 }, tm;
	char day[64];

	if (!space)
		space = strchr(text, 'T');
	if (!space || (size_t)(space - text) >= sizeof(day))
		return false;
	memcpy(day, text, (size_t)(space - text));
	day[space - text] = '\0';

	const char *p = space + 1;
	if (!take_clock(&p, &clock, NULL) || *p || !read_day(day, now, out))
		return false;
	tm = local(*out);
	tm.tm_hour = clock.tm_hour;
	tm.tm_min = clock.tm_min;
	tm.tm_sec = clock.tm_sec;
	*out = local_instant(tm);
	return true;
}

bool when_typed(const char *text, time_t now, time_t *out)
{
	char trimmed[64];
	size_t size;

	if (!text)
		return false;
	text += strspn(text, " \t");
	size = strlen(text);
	while (size && (text[size - 1] == ' ' || text[size - 1] == '\t'))
		size--;
	if (!size || size >= sizeof(trimmed))
		return false;
	memcpy(trimmed, text, size);
	trimmed[size] = '\0';
	if (!strcasecmp(trimmed, "now")) {
		*out = now;
		return true;
	}
	return read_day(trimmed, now, out) || read_day_clock(trimmed, now, out) ||
	       when_read(trimmed, out);
}

/* ---- for people */

void when_ago(struct buf *out, time_t at, time_t now)
{
	int64_t seconds = (int64_t)now - at;

	if (seconds < MINUTE) {
		buf_text(out, _("just now"));
	} else if (seconds < HOUR) {
		int n = (int)(seconds / MINUTE);

		buf_printf(out, P_("%d min ago", "%d min ago", (unsigned)n), n);
	} else if (seconds < DAY) {
		int n = (int)(seconds / HOUR);

		buf_printf(out, P_("%d hour ago", "%d hours ago", (unsigned)n), n);
	} else {
		int n = (int)(seconds / DAY);

		buf_printf(out, P_("%d day ago", "%d days ago", (unsigned)n), n);
	}
}

void when_span(struct buf *out, int64_t seconds)
{
	if (seconds < 0) {
		buf_char(out, '-');
		seconds = seconds == INT64_MIN ? INT64_MAX : -seconds;
	}
	if (seconds < MINUTE)
		buf_printf(out, "%ds", (int)seconds);
	else if (seconds < HOUR)
		buf_printf(out, "%dm", (int)(seconds / MINUTE));
	else if (seconds < DAY)
		buf_printf(out, "%dh%02d", (int)(seconds / HOUR), (int)(seconds % HOUR / MINUTE));
	else
		buf_printf(out, "%lldd", (long long)(seconds / DAY));
}

/* Days up to 99, then weeks, then years: a figure and a letter, so that the column stays narrow. */
static void put_days(struct buf *out, int64_t days)
{
	if (days < 100)
		buf_printf(out, "%dd", (int)days);
	else if (days < 700)
		buf_printf(out, "%dw", (int)(days / 7));
	else
		buf_printf(out, "%lldy", (long long)(days / 365));
}

void when_due(struct buf *out, time_t due, time_t now)
{
	if (!due) {
		buf_add(out, "", 0);
		return;
	}
	int64_t days = day_number(due) - day_number(now);
	if (due < now) {
		if (days < 0 || now - due >= HOUR)
			buf_char(out, '-');
		if (days < 0)
			put_days(out, -days);
		else if (now - due >= HOUR)
			buf_printf(out, "%dh", (int)((now - due) / HOUR));
		if (days < 0 || now - due >= HOUR)
			buf_char(out, ' ');
		/* TRANSLATORS: a case is past its due date; at most four columns */
		buf_text(out, _("LATE"));
	} else if (days == 0) {
		buf_text(out, _("today"));
	} else {
		put_days(out, days);
	}
}

void when_stamp(struct buf *out, time_t at, time_t now)
{
	struct tm tm = local(at);

	if (!at) {
		buf_add(out, "", 0);
		return;
	}
	buf_printf(out, "%d %s ", tm.tm_mday, _(months[tm.tm_mon]));
	if (tm.tm_year == local(now).tm_year)
		buf_printf(out, "%02d:%02d", tm.tm_hour, tm.tm_min);
	else
		buf_printf(out, "%d", tm.tm_year + 1900);
}

time_t when_working_days(time_t from, int days)
{
	struct tm tm = local(from);
	int moved = 0, weekday = tm.tm_wday;

	days = days < 0 ? 0 : days > 3660 ? 3660 : days;
	while (days > 0 || weekday == 0 || weekday == 6) {
		moved++;
		weekday = (weekday + 1) % 7;
		if (days > 0 && weekday != 0 && weekday != 6)
			days--;
	}
	return local_day(from, moved, 0, DAY_ENDS);
}
