/* SIGTERM while eight write: each note that was answered is on record once, each that was not at most once, and
   once when it is sent again; an event stream ends in order; the program ends by itself, with 0. */
#include "tests/service.h"

enum { ROUNDS = 3, WRITERS = 8, NOTES = 4000 };

static struct server server;

struct tally {
	int sent[WRITERS];     /* how many each sent */
	bool *answered;	       /* WRITERS x NOTES */
	unsigned char *on_record; /* how often each is there */
};

static void send_note(struct reply *r, int round, int writer, int i)
{
	char key[64], body[64];
	snprintf(key, sizeof key, "Idempotency-Key: stop-%04d-%04d-%06d\r\n", round, writer, i);
	snprintf(body, sizeof body, "{\"kind\":\"note\",\"text\":\"n%d_%d_%d\"}", round, writer, i);
	ask(r, &server, server.rossi, "POST", "/cases/c3/events", key, body);
}

/* One word for each note: its number, and whether it was answered with 2xx. */
static void write_notes(int out, int round, int writer)
{
	struct reply r = { 0 };
	for (int i = 0; i < NOTES; i++) {
		int word[2] = { writer, 2 * i };
		if (write(out, word, sizeof word) != sizeof word)
			break;
		send_note(&r, round, writer, i);
		if (r.status != 201)
			break;
		word[1]++;
		if (write(out, word, sizeof word) != sizeof word)
			break;
	}
	reply_clear(&r);
	_exit(0);
}

static void take_word(struct tally *t, const int word[2], int *answered)
{
	int i = word[1] / 2;
	if (word[1] % 2) {
		t->answered[word[0] * NOTES + i] = true;
		++*answered;
	} else {
		t->sent[word[0]] = i + 1;
	}
}

/* They write until the service is gone; it is told to stop when so many were answered. */
static int write_and_stop(struct tally *t, int round, int after)
{
	int ends[2], word[2], answered = 0;
	pid_t writers[WRITERS];
	bool told = false;
	ok(pipe(ends) == 0);
	for (int w = 0; w < WRITERS; w++) {
		writers[w] = fork();
		if (writers[w] == 0) {
			close(ends[0]);
			write_notes(ends[1], round, w);
		}
	}
	close(ends[1]);
	while (read(ends[0], word, sizeof word) == sizeof word) {
		take_word(t, word, &answered);
		if (!told && answered >= after) {
			kill(server.pid, SIGTERM);
			told = true;
		}
	}
	close(ends[0]);
	for (int w = 0; w < WRITERS; w++)
		waitpid(writers[w], NULL, 0);
	return answered;
}

static void count_notes(struct tally *t, int round)
{
	struct reply r = { 0 };
	char path[300] = "/cases/c3/events?limit=200";
	int n, w, i;
	memset(t->on_record, 0, (size_t)WRITERS * NOTES);
	for (const char *next = ""; next;) {
		ask(&r, &server, server.rossi, "GET", path, NULL, NULL);
		for (size_t k = 0; k < json_count(at(&r, "items")); k++) {
			const char *text = json_get_text(json_at(at(&r, "items"), k), "text");
			if (text && sscanf(text, "n%d_%d_%d", &n, &w, &i) == 3 && n == round)
				t->on_record[w * NOTES + i]++;
		}
		next = text_at(&r, "next");
		if (next)
			snprintf(path, sizeof path, "/cases/c3/events?limit=200&cursor=%s", next);
	}
	reply_clear(&r);
}

static int open_stream(void)
{
	struct buf out = { 0 }, request = { 0 };
	int fd = server_connect(&server);
	buf_printf(&request, "GET /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n", server.rossi);
	send_all(fd, request.text, request.size);
	ok(receive(fd, &out, "event: hello", 10000));
	buf_clear(&out);
	buf_clear(&request);
	return fd;
}

static void stream_ended(int fd)
{
	struct buf out = { 0 };
	ok(receive(fd, &out, NULL, 20000)); /* closed, and before that its end was said */
	if (!ok(out.size >= 5 && memcmp(out.text + out.size - 5, "0\r\n\r\n", 5) == 0))
		printf("# %zu bytes, ending in %s\n", out.size, out.size > 60 ? out.text + out.size - 60 : buf_str(&out));
	buf_clear(&out);
	close(fd);
}

static void count_all(const struct tally *t, int *lost, int *doubled, int *open)
{
	*lost = *doubled = *open = 0;
	for (int i = 0; i < WRITERS * NOTES; i++) {
		*lost += t->answered[i] && t->on_record[i] == 0;
		*doubled += t->on_record[i] > 1;
		*open += !t->answered[i] && i % NOTES < t->sent[i / NOTES];
	}
}

static void test_round(int round)
{
	struct tally t = { .answered = xcalloc(WRITERS * NOTES, sizeof(bool)),
		.on_record = xcalloc(WRITERS * NOTES, 1) };
	struct reply r = { 0 };
	int lost, doubled, open, stream = open_stream(), status = -1;
	int answered = write_and_stop(&t, round, 40 + 90 * round);
	stream_ended(stream);
	waitpid(server.pid, &status, 0);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	server_run(&server);
	ok(server.port > 0);
	count_notes(&t, round);
	count_all(&t, &lost, &doubled, &open);
	same_int(lost, 0);
	same_int(doubled, 0);
	/* What was not answered is sent again, with its key. */
	for (int i = 0; i < WRITERS * NOTES; i++) {
		if (!t.answered[i] && i % NOTES < t.sent[i / NOTES]) {
			send_note(&r, round, i / NOTES, i % NOTES);
			same_int(r.status, 201);
			t.answered[i] = true;
		}
	}
	count_notes(&t, round);
	int again;
	count_all(&t, &lost, &doubled, &again);
	same_int(lost, 0);
	same_int(doubled, 0);
	printf("# answered %d, cut off %d, lost %d, doubled %d\n", answered, open, lost, doubled);
	reply_clear(&r);
	free(t.answered);
	free(t.on_record);
}

int main(void)
{
	test("the service comes up")
		server_start(&server);
	for (int round = 0; round < ROUNDS; round++)
		test("stopped among eight writers")
			test_round(round);
	test("its data is whole") {
		same_int(server_end(&server, SIGTERM), 0);
		same_int(server_command(&server, (const char *const[]){ "check", NULL }), 0);
	}
	server_clear(&server);
	return test_result();
}
