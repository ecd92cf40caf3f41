/* Taking a case that nobody has; with a reason also one that somebody has. */
#include "model/i18n.h"
#include "model/text.h"
#include "model/verb.h"
#include <string.h>

static bool take_build(const struct verb_input *in, struct patch *p, struct error *err)
{
	const char *owner = in->cf->worker;
	const char *reason = verb_option(in, "over");

	if (!in->me)
		return error_set(
			err, ERROR_LOGIN, _("Who you are is not known yet; sign in first."));
	if (!stage_is_open(in->cf->stage))
		return error_set(err, ERROR_USAGE, _("This case is closed; reopen it first."));
	if (owner && !strcmp(owner, in->me))
		return error_set(err, ERROR_USAGE, _("This case is yours already."));
	if (owner && text_blank(reason))
		return error_set(err, ERROR_CONFLICT,
			_("%s has this case; to take it over give the reason: take --over=REASON."),
			owner);
	p->note = owner ? arena_copy(&p->arena, reason) : NULL;
	patch_change(p, "worker", owner, in->me);
	return true;
}

const struct verb verb_take = {
	.name = "take",
	.args = "",
	.help = N_("Make me the owner of a case that nobody has."),
	.keys = "t",
	.example = "caseload take 2026-000417",
	.asks = true,
	.many = true,
	.options =
		(const struct verb_option[]){
			{ "over", 'o', "REASON",
				N_("Take it over from its owner; the reason becomes a note.") },
			{ NULL, 0, NULL, NULL },
		},
	.build = take_build,
};
