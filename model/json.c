/* JSON read and written. The only file that uses jansson, and three of its habits are worth a
   guard: it recurses as deep as the text says, the last of two equal members wins, and one byte
   that is not UTF-8, a NUL or half a surrogate pair refuses a page of two hundred good records. So
   the text is scanned first: too deep is refused, such bytes become U+FFFD. */
/* jansson has a type and a constant that are called like ours. */
#define JSON_OBJECT JANSSON_OBJECT
#define json_type jansson_type
#include <jansson.h>
#undef JSON_OBJECT
#undef json_type

#include "model/json.h"
#include "model/arena.h"
#include "model/i18n.h"
#include "model/text.h"
#include "model/when.h"
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* MEMBERS_MOST: json_name_at() walks, so an object as long as its sender likes would take us for
   ever. VALUES_MOST: an empty object takes three bytes as text and two hundred in memory; a page of two
   hundred cases has some five thousand values. */
enum { DEPTH_MOST = 64, MEMBERS_MOST = 10000, VALUES_MOST = 200000 };

/* ---- reading */

static unsigned hex4(const char *p, const char *end)
{
	unsigned code = 0;

	if (end - p < 4)
		return 0xFFFFFF;
	for (int i = 0; i < 4; i++) {
		char c = p[i];
		unsigned digit = c >= '0' && c <= '9'	? (unsigned)(c - '0')
				 : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
				 : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A' + 10)
							: 0x1000000u;
		if (digit > 15)
			return 0xFFFFFF;
		code = code * 16 + digit;
	}
	return code;
}

/* Bytes of the escape at p (a backslash), and whether jansson would choke on what it stands for. */
static size_t escape_size(const char *p, const char *end, bool *bad)
{
	*bad = false;
	if (end - p < 2)
		return (size_t)(end - p);
	if (p[1] != 'u')
		return 2;

	unsigned code = hex4(p + 2, end);
	if (code > 0xFFFF)
		return 2; /* no escape at all: the parser says so */
	*bad = code == 0 || (code >= 0xD800 && code < 0xE000);
	if (code < 0xD800 || code >= 0xDC00 || end - p < 12 || p[6] != '\\' || p[7] != 'u')
		return 6;

	unsigned low = hex4(p + 8, end);
	if (low < 0xDC00 || low > 0xDFFF)
		return 6;
	*bad = false;
	return 12;
}

struct scan {
	int depth;
	bool object[DEPTH_MOST + 1];
	int members[DEPTH_MOST + 1];
	int values;
	bool damaged; /* something to repair */
	bool too_deep, too_many, too_large;
};

static void scan_open(struct scan *s, bool object)
{
	if (s->depth >= DEPTH_MOST) {
		s->too_deep = true;
		return;
	}
	s->depth++;
	s->object[s->depth] = object;
	s->members[s->depth] = 0;
}

static void scan_outside(struct scan *s, char c)
{
	if (strchr("{[,", c) && c && ++s->values > VALUES_MOST)
		s->too_large = true;
	if (c == '{' || c == '[')
		scan_open(s, c == '{');
	else if ((c == '}' || c == ']') && s->depth > 0)
		s->depth--;
	else if (c == ',' && ++s->members[s->depth] >= MEMBERS_MOST && s->object[s->depth])
		s->too_many = true;
}

static void json_scan(struct scan *s, const char *p, const char *end)
{
	bool inside = false;

	while (p < end && !s->too_deep && !s->too_many && !s->too_large) {
		size_t step = 1;

		if (inside && *p == '\\') {
			bool bad;

			step = escape_size(p, end, &bad);
			s->damaged = s->damaged || bad;
		} else if (*p == '"') {
			inside = !inside;
		} else if (inside) {
			s->damaged = s->damaged || (unsigned char)*p < 0x20;
		} else {
			scan_outside(s, *p);
		}
		p += step;
	}
}

/* The text (valid UTF-8 by now) with what jansson refuses inside strings replaced. */
static void json_mend(struct buf *out, const char *p, const char *end)
{
	bool inside = false;

	while (p < end) {
		size_t step = 1;
		bool bad = false;

		if (inside && *p == '\\')
			step = escape_size(p, end, &bad);
		else if (*p == '"')
			inside = !inside;
		if (bad || (inside && *p == '\0'))
			buf_text(out, "\xEF\xBF\xBD");
		else if (inside && (unsigned char)*p < 0x20)
			buf_printf(out, "\\u%04X", (unsigned)*p);
		else
			buf_add(out, p, step);
		p += step;
	}
}

static struct json *json_parse(const char *text, size_t size, struct error *err)
{
	json_error_t why;
	/* A text that there is no memory for is not one that says nothing. */
	json_set_alloc_funcs(xmalloc, free);
	json_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);

	if (root)
		return (struct json *)root;
	/* The library's own words quote the text, which may be personal: only the place is passed
	   on. */
	if (json_error_code(&why) == json_error_duplicate_key)
		error_set(err, ERROR_GARBLED,
			_("This is not usable as JSON: a member stands twice, before line %d, "
			  "column %d."),
			why.line, why.column);
	else
		error_set(err, ERROR_GARBLED,
			_("This is no JSON: it goes wrong at line %d, column %d."), why.line,
			why.column);
	return NULL;
}

struct json *json_read(const char *text, size_t size, bool *repaired, struct error *err)
{
	struct buf valid = { 0 }, mended = { 0 };
	struct scan scan = { 0 };
	struct json *root = NULL;
	bool damaged = false;

	if (size >= 3 && !memcmp(text, "\xEF\xBB\xBF", 3)) {
		text += 3;
		size -= 3;
	}
	if (!text_valid(text, size)) {
		damaged = true;
		text_repair(&valid, text, size);
		text = valid.text;
		size = valid.size;
	}
	json_scan(&scan, text, text + size);
	if (scan.damaged) {
		json_mend(&mended, text, text + size);
		text = mended.text;
		size = mended.size;
	}
	if (scan.too_deep)
		error_set(err, ERROR_GARBLED, _("This JSON is nested more than %d deep."),
			DEPTH_MOST);
	else if (scan.too_many)
		error_set(err, ERROR_GARBLED, _("An object in this JSON has more than %d members."),
			MEMBERS_MOST);
	else if (scan.too_large)
		error_set(err, ERROR_GARBLED, _("This JSON holds more than %d values."),
			VALUES_MOST);
	else
		root = json_parse(text, size, err);
	if (repaired)
		*repaired = damaged || scan.damaged;
	buf_clear(&valid);
	buf_clear(&mended);
	return root;
}

void json_free(struct json *root)
{
	json_decref((json_t *)root);
}

static json_t *node(const struct json *j)
{
	return (json_t *)(uintptr_t)j;
}

enum json_type json_type(const struct json *j)
{
	static const enum json_type types[] = {
		[JANSSON_OBJECT] = JSON_OBJECT,
		[JSON_ARRAY] = JSON_LIST,
		[JSON_STRING] = JSON_TEXT,
		[JSON_INTEGER] = JSON_INT,
		[JSON_REAL] = JSON_FLOAT,
		[JSON_TRUE] = JSON_BOOL,
		[JSON_FALSE] = JSON_BOOL,
		[JSON_NULL] = JSON_NULL_VALUE,
	};

	return j ? types[json_typeof(node(j))] : JSON_NOTHING;
}

const struct json *json_get(const struct json *object, const char *name)
{
	return (const struct json *)json_object_get(node(object), name);
}

const char *json_text(const struct json *j)
{
	return json_string_value(node(j));
}

int64_t json_int(const struct json *j, int64_t otherwise)
{
	if (json_type(j) == JSON_INT)
		return json_integer_value(node(j));
	if (json_type(j) != JSON_FLOAT)
		return otherwise;

	double real = json_real_value(node(j));
	return real >= -9.2e18 && real <= 9.2e18 ? (int64_t)real : otherwise;
}

double json_number(const struct json *j, double otherwise)
{
	enum json_type type = json_type(j);

	return type == JSON_INT || type == JSON_FLOAT ? json_number_value(node(j)) : otherwise;
}

bool json_bool(const struct json *j, bool otherwise)
{
	return json_type(j) == JSON_BOOL ? json_typeof(node(j)) == JSON_TRUE : otherwise;
}

size_t json_count(const struct json *j)
{
	if (json_type(j) == JSON_OBJECT)
		return json_object_size(node(j));
	return json_array_size(node(j));
}

const struct json *json_at(const struct json *list, size_t i)
{
	return (const struct json *)json_array_get(node(list), i);
}

const char *json_name_at(const struct json *object, size_t i, const struct json **value)
{
	json_t *o = node(object);
	void *at = json_object_iter(o);

	while (at && i--)
		at = json_object_iter_next(o, at);
	if (value)
		*value = (const struct json *)json_object_iter_value(at);
	return json_object_iter_key(at);
}

const char *json_get_text(const struct json *object, const char *name)
{
	return json_text(json_get(object, name));
}

int64_t json_get_int(const struct json *object, const char *name, int64_t otherwise)
{
	return json_int(json_get(object, name), otherwise);
}

bool json_get_bool(const struct json *object, const char *name, bool otherwise)
{
	return json_bool(json_get(object, name), otherwise);
}

/* ---- writing */

static void put_escape(struct buf *out, uint32_t code)
{
	if (code > 0xFFFF) {
		code -= 0x10000;
		buf_printf(out, "\\u%04x\\u%04x", (unsigned)(0xD800 + (code >> 10)),
			(unsigned)(0xDC00 + (code & 0x3FF)));
		return;
	}
	buf_printf(out, "\\u%04x", (unsigned)code);
}

/* The short escape of a byte, or 0. */
static char short_escape(unsigned char c)
{
	switch (c) {
	case '"':
	case '\\':
		return (char)c;
	case '\n':
		return 'n';
	case '\r':
		return 'r';
	case '\t':
		return 't';
	default:
		return 0;
	}
}

/* How many bytes from here stand for themselves. */
static size_t plain_run(const char *p, const char *end)
{
	const char *start = p;

	while (p < end && *p >= 0x20 && *p != '"' && *p != '\\' && *p != 0x7F)
		p++;
	return (size_t)(p - start);
}

static void put_character(struct buf *out, const char *p, size_t size, uint32_t code, bool ascii)
{
	if (code < 0x80 && short_escape((unsigned char)code)) {
		buf_char(out, '\\');
		buf_char(out, short_escape((unsigned char)code));
	} else if (code < 0x20 || (code >= 0x7F && code < 0xA0) || (ascii && code > 0x7F)) {
		put_escape(out, code);
	} else if (code == TEXT_BAD) {
		buf_text(out, "\xEF\xBF\xBD");
	} else {
		buf_add(out, p, size);
	}
}

static void put_quoted(struct json_out *out, const char *text)
{
	const char *p = text, *end = text + strlen(text);

	buf_char(out->buf, '"');
	while (p < end) {
		size_t run = plain_run(p, end);

		buf_add(out->buf, p, run);
		p += run;
		if (p == end)
			break;

		uint32_t code;
		size_t size = text_decode(p, (size_t)(end - p), &code);
		if (code == TEXT_BAD && out->ascii)
			put_escape(out->buf, 0xFFFD);
		else
			put_character(out->buf, p, size, code, out->ascii);
		p += size;
	}
	buf_char(out->buf, '"');
}

static void begin(struct json_out *out, const char *name)
{
	if (out->comma)
		buf_char(out->buf, ',');
	out->comma = true;
	if (!name)
		return;
	put_quoted(out, name);
	buf_char(out->buf, ':');
}

void json_open(struct json_out *out, const char *name, char bracket)
{
	begin(out, name);
	buf_char(out->buf, bracket);
	out->comma = false;
}

void json_close(struct json_out *out, char bracket)
{
	buf_char(out->buf, bracket);
	out->comma = true;
}

void json_put_text(struct json_out *out, const char *name, const char *text)
{
	begin(out, name);
	if (text)
		put_quoted(out, text);
	else
		buf_text(out->buf, "null");
}

void json_put_int(struct json_out *out, const char *name, int64_t value)
{
	begin(out, name);
	buf_printf(out->buf, "%lld", (long long)value);
}

/* The locale's decimal sign, which need not be one byte, as the point it is in JSON. */
static void put_point(struct buf *out, const char *figures)
{
	const char *sign = localeconv()->decimal_point, *at = strstr(figures, sign);

	if (!at || !*sign) {
		buf_text(out, figures);
		return;
	}
	buf_add(out, figures, (size_t)(at - figures));
	buf_char(out, '.');
	buf_text(out, at + strlen(sign));
}

void json_put_real(struct json_out *out, const char *name, double value)
{
	char text[48];

	begin(out, name);
	if (!isfinite(value)) {
		buf_text(out->buf, "null");
		return;
	}
	snprintf(text, sizeof(text), "%.15g", value);
	if (strtod(text, NULL) != value)
		snprintf(text, sizeof(text), "%.17g", value);
	put_point(out->buf, text);
	if (strspn(text, "-0123456789") == strlen(text))
		buf_text(out->buf, ".0");
}

void json_put_bool(struct json_out *out, const char *name, bool value)
{
	begin(out, name);
	buf_text(out->buf, value ? "true" : "false");
}

void json_put_null(struct json_out *out, const char *name)
{
	begin(out, name);
	buf_text(out->buf, "null");
}

void json_put_time(struct json_out *out, const char *name, time_t at)
{
	char when[WHEN_SIZE];

	when_write(when, at);
	json_put_text(out, name, at ? when : NULL);
}

/* A word that came with a space inside is kept with no-break spaces (see json_read.c): back it
   goes. */
static void put_word(struct json_out *out, const char *word, size_t size)
{
	struct buf plain = { 0 };

	for (size_t i = 0; i < size; i++) {
		bool nbsp = i + 1 < size && !memcmp(word + i, "\xC2\xA0", 2);

		buf_char(&plain, nbsp ? ' ' : word[i]);
		i += nbsp;
	}
	json_put_text(out, NULL, buf_str(&plain));
	buf_clear(&plain);
}

void json_put_words(struct json_out *out, const char *name, const char *words)
{
	json_open(out, name, '[');
	while (words && *words) {
		size_t skip = strspn(words, " "), size = strcspn(words + skip, " ");

		if (size)
			put_word(out, words + skip, size);
		words += skip + size;
	}
	json_close(out, ']');
}

void json_put_raw(struct json_out *out, const char *name, const char *json)
{
	begin(out, name);
	buf_text(out->buf, json && *json ? json : "null");
}

void json_put_node(struct json_out *out, const char *name, const struct json *j)
{
	const struct json *value = NULL;

	switch (json_type(j)) {
	case JSON_NOTHING:
	case JSON_NULL_VALUE:
		json_put_null(out, name);
		return;
	case JSON_BOOL:
		json_put_bool(out, name, json_bool(j, false));
		return;
	case JSON_INT:
		json_put_int(out, name, json_int(j, 0));
		return;
	case JSON_FLOAT:
		json_put_real(out, name, json_number(j, 0));
		return;
	case JSON_TEXT:
		json_put_text(out, name, json_text(j));
		return;
	case JSON_LIST:
		json_open(out, name, '[');
		for (size_t i = 0; i < json_count(j); i++)
			json_put_node(out, NULL, json_at(j, i));
		json_close(out, ']');
		return;
	case JSON_OBJECT:
		json_open(out, name, '{');
		for (void *at = json_object_iter(node(j)); at;
			at = json_object_iter_next(node(j), at)) {
			value = (const struct json *)json_object_iter_value(at);
			json_put_node(out, json_object_iter_key(at), value);
		}
		json_close(out, '}');
		return;
	}
}

void json_print(struct buf *buf, const struct json *j)
{
	struct json_out out = { .buf = buf };

	json_put_node(&out, NULL, j);
}

bool json_wanted(const char *fields, const char *name)
{
	size_t size = strlen(name);

	if (!fields || !*fields || !strcmp(name, "id") || !strcmp(name, "version"))
		return true;
	while (*fields) {
		size_t skip = strspn(fields, ", "), here = strcspn(fields + skip, ", ");

		fields += skip;
		/* `citizen.name` wants its citizen. */
		if (here >= size && !memcmp(fields, name, size) &&
			(here == size || fields[size] == '.'))
			return true;
		fields += here;
	}
	return false;
}

/* ---- objects kept as text */

static const char *member_text(const struct json *value, struct arena *a)
{
	struct buf out = { 0 };
	enum json_type type = json_type(value);

	if (type == JSON_NOTHING || type == JSON_NULL_VALUE)
		return NULL;
	if (type == JSON_TEXT)
		return *json_text(value) ? arena_copy(a, json_text(value)) : NULL;
	if (type == JSON_BOOL)
		return json_bool(value, false) ? "yes" : "no";
	for (size_t i = 0; type == JSON_LIST && i < json_count(value); i++) {
		const struct json *part = json_at(value, i);

		if (out.size)
			buf_char(&out, ' ');
		if (json_text(part))
			buf_text(&out, json_text(part));
		else
			json_print(&out, part);
	}
	if (type != JSON_LIST)
		json_print(&out, value);

	const char *text = out.size ? arena_copy(a, out.text) : NULL;
	buf_clear(&out);
	return text;
}

const char *json_member_text(const char *object, const char *name, struct arena *a)
{
	if (!object || !*object)
		return NULL;

	struct json *root = json_read(object, strlen(object), NULL, NULL);
	const char *text = member_text(json_get(root, name), a);
	json_free(root);
	return text;
}

const char *json_member_set(
	const char *object, const char *name, const char *value, struct arena *a)
{
	struct buf buf = { 0 };
	struct json_out out = { .buf = &buf };
	struct json *root =
		object && *object ? json_read(object, strlen(object), NULL, NULL) : NULL;
	const struct json *old = NULL;
	const char *text = NULL;
	bool put = false;

	json_open(&out, NULL, '{');
	for (size_t i = 0; i < json_count(root); i++) {
		const char *here = json_name_at(root, i, &old);

		if (!here)
			break;
		if (strcmp(here, name)) {
			json_put_node(&out, here, old);
			continue;
		}
		if (value)
			json_put_text(&out, name, value);
		put = true;
	}
	if (!put && value)
		json_put_text(&out, name, value);
	json_close(&out, '}');
	if (buf.size > 2)
		text = arena_copy(a, buf.text);
	json_free(root);
	buf_clear(&buf);
	return text;
}
