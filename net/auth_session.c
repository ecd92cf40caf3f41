/* What a login bought, kept for the next run: files of the runtime directory, which goes when the
   person leaves the machine: session-NAME for what a driver calls its session, oauth-NAME for the tokens
   of an authorization server. Their lines: what it is bound to (address, who, where the token came from),
   then what was bought. Whoever asks with another binding gets nothing. */
#include "net/auth.h"
#include "net/oauth.h"

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

enum { SESSION_MAX = 40 * 1024 };

static bool kept_path(struct buf *path, const char *what, const char *name, struct error *err)
{
	if (!*name || *name == '.' || strchr(name, '/'))
		return error_set(err, ERROR_CONFIG,
			_("The name %s cannot be that of a file; no session is kept."), name);
	if (!config_dir(path, "runtime", err))
		return false;
	buf_printf(path, "/%s-%s", what, name);
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

static char *kept_read(const char *what, const char *name, const struct auth_bond *bond)
{
	struct buf path = { 0 };
	struct error err = { 0 };
	char room[SESSION_MAX], *kept = NULL;

	if (!kept_path(&path, what, name, &err)) {
		buf_clear(&path);
		return NULL;
	}
	if (read_ours(path.text, room)) {
		char *rest = after_line(room, bond->url);

		rest = after_line(rest, bond->user);
		rest = after_line(rest, bond->source);
		if (rest && strchr(rest, '\n'))
			rest[strcspn(rest, "\n")] = '\0';
		kept = is_line(rest) ? xstrdup(rest) : NULL;
	}
	explicit_bzero(room, sizeof(room));
	buf_clear(&path);
	return kept;
}

static bool kept_write(const char *what, const char *name, const struct auth_bond *bond,
	const char *line, struct error *err)
{
	struct buf path = { 0 };
	char room[SESSION_MAX];
	int size = snprintf(room, sizeof(room), "%s\n%s\n%s\n%s\n", bond->url, bond->user,
		bond->source, line);
	bool good = is_line(line) && size < SESSION_MAX && kept_path(&path, what, name, err) &&
		    file_replace(path.text, room, (size_t)size, err);

	explicit_bzero(room, sizeof(room));
	buf_clear(&path);
	return good;
}

static bool kept_forget(const char *what, const char *name, struct error *err)
{
	struct buf path = { 0 };

	if (!kept_path(&path, what, name, err)) {
		buf_clear(&path);
		return false;
	}
	bool good = unlink(path.text) == 0 || errno == ENOENT;

	if (!good)
		error_set(err, ERROR_LOCAL, _("%s cannot be removed: %s."), path.text,
			strerror(errno));
	buf_clear(&path);
	return good;
}

char *auth_session(const char *name, const struct auth_bond *bond)
{
	return kept_read("session", name, bond);
}

bool auth_session_keep(const char *name, const struct auth_bond *bond, const char *session,
	struct error *err)
{
	return kept_write("session", name, bond, session, err);
}

bool auth_session_forget(const char *name, struct error *err)
{
	return kept_forget("session", name, err);
}

/* ---- tokens of an authorization server: "UNTIL ACCESS REFRESH", "-" where there is none */

void auth_grant_clear(struct auth_grant *g)
{
	auth_wipe(g->access);
	auth_wipe(g->refresh);
	*g = (struct auth_grant){ 0 };
}

bool auth_grant(const char *name, const struct auth_bond *bond, struct auth_grant *g)
{
	char *line = kept_read("oauth", name, bond), *end;

	*g = (struct auth_grant){ 0 };
	if (!line)
		return false;
	long long until = strtoll(line, &end, 10);
	size_t size = *end == ' ' ? strcspn(end + 1, " ") : 0;

	if (size && end[1 + size] == ' ') {
		g->until = (time_t)until;
		end[1 + size] = '\0';
		g->access = xstrdup(end + 1);
		if (strcmp(end + size + 2, "-") != 0)
			g->refresh = xstrdup(end + size + 2);
	}
	auth_wipe(line);
	return g->access != NULL;
}

bool auth_grant_keep(const char *name, const struct auth_bond *bond, const struct auth_grant *g,
	struct error *err)
{
	size_t room = strlen(g->access) + (g->refresh ? strlen(g->refresh) : 1) + 40;
	char *line = xcalloc(1, room);

	snprintf(line, room, "%lld %s %s", (long long)g->until, g->access,
		g->refresh ? g->refresh : "-");
	bool good = kept_write("oauth", name, bond, line, err);

	auth_wipe(line);
	return good;
}

bool auth_grant_forget(const char *name, struct error *err)
{
	return kept_forget("oauth", name, err);
}

int auth_grant_lock_file(const char *name)
{
	struct buf path = { 0 };
	struct error ignored = { 0 };
	int fd = -1;

	if (kept_path(&path, "lock", name, &ignored))
		fd = open(path.text, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	buf_clear(&path);
	return fd;
}

/* ---- where it came from */

/* The end counts too: "a" "b" is not "ab". */
static unsigned long sum_of(unsigned long sum, const char *text)
{
	size_t size = text ? strlen(text) + 1 : 0;

	for (size_t i = 0; i < size; i++)
		sum = sum * 33 + (unsigned char)text[i];
	return sum;
}

void auth_source(char room[AUTH_SOURCE], const struct auth_from *from)
{
	struct stat st = { 0 };
	const struct oauth_client *o = &from->oauth;
	unsigned long sum = 5381;

	for (char *const *word = from->command; word && *word; word++)
		sum = sum_of(sum, *word);
	if (from->file && stat(from->file, &st) == 0)
		snprintf(room, AUTH_SOURCE, "file %lld %lld %lld.%ld", (long long)st.st_dev,
			(long long)st.st_ino, (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	else if (from->keyring)
		snprintf(room, AUTH_SOURCE, "keyring %lu", sum_of(sum, from->keyring));
	else if (from->credential)
		snprintf(room, AUTH_SOURCE, "credential %lu", sum_of(sum, from->credential));
	else if (from->command)
		snprintf(room, AUTH_SOURCE, "command %lu", sum);
	else if (oauth_configured(o))
		snprintf(room, AUTH_SOURCE, "oauth %lu",
			sum_of(sum_of(sum_of(sum_of(sum, o->issuer), o->token_url), o->client_id),
				o->scope));
	else
		snprintf(room, AUTH_SOURCE, "person");
}
