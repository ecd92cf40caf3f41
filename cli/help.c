/* --help, from the tables of commands, verbs and options. Examples come first: they are what is
 * looked for. */
#include "cli/command.h"

#include "model/arena.h"
#include "model/i18n.h"
#include "model/nearest.h"
#include "model/text.h"

const struct verb_option common_options[] = { { "help", 'h', NULL, N_("Show this help and end.") },
	{ "config", 'C', "FILE", N_("Read this file in place of your own configuration.") },
	{ "set", 0, "NAME=VALUE", N_("Give a setting another value for this once.") },
	{ "profile", 0, "NAME", N_("Use the configuration and the store of that name.") },
	{ "demo", 0, NULL, N_("Use made-up data in a private service, started for this once.") },
	{ "timeout", 0, "SECONDS", N_("Wait so long for the service, however silent it is.") },
	{ "no-input", 0, NULL, N_("Never ask anything; fail where an answer is needed.") },
	{ "color", 0, "WHEN", N_("Colours: auto, always or never.") }, { NULL, 0, NULL, NULL } };

const struct verb_option screen_options[] = { { "open", 0, "CASE",
						      N_("Begin the screen with that case.") },
	{ "version", 0, NULL, N_("Show name and version and end.") }, { NULL, 0, NULL, NULL } };

const struct verb_option print_options[] = {
	{ "json", 0, "[FIELDS]",
		N_("Write JSON, of these fields when they are named; --json=help lists them.") },
	{ "plain", 0, NULL, N_("Write one record a line, with a tab between columns.") },
	{ "no-header", 0, NULL, N_("Leave the line with the names of the columns out.") },
	{ "no-pager", 0, NULL, N_("Write to the terminal at once, however long it is.") },
	{ NULL, 0, NULL, NULL }
};

const struct verb_option verb_options[] = {
	{ "where", 'w', "QUERY", N_("Act on every case the query finds; see caseload-query(7).") },
	{ "dry-run", 'n', NULL, N_("Show what would be done, and do nothing.") },
	{ "yes", 'y', "COUNT", N_("Confirm that so many cases are changed.") },
	{ NULL, 0, NULL, NULL }
};

const struct command *command_find(const char *name)
{
	for (int i = 0; command_list[i]; i++)
		if (strcmp(command_list[i]->name, name) == 0)
			return command_list[i];
	return NULL;
}

const char *command_nearest(const char *name)
{
	struct nearest near = { 0 };

	for (int i = 0; command_list[i]; i++)
		if (!command_list[i]->hidden)
			nearest_look(&near, name, command_list[i]->name);
	for (int i = 0; verb_list[i]; i++)
		nearest_look(&near, name, verb_list[i]->name);
	return near.name;
}

static void option_form(struct buf *b, const struct verb_option *o)
{
	if (o->letter)
		buf_printf(b, "-%c, --%s", o->letter, o->name);
	else
		buf_printf(b, "    --%s", o->name);
	if (o->value && *o->value == '[')
		buf_printf(b, "[=%.*s]", (int)strlen(o->value) - 2, o->value + 1);
	else if (o->value)
		buf_printf(b, "=%s", o->value);
}

/* Two columns within 80: what does not fit beside stands below. */
static void row(struct buf *out, const char *left, const char *right)
{
	enum { LEFT = 26, RIGHT = 80 - 2 - LEFT - 1 };
	bool below = strlen(left) > LEFT;

	buf_printf(out, "  %-*s", *right && !below ? LEFT : 0, left);
	for (bool first = true; *right; first = false) {
		size_t skip, size = text_wrap(right, RIGHT, &skip);

		if (!first || below)
			buf_printf(out, "\n  %*s", LEFT, "");
		buf_printf(out, " %.*s", (int)size, right);
		right += size + skip;
	}
	buf_char(out, '\n');
}

static void option_rows(struct buf *out, const struct verb_option *o)
{
	for (; o && o->name; o++) {
		struct buf form = { 0 };

		option_form(&form, o);
		row(out, buf_str(&form), _(o->help));
		buf_clear(&form);
	}
}

void help_command(struct buf *out, const struct command *c)
{
	buf_printf(out, "%s\n\n", _(c->help));
	buf_printf(out, "%s\n", _("Examples:"));
	for (int i = 0; c->examples[i]; i++)
		buf_printf(out, "  %s\n", c->examples[i]);
	buf_printf(
		out, "\n%s caseload %s %s\n\n%s\n", _("Usage:"), c->name, c->args, _("Options:"));
	option_rows(out, c->options);
	if (c->prints)
		option_rows(out, print_options);
	option_rows(out, common_options);
}

/* Its example, with a query in the place of the case. What is a merge of one is a mistake with many. */
static void many_example(struct buf *out, const struct verb *v)
{
	static const char one[] = " 2026-000417";
	const char *at = v->many && !v->confirms ? strstr(v->example, one) : NULL;

	if (at)
		buf_printf(out, "  %.*s%s --where 'team:me is:open' --dry-run\n",
			(int)(at - v->example), v->example, at + strlen(one));
}

void help_verb(struct buf *out, const struct verb *v)
{
	buf_printf(out, "%s", _(v->help));
	if (v->no_undo)
		buf_printf(out, " %s", _(v->no_undo));
	buf_printf(out, "\n\n%s\n  %s\n", _("Examples:"), v->example);
	many_example(out, v);
	buf_printf(out, "\n%s caseload %s %s%s%s\n\n%s\n", _("Usage:"), v->name,
		v->creates	      ? ""
		: v->on == ON_CITIZEN ? "CITIZEN "
				      : "CASE... ",
		v->args, v->many ? " [--where=QUERY]" : "", _("Options:"));
	option_rows(out, v->options);
	option_rows(out, verb_options);
	option_rows(out, print_options);
	option_rows(out, common_options);
}

static void command_rows(struct buf *out)
{
	for (int i = 0; command_list[i]; i++) {
		struct buf left = { 0 };

		buf_printf(&left, "%s %s", command_list[i]->name, command_list[i]->args);
		if (!command_list[i]->hidden)
			row(out, buf_str(&left), _(command_list[i]->help));
		buf_clear(&left);
	}
}

static void verb_rows(struct buf *out)
{
	for (int i = 0; verb_list[i]; i++) {
		struct buf left = { 0 };

		buf_printf(&left, "%s %s", verb_list[i]->name, verb_list[i]->args);
		row(out, buf_str(&left), _(verb_list[i]->help));
		buf_clear(&left);
	}
}

void help_all(struct buf *out)
{
	static const char *const examples[][2] = {
		{ "caseload", N_("the screen") },
		{ "caseload --demo", N_("the same with made-up data; nothing to set up") },
		{ "caseload list is:late team:me", N_("late cases of my team") },
		{ "caseload show 2026-000417", N_("one case with its timeline") },
		{ "caseload close 2026-000417", N_("close it") },
		{ "caseload assign me --where 'is:open owner:none team:me' --dry-run", NULL },
	};

	buf_printf(out, "%s\n\n%s\n", _("caseload works cases of citizens on a terminal."),
		_("Examples:"));
	for (size_t i = 0; i < sizeof(examples) / sizeof(*examples); i++)
		row(out, examples[i][0], examples[i][1] ? _(examples[i][1]) : "");
	buf_printf(out, "\n%s caseload [OPTION...] [COMMAND [ARGUMENT...]]\n\n%s\n", _("Usage:"),
		_("Commands that read:"));
	command_rows(out);
	buf_printf(out, "\n%s\n",
		_("Commands that change a case (by number, identifier or --where=QUERY):"));
	verb_rows(out);
	buf_printf(out, "\n%s\n", _("Options:"));
	option_rows(out, screen_options);
	option_rows(out, common_options);
	buf_printf(out, "\n%s\n",
		_("`caseload COMMAND --help` tells more; the manual is caseload(1)."));
}
