/* Clients ended at random points, under random faults of the line and of the service, again and
   again: what was said to be saved takes effect once, what was written is there again, nothing runs
   on, and the terminal is as it was. `kills [COUNT]` ends COUNT of them (40); $KILLS_SEED repeats
   the choices of a run as far as one can, $KILLS_CLIENTS says how many run at once (4).

   It shares nothing with the program it tries but SQLite: what took effect is counted in the
   service's own file, what is kept here in the outbox's, by statements of its own, from copies, so
   that looking mends nothing. An act is "said" when the screen or the command's exit code called it
   saved. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <utmp.h>
#include <vterm.h>

enum {
	CLIENTS_MAX = 16,
	MARKS_MAX = 4000,
	ROWS = 24,
	COLS = 132,
	PATH_SIZE = 300,
	PATIENCE_MS = 60000
};

enum end { END_KILL, END_TERM, END_HUP, END_INT, END_QUIT, END_CLOSED, ENDS };
static const char *const end_names[ENDS] = { "KILL", "TERM", "HUP", "INT", "QUIT",
	"terminal closed" };
static const int end_signals[ENDS] = { SIGKILL, SIGTERM, SIGHUP, SIGINT, SIGQUIT, 0 };

/* Where the change under way was: on disk here, gone out, done by the service but not known to be,
 * known. */
enum state { STATE_SAVED, STATE_SENT, STATE_ANSWERED, STATE_SETTLED, STATE_NONE, STATES };
static const char *const state_names[STATES] = { "saved", "sent", "answered", "settled",
	"nothing under way" };

enum kind { KIND_NOTE, KIND_TAG, KIND_NEW, KIND_REPLY, KIND_FORM, KINDS };

struct mark {
	unsigned char kind;
	bool said;    /* called saved, or found saved after the end */
	bool drafted; /* it stood in a text that was being written */
	bool kept;    /* found in the store in the end */
	int held;     /* how often the service has it */
};

struct tally {
	int kills, wanted, by_state[STATES], by_end[ENDS];
	int left_over, terminal, crashed, hung, unrepaired, screens, commands, repaired;
	int mark_count[CLIENTS_MAX];
	struct mark marks[CLIENTS_MAX][MARKS_MAX];
};
static struct tally *tally; /* shared by all */

static char dir[PATH_SIZE / 3];
static char service_db[PATH_SIZE];

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static const char *build(void)
{
	return getenv("TORTURE") ? "build" : getenv("BUILD") ? getenv("BUILD") : "build/san";
}

__attribute__((noreturn, format(printf, 1, 2))) static void give_up(const char *fmt, ...)
{
	va_list args;

	printf("# ");
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\nnot ok kills\n");
	fflush(stdout);
	exit(1);
}

static void write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (!f || fputs(text, f) < 0 || fclose(f))
		give_up("cannot write %s", path);
}

__attribute__((format(printf, 2, 3))) static const char *in(
	char path[PATH_SIZE], const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(path, PATH_SIZE, fmt, args);
	va_end(args);
	return path;
}

static void touch(const char *path, bool there)
{
	if (there)
		close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	else
		unlink(path);
}

/* ---- marks: words that stand in what is written; in letters, since a number might be taken for a
 * case's */

static void mark_name(char out[40], int client, int n)
{
	char number[12];

	snprintf(number, sizeof number, "%d", n);
	for (char *d = number; *d; d++)
		*d = (char)(*d - '0' + 'a');
	snprintf(out, 40, "mark_%c_%s_end", 'a' + client, number);
}

/* The next one in a text; NULL: none. */
static struct mark *mark_next(const char **text)
{
	for (const char *at = *text; (at = strstr(at, "mark_"));) {
		int client = at[5] - 'a', n = 0;
		const char *d = at + 7;

		at += 5;
		if (client < 0 || client >= CLIENTS_MAX || at[1] != '_')
			continue;
		while (*d >= 'a' && *d <= 'j')
			n = n * 10 + *d++ - 'a';
		if (strncmp(d, "_end", 4) != 0 || n >= tally->mark_count[client])
			continue;
		*text = d;
		return &tally->marks[client][n];
	}
	return NULL;
}

/* ---- a client */

struct client {
	int n;
	unsigned seed;
	char dir[PATH_SIZE / 2];
	int master, slave; /* the terminal; the slave is kept for its settings */
	struct termios before;
	bool modes[4];	   /* switched on and not off again: of all that ran in this terminal */
	bool wrong_before; /* a SIGKILL left it so */
	bool up;	   /* this one has had the terminal */
	char tail[16];
	VTerm *vt;
	VTermScreen *screen;
	pid_t child;
	bool ended;
	int status;
	int64_t kill_at;
	double command_ms, start_ms; /* what one takes, as measured */
	char text[PATH_SIZE];
	bool waiting; /* many rows */
	int act;      /* the last mark of this life; -1: none */
	bool form; /* which is typed into a form: kept at a pause, and at every end but SIGKILL */
};

static int chance(struct client *c, int below)
{
	return (int)(rand_r(&c->seed) % (unsigned)below);
}

static void terminal_open(struct client *c)
{
	struct winsize size = { .ws_row = ROWS, .ws_col = COLS };

	if (openpty(&c->master, &c->slave, NULL, NULL, &size) || tcgetattr(c->slave, &c->before))
		give_up("no terminal");
	fcntl(c->master, F_SETFD, FD_CLOEXEC);
	fcntl(c->slave, F_SETFD, FD_CLOEXEC);
	memset(c->modes, 0, sizeof c->modes);
	c->wrong_before = false;
	c->tail[0] = '\0';
}

static void screen_reset(struct client *c)
{
	if (c->vt)
		vterm_free(c->vt);
	c->vt = vterm_new(ROWS, COLS);
	vterm_set_utf8(c->vt, 1);
	c->screen = vterm_obtain_screen(c->vt);
	vterm_screen_enable_altscreen(c->screen, 1);
	vterm_screen_reset(c->screen, 1);
}

static void terminal_close(struct client *c)
{
	close(c->master);
	close(c->slave);
	c->master = c->slave = -1;
}

/* What was switched on and off, over the borders of what is read at once. */
static void modes_see(struct client *c, const char *bytes, size_t size)
{
	static const char *const pairs[4][2] = { { "\033[?1049h", "\033[?1049l" },
		{ "\033[?25l", "\033[?25h" }, { "\033[?2004h", "\033[?2004l" },
		{ "\033[?1000h", "\033[?1000l" } };
	static char all[65536 + 32];
	size_t had = strlen(c->tail);

	memcpy(all, c->tail, had);
	for (size_t i = 0; i < size; i++)
		all[had + i] = bytes[i] ? bytes[i] : ' ';
	all[had + size] = '\0';
	for (const char *at = all; (at = strchr(at, '\033')); at++)
		for (int i = 0; i < 4; i++)
			for (int off = 0; off < 2; off++)
				if (!strncmp(at, pairs[i][off], strlen(pairs[i][off]))) {
					c->modes[i] = !off;
					c->up = c->up || (i == 0 && !off);
				}
	size_t keep = had + size < 9 ? had + size : 9;
	memcpy(c->tail, all + had + size - keep, keep + 1);
}

static void terminal_read(struct client *c)
{
	static char bytes[65536];
	char answer[512];
	ssize_t n = read(c->master, bytes, sizeof bytes);

	if (n <= 0)
		return;
	modes_see(c, bytes, (size_t)n);
	vterm_input_write(c->vt, bytes, (size_t)n);
	size_t back = vterm_output_read(c->vt, answer, sizeof answer);
	if (back && write(c->master, answer, back) < 0)
		return;
}

static bool terminal_waits(struct client *c, int ms)
{
	struct pollfd p = { .fd = c->master, .events = POLLIN };

	return c->master >= 0 && poll(&p, 1, ms) > 0 && (p.revents & POLLIN);
}

static void look_whether_ended(struct client *c)
{
	if (!c->ended && waitpid(c->child, &c->status, WNOHANG) == c->child)
		c->ended = true;
}

static bool row_text(struct client *c, int row)
{
	size_t n = 0;

	for (int col = 0; col < COLS; col++) {
		VTermScreenCell cell;

		vterm_screen_get_cell(c->screen, (VTermPos){ row, col }, &cell);
		uint32_t ch = cell.chars[0];
		c->text[n++] = ch >= ' ' && ch < 127	  ? (char)ch
			       : ch && ch != (uint32_t)-1 ? '?'
							  : ' ';
	}
	c->text[n] = '\0';
	return true;
}

/* Whether one row holds both; NULL: nothing more. */
static bool shows(struct client *c, const char *text, const char *and_text)
{
	for (int row = ROWS - 1; row >= 0; row--) {
		row_text(c, row);
		if (strstr(c->text, text) && (!and_text || strstr(c->text, and_text)))
			return true;
	}
	return false;
}

/* false: its time has come, or it ended, or what was waited for did not come. */
static bool wait_shows(struct client *c, const char *text, const char *and_text, int most_ms)
{
	int64_t until = now_ms() + most_ms;

	for (;;) {
		if (shows(c, text, and_text))
			return true;
		int64_t now = now_ms(), end = until < c->kill_at ? until : c->kill_at;
		look_whether_ended(c);
		if (now >= end || c->ended)
			return false;
		if (terminal_waits(c, (int)(end - now < 20 ? end - now : 20)))
			terminal_read(c);
	}
}

static void wait_gone(struct client *c, const char *text, int most_ms)
{
	for (int64_t until = now_ms() + most_ms;
		shows(c, text, NULL) && now_ms() < until && !c->ended;) {
		look_whether_ended(c);
		if (terminal_waits(c, 20))
			terminal_read(c);
	}
}

static void keys(struct client *c, const char *bytes)
{
	if (write(c->master, bytes, strlen(bytes)) < 0)
		c->kill_at = 0;
}

static void run(struct client *c, const char *const *argv)
{
	char path[PATH_SIZE];

	c->ended = c->up = c->form = false;
	screen_reset(c);
	fflush(stdout);
	c->child = fork();
	if (c->child > 0)
		return;
	tcflush(c->slave, TCIFLUSH); /* what the one before did not read */
	login_tty(c->slave);
	setenv("EDITOR", in(path, "%s/editor", dir), 1);
	execv(in(path, "%s/caseload", build()), (char *const *)(void *)argv);
	_exit(127);
}

static int mark_begin(struct client *c, enum kind kind, char name[40])
{
	int n = tally->mark_count[c->n];

	if (n == MARKS_MAX)
		give_up("more marks than there is room for");
	tally->marks[c->n][n] = (struct mark){ .kind = (unsigned char)kind };
	tally->mark_count[c->n]++;
	c->act = n;
	mark_name(name, c->n, n);
	return n;
}

/* ---- what the store and the service's record say, by statements of our own */

static void copy_file(const char *from, const char *to)
{
	static char bytes[1 << 16];
	int in_fd = open(from, O_RDONLY | O_CLOEXEC),
	    out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ssize_t n;

	if (in_fd < 0)
		unlink(to);
	while (in_fd >= 0 && out >= 0 && (n = read(in_fd, bytes, sizeof bytes)) > 0)
		if (write(out, bytes, (size_t)n) != n)
			give_up("cannot copy %s", from);
	close(in_fd);
	close(out);
}

/* The outbox as the end left it; NULL: there is none yet. */
static sqlite3 *outbox_copy(struct client *c)
{
	char from[PATH_SIZE], to[PATH_SIZE];
	static const char *const tails[] = { "", "-wal" };
	sqlite3 *db = NULL;

	for (int i = 0; i < 2; i++)
		copy_file(in(from, "%s/data/caseload/outbox.db%s", c->dir, tails[i]),
			in(to, "%s/copy.db%s", c->dir, tails[i]));
	in(to, "%s/copy.db", c->dir);
	if (sqlite3_open_v2(to, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
		sqlite3_exec(db, "SELECT 1 FROM patch", NULL, NULL, NULL) == SQLITE_OK)
		return db;
	sqlite3_close(db);
	return NULL;
}

static sqlite3_stmt *ask(sqlite3 *db, const char *sql, const char *text)
{
	sqlite3_stmt *stmt = NULL;

	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK && text)
		sqlite3_bind_text(stmt, 1, text, -1, SQLITE_TRANSIENT);
	return stmt;
}

static bool any(sqlite3 *db, const char *sql, const char *text)
{
	sqlite3_stmt *stmt = ask(db, sql, text);
	bool found = stmt && sqlite3_step(stmt) == SQLITE_ROW;

	sqlite3_finalize(stmt);
	return found;
}

static bool service_did(const char *uuid)
{
	sqlite3 *db = NULL;
	bool did = false;

	if (sqlite3_open_v2(service_db, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK) {
		sqlite3_busy_timeout(db, 2000);
		did = any(db, "SELECT 1 FROM idempotency WHERE key = ?", uuid);
	}
	sqlite3_close(db);
	return did;
}

/* The row of this life's act, else the oldest. */
static enum state state_of(struct client *c, sqlite3 *db)
{
	char name[40], like[60] = "%";
	enum state state = STATE_NONE;

	if (c->act >= 0) {
		mark_name(name, c->n, c->act);
		snprintf(like, sizeof like, "%%%s%%", name);
		if (any(db, "SELECT 1 FROM done WHERE body LIKE ?", like))
			return STATE_SETTLED;
		if (!any(db, "SELECT 1 FROM patch WHERE body LIKE ?", like))
			snprintf(like, sizeof like, "%%");
	}
	sqlite3_stmt *stmt = ask(
		db, "SELECT state, uuid, unsure FROM patch WHERE body LIKE ? ORDER BY key", like);
	if (stmt && sqlite3_step(stmt) == SQLITE_ROW) {
		bool sent = sqlite3_column_int(stmt, 0) != 0 || sqlite3_column_int(stmt, 2);
		state = service_did((const char *)sqlite3_column_text(stmt, 1)) ? STATE_ANSWERED
			: sent							? STATE_SENT
										: STATE_SAVED;
	}
	sqlite3_finalize(stmt);
	return state;
}

static bool has_draft(struct client *c, sqlite3 *db)
{
	char name[40], like[60];

	mark_name(name, c->n, c->act);
	snprintf(like, sizeof like, "%%%s%%", name);
	return any(db, "SELECT 1 FROM draft WHERE text LIKE ?", like);
}

/* What is on disk here counts as said, whether or not anybody still saw it. */
static void take_stored(sqlite3 *db)
{
	sqlite3_stmt *stmt =
		ask(db, "SELECT body FROM patch UNION ALL SELECT body FROM done", NULL);

	while (stmt && sqlite3_step(stmt) == SQLITE_ROW) {
		const char *text = (const char *)sqlite3_column_text(stmt, 0);
		struct mark *m;

		while ((m = mark_next(&text)))
			m->said = true;
	}
	sqlite3_finalize(stmt);
}

/* ---- the end of one */

static bool same_modes(const struct termios *a, const struct termios *b)
{
	return a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag && a->c_cflag == b->c_cflag &&
	       a->c_lflag == b->c_lflag && !memcmp(a->c_cc, b->c_cc, sizeof a->c_cc);
}

static bool terminal_right(struct client *c)
{
	struct termios now;

	if (tcgetattr(c->slave, &now) || !same_modes(&now, &c->before))
		return false;
	for (int i = 0; i < 4; i++)
		if (c->modes[i])
			return false;
	return true;
}

/* Whoever it left behind has become our child. */
static bool alone(void)
{
	int64_t until = now_ms() + 5000;

	while (waitpid(-1, NULL, WNOHANG) >= 0 || errno == EINTR) {
		if (now_ms() > until)
			return false;
		poll(NULL, 0, 2);
	}
	return true;
}

static void kill_children(void)
{
	char path[PATH_SIZE];
	int pid;
	FILE *f = fopen(in(path, "/proc/self/task/%d/children", (int)getpid()), "r");

	while (f && fscanf(f, "%d", &pid) == 1) {
		char name[PATH_SIZE] = "";
		FILE *comm = fopen(in(path, "/proc/%d/comm", pid), "r");

		if (comm && fgets(name, sizeof name, comm))
			printf("# left over: %s", name);
		if (comm)
			fclose(comm);
		kill(pid, SIGKILL);
	}
	if (f)
		fclose(f);
}

/* For whoever has to find out why it did not end. */
static void tell_state(struct client *c)
{
	static const char *const files[] = { "status", "syscall", "wchan" };
	char path[PATH_SIZE], line[PATH_SIZE];

	for (int i = 0; i < 3; i++) {
		FILE *f = fopen(in(path, "/proc/%d/%s", (int)c->child, files[i]), "r");

		while (f && fgets(line, sizeof line, f))
			if (i || !strncmp(line, "Sig", 3) || !strncmp(line, "State", 5))
				printf("# %s: %s%s", files[i], line,
					strchr(line, '\n') ? "" : "\n");
		if (f)
			fclose(f);
	}
	for (int row = 0; row < ROWS; row++)
		row_text(c, row), printf("# |%s\n", c->text);
}

static void end_it(struct client *c, enum end how)
{
	int64_t until = now_ms() + PATIENCE_MS, again = now_ms() + 30;

	if (how == END_CLOSED)
		terminal_close(c);
	else
		kill(c->child, end_signals[how]);
	while (look_whether_ended(c), !c->ended && now_ms() < until) {
		if (how == END_INT && now_ms() > again) { /* asked twice, as a person does */
			kill(c->child, SIGINT);
			again = now_ms() + 200;
		}
		if (c->master < 0)
			poll(NULL, 0, 2);
		else if (terminal_waits(c, 2))
			terminal_read(c);
	}
	while (terminal_waits(c, 0))
		terminal_read(c);
	if (!c->ended) {
		printf("# it did not end after %s\n", end_names[how]);
		tell_state(c);
		__atomic_add_fetch(&tally->hung, 1, __ATOMIC_RELAXED);
		kill(c->child, SIGKILL);
		waitpid(c->child, &c->status, 0);
		c->ended = true;
	}
}

static bool crashed(int status)
{
	int signo = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	return signo == SIGSEGV || signo == SIGABRT || signo == SIGBUS || signo == SIGFPE ||
	       signo == SIGILL || (WIFEXITED(status) && WEXITSTATUS(status) == 99);
}

static void count(int *what)
{
	__atomic_add_fetch(what, 1, __ATOMIC_RELAXED);
}

/* how: ENDS when it ended by itself. */
static void look_after(struct client *c, enum end how)
{
	if (crashed(c->status)) {
		printf("# %c: ended by %d, exit %d, when sent %s\n", 'a' + c->n,
			WIFSIGNALED(c->status) ? WTERMSIG(c->status) : 0, WEXITSTATUS(c->status),
			how < ENDS ? end_names[how] : "nothing");
		for (int row = 0; row < ROWS; row++)
			row_text(c, row), printf("# |%s\n", c->text);
		count(&tally->crashed);
	}
	if (!alone()) {
		printf("# %c: after %s something runs on\n", 'a' + c->n,
			how < ENDS ? end_names[how] : "nothing");
		count(&tally->left_over);
		kill_children();
		alone();
	}
	if (how == END_CLOSED) {
		terminal_open(c);
	} else if (how == END_KILL) {
		c->wrong_before = c->wrong_before || !terminal_right(c);
	} else if (!terminal_right(c)) {
		if (!c->wrong_before || c->up) {
			printf("# %c: the terminal is wrong after %s%s, modes %d%d%d%d\n",
				'a' + c->n, how < ENDS ? end_names[how] : "its own end",
				c->wrong_before ? ", not repaired" : "", c->modes[0], c->modes[1],
				c->modes[2], c->modes[3]);
			count(c->wrong_before ? &tally->unrepaired : &tally->terminal);
			terminal_close(c);
			terminal_open(c);
		}
	} else {
		tally->repaired += c->wrong_before;
		c->wrong_before = false;
	}
	sqlite3 *db = outbox_copy(c);
	c->waiting = db && any(db, "SELECT 1 FROM patch LIMIT 1 OFFSET 5", NULL);
	if (how < ENDS) {
		enum state state = db ? state_of(c, db) : STATE_NONE;
		count(&tally->by_state[state]);
		count(&tally->by_end[how]);
		count(&tally->kills);
	}
	if (c->form && how == END_KILL)
		tally->marks[c->n][c->act].drafted = db && has_draft(c, db);
	if (db)
		take_stored(db);
	sqlite3_close(db);
}

static enum end any_end(struct client *c)
{
	int dice = chance(c, 10);

	for (int i = 0; i < ENDS; i++)
		if (getenv("KILLS_END") && !strcmp(getenv("KILLS_END"), end_names[i]))
			return (enum end)i;
	return dice < 4 ? END_KILL : (enum end)(END_TERM + chance(c, ENDS - 1));
}

/* ---- what people do */

/* From a fifth of a millisecond to longer than it all takes, each size as often. */
static int64_t soon(struct client *c)
{
	return now_ms() + (int64_t)(0.2 * pow(10, chance(c, 1000) / 1000.0 * 3.6));
}

/* Done by the service and not known here is a moment of milliseconds, the less often met the slower the
   machine: when it is short of its share, somebody watches for it. */
static bool watches(struct client *c)
{
	int kills = __atomic_load_n(&tally->kills, __ATOMIC_RELAXED),
	    answered = __atomic_load_n(&tally->by_state[STATE_ANSWERED], __ATOMIC_RELAXED);

	return answered * 10 < kills && chance(c, 2) == 0;
}

/* Until the service's record has the mark; then its time has come. */
static void wait_answered(struct client *c, const char *mark, int most_ms)
{
	char like[60];
	sqlite3 *db = NULL;
	int64_t until = now_ms() + most_ms;
	bool did = false;

	snprintf(like, sizeof like, "%%%s%%", mark);
	if (sqlite3_open_v2(service_db, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK)
		while (!did && !c->ended && now_ms() < until) {
			did = any(db,
				"SELECT 1 FROM (SELECT text, changes FROM event ORDER BY seq DESC LIMIT 20) "
				"WHERE text LIKE ?1 OR changes LIKE ?1",
				like);
			look_whether_ended(c);
			if (!did && terminal_waits(c, 1))
				terminal_read(c);
		}
	sqlite3_close(db);
	c->kill_at = now_ms();
}

static void act_line(struct client *c, enum kind kind, bool last)
{
	char name[40], line[80];
	int n = mark_begin(c, kind, name);

	snprintf(line, sizeof line, "%s %s", kind == KIND_TAG ? "tag" : "note", name);
	keys(c, ":");
	keys(c, line);
	if (!wait_shows(c, line, NULL, PATIENCE_MS))
		return;
	keys(c, "\r");
	if (last && watches(c)) {
		wait_answered(c, name, 8000);
		return;
	}
	bool late = last && chance(c, 3) == 0; /* once all is settled, as far as one can see */
	if (last && !late)
		c->kill_at = soon(c);
	if (wait_shows(c, "Saved here", name, 8000))
		tally->marks[c->n][n].said = true;
	if (late && tally->marks[c->n][n].said) {
		wait_gone(c, "outbox ", 3000);
		c->kill_at = now_ms() + chance(c, 40);
	}
}

/* The editor of these people writes the word it finds in a file, and may wait then. */
static void act_letter(struct client *c, bool last)
{
	char name[40], path[PATH_SIZE];
	int n = mark_begin(c, KIND_REPLY, name);
	bool waits = chance(c, 4) == 0;

	touch(in(path, "%s/written", c->dir), false);
	touch(in(path, "%s/waits", c->dir), waits);
	write_text(in(path, "%s/mark", c->dir), name);
	if (last && waits)
		c->kill_at = now_ms() + 100 + chance(c, 1000);
	keys(c, "r");
	if (!wait_shows(c, "y send", NULL, 8000)) {
		/* What was written down in the editor is as good as seen. */
		tally->marks[c->n][n].drafted = access(in(path, "%s/written", c->dir), F_OK) == 0;
		return;
	}
	if (wait_shows(c, name, NULL, 500) || access(in(path, "%s/written", c->dir), F_OK) == 0)
		tally->marks[c->n][n].drafted = true;
	if (chance(c, 3) == 0) {
		c->kill_at = last ? soon(c) : c->kill_at;
		return;
	}
	row_text(c, ROWS - 1);
	bool before = strstr(c->text, "Saved here") != NULL;
	keys(c, "y");
	if (last && tally->marks[c->n][n].drafted && watches(c)) {
		wait_answered(c, name, 8000);
		return;
	}
	if (last)
		c->kill_at = soon(c);
	if (wait_shows(c, "Saved here", NULL, 8000) && !before)
		tally->marks[c->n][n].said = tally->marks[c->n][n].drafted;
}

static void act_form(struct client *c, bool last)
{
	char name[40];
	int n = mark_begin(c, KIND_FORM, name);

	keys(c, "e");
	if (!wait_shows(c, "F2", NULL, 8000))
		return;
	keys(c, name);
	if (!wait_shows(c, name, NULL, 8000))
		return;
	tally->marks[c->n][n].drafted = c->form = true;
	if (last)
		c->kill_at = soon(c);
	wait_shows(c, "never", NULL, 3000);
}

/* Much waits here: looked on, until it is less, and then ended. */
static enum end draining_life(struct client *c)
{
	static const char *const argv[] = { "caseload", NULL };

	c->kill_at = INT64_MAX;
	count(&tally->screens);
	run(c, argv);
	wait_shows(c, "outbox ", NULL, 3000);
	wait_gone(c, "outbox ", 10000);
	c->kill_at = now_ms() + chance(c, 40);
	wait_shows(c, "never", NULL, PATIENCE_MS);
	look_whether_ended(c);
	if (c->ended)
		return ENDS;
	enum end how = any_end(c);
	end_it(c, how);
	return how;
}

static enum end screen_life(struct client *c)
{
	static const char *const argv[] = { "caseload", NULL };
	bool early = chance(c, 10) < 2;
	int acts = 1 + chance(c, 2), row = chance(c, 12);
	int64_t began = now_ms();

	c->kill_at = early ? began + chance(c, (int)(2 * c->start_ms) + 2) : INT64_MAX;
	count(&tally->screens);
	c->act = -1;
	run(c, argv);
	if (wait_shows(c, "shown of", NULL, early ? PATIENCE_MS : 3000) || shows(c, "Q quit", NULL))
		c->start_ms = 0.8 * c->start_ms + 0.2 * (double)(now_ms() - began);
	while (row-- > 0)
		keys(c, "j");
	for (int i = 0; i < acts && now_ms() < c->kill_at && !c->ended; i++) {
		int dice = chance(c, 20);
		bool last = !early && i == acts - 1;

		if (dice < 14)
			act_line(c, dice < 9 ? KIND_NOTE : KIND_TAG, last);
		else if (dice < 18)
			act_letter(c, last), i = acts;
		else
			act_form(c, last), i = acts;
	}
	if (c->kill_at != INT64_MAX)
		wait_shows(c, "never", NULL, PATIENCE_MS);
	look_whether_ended(c);
	if (c->ended)
		return ENDS;
	enum end how = any_end(c);
	end_it(c, how);
	return how;
}

static enum end command_life(struct client *c)
{
	static const char *const verbs[] = {
		[KIND_NOTE] = "note", [KIND_TAG] = "tag", [KIND_REPLY] = "reply"
	};
	enum kind kind = (enum kind)(KIND_NOTE + chance(c, 4));
	char name[40], numbers[PATH_SIZE], number[40] = "";
	int64_t began = now_ms();
	FILE *f = fopen(in(numbers, "%s/numbers", dir), "r");

	for (int row = chance(c, 14); row >= 0 && f && fgets(number, sizeof number, f);)
		row--;
	if (f)
		fclose(f);
	number[strcspn(number, "\n")] = '\0';
	const char *const made[] = { "caseload", "new", "--queue=waste", "--team=refuse",
		"--timeout=3", name, NULL };
	const char *const argv[] = { "caseload", verbs[kind], number, "--timeout=3", name, NULL };

	c->kill_at = began + chance(c, (int)(1.3 * c->command_ms) + 2);
	count(&tally->commands);
	int n = mark_begin(c, kind, name);
	bool watched = kind != KIND_NEW && watches(c);

	run(c, kind == KIND_NEW ? made : argv);
	if (watched)
		wait_answered(c, name, PATIENCE_MS);
	else
		wait_shows(c, "never", NULL, PATIENCE_MS);
	look_whether_ended(c);
	if (!c->ended) {
		enum end how = any_end(c);

		end_it(c, how);
		/* What it printed before its end, it said. */
		if (shows(c, "accepted by the service", NULL) || shows(c, "saved here", NULL))
			tally->marks[c->n][n].said = true;
		return how;
	}
	while (terminal_waits(c, 0))
		terminal_read(c);
	c->command_ms = 0.8 * c->command_ms + 0.2 * (double)(now_ms() - began);
	if (WIFEXITED(c->status) && (WEXITSTATUS(c->status) == 0 || WEXITSTATUS(c->status) == 6))
		tally->marks[c->n][n].said = true;
	return ENDS;
}

/* ---- a client's directories, and all of its lives */

static void person(struct client *c, const char *url)
{
	static const char *const names[][2] = { { "HOME", "home" }, { "XDG_CONFIG_HOME", "config" },
		{ "XDG_DATA_HOME", "data" }, { "XDG_STATE_HOME", "state" },
		{ "XDG_CACHE_HOME", "cache" }, { "XDG_RUNTIME_DIR", "run" },
		{ "XDG_CONFIG_DIRS", "etc" } };
	char path[PATH_SIZE], text[2 * PATH_SIZE];

	snprintf(c->dir, sizeof c->dir, "%s/%c", dir, 'a' + c->n);
	mkdir(c->dir, 0700);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		mkdir(in(path, "%s/%s", c->dir, names[i][1]), 0700);
		setenv(names[i][0], path, 1);
	}
	mkdir(in(path, "%s/config/caseload", c->dir), 0700);
	snprintf(text, sizeof text,
		"[send]\nhold = %d\n[service \"test\"]\ntype = native\nurl = %s\ntoken-file = "
		"%s/service/first-token\n",
		c->n % 2, url, dir);
	write_text(in(path, "%s/config/caseload/config", c->dir), text);
	setenv("CLIENT", c->dir, 1);
}

static void live(struct client *c, const char *url)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	person(c, url);
	c->command_ms = c->start_ms = 200;
	terminal_open(c);
	while (__atomic_load_n(&tally->kills, __ATOMIC_RELAXED) < tally->wanted)
		look_after(c, c->waiting && chance(c, 3) ? draining_life(c)
			      : chance(c, 5) < 3	 ? screen_life(c)
							 : command_life(c));
	fflush(stdout);
	_exit(0);
}

/* ---- what they all speak to */

/* Starts what says `NAME: ready URL`; its URL in url. */
static pid_t start(const char *const *argv, char url[PATH_SIZE])
{
	int ends[2];
	char line[PATH_SIZE] = "";
	size_t size = 0;

	if (pipe(ends))
		give_up("no pipe");
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		dup2(ends[1], 1);
		dup2(open("/dev/null", O_WRONLY), 2);
		close(ends[0]);
		close(ends[1]);
		execv(argv[0], (char *const *)(void *)argv);
		_exit(127);
	}
	close(ends[1]);
	while (size + 1 < sizeof line && read(ends[0], line + size, 1) == 1 && line[size] != '\n')
		size++;
	fcntl(ends[0], F_SETFD,
		FD_CLOEXEC); /* it stays: what more is said is not read, and breaks nothing */
	const char *ready = strstr(line, ": ready ");
	if (!ready)
		give_up("%s does not start: %s", argv[0], line);
	snprintf(url, PATH_SIZE, "%.*s", (int)strcspn(ready + 8, "\n"), ready + 8);
	return pid;
}

static int port_of(const char *url)
{
	const char *colon = strrchr(url, ':');

	return colon ? atoi(colon + 1) : 0;
}

static pid_t start_service(int *port, char url[PATH_SIZE])
{
	char program[PATH_SIZE], listen[40], data[PATH_SIZE];

	in(program, "%s/caseloadd", build());
	snprintf(listen, sizeof listen, "127.0.0.1:%d", *port);
	in(data, "%s/service", dir);
	const char *const argv[] = { program, "serve", "--listen", listen, "--data", data,
		"--sample", "--with-parent", NULL };
	pid_t pid = start(argv, url);
	*port = port_of(url);
	return pid;
}

/* What breaks from now on: of a hundred requests some are slow, so that there is time to be ended
   in it, and some end as no request should. */
static void faults(bool on)
{
	char path[PATH_SIZE], next[PATH_SIZE];

	write_text(in(next, "%s/fault.new", dir),
		!on ? ""
		    : "delay=150,delay=400,late=100,late=300,late=600 %25\n"
		      "before,reset,request,request=200,gone,after,after-reset,cut,cut=1,cut-reset,"
		      "trickle=1,twice,both,"
		      "again=20,429=1,500,502,503,504,acted,garbage,html,empty,rubbish,length,"
		      "chunks,headless %15\n");
	if (rename(next, in(path, "%s/fault", dir)))
		give_up("no faults");
}

/* caseload with a client's directories; its output in a file. */
static int command(struct client *c, const char *out, const char *const *argv)
{
	char program[PATH_SIZE];
	int status;

	in(program, "%s/caseload", build());
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		person(c, getenv("PROXY"));
		dup2(open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600), 1);
		dup2(open("/dev/null", O_RDWR), 0);
		dup2(1, 2);
		execv(program, (char *const *)(void *)argv);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The numbers of the cases on the first page, from the service's file. */
static void write_numbers(void)
{
	char path[PATH_SIZE];
	sqlite3 *db = NULL;
	FILE *f = fopen(in(path, "%s/numbers", dir), "w");

	sqlite3_open_v2(service_db, &db, SQLITE_OPEN_READWRITE, NULL);
	sqlite3_stmt *stmt = ask(db,
		"SELECT number FROM casefile WHERE assignee = 's.rossi' AND NOT restricted AND "
		"citizen IS NOT NULL "
		"AND status IN ('new', 'open', 'waiting') LIMIT 14",
		NULL);
	while (f && stmt && sqlite3_step(stmt) == SQLITE_ROW)
		fprintf(f, "%s\n", sqlite3_column_text(stmt, 0));
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	if (!f || fclose(f))
		give_up("no numbers");
}

/* ---- afterwards: everything goes out, and is counted */

static int rows_left(struct client *c, char *rows, size_t size)
{
	sqlite3 *db = outbox_copy(c);
	sqlite3_stmt *stmt = db ? ask(db, "SELECT key FROM patch", NULL) : NULL;
	int n = 0;

	rows[0] = '\0';
	while (stmt && sqlite3_step(stmt) == SQLITE_ROW) {
		size_t used = strlen(rows);
		snprintf(rows + used, size - used, "%d ", sqlite3_column_int(stmt, 0));
		n++;
	}
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return n;
}

static int send_all(struct client *c)
{
	static char rows[8000];
	char out[PATH_SIZE];
	int left = 0;

	/* What another client of the same person has in hand is free again after two minutes. */
	for (int round = 0; round < 200 && (left = rows_left(c, rows, sizeof rows)); round++) {
		const char *argv[200] = { "caseload", "outbox", "retry", "--timeout=20" };
		int n = 4;

		for (char *save = NULL, *w = strtok_r(rows, " ", &save); w && n < 190;
			w = strtok_r(NULL, " ", &save))
			argv[n++] = w;
		argv[n] = NULL;
		command(c, in(out, "%s/retry", c->dir), argv);
		poll(NULL, 0, 1000);
	}
	if (left) {
		char line[PATH_SIZE];
		FILE *f = fopen(out, "r");
		while (f && fgets(line, sizeof line, f))
			printf("# %c: %s", 'a' + c->n, line);
		if (f)
			fclose(f);
	}
	return left;
}

static void find_kept(struct client *c)
{
	sqlite3 *db = outbox_copy(c);
	sqlite3_stmt *stmt = db ? ask(db,
					  "SELECT text FROM draft UNION ALL SELECT body FROM done "
					  "UNION ALL SELECT body FROM patch",
					  NULL)
				: NULL;

	while (stmt && sqlite3_step(stmt) == SQLITE_ROW) {
		const char *text = (const char *)sqlite3_column_text(stmt, 0);
		struct mark *m;

		while (text && (m = mark_next(&text)))
			m->kept = true;
	}
	sqlite3_finalize(stmt);
	sqlite3_close(db);
}

static void count_in(sqlite3 *db, const char *sql, int kinds)
{
	sqlite3_stmt *stmt = ask(db, sql, NULL);

	if (!stmt)
		give_up("cannot count: %s", sqlite3_errmsg(db));
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		const char *text = (const char *)sqlite3_column_text(stmt, 0);
		struct mark *m;

		while (text && (m = mark_next(&text)))
			m->held += kinds >> m->kind & 1;
	}
	sqlite3_finalize(stmt);
}

/* A tag is added once when one change of the record has it after and not before. */
static void count_held(void)
{
	sqlite3 *db = NULL;

	if (sqlite3_open_v2(service_db, &db, SQLITE_OPEN_READWRITE, NULL))
		give_up("cannot read the service's file");
	count_in(db, "SELECT text FROM event WHERE text LIKE '%mark\\_%' ESCAPE '\\'",
		1 << KIND_NOTE | 1 << KIND_REPLY);
	count_in(db, "SELECT subject FROM casefile WHERE subject LIKE '%mark\\_%' ESCAPE '\\'",
		1 << KIND_NEW);
	count_in(db,
		"SELECT a.value FROM event AS e, json_each(e.changes, '$.tags[1]') AS a "
		"WHERE e.changes LIKE '%mark\\_%' ESCAPE '\\' AND NOT EXISTS "
		"(SELECT 1 FROM json_each(e.changes, '$.tags[0]') AS b WHERE b.value = a.value)",
		1 << KIND_TAG);
	if (any(db, "SELECT 1 FROM pragma_integrity_check WHERE integrity_check <> 'ok'", NULL))
		give_up("the service's file is damaged");
	sqlite3_close(db);
}

static int percent(int part, int whole)
{
	return whole ? 100 * part / whole : 0;
}

static bool verdict(int clients, int left, double seconds)
{
	static const char *const kinds[KINDS] = { "note", "tag", "new case", "reply", "form" };
	int said = 0, drafted = 0, lost = 0, doubled = 0, drafts_lost = 0, under_way = 0;
	bool good = true;

	for (int c = 0; c < clients; c++)
		for (int n = 0; n < tally->mark_count[c]; n++) {
			const struct mark *m = &tally->marks[c][n];
			char name[40];

			mark_name(name, c, n);
			said += m->said;
			drafted += m->drafted;
			if (m->said && !m->held && m->kind != KIND_FORM) {
				printf("# lost: %s %s\n", kinds[m->kind], name);
				lost++;
			}
			if (m->held > 1) {
				printf("# %d times: %s %s\n", m->held, kinds[m->kind], name);
				doubled++;
			}
			if (m->drafted && !m->kept && !m->held) {
				printf("# draft lost: %s %s\n", kinds[m->kind], name);
				drafts_lost++;
			}
		}
	printf("## %d kills in %.0f s, %.1f a second; %d screens, %d commands\n", tally->kills,
		seconds, tally->kills / seconds, tally->screens, tally->commands);
	printf("## by");
	for (int i = 0; i < ENDS; i++)
		printf("%s %s %d", i ? "," : "", end_names[i], tally->by_end[i]);
	printf("\n## hit");
	for (int i = 0; i < STATES; i++) {
		printf("%s %s %d (%d %%)", i ? "," : "", state_names[i], tally->by_state[i],
			percent(tally->by_state[i], tally->kills));
		under_way += i != STATE_NONE && tally->by_state[i] * 20 >= tally->kills;
	}
	printf("\n## %d updates acknowledged: lost %d, applied twice %d, left in the outbox %d; %d "
	       "drafts: lost %d\n",
		said, lost, doubled, left, drafted, drafts_lost);
	printf("## processes left over %d, not ended %d, crashed %d; terminal left wrong %d, "
	       "repaired after SIGKILL %d, "
	       "not repaired %d\n",
		tally->left_over, tally->hung, tally->crashed, tally->terminal, tally->repaired,
		tally->unrepaired);
	good = !lost && !doubled && !left && !drafts_lost && !tally->left_over && !tally->hung &&
	       !tally->crashed && !tally->terminal && !tally->unrepaired && said;
	/* A few dozen kills are too few for shares. */
	return good && (tally->kills < 500 || under_way == 4);
}

static void remove_all(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		execlp("rm", "rm", "-rf", dir, (char *)NULL);
		_exit(127);
	}
	waitpid(pid, NULL, 0);
}

static void surroundings(void)
{
	static const char *const drop[] = { "LANG", "LANGUAGE", "NO_COLOR", "COLUMNS", "LINES",
		"VISUAL", "ACCESSIBLE", "CASELOAD_ACCESSIBLE", "CASELOAD_PROFILE", "INPUTRC",
		"PAGER" };
	char path[PATH_SIZE];

	/* What a killed program wrote stays with the system, synced or not: memory is as good as a
	 * disk. */
	snprintf(dir, sizeof dir, "%s/caseload-kills-XXXXXX",
		access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
	if (!mkdtemp(dir))
		give_up("no temporary directory");
	in(service_db, "%s/service/casework.db", dir);
	for (size_t i = 0; i < sizeof drop / sizeof *drop; i++)
		unsetenv(drop[i]);
	setenv("TERM", "xterm-256color", 1);
	setenv("LC_ALL", "C.UTF-8", 1);
	setenv("TZ", "UTC", 1);
	setenv("ESCDELAY", "25", 1);
	write_text(in(path, "%s/editor", dir),
		"#!/bin/sh\n"
		"echo \"Dear citizen, $(cat \"$CLIENT/mark\").\" >>\"$1\"\n"
		": >\"$CLIENT/written\"\n"
		"[ ! -e \"$CLIENT/waits\" ] || exec sleep 60\n");
	chmod(path, 0700);
}

int main(int argc, char **argv)
{
	int clients = getenv("KILLS_CLIENTS") ? atoi(getenv("KILLS_CLIENTS")) : 4, port = 0,
	    left = 0, status;
	unsigned seed = getenv("KILLS_SEED") ? (unsigned)atoi(getenv("KILLS_SEED"))
					     : (unsigned)time(NULL) % 100000;
	char url[PATH_SIZE], proxy[PATH_SIZE], program[PATH_SIZE], seed_text[12];
	static struct client all[CLIENTS_MAX];
	pid_t pids[CLIENTS_MAX];

	umask(077);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_DFL); /* a shell ignores them for what it starts beside it, */
	signal(SIGQUIT, SIG_DFL);
	signal(SIGHUP, SIG_DFL); /* and nohup this */
	clients = clients < 1 ? 1 : clients > CLIENTS_MAX ? CLIENTS_MAX : clients;
	tally = mmap(
		NULL, sizeof *tally, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	tally->wanted = argc > 1 ? atoi(argv[1]) : getenv("TORTURE") ? 2000 : 40;
	surroundings();
	printf("## KILLS_SEED=%u KILLS_CLIENTS=%d\n", seed, clients);
	pid_t service = start_service(&port, url);
	write_numbers();
	faults(true);
	in(program, "%s/tests/fake/proxy", getenv("BUILD") ? getenv("BUILD") : "build/san");
	snprintf(seed_text, sizeof seed_text, "%u", seed);
	const char *const wire[] = { program, "-s", seed_text, dir, url, NULL };
	pid_t wire_pid = start(wire, proxy);
	setenv("PROXY", proxy, 1);

	int64_t began = now_ms();
	for (int i = 0; i < clients; i++) {
		all[i] = (struct client){ .n = i, .seed = seed * 31 + (unsigned)i };
		fflush(stdout);
		pids[i] = fork();
		if (pids[i] == 0)
			live(&all[i], proxy);
	}
	/* The service is killed now and then, too. */
	for (unsigned dice = seed;
		__atomic_load_n(&tally->kills, __ATOMIC_RELAXED) < tally->wanted;) {
		poll(NULL, 0, 1000 + (int)(rand_r(&dice) % 4000));
		kill(service, SIGKILL);
		waitpid(service, NULL, 0);
		service = start_service(&port, url);
	}
	for (int i = 0; i < clients; i++)
		if (waitpid(pids[i], &status, 0) != pids[i] || status)
			give_up("client %d came to no end", i);
	double seconds = (double)(now_ms() - began) / 1000;

	faults(false);
	for (int i = 0; i < clients; i++) {
		snprintf(all[i].dir, sizeof all[i].dir, "%s/%c", dir, 'a' + i);
		left += send_all(&all[i]);
	}
	for (int i = 0; i < clients; i++)
		find_kept(&all[i]);
	count_held();
	bool good = verdict(clients, left, seconds);
	kill(service, SIGTERM);
	kill(wire_pid, SIGTERM);
	waitpid(service, NULL, 0);
	waitpid(wire_pid, NULL, 0);
	if (good || !getenv("KILLS_KEEP"))
		remove_all();
	else
		printf("# kept: %s\n", dir);
	printf("%s what was saved takes effect once, whenever the program ends\n",
		good ? "ok" : "not ok");
	return !good;
}
