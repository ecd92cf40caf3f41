/* Who asks; answer templates and their placeholders. */
#include "model/worker.h"
#include "model/i18n.h"
#include "model/text.h"
#include <string.h>

struct profile profile_copy(const struct profile *p, struct arena *a)
{
	return (struct profile){ .service = arena_copy(a, p->service),
		.title = arena_copy(a, p->title),
		.me = arena_copy(a, p->me),
		.my_name = arena_copy(a, p->my_name),
		.my_team = arena_copy(a, p->my_team),
		.roles = arena_copy(a, p->roles),
		.features = arena_copy(a, p->features),
		.workflow = arena_copy(a, p->workflow),
		.sample = p->sample };
}

/* The name between the braces, without the spaces around it, in the arena. */
static const char *placeholder(const char *from, const char *end, struct arena *a)
{
	while (from < end && (*from == ' ' || *from == '\t'))
		from++;
	while (end > from && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	return arena_copy_n(a, from, (size_t)(end - from));
}

static bool fill_all(struct buf *out, const char *text,
	const char *(*look)(void *ctx, const char *name), void *ctx, struct arena *a,
	struct error *err)
{
	const char *open;

	while ((open = strstr(text, "{{"))) {
		const char *close = strstr(open, "}}");

		if (!close)
			return error_set(err, ERROR_REFUSED,
				_("The template has {{ without }}; nothing was sent."));

		const char *name = placeholder(open + 2, close, a);
		const char *value = *name ? look(ctx, name) : NULL;
		if (text_blank(value))
			return error_set(err, ERROR_REFUSED,
				_("The template asks for {{%s}}, which is not known; fill it in."),
				name);
		buf_add(out, text, (size_t)(open - text));
		buf_text(out, value);
		text = close + 2;
	}
	buf_text(out, text);
	return true;
}

bool template_fill(struct buf *out, const char *text,
	const char *(*look)(void *ctx, const char *name), void *ctx, struct error *err)
{
	struct arena scratch = { 0 };
	size_t start = out->size;
	bool good = fill_all(out, text ? text : "", look, ctx, &scratch, err);

	if (!good)
		buf_cut(out, start);
	arena_clear(&scratch);
	return good;
}
