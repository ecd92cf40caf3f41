#include "model/file.h"

#include "model/buf.h"
#include "model/i18n.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool file_write(int fd, const char *text, size_t size)
{
	while (size) {
		ssize_t n = write(fd, text, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		text += n;
		size -= (size_t)n;
	}
	return true;
}

static bool write_new(const char *path, const char *text, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return false;
	bool good = fchmod(fd, 0600) == 0 && file_write(fd, text, size) && fsync(fd) == 0;
	int why = errno;
	if (close(fd) && good)
		return false;
	errno = why;
	return good;
}

bool file_replace(const char *path, const char *text, size_t size, struct error *err)
{
	struct buf new = { 0 };

	buf_printf(&new, "%s.new", path);
	unlink(new.text);
	bool good = write_new(new.text, text, size) && rename(new.text, path) == 0;
	if (!good) {
		error_set(err, ERROR_LOCAL, _("%s cannot be written: %s."), path, strerror(errno));
		unlink(new.text);
	}
	buf_clear(&new);
	return good;
}
