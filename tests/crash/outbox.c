/* Killed at every write, sync and truncation the outbox and the cache make, then started again:
   what was said to be saved takes effect once. Every second kill tears its write in the middle. */
#include "tests/unit/store_room.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/wait.h>

/* Freed memory that AddressSanitizer keeps to watch goes along with each of hundreds of forks: five
 * sixths of the time. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "quarantine_size_mb=1";
}

enum { STEPS_MAX = 2000, KILLED = 77, FILE_SIZE = 70000 };

/* ---- a file system that ends the program at a given step */

/* SQLite has one set of methods for a base and another for its log. */
struct methods {
	sqlite3_io_methods ours; /* first: a file points here */
	const sqlite3_io_methods *real;
};

static struct {
	sqlite3_vfs vfs, *below;
	struct methods kinds[4];
	int left; /* steps until the end; 0: never */
	bool torn;
} disk;

static const sqlite3_io_methods *real(const sqlite3_file *f)
{
	return ((const struct methods *)(const void *)f->pMethods)->real;
}

static bool last_step(void)
{
	return disk.left > 0 && --disk.left == 0;
}

static int disk_write(sqlite3_file *f, const void *bytes, int size, sqlite3_int64 at)
{
	if (last_step()) {
		if (disk.torn)
			real(f)->xWrite(f, bytes, size / 2, at);
		_exit(KILLED);
	}
	return real(f)->xWrite(f, bytes, size, at);
}

/* A step that is counted and not done: killed programs leave what they wrote to the system, synced
 * or not. */
static int disk_sync(sqlite3_file *f, int flags)
{
	(void)f;
	(void)flags;
	if (last_step())
		_exit(KILLED);
	return SQLITE_OK;
}

static int disk_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	if (last_step())
		_exit(KILLED);
	return real(f)->xTruncate(f, size);
}

static int disk_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out)
{
	(void)vfs;
	int rc = disk.below->xOpen(disk.below, name, f, flags, out);

	if (rc != SQLITE_OK || !f->pMethods)
		return rc;
	struct methods *m = disk.kinds;
	while (m < disk.kinds + 3 && m->real && m->real != f->pMethods)
		m++;
	if (m->real && m->real != f->pMethods)
		abort();
	m->real = f->pMethods;
	m->ours = *m->real;
	m->ours.xWrite = disk_write;
	m->ours.xSync = disk_sync;
	m->ours.xTruncate = disk_truncate;
	f->pMethods = &m->ours;
	return rc;
}

static void disk_init(void)
{
	disk.below = sqlite3_vfs_find(NULL);
	disk.vfs = *disk.below;
	disk.vfs.zName = "ending";
	disk.vfs.xOpen = disk_open;
	sqlite3_vfs_register(&disk.vfs, 1);
}

/* ---- a service that does a request once, whatever is repeated */

struct served {
	char uuid[40], what[40];
};

static int served_list(const char *dir, struct served *list, int most)
{
	char path[160];
	int n = 0;

	snprintf(path, sizeof(path), "%s/service", dir);
	FILE *f = fopen(path, "r");
	while (f && n < most && fscanf(f, "%39s %39s", list[n].uuid, list[n].what) == 2)
		n++;
	if (f)
		fclose(f);
	return n;
}

static const char *what_of(const struct patch *p)
{
	if (p->creates && !strcmp(p->service, "town"))
		return "handed-new";
	if (p->verb && (!strncmp(p->verb, "many-", 5) || !strncmp(p->verb, "back-", 5)))
		return p->verb;
	return p->creates ? "new" : p->note ? p->note : "priority";
}

/* Whether the file that goes with a row is there, whole. */
static bool file_is_whole(const struct patch *p)
{
	struct stat st;

	return p->file_count == 1 && !stat(p->files[0].path, &st) && st.st_size == FILE_SIZE;
}

static void serve(const char *dir, const struct patch *p)
{
	struct served list[50];
	int n = served_list(dir, list, 50);
	char path[160];

	for (int i = 0; i < n; i++)
		if (!strcmp(list[i].uuid, p->uuid))
			return;
	snprintf(path, sizeof(path), "%s/service", dir);
	FILE *f = fopen(path, "a");
	fprintf(f, "%s %s\n", p->uuid, what_of(p));
	fclose(f);
}

static int times(const char *dir, const char *what)
{
	struct served list[50];
	int n = served_list(dir, list, 50), found = 0;

	for (int i = 0; i < n; i++)
		found += !strcmp(list[i].what, what);
	return found;
}

/* The new case of a handing over is there before the old one says so. */
static bool in_order(const char *dir)
{
	struct served list[50];
	int n = served_list(dir, list, 50);
	bool there = false;

	for (int i = 0; i < n; i++) {
		if (!strcmp(list[i].what, "handed-old") && !there)
			return false;
		there = there || !strcmp(list[i].what, "handed-new");
	}
	return true;
}

/* Sends one row. A priority sent with version 1 meets somebody else's change of the tags. */
static bool send_one(struct room *r)
{
	struct patch p = { 0 };
	struct page page;
	struct error outcome = { 0 };

	if (!store_next(r->store, "city", now.now, &p, NULL) &&
		!store_next(r->store, "town", now.now, &p, NULL))
		return false;
	page_init(&page);
	struct casefile *cf = page_case(&page, p.creates ? "c9" : "c1", "2");
	cf->tags = "theirs";
	if (!strcmp(what_of(&p), "priority") && p.version && !strcmp(p.version, "1")) {
		outcome.kind = ERROR_CONFLICT;
	} else if (!strcmp(what_of(&p), "file") && !file_is_whole(&p)) {
		outcome.kind = ERROR_REFUSED; /* it stays, and holds() finds it */
	} else {
		serve(r->dir, &p);
		cf->priority = p.creates ? 3 : 1;
		cf->version = p.creates ? "1" : "3";
	}
	bool good = store_settle(r->store, p.key, &outcome, false, &page, 0, NULL, &r->err);
	page_clear(&page);
	patch_clear(&p);
	return good;
}

/* ---- the program that is ended, and what must hold after */

static void say(int fd, char what)
{
	if (write(fd, &what, 1) != 1)
		_exit(1);
}

/* Killed between any two of its steps: one runs on before it, one after it was copied. */
static bool post_file(struct room *r, int64_t c1)
{
	struct patch p = { .on = ON_CASE, .object = c1, .note = "file" };
	char path[100];

	snprintf(path, sizeof(path), "%s/scan.pdf", r->dir);
	FILE *f = fopen(path, "w");
	for (int i = 0; i < FILE_SIZE; i++)
		fputc('a' + i % 26, f);
	fclose(f);
	patch_file(&p, path);
	if (last_step())
		_exit(KILLED);
	bool good = store_post(r->store, &p, &r->err);
	unlink(path);
	patch_clear(&p);
	return good;
}

static bool post_handing(struct room *r, int64_t key)
{
	struct patch p = { .on = ON_CASE, .object = key, .note = "handed-old" };
	struct patch *first = patch_first(&p);

	first->on = ON_CASE;
	first->creates = true;
	first->service = "town";
	patch_change(first, "subject", NULL, "New lamp there");
	bool good = store_post(r->store, &p, &r->err);
	patch_clear(&p);
	return good;
}

static int spooled(const char *dir)
{
	char path[100];
	int n = 0;

	snprintf(path, sizeof(path), "%s/files", dir);
	DIR *list = opendir(path);
	for (struct dirent *e; list && (e = readdir(list));)
		n += e->d_name[0] != '.';
	if (list)
		closedir(list);
	return n;
}

static void begin_work(struct room *r, const char *dir, int step)
{
	snprintf(r->dir, sizeof(r->dir), "%s", dir);
	disk.left = step;
	disk.torn = step % 2 == 1;
	room_open(r);
	if (!r->store)
		_exit(1);
}

/* Everything a person does in a day, each thing told as soon as the store said it is saved. */
static void work(const char *dir, int fd, int step)
{
	struct room r = { 0 };
	struct draft d = { .kind = "note", .text = "half a sentence", .changed = 5 };
	struct patch create = { .on = ON_CASE, .creates = true, .service = "city" };

	begin_work(&r, dir, step);
	int64_t c1 = store_case_key(r.store, "city", "c1");
	if (post(&r, c1, "priority", "3", "1", NULL))
		say(fd, 'p');
	if (post(&r, c1, NULL, NULL, NULL, "behind"))
		say(fd, 'b');
	patch_change(&create, "subject", NULL, "New lamp");
	if (store_post(r.store, &create, &r.err))
		say(fd, 'n');
	if (post(&r, create.object, NULL, NULL, NULL, "on-new"))
		say(fd, 'o');
	if (post_file(&r, c1))
		say(fd, 'f');
	if (post_handing(&r, c1))
		say(fd, 'h');
	if (store_draft_put(r.store, &d, &r.err))
		say(fd, 'd');
	store_lock_sender(r.store);
	while (send_one(&r))
		continue;
	patch_clear(&create);
	store_close(r.store);
	_exit(0);
}

static bool once(const char *dir, const char *said, char letter, const char *what)
{
	int n = times(dir, what);

	return n == 1 || (n == 0 && !strchr(said, letter));
}

/* Starts again, sends what is left, and looks. */
static bool holds(const char *dir, const char *said)
{
	struct room r = { 0 };
	struct draft *drafts = NULL;
	struct arena arena = { 0 };
	struct page page;

	snprintf(r.dir, sizeof(r.dir), "%s", dir);
	room_open(&r);
	bool good = r.store && r.err.kind == ERROR_NONE;
	if (!good)
		return false;
	store_lock_sender(r.store);
	while (send_one(&r))
		continue;
	good = once(dir, said, 'p', "priority") && once(dir, said, 'b', "behind") &&
	       once(dir, said, 'n', "new") && once(dir, said, 'o', "on-new") &&
	       once(dir, said, 'f', "file") && spooled(dir) == 0 &&
	       once(dir, said, 'h', "handed-new") && once(dir, said, 'h', "handed-old") &&
	       in_order(dir);
	good = good && store_pending(r.store, NULL, NULL) == 0;
	good = good && store_drafts(r.store, &drafts, &arena) >= (strchr(said, 'd') ? 1 : 0);
	page_init(&page);
	good = good && store_case(r.store, store_case_key(r.store, "city", "c1"), &page) &&
	       page.cases[0].priority == (times(dir, "priority") ? 1 : 3);
	page_clear(&page);
	arena_clear(&arena);
	store_close(r.store);
	return good;
}

/* ---- many rows sent together */

enum { MANY = 6 };

static bool is_many(const struct patch *p)
{
	return p->verb && !strncmp(p->verb, "many-", 5);
}

/* The case of a row, as the service has it once it took the row. */
static struct casefile *case_of_row(struct page *page, const struct patch *p, const char *version)
{
	char id[16];

	snprintf(id, sizeof(id), "c%s", p->verb + 5);
	struct casefile *cf = page_case(page, id, version);

	cf->priority = 1;
	return cf;
}

/* All at once: of the second somebody else changed the tags, of the third nobody knows. */
static bool send_many(struct room *r)
{
	struct patch rows[MANY];
	struct settled settled[MANY] = { 0 };
	struct page page;
	int count = store_next_several(r->store, "city", now.now, is_many, rows, 3, MANY);

	page_init(&page);
	for (int i = 0; i < count; i++) {
		settled[i].patch = rows[i].key;
		if (i == 1) {
			struct casefile *cf = case_of_row(&page, &rows[i], "2");

			cf->priority = 3;
			cf->tags = "theirs";
			settled[i].outcome.kind = ERROR_CONFLICT;
			continue;
		}
		serve(r->dir, &rows[i]);
		settled[i].unknown = i == 2;
		settled[i].outcome.kind = i == 2 ? ERROR_OFFLINE : ERROR_NONE;
		if (i != 2)
			case_of_row(&page, &rows[i], "2");
	}
	bool good = count && store_settle_several(r->store, settled, count, &page, 0, &r->err);

	for (int i = 0; i < count; i++)
		patch_clear(&rows[i]);
	page_clear(&page);
	return good;
}

static bool send_single(struct room *r)
{
	struct patch p = { 0 };
	struct error outcome = { 0 };
	struct page page;

	if (!store_next(r->store, "city", now.now, &p, NULL))
		return false;
	page_init(&page);
	serve(r->dir, &p);
	case_of_row(&page, &p, "3");
	bool good = store_settle(r->store, p.key, &outcome, false, &page, 0, NULL, &r->err);

	page_clear(&page);
	patch_clear(&p);
	return good;
}

static void send_all(struct room *r)
{
	store_lock_sender(r->store);
	while (send_many(r))
		continue;
	while (send_single(r))
		continue;
}

static void work_many(const char *dir, int fd, int step)
{
	struct room r = { 0 };
	struct patch rows[MANY], *list[MANY];

	begin_work(&r, dir, step);
	for (int i = 0; i < MANY; i++) {
		char id[16];

		snprintf(id, sizeof(id), "c%d", i + 1);
		rows[i] = (struct patch){ .on = ON_CASE,
			.object = store_case_key(r.store, "city", id) };
		rows[i].verb = arena_printf(&rows[i].arena, "many-%d", i + 1);
		patch_change(&rows[i], "priority", "3", "1");
		list[i] = &rows[i];
	}
	if (store_post_all(r.store, list, MANY, &r.err))
		say(fd, 'm');
	send_all(&r);
	for (int i = 0; i < MANY; i++)
		patch_clear(&rows[i]);
	store_close(r.store);
	_exit(0);
}

static bool holds_many(const char *dir, const char *said)
{
	struct room r = { 0 };
	bool good = true;

	snprintf(r.dir, sizeof(r.dir), "%s", dir);
	room_open(&r);
	if (!r.store || r.err.kind != ERROR_NONE)
		return false;
	send_all(&r);
	good = store_pending(r.store, NULL, NULL) == 0;
	for (int i = 1; i <= MANY; i++) {
		char what[24], id[16];
		struct page page;

		page_init(&page);
		snprintf(what, sizeof(what), "many-%d", i);
		snprintf(id, sizeof(id), "c%d", i);
		good = good && once(dir, said, 'm', what) &&
		       store_case(r.store, store_case_key(r.store, "city", id), &page) &&
		       page.cases[0].priority == (times(dir, what) ? 1 : 3);
		page_clear(&page);
	}
	store_close(r.store);
	return good;
}

/* ---- what people do about rows that wait or are stuck */

enum { BACKS = 8, LATE = 120 * 24 * 3600 };

/* A row went out though its service knows the key no more. */
static bool blindly;

/* What a row is about: its verb, so that what the service does follows from what the store has
 * kept. */
static bool is_back(const struct patch *p, const char *what)
{
	return p->verb && !strcmp(p->verb, what);
}

/* Sends one row, and says to the store what the service said. */
static bool send_back(struct room *r, time_t at)
{
	struct patch p = { 0 };
	struct error outcome = { 0 };
	struct page page;
	bool unknown = false, seen = false;

	if (!store_next(r->store, "city", at, &p, NULL))
		return false;
	page_init(&page);
	struct casefile *cf = page_case(&page, "c1", "2");
	if (p.creates)
		cf->id = "c9";
	else if (p.title)
		cf->id = p.title;
	if (is_back(&p, "back-asked") && !strcmp(p.version, "1")) {
		outcome.kind = ERROR_CONFLICT; /* of the same field */
		cf->priority = 2;
		seen = true;
	} else if (is_back(&p, "back-refused")) {
		outcome.kind = ERROR_REFUSED;
	} else if (is_back(&p, "back-certain") && !p.tries) {
		outcome.kind = ERROR_OFFLINE;
		unknown = true;
	} else if (is_back(&p, "back-certain") && !strcmp(p.version, "1")) {
		store_certain(r->store, p.key);
		outcome.kind = ERROR_CONFLICT; /* of another one */
		cf->tags = "theirs";
		seen = true;
	} else if (is_back(&p, "back-lapsed")) {
		outcome.kind = ERROR_CONFLICT;
		snprintf(outcome.code, sizeof(outcome.code), "lease-lost");
		seen = true;
	} else if (is_back(&p, "back-old")) {
		blindly = blindly || (p.unsure && p.sent < at - LATE / 2);
		serve(r->dir, &p);
		outcome.kind = ERROR_OFFLINE;
		unknown = true;
	} else {
		serve(r->dir, &p);
		cf->version = "3";
		seen = true;
		if (p.creates)
			page.unmet = "priority";
		else if (p.count)
			cf->priority = 1;
	}
	bool good = store_settle(
		r->store, p.key, &outcome, unknown, seen ? &page : NULL, at + 60, NULL, &r->err);
	page_clear(&page);
	patch_clear(&p);
	return good;
}

/* What is unknown waits a minute each time. */
static void send_backs(struct room *r, time_t at)
{
	store_lock_sender(r->store);
	for (int minute = 0; minute < 3; minute++)
		while (send_back(r, at + minute * 60))
			continue;
}

static int64_t post_back(struct room *r, int i, const char *what, bool changes, time_t hold,
	int64_t draft, const char *said, int fd)
{
	char id[16];

	snprintf(id, sizeof(id), "c%d", i);
	struct patch p = { .on = ON_CASE,
		.object = store_case_key(r->store, "city", id),
		.verb = what,
		.version = "1",
		.title = id,
		.not_before = hold,
		.draft = draft };
	if (changes)
		patch_change(&p, "priority", "3", "1");
	else
		p.note = what;
	int64_t key = store_post(r->store, &p, &r->err) ? p.key : 0;
	patch_clear(&p);
	if (key)
		say(fd, *said);
	return key;
}

static int64_t row_of(struct room *r, const char *what, struct patch *out)
{
	int count;
	struct patch *list = store_outbox(r->store, &count);
	int64_t key = 0;

	for (int i = 0; i < count; i++)
		if (is_back(&list[i], what)) {
			key = list[i].key;
			if (out)
				patch_copy(out, &list[i]);
		}
	store_outbox_free(list, count);
	return key;
}

static bool draft_of(struct room *r, const char *text)
{
	struct draft *list = NULL;
	struct arena arena = { 0 };
	int count = store_drafts(r->store, &list, &arena);
	bool there = false;

	for (int i = 0; i < count; i++)
		there = there || !strcmp(list[i].text, text);
	arena_clear(&arena);
	return there;
}

static void work_back(const char *dir, int fd, int step)
{
	struct room r = { 0 };
	struct draft d = { .kind = "note", .text = "back-drafted", .changed = 5 };
	struct patch create = { .on = ON_CASE, .creates = true, .service = "city", .verb = "new" };
	struct patch again_ = { 0 };

	begin_work(&r, dir, step);
	if (store_draft_put(r.store, &d, &r.err))
		say(fd, 'd');
	post_back(&r, 1, "back-drafted", false, 0, d.key, "a", fd);
	int64_t held = post_back(&r, 2, "back-recalled", false, now.now + 3600, 0, "e", fd);
	post_back(&r, 3, "back-asked", true, 0, 0, "c", fd);
	int64_t refused = post_back(&r, 4, "back-refused", false, 0, 0, "g", fd);
	post_back(&r, 5, "back-certain", true, 0, 0, "k", fd);
	post_back(&r, 6, "back-old", true, 0, 0, "o", fd);
	post_back(&r, 7, "back-lapsed", true, 0, 0, "l", fd);
	patch_change(&create, "subject", NULL, "New lamp");
	patch_change(&create, "priority", NULL, "5");
	if (store_post(r.store, &create, &r.err))
		say(fd, 'n');
	patch_clear(&create);
	if (store_recall(r.store, held, &r.err))
		say(fd, 'R');
	send_backs(&r, now.now);
	if (row_of(&r, "back-asked", &again_)) {
		again_.changes[0].before = "2";
		again_.version = "2";
		if (store_retry(r.store, &again_, &r.err))
			say(fd, 'y');
	}
	patch_clear(&again_);
	if (store_drop(r.store, refused, &r.err))
		say(fd, 'x');
	send_backs(&r, now.now);
	send_backs(&r, now.now + LATE);
	store_close(r.store);
	_exit(blindly);
}

/* Where a thing said to be saved may be afterwards: in just one of its places, unless it was not
 * yet said. */
static bool in_one_place(const char *said, char letter, int places)
{
	return places == 1 || (places == 0 && !strchr(said, letter));
}

static bool holds_back(const char *dir, const char *said)
{
	struct room r = { 0 };

	snprintf(r.dir, sizeof(r.dir), "%s", dir);
	room_open(&r);
	if (!r.store || r.err.kind != ERROR_NONE)
		return false;
	blindly = false;
	send_backs(&r, now.now);
	send_backs(&r, now.now + LATE);
	const bool kept[] = {
		!blindly,
		in_one_place(said, 'd', times(dir, "back-drafted") + draft_of(&r, "back-drafted")),
		times(dir, "back-drafted") || !strchr(said, 'a'),
		in_one_place(
			said, 'e', times(dir, "back-recalled") + draft_of(&r, "back-recalled")),
		!times(dir, "back-recalled") || !strchr(said, 'R'),
		in_one_place(said, 'c',
			times(dir, "back-asked") + (row_of(&r, "back-asked", NULL) != 0)),
		times(dir, "back-asked") || !strchr(said, 'y'),
		!times(dir, "back-refused"),
		!row_of(&r, "back-refused", NULL) || !strchr(said, 'x'),
		once(dir, said, 'k', "back-certain") && !row_of(&r, "back-certain", NULL),
		once(dir, said, 'o', "back-old"),
		(row_of(&r, "back-old", NULL) != 0) == (times(dir, "back-old") == 1),
		!times(dir, "back-lapsed"),
		row_of(&r, "back-lapsed", NULL) || !strchr(said, 'l'),
		/* What did not take of a new case is there, once, and the new case is not made
		   again. */
		once(dir, said, 'n', "new") && !row_of(&r, "new", NULL),
		(row_of(&r, "edit", NULL) != 0) == (times(dir, "new") == 1),
	};
	bool good = true;

	for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++)
		if (!kept[i]) {
			printf("# it does not hold: the %zu. of what has to\n", i + 1);
			good = false;
		}
	store_close(r.store);
	return good;
}

/* ---- killing */

struct day {
	void (*work)(const char *dir, int fd, int step);
	bool (*holds)(const char *dir, const char *said);
	int cases;
};

/* The store as each end finds it: making it takes longer than what is tried. */
static void morning(const struct day *day, struct room *r)
{
	room_init(r);
	for (int i = 1; i <= day->cases; i++) {
		char id[16];

		snprintf(id, sizeof(id), "c%d", i);
		put_case(r, id, "1", 3, NULL);
	}
	store_close(r->store);
	r->store = NULL;
}

static const struct room *copied_from;
static struct room *copied_to;

static int copy_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	char to[200];
	(void)ftw;

	snprintf(to, sizeof(to), "%s%s", copied_to->dir, path + strlen(copied_from->dir));
	if (type == FTW_D)
		return mkdir(to, st->st_mode & 0777) && errno != EEXIST;
	int in = open(path, O_RDONLY | O_CLOEXEC),
	    out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, st->st_mode & 0777);
	bool good =
		in >= 0 && out >= 0 && sendfile(out, in, NULL, (size_t)st->st_size) == st->st_size;

	return close(in) || close(out) || !good;
}

static void again(const struct room *before, struct room *r)
{
	*r = (struct room){ 0 };
	snprintf(r->dir, sizeof(r->dir), "/tmp/caseload-store-XXXXXX");
	copied_from = before;
	copied_to = r;
	if (!mkdtemp(r->dir) || nftw(before->dir, copy_one, 8, FTW_PHYS))
		abort();
}

/* 0: held and was killed, 1: held and came to its end, -1: did not hold. */
static int one_end(const struct day *day, const struct room *before, int step)
{
	struct room r;
	int ends[2], status = 0;
	char said[16] = "";

	again(before, &r);
	if (pipe(ends))
		abort();
	pid_t child = fork();
	if (child == 0)
		day->work(r.dir, ends[1], step);
	close(ends[1]);
	waitpid(child, &status, 0);
	ssize_t n = read(ends[0], said, sizeof(said) - 1);
	said[n > 0 ? n : 0] = '\0';
	close(ends[0]);

	int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	bool good = (code == 0 || code == KILLED) && day->holds(r.dir, said);
	if (!good)
		printf("# step %d: ended %d, said \"%s\", served p%d b%d n%d o%d h%d h%d\n", step,
			code, said, times(r.dir, "priority"), times(r.dir, "behind"),
			times(r.dir, "new"), times(r.dir, "on-new"), times(r.dir, "handed-new"),
			times(r.dir, "handed-old"));
	room_clear(&r);
	if (!good)
		return -1;
	return code == KILLED ? 0 : 1;
}

/* Ended by the system in the middle of the copy, when the copy reaches 1 MiB. */
static void copy_cut(struct room *r, int64_t c1)
{
	struct rlimit most = { 1 << 20, 1 << 20 };
	struct patch p = { .on = ON_CASE, .object = c1, .note = "file" };

	setrlimit(RLIMIT_FSIZE, &most);
	room_open(r);
	patch_file(&p, r->dir);
	p.files[0].path = arena_printf(&p.arena, "%s/large", r->dir);
	store_post(r->store, &p, &r->err);
	_exit(0);
}

static void test_copy_cut(void)
{
	struct room r;
	char path[100];
	int status = 0;

	room_init(&r);
	int64_t c1 = put_case(&r, "c1", "1", 3, NULL);
	store_close(r.store);
	r.store = NULL;
	snprintf(path, sizeof(path), "%s/large", r.dir);
	ok(!close(open(path, O_WRONLY | O_CREAT, 0600)) && !truncate(path, 3 << 20));
	pid_t child = fork();
	if (child == 0)
		copy_cut(&r, c1);
	waitpid(child, &status, 0);
	ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ);
	same_int(spooled(r.dir), 1);
	room_open(&r);
	same_int(spooled(r.dir), 0);
	same_int(store_pending(r.store, NULL, NULL), 0);
	room_clear(&r);
}

static void at_any_step(const struct day *day)
{
	struct room before;
	int step = 1, result = 0;

	morning(day, &before);
	for (; step < STEPS_MAX && result == 0; step++) {
		result = one_end(day, &before, step);
		ok(result >= 0);
		if (result < 0)
			result = 0;
	}
	room_clear(&before);
	printf("# %d steps\n", step - 2);
	ok(result == 1);
	ok(step > 30);
}

int main(void)
{
	static const struct day usual = { work, holds, 1 }, many = { work_many, holds_many, MANY },
				back = { work_back, holds_back, BACKS };

	setenv("TZ", "UTC", 1);
	disk_init();
	test("killed at any step, what was said to be saved takes effect once") {
		at_any_step(&usual);
	}
	test("killed while many go together: each of them takes effect once") {
		at_any_step(&many);
	}
	test("killed while rows are taken back, asked about, given up or too old: each is in one "
	     "place") {
		at_any_step(&back);
	}
	test("killed while a file is copied: nothing was saved, and nothing of it stays") {
		test_copy_cut();
	}
	return test_result();
}
