/* How urgent: 1 now to 5 can wait. */
#include "model/i18n.h"
#include "model/verb.h"
#include <string.h>

enum { PRIORITY_HIGHEST = 1, PRIORITY_MIDDLE = 3, PRIORITY_LOWEST = 5 };

/* 0: no priority. */
static int priority_of(const char *word, int now)
{
	if (!now)
		now = PRIORITY_MIDDLE;
	if (!strcmp(word, "up"))
		return now - 1;
	if (!strcmp(word, "down"))
		return now + 1;
	return word[0] >= '1' && word[0] <= '5' && !word[1] ? word[0] - '0' : -1;
}

static bool priority_build(const struct verb_input *in, struct patch *p, struct error *err)
{
	const char *word = verb_arg(in, 0);

	if (!word || verb_arg(in, 1))
		return error_set(err, ERROR_USAGE,
			_("Say which priority: 1 (now) to 5 (can wait), up or down."));

	int now = in->cf->priority, want = priority_of(word, now);

	if (want < 0)
		return error_set(err, ERROR_USAGE,
			_("%s is no priority: 1 (now) to 5 (can wait), up or down."), word);
	if (want < PRIORITY_HIGHEST)
		return error_set(err, ERROR_USAGE,
			_("This case has priority 1 already; there is no higher."));
	if (want > PRIORITY_LOWEST)
		return error_set(err, ERROR_USAGE,
			_("This case has priority 5 already; there is no lower."));
	patch_change(p, "priority", case_get(in->cf, "priority", &p->arena),
		arena_printf(&p->arena, "%d", want));
	return true;
}

const struct verb verb_priority = {
	.name = "priority",
	.args = "1..5|up|down",
	.help = N_("Say how urgent the case is: 1 is now, 5 can wait."),
	.keys = "",
	.more_keys =
		(const struct verb_key[]){
			{ ">", "priority up", N_("Priority up") },
			{ "<", "priority down", N_("Priority down") },
			{ NULL, NULL, NULL },
		},
	.example = "caseload priority 2026-000417 1",
	.many = true,
	.needs_args = true,
	.build = priority_build,
};
