/* The rules of the API against the real service: versions, keys, roles, purposes, pages, workflow.
 */
#include "tests/service.h"

#define KEY(n) "Idempotency-Key: key-0123456789-" n "\r\n"
#define PURPOSE "Purpose: called back\r\n"

static struct server server;
static struct reply r;

#define GET(token, path) ask(&r, &server, server.token, "GET", path, NULL, NULL)
#define SEND(token, method, path, headers, body)                                                   \
	ask(&r, &server, server.token, method, path, headers, body)

static void test_status(void)
{
	test("status needs no token and lists what is served") {
		ask(&r, &server, NULL, "GET", "/status", NULL, NULL);
		same_int(r.status, 200);
		same_int((int)json_count(at(&r, "features")), 6);
		same(text_at(&r, "workflow.new.1"), "resolved");
	}
	test("paths of what is not served answer 404") {
		static const char *const paths[] = { "/surges", "/batch/b1", "/cases/c1/leases",
			"/me/presence", "/surges/s1/groups", "/nothing" };
		for (int i = 0; i < 6; i++) {
			GET(rossi, paths[i]);
			same_int(r.status, 404);
			same(problem(&r), "not-found");
		}
	}
	test("no token, a wrong token") {
		ask(&r, &server, NULL, "GET", "/me", NULL, NULL);
		same_int(r.status, 401);
		ask(&r, &server, "wrong", "GET", "/me", NULL, NULL);
		same_int(r.status, 401);
		same(problem(&r), "unauthorized");
		ok(strstr(r.head.text, "WWW-Authenticate: Bearer") != NULL);
		GET(rossi, "/me");
		same(text_at(&r, "worker.team"), "refuse");
	}
}

static void test_roles(void)
{
	static const struct {
		const char *method, *path, *body;
		int reader, auditor, worker; /* 0: 403 */
	} calls[] = {
		{ "GET", "/cases", NULL, 1, 1, 1 },
		{ "GET", "/citizens?q=zoe", NULL, 1, 1, 1 },
		{ "GET", "/teams", NULL, 1, 1, 1 },
		{ "POST", "/cases", "{}", 0, 0, 1 },
		{ "POST", "/citizens", "{}", 0, 0, 1 },
		{ "PATCH", "/cases/c1", "{}", 0, 0, 1 },
		{ "PATCH", "/citizens/p1", "{}", 0, 0, 1 },
		{ "POST", "/cases/c1/events", "{}", 0, 0, 1 },
		{ "GET", "/citizens/p1/access", NULL, 0, 1, 1 },
	};
	test("each role may what the table says") {
		for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
			const char *tokens[] = { server.reader, server.auditor, server.rossi };
			const int may[] = { calls[i].reader, calls[i].auditor, calls[i].worker };
			for (int k = 0; k < 3; k++) {
				ask(&r, &server, tokens[k], calls[i].method, calls[i].path, NULL,
					calls[i].body);
				if (!ok((r.status != 403) == (may[k] == 1)))
					printf("# %s %s: %d %s\n", calls[i].method, calls[i].path,
						r.status, r.body.text);
			}
		}
	}
}

static void test_versions(void)
{
	test("a change needs the version it is based on") {
		SEND(rossi, "PATCH", "/cases/c1", NULL, "{\"priority\":1}");
		same_int(r.status, 428);
		same(problem(&r), "precondition-required");
		SEND(rossi, "PATCH", "/cases/c1", "If-Match: \"9\"\r\n", "{\"priority\":1}");
		same_int(r.status, 412);
		same(text_at(&r, "current.id"), "c1");
		same_int(int_at(&r, "current.version"), 1);
		SEND(rossi, "PATCH", "/cases/c1", "If-Match: \"1\"\r\n", "{\"priority\":1}");
		same_int(r.status, 200);
		same_int(int_at(&r, "version"), 2);
		ok(strstr(r.head.text, "ETag: \"2\"") != NULL);
	}
	test("304 while nothing changed; sparse fields") {
		SEND(rossi, "GET", "/cases/c1", "If-None-Match: \"2\"\r\n", NULL);
		same_int(r.status, 304);
		same_int((int)r.body.size, 0);
		SEND(rossi, "GET", "/cases/c1", "If-None-Match: \"1\"\r\n", NULL);
		same_int(r.status, 200);
		GET(rossi, "/cases/c1?fields=subject");
		same_int((int)json_count(r.json), 3);
		GET(rossi, "/kinds");
		same_int((int)json_count(at(&r, "items")), 2);
		SEND(rossi, "GET", "/kinds", "If-None-Match: \"2\"\r\n", NULL);
		same_int(r.status, 304);
	}
	test("what is unknown or wrong is named") {
		SEND(rossi, "PATCH", "/cases/c1", "If-Match: \"2\"\r\n",
			"{\"priority\":9,\"nonsense\":1,\"channel\":\"smoke\"}");
		same_int(r.status, 422);
		same(text_at(&r, "errors.0.field"), "nonsense");
		SEND(rossi, "PATCH", "/cases/c1", "If-Match: \"2\"\r\n",
			"{\"priority\":9,\"channel\":\"smoke\",\"team\":\"none\",\"subject\":"
			"\"\"}");
		same_int(r.status, 422);
		same_int((int)json_count(at(&r, "errors")), 4);
		SEND(rossi, "PATCH", "/cases/c1", "If-Match: \"2\"\r\n", "{\"priority\":");
		same_int(r.status, 400);
		SEND(rossi, "PATCH", "/cases/c1", "If-Match: \"2\"\r\n", "{\"subject\":\"\xFF\"}");
		same_int(r.status, 400);
	}
}

static void test_keys(void)
{
	static const char body[] = "{\"kind\":\"note\",\"text\":\"once\"}";
	char seq[32];
	test("the same key gives the same answer and one effect") {
		SEND(rossi, "POST", "/cases/c3/events", KEY("1"), body);
		same_int(r.status, 201);
		snprintf(seq, sizeof seq, "%lld", (long long)int_at(&r, "seq"));
		SEND(rossi, "POST", "/cases/c3/events", KEY("1"), body);
		same_int(r.status, 201);
		ok(int_at(&r, "seq") == atoll(seq));
		GET(rossi, "/cases/c3/events");
		same_int((int)json_count(at(&r, "items")), 2);
	}
	test("the same key with another body is refused") {
		SEND(rossi, "POST", "/cases/c3/events", KEY("1"),
			"{\"kind\":\"note\",\"text\":\"two\"}");
		same_int(r.status, 422);
		same(problem(&r), "key-reused");
	}
	test("a key is its worker's own") {
		SEND(byrne, "POST", "/cases/c3/events", KEY("1"),
			"{\"kind\":\"note\",\"text\":\"two\"}");
		same_int(r.status, 201);
	}
	test("a repeat is answered before any other check") {
		SEND(rossi, "PATCH", "/cases/c3", KEY("2") "If-Match: \"1\"\r\n",
			"{\"priority\":2}");
		same_int(r.status, 200);
		SEND(rossi, "PATCH", "/cases/c3", KEY("2") "If-Match: \"77\"\r\n",
			"{\"priority\":2}");
		same_int(r.status, 200);
		same_int(int_at(&r, "version"), 2);
		SEND(rossi, "PATCH", "/cases/c3", KEY("2"), "{\"priority\":2}");
		same_int(r.status, 200);
	}
	test("a refusal is not kept") {
		SEND(rossi, "PATCH", "/cases/c3", KEY("3") "If-Match: \"1\"\r\n",
			"{\"priority\":5}");
		same_int(r.status, 412);
		SEND(rossi, "PATCH", "/cases/c3", KEY("3") "If-Match: \"2\"\r\n",
			"{\"priority\":5}");
		same_int(r.status, 200);
	}
	test("a key is not too short") {
		SEND(rossi, "POST", "/cases/c3/events", "Idempotency-Key: short\r\n", body);
		same_int(r.status, 400);
	}
	test("location and version come back with a repeat") {
		for (int i = 0; i < 2; i++) {
			SEND(rossi, "POST", "/cases", KEY("4"),
				"{\"subject\":\"New\",\"service\":\"waste\"}");
			same_int(r.status, 201);
			ok(strstr(r.head.text, "Location: /v1/cases/") &&
				strstr(r.head.text, "ETag: \"1\""));
		}
		same(text_at(&r, "team"), "refuse");
		GET(rossi, "/cases?q=subject:new&count=exact");
		same_int(int_at(&r, "total"), 1);
	}
}

static void test_citizens(void)
{
	test("a person is found by name, words, parts, mistakes, and exact things") {
		static const char *const queries[] = { "zoe", "ZO%C3%8B", "vri", "de%20vries",
			"zoe%20vries", "%2B31610855719", "06%2010855719", "zoe@example.org",
			"475394459", "5038ab", "zoe%20town:tilburg", "name:zoe", "born:1966",
			"vreis", "vrties", "vris", "vriees", "zeo%20vries" };
		for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
			char path[128];
			snprintf(path, sizeof path, "/citizens?q=%s", queries[i]);
			GET(rossi, path);
			if (!same_int((int)json_count(at(&r, "items")), 1))
				printf("# %s: %s\n", queries[i], r.body.text);
			same(text_at(&r, "items.0.id"), "p1");
		}
		GET(rossi, "/citizens?q=vreis");
		same(text_at(&r, "items.0.match"), "near");
		GET(rossi, "/citizens?q=5038%20AB");
		same(text_at(&r, "items.0.match"), "exact");
		GET(rossi, "/citizens?q=%E6%9D%8E");
		same(text_at(&r, "items.0.id"), "p3");
		GET(rossi, "/citizens?q=lukasz");
		same(text_at(&r, "items.0.id"), "p2");
	}
	test("an unknown field is an error with its place") {
		GET(rossi, "/citizens?q=zoe%20shoe:42");
		same_int(r.status, 400);
		same(problem(&r), "bad-query");
		same_int(int_at(&r, "at"), 4);
	}
	test("a stranger is opened only with a reason") {
		GET(rossi, "/citizens/p2");
		same_int(r.status, 403);
		same(problem(&r), "purpose-needed");
		GET(rossi, "/citizens/p1");
		same_int(r.status, 200);
		GET(byrne, "/citizens/p2");
		same_int(r.status, 200);
		SEND(rossi, "GET", "/citizens/p2", PURPOSE, NULL);
		same_int(r.status, 200);
	}
	test("a guarded address comes only with a reason, and is not found by") {
		GET(byrne, "/citizens/p2");
		ok(!at(&r, "address"));
		SEND(byrne, "GET", "/citizens/p2", PURPOSE, NULL);
		same(text_at(&r, "address.street"), "Secret 1");
		GET(byrne, "/citizens?q=1111aa");
		same_int((int)json_count(at(&r, "items")), 0);
		GET(byrne, "/citizens?q=town:hidden");
		same_int((int)json_count(at(&r, "items")), 0);
	}
	test("each reading is on the log with its reason") {
		GET(auditor, "/citizens/p2/access");
		same_int(r.status, 200);
		same(text_at(&r, "items.0.action"), "read");
		same(text_at(&r, "items.0.worker"), "k.byrne");
		same(text_at(&r, "items.0.purpose"), "called back");
		ok(json_type(at(&r, "items.1.purpose")) == JSON_NULL_VALUE);
	}
	test("of searches while typing only the last is logged") {
		GET(super, "/citizens?q=%E6%9D%8E");
		GET(super, "/citizens?q=%E6%9D%8E%E5%B0%8F");
		GET(super, "/citizens?q=%E6%9D%8E%E5%B0%8F%E6%98%8E");
		GET(auditor, "/citizens/p3/access");
		int count = 0;
		for (size_t i = 0; i < json_count(at(&r, "items")); i++)
			count += strcmp(json_get_text(json_at(at(&r, "items"), i), "worker"),
					 "m.day") == 0;
		same_int(count, 1);
		same(text_at(&r, "items.0.action"), "found");
	}
	test("registering somebody twice is asked about") {
		static const char body[] =
			"{\"given\":\"zoe\",\"family\":\"De Vries\",\"born\":\"1966-11-02\"}";
		SEND(rossi, "POST", "/citizens", NULL, body);
		same_int(r.status, 409);
		same(text_at(&r, "candidates.0.id"), "p1");
		SEND(rossi, "POST", "/citizens", NULL,
			"{\"given\":\"zoe\",\"family\":\"De "
			"Vries\",\"born\":\"1966-11-02\",\"allow_duplicate\":true}");
		same_int(r.status, 201);
		GET(auditor, "/citizens/p1/access?limit=1");
		same(text_at(&r, "items.0.action"), "found");
		same(text_at(&r, "items.0.worker"), "s.rossi");
		SEND(rossi, "PATCH", "/citizens/p1", "If-Match: \"9\"\r\n", "{\"phone\":null}");
		same_int(r.status, 412);
		GET(auditor, "/citizens/p1/access?limit=1");
		same(text_at(&r, "items.0.action"), "read");
		/* What is written with a refusal is the access log alone, not its answer. */
		SEND(rossi, "PATCH", "/citizens/p1", KEY("9") "If-Match: \"9\"\r\n", "{\"language\":\"en\"}");
		same_int(r.status, 412);
		SEND(rossi, "PATCH", "/citizens/p1", KEY("9") "If-Match: \"1\"\r\n", "{\"language\":\"en\"}");
		same_int(r.status, 200);
		SEND(rossi, "POST", "/citizens", NULL, "{\"born\":\"yesterday\"}");
		same_int(r.status, 422);
		same_int((int)json_count(at(&r, "errors")), 2);
	}
	test("a correction is told to the cases and found at once") {
		SEND(rossi, "PATCH", "/citizens/p1", "If-Match: \"2\"\r\n",
			"{\"family\":\"Jansen\",\"address\":{\"street\":\"Markt "
			"1\"},\"phone\":null}");
		same_int(r.status, 200);
		same(text_at(&r, "address.postcode"), "5038 AB");
		ok(json_type(at(&r, "phone")) == JSON_NULL_VALUE);
		GET(rossi, "/citizens?q=jansen");
		same(text_at(&r, "items.0.id"), "p1");
		GET(rossi, "/cases?q=jansen");
		same_int((int)json_count(at(&r, "items")), 2);
		GET(rossi, "/cases/c1/events");
		same(text_at(&r, "items.3.text"),
			"The person's details were corrected: family phone street.");
	}
}

static void test_restricted(void)
{
	test("a restricted case is left out and not counted") {
		GET(rossi, "/cases?q=citizen:p1&count=exact");
		same_int(int_at(&r, "total"), 2);
		GET(byrne, "/cases?q=citizen:p1&count=exact");
		same_int(int_at(&r, "total"), 3);
		GET(rossi, "/cases/c4");
		same_int(r.status, 403);
		GET(rossi, "/cases?q=restricted");
		same_int((int)json_count(at(&r, "items")), 0);
		GET(rossi, "/citizens/p1");
		same_int(int_at(&r, "cases.open"), 2);
		SEND(byrne, "GET", "/citizens/p1", PURPOSE, NULL);
		same_int(int_at(&r, "cases.open"), 3);
	}
	test("who is mentioned on it may read it") {
		SEND(byrne, "POST", "/cases/c4/events", NULL,
			"{\"kind\":\"note\",\"text\":\"look\",\"mentions\":[\"s.rossi\"]}");
		same_int(r.status, 201);
		GET(rossi, "/cases/c4");
		same_int(r.status, 200);
	}
}

static void test_search(void)
{
	test("cases are found by subject, number, person and timeline") {
		static const char *const queries[] = { "missed", "creche",
			"cr%C3%A8che%20team:refuse", "number:2026-000001", "lorry%20is:open" };
		char number[64];
		GET(rossi, "/cases/c1?fields=number");
		snprintf(number, sizeof number, "%s", text_at(&r, "number"));
		for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
			char path[128];
			snprintf(path, sizeof path, "/cases?q=%s%s",
				i == 3 ? "number:" : queries[i], i == 3 ? number : "");
			GET(rossi, path);
			if (!same_int((int)json_count(at(&r, "items")), 1))
				printf("# %s: %s\n", path, r.body.text);
			same(text_at(&r, "items.0.id"), "c1");
		}
	}
	test("pages stay right while rows change") {
		int seen[8] = { 0 }, pages = 0;
		char path[400] = "/cases?limit=1&sort=updated&q=service:waste";
		for (const char *next = ""; next && pages < 12; pages++) {
			GET(rossi, path);
			const char *id = text_at(&r, "items.0.id");
			if (id && id[0] == 'c' && strlen(id) == 2)
				seen[id[1] - '0']++;
			next = text_at(&r, "next");
			if (next)
				snprintf(path, sizeof path,
					"/cases?limit=1&sort=updated&q=service:waste&cursor=%s",
					next);
			if (pages == 0)
				SEND(rossi, "POST", "/cases", NULL,
					"{\"subject\":\"Later\",\"service\":\"waste\"}");
		}
		ok(seen[1] == 1 && seen[3] == 1 && seen[5] == 1);
	}
	test("a cursor of another list, or of nobody, is refused") {
		GET(rossi, "/cases?limit=1&cursor=abc");
		same_int(r.status, 400);
		GET(rossi, "/cases?limit=1&cursor=zz");
		same_int(r.status, 400);
		GET(rossi, "/cases?limit=0");
		same_int(r.status, 400);
		GET(rossi, "/cases?limit=1&sort=subject");
		same_int(r.status, 400);
	}
}

static void test_workflow(void)
{
	test("a case moves only along the workflow, and ends with an outcome") {
		SEND(rossi, "PATCH", "/cases/c5", "If-Match: \"1\"\r\n",
			"{\"status\":\"waiting\"}");
		same_int(r.status, 409);
		same(problem(&r), "bad-transition");
		SEND(rossi, "PATCH", "/cases/c5", "If-Match: \"1\"\r\n",
			"{\"status\":\"resolved\"}");
		same_int(r.status, 422);
		same(text_at(&r, "errors.0.field"), "outcome");
		SEND(rossi, "PATCH", "/cases/c5", "If-Match: \"1\"\r\n",
			"{\"status\":\"resolved\",\"outcome\":\"done\",\"note\":\"all well\"}");
		same_int(r.status, 200);
		ok(text_at(&r, "resolved_at") != NULL);
		SEND(rossi, "PATCH", "/cases/c5", "If-Match: \"2\"\r\n", "{\"status\":\"open\"}");
		same_int(r.status, 200);
		ok(json_type(at(&r, "resolved_at")) == JSON_NULL_VALUE);
	}
	test("an unknown placeholder stops the answer, and nothing is changed") {
		SEND(rossi, "PATCH", "/cases/c5", "If-Match: \"3\"\r\n",
			"{\"status\":\"resolved\",\"answer\":{\"template\":\"t1\"}}");
		same_int(r.status, 422);
		ok(strstr(text_at(&r, "detail"), "when") != NULL);
		GET(rossi, "/cases/c5");
		same_int(int_at(&r, "version"), 3);
	}
	test("resolving with a template takes its outcome") {
		SEND(rossi, "PATCH", "/cases/c5", "If-Match: \"3\"\r\n",
			"{\"status\":\"resolved\",\"answer\":{\"template\":\"t1\",\"values\":{"
			"\"when\":\"soon\"}}}");
		same_int(r.status, 200);
		same(text_at(&r, "outcome"), "explained");
		same(text_at(&r, "last_contact.kind"), "answer");
		GET(rossi, "/cases/c5/events?limit=200");
		size_t last = json_count(at(&r, "items")) - 1;
		const struct json *answer = json_at(at(&r, "items"), last);
		same(json_get_text(answer, "kind"), "answer");
		same(json_get_text(answer, "delivery"), "queued");
		ok(strncmp(json_get_text(answer, "text"), "Dear Zo\u00EB, about 20", 19) == 0);
		/* c1, and c4 since they were mentioned on it */
		GET(rossi, "/citizens?q=zoe&fields=cases");
		same_int(int_at(&r, "items.0.cases.open"), 2);
	}
	test("nobody to answer is said") {
		SEND(rossi, "POST", "/cases/c3/events", NULL,
			"{\"kind\":\"answer\",\"answer\":{\"text\":\"hello\"}}");
		same_int(r.status, 422);
	}
}

static void test_kinds(void)
{
	char path[80];
	test("a kind asks for its fields") {
		SEND(byrne, "POST", "/cases", NULL,
			"{\"subject\":\"Rent\",\"service\":\"benefits\",\"kind\":\"benefit\","
			"\"citizen\":\"p2\"}");
		same_int(r.status, 422);
		same(text_at(&r, "errors.0.field"), "fields.income");
		SEND(byrne, "POST", "/cases", NULL,
			"{\"subject\":\"Rent\",\"service\":\"benefits\",\"kind\":\"benefit\","
			"\"citizen\":\"p2\","
			"\"fields\":{\"income\":\"1.250,5\",\"since\":\"3.11.2026\"}}");
		same_int(r.status, 201);
		same(text_at(&r, "step"), "asked");
		same(text_at(&r, "fields.income"), "1250.50");
		same(text_at(&r, "fields.since"), "2026-11-03");
		ok(text_at(&r, "due") != NULL);
		snprintf(path, sizeof path, "/cases/%s", text_at(&r, "id"));
	}
	test("steps are taken in order, by whom they need") {
		SEND(byrne, "PATCH", path, "If-Match: \"1\"\r\n",
			"{\"step\":\"granted\",\"outcome\":\"yes\"}");
		same_int(r.status, 409);
		SEND(super, "PATCH", path, "If-Match: \"1\"\r\n", "{\"step\":\"checked\"}");
		same_int(r.status, 200);
		same(text_at(&r, "status"), "open");
		SEND(super, "PATCH", path, "If-Match: \"2\"\r\n",
			"{\"step\":\"granted\",\"outcome\":\"yes\"}");
		same_int(r.status, 403);
		ok(strstr(text_at(&r, "detail"), "second person") != NULL);
		SEND(byrne, "PATCH", path, "If-Match: \"2\"\r\n",
			"{\"status\":\"resolved\",\"outcome\":\"yes\"}");
		same_int(r.status, 403);
		ok(strstr(text_at(&r, "detail"), "supervisor") != NULL);
	}
	test("after a dose the next one falls due, and then no more") {
		for (int dose = 1; dose <= 2; dose++) {
			if (dose == 1)
				SEND(byrne, "POST", "/cases", NULL,
					"{\"subject\":\"Dose\",\"service\":\"vax\",\"kind\":"
					"\"vax\",\"citizen\":\"p2\"}");
			else
				GET(byrne, "/cases?q=kind:vax%20is:open");
			const char *id = text_at(&r, dose == 1 ? "id" : "items.0.id");
			snprintf(path, sizeof path, "/cases/%s", id ? id : "");
			if (dose == 2)
				ok(text_at(&r, "items.0.due") != NULL);
			SEND(byrne, "PATCH", path, "If-Match: \"1\"\r\n",
				"{\"status\":\"resolved\",\"outcome\":\"given\"}");
			same_int(r.status, 200);
		}
		GET(byrne, "/cases?q=kind:vax&count=exact");
		same_int(int_at(&r, "total"), 2);
	}
}

static void test_people(void)
{
	test("teams and workers") {
		GET(rossi, "/teams");
		same_int(int_at(&r, "items.1.workers"), 2);
		GET(rossi, "/workers?q=ross");
		same(text_at(&r, "items.0.id"), "s.rossi");
		GET(rossi, "/workers?team=benefits&limit=1");
		same(text_at(&r, "items.0.id"), "a.udit");
		char path[200];
		snprintf(path, sizeof path, "/workers?team=benefits&limit=1&cursor=%s",
			text_at(&r, "next"));
		GET(rossi, path);
		same(text_at(&r, "items.0.id"), "k.byrne");
		ok(json_type(at(&r, "next")) == JSON_NULL_VALUE);
		GET(rossi, "/templates");
		same(text_at(&r, "items.0.outcome"), "explained");
	}
	test("a hand-over is one entry and moves the work") {
		GET(rossi, "/teams");
		int64_t before = int_at(&r, "items.0.open_cases");
		SEND(rossi, "PATCH", "/cases/c3", "If-Match: *\r\n",
			"{\"team\":\"benefits\",\"assignee\":null,\"note\":\"yours\"}");
		same_int(r.status, 200);
		GET(rossi, "/teams");
		same_int(int_at(&r, "items.0.open_cases"), before + 1);
		GET(rossi, "/cases/c3/events?limit=200");
		size_t count = json_count(at(&r, "items"));
		same(json_get_text(json_at(at(&r, "items"), count - 2), "kind"), "handover");
		same(json_get_text(json_at(at(&r, "items"), count - 1), "text"), "yours");
	}
}

/* The key of test_keys() as if it had been given so many days ago, and a write that lets the service look
   after its keys. */
static void keys_aged(int days)
{
	struct error err = { 0 };
	struct base *base = base_open(server.dir, BASE_WRITE, &err);
	int64_t at = test_clock() - (int64_t)days * 86400 * 1000;

	base_run(base, "UPDATE idempotency SET at_ms = $1", "i", at);
	ok(!base_error(base, &err));
	base_close(base);
	server_run(&server);
	SEND(byrne, "POST", "/cases/c3/events", "Idempotency-Key: another-key-0123456789\r\n",
		"{\"kind\":\"note\",\"text\":\"later\"}");
	same_int(r.status, 201);
}

static void test_keys_kept(void)
{
	static const char other[] = "{\"kind\":\"note\",\"text\":\"two\"}";

	test("a key is known for 30 days") {
		keys_aged(29);
		SEND(rossi, "POST", "/cases/c3/events", KEY("1"), other);
		same_int(r.status, 422);
		same_int(server_end(&server, SIGTERM), 0);
	}
	test("and then forgotten") {
		keys_aged(31);
		SEND(rossi, "POST", "/cases/c3/events", KEY("1"), other);
		same_int(r.status, 201);
	}
}

int main(void)
{
	test("the service comes up")
		server_start(&server);
	test_status();
	test_roles();
	test_versions();
	test_keys();
	test_citizens();
	test_restricted();
	test_search();
	test_workflow();
	test_kinds();
	test_people();
	test("it stops in order")
		same_int(server_end(&server, SIGTERM), 0);
	test_keys_kept();
	server_end(&server, SIGTERM);
	reply_clear(&r);
	server_clear(&server);
	return test_result();
}
