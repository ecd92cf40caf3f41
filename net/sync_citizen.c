/* Citizens: a search, one of them with all their cases, and who looked at one. */
#include "net/line.h"

#include "model/i18n.h"

#include <string.h>

enum { CITIZENS_LIMIT = 50, ACCESS_LIMIT = 200 };

static void citizens_done(struct want *w, struct error *err)
{
	struct line *l = w->line;
	struct buf text = { 0 };

	if (err->kind != ERROR_NONE)
		return;
	query_print(&text, &w->query);
	store_put_list(l->store, l->service.name, "citizens", buf_str(&text), &w->page, false,
		time(NULL), err);
	buf_clear(&text);
}

static bool listens(const struct want *w, const void *ctx)
{
	for (const struct listener *l = w->listeners; l; l = l->next)
		if (l->ask->ctx == ctx && l->ask->done)
			return true;
	return false;
}

/* While typing, only the last search matters. */
static void citizens_supersede(struct line *l, const void *ctx)
{
	struct error err = { 0 };

	error_set(&err, ERROR_CANCELLED, _("A later search took its place."));
	for (struct want *w = l->wants, *next; w; w = next) {
		next = w->next;
		if (w->call.kind == CALL_CITIZENS && ctx && !w->cancelled && listens(w, ctx))
			want_cancel(w, &err);
	}
}

void sync_citizens(struct sync *s, const char *service, const struct query *q, const char *purpose,
	sync_done *done, void *ctx)
{
	struct ask *a = ask_new(s, done, ctx);
	bool any = false;

	for (int i = 0; i < s->line_count; i++) {
		struct line *l = &s->lines[i];

		if (!line_is_for(l, service) || !line_is_for(l, q->source))
			continue;
		any = true;
		citizens_supersede(l, ctx);
		struct want *w = want_new(l, CALL_CITIZENS, URGENT_NOW, citizens_done);

		query_parse(&w->query, QUERY_CITIZENS, q->text, NULL, NULL);
		w->purpose = xstrdup(purpose);
		w->call.query = &w->query;
		w->call.purpose = w->purpose;
		w->call.limit = CITIZENS_LIMIT;
		want_listen(w, a);
		want_start(w);
	}
	ask_nobody(s, a, any);
	ask_ready(a);
}

/* All their cases, of every team. */
static void citizen_cases(struct line *l, const char *id, struct ask *a)
{
	struct query q = { 0 };
	struct buf text = { 0 };

	buf_printf(&text, "citizen:%s", id);
	if (plain_word(id) && query_parse(&q, QUERY_CASES, text.text, NULL, NULL))
		line_list(l, &q, NULL, URGENT_NOW, a);
	query_clear(&q);
	buf_clear(&text);
}

static void citizen_done(struct want *w, struct error *err)
{
	if (err->kind == ERROR_NONE)
		line_put(w->line, &w->page, err);
}

void line_citizen(
	struct line *l, const struct citizen *person, const char *purpose, struct ask *a)
{
	struct want *w = want_new(l, CALL_CITIZEN, URGENT_NOW, citizen_done);

	citizen_copy(page_add_citizen(&w->hold), person, &w->hold.arena);
	w->call.citizen = &w->hold.citizens[0];
	w->key = person->key;
	w->purpose = xstrdup(purpose);
	w->call.purpose = w->purpose;
	want_listen(w, a);
	want_start(w);
	citizen_cases(l, person->id, a);
}

void sync_citizen(struct sync *s, int64_t citizen_key, const char *purpose, int fresh_ms,
	sync_done *done, void *ctx)
{
	struct ask *a = ask_new(s, done, ctx);
	struct page p = { 0 };

	page_init(&p);
	bool known = store_citizen(s->store, citizen_key, &p);
	struct line *l = known ? line_named(s, p.citizens[0].service) : NULL;

	if (l && p.citizens[0].id && !is_fresh(p.citizens[0].fetched, fresh_ms))
		line_citizen(l, &p.citizens[0], purpose, a);
	if (!l && citizen_key > 0)
		ask_fail(a, ERROR_GONE, _("This citizen is not known here."));
	page_clear(&p);
	ask_ready(a);
}

void sync_citizen_ref(struct sync *s, const char *service, const char *ref, const char *purpose,
	sync_done *done, void *ctx)
{
	struct ask *a = ask_new(s, done, ctx);
	bool any = false;

	for (int i = 0; i < s->line_count; i++) {
		if (!line_is_for(&s->lines[i], service))
			continue;
		any = true;
		line_citizen(&s->lines[i], &(struct citizen){ .id = ref }, purpose, a);
	}
	a->one_will_do = !service;
	ask_nobody(s, a, any);
	ask_ready(a);
}

static void access_done(struct want *w, struct error *err)
{
	if (err->kind == ERROR_NONE)
		store_put_accesses(w->line->store, w->key, &w->page, err);
}

void sync_accesses(struct sync *s, int64_t citizen_key, sync_done *done, void *ctx)
{
	struct ask *a = ask_new(s, done, ctx);
	struct page p = { 0 };

	page_init(&p);
	bool known = store_citizen(s->store, citizen_key, &p);
	struct line *l = known ? line_named(s, p.citizens[0].service) : NULL;

	if (l && p.citizens[0].id) {
		struct want *w = want_new(l, CALL_ACCESS, URGENT_NOW, access_done);

		citizen_copy(page_add_citizen(&w->hold), &p.citizens[0], &w->hold.arena);
		w->call.citizen = &w->hold.citizens[0];
		w->key = citizen_key;
		w->call.limit = ACCESS_LIMIT;
		want_listen(w, a);
		want_start(w);
	} else {
		ask_fail(a, ERROR_GONE, _("This citizen is not known here."));
	}
	page_clear(&p);
	ask_ready(a);
}
