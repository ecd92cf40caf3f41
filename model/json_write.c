/* Our types as the JSON of Casework REST (service/openapi.yaml). */
#include "model/json.h"
#include <string.h>

/* A member that is never null on the wire: left out when there is none. */
static void put_some(struct json_out *out, const char *name, const char *text)
{
	if (text)
		json_put_text(out, name, text);
}

static void put_some_time(struct json_out *out, const char *name, time_t at)
{
	if (at)
		json_put_time(out, name, at);
}

/* Ours is a text since other services have texts; on this wire it is a number. */
static void put_version(struct json_out *out, const char *version)
{
	bool number = version && *version && strlen(version) < 19 &&
		      strspn(version, "0123456789") == strlen(version) && *version != '0';

	if (number)
		json_put_raw(out, "version", version);
	else
		json_put_text(out, "version", version);
}

/* ---- cases */

static void put_citizen_ref(struct json_out *out, const struct casefile *cf)
{
	if (!cf->citizen) {
		json_put_null(out, "citizen");
		return;
	}
	json_open(out, "citizen", '{');
	json_put_text(out, "id", cf->citizen);
	json_put_text(out, "name", cf->citizen_name ? cf->citizen_name : "");
	json_put_text(out, "born", cf->citizen_born);
	json_put_text(out, "town", cf->citizen_town);
	json_close(out, '}');
}

static void put_lease(struct json_out *out, const struct casefile *cf)
{
	if (!cf->holder) {
		json_put_null(out, "lease");
		return;
	}
	json_open(out, "lease", '{');
	json_put_text(out, "case", cf->id);
	json_put_text(out, "worker", cf->holder);
	if (cf->fence)
		json_put_int(out, "fence", cf->fence);
	json_put_int(out, "expires_in", cf->held_until_ms / 1000);
	json_close(out, '}');
}

static void put_contact(struct json_out *out, const struct casefile *cf)
{
	if (!cf->contact_at) {
		json_put_null(out, "last_contact");
		return;
	}
	json_open(out, "last_contact", '{');
	json_put_time(out, "at", cf->contact_at);
	put_some(out, "kind", cf->contact);
	json_close(out, '}');
}

static void put_priority(struct json_out *out, const struct casefile *cf)
{
	if (cf->priority)
		json_put_int(out, "priority", cf->priority);
}

static void put_fields(struct json_out *out, const struct casefile *cf)
{
	json_put_raw(out, "fields", cf->fields ? cf->fields : "{}");
}

static void put_case_version(struct json_out *out, const struct casefile *cf)
{
	put_version(out, cf->version);
}

/* Members in the order a person reads them. Either the place of a value and how it is put, or a
   function. */
enum put { PUT_TEXT, PUT_SOME, PUT_WORDS, PUT_TIME, PUT_SOME_TIME, PUT_FLAG, PUT_NUMBER, PUT_CALL };

struct put_member {
	const char *name;
	enum put put;
	size_t at;
	void (*call)(struct json_out *, const struct casefile *);
};

#define AT(member) offsetof(struct casefile, member)

static const struct put_member case_members[] = {
	{ "id", PUT_TEXT, AT(id) },
	{ "number", PUT_SOME, AT(number) },
	{ "version", PUT_CALL, 0, put_case_version },
	{ "subject", PUT_SOME, AT(subject) },
	{ "service", PUT_SOME, AT(queue) },
	{ "kind", PUT_TEXT, AT(kind) },
	{ "step", PUT_TEXT, AT(step) },
	{ "status", PUT_SOME, AT(status) },
	{ "outcome", PUT_TEXT, AT(outcome) },
	{ "priority", PUT_CALL, 0, put_priority },
	{ "team", PUT_SOME, AT(team) },
	{ "assignee", PUT_TEXT, AT(worker) },
	{ "due", PUT_TIME, AT(due) },
	{ "citizen", PUT_CALL, 0, put_citizen_ref },
	{ "channel", PUT_SOME, AT(channel) },
	{ "language", PUT_TEXT, AT(language) },
	{ "skills", PUT_WORDS, AT(skills) },
	{ "tags", PUT_WORDS, AT(tags) },
	{ "restricted", PUT_FLAG, AT(restricted) },
	{ "fields", PUT_CALL, 0, put_fields },
	{ "surge", PUT_TEXT, AT(surge) },
	{ "group", PUT_TEXT, AT(group) },
	{ "duplicate_of", PUT_TEXT, AT(duplicate_of) },
	{ "links", PUT_WORDS, AT(links) },
	{ "lease", PUT_CALL, 0, put_lease },
	{ "last_event", PUT_NUMBER, AT(last_event) },
	{ "last_contact", PUT_CALL, 0, put_contact },
	{ "delivery", PUT_TEXT, AT(delivery) },
	{ "opened_at", PUT_SOME_TIME, AT(opened) },
	{ "updated_at", PUT_SOME_TIME, AT(changed) },
	{ "resolved_at", PUT_TIME, AT(resolved) },
	{ NULL },
};

static void put_member(struct json_out *out, const struct put_member *m, const struct casefile *cf)
{
	const void *at = (const char *)cf + m->at;

	switch (m->put) {
	case PUT_TEXT:
		json_put_text(out, m->name, *(const char *const *)at);
		return;
	case PUT_SOME:
		put_some(out, m->name, *(const char *const *)at);
		return;
	case PUT_WORDS:
		json_put_words(out, m->name, *(const char *const *)at);
		return;
	case PUT_TIME:
		json_put_time(out, m->name, *(const time_t *)at);
		return;
	case PUT_SOME_TIME:
		put_some_time(out, m->name, *(const time_t *)at);
		return;
	case PUT_FLAG:
		json_put_bool(out, m->name, *(const bool *)at);
		return;
	case PUT_NUMBER:
		json_put_int(out, m->name, *(const int64_t *)at);
		return;
	case PUT_CALL:
		m->call(out, cf);
		return;
	}
}

/* What only that service has, beside what we know; ours wins where both have a name. */
static void put_rest(struct json_out *out, const char *rest, const char *fields)
{
	struct json *root = rest ? json_read(rest, strlen(rest), NULL, NULL) : NULL;
	size_t count = json_type(root) == JSON_OBJECT ? json_count(root) : 0;

	for (size_t i = 0; i < count; i++) {
		const struct json *value = NULL;
		const char *name = json_name_at(root, i, &value);
		const struct put_member *known = case_members;

		while (known->name && strcmp(known->name, name))
			known++;
		if (!known->name && json_wanted(fields, name))
			json_put_node(out, name, value);
	}
	json_free(root);
}

void json_write_case(
	struct json_out *out, const char *name, const struct casefile *cf, const char *fields)
{
	json_open(out, name, '{');
	for (const struct put_member *m = case_members; m->name; m++)
		if (json_wanted(fields, m->name))
			put_member(out, m, cf);
	/* Of one that a client keeps: which configured service it is of. */
	if (cf->service && json_wanted(fields, "source"))
		json_put_text(out, "source", cf->service);
	put_rest(out, cf->rest, fields);
	json_close(out, '}');
}

void json_write_event(struct json_out *out, const char *name, const struct event *e)
{
	json_open(out, name, '{');
	json_put_int(out, "seq", e->seq);
	json_put_time(out, "at", e->at);
	json_put_text(out, "kind", e->wire);
	json_put_text(out, "actor", e->by);
	json_put_text(out, "team", e->team);
	json_put_text(out, "text", e->text ? e->text : "");
	json_put_raw(out, "changes", e->changes ? e->changes : "{}");
	json_put_words(out, "mentions", e->mentions);
	put_some(out, "channel", e->channel);
	json_put_text(out, "language", e->language);
	put_some(out, "delivery", e->delivery);
	put_some(out, "delivery_text", e->said);
	if (e->about)
		json_put_int(out, "about", e->about);
	json_put_raw(out, "files", e->files ? e->files : "[]");
	json_put_bool(out, "internal", !e->visible);
	json_close(out, '}');
}

/* ---- citizens */

static void put_address(struct json_out *out, const struct citizen *c)
{
	if (!c->street && !c->postcode && !c->town && !c->country) {
		/* Nothing known is null; a secret one that was not asked for is left out. */
		if (!c->guarded)
			json_put_null(out, "address");
		return;
	}
	json_open(out, "address", '{');
	put_some(out, "street", c->street);
	put_some(out, "postcode", c->postcode);
	put_some(out, "town", c->town);
	put_some(out, "country", c->country);
	json_close(out, '}');
}

static void put_counts(struct json_out *out, const struct citizen *c)
{
	if (!c->all_cases)
		return;
	json_open(out, "cases", '{');
	json_put_int(out, "open", c->open_cases);
	json_put_int(out, "resolved", c->all_cases - c->open_cases);
	json_close(out, '}');
}

void json_write_citizen_members(struct json_out *out, const struct citizen *c, const char *fields)
{
	const struct {
		const char *name, *text;
		bool null; /* may be null; else left out */
	} texts[] = {
		{ "given", c->given, false },
		{ "family", c->family, false },
		{ "born", c->born, true },
		{ "ref", c->ref, true },
		{ "phone", c->phone, true },
		{ "email", c->mail, true },
		{ "language", c->language, true },
		{ "contact", c->reach, true },
	};

	json_put_text(out, "id", c->id);
	put_version(out, c->version);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (json_wanted(fields, texts[i].name) && (texts[i].text || texts[i].null))
			json_put_text(out, texts[i].name, texts[i].text);
	if (json_wanted(fields, "address"))
		put_address(out, c);
	if (json_wanted(fields, "guarded"))
		json_put_bool(out, "guarded", c->guarded);
	if (json_wanted(fields, "consents"))
		json_put_raw(out, "consents", c->consents ? c->consents : "[]");
	if (json_wanted(fields, "flags"))
		json_put_words(out, "flags", c->flags);
	if (json_wanted(fields, "match"))
		put_some(out, "match", c->match);
	if (json_wanted(fields, "cases"))
		put_counts(out, c);
	if (json_wanted(fields, "created_at"))
		put_some_time(out, "created_at", c->created);
	if (json_wanted(fields, "updated_at"))
		put_some_time(out, "updated_at", c->changed);
}

void json_write_citizen(
	struct json_out *out, const char *name, const struct citizen *c, const char *fields)
{
	json_open(out, name, '{');
	json_write_citizen_members(out, c, fields);
	json_close(out, '}');
}

void json_write_access(struct json_out *out, const char *name, const struct access *x)
{
	json_open(out, name, '{');
	json_put_time(out, "at", x->at);
	json_put_text(out, "worker", x->worker);
	put_some(out, "team", x->team);
	json_put_text(out, "action", x->action);
	json_put_text(out, "purpose", x->purpose);
	json_close(out, '}');
}

/* ---- people and texts */

void json_write_worker(struct json_out *out, const char *name, const struct worker *w)
{
	json_open(out, name, '{');
	json_put_text(out, "id", w->id);
	json_put_text(out, "name", w->name);
	json_put_text(out, "team", w->team);
	json_put_words(out, "skills", w->skills);
	json_put_words(out, "languages", w->languages);
	put_some(out, "presence", w->presence);
	json_close(out, '}');
}

void json_write_team(struct json_out *out, const char *name, const struct team *t)
{
	json_open(out, name, '{');
	json_put_text(out, "id", t->id);
	json_put_text(out, "name", t->name);
	json_put_words(out, "services", t->queues);
	json_put_int(out, "workers", t->workers);
	json_put_int(out, "open_cases", t->open_cases);
	json_close(out, '}');
}

void json_write_template(struct json_out *out, const char *name, const struct answer_template *t)
{
	json_open(out, name, '{');
	json_put_text(out, "id", t->id);
	json_put_text(out, "name", t->name);
	put_some(out, "language", t->language);
	put_some(out, "service", t->queue);
	put_some(out, "outcome", t->outcome);
	json_put_text(out, "text", t->text);
	json_close(out, '}');
}

/* ---- kinds */

static void put_texts(struct json_out *out, const char *name, const char *const *texts)
{
	json_open(out, name, '[');
	for (; texts && *texts; texts++)
		json_put_text(out, NULL, *texts);
	json_close(out, ']');
}

static void put_field(struct json_out *out, const struct kind_field *f)
{
	json_open(out, NULL, '{');
	json_put_text(out, "name", f->name);
	json_put_text(out, "label", f->label);
	json_put_text(out, "type", kind_type_name(f->type));
	json_put_bool(out, "required", f->required);
	if (f->values)
		put_texts(out, "values", f->values);
	put_some(out, "pattern", f->pattern);
	json_put_bool(out, "sensitive", f->sensitive);
	json_close(out, '}');
}

static void put_step(struct json_out *out, const struct kind_step *s)
{
	json_open(out, NULL, '{');
	json_put_text(out, "id", s->id);
	json_put_text(out, "name", s->name);
	json_put_text(out, "status", s->status);
	if (s->next)
		put_texts(out, "next", s->next);
	if (s->role || s->other_person) {
		json_open(out, "needs", '{');
		put_some(out, "role", s->role);
		json_put_bool(out, "other_person", s->other_person);
		json_close(out, '}');
	}
	json_close(out, '}');
}

static void put_rules(struct json_out *out, const struct kind *k)
{
	if (k->due_working_days || k->due_hours) {
		json_open(out, "due", '{');
		if (k->due_working_days)
			json_put_int(out, "working_days", k->due_working_days);
		if (k->due_hours)
			json_put_int(out, "hours", k->due_hours);
		json_close(out, '}');
	}
	if (k->repeat_times) {
		json_open(out, "repeat", '{');
		json_put_int(out, "after_days", k->repeat_after_days);
		json_put_int(out, "times", k->repeat_times);
		json_close(out, '}');
	}
}

void json_write_kind(struct json_out *out, const char *name, const struct kind *k)
{
	json_open(out, name, '{');
	json_put_text(out, "id", k->id);
	json_put_text(out, "name", k->name);
	json_put_text(out, "service", k->queue);
	json_put_int(out, "version", k->version);
	json_open(out, "fields", '[');
	for (int i = 0; i < k->field_count; i++)
		put_field(out, &k->fields[i]);
	json_close(out, ']');
	json_open(out, "steps", '[');
	for (int i = 0; i < k->step_count; i++)
		put_step(out, &k->steps[i]);
	json_close(out, ']');
	put_rules(out, k);
	put_texts(out, "templates", k->templates);
	json_close(out, '}');
}
