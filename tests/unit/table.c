/* A window on a real store: the cursor stays on its case whatever comes and goes, marks, places. */
#include "model/arena.h"
#include "tests/lib.h"
#include "tui/table.h"
#include <sys/stat.h>
#include <unistd.h>

enum { CASES = 200, SERVICE_TIME = 1800000000 };

static struct query_now now = { .me = "me", .team = "t", .now = SERVICE_TIME };

struct place {
	char data[64], cache[80];
	struct store *store;
};

static void place_open(struct place *p)
{
	struct error err = { 0 };
	snprintf(p->data, sizeof(p->data), "/tmp/table.XXXXXX");
	ok(mkdtemp(p->data) != NULL);
	snprintf(p->cache, sizeof(p->cache), "%s/cache", p->data);
	mkdir(p->cache, 0700);
	p->store = store_open(p->data, p->cache, &err);
	if (!ok(p->store != NULL))
		printf("# %s\n", err.text);
}

static void place_close(struct place *p)
{
	static const char *const files[] = { "outbox.db", "outbox.db-wal", "outbox.db-shm",
		"cache/cache.db", "cache/cache.db-wal", "cache/cache.db-shm", "lock", "cache/lock",
		"sender.lock", "cache/sender.lock", "outbox.lock" };
	char path[128];
	store_close(p->store);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", p->data, files[i]);
		unlink(path);
	}
	rmdir(p->cache);
	rmdir(p->data);
}

/* A case that falls due that many hours from now; version makes a later word win. */
static void put_case(struct place *p, int number, int due_hours, const char *status, int version)
{
	struct page page;
	struct error err = { 0 };
	page_init(&page);
	struct casefile *cf = page_add_case(&page);
	cf->id = arena_printf(&page.arena, "c%d", number);
	cf->number = arena_printf(&page.arena, "2026-%06d", number);
	cf->version = arena_printf(&page.arena, "%d", version);
	cf->subject = arena_printf(&page.arena, "Bin %d", number);
	cf->status = arena_copy(&page.arena, status);
	stage_read(strcmp(status, "resolved") == 0 ? "done" : status, &cf->stage);
	cf->due = SERVICE_TIME + due_hours * 3600;
	cf->opened = cf->changed = SERVICE_TIME - 86400 + version;
	ok(store_put(p->store, "city", &page, &err));
	page_clear(&page);
}

static const char *focus(const struct table *t)
{
	const struct casefile *cf = table_focus(t);
	return cf ? cf->subject : "(none)";
}

static void open_table(struct table *t, struct place *p)
{
	struct error err = { 0 };
	*t = (struct table){ .rows = 18 };
	ok(table_open(t, "is:open sort:due", "number due nosuch subject", &err));
	table_load(t, p->store, &now);
}

/* What must hold after every step. */
static void check(const struct table *t)
{
	ok(t->page.case_count == 0 ? t->at == -1 : t->at >= 0 && t->at < t->page.case_count);
	if (t->at >= 0)
		ok(t->page.cases[t->at].key == t->cursor);
	ok(t->top >= 0);
	ok(t->at < 0 || (t->at >= t->top && t->at < t->top + t->rows));
}

int main(void)
{
	struct place p;
	struct table t;
	struct error err = { 0 };
	place_open(&p);
	if (!p.store)
		return test_result();

	test("an empty list has no focus, and moving in it is harmless") {
		open_table(&t, &p);
		check(&t);
		table_move(&t, p.store, &now, 1);
		table_move(&t, p.store, &now, TABLE_END);
		table_move(&t, p.store, &now, -5);
		check(&t);
		same_int(table_place(&t), 0);
		struct page page;
		page_init(&page);
		ok(!table_targets(&t, p.store, &page, &err));
		page_clear(&page);
		table_clear(&t);
	}

	for (int i = 1; i <= CASES; i++)
		put_case(&p, i, i, "open", 1);

	test("the cursor walks every row, and the place is known") {
		open_table(&t, &p);
		same(t.columns[2], "subject");
		same_int(t.total, CASES);
		for (int i = 1; i <= CASES; i++) {
			char want[16];
			snprintf(want, sizeof(want), "Bin %d", i);
			same(focus(&t), want);
			same_int(table_place(&t), i);
			check(&t);
			table_move(&t, p.store, &now, 1);
		}
		same_int(table_place(&t), CASES);
		for (int i = CASES; i > 1; i--) {
			same_int(table_place(&t), i);
			table_move(&t, p.store, &now, -1);
			check(&t);
		}
		same(focus(&t), "Bin 1");
		table_clear(&t);
	}

	test("pages, the end and the beginning") {
		open_table(&t, &p);
		table_move(&t, p.store, &now, 17);
		same(focus(&t), "Bin 18");
		table_move(&t, p.store, &now, 100);
		same(focus(&t), "Bin 118");
		same_int(table_place(&t), 118);
		table_move(&t, p.store, &now, TABLE_END);
		same(focus(&t), "Bin 200");
		same_int(table_place(&t), 200);
		ok(t.exact);
		table_move(&t, p.store, &now, -1000);
		same(focus(&t), "Bin 1");
		table_move(&t, p.store, &now, TABLE_END);
		table_move(&t, p.store, &now, TABLE_START);
		same(focus(&t), "Bin 1");
		same_int(table_place(&t), 1);
		check(&t);
		table_clear(&t);
	}

	test("rows that come above move neither focus nor scroll") {
		open_table(&t, &p);
		table_move(&t, p.store, &now, 50);
		int offset = t.at - t.top;
		for (int i = 0; i < 7; i++)
			put_case(&p, 1000 + i, -10 - i, "open", 1);
		table_load(&t, p.store, &now);
		same(focus(&t), "Bin 51");
		same_int(t.at - t.top, offset);
		check(&t);
		table_find_place(&t, p.store, &now);
		same_int(table_place(&t), 58);
		table_clear(&t);
		for (int i = 0; i < 7; i++)
			put_case(&p, 1000 + i, -10 - i, "resolved", 2);
	}

	test("the focus goes along when its case is sorted elsewhere") {
		open_table(&t, &p);
		table_move(&t, p.store, &now, 9);
		same(focus(&t), "Bin 10");
		put_case(&p, 10, 150, "open", 2);
		table_load(&t, p.store, &now);
		same(focus(&t), "Bin 10");
		table_find_place(&t, p.store, &now);
		ok(table_place(&t) > 140);
		put_case(&p, 10, 10, "open", 3);
		table_clear(&t);
	}

	test("a case closed elsewhere stays in focus as gone, until the focus leaves it") {
		open_table(&t, &p);
		table_move(&t, p.store, &now, 19);
		put_case(&p, 20, 20, "resolved", 4);
		table_load(&t, p.store, &now);
		same(focus(&t), "Bin 20");
		ok(table_focus_gone(&t));
		struct page page;
		page_init(&page);
		ok(!table_targets(&t, p.store, &page, &err));
		same_int(err.kind, ERROR_GONE);
		page_clear(&page);
		table_load(&t, p.store, &now);
		same(focus(&t), "Bin 20");
		table_move(&t, p.store, &now, 1);
		same(focus(&t), "Bin 21");
		table_move(&t, p.store, &now, -1);
		same(focus(&t), "Bin 19");
		check(&t);
		put_case(&p, 20, 20, "open", 5);
		table_clear(&t);
	}

	test("a case closed by the person lets the focus go on to the next") {
		open_table(&t, &p);
		table_move(&t, p.store, &now, 29);
		struct patch patch = { 0 };
		patch.service = "city";
		patch.object = t.cursor;
		patch_change(&patch, "stage", "open", "done");
		ok(store_post(p.store, &patch, &err));
		table_load(&t, p.store, &now);
		same(focus(&t), "Bin 31");
		ok(!table_focus_gone(&t));
		ok(store_drop(p.store, patch.key, &err));
		patch_clear(&patch);
		table_clear(&t);
	}

	test("marks stay on their cases, and all can be marked") {
		open_table(&t, &p);
		table_mark(&t, t.cursor, true);
		table_move(&t, p.store, &now, 3);
		table_mark(&t, t.cursor, true);
		same_int(t.mark_count, 2);
		struct page page;
		page_init(&page);
		ok(table_targets(&t, p.store, &page, &err));
		same_int(page.case_count, 2);
		page_clear(&page);
		table_mark(&t, t.cursor, false);
		same_int(t.mark_count, 1);
		ok(table_mark_all(&t, p.store, &now));
		same_int(t.mark_count, t.total);
		for (int i = 0; i < t.page.case_count; i++)
			ok(table_marked(&t, t.page.cases[i].key));
		table_mark_none(&t);
		ok(table_mark_query(&t, p.store, &now, "number:2026-000007", &err));
		same_int(t.mark_count, 1);
		ok(!table_mark_query(&t, p.store, &now, "nosuch:field", &err));
		table_clear(&t);
	}

	test("a filter and a sort are laid over the view's own") {
		open_table(&t, &p);
		ok(table_set_filter(&t, "number:2026-000150", &err));
		table_load(&t, p.store, &now);
		same_int(t.total, 1);
		same(focus(&t), "Bin 150");
		ok(!table_set_filter(&t, "due<", &err));
		same(t.filter, "number:2026-000150");
		ok(table_set_filter(&t, NULL, &err));
		ok(table_set_sort(&t, "-due", &err));
		table_move(&t, p.store, &now, TABLE_START);
		same(focus(&t), "Bin 200");
		table_move(&t, p.store, &now, 1);
		same(focus(&t), "Bin 199");
		ok(!table_set_sort(&t, "nosuch", &err));
		same(t.sort, "-due");
		table_clear(&t);
	}

	place_close(&p);
	return test_result();
}
