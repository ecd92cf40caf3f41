/* kill -9 in the middle of writing: what was answered with 2xx is there afterwards, once; a repeat
   with the same key gives the first answer. */
#include "tests/service.h"

enum { ROUNDS = 6, NOTES = 400 };

static struct server server;

/* Adds notes one after the other until the service is gone; how many were answered. */
static int add_notes(int round)
{
	struct reply r = { 0 };
	char key[64], body[64];
	int answered = 0;
	for (int i = 0; i < NOTES; i++) {
		snprintf(key, sizeof key, "Idempotency-Key: round-%06d-%06d\r\n", round, i);
		snprintf(body, sizeof body, "{\"kind\":\"note\",\"text\":\"n%d_%d\"}", round, i);
		ask(&r, &server, server.rossi, "POST", "/cases/c3/events", key, body);
		if (r.status != 201)
			break;
		answered++;
	}
	reply_clear(&r);
	return answered;
}

static pid_t killer(int ms)
{
	pid_t pid = fork();
	if (pid == 0) {
		struct timespec pause = { .tv_nsec = ms * 1000000L };
		nanosleep(&pause, NULL);
		kill(server.pid, SIGKILL);
		_exit(0);
	}
	return pid;
}

static int count_notes(int round)
{
	struct reply r = { 0 };
	char path[300] = "/cases/c3/events?limit=200", prefix[16];
	int count = 0;
	snprintf(prefix, sizeof prefix, "n%d_", round);
	for (const char *next = ""; next;) {
		ask(&r, &server, server.rossi, "GET", path, NULL, NULL);
		for (size_t i = 0; i < json_count(at(&r, "items")); i++) {
			const char *text = json_get_text(json_at(at(&r, "items"), i), "text");
			count += text && strncmp(text, prefix, strlen(prefix)) == 0;
		}
		next = text_at(&r, "next");
		if (next)
			snprintf(path, sizeof path, "/cases/c3/events?limit=200&cursor=%s", next);
	}
	reply_clear(&r);
	return count;
}

static void test_round(int round)
{
	pid_t pid = killer(20 + 37 * round);
	int answered = add_notes(round), status;
	waitpid(pid, &status, 0);
	waitpid(server.pid, &status, 0);
	server_run(&server);
	int kept = count_notes(round);
	/* One more may have reached the disk without its answer reaching us. */
	if (!ok(kept == answered || kept == answered + 1))
		printf("# answered %d, kept %d\n", answered, kept);
	int more = add_notes(round);
	same_int(more, NOTES);
	same_int(count_notes(round), NOTES);
}

/* A file that may not grow is what a full disk looks like from here. */
static void test_full(void)
{
	struct reply r = { 0 };
	struct buf body = { 0 };
	int refused = 0, answered = 0;
	server_end(&server, SIGTERM);
	server.most_bytes = 900000;
	server_run(&server);
	buf_text(&body, "{\"kind\":\"note\",\"text\":\"full ");
	for (int i = 0; i < 15000; i++)
		buf_char(&body, (char)('a' + i * 7919 % 26));
	buf_text(&body, "\"}");
	for (int i = 0; i < 200 && refused < 3; i++) {
		ask(&r, &server, server.rossi, "POST", "/cases/c1/events", NULL, body.text);
		answered += r.status == 201;
		refused += r.status == 503;
		if (!ok(r.status == 201 || r.status == 503))
			break;
	}
	ok(refused == 3 && answered > 0);
	same(problem(&r), "unavailable");
	ok(text_at(&r, "detail") && strstr(text_at(&r, "detail"), "nothing was changed"));
	ask(&r, &server, server.rossi, "GET", "/cases/c1", NULL, NULL);
	same_int(r.status, 200);
	server_end(&server, SIGTERM);
	server.most_bytes = 0;
	server_run(&server);
	int kept = 0;
	char path[300] = "/cases/c1/events?limit=200";
	ask(&r, &server, server.rossi, "GET", path, NULL, NULL);
	for (size_t i = 0; i < json_count(at(&r, "items")); i++) {
		const char *text = json_get_text(json_at(at(&r, "items"), i), "text");
		kept += text && strncmp(text, "full ", 5) == 0;
	}
	same_int(kept, answered);
	ask(&r, &server, server.rossi, "POST", "/cases/c1/events", NULL, body.text);
	same_int(r.status, 201);
	buf_clear(&body);
	reply_clear(&r);
}

int main(void)
{
	test("the service comes up")
		server_start(&server);
	for (int round = 0; round < ROUNDS; round++) {
		test("killed while writing: nothing answered is lost, nothing is there twice")
			test_round(round);
	}
	test("a full disk is said, loses nothing that was answered, and passes")
		test_full();
	test("it stops in order")
		same_int(server_end(&server, SIGTERM), 0);
	server_clear(&server);
	return test_result();
}
