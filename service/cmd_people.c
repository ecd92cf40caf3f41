/* caseloadd team and caseloadd worker: who is there before anybody can have a token. The running
   service reads them at each request. */
#include "model/i18n.h"
#include "model/ident.h"
#include "service/cmd.h"
#include "service/keep.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

struct people {
	struct keep keep;
	struct arena arena;
	struct buf dir;
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

/* An identifier stands in queries and on command lines: no spaces, nothing that is read as more. */
static bool good_id(const char *id, struct error *err)
{
	size_t size = strlen(id);

	if (size >= 1 && size <= 64 &&
		strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789.-_") == size)
		return true;
	return error_set(err, ERROR_USAGE,
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

static bool worker_add(struct people *p, int argc, char **argv, struct error *err)
{
	struct worker worker = { .name = cmd_option(&argc, argv, "--name"),
		.team = cmd_option(&argc, argv, "--team"),
		.mail = cmd_option(&argc, argv, "--mail") };

	worker.skills = all_options(p, &argc, argv, "--skill");
	worker.languages = all_options(p, &argc, argv, "--language");
	if (argc != 3 || strcmp(argv[1], "add") != 0)
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
	base_begin(p->keep.base);
	keep_worker_put(&p->keep, &worker);
	return finish(p, err);
}

static int people(bool begins, int argc, char **argv,
	bool (*add)(struct people *, int, char **, struct error *))
{
	struct people p = { 0 };
	struct error err = { 0 };
	bool good = people_open(&p, begins, &argc, argv, &err) && add(&p, argc, argv, &err);

	people_close(&p);
	return good ? 0 : cmd_fail(&err);
}

int cmd_team(int argc, char **argv)
{
	return people(true, argc, argv, team_add);
}

int cmd_worker(int argc, char **argv)
{
	return people(false, argc, argv, worker_add);
}
