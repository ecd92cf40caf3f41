/* Undoing a close. */
#include "model/i18n.h"
#include "model/verb.h"

static bool reopen_build(const struct verb_input *in, struct patch *p, struct error *err)
{
	if (stage_is_open(in->cf->stage))
		return error_set(err, ERROR_USAGE, _("This case is open already."));
	if (!verb_may_become(in, "open", err))
		return false;
	p->note = arena_copy(&p->arena, verb_option(in, "note"));
	patch_change(p, "stage", stage_name(in->cf->stage), stage_name(STAGE_OPEN));
	return true;
}

const struct verb verb_reopen = {
	.name = "reopen",
	.args = "",
	.help = N_("Open a closed case again."),
	.keys = "X",
	.example = "caseload reopen 2026-000417",
	.many = true,
	.options =
		(const struct verb_option[]){
			{ "note", 'm', "TEXT", N_("An internal note that says why.") },
			{ NULL, 0, NULL, NULL },
		},
	.build = reopen_build,
};
