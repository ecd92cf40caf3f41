/* caseload help: the same as --help, for those who type it that way round. */
#include "cli/command.h"

#include "model/i18n.h"

static bool help_run(struct session *s, int *exit_code, struct error *err)
{
	const char *name = s->given->count ? s->given->args[0] : NULL;
	const struct command *c = name ? command_find(name) : NULL;
	const struct verb *v = name && !c ? verb_find(name) : NULL;

	(void)exit_code;
	if (c)
		help_command(&s->print->out, c);
	else if (v)
		help_verb(&s->print->out, v);
	else if (!name)
		help_all(&s->print->out);
	else if (command_nearest(name))
		return error_set(err, ERROR_USAGE, _("There is no command %s; the nearest is %s."),
			name, command_nearest(name));
	else
		return error_set(err, ERROR_USAGE,
			_("There is no command %s; caseload --help lists them."), name);
	return true;
}

const struct command cmd_help = {
	.name = "help",
	.args = "[COMMAND]",
	.help = N_("Tell about caseload, or about one command."),
	.examples = (const char *const[]){ "caseload help", "caseload help close", NULL },
	.run = help_run,
};
