/* Nobody waits for somebody else: a slow search, a writer that is held up, a key under way. */
#include "tests/service.h"

enum { PEOPLE = 4000, MISTAKES = 50 };

static struct server server;
static struct reply r;

static void add_people(void)
{
	struct error err = { 0 };
	struct arena arena = { 0 };
	struct keep keep = { .base = base_open(server.dir, BASE_WRITE, &err),
		.now_ms = test_clock(),
		.ident = ident_uuid,
		.worker = "system" };
	base_begin(keep.base);
	for (int i = 0; i < PEOPLE; i++) {
		struct citizen c = { .given = "Maximiliana",
			.family = "Featherstonehaugh-Cholmondeley",
			.street = arena_printf(
				&arena, "%d Llanfairpwllgwyngyllgogerychwyrn Crescent", i),
			.town = "Wotton-under-Edge-upon-the-Wolds" };
		keep_citizen_add(&keep, &c, &arena);
	}
	base_commit(keep.base);
	ok(!base_error(keep.base, &err));
	base_close(keep.base);
	arena_clear(&arena);
}

/* As many misspelt streets as a query may hold: each is compared with every person's. */
static int ask_slowly(int mistakes, const char *wanted)
{
	struct buf path = { 0 };
	buf_text(&path, "/citizens?limit=200&q=(");
	for (int i = 0; i < mistakes; i++)
		buf_printf(&path, "%sstreet~xyzzy%c%c", i ? "%20OR%20" : "", 'a' + i % 26,
			'a' + i / 26);
	buf_printf(&path, "%s%s)", mistakes && *wanted ? "%20OR%20" : "", wanted);
	int fd = server_connect(&server);
	struct buf request = { 0 };
	buf_printf(&request,
		"GET /v1%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer "
		"%s\r\n\r\n",
		path.text, server.rossi);
	send_all(fd, request.text, request.size);
	buf_clear(&path);
	buf_clear(&request);
	return fd;
}

static int64_t took(const char *method, const char *path, const char *body)
{
	int64_t began = test_clock();
	ask(&r, &server, server.rossi, method, path, NULL, body);
	return test_clock() - began;
}

static void test_slow(void)
{
	struct buf text = { 0 };
	test("what is not quick goes on beside the others, and is right") {
		int64_t began = test_clock();
		int fd = ask_slowly(MISTAKES, "family:vries");
		int64_t read_ms = took("GET", "/cases/c1", NULL);
		same_int(r.status, 200);
		int64_t write_ms =
			took("POST", "/cases/c1/events", "{\"kind\":\"note\",\"text\":\"hi\"}");
		same_int(r.status, 201);
		bool before = !receive(fd, &text, "\r\n\r\n", 1);
		ok(receive(fd, &text, NULL, 20000));
		printf("## a search of %lld ms; meanwhile a read took %lld ms and a write %lld "
		       "ms%s\n",
			(long long)(test_clock() - began), (long long)read_ms, (long long)write_ms,
			before ? "" : " (the search was done first)");
		ok(read_ms < 500 && write_ms < 500);
		bool stopped = strncmp(text.text, "HTTP/1.1 503", 12) == 0;
		ok(stopped || (strncmp(text.text, "HTTP/1.1 200", 12) == 0 &&
				      strstr(text.text, "\"p1\"")));
		if (stopped)
			ok(strstr(text.text, "took too long") && strstr(text.text, "Retry-After"));
		close(fd);
	}
	buf_clear(&text);
}

/* Another program holds the database: writing waits for it, reading does not. */
static void test_held_up(void)
{
	static const char head[] =
		"POST /v1/cases/c1/events HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
		"Idempotency-Key: under-way-0123456789\r\nContent-Length: 29\r\n";
	static const char body[] = "{\"kind\":\"note\",\"text\":\"wait\"}";
	struct error err = { 0 };
	struct buf first = { 0 }, request = { 0 };
	test("a key under way is said; the first is answered when it can be") {
		struct base *base = base_open(server.dir, BASE_WRITE, &err);
		ok(base && base_begin(base));
		buf_printf(
			&request, "%sAuthorization: Bearer %s\r\n\r\n%s", head, server.rossi, body);
		int fd = server_connect(&server);
		send_all(fd, request.text, request.size);
		ok(!receive(fd, &first, "HTTP/1.1", 300));
		ask(&r, &server, server.rossi, "POST", "/cases/c1/events",
			"Idempotency-Key: under-way-0123456789\r\n", body);
		same_int(r.status, 409);
		same(problem(&r), "key-in-use");
		ok(took("GET", "/cases/c1", NULL) < 500);
		base_rollback(base);
		base_close(base);
		ok(receive(fd, &first, "HTTP/1.1 201", 15000));
		receive(fd, &first, NULL, 2000);
		close(fd);
		ask(&r, &server, server.rossi, "POST", "/cases/c1/events",
			"Idempotency-Key: under-way-0123456789\r\n", body);
		same_int(r.status, 201);
		ok(strstr(first.text, r.body.text) != NULL);
	}
	buf_clear(&first);
	buf_clear(&request);
}

static void test_limit(void)
{
	test("a statement is stopped when its time is over, and the connection goes on") {
		struct error err = { 0 };
		struct base *base = base_open(server.dir, BASE_READ, &err);
		base_limit(base, 30);
		same_int(base_number(base, -7,
				 "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
				 " SELECT count(*) FROM n",
				 ""),
			-7);
		base_limit(base, 0);
		ok(base_was_limited(base));
		ok(base_error(base, &err) && err.kind == ERROR_BUSY);
		same_int(base_number(base, 0, "SELECT count(*) FROM team", ""), 2);
		base_close(base);
	}
}

int main(void)
{
	test("the service comes up") {
		server_start(&server);
		add_people();
	}
	test_slow();
	test_held_up();
	test_limit();
	test("it stops in order")
		same_int(server_end(&server, SIGTERM), 0);
	reply_clear(&r);
	server_clear(&server);
	return test_result();
}
