/* JSON: whatever the bytes, they are refused with a sentence or read into a tree that is written and
   read again as the same tree; nothing raw in what is written; our own types survive the way there
   and back. */
#include "tests/fuzz/fuzz.h"

#include "model/json.h"
#include "model/page.h"
#include "model/text.h"

enum { DEPTH_MOST = 64 };

static bool same_tree(const struct json *a, const struct json *b, int depth)
{
	enum json_type type = json_type(a);

	must(depth <= DEPTH_MOST);
	if (type != json_type(b))
		return false;
	switch (type) {
	case JSON_INT:
		return json_int(a, 1) == json_int(b, 2);
	case JSON_FLOAT:
		return json_number(a, 1) == json_number(b, 2);
	case JSON_BOOL:
		return json_bool(a, false) == json_bool(b, true);
	case JSON_TEXT:
		return !strcmp(json_text(a), json_text(b));
	case JSON_LIST:
		for (size_t i = 0; i < json_count(a); i++)
			if (!same_tree(json_at(a, i), json_at(b, i), depth + 1))
				return false;
		return json_count(a) == json_count(b);
	case JSON_OBJECT:
		for (size_t i = 0; i < json_count(a); i++) {
			const struct json *in_a, *in_b;
			const char *name_a = json_name_at(a, i, &in_a);
			const char *name_b = json_name_at(b, i, &in_b);

			must(text_valid(name_a, strlen(name_a)));
			must(json_get(a, name_a) == in_a);
			if (!name_b || strcmp(name_a, name_b) || !same_tree(in_a, in_b, depth + 1))
				return false;
		}
		return json_count(a) == json_count(b);
	default:
		return true;
	}
}

/* No control character and no C1; with ascii nothing but ASCII. */
static void must_be_plain(const struct buf *out, bool ascii)
{
	uint32_t code;

	for (size_t i = 0; i < out->size;) {
		i += text_decode(out->text + i, out->size - i, &code);
		must(code >= 0x20 && code != 0x7F && !(code >= 0x80 && code < 0xA0));
		must(code != TEXT_BAD && !(ascii && code > 0x7F));
	}
}

static void write_and_read(const struct json *j, bool ascii)
{
	struct buf out = { 0 };
	struct json_out to = { .buf = &out, .ascii = ascii };
	struct error err = { 0 };
	bool repaired = true;

	json_put_node(&to, NULL, j);
	must_be_plain(&out, ascii);

	struct json *again = json_read(out.text, out.size, &repaired, &err);

	must(again && !repaired);
	must(same_tree(j, again, 0));
	json_free(again);
	buf_clear(&out);
}

/* What a reader takes is written, read and written again: the same text both times. */
#define THERE_AND_BACK(type, reader, writer) \
	static void type##_there_and_back(const struct json *j) \
	{ \
		struct arena arena = { 0 }; \
		struct type first = { 0 }, second = { 0 }; \
		struct error err = { 0 }; \
		struct buf one = { 0 }, two = { 0 }; \
		if (reader(j, &first, &arena, &err)) { \
			struct json_out to = { .buf = &one }, to_two = { .buf = &two }; \
			writer(&to, &first); \
			must_be_plain(&one, false); \
			struct json *again = json_read(one.text, one.size, NULL, &err); \
			must(again && reader(again, &second, &arena, &err)); \
			writer(&to_two, &second); \
			must_same(buf_str(&two), buf_str(&one)); \
			json_free(again); \
		} else { \
			must(err.kind == ERROR_GARBLED && *err.text); \
		} \
		buf_clear(&one); \
		buf_clear(&two); \
		arena_clear(&arena); \
	}

static void put_case(struct json_out *to, const struct casefile *c)
{
	json_write_case(to, NULL, c, NULL);
}

static void put_citizen(struct json_out *to, const struct citizen *c)
{
	json_write_citizen(to, NULL, c, NULL);
}

static void put_event(struct json_out *to, const struct event *e)
{
	json_write_event(to, NULL, e);
}

static void put_worker(struct json_out *to, const struct worker *w)
{
	json_write_worker(to, NULL, w);
}

static void put_kind(struct json_out *to, const struct kind *k)
{
	json_write_kind(to, NULL, k);
}

static void put_template(struct json_out *to, const struct answer_template *t)
{
	json_write_template(to, NULL, t);
}

THERE_AND_BACK(casefile, json_read_case, put_case)
THERE_AND_BACK(citizen, json_read_citizen, put_citizen)
THERE_AND_BACK(event, json_read_event, put_event)
THERE_AND_BACK(worker, json_read_worker, put_worker)
THERE_AND_BACK(kind, json_read_kind, put_kind)
THERE_AND_BACK(answer_template, json_read_template, put_template)

/* The fields of a kind are kept as text: what is set is there, all else stays. */
static void set_member(const char *object, const char *name)
{
	struct arena arena = { 0 };
	const char *with = json_member_set(object, name, "new", &arena);
	const char *text = json_member_text(with, name, &arena);
	const char *without = json_member_set(with, name, NULL, &arena);

	must(text && !strcmp(text, "new"));
	must(!json_member_text(without, name, &arena));
	arena_clear(&arena);
}

/* A row of the outbox, as it is kept on disk. */
static void outbox_row(const char *text)
{
	struct patch patch = { 0 }, again = { 0 };
	struct error err = { 0 };
	struct buf one = { 0 }, two = { 0 };

	if (json_read_outbox(text, &patch, &err)) {
		json_write_outbox(&(struct json_out){ .buf = &one }, &patch);
		must_be_plain(&one, false);
		must(json_read_outbox(buf_str(&one), &again, &err));
		json_write_outbox(&(struct json_out){ .buf = &two }, &again);
		must_same(buf_str(&two), buf_str(&one));
	} else {
		must(err.kind != ERROR_NONE && *err.text);
	}
	patch_clear(&patch);
	patch_clear(&again);
	buf_clear(&one);
	buf_clear(&two);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = { 0 };
	bool repaired;
	struct json *j = json_read((const char *)data, size, &repaired, &err);

	if (!j) {
		must(err.kind == ERROR_GARBLED && *err.text);
		return 0;
	}
	must(err.kind == ERROR_NONE);
	write_and_read(j, false);
	write_and_read(j, true);
	casefile_there_and_back(j);
	citizen_there_and_back(j);
	event_there_and_back(j);
	worker_there_and_back(j);
	kind_there_and_back(j);
	answer_template_there_and_back(j);

	struct buf text = { 0 };

	json_print(&text, j);
	outbox_row(buf_str(&text));
	if (json_type(j) == JSON_OBJECT) {
		const char *first = json_count(j) ? json_name_at(j, 0, NULL) : NULL;

		set_member(text.text, first ? first : "x");
		set_member(text.text, "another");
	}
	buf_clear(&text);
	json_free(j);
	return 0;
}
