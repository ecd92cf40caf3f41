/* Drives a program in a real pty, as a person would, and reads its screen through libvterm: the words of
   a script are told in tests/README. `pty FILE.t` runs the script and prints a line a test; the first
   thing that is not as the script says ends it, with the screen as it was. */
#include "model/buf.h"
#include "tests/ask.h"
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <utmp.h>
#include <vterm.h>

enum { WAIT_MS = 30000, QUIET_MS = 250, LINE_SIZE = 8192, WINDOWS = 2 };

/* A terminal and the program in it. */
struct window {
	int rows, cols;
	int fd;	  /* the pty, -1: nothing runs */
	int kept; /* the pty again, for its settings after the program's end */
	struct termios before;
	pid_t child;
	bool ended;
	int status;
	VTerm *vt;
	VTermScreen *screen;
	struct buf raw; /* all the program wrote */
	size_t mark;	/* where the last keys were sent, */
	double keyed_ms, came_ms; /* and when; when what was waited for came */
};

struct drive {
	const char *file;
	int line;
	char test[200];
	char tmp[64];
	pid_t service, second, proxy;
	char proxy_url[64];
	struct buf sections; /* of the configuration: one for each service of tests/live */
	struct window windows[WINDOWS];
	struct window *w; /* the one that has the keys */
	char **golden;
	int golden_count;
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- the screen */

static void utf8_put(struct buf *b, uint32_t c)
{
	char s[4];
	int n = 0;

	if (c < 0x80) {
		s[n++] = (char)c;
	} else if (c < 0x800) {
		s[n++] = (char)(0xC0 | c >> 6);
		s[n++] = (char)(0x80 | (c & 0x3F));
	} else if (c < 0x10000) {
		s[n++] = (char)(0xE0 | c >> 12);
		s[n++] = (char)(0x80 | (c >> 6 & 0x3F));
		s[n++] = (char)(0x80 | (c & 0x3F));
	} else {
		s[n++] = (char)(0xF0 | c >> 18);
		s[n++] = (char)(0x80 | (c >> 12 & 0x3F));
		s[n++] = (char)(0x80 | (c >> 6 & 0x3F));
		s[n++] = (char)(0x80 | (c & 0x3F));
	}
	buf_add(b, s, (size_t)n);
}

/* One row as text, without the blanks at its end. */
static void row_text(struct drive *d, int row, struct buf *out)
{
	buf_reset(out);
	for (int col = 0; col < d->w->cols;) {
		VTermScreenCell cell;
		VTermPos at = { .row = row, .col = col };

		vterm_screen_get_cell(d->w->screen, at, &cell);
		if (cell.chars[0] == 0 || cell.chars[0] == (uint32_t)-1)
			buf_char(out, ' ');
		else
			for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell.chars[i]; i++)
				utf8_put(out, cell.chars[i]);
		col += cell.width > 0 ? cell.width : 1;
	}
	while (out->size && out->text[out->size - 1] == ' ')
		buf_cut(out, out->size - 1);
}

static void show_screen(struct drive *d, const char *prefix)
{
	struct buf b = { 0 };

	for (int row = 0; d->w->vt && row < d->w->rows; row++) {
		row_text(d, row, &b);
		printf("%s%s\n", prefix, buf_str(&b));
	}
	buf_clear(&b);
	fflush(stdout);
}

/* Where what the script says ends in a row that begins with it, NULL when it does not; a ¿ there
   stands for any one character. */
static const char *row_begins(const char *got, const char *want)
{
	static const char any[] = "\xC2\xBF";

	while (*want) {
		if (strncmp(want, any, 2) == 0) {
			if (!*got)
				return strspn(want, any) == strlen(want) ? got : NULL;
			got++;
			while ((*got & 0xC0) == 0x80)
				got++;
			want += 2;
		} else if (*got++ != *want++) {
			return NULL;
		}
	}
	return got;
}

static bool row_matches(const char *got, const char *want)
{
	const char *end = row_begins(got, want);

	return end && *end == '\0';
}

static bool row_holds(const char *got, const char *want)
{
	while (*got && !row_begins(got, want))
		got++;
	return *got || !*want;
}

static bool screen_has(struct drive *d, const char *text)
{
	struct buf b = { 0 };
	bool found = false;

	for (int row = 0; d->w->vt && row < d->w->rows && !found; row++) {
		row_text(d, row, &b);
		found = row_holds(buf_str(&b), text);
	}
	buf_clear(&b);
	return found;
}

static bool row_has(struct drive *d, int row, const char *text)
{
	struct buf b = { 0 };

	row_text(d, row - 1, &b);
	bool found = row_holds(buf_str(&b), text);
	buf_clear(&b);
	return found;
}

static bool cursor_at(struct drive *d, int row, int col)
{
	VTermPos at;

	vterm_state_get_cursorpos(vterm_obtain_state(d->w->vt), &at);
	return at.row == row - 1 && at.col == col - 1;
}

static int golden_differs(struct drive *d) /* the row from 1, 0: all alike */
{
	struct buf b = { 0 };
	int row = 0;

	for (int i = 0; i < d->golden_count && !row; i++) {
		row_text(d, i, &b);
		if (!row_matches(buf_str(&b), d->golden[i]))
			row = i + 1;
	}
	buf_clear(&b);
	return row;
}

/* ---- the program */

static void answer(struct window *w)
{
	char out[512];
	size_t n = vterm_output_read(w->vt, out, sizeof out);

	while (n > 0 && w->fd >= 0 && write(w->fd, out, n) > 0)
		n = vterm_output_read(w->vt, out, sizeof out);
}

static void check_ended(struct window *w)
{
	if (w->child > 0 && !w->ended && waitpid(w->child, &w->status, WNOHANG) == w->child)
		w->ended = true;
}

static void read_window(struct window *w)
{
	char bytes[16384];
	ssize_t n = read(w->fd, bytes, sizeof bytes);

	if (n <= 0) {
		close(w->fd);
		w->fd = -1;
		return;
	}
	buf_add(&w->raw, bytes, (size_t)n);
	vterm_input_write(w->vt, bytes, (size_t)n);
	answer(w);
}

/* Reads for at most wait_ms; whether anything came in the window that has the keys. The other one is read
   too, so that its program never waits for its terminal. */
static bool pump(struct drive *d, int wait_ms)
{
	struct pollfd p[WINDOWS];
	bool any = false;

	for (int i = 0; i < WINDOWS; i++) {
		check_ended(&d->windows[i]);
		p[i] = (struct pollfd){ .fd = d->windows[i].fd, .events = POLLIN };
	}
	if (poll(p, WINDOWS, wait_ms) <= 0)
		return false;
	for (int i = 0; i < WINDOWS; i++)
		if (p[i].revents) {
			read_window(&d->windows[i]);
			any |= d->w == &d->windows[i];
		}
	return any && d->w->fd >= 0;
}

static void let_pass(struct drive *d, int ms)
{
	int64_t end = now_ms() + ms;

	answer(d->w);
	while (now_ms() < end)
		pump(d, (int)(end - now_ms()));
}

static void settle(struct drive *d)
{
	int64_t end = now_ms() + 5000;

	while (now_ms() < end && pump(d, QUIET_MS))
		;
}

static void end_window(struct drive *d, struct window *w)
{
	if (w->child > 0 && !w->ended) {
		kill(w->child, SIGCONT);
		kill(w->child, SIGTERM);
		int64_t end = now_ms() + 8000;
		while (!w->ended && now_ms() < end)
			pump(d, 20);
		if (!w->ended) {
			kill(w->child, SIGKILL);
			waitpid(w->child, &w->status, 0);
		}
	}
	if (w->vt)
		vterm_free(w->vt);
	w->vt = NULL;
	buf_clear(&w->raw);
}

static void end_service(pid_t *service, int signo)
{
	if (*service <= 0)
		return;
	kill(*service, SIGCONT);
	kill(*service, signo);
	waitpid(*service, NULL, 0);
	*service = 0;
}

static void end_all(struct drive *d)
{
	for (int i = 0; i < WINDOWS; i++)
		end_window(d, &d->windows[i]);
	end_service(&d->service, SIGTERM);
	end_service(&d->second, SIGTERM);
	end_service(&d->proxy, SIGTERM);
	pid_t rm = fork();
	if (rm == 0) {
		execlp("rm", "rm", "-rf", d->tmp, (char *)NULL);
		_exit(127);
	}
	waitpid(rm, NULL, 0);
}

__attribute__((noreturn, format(printf, 2, 3))) static void give_up(struct drive *d, const char *fmt, ...)
{
	va_list args;

	printf("# %s:%d: ", d->file, d->line);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
	show_screen(d, "# |");
	if (d->w->ended && d->w->raw.size)
		printf("# its last bytes: %.*s\n", (int)(d->w->raw.size < 2000 ? d->w->raw.size : 2000),
			d->w->raw.text + (d->w->raw.size < 2000 ? 0 : d->w->raw.size - 2000));
	printf("not ok %s\n", d->test);
	fflush(stdout);
	end_all(d);
	exit(1);
}

/* ---- words of the script */

/* Fills $NAME from the environment. */
static void fill(const char *text, struct buf *out)
{
	buf_reset(out);
	while (*text) {
		const char *end = text + 1;

		if (*text != '$' || !isalpha((unsigned char)text[1])) {
			buf_char(out, *text++);
			continue;
		}
		while (isalnum((unsigned char)*end) || *end == '_')
			end++;
		char name[64];
		snprintf(name, sizeof name, "%.*s", (int)(end - text - 1), text + 1);
		buf_text(out, getenv(name));
		text = end;
	}
}

static char **split(char *text)
{
	static char *words[64];
	int n = 0;

	for (char *rest = text; n < 63;) {
		while (*rest == ' ')
			*rest++ = '\0';
		if (!*rest)
			break;
		words[n++] = rest;
		rest += strcspn(rest, " ");
	}
	words[n] = NULL;
	return words;
}

static void screen_new(struct drive *d)
{
	if (d->w->vt)
		vterm_free(d->w->vt);
	d->w->vt = vterm_new(d->w->rows, d->w->cols);
	vterm_set_utf8(d->w->vt, 1);
	d->w->screen = vterm_obtain_screen(d->w->vt);
	vterm_screen_enable_altscreen(d->w->screen, 1);
	vterm_screen_reset(d->w->screen, 1);
}

static void do_run(struct drive *d, char *args)
{
	struct winsize size = { .ws_row = (unsigned short)d->w->rows, .ws_col = (unsigned short)d->w->cols };
	char **argv = split(args);

	if (d->w->child > 0 && !d->w->ended)
		give_up(d, "the program before it still runs");
	if (d->w->fd >= 0)
		close(d->w->fd);
	if (d->w->kept >= 0)
		close(d->w->kept);
	screen_new(d);
	d->w->ended = false;
	buf_reset(&d->w->raw);
	d->w->mark = 0;
	fflush(stdout);
	int slave;
	if (openpty(&d->w->fd, &slave, NULL, NULL, &size) != 0 || tcgetattr(slave, &d->w->before) != 0)
		give_up(d, "no terminal");
	d->w->kept = fcntl(d->w->fd, F_DUPFD_CLOEXEC, 3);
	fcntl(d->w->fd, F_SETFD, FD_CLOEXEC);
	d->w->child = fork();
	if (d->w->child == 0) {
		login_tty(slave);
		execvp(argv[0], argv);
		fprintf(stderr, "cannot run %s: %s\n", argv[0], strerror(errno));
		_exit(127);
	}
	close(slave);
	char pid[16];
	snprintf(pid, sizeof pid, "%d", (int)d->w->child);
	setenv("PID", pid, 1);
}

/* Whether the terminal is as it was before the program: its settings, the main screen, a cursor to be seen. */
static void do_restored(struct drive *d)
{
	struct termios now;
	const char *raw = buf_str(&d->w->raw);
	const struct termios *was = &d->w->before;

	if (tcgetattr(d->w->kept, &now) != 0 || now.c_iflag != was->c_iflag || now.c_oflag != was->c_oflag ||
		now.c_cflag != was->c_cflag || now.c_lflag != was->c_lflag ||
		memcmp(now.c_cc, was->c_cc, sizeof now.c_cc) != 0)
		give_up(d, "the terminal's settings are not as before");
	static const char *const pairs[][2] = { { "\033[?1049h", "\033[?1049l" }, { "\033[?25l", "\033[?25h" },
		{ "\033[?2004h", "\033[?2004l" }, { "\033[?1000h", "\033[?1000l" } };
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		const char *on = NULL, *off = NULL;
		for (const char *at = raw; (at = strstr(at, pairs[i][0])); at++)
			on = at;
		for (const char *at = raw; (at = strstr(at, pairs[i][1])); at++)
			off = at;
		if (on && (!off || off < on))
			give_up(d, "it left the terminal with %s", pairs[i][0] + 1);
	}
}

/* The terminal is closed, as when its window is shut. */
static void do_close(struct drive *d)
{
	close(d->w->fd);
	close(d->w->kept);
	d->w->fd = d->w->kept = -1;
}

static void do_idle(struct drive *d, int ms)
{
	settle(d);
	size_t had = d->w->raw.size;

	let_pass(d, ms);
	if (d->w->raw.size != had)
		give_up(d, "%zu bytes although nothing happened", d->w->raw.size - had);
}

/* "4 20 53 new": in each of these rows, from 1, these words stand from that column on. */
static void do_cells(struct drive *d, const char *arg)
{
	int from = 0, to = 0, col = 0, at = 0;

	settle(d);
	if (sscanf(arg, "%d %d %d %n", &from, &to, &col, &at) < 3 || to > d->w->rows)
		give_up(d, "cells FROM TO COLUMN TEXT");
	for (int row = from; row <= to; row++)
		for (int i = 0; arg[at + i]; i++) {
			VTermScreenCell cell;
			VTermPos pos = { .row = row - 1, .col = col - 1 + i };

			vterm_screen_get_cell(d->w->screen, pos, &cell);
			if (cell.chars[0] != (unsigned char)arg[at + i])
				give_up(d, "row %d has not %s at column %d", row, arg + at, col);
		}
}

/* The screen as text, for a command to look at. */
static void do_save(struct drive *d, const char *path)
{
	struct buf row = { 0 };
	FILE *f = fopen(path, "w");

	settle(d);
	for (int i = 0; f && i < d->w->rows; i++) {
		row_text(d, i, &row);
		fprintf(f, "%s\n", buf_str(&row));
	}
	if (!f || fclose(f) != 0)
		give_up(d, "cannot write %s", path);
	buf_clear(&row);
}

/* All it ever wrote, as it is. */
static void do_transcript(struct drive *d, const char *path)
{
	FILE *f = fopen(path, "w");

	settle(d);
	if (!f || fwrite(d->w->raw.text, 1, d->w->raw.size, f) != d->w->raw.size || fclose(f) != 0)
		give_up(d, "cannot write %s", path);
}

static void do_window(struct drive *d, int n)
{
	if (n < 1 || n > WINDOWS)
		give_up(d, "no such window");
	d->w = &d->windows[n - 1];
}

static void write_file(struct drive *d, const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (!f || fputs(text, f) < 0 || fclose(f) != 0)
		give_up(d, "cannot write %s", path);
}

/* The configuration of whoever runs the program now. */
static void configure(struct drive *d, const char *text)
{
	char path[300];

	snprintf(path, sizeof path, "%s/caseload/config", getenv("XDG_CONFIG_HOME"));
	write_file(d, path, text);
}

/* The next service listens where this one did. */
static void keep_port(const char *url)
{
	char port[8];

	if (sscanf(url, "http://127.0.0.1:%7[0-9]", port) == 1)
		setenv("PORT", port, 1);
}

static void service_ready(struct drive *d, const char *url)
{
	char path[128], token[256] = "";
	struct buf config = { 0 };

	snprintf(path, sizeof path, "%s/service/first-token", d->tmp);
	FILE *f = fopen(path, "r");
	if (!f || !fgets(token, sizeof token, f))
		give_up(d, "the service wrote no first-token");
	fclose(f);
	token[strcspn(token, "\r\n")] = '\0';
	setenv("URL", url, 1);
	setenv("TOKEN", token, 1);
	keep_port(url);
	buf_printf(&config, "[service \"test\"]\ntype = native\nurl = %s\ntoken-file = %s\n",
		d->proxy > 0 ? d->proxy_url : url, path);
	buf_text(&config, buf_str(&d->sections));
	configure(d, config.text);
	buf_clear(&config);
}

/* Starts what says `NAME: ready URL` when it listens; the URL, in line. */
static const char *start_server(struct drive *d, pid_t *service, struct buf *line)
{
	int ends[2];
	char bytes[512];

	if (*service > 0)
		give_up(d, "the service before it still runs");
	if (pipe(ends) != 0)
		give_up(d, "no pipe");
	fflush(stdout);
	*service = fork();
	if (*service == 0) {
		char **argv = split(line->text);
		dup2(ends[1], 1);
		close(ends[0]);
		close(ends[1]);
		execvp(argv[0], argv);
		_exit(127);
	}
	close(ends[1]);
	buf_reset(line);
	ssize_t n;
	while (!strchr(buf_str(line), '\n') && (n = read(ends[0], bytes, sizeof bytes)) > 0)
		buf_add(line, bytes, (size_t)n);
	fcntl(ends[0], F_SETFD, FD_CLOEXEC);
	const char *ready = strstr(buf_str(line), ": ready ");
	if (!ready)
		give_up(d, "the service does not start: %s", buf_str(line));
	line->text[strcspn(line->text, "\n")] = '\0';
	return ready + strlen(": ready ");
}

static void do_service(struct drive *d, const char *args)
{
	struct buf line = { 0 };

	buf_printf(&line, "caseloadd serve --listen 127.0.0.1:%s --data %s/service --sample --with-parent %s",
		getenv("PORT") ? getenv("PORT") : "0", d->tmp, args);
	service_ready(d, start_server(d, &d->service, &line));
	buf_clear(&line);
}

static const char *proxy_program(void)
{
	static char path[300];

	snprintf(path, sizeof path, "%s/tests/fake/proxy",
		getenv("BUILD") ? getenv("BUILD") : "build/san");
	return path;
}

/* A service that fails stands between from now on: tests/fake. */
static void do_proxy(struct drive *d)
{
	struct buf line = { 0 };
	char dir[128], url[64];

	snprintf(url, sizeof url, "%s", getenv("URL") ? getenv("URL") : "");
	snprintf(dir, sizeof dir, "%s/proxy", d->tmp);
	mkdir(dir, 0700);
	buf_printf(&line, "%s %s %s", proxy_program(), dir, url);
	snprintf(d->proxy_url, sizeof d->proxy_url, "%s", start_server(d, &d->proxy, &line));
	service_ready(d, url);
	buf_clear(&line);
}

static void do_fault(struct drive *d, const char *line)
{
	char path[128], next[128];

	snprintf(path, sizeof path, "%s/proxy/fault", d->tmp);
	snprintf(next, sizeof next, "%s/proxy/fault.new", d->tmp);
	write_file(d, next, line);
	if (rename(next, path) != 0)
		give_up(d, "no proxy");
}

/* That one alone, with nobody behind it, where the service was. */
static void do_fake(struct drive *d, const char *args)
{
	struct buf line = { 0 };
	char path[128];

	snprintf(path, sizeof path, "%s/service", d->tmp);
	mkdir(path, 0700);
	snprintf(path, sizeof path, "%s/service/first-token", d->tmp);
	if (access(path, F_OK) != 0)
		write_file(d, path, "cw_fake0123456789abcdef0123456789abcdef\n");
	buf_printf(&line, "%s -p %s -f %s", proxy_program(), getenv("PORT") ? getenv("PORT") : "0", args);
	service_ready(d, start_server(d, &d->service, &line));
	buf_clear(&line);
}

/* The whole script is one skipped test. */
__attribute__((noreturn)) static void skip_all(struct drive *d, char *why)
{
	const char *base = strrchr(d->file, '/') ? strrchr(d->file, '/') + 1 : d->file;

	why[strcspn(why, "\n")] = '\0';
	printf("skip %s: %s\n", base, why);
	fflush(stdout);
	end_all(d);
	exit(0);
}

/* A word of tests/live/NAME; what it said, good until the next. */
static char *live_word(struct drive *d, const char *name, const char *word)
{
	static char said[8000];
	char command[100];

	snprintf(command, sizeof command, "tests/live/%s %s", name, word);
	int code = ask_shell(command, said, sizeof said);
	if (code == 77)
		skip_all(d, said);
	if (code)
		give_up(d, "%s: %s", command, said);
	return said;
}

/* Adds a section to the configuration, which the next `service` keeps. */
static void add_section(struct drive *d, const char *text)
{
	char path[300];

	buf_text(&d->sections, text);
	snprintf(path, sizeof path, "%s/caseload/config", getenv("XDG_CONFIG_HOME"));
	FILE *f = fopen(path, "a");
	if (!f || fputs(text, f) < 0 || fclose(f) != 0)
		give_up(d, "cannot write %s", path);
}

/* A ticket system of tests/live as it was seeded, unless this script has begun on it, and a section for it. */
static void do_live(struct drive *d, char *args)
{
	static char begun[32];
	char text[100];
	char **words = split(args);
	const char *name = words[0] ? words[0] : "rt";

	snprintf(text, sizeof text, "%d", (int)getpid());
	setenv("LIVE_OWNER", text, 0);
	if (!strstr(begun, name))
		live_word(d, name, "reset");
	snprintf(begun + strlen(begun), sizeof begun - strlen(begun), " %s", name);
	ask_environment(live_word(d, name, "env"));
	snprintf(text, sizeof text, "%s %s %s", name, words[0] && words[1] ? words[1] : "anna", d->tmp);
	add_section(d, live_word(d, "config", text));
}

/* So many mails were sent by that server since `live`. */
static void do_mails(struct drive *d, const char *args)
{
	char name[16];
	int want;

	if (sscanf(args, "%15s %d", name, &want) != 2)
		give_up(d, "mails NAME COUNT");
	int count = atoi(live_word(d, "mails", name));
	if (count != want)
		give_up(d, "%d mails, not %d", count, want);
}

/* Another real service beside that of `service`, named town, on a port of its own that it keeps. */
static void do_second(struct drive *d, const char *args)
{
	struct buf line = { 0 };
	char port[8] = "0", section[300];
	const char *before = getenv("URL2");

	if (before)
		sscanf(before, "http://127.0.0.1:%7[0-9]", port);
	buf_printf(&line, "caseloadd serve --listen 127.0.0.1:%s --data %s/town --sample --with-parent %s",
		port, d->tmp, args);
	const char *url = start_server(d, &d->second, &line);
	snprintf(section, sizeof section,
		"[service \"town\"]\ntype = native\nurl = %s\ntoken-file = %s/town/first-token\n", url,
		d->tmp);
	if (!before)
		add_section(d, section);
	setenv("URL2", url, 1);
	buf_clear(&line);
}

static void do_service_signal(pid_t *service, int signo)
{
	if (signo == SIGKILL || signo == SIGTERM)
		end_service(service, signo);
	else
		kill(*service, signo);
}

static const struct {
	const char *name;
	VTermKey key;
} key_names[] = {
	{ "Enter", VTERM_KEY_ENTER }, { "Esc", VTERM_KEY_ESCAPE }, { "Tab", VTERM_KEY_TAB },
	{ "BS", VTERM_KEY_BACKSPACE }, { "Up", VTERM_KEY_UP }, { "Down", VTERM_KEY_DOWN },
	{ "Left", VTERM_KEY_LEFT }, { "Right", VTERM_KEY_RIGHT }, { "Home", VTERM_KEY_HOME },
	{ "End", VTERM_KEY_END }, { "PgUp", VTERM_KEY_PAGEUP }, { "PgDn", VTERM_KEY_PAGEDOWN },
	{ "Del", VTERM_KEY_DEL }, { "Ins", VTERM_KEY_INS },
};

static void named_key(struct drive *d, const char *name)
{
	for (size_t i = 0; i < sizeof key_names / sizeof *key_names; i++)
		if (strcmp(name, key_names[i].name) == 0) {
			vterm_keyboard_key(d->w->vt, key_names[i].key, VTERM_MOD_NONE);
			return;
		}
	if (strcmp(name, "S-Tab") == 0)
		vterm_keyboard_key(d->w->vt, VTERM_KEY_TAB, VTERM_MOD_SHIFT);
	else if (strcmp(name, "Space") == 0)
		vterm_keyboard_unichar(d->w->vt, ' ', VTERM_MOD_NONE);
	else if (strcmp(name, "lt") == 0)
		vterm_keyboard_unichar(d->w->vt, '<', VTERM_MOD_NONE);
	else if (strcmp(name, "C-Space") == 0 || strcmp(name, "C-@") == 0)
		vterm_keyboard_unichar(d->w->vt, ' ', VTERM_MOD_CTRL);
	else if (strncmp(name, "C-", 2) == 0 && name[2] && !name[3])
		vterm_keyboard_unichar(d->w->vt, (uint32_t)name[2], VTERM_MOD_CTRL);
	else if (name[0] == 'F' && isdigit((unsigned char)name[1]))
		vterm_keyboard_key(d->w->vt, (VTermKey)VTERM_KEY_FUNCTION(atoi(name + 1)), VTERM_MOD_NONE);
	else
		give_up(d, "no such key: <%s>", name);
}

static double precise_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* For figures: from the last keys to what was last waited for. */
static void do_took(const struct drive *d, const char *name)
{
	printf("## %s %.2f ms %zu bytes\n", name, d->w->came_ms - d->w->keyed_ms,
		d->w->raw.size - d->w->mark);
	fflush(stdout);
}

static void do_keys(struct drive *d, const char *keys)
{
	d->w->mark = d->w->raw.size;
	d->w->keyed_ms = precise_ms();
	while (*keys) {
		const char *end = *keys == '<' ? strchr(keys, '>') : NULL;

		if (end) {
			char name[16];
			snprintf(name, sizeof name, "%.*s", (int)(end - keys - 1), keys + 1);
			named_key(d, name);
			if (strcmp(name, "Esc") == 0) /* alone: what follows at once would be Alt */
				let_pass(d, 60);
			keys = end + 1;
		} else {
			vterm_keyboard_unichar(d->w->vt, (unsigned char)*keys++, VTERM_MOD_NONE);
		}
		answer(d->w);
	}
}

static void do_type(struct drive *d, const char *text, bool pasted)
{
	struct buf b = { 0 };

	buf_text(&b, pasted ? "\033[200~" : "");
	buf_text(&b, text);
	buf_text(&b, pasted ? "\033[201~" : "");
	d->w->mark = d->w->raw.size;
	if (write(d->w->fd, b.text, b.size) != (ssize_t)b.size)
		give_up(d, "cannot type");
	buf_clear(&b);
}

static void do_never(struct drive *d, const char *text)
{
	struct buf want = { 0 };

	if (d->w->fd >= 0)
		settle(d);
	while (*text) {
		unsigned byte;

		if (text[0] == '\\' && text[1] == 'e') {
			buf_char(&want, '\033');
			text += 2;
		} else if (sscanf(text, "\\x%2x", &byte) == 1) {
			buf_char(&want, (char)byte);
			text += 4;
		} else {
			buf_char(&want, *text++);
		}
	}
	if (d->w->raw.size && memmem(d->w->raw.text, d->w->raw.size, want.text, want.size))
		give_up(d, "the program wrote these bytes");
	buf_clear(&want);
}

static bool shell_succeeds(struct drive *d, const char *command, bool quiet)
{
	int status;

	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		if (quiet)
			dup2(open("/dev/null", O_WRONLY), 1);
		dup2(1, 2);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	while (waitpid(pid, &status, WNOHANG) == 0)
		pump(d, 20);
	return status == 0;
}

static void do_shell(struct drive *d, const char *command)
{
	if (!shell_succeeds(d, command, false))
		give_up(d, "the command failed");
}

static void do_until(struct drive *d, const char *command)
{
	int64_t end = now_ms() + WAIT_MS;

	while (!shell_succeeds(d, command, true)) {
		if (now_ms() > end && !shell_succeeds(d, command, false))
			give_up(d, "the command never succeeds");
		pump(d, 50);
	}
}

/* KEYS COMMAND: pressed again each second until it succeeds. */
static void do_press(struct drive *d, const char *arg)
{
	char keys[40] = "";
	int used = 0;
	int64_t end = now_ms() + WAIT_MS;

	if (sscanf(arg, "%39s %n", keys, &used) != 1 || !arg[used])
		give_up(d, "press wants keys and a command");
	do {
		int64_t again = now_ms() + 1000;

		do_keys(d, keys);
		while (now_ms() < again) {
			if (shell_succeeds(d, arg + used, true))
				return;
			pump(d, 50);
		}
	} while (now_ms() < end);
	give_up(d, "the command never succeeds");
}

static void do_resize(struct drive *d, const char *arg)
{
	if (sscanf(arg, "%dx%d", &d->w->cols, &d->w->rows) != 2)
		give_up(d, "a size is COLSxROWS");
	if (d->w->fd < 0)
		return;
	struct winsize size = { .ws_row = (unsigned short)d->w->rows, .ws_col = (unsigned short)d->w->cols };
	vterm_set_size(d->w->vt, d->w->rows, d->w->cols);
	ioctl(d->w->fd, TIOCSWINSZ, &size);
}

static int signal_named(struct drive *d, const char *name)
{
	static const struct {
		const char *name;
		int signo;
	} signals[] = { { "HUP", SIGHUP }, { "TERM", SIGTERM }, { "INT", SIGINT }, { "KILL", SIGKILL },
		{ "STOP", SIGSTOP }, { "CONT", SIGCONT }, { "TSTP", SIGTSTP }, { "ABRT", SIGABRT } };

	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		if (strcmp(name, signals[i].name) == 0)
			return signals[i].signo;
	give_up(d, "no such signal: %s", name);
}

static void do_exit(struct drive *d, int want)
{
	int64_t end = now_ms() + WAIT_MS;

	while (!d->w->ended && now_ms() < end)
		pump(d, 20);
	while (pump(d, 50))
		;
	if (!d->w->ended)
		give_up(d, "it does not end");
	int code = WIFEXITED(d->w->status) ? WEXITSTATUS(d->w->status) : 128 + WTERMSIG(d->w->status);
	if (code != want)
		give_up(d, "it ended with %d, not %d", code, want);
}

static void do_test(struct drive *d, const char *name)
{
	if (d->test[0])
		printf("ok %s\n", d->test);
	fflush(stdout);
	snprintf(d->test, sizeof d->test, "%s", name);
}

/* What must come true, looked at again whenever the program wrote something. */
static bool is_so(struct drive *d, const char *word, const char *arg)
{
	int row = 0, col = 0, at = 0;

	if (strcmp(word, "wait") == 0 || strcmp(word, "has") == 0)
		return screen_has(d, arg);
	if (strcmp(word, "gone") == 0)
		return !screen_has(d, arg);
	if (strcmp(word, "row") == 0 || strcmp(word, "waitrow") == 0)
		return sscanf(arg, "%d %n", &row, &at) == 1 && row_has(d, row, arg + at);
	if (strcmp(word, "cursor") == 0)
		return sscanf(arg, "%d %d", &row, &col) == 2 && cursor_at(d, row, col);
	return golden_differs(d) == 0;
}

static void do_wait(struct drive *d, const char *word, const char *arg)
{
	int64_t end = now_ms() + WAIT_MS;

	while (!is_so(d, word, arg)) {
		pump(d, 50);
		if (now_ms() > end || (d->w->ended && d->w->fd < 0 && !is_so(d, word, arg))) {
			if (strcmp(word, "screen") == 0)
				give_up(d, "row %d is not `%s`", golden_differs(d),
					d->golden[golden_differs(d) - 1]);
			VTermPos at = { 0 };
			if (d->w->vt)
				vterm_state_get_cursorpos(vterm_obtain_state(d->w->vt), &at);
			give_up(d, "not so: %s %s (cursor %d %d)", word, arg, at.row + 1, at.col + 1);
		}
	}
	d->w->came_ms = precise_ms();
}

static bool word_in(const char *word, const char *list)
{
	size_t n = strlen(word);

	for (const char *at = list; (at = strstr(at, word)); at += n)
		if ((at == list || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0'))
			return true;
	return false;
}

/* Directories of a person: what follows runs as that one. */
static void person_dirs(const char *tmp)
{
	static const struct {
		const char *name, *under;
	} dirs[] = { { "HOME", "home" }, { "XDG_CONFIG_HOME", "config" }, { "XDG_DATA_HOME", "data" },
		{ "XDG_STATE_HOME", "state" }, { "XDG_CACHE_HOME", "cache" }, { "XDG_RUNTIME_DIR", "run" },
		{ "XDG_CONFIG_DIRS", "etc" } };
	char path[300];

	for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
		snprintf(path, sizeof path, "%s/%s", tmp, dirs[i].under);
		mkdir(path, 0700);
		setenv(dirs[i].name, path, 1);
	}
	snprintf(path, sizeof path, "%s/config/caseload", tmp);
	mkdir(path, 0700);
}

/* Somebody else, with a configuration, an outbox and copies of their own. */
static void do_person(struct drive *d, const char *name)
{
	char path[200];

	snprintf(path, sizeof path, "%s/%s", d->tmp, name);
	mkdir(path, 0700);
	person_dirs(path);
	buf_reset(&d->sections);
}

static void surroundings(struct drive *d)
{
	static const char *const drop[] = { "LANG", "LANGUAGE", "NO_COLOR", "COLUMNS", "LINES", "EDITOR",
		"VISUAL", "ACCESSIBLE", "CASELOAD_ACCESSIBLE", "INPUTRC", "PAGER" };

	snprintf(d->tmp, sizeof d->tmp, "%s/caseload-test-XXXXXX",
		getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	if (!mkdtemp(d->tmp))
		give_up(d, "no temporary directory");
	setenv("TMP", d->tmp, 1);
	person_dirs(d->tmp);
	for (size_t i = 0; i < sizeof drop / sizeof *drop; i++)
		unsetenv(drop[i]);
	setenv("TERM", "xterm-256color", 1);
	setenv("LC_ALL", "C.UTF-8", 1);
	setenv("TZ", "UTC", 1);
	setenv("ESCDELAY", "25", 1);
}

static void do_line(struct drive *d, const char *word, char *arg)
{
	if (word_in(word, "wait has gone row waitrow cursor screen"))
		do_wait(d, word, arg);
	else if (strcmp(word, "size") == 0 || strcmp(word, "resize") == 0)
		do_resize(d, arg);
	else if (strcmp(word, "env") == 0 && strchr(arg, '=')) {
		char *value = strchr(arg, '=');
		*value = '\0';
		setenv(arg, value + 1, 1);
	} else if (strcmp(word, "unset") == 0)
		unsetenv(arg);
	else if (strcmp(word, "service") == 0)
		do_service(d, arg);
	else if (strcmp(word, "service-signal") == 0)
		do_service_signal(&d->service, signal_named(d, arg));
	else if (strcmp(word, "second") == 0)
		do_second(d, arg);
	else if (strcmp(word, "second-signal") == 0)
		do_service_signal(&d->second, signal_named(d, arg));
	else if (strcmp(word, "proxy") == 0)
		do_proxy(d);
	else if (strcmp(word, "fault") == 0)
		do_fault(d, arg);
	else if (strcmp(word, "fake") == 0)
		do_fake(d, arg);
	else if (strcmp(word, "live") == 0)
		do_live(d, arg);
	else if (strcmp(word, "mails") == 0)
		do_mails(d, arg);
	else if (strcmp(word, "person") == 0)
		do_person(d, arg);
	else if (strcmp(word, "window") == 0)
		do_window(d, atoi(arg));
	else if (strcmp(word, "restored") == 0)
		do_restored(d);
	else if (strcmp(word, "save") == 0)
		do_save(d, arg);
	else if (strcmp(word, "transcript") == 0)
		do_transcript(d, arg);
	else if (strcmp(word, "cells") == 0)
		do_cells(d, arg);
	else if (strcmp(word, "close") == 0)
		do_close(d);
	else if (strcmp(word, "idle") == 0)
		do_idle(d, atoi(arg));
	else if (strcmp(word, "until") == 0)
		do_until(d, arg);
	else if (strcmp(word, "press") == 0)
		do_press(d, arg);
	else if (strcmp(word, "run") == 0)
		do_run(d, arg);
	else if (strcmp(word, "keys") == 0)
		do_keys(d, arg);
	else if (strcmp(word, "type") == 0 || strcmp(word, "paste") == 0)
		do_type(d, arg, word[0] == 'p');
	else if (strcmp(word, "hasnt") == 0) {
		settle(d);
		if (screen_has(d, arg))
			give_up(d, "it is there: %s", arg);
	} else if (strcmp(word, "never") == 0)
		do_never(d, arg);
	else if (strcmp(word, "bytes") == 0) {
		settle(d);
		if (d->w->raw.size - d->w->mark > (size_t)atol(arg))
			give_up(d, "%zu bytes, not %s", d->w->raw.size - d->w->mark, arg);
	} else if (strcmp(word, "signal") == 0)
		kill(d->w->child, signal_named(d, arg));
	else if (strcmp(word, "took") == 0)
		do_took(d, arg);
	else if (strcmp(word, "exit") == 0)
		do_exit(d, atoi(arg));
	else if (strcmp(word, "shell") == 0)
		do_shell(d, arg);
	else if (strcmp(word, "test") == 0)
		do_test(d, arg);
	else if (strcmp(word, "show") == 0) {
		settle(d);
		show_screen(d, "");
	} else
		give_up(d, "no such word: %s", word);
}

static void programs_first(void)
{
	struct buf path = { 0 };
	char *here = getcwd(NULL, 0);

	buf_printf(&path, "%s/%s:%s", here, getenv("BUILD") ? getenv("BUILD") : "build/san",
		getenv("PATH") ? getenv("PATH") : "/usr/bin:/bin");
	setenv("PATH", path.text, 1);
	free(here);
	buf_clear(&path);
}

/* The lines after `screen`, each behind a |; leaves the next other line in text. */
static bool read_golden(struct drive *d, FILE *f, char *text)
{
	for (int i = 0; i < d->golden_count; i++)
		free(d->golden[i]);
	d->golden_count = 0;
	while (fgets(text, LINE_SIZE, f)) {
		d->line++;
		text[strcspn(text, "\n")] = '\0';
		if (text[0] != '|')
			return true;
		d->golden = realloc(d->golden, sizeof *d->golden * (size_t)(d->golden_count + 1));
		d->golden[d->golden_count++] = strdup(text + 1);
	}
	return false;
}

static void run_script(struct drive *d, FILE *f)
{
	static char text[LINE_SIZE], next[LINE_SIZE];
	struct buf arg = { 0 };
	bool more = fgets(text, sizeof text, f) != NULL;

	for (d->line = 1; more;) {
		text[strcspn(text, "\n")] = '\0';
		char *word = text + strspn(text, " \t");
		size_t n = strcspn(word, " ");
		bool golden = strncmp(word, "screen", n) == 0 && n == 6;

		if (*word && *word != '#') {
			if (golden)
				more = read_golden(d, f, next);
			fill(word[n] ? word + n + 1 : word + n, &arg);
			word[n] = '\0';
			buf_text(&arg, "");
			do_line(d, word, arg.text ? arg.text : word + n);
		}
		if (golden) {
			snprintf(text, sizeof text, "%s", next);
			continue;
		}
		more = fgets(text, sizeof text, f) != NULL;
		d->line++;
	}
	buf_clear(&arg);
}

int main(int argc, char **argv)
{
	struct drive d = { 0 };
	FILE *f = argc == 2 ? fopen(argv[1], "re") : NULL;

	if (!f) {
		fprintf(stderr, "usage: pty FILE.t\n");
		return 2;
	}
	umask(077);
	signal(SIGPIPE, SIG_IGN);
	d.file = argv[1];
	for (int i = 0; i < WINDOWS; i++)
		d.windows[i] = (struct window){ .rows = 24, .cols = 80, .fd = -1, .kept = -1 };
	d.w = d.windows;
	surroundings(&d);
	programs_first();
	const char *base = strrchr(d.file, '/') ? strrchr(d.file, '/') + 1 : d.file;
	run_script(&d, f);
	printf("ok %s\n", d.test[0] ? d.test : base);
	fclose(f);
	end_all(&d);
	for (int i = 0; i < d.golden_count; i++)
		free(d.golden[i]);
	free(d.golden);
	buf_clear(&d.sections);
	return 0;
}
