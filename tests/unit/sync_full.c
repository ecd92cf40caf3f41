/* The disk is full in the moment an answer comes: whoever asked is told, a row that was answered is not lost
   and takes effect once, and the same works when there is room again. */
#include "tests/unit/disk.h"
#include "tests/unit/tiny_driver.h"

static struct service_ops driver;

const struct service_ops *const service_list[] = { &driver, NULL };

static struct tiny server;

enum { EFFECTS, SENDS, KEYS }; /* counts; cell N is the priority of case cN, from FIRST_KEY on are the keys it knows */
enum { FIRST_KEY = 100 };

static void tell_cases(struct tiny_call *c, int from, int to)
{
	struct buf out = { 0 };

	buf_text(&out, "[");
	for (int i = from; i <= to; i++)
		buf_printf(&out, "%s{\"id\":\"c%d\",\"version\":\"%d\",\"priority\":%d}", i > from ? "," : "",
			i, c->seen->cells[i] + 1, c->seen->cells[i] ? c->seen->cells[i] : 3);
	buf_text(&out, "]");
	tiny_answer(c, 200, "", out.text);
	buf_clear(&out);
}

/* Once, whatever is repeated. */
static void set_cell(struct tiny_call *c, int i, int to, int key)
{
	for (int k = 0; k < c->seen->count[KEYS]; k++)
		if (c->seen->cells[FIRST_KEY + k] == key)
			return;
	c->seen->cells[FIRST_KEY + __atomic_fetch_add(&c->seen->count[KEYS], 1, __ATOMIC_SEQ_CST)] = key;
	__atomic_add_fetch(&c->seen->count[EFFECTS], 1, __ATOMIC_SEQ_CST);
	c->seen->cells[i] = to;
}

static void answer(struct tiny_call *c)
{
	int id = 0, to = 0;
	unsigned key = 0;
	char body[TINY_KEPT], *save = NULL;

	if (tiny_is(c, "/many")) {
		__atomic_add_fetch(&c->seen->count[SENDS], 1, __ATOMIC_SEQ_CST);
		snprintf(body, sizeof(body), "%s", c->body);
		for (char *w = strtok_r(body, ",", &save); w; w = strtok_r(NULL, ",", &save))
			if (sscanf(w, "%d=%d=%6x", &id, &to, &key) == 3)
				set_cell(c, id, to, (int)key);
		tell_cases(c, 1, 20);
	} else if (sscanf(c->path, "/case/c%d", &id) == 1)
		tell_cases(c, id, id);
	else
		tell_cases(c, 1, 20);
}

/* ---- the driver */

static int arm, arm_change; /* the write after the next answer fails; after that to a change */

static enum answer armed_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	enum answer answer = tiny_cases_read(s, c, a, page, err);

	if (arm)
		disk.left = arm;
	arm = 0;
	return answer;
}

static enum answer change_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	enum answer answer = tiny_cases_read(s, c, a, page, err);

	if (arm_change)
		disk.left = arm_change;
	arm_change = 0;
	return answer;
}

static void ask_body(struct service *s, struct request *r, struct buf *body)
{
	tiny_ask(s, r, "PUT", "/many");
	r->body_size = body->size;
	r->body = buf_take(body);
}

static bool patch_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	struct buf body = { 0 };

	(void)err;
	buf_printf(&body, "%s=%s=%s", c->cf->id + 1, c->patch->changes[0].after, c->patch->uuid);
	ask_body(s, r, &body);
	return true;
}

static bool bulk_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	struct buf body = { 0 };

	(void)err;
	for (int i = 0; i < c->bulk->count; i++)
		buf_printf(&body, "%s%s=%s=%s", i ? "," : "", c->bulk->cases[i]->id + 1,
			c->bulk->patches[i]->changes[0].after, c->bulk->patches[i]->uuid);
	ask_body(s, r, &body);
	return true;
}

/* ---- tests */

static bool arrives(struct world *w)
{
	if (!ok(wait_done(w)))
		return false;
	disk.left = 0;
	disk.hit = false;
	return w->err.kind == ERROR_NONE;
}

static bool listed(struct world *w)
{
	struct query q = { 0 };

	query_parse(&q, QUERY_CASES, "is:open", NULL, NULL);
	sync_list(w->sync, NULL, &q, false, 0, done, w);
	query_clear(&q);
	return arrives(w);
}

static bool found(struct world *w)
{
	sync_case_ref(w->sync, NULL, "c1", false, done, w);
	return arrives(w);
}

static bool with_timeline(struct world *w)
{
	sync_case_ref(w->sync, NULL, "c1", true, done, w);
	return arrives(w);
}

static bool people(struct world *w)
{
	sync_people(w->sync, NULL, 0, done, w);
	return arrives(w);
}

static void reading(struct world *w)
{
	static const struct {
		const char *name;
		bool (*ask)(struct world *);
	} rows[] = {
		{ "a list", listed },
		{ "a case by its number", found },
		{ "a case with its timeline", with_timeline },
		{ "workers and templates", people },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char name[100];

		snprintf(name, sizeof(name), "no room for %s: it is said, and comes when there is", rows[i].name);
		test(name)
		{
			arm = 1;
			ok(!rows[i].ask(w));
			same_int(w->err.kind, ERROR_LOCAL);
			ok(rows[i].ask(w));
		}
	}
}

static bool change(struct world *w, const struct casefile *cf, const char *to)
{
	struct patch p = case_patch(cf);

	patch_change(&p, "priority", *to == '1' ? "2" : "1", to);
	bool good = post(w, &p);
	patch_clear(&p);
	return good;
}

static bool was_full(struct world *w, const void *arg)
{
	(void)w;
	(void)arg;
	return disk.hit;
}

static void writing(struct world *w, const struct page *p)
{
	test("no room for the answer to a change: it goes again, has its effect once, and is done") {
		arm_change = 1;
		ok(change(w, &p->cases[0], "1"));
		ok(wait_for(w, 20000, all_sent, NULL));
		ok(disk.hit);
		disk.hit = false;
		same_int(server.seen->count[EFFECTS], 1);
		ok(server.seen->count[SENDS] > 1);
	}
	test("no room for the answer to many at once: each goes again, and each has its effect once") {
		driver.bulk_most = 50;
		for (int n = 1; n < 5; n++) { /* the first write after an answer may say that the service is there */
			arm_change = n;
			sync_hold(w->sync, true);
			for (int i = 1; i < 12; i++)
				ok(change(w, &p->cases[i], n % 2 ? "1" : "2"));
			sync_hold(w->sync, false);
			ok(wait_for(w, 20000, all_sent, NULL));
			disk.left = 0;
			disk.hit = false;
			same_int(server.seen->count[EFFECTS], 1 + 11 * n);
		}
	}
	test("ended with an answer that could not be written: the row is there at the next start") {
		int n = 0;

		driver.bulk_most = 0;
		/* The write that fails may have been another one: then the row is done, and the next one is tried. */
		for (int i = 12; i < 16 && !n; i++) {
			arm_change = 1;
			ok(change(w, &p->cases[i], "1"));
			ok(wait_for(w, 20000, was_full, NULL));
			disk.hit = false;
			n = store_pending(w->store, NULL, NULL);
		}
		sync_free(w->sync);
		w->sync = NULL;
		same_int(n, 1);
		same_int(store_pending(w->store, NULL, NULL), 1);
	}
}

int main(void)
{
	struct world w = { 0 };
	struct page p;

	signal(SIGPIPE, SIG_IGN);
	tiny_driver(&driver);
	driver.once = driver.once_new = ONCE_KEY;
	driver.calls[CALL_LIST].read = driver.calls[CALL_OPEN].read = armed_read;
	driver.calls[CALL_EVENTS].ask = driver.calls[CALL_WORKERS].ask = tiny_list_ask;
	driver.calls[CALL_EVENTS].read = driver.calls[CALL_WORKERS].read = armed_read;
	driver.calls[CALL_PATCH].ask = patch_ask;
	driver.calls[CALL_PATCH].read = driver.calls[CALL_BULK].read = change_read;
	driver.calls[CALL_BULK].ask = bulk_ask;
	test("the server starts, the store opens, a list comes") {
		server = tiny_start(answer);
		ok(server.port > 0 && tiny_open(&w, &server));
		ok(listed(&w));
	}
	struct casefile *cf = some_case(&w, 0, &p);
	if (w.ran && cf && ok(p.case_count > 15)) {
		reading(&w);
		writing(&w, &p);
	}
	page_clear(&p);
	world_close(&w);
	tiny_stop(&server);
	return test_result();
}
