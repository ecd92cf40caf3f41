/* Both sides of a conflict. */
#include "cli/theirs.h"

#include "model/json.h"

bool theirs_read(struct theirs *t, const struct patch *p)
{
	struct json *object =
		p->theirs ? json_read(p->theirs, strlen(p->theirs), NULL, NULL) : NULL;
	bool good = false;

	t->is_citizen = p->on == ON_CITIZEN;
	if (object && t->is_citizen)
		good = json_read_citizen(object, &t->citizen, &t->arena, NULL);
	else if (object)
		good = json_read_case(object, &t->cf, &t->arena, NULL);
	json_free(object);
	t->version = good ? (t->is_citizen ? t->citizen.version : t->cf.version) : NULL;
	return t->version != NULL;
}

const char *theirs_get(struct theirs *t, const char *field)
{
	if (!t->version)
		return NULL;
	return t->is_citizen ? citizen_get(&t->citizen, field) : case_get(&t->cf, field, &t->arena);
}

void theirs_clear(struct theirs *t)
{
	arena_clear(&t->arena);
	*t = (struct theirs){ 0 };
}

bool theirs_under(const struct patch *p, struct patch *out)
{
	struct theirs t = { 0 };
	bool good = theirs_read(&t, p);

	patch_copy(out, p);
	for (int i = 0; good && i < out->count; i++) {
		struct change *change = &out->changes[i];
		const char *now = arena_copy(&out->arena, theirs_get(&t, change->field));

		change->after = patch_over(p, change, now, &out->arena);
		change->before = now;
	}
	if (good) {
		out->version = arena_copy(&out->arena, t.version);
		out->theirs = NULL;
	}
	theirs_clear(&t);
	return good;
}
