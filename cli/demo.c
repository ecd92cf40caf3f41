/* The private service of --demo. */
#include "cli/demo.h"

#include "cli/ask.h"
#include "model/child.h"
#include "model/config.h"
#include "model/file.h"
#include "model/i18n.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { START_MS = 30000 };

static const char READY[] = "caseloadd: ready ";

/* Beside this program, else in PATH. */
static void find_service(struct buf *path)
{
	char self[4096];
	ssize_t size = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (size > 0) {
		self[size] = '\0';
		buf_printf(path, "%sd", self);
		if (access(path->text, X_OK) == 0)
			return;
		buf_reset(path);

		char *slash = strrchr(self, '/');

		buf_printf(path, "%.*s/caseloadd", (int)(slash - self), self);
		if (access(path->text, X_OK) == 0)
			return;
	}
	buf_reset(path);
	buf_text(path, "caseloadd");
}

static bool in_path(const char *program)
{
	const char *path = getenv("PATH");
	struct buf file = { 0 };
	bool found = false;

	for (const char *at = path ? path : ""; *at && !found; at += *at == ':') {
		size_t size = strcspn(at, ":");

		buf_reset(&file);
		buf_printf(&file, "%.*s/%s", (int)size, at, program);
		found = access(file.text, X_OK) == 0;
		at += size;
	}
	buf_clear(&file);
	return found;
}

/* Only in the child. Its own process group: Ctrl-C in the terminal is the client's business. */
static _Noreturn void become_service(const struct child *child, const char *log, int out)
{
	int null = open("/dev/null", O_RDONLY);
	int err = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600);

	setpgid(0, 0);
	dup2(null, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(err < 0 ? null : err, STDERR_FILENO);
	child_become(child);
	dprintf(STDERR_FILENO, "%s: %s\n", child->argv[0], strerror(errno));
	_exit(127);
}

/* The first line the service says, without its end; false: it ended or said nothing in time. */
static bool read_ready(int fd, struct buf *line)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	char c;

	while (poll(&wait, 1, START_MS) > 0 && read(fd, &c, 1) == 1) {
		if (c == '\n')
			return strncmp(buf_str(line), READY, sizeof(READY) - 1) == 0;
		buf_char(line, c);
	}
	return false;
}

static void last_line(const char *path, struct buf *out)
{
	char line[256];
	FILE *f = fopen(path, "r");

	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		buf_reset(out);
		buf_text(out, line);
	}
	if (f)
		fclose(f);
}

static bool launch(struct demo *d, const char *data, struct buf *ready, struct error *err)
{
	struct buf program = { 0 }, log = { 0 }, why = { 0 };
	int ends[2];

	if (pipe(ends))
		return error_set(err, ERROR_LOCAL, _("No pipe can be made: %s."), strerror(errno));
	fcntl(ends[0], F_SETFD, FD_CLOEXEC);
	find_service(&program);
	buf_printf(&log, "%s/log", data);
	char *const argv[] = { program.text, "serve", "--listen", "127.0.0.1:0", "--data",
		(char *)data, "--sample", "--with-parent", NULL };
	struct child child;

	child_prepare(&child, argv, NULL, CHILD_PERSON);
	d->pid = fork();
	if (d->pid == 0)
		become_service(&child, log.text, ends[1]);
	child_clear(&child);
	close(ends[1]);

	bool good = d->pid > 0 && read_ready(ends[0], ready);

	close(ends[0]);
	if (!good && !strchr(program.text, '/') && !in_path(program.text)) {
		error_set(err, ERROR_LOCAL,
			_("The demo needs caseloadd, which is neither beside caseload nor in "
			  "PATH."));
	} else if (!good) {
		last_line(log.text, &why);
		error_set(err, ERROR_LOCAL, _("The service for the demo does not start (%s): %s"),
			program.text, buf_str(&why));
	}
	buf_clear(&program);
	buf_clear(&log);
	buf_clear(&why);
	return good;
}

/* The address is new each time, so it stands in a file of its own beside what the person may
 * change. */
static bool write_config(struct demo *d, const char *data, const char *url, struct error *err)
{
	struct buf dir = { 0 }, path = { 0 }, text = { 0 };
	bool good = config_dir(&dir, "config", err);

	if (good) {
		buf_printf(&path, "%s/service.conf", dir.text);
		buf_text(&text, _("# Written anew by each caseload --demo.\n"));
		buf_printf(&text,
			"[service \"sample\"]\ntype = native\nurl = %s\ntoken-file = "
			"%s/first-token\n",
			url, data);
		good = file_replace(path.text, text.text, text.size, err);
	}
	if (good) {
		buf_printf(&d->config, "%s/config", dir.text);
		buf_reset(&text);
		buf_text(&text, _("# Settings of the demo; see caseload.conf(5).\n"));
		buf_text(&text, "include = service.conf\n");
		if (access(d->config.text, F_OK))
			good = file_replace(d->config.text, text.text, text.size, err);
	}
	buf_clear(&dir);
	buf_clear(&path);
	buf_clear(&text);
	return good;
}

static bool start(struct demo *d, const char *data, struct error *err)
{
	struct buf ready = { 0 };
	bool good = launch(d, data, &ready, err) &&
		    write_config(d, data, ready.text + sizeof(READY) - 1, err);

	buf_clear(&ready);
	return good;
}

/* One service for one directory: a second demo of the same person uses the first one's. */
static bool lock(struct demo *d, const char *dir)
{
	struct buf path = { 0 };

	buf_printf(&path, "%s/lock", dir);
	d->lock = open(path.text, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	buf_clear(&path);
	return d->lock >= 0 && flock(d->lock, LOCK_EX | LOCK_NB) == 0;
}

bool demo_start(struct demo *d, struct error *err)
{
	struct buf dir = { 0 }, data = { 0 };

	setenv("CASELOAD_PROFILE", "demo", 1);

	bool good = config_dir(&dir, "data", err);

	if (good && lock(d, dir.text)) {
		buf_printf(&data, "%s/service", dir.text);
		good = config_make_dir(data.text, err) && start(d, data.text, err);
	} else if (good) {
		good = config_place(&d->config, "config", err);
		buf_text(&d->config, "/config");
	}
	buf_clear(&dir);
	buf_clear(&data);
	if (!good)
		demo_stop(d);
	return good;
}

void demo_stop(struct demo *d)
{
	if (d->pid > 0) {
		kill(d->pid, SIGTERM);
		while (waitpid(d->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	d->pid = 0;
	if (d->lock > 0)
		close(d->lock);
	d->lock = 0;
	buf_clear(&d->config);
}
