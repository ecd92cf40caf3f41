/* UTF-8 for terminals and searches. The only file that uses libutf8proc. */
#include "model/text.h"
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

enum { MARKS_MOST = 6 };

#define REPLACEMENT "\xEF\xBF\xBD"

static bool is_ascii(char c)
{
	return (unsigned char)c < 0x80;
}

/* ---- bytes and characters */

size_t text_decode(const char *text, size_t size, uint32_t *code)
{
	utf8proc_int32_t c;

	if (is_ascii(*text)) {
		*code = (unsigned char)*text;
		return 1;
	}
	utf8proc_ssize_t used = utf8proc_iterate(
		(const utf8proc_uint8_t *)text, (utf8proc_ssize_t)(size < 4 ? size : 4), &c);
	if (used < 1) {
		*code = TEXT_BAD;
		return 1;
	}
	*code = (uint32_t)c;
	return (size_t)used;
}

/* The same in text that is known to be valid and NUL-ended; 0 at its end. */
static size_t decode(const char *text, uint32_t *code)
{
	*code = 0;
	if (!*text)
		return 0;
	return text_decode(text, strnlen(text, 4), code);
}

static void put_code(struct buf *out, uint32_t code)
{
	utf8proc_uint8_t bytes[4];

	buf_add(out, bytes, (size_t)utf8proc_encode_char((utf8proc_int32_t)code, bytes));
}

static size_t ascii_run(const char *text, size_t size)
{
	size_t i = 0;

	while (i < size && is_ascii(text[i]))
		i++;
	return i;
}

bool text_valid(const char *text, size_t size)
{
	size_t i = 0;

	while ((i += ascii_run(text + i, size - i)) < size) {
		uint32_t code;

		i += text_decode(text + i, size - i, &code);
		if (code == TEXT_BAD)
			return false;
	}
	return true;
}

void text_repair(struct buf *out, const char *text, size_t size)
{
	size_t i = 0;

	while (i < size) {
		uint32_t code;
		size_t run = ascii_run(text + i, size - i);

		buf_add(out, text + i, run);
		i += run;
		if (i == size)
			break;

		size_t used = text_decode(text + i, size - i, &code);
		if (code == TEXT_BAD)
			buf_text(out, REPLACEMENT);
		else
			buf_add(out, text + i, used);
		i += used;
	}
	buf_add(out, "", 0);
}

/* ---- classes of characters */

struct range {
	uint32_t from, to;
};

static bool in_ranges(const struct range *r, size_t count, uint32_t code)
{
	for (size_t i = 0; i < count; i++)
		if (code >= r[i].from && code <= r[i].to)
			return true;
	return false;
}

#define IN(list, code) in_ranges(list, sizeof(list) / sizeof(list[0]), code)

/* To libutf8proc what is no code point, TEXT_BAD too, is one that is not assigned. */
static utf8proc_category_t category(uint32_t code)
{
	return utf8proc_category((utf8proc_int32_t)code);
}

static bool is_space(uint32_t code)
{
	if (code < 0x80)
		return code <= ' ';
	utf8proc_category_t c = category(code);

	return c == UTF8PROC_CATEGORY_ZS || c == UTF8PROC_CATEGORY_ZL || c == UTF8PROC_CATEGORY_ZP;
}

static bool is_mark(uint32_t code)
{
	utf8proc_category_t c = category(code);

	return c == UTF8PROC_CATEGORY_MN || c == UTF8PROC_CATEGORY_MC || c == UTF8PROC_CATEGORY_ME;
}

static bool is_letter(uint32_t code)
{
	utf8proc_category_t c = category(code);

	return c >= UTF8PROC_CATEGORY_LU && c <= UTF8PROC_CATEGORY_LO;
}

static bool is_pictograph(uint32_t code)
{
	return utf8proc_get_property((utf8proc_int32_t)code)->boundclass ==
	       UTF8PROC_BOUNDCLASS_EXTENDED_PICTOGRAPHIC;
}

static bool is_skin_tone(uint32_t code)
{
	return code >= 0x1F3FB && code <= 0x1F3FF;
}

static bool is_selector(uint32_t code)
{
	static const struct range selectors[] = {
		{ 0xFE00, 0xFE0F },
		{ 0xE0100, 0xE01EF },
		{ 0x180B, 0x180D },
		{ 0x180F, 0x180F },
	};

	return IN(selectors, code);
}

/* Scripts whose writing needs ZWJ and ZWNJ: Arabic and its kin, those of South and South-East Asia,
   Mongolian. Anywhere else a joiner only hides. */
static bool is_joining(uint32_t code)
{
	static const struct range joining[] = {
		{ 0x0600, 0x109F },
		{ 0x1700, 0x18AF },
		{ 0x1900, 0x1CFF },
		{ 0xA800, 0xABFF },
		{ 0xFB50, 0xFDFF },
		{ 0xFE70, 0xFEFE },
		{ 0x10800, 0x11FFF },
		{ 0x1E900, 0x1E95F },
	};

	return IN(joining, code) && (is_letter(code) || is_mark(code));
}

/* What draws nothing, or draws where it does not stand. Cf without those that have a shape, and the
   letters and marks that are blank. Tags and selectors can carry a hidden text. */
static bool is_hidden(uint32_t code)
{
	static const struct range shaped[] = {
		{ 0x0600, 0x0605 },
		{ 0x06DD, 0x06DD },
		{ 0x070F, 0x070F },
		{ 0x0890, 0x0891 },
		{ 0x08E2, 0x08E2 },
		{ 0x110BD, 0x110BD },
		{ 0x110CD, 0x110CD },
		{ 0x13430, 0x1345F },
	};
	static const struct range blank[] = {
		{ 0x034F, 0x034F },
		{ 0x115F, 0x1160 },
		{ 0x17B4, 0x17B5 },
		{ 0x2065, 0x2065 },
		{ 0x3164, 0x3164 },
		{ 0xFFA0, 0xFFA0 },
		{ 0xFFF0, 0xFFF8 },
		{ 0xE0000, 0xE0FFF },
		{ 0x1D159, 0x1D159 },
		{ 0x2800, 0x2800 },
	};
	utf8proc_category_t c = category(code);

	if (IN(blank, code))
		return true;
	if (c == UTF8PROC_CATEGORY_CF)
		return !IN(shaped, code);
	return c == UTF8PROC_CATEGORY_CN;
}

bool text_blank(const char *text)
{
	uint32_t code;
	size_t size;

	for (; text && (size = decode(text, &code)); text += size)
		if (!is_space(code) && code != 0x200B)
			return false;
	return true;
}

/* ---- cleaning */

struct clean {
	struct buf *out;
	bool lines;	 /* line ends stay */
	uint32_t before; /* the character that went out last; 0: nothing, or a mark of ours */
	int marks;	 /* in a row, on the letter before */
};

/* Whether a joiner between these two is part of how something is written. */
static bool joiner_needed(uint32_t before, uint32_t joiner, uint32_t after)
{
	bool zwj = joiner == 0x200D;
	bool picture = is_pictograph(before) || is_skin_tone(before) || before == 0xFE0F;

	if (zwj && picture && is_pictograph(after))
		return true;
	if (!is_joining(before))
		return false;
	/* After a virama ZWJ asks for a half letter, which may end a word. */
	if (zwj && category(before) == UTF8PROC_CATEGORY_MN &&
		utf8proc_get_property((utf8proc_int32_t)before)->combining_class == 9)
		return true;
	return is_joining(after);
}

/* A selector chooses the shape of what stands before it: one of them, behind something visible. */
static bool selector_needed(uint32_t before, uint32_t code)
{
	if (!before || before == ' ' || before == '\n' || is_selector(before))
		return false;
	if (code == 0xFE0E || code == 0xFE0F)
		return is_pictograph(before) ||
		       (before < 0x80 && strchr("0123456789#*", (int)before));
	return is_letter(before) || is_joining(before);
}

static bool may_pass(const struct clean *c, uint32_t code, uint32_t after)
{
	if (code == 0x200C || code == 0x200D)
		return joiner_needed(c->before, code, after);
	if (is_selector(code))
		return selector_needed(c->before, code);
	if (is_mark(code) && c->marks >= MARKS_MOST)
		return false;
	return !is_hidden(code);
}

static void clean_ascii(struct clean *c, unsigned char byte)
{
	c->before = byte;
	c->marks = 0;
	if (byte == '\n' && c->lines)
		buf_char(c->out, '\n');
	else if (byte == '\n' || byte == '\t' || byte == ' ')
		buf_char(c->out, ' ');
	else if (byte < 0x20 || byte == 0x7F)
		buf_printf(c->out, "^%c", byte ^ 0x40);
	else
		buf_char(c->out, (char)byte);
}

static void clean_character(
	struct clean *c, const char *text, size_t size, uint32_t code, uint32_t after)
{
	if (code == TEXT_BAD || code < 0xA0) {
		unsigned byte = code == TEXT_BAD ? (unsigned char)*text : code;

		buf_printf(c->out, "<%02X>", byte);
		c->before = 0;
		return;
	}
	if (code == 0x2028 || code == 0x2029) {
		clean_ascii(c, '\n');
		return;
	}
	if (!may_pass(c, code, after)) {
		buf_printf(c->out, "<U+%04X>", (unsigned)code);
		c->before = 0;
		return;
	}

	bool mark = is_mark(code);
	/* A mark with nothing to stand on would move to the cell before, another column's. */
	if (mark && (!c->before || c->before == '\n'))
		put_code(c->out, 0x25CC);
	c->marks = mark ? c->marks + 1 : 0;
	c->before = code;
	buf_add(c->out, text, size);
}

static uint32_t peek(const char *text, size_t size)
{
	uint32_t code = 0;

	if (size)
		text_decode(text, size, &code);
	return code;
}

static void clean_text(struct clean *c, const char *text, size_t size)
{
	size_t i = 0;

	while (i < size) {
		uint32_t code;
		size_t used = text_decode(text + i, size - i, &code);

		if (code == '\r') {
			used += i + 1 < size && text[i + 1] == '\n';
			code = '\n';
		}
		if (code < 0x80)
			clean_ascii(c, (unsigned char)code);
		else
			clean_character(
				c, text + i, used, code, peek(text + i + used, size - i - used));
		i += used;
	}
	buf_add(c->out, "", 0);
}

void text_clean(struct buf *out, const char *text, size_t size)
{
	clean_text(&(struct clean){ .out = out }, text, size);
}

void text_clean_lines(struct buf *out, const char *text, size_t size)
{
	clean_text(&(struct clean){ .out = out, .lines = true }, text, size);
}

/* ---- letters that look or sort alike */

/* What decomposition does not give: a short table for folding and for ASCII terminals. */
static const struct {
	uint32_t code;
	const char *folded, *plain;
} alike[] = {
	{ 0x00DF, "ss", "ss" },
	{ 0x1E9E, "ss", "SS" },
	{ 0x00C6, "ae", "AE" },
	{ 0x00E6, "ae", "ae" },
	{ 0x0152, "oe", "OE" },
	{ 0x0153, "oe", "oe" },
	{ 0x00DE, "th", "Th" },
	{ 0x00FE, "th", "th" },
	{ 0x00D8, "o", "O" },
	{ 0x00F8, "o", "o" },
	{ 0x0141, "l", "L" },
	{ 0x0142, "l", "l" },
	{ 0x013F, "l", "L" },
	{ 0x0140, "l", "l" },
	{ 0x0110, "d", "D" },
	{ 0x0111, "d", "d" },
	{ 0x00D0, "d", "D" },
	{ 0x00F0, "d", "d" },
	{ 0x0126, "h", "H" },
	{ 0x0127, "h", "h" },
	{ 0x0131, "i", "i" },
	{ 0x0166, "t", "T" },
	{ 0x0167, "t", "t" },
	{ 0x014A, "n", "N" },
	{ 0x014B, "n", "n" },
	{ 0x0138, "k", "k" },
	{ 0x2018, "'", "'" },
	{ 0x2019, "'", "'" },
	{ 0x02BC, "'", "'" },
	{ 0x02BB, "'", "'" },
	{ 0x00B4, "'", "'" },
	{ 0x0060, "'", "`" },
	{ 0x201C, "\"", "\"" },
	{ 0x201D, "\"", "\"" },
	{ 0x201E, "\"", "\"" },
	{ 0x2010, "-", "-" },
	{ 0x2011, "-", "-" },
	{ 0x2012, "-", "-" },
	{ 0x2013, "-", "-" },
	{ 0x2014, "-", "-" },
	{ 0x2212, "-", "-" },
	{ 0x2026, "...", "..." },
	{ 0x20AC, NULL, "EUR" },
	{ 0x00A3, NULL, "GBP" },
	{ 0x00A7, NULL, "S." },
	{ 0x2022, NULL, "*" },
	{ 0x00B7, NULL, "." },
	{ 0x00D7, NULL, "x" },
};

static int alike_find(uint32_t code)
{
	for (size_t i = 0; i < sizeof(alike) / sizeof(alike[0]); i++)
		if (alike[i].code == code)
			return (int)i;
	return -1;
}

/* A letter of ASCII that this one is built on, or 0. */
static char plain_letter(uint32_t code)
{
	utf8proc_int32_t parts[32] = { 0 };

	utf8proc_decompose_char(
		(utf8proc_int32_t)code, parts, 32, UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT, NULL);
	return parts[0] < 0x7F ? (char)parts[0] : 0;
}

void text_ascii(struct buf *out, const char *clean)
{
	uint32_t code;
	size_t size;

	for (; (size = decode(clean, &code)); clean += size) {
		if (code < 0x80) {
			buf_char(out, (char)code);
			continue;
		}
		int row = alike_find(code);
		if (row >= 0)
			buf_text(out, alike[row].plain);
		else if (code == TEXT_BAD)
			buf_char(out, '?');
		else if (plain_letter(code))
			buf_char(out, plain_letter(code));
		else if (!is_mark(code) && code != 0x200D && code != 0x200C)
			buf_char(out, '?');
	}
	buf_add(out, "", 0);
}

/* Marks that do not tell letters apart: accents, Hebrew points, Arabic vowels, the dot of loaned
   letters. Vowel signs of South Asia, tone marks and the voicing of kana are letters to their
   readers and stay. */
static bool is_accent(utf8proc_int32_t code)
{
	const utf8proc_property_t *p = utf8proc_get_property(code);
	int class = (int)p->combining_class;

	return class == 7 || (class >= 10 && class <= 36) || class >= 200;
}

static void fold_character(struct buf *out, uint32_t code)
{
	utf8proc_int32_t parts[32];
	int row = alike_find(code);

	if (row >= 0 && alike[row].folded) {
		buf_text(out, alike[row].folded);
		return;
	}
	utf8proc_ssize_t n = utf8proc_decompose_char((utf8proc_int32_t)code, parts, 32,
		UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE, NULL);
	for (utf8proc_ssize_t i = 0; i < n; i++) {
		if (is_accent(parts[i]))
			continue;
		/* Case folding may lead to a letter of the table: a capital with a stroke. */
		row = parts[i] >= 0x80 ? alike_find((uint32_t)parts[i]) : -1;
		if (row >= 0 && alike[row].folded)
			buf_text(out, alike[row].folded);
		else
			put_code(out, (uint32_t)parts[i]);
	}
}

void text_fold(struct buf *out, const char *text)
{
	size_t start = out->size, size;
	bool gap = false;
	uint32_t code;

	for (; text && (size = decode(text, &code)); text += size) {
		if (is_space(code)) {
			gap = out->size > start;
			continue;
		}

		size_t before = out->size;
		if (gap)
			buf_char(out, ' ');
		size_t empty = out->size;
		if (code == TEXT_BAD)
			buf_text(out, REPLACEMENT);
		else if (code >= 'A' && code <= 'Z')
			buf_char(out, (char)(code + 32));
		else if (code == '`')
			buf_char(out, '\'');
		else if (code < 0x80)
			buf_char(out, (char)code);
		else
			fold_character(out, code);
		if (out->size == empty)
			buf_cut(out, before);
		else
			gap = false;
	}
	buf_add(out, "", 0);
}

static bool word_byte(char c)
{
	return !is_ascii(c) || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z');
}

bool text_word_prefix(const char *whole, const char *part)
{
	size_t size = strlen(part);
	const char *at = whole;

	if (!size)
		return true;
	while ((at = strstr(at, part))) {
		if (at == whole || !word_byte(at[-1]) || !word_byte(*part))
			return true;
		at++;
	}
	return false;
}

/* ---- width */

/* Columns of one character as wcwidth() of glibc, ncurses and tmux count them: they give a spacing
   vowel sign a cell of its own, and none to the inner parts of an old Hangul syllable. */
static int code_width(uint32_t code)
{
	if (code < 0x20)
		return 0;
	if (code < 0x7F)
		return 1;
	if ((code >= 0x1160 && code <= 0x11FF) || (code >= 0xD7B0 && code <= 0xD7FF))
		return 0;
	if ((code >= 0x3248 && code <= 0x324F) || (code >= 0x4DC0 && code <= 0x4DFF))
		return 2;
	if (category(code) == UTF8PROC_CATEGORY_MC && code != 0x302E && code != 0x302F)
		return 1;
	if (category(code) == UTF8PROC_CATEGORY_CF && code != 0x200C && code != 0x200D)
		return 1;
	return utf8proc_charwidth((utf8proc_int32_t)code);
}

/* A sequence that is drawn as one picture is two columns wide, however many characters it takes. */
static int cluster_width(uint32_t base, uint32_t code, int so_far, uint32_t before)
{
	int width = code_width(code);

	if (code == 0xFE0F && (is_pictograph(base) || base < 0x80))
		return 2;
	if (code == 0xFE0E && is_pictograph(base))
		return so_far;
	if (is_pictograph(base) &&
		(is_skin_tone(code) || (before == 0x200D && is_pictograph(code))))
		return 2;
	return so_far + width;
}

size_t text_next(const char *clean, int *columns)
{
	uint32_t base, before, code;
	utf8proc_int32_t state = 0;
	size_t at, size;

	/* Almost everything: one letter of ASCII with another behind it. */
	if (is_ascii(*clean) && is_ascii(clean[*clean != '\0'])) {
		*columns = *clean && *clean != '\n';
		return *clean != '\0';
	}
	at = decode(clean, &base);
	*columns = base == TEXT_BAD ? 1 : code_width(base);
	before = base;
	while (base != TEXT_BAD && (size = decode(clean + at, &code)) && code != TEXT_BAD) {
		if (utf8proc_grapheme_break_stateful(
			    (utf8proc_int32_t)before, (utf8proc_int32_t)code, &state))
			break;
		*columns = cluster_width(base, code, *columns, before);
		before = code;
		at += size;
	}
	return at;
}

int text_width(const char *clean)
{
	int width = 0, columns;
	size_t size;

	while ((size = text_next(clean, &columns))) {
		width += columns;
		clean += size;
	}
	return width;
}

size_t text_fit(const char *clean, int columns, int *used)
{
	size_t at = 0, size;
	int width = 0, next;

	while ((size = text_next(clean + at, &next)) && width + next <= columns) {
		width += next;
		at += size;
	}
	if (used)
		*used = width;
	return at;
}

/* Appends at most that many columns and tells how many they were. */
static int put_cut(struct buf *out, const char *clean, int columns)
{
	int used, dots = columns < 3 ? columns : 3;

	if (columns <= 0) {
		buf_add(out, "", 0);
		return 0;
	}
	size_t size = text_fit(clean, columns, &used);
	if (clean[size]) {
		size = text_fit(clean, columns - dots, &used);
		buf_add(out, clean, size);
		buf_add(out, "...", (size_t)dots);
		return used + dots;
	}
	buf_add(out, clean, size);
	return used;
}

void text_cut(struct buf *out, const char *clean, int columns)
{
	put_cut(out, clean, columns);
}

void text_pad(struct buf *out, const char *clean, int columns)
{
	for (int used = put_cut(out, clean, columns); used < columns; used++)
		buf_char(out, ' ');
}

/* ---- wrapping */

static size_t spaces(const char *text)
{
	return strspn(text, " ");
}

size_t text_wrap(const char *clean, int columns, size_t *skip)
{
	size_t line = strcspn(clean, "\n"), at = 0, space = 0, size;
	int width = 0, next;

	*skip = 0;
	while (at < line) {
		size = text_next(clean + at, &next);
		if (width + next > columns)
			break;
		if (clean[at] == ' ')
			space = at;
		width += next;
		at += size;
	}
	if (at >= line) {
		*skip = clean[line] == '\n';
		return line;
	}
	if (clean[at] == ' ')
		space = at;
	/* Spaces at the start of a line are indentation, not a place to break. */
	if (space > spaces(clean)) {
		size_t end = space;

		*skip = spaces(clean + space);
		while (clean[end - 1] == ' ') { /* not to the beginning: there is a word */
			end--;
			++*skip;
		}
		*skip += clean[end + *skip] == '\n';
		return end;
	}
	/* At least one grapheme, or the caller would never come to the end. */
	return at ? at : text_next(clean, &next);
}

/* ---- order */

/* How many digits follow; the zeros before them are passed. */
static size_t digits(const char **at, const char *end)
{
	size_t size = 0;

	while (*at < end && **at == '0')
		++*at;
	while (*at + size < end && (*at)[size] >= '0' && (*at)[size] <= '9')
		size++;
	return size;
}

static bool at_digit(const char *at)
{
	return *at >= '0' && *at <= '9';
}

/* More digits are a larger number. */
static int numbers_way(const char **a, const char *end_a, const char **b, const char *end_b)
{
	size_t size_a = digits(a, end_a), size_b = digits(b, end_b);
	int way = size_a == size_b ? memcmp(*a, *b, size_a) : size_a < size_b ? -1 : 1;

	*a += size_a;
	*b += size_b;
	return way;
}

int text_natural(const char *a, size_t size_a, const char *b, size_t size_b)
{
	const char *x = a, *y = b, *end_a = a + size_a, *end_b = b + size_b;
	int way = 0;

	while (!way && x < end_a && y < end_b) {
		if (at_digit(x) && at_digit(y))
			way = numbers_way(&x, end_a, &y, end_b);
		else
			way = (unsigned char)*x++ - (unsigned char)*y++;
	}
	if (!way)
		way = (x < end_a) - (y < end_b);
	if (!way)
		way = memcmp(a, b, size_a < size_b ? size_a : size_b);
	return way ? way : (size_a > size_b) - (size_a < size_b);
}
