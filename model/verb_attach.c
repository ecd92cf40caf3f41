/* Files on a case, which the citizen does not get. */
#include "model/i18n.h"
#include "model/text.h"
#include "model/verb.h"

/* What a colleague reads, where nothing was written: the names. */
static const char *names_of(struct patch *p)
{
	const char *text = arena_copy(&p->arena, _("Attached:"));

	for (int i = 0; i < p->file_count; i++)
		text = arena_printf(&p->arena, "%s%s %s", text, i ? "," : "", p->files[i].name);
	return text;
}

static bool attach_build(const struct verb_input *in, struct patch *p, struct error *err)
{
	const char *text = verb_option(in, "text"), *path;

	for (int i = 0; (path = verb_arg(in, i)); i++)
		verb_file(in, p, path);
	if (!p->file_count)
		return error_set(err, ERROR_USAGE, _("Say which files: attach scan.pdf photo.jpg."));
	p->note = text_blank(text) ? names_of(p) : arena_copy(&p->arena, text);
	return true;
}

const struct verb verb_attach = {
	.name = "attach",
	.args = "FILE...",
	.help = N_("Put files on the case with an internal note; the citizen does not get them."),
	.keys = "A",
	.example = "caseload attach 2026-000417 scan.pdf --text='What the citizen brought'",
	.needs_args = true,
	.many = true,
	.confirms = true,
	.no_undo = N_("It stays on the timeline for good."),
	.options =
		(const struct verb_option[]){
			{ "text", 0, "TEXT", N_("What the note says; without it the names.") },
			{ NULL, 0, NULL, NULL },
		},
	.completes = COMPLETE_FILE,
	.build = attach_build,
};
