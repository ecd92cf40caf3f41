/* The other services' records of one person: asked for by what joins them (model/person.h). */
#include "net/line.h"

#include <string.h>

enum { RECORDS_LIMIT = 10 };

static void found(struct want *w, struct error *err)
{
	struct buf text = { 0 };

	if (err->kind != ERROR_NONE)
		return;
	query_print(&text, &w->query);
	store_put_list(w->line->store, w->line->service.name, "citizens", buf_str(&text), &w->page,
		false, time(NULL), err);
	buf_clear(&text);
}

/* Whether this service was asked the same not long ago. */
static bool asked_lately(struct line *l, const char *text, int fresh_ms)
{
	struct query q = { 0 };
	struct buf printed = { 0 };
	struct arena arena = { 0 };
	struct list_state state = { 0 };
	bool lately = query_parse(&q, QUERY_CITIZENS, text, NULL, NULL);

	query_print(&printed, &q);
	lately = lately &&
		 store_list_state(l->store, l->service.name, "citizens", buf_str(&printed), &state,
			 &arena) &&
		 is_fresh(state.fetched, fresh_ms);
	query_clear(&q);
	buf_clear(&printed);
	arena_clear(&arena);
	return lately;
}

static void look_for(
	struct line *l, const char *text, const char *purpose, int fresh_ms, struct ask *a)
{
	if (asked_lately(l, text, fresh_ms))
		return;

	struct want *w = want_new(l, CALL_CITIZENS, URGENT_NOW, found);
	query_parse(&w->query, QUERY_CITIZENS, text, NULL, NULL);
	w->purpose = xstrdup(purpose);
	w->call.query = &w->query;
	w->call.purpose = w->purpose;
	w->call.limit = RECORDS_LIMIT;
	want_listen(w, a);
	want_start(w);
}

/* A value of the grammar cannot hold a quote; no identifier has one. */
static bool quotable(const char *text)
{
	return text && *text && !strpbrk(text, "\"\\\r\n");
}

static void look_by(struct line *l, const struct citizen *c, const char *purpose, int fresh_ms,
	struct ask *a)
{
	struct buf text = { 0 };

	if (quotable(c->ref)) {
		buf_printf(&text, "ref:\"%s\"", c->ref);
		look_for(l, buf_str(&text), purpose, fresh_ms, a);
		buf_reset(&text);
	}
	person_mail(&text, c->mail);
	if (text.size && quotable(c->mail)) {
		buf_reset(&text);
		buf_printf(&text, "email:\"%s\"", c->mail);
		look_for(l, buf_str(&text), purpose, fresh_ms, a);
	}
	/* The likely ones, and those whom the telephone tells. */
	if (person_born_whole(c->born) && quotable(c->family)) {
		buf_reset(&text);
		buf_printf(&text, "born:%s family:\"%s\"", c->born, c->family);
		look_for(l, buf_str(&text), purpose, fresh_ms, a);
	}
	buf_clear(&text);
}

/* Those whom a person joined, and who are not here any more. */
static void look_again(struct sync *s, const struct person *p, const char *purpose, struct ask *a)
{
	for (int i = 0; i < p->said_count; i++) {
		const struct person_decision *d = &p->said[i];
		const char *const halves[][2] = { { d->service_a, d->id_a },
			{ d->service_b, d->id_b } };

		for (int k = 0; k < 2 && d->said == SAID_JOIN; k++) {
			struct line *l = line_named(s, halves[k][0]);

			if (l && !store_citizen_key(s->store, halves[k][0], halves[k][1]))
				line_citizen(l, &(struct citizen){ .id = halves[k][1] }, purpose, a);
		}
	}
}

static bool is_in(const struct person *p, const char *service)
{
	for (int i = 0; i < p->joined; i++)
		if (p->records[i].citizen->service && !strcmp(p->records[i].citizen->service, service))
			return true;
	return false;
}

void sync_person(struct sync *s, int64_t citizen_key, const char *purpose, int fresh_ms,
	sync_done *done, void *ctx)
{
	struct ask *a = ask_new(s, done, ctx);
	struct person p;

	store_person(s->store, citizen_key, &p);
	for (int i = 0; i < s->line_count; i++) {
		struct line *l = &s->lines[i];

		if (!l->service.ops->calls[CALL_CITIZENS].ask || is_in(&p, l->service.name))
			continue;
		for (int r = 0; r < p.joined; r++)
			look_by(l, p.records[r].citizen, purpose, fresh_ms, a);
	}
	look_again(s, &p, purpose, a);
	person_clear(&p);
	ask_ready(a);
}
