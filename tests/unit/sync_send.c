/* What becomes of a row by what its service said: each kind of verdict, alone and together, and a case that is
   handed over from one service to another. */
#include "tests/unit/tiny_driver.h"

static struct service_ops driver;

const struct service_ops *const service_list[] = { &driver, NULL };

static struct tiny server;

enum { SENDS, BULKS }; /* counts */

static void answer(struct tiny_call *c)
{
	if (tiny_is(c, "/patch"))
		__atomic_add_fetch(&c->seen->count[SENDS], 1, __ATOMIC_SEQ_CST);
	if (tiny_is(c, "/bulk"))
		__atomic_add_fetch(&c->seen->count[BULKS], 1, __ATOMIC_SEQ_CST);
	if (tiny_is(c, "/patch") || tiny_is(c, "/bulk")) {
		tiny_answer(c, 200, "", "[]");
		return;
	}
	struct buf out = { 0 };
	for (int i = 1; i <= 20; i++)
		buf_printf(&out, "%s{\"id\":\"c%d\",\"version\":\"1\"}", i > 1 ? "," : "[", i);
	buf_text(&out, "]");
	tiny_answer(c, 200, "", out.text);
	buf_clear(&out);
}

/* ---- the driver */

static enum error_kind next_verdict; /* of the next answer alone */
static bool answers_case;
static int64_t took;
static char last_note[300], last_links[200];

static bool patch_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	const struct change *links = patch_find(c->patch, "links");

	(void)err;
	snprintf(last_note, sizeof(last_note), "%s", c->patch->note ? c->patch->note : "");
	snprintf(last_links, sizeof(last_links), "%s", links ? links->after : "");
	tiny_ask(s, r, "PUT", "/patch");
	return true;
}

static bool bulk_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	(void)c;
	(void)err;
	tiny_ask(s, r, "PUT", "/bulk");
	return true;
}

static bool verdict(struct error *err)
{
	if (next_verdict == ERROR_NONE)
		return true;
	error_set(err, next_verdict, "As the test wants it.");
	err->wait_ms = 10;
	next_verdict = ERROR_NONE;
	return false;
}

static enum answer patch_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	(void)s, (void)a;
	c->took = took;
	took = 0;
	if (!verdict(err))
		return ANSWER_ERROR;
	if (c->patch->creates || answers_case) {
		struct casefile *cf = page_add_case(page);

		cf->id = c->patch->creates ? "n1" : arena_copy(&page->arena, c->cf->id);
		cf->number = c->patch->creates ? NULL : cf->id;
		cf->version = "2";
		cf->subject = "Lamp";
	}
	return ANSWER_DONE;
}

static enum error_kind own_verdict; /* of the first row of the next bulk */

static enum answer bulk_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	(void)s, (void)a, (void)page;
	if (own_verdict != ERROR_NONE)
		error_set(&c->bulk->outcomes[0], own_verdict, "Of the first alone.");
	own_verdict = ERROR_NONE;
	return verdict(err) ? ANSWER_DONE : ANSWER_ERROR;
}

static void case_url(const struct service *s, const struct casefile *cf, struct buf *out)
{
	(void)s;
	buf_printf(out, "http://town.invalid/%s", cf->id);
}

/* ---- tests */

static bool note(struct world *w, const struct casefile *cf)
{
	return post_note(w, cf, "said") && wait_for(w, 20000, all_sent, NULL);
}

static void alone(struct world *w, const struct casefile *cf)
{
	static const enum error_kind again[] = { ERROR_GARBLED, ERROR_CONFIG, ERROR_CANCELLED, ERROR_BUSY };

	for (size_t i = 0; i < sizeof(again) / sizeof(*again); i++) {
		char name[60];

		snprintf(name, sizeof(name), "no verdict on the row (%d): it goes again", again[i]);
		test(name)
		{
			int sends = server.seen->count[SENDS];

			next_verdict = again[i];
			ok(note(w, cf));
			ok(server.seen->count[SENDS] >= sends + 2);
			same_int(store_pending(w->store, NULL, NULL), 0);
		}
	}
	test("a new case in conflict waits for the person, with what the service took with it") {
		struct patch p = { .on = ON_CASE, .creates = true, .service = "city" };
		int conflicts = 0;

		patch_change(&p, "subject", NULL, "Lamp");
		next_verdict = ERROR_CONFLICT;
		took = 5;
		ok(post(w, &p) && wait_for(w, 20000, all_sent, NULL));
		store_pending(w->store, &conflicts, NULL);
		same_int(conflicts, 1);
		ok(store_drop(w->store, p.key, &w->err));
		patch_clear(&p);
	}
	test("followed: the timeline is asked for, of the case in the answer, or of the one the row was about") {
		sync_follow(w->sync, true);
		ok(note(w, cf));
		answers_case = true;
		ok(note(w, cf));
		answers_case = false;
		struct patch unknown = { .on = ON_CASE, .object = 4711, .service = "city", .note = "x" };
		struct patch person = { .on = ON_CITIZEN, .object = 4712, .service = "city" };
		patch_change(&person, "phone", NULL, "1");
		ok(post(w, &unknown) && post(w, &person) && wait_for(w, 20000, all_sent, NULL));
		same_int(store_pending(w->store, NULL, NULL), 0);
		patch_clear(&unknown);
		patch_clear(&person);
		sync_follow(w->sync, false);
	}
	test("two that are held: it wakes for the first, and then for the other") {
		int sends = server.seen->count[SENDS];
		for (int i = 0; i < 3; i++) {
			struct patch p = case_patch(cf + i);

			p.note = "held";
			p.not_before = time(NULL) + (i == 1 ? 1 : 2);
			ok(post(w, &p));
			patch_clear(&p);
			loop_once(w->loop, 10);
		}
		ok(wait_for(w, 20000, all_sent, NULL));
		same_int(server.seen->count[SENDS], sends + 3);
	}
}

static void many(struct world *w, const struct page *p, int count)
{
	sync_hold(w->sync, true);
	for (int i = 0; i < count; i++)
		ok(post_note(w, &p->cases[i], "together"));
	sync_hold(w->sync, false);
	ok(wait_for(w, 20000, all_sent, NULL));
	same_int(store_pending(w->store, NULL, NULL), 0);
}

static void together(struct world *w, const struct page *p)
{
	static const enum error_kind again[] = { ERROR_BUSY, ERROR_CANCELLED, ERROR_GARBLED, ERROR_OFFLINE };
	static const enum error_kind own[] = { ERROR_GARBLED, ERROR_OFFLINE };

	driver.calls[CALL_BULK].ask = bulk_ask;
	driver.calls[CALL_BULK].read = bulk_read;
	test("as many requests as there may be, each with as many as it takes") {
		driver.bulk_most = 3;
		int bulks = server.seen->count[BULKS];
		many(w, p, 12);
		ok(server.seen->count[BULKS] >= bulks + 2);
	}
	test("one at a time where the service wants that") {
		driver.bulk_most = 50;
		driver.bulk_alone = true;
		int bulks = server.seen->count[BULKS];
		many(w, p, 12);
		same_int(server.seen->count[BULKS], bulks + 1);
		driver.bulk_alone = false;
	}
	test("no verdict on all of them, or on one: they go again") {
		for (size_t i = 0; i < sizeof(again) / sizeof(*again); i++) {
			next_verdict = again[i];
			many(w, p, 8);
		}
		for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++) {
			own_verdict = own[i];
			many(w, p, 8);
		}
	}
	driver.bulk_most = 0;
}

static void handed_over(struct world *w, const struct casefile *cf, const char *links, const char *text)
{
	struct patch p = case_patch(cf);
	struct patch *first = patch_first(&p);

	first->on = ON_CASE;
	first->creates = true;
	first->service = "town";
	patch_change(first, "subject", NULL, "Lamp");
	p.note = text;
	if (links)
		patch_change(&p, "links", NULL, links);
	ok(post(w, &p) && wait_for(w, 20000, all_sent, NULL));
	patch_clear(&p);
}

static void handing(struct world *w, const struct casefile *cf)
{
	test("handed over: the old case names the new one, with its address where there is one") {
		handed_over(w, cf, NULL, NULL);
		same(last_note, "Handed over to town: case n1");
		same(last_links, "");
		driver.case_url = case_url;
		handed_over(w, cf, NULL, "Over to you.");
		same(last_note, "Over to you.\n\nHanded over to town: case n1, http://town.invalid/n1");
		same(last_links, "refers-to:http://town.invalid/n1");
	}
	test("to a service that is not configured any more: sent to nobody, and the old one waits") {
		struct patch p = { .on = ON_CASE, .creates = true, .service = "village" };

		patch_change(&p, "subject", NULL, "Lamp");
		ok(post(w, &p));
		same_int(store_pending(w->store, NULL, NULL), 1);
		ok(store_drop(w->store, p.key, &w->err));
		patch_clear(&p);
	}
}

int main(void)
{
	struct world w = { 0 };
	struct page p;
	static char more[300];

	signal(SIGPIPE, SIG_IGN);
	tiny_driver(&driver);
	driver.once = driver.once_new = ONCE_KEY;
	driver.calls[CALL_PATCH].ask = patch_ask;
	driver.calls[CALL_PATCH].read = patch_read;
	driver.calls[CALL_EVENTS].ask = tiny_list_ask;
	driver.calls[CALL_EVENTS].read = tiny_cases_read;
	test("the server starts, the store opens, a list comes") {
		server = tiny_start(answer);
		snprintf(more, sizeof(more), "[service \"town\"]\nurl = http://127.0.0.1:%d\ntoken-command = echo t\n",
			server.port);
		w.more = more;
		ok(server.port > 0 && tiny_open(&w, &server));
		tiny_list(&w, "is:open", false);
		ok(tiny_done(&w, 1));
	}
	struct casefile *cf = some_case(&w, 0, &p);
	if (w.ran && cf && ok(p.case_count > 12)) {
		alone(&w, cf);
		together(&w, &p);
		handing(&w, cf);
	}
	page_clear(&p);
	world_close(&w);
	tiny_stop(&server);
	return test_result();
}
