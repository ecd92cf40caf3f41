/* A citizen nobody knows yet. */
#include "model/i18n.h"
#include "model/text.h"
#include "model/verb.h"

static bool register_build(const struct verb_input *in, struct patch *p, struct error *err)
{
	const char *word, *value;
	struct citizen trial = { 0 };
	struct buf name = { 0 };

	for (int i = 0; (word = verb_arg(in, i)); i++) {
		const char *field = verb_assignment(word, &p->arena, &value);

		if (!field)
			return error_set(
				err, ERROR_USAGE, _("%s has not the form FIELD=VALUE."), word);
		if (!verb_citizen_field(NULL, field, value, p, err))
			return false;
	}
	patch_over_citizen(p, &trial, &p->arena);
	if (text_blank(trial.given) && text_blank(trial.family))
		return error_set(err, ERROR_USAGE,
			_("A citizen needs a name: register given=NAME family=NAME; one of the two "
			  "is enough."));
	citizen_name(&name, &trial);
	p->title = arena_copy(&p->arena, buf_str(&name));
	buf_clear(&name);
	if (verb_option(in, "allow-duplicate"))
		patch_change(p, "allow_duplicate", NULL, "yes");
	p->purpose = arena_copy(&p->arena, verb_option(in, "purpose"));
	return true;
}

const struct verb verb_register = {
	.name = "register",
	.args = "FIELD=VALUE ...",
	.help = N_("Register a citizen who is not known yet."),
	.keys = "",
	.example = "caseload register given=Anna family='de Vries' town=Tilburg",
	.on = ON_CITIZEN,
	.creates = true,
	.needs_args = true,
	.no_undo = N_("A registered citizen stays; a mistake is corrected, not undone."),
	.options =
		(const struct verb_option[]){
			{ "allow-duplicate", 0, NULL,
				N_("Register also when somebody very like is known.") },
			{ "purpose", 'p', "TEXT", N_("Why, for the access log.") },
			{ "source", 0, "NAME",
				N_("The service that keeps them, of several; without it the "
				   "setting source.") },
			{ NULL, 0, NULL, NULL },
		},
	.completes = COMPLETE_FIELD,
	.build = register_build,
};
