/* Marks on a case. */
#include "model/i18n.h"
#include "model/verb.h"
#include <string.h>

static bool tag_build(const struct verb_input *in, struct patch *p, struct error *err)
{
	const char *tags = in->cf->tags, *word;

	if (!verb_arg(in, 0))
		return error_set(err, ERROR_USAGE,
			_("Say which tags: tag urgent -waiting adds one and drops one."));
	for (int i = 0; (word = verb_arg(in, i)); i++) {
		bool drops = word[0] == '-';
		const char *tag = drops || word[0] == '+' ? word + 1 : word;

		if (!*tag || strpbrk(tag, " \t\n,:\""))
			return error_set(err, ERROR_USAGE,
				_("%s is no tag: one word without spaces, commas, colons and "
				  "quotes."),
				word);
		tags = drops ? words_drop(tags, tag, &p->arena) : words_add(tags, tag, &p->arena);
	}
	if (tags && !*tags)
		tags = NULL;
	if (strcmp(tags ? tags : "", in->cf->tags ? in->cf->tags : ""))
		patch_change(p, "tags", in->cf->tags, tags);
	return true;
}

const struct verb verb_tag = {
	.name = "tag",
	.args = "TAG|-TAG ...",
	.help = N_("Put tags on the case, or take them off with a dash before."),
	.keys = "#",
	.example = "caseload tag 2026-000417 second-time -new",
	.many = true,
	.needs_args = true,
	.completes = COMPLETE_TAG,
	.build = tag_build,
};
