/* caseloadd token: the running service notices at once, since it looks each token up when it is
 * used. */
#include "service/token.h"

#include "model/i18n.h"
#include "service/cmd.h"
#include "service/rules.h"

#include <stdio.h>
#include <string.h>

static int64_t clock_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

bool token_changed(struct keep *keep)
{
	return keep_next(keep, "tokens") > 0;
}

static bool finish(struct keep *keep, struct error *err)
{
	token_changed(keep);
	base_commit(keep->base);
	if (!base_error(keep->base, err))
		return true;
	base_rollback(keep->base);
	return false;
}

bool token_add(struct keep *keep, const char *worker, const char *roles, const char *label,
	int64_t until_ms, char out[TOKEN_SIZE], struct error *err)
{
	char text[HASH_SIZE];
	if (!keep_has_worker(keep, worker))
		return error_set(err, ERROR_REFUSED,
			_("There is no worker %s here; caseloadd worker add makes one."), worker);
	if (!token_make(out))
		return error_set(err, ERROR_LOCAL, _("The system gives no random bytes."));
	struct hash *hash = hash_new();
	hash_text(hash, out);
	hash_end(hash, text);
	base_begin(keep->base);
	base_run(keep->base,
		"INSERT INTO token (tenant, hash, label, worker, roles, made_ms, until_ms)"
		" VALUES ($1, $2, $3, $4, $5, $6, nullif($7, 0))",
		"ittttii", base_tenant(keep->base), text, label, worker, roles, keep->now_ms,
		until_ms);
	return finish(keep, err);
}

static bool read_roles(
	int *argc, char **argv, const char **roles, struct arena *arena, struct error *err)
{
	const char *role;
	*roles = "";
	while ((role = cmd_option(argc, argv, "--role"))) {
		bool known = false;
		for (const char *const *r = rules_roles; *r; r++)
			known = known || strcmp(*r, role) == 0;
		if (!known)
			return error_set(err, ERROR_USAGE,
				_("%s is not a role; these are: caseworker, supervisor, "
				  "coordinator, auditor, reader."),
				role);
		*roles = words_add(*roles, role, arena);
	}
	return true; /* "": those of the worker, as they are when it is used */
}

static bool label_free(struct keep *keep, const char *label)
{
	return base_number(keep->base, 0, "SELECT 1 FROM token WHERE tenant = $1 AND label = $2",
		       "it", base_tenant(keep->base), label) == 0;
}

/* Without a label of its own: s.rossi, s.rossi-2, ... */
static const char *make_label(struct keep *keep, const char *worker, struct arena *arena)
{
	const char *label = worker;
	for (int i = 2; !label_free(keep, label); i++)
		label = arena_printf(arena, "%s-%d", worker, i);
	return label;
}

static bool run_add(
	struct keep *keep, int argc, char **argv, struct arena *arena, struct error *err)
{
	char token[TOKEN_SIZE];
	const char *roles, *label = cmd_option(&argc, argv, "--label");
	const char *days = cmd_option(&argc, argv, "--days");
	if (!read_roles(&argc, argv, &roles, arena, err))
		return false;
	if (argc != 3)
		return error_set(err, ERROR_USAGE, _("Say for whom: caseloadd token add WORKER."));
	if (days && atoi(days) < 1)
		return error_set(err, ERROR_USAGE, _("--days has to be a number from 1 on."));
	if (label && !label_free(keep, label))
		return error_set(err, ERROR_USAGE,
			_("There is a token %s already: choose another label."), label);
	if (!label)
		label = make_label(keep, argv[2], arena);
	int64_t until = days ? keep->now_ms + (int64_t)atoi(days) * 86400000 : 0;
	if (!token_add(keep, argv[2], roles, label, until, token, err))
		return false;
	printf("%s\n", token);
	return true;
}

static bool run_list(struct keep *keep, struct error *err)
{
	struct rows *rows = base_ask(keep->base,
		"SELECT t.label, t.worker, CASE t.roles WHEN '' THEN w.roles ELSE t.roles END,"
		" CASE WHEN t.until_ms < $2 THEN 'ended' ELSE '' END FROM token t JOIN worker w"
		" ON w.tenant = t.tenant AND w.id = t.worker WHERE t.tenant = $1 ORDER BY t.label",
		"ii", base_tenant(keep->base), keep->now_ms);
	while (rows_next(rows))
		cmd_say("%-24s %-16s %s %s\n", rows_text(rows, 0), rows_text(rows, 1),
			rows_text(rows, 2), rows_text(rows, 3));
	rows_done(rows);
	return !base_error(keep->base, err);
}

static bool run_revoke(struct keep *keep, int argc, char **argv, struct error *err)
{
	if (argc != 3)
		return error_set(err, ERROR_USAGE, _("Say which: caseloadd token revoke LABEL."));
	base_begin(keep->base);
	base_run(keep->base, "DELETE FROM token WHERE tenant = $1 AND label = $2", "it",
		base_tenant(keep->base), argv[2]);
	bool known = base_changed(keep->base) > 0;
	if (!finish(keep, err))
		return false;
	return known ||
	       error_set(err, ERROR_GONE,
		       _("There is no token %s; caseloadd token list shows them."), argv[2]);
}

int cmd_token(int argc, char **argv)
{
	struct error err = { 0 };
	struct arena arena = { 0 };
	struct buf dir = { 0 };
	const char *what = NULL;
	bool good = cmd_data_there(&dir, cmd_option(&argc, argv, "--data"), &err);
	struct keep keep = { .now_ms = clock_ms(), .ident = ident_uuid, .worker = "system" };
	keep.base = good ? base_open(dir.text, BASE_WRITE, &err) : NULL;
	good = keep.base != NULL;
	what = argc > 1 ? argv[1] : "";
	if (good && strcmp(what, "add") == 0)
		good = run_add(&keep, argc, argv, &arena, &err);
	else if (good && strcmp(what, "list") == 0)
		good = run_list(&keep, &err);
	else if (good && strcmp(what, "revoke") == 0)
		good = run_revoke(&keep, argc, argv, &err);
	else if (good)
		good = error_set(&err, ERROR_USAGE,
			_("Say add, list or revoke; caseloadd token --help says more."));
	base_close(keep.base);
	buf_clear(&dir);
	arena_clear(&arena);
	return good ? 0 : cmd_fail(&err);
}
