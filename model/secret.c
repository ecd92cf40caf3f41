/* Masking of what is nobody's business unasked. */
#include "model/secret.h"

#include "model/json.h"

#include <string.h>

bool secret_of_citizen(const char *field)
{
	return !strcmp(field, "born") || !strcmp(field, "ref");
}

static const char *bare(const char *field)
{
	return strncmp(field, "fields.", 7) ? field : field + 7;
}

bool secret_of_case(const struct kind *kind, const char *field)
{
	const struct kind_field *f = kind ? kind_field_find(kind, bare(field)) : NULL;

	return kind ? f && f->sensitive : !strncmp(field, "fields.", 7);
}

const char *secret_masked(const char *field, const char *text, struct arena *a)
{
	if (!text || !*text)
		return text;
	if (strcmp(field, "born"))
		return SECRET_STARS;
	return strlen(text) > 4 ? arena_printf(a, "%.4s-**", text) : text;
}

void secret_mask_citizen(struct citizen *c, struct arena *a)
{
	c->born = secret_masked("born", c->born, a);
	c->ref = secret_masked("ref", c->ref, a);
}

/* *known: whether it can be said at all which of its fields are secret. */
static const struct kind *kind_of(
	const struct casefile *cf, const struct page *people, bool *known)
{
	*known = cf && !cf->kind; /* without a kind nothing is called sensitive */
	for (int i = 0; cf && cf->kind && people && i < people->kind_count; i++) {
		const struct kind *k = &people->kinds[i];
		bool ours = !k->service || !cf->service || !strcmp(k->service, cf->service);

		*known = true;
		if (ours && !strcmp(k->id, cf->kind))
			return k;
	}
	return NULL;
}

static bool is_secret(const struct casefile *cf, const struct page *people, const char *field)
{
	bool known;
	const struct kind *kind = kind_of(cf, people, &known);

	return kind || !known ? secret_of_case(kind, field) : false;
}

static const char *mask_members(
	const char *object, const struct casefile *cf, const struct page *people, struct arena *a)
{
	struct json *root = object ? json_read(object, strlen(object), NULL, NULL) : NULL;

	for (size_t i = 0; i < json_count(root); i++) {
		const struct json *value;
		const char *name = json_name_at(root, i, &value);

		if (json_type(value) != JSON_NULL_VALUE &&
			is_secret(cf, people, arena_printf(a, "fields.%s", name)))
			object = json_member_set(object, name, SECRET_STARS, a);
	}
	json_free(root);
	return object;
}

void secret_mask_cases(struct page *page, const struct page *people)
{
	for (int i = 0; i < page->case_count; i++) {
		struct casefile *cf = &page->cases[i];

		cf->citizen_born = secret_masked("born", cf->citizen_born, &page->arena);
		cf->fields = mask_members(cf->fields, cf, people, &page->arena);
	}
}

/* ---- events: an object of pairs, before and after; "fields" is a pair of objects, "fields.NAME" of
   values */

static void put_masked(struct json_out *out, const struct json *value, const struct casefile *cf,
	const struct page *people, struct arena *a)
{
	struct buf text = { 0 };

	json_print(&text, value);
	if (json_type(value) == JSON_OBJECT)
		json_put_raw(out, NULL, mask_members(buf_str(&text), cf, people, a));
	else
		json_put_node(out, NULL, value);
	buf_clear(&text);
}

static const char *mask_changes(
	const char *changes, const struct casefile *cf, const struct page *people, struct arena *a)
{
	struct json *root = changes ? json_read(changes, strlen(changes), NULL, NULL) : NULL;
	struct buf text = { 0 };
	struct json_out out = { .buf = &text };

	if (!root)
		return changes;
	json_open(&out, NULL, '{');
	for (size_t i = 0; i < json_count(root); i++) {
		const struct json *pair, *value;
		const char *name = json_name_at(root, i, &pair);
		bool secret = is_secret(cf, people, name), whole = !strcmp(name, "fields");

		if (json_type(pair) != JSON_LIST) {
			json_put_node(&out, name, pair);
			continue;
		}
		json_open(&out, name, '[');
		for (size_t k = 0; k < json_count(pair); k++) {
			value = json_at(pair, k);
			if (secret && json_type(value) != JSON_NULL_VALUE)
				json_put_text(&out, NULL, SECRET_STARS);
			else if (whole)
				put_masked(&out, value, cf, people, a);
			else
				json_put_node(&out, NULL, value);
		}
		json_close(&out, ']');
	}
	json_close(&out, '}');
	json_free(root);
	changes = arena_copy(a, text.text);
	buf_clear(&text);
	return changes;
}

void secret_mask_events(struct page *page, const struct casefile *cf, const struct page *people)
{
	for (int i = 0; i < page->event_count; i++)
		page->events[i].changes =
			mask_changes(page->events[i].changes, cf, people, &page->arena);
}

/* ---- rows of the outbox */

bool secret_of_patch(const struct patch *p, const struct casefile *cf, const struct page *people,
	const char *field)
{
	return p->on == ON_CITIZEN ? secret_of_citizen(field) : is_secret(cf, people, field);
}

static const char *mask_theirs(
	struct patch *p, const struct casefile *cf, const struct page *people)
{
	const char *text = p->theirs;

	if (!text)
		return NULL;
	if (p->on == ON_CITIZEN) {
		const char *born = json_member_text(text, "born", &p->arena);

		if (born)
			text = json_member_set(text, "born", secret_masked("born", born, &p->arena),
				&p->arena);
		if (json_member_text(text, "ref", &p->arena))
			text = json_member_set(text, "ref", SECRET_STARS, &p->arena);
		return text;
	}

	struct json *root = json_read(text, strlen(text), NULL, NULL);
	struct buf out = { 0 };
	struct json_out json = { .buf = &out };

	json_open(&json, NULL, '{');
	for (size_t i = 0; i < json_count(root); i++) {
		const struct json *value;
		const char *name = json_name_at(root, i, &value);
		struct buf fields = { 0 };

		json_print(&fields, value);
		if (!strcmp(name, "fields"))
			json_put_raw(&json, name, mask_members(buf_str(&fields), cf, people, &p->arena));
		else
			json_put_node(&json, name, value);
		buf_clear(&fields);
	}
	json_close(&json, '}');
	text = root ? arena_copy(&p->arena, out.text) : text;
	json_free(root);
	buf_clear(&out);
	return text;
}

void secret_mask_patch(struct patch *p, const struct casefile *cf, const struct page *people)
{
	for (int i = 0; i < p->count; i++) {
		struct change *c = &p->changes[i];

		if (!secret_of_patch(p, cf, people, c->field))
			continue;
		/* Its arguments, which may say it too. */
		if (p->verb)
			p->verb = arena_copy_n(&p->arena, p->verb, strcspn(p->verb, " "));
		c->before = secret_masked(c->field, c->before, &p->arena);
		c->after = secret_masked(c->field, c->after, &p->arena);
	}
	p->theirs = mask_theirs(p, cf, people);
}
