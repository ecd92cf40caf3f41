/* Who works in Request Tracker, in which queues, and what each queue asks for: its custom fields and
   the steps of its lifecycle. Nothing tells a lifecycle whole: the one RT brings along is known by
   heart, of any other the statuses its tickets have are looked up. */
#include "model/i18n.h"
#include "net/rt.h"
#include "net/url.h"

#include <string.h>
#include <strings.h>

enum { QUEUES_MAX = 60, FIELDS_MAX = 100, STEPS_MAX = 20, PAGES_MAX = 20 };

/* ---- workers: queues as teams, then whoever is privileged */

enum people_part { PEOPLE_QUEUES, PEOPLE_USERS };

struct people {
	enum people_part part;
	struct rt_pages pages;
};

static void ask_queues(struct service *s, struct request *r, const struct rt_pages *pages)
{
	struct buf url = { 0 };

	rt_url(s, &url, "/queues/all");
	url_query(&url, "fields", "Name,Lifecycle,Description");
	url_query_int(&url, "per_page", RT_PAGE);
	url_query_int(&url, "page", pages->page + 1);
	rt_ask(s, r, "GET", &url);
}

/* A field that may not be searched by would bring every user there is: only these are. */
static void ask_users(struct service *s, struct request *r, const struct rt_pages *pages)
{
	struct buf url = { 0 };

	rt_url(s, &url, "/users");
	url_query(&url, "query",
		"[{\"field\":\"Name\",\"operator\":\"NOT LIKE\",\"value\":\"@\"}]");
	url_query(&url, "fields", "id,Name,RealName,EmailAddress");
	url_query(&url, "orderby", "Name");
	url_query_int(&url, "per_page", RT_PAGE);
	url_query_int(&url, "page", pages->page + 1);
	rt_ask(s, r, "GET", &url);
}

bool rt_workers_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	(void)err;
	if (!c->work)
		c->work = xcalloc(1, sizeof(struct people));
	const struct people *w = c->work;

	if (w->part == PEOPLE_QUEUES)
		ask_queues(s, r, &w->pages);
	else
		ask_users(s, r, &w->pages);
	return true;
}

static void add_team(struct service *s, const struct json *j, struct page *page)
{
	const char *id = json_get_text(j, "id"), *name = json_get_text(j, "Name");

	rt_know_queue(s->own, id, name, json_get_text(j, "Lifecycle"));
	if (!name || !*name)
		return;
	struct team *t = page_add_team(page);

	t->id = t->name = t->queues = arena_copy(&page->arena, name);
}

/* Requestors have mail addresses for names; what the server itself does has names of its own. */
static void add_worker(struct service *s, const struct json *j, struct page *page)
{
	const char *login = json_get_text(j, "Name"), *name = json_get_text(j, "RealName"),
		   *mail = json_get_text(j, "EmailAddress");

	rt_know_user(s, (long)json_get_int(j, "id", 0), login);
	if (!login || !*login || strchr(login, '@') || !strcmp(login, "Nobody") ||
		!strcmp(login, "RT_System"))
		return;
	struct worker *w = page_add_worker(page);

	w->id = arena_copy(&page->arena, login);
	w->name = arena_copy(&page->arena, name && *name ? name : login);
	w->mail = arena_copy(&page->arena, mail && *mail ? mail : NULL);
}

enum answer rt_workers_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	struct people *w = c->work;
	struct json *j = rt_good(a, _("who works there"), err);
	const struct json *items = json_get(j, "items");

	if (!j)
		return ANSWER_ERROR;
	for (size_t i = 0; i < json_count(items); i++)
		if (w->part == PEOPLE_QUEUES)
			add_team(s, json_at(items, i), page);
		else
			add_worker(s, json_at(items, i), page);
	bool more = rt_more(&w->pages, j) && w->pages.page < PAGES_MAX;

	json_free(j);
	if (more)
		return ANSWER_MORE;
	if (w->part == PEOPLE_USERS)
		return ANSWER_DONE;
	w->part = PEOPLE_USERS;
	w->pages = (struct rt_pages){ 0 };
	return ANSWER_MORE;
}

/* ---- kinds: each queue, its fields, its steps */

enum kinds_part { KINDS_QUEUES, KINDS_FIELDS, KINDS_VALUES, KINDS_STEPS };

/* A flat block, since it is given back as one: places in the page stand for what is in there. */
struct kinds {
	enum kinds_part part;
	struct rt_pages pages;
	int queue; /* which kind of the page is being asked about */
	int field; /* and which of its fields */
	char ids[FIELDS_MAX][12]; /* of the fields of that kind; "" behind the last */
	char steps[STEPS_MAX][48];
	bool step_over[STEPS_MAX];
	int step_count, default_count;
	bool over; /* asking for statuses of what is over */
};

/* What Request Tracker brings along, with the ways between. */
static const char *const from_new[] = { "open", "stalled", "resolved", "rejected", NULL };
static const char *const from_open[] = { "new", "stalled", "resolved", "rejected", NULL };
static const char *const from_stalled[] = { "new", "open", "resolved", "rejected", NULL };
static const char *const from_resolved[] = { "new", "open", "stalled", "rejected", NULL };
static const char *const from_rejected[] = { "new", "open", "stalled", "resolved", NULL };

static const struct kind_step default_steps[] = {
	{ .id = "new", .name = "new", .status = "new", .next = from_new },
	{ .id = "open", .name = "open", .status = "open", .next = from_open },
	{ .id = "stalled", .name = "stalled", .status = "waiting", .next = from_stalled },
	{ .id = "resolved", .name = "resolved", .status = "resolved", .next = from_resolved },
	{ .id = "rejected", .name = "rejected", .status = "closed", .next = from_rejected },
};

static bool lifecycle_known(const struct rt *rt, const char *queue)
{
	const struct rt_queue *q = rt_queue(rt, queue);

	return !q || !q->lifecycle || !strcmp(q->lifecycle, "default");
}

static void ask_fields(struct service *s, struct request *r, const struct kinds *w, const char *id)
{
	struct buf url = { 0 };

	rt_url(s, &url, "/queue");
	url_segment(&url, id);
	url_path(&url, "/customfields");
	url_query(&url, "fields", "Name,Type,MaxValues,Pattern");
	url_query_int(&url, "per_page", RT_PAGE);
	url_query_int(&url, "page", w->pages.page + 1);
	rt_ask(s, r, "GET", &url);
}

static void ask_values(struct service *s, struct request *r, const struct kinds *w)
{
	struct buf url = { 0 };

	rt_url(s, &url, "/customfield");
	url_segment(&url, w->ids[w->field]);
	rt_ask(s, r, "GET", &url);
}

/* A ticket of this queue whose status was not seen yet: first of those that are open. */
static void ask_step(struct service *s, struct request *r, const struct kinds *w, const char *id)
{
	struct buf url = { 0 }, form = { 0 }, sql = { 0 };

	buf_printf(&sql, "Queue = %s AND Status = '__%s__'", id, w->over ? "Inactive" : "Active");
	for (int i = 0; i < w->step_count; i++) {
		buf_text(&sql, " AND Status != ");
		rt_quote(&sql, w->steps[i]);
	}
	rt_form(&form, "query", sql.text);
	rt_form(&form, "fields", "Status");
	rt_form(&form, "per_page", "1");
	rt_url(s, &url, "/tickets");
	rt_ask(s, r, "POST", &url);
	r->repeatable = true;
	rt_form_body(r, &form);
	buf_clear(&sql);
}

/* The kinds are not in the call: what is being asked about is in the work. */
static const char *queue_asked(const struct service *s, const struct kinds *w)
{
	const struct rt *rt = s->own;

	return rt->queues[w->queue].id;
}

bool rt_kinds_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	if (!c->work)
		c->work = xcalloc(1, sizeof(struct kinds));
	const struct kinds *w = c->work;

	(void)err;
	if (w->part == KINDS_QUEUES)
		ask_queues(s, r, &w->pages);
	else if (w->part == KINDS_FIELDS)
		ask_fields(s, r, w, queue_asked(s, w));
	else if (w->part == KINDS_VALUES)
		ask_values(s, r, w);
	else
		ask_step(s, r, w, queue_asked(s, w));
	return true;
}

/* ---- reading kinds */

static enum kind_type field_type(const char *type, bool many)
{
	static const struct {
		const char *theirs;
		enum kind_type ours;
	} types[] = { { "Text", KIND_LONG_TEXT }, { "HTML", KIND_LONG_TEXT },
		{ "Wikitext", KIND_LONG_TEXT }, { "Date", KIND_DATE }, { "DateTime", KIND_TIME },
		{ "Select", KIND_CHOICE }, { "Combobox", KIND_TEXT }, { NULL, KIND_TEXT } };
	size_t i = 0;

	while (types[i].theirs && (!type || strcmp(types[i].theirs, type) != 0))
		i++;
	return types[i].ours == KIND_CHOICE && many ? KIND_CHOICES : types[i].ours;
}

static struct kind *last_kind(struct page *page)
{
	return &page->kinds[page->kind_count - 1];
}

static void add_field(struct service *s, struct kinds *w, const struct json *j, struct page *page)
{
	struct kind *k = last_kind(page);
	const char *name = json_get_text(j, "Name"), *id = json_get_text(j, "id"),
		   *max = json_get_text(j, "MaxValues"), *pattern = json_get_text(j, "Pattern");
	const char *word = name ? rt_know_field(s->own, id, name) : NULL;

	if (!word || !id || strlen(id) >= sizeof(w->ids[0]) || k->field_count >= FIELDS_MAX ||
		!strcmp(name, rt_tags_field)) /* those are tags, not a field */
		return;
	struct kind_field *fields = arena_alloc(
		&page->arena, ((size_t)k->field_count + 1) * sizeof(struct kind_field));

	if (k->field_count)
		memcpy(fields, k->fields, (size_t)k->field_count * sizeof(*fields));
	fields[k->field_count] = (struct kind_field){
		.name = arena_copy(&page->arena, word),
		.label = arena_copy(&page->arena, name),
		.type = field_type(json_get_text(j, "Type"), max && strcmp(max, "1") != 0),
		.required = pattern && !strcmp(pattern, "(?#Mandatory)."),
	};
	snprintf(w->ids[k->field_count], sizeof(w->ids[0]), "%s", id);
	k->fields = fields;
	k->field_count++;
}

/* A choice without values would accept nothing: then it is a text. */
static void add_values(struct kinds *w, const struct json *j, struct page *page)
{
	struct kind *k = last_kind(page);
	struct kind_field *f = (struct kind_field *)&k->fields[w->field];
	const struct json *list = json_get(j, "Values");
	size_t count = json_count(list), n = 0;
	const char **values = arena_alloc(&page->arena, (count + 1) * sizeof(*values));

	for (size_t i = 0; i < count; i++) {
		const struct json *one = json_at(list, i);
		const char *name = json_text(one) ? json_text(one) : json_get_text(one, "name");

		if (name && *name)
			values[n++] = arena_copy(&page->arena, name);
	}
	f->values = n ? values : NULL;
	if (!n)
		f->type = KIND_TEXT;
}

static bool asks_values(const struct kind_field *f)
{
	return f->type == KIND_CHOICE || f->type == KIND_CHOICES;
}

/* The next field whose values are still to be asked for; false: none. */
static bool next_values(struct kinds *w, const struct page *page, int from)
{
	const struct kind *k = &page->kinds[page->kind_count - 1];

	for (w->field = from; w->field < k->field_count; w->field++)
		if (asks_values(&k->fields[w->field]) && *w->ids[w->field])
			return true;
	return false;
}

static void steps_default(struct kind *k)
{
	k->steps = default_steps;
	k->step_count = (int)(sizeof(default_steps) / sizeof(*default_steps));
}

/* Where it may go from there, nobody says before a ticket is looked at: anywhere. */
static void steps_seen(const struct kinds *w, struct kind *k, struct arena *arena)
{
	struct kind_step *steps = arena_alloc(arena, STEPS_MAX * sizeof(*steps));

	for (int i = 0; i < w->step_count; i++) {
		steps[i].id = steps[i].name = arena_copy(arena, w->steps[i]);
		steps[i].status = rt_status(w->steps[i], w->step_over[i]);
	}
	k->steps = steps;
	k->step_count = w->step_count;
}

/* The next queue to be asked about, or the end. */
static enum answer next_kind(struct service *s, struct kinds *w, struct page *page)
{
	struct rt *rt = s->own;
	int next = page->kind_count ? w->queue + 1 : 0;

	if (next >= rt->queue_count || page->kind_count >= QUEUES_MAX) {
		rt->fields_known = true;
		return ANSWER_DONE;
	}
	struct kind *k = page_add_kind(page);

	*w = (struct kinds){ .part = KINDS_FIELDS, .queue = next };
	k->id = arena_copy(&page->arena, rt->queues[next].id);
	k->name = k->queue = arena_copy(&page->arena, rt->queues[next].name);
	k->version = 1;
	return ANSWER_MORE;
}

static void add_step(struct service *s, struct kinds *w, const char *status, bool over)
{
	snprintf(w->steps[w->step_count], sizeof(w->steps[0]), "%s", status);
	w->step_over[w->step_count++] = over;
	rt_know_word(s->own, status, over);
}

static enum answer after_fields(struct service *s, struct kinds *w)
{
	struct rt *rt = s->own;

	if (lifecycle_known(rt, rt->queues[w->queue].id))
		for (size_t i = 0; i < sizeof(default_steps) / sizeof(*default_steps); i++)
			add_step(s, w, default_steps[i].id, i > 2);
	w->default_count = w->step_count;
	w->part = KINDS_STEPS;
	return ANSWER_MORE;
}

/* An office may have added steps to the lifecycle that came along. */
static enum answer read_step(
	struct service *s, struct kinds *w, const struct json *j, struct page *page)
{
	const char *status = json_get_text(json_at(json_get(j, "items"), 0), "Status");

	if (status && *status && strlen(status) < sizeof(w->steps[0]) && w->step_count < STEPS_MAX) {
		add_step(s, w, status, w->over);
		return ANSWER_MORE;
	}
	if (!w->over) {
		w->over = true;
		return ANSWER_MORE;
	}
	if (w->default_count && w->step_count == w->default_count)
		steps_default(last_kind(page));
	else
		steps_seen(w, last_kind(page), &page->arena);
	return next_kind(s, w, page);
}

static enum answer read_fields(
	struct service *s, struct kinds *w, const struct json *j, struct page *page)
{
	const struct json *items = json_get(j, "items");

	for (size_t i = 0; i < json_count(items); i++)
		add_field(s, w, json_at(items, i), page);
	if (rt_more(&w->pages, j) && w->pages.page < PAGES_MAX)
		return ANSWER_MORE;
	if (!next_values(w, page, 0))
		return after_fields(s, w);
	w->part = KINDS_VALUES;
	return ANSWER_MORE;
}

static enum answer read_queues(
	struct service *s, struct kinds *w, const struct json *j, struct page *page)
{
	const struct json *items = json_get(j, "items");

	for (size_t i = 0; i < json_count(items); i++)
		rt_know_queue(s->own, json_get_text(json_at(items, i), "id"),
			json_get_text(json_at(items, i), "Name"),
			json_get_text(json_at(items, i), "Lifecycle"));
	if (rt_more(&w->pages, j) && w->pages.page < PAGES_MAX)
		return ANSWER_MORE;
	return next_kind(s, w, page);
}

/* Who may not see a field's definition gets 403 for it: then it is a text of any value. */
static bool hidden(const struct response *a, const struct kinds *w)
{
	return (w->part == KINDS_FIELDS || w->part == KINDS_VALUES) &&
	       (a->status == 403 || a->status == 404);
}

enum answer rt_kinds_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	struct kinds *w = c->work;
	struct json *j = hidden(a, w) ? NULL : rt_good(a, _("the fields of its queues"), err);
	enum answer answer = ANSWER_ERROR;

	if (!j && !hidden(a, w))
		return ANSWER_ERROR;
	if (w->part == KINDS_QUEUES)
		answer = read_queues(s, w, j, page);
	else if (w->part == KINDS_FIELDS && !j)
		answer = after_fields(s, w);
	else if (w->part == KINDS_FIELDS)
		answer = read_fields(s, w, j, page);
	else if (w->part == KINDS_STEPS)
		answer = read_step(s, w, j, page);
	else {
		add_values(w, j, page);
		answer = next_values(w, page, w->field + 1) ? ANSWER_MORE : after_fields(s, w);
	}
	json_free(j);
	return answer;
}
