#include "model/patch.h"
#include "model/file.h"
#include "model/json.h"
#include "model/text.h"
#include "tests/lib.h"

static void same_body(const struct patch *p, const char *want)
{
	struct buf b = { 0 };
	struct json_out out = { .buf = &b };

	json_write_patch(&out, p);
	same(b.text, want);
	buf_clear(&b);
}

/* Through the outbox and back: the same patch, member for member. */
static void same_again(const struct patch *p)
{
	struct buf one = { 0 }, two = { 0 };
	struct json_out out = { .buf = &one }, again = { .buf = &two };
	struct patch back;
	struct error err = { 0 };

	json_write_outbox(&out, p);
	if (ok(json_read_outbox(one.text, &back, &err))) {
		json_write_outbox(&again, &back);
		same(two.text, one.text);
		same_int(back.count, p->count);
		same_int(back.state, p->state);
		same_int(back.error, p->error);
		same(back.answer, p->answer);
		patch_clear(&back);
	}
	buf_clear(&one);
	buf_clear(&two);
}

int main(void)
{
	test("files go into the row and come back, under harmless names") {
		struct patch p = { .service = "city", .note = "with files" }, copy;

		patch_file(&p, "/home/k/scan.PDF");
		patch_file(&p, "../\342\200\256fdp.exe")->size = 7;
		patch_file(&p, "/tmp/.hidden");
		patch_file(&p, "\330\254\331\210\330\247\330\262.png");
		patch_file(&p, "-rf\n");
		ok(!patch_empty(&p));
		same(p.files[0].name, "scan.PDF");
		same(p.files[0].type, "application/pdf");
		same(p.files[1].name, "_fdp.exe");
		same(p.files[2].name, "_hidden");
		same(p.files[3].name, "\330\254\331\210\330\247\330\262.png");
		same(p.files[4].name, "_rf_");
		same_again(&p);
		patch_copy(&copy, &p);
		patch_clear(&p);
		same_int(copy.file_count, 5);
		same(copy.files[1].path, "../\342\200\256fdp.exe");
		same_int(copy.files[1].size, 7);
		same_again(&copy);
		patch_clear(&copy);
	}
	test("a name of any length keeps its ending, and cuts no character") {
		struct arena a = { 0 };
		struct buf name = { 0 };

		for (int i = 0; i < 150; i++)
			buf_text(&name, "\346\274\242");
		buf_text(&name, ".docx");
		const char *safe = file_safe_name(name.text, &a);
		ok(strlen(safe) <= FILE_NAME_SIZE && strlen(safe) > FILE_NAME_SIZE - 4);
		ok(text_valid(safe, strlen(safe)));
		same(safe + strlen(safe) - 5, ".docx");
		same(file_safe_name("..", &a), "_.");
		same(file_safe_name("", &a), "file");
		same(file_safe_name("a/b\\c.txt", &a), "c.txt");
		same(file_safe_name("dir/", &a), "dir_");
		/* A joiner hides nothing where a script needs it, and is a twin of another name elsewhere. */
		same(file_safe_name("sc\342\200\215an.pdf", &a), "sc_an.pdf");
		same(file_safe_name("\331\205\333\214\342\200\214\330\256.pdf", &a),
			"\331\205\333\214\342\200\214\330\256.pdf");
		same(file_safe_name("\033]0;x\007\302\2331m.pdf", &a), "_]0;x__1m.pdf");
		buf_clear(&name);
		arena_clear(&a);
	}
	test("a second change of a field replaces the first one's after") {
		struct patch p = { 0 };

		ok(patch_empty(&p));
		patch_change(&p, "team", "waste", "tax");
		patch_change(&p, "priority", NULL, "2");
		patch_change(&p, "team", "tax", "benefits");
		same_int(p.count, 2);
		same(patch_find(&p, "team")->before, "waste");
		same(patch_find(&p, "team")->after, "benefits");
		patch_change(&p, "worker", "", "");
		ok(!patch_find(&p, "worker")->before && !patch_find(&p, "worker")->after);
		ok(!patch_find(&p, "due"));
		for (int i = 0; i < 50; i++) {
			char field[32];

			snprintf(field, sizeof(field), "fields.f%d", i);
			patch_change(&p, field, NULL, field);
		}
		same_int(p.count, 53);
		same(patch_find(&p, "fields.f31")->after, "fields.f31");
		patch_clear(&p);
		ok(patch_empty(&p));
	}

	test("laid over a case it shows what will be") {
		struct arena a = { 0 };
		struct casefile cf = { .stage = STAGE_OPEN, .status = "open", .worker = "k.byrne" };
		struct patch p = { 0 };

		patch_change(&p, "stage", "open", "done");
		patch_change(&p, "outcome", NULL, "explained");
		patch_change(&p, "worker", "k.byrne", NULL);
		patch_change(&p, "priority", NULL, "urgent"); /* does not fit: passed over */
		patch_change(&p, "fields.round", NULL, "A");
		patch_over_case(&p, &cf, &a);
		same_int(cf.stage, STAGE_DONE);
		same(cf.status, "resolved");
		same(cf.outcome, "explained");
		same(cf.worker, NULL);
		same(cf.fields, "{\"round\":\"A\"}");
		same_int(cf.priority, 0);
		patch_clear(&p);
		arena_clear(&a);
	}

	test("laid over a citizen too") {
		struct arena a = { 0 };
		struct citizen c = { .given = "Ana" };
		struct patch p = { .on = ON_CITIZEN };

		patch_change(&p, "given", "Ana", "Anna");
		patch_change(&p, "guarded", "no", "yes");
		patch_over_citizen(&p, &c, &a);
		same(c.given, "Anna");
		ok(c.guarded);
		patch_clear(&p);
		arena_clear(&a);
	}

	test("backwards, or the sentence why not") {
		struct patch p = { .object = 7, .on = ON_CASE, .service = "city" }, back;
		struct error err = { 0 };

		ok(!patch_inverse(&p, &back, &err) && *err.text);
		patch_change(&p, "team", "waste", "tax");
		patch_change(&p, "due", "2026-08-15T17:00:00Z", NULL);
		ok(patch_inverse(&p, &back, &err));
		same_int(back.object, 7);
		same(back.service, "city");
		same(patch_find(&back, "team")->after, "waste");
		same(patch_find(&back, "team")->before, "tax");
		same(patch_find(&back, "due")->after, "2026-08-15T17:00:00Z");
		patch_clear(&back);
		p.note = "because";
		ok(!patch_inverse(&p, &back, &err) && strstr(err.text, "note"));
		p.answer = "{\"text\":\"Dear\"}";
		ok(!patch_inverse(&p, &back, &err) && strstr(err.text, "answer"));
		p.creates = true;
		ok(!patch_inverse(&p, &back, &err) && strstr(err.text, "opened"));
		patch_clear(&p);
	}

	test("a copy outlives what it was copied from") {
		struct patch p = { .key = 3, .tries = 2, .state = PATCH_CONFLICT }, copy;

		p.note = arena_copy(&p.arena, "a note");
		p.theirs = arena_copy(&p.arena, "{\"id\":\"c1\"}");
		patch_change(&p, "team", "waste", "tax");
		patch_copy(&copy, &p);
		patch_clear(&p);
		same(copy.note, "a note");
		same(copy.theirs, "{\"id\":\"c1\"}");
		same(patch_find(&copy, "team")->after, "tax");
		same_int(copy.tries, 2);
		patch_clear(&copy);
	}

	test("to the service: a change of a case") {
		struct patch p = { 0 };

		patch_change(&p, "worker", NULL, "s.rossi");
		patch_change(&p, "queue", "waste", "tax");
		patch_change(&p, "team", "refuse", NULL);
		patch_change(&p, "priority", "3", "1");
		patch_change(&p, "due", NULL, "2026-08-15T17:00:00Z");
		patch_change(&p, "tags", "a", "a b");
		patch_change(&p, "skills", "x", NULL);
		patch_change(&p, "restricted", "no", "yes");
		patch_change(&p, "fields.round", NULL, "A");
		patch_change(&p, "fields.days", "mon", NULL);
		patch_change(&p, "surge", NULL, "s1"); /* not this way */
		same_body(&p,
			"{\"assignee\":\"s.rossi\",\"service\":\"tax\",\"team\":null,\"priority\":"
			"1,"
			"\"due\":\"2026-08-15T17:00:00Z\",\"tags\":[\"a\",\"b\"],\"skills\":[],"
			"\"restricted\":true,\"fields\":{\"round\":\"A\",\"days\":null}}");
		patch_clear(&p);
	}

	test("to the service: stages in its words") {
		static const char *const words[][2] = {
			{ "done", "{\"status\":\"resolved\"}" },
			{ "open", "{\"status\":\"open\"}" },
			{ "waiting", "{\"status\":\"waiting\"}" },
			{ "new", "{\"status\":\"new\"}" },
			{ "refused", "{\"status\":\"resolved\"}" },
		};
		struct patch p = { 0 };

		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
			patch_change(&p, "stage", "open", words[i][0]);
			same_body(&p, words[i][1]);
		}
		patch_change(&p, "status", "open", "waiting");
		same_body(&p, "{\"status\":\"waiting\"}");
		patch_clear(&p);
		patch_change(&p, "stage", "open", "done");
		patch_change(&p, "step", NULL, "inspection");
		same_body(&p, "{\"step\":\"inspection\"}");
		patch_clear(&p);
	}

	test("to the service: a note, an answer") {
		struct patch p = { .note = "Rang, nobody there.\n" };

		same_body(&p, "{\"note\":\"Rang, nobody there.\\n\"}");
		p.note = NULL;
		p.answer = "{\"template\":\"bin-late\",\"values\":{\"day\":\"Mon\"}}";
		same_body(&p,
			"{\"answer\":{\"template\":\"bin-late\",\"values\":{\"day\":\"Mon\"}}}");
	}

	test("to the service: a new case holds what CaseInput knows") {
		struct patch p = { .creates = true };

		patch_change(&p, "subject", NULL, "Missed bin");
		patch_change(&p, "queue", NULL, "waste");
		patch_change(&p, "kind", NULL, "bin-missed");
		patch_change(&p, "citizen", NULL, "p1");
		patch_change(&p, "text", NULL, "Again.");
		patch_change(&p, "stage", NULL, "new");
		patch_change(&p, "outcome", NULL, "x");
		patch_change(&p, "language", NULL, NULL);
		patch_change(&p, "fields.round", NULL, "A");
		same_body(&p,
			"{\"subject\":\"Missed bin\",\"service\":\"waste\",\"kind\":\"bin-missed\","
			"\"citizen\":\"p1\",\"text\":\"Again.\",\"fields\":{\"round\":\"A\"}}");
		patch_clear(&p);
		p = (struct patch){ .creates = true, .note = "As told at the counter" };
		patch_change(&p, "subject", NULL, "S");
		same_body(&p, "{\"subject\":\"S\",\"text\":\"As told at the counter\"}");
		patch_clear(&p);
	}

	test("to the service: a citizen, the address inside") {
		struct patch p = { .on = ON_CITIZEN };

		patch_change(&p, "given", "Ana", "Anna");
		patch_change(&p, "street", "x", "Kerkstraat 12");
		patch_change(&p, "town", "y", NULL);
		patch_change(&p, "contact", NULL, "letter");
		patch_change(&p, "flags", NULL, "interpreter deaf");
		patch_change(&p, "guarded", "yes", "no");
		same_body(&p, "{\"given\":\"Anna\",\"contact\":\"letter\",\"flags\":["
			      "\"interpreter\",\"deaf\"],"
			      "\"guarded\":false,\"address\":{\"street\":\"Kerkstraat "
			      "12\",\"town\":null}}");
		p.creates = true;
		patch_change(&p, "allow_duplicate", NULL, "yes");
		same_body(&p, "{\"given\":\"Anna\",\"contact\":\"letter\",\"flags\":["
			      "\"interpreter\",\"deaf\"],"
			      "\"guarded\":false,\"allow_duplicate\":true,"
			      "\"address\":{\"street\":\"Kerkstraat 12\"}}");
		patch_clear(&p);
	}

	test("a row of the outbox comes back as it was") {
		struct patch p = {
			.key = 12,
			.service = "city",
			.uuid = "0b0d",
			.on = ON_CITIZEN,
			.object = -5,
			.creates = true,
			.number = "2026-000417",
			.title = "Missed \"bin\"\n",
			.version = "7",
			.fence = 3,
			.run = "batch",
			.row = 9,
			.state = PATCH_UNKNOWN,
			.not_before = 1784000000,
			.verb = "close explained",
			.note = "Zo\u00EB",
			.answer = "{\"text\":\"Dear \u65E5\"}",
			.purpose = "intake",
			.made = 1783999990,
			.tries = 4,
			.error = ERROR_BUSY,
			.error_text = "Busy.",
			.theirs = "{\"id\":\"c1\",\"version\":9}",
		};

		patch_change(&p, "team", "waste", NULL);
		patch_change(&p, "fields.round", NULL, "A");
		same_again(&p);
		p.state = PATCH_REFUSED;
		p.on = ON_CASE;
		p.error = ERROR_CANCELLED;
		same_again(&p);
		patch_clear(&p);
		same_again(&p);
	}

	test("an answer that is no JSON does not make its row unreadable") {
		struct patch p = { .answer = "Dear {" };

		same_again(&p);
	}

	test("a damaged row is told, not guessed") {
		static const char *const rows[] = { "", "{", "[]", "null",
			"{\"changes\":[{\"after\":\"x\"}]}" };

		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			struct patch p;
			struct error err = { 0 };

			ok(!json_read_outbox(rows[i], &p, &err));
			same_int(err.kind, ERROR_LOCAL);
			patch_clear(&p);
		}
	}
	return test_result();
}
