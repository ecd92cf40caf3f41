/* A citizen's details. */
#include "model/i18n.h"
#include "model/text.h"
#include "model/verb.h"
#include <string.h>

static bool correct_build(const struct verb_input *in, struct patch *p, struct error *err)
{
	struct citizen trial = { 0 };
	const char *word, *value;

	if (!verb_arg(in, 0))
		return error_set(err, ERROR_USAGE,
			_("Say what to correct: correct FIELD=VALUE; an empty value empties it."));
	for (int i = 0; (word = verb_arg(in, i)); i++) {
		const char *field = verb_assignment(word, &p->arena, &value);

		if (!field)
			return error_set(
				err, ERROR_USAGE, _("%s has not the form FIELD=VALUE."), word);
		if (!verb_citizen_field(in->citizen, field, value, p, err))
			return false;
	}
	citizen_copy(&trial, in->citizen, &p->arena);
	patch_over_citizen(p, &trial, &p->arena);
	if (text_blank(trial.given) && text_blank(trial.family))
		return error_set(err, ERROR_USAGE,
			_("A citizen needs a name: given or family has to stay."));
	p->purpose = arena_copy(&p->arena, verb_option(in, "purpose"));
	return true;
}

const struct verb verb_correct = {
	.name = "correct",
	.args = "FIELD=VALUE ...",
	.help = N_("Correct a citizen's details; the change is on the citizen's access log."),
	.keys = "",
	.example = "caseload correct p1 phone='+31 6 10855719'",
	.on = ON_CITIZEN,
	.needs_args = true,
	.options =
		(const struct verb_option[]){
			{ "purpose", 'p', "TEXT",
				N_("Why: a case's number or a short reason, for the access log.") },
			{ NULL, 0, NULL, NULL },
		},
	.completes = COMPLETE_FIELD,
	.build = correct_build,
};
