/* News of a service that has no stream: asked for again and again, what was told before costs nothing,
   what is looked at is read anew, more than a page goes on at once, and a failure only costs time. And of
   one that has a stream, which says that something of it is lost. */
#include "tests/unit/tiny_driver.h"

static struct service_ops driver;

const struct service_ops *const service_list[] = { &driver, NULL };

static struct tiny server;

enum { POLLS, OPENS, EVENTS, LISTS, FULL, STREAMS };		/* counts */
enum { VERSION_1, VERSION_2, MORE, BUSY, CURSOR, GAP }; /* told */

/* ---- the server */

static void tell_case(char *to, size_t size, int i, int version)
{
	snprintf(to, size, "{\"id\":\"c%d\",\"version\":\"%d\"}", i, version);
}

static void tell_all(struct tiny_call *c)
{
	static char body[16384];
	char one[80], two[80];
	size_t size = 0;

	tell_case(one, sizeof(one), 1, c->seen->told[VERSION_1]);
	tell_case(two, sizeof(two), 2, c->seen->told[VERSION_2]);
	size = (size_t)snprintf(body, sizeof(body), "[%s,%s", one, two);
	for (int i = 0; i < c->seen->told[MORE]; i++) {
		tell_case(one, sizeof(one), 100 + i, 1);
		size += (size_t)snprintf(body + size, sizeof(body) - size, ",%s", one);
	}
	snprintf(body + size, sizeof(body) - size, "]");
	tiny_answer(c, 200, "", body);
}

static void tell_news(struct tiny_call *c)
{
	c->seen->count[POLLS]++;
	if (c->seen->told[BUSY]) {
		tiny_answer(c, 503, "", "[]");
		return;
	}
	if (c->seen->told[MORE]) {
		c->seen->count[FULL]++;
		c->seen->told[CURSOR]++;
		tell_all(c);
		c->seen->told[MORE] = 0;
		return;
	}
	tell_all(c);
}

/* Says that something is lost once the test wants it, and never ends. */
static void stream(struct tiny_call *c)
{
	tiny_say(c, "HTTP/1.1 200 X\r\nContent-Type: text/event-stream\r\n\r\n.");
	c->seen->count[STREAMS]++;
	for (;;) {
		usleep(10000);
		if (__atomic_exchange_n(&c->seen->told[GAP], 0, __ATOMIC_SEQ_CST))
			tiny_say(c, "!");
	}
}

static void answer(struct tiny_call *c)
{
	char one[80], body[100];

	if (tiny_is(c, "/stream")) {
		stream(c);
		return;
	}
	if (tiny_is(c, "/news")) {
		tell_news(c);
		return;
	}
	if (!strncmp(c->path, "/case/", 6)) {
		c->seen->count[OPENS]++;
		tell_case(one, sizeof(one), atoi(c->path + 7),
			c->seen->told[c->path[7] == '1' ? VERSION_1 : VERSION_2]);
		snprintf(body, sizeof(body), "[%s]", one);
		tiny_answer(c, 200, "", body);
		return;
	}
	c->seen->count[tiny_is(c, "/events") ? EVENTS : LISTS]++;
	if (tiny_is(c, "/events"))
		tiny_answer(c, 200, "", "[]");
	else
		tell_all(c);
}

/* ---- the driver */

static char last_from[64];

static bool news_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	(void)err;
	snprintf(last_from, sizeof(last_from), "%s", c->from ? c->from : "");
	tiny_ask(s, r, "GET", "/news");
	return true;
}

static enum answer news_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	enum answer answer = tiny_cases_read(s, c, a, page, err);

	page->next = arena_printf(&page->arena, "at-%d", server.seen->told[CURSOR]);
	return answer;
}

static bool events_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	(void)c;
	(void)err;
	tiny_ask(s, r, "GET", "/events");
	return true;
}

/* Its stream: a byte that says nothing, or ! for a gap. */
static bool stream_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	(void)c;
	(void)err;
	tiny_ask(s, r, "GET", "/stream");
	return true;
}

static void *stream_new(void)
{
	return xcalloc(1, 1);
}

static bool stream_feed(void *news, const char *bytes, size_t size,
	void (*changed)(void *ctx, const struct news *), void *ctx)
{
	(void)news;
	if (memchr(bytes, '!', size))
		changed(ctx, &(struct news){ .what = NEWS_RESET });
	return true;
}

/* ---- tests */

static bool polled_to(struct world *w, const void *arg)
{
	(void)w;
	return server.seen->count[POLLS] >= *(const int *)arg;
}

static bool poll_more(struct world *w, int more)
{
	int polls = server.seen->count[POLLS] + more;

	return wait_for(w, 20000, polled_to, &polls);
}

static bool counted(struct world *w, const void *arg)
{
	const int *want = arg; /* which, and how many */

	(void)w;
	return server.seen->count[want[0]] >= want[1];
}

static bool version_is(struct world *w, const void *arg)
{
	const char *const *want = arg; /* which, and its version */
	struct page p;
	int64_t key = store_case_key(w->store, "city", want[0]);

	page_init(&p);
	bool is = key > 0 && store_case_plain(w->store, key, &p) &&
		  !strcmp(p.cases[0].version, want[1]);

	page_clear(&p);
	return is;
}

static void following(struct world *w)
{
	test("what was told before costs nothing: no write, nothing to draw") {
		sync_follow(w->sync, true);
		ok(poll_more(w, 2));
		unsigned long before = store_changed(w->store);
		int asked = server.seen->count[OPENS] + server.seen->count[EVENTS];

		ok(poll_more(w, 2));
		ok(store_changed(w->store) == before);
		same_int(server.seen->count[OPENS] + server.seen->count[EVENTS], asked);
	}
	test("what changed is here, and what is looked at is read anew with its timeline") {
		const char *first[] = { "c1", "2" }, *second[] = { "c2", "5" };
		int opens[] = { OPENS, 1 }, events[] = { EVENTS, 1 };

		sync_watch(w->sync, store_case_key(w->store, "city", "c2"));
		server.seen->told[VERSION_1] = 2;
		ok(wait_for(w, 20000, version_is, first));
		same_int(server.seen->count[OPENS], 0);
		server.seen->told[VERSION_2] = 5;
		ok(wait_for(w, 20000, version_is, second));
		ok(wait_for(w, 20000, counted, opens));
		ok(wait_for(w, 20000, counted, events));
		same_int(server.seen->count[OPENS], 1);
		same_int(server.seen->count[EVENTS], 1);
	}
	test("a whole page goes on at once, from where it ended") {
		int full[] = { FULL, 1 };

		server.seen->told[MORE] = 120;
		ok(wait_for(w, 20000, counted, full));
		int64_t began = loop_now_ms();

		ok(poll_more(w, 1));
		ok(loop_now_ms() - began < 1500);
		same(last_from, "at-1");
		ok(store_case_key(w->store, "city", "c219") > 0);
	}
}

static void through_failures(struct world *w)
{
	bool yes = true;

	test("a failure only costs time") {
		const char *first[] = { "c1", "9" };

		server.seen->told[BUSY] = 1;
		ok(poll_more(w, 2));
		server.seen->told[VERSION_1] = 9;
		server.seen->told[BUSY] = 0;
		ok(wait_for(w, 30000, version_is, first));
		same(last_from, "at-1");
		ok(is_online(w, &yes));
	}
	test("the next run goes on from where this one was") {
		end(w);
		w->done = 0;
		w->raw_body = NULL;
		*last_from = '\0';
		ok(begin(w));
		sync_follow(w->sync, true);
		ok(poll_more(w, 1));
		same(last_from, "at-1");
	}
}

static void through_a_gap(struct world *w)
{
	test("after a gap the list on the screen is asked for anew, though it has just come") {
		int streams[] = { STREAMS, 1 };

		end(w);
		w->done = 0;
		w->raw_body = NULL;
		driver.streams = true;
		driver.calls[CALL_NEWS].ask = stream_ask;
		driver.news_new = stream_new;
		driver.news_feed = stream_feed;
		driver.news_free = free;
		ok(begin(w));
		sync_follow(w->sync, true);
		ok(wait_for(w, 20000, counted, streams));
		tiny_list(w, "is:open", false);
		ok(tiny_done(w, 1));
		int lists[] = { LISTS, server.seen->count[LISTS] + 1 };

		server.seen->told[GAP] = 1;
		ok(wait_for(w, 20000, counted, lists));
	}
}

int main(void)
{
	struct world w = { 0 };

	tiny_driver(&driver);
	driver.calls[CALL_NEWS].ask = news_ask;
	driver.calls[CALL_NEWS].read = news_read;
	driver.calls[CALL_EVENTS].ask = events_ask;
	driver.calls[CALL_EVENTS].read = tiny_cases_read;
	server = tiny_start(answer);
	server.seen->told[VERSION_1] = server.seen->told[VERSION_2] = 1;
	test("the store opens with a driver of our own") {
		ok(tiny_open(&w, &server));
	}
	following(&w);
	through_failures(&w);
	through_a_gap(&w);
	world_close(&w);
	tiny_stop(&server);
	return test_result();
}
