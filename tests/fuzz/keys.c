/* Key input: whatever the bytes and however they are cut, the same keys come of them, every byte is
   accounted for, pasted text is never a key, and a key's name read back is that key. */
#include "tests/fuzz/fuzz.h"

#include "model/buf.h"
#include "tui/input.h"

static void tell(struct buf *out, const struct input_event *e)
{
	if (e->what == INPUT_PASTE) {
		buf_printf(out, "paste %zu ", e->size);
		buf_add(out, e->bytes, e->size);
		buf_char(out, '\n');
		return;
	}
	buf_printf(out, "key %d at %d,%d:", e->key, e->row, e->col);
	for (size_t i = 0; i < e->size; i++)
		buf_printf(out, " %02x", (unsigned char)e->bytes[i]);
	buf_char(out, '\n');
}

static void drain(struct input *in, struct buf *out, size_t *used)
{
	struct input_event e;

	while (input_next(in, &e)) {
		must(e.bytes && strlen(e.bytes) <= e.size && e.bytes[e.size] == '\0');
		must(e.what == INPUT_PASTE || e.size > 0);
		if (e.what == INPUT_KEY)
			*used += e.size;
		tell(out, &e);
		if (e.what != INPUT_KEY)
			continue;
		must(e.key > 0 && e.row >= 0 && e.col >= 0);
		must(!key_is_text(e.key) || e.key < KEY_SPECIAL);
		must((e.key & ~KEY_ALT) <= KEY_UNKNOWN_);
	}
}

static size_t feed(struct buf *out, const uint8_t *data, size_t size, const uint8_t *cuts, size_t count)
{
	struct input in = { 0 };
	size_t used = 0;

	for (size_t at = 0, i = 0; at < size; i++) {
		size_t piece = count ? cuts[i % count] % 8u + 1 : size;

		piece = piece > size - at ? size - at : piece;
		input_feed(&in, (const char *)data + at, piece);
		drain(&in, out, &used);
		at += piece;
	}
	if (input_unfinished(&in)) {
		input_expire(&in);
		drain(&in, out, &used);
		must(!input_unfinished(&in));
	}
	input_clear(&in);
	return used;
}

/* What is written in a binding: some key or none, and always further on. */
static void names(const char *text)
{
	for (const char *at = text; *at;) {
		const char *before = at;
		struct buf name = { 0 };
		int key = key_read(&at);

		if (!key)
			break;
		must(at > before && at <= text + strlen(text));
		key_name(&name, key);
		if (key != KEY_UNKNOWN_ && name.size) {
			const char *again = name.text;

			must(key_read(&again) == key && !*again);
		}
		buf_clear(&name);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf whole = { 0 }, pieces = { 0 }, single = { 0 };
	size_t cuts = size ? data[0] % 8u : 0;

	if (size < 1 + cuts)
		return 0;
	const uint8_t *bytes = data + 1 + cuts;

	size -= 1 + cuts;
	size_t used = feed(&whole, bytes, size, NULL, 0);

	must(used <= size);
	must(feed(&pieces, bytes, size, data + 1, cuts ? cuts : 1) == used);
	must(feed(&single, bytes, size, (const uint8_t *)"", 1) == used);
	must_same(buf_str(&pieces), buf_str(&whole));
	must_same(buf_str(&single), buf_str(&whole));

	char *text = malloc(size + 1);

	must(text != NULL);
	memcpy(text, bytes, size);
	text[size] = '\0';
	names(text);
	free(text);
	buf_clear(&whole);
	buf_clear(&pieces);
	buf_clear(&single);
	return 0;
}
