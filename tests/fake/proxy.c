/* A service that fails. `proxy [-f FAULT] [-s SEED] DIRECTORY [URL]` listens on 127.0.0.1 ($PORT,
   else a free one), says `proxy: ready URL`, and hands every request on to the real service at URL,
   but for the faults that stand in the file `fault` of the directory (-f is its first line). `proxy
   -l` lists them: NAME, GROUP, what it is. Without a URL there is nobody behind it: only what needs
   nobody can be answered.

   A line of `fault` is NAME[=ARG][,NAME[=ARG]...] and then, in any order: xN (so many times, then
   the line is taken out; else for ever), %N (of a hundred requests, by lot), METHOD, a pattern of
   the path that begins with `/` (fnmatch). The first line that fits a request counts; of several
   names one is drawn. Bytes are counted from the answer's first (`cut=-1`: all but the last);
   without a number it is the half. The draws are $SEED's or -s's, which is printed. To change the
   file while it runs, move another over it.

   In the directory it keeps `asked` (the first line of every request), `struck` (`NAME=ARG METHOD
   PATH` of every request that met a fault), `sizes` (`HEAD BODY MEMBERS METHOD PATH`: bytes and
   members of the answers that the fault `measure` let through), and `foreign`, what came to
   127.0.0.2 on the same port, where the service's answers lead to: nothing may, so it is not even
   there. */
#include "model/buf.h"
#include <arpa/inet.h>
#include <ctype.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK = 65536, WORDS_MOST = 32 };

enum place { IN_HEAD, IN_LENGTH, IN_SIZE, IN_CHUNK, IN_CHUNK_END, IN_TRAILER, TO_THE_END, DONE };

struct answer {
	struct buf raw, head, body, line; /* as it came; its head; its body, without chunks */
	enum place at;
	long long left;
	bool stream;
};

struct call {
	int client, server; /* -1: not connected */
	struct buf request;
	size_t head_size; /* of the request */
	char method[16], path[2000];
	const char *name, *arg; /* of the fault; arg may be NULL */
	void (*each)(struct call *c, char *event, int nr);
	struct answer answer;
};

static const char *dir = ".";
static int behind, own_port; /* ports; 0: nobody is behind */
static unsigned seed, draw;
static atomic_uint *requests; /* of all connections */

/* ---- small things */

static int drawn(int below)
{
	return (int)(rand_r(&draw) % (unsigned)below);
}

static void note(const char *file, const char *text)
{
	struct buf path = { 0 };

	buf_printf(&path, "%s/%s", dir, file);
	int fd = open(path.text, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd >= 0 && write(fd, text, strlen(text)) >= 0)
		close(fd);
	buf_clear(&path);
}

static void pause_ms(int ms)
{
	poll(NULL, 0, ms);
}

static long long number(const struct call *c, long long otherwise)
{
	return c->arg && *c->arg ? strtoll(c->arg, NULL, 10) : otherwise;
}

static bool said(const struct call *c, const char *word)
{
	return c->arg && !strcmp(c->arg, word);
}

__attribute__((noreturn)) static void end(struct call *c)
{
	shutdown(c->client, SHUT_WR);
	_exit(0);
}

/* Gone at once, without a word (RST). */
__attribute__((noreturn)) static void end_rudely(struct call *c)
{
	struct linger now = { .l_onoff = 1 };

	setsockopt(c->client, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	close(c->client);
	_exit(0);
}

/* Nothing more, but it stays there until the other goes. */
__attribute__((noreturn)) static void hold(struct call *c)
{
	char bytes[4096];

	while (read(c->client, bytes, sizeof bytes) > 0)
		;
	_exit(0);
}

static bool put(int fd, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t n = send(fd, bytes, size, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
		bytes += n;
		size -= (size_t)n;
	}
	return true;
}

static void give(struct call *c, const char *bytes, size_t size)
{
	if (!put(c->client, bytes, size))
		_exit(0);
}

static void say(struct call *c, const char *text)
{
	give(c, text, strlen(text));
}

static void say_forever(struct call *c, const char *text)
{
	struct buf block = { 0 };

	while (block.size < BLOCK)
		buf_text(&block, text);
	for (;;)
		give(c, block.text, block.size);
}

static void say_body(
	struct call *c, const char *status, const char *type, const char *body, size_t size)
{
	struct buf head = { 0 };

	buf_printf(&head, "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n", status,
		type, size);
	say(c, head.text);
	give(c, body, size);
	buf_clear(&head);
}

/* ---- an answer and where it ends (RFC 9112, 6 and 7.1) */

/* The value of a header, blanks before it left out; NULL: not there. */
static const char *header(const char *head, const char *name)
{
	size_t size = strlen(name);

	for (const char *at = strchr(head, '\n'); at; at = strchr(at, '\n')) {
		at++;
		if (!strncasecmp(at, name, size) && at[size] == ':')
			return at + size + 1 + strspn(at + size + 1, " ");
	}
	return NULL;
}

static bool header_is(const char *head, const char *name, const char *value)
{
	const char *found = header(head, name);

	return found && !strncasecmp(found, value, strlen(value));
}

static void head_ended(struct answer *a, const char *method)
{
	int status = atoi(a->head.text + strcspn(a->head.text, " "));
	const char *length = header(a->head.text, "Content-Length");

	a->stream = header_is(a->head.text, "Content-Type", "text/event-stream");
	a->left = length ? atoll(length) : 0;
	if (status / 100 == 1 || status == 204 || status == 304 || !strcmp(method, "HEAD"))
		a->at = DONE;
	else if (header_is(a->head.text, "Transfer-Encoding", "chunked"))
		a->at = IN_SIZE;
	else if (length)
		a->at = a->left > 0 ? IN_LENGTH : DONE;
	else
		a->at = TO_THE_END;
}

static void line_ended(struct answer *a)
{
	bool empty = !*buf_str(&a->line) || a->line.text[0] == '\r';

	if (a->at == IN_SIZE) {
		a->left = strtoll(a->line.text, NULL, 16);
		a->at = a->left > 0 ? IN_CHUNK : IN_TRAILER;
	} else if (a->at == IN_TRAILER) {
		a->at = empty ? DONE : IN_TRAILER;
	} else {
		a->at = IN_SIZE;
	}
	buf_reset(&a->line);
}

static void answer_byte(struct answer *a, char byte, const char *method)
{
	buf_char(&a->raw, byte);
	if (a->at == IN_HEAD) {
		buf_char(&a->head, byte);
		if (a->head.size > 3 && !strcmp(a->head.text + a->head.size - 4, "\r\n\r\n"))
			head_ended(a, method);
	} else if (a->at == IN_SIZE || a->at == IN_TRAILER || a->at == IN_CHUNK_END) {
		if (byte == '\n')
			line_ended(a);
		else
			buf_char(&a->line, byte);
	} else {
		buf_char(&a->body, byte);
		if (a->at != TO_THE_END && --a->left == 0)
			a->at = a->at == IN_LENGTH ? DONE : IN_CHUNK_END;
	}
}

/* ---- the service behind */

static struct sockaddr_in address(const char *host, int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((unsigned short)port) };

	inet_pton(AF_INET, host, &a.sin_addr);
	return a;
}

static int connect_behind(void)
{
	struct sockaddr_in a = address("127.0.0.1", behind);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	if (!behind || connect(fd, (struct sockaddr *)&a, sizeof a) != 0) {
		close(fd);
		return -1;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	return fd;
}

/* So many bytes of the request go on. */
static void ask_part(struct call *c, size_t size)
{
	if (c->server < 0)
		c->server = connect_behind();
	if (c->server < 0 || !put(c->server, c->request.text, size))
		end(c);
}

static void ask(struct call *c)
{
	ask_part(c, c->request.size);
}

/* What the service says next; who asked may have gone meanwhile: then nobody is left to hear it. */
static size_t hear(struct call *c, char *bytes, size_t size)
{
	struct pollfd p[2] = { { c->client, POLLIN, 0 }, { c->server, POLLIN, 0 } };

	while (poll(p, 2, -1) > 0) {
		if (p[1].revents) {
			ssize_t n = read(c->server, bytes, size);
			return n > 0 ? (size_t)n : 0;
		}
		if (read(c->client, bytes, size) <= 0)
			break;
	}
	_exit(0);
}

/* The next bytes of the answer; false: it is whole, or the service broke off, which is handed on.
 */
static bool hear_answer(struct call *c)
{
	static char bytes[BLOCK];
	struct answer *a = &c->answer;

	if (a->at == DONE)
		return false;
	size_t n = hear(c, bytes, sizeof bytes);
	if (!n && a->at == TO_THE_END)
		a->at = DONE;
	else if (!n) {
		give(c, buf_str(&a->raw), a->raw.size);
		end(c);
	}
	for (size_t i = 0; i < n && a->at != DONE; i++)
		answer_byte(a, bytes[i], c->method);
	return true;
}

/* Asks, and waits for the answer. false: it is a stream, its head is there, and it is handed on as
 * it is. */
static bool whole(struct call *c)
{
	ask(c);
	while (!c->answer.stream && hear_answer(c))
		;
	return !c->answer.stream;
}

static void pass_stream(struct call *c)
{
	static char bytes[BLOCK];
	size_t n;

	give(c, c->answer.raw.text, c->answer.raw.size);
	while ((n = hear(c, bytes, sizeof bytes)) > 0)
		give(c, bytes, n);
	end(c);
}

static void pass(struct call *c)
{
	if (!whole(c))
		pass_stream(c);
	give(c, c->answer.raw.text, c->answer.raw.size);
	if (!header(c->answer.head.text, "Content-Length") &&
		!header(c->answer.head.text, "Transfer-Encoding") && c->answer.body.size)
		end(c);
}

/* The lines of its head but for the first and those of that name. */
static void head_but(struct buf *out, const char *head, const char *name)
{
	size_t size = strlen(name);

	for (const char *at = strchr(head, '\n') + 1; *at && *at != '\r'; at = strchr(at, '\n') + 1)
		if (strncasecmp(at, name, size) != 0 &&
			strncasecmp(at, "Content-Length:", 15) != 0 &&
			strncasecmp(at, "Transfer-Encoding:", 18) != 0)
			buf_add(out, at, (size_t)(strchr(at, '\n') + 1 - at));
}

/* The service's own answer with this in place of its body; of its status, where that is given.
   Lines of the head are added with their ends. */
static void respond(
	struct call *c, const char *status, const char *more, const char *body, size_t size)
{
	const char *old = c->answer.head.text;
	struct buf head = { 0 };

	if (status)
		buf_printf(&head, "HTTP/1.1 %s\r\n", status);
	else
		buf_add(&head, old, (size_t)(strchr(old, '\n') + 1 - old));
	head_but(&head, old, " ");
	buf_text(&head, more);
	if (!strstr(more, "Content-Length:") && !strstr(more, "Transfer-Encoding:"))
		buf_printf(&head, "Content-Length: %zu\r\n", size);
	buf_text(&head, "\r\n");
	give(c, head.text, head.size);
	give(c, body, size);
	buf_clear(&head);
}

/* ---- JSON, as text: the members of an answer, counted from 0 in their order */

struct member {
	size_t name, value, end; /* where the name's quote is, its value begins and ends */
};

static size_t string_end(const char *text, size_t at)
{
	for (at++; text[at] && text[at] != '"'; at++)
		at += text[at] == '\\' && text[at + 1];
	return at + (text[at] == '"');
}

static size_t value_end(const char *text, size_t at)
{
	int depth = 0;

	do {
		if (text[at] == '"')
			at = string_end(text, at);
		else if (strchr("{[", text[at]))
			depth++, at++;
		else if (strchr("}]", text[at]))
			depth--, at++;
		else
			at++;
	} while (text[at] && (depth > 0 || !strchr(",]} \r\n", text[at])));
	return at;
}

/* How many there are; the one with that number, where it is there. */
static int members(const char *text, int nr, struct member *m)
{
	int count = 0;
	size_t name = 0;

	for (size_t at = 0; text[at];) {
		if (text[at] == '"') {
			name = at;
			at = string_end(text, at);
			continue;
		}
		if (text[at++] != ':')
			continue;
		at += strspn(text + at, " ");
		if (count++ == nr)
			*m = (struct member){ name, at, value_end(text, at) };
	}
	return count;
}

/* The first of that name. */
static bool member_named(const char *text, const char *name, struct member *m)
{
	int count = members(text, -1, m);

	for (int i = 0; i < count; i++) {
		members(text, i, m);
		if (!strncmp(text + m->name + 1, name, strlen(name)) &&
			text[m->name + 1 + strlen(name)] == '"')
			return true;
	}
	return false;
}

static void with_value(struct buf *out, const char *text, const struct member *m, const char *value)
{
	buf_add(out, text, m->value);
	buf_text(out, value);
	buf_text(out, text + m->end);
}

/* The one asked for (`NAME=7`), else one by lot; false: the answer has none, and is handed on. */
static bool choose_member(struct call *c, struct member *m, int each, int *kind)
{
	if (!whole(c))
		pass_stream(c);
	const char *text = buf_str(&c->answer.body);
	int count = *text == '{' || *text == '[' ? members(text, -1, m) : 0;
	if (!count) {
		give(c, c->answer.raw.text, c->answer.raw.size);
		return false;
	}
	long long nr = number(c, drawn(count * each));
	*kind = (int)(nr % each);
	members(text, (int)(nr / each) % count, m);
	return true;
}

/* ---- faults of the wire */

static void do_before(struct call *c)
{
	end(c);
}

static void do_reset(struct call *c)
{
	end_rudely(c);
}

static void do_mute(struct call *c)
{
	hold(c);
}

/* A part of the request reaches the service. */
static void do_request(struct call *c)
{
	long long size = number(c, drawn((int)c->request.size));

	if (size < 0)
		size += (long long)c->request.size;
	ask_part(c, size < 0				? 0
		    : size > (long long)c->request.size ? c->request.size
							: (size_t)size);
	shutdown(c->server, SHUT_WR);
	end_rudely(c);
}

/* All of it does, and the client loses the wire while the service is at it. */
static void do_gone(struct call *c)
{
	struct linger now = { .l_onoff = 1 };
	char bytes[4096];

	ask(c);
	setsockopt(c->client, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	close(c->client);
	while (read(c->server, bytes, sizeof bytes) > 0)
		;
	_exit(0);
}

static void do_after(struct call *c)
{
	whole(c);
	end(c);
}

static void do_after_reset(struct call *c)
{
	whole(c);
	end_rudely(c);
}

/* So much of the answer; of a stream at least that. */
static void give_part(struct call *c)
{
	bool all = whole(c);
	long long size = number(c, all ? (long long)c->answer.raw.size / 2 : 600);

	while (!all && (long long)c->answer.raw.size < size && hear_answer(c))
		;
	if (size < 0)
		size += (long long)c->answer.raw.size;
	if (size > (long long)c->answer.raw.size)
		size = (long long)c->answer.raw.size;
	give(c, c->answer.raw.text, size < 0 ? 0 : (size_t)size);
}

static void do_cut(struct call *c)
{
	give_part(c);
	end(c);
}

static void do_cut_reset(struct call *c)
{
	give_part(c);
	pause_ms(5); /* what is not fetched yet is lost by it */
	end_rudely(c);
}

static void do_stall(struct call *c)
{
	give_part(c);
	hold(c);
}

static void do_delay(struct call *c)
{
	pause_ms((int)number(c, 300));
	pass(c);
}

static void do_late(struct call *c)
{
	bool all = whole(c);

	pause_ms((int)number(c, 300));
	if (!all)
		pass_stream(c);
	give(c, c->answer.raw.text, c->answer.raw.size);
}

static void do_trickle(struct call *c)
{
	bool all = whole(c);

	for (size_t i = 0; i < c->answer.raw.size; i++) {
		struct pollfd p = { .fd = c->client, .events = POLLIN };

		give(c, c->answer.raw.text + i, 1);
		if (poll(&p, 1, (int)number(c, 20)) > 0)
			_exit(0);
	}
	if (!all) {
		buf_reset(&c->answer.raw);
		pass_stream(c);
	}
}

/* It is asked so, on a connection of its own, and what it says is thrown away. */
static void ask_aside(const struct call *c)
{
	struct pollfd p = { .fd = connect_behind(), .events = POLLIN };
	char bytes[4096];

	if (p.fd < 0)
		return;
	put(p.fd, c->request.text, c->request.size);
	while (poll(&p, 1, 500) > 0 && read(p.fd, bytes, sizeof bytes) > 0)
		;
	close(p.fd);
}

static void do_twice(struct call *c)
{
	ask_aside(c);
	pass(c);
}

static void do_both(struct call *c)
{
	if (fork() == 0) {
		ask_aside(c);
		_exit(0);
	}
	pass(c);
}

/* Once more, long after its answer. */
static void do_again(struct call *c)
{
	if (fork() == 0) {
		close(c->client);
		pause_ms((int)number(c, 1000));
		ask_aside(c);
		_exit(0);
	}
	pass(c);
}

/* ---- what HTTP has for failing */

static void date_in(struct buf *out, time_t at)
{
	struct tm tm;
	char text[64];

	strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&at, &tm));
	buf_text(out, text);
}

/* `503=2`, `503=-5`, `503=soon`; `date` is in two seconds, `past` long ago, `far` in a thousand
 * years. */
static void refuse(struct call *c, int status)
{
	static const char body[] = "<h1>No</h1>";
	struct buf head = { 0 };

	buf_printf(&head, "HTTP/1.1 %d No\r\nContent-Type: text/html\r\nContent-Length: %zu\r\n",
		status, sizeof body - 1);
	if (c->arg) {
		buf_text(&head, "Retry-After: ");
		if (said(c, "date"))
			date_in(&head, time(NULL) + 2);
		else if (said(c, "past"))
			date_in(&head, 0);
		else if (said(c, "far"))
			date_in(&head, (time_t)32503680000);
		else
			buf_text(&head, c->arg);
		buf_text(&head, "\r\n");
	}
	buf_printf(&head, "\r\n%s", body);
	give(c, head.text, head.size);
	buf_clear(&head);
}

static void do_refuse(struct call *c)
{
	refuse(c, atoi(c->name));
}

static void do_acted(struct call *c)
{
	int status = (int)number(c, 503);

	if (!whole(c))
		pass_stream(c);
	c->arg = NULL;
	refuse(c, status);
}

/* The reason of a refusal is text from outside as well. */
static void do_rude(struct call *c)
{
	static const char body[] =
		"{\"type\":\"about:blank\",\"title\":\"No\\u001b[31m\\u202e\",\"status\":403,"
		"\"detail\":\"Go\\u001b]0;owned\\u0007 \\u009b31m away\\u202e\"}";

	say_body(c, "403 Forbidden", "application/problem+json", body, sizeof body - 1);
}

static void redirect(struct call *c, const char *host, int port)
{
	struct buf head = { 0 };

	buf_printf(&head,
		"HTTP/1.1 %d Elsewhere\r\nLocation: http://%s:%d%s\r\nContent-Length: 0\r\n\r\n",
		(int)number(c, 307), host, port, c->path);
	say(c, head.text);
	buf_clear(&head);
}

static void do_redirect(struct call *c)
{
	redirect(c, "127.0.0.2", own_port);
}

static void do_circle(struct call *c)
{
	redirect(c, "127.0.0.1", own_port);
}

static void do_1xx(struct call *c)
{
	for (long long left = number(c, -1); left != 0; left--)
		say(c, "HTTP/1.1 102 Processing\r\nX-More: and more\r\n\r\n");
	pass(c);
}

static void do_upgrade(struct call *c)
{
	say(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: "
	       "Upgrade\r\n\r\n\x81\x05hello");
	hold(c);
}

/* A body and nothing else (HTTP/0.9). */
static void do_headless(struct call *c)
{
	if (whole(c))
		give(c, buf_str(&c->answer.body), c->answer.body.size);
	end(c);
}

static void do_status(struct call *c)
{
	static const int some[] = { 200, 201, 202, 203, 204, 205, 206, 226, 299, 304, 400, 404, 410,
		412, 500, 599, 999 };
	int status = (int)number(c, some[drawn(sizeof some / sizeof *some)]);
	struct buf text = { 0 };

	if (!whole(c))
		pass_stream(c);
	buf_printf(&text, "%03d Strange", status);
	respond(c, text.text, "", buf_str(&c->answer.body), c->answer.body.size);
	buf_clear(&text);
	if (status == 204 || status == 304) /* what comes behind it would be taken for the next */
		end(c);
}

static void do_garbage(struct call *c)
{
	say(c, "\x1b]0;owned\x07\x1b[2J\xff\xfe nothing like HTTP\n\n");
	end(c);
}

static void do_huge_header(struct call *c)
{
	say(c, "HTTP/1.1 200 OK\r\nX-More: ");
	say_forever(c, "and more ");
}

static void do_endless_head(struct call *c)
{
	say(c, "HTTP/1.1 200 OK\r\n");
	say_forever(
		c, "X-More: and more and more and more and more and more and more and more\r\n");
}

/* ---- how long the body is, and how it is packed */

static void do_length(struct call *c)
{
	struct buf more = { 0 };
	size_t size;

	if (!whole(c))
		pass_stream(c);
	size = c->answer.body.size;
	if (said(c, "less"))
		buf_printf(&more, "Content-Length: %zu\r\n", size / 2);
	else if (said(c, "two"))
		buf_printf(&more, "Content-Length: %zu\r\nContent-Length: %zu\r\n", size, size + 7);
	else if (said(c, "both"))
		buf_printf(&more, "Content-Length: %zu\r\nTransfer-Encoding: chunked\r\n", size);
	else if (said(c, "minus"))
		buf_text(&more, "Content-Length: -1\r\n");
	else if (said(c, "huge"))
		buf_text(&more, "Content-Length: 99999999999999999999\r\n");
	else if (said(c, "junk"))
		buf_text(&more, "Content-Length: many\r\n");
	else
		buf_printf(&more, "Content-Length: %zu\r\n", size + 4000);
	respond(c, NULL, more.text, buf_str(&c->answer.body), size);
	end(c);
}

static void do_chunks(struct call *c)
{
	static const char *const kinds[][2] = { { "word", "lots\r\n{}\r\n0\r\n\r\n" },
		{ "minus", "-2\r\n{}\r\n0\r\n\r\n" }, { "huge", "FFFFFFFFFFFFFFFFF\r\n{}" },
		{ "end", "2\r\n{}0\r\n\r\n" }, { "none", "\r\n\r\n" }, { "cut", "2\r\n{}\r\n" } };
	size_t i = 0, count = sizeof kinds / sizeof *kinds;

	if (!c->arg)
		i = (size_t)drawn((int)count);
	while (c->arg && i < count && !said(c, kinds[i][0]))
		i++;
	say(c, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: "
	       "chunked\r\n\r\n");
	if (said(c, "size"))
		say_forever(c, "00000000");
	if (said(c, "extension")) {
		say(c, "2;");
		say_forever(c, "more=more;");
	}
	if (said(c, "trailer")) {
		say(c, "2\r\n{}\r\n0\r\n");
		say_forever(c, "X-More: and more\r\n");
	}
	if (i < count)
		say(c, kinds[i][1]);
	end(c);
}

static void do_endless(struct call *c)
{
	say(c, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n[");
	say_forever(c, "        ");
}

struct bits {
	struct buf out;
	unsigned now;
	int count;
};

/* Huffman codes come with their first bit first (RFC 1951, 3.1.1). */
static void bits_put(struct bits *b, unsigned code, int count)
{
	while (count--) {
		b->now |= (code >> count & 1) << b->count;
		if (++b->count == 8) {
			buf_char(&b->out, (char)b->now);
			b->now = 0;
			b->count = 0;
		}
	}
}

/* A blank, and then 258 times what came before it, without end: 13 bits each (RFC 1951, 3.2.6). */
static void do_bomb(struct call *c)
{
	struct bits b = { 0 };

	say(c, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: "
	       "gzip\r\n\r\n");
	buf_add(&b.out, "\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
	bits_put(&b, 2, 3); /* not the last block, fixed codes; the lower bit comes first */
	bits_put(&b, 0x30 + ' ', 8);
	for (;;) {
		while (b.out.size < BLOCK)
			bits_put(&b, 0xc5 << 5, 13);
		give(c, b.out.text, b.out.size);
		buf_reset(&b.out);
	}
}

static void do_packed(struct call *c)
{
	struct buf more = { 0 };

	if (!whole(c))
		pass_stream(c);
	buf_printf(&more, "Content-Encoding: %s\r\n", c->arg ? c->arg : "gzip");
	respond(c, NULL, more.text, buf_str(&c->answer.body), c->answer.body.size);
	buf_clear(&more);
}

/* ---- what stands in the body */

static void body_is(struct call *c, const char *body, size_t size)
{
	if (!whole(c))
		pass_stream(c);
	respond(c, NULL, "", body, size);
}

static void do_html(struct call *c)
{
	static const char body[] =
		"<!DOCTYPE html><title>Sign in</title><h1>Welcome to the hotel's network</h1>";

	say_body(c, "200 OK", "text/html", body, sizeof body - 1);
}

static void do_types(struct call *c)
{
	static const char body[] = "{\"items\":{\"id\":[1,2]},\"next\":{},\"id\":7,\"number\":[],"
				   "\"version\":\"x\",\"subject\":null,"
				   "\"features\":3,\"worker\":[],\"roles\":\"all\",\"teams\":{"
				   "\"a\":1},\"status\":-1,\"total\":\"many\"}";

	say_body(c, "200 OK", "application/json", body, sizeof body - 1);
}

static void do_array(struct call *c)
{
	say_body(c, "200 OK", "application/json", "[[[[[null]]]], 1e999, \"\\ud800\"]", 31);
}

static void do_empty(struct call *c)
{
	body_is(c, "", 0);
}

static void do_null(struct call *c)
{
	body_is(c, "null", 4);
}

static void do_rubbish(struct call *c)
{
	char bytes[4096];

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (char)drawn(256);
	body_is(c, bytes, sizeof bytes);
}

static void do_deep(struct call *c)
{
	struct buf body = { 0 };

	for (long long i = number(c, 100000); i > 0; i--)
		buf_text(&body, said(c, "objects") ? "{\"a\":" : "[");
	body_is(c, buf_str(&body), body.size);
	buf_clear(&body);
}

/* As many small values as the largest answer holds: each takes many times its text. */
static void do_wide(struct call *c)
{
	const char *each = said(c, "lists")	? "[],"
			   : said(c, "numbers") ? "0,"
			   : said(c, "texts")	? "\"\","
						: "{},";
	struct buf body = { 0 };

	buf_text(&body, "{\"items\":[");
	while (body.size < (size_t)15 << 20)
		buf_text(&body, each);
	buf_text(&body, "0],\"next\":null}");
	body_is(c, body.text, body.size);
	buf_clear(&body);
}

static void do_type(struct call *c)
{
	static const char *const others[] = { "null", "true", "-1e308", "\"\\u0000\\ud800 x\"",
		"[[\"x\"]]", "{\"a\":{}}" };
	struct buf body = { 0 };
	struct member m;
	int kind;

	if (!choose_member(c, &m, sizeof others / sizeof *others, &kind))
		return;
	with_value(&body, c->answer.body.text, &m, others[kind]);
	respond(c, NULL, "", body.text, body.size);
	buf_clear(&body);
}

/* One member is there twice, with another value. */
static void do_double(struct call *c)
{
	struct buf body = { 0 };
	struct member m;
	int kind;

	if (!choose_member(c, &m, 1, &kind))
		return;
	const char *text = c->answer.body.text;
	buf_add(&body, text, m.end);
	buf_printf(&body, ",%.*s:\"another\"%s", (int)(string_end(text, m.name) - m.name),
		text + m.name, text + m.end);
	respond(c, NULL, "", body.text, body.size);
	buf_clear(&body);
}

static void do_member(struct call *c, const char *value, size_t size)
{
	struct buf body = { 0 };
	struct member m;
	int kind;

	if (!choose_member(c, &m, 1, &kind))
		return;
	const char *text = c->answer.body.text;
	if (!c->arg && !member_named(text, "subject", &m)) /* where one looks, if there is one */
		members(text, 0, &m);
	buf_add(&body, text, m.value);
	buf_add(&body, value, size);
	buf_text(&body, text + m.end);
	respond(c, NULL, "", body.text, body.size);
	buf_clear(&body);
}

static void do_utf8(struct call *c)
{
	static const char bytes[] = "\"\xff\xfe\xc3(\xed\xa0\x80\xf8\x88\x80\x80\x80 \x9b"
				    "31m\"";

	do_member(c, bytes, sizeof bytes - 1);
}

static void do_nul(struct call *c)
{
	do_member(c, "\"a\0b\\u0000c\"", 12);
}

static void do_surrogate(struct call *c)
{
	static const char text[] = "\"\\ud800 \\udfff\\udfff \\ud83dx\\ud83d\\n\"";

	do_member(c, text, sizeof text - 1);
}

static void do_escapes(struct call *c)
{
	static const char text[] = "\"\\u001b]0;owned\\u0007\\u009b31m\\u202e\\u2066 x\"";

	do_member(c, text, sizeof text - 1);
}

static void do_long(struct call *c)
{
	struct buf text = { 0 };

	buf_char(&text, '"');
	while (text.size < (size_t)number(c, 8) << 20)
		buf_text(&text, "long and longer, ");
	buf_char(&text, '"');
	c->arg = NULL;
	do_member(c, text.text, text.size);
	buf_clear(&text);
}

/* ---- pages that lead on */

/* The page's `next` (Casework REST) and `next_page` (Request Tracker) become this; how many there
 * are, too many. */
static void next_is(struct call *c, const char *next)
{
	struct buf body = { 0 }, value = { 0 };
	struct member m;
	const char *text = buf_str(&c->answer.body);

	buf_printf(&value, "\"%s\"", next);
	if (member_named(text, "next", &m) || member_named(text, "next_page", &m))
		with_value(&body, text, &m, value.text);
	else if (*text == '{' && text[1] == '"') {
		buf_printf(&body, "{\"next\":%s,\"next_page\":%s,%s", value.text, value.text,
			text + 1);
	} else {
		buf_text(&body, text);
	}
	respond(c, NULL, "", body.text, body.size);
	buf_clear(&body);
	buf_clear(&value);
}

static void do_next_same(struct call *c)
{
	if (!whole(c))
		pass_stream(c);
	next_is(c, "once-more");
}

static void do_next_new(struct call *c)
{
	char next[32];

	if (!whole(c))
		pass_stream(c);
	snprintf(next, sizeof next, "more-%u", atomic_load(requests));
	next_is(c, next);
}

static void do_next_foreign(struct call *c)
{
	char next[100];

	if (!whole(c))
		pass_stream(c);
	snprintf(next, sizeof next, "http://127.0.0.2:%d/v1/cases?cursor=x", own_port);
	next_is(c, next);
}

static void do_next_empty(struct call *c)
{
	struct buf empty = { 0 };
	struct member m;
	char next[32];

	if (!whole(c))
		pass_stream(c);
	if (member_named(buf_str(&c->answer.body), "items", &m)) {
		with_value(&empty, c->answer.body.text, &m, "[]");
		buf_clear(&c->answer.body);
		c->answer.body = empty;
	}
	snprintf(next, sizeof next, "more-%u", atomic_load(requests));
	next_is(c, next);
}

/* The service does not know such a cursor; whoever asks with one gets the first page. */
static void without_cursor(struct call *c)
{
	char *at = strstr(c->request.text, "cursor=");
	struct buf mended = { 0 };

	if (!at || (size_t)(at - c->request.text) > strcspn(c->request.text, "\r"))
		return;
	buf_add(&mended, c->request.text, (size_t)(at - c->request.text));
	buf_text(&mended, "limit=200");
	buf_text(&mended, at + strcspn(at, "& "));
	buf_clear(&c->request);
	c->request = mended;
}

/* ---- streams of events */

static void chunk(struct call *c, const char *bytes, size_t size)
{
	char line[32];

	snprintf(line, sizeof line, "%zx\r\n", size);
	say(c, line);
	give(c, bytes, size);
	say(c, "\r\n");
}

/* Takes the first whole event out of what came; NULL: there is none. */
static char *event_take(struct buf *body)
{
	const char *end = strstr(buf_str(body), "\n\n");
	struct buf one = { 0 }, rest = { 0 };

	if (!end)
		return NULL;
	buf_add(&one, body->text, (size_t)(end + 2 - body->text));
	buf_text(&rest, end + 2);
	buf_clear(body);
	*body = rest;
	return buf_take(&one);
}

static void event_as_is(struct call *c, const char *event)
{
	chunk(c, event, strlen(event));
}

static void event_double(struct call *c, char *event, int nr)
{
	(void)nr;
	event_as_is(c, event);
	event_as_is(c, event);
}

static void event_gap(struct call *c, char *event, int nr)
{
	if (nr % 2 == 0 || !strstr(event, "data"))
		event_as_is(c, event);
}

static void event_swap(struct call *c, char *event, int nr)
{
	static char *kept;

	(void)nr;
	if (!strstr(event, "id:")) {
		event_as_is(c, event);
	} else if (kept) {
		event_as_is(c, event);
		event_as_is(c, kept);
		free(kept);
		kept = NULL;
	} else {
		kept = strdup(event);
	}
}

/* The first of them comes again and again, among those that follow. */
static void event_old(struct call *c, char *event, int nr)
{
	static char *first;

	(void)nr;
	event_as_is(c, event);
	if (first)
		event_as_is(c, first);
	else if (strstr(event, "id:"))
		first = strdup(event);
}

static void event_endless(struct call *c, char *event, int nr)
{
	struct buf block = { 0 };

	(void)nr;
	chunk(c, event, strlen(event) - 1);
	while (block.size < BLOCK)
		buf_text(&block, said(c, "line") ? "more" : "data: more\n");
	for (;;)
		chunk(c, block.text, block.size);
}

static void event_junk(struct call *c, char *event, int nr)
{
	static const char *const kinds[] = { "id: x\nevent: case\ndata: {\"id\":\n\n", "data\n\n",
		"id: \x1b]0;owned\x07\ndata: []\n\n", "event: case\ndata: \xff\xfe\n\n",
		"retry: -1\nretry: 99999999999999\n\n",
		"id: 99999999999999999999\nevent: case\ndata: "
		"{\"id\":[],\"version\":{},\"seq\":\"x\"}\n\n" };

	event_as_is(c, event);
	event_as_is(c, kinds[nr % (int)(sizeof kinds / sizeof *kinds)]);
}

/* Each event passes through here; the answer to another request is handed on as it is. */
static void do_events(struct call *c)
{
	struct answer *a = &c->answer;
	int nr = 0;

	if (whole(c)) {
		give(c, a->raw.text, a->raw.size);
		return;
	}
	respond(c, NULL, "Transfer-Encoding: chunked\r\n", "", 0);
	for (bool more = true; more; more = hear_answer(c)) {
		for (char *one; (one = event_take(&a->body)); free(one))
			c->each(c, one, nr++);
		buf_reset(&a->raw);
	}
	end(c);
}

/* ---- without a service behind */

/* The file of the request's path, slashes being dashes there; NULL: there is none. */
static FILE *file_asked(const struct call *c)
{
	struct buf path = { 0 };

	buf_printf(&path, "%s/", dir);
	for (const char *at = c->path; *at && (isalnum((unsigned char)*at) || strchr("/_.-", *at));
		at++)
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

static void do_files(struct call *c)
{
	static const char none[] = "{\"type\":\"about:blank\",\"title\":\"Not "
				   "found\",\"status\":404,\"detail\":\"Not here.\"}";
	FILE *f = file_asked(c);
	struct buf body = { 0 };

	take_file(&body, f);
	if (f)
		say_body(c, "200 OK", "application/json", buf_str(&body), body.size);
	else
		say_body(c, "404 Not Found", "application/problem+json", none, sizeof none - 1);
	buf_clear(&body);
}

static void do_raw(struct call *c)
{
	FILE *f = file_asked(c);
	struct buf all = { 0 };

	if (!f) {
		say_body(c, "404 Not Found", "application/json", "{}", 2);
		return;
	}
	take_file(&all, f);
	give(c, buf_str(&all), all.size);
	end(c);
}

static void do_measure(struct call *c)
{
	struct buf line = { 0 };
	struct member m;

	if (!whole(c))
		pass_stream(c);
	buf_printf(&line, "%zu %zu %d %s %s\n", c->answer.head.size,
		c->answer.raw.size - c->answer.head.size, members(buf_str(&c->answer.body), -1, &m),
		c->method, c->path);
	note("sizes", line.text);
	buf_clear(&line);
	give(c, c->answer.raw.text, c->answer.raw.size);
}

/* ---- which there are */

static const struct fault {
	const char *name, *group;
	void (*strike)(struct call *c);
	const char *about;
	void (*each)(struct call *c, char *event, int nr);
} faults[] = {
	{ "before", "wire", do_before,
		"the connection ends before the request reaches the service" },
	{ "reset", "wire", do_reset, "the same, by a reset" },
	{ "request", "wire", do_request, "N bytes of the request reach it, then a reset" },
	{ "gone", "wire", do_gone,
		"the request reaches it, and the wire breaks while the service is at it" },
	{ "after", "wire", do_after, "the service acted; no byte of its answer comes" },
	{ "after-reset", "wire", do_after_reset, "the same, by a reset" },
	{ "cut", "wire", do_cut, "N bytes of the answer, then the end" },
	{ "cut-reset", "wire", do_cut_reset, "N bytes of the answer, then a reset" },
	{ "delay", "wire", do_delay, "the request goes on after N ms" },
	{ "late", "wire", do_late, "the service acted; its answer comes N ms later" },
	{ "trickle", "wire", do_trickle, "the answer byte by byte, N ms between" },
	{ "twice", "wire", do_twice, "the request reaches the service twice, one after the other" },
	{ "both", "wire", do_both, "twice at the same time" },
	{ "again", "wire", do_again, "once more N ms after its answer" },
	{ "mute", "silence", do_mute, "the request goes nowhere; nothing comes" },
	{ "stall", "silence", do_stall,
		"N bytes of the answer, then nothing, and the connection stays" },
	{ "401", "status", do_refuse, "a login is wanted in the middle" },
	{ "403", "status", do_refuse, "not allowed" },
	{ "404", "status", do_refuse, "not there" },
	{ "408", "status", do_refuse, "too slow; Retry-After is the argument" },
	{ "429", "status", do_refuse,
		"too many; Retry-After is the argument: N, date, past, far, any word" },
	{ "500", "status", do_refuse, "broken" },
	{ "502", "status", do_refuse, "the gateway's" },
	{ "503", "status", do_refuse, "no time, as 429" },
	{ "504", "status", do_refuse, "the gateway's" },
	{ "acted", "status", do_acted, "the service acted, and the gateway says N (503)" },
	{ "status", "status", do_status, "the good answer under the status N" },
	{ "rude", "status", do_rude, "a refusal that would own the terminal" },
	{ "redirect", "status", do_redirect, "to another host, by the status N (307)" },
	{ "circle", "status", do_circle, "to where it was asked" },
	{ "1xx", "http", do_1xx, "N answers of 102 before the good one; else without end" },
	{ "upgrade", "http", do_upgrade, "101, and another protocol" },
	{ "headless", "http", do_headless, "the body alone, as in HTTP/0.9" },
	{ "garbage", "http", do_garbage, "nothing like HTTP" },
	{ "huge-header", "http", do_huge_header, "one header without end" },
	{ "endless-head", "http", do_endless_head, "headers without end" },
	{ "length", "http", do_length,
		"Content-Length is more, less, two, both, minus, huge, junk" },
	{ "chunks", "http", do_chunks,
		"chunks are word, minus, huge, end, none, cut, size, extension, trailer" },
	{ "endless", "http", do_endless, "a body without end" },
	{ "bomb", "http", do_bomb, "a packed body without end" },
	{ "packed", "http", do_packed, "it says gzip (or the argument), and is not" },
	{ "html", "body", do_html, "a page of HTML, as hotels have it" },
	{ "types", "body", do_types, "every member of another type" },
	{ "array", "body", do_array, "JSON of another form" },
	{ "empty", "body", do_empty, "no body" },
	{ "null", "body", do_null, "null" },
	{ "rubbish", "body", do_rubbish, "bytes by lot" },
	{ "deep", "body", do_deep, "N brackets; deep=objects too" },
	{ "wide", "body", do_wide, "15 MiB of small values: objects, lists, numbers, texts" },
	{ "type", "body", do_type, "one value of another type: member N / 6, type N % 6" },
	{ "double", "body", do_double, "member N is there twice" },
	{ "utf8", "body", do_utf8, "bytes that are no UTF-8 in member N" },
	{ "nul", "body", do_nul, "NUL in it" },
	{ "surrogate", "body", do_surrogate, "half a surrogate pair in it" },
	{ "escapes", "body", do_escapes, "escape sequences in it" },
	{ "long", "body", do_long, "N MiB of text in a member" },
	{ "next-same", "page", do_next_same, "every page names the same next one" },
	{ "next-new", "page", do_next_new,
		"every page names a new next one, which brings the same" },
	{ "next-empty", "page", do_next_empty, "the same with nothing on it" },
	{ "next-foreign", "page", do_next_foreign, "the next page is at another host" },
	{ "events-double", "events", do_events, "each event twice", event_double },
	{ "events-gap", "events", do_events, "every other one is missing", event_gap },
	{ "events-swap", "events", do_events, "the second before the first", event_swap },
	{ "events-old", "events", do_events, "the first again after each", event_old },
	{ "events-endless", "events", do_events,
		"one that does not end; =line: a line that does not", event_endless },
	{ "events-junk", "events", do_events, "rubbish between them", event_junk },
	{ "files", "alone", do_files,
		"a file of the directory, -v1-cases for /v1/cases, as good JSON" },
	{ "raw", "alone", do_raw, "the same, the file being the whole answer" },
	{ "measure", "none", do_measure, "no fault: notes how long the answer is" },
};

static const struct fault *fault_named(const char *name, size_t size)
{
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
		if (strlen(faults[i].name) == size && !strncmp(faults[i].name, name, size))
			return &faults[i];
	return NULL;
}

/* ---- which one strikes */

/* One of "NAME=ARG,NAME", by lot where there are several; its text is kept in the call. */
static const struct fault *pick(struct call *c, char *names)
{
	char *one[WORDS_MOST];
	int count = 0;

	for (char *save = NULL, *at = strtok_r(names, ",", &save); at && count < WORDS_MOST;
		at = strtok_r(NULL, ",", &save))
		one[count++] = at;
	if (!count)
		return NULL;
	char *text = one[count > 1 ? drawn(count) : 0];
	size_t size = strcspn(text, "=");
	const struct fault *f = fault_named(text, size);
	if (!f && strcmp(text, "calm") != 0)
		fprintf(stderr, "proxy: there is no fault %s\n", text);
	if (!f)
		return NULL;
	c->name = f->name;
	c->each = f->each;
	c->arg = text[size] ? strdup(text + size + 1) : NULL;
	return f;
}

/* The fault of a line, if it fits; left is -1 where no count is given. */
static const struct fault *line_fits(struct call *c, char *line, int *left)
{
	char *save = NULL, *names = strtok_r(line, " ", &save);
	bool fits = names != NULL;

	*left = -1;
	for (char *word; (word = strtok_r(NULL, " ", &save));) {
		if (*word == 'x')
			*left = atoi(word + 1);
		else if (*word == '%')
			fits = fits && drawn(100) < atoi(word + 1);
		else if (*word == '/')
			fits = fits && fnmatch(word, c->path, 0) == 0;
		else
			fits = fits && !strcmp(word, c->method);
	}
	return fits ? pick(c, names) : NULL;
}

/* The line with one time less; nothing, once they are used up. */
static void keep_line(struct buf *out, const char *line, int left)
{
	const char *count = strstr(line, " x");

	if (left == 1)
		return;
	if (left < 0)
		buf_printf(out, "%s\n", line);
	else
		buf_printf(out, "%.*s x%d%s\n", (int)(count - line), line, left - 1,
			count + 2 + strspn(count + 2, "0123456789"));
}

static const struct fault *choose(struct call *c)
{
	struct buf path = { 0 }, out = { 0 };
	char text[8192], *save = NULL;
	const struct fault *found = NULL;
	bool changed = false;

	buf_printf(&path, "%s/fault", dir);
	int fd = open(path.text, O_RDWR | O_CLOEXEC);
	buf_clear(&path);
	if (fd < 0)
		return NULL;
	flock(fd, LOCK_EX);
	ssize_t n = read(fd, text, sizeof text - 1);
	text[n > 0 ? n : 0] = '\0';
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		int left = -1;
		char *words = strdup(line);
		bool here = !found && (found = line_fits(c, words, &left));

		keep_line(&out, line, here ? left : -1);
		changed = changed || (here && left > 0);
		free(words);
	}
	if (changed && (ftruncate(fd, 0) != 0 || pwrite(fd, buf_str(&out), out.size, 0) < 0))
		perror("proxy: fault");
	close(fd);
	buf_clear(&out);
	return found;
}

/* ---- listening */

static void request_read(struct call *c)
{
	static char bytes[BLOCK];
	struct pollfd p[2] = { { c->client, POLLIN, 0 }, { c->server, POLLIN, 0 } };
	const char *head_end = NULL;
	size_t want = 0;

	buf_reset(&c->request);
	while (!head_end || c->request.size < want) {
		/* a service that ends a connection nothing is asked over is heard through */
		if (poll(p, c->server < 0 ? 1 : 2, -1) <= 0 || (!p[0].revents && !c->request.size))
			end(c);
		ssize_t n = read(c->client, bytes, sizeof bytes);
		if (n <= 0)
			_exit(0);
		buf_add(&c->request, bytes, (size_t)n);
		head_end = strstr(c->request.text, "\r\n\r\n");
		if (!head_end)
			continue;
		const char *length = header(c->request.text, "Content-Length");
		c->head_size = (size_t)(head_end + 4 - c->request.text);
		want = c->head_size + (length && length < head_end ? strtoul(length, NULL, 10) : 0);
	}
	if (sscanf(c->request.text, "%15s %1999s", c->method, c->path) != 2)
		_exit(0);
}

static void answer_clear(struct answer *a)
{
	buf_clear(&a->raw);
	buf_clear(&a->head);
	buf_clear(&a->body);
	buf_clear(&a->line);
	*a = (struct answer){ 0 };
}

static void request_answer(struct call *c)
{
	struct buf line = { 0 };

	draw = seed * 2654435761u + atomic_fetch_add(requests, 1) * 40503u;
	buf_printf(&line, "%.*s\n", (int)strcspn(c->request.text, "\r"), c->request.text);
	note("asked", line.text);
	const struct fault *f = choose(c);
	buf_reset(&line);
	if (f && strcmp(f->group, "none") != 0) {
		buf_printf(&line, "%s%s%s %s %s\n", c->name, c->arg ? "=" : "",
			c->arg ? c->arg : "", c->method, c->path);
		note("struck", line.text);
	}
	buf_clear(&line);
	if (f && !strcmp(f->group, "page"))
		without_cursor(c);
	if (f)
		f->strike(c);
	else
		pass(c);
	answer_clear(&c->answer);
}

__attribute__((noreturn)) static void serve(int client)
{
	struct call c = { .client = client, .server = -1 };
	int on = 1;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	for (;;) {
		request_read(&c);
		request_answer(&c);
	}
}

/* Whoever comes here was led astray. */
__attribute__((noreturn)) static void serve_foreign(int client)
{
	char bytes[BLOCK];
	ssize_t n;

	note("foreign", "came\n");
	while ((n = read(client, bytes, sizeof bytes - 1)) > 0) {
		bytes[n] = '\0';
		note("foreign", bytes);
	}
	_exit(0);
}

static int listen_on(const char *host, int port)
{
	struct sockaddr_in a = address(host, port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) != 0 || listen(fd, 256) != 0) {
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

static void accept_one(int listening, void (*answer)(int))
{
	int client = accept(listening, NULL, NULL);

	if (client >= 0 && fork() == 0)
		answer(client);
	if (client >= 0)
		close(client);
}

static int list(void)
{
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
		printf("%s\t%s\t%s\n", faults[i].name, faults[i].group, faults[i].about);
	return 0;
}

int main(int argc, char **argv)
{
	const char *first = NULL, *path = "/v1", *port = "0";

	seed = getenv("SEED") ? (unsigned)atoi(getenv("SEED")) : (unsigned)time(NULL);
	for (int o; (o = getopt(argc, argv, "lf:s:p:")) != -1;) {
		if (o == 'l')
			return list();
		if (o == 'f')
			first = optarg;
		else if (o == 'p')
			port = optarg;
		else if (o == 's')
			seed = (unsigned)atoi(optarg);
		else
			return 2;
	}
	if (optind >= argc) {
		fprintf(stderr, "usage: proxy [-l] [-f FAULT] [-s SEED] [-p PORT] DIRECTORY [URL]\n");
		return 2;
	}
	dir = argv[optind];
	if (argv[optind + 1] && sscanf(argv[optind + 1], "http://127.0.0.1:%d", &behind) == 1)
		path = argv[optind + 1] + strcspn(argv[optind + 1] + 7, "/") + 7;
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	requests = mmap(
		NULL, sizeof *requests, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (requests == MAP_FAILED)
		return 1;
	if (first) {
		struct buf old = { 0 };

		buf_printf(&old, "%s/fault", dir);
		unlink(old.text);
		buf_clear(&old);
		note("fault", first);
		note("fault", "\n");
	}
	struct pollfd p[2] = { { .events = POLLIN }, { .events = POLLIN } };
	p[0].fd = listen_on("127.0.0.1", atoi(port));
	own_port = port_of(p[0].fd);
	p[1].fd = listen_on("127.0.0.2", own_port);
	printf("proxy: ready http://127.0.0.1:%d%s\n# seed %u\n", own_port, path, seed);
	fflush(stdout);
	while (poll(p, 2, -1) > 0) {
		if (p[0].revents)
			accept_one(p[0].fd, serve);
		if (p[1].revents)
			accept_one(p[1].fd, serve_foreign);
	}
	return 1;
}
