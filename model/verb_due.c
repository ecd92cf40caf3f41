/* Until when. */
#include "model/i18n.h"
#include "model/text.h"
#include "model/verb.h"
#include "model/when.h"
#include <string.h>

static bool due_build(const struct verb_input *in, struct patch *p, struct error *err)
{
	const char *typed = verb_args(in, 0, &p->arena);
	char stamp[WHEN_SIZE];
	time_t due;

	if (text_blank(typed))
		return error_set(err, ERROR_USAGE,
			_("Say when it is due: 3d, monday, 15 Aug, 2026-08-15, or none."));
	if (!strcmp(typed, "none")) {
		patch_change(p, "due", case_get(in->cf, "due", &p->arena), NULL);
		return true;
	}
	if (!when_typed(typed, in->now, &due))
		return error_set(err, ERROR_USAGE,
			_("%s is no date: 3d, 2w, monday, 15 Aug, 15 Aug 17:00, 2026-08-15, or "
			  "none."),
			typed);
	when_write(stamp, due);
	patch_change(p, "due", case_get(in->cf, "due", &p->arena), stamp);
	return true;
}

const struct verb verb_due = {
	.name = "due",
	.args = "DATE|none",
	.help = N_("Say until when the case has to be done."),
	.keys = "d",
	.example = "caseload due 2026-000417 monday",
	.many = true,
	.needs_args = true,
	.completes = COMPLETE_DATE,
	.build = due_build,
};
