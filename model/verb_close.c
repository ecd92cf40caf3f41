/* Ending a case, with or without an answer. */
#include "model/buf.h"
#include "model/i18n.h"
#include "model/verb.h"

/* With a template, words of the form NAME=VALUE are its values; the others are the outcome. */
static const char *outcome_of(const struct verb_input *in, struct arena *arena)
{
	const char *word, *value;
	struct buf all = { 0 };

	if (!verb_option(in, "template"))
		return verb_args(in, 0, arena);
	for (int i = 0; (word = verb_arg(in, i)); i++) {
		if (verb_assignment(word, arena, &value))
			continue;
		buf_text(&all, all.size ? " " : "");
		buf_text(&all, word);
	}

	const char *outcome = arena_copy(arena, buf_str(&all));

	buf_clear(&all);
	return outcome;
}

static bool close_build(const struct verb_input *in, struct patch *p, struct error *err)
{
	const char *id = verb_option(in, "template");

	p->note = arena_copy(&p->arena, verb_option(in, "note"));
	if (!verb_resolve(in, p, outcome_of(in, &p->arena), id, err))
		return false;
	return !id || verb_answer(in, p, err);
}

const struct verb verb_close = {
	.name = "close",
	.args = "[OUTCOME]",
	.help = N_("Close the case with its outcome, with an answer when a template is given."),
	.keys = "x",
	.example = "caseload close 2026-000417 collected",
	.many = true,
	.options =
		(const struct verb_option[]){
			{ "template", 't', "ID",
				N_("Answer from this template in the same change.") },
			{ "channel", 'c', "CHANNEL",
				N_("How the answer goes: email, letter, phone, counter, chat, "
				   "web.") },
			{ "language", 'l', "LANGUAGE",
				N_("The language of the answer, such as nl.") },
			{ "note", 'm', "TEXT", N_("An internal note that says why.") },
			{ NULL, 0, NULL, NULL },
		},
	.build = close_build,
};
