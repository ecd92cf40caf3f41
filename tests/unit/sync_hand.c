/* A case in hand: the lease asked for, kept, lost, another's, put back, by a driver of this test's own. */
#include "tests/unit/tiny_driver.h"

static struct service_ops driver;

const struct service_ops *const service_list[] = { &driver, NULL };

static struct tiny server;

enum { ASKED, PUT_BACK, FENCE, PATCHED }; /* counts: the fence is the last one that was sent along */
enum { MODE, HELD_MS, TOOK };		  /* told */
enum { MINE, THEIRS, LOST, NONE, BUSY };

static void answer(struct tiny_call *c)
{
	int id = 0, fence = 0, put_back = 0;

	if (sscanf(c->path, "/lease/c%d/%d/%d", &id, &fence, &put_back) == 3) {
		__atomic_add_fetch(&c->seen->count[put_back ? PUT_BACK : ASKED], 1, __ATOMIC_SEQ_CST);
		c->seen->count[FENCE] = fence;
		tiny_answer(c, c->seen->told[MODE] == BUSY ? 503 : 200, "", "{}");
	} else if (tiny_is(c, "/patch")) {
		__atomic_add_fetch(&c->seen->count[PATCHED], 1, __ATOMIC_SEQ_CST);
		tiny_answer(c, 200, "", "[]");
	} else
		tiny_answer(c, 200, "", "[{\"id\":\"c1\",\"version\":\"1\"},{\"id\":\"c2\",\"version\":\"1\"}]");
}

/* ---- the driver */

static bool lease_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	char path[100];

	(void)err;
	snprintf(path, sizeof(path), "/lease/%s/%d/%d", c->cf->id, (int)c->fence, (int)c->put_back);
	tiny_ask(s, r, "PUT", path);
	return true;
}

static enum answer lease_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	int mode = server.seen->told[MODE];

	(void)s;
	if (a->status != 200) {
		error_set(err, ERROR_OFFLINE, "status %d", a->status);
		return ANSWER_ERROR;
	}
	if (mode == LOST) {
		error_set(err, ERROR_CONFLICT, "It ran out.");
		snprintf(err->code, sizeof(err->code), "lease-lost");
		return ANSWER_ERROR;
	}
	if (mode == NONE || c->put_back)
		return ANSWER_DONE;
	struct casefile *cf = page_add_case(page);
	*cf = *c->cf;
	cf->holder = mode == MINE ? "anna" : "someone else";
	cf->fence = mode == MINE ? 7 : 0;
	cf->held_until_ms = server.seen->told[HELD_MS];
	return ANSWER_DONE;
}

static bool patch_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	(void)c;
	(void)err;
	tiny_ask(s, r, "PUT", "/patch");
	return true;
}

static enum answer patch_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	(void)s, (void)a, (void)page, (void)err;
	c->took = server.seen->told[TOOK];
	return ANSWER_DONE;
}

/* ---- waiting */

struct wish {
	int64_t key;
	enum hand hand;
};

static bool in_hand(struct world *w, const void *arg)
{
	const struct wish *wish = arg;

	return sync_in_hand(w->sync, wish->key).hand == wish->hand;
}

static bool counted(struct world *w, const void *arg)
{
	const int *want = arg;

	(void)w;
	return server.seen->count[want[0]] >= want[1];
}

static bool becomes(struct world *w, int64_t key, enum hand hand)
{
	return wait_for(w, 10000, in_hand, &(struct wish){ key, hand });
}

static bool seen(struct world *w, int what, int least)
{
	return wait_for(w, 10000, counted, (const int[]){ what, least });
}

static int64_t fence_here(struct world *w, int64_t key, const char **holder)
{
	static char name[40];
	struct page p;

	page_init(&p);
	store_case_plain(w->store, key, &p);
	int64_t fence = p.case_count ? p.cases[0].fence : -1;
	snprintf(name, sizeof(name), "%s", p.case_count && p.cases[0].holder ? p.cases[0].holder : "");
	*holder = name;
	page_clear(&p);
	return fence;
}

static void hands(struct world *w, int64_t one, int64_t two)
{
	const char *holder;

	server.seen->told[HELD_MS] = 60000;
	test("in hand, kept in the store for every surface, once for two forms; put back after the last") {
		sync_hand(w->sync, one);
		sync_hand(w->sync, one);
		sync_hand(w->sync, two);
		ok(becomes(w, one, HAND_MINE) && becomes(w, two, HAND_MINE));
		same_int(server.seen->count[ASKED], 2);
		same_int(fence_here(w, one, &holder), 7);
		same(holder, "anna");
		sync_unhand(w->sync, one);
		same_int(sync_in_hand(w->sync, one).hand, HAND_MINE);
		sync_unhand(w->sync, one);
		same_int(sync_in_hand(w->sync, one).hand, HAND_NONE);
		ok(seen(w, PUT_BACK, 1));
		same_int(server.seen->count[FENCE], 7);
		same_int(fence_here(w, one, &holder), 0);
		same(holder, "");
		sync_unhand(w->sync, two);
		ok(seen(w, PUT_BACK, 2));
		sync_unhand(w->sync, two); /* of nothing */
	}
	test("closed while it is asked for: put back as soon as it is ours") {
		sync_hand(w->sync, one);
		sync_unhand(w->sync, one);
		ok(seen(w, PUT_BACK, 3));
		same_int(sync_in_hand(w->sync, one).hand, HAND_NONE);
	}
	test("another's: said whose, and asked again; then nothing to put back") {
		server.seen->told[MODE] = THEIRS;
		server.seen->told[HELD_MS] = 100;
		int asked = server.seen->count[ASKED];
		sync_hand(w->sync, one);
		ok(becomes(w, one, HAND_THEIRS));
		same(sync_in_hand(w->sync, one).who, "someone else");
		ok(seen(w, ASKED, asked + 3));
		server.seen->told[HELD_MS] = 60000;
		sync_unhand(w->sync, one);
		becomes(w, one, HAND_NONE);
		same_int(server.seen->count[PUT_BACK], 3);
	}
	test("kept by a heartbeat with its fence; when it ran out it is taken anew") {
		server.seen->told[MODE] = MINE;
		server.seen->told[HELD_MS] = 2400;
		int asked = server.seen->count[ASKED];
		sync_hand(w->sync, one);
		ok(becomes(w, one, HAND_MINE));
		ok(seen(w, ASKED, asked + 3));
		server.seen->told[MODE] = LOST;
		ok(becomes(w, one, HAND_NONE));
		server.seen->told[MODE] = MINE;
		sync_unhand(w->sync, one);
		ok(becomes(w, one, HAND_NONE));
	}
	test("not heard of: it lapses, and says so") {
		server.seen->told[HELD_MS] = 1500;
		sync_hand(w->sync, two);
		ok(becomes(w, two, HAND_MINE));
		server.seen->told[MODE] = BUSY;
		ok(becomes(w, two, HAND_LAPSED));
		sync_unhand(w->sync, two);
		ok(becomes(w, two, HAND_NONE));
	}
	test("a service that has none: nothing is in hand, and nothing said") {
		server.seen->told[MODE] = NONE;
		int asked = server.seen->count[ASKED];
		sync_hand(w->sync, one);
		ok(seen(w, ASKED, asked + 1));
		same_int(sync_in_hand(w->sync, one).hand, HAND_NONE);
		sync_unhand(w->sync, one);
	}
}

/* What is sent may come back with a fence of its own: of a form that stands open, or of none. */
static void sent(struct world *w, const struct casefile *cf)
{
	test("a change that took the lease: the open form goes on with it, without a form it is put back") {
		server.seen->told[MODE] = MINE;
		server.seen->told[HELD_MS] = 60000;
		sync_hand(w->sync, cf->key);
		ok(becomes(w, cf->key, HAND_MINE));
		server.seen->told[TOOK] = 9;
		ok(post_note(w, cf, "with a form"));
		ok(wait_for(w, 10000, all_sent, NULL));
		int back = server.seen->count[PUT_BACK];
		sync_unhand(w->sync, cf->key);
		ok(seen(w, PUT_BACK, back + 1));
		same_int(server.seen->count[FENCE], 9);
		server.seen->told[TOOK] = 11;
		ok(post_note(w, cf, "without"));
		ok(seen(w, PUT_BACK, back + 2));
		same_int(server.seen->count[FENCE], 11);
	}
	test("closed with what it sent still waiting: put back when that is settled") {
		server.seen->told[TOOK] = 0;
		sync_hand(w->sync, cf->key);
		ok(becomes(w, cf->key, HAND_MINE));
		int back = server.seen->count[PUT_BACK];
		sync_hold(w->sync, true);
		ok(post_note(w, cf, "held"));
		sync_unhand(w->sync, cf->key);
		same_int(sync_in_hand(w->sync, cf->key).hand, HAND_MINE);
		same_int(server.seen->count[PUT_BACK], back);
		sync_hold(w->sync, false);
		ok(seen(w, PUT_BACK, back + 1));
		sync_hand(w->sync, cf->key); /* stands open at the end */
		ok(becomes(w, cf->key, HAND_MINE));
	}
}

int main(void)
{
	struct world w = { 0 };
	struct page p;

	signal(SIGPIPE, SIG_IGN);
	tiny_driver(&driver);
	driver.calls[CALL_LEASE].ask = lease_ask;
	driver.calls[CALL_LEASE].read = lease_read;
	driver.calls[CALL_PATCH].ask = patch_ask;
	driver.calls[CALL_PATCH].read = patch_read;
	test("the server starts, the store opens, a list comes") {
		server = tiny_start(answer);
		ok(server.port > 0 && tiny_open(&w, &server));
		tiny_list(&w, "is:open", false);
		ok(tiny_done(&w, 1));
	}
	struct casefile *cf = some_case(&w, 0, &p);
	if (w.ran && cf && p.case_count > 1) {
		hands(&w, p.cases[0].key, p.cases[1].key);
		sent(&w, cf);
	}
	page_clear(&p);
	world_close(&w);
	tiny_stop(&server);
	return test_result();
}
