/* The outbox: from "saved here" to "accepted by the service", and never lost or doubled between.

   Invariants; the code says which one a line keeps.
   1. A change is on disk, whole and synced, with copies of its files, before store_post() says so.
   All of store_post_all() or none.
   2. A row has one idempotency key for its body, made before the first send and kept over every
   resend. A changed body has a new one.
   3. A row leaves the outbox only when the service accepted it, or when a person gave it up.
   4. What the service answered is in the cache before the row goes. Killed between the two, the row
   is sent again with its key, and the answer is the same.
   5. Rows of one object go out in the order they were made. One that waits, for its time, for the
   service or for a person, holds those behind it, and no others.
   6. A row that was sent and of which nobody knows whether it arrived stays "unsure" until it is
   settled, also over a restart.
   7. A change is laid over a newer version only where none of its fields was changed by somebody
   else; if the newer version already has all of them and the row is unsure, that is its own effect,
   and it is done.
   8. A row that may have arrived goes out again by itself only as long as the service knows its
   key; then a person decides.
   9. A new thing's rows move to its real key in the same transaction in which its creation is
   settled.
   10. What is handed over is one transaction of two rows, the new case first. The other one waits
   for it, whatever becomes of it, and is never sent without its name: so there is one new case, and
   the old one names it. */
#include "model/store_own.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "model/i18n.h"
#include "model/ident.h"
#include "model/json.h"
#include "model/when.h"

enum {
	DONE_SECONDS = 30 * 24 * 3600,
	KEY_SECONDS = 29 * 24 * 3600, /* a service knows a key for 30 days */
	RETRY_SECONDS = 2 * 3600,     /* nobody is asked to wait longer than an hour */
	TITLE_SIZE = 80
};

/* ---- reading rows */

int64_t store_real_key(struct store *store, int64_t key)
{
	if (key >= 0)
		return key;

	sqlite3_stmt *stmt = base_stmt(&store->outbox, "SELECT key FROM alias WHERE old = ?");
	bind_int(stmt, 1, key);
	if (stmt_row(stmt))
		key = sqlite3_column_int64(stmt, 0);
	sqlite3_reset(stmt);
	return key;
}

bool store_patch(struct store *store, int64_t key, struct patch *patch)
{
	sqlite3_stmt *stmt =
		base_stmt(&store->outbox, "SELECT " OUTBOX_COLUMNS " FROM patch WHERE key = ?");

	bind_int(stmt, 1, key);
	if (!stmt_row(stmt))
		return false;
	outbox_read(store, stmt, patch);
	sqlite3_reset(stmt);
	return true;
}

struct patch *store_outbox(struct store *store, int *count)
{
	const struct overlay *o = store_overlay(store);
	struct patch *list = xcalloc((size_t)o->count + 1, sizeof(*list));

	for (int i = 0; i < o->count; i++)
		patch_copy(&list[i], &o->patches[i]);
	*count = o->count;
	return list;
}

void store_outbox_free(struct patch *list, int count)
{
	for (int i = 0; list && i < count; i++)
		patch_clear(&list[i]);
	free(list);
}

int store_pending(struct store *store, int *conflicts, int *refused)
{
	sqlite3_stmt *stmt = base_stmt(&store->outbox, "SELECT count(*), sum(state = ?1), "
						       "sum(state = ?2) FROM patch");

	bind_int(stmt, 1, PATCH_CONFLICT);
	bind_int(stmt, 2, PATCH_REFUSED);
	bool row = stmt_row(stmt);
	int count = row ? sqlite3_column_int(stmt, 0) : 0;
	if (conflicts)
		*conflicts = row ? sqlite3_column_int(stmt, 1) : 0;
	if (refused)
		*refused = row ? sqlite3_column_int(stmt, 2) : 0;
	sqlite3_reset(stmt);
	return count;
}

/* ---- writing rows */

static const char *body_of(
	const struct store *store, const struct patch *p, struct arena *arena)
{
	struct buf text = { 0 };
	struct json_out out = { .buf = &text };
	struct patch kept = { 0 };

	patch_copy(&kept, p);
	spooled_names(store, &kept);
	json_write_outbox(&out, &kept);
	const char *body = arena_copy(arena, buf_str(&text));
	patch_clear(&kept);
	buf_clear(&text);
	return body;
}

static const char *case_json(
	const struct casefile *cf, const struct citizen *c, struct arena *arena)
{
	struct buf text = { 0 };
	struct json_out out = { .buf = &text };

	if (cf)
		json_write_case(&out, NULL, cf, NULL);
	else
		json_write_citizen(&out, NULL, c, NULL);
	const char *json = arena_copy(arena, buf_str(&text));
	buf_clear(&text);
	return json;
}

/* What the row is about, as the cache knows it now: so that it can be sent, and named on the
   screen, when the cache is gone. */
static void describe(struct store *store, struct patch *p)
{
	struct page page;
	struct buf name = { 0 };

	page_init(&page);
	if (p->on == ON_CASE && store_case_plain(store, p->object, &page)) {
		const struct casefile *cf = page.cases;

		p->service = p->service ? p->service : arena_copy(&p->arena, cf->service);
		p->number = p->number ? p->number
				      : arena_copy(&p->arena, cf->number ? cf->number : cf->id);
		p->title = p->title ? p->title : arena_copy(&p->arena, cf->subject);
		p->version = p->version ? p->version : arena_copy(&p->arena, cf->version);
	} else if (p->on == ON_CITIZEN && cache_citizen(store, p->object, &page)) {
		p->service =
			p->service ? p->service : arena_copy(&p->arena, page.citizens->service);
		p->version =
			p->version ? p->version : arena_copy(&p->arena, page.citizens->version);
		citizen_name(&name, page.citizens);
		p->title = p->title ? p->title : arena_copy(&p->arena, buf_str(&name));
	}
	if (!p->title && patch_find(p, "subject"))
		p->title = arena_copy(&p->arena, patch_find(p, "subject")->after);
	buf_clear(&name);
	page_clear(&page);
}

static const char *object_id(struct store *store, const struct patch *p, struct page *page)
{
	if (p->on == ON_CASE && store_case_plain(store, p->object, page))
		return page->cases[0].id;
	if (p->on == ON_CITIZEN && cache_citizen(store, p->object, page))
		return page->citizens[0].id;
	return NULL;
}

static bool remember(struct store *store, const struct patch *p)
{
	sqlite3_stmt *stmt = base_stmt(&store->outbox,
		"INSERT INTO object (key, on_, service, id, number, title, version) "
		"VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET "
		"id = coalesce(excluded.id, id), number = coalesce(excluded.number, number), "
		"title = excluded.title, version = excluded.version");
	struct page page;

	page_init(&page);
	bind_int(stmt, 1, p->object);
	bind_int(stmt, 2, p->on);
	bind_text(stmt, 3, p->service);
	bind_text(stmt, 4, object_id(store, p, &page));
	bind_text(stmt, 5, p->number);
	bind_text(stmt, 6, p->title);
	bind_text(stmt, 7, p->version);
	page_clear(&page);
	return stmt_done(stmt);
}

/* A post whose end was not seen and that is posted again finds its row: one key, one row. */
static bool posted_before(struct store *store, struct patch *p)
{
	sqlite3_stmt *stmt =
		base_stmt(&store->outbox, "SELECT key, object FROM patch WHERE uuid = ?");

	bind_text(stmt, 1, p->uuid);
	if (!stmt_row(stmt))
		return false;
	p->key = sqlite3_column_int64(stmt, 0);
	p->object = sqlite3_column_int64(stmt, 1);
	sqlite3_reset(stmt);
	return true;
}

static bool insert_row(struct store *store, struct patch *p)
{
	sqlite3_stmt *stmt = base_stmt(&store->outbox,
		"INSERT INTO patch (service, uuid, on_, object, creates, state, "
		"not_before, version, made, body, after_) "
		"VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
	struct arena arena = { 0 };

	bind_text(stmt, 1, p->service);
	bind_text(stmt, 2, p->uuid);
	bind_int(stmt, 3, p->on);
	bind_int(stmt, 4, p->object);
	bind_int(stmt, 5, p->creates);
	bind_int(stmt, 11, p->after);
	bind_int(stmt, 6, PATCH_SAVED);
	bind_int(stmt, 7, p->not_before);
	bind_text(stmt, 8, p->version);
	bind_int(stmt, 9, p->made);
	bind_text(stmt, 10, body_of(store, p, &arena));
	bool good = stmt_done(stmt);
	arena_clear(&arena);
	if (good)
		p->key = sqlite3_last_insert_rowid(store->outbox.db);
	return good;
}

/* A new thing is known by its row's number, turned negative, until the service names it. */
static bool name_new(struct store *store, struct patch *p)
{
	if (!p->creates)
		return true;

	sqlite3_stmt *stmt =
		base_stmt(&store->outbox, "UPDATE patch SET object = -key WHERE key = ?");
	bind_int(stmt, 1, p->key);
	p->object = -p->key;
	return stmt_done(stmt);
}

/* Who the service takes us for; NULL: it did not say yet. */
static const char *me_at(struct store *store, const char *service, struct arena *arena)
{
	sqlite3_stmt *stmt = base_stmt(&store->cache, "SELECT me FROM profile WHERE service = ?");

	bind_text(stmt, 1, service);
	const char *me = stmt_row(stmt) ? column_copy(stmt, 0, arena) : NULL;
	sqlite3_reset(stmt);
	return me;
}

/* In the same transaction: offered again after it was sent, it would be sent twice. */
static bool drop_draft(struct store *store, const struct patch *p)
{
	sqlite3_stmt *stmt = base_stmt(&store->outbox, "DELETE FROM draft WHERE key = ?");

	if (!p->draft)
		return true;
	bind_int(stmt, 1, p->draft);
	return stmt_done(stmt);
}

static bool post_one(struct store *store, struct patch *p, struct error *err)
{
	char uuid[IDENT_SIZE];

	if (p->first)
		p->after = p->first->object; /* invariant 10: it was posted just before */
	if (!p->uuid) {
		ident_uuid(uuid);
		p->uuid = arena_copy(&p->arena, uuid); /* invariant 2 */
	} else if (posted_before(store, p)) {
		return true;
	}
	p->made = p->made ? p->made : time(NULL);
	p->state = PATCH_SAVED;
	p->object = store_real_key(store, p->object);
	describe(store, p);
	if (!p->service)
		return error_set(err, ERROR_USAGE, _("Say which service this change is for."));
	p->worker = me_at(store, p->service, &p->arena);
	if (insert_row(store, p) && name_new(store, p) && remember(store, p) && drop_draft(store, p))
		return true;
	base_rollback(&store->outbox);
	return base_error(store, &store->outbox, err);
}

/* Before the transaction: a large file is not what other windows wait for. */
static bool copy_files(struct store *store, struct spooling *s, struct error *err)
{
	bool good = true;

	for (int i = 0; good && i < s->count; i++) {
		struct patch *p = s->patches[i];

		good = (p->uuid && posted_before(store, p)) || spooling_copy(s, i, err);
	}
	return good;
}

static bool post_all(struct store *store, struct spooling *s, struct error *err)
{
	struct base *o = &store->outbox;

	if (!copy_files(store, s, err))
		return false;
	if (!base_begin(o))
		return base_error(store, o, err);

	bool good = true;
	for (int i = 0; good && i < s->count; i++) {
		struct patch *p = s->patches[i];

		good = post_one(store, p, err);
		if (good && p->then)
			p->then->object = p->object;
	}
	if (good && !base_commit(o)) /* invariant 1: synchronous=FULL */
		good = base_error(store, o, err);
	if (!good)
		base_rollback(o);
	return good;
}

static bool post_flat(
	struct store *store, struct patch *const *patches, int count, struct error *err)
{
	struct spooling s;

	if (!spooling_begin(&s, store, patches, count, err))
		return false;
	if (spooling_end(&s, post_all(store, &s, err))) {
		store_touched(store);
		return true;
	}
	for (int i = 0; i < count; i++)
		patches[i]->key = 0;
	return false;
}

bool store_post_all(struct store *store, struct patch *const *patches, int count, struct error *err)
{
	struct patch **flat = xcalloc(4 * (size_t)count + 1, sizeof(*flat));
	int n = 0;

	for (int i = 0; i < count; i++) {
		struct patch *all[] = { patches[i]->first,
			patches[i]->first ? patches[i]->first->then : NULL, patches[i],
			patches[i]->then };

		for (size_t k = 0; k < sizeof(all) / sizeof(*all); k++)
			if (all[k])
				flat[n++] = all[k];
	}
	bool good = post_flat(store, flat, n, err);
	free(flat);
	return good;
}

bool store_post(struct store *store, struct patch *patch, struct error *err)
{
	return store_post_all(store, &patch, 1, err);
}

static bool run_keys(struct store *store, const char *sql, int64_t from, int64_t to)
{
	sqlite3_stmt *stmt = base_stmt(&store->outbox, sql);

	bind_int(stmt, 1, from);
	bind_int(stmt, 2, to);
	return stmt_done(stmt);
}

/* ---- what goes out next */

/* Invariant 5: nothing older of the same object may be there, in whatever state. */
#define FIRST_OF_OBJECT                                                                            \
	"p.after_ >= 0 AND NOT EXISTS (SELECT 1 FROM patch AS q WHERE q.on_ = p.on_ AND q.object = p.object "        \
	"AND q.key < p.key)"

static time_t next_time(struct store *store, const char *service, time_t now)
{
	sqlite3_stmt *stmt = base_stmt(&store->outbox,
		"SELECT min(max(p.not_before, p.retry_at)) FROM patch AS p "
		"WHERE p.service = ?1 AND p.state IN (?2, ?3) "
		"AND max(p.not_before, p.retry_at) > ?4 AND " FIRST_OF_OBJECT);

	bind_text(stmt, 1, service);
	bind_int(stmt, 2, PATCH_SAVED);
	bind_int(stmt, 3, PATCH_UNKNOWN);
	bind_int(stmt, 4, now);
	time_t at = stmt_row(stmt) ? (time_t)sqlite3_column_int64(stmt, 0) : 0;
	sqlite3_reset(stmt);
	return at;
}

/* Invariant 8; false: it could not be written, and nothing may go out. */
static bool give_old_to_person(struct store *store, const char *service, time_t now)
{
	sqlite3_stmt *any = base_stmt(&store->outbox,
		"SELECT 1 FROM patch WHERE service = ?1 AND unsure AND sent > 0 AND sent < ?2 "
		"AND state = ?3 LIMIT 1");

	bind_text(any, 1, service);
	bind_int(any, 2, now - KEY_SECONDS);
	bind_int(any, 3, PATCH_UNKNOWN);
	bool found = stmt_row(any);
	sqlite3_reset(any);
	if (!found)
		return true;

	sqlite3_stmt *stmt = base_stmt(&store->outbox,
		"UPDATE patch SET state = ?4, retry_at = 0, error = ?5, error_text = ?6 "
		"WHERE service = ?1 AND unsure AND sent > 0 AND sent < ?2 AND state = ?3");
	bind_text(stmt, 1, service);
	bind_int(stmt, 2, now - KEY_SECONDS);
	bind_int(stmt, 3, PATCH_UNKNOWN);
	bind_int(stmt, 4, PATCH_REFUSED);
	bind_int(stmt, 5, ERROR_REFUSED);
	bind_text(stmt, 6,
		_("It left weeks ago and nobody knows whether it arrived: look at the record, then "
		  "send it again or give it up."));
	store_touched(store);
	return stmt_done(stmt);
}

/* What nobody can read would be sent as a change of nothing, and be accepted. */
static bool give_garbled_to_person(struct store *store, int64_t key)
{
	sqlite3_stmt *stmt = base_stmt(&store->outbox,
		"UPDATE patch SET state = ?2, retry_at = 0, error = ?3 WHERE key = ?1");

	bind_int(stmt, 1, key);
	bind_int(stmt, 2, PATCH_REFUSED);
	bind_int(stmt, 3, ERROR_LOCAL);
	store_touched(store);
	return stmt_done(stmt);
}

static bool mark_sent(struct store *store, int64_t key, time_t now)
{
	sqlite3_stmt *stmt = base_stmt(&store->outbox,
		"UPDATE patch SET state = ?1, tries = tries + 1, "
		"sent = CASE WHEN unsure AND sent > 0 THEN sent ELSE ?5 END "
		"WHERE key = ?2 AND state IN (?3, ?4)");

	bind_int(stmt, 1, PATCH_SENT);
	bind_int(stmt, 2, key);
	bind_int(stmt, 3, PATCH_SAVED);
	bind_int(stmt, 4, PATCH_UNKNOWN);
	bind_int(stmt, 5, now);
	/* Taken back or taken by another in this moment: then it is not ours to send. */
	return stmt_done(stmt) && sqlite3_changes(store->outbox.db) == 1;
}

/* Rows whose end could not be written, the disk being full: nobody knows whether they arrived. */
static void unstick(struct store *store)
{
	while (store->stuck_count > 0) {
		int64_t key = store->stuck[store->stuck_count - 1];

		if (!run_keys(store,
			    "UPDATE patch SET state = ?2, unsure = 1 WHERE key = ?1 AND state = 1",
			    key, PATCH_UNKNOWN))
			return;
		store->stuck_count--;
		store_touched(store);
	}
}

static void stick(struct store *store, int64_t key)
{
	size_t size = (size_t)(store->stuck_count + 1) * sizeof(*store->stuck);

	store->stuck = xrealloc(store->stuck, size);
	store->stuck[store->stuck_count++] = key;
}

bool store_next(struct store *store, const char *service, time_t now, struct patch *patch,
	time_t *wait_until)
{
	sqlite3_stmt *stmt = base_stmt(&store->outbox,
		"SELECT p.key FROM patch AS p WHERE p.service = ?1 "
		"AND p.state IN (?2, ?3) AND (p.not_before <= ?4 OR p.not_before > ?5) "
		"AND (p.retry_at <= ?4 OR p.retry_at > ?5) AND " FIRST_OF_OBJECT
		" ORDER BY p.key LIMIT 1");

	if (wait_until)
		*wait_until = 0;
	unstick(store);
	if (!give_old_to_person(store, service, now))
		return false;
	bind_text(stmt, 1, service);
	bind_int(stmt, 2, PATCH_SAVED);
	bind_int(stmt, 3, PATCH_UNKNOWN);
	bind_int(stmt, 4, now);
	/* Later than anything is ever put off: the clock was ahead, and nobody waits for that. */
	bind_int(stmt, 5, now + RETRY_SECONDS);
	int64_t key = stmt_row(stmt) ? sqlite3_column_int64(stmt, 0) : 0;
	sqlite3_reset(stmt);
	if (key && store_patch(store, key, patch)) {
		bool garbled = patch->garbled;

		if (!garbled && mark_sent(store, key, now)) {
			patch->state = PATCH_SENT;
			store_touched(store);
			return true;
		}
		patch_clear(patch);
		if (garbled && give_garbled_to_person(store, key))
			return store_next(store, service, now, patch, wait_until);
	}
	if (wait_until)
		*wait_until = next_time(store, service, now);
	return false;
}

/* Those that may go together, oldest first, not marked yet. */
static int several_waiting(struct store *store, const char *service, time_t now,
	bool (*takes)(const struct patch *), struct patch *rows, int most)
{
	sqlite3_stmt *stmt = base_stmt(&store->outbox,
		"SELECT " OUTBOX_COLUMNS " FROM patch AS p WHERE p.service = ?1 "
		"AND p.state = ?2 AND NOT p.unsure AND NOT p.creates AND p.on_ = ?6 AND p.after_ = 0 "
		"AND (p.not_before <= ?3 OR p.not_before > ?4) "
		"AND (p.retry_at <= ?3 OR p.retry_at > ?4) AND " FIRST_OF_OBJECT
		" ORDER BY p.key LIMIT ?5");
	int count = 0;

	bind_text(stmt, 1, service);
	bind_int(stmt, 2, PATCH_SAVED);
	bind_int(stmt, 3, now);
	bind_int(stmt, 4, now + RETRY_SECONDS);
	bind_int(stmt, 5, 2 * most); /* those that go alone are among them */
	bind_int(stmt, 6, ON_CASE);
	while (count < most && stmt_row(stmt)) {
		rows[count] = (struct patch){ 0 };
		outbox_read(store, stmt, &rows[count]);
		if (!rows[count].garbled && takes(&rows[count]))
			count++;
		else
			patch_clear(&rows[count]);
	}
	sqlite3_reset(stmt);
	return count;
}

static void clear_rows(struct patch *rows, int count)
{
	for (int i = 0; i < count; i++)
		patch_clear(&rows[i]);
}

int store_next_several(struct store *store, const char *service, time_t now,
	bool (*takes)(const struct patch *), struct patch *rows, int least, int most)
{
	struct base *o = &store->outbox;

	unstick(store);
	if (!base_begin(o))
		return 0;
	int count = several_waiting(store, service, now, takes, rows, most);
	bool good = count >= least;

	for (int i = 0; good && i < count; i++) {
		good = mark_sent(store, rows[i].key, now);
		rows[i].state = PATCH_SENT;
	}
	if (good && base_commit(o)) {
		store_touched(store);
		return count;
	}
	base_rollback(o);
	clear_rows(rows, count);
	return 0;
}

/* ---- settling */

static bool unsure(struct store *store, int64_t key)
{
	sqlite3_stmt *stmt = base_stmt(&store->outbox, "SELECT unsure FROM patch WHERE key = ?");

	bind_int(stmt, 1, key);
	bool yes = stmt_row(stmt) && sqlite3_column_int(stmt, 0) != 0;
	sqlite3_reset(stmt);
	return yes;
}

bool store_certain(struct store *store, int64_t key)
{
	return run_keys(store, "UPDATE patch SET unsure = 0, sent = 0 WHERE key = ?1 AND unsure",
		key, 0);
}

/* The object of a page a patch is about: of a page with more, the one with its key; of a new
   thing's page the only one. */
static const struct casefile *case_in(
	struct store *store, const struct patch *p, const struct page *page)
{
	if (!page || p->on != ON_CASE)
		return NULL;
	for (int i = 0; i < page->case_count; i++)
		if (p->creates ||
			cache_key(store, p->service, ON_CASE, page->cases[i].id) == p->object)
			return &page->cases[i];
	return NULL;
}

static const struct citizen *citizen_in(
	struct store *store, const struct patch *p, const struct page *page)
{
	if (!page || p->on != ON_CITIZEN)
		return NULL;
	for (int i = 0; i < page->citizen_count; i++)
		if (p->creates ||
			cache_key(store, p->service, ON_CITIZEN, page->citizens[i].id) == p->object)
			return &page->citizens[i];
	return NULL;
}

/* Invariant 9. */
static bool follow_new_key(struct store *store, const struct patch *p, int64_t real,
	const char *version, const char *id)
{
	sqlite3_stmt *alias =
		base_stmt(&store->outbox, "INSERT OR REPLACE INTO alias VALUES (?, ?, ?)");

	bind_int(alias, 1, p->object);
	bind_int(alias, 2, real);
	bind_int(alias, 3, time(NULL));
	if (!stmt_done(alias) ||
		!run_keys(
			store, "UPDATE patch SET object = ?2 WHERE object = ?1", p->object, real) ||
		!run_keys(
			store, "UPDATE patch SET after_ = ?2 WHERE after_ = ?1", p->object, real) ||
		!run_keys(
			store, "UPDATE draft SET object = ?2 WHERE object = ?1", p->object, real) ||
		!run_keys(store, "UPDATE OR REPLACE object SET key = ?2 WHERE key = ?1", p->object,
			real))
		return false;

	sqlite3_stmt *named = base_stmt(&store->outbox, "UPDATE object SET id = ?2, version = ?3 "
							"WHERE key = ?1");
	bind_int(named, 1, real);
	bind_text(named, 2, id);
	bind_text(named, 3, version);
	return stmt_done(named);
}

static bool is_empty(const char *text)
{
	return !text || !*text;
}

/* Whether two values of a field say the same: times may be written in two ways. */
static bool same_value(const char *a, const char *b)
{
	time_t x = 0, y = 0;

	if (is_empty(a) || is_empty(b))
		return is_empty(a) && is_empty(b);
	if (!strcmp(a, b))
		return true;
	return strchr(a, 'T') && strchr(b, 'T') && when_read(a, &x) && when_read(b, &y) && x == y;
}

/* Whether the one behind was made on top of this one: another window may have read the object before
   this one was saved, and saved after it. */
static bool made_on(const struct patch *behind, const struct patch *p)
{
	for (int i = 0; i < p->count; i++) {
		const struct change *same = patch_find(behind, p->changes[i].field);

		if (same && !same_value(same->before, p->changes[i].after))
			return false;
	}
	return true;
}

static bool raise_one(struct store *store, int64_t key, const char *version)
{
	sqlite3_stmt *stmt =
		base_stmt(&store->outbox, "UPDATE patch SET version = ?1 WHERE key = ?2");

	bind_text(stmt, 1, version);
	bind_int(stmt, 2, key);
	return stmt_done(stmt);
}

static int64_t next_behind(struct store *store, const struct patch *p, int64_t object, int64_t key)
{
	sqlite3_stmt *stmt = base_stmt(&store->outbox,
		"SELECT key FROM patch WHERE on_ = ?1 AND object = ?2 "
		"AND (version IS ?3 OR version IS NULL) AND key > ?4 ORDER BY key LIMIT 1");

	bind_int(stmt, 1, p->on);
	bind_int(stmt, 2, object);
	bind_text(stmt, 3, p->version);
	bind_int(stmt, 4, key);
	key = stmt_row(stmt) ? sqlite3_column_int64(stmt, 0) : 0;
	sqlite3_reset(stmt);
	return key;
}

/* Our own change raised the version: what waits behind it and was made on top of that goes on with
   it. What was not keeps its own: the service says so, and it is laid over. */
static bool raise_version(
	struct store *store, const struct patch *p, int64_t object, const char *version)
{
	int64_t key = p->key;
	bool good = true;

	while (version && good && (key = next_behind(store, p, object, key))) {
		struct patch behind = { 0 };

		if (store_patch(store, key, &behind) && made_on(&behind, p))
			good = raise_one(store, key, version);
		patch_clear(&behind);
	}
	return good;
}

static bool to_done(struct store *store, const struct patch *p, int64_t object, int64_t last_event)
{
	sqlite3_stmt *stmt = base_stmt(&store->outbox,
		"INSERT OR REPLACE INTO done (key, service, uuid, on_, object, "
		"creates, at, last_event, version, body) "
		"VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
	struct arena arena = { 0 };

	bind_int(stmt, 1, p->key);
	bind_text(stmt, 2, p->service);
	bind_text(stmt, 3, p->uuid);
	bind_int(stmt, 4, p->on);
	bind_int(stmt, 5, object);
	bind_int(stmt, 6, p->creates);
	bind_int(stmt, 7, time(NULL));
	bind_int(stmt, 8, last_event);
	bind_text(stmt, 9, p->version);
	bind_text(stmt, 10, body_of(store, p, &arena));
	bool good = stmt_done(stmt);
	arena_clear(&arena);
	return good;
}

/* What is of no more use: undo after 30 days, names of objects no row speaks of. */
static bool tidy(struct store *store)
{
	int64_t before = (int64_t)time(NULL) - DONE_SECONDS;

	return run_keys(store, "DELETE FROM done WHERE at < ?1", before, 0) &&
	       run_keys(store, "DELETE FROM alias WHERE at < ?1", before, 0) &&
	       run_keys(store,
		       "DELETE FROM object WHERE key NOT IN (SELECT object FROM patch) "
		       "AND key NOT IN (SELECT object FROM draft) "
		       "AND key NOT IN (SELECT after_ FROM patch)",
		       0, 0);
}

static bool drop_row(struct store *store, int64_t key)
{
	return run_keys(store, "DELETE FROM patch WHERE key = ?1", key, 0);
}

/* One statement says how a row stands after a try that was not the last. */
static bool settle_state(struct store *store, const struct patch *p, enum patch_state state,
	const struct error *outcome, time_t retry_at, const char *theirs, struct error *err)
{
	sqlite3_stmt *stmt = base_stmt(&store->outbox,
		"UPDATE patch SET state = ?1, retry_at = ?2, error = ?3, "
		"error_text = ?4, theirs = ?5, unsure = unsure OR ?1 = ?6 "
		"WHERE key = ?7");

	bind_int(stmt, 1, state);
	bind_int(stmt, 2, retry_at);
	bind_int(stmt, 3, outcome->kind);
	bind_text(stmt, 4, *outcome->text ? outcome->text : NULL);
	bind_text(stmt, 5, theirs);
	bind_int(stmt, 6, PATCH_UNKNOWN); /* invariant 6 */
	bind_int(stmt, 7, p->key);
	if (!stmt_done(stmt))
		return base_error(store, &store->outbox, err);
	store_touched(store);
	return true;
}

/* What of a new thing did not take stays as a change of that thing, for the person: so that mending it
   can never make a second one. */
static bool keep_unmet(
	struct store *store, const struct patch *p, int64_t real, const struct page *page)
{
	const struct casefile *cf = case_in(store, p, page);
	struct patch rest = { .on = p->on, .creates = false, .object = real, .made = time(NULL) };
	struct error why = { .kind = ERROR_REFUSED };
	char uuid[IDENT_SIZE];
	bool good = true;

	if (!cf || !page->unmet)
		return true;
	ident_uuid(uuid);
	rest.uuid = uuid;
	rest.service = p->service;
	rest.version = cf->version;
	rest.number = cf->number ? cf->number : cf->id;
	rest.title = p->title;
	rest.worker = p->worker;
	rest.verb = "edit";
	for (int i = 0; i < p->count; i++)
		if (words_have(page->unmet, p->changes[i].field))
			patch_change(&rest, p->changes[i].field,
				case_get(cf, p->changes[i].field, &rest.arena), p->changes[i].after);
	snprintf(why.text, sizeof(why.text), "%s", page->told ? page->told : "");
	if (rest.count)
		good = insert_row(store, &rest) && settle_state(store, &rest, PATCH_REFUSED, &why,
							   0, NULL, &(struct error){ 0 });
	patch_clear(&rest);
	return good;
}

static bool settle_done(
	struct store *store, const struct patch *p, const struct page *page, struct error *err)
{
	const struct casefile *cf = case_in(store, p, page);
	const struct citizen *c = citizen_in(store, p, page);
	const char *version = cf ? cf->version : c ? c->version : NULL;
	const char *id = cf ? cf->id : c ? c->id : NULL;
	struct base *o = &store->outbox;

	if (page && !store_put(store, p->service, page, err)) /* invariant 4 */
		return false;
	int64_t real = p->creates && id ? cache_key(store, p->service, p->on, id) : p->object;
	if (!base_begin(o))
		return base_error(store, o, err);
	bool good = to_done(store, p, real, cf ? cf->last_event : 0) && drop_row(store, p->key);
	if (good && real != p->object)
		good = follow_new_key(store, p, real, version, id) &&
		       keep_unmet(store, p, real, page);
	if (good && raise_version(store, p, real, version) && tidy(store) && base_commit(o)) {
		store_unspool(store, p);
		store_touched(store);
		return true;
	}
	base_rollback(o);
	return base_error(store, o, err);
}

/* ---- laying a change over a newer version */

static const char *value_now(
	const struct casefile *cf, const struct citizen *c, const char *field, struct arena *arena)
{
	return cf ? case_get(cf, field, arena) : citizen_get(c, field);
}

enum laid { LAID_CONFLICT, LAID_OVER, LAID_THERE };

/* Invariant 7. Changes p only when the answer is LAID_OVER. */
static enum laid lay_over(struct patch *p, const struct casefile *cf, const struct citizen *c)
{
	int there = 0;

	for (int i = 0; i < p->count; i++) {
		const struct change *change = &p->changes[i];
		const char *now = value_now(cf, c, change->field, &p->arena);

		if (same_value(now, change->after))
			there++;
		else if (!same_value(now, change->before) && !patch_words(p, change->field))
			return LAID_CONFLICT;
	}
	if (p->count && there == p->count)
		return LAID_THERE;
	for (int i = 0; i < p->count; i++) {
		struct change *change = &p->changes[i];
		const char *now = value_now(cf, c, change->field, &p->arena);

		change->after = patch_over(p, change, now, &p->arena);
		change->before = arena_copy(&p->arena, now);
	}
	return LAID_OVER;
}

static bool settle_over(
	struct store *store, struct patch *p, const char *version, bool changed, struct error *err)
{
	sqlite3_stmt *stmt = base_stmt(&store->outbox,
		"UPDATE patch SET state = ?1, retry_at = 0, error = 0, "
		"error_text = NULL, theirs = NULL, version = ?2, body = ?3, "
		"uuid = ?4 WHERE key = ?5");
	struct arena arena = { 0 };
	char uuid[IDENT_SIZE];

	/* A body with other values is another request (invariant 2); before and version are not in
	 * it. */
	if (changed) {
		ident_uuid(uuid);
		p->uuid = arena_copy(&p->arena, uuid);
	}
	p->version = arena_copy(&p->arena, version);
	bind_int(stmt, 1, PATCH_SAVED);
	bind_text(stmt, 2, p->version);
	bind_text(stmt, 3, body_of(store, p, &arena));
	bind_text(stmt, 4, p->uuid);
	bind_int(stmt, 5, p->key);
	bool good = stmt_done(stmt);
	arena_clear(&arena);
	if (!good)
		return base_error(store, &store->outbox, err);
	store_touched(store);
	return true;
}

static const char *afters(const struct patch *p, struct arena *arena)
{
	struct buf all = { 0 };

	for (int i = 0; i < p->count; i++)
		buf_printf(&all, "%s\n", p->changes[i].after ? p->changes[i].after : "");
	const char *text = arena_copy(arena, buf_str(&all));
	buf_clear(&all);
	return text;
}

/* The fields in which the version the row was made on and the newer one differ, but the row's own; ""
   when the older one is not here any more. Two versions later are added to those of the first. */
static const char *others_changed(
	struct store *store, const struct patch *p, const struct casefile *cf, struct arena *arena)
{
	const char *words = p->over ? p->over : "";
	struct page old;

	page_init(&old);
	if (cf)
		store_case_plain(store, p->object, &old);
	if (old.case_count && p->version && same_value(old.cases->version, p->version))
		for (const struct case_field *f = case_fields; f->name; f++)
			if (f->type != FIELD_STAGE && !patch_find(p, f->name) &&
				!same_value(case_get(old.cases, f->name, &old.arena),
					case_get(cf, f->name, &old.arena)))
				words = words_add(words, f->name, arena);
	page_clear(&old);
	return arena_copy(arena, words);
}

static bool settle_conflict(struct store *store, struct patch *p, const struct error *outcome,
	const struct page *page, bool *again, struct error *err)
{
	const struct casefile *cf = case_in(store, p, page);
	const struct citizen *c = citizen_in(store, p, page);

	if (!cf && !c)
		return settle_state(store, p, PATCH_CONFLICT, outcome, 0, NULL, err);

	bool lapsed = !strcmp(outcome->code, "lease-lost");
	const char *over = others_changed(store, p, cf, &p->arena);

	if (!store_put(store, p->service, page, err))
		return false;

	const char *version = cf ? cf->version : c->version;
	const char *before = afters(p, &p->arena);
	enum laid laid = lay_over(p, cf, c);

	/* The case was out of our hand: whoever had it may have answered too, so a person looks first. */
	if (lapsed && laid == LAID_OVER)
		laid = LAID_CONFLICT;
	switch (laid) {
	case LAID_THERE:
		/* Of a note or an answer nobody can see whether it went along with the same change
		   made by somebody else, but a row that may have arrived brought them with it. */
		if (unsure(store, p->key) || (!p->note && !p->answer && !p->after))
			return settle_done(store, p, page, err);
		/* fall through */
	case LAID_OVER:
		*again = true;
		p->over = over;
		return settle_over(
			store, p, version, strcmp(before, afters(p, &p->arena)) != 0, err);
	case LAID_CONFLICT:
		break;
	}
	return settle_state(store, p, PATCH_CONFLICT, outcome, 0, case_json(cf, c, &p->arena), err);
}

static bool waits(enum error_kind kind)
{
	return kind == ERROR_OFFLINE || kind == ERROR_BUSY || kind == ERROR_LOGIN ||
	       kind == ERROR_CANCELLED;
}

bool store_settle(struct store *store, int64_t key, const struct error *outcome, bool unknown,
	const struct page *page, time_t retry_at, bool *again, struct error *err)
{
	struct patch p = { 0 };
	bool good = true, once_more = false;

	/* Settled already, or given up by a person meanwhile: nothing is left to do. */
	if (again)
		*again = false;
	if (!store_patch(store, key, &p))
		return true;
	if (outcome->kind == ERROR_NONE)
		good = settle_done(store, &p, page, err);
	else if (unknown)
		good = settle_state(store, &p, PATCH_UNKNOWN, outcome, retry_at, NULL, err);
	else if (waits(outcome->kind))
		good = settle_state(store, &p, unsure(store, key) ? PATCH_UNKNOWN : PATCH_SAVED,
			outcome, retry_at, NULL, err);
	else if (outcome->kind == ERROR_CONFLICT)
		good = settle_conflict(store, &p, outcome, page, &once_more, err);
	else
		good = settle_state(store, &p, PATCH_REFUSED, outcome, 0, NULL, err);
	if (again)
		*again = once_more;
	if (!good)
		stick(store, key);
	patch_clear(&p);
	return good;
}

/* ---- settling what went out together */

/* The cases of a page by our keys, so that each is looked up once. */
struct settling {
	const struct page *page;
	int64_t *keys;
	struct patch *done; /* those that leave */
	int done_count;
};

static const struct casefile *case_keyed(const struct settling *s, int64_t key)
{
	for (int i = 0; s->page && i < s->page->case_count; i++)
		if (s->keys[i] == key)
			return &s->page->cases[i];
	return NULL;
}

static bool leave(struct store *store, struct settling *s, int64_t key)
{
	struct patch *p = &s->done[s->done_count];

	if (!store_patch(store, key, p)) /* given up by a person meanwhile */
		return true;
	const struct casefile *cf = case_keyed(s, p->object);

	s->done_count++;
	return to_done(store, p, p->object, cf ? cf->last_event : 0) && drop_row(store, key) &&
	       raise_version(store, p, p->object, cf ? cf->version : NULL);
}

static bool leave_all(struct store *store, struct settling *s, const struct settled *rows,
	int count, struct error *err)
{
	struct base *o = &store->outbox;

	if (!base_begin(o))
		return base_error(store, o, err);
	bool good = true;

	for (int i = 0; good && i < count; i++)
		if (rows[i].outcome.kind == ERROR_NONE)
			good = leave(store, s, rows[i].patch);
	if (!good || !tidy(store) || !base_commit(o)) {
		base_rollback(o);
		return base_error(store, o, err);
	}
	for (int i = 0; i < s->done_count; i++)
		store_unspool(store, &s->done[i]);
	store_touched(store);
	return true;
}

/* One of those that did not go well, with its own case alone of the page. */
static bool stay(struct store *store, const struct settling *s, struct settled *row,
	time_t retry_at, struct error *err)
{
	struct patch p = { 0 };
	struct page one;

	page_init(&one);
	if (store_patch(store, row->patch, &p)) {
		const struct casefile *cf = case_keyed(s, p.object);

		one.cases = (struct casefile *)cf;
		one.case_count = cf != NULL;
	}
	patch_clear(&p);
	return store_settle(store, row->patch, &row->outcome, row->unknown,
		one.case_count ? &one : NULL, retry_at, &row->again, err);
}

static void settling_begin(struct store *store, struct settling *s, const char *service, int count)
{
	int cases = s->page ? s->page->case_count : 0;

	s->keys = xcalloc((size_t)cases + 1, sizeof(*s->keys));
	s->done = xcalloc((size_t)count + 1, sizeof(*s->done));
	for (int i = 0; service && i < cases; i++)
		s->keys[i] = cache_key(store, service, ON_CASE, s->page->cases[i].id);
}

static const char *service_of(struct store *store, int64_t key, struct arena *arena)
{
	struct patch p = { 0 };
	const char *service =
		store_patch(store, key, &p) ? arena_copy(arena, p.service) : NULL;

	patch_clear(&p);
	return service;
}

bool store_settle_several(struct store *store, struct settled *rows, int count,
	const struct page *page, time_t retry_at, struct error *err)
{
	struct settling s = { .page = page };
	struct arena arena = { 0 };
	const char *service = NULL;

	for (int i = 0; !service && i < count; i++)
		service = service_of(store, rows[i].patch, &arena);
	bool put = !page || !service || store_put(store, service, page, err); /* invariant 4 */

	settling_begin(store, &s, service, count);
	bool left = put && leave_all(store, &s, rows, count, err), good = left;

	for (int i = 0; i < count; i++) {
		rows[i].again = false;
		rows[i].good = left;
		if (rows[i].outcome.kind != ERROR_NONE)
			rows[i].good = stay(store, &s, &rows[i], retry_at, err);
		else if (!left)
			stick(store, rows[i].patch);
		good = good && rows[i].good;
	}
	clear_rows(s.done, s.done_count);
	free(s.done);
	free(s.keys);
	arena_clear(&arena);
	return good;
}

/* ---- what a person does to a row */

static bool has_behind(struct store *store, const struct patch *p)
{
	sqlite3_stmt *stmt = base_stmt(&store->outbox,
		"SELECT 1 FROM patch WHERE ((on_ = ?1 AND object = ?2) OR after_ = ?2) "
		"AND key > ?3 LIMIT 1");

	bind_int(stmt, 1, p->on);
	bind_int(stmt, 2, p->object);
	bind_int(stmt, 3, p->key);
	bool yes = stmt_row(stmt);
	sqlite3_reset(stmt);
	return yes;
}

/* Where the person has the files: the copies go with the row. */
static const char *places(const struct patch *p, struct arena *arena)
{
	const char *all = NULL;

	for (int i = 0; i < p->file_count; i++)
		all = draft_files_add(all, p->files[i].from, arena);
	return all;
}

static bool draft_text(struct store *store, const struct patch *p, const char *kind,
	const char *text, const char *files)
{
	sqlite3_stmt *stmt = base_stmt(&store->outbox,
		"INSERT INTO draft (object, kind, text, title, changed, files) "
		"VALUES (?, ?, ?, ?, ?, ?)");

	bind_int(stmt, 1, p->creates ? 0 : p->object);
	bind_text(stmt, 2, kind);
	bind_text(stmt, 3, text);
	bind_text(stmt, 4, p->title);
	bind_int(stmt, 5, time(NULL));
	bind_text(stmt, 6, files);
	return stmt_done(stmt);
}

/* The text of an answer, or all of it where it is made from a template. */
static const char *reply_text(const struct patch *p, struct arena *arena)
{
	struct json *j = json_read(p->answer, strlen(p->answer), NULL, NULL);
	const char *text = json_get_text(j, "text");

	text = arena_copy(arena, text ? text : p->answer);
	json_free(j);
	return text;
}

static bool keep_texts(struct store *store, const struct patch *p)
{
	struct arena arena = { 0 };
	bool good = true;

	if (p->creates)
		good = draft_text(store, p, "new", body_of(store, p, &arena), NULL);
	else {
		const char *files = places(p, &arena);

		if (p->note)
			good = draft_text(store, p, "note", p->note, p->answer ? NULL : files);
		if (good && p->answer)
			good = draft_text(store, p, "reply", reply_text(p, &arena), files);
	}
	arena_clear(&arena);
	return good;
}

static bool not_here(struct error *err)
{
	return error_set(
		err, ERROR_GONE, _("This change is not in the outbox any more: it was sent."));
}

static bool recall(struct store *store, const struct patch *p, struct error *err)
{
	if (p->state != PATCH_SAVED || unsure(store, p->key))
		return error_set(err, ERROR_CONFLICT,
			_("This change has left already and cannot be taken back; undo it "
			  "once the service has accepted it."));
	if (p->creates && has_behind(store, p))
		return error_set(err, ERROR_USAGE,
			_("Other changes wait for this new case; take those back first."));
	if (!keep_texts(store, p) || !drop_row(store, p->key))
		return base_error(store, &store->outbox, err);
	return true;
}

/* One row of the outbox goes, the way go() lets it. It is read inside the transaction: the sender may
   have it in this moment. */
static bool take_out(struct store *store, int64_t key,
	bool (*go)(struct store *, const struct patch *, struct error *), struct error *err)
{
	struct base *o = &store->outbox;
	struct patch p = { 0 };

	if (!base_begin(o))
		return base_error(store, o, err);
	bool good = store_patch(store, key, &p) ? go(store, &p, err) : not_here(err);
	if (good && !base_commit(o))
		good = base_error(store, o, err);
	if (good) {
		store_unspool(store, &p);
		store_touched(store);
	} else {
		base_rollback(o);
	}
	patch_clear(&p);
	return good;
}

bool store_recall(struct store *store, int64_t key, struct error *err)
{
	return take_out(store, key, recall, err);
}

static bool same_files(const struct patch *a, const struct patch *b)
{
	for (int i = 0; i < a->file_count && i < b->file_count; i++)
		if (strcmp(a->files[i].path, b->files[i].path) ||
			strcmp(a->files[i].name, b->files[i].name))
			return false;
	return a->file_count == b->file_count;
}

static bool same_request(const struct patch *a, const struct patch *b)
{
	if (!same_files(a, b))
		return false;
	if (a->count != b->count || !same_value(a->note, b->note) ||
		!same_value(a->answer, b->answer))
		return false;
	for (int i = 0; i < a->count; i++)
		if (strcmp(a->changes[i].field, b->changes[i].field) ||
			!same_value(a->changes[i].after, b->changes[i].after))
			return false;
	return true;
}

static bool go_anew(
	struct store *store, struct patch *p, const char *version, bool changed, struct error *err)
{
	if (!store_certain(store, p->key))
		return base_error(store, &store->outbox, err);
	return settle_over(store, p, version, changed, err);
}

static bool retry(
	struct store *store, const struct patch *given, const struct patch *old, struct error *err)
{
	if (old->state != PATCH_CONFLICT && old->state != PATCH_REFUSED)
		return error_set(err, ERROR_USAGE,
			_("This change waits to be sent; it needs no second start."));

	struct patch p = { 0 }, *one = &p;
	struct spooling s;
	patch_copy(&p, given);
	p.key = old->key;
	p.uuid = arena_copy(&p.arena, old->uuid);
	p.worker = me_at(store, p.service, &p.arena); /* whoever says so takes it over */
	bool good = spooling_begin(&s, store, &one, 1, err) &&
		    spooling_end(&s, spooling_copy(&s, 0, err) &&
					     go_anew(store, &p, given->version,
						     !same_request(given, old), err));
	if (good)
		store_unspool_but(store, old, &p);
	patch_clear(&p);
	return good;
}

bool store_retry(struct store *store, const struct patch *patch, struct error *err)
{
	struct patch old = { 0 };
	bool good = store_patch(store, patch->key, &old) ? retry(store, patch, &old, err)
							 : not_here(err);

	patch_clear(&old);
	return good;
}

static bool drop(struct store *store, const struct patch *p, struct error *err)
{
	if (p->state == PATCH_SENT)
		return error_set(err, ERROR_USAGE,
			_("This change is under way; give it up once the answer is there."));
	if (p->creates && has_behind(store, p))
		return error_set(err, ERROR_USAGE,
			_("Other changes wait for this new case; give those up first."));
	if (!drop_row(store, p->key))
		return base_error(store, &store->outbox, err);
	return true;
}

bool store_drop(struct store *store, int64_t key, struct error *err)
{
	return take_out(store, key, drop, err);
}

void store_release_held(struct store *store, time_t now)
{
	if (run_keys(store, "UPDATE patch SET not_before = 0 WHERE not_before > ?1", now, 0) &&
		sqlite3_changes(store->outbox.db) > 0)
		store_touched(store);
}

bool store_waits(struct store *store, int64_t case_key)
{
	sqlite3_stmt *stmt = base_stmt(&store->outbox,
		"SELECT 1 FROM patch WHERE on_ = ?1 AND object = ?2 AND state IN (?3, ?4, ?5) LIMIT 1");

	bind_int(stmt, 1, ON_CASE);
	bind_int(stmt, 2, case_key);
	bind_int(stmt, 3, PATCH_SAVED);
	bind_int(stmt, 4, PATCH_SENT);
	bind_int(stmt, 5, PATCH_UNKNOWN);
	bool yes = stmt_row(stmt);
	sqlite3_reset(stmt);
	return yes;
}

bool store_accepted(struct store *store, int64_t key)
{
	sqlite3_stmt *stmt = base_stmt(&store->outbox, "SELECT 1 FROM done WHERE key = ?");

	bind_int(stmt, 1, key);
	bool is = stmt_row(stmt);
	sqlite3_reset(stmt);
	return is;
}

const char *store_over(struct store *store, int64_t key, struct arena *arena)
{
	sqlite3_stmt *stmt = base_stmt(&store->outbox, "SELECT body FROM done WHERE key = ?");
	struct patch p = { 0 };
	const char *over = NULL;

	bind_int(stmt, 1, key);
	if (stmt_row(stmt) && json_read_outbox(column_str(stmt, 0), &p, NULL))
		over = arena_copy(arena, p.over);
	sqlite3_reset(stmt);
	patch_clear(&p);
	return over;
}

struct patch *store_done(struct store *store, int limit, int *count)
{
	sqlite3_stmt *stmt =
		base_stmt(&store->outbox, "SELECT body, object, version, uuid, key FROM done "
					  "ORDER BY at DESC, key DESC LIMIT ?");
	struct patch *list = xcalloc((size_t)limit + 1, sizeof(*list));

	*count = 0;
	bind_int(stmt, 1, limit);
	while (stmt_row(stmt)) {
		struct patch *p = &list[*count];

		if (!json_read_outbox(column_str(stmt, 0), p, NULL)) {
			patch_clear(p);
			continue;
		}
		p->object = sqlite3_column_int64(stmt, 1);
		p->version = column_copy(stmt, 2, &p->arena);
		p->uuid = column_copy(stmt, 3, &p->arena);
		p->key = sqlite3_column_int64(stmt, 4);
		++*count;
	}
	return list;
}
