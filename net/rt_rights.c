/* What I may do in each queue: the server says it by which links it offers (rt_rights_read), so one
   ticket of each queue is looked at, and the queue itself. */
#include "net/rt.h"

#include "model/i18n.h"
#include "net/url.h"

#include <string.h>

enum part { QUEUES, QUEUE, FIND, TICKET };
enum { QUEUES_MOST = 50 };

struct work {
	enum part part;
	struct rt_pages pages;
	int queue; /* which of rt->queues */
	char ticket[20];
	bool creates;
};

static void ask_queues(struct service *s, struct request *r, const struct work *w)
{
	struct buf url = { 0 };

	rt_url(s, &url, "/queues/all");
	url_query(&url, "fields", "Name,Lifecycle");
	url_query_int(&url, "per_page", RT_PAGE);
	url_query_int(&url, "page", w->pages.page + 1);
	rt_ask(s, r, "GET", &url);
}

static void ask_one(struct service *s, struct request *r, const char *path, const char *id)
{
	struct buf url = { 0 };

	rt_url(s, &url, path);
	url_segment(&url, id);
	rt_ask(s, r, "GET", &url);
}

static void ask_any(struct service *s, struct request *r, const char *queue)
{
	struct buf url = { 0 }, form = { 0 }, sql = { 0 };

	buf_text(&sql, "Queue = ");
	rt_quote(&sql, queue);
	rt_url(s, &url, "/tickets");
	rt_form(&form, "query", buf_str(&sql));
	rt_form(&form, "per_page", "1");
	rt_form(&form, "orderby", "id");
	rt_form(&form, "order", "DESC");
	rt_ask(s, r, "POST", &url);
	rt_form_body(r, &form);
	buf_clear(&sql);
}

bool rt_rights_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	struct rt *rt = s->own;

	(void)err;
	if (!c->work)
		c->work = xcalloc(1, sizeof(struct work));
	const struct work *w = c->work;

	if (w->part == QUEUES)
		ask_queues(s, r, w);
	else if (w->part == QUEUE)
		ask_one(s, r, "/queue", rt->queues[w->queue].id);
	else if (w->part == FIND)
		ask_any(s, r, rt->queues[w->queue].name);
	else
		ask_one(s, r, "/ticket", w->ticket);
	return true;
}

/* ---- understanding */

static bool offers(const struct json *j, const char *ref)
{
	const struct json *links = json_get(j, "_hyperlinks");

	for (size_t i = 0; i < json_count(links); i++) {
		const char *is = json_get_text(json_at(links, i), "ref");

		if (is && !strcmp(is, ref))
			return true;
	}
	return false;
}

static void word(struct page *page, struct right *right, const char *what, bool may)
{
	const char **words = may ? &right->may : &right->may_not;

	*words = words_add(*words ? *words : "", what, &page->arena);
}

static struct right *last(struct page *page)
{
	return &page->rights[page->right_count - 1];
}

static enum answer next_queue(const struct rt *rt, struct work *w, int queue)
{
	if (queue >= rt->queue_count || queue >= QUEUES_MOST)
		return ANSWER_DONE;
	*w = (struct work){ .part = QUEUE, .queue = queue };
	return ANSWER_MORE;
}

static enum answer read_queues(struct service *s, struct work *w, const struct json *j)
{
	struct rt *rt = s->own;
	const struct json *items = json_get(j, "items");

	for (size_t i = 0; i < json_count(items); i++) {
		const struct json *one = json_at(items, i);

		if (json_get_text(one, "id") && json_get_text(one, "Name"))
			rt_know_queue(rt, json_get_text(one, "id"), json_get_text(one, "Name"),
				json_get_text(one, "Lifecycle"));
	}
	return rt_more(&w->pages, j) ? ANSWER_MORE : next_queue(rt, w, 0);
}

static enum answer read_queue(
	const struct rt *rt, struct work *w, const struct json *j, struct page *page)
{
	struct right *right = page_add_right(page);

	right->queue = arena_copy(&page->arena, rt->queues[w->queue].name);
	word(page, right, "see", true);
	word(page, right, "create", offers(j, "create"));
	w->part = FIND;
	return ANSWER_MORE;
}

/* A queue without a ticket that can be seen says no more. */
static enum answer read_any(const struct rt *rt, struct work *w, const struct json *j)
{
	const char *id = json_get_text(json_at(json_get(j, "items"), 0), "id");

	if (!id || strlen(id) >= sizeof(w->ticket))
		return next_queue(rt, w, w->queue + 1);
	snprintf(w->ticket, sizeof(w->ticket), "%s", id);
	w->part = TICKET;
	return ANSWER_MORE;
}

static enum answer read_ticket(
	const struct rt *rt, struct work *w, const struct json *j, struct page *page)
{
	word(page, last(page), "note", offers(j, "comment"));
	word(page, last(page), "answer", offers(j, "correspond"));
	word(page, last(page), "change", offers(j, "lifecycle"));
	return next_queue(rt, w, w->queue + 1);
}

enum answer rt_rights_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	struct rt *rt = s->own;
	struct work *w = c->work;
	struct json *j = rt_good(a, _("the rights"), err);
	enum answer answer = ANSWER_ERROR;

	if (j && w->part == QUEUES)
		answer = read_queues(s, w, j);
	else if (j && w->part == QUEUE)
		answer = read_queue(rt, w, j, page);
	else if (j && w->part == FIND)
		answer = read_any(rt, w, j);
	else if (j)
		answer = read_ticket(rt, w, j, page);
	else if (err->kind == ERROR_DENIED && w->part != QUEUES) /* seen, and no more */
		answer = next_queue(rt, w, w->queue + 1);
	json_free(j);
	return answer;
}
