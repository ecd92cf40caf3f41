/* See screen.h. ncurses keeps what stands on the terminal and writes the difference; it never reads
   keys here (input.c does), so its own escape timing and typeahead checks play no part. */
#include "tui/screen.h"
#include "model/arena.h"
#include "model/i18n.h"
#include "model/text.h"
#include <curses.h>
#include <langinfo.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

struct screen {
	SCREEN *terminal;
	const struct theme *theme;
	int rows, cols;
	int focus_row, focus_col;
	bool away; /* the terminal is somebody else's for now */
	bool utf8;
	bool pastes; /* bracketed paste was switched on */
	bool mouse;
	struct buf clean, cut; /* kept from put to put, so that drawing takes no memory */
	wchar_t *wide;
	size_t wide_room;
	chtype *plain;
	size_t plain_room;
	char notice[160];
};

/* What a signal handler needs to leave the terminal sane when the program dies: it can reach
   nothing else. Set once by screen_open(), cleared by screen_close(). */
static struct {
	volatile sig_atomic_t taken;
	struct termios modes;
	char bytes[256];
	size_t size;
} rescue;

/* The last four are the loop's while it runs (tui.c); they may come before. */
static const int deadly[] = { SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTERM, SIGHUP, SIGINT,
	SIGQUIT };
enum { DEADLY = sizeof(deadly) / sizeof(deadly[0]) };
static struct sigaction deadly_before[DEADLY];

static void rescue_do(void)
{
	ssize_t ignored = write(STDOUT_FILENO, rescue.bytes, rescue.size);
	(void)ignored;
	tcsetattr(STDIN_FILENO, TCSANOW, &rescue.modes);
}

static void rescue_now(void)
{
	if (!rescue.taken)
		return;
	rescue.taken = 0;
	rescue_do();
}

/* The handler that stood before (a sanitizer's, or the default) has the last word. */
static void rescue_dying(int signo)
{
	rescue_now();
	for (int i = 0; i < DEADLY; i++) {
		if (deadly[i] == signo)
			sigaction(signo, &deadly_before[i], NULL);
	}
	raise(signo);
}

static void rescue_add(const char *bytes)
{
	size_t size = bytes ? strlen(bytes) : 0;
	if (rescue.size + size > sizeof(rescue.bytes))
		return;
	memcpy(rescue.bytes + rescue.size, bytes ? bytes : "", size);
	rescue.size += size;
}

static void rescue_ready(const struct screen *s)
{
	rescue.size = 0;
	if (s->pastes)
		rescue_add("\033[?2004l");
	if (s->mouse)
		rescue_add("\033[?1006l\033[?1000l");
	rescue_add(exit_attribute_mode);
	rescue_add(exit_ca_mode);
	rescue_add(cursor_normal);
	rescue_add("\r\n");
	rescue.taken = 1;
}

/* How the terminal is to be left. One that takes no lines now was left so by a program that was
   killed, this one perhaps: then as stty(1) would put it right. */
static void rescue_modes(void)
{
	struct termios *m = &rescue.modes;
	if (tcgetattr(STDIN_FILENO, m) != 0)
		return;
	if (!(m->c_lflag & ICANON)) {
		m->c_iflag |= ICRNL | IXON;
		m->c_oflag |= OPOST | ONLCR;
		m->c_lflag |= ISIG | ICANON | IEXTEN | ECHO | ECHOE | ECHOK;
		tcsetattr(STDIN_FILENO, TCSANOW, m);
	}
	rescue.size = 0;
	rescue.taken = 1;
}

static void rescue_watch(void)
{
	struct sigaction act = { .sa_handler = rescue_dying };
	sigemptyset(&act.sa_mask);
	for (int i = 0; i < DEADLY; i++) {
		sigaction(deadly[i], NULL, &deadly_before[i]);
		if (deadly_before[i].sa_handler != SIG_IGN) /* whoever started us wants that */
			sigaction(deadly[i], &act, NULL);
	}
	atexit(rescue_now);
}

static void rescue_end(void)
{
	rescue.taken = 0;
	for (int i = 0; i < DEADLY; i++)
		sigaction(deadly[i], &deadly_before[i], NULL);
}

static bool term_known(const char *name)
{
	int status = 0;
	if (!name || !*name || setupterm(name, STDOUT_FILENO, &status) != OK)
		return false;
	bool able = cursor_address && clear_screen;
	del_curterm(cur_term);
	return able;
}

/* What the terminal is called when nobody knows its name: nearly all speak xterm, the rest VT100.
 */
static bool term_find(struct screen *s, struct error *err)
{
	static const char *const others[] = { "xterm-256color", "vt100", NULL };
	const char *name = getenv("TERM");
	if (term_known(name))
		return true;
	struct buf clean = { 0 };
	text_clean(&clean, name ? name : "", name ? strlen(name) : 0);
	bool dumb = name && strcmp(name, "dumb") == 0;
	for (int i = 0; others[i] && !dumb; i++) {
		if (!term_known(others[i]))
			continue;
		snprintf(s->notice, sizeof(s->notice), _("TERM=%.40s is not known here; using %s."),
			buf_str(&clean), others[i]);
		buf_clear(&clean);
		setenv("TERM", others[i], 1);
		return true;
	}
	error_set(err, ERROR_LOCAL,
		_("This terminal (TERM=%.40s) cannot place its cursor. The same "
		  "work by commands: caseload list; caseload citizens NAME; caseload show NUMBER; "
		  "caseload reply NUMBER --text=WORDS; caseload close NUMBER; caseload --help."),
		buf_str(&clean));
	buf_clear(&clean);
	return false;
}

static void base64(struct buf *out, const char *text, size_t size)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				     "0123456789+/";
	for (size_t i = 0; i < size; i += 3) {
		unsigned long three = 0;
		for (size_t k = 0; k < 3; k++)
			three = three << 8 | (i + k < size ? (unsigned char)text[i + k] : 0);
		for (size_t k = 0; k < 4; k++)
			buf_char(out, i + k <= size ? digits[three >> (18 - 6 * k) & 63] : '=');
	}
}

void screen_copy(struct screen *s, const char *text)
{
	struct buf clean = { 0 }, b = { 0 };
	text_clean(&clean, text, strlen(text));
	buf_text(&b, "\033]52;c;");
	base64(&b, buf_str(&clean), clean.size);
	buf_text(&b, "\033\\");
	ssize_t ignored = s->away || !s->pastes ? 0 : write(STDOUT_FILENO, b.text, b.size);
	(void)ignored;
	buf_clear(&clean);
	buf_clear(&b);
}

static void modes_send(const struct screen *s, bool on)
{
	struct buf b = { 0 };
	if (s->pastes)
		buf_text(&b, on ? "\033[?2004h" : "\033[?2004l");
	if (s->mouse)
		buf_text(&b, on ? "\033[?1000h\033[?1006h" : "\033[?1006l\033[?1000l");
	ssize_t ignored = b.size ? write(STDOUT_FILENO, b.text, b.size) : 0;
	(void)ignored;
	buf_clear(&b);
}

/* VT100 and the Linux console do not know these modes; most others do, and the rest pass them over.
 */
static bool term_has_modes(void)
{
	const char *name = getenv("TERM");
	return name && strncmp(name, "vt", 2) != 0 && strcmp(name, "linux") != 0;
}

static void colours_begin(struct screen *s, const char *want, bool no_color)
{
	int colours = tigetnum("colors");
	s->theme = theme_pick(want, colours, no_color);
	if (s->theme->colours == 0) {
		/* Without colours nothing may touch them, not even to set them back. */
		orig_pair = NULL;
		orig_colors = NULL;
		return;
	}
	start_color();
	use_default_colors();
	for (int i = 0; i < STYLE_COUNT; i++)
		init_pair((short)(i + 1), s->theme->styles[i].ink, -1);
}

static void modes_begin(void)
{
	raw();
	noecho();
	nonl();
	typeahead(-1);
	leaveok(stdscr, FALSE);
	scrollok(stdscr, FALSE);
}

static bool terminal_begin(struct screen *s, struct error *err)
{
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return error_set(
			err, ERROR_USAGE, _("There is no terminal here; try: caseload --help."));
	if (!term_find(s, err))
		return false;
	rescue_modes();
	rescue_watch();
	s->terminal = newterm(NULL, stdout, stdin);
	if (!s->terminal) {
		rescue_end();
		return error_set(err, ERROR_USAGE, _("The terminal cannot be used."));
	}
	return true;
}

struct screen *screen_open(
	const char *theme, bool no_color, bool mouse, const char **notice, struct error *err)
{
	struct screen *s = xcalloc(1, sizeof(*s));
	if (!terminal_begin(s, err)) {
		free(s);
		return NULL;
	}
	s->pastes = term_has_modes();
	s->mouse = mouse && s->pastes;
	s->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	colours_begin(s, theme, no_color);
	modes_begin();
	rescue_ready(s);
	/* ncurses writes at every cursor movement until it has passed through endwin() once. */
	endwin();
	refresh();
	modes_send(s, true);
	getmaxyx(stdscr, s->rows, s->cols);
	*notice = s->notice[0] ? s->notice : NULL;
	return s;
}

void screen_close(struct screen *s)
{
	if (!s)
		return;
	screen_leave(s);
	rescue_end();
	delscreen(s->terminal);
	buf_clear(&s->clean);
	buf_clear(&s->cut);
	free(s->wide);
	free(s->plain);
	free(s);
}

int screen_rows(const struct screen *s)
{
	return s->rows;
}

int screen_cols(const struct screen *s)
{
	return s->cols;
}

void screen_begin(struct screen *s)
{
	erase();
	screen_again(s);
}

void screen_again(struct screen *s)
{
	s->focus_row = s->rows - 1;
	s->focus_col = 0;
}

void screen_focus(struct screen *s, int row, int col)
{
	s->focus_row = row;
	s->focus_col = col;
}

static int within(int value, int size)
{
	return value < 0 ? 0 : value >= size ? size - 1 : value;
}

void screen_end(struct screen *s)
{
	if (s->away)
		return;
	move(within(s->focus_row, s->rows), within(s->focus_col, s->cols));
	refresh();
}

static void style_use(const struct screen *s, enum style style)
{
	static const struct {
		unsigned attr;
		attr_t curses;
	} attrs[] = {
		{ THEME_BOLD, A_BOLD },
		{ THEME_DIM, A_DIM },
		{ THEME_UNDERLINE, A_UNDERLINE },
		{ THEME_REVERSE, A_REVERSE },
	};
	const struct theme_style *t = &s->theme->styles[style];
	attr_t attr = A_NORMAL;
	for (size_t i = 0; i < sizeof(attrs) / sizeof(attrs[0]); i++) {
		if (t->attr & attrs[i].attr)
			attr |= attrs[i].curses;
	}
	attr_set(attr, t->ink < 0 ? 0 : (short)(style + 1), NULL);
}

static void clean_into(const struct screen *s, struct buf *out, const char *text)
{
	struct buf clean = { 0 };
	buf_reset(out);
	if (!text || !*text)
		return;
	if (s->utf8) {
		text_clean(out, text, strlen(text));
		return;
	}
	text_clean(&clean, text, strlen(text));
	text_ascii(out, buf_str(&clean));
	buf_clear(&clean);
}

static void wide_room(struct screen *s, size_t count)
{
	if (count <= s->wide_room)
		return;
	s->wide_room = count * 2;
	s->wide = xrealloc(s->wide, s->wide_room * sizeof(*s->wide));
}

/* One grapheme as the terminal and ncurses will count it. Where they may differ from us (joined
   emoji, whose width depends on the terminal) only its first character goes out, and blanks make up
   the width: the next column stands in the same place everywhere. */
static size_t wide_grapheme(wchar_t *out, const char *text, size_t size, int cells)
{
	size_t count = 0;
	int sum = 0;
	mbstate_t state = { 0 };
	for (size_t i = 0; i < size;) {
		size_t used = mbrtowc(&out[count], text + i, size - i, &state);
		if (used == 0 || used > size - i)
			break;
		int width = wcwidth(out[count]);
		sum += width > 0 ? width : 0;
		if (width < 0)
			out[count] = L'?';
		i += used;
		count++;
	}
	if (sum == cells && count <= 5)
		return count;
	int first = count ? wcwidth(out[0]) : 0;
	count = first > 0 && first <= cells ? 1 : 0;
	for (int i = count ? first : 0; i < cells; i++)
		out[count++] = L' ';
	return count;
}

static void put_wide(struct screen *s, int row, int col, const char *clean)
{
	size_t count = 0, size = strlen(clean);
	wide_room(s, size * 2 + 16);
	for (size_t i = 0; i < size;) {
		int cells = 0;
		size_t used = text_next(clean + i, &cells);
		if (used == 0)
			break;
		count += wide_grapheme(s->wide + count, clean + i, used, cells);
		i += used;
	}
	if (count)
		mvaddnwstr(row, col, s->wide, (int)count);
}

/* Bytes of text that is harmless as it is and one column a byte: most of what is drawn. -1: it
   is not. */
static int plain_size(const char *text)
{
	int size = 0;
	for (; text[size]; size++) {
		if (text[size] < ' ' || text[size] > '~')
			return -1;
	}
	return size;
}

static void put_plain(
	struct screen *s, int row, int col, const char *text, int size, int room, bool fill)
{
	attr_t attr;
	short pair;
	int count = fill ? room : size < room ? size : room;
	if ((size_t)count > s->plain_room) {
		s->plain_room = (size_t)count * 2;
		s->plain = xrealloc(s->plain, s->plain_room * sizeof(*s->plain));
	}
	attr_get(&attr, &pair, NULL);
	for (int i = 0; i < count; i++) {
		char c = i < size ? text[i] : ' ';
		if (size > room && i >= room - 3)
			c = '.';
		s->plain[i] = (chtype)(unsigned char)c | attr | (chtype)COLOR_PAIR(pair);
	}
	mvaddchnstr(row, col, s->plain, count);
}

int screen_put(struct screen *s, int row, int col, int width, enum style style, const char *text)
{
	if (row < 0 || row >= s->rows || col < 0 || col >= s->cols || width == 0)
		return 0;
	int room = s->cols - col;
	bool fill = width > 0;
	if (fill && width < room)
		room = width;
	int plain = plain_size(text ? text : "");
	if (plain >= 0) {
		style_use(s, style);
		put_plain(s, row, col, text ? text : "", plain, room, fill);
		return plain < room ? plain : room;
	}
	clean_into(s, &s->clean, text);
	int wanted = text_width(buf_str(&s->clean));
	buf_reset(&s->cut);
	if (fill)
		text_pad(&s->cut, buf_str(&s->clean), room);
	else
		text_cut(&s->cut, buf_str(&s->clean), room);
	style_use(s, style);
	put_wide(s, row, col, buf_str(&s->cut));
	return wanted < room ? wanted : room;
}

int screen_putf(
	struct screen *s, int row, int col, int width, enum style style, const char *fmt, ...)
{
	struct buf b = { 0 };
	va_list args;
	va_start(args, fmt);
	buf_vprintf(&b, fmt, args);
	va_end(args);
	int used = screen_put(s, row, col, width, style, buf_str(&b));
	buf_clear(&b);
	return used;
}

int screen_width(const char *text)
{
	int plain = plain_size(text ? text : "");
	if (plain >= 0)
		return plain;
	struct buf clean = { 0 };
	text_clean(&clean, text ? text : "", text ? strlen(text) : 0);
	int width = text_width(buf_str(&clean));
	buf_clear(&clean);
	return width;
}

int screen_right(struct screen *s, int row, int margin, enum style style, const char *text)
{
	int width = screen_width(text);
	int col = s->cols - margin - width;
	if (col < 0)
		col = 0;
	if (width > 0)
		screen_put(s, row, col, width, style, text);
	return col;
}

void screen_blank(struct screen *s, int row, int col, int width)
{
	if (width > s->cols - col)
		width = s->cols - col;
	if (row < 0 || row >= s->rows || col < 0 || width <= 0)
		return;
	attr_set(A_NORMAL, 0, NULL);
	mvhline(row, col, ' ', width);
}

void screen_paint(struct screen *s, int row, int col, int width, enum style style)
{
	if (row < 0 || row >= s->rows || col < 0 || col >= s->cols)
		return;
	style_use(s, style);
	attr_t attr;
	short pair;
	attr_get(&attr, &pair, NULL);
	mvchgat(row, col, width, attr, pair, NULL);
}

int screen_wrap(const char *text, int cells, screen_line *line, void *ctx)
{
	struct buf clean = { 0 }, one = { 0 };
	int count = 0;
	text_clean_lines(&clean, text ? text : "", text ? strlen(text) : 0);
	const char *at = buf_str(&clean);
	while (*at) {
		size_t skip = 0;
		size_t size = text_wrap(at, cells < 1 ? 1 : cells, &skip);
		if (size + skip == 0)
			break;
		buf_reset(&one);
		buf_add(&one, at, size);
		if (line)
			line(ctx, count, buf_str(&one));
		at += size + skip;
		count++;
	}
	buf_clear(&clean);
	buf_clear(&one);
	return count;
}

void screen_redraw(struct screen *s)
{
	(void)s;
	clearok(curscr, TRUE);
}

static struct buf *wiping;

static int wipe_byte(int byte)
{
	buf_char(wiping, (char)byte);
	return byte;
}

void screen_wipe(struct screen *s)
{
	struct buf b = { 0 };
	erase();
	clearok(curscr, TRUE);
	wiping = &b;
	if (exit_attribute_mode)
		tputs(exit_attribute_mode, 1, wipe_byte);
	for (int row = 0; row < s->rows; row++) {
		/* Blanks, cell by cell: what is cleared as a whole goes into some scrollbacks. Not into the
		   very last cell, which would scroll; the frame that follows clears it. */
		tputs(tparm(cursor_address, row, 0), 1, wipe_byte);
		for (int col = 0; col < s->cols - (row == s->rows - 1); col++)
			buf_char(&b, ' ');
	}
	ssize_t ignored = s->away ? 0 : write(STDOUT_FILENO, b.text, b.size);
	(void)ignored;
	buf_clear(&b);
}

void screen_resize(struct screen *s)
{
	struct winsize size = { 0 };
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0)
		return;
	if (size.ws_row == s->rows && size.ws_col == s->cols)
		return;
	resizeterm(size.ws_row, size.ws_col);
	getmaxyx(stdscr, s->rows, s->cols);
	clearok(curscr, TRUE);
}

void screen_leave(struct screen *s)
{
	if (s->away)
		return;
	s->away = true;
	modes_send(s, false);
	endwin();
	rescue.taken = 0;
}

void screen_mend(const struct screen *s)
{
	if (s->away)
		rescue_do();
}

void screen_return(struct screen *s)
{
	if (!s->away)
		return;
	s->away = false;
	rescue.taken = 1;
	refresh();
	modes_send(s, true);
	screen_resize(s);
	clearok(curscr, TRUE);
}

bool screen_away(const struct screen *s)
{
	return s->away;
}

void *screen_keep_terminal(void)
{
	return cur_term;
}

void screen_restore_terminal(void *kept)
{
	if (kept && cur_term != kept)
		set_curterm(kept);
}
