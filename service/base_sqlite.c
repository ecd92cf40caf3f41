/* The base on SQLite: WAL, synchronous=FULL, one file casework.db. Prepared statements are kept by
   their text, the one used last in front. */
#include "model/arena.h"
#include "model/i18n.h"
#include "model/query.h"
#include "service/base.h"
#include "service/data_dir.h"
#include "service/schema.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STATEMENTS = 96, BUSY_MS = 10000, PROGRESS_STEPS = 2000, PARAMETERS = 400 };

struct rows {
	struct rows *next; /* in the list of kept statements */
	struct base *base;
	sqlite3_stmt *stmt;
	uint32_t hash;
	bool used; /* between base_ask() and rows_done() */
	bool kept; /* in the list; else finalized when done */
};

struct base {
	sqlite3 *db;
	struct rows *statements;
	int count;
	struct error error; /* sticky; ERROR_NONE: all is well */
	bool limited;
	int64_t limit_at_ms; /* monotonic; 0: none */
	int lock;	     /* of its directory; -1: none */
};

static int64_t monotonic_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool base_failed(struct base *base)
{
	int code = sqlite3_errcode(base->db);
	if (base->error.kind)
		return false;
	if (code == SQLITE_FULL)
		return error_set(&base->error, ERROR_LOCAL,
			_("The disk of the service is full; nothing was changed."));
	if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
		return error_set(&base->error, ERROR_BUSY,
			_("Another program is writing to the data of the service; nothing was "
			  "changed."));
	if (code == SQLITE_INTERRUPT) {
		base->limited = true;
		return error_set(&base->error, ERROR_BUSY,
			_("The search took too long and was stopped; add a word or a filter."));
	}
	return error_set(&base->error, ERROR_LOCAL,
		_("The database of the service failed (%s); nothing was changed."),
		sqlite3_errmsg(base->db));
}

/* ---- statements */

static uint32_t text_hash(const char *text)
{
	uint32_t hash = 2166136261u;
	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 16777619u;
	return hash;
}

static void rows_free(struct rows *rows)
{
	sqlite3_finalize(rows->stmt);
	free(rows);
}

/* Gives back the statement used longest ago. */
static void statements_trim(struct base *base)
{
	struct rows **last = NULL;
	for (struct rows **at = &base->statements; *at; at = &(*at)->next) {
		if (!(*at)->used)
			last = at;
	}
	if (!last)
		return;
	struct rows *old = *last;
	*last = old->next;
	base->count--;
	rows_free(old);
}

static struct rows *rows_find(struct base *base, const char *sql, uint32_t hash, bool *taken)
{
	for (struct rows **at = &base->statements; *at; at = &(*at)->next) {
		struct rows *rows = *at;
		if (rows->hash != hash || strcmp(sqlite3_sql(rows->stmt), sql) != 0)
			continue;
		*taken = rows->used;
		if (rows->used)
			return NULL;
		*at = rows->next;
		rows->next = base->statements;
		base->statements = rows;
		return rows;
	}
	return NULL;
}

static struct rows *rows_prepare(struct base *base, const char *sql)
{
	static const struct rows nothing;
	uint32_t hash = text_hash(sql);
	bool taken = false;
	struct rows *rows = base->error.kind ? NULL : rows_find(base, sql, hash, &taken);
	if (!rows) {
		rows = xmalloc(sizeof *rows);
		*rows = nothing;
		rows->base = base;
		rows->hash = hash;
		if (!base->error.kind &&
			sqlite3_prepare_v3(base->db, sql, -1, SQLITE_PREPARE_PERSISTENT,
				&rows->stmt, NULL) != SQLITE_OK)
			base_failed(base);
		rows->kept = rows->stmt && !taken;
		if (rows->kept) {
			rows->next = base->statements;
			base->statements = rows;
			base->count++;
		}
	}
	rows->used = true;
	if (base->count > STATEMENTS)
		statements_trim(base);
	return rows;
}

/* SQLite numbers $3 by where it first appears, so it is asked for by name. */
static int parameter(const struct rows *rows, int number)
{
	char name[16];
	snprintf(name, sizeof name, "$%d", number);
	return sqlite3_bind_parameter_index(rows->stmt, name);
}

static void bind_text(struct rows *rows, int number, const char *text)
{
	int index = parameter(rows, number);
	if (!index)
		return;
	int code = text ? sqlite3_bind_text(rows->stmt, index, text, -1, SQLITE_TRANSIENT)
			: sqlite3_bind_null(rows->stmt, index);
	if (code != SQLITE_OK)
		base_failed(rows->base);
}

static void bind_all(struct rows *rows, const char *types, va_list args)
{
	for (int i = 1; rows->stmt && *types; types++, i++) {
		if (*types == 't')
			bind_text(rows, i, va_arg(args, const char *));
		else if (*types == 'i')
			sqlite3_bind_int64(rows->stmt, parameter(rows, i), va_arg(args, int64_t));
		else
			sqlite3_bind_int(rows->stmt, parameter(rows, i), va_arg(args, int));
	}
}

bool rows_next(struct rows *rows)
{
	if (!rows->stmt || rows->base->error.kind)
		return false;
	int code = sqlite3_step(rows->stmt);
	if (code == SQLITE_ROW)
		return true;
	if (code != SQLITE_DONE)
		base_failed(rows->base);
	return false;
}

const char *rows_text(struct rows *rows, int column)
{
	return (const char *)sqlite3_column_text(rows->stmt, column);
}

int64_t rows_int(struct rows *rows, int column)
{
	return sqlite3_column_int64(rows->stmt, column);
}

void rows_done(struct rows *rows)
{
	if (!rows->kept) {
		rows_free(rows);
		return;
	}
	sqlite3_reset(rows->stmt);
	sqlite3_clear_bindings(rows->stmt);
	rows->used = false;
}

struct rows *base_ask(struct base *base, const char *sql, const char *types, ...)
{
	struct rows *rows = rows_prepare(base, sql);
	va_list args;
	va_start(args, types);
	bind_all(rows, types, args);
	va_end(args);
	return rows;
}

struct rows *base_ask_texts(
	struct base *base, const char *sql, const char *const *values, int count)
{
	struct rows *rows = rows_prepare(base, sql);
	for (int i = 0; rows->stmt && i < count; i++)
		bind_text(rows, i + 1, values[i]);
	return rows;
}

bool base_run(struct base *base, const char *sql, const char *types, ...)
{
	struct rows *rows = rows_prepare(base, sql);
	va_list args;
	va_start(args, types);
	bind_all(rows, types, args);
	va_end(args);
	while (rows_next(rows))
		;
	rows_done(rows);
	return !base->error.kind;
}

int64_t base_number(struct base *base, int64_t otherwise, const char *sql, const char *types, ...)
{
	struct rows *rows = rows_prepare(base, sql);
	va_list args;
	va_start(args, types);
	bind_all(rows, types, args);
	va_end(args);
	int64_t number = rows_next(rows) ? rows_int(rows, 0) : otherwise;
	rows_done(rows);
	return number;
}

const char *base_text(
	struct base *base, struct arena *arena, const char *sql, const char *types, ...)
{
	struct rows *rows = rows_prepare(base, sql);
	va_list args;
	va_start(args, types);
	bind_all(rows, types, args);
	va_end(args);
	const char *text = rows_next(rows) ? arena_copy(arena, rows_text(rows, 0)) : NULL;
	rows_done(rows);
	return text;
}

int64_t base_last_key(struct base *base)
{
	return sqlite3_last_insert_rowid(base->db);
}

int base_changed(struct base *base)
{
	return sqlite3_changes(base->db);
}

int64_t base_tenant(const struct base *base)
{
	(void)base;
	return 1;
}

/* ---- transactions */

/* For what must happen even after a failure. */
static void run_anyway(struct base *base, const char *sql)
{
	sqlite3_exec(base->db, sql, NULL, NULL, NULL);
}

bool base_begin(struct base *base)
{
	bool reads = sqlite3_db_readonly(base->db, "main") == 1;
	return base_run(base, reads ? "BEGIN" : "BEGIN IMMEDIATE", "");
}

bool base_commit(struct base *base)
{
	return base_run(base, "COMMIT", "");
}

void base_rollback(struct base *base)
{
	if (!sqlite3_get_autocommit(base->db))
		run_anyway(base, "ROLLBACK");
}

void base_job_begin(struct base *base)
{
	base_run(base, "SAVEPOINT job", "");
}

void base_job_keep(struct base *base)
{
	base_run(base, "RELEASE job", "");
}

void base_job_undo(struct base *base)
{
	run_anyway(base, "ROLLBACK TO job");
	run_anyway(base, "RELEASE job");
	base->error = (struct error){ 0 };
	/* A full disk ends the whole transaction, not the savepoint alone: there is none any more.
	 */
	if (sqlite3_get_autocommit(base->db))
		error_set(&base->error, ERROR_LOCAL,
			_("The service cannot write its data just now; nothing was changed."));
}

bool base_error(struct base *base, struct error *err)
{
	if (!base->error.kind)
		return false;
	if (err)
		*err = base->error;
	base->error = (struct error){ 0 };
	return true;
}

/* ---- full text */

/* NOTE: the table's name is one of ours, never from outside, so it may stand in the text. */
void base_index(
	struct base *base, const char *table, int64_t key, const char *before, const char *after)
{
	char sql[160];
	if (before) {
		snprintf(sql, sizeof sql,
			"INSERT INTO %s (%s, rowid, f_%s) VALUES ('delete', $1, $2)", table, table,
			strcmp(table, "citizen_text") == 0 ? "name" : "text");
		base_run(base, sql, "it", key, before);
	}
	if (after) {
		snprintf(sql, sizeof sql, "INSERT INTO %s (rowid, f_%s) VALUES ($1, $2)", table,
			strcmp(table, "citizen_text") == 0 ? "name" : "text");
		base_run(base, sql, "it", key, after);
	}
}

void base_match(struct buf *sql, const char *table, const char *column, const char *parameter_name)
{
	buf_printf(sql, "%s IN (SELECT rowid FROM %s WHERE %s MATCH %s)", column, table, table,
		parameter_name);
}

void base_words(struct buf *out, const char *folded, bool prefix)
{
	buf_char(out, '"');
	for (; *folded; folded++) {
		if (*folded == '"')
			buf_char(out, '"');
		buf_char(out, *folded);
	}
	buf_text(out, prefix ? "\"*" : "\"");
}

const char base_json_member[] = "json_extract(c.fields, '$.%s')";

void base_any_word(struct buf *out, const char *const *words, int count)
{
	for (int i = 0; i < count; i++) {
		buf_text(out, i ? " OR " : "");
		base_words(out, words[i], false);
	}
}

static void near_function(sqlite3_context *context, int count, sqlite3_value **values)
{
	const char *whole = (const char *)sqlite3_value_text(values[0]);
	const char *part = (const char *)sqlite3_value_text(values[1]);
	(void)count;
	sqlite3_result_int(context, whole && part && query_near(whole, part));
}

/* ---- a read that takes too long */

static int progress(void *ctx)
{
	const struct base *base = ctx;
	return base->limit_at_ms && monotonic_ms() > base->limit_at_ms;
}

void base_limit(struct base *base, int ms)
{
	base->limited = base->limited && !ms;
	base->limit_at_ms = ms ? monotonic_ms() + ms : 0;
	sqlite3_progress_handler(base->db, ms ? PROGRESS_STEPS : 0, ms ? progress : NULL, base);
}

bool base_was_limited(const struct base *base)
{
	return base->limited;
}

/* ---- open and close */

static bool schema_step(struct base *base, int version)
{
	bool good = base_begin(base);
	/* Another process may have been first. */
	if (good && base_number(base, 0, "PRAGMA user_version", "") != version)
		return base_commit(base);
	for (const char *const *text = schema_steps[version]; good && *text; text++) {
		if (sqlite3_exec(base->db, *text, NULL, NULL, NULL) != SQLITE_OK)
			good = base_failed(base);
	}
	char sql[64];
	snprintf(sql, sizeof sql, "PRAGMA user_version = %d", version + 1);
	good = good && base_run(base, sql, "") && base_commit(base);
	if (!good)
		base_rollback(base);
	return good;
}

static bool schema_bring(struct base *base, enum base_mode mode, struct error *err)
{
	int newest = 0;
	while (schema_steps[newest])
		newest++;
	int version = (int)base_number(base, 0, "PRAGMA user_version", "");
	if (version > newest || (version < newest && mode == BASE_READ))
		return error_set(err, ERROR_LOCAL,
			_("The data is of version %d and this caseloadd knows version %d: use the "
			  "newer one."),
			version, newest);
	while (version < newest && schema_step(base, version))
		version++;
	return !base_error(base, err);
}

static bool base_prepare(struct base *base, enum base_mode mode, struct error *err)
{
	sqlite3_busy_timeout(base->db, BUSY_MS);
	if (mode == BASE_WRITE)
		base_run(base, "PRAGMA journal_mode = WAL", "");
	base_run(base, "PRAGMA synchronous = FULL", "");
	base_run(base, "PRAGMA cache_size = -16384", "");
	base_run(base, "PRAGMA temp_store = MEMORY", "");
	if (mode == BASE_READ)
		base_run(base, "PRAGMA query_only = 1", "");
	sqlite3_create_function(base->db, "query_near", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL,
		near_function, NULL, NULL);
	return !base_error(base, err) && schema_bring(base, mode, err);
}

static struct base *open_path(const char *path, enum base_mode mode, struct error *err)
{
	struct base *base = xcalloc(1, sizeof *base);
	int flags = mode == BASE_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
	base->lock = -1;
	if (sqlite3_open_v2(path, &base->db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		error_set(err, ERROR_LOCAL, _("The data in %s cannot be opened: %s."), path,
			base->db ? sqlite3_errmsg(base->db) : strerror(errno));
	else if (base_prepare(base, mode, err))
		return base;
	base_close(base);
	return NULL;
}

struct base *base_open(const char *dir, enum base_mode mode, struct error *err)
{
	struct buf path = { 0 };
	struct base *base = NULL;
	int lock = -1;
	buf_printf(&path, "%s/casework.db", dir);
	if (mode == BASE_READ)
		base = data_dir_good(dir, err) ? open_path(path.text, mode, err) : NULL;
	else if (data_dir_make(dir, err) && (lock = data_dir_lock(dir, DATA_TOGETHER, err)) >= 0 &&
		 data_file_make(path.text, err))
		base = open_path(path.text, mode, err);
	buf_clear(&path);
	if (base)
		base->lock = lock;
	else if (lock >= 0)
		close(lock);
	return base;
}

struct base *base_open_copy(const char *path, struct error *err)
{
	return open_path(path, BASE_READ, err);
}

void base_close(struct base *base)
{
	if (!base)
		return;
	while (base->statements) {
		struct rows *next = base->statements->next;
		rows_free(base->statements);
		base->statements = next;
	}
	sqlite3_close(base->db);
	if (base->lock >= 0)
		close(base->lock);
	free(base);
}

/* ---- copies */

bool base_copy_to(struct base *base, const char *path, struct error *err)
{
	base_run(base, "VACUUM INTO $1", "t", path);
	return !base_error(base, err);
}

/* A line for each thing that is wrong. */
static void tell_rows(struct base *base, struct buf *problems, const char *sql)
{
	struct rows *rows = base_ask(base, sql, "");
	while (rows_next(rows)) {
		const char *text = rows_text(rows, 0);
		if (text && strcmp(text, "ok") != 0)
			buf_printf(problems, "%s\n", text);
	}
	rows_done(rows);
}

void base_integrity(struct base *base, struct buf *problems)
{
	struct error err;
	tell_rows(base, problems, "PRAGMA integrity_check(20)");
	tell_rows(base, problems, "PRAGMA foreign_key_check");
	if (base_error(base, &err))
		buf_printf(problems, "%s\n", err.text);
}

void base_index_integrity(struct base *base, struct buf *problems)
{
	static const char *const tables[] = { "citizen_text", "case_text", "event_text" };
	char sql[120];
	for (int i = 0; i < 3; i++) {
		struct error err;
		snprintf(sql, sizeof sql, "INSERT INTO %s (%s, rank) VALUES ('integrity-check', %d)", tables[i], tables[i],
			i < 2); /* the third keeps no text to compare with */
		base_run(base, sql, "");
		if (base_error(base, &err))
			buf_printf(problems, "%s: %s\n", tables[i], err.text);
	}
}

/* What the write-ahead log holds goes into the file itself, and the log away: then the file is all there is. */
static bool settle_file(const char *path, struct error *err)
{
	struct base *base = open_path(path, BASE_WRITE, err);
	if (!base)
		return false;
	base_run(base, "PRAGMA journal_mode = DELETE", "");
	bool good = !base_error(base, err);
	base_close(base);
	return good;
}

/* Sets the database of this directory aside, damaged as it may be, with its log: the log of one must never
   stand beside another. */
static bool set_aside(const char *dir, struct error *err)
{
	static const char *const ends[] = { "-wal", "-shm", "" };
	struct buf from = { 0 }, to = { 0 };
	bool good = true;
	for (int i = 0; i < 3 && good; i++) {
		buf_reset(&from);
		buf_reset(&to);
		buf_printf(&from, "%s/casework.db%s", dir, ends[i]);
		buf_printf(&to, "%s/casework.db.before%s", dir, ends[i]);
		unlink(to.text);
		good = rename(from.text, to.text) == 0 || errno == ENOENT;
	}
	if (!good)
		error_set(err, ERROR_LOCAL, _("The file %s cannot be written: %s."), to.text, strerror(errno));
	buf_clear(&from);
	buf_clear(&to);
	return good;
}

/* Renamed, and the rename itself on disk. */
static bool move_in(const char *from, const char *dir, struct error *err)
{
	struct buf to = { 0 };
	buf_printf(&to, "%s/casework.db", dir);
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool good = fd >= 0 && rename(from, to.text) == 0 && fsync(fd) == 0;
	if (!good)
		error_set(err, ERROR_LOCAL, _("The file %s cannot be written: %s."), to.text, strerror(errno));
	if (fd >= 0)
		close(fd);
	buf_clear(&to);
	return good;
}

bool base_restore(const char *dir, const char *stage, struct error *err)
{
	struct buf then = { 0 };
	buf_printf(&then, "%s/casework.db", stage);
	bool good = settle_file(then.text, err) && set_aside(dir, err) && move_in(then.text, dir, err);
	buf_clear(&then);
	return good;
}
