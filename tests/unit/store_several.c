/* Two services in one store: me is another in each, one order over both, and how many there are. */
#include "tests/unit/store_room.h"

/* s.rossi is me in city and somebody else in rt; root is me in rt and nobody in city. */
static const struct query_who who[] = { { "city", "s.rossi", "refuse" }, { "rt", "root", "refuse" } };
static const struct query_now both = { .now = 1794650400, .who = who, .who_count = 2 };

static struct casefile *add(struct page *page, int i, const char *worker)
{
	struct casefile *cf = page_case(page, arena_printf(&page->arena, "%03d", i), "1");

	cf->worker = worker;
	cf->due = now.now + i * 3600;
	return cf;
}

/* Cases 0, 2, 4 ... of city and 1, 3, 5 ... of rt, due one after the other. */
static void fill(struct room *r, int count)
{
	static const char *const names[] = { "city", "rt" };
	static const char *const workers[] = { "s.rossi", "root", "k.byrne" };

	for (int s = 0; s < 2; s++) {
		struct page page;

		page_init(&page);
		for (int i = s; i < count; i += 2)
			add(&page, i, workers[i / 2 % 3]);
		store_put(r->store, names[s], &page, &r->err);
		page_clear(&page);
	}
}

static struct query parsed(const char *text)
{
	struct query q;

	query_parse(&q, QUERY_CASES, text, NULL, NULL);
	return q;
}

static int found(struct room *r, const char *text, struct window w, struct page *page)
{
	struct query q = parsed(text);

	page_init(page);
	store_find(r->store, &q, &both, w, page, &r->err);
	query_clear(&q);
	return page->case_count;
}

/* Whether rows and count are exactly what query_match() says of each case. */
static bool agrees(struct room *r, const char *text)
{
	struct query q = parsed(text), all = parsed("sort:due");
	struct page every, rows;
	int matching = 0;

	page_init(&every);
	store_find(r->store, &all, &both, (struct window){ .limit = 1000 }, &every, &r->err);
	for (int i = 0; i < every.case_count; i++)
		matching += query_match(&q, &both, &every.cases[i]);
	int rows_found = found(r, text, (struct window){ .limit = 1000 }, &rows);
	bool good = rows_found == matching && store_count(r->store, &q, &both) == matching;
	for (int i = 0; i < rows_found; i++)
		good = good && query_match(&q, &both, &rows.cases[i]);
	for (int i = 1; i < rows_found; i++)
		good = good && query_compare(&q, &rows.cases[i - 1], &rows.cases[i]) < 0;
	page_clear(&every);
	page_clear(&rows);
	query_clear(&q);
	query_clear(&all);
	return good && matching > 0;
}

static void test_me(struct room *r)
{
	struct page rows;

	test("owner:me is another worker in each service") {
		int n = found(r, "owner:me sort:due", (struct window){ .limit = 100 }, &rows);

		ok(n == 20);
		for (int i = 0; i < n; i++)
			same(rows.cases[i].worker, strcmp(rows.cases[i].service, "rt") ? "s.rossi" : "root");
		page_clear(&rows);
	}
	test("rows, counts and matching agree, wherever me stands") {
		static const char *const texts[] = { "owner:me sort:due", "-owner:me sort:due",
			"owner:me,k.byrne sort:-due", "(owner:me OR owner:none) sort:number",
			"team:me sort:priority,due", "team:me -owner:me source:rt sort:due",
			"owner:me source:city", "is:open owner:me sort:due", NULL };

		for (int i = 0; texts[i]; i++) {
			ok(agrees(r, texts[i]));
			if (!agrees(r, texts[i]))
				printf("# %s\n", texts[i]);
		}
	}
	test("a window begins and ends anywhere in the merged order") {
		struct page whole, part;
		struct query q = parsed("owner:me sort:due");
		struct arena arena = { 0 };
		int n = found(r, "owner:me sort:due", (struct window){ .limit = 100 }, &whole);

		for (int i = 0; i < n; i++) {
			struct window w = { .values = store_window_values(&q, &whole.cases[i], &arena),
				.key = whole.cases[i].key, .limit = 3 };

			ok(found(r, "owner:me sort:due", w, &part) == (n - i < 3 ? n - i : 3));
			ok(part.cases[0].key == whole.cases[i].key);
			page_clear(&part);
			w.back = true;
			int before = found(r, "owner:me sort:due", w, &part);
			ok(before == (i < 3 ? i : 3));
			ok(!before || part.cases[before - 1].key == whole.cases[i - 1].key);
			page_clear(&part);
		}
		page_clear(&whole);
		arena_clear(&arena);
		query_clear(&q);
	}
}

static void answer(struct room *r, const char *service, const char *text, int total, const char *next)
{
	struct query q = parsed(text);
	struct buf words = { 0 };
	struct page page;

	query_print(&words, &q);
	page_init(&page);
	page.total = total;
	page.next = next;
	store_put_list(r->store, service, "cases", buf_str(&words), &page, false, now.now, &r->err);
	page_clear(&page);
	buf_clear(&words);
	query_clear(&q);
}

static int total(struct room *r, const char *text, bool *more)
{
	struct query q = parsed(text);
	int n = store_total(r->store, &q, &both, more);

	query_clear(&q);
	return n;
}

static void test_totals(struct room *r)
{
	bool more = true;

	test("what is known here counts where all of it is here") {
		ok(total(r, "owner:me", &more) == 20 && !more);
		answer(r, "city", "owner:me", 10, NULL);
		ok(total(r, "owner:me", &more) == 20 && !more);
	}
	test("one that does not say how many makes it so many or more") {
		answer(r, "rt", "owner:me", -1, "next");
		ok(total(r, "owner:me", &more) == 20 && more);
	}
	test("a service with further pages counts as it says, the other as it is known") {
		answer(r, "rt", "owner:me", 500, "next");
		ok(total(r, "owner:me", &more) == 510 && !more);
	}
	test("what is pending is laid over what the service says") {
		answer(r, "rt", "owner:me", 500, "next");
		post(r, store_case_key(r->store, "rt", "003"), "worker", "root", NULL, NULL);
		post(r, store_case_key(r->store, "city", "000"), "worker", "s.rossi", NULL, NULL);
		ok(total(r, "owner:me", &more) == 508 && !more);
		ok(total(r, "owner:me source:rt", &more) == 499 && !more);
	}
}

static void test_status(struct room *r)
{
	struct page page;

	page_init(&page);
	struct casefile *cf = page_case(&page, "900", "1");
	cf->status = "waiting";
	cf->stage = STAGE_WAITING;
	cf->step = "Stalled";
	store_put(r->store, "rt", &page, &r->err);
	page_clear(&page);
	test("a status in a service's own words finds the step, the five words the status alone") {
		ok(count(r, "status:stalled") == 1 && count(r, "status:STALL*") == 1);
		ok(count(r, "-status:stalled source:rt") == 30);
		ok(count(r, "status:waiting") == 1 && count(r, "status:stalled,open") == 61);
	}
}

int main(void)
{
	struct room r;

	room_init(&r);
	fill(&r, 60);
	test_me(&r);
	test_status(&r);
	test_totals(&r);
	room_clear(&r);
	return test_result();
}
