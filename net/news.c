/* Following what changes: the service's event stream, or asking again where there is none. News say
   what changed; the thing itself is asked for. */
#include "net/line.h"

#include "model/i18n.h"

#include <stddef.h>
#include <string.h>

enum {
	QUIET_MS = 20 * 1000, /* a heartbeat comes every 15 s */
	SILENT_MS = 40 * 1000,
	RETRY_MS = 3000,
	RETRY_JITTER_MS = 5000,
	WATCH_MS = 300,	     /* a case looked at for a moment only changes no stream */
	SHOWN_MS = 1000,     /* a list is asked again for several news at once */
	SHOWN_AGE_MS = 3000, /* and not when it has just been */
	CURSOR_MS = 2000,
	BURST = 50,
	SHOWN_POLL_MS = 60 * 1000,
	NEWS_PAGE = 100, /* of so many there may be more */
	NEWS_PAGES = 20
};

static void news_stop(struct line *l)
{
	transport_cancel(l->transport, &l->news);
	loop_cancel(l->loop, l->silent_timer);
	l->silent_timer = 0;
	l->streaming = false;
}

static void news_again(void *ctx)
{
	struct line *l = ctx;

	l->news_timer = 0;
	news_stop(l);
	news_begin(l);
}

static void news_later(struct line *l, int wait_ms)
{
	if (!l->news_timer)
		l->news_timer = loop_after(l->loop, wait_ms, news_again, l);
}

/* ---- what is shown is asked again */

static void shown_in(struct line *l, int wait_ms);

static void shown_ask(void *ctx)
{
	struct line *l = ctx;
	int64_t now = loop_now_ms();
	int later_ms = 0;

	l->shown_timer = 0;
	for (int i = 0; i < SHOWN_MAX; i++) {
		struct query q = { 0 };
		struct shown *s = &l->shown[i];
		int64_t rest_ms = s->asked_ms + SHOWN_AGE_MS - now;

		if (!s->text)
			continue;
		if (rest_ms > 0) { /* what came since it was asked is not in its answer */
			if (s->asked_ms <= l->shown_wish_ms && rest_ms > later_ms)
				later_ms = (int)rest_ms;
			continue;
		}
		if (query_parse(&q, QUERY_CASES, s->text, NULL, NULL))
			line_list(l, &q, NULL, URGENT_LATER, NULL);
		query_clear(&q);
	}
	if (later_ms)
		shown_in(l, later_ms);
}

/* The sooner of two wishes counts. */
static void shown_in(struct line *l, int wait_ms)
{
	int64_t due = loop_now_ms() + wait_ms;

	if (l->shown_timer && l->shown_due_ms <= due)
		return;
	loop_cancel(l->loop, l->shown_timer);
	l->shown_due_ms = due;
	l->shown_timer = loop_after(l->loop, wait_ms, shown_ask, l);
}

void news_shown_soon(struct line *l, int wait_ms)
{
	l->shown_wish_ms = loop_now_ms();
	shown_in(l, wait_ms);
}

static bool has_news(const struct line *l)
{
	const char *features = l->service.profile.features;

	return l->service.ops->calls[CALL_NEWS].ask &&
	       (!features || !*features || words_have(features, "events"));
}

static void poll_fire(void *ctx)
{
	struct line *l = ctx;

	l->poll_timer = 0;
	if (l->state == LINE_READY && !has_news(l))
		news_shown_soon(l, 0);
	news_begin(l);
}

/* ---- one piece of news */

static bool is_looked_at(const struct line *l, const char *id)
{
	return l->looked_at && !strcmp(l->looked_at, id);
}

static bool is_watched(const struct line *l, const char *id)
{
	for (int i = 0; i < l->watched_count; i++)
		if (!strcmp(l->watched[i], id))
			return true;
	return false;
}

static bool already_known(const struct casefile *cf, const struct news *n)
{
	return n->version && cf->version && !strcmp(cf->version, n->version) && n->last_event &&
	       n->last_event <= cf->last_event;
}

static int wants_later(const struct line *l)
{
	int count = 0;

	for (const struct want *w = l->wants; w; w = w->next)
		count += w->urgency == URGENT_LATER;
	return count;
}

static void case_changed(struct line *l, const struct news *n)
{
	struct page p = { 0 };
	int64_t key = store_case_key(l->store, l->service.name, n->id);

	page_init(&p);
	if (key <= 0 || wants_later(l) > BURST)
		news_shown_soon(l, SHOWN_MS);
	else if (store_case_plain(l->store, key, &p) && p.case_count &&
		 !already_known(&p.cases[0], n)) {
		line_case(l, &p.cases[0], URGENT_LATER, NULL);
		/* One's own are on the stream without being watched. */
		if (is_watched(l, n->id) || is_looked_at(l, n->id))
			line_events(l, &p.cases[0], URGENT_LATER, NULL);
	}
	page_clear(&p);
}

static void cursor_keep(void *ctx)
{
	struct line *l = ctx;

	l->cursor_timer = 0;
	store_set_cursor(l->store, l->service.name, l->cursor);
}

static void news_came(void *ctx, const struct news *n)
{
	struct line *l = ctx;

	if (n->retry_ms)
		l->retry_ms = n->retry_ms;
	if (n->what == NEWS_CASE)
		case_changed(l, n);
	if (n->what == NEWS_RESET)
		news_shown_soon(l, 0);
	if (n->what == NEWS_HELLO) /* its cursor brings what is missing: a list just asked for will do */
		shown_in(l, SHOWN_MS);
	if (!n->cursor || !strcmp(n->cursor, l->cursor))
		return;
	snprintf(l->cursor, sizeof(l->cursor), "%s", n->cursor);
	if (!l->cursor_timer)
		l->cursor_timer = loop_after(l->loop, CURSOR_MS, cursor_keep, l);
}

/* Where an earlier run was. */
static void cursor_recall(struct line *l)
{
	struct arena arena = { 0 };

	if (*l->cursor)
		return;
	const char *kept = store_cursor(l->store, l->service.name, &arena);

	snprintf(l->cursor, sizeof(l->cursor), "%s", kept ? kept : "");
	arena_clear(&arena);
}

/* ---- the stream */

/* The stream's ctx is the address of line->news, so that it is another than that of any want. */
static struct line *line_of(void *ctx)
{
	return (struct line *)(void *)((char *)ctx - offsetof(struct line, news));
}

/* Missing one heartbeat is said, missing two ends the stream. */
static void silent_look(void *ctx)
{
	struct line *l = ctx;
	int quiet = (int)(loop_now_ms() - l->stream_heard_ms);
	struct error err = { 0 };

	l->silent_timer = 0;
	error_set(&err, ERROR_OFFLINE, _("The service %s fell silent; it will be called again."),
		l->service.name);
	if (quiet < SILENT_MS) {
		int next = quiet < QUIET_MS ? QUIET_MS : SILENT_MS;

		if (quiet >= QUIET_MS)
			line_silent(l, err.text);
		l->silent_timer = loop_after(l->loop, next - quiet, silent_look, l);
		return;
	}
	line_bad(l, &err);
	news_stop(l);
	news_later(l, random_below(RETRY_JITTER_MS));
}

static bool stream_bytes(void *ctx, const char *bytes, size_t size)
{
	struct line *l = line_of(ctx);

	l->stream_heard_ms = loop_now_ms();
	loop_cancel(l->loop, l->silent_timer);
	l->silent_timer = loop_after(l->loop, QUIET_MS, silent_look, l);
	line_good(l);
	return l->service.ops->news_feed(l->news, bytes, size, news_came, l);
}

/* The service is back: what the pause was for is over. */
static void poll_hurry(struct line *l)
{
	if (l->service.ops->streams || !l->poll_timer)
		return;
	loop_cancel(l->loop, l->poll_timer);
	l->poll_timer = 0;
}

void news_wake(struct line *l)
{
	poll_hurry(l);
	loop_cancel(l->loop, l->news_timer);
	l->news_timer = 0;
	if (l->streaming && loop_now_ms() - l->stream_heard_ms >= QUIET_MS)
		news_stop(l);
	news_begin(l);
}

/* Many lose their stream at the same moment; they do not come back at the same. */
static int retry_pause(const struct line *l)
{
	return (l->retry_ms ? l->retry_ms : RETRY_MS) + random_below(RETRY_JITTER_MS);
}

/* A long pause is over once the service answers again; not at once, since it may be that only its stream
   is out of order. */
void news_soon(struct line *l)
{
	poll_hurry(l);
	if (l->news_timer) {
		loop_cancel(l->loop, l->news_timer);
		l->news_timer = 0;
		news_later(l, retry_pause(l));
	}
	news_begin(l);
}

static int stream_pause(const struct line *l, const struct error *err)
{
	int wait = retry_pause(l);

	if (err->kind == ERROR_OFFLINE || err->kind == ERROR_LOGIN)
		return l->fails > 3 ? wait + 20000 : wait;
	return err->wait_ms > SHOWN_POLL_MS ? err->wait_ms : SHOWN_POLL_MS;
}

static void stream_done(void *ctx, const struct response *a, const struct error *sent)
{
	struct line *l = line_of(ctx);
	struct call c = { .kind = CALL_NEWS };
	struct error err = *sent;
	struct page page = { 0 };

	page_init(&page);
	if (err.kind == ERROR_NONE)
		l->service.ops->calls[CALL_NEWS].read(&l->service, &c, a, &page, &err);
	page_clear(&page);
	news_stop(l);
	if (err.kind == ERROR_LOGIN)
		line_login_again(l);
	else if (sent->kind != ERROR_NONE || err.kind == ERROR_BUSY)
		line_bad(
			l, &err); /* one that was ended in good order says nothing of the service */
	news_later(l, stream_pause(l, &err));
}

static void stream_begin(struct line *l)
{
	struct call c = { .kind = CALL_NEWS, .watched = (const char *const *)l->watched };
	struct request r = { 0 };
	struct error err = { 0 };

	cursor_recall(l);
	c.from = *l->cursor ? l->cursor : NULL;
	l->service.ops->news_free(l->news);
	l->news = l->service.ops->news_new();
	if (!l->service.ops->calls[CALL_NEWS].ask(&l->service, &c, &r, &err)) {
		request_clear(&r);
		return;
	}
	r.chunk = stream_bytes;
	r.wait_ms = -1;
	r.host_group = l->service.name;
	l->streaming = true;
	l->stream_heard_ms = loop_now_ms();
	l->silent_timer = loop_after(l->loop, QUIET_MS, silent_look, l);
	transport_send(l->transport, &r, stream_done, &l->news);
}

/* ---- asking again and again */

/* Told before, word for word: what a driver asks for twice to be sure that nothing is missed. One that
   tells no version knows by itself what it told. */
static bool told_before(struct line *l, const struct casefile *cf, struct page *known)
{
	int64_t key = store_case_key(l->store, l->service.name, cf->id);

	return cf->version && key > 0 && store_case_plain(l->store, key, known) &&
	       known->case_count && known->cases[0].version &&
	       !strcmp(known->cases[0].version, cf->version);
}

/* Only what is new stays: so a poll that brings nothing new changes nothing in the store, and nothing
   is drawn. */
static void drop_told(struct line *l, struct page *page)
{
	int kept = 0;

	for (int i = 0; i < page->case_count; i++) {
		struct page known;

		page_init(&known);
		if (!told_before(l, &page->cases[i], &known))
			page->cases[kept++] = page->cases[i];
		page_clear(&known);
	}
	page->case_count = kept;
}

/* A case that is looked at is read anew with its timeline, and so is one that was once read whole, where
   the news tell less of it. true: it was not known before. */
static bool polled_case(struct line *l, const struct casefile *cf)
{
	struct page p;
	int64_t key = store_case_key(l->store, l->service.name, cf->id);

	page_init(&p);
	bool known = key > 0 && store_case_plain(l->store, key, &p) && p.case_count;
	bool whole = known && p.cases[0].version && !cf->version;

	if (known && wants_later(l) <= BURST && (whole || is_watched(l, cf->id))) {
		line_case(l, &p.cases[0], URGENT_LATER, NULL);
		line_events(l, &p.cases[0], URGENT_LATER, NULL);
	}
	page_clear(&p);
	return !known;
}

static void poll_later(struct line *l, int wait_ms)
{
	if (!l->poll_timer)
		l->poll_timer = loop_after(l->loop, wait_ms, poll_fire, l);
}

/* As often as the service allows, and no more often than the line itself tries while it is away. */
static int poll_pause(const struct line *l, const struct error *err)
{
	int64_t pause = l->paused_until_ms - loop_now_ms();

	if (err->kind == ERROR_REFUSED || err->kind == ERROR_DENIED || err->kind == ERROR_GONE)
		pause = SHOWN_POLL_MS;
	return pause > l->poll_ms ? (int)pause : l->poll_ms;
}

/* true: there may be more right away. */
static bool poll_went_on(struct line *l, const char *next, int count)
{
	if (!next || !strcmp(next, l->cursor))
		return false;
	snprintf(l->cursor, sizeof(l->cursor), "%s", next);
	if (!l->cursor_timer)
		l->cursor_timer = loop_after(l->loop, SHOWN_POLL_MS, cursor_keep, l);
	return count >= NEWS_PAGE;
}

/* The lists of the screen show what the store has; how many there are in all only the service knows,
   and what went out of our sight is in no news: so they are asked again now and then, whatever the news
   say, and soon where a case is new to us. */
static void lists_seldom(struct line *l, bool strange)
{
	int64_t now = loop_now_ms();

	if (!strange && l->lists_ms && now - l->lists_ms < SHOWN_POLL_MS)
		return;
	l->lists_ms = now;
	news_shown_soon(l, SHOWN_MS);
}

static void polled(struct want *w, struct error *err)
{
	struct line *l = w->line;
	int count = w->page.case_count;

	if (err->kind == ERROR_NONE)
		drop_told(l, &w->page);
	bool strange = false;

	for (int i = 0; err->kind == ERROR_NONE && i < w->page.case_count; i++)
		strange |= polled_case(l, &w->page.cases[i]);
	if (err->kind == ERROR_NONE && w->page.case_count)
		line_put(l, &w->page, err);
	if (err->kind != ERROR_NONE) {
		poll_later(l, poll_pause(l, err));
		return;
	}
	bool more = poll_went_on(l, w->page.next, count) && ++l->poll_pages < NEWS_PAGES;

	if (!more)
		l->poll_pages = 0;
	lists_seldom(l, strange);
	poll_later(l, more ? 0 : l->poll_ms);
}

static void poll_begin(struct line *l)
{
	if (l->poll_timer || want_find(l, "news"))
		return;
	struct want *w = want_new(l, CALL_NEWS, URGENT_LATER, polled);

	cursor_recall(l);
	w->identity = xstrdup("news");
	w->from = *l->cursor ? xstrdup(l->cursor) : NULL;
	w->call.from = w->from;
	w->call.limit = NEWS_PAGE;
	w->call.watched = (const char *const *)l->watched;
	want_start(w);
}

/* ---- outside */

void news_begin(struct line *l)
{
	const struct service_ops *ops = l->service.ops;

	if (!l->sync->follow)
		return;
	if (l->state != LINE_READY) {
		line_go(l);
		return;
	}
	if (!has_news(l)) {
		if (!l->poll_timer)
			l->poll_timer = loop_after(l->loop, SHOWN_POLL_MS, poll_fire, l);
		return;
	}
	if (!ops->streams)
		poll_begin(l);
	else if (!l->streaming && !l->news_timer)
		stream_begin(l);
}

void news_end(struct line *l)
{
	int *timers[] = { &l->news_timer, &l->cursor_timer, &l->shown_timer, &l->poll_timer };

	if (l->cursor_timer)
		store_set_cursor(l->store, l->service.name, l->cursor);
	for (size_t i = 0; i < sizeof(timers) / sizeof(*timers); i++) {
		loop_cancel(l->loop, *timers[i]);
		*timers[i] = 0;
	}
	news_stop(l);
	if (l->service.ops && l->service.ops->news_free)
		l->service.ops->news_free(l->news);
	l->news = NULL;
}

/* The newest ones stay on the list, so that going back and forth changes no stream. */
void news_watch(struct line *l, const char *case_id)
{
	if (is_watched(l, case_id))
		return;
	if (l->watched_count == WATCHED_MAX) {
		free(l->watched[0]);
		memmove(l->watched, l->watched + 1, (WATCHED_MAX - 1) * sizeof(*l->watched));
		l->watched_count--;
	}
	l->watched[l->watched_count++] = xstrdup(case_id);
	l->watched[l->watched_count] = NULL;
	if (l->streaming)
		news_later(l, WATCH_MS);
}
