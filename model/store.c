/* Opening and closing the two files, statements, transactions, and knowing that something changed.
 */
#include "model/store_own.h"
#include "model/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "model/i18n.h"

/* ---- statements */

/* A read that fails for want of memory would say that there is nothing, a value that is not bound
   that it is empty: what waits would be passed over, or sent without its text. */
static int have_memory(int rc)
{
	if ((rc & 0xff) == SQLITE_NOMEM)
		out_of_memory();
	return rc;
}

sqlite3_stmt *base_prepare(struct base *base, const char *sql)
{
	sqlite3_stmt *stmt = NULL;

	if (have_memory(sqlite3_prepare_v2(base->db, sql, -1, &stmt, NULL)) != SQLITE_OK) {
		sqlite3_finalize(stmt);
		return NULL;
	}
	return stmt;
}

static sqlite3_stmt *statement_find(struct base *base, const void *name)
{
	for (int i = 0; i < base->count; i++) {
		if (base->statements[i].name == name) {
			sqlite3_reset(base->statements[i].stmt);
			sqlite3_clear_bindings(base->statements[i].stmt);
			return base->statements[i].stmt;
		}
	}
	return NULL;
}

static sqlite3_stmt *statement_new(struct base *base, const void *name, const char *sql)
{
	sqlite3_stmt *stmt = NULL;

	if (base->count == STATEMENTS_MAX)
		return NULL;
	if (have_memory(sqlite3_prepare_v3(
		    base->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL)) != SQLITE_OK) {
		sqlite3_finalize(stmt);
		return NULL;
	}
	base->statements[base->count].name = name;
	base->statements[base->count++].stmt = stmt;
	return stmt;
}

sqlite3_stmt *base_stmt(struct base *base, const char *sql)
{
	sqlite3_stmt *stmt = statement_find(base, sql);

	return stmt ? stmt : statement_new(base, sql, sql);
}

sqlite3_stmt *base_made(struct base *base, const void *name, void (*make)(struct buf *))
{
	sqlite3_stmt *stmt = statement_find(base, name);

	if (stmt)
		return stmt;

	struct buf sql = { 0 };
	make(&sql);
	stmt = statement_new(base, name, buf_str(&sql));
	buf_clear(&sql);
	return stmt;
}

sqlite3_stmt *base_kept(struct base *base, const char *sql)
{
	int oldest = 0;

	for (int i = 0; i < KEPT_MAX; i++) {
		if (base->kept[i].sql && !strcmp(base->kept[i].sql, sql)) {
			base->kept[i].used = ++base->uses;
			sqlite3_reset(base->kept[i].stmt);
			sqlite3_clear_bindings(base->kept[i].stmt);
			return base->kept[i].stmt;
		}
		if (base->kept[i].used < base->kept[oldest].used)
			oldest = i;
	}
	sqlite3_stmt *stmt = base_prepare(base, sql);
	if (!stmt)
		return NULL;
	sqlite3_finalize(base->kept[oldest].stmt);
	free(base->kept[oldest].sql);
	base->kept[oldest].sql = xstrdup(sql);
	base->kept[oldest].stmt = stmt;
	base->kept[oldest].used = ++base->uses;
	return stmt;
}

bool base_run(struct base *base, const char *sql)
{
	return sqlite3_exec(base->db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

bool stmt_done(sqlite3_stmt *stmt)
{
	int rc = SQLITE_ERROR;

	if (!stmt)
		return false;
	do
		rc = sqlite3_step(stmt);
	while (rc == SQLITE_ROW);
	sqlite3_reset(stmt);
	return rc == SQLITE_DONE;
}

bool stmt_row(sqlite3_stmt *stmt)
{
	if (stmt && have_memory(sqlite3_step(stmt)) == SQLITE_ROW)
		return true;
	sqlite3_reset(stmt);
	return false;
}

void bind_text(sqlite3_stmt *stmt, int at, const char *text)
{
	if (stmt)
		have_memory(sqlite3_bind_text(stmt, at, text, -1, SQLITE_TRANSIENT));
}

void bind_int(sqlite3_stmt *stmt, int at, int64_t value)
{
	if (stmt)
		sqlite3_bind_int64(stmt, at, value);
}

const char *column_str(sqlite3_stmt *stmt, int at)
{
	const char *text = (const char *)sqlite3_column_text(stmt, at);

	if (!text)
		have_memory(sqlite3_errcode(sqlite3_db_handle(stmt)));
	return text;
}

const char *column_copy(sqlite3_stmt *stmt, int at, struct arena *arena)
{
	return arena_copy(arena, column_str(stmt, at));
}

bool base_begin(struct base *base)
{
	base->failed = 0;
	return base_run(base, "BEGIN IMMEDIATE");
}

bool base_commit(struct base *base)
{
	if (base_run(base, "COMMIT"))
		return true;

	base_rollback(base);
	return false;
}

/* Keeps SQLite's reason of the failure for base_error(): a rollback would overwrite it. */
void base_rollback(struct base *base)
{
	if (!base->failed)
		base->failed = sqlite3_errcode(base->db);
	if (!sqlite3_get_autocommit(base->db))
		sqlite3_exec(base->db, "ROLLBACK", NULL, NULL, NULL);
}

bool base_error(const struct store *store, const struct base *base, struct error *err)
{
	const char *dir = base == &store->outbox ? store->outbox_path : store->cache_path;
	int reason = sqlite3_errcode(base->db);

	if (base->failed && base->failed != SQLITE_ROW && base->failed != SQLITE_DONE)
		reason = base->failed;

	/* The end of a sentence is cut off on a narrow screen, so that what to do comes before the
	 * path. */
	switch (reason & 0xff) {
	case SQLITE_FULL:
	case SQLITE_IOERR:
		return error_set(err, ERROR_LOCAL,
			_("Not saved, the disk is full or failing. What you typed is kept; make "
			  "room "
			  "in %s."),
			dir);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return error_set(err, ERROR_LOCAL,
			_("Not saved, another program holds the file. What you typed is kept; try "
			  "again (%s)."),
			dir);
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
		return error_set(err, ERROR_LOCAL,
			_("Not saved, the file cannot be written. What you typed is kept; see who "
			  "may write %s."),
			dir);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB: /* the WAL stays, so that the next start looks (outbox_health) */
		sqlite3_db_config(base->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
		return error_set(err, ERROR_LOCAL,
			_("Not saved, a file is damaged. What you typed is kept; start caseload "
			  "again (%s)."),
			dir);
	default:
		return error_set(err, ERROR_LOCAL, _("This could not be saved in %s: %s."), dir,
			sqlite3_errstr(reason));
	}
}

/* ---- files */

enum { OPEN_TRIES = 40, OPEN_WAIT_MS = 50 };

static void near_function(sqlite3_context *ctx, int count, sqlite3_value **values)
{
	const char *whole = (const char *)sqlite3_value_text(values[0]);
	const char *part = (const char *)sqlite3_value_text(values[1]);

	(void)count;
	sqlite3_result_int(ctx, whole && part && query_near(whole, part));
}

/* A file of ours, 0600 before SQLite sees it: -wal and -shm take its mode. A link, or another's
   file, is not opened. */
static bool make_private(const char *path, struct error *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct stat st;

	if (fd < 0 || fstat(fd, &st)) {
		int reason = errno;

		if (fd >= 0)
			close(fd);
		return error_set(
			err, ERROR_LOCAL, _("%s cannot be opened: %s."), path, strerror(reason));
	}
	bool ours = S_ISREG(st.st_mode) && st.st_uid == geteuid() && !fchmod(fd, 0600);
	close(fd);
	if (!ours)
		return error_set(err, ERROR_LOCAL,
			_("%s belongs to somebody else, so it is not used."), path);
	return true;
}

/* Numbers stand as people count them, whatever their length. */
static int natural_order(void *ctx, int size_a, const void *a, int size_b, const void *b)
{
	(void)ctx;
	return text_natural(a, (size_t)size_a, b, (size_t)size_b);
}

static bool base_open(struct base *base, const char *path, const char *pragmas)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW;

	if (have_memory(sqlite3_open_v2(path, &base->db, flags, NULL)) != SQLITE_OK)
		return false;
	sqlite3_extended_result_codes(base->db, 1);
	sqlite3_busy_timeout(base->db, 3000);
	sqlite3_create_function(base->db, "query_near", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL,
		near_function, NULL, NULL);
	sqlite3_create_collation(base->db, "counted", SQLITE_UTF8, NULL, natural_order);
	return base_run(base, pragmas);
}

static void base_close(struct base *base)
{
	for (int i = 0; i < base->count; i++)
		sqlite3_finalize(base->statements[i].stmt);
	for (int i = 0; i < KEPT_MAX; i++) {
		sqlite3_finalize(base->kept[i].stmt);
		free(base->kept[i].sql);
	}
	sqlite3_close(base->db);
	*base = (struct base){ 0 };
}

static bool damaged(const struct base *base)
{
	int rc = base->db ? sqlite3_errcode(base->db) & 0xff : SQLITE_OK;

	return rc == SQLITE_CORRUPT || rc == SQLITE_NOTADB;
}

/* What SQLite finds when it looks through the file, or a table of it. A lock of another window says
   nothing. */
enum health { HEALTH_GOOD, HEALTH_BROKEN, HEALTH_UNKNOWN };

static enum health health(struct base *base, const char *check)
{
	sqlite3_stmt *stmt = base_prepare(base, check);
	int rc = stmt ? sqlite3_step(stmt) : SQLITE_ERROR;
	enum health found = HEALTH_UNKNOWN;

	if (rc == SQLITE_ROW)
		found = strcmp(column_str(stmt, 0), "ok") ? HEALTH_BROKEN : HEALTH_GOOD;
	else if (damaged(base))
		found = HEALTH_BROKEN;
	sqlite3_finalize(stmt);
	return found;
}

static void each_file(
	const char *path, void (*act)(const char *path, const char *ctx), const char *ctx)
{
	static const char *const tails[] = { "", "-wal", "-shm", "-journal", NULL };

	for (int i = 0; tails[i]; i++) {
		struct buf name = { 0 };
		struct buf other = { 0 };

		buf_printf(&name, "%s%s", path, tails[i]);
		buf_printf(&other, "%s%s", ctx ? ctx : "", tails[i]);
		act(buf_str(&name), buf_str(&other));
		buf_clear(&name);
		buf_clear(&other);
	}
}

static void file_remove(const char *path, const char *unused)
{
	(void)unused;
	unlink(path);
}

static void file_move(const char *path, const char *to)
{
	rename(path, to);
}

/* What waits is looked through at every start. What is done may be a month of batches, and is looked
   through when the last one did not end in order, or met damage (base_error), or another is still here:
   then the WAL is left. */
static enum health outbox_health(struct base *outbox, bool whole)
{
	static const char *const waiting[] = { "PRAGMA quick_check(patch)",
		"PRAGMA quick_check(object)", "PRAGMA quick_check(draft)",
		"PRAGMA quick_check(alias)", "PRAGMA quick_check(kin)", NULL };
	enum health found = HEALTH_GOOD;

	if (whole || !schema_outbox_is_made(outbox))
		return health(outbox, "PRAGMA quick_check(1)");
	for (int i = 0; waiting[i] && found == HEALTH_GOOD; i++)
		found = health(outbox, waiting[i]);
	return found;
}

static bool has_wal(const char *path)
{
	struct buf name = { 0 };

	buf_printf(&name, "%s-wal", path);
	bool has = access(buf_str(&name), F_OK) == 0;
	buf_clear(&name);
	return has;
}

static bool open_outbox_once(struct store *store, bool *broken)
{
	bool whole = has_wal(store->outbox_path);
	/* FULL: "saved" is shown only after it (safety.md 8). */
	bool good = base_open(&store->outbox, store->outbox_path,
		"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
		"PRAGMA secure_delete=ON");

	*broken = !good && damaged(&store->outbox);
	if (!good)
		return false;
	enum health found = outbox_health(&store->outbox, whole);
	*broken = found == HEALTH_BROKEN;
	return found == HEALTH_GOOD && schema_outbox(&store->outbox);
}

/* The files of its rows go with it: who puts it right finds them beside it. */
static void files_aside(struct store *store, const char *outbox)
{
	struct buf to = { 0 };

	buf_printf(&to, "%s.files", outbox);
	rename(store->files_dir, buf_str(&to));
	buf_clear(&to);
}

static bool move_aside(struct store *store, struct error *err)
{
	struct buf aside = { 0 };
	bool broken = false;

	base_close(&store->outbox);
	buf_printf(&aside, "%s.damaged-%lld", store->outbox_path, (long long)time(NULL));
	each_file(store->outbox_path, file_move, buf_str(&aside));
	files_aside(store, buf_str(&aside));
	bool good = make_private(store->outbox_path, err) && open_outbox_once(store, &broken);
	if (good)
		error_set(err, ERROR_LOCAL,
			_("The outbox was damaged and is now %s: changes that were not sent yet "
			  "are "
			  "in it. A new one was begun."),
			buf_str(&aside));
	buf_clear(&aside);
	return good;
}

static void pause_ms(int wait_ms)
{
	nanosleep(&(struct timespec){ 0, wait_ms * 1000000L }, NULL);
}

static bool busy(const struct base *base)
{
	return base->db && (sqlite3_errcode(base->db) & 0xff) == SQLITE_BUSY;
}

/* A damaged outbox holds what people typed: moved aside, told, never deleted. */
static bool open_outbox(struct store *store, struct error *err)
{
	bool broken = false;

	if (!make_private(store->outbox_path, err))
		return false;
	/* Two windows that begin at once: SQLite does not wait while the other makes the file. */
	for (int i = 0; i < OPEN_TRIES; i++) {
		if (open_outbox_once(store, &broken))
			return true;
		if (broken || !busy(&store->outbox))
			break;
		base_close(&store->outbox);
		pause_ms(OPEN_WAIT_MS);
	}
	if (broken)
		return move_aside(store, err);
	return store->outbox.db
		       ? base_error(store, &store->outbox, err)
		       : error_set(err, ERROR_LOCAL, _("%s stays locked by another program."),
				 store->outbox_path);
}

static bool open_cache_once(struct store *store)
{
	return base_open(&store->cache, store->cache_path,
		       "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA temp_store=MEMORY;"
		       "PRAGMA cache_size=-4000") &&
	       schema_cache(&store->cache);
}

/* Whatever is wrong with the cache, a new one is as good; but not while another window uses it. */
static bool open_cache(struct store *store, struct error *err)
{
	for (int i = 0; i < OPEN_TRIES; i++) {
		if (!make_private(store->cache_path, err))
			return false;
		if (open_cache_once(store))
			return true;
		bool wait = busy(&store->cache);
		base_close(&store->cache);
		if (wait)
			pause_ms(OPEN_WAIT_MS);
		else
			each_file(store->cache_path, file_remove, NULL);
	}
	return error_set(err, ERROR_LOCAL,
		_("%s cannot be opened, nor made anew; look at its directory."), store->cache_path);
}

static char *in_dir(const char *dir, const char *name)
{
	struct buf path = { 0 };

	buf_printf(&path, "%s/%s", dir, name);
	return buf_take(&path);
}

/* A new file's name is on disk only once its directory is. */
static void sync_dir(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

struct store *store_open(const char *data_dir, const char *cache_dir, struct error *err)
{
	struct store *store = xcalloc(1, sizeof(*store));

	sqlite3_config(SQLITE_CONFIG_PAGECACHE, NULL, 0, 0); /* pages as they are needed, not 20 at once */
	store->watch_fd = store->lock_fd = -1;
	store->data_dir = xstrdup(data_dir);
	store->outbox_path = in_dir(data_dir, "outbox.db");
	store->cache_path = in_dir(cache_dir, "cache.db");
	store->files_dir = in_dir(data_dir, "files");
	store->files_limit = STORE_FILE_MOST;
	if (!open_outbox(store, err) || !open_cache(store, err)) {
		store_close(store);
		return NULL;
	}
	sync_dir(data_dir);
	store_sweep(store);
	store_changed(store);
	return store;
}

void store_close(struct store *store)
{
	if (!store)
		return;
	overlay_clear(&store->overlay);
	base_close(&store->outbox);
	base_close(&store->cache);
	if (store->watch_fd >= 0)
		close(store->watch_fd);
	if (store->lock_fd >= 0)
		close(store->lock_fd);
	free(store->stuck);
	free(store->data_dir);
	free(store->outbox_path);
	free(store->cache_path);
	free(store->files_dir);
	free(store);
}

bool store_purge(const char *data_dir, const char *cache_dir, struct error *err)
{
	char *paths[] = { in_dir(data_dir, "outbox.db"), in_dir(cache_dir, "cache.db") };
	char *files = in_dir(data_dir, "files");
	bool good = true;

	store_purge_files(files);
	if (!access(files, F_OK))
		good = error_set(err, ERROR_LOCAL, _("%s cannot be removed."), files);
	free(files);
	for (int i = 0; i < 2; i++) {
		each_file(paths[i], file_remove, NULL);
		if (!access(paths[i], F_OK))
			good = error_set(err, ERROR_LOCAL, _("%s cannot be removed."), paths[i]);
		free(paths[i]);
	}
	return good;
}

/* ---- what changed */

void store_touched(struct store *store)
{
	store->changes++;
	store->overlay.valid = false;
}

static bool moved(struct base *base)
{
	sqlite3_stmt *stmt = base_stmt(base, "PRAGMA data_version");
	int version = stmt_row(stmt) ? sqlite3_column_int(stmt, 0) : base->version;

	sqlite3_reset(stmt);
	bool other = version != base->version;
	base->version = version;
	return other;
}

/* Looking costs five system calls, and a key asks ten times: where inotify tells, this looks after
   it told. It tells of the writing; the commit is to be seen only after the fsync that follows. */
enum { NEWS_MS = 2000 };

static int64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

unsigned long store_changed(struct store *store)
{
	int64_t now = store->watches ? clock_ms() : 0;
	if (store->watches && (now > store->news_until || now == store->looked))
		return store->changes;
	store->looked = now;
	bool outbox = moved(&store->outbox);
	bool cache = moved(&store->cache);

	if (outbox || cache)
		store_touched(store);
	return store->changes;
}

/* The -wal files are what every commit writes to; each is there as long as somebody has the base
 * open. */
static bool watch_file(int fd, const char *path)
{
	struct buf wal = { 0 };

	buf_printf(&wal, "%s-wal", path);
	bool good = inotify_add_watch(fd, buf_str(&wal), IN_MODIFY) >= 0;
	buf_clear(&wal);
	return good;
}

int store_watch_fd(struct store *store)
{
	if (store->watch_fd >= 0)
		return store->watch_fd;
	store->watch_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (store->watch_fd < 0)
		return -1;
	bool outbox = watch_file(store->watch_fd, store->outbox_path);
	bool cache = watch_file(store->watch_fd, store->cache_path);
	store->watches = outbox && cache;
	store->news_until = clock_ms() + NEWS_MS;
	return store->watch_fd;
}

void store_watched(struct store *store)
{
	char events[4096];

	store->news_until = clock_ms() + NEWS_MS;
	store->looked = 0;
	if (store->watch_fd < 0)
		return;
	while (read(store->watch_fd, events, sizeof(events)) > 0)
		continue; /* that something happened is all there is to know */
}

bool store_lock_sender(struct store *store)
{
	if (store->lock_fd >= 0)
		return true;

	char *path = in_dir(store->data_dir, "sender.lock");
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	free(path);
	if (fd < 0)
		return false;
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		close(fd);
		return false;
	}
	store->lock_fd = fd;
	/* What another sender had under way when it ended: nobody knows whether it arrived. */
	sqlite3_stmt *stmt = base_stmt(&store->outbox, "UPDATE patch SET state = ?, unsure = 1 "
						       "WHERE state = ?");
	bind_int(stmt, 1, PATCH_UNKNOWN);
	bind_int(stmt, 2, PATCH_SENT);
	stmt_done(stmt);
	if (sqlite3_changes(store->outbox.db) > 0)
		store_touched(store);
	return true;
}
