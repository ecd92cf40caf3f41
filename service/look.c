#include "service/look.h"

#include "model/i18n.h"

enum { PURPOSE_MOST = 200, AGAIN_MS = 60 * 1000, LATELY_MS = 15 * 60 * 1000 };

const char *look_purpose(struct call *call)
{
	if (!call->purpose)
		return NULL;
	size_t size = 0;
	for (int i = 0; i < PURPOSE_MOST && call->purpose[size]; i++) {
		size++;
		while (((unsigned char)call->purpose[size] & 0xC0) == 0x80)
			size++;
	}
	return arena_copy_n(&call->arena, call->purpose, size);
}

bool look_is_own_work(struct call *call, int64_t citizen)
{
	return base_number(call->keep.base, 0,
		       "SELECT 1 FROM casefile c WHERE c.tenant = $1 AND c.citizen = $2"
		       " AND c.status IN ('new', 'open', 'waiting') AND (c.assignee = $3 OR c.team = $4"
		       " OR EXISTS (SELECT 1 FROM lease l WHERE l.casefile = c.key AND l.worker = $3"
		       " AND l.until_ms > $5)) LIMIT 1",
		       "iitti", base_tenant(call->keep.base), citizen, call->who.worker, call->who.team,
		       call->keep.now_ms) == 1;
}

bool look_allowed(struct call *call, int64_t citizen)
{
	if (call->purpose || look_is_own_work(call, citizen))
		return true;
	return call_refuse(call, PURPOSE_NEEDED,
		_("Neither you nor your team has an open case of this person: say why you need to "
		  "look; the "
		  "reason is kept where the person can see it."));
}

static bool read_since(struct call *call, int64_t citizen, int64_t since_ms)
{
	return base_number(call->keep.base, 0,
		       "SELECT 1 FROM access WHERE tenant = $1 AND worker = $2 AND action IN ('read', 'changed')"
		       " AND at_ms > $3 AND citizen = $4 LIMIT 1",
		       "itii", base_tenant(call->keep.base), call->who.worker, since_ms, citizen) == 1;
}

bool look_was_lately(struct call *call, int64_t citizen)
{
	return read_since(call, citizen, call->keep.now_ms - LATELY_MS);
}

struct look {
	int64_t citizen;
	const char *purpose;
};

static void log_look(struct call *call)
{
	const struct look *look = call->own;
	keep_access(&call->keep, look->citizen, "read", look->purpose);
}

void look_through_case(struct call *call, const struct casefile *cf)
{
	struct look look = { .purpose = look_purpose(call) };
	if (!cf->citizen || call->status != 200)
		return;
	look.citizen = base_number(call->keep.base, 0, "SELECT key FROM citizen WHERE tenant = $1 AND id = $2", "it",
		base_tenant(call->keep.base), cf->citizen);
	/* A case and its timeline are read together, and again while it stands on a screen: once says it. */
	if (!look.citizen || look_is_own_work(call, look.citizen) ||
		read_since(call, look.citizen, call->keep.now_ms - AGAIN_MS))
		return;
	if (!look.purpose)
		look.purpose = arena_printf(&call->arena, "case:%s", cf->number);
	struct look *kept = arena_alloc(&call->arena, sizeof *kept);
	*kept = look;
	call->own = kept;
	call->then = log_look;
}
