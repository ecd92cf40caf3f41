/* What drivers share. */
#include "net/driver.h"

#include "model/i18n.h"
#include "model/text.h"
#include "model/when.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
	int status;
	enum error_kind kind;
	const char *text;
} answers[] = {
	{ 302, ERROR_LOGIN, N_("The service wants you to log in again.") },
	{ 401, ERROR_LOGIN, N_("The service wants you to log in again.") },
	{ 403, ERROR_DENIED, N_("The service does not let you do this.") },
	{ 404, ERROR_GONE, N_("The service does not know this, or no longer.") },
	{ 410, ERROR_GONE, N_("The service does not know this, or no longer.") },
	{ 412, ERROR_CONFLICT, N_("Somebody else changed this meanwhile.") },
	{ 408, ERROR_BUSY, N_("The service has no time now; it will be asked again.") },
	{ 429, ERROR_BUSY, N_("The service has no time now; it will be asked again.") },
	{ 502, ERROR_OFFLINE, N_("The service behind its gateway cannot be reached.") },
	{ 503, ERROR_BUSY, N_("The service has no time now; it will be asked again.") },
	{ 504, ERROR_OFFLINE, N_("The service behind its gateway cannot be reached.") },
	{ 0, ERROR_REFUSED, NULL },
};

bool driver_failed(const struct response *a, struct error *err)
{
	size_t i = 0;

	while (answers[i].status && answers[i].status != a->status)
		i++;
	*err = (struct error){
		.kind = answers[i].kind, .status = a->status, .wait_ms = a->retry_ms
	};
	if (a->status >= 500 && !answers[i].status)
		err->kind = ERROR_BUSY;
	if (answers[i].text)
		error_set(err, err->kind, "%s", _(answers[i].text));
	return answers[i].text != NULL;
}

void driver_sentences(struct buf *out, const struct json *list)
{
	for (size_t i = 0; i < json_count(list); i++) {
		const char *sentence = json_text(json_at(list, i));

		if (sentence && out->size)
			buf_text(out, "; ");
		if (sentence)
			text_clean(out, sentence, strlen(sentence));
	}
}

void driver_basic(struct request *r, const char *user, const char *password)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	struct buf pair = { 0 }, out = { 0 };

	buf_printf(&pair, "%s:%s", user, password);
	buf_text(&out, "Basic ");
	for (size_t i = 0; i < pair.size; i += 3) {
		unsigned n = 0;

		for (size_t j = 0; j < 3; j++)
			n = n << 8 | (i + j < pair.size ? (unsigned char)pair.text[i + j] : 0);
		for (size_t j = 0; j < 4; j++)
			buf_char(&out, i + j > pair.size ? '=' : letters[n >> (18 - 6 * j) & 63]);
	}
	request_header(r, "Authorization", out.text);
	driver_wipe(buf_take(&pair));
	driver_wipe(buf_take(&out));
}

void driver_wipe(char *secret)
{
	if (secret)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

struct query_now driver_now(const struct service *s)
{
	return (struct query_now){
		.me = s->profile.me, .team = s->profile.my_team, .now = time(NULL)
	};
}

bool driver_same(const char *a, const char *b)
{
	for (a = a ? a : "", b = b ? b : "";; a++, b++) {
		a += strspn(a, "\r");
		b += strspn(b, "\r");
		if (*a != *b || !*a)
			return *a == *b;
	}
}

/* ---- days and times */

time_t driver_time(const struct json *j, const char *name)
{
	time_t at = 0;
	const char *text = json_get_text(j, name);

	return text && when_read(text, &at) ? at : 0;
}

time_t driver_day_end(const char *text)
{
	struct tm tm = { .tm_hour = 23, .tm_min = 59, .tm_sec = 59, .tm_isdst = -1 };

	if (!text || sscanf(text, "%4d-%2d-%2d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday) != 3)
		return 0;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	return mktime(&tm);
}

const char *driver_day(time_t at, struct arena *a)
{
	struct tm tm;

	localtime_r(&at, &tm);
	return arena_printf(a, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
}

/* ---- queries */

bool driver_is_word(const struct term *t)
{
	return t->kind == TERM_WORD || t->kind == TERM_PREFIX || t->kind == TERM_PHRASE;
}

bool driver_holds(const struct service *s, const struct term *t, const struct casefile *cf)
{
	struct term one = *t, all = { .kind = TERM_ALL, .first = &one };
	struct query q = { .about = QUERY_CASES, .root = &all };
	struct query_now now = driver_now(s);

	one.next = NULL;
	return query_match(&q, &now, cf);
}

/* ---- settings, pages, files */

const char *driver_option(const struct service *s, const char *key, const char *otherwise)
{
	const char *value = service_option(s, key);

	return value ? value : otherwise;
}

bool driver_lists(const char *list, const char *name)
{
	size_t size = strlen(name);

	for (; *list; list += strcspn(list, ",")) {
		list += strspn(list, ", ");
		if (!strncasecmp(list, name, size) && strchr(",", list[size]))
			return true;
	}
	return false;
}

const char *driver_page(int from, int size, int64_t total, struct arena *a)
{
	return from + size < total ? arena_printf(a, "%d/%d/%d", from + size, (int)total, size)
				   : NULL;
}

const char *driver_page_after(const char *next, int nr, struct arena *a)
{
	int from = 0, total = 0, size = 0;

	if (sscanf(next, "%9d/%9d/%3d", &from, &total, &size) != 3)
		return NULL;
	return driver_page(from + (nr - 1) * size, size, total, a);
}

const char *driver_file(const char *files, const struct attachment *f, struct arena *a)
{
	struct buf text = { 0 };
	struct json_out out = { .buf = &text };

	if (files) /* "[{...}]": one more before the last bracket */
		buf_printf(&text, "%.*s,", (int)strlen(files) - 1, files);
	else
		buf_char(&text, '[');
	json_open(&out, NULL, '{');
	json_put_text(&out, "id", f->id);
	json_put_text(&out, "name", f->name);
	json_put_text(&out, "type", f->type);
	json_put_int(&out, "size", f->size);
	json_close(&out, '}');
	buf_char(&text, ']');
	files = arena_copy(a, text.text);
	buf_clear(&text);
	return files;
}

/* ---- words */

const char *driver_words_over(const struct change *c, const char *now, struct arena *arena)
{
	const char *all = "", *word;

	for (const char *at = now; (word = words_next(&at, arena));)
		all = words_add(all, word, arena);
	for (const char *at = c->after; (word = words_next(&at, arena));)
		if (!words_have(c->before, word))
			all = words_add(all, word, arena);
	for (const char *at = c->before; (word = words_next(&at, arena));)
		if (!words_have(c->after, word))
			all = words_drop(all, word, arena);
	return all ? all : "";
}

bool driver_words_met(const struct change *c, const char *now, struct arena *arena)
{
	const char *word;

	for (const char *at = c->after; (word = words_next(&at, arena));)
		if (!words_have(c->before, word) && !words_have(now, word))
			return false;
	for (const char *at = c->before; (word = words_next(&at, arena));)
		if (!words_have(c->after, word) && words_have(now, word))
			return false;
	return true;
}

/* ---- for people */

const char *driver_label(const char *field)
{
	const struct case_field *f = case_field_find(field);

	return f ? _(f->label) : !strncmp(field, "fields.", 7) ? field + 7 : field;
}

void driver_unmet(struct buf *out, const char *field, const char *now)
{
	if (out->size)
		buf_text(out, ", ");
	/* TRANSLATORS: a field and the value it has now: "Due (now empty)" */
	buf_printf(out, _("%s (now %s)"), driver_label(field), now && *now ? now : _("empty"));
}
