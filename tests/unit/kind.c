#include "model/kind.h"
#include "tests/lib.h"

static const char *const days[] = { "mon", "wed", "Christmas Eve", "Christmas", NULL };

static void same_value(enum kind_type type, const char *text, const char *want)
{
	struct kind_field f = { .name = "f", .label = "The field", .type = type };
	struct arena a = { 0 };
	struct error err = { 0 };
	const char *out;

	if (type == KIND_CHOICE || type == KIND_CHOICES)
		f.values = days;
	if (type == KIND_REFERENCE)
		f.pattern = "^[0-9]{9}$";
	bool good = kind_check_value(&f, text, &a, &out, &err);
	same(out, want);
	same_int(good, want != NULL);
	ok(good || (err.kind == ERROR_REFUSED && strstr(err.text, "The field")));
	same_int(kind_check_value(&f, text, NULL, NULL, NULL), good);
	arena_clear(&a);
}

int main(void)
{
	test("a value in its stored form, or why not") {
		static const struct {
			enum kind_type type;
			const char *text, *want;
		} rows[] = {
			{ KIND_TEXT, " A 3 ", "A 3" },
			{ KIND_TEXT, "two\nlines", NULL },
			{ KIND_TEXT, "\xff", NULL },
			{ KIND_LONG_TEXT, "two\nlines", "two\nlines" },
			{ KIND_NUMBER, "12", "12" },
			{ KIND_NUMBER, "-2,5", "-2.5" },
			{ KIND_NUMBER, "+7", "7" },
			{ KIND_NUMBER, "1.2.3", NULL },
			{ KIND_NUMBER, "12.", NULL },
			{ KIND_NUMBER, "twelve", NULL },
			{ KIND_NUMBER, "11111111111111111111111111111111111111111111", NULL },
			{ KIND_MONEY, "12", "12.00" },
			{ KIND_MONEY, "12.5", "12.50" },
			{ KIND_MONEY, "12,50", "12.50" },
			{ KIND_MONEY, "\u20AC 1.234,50", "1234.50" },
			{ KIND_MONEY, "1,234.50 EUR", "1234.50" },
			{ KIND_MONEY, "1,234,567", "1234567.00" },
			{ KIND_MONEY, "-3.20", "-3.20" },
			{ KIND_MONEY, "a lot", NULL },
			{ KIND_MONEY, "EUR", NULL },
			{ KIND_MONEY, "12.", NULL },
			{ KIND_MONEY, ".", NULL },
			{ KIND_DATE, "2026-11-03", "2026-11-03" },
			{ KIND_DATE, "3.11.2026", "2026-11-03" },
			{ KIND_DATE, "03/11/2026", "2026-11-03" },
			{ KIND_DATE, "13/31/2026", NULL },
			{ KIND_DATE, "2026-02-30", NULL },
			{ KIND_DATE, "2026-11-03T08:00:00Z", NULL },
			{ KIND_DATE, "soon", NULL },
			{ KIND_TIME, "17:00", "17:00" },
			{ KIND_TIME, "9:05", "09:05" },
			{ KIND_TIME, "9.05", "09:05" },
			{ KIND_TIME, "24:00", NULL },
			{ KIND_TIME, "9:5:1", NULL },
			{ KIND_YES_NO, "Yes", "yes" },
			{ KIND_YES_NO, "true", "yes" },
			{ KIND_YES_NO, "N", "no" },
			{ KIND_YES_NO, "maybe", NULL },
			{ KIND_CHOICE, "MON", "mon" },
			{ KIND_CHOICE, "christmas  eve", "Christmas Eve" },
			{ KIND_CHOICE, "tue", NULL },
			{ KIND_CHOICES, "wed, mon", "wed mon" },
			{ KIND_CHOICES, "christmas eve mon", "Christmas Eve mon" },
			{ KIND_CHOICES, "mon tue", NULL },
			{ KIND_ADDRESS, "Kerkstraat 12\n5038 AB Tilburg",
				"Kerkstraat 12\n5038 AB Tilburg" },
			{ KIND_PLACE, "51.56,5.09", "51.56,5.09" },
			{ KIND_REFERENCE, "475394459", "475394459" },
			{ KIND_REFERENCE, "47539445", NULL },
		};

		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
			same_value(rows[i].type, rows[i].text, rows[i].want);
	}

	test("empty is accepted unless it is needed") {
		struct kind_field f = { .name = "f", .label = "Round", .type = KIND_NUMBER };
		const char *out = "x";
		struct error err = { 0 };

		ok(kind_check_value(&f, " ", NULL, &out, &err) && !out);
		f.required = true;
		ok(!kind_check_value(&f, NULL, NULL, &out, &err));
		same(err.text, "Round is needed.");
	}

	test("a pattern that is none is told") {
		struct kind_field f = { .name = "f", .label = "Round", .pattern = "(" };
		struct error err = { 0 };

		ok(!kind_check_value(&f, "x", NULL, NULL, &err));
		ok(strstr(err.text, "pattern"));
	}

	test("types have names") {
		enum kind_type type;

		for (int i = KIND_TEXT; i <= KIND_REFERENCE; i++)
			ok(kind_type_read(kind_type_name((enum kind_type)i), &type) &&
				(int)type == i);
		ok(!kind_type_read("picture", &type) && !kind_type_read(NULL, &type));
	}

	test("steps go where they may") {
		static const char *const to_booked[] = { "booked", NULL };
		static const char *const nowhere[] = { NULL };
		static const struct kind_step steps[] = {
			{ "intake", "Intake", "new", to_booked, NULL, false },
			{ "booked", "Booked", "open", NULL, NULL, false },
			{ "done", "Done", "resolved", nowhere, NULL, false },
		};
		struct kind k = { .steps = steps, .step_count = 3 };

		ok(kind_step_allowed(&k, NULL, "intake") && kind_step_allowed(&k, NULL, "booked"));
		ok(!kind_step_allowed(&k, NULL, "done"));
		ok(kind_step_allowed(&k, "intake", "booked") &&
			kind_step_allowed(&k, "intake", "intake"));
		ok(!kind_step_allowed(&k, "intake", "done"));
		ok(kind_step_allowed(&k, "booked", "done") &&
			kind_step_allowed(&k, "booked", "intake"));
		ok(!kind_step_allowed(&k, "done", "intake"));
		ok(kind_step_allowed(&k, "gone", "done") &&
			!kind_step_allowed(&k, "intake", "gone"));
		ok(!kind_step_allowed(&k, "intake", NULL));
		k.step_count = 0;
		ok(!kind_step_allowed(&k, NULL, "intake"));
	}

	test("when it falls due") {
		struct kind k = { 0 };

		same_int(kind_due(&k, 1784000000), 0);
		k.due_hours = 24;
		same_int(kind_due(&k, 1784000000), 1784086400);
		k.due_working_days = 5;
		ok(kind_due(&k, 1784000000) > 1784000000 + 5 * 86400);
	}
	return test_result();
}
