/* Cases that hang together. */
#include "model/i18n.h"
#include "model/verb.h"
#include <string.h>

static const char *const relations[] = { "refers-to", "depends-on", "parent", "child",
	"referred-by", "needed-by", NULL };

static const char *relation_at(const void *ctx, int i)
{
	(void)ctx;
	return relations[i];
}

static bool check_relation(const char *name, struct error *err)
{
	for (int i = 0; relations[i]; i++)
		if (!strcmp(relations[i], name))
			return true;

	const char *near = verb_near(name, relation_at, NULL);

	if (near)
		return error_set(err, ERROR_USAGE, _("There is no relation %s; did you mean %s?"),
			name, near);
	return error_set(err, ERROR_USAGE,
		_("There is no relation %s; it is refers-to, depends-on, parent or child."), name);
}

static bool link_build(const struct verb_input *in, struct patch *p, struct error *err)
{
	const char *relation = verb_option(in, "as");
	const char *where;

	relation = relation ? relation : relations[0];
	if (!check_relation(relation, err))
		return false;
	where = verb_where(in, &p->arena, err);
	if (!where)
		return false;

	const char *word = arena_printf(&p->arena, "%s:%s", relation, where);
	patch_change(p, "links", in->cf->links, words_add(in->cf->links, word, &p->arena));
	return true;
}

const struct verb verb_link = {
	.name = "link",
	.args = "OTHER",
	.help = N_("Link the case to another one, of this service or of another."),
	.keys = "L",
	.example = "caseload link 2026-000417 2026-000412 --as=depends-on",
	.names_case = true,
	.needs_args = true,
	.many = true,
	.options =
		(const struct verb_option[]){
			{ "as", 0, "RELATION",
				N_("What the other one is: refers-to (also without this), "
				   "depends-on, parent or child.") },
			{ NULL, 0, NULL, NULL },
		},
	.completes = COMPLETE_CASE,
	.build = link_build,
};
