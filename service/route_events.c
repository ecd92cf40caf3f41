/* The event stream: what of it concerns the caller. */
#include "service/hub.h"
#include "service/http.h"

#include "model/i18n.h"

#include <ctype.h>
#include <string.h>

enum { STREAMS_MOST = 20000, STREAMS_EACH = 64 };

static bool last_id(struct call *call, int64_t *id)
{
	const char *text = call->last_event_id;
	*id = -1;
	if (!text || !*text)
		return true;
	if (strspn(text, "0123456789") != strlen(text) || strlen(text) > 18)
		return call_refuse(call, BAD_REQUEST, _("Last-Event-ID has to be a number."));
	*id = strtoll(text, NULL, 10);
	return true;
}

/* A list is given by repeating the parameter, or with commas. */
static const char *list_at(struct call *call, const char *name, int i)
{
	for (int k = 0; call_arg_at(call, name, k); k++) {
		const char *text = call_arg_at(call, name, k);
		while (*text) {
			size_t size = strcspn(text, ",");
			if (size && i-- == 0)
				return arena_copy_n(&call->arena, text, size);
			text += size;
			text += *text == ',';
		}
	}
	return NULL;
}

static bool wants_cases(struct call *call)
{
	const char *name = list_at(call, "only", 0);
	bool wanted = !name;
	for (int i = 0; (name = list_at(call, "only", i)); i++)
		wanted = wanted || strcmp(name, "case") == 0;
	return wanted;
}

static void get_events(struct call *call)
{
	const char *cases[CASES_WATCHED + 1];
	struct stream_wants wants = { .worker = call->who.worker,
		.team = call->who.team,
		.token = call->who.token,
		.until_ms = call->who.until_ms,
		.cases = cases,
		.without_cases = !wants_cases(call) };
	if (!last_id(call, &wants.last_id))
		return;
	while (wants.case_count <= CASES_WATCHED &&
		(cases[wants.case_count] = list_at(call, "case", wants.case_count)))
		wants.case_count++;
	if (wants.case_count > CASES_WATCHED) {
		call_refuse(
			call, BAD_REQUEST, _("At most %d cases can be watched."), CASES_WATCHED);
		return;
	}
	struct hub *hub = service_hub(call->service);
	if (hub_streams(hub, NULL) >= STREAMS_MOST ||
		hub_streams(hub, call->who.worker) >= STREAMS_EACH) {
		call_refuse(call, TOO_MANY, _("Too many event streams are open: ask again later."));
		call->retry_after = 30;
		return;
	}
	call_stream(call, &wants);
}

static const struct operation operations[] = {
	{ "GET", "/events", OPERATION_READ, get_events },
	{ NULL },
};

const struct route route_events = { operations };
