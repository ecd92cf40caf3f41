/* Attachments into files: sync_file() with a driver of this test's own, whose files come from a server
   that cuts, refuses and floods. */
#include "model/file.h"
#include "net/url.h"
#include "tests/unit/sync_room.h"
#include "tests/unit/tiny.h"

#include <dirent.h>
#include <errno.h>
#include <sys/syscall.h>

extern const struct service_ops service_native;
static struct service_ops files;

const struct service_ops *const service_list[] = { &files, NULL };

static struct tiny server;

enum { MIB = 1024 * 1024 };

/* ---- a file system that cannot do it, once each */

static struct {
	int link, sync, mode; /* errno */
} fs;

static bool cannot(int *why)
{
	if (!*why)
		return false;
	errno = *why;
	*why = 0;
	return true;
}

int link(const char *from, const char *to)
{
	return cannot(&fs.link) ? -1 : (int)syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int fsync(int fd)
{
	return cannot(&fs.sync) ? -1 : (int)syscall(SYS_fsync, fd);
}

int fchmod(int fd, mode_t mode)
{
	return cannot(&fs.mode) ? -1 : (int)syscall(SYS_fchmod, fd, mode);
}

/* ---- the server */

static void big(struct tiny_call *c, int mib)
{
	char head[100];
	static char block[MIB / 16];

	snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", mib * MIB);
	tiny_say(c, head);
	memset(block, 'b', sizeof(block));
	for (int i = 0; i < 16 * mib; i++)
		tiny_put(c, block, sizeof(block));
}

static void answer(struct tiny_call *c)
{
	c->seen->count[0]++;
	if (tiny_is(c, "/plan"))
		tiny_answer(c, 200, "", "a plan of the street");
	else if (tiny_is(c, "/none"))
		tiny_answer(c, 200, "", "");
	else if (tiny_is(c, "/wrapped"))
		tiny_answer(c, 200, "", "head\nthe bytes");
	else if (tiny_is(c, "/big"))
		big(c, 20);
	else if (tiny_is(c, "/cut")) {
		tiny_say(c, "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nthis much");
		_exit(0);
	} else
		tiny_answer(c, 403, "", "{}");
}

/* ---- the driver */

static bool file_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	char url[200];

	(void)s;
	(void)err;
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/%s", server.port, c->file->id);
	r->method = "GET";
	r->url = xstrdup(url);
	return true;
}

static enum answer file_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	(void)s;
	(void)page;
	if (a->status == 200)
		return ANSWER_DONE;
	error_set(err, ERROR_DENIED, "You may not see the file %s.", c->file->name);
	return ANSWER_ERROR;
}

static bool file_feed(struct service *s, struct call *c, const char *bytes, size_t size,
	bool (*put)(void *ctx, const char *bytes, size_t size), void *ctx)
{
	(void)s;
	if (!strcmp(c->file->id, "wrapped") && !c->work) {
		c->work = xcalloc(1, 1);
		return put(ctx, bytes + 5, size - 5);
	}
	return put(ctx, bytes, size);
}

/* ---- asking */

static int64_t told, told_size;

static void progress(void *ctx, int64_t bytes, int64_t size)
{
	(void)ctx;
	told = bytes;
	told_size = size;
}

static char path[200];

static void fetch(struct world *w, const char *id, int64_t size, const char *name)
{
	struct page p;
	struct casefile *cf = some_case(w, 0, &p);
	struct attachment file = { .id = id, .name = id, .size = size };

	snprintf(path, sizeof(path), "%s/%s", w->dir, name);
	told = told_size = -1;
	sync_file(w->sync, cf->key, &file, path, progress, done, w);
	ok(wait_done(w));
	page_clear(&p);
}

/* How many files of ours are in the directory besides those that stood there before. */
static int left_behind(struct world *w)
{
	DIR *dir = opendir(w->dir);
	int count = 0;

	for (struct dirent *e; (e = readdir(dir));)
		count += !strncmp(e->d_name, ".caseload", 9);
	closedir(dir);
	return count;
}

static bool holds(const char *text)
{
	char room[100] = "";
	int fd = open(path, O_RDONLY);
	ssize_t got = fd < 0 ? -1 : read(fd, room, sizeof(room) - 1);

	close(fd);
	return got == (ssize_t)strlen(text) && !strcmp(room, text);
}

static bool there(void)
{
	struct stat st;

	return stat(path, &st) == 0;
}

static void well(struct world *w)
{
	test("a file comes whole, for its owner alone, and progress is told") {
		struct stat st;

		fetch(w, "plan", 20, "plan.txt");
		same_int(w->err.kind, ERROR_NONE);
		ok(holds("a plan of the street"));
		ok(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600);
		same_int((long)told, 20);
		same_int((long)told_size, 20);
	}
	test("an empty file is a file") {
		fetch(w, "none", 0, "empty");
		same_int(w->err.kind, ERROR_NONE);
		ok(there() && holds(""));
	}
	test("what a service wraps around it is taken off by its driver") {
		fetch(w, "wrapped", -1, "wrapped.txt");
		same_int(w->err.kind, ERROR_NONE);
		ok(holds("the bytes"));
	}
	test("more than an answer may hold") {
		struct stat st;

		fetch(w, "big", 20 * MIB, "big");
		same_int(w->err.kind, ERROR_NONE);
		ok(stat(path, &st) == 0 && st.st_size == 20 * MIB);
	}
	same_int(left_behind(w), 0);
}

static void badly(struct world *w)
{
	bool yes = true;

	test("nothing is written over, and nothing is asked for then") {
		int asked = server.seen->count[0];

		fetch(w, "wrapped", -1, "plan.txt");
		same_int(w->err.kind, ERROR_USAGE);
		ok(strstr(w->err.text, "plan.txt"));
		ok(holds("a plan of the street"));
		same_int(server.seen->count[0], asked);
		snprintf(path, sizeof(path), "%s/hanging", w->dir);
		ok(symlink("nowhere", path) == 0);
		fetch(w, "plan", -1, "hanging");
		same_int(w->err.kind, ERROR_USAGE);
	}
	test("one cut off leaves nothing behind") {
		fetch(w, "cut", -1, "cut");
		same_int(w->err.kind, ERROR_OFFLINE);
		ok(!there());
	}
	test("the driver says why it was refused, and the service is not away for it") {
		fetch(w, "secret", -1, "secret");
		same_int(w->err.kind, ERROR_DENIED);
		ok(strstr(w->err.text, "You may not see"));
		ok(!there());
		ok(wait_for(w, 5000, is_online, &yes));
	}
	test("beyond the limit nothing is kept, told or not told before") {
		config_set(w->config, "files.limit", "2", CONFIG_FLAG, NULL);
		fetch(w, "big", -1, "toolarge");
		same_int(w->err.kind, ERROR_REFUSED);
		ok(strstr(w->err.text, "2 MiB"));
		ok(!there());
		ok(wait_for(w, 5000, is_online, &yes));
		int asked = server.seen->count[0];

		fetch(w, "big", 20 * MIB, "toolarge");
		same_int(w->err.kind, ERROR_REFUSED);
		same_int(server.seen->count[0], asked);
	}
	test("where it cannot be written it says so") {
		fetch(w, "plan", -1, "no/such/directory");
		same_int(w->err.kind, ERROR_LOCAL);
		ok(wait_for(w, 5000, is_online, &yes));
	}
	test("forgotten on the way, it is not there, and nobody is told") {
		struct page p;
		struct casefile *cf = some_case(w, 0, &p);
		struct attachment file = { .id = "plan", .name = "plan", .size = -1 };

		snprintf(path, sizeof(path), "%s/forgotten", w->dir);
		told = -1;
		sync_file(w->sync, cf->key, &file, path, progress, done, w);
		sync_forget(w->sync, w);
		fetch(w, "none", 0, "after");
		same_int(w->done, 0);
		snprintf(path, sizeof(path), "%s/forgotten", w->dir);
		ok(!there());
		page_clear(&p);
	}
	test("a file system that has no links, or no place; a file that came there meanwhile") {
		fs.link = EPERM;
		fetch(w, "plan", 20, "without-links");
		same_int(w->err.kind, ERROR_NONE);
		ok(holds("a plan of the street"));
		fs.link = ENOTSUP;
		fetch(w, "plan", 20, "without-links-2");
		same_int(w->err.kind, ERROR_NONE);
		fs.link = EEXIST;
		fetch(w, "plan", 20, "came-meanwhile");
		same_int(w->err.kind, ERROR_USAGE);
		fs.link = ENOSPC;
		fetch(w, "plan", 20, "no-place");
		same_int(w->err.kind, ERROR_LOCAL);
		ok(!there());
		fs.sync = EIO;
		fetch(w, "plan", 20, "not-synced");
		same_int(w->err.kind, ERROR_LOCAL);
		ok(!there());
		fs.mode = EPERM;
		fetch(w, "plan", 20, "of-no-owner");
		same_int(w->err.kind, ERROR_LOCAL);
		ok(!there());
		fs.mode = EPERM;
		fetch(w, "none", 0, "empty-of-no-owner");
		same_int(w->err.kind, ERROR_LOCAL);
		ok(!there());
	}
	test("nothing of what it says it has; by its number where it has no name; without progress, beside nothing") {
		struct page p;
		struct casefile *cf = some_case(w, 0, &p);
		struct attachment file = { .id = "none", .size = 30 }, unsent = { .name = "here" };

		snprintf(path, sizeof(path), "%s/nothing", w->dir);
		sync_file(w->sync, cf->key, &file, path, NULL, done, w);
		ok(wait_done(w));
		same_int(w->err.kind, ERROR_GARBLED);
		ok(strstr(w->err.text, "none"));
		fetch(w, "none", 30, "nothing");
		same_int(w->err.kind, ERROR_GARBLED);
		sync_file(w->sync, cf->key, &unsent, path, NULL, done, w);
		ok(wait_done(w));
		same_int(w->err.kind, ERROR_REFUSED);
		files.file_feed = NULL;
		file = (struct attachment){ .id = "plan", .name = "plan", .size = 20 };
		char was[200];
		ok(getcwd(was, sizeof(was)) && !chdir(w->dir));
		sync_file(w->sync, cf->key, &file, "right-here", NULL, done, w);
		ok(wait_done(w));
		same_int(w->err.kind, ERROR_NONE);
		ok(!chdir(was));
		snprintf(path, sizeof(path), "%s/right-here", w->dir);
		ok(holds("a plan of the street"));
		files.file_feed = file_feed;
		page_clear(&p);
	}
	same_int(left_behind(w), 0);
}

static void list_team(struct world *w)
{
	struct query q = { 0 };

	query_parse(&q, QUERY_CASES, "is:open team:me sort:number", NULL, NULL);
	sync_list(w->sync, NULL, &q, false, 0, done, w);
	ok(wait_done(w));
	query_clear(&q);
}

int main(void)
{
	struct world w = { 0 };

	files = service_native;
	files.calls[CALL_FILE].ask = file_ask;
	files.calls[CALL_FILE].read = file_read;
	files.file_feed = file_feed;
	server = tiny_start(answer);
	test("the service starts, the store opens with a driver of our own") {
		ok(world_open(&w));
	}
	if (w.ran) {
		list_team(&w);
		well(&w);
		badly(&w);
	}
	world_close(&w);
	tiny_stop(&server);
	return test_result();
}
