/* Lists of cases: pages of an answer into the store, and what the store thinks belongs there and the
   service does not. */
#include "net/line.h"

#include "model/i18n.h"

#include <string.h>

enum { LIST_LIMIT = 200, RECONCILE = 20 };

static void shown_note(struct line *l, const char *text)
{
	struct shown *oldest = &l->shown[0];

	for (int i = 0; i < SHOWN_MAX; i++) {
		struct shown *s = &l->shown[i];

		if (s->text && !strcmp(s->text, text)) {
			s->asked_ms = loop_now_ms();
			return;
		}
		if (!s->text || (oldest->text && s->asked_ms < oldest->asked_ms))
			oldest = s;
	}
	free(oldest->text);
	*oldest = (struct shown){ .text = xstrdup(text), .asked_ms = loop_now_ms() };
}

static const char *sort_of(const struct query *q)
{
	return q->sort ? q->sort : "";
}

static bool page_has(const struct page *page, const char *id)
{
	for (int i = 0; i < page->case_count; i++)
		if (!strcmp(page->cases[i].id, id))
			return true;
	return false;
}

/* What the store thinks belongs to this list and the service does not: it changed while nobody told
 * us. */
static void reconcile(struct want *w)
{
	struct line *l = w->line;
	const struct profile *who = &l->service.profile;
	struct query_now now = { .me = who->me, .team = who->my_team, .now = time(NULL) };
	struct query here = w->query;
	struct window window = { .limit = LIST_LIMIT };
	struct page mine = { 0 };

	here.source = l->service.name;
	page_init(&mine);
	if (!w->page.next && !w->append &&
		store_find(l->store, &here, &now, window, &mine, NULL))
		for (int i = 0, asked = 0; i < mine.case_count && asked < RECONCILE; i++) {
			const struct casefile *cf = &mine.cases[i];

			if (cf->key <= 0 || cf->pending || !cf->id || page_has(&w->page, cf->id))
				continue;
			line_case(l, cf, URGENT_LATER, NULL);
			asked++;
		}
	page_clear(&mine);
}

/* A cursor is good for the sort it was made with; the store knows lists by their words alone. */
static void list_done(struct want *w, struct error *err)
{
	struct line *l = w->line;
	struct buf text = { 0 };

	if (err->kind != ERROR_NONE)
		return;
	query_print(&text, &w->query);
	if (w->page.next)
		w->page.next =
			arena_printf(&w->page.arena, "%s\n%s", sort_of(&w->query), w->page.next);
	if (store_put_list(l->store, l->service.name, "cases", buf_str(&text), &w->page, w->append,
		    time(NULL), err))
		reconcile(w);
	buf_clear(&text);
}

/* The cursor in what the store kept; NULL: it is of another sort. */
static const char *cursor_of(const struct query *q, const char *next)
{
	size_t size = strlen(sort_of(q));

	return next && !strncmp(next, sort_of(q), size) && next[size] == '\n' ? next + size + 1
									      : NULL;
}

void line_list(struct line *l, const struct query *q, const char *from, enum urgency urgency,
	struct ask *a)
{
	struct buf id = { 0 };

	buf_printf(&id, "cases\n%s\n%s", q->text, from ? from : "");
	if (!from)
		shown_note(l, q->text);
	if (!want_joined(l, id.text, urgency, a)) {
		struct want *w = want_new(l, CALL_LIST, urgency, list_done);

		query_parse(&w->query, QUERY_CASES, q->text, NULL, NULL);
		w->from = xstrdup(from);
		w->append = from != NULL;
		w->call.query = &w->query;
		w->call.from = w->from;
		w->call.limit = LIST_LIMIT;
		w->call.count = !from;
		want_go(w, id.text, a);
	}
	buf_clear(&id);
}

static void list_of(
	struct line *l, const struct query *q, bool next_page, int fresh_ms, struct ask *a)
{
	struct list_state state = { 0 };
	struct arena arena = { 0 };
	struct buf text = { 0 };

	query_print(&text, q);
	bool known = store_list_state(
		l->store, l->service.name, "cases", buf_str(&text), &state, &arena);

	/* A first page in another order is not the first page of this one. */
	bool other_order = known && state.next && !cursor_of(q, state.next);

	if (next_page && known && cursor_of(q, state.next))
		line_list(l, q, cursor_of(q, state.next), URGENT_NOW, a);
	else if (!next_page && !(known && !other_order && is_fresh(state.fetched, fresh_ms)))
		line_list(l, q, NULL, URGENT_NOW, a);
	else if (!next_page)
		shown_note(l, q->text);
	arena_clear(&arena);
	buf_clear(&text);
}

void sync_list(struct sync *s, const char *service, const struct query *q, bool next_page,
	int fresh_ms, sync_done *done, void *ctx)
{
	struct ask *a = ask_new(s, done, ctx);
	bool any = false;

	for (int i = 0; i < s->line_count; i++) {
		struct line *l = &s->lines[i];

		if (!line_is_for(l, service) || !line_is_for(l, q->source))
			continue;
		any = true;
		list_of(l, q, next_page, fresh_ms, a);
	}
	ask_nobody(s, a, any);
	ask_ready(a);
}

/* Whether its answer ends before that case (NULL: at all) and goes on with a next page. */
static bool list_short(struct line *l, const struct query *q, const struct casefile *upto)
{
	struct list_state state = { 0 };
	struct arena arena = { 0 };
	struct buf text = { 0 };
	struct page edge;

	page_init(&edge);
	query_print(&text, q);
	bool more = store_list_state(l->store, l->service.name, "cases", buf_str(&text), &state,
			    &arena) &&
		    cursor_of(q, state.next);
	if (more && upto &&
		store_list_edge(l->store, l->service.name, "cases", buf_str(&text), &edge))
		more = query_compare(q, &edge.cases[0], upto) <= 0;
	page_clear(&edge);
	arena_clear(&arena);
	buf_clear(&text);
	return more;
}

bool sync_list_short(struct sync *s, const char *service, const struct query *q,
	const struct casefile *upto)
{
	for (int i = 0; i < s->line_count; i++)
		if (line_is_for(&s->lines[i], service) && line_is_for(&s->lines[i], q->source) &&
			list_short(&s->lines[i], q, upto))
			return true;
	return false;
}
