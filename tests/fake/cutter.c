/* A bad wire: `cutter PORT DIRECTORY` listens on 127.0.0.1 ($LISTEN, else a free port), says
   `cutter: ready http://127.0.0.1:N` and hands on to PORT of this machine. Out of a hundred packets
   towards the server it cuts $BEFORE (4) before any of it, $WITHIN (3) after a part of it and $GONE (5) as soon
   as it is there, while the server is still at it; of those that come back $AFTER (7) before any and $HALF (3)
   after a part of the answer: then the server has acted, and nobody knows. What it did stands in the file `cuts` of the directory, a word each. While
   there is a file `calm` in it, nothing is cut. $SEED repeats a run as far as one can. */
#include "model/buf.h"
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *dir;
static unsigned seed;

static int share(const char *name, int usual)
{
	return getenv(name) ? atoi(getenv(name)) : usual;
}

static bool there(const char *name)
{
	struct buf path = { 0 };

	buf_printf(&path, "%s/%s", dir, name);
	bool yes = access(path.text, F_OK) == 0;
	buf_clear(&path);
	return yes;
}

static void note(const char *word)
{
	struct buf path = { 0 };

	buf_printf(&path, "%s/cuts", dir);
	FILE *f = fopen(path.text, "a");
	if (f) {
		fprintf(f, "%s\n", word);
		fclose(f);
	}
	buf_clear(&path);
}

static struct sockaddr_in loopback(int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((unsigned short)port) };

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return a;
}

/* The client sees it gone at once; the server sees the end of what is asked and acts on what is whole. */
static void cut(int one, int two, const char *word)
{
	struct linger now = { .l_onoff = 1 };

	note(word);
	setsockopt(one, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	shutdown(two, SHUT_WR);
	close(one);
	usleep(200000);
	_exit(0);
}

static void pass_on(int to, const char *bytes, ssize_t size)
{
	while (size > 0) {
		ssize_t n = write(to, bytes, (size_t)size);
		if (n <= 0)
			_exit(0);
		bytes += n;
		size -= n;
	}
}

static void relay(int client, int server)
{
	struct pollfd p[2] = { { client, POLLIN, 0 }, { server, POLLIN, 0 } };
	static char bytes[65536];

	while (poll(p, 2, -1) > 0) {
		for (int up = 1; up >= 0; up--) {
			int from = p[!up].fd, to = p[up].fd, dice = (int)(rand_r(&seed) % 100);
			bool calm = there("calm");
			if (!p[!up].revents)
				continue;
			ssize_t n = read(from, bytes, sizeof bytes);
			if (n <= 0)
				_exit(0);
			int none = up ? share("BEFORE", 4) : share("AFTER", 7);
			int part = none + (up ? share("WITHIN", 3) : share("HALF", 3));
			int gone = part + (up ? share("GONE", 5) : 0);
			if (!calm && dice < none)
				cut(client, server, up ? "before" : "after");
			if (!calm && dice < part) {
				pass_on(to, bytes, n / 2);
				cut(client, server, up ? "within" : "half");
			}
			pass_on(to, bytes, n);
			if (!calm && dice >= part && dice < gone)
				cut(client, server, "gone");
		}
	}
}

static int listen_on(int port)
{
	struct sockaddr_in a = loopback(port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) || listen(fd, 64)) {
		perror("cutter");
		exit(1);
	}
	return fd;
}

static void serve(int client, int port)
{
	struct sockaddr_in a = loopback(port);
	int server = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (connect(server, (struct sockaddr *)&a, sizeof a))
		_exit(0);
	setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	relay(client, server);
	_exit(0);
}

int main(int argc, char **argv)
{
	struct sockaddr_in a;
	socklen_t size = sizeof a;

	if (argc < 3) {
		fprintf(stderr, "usage: cutter PORT DIRECTORY\n");
		return 2;
	}
	dir = argv[2];
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	int listening = listen_on(share("LISTEN", 0));
	getsockname(listening, (struct sockaddr *)&a, &size);
	printf("cutter: ready http://127.0.0.1:%d\n", ntohs(a.sin_port));
	fflush(stdout);
	unsigned first = (unsigned)share("SEED", 1);
	for (unsigned i = 0;; i++) {
		int client = accept(listening, NULL, NULL);
		if (client < 0)
			continue;
		seed = first * 7919 + i * 104729;
		if (fork() == 0)
			serve(client, atoi(argv[1]));
		close(client);
	}
}
