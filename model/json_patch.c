/* Patches as JSON: what goes to a Casework REST service, and the whole row of the outbox. */
#include "model/i18n.h"
#include "model/json.h"
#include "model/when.h"
#include <stdlib.h>
#include <string.h>

/* ---- to the service */

static bool one_of(const char *name, const char *const *list)
{
	for (; *list; list++)
		if (!strcmp(name, *list))
			return true;
	return false;
}

/* The wire's members of a new case (CaseInput) and of a change (CasePatch). Whatever else a patch
   holds is for services of another kind. */
static bool on_wire(const char *wire, bool creates)
{
	static const char *const both[] = {
		"subject",
		"kind",
		"step",
		"service",
		"channel",
		"language",
		"priority",
		"team",
		"assignee",
		"due",
		"skills",
		"tags",
		"links",
		"restricted",
		"citizen",
		NULL,
	};
	static const char *const input[] = { "text", NULL };
	static const char *const change[] = { "status", "outcome", "group", "duplicate_of", "delivery",
		NULL };

	return one_of(wire, both) || one_of(wire, creates ? input : change);
}

static void put_value(struct json_out *out, const struct case_field *f, const char *value)
{
	if (f->type == FIELD_WORDS)
		json_put_words(out, f->wire, value);
	else if (!value)
		json_put_null(out, f->wire);
	else if (f->type == FIELD_NUMBER)
		json_put_int(out, f->wire, strtol(value, NULL, 10));
	else if (f->type == FIELD_FLAG)
		json_put_bool(out, f->wire, !strcmp(value, "yes"));
	else
		json_put_text(out, f->wire, value);
}

/* The stage every driver understands, in this service's words: never `closed`, its own end. */
static const char *wire_status(const char *stage_text)
{
	enum stage stage;

	if (!stage_text || !stage_read(stage_text, &stage))
		return NULL;
	return stage_status(stage);
}

static void put_status(struct json_out *out, const struct patch *p)
{
	const struct change *stage = patch_find(p, "stage");
	const char *status = stage ? wire_status(stage->after) : NULL;

	/* Both in one patch: the service's own word says more. A step brings its status with it. */
	if (status && !p->creates && !patch_find(p, "status") && !patch_find(p, "step"))
		json_put_text(out, "status", status);
}

static void put_kind_fields(struct json_out *out, const struct patch *p)
{
	bool open = false;

	for (int i = 0; i < p->count; i++) {
		const struct change *c = &p->changes[i];

		if (strncmp(c->field, "fields.", 7) || (p->creates && !c->after))
			continue;
		if (!open)
			json_open(out, "fields", '{');
		open = true;
		json_put_text(out, c->field + 7, c->after);
	}
	if (open)
		json_close(out, '}');
}

static void write_case_patch(struct json_out *out, const struct patch *p)
{
	for (int i = 0; i < p->count; i++) {
		const struct change *c = &p->changes[i];
		const struct case_field *f = case_field_find(c->field);

		if (!f || !on_wire(f->wire, p->creates) || (p->creates && !c->after))
			continue;
		put_value(out, f, c->after);
	}
	put_status(out, p);
	put_kind_fields(out, p);
	if (p->note && *p->note && !p->creates)
		json_put_text(out, "note", p->note);
	if (p->note && *p->note && p->creates && !patch_find(p, "text"))
		json_put_text(out, "text", p->note);
	if (p->answer && *p->answer && !p->creates)
		json_put_raw(out, "answer", p->answer);
}

static void put_address(struct json_out *out, const struct patch *p)
{
	static const char *const parts[] = { "street", "postcode", "town", "country" };
	bool open = false;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const struct change *c = patch_find(p, parts[i]);

		if (!c || (p->creates && !c->after))
			continue;
		if (!open)
			json_open(out, "address", '{');
		open = true;
		json_put_text(out, parts[i], c->after);
	}
	if (open)
		json_close(out, '}');
}

static void write_citizen_patch(struct json_out *out, const struct patch *p)
{
	static const char *const texts[] = { "given", "family", "born", "ref", "phone", "email",
		"language", "contact", NULL };
	static const char *const flags[] = { "guarded", "allow_duplicate", NULL };

	for (int i = 0; i < p->count; i++) {
		const struct change *c = &p->changes[i];

		if (p->creates && !c->after)
			continue;
		if (one_of(c->field, texts))
			json_put_text(out, c->field, c->after);
		else if (one_of(c->field, flags))
			json_put_bool(out, c->field, c->after && !strcmp(c->after, "yes"));
		else if (!strcmp(c->field, "flags"))
			json_put_words(out, "flags", c->after);
	}
	put_address(out, p);
}

void json_write_patch(struct json_out *out, const struct patch *p)
{
	json_open(out, NULL, '{');
	if (p->on == ON_CITIZEN)
		write_citizen_patch(out, p);
	else
		write_case_patch(out, p);
	json_close(out, '}');
}

/* ---- the outbox */

static const char *const objects[] = {
	[ON_CASE] = "case",
	[ON_CITIZEN] = "citizen",
	[ON_SURGE] = "surge",
	[ON_MESSAGE] = "message",
};

static const char *const states[] = {
	[PATCH_SAVED] = "saved",
	[PATCH_SENT] = "sent",
	[PATCH_UNKNOWN] = "unknown",
	[PATCH_CONFLICT] = "conflict",
	[PATCH_REFUSED] = "refused",
};

enum {
	OBJECT_COUNT = sizeof(objects) / sizeof(objects[0]),
	STATE_COUNT = sizeof(states) / sizeof(states[0])
};

static const char *patch_state_name(enum patch_state state)
{
	return (unsigned)state < STATE_COUNT ? states[state] : "saved";
}

/* Which of the names it is; 0 when it is none or missing, which is their first meaning. */
static int index_of(const char *name, const char *const *list, int count)
{
	for (int i = 0; name && i < count; i++)
		if (!strcmp(name, list[i]))
			return i;
	return 0;
}

static enum error_kind error_of(const char *name)
{
	for (int kind = ERROR_NONE; name && kind <= ERROR_CANCELLED; kind++)
		if (!strcmp(name, error_name((enum error_kind)kind)))
			return (enum error_kind)kind;
	return ERROR_NONE;
}

/* JSON inside JSON. What is none is kept as a text, so that one slip spoils no row. */
static void put_inner(struct json_out *out, const char *name, const char *text)
{
	struct json *inner = text ? json_read(text, strlen(text), NULL, NULL) : NULL;
	enum json_type type = json_type(inner);

	if (type == JSON_OBJECT || type == JSON_LIST)
		json_put_node(out, name, inner);
	else
		json_put_text(out, name, text);
	json_free(inner);
}

static const char *read_inner(const struct json *j, struct arena *a)
{
	struct buf text = { 0 };

	if (json_text(j))
		return arena_copy(a, json_text(j));
	if (json_type(j) != JSON_OBJECT && json_type(j) != JSON_LIST)
		return NULL;
	json_print(&text, j);

	const char *copy = arena_copy_n(a, text.text, text.size);
	buf_clear(&text);
	return copy;
}

static void put_changes(struct json_out *out, const struct patch *p)
{
	json_open(out, "changes", '[');
	for (int i = 0; i < p->count; i++) {
		json_open(out, NULL, '{');
		json_put_text(out, "field", p->changes[i].field);
		json_put_text(out, "before", p->changes[i].before);
		json_put_text(out, "after", p->changes[i].after);
		json_close(out, '}');
	}
	json_close(out, ']');
}

static void put_files(struct json_out *out, const struct patch *p)
{
	if (!p->file_count)
		return;
	json_open(out, "files", '[');
	for (int i = 0; i < p->file_count; i++) {
		const struct attachment *f = &p->files[i];

		json_open(out, NULL, '{');
		json_put_text(out, "name", f->name);
		json_put_text(out, "type", f->type);
		json_put_text(out, "path", f->path);
		json_put_text(out, "from", f->from);
		if (f->size >= 0)
			json_put_int(out, "size", f->size);
		json_close(out, '}');
	}
	json_close(out, ']');
}

void json_write_outbox(struct json_out *out, const struct patch *p)
{
	json_open(out, NULL, '{');
	json_put_int(out, "key", p->key);
	json_put_text(out, "service", p->service);
	json_put_text(out, "uuid", p->uuid);
	json_put_text(out, "on", (unsigned)p->on < OBJECT_COUNT ? objects[p->on] : NULL);
	json_put_int(out, "object", p->object);
	json_put_bool(out, "creates", p->creates);
	json_put_text(out, "number", p->number);
	json_put_text(out, "title", p->title);
	json_put_text(out, "version", p->version);
	json_put_int(out, "fence", p->fence);
	json_put_text(out, "run", p->run);
	json_put_int(out, "row", p->row);
	json_put_text(out, "state", patch_state_name(p->state));
	json_put_time(out, "not_before", p->not_before);
	json_put_text(out, "verb", p->verb);
	put_changes(out, p);
	json_put_text(out, "note", p->note);
	put_inner(out, "answer", p->answer);
	put_files(out, p);
	json_put_text(out, "purpose", p->purpose);
	json_put_text(out, "worker", p->worker);
	json_put_time(out, "made", p->made);
	json_put_int(out, "tries", p->tries);
	if (p->over)
		json_put_text(out, "over", p->over);
	json_put_text(out, "error", p->error ? error_name(p->error) : NULL);
	json_put_text(out, "error_text", p->error_text);
	put_inner(out, "theirs", p->theirs);
	json_close(out, '}');
}

static void read_texts(const struct json *j, struct patch *p)
{
	const struct {
		const char *name, **text;
	} texts[] = {
		{ "service", &p->service },
		{ "uuid", &p->uuid },
		{ "number", &p->number },
		{ "title", &p->title },
		{ "version", &p->version },
		{ "run", &p->run },
		{ "verb", &p->verb },
		{ "note", &p->note },
		{ "purpose", &p->purpose },
		{ "worker", &p->worker },
		{ "error_text", &p->error_text },
		{ "over", &p->over },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		*texts[i].text = arena_copy(&p->arena, json_get_text(j, texts[i].name));
	p->answer = read_inner(json_get(j, "answer"), &p->arena);
	p->theirs = read_inner(json_get(j, "theirs"), &p->arena);
}

static void read_numbers(const struct json *j, struct patch *p)
{
	p->key = json_get_int(j, "key", 0);
	p->on = (enum patch_on)index_of(json_get_text(j, "on"), objects, OBJECT_COUNT);
	p->object = json_get_int(j, "object", 0);
	p->creates = json_get_bool(j, "creates", false);
	p->fence = json_get_int(j, "fence", 0);
	p->row = json_get_int(j, "row", 0);
	p->state = (enum patch_state)index_of(json_get_text(j, "state"), states, STATE_COUNT);
	p->tries = (int)json_get_int(j, "tries", 0);
	p->error = error_of(json_get_text(j, "error"));
	when_read(json_get_text(j, "not_before"), &p->not_before);
	when_read(json_get_text(j, "made"), &p->made);
}

static bool read_changes(const struct json *j, struct patch *p, struct error *err)
{
	const struct json *list = json_get(j, "changes");

	for (size_t i = 0; i < json_count(list); i++) {
		const struct json *change = json_at(list, i);
		const char *field = json_get_text(change, "field");

		if (!field)
			return error_set(err, ERROR_LOCAL,
				_("A row of the outbox is damaged: a change names no field."));
		patch_change(
			p, field, json_get_text(change, "before"), json_get_text(change, "after"));
	}
	return true;
}

static bool read_files(const struct json *j, struct patch *p, struct error *err)
{
	const struct json *list = json_get(j, "files");

	for (size_t i = 0; i < json_count(list); i++) {
		const struct json *file = json_at(list, i);
		const char *path = json_get_text(file, "path");

		if (!path)
			return error_set(err, ERROR_LOCAL,
				_("A row of the outbox is damaged: a file has no place."));

		struct attachment *f = patch_file(p, path);
		const char *name = json_get_text(file, "name");
		f->name = name ? arena_copy(&p->arena, name) : f->name;
		f->type = arena_copy(&p->arena, json_get_text(file, "type"));
		f->from = arena_copy(&p->arena, json_get_text(file, "from"));
		f->size = json_get_int(file, "size", -1);
	}
	return true;
}

bool json_read_outbox(const char *text, struct patch *p, struct error *err)
{
	struct json *root = json_read(text, strlen(text), NULL, NULL);
	bool good = json_type(root) == JSON_OBJECT;

	*p = (struct patch){ 0 };
	if (!good) {
		json_free(root);
		return error_set(
			err, ERROR_LOCAL, _("A row of the outbox is damaged: it is no JSON."));
	}
	read_texts(root, p);
	read_numbers(root, p);
	good = read_changes(root, p, err) && read_files(root, p, err);
	json_free(root);
	if (!good)
		patch_clear(p);
	return good;
}
