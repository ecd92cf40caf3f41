/* Taking links away. */
#include "model/i18n.h"
#include "model/verb.h"
#include <string.h>

static bool same(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

/* The other case may be gone, or never have been ours: then what was typed is what stands there. */
static bool is_meant(const struct verb_input *in, const char *where)
{
	if (same(where, verb_arg(in, 0)) || same(where, in->other_url))
		return true;
	return verb_same_service(in) &&
	       (same(where, in->other->number) || same(where, in->other->id));
}

static bool unlink_build(const struct verb_input *in, struct patch *p, struct error *err)
{
	const char *left = in->cf->links;
	char *words = arena_copy(&p->arena, left ? left : ""), *save = NULL;

	for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		const char *where = strchr(w, ':');

		if (where && is_meant(in, where + 1))
			left = words_drop(left, w, &p->arena);
	}
	if (same(left, in->cf->links) || left == in->cf->links)
		return error_set(err, ERROR_USAGE, _("There is no link to %s on this case."),
			verb_arg(in, 0) ? verb_arg(in, 0) : "-");
	patch_change(p, "links", in->cf->links, left);
	return true;
}

const struct verb verb_unlink = {
	.name = "unlink",
	.args = "OTHER",
	.help = N_("Take the links to another case away."),
	.keys = "",
	.example = "caseload unlink 2026-000417 2026-000412",
	.names_case = true,
	.needs_args = true,
	.many = true,
	.completes = COMPLETE_CASE,
	.build = unlink_build,
};
