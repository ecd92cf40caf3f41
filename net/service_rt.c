/* Request Tracker 5 over REST 2. A login buys a session cookie, which is worth fifty times a token;
   reading goes by search wherever it can, since a search says names where a ticket alone says
   numbers. What it cannot do is said (lacks, advisory), never pretended. */
#include "model/i18n.h"
#include "model/when.h"
#include "net/driver.h"
#include "net/rt.h"
#include "net/url.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum {
	COOKIE_MAX = 400,
	NEWS_PAGES = 5,
	NEWS_OVERLAP_S = 10,	  /* their clock counts whole seconds, and an answer takes a while */
	NEWS_FIRST_S = 120,
	NEWS_MOST_S = 2 * 24 * 3600 /* beyond that the lists are read anew anyway */
};

#define LIST_FIELDS                                                                                \
	"Subject,Status,Priority,Due,Created,LastUpdated,Resolved,Told,Owner,Queue,Requestor"

static const char json_type_name[] = "application/json";

/* ---- asking */

void rt_url(struct service *s, struct buf *url, const char *path)
{
	url_start(url, s->url, "/REST/2.0");
	url_path(url, path);
}

/* Between the words and the secret; in a block that is wiped. */
static void ask_secret(struct request *r, const char *name, const char *word, const char *secret)
{
	struct buf text = { 0 };

	buf_printf(&text, "%s%s", word, secret);
	request_header(r, name, text.text);
	explicit_bzero(text.text, text.size);
	buf_clear(&text);
}

/* A browser can be made to send a cookie from somebody else's page, so Request Tracker takes a cookie
   with anything but a GET only where the page is its own (CVE-2026-108277; RFC 6454, 7). */
static void ask_origin(struct service *s, struct request *r)
{
	struct buf origin = { 0 };

	url_origin(&origin, s->url);
	request_header(r, "Origin", origin.text);
	buf_clear(&origin);
}

void rt_ask(struct service *s, struct request *r, const char *method, struct buf *url)
{
	struct rt *rt = s->own;

	r->method = method;
	r->url = buf_take(url);
	r->type = json_type_name;
	r->repeatable = !strcmp(method, "GET");
	request_header(r, "Accept", json_type_name);
	if (rt->cookie)
		ask_secret(r, "Cookie", "", rt->cookie);
	else if (s->token && !s->user)
		ask_secret(r, "Authorization", "token ", s->token);
	if (rt->cookie && !r->repeatable)
		ask_origin(s, r);
}

static void ask_body(struct request *r, const char *type, struct buf *body)
{
	request_header(r, "Content-Type", type);
	r->body_size = body->size;
	r->body = buf_take(body);
}

void rt_body(struct request *r, struct buf *json)
{
	ask_body(r, json_type_name, json);
}

void rt_form(struct buf *form, const char *name, const char *value)
{
	if (form->size)
		buf_char(form, '&');
	url_encode(form, name);
	buf_char(form, '=');
	url_encode(form, value);
}

void rt_form_body(struct request *r, struct buf *form)
{
	ask_body(r, "application/x-www-form-urlencoded", form);
}

/* ---- answers */

/* Its sentence without the place in its own program: " at /usr/... line 3187." */
static size_t sentence_size(const char *text)
{
	const char *at = strstr(text, " at /");
	size_t size = at && strstr(at, " line ") ? (size_t)(at - text) : strlen(text);

	while (size && isspace((unsigned char)text[size - 1]))
		size--;
	return size;
}

bool rt_foreign(const struct response *a)
{
	return a->status == 403 && a->body && strstr(a->body, "request forgery");
}

static void bad_answer(const struct response *a, const char *what, struct error *err)
{
	struct json *j = json_read(a->body ? a->body : "", a->body_size, NULL, NULL);
	const char *said = json_get_text(j, "message");
	bool told = driver_failed(a, err);

	if (rt_foreign(a))
		error_set(err, ERROR_DENIED,
			_("Request Tracker takes changes only by the address that it calls itself by "
			  "(WebBaseURL): give that as url, or have its administrator add this one to "
			  "ReferrerWhitelist."));
	else if (!told && said && *said)
		error_set(err, err->kind, _("Request Tracker refused %s: %.*s"), what,
			(int)sentence_size(said), said);
	else if (!told)
		error_set(err, err->kind,
			_("Request Tracker failed at %s (status %d) and did not say why; its log "
			  "tells its administrator."),
			what, a->status);
	json_free(j);
}

struct json *rt_good(const struct response *a, const char *what, struct error *err)
{
	struct error inner = { 0 };

	if (a->status < 200 || a->status > 299) {
		bad_answer(a, what, err);
		return NULL;
	}
	struct json *j = json_read(a->body ? a->body : "", a->body_size, NULL, &inner);

	if (j)
		return j;
	error_set(err, ERROR_GARBLED,
		_("Request Tracker answered something else than %s: %s Perhaps another program "
		  "stands before it."),
		what, inner.text);
	return NULL;
}

/* ---- login: a cookie, who it belongs to, and which queues there are */

enum { LOGIN_COOKIE, LOGIN_ME, LOGIN_QUEUES };

struct login {
	int part;
	struct rt_pages pages;
};

/* A token names its user: version-user-secret. 0: this one does not. */
static long token_user(const char *token)
{
	char *end = NULL;
	const char *dash = token ? strchr(token, '-') : NULL;
	long id = dash ? strtol(dash + 1, &end, 10) : 0;

	return dash && end != dash + 1 && *end == '-' && id > 0 ? id : 0;
}

static void cookie_drop(struct rt *rt)
{
	driver_wipe(rt->cookie);
	rt->cookie = NULL;
}

static bool cookie_good(const char *cookie)
{
	const char *value = strchr(cookie, '=');

	if (strncmp(cookie, "RT_SID_", 7) != 0 || !value || strlen(cookie) > COOKIE_MAX)
		return false;
	for (const char *c = cookie; *c; c++)
		if (c != value && !isalnum((unsigned char)*c) && !strchr("._-", *c))
			return false;
	return strlen(value + 1) >= 16;
}

static bool login_cookie(struct service *s, struct request *r)
{
	struct buf url = { 0 }, form = { 0 };

	cookie_drop(s->own);
	url_start(&url, s->url, "/REST/1.0/");
	rt_ask(s, r, s->user ? "POST" : "GET", &url);
	r->type = NULL;
	r->repeatable = true;
	if (!s->user)
		return true;
	rt_form(&form, "user", s->user);
	rt_form(&form, "pass", s->token ? s->token : "");
	rt_form_body(r, &form);
	return true;
}

static bool login_me(struct service *s, struct request *r, struct error *err)
{
	struct buf url = { 0 }, id = { 0 };

	if (!s->user && !token_user(s->token))
		return error_set(err, ERROR_LOGIN,
			_("The token for %s is none of Request Tracker 5; they look like "
			  "1-14-0123456789abcdef."),
			s->name);
	rt_url(s, &url, "/user");
	buf_printf(&id, "%ld", token_user(s->token));
	url_segment(&url, s->user ? s->user : id.text);
	buf_clear(&id);
	rt_ask(s, r, "GET", &url);
	return true;
}

static bool ask_queues(struct service *s, struct request *r, int page)
{
	struct buf url = { 0 };

	rt_url(s, &url, "/queues/all");
	url_query(&url, "fields", "Name,Lifecycle,Description");
	url_query_int(&url, "per_page", RT_PAGE);
	url_query_int(&url, "page", page + 1);
	rt_ask(s, r, "GET", &url);
	return true;
}

static bool login_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	if (!c->work)
		c->work = xcalloc(1, sizeof(struct login));
	const struct login *w = c->work;

	if (w->part == LOGIN_COOKIE)
		return login_cookie(s, r);
	return w->part == LOGIN_ME ? login_me(s, r, err) : ask_queues(s, r, w->pages.page);
}

static enum answer no_rt(const struct service *s, struct error *err)
{
	error_set(err, ERROR_GARBLED,
		_("There is no Request Tracker at %s; check its url in the configuration."), s->url);
	return ANSWER_ERROR;
}

static enum answer not_let_in(const struct service *s, struct error *err)
{
	error_set(err, ERROR_LOGIN,
		s->user ? _("%s does not accept this user and password.")
			: _("%s does not accept this token; it may have been replaced or expired."),
		s->name);
	return ANSWER_ERROR;
}

/* A gateway may set cookies of its own before it. */
static bool find_cookie(const struct response *a, char *room, size_t size)
{
	for (int nr = 0; response_header(a, "Set-Cookie", nr, room, size); nr++) {
		room[strcspn(room, "; ")] = '\0';
		if (cookie_good(room))
			return true;
	}
	return false;
}

/* "RT/5.0.3 200 Ok": 200 stands before it whatever it says. */
static enum answer read_cookie(
	struct service *s, const struct response *a, struct page *page, struct error *err)
{
	struct rt *rt = s->own;
	char cookie[COOKIE_MAX + 1] = "", version[40] = "";
	int said = 0;

	if (a->status == 401 || a->status == 302)
		return not_let_in(s, err);
	if (a->status != 200 || !a->body || sscanf(a->body, "RT/%39s %d", version, &said) != 2)
		return no_rt(s, err);
	if (said != 200)
		return not_let_in(s, err);
	if (find_cookie(a, cookie, sizeof(cookie)))
		rt->cookie = xstrdup(cookie);
	version[strcspn(version, "+")] = '\0';
	page_set_profile(page)->title = arena_printf(&page->arena, "Request Tracker %s", version);
	return ANSWER_MORE;
}

/* Only of oneself (or to an administrator) it says whether a user is disabled. */
static enum answer read_me(
	struct service *s, const struct response *a, struct page *page, struct error *err)
{
	struct profile *p = page->profile;

	if (a->status == 401 || a->status == 302)
		return not_let_in(s, err);
	struct json *j = rt_good(a, _("who you are"), err);
	const char *login = json_get_text(j, "Name");
	bool own = json_get(j, "Disabled") && login && *login;

	rt_know_user(s, (long)json_get_int(j, "id", 0), login);
	p->me = arena_copy(&page->arena, login);
	p->my_name = arena_copy(&page->arena, json_get_text(j, "RealName"));
	p->roles = "caseworker";
	p->features = "cases citizens citizens-by-mail kinds events links files";
	if (own && !json_get_int(j, "Privileged", 0))
		error_set(err, ERROR_DENIED,
			_("%s is a requestor in %s and works no cases there; its administrator "
			  "makes you a privileged user."),
			p->me, s->name);
	else if (j && !own)
		error_set(err, ERROR_GARBLED,
			_("%s did not say who you are. Its version may be another than this "
			  "program's."),
			s->name);
	bool good = own && err->kind == ERROR_NONE;

	json_free(j);
	return good ? ANSWER_MORE : ANSWER_ERROR;
}

static void my_team(struct service *s, struct page *page)
{
	const struct rt *rt = s->own;
	const char *team = service_option(s, "team");

	if (!team && rt->queue_count)
		team = rt->queues[0].name;
	page->profile->my_team = arena_copy(&page->arena, team);
}

static enum answer read_queues(struct service *s, struct login *w, const struct response *a,
	struct page *page, struct error *err)
{
	struct json *j = rt_good(a, _("the queues"), err);
	const struct json *items = json_get(j, "items");

	if (!j)
		return ANSWER_ERROR;
	for (size_t i = 0; i < json_count(items); i++)
		rt_know_queue(s->own, json_get_text(json_at(items, i), "id"),
			json_get_text(json_at(items, i), "Name"),
			json_get_text(json_at(items, i), "Lifecycle"));
	bool more = rt_more(&w->pages, j);

	json_free(j);
	if (more)
		return ANSWER_MORE;
	((struct rt *)s->own)->queues_known = true;
	my_team(s, page);
	return ANSWER_DONE;
}

static enum answer login_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	struct login *w = c->work;

	if (w->part == LOGIN_QUEUES)
		return read_queues(s, w, a, page, err);
	return w->part++ == LOGIN_COOKIE ? read_cookie(s, a, page, err) : read_me(s, a, page, err);
}

/* ---- what a login bought: "ORIGIN USER COOKIE" */

/* Kept for the address and the user it was bought for, and for no other. */
static void session_head(const struct service *s, struct buf *out)
{
	url_encode(out, s->url);
	buf_char(out, ' ');
	url_encode(out, s->user ? s->user : "-");
	buf_char(out, ' ');
}

static const char *rt_session(const struct service *s)
{
	struct rt *rt = s->own;
	struct buf line = { 0 };

	if (!rt->cookie)
		return NULL;
	session_head(s, &line);
	buf_text(&line, rt->cookie);
	driver_wipe(rt->session);
	rt->session = buf_take(&line);
	return rt->session;
}

static bool rt_resume(struct service *s, const char *session)
{
	struct rt *rt = s->own;
	struct buf head = { 0 };

	session_head(s, &head);
	bool good = session && !strncmp(session, head.text, head.size) &&
		    cookie_good(session + head.size);

	cookie_drop(rt);
	if (good)
		rt->cookie = xstrdup(session + head.size);
	buf_clear(&head);
	return good;
}

/* ---- searching tickets */

struct search {
	const char *fields, *order, *then; /* order NULL: as it comes */
	bool down;
	int page, per_page;
};

/* Each name costs the server a look of its own; the owner's it has by login. */
static void search_fields(struct buf *form, const char *fields)
{
	rt_form(form, "fields", fields);
	rt_form(form, "fields[Queue]", "Name,Lifecycle");
	rt_form(form, "fields[Requestor]", "RealName,EmailAddress");
}

static void search_page(struct buf *form, int page, int per_page)
{
	char number[24];

	snprintf(number, sizeof(number), "%d", per_page);
	rt_form(form, "per_page", number);
	snprintf(number, sizeof(number), "%d", page);
	rt_form(form, "page", number);
}

static void search_order(struct buf *form, const struct query *q)
{
	bool down = false;
	const char *by = NULL;

	for (int i = 0; (by = rt_order(q, i, &down)) != NULL; i++) {
		rt_form(form, "orderby", by);
		rt_form(form, "order", down ? "DESC" : "ASC");
	}
	rt_form(form, "orderby", "id"); /* equal ones keep their place from page to page */
	rt_form(form, "order", down ? "DESC" : "ASC");
}

/* A search changes nothing, though it is a POST: it may be long. */
static void ask_search(struct service *s, struct request *r, struct buf *form)
{
	struct buf url = { 0 };

	rt_url(s, &url, "/tickets");
	rt_ask(s, r, "POST", &url);
	r->repeatable = true;
	rt_form_body(r, form);
}

static bool add_tickets(
	struct service *s, const struct json *items, struct page *page, struct error *err)
{
	size_t bad = 0;

	for (size_t i = 0; i < json_count(items); i++) {
		struct casefile cf = { 0 };
		struct error why = { 0 };

		if (rt_read_ticket(s, json_at(items, i), &cf, &page->arena, &why)) {
			*page_add_case(page) = cf;
			continue;
		}
		bad++;
		*err = why;
		if (!page->left_out++)
			page->flaw = arena_copy(&page->arena, why.text);
	}
	if (bad && bad == json_count(items))
		return false;
	*err = (struct error){ 0 };
	return true;
}

/* ---- lists: "3" is the third page; where what is due comes first, "u1" the first page of what is
   never due, since the server puts that before everything else */

enum { LIST_ROWS, LIST_FIELDS_FIRST, LIST_COUNT };

struct list {
	int part;
	struct rt_pages queues, fields;
	int queue;
	int total;
};

static bool due_first(const struct query *q)
{
	bool down = false;
	const char *by = rt_order(q, 0, &down);

	return by && !strcmp(by, "Due") && !down;
}

static int list_page(const char *from, bool *undue)
{
	*undue = from && *from == 'u';
	long page = from ? strtol(from + *undue, NULL, 10) : 1;

	return page < 1 || page > 100000 ? 1 : (int)page;
}

static bool list_form(struct service *s, const struct call *c, const struct list *w,
	struct buf *form, struct error *err)
{
	struct buf sql = { 0 }, text = { 0 };
	bool undue = false, counts = w && w->part == LIST_COUNT;
	int page = list_page(c->from, &undue);

	if (!rt_query(s, c->query, &text, err)) {
		buf_clear(&text);
		return false;
	}
	if (due_first(c->query) && !counts)
		buf_printf(&sql, "(%s) AND Due IS %sNULL", text.text, undue ? "" : "NOT ");
	else
		buf_text(&sql, text.text);
	rt_form(form, "query", sql.text);
	search_fields(form, counts			 ? "Status"
			    : rt_query_fields(c->query) ? LIST_FIELDS ",CustomFields"
							 : LIST_FIELDS);
	if (!counts)
		search_order(form, c->query);
	search_page(form, counts ? 1 : page,
		counts				      ? 1
		: c->limit > 0 && c->limit < RT_PAGE ? c->limit
						      : RT_PAGE);
	buf_clear(&text);
	buf_clear(&sql);
	return true;
}

static bool list_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	struct buf form = { 0 };

	if (rt_query_wants_fields(s->own, c->query))
		return rt_kinds_ask(s, c, r, err);
	if (!list_form(s, c, c->work, &form, err)) {
		buf_clear(&form);
		return false;
	}
	ask_search(s, r, &form);
	return true;
}

/* "3/5": the third of five, "u" before it of what is never due. */
static const char *page_mark(bool undue, long long page, long long pages, struct arena *arena)
{
	return arena_printf(arena, "%s%lld/%lld", undue ? "u" : "", page, pages);
}

static const char *rt_page_after(const char *next, int nr, struct arena *arena)
{
	bool undue = false;
	int page = list_page(next, &undue) + nr;
	const char *slash = strchr(next, '/');
	long pages = slash ? strtol(slash + 1, NULL, 10) : 0;

	return page <= pages ? page_mark(undue, page, pages, arena) : NULL;
}

/* What comes after this page: of the same, then of what is never due. */
static const char *list_next(
	const struct call *c, const struct json *j, bool undue, int page, struct arena *arena)
{
	int64_t total = json_int(json_get(j, "total"), 0), size = json_get_int(j, "per_page", RT_PAGE);
	bool more = size > 0 && (int64_t)page * size < total;

	if (more)
		return page_mark(undue, page + 1, (total + size - 1) / size, arena);
	return due_first(c->query) && !undue ? "u1" : NULL;
}

static enum answer read_list(struct service *s, const struct call *c, const struct json *j,
	struct page *page, struct error *err)
{
	const struct json *items = json_get(j, "items");
	int total = (int)json_int(json_get(j, "total"), -1);
	bool undue = false;
	int number = list_page(c->from, &undue);

	if (json_type(items) != JSON_LIST) {
		error_set(err, ERROR_GARBLED,
			_("Request Tracker answered a search without a list; its version may be "
			  "another than this program's."));
		return ANSWER_ERROR;
	}
	if (number == 1 && total > 0 && !json_count(items)) {
		error_set(err, ERROR_GARBLED,
			P_("Request Tracker found %d case and showed none of them; its log tells "
			   "its administrator why.",
				"Request Tracker found %d cases and showed none of them; its log "
				"tells its administrator why.",
				total),
			total);
		return ANSWER_ERROR;
	}
	if (!add_tickets(s, items, page, err))
		return ANSWER_ERROR;
	page->total = c->from ? -1 : total;
	if (json_count(items))
		page->next = list_next(c, j, undue, number, &page->arena);
	else if (due_first(c->query) && !undue)
		page->next = "u1";
	return ANSWER_DONE;
}

/* The fields of its queues are read first where a query names one that is not known; where what is
   due comes first, how many there are is a question of its own. */
static enum answer list_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	const struct list *counts = c->work;

	if (rt_query_wants_fields(s->own, c->query)) {
		enum answer answer = rt_kinds_read(s, c, a, page, err);

		if (answer != ANSWER_DONE)
			return answer;
		free(c->work);
		c->work = NULL;
		page->kind_count = 0;
		return ANSWER_MORE;
	}
	struct json *j = rt_good(a, _("this search"), err);

	if (!j)
		return ANSWER_ERROR;
	enum answer answer = ANSWER_DONE;

	if (counts)
		page->total = (int)json_int(json_get(j, "total"), -1);
	else
		answer = read_list(s, c, j, page, err);
	json_free(j);
	if (answer == ANSWER_DONE && !counts && c->count && due_first(c->query) && !c->from) {
		struct list *w = c->work = xcalloc(1, sizeof(struct list));

		w->part = LIST_COUNT;
		return ANSWER_MORE;
	}
	return answer;
}

/* ---- one case */

void rt_ask_ticket(struct service *s, struct request *r, const char *id)
{
	struct buf url = { 0 };

	rt_url(s, &url, "/ticket");
	url_segment(&url, id);
	rt_ask(s, r, "GET", &url);
}

static bool is_number(const char *id)
{
	return *id && strspn(id, "0123456789") == strlen(id) && strlen(id) < 10;
}

/* Its names, where nothing here knows them: of a case nobody saw in a list. */
static void ask_names(struct service *s, struct request *r, const char *id)
{
	struct buf form = { 0 }, sql = { 0 };

	buf_printf(&sql, "id = %s", id);
	rt_form(&form, "query", sql.text);
	search_fields(&form, LIST_FIELDS);
	search_page(&form, 1, 1);
	buf_clear(&sql);
	ask_search(s, r, &form);
}

static bool open_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	if (!is_number(c->cf->id))
		return error_set(err, ERROR_GONE, _("There is no case %s."), c->cf->id);
	if (c->step == 0)
		rt_ask_ticket(s, r, c->cf->id);
	else
		ask_names(s, r, ((const char *)c->work));
	return true;
}

static enum answer read_names(
	struct service *s, const struct response *a, struct page *page, struct error *err)
{
	struct json *j = rt_good(a, _("the ticket"), err);
	struct casefile named = { 0 }, *cf = &page->cases[page->case_count - 1];
	const struct json *one = json_at(json_get(j, "items"), 0);

	if (!j)
		return ANSWER_ERROR;
	if (one && rt_read_ticket(s, one, &named, &page->arena, NULL)) {
		cf->queue = cf->team = named.queue;
		cf->citizen = named.citizen;
		cf->citizen_name = named.citizen_name;
	}
	json_free(j);
	return ANSWER_DONE;
}

/* A list that told the citizen and no name has said that there is none. */
static bool nameless(const struct casefile *cf, const struct casefile *known)
{
	bool told = cf->citizen && known->citizen && !strcmp(cf->citizen, known->citizen);

	return !cf->queue || (cf->citizen && !cf->citizen_name && !told);
}

/* The ticket of another number: the one asked for was merged into it. */
static enum answer open_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	if (c->step > 0) {
		if (read_names(s, a, page, err) != ANSWER_DONE)
			return ANSWER_ERROR;
	} else {
		if (!rt_ticket_answer(s, a, page, err))
			return ANSWER_ERROR;
		rt_look(s->own, page->cases[0].id, a);
		rt_keep_names(s->own, c->cf, page);
		if (nameless(&page->cases[0], c->cf)) {
			c->work = xstrdup(page->cases[0].id);
			return ANSWER_MORE;
		}
	}
	const struct casefile *cf = &page->cases[0];

	if (cf->step && !strcasecmp(cf->step, "deleted")) {
		error_set(err, ERROR_GONE, _("Case %s was deleted in Request Tracker."),
			c->cf->id);
		return ANSWER_ERROR;
	}
	if (strcmp(cf->id, c->cf->id) != 0)
		rt_put_merged(page, c->cf);
	return ANSWER_DONE;
}

/* ---- news: what changed since we last asked, by how long ago that is on our own clock */

static int64_t boot_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t); /* counts while the machine sleeps */
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static long long news_span(const struct rt *rt, const char *from)
{
	long long then = from ? strtoll(from, NULL, 10) : 0, now = (long long)time(NULL);
	long long span = NEWS_FIRST_S;

	if (rt->polled_ms)
		span = (boot_ms() - rt->polled_ms) / 1000 + NEWS_OVERLAP_S;
	else if (then > 0 && then <= now) /* another run's: by the wall clock, and not so exact */
		span = now - then + NEWS_FIRST_S;
	if (span > NEWS_FIRST_S) /* there may be a change of summer time between */
		span += 3600;
	return span > NEWS_MOST_S ? NEWS_MOST_S : span;
}

static bool news_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	struct rt *rt = s->own;
	struct buf form = { 0 }, sql = { 0 };

	(void)err;
	if (c->step == 0)
		rt->asked_ms = boot_ms();
	buf_printf(&sql, "LastUpdated > '-%lld seconds'", news_span(rt, c->from));
	rt_form(&form, "query", sql.text);
	search_fields(&form, LIST_FIELDS);
	rt_form(&form, "orderby", "id");
	search_page(&form, c->step + 1, RT_PAGE);
	buf_clear(&sql);
	ask_search(s, r, &form);
	return true;
}

/* Whether it was told before, as it is now. */
static bool seen_before(struct rt *rt, const struct casefile *cf)
{
	struct rt_seen *one = &rt->seen[strtoull(cf->id, NULL, 10) % RT_SEEN];
	bool same = one->changed == cf->changed && !strcmp(one->id, cf->id);

	snprintf(one->id, sizeof(one->id), "%s", cf->id);
	one->changed = cf->changed;
	return same;
}

/* What changed twice within one second is told twice: then it is not the same any more, though its
   time is. So only what is older than the overlap's first seconds is passed over. */
static void drop_seen(struct rt *rt, struct page *page, int from, const struct response *a)
{
	int kept = from;
	time_t now = a->date ? (time_t)a->date : time(NULL);

	for (int i = from; i < page->case_count; i++) {
		bool same = seen_before(rt, &page->cases[i]);

		if (!same || page->cases[i].changed >= now - 2)
			page->cases[kept++] = page->cases[i];
	}
	page->case_count = kept;
}

static enum answer news_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	struct rt *rt = s->own;
	struct json *j = rt_good(a, _("what changed"), err);
	int from = page->case_count;

	if (!j || !add_tickets(s, json_get(j, "items"), page, err)) {
		json_free(j);
		return ANSWER_ERROR;
	}
	drop_seen(rt, page, from, a);
	int64_t total = json_int(json_get(j, "total"), 0);

	json_free(j);
	if ((int64_t)(c->step + 1) * RT_PAGE < total && c->step + 1 < NEWS_PAGES)
		return ANSWER_MORE;
	rt->polled_ms = rt->asked_ms;
	page->next = arena_printf(&page->arena, "%lld", (long long)time(NULL));
	page->total = -1;
	return ANSWER_DONE;
}

/* ---- citizens: whoever a ticket is for */

static bool citizens_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	struct buf form = { 0 }, sql = { 0 };

	if (!rt_query_citizens(s, c->query, &sql, err)) {
		buf_clear(&sql);
		return false;
	}
	rt_form(&form, "query", sql.text);
	search_fields(&form, "Requestor,CustomFields,Status,Resolved");
	rt_form(&form, "orderby", "id");
	rt_form(&form, "order", "DESC");
	search_page(&form, 1, RT_PAGE);
	buf_clear(&sql);
	ask_search(s, r, &form);
	return true;
}

static const char *field_value(const struct json *fields, const char *name)
{
	for (size_t i = 0; i < json_count(fields); i++) {
		const char *is = json_get_text(json_at(fields, i), "name");

		if (is && !strcasecmp(is, name))
			return json_text(json_at(json_get(json_at(fields, i), "values"), 0));
	}
	return NULL;
}

/* "Ivan de la Cruz": the last word is the family's, unless it is written "Cruz, Ivan". */
static void split_name(struct citizen *person, const char *name, struct arena *arena)
{
	const char *comma = strchr(name, ','), *space = strrchr(name, ' ');

	if (comma) {
		person->family = arena_copy_n(arena, name, (size_t)(comma - name));
		person->given = arena_copy(arena, comma + 1 + strspn(comma + 1, " "));
	} else if (space && space != name && space[1]) {
		person->given = arena_copy_n(arena, name, (size_t)(space - name));
		person->family = arena_copy(arena, space + 1);
	} else {
		person->family = arena_copy(arena, name);
	}
	if (person->given && !*person->given)
		person->given = NULL;
}

static struct citizen *known_citizen(struct page *page, const char *id)
{
	for (int i = 0; i < page->citizen_count; i++)
		if (!strcmp(page->citizens[i].id, id))
			return &page->citizens[i];
	return NULL;
}

static bool is_open(struct service *s, const struct json *ticket)
{
	struct casefile cf = { 0 };
	struct arena arena = { 0 };
	bool open = rt_read_ticket(s, ticket, &cf, &arena, NULL) && stage_is_open(cf.stage);

	arena_clear(&arena);
	return open;
}

/* A reference belongs to the one requestor of a ticket; of several nobody can say whose it is. */
static void add_requestors(struct service *s, const struct json *ticket, struct page *page)
{
	const struct json *list = json_get(ticket, "Requestor");
	const char *ref = field_value(json_get(ticket, "CustomFields"), rt_citizen_field(s));

	for (size_t i = 0; i < json_count(list); i++) {
		const struct json *one = json_at(list, i);
		const char *mail = json_get_text(one, "EmailAddress"),
			   *login = json_get_text(one, "id"), *name = json_get_text(one, "RealName");
		const char *id = mail && *mail ? mail : login;
		struct citizen *person = id && *id ? known_citizen(page, id) : NULL;

		if (!id || !*id)
			continue;
		if (!person) {
			person = page_add_citizen(page);
			person->id = arena_copy(&page->arena, id);
			person->mail = mail && *mail ? person->id : NULL;
			split_name(person, name && *name ? name : id, &page->arena);
		}
		if (!person->ref && ref && *ref && json_count(list) == 1)
			person->ref = arena_copy(&page->arena, ref);
		person->all_cases++;
		person->open_cases += is_open(s, ticket);
	}
}

/* Of two requestors one ticket has, only who was looked for. */
static void drop_others(const struct query *q, struct page *page)
{
	const struct query_now now = { .now = time(NULL) };
	int kept = 0;

	for (int i = 0; i < page->citizen_count; i++)
		if (query_match_citizen(q, &now, &page->citizens[i]))
			page->citizens[kept++] = page->citizens[i];
	if (kept)
		page->citizen_count = kept;
}

static enum answer citizens_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	struct json *j = rt_good(a, _("this search"), err);
	const struct json *items = json_get(j, "items");

	if (!j)
		return ANSWER_ERROR;
	for (size_t i = 0; i < json_count(items); i++)
		add_requestors(s, json_at(items, i), page);
	json_free(j);
	drop_others(c->query, page);
	return ANSWER_DONE;
}

static void citizen_sql(struct buf *sql, const struct citizen *person)
{
	buf_text(sql, strchr(person->id, '@') ? "Requestor.EmailAddress = " : "Requestor.Name = ");
	rt_quote(sql, person->id);
}

/* All cases first (the newest say the reference), then how many are open. */
static bool citizen_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	struct buf form = { 0 }, sql = { 0 };

	(void)err;
	citizen_sql(&sql, c->citizen);
	if (c->step > 0)
		buf_text(&sql, " AND Status = '__Active__'");
	rt_form(&form, "query", sql.text);
	search_fields(&form, c->step ? "Status" : "Requestor,CustomFields");
	rt_form(&form, "orderby", "id");
	rt_form(&form, "order", "DESC");
	search_page(&form, 1, c->step ? 1 : 5);
	buf_clear(&sql);
	ask_search(s, r, &form);
	return true;
}

static void keep_one(struct page *page, const char *id)
{
	for (int i = 0; i < page->citizen_count; i++)
		if (!strcasecmp(page->citizens[i].id, id)) {
			page->citizens[0] = page->citizens[i];
			page->citizens[0].id = id;
			page->citizen_count = 1;
			return;
		}
	page->citizen_count = 0;
}

static enum answer citizen_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	struct json *j = rt_good(a, _("the citizen"), err);
	const struct json *items = json_get(j, "items");
	int total = (int)json_int(json_get(j, "total"), 0);

	if (!j)
		return ANSWER_ERROR;
	for (size_t i = 0; c->step == 0 && i < json_count(items); i++)
		add_requestors(s, json_at(items, i), page);
	json_free(j);
	if (c->step > 0) {
		page->citizens[0].open_cases = total;
		return ANSWER_DONE;
	}
	keep_one(page, arena_copy(&page->arena, c->citizen->id));
	if (!page->citizen_count) {
		error_set(err, ERROR_GONE,
			_("%s has no case in Request Tracker that you may see."), c->citizen->id);
		return ANSWER_ERROR;
	}
	page->citizens[0].all_cases = total;
	return ANSWER_MORE;
}

/* ---- changes: what a change's answer leaves unsaid is filled in */

static enum answer patch_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	enum answer answer = rt_patch_read(s, c, a, page, err);

	if (answer != ANSWER_MORE)
		rt_keep_names(s->own, c->cf, page);
	return answer;
}

static enum answer bulk_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	enum answer answer = rt_bulk_read(s, c, a, page, err);

	for (int i = 0; answer != ANSWER_MORE && c->bulk && i < c->bulk->count; i++)
		rt_keep_names(s->own, c->bulk->cases[i], page);
	return answer;
}

/* ---- addresses */

static void rt_case_url(const struct service *s, const struct casefile *cf, struct buf *url)
{
	url_start(url, s->url, "/Ticket/Display.html");
	url_query(url, "id", cf->id);
}

static const char *rt_case_of_url(const struct service *s, const char *url, struct arena *arena)
{
	static const char *const paths[] = { "/Ticket/Display.html?id=", "/REST/2.0/ticket/" };

	for (int i = 0; i < 2; i++) {
		struct buf head = { 0 };

		url_start(&head, s->url, paths[i]);
		bool ours = !strncmp(url, head.text, head.size);
		const char *id = url + (ours ? head.size : 0);

		buf_clear(&head);
		if (ours && is_number(id))
			return arena_copy(arena, id);
	}
	return NULL;
}

/* ---- beginning and end */

static bool rt_open(struct service *s, struct error *err)
{
	(void)err;
	s->own = xcalloc(1, sizeof(struct rt));
	return true;
}

static void rt_close(struct service *s)
{
	struct rt *rt = s->own;

	if (!rt)
		return;
	cookie_drop(rt);
	rt_look_over(rt);
	driver_wipe(rt->session);
	for (int i = 0; i < rt->queue_count; i++) {
		free(rt->queues[i].id);
		free(rt->queues[i].name);
		free(rt->queues[i].lifecycle);
	}
	for (int i = 0; i < rt->field_count; i++) {
		free(rt->fields[i].id);
		free(rt->fields[i].word);
		free(rt->fields[i].name);
	}
	learned_clear(s);
	for (int i = 0; i < rt->word_count; i++)
		free(rt->words[i].word);
	free(rt->queues);
	free(rt->fields);
	free(rt->words);
	free(rt);
	s->own = NULL;
}

static const char *const rt_lacks[] = {
	N_("It knows no leases: nobody sees that you are at a case before you take it."),
	N_("It has no stream of changes: what others did shows at the next look."),
	N_("It has no records of citizens: they are read from their cases, and changed there."),
	N_("Its search looks at the subject, the number and the citizen, not at the timeline."),
	N_("It writes to the citizen by itself when a case is resolved, if its administrators left it so; "
	   "that cannot be held back from here."),
	N_("It has no templates, and keeps no language of an answer."),
	N_("A change of many cases is checked one by one, before and after, not all at once."),
	NULL,
};

const struct service_ops service_rt = {
	.name = "rt",
	.once = ONCE_SEARCH,
	.once_new = ONCE_SEARCH,
	.stale = STALE_MOSTLY,
	.poll_ms = 2000,
	.at_once = 4,
	.idle_ms = 1000,
	.login_status = 302,
	.bulk_most = 100,
	.bulk_alone = true,
	.bulk_takes = rt_bulk_can,
	.page_after = rt_page_after,
	.lacks = rt_lacks,
	.advisory = N_("advisory: somebody else may still take it"),
	.advisory_many = N_("advisory: each is looked at before and after; others may come between"),
	.open = rt_open,
	.close = rt_close,
	.session = rt_session,
	.resume = rt_resume,
	.case_url = rt_case_url,
	.case_of_url = rt_case_of_url,
	.can = rt_can,
	.besides = rt_besides,
	.file_feed = rt_file_feed,
	.calls = {
		[CALL_LOGIN] = { login_ask, login_read },
		[CALL_LIST] = { list_ask, list_read },
		[CALL_OPEN] = { open_ask, open_read },
		[CALL_EVENTS] = { rt_events_ask, rt_events_read },
		[CALL_CITIZENS] = { citizens_ask, citizens_read },
		[CALL_CITIZEN] = { citizen_ask, citizen_read },
		[CALL_WORKERS] = { rt_workers_ask, rt_workers_read },
		[CALL_RIGHTS] = { rt_rights_ask, rt_rights_read },
		[CALL_CASE_KINDS] = { rt_kinds_ask, rt_kinds_read },
		[CALL_PATCH] = { rt_patch_ask, patch_read },
		[CALL_BULK] = { rt_bulk_ask, bulk_read },
		[CALL_FILE] = { rt_file_ask, rt_file_read },
		[CALL_NEWS] = { news_ask, news_read },
	},
};
