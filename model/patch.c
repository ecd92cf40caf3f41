/* One change to one thing. */
#include "model/patch.h"
#include "model/file.h"
#include "model/i18n.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>

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

struct patch *patch_first(struct patch *p)
{
	if (!p->first)
		p->first = xcalloc(1, sizeof(*p->first));
	return p->first;
}

struct patch *patch_then(struct patch *p)
{
	if (!p->then)
		p->then = xcalloc(1, sizeof(*p->then));
	return p->then;
}

static struct patch *copy_of(const struct patch *from)
{
	struct patch *to = from ? xcalloc(1, sizeof(*to)) : NULL;

	if (to)
		patch_copy(to, from);
	return to;
}

static void clear_other(struct patch *p)
{
	if (p)
		patch_clear(p);
	free(p);
}

int patch_held_by(const struct patch *rows, int at)
{
	for (int i = 0; i < at; i++) {
		bool same = rows[i].on == rows[at].on && rows[i].object == rows[at].object;

		if (same && (rows[i].state == PATCH_CONFLICT || rows[i].state == PATCH_REFUSED))
			return i + 1;
	}
	return 0;
}

const struct change *patch_find(const struct patch *p, const char *field)
{
	return find(p, field);
}

bool patch_words(const struct patch *p, const char *field)
{
	const struct case_field *f = p->on == ON_CASE ? case_field_find(field) : NULL;

	return f && f->type == FIELD_WORDS;
}

const char *patch_over(
	const struct patch *p, const struct change *change, const char *now, struct arena *arena)
{
	return patch_words(p, change->field) ? words_merge(change->before, change->after, now, arena)
					     : change->after;
}

bool patch_empty(const struct patch *p)
{
	return !p->count && !p->first && !p->file_count && !is_text(p->note) && !is_text(p->answer);
}

/* ---- files */

/* What a service is told a file is, by its ending; it looks for itself where it matters. */
static const struct {
	const char *ending, *type;
} types[] = {
	{ "pdf", "application/pdf" },
	{ "txt", "text/plain" },
	{ "csv", "text/csv" },
	{ "jpg", "image/jpeg" },
	{ "jpeg", "image/jpeg" },
	{ "png", "image/png" },
	{ "gif", "image/gif" },
	{ "tif", "image/tiff" },
	{ "tiff", "image/tiff" },
	{ "heic", "image/heic" },
	{ "mp4", "video/mp4" },
	{ "zip", "application/zip" },
	{ "eml", "message/rfc822" },
	{ "doc", "application/msword" },
	{ "docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document" },
	{ "xls", "application/vnd.ms-excel" },
	{ "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" },
	{ "odt", "application/vnd.oasis.opendocument.text" },
	{ "ods", "application/vnd.oasis.opendocument.spreadsheet" },
};

static const char *type_of(const char *name)
{
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcasecmp(dot + 1, types[i].ending))
			return types[i].type;
	return NULL;
}

static struct attachment *add_file(struct patch *p)
{
	bool full = p->file_count == 0 || (p->file_count & (p->file_count - 1)) == 0;

	if (full) {
		size_t room = p->file_count ? (size_t)p->file_count * 2 : 1;
		struct attachment *wider = arena_alloc(&p->arena, room * sizeof(*wider));

		if (p->file_count)
			memcpy(wider, p->files, (size_t)p->file_count * sizeof(*wider));
		p->files = wider;
	}
	return &p->files[p->file_count++];
}

struct attachment *patch_file(struct patch *p, const char *path)
{
	struct attachment *file = add_file(p);

	*file = (struct attachment){ .size = -1 };
	file->path = arena_copy(&p->arena, path);
	file->name = file_safe_name(path, &p->arena);
	file->type = type_of(file->name);
	return file;
}

static void copy_files(struct patch *to, const struct patch *from)
{
	struct arena *a = &to->arena;

	to->files = NULL;
	to->file_count = 0;
	for (int i = 0; i < from->file_count; i++) {
		const struct attachment *f = &from->files[i];

		*add_file(to) = (struct attachment){
			.id = arena_copy(a, f->id),
			.name = arena_copy(a, f->name),
			.type = arena_copy(a, f->type),
			.path = arena_copy(a, f->path),
			.from = arena_copy(a, f->from),
			.size = f->size,
		};
	}
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
	if (p->first || p->after)
		return error_set(err, ERROR_USAGE,
			_("A case that was handed over exists in the other service from then on; it "
			  "can be closed there, not undone."));
	if (find(p, "duplicate_of") && find(p, "duplicate_of")->after)
		return error_set(err, ERROR_USAGE,
			_("A merge cannot be undone: the case goes on in the other one."));
	if (is_text(p->answer) || find(p, "delivery"))
		return error_set(err, ERROR_USAGE,
			_("An answer has reached the citizen and cannot be undone."));
	if (p->file_count)
		return error_set(err, ERROR_USAGE,
			_("A file that was attached stays on the timeline and cannot be undone."));
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
		&c.over,
	};
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
		*strings[i] = arena_copy(&c.arena, *strings[i]);
	c.changes = NULL;
	c.count = 0;
	for (int i = 0; i < from->count; i++) {
		const struct change *change = &from->changes[i];

		patch_change(&c, change->field, change->before, change->after);
	}
	copy_files(&c, from);
	c.first = copy_of(from->first);
	c.then = copy_of(from->then);
	*to = c;
}

void patch_clear(struct patch *p)
{
	clear_other(p->first);
	clear_other(p->then);
	arena_clear(&p->arena);
	*p = (struct patch){ 0 };
}
