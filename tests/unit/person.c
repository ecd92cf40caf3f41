/* Who is one person: the rules pair by pair, groups, and real lists of people: the test persons of
   the Dutch register and names of 126 locales. */
#include "model/csv.h"
#include "model/person.h"
#include "model/query.h"
#include "tests/lib.h"

#include <unistd.h>

static const struct citizen jane = { .service = "city",
	.id = "p1",
	.ref = "NL 4471-0932",
	.given = "Jane",
	.family = "Okafor",
	.born = "1990-03-14",
	.postcode = "3521 AB",
	.phone = "+31 6 1234 5678",
	.mail = "J.Okafor@Example.org" };

/* Jane as another service has her, with nothing but the name. */
static struct citizen other(void)
{
	return (struct citizen){
		.service = "rt", .id = "7", .given = "Jane", .family = "Okafor" };
}

static void same_tie(const struct citizen *a, const struct citizen *b, enum person_tie tie,
	enum person_why why)
{
	struct person_verdict v = person_compare(a, b), back = person_compare(b, a);

	same_int(v.tie, tie);
	same(person_why_name(v.why), person_why_name(why));
	same_int(back.tie, v.tie);
	same_int(back.why, v.why);
}

static void strong(void)
{
	struct citizen c = other();

	c.ref = "nl44710932";
	same_tie(&jane, &c, TIE_SAME, WHY_REF);
	c.family = "Smith"; /* married */
	same_tie(&jane, &c, TIE_SAME, WHY_REF);
	c.given = "Bo";
	same_tie(&jane, &c, TIE_LIKELY, WHY_REF_ALONE);
	c.born = "1990-03-14";
	same_tie(&jane, &c, TIE_SAME, WHY_REF);
	c.given = c.family = c.born = NULL;
	same_tie(&jane, &c, TIE_SAME, WHY_REF);
	c.service = "city";
	same_tie(&jane, &c, TIE_LIKELY, WHY_REF);

	c = other();
	c.mail = "j.okafor@example.ORG";
	same_tie(&jane, &c, TIE_SAME, WHY_MAIL);
	c.given = NULL;
	c.family = "OKAFOR JANE";
	same_tie(&jane, &c, TIE_SAME, WHY_MAIL);
	c.family = NULL;
	same_tie(&jane, &c, TIE_SAME, WHY_MAIL);
	c.given = "J.";
	c.family = "Okafor";
	same_tie(&jane, &c, TIE_SAME, WHY_MAIL);
	c.given = "Janet"; /* a slip, or her sister */
	same_tie(&jane, &c, TIE_LIKELY, WHY_MAIL_NEAR);
	c.given = "Peter";
	same_tie(&jane, &c, TIE_NONE, WHY_NONE);
	c = other();
	c.mail = "jokafor@example.org"; /* a dot may be another person */
	same_tie(&jane, &c, TIE_NONE, WHY_NONE);

	c = other();
	c.phone = "06-12345678";
	same_tie(&jane, &c, TIE_LIKELY, WHY_PHONE);
	c.born = "1990-03-14";
	same_tie(&jane, &c, TIE_SAME, WHY_PHONE_BORN);
	c.phone = "0031 (0)6 12345678";
	same_tie(&jane, &c, TIE_SAME, WHY_PHONE_BORN);
	c.phone = "+32 6 1234 5678";
	same_tie(&jane, &c, TIE_LIKELY, WHY_NAME_BORN);
	c.phone = "06-12345678";
	c.given = "Peter"; /* twins */
	same_tie(&jane, &c, TIE_LIKELY, WHY_PHONE_BORN);
	c.given = "Jane";
	c.born = "1990-03";
	same_tie(&jane, &c, TIE_LIKELY, WHY_PHONE);
}

static void likely(void)
{
	struct citizen c = other(), d = jane;

	same_tie(&jane, &c, TIE_NONE, WHY_NONE);
	c.born = "1990-03-14";
	same_tie(&jane, &c, TIE_LIKELY, WHY_NAME_BORN);
	c.born = NULL;
	c.postcode = "3521ab";
	same_tie(&jane, &c, TIE_LIKELY, WHY_NAME_POSTCODE);
	d.guarded = true;
	same_tie(&d, &c, TIE_NONE, WHY_NONE);
	c = other();
	c.ref = "NL44710923";
	c.given = "Jnae";
	same_tie(&jane, &c, TIE_LIKELY, WHY_NEAR_REF);
	c.given = "Peter";
	same_tie(&jane, &c, TIE_FORBIDDEN, WHY_NONE);
	c = other();
	d = jane;
	c.ref = d.ref = "1002"; /* two offices that count their customers */
	same_tie(&d, &c, TIE_LIKELY, WHY_REF_ALONE);
	c.given = "Peter", c.family = "Jansen";
	same_tie(&d, &c, TIE_NONE, WHY_NONE);
	c = other();
	d = jane;
	c.mail = d.mail = "info@example.org";
	same_tie(&d, &c, TIE_LIKELY, WHY_MAIL_NEAR);
}

static void forbids(void)
{
	struct citizen c = jane;

	c.service = "rt";
	c.id = "7";
	c.born = "1961-03-14"; /* the mother has the same name, mail and telephone */
	same_tie(&jane, &c, TIE_FORBIDDEN, WHY_NONE);
	c.born = NULL;
	c.ref = "NL 9971-0111";
	same_tie(&jane, &c, TIE_FORBIDDEN, WHY_NONE);
	c.ref = "K-12"; /* of another kind: says nothing */
	same_tie(&jane, &c, TIE_SAME, WHY_MAIL);
}

/* ---- groups */

enum { JANE, PETER, NAMELESS, JANE_TOO };

static const struct citizen peter = { .service = "city",
	.id = "p2",
	.given = "Peter",
	.family = "Okafor",
	.mail = "j.okafor@example.org" };
static const struct citizen nameless = {
	.service = "rt", .id = "j.okafor@example.org", .mail = "j.okafor@example.org"
};
static const struct citizen jane_too = { .service = "town",
	.id = "9",
	.given = "Jane",
	.family = "Okafor",
	.mail = "j.okafor@example.org" };

/* One letter for each: joined, likely, apart, none. */
static void same_group(const struct citizen *const *who, int count, int from,
	const struct person_decision *said, int decisions, const char *want)
{
	static const char letters[] = { [PLACE_NONE] = '-', 'J', 'l', 'a' };
	struct person_record list[PERSON_MOST] = { 0 };
	char got[PERSON_MOST + 1] = "";

	for (int i = 0; i < count; i++)
		list[i].citizen = who[i];
	person_group(list, count, from, said, decisions);
	for (int i = 0; i < count; i++)
		got[i] = letters[list[i].place];
	same(got, want);
}

static void groups(void)
{
	const struct citizen *who[] = { &jane, &peter, &nameless, &jane_too };

	same_group(who, 1, JANE, NULL, 0, "J");
	same_group((const struct citizen *[]){ &jane, &nameless }, 2, 0, NULL, 0, "JJ");
	/* The mailbox without a name fits both: it is nobody's for sure, and joins nobody. */
	same_group(who, 4, JANE, NULL, 0, "J-lJ");
	same_group(who, 4, JANE_TOO, NULL, 0, "J-lJ");
	same_group(who, 4, PETER, NULL, 0, "-Jl-");
	same_group(who, 4, NAMELESS, NULL, 0, "llJl");
}

static void chains(void)
{
	/* a is b by reference, b is c by mail; but a and c were born on different days. */
	struct citizen a = { .service = "a", .id = "1", .ref = "12345678", .born = "1990-01-01" };
	struct citizen b = { .service = "b", .id = "2", .ref = "12345678", .mail = "x@e.org" };
	struct citizen c = { .service = "c", .id = "3", .born = "1960-01-01", .mail = "x@e.org" };
	const struct citizen *who[] = { &a, &b, &c };

	same_group(who, 3, 0, NULL, 0, "JJ-");
	same_group(who, 3, 1, NULL, 0, "JJ-");
	same_group(who, 3, 2, NULL, 0, "-lJ");
	c.born = NULL;
	same_group(who, 3, 0, NULL, 0, "JJJ");
	same_group(who, 3, 2, NULL, 0, "JJJ");
}

static void decisions(void)
{
	const struct citizen *who[] = { &jane, &peter, &nameless, &jane_too };
	struct person_decision said[] = {
		{ "city", "p1", "rt", "j.okafor@example.org", SAID_JOIN, "me", 1 },
		{ "town", "9", "city", "p1", SAID_APART, "me", 2 },
		{ "city", "p1", "town", "9", SAID_NOTHING, "me", 3 },
		{ "rt", "j.okafor@example.org", "city", "p1", SAID_APART, "me", 4 },
	};

	same_group(who, 4, JANE, said, 1, "J-JJ");
	same_group(who, 4, NAMELESS, said, 1, "J-JJ");
	same_group(who, 4, JANE, said, 2, "J-Ja"); /* and the mailbox goes with who has it */
	same_group(who, 4, JANE_TOO, said, 2, "a-lJ");
	same_group(who, 4, JANE, said, 3, "J-JJ");
	same_group(who, 4, JANE, said, 4, "J-aJ");

	/* What the rules forbid a person may join, and it holds from both sides. */
	struct citizen wrong = jane;
	wrong.service = "town", wrong.id = "12", wrong.born = "1909-03-14";
	const struct citizen *two[] = { &jane, &wrong };
	struct person_decision joined = { "town", "12", "city", "p1", SAID_JOIN, "me", 1 };
	same_group(two, 2, 0, NULL, 0, "J-");
	same_group(two, 2, 0, &joined, 1, "JJ");
	same_group(two, 2, 1, &joined, 1, "JJ");
}

static void guarded(void)
{
	struct citizen a = jane, b = jane;
	struct person_record list[] = { { .citizen = &a }, { .citizen = &b } };

	b.service = "rt";
	person_group(list, 2, 0, NULL, 0);
	ok(!person_guarded(list, 2));
	b.guarded = true;
	ok(person_guarded(list, 2));
	list[1].place = PLACE_LIKELY;
	ok(!person_guarded(list, 2));
}

/* ---- real lists */

enum { LIST_MOST = 1000 };

struct list {
	struct arena arena;
	struct citizen all[LIST_MOST];
	const char *extra[LIST_MOST];
	int count;
};

static FILE *shared(const char *file)
{
	const char *dir = getenv("CASELOAD_SHARED");
	char path[500];

	snprintf(path, sizeof path, "%s/data/%s", dir ? dir : "../shared", file);
	return fopen(path, "r");
}

static bool read_persons(struct list *l)
{
	FILE *file = shared("nl-persons/persons.csv");
	struct csv *csv = file ? csv_open(file, ',', NULL) : NULL;
	const char *const *cell;
	int count;

	for (int row = 0; csv && csv_next(csv, &cell, &count, NULL) == 1; row++) {
		if (!row || l->count == LIST_MOST)
			continue;
		struct citizen *c = &l->all[l->count];

		c->service = "city";
		c->id = arena_printf(&l->arena, "c%d", row);
		c->ref = arena_copy(&l->arena, cell[0]);
		c->given = arena_copy(&l->arena, cell[1]);
		c->family = arena_printf(&l->arena, "%s %s", cell[3], cell[4]);
		if (strlen(cell[5]) == 8)
			c->born = arena_printf(
				&l->arena, "%.4s-%.2s-%.2s", cell[5], cell[5] + 4, cell[5] + 6);
		c->postcode = arena_copy(&l->arena, cell[12]);
		/* A household: one house, one mailbox, one telephone. */
		l->extra[l->count++] = arena_printf(&l->arena, "%s%s%s%s", cell[12], cell[9],
			cell[10], cell[11]);
	}
	csv_close(csv);
	if (file)
		fclose(file);
	return l->count > 0;
}

static const char *household(struct list *l, int i, const char *shape)
{
	unsigned hash = 5381;

	for (const char *p = l->extra[i]; *p; p++)
		hash = hash * 33 + (unsigned char)*p;
	return arena_printf(&l->arena, shape, hash % 90000000 + 10000000);
}

struct figures {
	int right, wrong, unsure, likely;
};

/* One record of the other service among those of the city's that it resembles at all. */
static void one_of_them(const struct list *city, const struct citizen *one, int who, struct figures *f)
{
	struct person_record near[PERSON_MOST] = { { .citizen = one } };
	int places[PERSON_MOST] = { -1 }, count = 1;

	for (int i = 0; i < city->count && count < PERSON_MOST; i++) {
		if (person_compare(&city->all[i], one).tie < TIE_LIKELY)
			continue;
		near[count].citizen = &city->all[i];
		places[count++] = i;
	}
	person_group(near, count, 0, NULL, 0);
	for (int i = 1; i < count; i++) {
		bool joined = near[i].place == PLACE_JOINED;

		f->right += joined && places[i] == who;
		f->unsure += near[i].place == PLACE_LIKELY && places[i] == who;
		f->likely += near[i].place == PLACE_LIKELY && places[i] != who;
		if (!joined || places[i] == who)
			continue;
		f->wrong++;
		printf("# %s %s and %s %s: %s\n", one->given, one->family,
			near[i].citizen->given, near[i].citizen->family,
			person_why_name(near[i].why));
	}
}

/* Each of the city's against each of the other's copies; i and i are the same person. */
static struct figures cross(const struct list *city, const struct citizen *other_copy)
{
	struct figures f = { 0 };

	for (int i = 0; i < city->count; i++)
		one_of_them(city, &other_copy[i], i, &f);
	return f;
}

static void say_figures(const char *what, const struct list *l, struct figures f)
{
	printf("# %s: %d people against %d records: %d joined rightly, %d wrongly, %d proposed "
	       "rightly, %d strangers proposed\n",
		what, l->count, l->count, f.right, f.wrong, f.unsure, f.likely);
}

/* A copy that knows only some of it. */
static void copy(const struct list *l, struct citizen *to, const char *service)
{
	for (int i = 0; i < l->count; i++)
		to[i] = (struct citizen){ .service = service,
			.id = l->all[i].id,
			.given = l->all[i].given,
			.family = l->all[i].family };
}

static void test_persons(void)
{
	static struct list l;
	static struct citizen rt[LIST_MOST];

	if (!read_persons(&l)) {
		skip("../shared/data is not there");
		return;
	}
	same_int(l.count, 682);
	copy(&l, rt, "rt");
	for (int i = 0; i < l.count; i++)
		rt[i].ref = arena_printf(&l.arena, "%.3s.%.3s.%s", l.all[i].ref,
			l.all[i].ref + 3, l.all[i].ref + 6);
	struct figures f = cross(&l, rt);
	say_figures("by reference", &l, f);
	same_int(f.right, l.count);
	same_int(f.wrong, 0);

	copy(&l, rt, "rt");
	for (int i = 0; i < l.count; i++) {
		l.all[i].mail = household(&l, i, "h%u@example.org");
		rt[i].mail = household(&l, i, "H%u@Example.org");
		rt[i].born = l.all[i].born;
	}
	f = cross(&l, rt);
	say_figures("by the household's mail", &l, f);
	same_int(f.right + f.unsure, l.count); /* two of one name and house fit both: unsure */
	ok(f.unsure <= 8);
	same_int(f.wrong, 0);

	copy(&l, rt, "rt");
	for (int i = 0; i < l.count; i++) {
		l.all[i].mail = NULL;
		l.all[i].phone = household(&l, i, "+31 %u");
		rt[i].phone = household(&l, i, "0%u");
		rt[i].born = l.all[i].born;
	}
	f = cross(&l, rt);
	say_figures("by the household's telephone and birth", &l, f);
	ok(f.right > l.count * 9 / 10); /* some have no whole day of birth */
	same_int(f.wrong, 0);

	copy(&l, rt, "rt");
	for (int i = 0; i < l.count; i++) {
		rt[i].born = l.all[i].born;
		rt[i].postcode = l.all[i].postcode;
	}
	f = cross(&l, rt);
	say_figures("by name, birth and postcode", &l, f);
	same_int(f.right, 0); /* proposed only */
	same_int(f.wrong, 0);
	arena_clear(&l.arena);
}

static bool read_names(struct list *l)
{
	FILE *file = shared("names/cldr-person-names.tsv");
	struct csv *csv = file ? csv_open(file, '\t', NULL) : NULL;
	const char *const *cell;
	int count;

	for (int row = 0; csv && csv_next(csv, &cell, &count, NULL) == 1; row++) {
		if (!row || count < 7 || !*cell[3] || !*cell[5] || l->count == LIST_MOST)
			continue;
		struct citizen *c = &l->all[l->count++];

		c->service = "city";
		c->id = arena_printf(&l->arena, "n%d", row);
		c->given = arena_printf(&l->arena, "%s %s", cell[3], cell[4]);
		c->family = arena_printf(&l->arena, "%s %s", cell[5], cell[6]);
		c->mail = "all@example.org";
	}
	csv_close(csv);
	if (file)
		fclose(file);
	return l->count > 0;
}

/* Whether one has all words of the other: "Irene Rossouw" and "Irene Anna Rossouw". */
static bool fuller(const char *a, const char *b)
{
	struct buf x = { 0 }, y = { 0 };
	bool all = true;

	query_words(&x, a);
	buf_char(&x, ' ');
	query_words(&y, b);
	for (const char *p = buf_str(&y); all && *p;) {
		struct buf word = { 0 };
		size_t size = strcspn(p, " ");

		buf_add(&word, p, size);
		buf_char(&word, ' ');
		const char *at = strstr(buf_str(&x), buf_str(&word));
		while (at && at != x.text && at[-1] != ' ')
			at = strstr(at + 1, buf_str(&word));
		all = at != NULL;
		buf_clear(&word);
		p += size + (p[size] == ' ');
	}
	buf_clear(&x);
	buf_clear(&y);
	return all;
}

static bool one_fuller(const struct citizen *a, const struct citizen *b)
{
	char x[500], y[500];

	snprintf(x, sizeof(x), "%s %s", a->given, a->family);
	snprintf(y, sizeof(y), "%s %s", b->given, b->family);
	return fuller(x, y) || fuller(y, x);
}

/* The worst household: everybody in the world behind one mailbox. */
static void names(void)
{
	static struct list l;
	static struct citizen rt[LIST_MOST];
	int pairs = 0, wrong = 0, fuller_count = 0;

	if (!read_names(&l)) {
		skip("../shared/data is not there");
		return;
	}
	for (int i = 0; i < l.count; i++) {
		rt[i] = l.all[i];
		rt[i].service = "rt";
		same_int(person_compare(&l.all[i], &rt[i]).tie, TIE_SAME);
	}
	for (int i = 0; i < l.count; i++) {
		for (int j = i + 1; j < l.count; j++) {
			bool joined = person_compare(&l.all[i], &rt[j]).tie == TIE_SAME;
			bool full = joined && one_fuller(&l.all[i], &rt[j]);

			pairs += i != j;
			fuller_count += joined && full && i != j;
			if (joined && !full) {
				wrong++;
				printf("# %s %s and %s %s\n", l.all[i].given, l.all[i].family,
					rt[j].given, rt[j].family);
			}
		}
	}
	printf("# %d names behind one mailbox, %d pairs: %d joined as a fuller form of the same "
	       "name, %d wrongly\n",
		l.count, pairs, fuller_count, wrong);
	same_int(wrong, 0);
	arena_clear(&l.arena);
}

int main(void)
{
	test("what joins")
		strong();
	test("what is likely, and proposed")
		likely();
	test("what forbids")
		forbids();
	test("a group, and a mailbox that fits two")
		groups();
	test("a chain does not bring strangers together")
		chains();
	test("what a person said wins, and the last word holds")
		decisions();
	test("one guarded address guards them all")
		guarded();
	test("682 test persons: nobody is taken for somebody else")
		test_persons();
	test("names of 126 locales: nobody is taken for somebody else")
		names();
	return test_result();
}
