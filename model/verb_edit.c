/* Any field, by its name. */
#include "model/i18n.h"
#include "model/verb.h"

static bool edit_build(const struct verb_input *in, struct patch *p, struct error *err)
{
	const struct kind *kind = verb_kind(in, in->cf->kind);
	const char *word, *value;

	if (!verb_arg(in, 0))
		return error_set(err, ERROR_USAGE,
			_("Say what to change: edit FIELD=VALUE; an empty value empties it."));
	for (int i = 0; (word = verb_arg(in, i)); i++) {
		const char *field = verb_assignment(word, &p->arena, &value);

		if (!field)
			return error_set(
				err, ERROR_USAGE, _("%s has not the form FIELD=VALUE."), word);
		if (!verb_field(in, kind, field, value, p, err))
			return false;
	}
	return true;
}

const struct verb verb_edit = {
	.name = "edit",
	.args = "FIELD=VALUE ...",
	.help = N_("Change fields of the case, the common ones and those of its kind."),
	.keys = "e",
	.example = "caseload edit 2026-000417 round=R-17",
	.many = true,
	.needs_args = true,
	.completes = COMPLETE_FIELD,
	.build = edit_build,
};
