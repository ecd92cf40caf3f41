/* An answer that did not reach the citizen goes out again. */
#include "model/i18n.h"
#include "model/verb.h"

static bool resend_build(const struct verb_input *in, struct patch *p, struct error *err)
{
	if (!in->cf->delivery)
		return error_set(err, ERROR_USAGE,
			_("No reply of this case failed; there is nothing to send again."));
	p->note = arena_copy(&p->arena, verb_option(in, "note"));
	patch_change(p, "delivery", in->cf->delivery, "queued");
	return true;
}

const struct verb verb_resend = {
	.name = "resend",
	.args = "",
	.help = N_("Send a reply that failed again; the mail keeps its identifier."),
	.keys = "F",
	.example = "caseload resend 2026-000417",
	.many = true,
	.reaches_citizen = true,
	.no_undo = N_("What was sent again cannot be taken back."),
	.options =
		(const struct verb_option[]){
			{ "note", 'm', "TEXT", N_("An internal note that says why.") },
			{ NULL, 0, NULL, NULL },
		},
	.build = resend_build,
};
