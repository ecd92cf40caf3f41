/* Tokens from a file, a credential or a command. */
#include "net/auth.h"

#include "model/arena.h"
#include "model/child.h"
#include "model/config.h"
#include "model/i18n.h"
#include "model/text.h"
#include "net/keyring.h"
#include "net/oauth.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
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

/* closed: the group bits that must be off. A credential of systemd shows its access list there. */
static bool file_ours(int fd, const char *path, mode_t closed, struct error *err)
{
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return error_set(
			err, ERROR_CONFIG, _("The token file %s is no ordinary file."), path);
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return error_set(err, ERROR_CONFIG,
			_("The token file %s belongs to somebody else; it is not used."), path);
	if (st.st_mode & (closed | S_IRWXO))
		return error_set(err, ERROR_CONFIG,
			_("Others may read the token file %s; run chmod 600 on it, and "
			  "have the token replaced."),
			path);
	return true;
}

static char *secret_of_file(const char *path, secret_ok *good, mode_t closed, struct error *err)
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

	if (!file_ours(fd, path, closed, err))
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
	return secret_of_file(path, is_token, S_IRWXG, err);
}

char *auth_password_file(const char *path, struct error *err)
{
	return secret_of_file(path, is_password, S_IRWXG, err);
}

char *auth_credential(const char *name, bool password, struct error *err)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	struct buf path = { 0 };
	char *token = NULL;

	if (!dir || *dir != '/' || !*name || strchr(name, '/') || *name == '.') {
		error_set(err, ERROR_LOGIN,
			_("There is no credential %s: systemd passes it with LoadCredential= "
			  "(systemd.exec(5))."),
			name);
		return NULL;
	}
	buf_printf(&path, "%s/%s", dir, name);
	token = secret_of_file(path.text, password ? is_password : is_token, S_IWGRP | S_IXGRP, err);
	buf_clear(&path);
	return token;
}

/* ---- a key of the kernel */

static char *secret_of_keyring(const char *description, bool password, struct error *err)
{
	char *text = keyring_get(description, err), *token = NULL;
	struct secret *s = xcalloc(1, sizeof(*s));

	if (text) {
		s->size = strlen(text) < TOKEN_MAX ? strlen(text) : TOKEN_MAX - 1;
		memcpy(s->text, text, s->size);
		if (password ? is_password(s) : is_token(s))
			token = xstrdup(s->text);
		else
			error_set(err, ERROR_LOGIN, _("The key %s of the keyring holds no token."),
				description);
	}
	auth_wipe(text);
	secret_free(s);
	return token;
}

/* ---- any of these, as configured */

static const char *option(const struct config *c, const char *service, const char *key)
{
	const char *value = config_section_get(c, "service", service, key);

	return value && *value ? value : NULL;
}

void auth_from_config(struct auth_from *from, const struct config *c, const char *service)
{
	const char *command = option(c, service, "token-command");
	const char *terminal = option(c, service, "token-terminal");

	*from = (struct auth_from){ .file = option(c, service, "token-file"),
		.keyring = option(c, service, "token-keyring"),
		.credential = option(c, service, "token-credential"),
		.command = command ? config_argv(command) : NULL,
		.command_terminal = terminal && !strcmp(terminal, "yes"),
		.password = option(c, service, "user") != NULL,
		.oauth = { .issuer = option(c, service, "oauth-issuer"),
			.device_url = option(c, service, "oauth-device-url"),
			.token_url = option(c, service, "oauth-token-url"),
			.client_id = option(c, service, "oauth-client-id"),
			.scope = option(c, service, "oauth-scope") } };
}

void auth_from_clear(struct auth_from *from)
{
	free(from->command);
	*from = (struct auth_from){ 0 };
}

bool auth_from_by_itself(const struct auth_from *from)
{
	return from->file || from->keyring || from->credential || from->command ||
	       oauth_configured(&from->oauth);
}

char *auth_now(const struct auth_from *from, struct error *err)
{
	if (from->file)
		return from->password ? auth_password_file(from->file, err)
				      : auth_file(from->file, err);
	if (from->keyring)
		return secret_of_keyring(from->keyring, from->password, err);
	return from->credential ? auth_credential(from->credential, from->password, err) : NULL;
}

/* ---- a command */

struct auth_command {
	struct loop *loop;
	auth_done *done;
	void *ctx;
	pid_t pid;
	int fd;
	int timer;
	int tty; /* -1: it has no terminal */
	struct termios was;
	char name[64];
	struct secret *secret;
	secret_ok *good;
};

/* In a session of its own, so that it can neither draw on the screen nor take the keys. */
static void without_terminal(int out)
{
	int null = open("/dev/null", O_RDWR);

	setsid();
	dup2(null, 0);
	dup2(out, 1);
	dup2(null, 2);
}

/* A job of its own in the foreground: Ctrl-C there ends it, and not this program. */
static void foreground(int tty, pid_t group)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, before;

	sigaction(SIGTTOU, &ignore, &before);
	tcsetpgrp(tty, group);
	sigaction(SIGTTOU, &before, NULL);
}

static void with_terminal(int out, int tty)
{
	setpgid(0, 0);
	foreground(tty, getpid());
	dup2(tty, 0);
	dup2(out, 1);
	dup2(tty, 2);
}

/* The terminal this program has in the foreground; -1: there is none to give. */
static int terminal_open(struct termios *was)
{
	int tty = open("/dev/tty", O_RDWR | O_CLOEXEC);

	if (tty >= 0 && (tcgetpgrp(tty) != getpgrp() || tcgetattr(tty, was) != 0)) {
		close(tty);
		tty = -1;
	}
	return tty;
}

static void terminal_back(struct auth_command *c)
{
	if (c->tty < 0)
		return;
	foreground(c->tty, getpgrp());
	tcsetattr(c->tty, TCSADRAIN, &c->was);
	close(c->tty);
	c->tty = -1;
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
	terminal_back(c);
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
	terminal_back(c);
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

static bool cannot_run(struct error *err)
{
	return error_set(
		err, ERROR_LOCAL, _("The token command cannot be run: %s."), strerror(errno));
}

static pid_t command_fork(const struct auth_ask *ask, int out, int tty)
{
	char name[128] = "";
	struct child child;

	child_prepare(&child, ask->argv, NULL, CHILD_LEAST);
	if (tty >= 0 && ttyname_r(tty, name, sizeof(name)) == 0)
		child_terminal(&child, name);
	pid_t pid = fork();

	if (pid == 0) {
		if (tty >= 0)
			with_terminal(out, tty);
		else
			without_terminal(out);
		child_become(&child);
		_exit(127);
	}
	if (pid > 0 && tty >= 0)
		setpgid(pid, pid);
	child_clear(&child);
	return pid;
}

struct auth_command *auth_command(struct loop *loop, const struct auth_ask *ask, auth_done *done,
	void *ctx, struct error *err)
{
	struct auth_command *c = xcalloc(1, sizeof(*c));
	int ends[2];

	if (pipe(ends) != 0) {
		cannot_run(err);
		free(c);
		return NULL;
	}
	fcntl(ends[0], F_SETFD, FD_CLOEXEC);
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	*c = (struct auth_command){ .loop = loop,
		.done = done,
		.ctx = ctx,
		.fd = ends[0],
		.good = ask->kind == AUTH_PASSWORD ? is_password : is_token };
	c->tty = ask->terminal ? terminal_open(&c->was) : -1;
	c->secret = xcalloc(1, sizeof(*c->secret));
	snprintf(c->name, sizeof(c->name), "%s", ask->argv[0]);
	c->pid = command_fork(ask, ends[1], c->tty);
	close(ends[1]);
	if (c->pid < 0) {
		cannot_run(err);
		command_free(c);
		return NULL;
	}
	loop_watch(loop, c->fd, command_ready, c);
	c->timer = loop_after(loop, ask->wait_ms, command_late, c);
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
