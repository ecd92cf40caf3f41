/* What a command says, for the tests that ask tests/live: run by /bin/sh. */
#ifndef TESTS_ASK_H
#define TESTS_ASK_H

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Its standard output, as far as there is room; its exit code, -1 when it did not end by itself. */
static inline int ask_shell(const char *command, char *out, size_t size)
{
	int ends[2], status = 0;
	size_t had = 0;
	char more[512];
	ssize_t n;

	if (pipe(ends) != 0)
		return -1;
	pid_t pid = fork();
	if (pid == 0) {
		dup2(ends[1], 1);
		close(ends[0]);
		close(ends[1]);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	while ((n = read(ends[0], more, sizeof(more))) > 0) {
		size_t fits = (size_t)n < size - 1 - had ? (size_t)n : size - 1 - had;

		memcpy(out + had, more, fits);
		had += fits;
	}
	out[had] = '\0';
	close(ends[0]);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* NAME=VALUE lines go into the environment; the text is cut up. */
static inline void ask_environment(char *lines)
{
	for (char *line = lines, *next; *line; line = next) {
		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = '\0';
		char *value = strchr(line, '=');
		if (value) {
			*value = '\0';
			setenv(line, value + 1, 1);
		}
	}
}

#endif
