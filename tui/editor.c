/* $EDITOR on a private file. The loop goes on while it has the terminal: what is held leaves, news
   comes in; only drawing and keys rest. */
#include "model/arena.h"
#include "model/child.h"
#include "model/i18n.h"
#include "model/text.h"
#include "tui/lock.h"
#include "tui/tui.h"
#include "tui/view.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { END_WAIT_MS = 1500 };

struct editing {
	struct app *app;
	editor_done *done;
	void *ctx;
	pid_t child;
	int watch; /* a descriptor that is readable once the child has ended */
	editor_saved *saved;
	int news; /* inotify of the directory; -1: nobody asks */
	int lock; /* the directory, locked as long as we live; -1: none */
	char *dir, *file, *before;
};

/* Editors leave copies of the text beside it: text~, .text.swp, #text#. */
static void remove_dir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
	for (struct dirent *entry; list && (entry = readdir(list));)
		unlinkat(fd, entry->d_name, 0);
	if (list)
		closedir(list);
	rmdir(path);
}

static void editing_free(struct editing *e)
{
	if (e->app->editing == e)
		e->app->editing = NULL;
	if (e->news >= 0) {
		loop_unwatch(e->app->loop, e->news);
		close(e->news);
	}
	if (e->dir)
		remove_dir(e->dir);
	if (e->lock >= 0)
		close(e->lock);
	free(e->dir);
	free(e->file);
	free(e->before);
	free(e);
}

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	size_t size = strlen(text);
	bool good = fd >= 0 && write(fd, text, size) == (ssize_t)size;
	if (fd >= 0 && close(fd) != 0)
		good = false;
	return good;
}

/* What the text belongs to, and how it was before: for editor_rescue(). */
static bool write_about(const struct editing *e, const struct draft *about)
{
	struct buf path = { 0 }, text = { 0 };
	const char *title = about->title ? about->title : "";
	buf_printf(&path, "%s/about", e->dir);
	buf_printf(&text, "%lld %s\n%.*s\n%s", (long long)about->object, about->kind,
		(int)strcspn(title, "\n"), title, e->before);
	bool good = write_file(buf_str(&path), buf_str(&text));
	buf_clear(&path);
	buf_clear(&text);
	return good;
}

static bool make_file(struct editing *e, const struct draft *about, struct error *err)
{
	struct buf path = { 0 };
	if (!config_dir(&path, "runtime", err)) {
		buf_clear(&path);
		return false;
	}
	buf_text(&path, "/edit.XXXXXX");
	e->dir = mkdtemp(path.text) ? xstrdup(path.text) : NULL;
	buf_text(&path, "/text");
	e->file = e->dir ? xstrdup(path.text) : NULL;
	buf_clear(&path);
	e->lock = e->dir ? open(e->dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
	bool good = e->lock >= 0 && flock(e->lock, LOCK_EX | LOCK_NB) == 0 &&
		    write_file(e->file, e->before) && (!about || write_about(e, about));
	if (!good)
		return error_set(err, ERROR_LOCAL,
			_("The text for the editor cannot be written: %s."), strerror(errno));
	return true;
}

static char *read_file(const char *path)
{
	struct buf b = { 0 };
	char chunk[4096];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return NULL;
	for (ssize_t n; (n = read(fd, chunk, sizeof(chunk))) > 0 && b.size < (1 << 20);)
		buf_add(&b, chunk, (size_t)n);
	close(fd);
	while (b.size && b.text[b.size - 1] == '\n')
		buf_cut(&b, b.size - 1);
	char *text = xstrdup(buf_str(&b));
	buf_clear(&b);
	return text;
}

static char **editor_argv(const struct app *app)
{
	const char *wanted[] = { app_setting(app, "editor", NULL), getenv("VISUAL"),
		getenv("EDITOR"), "vi" };
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		char **argv = wanted[i] && *wanted[i] ? config_argv(wanted[i]) : NULL;
		if (argv)
			return argv;
	}
	return NULL;
}

static void editor_ended(void *ctx)
{
	struct editing *e = ctx;
	int status = 0;
	pid_t ended = waitpid(e->child, &status, WNOHANG);
	if (ended == 0 || (ended < 0 && errno == EINTR))
		return;
	loop_unwatch(e->app->loop, e->watch);
	close(e->watch);
	lock_back(e->app);
	screen_return(e->app->screen);
	tui_keys_resume(e->app);
	app_dirty(e->app);
	struct error err = { 0 };
	bool good = ended > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
	char *text = good ? read_file(e->file) : NULL;
	if (ended > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 127)
		error_set(&err, ERROR_CONFIG,
			_("The editor could not be started; set `editor` or $EDITOR."));
	else if (!good)
		error_set(&err, ERROR_CANCELLED,
			_("The editor ended with an error; the text was not taken."));
	bool same = text && strcmp(text, e->before) == 0;
	e->done(e->ctx, same ? NULL : text, err.kind ? &err : NULL);
	free(text);
	editing_free(e);
}

static bool start(struct editing *e, struct error *err)
{
	char **argv = editor_argv(e->app);
	if (!argv)
		return error_set(
			err, ERROR_CONFIG, _("No editor is set; set `editor` or $EDITOR."));
	tui_keys_pause(e->app);
	screen_leave(e->app->screen);
	struct child child;
	child_prepare(&child, argv, e->file, CHILD_PERSON);
	e->child = fork();
	if (e->child == 0) {
		/* With nobody to take the text it would hold on to a terminal that another has by
		 * then. */
		prctl(PR_SET_PDEATHSIG, SIGHUP);
		child_become(&child);
		_exit(127);
	}
	child_clear(&child);
	free(argv);
	e->watch = e->child > 0 ? (int)syscall(SYS_pidfd_open, e->child, 0) : -1;
	if (e->watch >= 0) {
		fcntl(e->watch, F_SETFD, FD_CLOEXEC);
		loop_watch(e->app->loop, e->watch, editor_ended, e);
		return true;
	}
	if (e->child > 0)
		waitpid(e->child, NULL, 0);
	screen_return(e->app->screen);
	tui_keys_resume(e->app);
	return error_set(
		err, ERROR_LOCAL, _("The editor could not be started: %s."), strerror(errno));
}

/* What came from outside is harmless in any editor, also in one that shows a file as it is: marks stand for
   controls and for what is not seen. Where nothing is changed nothing is taken back; tabs and line ends stay. */
static void clean_text(struct buf *out, const char *text)
{
	while (*text) {
		size_t size = strcspn(text, "\t");
		text_clean_lines(out, text, size);
		text += size;
		if (*text) {
			buf_char(out, '\t');
			text++;
		}
	}
}

bool editor_open(struct app *app, const char *text, const struct draft *about, editor_done *done,
	void *ctx, struct error *err)
{
	struct editing *e = xcalloc(1, sizeof(*e));
	e->app = app;
	e->done = done;
	e->ctx = ctx;
	e->news = e->lock = -1;
	struct buf clean = { 0 };
	clean_text(&clean, text ? text : "");
	e->before = xstrdup(buf_str(&clean));
	buf_clear(&clean);
	for (size_t size = strlen(e->before); size && e->before[size - 1] == '\n'; size--)
		e->before[size - 1] = '\0'; /* as read_file() gives it back */
	if (make_file(e, about, err) && start(e, err)) {
		app->editing = e;
		return true;
	}
	editing_free(e);
	return false;
}

static void dir_changed(void *ctx)
{
	struct editing *e = ctx;
	char events[4096];
	while (read(e->news, events, sizeof(events)) > 0)
		;
	char *text = read_file(e->file);
	if (text && strcmp(text, e->before) != 0)
		e->saved(e->ctx, text);
	free(text);
}

void editor_keep(struct app *app, editor_saved *saved)
{
	struct editing *e = app->editing;
	if (!e || e->news >= 0)
		return;
	e->saved = saved;
	e->news = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (e->news < 0)
		return;
	inotify_add_watch(e->news, e->dir, IN_CLOSE_WRITE | IN_MOVED_TO);
	loop_watch(e->app->loop, e->news, dir_changed, e);
	dir_changed(e); /* what was written before we looked */
}

/* It is hung up, as its terminal's end would do; one that holds on is ended. */
static void child_end(struct editing *e)
{
	static const int signals[] = { SIGHUP, SIGKILL };
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		struct pollfd p = { .fd = e->watch, .events = POLLIN };
		kill(e->child, signals[i]);
		if (poll(&p, 1, END_WAIT_MS) == 1 && waitpid(e->child, NULL, WNOHANG) != 0)
			return;
	}
}

/* Where editors put the text of which they were not told to write it down: nano, Emacs. */
static char *read_rescued(const char *dir)
{
	static const char *const names[] = { "text.save", "#text#", "text" };
	char *text = NULL;
	for (size_t i = 0; !text && i < sizeof(names) / sizeof(names[0]); i++) {
		struct buf path = { 0 };
		buf_printf(&path, "%s/%s", dir, names[i]);
		text = read_file(path.text);
		buf_clear(&path);
	}
	return text;
}

void editor_abandon(struct app *app)
{
	struct editing *e = app->editing;
	if (!e)
		return;
	loop_unwatch(app->loop, e->watch);
	child_end(e);
	close(e->watch);
	screen_mend(app->screen);
	char *text = read_rescued(e->dir);
	bool same = !text || strcmp(text, e->before) == 0;
	e->done(e->ctx, same ? NULL : text, NULL);
	free(text);
	editing_free(e);
}

/* false: it has to stay where it is. */
static bool rescue_text(struct store *store, char *about, const char *text, time_t written)
{
	struct draft had, now = { .text = text };
	struct arena arena = { 0 };
	char *title = about + strcspn(about, "\n");
	char *kind, *before;
	bool good = true;
	if (*title)
		*title++ = '\0';
	before = title + strcspn(title, "\n");
	if (*before)
		*before++ = '\0';
	now.object = strtoll(about, &kind, 10);
	now.kind = *kind == ' ' ? kind + 1 : kind;
	now.title = title;
	if (*now.kind && !text_blank(text) && strcmp(text, before) != 0) {
		bool there = store_draft(store, now.object, now.kind, &had, &arena);
		now.key = there ? had.key : 0;
		now.files = there ? had.files : NULL;
		if (!there || had.changed < written)
			good = store_draft_put(store, &now, &(struct error){ 0 });
	}
	arena_clear(&arena);
	return good;
}

static bool rescue_dir(struct store *store, const char *path)
{
	struct buf name = { 0 };
	struct stat st = { 0 };
	buf_printf(&name, "%s/text", path);
	if (stat(buf_str(&name), &st) != 0)
		st.st_mtime = 0;
	buf_reset(&name);
	buf_printf(&name, "%s/about", path);
	char *about = read_file(buf_str(&name)), *text = about ? read_rescued(path) : NULL;
	bool good = about && (!text || rescue_text(store, about, text, st.st_mtime));
	free(about);
	free(text);
	buf_clear(&name);
	return good;
}

void editor_rescue(struct store *store)
{
	struct buf path = { 0 };
	DIR *list = config_dir(&path, "runtime", &(struct error){ 0 }) ? opendir(buf_str(&path)) : NULL;
	size_t size = path.size;
	for (struct dirent *entry; list && (entry = readdir(list));) {
		if (strncmp(entry->d_name, "edit.", 5) != 0)
			continue;
		buf_cut(&path, size);
		buf_printf(&path, "/%s", entry->d_name);
		int fd = open(buf_str(&path), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && rescue_dir(store, buf_str(&path)))
			remove_dir(buf_str(&path));
		if (fd >= 0)
			close(fd);
	}
	if (list)
		closedir(list);
	buf_clear(&path);
}
