/* A list of many pages: those whose place is known are asked for together, and come into the store in
   their order, whichever is answered first. */
#include "tests/unit/tiny_driver.h"

static struct service_ops driver;

const struct service_ops *const service_list[] = { &driver, NULL };

static struct tiny server;

enum { ASKED, NOW, MOST }; /* counts */
enum { FAIL };		   /* told: the page that is refused */

/* ---- the server: five pages of a hundred, the later ones answered first */

static void answer(struct tiny_call *c)
{
	struct buf out = { 0 };
	int page = 1, now = __atomic_add_fetch(&c->seen->count[NOW], 1, __ATOMIC_SEQ_CST);

	if (now > c->seen->count[MOST])
		c->seen->count[MOST] = now;
	__atomic_add_fetch(&c->seen->count[ASKED], 1, __ATOMIC_SEQ_CST);
	if (strchr(c->path, '='))
		page = atoi(strchr(c->path, '=') + 1);
	usleep((useconds_t)(6 - page) * 40000);
	buf_text(&out, "[");
	for (int i = 0; i < 100 && tiny_is(c, "/cases"); i++)
		buf_printf(&out, "%s{\"id\":\"c%03d\",\"version\":\"1\"}", i ? "," : "",
			(page - 1) * 100 + i);
	buf_text(&out, "]");
	__atomic_sub_fetch(&c->seen->count[NOW], 1, __ATOMIC_SEQ_CST);
	tiny_answer(c, c->seen->told[FAIL] == page && tiny_is(c, "/cases") ? 400 : 200, "", out.text);
	buf_clear(&out);
}

/* ---- the driver: "3/5" */

static bool list_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	char path[60];

	(void)err;
	snprintf(path, sizeof(path), "/cases?page=%d", c->from ? atoi(c->from) : 1);
	tiny_ask(s, r, "GET", path);
	return true;
}

static enum answer list_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	int nr = c->from ? atoi(c->from) : 1;

	page->total = 500;
	page->next = nr < 5 ? arena_printf(&page->arena, "%d/5", nr + 1) : NULL;
	return tiny_cases_read(s, c, a, page, err);
}

static const char *page_after(const char *next, int nr, struct arena *arena)
{
	return atoi(next) + nr <= 5 ? arena_printf(arena, "%d/5", atoi(next) + nr) : NULL;
}

/* ---- tests */

static struct query query;

static void ask_on(struct world *w, int rows)
{
	sync_list_on(w->sync, NULL, &query, rows, done, w);
	ok(tiny_done(w, 1));
}

/* How many of the answered list stand where they belong, from the first on. */
static int in_order(struct world *w)
{
	struct page p;
	int count = 0;

	page_init(&p);
	store_answered(w->store, &query, 1000, &p);
	while (count < p.case_count && atoi(p.cases[count].id + 1) == count)
		count++;
	ok(count == p.case_count);
	page_clear(&p);
	return count;
}

static void lists(struct world *w)
{
	test("the first page tells how many there are") {
		tiny_list(w, "is:open", false);
		ok(tiny_done(w, 1));
		same_int(in_order(w), 100);
	}
	test("the others are asked for together and stand in their order") {
		server.seen->count[MOST] = 0;
		ask_on(w, 400);
		same_int(w->err.kind, ERROR_NONE);
		same_int(in_order(w), 500);
		ok(server.seen->count[MOST] > 1);
		ok(server.seen->count[MOST] <= 4);
		ok(!sync_list_short(w->sync, NULL, &query, NULL));
	}
	test("no more of them than so many rows may take") {
		tiny_list(w, "is:open", false);
		ok(tiny_done(w, 1));
		server.seen->count[ASKED] = 0;
		ask_on(w, 150);
		same_int(server.seen->count[ASKED], 2);
		same_int(in_order(w), 300);
	}
	test("behind one that fails nothing is put, and it goes on from there") {
		tiny_list(w, "is:open", false);
		ok(tiny_done(w, 1));
		server.seen->told[FAIL] = 3;
		ask_on(w, 400);
		same_int(w->err.kind, ERROR_REFUSED);
		same_int(in_order(w), 200);
		server.seen->told[FAIL] = 0;
		ask_on(w, 300);
		same_int(w->err.kind, ERROR_NONE);
		same_int(in_order(w), 500);
	}
	test("where the places are not known, one after the other") {
		driver.page_after = NULL;
		tiny_list(w, "is:open", false);
		ok(tiny_done(w, 1));
		server.seen->count[ASKED] = 0;
		ask_on(w, 400);
		same_int(server.seen->count[ASKED], 1);
		same_int(in_order(w), 200);
	}
}

int main(void)
{
	struct world w = { 0 };

	tiny_driver(&driver);
	driver.calls[CALL_LIST].ask = list_ask;
	driver.calls[CALL_LIST].read = list_read;
	driver.page_after = page_after;
	server = tiny_start(answer);
	query_parse(&query, QUERY_CASES, "is:open", NULL, NULL);
	test("the store opens with a driver of our own") {
		ok(tiny_open(&w, &server));
	}
	lists(&w);
	query_clear(&query);
	world_close(&w);
	tiny_stop(&server);
	return test_result();
}
