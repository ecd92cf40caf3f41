/* How often one may ask: the bucket alone, in a time of our own; then over HTTP. */
#include "service/rate.h"
#include "tests/service.h"

static void test_bucket(void)
{
	struct rate *rate = rate_new(10);
	int given = 0;
	same_int(rate_burst(rate), 600);
	for (int i = 0; i < 1000; i++)
		given += rate_take(rate, "a", 5000).may;
	same_int(given, 600);
	ok(rate_take(rate, "b", 5000).may); /* another's */
	struct rate_left left = rate_take(rate, "a", 5000);
	ok(!left.may && left.left == 0 && left.wait_s == 1);
	ok(!rate_take(rate, "a", 5099).may);
	ok(rate_take(rate, "a", 5100).may);
	ok(!rate_take(rate, "a", 5100).may);
	for (given = 0; given < 20 && rate_take(rate, "a", 6100).may;)
		given++;
	same_int(given, 10);
	/* Never more than a minute's worth, however long one was away. */
	for (given = 0; given < 1000 && rate_take(rate, "a", 90000000).may;)
		given++;
	same_int(given, 600);
	rate_free(rate);
}

/* More keys than it has room for: a new one is never refused for that, and the memory stays as it is. */
static void test_many(void)
{
	struct rate *rate = rate_new(1);
	char key[32];
	int refused = 0;
	for (int i = 0; i < 200000; i++) {
		snprintf(key, sizeof key, "k%d", i);
		refused += !rate_take(rate, key, 1000 + i / 100).may;
	}
	same_int(refused, 0);
	rate_free(rate);
	ok(rate_new(0) == NULL);
}

static bool head_has(const struct reply *r, const char *text)
{
	return strstr(buf_str(&r->head), text) != NULL;
}

static void note(struct reply *r, const struct server *server, const char *key)
{
	char header[80];
	snprintf(header, sizeof header, "Idempotency-Key: rate-%016d-%s\r\n", (int)getpid(), key);
	ask(r, server, server->rossi, "POST", "/cases/c3/events", header, "{\"kind\":\"note\",\"text\":\"too fast\"}");
}

static void test_http(struct server *server)
{
	struct reply r = { 0 };
	int given = 0;
	int64_t began = test_clock();
	for (int i = 0; i < 5000; i++) {
		ask(&r, server, server->rossi, "GET", "/me", NULL, NULL);
		if (r.status != 200)
			break;
		if (i == 0)
			ok(!head_has(&r, "RateLimit"));
		given++;
	}
	/* A minute's worth of 2 a second, and what came in meanwhile. */
	ok(given >= 120 && given <= 122 + 2 * (test_clock() - began) / 1000);
	same_int(r.status, 429);
	same(problem(&r), "too-many");
	ok(text_at(&r, "detail") != NULL);
	ok(head_has(&r, "\r\nRetry-After: 1\r\n"));
	ok(head_has(&r, "\r\nRateLimit-Policy: \"requests\";q=120;w=60\r\n"));
	ok(head_has(&r, "\r\nRateLimit: \"requests\";r=0;t=1\r\n"));
	/* Nobody else is stopped by it, and nothing is written. */
	ask(&r, server, server->byrne, "GET", "/me", NULL, NULL);
	same_int(r.status, 200);
	do
		note(&r, server, "before");
	while (r.status == 201);
	same_int(r.status, 429);
	/* Whoever waits as long as was said goes on, with the same key. */
	for (int i = 0; i < 20 && r.status == 429; i++) {
		struct timespec pause = { .tv_sec = 1, .tv_nsec = 100000000 };
		nanosleep(&pause, NULL);
		note(&r, server, "after");
	}
	same_int(r.status, 201);
	/* What is not a token has no measure; it is refused as ever. */
	for (int i = 0; i < 5; i++)
		ask(&r, server, "nonsense", "GET", "/me", NULL, NULL);
	same_int(r.status, 401);
	ask(&r, server, NULL, "GET", "/status", NULL, NULL);
	same_int(r.status, 200);
	reply_clear(&r);
}

int main(void)
{
	struct server server = { .options = { "--rate", "2" } };
	test("a bucket gives a minute's worth, then what comes in")
		test_bucket();
	test("two hundred thousand keys")
		test_many();
	test("the service comes up")
		server_start(&server);
	test("too fast is told so, in numbers, and goes on after that time")
		test_http(&server);
	same_int(server_end(&server, SIGTERM), 0);
	server_clear(&server);
	return test_result();
}
