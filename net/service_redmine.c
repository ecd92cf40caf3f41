/* Redmine 5 over its REST interface. It answers 204 to what it did not do, ignores a filter it does
   not know, and says "somebody else was faster" as an empty list of errors: so names are checked
   before they are asked for, and every change is read back. What it calls by number (statuses,
   people, fields) is learnt once, and kept with the session. */
#include "model/i18n.h"
#include "model/text.h"
#include "model/when.h"
#include "net/redmine.h"
#include "net/text_links.h"
#include "net/url.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { DAY_S = 24 * 3600 };

/* Theirs and ours: of a query, a change, the timeline (the first one of theirs), an order. */
static const struct known knowns[] = {
	{ "subject", "subject", WORDS },
	{ "status_id", "step", STATUS },
	{ "status_id", "status", STATUS },
	{ "status_id", "stage", STATUS },
	{ "status_id", "outcome", STATUS },
	{ "status_id", "is", STATE },
	{ "priority_id", "priority", PRIORITY },
	{ "assigned_to_id", "assignee", PERSON },
	{ "assigned_to_id", "worker", PERSON },
	{ "project_id", "team", PROJECT },
	{ "project_id", "queue", PROJECT },
	{ "project_id", "service", PROJECT },
	{ "tracker_id", "kind", TRACKER },
	{ "due_date", "due", DAY },
	{ "created_on", "opened", TIME },
	{ "updated_on", "updated", TIME },
	{ "issue_id", "number", NUMBER },
	{ "issue_id", "id", NUMBER },
	{ "is_private", "restricted", FLAG },
	{ "parent_id", "parent", FLAG },
	{ "child_id", "child", FLAG },
	{ NULL, NULL, FLAG },
};

/* NULL: none of these. */
const struct known *rm_known(const char *theirs, const char *ours)
{
	for (const struct known *k = knowns; k->ours; k++)
		if (!strcmp(theirs ? k->theirs : k->ours, theirs ? theirs : ours))
			return k;
	return NULL;
}

/* ---- what Redmine calls by number */

struct learned *rm_learn(
	struct service *s, enum about about, int64_t id, int64_t value, const char *name)
{
	char gap = about == OFFER || about == HAS ? '\0' : about == FIELD ? '_' : '.';

	return learned_add(s, about, id, value, name, gap);
}

/* {"id":5,"name":"..."}: the word for it. */
static const char *ref_slug(
	struct service *s, enum about about, const struct json *ref, struct arena *a)
{
	struct learned *e = rm_learn(
		s, about, json_get_int(ref, "id", 0), 0, json_get_text(ref, "name"));

	return e ? arena_copy(a, e->slug) : NULL;
}

static const char *id_of(int64_t id, struct arena *a)
{
	return id > 0 ? arena_printf(a, "%lld", (long long)id) : NULL;
}

const char *rm_id_text(const struct json *j, const char *name, struct arena *a)
{
	return id_of(json_get_int(j, name, 0), a);
}

/* ---- asking */

struct buf rm_url_of(const struct service *s, const char *path, const char *id)
{
	struct buf url = { 0 };

	url_start(&url, s->url, path);
	if (id)
		url_segment(&url, id);
	return url;
}

/* Takes the URL over. */
bool rm_ask(struct service *s, struct request *r, const char *method, struct buf *url)
{
	const struct redmine *rm = s->own;

	r->method = method;
	r->url = buf_take(url);
	r->repeatable = !strcmp(method, "GET");
	request_header(r, "X-Redmine-API-Key", rm->key ? rm->key : s->user ? NULL : s->token);
	return true;
}

bool rm_ask_body(
	struct service *s, struct request *r, const char *method, const char *path, const char *body)
{
	struct buf url = rm_url_of(s, path, NULL);

	if (body) {
		request_header(r, "Content-Type", "application/json");
		r->body = xstrdup(body);
		r->body_size = strlen(body);
	}
	return rm_ask(s, r, method, &url);
}

bool rm_ask_issue(struct service *s, struct request *r, const char *id)
{
	struct buf url = rm_url_of(s, "/issues", id);

	url_path(&url, ".json?include=journals,attachments,relations,allowed_statuses,children");
	return rm_ask(s, r, "GET", &url);
}

/* ---- what went wrong */

/* An empty list of errors is how it says that somebody else changed the case at the same moment. */
static void refused(const struct response *a, struct error *err)
{
	struct json *j = a->body_size ? json_read(a->body, a->body_size, NULL, NULL) : NULL;
	const struct json *errors = json_get(j, "errors");
	struct buf text = { 0 };

	driver_sentences(&text, errors);
	if (text.size)
		error_set(err, ERROR_REFUSED, _("Redmine refused this: %s."), text.text);
	else if (json_type(errors) == JSON_LIST)
		error_set(err, ERROR_CONFLICT, _("Somebody else changed this at the same moment."));
	else
		error_set(err, ERROR_REFUSED, _("Redmine refused this and did not say why."));
	json_free(j);
	buf_clear(&text);
}

/* Bodies of most errors are empty: the status is all there is. */
enum answer rm_failed(const struct response *a, struct error *err)
{
	bool told = driver_failed(a, err);

	if (a->status == 401)
		error_set(err, ERROR_LOGIN,
			_("Redmine did not accept this login. If it is right, the REST interface "
			  "may be switched off (Administration, Settings, API)."));
	else if (a->status == 422)
		refused(a, err);
	else if (!told)
		error_set(err, err->kind, _("Redmine refused this with status %d."), a->status);
	return ANSWER_ERROR;
}

/* The document of a good answer; NULL with err for every other. */
struct json *rm_good(const struct response *a, struct page *page, struct error *err)
{
	bool repaired = false, json = a->type && !strcasecmp(a->type, "application/json");

	if (a->status < 200 || a->status > 299) {
		rm_failed(a, err);
		return NULL;
	}
	struct json *j = json ? json_read(a->body, a->body_size, &repaired, NULL) : NULL;

	page->repaired |= repaired;
	if (json_type(j) == JSON_OBJECT)
		return j;
	json_free(j);
	error_set(err, ERROR_GARBLED,
		_("What came is no answer of Redmine 5; check its url in the configuration."));
	return NULL;
}

/* ---- one issue */

/* Redmine knows open and closed. New is where some tracker begins; which open ones wait is the
   office's word (setting "waiting"). */
static enum stage stage_of(const struct service *s, const struct learned *status)
{
	const struct learned *e;

	if (status->value == 1)
		return STAGE_DONE;
	for (int i = 0; (e = learned_next(s, TRACKER, &i));)
		if (e->value == status->id)
			return STAGE_NEW;
	return driver_lists(driver_option(s, "waiting", "Waiting, Feedback"), status->name) ? STAGE_WAITING
										 : STAGE_OPEN;
}

/* Ours is 1 (now) to 5 by place: theirs is a list of any length, the least urgent first. */
int rm_priority_of(const struct service *s, const struct learned *priority)
{
	int last = 0, place = priority ? (int)priority->value : 0;

	for (int i = 0; learned_next(s, PRIORITY, &i);)
		last++;
	if (place < 1 || last < 1)
		return 0;
	return last == 1 ? 3 : 5 - ((place - 1) * 4 + (last - 1) / 2) / (last - 1);
}

/* What this makes of a case. Strings are borrowed. */
void rm_put_entry(const struct service *s, const struct learned *e, struct casefile *cf)
{
	if (e->about == STATUS) {
		cf->stage = stage_of(s, e);
		cf->status = stage_status(cf->stage);
		cf->step = e->name;
		cf->outcome = e->value == 1 ? e->name : NULL;
	}
	if (e->about == PRIORITY)
		cf->priority = rm_priority_of(s, e);
	if (e->about == PROJECT)
		cf->queue = cf->team = e->slug;
	if (e->about == PERSON)
		cf->worker = e->slug;
}

static const char *citizen_field(const struct service *s)
{
	return driver_option(s, "citizen-field", "Citizen ID");
}

/* Custom fields that stand for one of ours by their name. */
static const char *own_field(const struct service *s, const struct learned *e)
{
	static const char *const ours[] = { "tags", "channel", "language", NULL };

	if (!strcasecmp(e->name, citizen_field(s)))
		return "citizen";
	for (int i = 0; ours[i]; i++)
		if (!strcmp(ours[i], e->slug))
			return ours[i];
	return NULL;
}

static void read_fields(struct service *s, const struct json *issue, struct casefile *cf,
	struct arena *a)
{
	const struct json *list = json_get(issue, "custom_fields");
	struct buf fields = { 0 };
	struct json_out out = { .buf = &fields };

	json_open(&out, NULL, '{');
	for (size_t i = 0; i < json_count(list); i++) {
		const struct json *j = json_at(list, i), *value = json_get(j, "value");
		const char *text = json_type(value) == JSON_LIST ? json_words(value, a)
								 : json_text(value);
		const struct learned *e = rm_learn(s, FIELD, json_get_int(j, "id", 0),
			json_get_bool(j, "multiple", false), json_get_text(j, "name"));

		if (!e)
			continue;
		rm_learn(s, HAS, json_get_int(json_get(issue, "tracker"), "id", 0), e->id, "");
		if (text && *text && own_field(s, e))
			case_set(cf, own_field(s, e), text, a, NULL);
		else if (text && *text)
			json_put_text(&out, e->slug, text);
	}
	json_close(&out, '}');
	cf->fields = fields.size > 2 ? arena_copy(a, fields.text) : NULL;
	buf_clear(&fields);
}

static void add_link(struct casefile *cf, const char *relation, const char *where, struct arena *a)
{
	if (where)
		cf->links = words_add(cf->links, arena_printf(a, "%s:%s", relation, where), a);
}

static const char *relation_of(const char *type, bool forth)
{
	if (!type || !strcmp(type, "duplicates"))
		return NULL;
	if (!strcmp(type, "blocks"))
		return forth ? "needed-by" : "depends-on";
	return "refers-to"; /* it keeps one direction only, whoever made it */
}

/* A relation of this case as a link; NULL: it says whose duplicate it is (*twin), or who is its. */
const char *rm_relation_link(
	const struct json *r, const char *id, const char **twin, struct arena *a)
{
	const char *from = rm_id_text(r, "issue_id", a), *to = rm_id_text(r, "issue_to_id", a);
	bool forth = from && !strcmp(from, id);
	const char *word = relation_of(json_get_text(r, "relation_type"), forth);

	*twin = !word && forth ? to : NULL;
	return word ? arena_printf(a, "%s:%s", word, forth ? to : from) : NULL;
}

static void read_links(const struct json *j, struct casefile *cf, struct arena *a)
{
	const struct json *list = json_get(j, "relations"), *children = json_get(j, "children");
	const char *twin;

	text_links_read(json_get_text(j, "description"), cf, a);
	add_link(cf, "parent", rm_id_text(json_get(j, "parent"), "id", a), a);
	for (size_t i = 0; i < json_count(children); i++)
		add_link(cf, "child", rm_id_text(json_at(children, i), "id", a), a);
	for (size_t i = 0; i < json_count(list); i++) {
		const char *link = rm_relation_link(json_at(list, i), cf->id, &twin, a);

		if (link)
			cf->links = words_add(cf->links, link, a);
		else if (twin)
			cf->duplicate_of = twin;
	}
}

static void read_place(struct service *s, const struct json *j, struct casefile *cf, struct arena *a)
{
	const char *tracker = ref_slug(s, TRACKER, json_get(j, "tracker"), a);
	const struct json *status = json_get(j, "status");
	const struct learned *e = rm_learn(s, STATUS, json_get_int(status, "id", 0),
		json_get_bool(status, "is_closed", false), json_get_text(status, "name"));

	if (e)
		rm_put_entry(s, e, cf);
	cf->step = arena_copy(a, cf->step);
	cf->outcome = arena_copy(a, cf->outcome);
	cf->priority = rm_priority_of(
		s, learned_id(s, PRIORITY, json_get_int(json_get(j, "priority"), "id", 0)));
	cf->queue = cf->team = ref_slug(s, PROJECT, json_get(j, "project"), a);
	cf->kind = arena_printf(a, "%s.%s", cf->queue ? cf->queue : "", tracker ? tracker : "");
	cf->worker = ref_slug(s, PERSON, json_get(j, "assigned_to"), a);
	ref_slug(s, PERSON, json_get(j, "author"), a);
}

/* false: it has no id. */
static bool read_issue(
	struct service *s, const struct json *j, struct casefile *cf, struct arena *a)
{
	const struct json *journals = json_get(j, "journals");
	size_t count = json_count(journals);

	*cf = (struct casefile){ .id = rm_id_text(j, "id", a) };
	if (!cf->id)
		return false;
	cf->number = cf->id;
	cf->version = arena_copy(a, json_get_text(j, "updated_on"));
	cf->subject = arena_copy(a, json_get_text(j, "subject"));
	cf->due = driver_day_end(json_get_text(j, "due_date"));
	cf->opened = driver_time(j, "created_on");
	cf->changed = driver_time(j, "updated_on");
	cf->resolved = driver_time(j, "closed_on");
	cf->restricted = json_get_bool(j, "is_private", false);
	read_place(s, j, cf, a);
	read_fields(s, j, cf, a);
	read_links(j, cf, a);
	if (journals) {
		cf->events = (int)count + 1;
		cf->last_event = 1 + json_get_int(json_at(journals, count - 1), "id", 0);
	}
	return true;
}

struct casefile *rm_add_issue(struct service *s, const struct json *j, struct page *page)
{
	struct casefile cf;

	if (!read_issue(s, j, &cf, &page->arena))
		return NULL;
	struct casefile *added = page_add_case(page);

	*added = cf;
	return added;
}

/* ---- learning: one list after the other, before what is asked for */

static const struct {
	unsigned what;
	const char *path, *list;
	enum about about;
} lists[] = {
	{ LEARN_ME, "/users/current.json", NULL, PERSON },
	{ LEARN_STATUSES, "/issue_statuses.json", "issue_statuses", STATUS },
	{ LEARN_PRIORITIES, "/enumerations/issue_priorities.json", "issue_priorities", PRIORITY },
	{ LEARN_TRACKERS, "/trackers.json", "trackers", TRACKER },
	{ LEARN_PROJECTS, "/projects.json?include=trackers", "projects", PROJECT },
	{ LEARN_FIELDS, "/issues.json?status_id=*&sort=updated_on:desc", "issues", FIELD },
	{ LEARN_MEMBERS, NULL, "memberships", PERSON },
};

static size_t learn_first(unsigned need)
{
	size_t i = 0;

	while (!(lists[i].what & need))
		i++;
	return i;
}

static const struct learned *project_at(const struct service *s, int n)
{
	const struct learned *e;

	for (int i = 0; (e = learned_next(s, PROJECT, &i));)
		if (!n--)
			return e;
	return NULL;
}

static bool learn_ask(struct service *s, struct call *c, struct request *r)
{
	struct work *w = c->work;
	size_t i = learn_first(w->need);
	const struct learned *project = project_at(s, w->project);
	char path[60];

	snprintf(path, sizeof(path), "/projects/%lld/memberships.json",
		project ? (long long)project->id : 0);
	struct buf url = rm_url_of(s, lists[i].path ? lists[i].path : path, NULL);

	if (lists[i].what >= LEARN_PROJECTS) {
		url_query_int(&url, "limit", PAGE);
		url_query_int(&url, "offset", w->offset);
	}
	if (c->kind == CALL_LOGIN && lists[i].what == LEARN_ME && s->user)
		driver_basic(r, s->user, s->token);
	return rm_ask(s, r, "GET", &url);
}

static void learn_me(struct service *s, const struct json *user)
{
	struct redmine *rm = s->own;
	const char *first = json_get_text(user, "firstname"),
		   *last = json_get_text(user, "lastname");
	struct buf name = { 0 };

	buf_printf(&name, "%s %s", first ? first : "", last ? last : "");
	rm->me = json_get_int(user, "id", 0);
	rm_learn(s, PERSON, rm->me, 0, name.text);
	driver_wipe(rm->key);
	rm->key = s->user ? xstrdup(json_get_text(user, "api_key")) : NULL;
	buf_clear(&name);
}

/* Projects are called by their identifier, which is theirs alone; names may be the same. */
static void learn_project(struct service *s, const struct json *row, struct learned *e)
{
	const struct json *offers = json_get(row, "trackers");
	const char *identifier = json_get_text(row, "identifier");

	if (identifier && *identifier)
		e->slug = arena_copy(&s->learned.arena, identifier);
	for (size_t i = 0; i < json_count(offers); i++)
		rm_learn(s, OFFER, e->id, json_get_int(json_at(offers, i), "id", 0), "");
}

static void learn_row(struct service *s, enum about about, const struct json *row, int place)
{
	const struct json *user = json_get(row, "user");
	const struct json *who = user ? user : json_get(row, "group");
	const struct json *from = about == PERSON ? who : row;
	int64_t value = about == STATUS	    ? json_get_bool(row, "is_closed", false)
			: about == PRIORITY ? place
			: about == TRACKER ? json_get_int(json_get(row, "default_status"), "id", 0)
			: about == PERSON  ? json_get_int(json_get(row, "project"), "id", 0)
					   : 0;
	struct page page = { 0 };

	if (about == FIELD) {
		rm_add_issue(s, row, &page);
		page_clear(&page);
		return;
	}
	struct learned *e = rm_learn(
		s, about, json_get_int(from, "id", 0), value, json_get_text(from, "name"));

	if (about == PROJECT && e)
		learn_project(s, row, e);
}

/* Goes on within the same list, or with the next project; false: that was all of it. */
static bool learn_more(struct service *s, struct work *w, size_t list, const struct json *j)
{
	int count = (int)json_count(json_get(j, lists[list].list));

	w->offset += count;
	if (lists[list].what != LEARN_FIELDS && count && lists[list].what >= LEARN_PROJECTS &&
		w->offset < json_get_int(j, "total_count", 0))
		return true;
	w->offset = 0;
	return lists[list].what == LEARN_MEMBERS && project_at(s, ++w->project);
}

/* Members may be hidden; everything else has to be there. */
static bool learn_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	struct work *w = c->work;
	struct redmine *rm = s->own;
	size_t i = learn_first(w->need);
	bool missing = a->status == 404 || a->status == 405 || a->status == 406;
	bool hidden = lists[i].what == LEARN_MEMBERS && (a->status == 403 || missing);
	struct json *j = hidden ? NULL : rm_good(a, page, err);
	const struct json *rows = lists[i].list ? json_get(j, lists[i].list) : NULL;

	if (!j && lists[i].what == LEARN_ME && missing)
		error_set(err, ERROR_GARBLED,
			_("There is no Redmine at %s; check its url in the configuration."), s->url);
	if (!j && !hidden)
		return false;
	if (lists[i].what == LEARN_ME)
		learn_me(s, json_get(j, "user"));
	for (size_t n = 0; n < json_count(rows); n++)
		learn_row(s, lists[i].about, json_at(rows, n), (int)n + 1);
	if (!learn_more(s, w, i, j)) {
		w->need &= ~lists[i].what;
		rm->learnt |= lists[i].what;
	}
	json_free(j);
	return rm->me || error_set(err, ERROR_GARBLED, _("Redmine did not say who you are."));
}

static void login_done(struct service *s, struct page *page)
{
	const struct redmine *rm = s->own;
	const struct learned *me = learned_id(s, PERSON, rm->me);
	const char *team = service_option(s, "team");
	const struct learned *e = team ? learned_named(s, PROJECT, team, NULL) : project_at(s, 0);
	struct profile *p = page_set_profile(page);

	p->title = "Redmine";
	p->me = arena_copy(&page->arena, me->slug);
	p->my_name = arena_copy(&page->arena, me->name);
	p->my_team = arena_copy(&page->arena, e ? e->slug : team);
	p->features = "citizens citizens-by-ref cases kinds events";
}

/* ---- lists: what Redmine can filter is asked for, the rest is looked at here. Names come from a
   table, since a filter it does not know makes it answer everything. */

void rm_asked_begin(struct asked *a, struct service *s)
{
	*a = (struct asked){ .s = s, .exact = true };
	a->url = rm_url_of(s, "/issues.json?set_filter=1", NULL);
}

static void filter_value(struct asked *a, const char *name, const char *value)
{
	url_query(&a->url, arena_printf(&a->arena, "v[%s][]", name), value);
}

/* false: it was asked for already, so this one is only looked at here. value NULL: some follow. */
bool rm_filter(struct asked *a, const char *name, const char *op, const char *value)
{
	bool twice = a->count == (int)(sizeof(a->sent) / sizeof(*a->sent));

	for (int i = 0; i < a->count; i++)
		twice |= !strcmp(a->sent[i], name);
	if (twice)
		return a->exact = false;
	a->sent[a->count++] = arena_copy(&a->arena, name);
	url_query(&a->url, "f[]", name);
	url_query(&a->url, arena_printf(&a->arena, "op[%s]", name), op);
	filter_value(a, name, value);
	return true;
}

/* Closed ones too, where nothing was said of them. */
bool rm_asked_send(
	struct asked *a, struct request *r, const char *sort, int limit, int offset)
{
	rm_filter(a, "status_id", "*", "");
	url_query(&a->url, "sort", sort);
	url_query_int(&a->url, "limit", limit);
	url_query_int(&a->url, "offset", offset);
	rm_ask(a->s, r, "GET", &a->url);
	return true;
}

void rm_asked_end(struct asked *a)
{
	buf_clear(&a->url);
	buf_clear(&a->words);
	arena_clear(&a->arena);
}

/* Whether it holds for a case of which only this is known. */
static bool holds_for(const struct service *s, const struct term *t, const struct learned *e)
{
	struct casefile cf = { 0 };

	rm_put_entry(s, e, &cf);
	return driver_holds(s, t, &cf);
}

/* Whichever of the known ones the term holds for; or, if it holds for none of them too, all others
   are left out. */
static void put_entries(struct asked *a, const struct term *t, const struct known *k)
{
	struct casefile none = { 0 };
	bool nobody = k->about == PERSON && driver_holds(a->s, t, &none);
	const struct learned *e;
	int count = 0, others = 0;

	for (int i = 0; (e = learned_next(a->s, k->about, &i));)
		*(holds_for(a->s, t, e) ? &count : &others) += 1;
	if (k->about == PERSON && !count && !nobody) /* perhaps somebody who is there no more */
		a->exact = false;
	else if (nobody && !count)
		rm_filter(a, k->theirs, "!*", "");
	else if ((!nobody || others) &&
		 rm_filter(a, k->theirs, nobody ? "!" : "=", count ? NULL : "0"))
		for (int i = 0; count && (e = learned_next(a->s, k->about, &i));)
			if (holds_for(a->s, t, e) != nobody)
				filter_value(a, k->theirs, id_of(e->id, &a->arena));
}

static bool is_none(const struct term *t)
{
	return t->op == OP_IS && !t->negated && !strcmp(t->values[0], "none") && !t->values[1];
}

/* By days, some more on both sides: Redmine's are not ours. */
static void put_time(struct asked *a, const struct term *t, const struct known *k)
{
	bool less = t->op == OP_LESS || t->op == OP_LESS_IS;
	bool more = t->op == OP_MORE || t->op == OP_MORE_IS;
	time_t at = 0;

	a->exact = false;
	if (is_none(t) && k->about == DAY)
		rm_filter(a, k->theirs, "!*", "");
	else if (!t->negated && !t->values[1] && t->op != OP_NEAR &&
		 when_value(t->values[0], time(NULL), &at) &&
		 rm_filter(a, k->theirs, less ? "<=" : more ? ">=" : "><",
			 less ? NULL : driver_day(at - 2 * DAY_S, &a->arena)) &&
		 !more)
		filter_value(a, k->theirs, driver_day(at + 3 * DAY_S, &a->arena));
}

bool rm_is_id(const char *text)
{
	return text && *text && strlen(text) < 12 && strspn(text, "0123456789") == strlen(text);
}

static void put_number(struct asked *a, const struct term *t)
{
	const char *ids = "";

	for (int i = 0; t->values[i]; i++)
		if (rm_is_id(t->values[i]))
			ids = arena_printf(&a->arena, "%s%s%s", ids, *ids ? "," : "", t->values[i]);
	if (t->op != OP_IS || t->negated || strchr(t->values[0], '*'))
		a->exact = false;
	else
		rm_filter(a, "issue_id", "=", *ids ? ids : "0");
}

/* As far as it is ASCII: SQLite knows no other capitals. */
static void put_subject(struct asked *a, const struct term *t)
{
	size_t size = strspn(t->values[0],
		"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

	a->exact = false;
	if (t->op == OP_IS && !t->negated && !t->values[1] && !is_none(t) && size > 1)
		rm_filter(a, "subject", "~", arena_copy_n(&a->arena, t->values[0], size));
}

static void put_state(struct asked *a, const struct term *t)
{
	bool late = !strcmp(t->values[0], "late");

	a->exact &= !late && !t->values[1];
	if (t->values[1] || (late && t->negated))
		return;
	rm_filter(a, "status_id", t->negated ? "c" : "o", "");
	if (late)
		rm_filter(a, "due_date", "<=", driver_day(time(NULL), &a->arena));
}

/* NULL: no case that was seen has it. */
const struct learned *rm_field_named(const struct service *s, const char *name)
{
	const struct learned *e;

	for (int i = 0; !strcmp(name, "citizen") && (e = learned_next(s, FIELD, &i));)
		if (!strcasecmp(e->name, citizen_field(s)))
			return e;
	return learned_named(s, FIELD,
		!strncmp(name, "fields.", 7) ? name + 7 : !strcmp(name, "tag") ? "tags" : name, NULL);
}

static const char *filter_of(const struct learned *field, struct arena *a)
{
	return arena_printf(a, "cf_%lld", (long long)field->id);
}

/* Not every field may be filtered by, and nobody says which: so it is always looked at here too. */
static void put_field(struct asked *a, const struct term *t)
{
	const char *name = filter_of(rm_field_named(a->s, t->field), &a->arena);

	a->exact = false;
	for (int i = 0; t->values[i]; i++)
		if (t->op != OP_IS || t->negated || strchr(t->values[i], '*') ||
			(!strcmp(t->values[i], "none") && !is_none(t)))
			return;
	if (rm_filter(a, name, is_none(t) ? "!*" : "=", is_none(t) ? "" : NULL))
		for (int i = 0; !is_none(t) && t->values[i]; i++)
			filter_value(a, name, t->values[i]);
}

static void put_term(struct asked *a, const struct term *t)
{
	const struct known *k = rm_known(NULL, t->field);

	if (!k)
		put_field(a, t);
	else if (k->about <= PERSON && k->about != TRACKER)
		put_entries(a, t, k);
	else if (k->about == DAY || k->about == TIME)
		put_time(a, t, k);
	else if (k->about == NUMBER)
		put_number(a, t);
	else if (k->about == WORDS)
		put_subject(a, t);
	else if (k->about == STATE)
		put_state(a, t);
	else
		a->exact = false;
}

/* What no case here could answer is refused, however deep. */
static bool can_ask(struct service *s, const struct term *t, struct error *err)
{
	for (; t; t = t->next)
		if (!can_ask(s, t->first, err) ||
			(t->kind == TERM_FILTER && !rm_known(NULL, t->field) &&
				!rm_field_named(s, t->field) &&
				!error_set(err, ERROR_REFUSED,
					_("%s cannot be asked of %s: its cases have nothing of the "
					  "kind."),
					t->field, s->name)))
			return false;
	return true;
}

/* Groups are looked at here alone. */
static void put_terms(struct asked *a, const struct query *q)
{
	for (const struct term *t = q->root->first; t; t = t->next)
		if (t->kind == TERM_FILTER)
			put_term(a, t);
		else if (driver_is_word(t) && !t->negated)
			buf_printf(&a->words, t->kind == TERM_PHRASE ? " \"%s\"" : " %s", t->text);
		else
			a->exact = false;
}

/* Named like their filters, without the end of those. */
static const char *sort_of(const struct query *q, struct arena *a)
{
	const char *sort = "", *key;
	bool down = false;

	for (int i = 0; (key = query_sort_key(q, i, &down, a)); i++) {
		const struct known *k = rm_known(NULL, key);
		const char *end = k ? strstr(k->theirs, "_id") : NULL;

		if (k)
			sort = arena_printf(a, "%s%.*s:%s,", sort,
				end ? (int)(end - k->theirs) : 60,
				k->about == NUMBER ? "id" : k->theirs,
				down != (k->about == PRIORITY) ? "desc" : "asc");
	}
	return arena_printf(a, "%sid:%s", sort, down ? "desc" : "asc");
}

/* People are learnt before somebody else than me is asked for; fields before any of theirs. */
static unsigned list_needs(const struct term *t)
{
	unsigned need = 0;

	for (; t; t = t->next) {
		need |= list_needs(t->first);
		if (t->kind != TERM_FILTER)
			continue;
		if (!strcmp(t->field, "assignee") &&
			(t->values[1] || (strcmp(t->values[0], "me") && !is_none(t))))
			need |= LEARN_MEMBERS;
		if (!rm_known(NULL, t->field))
			need |= LEARN_FIELDS;
	}
	return need;
}

static unsigned list_need(struct service *s, struct call *c)
{
	(void)s;
	return list_needs(c->query->root);
}

static int page_size(const struct call *c)
{
	return c->limit < 1 || c->limit > PAGE ? PAGE : c->limit;
}

/* Words stand in subjects, texts, notes and fields: their cases are asked for first. */
static void ask_words(struct asked *a, struct call *c, struct request *r)
{
	struct buf url = rm_url_of(a->s, "/search.json?issues=1&all_words=1", NULL);

	url_query(&url, "q", a->words.text + 1);
	url_query_int(&url, "limit", PAGE);
	url_query_int(&url, "offset", c->from ? atoi(c->from) : 0);
	rm_ask(a->s, r, "GET", &url);
}

static bool list_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	struct work *w = c->work;
	struct asked a;

	if (!can_ask(s, c->query->root, err))
		return false;
	rm_asked_begin(&a, s);
	if (w->ids)
		rm_filter(&a, "issue_id", "=", w->ids);
	put_terms(&a, c->query);
	w->exact = a.exact && !w->ids;
	if (a.words.size && !w->ids)
		ask_words(&a, c, r);
	else
		rm_asked_send(&a, r, sort_of(c->query, &a.arena), w->ids ? PAGE : page_size(c),
			w->ids || !c->from ? 0 : atoi(c->from));
	rm_asked_end(&a);
	return true;
}

/* The ids the words stand in; a number too. */
static enum answer words_read(struct call *c, const struct json *j, struct page *page)
{
	struct work *w = c->work;
	const struct json *rows = json_get(j, "results");
	const struct term *t = c->query->root->first;
	int from = c->from ? atoi(c->from) : 0;
	struct buf ids = { 0 };

	for (size_t i = 0; i < json_count(rows); i++)
		buf_printf(&ids, "%s%lld", ids.size ? "," : "",
			(long long)json_get_int(json_at(rows, i), "id", 0));
	if (t && !t->next && driver_is_word(t) && rm_is_id(t->text) && !from)
		buf_printf(&ids, "%s%s", ids.size ? "," : "", t->text);
	w->ids = arena_copy(&page->arena, buf_str(&ids));
	w->next = driver_page(from, PAGE, json_get_int(j, "total_count", 0), &page->arena);
	buf_clear(&ids);
	return *w->ids ? ANSWER_MORE : ANSWER_DONE;
}

/* What the words found is not asked again for its words. */
static bool matches(struct service *s, const struct query *q, const struct casefile *cf)
{
	for (const struct term *t = q->root->first; t; t = t->next)
		if ((!driver_is_word(t) || t->negated) && !driver_holds(s, t, cf))
			return false;
	return true;
}

static void list_rows(struct service *s, struct call *c, const struct json *j, struct page *page)
{
	struct work *w = c->work;
	const struct json *rows = json_get(j, "issues");
	int from = c->from ? atoi(c->from) : 0, left_out = 0;
	int64_t total = json_get_int(j, "total_count", -1);

	for (size_t i = 0; i < json_count(rows); i++) {
		struct casefile *cf = rm_add_issue(s, json_at(rows, i), page);

		if (cf && !matches(s, c->query, cf)) {
			page->case_count--;
			left_out++;
		}
	}
	if (!w->ids)
		w->next = driver_page(from, page_size(c), total, &page->arena);
	page->next = w->next;
	page->total = w->exact && !left_out  ? (int)total
		      : !page->next && !from ? page->case_count
					     : -1;
}

static enum answer list_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	struct json *j = rm_good(a, page, err);
	enum answer answer = j ? ANSWER_DONE : ANSWER_ERROR;

	if (json_get(j, "results"))
		answer = words_read(c, j, page);
	else if (j)
		list_rows(s, c, j, page);
	json_free(j);
	return answer;
}

/* ---- one case */

static bool gone(struct error *err)
{
	return error_set(err, ERROR_GONE, _("Redmine does not know this, or no longer."));
}

static bool open_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	return rm_is_id(c->cf->id) ? rm_ask_issue(s, r, c->cf->id) : gone(err);
}

/* The issue of the answer, in the page; the document is the caller's to free. */
struct json *rm_issue_of(struct service *s, const char *id, const struct response *a,
	struct page *page, struct error *err)
{
	struct json *j = rm_good(a, page, err);
	struct casefile cf;

	if (!j)
		return NULL;
	if (read_issue(s, json_get(j, "issue"), &cf, &page->arena) &&
		(!id || strtoll(id, NULL, 10) == strtoll(cf.id, NULL, 10))) {
		*(page->case_count ? &page->cases[0] : page_add_case(page)) = cf;
		return j;
	}
	json_free(j);
	error_set(err, ERROR_GARBLED, _("Redmine answered with another case than asked for."));
	return NULL;
}

static enum answer open_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	struct json *j = rm_issue_of(s, c->cf->id, a, page, err);

	json_free(j);
	return j ? ANSWER_DONE : ANSWER_ERROR;
}

/* ---- the timeline: its first entry is the description, all others are journals */

struct detail {
	const char *name, *old, *new;
};

/* What it is about, in our words; *about: what its values number. NULL: nothing to be told here. */
static const char *detail_name(
	const struct service *s, const struct json *d, enum about *about, struct arena *a)
{
	const char *property = json_get_text(d, "property"), *name = json_get_text(d, "name");
	const struct known *k = name ? rm_known(name, NULL) : NULL;

	*about = k ? k->about : WORDS;
	if (!property || !name || !strcmp(property, "attachment"))
		return NULL;
	if (strcmp(property, "cf"))
		return arena_copy(a, k ? k->ours : name);
	const struct learned *e = learned_id(s, FIELD, strtoll(name, NULL, 10));
	const char *ours = e ? own_field(s, e) : NULL;

	return ours ? ours : e ? arena_printf(a, "fields.%s", e->slug) : NULL;
}

/* The number in a journal as the word for it. A description is too long to be told twice. */
static const char *detail_value(const struct service *s, const struct json *d, const char *which,
	enum about about, struct arena *a)
{
	const char *value = json_get_text(d, which);

	if (!value || !*value || !strcmp(json_get_text(d, "name"), "description"))
		return NULL;
	if (about > PERSON)
		return value;
	const struct learned *e = learned_id(s, about, strtoll(value, NULL, 10));

	return !e		   ? arena_printf(a, "#%s", value)
	       : about == PRIORITY ? arena_printf(a, "%d", rm_priority_of(s, e))
	       : about == STATUS   ? e->name
				   : e->slug;
}

static const char *both(const char *one, const char *other, struct arena *a)
{
	return one && other ? arena_printf(a, "%s %s", one, other) : one ? one : other;
}

/* A field of several values has a detail for each. */
static struct detail *details_of(
	const struct service *s, const struct json *details, struct arena *a)
{
	struct detail *list = arena_alloc(a, (json_count(details) + 1) * sizeof(*list));
	enum about about;

	for (size_t i = 0; i < json_count(details); i++) {
		const struct json *d = json_at(details, i);
		const char *name = detail_name(s, d, &about, a);
		struct detail *to = list;

		while (name && to->name && strcmp(to->name, name))
			to++;
		if (!name)
			continue;
		to->name = name;
		to->old = both(to->old, detail_value(s, d, "old_value", about, a), a);
		to->new = both(to->new, detail_value(s, d, "new_value", about, a), a);
	}
	return list;
}

static const char *changes_of(const struct service *s, const struct json *details, struct arena *a)
{
	struct buf text = { 0 };
	struct json_out out = { .buf = &text };

	json_open(&out, NULL, '{');
	for (const struct detail *d = details_of(s, details, a); d->name; d++) {
		json_open(&out, d->name, '[');
		json_put_text(&out, NULL, d->old);
		json_put_text(&out, NULL, d->new);
		json_close(&out, ']');
	}
	json_close(&out, '}');
	const char *changes = text.size > 2 ? arena_copy(a, text.text) : NULL;

	buf_clear(&text);
	return changes;
}

static bool brought(const struct json *journal, const char *id)
{
	const struct json *details = json_get(journal, "details");

	for (size_t i = 0; i < json_count(details); i++) {
		const struct json *d = json_at(details, i);

		if (driver_same(json_get_text(d, "property"), "attachment") &&
			driver_same(json_get_text(d, "name"), id))
			return true;
	}
	return false;
}

/* Of a journal; NULL: those that came with the case. */
static const char *files_of(const struct json *issue, const struct json *journal, struct arena *a)
{
	const struct json *list = json_get(issue, "attachments");
	const struct json *journals = json_get(issue, "journals");
	const char *files = NULL;

	for (size_t i = 0; i < json_count(list); i++) {
		const struct json *f = json_at(list, i);
		const char *id = rm_id_text(f, "id", a);
		bool here = journal ? brought(journal, id) : true;

		for (size_t n = 0; !journal && n < json_count(journals); n++)
			here &= !brought(json_at(journals, n), id);
		if (here)
			files = driver_file(files,
				&(struct attachment){ .id = id,
					.name = json_get_text(f, "filename"),
					.type = json_get_text(f, "content_type"),
					.size = json_get_int(f, "filesize", -1) },
				a);
	}
	return files;
}

static void add_journal(struct service *s, struct call *c, const struct json *issue,
	const struct json *journal, struct page *page)
{
	struct arena *a = &page->arena;
	const struct json *from = journal ? journal : issue;
	const char *text = json_get_text(from, journal ? "notes" : "description");
	struct event *e = page_add_event(page);

	e->casefile = c->cf->key;
	e->seq = journal ? 1 + json_get_int(journal, "id", 0) : 1;
	e->id = id_of(e->seq, a);
	e->at = driver_time(from, "created_on");
	e->by = ref_slug(s, PERSON, json_get(from, journal ? "user" : "author"), a);
	e->text = text_blank(text) ? NULL : arena_copy(a, text);
	e->wire = !journal ? "opened" : e->text ? "note" : "changed";
	e->kind = event_kind_of(e->wire, NULL);
	e->changes = changes_of(s, json_get(journal, "details"), a);
	e->files = files_of(issue, journal, a);
	e->visible = !json_get_bool(from, journal ? "private_notes" : "is_private", false);
}

static enum answer events_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	struct json *j = rm_issue_of(s, c->cf->id, a, page, err);
	const struct json *issue = json_get(j, "issue"), *journals = json_get(issue, "journals");

	if (!j)
		return ANSWER_ERROR;
	add_journal(s, c, issue, NULL, page);
	for (size_t i = 0; i < json_count(journals); i++)
		add_journal(s, c, issue, json_at(journals, i), page);
	page->total = page->event_count;
	json_free(j);
	return ANSWER_DONE;
}

/* ---- citizens: the values of one field, with what other fields of the same names say. Names are not
   kept there: what is searched for are references. */

static const char *reference_in(const struct query *q)
{
	const char *best = NULL;

	for (const struct term *t = q->root->first; t; t = t->next) {
		const char *text = driver_is_word(t) ? t->text : NULL;

		if (t->kind == TERM_FILTER && (!strcmp(t->field, "ref") || !strcmp(t->field, "id")))
			text = t->values[0];
		if (text && !t->negated && (!best || strlen(text) > strlen(best)))
			best = text;
	}
	return best;
}

static bool people_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	const struct learned *e = rm_field_named(s, "citizen");
	const char *value = c->citizen ? c->citizen->id : reference_in(c->query);
	struct asked a;

	if (!e)
		return error_set(err, ERROR_REFUSED,
			_("No case of %s that you can see has the field %s, which names the "
			  "citizen; see citizen-field in the configuration."),
			s->name, citizen_field(s));
	if (!value)
		return error_set(err, ERROR_REFUSED,
			_("Redmine keeps no names of citizens; search for their %s."),
			citizen_field(s));
	rm_asked_begin(&a, s);
	rm_filter(&a, filter_of(e, &a.arena), c->citizen ? "=" : "~", value);
	rm_asked_send(&a, r, "updated_on:desc", PAGE, 0);
	rm_asked_end(&a);
	return true;
}

static void fill_citizen(const struct json *issue, struct citizen *who, struct arena *a)
{
	const struct json *list = json_get(issue, "custom_fields");

	for (size_t i = 0; i < json_count(list); i++) {
		const struct json *f = json_at(list, i);
		const char *slug = learned_slug(json_get_text(f, "name"), '_', a);
		const char *value = json_text(json_get(f, "value"));

		for (int n = 0; value && *value && citizen_fields[n]; n++)
			if (!strcmp(citizen_fields[n], slug) && !citizen_get(who, slug))
				citizen_set(who, slug, value, a, NULL);
	}
}

static struct citizen *citizen_in(struct page *page, const char *id)
{
	for (int i = 0; i < page->citizen_count; i++)
		if (!strcmp(page->citizens[i].id, id))
			return &page->citizens[i];
	struct citizen *who = page_add_citizen(page);

	who->id = who->ref = arena_copy(&page->arena, id);
	return who;
}

/* The field may be none to filter by, and the answer everybody. */
static void keep_asked(struct service *s, const struct call *c, struct page *page)
{
	struct query_now now = driver_now(s);
	int kept = 0;

	for (int i = 0; i < page->citizen_count; i++)
		if (c->citizen ? !strcmp(page->citizens[i].id, c->citizen->id)
			       : query_match_citizen(c->query, &now, &page->citizens[i]))
			page->citizens[kept++] = page->citizens[i];
	page->citizen_count = kept;
}

static enum answer people_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	struct json *j = rm_good(a, page, err);
	const struct json *rows = json_get(j, "issues");
	bool whole = json_get_int(j, "total_count", 0) <= PAGE;
	struct page cases = { 0 };

	if (!j)
		return ANSWER_ERROR;
	for (size_t i = 0; i < json_count(rows); i++) {
		struct casefile *cf = rm_add_issue(s, json_at(rows, i), &cases);

		if (!cf || !cf->citizen)
			continue;
		struct citizen *who = citizen_in(page, cf->citizen);

		fill_citizen(json_at(rows, i), who, &page->arena);
		who->all_cases += whole;
		who->open_cases += whole && stage_is_open(cf->stage);
	}
	page_clear(&cases);
	json_free(j);
	keep_asked(s, c, page);
	return page->citizen_count || !c->citizen || gone(err) ? ANSWER_DONE : ANSWER_ERROR;
}

/* ---- people and kinds: all of it was learnt */

static void workers_done(struct service *s, struct page *page)
{
	struct arena *a = &page->arena;
	const struct learned *e, *of;

	for (int i = 0; (e = learned_next(s, PERSON, &i));)
		if ((of = learned_id(s, PROJECT, e->value))) {
			struct worker *w = page_add_worker(page);

			w->id = arena_copy(a, e->slug);
			w->name = arena_copy(a, e->name);
			w->team = arena_copy(a, of->slug);
		}
	for (int i = 0; (e = learned_next(s, PROJECT, &i));) {
		struct team *t = page_add_team(page);

		t->id = t->queues = arena_copy(a, e->slug);
		t->name = arena_copy(a, e->name);
	}
}

/* Which step may follow which is known of each case alone. */
static void put_steps(struct service *s, struct kind *k, struct arena *a)
{
	struct kind_step *steps = arena_alloc(a, (size_t)s->learned.count * sizeof(*steps));
	const struct learned *e;

	k->steps = steps;
	for (int i = 0; (e = learned_next(s, STATUS, &i)); k->step_count++) {
		steps->id = steps->name = arena_copy(a, e->name);
		steps++->status = stage_status(stage_of(s, e));
	}
}

static void put_fields(struct service *s, struct kind *k, int64_t tracker, struct arena *a)
{
	struct kind_field *fields = arena_alloc(a, (size_t)s->learned.count * sizeof(*fields));
	const struct learned *e;

	k->fields = fields;
	for (int i = 0; (e = learned_next(s, FIELD, &i));)
		if (!own_field(s, e) && learned_pair(s, HAS, tracker, e->id))
			fields[k->field_count++] = (struct kind_field){
				.name = arena_copy(a, e->slug),
				.label = arena_copy(a, e->name),
				.type = KIND_TEXT,
			};
}

/* A tracker in a project is a kind. The next one from *i on: its word; NULL after the last. */
const char *rm_next_kind(struct service *s, int *i, const struct learned **project,
	const struct learned **tracker, struct arena *a)
{
	const struct learned *e;

	while ((e = learned_next(s, OFFER, i))) {
		*project = learned_id(s, PROJECT, e->id);
		*tracker = learned_id(s, TRACKER, e->value);
		if (*project && *tracker)
			return arena_printf(a, "%s.%s", (*project)->slug, (*tracker)->slug);
	}
	return NULL;
}

static void kinds_done(struct service *s, struct page *page)
{
	const struct learned *p, *t;
	const char *id;

	for (int i = 0; (id = rm_next_kind(s, &i, &p, &t, &page->arena));) {
		struct kind *k = page_add_kind(page);

		k->id = id;
		k->name = arena_printf(&page->arena, "%s, %s", t->name, p->name);
		k->queue = arena_copy(&page->arena, p->slug);
		put_steps(s, k, &page->arena);
		put_fields(s, k, t->id, &page->arena);
	}
}

/* ---- files and news */

static bool file_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	if (!rm_is_id(c->file->id))
		return gone(err);
	struct buf url = rm_url_of(s, "/attachments/download", c->file->id);

	url_segment(&url, c->file->name);
	return rm_ask(s, r, "GET", &url);
}

static enum answer file_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	(void)s;
	(void)c;
	(void)page;
	return a->status == 200 ? ANSWER_DONE : rm_failed(a, err);
}

/* The first answer only says where to begin: the server's own clock is the one that counts. */
static bool news_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	struct asked a;

	(void)err;
	rm_asked_begin(&a, s);
	if (c->from)
		rm_filter(&a, "updated_on", ">=", c->from);
	rm_asked_send(&a, r, c->from ? "updated_on:asc,id:asc" : "updated_on:desc", c->from ? PAGE : 1, 0);
	rm_asked_end(&a);
	return true;
}

/* Where to go on: the second of the newest, again, since more may come within it; unless a whole page
   is of that one second. */
static enum answer news_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	struct json *j = rm_good(a, page, err);
	const struct json *rows = json_get(j, "issues");
	char next[WHEN_SIZE];

	for (size_t i = 0; i < json_count(rows); i++)
		rm_add_issue(s, json_at(rows, i), page);
	if (page->case_count) {
		time_t at = page->cases[page->case_count - 1].changed;

		when_write(next, at);
		if (page->case_count == PAGE && c->from && !strcmp(c->from, next))
			when_write(next, at + 1);
		page->next = arena_copy(&page->arena, next);
	}
	json_free(j);
	return j ? ANSWER_DONE : ANSWER_ERROR;
}

/* ---- every call: first what has to be learnt for it */

static const struct step {
	unsigned need; /* learnt once; `anew`: each time */
	unsigned anew;
	unsigned (*needs)(struct service *, struct call *);
	bool (*ask)(struct service *, struct call *, struct request *, struct error *);
	enum answer (*read)(struct service *, struct call *, const struct response *, struct page *,
		struct error *);
	void (*done)(struct service *, struct page *); /* where learning is all */
} steps[CALL_COUNT] = {
	[CALL_LOGIN] = { .anew = LEARN_LOGIN, .done = login_done },
	[CALL_LIST] = { LEARN_LOGIN, 0, list_need, list_ask, list_read, NULL },
	[CALL_OPEN] = { LEARN_LOGIN, 0, NULL, open_ask, open_read, NULL },
	[CALL_EVENTS] = { LEARN_LOGIN | LEARN_FIELDS | LEARN_MEMBERS, 0, NULL, open_ask,
		events_read, NULL },
	[CALL_CITIZENS] = { LEARN_LOGIN | LEARN_FIELDS, 0, NULL, people_ask, people_read, NULL },
	[CALL_CITIZEN] = { LEARN_LOGIN | LEARN_FIELDS, 0, NULL, people_ask, people_read, NULL },
	[CALL_WORKERS] = { .anew = LEARN_LOGIN | LEARN_MEMBERS, .done = workers_done },
	[CALL_CASE_KINDS] = { .need = LEARN_LOGIN, .anew = LEARN_FIELDS, .done = kinds_done },
	[CALL_PATCH] = { LEARN_LOGIN, 0, rm_change_need, rm_change_ask, rm_change_read, NULL },
	[CALL_FILE] = { 0, 0, NULL, file_ask, file_read, NULL },
	[CALL_NEWS] = { LEARN_LOGIN, 0, NULL, news_ask, news_read, NULL },
};

static bool redmine_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	const struct step *step = &steps[c->kind];
	struct redmine *rm = s->own;
	struct work *w = c->work;

	if (!w) {
		c->work = w = xcalloc(1, sizeof(*w));
		w->need = step->anew |
			  ((step->need | (step->needs ? step->needs(s, c) : 0)) & ~rm->learnt);
	}
	if (c->kind == CALL_LOGIN && !c->step) {
		driver_wipe(rm->key);
		rm->key = NULL;
	}
	return w->need ? learn_ask(s, c, r) : step->ask(s, c, r, err);
}

static enum answer redmine_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	const struct step *step = &steps[c->kind];
	struct work *w = c->work;

	if (!w->need)
		return step->read(s, c, a, page, err);
	if (!learn_read(s, c, a, page, err))
		return ANSWER_ERROR;
	if (w->need || step->ask)
		return ANSWER_MORE;
	step->done(s, page);
	return ANSWER_DONE;
}

static bool redmine_open(struct service *s, struct error *err)
{
	(void)err;
	s->own = xcalloc(1, sizeof(struct redmine));
	return true;
}

static void redmine_close(struct service *s)
{
	struct redmine *rm = s->own;

	if (!rm)
		return;
	driver_wipe(rm->key);
	learned_clear(s);
	free(rm);
	s->own = NULL;
}

/* The password bought a key without an end; a key that was given is kept by whoever gave it. */
static const char *redmine_session(const struct service *s)
{
	const struct redmine *rm = s->own;

	return rm->key;
}

static bool redmine_resume(struct service *s, const char *session)
{
	struct redmine *rm = s->own;

	if (!s->user || strlen(session) != strspn(session, "0123456789abcdef") || !*session)
		return false;
	driver_wipe(rm->key);
	rm->key = xstrdup(session);
	return true;
}

static void redmine_case_url(const struct service *s, const struct casefile *cf, struct buf *out)
{
	url_start(out, s->url, "/issues");
	url_segment(out, cf->id);
}

static const char *redmine_case_of_url(
	const struct service *s, const char *url, struct arena *arena)
{
	struct buf begin = rm_url_of(s, "/issues/", NULL);
	size_t size, at = begin.size;
	const char *id = NULL;

	if (!strncmp(url, begin.text, at)) {
		size = strspn(url + at, "0123456789");
		if (size && !url[at + size + strspn(url + at + size, "/")])
			id = arena_copy_n(arena, url + at, size);
	}
	buf_clear(&begin);
	return id;
}

static const char *const lacks[] = {
	N_("Redmine mails no citizens: an answer is a note that everybody who sees the case may read."),
	N_("A case that is taken can still be taken away by others: Redmine has no leases."),
	N_("Nobody is told of changes: Redmine is asked every 15 seconds, and deleted cases are not "
	   "noticed that way."),
	N_("There are no records of citizens: who they are is one field of their cases."),
	N_("Many cases are changed one by one, each looked at before and after."),
	N_("Where a case may go next is known only once it is looked at; what is not allowed is "
	   "refused then."),
	NULL,
};

#define CALL { redmine_ask, redmine_read }

const struct service_ops service_redmine = {
	.name = "redmine",
	.once = ONCE_SEARCH,
	.once_new = ONCE_SEARCH,
	.stale = STALE_REFUSED,
	.poll_ms = 15 * 1000,
	.at_once = 4,
	.login_status = 302,
	.lacks = lacks,
	.advisory = N_("advisory: somebody else may still take it"),
	.advisory_many = N_("advisory: each is looked at before and after; others may come between"),
	.open = redmine_open,
	.close = redmine_close,
	.session = redmine_session,
	.resume = redmine_resume,
	.case_url = redmine_case_url,
	.case_of_url = redmine_case_of_url,
	.can = rm_can,
	.page_after = driver_page_after,
	.calls = {
		[CALL_LOGIN] = CALL,
		[CALL_LIST] = CALL,
		[CALL_OPEN] = CALL,
		[CALL_EVENTS] = CALL,
		[CALL_CITIZENS] = CALL,
		[CALL_CITIZEN] = CALL,
		[CALL_WORKERS] = CALL,
		[CALL_CASE_KINDS] = CALL,
		[CALL_PATCH] = CALL,
		[CALL_FILE] = CALL,
		[CALL_NEWS] = CALL,
	},
};
