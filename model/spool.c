/* Copies of files that go with a change. */
#include "model/spool.h"

#include "model/buf.h"
#include "model/file.h"
#include "model/i18n.h"
#include "model/ident.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 1 << 16, MIB = 1 << 20 };

static bool too_large(const char *path, int64_t limit, struct error *err)
{
	if (limit >= MIB)
		return error_set(err, ERROR_USAGE,
			_("%s is larger than %lld MiB, which is as much as one file may have here "
			  "(files.limit)."),
			path, (long long)(limit / MIB));
	return error_set(err, ERROR_USAGE,
		_("%s is larger than %lld bytes, which is as much as one file may have here."), path,
		(long long)limit);
}

static bool cannot_open(const char *path, int reason, struct error *err)
{
	if (reason == ELOOP)
		return error_set(err, ERROR_USAGE,
			_("%s is a link to another place; name the file itself."), path);
	if (reason == ENOENT)
		return error_set(err, ERROR_USAGE, _("There is no file %s."), path);
	return error_set(err, ERROR_LOCAL, _("%s cannot be read: %s."), path, strerror(reason));
}

/* A pipe or a device is not waited for. */
static int open_ordinary(const char *path, int64_t limit, int64_t *size, struct error *err)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st)) {
		cannot_open(path, errno, err);
	} else if (S_ISDIR(st.st_mode)) {
		error_set(err, ERROR_USAGE, _("%s is a directory; name the files in it."), path);
	} else if (!S_ISREG(st.st_mode)) {
		error_set(err, ERROR_USAGE, _("%s is no ordinary file and cannot be sent."), path);
	} else if (st.st_size > limit) {
		too_large(path, limit, err);
	} else {
		*size = st.st_size;
		return fd;
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

bool spool_look(const char *path, int64_t limit, int64_t *size, struct error *err)
{
	int fd = open_ordinary(path, limit, size, err);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* ---- the directory */

static int lock(const char *dir, int how)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return -1;
	if (!fstat(fd, &st) && st.st_uid == geteuid() && !fchmod(fd, 0700) && !flock(fd, how))
		return fd;
	close(fd);
	return -1;
}

int spool_lock_copying(const char *dir)
{
	mkdir(dir, 0700); /* one that cannot be made cannot be opened */
	return lock(dir, LOCK_SH);
}

int spool_lock_sweeping(const char *dir)
{
	return lock(dir, LOCK_EX | LOCK_NB);
}

static void sync_dir(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

/* ---- copies */

/* A file may grow while it is read: what is read counts, not what it was said to be. */
static bool pour(int from, int to, const char *path, int64_t limit, int64_t *size, struct error *err)
{
	char *block = xmalloc(BLOCK);
	bool good = true;

	*size = 0;
	while (good) {
		ssize_t n = read(from, block, BLOCK);

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			break;
		if (n < 0)
			good = cannot_open(path, errno, err);
		else if ((*size += n) > limit)
			good = too_large(path, limit, err);
		else if (!file_write(to, block, (size_t)n))
			good = error_set(err, ERROR_LOCAL,
				_("%s could not be copied, so nothing was saved: %s."), path,
				strerror(errno));
	}
	free(block);
	return good;
}

static bool copy_to(
	const char *dir, int from, const char *to, struct attachment *file, int64_t limit, struct error *err)
{
	int fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	bool good = fd >= 0 && fchmod(fd, 0600) == 0;

	if (!good)
		error_set(err, ERROR_LOCAL, _("%s cannot be written: %s."), to, strerror(errno));
	good = good && pour(from, fd, file->path, limit, &file->size, err);
	if (good && fsync(fd))
		good = error_set(err, ERROR_LOCAL,
			_("%s could not be copied, so nothing was saved: %s."), file->path,
			strerror(errno));
	if (fd >= 0)
		close(fd);
	if (good)
		sync_dir(dir);
	else if (fd >= 0)
		unlink(to);
	return good;
}

bool spool_copy(const char *dir, struct attachment *file, int64_t limit, struct arena *arena,
	struct error *err)
{
	char name[IDENT_SIZE];
	int64_t size;
	int from = open_ordinary(file->path, limit, &size, err);

	if (from < 0)
		return false;
	ident_uuid(name);

	const char *to = arena_printf(arena, "%s/%s", dir, name);
	bool good = copy_to(dir, from, to, file, limit, err);
	close(from);
	if (!good)
		return false;
	if (!file->from)
		file->from = file->path;
	file->path = to;
	return true;
}

bool spool_holds(const char *dir, const char *path)
{
	size_t size = strlen(dir);

	return path && !strncmp(path, dir, size) && path[size] == '/' &&
	       !strchr(path + size + 1, '/');
}

void spool_drop(const char *dir, const char *path)
{
	if (spool_holds(dir, path))
		unlink(path);
}

void spool_sweep(const char *dir, bool (*kept)(void *ctx, const char *name), void *ctx)
{
	DIR *list = opendir(dir);

	for (struct dirent *e; list && (e = readdir(list));)
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, "..") &&
			(!kept || !kept(ctx, e->d_name)))
			unlinkat(dirfd(list), e->d_name, 0);
	if (list)
		closedir(list);
}
