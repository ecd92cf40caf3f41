/* Redmine 5 over its REST interface. It answers 204 to what it did not do, ignores a filter it does
   not know, and says "somebody else was faster" as an empty list of errors: so names are checked
   before they are asked for, and every change is read back. What it calls by number (statuses,
   people, fields) is learnt once, and kept with the session. */
#include "model/i18n.h"
#include "model/json.h"
#include "model/text.h"
#include "model/when.h"
#include "net/service.h"
#include "net/url.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { PAGE = 100, SEARCH_MOST = 100, TRIES = 4, SKEW_S = 600, DAY_S = 24 * 3600 };

/* ---- what Redmine calls by number */

/* OFFER: a tracker (value) of a project (id); HAS: a field (value) of a tracker (id). */
enum about { STATUS, PRIORITY, TRACKER, PROJECT, PERSON, FIELD, OFFER, HAS };

/* value: of a status 1 closed; of a priority its place from 1; of a tracker its first status; of a
   person the first project they are of, 0: none; of a field 1 for several values. */
struct entry {
	enum about about;
	int64_t id, value;
	const char *name, *slug;
};

struct redmine {
	struct arena arena;
	struct entry **entries; /* they stay where they are */
	int count;
	unsigned learnt; /* of enum learn */
	int64_t me;
	char *key; /* what the password bought; NULL: the token is the key */
};

/* One word out of a name: "Anna Özdemir-Łuczak" is anna.ozdemir-luczak. */
static const char *slug_of(const char *name, char gap, struct arena *a)
{
	struct buf folded = { 0 }, out = { 0 };

	text_fold(&folded, name ? name : "");
	for (const char *c = buf_str(&folded); *c; c++) {
		bool plain = (*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') ||
			     (unsigned char)*c >= 0x80 || (*c == '-' && gap == '.');

		if (plain)
			buf_char(&out, *c);
		else if (out.size && out.text[out.size - 1] != gap)
			buf_char(&out, gap);
	}
	while (out.size && out.text[out.size - 1] == gap)
		buf_cut(&out, out.size - 1);
	const char *slug = arena_copy(a, buf_str(&out));

	buf_clear(&folded);
	buf_clear(&out);
	return slug;
}

static struct entry *entry_by_id(const struct redmine *rm, enum about about, int64_t id)
{
	for (int i = 0; i < rm->count; i++)
		if (rm->entries[i]->about == about && rm->entries[i]->id == id)
			return rm->entries[i];
	return NULL;
}

/* The only one of that slug (or name); NULL: none, or (*many) several. */
static const struct entry *entry_named(
	const struct redmine *rm, enum about about, const char *slug, bool *many)
{
	const struct entry *found = NULL;

	for (int i = 0; i < rm->count; i++) {
		const struct entry *e = rm->entries[i];

		if (e->about != about || (strcmp(e->slug, slug) && strcmp(e->name, slug)))
			continue;
		if (found && many)
			*many = true;
		found = found ? found : e;
	}
	return many && *many ? NULL : found;
}

static bool entry_has(const struct redmine *rm, enum about about, int64_t id, int64_t value)
{
	for (int i = 0; i < rm->count; i++)
		if (rm->entries[i]->about == about && rm->entries[i]->id == id &&
			rm->entries[i]->value == value)
			return true;
	return false;
}

static struct entry *entry_add(
	struct redmine *rm, enum about about, int64_t id, int64_t value, const char *name)
{
	struct arena *a = &rm->arena;

	rm->entries = xrealloc(rm->entries, (size_t)(rm->count + 1) * sizeof(*rm->entries));
	struct entry *e = rm->entries[rm->count++] = arena_alloc(a, sizeof(*e));

	*e = (struct entry){ about, id, value, arena_copy(a, name ? name : ""), NULL };
	e->slug = slug_of(name, about == FIELD ? '_' : '.', a);
	return e;
}

/* Known from now on; the name as it was first told. */
static struct entry *entry_learn(
	struct redmine *rm, enum about about, int64_t id, int64_t value, const char *name)
{
	bool pair = about == OFFER || about == HAS;
	struct entry *e = pair ? NULL : entry_by_id(rm, about, id);

	if (id <= 0 || (pair && entry_has(rm, about, id, value)))
		return NULL;
	if (!e)
		return entry_add(rm, about, id, value, name);
	e->value = value ? value : e->value;
	return e;
}

/* {"id":5,"name":"..."}: the word for it. */
static const char *ref_slug(struct redmine *rm, enum about about, const struct json *ref)
{
	struct entry *e = entry_learn(
		rm, about, json_get_int(ref, "id", 0), 0, json_get_text(ref, "name"));

	return e ? e->slug : NULL;
}

static void wipe(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
}

/* ---- asking */

static struct buf url_of(const struct service *s, const char *path, const char *id)
{
	struct buf url = { 0 };

	url_start(&url, s->url, path);
	if (id)
		url_segment(&url, id);
	return url;
}

/* Takes the URL over. */
static bool ask_as(struct service *s, struct request *r, const char *method, struct buf *url,
	const char *accept)
{
	const struct redmine *rm = s->own;

	r->method = method;
	r->url = buf_take(url);
	r->repeatable = !strcmp(method, "GET");
	request_header(r, "Accept", accept);
	request_header(r, "X-Redmine-API-Key", rm->key ? rm->key : s->user ? NULL : s->token);
	return true;
}

static bool ask(struct service *s, struct request *r, const char *method, struct buf *url)
{
	return ask_as(s, r, method, url, "application/json");
}

static bool ask_issue(
	struct service *s, struct request *r, const char *method, const char *id, const char *more)
{
	struct buf url = url_of(s, "/issues", id);

	url_path(&url, ".json");
	url_path(&url, more);
	return ask(s, r, method, &url);
}

#define WHOLE "?include=journals,attachments,relations,allowed_statuses,children"

/* The name and the password, as RFC 7617 has them. */
static void ask_basic(struct service *s, struct request *r)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	struct buf pair = { 0 }, out = { 0 };

	buf_printf(&pair, "%s:%s", s->user, s->token);
	buf_text(&out, "Basic ");
	for (size_t i = 0; i < pair.size; i += 3) {
		unsigned n = 0;

		for (size_t j = 0; j < 3; j++)
			n = n << 8 | (i + j < pair.size ? (unsigned char)pair.text[i + j] : 0);
		for (size_t j = 0; j < 4; j++)
			buf_char(&out, i + j > pair.size ? '=' : letters[n >> (18 - 6 * j) & 63]);
	}
	request_header(r, "Authorization", out.text);
	explicit_bzero(pair.text, pair.size);
	explicit_bzero(out.text, out.size);
	buf_clear(&pair);
	buf_clear(&out);
}

/* ---- what went wrong */

/* The server's own sentences, made harmless; false: it has none, which is how it says that somebody
   else changed the case at the same moment. */
static bool errors_text(const struct json *j, struct buf *out)
{
	const struct json *errors = json_get(j, "errors");

	for (size_t i = 0; i < json_count(errors); i++) {
		const char *text = json_text(json_at(errors, i));

		buf_text(out, out->size ? "; " : "");
		text_clean(out, text ? text : "", text ? strlen(text) : 0);
	}
	return out->size > 0;
}

static void refused(const struct response *a, struct error *err)
{
	struct json *j = a->body_size ? json_read(a->body, a->body_size, NULL, NULL) : NULL;
	struct buf text = { 0 };

	if (errors_text(j, &text))
		error_set(err, ERROR_REFUSED, _("Redmine refused this: %s."), text.text);
	else if (j && json_type(json_get(j, "errors")) == JSON_LIST)
		error_set(err, ERROR_CONFLICT, _("Somebody else changed this at the same moment."));
	else
		error_set(err, ERROR_REFUSED, _("Redmine refused this and did not say why."));
	json_free(j);
	buf_clear(&text);
}

/* Bodies of most errors are empty: the status is all there is. */
static enum answer failed(const struct response *a, struct error *err)
{
	*err = (struct error){ .kind = ERROR_REFUSED, .status = a->status };
	if (a->status == 401)
		error_set(err, ERROR_LOGIN,
			_("Redmine did not accept this login. If it is right, the REST interface "
			  "may be switched off (Administration, Settings, API)."));
	else if (a->status == 403)
		error_set(err, ERROR_DENIED, _("Redmine does not let you do this."));
	else if (a->status == 404 || a->status == 410)
		error_set(err, ERROR_GONE, _("Redmine does not know this, or no longer."));
	else if (a->status == 422)
		refused(a, err);
	else if (a->status == 502 || a->status == 504)
		error_set(err, ERROR_OFFLINE, _("Redmine behind its gateway cannot be reached."));
	else if (a->status == 429 || a->status >= 500)
		error_set(err, ERROR_BUSY, _("Redmine failed (status %d); it will be asked again."),
			a->status);
	else
		error_set(err, ERROR_REFUSED, _("Redmine refused this with status %d."), a->status);
	err->wait_ms = a->retry_ms;
	return ANSWER_ERROR;
}

/* The document of a good answer; NULL with err for every other. */
static struct json *good(const struct response *a, struct page *page, struct error *err)
{
	bool repaired = false;

	if (a->status < 200 || a->status > 299) {
		failed(a, err);
		return NULL;
	}
	struct json *j = a->type && !strcasecmp(a->type, "application/json")
				 ? json_read(a->body, a->body_size, &repaired, NULL)
				 : NULL;

	page->repaired |= repaired;
	if (json_type(j) == JSON_OBJECT)
		return j;
	json_free(j);
	error_set(err, ERROR_GARBLED,
		_("What came is no answer of Redmine 5; check its url in the configuration."));
	return NULL;
}

/* ---- one issue */

static const char *option(const struct service *s, const char *key, const char *otherwise)
{
	const char *value = service_option(s, key);

	return value ? value : otherwise;
}

/* Whether name is among those of a setting, commas between, whatever the capitals. */
static bool named_in(const char *list, const char *name)
{
	size_t size = strlen(name);

	for (; list && *list; list += strcspn(list, ",")) {
		list += strspn(list, ", ");
		if (!strncasecmp(list, name, size) && strchr(",", list[size]))
			return true;
	}
	return false;
}

/* Redmine knows open and closed. New is where some tracker begins; which open ones wait is the
   office's word (setting "waiting"). */
static enum stage stage_of(const struct service *s, int64_t id, bool closed, const char *name)
{
	const struct redmine *rm = s->own;

	if (closed)
		return STAGE_DONE;
	for (int i = 0; i < rm->count; i++)
		if (rm->entries[i]->about == TRACKER && rm->entries[i]->value == id)
			return STAGE_NEW;
	return named_in(option(s, "waiting", "Waiting, Feedback"), name) ? STAGE_WAITING
									 : STAGE_OPEN;
}

static void put_status(const struct service *s, const struct entry *e, struct casefile *cf)
{
	cf->stage = stage_of(s, e->id, e->value == 1, e->name);
	cf->status = stage_status(cf->stage);
	cf->step = e->name;
	cf->outcome = e->value == 1 ? e->name : NULL;
}

/* Ours is 1 (now) to 5 by place: theirs is a list of any length, the least urgent first. */
static int priority_of(const struct redmine *rm, int64_t place)
{
	int last = 0;

	for (int i = 0; i < rm->count; i++)
		last += rm->entries[i]->about == PRIORITY;
	if (place < 1 || last < 1)
		return 0;
	return last == 1 ? 3 : (int)(5 - ((place - 1) * 4 + (last - 1) / 2) / (last - 1));
}

static bool read_day(const char *text, struct tm *tm)
{
	*tm = (struct tm){ .tm_isdst = -1 };
	return text && sscanf(text, "%4d-%2d-%2d", &tm->tm_year, &tm->tm_mon, &tm->tm_mday) == 3;
}

/* A day lasts until its end, here. */
static time_t day_end(const char *text)
{
	struct tm tm;

	if (!read_day(text, &tm))
		return 0;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	tm.tm_hour = 23;
	tm.tm_min = tm.tm_sec = 59;
	return mktime(&tm);
}

static void day_of(char out[12], time_t at)
{
	struct tm tm;

	localtime_r(&at, &tm);
	strftime(out, 12, "%Y-%m-%d", &tm);
}

static time_t time_of(const struct json *j, const char *name)
{
	time_t at = 0;
	const char *text = json_get_text(j, name);

	return text && when_read(text, &at) ? at : 0;
}

static const char *id_text(const struct json *j, const char *name, struct arena *a)
{
	int64_t id = json_get_int(j, name, 0);

	return id > 0 ? arena_printf(a, "%lld", (long long)id) : NULL;
}

static const char *citizen_field(const struct service *s)
{
	return option(s, "citizen-field", "Citizen ID");
}

/* Custom fields that stand for one of ours by their name. */
static const char *own_field(const struct service *s, const char *name, const char *slug)
{
	static const char *const ours[] = { "tags", "channel", "language", NULL };

	if (!strcasecmp(name, citizen_field(s)))
		return "citizen";
	for (int i = 0; ours[i]; i++)
		if (!strcmp(ours[i], slug))
			return ours[i];
	return NULL;
}

static const char *field_text(const struct json *value, struct arena *a)
{
	struct buf words = { 0 };

	if (json_type(value) != JSON_LIST)
		return json_text(value);
	for (size_t i = 0; i < json_count(value); i++) {
		const char *word = json_text(json_at(value, i));

		buf_text(&words, words.size ? " " : "");
		for (; word && *word; word++) /* a space inside one is kept as a no-break space */
			buf_text(&words, *word == ' ' ? "\xc2\xa0" : (char[]){ *word, '\0' });
	}
	const char *text = arena_copy(a, buf_str(&words));

	buf_clear(&words);
	return text;
}

static void read_fields(struct service *s, const struct json *list, int64_t tracker,
	struct casefile *cf, struct arena *a)
{
	struct redmine *rm = s->own;
	struct buf fields = { 0 };
	struct json_out out = { .buf = &fields };

	json_open(&out, NULL, '{');
	for (size_t i = 0; i < json_count(list); i++) {
		const struct json *j = json_at(list, i);
		const char *text = field_text(json_get(j, "value"), a);
		const struct entry *e = entry_learn(rm, FIELD, json_get_int(j, "id", 0),
			json_get_bool(j, "multiple", false), json_get_text(j, "name"));
		const char *ours = e ? own_field(s, e->name, e->slug) : NULL;

		if (!e)
			continue;
		entry_learn(rm, HAS, tracker, e->id, "");
		if (text && *text && ours)
			case_set(cf, ours, text, a, NULL);
		else if (text && *text)
			json_put_text(&out, e->slug, text);
	}
	json_close(&out, '}');
	cf->fields = fields.size > 2 ? arena_copy(a, fields.text) : NULL;
	buf_clear(&fields);
}

/* Links to what is not here are lines of the description: "refers-to: https://...". */
static const char *const relations[] = { "refers-to", "referred-by", "depends-on", "needed-by",
	"parent", "child", NULL };

static void add_link(struct casefile *cf, const char *relation, const char *where, struct arena *a)
{
	if (where)
		cf->links = words_add(cf->links, arena_printf(a, "%s:%s", relation, where), a);
}

static void read_addresses(const char *text, struct casefile *cf, struct arena *a)
{
	for (const char *line = text; line && *line; line += strcspn(line, "\n")) {
		line += *line == '\n';
		for (int i = 0; relations[i]; i++) {
			size_t size = strlen(relations[i]);
			const char *url = line + size + 2;

			if (strncmp(line, relations[i], size) || strncmp(line + size, ": http", 6))
				continue;
			add_link(cf, relations[i], arena_copy_n(a, url, strcspn(url, " \t\r\n")),
				a);
		}
	}
}

static const char *relation_of(const char *type, bool forth)
{
	if (!type || !strcmp(type, "duplicates"))
		return NULL;
	if (!strcmp(type, "blocks"))
		return forth ? "needed-by" : "depends-on";
	return "refers-to"; /* it keeps one direction only, whoever made it */
}

static void read_links(const struct json *j, struct casefile *cf, struct arena *a)
{
	const struct json *list = json_get(j, "relations"), *children = json_get(j, "children");

	read_addresses(json_get_text(j, "description"), cf, a);
	add_link(cf, "parent", id_text(json_get(j, "parent"), "id", a), a);
	for (size_t i = 0; i < json_count(children); i++)
		add_link(cf, "child", id_text(json_at(children, i), "id", a), a);
	for (size_t i = 0; i < json_count(list); i++) {
		const struct json *r = json_at(list, i);
		const char *type = json_get_text(r, "relation_type");
		const char *from = id_text(r, "issue_id", a), *to = id_text(r, "issue_to_id", a);
		bool forth = from && !strcmp(from, cf->id);
		const char *word = relation_of(type, forth);

		if (word)
			add_link(cf, word, forth ? to : from, a);
		else if (forth)
			cf->duplicate_of = to;
	}
}

static void read_place(struct service *s, const struct json *j, struct casefile *cf, struct arena *a)
{
	struct redmine *rm = s->own;
	const char *tracker = ref_slug(rm, TRACKER, json_get(j, "tracker"));

	cf->queue = cf->team = arena_copy(a, ref_slug(rm, PROJECT, json_get(j, "project")));
	cf->kind = arena_printf(a, "%s.%s", cf->queue ? cf->queue : "", tracker ? tracker : "");
	cf->worker = arena_copy(a, ref_slug(rm, PERSON, json_get(j, "assigned_to")));
	ref_slug(rm, PERSON, json_get(j, "author"));
}

static void read_state(struct service *s, const struct json *j, struct casefile *cf, struct arena *a)
{
	struct redmine *rm = s->own;
	const struct json *status = json_get(j, "status");
	struct entry *e = entry_learn(rm, STATUS, json_get_int(status, "id", 0),
		json_get_bool(status, "is_closed", false), json_get_text(status, "name"));
	const struct entry *p =
		entry_by_id(rm, PRIORITY, json_get_int(json_get(j, "priority"), "id", 0));

	if (e)
		put_status(s, e, cf);
	cf->step = arena_copy(a, cf->step);
	cf->outcome = arena_copy(a, cf->outcome);
	cf->priority = priority_of(rm, p ? p->value : 0);
}

/* false: it has no id. */
static bool read_issue(
	struct service *s, const struct json *j, struct casefile *cf, struct arena *a)
{
	const struct json *journals = json_get(j, "journals");
	size_t count = json_count(journals);

	cf->id = cf->number = id_text(j, "id", a);
	if (!cf->id)
		return false;
	cf->version = arena_copy(a, json_get_text(j, "updated_on"));
	cf->subject = arena_copy(a, json_get_text(j, "subject"));
	read_place(s, j, cf, a);
	read_state(s, j, cf, a);
	cf->due = day_end(json_get_text(j, "due_date"));
	cf->opened = time_of(j, "created_on");
	cf->changed = time_of(j, "updated_on");
	cf->resolved = time_of(j, "closed_on");
	cf->restricted = json_get_bool(j, "is_private", false);
	read_fields(s, json_get(j, "custom_fields"), json_get_int(json_get(j, "tracker"), "id", 0),
		cf, a);
	read_links(j, cf, a);
	if (journals) {
		cf->events = (int)count + 1;
		cf->last_event = 1 + json_get_int(json_at(journals, count - 1), "id", 0);
	}
	return true;
}

static struct casefile *add_issue(struct service *s, const struct json *j, struct page *page)
{
	struct casefile cf = { 0 };

	if (!read_issue(s, j, &cf, &page->arena))
		return NULL;
	struct casefile *added = page_add_case(page);

	*added = cf;
	return added;
}

/* ---- learning: one list after the other, before what is asked for */

enum learn {
	LEARN_ME = 1,
	LEARN_STATUSES = 2,
	LEARN_PRIORITIES = 4,
	LEARN_TRACKERS = 8,
	LEARN_PROJECTS = 16,
	LEARN_FIELDS = 32,
	LEARN_MEMBERS = 64,
	LEARN_LOGIN = 31
};

/* Strings are of the page that all steps of a call share. */
struct work {
	unsigned need;	     /* still to be learnt */
	int project, offset; /* how far that is */

	const char *ids; /* LIST: found by words */
	int next;	 /* where more of them start */
	bool exact;	 /* it was asked for exactly: its total is right */

	bool begun; /* PATCH */
	int stage, tries, entry, file;
	char id[24], lock[24];
	int64_t seen; /* the newest journal when we looked */
	const char *body, *tokens, *method, *target;
	const char *last; /* the relation that was asked for before this one */
};

static const struct entry *project_at(const struct redmine *rm, int n)
{
	for (int i = 0; i < rm->count; i++)
		if (rm->entries[i]->about == PROJECT && !n--)
			return rm->entries[i];
	return NULL;
}

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

static bool learn_ask(struct service *s, struct call *c, struct request *r)
{
	struct work *w = c->work;
	size_t i = learn_first(w->need);
	const struct entry *project = project_at(s->own, w->project);
	char id[24] = "0";

	if (project)
		snprintf(id, sizeof(id), "%lld", (long long)project->id);
	struct buf url = url_of(s, lists[i].path ? lists[i].path : "/projects",
		lists[i].path ? NULL : id);

	if (!lists[i].path)
		url_path(&url, "/memberships.json");
	if (lists[i].what >= LEARN_PROJECTS) {
		url_query_int(&url, "limit", PAGE);
		url_query_int(&url, "offset", w->offset);
	}
	ask(s, r, "GET", &url);
	if (c->kind == CALL_LOGIN && lists[i].what == LEARN_ME && s->user)
		ask_basic(s, r);
	return true;
}

static void learn_me(struct service *s, const struct json *j)
{
	struct redmine *rm = s->own;
	const struct json *user = json_get(j, "user");
	const char *key = json_get_text(user, "api_key");
	struct buf name = { 0 };

	buf_printf(&name, "%s %s",
		json_get_text(user, "firstname") ? json_get_text(user, "firstname") : "",
		json_get_text(user, "lastname") ? json_get_text(user, "lastname") : "");
	rm->me = json_get_int(user, "id", 0);
	entry_learn(rm, PERSON, rm->me, 0, name.text);
	wipe(rm->key);
	rm->key = s->user ? xstrdup(key) : NULL;
	buf_clear(&name);
}

/* Projects are called by their identifier, which is theirs alone; names may be the same. */
static void learn_project(struct redmine *rm, const struct json *row, struct entry *e)
{
	const struct json *offers = json_get(row, "trackers");
	const char *identifier = json_get_text(row, "identifier");

	if (identifier && *identifier)
		e->slug = arena_copy(&rm->arena, identifier);
	for (size_t i = 0; i < json_count(offers); i++)
		entry_learn(rm, OFFER, json_get_int(row, "id", 0),
			json_get_int(json_at(offers, i), "id", 0), "");
}

static void learn_member(struct redmine *rm, const struct json *row)
{
	const struct json *who = json_get(row, "user");

	entry_learn(rm, PERSON, json_get_int(who ? who : json_get(row, "group"), "id", 0),
		json_get_int(json_get(row, "project"), "id", 0),
		json_get_text(who ? who : json_get(row, "group"), "name"));
}

static void learn_row(struct service *s, size_t list, const struct json *row, int place)
{
	struct redmine *rm = s->own;
	enum about about = lists[list].about;
	int64_t value = about == STATUS	    ? json_get_bool(row, "is_closed", false)
			: about == PRIORITY ? place
			: about == TRACKER
				? json_get_int(json_get(row, "default_status"), "id", 0)
				: 0;
	struct page page = { 0 };

	if (about == FIELD)
		add_issue(s, row, &page);
	else if (about == PERSON)
		learn_member(rm, row);
	else {
		struct entry *e = entry_learn(
			rm, about, json_get_int(row, "id", 0), value, json_get_text(row, "name"));

		if (about == PROJECT && e)
			learn_project(rm, row, e);
	}
	page_clear(&page);
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
	return lists[list].what == LEARN_MEMBERS && project_at(s->own, ++w->project);
}

static bool learn_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	struct work *w = c->work;
	struct redmine *rm = s->own;
	size_t i = learn_first(w->need);
	bool hidden = lists[i].what == LEARN_MEMBERS && (a->status == 403 || a->status == 404);
	struct json *j = hidden ? NULL : good(a, page, err);
	const struct json *rows = json_get(j, lists[i].list ? lists[i].list : "user");

	if (!j && lists[i].what == LEARN_ME &&
		(a->status == 406 || a->status == 404 || a->status == 405))
		error_set(err, ERROR_GARBLED,
			_("There is no Redmine at %s; check its url in the configuration."), s->url);
	if (!j && !hidden)
		return false;
	if (lists[i].what == LEARN_ME)
		learn_me(s, j);
	for (size_t n = 0; lists[i].list && n < json_count(rows); n++)
		learn_row(s, i, json_at(rows, n), (int)n + 1);
	if (!learn_more(s, w, i, j)) {
		w->need &= ~lists[i].what;
		rm->learnt |= lists[i].what;
	}
	json_free(j);
	if (lists[i].what != LEARN_ME || rm->me)
		return true;
	return error_set(err, ERROR_GARBLED, _("Redmine did not say who you are."));
}

/* ---- login */

static const char *my_team(const struct service *s)
{
	const struct redmine *rm = s->own;
	const char *team = service_option(s, "team");
	const struct entry *e = team ? entry_named(rm, PROJECT, team, NULL) : project_at(rm, 0);

	return e ? e->slug : team;
}

static void login_done(struct service *s, struct call *c, struct page *page)
{
	const struct redmine *rm = s->own;
	const struct entry *me = entry_by_id(rm, PERSON, rm->me);
	struct profile *p = page_set_profile(page);

	(void)c;
	p->title = "Redmine";
	p->me = arena_copy(&page->arena, me->slug);
	p->my_name = arena_copy(&page->arena, me->name);
	p->my_team = arena_copy(&page->arena, my_team(s));
	p->features = "citizens citizens-by-ref cases kinds events";
}

/* ---- lists: what Redmine can filter is asked for, the rest is looked at here. Names come from a
   table, since a filter it does not know makes it answer everything. */

struct asked {
	struct service *s;
	struct arena *arena;
	struct buf *url, *words;
	const char *sent[24]; /* filters: each can be asked for once */
	int count;
	bool exact;
	struct error *err;
};

static struct query_now now_of(const struct service *s)
{
	return (struct query_now){
		.me = s->profile.me, .team = s->profile.my_team, .now = time(NULL)
	};
}

/* Whether the one term holds for the case. */
static bool holds(const struct service *s, const struct term *t, const struct casefile *cf)
{
	struct term one = *t, all = { .kind = TERM_ALL, .first = &one };
	struct query q = { .about = QUERY_CASES, .root = &all };
	struct query_now now = now_of(s);

	one.next = NULL;
	return query_match(&q, &now, cf);
}

/* false: it was asked for already, so this one is only looked at here. */
static bool filter(struct asked *a, const char *name, const char *op)
{
	struct buf key = { 0 };

	for (int i = 0; i < a->count; i++)
		if (!strcmp(a->sent[i], name)) {
			a->exact = false;
			return false;
		}
	if (a->count == (int)(sizeof(a->sent) / sizeof(*a->sent)))
		return a->exact = false;
	a->sent[a->count++] = arena_copy(a->arena, name);
	url_query(a->url, "f[]", name);
	buf_printf(&key, "op[%s]", name);
	url_query(a->url, key.text, op);
	buf_clear(&key);
	return true;
}

static void filter_value(struct asked *a, const char *name, const char *value)
{
	struct buf key = { 0 };

	buf_printf(&key, "v[%s][]", name);
	url_query(a->url, key.text, value);
	buf_clear(&key);
}

static void filter_id(struct asked *a, const char *name, int64_t id)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)id);
	filter_value(a, name, text);
}

/* What a case would be of which only this is known. */
static void probe(const struct service *s, const struct entry *e, struct casefile *cf)
{
	*cf = (struct casefile){ 0 };
	if (e->about == STATUS)
		put_status(s, e, cf);
	if (e->about == PRIORITY)
		cf->priority = priority_of(s->own, e->value);
	if (e->about == PROJECT)
		cf->queue = cf->team = e->slug;
	if (e->about == PERSON)
		cf->worker = e->slug;
}

/* Whichever of the known ones the term holds for. */
static void put_entries(
	struct asked *a, const struct term *t, const char *name, enum about about)
{
	const struct redmine *rm = a->s->own;
	struct casefile cf = { 0 };
	bool nobody = about == PERSON && holds(a->s, t, &cf);
	int count = 0, others = 0;

	for (int i = 0; i < rm->count; i++) {
		if (rm->entries[i]->about != about)
			continue;
		probe(a->s, rm->entries[i], &cf);
		bool is = holds(a->s, t, &cf);

		count += is;
		others += !is;
	}
	if (about == PERSON && !count && !nobody) { /* perhaps somebody who is there no more */
		a->exact = false;
		return;
	}
	if (nobody && count && !others)
		return;
	if (!filter(a, name, nobody ? (count ? "!" : "!*") : "="))
		return;
	if (!count)
		filter_value(a, name, nobody ? "" : "0");
	for (int i = 0; count && i < rm->count; i++) {
		probe(a->s, rm->entries[i], &cf);
		if (rm->entries[i]->about == about && holds(a->s, t, &cf) != nobody)
			filter_id(a, name, rm->entries[i]->id);
	}
}

static bool is_none(const struct term *t)
{
	return t->op == OP_IS && !t->negated && !strcmp(t->values[0], "none") && !t->values[1];
}

/* A day or an instant; a day more on both sides where Redmine's days are not ours. */
static void put_time(struct asked *a, const struct term *t, const char *name, bool day)
{
	time_t at = 0;
	char from[WHEN_SIZE], to[WHEN_SIZE];
	bool less = t->op == OP_LESS || t->op == OP_LESS_IS;
	bool more = t->op == OP_MORE || t->op == OP_MORE_IS;

	a->exact = false;
	if (is_none(t) && day) {
		if (filter(a, name, "!*"))
			filter_value(a, name, "");
		return;
	}
	if (t->negated || t->values[1] || t->op == OP_NEAR ||
		!when_value(t->values[0], time(NULL), &at))
		return;
	if (day) {
		day_of(from, less || more ? at : at - DAY_S);
		day_of(to, less || more ? at + DAY_S : at + 2 * DAY_S);
	} else {
		when_write(from, more ? at : at - DAY_S);
		when_write(to, less ? at + DAY_S : at + 2 * DAY_S);
	}
	if (!filter(a, name, less ? "<=" : more ? ">=" : "><"))
		return;
	if (!less)
		filter_value(a, name, from);
	if (!more)
		filter_value(a, name, to);
}

static bool is_id(const char *text)
{
	return text && *text && strlen(text) < 12 && strspn(text, "0123456789") == strlen(text);
}

static void put_number(struct asked *a, const struct term *t)
{
	struct buf ids = { 0 };

	for (int i = 0; t->values[i]; i++)
		if (is_id(t->values[i]))
			buf_printf(&ids, "%s%s", ids.size ? "," : "", t->values[i]);
	if (t->op != OP_IS || t->negated || strchr(t->values[0], '*'))
		a->exact = false;
	else if (filter(a, "issue_id", "="))
		filter_value(a, "issue_id", ids.size ? ids.text : "0");
	buf_clear(&ids);
}

/* The longest run of ASCII letters and figures: SQLite knows no other capitals. */
static void put_subject(struct asked *a, const struct term *t)
{
	const char *best = "";
	size_t size = 0;

	a->exact = false;
	if (t->op != OP_IS || t->negated || t->values[1] || is_none(t))
		return;
	for (const char *c = t->values[0]; *c;) {
		size_t run = 0;

		while ((c[run] >= '0' && c[run] <= '9') || ((c[run] | 32) >= 'a' && (c[run] | 32) <= 'z'))
			run++;
		if (run > size)
			best = c;
		size = run > size ? run : size;
		c += run ? run : 1;
	}
	if (size > 1 && filter(a, "subject", "~"))
		filter_value(a, "subject", arena_copy_n(a->arena, best, size));
}

static const struct entry *field_named(const struct service *s, const char *name)
{
	const struct redmine *rm = s->own;

	if (!strcmp(name, "citizen")) {
		for (int i = 0; i < rm->count; i++)
			if (rm->entries[i]->about == FIELD &&
				!strcasecmp(rm->entries[i]->name, citizen_field(s)))
				return rm->entries[i];
		return NULL;
	}
	return entry_named(rm, FIELD, strncmp(name, "fields.", 7) ? name : name + 7, NULL);
}

/* Not every field may be filtered by, and nobody says which: so it is always looked at here too. */
static bool put_field(struct asked *a, const struct term *t)
{
	const char *field = strcmp(t->field, "tag") ? t->field : "tags";
	const struct entry *e = field_named(a->s, field);
	char name[32];

	if (!e)
		return error_set(a->err, ERROR_REFUSED,
			_("%s cannot be asked of %s: its cases have no such field."), t->field,
			a->s->name);
	a->exact = false;
	snprintf(name, sizeof(name), "cf_%lld", (long long)e->id);
	for (int i = 0; t->values[i]; i++)
		if (t->op != OP_IS || t->negated || strchr(t->values[i], '*') ||
			(!strcmp(t->values[i], "none") && !is_none(t)))
			return true;
	if (!filter(a, name, is_none(t) ? "!*" : "="))
		return true;
	for (int i = 0; t->values[i]; i++)
		filter_value(a, name, is_none(t) ? "" : t->values[i]);
	return true;
}

static void put_is(struct asked *a, const struct term *t)
{
	bool open = !strcmp(t->values[0], "open") && !t->values[1];
	char today[12];

	a->exact &= open;
	if (t->values[1] || (t->negated && !open))
		return;
	if (filter(a, "status_id", t->negated ? "c" : "o"))
		filter_value(a, "status_id", "");
	day_of(today, time(NULL));
	if (!open && filter(a, "due_date", "<="))
		filter_value(a, "due_date", today);
}

static bool put_filter(struct asked *a, const struct term *t)
{
	static const struct {
		const char *field, *wire;
		enum about about;
	} plain[] = {
		{ "assignee", "assigned_to_id", PERSON },
		{ "team", "project_id", PROJECT },
		{ "service", "project_id", PROJECT },
		{ "priority", "priority_id", PRIORITY },
		{ "status", "status_id", STATUS },
		{ "step", "status_id", STATUS },
		{ "outcome", "status_id", STATUS },
	};
	static const char *const fields[] = { "citizen", "tag", "channel", "language", NULL };
	bool known = true;

	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++)
		if (!strcmp(plain[i].field, t->field)) {
			put_entries(a, t, plain[i].wire, plain[i].about);
			return true;
		}
	for (int i = 0; fields[i]; i++)
		if (!strcmp(fields[i], t->field))
			return put_field(a, t);
	if (!strncmp(t->field, "fields.", 7))
		return put_field(a, t);
	if (!strcmp(t->field, "is"))
		put_is(a, t);
	else if (!strcmp(t->field, "number") || !strcmp(t->field, "id"))
		put_number(a, t);
	else if (!strcmp(t->field, "subject"))
		put_subject(a, t);
	else if (!strcmp(t->field, "due"))
		put_time(a, t, "due_date", true);
	else if (!strcmp(t->field, "opened") || !strcmp(t->field, "updated"))
		put_time(a, t, *t->field == 'o' ? "created_on" : "updated_on", false);
	else if (!strcmp(t->field, "kind"))
		a->exact = false;
	else
		known = error_set(a->err, ERROR_REFUSED,
			_("%s cannot be asked of %s: Redmine has nothing of the kind."), t->field,
			a->s->name);
	return known;
}

static bool is_word(const struct term *t)
{
	return t->kind == TERM_WORD || t->kind == TERM_PREFIX || t->kind == TERM_PHRASE;
}

/* Inside a group nothing is asked for; but what no case here could answer is refused there too. */
static bool put_group(struct asked *a, const struct term *t)
{
	struct buf nothing = { 0 };
	struct asked trial = *a;
	bool known = true;

	trial.url = &nothing;
	a->exact = false;
	for (const struct term *part = t->first; part && known; part = part->next) {
		trial.count = 0;
		known = part->first ? put_group(&trial, part)
				    : is_word(part) || put_filter(&trial, part);
	}
	buf_clear(&nothing);
	return known;
}

static bool put_terms(struct asked *a, const struct query *q)
{
	for (const struct term *t = q->root->first; t; t = t->next) {
		if (is_word(t) && !t->negated) {
			const char *quote = t->kind == TERM_PHRASE ? "\"" : "";

			buf_printf(a->words, "%s%s%s%s", a->words->size ? " " : "", quote, t->text,
				quote);
		} else if (is_word(t)) {
			a->exact = false;
		} else if (!(t->kind == TERM_FILTER ? put_filter(a, t) : put_group(a, t))) {
			return false;
		}
	}
	return true;
}

static void put_sort(struct buf *url, const struct query *q)
{
	static const char *const names[][2] = { { "updated", "updated_on" },
		{ "opened", "created_on" }, { "due", "due_date" }, { "priority", "priority" },
		{ "number", "id" }, { "id", "id" }, { "subject", "subject" },
		{ "assignee", "assigned_to" }, { "team", "project" }, { "service", "project" },
		{ "step", "status" } };
	struct arena arena = { 0 };
	struct buf sort = { 0 };
	bool down = false;
	const char *key;

	for (int i = 0; (key = query_sort_key(q, i, &down, &arena)); i++)
		for (size_t n = 0; n < sizeof(names) / sizeof(*names); n++)
			if (!strcmp(names[n][0], key))
				buf_printf(&sort, "%s:%s,", names[n][1],
					down != !strcmp(key, "priority") ? "desc" : "asc");
	buf_text(&sort, down ? "id:desc" : "id:asc");
	url_query(url, "sort", sort.text);
	buf_clear(&sort);
	arena_clear(&arena);
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
		if (!strncmp(t->field, "fields.", 7) || !strcmp(t->field, "citizen") ||
			!strcmp(t->field, "tag") || !strcmp(t->field, "channel") ||
			!strcmp(t->field, "language"))
			need |= LEARN_FIELDS;
	}
	return need;
}

static unsigned list_need(struct service *s, struct call *c)
{
	(void)s;
	return list_needs(c->query->root);
}

static bool search_ask(
	struct service *s, struct call *c, struct request *r, const struct buf *words)
{
	struct buf url = url_of(s, "/search.json", NULL);

	url_query(&url, "q", words->text);
	url_query(&url, "issues", "1");
	url_query(&url, "all_words", "1");
	url_query_int(&url, "limit", SEARCH_MOST);
	url_query(&url, "offset", c->from);
	return ask(s, r, "GET", &url);
}

static bool list_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	struct work *w = c->work;
	struct buf url = url_of(s, "/issues.json?set_filter=1", NULL), words = { 0 };
	struct arena arena = { 0 };
	struct asked a = { .s = s, .arena = &arena, .url = &url, .words = &words, .exact = true,
		.err = err };

	if (w->ids && filter(&a, "issue_id", "="))
		filter_value(&a, "issue_id", w->ids);
	bool known = put_terms(&a, c->query);

	if (known && words.size && !w->ids) {
		buf_clear(&url);
		search_ask(s, c, r, &words);
	} else if (known) {
		w->exact = a.exact && !w->ids;
		if (filter(&a, "status_id", "*"))
			filter_value(&a, "status_id", "");
		put_sort(&url, c->query);
		url_query_int(&url, "limit",
			w->ids || c->limit < 1 || c->limit > PAGE ? PAGE : c->limit);
		url_query(&url, "offset", w->ids ? NULL : c->from);
		ask(s, r, "GET", &url);
	}
	buf_clear(&url);
	buf_clear(&words);
	arena_clear(&arena);
	return known;
}

/* Words found in subjects, texts, notes and fields: the ids they stand in; a number too. */
static enum answer search_read(struct call *c, const struct json *j, struct page *page)
{
	struct work *w = c->work;
	const struct json *rows = json_get(j, "results");
	const struct term *t = c->query->root->first;
	int from = c->from ? atoi(c->from) : 0, count = (int)json_count(rows);
	struct buf ids = { 0 };

	for (int i = 0; i < count; i++)
		buf_printf(&ids, "%s%lld", ids.size ? "," : "",
			(long long)json_get_int(json_at(rows, (size_t)i), "id", 0));
	if (t && !t->next && is_word(t) && is_id(t->text) && !from)
		buf_printf(&ids, "%s%s", ids.size ? "," : "", t->text);
	w->ids = arena_copy(&page->arena, buf_str(&ids));
	if (count && from + count < json_get_int(j, "total_count", 0))
		w->next = from + count;
	buf_clear(&ids);
	return *w->ids ? ANSWER_MORE : ANSWER_DONE;
}

/* What the words found is not asked again for its words. */
static bool matches(struct service *s, const struct query *q, const struct casefile *cf)
{
	for (const struct term *t = q->root->first; t; t = t->next)
		if ((!is_word(t) || t->negated) && !holds(s, t, cf))
			return false;
	return true;
}

static enum answer list_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	struct work *w = c->work;
	struct json *j = good(a, page, err);
	const struct json *rows = json_get(j, "issues");
	int from = c->from ? atoi(c->from) : 0, count = (int)json_count(rows), left_out = 0;

	if (j && json_get(j, "results")) {
		enum answer answer = search_read(c, j, page);

		json_free(j);
		return answer;
	}
	for (int i = 0; i < count; i++) {
		struct casefile *cf = add_issue(s, json_at(rows, (size_t)i), page);

		if (cf && !matches(s, c->query, cf)) {
			page->case_count--;
			left_out++;
		}
	}
	int64_t total = json_get_int(j, "total_count", -1);

	if (!w->ids && count && from + count < total)
		w->next = from + count;
	page->next = w->next ? arena_printf(&page->arena, "%d", w->next) : NULL;
	page->total = w->exact && !left_out	     ? (int)total
		      : !page->next && !from ? page->case_count
						     : -1;
	json_free(j);
	return j ? ANSWER_DONE : ANSWER_ERROR;
}

/* ---- one case */

static bool gone(struct error *err)
{
	return error_set(err, ERROR_GONE, _("Redmine does not know this, or no longer."));
}

static bool open_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	return is_id(c->cf->id) ? ask_issue(s, r, "GET", c->cf->id, WHOLE) : gone(err);
}

/* The issue of the answer, in the page; the document is the caller's to free. */
static struct json *issue_of(struct service *s, const char *id, const struct response *a,
	struct page *page, struct error *err)
{
	struct json *j = good(a, page, err);
	struct casefile cf = { 0 };

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
	struct json *j = issue_of(s, c->cf->id, a, page, err);

	json_free(j);
	return j ? ANSWER_DONE : ANSWER_ERROR;
}

/* ---- the timeline: its first entry is the description, all others are journals */

/* The number in a journal as the word for it. */
static const char *detail_word(const struct service *s, enum about about, const char *value,
	struct arena *a)
{
	const struct redmine *rm = s->own;
	const struct entry *e = value ? entry_by_id(rm, about, strtoll(value, NULL, 10)) : NULL;

	if (!e)
		return value && *value ? arena_printf(a, "#%s", value) : NULL;
	if (about == PRIORITY)
		return arena_printf(a, "%d", priority_of(rm, e->value));
	return about == STATUS ? e->name : e->slug;
}

/* What changed, in our words; *word resolves a value. NULL: nothing to be told here. */
static const char *detail(const struct service *s, const struct json *d, const char *which,
	const char **value, struct arena *a)
{
	static const struct {
		const char *theirs, *ours;
		enum about about;
	} names[] = { { "status_id", "step", STATUS }, { "assigned_to_id", "assignee", PERSON },
		{ "priority_id", "priority", PRIORITY }, { "project_id", "team", PROJECT },
		{ "tracker_id", "kind", TRACKER }, { "due_date", "due", HAS },
		{ "is_private", "restricted", HAS }, { "parent_id", "parent", HAS },
		{ "child_id", "child", HAS } };
	const char *property = json_get_text(d, "property"), *name = json_get_text(d, "name");

	*value = json_get_text(d, which);
	if (!property || !name || !strcmp(property, "attachment"))
		return NULL;
	if (!strcmp(property, "cf")) {
		const struct entry *e = entry_by_id(s->own, FIELD, strtoll(name, NULL, 10));
		const char *ours = e ? own_field(s, e->name, e->slug) : NULL;

		return ours ? ours : e ? arena_printf(a, "fields.%s", e->slug) : NULL;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(names[i].theirs, name)) {
			if (names[i].about != HAS)
				*value = detail_word(s, names[i].about, *value, a);
			return names[i].ours;
		}
	if (!strcmp(name, "description"))
		*value = NULL;
	return name;
}

/* The values of all details of that name, from the i-th on: a field of several values has several. */
static void put_values(const struct service *s, struct json_out *out, const struct json *details,
	size_t i, const char *which, struct arena *a)
{
	const char *value, *first = detail(s, json_at(details, i), which, &value, a);
	struct buf words = { 0 };

	for (; i < json_count(details); i++) {
		const char *name = detail(s, json_at(details, i), which, &value, a);

		if (!name || strcmp(name, first) || !value || !*value)
			continue;
		buf_text(&words, words.size ? " " : "");
		buf_text(&words, value);
	}
	json_put_text(out, NULL, words.size ? words.text : NULL);
	buf_clear(&words);
}

static const char *changes_of(const struct service *s, const struct json *details, struct arena *a)
{
	struct buf text = { 0 };
	struct json_out out = { .buf = &text };
	const char *value;

	json_open(&out, NULL, '{');
	for (size_t i = 0; i < json_count(details); i++) {
		const char *name = detail(s, json_at(details, i), "new_value", &value, a);
		bool told = !name;

		for (size_t n = 0; n < i && !told; n++) {
			const char *former =
				detail(s, json_at(details, n), "new_value", &value, a);

			told = former && !strcmp(former, name);
		}
		if (told)
			continue;
		json_open(&out, name, '[');
		put_values(s, &out, details, i, "old_value", a);
		put_values(s, &out, details, i, "new_value", a);
		json_close(&out, ']');
	}
	json_close(&out, '}');
	const char *changes = text.size > 2 ? arena_copy(a, text.text) : NULL;

	buf_clear(&text);
	return changes;
}

/* Whether this journal, or (details NULL) none of them, brought the attachment. */
static bool brought(const struct json *journals, const struct json *details, const char *id)
{
	if (!details) {
		for (size_t i = 0; i < json_count(journals); i++)
			if (brought(NULL, json_get(json_at(journals, i), "details"), id))
				return false;
		return true;
	}
	for (size_t i = 0; i < json_count(details); i++) {
		const struct json *d = json_at(details, i);
		const char *property = json_get_text(d, "property"),
			   *name = json_get_text(d, "name");

		if (property && name && !strcmp(property, "attachment") && !strcmp(name, id))
			return true;
	}
	return false;
}

static const char *files_of(
	const struct json *issue, const struct json *details, struct arena *a)
{
	const struct json *list = json_get(issue, "attachments");
	struct buf text = { 0 };
	struct json_out out = { .buf = &text };

	json_open(&out, NULL, '[');
	for (size_t i = 0; i < json_count(list); i++) {
		const struct json *f = json_at(list, i);
		const char *id = id_text(f, "id", a);

		if (!id || !brought(json_get(issue, "journals"), details, id))
			continue;
		json_open(&out, NULL, '{');
		json_put_text(&out, "id", id);
		json_put_text(&out, "name", json_get_text(f, "filename"));
		json_put_text(&out, "type", json_get_text(f, "content_type"));
		json_put_int(&out, "size", json_get_int(f, "filesize", -1));
		json_close(&out, '}');
	}
	json_close(&out, ']');
	const char *files = text.size > 2 ? arena_copy(a, text.text) : NULL;

	buf_clear(&text);
	return files;
}

static void add_journal(struct service *s, struct call *c, const struct json *issue,
	const struct json *journal, struct page *page)
{
	struct arena *a = &page->arena;
	const struct json *details = journal ? json_get(journal, "details") : NULL;
	const struct json *from = journal ? journal : issue;
	const char *text = json_get_text(from, journal ? "notes" : "description");
	struct event *e = page_add_event(page);

	e->casefile = c->cf->key;
	e->seq = journal ? 1 + json_get_int(journal, "id", 0) : 1;
	e->id = arena_printf(a, "%lld", (long long)e->seq);
	e->at = time_of(from, "created_on");
	e->by = arena_copy(a, ref_slug(s->own, PERSON, json_get(from, journal ? "user" : "author")));
	e->text = text_blank(text) ? NULL : arena_copy(a, text);
	e->wire = !journal ? "opened" : e->text ? "note" : "changed";
	e->kind = event_kind_of(e->wire, NULL);
	e->changes = changes_of(s, details, a);
	e->files = files_of(issue, details, a);
	e->visible = !json_get_bool(from, journal ? "private_notes" : "is_private", false);
}

static enum answer events_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	struct json *j = issue_of(s, c->cf->id, a, page, err);
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

/* ---- citizens: the values of one field, with what other fields of the same names say */

static void fill_citizen(struct service *s, const struct json *issue, struct citizen *who,
	struct arena *a)
{
	const struct json *list = json_get(issue, "custom_fields");

	(void)s;
	for (size_t i = 0; i < json_count(list); i++) {
		const struct json *f = json_at(list, i);
		const char *slug = slug_of(json_get_text(f, "name"), '_', a);
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

static void ask_citizens(struct service *s, struct request *r, const char *op, const char *value)
{
	const struct entry *e = field_named(s, "citizen");
	struct buf url = url_of(s, "/issues.json?set_filter=1", NULL), name = { 0 };
	struct asked a = { .s = s, .url = &url, .arena = &(struct arena){ 0 } };

	buf_printf(&name, "cf_%lld", e ? (long long)e->id : 0);
	filter(&a, name.text, op);
	filter_value(&a, name.text, value);
	filter(&a, "status_id", "*");
	filter_value(&a, "status_id", "");
	url_query_int(&url, "limit", PAGE);
	url_query(&url, "sort", "updated_on:desc");
	arena_clear(a.arena);
	buf_clear(&name);
	ask(s, r, "GET", &url);
}

static bool no_citizens(struct service *s, struct error *err)
{
	return error_set(err, ERROR_REFUSED,
		_("No case of %s that you can see has the field %s, which names the citizen; see "
		  "citizen-field in the configuration."),
		s->name, citizen_field(s));
}

/* Names are not kept there: what is searched for are references. */
static bool citizens_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	const char *best = NULL;

	if (!field_named(s, "citizen"))
		return no_citizens(s, err);
	for (const struct term *t = c->query->root->first; t; t = t->next) {
		const char *text = is_word(t) ? t->text : NULL;

		if (t->kind == TERM_FILTER && (!strcmp(t->field, "ref") || !strcmp(t->field, "id")))
			text = t->values[0];
		if (text && !t->negated && (!best || strlen(text) > strlen(best)))
			best = text;
	}
	if (!best)
		return error_set(err, ERROR_REFUSED,
			_("Redmine keeps no names of citizens; search for their %s."),
			citizen_field(s));
	ask_citizens(s, r, "~", best);
	return true;
}

static enum answer read_people(struct service *s, const struct response *a, struct page *page,
	struct error *err)
{
	struct json *j = good(a, page, err);
	const struct json *rows = json_get(j, "issues");
	bool whole = json_get_int(j, "total_count", 0) <= PAGE;
	struct page cases = { 0 };

	for (size_t i = 0; i < json_count(rows); i++) {
		struct casefile *cf = add_issue(s, json_at(rows, i), &cases);

		if (!cf || !cf->citizen)
			continue;
		struct citizen *who = citizen_in(page, cf->citizen);

		fill_citizen(s, json_at(rows, i), who, &page->arena);
		who->all_cases += whole;
		who->open_cases += whole && stage_is_open(cf->stage);
	}
	page_clear(&cases);
	json_free(j);
	return j ? ANSWER_DONE : ANSWER_ERROR;
}

static enum answer citizens_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	struct query_now now = now_of(s);
	enum answer answer = read_people(s, a, page, err);
	int kept = 0;

	for (int i = 0; i < page->citizen_count; i++)
		if (query_match_citizen(c->query, &now, &page->citizens[i]))
			page->citizens[kept++] = page->citizens[i];
	page->citizen_count = kept;
	return answer;
}

static bool citizen_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	if (!field_named(s, "citizen"))
		return no_citizens(s, err);
	ask_citizens(s, r, "=", c->citizen->id);
	return true;
}

/* The field may be none to filter by, and the answer everybody. */
static enum answer citizen_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	enum answer answer = read_people(s, a, page, err);
	int kept = 0;

	for (int i = 0; i < page->citizen_count; i++)
		if (!strcmp(page->citizens[i].id, c->citizen->id))
			page->citizens[kept++] = page->citizens[i];
	page->citizen_count = kept;
	if (answer == ANSWER_DONE && !kept)
		return gone(err) ? ANSWER_DONE : ANSWER_ERROR;
	return answer;
}

/* ---- people and kinds: all of it was learnt */

static void workers_done(struct service *s, struct call *c, struct page *page)
{
	const struct redmine *rm = s->own;

	(void)c;
	for (int i = 0; i < rm->count; i++) {
		const struct entry *e = rm->entries[i];
		const struct entry *of = e->about == PERSON ? entry_by_id(rm, PROJECT, e->value) : NULL;

		if (of) {
			struct worker *w = page_add_worker(page);

			w->id = arena_copy(&page->arena, e->slug);
			w->name = arena_copy(&page->arena, e->name);
			w->team = arena_copy(&page->arena, of->slug);
		}
		if (e->about == PROJECT) {
			struct team *t = page_add_team(page);

			t->id = t->queues = arena_copy(&page->arena, e->slug);
			t->name = arena_copy(&page->arena, e->name);
		}
	}
}

static int steps_of(struct service *s, struct kind_step *out, struct arena *a)
{
	const struct redmine *rm = s->own;
	int count = 0;

	for (int i = 0; i < rm->count; i++) {
		struct casefile cf;

		if (rm->entries[i]->about != STATUS)
			continue;
		if (out) {
			probe(s, rm->entries[i], &cf);
			out[count].id = out[count].name = arena_copy(a, cf.step);
			out[count].status = cf.status;
		}
		count++;
	}
	return count;
}

static int fields_of(struct service *s, int64_t tracker, struct kind_field *out, struct arena *a)
{
	const struct redmine *rm = s->own;
	int count = 0;

	for (int i = 0; i < rm->count; i++) {
		const struct entry *e = rm->entries[i];

		if (e->about != FIELD || own_field(s, e->name, e->slug) ||
			!entry_has(rm, HAS, tracker, e->id))
			continue;
		if (out)
			out[count] = (struct kind_field){ .name = arena_copy(a, e->slug),
				.label = arena_copy(a, e->name),
				.type = KIND_TEXT };
		count++;
	}
	return count;
}

/* A tracker in a project is a kind; which step may follow which is known of each case alone. */
static void kinds_done(struct service *s, struct call *c, struct page *page)
{
	const struct redmine *rm = s->own;
	struct arena *a = &page->arena;
	int step_count = steps_of(s, NULL, a);
	struct kind_step *all = arena_alloc(a, (size_t)step_count * sizeof(*all) + 1);

	(void)c;
	steps_of(s, all, a);
	for (int i = 0; i < rm->count; i++) {
		const struct entry *e = rm->entries[i];
		const struct entry *p = e->about == OFFER ? entry_by_id(rm, PROJECT, e->id) : NULL;
		const struct entry *t = p ? entry_by_id(rm, TRACKER, e->value) : NULL;

		if (!t)
			continue;
		struct kind *k = page_add_kind(page);

		k->id = arena_printf(a, "%s.%s", p->slug, t->slug);
		k->name = arena_printf(a, "%s, %s", t->name, p->name);
		k->queue = arena_copy(a, p->slug);
		k->steps = all;
		k->step_count = step_count;
		k->field_count = fields_of(s, t->id, NULL, a);
		struct kind_field *fields =
			arena_alloc(a, (size_t)k->field_count * sizeof(*fields) + 1);

		fields_of(s, t->id, fields, a);
		k->fields = fields;
	}
}

/* ---- files and news */

static bool file_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	struct buf url = url_of(s, "/attachments/download", c->file->id);

	if (!is_id(c->file->id)) {
		buf_clear(&url);
		return gone(err);
	}
	url_segment(&url, c->file->name);
	return ask(s, r, "GET", &url);
}

static enum answer file_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	(void)s;
	(void)c;
	(void)page;
	return a->status == 200 ? ANSWER_DONE : failed(a, err);
}

/* The first answer only says where to begin: the server's own clock is the one that counts. */
static bool news_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	struct buf url = url_of(s, "/issues.json?set_filter=1", NULL);
	struct asked a = { .s = s, .url = &url, .arena = &(struct arena){ 0 } };

	(void)err;
	filter(&a, "status_id", "*");
	filter_value(&a, "status_id", "");
	if (c->from) {
		filter(&a, "updated_on", ">=");
		filter_value(&a, "updated_on", c->from);
	}
	arena_clear(a.arena);
	url_query(&url, "sort", c->from ? "updated_on:asc,id:asc" : "updated_on:desc");
	url_query_int(&url, "limit", c->from ? PAGE : 1);
	return ask(s, r, "GET", &url);
}

/* Where to go on: the second of the newest, again, since more may come within it; unless a whole page
   is of that one second. */
static enum answer news_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	struct json *j = good(a, page, err);
	const struct json *rows = json_get(j, "issues");
	char next[WHEN_SIZE];

	for (size_t i = 0; i < json_count(rows); i++)
		add_issue(s, json_at(rows, i), page);
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

/* ---- changes: look, refuse what is not allowed, change, look again. Fields go first and alone, since
   Redmine answers 204 to a step it refuses and saves the note beside it. lock_version stands on the page
   for people only; it is read before the case is, so that what is looked at is not older. */

enum stage_of_change { LOCK, LOOK, PUT, CHECK, RELATE, UPLOAD, NOTE, PROOF, FIND, CREATE };

/* What a body is made from. */
struct making {
	struct service *s;
	const struct patch *p;
	struct work *w;
	const struct json *issue;     /* NULL: a new one */
	const struct casefile *now;
	struct arena *arena;
	struct json_out out, fields;
	struct error *err;
};

/* Redmine's place for our priority: the one that reads the nearest to it. */
static const struct entry *priority_entry(const struct redmine *rm, int ours)
{
	const struct entry *best = NULL;
	int off = 9;

	for (int i = 0; i < rm->count; i++) {
		const struct entry *e = rm->entries[i];
		int away = e->about == PRIORITY ? abs(priority_of(rm, e->value) - ours) : 9;

		if (away < off)
			best = e;
		off = away < off ? away : off;
	}
	return best;
}

/* Line ends come back in another form than they went. */
static bool same_text(const char *a, const char *b)
{
	for (;; a++, b++) {
		a += strspn(a, "\r");
		b += strspn(b, "\r");
		if (*a != *b || !*a)
			return *a == *b;
	}
}

static bool same_words(const char *a, const char *b, struct arena *arena)
{
	const char *left = b;

	for (size_t size; *a; a += size + (a[size] == ' ')) {
		size = strcspn(a, " ");
		const char *word = arena_copy_n(arena, a, size);

		if (!words_have(b, word))
			return false;
		left = words_drop(left, word, arena);
	}
	return !left || !*left;
}

/* Whether the case is already as this says. */
static bool is_so(struct service *s, const struct casefile *cf, const char *field, const char *text)
{
	struct arena a = { 0 };
	const char *now = case_get(cf, field, &a);
	bool so = true;
	time_t due = 0;
	char day[12] = "", is[12] = "";
	enum stage stage;

	now = now ? now : "";
	text = text ? text : "";
	if (!strcmp(field, "due")) {
		if (when_read(text, &due))
			day_of(day, due);
		if (cf->due)
			day_of(is, cf->due);
		so = !strcmp(day, is);
	} else if (!strcmp(field, "priority")) {
		so = *text && cf->priority &&
		     priority_entry(s->own, atoi(text)) == priority_entry(s->own, cf->priority);
	} else if (!strcmp(field, "stage") && stage_read(text, &stage)) {
		so = stage == cf->stage || (!stage_is_open(stage) && !stage_is_open(cf->stage));
	} else if (!strcmp(field, "status")) {
		so = stage_of_status(text, &stage) && stage == cf->stage;
	} else if (strcmp(field, "outcome") && strcmp(field, "text") && strcmp(field, "links")) {
		const struct entry *e = field_named(s, field);

		so = same_text(now, text) || (e && e->value == 1 && same_words(now, text, &a));
	}
	arena_clear(&a);
	return so;
}

static bool put_id(struct making *m, const char *name, const struct entry *e, const char *wanted)
{
	if (e)
		json_put_int(&m->out, name, e->id);
	return e || error_set(m->err, ERROR_REFUSED,
			    _("%s is nothing that Redmine has for this case."), wanted);
}

/* By identifier or name; nobody is guessed where two are called the same. */
static bool put_person(struct making *m, const char *wanted)
{
	bool many = false;
	const struct entry *e =
		wanted ? entry_named(m->s->own, PERSON, wanted, &many) : NULL;

	if (many)
		return error_set(m->err, ERROR_REFUSED,
			_("Several people in Redmine are called %s; assign it on its web page."),
			wanted);
	if (e)
		return put_id(m, "assigned_to_id", e, wanted);
	json_put_text(&m->out, "assigned_to_id", "");
	return !wanted || error_set(m->err, ERROR_REFUSED,
				  _("There is nobody called %s who could have this case."), wanted);
}

/* benefits.request: a tracker in a project. */
static bool put_kind(struct making *m, const char *kind)
{
	const struct redmine *rm = m->s->own;

	for (int i = 0; kind && i < rm->count; i++) {
		const struct entry *e = rm->entries[i];
		const struct entry *p = e->about == OFFER ? entry_by_id(rm, PROJECT, e->id) : NULL;
		const struct entry *t = p ? entry_by_id(rm, TRACKER, e->value) : NULL;

		if (!t || strcmp(kind, arena_printf(m->arena, "%s.%s", p->slug, t->slug)))
			continue;
		if (!patch_find(m->p, "team"))
			json_put_int(&m->out, "project_id", p->id);
		json_put_int(&m->out, "tracker_id", t->id);
		return true;
	}
	return put_id(m, "tracker_id", NULL, kind ? kind : "-");
}

static bool has_field(const struct making *m, int64_t id)
{
	const struct json *list = json_get(m->issue, "custom_fields");

	for (size_t i = 0; i < json_count(list); i++)
		if (json_get_int(json_at(list, i), "id", 0) == id)
			return true;
	return !m->issue;
}

static bool put_custom(struct making *m, const char *field, const char *value)
{
	const struct entry *e = field_named(m->s, field);
	const char *word = value ? value : "";

	if (!e || !has_field(m, e->id))
		return error_set(m->err, ERROR_REFUSED,
			_("This case has no field %s in Redmine."), field);
	json_open(&m->fields, NULL, '{');
	json_put_int(&m->fields, "id", e->id);
	if (e->value != 1)
		json_put_text(&m->fields, "value", word);
	else if (*word)
		json_put_words(&m->fields, "value", word);
	else
		json_put_raw(&m->fields, "value", "[\"\"]");
	json_close(&m->fields, '}');
	return true;
}

static const struct change *wanted_status(const struct patch *p)
{
	static const char *const fields[] = { "step", "status", "stage" };
	const struct change *c = NULL;

	for (int i = 0; i < 3 && !c; i++)
		c = patch_find(p, fields[i]);
	return c;
}

static bool fits(const struct making *m, const struct entry *e, const struct change *c)
{
	struct casefile cf;

	probe(m->s, e, &cf);
	if (!strcmp(c->field, "step"))
		return c->after && !strcasecmp(c->after, e->name);
	return is_so(m->s, &cf, c->field, c->after);
}

/* Only where Redmine lets this person move this case now: else it would say yes and do nothing. The
   outcome may name which of several ends is meant. */
static bool put_allowed(struct making *m, const struct change *c)
{
	struct redmine *rm = m->s->own;
	const struct json *list = json_get(m->issue, "allowed_statuses");
	const struct change *outcome = patch_find(m->p, "outcome");
	const struct entry *found = NULL;
	struct buf names = { 0 };

	for (size_t i = 0; i < json_count(list); i++) {
		const struct json *j = json_at(list, i);
		const struct entry *e = entry_learn(rm, STATUS, json_get_int(j, "id", 0),
			json_get_bool(j, "is_closed", false), json_get_text(j, "name"));

		if (!e)
			continue;
		buf_printf(&names, "%s%s", names.size ? ", " : "", e->name);
		bool named = outcome && outcome->after && !strcasecmp(outcome->after, e->name);

		if (fits(m, e, c) && (!found || named))
			found = e;
	}
	if (found)
		json_put_int(&m->out, "status_id", found->id);
	else
		error_set(m->err, ERROR_REFUSED,
			_("Redmine does not let you move this case from %s to %s; possible: %s."),
			m->now->step, c->after ? c->after : "-", buf_str(&names));
	buf_clear(&names);
	return found != NULL;
}

/* Words of `words` that `without` has not; NULL at the end. */
static const char *next_word(const char **words, const char *without, struct arena *a)
{
	while (*words && **words) {
		size_t size = strcspn(*words, " ");
		const char *word = arena_copy_n(a, *words, size);

		*words += size + ((*words)[size] == ' ');
		if (!words_have(without, word))
			return word;
	}
	return NULL;
}

/* Of its own cases Redmine knows no direction. */
static bool is_linked(const struct casefile *cf, const char *link, struct arena *a)
{
	return words_have(cf->links, link) ||
	       (!strncmp(link, "referred-by:", 12) &&
		       words_have(cf->links, arena_printf(a, "refers-to:%s", link + 12)));
}

static bool is_address(const char *link)
{
	return strstr(link, ":http://") || strstr(link, ":https://");
}

static const char *line_of(const char *link, struct arena *a)
{
	const char *where = strchr(link, ':');

	return arena_printf(a, "%.*s: %s", (int)(where - link), link, where + 1);
}

/* The description without the lines of links taken away, with those of new ones. */
static const char *described(struct making *m, const char *text, const struct change *c)
{
	struct buf out = { 0 };
	const char *word, *from = c->before, *to = c->after;
	const char *gone_lines = NULL;

	while ((word = next_word(&from, c->after, m->arena)))
		if (is_address(word))
			gone_lines = arena_printf(m->arena, "%s\n%s\n", gone_lines ? gone_lines : "",
				line_of(word, m->arena));
	for (const char *line = text; line && *line;) {
		size_t size = strcspn(line, "\r\n"), end = strspn(line + size, "\r\n");
		const char *own = arena_printf(m->arena, "\n%.*s\n", (int)size, line);

		if (!gone_lines || !strstr(gone_lines, own) || !size)
			buf_add(&out, line, size + end);
		line += size + end;
	}
	while ((word = next_word(&to, c->before, m->arena)))
		if (is_address(word) && !words_have(m->now->links, word))
			buf_printf(&out, "%s%s", out.size ? "\r\n\r\n" : "",
				line_of(word, m->arena));
	const char *whole = arena_copy(m->arena, buf_str(&out));

	buf_clear(&out);
	return whole;
}

static void put_links_in(struct making *m, const struct change *c)
{
	const char *text = json_get_text(m->issue, "description"), *word;
	const char *from = c->before, *to = c->after;
	const char *whole = described(m, text, c);

	if (!same_text(whole, text ? text : ""))
		json_put_text(&m->out, "description", whole);
	while ((word = next_word(&from, c->after, m->arena)))
		if (!strncmp(word, "parent:", 7) && words_have(m->now->links, word))
			json_put_text(&m->out, "parent_issue_id", "");
	while ((word = next_word(&to, c->before, m->arena)))
		if (!strncmp(word, "parent:", 7) && !words_have(m->now->links, word))
			json_put_text(&m->out, "parent_issue_id", word + 7);
}

static bool put_change(struct making *m, const struct change *c)
{
	const struct redmine *rm = m->s->own;
	const char *f = c->field, *v = c->after;
	char day[12] = "";
	time_t due;

	if (!strcmp(f, "subject"))
		json_put_text(&m->out, f, v ? v : "");
	else if (!strcmp(f, "due")) {
		if (v && when_read(v, &due))
			day_of(day, due);
		json_put_text(&m->out, "due_date", day);
	} else if (!strcmp(f, "restricted"))
		json_put_bool(&m->out, "is_private", v && !strcmp(v, "yes"));
	else if (!strcmp(f, "priority"))
		return put_id(m, "priority_id", priority_entry(rm, v ? atoi(v) : 3), v ? v : "-");
	else if (!strcmp(f, "worker"))
		return put_person(m, v);
	else if (!strcmp(f, "team"))
		return put_id(m, "project_id", entry_named(rm, PROJECT, v ? v : "", NULL), v ? v : "-");
	else if (!strcmp(f, "queue"))
		return patch_find(m->p, "team") || patch_find(m->p, "kind") ||
		       put_id(m, "project_id", entry_named(rm, PROJECT, v ? v : "", NULL),
			       v ? v : "-");
	else if (!strcmp(f, "kind"))
		return put_kind(m, v);
	else
		return put_custom(m, f, v);
	return true;
}

static bool is_status(const char *field)
{
	return !strcmp(field, "step") || !strcmp(field, "status") || !strcmp(field, "stage");
}

static bool is_link(const char *field)
{
	return !strcmp(field, "links") || !strcmp(field, "duplicate_of");
}

static bool put_changes(struct making *m)
{
	const struct change *status = m->issue ? wanted_status(m->p) : NULL;
	const struct change *twin = patch_find(m->p, "duplicate_of");

	for (int i = 0; i < m->p->count; i++) {
		const struct change *c = &m->p->changes[i];

		if (!strcmp(c->field, "links") && m->issue)
			put_links_in(m, c);
		if (is_status(c->field) || is_link(c->field) || !strcmp(c->field, "outcome") ||
			!strcmp(c->field, "text") ||
			(m->issue ? is_so(m->s, m->now, c->field, c->after) : !c->after))
			continue;
		if (!put_change(m, c))
			return false;
	}
	if (status && !is_so(m->s, m->now, status->field, status->after) && !put_allowed(m, status))
		return false;
	if (!status && m->issue && twin && twin->after && stage_is_open(m->now->stage)) {
		struct change end = { .field = "stage", .after = "done" };
		struct error none;
		struct error *err = m->err;

		m->err = &none; /* it is a duplicate, whether it may be closed or not */
		put_allowed(m, &end);
		m->err = err;
	}
	return true;
}

/* {"issue":{...}}; *any: there is something in it. false: it cannot be said. */
static bool make_body(struct making *m, const char *description, bool *any)
{
	struct buf body = { 0 }, fields = { 0 };

	m->out.buf = &body;
	m->fields.buf = &fields;
	json_open(&m->out, NULL, '{');
	json_open(&m->out, "issue", '{');
	size_t empty = body.size;

	json_open(&m->fields, NULL, '[');
	bool good = put_changes(m);

	json_close(&m->fields, ']');
	if (description)
		json_put_text(&m->out, "description", description);
	if (fields.size > 2)
		json_put_raw(&m->out, "custom_fields", fields.text);
	*any = body.size > empty;
	if (*m->w->lock)
		json_put_int(&m->out, "lock_version", strtoll(m->w->lock, NULL, 10));
	json_close(&m->out, '}');
	json_close(&m->out, '}');
	m->w->body = arena_copy(m->arena, buf_str(&body));
	buf_clear(&body);
	buf_clear(&fields);
	return good;
}

/* ---- notes: what is written goes last, and is looked for before it is written again */

/* The i-th text: the note, which colleagues with the right alone read; then the answer. false: there is
   no such text. An outcome that is no state of Redmine's is said in the note. */
static bool entry_text(
	const struct service *s, const struct call *c, int i, struct arena *a, const char **text)
{
	const struct patch *p = c->patch;
	const struct change *outcome = patch_find(p, "outcome");
	const char *end = outcome ? outcome->after : NULL;
	struct json *j = p->answer ? json_read(p->answer, strlen(p->answer), NULL, NULL) : NULL;

	*text = i == 1 ? arena_copy(a, json_get_text(j, "text")) : NULL;
	json_free(j);
	if (i == 1)
		return *text != NULL;
	if (p->note && !(p->creates && !patch_find(p, "text")))
		*text = p->note;
	if (end && strcmp(end, "done") && !entry_named(s->own, STATUS, end, NULL))
		*text = arena_printf(a, "%s%s%s", *text ? *text : "", *text ? "\n\n" : "", end);
	if (!*text && p->file_count && !p->answer)
		*text = "";
	return *text != NULL;
}

static bool entry_has_files(const struct patch *p, int i)
{
	return p->file_count && (i == 1 || !p->answer);
}

static bool all_attached(const struct json *issue, const struct patch *p)
{
	const struct json *list = json_get(issue, "attachments");

	for (int i = 0; i < p->file_count; i++) {
		bool found = false;

		for (size_t n = 0; n < json_count(list) && !found; n++) {
			const char *name = json_get_text(json_at(list, n), "filename");

			found = name && !strcmp(name, p->files[i].name);
		}
		if (!found)
			return false;
	}
	return true;
}

/* Whether a journal of mine says that: newer than `seen`, or (seen 0) made since the change was. */
static bool is_said(struct service *s, const struct call *c, const struct json *issue, int i,
	const char *text, int64_t seen)
{
	const struct redmine *rm = s->own;
	const struct json *list = json_get(issue, "journals");

	if (!*text)
		return all_attached(issue, c->patch);
	for (size_t n = 0; n < json_count(list); n++) {
		const struct json *j = json_at(list, n);
		const char *notes = json_get_text(j, "notes");

		if (notes && same_text(notes, text) && json_get_int(j, "id", 0) > seen &&
			json_get_int(json_get(j, "user"), "id", 0) == rm->me &&
			(seen || time_of(j, "created_on") >= c->patch->made - SKEW_S) &&
			(!entry_has_files(c->patch, i) || all_attached(issue, c->patch)))
			return true;
	}
	return false;
}

/* ---- relations: one after the other, the case looked at anew between them */

static const char *relation_body(const char *id, const char *type, struct arena *a)
{
	return arena_printf(a, "{\"relation\":{\"issue_to_id\":%s,\"relation_type\":\"%s\"}}", id, type);
}

static bool relate(struct work *w, const char *method, const char *target, const char *body)
{
	w->method = method;
	w->target = target;
	w->body = body;
	w->stage = RELATE;
	return true;
}

static bool add_relation(struct work *w, const char *word, struct arena *a)
{
	const char *to = strchr(word, ':') + 1;
	const char *type = !strncmp(word, "depends-on:", 11)  ? "blocked"
			   : !strncmp(word, "needed-by:", 10) ? "blocks"
							      : "relates";

	if (!is_id(to))
		return false;
	if (!strncmp(word, "child:", 6))
		return relate(w, "PUT", arena_printf(a, "/issues/%s.json", to),
			arena_printf(a, "{\"issue\":{\"parent_issue_id\":%s}}", w->id));
	return relate(w, "POST",
		arena_printf(a, "/issues/%s/relations.json", w->id), relation_body(to, type, a));
}

/* word NULL: the one that says whose duplicate it is. */
static bool drop_relation(struct work *w, const struct json *issue, const char *word, struct arena *a)
{
	const struct json *list = json_get(issue, "relations");

	if (word && !strncmp(word, "child:", 6))
		return relate(w, "PUT", arena_printf(a, "/issues/%s.json", word + 6),
			"{\"issue\":{\"parent_issue_id\":\"\"}}");
	for (size_t i = 0; i < json_count(list); i++) {
		const struct json *r = json_at(list, i);
		const char *from = id_text(r, "issue_id", a), *to = id_text(r, "issue_to_id", a);
		bool forth = from && !strcmp(from, w->id);
		const char *is = relation_of(json_get_text(r, "relation_type"), forth);

		if (is ? word && !strcmp(word, arena_printf(a, "%s:%s", is, forth ? to : from))
		       : !word && forth)
			return relate(w, "DELETE",
				arena_printf(a, "/relations/%s.json", id_text(r, "id", a)), NULL);
	}
	return false;
}

/* The next of them; false: none is left. */
static bool next_relation(struct call *c, const struct casefile *now, const struct json *issue,
	struct arena *a)
{
	struct work *w = c->work;
	const struct change *twin = patch_find(c->patch, "duplicate_of");
	const struct change *links = patch_find(c->patch, "links");
	const char *from = links ? links->before : NULL, *to = links ? links->after : NULL, *word;

	if (twin && now->duplicate_of && (!twin->after || strcmp(twin->after, now->duplicate_of)))
		return drop_relation(w, issue, NULL, a);
	if (twin && twin->after && !now->duplicate_of && is_id(twin->after))
		return relate(w, "POST", arena_printf(a, "/issues/%s/relations.json", w->id),
			relation_body(twin->after, "duplicates", a));
	while (links && (word = next_word(&from, links->after, a)))
		if (is_linked(now, word, a) && strncmp(word, "parent:", 7) && !is_address(word))
			return drop_relation(w, issue,
				strncmp(word, "referred-by:", 12) ? word : arena_printf(a, "refers-to:%s", word + 12), a);
	while (links && (word = next_word(&to, links->before, a)))
		if (!is_linked(now, word, a) && strncmp(word, "parent:", 7) && !is_address(word))
			return add_relation(w, word, a);
	return false;
}

/* The text of a new case: what was asked, else the note, and addresses it is linked to. */
static const char *new_text(const struct patch *p, struct arena *a)
{
	const struct change *text = patch_find(p, "text"), *links = patch_find(p, "links");
	struct casefile none = { 0 };
	struct making m = { .now = &none, .arena = a };
	struct change c = { .after = links ? links->after : NULL };

	return described(&m, text ? text->after : p->note, &c);
}

/* A case needs a tracker and a project: of its kind, else the first that its queue has. */
static bool create_body(struct service *s, struct call *c, struct arena *a, struct error *err)
{
	struct casefile none = { 0 };
	struct making m = { .s = s, .p = c->patch, .w = c->work, .now = &none, .arena = a,
		.err = err };
	bool any;

	return make_body(&m, new_text(c->patch, a), &any);
}

/* ---- the steps of a change */

static bool change_begin(struct service *s, struct call *c, struct error *err)
{
	struct work *w = c->work;

	if (!s->ops->can(s, c->patch, err))
		return false;
	w->stage = !c->patch->creates ? LOCK : c->again ? FIND : CREATE;
	if (c->patch->creates)
		return true;
	if (!c->cf || !is_id(c->cf->id))
		return error_set(err, ERROR_LOCAL,
			_("It is not known here which case this change belongs to; open it, then "
			  "send the change again from the outbox."));
	snprintf(w->id, sizeof(w->id), "%s", c->cf->id);
	return true;
}

static unsigned change_needs(struct service *s, struct call *c)
{
	const struct change *worker = patch_find(c->patch, "worker");
	bool custom = false;

	for (int i = 0; i < c->patch->count; i++)
		custom |= !strncmp(c->patch->changes[i].field, "fields.", 7) ||
			  !strcmp(c->patch->changes[i].field, "citizen") ||
			  !strcmp(c->patch->changes[i].field, "tags");
	return (worker && worker->after && !entry_named(s->own, PERSON, worker->after, NULL)
			       ? LEARN_MEMBERS
			       : 0) |
	       (custom || c->patch->creates ? LEARN_FIELDS : 0);
}

/* One that may be this new case: mine, of the same subject, made since. */
static void ask_twin(struct service *s, struct call *c, struct request *r)
{
	const struct change *subject = patch_find(c->patch, "subject");
	struct buf url = url_of(s, "/issues.json?set_filter=1", NULL);
	struct arena arena = { 0 };
	struct asked a = { .s = s, .url = &url, .arena = &arena };
	char since[WHEN_SIZE];
	const char *values[] = { subject && subject->after ? subject->after : "", NULL };
	struct term t = { .kind = TERM_FILTER, .field = "subject", .op = OP_IS, .values = values };

	when_write(since, c->patch->made - SKEW_S);
	filter(&a, "status_id", "*");
	filter_value(&a, "status_id", "");
	filter(&a, "author_id", "=");
	filter_value(&a, "author_id", "me");
	filter(&a, "created_on", ">=");
	filter_value(&a, "created_on", since);
	put_subject(&a, &t);
	url_query(&url, "sort", "id:asc");
	url_query_int(&url, "limit", PAGE);
	arena_clear(&arena);
	ask(s, r, "GET", &url);
}

static void ask_upload(struct service *s, struct call *c, struct request *r)
{
	const struct work *w = c->work;
	const struct attachment *f = &c->patch->files[w->file];
	struct buf url = url_of(s, "/uploads.json", NULL);

	url_query(&url, "filename", f->name);
	ask(s, r, "POST", &url);
	request_header(r, "Content-Type", "application/octet-stream");
	r->body_path = xstrdup(f->path);
}

static void note_body(struct call *c, struct page *page, const char *text)
{
	struct work *w = c->work;
	struct buf body = { 0 };
	struct json_out out = { .buf = &body };

	json_open(&out, NULL, '{');
	json_open(&out, "issue", '{');
	json_put_text(&out, "notes", text);
	if (w->entry == 0 && *text)
		json_put_bool(&out, "private_notes", true);
	if (entry_has_files(c->patch, w->entry))
		json_put_raw(&out, "uploads", arena_printf(&page->arena, "[%s]", w->tokens));
	json_close(&out, '}');
	json_close(&out, '}');
	w->body = arena_copy(&page->arena, body.text);
	buf_clear(&body);
}

static void ask_with_body(
	struct service *s, struct request *r, const char *method, const char *path, const char *body)
{
	struct buf url = url_of(s, path, NULL);

	ask(s, r, method, &url);
	if (!body)
		return;
	request_header(r, "Content-Type", "application/json");
	r->body = xstrdup(body);
	r->body_size = strlen(body);
}

static bool change_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	struct work *w = c->work;
	struct buf url = { 0 }, path = { 0 };
	struct arena arena = { 0 };
	bool good = true;

	if (!w->begun && !change_begin(s, c, err))
		return false;
	w->begun = true;
	buf_printf(&path, "/issues/%s.json", w->id);
	switch ((enum stage_of_change)w->stage) {
	case LOCK:
		url = url_of(s, "/issues", w->id);
		ask_as(s, r, "GET", &url, "text/html");
		break;
	case FIND:
		ask_twin(s, c, r);
		break;
	case CREATE:
		good = create_body(s, c, &arena, err);
		ask_with_body(s, r, "POST", "/issues.json", w->body);
		break;
	case UPLOAD:
		ask_upload(s, c, r);
		break;
	case PUT:
	case NOTE:
		ask_with_body(s, r, "PUT", path.text, w->body);
		break;
	case RELATE:
		ask_with_body(s, r, w->method, w->target, w->body);
		break;
	default:
		ask_issue(s, r, "GET", w->id, WHOLE);
	}
	buf_clear(&path);
	arena_clear(&arena);
	return good;
}

/* <input ... value="3" name="issue[lock_version]" ...>, in any order; without it (a theme, a later version)
   the journals say afterwards whether somebody was at it in the same moment. */
static void read_lock(struct work *w, const struct response *a)
{
	const char *at = a->status == 200 ? strstr(a->body, "name=\"issue[lock_version]\"") : NULL;

	w->lock[0] = '\0';
	while (at && at > a->body && *at != '<')
		at--;
	const char *value = at ? strstr(at, "value=\"") : NULL;
	const char *end = at ? strchr(at, '>') : NULL;

	if (value && end && value < end)
		snprintf(w->lock, sizeof(w->lock), "%.*s", (int)strspn(value + 7, "0123456789"),
			value + 7);
}

static enum answer conflict(struct error *err, const char *field, const char *now)
{
	error_set(err, ERROR_CONFLICT, _("Somebody else changed %s meanwhile; it is %s now."),
		_(field), now && *now ? now : _("empty"));
	return ANSWER_ERROR;
}

static const char *label(const char *field)
{
	const struct case_field *f = case_field_find(field);

	return f ? f->label : !strncmp(field, "fields.", 7) ? field + 7 : field;
}

/* What the person saw before they changed it is not there any more, nor what they wanted. */
static bool overtaken(struct service *s, struct call *c, const struct casefile *now,
	struct arena *a, struct error *err)
{
	for (int i = 0; i < c->patch->count && !c->patch->creates; i++) {
		const struct change *ch = &c->patch->changes[i];

		if (is_so(s, now, ch->field, ch->after) || is_so(s, now, ch->field, ch->before))
			continue;
		conflict(err, label(ch->field), case_get(now, ch->field, a));
		return true;
	}
	return false;
}

static enum answer go(struct work *w, enum stage_of_change stage)
{
	w->stage = stage;
	return ANSWER_MORE;
}

/* Behind the fields: relations, then what is written. */
static enum answer go_on(struct service *s, struct call *c, const struct json *issue,
	struct page *page, struct error *err)
{
	struct work *w = c->work;
	struct arena *a = &page->arena;
	const char *text;

	if (next_relation(c, &page->cases[0], issue, a)) {
		const char *this = arena_printf(a, "%s %s %s", w->method, w->target, w->body);
		bool again = w->last && !strcmp(w->last, this);

		w->last = this;
		if (!again)
			return ANSWER_MORE;
		error_set(err, ERROR_REFUSED,
			_("Redmine said yes and did not change the links of this case."));
		return ANSWER_ERROR;
	}
	for (; w->entry < 2; w->entry++) {
		if (!entry_text(s, c, w->entry, a, &text) ||
			(c->again && is_said(s, c, issue, w->entry, text, 0)))
			continue;
		w->file = 0;
		w->tokens = "";
		if (entry_has_files(c->patch, w->entry))
			return go(w, UPLOAD);
		note_body(c, page, text);
		return go(w, NOTE);
	}
	return ANSWER_DONE;
}

static enum answer look_read(struct service *s, struct call *c, const struct json *issue,
	struct page *page, struct error *err)
{
	struct work *w = c->work;
	struct casefile *now = &page->cases[0];
	struct making m = { .s = s, .p = c->patch, .w = w, .issue = issue, .now = now,
		.arena = &page->arena, .err = err };
	bool any = false;

	w->seen = now->last_event - 1;
	if (overtaken(s, c, now, &page->arena, err) || !make_body(&m, NULL, &any))
		return ANSWER_ERROR;
	return any ? go(w, PUT) : go_on(s, c, issue, page, err);
}

/* Somebody else's hand on the same fields since we looked: told where no version kept them away. */
static bool raced(const struct service *s, const struct work *w, const struct json *issue)
{
	const struct redmine *rm = s->own;
	const struct json *list = json_get(issue, "journals");

	for (size_t i = 0; i < json_count(list) && !*w->lock; i++) {
		const struct json *j = json_at(list, i);

		if (json_get_int(j, "id", 0) > w->seen && json_count(json_get(j, "details")) &&
			json_get_int(json_get(j, "user"), "id", 0) != rm->me)
			return true;
	}
	return false;
}

/* Of the links those that are fields in Redmine: its parent, and lines of the description. */
static bool links_stand(const struct patch *p, const struct casefile *now, struct arena *a)
{
	const struct change *c = patch_find(p, "links");
	const char *from = c ? c->before : NULL, *to = c ? c->after : NULL, *word;

	while (c && (word = next_word(&from, c->after, a)))
		if ((is_address(word) || !strncmp(word, "parent:", 7)) && is_linked(now, word, a))
			return false;
	while (c && (word = next_word(&to, c->before, a)))
		if ((is_address(word) || !strncmp(word, "parent:", 7)) && !is_linked(now, word, a))
			return false;
	return true;
}

/* A 204 proves nothing: each field as it is now. */
static enum answer check_read(struct service *s, struct call *c, const struct json *issue,
	struct page *page, struct error *err)
{
	const struct casefile *now = &page->cases[0];
	struct buf names = { 0 };

	for (int i = 0; i < c->patch->count; i++) {
		const struct change *ch = &c->patch->changes[i];
		const char *is = case_get(now, ch->field, &page->arena);

		if (!strcmp(ch->field, "links") ? !links_stand(c->patch, now, &page->arena)
						: !is_link(ch->field) &&
							  !is_so(s, now, ch->field, ch->after))
			buf_printf(&names, "%s%s (%s)", names.size ? ", " : "", _(label(ch->field)),
				is ? is : _("empty"));
	}
	if (names.size)
		error_set(err, raced(s, c->work, issue) ? ERROR_CONFLICT : ERROR_REFUSED,
			_("Redmine said yes and did not change this; it is still: %s."), names.text);
	else if (raced(s, c->work, issue))
		error_set(err, ERROR_CONFLICT,
			_("Somebody else changed this case at the same moment; look at it again."));
	buf_clear(&names);
	return err->kind != ERROR_NONE ? ANSWER_ERROR : go_on(s, c, issue, page, err);
}

static enum answer proof_read(struct service *s, struct call *c, const struct json *issue,
	struct page *page, struct error *err)
{
	struct work *w = c->work;
	const char *text = "";

	entry_text(s, c, w->entry, &page->arena, &text);
	if (!is_said(s, c, issue, w->entry, text, w->seen)) {
		error_set(err, ERROR_REFUSED,
			_("Redmine said yes, and what was written is not on the case; send it again."));
		return ANSWER_ERROR;
	}
	w->entry++;
	return go_on(s, c, issue, page, err);
}

/* The same subject, text and kind, by me, since the change was made: it is this one. */
static enum answer find_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	struct work *w = c->work;
	struct json *j = good(a, page, err);
	const struct json *rows = json_get(j, "issues");
	const struct change *subject = patch_find(c->patch, "subject");
	const char *text = new_text(c->patch, &page->arena);
	struct page found = { 0 };

	w->stage = CREATE;
	for (size_t i = 0; i < json_count(rows) && w->stage == CREATE; i++) {
		const struct casefile *cf = add_issue(s, json_at(rows, i), &found);
		const char *there = json_get_text(json_at(rows, i), "description");
		const struct change *kind = patch_find(c->patch, "kind");

		if (!cf || !is_so(s, cf, "subject", subject ? subject->after : NULL) ||
			(kind && !is_so(s, cf, "kind", kind->after)) ||
			!same_text(there ? there : "", text ? text : ""))
			continue;
		snprintf(w->id, sizeof(w->id), "%s", cf->id);
		w->stage = LOCK;
	}
	page_clear(&found);
	json_free(j);
	return j ? ANSWER_MORE : ANSWER_ERROR;
}

/* Answered to a write: 204 or 201, or not. A fight over the case begins anew with a look. */
static enum answer written(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	struct work *w = c->work;
	enum stage_of_change was = w->stage;
	struct json *j = NULL;

	w->tries++;
	if (a->status >= 200 && a->status <= 299) {
		if (was == CREATE) {
			j = issue_of(s, NULL, a, page, err);
			if (!j)
				return ANSWER_ERROR;
			snprintf(w->id, sizeof(w->id), "%s", page->cases[0].id);
			json_free(j);
		}
		return go(w, was == CREATE ? LOCK : was == NOTE ? PROOF : CHECK);
	}
	failed(a, err);
	if (err->kind == ERROR_CONFLICT && was == NOTE && w->tries >= TRIES)
		err->kind = ERROR_BUSY; /* a note is in nobody's way */
	if (err->kind != ERROR_CONFLICT || w->tries >= TRIES)
		return ANSWER_ERROR;
	*err = (struct error){ 0 };
	return go(w, was == PUT ? LOCK : LOOK);
}

static enum answer upload_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	struct work *w = c->work;
	const struct attachment *f = &c->patch->files[w->file];
	struct json *j = good(a, page, err);
	const char *token = json_get_text(json_get(j, "upload"), "token"), *text = "";
	struct buf tokens = { 0 };
	struct json_out out = { .buf = &tokens };

	if (!j)
		return ANSWER_ERROR;
	json_open(&out, NULL, '{');
	json_put_text(&out, "token", token);
	json_put_text(&out, "filename", f->name);
	if (f->type)
		json_put_text(&out, "content_type", f->type);
	json_close(&out, '}');
	w->tokens = arena_printf(&page->arena, "%s%s%s", w->tokens, *w->tokens ? "," : "", tokens.text);
	buf_clear(&tokens);
	json_free(j);
	if (++w->file < c->patch->file_count)
		return ANSWER_MORE;
	entry_text(s, c, w->entry, &page->arena, &text);
	note_body(c, page, text);
	return go(w, NOTE);
}

static enum answer change_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	struct work *w = c->work;

	if (w->stage == LOCK) {
		if (a->status == 401)
			return failed(a, err);
		read_lock(w, a);
		return go(w, LOOK);
	}
	if (w->stage == FIND)
		return find_read(s, c, a, page, err);
	if (w->stage == UPLOAD)
		return upload_read(s, c, a, page, err);
	if (w->stage != LOOK && w->stage != CHECK && w->stage != PROOF)
		return written(s, c, a, page, err);

	struct json *j = issue_of(s, w->id, a, page, err);

	if (!j)
		return ANSWER_ERROR;
	enum answer answer = (w->stage == LOOK	  ? look_read
			      : w->stage == CHECK ? check_read
						  : proof_read)(
		s, c, json_get(j, "issue"), page, err);

	json_free(j);
	return answer;
}

static bool redmine_can(const struct service *s, const struct patch *p, struct error *err)
{
	static const char *const nowhere[] = { "skills", "surge", "group", NULL };

	if (p->on == ON_CITIZEN)
		return error_set(err, ERROR_REFUSED,
			_("%s keeps no records of citizens: there is nothing to change there."),
			s->name);
	if (p->on != ON_CASE)
		return error_set(err, ERROR_REFUSED, _("This service cannot take such a change."));
	for (int i = 0; nowhere[i]; i++)
		if (patch_find(p, nowhere[i]))
			return error_set(err, ERROR_REFUSED, _("%s has no place for %s on a case."),
				s->name, nowhere[i]);
	return true;
}

/* ---- every call: first what has to be learnt for it */

struct step {
	unsigned need; /* learnt once; `anew`: each time */
	unsigned anew;
	unsigned (*needs)(struct service *, struct call *);
	bool (*ask)(struct service *, struct call *, struct request *, struct error *);
	enum answer (*read)(struct service *, struct call *, const struct response *, struct page *,
		struct error *);
	void (*done)(struct service *, struct call *, struct page *); /* where learning is all */
};

static const struct step steps[CALL_COUNT] = {
	[CALL_LOGIN] = { .anew = LEARN_LOGIN, .done = login_done },
	[CALL_LIST] = { .need = LEARN_LOGIN,
		.needs = list_need, .ask = list_ask, .read = list_read },
	[CALL_OPEN] = { .need = LEARN_LOGIN, .ask = open_ask, .read = open_read },
	[CALL_EVENTS] = { .need = LEARN_LOGIN | LEARN_FIELDS | LEARN_MEMBERS,
		.ask = open_ask, .read = events_read },
	[CALL_CITIZENS] = { .need = LEARN_LOGIN | LEARN_FIELDS,
		.ask = citizens_ask, .read = citizens_read },
	[CALL_CITIZEN] = { .need = LEARN_LOGIN | LEARN_FIELDS,
		.ask = citizen_ask, .read = citizen_read },
	[CALL_WORKERS] = { .anew = LEARN_LOGIN | LEARN_MEMBERS, .done = workers_done },
	[CALL_CASE_KINDS] = { .need = LEARN_LOGIN, .anew = LEARN_FIELDS, .done = kinds_done },
	[CALL_PATCH] = { .need = LEARN_LOGIN, .needs = change_needs,
		.ask = change_ask, .read = change_read },
	[CALL_FILE] = { .ask = file_ask, .read = file_read },
	[CALL_NEWS] = { .need = LEARN_LOGIN, .ask = news_ask, .read = news_read },
};

static void forget_key(struct redmine *rm)
{
	wipe(rm->key);
	rm->key = NULL;
}

static bool redmine_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	const struct step *step = &steps[c->kind];
	const struct redmine *rm = s->own;

	if (!c->work) {
		struct work *w = c->work = xcalloc(1, sizeof(*w));
		unsigned need = step->need | (step->needs ? step->needs(s, c) : 0);

		w->need = step->anew | (need & ~rm->learnt);
		if (c->kind == CALL_LOGIN)
			forget_key(s->own);
	}
	struct work *w = c->work;

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
	step->done(s, c, page);
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
	wipe(rm->key);
	arena_clear(&rm->arena);
	free(rm->entries);
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
	wipe(rm->key);
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
	struct buf begin = { 0 };
	const char *id = NULL;

	url_start(&begin, s->url, "/issues/");
	if (!strncmp(url, begin.text, begin.size)) {
		size_t size = strspn(url + begin.size, "0123456789");

		if (size && !url[begin.size + size + strspn(url + begin.size + size, "/")])
			id = arena_copy_n(arena, url + begin.size, size);
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
	.open = redmine_open,
	.close = redmine_close,
	.session = redmine_session,
	.resume = redmine_resume,
	.case_url = redmine_case_url,
	.case_of_url = redmine_case_of_url,
	.can = redmine_can,
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
