/* Our types out of the JSON of Casework REST (service/openapi.yaml). Each is a table: member, what
   it must be, where it goes. */
#include "model/i18n.h"
#include "model/json.h"
#include "model/when.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum how {
	AS_TEXT,   /* const char *; a number becomes its figures */
	AS_INT,	   /* int */
	AS_INT64,  /* int64_t */
	AS_BOOL,   /* bool */
	AS_TIME,   /* time_t */
	AS_WORDS,  /* const char *, from a list of texts */
	AS_OBJECT, /* const char *, an object kept as JSON */
	AS_LIST	   /* const char *, a list kept as JSON */
};

struct member {
	const char *name;
	enum how how;
	size_t at;
};

static bool wrong(struct error *err, const char *name, const char *wanted)
{
	/* TRANSLATORS: the second word is "a text", "a number", "yes or no" ... */
	return error_set(err, ERROR_GARBLED, _("The member \"%s\" is not %s."), name, wanted);
}

static bool take_text(
	const struct json *j, const char *name, void *at, struct arena *a, struct error *err)
{
	if (json_text(j))
		*(const char **)at = arena_copy(a, json_text(j));
	else if (json_type(j) == JSON_INT)
		*(const char **)at = arena_printf(a, "%lld", (long long)json_int(j, 0));
	else
		return wrong(err, name, _("a text"));
	return true;
}

static bool take_int(
	const struct json *j, const char *name, void *at, struct arena *a, struct error *err)
{
	int64_t n = json_int(j, INT64_MIN);

	(void)a;
	if (n < INT32_MIN || n > INT32_MAX)
		return wrong(err, name, _("a number"));
	*(int *)at = (int)n;
	return true;
}

static bool take_int64(
	const struct json *j, const char *name, void *at, struct arena *a, struct error *err)
{
	(void)a;
	if (json_int(j, INT64_MIN) == INT64_MIN)
		return wrong(err, name, _("a number"));
	*(int64_t *)at = json_int(j, 0);
	return true;
}

static bool take_bool(
	const struct json *j, const char *name, void *at, struct arena *a, struct error *err)
{
	(void)a;
	if (json_type(j) != JSON_BOOL)
		return wrong(err, name, _("true or false"));
	*(bool *)at = json_bool(j, false);
	return true;
}

static bool take_time(
	const struct json *j, const char *name, void *at, struct arena *a, struct error *err)
{
	(void)a;
	if (!json_text(j) || !when_read(json_text(j), at))
		return wrong(err, name, _("a time such as 2026-11-03T08:15:30Z"));
	return true;
}

/* Words stand with single spaces between, so a space inside one becomes a no-break space;
   json_put_words() turns it back. */
static void add_word(struct buf *words, const char *word)
{
	if (!*word)
		return;
	if (words->size)
		buf_char(words, ' ');
	for (; *word; word++) {
		if (*word == ' ' || *word == '\t' || *word == '\n' || *word == '\r')
			buf_text(words, "\xC2\xA0");
		else
			buf_char(words, *word);
	}
}

const char *json_words(const struct json *list, struct arena *a)
{
	struct buf words = { 0 };

	for (size_t i = 0; json_type(list) == JSON_LIST && i < json_count(list); i++) {
		const char *word = json_text(json_at(list, i));

		add_word(&words, word ? word : "");
	}
	const char *text = words.size ? arena_copy_n(a, words.text, words.size) : NULL;

	buf_clear(&words);
	return text;
}

static bool take_words(
	const struct json *j, const char *name, void *at, struct arena *a, struct error *err)
{
	bool good = json_type(j) == JSON_LIST;

	for (size_t i = 0; good && i < json_count(j); i++)
		good = json_text(json_at(j, i)) != NULL;
	const char *words = good ? json_words(j, a) : NULL;

	if (words)
		*(const char **)at = words;
	return good || wrong(err, name, _("a list of texts"));
}

static const char *raw(const struct json *j, struct arena *a)
{
	struct buf out = { 0 };

	json_print(&out, j);
	const char *text = arena_copy_n(a, out.text, out.size);
	buf_clear(&out);
	return text;
}

/* An empty one is no news, and NULL is what it was before. */
static bool take_object(
	const struct json *j, const char *name, void *at, struct arena *a, struct error *err)
{
	if (json_type(j) != JSON_OBJECT)
		return wrong(err, name, _("an object"));
	*(const char **)at = json_count(j) ? raw(j, a) : NULL;
	return true;
}

static bool take_list(
	const struct json *j, const char *name, void *at, struct arena *a, struct error *err)
{
	if (json_type(j) != JSON_LIST)
		return wrong(err, name, _("a list"));
	*(const char **)at = json_count(j) ? raw(j, a) : NULL;
	return true;
}

typedef bool take_fn(
	const struct json *, const char *name, void *at, struct arena *, struct error *);

static take_fn *const takers[] = {
	[AS_TEXT] = take_text,
	[AS_INT] = take_int,
	[AS_INT64] = take_int64,
	[AS_BOOL] = take_bool,
	[AS_TIME] = take_time,
	[AS_WORDS] = take_words,
	[AS_LIST] = take_list,
	[AS_OBJECT] = take_object,
};

/* A member that is missing or null leaves its place zero. */
static bool read_members(const struct json *object, const struct member *members, void *into,
	struct arena *a, struct error *err)
{
	if (json_type(object) != JSON_OBJECT)
		return error_set(err, ERROR_GARBLED, _("An object was expected in this JSON."));
	for (; members->name; members++) {
		const struct json *value = json_get(object, members->name);

		if (!value || json_type(value) == JSON_NULL_VALUE)
			continue;
		if (!takers[members->how](value, members->name, (char *)into + members->at, a, err))
			return false;
	}
	return true;
}

/* An object inside, which may be missing or null. */
static bool inner(
	const struct json *object, const char *name, const struct json **out, struct error *err)
{
	*out = json_get(object, name);
	if (json_type(*out) == JSON_NULL_VALUE)
		*out = NULL;
	return !*out || json_type(*out) == JSON_OBJECT || wrong(err, name, _("an object"));
}

/* ---- cases */

#define AT(type, member) offsetof(struct type, member)

static bool read_case_citizen(
	const struct json *j, struct casefile *cf, struct arena *a, struct error *err)
{
	static const struct member members[] = {
		{ "id", AS_TEXT, AT(casefile, citizen) },
		{ "name", AS_TEXT, AT(casefile, citizen_name) },
		{ "born", AS_TEXT, AT(casefile, citizen_born) },
		{ "town", AS_TEXT, AT(casefile, citizen_town) },
		{ NULL },
	};
	const struct json *citizen = json_get(j, "citizen");

	switch (json_type(citizen)) {
	case JSON_NOTHING:
	case JSON_NULL_VALUE:
		return true;
	case JSON_OBJECT:
		return read_members(citizen, members, cf, a, err);
	default:
		return take_text(citizen, "citizen", &cf->citizen, a, err);
	}
}

/* expires_in is what is left; the reader has no clock, so held_until_ms counts from 0. */
static bool read_lease(
	const struct json *j, struct casefile *cf, struct arena *a, struct error *err)
{
	static const struct member members[] = {
		{ "worker", AS_TEXT, AT(casefile, holder) },
		{ "fence", AS_INT64, AT(casefile, fence) },
		{ NULL },
	};
	const struct json *lease;

	if (!inner(j, "lease", &lease, err))
		return false;
	if (!lease)
		return true;
	cf->held_until_ms = json_get_int(lease, "expires_in", 0) * 1000;
	return read_members(lease, members, cf, a, err);
}

static bool read_contact(
	const struct json *j, struct casefile *cf, struct arena *a, struct error *err)
{
	static const struct member members[] = {
		{ "at", AS_TIME, AT(casefile, contact_at) },
		{ "kind", AS_TEXT, AT(casefile, contact) },
		{ NULL },
	};
	const struct json *contact;

	if (!inner(j, "last_contact", &contact, err))
		return false;
	return !contact || read_members(contact, members, cf, a, err);
}

bool json_read_case(const struct json *j, struct casefile *cf, struct arena *a, struct error *err)
{
	static const struct member members[] = {
		{ "id", AS_TEXT, AT(casefile, id) },
		{ "number", AS_TEXT, AT(casefile, number) },
		{ "version", AS_TEXT, AT(casefile, version) },
		{ "subject", AS_TEXT, AT(casefile, subject) },
		{ "service", AS_TEXT, AT(casefile, queue) },
		{ "kind", AS_TEXT, AT(casefile, kind) },
		{ "step", AS_TEXT, AT(casefile, step) },
		{ "status", AS_TEXT, AT(casefile, status) },
		{ "outcome", AS_TEXT, AT(casefile, outcome) },
		{ "priority", AS_INT, AT(casefile, priority) },
		{ "assignee", AS_TEXT, AT(casefile, worker) },
		{ "team", AS_TEXT, AT(casefile, team) },
		{ "surge", AS_TEXT, AT(casefile, surge) },
		{ "group", AS_TEXT, AT(casefile, group) },
		{ "channel", AS_TEXT, AT(casefile, channel) },
		{ "language", AS_TEXT, AT(casefile, language) },
		{ "duplicate_of", AS_TEXT, AT(casefile, duplicate_of) },
		{ "skills", AS_WORDS, AT(casefile, skills) },
		{ "tags", AS_WORDS, AT(casefile, tags) },
		{ "links", AS_WORDS, AT(casefile, links) },
		{ "fields", AS_OBJECT, AT(casefile, fields) },
		{ "restricted", AS_BOOL, AT(casefile, restricted) },
		{ "due", AS_TIME, AT(casefile, due) },
		{ "opened_at", AS_TIME, AT(casefile, opened) },
		{ "updated_at", AS_TIME, AT(casefile, changed) },
		{ "resolved_at", AS_TIME, AT(casefile, resolved) },
		{ "last_event", AS_INT64, AT(casefile, last_event) },
		{ "delivery", AS_TEXT, AT(casefile, delivery) },
		{ "text", AS_TEXT, AT(casefile, text) },
		{ NULL },
	};

	if (!read_members(j, members, cf, a, err) || !read_case_citizen(j, cf, a, err) ||
		!read_lease(j, cf, a, err) || !read_contact(j, cf, a, err))
		return false;
	/* A word of a later version of the protocol: the case is there, so it can be seen. */
	if (cf->status && !stage_of_status(cf->status, &cf->stage))
		cf->stage = STAGE_OPEN;
	return true;
}

bool json_read_event(const struct json *j, struct event *e, struct arena *a, struct error *err)
{
	static const struct member members[] = {
		{ "seq", AS_INT64, AT(event, seq) },
		{ "seq", AS_TEXT, AT(event, id) },
		{ "at", AS_TIME, AT(event, at) },
		{ "kind", AS_TEXT, AT(event, wire) },
		{ "actor", AS_TEXT, AT(event, by) },
		{ "team", AS_TEXT, AT(event, team) },
		{ "text", AS_TEXT, AT(event, text) },
		{ "channel", AS_TEXT, AT(event, channel) },
		{ "language", AS_TEXT, AT(event, language) },
		{ "delivery", AS_TEXT, AT(event, delivery) },
		{ "about", AS_INT64, AT(event, about) },
		{ "changes", AS_OBJECT, AT(event, changes) },
		{ "files", AS_LIST, AT(event, files) },
		{ "mentions", AS_WORDS, AT(event, mentions) },
		{ NULL },
	};

	if (!read_members(j, members, e, a, err))
		return false;
	e->kind = event_kind_of(e->wire, e->channel);
	e->visible = !json_get_bool(j, "internal", true);
	return true;
}

static struct attachment read_file(const struct json *j, struct arena *a)
{
	const char *name = json_get_text(j, "name");
	struct attachment file = { .type = arena_copy(a, json_get_text(j, "type")),
		.size = json_get_int(j, "size", -1) };

	take_text(json_get(j, "id"), "id", &file.id, a, NULL);
	file.name = name && *name ? arena_copy(a, name) : file.id ? file.id : "-";
	return file;
}

struct attachment *json_read_files(const char *files, struct arena *a)
{
	struct json *list = files ? json_read(files, strlen(files), NULL, NULL) : NULL;
	size_t count = json_type(list) == JSON_LIST ? json_count(list) : 0;
	struct attachment *all = arena_alloc(a, (count + 1) * sizeof(*all));

	for (size_t i = 0; i < count; i++)
		all[i] = read_file(json_at(list, i), a);
	json_free(list);
	return all;
}

/* ---- citizens */

static bool is_open_status(const char *name)
{
	enum stage stage;

	return !strcmp(name, "open") || (stage_of_status(name, &stage) && stage_is_open(stage));
}

/* Counts by status; what is open and what there is in all is all that is shown. */
static bool read_counts(const struct json *j, struct citizen *c, struct error *err)
{
	const struct json *counts, *value = NULL;

	if (!inner(j, "cases", &counts, err))
		return false;
	for (size_t i = 0; counts && i < json_count(counts); i++) {
		const char *status = json_name_at(counts, i, &value);
		int n = 0;

		if (!take_int(value, "cases", &n, NULL, err))
			return false;
		c->all_cases += n;
		if (is_open_status(status))
			c->open_cases += n;
	}
	return true;
}

bool json_read_citizen(const struct json *j, struct citizen *c, struct arena *a, struct error *err)
{
	static const struct member members[] = {
		{ "id", AS_TEXT, AT(citizen, id) },
		{ "version", AS_TEXT, AT(citizen, version) },
		{ "ref", AS_TEXT, AT(citizen, ref) },
		{ "given", AS_TEXT, AT(citizen, given) },
		{ "family", AS_TEXT, AT(citizen, family) },
		{ "born", AS_TEXT, AT(citizen, born) },
		{ "phone", AS_TEXT, AT(citizen, phone) },
		{ "email", AS_TEXT, AT(citizen, mail) },
		{ "language", AS_TEXT, AT(citizen, language) },
		{ "contact", AS_TEXT, AT(citizen, reach) },
		{ "consents", AS_LIST, AT(citizen, consents) },
		{ "flags", AS_WORDS, AT(citizen, flags) },
		{ "match", AS_TEXT, AT(citizen, match) },
		{ "guarded", AS_BOOL, AT(citizen, guarded) },
		{ "created_at", AS_TIME, AT(citizen, created) },
		{ "updated_at", AS_TIME, AT(citizen, changed) },
		{ NULL },
	};
	static const struct member address[] = {
		{ "street", AS_TEXT, AT(citizen, street) },
		{ "postcode", AS_TEXT, AT(citizen, postcode) },
		{ "town", AS_TEXT, AT(citizen, town) },
		{ "country", AS_TEXT, AT(citizen, country) },
		{ NULL },
	};
	const struct json *at;

	if (!read_members(j, members, c, a, err) || !inner(j, "address", &at, err))
		return false;
	if (at && !read_members(at, address, c, a, err))
		return false;
	return read_counts(j, c, err);
}

bool json_read_access(const struct json *j, struct access *x, struct arena *a, struct error *err)
{
	static const struct member members[] = {
		{ "at", AS_TIME, AT(access, at) },
		{ "worker", AS_TEXT, AT(access, worker) },
		{ "team", AS_TEXT, AT(access, team) },
		{ "action", AS_TEXT, AT(access, action) },
		{ "purpose", AS_TEXT, AT(access, purpose) },
		{ NULL },
	};

	return read_members(j, members, x, a, err);
}

/* ---- people and texts */

bool json_read_worker(const struct json *j, struct worker *w, struct arena *a, struct error *err)
{
	static const struct member members[] = {
		{ "id", AS_TEXT, AT(worker, id) },
		{ "name", AS_TEXT, AT(worker, name) },
		{ "team", AS_TEXT, AT(worker, team) },
		{ "skills", AS_WORDS, AT(worker, skills) },
		{ "languages", AS_WORDS, AT(worker, languages) },
		{ "presence", AS_TEXT, AT(worker, presence) },
		{ NULL },
	};

	return read_members(j, members, w, a, err);
}

bool json_read_team(const struct json *j, struct team *t, struct arena *a, struct error *err)
{
	static const struct member members[] = {
		{ "id", AS_TEXT, AT(team, id) },
		{ "name", AS_TEXT, AT(team, name) },
		{ "services", AS_WORDS, AT(team, queues) },
		{ "workers", AS_INT, AT(team, workers) },
		{ "open_cases", AS_INT, AT(team, open_cases) },
		{ NULL },
	};

	return read_members(j, members, t, a, err);
}

bool json_read_template(
	const struct json *j, struct answer_template *t, struct arena *a, struct error *err)
{
	static const struct member members[] = {
		{ "id", AS_TEXT, AT(answer_template, id) },
		{ "name", AS_TEXT, AT(answer_template, name) },
		{ "language", AS_TEXT, AT(answer_template, language) },
		{ "service", AS_TEXT, AT(answer_template, queue) },
		{ "outcome", AS_TEXT, AT(answer_template, outcome) },
		{ "text", AS_TEXT, AT(answer_template, text) },
		{ NULL },
	};

	return read_members(j, members, t, a, err);
}

/* ---- kinds */

/* A list of texts as an array that ends with NULL; NULL when it is missing. */
static bool read_texts(const struct json *object, const char *name, const char *const **out,
	struct arena *a, struct error *err)
{
	const struct json *list = json_get(object, name);
	size_t count = json_count(list);

	*out = NULL;
	if (!list || json_type(list) == JSON_NULL_VALUE)
		return true;
	if (json_type(list) != JSON_LIST)
		return wrong(err, name, _("a list of texts"));

	const char **texts = arena_alloc(a, (count + 1) * sizeof(*texts));
	for (size_t i = 0; i < count; i++)
		if (!take_text(json_at(list, i), name, &texts[i], a, err))
			return false;
	*out = texts;
	return true;
}

/* The list of objects under this name; count 0 when it is missing. */
static bool list_of(const struct json *object, const char *name, const struct json **list,
	int *count, struct error *err)
{
	*list = json_get(object, name);
	*count = json_type(*list) == JSON_LIST ? (int)json_count(*list) : 0;
	return !*list || json_type(*list) == JSON_LIST || json_type(*list) == JSON_NULL_VALUE ||
	       wrong(err, name, _("a list"));
}

static bool read_field(
	const struct json *j, struct kind_field *f, struct arena *a, struct error *err)
{
	static const struct member members[] = {
		{ "name", AS_TEXT, AT(kind_field, name) },
		{ "label", AS_TEXT, AT(kind_field, label) },
		{ "required", AS_BOOL, AT(kind_field, required) },
		{ "sensitive", AS_BOOL, AT(kind_field, sensitive) },
		{ "pattern", AS_TEXT, AT(kind_field, pattern) },
		{ NULL },
	};
	const char *type = json_get_text(j, "type");

	if (!read_members(j, members, f, a, err) || !read_texts(j, "values", &f->values, a, err))
		return false;
	if (!f->name)
		return wrong(err, "name", _("a text"));
	if (!f->label)
		f->label = f->name;
	/* A type of a later version is asked for as text: the service checks it. */
	if (!type || !kind_type_read(type, &f->type))
		f->type = KIND_TEXT;
	return true;
}

static bool read_step(const struct json *j, struct kind_step *s, struct arena *a, struct error *err)
{
	static const struct member members[] = {
		{ "id", AS_TEXT, AT(kind_step, id) },
		{ "name", AS_TEXT, AT(kind_step, name) },
		{ "status", AS_TEXT, AT(kind_step, status) },
		{ NULL },
	};
	static const struct member needs[] = {
		{ "role", AS_TEXT, AT(kind_step, role) },
		{ "other_person", AS_BOOL, AT(kind_step, other_person) },
		{ NULL },
	};
	const struct json *who;

	if (!read_members(j, members, s, a, err) || !read_texts(j, "next", &s->next, a, err) ||
		!inner(j, "needs", &who, err))
		return false;
	if (who && !read_members(who, needs, s, a, err))
		return false;
	if (!s->id)
		return wrong(err, "id", _("a text"));
	if (!s->name)
		s->name = s->id;
	return true;
}

static bool read_fields(const struct json *j, struct kind *k, struct arena *a, struct error *err)
{
	const struct json *list;

	if (!list_of(j, "fields", &list, &k->field_count, err))
		return false;

	struct kind_field *fields = arena_alloc(a, ((size_t)k->field_count + 1) * sizeof(*fields));
	k->fields = fields;
	for (int i = 0; i < k->field_count; i++)
		if (!read_field(json_at(list, (size_t)i), &fields[i], a, err))
			return false;
	return true;
}

static bool read_steps(const struct json *j, struct kind *k, struct arena *a, struct error *err)
{
	const struct json *list;

	if (!list_of(j, "steps", &list, &k->step_count, err))
		return false;

	struct kind_step *steps = arena_alloc(a, ((size_t)k->step_count + 1) * sizeof(*steps));
	k->steps = steps;
	for (int i = 0; i < k->step_count; i++)
		if (!read_step(json_at(list, (size_t)i), &steps[i], a, err))
			return false;
	return true;
}

static bool read_rules(const struct json *j, struct kind *k, struct arena *a, struct error *err)
{
	static const struct member due[] = {
		{ "working_days", AS_INT, AT(kind, due_working_days) },
		{ "hours", AS_INT, AT(kind, due_hours) },
		{ NULL },
	};
	static const struct member repeat[] = {
		{ "after_days", AS_INT, AT(kind, repeat_after_days) },
		{ "times", AS_INT, AT(kind, repeat_times) },
		{ NULL },
	};
	const struct json *rule;

	if (!inner(j, "due", &rule, err) || (rule && !read_members(rule, due, k, a, err)))
		return false;
	return inner(j, "repeat", &rule, err) && (!rule || read_members(rule, repeat, k, a, err));
}

bool json_read_kind(const struct json *j, struct kind *k, struct arena *a, struct error *err)
{
	static const struct member members[] = {
		{ "id", AS_TEXT, AT(kind, id) },
		{ "name", AS_TEXT, AT(kind, name) },
		{ "service", AS_TEXT, AT(kind, queue) },
		{ "version", AS_INT64, AT(kind, version) },
		{ NULL },
	};

	return read_members(j, members, k, a, err) && read_fields(j, k, a, err) &&
	       read_steps(j, k, a, err) && read_rules(j, k, a, err) &&
	       read_texts(j, "templates", &k->templates, a, err);
}
