/* Runs commands again and again and says what they took: one warm-up, then ROUNDS runs of each in the
   order A B C, C B A, A B C ..., so that none has the better half of the machine. A line a command:
   NAME, median, least and most of the whole process in ms, processor time in ms, peak memory in MiB.
   usage: timed ROUNDS [-b COMMAND] NAME COMMAND [NAME COMMAND ...]     (COMMAND is for sh -c)
   -b is run before each and not measured. A command that fails ends it with 1. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS_MAX = 100, COMMANDS_MAX = 16 };

struct timed {
	const char *name, *command;
	double took[ROUNDS_MAX], used[ROUNDS_MAX], peak;
	int count;
};

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double cpu_ms(const struct rusage *u)
{
	return (double)(u->ru_utime.tv_sec + u->ru_stime.tv_sec) * 1e3 +
	       (double)(u->ru_utime.tv_usec + u->ru_stime.tv_usec) / 1e3;
}

/* The shell replaces itself by the command, so that its own memory is not counted. */
static int run(const char *command, double *took, struct rusage *usage)
{
	char text[4096];
	double from;
	int status = 1;

	snprintf(text, sizeof(text), "exec %s", command);
	from = now_ms();
	pid_t pid = fork();
	if (pid == 0) {
		int nothing = open("/dev/null", O_RDWR);

		dup2(nothing, STDIN_FILENO);
		dup2(nothing, STDOUT_FILENO);
		execl("/bin/sh", "sh", "-c", text, (char *)NULL);
		_exit(127);
	}
	wait4(pid, &status, 0, usage);
	*took = now_ms() - from;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

static void measure(struct timed *t, const char *before, bool kept)
{
	struct rusage usage;
	double took;
	int code;

	if (before && run(before, &took, &usage))
		exit(1);
	code = run(t->command, &took, &usage);
	if (code) {
		fprintf(stderr, "%s: ended with %d: %s\n", t->name, code, t->command);
		exit(1);
	}
	if (!kept)
		return;
	t->took[t->count] = took;
	t->used[t->count++] = cpu_ms(&usage);
	if ((double)usage.ru_maxrss / 1024 > t->peak)
		t->peak = (double)usage.ru_maxrss / 1024;
}

static int by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void print(struct timed *t)
{
	qsort(t->took, (size_t)t->count, sizeof(double), by_size);
	qsort(t->used, (size_t)t->count, sizeof(double), by_size);
	printf("%-28s %8.1f ms  [%.1f - %.1f]  cpu %6.1f ms  peak %5.1f MiB\n", t->name,
		t->took[t->count / 2], t->took[0], t->took[t->count - 1], t->used[t->count / 2],
		t->peak);
}

int main(int argc, char **argv)
{
	static struct timed list[COMMANDS_MAX];
	const char *before = NULL;
	int rounds = argc > 1 ? atoi(argv[1]) : 0, at = 2, count = 0;

	if (argc > 4 && !strcmp(argv[2], "-b")) {
		before = argv[3];
		at = 4;
	}
	for (; at + 1 < argc && count < COMMANDS_MAX; at += 2)
		list[count++] = (struct timed){ .name = argv[at], .command = argv[at + 1] };
	if (rounds < 1 || rounds > ROUNDS_MAX || !count) {
		fprintf(stderr, "usage: timed ROUNDS [-b COMMAND] NAME COMMAND ...\n");
		return 2;
	}
	for (int r = -1; r < rounds; r++)
		for (int i = 0; i < count; i++)
			measure(&list[r % 2 ? count - 1 - i : i], before, r >= 0);
	for (int i = 0; i < count; i++)
		print(&list[i]);
	return 0;
}
