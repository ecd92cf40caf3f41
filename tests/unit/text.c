#include "model/text.h"
#include "model/arena.h"
#include "tests/lib.h"
#include <stdint.h>

#define FAMILY "\U0001F468\u200D\U0001F469\u200D\U0001F467"

static void same_clean(const char *text, const char *want)
{
	struct buf b = { 0 };

	text_clean(&b, text, strlen(text));
	same(b.text, want);
	buf_clear(&b);
}

static void same_fold(const char *text, const char *want)
{
	struct buf b = { 0 };

	text_fold(&b, text);
	same(b.text, want);
	buf_clear(&b);
}

static void same_cut(const char *text, int columns, const char *cut, const char *pad)
{
	struct buf b = { 0 };

	text_cut(&b, text, columns);
	same(b.text, cut);
	buf_reset(&b);
	text_pad(&b, text, columns);
	same(b.text, pad);
	ok(text_width(b.text) == columns || columns < 0);
	buf_clear(&b);
}

/* The lines it wraps to, joined by |. */
static void same_wrap(const char *text, int columns, const char *want)
{
	struct buf b = { 0 };
	size_t skip;

	for (int lines = 0; *text && lines < 100; lines++) {
		size_t size = text_wrap(text, columns, &skip);

		if (lines)
			buf_char(&b, '|');
		buf_add(&b, text, size);
		text += size + skip;
	}
	same(b.text ? b.text : "", want);
	buf_clear(&b);
}

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

/* Bytes that like to be in the way: controls, cut characters, joiners, marks. */
static size_t random_text(uint32_t *seed, char *out, size_t room)
{
	static const char *const pieces[] = {
		"a",
		"Z",
		" ",
		"\n",
		"\r\n",
		"\x1b[2J",
		"\x9b",
		"\xff",
		"\xe2",
		"\xf0\x9f",
		"\u202E",
		"\u200D",
		"\u200C",
		"\u0301",
		"\u65E5",
		"\U0001F468",
		"\uFE0F",
		"\U0001F1F3",
		"\u0627",
		"\u0915\u094D",
		"\xc2\x85",
		"\xc0\xaf",
		"\xed\xa0\x80",
		"\u2028",
		"\u00AD",
		"\U000E0041",
		"\u0BCD",
		"\u1100\u1161",
		"\U0001F3FD",
		"\u0600",
	};
	size_t size = 0, count = next_random(seed) % 24;

	for (size_t i = 0; i < count; i++) {
		const char *piece =
			pieces[next_random(seed) % (sizeof(pieces) / sizeof(pieces[0]))];
		size_t more = strlen(piece);

		if (size + more < room) {
			memcpy(out + size, piece, more);
			size += more;
		}
	}
	out[size] = '\0';
	return size;
}

static bool harmless(const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		if (*p < 0x20 || *p == 0x7F)
			return false;
		if (*p == 0xC2 && p[1] < 0xA0)
			return false;
	}
	return text_valid(text, strlen(text)) && !strstr(text, "\u202E") && !strstr(text, "\u2028");
}

/* Whatever comes in: what goes out is harmless, cleaning again changes nothing, widths add up, a
   cut fits, wrapping comes to its end and loses no letter. */
static bool survives(const char *text, size_t size, uint32_t *seed)
{
	struct buf clean = { 0 }, again = { 0 }, cut = { 0 }, fold = { 0 };
	int columns = (int)(next_random(seed) % 12), used, sum = 0, next;
	bool good = true;

	text_clean(&clean, text, size);
	text_clean(&again, clean.text, clean.size);
	good = good && harmless(clean.text) && !strcmp(clean.text, again.text);
	for (const char *p = clean.text; *p; p += text_next(p, &next), sum += next)
		;
	good = good && sum == text_width(clean.text);
	text_pad(&cut, clean.text, columns);
	good = good && text_width(cut.text) == columns && text_valid(cut.text, cut.size);
	good = good && text_fit(clean.text, 1000, &used) == clean.size && used == sum;
	text_fold(&fold, text);
	buf_reset(&again);
	text_fold(&again, fold.text);
	good = good && text_valid(fold.text, fold.size) && !strcmp(fold.text, again.text);
	buf_reset(&clean);
	text_clean_lines(&clean, text, size);
	for (const char *p = clean.text; *p && good;) {
		size_t skip, line = text_wrap(p, columns, &skip);

		good = line + skip > 0 && line + skip <= strlen(p) && !memchr(p, '\n', line);
		p += line + skip;
	}
	buf_clear(&clean);
	buf_clear(&again);
	buf_clear(&cut);
	buf_clear(&fold);
	return good;
}

int main(void)
{
	test("what is UTF-8") {
		ok(text_valid("Zo\u00EB \u65E5\u672C \U0001F600", 17));
		ok(text_valid("", 0));
		ok(!text_valid("\xff", 1) && !text_valid("a\x80", 2) && !text_valid("\xc3", 1));
		ok(!text_valid("\xc0\xaf", 2) && !text_valid("\xed\xa0\x80", 3) &&
			!text_valid("\xf4\x90\x80\x80", 4));
		ok(!text_valid("\u65E5", 2));
	}

	test("bytes that are no text are replaced one by one") {
		struct buf b = { 0 };

		text_repair(&b, "a\xff\xe2\x82z\xc3", 6);
		same(b.text, "a\uFFFD\uFFFD\uFFFDz\uFFFD");
		buf_reset(&b);
		text_repair(&b, "", 0);
		same(b.text, "");
		buf_clear(&b);
	}

	test("controls are shown, line ends are one space") {
		same_clean("plain", "plain");
		same_clean("\x1b]0;title\x07", "^[]0;title^G");
		same_clean("\x7f\x01\x0b\x0c", "^?^A^K^L");
		same_clean("a\r\nb\rc\nd\te", "a b c d e");
		same_clean("a\u2028b\u2029c", "a b c");
		same_clean("\xc2\x9b"
			   "31m \xc2\x85",
			"<9B>31m <85>");
		same_clean("\x9b\xff\xc3", "<9B><FF><C3>");
	}

	test("line ends stay where a body is wrapped") {
		struct buf b = { 0 };

		text_clean_lines(&b, "a\r\nb\rc\nd\te\u2028f\x1b", 15);
		same(b.text, "a\nb\nc\nd e\nf^[");
		buf_clear(&b);
	}

	test("what misleads or hides is shown as a mark") {
		same_clean("\u202Etxt.exe", "<U+202E>txt.exe");
		same_clean("\u2066\u2069\u200E\u200F\u061C",
			"<U+2066><U+2069><U+200E><U+200F><U+061C>");
		same_clean(
			"a\u200Bb\u2060c\uFEFFd\u00ADe", "a<U+200B>b<U+2060>c<U+FEFF>d<U+00AD>e");
		same_clean("\U000E0001\U000E0041\U000E007F", "<U+E0001><U+E0041><U+E007F>");
		same_clean("\uFFF9\uFFFA\uFFFB", "<U+FFF9><U+FFFA><U+FFFB>");
		same_clean("\u2061\u206A\u180E\u3164\u034F",
			"<U+2061><U+206A><U+180E><U+3164><U+034F>");
		same_clean("a\uFE0F\uFE00", "a<U+FE0F><U+FE00>");
	}

	test("what a name or a picture needs stays") {
		same_clean("Zoe\u0308 Nguye\u0302\u0303n", "Zoe\u0308 Nguye\u0302\u0303n");
		same_clean("\u0645\u06CC\u200C\u062E\u0648\u0627\u0647\u0645",
			"\u0645\u06CC\u200C\u062E\u0648\u0627\u0647\u0645");
		same_clean("\u0915\u094D\u200D\u0937", "\u0915\u094D\u200D\u0937");
		same_clean("\u0DC1\u0DCA\u200D\u0DBB\u0DD3", "\u0DC1\u0DCA\u200D\u0DBB\u0DD3");
		same_clean(FAMILY "!", FAMILY "!");
		same_clean("\u2764\uFE0F\u200D\U0001F525", "\u2764\uFE0F\u200D\U0001F525");
		same_clean(
			"\U0001F1F3\U0001F1F1 1\uFE0F\u20E3", "\U0001F1F3\U0001F1F1 1\uFE0F\u20E3");
		same_clean("\u845B\U000E0100", "\u845B\U000E0100");
		same_clean("Jo\u200Dhn \u200C", "Jo<U+200D>hn <U+200C>");
		same_clean("\u200D\U0001F467", "<U+200D>\U0001F467");
	}

	test("marks cannot move to another cell or pile up") {
		same_clean("\u0301x", "\u25CC\u0301x");
		same_clean("\x1b\u0301", "^[\u0301");
		same_clean("a\u0301\u0301\u0301\u0301\u0301\u0301\u0301",
			"a\u0301\u0301\u0301\u0301\u0301\u0301<U+0301>");
	}

	test("width is what a terminal draws") {
		static const struct {
			const char *text;
			int width;
		} rows[] = {
			{ "", 0 },
			{ "abc", 3 },
			{ "Zoe\u0308", 3 },
			{ "\u65E5\u672C", 4 },
			{ "\uFF21", 2 },
			{ "\uFF71", 1 },
			{ "\uD55C\uAE00", 4 },
			{ "\u1112\u1161\u11AB", 2 },
			{ "\u0627\u0644\u0639\u0631\u0628\u064A\u0629", 7 },
			{ "\u0930\u093E\u092E", 3 },
			{ "\u0915\u094D\u0937\u093F", 3 },
			{ "\U0001F600", 2 },
			{ FAMILY, 2 },
			{ "\U0001F1F3\U0001F1F1", 2 },
			{ "\U0001F1F3\U0001F1F1\U0001F1E9\U0001F1EA", 4 },
			{ "\U0001F44D\U0001F3FD", 2 },
			{ "\u2764", 1 },
			{ "\u2764\uFE0F", 2 },
			{ "1\uFE0F\u20E3", 2 },
			{ "\u00A0\u2026", 2 },
			{ "\n", 0 },
			{ "\n\u00E9", 1 },
			{ "\xff", 1 },
			{ "\u00E9\xff", 2 },
			{ "\u00E9\n", 1 },
			{ "\uD7B0", 0 },
			{ "\uD7FC", 0 },
			{ "\u3248\u4DC0", 4 },
			{ "\u302E\u302F", 4 },
			{ "\u00AD", 1 },
			{ "\u200C\u200D", 0 },
			{ "1\uFE0E", 1 },
			{ "\u2764\uFE0E", 1 },
			{ "\u2764\u200D\u0301", 1 },
		};

		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
			same_int(text_width(rows[i].text), rows[i].width);
	}

	test("a selector or joiner stays only where its letter asks for it") {
		same_clean("\u1820\u18A9\u180B", "\u1820\u18A9\u180B");
		same_clean("\u0628\u064E\u200D\u0628", "\u0628\u064E\u200D\u0628");
		same_clean("\u0628\u200D\u070E", "\u0628<U+200D><U+070E>");
		same_clean("\u2192\uFE00", "\u2192<U+FE00>");
		same_clean("\u0628\u200D\xff", "\u0628<U+200D><FF>");
	}

	test("a cut keeps graphemes whole and ends in dots") {
		same_cut("Missed bin", 10, "Missed bin", "Missed bin");
		same_cut("Missed bin", 12, "Missed bin", "Missed bin  ");
		same_cut("Missed bin", 9, "Missed...", "Missed...");
		same_cut("Missed bin", 2, "..", "..");
		same_cut("Missed bin", 0, "", "");
		same_cut("\u65E5\u672C\u8A9E\u8A9E", 6, "\u65E5...", "\u65E5... ");
		same_cut("Zoe\u0308 Zoe\u0308", 6, "Zoe\u0308...", "Zoe\u0308...");
		same_cut(FAMILY FAMILY FAMILY, 5, FAMILY "...", FAMILY "...");
	}

	test("bytes that fit") {
		int used;

		same_int((long long)text_fit("\u65E5\u672C", 3, &used), 3);
		same_int(used, 2);
		same_int((long long)text_fit("e\u0301f", 1, &used), 3);
		same_int((long long)text_fit("abc", 2, NULL), 2);
		same_int(used, 1);
	}

	test("lines are broken at spaces, long words between graphemes") {
		same_wrap("one two three", 7, "one two|three");
		same_wrap("one two three", 8, "one two|three");
		same_wrap("one two", 3, "one|two");
		same_wrap("one   two", 4, "one|two");
		same_wrap("abcdefgh", 3, "abc|def|gh");
		same_wrap("a\n\nb", 10, "a||b");
		same_wrap("abc   \ndef", 3, "abc|def");
		same_wrap("  indented text", 10, "  indented|text");
		same_wrap("\u65E5\u672C\u8A9E", 4, "\u65E5\u672C|\u8A9E");
		same_wrap("\u65E5\u672C", 1, "\u65E5|\u672C");
		same_wrap("word", 0, "w|o|r|d");
		same_wrap("a abcdef", 4, "a|abcd|ef");
		same_wrap("", 4, "");
	}

	test("searches see through case, accents and ligatures") {
		same_fold("Zo\u00EB", "zoe");
		same_fold("ZOE\u0308", "zoe");
		same_fold("Stra\u00DFe \u1E9E", "strasse ss");
		same_fold("\u0141\u00F3d\u017A \u00D8rsted \u0110or\u0111e", "lodz orsted dorde");
		same_fold("\u00C6gir \u0152uvre \u00DE\u00F3r", "aegir oeuvre thor");
		same_fold("  two \t\n  words\u00A0 here ", "two words here");
		same_fold("\u0130stanbul \u0131", "istanbul i");
		same_fold("\u0391\u03B8\u03AE\u03BD\u03B1", "\u03B1\u03B8\u03B7\u03BD\u03B1");
		same_fold("\u0419", "\u0438");
		same_fold("O\u2019Brien", "o'brien");
		same_fold("\u0645\u06CC\u200C\u062E\u0648\u0627\u0647\u0645",
			"\u0645\u06CC\u062E\u0648\u0627\u0647\u0645");
		same_fold("\u0643\u064E\u062A\u064E\u0628", "\u0643\u062A\u0628");
		/* Vowels of Hindi and the voicing of kana tell words apart. */
		same_fold("\u0930\u093E\u092E", "\u0930\u093E\u092E");
		same_fold("\u304C", "\u304B\u3099");
		same_fold("", "");
		same_fold("a\xff", "a\uFFFD");
		same_fold(NULL, "");
		same_fold("two\u2028lines\u2029and a third", "two lines and a third");
	}

	test("the beginning of a word") {
		ok(text_word_prefix("de vries anna", "vri"));
		ok(text_word_prefix("de vries anna", "de v"));
		ok(!text_word_prefix("de vries anna", "ries"));
		ok(text_word_prefix("smith-jones", "jon"));
		ok(text_word_prefix("o'brien", "brien"));
		ok(text_word_prefix("anna anastasia", "anas"));
		ok(text_word_prefix("x", ""));
		ok(!text_word_prefix("\u65E5\u672C", "\u672C"));
		ok(text_word_prefix("smith-jones", "-jon"));
		ok(!text_word_prefix("b47", "7") && !text_word_prefix("McAdam", "dam"));
		ok(text_word_prefix("[a] {b} /c", "a") && text_word_prefix("[a] {b} /c", "b"));
		ok(text_word_prefix("[a] {b} :c", "c"));
	}

	test("a terminal with ASCII alone") {
		struct buf b = { 0 };

		text_ascii(&b, "Zo\u00EB \u0141\u00F3d\u017A Stra\u00DFe \u2018x\u2019 \u65E5 "
			       "\u20AC5 e\u0301\u2026 \xff \uFDFA\u200C\u200D");
		same(b.text, "Zoe Lodz Strasse 'x' ? EUR5 e... ? ?");
		buf_clear(&b);
	}

	test("natural order") {
		static const char *const in_order[] = { "", "0", "00", "1", "02", "2", "9", "10", "10a", "10b1",
			"10b10", "47", "100", "2026-000417", "2026-4415", "2027-1", "99999999999999999999999",
			"C-9", "C-10", "c1", "\xff", NULL };
		for (int i = 0; in_order[i]; i++)
			for (int k = 0; in_order[k]; k++) {
				const char *a = in_order[i], *b = in_order[k];
				int way = text_natural(a, strlen(a), b, strlen(b));

				if (!ok((way > 0) - (way < 0) == (i > k) - (i < k)))
					printf("# %s, %s: %d\n", a, b, way);
			}
	}

	test("blank is nothing to see") {
		ok(text_blank(NULL) && text_blank("") && text_blank(" \t\r\n\u00A0\u3000\u200B"));
		ok(text_blank("\u2028\u2029"));
		ok(!text_blank(" x") && !text_blank("\xff") && !text_blank("\u0301"));
	}

	test("20,000 random texts do no harm") {
		uint32_t seed = 20261122;
		char text[256];

		for (int i = 0; i < 20000; i++) {
			uint32_t start = seed;
			size_t size = random_text(&seed, text, sizeof(text));

			if (!survives(text, size, &seed)) {
				printf("# seed %u\n", (unsigned)start);
				ok(!"survives");
				break;
			}
		}
	}
	return test_result();
}
