/* What a login bought, kept for the next run: a file of the runtime directory, which goes when the
   person leaves the machine. Its lines: what it is bound to (address, who, where the token came from),
   then the session. Whoever asks with another binding gets nothing. */
#include "net/auth.h"

#include "model/arena.h"
#include "model/buf.h"
#include "model/config.h"
#include "model/file.h"
#include "model/i18n.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SESSION_MAX = 8 * 1024 };

static bool session_path(struct buf *path, const char *name, struct error *err)
{
	if (!*name || *name == '.' || strchr(name, '/'))
		return error_set(err, ERROR_CONFIG,
			_("The name %s cannot be that of a file; no session is kept."), name);
	if (!config_dir(path, "runtime", err))
		return false;
	buf_printf(path, "/session-%s", name);
	return true;
}

/* One line of ASCII: what a driver called its session. */
static bool is_line(const char *text)
{
	if (!text || !*text)
		return false;
	for (const char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20 || (unsigned char)*c >= 0x7f)
			return false;
	return true;
}

/* All of it, if it is an ordinary file that is ours alone. */
static bool read_ours(const char *path, char room[SESSION_MAX])
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return false;
	bool good = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
		    !(st.st_mode & (S_IRWXG | S_IRWXO));
	ssize_t got = good ? read(fd, room, SESSION_MAX - 1) : -1;

	room[got > 0 ? got : 0] = '\0';
	close(fd);
	return got > 0;
}

/* What follows this line; NULL: it is another. */
static char *after_line(char *text, const char *line)
{
	size_t size = strlen(line);

	return text && !strncmp(text, line, size) && text[size] == '\n' ? text + size + 1 : NULL;
}

char *auth_session(const char *name, const struct auth_bond *bond)
{
	struct buf path = { 0 };
	struct error err = { 0 };
	char room[SESSION_MAX], *session = NULL;

	if (!session_path(&path, name, &err))
		return NULL;
	if (read_ours(path.text, room)) {
		char *rest = after_line(room, bond->url);

		rest = after_line(rest, bond->user);
		rest = after_line(rest, bond->source);
		if (rest && strchr(rest, '\n'))
			rest[strcspn(rest, "\n")] = '\0';
		session = is_line(rest) ? xstrdup(rest) : NULL;
	}
	explicit_bzero(room, sizeof(room));
	buf_clear(&path);
	return session;
}

bool auth_session_keep(const char *name, const struct auth_bond *bond, const char *session,
	struct error *err)
{
	struct buf path = { 0 };
	char room[SESSION_MAX];
	int size = snprintf(room, sizeof(room), "%s\n%s\n%s\n%s\n", bond->url, bond->user,
		bond->source, session);
	bool good = is_line(session) && size < SESSION_MAX &&
		    session_path(&path, name, err) &&
		    file_replace(path.text, room, (size_t)size, err);

	explicit_bzero(room, sizeof(room));
	buf_clear(&path);
	return good;
}

bool auth_session_forget(const char *name, struct error *err)
{
	struct buf path = { 0 };

	if (!session_path(&path, name, err))
		return false;
	bool good = unlink(path.text) == 0 || errno == ENOENT;

	if (!good)
		error_set(err, ERROR_LOCAL, _("%s cannot be removed: %s."), path.text,
			strerror(errno));
	buf_clear(&path);
	return good;
}

void auth_source(char room[AUTH_SOURCE], const char *file, char *const *command)
{
	struct stat st = { 0 };
	unsigned long sum = 5381;

	for (char *const *word = command; word && *word; word++)
		for (const char *c = *word; c == *word || c[-1]; c++)
			sum = sum * 33 + (unsigned char)*c;
	if (file && stat(file, &st) == 0)
		snprintf(room, AUTH_SOURCE, "file %lld %lld %lld.%ld", (long long)st.st_dev,
			(long long)st.st_ino, (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	else if (command)
		snprintf(room, AUTH_SOURCE, "command %lu", sum);
	else
		snprintf(room, AUTH_SOURCE, "person");
}
