/* Who is at work on a case: leases and their fences at the real service, and who may write meanwhile. */
#include "tests/service.h"

#define PATCH(token, headers, body) ask(&r, &server, token, "PATCH", "/cases/c1", headers, body)
#define LEASE(token, method, headers, body)                                                        \
	ask(&r, &server, token, method, "/cases/c1/lease", headers, body)

static struct server server;
static struct reply r;

/* A header line; good until the next call of the same name. */
static const char *fenced(int64_t fence)
{
	static char text[80];
	snprintf(text, sizeof text, "Lease-Fence: %lld\r\n", (long long)fence);
	return text;
}

static const char *based(int64_t version, int64_t fence)
{
	static char text[120];
	snprintf(text, sizeof text, "If-Match: \"%lld\"\r\n%s", (long long)version,
		fence ? fenced(fence) : "");
	return text;
}

static int64_t version_of(const char *token)
{
	ask(&r, &server, token, "GET", "/cases/c1", NULL, NULL);
	return int_at(&r, "version");
}

static int64_t take(const char *token)
{
	LEASE(token, "PUT", NULL, NULL);
	same_int(r.status, 201);
	return int_at(&r, "fence");
}

static void put_back(const char *token, int64_t fence)
{
	LEASE(token, "DELETE", fenced(fence), NULL);
	same_int(r.status, 204);
	same_int((int)r.body.size, 0);
}

/* Until it has run out by the service's clock. */
static void run_out(void)
{
	for (int i = 0; i < 200; i++) {
		ask(&r, &server, server.byrne, "GET", "/cases/c1", NULL, NULL);
		if (json_type(at(&r, "lease")) == JSON_NULL_VALUE)
			return;
		poll(NULL, 0, 50);
	}
	ok(!"it runs out");
}

static void test_taking(void)
{
	test("one takes it; the other is told who has it, and not the fence") {
		int64_t fence = take(server.rossi), version = version_of(server.rossi);
		ok(fence >= 1);
		same(text_at(&r, "lease.worker"), "s.rossi");
		same_int((int)int_at(&r, "lease.fence"), (int)fence);
		ok(int_at(&r, "lease.expires_in") > 0);
		ok(version_of(server.byrne) == version);
		same(text_at(&r, "lease.worker"), "s.rossi");
		same_int((int)int_at(&r, "lease.fence"), -1);
		LEASE(server.byrne, "PUT", NULL, NULL);
		same_int(r.status, 409);
		same(problem(&r), "lease-held");
		ok(strstr(text_at(&r, "detail"), "Sofia Rossi") != NULL);
		same(text_at(&r, "lease.worker"), "s.rossi");
		same_int((int)int_at(&r, "lease.fence"), -1);
	}
	test("its holder is told the fence again, and keeps it by saying so") {
		LEASE(server.rossi, "PUT", NULL, NULL);
		same(problem(&r), "lease-held");
		int64_t fence = int_at(&r, "lease.fence");
		ok(fence >= 1);
		LEASE(server.rossi, "PUT", fenced(fence), NULL);
		same_int(r.status, 200);
		ok(int_at(&r, "fence") == fence);
		ask(&r, &server, server.rossi, "GET", "/me", NULL, NULL);
		same_int((int)json_count(at(&r, "leases")), 1);
		same(text_at(&r, "leases.0.case"), "c1");
		ok(int_at(&r, "leases.0.fence") == fence);
	}
	test("it is found") {
		ask(&r, &server, server.rossi, "GET", "/cases?q=leased:me", NULL, NULL);
		same_int((int)json_count(at(&r, "items")), 1);
		same(text_at(&r, "items.0.lease.worker"), "s.rossi");
		ask(&r, &server, server.byrne, "GET", "/cases?q=leased:me", NULL, NULL);
		same_int((int)json_count(at(&r, "items")), 0);
	}
	test("only its holder puts it back; again is harmless") {
		LEASE(server.byrne, "DELETE", NULL, NULL);
		same(problem(&r), "lease-held");
		LEASE(server.rossi, "DELETE", fenced(99), NULL);
		same(problem(&r), "lease-lost");
		LEASE(server.rossi, "DELETE", NULL, NULL);
		same_int(r.status, 204);
		LEASE(server.rossi, "DELETE", NULL, NULL);
		same_int(r.status, 204);
	}
	test("a fence only grows") {
		int64_t first = take(server.rossi);
		put_back(server.rossi, first);
		int64_t second = take(server.byrne);
		ok(second > first);
		put_back(server.byrne, second);
	}
	test("rubbish is refused") {
		LEASE(server.rossi, "PUT", "Lease-Fence: x\r\n", NULL);
		same_int(r.status, 400);
		LEASE(server.rossi, "PUT", NULL, "{\"seconds\":5}");
		same_int(r.status, 422);
		LEASE(server.rossi, "PUT", NULL, "{\"years\":5}");
		same_int(r.status, 422);
		LEASE(server.rossi, "DELETE", NULL, NULL);
		LEASE(server.reader, "PUT", NULL, NULL);
		same_int(r.status, 403);
		ask(&r, &server, server.rossi, "PUT", "/cases/none/lease", NULL, NULL);
		same_int(r.status, 404);
		ask(&r, &server, server.rossi, "PUT", "/cases/c4/lease", NULL, NULL);
		same_int(r.status, 403);
	}
	test("a supervisor takes over with a reason, nobody else; the one before hears of it") {
		int64_t fence = take(server.rossi);
		LEASE(server.byrne, "PUT", NULL, "{\"take_over\":\"she is ill\"}");
		same_int(r.status, 403);
		LEASE(server.super, "PUT", NULL, "{\"take_over\":\" \"}");
		same_int(r.status, 422);
		LEASE(server.super, "PUT", NULL, "{\"take_over\":\"she is ill\"}");
		same_int(r.status, 201);
		int64_t next = int_at(&r, "fence");
		ok(next > fence);
		LEASE(server.rossi, "PUT", fenced(fence), NULL);
		same(problem(&r), "lease-lost");
		ok(strstr(text_at(&r, "detail"), "Mary Day has it now") != NULL);
		ask(&r, &server, server.rossi, "GET", "/cases/c1/events", NULL, NULL);
		ok(strstr(r.body.text, "\"kind\":\"taken_over\"") != NULL);
		ok(strstr(r.body.text, "she is ill") != NULL);
		put_back(server.super, next);
	}
}

static void test_writing(void)
{
	static const char answer[] = "{\"kind\":\"answer\",\"text\":\"We come on Friday.\"}";
	int64_t version, fence;
	test("only its holder changes it, and with the fence") {
		version = version_of(server.rossi);
		fence = take(server.rossi);
		PATCH(server.byrne, based(version, 0), "{\"priority\":1}");
		same(problem(&r), "lease-held");
		PATCH(server.rossi, based(version, 0), "{\"priority\":1}");
		same(problem(&r), "lease-held");
		PATCH(server.rossi, based(version, fence + 1), "{\"priority\":1}");
		same(problem(&r), "lease-lost");
		ok(version_of(server.rossi) == version);
		PATCH(server.rossi, based(version, fence), "{\"priority\":1}");
		same_int(r.status, 200);
		same(text_at(&r, "lease.worker"), "s.rossi");
	}
	test("nor does anybody else answer the citizen; a note can be left") {
		ask(&r, &server, server.byrne, "POST", "/cases/c1/events", NULL, answer);
		same(problem(&r), "lease-held");
		ask(&r, &server, server.byrne, "POST", "/cases/c1/events", NULL,
			"{\"kind\":\"note\",\"text\":\"He rang again.\"}");
		same_int(r.status, 201);
		ask(&r, &server, server.rossi, "POST", "/cases/c1/events", fenced(fence), answer);
		same_int(r.status, 201);
	}
	test("what was done under a key is answered again, whoever holds it now") {
		static const char key[] = "Idempotency-Key: key-0123456789-lease\r\n";
		char headers[200];
		version = version_of(server.rossi);
		snprintf(headers, sizeof headers, "%s%s", key, based(version, fence));
		PATCH(server.rossi, headers, "{\"priority\":3}");
		same_int(r.status, 200);
		put_back(server.rossi, fence);
		fence = take(server.byrne);
		PATCH(server.rossi, headers, "{\"priority\":3}");
		same_int(r.status, 200);
		put_back(server.byrne, fence);
	}
	test("nobody holds it: the version alone decides") {
		version = version_of(server.byrne);
		PATCH(server.byrne, based(version, 0), "{\"priority\":2}");
		same_int(r.status, 200);
	}
	test("resolving ends it, and so does handing over; a tag does not") {
		version = version_of(server.rossi);
		fence = take(server.rossi);
		PATCH(server.rossi, based(version, fence), "{\"tags\":[\"bin\"]}");
		same(text_at(&r, "lease.worker"), "s.rossi");
		PATCH(server.rossi, based(version + 1, fence), "{\"team\":\"benefits\"}");
		same_int(r.status, 200);
		ok(json_type(at(&r, "lease")) == JSON_NULL_VALUE);
		fence = take(server.rossi);
		PATCH(server.rossi, based(version + 2, fence),
			"{\"status\":\"resolved\",\"outcome\":\"done\"}");
		ok(json_type(at(&r, "lease")) == JSON_NULL_VALUE);
		version_of(server.byrne);
		ok(json_type(at(&r, "lease")) == JSON_NULL_VALUE);
	}
}

static void test_running_out(void)
{
	int64_t version, fence;
	server_end(&server, SIGTERM);
	server.lease = "1";
	server_run(&server);
	test("without a word it runs out, and a late writer changes nothing") {
		version = version_of(server.rossi);
		fence = take(server.rossi);
		run_out();
		PATCH(server.rossi, based(version, fence), "{\"priority\":5}");
		same_int(r.status, 409);
		same(problem(&r), "lease-lost");
		LEASE(server.rossi, "PUT", fenced(fence), NULL);
		same(problem(&r), "lease-lost");
		int64_t other = take(server.byrne);
		ok(other > fence);
		PATCH(server.rossi, based(version, fence), "{\"priority\":5}");
		ok(version_of(server.rossi) == version);
	}
	test("each fence outlives the service") {
		run_out();
		fence = take(server.byrne);
		server_end(&server, SIGKILL);
		server.lease = NULL;
		server_run(&server);
		run_out();
		ok(take(server.rossi) > fence);
	}
}

int main(void)
{
	server_start(&server);
	test_taking();
	test_writing();
	test_running_out();
	server_end(&server, SIGTERM);
	server_clear(&server);
	reply_clear(&r);
	return test_result();
}
