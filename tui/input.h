/* Bytes to keys. Pure: no terminal, no clock; the caller feeds bytes and says when an unfinished
   escape sequence has waited long enough (INPUT_ESCAPE_MS). Pasted text comes as text, never as
   keys. */
#ifndef TUI_INPUT_H
#define TUI_INPUT_H

#include "model/buf.h"
#include <stdbool.h>
#include <stddef.h>

enum { INPUT_ESCAPE_MS = 50 };

/* A key is a code point, a control character, or one of these; Alt is a bit. */
enum key {
	KEY_ENTER_ = 13,
	KEY_TAB_ = 9,
	KEY_ESC_ = 27,
	KEY_BACKSPACE_ = 127,
	KEY_SPECIAL = 0x110000,
	KEY_UP_, KEY_DOWN_, KEY_LEFT_, KEY_RIGHT_,
	KEY_HOME_, KEY_END_, KEY_PGUP_, KEY_PGDN_, KEY_INSERT_, KEY_DELETE_,
	KEY_SHIFT_TAB_, KEY_SHIFT_UP_, KEY_SHIFT_DOWN_, KEY_SHIFT_LEFT_, KEY_SHIFT_RIGHT_,
	KEY_CTRL_SPACE_, KEY_CTRL_LEFT_, KEY_CTRL_RIGHT_, KEY_CTRL_UP_, KEY_CTRL_DOWN_,
	KEY_F1_, KEY_F12_ = KEY_F1_ + 11,
	KEY_WHEEL_UP_, KEY_WHEEL_DOWN_, KEY_CLICK_,
	KEY_UNKNOWN_,	   /* a sequence we do not know: passed over */
	KEY_ALT = 0x400000 /* with one of the above */
};

#define KEY_CTRL_(letter) ((letter) & 0x1f)

struct input_event {
	enum { INPUT_KEY, INPUT_PASTE } what;
	int key;	   /* INPUT_KEY */
	const char
		*bytes; /* the key as it came, or the pasted text; NUL-ended; until the next call */
	size_t size;
	int row, col;	   /* of a click, from 0 */
};

struct input {
	struct buf waiting; /* bytes not yet a key */
	struct buf paste;
	struct buf last;
	bool pasting;
	bool expired; /* the wait for the rest of an escape is over */
};

void input_feed(struct input *, const char *bytes, size_t size);
bool input_next(struct input *, struct input_event *); /* false: nothing whole waits */
bool input_unfinished(const struct input *);	       /* wait INPUT_ESCAPE_MS, then: */
void input_expire(struct input *);
void input_clear(struct input *);

/* "Enter", "Ctrl-D", "F1", "g"; appended. */
void key_name(struct buf *, int key);
/* One key at *text as written in bindings ("g", "Enter" alone, "<Enter>", "<Ctrl-D>"); moves *text
   on. 0: not a key. */
int key_read(const char **text);

/* Whether a person typed a character with it (for filters and forms): a code point from Space on.
 */
bool key_is_text(int key);

#endif
