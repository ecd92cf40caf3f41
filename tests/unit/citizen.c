#include "model/citizen.h"
#include "tests/lib.h"

static void same_name(const char *given, const char *family, const char *want)
{
	struct citizen c = { .given = given, .family = family };
	struct buf b = { 0 };

	citizen_name(&b, &c);
	same(b.text, want);
	buf_clear(&b);
}

int main(void)
{
	test("a name, also with one part only") {
		same_name("Anna", "de Vries", "de Vries, Anna");
		same_name(NULL, "Suharto", "Suharto");
		same_name("Madonna", "", "Madonna");
		same_name(NULL, NULL, "");
	}

	test("every field of the list is set and said again") {
		struct arena a = { 0 };
		struct citizen c = { 0 };

		for (const char *const *field = citizen_fields; *field; field++) {
			const char *value = !strcmp(*field, "born")	 ? "1966-11"
					    : !strcmp(*field, "email")	 ? "a@example.org"
					    : !strcmp(*field, "contact") ? "letter"
					    : !strcmp(*field, "country") ? "NL"
					    : !strcmp(*field, "guarded") ? "yes"
									 : *field;

			ok(citizen_set(&c, *field, value, &a, NULL));
			same(citizen_get(&c, *field), value);
			ok(citizen_set(&c, *field, NULL, &a, NULL));
			same(citizen_get(&c, *field), strcmp(*field, "guarded") ? NULL : "no");
		}
		ok(!citizen_set(&c, "shoe_size", "44", &a, NULL));
		arena_clear(&a);
	}

	test("a copy owns every text") {
		struct arena a = { 0 }, b = { 0 };
		struct citizen from = { .guarded = true, .all_cases = 3 }, to;

		for (const char *const *field = citizen_fields; *field; field++)
			if (strcmp(*field, "guarded"))
				citizen_set(&from, *field, !strcmp(*field, "born") ? "1966" : "a@",
					    &a, NULL);
		from.reach = arena_copy(&a, "letter");
		from.id = arena_copy(&a, "p1");
		from.consents = arena_copy(&a, "[]");
		citizen_copy(&to, &from, &b);
		arena_clear(&a);
		for (const char *const *field = citizen_fields; *field; field++)
			ok(citizen_get(&to, *field) && *citizen_get(&to, *field));
		same(to.id, "p1");
		same(to.consents, "[]");
		same_int(to.all_cases, 3);
		arena_clear(&b);
	}

	test("what cannot be is refused with a sentence") {
		static const struct {
			const char *field, *value;
			bool good;
		} rows[] = {
			{ "born", "1966", true },
			{ "born", "1966-13", false },
			{ "born", "1966-00-01", false },
			{ "born", "1966-11-31", false },
			{ "born", "1966-02-29", true },
			{ "born", "66", false },
			{ "born", "1966/11/02", false },
			{ "contact", "pigeon", false },
			{ "email", "nobody", false },
			{ "email", "a b@c", false },
			{ "country", "NLD", false },
			{ "guarded", "maybe", false },
		};
		struct arena a = { 0 };

		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			struct citizen c = { 0 };
			struct error err = { 0 };

			same_int(citizen_set(&c, rows[i].field, rows[i].value, &a, &err),
				rows[i].good);
			ok(rows[i].good || (err.kind == ERROR_USAGE && *err.text));
		}
		arena_clear(&a);
	}
	return test_result();
}
