/* One person in several services: found by index, joined, kept apart, and what was said kept. */
#include "tests/unit/store_room.h"

static int64_t put(struct room *r, const char *service, struct citizen c)
{
	struct page page;

	page_init(&page);
	*page_add_citizen(&page) = c;
	ok(store_put(r->store, service, &page, &r->err));
	page_clear(&page);
	return store_citizen_key(r->store, service, c.id);
}

/* "city/p1 rt/7(l)": who is joined, likely, apart. */
static void same_person(struct room *r, int64_t key, const char *want)
{
	static const char *const marks[] = { [PLACE_NONE] = "?", "", "(l)", "(a)" };
	struct person p;
	struct buf got = { 0 };

	store_person(r->store, key, &p);
	for (int i = 0; i < p.count; i++)
		buf_printf(&got, "%s%s/%s%s", i ? " " : "", p.records[i].citizen->service,
			p.records[i].citizen->id, marks[p.records[i].place]);
	same(buf_str(&got), want);
	buf_clear(&got);
	person_clear(&p);
}

struct people {
	int64_t jane, rt, town, far;
};

static struct people put_people(struct room *r)
{
	return (struct people){
		put(r, "city", (struct citizen){ .id = "p1", .ref = "NL44710932", .given = "Jane",
				       .family = "Okafor", .born = "1990-03-14", .open_cases = 2, .all_cases = 5 }),
		put(r, "rt", (struct citizen){ .id = "jane@e.org", .ref = "nl 4471 0932",
				     .mail = "jane@e.org" }),
		put(r, "town", (struct citizen){ .id = "9", .family = "Okafor", .given = "Jane",
				       .born = "1990-03-14", .open_cases = 1, .all_cases = 1 }),
		put(r, "town", (struct citizen){ .id = "10", .family = "Okafor", .given = "Jane",
				       .born = "1961-03-14" }),
	};
}

static void counted(void)
{
	struct room r;
	struct page page;

	room_init(&r);
	struct citizen jane = { .id = "p1", .version = "1", .family = "Okafor", .open_cases = 1,
		.all_cases = 1 };
	int64_t key = put(&r, "city", jane);

	jane.open_cases = 0;
	put(&r, "city", jane);
	page_init(&page);
	ok(store_citizen(r.store, key, &page));
	same_int(page.citizens[0].open_cases, 0);
	page_clear(&page);
	put(&r, "city", (struct citizen){ .id = "p1", .version = "1", .mail = "jane@e.org" });
	page_init(&page);
	ok(store_citizen(r.store, key, &page));
	same_int(page.citizens[0].all_cases, 1);
	same(page.citizens[0].family, "Okafor");
	page_clear(&page);
	room_clear(&r);
}

static void found(void)
{
	struct room r;

	room_init(&r);
	struct people who = put_people(&r);
	same_person(&r, who.jane, "city/p1 rt/jane@e.org town/9(l)");
	same_person(&r, who.rt, "rt/jane@e.org city/p1 town/9(l)");
	same_person(&r, who.town, "town/9 city/p1(l)");
	same_person(&r, who.far, "town/10");
	put(&r, "town", (struct citizen){ .id = "9", .version = "2", .family = "Okafor", .given = "Jane",
				 .born = "1990-03-14", .mail = "Jane@E.org" });
	same_person(&r, who.jane, "city/p1 rt/jane@e.org town/9");
	same_person(&r, who.town, "town/9 city/p1 rt/jane@e.org");
	room_clear(&r);
}

static void said(void)
{
	struct room r;

	room_init(&r);
	struct people who = put_people(&r);
	int64_t join = store_person_say(
		r.store, who.jane, who.town, SAID_JOIN, "s.rossi", now.now, &r.err);

	ok(join > 0);
	same_person(&r, who.jane, "city/p1 rt/jane@e.org town/9");
	same_person(&r, who.town, "town/9 city/p1 rt/jane@e.org");
	/* Each with each: without the city's record the other two still are one. */
	int64_t apart = store_person_say(
		r.store, who.rt, who.jane, SAID_APART, "s.rossi", now.now, &r.err);
	ok(apart > join);
	same_person(&r, who.rt, "rt/jane@e.org town/9 city/p1(a)");
	same_person(&r, who.jane, "city/p1 rt/jane@e.org(a) town/9(a)");

	/* On disk; the cache may go, and comes again under the same names. */
	char path[100];
	store_close(r.store);
	snprintf(path, sizeof(path), "%s/cache.db", r.dir);
	unlink(path);
	room_open(&r);
	who = put_people(&r);
	same_person(&r, who.rt, "rt/jane@e.org town/9 city/p1(a)");

	ok(store_person_undo(r.store, apart, "k.byrne", now.now, &r.err));
	same_person(&r, who.jane, "city/p1 rt/jane@e.org town/9");
	ok(store_person_undo(r.store, join, "k.byrne", now.now, &r.err));
	same_person(&r, who.jane, "city/p1 rt/jane@e.org town/9(l)");
	ok(!store_person_say(r.store, who.jane, who.jane, SAID_JOIN, "me", now.now, &r.err));
	same_int(r.err.kind, ERROR_USAGE);
	room_clear(&r);
}

static void rows(void)
{
	struct room r;
	struct page page;
	struct arena arena = { 0 };
	struct person_row *list;
	struct query query;

	room_init(&r);
	page_init(&page);
	struct people who = put_people(&r);
	put(&r, "rt", (struct citizen){ .id = "jane@e.org", .version = "2", .ref = "nl 4471 0932",
			       .family = "Okafor", .mail = "jane@e.org", .guarded = true });
	query_parse(&query, QUERY_CITIZENS, "okafor", NULL, NULL);
	store_citizens(r.store, &query, &now, 10, &page);
	same_int(page.citizen_count, 4);
	same_int(store_person_rows(r.store, &page, &list, &arena), 3);
	for (int i = 0; i < 3; i++) {
		bool one = list[i].records == 2;

		ok(one == list[i].guarded);
		ok(!one || !strcmp(list[i].services, "city+rt") ||
			!strcmp(list[i].services, "rt+city"));
		ok(!one || list[i].open_cases == 2);
	}
	store_person_say(r.store, who.jane, who.town, SAID_JOIN, "me", now.now, &r.err);
	same_int(store_person_rows(r.store, &page, &list, &arena), 2);
	query_clear(&query);
	arena_clear(&arena);
	page_clear(&page);
	room_clear(&r);
}

static void cases(void)
{
	struct room r;
	struct page page;

	room_init(&r);
	struct people who = put_people(&r);
	page_init(&page);
	page_case(&page, "1", "1")->citizen = "p1";
	store_put(r.store, "city", &page, &r.err);
	page_clear(&page);
	page_init(&page);
	page_case(&page, "2", "1")->citizen = "jane@e.org";
	store_put(r.store, "rt", &page, &r.err);
	page_clear(&page);
	page_init(&page);
	ok(store_person_cases(r.store, who.rt, &page));
	same_int(page.case_count, 2);
	page_clear(&page);
	page_init(&page);
	store_person_cases(r.store, who.town, &page);
	same_int(page.case_count, 0);
	page_clear(&page);
	room_clear(&r);
}

int main(void)
{
	test("no case is open any more at the same version of the citizen; what is not told stays") {
		counted();
	}
	test("found by their marks, joined or likely")
		found();
	test("what was said holds, also without the cache, and is taken back")
		said();
	test("one row a person in a search")
		rows();
	test("the cases of all records")
		cases();
	return test_result();
}
