/* Sync against a real caseloadd: what is asked for arrives in the store, what is posted takes
   effect once, also when the service is stopped, killed, or does not know the token. */
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
};

/* ---- the service */

static void child(struct world *w, int out)
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

static bool service_start(struct world *w)
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

static void service_kill(struct world *w, int signo)
{
	kill(w->service, signo);
	waitpid(w->service, NULL, 0);
	w->service = 0;
}

/* ---- waiting */

static void done(void *ctx, const struct error *err)
{
	struct world *w = ctx;

	w->done++;
	w->err = *err;
}

static void nothing(void *ctx)
{
	(void)ctx;
}

/* What it looked like when the waiting was in vain. */
static void explain(struct world *w)
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

static bool wait_for(struct world *w, int wait_ms, condition *good, const void *arg)
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

static bool is_done(struct world *w, const void *arg)
{
	(void)arg;
	return w->done > 0;
}

static bool wait_done(struct world *w)
{
	bool good = wait_for(w, 20000, is_done, NULL);

	w->done = 0;
	return good;
}

static bool all_sent(struct world *w, const void *arg)
{
	(void)arg;
	return sync_unsent(w->sync) == 0;
}

static bool is_online(struct world *w, const void *arg)
{
	struct service_state state = { 0 };
	struct arena arena = { 0 };
	bool known = store_state(w->store, "city", &state, &arena);

	arena_clear(&arena);
	return known && state.online == *(const bool *)arg;
}

/* ---- asking the service itself */

static void raw_done(void *ctx, const struct response *a, const struct error *err)
{
	struct world *w = ctx;

	free(w->raw_body);
	w->raw_body = xstrdup(a->body);
	w->raw_status = err->kind == ERROR_NONE ? a->status : -1;
}

static struct json *api(
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

static int notes_saying(struct world *w, const char *id, const char *text)
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

static int priority_of(struct world *w, const char *id)
{
	char path[100];

	snprintf(path, sizeof(path), "/cases/%s", id);
	struct json *j = api(w, "GET", path, NULL, NULL);
	int priority = (int)json_get_int(j, "priority", 0);

	json_free(j);
	return priority;
}

/* Somebody else's change, on whatever version there is. */
static void others_change(struct world *w, const char *id, const char *body)
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

static void file_put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	ssize_t put = write(fd, text, strlen(text));

	(void)put;
	close(fd);
}

static bool begin(struct world *w)
{
	char path[200], text[400];
	struct error err = { 0 };

	snprintf(path, sizeof(path), "%s/config", w->dir);
	snprintf(text, sizeof(text),
		"[service \"city\"]\ntype = native\nurl = %s\ntoken-file = %s\n", w->url,
		w->token_file);
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

static void end(struct world *w)
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
static struct casefile *some_case(struct world *w, int i, struct page *p)
{
	struct query q = { 0 };
	struct query_now now = { .me = "s.rossi", .team = "refuse", .now = time(NULL) };

	page_init(p);
	query_parse(&q, QUERY_CASES, "is:open team:me sort:number", NULL, NULL);
	store_find(w->store, &q, &now, (struct window){ .limit = 20 }, p, NULL);
	query_clear(&q);
	return i < p->case_count ? &p->cases[i] : NULL;
}

static struct patch case_patch(const struct casefile *cf)
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

static bool post(struct world *w, struct patch *p)
{
	struct error err = { 0 };
	bool good = store_post(w->store, p, &err);

	if (!good)
		printf("# %s\n", err.text);
	return good;
}

static bool post_note(struct world *w, const struct casefile *cf, const char *text)
{
	struct patch p = case_patch(cf);

	p.note = text;
	bool good = post(w, &p);

	patch_clear(&p);
	return good;
}

/* ---- tests */

static void reading(struct world *w)
{
	struct query q = { 0 };

	query_parse(&q, QUERY_CASES, "is:open team:me sort:number", NULL, NULL);
	test("a list arrives in the store, with who asked") {
		sync_list(w->sync, NULL, &q, false, 0, done, w);
		same_int(w->done, 0);
		ok(wait_done(w));
		same(w->err.text, "");
		same_int(w->err.kind, ERROR_NONE);
		same(sync_service(w->sync, 0)->profile.me, "s.rossi");
		same(sync_service(w->sync, 0)->profile.my_team, "refuse");
		struct page p;

		ok(some_case(w, 5, &p) != NULL);
		page_clear(&p);
	}
	test("a fresh list is not asked for again, an unknown service is told") {
		sync_list(w->sync, NULL, &q, false, 60000, done, w);
		ok(wait_done(w));
		same_int(w->err.kind, ERROR_NONE);
		sync_list(w->sync, "village", &q, false, 0, done, w);
		ok(wait_done(w));
		same_int(w->err.kind, ERROR_USAGE);
	}
	test("forgotten: nobody is told") {
		sync_list(w->sync, NULL, &q, false, 0, done, w);
		sync_forget(w->sync, w);
		for (int i = 0; i < 40; i++)
			loop_once(w->loop, 10);
		same_int(w->done, 0);
	}
	test("a case by its number, with its timeline; one there is not") {
		struct page p, events;
		struct casefile *cf = some_case(w, 0, &p);

		page_init(&events);
		sync_case_ref(w->sync, "city", cf->number, done, w);
		ok(wait_done(w));
		same_int(w->err.kind, ERROR_NONE);
		ok(store_events(w->store, cf->key, &events) && events.event_count > 0);
		sync_case_ref(w->sync, "city", "1999-999999", done, w);
		ok(wait_done(w));
		same_int(w->err.kind, ERROR_GONE);
		page_clear(&p);
		page_clear(&events);
	}
	test("workers, teams, templates, kinds") {
		struct page p;

		page_init(&p);
		sync_people(w->sync, NULL, 0, done, w);
		ok(wait_done(w));
		same_int(w->err.kind, ERROR_NONE);
		ok(store_people(w->store, "city", &p));
		ok(p.worker_count > 10 && p.team_count >= 12 && p.kind_count >= 6);
		ok(p.template_count > 0 && p.profile);
		page_clear(&p);
	}
	query_clear(&q);
}

static void citizens(struct world *w)
{
	struct query q = { 0 }, later = { 0 };
	struct page p;

	query_parse(&q, QUERY_CITIZENS, "an", NULL, NULL);
	query_parse(&later, QUERY_CITIZENS, "ann", NULL, NULL);
	test("a later search takes the place of one under way") {
		sync_citizens(w->sync, NULL, &q, "test", done, w);
		sync_citizens(w->sync, NULL, &later, "test", done, w);
		ok(wait_done(w));
		same_int(w->err.kind, ERROR_CANCELLED);
		ok(wait_done(w));
		same_int(w->err.kind, ERROR_NONE);
		page_init(&p);
		ok(store_citizens(
			w->store, &later, &(struct query_now){ .now = time(NULL) }, 20, &p));
		ok(p.citizen_count > 0);
	}
	test("one citizen, their cases of all teams, and who looked") {
		int64_t key = p.citizen_count ? p.citizens[0].key : 0;
		struct page log;

		page_init(&log);
		sync_citizen(w->sync, key, "test", 0, done, w);
		ok(wait_done(w));
		same_int(w->err.kind, ERROR_NONE);
		sync_accesses(w->sync, key, done, w);
		ok(wait_done(w));
		same_int(w->err.kind, ERROR_NONE);
		ok(store_accesses(w->store, key, &log) && log.access_count > 0);
		page_clear(&log);
	}
	page_clear(&p);
	query_clear(&q);
	query_clear(&later);
}

static void changing(struct world *w)
{
	struct page p;
	struct casefile *cf = some_case(w, 1, &p);
	int before = priority_of(w, cf->id), wanted = before == 2 ? 3 : 2;
	char was[8], will[8];

	snprintf(was, sizeof(was), "%d", before);
	snprintf(will, sizeof(will), "%d", wanted);
	test("a change reaches the service, once") {
		struct patch change = case_patch(cf);

		patch_change(&change, "priority", was, will);
		ok(post(w, &change));
		same_int(sync_unsent(w->sync), 1);
		ok(wait_for(w, 10000, all_sent, NULL));
		same_int(priority_of(w, cf->id), wanted);
		patch_clear(&change);
	}
	test("two changes of one case go in their order") {
		struct patch change = case_patch(cf);

		patch_change(&change, "priority", will, was);
		ok(post(w, &change));
		ok(post_note(w, cf, "after the change"));
		ok(wait_for(w, 10000, all_sent, NULL));
		same_int(priority_of(w, cf->id), before);
		same_int(notes_saying(w, cf->id, "after the change"), 1);
		patch_clear(&change);
	}
	page_clear(&p);
}

static void conflicts(struct world *w)
{
	struct page p;
	struct casefile *cf = some_case(w, 2, &p);
	int count = 0, conflict = 0, refused = 0;

	test("somebody changed another field: laid over and sent") {
		struct patch change = case_patch(cf);

		others_change(w, cf->id, "{\"tags\":[\"theirs\"]}");
		patch_change(&change, "subject", cf->subject, "A better subject");
		ok(post(w, &change));
		ok(wait_for(w, 10000, all_sent, NULL));
		store_pending(w->store, &conflict, &refused);
		same_int(conflict + refused, 0);
		patch_clear(&change);
	}
	page_clear(&p);
	cf = some_case(w, 2, &p);
	test("somebody changed the same field: both sides stay") {
		struct patch change = case_patch(cf);

		others_change(w, cf->id, "{\"subject\":\"Theirs\"}");
		patch_change(&change, "subject", cf->subject, "Mine");
		ok(post(w, &change));
		ok(wait_for(w, 10000, all_sent, NULL));
		count = store_pending(w->store, &conflict, &refused);
		same_int(conflict, 1);
		same_int(refused, 0);
		same_int(count, 1);
		ok(store_drop(w->store, change.key, NULL));
		patch_clear(&change);
	}
	test("what the service refuses stays, with its sentence") {
		struct patch change = case_patch(cf), got = { 0 };

		patch_change(&change, "worker", cf->worker, "nobody.of.that.name");
		ok(post(w, &change));
		ok(wait_for(w, 10000, all_sent, NULL));
		ok(store_patch(w->store, change.key, &got));
		same_int(got.state, PATCH_REFUSED);
		ok(got.error_text && strlen(got.error_text) > 10);
		ok(store_drop(w->store, change.key, NULL));
		patch_clear(&change);
		patch_clear(&got);
	}
	page_clear(&p);
}

static bool version_is_new(struct world *w, const void *arg)
{
	const struct casefile *old = arg;
	struct page p;

	page_init(&p);
	bool is = store_case_plain(w->store, old->key, &p) &&
		  strcmp(p.cases[0].version, old->version) != 0;

	page_clear(&p);
	return is;
}

static void following(struct world *w)
{
	test("what others change comes by itself") {
		struct page p;
		bool yes = true;

		sync_follow(w->sync, true);
		ok(wait_for(w, 5000, is_online, &yes));
		for (int i = 0; i < 30; i++)
			loop_once(w->loop, 20);
		struct casefile *cf = some_case(w, 3, &p);

		others_change(w, cf->id, "{\"tags\":[\"news\"]}");
		ok(wait_for(w, 5000, version_is_new, cf));
		page_clear(&p);
	}
	test("the case on the screen too, whichever team has it") {
		struct page p;
		struct query q = { 0 };

		query_parse(
			&q, QUERY_CASES, "is:open -team:refuse -owner:me sort:number", NULL, NULL);
		sync_list(w->sync, NULL, &q, false, 0, done, w);
		ok(wait_done(w));
		page_init(&p);
		store_find(w->store, &q, &(struct query_now){ .me = "s.rossi", .team = "refuse" },
			(struct window){ .limit = 3 }, &p, NULL);
		if (ok(p.case_count > 0)) {
			sync_watch(w->sync, p.cases[0].key);
			for (int i = 0; i < 60; i++)
				loop_once(w->loop, 20);
			others_change(w, p.cases[0].id, "{\"tags\":[\"watched\"]}");
			ok(wait_for(w, 5000, version_is_new, &p.cases[0]));
		}
		page_clear(&p);
		query_clear(&q);
	}
}

static void bad_days(struct world *w)
{
	struct page p;
	struct casefile *cf = some_case(w, 4, &p);
	bool yes = true, no = false;

	test("stopped: offline is said, what is posted waits, and takes effect once") {
		kill(w->service, SIGSTOP);
		int64_t began = loop_now_ms();

		ok(post_note(w, cf, "while it was stopped"));
		ok(wait_for(w, 8000, is_online, &no));
		ok(loop_now_ms() - began < 7000);
		ok(sync_away(w->sync, "city"));
		same_int(sync_unsent(w->sync), 1);
		kill(w->service, SIGCONT);
		ok(wait_for(w, 30000, all_sent, NULL));
		ok(wait_for(w, 10000, is_online, &yes));
		same_int(notes_saying(w, cf->id, "while it was stopped"), 1);
	}
	test("killed: what is posted waits for the next one") {
		service_kill(w, SIGKILL);
		ok(post_note(w, cf, "while it was gone"));
		ok(wait_for(w, 10000, is_online, &no));
		ok(service_start(w));
		sync_retry_now(w->sync);
		ok(wait_for(w, 30000, all_sent, NULL));
		ok(wait_for(w, 15000, is_online, &yes));
		same_int(notes_saying(w, cf->id, "while it was gone"), 1);
	}
	test("killed in the middle of many: each once") {
		char text[40];

		for (int i = 0; i < 20; i++) {
			snprintf(text, sizeof(text), "one of many %d", i);
			ok(post_note(w, cf, text));
		}
		for (int i = 0; i < 12; i++)
			loop_once(w->loop, 5);
		service_kill(w, SIGKILL);
		for (int i = 0; i < 10; i++)
			loop_once(w->loop, 5);
		ok(service_start(w));
		sync_retry_now(w->sync);
		ok(wait_for(w, 60000, all_sent, NULL));
		for (int i = 0; i < 20; i++) {
			snprintf(text, sizeof(text), "one of many %d", i);
			same_int(notes_saying(w, cf->id, text), 1);
		}
	}
	page_clear(&p);
}

/* The same person's second window: another connection to the same two files. */
static bool second_begin(struct world *w, struct world *two)
{
	char data[200], cache[200];
	struct error err = { 0 };

	snprintf(data, sizeof(data), "%s/data", w->dir);
	snprintf(cache, sizeof(cache), "%s/cache", w->dir);
	two->loop = loop_new();
	two->store = store_open(data, cache, &err);
	two->sync = two->store ? sync_new(two->loop, two->store, w->config, &err) : NULL;
	return two->sync != NULL;
}

static void windows(struct world *w)
{
	struct world two = { 0 };
	struct page p;
	struct casefile *cf = some_case(w, 4, &p);

	test("of two windows one sends; the other's rows go out too") {
		ok(sync_sends(w->sync));
		ok(second_begin(w, &two));
		ok(!sync_sends(two.sync));
		ok(post_note(&two, cf, "from the other window"));
		for (int i = 0; i < 10; i++)
			loop_once(two.loop, 10);
		same_int(sync_unsent(two.sync), 1);
		ok(wait_for(w, 10000, all_sent, NULL));
		same_int(sync_unsent(two.sync), 0);
		same_int(notes_saying(w, cf->id, "from the other window"), 1);
	}
	test("when the one that sent is gone, the other takes over") {
		sync_free(w->sync);
		store_close(w->store);
		ok(post_note(&two, cf, "when the first was gone"));
		ok(wait_for(&two, 10000, all_sent, NULL));
		ok(sync_sends(two.sync));
		same_int(notes_saying(w, cf->id, "when the first was gone"), 1);
		loop_free(w->loop);
		w->sync = two.sync;
		w->store = two.store;
		w->loop = two.loop;
	}
	page_clear(&p);
}

/* ---- tokens */

static void config_with(struct world *w, const char *name, const char *value)
{
	char path[200], text[600];
	struct error err = { 0 };

	snprintf(path, sizeof(path), "%s/config2", w->dir);
	snprintf(text, sizeof(text), "[service \"city\"]\nurl = %s\n%s%s%s\n", w->url, name,
		*name ? " = " : "", value);
	file_put(path, text);
	config_free(w->config);
	w->config = config_new();
	config_read(w->config, path, CONFIG_USER, &err);
	sync_free(w->sync);
	w->sync = sync_new(w->loop, w->store, w->config, &err);
	if (!ok(w->sync != NULL))
		printf("# %s\n", err.text);
}

static void list_me(struct world *w)
{
	struct query q = { 0 };

	query_parse(&q, QUERY_CASES, "is:open owner:me", NULL, NULL);
	sync_list(w->sync, NULL, &q, false, 0, done, w);
	query_clear(&q);
}

static void give_token(void *ctx, struct service *s)
{
	struct world *w = ctx;
	struct error err = { 0 };
	char *token = auth_file(w->token_file, &err);

	w->asked++;
	sync_token(w->sync, s->name, w->asked == 1 ? "a-wrong-one" : token);
	auth_wipe(token);
}

static void other_tokens(struct world *w)
{
	char command[300];

	test("a token from a command, run without a shell in a clean environment") {
		char script[200];

		snprintf(script, sizeof(script), "%s/give token", w->dir);
		snprintf(command, sizeof(command),
			"#!/bin/sh\n[ -z \"$SECRET_OF_PARENT\" ] && [ \"$1\" = 'a;b' ] && cat "
			"'%s'\n",
			w->token_file);
		file_put(script, command);
		chmod(script, 0700);
		setenv("SECRET_OF_PARENT", "x", 1);
		snprintf(command, sizeof(command), "\"%s\" \"a;b\"", script);
		config_with(w, "token-command", command);
		list_me(w);
		ok(wait_done(w));
		same(w->err.text, "");
		unsetenv("SECRET_OF_PARENT");
	}
	test("a command that fails, and one that is not there, say so") {
		config_with(w, "token-command", "false");
		list_me(w);
		ok(wait_done(w));
		same_int(w->err.kind, ERROR_LOGIN);
		config_with(w, "token-command", "/nowhere/at-all");
		list_me(w);
		ok(wait_done(w));
		same_int(w->err.kind, ERROR_CONFIG);
	}
	test("a token asked for: the wrong one is asked for again") {
		config_with(w, "", "");
		sync_asker(w->sync, give_token, w);
		list_me(w);
		ok(wait_done(w));
		same(w->err.text, "");
		same_int(w->asked, 2);
	}
	test("nobody to ask: told, not waited for") {
		config_with(w, "", "");
		list_me(w);
		ok(wait_done(w));
		same_int(w->err.kind, ERROR_LOGIN);
	}
}

static void idle(struct world *w)
{
	test("with nothing to do it sleeps, outbox and connection or not") {
		config_with(w, "token-file", w->token_file);
		list_me(w);
		ok(wait_done(w));
		for (int i = 0; i < 10; i++)
			loop_once(w->loop, 10);
		unsigned long wakes = loop_wakes(w->loop);

		loop_once(w->loop, 1500);
		same_int((int)(loop_wakes(w->loop) - wakes), 1);
	}
}

static void tokens(struct world *w)
{
	struct page p;
	struct casefile *cf = some_case(w, 4, &p);
	struct error err = { 0 };
	bool no = false, yes = true;

	test("a token file others may read is refused") {
		chmod(w->token_file, 0644);
		ok(!auth_file(w->token_file, &err));
		same_int(err.kind, ERROR_CONFIG);
		chmod(w->token_file, 0600);
	}
	test("a refused token: the row waits, and goes out with the right one") {
		char *token = auth_file(w->token_file, &err);

		sync_follow(w->sync, false);
		sync_free(w->sync);
		file_put(w->token_file, "wrong-token-of-nobody\n");
		w->sync = sync_new(w->loop, w->store, w->config, &err);
		ok(post_note(w, cf, "with the wrong token"));
		ok(wait_for(w, 10000, is_online, &no));
		same_int(sync_unsent(w->sync), 1);
		file_put(w->token_file, token);
		sync_retry_now(w->sync);
		ok(wait_for(w, 10000, all_sent, NULL));
		ok(wait_for(w, 10000, is_online, &yes));
		same_int(notes_saying(w, cf->id, "with the wrong token"), 1);
		auth_wipe(token);
	}
	page_clear(&p);
}

int main(void)
{
	struct world w = { .dir = "/tmp/caseload-sync-XXXXXX" };

	if (!mkdtemp(w.dir))
		return 1;
	snprintf(w.token_file, sizeof(w.token_file), "%s/service/first-token", w.dir);
	test("the service starts, the store opens") {
		w.ran = ok(service_start(&w)) && ok(begin(&w));
	}
	if (w.ran) {
		reading(&w);
		citizens(&w);
		changing(&w);
		conflicts(&w);
		following(&w);
		bad_days(&w);
		tokens(&w);
		other_tokens(&w);
		idle(&w);
		windows(&w);
		end(&w);
	}
	if (w.service)
		service_kill(&w, SIGTERM);
	char command[100];

	snprintf(command, sizeof(command), "rm -rf %s", w.dir);
	if (fork() == 0)
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	wait(NULL);
	return test_result();
}
