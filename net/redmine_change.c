/* Changes of Redmine: look, refuse what is not allowed, write, look again; each look says what is still to be
   done. Fields go first and alone, since Redmine answers 204 to a step it refuses and saves the note
   beside it. lock_version stands on the page for people only; it is read before the case is, so that
   what is looked at is not older. A note goes out with it too: so one that is still under way in the
   server and its repeat cannot both be taken. */
#include "net/redmine.h"

#include "model/i18n.h"
#include "model/when.h"
#include "net/text_links.h"
#include "net/url.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { TRIES = 4, SKEW_S = 600 };

/* What a body is made from. */
struct making {
	struct service *s;
	const struct patch *p;
	const struct json *issue; /* NULL: a new one */
	const struct casefile *now;
	struct arena *arena;
	struct json_out out, fields;
	struct error *err;
};

/* Redmine's place for our priority: the one that reads the nearest to it. */
static const struct learned *priority_entry(const struct service *s, const char *ours)
{
	const struct learned *best = NULL, *e;
	int wanted = ours ? atoi(ours) : 3;

	for (int i = 0; (e = learned_next(s, PRIORITY, &i));)
		if (!best || abs(rm_priority_of(s, e) - wanted) < abs(rm_priority_of(s, best) - wanted))
			best = e;
	return best;
}

static bool is_status(const char *field)
{
	const struct known *k = rm_known(NULL, field);

	return k && k->about == STATUS;
}

/* Said by relations, by the text, or with a step. */
static bool is_no_field(const char *field)
{
	return !strcmp(field, "links") || !strcmp(field, "text") || !strcmp(field, "outcome");
}

static bool same_stage(const struct casefile *cf, const char *field, const char *text)
{
	enum stage stage;

	if (!strcmp(field, "status"))
		return stage_of_status(text, &stage) && stage == cf->stage;
	return stage_read(text, &stage) &&
	       (stage == cf->stage || (!stage_is_open(stage) && !stage_is_open(cf->stage)));
}

/* Whether the case is already as this says, or would make it: of several words those that changed. */
static bool is_so(struct service *s, const struct casefile *cf, const char *field, const char *before,
	const char *after, struct arena *a)
{
	const char *now = case_get(cf, field, a);
	const struct known *k = rm_known(NULL, field);
	const struct learned *e = k ? NULL : rm_field_named(s, field);
	time_t due = 0;

	if (is_no_field(field))
		return true;
	if (k && k->about == DAY)
		return driver_same(after && when_read(after, &due) ? driver_day(due, a) : "",
			cf->due ? driver_day(cf->due, a) : "");
	if (k && k->about == PRIORITY)
		return after && now && priority_entry(s, after) == priority_entry(s, now);
	if (is_status(field) && strcmp(field, "step"))
		return after && same_stage(cf, field, after);
	if (e && e->value == 1)
		return driver_words_met(
			&(struct change){ .before = before, .after = after }, now, a);
	return driver_same(now, after);
}

static bool is_met(struct service *s, const struct casefile *cf, const struct change *c, struct arena *a)
{
	return is_so(s, cf, c->field, c->before, c->after, a);
}

static bool put_id(struct making *m, const char *name, const struct learned *e, const char *wanted)
{
	if (e)
		json_put_int(&m->out, name, e->id);
	return e || error_set(m->err, ERROR_REFUSED,
			    _("%s is nothing that Redmine has for this case."), wanted ? wanted : "-");
}

/* By identifier or name; nobody is guessed where two are called the same. */
static bool put_person(struct making *m, const char *wanted)
{
	bool many = false;
	const struct learned *e = learned_named(m->s, PERSON, wanted, &many);

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
	const struct learned *p, *t;
	const char *id;

	for (int i = 0; (id = rm_next_kind(m->s, &i, &p, &t, m->arena));) {
		if (!driver_same(id, kind))
			continue;
		if (!patch_find(m->p, "team"))
			json_put_int(&m->out, "project_id", p->id);
		return put_id(m, "tracker_id", t, kind);
	}
	return put_id(m, "tracker_id", NULL, kind);
}

static bool has_field(const struct making *m, int64_t id)
{
	const struct json *list = json_get(m->issue, "custom_fields");

	for (size_t i = 0; i < json_count(list); i++)
		if (json_get_int(json_at(list, i), "id", 0) == id)
			return true;
	return !m->issue;
}

static bool put_custom(struct making *m, const struct change *c)
{
	const struct learned *e = rm_field_named(m->s, c->field);

	if (!e || !has_field(m, e->id))
		return error_set(m->err, ERROR_REFUSED,
			_("This case has no field %s in Redmine."), c->field);
	const char *words = driver_words_over(c, case_get(m->now, c->field, m->arena), m->arena);

	json_open(&m->fields, NULL, '{');
	json_put_int(&m->fields, "id", e->id);
	if (e->value != 1)
		json_put_text(&m->fields, "value", c->after ? c->after : "");
	else if (*words)
		json_put_words(&m->fields, "value", words);
	else
		json_put_raw(&m->fields, "value", "[\"\"]");
	json_close(&m->fields, '}');
	return true;
}

static bool fits(const struct making *m, const struct learned *e, const struct change *c)
{
	struct casefile cf = { 0 };

	rm_put_entry(m->s, e, &cf);
	if (!strcmp(c->field, "step"))
		return c->after && !strcasecmp(c->after, e->name);
	return is_met(m->s, &cf, c, m->arena);
}

/* Only where Redmine lets this person move this case now: else it would say yes and do nothing. The
   outcome may name which of several ends is meant. */
static bool put_allowed(struct making *m, const struct change *c)
{
	const struct json *list = json_get(m->issue, "allowed_statuses");
	const struct change *outcome = patch_find(m->p, "outcome");
	const struct learned *found = NULL;
	const char *names = "";

	for (size_t i = 0; i < json_count(list); i++) {
		const struct json *j = json_at(list, i);
		const struct learned *e = rm_learn(m->s, STATUS, json_get_int(j, "id", 0),
			json_get_bool(j, "is_closed", false), json_get_text(j, "name"));

		if (!e)
			continue;
		names = arena_printf(m->arena, "%s%s%s", names, *names ? ", " : "", e->name);
		bool named = outcome && outcome->after && !strcasecmp(outcome->after, e->name);

		if (fits(m, e, c) && (!found || named))
			found = e;
	}
	if (found)
		return put_id(m, "status_id", found, NULL);
	return error_set(m->err, ERROR_REFUSED,
		_("Redmine does not let you move this case from %s to %s; possible: %s."),
		m->now->step, c->after ? c->after : "-", names);
}

/* ---- links: addresses are lines of the description, all others relations */

/* Of its own cases Redmine knows no direction. */
static const char *as_kept(const char *link, struct arena *a)
{
	bool back = !strncmp(link, "referred-by:", 12) && !link_is_address(link);

	return back ? arena_printf(a, "refers-to:%s", link + 12) : link;
}

/* The text of a new case: what was asked, else the note, and addresses it is linked to. */
static const char *new_text(const struct patch *p, struct arena *a)
{
	const struct change *text = patch_find(p, "text");

	return text_links_put(text ? text->after : p->note, p, &(struct casefile){ 0 }, a);
}

static bool relate(struct work *w, const char *method, const char *target, const char *body)
{
	w->method = method;
	w->target = target;
	w->body = body;
	w->part = RELATE;
	return true;
}

static bool relate_parent(struct work *w, const char *child, const char *parent, struct arena *a)
{
	return relate(w, "PUT", arena_printf(a, "/issues/%s.json", child),
		arena_printf(a, "{\"issue\":{\"parent_issue_id\":%s}}", parent));
}

static bool add_relation(struct work *w, const char *type, const char *to, struct arena *a)
{
	return relate(w, "POST", arena_printf(a, "/issues/%s/relations.json", w->id),
		arena_printf(a, "{\"relation\":{\"issue_to_id\":%s,\"relation_type\":\"%s\"}}", to,
			type));
}

static bool add_link_there(struct work *w, const char *word, struct arena *a)
{
	const char *to = strchr(word, ':') + 1;
	const char *type = !strncmp(word, "depends-on:", 11)  ? "blocked"
			   : !strncmp(word, "needed-by:", 10) ? "blocks"
							      : "relates";

	if (!rm_is_id(to))
		return false;
	if (!strncmp(word, "child:", 6))
		return relate_parent(w, to, w->id, a);
	if (!strncmp(word, "parent:", 7))
		return relate_parent(w, w->id, to, a);
	return add_relation(w, type, to, a);
}

/* word NULL: the one that says whose duplicate it is. */
static bool drop_relation(struct work *w, const struct json *issue, const char *word, struct arena *a)
{
	const struct json *list = json_get(issue, "relations");
	const char *twin;

	if (word && !strncmp(word, "child:", 6))
		return relate_parent(w, word + 6, "\"\"", a);
	if (word && !strncmp(word, "parent:", 7))
		return relate_parent(w, w->id, "\"\"", a);
	for (size_t i = 0; i < json_count(list); i++) {
		const struct json *r = json_at(list, i);
		const char *link = rm_relation_link(r, w->id, &twin, a);

		if (word ? driver_same(link, word) : twin != NULL)
			return relate(w, "DELETE",
				arena_printf(a, "/relations/%s.json", rm_id_text(r, "id", a)), NULL);
	}
	return false;
}

/* The next of them; false: none is left. */
static bool next_relation(struct call *c, const struct casefile *now, const struct json *issue,
	struct arena *a)
{
	struct work *w = c->work;
	const struct change *twin = patch_find(c->patch, "duplicate_of");
	const struct change links = links_change(c->patch);
	const char *from = links.before, *to = links.after, *word;

	if (twin && now->duplicate_of && !driver_same(twin->after, now->duplicate_of))
		return drop_relation(w, issue, NULL, a);
	if (twin && twin->after && !now->duplicate_of && rm_is_id(twin->after))
		return add_relation(w, "duplicates", twin->after, a);
	while ((word = link_next(&from, links.after, false, a)))
		if (words_have(now->links, as_kept(word, a)))
			return drop_relation(w, issue, as_kept(word, a), a);
	while ((word = link_next(&to, links.before, false, a)))
		if (!words_have(now->links, as_kept(word, a)))
			return add_link_there(w, word, a);
	return false;
}

/* ---- bodies */

static bool put_change(struct making *m, const struct change *c)
{
	const struct known *k = rm_known(NULL, c->field);
	const char *v = c->after, *name = k ? k->theirs : NULL;
	time_t due;

	if (!k)
		return put_custom(m, c);
	if (k->about == WORDS)
		json_put_text(&m->out, name, v ? v : "");
	else if (k->about == DAY)
		json_put_text(&m->out, name, v && when_read(v, &due) ? driver_day(due, m->arena) : "");
	else if (k->about == FLAG)
		json_put_bool(&m->out, name, driver_same(v, "yes"));
	else if (k->about == PRIORITY)
		return put_id(m, name, priority_entry(m->s, v), v);
	else if (k->about == PERSON)
		return put_person(m, v);
	else if (k->about == TRACKER)
		return put_kind(m, v);
	else if (strcmp(c->field, "queue") ||
		 !(patch_find(m->p, "team") || patch_find(m->p, "kind")))
		return put_id(m, name, learned_named(m->s, PROJECT, v, NULL), v);
	return true;
}

static const struct change *wanted_status(const struct patch *p)
{
	const struct change *step = patch_find(p, "step"), *status = patch_find(p, "status");

	return step ? step : status ? status : patch_find(p, "stage");
}

/* A duplicate is closed where that is allowed; it is one, whether it may be closed or not. */
static bool put_status(struct making *m)
{
	const struct change *status = wanted_status(m->p), *twin = patch_find(m->p, "duplicate_of");
	struct making quiet = *m;
	struct error none;

	if (status)
		return is_met(m->s, m->now, status, m->arena) || put_allowed(m, status);
	quiet.err = &none;
	if (twin && twin->after && stage_is_open(m->now->stage) &&
		put_allowed(&quiet, &(struct change){ .field = "stage", .after = "done" }))
		m->out = quiet.out;
	return true;
}

static bool put_changes(struct making *m)
{
	for (int i = 0; i < m->p->count; i++) {
		const struct change *c = &m->p->changes[i];
		bool there = m->issue ? is_met(m->s, m->now, c, m->arena) : !c->after;

		if (!there && !is_status(c->field) && !is_no_field(c->field) &&
			strcmp(c->field, "duplicate_of") && !put_change(m, c))
			return false;
	}
	return !m->issue || put_status(m);
}

/* {"issue":{...}}, NULL with *none when there is nothing to be said, and NULL when it cannot be. */
static const char *body_of(struct making *m, const char *description, int64_t lock, bool *none)
{
	struct buf body = { 0 }, fields = { 0 };
	const char *text = NULL;

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
	*none = good && body.size == empty;
	if (lock)
		json_put_int(&m->out, "lock_version", lock);
	json_close(&m->out, '}');
	json_close(&m->out, '}');
	if (good && !*none)
		text = arena_copy(m->arena, body.text);
	buf_clear(&body);
	buf_clear(&fields);
	return text;
}

/* ---- notes: what is written goes last, and is looked for before it is written again */

/* The i-th text: the note, which colleagues with the right alone read; then the answer. NULL: there is
   no such text. An outcome that is no state of Redmine's is said in the note. */
static const char *entry_text(
	const struct service *s, const struct patch *p, int i, struct arena *a)
{
	const struct change *outcome = patch_find(p, "outcome");
	const char *end = outcome ? outcome->after : NULL, *text = NULL;
	struct json *j = p->answer ? json_read(p->answer, strlen(p->answer), NULL, NULL) : NULL;

	if (i == 1)
		text = arena_copy(a, json_get_text(j, "text"));
	else if (p->note && (!p->creates || patch_find(p, "text")))
		text = p->note;
	json_free(j);
	if (i == 0 && end && strcmp(end, "done") && !learned_named(s, STATUS, end, NULL))
		text = arena_printf(a, "%s%s%s", text ? text : "", text ? "\n\n" : "", end);
	return text || i == 1 || !p->file_count || p->answer ? text : "";
}

static bool has_files(const struct patch *p, int i)
{
	return p->file_count && (i == 1 || !p->answer);
}

static bool all_attached(const struct json *issue, const struct patch *p)
{
	const struct json *list = json_get(issue, "attachments");

	for (int i = 0; i < p->file_count; i++) {
		size_t n = 0;

		while (n < json_count(list) && !driver_same(json_get_text(json_at(list, n), "filename"),
						       p->files[i].name))
			n++;
		if (n == json_count(list))
			return false;
	}
	return true;
}

/* Whether a journal of mine says that: newer than `seen`, or (seen 0) made since the change was. */
static bool is_said(struct service *s, const struct call *c, const struct json *issue,
	const char *text, int64_t seen)
{
	const struct redmine *rm = s->own;
	const struct work *w = c->work;
	const struct json *list = json_get(issue, "journals");
	bool there = !*text;

	for (size_t n = 0; n < json_count(list) && !there; n++) {
		const struct json *j = json_at(list, n);

		there = driver_same(json_get_text(j, "notes"), text) &&
			json_get_int(j, "id", 0) > seen &&
			json_get_int(json_get(j, "user"), "id", 0) == rm->me &&
			(seen || driver_time(j, "created_on") >= c->patch->made - SKEW_S);
	}
	return there && (!has_files(c->patch, w->entry) || all_attached(issue, c->patch));
}

static void note_body(struct call *c, const char *text, struct arena *a)
{
	struct work *w = c->work;
	struct buf body = { 0 };
	struct json_out out = { .buf = &body };

	json_open(&out, NULL, '{');
	json_open(&out, "issue", '{');
	json_put_text(&out, "notes", text);
	if (w->entry == 0 && *text)
		json_put_bool(&out, "private_notes", true);
	if (has_files(c->patch, w->entry))
		json_put_raw(&out, "uploads", arena_printf(a, "[%s]", w->tokens));
	if (w->lock)
		json_put_int(&out, "lock_version", w->lock);
	json_close(&out, '}');
	json_close(&out, '}');
	w->body = arena_copy(a, body.text);
	buf_clear(&body);
}

static bool ask_upload(struct service *s, struct call *c, struct request *r)
{
	const struct work *w = c->work;
	const struct attachment *f = &c->patch->files[w->file];
	struct buf url = rm_url_of(s, "/uploads.json", NULL);

	url_query(&url, "filename", f->name);
	request_header(r, "Content-Type", "application/octet-stream");
	r->body_path = xstrdup(f->path);
	return rm_ask(s, r, "POST", &url);
}

/* ---- the steps of a change */

static enum answer go(struct work *w, enum part part)
{
	w->part = part;
	return ANSWER_MORE;
}

static bool change_begin(struct service *s, struct call *c, struct error *err)
{
	struct work *w = c->work;

	if (!s->ops->can(s, c->patch, err))
		return false;
	w->part = !c->patch->creates ? LOCK : c->again ? FIND : CREATE;
	if (!c->patch->creates && (!c->cf || !rm_is_id(c->cf->id)))
		return error_set(err, ERROR_LOCAL,
			_("It is not known here which case this change belongs to; open it, then "
			  "send the change again from the outbox."));
	if (!c->patch->creates)
		snprintf(w->id, sizeof(w->id), "%s", c->cf->id);
	return true;
}

unsigned rm_change_need(struct service *s, struct call *c)
{
	const struct change *worker = patch_find(c->patch, "worker");
	bool person = worker && worker->after && !learned_named(s, PERSON, worker->after, NULL);
	bool custom = c->patch->creates;

	for (int i = 0; i < c->patch->count; i++)
		custom |= !rm_known(NULL, c->patch->changes[i].field);
	return (person ? LEARN_MEMBERS : 0) | (custom ? LEARN_FIELDS : 0);
}

/* One that may be this new case: mine, made since. */
static bool ask_twin(struct service *s, struct call *c, struct request *r)
{
	char since[WHEN_SIZE];
	struct asked a;

	when_write(since, c->patch->made - SKEW_S);
	rm_asked_begin(&a, s);
	rm_filter(&a, "author_id", "=", "me");
	rm_filter(&a, "created_on", ">=", since);
	rm_asked_send(&a, r, "id:asc", PAGE, 0);
	rm_asked_end(&a);
	return true;
}

static bool ask_new(struct service *s, struct call *c, struct request *r, struct error *err)
{
	struct arena arena = { 0 };
	struct making m = { .s = s, .p = c->patch, .now = &(struct casefile){ 0 },
		.arena = &arena, .err = err };
	bool none;
	const char *body = body_of(&m, new_text(c->patch, &arena), 0, &none);

	rm_ask_body(s, r, "POST", "/issues.json", body);
	arena_clear(&arena);
	return body != NULL;
}

/* With the lock version what is sent twice is taken once; a parent is the same one twice. */
static bool ask_write(struct service *s, struct work *w, struct request *r)
{
	rm_ask_body(s, r, w->method, w->target, w->body);
	r->repeatable = !strcmp(w->method, "PUT") && (w->lock || w->part == RELATE);
	return true;
}

bool rm_change_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	struct work *w = c->work;
	struct buf url;

	if (w->part == BEGIN && !change_begin(s, c, err))
		return false;
	switch (w->part) {
	case LOCK:
		url = rm_url_of(s, "/issues", w->id);
		return rm_ask(s, r, "GET", &url);
	case FIND:
		return ask_twin(s, c, r);
	case CREATE:
		return ask_new(s, c, r, err);
	case UPLOAD:
		return ask_upload(s, c, r);
	case PUT:
	case NOTE:
		w->method = "PUT";
		snprintf(w->path, sizeof(w->path), "/issues/%s.json", w->id);
		w->target = w->path; /* fallthrough */
	case RELATE:
		return ask_write(s, w, r);
	default:
		return rm_ask_issue(s, r, w->id);
	}
}

/* <input ... value="3" name="issue[lock_version]" ...>, in any order; without it (a theme, a later version)
   the journals say afterwards whether somebody was at it in the same moment. */
static void read_lock(struct work *w, const struct response *a)
{
	const char *at = a->status == 200 ? strstr(a->body, "name=\"issue[lock_version]\"") : NULL;

	w->lock = 0;
	w->anew = false;
	while (at && at > a->body && *at != '<')
		at--;
	const char *value = at ? strstr(at, "value=\"") : NULL;

	if (value && value < at + strcspn(at, ">"))
		w->lock = strtoll(value + 7, NULL, 10);
}

/* What the person saw before they changed it is not there any more, nor what they wanted. Words are
   sets, and never quarrel. */
static bool overtaken(struct service *s, const struct patch *p, const struct casefile *now,
	struct arena *a, struct error *err)
{
	for (int i = 0; i < p->count && !p->creates; i++) {
		const struct change *c = &p->changes[i];
		const struct learned *e = rm_field_named(s, c->field);
		const char *is = case_get(now, c->field, a);

		if (is_met(s, now, c, a) || is_so(s, now, c->field, NULL, c->before, a) ||
			(e && e->value == 1))
			continue;
		error_set(err, ERROR_CONFLICT,
			_("Somebody else changed %s meanwhile; it is %s now."),
			driver_label(c->field), is && *is ? is : _("empty"));
		return true;
	}
	return false;
}

/* Somebody else's hand on the same fields since we looked: told where no version kept them away. */
static bool raced(const struct service *s, const struct work *w, const struct json *issue)
{
	const struct redmine *rm = s->own;
	const struct json *list = json_get(issue, "journals");

	for (size_t i = 0; i < json_count(list) && !w->lock; i++) {
		const struct json *j = json_at(list, i);

		if (json_get_int(j, "id", 0) > w->seen && json_count(json_get(j, "details")) &&
			json_get_int(json_get(j, "user"), "id", 0) != rm->me)
			return true;
	}
	return false;
}

/* A 204 proves nothing: each field as it is now. */
static bool took(struct service *s, struct call *c, const struct json *issue, struct page *page,
	struct error *err)
{
	const struct casefile *now = &page->cases[0];
	struct arena *a = &page->arena;
	bool late = raced(s, c->work, issue);
	struct buf names = { 0 };

	for (int i = 0; i < c->patch->count; i++) {
		const struct change *ch = &c->patch->changes[i];

		if (strcmp(ch->field, "duplicate_of") && !is_met(s, now, ch, a))
			driver_unmet(&names, ch->field, case_get(now, ch->field, a));
	}
	if (!text_links_met(c->patch, now, a))
		driver_unmet(&names, "links", now->links);
	if (names.size)
		error_set(err, late ? ERROR_CONFLICT : ERROR_REFUSED,
			_("Redmine said yes and did not change this: %s."), names.text);
	else if (late)
		error_set(err, ERROR_CONFLICT,
			_("Somebody else changed this case at the same moment; look at it again."));
	buf_clear(&names);
	return err->kind == ERROR_NONE;
}

/* Its fields, where they are not as they shall be. ANSWER_DONE: they are. */
static enum answer put_fields_of(struct service *s, struct call *c, const struct json *issue,
	struct page *page, struct error *err)
{
	struct work *w = c->work;
	struct casefile *now = &page->cases[0];
	struct making m = { .s = s, .p = c->patch, .issue = issue, .now = now,
		.arena = &page->arena, .err = err };
	const char *is = json_get_text(issue, "description");
	const char *text = text_links_put(is, c->patch, now, m.arena);
	bool none = false;

	if (overtaken(s, c->patch, now, m.arena, err))
		return ANSWER_ERROR;
	w->body = body_of(&m, driver_same(text, is) ? NULL : text, w->lock, &none);
	return none ? ANSWER_DONE : w->body ? go(w, PUT) : ANSWER_ERROR;
}

/* ANSWER_DONE: no link is missing. */
static enum answer relate_next(struct call *c, const struct json *issue, struct page *page,
	struct error *err)
{
	struct work *w = c->work;

	if (!next_relation(c, &page->cases[0], issue, &page->arena))
		return ANSWER_DONE;
	const char *this = arena_printf(
		&page->arena, "%s %s %s", w->method, w->target, w->body ? w->body : "");

	if (!driver_same(w->last, this)) {
		w->last = this;
		return ANSWER_MORE;
	}
	error_set(err, ERROR_REFUSED,
		_("Redmine said yes and did not change the links of this case."));
	return ANSWER_ERROR;
}

/* ANSWER_DONE: all that was to be said is. */
static enum answer say_next(struct service *s, struct call *c, const struct json *issue,
	struct page *page, struct error *err)
{
	struct work *w = c->work;

	for (; w->entry < 2; w->entry++, w->noted = false) {
		const char *text = entry_text(s, c->patch, w->entry, &page->arena);

		if (!text || ((w->noted || w->doubted || c->again) &&
				     is_said(s, c, issue, text, w->noted || !c->again ? w->seen : 0)))
			continue;
		if (w->noted) {
			error_set(err, ERROR_REFUSED,
				_("Redmine said yes, and what was written is not on the case; "
				  "send it again."));
			return ANSWER_ERROR;
		}
		if (w->anew)
			return go(w, LOCK);
		w->file = 0;
		w->tokens = "";
		note_body(c, text, &page->arena);
		return go(w, has_files(c->patch, w->entry) ? UPLOAD : NOTE);
	}
	return ANSWER_DONE;
}

/* The case as it is: what is next? */
static enum answer look_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	struct work *w = c->work;
	struct json *j = rm_issue_of(s, w->id, a, page, err);
	const struct json *issue = json_get(j, "issue");
	enum answer answer = ANSWER_ERROR;

	if (j && !w->put)
		answer = put_fields_of(s, c, issue, page, err);
	else if (j)
		answer = took(s, c, issue, page, err) ? ANSWER_DONE : ANSWER_ERROR;
	if (answer == ANSWER_DONE)
		answer = relate_next(c, issue, page, err);
	if (answer == ANSWER_DONE)
		answer = say_next(s, c, issue, page, err);
	w->seen = j ? page->cases[0].last_event - 1 : 0;
	json_free(j);
	return answer;
}

/* The same subject, text and kind, by me, since the change was made: it is this one. */
static bool is_twin(struct service *s, const struct patch *p, const struct json *row, struct page *page)
{
	const struct casefile *cf = rm_add_issue(s, row, page);
	const struct change *subject = patch_find(p, "subject"), *kind = patch_find(p, "kind");

	return cf && driver_same(cf->subject, subject ? subject->after : NULL) &&
	       (!kind || driver_same(cf->kind, kind->after)) &&
	       driver_same(json_get_text(row, "description"), new_text(p, &page->arena));
}

static enum answer find_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	struct work *w = c->work;
	struct json *j = rm_good(a, page, err);
	const struct json *rows = json_get(j, "issues");
	struct page found = { 0 };

	w->part = CREATE;
	for (size_t i = 0; i < json_count(rows) && w->part == CREATE; i++)
		if (is_twin(s, c->patch, json_at(rows, i), &found)) {
			snprintf(w->id, sizeof(w->id), "%s", found.cases[i].id);
			w->part = LOCK;
		}
	page_clear(&found);
	json_free(j);
	return j ? ANSWER_MORE : ANSWER_ERROR;
}

/* A fight over the case begins anew with a look; a note is in nobody's way. */
static enum answer written(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	struct work *w = c->work;

	(void)s;
	(void)page;
	if (a->status >= 200 && a->status <= 299) {
		w->put |= w->part == PUT;
		w->noted |= w->part == NOTE;
		w->anew = true;
		return go(w, LOOK);
	}
	rm_failed(a, err);
	/* A token of a file serves once: our own first send may have used it up, its answer lost. */
	if (a->status == 422 && w->part == NOTE && has_files(c->patch, w->entry) && !w->doubted) {
		*err = (struct error){ 0 };
		w->doubted = w->anew = true;
		return go(w, LOOK);
	}
	if (err->kind == ERROR_CONFLICT && w->part == NOTE && w->tries == TRIES)
		err->kind = ERROR_BUSY;
	if (err->kind != ERROR_CONFLICT || w->tries++ == TRIES)
		return ANSWER_ERROR;
	/* What met the lock may be our own first sending: libcurl repeats it on a connection that died. */
	w->doubted |= w->part == NOTE;
	*err = (struct error){ 0 };
	return go(w, LOCK);
}

static enum answer created(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	struct work *w = c->work;
	struct json *j = rm_issue_of(s, NULL, a, page, err);

	if (!j)
		return ANSWER_ERROR;
	snprintf(w->id, sizeof(w->id), "%s", page->cases[0].id);
	json_free(j);
	return go(w, LOCK);
}

static enum answer upload_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	struct work *w = c->work;
	const struct attachment *f = &c->patch->files[w->file];
	struct json *j = rm_good(a, page, err);
	struct buf tokens = { 0 };
	struct json_out out = { .buf = &tokens };

	if (!j)
		return ANSWER_ERROR;
	buf_printf(&tokens, "%s%s", w->tokens, *w->tokens ? "," : "");
	json_open(&out, NULL, '{');
	json_put_text(&out, "token", json_get_text(json_get(j, "upload"), "token"));
	json_put_text(&out, "filename", f->name);
	if (f->type)
		json_put_text(&out, "content_type", f->type);
	json_close(&out, '}');
	w->tokens = arena_copy(&page->arena, tokens.text);
	buf_clear(&tokens);
	json_free(j);
	if (++w->file < c->patch->file_count)
		return ANSWER_MORE;
	note_body(c, entry_text(s, c->patch, w->entry, &page->arena), &page->arena);
	return go(w, NOTE);
}

static enum answer lock_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	(void)s;
	(void)page;
	if (a->status == 401 || a->status == 429 || a->status >= 500)
		return rm_failed(a, err); /* the next time it may be told: nothing is sent without it for that */
	read_lock(c->work, a);
	return go(c->work, LOOK);
}

enum answer rm_change_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	static enum answer (*const reads[])(struct service *, struct call *, const struct response *,
		struct page *, struct error *) = { [LOCK] = lock_read, [LOOK] = look_read,
		[FIND] = find_read, [CREATE] = created, [UPLOAD] = upload_read, [PUT] = written,
		[RELATE] = written, [NOTE] = written };
	const struct work *w = c->work;

	return reads[w->part](s, c, a, page, err);
}

bool rm_can(const struct service *s, const struct patch *p, struct error *err)
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
