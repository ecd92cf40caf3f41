/* A service that slows down is asked less at once, one that recovers more again, and a connection
   nobody asks over is given back. */
#include "tests/unit/tiny_driver.h"

static struct service_ops driver;

const struct service_ops *const service_list[] = { &driver, NULL };

static struct tiny server;

enum { NOW, MOST };  /* counts: under way, and how many at a time */
enum { DELAY_MS };   /* told */

static void answer(struct tiny_call *c)
{
	int now = __atomic_add_fetch(&c->seen->count[NOW], 1, __ATOMIC_SEQ_CST);

	if (now > c->seen->count[MOST])
		c->seen->count[MOST] = now;
	usleep((useconds_t)c->seen->told[DELAY_MS] * 1000);
	__atomic_sub_fetch(&c->seen->count[NOW], 1, __ATOMIC_SEQ_CST);
	tiny_answer(c, 200, "", "[]");
}

/* So many questions wait at a time; how many of them the service had at once. */
static int burst(struct world *w, int count, int delay_ms)
{
	char text[40];

	server.seen->told[DELAY_MS] = delay_ms;
	server.seen->count[MOST] = 0;
	for (int i = 0; i < count; i++) {
		snprintf(text, sizeof(text), "is:open priority:%d", i + 1);
		tiny_list(w, text, false);
	}
	ok(tiny_done(w, count));
	same_int(w->err.kind, ERROR_NONE);
	return server.seen->count[MOST];
}

/* On a busy machine four answers need not overlap each time. */
static int most_of_bursts(struct world *w)
{
	int most = 0;

	for (int i = 0; i < 20 && most < 4; i++) {
		int now = burst(w, 8, 20);

		most = now > most ? now : most;
	}
	return most;
}

static bool none_open(struct world *w, const void *arg)
{
	(void)w;
	(void)arg;
	return __atomic_load_n(&server.seen->open, __ATOMIC_SEQ_CST) == 0;
}

int main(void)
{
	struct world w = { 0 };

	tiny_driver(&driver);
	driver.idle_ms = 200;
	server = tiny_start(answer);
	test("the store opens with a driver of our own") {
		ok(tiny_open(&w, &server));
	}
	test("as many at once as the driver says") {
		same_int(most_of_bursts(&w), 4);
	}
	test("the service slows down: fewer at once") {
		burst(&w, 12, 400);
		ok(burst(&w, 4, 100) <= 2);
	}
	test("it recovers: as many as before") {
		for (int i = 0; i < 4; i++)
			burst(&w, 12, 10);
		same_int(most_of_bursts(&w), 4);
	}
	test("a moment later no connection is left at the service") {
		ok(server.seen->open > 0);
		ok(wait_for(&w, 10000, none_open, NULL));
	}
	test("and it is asked again as if nothing had been") {
		ok(burst(&w, 4, 10) > 0);
	}
	world_close(&w);
	tiny_stop(&server);
	return test_result();
}
