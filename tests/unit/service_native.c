/* The native driver: what it asks, recorded answers of a real caseloadd (tests/wire/native, made by
   its script) and the page each must become, what it makes of refusals and rubbish, and the event
   stream at every cut of its bytes. */
#include "model/json.h"
#include "net/service.h"
#include "tests/lib.h"

#include <dirent.h>
#include <string.h>

static struct service service = {
	.name = "city", .url = "http://127.0.0.1:8640/v1/", .token = (char *)"t0ken"
};

/* ---- asking */

static const struct casefile a_case = { .key = 5, .id = "c 1", .version = "7" };
static const struct citizen a_citizen = { .key = 6, .id = "p/1", .version = "3" };
static const char *const watched[] = { "c1", "c2", NULL };

static const char *header(const struct request *r, const char *name)
{
	size_t size = strlen(name);

	for (char **h = r->headers; h && *h; h++)
		if (!strncmp(*h, name, size) && (*h)[size] == ':')
			return *h + size + 2;
	return NULL;
}

/* Asks and compares method and URL; the request is left for more questions. */
static struct request asked(struct call *c, const char *wanted)
{
	struct request r = { 0 };
	struct error err = { 0 };
	char got[600];

	service.ops = service_driver("native");
	if (!ok(service.ops && service.ops->calls[c->kind].ask(&service, c, &r, &err)))
		return r;
	snprintf(got, sizeof(got), "%s %s", r.method, r.url + strlen("http://127.0.0.1:8640"));
	same(got, wanted);
	same(header(&r, "Authorization"), "Bearer t0ken");
	return r;
}

static void ask_simple(struct call c, const char *wanted)
{
	struct request r = asked(&c, wanted);

	same(r.type, c.kind == CALL_NEWS ? "text/event-stream" : "application/json");
	request_clear(&r);
	free(c.work);
}

static void asks(void)
{
	struct query q = { 0 }, late = { 0 }, who = { 0 };

	query_parse(&q, QUERY_CASES, "team:me is:open bins sort:due", NULL, NULL);
	query_parse(&late, QUERY_CASES, "is:late sort:-priority,due", NULL, NULL);
	query_parse(&who, QUERY_CITIZENS, "zo\xc3\xab", NULL, NULL);
	test("questions become requests") {
		ask_simple((struct call){ .kind = CALL_LOGIN }, "GET /v1/status");
		ask_simple((struct call){ .kind = CALL_LOGIN, .step = 1 }, "GET /v1/me");
		ask_simple(
			(struct call){ .kind = CALL_LIST, .query = &q, .limit = 50, .count = true },
			"GET "
			"/v1/"
			"cases?q=team%3Ame%20is%3Aopen%20bins%2A&sort=due&limit=50&count=exact");
		ask_simple((struct call){ .kind = CALL_LIST, .query = &late, .from = "a/b+c" },
			"GET /v1/cases?q=is%3Alate&sort=-priority&limit=200&cursor=a%2Fb%2Bc");
		ask_simple(
			(struct call){ .kind = CALL_OPEN, .cf = &a_case }, "GET /v1/cases/c%201");
		ask_simple((struct call){ .kind = CALL_EVENTS, .cf = &a_case },
			"GET /v1/cases/c%201/events?limit=200");
		ask_simple((struct call){ .kind = CALL_ACCESS, .citizen = &a_citizen, .limit = 20 },
			"GET /v1/citizens/p%2F1/access?limit=20");
		ask_simple((struct call){ .kind = CALL_WORKERS }, "GET /v1/teams?limit=200");
		ask_simple((struct call){ .kind = CALL_TEMPLATES }, "GET /v1/templates?limit=200");
		ask_simple((struct call){ .kind = CALL_CASE_KINDS }, "GET /v1/kinds?limit=200");
		ask_simple((struct call){ .kind = CALL_NEWS, .watched = watched, .from = "48214" },
			"GET /v1/events?case=c1&case=c2");
	}
	test("the purpose travels in a header, whatever was typed") {
		struct call c = {
			.kind = CALL_CITIZENS, .query = &who, .purpose = "call\r\nX: 1", .limit = 10
		};
		struct request r = asked(&c, "GET /v1/citizens?q=zo%C3%AB%2A&limit=10");

		same(header(&r, "Purpose"), "call  X: 1");
		request_clear(&r);

		char longer[400];

		memset(longer, 'a', sizeof(longer));
		memcpy(longer + 199, "\xc3\xab", 3);
		c = (struct call){ .kind = CALL_CITIZEN, .citizen = &a_citizen, .purpose = longer };
		r = asked(&c, "GET /v1/citizens/p%2F1");
		same_int(strlen(header(&r, "Purpose")), 199);
		request_clear(&r);
	}
	test("the stream goes on where it was") {
		struct call c = { .kind = CALL_NEWS, .from = "48214" };
		struct request r = asked(&c, "GET /v1/events");

		same(header(&r, "Last-Event-ID"), "48214");
		same_int(r.wait_ms, -1);
		request_clear(&r);
	}
	query_clear(&q);
	query_clear(&late);
	query_clear(&who);
}

/* ---- changes */

static struct patch patch_of(enum patch_on on, bool creates)
{
	struct patch p = { .on = on,
		.creates = creates,
		.uuid = "0123456789abcdef-key",
		.version = creates ? NULL : "7" };

	return p;
}

static void changes(void)
{
	test("a change carries version, key and a merge patch") {
		struct patch p = patch_of(ON_CASE, false);

		patch_change(&p, "worker", NULL, "s.rossi");
		p.fence = 3;
		struct call c = { .kind = CALL_PATCH, .cf = &a_case, .patch = &p };
		struct request r = asked(&c, "PATCH /v1/cases/c%201");

		same(header(&r, "If-Match"), "\"7\"");
		same(header(&r, "Idempotency-Key"), "0123456789abcdef-key");
		same(header(&r, "Lease-Fence"), "3");
		same(header(&r, "Content-Type"), "application/merge-patch+json");
		same(r.body, "{\"assignee\":\"s.rossi\"}");
		same_int(r.body_size, strlen(r.body));
		request_clear(&r);
		p.tries = 2;
		p.unsure = true;
		r = asked(&c, "PATCH /v1/cases/c%201");
		same(header(&r, "Idempotency-Key"), "0123456789abcdef-key");
		request_clear(&r);
		patch_clear(&p);
	}
	test("a note alone needs no version") {
		struct patch p = patch_of(ON_CASE, false);

		p.note = arena_copy(&p.arena, "called \"back\"");
		struct call c = { .kind = CALL_PATCH, .cf = &a_case, .patch = &p };
		struct request r = asked(&c, "POST /v1/cases/c%201/events");

		ok(!header(&r, "If-Match"));
		same(header(&r, "Content-Type"), "application/json");
		same(r.body, "{\"kind\":\"note\",\"text\":\"called \\\"back\\\"\"}");
		request_clear(&r);
		patch_clear(&p);
	}
	test("an answer alone too") {
		struct patch p = patch_of(ON_CASE, false);

		p.answer = arena_copy(&p.arena, "{\"template\":\"t1\"}");
		struct call c = { .kind = CALL_PATCH, .cf = &a_case, .patch = &p };
		struct request r = asked(&c, "POST /v1/cases/c%201/events");

		same(r.body, "{\"kind\":\"answer\",\"answer\":{\"template\":\"t1\"}}");
		request_clear(&r);
		patch_clear(&p);
	}
	test("a new case and a citizen's correction") {
		struct patch p = patch_of(ON_CASE, true), person = patch_of(ON_CITIZEN, false);

		patch_change(&p, "subject", NULL, "Missed bin");
		patch_change(&p, "queue", NULL, "waste");
		struct call c = { .kind = CALL_PATCH, .patch = &p };
		struct request r = asked(&c, "POST /v1/cases");

		ok(!header(&r, "If-Match") && header(&r, "Idempotency-Key"));
		same(r.body, "{\"subject\":\"Missed bin\",\"service\":\"waste\"}");
		request_clear(&r);
		patch_change(&person, "town", "Tilburg", "Breda");
		person.purpose = "moved";
		c = (struct call){ .kind = CALL_PATCH, .citizen = &a_citizen, .patch = &person };
		r = asked(&c, "PATCH /v1/citizens/p%2F1");
		same(header(&r, "Purpose"), "moved");
		ok(strstr(r.body, "Breda") != NULL);
		request_clear(&r);
		patch_clear(&p);
		patch_clear(&person);
	}
	test("a change of what is not known here is not sent") {
		struct patch p = patch_of(ON_CASE, false);
		struct request r = { 0 };
		struct error err = { 0 };
		struct call c = { .kind = CALL_PATCH, .patch = &p };

		patch_change(&p, "priority", "3", "2");
		ok(!service.ops->calls[CALL_PATCH].ask(&service, &c, &r, &err));
		ok(err.kind == ERROR_LOCAL && *err.text && !r.body);
		request_clear(&r);
		patch_clear(&p);
	}
}

/* ---- recorded answers */

static const char *const call_names[CALL_COUNT] = {
	[CALL_LOGIN] = "login",
	[CALL_LIST] = "list",
	[CALL_OPEN] = "open",
	[CALL_EVENTS] = "events",
	[CALL_CITIZENS] = "citizens",
	[CALL_CITIZEN] = "citizen",
	[CALL_ACCESS] = "access",
	[CALL_WORKERS] = "workers",
	[CALL_TEMPLATES] = "templates",
	[CALL_CASE_KINDS] = "kinds",
	[CALL_PATCH] = "patch",
};

static void line(struct buf *b, const char *name, const char *const *texts)
{
	buf_text(b, name);
	for (; *texts; texts++)
		buf_printf(b, "|%s", *texts);
	buf_char(b, '\n');
}

#define TEXT(t) ((t) ? (t) : "-")
#define LINE(b, name, ...) line(b, name, (const char *const[]){ __VA_ARGS__, NULL })

static const char *number(long long n, char room[24])
{
	snprintf(room, 24, "%lld", n);
	return room;
}

static void page_rows(struct buf *b, const struct page *p)
{
	char one[24], two[24];

	for (int i = 0; i < p->case_count; i++) {
		const struct casefile *c = &p->cases[i];

		LINE(b, "case", TEXT(c->id), TEXT(c->number), TEXT(c->version), TEXT(c->subject),
			TEXT(c->queue), TEXT(c->kind), stage_name(c->stage), TEXT(c->status),
			number(c->priority, one), TEXT(c->worker), TEXT(c->team), TEXT(c->citizen),
			TEXT(c->citizen_name), number(c->due, two));
	}
	for (int i = 0; i < p->citizen_count; i++) {
		const struct citizen *c = &p->citizens[i];

		LINE(b, "citizen", TEXT(c->id), TEXT(c->version), TEXT(c->given), TEXT(c->family),
			TEXT(c->born), TEXT(c->ref), TEXT(c->town), TEXT(c->phone), TEXT(c->match),
			number(c->open_cases, one));
	}
	for (int i = 0; i < p->event_count; i++) {
		const struct event *e = &p->events[i];

		LINE(b, "event", number(e->seq, one), number(e->casefile, two), TEXT(e->wire),
			TEXT(e->by), TEXT(e->text), TEXT(e->changes),
			e->visible ? "open" : "internal");
	}
	for (int i = 0; i < p->team_count; i++)
		LINE(b, "team", TEXT(p->teams[i].id), TEXT(p->teams[i].name));
	for (int i = 0; i < p->worker_count; i++)
		LINE(b, "worker", TEXT(p->workers[i].id), TEXT(p->workers[i].name),
			TEXT(p->workers[i].team));
	for (int i = 0; i < p->template_count; i++)
		LINE(b, "template", TEXT(p->templates[i].id), TEXT(p->templates[i].name),
			TEXT(p->templates[i].language), TEXT(p->templates[i].outcome));
	for (int i = 0; i < p->kind_count; i++)
		LINE(b, "kind", TEXT(p->kinds[i].id), TEXT(p->kinds[i].name),
			number(p->kinds[i].field_count, one), number(p->kinds[i].step_count, two));
	for (int i = 0; i < p->access_count; i++)
		LINE(b, "access", TEXT(p->accesses[i].worker), TEXT(p->accesses[i].action),
			TEXT(p->accesses[i].purpose));
}

static void page_text(
	struct buf *b, const struct page *p, enum answer answer, const struct error *err)
{
	static const char *const answers[] = { "done", "more", "error" };
	char total[24];

	LINE(b, answers[answer], answer == ANSWER_ERROR ? error_name(err->kind) : "-",
		*err->code ? err->code : "-", answer == ANSWER_ERROR ? err->text : "-");
	if (p->profile)
		LINE(b, "profile", TEXT(p->profile->me), TEXT(p->profile->my_name),
			TEXT(p->profile->my_team), TEXT(p->profile->roles),
			TEXT(p->profile->features), p->profile->sample ? "sample" : "real");
	page_rows(b, p);
	if (p->next || p->total >= 0)
		LINE(b, "page", TEXT(p->next), number(p->total, total));
}

static void wanted_text(struct buf *b, const struct json *lines)
{
	for (size_t i = 0; i < json_count(lines); i++)
		buf_printf(b, "%s\n", json_text(json_at(lines, i)));
}

/* One answer read by the driver, as lines. */
static void read_record(const struct json *rec, struct buf *got)
{
	struct casefile cf = { .key = 5, .id = json_get_text(rec, "id") };
	struct citizen person = { .key = 6, .id = json_get_text(rec, "id") };
	struct patch p = patch_of(json_get_bool(rec, "on_citizen", false) ? ON_CITIZEN : ON_CASE,
		json_get_bool(rec, "creates", false));
	struct call c = { .cf = &cf,
		.citizen = &person,
		.patch = &p,
		.step = (int)json_get_int(rec, "step", 0) };
	struct buf body = { 0 };
	struct page page;
	struct error err = { 0 };
	struct request r = { 0 };

	while (c.kind < CALL_COUNT &&
		(!call_names[c.kind] ||
			strcmp(call_names[c.kind], json_get_text(rec, "call")) != 0))
		c.kind++;
	if (!ok(c.kind < CALL_COUNT))
		return;
	if (json_get_bool(rec, "note", false))
		p.note = "a note";
	else
		patch_change(&p, "priority", "3", "2");
	if (json_get_text(rec, "text"))
		buf_text(&body, json_get_text(rec, "text"));
	else
		json_print(&body, json_get(rec, "body"));
	struct response a = { .status = (int)json_get_int(rec, "status", 200),
		.type = json_get_text(rec, "type"),
		.body = buf_str(&body),
		.body_size = body.size,
		.head = "",
		.retry_ms = (int)json_get_int(rec, "retry_after", 0) * 1000 };

	page_init(&page);
	if (c.kind == CALL_WORKERS || c.kind == CALL_TEMPLATES || c.kind == CALL_CASE_KINDS)
		service.ops->calls[c.kind].ask(&service, &c, &r, &err);
	for (int part = 0; c.work && part < c.step; part++)
		*(int *)c.work = c.step; /* its first member: which list of several */
	enum answer answer = service.ops->calls[c.kind].read(&service, &c, &a, &page, &err);

	page_text(got, &page, answer, &err);
	free(c.work);
	request_clear(&r);
	page_clear(&page);
	patch_clear(&p);
	buf_clear(&body);
}

static char *file_text(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	char *text = xcalloc(1, 1 << 20);

	*size = f ? fread(text, 1, (1 << 20) - 1, f) : 0;
	if (f)
		fclose(f);
	return text;
}

static void one_record(const char *name)
{
	char path[400], title[300];
	size_t size;

	snprintf(path, sizeof(path), "tests/wire/native/%s", name);
	snprintf(title, sizeof(title), "recorded: %.*s", (int)strcspn(name, "."), name);
	test(title) {
		char *text = file_text(path, &size);
		struct error err = { 0 };
		struct json *rec = json_read(text, size, NULL, &err);
		struct buf got = { 0 }, want = { 0 };

		if (ok(rec != NULL)) {
			read_record(rec, &got);
			wanted_text(&want, json_get(rec, "page"));
			same(buf_str(&got), buf_str(&want));
		}
		buf_clear(&got);
		buf_clear(&want);
		json_free(rec);
		free(text);
	}
}

/* For tests/wire/native/record: what the driver makes of it now. */
static int show(const char *path)
{
	size_t size;
	char *text = file_text(path, &size);
	struct json *rec = json_read(text, size, NULL, NULL);
	struct buf got = { 0 };

	service.ops = service_driver("native");
	if (rec)
		read_record(rec, &got);
	fputs(buf_str(&got), stdout);
	buf_clear(&got);
	json_free(rec);
	free(text);
	return rec ? 0 : 1;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_record(const struct dirent *d)
{
	size_t size = strlen(d->d_name);

	return size > 5 && !strcmp(d->d_name + size - 5, ".json");
}

static void records(void)
{
	struct dirent **list = NULL;
	int count = scandir("tests/wire/native", &list, is_record, by_name);

	test("there are recorded answers") {
		ok(count > 10);
	}
	for (int i = 0; i < count; i++) {
		one_record(list[i]->d_name);
		free(list[i]);
	}
	free(list);
}

/* ---- refusals and rubbish, made up */

static struct error read_as(enum call_kind kind, int status, const char *type, const char *body)
{
	struct patch p = patch_of(ON_CASE, false);
	struct casefile cf = { .key = 5, .id = "c1" };
	struct call c = { .kind = kind, .cf = &cf, .patch = &p };
	struct response a = {
		.status = status, .type = type, .body = body, .body_size = strlen(body), .head = ""
	};
	struct page page;
	struct error err = { 0 };

	patch_change(&p, "priority", "3", "2");
	page_init(&page);
	if (service.ops->calls[kind].read(&service, &c, &a, &page, &err) != ANSWER_ERROR)
		err.kind = ERROR_NONE;
	else
		ok(*err.text != 0);
	page_clear(&page);
	patch_clear(&p);
	return err;
}

static void refusals(void)
{
	static const struct {
		int status;
		const char *code;
		enum error_kind kind;
	} rows[] = {
		{ 400, "bad-query", ERROR_REFUSED },
		{ 401, "unauthorized", ERROR_LOGIN },
		{ 403, "purpose-needed", ERROR_DENIED },
		{ 404, "not-found", ERROR_GONE },
		{ 409, "lease-held", ERROR_CONFLICT },
		{ 409, "lease-lost", ERROR_CONFLICT },
		{ 409, "duplicate", ERROR_REFUSED },
		{ 409, "bad-transition", ERROR_REFUSED },
		{ 409, "key-in-use", ERROR_BUSY },
		{ 412, "stale", ERROR_CONFLICT },
		{ 413, "too-large", ERROR_REFUSED },
		{ 415, "", ERROR_REFUSED },
		{ 422, "invalid", ERROR_REFUSED },
		{ 428, "precondition-required", ERROR_REFUSED },
		{ 429, "too-many", ERROR_BUSY },
		{ 500, "", ERROR_BUSY },
		{ 502, "", ERROR_OFFLINE },
		{ 503, "unavailable", ERROR_BUSY },
		{ 504, "", ERROR_OFFLINE },
	};
	const char *problem = "application/problem+json";

	test("a problem becomes a kind of error, its code is kept") {
		for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
			char body[200];

			snprintf(body, sizeof(body),
				"{\"type\":\"urn:casework:%s\",\"title\":\"T\",\"status\":%d}",
				rows[i].code, rows[i].status);
			/* A change whose lease ran out has a way on: tests/screen/hands.t. */
			bool lost = !strcmp(rows[i].code, "lease-lost");
			struct error err = read_as(
				lost ? CALL_OPEN : CALL_PATCH, rows[i].status, problem, body);

			if (!ok(err.kind == rows[i].kind))
				printf("# %d %s\n", rows[i].status, rows[i].code);
			same(err.code, rows[i].code);
			same_int(err.status, rows[i].status);
			ok(read_as(CALL_PATCH, rows[i].status, "text/html", "<h1>no</h1>").kind ==
					rows[i].kind ||
				!strcmp(rows[i].code, "key-in-use") ||
				!strncmp(rows[i].code, "lease", 5));
		}
	}
	test("the sentence for the person is the service's, with the field it names") {
		struct error err = read_as(CALL_PATCH, 422, problem,
			"{\"type\":\"urn:casework:invalid\",\"title\":\"T\","
			"\"detail\":\"D\",\"errors\":[{\"field\":\"due\","
			"\"detail\":\"lies in the past\"}]}");

		same(err.text, "due: lies in the past");
		same(read_as(CALL_PATCH, 403, problem, "{\"title\":\"T\",\"detail\":\"D d.\"}")
				.text,
			"D d.");
	}
	test("rubbish is garbled, never more") {
		static const char *const bodies[] = { "", "{", "[]", "null", "\"x\"", "{}",
			"{\"items\":{}}", "{\"items\":[1]}", "{\"items\":[{}]}",
			"{\"items\":[{\"id\":\"c1\",\"version\":1,\"subject\":[]}],\"next\":null}",
			"{\"a\":1,\"a\":2}", "\xff\xfe", NULL };

		for (int i = 0; bodies[i]; i++)
			if (!ok(read_as(CALL_LIST, 200, "application/json", bodies[i]).kind ==
				    ERROR_GARBLED))
				printf("# %s\n", bodies[i]);
		same_int(
			read_as(CALL_LIST, 200, "text/html", "{\"items\":[]}").kind, ERROR_GARBLED);
		same_int(read_as(CALL_LIST, 200, NULL, "{\"items\":[]}").kind, ERROR_GARBLED);
	}
	test("one record that cannot be read is left out, and told of") {
		struct page page;
		struct error err = { 0 };
		struct query q = { 0 };
		struct call c = { .kind = CALL_LIST, .query = &q };
		const char *body =
			"{\"items\":[{\"id\":\"c1\",\"version\":1,\"subject\":\"one\"},"
			"{\"id\":\"c2\",\"version\":1,\"subject\":[]},"
			"{\"id\":\"c3\",\"version\":1,\"subject\":\"three\"}],\"next\":\"n\"}";
		struct response a = { .status = 200, .type = (char *)"application/json",
			.body = (char *)body, .body_size = strlen(body) };

		page_init(&page);
		same_int(service.ops->calls[CALL_LIST].read(&service, &c, &a, &page, &err),
			ANSWER_DONE);
		same_int(err.kind, ERROR_NONE);
		same_int(page.case_count, 2);
		same(page.cases[1].id, "c3");
		same(page.next, "n");
		same_int(page.left_out, 1);
		same(page.flaw, "c2: The member \"subject\" is not a text.");
		page_clear(&page);
	}
	test("a write is done only when the answer names its object") {
		const char *json = "application/json";

		same_int(read_as(CALL_PATCH, 200, json, "{\"id\":\"c1\",\"version\":8}").kind,
			ERROR_NONE);
		same_int(read_as(CALL_PATCH, 200, json, "{\"id\":\"c2\",\"version\":8}").kind,
			ERROR_GARBLED);
		same_int(read_as(CALL_PATCH, 200, json, "{}").kind, ERROR_GARBLED);
		same_int(read_as(CALL_PATCH, 201, json, "").kind, ERROR_GARBLED);
	}
	test("another service at that address") {
		same_int(read_as(CALL_LOGIN, 200, "text/html", "<html>").kind, ERROR_GARBLED);
		same_int(read_as(CALL_LOGIN, 404, "text/html", "<html>").kind, ERROR_GARBLED);
		same_int(read_as(CALL_LOGIN, 200, "application/json", "{\"api\":\"2.0\"}").kind,
			ERROR_GARBLED);
	}
}

/* ---- the event stream */

static void heard(void *ctx, const struct news *n)
{
	static const char *const names[] = { "hello", "case", "citizen", "reset", "other" };
	struct buf *b = ctx;

	buf_printf(b, "%s %s %s %lld %s %d\n", names[n->what], TEXT(n->id), TEXT(n->version),
		(long long)n->last_event, TEXT(n->cursor), n->retry_ms);
}

static const char stream[] =
	"\xef\xbb\xbfretry: 3000\nevent: hello\nid: 48213\ndata: "
	"{\"seq\":48213,\"heartbeat\":15}\n\n"
	": heartbeat\n\n"
	"event: case\r\nid: 48214\r\ndata: {\"id\":\"c1\",\"version\":8,\r\n"
	"data: \"last_event\":48214}\r\n\r\n"
	"event: case\rid: 48215\rdata: {\"id\":\"c2\",\"version\":2}\r\r"
	"event: case\nid: 48216\ndata: rubbish\n\n"
	"event: case\nid: bad\ndata: {\"version\":2}\n\n"
	"event: lease\nid: 48217\ndata: {\"case\":\"c1\",\"state\":\"taken\"}\n\n"
	"id: 48218\n\n"
	"event: reset\nid: 48219\ndata:{\"seq\":48219}\nunknown\n\n"
	"event: case\nid: 48220\ndata: {\"id\":\"never ended";

static const char stream_news[] = "hello - - 0 48213 3000\n"
				  "case c1 8 48214 48214 3000\n"
				  "case c2 2 0 48215 3000\n"
				  "other - - 0 48216 3000\n"
				  "other - 2 0 48216 3000\n"
				  "other - - 0 48217 3000\n"
				  "reset - - 0 48219 3000\n";

static void cut_at(size_t cut, size_t step, struct buf *got)
{
	void *news = service.ops->news_new();
	size_t size = sizeof(stream) - 1;

	ok(service.ops->news_feed(news, stream, cut, heard, got));
	for (size_t i = cut; i < size; i += step)
		ok(service.ops->news_feed(
			news, stream + i, size - i < step ? size - i : step, heard, got));
	service.ops->news_free(news);
}

static void streams(void)
{
	struct buf got = { 0 };

	test("the stream, whole and at every cut of its bytes") {
		int bad = 0;

		for (size_t cut = 0; cut < sizeof(stream); cut++) {
			buf_reset(&got);
			cut_at(cut, sizeof(stream), &got);
			bad += strcmp(got.text, stream_news) != 0;
		}
		same_int(bad, 0);
		buf_reset(&got);
		cut_at(0, 1, &got);
		same(got.text, stream_news);
	}
	test("an event beyond any measure ends the stream") {
		void *news = service.ops->news_new();
		char filler[4096];
		bool good = true;

		memset(filler, 'a', sizeof(filler));
		for (int i = 0; good && i < 1000; i++)
			good = service.ops->news_feed(news, filler, sizeof(filler), heard, &got);
		ok(!good);
		service.ops->news_free(news);
	}
	test("bytes that are not text do no harm") {
		void *news = service.ops->news_new();
		static const char bytes[] =
			"event: case\ndata: {\"id\":\"c\0\xff\x1b[2J\"}\n\n\0\0\n\n:\n";

		buf_reset(&got);
		ok(service.ops->news_feed(news, bytes, sizeof(bytes) - 1, heard, &got));
		service.ops->news_free(news);
	}
	buf_clear(&got);
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "show"))
		return show(argv[2]);
	asks();
	changes();
	records();
	refusals();
	streams();
	return test_result();
}
