/* A peer that answers what no service should: `server ANSWER [DIRECTORY]` listens on 127.0.0.1 ($PORT, else a
   free one), says `fake: ready URL`, and answers every request alike. The answers are told in the table below.
   `files` answers a GET with the file of its path in the directory, slashes being dashes there, so that a
   test can spoil what a real service said; `raw` the same for every method, the file being the whole answer with
   its head, after which the connection is ended. What reaches 127.0.0.2, where `redirect` leads to, is kept in
   the file `foreign` of the directory, the first line of every other request in `asked`. */
#include "model/buf.h"
#include <arpa/inet.h>
#include <ctype.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_REQUEST = 1 << 20 };

struct call {
	int fd, port;
	const char *dir;
	struct buf request;
};

static void say(struct call *c, const char *text)
{
	if (write(c->fd, text, strlen(text)) < 0)
		_exit(0);
}

static void say_body(struct call *c, const char *status, const char *type, const char *body, size_t size)
{
	struct buf head = { 0 };

	buf_printf(&head, "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n", status,
		type, size);
	say(c, head.text);
	for (size_t done = 0; done < size;) {
		ssize_t n = write(c->fd, body + done, size - done);
		if (n <= 0)
			_exit(0);
		done += (size_t)n;
	}
	buf_clear(&head);
}

static void answer_html(struct call *c)
{
	static const char body[] = "<!DOCTYPE html><title>Sign in</title><h1>Welcome to the hotel's network</h1>";

	say_body(c, "200 OK", "text/html", body, sizeof body - 1);
}

static void answer_cut(struct call *c)
{
	say(c, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9000\r\n\r\n{\"items\":[{\"id\":\"c1\",");
}

static void answer_cut_head(struct call *c)
{
	say(c, "HTTP/1.1 201 Created\r\nContent-Ty");
}

static void answer_types(struct call *c)
{
	static const char body[] = "{\"items\":{\"id\":[1,2]},\"next\":{},\"id\":7,\"number\":[],\"version\":\"x\",\"subject\":null,"
				   "\"features\":3,\"worker\":[],\"roles\":\"all\",\"teams\":{\"a\":1},\"status\":-1,\"total\":\"many\"}";

	say_body(c, "200 OK", "application/json", body, sizeof body - 1);
}

static void answer_array(struct call *c)
{
	say_body(c, "200 OK", "application/json", "[[[[[null]]]], 1e999, \"\\ud800\"]", 31);
}

static void answer_500(struct call *c)
{
	say_body(c, "500 Internal Server Error", "text/plain", "", 0);
}

static void answer_busy(struct call *c)
{
	say(c, "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 999999999999\r\nContent-Length: 0\r\n\r\n");
}

static void answer_endless(struct call *c)
{
	static char block[65536];

	memset(block, ' ', sizeof block);
	say(c, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n[");
	while (write(c->fd, block, sizeof block) > 0)
		;
}

static void answer_endless_head(struct call *c)
{
	say(c, "HTTP/1.1 200 OK\r\n");
	for (int i = 0; i < 1000000; i++)
		say(c, "X-More: and more and more and more and more and more and more and more\r\n");
}

static void answer_never(struct call *c)
{
	char byte;

	while (read(c->fd, &byte, 1) > 0)
		;
}

/* A letter a second: every time-out that starts anew at a byte waits for good. */
static void answer_drip(struct call *c)
{
	struct pollfd p = { .fd = c->fd, .events = POLLIN };

	say(c, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9000\r\n\r\n{");
	while (poll(&p, 1, 1000) == 0)
		say(c, " ");
}

static void answer_redirect(struct call *c)
{
	struct buf head = { 0 };

	buf_printf(&head,
		"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.2:%d/v1/cases\r\nContent-Length: 0\r\n\r\n",
		c->port);
	say(c, head.text);
	buf_clear(&head);
}

static void answer_garbage(struct call *c)
{
	say(c, "\x1b]0;owned\x07\x1b[2J\xff\xfe nothing like HTTP\n\n");
}

static void answer_silent(struct call *c)
{
	(void)c;
}

/* The reason of a refusal is text from outside as well. */
static void answer_rude(struct call *c)
{
	static const char body[] = "{\"type\":\"about:blank\",\"title\":\"No\\u001b[31m\\u202e\",\"status\":403,"
				   "\"detail\":\"Go\\u001b]0;owned\\u0007 \\u009b31m away\\u202e\"}";

	say_body(c, "403 Forbidden", "application/problem+json", body, sizeof body - 1);
}

/* The file of the request's path; NULL: there is none. */
static FILE *file_asked(const struct call *c)
{
	struct buf path = { 0 };
	const char *at = strchr(buf_str(&c->request), ' ');

	buf_printf(&path, "%s/", c->dir);
	for (at = at ? at + 1 : ""; *at && (isalnum((unsigned char)*at) || strchr("/_.-", *at)); at++)
		buf_char(&path, *at == '/' ? '-' : *at);
	FILE *f = fopen(path.text, "r");
	buf_clear(&path);
	return f;
}

static void take_file(struct buf *body, FILE *f)
{
	char bytes[4096];
	size_t n;

	while (f && (n = fread(bytes, 1, sizeof bytes, f)) > 0)
		buf_add(body, bytes, n);
	if (f)
		fclose(f);
}

static void answer_files(struct call *c)
{
	static const char none[] = "{\"type\":\"about:blank\",\"title\":\"Not found\",\"status\":404,\"detail\":\"Not here.\"}";
	FILE *f = file_asked(c);
	struct buf body = { 0 };

	take_file(&body, f);
	if (f)
		say_body(c, "200 OK", "application/json", buf_str(&body), body.size);
	else
		say_body(c, "404 Not Found", "application/problem+json", none, sizeof none - 1);
	buf_clear(&body);
}

static void answer_raw(struct call *c)
{
	FILE *f = file_asked(c);
	struct buf all = { 0 };

	if (!f) {
		say_body(c, "404 Not Found", "application/json", "{}", 2);
		return;
	}
	take_file(&all, f);
	for (size_t done = 0; done < all.size;) {
		ssize_t n = write(c->fd, all.text + done, all.size - done);
		if (n <= 0)
			_exit(0);
		done += (size_t)n;
	}
	buf_clear(&all);
}

static const struct {
	const char *name;
	void (*answer)(struct call *c);
} answers[] = {
	{ "html", answer_html },
	{ "cut", answer_cut },
	{ "cut-head", answer_cut_head },
	{ "types", answer_types },
	{ "array", answer_array },
	{ "500", answer_500 },
	{ "busy", answer_busy },
	{ "endless", answer_endless },
	{ "endless-head", answer_endless_head },
	{ "never", answer_never },
	{ "drip", answer_drip },
	{ "redirect", answer_redirect },
	{ "garbage", answer_garbage },
	{ "silent", answer_silent },
	{ "rude", answer_rude },
	{ "files", answer_files },
	{ "raw", answer_raw },
};

/* Reads one request whole: its head, and as many bytes as it says. */
static void read_request(struct call *c)
{
	char bytes[4096];
	const char *end = NULL;
	size_t want = 0;

	while (c->request.size < MAX_REQUEST && (!end || c->request.size < want)) {
		ssize_t n = read(c->fd, bytes, sizeof bytes);
		if (n <= 0)
			return;
		buf_add(&c->request, bytes, (size_t)n);
		end = strstr(buf_str(&c->request), "\r\n\r\n");
		const char *length = strstr(c->request.text, "Content-Length: ");
		want = end ? (size_t)(end + 4 - c->request.text) : 0;
		want += end && length && length < end ? strtoul(length + 16, NULL, 10) : 0;
	}
}

static void keep(struct call *c, const char *name, size_t size)
{
	struct buf path = { 0 };

	buf_printf(&path, "%s/%s", c->dir, name);
	FILE *f = fopen(path.text, "a");
	if (f) {
		fprintf(f, "%.*s\n", (int)size, buf_str(&c->request));
		fclose(f);
	}
	buf_clear(&path);
}

static int listen_on(const char *host, int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((unsigned short)port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	inet_pton(AF_INET, host, &a.sin_addr);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) != 0 || listen(fd, 64) != 0) {
		perror(host);
		exit(1);
	}
	return fd;
}

static int port_of(int fd)
{
	struct sockaddr_in a;
	socklen_t size = sizeof a;

	getsockname(fd, (struct sockaddr *)&a, &size);
	return ntohs(a.sin_port);
}

static void serve(struct call *c, int listening, bool foreign, void (*answer)(struct call *c))
{
	c->fd = accept(listening, NULL, NULL);
	if (c->fd < 0)
		return;
	if (fork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		read_request(c);
		if (foreign)
			keep(c, "foreign", c->request.size);
		else
			keep(c, "asked", strcspn(buf_str(&c->request), "\r"));
		answer(c);
		buf_clear(&c->request);
		_exit(0);
	}
	close(c->fd);
}

int main(int argc, char **argv)
{
	void (*answer)(struct call *c) = NULL;
	struct call c = { .dir = argc > 2 ? argv[2] : "/nowhere" };

	for (size_t i = 0; argc > 1 && i < sizeof answers / sizeof *answers; i++)
		if (strcmp(argv[1], answers[i].name) == 0)
			answer = answers[i].answer;
	if (!answer) {
		fprintf(stderr, "usage: server ANSWER [DIRECTORY]\n");
		return 2;
	}
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	struct pollfd p[2] = { { .events = POLLIN }, { .events = POLLIN } };
	p[0].fd = listen_on("127.0.0.1", getenv("PORT") ? atoi(getenv("PORT")) : 0);
	c.port = port_of(p[0].fd);
	p[1].fd = listen_on("127.0.0.2", c.port);
	printf("fake: ready http://127.0.0.1:%d/v1\n", c.port);
	fflush(stdout);
	while (poll(p, 2, -1) > 0)
		for (int i = 0; i < 2; i++)
			if (p[i].revents)
				serve(&c, p[i].fd, i == 1, answer);
	return 1;
}
