/* An internal note. */
#include "model/i18n.h"
#include "model/text.h"
#include "model/verb.h"

static bool note_build(const struct verb_input *in, struct patch *p, struct error *err)
{
	const char *text = verb_args(in, 0, &p->arena);

	if (text_blank(text))
		return error_set(
			err, ERROR_USAGE, _("A note needs words: note TEXT, or - to read them."));
	p->note = text;
	verb_files(in, p);
	return true;
}

const struct verb verb_note = {
	.name = "note",
	.args = "TEXT",
	.help = N_("Write an internal note, which the citizen does not see."),
	.keys = "n",
	.example = "caseload note 2026-000417 'Called twice, no answer'",
	.many = true,
	.needs_text = true,
	.no_undo = N_("A note stays on the timeline for good; entries are never changed."),
	.options =
		(const struct verb_option[]){
			{ "attach", 0, "FILE",
				N_("A file that goes with the note; may be given again.") },
			{ NULL, 0, NULL, NULL },
		},
	.build = note_build,
};
