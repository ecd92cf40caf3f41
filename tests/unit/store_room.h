/* A store in a directory of its own, and the few things its tests say again and again. */
#ifndef TESTS_UNIT_STORE_ROOM_H
#define TESTS_UNIT_STORE_ROOM_H

#include "model/store.h"
#include "tests/lib.h"

#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

struct room {
	char dir[64];
	struct store *store;
	struct error err;
};

static const struct query_now now = { .me = "s.rossi", .team = "refuse", .now = 1794650400 };

__attribute__((unused)) static void room_open(struct room *r)
{
	r->err = (struct error){ 0 };
	r->store = store_open(r->dir, r->dir, &r->err);
	if (!r->store)
		printf("# %s\n", r->err.text);
}

__attribute__((unused)) static void room_init(struct room *r)
{
	*r = (struct room){ 0 };
	snprintf(r->dir, sizeof(r->dir), "/tmp/caseload-store-XXXXXX");
	if (!mkdtemp(r->dir))
		abort();
	room_open(r);
}

__attribute__((unused)) static int room_remove(
	const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

__attribute__((unused)) static void room_clear(struct room *r)
{
	store_close(r->store);
	nftw(r->dir, room_remove, 8, FTW_DEPTH | FTW_PHYS);
}

/* One case of service "city" into the cache, or into a page. */
__attribute__((unused)) static struct casefile *page_case(
	struct page *page, const char *id, const char *version)
{
	struct casefile *cf = page_add_case(page);

	cf->id = arena_copy(&page->arena, id);
	cf->number = arena_printf(&page->arena, "2026-%s", id);
	cf->version = arena_copy(&page->arena, version);
	cf->subject = "Missed bin";
	cf->status = "open";
	cf->stage = STAGE_OPEN;
	cf->priority = 3;
	cf->team = "refuse";
	cf->opened = cf->changed = now.now;
	return cf;
}

__attribute__((unused)) static int64_t put_case(
	struct room *r, const char *id, const char *version, int priority, const char *tags)
{
	struct page page;

	page_init(&page);
	struct casefile *cf = page_case(&page, id, version);
	cf->priority = priority;
	cf->tags = tags;
	store_put(r->store, "city", &page, &r->err);
	page_clear(&page);
	return store_case_key(r->store, "city", id);
}

__attribute__((unused)) static int64_t post(struct room *r, int64_t object, const char *field,
	const char *before, const char *after, const char *note)
{
	struct patch p = { .on = ON_CASE, .object = object };

	if (field)
		patch_change(&p, field, before, after);
	p.note = arena_copy(&p.arena, note);
	bool good = store_post(r->store, &p, &r->err);
	int64_t key = good ? p.key : 0;
	patch_clear(&p);
	return key;
}

/* The key of the row that goes out next, 0: none. */
__attribute__((unused)) static int64_t next_key(struct room *r, time_t at)
{
	struct patch p = { 0 };
	int64_t key = store_next(r->store, "city", at, &p, NULL) ? p.key : 0;

	patch_clear(&p);
	return key;
}

__attribute__((unused)) static bool settle(struct room *r, int64_t key, enum error_kind kind,
	bool unknown, const struct page *page, bool *again)
{
	struct error outcome = { .kind = kind };

	snprintf(outcome.text, sizeof(outcome.text), kind ? "The service said no." : "");
	return store_settle(r->store, key, &outcome, unknown, page, 0, again, &r->err);
}

/* State of a row; -1: it is not there. */
__attribute__((unused)) static int state_of(struct room *r, int64_t key)
{
	struct patch p = { 0 };
	int state = store_patch(r->store, key, &p) ? (int)p.state : -1;

	patch_clear(&p);
	return state;
}

__attribute__((unused)) static int count(struct room *r, const char *text)
{
	struct query q;

	query_parse(&q, QUERY_CASES, text, NULL, NULL);
	int n = store_count(r->store, &q, &now);
	query_clear(&q);
	return n;
}

#endif
