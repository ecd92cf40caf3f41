/* Text being written: on disk within a moment, offered again after any end. In the outbox's file,
   because it is as dear as what is sent. */
#include "model/store_own.h"

#include <string.h>
#include <time.h>

static bool put_row(struct store *store, struct draft *d)
{
	struct base *o = &store->outbox;
	sqlite3_stmt *stmt =
		d->key ? base_stmt(o, "UPDATE draft SET object = ?, kind = ?, text = ?, title = ?, "
				      "changed = ?, files = ? WHERE key = ?")
		       : base_stmt(o, "INSERT INTO draft (object, kind, text, title, changed, "
				      "files) VALUES (?, ?, ?, ?, ?, ?)");

	bind_int(stmt, 1, store_real_key(store, d->object));
	bind_text(stmt, 2, d->kind);
	bind_text(stmt, 3, d->text);
	bind_text(stmt, 4, d->title);
	bind_int(stmt, 5, d->changed);
	bind_text(stmt, 6, d->files);
	if (d->key)
		bind_int(stmt, 7, d->key);
	return stmt_done(stmt);
}

bool store_draft_put(struct store *store, struct draft *d, struct error *err)
{
	struct base *o = &store->outbox;

	if (!d->changed)
		d->changed = time(NULL);
	if (!put_row(store, d))
		return base_error(store, o, err);
	/* Sent or thrown away in another window, but somebody writes on here: it is a draft again.
	 */
	if (d->key && sqlite3_changes(o->db) == 0) {
		d->key = 0;
		if (!put_row(store, d))
			return base_error(store, o, err);
	}
	if (!d->key)
		d->key = sqlite3_last_insert_rowid(o->db);
	store->changes++;
	return true;
}

static void read_row(sqlite3_stmt *stmt, struct draft *d, struct arena *arena)
{
	d->key = sqlite3_column_int64(stmt, 0);
	d->object = sqlite3_column_int64(stmt, 1);
	d->kind = column_copy(stmt, 2, arena);
	d->text = column_copy(stmt, 3, arena);
	d->title = column_copy(stmt, 4, arena);
	d->changed = (time_t)sqlite3_column_int64(stmt, 5);
	d->files = column_copy(stmt, 6, arena);
}

bool store_draft(
	struct store *store, int64_t object, const char *kind, struct draft *d, struct arena *arena)
{
	sqlite3_stmt *stmt = base_stmt(&store->outbox,
		"SELECT key, object, kind, text, title, changed, files FROM draft "
		"WHERE object = ? AND kind = ? ORDER BY changed DESC, key DESC LIMIT 1");

	bind_int(stmt, 1, store_real_key(store, object));
	bind_text(stmt, 2, kind);
	if (!stmt_row(stmt))
		return false;
	read_row(stmt, d, arena);
	sqlite3_reset(stmt);
	return true;
}

static int draft_count(struct store *store)
{
	sqlite3_stmt *stmt = base_stmt(&store->outbox, "SELECT count(*) FROM draft");
	int count = stmt_row(stmt) ? sqlite3_column_int(stmt, 0) : 0;

	sqlite3_reset(stmt);
	return count;
}

int store_drafts(struct store *store, struct draft **list, struct arena *arena)
{
	int room = draft_count(store), count = 0;
	sqlite3_stmt *stmt = base_stmt(&store->outbox,
		"SELECT key, object, kind, text, title, changed, files FROM draft "
		"ORDER BY changed DESC, key DESC");

	*list = arena_alloc(arena, (size_t)(room + 1) * sizeof(**list));
	while (count < room && stmt_row(stmt))
		read_row(stmt, &(*list)[count++], arena);
	sqlite3_reset(stmt);
	return count;
}

void store_draft_drop(struct store *store, int64_t key)
{
	sqlite3_stmt *stmt = base_stmt(&store->outbox, "DELETE FROM draft WHERE key = ?");

	bind_int(stmt, 1, key);
	if (stmt_done(stmt))
		store->changes++;
}

const char *draft_files_add(const char *files, const char *path, struct arena *arena)
{
	if (!path || !*path || strchr(path, '\n'))
		return files;
	return files ? arena_printf(arena, "%s\n%s", files, path) : arena_copy(arena, path);
}

const char *draft_file(const char *files, int i, struct arena *arena)
{
	while (files && i-- > 0) {
		files = strchr(files, '\n');
		files = files ? files + 1 : NULL;
	}
	return files ? arena_copy_n(arena, files, strcspn(files, "\n")) : NULL;
}
