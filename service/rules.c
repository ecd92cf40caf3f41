#include "service/rules.h"

#include "model/i18n.h"

#include <string.h>

const char *const rules_roles[] = { "caseworker", "supervisor", "coordinator", "auditor", "reader",
	NULL };

#define EVERYBODY "caseworker supervisor coordinator auditor reader"
#define WORKERS "caseworker supervisor coordinator"

/* The whole of who may do what. What is not in here nobody may. */
static const struct {
	const char *method, *path, *roles; /* NULL: without a token */
} role_table[] = {
	{ "GET", "/status", NULL },
	{ "GET", "/me", EVERYBODY },
	{ "GET", "/citizens", EVERYBODY },
	{ "POST", "/citizens", WORKERS },
	{ "GET", "/citizens/{id}", EVERYBODY },
	{ "PATCH", "/citizens/{id}", WORKERS },
	{ "GET", "/citizens/{id}/access", "caseworker supervisor auditor" },
	{ "GET", "/cases", EVERYBODY },
	{ "POST", "/cases", WORKERS },
	{ "GET", "/cases/{id}", EVERYBODY },
	{ "PATCH", "/cases/{id}", WORKERS },
	{ "GET", "/cases/{id}/events", EVERYBODY },
	{ "POST", "/cases/{id}/events", WORKERS },
	{ "PUT", "/cases/{id}/lease", WORKERS },
	{ "DELETE", "/cases/{id}/lease", WORKERS },
	{ "GET", "/teams", EVERYBODY },
	{ "GET", "/workers", EVERYBODY },
	{ "GET", "/templates", EVERYBODY },
	{ "GET", "/kinds", EVERYBODY },
	{ "GET", "/events", EVERYBODY },
};

bool rules_may(const char *method, const char *path, const char *roles, const char **who)
{
	*who = "";
	for (size_t i = 0; i < sizeof role_table / sizeof role_table[0]; i++) {
		if (strcmp(role_table[i].method, method) != 0 ||
			strcmp(role_table[i].path, path) != 0)
			continue;
		*who = role_table[i].roles;
		if (!*who)
			return true;
		for (const char *const *role = rules_roles; *role; role++) {
			if (words_have(role_table[i].roles, *role) &&
				words_have(roles ? roles : "", *role))
				return true;
		}
	}
	return false;
}

static const struct {
	const char *from, *to;
} move_table[] = {
	{ "new", "open resolved" },
	{ "open", "waiting resolved" },
	{ "waiting", "open resolved" },
	{ "resolved", "open closed" },
	{ "closed", "" },
};

enum { MOVES = sizeof move_table / sizeof move_table[0] };

void rules_workflow(struct json_out *out, const char *name)
{
	json_open(out, name, '{');
	for (int i = 0; i < MOVES; i++)
		json_put_words(out, move_table[i].from, move_table[i].to);
	json_close(out, '}');
}

const char *rules_moves(const char *from)
{
	for (int i = 0; i < MOVES; i++) {
		if (strcmp(move_table[i].from, from) == 0)
			return move_table[i].to;
	}
	return "";
}

bool rules_move_allowed(const char *from, const char *to)
{
	return strcmp(from, to) == 0 || words_have(rules_moves(from), to);
}

const struct kind_step *rules_step_for(
	const struct kind *kind, const char *from, const char *status, bool *guarded)
{
	const struct kind_step *only = NULL;
	int count = 0;
	*guarded = false;
	for (int i = 0; i < kind->step_count; i++) {
		const struct kind_step *step = &kind->steps[i];
		if (strcmp(step->status, status) != 0)
			continue;
		count++;
		only = step;
		*guarded = *guarded || step->role || step->other_person;
	}
	if (count == 1)
		return only;
	/* Among several it says itself only when a guarded kind leaves one way. */
	only = NULL;
	for (int i = 0; *guarded && i < kind->step_count; i++) {
		const struct kind_step *step = &kind->steps[i];
		if (strcmp(step->status, status) != 0 || !kind_step_allowed(kind, from, step->id))
			continue;
		if (only)
			return NULL;
		only = step;
	}
	return only;
}
