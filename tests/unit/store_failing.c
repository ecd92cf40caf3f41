/* Each statement that the outbox writes fails once in turn, as on a disk that is full for a moment: the
   act says so, nothing of it is there, and the same act done again works. */
#include "tests/unit/disk.h"
#include "tests/unit/store_room.h"

#include <dirent.h>

enum { STEPS_MOST = 400, WEEKS = 30 * 86400 };

/* ---- what is there */

/* Every row of the outbox, and how many copies of files there are. */
static const char *all_of(struct room *r, struct arena *arena)
{
	static const char *const tables[] = { "patch", "object", "alias", "done", "draft" };
	struct buf out = { 0 }, sql = { 0 };

	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
		sqlite3_stmt *stmt = NULL;

		buf_reset(&sql);
		buf_printf(&sql, "SELECT * FROM %s ORDER BY 1", tables[i]);
		sqlite3_prepare_v2(looking, buf_str(&sql), -1, &stmt, NULL);
		while (stmt && sqlite3_step(stmt) == SQLITE_ROW) {
			buf_printf(&out, "%s", tables[i]);
			for (int k = 0; k < sqlite3_column_count(stmt); k++) {
				const char *text = (const char *)sqlite3_column_text(stmt, k);

				buf_printf(&out, "|%s", text ? text : "");
			}
			buf_char(&out, '\n');
		}
		sqlite3_finalize(stmt);
	}
	buf_reset(&sql);
	buf_printf(&sql, "%s/files", r->dir);
	int files = 0;
	DIR *list = opendir(buf_str(&sql));
	for (struct dirent *e; list && (e = readdir(list));)
		files += e->d_name[0] != '.';
	if (list)
		closedir(list);
	buf_printf(&out, "%d files", files);
	const char *all = arena_copy(arena, buf_str(&out));
	buf_clear(&out);
	buf_clear(&sql);
	return all;
}

static void change_by_hand(const char *sql)
{
	same_int(sqlite3_exec(looking, sql, NULL, NULL, NULL), SQLITE_OK);
}

/* ---- acts, and what has to be there before */

static struct patch p;	   /* that is posted */
static int64_t c1, c2, key; /* cases; the row the act is about */
static struct page page;   /* the service's answer */

static void new_patch(int64_t object)
{
	patch_clear(&p);
	p = (struct patch){ .on = ON_CASE, .object = object };
}

static void new_case(void)
{
	new_patch(0);
	p.creates = true;
	p.service = "city";
	patch_change(&p, "subject", NULL, "Broken lamp");
	patch_change(&p, "priority", NULL, "1");
}

static void answer(const char *id, const char *version, int priority)
{
	page_clear(&page);
	page_init(&page);
	page_case(&page, id, version)->priority = priority;
}

static void with_draft(struct room *r)
{
	struct draft d = { .object = c1, .kind = "note", .text = "Called.", .changed = 5 };
	char path[100];

	store_draft_put(r->store, &d, &r->err);
	new_patch(c1);
	p.note = "Called.";
	p.draft = d.key;
	snprintf(path, sizeof(path), "%s/scan", r->dir);
	FILE *f = fopen(path, "w");
	fputs("what was attached", f);
	fclose(f);
	patch_file(&p, path);
}

static void handed(struct room *r)
{
	(void)r;
	new_patch(c1);
	p.note = "handed over";
	struct patch *first = patch_first(&p);
	first->on = ON_CASE;
	first->creates = true;
	first->service = "town";
	patch_change(first, "subject", NULL, "Broken lamp");
	struct patch *then = patch_then(first);
	then->on = ON_CASE;
	then->note = "its history";
	then->service = "town";
}

static void created(struct room *r)
{
	(void)r;
	new_case();
}

static void of_citizen(struct room *r)
{
	struct page people;

	page_init(&people);
	struct citizen *c = page_add_citizen(&people);
	c->id = "p1";
	c->version = "1";
	c->family = "Rossi";
	store_put(r->store, "city", &people, &r->err);
	page_clear(&people);
	new_patch(store_citizen_key(r->store, "city", "p1"));
	p.on = ON_CITIZEN;
	patch_change(&p, "phone", NULL, "555");
}

static bool do_post(struct room *r)
{
	return store_post(r->store, &p, &r->err);
}

static void posted_texts(struct room *r)
{
	with_draft(r);
	p.answer = "{\"text\":\"We come on Monday.\"}";
	do_post(r);
	key = p.key;
}

static void posted_new(struct room *r)
{
	new_case();
	do_post(r);
	key = p.key;
}

static bool do_recall(struct room *r)
{
	return store_recall(r->store, key, &r->err);
}

static void refused(struct room *r)
{
	key = post(r, c1, "priority", "3", "1", "and why");
	next_key(r, now.now);
	settle(r, key, ERROR_REFUSED, false, NULL, NULL);
	patch_clear(&p);
	p = (struct patch){ 0 };
	store_patch(r->store, key, &p);
	patch_change(&p, "priority", "3", "2");
}

static bool do_retry(struct room *r)
{
	return store_retry(r->store, &p, &r->err);
}

static bool do_drop(struct room *r)
{
	return store_drop(r->store, key, &r->err);
}

static void unsure(struct room *r)
{
	key = post(r, c1, NULL, NULL, NULL, "perhaps");
	next_key(r, now.now);
	settle(r, key, ERROR_OFFLINE, true, NULL, NULL);
}

static bool do_certain(struct room *r)
{
	return store_certain(r->store, key);
}

static void waiting(struct room *r)
{
	key = post(r, c1, "priority", "3", "1", NULL);
}

static bool do_next(struct room *r)
{
	return next_key(r, now.now) == key;
}

static void old(struct room *r)
{
	unsure(r);
}

/* Nothing may go out: it is a person's now. */
static bool do_next_old(struct room *r)
{
	int64_t sent = next_key(r, now.now + WEEKS);

	same_int(sent, 0);
	return state_of(r, key) == PATCH_REFUSED;
}

static void garbled(struct room *r)
{
	waiting(r);
	change_by_hand("UPDATE patch SET body = 'torn'");
}

static bool do_next_garbled(struct room *r)
{
	same_int(next_key(r, now.now), 0);
	return state_of(r, key) == PATCH_REFUSED;
}

static void two(struct room *r)
{
	post(r, c1, "priority", "3", "1", NULL);
	post(r, c2, "priority", "3", "1", NULL);
}

static bool any(const struct patch *one)
{
	(void)one;
	return true;
}

static bool do_next_several(struct room *r)
{
	struct patch rows[4] = { 0 };
	int n = store_next_several(r->store, "city", now.now, any, rows, 2, 4);

	for (int i = 0; i < n; i++)
		patch_clear(&rows[i]);
	return n == 2;
}

/* Sent, with one behind it that was made on top of it. */
static void sent(struct room *r)
{
	key = post(r, c1, "priority", "3", "1", NULL);
	post(r, c1, "priority", "1", "2", NULL);
	next_key(r, now.now);
	answer("c1", "2", 1);
}

static bool do_settle(struct room *r)
{
	return settle(r, key, ERROR_NONE, false, &page, NULL);
}

/* A new case that is settled: one row waits for it, another is made of what did not take, a draft
   stands on it. */
static void sent_new(struct room *r)
{
	posted_new(r);
	struct draft d = { .object = p.object, .kind = "note", .text = "Later.", .changed = 5 };

	store_draft_put(r->store, &d, &r->err);
	post(r, p.object, NULL, NULL, NULL, "behind");
	next_key(r, now.now);
	answer("c77", "1", 3);
	page.unmet = "priority";
	page.told = "The priority was not taken.";
}

static void sent_before_others(struct room *r)
{
	key = post(r, c1, "priority", "3", "1", NULL);
	next_key(r, now.now);
	answer("c1", "2", 3);
	page.cases[0].subject = "Missed bins";
}

static bool do_settle_conflict(struct room *r)
{
	return settle(r, key, ERROR_CONFLICT, false, &page, NULL);
}

static void sent_against_others(struct room *r)
{
	sent_before_others(r);
	page.cases[0].priority = 5;
}

static bool do_settle_refused(struct room *r)
{
	return settle(r, key, ERROR_REFUSED, false, NULL, NULL);
}

static void sent_together(struct room *r)
{
	two(r);
	do_next_several(r);
	post(r, c1, "priority", "1", "2", NULL); /* behind the first */
	answer("c1", "2", 1);
	page_case(&page, "c2", "2")->priority = 1;
}

static bool do_settle_several(struct room *r)
{
	struct settled rows[2] = { { .patch = 1 }, { .patch = 2 } };
	bool good = store_settle_several(r->store, rows, 2, &page, 0, &r->err);

	ok(rows[0].good == good && rows[1].good == good);
	return good;
}

/* The second one waits for its end alone. */
static bool do_settle_mixed(struct room *r)
{
	struct settled rows[2] = { { .patch = 1 },
		{ .patch = 2, .outcome = { .kind = ERROR_REFUSED } } };

	return store_settle_several(r->store, rows, 2, &page, 0, &r->err);
}

/* Its end could not be written. */
static void stuck(struct room *r)
{
	sent_before_others(r);
	disk.left = 1;
	ok(!settle(r, key, ERROR_REFUSED, false, NULL, NULL));
	disk.left = 0;
	disk.hit = false;
}

/* The one that is stuck goes out again, unsure. */
static bool do_next_stuck(struct room *r)
{
	return next_key(r, now.now) == key;
}

static void held_back(struct room *r)
{
	new_patch(c1);
	p.note = "held";
	p.not_before = now.now + 60;
	do_post(r);
}

static bool do_release(struct room *r)
{
	store_release_held(r->store, now.now);
	return next_key(r, now.now) == p.key;
}

static const struct act {
	const char *name;
	void (*before)(struct room *);
	bool (*act)(struct room *);
	bool silent; /* it has no sentence of its own */
	bool parts;  /* more than one transaction: what is there in between is not looked at */
} acts[] = {
	{ "a note with a file, out of a draft", with_draft, do_post },
	{ "a new case", created, do_post },
	{ "a handing over", handed, do_post },
	{ "a change of a citizen", of_citizen, do_post },
	{ "taking back a note and an answer", posted_texts, do_recall },
	{ "taking back a new case", posted_new, do_recall },
	{ "sending again what was refused", refused, do_retry, .parts = true },
	{ "giving up", refused, do_drop },
	{ "that it never arrived", unsure, do_certain, .silent = true },
	{ "what goes out next", waiting, do_next, .silent = true },
	{ "what may have arrived weeks ago", old, do_next_old, .silent = true },
	{ "a row that cannot be read", garbled, do_next_garbled, .silent = true },
	{ "several that go out together", two, do_next_several, .silent = true },
	{ "accepted", sent, do_settle },
	{ "accepted: a new case", sent_new, do_settle },
	{ "laid over", sent_before_others, do_settle_conflict },
	{ "a conflict", sent_against_others, do_settle_conflict },
	{ "refused", sent_before_others, do_settle_refused },
	{ "several accepted", sent_together, do_settle_several },
	{ "several, of which one is refused", sent_together, do_settle_mixed, .parts = true },
	{ "one whose end could not be written", stuck, do_next_stuck, .silent = true, .parts = true },
	{ "what was held is let go", held_back, do_release, .silent = true, .parts = true },
};

static void begin(struct room *r)
{
	char path[100];

	room_init(r);
	snprintf(path, sizeof(path), "%s/outbox.db", r->dir);
	sqlite3_open(path, &looking);
	c1 = put_case(r, "c1", "1", 3, NULL);
	c2 = put_case(r, "c2", "1", 3, NULL);
}

static void end(struct room *r)
{
	ok(!disk.at);
	disk.at = disk.meanwhile = NULL;
	sqlite3_close(looking);
	room_clear(r);
}

/* Whether there was such a write. */
static bool one_write(const struct act *a, int n)
{
	struct room r;
	struct arena arena = { 0 };

	begin(&r);
	a->before(&r);
	const char *was = all_of(&r, &arena);

	r.err = (struct error){ 0 };
	disk.left = n;
	bool good = a->act(&r), hit = disk.hit;
	disk.left = 0;
	disk.hit = false;
	if (hit && !good) {
		if (!a->silent && !ok(r.err.kind == ERROR_LOCAL && strstr(r.err.text, "disk is full")))
			printf("# %s, write %d: \"%s\"\n", a->name, n, r.err.text);
		if (!a->parts && !same(all_of(&r, &arena), was))
			printf("# %s, write %d\n", a->name, n);
		good = a->act(&r);
	} else if (hit)
		printf("# %s: done without write %d\n", a->name, n);
	ok(good);
	arena_clear(&arena);
	end(&r);
	return hit;
}

static void each_write(const struct act *a)
{
	int n = 1;

	while (n < STEPS_MOST && one_write(a, n))
		n++;
	ok(n > 1 && n < STEPS_MOST);
	printf("# %s: %d writes\n", a->name, n - 1);
}

/* ---- what fails to be read, and what another program does in between */

static void test_moments(void)
{
	struct room r;
	int conflicts = 1, refused = 1;

	test("a row that another program takes in this moment is its own") {
		begin(&r);
		waiting(&r);
		disk.at = "UPDATE patch SET state = ?1, tries";
		disk.meanwhile = "UPDATE patch SET state = 1";
		same_int(next_key(&r, now.now), 0);
		end(&r);
	}
	test("a row that goes in this moment is not sent") {
		begin(&r);
		waiting(&r);
		disk.at = "unsure, sent FROM patch WHERE key";
		disk.meanwhile = "DELETE FROM patch";
		same_int(next_key(&r, now.now), 0);
		end(&r);
	}
	test("a read that fails counts nothing, sends nothing and loses nothing") {
		begin(&r);
		waiting(&r);
		disk.at = "SELECT count(*), sum(state";
		same_int(store_pending(r.store, &conflicts, &refused), 0);
		same_int(conflicts + refused, 0);
		disk.at = "SELECT p.key FROM patch";
		same_int(next_key(&r, now.now), 0);
		time_t at = 1;
		struct patch none = { 0 };
		disk.at = "SELECT min(max(";
		ok(!store_next(r.store, "town", now.now, &none, &at) && !at);
		same_int(next_key(&r, now.now), key);
		end(&r);
	}
	test("not read whether it may have arrived: it waits, and goes out again with its key") {
		begin(&r);
		waiting(&r);
		same_int(next_key(&r, now.now), key);
		disk.at = "SELECT unsure FROM patch";
		ok(settle(&r, key, ERROR_OFFLINE, false, NULL, NULL));
		same_int(next_key(&r, now.now), key);
		end(&r);
	}
	test("not read what waits behind: it keeps the version it was made on") {
		begin(&r);
		sent(&r);
		disk.at = "unsure, sent FROM patch WHERE key";
		disk.passed = 1; /* the row itself */
		ok(do_settle(&r));
		struct patch behind = { 0 };
		ok(store_patch(r.store, key + 1, &behind));
		same(behind.version, "1");
		patch_clear(&behind);
		end(&r);
	}
	test("not read what the case was: it is laid over without saying what others changed") {
		begin(&r);
		sent_before_others(&r);
		disk.at = "FROM cases WHERE key";
		ok(do_settle_conflict(&r));
		same_int(state_of(&r, key), PATCH_SAVED);
		end(&r);
	}
}

int main(void)
{
	setenv("TZ", "UTC", 1);
	test_moments();
	for (size_t i = 0; i < sizeof(acts) / sizeof(*acts); i++) {
		char name[120];

		snprintf(name, sizeof(name), "each write fails once: %s", acts[i].name);
		test(name)
		{
			each_write(&acts[i]);
		}
	}
	patch_clear(&p);
	page_clear(&page);
	return test_result();
}
