/* Our own open service: Casework REST, service/openapi.yaml. Numbers of the status of an answer
   become kinds of errors in one table; what a problem says to the person goes on as it is. */
#include "model/i18n.h"
#include "model/json.h"
#include "net/service.h"
#include "net/url.h"

#include <string.h>
#include <strings.h>

enum {
	PAGE_LIMIT = 200,
	PAGES_MAX = 50, /* of workers, templates, kinds: asked for one after another */
	PURPOSE_MAX = 200,
	CURSOR_MAX = 400,
	NEWS_MAX = 1024 * 1024,
	KEY_IN_USE_MS = 1000
};

static const char json_type_name[] = "application/json";

/* ---- asking */

static void url_at(struct service *s, struct buf *url, const char *path)
{
	url_start(url, s->url, path);
}

/* Takes the URL over. */
static bool ask_for(struct service *s, struct request *r, const char *method, struct buf *url)
{
	struct buf bearer = { 0 };

	r->method = method;
	r->url = buf_take(url);
	r->type = json_type_name;
	r->repeatable = true;
	request_header(r, "Accept", "application/json");
	if (!s->token)
		return true;
	buf_printf(&bearer, "Bearer %s", s->token);
	request_header(r, "Authorization", bearer.text);
	explicit_bzero(bearer.text, bearer.size);
	buf_clear(&bearer);
	return true;
}

/* What a header can carry: no line end, not too long, no half character at the end. */
static void ask_purpose(struct request *r, const char *purpose)
{
	char text[PURPOSE_MAX + 1];
	size_t size = 0;

	if (!purpose || !*purpose)
		return;
	for (; purpose[size] && size < PURPOSE_MAX; size++)
		text[size] = (unsigned char)purpose[size] < 0x20 || purpose[size] == 0x7f
				     ? ' '
				     : purpose[size];
	if (purpose[size])
		while (size && ((unsigned char)purpose[size] & 0xc0) == 0x80)
			size--;
	text[size] = '\0';
	request_header(r, "Purpose", text);
}

static void ask_page(struct buf *url, const struct call *c)
{
	url_query_int(url, "limit", c->limit > 0 && c->limit < PAGE_LIMIT ? c->limit : PAGE_LIMIT);
	url_query(url, "cursor", c->from);
}

/* ---- errors */

static const struct {
	int status;
	const char *code; /* NULL: whatever it says */
	enum error_kind kind;
} kinds_of[] = {
	{ 400, NULL, ERROR_REFUSED },
	{ 401, NULL, ERROR_LOGIN },
	{ 403, NULL, ERROR_DENIED },
	{ 404, NULL, ERROR_GONE },
	{ 410, NULL, ERROR_GONE },
	{ 409, "lease-held", ERROR_CONFLICT },
	{ 409, "lease-lost", ERROR_CONFLICT },
	{ 409, "lease-limit", ERROR_CONFLICT },
	{ 409, "key-in-use", ERROR_BUSY },
	{ 409, NULL, ERROR_REFUSED },
	{ 412, NULL, ERROR_CONFLICT },
	{ 408, NULL, ERROR_BUSY },
	{ 429, NULL, ERROR_BUSY },
	{ 502, NULL, ERROR_OFFLINE },
	{ 504, NULL, ERROR_OFFLINE },
	{ 0, NULL, ERROR_REFUSED },
};

static enum error_kind kind_of(int status, const char *code)
{
	size_t i = 0;

	if (status >= 500 && status != 502 && status != 504)
		return ERROR_BUSY;
	while (kinds_of[i].status &&
		(kinds_of[i].status != status ||
			(kinds_of[i].code && strcmp(kinds_of[i].code, code) != 0)))
		i++;
	return kinds_of[i].kind;
}

static const char *problem_code(const struct json *problem)
{
	static const char prefix[] = "urn:casework:";
	const char *type = json_get_text(problem, "type");

	if (!type)
		return "";
	return strncmp(type, prefix, sizeof(prefix) - 1) ? type : type + sizeof(prefix) - 1;
}

/* The service's sentence, and the first field it names: "Income: a number is needed." */
static void problem_text(const struct json *problem, struct error *err)
{
	const struct json *first = json_at(json_get(problem, "errors"), 0);
	const char *field = json_get_text(first, "field"), *why = json_get_text(first, "detail");
	const char *text = json_get_text(problem, "detail");

	if (!text)
		text = json_get_text(problem, "title");
	if (field && why)
		error_set(err, err->kind, "%s: %s", field, why);
	else if (text && *text)
		error_set(err, err->kind, "%s", text);
}

static void plain_text(int status, struct error *err)
{
	static const struct {
		enum error_kind kind;
		const char *text;
	} texts[] = {
		{ ERROR_LOGIN, N_("The service wants you to log in again.") },
		{ ERROR_DENIED, N_("The service does not let you do this.") },
		{ ERROR_GONE, N_("The service does not know this, or no longer.") },
		{ ERROR_BUSY, N_("The service has no time now; it will be asked again.") },
		{ ERROR_OFFLINE, N_("The service behind its gateway cannot be reached.") },
		{ ERROR_CONFLICT, N_("Somebody else changed this meanwhile.") },
		{ ERROR_NONE, NULL },
	};

	for (int i = 0; texts[i].text; i++)
		if (texts[i].kind == err->kind) {
			error_set(err, err->kind, "%s", _(texts[i].text));
			return;
		}
	error_set(err, err->kind, _("The service refused this with status %d."), status);
}

/* What is there now, so that both sides can be shown. */
static void problem_current(const struct call *c, const struct json *problem, struct page *page)
{
	const struct json *now = json_get(problem, "current");
	struct error ignored = { 0 };

	if (json_type(now) != JSON_OBJECT || !c->patch)
		return;
	if (c->patch->on == ON_CITIZEN) {
		struct citizen person = { 0 };

		if (json_read_citizen(now, &person, &page->arena, &ignored) && person.id)
			*page_add_citizen(page) = person;
		return;
	}
	struct casefile cf = { 0 };

	if (json_read_case(now, &cf, &page->arena, &ignored) && cf.id)
		*page_add_case(page) = cf;
}

static bool type_is_json(const char *type)
{
	return type &&
	       (!strcasecmp(type, json_type_name) || !strcasecmp(type, "application/problem+json"));
}

static enum answer read_problem(
	const struct call *c, const struct response *a, struct page *page, struct error *err)
{
	struct json *problem =
		type_is_json(a->type) ? json_read(a->body, a->body_size, NULL, NULL) : NULL;
	const char *code = problem_code(problem);

	*err = (struct error){ .kind = kind_of(a->status, code), .status = a->status };
	plain_text(a->status, err);
	problem_text(problem, err);
	snprintf(err->code, sizeof(err->code), "%s", code);
	err->wait_ms = a->retry_ms;
	if (err->kind == ERROR_BUSY && !strcmp(code, "key-in-use") && !err->wait_ms)
		err->wait_ms = KEY_IN_USE_MS;
	if (err->kind == ERROR_CONFLICT)
		problem_current(c, problem, page);
	json_free(problem);
	return ANSWER_ERROR;
}

static bool garbled(struct error *err, const char *why)
{
	char what[sizeof(err->text)]; /* it may be what stands in err */

	snprintf(what, sizeof(what), "%s", why);
	size_t size = strlen(what);

	while (size && what[size - 1] == '.') /* a sentence of its own */
		size--;
	return error_set(err, ERROR_GARBLED,
		_("The answer of the service was not understood: %.*s. Its version may be "
		  "another than this program's."),
		(int)size, what);
}

/* The document of a good answer; NULL with err for every other. */
static struct json *read_good(
	const struct call *c, const struct response *a, struct page *page, struct error *err)
{
	bool repaired = false;
	struct error inner = { 0 };

	if (a->status < 200 || a->status > 299) {
		read_problem(c, a, page, err);
		return NULL;
	}
	if (!type_is_json(a->type)) {
		garbled(err, _("it is no JSON"));
		return NULL;
	}
	struct json *j = json_read(a->body, a->body_size, &repaired, &inner);

	page->repaired = page->repaired || repaired;
	if (!j || json_type(j) != JSON_OBJECT) {
		garbled(err, *inner.text ? inner.text : _("it is no object"));
		json_free(j);
		return NULL;
	}
	return j;
}

/* ---- pages: one reader for each sort of row */

static bool add_case(
	const struct call *c, const struct json *j, struct page *page, struct error *err)
{
	struct casefile cf = { 0 };

	(void)c;
	if (!json_read_case(j, &cf, &page->arena, err))
		return false;
	if (!cf.id || !*cf.id)
		return error_set(err, ERROR_GARBLED, _("a case without an id"));
	*page_add_case(page) = cf;
	return true;
}

static bool add_citizen(
	const struct call *c, const struct json *j, struct page *page, struct error *err)
{
	struct citizen person = { 0 };

	(void)c;
	if (!json_read_citizen(j, &person, &page->arena, err))
		return false;
	if (!person.id || !*person.id)
		return error_set(err, ERROR_GARBLED, _("a citizen without an id"));
	*page_add_citizen(page) = person;
	return true;
}

static bool add_event(
	const struct call *c, const struct json *j, struct page *page, struct error *err)
{
	struct event e = { 0 };

	if (!json_read_event(j, &e, &page->arena, err))
		return false;
	e.casefile = c->cf ? c->cf->key : 0;
	*page_add_event(page) = e;
	return true;
}

static bool add_access(
	const struct call *c, const struct json *j, struct page *page, struct error *err)
{
	struct access seen = { 0 };

	(void)c;
	if (!json_read_access(j, &seen, &page->arena, err))
		return false;
	*page_add_access(page) = seen;
	return true;
}

static bool add_team(
	const struct call *c, const struct json *j, struct page *page, struct error *err)
{
	struct team t = { 0 };

	(void)c;
	if (!json_read_team(j, &t, &page->arena, err))
		return false;
	*page_add_team(page) = t;
	return true;
}

static bool add_worker(
	const struct call *c, const struct json *j, struct page *page, struct error *err)
{
	struct worker w = { 0 };

	(void)c;
	if (!json_read_worker(j, &w, &page->arena, err))
		return false;
	*page_add_worker(page) = w;
	return true;
}

static bool add_template(
	const struct call *c, const struct json *j, struct page *page, struct error *err)
{
	struct answer_template t = { 0 };

	(void)c;
	if (!json_read_template(j, &t, &page->arena, err))
		return false;
	*page_add_template(page) = t;
	return true;
}

static bool add_kind(
	const struct call *c, const struct json *j, struct page *page, struct error *err)
{
	struct kind k = { 0 };

	(void)c;
	if (!json_read_kind(j, &k, &page->arena, err))
		return false;
	*page_add_kind(page) = k;
	return true;
}

typedef bool add_row(const struct call *, const struct json *, struct page *, struct error *);

/* One that cannot be read is left out and told of; when none can, the answer makes no sense. */
static bool add_items(const struct call *c, const struct json *items, struct page *page,
	add_row *add, struct error *err)
{
	size_t bad = 0;

	for (size_t i = 0; i < json_count(items); i++) {
		struct error why = { 0 };
		const char *id = json_get_text(json_at(items, i), "id");

		if (add(c, json_at(items, i), page, &why))
			continue;
		if (!bad++)
			*err = why;
		if (!page->left_out++)
			page->flaw = arena_printf(
				&page->arena, "%s%s%s", id ? id : "", id ? ": " : "", why.text);
	}
	if (bad && bad == json_count(items))
		return garbled(err, err->text);
	*err = (struct error){ 0 };
	return true;
}

/* Items of one page. A page that brings nothing, or points at itself, ends the paging. */
static enum answer read_items(const struct call *c, const char *from, const struct response *a,
	struct page *page, add_row *add, struct error *err)
{
	struct json *j = read_good(c, a, page, err);
	const struct json *items = json_get(j, "items");
	const char *next = json_get_text(j, "next");
	bool good = j != NULL;

	if (good && json_type(items) != JSON_LIST)
		good = garbled(err, _("a page without items"));
	good = good && add_items(c, items, page, add, err);
	if (next &&
		(!json_count(items) || (from && !strcmp(from, next)) || strlen(next) > CURSOR_MAX))
		next = NULL;
	if (good) {
		page->next = arena_copy(&page->arena, next);
		page->total = (int)json_get_int(j, "total", -1);
	}
	json_free(j);
	return good ? ANSWER_DONE : ANSWER_ERROR;
}

/* One row alone. */
static enum answer read_row(const struct call *c, const struct response *a, struct page *page,
	add_row *add, struct error *err)
{
	struct json *j = read_good(c, a, page, err);
	bool good = j && (add(c, j, page, err) || garbled(err, err->text));

	json_free(j);
	return good ? ANSWER_DONE : ANSWER_ERROR;
}

/* ---- login: what is it, who am I */

static bool login_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	struct buf url = { 0 };

	(void)err;
	url_at(s, &url, c->step == 0 ? "/status" : "/me");
	return ask_for(s, r, "GET", &url);
}

static const char *words_of(const struct json *list, struct arena *arena)
{
	struct buf words = { 0 };

	for (size_t i = 0; i < json_count(list); i++) {
		const char *word = json_text(json_at(list, i));

		if (word && *word && !strchr(word, ' ')) {
			buf_text(&words, words.size ? " " : "");
			buf_text(&words, word);
		}
	}
	const char *out = arena_copy(arena, buf_str(&words));

	buf_clear(&words);
	return out;
}

static enum answer read_status(
	struct service *s, const struct json *j, struct page *page, struct error *err)
{
	const char *api = json_get_text(j, "api");
	struct profile *p = page_set_profile(page);
	struct buf workflow = { 0 };

	if (!api || strncmp(api, "1.", 2) != 0) {
		error_set(err, ERROR_GARBLED,
			_("There is no Casework REST service of version 1 at %s; check its url "
			  "in the configuration."),
			s->url);
		return ANSWER_ERROR;
	}
	p->title = arena_copy(&page->arena, json_get_text(j, "name"));
	p->features = words_of(json_get(j, "features"), &page->arena);
	p->sample = json_get_bool(j, "sample", false);
	if (json_type(json_get(j, "workflow")) == JSON_OBJECT) {
		json_print(&workflow, json_get(j, "workflow"));
		p->workflow = arena_copy(&page->arena, buf_str(&workflow));
		buf_clear(&workflow);
	}
	return ANSWER_MORE;
}

static enum answer read_me(const struct json *j, struct page *page, struct error *err)
{
	struct worker me = { 0 };
	struct profile *p = page->profile ? page->profile : page_set_profile(page);

	if (!json_read_worker(json_get(j, "worker"), &me, &page->arena, err)) {
		garbled(err, err->text);
		return ANSWER_ERROR;
	}
	if (!me.id || !*me.id) {
		garbled(err, _("it does not say who you are"));
		return ANSWER_ERROR;
	}
	p->me = me.id;
	p->my_name = me.name;
	p->my_team = me.team;
	p->roles = words_of(json_get(j, "roles"), &page->arena);
	return ANSWER_DONE;
}

static enum answer login_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	if (c->step == 0 && (a->status == 404 || (a->status == 200 && !type_is_json(a->type)))) {
		error_set(err, ERROR_GARBLED,
			_("There is no case service at %s; check its url in the configuration."),
			s->url);
		return ANSWER_ERROR;
	}
	struct json *j = read_good(c, a, page, err);
	enum answer answer = ANSWER_ERROR;

	if (j)
		answer = c->step == 0 ? read_status(s, j, page, err) : read_me(j, page, err);
	json_free(j);
	return answer;
}

/* ---- cases */

/* The wire sorts by one field; what it cannot sort by is left to the store. */
static const char *sort_on_wire(const struct query *q, char room[32])
{
	static const char *const sorts[] = { "number", "opened", "updated", "due", "priority",
		NULL };
	const char *sort = q->sort ? q->sort : "-updated";
	size_t size = strcspn(sort, ",");
	size_t minus = sort[0] == '-';

	for (int i = 0; sorts[i]; i++)
		if (strlen(sorts[i]) == size - minus &&
			!memcmp(sorts[i], sort + minus, size - minus)) {
			snprintf(room, 32, "%.*s", (int)size, sort);
			return room;
		}
	return NULL;
}

static bool list_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	struct buf url = { 0 }, q = { 0 };
	char room[32];

	(void)err;
	query_print(&q, c->query);
	url_at(s, &url, "/cases");
	if (q.size)
		url_query(&url, "q", q.text);
	url_query(&url, "sort", sort_on_wire(c->query, room));
	ask_page(&url, c);
	url_query(&url, "count", c->count ? "exact" : NULL);
	buf_clear(&q);
	return ask_for(s, r, "GET", &url);
}

static enum answer list_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	(void)s;
	return read_items(c, c->from, a, page, add_case, err);
}

static bool open_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	struct buf url = { 0 };

	(void)err;
	url_at(s, &url, "/cases");
	url_segment(&url, c->cf->id);
	return ask_for(s, r, "GET", &url);
}

static enum answer open_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	(void)s;
	if (read_row(c, a, page, add_case, err) != ANSWER_DONE)
		return ANSWER_ERROR;
	if (!strcmp(page->cases[0].id, c->cf->id))
		return ANSWER_DONE;
	garbled(err, _("it names another case"));
	return ANSWER_ERROR;
}

static bool events_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	struct buf url = { 0 };

	(void)err;
	url_at(s, &url, "/cases");
	url_segment(&url, c->cf->id);
	url_path(&url, "/events");
	ask_page(&url, c);
	return ask_for(s, r, "GET", &url);
}

static enum answer events_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	(void)s;
	return read_items(c, c->from, a, page, add_event, err);
}

/* ---- citizens */

static bool citizens_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	struct buf url = { 0 }, q = { 0 };

	(void)err;
	query_print(&q, c->query);
	url_at(s, &url, "/citizens");
	url_query(&url, "q", buf_str(&q));
	ask_page(&url, c);
	buf_clear(&q);
	ask_purpose(r, c->purpose);
	return ask_for(s, r, "GET", &url);
}

static enum answer citizens_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	(void)s;
	return read_items(c, c->from, a, page, add_citizen, err);
}

static bool citizen_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	struct buf url = { 0 };

	(void)err;
	url_at(s, &url, "/citizens");
	url_segment(&url, c->citizen->id);
	ask_purpose(r, c->purpose);
	return ask_for(s, r, "GET", &url);
}

static enum answer citizen_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	(void)s;
	if (read_row(c, a, page, add_citizen, err) != ANSWER_DONE)
		return ANSWER_ERROR;
	if (!strcmp(page->citizens[0].id, c->citizen->id))
		return ANSWER_DONE;
	garbled(err, _("it names another citizen"));
	return ANSWER_ERROR;
}

static bool access_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	struct buf url = { 0 };

	(void)err;
	url_at(s, &url, "/citizens");
	url_segment(&url, c->citizen->id);
	url_path(&url, "/access");
	ask_page(&url, c);
	return ask_for(s, r, "GET", &url);
}

static enum answer access_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	(void)s;
	return read_items(c, c->from, a, page, add_access, err);
}

/* ---- people, templates, kinds: whole lists, page after page, one list after the other */

struct whole {
	int part, pages;
	char cursor[CURSOR_MAX + 1];
};

struct part {
	const char *path;
	add_row *add;
};

static bool whole_ask(
	struct service *s, struct call *c, struct request *r, const struct part *parts)
{
	struct buf url = { 0 };

	if (!c->work)
		c->work = xcalloc(1, sizeof(struct whole));
	struct whole *w = c->work;

	url_at(s, &url, parts[w->part].path);
	url_query_int(&url, "limit", PAGE_LIMIT);
	url_query(&url, "cursor", *w->cursor ? w->cursor : NULL);
	return ask_for(s, r, "GET", &url);
}

static enum answer whole_read(struct call *c, const struct response *a, struct page *page,
	const struct part *parts, struct error *err)
{
	struct whole *w = c->work;

	if (read_items(c, w->cursor, a, page, parts[w->part].add, err) != ANSWER_DONE)
		return ANSWER_ERROR;
	if (page->next && ++w->pages < PAGES_MAX) {
		snprintf(w->cursor, sizeof(w->cursor), "%s", page->next);
		return ANSWER_MORE;
	}
	w->cursor[0] = '\0';
	w->pages = 0;
	page->next = NULL;
	page->total = -1;
	return parts[++w->part].path ? ANSWER_MORE : ANSWER_DONE;
}

static const struct part people_parts[] = { { "/teams", add_team }, { "/workers", add_worker },
	{ NULL, NULL } };
static const struct part template_parts[] = { { "/templates", add_template }, { NULL, NULL } };
static const struct part kind_parts[] = { { "/kinds", add_kind }, { NULL, NULL } };

static bool workers_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	(void)err;
	return whole_ask(s, c, r, people_parts);
}

static enum answer workers_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	(void)s;
	return whole_read(c, a, page, people_parts, err);
}

static bool templates_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	(void)err;
	return whole_ask(s, c, r, template_parts);
}

static enum answer templates_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	(void)s;
	return whole_read(c, a, page, template_parts, err);
}

static bool kinds_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	(void)err;
	return whole_ask(s, c, r, kind_parts);
}

static enum answer kinds_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	(void)s;
	return whole_read(c, a, page, kind_parts, err);
}

/* ---- changes */

/* A note or an answer alone goes on the timeline without a version: nobody is ever unable to leave
 * one. */
static bool is_entry(const struct patch *p)
{
	return p->on == ON_CASE && !p->creates && !p->count && (!p->note != !p->answer);
}

static void entry_body(struct json_out *out, const struct patch *p)
{
	json_open(out, NULL, '{');
	json_put_text(out, "kind", p->note ? "note" : "answer");
	if (p->note)
		json_put_text(out, "text", p->note);
	else
		json_put_raw(out, "answer", p->answer);
	json_close(out, '}');
}

static bool patch_url(struct service *s, const struct call *c, struct buf *url, struct error *err)
{
	const struct patch *p = c->patch;
	bool person = p->on == ON_CITIZEN;
	const char *id = person ? (c->citizen ? c->citizen->id : NULL) : (c->cf ? c->cf->id : NULL);

	url_at(s, url, person ? "/citizens" : "/cases");
	if (p->creates)
		return true;
	if (!id)
		return error_set(err, ERROR_LOCAL,
			_("It is not known here which record this change belongs to; open "
			  "it, then send the change again from the outbox."));
	url_segment(url, id);
	if (is_entry(p))
		url_path(url, "/events");
	return true;
}

static void fence_header(struct request *r, int64_t fence)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)fence);
	if (fence)
		request_header(r, "Lease-Fence", text);
}

static void patch_headers(const struct call *c, struct request *r)
{
	const struct patch *p = c->patch;
	struct buf text = { 0 };
	bool merge = !p->creates && !is_entry(p);

	request_header(r, "Content-Type", merge ? "application/merge-patch+json" : json_type_name);
	request_header(r, "Idempotency-Key", p->uuid);
	if (merge && p->version) {
		buf_printf(&text, "\"%s\"", p->version);
		request_header(r, "If-Match", text.text);
	}
	fence_header(r, c->fence ? c->fence : p->fence);
	ask_purpose(r, p->purpose);
	buf_clear(&text);
}

static bool send_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	const struct patch *p = c->patch;
	struct buf url = { 0 }, body = { 0 };
	struct json_out out = { .buf = &body };

	if (p->on != ON_CASE && p->on != ON_CITIZEN)
		return error_set(err, ERROR_REFUSED, _("This service cannot take such a change."));
	if (!patch_url(s, c, &url, err)) {
		buf_clear(&url);
		return false;
	}
	ask_for(s, r, p->creates || is_entry(p) ? "POST" : "PATCH", &url);
	patch_headers(c, r);
	if (is_entry(p))
		entry_body(&out, p);
	else
		json_write_patch(&out, p);
	r->body_size = body.size;
	r->body = buf_take(&body);
	return true;
}

/* Done only when the answer names the object. */
static enum answer send_read(
	struct call *c, const struct response *a, struct page *page, struct error *err)
{
	const struct patch *p = c->patch;
	const char *wanted = NULL, *got = NULL;

	if (is_entry(p)) {
		if (read_row(c, a, page, add_event, err) != ANSWER_DONE)
			return ANSWER_ERROR;
		if (page->events[0].seq > 0)
			return ANSWER_DONE;
		garbled(err, _("it does not name the new entry"));
		return ANSWER_ERROR;
	}
	if (read_row(c, a, page, p->on == ON_CITIZEN ? add_citizen : add_case, err) != ANSWER_DONE)
		return ANSWER_ERROR;
	if (p->creates)
		return ANSWER_DONE;
	wanted = p->on == ON_CITIZEN ? c->citizen->id : c->cf->id;
	got = p->on == ON_CITIZEN ? page->citizens[0].id : page->cases[0].id;
	if (!strcmp(wanted, got))
		return ANSWER_DONE;
	garbled(err, _("it names another record"));
	return ANSWER_ERROR;
}

/* ---- leases */

static bool knows_leases(const struct service *s)
{
	return s->profile.features && words_have(s->profile.features, "leases");
}

static bool lease_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	struct buf url = { 0 };

	if (!c->cf || !c->cf->id || !knows_leases(s))
		return true; /* nothing to ask */
	(void)err;
	url_at(s, &url, "/cases");
	url_segment(&url, c->cf->id);
	url_path(&url, "/lease");
	ask_for(s, r, c->put_back ? "DELETE" : "PUT", &url);
	fence_header(r, c->fence);
	return true;
}

/* Who has it, for how long, and to its holder the fence; false: it says nothing that can be used. */
static bool read_holder(
	const struct call *c, const struct service *s, const struct json *lease, struct page *page)
{
	const char *worker = json_get_text(lease, "worker"), *me = s->profile.me;

	if (!worker || json_get_int(lease, "expires_in", -1) < 0)
		return false;
	struct casefile *cf = page_add_case(page);

	cf->id = arena_copy(&page->arena, c->cf->id);
	cf->holder = arena_copy(&page->arena, worker);
	cf->held_until_ms = json_get_int(lease, "expires_in", 0) * 1000;
	cf->fence = me && !strcmp(worker, me) ? json_get_int(lease, "fence", 0) : 0;
	return true;
}

static struct json *body_of(const struct response *a)
{
	return type_is_json(a->type) ? json_read(a->body, a->body_size, NULL, NULL) : NULL;
}

/* A refusal that names who has it is an answer too: err says why, the page who. */
static enum answer lease_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	struct json *body = a->status == 0 || a->status == 204 ? NULL : body_of(a);
	bool good = a->status == 200 || a->status == 201;
	enum answer answer = ANSWER_DONE;

	if (!good && a->status && a->status != 204) {
		answer = read_problem(c, a, page, err);
		if (!strcmp(err->code, "lease-held"))
			read_holder(c, s, json_get(body, "lease"), page);
	} else if (good && !read_holder(c, s, body, page)) {
		garbled(err, _("it does not say who has the case"));
		answer = ANSWER_ERROR;
	}
	json_free(body);
	return answer;
}

/* ---- a change whose lease ran out, or is in another hand of the same person */

/* The lease is taken anew if nobody has it; then, under it, the case is looked at: only if it is the
   version that was seen does the change go out again. Whoever had it meanwhile may have answered. */
enum { SEND, TAKE, LOOK, SEND_AGAIN };

static bool patch_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	struct buf url = { 0 };

	switch (c->step) {
	case TAKE:
		return c->fence || lease_ask(s, c, r, err);
	case LOOK:
		url_at(s, &url, "/cases");
		url_segment(&url, c->cf->id);
		return ask_for(s, r, "GET", &url);
	default:
		return send_ask(s, c, r, err);
	}
}

static void forget(struct page *page)
{
	page_clear(page);
	page_init(page);
}

/* Refused for want of a lease: there may be a way. */
static bool refused_by_lease(
	const struct service *s, struct call *c, const struct response *a, const struct error *err)
{
	struct json *body = body_of(a);
	struct page now;
	bool lost = !strcmp(err->code, "lease-lost"), held = !strcmp(err->code, "lease-held");

	page_init(&now);
	if (c->cf && (lost || held) && read_holder(c, s, json_get(body, "lease"), &now))
		c->fence = now.cases[0].fence;
	page_clear(&now);
	json_free(body);
	return c->cf && c->cf->id && (lost || (held && c->fence));
}

static enum answer send_first(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	enum answer answer = send_read(c, a, page, err);

	if (answer != ANSWER_ERROR || a->status != 409 || !refused_by_lease(s, c, a, err))
		return answer;
	forget(page);
	return ANSWER_MORE;
}

/* In another hand: what is there now is read all the same, to be shown; work holds who has it. */
static enum answer take_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	enum answer answer = c->fence ? ANSWER_DONE : lease_read(s, c, a, page, err);
	const struct casefile *told = page->case_count ? &page->cases[0] : NULL;

	if (!c->fence && told && told->fence) {
		c->fence = told->fence;
		c->took = answer == ANSWER_DONE ? told->fence : 0;
	}
	if (answer == ANSWER_ERROR && !c->fence) {
		if (err->kind != ERROR_CONFLICT)
			return answer;
		c->work = xstrdup(err->text);
	}
	forget(page);
	return ANSWER_MORE;
}

static enum answer look_read(
	struct call *c, const struct response *a, struct page *page, struct error *err)
{
	const char *seen = c->patch->version;

	if (read_row(c, a, page, add_case, err) != ANSWER_DONE)
		return ANSWER_ERROR;
	const char *now = page->cases[0].version;

	if (!c->work && seen && now && !strcmp(seen, now)) {
		forget(page);
		return ANSWER_MORE;
	}
	if (c->work)
		error_set(err, ERROR_CONFLICT, "%s", (const char *)c->work);
	else
		error_set(err, ERROR_CONFLICT,
			_("The case was out of your hand for a while, and somebody changed it: "
			  "nothing was sent. Look at both sides."));
	snprintf(err->code, sizeof(err->code), "lease-lost");
	return ANSWER_ERROR;
}

static enum answer patch_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	switch (c->step) {
	case SEND:
		return send_first(s, c, a, page, err);
	case TAKE:
		return take_read(s, c, a, page, err);
	case LOOK:
		return look_read(c, a, page, err);
	default:
		return send_read(c, a, page, err);
	}
}

/* ---- the event stream */

static bool news_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	struct buf url = { 0 };

	(void)err;
	url_at(s, &url, "/events");
	for (const char *const *id = c->watched; id && *id; id++)
		url_query(&url, "case", *id);
	ask_for(s, r, "GET", &url);
	r->type = "text/event-stream";
	r->wait_ms = -1;
	request_header(r, "Last-Event-ID", c->from);
	request_header(r, "Cache-Control", "no-cache");
	return true;
}

/* How it ended; never well, since a stream has no end. */
static enum answer news_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	(void)s;
	if (a->status >= 400)
		return read_problem(c, a, page, err);
	error_set(err, ERROR_OFFLINE, _("The service ended the stream of changes."));
	return ANSWER_ERROR;
}

/* Server-sent events as the HTML standard has them: lines end in LF, CR or CR LF, an empty line
   ends an event, data of several lines is joined by LF. */
struct parser {
	struct buf line, data, id;
	char event[32];
	int retry_ms;
	bool after_cr, begun, some_data; /* a line of data may be empty */
	void (*changed)(void *ctx, const struct news *);
	void *ctx;
};

static void *parser_new(void)
{
	return xcalloc(1, sizeof(struct parser));
}

static void parser_free(void *own)
{
	struct parser *p = own;

	if (!p)
		return;
	buf_clear(&p->line);
	buf_clear(&p->data);
	buf_clear(&p->id);
	free(p);
}

static void parser_tell(struct parser *p)
{
	static const struct {
		const char *event;
		int what;
	} names[] = { { "hello", NEWS_HELLO }, { "case", NEWS_CASE }, { "citizen", NEWS_CITIZEN },
		{ "reset", NEWS_RESET }, { NULL, NEWS_OTHER } };
	struct json *j = json_read(buf_str(&p->data), p->data.size, NULL, NULL);
	struct news n = { .cursor = p->id.size ? p->id.text : NULL, .retry_ms = p->retry_ms };
	struct buf version = { 0 };
	size_t i = 0;

	while (names[i].event && strcmp(names[i].event, p->event) != 0)
		i++;
	n.what = names[i].what;
	n.id = json_get_text(j, "id");
	n.last_event = json_get_int(j, "last_event", 0);
	if (json_get_int(j, "version", 0) > 0) {
		buf_printf(&version, "%lld", (long long)json_get_int(j, "version", 0));
		n.version = version.text;
	}
	if ((n.what == NEWS_CASE || n.what == NEWS_CITIZEN) && !n.id)
		n.what =
			NEWS_OTHER; /* rubbish in one event: its cursor counts, nothing else does */
	p->changed(p->ctx, &n);
	buf_clear(&version);
	json_free(j);
}

static void parser_field(struct parser *p, const char *name, size_t size, const char *value)
{
	if (size == 5 && !memcmp(name, "event", 5))
		snprintf(p->event, sizeof(p->event), "%s", value);
	if (size == 4 && !memcmp(name, "data", 4)) {
		if (p->some_data)
			buf_char(&p->data, '\n');
		buf_text(&p->data, value);
		p->some_data = true;
	}
	if (size == 2 && !memcmp(name, "id", 2) && strspn(value, "0123456789") == strlen(value)) {
		buf_reset(&p->id);
		buf_text(&p->id, value);
	}
	if (size == 5 && !memcmp(name, "retry", 5) && *value &&
		strspn(value, "0123456789") == strlen(value)) {
		long wait = strtol(value, NULL, 10);

		p->retry_ms = wait > 60000 ? 60000 : (int)wait;
	}
}

static void parser_line(struct parser *p)
{
	const char *line = buf_str(&p->line);

	if (!p->begun && !strncmp(line, "\xef\xbb\xbf", 3))
		line += 3;
	p->begun = true;
	if (!*line) {
		if (p->some_data)
			parser_tell(p);
		buf_reset(&p->data);
		p->some_data = false;
		p->event[0] = '\0';
		return;
	}
	size_t name = strcspn(line, ":");
	const char *value = line + name + (line[name] == ':');

	if (name)
		parser_field(p, line, name, *value == ' ' ? value + 1 : value);
}

static bool parser_feed(void *own, const char *bytes, size_t size,
	void (*changed)(void *ctx, const struct news *), void *ctx)
{
	struct parser *p = own;

	p->changed = changed;
	p->ctx = ctx;
	for (size_t i = 0; i < size; i++) {
		bool second = bytes[i] == '\n' && p->after_cr;

		p->after_cr = bytes[i] == '\r';
		if (second)
			continue;
		if (bytes[i] != '\n' && bytes[i] != '\r') {
			buf_char(&p->line, bytes[i] ? bytes[i] : ' ');
			if (p->line.size + p->data.size > NEWS_MAX)
				return false;
			continue;
		}
		parser_line(p);
		buf_reset(&p->line);
	}
	return true;
}

/* ---- addresses */

static void case_url(const struct service *s, const struct casefile *cf, struct buf *out)
{
	struct buf url = { 0 };

	url_start(&url, s->url, "/cases");
	url_segment(&url, cf->id);
	buf_text(out, buf_str(&url));
	buf_clear(&url);
}

/* An identifier is one segment, of letters that need no escape. */
static const char *case_of_url(const struct service *s, const char *url, struct arena *arena)
{
	struct buf begin = { 0 };
	const char *id = NULL;

	url_start(&begin, s->url, "/cases/");
	if (!strncmp(url, buf_str(&begin), begin.size) && url[begin.size] &&
		!url[begin.size + strcspn(url + begin.size, "/?#% ")])
		id = arena_copy(arena, url + begin.size);
	buf_clear(&begin);
	return id;
}

static bool native_can(const struct service *s, const struct patch *p, struct error *err)
{
	if (!p->file_count)
		return true;
	return error_set(err, ERROR_REFUSED,
		_("%s takes no files: this version of Casework REST has no way to send one. Nothing "
		  "was saved."),
		s->name);
}

static const char *const native_lacks[] = {
	N_("Files cannot be sent to it; those that came with a case are listed."),
	NULL,
};

const struct service_ops service_native = {
	.name = "native",
	.once = ONCE_KEY,
	.once_new = ONCE_KEY,
	.stale = STALE_REFUSED,
	.streams = true,
	.at_once = 4,
	.case_url = case_url,
	.case_of_url = case_of_url,
	.lacks = native_lacks,
	.can = native_can,
	.calls = {
		[CALL_LOGIN] = { login_ask, login_read },
		[CALL_LIST] = { list_ask, list_read },
		[CALL_OPEN] = { open_ask, open_read },
		[CALL_EVENTS] = { events_ask, events_read },
		[CALL_CITIZENS] = { citizens_ask, citizens_read },
		[CALL_CITIZEN] = { citizen_ask, citizen_read },
		[CALL_ACCESS] = { access_ask, access_read },
		[CALL_WORKERS] = { workers_ask, workers_read },
		[CALL_TEMPLATES] = { templates_ask, templates_read },
		[CALL_CASE_KINDS] = { kinds_ask, kinds_read },
		[CALL_LEASE] = { lease_ask, lease_read },
		[CALL_PATCH] = { patch_ask, patch_read },
		[CALL_NEWS] = { news_ask, news_read },
	},
	.news_new = parser_new,
	.news_feed = parser_feed,
	.news_free = parser_free,
};
