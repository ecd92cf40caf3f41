#include "service/lease.h"

#include "model/i18n.h"
#include "model/text.h"

#include <string.h>

enum { REASON_MOST = 200 };

static bool same(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

struct lease lease_read(struct keep *keep, int64_t casefile, struct arena *arena)
{
	struct lease lease = { 0 };
	struct rows *rows = base_ask(keep->base,
		"SELECT worker, team, fence, since_ms, until_ms FROM lease WHERE casefile = $1", "i",
		casefile);
	if (rows_next(rows)) {
		lease.worker = arena_copy(arena, rows_text(rows, 0));
		lease.team = arena_copy(arena, rows_text(rows, 1));
		lease.fence = rows_int(rows, 2);
		lease.since_ms = rows_int(rows, 3);
		lease.until_ms = rows_int(rows, 4);
	}
	rows_done(rows);
	return lease;
}

bool lease_live(const struct lease *lease, int64_t now_ms)
{
	return lease->until_ms > now_ms;
}

static bool mine(const struct call *call, const struct lease *lease)
{
	return lease_live(lease, call->keep.now_ms) && same(lease->worker, call->who.worker);
}

void lease_show(const struct call *call, struct casefile *cf)
{
	int64_t left_ms = cf->held_until_ms - call->keep.now_ms;
	bool live = cf->holder && left_ms > 0;
	if (!live)
		cf->holder = NULL;
	if (!live || strcmp(cf->holder, call->who.worker) != 0)
		cf->fence = 0;
	cf->held_until_ms = live ? left_ms : 0;
}

static void put_lease(struct call *call, struct json_out *out, const char *name, const char *id,
	const struct lease *lease)
{
	json_open(out, name, '{');
	json_put_text(out, "case", id);
	json_put_text(out, "worker", lease->worker);
	if (lease->team)
		json_put_text(out, "team", lease->team);
	if (same(lease->worker, call->who.worker))
		json_put_int(out, "fence", lease->fence);
	json_put_time(out, "since", (time_t)(lease->since_ms / 1000));
	json_put_time(out, "expires_at", (time_t)(lease->until_ms / 1000));
	json_put_int(out, "expires_in", (lease->until_ms - call->keep.now_ms + 999) / 1000);
	json_close(out, '}');
}

/* ---- refusals, each with who has it */

static const char *name_of(struct call *call, const char *worker)
{
	const char *name = base_text(call->keep.base, &call->arena,
		"SELECT name FROM worker WHERE tenant = $1 AND id = $2", "it",
		base_tenant(call->keep.base), worker);
	return name ? name : worker;
}

static void refuse_with_lease(struct call *call, const char *id, const struct lease *lease)
{
	struct buf json = { 0 };
	struct json_out out = { .buf = &json };
	put_lease(call, &out, NULL, id, lease);
	call_refuse_with(call, "lease", json.text);
	buf_clear(&json);
}

static bool refuse_held(struct call *call, const char *id, const struct lease *lease)
{
	int seconds = (int)((lease->until_ms - call->keep.now_ms + 999) / 1000);
	if (same(lease->worker, call->who.worker))
		call_refuse(call, LEASE_HELD,
			_("You have this case in hand at another place: finish there first, or wait "
			  "%d s until it is free."),
			seconds);
	else
		call_refuse(call, LEASE_HELD,
			_("%s has this case in hand, for %d s more unless they go on: ask them, or "
			  "try again then. You can leave a note."),
			name_of(call, lease->worker), seconds);
	refuse_with_lease(call, id, lease);
	return false;
}

static bool refuse_lost(struct call *call, const char *id, const struct lease *lease)
{
	bool live = lease_live(lease, call->keep.now_ms);
	if (live && !same(lease->worker, call->who.worker))
		call_refuse(call, LEASE_LOST,
			_("You no longer have this case in hand: %s has it now. Nothing was "
			  "changed."),
			name_of(call, lease->worker));
	else
		call_refuse(call, LEASE_LOST,
			_("You no longer have this case in hand: your time at it ran out. Nothing was "
			  "changed; take it again."));
	if (live)
		refuse_with_lease(call, id, lease);
	return false;
}

/* ---- who may write */

bool lease_allows(struct call *call, const struct casefile *cf)
{
	struct lease lease = lease_read(&call->keep, cf->key, &call->arena);
	bool live = lease_live(&lease, call->keep.now_ms);
	if (call->fence ? mine(call, &lease) && lease.fence == call->fence : !live)
		return true;
	return call->fence ? refuse_lost(call, cf->id, &lease) : refuse_held(call, cf->id, &lease);
}

/* ---- taking, keeping, putting back */

bool lease_end(struct keep *keep, int64_t casefile)
{
	return base_run(keep->base, "UPDATE lease SET until_ms = 0 WHERE casefile = $1", "i",
		casefile);
}

bool lease_end_all(struct keep *keep, const char *worker)
{
	return base_run(keep->base,
		"UPDATE lease SET until_ms = 0 WHERE tenant = $1 AND worker = $2 AND until_ms > 0",
		"it", base_tenant(keep->base), worker);
}

static bool room_for_one_more(struct call *call)
{
	int64_t count = base_number(call->keep.base, 0,
		"SELECT count(*) FROM lease WHERE tenant = $1 AND worker = $2 AND until_ms > $3",
		"iti", base_tenant(call->keep.base), call->who.worker, call->keep.now_ms);
	if (count < LEASES_EACH)
		return true;
	return call_refuse(call, LEASE_LIMIT,
		_("You have %d cases in hand, and no more are given: finish or put back one of them."),
		LEASES_EACH);
}

/* What the body says: how long, and a supervisor's reason. */
static bool read_wish(struct call *call, int64_t *ms, const char **take_over)
{
	int64_t most = service_lease_s(call->service);
	*ms = most * 1000;
	*take_over = NULL;
	if (!call->json)
		return true;
	if (!call_body(call, "seconds take_over"))
		return false;
	const struct json *wish = json_get(call->json, "seconds");
	int64_t seconds = json_int(wish, most);
	if (wish && (json_type(wish) != JSON_INT || seconds < LEASE_WISH_LEAST || seconds > 3600))
		call_error(call, "seconds", _("This has to be a number from 30 to 3600."));
	*ms = (seconds < most ? seconds : most) * 1000;
	*take_over = call_text(call, call->json, "take_over", REASON_MOST);
	if (json_get(call->json, "take_over") && text_blank(*take_over))
		call_error(call, "take_over", _("Say why it is taken over."));
	return !call_refused(call);
}

/* On the timeline, and told to whoever had it. */
static bool tell_taken_over(
	struct call *call, const struct casefile *cf, const struct lease *lease, const char *reason)
{
	struct event event = { .casefile = cf->key,
		.wire = "taken_over",
		.team = call->who.team,
		.mentions = lease->worker,
		.text = reason };
	if (!call_role(call, "supervisor"))
		return call_refuse(call, FORBIDDEN,
			_("Only a supervisor takes over what somebody has in hand: ask them."));
	return keep_event_add(&call->keep, &event) &&
	       keep_event_from(&call->keep, event.seq, lease->worker, lease->team);
}

static void answer(struct call *call, int status, const char *id, const struct lease *lease)
{
	struct json_out out = call_json(call, status);
	put_lease(call, &out, NULL, id, lease);
}

static void renew(struct call *call, const struct casefile *cf, struct lease *lease, int64_t ms)
{
	lease->until_ms = call->keep.now_ms + ms; /* counts from now, and never adds up */
	base_run(call->keep.base, "UPDATE lease SET until_ms = $2 WHERE casefile = $1", "ii", cf->key,
		lease->until_ms);
	answer(call, 200, cf->id, lease);
}

static void take(struct call *call, const struct casefile *cf, struct lease *lease, int64_t ms)
{
	int64_t now = call->keep.now_ms;
	*lease = (struct lease){ call->who.worker, call->who.team, lease->fence + 1, now, now + ms };
	base_run(call->keep.base,
		"INSERT INTO lease (casefile, tenant, worker, team, fence, since_ms, until_ms)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (casefile) DO UPDATE SET"
		" worker = excluded.worker, team = excluded.team, fence = excluded.fence,"
		" since_ms = excluded.since_ms, until_ms = excluded.until_ms",
		"iittiii", cf->key, base_tenant(call->keep.base), lease->worker, lease->team,
		lease->fence, lease->since_ms, lease->until_ms);
	answer(call, 201, cf->id, lease);
}

void lease_put(struct call *call, const struct casefile *cf)
{
	int64_t ms;
	const char *take_over;
	struct lease lease = lease_read(&call->keep, cf->key, &call->arena);
	bool live = lease_live(&lease, call->keep.now_ms);
	if (!read_wish(call, &ms, &take_over))
		return;
	if (call->fence) {
		if (mine(call, &lease) && lease.fence == call->fence)
			renew(call, cf, &lease, ms);
		else
			refuse_lost(call, cf->id, &lease);
	} else if (live && !take_over) {
		refuse_held(call, cf->id, &lease);
	} else if (room_for_one_more(call) &&
		   (!live || tell_taken_over(call, cf, &lease, take_over))) {
		take(call, cf, &lease, ms);
	}
}

/* A reason stands on the timeline, for whoever gets the case next. */
static bool tell_why(struct call *call, const struct casefile *cf)
{
	static const struct {
		const char *reason, *text;
	} reasons[] = {
		{ "break", N_("Put back: a break.") },
		{ "not_my_skill", N_("Put back: it needs another skill.") },
		{ "needs_other", N_("Put back: it needs somebody else.") },
		{ "other", N_("Put back.") },
	};
	const char *said = call_arg(call, "reason");
	struct event event = { .casefile = cf->key, .wire = "released", .team = call->who.team };
	for (size_t i = 0; said && i < sizeof reasons / sizeof reasons[0]; i++) {
		if (strcmp(reasons[i].reason, said) == 0)
			event.text = _(reasons[i].text);
	}
	if (said && !event.text)
		return call_refuse(call, BAD_REQUEST,
			_("reason is break, not_my_skill, needs_other or other."));
	return !said || keep_event_add(&call->keep, &event);
}

void lease_delete(struct call *call, const struct casefile *cf)
{
	struct lease lease = lease_read(&call->keep, cf->key, &call->arena);
	bool live = lease_live(&lease, call->keep.now_ms);
	if (live && call->fence && (!mine(call, &lease) || lease.fence != call->fence)) {
		refuse_lost(call, cf->id, &lease);
		return;
	}
	if (live && !mine(call, &lease)) {
		refuse_held(call, cf->id, &lease);
		return;
	}
	if (live && tell_why(call, cf))
		lease_end(&call->keep, cf->key);
	if (!call_refused(call))
		call->status = 204;
}

void lease_list(struct call *call, struct json_out *out, const char *name)
{
	struct rows *rows = base_ask(call->keep.base,
		"SELECT c.id, l.fence, l.since_ms, l.until_ms, l.team FROM lease l JOIN casefile c"
		" ON c.key = l.casefile WHERE l.tenant = $1 AND l.worker = $2 AND l.until_ms > $3"
		" ORDER BY l.since_ms, c.id",
		"iti", base_tenant(call->keep.base), call->who.worker, call->keep.now_ms);
	json_open(out, name, '[');
	while (rows_next(rows)) {
		struct lease lease = { .worker = call->who.worker,
			.team = rows_text(rows, 4),
			.fence = rows_int(rows, 1),
			.since_ms = rows_int(rows, 2),
			.until_ms = rows_int(rows, 3) };
		put_lease(call, out, NULL, rows_text(rows, 0), &lease);
	}
	rows_done(rows);
	json_close(out, ']');
}
