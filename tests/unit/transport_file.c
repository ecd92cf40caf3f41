/* Files on their way: parts and bodies read while they are sent, answers taken as they come, time
   limits that follow what moves; cookies; and connections given back. */
#include "model/arena.h"
#include "net/trace.h"
#include "net/transport.h"
#include "tests/lib.h"
#include "tests/unit/tiny.h"

#include <fcntl.h>
#include <sys/stat.h>

enum { BIG = 3 * 1024 * 1024, SIP = TINY_COUNTS - 1 };

/* ---- the server */

static void flow(struct tiny_call *c)
{
	char head[100];
	static char block[BIG / 30];

	snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", BIG / 30 * 30);
	tiny_say(c, head);
	memset(block, 'f', sizeof(block));
	for (int i = 0; i < 30; i++) {
		tiny_put(c, block, sizeof(block));
		usleep(80000);
	}
}

static void answer(struct tiny_call *c)
{
	if (tiny_is(c, "/flow"))
		flow(c);
	else if (tiny_is(c, "/short")) {
		tiny_say(c, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nonly so much");
		_exit(0);
	} else if (tiny_is(c, "/stall")) {
		tiny_say(c, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nand then");
		pause();
	} else if (tiny_is(c, "/cookies"))
		tiny_answer(c, 200,
			"Set-Cookie: first=1; path=/\r\nX-Other: no\r\nset-cookie:  second=2; HttpOnly \r\n",
			"{}");
	else
		tiny_answer(c, 200, "", "{}");
}

/* ---- asking */

struct asked {
	struct loop *loop;
	struct transport *transport;
	struct tiny *server;
	char dir[64];
	int done, moved;
	int64_t came;
	int status;
	struct error err;
	char cookie[3][40];
};

static void answered(void *ctx, const struct response *a, const struct error *err)
{
	struct asked *q = ctx;

	q->done++;
	q->status = a->status;
	q->err = *err;
	for (int i = 0; i < 3; i++)
		if (!response_header(a, "Set-Cookie", i, q->cookie[i], sizeof(q->cookie[i])))
			q->cookie[i][0] = '\0';
	loop_stop(q->loop);
}

static bool taken(void *ctx, const char *bytes, size_t size)
{
	struct asked *q = ctx;

	(void)bytes;
	q->came += (int64_t)size;
	return true;
}

static void moved(void *ctx)
{
	((struct asked *)ctx)->moved++;
}

static void too_long(void *ctx)
{
	struct asked *q = ctx;

	ok(!"no end within 30 s");
	loop_stop(q->loop);
}

static void ask(struct asked *q, struct request *r, const char *path)
{
	char url[128];

	snprintf(url, sizeof(url), "http://127.0.0.1:%d%s", q->server->port, path);
	q->done = q->moved = 0;
	q->came = 0;
	r->method = r->method ? r->method : "POST";
	r->url = xstrdup(url);
	r->host_group = "city";
	r->moved = moved;
	transport_send(q->transport, r, answered, q);
	int timer = loop_after(q->loop, 30000, too_long, q);

	loop_run(q->loop);
	loop_cancel(q->loop, timer);
}

static const char *file_of(struct asked *q, const char *name, size_t size)
{
	static char path[128];
	char *bytes = malloc(size + 1);

	for (size_t i = 0; i < size; i++)
		bytes[i] = (char)(i * 7 + i / 251);
	snprintf(path, sizeof(path), "%s/%s", q->dir, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ok(write(fd, bytes, size) == (ssize_t)size);
	close(fd);
	free(bytes);
	return path;
}

static unsigned long sum_of(size_t size)
{
	unsigned long sum = 0;

	for (size_t i = 0; i < size; i++) {
		char c = (char)(i * 7 + i / 251);

		sum = tiny_sum(sum, &c, 1);
	}
	return sum;
}

static void part_text(struct request *r, const char *name, const char *type, const char *text)
{
	struct request_part *part = request_part(r, name);

	part->type = xstrdup(type);
	part->body = xstrdup(text);
	part->body_size = strlen(text);
}

static bool sent(const struct asked *q, const char *text)
{
	return strstr(q->server->seen->body, text) != NULL;
}

static const char *header(const struct asked *q, const char *name)
{
	return tiny_header(q->server->seen->head, name);
}

static void parts(struct asked *q)
{
	test("parts from memory and from a file, with names as browsers send them") {
		struct request r = { 0 };

		part_text(&r, "JSON", "application/json", "{\"Content\":\"caf\xc3\xa9\"}");
		struct request_part *part = request_part(&r, "Attachments");

		part->path = xstrdup(file_of(q, "small", 300));
		part->filename = xstrdup("\xd8\xb7\xd9\x84\xd8\xa8 \"1\".pdf");
		part->type = xstrdup("application/pdf");
		ask(q, &r, "/parts");
		same_int(q->err.kind, ERROR_NONE);
		const char *type = header(q, "Content-Type");

		ok(type && !strncmp(type, "multipart/form-data; boundary=", 30));
		ok(!header(q, "Expect"));
		ok(!header(q, "Transfer-Encoding"));
		ok(sent(q, "Content-Disposition: form-data; name=\"JSON\"\r\n"
			   "Content-Type: application/json\r\n\r\n{\"Content\":\"caf\xc3\xa9\"}\r\n"));
		ok(sent(q, "name=\"Attachments\"; "
			   "filename=\"\xd8\xb7\xd9\x84\xd8\xa8 %221%22.pdf\"\r\n"
			   "Content-Type: application/pdf\r\n\r\n"));
		ok(q->moved > 0);
	}
	test("the trace tells the size of what was sent") {
		same_int((long)trace_at(transport_trace(q->transport), 0)->sent,
			(long)q->server->seen->body_size);
	}
	test("a body that is a file arrives whole") {
		struct request r = { .method = "PUT" };

		r.body_path = xstrdup(file_of(q, "big", BIG));
		ask(q, &r, "/body");
		same_int(q->err.kind, ERROR_NONE);
		same_int((long)q->server->seen->body_size, BIG);
		ok(q->server->seen->body_sum == sum_of(BIG));
		ok(!strncmp(q->server->seen->head, "PUT /body ", 10));
		ok(!header(q, "Expect"));
	}
	test("as often as asked, also over a connection that served before") {
		for (int i = 0; i < 3; i++) {
			struct request r = { .method = "PUT" };

			r.body_path = xstrdup(file_of(q, "again", 100000));
			ask(q, &r, "/body");
			same_int((long)q->server->seen->body_size, 100000);
			ok(q->server->seen->body_sum == sum_of(100000));
		}
	}
	test("an empty file is a body of no bytes") {
		struct request r = { .method = "PUT" };

		r.body_path = xstrdup(file_of(q, "empty", 0));
		ask(q, &r, "/body");
		same_int(q->err.kind, ERROR_NONE);
		same_int((long)q->server->seen->body_size, 0);
	}
	test("a file that is not there, or no file, is told and nothing is sent") {
		struct request r = { 0 }, dir = { .method = "PUT" };

		request_part(&r, "Attachments")->path = xstrdup("/nowhere/at/all");
		q->server->seen->head[0] = '\0';
		ask(q, &r, "/parts");
		same_int(q->err.kind, ERROR_LOCAL);
		dir.body_path = xstrdup(q->dir);
		ask(q, &dir, "/body");
		same_int(q->err.kind, ERROR_LOCAL);
		same(q->server->seen->head, "");
	}
	test("a line end in a part's name is refused") {
		struct request r = { 0 };

		part_text(&r, "JSON\r\nX: y", NULL, "{}");
		ask(q, &r, "/parts");
		same_int(q->err.kind, ERROR_USAGE);
	}
}

static void in_time(struct asked *q)
{
	test("an upload may take longer than an answer, as long as it moves") {
		struct request r = { .method = "PUT", .wait_ms = 1000 };

		q->server->seen->told[SIP] = 60;
		r.body_path = xstrdup(file_of(q, "slow", BIG));
		ask(q, &r, "/body");
		q->server->seen->told[SIP] = 0;
		same_int(q->err.kind, ERROR_NONE);
		same_int((long)q->server->seen->body_size, BIG);
	}
	test("a download as well") {
		struct request r = { .method = "GET", .wait_ms = 1000, .chunk = taken };

		ask(q, &r, "/flow");
		same_int(q->err.kind, ERROR_NONE);
		same_int((long)q->came, BIG / 30 * 30);
	}
	test("one that stalls is ended, one cut off is told") {
		struct request r = { .method = "GET", .wait_ms = 1000, .chunk = taken };
		struct request cut = { .method = "GET", .chunk = taken };

		ask(q, &r, "/stall");
		same_int(q->err.kind, ERROR_OFFLINE);
		ask(q, &cut, "/short");
		same_int(q->err.kind, ERROR_OFFLINE);
		same_int((long)q->came, 12);
	}
}

static void cookies(struct asked *q)
{
	test("each of several headers of one name can be had, and none is sent back") {
		struct request r = { .method = "GET" }, next = { .method = "GET" };

		ask(q, &r, "/cookies");
		same(q->cookie[0], "first=1; path=/");
		same(q->cookie[1], "second=2; HttpOnly");
		same(q->cookie[2], "");
		ask(q, &next, "/ok");
		ok(!header(q, "Cookie"));
	}
}

/* ---- connections */

static void nothing(void *ctx)
{
	(void)ctx;
}

static bool open_become(struct asked *q, int count)
{
	int64_t end = loop_now_ms() + 10000;

	while (__atomic_load_n(&q->server->seen->open, __ATOMIC_SEQ_CST) != count) {
		if (loop_now_ms() > end)
			return false;
		int tick = loop_after(q->loop, 20, nothing, NULL);

		loop_once(q->loop, -1);
		loop_cancel(q->loop, tick);
	}
	return true;
}

static void connections(struct asked *q)
{
	test("where a server gives up a worker for it, an idle connection is ended soon") {
		struct request r = { .method = "GET" }, next = { .method = "GET" };

		transport_idle(q->transport, "city", 100);
		ask(q, &r, "/ok");
		same_int(q->server->seen->open, 1);
		ok(open_become(q, 0));
		ask(q, &next, "/ok");
		same_int(q->err.kind, ERROR_NONE);
		same_int(q->status, 200);
		ok(open_become(q, 0));
	}
	test("one on which an answer is awaited is not") {
		struct request r = { .method = "GET", .wait_ms = 5000, .chunk = taken };

		transport_idle(q->transport, "city", 50);
		ask(q, &r, "/flow");
		same_int(q->err.kind, ERROR_NONE);
		same_int((long)q->came, BIG / 30 * 30);
	}
}

int main(void)
{
	struct tiny server = tiny_start(answer), other = tiny_start(answer);
	struct loop *loop = loop_new();
	struct asked q = { .loop = loop, .transport = transport_new(loop), .server = &server };

	snprintf(q.dir, sizeof(q.dir), "/tmp/caseload-file-XXXXXX");
	if (!mkdtemp(q.dir))
		return 1;
	parts(&q);
	in_time(&q);
	cookies(&q);
	q.server = &other;
	connections(&q);
	transport_free(q.transport);
	loop_free(loop);
	tiny_stop(&server);
	tiny_stop(&other);
	tiny_remove(q.dir);
	return test_result();
}
