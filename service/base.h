/* One connection to the database, and nothing about which one: SQL text that SQLite and PostgreSQL
   both read ($1..$n, ON CONFLICT, RETURNING, keyset comparisons, no now()), times as milliseconds
   in UTC, flags as 0 and 1, JSON as text nobody looks into. base_sqlite.c is the only file that
   knows SQLite.

   Failure is sticky: after the first error every call does nothing and answers as if there were no
   rows, until base_error() is taken. So a piece of work is written straight down and asked about
   once, at its end; whoever began the transaction rolls it back. */
#ifndef SERVICE_BASE_H
#define SERVICE_BASE_H

#include "model/arena.h"
#include "model/buf.h"
#include "model/error.h"
#include <stdbool.h>
#include <stdint.h>

struct base;
struct rows;

enum base_mode { BASE_WRITE, BASE_READ };

/* Opens the database in that directory (made 0700, the file 0600; service/data_dir.h). BASE_WRITE brings the schema
   forward step by step first; BASE_READ needs a schema of this version. */
struct base *base_open(const char *dir, enum base_mode, struct error *);
void base_close(struct base *);

/* Every row belongs to a tenant; this connection's is bound as $1 by hand, like anything else. */
int64_t base_tenant(const struct base *);

/* Runs a statement that wants no rows back. types has one letter for each of $1..$n: t text (NULL
   is null), i int64_t, b bool (an int). false after a failure. */
bool base_run(struct base *, const char *sql, const char *types, ...);

/* Asks for rows. Never NULL; rows_done() when finished. Texts are borrowed until the next
 * rows_next(). */
struct rows *base_ask(struct base *, const char *sql, const char *types, ...);
/* The same with all parameters as texts, for statements made at run time (model/query.h). */
struct rows *base_ask_texts(struct base *, const char *sql, const char *const *values, int count);
bool rows_next(struct rows *);
const char *rows_text(struct rows *, int column); /* NULL: null */
int64_t rows_int(struct rows *, int column);	  /* 0: null */
void rows_done(struct rows *);

/* One number, or otherwise when there is no row. */
int64_t base_number(struct base *, int64_t otherwise, const char *sql, const char *types, ...);
/* One text, copied into the arena; NULL when there is no row, or null in it. */
const char *base_text(struct base *, struct arena *, const char *sql, const char *types, ...);

int64_t base_last_key(struct base *); /* of the row inserted last */
int base_changed(struct base *);      /* rows the last base_run() changed */

/* Transactions of this connection. A job is a savepoint inside one: what it did can be undone
 * alone. */
bool base_begin(struct base *);
bool base_commit(struct base *);
void base_rollback(struct base *);
void base_job_begin(struct base *);
void base_job_keep(struct base *);
void base_job_undo(struct base *); /* also clears a failure of the job itself */

/* Full text, which every database does its own way. Tables: citizen_text, case_text, event_text.
   Texts are folded. before NULL: a new row; after NULL: the row goes. */
void base_index(
	struct base *, const char *table, int64_t key, const char *before, const char *after);
/* Appends the condition that `column` (a key) is among the rows the expression in parameter finds.
 */
void base_match(struct buf *sql, const char *table, const char *column, const char *parameter);
/* Appends the expression for these folded words standing together; prefix: the last may go on. */
void base_words(struct buf *, const char *folded, bool prefix);
/* The same for any one of several words. */
void base_any_word(struct buf *, const char *const *words, int count);
/* Member %s of casefile.fields, for struct query_column. */
extern const char base_json_member[];

/* Stops a read that takes longer than this many milliseconds from now on; 0: no limit any more. */
void base_limit(struct base *, int ms);
bool base_was_limited(const struct base *); /* the failure is that it took too long */

/* All of it as it is at one instant into an empty file of that name, while others go on writing. */
bool base_copy_to(struct base *, const char *path, struct error *);
/* Opens such a file, to read. */
struct base *base_open_copy(const char *path, struct error *);
/* Whether it is whole as the database itself sees it: appends a line for each thing that is not. */
void base_integrity(struct base *, struct buf *problems);
/* The same for its full text; only where it may be written. */
void base_index_integrity(struct base *, struct buf *problems);
/* Puts the database of directory `stage` in the place of that of `dir`, whose lock the caller holds alone; what
   was there stays beside it as casework.db.before. */
bool base_restore(const char *dir, const char *stage, struct error *);

/* Takes the failure, if there was one: true with err filled. */
bool base_error(struct base *, struct error *err);

#endif
