/* The transport against a raw server on loopback that is slow, cuts, lies and floods. Each case is
   a path of that server; what reached it comes back over a pipe. */
#include "net/trace.h"
#include "net/transport.h"
#include "model/arena.h"
#include "tests/lib.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the server */

struct server {
	pid_t pid;
	int port;
	int log; /* one line for each request: its first line and what else is asked for in the
		    tests */
};

static void put(int fd, const char *text)
{
	ssize_t done = write(fd, text, strlen(text));

	(void)done;
}

static void flood(int fd, const char *text)
{
	for (int i = 0; i < 5000000; i++)
		if (write(fd, text, strlen(text)) <= 0)
			return;
}

static void bomb(int fd)
{
	put(fd, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n");
	dup2(fd, 1);
	execl("/bin/sh", "sh", "-c", "head -c 67108864 /dev/zero | gzip -c", (char *)NULL);
	_exit(1);
}

static void stream(int fd)
{
	put(fd, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
	for (int i = 0; i < 5; i++) {
		put(fd, "data: x\n\n");
		usleep(10000);
	}
	pause();
}

static const struct {
	const char *path, *answer;
} plain[] = {
	{ "/ok", "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nETag: "
		 "W/\"7\"\r\n"
		 "Date: Sun, 22 Nov 2026 03:00:00 GMT\r\nX-Own:  yes \r\nContent-Length: "
		 "2\r\n\r\n{}" },
	{ "/html",
		"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>" },
	{ "/created", "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nLocation: "
		      "/v1/cases/c9\r\n"
		      "Content-Length: 2\r\n\r\n{}" },
	{ "/continue",
		"HTTP/1.1 100 Continue\r\nETag: \"1\"\r\n\r\nHTTP/1.1 200 OK\r\nETag: \"2\"\r\n"
		"Content-Length: 0\r\n\r\n" },
	{ "/none", "HTTP/1.1 204 No Content\r\n\r\n" },
	{ "/problem", "HTTP/1.1 422 No\r\nContent-Type: "
		      "application/problem+json\r\nContent-Length: 2\r\n\r\n{}" },
	{ "/busy", "HTTP/1.1 429 No\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n" },
	{ "/date", "HTTP/1.1 503 No\r\nDate: Sun, 22 Nov 2026 03:00:00 GMT\r\n"
		   "Retry-After: Sun, 22 Nov 2026 03:00:30 GMT\r\nContent-Length: 0\r\n\r\n" },
	{ "/forever", "HTTP/1.1 503 No\r\nRetry-After: 99999999999\r\nContent-Length: 0\r\n\r\n" },
	{ "/past", "HTTP/1.1 503 No\r\nRetry-After: -5\r\nContent-Length: 0\r\n\r\n" },
	{ "/rubbish", "\x01\x02 this is no web service\r\n\r\n" },
	{ "/unpack",
		"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello" },
	{ "/cutbody", "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
		      "500\r\n\r\n{\"a\":" },
	{ "/cuthead", "HTTP/1.1 201 Created\r\nContent-Type: appl" },
	{ "/cutchunk", "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
		       "Transfer-Encoding: chunked\r\n\r\n5\r\nhel" },
	{ "/empty", "" },
	{ NULL, NULL },
};

static void answer(int fd, const char *path, int other)
{
	char text[200];

	for (int i = 0; plain[i].path; i++) {
		if (strcmp(plain[i].path, path) != 0)
			continue;
		put(fd, plain[i].answer);
		if (!strncmp(path, "/cut", 4) || !strcmp(path, "/empty") ||
			!strcmp(path, "/rubbish"))
			_exit(0);
		return;
	}
	if (!strcmp(path, "/redirect")) {
		snprintf(text, sizeof(text),
			"HTTP/1.1 307 Away\r\nLocation: http://localhost:%d/stolen?x=1\r\n"
			"Content-Length: 0\r\n\r\n",
			other);
		put(fd, text);
	}
	if (!strcmp(path, "/slow"))
		pause();
	if (!strcmp(path, "/wait")) {
		usleep(50000);
		put(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
	}
	if (!strcmp(path, "/bomb"))
		bomb(fd);
	if (!strcmp(path, "/stream"))
		stream(fd);
	if (!strcmp(path, "/endless")) {
		put(fd, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n");
		flood(fd, "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
			  "[[[[[[");
		_exit(0);
	}
	if (!strcmp(path, "/hugehead")) {
		put(fd, "HTTP/1.1 200 OK\r\n");
		flood(fd, "X-Filler: "
			  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n");
		_exit(0);
	}
}

static size_t content_length(const char *head)
{
	for (const char *line = head; line; line = strchr(line + 1, '\n'))
		if (!strncasecmp(line + 1, "Content-Length:", 15))
			return (size_t)atoi(line + 16);
	return 0;
}

/* One request of this connection at a time. */
static void serve(int fd, int log, int other)
{
	char head[16384];
	size_t size = 0;

	for (;;) {
		ssize_t got = read(fd, head + size, sizeof(head) - 1 - size);

		if (got <= 0)
			_exit(0);
		size += (size_t)got;
		head[size] = '\0';
		char *end = strstr(head, "\r\n\r\n");

		if (!end || size < (size_t)(end + 4 - head) + content_length(head))
			continue;
		char path[64] = "", line[200], method[16] = "";

		sscanf(head, "%15s %63s", method, path);
		path[strcspn(path, "?")] = '\0';
		snprintf(line, sizeof(line), "%d %s %s%s%s\n", (int)getpid(), method, path,
			strstr(head, "Idempotency-Key: k-1") ? " key" : "",
			strstr(head, "gzip") ? " gzip" : "");
		put(log, line);
		size = 0;
		answer(fd, path, other);
	}
}

static struct server server_start(int other)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM, 0), ends[2];
	struct server s = { 0 };

	if (bind(fd, (struct sockaddr *)&at, size) != 0 || listen(fd, 64) != 0 || pipe(ends) != 0)
		abort();
	getsockname(fd, (struct sockaddr *)&at, &size);
	s.port = ntohs(at.sin_port);
	s.log = ends[0];
	s.pid = fork();
	if (s.pid != 0) {
		close(fd);
		close(ends[1]);
		fcntl(ends[0], F_SETFL, O_NONBLOCK);
		return s;
	}
	setpgid(0, 0);
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	for (;;) {
		int one = accept(fd, NULL, NULL);

		if (one >= 0 && fork() == 0) {
			close(fd);
			serve(one, ends[1], other);
		}
		close(one);
	}
}

static void server_stop(struct server *s)
{
	kill(-s->pid, SIGKILL);
	kill(s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
	close(s->log);
}

/* ---- asking */

struct asked {
	struct loop *loop;
	struct transport *transport;
	const struct server *server;
	int done, chunks;
	struct response a;
	struct error err;
	char body[64], version[32], type[64], location[64], own[32], order[16];
	bool stop_in_chunk, cancel_in_chunk;
	int64_t began;
};

struct wish {
	const char *method, *path, *body, *type, *header;
	int wait_ms;
	enum urgency urgency;
	bool fresh, chunk;
};

static void keep(char *to, size_t size, const char *text)
{
	snprintf(to, size, "%s", text ? text : "");
}

static void answered(void *ctx, const struct response *a, const struct error *err)
{
	struct asked *q = ctx;

	q->done++;
	q->a = *a;
	q->err = *err;
	keep(q->body, sizeof(q->body), a->body);
	keep(q->version, sizeof(q->version), a->version);
	keep(q->type, sizeof(q->type), a->type);
	keep(q->location, sizeof(q->location), a->location);
	if (!response_header(a, "x-own", 0, q->own, sizeof(q->own)))
		q->own[0] = '\0';
	loop_stop(q->loop);
}

static bool chunk(void *ctx, const char *bytes, size_t size)
{
	struct asked *q = ctx;

	(void)bytes;
	q->chunks += size > 0;
	if (q->cancel_in_chunk) {
		transport_cancel(q->transport, q);
		loop_stop(q->loop);
	}
	return !q->stop_in_chunk;
}

static void send_to(struct asked *q, int port, struct wish w)
{
	char url[128];
	struct request r = { .method = w.method,
		.urgency = w.urgency,
		.wait_ms = w.wait_ms,
		.type = w.type,
		.fresh = w.fresh,
		.host_group = "city" };

	snprintf(url, sizeof(url), "http://127.0.0.1:%d%s", port, w.path);
	r.url = xstrdup(url);
	if (w.body) {
		r.body = xstrdup(w.body);
		r.body_size = strlen(w.body);
		request_header(&r, "Content-Type", "application/json");
	}
	request_header(&r, "Idempotency-Key", w.header);
	if (w.chunk)
		r.chunk = chunk;
	transport_send(q->transport, &r, answered, q);
	ok(!r.url && !r.headers && !r.body);
}

static void too_long(void *ctx)
{
	struct asked *q = ctx;

	ok(!"no end within 15 s");
	loop_stop(q->loop);
}

static void ask(struct asked *q, struct wish w)
{
	struct asked fresh = { .loop = q->loop,
		.transport = q->transport,
		.server = q->server,
		.stop_in_chunk = q->stop_in_chunk,
		.cancel_in_chunk = q->cancel_in_chunk };

	*q = fresh;
	q->began = loop_now_ms();
	send_to(q, q->server->port, w);
	int timer = loop_after(q->loop, 15000, too_long, q);

	loop_run(q->loop);
	loop_cancel(q->loop, timer);
}

/* What reached a server since the last look. */
static char *heard(const struct server *s, char *room, size_t size)
{
	ssize_t got = read(s->log, room, size - 1);

	room[got > 0 ? got : 0] = '\0';
	return room;
}

/* ---- tests */

static void answers(struct asked *q)
{
	char log[4096];

	test("an answer, its version, type and headers") {
		ask(q, (struct wish){ "GET", "/ok", .type = "application/json" });
		same_int(q->err.kind, ERROR_NONE);
		same_int(q->a.status, 200);
		same(q->body, "{}");
		same(q->version, "7");
		same(q->type, "application/json");
		same(q->own, "yes");
		same_int(q->a.date, 1795316400);
		ok(!q->a.maybe_done);
	}
	test("one connection serves request after request, packed when it may be") {
		heard(q->server, log, sizeof(log));
		ask(q, (struct wish){ "GET", "/ok" });
		ask(q, (struct wish){ "POST", "/created", .body = "{}", .header = "k-1" });
		same(q->location, "/v1/cases/c9");
		heard(q->server, log, sizeof(log));
		char *second = strchr(log, '\n');

		ok(second && atoi(log) == atoi(second + 1));
		ok(strstr(log, "POST /created key gzip\n") != NULL);
	}
	test("a fresh request has a connection of its own, and leaves it to nobody") {
		ask(q, (struct wish){ "GET", "/ok" });
		ask(q, (struct wish){ "POST", "/created", .body = "{}", .fresh = true });
		ask(q, (struct wish){ "GET", "/ok" });
		heard(q->server, log, sizeof(log));
		char *second = strchr(log, '\n');
		char *third = second ? strchr(second + 1, '\n') : NULL;

		ok(second && atoi(log) != atoi(second + 1));
		ok(third && atoi(second + 1) != atoi(third + 1));
	}
	test("what a 100 Continue said is forgotten") {
		ask(q, (struct wish){ "GET", "/continue" });
		same(q->version, "2");
		same_int(q->a.status, 200);
	}
	test("204 has no type and needs none") {
		ask(q, (struct wish){ "PUT", "/none", .body = "{}", .type = "application/json" });
		same_int(q->err.kind, ERROR_NONE);
		same_int(q->a.status, 204);
	}
	test("a status of 400 and over is the driver's to read") {
		ask(q, (struct wish){
			       "POST", "/problem", .body = "{}", .type = "application/json" });
		same_int(q->err.kind, ERROR_NONE);
		same_int(q->a.status, 422);
		same(q->type, "application/problem+json");
		same(q->body, "{}");
	}
	test("Retry-After in both forms, within an hour") {
		ask(q, (struct wish){ "GET", "/busy" });
		same_int(q->a.retry_ms, 7000);
		ask(q, (struct wish){ "GET", "/date" });
		same_int(q->a.retry_ms, 30000);
		ask(q, (struct wish){ "GET", "/forever" });
		same_int(q->a.retry_ms, 3600000);
		ask(q, (struct wish){ "GET", "/past" });
		same_int(q->a.retry_ms, 0);
	}
}

/* A write that ended so: what kind of error, and whether it may have had its effect. */
static void bad_answers(struct asked *q)
{
	static const struct {
		const char *name, *path;
		enum error_kind kind;
	} bad[] = {
		{ "the wrong type is not read", "/html", ERROR_GARBLED },
		{ "rubbish is not read", "/rubbish", ERROR_GARBLED },
		{ "what cannot be unpacked is not read", "/unpack", ERROR_GARBLED },
		{ "a body cut off is no answer", "/cutbody", ERROR_OFFLINE },
		{ "a head cut off is no answer, whatever its status", "/cuthead", ERROR_OFFLINE },
		{ "a chunk cut off is no answer", "/cutchunk", ERROR_OFFLINE },
		{ "an end without an answer", "/empty", ERROR_OFFLINE },
		{ "a gzip bomb is stopped", "/bomb", ERROR_GARBLED },
		{ "an endless body is stopped", "/endless", ERROR_GARBLED },
		{ "endless headers are stopped", "/hugehead", ERROR_GARBLED },
		{ NULL, NULL, ERROR_NONE },
	};

	for (int i = 0; bad[i].name; i++) {
		test(bad[i].name) {
			bool typed = strcmp(bad[i].path, "/bomb") != 0;

			ask(q, (struct wish){ "POST", bad[i].path, .body = "{\"a\":1}",
				       .header = "k-1",
				       .type = typed ? "application/json" : NULL });
			same_int(q->done, 1);
			same_int(q->err.kind, bad[i].kind);
			ok(strlen(q->err.text) > 20);
			ok(q->a.maybe_done);
			ask(q, (struct wish){ "GET", "/ok" });
			same_int(q->err.kind, ERROR_NONE);
		}
	}
	test("the same when reading: nothing may have happened") {
		ask(q, (struct wish){ "GET", "/cutbody" });
		same_int(q->err.kind, ERROR_OFFLINE);
		ok(!q->a.maybe_done);
	}
	test("too slow is offline within its time") {
		ask(q, (struct wish){ "POST", "/slow", .body = "{}", .wait_ms = 200 });
		same_int(q->err.kind, ERROR_OFFLINE);
		ok(q->a.maybe_done);
		ok(loop_now_ms() - q->began < 2000);
	}
}

static void refusals(struct asked *q, struct server *other)
{
	char log[4096];

	test("a redirect is reported and the other host hears nothing") {
		ask(q, (struct wish){
			       "POST", "/redirect", .body = "{\"secret\":1}", .header = "k-1" });
		same_int(q->err.kind, ERROR_GARBLED);
		same_int(q->a.status, 307);
		same_int(q->err.status, 307);
		ok(strstr(q->err.text, "http://localhost:") && !strstr(q->err.text, "stolen"));
		same(heard(other, log, sizeof(log)), "");
	}
	test("nobody listening: offline, and surely not done") {
		struct server gone = { .port = 1 };
		const struct server *here = q->server;

		q->server = &gone;
		ask(q, (struct wish){ "POST", "/x", .body = "{}" });
		q->server = here;
		same_int(q->err.kind, ERROR_OFFLINE);
		ok(!q->a.maybe_done);
		ok(strstr(q->err.text, "http://127.0.0.1:1") != NULL);
	}
	test("plain http to another machine is not even tried") {
		struct request r = { .method = "GET", .url = xstrdup("http://192.0.2.1/v1") };

		*q = (struct asked){
			.loop = q->loop, .transport = q->transport, .server = q->server
		};
		transport_send(q->transport, &r, answered, q);
		same_int(q->done, 0);
		loop_run(q->loop);
		same_int(q->done, 1);
		same_int(q->err.kind, ERROR_CONFIG);
	}
	test("a line end in a header is refused") {
		heard(q->server, log, sizeof(log));
		ask(q, (struct wish){ "GET", "/ok", .header = "k-1\r\nX-Smuggled: yes" });
		same_int(q->err.kind, ERROR_USAGE);
		same(heard(q->server, log, sizeof(log)), "");
	}
	test("the environment cannot put anybody in between") {
		char proxy[64];

		snprintf(proxy, sizeof(proxy), "http://127.0.0.1:%d", other->port);
		setenv("http_proxy", proxy, 1);
		setenv("all_proxy", proxy, 1);
		ask(q, (struct wish){ "GET", "/ok", .fresh = true });
		same_int(q->err.kind, ERROR_NONE);
		same(heard(other, log, sizeof(log)), "");
		unsetenv("http_proxy");
		unsetenv("all_proxy");
	}
	test("SSLKEYLOGFILE is gone") {
		ok(!getenv("SSLKEYLOGFILE"));
	}
}

static void streams(struct asked *q)
{
	test("a stream comes as it comes, and ends when cancelled from within") {
		q->cancel_in_chunk = true;
		ask(q, (struct wish){ "GET", "/stream", .type = "text/event-stream", .wait_ms = -1,
			       .chunk = true });
		q->cancel_in_chunk = false;
		same_int(q->chunks, 1);
		same_int(q->done, 0);
		for (int i = 0; i < 10; i++)
			loop_once(q->loop, 10);
		same_int(q->done, 0);
		same_int(transport_busy(q->transport), 0);
	}
	test("a stream nobody understands is ended") {
		q->stop_in_chunk = true;
		ask(q, (struct wish){ "GET", "/stream", .wait_ms = -1, .chunk = true });
		q->stop_in_chunk = false;
		same_int(q->done, 1);
		same_int(q->err.kind, ERROR_GARBLED);
	}
	test("a page of another type is no stream") {
		ask(q, (struct wish){ "GET", "/html", .type = "text/event-stream", .wait_ms = -1,
			       .chunk = true });
		same_int(q->chunks, 0);
		same_int(q->err.kind, ERROR_GARBLED);
	}
	test("a refusal of a stream has its body") {
		ask(q, (struct wish){ "GET", "/problem", .type = "text/event-stream", .wait_ms = -1,
			       .chunk = true });
		same_int(q->chunks, 0);
		same_int(q->a.status, 422);
		same(q->body, "{}");
	}
}

struct one {
	struct asked *all;
	char mark;
};

static void in_order(void *ctx, const struct response *a, const struct error *err)
{
	struct one *o = ctx;
	size_t size = strlen(o->all->order);

	(void)a;
	ok(err->kind == ERROR_NONE);
	o->all->order[size] = o->mark;
	o->all->order[size + 1] = '\0';
	o->all->done++;
}

static void send_marked(struct asked *q, struct one *o, char mark, enum urgency urgency)
{
	char url[64];
	struct request r = { .method = "GET", .urgency = urgency, .host_group = "narrow" };

	*o = (struct one){ q, mark };
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/wait", q->server->port);
	r.url = xstrdup(url);
	transport_send(q->transport, &r, in_order, o);
}

static void order(struct asked *q)
{
	struct one o[5];

	transport_limit(q->transport, "narrow", 1);
	test("who waits comes first, one at a time, a cancelled one never") {
		*q = (struct asked){
			.loop = q->loop, .transport = q->transport, .server = q->server
		};
		send_marked(q, &o[0], 'l', URGENT_LATER);
		send_marked(q, &o[1], 'o', URGENT_OUTBOX);
		send_marked(q, &o[2], 'n', URGENT_NOW);
		send_marked(q, &o[3], 'x', URGENT_NOW);
		send_marked(q, &o[4], 'N', URGENT_NOW);
		same_int(transport_busy(q->transport), 5);
		transport_cancel(q->transport, &o[3]);
		for (int i = 0; i < 500 && q->done < 4; i++)
			loop_once(q->loop, 50);
		same(q->order, "nNol");
		same_int(transport_busy(q->transport), 0);
	}
	test("what is ahead of need leaves a place free") {
		*q = (struct asked){
			.loop = q->loop, .transport = q->transport, .server = q->server
		};
		transport_limit(q->transport, "narrow", 2);
		for (int i = 0; i < 3; i++)
			send_marked(q, &o[i], 'l', URGENT_LATER);
		loop_once(q->loop, 0);
		send_marked(q, &o[3], 'n', URGENT_NOW);
		for (int i = 0; i < 500 && q->done < 4; i++)
			loop_once(q->loop, 50);
		ok(q->order[0] == 'n' || q->order[1] == 'n');
	}
	test("cancelling one that is under way") {
		*q = (struct asked){
			.loop = q->loop, .transport = q->transport, .server = q->server
		};
		send_to(q, q->server->port, (struct wish){ "GET", "/slow" });
		for (int i = 0; i < 5; i++)
			loop_once(q->loop, 10);
		transport_cancel(q->transport, q);
		for (int i = 0; i < 5; i++)
			loop_once(q->loop, 10);
		same_int(q->done, 0);
	}
}

static void traced(struct asked *q)
{
	test("the trace knows the last exchange") {
		ask(q, (struct wish){ "POST", "/created?ref=475394459", .body = "{}" });
		const struct exchange *x = trace_at(transport_trace(q->transport), 0);

		same(x->method, "POST");
		same(x->path, "/created?ref=*");
		same(x->group, "city");
		same_int(x->status, 201);
		same_int(x->sent, 2);
		same_int(x->received, 2);
		ok(x->took_ms > 0);
	}
	test("freeing it ends what is under way and what waits") {
		*q = (struct asked){
			.loop = q->loop, .transport = q->transport, .server = q->server
		};
		for (int i = 0; i < 8; i++)
			send_to(q, q->server->port, (struct wish){ "GET", "/slow" });
		loop_once(q->loop, 0);
		loop_once(q->loop, 10);
		transport_free(q->transport);
		same_int(q->done, 0);
	}
}

/* ---- who is at the other end: openssl's own server, with certificates made here */

struct tls {
	char dir[40];
	int port;
	pid_t pid;
};

static pid_t run(char *const *argv)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	int null = open("/dev/null", O_RDWR);

	dup2(null, 0);
	dup2(null, 1);
	dup2(null, 2);
	execvp(argv[0], argv);
	_exit(127);
}

static bool run_wait(char *const *argv)
{
	int status = 0;

	waitpid(run(argv), &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static char *in_dir(const struct tls *t, const char *name)
{
	char *path = xmalloc(100);

	snprintf(path, 100, "%s/%s", t->dir, name);
	return path;
}

static bool certificate_make(const struct tls *t, const char *name, const char *host)
{
	char *cert = in_dir(t, name), *key = in_dir(t, "key"), names[100];

	snprintf(names, sizeof(names), "subjectAltName=%s", host);
	bool good = run_wait((char *[]){ "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
		"-days", "2", "-subj", "/CN=test", "-addext", names, "-keyout", key, "-out", cert,
		NULL });
	free(cert);
	free(key);
	return good;
}

static bool listens_at(int port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	bool good = connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0;

	close(fd);
	return good;
}

static int free_port(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(fd, (struct sockaddr *)&at, size) == 0)
		getsockname(fd, (struct sockaddr *)&at, &size);
	close(fd);
	return ntohs(at.sin_port);
}

static void tls_ask(struct asked *q, struct tls *t, const char *cert, const char *ca,
	const char *version)
{
	char port[40], url[60];
	char *cert_file = in_dir(t, cert), *key = in_dir(t, "key");
	char *ca_file = ca ? in_dir(t, ca) : NULL;
	struct request r = { .method = "GET", .host_group = cert, .wait_ms = 5000 };

	snprintf(port, sizeof(port), "127.0.0.1:%d", t->port = free_port());
	t->pid = run((char *[]){ "openssl", "s_server", "-accept", port, "-cert", cert_file, "-key",
		key, "-www", "-cipher", "ALL:@SECLEVEL=0", (char *)version, NULL });
	for (int i = 0; i < 200 && !listens_at(t->port); i++)
		usleep(20000);
	snprintf(url, sizeof(url), "https://127.0.0.1:%d/", t->port);
	r.url = xstrdup(url);
	transport_tls(q->transport, cert, &(struct transport_identity){ .ca_file = ca_file });
	*q = (struct asked){
		.loop = q->loop, .transport = q->transport, .server = q->server
	};
	transport_send(q->transport, &r, answered, q);
	loop_run(q->loop);
	kill(t->pid, SIGKILL);
	waitpid(t->pid, NULL, 0);
	free(cert_file);
	free(key);
	free(ca_file);
}

static void protected(struct asked *q)
{
	struct tls t = { .dir = "/tmp/caseload-tls-XXXXXX" };

	test("a trusted certificate, one of nobody, one of another host, TLS 1.1") {
		if (!run_wait((char *[]){ "openssl", "version", NULL }))
			skip("there is no openssl");
		else if (ok(mkdtemp(t.dir)) && ok(certificate_make(&t, "bad", "DNS:elsewhere"))) {
			tls_ask(q, &t, "bad", "bad", "-tls1_2");
			same_int(q->err.kind, ERROR_OFFLINE);
			ok(strstr(q->err.text, "one of another host") != NULL);
			ok(certificate_make(&t, "good", "IP:127.0.0.1"));
			tls_ask(q, &t, "good", NULL, "-tls1_2");
			same_int(q->err.kind, ERROR_OFFLINE);
			ok(strstr(q->err.text, "nothing was sent") != NULL);
			tls_ask(q, &t, "good", "good", "-tls1_1");
			same_int(q->err.kind, ERROR_OFFLINE);
			ok(q->a.status == 0);
			tls_ask(q, &t, "good", "good", "-tls1_2");
			same(q->err.text, "");
			same_int(q->a.status, 200);
		}
	}
	run_wait((char *[]){ "rm", "-rf", t.dir, NULL });
}

int main(void)
{
	struct server other = server_start(0);
	struct server server = server_start(other.port);
	struct loop *loop = loop_new();

	setenv("SSLKEYLOGFILE", "/dev/null", 1);
	struct asked q = { .loop = loop, .transport = transport_new(loop), .server = &server };

	answers(&q);
	bad_answers(&q);
	refusals(&q, &other);
	streams(&q);
	order(&q);
	protected(&q);
	traced(&q);
	loop_free(loop);
	server_stop(&server);
	server_stop(&other);
	return test_result();
}
