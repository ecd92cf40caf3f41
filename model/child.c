/* Becoming another program, with nothing of ours that is not its business. */
#include "model/child.h"

#include "model/arena.h"
#include "model/buf.h"

#include <ctype.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SIGNALS = 32, DESCRIPTORS = 1024 };

extern char **environ;

/* What a password program may need; everything else stays here. */
static const char *const least_names[] = { "HOME", "PATH", "USER", "LOGNAME", "LANG", "LC_ALL",
	"LC_CTYPE", "LC_MESSAGES", "TERM", "TMPDIR", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME",
	"DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "GNUPGHOME",
	"GPG_TTY", "SSH_AUTH_SOCK", "PASSWORD_STORE_DIR", "PINENTRY_USER_DATA", NULL };

/* Parts of the names that people give to what they keep secret. */
static const char *const secret_words[] = { "TOKEN", "PASSWORD", "PASSWD", "PASSPHRASE", "SECRET",
	"APIKEY", "API_KEY", "CREDENTIAL", NULL };

static bool name_is(const char *variable, const char *name)
{
	size_t size = strlen(name);

	return strncmp(variable, name, size) == 0 && variable[size] == '=';
}

bool child_secret_name(const char *variable)
{
	size_t size = strcspn(variable, "=");

	for (int i = 0; secret_words[i]; i++) {
		size_t word = strlen(secret_words[i]);

		for (size_t at = 0; at + word <= size; at++) {
			size_t same = 0;

			while (same < word &&
				toupper((unsigned char)variable[at + same]) == secret_words[i][same])
				same++;
			if (same == word)
				return true;
		}
	}
	return false;
}

static bool is_kept(const char *variable, enum child_environment which)
{
	if (which == CHILD_PERSON)
		return !child_secret_name(variable);
	for (int i = 0; least_names[i]; i++)
		if (name_is(variable, least_names[i]))
			return true;
	return false;
}

void child_prepare(
	struct child *c, char *const *argv, const char *last, enum child_environment which)
{
	size_t words = 0, variables = 0, kept = 0;

	while (argv[words])
		words++;
	while (environ[variables])
		variables++;
	*c = (struct child){ 0 };
	c->argv = xcalloc(words + 2, sizeof(*c->argv));
	memcpy(c->argv, argv, words * sizeof(*argv));
	c->argv[words] = (char *)last;
	c->env = xcalloc(variables + 2, sizeof(*c->env));
	for (size_t i = 0; i < variables; i++)
		if (is_kept(environ[i], which))
			c->env[kept++] = environ[i];
}

void child_terminal(struct child *c, const char *name)
{
	struct buf line = { 0 };
	char **at = c->env;

	buf_printf(&line, "GPG_TTY=%s", name);
	c->terminal = buf_take(&line);
	while (*at && !name_is(*at, "GPG_TTY"))
		at++;
	*at = c->terminal;
}

static void close_others(void)
{
#ifdef SYS_close_range
	if (syscall(SYS_close_range, 3U, ~0U, 0U) == 0)
		return;
#endif
	for (int fd = 3; fd < DESCRIPTORS; fd++)
		close(fd);
}

void child_become(const struct child *c)
{
	struct sigaction usual = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int i = 1; i < SIGNALS; i++)
		sigaction(i, &usual, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0 });
	close_others();
	environ = c->env;
	execvp(c->argv[0], c->argv);
}

void child_clear(struct child *c)
{
	free(c->argv);
	free(c->env);
	free(c->terminal);
	*c = (struct child){ 0 };
}
