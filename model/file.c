#include "model/file.h"

#include "model/buf.h"
#include "model/i18n.h"
#include "model/text.h"

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

/* ---- names */

static bool is_clean(const char *at, size_t size)
{
	struct buf clean = { 0 };

	text_clean(&clean, at, size);
	bool same = clean.size == size && !memcmp(clean.text, at, size);
	buf_clear(&clean);
	return same;
}

static bool is_joiner(uint32_t code)
{
	return code == 0x200C || code == 0x200D;
}

/* A joiner is part of a name where its script needs it, which shows in the whole of it alone. */
static bool may_stand(const char *at, size_t size, uint32_t code, bool joined)
{
	if (code == TEXT_BAD || code == '/' || code == '\\')
		return false;
	return is_joiner(code) ? joined : is_clean(at, size);
}

static const char *last_part(const char *path)
{
	for (const char *c = path; *c; c++)
		if ((*c == '/' || *c == '\\') && c[1])
			path = c + 1;
	return path;
}

/* Shortens the middle: the ending says what it is. */
static void shorten(struct buf *name)
{
	const char *dot = strrchr(buf_str(name), '.');
	size_t ending = dot ? name->size - (size_t)(dot - name->text) : 0;

	if (name->size <= FILE_NAME_SIZE)
		return;
	char *tail = xstrdup(ending && ending <= 20 ? dot : "");
	size_t keep = FILE_NAME_SIZE - strlen(tail);
	while (keep && ((unsigned char)name->text[keep] & 0xC0) == 0x80)
		keep--;
	buf_cut(name, keep);
	buf_text(name, tail);
	free(tail);
}

const char *file_safe_name(const char *path, struct arena *arena)
{
	const char *at = last_part(path);
	size_t left = strlen(at);
	bool joined = is_clean(at, left);
	struct buf name = { 0 };

	while (left) {
		uint32_t code;
		size_t size = text_decode(at, left, &code);

		if (!name.size && (code == '.' || code == '-' || code == ' '))
			buf_char(&name, '_');
		else if (may_stand(at, size, code, joined))
			buf_add(&name, at, size);
		else
			buf_char(&name, '_');
		at += size;
		left -= size;
	}
	shorten(&name);
	if (!name.size)
		buf_text(&name, "file");
	const char *text = arena_copy(arena, buf_str(&name));
	buf_clear(&name);
	return text;
}

const char *file_free_path(const char *dir, const char *name, struct arena *arena)
{
	const char *safe = file_safe_name(name, arena), *dot = strrchr(safe, '.');
	int stem = dot && dot != safe ? (int)(dot - safe) : (int)strlen(safe);
	const char *between = *dir ? "/" : "";
	const char *path = arena_printf(arena, "%s%s%s", dir, between, safe);
	struct stat st;

	for (int i = 2; i < 1000 && !lstat(path, &st); i++)
		path = arena_printf(arena, "%s%s%.*s-%d%s", dir, between, stem, safe, i, safe + stem);
	return path;
}
