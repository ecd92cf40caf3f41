/* A proxy that does CONNECT (RFC 9110, section 9.3.6) and nothing else, to 127.0.0.1 alone: `tunnel LOG` says
   `fake: ready URL`; LOG gets the head of each request, so that a test sees what a proxy sees. */
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

static void pass(int a, int b)
{
	struct pollfd ends[2] = { { .fd = a, .events = POLLIN }, { .fd = b, .events = POLLIN } };
	char block[16384];

	while (poll(ends, 2, -1) > 0)
		for (int i = 0; i < 2; i++) {
			ssize_t n = ends[i].revents ? read(ends[i].fd, block, sizeof(block)) : -2;

			if (n == -2)
				continue;
			if (n <= 0)
				return;
			for (ssize_t done = 0, sent; done < n; done += sent)
				if ((sent = write(ends[!i].fd, block + done, (size_t)(n - done))) <= 0)
					return;
		}
}

static void serve(int fd, const char *log)
{
	char head[8192] = "";
	size_t size = 0;
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int port = 0, out = socket(AF_INET, SOCK_STREAM, 0);

	while (!strstr(head, "\r\n\r\n") && size + 1 < sizeof(head) && read(fd, head + size, 1) == 1)
		head[++size] = '\0';
	FILE *f = fopen(log, "a");

	fputs(head, f);
	fclose(f);
	if (sscanf(head, "CONNECT 127.0.0.1:%d ", &port) != 1) {
		dprintf(fd, "HTTP/1.1 405 No\r\nContent-Length: 0\r\n\r\n");
		return;
	}
	to.sin_port = htons((unsigned short)port);
	if (connect(out, (struct sockaddr *)&to, sizeof(to)) != 0) {
		dprintf(fd, "HTTP/1.1 502 No\r\nContent-Length: 0\r\n\r\n");
		return;
	}
	dprintf(fd, "HTTP/1.1 200 Connected\r\n\r\n");
	pass(fd, out);
}

int main(int argc, char **argv)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(at);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	if (argc != 2 || bind(listener, (struct sockaddr *)&at, size) || listen(listener, 16) ||
		getsockname(listener, (struct sockaddr *)&at, &size))
		return 1;
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	signal(SIGCHLD, SIG_IGN);
	printf("fake: ready http://127.0.0.1:%d\n", ntohs(at.sin_port));
	fflush(stdout);
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd >= 0 && fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGTERM);
			serve(fd, argv[1]);
			_exit(0);
		}
		close(fd);
	}
}
