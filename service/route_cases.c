/* Cases, their timelines, and who is at work on them. */
#include "service/change.h"
#include "service/find.h"
#include "service/look.h"
#include "service/lease.h"

#include "model/i18n.h"
#include "model/text.h"

#include <string.h>

enum { ESTIMATE_MOST = 10000 };

/* The total, when it was asked for; false after a refusal. */
static bool get_total(struct call *call, int64_t *total)
{
	const char *count = call_arg(call, "count");
	*total = -1;
	if (!count || strcmp(count, "none") == 0)
		return true;
	if (strcmp(count, "exact") == 0)
		return count_cases(call, 0, total);
	if (strcmp(count, "estimate") == 0)
		return count_cases(call, ESTIMATE_MOST, total);
	return call_refuse(call, BAD_REQUEST, _("count is none, estimate or exact."));
}

static void get_cases(struct call *call)
{
	int64_t total;
	int limit = call_limit(call);
	if (!limit || !find_cases(call, limit) || !get_total(call, &total))
		return;
	struct json_out out = call_json(call, 200);
	json_open(&out, NULL, '{');
	json_open(&out, "items", '[');
	for (int i = 0; i < call->page.case_count; i++) {
		lease_show(call, &call->page.cases[i]);
		json_write_case(&out, NULL, &call->page.cases[i], call_arg(call, "fields"));
	}
	json_close(&out, ']');
	json_put_text(&out, "next", call->page.next);
	if (total >= 0)
		json_put_int(&out, "total", total);
	json_close(&out, '}');
}

static void put_case(struct call *call, int status, struct casefile *cf)
{
	lease_show(call, cf);
	struct json_out out = call_json(call, status);
	json_write_case(&out, NULL, cf, status == 200 ? call_arg(call, "fields") : NULL);
	call_etag(call, cf->version);
}

static void get_case(struct call *call)
{
	struct casefile *cf = find_case(call);
	if (!cf)
		return;
	put_case(call, 200, cf);
	call_unchanged(call);
	look_through_case(call, cf);
}

static void post_case(struct call *call)
{
	struct casefile cf;
	if (!change_open(call, &cf))
		return;
	put_case(call, 201, &cf);
	call->location = arena_printf(&call->arena, "/v1/cases/%s", cf.id);
}

static void refuse_stale(struct call *call, struct casefile *cf)
{
	lease_show(call, cf);
	struct buf json = { 0 };
	struct json_out out = { .buf = &json };
	json_write_case(&out, NULL, cf, NULL);
	call_refuse(call, STALE,
		_("Somebody changed this case meanwhile: look at it as it is now and change it "
		  "again."));
	call_refuse_with(call, "current", json.text);
	buf_clear(&json);
}

static void patch_case(struct call *call)
{
	struct casefile cf, before;
	struct casefile *found = find_case(call);
	if (!found || !call_precondition(call))
		return;
	case_copy(&before, found, &call->arena);
	if (!lease_allows(call, &before))
		return;
	if (!call_matches(call, before.version))
		refuse_stale(call, &before);
	else if (change_case(call, &before, &cf))
		put_case(call, 200, &cf);
}

/* ---- the timeline */

static bool timeline_from(struct call *call, int64_t *after)
{
	const char *seq = call_arg(call, "after");
	*after = 0;
	if (seq && (strspn(seq, "0123456789") != strlen(seq) || !*seq || strlen(seq) > 18))
		return call_refuse(call, BAD_REQUEST, _("after has to be a number."));
	if (seq)
		*after = strtoll(seq, NULL, 10);
	int given = call_cursor_read(call, "timeline", &seq, 1);
	if (given > 0)
		*after = strtoll(seq, NULL, 10);
	return given >= 0;
}

static void put_events(struct call *call, struct rows *rows, int limit)
{
	const char *last = NULL;
	bool more = false;
	struct json_out out = call_json(call, 200);
	json_open(&out, NULL, '{');
	json_open(&out, "items", '[');
	for (int count = 0; !more && rows_next(rows); count++) {
		more = count == limit;
		if (more)
			break;
		struct event *event = keep_event_row(rows, &call->page);
		json_write_event(&out, NULL, event);
		last = arena_printf(&call->arena, "%lld", (long long)event->seq);
	}
	json_close(&out, ']');
	json_put_text(&out, "next", more ? call_cursor(call, "timeline", &last, 1) : NULL);
	json_close(&out, '}');
}

static void get_events(struct call *call)
{
	int64_t after;
	struct buf sql = { 0 };
	int limit = call_limit(call);
	struct casefile *cf = limit ? find_case(call) : NULL;
	if (!cf || !timeline_from(call, &after))
		return;
	buf_printf(&sql,
		"SELECT %s FROM event e WHERE e.tenant = $1 AND e.casefile = $2 AND e.seq > $3"
		" ORDER BY e.seq LIMIT $4",
		keep_event_columns);
	struct rows *rows = base_ask(call->keep.base, sql.text, "iiii",
		base_tenant(call->keep.base), cf->key, after, (int64_t)limit + 1);
	put_events(call, rows, limit);
	rows_done(rows);
	buf_clear(&sql);
	look_through_case(call, cf);
}

static bool read_event(struct call *call, const struct casefile *cf, struct event *event)
{
	const struct json *body = call->json;
	const char *outcome, *kind = call_text(call, body, "kind", 20);
	const char *text = call_text(call, body, "text", TEXT_MOST);
	const struct json *answer = json_get(body, "answer");
	if (call_refused(call))
		return false;
	if (!kind || !words_have("note answer incoming", kind)) {
		call_error(call, "kind", _("The kind is note, answer or incoming."));
		return false;
	}
	if (strcmp(kind, "answer") == 0) {
		/* `text` beside it is the short form of an answer without a template. */
		if (!change_answer(call, cf, answer ? answer : body, event, &outcome))
			return false;
	} else if (text_blank(text)) {
		call_error(call, "text", _("This must not be empty."));
		return false;
	} else {
		bool note = strcmp(kind, "note") == 0;
		*event = (struct event){ .wire = note ? "note" : "incoming",
			.text = text,
			.team = call->who.team,
			.visible = !note,
			.channel = note ? NULL : cf->channel };
	}
	event->mentions = change_mentions(call, cf, json_get(body, "mentions"));
	return !call_refused(call);
}

static void post_event(struct call *call)
{
	struct event event;
	struct casefile *cf = find_case(call);
	if (!cf || !call_body(call, "kind text answer mentions") || !read_event(call, cf, &event))
		return;
	if (strcmp(event.wire, "answer") == 0 && !lease_allows(call, cf))
		return;
	change_tell(call, cf, &event);
	struct json_out out = call_json(call, 201);
	json_write_event(&out, NULL, &event);
}

/* ---- who is at work on it */

static void put_lease(struct call *call)
{
	struct casefile *cf = find_case(call);
	if (cf)
		lease_put(call, cf);
}

static void delete_lease(struct call *call)
{
	struct casefile *cf = find_case(call);
	if (cf)
		lease_delete(call, cf);
}

static const struct operation operations[] = {
	{ "GET", "/cases", OPERATION_READ, get_cases },
	{ "POST", "/cases", OPERATION_WRITE, post_case },
	{ "GET", "/cases/{id}", OPERATION_READ, get_case },
	{ "PATCH", "/cases/{id}", OPERATION_WRITE, patch_case },
	{ "GET", "/cases/{id}/events", OPERATION_READ, get_events },
	{ "POST", "/cases/{id}/events", OPERATION_WRITE, post_event },
	{ "PUT", "/cases/{id}/lease", OPERATION_WRITE, put_lease },
	{ "DELETE", "/cases/{id}/lease", OPERATION_WRITE, delete_lease },
	{ NULL },
};

const struct route route_cases = { operations };
