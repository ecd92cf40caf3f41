/* Pending patches laid over the cache, kept until one of the files changes. Cases with pending
   patches are few, so they are held here whole and looked through in C. */
#include "model/store_own.h"

#include <stdlib.h>
#include <string.h>

#include "model/json.h"

bool outbox_read(const struct store *store, sqlite3_stmt *stmt, struct patch *p)
{
	struct error err = { 0 };

	*p = (struct patch){ 0 };
	/* A body of another program version that cannot be read leaves the row to be seen and
	 * dropped. */
	if (!json_read_outbox(column_str(stmt, 14), p, &err)) {
		p->error_text = arena_copy(&p->arena, err.text);
		p->garbled = true;
	}
	spooled_paths(store, p);
	p->key = sqlite3_column_int64(stmt, 0);
	p->service = column_copy(stmt, 1, &p->arena);
	p->uuid = column_copy(stmt, 2, &p->arena);
	p->on = (enum patch_on)sqlite3_column_int(stmt, 3);
	p->object = sqlite3_column_int64(stmt, 4);
	p->creates = sqlite3_column_int(stmt, 5) != 0;
	p->state = (enum patch_state)sqlite3_column_int(stmt, 6);
	p->not_before = (time_t)sqlite3_column_int64(stmt, 7);
	p->tries = sqlite3_column_int(stmt, 8);
	p->error = (enum error_kind)sqlite3_column_int(stmt, 9);
	if (column_str(stmt, 10))
		p->error_text = column_copy(stmt, 10, &p->arena);
	p->theirs = column_copy(stmt, 11, &p->arena);
	p->version = column_copy(stmt, 12, &p->arena);
	p->made = (time_t)sqlite3_column_int64(stmt, 13);
	p->after = sqlite3_column_int64(stmt, 15);
	p->unsure = sqlite3_column_int(stmt, 16) != 0;
	p->sent = (time_t)sqlite3_column_int64(stmt, 17);
	return true;
}

void overlay_clear(struct overlay *o)
{
	for (int i = 0; i < o->count; i++)
		patch_clear(&o->patches[i]);
	free(o->patches);
	page_clear(&o->page);
	*o = (struct overlay){ 0 };
}

/* What came back shows the service's own values with a mark; all else shows what it will be. */
static bool overlay_shows(const struct patch *p)
{
	return p->creates || (p->state != PATCH_CONFLICT && p->state != PATCH_REFUSED);
}

static bool back(const struct patch *p)
{
	return p->state == PATCH_CONFLICT || p->state == PATCH_REFUSED;
}

void overlay_citizen(const struct overlay *o, struct citizen *c, struct arena *arena)
{
	for (int i = 0; i < o->count; i++) {
		const struct patch *p = &o->patches[i];

		if (p->on != ON_CITIZEN || p->object != c->key)
			continue;
		c->pending++;
		c->conflict = c->conflict || back(p);
		if (overlay_shows(p))
			patch_over_citizen(p, c, arena);
	}
}

static bool load_patches(struct store *store, struct overlay *o)
{
	sqlite3_stmt *stmt =
		base_stmt(&store->outbox, "SELECT " OUTBOX_COLUMNS " FROM patch ORDER BY key");
	int room = 0;

	while (stmt_row(stmt)) {
		if (o->count == room) {
			room = room ? 2 * room : 16;
			o->patches = xrealloc(o->patches, (size_t)room * sizeof(*o->patches));
		}
		outbox_read(store, stmt, &o->patches[o->count++]);
	}
	return stmt != NULL;
}

/* A case that only the outbox knows. */
static void new_case(const struct patch *p, struct page *page)
{
	struct casefile *cf = page_add_case(page);

	cf->key = p->object;
	cf->service = arena_copy(&page->arena, p->service);
	cf->stage = STAGE_NEW;
	cf->status = "new";
	cf->subject = arena_copy(&page->arena, p->title);
	cf->opened = cf->changed = p->made;
}

static void new_citizen(const struct patch *p, struct page *page)
{
	struct citizen *c = page_add_citizen(page);

	c->key = p->object;
	c->service = arena_copy(&page->arena, p->service);
	c->created = c->changed = p->made;
}

struct touched {
	int64_t object;
	enum patch_on on;
	int first; /* its oldest patch */
};

static int by_object(const void *a, const void *b)
{
	const struct touched *x = a, *y = b;

	if (x->on != y->on)
		return (int)x->on - (int)y->on;
	if (x->object != y->object)
		return x->object < y->object ? -1 : 1;
	return x->first - y->first;
}

static void lay_case(struct store *store, struct overlay *o, const struct touched *t, int count)
{
	const struct patch *first = &o->patches[t->first];

	if (t->object < 0 && first->creates)
		new_case(first, &o->page);
	else if (!cache_case(store, t->object, &o->page) &&
		 !outbox_object_case(store, t->object, &o->page))
		return;

	struct casefile *cf = &o->page.cases[o->page.case_count - 1];
	for (int i = 0; i < count; i++) {
		const struct patch *p = &o->patches[t[i].first];

		cf->pending++;
		cf->conflict = cf->conflict || back(p);
		if (overlay_shows(p))
			patch_over_case(p, cf, &o->page.arena);
	}
}

static void lay_citizen(struct store *store, struct overlay *o, const struct touched *t)
{
	const struct patch *first = &o->patches[t->first];

	if (t->object < 0 && first->creates)
		new_citizen(first, &o->page);
	else if (!cache_citizen(store, t->object, &o->page) &&
		 !outbox_object_citizen(store, t->object, &o->page))
		return;
	overlay_citizen(o, &o->page.citizens[o->page.citizen_count - 1], &o->page.arena);
}

/* The keys SQL leaves out, in a table of this connection. */
static void leave_out(struct store *store, const struct overlay *o)
{
	struct base *c = &store->cache;

	base_run(c, "CREATE TEMP TABLE IF NOT EXISTS pending (key INTEGER PRIMARY KEY);"
		    "DELETE FROM temp.pending");
	for (int i = 0; i < o->page.case_count; i++) {
		sqlite3_stmt *stmt = base_stmt(c, "INSERT OR IGNORE INTO temp.pending VALUES (?)");

		bind_int(stmt, 1, o->page.cases[i].key);
		stmt_done(stmt);
	}
}

const struct overlay *store_overlay(struct store *store)
{
	struct overlay *o = &store->overlay;

	if (o->valid)
		return o;
	overlay_clear(o);
	page_init(&o->page);
	load_patches(store, o);

	struct touched *t = xcalloc((size_t)o->count + 1, sizeof(*t));
	for (int i = 0; i < o->count; i++)
		t[i] = (struct touched){ o->patches[i].object, o->patches[i].on, i };
	qsort(t, (size_t)o->count, sizeof(*t), by_object);
	for (int i = 0, end; i < o->count; i = end) {
		for (end = i + 1;
			end < o->count && t[end].object == t[i].object && t[end].on == t[i].on;)
			end++;
		if (t[i].on == ON_CASE)
			lay_case(store, o, &t[i], end - i);
		else if (t[i].on == ON_CITIZEN)
			lay_citizen(store, o, &t[i]);
	}
	free(t);
	leave_out(store, o);
	o->valid = true;
	return o;
}
