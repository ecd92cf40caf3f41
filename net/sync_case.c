/* One case and its timeline, by our key or by what people call it. */
#include "net/line.h"

#include "model/i18n.h"

#include <string.h>

enum { EVENT_PAGES = 20 };

static void open_done(struct want *w, struct error *err)
{
	struct line *l = w->line;

	if (err->kind == ERROR_NONE)
		line_put(l, &w->page, err);
	else if ((err->kind == ERROR_GONE || err->kind == ERROR_DENIED) && w->key > 0)
		store_put_gone(l->store, l->service.name, w->call.cf->id, NULL);
}

void line_case(struct line *l, const struct casefile *cf, enum urgency urgency, struct ask *a)
{
	struct buf id = { 0 };

	buf_printf(&id, "case\n%s", cf->id);
	if (!want_joined(l, id.text, urgency, a)) {
		struct want *w = want_new(l, CALL_OPEN, urgency, open_done);

		want_hold_case(w, cf);
		want_go(w, id.text, a);
	}
	buf_clear(&id);
}

static void events_done(struct want *w, struct error *err);

static struct want *events_want(
	struct line *l, const struct casefile *cf, const char *from, enum urgency urgency)
{
	struct want *w = want_new(l, CALL_EVENTS, urgency, events_done);

	want_hold_case(w, cf);
	w->from = xstrdup(from);
	w->call.from = w->from;
	return w;
}

static void events_done(struct want *w, struct error *err)
{
	if (err->kind != ERROR_NONE || !line_put(w->line, &w->page, err))
		return;
	if (!w->page.next || w->pages >= EVENT_PAGES)
		return;
	struct want *next = events_want(w->line, w->call.cf, w->page.next, w->urgency);

	next->pages = w->pages + 1;
	want_hand_over(w, next);
	want_start(next);
}

void line_events(struct line *l, const struct casefile *cf, enum urgency urgency, struct ask *a)
{
	struct buf id = { 0 };

	buf_printf(&id, "events\n%s", cf->id);
	if (!want_joined(l, id.text, urgency, a))
		want_go(events_want(l, cf, NULL, urgency), id.text, a);
	buf_clear(&id);
}

static void ask_case(struct sync *s, int64_t case_key, int fresh_ms, bool timeline,
	enum urgency urgency, sync_done *done, void *ctx)
{
	struct ask *a = ask_new(s, done, ctx);
	struct page p = { 0 };

	page_init(&p);
	bool known = store_case_plain(s->store, case_key, &p);
	struct line *l = known ? line_named(s, p.cases[0].service) : NULL;
	bool has_id = l && p.cases[0].id;
	/* A list brings cases without their timelines, and some without what only the case itself says:
	   those have no version. */
	bool stale = has_id && (!p.cases[0].version || !is_fresh(p.cases[0].fetched, fresh_ms));

	if (has_id && !stale)
		store_events(s->store, case_key, &p);
	if (stale)
		line_case(l, &p.cases[0], urgency, a);
	if (timeline && (stale || (has_id && p.event_count == 0)))
		line_events(l, &p.cases[0], urgency, a);
	if (!l && case_key > 0)
		ask_fail(a, ERROR_GONE, _("This case is not known here."));
	page_clear(&p);
	ask_ready(a);
}

void sync_case(struct sync *s, int64_t case_key, int fresh_ms, sync_done *done, void *ctx)
{
	ask_case(s, case_key, fresh_ms, true, URGENT_NOW, done, ctx);
}

void sync_case_soon(struct sync *s, int64_t case_key, int fresh_ms)
{
	ask_case(s, case_key, fresh_ms, true, URGENT_LATER, NULL, NULL);
}

void sync_case_alone(struct sync *s, int64_t case_key, int fresh_ms, sync_done *done, void *ctx)
{
	ask_case(s, case_key, fresh_ms, false, URGENT_NOW, done, ctx);
}

/* ---- a case by what people call it: the identifier first, then the number */

/* Found: its timeline too. The answer knows no key of ours, the store does by now. */
static void found(struct want *w)
{
	struct line *l = w->line;
	struct casefile cf = w->page.cases[0];

	cf.key = store_case_key(l->store, l->service.name, cf.id);
	if (cf.key > 0 && w->timeline)
		line_events(l, &cf, URGENT_NOW, w->listeners ? w->listeners->ask : NULL);
}

static void number_done(struct want *w, struct error *err)
{
	if (err->kind != ERROR_NONE || !line_put(w->line, &w->page, err))
		return;
	if (w->page.case_count)
		found(w);
	else
		error_set(err, ERROR_GONE, _("There is no case %s."), w->call.cf->id);
}

static void case_by_number(struct want *asked)
{
	struct line *l = asked->line;
	struct want *w = want_new(l, CALL_LIST, URGENT_NOW, number_done);
	struct buf text = { 0 };

	want_hold_case(w, asked->call.cf);
	buf_printf(&text, "number:%s", w->call.cf->id);
	query_parse(&w->query, QUERY_CASES, text.text, NULL, NULL);
	w->call.query = &w->query;
	w->call.limit = 2;
	w->timeline = asked->timeline;
	want_hand_over(asked, w);
	want_start(w);
	buf_clear(&text);
}

static void ref_done(struct want *w, struct error *err)
{
	if (err->kind == ERROR_NONE && line_put(w->line, &w->page, err))
		found(w);
	if (err->kind == ERROR_GONE && plain_word(w->call.cf->id))
		case_by_number(w);
}

void sync_case_ref(struct sync *s, const char *service, const char *ref, bool timeline,
	sync_done *done, void *ctx)
{
	struct ask *a = ask_new(s, done, ctx);
	bool any = false;

	for (int i = 0; i < s->line_count; i++) {
		struct line *l = &s->lines[i];

		if (!line_is_for(l, service))
			continue;
		struct want *w = want_new(l, CALL_OPEN, URGENT_NOW, ref_done);

		any = true;
		want_hold_case(w, &(struct casefile){ .id = ref });
		w->timeline = timeline;
		want_listen(w, a);
		want_start(w);
	}
	a->one_will_do = !service;
	ask_nobody(s, a, any);
	ask_ready(a);
}
