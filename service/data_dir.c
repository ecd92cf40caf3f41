#include "service/data_dir.h"

#include "model/buf.h"
#include "model/i18n.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* The path's own parents, as mkdir -p makes them. */
static void make_parents(const char *dir)
{
	struct buf path = { 0 };
	for (const char *at = dir; *at; at++) {
		if (*at == '/' && at != dir)
			mkdir(buf_str(&path), 0700);
		buf_char(&path, *at);
	}
	buf_clear(&path);
}

/* Whoever may write here may put another file in the place of ours; whoever owns it may do so tomorrow. */
static bool ours_alone(int fd, const char *path, mode_t most, struct error *err)
{
	struct stat st;
	if (fstat(fd, &st) != 0)
		return error_set(err, ERROR_LOCAL, _("%s cannot be looked at: %s."), path, strerror(errno));
	if (st.st_uid != geteuid())
		return error_set(err, ERROR_LOCAL,
			_("%s belongs to another user: run caseloadd as that user, or keep the data elsewhere."),
			path);
	if (st.st_mode & 022)
		return error_set(err, ERROR_LOCAL,
			_("%s may be written by others: if nobody has meddled with it, chmod go-rwx it and begin "
			  "again."),
			path);
	if ((st.st_mode & 077) && fchmod(fd, most) != 0)
		return error_set(err, ERROR_LOCAL, _("%s can be read by others, and that cannot be changed: %s."), path,
			strerror(errno));
	return true;
}

bool data_dir_good(const char *dir, struct error *err)
{
	struct buf path = { 0 };
	buf_text(&path, dir);
	/* With a slash at its end a link would be followed. */
	while (path.size > 1 && path.text[path.size - 1] == '/')
		buf_cut(&path, path.size - 1);
	int fd = open(buf_str(&path), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	bool link = fd < 0 && (errno == ELOOP || errno == ENOTDIR);
	bool good = fd >= 0;
	if (!good)
		error_set(err, ERROR_LOCAL,
			link ? _("%s is not a directory but a link or a file: name the directory itself.")
			     : _("The directory %s cannot be opened: %s."),
			dir, strerror(errno));
	good = good && ours_alone(fd, dir, 0700, err);
	if (fd >= 0)
		close(fd);
	buf_clear(&path);
	return good;
}

bool data_dir_make(const char *dir, struct error *err)
{
	make_parents(dir);
	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		return error_set(
			err, ERROR_LOCAL, _("The directory %s cannot be made: %s."), dir, strerror(errno));
	return data_dir_good(dir, err);
}

bool data_file_make(const char *path, struct error *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return error_set(
			err, ERROR_LOCAL, _("The file %s cannot be written: %s."), path, strerror(errno));
	bool good = ours_alone(fd, path, 0600, err);
	close(fd);
	return good;
}

int data_dir_lock(const char *dir, enum data_use use, struct error *err)
{
	struct buf path = { 0 };
	buf_printf(&path, "%s/lock", dir);
	int fd = open(path.text, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		error_set(err, ERROR_LOCAL, _("The file %s cannot be written: %s."), path.text, strerror(errno));
	} else if (flock(fd, (use == DATA_ALONE ? LOCK_EX : LOCK_SH) | LOCK_NB) != 0) {
		error_set(err, ERROR_BUSY,
			use == DATA_ALONE ? _("The data in %s is in use: stop the service first.")
					  : _("The data in %s is just being restored: try again in a moment."),
			dir);
		close(fd);
		fd = -1;
	}
	buf_clear(&path);
	return fd;
}
