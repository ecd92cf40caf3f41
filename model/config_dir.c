/* Where files live: XDG Base Directory, 0700, ours alone. */
#include "model/config.h"

#include "model/i18n.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

struct place {
	const char *which, *variable, *home; /* home: seen from the home directory */
};

static const struct place places[] = { { "config", "XDG_CONFIG_HOME", "/.config" },
	{ "data", "XDG_DATA_HOME", "/.local/share" },
	{ "state", "XDG_STATE_HOME", "/.local/state" }, { "cache", "XDG_CACHE_HOME", "/.cache" },
	{ NULL } };

static const char *home(void)
{
	const char *dir = getenv("HOME");

	if (dir && *dir == '/')
		return dir;

	const struct passwd *me = getpwuid(getuid());

	return me && me->pw_dir && *me->pw_dir == '/' ? me->pw_dir : NULL;
}

/* A runtime directory of another user is left over from su or sudo: as good as none. */
static const char *runtime(void)
{
	const char *dir = getenv("XDG_RUNTIME_DIR");
	struct stat st;

	if (!dir || *dir != '/' || stat(dir, &st))
		return NULL;
	return S_ISDIR(st.st_mode) && st.st_uid == geteuid() && !(st.st_mode & 022) ? dir : NULL;
}

bool config_has_runtime(void)
{
	return runtime() != NULL;
}

/* A profile has directories of its own beside the usual ones: caseload-NAME. */
static bool add_name(struct buf *out, struct error *err)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
	const char *profile = getenv("CASELOAD_PROFILE");

	buf_text(out, "/caseload");
	if (!profile || !*profile)
		return true;
	if (strlen(profile) > 32 || profile[strspn(profile, letters)])
		return error_set(err, ERROR_CONFIG,
			_("The name of a profile is made of small letters, digits and hyphens."));
	buf_printf(out, "-%s", profile);
	return true;
}

bool config_place(struct buf *out, const char *which, struct error *err)
{
	if (strcmp(which, "runtime") == 0) {
		const char *dir = runtime();

		if (dir) {
			buf_text(out, dir);
			return add_name(out, err);
		}
		which = "cache";
	}
	for (const struct place *p = places; p->which; p++) {
		if (strcmp(p->which, which))
			continue;

		const char *dir = getenv(p->variable);

		if (dir && *dir == '/') {
			buf_text(out, dir);
			return add_name(out, err);
		}
		dir = home();
		if (!dir)
			return error_set(
				err, ERROR_CONFIG, _("There is no home directory; set HOME."));
		buf_printf(out, "%s%s", dir, p->home);
		return add_name(out, err);
	}
	return error_set(err, ERROR_CONFIG, _("There is no directory called %s."), which);
}

/* The directories above it that are missing, 0700 like itself; those that exist are not our
 * business. */
static bool make_parents(const char *path, struct error *err)
{
	struct buf part = { 0 };
	bool good = true;

	for (const char *slash = strchr(path + 1, '/'); slash && good;
		slash = strchr(slash + 1, '/')) {
		buf_reset(&part);
		buf_add(&part, path, (size_t)(slash - path));
		if (mkdir(part.text, 0700) && errno != EEXIST && errno != EISDIR)
			good = error_set(err, ERROR_LOCAL, _("%s cannot be made: %s."), part.text,
				strerror(errno));
	}
	buf_clear(&part);
	return good;
}

static bool check_dir(int fd, const char *path, struct error *err)
{
	struct stat st;

	if (fstat(fd, &st))
		return error_set(
			err, ERROR_LOCAL, _("%s cannot be read: %s."), path, strerror(errno));
	if (st.st_uid != geteuid())
		return error_set(err, ERROR_CONFIG,
			_("%s belongs to another user, so nothing is kept there; remove it or "
			  "choose another place."),
			path);
	if (st.st_mode & 022)
		return error_set(err, ERROR_CONFIG,
			_("%s can be written by others, so what is in it may not be yours; look what is "
			  "there, then run chmod 700 on it."),
			path);
	if ((st.st_mode & 077) && fchmod(fd, 0700))
		return error_set(err, ERROR_CONFIG, _("%s is open to others and stays so: %s."),
			path, strerror(errno));
	return true;
}

/* must: it has to be there. */
static bool look_dir(const char *path, bool must, struct error *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT && !must)
		return true;
	if (fd < 0 && (errno == ELOOP || errno == ENOTDIR))
		return error_set(err, ERROR_CONFIG,
			_("%s is a link or a file, not a directory of yours, so nothing is kept "
			  "there; remove it."),
			path);
	if (fd < 0)
		return error_set(
			err, ERROR_LOCAL, _("%s cannot be opened: %s."), path, strerror(errno));

	bool good = check_dir(fd, path, err);

	close(fd);
	return good;
}

bool config_make_dir(const char *path, struct error *err)
{
	if (!make_parents(path, err))
		return false;
	if (mkdir(path, 0700) && errno != EEXIST)
		return error_set(
			err, ERROR_LOCAL, _("%s cannot be made: %s."), path, strerror(errno));
	return look_dir(path, true, err);
}

bool config_check_dir(const char *which, struct error *err)
{
	struct buf path = { 0 };
	bool good = config_place(&path, which, err) && look_dir(buf_str(&path), false, err);

	buf_clear(&path);
	return good;
}

bool config_dir(struct buf *out, const char *which, struct error *err)
{
	struct buf path = { 0 };
	bool good = config_place(&path, which, err) && config_make_dir(buf_str(&path), err);

	if (good)
		buf_text(out, path.text);
	buf_clear(&path);
	return good;
}
