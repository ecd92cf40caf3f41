/* What of a change is there already: messages and new tickets are looked for by the row's mark
   before they are sent again, files are counted after they were sent. */
#include "net/rt_change.h"

#include "model/i18n.h"
#include "net/url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	SEEK_PAGES = 50,
	TRACE_ROWS = 8, /* what one PUT leaves, and what was there before it */
	SEEK_AGAIN_MS = 5000, /* what is still on its way in has arrived by then */
	SLACK_S = 24 * 3600,  /* no two clocks differ by more */
	FIND_SLACK_MIN = 15,
	FIND_WAIT_MS = 120 * 1000, /* all messages there are, if need be */
	ALONE_S = 120 /* nobody puts a new case out of sight within so short a time */
};

/* ---- messages */

bool rt_has_answer(const struct patch *p)
{
	return p->answer && *p->answer;
}

bool rt_has_note(const struct patch *p)
{
	return (p->note && *p->note) || (p->file_count && !rt_has_answer(p));
}

/* Which message the files go with. */
bool rt_carries_files(const struct patch *p, enum rt_part part)
{
	return p->file_count && (rt_has_answer(p) ? part == RT_ANSWER : part == RT_NOTE);
}

/* Kept by the server in the headers of what we sent, seen by no reader and in no mail. */
void rt_mark(struct buf *out, const struct patch *p, enum rt_part part)
{
	buf_printf(out, "%c-%s", part == RT_NOTE ? 'n' : part == RT_ANSWER ? 'a' : 'c', p->uuid);
}

/* ---- asking */

/* Newest first; what we sent stands near the top. */
static void ask_messages(
	struct service *s, struct request *r, const char *id, int page, const char *order)
{
	struct buf url = { 0 };

	rt_url(s, &url, "/ticket");
	url_segment(&url, id);
	url_path(&url, "/attachments");
	url_query(&url, "fields", "Headers,Filename,TransactionId,Created");
	url_query(&url, "orderby", "id");
	url_query(&url, "order", order);
	url_query_int(&url, "per_page", RT_PAGE);
	url_query_int(&url, "page", page + 1);
	rt_ask(s, r, "GET", &url);
}

static void ask_history(struct service *s, struct request *r, const char *id, int rows)
{
	struct buf url = { 0 };

	rt_url(s, &url, "/ticket");
	url_segment(&url, id);
	url_path(&url, "/history");
	url_query(&url, "fields", "Type,Field,OldValue,NewValue,Creator,Created");
	url_query(&url, "orderby", "id");
	url_query(&url, "order", "DESC");
	url_query_int(&url, "per_page", rows);
	rt_ask(s, r, "GET", &url);
}

/* Tickets of mine since the row was made, with its subject. Relative times are the only ones that
   mean the same on both sides. */
static void ask_find(struct service *s, const struct call *c, struct request *r)
{
	const struct change *subject = patch_find(c->patch, "subject");
	long minutes = c->patch->made ? (long)(time(NULL) - c->patch->made) / 60 : 24L * 60;
	struct buf url = { 0 }, query = { 0 }, form = { 0 };
	struct arena arena = { 0 };

	buf_printf(&query,
		"Creator = '__CurrentUser__' AND Created > '%ld minutes ago' AND Subject = ",
		(minutes > 0 ? minutes : 0) + FIND_SLACK_MIN);
	rt_quote(&query, rt_subject(subject ? subject->after : NULL, &arena));
	rt_form(&form, "query", query.text);
	rt_form(&form, "fields", "Subject");
	rt_form(&form, "orderby", "id");
	rt_form(&form, "order", "DESC");
	rt_form(&form, "per_page", "100");
	rt_url(s, &url, "/tickets");
	rt_ask(s, r, "POST", &url);
	rt_form_body(r, &form);
	buf_clear(&query);
	arena_clear(&arena);
}

/* A new ticket that has another subject by now, was merged or deleted: searches do not show it, its
   first message is there. */
static void ask_mark(struct service *s, const struct call *c, struct request *r)
{
	struct buf url = { 0 }, query = { 0 }, mark = { 0 };
	struct json_out out = { .buf = &query };

	rt_mark(&mark, c->patch, RT_CREATE);
	json_open(&out, NULL, '[');
	json_open(&out, NULL, '{');
	json_put_text(&out, "field", "Headers");
	json_put_text(&out, "operator", "LIKE");
	json_put_text(&out, "value", mark.text);
	json_close(&out, '}');
	json_close(&out, ']');
	rt_url(s, &url, "/attachments");
	url_query(&url, "query", query.text);
	url_query(&url, "fields", "Headers,TransactionId");
	rt_ask(s, r, "GET", &url);
	r->wait_ms = FIND_WAIT_MS;
	buf_clear(&query);
	buf_clear(&mark);
}

static void ask_where(struct service *s, const struct rt_work *w, struct request *r)
{
	struct buf url = { 0 };

	rt_url(s, &url, "/transaction");
	url_segment(&url, w->transaction);
	rt_ask(s, r, "GET", &url);
}

static const char *queue_of_new(const struct service *s, const struct patch *p)
{
	const char *queue = rt_queue_wanted(s, p);

	queue = queue ? queue : s->profile.my_team;
	return queue ? queue : "";
}

static void ask_sight(struct service *s, const struct call *c, struct request *r)
{
	struct buf url = { 0 }, query = { 0 }, form = { 0 };

	buf_text(&query, "Queue = ");
	rt_quote(&query, queue_of_new(s, c->patch));
	rt_form(&form, "query", query.text);
	rt_form(&form, "per_page", "1");
	rt_url(s, &url, "/tickets");
	rt_ask(s, r, "POST", &url);
	rt_form_body(r, &form);
	buf_clear(&query);
}

void rt_seek_ask(struct service *s, const struct call *c, struct request *r)
{
	const struct rt_work *w = c->work;

	if (w->part == RT_FIND_ANY)
		ask_mark(s, c, r);
	else if (w->part == RT_FIND_WHERE)
		ask_where(s, w, r);
	else if (w->part == RT_FIND_SIGHT)
		ask_sight(s, c, r);
	else if (w->part == RT_HISTORY)
		ask_history(s, r, w->id, RT_PAGE);
	else if (w->part == RT_TRACE)
		ask_history(s, r, w->id, TRACE_ROWS);
	else if (w->part == RT_FIND)
		ask_find(s, c, r);
	else if (w->part == RT_FIND_MARK)
		ask_messages(s, r, w->candidate, 0, "ASC");
	else
		ask_messages(s, r, w->id, w->pages.page, "DESC");
}

/* ---- reading */

/* When a row was looked for first; sent again it is only when it is not there some seconds later
   either, since what is under way in the server is in no list yet. */
static bool sought_long(struct rt *rt, const char *uuid)
{
	struct timespec now = { 0 };
	struct rt_sought *slot = &rt->sought[0];
	int64_t now_ms = 0;

	clock_gettime(CLOCK_MONOTONIC, &now);
	now_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
	for (int i = 0; i < RT_SOUGHT; i++) {
		if (!strcmp(rt->sought[i].uuid, uuid))
			return now_ms - rt->sought[i].at_ms >= SEEK_AGAIN_MS;
		if (rt->sought[i].at_ms < slot->at_ms)
			slot = &rt->sought[i];
	}
	snprintf(slot->uuid, sizeof(slot->uuid), "%s", uuid);
	slot->at_ms = now_ms;
	return false;
}

static bool sought_enough(struct service *s, const struct call *c, struct error *err)
{
	if (sought_long(s->own, c->patch->uuid ? c->patch->uuid : ""))
		return true;
	err->wait_ms = SEEK_AGAIN_MS;
	return error_set(err, ERROR_BUSY,
		_("Whether this has arrived at %s already is looked for once more before it is "
		  "sent again."),
		s->name);
}

static bool marked(const struct json *item, const struct patch *p, enum rt_part part)
{
	const char *headers = json_get_text(item, "Headers");
	struct buf text = { 0 };

	rt_mark(&text, p, part);
	bool yes = headers && strstr(headers, text.text);

	buf_clear(&text);
	return yes;
}

/* Ids are texts or numbers. */
void rt_copy_id(char *room, size_t size, const struct json *id)
{
	if (json_text(id))
		snprintf(room, size, "%s", json_text(id));
	else
		snprintf(room, size, "%lld", (long long)json_int(id, 0));
}

static void seek_in(struct rt_work *w, const struct patch *p, const struct json *items)
{
	for (size_t i = 0; i < json_count(items); i++) {
		const struct json *item = json_at(items, i);
		bool note = marked(item, p, RT_NOTE), answer = marked(item, p, RT_ANSWER);

		w->noted |= note;
		w->answered |= answer;
		if ((note && rt_carries_files(p, RT_NOTE)) ||
			(answer && rt_carries_files(p, RT_ANSWER)))
			rt_copy_id(w->transaction, sizeof(w->transaction),
				json_get(item, "TransactionId"));
	}
}

/* Older than the row: what follows is older still. */
static bool all_older(const struct json *items, const struct patch *p)
{
	size_t count = json_count(items);
	const char *created = json_get_text(json_at(items, count - 1), "Created");

	return count && p->made && rt_time(created) && rt_time(created) < p->made - SLACK_S;
}

static enum answer read_seek(
	struct service *s, struct call *c, const struct response *a, struct error *err)
{
	struct rt_work *w = c->work;
	const struct patch *p = c->patch;
	struct json *j = rt_good(a, _("the messages of the ticket"), err);

	if (!j)
		return ANSWER_ERROR;
	seek_in(w, p, json_get(j, "items"));

	bool all = (w->noted || !rt_has_note(p)) && (w->answered || !rt_has_answer(p));
	bool more = !all && !all_older(json_get(j, "items"), p) && rt_more(&w->pages, j) &&
		    w->pages.page < SEEK_PAGES;

	json_free(j);
	if (more)
		return ANSWER_MORE;
	if (!all && !sought_enough(s, c, err))
		return ANSWER_ERROR;
	w->pages = (struct rt_pages){ 0 };
	if (p->file_count && *w->transaction) {
		w->part = RT_PROVE;
		return ANSWER_MORE;
	}
	return ANSWER_DONE;
}

static enum answer next_candidate(struct call *c, struct page *page)
{
	struct rt_work *w = c->work;
	size_t skip = strspn(w->candidates, " ");
	size_t size = strcspn(w->candidates + skip, " ");

	if (size) {
		w->candidate = arena_copy_n(&page->arena, w->candidates + skip, size);
		w->candidates += skip + size;
	}
	w->part = size ? RT_FIND_MARK : RT_FIND_ANY;
	return ANSWER_MORE;
}

/* What nobody can rule out is a person's to decide: a second case is worse than a question. */
static enum answer ask_person(const struct service *s, const struct patch *p, struct error *err)
{
	char at[40] = "";
	struct tm tm = { 0 };

	localtime_r(&p->sent, &tm);
	strftime(at, sizeof(at), "%Y-%m-%d %H:%M", &tm);
	error_set(err, ERROR_REFUSED,
		_("It left at %s, and %s shows no such case. It may be where you may not see it. Ask "
		  "there first; then send it again, or give it up."),
		at, s->name);
	return ANSWER_ERROR;
}

static enum answer read_find(
	struct call *c, const struct response *a, struct page *page, struct error *err)
{
	struct rt_work *w = c->work;
	struct json *j = rt_good(a, _("the tickets you made"), err);
	const struct json *items = json_get(j, "items");
	struct buf ids = { 0 };
	char id[24];

	if (!j)
		return ANSWER_ERROR;
	for (size_t i = 0; i < json_count(items); i++) {
		rt_copy_id(id, sizeof(id), json_get(json_at(items, i), "id"));
		buf_printf(&ids, " %s", id);
	}
	w->candidates = arena_copy(&page->arena, buf_str(&ids));
	buf_clear(&ids);
	json_free(j);
	return next_candidate(c, page);
}

enum answer rt_made_is(struct rt_work *w, const char *id)
{
	snprintf(w->id, sizeof(w->id), "%s", id);
	w->looked = true;
	w->did = RT_CREATE;
	w->part = RT_LOOK;
	return ANSWER_MORE;
}

static enum answer read_find_mark(
	struct call *c, const struct response *a, struct page *page, struct error *err)
{
	struct rt_work *w = c->work;
	struct json *j = rt_good(a, _("the messages of the ticket"), err);
	bool found = false;

	if (!j)
		return ANSWER_ERROR;
	for (size_t i = 0; i < json_count(json_get(j, "items")) && !found; i++)
		found = marked(json_at(json_get(j, "items"), i), c->patch, RT_CREATE);
	json_free(j);
	return found ? rt_made_is(w, w->candidate) : next_candidate(c, page);
}

static enum answer read_any(
	struct service *s, struct call *c, const struct response *a, struct error *err)
{
	struct rt_work *w = c->work;
	const struct patch *p = c->patch;
	struct json *j = rt_good(a, _("the messages"), err);

	if (!j)
		return ANSWER_ERROR;
	for (size_t i = 0; i < json_count(json_get(j, "items")) && !*w->transaction; i++) {
		const struct json *item = json_at(json_get(j, "items"), i);

		if (marked(item, p, RT_CREATE))
			rt_copy_id(w->transaction, sizeof(w->transaction),
				json_get(item, "TransactionId"));
	}
	json_free(j);
	if (*w->transaction) {
		w->part = RT_FIND_WHERE;
		return ANSWER_MORE;
	}
	if (!sought_enough(s, c, err))
		return ANSWER_ERROR;
	if (p->unsure && p->sent && time(NULL) - p->sent > ALONE_S)
		return ask_person(s, p, err);
	w->part = p->unsure ? RT_FIND_SIGHT : RT_CREATE;
	return ANSWER_MORE;
}

static enum answer read_where(struct call *c, const struct response *a, struct error *err)
{
	struct rt_work *w = c->work;
	struct json *j = rt_good(a, _("the messages"), err);
	char id[24] = "";

	if (!j)
		return ANSWER_ERROR;
	rt_copy_id(id, sizeof(id), json_get(json_get(j, "Object"), "id"));
	json_free(j);
	*w->transaction = '\0';
	w->as_it_is = true;
	return rt_made_is(w, id);
}

/* In a queue that shows nothing at all, not finding it proves nothing. */
static enum answer read_sight(
	struct service *s, struct call *c, const struct response *a, struct error *err)
{
	struct rt_work *w = c->work;
	struct json *j = rt_good(a, _("the tickets"), err);
	bool any = json_count(json_get(j, "items")) > 0;

	if (!j)
		return ANSWER_ERROR;
	json_free(j);
	if (!any)
		return ask_person(s, c->patch, err);
	w->part = RT_CREATE;
	return ANSWER_MORE;
}

/* Kept bytes: of texts they may be others than were sent, since their characters are. */
static bool file_kept(const struct json *item, const struct attachment *f)
{
	const char *name = json_get_text(item, "Filename");
	const char *headers = json_get_text(item, "Headers");
	const char *length = headers ? strstr(headers, "Content-Length:") : NULL;
	bool text = !f->type || !strncmp(f->type, "text/", 5) || !strncmp(f->type, "message/", 8);

	if (!name || strcmp(name, f->name) != 0)
		return false;
	return text || !length || f->size < 0 || strtoll(length + 15, NULL, 10) == f->size;
}

static const struct attachment *file_missing(
	const struct rt_work *w, const struct patch *p, const struct json *items)
{
	for (int f = 0; f < p->file_count; f++) {
		bool kept = false;

		for (size_t i = 0; i < json_count(items) && !kept; i++) {
			char transaction[24];

			rt_copy_id(transaction, sizeof(transaction),
				json_get(json_at(items, i), "TransactionId"));
			kept = !strcmp(transaction, w->transaction) &&
			       file_kept(json_at(items, i), &p->files[f]);
		}
		if (!kept)
			return &p->files[f];
	}
	return NULL;
}

static enum answer read_prove(
	struct service *s, struct call *c, const struct response *a, struct error *err)
{
	struct rt_work *w = c->work;
	struct json *j = rt_good(a, _("the files of the ticket"), err);

	if (!j)
		return ANSWER_ERROR;
	const struct attachment *lost = file_missing(w, c->patch, json_get(j, "items"));

	json_free(j);
	w->part = RT_LOOK;
	if (!lost)
		return ANSWER_MORE;
	error_set(err, ERROR_REFUSED,
		_("The message is there, but %s did not keep the file %s whole; it may be larger "
		  "than its administrators allow. Give the row up and attach a smaller one."),
		s->name, lost->name);
	return ANSWER_ERROR;
}

static enum answer read_history(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	struct rt_work *w = c->work;
	struct json *j = rt_good(a, _("the history of the ticket"), err);

	if (!j)
		return ANSWER_ERROR;
	w->lost = rt_tags_lost(
		s, c->patch, json_get(j, "items"), strtoll(w->etag, NULL, 10), &page->arena);
	json_free(j);
	w->part = RT_LOOK;
	return ANSWER_MORE;
}

/* The ticket as it was, and over it what is known to be there. */
static void traced(struct service *s, const struct call *c, struct page *page, int64_t newest,
	const char *when)
{
	struct rt_work *w = c->work;
	const struct patch *p = c->patch;

	for (int i = 0; i < p->count; i++)
		if (rt_part_of(p->changes[i].field) == RT_FIELDS)
			case_set(&w->now, p->changes[i].field, p->changes[i].after, &page->arena,
				NULL);
	w->now.subject = rt_subject(w->now.subject, &page->arena);
	w->now.changed = rt_time(when);
	w->now.last_event = newest;
	w->now.version = arena_printf(&page->arena, "%lld", (long long)newest);
	snprintf(w->etag, sizeof(w->etag), "%s", w->now.version);
	rt_know_newest(s->own, w->id, newest);
}

static enum answer read_trace(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	struct rt_work *w = c->work;
	struct json *j = rt_good(a, _("the history of the ticket"), err), *sent = NULL;
	const struct json *rows = json_get(j, "items");
	struct buf body = { 0 };
	struct json_out out = { .buf = &body };

	if (!j)
		return ANSWER_ERROR;
	json_open(&out, NULL, '{');
	rt_put_fields(&out, s, c->patch, &w->now, 0, NULL, &page->arena);
	json_close(&out, '}');
	sent = json_read(body.text, body.size, NULL, NULL);
	int64_t since = strtoll(w->etag, NULL, 10);
	int64_t newest = rt_traced(rows, sent, &w->now, since, s->profile.me);

	w->part = RT_LOOK;
	if (!newest)
		w->back = rt_written_over(rows, sent, &w->now, since, s->profile.me, &page->arena);
	else
		traced(s, c, page, newest, json_get_text(json_at(rows, 0), "Created"));
	json_free(sent);
	json_free(j);
	buf_clear(&body);
	return newest ? ANSWER_DONE : ANSWER_MORE;
}

enum answer rt_seek_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	const struct rt_work *w = c->work;

	switch (w->part) {
	case RT_FIND:
		return read_find(c, a, page, err);
	case RT_FIND_MARK:
		return read_find_mark(c, a, page, err);
	case RT_FIND_ANY:
		return read_any(s, c, a, err);
	case RT_FIND_WHERE:
		return read_where(c, a, err);
	case RT_FIND_SIGHT:
		return read_sight(s, c, a, err);
	case RT_PROVE:
		return read_prove(s, c, a, err);
	case RT_HISTORY:
		return read_history(s, c, a, page, err);
	case RT_TRACE:
		return read_trace(s, c, a, page, err);
	default:
		return read_seek(s, c, a, err);
	}
}
