/* caseloadd team and caseloadd worker: who is there before anybody can have a token. The running
   service reads them at each request. */
#include "model/i18n.h"
#include "model/ident.h"
#include "service/cmd.h"
#include "service/people.h"
#include "service/token.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct people {
	struct keep keep;
	struct arena arena;
	struct buf dir;
	bool bad_rows; /* of an import */
};

/* begins: a service may begin with it, so that its data need not be there yet. */
static bool people_open(
	struct people *p, bool begins, int *argc, char **argv, struct error *err)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	p->keep = (struct keep){ .now_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000,
		.ident = ident_uuid,
		.worker = "system" };
	const char *data = cmd_option(argc, argv, "--data");

	if (!(begins ? cmd_data_dir : cmd_data_there)(&p->dir, data, err))
		return false;
	p->keep.base = base_open(p->dir.text, BASE_WRITE, err);
	return p->keep.base != NULL;
}

static void people_close(struct people *p)
{
	base_close(p->keep.base);
	arena_clear(&p->arena);
	buf_clear(&p->dir);
}

static bool finish(struct people *p, struct error *err)
{
	base_commit(p->keep.base);
	if (!base_error(p->keep.base, err))
		return true;
	base_rollback(p->keep.base);
	return false;
}

/* Every value of an option that may be given again, as words. */
static const char *all_options(struct people *p, int *argc, char **argv, const char *name)
{
	const char *words = NULL, *word;

	while ((word = cmd_option(argc, argv, name)))
		words = words_add(words, word, &p->arena);
	return words;
}

static bool good_id(const char *id, struct error *err)
{
	return people_id_good(id) ||
	       error_set(err, ERROR_USAGE,
		       _("An identifier is made of small letters, digits, points and dashes, up to 64 of "
			 "them."));
}

static bool team_add(struct people *p, int argc, char **argv, struct error *err)
{
	struct team team = { .name = cmd_option(&argc, argv, "--name"),
		.lead = cmd_option(&argc, argv, "--lead") };

	team.queues = all_options(p, &argc, argv, "--service");
	if (argc != 3 || strcmp(argv[1], "add") != 0)
		return error_set(
			err, ERROR_USAGE, _("Say which: caseloadd team add TEAM --name NAME."));
	team.id = argv[2];
	if (!good_id(team.id, err))
		return false;
	if (!team.name)
		team.name = team.id;
	base_begin(p->keep.base);
	keep_team_put(&p->keep, &team);
	return finish(p, err);
}

static bool login_free(struct people *p, const char *id, const char *login)
{
	return base_number(p->keep.base, 0, "SELECT 1 FROM worker WHERE tenant = $1 AND login = $2 AND id <> $3",
		       "itt", base_tenant(p->keep.base), login, id) == 0;
}

static bool worker_add(struct people *p, int argc, char **argv, struct error *err)
{
	struct worker worker = { .name = cmd_option(&argc, argv, "--name"),
		.team = cmd_option(&argc, argv, "--team"),
		.mail = cmd_option(&argc, argv, "--mail") };

	const char *login = cmd_option(&argc, argv, "--login");
	worker.skills = all_options(p, &argc, argv, "--skill");
	worker.languages = all_options(p, &argc, argv, "--language");
	if (argc != 3)
		return error_set(err, ERROR_USAGE,
			_("Say who: caseloadd worker add WORKER --name NAME --team TEAM."));
	worker.id = argv[2];
	if (!good_id(worker.id, err))
		return false;
	if (!worker.name || !worker.team)
		return error_set(err, ERROR_USAGE, _("A worker needs --name and --team."));
	if (!keep_has_team(&p->keep, worker.team))
		return error_set(err, ERROR_REFUSED,
			_("There is no team %s here; caseloadd team add makes one."), worker.team);
	if (login && !login_free(p, worker.id, login))
		return error_set(err, ERROR_REFUSED, _("Somebody else signs in as %s already."), login);
	base_begin(p->keep.base);
	keep_worker_put(&p->keep, &worker);
	if (login)
		base_run(p->keep.base, "UPDATE worker SET login = $3 WHERE tenant = $1 AND id = $2", "itt",
			base_tenant(p->keep.base), worker.id, login);
	token_changed(&p->keep);
	return finish(p, err);
}

/* --leavers, --leavers=N. */
static bool read_leavers(int *argc, char **argv, long *leavers, struct error *err)
{
	*leavers = cmd_flag(argc, argv, "--leavers") ? PEOPLE_FEW : PEOPLE_STAY;
	const char *many = cmd_option(argc, argv, "--leavers");
	if (!many)
		return true;
	*leavers = atol(many);
	return *leavers > 0 || error_set(err, ERROR_USAGE, _("--leavers=N says how many people are shut out."));
}

static void say_import(const struct people_options *options, const struct people_counts *c)
{
	cmd_say(P_("%s: %ld row: %ld new, %ld changed, %ld same.", "%s: %ld rows: %ld new, %ld changed, %ld same.",
			(unsigned long)c->rows),
		options->name, c->rows, c->fresh, c->changed, c->same);
	if (c->teams)
		cmd_say(P_(" %ld team made.", " %ld teams made.", (unsigned long)c->teams), c->teams);
	if (c->gone && options->leavers == PEOPLE_STAY)
		cmd_say(P_(" %ld whom an earlier list named is not in it: --leavers shuts them out.",
				" %ld whom an earlier list named are not in it: --leavers shuts them out.",
				(unsigned long)c->gone),
			c->gone);
	else if (c->gone)
		cmd_say(_(" %ld shut out, their cases given back to their teams: %ld."), c->gone, c->cases);
	cmd_say("%s\n", options->dry_run ? _(" Nothing was kept (--dry-run).") : "");
}

static bool worker_import(struct people *p, int argc, char **argv, struct error *err)
{
	struct people_options options = { .dry_run = cmd_flag(&argc, argv, "--dry-run") };
	struct people_counts counts = { 0 };
	if (!read_leavers(&argc, argv, &options.leavers, err))
		return false;
	if (argc != 3)
		return error_set(err, ERROR_USAGE, _("Say which file: caseloadd worker import FILE."));
	options.name = argv[2];
	FILE *file = strcmp(argv[2], "-") == 0 ? stdin : fopen(argv[2], "rb");
	if (!file)
		return error_set(
			err, ERROR_USAGE, _("%s cannot be read: %s."), argv[2], strerror(errno));
	bool good = people_import(&p->keep, file, &options, stderr, &counts, err);
	if (file != stdin)
		fclose(file);
	p->bad_rows = counts.bad > 0;
	if (good)
		say_import(&options, &counts);
	return good;
}

static bool worker_leave(struct people *p, int argc, char **argv, struct error *err)
{
	long cases = 0;
	if (argc != 3)
		return error_set(err, ERROR_USAGE, _("Say who: caseloadd worker leave WORKER."));
	base_begin(p->keep.base);
	bool known = people_leave(&p->keep, argv[2], &cases);
	token_changed(&p->keep);
	if (!finish(p, err))
		return false;
	if (!known)
		return error_set(err, ERROR_GONE, _("Nobody called %s works here."), argv[2]);
	cmd_say(_("%s is shut out. Cases given back to their team: %ld.\n"), argv[2], cases);
	return true;
}

static bool worker(struct people *p, int argc, char **argv, struct error *err)
{
	const char *what = argc > 1 ? argv[1] : "";
	if (strcmp(what, "add") == 0)
		return worker_add(p, argc, argv, err);
	if (strcmp(what, "import") == 0)
		return worker_import(p, argc, argv, err);
	if (strcmp(what, "leave") == 0)
		return worker_leave(p, argc, argv, err);
	return error_set(
		err, ERROR_USAGE, _("Say add, import or leave; caseloadd worker --help says more."));
}

static int people(bool begins, int argc, char **argv,
	bool (*add)(struct people *, int, char **, struct error *))
{
	struct people p = { 0 };
	struct error err = { 0 };
	bool good = people_open(&p, begins, &argc, argv, &err) && add(&p, argc, argv, &err);

	bool bad_rows = p.bad_rows;
	people_close(&p);
	if (good)
		return 0;
	int code = cmd_fail(&err);
	return bad_rows ? 7 : code;
}

int cmd_team(int argc, char **argv)
{
	return people(true, argc, argv, team_add);
}

int cmd_worker(int argc, char **argv)
{
	return people(argc > 1 && strcmp(argv[1], "import") == 0, argc, argv, worker);
}
