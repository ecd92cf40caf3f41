/* The event stream: hello, what concerns the caller, replay after Last-Event-ID, reset, revoking.
 */
#include "tests/service.h"

static struct server server;
static struct reply r;

/* Opens a stream; what it says goes to out. */
static int listen_to(const char *token, const char *path, const char *headers)
{
	struct buf request = { 0 };
	int fd = server_connect(&server);
	buf_printf(&request, "GET /v1%s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n%s\r\n",
		path, token, headers);
	send_all(fd, request.text, request.size);
	buf_clear(&request);
	return fd;
}

static int count_of(const struct buf *text, const char *what)
{
	int count = 0;
	for (const char *at_ = buf_str(text); (at_ = strstr(at_, what)); at_++)
		count++;
	return count;
}

static long long last_id(const struct buf *text)
{
	long long id = -1;
	for (const char *at_ = buf_str(text); (at_ = strstr(at_, "\nid: ")); at_++)
		id = atoll(at_ + 5);
	return id;
}

static void change(const char *path, const char *token, const char *body)
{
	ask(&r, &server, token, "PATCH", path, "If-Match: *\r\n", body);
	if (r.status != 200)
		printf("# %d %s\n", r.status, buf_str(&r.body));
}

static void test_scope(void)
{
	struct buf mine = { 0 }, theirs = { 0 }, watched = { 0 };
	int a = listen_to(server.rossi, "/events", ""), b = listen_to(server.byrne, "/events", "");
	int c = listen_to(server.byrne, "/events?case=c1", "");
	test("a stream begins with hello") {
		ok(receive(a, &mine, "heartbeat", 3000) && receive(b, &theirs, "heartbeat", 3000) &&
			receive(c, &watched, "heartbeat", 3000));
		ok(strstr(mine.text, "text/event-stream") && strstr(mine.text, "retry: 3000\n"));
		same_int(count_of(&mine, "event: hello"), 1);
	}
	test("a change is told to the team and to who watches, and to nobody else") {
		change("/cases/c1", server.rossi, "{\"priority\":5}");
		ok(receive(a, &mine, "event: case", 3000));
		ok(receive(c, &watched, "event: case", 3000));
		ok(strstr(mine.text, "\"id\":\"c1\"") && strstr(mine.text, "\"version\":2") &&
			strstr(mine.text, "\"priority\":5") &&
			strstr(mine.text, "\"actor\":\"s.rossi\""));
		ok(!receive(b, &theirs, "event: case", 600));
	}
	test("several changes of one case within a moment are one event") {
		for (int i = 1; i <= 4; i++)
			change("/cases/c3", server.rossi,
				i % 2 ? "{\"priority\":1}" : "{\"priority\":2}");
		ok(receive(a, &mine, "\"id\":\"c3\"", 3000));
		receive(a, &mine, "never", 700);
		ok(count_of(&mine, "\"id\":\"c3\"") <= 2);
		ok(strstr(mine.text, "\"version\":5") != NULL);
	}
	test("who loses a case hears of it") {
		change("/cases/c3", server.rossi, "{\"team\":\"benefits\"}");
		ok(receive(a, &mine, "\"team\":\"benefits\"", 3000));
		ok(receive(b, &theirs, "\"id\":\"c3\"", 3000));
	}
	test("a restricted case stays with its team") {
		change("/cases/c4", server.byrne, "{\"priority\":2}");
		ok(receive(b, &theirs, "\"id\":\"c4\"", 3000));
		ok(!receive(a, &mine, "\"id\":\"c4\"", 600));
	}
	close(a);
	close(b);
	close(c);
	buf_clear(&mine);
	buf_clear(&theirs);
	buf_clear(&watched);
}

static void test_replay(void)
{
	struct buf first = { 0 }, again = { 0 };
	char header[64];
	test("what was missed is replayed once, in order") {
		int fd = listen_to(server.rossi, "/events", "");
		receive(fd, &first, "heartbeat", 3000);
		close(fd);
		long long seen = last_id(&first);
		change("/cases/c1", server.rossi, "{\"priority\":1}");
		change("/cases/c5", server.rossi, "{\"priority\":1}");
		snprintf(header, sizeof header, "Last-Event-ID: %lld\r\n", seen);
		fd = listen_to(server.rossi, "/events", header);
		ok(receive(fd, &again, "\"id\":\"c5\"", 3000));
		same_int(count_of(&again, "\"id\":\"c1\""), 1);
		same_int(count_of(&again, "event: reset"), 0);
		ok(strstr(again.text, "\"id\":\"c1\"") < strstr(again.text, "\"id\":\"c5\""));
		close(fd);
	}
	test("the replay outlives a restart") {
		server_end(&server, SIGKILL);
		server_run(&server);
		buf_reset(&again);
		int fd = listen_to(server.rossi, "/events", header);
		ok(receive(fd, &again, "\"id\":\"c5\"", 3000));
		same_int(count_of(&again, "\"id\":\"c1\""), 1);
		close(fd);
	}
	test("what nobody can replay is a reset") {
		buf_reset(&again);
		int fd = listen_to(server.rossi, "/events", "Last-Event-ID: 99999999\r\n");
		ok(receive(fd, &again, "event: reset", 3000));
		close(fd);
		ask(&r, &server, server.rossi, "GET", "/events", "Last-Event-ID: x\r\n", NULL);
		same_int(r.status, 400);
	}
	buf_clear(&first);
	buf_clear(&again);
}

static void test_tokens(void)
{
	struct buf text = { 0 };
	char command[64];
	test("a revoked token ends the stream and the access within a second or two") {
		int fd = listen_to(server.reader, "/events", "");
		ok(receive(fd, &text, "heartbeat", 3000));
		snprintf(command, sizeof command, "%s", server.dir);
		pid_t pid = fork();
		if (pid == 0) {
			execl(server_program(), "caseloadd", "token", "revoke", "reader", "--data",
				command, (char *)NULL);
			_exit(127);
		}
		int status;
		waitpid(pid, &status, 0);
		ok(WIFEXITED(status) && WEXITSTATUS(status) == 0);
		ask(&r, &server, server.reader, "GET", "/me", NULL, NULL);
		same_int(r.status, 401);
		ok(receive(fd, &text, NULL, 3000));
		close(fd);
	}
	test("stopping ends open streams in order") {
		int fd = listen_to(server.rossi, "/events", "");
		buf_reset(&text);
		ok(receive(fd, &text, "heartbeat", 3000));
		same_int(server_end(&server, SIGTERM), 0);
		ok(receive(fd, &text, NULL, 1000));
		close(fd);
	}
	buf_clear(&text);
}

int main(void)
{
	test("the service comes up")
		server_start(&server);
	test_scope();
	test_replay();
	test_tokens();
	reply_clear(&r);
	server_clear(&server);
	return test_result();
}
