/* Text and width: what is cleaned holds nothing that moves a cursor, hides or turns a line round; its
   width is what libutf8proc says of its graphemes; cut, filled and wrapped it is never wider than it
   was to be, and nothing of it is lost. */
#include "tests/fuzz/fuzz.h"

#include "model/text.h"

#include <utf8proc.h>

/* What must never come out, said here once more and independently of the cleaner: controls, bidi
   controls, line and paragraph separators, invisible characters and tags. */
static bool forbidden(uint32_t c)
{
	static const uint32_t hidden[][2] = { { 0x00, 0x1F }, { 0x7F, 0x9F }, { 0xAD, 0xAD },
		{ 0x061C, 0x061C }, { 0x115F, 0x1160 }, { 0x180E, 0x180E }, { 0x200B, 0x200B },
		{ 0x200E, 0x200F }, { 0x2028, 0x202E }, { 0x2060, 0x206F }, { 0x3164, 0x3164 },
		{ 0xD800, 0xDFFF }, { 0xFEFF, 0xFEFF }, { 0xFFA0, 0xFFA0 }, { 0xFFF9, 0xFFFB },
		{ 0x1D173, 0x1D17A }, { 0xE0000, 0xE00FF }, { 0x110000, UINT32_MAX } };

	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		if (c >= hidden[i][0] && c <= hidden[i][1])
			return true;
	return false;
}

static void must_be_clean(const struct buf *out, bool lines)
{
	uint32_t code;

	must(strlen(buf_str(out)) == out->size);
	must(text_valid(buf_str(out), out->size));
	for (size_t i = 0; i < out->size;) {
		i += text_decode(out->text + i, out->size - i, &code);
		must((lines && code == '\n') || !forbidden(code));
	}
}

/* ---- width */

static bool pictograph(utf8proc_int32_t c)
{
	return utf8proc_get_property(c)->boundclass == UTF8PROC_BOUNDCLASS_EXTENDED_PICTOGRAPHIC;
}

/* One character as libutf8proc has it, but for what terminals draw otherwise: the signs that have a
   cell of their own, the inner parts of an old Hangul syllable, two rows of wide signs. */
static int code_columns(utf8proc_int32_t c)
{
	utf8proc_category_t kind = utf8proc_category(c);

	if ((c >= 0x1160 && c <= 0x11FF) || (c >= 0xD7B0 && c <= 0xD7FF))
		return 0;
	if ((c >= 0x3248 && c <= 0x324F) || (c >= 0x4DC0 && c <= 0x4DFF))
		return 2;
	if (kind == UTF8PROC_CATEGORY_MC && c != 0x302E && c != 0x302F)
		return 1;
	if (kind == UTF8PROC_CATEGORY_CF && c != 0x200C && c != 0x200D)
		return 1;
	return utf8proc_charwidth(c);
}

/* Grapheme by grapheme: one that holds a picture and a sign that makes it one picture is two wide. */
static int columns_of(const char *text)
{
	utf8proc_int32_t before = 0, base = 0, c, state = 0;
	int all = 0, here = 0;
	bool picture = false;

	for (utf8proc_ssize_t at = 0, n; text[at]; at += n) {
		n = utf8proc_iterate((const utf8proc_uint8_t *)text + at, -1, &c);
		must(n > 0);
		if (!before || utf8proc_grapheme_break_stateful(before, c, &state)) {
			all += picture ? 2 : here;
			base = c;
			here = code_columns(c);
			picture = false;
		} else if (c == 0xFE0F && (pictograph(base) || base < 0x80)) {
			picture = true;
		} else if (pictograph(base) && ((c >= 0x1F3FB && c <= 0x1F3FF) ||
						       (before == 0x200D && pictograph(c)))) {
			picture = true;
		} else if (!(c == 0xFE0E && pictograph(base))) {
			here += code_columns(c);
			if (picture)
				return -1; /* a picture with more on it: drawn in many ways */
		}
		before = c;
	}
	return all + (picture ? 2 : here);
}

static void measure(const char *clean)
{
	int width = text_width(clean), plain = columns_of(clean), used;

	must(width >= 0);
	must(plain < 0 || plain == width);
	for (int columns = 0; columns < 12; columns++) {
		struct buf cut = { 0 }, pad = { 0 };
		size_t fits = text_fit(clean, columns, &used);

		must(used <= columns && fits <= strlen(clean) && text_valid(clean, fits));
		must(clean[fits] ? used + 2 > columns || columns < 8 || width > columns : used == width);
		text_cut(&cut, clean, columns);
		text_pad(&pad, clean, columns);
		must(text_width(buf_str(&cut)) <= columns);
		must(text_width(buf_str(&pad)) == columns);
		must(width > columns || !strcmp(buf_str(&cut), clean));
		buf_clear(&cut);
		buf_clear(&pad);
	}
}

/* Wrapped, and put together again with what stood at the breaks. */
static void wrap(const char *clean, int columns)
{
	size_t at = 0, skip, size = strlen(clean);

	while (at < size) {
		size_t line = text_wrap(clean + at, columns, &skip);
		struct buf one = { 0 };
		int first;

		must(line + skip > 0 && at + line + skip <= size);
		must(!memchr(clean + at, '\n', line));
		for (size_t i = 0; i < skip; i++)
			must(clean[at + line + i] == ' ' || clean[at + line + i] == '\n');
		buf_add(&one, clean + at, line);
		must(text_valid(buf_str(&one), line));
		text_next(buf_str(&one), &first);
		must(text_width(buf_str(&one)) <= columns ||
			text_next(buf_str(&one), &first) == line);
		buf_clear(&one);
		at += line + skip;
	}
}

static void cleaned(const char *text, size_t size, bool lines)
{
	struct buf out = { 0 }, again = { 0 }, ascii = { 0 };

	(lines ? text_clean_lines : text_clean)(&out, text, size);
	must_be_clean(&out, lines);
	(lines ? text_clean_lines : text_clean)(&again, buf_str(&out), out.size);
	must_same(buf_str(&again), buf_str(&out)); /* cleaned twice, as at two exits: no more marks */
	if (!lines)
		measure(buf_str(&out));
	for (int columns = 1; columns < 20; columns += 6)
		wrap(buf_str(&out), columns);
	text_ascii(&ascii, buf_str(&out));
	for (size_t i = 0; i < ascii.size; i++)
		must((ascii.text[i] >= 0x20 && ascii.text[i] < 0x7F) ||
			(lines && ascii.text[i] == '\n'));
	buf_clear(&out);
	buf_clear(&again);
	buf_clear(&ascii);
}

/* The form searches compare is its own form. */
static void folded(const char *text)
{
	struct buf once = { 0 }, twice = { 0 };

	text_fold(&once, text);
	must(text_valid(buf_str(&once), once.size));
	text_fold(&twice, buf_str(&once));
	must_same(buf_str(&twice), buf_str(&once));
	must(text_word_prefix(buf_str(&once), buf_str(&once)));
	buf_clear(&once);
	buf_clear(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf repaired = { 0 };
	char *text = malloc(size + 1);

	must(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	text_repair(&repaired, text, size);
	must(text_valid(buf_str(&repaired), repaired.size));
	must(!text_valid(text, size) ||
		(repaired.size == size && (!size || !memcmp(repaired.text, text, size))));
	cleaned(text, size, false);
	cleaned(text, size, true);
	folded(text);
	buf_clear(&repaired);
	free(text);
	return 0;
}
