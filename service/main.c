/* caseloadd: the open Casework REST service. Commands and their help come from one table. */
#include "model/i18n.h"
#include "service/cmd.h"

#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const struct cmd cmd_list[] = {
	{ "serve", "[OPTION...]", N_("Answer requests until told to stop"),
		N_("  --listen ADDR:PORT   where to listen (127.0.0.1:8640); port 0 is any free "
		   "one\n"
		   "  --data DIR           where the data is kept\n"
		   "  --sample             fill an empty DIR with made-up data first\n"
		   "  --with-parent        stop when the program that started this one ends\n"
		   "  --lease SECONDS      how long a case stays in somebody's hand without a word "
		   "(120)\n"
		   "  --proxy ADDR         a proxy with TLS stands before this one; only it may "
		   "connect\n"
		   "  --proxy-user-header NAME   it says in this header whom it signed in "
		   "(X-Remote-User)\n"
		   "  --rate N             requests a second for each token (300), a minute's worth at "
		   "once; 0: no limit\n"
		   "  --log-requests       a line for each request: its route, its outcome, no names\n"
		   "  --tls-cert FILE --tls-key FILE   speak TLS\n"
		   "  --tls-client-ca FILE             and answer only clients with its certificate\n"),
		cmd_serve },
	{ "token", "add WORKER | list | revoke LABEL", N_("Who may use the service, and as whom"),
		N_("  add WORKER [--role ROLE]... [--label LABEL] [--days N]   prints the token, "
		   "once\n"
		   "  list                                                     labels, workers, "
		   "roles\n"
		   "  revoke LABEL                                             ends it within a "
		   "second\n"
		   "  --data DIR           where the data is kept\n"
		   "Roles: caseworker, supervisor, coordinator, auditor, reader; without --role "
		   "those of the\nworker.\n"),
		cmd_token },
	{ "sample", "[--data DIR] [--seed N]", N_("Fill an empty directory with made-up data"),
		N_("  --data DIR           where the data is kept\n"
		   "  --seed N             other people and other cases; the same N gives the same "
		   "(1)\n"),
		cmd_sample },
	{ "import", "MAP FILE...", N_("Take in other people's CSV files, each through a map"),
		N_("  --data DIR           where the data is kept\n"
		   "  --dry-run            do everything and keep nothing\n"
		   "A row that cannot be taken is reported with file, line and reason and does not "
		   "stop the rest.\n"
		   "The same file read again changes nothing. caseloadd import alone lists the "
		   "maps; a map of your\n"
		   "own is a file named with a /, such as ./ours.map.\n"),
		cmd_import },
	{ "kind", "check FILE... | load FILE... | list | show ID",
		N_("Kinds of case, one plain file each"),
		N_("  check FILE...        says what is wrong with it, line by line\n"
		   "  load FILE...         open for business, while the service runs\n"
		   "  list                 all kinds with version, service and name\n"
		   "  show ID              one of them as a file, to begin another with\n"
		   "  --data DIR           where the data is kept\n"),
		cmd_kind },
	{ "team", "add TEAM [--name NAME]", N_("Make a team, or change it"),
		N_("  --name NAME          what people call it\n"
		   "  --service SERVICE    it gets the new cases of this service; may be given "
		   "again\n"
		   "  --lead WORKER        who leads it\n"
		   "  --data DIR           where the data is kept\n"),
		cmd_team },
	{ "worker", "add WORKER --name NAME --team TEAM | import FILE | leave WORKER",
		N_("Make workers, change them, shut them out"),
		N_("  --name NAME          what people call them\n"
		   "  --team TEAM          a team that is there already\n"
		   "  --mail ADDRESS       where they are reached\n"
		   "  --skill SKILL, --language LANGUAGE   may be given again\n"
		   "  --login NAME         what the proxy calls them (their identifier)\n"
		   "  import FILE          everybody from one CSV file, whole or not at all; teams are "
		   "made as needed.\n"
		   "                       Its first line names the columns: worker, name, team, and as "
		   "you like mail,\n"
		   "                       team-name, skills, languages, roles, login. The same file again "
		   "changes nothing.\n"
		   "  --dry-run            says what would become of it\n"
		   "  --leavers[=N]        whom an earlier file named and this one does not is shut out "
		   "(when they are\n"
		   "                       many: exactly N)\n"
		   "  leave WORKER         shut out: tokens end, open cases go back to the team\n"
		   "  --data DIR           where the data is kept\n"
		   "A worker signs in with a token: caseloadd token add WORKER.\n"),
		cmd_worker },
	{ "intake", "[OPTION...] < MESSAGE", N_("Take in one mail"),
		N_("  --service SERVICE    a new case is of this service; else [mailbox] in caseloadd.conf says it\n"
		   "  --team TEAM          and of this team\n"
		   "  --data DIR           where the data is kept\n"
		   "It joins its case by In-Reply-To, References or a case number in the subject, or opens a new\n"
		   "one; the same mail given again changes nothing. A mail server's report says what became of an\n"
		   "answer. Exit code 75: give it again later.\n"),
		cmd_intake },
	{ "drop", "DIR < MESSAGE", N_("Write a message to a file of DIR instead of sending it"),
		N_("A command for a channel in caseloadd.conf that sends nothing anywhere; --sample uses it.\n"), cmd_drop },
	{ "backup", "FILE", N_("Copy all data into one file, while the service runs"),
		N_("  --force              also over a file that is there\n"
		   "  --data DIR           where the data is kept\n"
		   "The copy is looked through before it gets its name. It holds everything about "
		   "everybody: keep it\n"
		   "encrypted, and not on this machine.\n"),
		cmd_backup },
	{ "restore", "FILE", N_("Put a backup in place; the service is stopped"),
		N_("  --force              also where there is data: it stays beside as "
		   "casework.db.before\n"
		   "  --data DIR           where the data is to be\n"
		   "Tokens and people are as they were then: revoke again, and import the people again "
		   "with --leavers.\n"),
		cmd_restore },
	{ "check", "[FILE]", N_("See whether the data, or a backup, is whole"),
		N_("  --data DIR           where the data is kept\n"
		   "The service may run meanwhile. Exit 0: it is whole; 1: it is not, and what to do "
		   "is said.\n"),
		cmd_check },
	{ NULL },
};

static int help_all(FILE *out)
{
	fprintf(out, _("usage: caseloadd COMMAND [OPTION...]\n\n"
		       "The open Casework REST service.\n\n"));
	for (const struct cmd *cmd = cmd_list; cmd->name; cmd++)
		fprintf(out, "  %-8s %s\n", cmd->name, _(cmd->help));
	fprintf(out, _("\ncaseloadd COMMAND --help says more; caseloadd --version which one this "
		       "is.\n"));
	return out == stdout ? 0 : 2;
}

static int help_one(const struct cmd *cmd)
{
	printf(_("usage: caseloadd %s %s\n\n%s.\n"), cmd->name, cmd->args, _(cmd->help));
	if (cmd->more)
		printf("\n%s", _(cmd->more));
	return 0;
}

static bool is_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
}

int main(int argc, char **argv)
{
	setlocale(LC_ALL, "");
	bindtextdomain("caseload", PREFIX "/share/locale");
	bind_textdomain_codeset("caseload", "UTF-8");
	textdomain("caseload");
	umask(077);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ,
		SIG_IGN); /* a file that may not grow is an error like a full disk, not the end */
	if (argc < 2)
		return help_all(stderr);
	if (is_help(argv[1]))
		return help_all(stdout);
	if (strcmp(argv[1], "--version") == 0)
		return printf("caseloadd %s\n", VERSION) < 0;
	for (const struct cmd *cmd = cmd_list; cmd->name; cmd++) {
		if (strcmp(cmd->name, argv[1]) != 0)
			continue;
		for (int i = 2; i < argc; i++)
			if (is_help(argv[i]) && argv[i][0] == '-')
				return help_one(cmd);
		return cmd->run(argc - 1, argv + 1);
	}
	struct error err = { 0 };
	error_set(&err, ERROR_USAGE, _("There is no command %s; caseloadd --help lists them."),
		argv[1]);
	return cmd_fail(&err);
}
