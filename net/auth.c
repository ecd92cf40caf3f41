/* Tokens from a file or a command. */
#include "net/auth.h"

#include "model/arena.h"
#include "model/child.h"
#include "model/i18n.h"
#include "model/text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TOKEN_MAX = 16 * 1024 };

void auth_wipe(char *token)
{
	if (!token)
		return;
	explicit_bzero(token, strlen(token));
	free(token);
}

bool auth_token_ok(const char *token)
{
	if (!token || !*token)
		return false;
	for (const char *c = token; *c; c++)
		if ((unsigned char)*c <= 0x20 || (unsigned char)*c >= 0x7f)
			return false;
	return true;
}

bool auth_password_ok(const char *password)
{
	size_t size = password ? strlen(password) : 0;

	for (size_t i = 0; i < size; i++)
		if ((unsigned char)password[i] < 0x20 || password[i] == 0x7f)
			return false;
	return size && text_valid(password, size);
}

/* What is read; kept in a block of fixed size, so that no copy is left behind by growing. */
struct secret {
	char text[TOKEN_MAX];
	size_t size;
};

static void secret_free(struct secret *s)
{
	explicit_bzero(s, sizeof(*s));
	free(s);
}

/* A kind of secret: whether what was read, its first line, is one. */
typedef bool secret_ok(struct secret *);

static void secret_cut(struct secret *s)
{
	s->text[s->size] = '\0';
	s->text[strcspn(s->text, "\r\n")] = '\0';
}

/* As it is: a blank may be part of it. */
static bool is_password(struct secret *s)
{
	secret_cut(s);
	return auth_password_ok(s->text);
}

/* Without the blanks around it. */
static bool is_token(struct secret *s)
{
	secret_cut(s);
	size_t from = strspn(s->text, " \t");
	size_t size = strlen(s->text + from);

	while (size && strchr(" \t", s->text[from + size - 1]))
		size--;
	memmove(s->text, s->text + from, size);
	s->text[size] = '\0';
	return auth_token_ok(s->text);
}

/* true: the end; false: more may come, or (*failed) it cannot be read. */
static bool secret_read(struct secret *s, int fd, bool *failed)
{
	for (;;) {
		ssize_t got = read(fd, s->text + s->size, sizeof(s->text) - 1 - s->size);

		if (got == 0)
			return true;
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			*failed = errno != EAGAIN && errno != EWOULDBLOCK;
			return false;
		}
		s->size += (size_t)got;
		if (s->size == sizeof(s->text) - 1)
			return true;
	}
}

/* ---- a file */

static bool file_ours(int fd, const char *path, struct error *err)
{
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return error_set(
			err, ERROR_CONFIG, _("The token file %s is no ordinary file."), path);
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return error_set(err, ERROR_CONFIG,
			_("The token file %s belongs to somebody else; it is not used."), path);
	if (st.st_mode & (S_IRWXG | S_IRWXO))
		return error_set(err, ERROR_CONFIG,
			_("Others may read the token file %s; run chmod 600 on it, and "
			  "have the token replaced."),
			path);
	return true;
}

static char *secret_of_file(const char *path, secret_ok *good, struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0) {
		error_set(err, ERROR_LOGIN, _("The token file %s cannot be read: %s."), path,
			strerror(errno));
		return NULL;
	}
	struct secret *s = xcalloc(1, sizeof(*s));
	bool failed = false;
	char *token = NULL;

	if (!file_ours(fd, path, err))
		goto done;
	if (!secret_read(s, fd, &failed) || !good(s)) {
		error_set(err, ERROR_LOGIN, _("The token file %s holds no token."), path);
		goto done;
	}
	token = xstrdup(s->text);
done:
	close(fd);
	secret_free(s);
	return token;
}

char *auth_file(const char *path, struct error *err)
{
	return secret_of_file(path, is_token, err);
}

char *auth_password_file(const char *path, struct error *err)
{
	return secret_of_file(path, is_password, err);
}

/* ---- a command */

struct auth_command {
	struct loop *loop;
	auth_done *done;
	void *ctx;
	pid_t pid;
	int fd;
	int timer;
	char name[64];
	struct secret *secret;
	secret_ok *good;
};

/* In a session of its own, so that it can neither draw on the screen nor take the keys. */
static _Noreturn void command_run(int out, const struct child *child)
{
	int null = open("/dev/null", O_RDWR);

	setsid();
	dup2(null, 0);
	dup2(out, 1);
	dup2(null, 2);
	child_become(child);
	_exit(127);
}

/* Ends what is left of it. It had its end of output or its time, so killing loses nothing. */
static int command_reap(struct auth_command *c)
{
	int status = 0;

	for (int i = 0; i < 20; i++) {
		if (waitpid(c->pid, &status, WNOHANG) != 0)
			return status;
		poll(NULL, 0, 5);
	}
	kill(-c->pid, SIGKILL);
	kill(c->pid, SIGKILL);
	waitpid(c->pid, &status, 0);
	return status;
}

static void command_free(struct auth_command *c)
{
	loop_unwatch(c->loop, c->fd);
	loop_cancel(c->loop, c->timer);
	close(c->fd);
	secret_free(c->secret);
	free(c);
}

static void command_end(struct auth_command *c, struct error *err)
{
	const char *token = err->kind == ERROR_NONE ? c->secret->text : NULL;

	loop_unwatch(c->loop, c->fd);
	c->done(c->ctx, token, err);
	command_free(c);
}

static void command_ready(void *ctx)
{
	struct auth_command *c = ctx;
	struct error err = { 0 };
	bool failed = false;

	if (!secret_read(c->secret, c->fd, &failed) && !failed)
		return;
	int status = command_reap(c);

	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		error_set(&err, ERROR_CONFIG, _("The token command %s cannot be found or run."),
			c->name);
	else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		error_set(&err, ERROR_LOGIN, _("The token command %s failed; try it by hand."),
			c->name);
	else if (failed || !c->good(c->secret))
		error_set(&err, ERROR_LOGIN, _("The token command %s printed no token."), c->name);
	command_end(c, &err);
}

static void command_late(void *ctx)
{
	struct auth_command *c = ctx;
	struct error err = { 0 };

	c->timer = 0;
	kill(-c->pid, SIGKILL);
	command_reap(c);
	error_set(&err, ERROR_LOGIN, _("The token command %s did not answer in time."), c->name);
	command_end(c, &err);
}

static struct auth_command *command_begin(struct loop *loop, char *const *argv, int wait_ms,
	auth_done *done, void *ctx, struct error *err)
{
	int ends[2];

	if (pipe(ends) != 0) {
		error_set(err, ERROR_LOCAL, _("The token command cannot be run: %s."),
			strerror(errno));
		return NULL;
	}
	fcntl(ends[0], F_SETFD, FD_CLOEXEC);
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	struct child child;

	child_prepare(&child, argv, NULL, CHILD_LEAST);
	pid_t pid = fork();

	if (pid == 0)
		command_run(ends[1], &child);
	child_clear(&child);
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		error_set(err, ERROR_LOCAL, _("The token command cannot be run: %s."),
			strerror(errno));
		return NULL;
	}
	struct auth_command *c = xcalloc(1, sizeof(*c));

	*c = (struct auth_command){
		.loop = loop, .done = done, .ctx = ctx, .pid = pid, .fd = ends[0]
	};
	snprintf(c->name, sizeof(c->name), "%s", argv[0]);
	c->secret = xcalloc(1, sizeof(*c->secret));
	loop_watch(loop, c->fd, command_ready, c);
	c->timer = loop_after(loop, wait_ms, command_late, c);
	return c;
}

struct auth_command *auth_command(struct loop *loop, char *const *argv, int wait_ms,
	auth_done *done, void *ctx, struct error *err)
{
	struct auth_command *c = command_begin(loop, argv, wait_ms, done, ctx, err);

	if (c)
		c->good = is_token;
	return c;
}

struct auth_command *auth_password_command(struct loop *loop, char *const *argv, int wait_ms,
	auth_done *done, void *ctx, struct error *err)
{
	struct auth_command *c = command_begin(loop, argv, wait_ms, done, ctx, err);

	if (c)
		c->good = is_password;
	return c;
}

void auth_command_stop(struct auth_command *c)
{
	if (!c)
		return;
	kill(-c->pid, SIGKILL);
	command_reap(c);
	command_free(c);
}
