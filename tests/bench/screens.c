/* The screen measured beside its peers in one run: caseload, neomutt and tig, each with as many rows, in a
   pty of the same size, A B B A, a fresh process each, medians. What is printed:
     start      from exec to the first list painted, ms
     USS        the memory of the process alone, MiB (/proc/PID/smaps_rollup)
     step       from a cursor key to the last byte of its repaint: p50 and worst, ms; bytes; write() calls
     page       the same for page down
     held       500 cursor keys at once: from the first to the last byte of the repaint, ms; bytes
     idle       bytes and wake-ups in 5 s without a key
   caseload reads its list from the cache while its service is away, as at a cold start. Then, alone: start
   with 100,000 rows beside 1,000; and with a live service: idle with its stream open, a key while its cases
   come in page after page, the keys while it is stopped (SIGSTOP).
   usage: screens ROWS   (from `make bench`; 0: without the peers) */
#include "model/arena.h"
#include "model/buf.h"
#include "model/store.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	ROUNDS = 6,
	STEPS = 60,
	PAGES = 20,
	HELD = 500,
	COLS = 120,
	LINES = 40,
	QUIET_MS = 25, /* so long without a byte: the repaint has ended */
	SYNC_KEYS = 400,
};

struct peer {
	const char *name;
	const char *const *argv;
	const char *first; /* text that the first painted list holds */
	const char *top, *down, *page; /* keys; top: to the first row, where it does not begin there */
	double start[ROUNDS * 2], uss[ROUNDS * 2], step[ROUNDS * 2 * STEPS], pages[ROUNDS * 2 * PAGES];
	double bytes[ROUNDS * 2 * STEPS], writes[ROUNDS * 2 * STEPS];
	double page_bytes[ROUNDS * 2 * PAGES];
	double held[ROUNDS * 2], held_bytes[ROUNDS * 2];
	int rounds, steps, page_count;
	long idle_bytes, idle_wakes;
};

static char top[64];

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double part(double *v, int n, double where)
{
	if (n == 0)
		return 0;
	qsort(v, (size_t)n, sizeof *v, by_size);
	int i = (int)(where * (n - 1) + 0.5);
	return v[i];
}

/* ---- the rows each program shows */

static void path_of(struct buf *b, const char *under)
{
	buf_reset(b);
	buf_printf(b, "%s/%s", top, under);
}

static void put_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (!f || fputs(text, f) < 0 || fclose(f) != 0) {
		perror(path);
		exit(1);
	}
}

static void make_maildir(int rows)
{
	struct buf path = { 0 }, text = { 0 };
	static const char *const dirs[] = { "mail", "mail/cur", "mail/new", "mail/tmp", "hcache" };

	for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
		path_of(&path, dirs[i]);
		mkdir(path.text, 0700);
	}
	for (int i = 0; i < rows; i++) {
		buf_reset(&text);
		buf_printf(&text, "From: Okafor %d <j%d@example.org>\nTo: team@example.org\n"
			"Subject: Missed bin, week %d\nMessage-ID: <%d@example.org>\n"
			"Date: Mon, 3 Aug 2026 %02d:%02d:%02d +0000\n\nOur bin was not emptied.\n",
			i, i, i, i, i / 3600 % 24, i / 60 % 60, i % 60);
		buf_reset(&path);
		buf_printf(&path, "%s/mail/cur/%d.M%dP1.host:2,S", top, 1700000000 + i, i);
		put_file(path.text, text.text);
	}
	path_of(&path, "muttrc");
	buf_reset(&text);
	buf_printf(&text, "set folder=%s/mail\nset spoolfile=%s/mail\nset header_cache=%s/hcache\n"
		"set sort=date\nset mail_check=0\nset timeout=0\nset quit=yes\nset confirmappend=no\nset nomark_old\n",
		top, top, top);
	put_file(path.text, text.text);
	buf_clear(&path);
	buf_clear(&text);
}

static void run_quiet(const char *const *argv, const char *input)
{
	pid_t pid = fork();

	if (pid == 0) {
		int in = open(input ? input : "/dev/null", O_RDONLY), out = open("/dev/null", O_WRONLY);
		dup2(in, 0);
		dup2(out, 1);
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	int status;
	waitpid(pid, &status, 0);
	if (status != 0)
		fprintf(stderr, "%s: status %d\n", argv[0], status);
}

static void make_repository(int rows)
{
	struct buf path = { 0 }, text = { 0 };

	for (int i = 0; i < rows; i++)
		buf_printf(&text, "commit refs/heads/main\ncommitter Okafor <j@example.org> %d +0000\n"
			"data <<E\nMissed bin, week %d\nE\n\n", 1700000000 + i, i);
	path_of(&path, "fast-import");
	put_file(path.text, text.text);
	char repository[128];
	snprintf(repository, sizeof repository, "%s/repository", top);
	run_quiet((const char *const[]) { "git", "init", "-q", "-b", "main", repository, NULL }, NULL);
	run_quiet((const char *const[]) { "git", "-C", repository, "fast-import", "--quiet", NULL }, path.text);
	buf_clear(&path);
	buf_clear(&text);
}

static void fill_page(struct page *p, int from, int count)
{
	for (int i = from; i < from + count; i++) {
		struct casefile *cf = page_add_case(p);

		cf->id = arena_printf(&p->arena, "c%d", i);
		cf->number = arena_printf(&p->arena, "2026-%06d", i);
		cf->version = "1";
		cf->subject = arena_printf(&p->arena, "Missed bin, week %d", i);
		cf->queue = "waste";
		cf->status = "open";
		cf->stage = STAGE_OPEN;
		cf->priority = 1 + i % 5;
		cf->worker = "s.rossi";
		cf->team = "refuse";
		cf->citizen = arena_printf(&p->arena, "p%d", i);
		cf->citizen_name = arena_printf(&p->arena, "Okafor %d, Jane", i);
		cf->opened = cf->changed = 1780000000 + i;
		cf->due = 1780000000 + i;
	}
}

static void make_cache(const char *run_dir, int rows)
{
	struct buf data = { 0 }, cache = { 0 }, config = { 0 };
	struct error err = { 0 };
	static const char *const dirs[] = { "data", "data/caseload", "config", "config/caseload", "state",
		"cache", "home" };

	for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
		path_of(&data, dirs[i]);
		mkdir(data.text, 0700);
	}
	path_of(&data, "data/caseload");
	path_of(&cache, run_dir);
	mkdir(cache.text, 0700);
	buf_text(&cache, "/caseload");
	mkdir(cache.text, 0700);
	struct store *s = store_open(data.text, cache.text, &err);
	if (!s) {
		fprintf(stderr, "store: %s\n", err.text);
		exit(1);
	}
	for (int from = 0; from < rows; from += 1000) {
		struct page p;
		page_init(&p);
		fill_page(&p, from, rows - from < 1000 ? rows - from : 1000);
		if (!store_put(s, "bench", &p, &err))
			fprintf(stderr, "store: %s\n", err.text);
		page_clear(&p);
	}
	store_close(s);
	path_of(&config, "config/caseload/config");
	put_file(config.text, "[ui]\nclock = no\n[service \"bench\"]\ntype = native\nurl = http://127.0.0.1:9/v1\n"
		"token-command = echo none\n[view \"All\"]\nquery = is:open sort:due\n");
	buf_clear(&data);
	buf_clear(&cache);
	buf_clear(&config);
}

/* ---- one program in a pty */

struct run {
	pid_t pid;
	int fd;
	double began;
	struct buf out;
};

static void run_begin(struct run *r, const struct peer *p)
{
	struct winsize size = { .ws_row = LINES, .ws_col = COLS };

	buf_reset(&r->out);
	r->began = now_ms();
	r->pid = forkpty(&r->fd, NULL, NULL, &size);
	if (r->pid == 0) {
		execvp(p->argv[0], (char *const *)p->argv);
		_exit(127);
	}
}

/* Reads until quiet_ms pass without a byte (or limit_ms in all); gives the moment of the last byte. */
static double drain(struct run *r, int quiet_ms, int limit_ms)
{
	double end = now_ms() + limit_ms, last = 0;
	struct pollfd p = { .fd = r->fd, .events = POLLIN };

	while (now_ms() < end && poll(&p, 1, quiet_ms) > 0) {
		char bytes[65536];
		ssize_t n = read(r->fd, bytes, sizeof bytes);
		if (n <= 0)
			break;
		last = now_ms();
		buf_add(&r->out, bytes, (size_t)n);
	}
	return last;
}

static bool wait_for(struct run *r, const char *text, int limit_ms)
{
	double end = now_ms() + limit_ms;

	while (now_ms() < end) {
		struct pollfd p = { .fd = r->fd, .events = POLLIN };
		char bytes[65536];

		if (poll(&p, 1, 100) <= 0)
			continue;
		ssize_t n = read(r->fd, bytes, sizeof bytes);
		if (n <= 0)
			return false;
		buf_add(&r->out, bytes, (size_t)n);
		if (memmem(r->out.text, r->out.size, text, strlen(text)))
			return true;
	}
	return false;
}

static long proc_number(pid_t pid, const char *file, const char *name)
{
	char path[64], line[256];
	long sum = -1;

	snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
	FILE *f = fopen(path, "r");
	while (f && fgets(line, sizeof line, f))
		if (strncmp(line, name, strlen(name)) == 0)
			sum = (sum < 0 ? 0 : sum) + strtol(line + strlen(name), NULL, 10);
	if (f)
		fclose(f);
	return sum;
}

static double uss_mib(pid_t pid)
{
	return (double)(proc_number(pid, "smaps_rollup", "Private_Clean:") +
		proc_number(pid, "smaps_rollup", "Private_Dirty:")) / 1024;
}

static double press(struct run *r, const char *keys, double *bytes, double *writes)
{
	size_t before = r->out.size;
	long calls = proc_number(r->pid, "io", "syscw:");
	double began = now_ms();

	if (write(r->fd, keys, strlen(keys)) < 0)
		return -1;
	double last = drain(r, QUIET_MS, 2000);
	*bytes = (double)(r->out.size - before);
	if (writes)
		*writes = (double)(proc_number(r->pid, "io", "syscw:") - calls);
	return last > 0 ? last - began : -1;
}

static void run_end(struct run *r)
{
	kill(r->pid, SIGCONT);
	kill(r->pid, SIGTERM);
	for (int i = 0; i < 50 && waitpid(r->pid, NULL, WNOHANG) == 0; i++)
		drain(r, 100, 100);
	kill(r->pid, SIGKILL);
	waitpid(r->pid, NULL, 0);
	close(r->fd);
}

/* So many keys in the terminal's buffer before the program is woken. */
static void hold_key(struct run *r, struct peer *p)
{
	struct buf keys = { 0 };
	double bytes;

	for (int i = 0; i < HELD; i++)
		buf_text(&keys, p->down);
	double took = press(r, keys.text, &bytes, NULL);
	p->held[p->rounds - 1] = took;
	p->held_bytes[p->rounds - 1] = bytes;
	buf_clear(&keys);
}

static void idle_for(struct run *r, int ms, long *bytes, long *wakes)
{
	size_t before = r->out.size;
	long was = proc_number(r->pid, "status", "voluntary_ctxt_switches:");

	drain(r, ms, ms);
	*bytes = (long)(r->out.size - before);
	*wakes = proc_number(r->pid, "status", "voluntary_ctxt_switches:") - was;
}

static void one_round(struct peer *p, bool idle)
{
	struct run r = { 0 };

	run_begin(&r, p);
	if (!wait_for(&r, p->first, 20000)) {
		fprintf(stderr, "%s never showed %s\n", p->name, p->first);
		run_end(&r);
		buf_clear(&r.out);
		return;
	}
	p->start[p->rounds] = now_ms() - r.began;
	drain(&r, 400, 5000);
	p->uss[p->rounds++] = uss_mib(r.pid);
	double unused;
	if (p->top)
		press(&r, p->top, &unused, NULL);
	for (int i = 0; i < STEPS; i++) {
		double took = press(&r, p->down, &p->bytes[p->steps], &p->writes[p->steps]);
		if (took >= 0)
			p->step[p->steps++] = took;
	}
	for (int i = 0; i < PAGES; i++) {
		double took = press(&r, p->page, &p->page_bytes[p->page_count], NULL);
		if (took >= 0)
			p->pages[p->page_count++] = took;
	}
	if (p->top)
		press(&r, p->top, &unused, NULL);
	hold_key(&r, p);
	if (idle) {
		drain(&r, 1500, 3000);
		idle_for(&r, 5000, &p->idle_bytes, &p->idle_wakes);
	}
	run_end(&r);
	buf_clear(&r.out);
}

static void print_peer(struct peer *p)
{
	printf("%-10s %8.1f %6.1f %7.2f %7.2f %6.0f %6.1f %7.2f %6.0f %7.1f %7.0f %4ld B %5ld\n", p->name,
		part(p->start, p->rounds, 0.5), part(p->uss, p->rounds, 0.5), part(p->step, p->steps, 0.5),
		part(p->step, p->steps, 1), part(p->bytes, p->steps, 0.5), part(p->writes, p->steps, 0.5),
		part(p->pages, p->page_count, 0.5), part(p->page_bytes, p->page_count, 0.5),
		part(p->held, p->rounds, 0.5), part(p->held_bytes, p->rounds, 0.5), p->idle_bytes, p->idle_wakes);
}

/* ---- the keys while the service hangs */

static pid_t start_service(struct buf *url)
{
	int ends[2];
	char data[128], bytes[512];

	snprintf(data, sizeof data, "%s/service", top);
	if (pipe(ends) != 0)
		exit(1);
	pid_t pid = fork();
	if (pid == 0) {
		dup2(ends[1], 1);
		execlp("caseloadd", "caseloadd", "serve", "--listen", "127.0.0.1:0", "--data", data, "--sample",
			"--with-parent", (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	ssize_t n;
	while (!strchr(buf_str(url), '\n') && (n = read(ends[0], bytes, sizeof bytes)) > 0)
		buf_add(url, bytes, (size_t)n);
	close(ends[0]);
	char *at = strstr(buf_str(url), "http://");
	if (at) {
		at[strcspn(at, "\n")] = '\0';
		memmove(url->text, at, strlen(at) + 1);
	}
	return pid;
}

/* From a key to the first byte after it, while others may come too. */
static double first_byte(struct run *r, const char *key)
{
	struct pollfd p = { .fd = r->fd, .events = POLLIN };
	double began = now_ms();

	if (write(r->fd, key, strlen(key)) < 0 || poll(&p, 1, 2000) <= 0)
		return -1;
	double took = now_ms() - began;
	drain(r, 5, 15);
	return took;
}

/* To the end of what is here, again and again: the next page is asked for each time. */
static void syncing(struct peer *p)
{
	static double took[SYNC_KEYS];
	static const char *const keys[] = { "G", "k", "k", "j", "k", "j" };
	struct run r = { 0 };
	int n = 0;

	run_begin(&r, p);
	if (wait_for(&r, "-000", 20000))
		for (int i = 0; i < SYNC_KEYS; i++) {
			double ms = first_byte(&r, keys[i % 6]);
			if (ms >= 0)
				took[n++] = ms;
		}
	printf("a key while the service's cases come in: %d keys, p50 %.2f ms, p99 %.2f ms (aim at most 5), "
	       "worst %.2f ms\n",
		n, part(took, n, 0.5), part(took, n, 0.99), part(took, n, 1));
	run_end(&r);
	buf_clear(&r.out);
}

static void idle_live(struct run *r)
{
	long bytes, wakes;

	idle_for(r, 10000, &bytes, &wakes);
	printf("idle 10 s with the stream open: %ld bytes (aim 0), %ld wake-ups (aim: one a heartbeat)\n", bytes,
		wakes);
}

/* Nothing is due and nothing comes: no heartbeat, and no time yet to take the stream for dead. */
static void idle_stopped(struct run *r)
{
	long bytes, wakes;

	idle_for(r, 5000, &bytes, &wakes);
	printf("idle 5 s with nothing coming in: %ld bytes (aim 0), %ld wake-ups (aim 0)\n", bytes, wakes);
}

static void stopped_service(struct peer *p, pid_t service)
{
	static double took[STEPS * 2];
	int n = 0, worst = 0;
	struct run r = { 0 };

	run_begin(&r, p);
	if (wait_for(&r, "-000", 20000)) {
		drain(&r, 1000, 5000);
		idle_live(&r);
		kill(service, SIGSTOP);
		idle_stopped(&r);
		for (int i = 0; i < STEPS * 2; i++) {
			double bytes, ms = press(&r, i % 6 == 5 ? "\r" : i % 6 == 0 && i ? "q" : p->down, &bytes, NULL);
			if (ms < 0)
				continue;
			took[n] = ms;
			if (ms > took[worst])
				worst = n;
			n++;
		}
	}
	const char *key = worst % 6 == 5 ? "Enter" : worst % 6 == 0 && worst ? "q" : "j";
	printf("keys while the service is stopped: %d keys, p50 %.2f ms, ", n, part(took, n, 0.5));
	printf("worst %.2f ms (aim: 50 ms at worst), that was key %d, %s\n", part(took, n, 1), worst + 1, key);
	run_end(&r);
	buf_clear(&r.out);
}

static void with_service(struct peer *p)
{
	struct buf url = { 0 }, config = { 0 }, path = { 0 };
	pid_t service = start_service(&url);

	buf_printf(&config, "[ui]\nclock = no\n[service \"live\"]\ntype = native\nurl = %s\n"
		"token-file = %s/service/first-token\n[view \"All\"]\nquery = sort:due\n", url.text, top);
	path_of(&path, "config/caseload/config");
	put_file(path.text, config.text);
	path_of(&path, "live");
	mkdir(path.text, 0700);
	setenv("XDG_RUNTIME_DIR", path.text, 1);
	syncing(p);
	stopped_service(p, service);
	kill(service, SIGCONT);
	kill(service, SIGTERM);
	waitpid(service, NULL, 0);
	buf_clear(&url);
	buf_clear(&config);
	buf_clear(&path);
}

/* ---- start, few rows beside many */

static double start_with(struct peer *p, const char *run_dir)
{
	struct run r = { 0 };
	struct buf path = { 0 };

	path_of(&path, run_dir);
	setenv("XDG_RUNTIME_DIR", path.text, 1);
	run_begin(&r, p);
	bool shown = wait_for(&r, p->first, 20000);
	double took = now_ms() - r.began;
	drain(&r, 100, 1000);
	run_end(&r);
	buf_clear(&r.out);
	buf_clear(&path);
	return shown ? took : -1;
}

static void many_rows(struct peer *p)
{
	double few[ROUNDS], many[ROUNDS];

	make_cache("few", 1000);
	make_cache("many", 100000);
	start_with(p, "few");
	start_with(p, "many");
	for (int i = 0; i < ROUNDS; i += 2) {
		few[i] = start_with(p, "few");
		many[i] = start_with(p, "many");
		many[i + 1] = start_with(p, "many");
		few[i + 1] = start_with(p, "few");
	}
	double a = part(few, ROUNDS, 0.5), b = part(many, ROUNDS, 0.5);
	printf("start with 100,000 rows %.1f ms, with 1,000 %.1f ms: %.2f (aim at most 1.1)\n", b, a, b / a);
}

static void surroundings(void)
{
	static const struct {
		const char *name, *under;
	} dirs[] = { { "HOME", "home" }, { "XDG_CONFIG_HOME", "config" }, { "XDG_DATA_HOME", "data" },
		{ "XDG_STATE_HOME", "state" }, { "XDG_CACHE_HOME", "cache" }, { "XDG_RUNTIME_DIR", "run" } };
	struct buf b = { 0 };

	snprintf(top, sizeof top, "/tmp/caseload-bench-XXXXXX");
	if (!mkdtemp(top))
		exit(1);
	for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
		path_of(&b, dirs[i].under);
		setenv(dirs[i].name, b.text, 1);
	}
	setenv("TERM", "xterm-256color", 1);
	setenv("LC_ALL", "C.UTF-8", 1);
	setenv("TZ", "UTC", 1);
	setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
	buf_clear(&b);
}

static void beside_peers(struct peer *caseload, int rows)
{
	char muttrc[128], repository[128];

	snprintf(muttrc, sizeof muttrc, "%s/muttrc", top);
	snprintf(repository, sizeof repository, "%s/repository", top);
	make_maildir(rows);
	make_repository(rows);
	make_cache("run", rows);

	static struct peer neomutt = { .name = "neomutt", .first = "Missed bin", .top = "=", .down = "j", .page = "\033[6~" };
	static struct peer tig = { .name = "tig", .first = "Missed bin", .top = "\033[H", .down = "j", .page = "\033[6~" };
	const char *const neomutt_argv[] = { "neomutt", "-F", muttrc, NULL };
	const char *const tig_argv[] = { "tig", "-C", repository, NULL };
	neomutt.argv = neomutt_argv;
	tig.argv = tig_argv;
	one_round(&neomutt, false); /* fills its header cache */
	neomutt.rounds = neomutt.steps = neomutt.page_count = 0;

	for (int i = 0; i < ROUNDS / 2; i++) {
		struct peer *order[] = { caseload, &neomutt, &tig, &tig, &neomutt, caseload };
		for (int k = 0; k < 6; k++)
			one_round(order[k], i == 0 && k < 3);
	}
	printf("%d rows, %dx%d, medians of %d fresh processes\n\n", rows, COLS, LINES, ROUNDS);
	printf("%-10s %8s %6s %7s %7s %6s %6s %7s %6s %7s %7s %6s %5s\n", "", "start", "USS", "step", "worst",
		"bytes", "writes", "page", "bytes", "held", "bytes", "idle", "wakes");
	print_peer(caseload);
	print_peer(&neomutt);
	print_peer(&tig);
	printf("\nstart %.2f of neomutt (aim 0.10); USS %.1f MiB (aim at most 12); step %.2f of neomutt (aim 0.40), "
	       "%.0f bytes (aim at most 250)\n",
		part(caseload->start, caseload->rounds, 0.5) / part(neomutt.start, neomutt.rounds, 0.5),
		part(caseload->uss, caseload->rounds, 0.5),
		part(caseload->step, caseload->steps, 0.5) / part(neomutt.step, neomutt.steps, 0.5),
		part(caseload->bytes, caseload->steps, 0.5));
	printf("%d held keys: %.0f bytes (aim at most 4096); idle while the service is away: %ld bytes (aim 0)\n",
		HELD, part(caseload->held_bytes, caseload->rounds, 0.5), caseload->idle_bytes);
}

int main(int argc, char **argv)
{
	int rows = argc > 1 ? atoi(argv[1]) : 10000;
	const char *const words[] = { "caseload", NULL };
	static struct peer caseload = { .name = "caseload", .first = "Missed bin", .top = "gg", .down = "j", .page = "\033[6~" };

	caseload.argv = words;
	setvbuf(stdout, NULL, _IOLBF, 0);
	surroundings();
	if (rows)
		beside_peers(&caseload, rows);
	many_rows(&caseload);
	with_service(&caseload);
	run_quiet((const char *const[]) { "rm", "-rf", top, NULL }, NULL);
	return 0;
}
