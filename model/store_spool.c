/* The files of the outbox's rows. A copy is on disk before the row that names it (invariant 1), and goes
   after it; between the two nobody sweeps. In the row it is known by its name alone, so that the data
   directory may be moved. */
#include "model/store_own.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model/i18n.h"
#include "model/json.h"
#include "model/spool.h"

void store_files_limit(struct store *store, int64_t bytes)
{
	store->files_limit = bytes;
}

int64_t store_file_most(const struct store *store)
{
	return store->files_limit;
}

static bool has_files(struct patch *const *patches, int count)
{
	for (int i = 0; i < count; i++)
		if (patches[i]->file_count)
			return true;
	return false;
}

bool spooling_begin(struct spooling *s, struct store *store, struct patch *const *patches, int count,
	struct error *err)
{
	*s = (struct spooling){ .store = store, .patches = patches, .count = count, .lock = -1 };
	if (!has_files(patches, count))
		return true;
	s->lock = spool_lock_copying(store->files_dir);
	if (s->lock < 0)
		return error_set(err, ERROR_LOCAL,
			_("%s cannot be used, so nothing was saved: see who may write there."),
			store->files_dir);
	s->before = xcalloc((size_t)count, sizeof(*s->before));
	return true;
}

/* The copies are a list of their own: the person's is put back where nothing was saved. */
bool spooling_copy(struct spooling *s, int i, struct error *err)
{
	struct patch *p = s->patches[i];
	const struct attachment *given = p->files;

	if (!p->file_count)
		return true;

	struct attachment *copies =
		arena_alloc(&p->arena, (size_t)p->file_count * sizeof(*copies));
	memcpy(copies, given, (size_t)p->file_count * sizeof(*copies));
	s->before[i] = p->files;
	p->files = copies;
	for (int f = 0; f < p->file_count; f++)
		if (!spool_holds(s->store->files_dir, copies[f].path) &&
			!spool_copy(s->store->files_dir, &copies[f], s->store->files_limit,
				&p->arena, err))
			return false;
	return true;
}

static bool names(const struct attachment *files, int count, const char *path)
{
	for (int i = 0; i < count; i++)
		if (!strcmp(files[i].path, path))
			return true;
	return false;
}

static void take_back(struct spooling *s, int i)
{
	struct patch *p = s->patches[i];

	for (int f = 0; f < p->file_count; f++)
		if (!names(s->before[i], p->file_count, p->files[f].path))
			spool_drop(s->store->files_dir, p->files[f].path);
	p->files = s->before[i];
}

bool spooling_end(struct spooling *s, bool saved)
{
	for (int i = 0; s->before && !saved && i < s->count; i++)
		if (s->before[i])
			take_back(s, i);
	if (s->lock >= 0)
		close(s->lock);
	free(s->before);
	return saved;
}

void store_unspool(struct store *store, const struct patch *p)
{
	for (int i = 0; i < p->file_count; i++)
		spool_drop(store->files_dir, p->files[i].path);
}

void store_unspool_but(struct store *store, const struct patch *p, const struct patch *still)
{
	for (int i = 0; i < p->file_count; i++)
		if (!names(still->files, still->file_count, p->files[i].path))
			spool_drop(store->files_dir, p->files[i].path);
}

/* Between the row and the patch: a name alone is one of our copies. */
void spooled_names(const struct store *store, struct patch *p)
{
	for (int i = 0; i < p->file_count; i++)
		if (spool_holds(store->files_dir, p->files[i].path))
			p->files[i].path += strlen(store->files_dir) + 1;
}

void spooled_paths(const struct store *store, struct patch *p)
{
	for (int i = 0; i < p->file_count; i++)
		if (!strchr(p->files[i].path, '/'))
			p->files[i].path = arena_printf(
				&p->arena, "%s/%s", store->files_dir, p->files[i].path);
}

/* ---- after a crash */

/* The names of all copies, each between line ends. false: a row cannot be read, of a later version of
   the program perhaps, and nobody knows what it names. */
static bool named(struct store *store, struct buf *all)
{
	sqlite3_stmt *stmt = base_stmt(&store->outbox, "SELECT body FROM patch");
	bool good = stmt != NULL;
	int rc = SQLITE_DONE;

	buf_char(all, '\n');
	while (stmt && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct patch p = { 0 };

		if (json_read_outbox(column_str(stmt, 0), &p, NULL))
			for (int i = 0; i < p.file_count; i++)
				buf_printf(all, "%s\n", p.files[i].path);
		else
			good = false;
		patch_clear(&p);
	}
	sqlite3_reset(stmt);
	return good && rc == SQLITE_DONE;
}

static bool is_named(void *ctx, const char *name)
{
	const struct buf *all = ctx;
	struct buf line = { 0 };

	buf_printf(&line, "\n%s\n", name);
	bool yes = strstr(buf_str(all), line.text) != NULL;
	buf_clear(&line);
	return yes;
}

void store_sweep(struct store *store)
{
	int lock = access(store->files_dir, F_OK) ? -1 : spool_lock_sweeping(store->files_dir);
	struct buf all = { 0 };

	if (lock < 0)
		return;
	if (named(store, &all))
		spool_sweep(store->files_dir, is_named, &all);
	buf_clear(&all);
	close(lock);
}

void store_purge_files(const char *files_dir)
{
	spool_sweep(files_dir, NULL, NULL);
	rmdir(files_dir);
}
