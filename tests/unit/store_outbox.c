/* The outbox: order, what becomes of a row, laying over, taking back, undo, drafts. */
#include "tests/unit/store_room.h"

#include <sqlite3.h>

#include "model/ident.h"
#include "model/spool.h"

#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>

static void accept(struct room *r, int64_t key, const char *id, const char *version, int priority)
{
	struct page page;

	page_init(&page);
	page_case(&page, id, version)->priority = priority;
	ok(settle(r, key, ERROR_NONE, false, &page, NULL));
	page_clear(&page);
}

static int priority_shown(struct room *r, int64_t key)
{
	struct page page;

	page_init(&page);
	int priority = store_case(r->store, key, &page) ? page.cases[0].priority : -1;
	page_clear(&page);
	return priority;
}

static void test_way(void)
{
	struct room r;

	room_init(&r);
	int64_t c1 = put_case(&r, "c1", "17", 3, NULL);
	test("a change shows at once, is sent once and stays when it is accepted") {
		int64_t p = post(&r, c1, "priority", "3", "1", NULL);
		ok(p > 0);
		same_int(priority_shown(&r, c1), 1);
		same_int(next_key(&r, now.now), p);
		same_int(state_of(&r, p), PATCH_SENT);
		same_int(next_key(&r, now.now), 0);
		accept(&r, p, "c1", "18", 1);
		same_int(state_of(&r, p), -1);
		same_int(priority_shown(&r, c1), 1);
		same_int(store_pending(r.store, NULL, NULL), 0);
	}
	test("what was under way when its sender ended may have arrived: it goes out again with its key") {
		struct patch p = { 0 };
		char key[IDENT_SIZE];
		int64_t row = post(&r, c1, "team", "refuse", "parks", NULL);

		ok(store_lock_sender(r.store));
		same_int(next_key(&r, now.now), row);
		ok(store_patch(r.store, row, &p));
		same_int(p.state, PATCH_SENT);
		snprintf(key, sizeof(key), "%s", p.uuid);
		patch_clear(&p);
		store_close(r.store);
		room_open(&r);
		ok(store_lock_sender(r.store));
		ok(store_patch(r.store, row, &p));
		same_int(p.state, PATCH_UNKNOWN);
		ok(p.unsure);
		same(p.uuid, key);
		patch_clear(&p);
		ok(!store_recall(r.store, row, &r.err));
		same_int(next_key(&r, now.now), row);
		/* not even after an answer that says nothing of it */
		ok(settle(&r, row, ERROR_BUSY, false, NULL, NULL));
		same_int(state_of(&r, row), PATCH_UNKNOWN);
		same_int(next_key(&r, now.now), row);
		accept(&r, row, "c1", "18", 1);
	}
	test("settling twice does nothing the second time") {
		struct page page;

		page_init(&page);
		ok(settle(&r, 1, ERROR_NONE, false, &page, NULL));
		page_clear(&page);
	}
	test("changes of one case go in their order, those of others beside them") {
		int64_t c2 = put_case(&r, "c2", "1", 3, NULL);
		int64_t a = post(&r, c1, "priority", "1", "2", NULL);
		int64_t b = post(&r, c1, NULL, NULL, NULL, "second");
		int64_t c = post(&r, c2, NULL, NULL, NULL, "other case");

		same_int(next_key(&r, now.now), a);
		same_int(next_key(&r, now.now), c);
		same_int(next_key(&r, now.now), 0);
		ok(settle(&r, a, ERROR_OFFLINE, false, NULL, NULL));
		same_int(state_of(&r, a), PATCH_SAVED);
		same_int(next_key(&r, now.now), a);
		accept(&r, a, "c1", "19", 2);
		struct patch p = { 0 };
		ok(store_next(r.store, "city", now.now, &p, NULL));
		same_int(p.key, b);
		same(p.version, "19"); /* our own change raised it */
		patch_clear(&p);
		accept(&r, b, "c1", "20", 2);
		accept(&r, c, "c2", "2", 3);
	}
	test("a row of another service is not taken") {
		struct patch p = { 0 };

		int64_t a = post(&r, c1, NULL, NULL, NULL, "note");
		ok(!store_next(r.store, "other", now.now, &p, NULL));
		ok(store_drop(r.store, a, &r.err));
	}
	room_clear(&r);
}

static void test_hold(void)
{
	struct room r;

	room_init(&r);
	int64_t c1 = put_case(&r, "c1", "1", 3, NULL);
	test("what is held waits, and what is behind it too") {
		struct patch p = { .on = ON_CASE, .object = c1, .not_before = now.now + 10 };
		time_t wait = 0;

		p.answer = "{\"text\":\"Dear Zo\\u00eb\",\"channel\":\"email\"}";
		ok(store_post(r.store, &p, &r.err));
		int64_t behind = post(&r, c1, "priority", "3", "1", NULL);
		struct patch got = { 0 };
		ok(!store_next(r.store, "city", now.now, &got, &wait));
		same_int(wait, now.now + 10);
		same_int(next_key(&r, now.now + 10), p.key);
		same_int(state_of(&r, behind), PATCH_SAVED);
		ok(settle(&r, p.key, ERROR_OFFLINE, false, NULL, NULL));
		patch_clear(&p);
	}
	test("taken back, its text is a draft") {
		struct draft d = { 0 };
		struct arena arena = { 0 };
		struct patch *list;
		int n = 0;

		list = store_outbox(r.store, &n);
		same_int(n, 2);
		ok(store_recall(r.store, list[0].key, &r.err));
		store_outbox_free(list, n);
		ok(store_draft(r.store, c1, "reply", &d, &arena));
		same(d.text, "Dear Zo\xc3\xab");
		store_draft_drop(r.store, d.key);
		ok(!store_draft(r.store, c1, "reply", &d, &arena));
		arena_clear(&arena);
	}
	test("what is under way, or may have arrived, cannot be taken back") {
		int64_t p = next_key(&r, now.now);

		ok(!store_recall(r.store, p, &r.err));
		ok(!store_drop(r.store, p, &r.err));
		ok(settle(&r, p, ERROR_OFFLINE, true, NULL, NULL));
		same_int(state_of(&r, p), PATCH_UNKNOWN);
		ok(!store_recall(r.store, p, &r.err));
		ok(r.err.kind == ERROR_CONFLICT);
		same_int(next_key(&r, now.now), p);
		ok(settle(&r, p, ERROR_OFFLINE, false, NULL, NULL));
		same_int(state_of(&r, p), PATCH_UNKNOWN); /* still nobody knows */
		ok(store_drop(r.store, p, &r.err));
	}
	test("quitting lets go of what is held") {
		struct patch p = {
			.on = ON_CASE, .object = c1, .not_before = now.now + 10, .note = "n"
		};

		ok(store_post(r.store, &p, &r.err));
		same_int(next_key(&r, now.now), 0);
		store_release_held(r.store, now.now);
		same_int(next_key(&r, now.now), p.key);
		patch_clear(&p);
	}
	room_clear(&r);
}

/* Sends the row that is next, and answers 412 with the case as it is now. */
static int conflict(
	struct room *r, const char *version, int priority, const char *tags, bool *again)
{
	struct page page;
	int64_t key = next_key(r, now.now);

	page_init(&page);
	struct casefile *cf = page_case(&page, "c1", version);
	cf->priority = priority;
	cf->tags = tags;
	ok(settle(r, key, ERROR_CONFLICT, false, &page, again));
	page_clear(&page);
	return state_of(r, key);
}

static void test_over(void)
{
	struct room r;
	bool again = false;

	room_init(&r);
	int64_t c1 = put_case(&r, "c1", "1", 3, "a");
	test("where another field was changed the patch is laid over") {
		int64_t p = post(&r, c1, "tags", "a", "a b", "why");
		same_int(conflict(&r, "2", 5, "a c", &again), PATCH_SAVED);
		ok(again);
		struct patch got = { 0 };
		ok(store_patch(r.store, p, &got));
		same(got.version, "2");
		same(got.changes[0].after, "a c b");
		patch_clear(&got);
		same_int(priority_shown(&r, c1), 5);
		ok(store_drop(r.store, p, &r.err));
	}
	test("where the same field was changed the person decides") {
		int64_t p = post(&r, c1, "priority", "5", "1", NULL);
		int64_t behind = post(&r, c1, NULL, NULL, NULL, "later");
		struct patch got = { 0 };

		same_int(conflict(&r, "3", 4, "a", &again), PATCH_CONFLICT);
		ok(!again);
		same_int(priority_shown(&r, c1), 4);
		same_int(next_key(&r, now.now), 0);
		ok(store_patch(r.store, p, &got));
		ok(got.theirs && strstr(got.theirs, "\"priority\":4"));
		char uuid[64];
		snprintf(uuid, sizeof(uuid), "%s", got.uuid);
		got.version = "3";
		got.changes[0].before = "4";
		ok(store_retry(r.store, &got, &r.err));
		patch_clear(&got);
		ok(store_next(r.store, "city", now.now, &got, NULL));
		same_int(got.key, p);
		same(got.uuid, uuid); /* the same request keeps its key */
		patch_clear(&got);
		accept(&r, p, "c1", "4", 1);
		same_int(next_key(&r, now.now), behind);
		accept(&r, behind, "c1", "5", 1);
	}
	test("a change made otherwise is another request, with another key") {
		int64_t p = post(&r, c1, "priority", "1", "2", NULL);
		struct patch got = { 0 };

		same_int(next_key(&r, now.now), p);
		ok(settle(&r, p, ERROR_REFUSED, false, NULL, NULL));
		same_int(state_of(&r, p), PATCH_REFUSED);
		same_int(priority_shown(&r, c1), 1);
		ok(store_patch(r.store, p, &got));
		same(got.error_text, "The service said no.");
		char uuid[64];
		snprintf(uuid, sizeof(uuid), "%s", got.uuid);
		got.changes[0].after = "4";
		ok(store_retry(r.store, &got, &r.err));
		patch_clear(&got);
		ok(store_patch(r.store, p, &got));
		ok(strcmp(got.uuid, uuid) != 0);
		same_int(got.state, PATCH_SAVED);
		patch_clear(&got);
		ok(store_drop(r.store, p, &r.err));
	}
	test("a repeated send is never laid over its own first effect") {
		int64_t p = post(&r, c1, "priority", "1", "2", "with a note");

		same_int(next_key(&r, now.now), p);
		ok(settle(&r, p, ERROR_OFFLINE, true, NULL, NULL));
		same_int(conflict(&r, "6", 2, "a", &again), -1);
		ok(!again);
		same_int(store_pending(r.store, NULL, NULL), 0);
	}
	test("a change somebody else has made already is done, its note still goes") {
		post(&r, c1, "priority", "2", "3", NULL);
		same_int(conflict(&r, "7", 3, "a", &again), -1);
		int64_t p = post(&r, c1, "priority", "3", "4", "because");
		same_int(conflict(&r, "8", 4, "a", &again), PATCH_SAVED);
		ok(again);
		ok(store_drop(r.store, p, &r.err));
	}
	test("a lease held by somebody else is a conflict with its sentence") {
		int64_t p = post(&r, c1, "priority", "4", "5", NULL);

		same_int(next_key(&r, now.now), p);
		ok(settle(&r, p, ERROR_CONFLICT, false, NULL, &again));
		same_int(state_of(&r, p), PATCH_CONFLICT);
		int conflicts = 0, refused = 0;
		same_int(store_pending(r.store, &conflicts, &refused), 1);
		same_int(conflicts, 1);
		same_int(refused, 0);
	}
	room_clear(&r);
}

static void test_new(void)
{
	struct room r;
	struct page page;

	room_init(&r);
	struct patch p = { .on = ON_CASE, .creates = true, .service = "city" };
	patch_change(&p, "subject", NULL, "Broken lamp");
	patch_change(&p, "queue", NULL, "lamps");
	test("a new case is there before the service knows it") {
		ok(store_post(r.store, &p, &r.err));
		ok(p.object < 0);
		same_int(count(&r, "lamp is:open"), 1);
		page_init(&page);
		ok(store_case(r.store, p.object, &page));
		same(page.cases[0].subject, "Broken lamp");
		same_int(page.cases[0].pending, 1);
		page_clear(&page);
	}
	test("what is done to it waits, and moves to its real key") {
		struct draft d = {
			.object = p.object, .kind = "note", .text = "begun", .changed = 1
		};
		struct arena arena = { 0 };
		struct patch got = { 0 };
		int64_t later = post(&r, p.object, "priority", NULL, "1", NULL);

		ok(store_draft_put(r.store, &d, &r.err));
		same_int(next_key(&r, now.now), p.key);
		same_int(next_key(&r, now.now), 0);
		accept(&r, p.key, "c77", "1", 3);
		int64_t real = store_case_key(r.store, "city", "c77");
		ok(real > 0);
		same_int(store_real_key(r.store, p.object), real);
		ok(store_next(r.store, "city", now.now, &got, NULL));
		same_int(got.key, later);
		same_int(got.object, real);
		same(got.version, "1");
		patch_clear(&got);
		same_int(priority_shown(&r, p.object), 1);
		ok(store_draft(r.store, p.object, "note", &d, &arena));
		same_int(d.object, real);
		arena_clear(&arena);
		accept(&r, later, "c77", "2", 1);
		same_int(count(&r, ""), 1);
	}
	patch_clear(&p);
	room_clear(&r);
}

static void test_keys(void)
{
	struct room r;

	room_init(&r);
	int64_t c1 = put_case(&r, "c1", "1", 3, NULL);
	test("a post that is repeated is one row") {
		struct patch p = { .on = ON_CASE, .object = c1, .note = "once" };
		ok(store_post(r.store, &p, &r.err));
		int64_t first = p.key;
		ok(store_post(r.store, &p, &r.err));
		same_int(p.key, first);
		same_int(store_pending(r.store, NULL, NULL), 1);
		patch_clear(&p);
	}
	test("several are posted together or not at all") {
		struct patch good = { .on = ON_CASE, .object = c1, .note = "a" };
		struct patch bad = { .on = ON_CASE, .object = 424242, .note = "of no service" };
		struct patch *both[] = { &good, &bad };

		ok(!store_post_all(r.store, both, 2, &r.err));
		same_int(good.key, 0);
		same_int(store_pending(r.store, NULL, NULL), 1);
		patch_clear(&good);
		patch_clear(&bad);
	}
	test("the cache can be lost: rows still know what they are about") {
		char path[100];
		struct page page;
		struct patch p = { 0 };

		store_close(r.store);
		snprintf(path, sizeof(path), "%s/cache.db", r.dir);
		ok(unlink(path) == 0);
		room_open(&r);
		ok(r.store != NULL);
		ok(store_next(r.store, "city", now.now, &p, NULL));
		same_int(p.object, c1);
		same(p.number, "2026-c1");
		page_init(&page);
		ok(store_case_plain(r.store, p.object, &page));
		same(page.cases[0].id, "c1");
		same(page.cases[0].version, "1");
		page_clear(&page);
		patch_clear(&p);
		same_int(put_case(&r, "c1", "1", 3, NULL), c1);
	}
	test("accepted changes are kept for undo, newest first") {
		int n = 0;

		accept(&r, 1, "c1", "2", 3);
		int64_t p = post(&r, c1, "priority", "3", "1", NULL);
		same_int(next_key(&r, now.now), p);
		accept(&r, p, "c1", "3", 1);
		struct patch *done = store_done(r.store, 10, &n);
		same_int(n, 2);
		struct patch back = { 0 };
		ok(patch_inverse(&done[0], &back, &r.err));
		same(back.changes[0].after, "3");
		patch_clear(&back);
		store_outbox_free(done, n);
	}
	room_clear(&r);
}

static void test_full(void)
{
	struct room r;
	struct rlimit was, small = { 0 };

	room_init(&r);
	int64_t c1 = put_case(&r, "c1", "1", 3, NULL);
	test("a full disk is one sentence, and nothing is half there") {
		char *text = malloc(200001);
		struct patch p = { .on = ON_CASE, .object = c1 };

		memset(text, 'x', 200000);
		text[200000] = 0;
		p.note = text;
		signal(SIGXFSZ, SIG_IGN);
		getrlimit(RLIMIT_FSIZE, &was);
		small = (struct rlimit){ 100000, was.rlim_max };
		setrlimit(RLIMIT_FSIZE, &small);
		bool good = store_post(r.store, &p, &r.err);
		setrlimit(RLIMIT_FSIZE, &was);
		ok(!good);
		ok(r.err.kind == ERROR_LOCAL);
		if (!ok(strstr(r.err.text, "What you typed is kept") != NULL))
			printf("# %s\n", r.err.text);
		same_int(p.key, 0);
		same_int(store_pending(r.store, NULL, NULL), 0);
		ok(store_post(r.store, &p, &r.err));
		same_int(store_pending(r.store, NULL, NULL), 1);
		patch_clear(&p);
		free(text);
	}
	test("a row whose end could not be written goes out again") {
		struct page page;
		int64_t key = next_key(&r, now.now);

		page_init(&page);
		page_case(&page, "c1", "2")->text = arena_alloc(&page.arena, 10);
		getrlimit(RLIMIT_FSIZE, &was);
		setrlimit(RLIMIT_FSIZE, &small);
		struct error outcome = { 0 };
		ok(!store_settle(r.store, key, &outcome, false, &page, 0, NULL, &r.err));
		setrlimit(RLIMIT_FSIZE, &was);
		same_int(next_key(&r, now.now), key);
		ok(settle(&r, key, ERROR_NONE, false, &page, NULL));
		same_int(store_pending(r.store, NULL, NULL), 0);
		page_clear(&page);
	}
	room_clear(&r);
}

static void test_drafts(void)
{
	struct room r;

	room_init(&r);
	test("a draft is kept, changed, listed and dropped") {
		struct draft d = {
			.object = 7, .kind = "reply", .text = "Dear", .title = "c7", .changed = 5
		};
		struct draft other = { .kind = "new", .text = "{}", .changed = 9 };
		struct draft *list = NULL;
		struct arena arena = { 0 };

		ok(store_draft_put(r.store, &d, &r.err));
		ok(d.key > 0);
		d.text = "Dear Zo\xc3\xab";
		ok(store_draft_put(r.store, &d, &r.err));
		ok(store_draft_put(r.store, &other, &r.err));
		store_close(r.store);
		room_open(&r);
		same_int(store_drafts(r.store, &list, &arena), 2);
		same_int(list[0].key, other.key);
		same(list[1].text, "Dear Zo\xc3\xab");
		store_draft_drop(r.store, d.key);
		same_int(store_drafts(r.store, &list, &arena), 1);
		arena_clear(&arena);
	}
	room_clear(&r);
}

static struct error said_later;

static bool settle_at(
	struct room *r, int64_t key, enum error_kind kind, bool unknown, time_t retry_at)
{
	struct error outcome = { .kind = kind, .text = "No answer." };

	return store_settle(r->store, key, &outcome, unknown, NULL, retry_at, NULL, &said_later);
}

static void test_certain(void)
{
	struct room r;
	struct page page;
	bool again = false;

	room_init(&r);
	int64_t c1 = put_case(&r, "c1", "17", 3, NULL);
	test("a note is not lost when somebody else makes the change it came with") {
		int64_t p = post(&r, c1, "priority", "3", "1", "and the reason");

		same_int(next_key(&r, now.now), p);
		ok(settle(&r, p, ERROR_OFFLINE, true, NULL, NULL));
		same_int(next_key(&r, now.now), p);
		page_init(&page);
		page_case(&page, "c1", "18")->priority = 1;
		ok(store_certain(r.store, p)); /* the service knows keys, and not this one */
		ok(settle(&r, p, ERROR_CONFLICT, false, &page, &again));
		page_clear(&page);
		ok(again);
		same_int(state_of(&r, p), PATCH_SAVED);
		accept(&r, p, "c1", "19", 1);
	}
	test("what may have arrived weeks ago waits for a person, behind a key the service "
	     "forgot") {
		int64_t p = post(&r, c1, NULL, NULL, NULL, "called back");
		struct patch row = { 0 };

		same_int(next_key(&r, now.now), p);
		ok(settle(&r, p, ERROR_OFFLINE, true, NULL, NULL));
		same_int(next_key(&r, now.now + 28 * 86400), p);
		ok(settle(&r, p, ERROR_OFFLINE, true, NULL, NULL));
		same_int(next_key(&r, now.now + 30 * 86400), 0);
		same_int(state_of(&r, p), PATCH_REFUSED);
		ok(store_patch(r.store, p, &row) && strstr(row.error_text, "send it again"));
		ok(store_retry(r.store, &row, &r.err));
		same_int(next_key(&r, now.now + 31 * 86400), p);
		ok(settle(&r, p, ERROR_OFFLINE, true, NULL, NULL));
		same_int(next_key(&r, now.now + 32 * 86400), p);
		patch_clear(&row);
		accept(&r, p, "c1", "20", 1);
	}
	test("what was never sent waits as long as it takes") {
		int64_t p = post(&r, c1, NULL, NULL, NULL, "a long holiday");

		same_int(next_key(&r, now.now + 400 * 86400), p);
		accept(&r, p, "c1", "21", 1);
	}
	test("a clock that was ahead and is put right keeps nothing back") {
		int64_t p = post(&r, c1, NULL, NULL, NULL, "in a minute");

		same_int(next_key(&r, now.now), p);
		ok(settle_at(&r, p, ERROR_BUSY, false, now.now + 60));
		same_int(next_key(&r, now.now + 30), 0);
		ok(settle_at(&r, p, ERROR_BUSY, false, now.now + 60));
		same_int(next_key(&r, now.now - 40 * 86400), p);
	}
	room_clear(&r);
}

/* ---- files */

static const char *in_room(struct room *r, const char *name)
{
	static char path[120];

	snprintf(path, sizeof(path), "%s/%s", r->dir, name);
	return path;
}

static void write_file(struct room *r, const char *name, const char *text)
{
	FILE *f = fopen(in_room(r, name), "w");

	fputs(text, f);
	fclose(f);
}

static void same_file(const char *path, const char *want)
{
	char text[100] = "";
	FILE *f = fopen(path, "r");

	if (!ok(f != NULL))
		return;
	ok(fread(text, 1, sizeof(text) - 1, f) <= sizeof(text) - 1);
	fclose(f);
	same(text, want);
}

/* How many copies are there. */
static int spooled(struct room *r)
{
	int n = 0;
	DIR *list = opendir(in_room(r, "files"));

	for (struct dirent *e; list && (e = readdir(list));)
		n += e->d_name[0] != '.';
	if (list)
		closedir(list);
	return n;
}

static struct patch with_file(struct room *r, int64_t object, const char *name)
{
	struct patch p = { .on = ON_CASE, .object = object };

	p.note = "see the scan";
	patch_file(&p, in_room(r, name));
	return p;
}

static void test_files(void)
{
	struct room r;

	room_init(&r);
	int64_t c1 = put_case(&r, "c1", "1", 3, NULL);
	write_file(&r, "scan.pdf", "what was attached");
	test("a file is copied when the change is saved, and goes when it is accepted") {
		struct patch p = with_file(&r, c1, "scan.pdf"), sent = { 0 };
		struct stat st;

		ok(store_post(r.store, &p, &r.err));
		write_file(&r, "scan.pdf", "changed since");
		ok(store_next(r.store, "city", now.now, &sent, NULL));
		same_int(sent.file_count, 1);
		same(sent.files[0].name, "scan.pdf");
		same(sent.files[0].path, p.files[0].path);
		same_file(sent.files[0].path, "what was attached");
		ok(!stat(sent.files[0].path, &st) && (st.st_mode & 0777) == 0600);
		ok(!stat(in_room(&r, "files"), &st) && (st.st_mode & 0777) == 0700);
		accept(&r, p.key, "c1", "2", 3);
		same_int(spooled(&r), 0);
		patch_clear(&sent);
		patch_clear(&p);
	}
	test("taken back: the copy goes, and the draft knows where the person has the file") {
		struct patch p = with_file(&r, c1, "scan.pdf");
		struct draft d;
		struct arena arena = { 0 };

		ok(store_post(r.store, &p, &r.err));
		same_int(spooled(&r), 1);
		ok(store_recall(r.store, p.key, &r.err));
		same_int(spooled(&r), 0);
		ok(store_draft(r.store, c1, "note", &d, &arena));
		same(draft_file(d.files, 0, &arena), in_room(&r, "scan.pdf"));
		ok(!draft_file(d.files, 1, &arena));
		arena_clear(&arena);
		patch_clear(&p);
	}
	test("given up, the copy goes; sent again with another file, the old one does") {
		struct patch p = with_file(&r, c1, "scan.pdf"), again;

		write_file(&r, "other.txt", "the other");
		ok(store_post(r.store, &p, &r.err));
		same_int(next_key(&r, now.now), p.key);
		ok(settle(&r, p.key, ERROR_REFUSED, false, NULL, NULL));
		ok(store_patch(r.store, p.key, &again));
		again.file_count = 0;
		patch_file(&again, in_room(&r, "other.txt"));
		ok(store_retry(r.store, &again, &r.err));
		patch_clear(&again);
		same_int(spooled(&r), 1);
		ok(store_patch(r.store, p.key, &again));
		same_file(again.files[0].path, "the other");
		patch_clear(&again);
		ok(store_drop(r.store, p.key, &r.err));
		same_int(spooled(&r), 0);
		patch_clear(&p);
	}
	test("what is no ordinary file, or too large, is refused and nothing is saved") {
		static const struct {
			const char *name, *says;
		} bad[] = {
			{ "link", "is a link" },
			{ "pipe", "no ordinary file" },
			{ "files", "is a directory" },
			{ "missing", "There is no file" },
			{ "large", "larger than 20 bytes" },
		};

		ok(!symlink("scan.pdf", in_room(&r, "link")));
		ok(!mkfifo(in_room(&r, "pipe"), 0600));
		write_file(&r, "large", "more than twenty bytes");
		store_files_limit(r.store, 20);
		for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
			struct patch good = with_file(&r, c1, "other.txt");
			struct patch p = with_file(&r, c1, bad[i].name);
			struct patch *both[] = { &good, &p };

			ok(!store_post_all(r.store, both, 2, &r.err));
			ok(strstr(r.err.text, bad[i].says) != NULL);
			same(good.files[0].path, in_room(&r, "other.txt"));
			same_int(spooled(&r), 0);
			patch_clear(&good);
			patch_clear(&p);
		}
		store_files_limit(r.store, STORE_FILE_MOST);
		same_int(store_pending(r.store, NULL, NULL), 0);
	}
	test("what a crash left is swept at the next start; what a row names, and what is just being copied, stays") {
		struct patch p = with_file(&r, c1, "scan.pdf");

		ok(store_post(r.store, &p, &r.err));
		write_file(&r, "files/left-over", "of a crash");
		int copying = spool_lock_copying(in_room(&r, "files"));
		store_close(r.store);
		room_open(&r);
		same_int(spooled(&r), 2);
		close(copying);
		store_close(r.store);
		room_open(&r);
		same_int(spooled(&r), 1);
		same_file(p.files[0].path, "changed since");
		patch_clear(&p);
	}
	test("the data directory moved: the row finds its copy") {
		char moved[80];

		store_close(r.store);
		snprintf(moved, sizeof(moved), "%s-moved", r.dir);
		ok(!rename(r.dir, moved));
		snprintf(r.dir, sizeof(r.dir), "%.60s", moved);
		room_open(&r);
		int n = 0;
		struct patch *list = store_outbox(r.store, &n);
		same_int(n, 1);
		same_file(list[0].files[0].path, "changed since");
		store_outbox_free(list, n);
	}
	test("a damaged outbox takes its files aside with it; signing out for good removes them") {
		store_close(r.store);
		for (int i = 0; i < 2; i++)
			unlink(in_room(&r, i ? "outbox.db-wal" : "outbox.db-shm"));
		write_file(&r, "outbox.db", "this is no database, whatever its name says, is it?");
		room_open(&r);
		ok(r.err.kind == ERROR_LOCAL);
		same_int(spooled(&r), 0);
		c1 = put_case(&r, "c1", "1", 3, NULL);
		struct patch p = with_file(&r, c1, "scan.pdf");
		ok(store_post(r.store, &p, &r.err));
		same_int(spooled(&r), 1);
		store_close(r.store);
		r.store = NULL;
		ok(store_purge(r.dir, r.dir, &r.err));
		ok(access(in_room(&r, "files"), F_OK) != 0);
		patch_clear(&p);
	}
	room_clear(&r);
}

/* The first page of a table becomes rubbish. */
static void spoil(struct room *r, const char *table)
{
	char sql[100], rubbish[200];
	sqlite3 *db = NULL;
	sqlite3_stmt *stmt = NULL;

	snprintf(sql, sizeof(sql), "SELECT rootpage FROM sqlite_schema WHERE name = '%s'", table);
	same_int(sqlite3_open(in_room(r, "outbox.db"), &db), SQLITE_OK);
	same_int(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
	same_int(sqlite3_step(stmt), SQLITE_ROW);
	long at = (sqlite3_column_int(stmt, 0) - 1) * 4096L;
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	FILE *f = fopen(in_room(r, "outbox.db"), "r+");
	memset(rubbish, 0x55, sizeof(rubbish));
	fseek(f, at, SEEK_SET);
	same_int((long long)fwrite(rubbish, sizeof(rubbish), 1, f), 1);
	fclose(f);
}

/* What is done is not looked through at each start: a month of batches may be in it. */
static void test_damage(void)
{
	struct room r;

	room_init(&r);
	int64_t c1 = put_case(&r, "c1", "1", 3, NULL);
	test("damage to what is done is met when it is used, and the start after that looks") {
		int64_t row = post(&r, c1, NULL, NULL, NULL, "note");

		store_close(r.store);
		spoil(&r, "done");
		room_open(&r);
		ok(r.err.kind == ERROR_NONE);
		same_int(next_key(&r, now.now), row);
		ok(!settle_at(&r, row, ERROR_NONE, false, 0));
		ok(strstr(said_later.text, "start caseload again") != NULL);
		store_close(r.store);
		room_open(&r);
		ok(r.err.kind == ERROR_LOCAL);
		ok(strstr(r.err.text, "outbox.db.damaged-") != NULL);
	}
	test("damage to what waits is seen at the start") {
		post(&r, put_case(&r, "c1", "1", 3, NULL), NULL, NULL, NULL, "note");
		store_close(r.store);
		spoil(&r, "patch");
		room_open(&r);
		ok(strstr(r.err.text, "outbox.db.damaged-") != NULL);
	}
	room_clear(&r);
}

/* Two windows read the case, then both add a word: the second one knows nothing of the first. */
static void test_two_windows(void)
{
	test("a row that was not made on top of the one before it keeps its version")
	{
		struct room r;
		struct patch p = { 0 };

		room_init(&r);
		int64_t c1 = put_case(&r, "c1", "1", 3, NULL);
		int64_t first = post(&r, c1, "tags", NULL, "one", NULL);
		int64_t second = post(&r, c1, "tags", NULL, "two", NULL);
		int64_t third = post(&r, c1, "priority", "3", "1", NULL);

		same_int(next_key(&r, now.now), first);
		accept(&r, first, "c1", "2", 3);
		store_patch(r.store, second, &p);
		same(p.version, "1");
		patch_clear(&p);
		store_patch(r.store, third, &p);
		same(p.version, "2");
		patch_clear(&p);
		room_clear(&r);
	}
}

static void test_written(void)
{
	test("a draft goes with the post of what it became, and stays where that fails")
	{
		struct room r;
		struct draft d = { .kind = "note", .text = "Called twice.", .changed = 5 }, *list;
		struct patch p = { .on = ON_CASE, .note = "Called twice." };
		struct arena arena = { 0 };

		room_init(&r);
		ok(store_draft_put(r.store, &d, &r.err));
		p.draft = d.key;
		ok(!store_post(r.store, &p, &r.err)); /* of no service */
		same_int(store_drafts(r.store, &list, &arena), 1);
		p.object = put_case(&r, "c1", "1", 3, NULL);
		ok(store_post(r.store, &p, &r.err));
		same_int(store_drafts(r.store, &list, &arena), 0);
		patch_clear(&p);
		arena_clear(&arena);
		room_clear(&r);
	}
}

/* A body that cannot be read would go out as a change of nothing, and count as accepted. */
static void test_garbled(void)
{
	test("a row that cannot be read is shown and never sent; the others go out")
	{
		struct room r;
		struct patch p = { 0 };
		char path[100];
		sqlite3 *db = NULL;
		int count = 0;

		room_init(&r);
		int64_t one = put_case(&r, "c1", "1", 3, NULL), two = put_case(&r, "c2", "1", 3, NULL);
		ok(post(&r, one, "priority", "3", "1", NULL) && post(&r, two, "priority", "3", "2", NULL));
		snprintf(path, sizeof(path), "%s/outbox.db", r.dir);
		ok(sqlite3_open(path, &db) == SQLITE_OK &&
			sqlite3_exec(db, "UPDATE patch SET body = 'torn' WHERE key = 1", NULL, NULL, NULL) ==
				SQLITE_OK);
		sqlite3_close(db);
		ok(store_next(r.store, "city", now.now, &p, NULL) && p.object == two);
		patch_clear(&p);
		ok(!store_next(r.store, "city", now.now, &p, NULL));
		store_changed(r.store);
		struct patch *list = store_outbox(r.store, &count);
		ok(count == 2 && list[0].state == PATCH_REFUSED && list[0].error_text != NULL);
		store_outbox_free(list, count);
		room_clear(&r);
	}
}

int main(void)
{
	setenv("TZ", "UTC", 1);
	test_way();
	test_hold();
	test_over();
	test_new();
	test_damage();
	test_two_windows();
	test_keys();
	test_full();
	test_drafts();
	test_certain();
	test_files();
	test_written();
	test_garbled();
	return test_result();
}
