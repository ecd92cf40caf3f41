/* A server on loopback for tests of what no good service does: one process a connection, an answer
   written by the test, and what it saw in memory both share. */
#ifndef TESTS_UNIT_TINY_H
#define TESTS_UNIT_TINY_H

#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TINY_HEAD = 16384, TINY_KEPT = 4096, TINY_COUNTS = 16, TINY_CELLS = 256 };

/* Shared by the test and every process of the server. */
struct tiny_seen {
	int open;		 /* connections nobody ended yet */
	int most;		 /* of them at a time */
	int count[TINY_COUNTS];	 /* the test's own: what was asked, how often */
	int told[TINY_COUNTS];	 /* the test's own: how to answer */
	int cells[TINY_CELLS];	 /* the test's own: what the service holds */
	size_t body_size;	 /* of the last request */
	unsigned long body_sum;	 /* of its bytes */
	char head[TINY_KEPT], body[TINY_KEPT];
};

struct tiny {
	pid_t pid;
	int port;
	struct tiny_seen *seen;
};

struct tiny_call {
	int fd;
	struct tiny_seen *seen;
	char method[12], path[512];
	const char *head; /* of this request, with its first line */
	const char *body; /* what of it was kept */
};

static inline unsigned long tiny_sum(unsigned long sum, const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		sum = sum * 31 + (unsigned char)bytes[i];
	return sum;
}

static inline void tiny_put(const struct tiny_call *c, const char *bytes, size_t size)
{
	while (size) {
		ssize_t n = write(c->fd, bytes, size);

		if (n <= 0)
			_exit(0);
		bytes += n;
		size -= (size_t)n;
	}
}

static inline void tiny_say(const struct tiny_call *c, const char *text)
{
	tiny_put(c, text, strlen(text));
}

/* A whole answer; more: further header lines, each with its end, or "". */
static inline void tiny_answer(const struct tiny_call *c, int status, const char *more, const char *body)
{
	char head[1024];

	snprintf(head, sizeof(head),
		"HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n%s\r\n",
		status, strlen(body), more);
	tiny_say(c, head);
	tiny_say(c, body);
}

static inline bool tiny_is(const struct tiny_call *c, const char *path)
{
	size_t size = strlen(path);

	return !strncmp(c->path, path, size) && (!c->path[size] || c->path[size] == '?');
}

/* Where the value of that header begins; NULL: it is not there. */
static inline const char *tiny_header(const char *head, const char *name)
{
	size_t size = strlen(name);

	for (const char *line = strchr(head, '\n'); line; line = strchr(line + 1, '\n'))
		if (!strncasecmp(line + 1, name, size) && line[size + 1] == ':')
			return line + size + 2 + strspn(line + size + 2, " ");
	return NULL;
}

static inline size_t tiny_length(const char *head)
{
	const char *at = tiny_header(head, "Content-Length");

	return at ? (size_t)atol(at) : 0;
}

/* Reads it, so many milliseconds a block as the last of `told` says. */
static inline void tiny_body(struct tiny_call *c, size_t length, const char *first, size_t had)
{
	struct tiny_seen *s = c->seen;
	static char mine[TINY_KEPT]; /* what is shared another request may write over */
	char block[65536];
	size_t kept = had < TINY_KEPT - 1 ? had : TINY_KEPT - 1;

	memcpy(mine, first, kept);
	s->body_size = had;
	s->body_sum = tiny_sum(0, first, had);
	while (had < length) {
		if (s->told[TINY_COUNTS - 1])
			usleep((useconds_t)s->told[TINY_COUNTS - 1] * 1000);
		ssize_t n = read(c->fd, block, sizeof(block));

		if (n <= 0)
			_exit(0);
		size_t room = TINY_KEPT - 1 - kept, more = (size_t)n < room ? (size_t)n : room;

		memcpy(mine + kept, block, more);
		kept += more;
		had += (size_t)n;
		s->body_size = had;
		s->body_sum = tiny_sum(s->body_sum, block, (size_t)n);
	}
	mine[kept] = '\0';
	memcpy(s->body, mine, kept + 1);
	c->body = mine;
}

static inline void tiny_serve(struct tiny_call *c, void (*answer)(struct tiny_call *))
{
	static char head[TINY_HEAD];
	size_t size = 0;

	for (;;) {
		ssize_t got = read(c->fd, head + size, sizeof(head) - 1 - size);

		if (got <= 0)
			return;
		size += (size_t)got;
		head[size] = '\0';
		char *end = strstr(head, "\r\n\r\n");

		if (!end)
			continue;
		end += 4;
		sscanf(head, "%11s %511s", c->method, c->path);
		c->head = head;
		size_t length = tiny_length(head), had = size - (size_t)(end - head);

		snprintf(c->seen->head, TINY_KEPT, "%.*s", (int)(end - head), head);
		tiny_body(c, length, end, had);
		*end = '\0';
		answer(c);
		size = 0;
	}
}

static inline void tiny_connection(struct tiny_call *c, void (*answer)(struct tiny_call *))
{
	int open = __atomic_add_fetch(&c->seen->open, 1, __ATOMIC_SEQ_CST);

	if (open > c->seen->most)
		c->seen->most = open;
	tiny_serve(c, answer);
	__atomic_sub_fetch(&c->seen->open, 1, __ATOMIC_SEQ_CST);
	_exit(0);
}

static inline struct tiny tiny_start(void (*answer)(struct tiny_call *))
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct tiny t = { 0 };

	t.seen = mmap(NULL, sizeof(*t.seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (bind(fd, (struct sockaddr *)&at, size) != 0 || listen(fd, 64) != 0 || t.seen == MAP_FAILED)
		abort();
	getsockname(fd, (struct sockaddr *)&at, &size);
	t.port = ntohs(at.sin_port);
	t.pid = fork();
	if (t.pid != 0) {
		close(fd);
		return t;
	}
	setpgid(0, 0);
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	for (;;) {
		struct tiny_call c = { .fd = accept(fd, NULL, NULL), .seen = t.seen };

		if (c.fd >= 0 && fork() == 0) {
			close(fd);
			tiny_connection(&c, answer);
		}
		close(c.fd);
	}
}

static inline void tiny_remove(const char *dir)
{
	if (fork() == 0) {
		execl("/bin/rm", "rm", "-rf", dir, (char *)NULL);
		_exit(1);
	}
	wait(NULL);
}

static inline void tiny_stop(struct tiny *t)
{
	kill(-t->pid, SIGKILL);
	kill(t->pid, SIGKILL);
	waitpid(t->pid, NULL, 0);
}

#endif
