#include "model/column.h"
#include "model/worker.h"
#include "tests/lib.h"

static void same_column(const char *name, const struct casefile *cf, const char *want)
{
	struct buf b = { 0 };

	column_text(&b, name, cf, 1784000000); /* 2026-07-14 03:33:20 */
	same(buf_str(&b), want);
	buf_clear(&b);
}

static const char *look(void *ctx, const char *name)
{
	*(int *)ctx += 1;
	if (!strcmp(name, "citizen.given"))
		return "Anna";
	if (!strcmp(name, "braces"))
		return "{{case.number}}";
	return !strcmp(name, "empty") ? " " : NULL;
}

static void same_filled(const char *text, const char *want)
{
	struct buf b = { 0 };
	struct error err = { 0 };
	int asked = 0;

	buf_text(&b, ">");
	bool good = template_fill(&b, text, look, &asked, &err);
	same_int(good, want != NULL);
	same(b.text + 1, want ? want : "");
	ok(good || err.kind == ERROR_REFUSED);
	buf_clear(&b);
}

int main(void)
{
	test("what each column says") {
		struct casefile cf = {
			.id = "c1",
			.number = "2026-000417",
			.subject = "Missed bin",
			.queue = "waste",
			.status = "open",
			.stage = STAGE_OPEN,
			.priority = 1,
			.worker = "s.rossi",
			.team = "refuse",
			.citizen = "p1",
			.citizen_name = "Okafor, Jane",
			.due = 1784000000 - 2 * 86400,
			.opened = 1784000000 - 3 * 86400,
			.changed = 1784000000 - 60,
			.tags = "missed",
			.fields = "{\"round\":\"A\"}",
		};

		same_column("number", &cf, "2026-000417");
		same_column("case", &cf, "2026-000417");
		same_column("due", &cf, "-2d LATE");
		same_column("citizen", &cf, "Okafor, Jane");
		same_column("status", &cf, "open");
		same_column("state", &cf, "open");
		same_column("priority", &cf, "1");
		same_column("owner", &cf, "s.rossi");
		same_column("assignee", &cf, "s.rossi");
		same_column("service", &cf, "waste");
		same_column("age", &cf, "3d");
		same_column("updated", &cf, "14 Jul 03:32");
		same_column("fields.round", &cf, "A");
		same_column("fields.none", &cf, "");
		same_column("duplicate_of", &cf, "");
		same_column("nothing", &cf, "");
		cf.stage = STAGE_DONE;
		same_column("due", &cf, "12 Jul 03:33");
	}

	test("a case with nothing in it has empty columns") {
		struct casefile cf = { 0 };
		struct buf b = { 0 };

		for (const struct column *c = case_columns; c->name; c++) {
			buf_reset(&b);
			c->text(&b, &cf, 1784000000);
			ok(!b.size || !strcmp(c->name, "number") || !strcmp(c->name, "status"));
			ok(column_find(c->name) == c);
		}
		buf_clear(&b);
		ok(!column_find("nothing"));
		ok(column_find("fields.round"));
		ok(!column_find("fields."));
	}

	test("a template is filled or refused, never sent with a gap") {
		same_filled("Dear {{citizen.given}}, {{ citizen.given }}!", "Dear Anna, Anna!");
		same_filled("no braces { } }}", "no braces { } }}");
		same_filled("{{braces}}", "{{case.number}}");
		same_filled("", "");
		same_filled(NULL, "");
		same_filled("Dear {{nobody}}", NULL);
		same_filled("Dear {{empty}}", NULL);
		same_filled("Dear {{}}", NULL);
		same_filled("Dear {{citizen.given", NULL);
		same_filled("{{citizen.given}} {{x", NULL);
	}
	return test_result();
}
