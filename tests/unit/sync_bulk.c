/* Many changes in few requests: each row settled by its own outcome, what is unclear goes by itself and
   is looked for, and nothing has its effect twice. */
#include "tests/unit/tiny_driver.h"

static struct service_ops driver;

const struct service_ops *const service_list[] = { &driver, NULL };

static struct tiny server;

enum { BULKS, SINGLES, MOST, NOW, ROWS, EFFECTS }; /* counts */
enum { MODE };					   /* told */
enum { WELL, CUT, BAD_REQUEST, PICKY, CUT_SINGLE };

/* ---- the server: cell N is the priority of case cN */

static void tell_cell(struct buf *out, const struct tiny_call *c, int i)
{
	buf_printf(out, "%s{\"id\":\"c%d\",\"version\":\"%d\",\"priority\":%d}", out->size > 1 ? "," : "",
		i, c->seen->cells[i] + 1, c->seen->cells[i] ? c->seen->cells[i] : 3);
}

static void set_cell(struct tiny_call *c, int i, int to)
{
	if (c->seen->cells[i] != to)
		__atomic_add_fetch(&c->seen->count[EFFECTS], 1, __ATOMIC_SEQ_CST);
	c->seen->cells[i] = to;
}

static void bulk(struct tiny_call *c)
{
	struct buf out = { 0 };
	char body[TINY_KEPT], *save = NULL;

	int mode = c->seen->told[MODE]; /* of now: whoever sees the count may say another */

	__atomic_add_fetch(&c->seen->count[BULKS], 1, __ATOMIC_SEQ_CST);
	snprintf(body, sizeof(body), "%s", c->body);
	if (mode == BAD_REQUEST) {
		tiny_answer(c, 400, "", "[]");
		return;
	}
	buf_text(&out, "[");
	for (char *w = strtok_r(body, ",", &save); w; w = strtok_r(NULL, ",", &save)) {
		int id = 0, to = 0;

		sscanf(w, "%d=%d", &id, &to);
		__atomic_add_fetch(&c->seen->count[ROWS], 1, __ATOMIC_SEQ_CST);
		if (mode != PICKY || id % 10)
			set_cell(c, id, to);
		tell_cell(&out, c, id);
	}
	buf_text(&out, "]");
	if (mode == CUT)
		_exit(0);
	usleep(20000);
	tiny_answer(c, 200, "", out.text);
	buf_clear(&out);
}

static void answer(struct tiny_call *c)
{
	struct buf out = { 0 };
	int id = 0, to = 0, now = __atomic_add_fetch(&c->seen->count[NOW], 1, __ATOMIC_SEQ_CST);

	if (now > c->seen->count[MOST])
		c->seen->count[MOST] = now;
	buf_text(&out, "[");
	if (tiny_is(c, "/bulk"))
		bulk(c);
	else if (tiny_is(c, "/single") && sscanf(c->body, "%d=%d", &id, &to) == 2) {
		__atomic_add_fetch(&c->seen->count[SINGLES], 1, __ATOMIC_SEQ_CST);
		set_cell(c, id, to);
		if (c->seen->told[MODE] == CUT_SINGLE)
			_exit(0);
		tell_cell(&out, c, id);
		buf_text(&out, "]");
		tiny_answer(c, 200, "", out.text);
	} else {
		for (int i = 1; i <= 200; i++)
			tell_cell(&out, c, i);
		buf_text(&out, "]");
		tiny_answer(c, 200, "", out.text);
	}
	__atomic_sub_fetch(&c->seen->count[NOW], 1, __ATOMIC_SEQ_CST);
	buf_clear(&out);
}

/* ---- the driver */

static int again, doubted;

static void ask_body(struct service *s, struct request *r, const char *path, struct buf *body)
{
	tiny_ask(s, r, "PUT", path);
	r->body_size = body->size;
	r->body = buf_take(body);
}

static bool bulk_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	struct buf body = { 0 };

	(void)err;
	for (int i = 0; i < c->bulk->count; i++)
		buf_printf(&body, "%s%s=%s", i ? "," : "", c->bulk->cases[i]->id + 1,
			c->bulk->patches[i]->changes[0].after);
	ask_body(s, r, "/bulk", &body);
	return true;
}

static enum answer bulk_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	enum answer answer = tiny_cases_read(s, c, a, page, err);

	for (int i = 0; answer == ANSWER_DONE && i < c->bulk->count; i++)
		if (page->cases[i].priority != atoi(c->bulk->patches[i]->changes[0].after))
			error_set(&c->bulk->outcomes[i], ERROR_REFUSED, "Not that one.");
	return answer;
}

static bool bulk_takes(const struct patch *p)
{
	return !p->note;
}

static bool patch_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	struct buf body = { 0 };

	(void)err;
	again += c->again;
	doubted += c->patch->unsure;
	buf_printf(&body, "%s=%s", c->cf->id + 1, c->patch->count ? c->patch->changes[0].after : "3");
	ask_body(s, r, "/single", &body);
	return true;
}

/* ---- tests */

static void post_many(struct world *w, int from, int count, const char *after, const char *note)
{
	struct patch *rows = xcalloc((size_t)count, sizeof(*rows)), **list = xcalloc((size_t)count, sizeof(*list));
	struct error err = { 0 };

	for (int i = 0; i < count; i++) {
		char id[20];

		snprintf(id, sizeof(id), "c%d", from + i);
		rows[i] = (struct patch){ .on = ON_CASE,
			.service = "city",
			.object = store_case_key(w->store, "city", id),
			.verb = "test",
			.note = note };
		patch_change(&rows[i], "priority", "3", after);
		list[i] = &rows[i];
	}
	ok(store_post_all(w->store, list, count, &err));
	for (int i = 0; i < count; i++)
		patch_clear(&rows[i]);
	free(rows);
	free(list);
}

static int cells_being(int from, int count, int value)
{
	int found = 0;

	for (int i = from; i < from + count; i++)
		found += server.seen->cells[i] == value;
	return found;
}

static void counts_anew(int mode)
{
	memset(server.seen->count, 0, sizeof(server.seen->count));
	server.seen->told[MODE] = mode;
	again = doubted = 0;
}

static int priority_here(struct world *w, const char *id)
{
	struct page p;

	page_init(&p);
	int priority = store_case(w->store, store_case_key(w->store, "city", id), &p) ? p.cases[0].priority : 0;

	page_clear(&p);
	return priority;
}

static void well(struct world *w)
{
	test("many go in few requests, several at once, each of them once") {
		counts_anew(WELL);
		post_many(w, 1, 60, "1", NULL);
		ok(wait_for(w, 20000, all_sent, NULL));
		same_int(cells_being(1, 60, 1), 60);
		same_int(server.seen->count[ROWS], 60);
		same_int(server.seen->count[BULKS], 3);
		same_int(server.seen->count[SINGLES], 0);
		ok(server.seen->count[MOST] > 1);
		same_int(priority_here(w, "c33"), 1);
		same_int(again, 0);
	}
	test("few go each by itself, and what the driver does not take along as well") {
		counts_anew(WELL);
		post_many(w, 61, 3, "1", NULL);
		ok(wait_for(w, 20000, all_sent, NULL));
		same_int(server.seen->count[BULKS], 0);
		same_int(server.seen->count[SINGLES], 3);
		post_many(w, 64, 8, "1", "with a note");
		ok(wait_for(w, 20000, all_sent, NULL));
		same_int(server.seen->count[BULKS], 0);
		same_int(server.seen->count[SINGLES], 11);
	}
}

static bool one_unknown(struct world *w, const void *arg)
{
	int count = 0;
	struct patch *rows = store_outbox(w->store, &count);
	bool is = count == 1 && rows->state == PATCH_UNKNOWN && rows->unsure;

	(void)arg;
	store_outbox_free(rows, count);
	return is;
}

static void badly(struct world *w)
{
	test("an outcome of its own: that row waits for the person, the others are done") {
		int refused = 0, conflicts = 0;

		counts_anew(PICKY);
		post_many(w, 75, 20, "2", NULL); /* 80 and 90 are among them */
		ok(wait_for(w, 20000, all_sent, NULL));
		store_pending(w->store, &conflicts, &refused);
		same_int(refused, 2);
		same_int(cells_being(75, 20, 2), 18);
		same_int(server.seen->count[SINGLES], 0);
		int count = 0;
		struct patch *rows = store_outbox(w->store, &count);

		same_int(count, 2);
		ok(count && rows[0].error_text && !strcmp(rows[0].error_text, "Not that one."));
		for (int i = 0; i < count; i++)
			store_drop(w->store, rows[i].key, &w->err);
		store_outbox_free(rows, count);
	}
	test("an answer lost on the way: each row is looked for by itself, and has its effect once") {
		counts_anew(CUT);
		post_many(w, 100, 10, "2", NULL);
		for (int i = 0; i < 400 && !server.seen->count[BULKS]; i++)
			loop_once(w->loop, 20);
		same_int(server.seen->count[BULKS], 1);
		server.seen->told[MODE] = WELL;
		ok(wait_for(w, 30000, all_sent, NULL));
		same_int(server.seen->count[BULKS], 1);
		same_int(server.seen->count[SINGLES], 10);
		same_int(again, 10);
		same_int(doubted, 10);
		same_int(server.seen->count[EFFECTS], 10);
	}
	/* libcurl would repeat it by itself where a connection that was used before dies without a byte. */
	test("one whose answer is lost went out once, nobody takes it for not done, and it is looked for") {
		counts_anew(CUT_SINGLE);
		tiny_list(w, "is:open", false);
		ok(tiny_done(w, 1));
		post_many(w, 111, 1, "2", NULL);
		ok(wait_for(w, 20000, one_unknown, NULL));
		same_int(server.seen->count[SINGLES], 1);
		server.seen->told[MODE] = WELL;
		ok(wait_for(w, 30000, all_sent, NULL));
		same_int(again, 1);
		same_int(doubted, 1);
		same_int(server.seen->count[EFFECTS], 1);
	}
	test("a request refused as a whole says nothing of one row: each goes by itself") {
		counts_anew(BAD_REQUEST);
		post_many(w, 120, 10, "2", NULL);
		ok(wait_for(w, 30000, all_sent, NULL));
		same_int(server.seen->count[BULKS], 1);
		same_int(server.seen->count[SINGLES], 10);
		same_int(cells_being(120, 10, 2), 10);
		same_int(store_pending(w->store, NULL, NULL), 0);
	}
}

int main(void)
{
	struct world w = { 0 };

	tiny_driver(&driver);
	driver.bulk_most = 40;
	driver.bulk_takes = bulk_takes;
	driver.calls[CALL_BULK].ask = bulk_ask;
	driver.calls[CALL_BULK].read = bulk_read;
	driver.calls[CALL_PATCH].ask = patch_ask;
	driver.calls[CALL_PATCH].read = tiny_cases_read;
	server = tiny_start(answer);
	test("the store opens with a driver of our own") {
		ok(tiny_open(&w, &server));
		tiny_list(&w, "is:open", false);
		ok(tiny_done(&w, 1));
		ok(store_case_key(w.store, "city", "c200") > 0);
	}
	well(&w);
	badly(&w);
	world_close(&w);
	tiny_stop(&server);
	return test_result();
}
