/* This case is another one's duplicate. */
#include "model/i18n.h"
#include "model/verb.h"

static bool merge_build(const struct verb_input *in, struct patch *p, struct error *err)
{
	if (!verb_where(in, &p->arena, err))
		return false;
	if (!verb_same_service(in))
		return error_set(err, ERROR_USAGE,
			_("Only cases of the same service can be merged; link them instead."));
	patch_change(p, "duplicate_of", in->cf->duplicate_of, in->other->id);
	return true;
}

const struct verb verb_merge = {
	.name = "merge",
	.args = "OTHER",
	.help = N_("The case is a duplicate: it goes on in the other one."),
	.keys = "",
	.example = "caseload merge 2026-000417 2026-000412",
	.names_case = true,
	.needs_args = true,
	.asks = true,
	.many = true,
	.confirms = true,
	.no_undo = N_("A merge cannot be undone."),
	.completes = COMPLETE_CASE,
	.build = merge_build,
};
