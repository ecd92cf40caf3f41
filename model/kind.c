/* What a kind of case asks for, and the checks that the form, the import and the service share. */
#include "model/kind.h"
#include "model/buf.h"
#include "model/i18n.h"
#include "model/text.h"
#include "model/when.h"
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const types[] = {
	[KIND_TEXT] = "text",
	[KIND_LONG_TEXT] = "long_text",
	[KIND_NUMBER] = "number",
	[KIND_MONEY] = "money",
	[KIND_DATE] = "date",
	[KIND_TIME] = "time",
	[KIND_YES_NO] = "yes_no",
	[KIND_CHOICE] = "choice",
	[KIND_CHOICES] = "choices",
	[KIND_ADDRESS] = "address",
	[KIND_PLACE] = "place",
	[KIND_REFERENCE] = "reference",
};

enum { TYPE_COUNT = sizeof(types) / sizeof(types[0]) };

const char *kind_type_name(enum kind_type type)
{
	return (unsigned)type < TYPE_COUNT ? types[type] : "text";
}

bool kind_type_read(const char *name, enum kind_type *type)
{
	for (int i = 0; name && i < TYPE_COUNT; i++) {
		if (!strcmp(name, types[i])) {
			*type = (enum kind_type)i;
			return true;
		}
	}
	return false;
}

const struct kind_field *kind_field_find(const struct kind *k, const char *name)
{
	for (int i = 0; i < k->field_count; i++)
		if (!strcmp(k->fields[i].name, name))
			return &k->fields[i];
	return NULL;
}

const struct kind_step *kind_step_find(const struct kind *k, const char *id)
{
	for (int i = 0; id && i < k->step_count; i++)
		if (!strcmp(k->steps[i].id, id))
			return &k->steps[i];
	return NULL;
}

/* ---- values */

/* One type's check: the value (not blank, without white space at its ends) in its stored form, or
   NULL with err. */
typedef const char *check_fn(
	const struct kind_field *, const char *text, struct arena *, struct error *);

static const char *check_lines(
	const struct kind_field *f, const char *text, struct arena *a, struct error *err)
{
	(void)f;
	(void)err;
	return arena_copy(a, text);
}

static const char *check_text(
	const struct kind_field *f, const char *text, struct arena *a, struct error *err)
{
	regex_t regex;

	if (strpbrk(text, "\r\n")) {
		error_set(err, ERROR_REFUSED, _("%s is one line of text."), f->label);
		return NULL;
	}
	if (!f->pattern)
		return arena_copy(a, text);
	if (regcomp(&regex, f->pattern, REG_EXTENDED | REG_NOSUB)) {
		error_set(err, ERROR_REFUSED, _("The pattern of %s is not usable: %s"), f->label,
			f->pattern);
		return NULL;
	}
	bool fits = regexec(&regex, text, 0, NULL, 0) == 0;
	regfree(&regex);
	if (fits)
		return arena_copy(a, text);
	error_set(err, ERROR_REFUSED, _("%s must look like %s; \"%s\" does not."), f->label,
		f->pattern, text);
	return NULL;
}

/* Digits with at most one point or comma; into plain with a point. */
static bool plain_number(const char *text, char *plain, size_t room)
{
	size_t digits = 0, size = 0;
	bool point = false;

	if (*text == '-' || *text == '+') {
		if (*text == '-')
			plain[size++] = '-';
		text++;
	}
	for (; *text; text++) {
		if (size + 2 > room)
			return false;
		if (*text >= '0' && *text <= '9') {
			digits++;
			plain[size++] = *text;
		} else if ((*text == '.' || *text == ',') && !point && digits) {
			point = true;
			plain[size++] = '.';
		} else {
			return false;
		}
	}
	plain[size] = '\0';
	return digits > 0 && plain[size - 1] != '.';
}

static const char *check_number(
	const struct kind_field *f, const char *text, struct arena *a, struct error *err)
{
	char plain[40];

	if (plain_number(text, plain, sizeof(plain)))
		return arena_copy(a, plain);
	error_set(err, ERROR_REFUSED, _("%s is a number such as 12 or 2.5, not \"%s\"."), f->label,
		text);
	return NULL;
}

static bool money_sign(const char *p, size_t *size)
{
	static const char *const signs[] = { "\u20AC", "\u00A3", "$", "EUR", "GBP", "USD", "CHF",
		" ", "\u00A0", "\u202F" };

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		*size = strlen(signs[i]);
		if (!strncmp(p, signs[i], *size))
			return true;
	}
	return false;
}

/* The amount's figures, its cents behind the last point or comma that has one or two digits after
   it; others part thousands. */
static bool read_money(const char *text, char *plain, size_t room)
{
	char bare[40];
	size_t size = 0, skip, out = 0;

	while (*text) {
		if (money_sign(text, &skip)) {
			text += skip;
			continue;
		}
		if (size + 1 >= sizeof(bare))
			return false;
		bare[size++] = *text++;
	}
	bare[size] = '\0';

	size_t from = bare[0] == '-', cents = 0, digits = 0;
	for (size_t i = from; i < size; i++)
		if (bare[i] == '.' || bare[i] == ',')
			cents = size - i - 1 <= 2 && i + 1 < size ? i : cents;
	for (size_t i = 0; i < size && out + 4 < room; i++) {
		if (bare[i] >= '0' && bare[i] <= '9') {
			digits++;
			plain[out++] = bare[i];
		} else if (i == cents && i > from) {
			plain[out++] = '.';
		} else if (bare[i] == '-' && i == 0) {
			plain[out++] = '-';
		} else if ((bare[i] != '.' && bare[i] != ',') || i == from || i + 4 > size) {
			return false;
		}
	}
	plain[out] = '\0';
	if (!digits)
		return false;
	const char *tail = !cents ? ".00" : size - cents == 2 ? "0" : "";
	memcpy(plain + out, tail, strlen(tail) + 1);
	return true;
}

static const char *check_money(
	const struct kind_field *f, const char *text, struct arena *a, struct error *err)
{
	char plain[48];

	if (read_money(text, plain, sizeof(plain)))
		return arena_copy(a, plain);
	error_set(err, ERROR_REFUSED, _("%s is an amount such as 12.50, not \"%s\"."), f->label,
		text);
	return NULL;
}

/* 2026-11-03, or the day first: 3.11.2026, 03/11/2026, 3-11-2026. */
static bool read_date(const char *text, char out[16])
{
	int day, month, year, used = 0;
	time_t at;

	if (strlen(text) > 10)
		return false;
	if (sscanf(text, "%2d%*1[./-]%2d%*1[./-]%4d%n", &day, &month, &year, &used) != 3 ||
		text[used] || year < 1000) {
		snprintf(out, 16, "%s", text);
	} else {
		if (day < 1 || month < 1)
			return false;
		snprintf(out, 16, "%04d-%02d-%02d", year % 10000, month % 100, day % 100);
	}
	return strlen(out) == 10 && when_read(out, &at);
}

static const char *check_date(
	const struct kind_field *f, const char *text, struct arena *a, struct error *err)
{
	char date[16];

	if (read_date(text, date))
		return arena_copy(a, date);
	error_set(err, ERROR_REFUSED, _("%s is a date such as 2026-08-15, not \"%s\"."), f->label,
		text);
	return NULL;
}

static const char *check_time(
	const struct kind_field *f, const char *text, struct arena *a, struct error *err)
{
	int hour, minute, used = 0;

	if (sscanf(text, "%2d%*1[:.]%2d%n", &hour, &minute, &used) == 2 && !text[used] &&
		used >= 4 && hour >= 0 && hour < 24 && minute >= 0 && minute < 60)
		return arena_printf(a, "%02d:%02d", hour, minute);
	error_set(err, ERROR_REFUSED, _("%s is a time of day such as 17:00, not \"%s\"."), f->label,
		text);
	return NULL;
}

static const char *check_yes_no(
	const struct kind_field *f, const char *text, struct arena *a, struct error *err)
{
	static const char *const yes[] = { "yes", "y", "true", "1", "x" };
	static const char *const no[] = { "no", "n", "false", "0" };

	(void)a;
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		if (!strcasecmp(text, yes[i]) || !strcasecmp(text, _("yes")))
			return "yes";
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (!strcasecmp(text, no[i]) || !strcasecmp(text, _("no")))
			return "no";
	error_set(err, ERROR_REFUSED, _("%s is yes or no, not \"%s\"."), f->label, text);
	return NULL;
}

static void put_values(struct buf *out, const struct kind_field *f)
{
	for (const char *const *v = f->values; v && *v; v++)
		buf_printf(out, "%s%s", out->size ? ", " : "", *v);
	buf_add(out, "", 0);
}

static const char *no_such_choice(const struct kind_field *f, const char *text, struct error *err)
{
	struct buf list = { 0 };

	put_values(&list, f);
	error_set(err, ERROR_REFUSED, _("%s is one of %s; \"%s\" is not."), f->label, list.text,
		text);
	buf_clear(&list);
	return NULL;
}

static const char *check_choice(
	const struct kind_field *f, const char *text, struct arena *a, struct error *err)
{
	struct buf wanted = { 0 }, value = { 0 };
	const char *found = NULL;

	text_fold(&wanted, text);
	for (const char *const *v = f->values; v && *v && !found; v++) {
		buf_reset(&value);
		text_fold(&value, *v);
		if (!strcmp(value.text, wanted.text))
			found = arena_copy(a, *v);
	}
	buf_clear(&wanted);
	buf_clear(&value);
	return found ? found : no_such_choice(f, text, err);
}

/* The longest value that stands at p and ends there at a separator or the end. */
static const char *value_at(const struct kind_field *f, const char *p)
{
	const char *best = NULL;

	for (const char *const *v = f->values; v && *v; v++) {
		size_t size = strlen(*v);

		if (!strncasecmp(p, *v, size) && (!p[size] || strchr(" ,;\n", p[size])) &&
			(!best || size > strlen(best)))
			best = *v;
	}
	return best;
}

static const char *check_choices(
	const struct kind_field *f, const char *text, struct arena *a, struct error *err)
{
	struct buf chosen = { 0 };

	for (const char *p = text; *(p += strspn(p, " ,;\n"));) {
		const char *value = value_at(f, p);

		if (!value) {
			buf_clear(&chosen);
			return no_such_choice(f, arena_copy_n(a, p, strcspn(p, " ,;\n")), err);
		}
		if (chosen.size)
			buf_char(&chosen, ' ');
		buf_text(&chosen, value);
		p += strlen(value);
	}

	const char *copy = arena_copy(a, buf_str(&chosen));
	buf_clear(&chosen);
	return copy;
}

static check_fn *const checks[] = {
	[KIND_TEXT] = check_text,
	[KIND_LONG_TEXT] = check_lines,
	[KIND_NUMBER] = check_number,
	[KIND_MONEY] = check_money,
	[KIND_DATE] = check_date,
	[KIND_TIME] = check_time,
	[KIND_YES_NO] = check_yes_no,
	[KIND_CHOICE] = check_choice,
	[KIND_CHOICES] = check_choices,
	[KIND_ADDRESS] = check_lines,
	[KIND_PLACE] = check_lines,
	[KIND_REFERENCE] = check_text,
};

static const char *trimmed(const char *text, struct arena *a)
{
	text += strspn(text, " \t\r\n");

	size_t size = strlen(text);
	while (size && strchr(" \t\r\n", text[size - 1]))
		size--;
	return arena_copy_n(a, text, size);
}

bool kind_check_value(const struct kind_field *f, const char *text, struct arena *a,
	const char **out, struct error *err)
{
	struct arena scratch = { 0 };
	const char *value = NULL;
	bool good = true;

	if (out)
		*out = NULL;
	if (text_blank(text)) {
		if (f->required)
			return error_set(err, ERROR_REFUSED, _("%s is needed."), f->label);
		return true;
	}
	if (!text_valid(text, strlen(text)))
		return error_set(
			err, ERROR_REFUSED, _("%s holds bytes that are not text."), f->label);

	struct arena *keep = out ? a : &scratch;
	value = checks[(unsigned)f->type < TYPE_COUNT ? f->type : KIND_TEXT](
		f, trimmed(text, &scratch), keep, err);
	good = value != NULL;
	if (out)
		*out = value;
	arena_clear(&scratch);
	return good;
}

/* ---- steps and dates */

static bool leads_to(const struct kind_step *from, const char *to)
{
	if (!from->next)
		return true;
	for (const char *const *next = from->next; *next; next++)
		if (!strcmp(*next, to))
			return true;
	return false;
}

bool kind_step_allowed(const struct kind *k, const char *from, const char *to)
{
	if (!kind_step_find(k, to))
		return false;
	/* Just opened is as good as at the first step. */
	if (!from || !*from)
		return !strcmp(k->steps[0].id, to) || leads_to(&k->steps[0], to);

	/* A step that a newer version of the kind no longer has must not hold a case for ever. */
	const struct kind_step *step = kind_step_find(k, from);
	return !step || !strcmp(from, to) || leads_to(step, to);
}

time_t kind_due(const struct kind *k, time_t opened)
{
	if (k->due_working_days > 0)
		return when_working_days(opened, k->due_working_days);
	return k->due_hours > 0 ? opened + (time_t)k->due_hours * 3600 : 0;
}
