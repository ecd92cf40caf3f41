/* Bytes to keys, whole, in pieces, cut short, and pasted. */
#include "tests/lib.h"
#include "tui/input.h"

/* The names of the keys in these bytes, with spaces between; a paste as [text]. */
static const char *keys_of(struct input *in, struct buf *out)
{
	struct input_event e;
	buf_reset(out);
	while (input_next(in, &e)) {
		if (out->size)
			buf_char(out, ' ');
		if (e.what == INPUT_PASTE)
			buf_printf(out, "[%s]", e.bytes);
		else if (e.key == KEY_UNKNOWN_)
			buf_text(out, "?");
		else
			key_name(out, e.key);
	}
	return buf_str(out);
}

static const char *read_all(const char *bytes, struct buf *out)
{
	struct input in = { 0 };
	input_feed(&in, bytes, strlen(bytes));
	keys_of(&in, out);
	if (input_unfinished(&in)) {
		struct buf rest = { 0 };
		input_expire(&in);
		keys_of(&in, &rest);
		buf_printf(out, "%s%s", out->size ? " " : "", buf_str(&rest));
		buf_clear(&rest);
	}
	input_clear(&in);
	return buf_str(out);
}

static const struct {
	const char *bytes, *keys;
} cases[] = {
	{ "jk", "j k" },
	{ "\r\n", "Enter Enter" },
	{ "\t\x7f\b", "Tab Backspace Backspace" },
	{ " ", "Space" },
	{ "\x04\x15\x1a", "Ctrl-D Ctrl-U Ctrl-Z" },
	{ "\033[A\033OB\033[C\033OD", "Up Down Right Left" },
	{ "\033[H\033[F\033[1~\033[4~\033[7~\033[8~\033OH\033OF",
		"Home End Home End Home End Home End" },
	{ "\033[5~\033[6~\033[2~\033[3~", "PgUp PgDn Insert Delete" },
	{ "\033OP\033[11~\033[[A\033[1;2P", "F1 F1 F1 F1" },
	{ "\033[15~\033[17~\033[21~\033[24~", "F5 F6 F10 F12" },
	{ "\033[Z\033[1;2A\033[1;5C\033[1;3B", "Shift-Tab Shift-Up Ctrl-Right Alt-Down" },
	{ "\033OM", "Enter" },
	{ "\033x\033\r", "Alt-x Alt-Enter" },
	{ "\033", "Esc" },
	{ "\033\033[A", "Esc Up" },
	{ "\033[", "Alt-[" },
	{ "\033O", "Alt-O" },
	{ "\033[12", "?" },
	{ "\033[99~", "?" },
	{ "\033[200~q\033[A Q\033[201~k", "[q\033[A Q] k" },
	{ "\033[200~\033[201~j", "[] j" },
	{ "\303\251\342\202\254\360\237\230\200", "é € 😀" },
	{ "\303", "?" },
	{ "\xff"
	  "a\200b",
		"? a ? b" },
	{ "\355\240\200", "?" }, /* a surrogate */
	{ "\033[<0;3;5M\033[<64;1;1M\033[<0;3;5m", "Click WheelUp ?" },
};

static const char *const names[] = { "g", "Enter", "Tab", "Esc", "Space", "Up", "PgDn", "F1", "F12",
	"Ctrl-D", "Ctrl-Space", "Shift-Tab", "Alt-x", "Backspace", "é", "<", ">", "#", "Ctrl-L",
	NULL };

int main(void)
{
	struct buf out = { 0 };

	test("sequences become keys") {
		for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
			same(read_all(cases[i].bytes, &out), cases[i].keys);
	}

	test("the same bytes one at a time are the same keys") {
		for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
			struct input in = { 0 };
			struct buf all = { 0 };
			for (const char *b = cases[i].bytes; *b; b++) {
				input_feed(&in, b, 1);
				keys_of(&in, &out);
				if (out.size)
					buf_printf(
						&all, "%s%s", all.size ? " " : "", buf_str(&out));
			}
			if (input_unfinished(&in)) {
				input_expire(&in);
				keys_of(&in, &out);
				buf_printf(&all, "%s%s", all.size ? " " : "", buf_str(&out));
			}
			same(buf_str(&all), cases[i].keys);
			buf_clear(&all);
			input_clear(&in);
		}
	}

	test("a paste that has not ended waits, whatever it holds") {
		struct input in = { 0 };
		struct input_event e;
		input_feed(&in, "\033[200~Qq\033", 9);
		ok(!input_next(&in, &e));
		ok(!input_unfinished(&in));
		input_expire(&in);
		ok(!input_next(&in, &e));
		input_feed(&in, "[20", 3);
		ok(!input_next(&in, &e));
		input_feed(&in, "1~", 2);
		ok(input_next(&in, &e));
		same(e.bytes, "Qq");
		input_clear(&in);
	}

	test("an escape alone waits, and is Esc only after the wait") {
		struct input in = { 0 };
		struct input_event e;
		input_feed(&in, "\033", 1);
		ok(!input_next(&in, &e));
		ok(input_unfinished(&in));
		input_expire(&in);
		ok(input_next(&in, &e));
		same_int(e.key, KEY_ESC_);
		input_clear(&in);
	}

	test("a click says where") {
		struct input in = { 0 };
		struct input_event e;
		input_feed(&in, "\033[<0;3;5M", 9);
		ok(input_next(&in, &e));
		same_int(e.row, 4);
		same_int(e.col, 2);
		input_clear(&in);
	}

	test("every key's name reads back as that key") {
		for (int i = 0; names[i]; i++) {
			const char *at = names[i];
			int key = key_read(&at);
			buf_reset(&out);
			key_name(&out, key);
			same(buf_str(&out), names[i]);
			same(at, "");
			char bracketed[32];
			snprintf(bracketed, sizeof(bracketed), "<%s>", names[i]);
			at = bracketed;
			if (names[i][1] && (unsigned char)names[i][0] < 0x80)
				same_int(key_read(&at), key);
		}
	}

	test("a sequence is read key by key") {
		const char *at = "g<Tab>x";
		same_int(key_read(&at), 'g');
		same_int(key_read(&at), KEY_TAB_);
		same_int(key_read(&at), 'x');
		same_int(key_read(&at), 0);
	}

	test("a flood of rubbish ends") {
		struct input in = { 0 };
		struct input_event e;
		unsigned seed = 7;
		for (int i = 0; i < 20000; i++) {
			seed = seed * 1103515245u + 12345u;
			char c = (char)(seed >> 16);
			input_feed(&in, &c, 1);
			while (input_next(&in, &e))
				;
		}
		input_feed(&in, "\033[201~", 6);
		input_expire(&in);
		while (input_next(&in, &e))
			;
		ok(in.waiting.size < 128);
		input_clear(&in);
	}

	buf_clear(&out);
	return test_result();
}
