/* URLs: what is built, what is refused. */
#include "net/trace.h"
#include "net/url.h"
#include "tests/lib.h"

static void build(void)
{
	struct buf b = { 0 };

	test("a base, segments and a query") {
		url_start(&b, "https://h.example/v1//", "/cases");
		url_segment(&b, "c 1/2?x#y");
		url_query(&b, "q", "team:me \"a&b\" +2d");
		url_query(&b, "cursor", NULL);
		url_query(&b, "empty", "");
		url_query_int(&b, "limit", 200);
		same(b.text, "https://h.example/v1/cases/c%201%2F2%3Fx%23y"
			     "?q=team%3Ame%20%22a%26b%22%20%2B2d&empty=&limit=200");
	}
	test("every byte of UTF-8 is encoded, dots cannot climb") {
		url_start(&b, "http://127.0.0.1:1", "/citizens");
		url_segment(&b, "Zo\xc3\xab");
		url_segment(&b, "..");
		url_segment(&b, ".");
		url_segment(&b, "a.b~c_d-");
		same(b.text, "http://127.0.0.1:1/citizens/Zo%C3%AB/%2E%2E/%2E/a.b~c_d-");
	}
	test("line ends cannot leave their place") {
		buf_reset(&b);
		url_encode(&b, "a\r\nHost: x\t\x7f");
		same(b.text, "a%0D%0AHost%3A%20x%09%7F");
	}
	buf_clear(&b);
}

static void check(void)
{
	static const struct {
		const char *url;
		bool good;
	} urls[] = {
		{ "https://cases.example.org/v1", true },
		{ "https://cases.example.org:8443", true },
		{ "HTTPS://cases.example.org", true },
		{ "http://127.0.0.1:8640/v1", true },
		{ "http://127.8.9.1/", true },
		{ "http://localhost:1", true },
		{ "http://[::1]:8640/v1", true },
		{ "http://cases.example.org/v1", false },
		{ "http://127.0.0.1.evil.example/", false },
		{ "http://localhost.evil.example/", false },
		{ "http://127.evil/", false },
		{ "http://user:secret@127.0.0.1/", false },
		{ "https://user@host/", false },
		{ "https://", false },
		{ "https:///v1", false },
		{ "https://host:port/", false },
		{ "https://[::1", false },
		{ "https://host/a b", false },
		{ "https://host/a\nb", false },
		{ "https://host\\@evil/", false },
		{ "https://host/#x", false },
		{ "ftp://host/", false },
		{ "file:///etc/passwd", false },
		{ "host/v1", false },
		{ "", false },
	};

	test("where requests may go") {
		for (size_t i = 0; i < sizeof(urls) / sizeof(*urls); i++) {
			struct error err = { 0 };

			if (!ok(url_check(urls[i].url, &err) == urls[i].good))
				printf("# %s\n", urls[i].url);
			if (!urls[i].good)
				ok(err.kind == ERROR_CONFIG && *err.text);
		}
	}
	test("the sentence never repeats a password") {
		struct error err = { 0 };

		ok(!url_check("https://user:secret@host/", &err));
		ok(!strstr(err.text, "secret"));
	}
}

static void origin(void)
{
	test("a link of another origin is seen") {
		const char *base = "https://h.example/v1";

		ok(url_same_origin(base, "https://h.example/v2?x=1"));
		ok(url_same_origin(base, "https://H.example:443/v2"));
		ok(url_same_origin(base, "/services/data/next"));
		ok(!url_same_origin(base, "//evil.example/x"));
		ok(!url_same_origin(base, "http://h.example/v1"));
		ok(!url_same_origin(base, "https://h.example:8443/v1"));
		ok(!url_same_origin(base, "https://h.example.evil/v1"));
		ok(!url_same_origin(base, "https://h.example@evil/v1"));
		ok(!url_same_origin(base, "x"));
	}
	test("an origin for sentences holds no path") {
		struct buf b = { 0 };

		url_origin(&b, "https://u:p@h.example:8443/v1/citizens/123?q=x");
		same(b.text, "https://h.example:8443");
		buf_clear(&b);
	}
}

static void trace(void)
{
	char path[TRACE_PATH];

	test("the trace keeps no person and no value") {
		trace_blot(path, "https://h/v1/citizens/p17/access?limit=5");
		same(path, "/v1/citizens/*/access?limit=*");
		trace_blot(path, "https://h/v1/citizens?q=anna%20vries&cursor=abc");
		same(path, "/v1/citizens?q=*&cursor=*");
		trace_blot(path, "https://h/v1/cases/c17/events");
		same(path, "/v1/cases/c17/events");
		trace_blot(path, "https://h/REST/2.0/user/a%40example.org");
		same(path, "/REST/2.0/user/*");
		trace_blot(path, "https://h/x/475394459");
		same(path, "/x/*");
	}
	test("a long path is cut, the newest comes first, the ring turns") {
		struct trace *t = trace_new(3);
		struct exchange x = { .method = "GET" };
		char url[400] = "https://h/";

		memset(url + 10, 'a', 300);
		url[310] = '\0';
		for (int i = 0; i < 5; i++) {
			x.status = 200 + i;
			trace_add(t, &x, url);
		}
		same_int(trace_count(t), 3);
		same_int(trace_at(t, 0)->status, 204);
		same_int(trace_at(t, 2)->status, 202);
		ok(!trace_at(t, 3));
		same_int(strlen(trace_at(t, 0)->path), TRACE_PATH - 1);
		trace_free(t);
	}
}

int main(void)
{
	build();
	check();
	origin();
	trace();
	return test_result();
}
