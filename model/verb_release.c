/* Giving a case of mine back. */
#include "model/i18n.h"
#include "model/verb.h"
#include <string.h>

static bool release_build(const struct verb_input *in, struct patch *p, struct error *err)
{
	const char *owner = in->cf->worker;

	if (!owner)
		return error_set(err, ERROR_USAGE,
			_("Nobody has this case; there is nothing to give back."));
	if (!in->me || strcmp(owner, in->me))
		return error_set(err, ERROR_USAGE,
			_("This case is not yours but %s's; assign none takes it from them."),
			owner);
	p->note = arena_copy(&p->arena, verb_option(in, "note"));
	patch_change(p, "worker", owner, NULL);
	return true;
}

const struct verb verb_release = {
	.name = "release",
	.args = "",
	.help = N_("Give a case of mine back to its team."),
	.keys = "D",
	.example = "caseload release 2026-000417",
	.many = true,
	.options =
		(const struct verb_option[]){
			{ "note", 'm', "TEXT", N_("An internal note that says why.") },
			{ NULL, 0, NULL, NULL },
		},
	.build = release_build,
};
