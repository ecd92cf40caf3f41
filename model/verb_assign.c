/* Whose case it is: me, somebody, a team, nobody. */
#include "model/i18n.h"
#include "model/text.h"
#include "model/verb.h"
#include <string.h>

static bool to_team(
	const struct verb_input *in, const char *name, struct patch *p, struct error *err)
{
	const char *id = name;
	bool known = in->people && in->people->team_count;

	if (!strcmp(name, "me") && in->my_team)
		id = in->my_team;
	else if (known) {
		const struct team *team = verb_team(in, name, err);

		if (!team)
			return false;
		id = team->id;
	}
	patch_change(p, "team", in->cf->team, id);
	patch_change(p, "worker", in->cf->worker, NULL);
	return true;
}

static bool to_worker(
	const struct verb_input *in, const char *name, struct patch *p, struct error *err)
{
	bool known = in->people && in->people->worker_count;
	const struct worker *worker = known ? verb_worker(in, name, err) : NULL;

	if (known && !worker)
		return false;
	patch_change(p, "worker", in->cf->worker, worker ? worker->id : name);
	return true;
}

/* A bare name may be a worker's or a team's. A worker wins unless only a team fits; where neither
   does, the sentence is the worker's. */
static bool to_anybody(
	const struct verb_input *in, const char *name, struct patch *p, struct error *err)
{
	struct error not_team;

	if (in->people && in->people->worker_count && verb_worker(in, name, err))
		return to_worker(in, name, p, err);
	if (in->people && in->people->team_count && verb_team(in, name, &not_team))
		return to_team(in, name, p, err);
	return to_worker(in, name, p, err);
}

static bool assign_build(const struct verb_input *in, struct patch *p, struct error *err)
{
	const char *name = verb_args(in, 0, &p->arena);

	if (text_blank(name))
		return error_set(err, ERROR_USAGE,
			_("Say to whom: me, a worker, team:ID or a team's name, or none."));
	p->note = arena_copy(&p->arena, verb_option(in, "note"));
	if (!strcmp(name, "none") || !strcmp(name, "nobody")) {
		patch_change(p, "worker", in->cf->worker, NULL);
		return true;
	}
	if (!strcmp(name, "me")) {
		if (!in->me)
			return error_set(err, ERROR_LOGIN,
				_("Who you are is not known yet; sign in first, or give your "
				  "identifier."));
		patch_change(p, "worker", in->cf->worker, in->me);
		return true;
	}
	if (!strncmp(name, "team:", 5))
		return to_team(in, name + 5, p, err);
	return to_anybody(in, name, p, err);
}

const struct verb verb_assign = {
	.name = "assign",
	.args = "me|WORKER|team:TEAM|none",
	.help = N_("Give the case to me, to a worker, to a team or to nobody."),
	.keys = "a",
	.example = "caseload assign k.byrne 2026-000417",
	.many = true,
	.needs_args = true,
	.options =
		(const struct verb_option[]){
			{ "note", 'm', "TEXT", N_("An internal note that goes with the case.") },
			{ NULL, 0, NULL, NULL },
		},
	.completes = COMPLETE_WORKER,
	.build = assign_build,
};
