/* See input.h. The sequences are those of xterm, VT100, rxvt, screen, tmux and the Linux console;
   they do not clash, so no terminfo is asked and the same bytes are the same key everywhere. */
#include "tui/input.h"
#include "model/i18n.h"
#include <ctype.h>
#include <string.h>

enum { PASTE_LIMIT = 1 << 20, SEQUENCE_LIMIT = 64, CODE_MOST = 0x10ffff };

static const char paste_end[] = "\033[201~";

/* What one look at the waiting bytes found: so many bytes are the key; 0: more are needed. */
struct found {
	size_t size;
	int key;
	int row, col;
};

struct key_word {
	int key;
	const char *name;
};

static const struct key_word key_words[] = {
	{ KEY_ENTER_, "Enter" },
	{ KEY_TAB_, "Tab" },
	{ KEY_ESC_, "Esc" },
	{ ' ', "Space" },
	{ KEY_BACKSPACE_, "Backspace" },
	{ KEY_UP_, "Up" },
	{ KEY_DOWN_, "Down" },
	{ KEY_LEFT_, "Left" },
	{ KEY_RIGHT_, "Right" },
	{ KEY_HOME_, "Home" },
	{ KEY_END_, "End" },
	{ KEY_PGUP_, "PgUp" },
	{ KEY_PGDN_, "PgDn" },
	{ KEY_INSERT_, "Insert" },
	{ KEY_DELETE_, "Delete" },
	{ KEY_SHIFT_TAB_, "Shift-Tab" },
	{ KEY_SHIFT_UP_, "Shift-Up" },
	{ KEY_SHIFT_DOWN_, "Shift-Down" },
	{ KEY_SHIFT_LEFT_, "Shift-Left" },
	{ KEY_SHIFT_RIGHT_, "Shift-Right" },
	{ KEY_CTRL_SPACE_, "Ctrl-Space" },
	{ KEY_CTRL_LEFT_, "Ctrl-Left" },
	{ KEY_CTRL_RIGHT_, "Ctrl-Right" },
	{ KEY_CTRL_UP_, "Ctrl-Up" },
	{ KEY_CTRL_DOWN_, "Ctrl-Down" },
	{ KEY_WHEEL_UP_, "WheelUp" },
	{ KEY_WHEEL_DOWN_, "WheelDown" },
	{ KEY_CLICK_, "Click" },
	{ 0, NULL },
};

/* ESC [ N ~ */
static const int tilde_keys[] = {
	[1] = KEY_HOME_, [2] = KEY_INSERT_, [3] = KEY_DELETE_, [4] = KEY_END_, [5] = KEY_PGUP_,
	[6] = KEY_PGDN_, [7] = KEY_HOME_, [8] = KEY_END_, [11] = KEY_F1_, [12] = KEY_F1_ + 1,
	[13] = KEY_F1_ + 2, [14] = KEY_F1_ + 3, [15] = KEY_F1_ + 4, [17] = KEY_F1_ + 5,
	[18] = KEY_F1_ + 6, [19] = KEY_F1_ + 7, [20] = KEY_F1_ + 8, [21] = KEY_F1_ + 9,
	[23] = KEY_F1_ + 10, [24] = KEY_F1_ + 11,
};

/* The last byte of ESC [ and ESC O sequences. */
static int letter_key(char c)
{
	switch (c) {
	case 'A': return KEY_UP_;
	case 'B': return KEY_DOWN_;
	case 'C': return KEY_RIGHT_;
	case 'D': return KEY_LEFT_;
	case 'H': return KEY_HOME_;
	case 'F': return KEY_END_;
	case 'M': return KEY_ENTER_; /* of the keypad */
	case 'Z': return KEY_SHIFT_TAB_;
	case 'P': case 'Q': case 'R': case 'S': return KEY_F1_ + (c - 'P');
	case 'a': return KEY_SHIFT_UP_;
	case 'b': return KEY_SHIFT_DOWN_;
	}
	return KEY_UNKNOWN_;
}

/* xterm's modifier: 1 plus shift 1, alt 2, ctrl 4. */
static int with_modifier(int key, int modifier)
{
	static const struct { int key, shift, ctrl; } pairs[] = {
		{ KEY_UP_, KEY_SHIFT_UP_, KEY_CTRL_UP_ },
		{ KEY_DOWN_, KEY_SHIFT_DOWN_, KEY_CTRL_DOWN_ },
		{ KEY_LEFT_, KEY_SHIFT_LEFT_, KEY_CTRL_LEFT_ },
		{ KEY_RIGHT_, KEY_SHIFT_RIGHT_, KEY_CTRL_RIGHT_ },
	};
	int bits = modifier > 0 ? modifier - 1 : 0;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		if (pairs[i].key != key)
			continue;
		if (bits & 4)
			key = pairs[i].ctrl;
		else if (bits & 1)
			key = pairs[i].shift;
		break;
	}
	return bits & 2 ? key | KEY_ALT : key;
}

static int tilde_key(int number)
{
	int count = sizeof(tilde_keys) / sizeof(tilde_keys[0]);
	bool known = number > 0 && number < count && tilde_keys[number];
	return known ? tilde_keys[number] : KEY_UNKNOWN_;
}

/* Bytes of one UTF-8 character; 0: more are needed; *code -1: not UTF-8, one byte long. */
static size_t utf8_one(const unsigned char *s, size_t size, int *code)
{
	int extra = s[0] < 0x80 ? 0 : s[0] >= 0xf0 && s[0] < 0xf5 ? 3 : s[0] >= 0xe0 ? 2 : 1;
	*code = -1;
	if ((s[0] >= 0x80 && s[0] < 0xc2) || s[0] >= 0xf5)
		return 1;
	int value = extra == 0	 ? s[0]
		    : extra == 1 ? s[0] & 0x1f
		    : extra == 2 ? s[0] & 0x0f
				 : s[0] & 0x07;
	for (int i = 1; i <= extra; i++) {
		if ((size_t)i >= size)
			return 0;
		if ((s[i] & 0xc0) != 0x80)
			return 1;
		value = value << 6 | (s[i] & 0x3f);
	}
	bool bad = (extra == 2 && (value < 0x800 || (value >= 0xd800 && value < 0xe000))) ||
		   (extra == 3 && (value < 0x10000 || value > 0x10ffff));
	*code = bad ? -1 : value;
	return (size_t)extra + 1;
}

static int plain_key(int code)
{
	if (code < 0)
		return KEY_UNKNOWN_;
	if (code == 0)
		return KEY_CTRL_SPACE_;
	if (code == '\b')
		return KEY_BACKSPACE_;
	if (code == '\n')
		return KEY_ENTER_;
	return code;
}

static struct found plain_found(const char *s, size_t size)
{
	int code;
	size_t used = utf8_one((const unsigned char *)s, size, &code);
	return (struct found){ .size = used, .key = plain_key(code) };
}

/* Up to count numbers with semicolons between; how many there were. One beyond CODE_MOST, which no key, cell
   or character has, stays there. */
static int numbers_read(const char *s, int *out, int count)
{
	for (int i = 0; i < count; i++) {
		if (!isdigit((unsigned char)*s))
			return i;
		for (out[i] = 0; isdigit((unsigned char)*s); s++)
			out[i] = out[i] > CODE_MOST ? out[i] : out[i] * 10 + (*s - '0');
		if (*s++ != ';')
			return i + 1;
	}
	return count;
}

/* ESC [ < button ; col ; row M */
static struct found mouse_found(const char *s, size_t size, char last)
{
	int n[3];
	struct found f = { .size = size, .key = KEY_UNKNOWN_ };
	if (numbers_read(s + 1, n, 3) != 3 || last != 'M' || n[1] < 1 || n[2] < 1)
		return f;
	f.row = n[2] - 1;
	f.col = n[1] - 1;
	if (n[0] == 0)
		f.key = KEY_CLICK_;
	else if (n[0] == 64)
		f.key = KEY_WHEEL_UP_;
	else if (n[0] == 65)
		f.key = KEY_WHEEL_DOWN_;
	return f;
}

/* ESC [ code ; modifier u */
static int code_key(int code, int modifier)
{
	if (code > CODE_MOST || (code >= 0xd800 && code < 0xe000))
		return KEY_UNKNOWN_;
	return modifier == 5 && code < 0x80 && isalpha(code) ? KEY_CTRL_(code) : plain_key(code);
}

/* The parameters stand at s, the sequence's last byte is `last`; size counts it all with ESC [. */
static struct found csi_found(const char *s, size_t size, char last)
{
	if (*s == '<')
		return mouse_found(s, size, last);
	int n[2] = { 0 };
	numbers_read(s, n, 2);
	struct found f = { .size = size, .key = KEY_UNKNOWN_ };
	if (last == '~')
		f.key = with_modifier(tilde_key(n[0]), n[1]);
	else if (last == 'u')
		f.key = code_key(n[0], n[1]);
	else if (isalpha((unsigned char)last) && last != 'M')
		f.key = with_modifier(letter_key(last), n[1]);
	return f;
}

static struct found csi(const char *s, size_t size)
{
	if (size > 2 && s[2] == '[') { /* the Linux console's F1 to F5 */
		struct found f = { .size = size > 3 ? 4 : 0, .key = KEY_UNKNOWN_ };
		if (size > 3 && s[3] >= 'A' && s[3] <= 'E')
			f.key = KEY_F1_ + (s[3] - 'A');
		return f;
	}
	for (size_t i = 2; i < size; i++) {
		unsigned char c = (unsigned char)s[i];
		if (c >= 0x40 && c <= 0x7e)
			return csi_found(s + 2, i + 1, s[i]);
		if (c < 0x20 || c > 0x7e || i > SEQUENCE_LIMIT)
			return (struct found){ .size = i, .key = KEY_UNKNOWN_ };
	}
	return (struct found){ 0 };
}

static struct found ss3(const char *s, size_t size)
{
	if (size < 3)
		return (struct found){ 0 };
	if (s[2] >= 'p' && s[2] <= 'y')
		return (struct found){ .size = 3, .key = '0' + (s[2] - 'p') };
	return (struct found){ .size = 3, .key = letter_key(s[2]) };
}

static struct found escape(const char *s, size_t size)
{
	if (size == 1)
		return (struct found){ 0 };
	if (s[1] == '\033')
		return (struct found){ .size = 1, .key = KEY_ESC_ };
	if (s[1] == '[')
		return csi(s, size);
	if (s[1] == 'O')
		return ss3(s, size);
	struct found f = plain_found(s + 1, size - 1);
	if (f.size) {
		f.size++;
		f.key |= KEY_ALT;
	}
	return f;
}

/* The rest never came: ESC alone is the key Esc, ESC [ is Alt-[, more than that is nothing we know.
 */
static struct found cut_short(const char *s, size_t size)
{
	if (s[0] != '\033')
		return (struct found){ .size = 1, .key = KEY_UNKNOWN_ };
	if (size == 1)
		return (struct found){ .size = 1, .key = KEY_ESC_ };
	if (size == 2)
		return (struct found){ .size = 2, .key = (unsigned char)s[1] | KEY_ALT };
	return (struct found){ .size = size, .key = KEY_UNKNOWN_ };
}

void input_feed(struct input *in, const char *bytes, size_t size)
{
	buf_add(&in->waiting, bytes, size);
	in->expired = false;
}

static void drop(struct input *in, size_t size)
{
	memmove(in->waiting.text, in->waiting.text + size, in->waiting.size - size);
	buf_cut(&in->waiting, in->waiting.size - size);
}

static size_t find_paste_end(const struct buf *b)
{
	size_t length = sizeof(paste_end) - 1;
	for (size_t i = 0; i + length <= b->size; i++) {
		if (memcmp(b->text + i, paste_end, length) == 0)
			return i;
	}
	return (size_t)-1;
}

/* Inside a paste nothing is a key until its end mark has come, however long that takes. */
static bool next_paste(struct input *in, struct input_event *e)
{
	size_t end = find_paste_end(&in->waiting);
	bool whole = end != (size_t)-1;
	size_t length = sizeof(paste_end) - 1;
	size_t take = whole ? end : in->waiting.size < length ? 0 : in->waiting.size - length + 1;
	if (in->paste.size + take <= PASTE_LIMIT)
		buf_add(&in->paste, in->waiting.text, take);
	if (take || whole)
		drop(in, whole ? end + length : take);
	if (!whole)
		return false;
	in->pasting = false;
	buf_reset(&in->last);
	buf_add(&in->last, buf_str(&in->paste), in->paste.size);
	buf_reset(&in->paste);
	*e = (struct input_event){
		.what = INPUT_PASTE, .bytes = buf_str(&in->last), .size = in->last.size
	};
	return true;
}

static struct found look(const struct input *in)
{
	const char *s = in->waiting.text;
	size_t size = in->waiting.size;
	struct found f = *s == '\033' ? escape(s, size) : plain_found(s, size);
	return f.size == 0 && in->expired ? cut_short(s, size) : f;
}

bool input_next(struct input *in, struct input_event *e)
{
	while (in->waiting.size > 0) {
		if (in->pasting)
			return next_paste(in, e);
		struct found f = look(in);
		if (f.size == 0)
			return false;
		if (f.size == 6 && memcmp(in->waiting.text, "\033[200~", 6) == 0) {
			drop(in, 6);
			in->pasting = true;
			continue;
		}
		buf_reset(&in->last);
		buf_add(&in->last, in->waiting.text, f.size);
		drop(in, f.size);
		*e = (struct input_event){ .what = INPUT_KEY,
			.key = f.key,
			.bytes = buf_str(&in->last),
			.size = in->last.size,
			.row = f.row,
			.col = f.col };
		return true;
	}
	return false;
}

bool input_unfinished(const struct input *in)
{
	return in->waiting.size > 0 && !in->pasting;
}

void input_expire(struct input *in)
{
	in->expired = true;
}

void input_clear(struct input *in)
{
	buf_clear(&in->waiting);
	buf_clear(&in->paste);
	buf_clear(&in->last);
	*in = (struct input){ 0 };
}

static void add_code(struct buf *out, int code)
{
	unsigned c = (unsigned)code;
	if (c < 0x80) {
		buf_char(out, (char)c);
		return;
	}
	int extra = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
	static const unsigned lead[] = { 0, 0xc0, 0xe0, 0xf0 };
	buf_char(out, (char)(lead[extra] | c >> (6 * extra)));
	for (int i = extra - 1; i >= 0; i--)
		buf_char(out, (char)(0x80 | ((c >> (6 * i)) & 0x3f)));
}

void key_name(struct buf *out, int key)
{
	if (key & KEY_ALT) {
		buf_text(out, "Alt-");
		key &= ~KEY_ALT;
	}
	for (const struct key_word *w = key_words; w->name; w++) {
		if (w->key == key) {
			buf_text(out, w->name);
			return;
		}
	}
	if (key >= KEY_F1_ && key <= KEY_F12_)
		buf_printf(out, "F%d", key - KEY_F1_ + 1);
	else if (key > 0 && key < 32)
		buf_printf(out, "Ctrl-%c", key + '@');
	else if (key < KEY_SPECIAL)
		add_code(out, key);
}

/* A name with nothing before or after it: "Ctrl-D", "Alt-x", "F5", "Enter". 0: none. */
static int named_key(const char *name)
{
	if (strncmp(name, "Alt-", 4) == 0 && name[4]) {
		const char *rest = name + 4;
		int key = named_key(rest);
		if (!key)
			key = key_read(&rest);
		return key ? key | KEY_ALT : 0;
	}
	for (const struct key_word *w = key_words; w->name; w++) {
		if (strcmp(w->name, name) == 0)
			return w->key;
	}
	if (strncmp(name, "Ctrl-", 5) == 0 && name[5] && !name[6])
		return KEY_CTRL_(toupper((unsigned char)name[5]));
	int number = 0, used = 0;
	if (sscanf(name, "F%d%n", &number, &used) == 1 && !name[used] && number >= 1 &&
		number <= 12)
		return KEY_F1_ + number - 1;
	return 0;
}

int key_read(const char **text)
{
	const char *s = *text;
	if (!*s)
		return 0;
	const char *end = *s == '<' ? strchr(s, '>') : NULL;
	if (end && end > s + 1) {
		char name[24];
		snprintf(name, sizeof(name), "%.*s", (int)(end - s - 1), s + 1);
		int key = named_key(name);
		if (key)
			*text = end + 1;
		if (key)
			return key;
	}
	if (s[1]) {
		int key = named_key(s);
		if (key)
			*text = s + strlen(s);
		if (key)
			return key;
	}
	int code;
	size_t used = utf8_one((const unsigned char *)s, strlen(s), &code);
	*text = s + (used ? used : 1);
	return code > 0 ? code : 0;
}

bool key_is_text(int key)
{
	return key >= ' ' && key < KEY_SPECIAL && key != KEY_BACKSPACE_;
}
