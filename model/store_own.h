/* What the files of the store share. Nobody else includes this. */
#ifndef MODEL_STORE_OWN_H
#define MODEL_STORE_OWN_H

#include <sqlite3.h>

#include "model/store.h"

enum { STATEMENTS_MAX = 128, KEPT_MAX = 8 };

/* Between the fields of one row's words: a letter to FTS5 and instr(), and never typed. No phrase crosses it. */
#define WORDS_GAP " \342\220\236 "

/* A connection with its prepared statements, found again by the address of their text. */
struct base {
	sqlite3 *db;
	struct {
		const void *name; /* the address of the text, or what base_made() was given */
		sqlite3_stmt *stmt;
	} statements[STATEMENTS_MAX];
	int count;
	struct {
		char *sql;
		sqlite3_stmt *stmt;
		unsigned long used;
	} kept[KEPT_MAX]; /* the last texts that were made for a query */
	unsigned long uses;
	int version; /* PRAGMA data_version when it was last looked at */
	int failed;  /* SQLite's reason before the last rollback; 0: none */
};

/* Pending patches and the cases they change, read anew when either file changed. */
struct overlay {
	bool valid;
	struct patch *patches; /* oldest first */
	int count;
	struct page page; /* cases and citizens with their patches laid over */
};

struct store {
	struct base outbox, cache;
	char *data_dir, *outbox_path, *cache_path, *files_dir;
	int64_t files_limit;
	unsigned long changes;
	struct overlay overlay;
	int watch_fd, lock_fd;
	bool watches;	    /* watch_fd tells of every write of others */
	int64_t news_until; /* ms of the monotonic clock: it told a moment ago */
	int64_t looked;	    /* when it was looked at last */
	int64_t *stuck; /* rows whose end could not be written */
	int stuck_count;
};

/* How one member of a struct is kept in a column. */
struct member {
	const char *column;
	enum { MEMBER_TEXT, MEMBER_INT, MEMBER_INT64, MEMBER_TIME, MEMBER_BOOL, MEMBER_ENUM } type;
	size_t offset;
};

extern const struct member case_members[], citizen_members[], event_members[], worker_members[],
	team_members[], template_members[], access_members[], profile_members[]; /* end nameless */

int members_count(const struct member *);
void members_names(struct buf *, const struct member *, const char *before); /* "a, b, c" */
void members_bind(sqlite3_stmt *, int first, const struct member *, const void *object);
void members_read(sqlite3_stmt *, int first, const struct member *, void *object, struct arena *);

/* ---- statements. A failing prepare or step is told by base_error(). */

/* sql must be a constant: its address is the name. Reset and unbound; NULL: it cannot be prepared. */
sqlite3_stmt *base_stmt(struct base *, const char *sql);
/* The same for a text that is made at the first use; name is any address that is its own. */
sqlite3_stmt *base_made(struct base *, const void *name, void (*make)(struct buf *));
/* The same for a text made here; the caller finalizes. */
sqlite3_stmt *base_prepare(struct base *, const char *sql);
/* The same, kept for the next time the same text is made: not to be finalized. Preparing a window of
   forty columns takes longer than reading it. */
sqlite3_stmt *base_kept(struct base *, const char *sql);
bool base_run(struct base *, const char *sql); /* no parameters, no rows */
/* Steps a statement that returns no rows, and resets it. */
bool stmt_done(sqlite3_stmt *);
/* Steps to the next row; at the end, and at an error, resets and returns false. */
bool stmt_row(sqlite3_stmt *);
void bind_text(sqlite3_stmt *, int at, const char *text); /* NULL stays NULL */
void bind_int(sqlite3_stmt *, int at, int64_t value);
const char *column_copy(sqlite3_stmt *, int at, struct arena *);
const char *column_str(sqlite3_stmt *, int at); /* NULL stays NULL; until the next step */

/* ERROR_LOCAL with a sentence that fits what SQLite said. what: "Your change" ... was not saved. */
bool base_error(const struct store *, const struct base *, struct error *);

/* BEGIN IMMEDIATE ... COMMIT. A failed commit rolls back. */
bool base_begin(struct base *);
bool base_commit(struct base *);
void base_rollback(struct base *);

/* ---- between the files */

bool schema_outbox(struct base *);
bool schema_outbox_is_made(struct base *);
bool schema_cache(struct base *);

/* The rows of the outbox with their cases, up to date. */
const struct overlay *store_overlay(struct store *);
void overlay_clear(struct overlay *);
/* Lays this citizen's patches over it; counts pending. */
void overlay_citizen(const struct overlay *, struct citizen *, struct arena *);

/* The same without pending patches, and NULL/false when the cache does not know it. */
bool cache_case(struct store *, int64_t key, struct page *);
bool cache_citizen(struct store *, int64_t key, struct page *);
void read_citizen(sqlite3_stmt *, struct page *); /* key, then citizen_members */
/* What FTS5 is asked for a bare term: words in a row, the last perhaps begun only. */
void fts_phrase(struct buf *, const struct term *, const char *words);
/* Binds $1, $2 ... by name. */
void bind_query(sqlite3_stmt *, const struct query_sql *);
/* The little that the outbox remembers of an object whose cache is gone. */
bool outbox_object_case(struct store *, int64_t key, struct page *);
bool outbox_object_citizen(struct store *, int64_t key, struct page *);

/* A row of the outbox, read into a patch. Columns as OUTBOX_COLUMNS. */
#define OUTBOX_COLUMNS                                                                              \
	"key, service, uuid, on_, object, creates, state, not_before, tries, error, error_text, "   \
	"theirs, version, made, body, after_, unsure, sent"
bool outbox_read(const struct store *, sqlite3_stmt *, struct patch *);

/* Copies of the files of patches that are about to be saved: begin, copy each, write the rows, end. */
struct spooling {
	struct store *store;
	struct patch *const *patches;
	struct attachment **before; /* of each patch: its files as the caller gave them */
	int count, lock;
};
bool spooling_begin(struct spooling *, struct store *, struct patch *const *, int count,
	struct error *);
bool spooling_copy(struct spooling *, int i, struct error *);
bool spooling_end(struct spooling *, bool saved); /* gives saved back; not saved: nothing is left */
/* The row is gone: so are its copies; with still: those which that patch does not name. */
void store_unspool(struct store *, const struct patch *);
void store_unspool_but(struct store *, const struct patch *, const struct patch *still);
void spooled_names(const struct store *, struct patch *); /* into the row, and out of it: */
void spooled_paths(const struct store *, struct patch *);
void store_sweep(struct store *); /* copies no row names */
void store_purge_files(const char *files_dir);

/* Our key of what the page's first object is. */
int64_t cache_key(struct store *, const char *service, enum patch_on, const char *id);

void store_touched(struct store *); /* something was written by us */

#endif
