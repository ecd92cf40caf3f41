/* One change to one thing. */
#include "model/patch.h"
#include "model/i18n.h"
#include <string.h>

enum { CHANGES_FIRST = 4 };

static struct change *find(const struct patch *p, const char *field)
{
	for (int i = 0; i < p->count; i++)
		if (!strcmp(p->changes[i].field, field))
			return &p->changes[i];
	return NULL;
}

/* Room for one more; as in page.c it follows from the count. */
static struct change *add(struct patch *p)
{
	bool full =
		p->count == 0 || (p->count >= CHANGES_FIRST && (p->count & (p->count - 1)) == 0);

	if (full) {
		size_t room = p->count ? (size_t)p->count * 2 : CHANGES_FIRST;
		struct change *wider = arena_alloc(&p->arena, room * sizeof(*wider));

		if (p->count)
			memcpy(wider, p->changes, (size_t)p->count * sizeof(*wider));
		p->changes = wider;
	}
	return &p->changes[p->count++];
}

static bool is_text(const char *text)
{
	return text && *text;
}

void patch_change(struct patch *p, const char *field, const char *before, const char *after)
{
	struct change *change = find(p, field);

	after = is_text(after) ? arena_copy(&p->arena, after) : NULL;
	if (change) {
		change->after = after;
		return;
	}
	change = add(p);
	change->field = arena_copy(&p->arena, field);
	change->before = is_text(before) ? arena_copy(&p->arena, before) : NULL;
	change->after = after;
}

const struct change *patch_find(const struct patch *p, const char *field)
{
	return find(p, field);
}

bool patch_empty(const struct patch *p)
{
	return !p->count && !is_text(p->note) && !is_text(p->answer);
}

/* What the service accepts is the service's business: a value that does not fit here is not shown,
   and its refusal says why. */
void patch_over_case(const struct patch *p, struct casefile *cf, struct arena *a)
{
	for (int i = 0; i < p->count; i++)
		case_set(cf, p->changes[i].field, p->changes[i].after, a, NULL);
}

void patch_over_citizen(const struct patch *p, struct citizen *c, struct arena *a)
{
	for (int i = 0; i < p->count; i++)
		citizen_set(c, p->changes[i].field, p->changes[i].after, a, NULL);
}

static bool can_invert(const struct patch *p, struct error *err)
{
	if (p->creates && p->on == ON_CITIZEN)
		return error_set(err, ERROR_USAGE,
			_("A citizen who was registered cannot be taken away again."));
	if (p->creates)
		return error_set(err, ERROR_USAGE,
			_("A case that was opened cannot be undone; close it instead."));
	if (is_text(p->answer))
		return error_set(err, ERROR_USAGE,
			_("An answer has reached the citizen and cannot be undone."));
	if (is_text(p->note))
		return error_set(
			err, ERROR_USAGE, _("A note stays on the timeline and cannot be undone."));
	if (!p->count)
		return error_set(err, ERROR_USAGE, _("There is nothing to undo in this change."));
	return true;
}

bool patch_inverse(const struct patch *p, struct patch *out, struct error *err)
{
	*out = (struct patch){ 0 };
	if (!can_invert(p, err))
		return false;

	struct arena *a = &out->arena;
	out->service = arena_copy(a, p->service);
	out->on = p->on;
	out->object = p->object;
	out->number = arena_copy(a, p->number);
	out->title = arena_copy(a, p->title);
	out->purpose = arena_copy(a, p->purpose);
	out->verb = arena_copy(a, "undo");
	for (int i = p->count - 1; i >= 0; i--)
		patch_change(out, p->changes[i].field, p->changes[i].after, p->changes[i].before);
	return true;
}

void patch_copy(struct patch *to, const struct patch *from)
{
	struct patch c = *from;

	c.arena = (struct arena){ 0 };
	const char **const strings[] = {
		&c.service,
		&c.uuid,
		&c.number,
		&c.title,
		&c.version,
		&c.run,
		&c.verb,
		&c.note,
		&c.answer,
		&c.purpose,
		&c.worker,
		&c.error_text,
		&c.theirs,
	};
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
		*strings[i] = arena_copy(&c.arena, *strings[i]);
	c.changes = NULL;
	c.count = 0;
	for (int i = 0; i < from->count; i++) {
		const struct change *change = &from->changes[i];

		patch_change(&c, change->field, change->before, change->after);
	}
	*to = c;
}

void patch_clear(struct patch *p)
{
	arena_clear(&p->arena);
	*p = (struct patch){ 0 };
}
