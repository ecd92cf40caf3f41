/* Every call that can fail is made to fail once, in turn, in scripted runs of the real program:
   each allocation of its own code, a draw of those of the libraries, each write, sync, truncation,
   rename, open, connect and send (tests/torture/fail.c makes it so). After each: no crash and no
   hang, something said, no damaged store, and what was said to be saved or accepted takes effect
   once, counted in the service's own file; and the next start works. A few hundred points, drawn by
   $FAIL_SEED; with $TORTURE all of them, and 2,000 of the libraries'. `failing SCRIPT` tries one,
   `failing SCRIPT CLASS N ERRNO` one point of it, and shows it; $FAIL_BUILD says whose programs
   (build: sanitizers have an allocator of their own). */
#include "tests/torture/fail.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <vterm.h>

enum {
	WORKERS_MAX = 8,
	WORDS_MAX = 64,
	BATCH = 24,
	PATH_SIZE = 400,
	ROWS = 24,
	COLS = 132,
	HANG_MS = 60000,
	LIBRARY_POINTS = 2000,
	ROUNDS = 16
};

static const char *const class_names[FAIL_CLASSES] = { "own", "library", "write", "pwrite", "fsync",
	"fdatasync", "ftruncate", "rename", "open", "connect", "send" };
static const int class_errors[FAIL_CLASSES][5] = {
	[FAIL_OWN] = { ENOMEM },
	[FAIL_LIBRARY] = { ENOMEM },
	[FAIL_WRITE] = { ENOSPC, EIO, EINTR, FAIL_SHORT },
	[FAIL_PWRITE] = { ENOSPC, EIO, EINTR, FAIL_SHORT },
	[FAIL_FSYNC] = { EIO, EINTR },
	[FAIL_FDATASYNC] = { EIO },
	[FAIL_FTRUNCATE] = { EIO, EINTR },
	[FAIL_RENAME] = { ENOSPC, EIO },
	[FAIL_OPEN] = { EMFILE, EACCES, EINTR, ENOSPC },
	[FAIL_CONNECT] = { ECONNREFUSED, ENETUNREACH, ETIMEDOUT },
	[FAIL_SEND] = { ECONNRESET, EPIPE, FAIL_SHORT },
};

/* What stands in a store before the run, and what must hold after it. */
enum before { FRESH, USED, AWAY, SAVED, CONFLICT, BEFORES };
static const char *const before_names[BEFORES] = { "fresh", "used", "away", "saved", "conflict" };

struct step {
	const char *wait, *keys;
};

static const char *numbers[BATCH];

struct script {
	const char *name;
	enum before before;
	const char *argv[8];
	const char *expect; /* of its output when it ends with 0 */
	int effects; /* how many the mark has at the service when it said so; 0: it changes nothing
		      */
	bool keeps_row;		  /* the row before it stays, whatever happens */
	const struct step *steps; /* at a terminal */
	bool batch;
	bool spools; /* by a driver that takes files: a copy of one is kept beside the row */
};

static const struct step screen_steps[] = { { "shown of", ":note @MARK\r" }, { "Saved here", "Q" },
	{ NULL, NULL } };
static const struct step login_steps[] = { { "is not shown", "@TOKEN\r" }, { NULL, NULL } };

static const struct script scripts[] = {
	{ "list", FRESH, { "caseload", "list", "--limit=5" }, .expect = "20" },
	{ "show", USED, { "caseload", "show", "@NUMBER" }, .expect = "@NUMBER" },
	{ "reply", USED, { "caseload", "reply", "@NUMBER", "@MARK", "--timeout=5" }, .effects = 1 },
	{ "conflict", CONFLICT, { "caseload", "outbox", "send", "--timeout=5" },
		.keeps_row = true },
	{ "offline", AWAY, { "caseload", "note", "@NUMBER", "@MARK" }, .effects = 1 },
	{ "send", SAVED, { "caseload", "outbox", "send", "--timeout=5" } },
	{ "batch", USED, { "caseload", "note", "--yes=50", "--timeout=10" }, .effects = BATCH,
		.batch = true },
	{ "login", USED, { "caseload", "login" }, .expect = "accepts the token",
		.steps = login_steps },
	{ "attach", AWAY, { "caseload", "attach", "@NUMBER", "letter.txt", "--text=@MARK" },
		.spools = true },
	{ "demo", FRESH, { "caseload", "--demo", "list", "--limit=5" }, .expect = "20" },
	{ "purge", SAVED, { "caseload", "logout", "--purge", "--yes=1" } },
	{ "screen", USED, { "caseload" }, .effects = 1, .steps = screen_steps },
};
enum { SCRIPTS = sizeof scripts / sizeof *scripts };

struct total {
	int points[SCRIPTS][FAIL_CLASSES], missed, left_out, own_left_out, crashed, hung, damaged, lost, doubled,
		silent, lied, stuck, said;
};
static struct total *total;

static const char letter[] = "What the citizen brought.\n";
static const char nobody[] = "http://127.0.0.1:9/v1"; /* listens there */
static char dir[64], service_db[PATH_SIZE], token[200];
static unsigned seed;
static bool shown, argv_is_plain;
static int64_t end_ms; /* 0: however long it takes */

__attribute__((noreturn, format(printf, 1, 2))) static void give_up(const char *fmt, ...)
{
	va_list args;

	printf("# ");
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\nnot ok failing\n");
	fflush(stdout);
	exit(1);
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

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void count(int *what)
{
	__atomic_add_fetch(what, 1, __ATOMIC_RELAXED);
}

static void write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (!f || fputs(text, f) < 0 || fclose(f))
		give_up("cannot write %s", path);
}

static char *read_text(const char *path)
{
	static char text[1 << 16];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, text, sizeof text - 1) : 0;

	close(fd);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

/* ---- directories */

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	return remove(path);
}

static void remove_all(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void copy_file(const char *from, const char *to)
{
	static char bytes[1 << 16];
	int in_fd = open(from, O_RDONLY | O_CLOEXEC),
	    out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ssize_t n;

	while (in_fd >= 0 && out >= 0 && (n = read(in_fd, bytes, sizeof bytes)) > 0)
		if (write(out, bytes, (size_t)n) != n)
			give_up("cannot copy %s", from);
	close(in_fd);
	close(out);
}

static void copy_dir(const char *from, const char *to)
{
	char one[PATH_SIZE], other[PATH_SIZE];
	struct stat st;
	DIR *list = opendir(from);

	mkdir(to, 0700);
	for (struct dirent *e; list && (e = readdir(list));) {
		if (e->d_name[0] == '.')
			continue;
		in(one, "%s/%s", from, e->d_name);
		in(other, "%s/%s", to, e->d_name);
		if (!stat(one, &st) && S_ISDIR(st.st_mode))
			copy_dir(one, other);
		else
			copy_file(one, other);
	}
	if (list)
		closedir(list);
}

static void configure(const char *home, const char *type, const char *url)
{
	char path[PATH_SIZE], text[3 * PATH_SIZE];

	snprintf(text, sizeof text,
		"[send]\nhold = 0\n[service \"test\"]\ntype = %s\nurl = %s\ntoken-file = "
		"%s/token\n",
		type, url, home);
	write_text(in(path, "%s/config/caseload/config", home), text);
	write_text(in(path, "%s/token", home), token);
	chmod(path, 0600);
}

/* ---- programs */

static const char *bin(char path[PATH_SIZE], const char *name)
{
	return in(path, "%s/%s", getenv("FAIL_BUILD") ? getenv("FAIL_BUILD") : "build", name);
}

/* Runs a command of the client as it is, with the directories of home. */
static int plain(const char *home, const char *const *argv)
{
	static const char *const names[][2] = { { "HOME", "home" }, { "XDG_CONFIG_HOME", "config" },
		{ "XDG_DATA_HOME", "data" }, { "XDG_STATE_HOME", "state" },
		{ "XDG_CACHE_HOME", "cache" }, { "XDG_RUNTIME_DIR", "run" },
		{ "XDG_CONFIG_DIRS", "etc" } };
	char path[PATH_SIZE];
	int status;

	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		for (size_t i = 0; i < sizeof names / sizeof *names; i++)
			setenv(names[i][0], in(path, "%s/%s", home, names[i][1]), 1);
		dup2(open("/dev/null", O_RDWR), 0);
		dup2(open(in(path, "%s/plain", home), O_WRONLY | O_CREAT | O_TRUNC, 0600), 1);
		dup2(1, 2);
		execv(in(path, "%s/bin/caseload", dir), (char *const *)(void *)argv);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static pid_t start_service(char url[PATH_SIZE])
{
	int ends[2];
	char line[PATH_SIZE] = "", path[PATH_SIZE], data[PATH_SIZE];
	size_t size = 0;

	if (pipe(ends))
		give_up("no pipe");
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		dup2(ends[1], 1);
		dup2(open("/dev/null", O_WRONLY), 2);
		execl(bin(path, "caseloadd"), "caseloadd", "serve", "--listen", "127.0.0.1:0",
			"--data", in(data, "%s/service", dir), "--sample", "--with-parent",
			(char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	while (size + 1 < sizeof line && read(ends[0], line + size, 1) == 1 && line[size] != '\n')
		size++;
	fcntl(ends[0], F_SETFD, FD_CLOEXEC);
	const char *ready = strstr(line, ": ready ");
	if (!ready)
		give_up("the service does not start: %s", line);
	snprintf(url, PATH_SIZE, "%.*s", (int)strcspn(ready + 8, "\n"), ready + 8);
	return pid;
}

/* ---- the service's record, and the store's */

static sqlite3 *service(void)
{
	static sqlite3 *db;

	if (!db && sqlite3_open_v2(service_db, &db, SQLITE_OPEN_READWRITE, NULL))
		give_up("cannot read the service's file");
	sqlite3_busy_timeout(db, 5000);
	return db;
}

static int64_t number_of(sqlite3 *db, const char *sql, const char *text)
{
	sqlite3_stmt *stmt = NULL;
	int64_t n = -1;

	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK) {
		if (text)
			sqlite3_bind_text(stmt, 1, text, -1, SQLITE_TRANSIENT);
		if (sqlite3_step(stmt) == SQLITE_ROW)
			n = sqlite3_column_int64(stmt, 0);
	}
	sqlite3_finalize(stmt);
	return n;
}

static int64_t last_event(void)
{
	return number_of(service(), "SELECT coalesce(max(seq), 0) FROM event", NULL);
}

/* Entries with that mark, among those after that one. */
static int held(const char *mark, int64_t after)
{
	char sql[200];

	snprintf(sql, sizeof sql, "SELECT count(*) FROM event WHERE seq > %lld AND text = ?",
		(long long)after);
	return (int)number_of(service(), sql, mark);
}

static sqlite3 *store(const char *home, const char *name)
{
	char path[PATH_SIZE];
	sqlite3 *db = NULL;

	if (access(in(path, "%s/%s", home, name), F_OK))
		return NULL;
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK)
		return db;
	sqlite3_close(db);
	return NULL;
}

static int compare(void *unused, int size, const void *a, int other_size, const void *b)
{
	int order = memcmp(a, b, (size_t)(size < other_size ? size : other_size));

	(void)unused;
	return order ? order : size - other_size;
}

/* The program orders numbers in its own way: what stands in the file can be looked at without it,
   the order of that index cannot. */
static void stand_in(void *unused, sqlite3 *db, int encoding, const char *name)
{
	(void)unused;
	sqlite3_create_collation(db, name, encoding, NULL, compare);
}

/* An empty file is none yet. */
static bool sound(const char *home, const char *name, bool whole)
{
	sqlite3 *db = store(home, name);

	if (!db)
		return true;
	sqlite3_collation_needed(db, NULL, stand_in);
	bool good =
		number_of(db,
			whole ? "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check "
				"<> 'ok'"
			      : "SELECT count(*) FROM pragma_quick_check WHERE quick_check <> 'ok'",
			NULL) == 0;

	sqlite3_close(db);
	return good;
}

static int rows(const char *home)
{
	sqlite3 *db = store(home, "data/caseload/outbox.db");
	int n = db ? (int)number_of(db, "SELECT count(*) FROM patch", NULL) : 0;

	sqlite3_close(db);
	return n < 0 ? 0 : n;
}

/* ---- a program that stands before its main() */

struct server {
	pid_t pid;
	int in, out;
	struct fail_shared *shared;
};

static void server_start(struct server *s, const char *const *argv)
{
	int orders[2], answers[2], memory = memfd_create("fail", 0);
	char ends[60], path[PATH_SIZE], program[PATH_SIZE];

	if (memory < 0 || ftruncate(memory, sizeof *s->shared) || pipe(orders) || pipe(answers))
		give_up("no pipes");
	s->shared = mmap(NULL, sizeof *s->shared, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	fflush(stdout);
	s->pid = fork();
	if (s->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		close(orders[1]);
		close(answers[0]);
		snprintf(ends, sizeof ends, "%d,%d,%d", orders[0], answers[1], memory);
		setenv("FAIL_SERVER", ends, 1);
		if (!realpath(in(path, "%s/tests/torture/fail.so",
				      getenv("BUILD") ? getenv("BUILD") : "build"),
			    program))
			_exit(127);
		setenv("LD_PRELOAD", program, 1);
		execv(in(path, "%s/bin/caseload", dir), (char *const *)(void *)argv);
		_exit(127);
	}
	close(orders[0]);
	close(answers[1]);
	close(memory);
	s->in = orders[1];
	s->out = answers[0];
	fcntl(s->in, F_SETFD, FD_CLOEXEC);
	fcntl(s->out, F_SETFD, FD_CLOEXEC);
}

static void server_end(struct server *s)
{
	close(s->in);
	close(s->out);
	waitpid(s->pid, NULL, 0);
	munmap(s->shared, sizeof *s->shared);
}

static bool answers_within(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, ms) == 1;
}

/* ---- its terminal */

struct terminal {
	int master, slave;
	VTerm *vt;
	VTermScreen *screen;
	char name[64];
};

static void terminal_open(struct terminal *t)
{
	struct winsize size = { .ws_row = ROWS, .ws_col = COLS };

	if (openpty(&t->master, &t->slave, t->name, NULL, &size))
		give_up("no terminal");
	fcntl(t->master, F_SETFD, FD_CLOEXEC);
	fcntl(t->slave, F_SETFD, FD_CLOEXEC);
	t->vt = vterm_new(ROWS, COLS);
	vterm_set_utf8(t->vt, 1);
	t->screen = vterm_obtain_screen(t->vt);
	vterm_screen_enable_altscreen(t->screen, 1);
	vterm_screen_reset(t->screen, 1);
}

static void terminal_close(struct terminal *t)
{
	close(t->master);
	close(t->slave);
	vterm_free(t->vt);
}

static void terminal_read(struct terminal *t)
{
	static char bytes[1 << 16];
	ssize_t n = answers_within(t->master, 0) ? read(t->master, bytes, sizeof bytes) : 0;

	if (n > 0)
		vterm_input_write(t->vt, bytes, (size_t)n);
}

static bool terminal_shows(struct terminal *t, const char *text, bool tell)
{
	bool found = false;

	for (int row = 0; row < ROWS; row++) {
		char line[COLS + 1];

		for (int col = 0; col < COLS; col++) {
			VTermScreenCell cell;

			vterm_screen_get_cell(t->screen, (VTermPos){ row, col }, &cell);
			line[col] = cell.chars[0] >= ' ' && cell.chars[0] < 127
					    ? (char)cell.chars[0]
					    : ' ';
		}
		line[COLS] = '\0';
		found = found || strstr(line, text);
		if (tell && strspn(line, " ") < COLS)
			printf("# |%s\n", line);
	}
	return found;
}

/* ---- one run */

struct run {
	const struct script *script;
	struct fail_order order;
	int status;
	bool hung, seen; /* seen: its last step but one was reached, or what it was to show */
	int code;	 /* its exit code; -1: a signal */
};

static void type(struct terminal *t, const char *keys, const struct run *r)
{
	char text[300] = "";

	for (const char *at = keys; *at;) {
		const char *word = !strncmp(at, "@MARK", 5)    ? r->order.mark
				   : !strncmp(at, "@TOKEN", 6) ? token
							       : NULL;

		if (!word) {
			strncat(text, at++, 1);
			continue;
		}
		snprintf(text + strlen(text), sizeof text - strlen(text), "%.*s",
			(int)strcspn(word, "\n"), word);
		at += word == token ? 6 : 5;
	}
	if (write(t->master, text, strlen(text)) < 0)
		return;
}

/* Until it ended: its steps are taken as they come; one that does not come for long is answered by
 * SIGTERM. */
static bool at_terminal(struct server *s, struct run *r, struct terminal *t, pid_t pid)
{
	const struct step *step = r->script->steps;
	int64_t began = now_ms(), patience = began + 4000;

	while (!answers_within(s->out, 5)) {
		terminal_read(t);
		int64_t now = now_ms();
		if (now > began + HANG_MS)
			return false;
		if (step->wait && terminal_shows(t, step->wait, false)) {
			r->seen = r->seen || step > r->script->steps;
			type(t, step->keys, r);
			step++;
			patience = now_ms() + 4000;
		} else if (now > patience) {
			kill(pid, SIGTERM);
			patience = now + 30000;
		}
	}
	for (int i = 0; i < 20 && answers_within(t->master, 5); i++)
		terminal_read(t);
	if (step->wait && terminal_shows(t, step->wait, false))
		r->seen = r->seen || step > r->script->steps;
	if (r->script->expect)
		r->seen = terminal_shows(t, r->script->expect, false);
	return true;
}

static void run_it(struct server *s, struct run *r)
{
	struct terminal t = { 0 };
	pid_t pid = 0;

	r->hung = r->seen = false;
	r->order.terminal[0] = '\0';
	if (r->script && r->script->steps) {
		terminal_open(&t);
		snprintf(r->order.terminal, sizeof r->order.terminal, "%s", t.name);
	}
	if (write(s->in, &r->order, sizeof r->order) != (ssize_t)sizeof r->order ||
		read(s->out, &pid, sizeof pid) != (ssize_t)sizeof pid)
		give_up("the server of %s is gone", r->script ? r->script->name : "send");
	bool ended =
		r->order.terminal[0] ? at_terminal(s, r, &t, pid) : answers_within(s->out, HANG_MS);
	if (!ended) {
		r->hung = true;
		kill(pid, SIGKILL);
	}
	if (read(s->out, &r->status, sizeof r->status) != (ssize_t)sizeof r->status)
		give_up("the server of %s is gone", r->script ? r->script->name : "send");
	r->code = WIFEXITED(r->status) ? WEXITSTATUS(r->status) : -1;
	if (r->order.terminal[0]) {
		if (shown)
			terminal_shows(&t, "", true);
		terminal_close(&t);
	}
}

/* ---- what must hold */

struct worker {
	int n;
	struct server send; /* caseload outbox send, nothing of which fails */
	char home[PATH_SIZE], url[PATH_SIZE];
	int marks;
};

__attribute__((format(printf, 4, 5))) static void bad(
	const struct run *r, const struct worker *w, int *what, const char *fmt, ...)
{
	char path[PATH_SIZE], text[200];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	count(what);
	printf("# %s %s %llu %d: %s (ended %d)\n", r->script->name, class_names[r->order.class],
		(unsigned long long)r->order.at, r->order.error, text, r->code);
	printf("#   %.300s\n", read_text(in(path, "%s/err", w->home)));
	fflush(stdout);
}

static bool says(const struct worker *w, const struct run *r)
{
	char path[PATH_SIZE];
	const char *expect = r->script->expect;

	if (r->script->steps)
		return r->seen;
	if (!strcmp(expect, "@NUMBER"))
		expect = r->order.number;
	return strstr(read_text(in(path, "%s/out", w->home)), expect) != NULL;
}

static void look_at_stores(const struct worker *w, const struct run *r)
{
	char path[PATH_SIZE];
	glob_t aside;

	if (!sound(w->home, "data/caseload/outbox.db", true))
		bad(r, w, &total->damaged, "the outbox is damaged");
	if (!sound(w->home, "run/caseload/cache.db", false))
		bad(r, w, &total->damaged, "the cache is damaged");
	if (!glob(in(path, "%s/data/caseload/*damaged*", w->home), 0, NULL, &aside)) {
		bad(r, w, &total->damaged, "a good outbox was moved aside");
		globfree(&aside);
	}
}

/* Whether a whole copy of the letter is there. */
static bool spooled(const char *home)
{
	char path[PATH_SIZE];
	glob_t files;
	bool whole = false;

	if (glob(in(path, "%s/data/caseload/files/*", home), 0, NULL, &files))
		return false;
	for (size_t i = 0; i < files.gl_pathc; i++)
		whole = whole || !strcmp(read_text(files.gl_pathv[i]), letter);
	globfree(&files);
	return whole;
}

/* What the person was told is so. */
static void look_at_words(const struct worker *w, const struct run *r, int before)
{
	char path[PATH_SIZE];

	if (r->code > 0 && !r->script->steps && r->order.class != FAIL_WRITE &&
		!*read_text(in(path, "%s/err", w->home)) &&
		!*read_text(in(path, "%s/out", w->home)))
		bad(r, w, &total->silent, "nothing was said");
	if (r->code == 0 && r->script->expect && !says(w, r))
		bad(r, w, &total->lied, "it said that all is well, and showed nothing");
	if (r->script->keeps_row && before != rows(w->home))
		bad(r, w, &total->lost, "%d rows instead of %d", rows(w->home), before);
	if (r->script->spools && strstr(read_text(in(path, "%s/out", w->home)), "saved here") &&
		(rows(w->home) != 1 || !spooled(w->home)))
		bad(r, w, &total->lost, "said to be saved: %d rows, the file %s", rows(w->home),
			spooled(w->home) ? "whole" : "not there");
	if (strcmp(r->script->name, "purge") == 0 && r->code == 0 &&
		(!access(in(path, "%s/data/caseload/outbox.db", w->home), F_OK) ||
			!access(in(path, "%s/run/caseload/cache.db", w->home), F_OK)))
		bad(r, w, &total->lied, "it said that everything is gone");
	if (strcmp(r->script->name, "login") == 0 &&
		strcmp(read_text(in(path, "%s/token", w->home)), token) != 0 &&
		strncmp(read_text(path), token, strcspn(token, "\n")) != 0)
		bad(r, w, &total->lost, "the token is gone");
}

/* The next start works, sends what waits, and then each change is there once. */
static void look_at_effects(struct worker *w, const struct run *r, int64_t after)
{
	char out[PATH_SIZE];
	bool said = r->script->steps ? r->seen
				     : r->code == 0 || strstr(read_text(in(out, "%s/out", w->home)),
							       "saved here");
	int waits = rows(w->home), had = held(r->order.mark, after);
	struct run next = { .order = r->order };
	char path[PATH_SIZE];

	if (r->code == 0 && !r->script->steps && had < r->script->effects)
		bad(r, w, &total->lost, "said to be accepted, and is not there: %d of %d", had,
			r->script->effects);
	if (waits && said && had + waits < r->script->effects)
		bad(r, w, &total->lost, "said to be saved: %d, and %d rows, of %d", had, waits,
			r->script->effects);
	configure(w->home, "native", w->url);
	next.order.class = -1;
	for (int tries = 0; tries < 3 && (tries == 0 || rows(w->home)); tries++)
		run_it(&w->send, &next);
	if (next.hung || next.code != 0)
		bad(r, w, &total->stuck, "the next start ends with %d: %.150s", next.code,
			read_text(in(path, "%s/err", w->home)));
	int now = held(r->order.mark, after);
	if (now > r->script->effects)
		bad(r, w, &total->doubled, "it is there %d times instead of %d", now,
			r->script->effects);
	else if ((said || waits) && now < r->script->effects) {
		bad(r, w, &total->lost, "%d of %d are there, %d rows waited, %d wait", now,
			r->script->effects, waits, rows(w->home));
		printf("#   %s\n", read_text(in(path, "%s/out", w->home)));
	}
	total->said += said;
}

static void order_mark(struct worker *w, struct run *r)
{
	char *at = r->order.mark;

	/* In letters: a number might be taken for a case's. */
	snprintf(at, sizeof r->order.mark, "mark_%c_", 'a' + w->n);
	at += strlen(at);
	for (int n = w->marks++, i = 0; i < 6; i++, n /= 10)
		*at++ = (char)('a' + n % 10);
	*at = '\0';
	snprintf(r->order.number, sizeof r->order.number, "%s", numbers[w->marks % BATCH]);
}

static void point(struct worker *w, struct server *s, const struct script *script, int class,
	uint64_t at, int error)
{
	struct run r = { .script = script };
	char path[PATH_SIZE];

	r.order.class = class;
	r.order.at = at;
	r.order.error = error;
	snprintf(r.order.home, sizeof r.order.home, "%s", w->home);
	order_mark(w, &r);
	remove_all(w->home);
	copy_dir(in(path, "%s/%s", dir, before_names[script->before]), w->home);
	configure(w->home, script->spools ? "rt" : "native",
		script->before == AWAY ? nobody : w->url);
	int before = rows(w->home);
	int64_t after = script->effects ? last_event() : 0;

	run_it(s, &r);
	if (shown) {
		printf("# code %d, status %x, hit %d, seen %d\n# out: %s", r.code,
			(unsigned)r.status, s->shared->hit, r.seen,
			read_text(in(path, "%s/out", w->home)));
		printf("# err: %s", read_text(in(path, "%s/err", w->home)));
	}
	if (class < 0)
		return;
	if (s->shared->hit)
		count(&total->points[script - scripts][class]);
	else
		count(&total->missed);
	if (r.hung)
		bad(&r, w, &total->hung, "it hangs");
	else if (r.code < 0)
		bad(&r, w, &total->crashed, "signal %d", WTERMSIG(r.status));
	look_at_stores(w, &r);
	look_at_words(w, &r, before);
	if (script->effects)
		look_at_effects(w, &r, after);
}

/* ---- all of them */

/* Every one of so many, or a draw of some of them, the same for all workers whatever each counted. */
static bool drawn(int script, int class, uint64_t at, uint64_t some, uint64_t all)
{
	unsigned dice = (seed * 31 + (unsigned)script) * 31 + (unsigned)class + (unsigned)at * 2654435761u;

	rand_r(&dice);
	return some >= all || (uint64_t)rand_r(&dice) % all < some;
}

static void words_of(const struct script *script, const char *argv[WORDS_MAX])
{
	int words = 0;

	for (; script->argv[words]; words++)
		argv[words] = script->argv[words];
	for (int k = 0; script->batch && k < BATCH; k++)
		argv[words++] = numbers[k];
	if (script->batch)
		argv[words++] = "@MARK";
	argv[words] = NULL;
}

static int error_in_turn(int class, uint64_t at)
{
	int n = 0;

	while (n < 5 && class_errors[class][n])
		n++;
	return class_errors[class][(at + seed) % (uint64_t)n];
}

struct job {
	struct server server;
	bool there;
	uint64_t counts[FAIL_CLASSES]; /* of a run in which nothing fails */
};

static void job_start(struct worker *w, int i, struct job *job)
{
	const char *argv[WORDS_MAX];

	words_of(&scripts[i], argv);
	server_start(&job->server, argv);
	job->there = true;
	point(w, &job->server, &scripts[i], -1, 0, 0);
	memcpy(job->counts, job->server.shared->counts, sizeof job->counts);
	for (int class = 0; shown && class < FAIL_CLASSES; class ++)
		printf("%s%s %llu%s", class ? ", " : "## ", class_names[class],
			(unsigned long long)job->counts[class],
			class == FAIL_CLASSES - 1 ? "\n" : "");
	fflush(stdout);
}

static void work_round(struct worker *w, int i, struct job *job, int workers, uint64_t from)
{
	bool long_form = getenv("TORTURE") != NULL;

	for (int class = 0; class < FAIL_CLASSES; class ++) {
		uint64_t some = class == FAIL_LIBRARY ? (long_form ? LIBRARY_POINTS / SCRIPTS + 20 : 8)
				: long_form	      ? UINT64_MAX
				: class == FAIL_OWN   ? 10
						      : 2;
		for (uint64_t at = from; at <= job->counts[class]; at += ROUNDS)
			if (at % (uint64_t)workers == (uint64_t)w->n &&
				drawn(i, class, at, some, job->counts[class])) {
				if (!end_ms || now_ms() < end_ms)
					point(w, &job->server, &scripts[i], class, at,
						error_in_turn(class, at));
				else
					count(class == FAIL_OWN ? &total->own_left_out
								: &total->left_out);
			}
	}
}

/* In rounds over all of them, so that what there is no time for is not the whole end of one. */
static void work_all(struct worker *w, int workers, const char *name)
{
	struct job jobs[SCRIPTS] = { 0 };

	for (int i = 0; i < SCRIPTS; i++)
		if (!name || !strcmp(name, scripts[i].name))
			job_start(w, i, &jobs[i]);
	for (uint64_t from = 1; from <= ROUNDS && !shown; from++)
		for (int i = 0; i < SCRIPTS; i++)
			if (jobs[i].there)
				work_round(w, i, &jobs[i], workers, from);
	for (int i = 0; i < SCRIPTS; i++)
		if (jobs[i].there)
			server_end(&jobs[i].server);
}

static const struct script *script_named(const char *name)
{
	for (int i = 0; i < SCRIPTS; i++)
		if (!strcmp(scripts[i].name, name))
			return &scripts[i];
	give_up("no script %s", name);
}

static void work(struct worker *w, int workers, int argc, char **argv)
{
	static const char *const send[] = { "caseload", "outbox", "send", NULL };

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	in(w->home, "%s/home%d", dir, w->n);
	server_start(&w->send, send);
	if (argc > 4) {
		struct server s;
		const struct script *script = script_named(argv[1]);
		int class = 0;

		while (class < FAIL_CLASSES && strcmp(class_names[class], argv[2]) != 0)
			class ++;
		const char *words[WORDS_MAX];

		words_of(script, words);
		server_start(&s, words);
		uint64_t from = strtoull(argv[3], NULL, 10);
		uint64_t to =
			strchr(argv[3], '-') ? strtoull(strchr(argv[3], '-') + 1, NULL, 10) : from;

		shown = from == to;
		for (uint64_t at = from; at <= to; at++)
			point(w, &s, script, class == FAIL_CLASSES ? -1 : class, at, atoi(argv[4]));
		server_end(&s);
	} else {
		shown = argv_is_plain;
		work_all(w, workers, argc < 2 || argv_is_plain ? NULL : argv[1]);
	}
	server_end(&w->send);
	fflush(stdout);
	_exit(0);
}

/* ---- before and after */

static void take_numbers(void)
{
	sqlite3_stmt *stmt = NULL;
	int n = 0;

	sqlite3_prepare_v2(service(),
		"SELECT number FROM casefile WHERE team = 'refuse' AND NOT restricted AND citizen "
		"IS NOT NULL "
		"AND status IN ('new', 'open', 'waiting') LIMIT 51",
		-1, &stmt, NULL);
	while (stmt && sqlite3_step(stmt) == SQLITE_ROW && n < BATCH)
		numbers[n++] = strdup((const char *)sqlite3_column_text(stmt, 0));
	sqlite3_finalize(stmt);
	if (n < BATCH)
		give_up("only %d cases", n);
}

static void must(const char *home, int code, const char *const *argv)
{
	char path[PATH_SIZE];
	int got = plain(home, argv);

	if (got != code)
		give_up("%s %s ended with %d: %s", argv[1], argv[2], got,
			read_text(in(path, "%s/plain", home)));
}

#define MUST(home, code, ...)                                                                      \
	must(home, code, (const char *const[]){ "caseload", __VA_ARGS__, NULL })

/* The stores as each run finds them, made by the program itself. */
static void make_stores(const char *url)
{
	static const char *const dirs[] = { "home", "config", "config/caseload", "data", "state",
		"cache", "run", "etc" };
	char home[PATH_SIZE], path[PATH_SIZE];

	for (int b = 0; b < BEFORES; b++) {
		mkdir(in(home, "%s/%s", dir, before_names[b]), 0700);
		for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++)
			mkdir(in(path, "%s/%s", home, dirs[i]), 0700);
		write_text(in(path, "%s/letter.txt", home), letter);
		configure(home, "native", url);
		if (b == FRESH)
			continue;
		/* What is away is known by its list; a machine that is busy may be asked again. */
		static const char *const list[] = { "caseload", "list", "is:open team:refuse",
			"--limit=200", NULL };
		for (int tries = 0; tries < 5 && plain(home, list) != 0; tries++)
			continue;
		if (b == SAVED || b == CONFLICT) {
			MUST(home, 0, "show", numbers[0]);
			configure(home, "native", nobody);
			if (b == SAVED)
				MUST(home, 6, "note", numbers[0], "mark_saved");
			else
				MUST(home, 6, "priority", numbers[0], "3");
			configure(home, "native", url);
		}
	}
	in(home, "%s/%s", dir, before_names[USED]);
	MUST(home, 0, "priority", numbers[0], "4");
}

/* Beside the program, for the demo: it answers at once, from the service that runs. */
static void make_programs(const char *url)
{
	char from[PATH_SIZE], to[PATH_SIZE], text[4 * PATH_SIZE];

	mkdir(in(to, "%s/bin", dir), 0700);
	copy_file(bin(from, "caseload"), in(to, "%s/bin/caseload", dir));
	chmod(to, 0700);
	snprintf(text, sizeof text,
		"#!/bin/sh\ncp %s/service/first-token \"$5/first-token\"\necho 'caseloadd: ready "
		"%s'\nexec sleep 1000\n",
		dir, url);
	write_text(in(to, "%s/bin/caseloadd", dir), text);
	chmod(to, 0700);
}

static void surroundings(void)
{
	static const char *const drop[] = { "LANG", "LANGUAGE", "NO_COLOR", "COLUMNS", "LINES",
		"VISUAL", "EDITOR", "ACCESSIBLE", "CASELOAD_ACCESSIBLE", "CASELOAD_PROFILE",
		"INPUTRC", "PAGER" };

	snprintf(dir, sizeof dir, "%s/caseload-failing-XXXXXX",
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
}

static bool verdict(double seconds)
{
	int all = 0, of_class[FAIL_CLASSES] = { 0 };

	for (int i = 0; i < SCRIPTS; i++) {
		int here = 0;

		for (int class = 0; class < FAIL_CLASSES; class ++) {
			here += total->points[i][class];
			of_class[class] += total->points[i][class];
		}
		printf("%s%s %d", i ? ", " : "## points of ", scripts[i].name, here);
		all += here;
	}
	printf("\n");
	for (int class = 0; class < FAIL_CLASSES; class ++)
		printf("%s%s %d", class ? ", " : "## points of kind ", class_names[class],
			of_class[class]);
	printf("\n## %d points reached in %.0f s, %d not reached; left out for want of time: "
	       "%d allocations of our own, %d others; %d updates acknowledged\n",
		all, seconds, total->missed, total->own_left_out, total->left_out, total->said);
	printf("## crashed %d, hung %d, stores damaged %d, acknowledged and not stored %d, applied "
	       "twice %d, silent %d, "
	       "said what is not so %d, next start bad %d\n",
		total->crashed, total->hung, total->damaged, total->lost, total->doubled,
		total->silent, total->lied, total->stuck);
	return all && !total->crashed && !total->hung && !total->damaged && !total->lost &&
	       !total->doubled && !total->silent && !total->lied && !total->stuck;
}

int main(int argc, char **argv)
{
	static struct worker all[WORKERS_MAX];
	int workers = getenv("FAIL_WORKERS") ? atoi(getenv("FAIL_WORKERS"))
					     : (int)sysconf(_SC_NPROCESSORS_ONLN),
	    status;
	char url[PATH_SIZE], path[PATH_SIZE];
	pid_t pids[WORKERS_MAX];

	umask(077);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_DFL);
	signal(SIGQUIT, SIG_DFL);
	seed = getenv("FAIL_SEED") ? (unsigned)atoi(getenv("FAIL_SEED"))
				   : (unsigned)time(NULL) % 100000;
	argv_is_plain = argc > 1 && !strcmp(argv[1], "plain");
	workers = argc > 4 || argv_is_plain || workers < 1 ? 1
		  : workers > WORKERS_MAX		   ? WORKERS_MAX
							   : workers;
	total = mmap(
		NULL, sizeof *total, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	printf("## FAIL_SEED=%u\n", seed);
	surroundings();
	pid_t service_pid = start_service(url);
	snprintf(token, sizeof token, "%s", read_text(in(path, "%s/service/first-token", dir)));
	take_numbers();
	make_programs(url);
	make_stores(url);
	int64_t began = now_ms();
	if (getenv("TORTURE"))
		end_ms = began + (int64_t)(atoi(getenv("TORTURE")) - 60) * 1000;
	for (int i = 0; i < workers; i++) {
		all[i].n = i;
		snprintf(all[i].url, sizeof all[i].url, "%s", url);
		fflush(stdout);
		pids[i] = fork();
		if (pids[i] == 0)
			work(&all[i], workers, argc, argv);
	}
	bool good = true;
	for (int i = 0; i < workers; i++)
		good = waitpid(pids[i], &status, 0) == pids[i] && status == 0 && good;
	good = verdict((double)(now_ms() - began) / 1000) && good;
	if (held("mark_saved", 0) > 1) {
		printf("# the row that was saved before took effect %d times\n",
			held("mark_saved", 0));
		good = false;
	}
	kill(service_pid, SIGTERM);
	waitpid(service_pid, NULL, 0);
	if (!getenv("FAIL_KEEP"))
		remove_all(dir);
	printf("%s whatever fails once, nothing crashes, is damaged or is lost\n",
		good ? "ok" : "not ok");
	return !good;
}
