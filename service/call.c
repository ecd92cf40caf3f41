/* What the handlers share: parameters, problems, versions, cursors, bodies. */
#include "service/http.h"

#include "model/i18n.h"
#include "model/text.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>

static const struct {
	int status;
	const char *urn, *title;
} problem_table[] = {
	[BAD_REQUEST] = { 400, "bad-request", N_("The request does not make sense") },
	[BAD_QUERY] = { 400, "bad-query", N_("The search is not understood") },
	[UNAUTHORIZED] = { 401, "unauthorized", N_("Please log in") },
	[FORBIDDEN] = { 403, "forbidden", N_("Not allowed") },
	[NOT_FOUND] = { 404, "not-found", N_("Not found") },
	[NO_METHOD] = { 405, "bad-request", N_("Not possible here") },
	[DUPLICATE] = { 409, "duplicate", N_("Perhaps registered already") },
	[LEASE_HELD] = { 409, "lease-held", N_("Someone is working on this case") },
	[LEASE_LOST] = { 409, "lease-lost", N_("No longer in your hand") },
	[LEASE_LIMIT] = { 409, "lease-limit", N_("Too many cases in hand") },
	[BAD_TRANSITION] = { 409, "bad-transition", N_("The case cannot go there from here") },
	[STALE] = { 412, "stale", N_("Changed meanwhile") },
	[TOO_LARGE] = { 413, "bad-request", N_("Too large") },
	[NO_LENGTH] = { 411, "bad-request", N_("The length is missing") },
	[INVALID] = { 422, "invalid", N_("Not acceptable") },
	[KEY_REUSED] = { 422, "key-reused", N_("The key belongs to another request") },
	[KEY_IN_USE] = { 409, "key-in-use", N_("The first one is still under way") },
	[PRECONDITION_REQUIRED] = { 428, "precondition-required", N_("The version is missing") },
	[TOO_MANY] = { 429, "too-many", N_("Too fast") },
	[UNAVAILABLE] = { 503, "unavailable", N_("Not available just now") },
	[PURPOSE_NEEDED] = { 403, "purpose-needed", N_("A reason is needed") },
};

/* ---- parameters */

const char *call_arg_at(const struct call *call, const char *name, int i)
{
	for (int k = 0; k < call->arg_count; k++) {
		if (strcmp(call->args[k].name, name) == 0 && i-- == 0)
			return call->args[k].value;
	}
	return NULL;
}

const char *call_arg(const struct call *call, const char *name)
{
	return call_arg_at(call, name, 0);
}

int call_limit(struct call *call)
{
	const char *text = call_arg(call, "limit");
	if (!text)
		return PAGE_DEFAULT;
	char *end;
	long limit = strtol(text, &end, 10);
	if (*end || end == text || limit < 1 || limit > PAGE_MOST) {
		call_refuse(call, BAD_REQUEST, _("The limit has to be a number from 1 to %d."),
			PAGE_MOST);
		return 0;
	}
	return (int)limit;
}

bool call_role(const struct call *call, const char *role)
{
	return words_have(call->who.roles, role);
}

/* ---- problems */

bool call_refuse(struct call *call, enum problem problem, const char *detail, ...)
{
	struct buf sentence = { 0 };
	struct json_out out = { .buf = &call->out };
	char urn[64];
	va_list args;
	va_start(args, detail);
	buf_vprintf(&sentence, detail, args);
	va_end(args);
	buf_reset(&call->out);
	call->status = problem_table[problem].status;
	call->type = "application/problem+json";
	call->etag = call->location = NULL;
	call->then = NULL;
	snprintf(urn, sizeof urn, "urn:casework:%s", problem_table[problem].urn);
	json_open(&out, NULL, '{');
	json_put_text(&out, "type", urn);
	json_put_text(&out, "title", _(problem_table[problem].title));
	json_put_int(&out, "status", call->status);
	json_put_text(&out, "detail", sentence.text);
	json_close(&out, '}');
	buf_clear(&sentence);
	return false;
}

void call_refuse_with(struct call *call, const char *name, const char *json)
{
	struct json_out out = { .buf = &call->out, .comma = true };
	buf_cut(&call->out, call->out.size - 1);
	json_put_raw(&out, name, json);
	buf_char(&call->out, '}');
}

bool call_refused(const struct call *call)
{
	return call->status >= 400;
}

void call_error(struct call *call, const char *field, const char *sentence)
{
	if (call->status != 422) {
		call_refuse(call, INVALID, "%s", sentence);
		call_refuse_with(call, "errors", "[]");
	} else {
		buf_cut(&call->out, call->out.size - 2);
		buf_char(&call->out, ',');
		buf_text(&call->out, "]}");
	}
	struct json_out out = { .buf = &call->out };
	buf_cut(&call->out, call->out.size - 2);
	json_open(&out, NULL, '{');
	json_put_text(&out, "field", field);
	json_put_text(&out, "detail", sentence);
	json_close(&out, '}');
	buf_text(&call->out, "]}");
}

/* ---- answers and versions */

struct json_out call_json(struct call *call, int status)
{
	buf_reset(&call->out);
	call->status = status;
	call->type = "application/json";
	return (struct json_out){ .buf = &call->out };
}

void call_etag(struct call *call, const char *version)
{
	call->etag = arena_printf(&call->arena, "\"%s\"", version);
}

/* Whether a list of entity tags ("7", W/"8") names this version or is *. */
static bool tags_have(const char *tags, const char *version)
{
	size_t size = strlen(version);
	for (const char *at = tags; *at; at++) {
		if (*at == '*')
			return true;
		if (*at != '"')
			continue;
		const char *end = strchr(at + 1, '"');
		if (!end)
			return false;
		if ((size_t)(end - at - 1) == size && strncmp(at + 1, version, size) == 0)
			return true;
		at = end;
	}
	return false;
}

bool call_unchanged(struct call *call)
{
	if (!call->if_none_match || !call->etag)
		return false;
	const char *version = arena_copy_n(&call->arena, call->etag + 1, strlen(call->etag) - 2);
	if (!tags_have(call->if_none_match, version))
		return false;
	buf_reset(&call->out);
	call->status = 304;
	return true;
}

bool call_precondition(struct call *call)
{
	if (call->if_match)
		return true;
	return call_refuse(call, PRECONDITION_REQUIRED,
		_("The change does not say which version it is based on: read the record again and "
		  "send "
		  "its version in If-Match."));
}

bool call_matches(const struct call *call, const char *version)
{
	return tags_have(call->if_match, version);
}

/* ---- cursors: letters and digits only, so that nobody is tempted to make one */

const char *call_cursor(struct call *call, const char *what, const char *const *parts, int count)
{
	struct buf plain = { 0 }, hex = { 0 };
	buf_text(&plain, what);
	for (int i = 0; i < count; i++) {
		buf_char(&plain, '\n');
		buf_text(&plain, parts[i]);
	}
	for (size_t i = 0; i < plain.size; i++)
		buf_printf(&hex, "%02x", (unsigned char)plain.text[i]);
	const char *cursor = arena_copy(&call->arena, hex.text);
	buf_clear(&plain);
	buf_clear(&hex);
	return cursor;
}

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c) : NULL;
	return at ? (int)(at - digits) : -1;
}

static char *hex_read(struct arena *arena, const char *hex)
{
	size_t size = strlen(hex);
	char *plain = arena_alloc(arena, size / 2 + 1);
	for (size_t i = 0; i + 1 < size; i += 2) {
		int high = hex_digit(hex[i]), low = hex_digit(hex[i + 1]);
		if (high < 0 || low < 0 || !(high || low))
			return NULL;
		plain[i / 2] = (char)(high * 16 + low);
	}
	return size % 2 ? NULL : plain;
}

int call_cursor_read(struct call *call, const char *what, const char **parts, int room)
{
	const char *cursor = call_arg(call, "cursor");
	size_t size = strlen(what);
	int count = 0;
	if (!cursor)
		return 0;
	char *plain = hex_read(&call->arena, cursor);
	if (plain && text_valid(plain, strlen(plain)) && strncmp(plain, what, size) == 0 &&
		plain[size] == '\n') {
		for (char *at = plain + size; at && count < room;) {
			*at++ = '\0';
			parts[count++] = at;
			at = strchr(at, '\n');
		}
	}
	if (count == room)
		return count;
	call_refuse(call, BAD_REQUEST,
		_("The cursor is not of this list: begin again at the first page."));
	return -1;
}

/* ---- bodies */

bool call_body(struct call *call, const char *members)
{
	if (json_type(call->json) != JSON_OBJECT)
		return call_refuse(call, BAD_REQUEST, _("The body has to be one JSON object."));
	const struct json *value;
	for (size_t i = 0; i < json_count(call->json); i++) {
		const char *name = json_name_at(call->json, i, &value);
		if (!words_have(members, name))
			call_error(call, name, _("There is no such field."));
	}
	return !call_refused(call);
}

static size_t count_characters(const char *text)
{
	size_t count = 0;
	for (; *text; text++)
		count += ((unsigned char)*text & 0xC0) != 0x80;
	return count;
}

const char *call_text(struct call *call, const struct json *object, const char *name, size_t most)
{
	const struct json *value = json_get(object, name);
	enum json_type type = json_type(value);
	if (type == JSON_NOTHING || type == JSON_NULL_VALUE)
		return NULL;
	const char *text = json_text(value);
	char sentence[128];
	if (text && count_characters(text) <= most)
		return text;
	if (!text)
		snprintf(sentence, sizeof sentence, "%s", _("This has to be a text."));
	else
		snprintf(sentence, sizeof sentence, _("This is longer than %zu characters."), most);
	call_error(call, name, sentence);
	return NULL;
}

/* ---- queries */

struct query_now call_now(const struct call *call)
{
	return (struct query_now){ .me = call->who.worker,
		.team = call->who.team,
		.now = (time_t)(call->keep.now_ms / 1000) };
}

bool call_query(struct call *call, struct query *query, enum query_about about)
{
	struct error err = { 0 };
	const char *text = call_arg(call, "q");
	int at = 0;
	char number[16];
	if (text && count_characters(text) > QUERY_MOST) {
		query_parse(query, about, "", NULL, NULL);
		return call_refuse(
			call, BAD_QUERY, _("The search is longer than %d characters."), QUERY_MOST);
	}
	if (query_parse(query, about, text ? text : "", &at, &err))
		return true;
	call_refuse(call, BAD_QUERY, "%s", err.text);
	snprintf(number, sizeof number, "%d", at);
	call_refuse_with(call, "at", number);
	return false;
}
