/* A real caseloadd, a store of our own and sync between them: for tests of net/sync.h. */
#ifndef TESTS_UNIT_SYNC_ROOM_H
#define TESTS_UNIT_SYNC_ROOM_H

#include "model/config.h"
#include "model/json.h"
#include "net/auth.h"
#include "net/sync.h"
#include "net/trace.h"
#include "tests/lib.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct world {
	char dir[64], url[64], token_file[128];
	pid_t service;
	int port;
	struct loop *loop;
	struct store *store;
	struct config *config;
	struct sync *sync;
	struct loop *raw_loop;
	struct transport *raw; /* beside sync: what the service itself says */
	char *raw_body;
	int raw_status;
	int done;
	struct error err;
	int asked;
	bool ran;
	const char *more; /* further lines of the service's section */
};

/* ---- the service */

static inline void child(struct world *w, int out)
{
	const char *build = getenv("BUILD") ? getenv("BUILD") : "build/san";
	char program[200], listen[40], data[100], log[100];

	snprintf(program, sizeof(program), "%s/caseloadd", build);
	snprintf(listen, sizeof(listen), "127.0.0.1:%d", w->port);
	snprintf(data, sizeof(data), "%s/service", w->dir);
	snprintf(log, sizeof(log), "%s/service.log", w->dir);
	int err = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);

	dup2(out, 1);
	dup2(err, 2);
	execl(program, program, "serve", "--listen", listen, "--data", data, "--sample",
		"--with-parent", (char *)NULL);
	_exit(127);
}

static inline bool service_start(struct world *w)
{
	int ends[2];
	char line[200] = "";
	size_t size = 0;

	if (pipe(ends) != 0)
		return false;
	w->service = fork();
	if (w->service == 0)
		child(w, ends[1]);
	close(ends[1]);
	while (size < sizeof(line) - 1 && !strchr(line, '\n')) {
		ssize_t got = read(ends[0], line + size, 1);

		if (got <= 0)
			break;
		line[++size] = '\0';
	}
	close(ends[0]);
	if (sscanf(line, "caseloadd: ready %63s", w->url) != 1)
		return false;
	w->port = atoi(strrchr(w->url, ':') + 1);
	return true;
}

static inline void service_kill(struct world *w, int signo)
{
	kill(w->service, signo);
	waitpid(w->service, NULL, 0);
	w->service = 0;
}

/* ---- waiting */

static inline void done(void *ctx, const struct error *err)
{
	struct world *w = ctx;

	w->done++;
	w->err = *err;
}

static inline void nothing(void *ctx)
{
	(void)ctx;
}

/* What it looked like when the waiting was in vain. */
static inline void explain(struct world *w)
{
	struct service_state state = { 0 };
	struct arena arena = { 0 };
	int count = 0;
	struct patch *rows = store_outbox(w->store, &count);

	store_state(w->store, "city", &state, &arena);
	printf("# online %d: %s\n", state.online, state.why ? state.why : "");
	for (int i = 0; i < count; i++)
		printf("# row %lld state %d tries %d error %d %s\n", (long long)rows[i].key,
			rows[i].state, rows[i].tries, rows[i].error,
			rows[i].error_text ? rows[i].error_text : "");
	for (int i = 0; w->sync && trace_at(sync_trace(w->sync), i) && i < 5; i++) {
		const struct exchange *x = trace_at(sync_trace(w->sync), i);

		printf("# %s %s %d %.1f ms\n", x->method, x->path, x->status, x->took_ms);
	}
	store_outbox_free(rows, count);
	arena_clear(&arena);
}

typedef bool condition(struct world *, const void *arg);

static inline bool wait_for(struct world *w, int wait_ms, condition *good, const void *arg)
{
	int64_t end = loop_now_ms() + wait_ms;

	while (!good(w, arg)) {
		if (loop_now_ms() >= end) {
			explain(w);
			return false;
		}
		int tick = loop_after(w->loop, 50, nothing, NULL);

		loop_once(w->loop, -1);
		loop_cancel(w->loop, tick);
	}
	return true;
}

static inline bool is_done(struct world *w, const void *arg)
{
	(void)arg;
	return w->done > 0;
}

static inline bool wait_done(struct world *w)
{
	bool good = wait_for(w, 20000, is_done, NULL);

	w->done = 0;
	return good;
}

static inline bool all_sent(struct world *w, const void *arg)
{
	(void)arg;
	return sync_unsent(w->sync) == 0;
}

static inline bool is_online(struct world *w, const void *arg)
{
	struct service_state state = { 0 };
	struct arena arena = { 0 };
	bool known = store_state(w->store, "city", &state, &arena);

	arena_clear(&arena);
	return known && state.online == *(const bool *)arg;
}

/* ---- asking the service itself */

static inline void raw_done(void *ctx, const struct response *a, const struct error *err)
{
	struct world *w = ctx;

	free(w->raw_body);
	w->raw_body = xstrdup(a->body);
	w->raw_status = err->kind == ERROR_NONE ? a->status : -1;
}

static inline struct json *api(
	struct world *w, const char *method, const char *path, const char *body, const char *match)
{
	struct request r = { .method = method };
	struct buf text = { 0 };
	struct error err = { 0 };
	char *token = auth_file(w->token_file, &err);

	buf_printf(&text, "%s%s", w->url, path);
	r.url = buf_take(&text);
	buf_printf(&text, "Bearer %s", token ? token : "");
	request_header(&r, "Authorization", text.text);
	request_header(&r, "If-Match", match);
	request_header(&r, "Purpose", "test");
	if (body) {
		request_header(&r, "Content-Type", "application/merge-patch+json");
		r.body = xstrdup(body);
		r.body_size = strlen(body);
	}
	w->raw_status = 0;
	transport_send(w->raw, &r, raw_done, w);
	while (!w->raw_status)
		loop_once(w->raw_loop, -1);
	buf_clear(&text);
	auth_wipe(token);
	return json_read(w->raw_body, strlen(w->raw_body), NULL, &err);
}

static inline int notes_saying(struct world *w, const char *id, const char *text)
{
	char path[100];
	int count = 0;

	snprintf(path, sizeof(path), "/cases/%s/events?limit=200", id);
	struct json *j = api(w, "GET", path, NULL, NULL);
	const struct json *items = json_get(j, "items");

	for (size_t i = 0; i < json_count(items); i++) {
		const char *got = json_get_text(json_at(items, i), "text");

		count += got && !strcmp(got, text);
	}
	json_free(j);
	return count;
}

static inline int priority_of(struct world *w, const char *id)
{
	char path[100];

	snprintf(path, sizeof(path), "/cases/%s", id);
	struct json *j = api(w, "GET", path, NULL, NULL);
	int priority = (int)json_get_int(j, "priority", 0);

	json_free(j);
	return priority;
}

/* Somebody else's change, on whatever version there is. */
static inline void others_change(struct world *w, const char *id, const char *body)
{
	char path[100], match[40];

	snprintf(path, sizeof(path), "/cases/%s", id);
	struct json *j = api(w, "GET", path, NULL, NULL);

	snprintf(match, sizeof(match), "\"%lld\"", (long long)json_get_int(j, "version", 0));
	json_free(j);
	json_free(api(w, "PATCH", path, body, match));
	same_int(w->raw_status, 200);
}

/* ---- this side */

static inline void file_put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	ssize_t put = write(fd, text, strlen(text));

	(void)put;
	close(fd);
}

static inline bool begin(struct world *w)
{
	char path[200], text[400];
	struct error err = { 0 };

	snprintf(path, sizeof(path), "%s/config", w->dir);
	snprintf(text, sizeof(text),
		"[service \"city\"]\ntype = native\nurl = %s\ntoken-file = %s\n%s[net]\npoll = 2\n",
		w->url, w->token_file, w->more ? w->more : "");
	file_put(path, text);
	w->config = config_new();
	config_read(w->config, path, CONFIG_USER, &err);
	snprintf(path, sizeof(path), "%s/data", w->dir);
	snprintf(text, sizeof(text), "%s/cache", w->dir);
	mkdir(path, 0700);
	mkdir(text, 0700);
	w->loop = loop_new();
	w->raw_loop = loop_new();
	w->raw = transport_new(w->raw_loop);
	w->store = store_open(path, text, &err);
	w->sync = w->store ? sync_new(w->loop, w->store, w->config, &err) : NULL;
	if (!w->sync)
		printf("# %s\n", err.text);
	return w->sync != NULL;
}

static inline void end(struct world *w)
{
	sync_free(w->sync);
	store_close(w->store);
	transport_free(w->raw);
	loop_free(w->loop);
	loop_free(w->raw_loop);
	config_free(w->config);
	free(w->raw_body);
}

/* The i-th open case of my team, with its key; the page is the caller's to clear. */
static inline struct casefile *some_case(struct world *w, int i, struct page *p)
{
	struct query q = { 0 };
	struct query_now now = { .me = "s.rossi", .team = "refuse", .now = time(NULL) };

	page_init(p);
	query_parse(&q, QUERY_CASES, "is:open team:me sort:number", NULL, NULL);
	store_find(w->store, &q, &now, (struct window){ .limit = 20 }, p, NULL);
	query_clear(&q);
	return i < p->case_count ? &p->cases[i] : NULL;
}

static inline struct patch case_patch(const struct casefile *cf)
{
	struct patch p = { .on = ON_CASE,
		.service = "city",
		.object = cf->key,
		.verb = "test",
		.version = cf->version,
		.number = cf->number,
		.title = cf->subject };

	return p;
}

static inline bool post(struct world *w, struct patch *p)
{
	struct error err = { 0 };
	bool good = store_post(w->store, p, &err);

	if (!good)
		printf("# %s\n", err.text);
	return good;
}

static inline bool post_note(struct world *w, const struct casefile *cf, const char *text)
{
	struct patch p = case_patch(cf);

	p.note = text;
	bool good = post(w, &p);

	patch_clear(&p);
	return good;
}

/* ---- the whole of it */

/* false: nothing can be tested; world_close() it all the same. */
static inline bool world_open(struct world *w)
{
	snprintf(w->dir, sizeof(w->dir), "/tmp/caseload-sync-XXXXXX");
	if (!mkdtemp(w->dir))
		return false;
	snprintf(w->token_file, sizeof(w->token_file), "%s/service/first-token", w->dir);
	w->ran = service_start(w) && begin(w);
	return w->ran;
}

static inline void world_close(struct world *w)
{
	char command[100];

	if (w->ran)
		end(w);
	if (w->service)
		service_kill(w, SIGTERM);
	snprintf(command, sizeof(command), "rm -rf %s", w->dir);
	if (fork() == 0)
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	wait(NULL);
}

#endif
