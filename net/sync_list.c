/* Lists of cases: pages of an answer into the store, and what the store thinks belongs there and the
   service does not. */
#include "net/line.h"

#include "model/i18n.h"

#include <string.h>

enum {
	LIST_LIMIT = 200,
	RECONCILE = 20,
	PAGE_ROWS = 100, /* a page brings at least so many, as long as there are */
	PAGES_MOST = 50
};

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

/* ---- pages asked for together */

/* The answers come in any order and are put in theirs: what came too early waits here. */
struct together {
	int users; /* wants that know it */
	int count, put;
	bool *here;
	struct page *list;
};

static struct together *together_new(int count)
{
	struct together *p = xcalloc(1, sizeof(*p));

	p->count = p->users = count;
	p->here = xcalloc((size_t)count, sizeof(*p->here));
	p->list = xcalloc((size_t)count, sizeof(*p->list));
	return p;
}

void together_drop(struct together *p)
{
	if (!p || --p->users)
		return;
	for (int i = 0; i < p->count; i++)
		page_clear(&p->list[i]);
	free(p->list);
	free(p->here);
	free(p);
}

static void list_put(struct want *w, struct error *err);

/* As far as there is no gap; behind one that failed nothing is put, since its place is open. */
static void together_put(struct want *w, struct error *err)
{
	struct together *p = w->together;

	p->list[w->page_nr] = w->page;
	p->here[w->page_nr] = true;
	page_init(&w->page);
	while (err->kind == ERROR_NONE && p->put < p->count && p->here[p->put]) {
		page_clear(&w->page);
		w->page = p->list[p->put];
		p->list[p->put++] = (struct page){ 0 };
		list_put(w, err);
	}
}

/* A cursor is good for the sort it was made with; the store knows lists by their words alone. */
static void list_put(struct want *w, struct error *err)
{
	struct line *l = w->line;
	struct buf text = { 0 };

	query_print(&text, &w->query);
	if (w->page.next)
		w->page.next =
			arena_printf(&w->page.arena, "%s\n%s", sort_of(&w->query), w->page.next);
	if (store_put_list(l->store, l->service.name, "cases", buf_str(&text), &w->page, w->append,
		    time(NULL), err))
		reconcile(w);
	buf_clear(&text);
}

static void list_done(struct want *w, struct error *err)
{
	if (err->kind != ERROR_NONE)
		return;
	if (w->together)
		together_put(w, err);
	else
		list_put(w, err);
}

/* The cursor in what the store kept; NULL: it is of another sort. */
static const char *cursor_of(const struct query *q, const char *next)
{
	size_t size = strlen(sort_of(q));

	return next && !strncmp(next, sort_of(q), size) && next[size] == '\n' ? next + size + 1
									      : NULL;
}

static struct want *list_want(
	struct line *l, const struct query *q, const char *from, enum urgency urgency)
{
	struct want *w = want_new(l, CALL_LIST, urgency, list_done);

	query_parse(&w->query, QUERY_CASES, q->text, NULL, NULL);
	w->from = xstrdup(from);
	w->append = from != NULL;
	w->call.query = &w->query;
	w->call.from = w->from;
	w->call.limit = LIST_LIMIT;
	w->call.count = !from;
	return w;
}

void line_list(struct line *l, const struct query *q, const char *from, enum urgency urgency,
	struct ask *a)
{
	struct buf id = { 0 };

	buf_printf(&id, "cases\n%s\n%s", q->text, from ? from : "");
	if (!from)
		shown_note(l, q->text);
	if (!want_joined(l, id.text, urgency, a))
		want_go(list_want(l, q, from, urgency), id.text, a);
	buf_clear(&id);
}

/* How many pages from `next` on may be asked for together. */
static int pages_known(const struct line *l, const char *next, int most)
{
	const struct service_ops *ops = l->service.ops;
	struct arena arena = { 0 };
	int count = 1;

	while (ops->page_after && count < most && ops->page_after(next, count, &arena))
		count++;
	arena_clear(&arena);
	return count;
}

static void pages_of(
	struct line *l, const struct query *q, const char *next, int count, struct ask *a)
{
	struct together *p = together_new(count);
	struct arena arena = { 0 };

	for (int i = 0; i < count; i++) {
		const char *from = i ? l->service.ops->page_after(next, i, &arena) : next;
		struct want *w = list_want(l, q, from, URGENT_NOW);

		w->together = p;
		w->page_nr = i;
		want_listen(w, a);
		want_start(w);
	}
	arena_clear(&arena);
}

static void list_on(struct line *l, const struct query *q, int rows, struct ask *a)
{
	struct list_state state = { 0 };
	struct arena arena = { 0 };
	struct buf text = { 0 };
	int most = rows / PAGE_ROWS + (rows % PAGE_ROWS > 0);

	query_print(&text, q);
	bool known = store_list_state(
		l->store, l->service.name, "cases", buf_str(&text), &state, &arena);
	const char *next = known ? cursor_of(q, state.next) : NULL;
	int count = next ? pages_known(l, next, most < PAGES_MOST ? most : PAGES_MOST) : 0;

	if (count > 1)
		pages_of(l, q, next, count, a);
	else if (count)
		line_list(l, q, next, URGENT_NOW, a);
	arena_clear(&arena);
	buf_clear(&text);
}

void sync_list_on(struct sync *s, const char *service, const struct query *q, int rows,
	sync_done *done, void *ctx)
{
	struct ask *a = ask_new(s, done, ctx);
	bool any = false;

	for (int i = 0; i < s->line_count; i++) {
		struct line *l = &s->lines[i];

		if (!line_is_for(l, service) || !line_is_for(l, q->source))
			continue;
		any = true;
		list_on(l, q, rows, a);
	}
	ask_nobody(s, a, any);
	ask_ready(a);
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
		more = query_compare(q, &edge.cases[0], upto) < 0;
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
