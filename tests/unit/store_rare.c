/* What a row of the outbox meets seldom: citizens, words, times written in two ways, a lease that ran out, what
   another window did to it, an answer that is about something else. */
#include "tests/unit/store_room.h"

#include <sqlite3.h>

static int64_t put_citizen(struct room *r, struct page *page, const char *version, const char *phone)
{
	page_clear(page);
	page_init(page);
	struct citizen *c = page_add_citizen(page);
	c->id = "p1";
	c->version = version;
	c->family = "Rossi";
	c->phone = phone;
	if (r)
		store_put(r->store, "city", page, &r->err);
	return r ? store_citizen_key(r->store, "city", "p1") : 0;
}

static int64_t post_citizen(struct room *r, int64_t object, const char *before, const char *after)
{
	struct patch p = { .on = ON_CITIZEN, .object = object, .service = "city" };

	patch_change(&p, "phone", before, after);
	ok(store_post(r->store, &p, &r->err));
	int64_t key = p.key;
	patch_clear(&p);
	return key;
}

static void test_citizens(void)
{
	struct room r;
	struct page page = { 0 };
	bool again = false;

	room_init(&r);
	int64_t who = put_citizen(&r, &page, "1", "1");
	test("a change of a citizen: accepted, laid over, in conflict") {
		int64_t key = post_citizen(&r, who, "1", "2");
		same_int(next_key(&r, now.now), key);
		put_citizen(NULL, &page, "2", "2");
		ok(settle(&r, key, ERROR_NONE, false, &page, NULL));

		key = post_citizen(&r, who, "2", "3");
		same_int(next_key(&r, now.now), key);
		put_citizen(NULL, &page, "3", "2");
		ok(settle(&r, key, ERROR_CONFLICT, false, &page, &again) && again);
		same_int(next_key(&r, now.now), key);
		put_citizen(NULL, &page, "4", "9");
		ok(settle(&r, key, ERROR_CONFLICT, false, &page, &again) && !again);
		same_int(state_of(&r, key), PATCH_CONFLICT);
		ok(store_drop(r.store, key, &r.err));
	}
	test("an answer about somebody else settles the row, and says nothing of its version") {
		int64_t key = post_citizen(&r, who, "9", "3");
		same_int(next_key(&r, now.now), key);
		page_clear(&page);
		page_init(&page);
		page_add_citizen(&page)->id = "p2";
		ok(settle(&r, key, ERROR_NONE, false, &page, NULL));
		same_int(store_pending(r.store, NULL, NULL), 0);
	}
	test("a citizen whom the cache does not know is changed by key and service") {
		int64_t key = post_citizen(&r, 4711, NULL, "3");
		same_int(next_key(&r, now.now), key);
		ok(store_drop(r.store, key, &r.err) == false); /* under way */
		ok(settle(&r, key, ERROR_NONE, false, NULL, NULL));
	}
	page_clear(&page);
	room_clear(&r);
}

static void test_values(void)
{
	struct room r;
	struct page page = { 0 };
	struct patch got = { 0 };
	bool again = false;

	room_init(&r);
	int64_t c1 = put_case(&r, "c1", "1", 3, NULL);
	test("a time that is written in another way is the same time, an empty value none") {
		int64_t key = post(&r, c1, "due", NULL, "2026-12-01T10:00:00+01:00", "by then");
		same_int(next_key(&r, now.now), key);
		page_init(&page);
		page_case(&page, "c1", "2")->due = 1796115600; /* 2026-12-01T09:00:00Z */
		ok(settle(&r, key, ERROR_CONFLICT, false, &page, &again) && again);
		ok(store_patch(r.store, key, &got));
		same(got.changes[0].after, "2026-12-01T10:00:00+01:00");
		same_int(next_key(&r, now.now), key);
		page.cases[0].version = "3";
		page.cases[0].due++;
		ok(settle(&r, key, ERROR_CONFLICT, false, &page, &again) && !again);
		same_int(state_of(&r, key), PATCH_CONFLICT);
		ok(store_drop(r.store, key, &r.err));
		patch_clear(&got);
		page_clear(&page);
	}
	test("a subject with a T in it is no time; a field that is emptied stays empty") {
		int64_t key = post(&r, c1, "subject", "Missed bin", "Tower Two", NULL);
		same_int(next_key(&r, now.now), key);
		page_init(&page);
		page_case(&page, "c1", "4")->subject = "Tall Tree";
		ok(settle(&r, key, ERROR_CONFLICT, false, &page, &again) && !again);
		ok(store_drop(r.store, key, &r.err));
		page.cases[0].subject = "Missed bin";
		key = post(&r, c1, "subject", "2026-12-01T10:00:00Z", "2026-12-02T10:00:00Z", NULL);
		same_int(next_key(&r, now.now), key);
		page.cases[0].subject = "To be a Tree";
		ok(settle(&r, key, ERROR_CONFLICT, false, &page, &again) && !again);
		ok(store_drop(r.store, key, &r.err));
		key = post(&r, c1, "subject", "Missed bin", "The Tree", NULL);
		same_int(next_key(&r, now.now), key);
		page.cases[0].subject = "2026-12-01T10:00:00Z";
		ok(settle(&r, key, ERROR_CONFLICT, false, &page, &again) && !again);
		ok(store_drop(r.store, key, &r.err));
		key = post(&r, c1, "subject", "", "Two", NULL);
		same_int(next_key(&r, now.now), key);
		page.cases[0].subject = "";
		ok(settle(&r, key, ERROR_CONFLICT, false, &page, &again) && again);
		ok(store_drop(r.store, key, &r.err));
		key = post(&r, c1, "tags", NULL, "a", NULL);
		same_int(next_key(&r, now.now), key);
		page.cases[0].tags = "";
		ok(settle(&r, key, ERROR_CONFLICT, false, &page, &again) && again);
		ok(store_drop(r.store, key, &r.err));
		page.cases[0].subject = "Missed bin";
		page.cases[0].version = "5";
		page.cases[0].tags = "a";
		key = post(&r, c1, "due", "2026-12-01T10:00:00Z", "", NULL);
		same_int(next_key(&r, now.now), key);
		ok(settle(&r, key, ERROR_CONFLICT, false, &page, &again));
		page_clear(&page);
	}
	test("words and a field together: the words are laid over, those that are there already stay") {
		c1 = put_case(&r, "c2", "1", 3, "a");
		struct patch p = { .on = ON_CASE, .object = c1 };
		patch_change(&p, "tags", "a", "a b");
		patch_change(&p, "skills", NULL, "roads");
		patch_change(&p, "priority", "3", "2");
		patch_change(&p, "due", NULL, NULL);
		ok(store_post(r.store, &p, &r.err));
		while (next_key(&r, now.now) != p.key)
			;
		page_init(&page);
		struct casefile *cf = page_case(&page, "c2", "2");
		cf->tags = "a b";
		cf->skills = "lamps";
		ok(settle(&r, p.key, ERROR_CONFLICT, false, &page, &again) && again);
		ok(store_patch(r.store, p.key, &got));
		same(got.changes[0].after, "a b");
		same(got.changes[1].after, "lamps roads");
		patch_clear(&got);
		/* A second time: what was changed is added to what was said before. */
		same_int(next_key(&r, now.now), p.key);
		cf->version = "3";
		cf->subject = "Two bins";
		ok(settle(&r, p.key, ERROR_CONFLICT, false, &page, &again) && again);
		ok(store_patch(r.store, p.key, &got));
		ok(strstr(got.over, "subject") != NULL);
		patch_clear(&got);
		ok(store_drop(r.store, p.key, &r.err));
		patch_clear(&p);
		page_clear(&page);
	}
	test("out of our hand for a while: what could be laid over is a person's") {
		int64_t key = post(&r, c1, "priority", "3", "1", NULL);
		struct error outcome = { .kind = ERROR_CONFLICT, .code = "lease-lost" };

		while (next_key(&r, now.now) != key)
			;
		page_init(&page);
		page_case(&page, "c2", "9")->tags = "new";
		ok(store_settle(r.store, key, &outcome, false, &page, 0, &again, &r.err) && !again);
		same_int(state_of(&r, key), PATCH_CONFLICT);
		ok(store_drop(r.store, key, &r.err));
		key = post(&r, c1, "priority", "3", "1", NULL);
		same_int(next_key(&r, now.now), key);
		page.cases[0].priority = 5;
		ok(store_settle(r.store, key, &outcome, false, &page, 0, &again, &r.err) && !again);
		ok(store_drop(r.store, key, &r.err));
		page_clear(&page);
	}
	test("of an answer, and of a handing over, nobody can see whether it went with a change that is there") {
		page_init(&page);
		page_case(&page, "c2", "10")->priority = 1;
		for (int i = 0; i < 2; i++) {
			struct patch p = { .on = ON_CASE, .object = c1 };

			patch_change(&p, "priority", "3", "1");
			if (i) {
				struct patch *first = patch_first(&p);
				first->on = ON_CASE;
				first->creates = true;
				first->service = "town";
			} else
				p.answer = "{\"text\":\"Yes.\"}";
			ok(store_post(r.store, &p, &r.err));
			ok(settle(&r, p.key, ERROR_CONFLICT, false, &page, &again) && again);
			same_int(state_of(&r, p.key), PATCH_SAVED);
			ok(store_drop(r.store, p.key, &r.err));
			patch_clear(&p);
		}
		page_clear(&page);
	}
	test("a note alone, and one whose version nobody knows, are sent again on the newer case") {
		int64_t key = post(&r, c1, NULL, NULL, NULL, "only said");
		same_int(next_key(&r, now.now), key);
		page_init(&page);
		page_case(&page, "c2", "11")->priority = 3;
		ok(settle(&r, key, ERROR_CONFLICT, false, &page, &again) && again);
		ok(store_drop(r.store, key, &r.err));
		struct patch p = { .on = ON_CASE, .object = c1, .version = "0" };
		patch_change(&p, "priority", "3", "1");
		ok(store_post(r.store, &p, &r.err));
		same_int(next_key(&r, now.now), p.key);
		ok(settle(&r, p.key, ERROR_CONFLICT, false, &page, &again) && again);
		same_int(next_key(&r, now.now), p.key);
		ok(settle(&r, p.key, ERROR_CANCELLED, false, NULL, NULL));
		same_int(state_of(&r, p.key), PATCH_SAVED);
		ok(store_drop(r.store, p.key, &r.err));
		patch_clear(&p);
		page_clear(&page);
	}
	test("a case without a version, as a list brings some") {
		for (int i = 0; i < 2; i++) {
			const char *id = i ? "c4" : "c3";
			struct patch p = { .on = ON_CASE,
				.object = put_case(&r, id, NULL, 3, NULL),
				.version = i ? "1" : NULL };

			page_clear(&page);
			page_init(&page);
			page_case(&page, id, "2")->subject = "Two bins";
			patch_change(&p, "priority", "3", "1");
			ok(store_post(r.store, &p, &r.err));
			ok(settle(&r, p.key, ERROR_CONFLICT, false, &page, &again) && again);
			ok(store_drop(r.store, p.key, &r.err));
			patch_clear(&p);
		}
		page_clear(&page);
	}
	room_clear(&r);
}

static void test_answers(void)
{
	struct room r;
	struct page page = { 0 };

	room_init(&r);
	int64_t c1 = put_case(&r, "c1", "1", 3, NULL);
	test("a page of another case, and a new thing that is not in its page") {
		int64_t key = post(&r, c1, "priority", "3", "1", NULL);
		same_int(next_key(&r, now.now), key);
		page_init(&page);
		page_case(&page, "other", "1");
		ok(settle(&r, key, ERROR_NONE, false, &page, NULL));
		struct patch p = { .on = ON_CASE, .creates = true, .service = "city" };
		patch_change(&p, "subject", NULL, "Lamp");
		ok(store_post(r.store, &p, &r.err));
		same_int(next_key(&r, now.now), p.key);
		ok(settle(&r, p.key, ERROR_NONE, false, NULL, NULL));
		ok(store_accepted(r.store, p.key) && !store_accepted(r.store, 4711));
		patch_clear(&p);
		page_clear(&page);
	}
	test("a new case that did not take all: without a number, a sentence, or a field that was asked for") {
		for (int i = 0; i < 3; i++) {
			struct patch p = { .on = ON_CASE, .creates = true, .service = "city" };
			char id[16];

			patch_change(&p, "subject", NULL, "Lamp");
			ok(store_post(r.store, &p, &r.err));
			while (next_key(&r, now.now) != p.key)
				;
			snprintf(id, sizeof(id), "n%d", i);
			page_init(&page);
			struct casefile *cf = page_case(&page, id, "1");
			cf->number = i ? cf->number : NULL;
			page.unmet = i < 2 ? "subject" : "priority";
			page.told = i == 1 ? "Not this subject." : NULL;
			ok(settle(&r, p.key, ERROR_NONE, false, &page, NULL));
			page_clear(&page);
			patch_clear(&p);
		}
		int refused = 0;
		store_pending(r.store, NULL, &refused);
		same_int(refused, 2);
	}
	test("a new citizen: the answer names them") {
		struct patch p = { .on = ON_CITIZEN, .creates = true, .service = "city" };
		patch_change(&p, "family", NULL, "Blom");
		ok(store_post(r.store, &p, &r.err));
		same_int(next_key(&r, now.now), p.key);
		put_citizen(NULL, &page, "1", "5");
		ok(settle(&r, p.key, ERROR_NONE, false, &page, NULL));
		same_int(store_real_key(r.store, p.object), store_citizen_key(r.store, "city", "p1"));
		patch_clear(&p);
		page_clear(&page);
	}
	room_clear(&r);
}

static bool none(const struct patch *p)
{
	(void)p;
	return false;
}

static bool all(const struct patch *p)
{
	(void)p;
	return true;
}

static void test_together(void)
{
	struct room r;
	struct patch rows[4] = { 0 };
	struct page page;

	room_init(&r);
	int64_t c1 = put_case(&r, "c1", "1", 3, NULL), c2 = put_case(&r, "c2", "1", 3, NULL),
		c3 = put_case(&r, "c3", "1", 3, NULL);
	test("of those that could go together as many as are asked for; what a driver does not take stays") {
		post(&r, c1, "priority", "3", "1", NULL);
		post(&r, c2, "priority", "3", "1", NULL);
		post(&r, c3, "priority", "3", "1", NULL);
		same_int(store_next_several(r.store, "city", now.now, none, rows, 1, 4), 0);
		same_int(store_next_several(r.store, "city", now.now, all, rows, 1, 2), 2);
		patch_clear(&rows[0]);
		patch_clear(&rows[1]);
	}
	test("one that cannot be read does not go with the others") {
		int64_t key = post(&r, put_case(&r, "c4", "1", 3, NULL), "priority", "3", "1", NULL);
		char sql[100], path[100];
		sqlite3 *db = NULL;

		snprintf(path, sizeof(path), "%s/outbox.db", r.dir);
		snprintf(sql, sizeof(sql), "UPDATE patch SET body = 'torn' WHERE key = %d", (int)key);
		ok(sqlite3_open(path, &db) == SQLITE_OK &&
			sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK);
		sqlite3_close(db);
		same_int(store_next_several(r.store, "city", now.now, all, rows, 2, 4), 0);
		ok(store_drop(r.store, key, &r.err));
	}
	test("one was given up meanwhile, one is accepted without its case, one was not done") {
		struct settled out[3] = { { .patch = 99 }, { .patch = 1 }, { .patch = 2 } };

		out[2].outcome = (struct error){ .kind = ERROR_REFUSED };
		page_init(&page);
		page_case(&page, "other", "1");
		ok(store_settle_several(r.store, out, 3, &page, 0, &r.err));
		ok(out[0].good && out[1].good && out[2].good);
		same_int(state_of(&r, 1), -1);
		same_int(state_of(&r, 2), PATCH_REFUSED);
		page_clear(&page);
	}
	test("without a page; all were given up meanwhile, whatever came") {
		same_int(store_next_several(r.store, "city", now.now, all, rows, 1, 4), 1);
		patch_clear(&rows[0]);
		struct settled out[2] = { { .patch = 3 }, { .patch = 98 } };

		ok(store_settle_several(r.store, out, 2, NULL, 0, &r.err));
		same_int(state_of(&r, 3), -1);
		out[0].outcome = out[1].outcome = (struct error){ .kind = ERROR_REFUSED };
		page_init(&page);
		page_case(&page, "c1", "1");
		ok(store_settle_several(r.store, out, 2, &page, 0, &r.err));
		page_clear(&page);
	}
	room_clear(&r);
}

/* The same row is asked to go again, changed in one thing at a time: another request has another key. */
static bool another_key(struct room *r, int64_t key, void (*change)(struct room *, struct patch *))
{
	struct patch p = { 0 }, got = { 0 };

	while (state_of(r, key) == PATCH_SAVED && next_key(r, now.now) != key)
		;
	settle(r, key, ERROR_REFUSED, false, NULL, NULL);
	store_patch(r->store, key, &p);
	change(r, &p);
	if (!ok(store_retry(r->store, &p, &r->err)))
		printf("# %s\n", r->err.text);
	store_patch(r->store, key, &got);
	bool other = strcmp(got.uuid, p.uuid) != 0;
	patch_clear(&got);
	patch_clear(&p);
	return other;
}

static void nothing(struct room *r, struct patch *p)
{
	(void)r, (void)p;
}

static void a_note(struct room *r, struct patch *p)
{
	(void)r;
	p->note = "another";
}

static void an_answer(struct room *r, struct patch *p)
{
	(void)r;
	p->answer = "{\"text\":\"Yes.\"}";
}

static void a_field(struct room *r, struct patch *p)
{
	(void)r;
	p->changes[0].field = "status";
}

static void a_value(struct room *r, struct patch *p)
{
	(void)r;
	p->changes[0].after = "closed";
}

static void one_more(struct room *r, struct patch *p)
{
	(void)r;
	patch_change(p, "due", NULL, "2026-12-01T10:00:00Z");
}

static void a_file(struct room *r, struct patch *p)
{
	char path[120];

	snprintf(path, sizeof(path), "%s/scan-%d", r->dir, p->file_count);
	FILE *f = fopen(path, "w");
	fputs("x", f);
	fclose(f);
	patch_file(p, path);
}

static void other_name(struct room *r, struct patch *p)
{
	(void)r;
	p->files[0].name = "renamed";
}

static void test_hand(void)
{
	struct room r;

	room_init(&r);
	int64_t c1 = put_case(&r, "c1", "1", 3, NULL);
	test("sent again: the same request keeps its key, another one has another") {
		int64_t key = post(&r, c1, "priority", "3", "1", "why");

		ok(!another_key(&r, key, nothing));
		ok(another_key(&r, key, a_note));
		ok(another_key(&r, key, an_answer));
		ok(another_key(&r, key, a_field));
		ok(another_key(&r, key, a_value));
		ok(another_key(&r, key, one_more));
		ok(another_key(&r, key, a_file));
		ok(another_key(&r, key, a_file));
		ok(another_key(&r, key, other_name));
		ok(store_drop(r.store, key, &r.err));
	}
	test("only what waits for a person is sent again, and only what is there") {
		int64_t key = post(&r, c1, "priority", "3", "1", NULL);
		struct patch p = { 0 };

		ok(store_patch(r.store, key, &p));
		ok(!store_retry(r.store, &p, &r.err) && r.err.kind == ERROR_USAGE);
		ok(store_drop(r.store, key, &r.err));
		ok(!store_retry(r.store, &p, &r.err) && r.err.kind == ERROR_GONE);
		ok(!store_drop(r.store, key, &r.err) && r.err.kind == ERROR_GONE);
		patch_clear(&p);
	}
	test("a new thing for which others wait is neither taken back nor given up before them") {
		struct patch p = { .on = ON_CASE, .creates = true, .service = "city" };
		patch_change(&p, "subject", NULL, "Lamp");
		ok(store_post(r.store, &p, &r.err));
		int64_t behind = post(&r, p.object, NULL, NULL, NULL, "behind");
		ok(!store_recall(r.store, p.key, &r.err) && r.err.kind == ERROR_USAGE);
		ok(!store_drop(r.store, p.key, &r.err) && r.err.kind == ERROR_USAGE);
		ok(store_drop(r.store, behind, &r.err));
		ok(store_drop(r.store, p.key, &r.err));
		patch_clear(&p);
	}
	test("what has left is not taken back, nor what may have arrived; a template's answer becomes a draft") {
		struct patch p = { .on = ON_CASE, .object = c1, .answer = "{\"template\":\"late\"}" };
		struct draft d;
		struct arena arena = { 0 };

		int64_t key = post(&r, c1, NULL, NULL, NULL, "sent");
		same_int(next_key(&r, now.now), key);
		ok(!store_recall(r.store, key, &r.err) && r.err.kind == ERROR_CONFLICT);
		ok(settle(&r, key, ERROR_OFFLINE, true, NULL, NULL));
		ok(settle(&r, key, ERROR_LOGIN, false, NULL, NULL)); /* it stays unknown */
		ok(!store_recall(r.store, key, &r.err) && r.err.kind == ERROR_CONFLICT);
		ok(store_drop(r.store, key, &r.err));
		key = post(&r, c1, "priority", "3", "1", NULL);
		same_int(next_key(&r, now.now), key);
		ok(settle(&r, key, ERROR_OFFLINE, true, NULL, NULL));
		struct page page;
		page_init(&page);
		page_case(&page, "c1", "2")->subject = "Two bins";
		ok(settle(&r, key, ERROR_CONFLICT, false, &page, NULL)); /* laid over, and still unsure */
		page_clear(&page);
		same_int(state_of(&r, key), PATCH_SAVED);
		ok(!store_recall(r.store, key, &r.err) && r.err.kind == ERROR_CONFLICT);
		ok(store_drop(r.store, key, &r.err));
		ok(store_post(r.store, &p, &r.err));
		ok(store_recall(r.store, p.key, &r.err));
		ok(store_draft(r.store, c1, "reply", &d, &arena) && strstr(d.text, "late"));
		arena_clear(&arena);
		patch_clear(&p);
	}
	test("files that cannot be kept: nothing is saved, and it says where") {
		struct patch p = { .on = ON_CASE, .object = c1, .note = "with a scan" };
		char path[100], aside[120];
		int64_t key = post(&r, c1, NULL, NULL, NULL, "before");

		same_int(next_key(&r, now.now), key);
		ok(settle(&r, key, ERROR_REFUSED, false, NULL, NULL));
		ok(store_patch(r.store, key, &p));
		patch_file(&p, "/nowhere/at/all");
		ok(!store_retry(r.store, &p, &r.err) && strstr(r.err.text, "There is no file"));
		patch_clear(&p);
		p = (struct patch){ .on = ON_CASE, .object = c1, .note = "with a scan" };
		snprintf(path, sizeof(path), "%s/files", r.dir);
		snprintf(aside, sizeof(aside), "%s-aside", path);
		rename(path, aside);
		FILE *f = fopen(path, "w");
		fclose(f);
		a_file(&r, &p);
		ok(!store_post(r.store, &p, &r.err) && strstr(r.err.text, "cannot be used"));
		same_int(p.key, 0);
		patch_clear(&p);
		ok(store_patch(r.store, key, &p));
		a_file(&r, &p);
		ok(!store_retry(r.store, &p, &r.err) && strstr(r.err.text, "cannot be used"));
		same_int(state_of(&r, key), PATCH_REFUSED);
		patch_clear(&p);
	}
	room_clear(&r);
}

static void test_done(void)
{
	test("what was laid over, and what is done but cannot be read")
	{
		struct room r;
		struct arena arena = { 0 };
		char path[100];
		sqlite3 *db = NULL;
		int n = 0;

		room_init(&r);
		int64_t key = post(&r, put_case(&r, "c1", "1", 3, NULL), "priority", "3", "1", NULL);
		next_key(&r, now.now);
		ok(settle(&r, key, ERROR_NONE, false, NULL, NULL));
		ok(!store_over(r.store, key, &arena) && !store_over(r.store, 99, &arena));
		snprintf(path, sizeof(path), "%s/outbox.db", r.dir);
		ok(sqlite3_open(path, &db) == SQLITE_OK &&
			sqlite3_exec(db, "UPDATE done SET body = 'torn'", NULL, NULL, NULL) == SQLITE_OK);
		sqlite3_close(db);
		ok(!store_over(r.store, key, &arena));
		store_outbox_free(store_done(r.store, 5, &n), n);
		same_int(n, 0);
		store_outbox_free(NULL, 0);
		arena_clear(&arena);
		room_clear(&r);
	}
}

int main(void)
{
	setenv("TZ", "UTC", 1);
	test_citizens();
	test_values();
	test_answers();
	test_together();
	test_hand();
	test_done();
	return test_result();
}
