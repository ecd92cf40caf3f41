/* Sync with a service that has no event stream and no idempotency keys, as the ones that come later:
   a driver of this test's own that asks for news again and again, and makes one change of several
   requests. At the other end is a real caseloadd, whose keys are of no help: each request has a new
   one. */
#include "net/url.h"
#include "tests/unit/sync_room.h"

extern const struct service_ops service_native;
static struct service_ops polling;

/* Found before the one of the program, since it stands in no archive. The driver goes by the name
   "native": the configuration knows no other yet. */
const struct service_ops *const service_list[] = { &polling, NULL };

/* What the driver was seen doing, and what is done to it. */
static struct {
	int polls, looks, notes, changes;
	char last_from[64];
	bool again;
	struct world *kill_before_change;
} seen;

static struct request *ask_plain(
	struct service *s, struct request *r, const char *method, const char *path, const char *id)
{
	struct buf url = { 0 }, bearer = { 0 };

	url_start(&url, s->url, path);
	if (id)
		url_segment(&url, id);
	r->method = method;
	r->url = buf_take(&url);
	r->type = "application/json";
	buf_printf(&bearer, "Bearer %s", s->token ? s->token : "");
	request_header(r, "Authorization", bearer.text);
	buf_clear(&bearer);
	return r;
}

/* ---- news: the cases that changed last; where to go on from is the time of the newest */

static bool news_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	struct buf query = { 0 };

	(void)err;
	seen.polls++;
	snprintf(seen.last_from, sizeof(seen.last_from), "%s", c->from ? c->from : "");
	buf_text(&query, "/cases?sort=-updated&limit=20");
	ask_plain(s, r, "GET", query.text, NULL);
	r->repeatable = true;
	buf_clear(&query);
	return true;
}

static enum answer news_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	enum answer answer = service_native.calls[CALL_LIST].read(s, c, a, page, err);

	page->next = NULL;
	if (answer == ANSWER_DONE && page->case_count)
		page->next = arena_printf(
			&page->arena, "%lld", (long long)page->cases[0].changed);
	return answer;
}

/* ---- a change: look at the case, look whether the note is there already, add it, change the
   priority, look again, since an answer alone proves nothing */

enum part { LOOK, LOOK_AT_NOTES, NOTE, CHANGE, PROVE };

struct work {
	enum part part;
	char version[32];
	int priority;
	bool noted;
};

static void ask_body(struct request *r, const char *type, struct buf *body)
{
	static int count;
	struct buf key = { 0 };

	buf_printf(&key, "polling-test-%d-%d", (int)getpid(), ++count);
	request_header(r, "Idempotency-Key", key.text);
	request_header(r, "Content-Type", type);
	buf_clear(&key);
	r->body_size = body->size;
	r->body = buf_take(body);
}

static int wanted_priority(const struct patch *p)
{
	return atoi(p->changes[0].after);
}

static void ask_note(struct service *s, struct call *c, struct request *r)
{
	struct buf body = { 0 };
	struct json_out out = { .buf = &body };

	seen.notes++;
	json_open(&out, NULL, '{');
	json_put_text(&out, "kind", "note");
	json_put_text(&out, "text", c->patch->note);
	json_close(&out, '}');
	ask_plain(s, r, "POST", "/cases", c->cf->id);

	struct buf url = { 0 };

	buf_printf(&url, "%s/events", r->url);
	free(r->url);
	r->url = buf_take(&url);
	ask_body(r, "application/json", &body);
}

static void ask_change(struct service *s, struct call *c, struct request *r)
{
	const struct work *w = c->work;
	struct buf body = { 0 }, match = { 0 };

	seen.changes++;
	if (seen.kill_before_change)
		service_kill(seen.kill_before_change, SIGKILL);
	seen.kill_before_change = NULL;
	buf_printf(&body, "{\"priority\":%d}", wanted_priority(c->patch));
	buf_printf(&match, "\"%s\"", w->version);
	ask_plain(s, r, "PATCH", "/cases", c->cf->id);
	request_header(r, "If-Match", match.text);
	ask_body(r, "application/merge-patch+json", &body);
	buf_clear(&match);
}

static bool change_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	struct work *w = c->work;
	struct buf url = { 0 };

	(void)err;
	if (!w)
		w = c->work = xcalloc(1, sizeof(*w));
	seen.again |= c->again;
	switch (w->part) {
	case NOTE:
		ask_note(s, c, r);
		return true;
	case CHANGE:
		ask_change(s, c, r);
		return true;
	case LOOK_AT_NOTES:
		seen.looks++;
		ask_plain(s, r, "GET", "/cases", c->cf->id);
		buf_printf(&url, "%s/events?limit=200", r->url);
		free(r->url);
		r->url = buf_take(&url);
		return true;
	default:
		ask_plain(s, r, "GET", "/cases", c->cf->id);
		return true;
	}
}

static bool has_note(const struct json *events, const char *note)
{
	const struct json *items = json_get(events, "items");

	for (size_t i = 0; i < json_count(items); i++) {
		const char *text = json_get_text(json_at(items, i), "text");

		if (text && !strcmp(text, note))
			return true;
	}
	return false;
}

/* What comes next, by what is known of the other side by now. */
static enum part next_part(const struct work *w, const struct call *c)
{
	if (w->part == LOOK && c->again)
		return LOOK_AT_NOTES;
	if (w->part < NOTE && !w->noted)
		return NOTE;
	if (w->part < CHANGE && w->priority != wanted_priority(c->patch))
		return CHANGE;
	return PROVE;
}

static enum answer change_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	struct work *w = c->work;

	if (a->status < 200 || a->status > 299 || w->part == PROVE)
		return service_native.calls[CALL_OPEN].read(s, c, a, page, err);

	struct json *j = json_read(a->body, a->body_size, NULL, err);

	if (w->part == LOOK) {
		snprintf(w->version, sizeof(w->version), "%lld",
			(long long)json_get_int(j, "version", 0));
		w->priority = (int)json_get_int(j, "priority", 0);
	}
	if (w->part == LOOK_AT_NOTES)
		w->noted = has_note(j, c->patch->note);
	json_free(j);
	w->part = next_part(w, c);
	return ANSWER_MORE;
}

static void make_driver(void)
{
	polling = service_native;
	polling.streams = false;
	polling.poll_ms = 1000;
	polling.once = ONCE_SEARCH;
	polling.stale = STALE_MOSTLY;
	polling.calls[CALL_NEWS].ask = news_ask;
	polling.calls[CALL_NEWS].read = news_read;
	polling.calls[CALL_PATCH].ask = change_ask;
	polling.calls[CALL_PATCH].read = change_read;
}

/* ---- tests */

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

static bool polled_more(struct world *w, const void *arg)
{
	(void)w;
	return seen.polls > *(const int *)arg;
}

static void list_team(struct world *w)
{
	struct query q = { 0 };

	query_parse(&q, QUERY_CASES, "is:open team:me sort:number", NULL, NULL);
	sync_list(w->sync, NULL, &q, false, 0, done, w);
	ok(wait_done(w));
	query_clear(&q);
}

static void following(struct world *w)
{
	test("without a stream what others change comes by asking again") {
		struct page p;
		int polls;

		sync_follow(w->sync, true);
		polls = 0;
		ok(wait_for(w, 5000, polled_more, &polls));
		struct casefile *cf = some_case(w, 0, &p);

		if (ok(cf != NULL)) {
			others_change(w, cf->id, "{\"tags\":[\"polled\"]}");
			ok(wait_for(w, 8000, version_is_new, cf));
		}
		page_clear(&p);
	}
	test("it goes on from where the last answer ended, no more often than told") {
		int64_t began = loop_now_ms();
		int polls = seen.polls + 1;

		ok(wait_for(w, 8000, polled_more, &polls));
		ok(loop_now_ms() - began >= 1900);
		ok(*seen.last_from != '\0');
	}
	test("when the service is gone and back, the news go on") {
		struct page p;
		bool yes = true, no = false;
		struct casefile *cf = some_case(w, 1, &p);

		service_kill(w, SIGKILL);
		ok(wait_for(w, 10000, is_online, &no));
		ok(service_start(w));
		ok(wait_for(w, 30000, is_online, &yes));
		others_change(w, cf->id, "{\"tags\":[\"back\"]}");
		ok(wait_for(w, 10000, version_is_new, cf));
		page_clear(&p);
	}
}

static bool post_both(struct world *w, const struct casefile *cf, const char *note, int priority)
{
	struct patch p = case_patch(cf);
	char before[12], after[12];

	snprintf(before, sizeof(before), "%d", cf->priority);
	snprintf(after, sizeof(after), "%d", priority);
	p.note = note;
	patch_change(&p, "priority", before, after);
	bool good = post(w, &p);

	patch_clear(&p);
	return good;
}

/* The one row there is: nobody may take for undone what was done by half. */
static bool is_unknown(struct world *w)
{
	int count = 0;
	struct patch *rows = store_outbox(w->store, &count);
	bool is = count == 1 && rows[0].state == PATCH_UNKNOWN;

	store_outbox_free(rows, count);
	return is;
}

static void changing(struct world *w)
{
	test("a change of several requests takes effect once") {
		struct page p;
		struct casefile *cf = some_case(w, 2, &p);
		int other = cf->priority == 1 ? 2 : 1;

		ok(post_both(w, cf, "in several parts", other));
		ok(wait_for(w, 20000, all_sent, NULL));
		same_int(notes_saying(w, cf->id, "in several parts"), 1);
		same_int(priority_of(w, cf->id), other);
		same_int(seen.notes, 1);
		same_int(seen.changes, 1);
		ok(!seen.again);
		page_clear(&p);
	}
	test("stopped half way: the next try is told to look first, and nothing is doubled") {
		struct page p;
		struct casefile *cf = some_case(w, 3, &p);
		int other = cf->priority == 1 ? 2 : 1;

		seen.notes = seen.changes = seen.looks = 0;
		seen.kill_before_change = w;
		ok(post_both(w, cf, "half of it", other));
		for (int i = 0; i < 400 && w->service; i++)
			loop_once(w->loop, 20);
		ok(w->service == 0);
		for (int i = 0; i < 10; i++)
			loop_once(w->loop, 20);
		same_int(sync_unsent(w->sync), 1);
		ok(is_unknown(w));
		ok(service_start(w));
		same_int(notes_saying(w, cf->id, "half of it"), 1);
		ok(priority_of(w, cf->id) != other);
		sync_retry_now(w->sync);
		ok(wait_for(w, 30000, all_sent, NULL));
		ok(seen.again);
		same_int(seen.looks, 1);
		same_int(seen.notes, 1);
		same_int(seen.changes, 2);
		same_int(notes_saying(w, cf->id, "half of it"), 1);
		same_int(priority_of(w, cf->id), other);
		page_clear(&p);
	}
}

int main(void)
{
	struct world w = { 0 };

	make_driver();
	test("the service starts, the store opens with a driver of our own") {
		ok(world_open(&w));
		ok(w.ran && sync_service(w.sync, 0)->ops == &polling);
	}
	if (w.ran) {
		list_team(&w);
		following(&w);
		changing(&w);
	}
	world_close(&w);
	return test_result();
}
