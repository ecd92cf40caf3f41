/* Rights that were given up are gone: tried in a child, by a real kernel. */
#include "model/confine.h"
#include "tests/lib.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[] = "/tmp/caseload-confine-XXXXXX";

static const char *in_dir(const char *name)
{
	static char path[4][100];
	static int at;

	at = (at + 1) % 4;
	snprintf(path[at], sizeof(path[at]), "%s/%s", dir, name);
	return path[at];
}

/* 0, or the errno it failed with. */
static int tried(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static int run_true(void)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		execl("/bin/true", "true", (char *)NULL);
		_exit(errno);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* What the child found wrong, as the number of the line; 0: nothing. */
static int confined_child(void)
{
	const struct confine_rule rules[] = { { in_dir("own"), CONFINE_READ | CONFINE_WRITE },
		{ in_dir("read"), CONFINE_READ }, { in_dir("nowhere"), CONFINE_READ }, { NULL, 0 } };
	int open_before = open(in_dir("other"), O_RDWR | O_CLOEXEC);
	char byte;

	if (!confine_files(rules))
		return __LINE__;
	if (tried(in_dir("own/new"), O_RDWR | O_CREAT) || unlink(in_dir("own/new")))
		return __LINE__;
	if (tried(in_dir("read"), O_RDONLY) || tried(in_dir("read"), O_RDWR) != EACCES)
		return __LINE__;
	if (tried(in_dir("other"), O_RDONLY) != EACCES || tried(in_dir("other"), O_RDWR) != EACCES)
		return __LINE__;
	if (tried(in_dir("new"), O_RDWR | O_CREAT) != EACCES || unlink(in_dir("other")) != -1)
		return __LINE__;
	if (read(open_before, &byte, 1) != 1)
		return __LINE__;
	if (run_true() != EACCES)
		return __LINE__;
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : __LINE__;
}

int main(void)
{
	int status = 0;

	if (!mkdtemp(dir))
		return 1;
	mkdir(in_dir("own"), 0700);
	close(open(in_dir("read"), O_WRONLY | O_CREAT, 0600));
	int other = open(in_dir("other"), O_WRONLY | O_CREAT, 0600);
	if (write(other, "x", 1) != 1)
		return 1;
	close(other);
	test("files that are not named cannot be read, written, made, removed or run") {
		if (!confine_abi())
			skip("this kernel has no Landlock");
		else {
			pid_t pid = fork();

			if (pid == 0)
				_exit(confined_child() & 0xff);
			waitpid(pid, &status, 0);
			same_int(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 0);
		}
	}
	test("nothing that is started gains rights") {
		pid_t pid = fork();

		if (pid == 0)
			_exit(confine_privileges() && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : 1);
		waitpid(pid, &status, 0);
		same_int(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 0);
	}
	unlink(in_dir("read"));
	unlink(in_dir("other"));
	rmdir(in_dir("own"));
	rmdir(dir);
	return test_result();
}
