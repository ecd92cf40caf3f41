/* The event stream: however its bytes are cut, the same news come of it, and they are those that a
   plain reading of the whole text by the HTML standard ("Interpreting an event stream") gives. */
#include "tests/fuzz/fuzz.h"

#include "model/json.h"
#include "model/text.h"
#include "net/service.h"

static void tell(void *ctx, const struct news *n)
{
	struct buf *out = ctx;

	buf_printf(out, "%d id=%s version=%s event=%lld cursor=%s retry=%d\n", (int)n->what,
		n->id ? n->id : "-", n->version ? n->version : "-", (long long)n->last_event,
		n->cursor ? n->cursor : "-", n->retry_ms);
}

/* Fed in pieces of the sizes that `cuts` says, one after the other; none: at once. */
static void feed(struct buf *out, const char *text, size_t size, const uint8_t *cuts, size_t count)
{
	const struct service_ops *ops = service_driver("native");
	void *own = ops->news_new();

	for (size_t at = 0, i = 0; at < size; i++) {
		size_t piece = count ? cuts[i % count] % 16u + 1 : size;

		piece = piece > size - at ? size - at : piece;
		char *exact = malloc(piece); /* a byte beyond it is the sanitizer's */
		must(exact != NULL);
		memcpy(exact, text + at, piece);
		must(ops->news_feed(own, exact, piece, tell, out));
		free(exact);
		at += piece;
	}
	ops->news_free(own);
}

/* ---- the plain reading */

struct plain {
	char *event, *data, *id;
	bool some_data;
	int retry_ms;
};

static void replace(char **text, const char *with, size_t size)
{
	free(*text);
	*text = malloc(size + 1);
	must(*text != NULL);
	memcpy(*text, with, size);
	(*text)[size] = '\0';
}

static void plain_tell(struct plain *p, struct buf *out)
{
	static const struct {
		const char *event;
		int what;
	} names[] = { { "hello", NEWS_HELLO }, { "case", NEWS_CASE }, { "citizen", NEWS_CITIZEN },
		{ "reset", NEWS_RESET } };
	struct json *j = json_read(p->data, strlen(p->data), NULL, NULL);
	struct news n = { .what = NEWS_OTHER, .retry_ms = p->retry_ms };
	char version[24];

	for (int i = 0; i < 4; i++)
		if (p->event && !strcmp(names[i].event, p->event))
			n.what = names[i].what;
	n.id = json_get_text(j, "id");
	n.last_event = json_get_int(j, "last_event", 0);
	snprintf(version, sizeof(version), "%lld", (long long)json_get_int(j, "version", 0));
	n.version = json_get_int(j, "version", 0) > 0 ? version : NULL;
	n.cursor = p->id && *p->id ? p->id : NULL;
	if ((n.what == NEWS_CASE || n.what == NEWS_CITIZEN) && !n.id)
		n.what = NEWS_OTHER;
	tell(out, &n);
	json_free(j);
}

static bool all_digits(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (text[i] < '0' || text[i] > '9')
			return false;
	return true;
}

static void plain_line(struct plain *p, struct buf *out, const char *line, size_t size)
{
	if (!size) {
		if (p->some_data)
			plain_tell(p, out);
		replace(&p->data, "", 0);
		p->some_data = false;
		replace(&p->event, "", 0);
		return;
	}
	const char *colon = memchr(line, ':', size);
	size_t name = colon ? (size_t)(colon - line) : size;
	const char *value = colon ? colon + 1 : line + size;
	size_t rest = (size_t)(line + size - value);

	if (rest && *value == ' ')
		value++, rest--;
	if (name == 5 && !memcmp(line, "event", 5))
		replace(&p->event, value, rest);
	if (name == 4 && !memcmp(line, "data", 4)) {
		struct buf more = { 0 };

		if (p->some_data)
			buf_printf(&more, "%s\n", p->data);
		buf_add(&more, value, rest);
		replace(&p->data, buf_str(&more), more.size);
		p->some_data = true;
		buf_clear(&more);
	}
	/* A cursor of ours is a number: all else is not kept. */
	if (name == 2 && !memcmp(line, "id", 2) && all_digits(value, rest))
		replace(&p->id, value, rest);
	if (name == 5 && !memcmp(line, "retry", 5) && rest && all_digits(value, rest)) {
		int wait = 0;

		for (size_t i = 0; i < rest && wait <= 60000; i++)
			wait = wait * 10 + (value[i] - '0');
		p->retry_ms = wait > 60000 ? 60000 : wait;
	}
}

static void plain_read(struct buf *out, const char *text, size_t size)
{
	struct plain p = { 0 };

	if (size >= 3 && !memcmp(text, "\xef\xbb\xbf", 3))
		text += 3, size -= 3;
	for (size_t at = 0, end; at < size; at = end) {
		for (end = at; end < size && text[end] != '\n' && text[end] != '\r';)
			end++;
		if (end == size)
			break; /* no line yet */
		plain_line(&p, out, text + at, end - at);
		end += text[end] == '\r' && end + 1 < size && text[end + 1] == '\n' ? 2 : 1;
	}
	free(p.event);
	free(p.data);
	free(p.id);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf whole = { 0 }, pieces = { 0 }, single = { 0 }, plain = { 0 };
	size_t cuts = size ? data[0] % 8u : 0;

	if (size < 1 + cuts || size > 8192)
		return 0;
	char *text = malloc(size - cuts);

	must(text != NULL);
	memcpy(text, data + 1 + cuts, size - 1 - cuts);
	size -= 1 + cuts;
	for (size_t i = 0; i < size; i++) /* a NUL reads as a space here, whatever the cut */
		if (!text[i])
			text[i] = ' ';
	feed(&whole, text, size, NULL, 0);
	feed(&pieces, text, size, data + 1, cuts ? cuts : 1);
	feed(&single, text, size, (const uint8_t *)"", 1);
	plain_read(&plain, text, size);
	must_same(buf_str(&pieces), buf_str(&whole));
	must_same(buf_str(&single), buf_str(&whole));
	must_same(buf_str(&whole), buf_str(&plain));
	buf_clear(&whole);
	buf_clear(&pieces);
	buf_clear(&single);
	buf_clear(&plain);
	free(text);
	return 0;
}
