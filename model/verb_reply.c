/* Telling the citizen. */
#include "model/i18n.h"
#include "model/verb.h"

static bool reply_build(const struct verb_input *in, struct patch *p, struct error *err)
{
	const char *outcome = verb_option(in, "close");

	if (!verb_answer(in, p, err))
		return false;
	return !outcome || verb_resolve(in, p, outcome, verb_option(in, "template"), err);
}

const struct verb verb_reply = {
	.name = "reply",
	.args = "TEXT|--template=ID [NAME=VALUE...]",
	.help = N_("Answer the citizen in your own words or from a template."),
	.keys = "r",
	.more_keys =
		(const struct verb_key[]){
			{ "R", "view templates",
				N_("Answer from a template, the most fitting first.") },
			{ NULL, NULL, NULL },
		},
	.example = "caseload reply 2026-000417 --template=bin-late day=Monday --close",
	.reaches_citizen = true,
	.many = true,
	.needs_text = true,
	.no_undo = N_("An answer can be recalled while it is held; once it has left it cannot be "
		      "undone."),
	.options =
		(const struct verb_option[]){
			{ "template", 't', "ID",
				N_("The template to answer from; its values follow as "
				   "NAME=VALUE.") },
			{ "text", 0, "TEXT",
				N_("The words themselves; with --template, in place of the "
				   "template's.") },
			{ "channel", 'c', "CHANNEL",
				N_("How it goes: email, letter, phone, counter, chat, web.") },
			{ "language", 'l', "LANGUAGE",
				N_("The language it is written in, such as nl.") },
			{ "attach", 0, "FILE",
				N_("A file that goes with the answer; may be given again.") },
			{ "close", 'x', "[OUTCOME]",
				N_("Close the case with the answer, in one change.") },
			{ NULL, 0, NULL, NULL },
		},
	.completes = COMPLETE_TEMPLATE,
	.build = reply_build,
};
