#include "model/casefile.h"
#include "tests/lib.h"

static const char *after_set(const char *field, const char *value)
{
	static struct arena a;
	struct casefile cf = { 0 };

	arena_clear(&a);
	if (!field)
		return NULL;
	if (!case_set(&cf, field, value, &a, NULL))
		return "refused";
	return case_get(&cf, field, &a);
}

int main(void)
{
	test("every field takes a value, says it again, and is emptied") {
		static const struct {
			const char *field, *value, *want;
		} rows[] = {
			{ "subject", "Missed bin", "Missed bin" },
			{ "queue", "waste", "waste" },
			{ "service", "waste", "waste" },
			{ "kind", "bin-missed", "bin-missed" },
			{ "stage", "waiting", "waiting" },
			{ "status", "stalled", "stalled" },
			{ "step", "inspection", "inspection" },
			{ "outcome", "explained", "explained" },
			{ "priority", "1", "1" },
			{ "priority", "5", "5" },
			{ "priority", "6", "refused" },
			{ "priority", "0", "refused" },
			{ "priority", "high", "refused" },
			{ "worker", "s.rossi", "s.rossi" },
			{ "assignee", "s.rossi", "s.rossi" },
			{ "due", "2026-08-15T17:00:00Z", "2026-08-15T17:00:00Z" },
			{ "due", "2026-08-15T17:00:00+02:00", "2026-08-15T15:00:00Z" },
			{ "due", "soon", "refused" },
			{ "tags", "  missed,again  missed ", "missed again" },
			{ "tags", " , ", NULL },
			{ "restricted", "yes", "yes" },
			{ "restricted", "perhaps", "refused" },
			{ "restricted", NULL, "no" },
			{ "subject", "", NULL },
			{ "stage", "begun", "refused" },
			{ "text", "What was asked", "What was asked" },
			{ "fields.round", "A 3", "A 3" },
			{ "fields.", "A 3", "refused" },
			{ "colour", "blue", "refused" },
		};

		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
			same(after_set(rows[i].field, rows[i].value), rows[i].want);
		after_set(NULL, NULL);
	}

	test("stage and status follow each other") {
		struct arena a = { 0 };
		struct casefile cf = { .stage = STAGE_NEW, .status = "new" };

		case_set(&cf, "stage", "done", &a, NULL);
		same(cf.status, "resolved");
		case_set(&cf, "status", "waiting", &a, NULL);
		same_int(cf.stage, STAGE_WAITING);
		case_set(&cf, "status", "closed", &a, NULL);
		same_int(cf.stage, STAGE_DONE);
		case_set(&cf, "stage", "done", &a, NULL);
		same(cf.status, "closed");
		case_set(&cf, "stage", "open", &a, NULL);
		same(cf.status, "open");
		case_set(&cf, "status", "stalled", &a, NULL);
		same_int(cf.stage, STAGE_OPEN);
		case_set(&cf, "stage", "refused", &a, NULL);
		same(cf.status, "resolved");
		same_int(cf.stage, STAGE_REFUSED);
		arena_clear(&a);
	}

	test("what is open") {
		ok(stage_is_open(STAGE_NEW) && stage_is_open(STAGE_OPEN) &&
			stage_is_open(STAGE_WAITING));
		ok(!stage_is_open(STAGE_DONE) && !stage_is_open(STAGE_REFUSED));
	}

	test("the kind's fields stand in one object") {
		struct arena a = { 0 };
		struct casefile cf = {
			.fields = "{\"adults\":2,\"lift\":true,\"days\":[\"mon\",\"wed\"]}"
		};

		same(case_get(&cf, "fields.adults", &a), "2");
		same(case_get(&cf, "fields.lift", &a), "yes");
		same(case_get(&cf, "fields.days", &a), "mon wed");
		same(case_get(&cf, "fields.none", &a), NULL);
		case_set(&cf, "fields.adults", "3", &a, NULL);
		case_set(&cf, "fields.lift", NULL, &a, NULL);
		case_set(&cf, "fields.note", "a \"b\"", &a, NULL);
		same(cf.fields,
			"{\"adults\":\"3\",\"days\":[\"mon\",\"wed\"],\"note\":\"a \\\"b\\\"\"}");
		for (int i = 0; i < 2; i++) {
			case_set(&cf, "fields.adults", NULL, &a, NULL);
			case_set(&cf, "fields.days", NULL, &a, NULL);
			case_set(&cf, "fields.note", NULL, &a, NULL);
			same(cf.fields, NULL);
		}
		arena_clear(&a);
	}

	test("words are added once and dropped whole") {
		struct arena a = { 0 };

		ok(words_have("bin missed", "bin") && words_have("bin missed", "missed"));
		ok(!words_have("bins missed", "bin") && !words_have(NULL, "bin") &&
			!words_have("bin", ""));
		same(words_add(NULL, "bin", &a), "bin");
		same(words_add("bin", "missed", &a), "bin missed");
		same(words_add("bin missed", "bin", &a), "bin missed");
		same(words_drop("bin missed late", "bin", &a), "missed late");
		same(words_drop("bin missed late", "missed", &a), "bin late");
		same(words_drop("bin missed late", "late", &a), "bin missed");
		same(words_drop("bin", "bin", &a), NULL);
		same(words_drop("bin", "bi", &a), "bin");
		same(words_drop(NULL, "bin", &a), NULL);
		arena_clear(&a);
	}

	test("a copy owns its texts") {
		struct arena a = { 0 }, b = { 0 };
		struct casefile from = { .key = 4, .priority = 2 }, to;

		from.subject = arena_copy(&a, "Missed bin");
		from.rest = arena_copy(&a, "{}");
		case_copy(&to, &from, &b);
		arena_clear(&a);
		same(to.subject, "Missed bin");
		same(to.rest, "{}");
		same_int(to.key, 4);
		same_int(to.priority, 2);
		ok(!to.number);
		arena_clear(&b);
	}
	return test_result();
}
