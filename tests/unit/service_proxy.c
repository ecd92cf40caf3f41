/* Who the proxy says is asking, byte for byte: believed from its address, and from no other. */
#include "tests/service.h"

#define HOST "Host: x\r\n"
#define CLOSE "Connection: close\r\n"
#define ME "GET /v1/me HTTP/1.1\r\n" HOST
#define USER "X-Remote-User: s.rossi\r\n"
#define HIDDEN "GET /v1/status HTTP/1.1\r\n" HOST CLOSE "\r\n"
#define PROXY "127.0.0.2"
#define OTHER "127.0.0.1"

static struct server server;

/* What comes back for these bytes from that address of this machine. */
static char *raw_from(const char *address, const char *bytes, size_t size)
{
	struct buf out = { 0 };
	struct sockaddr_in from = { .sin_family = AF_INET },
			   to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)server.port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	inet_pton(AF_INET, address, &from.sin_addr);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ok(bind(fd, (struct sockaddr *)&from, sizeof from) == 0);
	ok(connect(fd, (struct sockaddr *)&to, sizeof to) == 0);
	send_all(fd, bytes, size);
	receive(fd, &out, NULL, 2000);
	close(fd);
	buf_text(&out, "");
	return buf_take(&out);
}

static const struct {
	const char *name, *from, *bytes;
	int status;
	const char *has; /* in the answer; or NULL */
} cases[] = {
	{ "the proxy says who it is", PROXY, ME USER CLOSE "\r\n", 200, "\"id\":\"s.rossi\"" },
	{ "in any letters", PROXY, ME "x-remote-USER: s.rossi\r\n" CLOSE "\r\n", 200, "s.rossi" },
	{ "with spaces around", PROXY, ME "X-Remote-User: \t s.rossi  \r\n" CLOSE "\r\n", 200, "\"id\":\"s.rossi\"" },
	{ "by the name it has for a worker", PROXY, ME "X-Remote-User: byrne@EXAMPLE.ORG\r\n" CLOSE "\r\n", 200,
		"\"id\":\"k.byrne\"" },
	{ "whose identifier is then no name", PROXY, ME "X-Remote-User: k.byrne\r\n" CLOSE "\r\n", 403,
		"nobody who works here" },
	{ "names are not folded", PROXY, ME "X-Remote-User: byrne@example.org\r\n" CLOSE "\r\n", 403, "forbidden" },
	{ "a worker who is not there", PROXY, ME "X-Remote-User: n.body\r\n" CLOSE "\r\n", 403, "ask an administrator" },
	{ "what looks like SQL is a name", PROXY, ME "X-Remote-User: ' OR 1=1 --\r\n" CLOSE "\r\n", 403, "forbidden" },
	{ "an empty name is none", PROXY, ME "X-Remote-User:\r\n" CLOSE "\r\n", 401, "unauthorized" },
	{ "blanks are none", PROXY, ME "X-Remote-User:  \r\n" CLOSE "\r\n", 401, "unauthorized" },
	{ "two names are none", PROXY, ME USER "X-Remote-User: m.day\r\n" CLOSE "\r\n" HIDDEN, 400, NULL },
	{ "the same twice neither", PROXY, ME USER USER CLOSE "\r\n" HIDDEN, 400, NULL },
	{ "a folded one neither", PROXY, ME "X-Remote-User: s.rossi\r\n m.day\r\n" CLOSE "\r\n" HIDDEN, 400, NULL },
	{ "one with a bare LF neither", PROXY, ME "X-Remote-User: n.body\nX-Remote-User: s.rossi\r\n" CLOSE "\r\n" HIDDEN,
		400, NULL },
	{ "one of other bytes neither", PROXY, ME "X-Remote-User: s.ros\xe9\r\n" CLOSE "\r\n" HIDDEN, 400, NULL },
	{ "from this machine it is refused", OTHER, ME USER CLOSE "\r\n" HIDDEN, 403, "Only the proxy" },
	{ "from its neighbour", "127.0.0.3", ME USER CLOSE "\r\n" HIDDEN, 403, "Only the proxy" },
	{ "in any letters, too", OTHER, ME "x-REMOTE-user: s.rossi\r\n" CLOSE "\r\n" HIDDEN, 403, "Only the proxy" },
	{ "also an empty one", OTHER, ME "X-Remote-User:\r\n" CLOSE "\r\n" HIDDEN, 403, "Only the proxy" },
	{ "also where nobody needs to say who", OTHER, "GET /v1/status HTTP/1.1\r\n" HOST USER "\r\n" HIDDEN, 403,
		"Only the proxy" },
	{ "also with what would be written", OTHER,
		"POST /v1/cases/c3/events HTTP/1.1\r\n" HOST USER "Content-Length: 29\r\n\r\n"
		"{\"kind\":\"note\",\"text\":\"forged\"}" HIDDEN,
		403, "Only the proxy" },
	{ "a name like it is another header", OTHER, ME "X_Remote_User: s.rossi\r\n" CLOSE "\r\n", 401, NULL },
	{ "a name that begins like it, too", OTHER, ME "X-Remote-User-Name: s.rossi\r\n" CLOSE "\r\n", 401, NULL },
	{ "without it the proxy is anybody", PROXY, ME CLOSE "\r\n", 401, NULL },
};

static int answers(const char *text)
{
	int count = 0;
	for (; (text = strstr(text, "HTTP/1.1 ")); text++)
		count++;
	return count;
}

static void test_case(int i)
{
	int status = 0;
	char *got = raw_from(cases[i].from, cases[i].bytes, strlen(cases[i].bytes));
	sscanf(got, "HTTP/1.1 %d", &status);
	if (!ok(status == cases[i].status) || !ok(!cases[i].has || strstr(got, cases[i].has)) ||
		!ok(answers(got) == 1))
		printf("# %s: %s\n", cases[i].name, got);
	free(got);
}

static void set_login(const char *worker, const char *login)
{
	struct error err = { 0 };
	struct keep keep = { .base = base_open(server.dir, BASE_WRITE, &err), .now_ms = test_clock() };
	ok(keep.base != NULL);
	keep_worker_set_more(keep.base ? &keep : NULL, worker,
		&(struct worker_more){ .login = login, .roles = "caseworker" });
	base_close(keep.base);
}

static char *with_token(const char *from, const char *more)
{
	struct buf request = { 0 };
	buf_printf(&request, ME "Authorization: Bearer %s\r\n%s" CLOSE "\r\n", server.byrne, more);
	char *got = raw_from(from, request.text, request.size);
	buf_clear(&request);
	return got;
}

static void test_tokens(void)
{
	char *got = with_token(OTHER, "");
	ok(strstr(got, "\"id\":\"k.byrne\"") != NULL);
	free(got);
	got = with_token(PROXY, "");
	ok(strstr(got, "\"id\":\"k.byrne\"") != NULL);
	free(got);
	/* Whoever the proxy has signed in is who asks, whatever else came through it. */
	got = with_token(PROXY, USER);
	ok(strstr(got, "\"id\":\"s.rossi\"") != NULL);
	free(got);
	got = with_token(OTHER, USER);
	ok(strncmp(got, "HTTP/1.1 403", 12) == 0);
	free(got);
}

static void test_long(void)
{
	struct buf request = { 0 };
	buf_text(&request, ME "X-Remote-User: ");
	for (int i = 0; i < 300; i++)
		buf_char(&request, 'a');
	buf_text(&request, "\r\n" CLOSE "\r\n");
	char *got = raw_from(PROXY, request.text, request.size);
	ok(strncmp(got, "HTTP/1.1 400", 12) == 0);
	free(got);
	buf_clear(&request);
}

/* A stream that a name of the proxy opened has no token to lose; it ends when they leave. */
static void test_leaving(void)
{
	struct buf out = { 0 };
	struct sockaddr_in from = { .sin_family = AF_INET },
			   to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)server.port) };
	static const char request[] = "GET /v1/events HTTP/1.1\r\n" HOST USER "\r\n";
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	inet_pton(AF_INET, PROXY, &from.sin_addr);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ok(bind(fd, (struct sockaddr *)&from, sizeof from) == 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0);
	send_all(fd, request, sizeof request - 1);
	ok(receive(fd, &out, "event: hello", 5000));
	same_int(server_command(&server, (const char *const[]){ "worker", "leave", "s.rossi", NULL }), 0);
	ok(receive(fd, &out, "\r\n0\r\n\r\n", 20000)); /* its end, said in order */
	close(fd);
	buf_clear(&out);
	char *got = raw_from(PROXY, ME USER CLOSE "\r\n", strlen(ME USER CLOSE "\r\n"));
	ok(strncmp(got, "HTTP/1.1 403", 12) == 0);
	free(got);
}

static void test_log(const char *path)
{
	struct buf text = { 0 };
	char block[4096];
	size_t size;
	FILE *file = fopen(path, "r");
	while (file && (size = fread(block, 1, sizeof block, file)) > 0)
		buf_add(&text, block, size);
	if (file)
		fclose(file);
	ok(strstr(buf_str(&text), "refused: X-Remote-User from 127.0.0.1, which is not the proxy") != NULL);
	ok(strstr(buf_str(&text), "request: GET /me 200 ") != NULL);
	ok(strstr(buf_str(&text), "s.rossi") == NULL);
	ok(strstr(buf_str(&text), server.byrne) == NULL);
	buf_clear(&text);
	unlink(path);
}

static void test_nobody_forged(void)
{
	struct reply r = { 0 };
	ask(&r, &server, server.rossi, "GET", "/cases/c3/events?limit=200", NULL, NULL);
	same_int(r.status, 200);
	ok(strstr(buf_str(&r.body), "forged") == NULL);
	reply_clear(&r);
}

int main(void)
{
	char log[96];
	snprintf(log, sizeof log, "/tmp/caseload-test-proxy-%d.log", (int)getpid());
	static const char *const options[] = { "--proxy", PROXY, "--proxy-user-header", "X-Remote-User",
		"--log-requests" };
	memcpy(server.options, options, sizeof options);
	server.log = log;
	test("the service comes up behind a proxy")
		server_start(&server);
	set_login("k.byrne", "byrne@EXAMPLE.ORG");
	for (int i = 0; i < (int)(sizeof cases / sizeof cases[0]); i++)
		test(cases[i].name)
			test_case(i);
	test("a token and a name")
		test_tokens();
	test("a name of 300 letters is none")
		test_long();
	test("nothing forged was written")
		test_nobody_forged();
	test("who leaves hears no more")
		test_leaving();
	test("the log says what was refused, and nobody's name")
		test_log(log);
	same_int(server_end(&server, SIGTERM), 0);
	server_clear(&server);
	return test_result();
}
