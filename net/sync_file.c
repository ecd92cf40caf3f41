/* An attachment into a new file. It is written beside under a name of its own and gets the wanted one
   when it is whole; so what has that name is whole, and nothing is ever written over. */
#include "net/line.h"

#include "model/file.h"
#include "model/i18n.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PROGRESS_MS = 200, NAMES_TRIED = 20, MIB = 1024 * 1024, NO_REPLACE = 1 };

struct fetch {
	struct want *want;
	char *path, *beside;
	int fd; /* -1: not begun */
	int64_t bytes, limit;
	int64_t told_ms;
	sync_progress *progress;
	void *ctx;
	struct error err; /* what stopped it from our side */
};

/* ---- the file */

/* "there/.caseload-4711": in the same directory, so that it can be given the wanted name. */
static void beside_name(struct fetch *f)
{
	const char *slash = strrchr(f->path, '/');
	struct buf name = { 0 };

	if (slash)
		buf_add(&name, f->path, (size_t)(slash - f->path) + 1);
	buf_printf(&name, ".caseload-%d-%d", (int)getpid(), random_below(1000000000));
	free(f->beside);
	f->beside = buf_take(&name);
}

static bool fetch_open(struct fetch *f)
{
	for (int i = 0; f->fd < 0 && i < NAMES_TRIED; i++) {
		beside_name(f);
		f->fd = open(f->beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (f->fd < 0 && errno != EEXIST)
			break;
	}
	if (f->fd >= 0 && fchmod(f->fd, 0600) == 0)
		return true;
	return error_set(&f->err, ERROR_LOCAL, _("The file %s cannot be written: %s."), f->path,
		strerror(errno));
}

static void fetch_drop(struct fetch *f)
{
	if (f->fd < 0)
		return;
	close(f->fd);
	unlink(f->beside);
	f->fd = -1;
	f->bytes = 0;
}

static bool is_there(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static bool refuse_over(const char *path, struct error *err)
{
	return error_set(err, ERROR_USAGE,
		_("There is a file %s already, which is left as it is; choose another name."), path);
}

/* link() never takes the place of anything; where a file system has no links, a rename is told not to. */
static bool name_it(const struct fetch *f)
{
	if (link(f->beside, f->path) == 0)
		return unlink(f->beside) == 0;
	if (errno != EPERM && errno != ENOTSUP)
		return false;
	return syscall(SYS_renameat2, AT_FDCWD, f->beside, AT_FDCWD, f->path, NO_REPLACE) == 0;
}

static bool fetch_keep(struct fetch *f, struct error *err)
{
	bool good = fsync(f->fd) == 0 && name_it(f);
	int why = errno;

	if (!good)
		fetch_drop(f);
	else if (close(f->fd) == 0)
		f->fd = -1;
	if (!good && why == EEXIST)
		return refuse_over(f->path, err);
	if (!good)
		return error_set(err, ERROR_LOCAL, _("The file %s cannot be written: %s."), f->path,
			strerror(why));
	return true;
}

/* ---- its bytes */

static bool awaited(const struct want *w)
{
	for (const struct listener *l = w->listeners; l; l = l->next)
		if (l->ask->done)
			return true;
	return false;
}

static bool too_large(int64_t limit, struct error *err)
{
	return error_set(err, ERROR_REFUSED,
		_("The file is larger than %lld MiB, which is the limit (files.limit); nothing was "
		  "kept of it."),
		(long long)(limit / MIB));
}

static void fetch_tell(struct fetch *f)
{
	int64_t now = loop_now_ms();

	if (!f->progress || now - f->told_ms < PROGRESS_MS)
		return;
	f->told_ms = now;
	f->progress(f->ctx, f->bytes, f->want->file.size);
}

static bool fetch_put(void *ctx, const char *bytes, size_t size)
{
	struct fetch *f = ctx;

	if (f->fd < 0 && !fetch_open(f))
		return false;
	if (f->bytes + (int64_t)size > f->limit)
		return too_large(f->limit, &f->err);
	if (!file_write(f->fd, bytes, size))
		return error_set(&f->err, ERROR_LOCAL, _("The file %s cannot be written: %s."),
			f->path, strerror(errno));
	f->bytes += (int64_t)size;
	fetch_tell(f);
	return true;
}

bool fetch_bytes(void *ctx, const char *bytes, size_t size)
{
	struct want *w = ctx;
	const struct service_ops *ops = w->line->service.ops;

	if (!awaited(w))
		return error_set(&w->fetch->err, ERROR_CANCELLED,
			_("Nobody waits for the file any more."));
	if (!ops->file_feed)
		return fetch_put(w->fetch, bytes, size);
	return ops->file_feed(&w->line->service, &w->call, bytes, size, fetch_put, w->fetch);
}

bool fetch_stopped(const struct fetch *f, struct error *err)
{
	if (!f || f->err.kind == ERROR_NONE)
		return false;
	*err = f->err;
	return true;
}

void fetch_again(struct fetch *f)
{
	if (!f)
		return;
	fetch_drop(f);
	f->err = (struct error){ 0 };
}

void fetch_free(struct fetch *f)
{
	if (!f)
		return;
	fetch_drop(f);
	free(f->path);
	free(f->beside);
	free(f);
}

/* ---- asking for it */

static void file_done(struct want *w, struct error *err)
{
	struct fetch *f = w->fetch;

	if (err->kind == ERROR_NONE && !f->bytes && w->file.size > 0)
		error_set(err, ERROR_GARBLED, _("The service sent nothing of the file %s."),
			w->file.name ? w->file.name : w->file.id);
	if (err->kind == ERROR_NONE && f->fd < 0 && !fetch_open(f)) /* an empty one */
		*err = f->err;
	if (err->kind == ERROR_NONE && fetch_keep(f, err) && f->progress && awaited(w))
		f->progress(f->ctx, f->bytes, f->bytes);
	fetch_drop(f);
}

static struct attachment file_copy(const struct attachment *file, struct arena *arena)
{
	return (struct attachment){ .id = arena_copy(arena, file->id),
		.name = arena_copy(arena, file->name),
		.type = arena_copy(arena, file->type),
		.size = file->size };
}

static struct want *file_want(
	struct line *l, const struct casefile *cf, const struct attachment *file, const char *path)
{
	struct want *w = want_new(l, CALL_FILE, URGENT_NOW, file_done);
	struct fetch *f = xcalloc(1, sizeof(*f));

	want_hold_case(w, cf);
	w->file = file_copy(file, &w->hold.arena);
	w->call.file = &w->file;
	*f = (struct fetch){ .want = w,
		.path = xstrdup(path),
		.fd = -1,
		.limit = (int64_t)config_number(l->service.config, "files.limit") * MIB };
	w->fetch = f;
	return w;
}

/* What can be said before anything is asked. */
static bool may_fetch(const struct line *l, const struct casefile *cf,
	const struct attachment *file, const char *path, struct error *err)
{
	int64_t limit = (int64_t)config_number(l->service.config, "files.limit") * MIB;

	if (!cf->id || !file->id)
		return error_set(err, ERROR_REFUSED,
			_("This file has not reached the service yet; it is still where you took "
			  "it from."));
	if (is_there(path))
		return refuse_over(path, err);
	return file->size <= limit || too_large(limit, err);
}

void sync_file(struct sync *s, int64_t case_key, const struct attachment *file, const char *path,
	sync_progress *progress, sync_done *done, void *ctx)
{
	struct ask *a = ask_new(s, done, ctx);
	struct page p = { 0 };
	struct error err = { 0 };

	page_init(&p);
	bool known = store_case_plain(s->store, case_key, &p);
	struct line *l = known ? line_named(s, p.cases[0].service) : NULL;

	if (!l) {
		ask_fail(a, ERROR_GONE, _("This case is not known here."));
	} else if (!may_fetch(l, &p.cases[0], file, path, &err)) {
		ask_fail(a, err.kind, err.text);
	} else {
		struct want *w = file_want(l, &p.cases[0], file, path);

		w->fetch->progress = progress;
		w->fetch->ctx = ctx;
		want_listen(w, a);
		want_start(w);
	}
	page_clear(&p);
	ask_ready(a);
}
