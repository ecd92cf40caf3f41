/* Names for numbers. */
#include "net/learned.h"

#include "model/text.h"
#include "net/service.h"

#include <stdlib.h>
#include <string.h>

const char *learned_slug(const char *name, char gap, struct arena *a)
{
	struct buf folded = { 0 }, out = { 0 };

	text_fold(&folded, name ? name : "");
	for (const char *c = buf_str(&folded); *c; c++) {
		bool plain = (*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') ||
			     (unsigned char)*c >= 0x80 || (*c == '-' && gap == '.');

		if (plain || (out.size && out.text[out.size - 1] != gap))
			buf_char(&out, plain ? *c : gap);
	}
	while (out.size && out.text[out.size - 1] == gap)
		buf_cut(&out, out.size - 1);
	const char *slug = arena_copy(a, buf_str(&out));

	buf_clear(&folded);
	buf_clear(&out);
	return slug;
}

struct learned *learned_next(const struct service *s, int about, int *i)
{
	const struct learned_list *l = &s->learned;

	for (; *i < l->count; ++*i)
		if (l->all[*i]->about == about)
			return l->all[(*i)++];
	return NULL;
}

struct learned *learned_id(const struct service *s, int about, int64_t id)
{
	struct learned *e;

	for (int i = 0; (e = learned_next(s, about, &i));)
		if (e->id == id)
			return e;
	return NULL;
}

const struct learned *learned_named(
	const struct service *s, int about, const char *slug, bool *many)
{
	const struct learned *found = NULL, *e;

	for (int i = 0; slug && (e = learned_next(s, about, &i));) {
		if (strcmp(e->slug, slug) && strcmp(e->name, slug))
			continue;
		if (found && many)
			*many = true;
		found = found ? found : e;
	}
	return many && *many ? NULL : found;
}

bool learned_pair(const struct service *s, int about, int64_t id, int64_t value)
{
	const struct learned *e;

	for (int i = 0; (e = learned_next(s, about, &i));)
		if (e->id == id && e->value == value)
			return true;
	return false;
}

struct learned *learned_add(struct service *s, int about, int64_t id, int64_t value,
	const char *name, char gap)
{
	struct learned_list *l = &s->learned;
	struct learned *e = gap ? learned_id(s, about, id) : NULL;

	if (id <= 0 || (!gap && learned_pair(s, about, id, value)))
		return NULL;
	if (!e) {
		l->all = xrealloc(l->all, ((size_t)l->count + 1) * sizeof(struct learned *));
		e = l->all[l->count++] = arena_alloc(&l->arena, sizeof(*e));
		*e = (struct learned){ .about = about, .id = id };
		e->name = arena_copy(&l->arena, name ? name : "");
		e->slug = learned_slug(name, gap, &l->arena);
	}
	e->value = value ? value : e->value;
	return e;
}

void learned_clear(struct service *s)
{
	arena_clear(&s->learned.arena);
	free(s->learned.all);
	s->learned = (struct learned_list){ 0 };
}
