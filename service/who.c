#include "service/who.h"

#include "model/i18n.h"

static void take_who(struct call *call, struct rows *rows)
{
	call->who.worker = arena_copy(&call->arena, rows_text(rows, 0));
	call->who.name = arena_copy(&call->arena, rows_text(rows, 1));
	call->who.team = arena_copy(&call->arena, rows_text(rows, 2));
	call->who.roles = arena_copy(&call->arena, rows_text(rows, 3));
}

bool who_by_token(struct call *call, struct base *base, const char *token, int64_t now_ms)
{
	char hash[HASH_SIZE];
	if (!token)
		return call_refuse(call, UNAUTHORIZED,
			_("This needs a token: send it as Authorization: Bearer TOKEN."));
	struct hash *state = hash_new();
	hash_text(state, token);
	hash_end(state, hash);
	struct rows *rows = base_ask(base,
		"SELECT t.worker, w.name, w.team, CASE t.roles WHEN '' THEN w.roles ELSE t.roles END,"
		" t.until_ms FROM token t JOIN worker w"
		" ON w.tenant = t.tenant AND w.id = t.worker WHERE t.tenant = $1 AND t.hash = $2"
		" AND (t.until_ms IS NULL OR t.until_ms > $3) AND w.gone_ms IS NULL",
		"iti", base_tenant(base), hash, now_ms);
	if (rows_next(rows)) {
		take_who(call, rows);
		call->who.token = arena_copy(&call->arena, hash);
		call->who.until_ms = rows_int(rows, 4);
	}
	rows_done(rows);
	return call->who.worker || call_refuse(call, UNAUTHORIZED,
					   _("The token is not valid, or not any more: log in "
					     "again or ask for a new one."));
}

bool who_by_login(struct call *call, struct base *base, const char *login)
{
	struct rows *rows = base_ask(base,
		"SELECT id, name, team, roles FROM worker WHERE tenant = $1 AND login = $2 AND gone_ms IS NULL",
		"it", base_tenant(base), login);
	if (rows_next(rows))
		take_who(call, rows);
	rows_done(rows);
	return call->who.worker ||
	       call_refuse(call, FORBIDDEN,
		       _("You are signed in, but nobody who works here goes by that name: ask an administrator to "
			 "add you."));
}
