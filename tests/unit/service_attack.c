/* What a caller with a token and bad intent may try against the real service. */
#include "tests/service.h"

static struct server server;
static struct reply r;

#define GET(token, path) ask(&r, &server, server.token, "GET", path, NULL, NULL)
#define SEND(token, method, path, headers, body)                                                   \
	ask(&r, &server, server.token, method, path, headers, body)

static const char *cursor_of(struct arena *arena, const char *plain)
{
	const char *hex = "";
	for (; *plain; plain++)
		hex = arena_printf(arena, "%s%02x", hex, (unsigned char)*plain);
	return hex;
}

static void test_cursors(void)
{
	static const char *const plain[] = { "citizens\n-1\n0", "citizens\n-1000000\n0",
		"citizens\n99999999999999999999\n5", "citizens\nx\ny", "citizens\n3\n-9",
		"citizens\n1\n99999999999999999999", "citizens\n-2147483648\n1", "citizens\n4\n0" };
	static const char *const others[] = { "/cases?cursor=%s", "/cases/c1/events?cursor=%s",
		"/citizens/p1/access?cursor=%s", "/kinds?cursor=%s", "/workers?cursor=%s" };
	struct arena arena = { 0 };
	test("a cursor somebody made up is refused or ends the list") {
		for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
			const char *cursor = cursor_of(&arena, plain[i]);
			GET(rossi, arena_printf(&arena, "/citizens?q=zoe&cursor=%s", cursor));
			if (!ok(r.status == 200 || r.status == 400))
				printf("# %s: %d %s\n", plain[i], r.status, buf_str(&r.body));
			for (int k = 0; k < 5; k++) {
				GET(rossi, arena_printf(&arena, others[k], cursor));
				same_int(r.status, 400);
			}
		}
		GET(rossi, arena_printf(&arena, "/cases?cursor=%s",
				   cursor_of(&arena, "cases\n-updated\n1e999'\"\nx")));
		ok(r.status == 200 || r.status == 400);
		GET(rossi, arena_printf(&arena, "/cases?sort=number&cursor=%s",
				   cursor_of(&arena, "cases\nnumber\n' OR 1=1 --\n9")));
		ok(r.status == 200 || r.status == 400);
	}
	arena_clear(&arena);
}

/* {"tags":["a0","a1",...]}, as many words. */
static const char *many(struct arena *arena, const char *name, int count, const char *form)
{
	struct buf body = { 0 };
	buf_printf(&body, "{\"%s\":[", name);
	for (int i = 0; i < count; i++) {
		buf_text(&body, i ? "," : "");
		buf_printf(&body, "\"%s%x\"", form, (unsigned)i);
	}
	buf_text(&body, "]}");
	const char *copy = arena_copy(arena, body.text);
	buf_clear(&body);
	return copy;
}

static void test_sizes(void)
{
	struct arena arena = { 0 };
	struct buf body = { 0 };
	test("a list of a hundred thousand words is refused at once") {
		int64_t began = test_clock();
		SEND(rossi, "PATCH", "/cases/c1", "If-Match: *\r\n",
			many(&arena, "tags", 60000, ""));
		same_int(r.status, 422);
		SEND(rossi, "PATCH", "/citizens/p1", "If-Match: *\r\n",
			many(&arena, "flags", 60000, ""));
		same_int(r.status, 422);
		ok(test_clock() - began < 3000);
	}
	test("consents as large as a page are refused") {
		buf_text(&body, "{\"consents\":[");
		for (int i = 0; i < 5000; i++)
			buf_printf(&body,
				"%s{\"what\":\"mail\",\"given\":true,\"at\":\"2026-01-01T00:00:"
				"00Z\"}",
				i ? "," : "");
		buf_text(&body, "]}");
		SEND(rossi, "PATCH", "/citizens/p1", "If-Match: *\r\n", body.text);
		same_int(r.status, 422);
	}
	test("a small template does not become a large answer") {
		buf_reset(&body);
		buf_text(&body, "{\"kind\":\"answer\",\"answer\":{\"text\":\"");
		for (int i = 0; i < 3000; i++)
			buf_text(&body, "{{a}}");
		buf_text(&body, "\",\"values\":{\"a\":\"");
		for (int i = 0; i < 100000; i++)
			buf_text(&body, "x");
		buf_text(&body, "\"}}}");
		int64_t began = test_clock();
		SEND(rossi, "POST", "/cases/c1/events", NULL, body.text);
		same_int(r.status, 422);
		ok(test_clock() - began < 2000);
	}
	buf_clear(&body);
	arena_clear(&arena);
}

static void test_paths(void)
{
	static const char *const paths[] = { "/cases%2Fc1", "/cases%2fc1", "/cases/c1%00",
		"/me%00x", "/cases/c1%00/events", "//cases", "/cases/", "/./cases", "/../v1/cases",
		"/cases/../me", "/citizens/..%2Fcases" };
	test("an address is what it looks like: no slash or NUL hides in it") {
		for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
			GET(rossi, paths[i]);
			if (!ok(r.status == 404 || r.status == 400))
				printf("# %s: %d\n", paths[i], r.status);
		}
		GET(rossi, "/cases?q=bin%00%20x");
		same_int(r.status, 400);
		GET(rossi, "/cases?q=a%2Fb");
		same_int(r.status, 200);
	}
	test("a request that ends before its head does leaves nothing behind") {
		static const char *const parts[] = { "GET /v1/cas", "GET /v1/cases HTTP/1.1\r\n",
			"GET /v1/cases HTTP/1.1\r\nHost: x\r\nAutho",
			"POST /v1/cases HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{" };
		for (int i = 0; i < 4; i++) {
			int fd = server_connect(&server);
			send_all(fd, parts[i], strlen(parts[i]));
			close(fd);
		}
		GET(rossi, "/me");
		same_int(r.status, 200);
	}
}

static int logged(const char *citizen, const char *action)
{
	struct arena arena = { 0 };
	int count = 0;
	GET(auditor, arena_printf(&arena, "/citizens/%s/access?limit=200", citizen));
	for (size_t i = 0; i < json_count(at(&r, "items")); i++) {
		const struct json *item = json_at(at(&r, "items"), i);
		count += strcmp(json_get_text(item, "action"), action) == 0;
	}
	arena_clear(&arena);
	return count;
}

static void test_access_log(void)
{
	test("whoever was shown stays on the access log, whatever is searched for next") {
		GET(byrne, "/citizens?q=ref:475394459");
		same_int((int)json_count(at(&r, "items")), 1);
		GET(byrne, "/citizens?q=nobodyhasthisname");
		same_int((int)json_count(at(&r, "items")), 0);
		same_int(logged("p1", "found"), 1);
		GET(byrne, "/citizens?limit=1");
		GET(byrne, "/citizens?limit=1&q=id:p2");
		GET(byrne, "/citizens?limit=1&q=id:p3");
		same_int(logged("p2", "found"), 1);
	}
	test("who is found again while typing is logged once, and again with another reason") {
		GET(super, "/citizens?q=zo");
		GET(super, "/citizens?q=zoe");
		same_int(logged("p1", "found"), 2);
		SEND(super, "GET", "/citizens?q=zoe", "Purpose: she called\r\n", NULL);
		same_int(logged("p1", "found"), 3);
	}
}

static void test_restricted(void)
{
	static const char *const ways[] = { "/cases/c4", "/cases/c4/events" };
	test("a restricted case is closed to everybody but its own, on every way") {
		for (int i = 0; i < 2; i++) {
			GET(rossi, ways[i]);
			same_int(r.status, 403);
			GET(super, ways[i]);
			same_int(r.status, 403);
			GET(reader, ways[i]);
			same_int(r.status, 403);
			GET(byrne, ways[i]);
			same_int(r.status, 200);
		}
		SEND(rossi, "PATCH", "/cases/c4", "If-Match: \"0\"\r\n", "{\"priority\":1}");
		same_int(r.status, 403);
		SEND(rossi, "POST", "/cases/c4/events", NULL, "{\"kind\":\"note\",\"text\":\"x\"}");
		same_int(r.status, 403);
		GET(rossi, "/cases?q=id:c4%20OR%20restricted&count=exact");
		ok(r.status == 400 || int_at(&r, "total") == 0);
		GET(rossi, "/cases?q=matter&count=exact");
		same_int(int_at(&r, "total"), 0);
		GET(rossi, "/citizens?q=zoe");
		same_int(int_at(&r, "items.0.cases.open"), 2);
	}
	test("a case nobody shows cannot be asked after by linking to it") {
		SEND(rossi, "PATCH", "/cases/c5", "If-Match: *\r\n", "{\"duplicate_of\":\"c4\"}");
		same_int(r.status, 422);
		SEND(rossi, "PATCH", "/cases/c5", "If-Match: *\r\n", "{\"duplicate_of\":\"none\"}");
		same_int(r.status, 422);
	}
}

static void test_injection(void)
{
	static const char *const queries[] = { "q='%3B--", "q=%22", "q=%22%22%22", "q=a*b*",
		"q=NEAR(a,b)", "q=a%20AND%20NOT", "q=subject:%22x%22%20OR%201=1", "q=fields.a'b:1",
		"q=fields.$.x:1", "q=%25", "q=_", "q=tag:%25", "q=a%09b%0Ac", "q=^a", "q=-",
		"q={a%20b}:c", "sort=number%3B%20DROP%20TABLE%20x", "fields='%20--", "q=(((((((",
		"q=%EF%BF%BF", "q=number:2026-%25", "q=due%3E99999999999-99-99",
		"q=opened%3E-999999999d", "q=due%3C999999999999w",
		"q=priority%3E99999999999999999999", "q=due%3C9999-12-31", "q=updated%3E2038-01-20",
		"q=due%3E0000-00-00" };
	struct arena arena = { 0 };
	struct buf deep = { 0 };
	test("what looks like SQL or full-text syntax is text or a sentence, never a failure") {
		for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
			static const char *const lists[] = { "/cases", "/citizens", "/workers" };
			for (int k = 0; k < 3; k++) {
				GET(rossi, arena_printf(&arena, "%s?%s", lists[k], queries[i]));
				if (!ok(r.status == 200 || r.status == 400))
					printf("# %s?%s: %d %s\n", lists[k], queries[i], r.status,
						buf_str(&r.body));
			}
		}
	}
	test("a search as deep and as wide as it may be") {
		static const char *const parts[] = { "(", "-", "a%%20OR%%20", "a%%20", "-(",
			"tag:a,a%%20", "(a%%20OR%%20" };
		for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
			static const char *const lists[] = { "/cases?q=", "/citizens?q=" };
			for (int k = 0; k < 2; k++) {
				buf_reset(&deep);
				buf_text(&deep, lists[k]);
				int count =
					990 / (int)(strlen(parts[i]) > 6 ? 5 : strlen(parts[i]));
				for (int n = 0; n < count && deep.size < 3500; n++)
					buf_printf(&deep, parts[i], 0);
				buf_char(&deep, 'b');
				GET(rossi, deep.text);
				if (!ok(r.status == 200 || r.status == 400))
					printf("# %s x %d: %d %s\n", parts[i], count, r.status,
						buf_str(&r.body));
			}
		}
	}
	buf_clear(&deep);
	arena_clear(&arena);
}

/* Bodies that are no merge-patch of ours. */
static void test_bodies(void)
{
	static const char *const bodies[] = { "null", "[]", "1", "\"x\"", "{\"status\":null}",
		"{\"status\":{}}", "{\"priority\":1e400}", "{\"priority\":1.5}",
		"{\"priority\":99999999999999999999}", "{\"priority\":null}",
		"{\"priority\":2,\"priority\":3}", "{\"tags\":{\"a\":1}}", "{\"tags\":[1]}",
		"{\"tags\":[\"\"]}", "{\"due\":\"2026-02-30T00:00:00Z\"}",
		"{\"due\":\"99999999-01-01T00:00:00Z\"}", "{\"due\":5}", "{\"fields\":[]}",
		"{\"fields\":{\"a\":{}}}", "{\"assignee\":{\"id\":\"s.rossi\"}}", "{\"team\":null}",
		"{\"citizen\":[]}", "{\"citizen\":\"none\"}", "{\"answer\":null}",
		"{\"answer\":[]}", "{\"note\":{}}", "{\"version\":7}", "{\"id\":\"x\"}",
		"{\"subject\":\"\\u0000\"}", "{\"subject\":\"\\ud800\"}", "{\"__proto__\":1}",
		"{\"restricted\":\"yes\"}", "{\"group\":\"g\"}", "{\"subject\":null}",
		"{\"kind\":5}", "{\"step\":[]}", "{\"language\":\"\x01\"}" };
	struct buf deep = { 0 };
	test("a body that is wrong is refused and changes nothing") {
		GET(rossi, "/cases/c3");
		int64_t version = int_at(&r, "version");
		for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
			SEND(rossi, "PATCH", "/cases/c3", "If-Match: *\r\n", bodies[i]);
			if (!ok(r.status == 400 || r.status == 422 || r.status == 409))
				printf("# %s: %d %s\n", bodies[i], r.status, buf_str(&r.body));
		}
		GET(rossi, "/cases/c3");
		same_int(int_at(&r, "version"), version);
	}
	test("a body nested without end") {
		buf_text(&deep, "{\"fields\":");
		for (int i = 0; i < 200000; i++)
			buf_char(&deep, '[');
		SEND(rossi, "PATCH", "/cases/c3", "If-Match: *\r\n", deep.text);
		same_int(r.status, 400);
	}
	buf_clear(&deep);
}

static int entries(const char *path, const char *text)
{
	int count = 0;
	GET(rossi, path);
	for (size_t i = 0; i < json_count(at(&r, "items")); i++) {
		const char *is = json_get_text(json_at(at(&r, "items"), i), "text");
		count += is && strcmp(is, text) == 0;
	}
	return count;
}

enum { AT_ONCE = 24 };

static void test_race(void)
{
	static const char body[] = "{\"kind\":\"note\",\"text\":\"at once\"}";
	char request[600];
	int fds[AT_ONCE], done = 0, busy = 0;
	snprintf(request, sizeof request,
		"POST /v1/cases/c3/events HTTP/1.1\r\nHost: x\r\nConnection: "
		"close\r\nAuthorization: Bearer "
		"%s\r\nIdempotency-Key: all-of-them-at-once\r\nContent-Length: %zu\r\n\r\n%s",
		server.rossi, strlen(body), body);
	test("many requests with one key at one moment have one effect") {
		for (int i = 0; i < AT_ONCE; i++)
			fds[i] = server_connect(&server);
		for (int i = 0; i < AT_ONCE; i++)
			send_all(fds[i], request, strlen(request));
		for (int i = 0; i < AT_ONCE; i++) {
			struct buf out = { 0 };
			receive(fds[i], &out, NULL, 5000);
			close(fds[i]);
			done += strstr(buf_str(&out), "HTTP/1.1 201") != NULL;
			busy += strstr(buf_str(&out), "key-in-use") != NULL;
			buf_clear(&out);
		}
		ok(done >= 1);
		same_int(done + busy, AT_ONCE);
		same_int(entries("/cases/c3/events?limit=200", "at once"), 1);
	}
	test("a key and its answer outlive the service, and are their worker's alone") {
		same_int(server_end(&server, SIGKILL), -1);
		server_run(&server);
		SEND(rossi, "POST", "/cases/c3/events", "Idempotency-Key: all-of-them-at-once\r\n",
			body);
		same_int(r.status, 201);
		SEND(byrne, "POST", "/cases/c3/events", "Idempotency-Key: all-of-them-at-once\r\n",
			"{\"kind\":\"note\",\"text\":\"another's\"}");
		same_int(r.status, 201);
		same(text_at(&r, "text"), "another's");
		same_int(entries("/cases/c3/events?limit=200", "at once"), 1);
	}
}

static void test_many_streams(void)
{
	enum { MANY = 80 };
	char request[400];
	int fds[MANY], open_now = 0, refused = 0;
	snprintf(request, sizeof request,
		"GET /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n",
		server.byrne);
	test("one person cannot hold every stream there is") {
		for (int i = 0; i < MANY; i++) {
			struct buf out = { 0 };
			fds[i] = server_connect(&server);
			send_all(fds[i], request, strlen(request));
			/* The data of the hello, or what the refusal says. */
			receive(fds[i], &out, "}", 5000);
			open_now += strstr(buf_str(&out), "event: hello") != NULL;
			refused += strstr(buf_str(&out), "HTTP/1.1 429") != NULL;
			buf_clear(&out);
		}
		same_int(open_now + refused, MANY);
		ok(open_now >= 16 && refused >= 1);
		for (int i = 0; i < MANY; i++)
			close(fds[i]);
	}
}

static void test_expired(void)
{
	struct error err = { 0 };
	char token[TOKEN_SIZE], request[400];
	struct keep keep = { .base = base_open(server.dir, BASE_WRITE, &err),
		.now_ms = test_clock(),
		.ident = ident_uuid,
		.worker = "system" };
	token_add(&keep, "s.rossi", "caseworker", "short", test_clock() + 1500, token, &err);
	base_close(keep.base);
	test("a token that ends, ends its stream") {
		struct buf out = { 0 };
		int fd = server_connect(&server);
		snprintf(request, sizeof request,
			"GET /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n",
			token);
		send_all(fd, request, strlen(request));
		ok(receive(fd, &out, "event: hello", 5000));
		ok(receive(fd, &out, "0\r\n\r\n", 6000));
		close(fd);
		buf_clear(&out);
		ask(&r, &server, token, "GET", "/me", NULL, NULL);
		same_int(r.status, 401);
	}
}

int main(void)
{
	server_start(&server);
	test_access_log();
	test_cursors();
	test_paths();
	test_restricted();
	test_injection();
	test_bodies();
	test_sizes();
	test_race();
	test_many_streams();
	test_expired();
	test("it stops in order")
		same_int(server_end(&server, SIGTERM), 0);
	reply_clear(&r);
	server_clear(&server);
	return test_result();
}
