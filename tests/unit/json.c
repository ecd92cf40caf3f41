#include "model/json.h"
#include "model/text.h"
#include "tests/lib.h"
#include <stdint.h>

static struct json *read_text(const char *text, bool *repaired, struct error *err)
{
	return json_read(text, strlen(text), repaired, err);
}

/* Read and printed again; NULL when it is refused. */
static char *again(const char *text, size_t size, bool *repaired)
{
	struct error err = { 0 };
	struct json *j = json_read(text, size, repaired, &err);
	struct buf b = { 0 };

	if (!j) {
		ok(err.kind == ERROR_GARBLED && *err.text);
		return NULL;
	}
	json_print(&b, j);
	json_free(j);
	return buf_take(&b);
}

static void same_print(const char *text, const char *want, bool want_repaired)
{
	bool repaired = !want_repaired;
	char *got = again(text, strlen(text), &repaired);

	same(got, want);
	same_int(repaired, want_repaired);
	free(got);
}

static void refused(const char *text, const char *why)
{
	struct error err = { 0 };
	struct json *j = read_text(text, NULL, &err);

	ok(!j);
	same_int(err.kind, ERROR_GARBLED);
	if (!ok(strstr(err.text, why)))
		printf("# %s: %s\n", text, err.text);
	json_free(j);
}

static char *nested(int depth, char open, char close)
{
	struct buf b = { 0 };

	for (int i = 0; i < depth; i++)
		buf_char(&b, open);
	for (int i = 0; i < depth; i++)
		buf_char(&b, close);
	return buf_take(&b);
}

static const char full_case[] =
	"{\"id\":\"c1\",\"number\":\"2026-000417\",\"version\":7,\"subject\":\"Missed bin\","
	"\"service\":\"waste\",\"kind\":\"bin-missed\",\"step\":null,\"status\":\"waiting\","
	"\"outcome\":null,\"priority\":2,\"team\":\"refuse\",\"assignee\":\"s.rossi\","
	"\"due\":\"2026-08-15T17:00:00Z\",\"citizen\":{\"id\":\"p1\",\"name\":\"Anna de Vries\","
	"\"born\":\"1966\",\"town\":null},\"channel\":\"web\",\"language\":\"nl\",\"skills\":[],"
	"\"tags\":[\"missed\",\"second "
	"time\"],\"restricted\":false,\"fields\":{\"round\":\"A\",\"n\":2},"
	"\"surge\":null,\"group\":null,\"duplicate_of\":null,"
	"\"links\":[\"child:12\",\"refers-to:https://rt.example/9\"],\"lease\":{\"case\":\"c1\","
	"\"worker\":\"k.byrne\",\"fence\":3,\"expires_in\":120},\"last_event\":48214,"
	"\"last_contact\":{\"at\":\"2026-08-12T09:00:00Z\",\"kind\":\"incoming\"},\"delivery\":null,"
	"\"opened_at\":\"2026-08-10T09:00:00Z\",\"updated_at\":\"2026-08-12T09:00:00Z\","
	"\"resolved_at\":null}";

static void case_again(const char *text, const char *fields, const char *want)
{
	struct arena a = { 0 };
	struct casefile cf = { 0 };
	struct error err = { 0 };
	struct buf b = { 0 };
	struct json_out out = { .buf = &b };
	struct json *j = read_text(text, NULL, &err);

	ok(json_read_case(j, &cf, &a, &err));
	json_free(j); /* nothing is borrowed from it */
	json_write_case(&out, NULL, &cf, fields);
	same(b.text, want);
	buf_clear(&b);
	arena_clear(&a);
}

/* A wrong type names its member. */
static void garbled_case(const char *text, const char *member)
{
	struct arena a = { 0 };
	struct casefile cf = { 0 };
	struct error err = { 0 };
	struct json *j = read_text(text, NULL, NULL);

	ok(!json_read_case(j, &cf, &a, &err));
	same_int(err.kind, ERROR_GARBLED);
	if (!ok(strstr(err.text, member)))
		printf("# %s\n", err.text);
	json_free(j);
	arena_clear(&a);
}

#define AGAIN(type, wire)                                                                          \
	do {                                                                                       \
		struct arena arena = { 0 };                                                        \
		struct type thing = { 0 };                                                         \
		struct error err = { 0 };                                                          \
		struct buf b = { 0 };                                                              \
		struct json_out out = { .buf = &b };                                               \
		struct json *j = read_text(wire, NULL, &err);                                      \
		if (ok(READ_##type(j, &thing, &arena, &err)))                                      \
			WRITE_##type(&out, &thing);                                                \
		else                                                                               \
			printf("# %s\n", err.text);                                                \
		json_free(j);                                                                      \
		same(buf_str(&b), wire);                                                           \
		buf_clear(&b);                                                                     \
		arena_clear(&arena);                                                               \
	} while (0)

#define GARBLED(type, wire, member)                                                                \
	do {                                                                                       \
		struct arena arena = { 0 };                                                        \
		struct type thing = { 0 };                                                         \
		struct error err = { 0 };                                                          \
		struct json *j = read_text(wire, NULL, NULL);                                      \
		ok(!READ_##type(j, &thing, &arena, &err) && err.kind == ERROR_GARBLED);            \
		if (!ok(strstr(err.text, member)))                                                 \
			printf("# %s\n", err.text);                                                \
		json_free(j);                                                                      \
		arena_clear(&arena);                                                               \
	} while (0)

#define READ_citizen json_read_citizen
#define WRITE_citizen(out, thing) json_write_citizen(out, NULL, thing, NULL)
#define READ_event json_read_event
#define WRITE_event(out, thing) json_write_event(out, NULL, thing)
#define READ_worker json_read_worker
#define WRITE_worker(out, thing) json_write_worker(out, NULL, thing)
#define READ_team json_read_team
#define WRITE_team(out, thing) json_write_team(out, NULL, thing)
#define READ_answer_template json_read_template
#define WRITE_answer_template(out, thing) json_write_template(out, NULL, thing)
#define READ_kind json_read_kind
#define WRITE_kind(out, thing) json_write_kind(out, NULL, thing)
#define READ_access json_read_access
#define WRITE_access(out, thing) json_write_access(out, NULL, thing)

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

/* JSON with a few bytes changed, taken out or put in. */
static size_t damage(uint32_t *seed, char *text, size_t size, size_t room)
{
	static const char bytes[] = "{}[]\",:\\u0dD8e\x01\x80\xff\xc3\xed 1-.\n";
	size_t count = next_random(seed) % 6;

	for (size_t i = 0; i < count && size; i++) {
		size_t at = next_random(seed) % size;
		char byte = bytes[next_random(seed) % (sizeof(bytes))];

		switch (next_random(seed) % 3) {
		case 0:
			text[at] = byte;
			break;
		case 1:
			memmove(text + at, text + at + 1, size - at - 1);
			size--;
			break;
		default:
			if (size + 1 < room) {
				memmove(text + at + 1, text + at, size - at);
				text[at] = byte;
				size++;
			}
		}
	}
	return size;
}

/* What is accepted prints as JSON that reads and prints the same; a case out of it is a case. */
static bool survives(const char *text, size_t size)
{
	struct arena a = { 0 };
	struct casefile cf = { 0 };
	struct citizen c = { 0 };
	struct error err = { 0 };
	struct buf one = { 0 }, two = { 0 };
	struct json *j = json_read(text, size, NULL, &err), *k = NULL;
	bool good = j || (err.kind == ERROR_GARBLED && *err.text);

	if (j) {
		json_print(&one, j);
		k = json_read(one.text, one.size, NULL, NULL);
		json_print(&two, k);
		good = k && !strcmp(one.text, two.text) && text_valid(one.text, one.size);
		json_read_case(j, &cf, &a, &err);
		json_read_citizen(j, &c, &a, &err);
	}
	json_free(j);
	json_free(k);
	buf_clear(&one);
	buf_clear(&two);
	arena_clear(&a);
	return good;
}

int main(void)
{
	test("what is read is printed the same, members in their order") {
		same_print("{\"b\":1,\"a\":[true,false,null,-2,\"x\"]}",
			"{\"b\":1,\"a\":[true,false,null,-2,\"x\"]}", false);
		same_print(" [ 1.5 , 2e3, 0.1 ] ", "[1.5,2000.0,0.1]", false);
		same_print("\"Zo\\u00eb \\ud83d\\ude00 \\/\"", "\"Zo\u00EB \U0001F600 /\"", false);
		same_print("9007199254740993", "9007199254740993", false);
		same_print("\xEF\xBB\xBF{}", "{}", false);
		same_print("\"\\\\u0000 \\\\ud800\"", "\"\\\\u0000 \\\\ud800\"", false);
	}

	test("what is no JSON is refused, with the place and nobody's data") {
		static const char *const none[] = { "", "{", "{\"a\":}", "[1,]", "nul", "{} x",
			"'x'", "01", "[1 2]", "{1:2}", "\"\\x\"", "\"\\u12\"" };

		for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
			refused(none[i], "line 1");
		struct error err = { 0 };
		ok(!read_text("{\"name\": Okafor}", NULL, &err));
		ok(!strstr(err.text, "Okafor"));
		refused("{\"a\":1,\"b\":2,\"a\":3}", "twice");
	}

	test("depth has an end before the parser sees it") {
		char *text = nested(64, '[', ']');

		same_print(text, text, false);
		free(text);
		text = nested(65, '[', ']');
		refused(text, "64");
		free(text);
		text = nested(1000000, '[', ']');
		refused(text, "64");
		free(text);
		/* Brackets inside a text are letters. */
		same_print("\"[[[[{{{{ \\\" "
			   "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"",
			"\"[[[[{{{{ \\\" "
			"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"",
			false);
	}

	test("an object with too many members is refused, a long list is not") {
		struct buf object = { 0 }, list = { 0 };

		buf_char(&object, '{');
		buf_char(&list, '[');
		for (int i = 0; i < 20000; i++) {
			buf_printf(&object, "%s\"%d\":0", i ? "," : "", i);
			buf_printf(&list, "%s%d", i ? "," : "", i);
		}
		buf_char(&object, '}');
		buf_char(&list, ']');
		refused(object.text, "10000");
		struct json *j = json_read(list.text, list.size, NULL, NULL);
		same_int((long long)json_count(j), 20000);
		same_int(json_int(json_at(j, 19999), 0), 19999);
		json_free(j);
		buf_clear(&object);
		buf_clear(&list);
	}

	test("more small values than memory is for them are refused") {
		struct buf list = { 0 };

		buf_char(&list, '[');
		for (int i = 0; i < 300000; i++)
			buf_text(&list, "{},");
		buf_text(&list, "0]");
		refused(list.text, "200000");
		buf_clear(&list);
	}

	test("one bad byte costs one character, not the page") {
		same_print("{\"a\":\"x\xffy\"}", "{\"a\":\"x\uFFFDy\"}", true);
		same_print("[\"\\u0000\"]", "[\"\uFFFD\"]", true);
		same_print("[\"\\ud800\"]", "[\"\uFFFD\"]", true);
		same_print("[\"\\udc00x\"]", "[\"\uFFFDx\"]", true);
		same_print("[\"\\ud800\\u0041\"]", "[\"\uFFFDA\"]", true);
		same_print("[\"\\ud800\\ud83d\\ude00\"]", "[\"\uFFFD\U0001F600\"]", true);
		same_print("[\"a\nb\tc\"]", "[\"a\\nb\\tc\"]", true);
		same_print("[\"\xed\xa0\x80\"]", "[\"\uFFFD\uFFFD\uFFFD\"]", true);

		bool repaired;
		char *got = again("[\"a\0b\"]", 7, &repaired);
		same(got, "[\"a\uFFFDb\"]");
		ok(repaired);
		free(got);
	}

	test("nodes are asked gently") {
		struct json *j = read_text("{\"i\":5,\"r\":2.9,\"t\":\"x\",\"b\":true,\"n\":null,"
					   "\"l\":[1],\"big\":1e300}",
			NULL, NULL);
		const struct json *value = NULL;

		same_int(json_get_int(j, "i", -1), 5);
		same_int(json_get_int(j, "r", -1), 2);
		same_int(json_get_int(j, "t", -1), -1);
		same_int(json_get_int(j, "big", -1), -1);
		same_int(json_get_int(j, "none", -1), -1);
		ok(json_number(json_get(j, "r"), 0) > 2.8 &&
			json_number(json_get(j, "i"), 0) > 4.9);
		same(json_get_text(j, "t"), "x");
		same(json_get_text(j, "i"), NULL);
		ok(json_get_bool(j, "b", false) && json_get_bool(j, "t", true));
		same_int(json_type(json_get(j, "n")), JSON_NULL_VALUE);
		same_int(json_type(json_get(j, "none")), JSON_NOTHING);
		same_int(json_type(json_get(j, "b")), JSON_BOOL);
		same_int(json_type(json_get(j, "r")), JSON_FLOAT);
		same(json_name_at(j, 2, &value), "t");
		same(json_text(value), "x");
		same(json_name_at(j, 99, NULL), NULL);
		same_int((long long)json_count(j), 7);
		ok(!json_get(NULL, "x") && !json_at(NULL, 0) && !json_text(NULL) &&
			!json_count(NULL));
		ok(!json_name_at(NULL, 0, NULL));
		json_free(j);
		json_free(NULL);
	}

	test("writing escapes what must be, and all of it for a terminal") {
		struct buf b = { 0 };
		struct json_out out = { .buf = &b };

		json_open(&out, NULL, '{');
		json_put_text(&out, "t",
			"a\"\\\n\r\t\x01\x7f\u00EB\xff\xc2\x85"
			"b");
		json_put_text(&out, "n", NULL);
		json_put_int(&out, "i", INT64_MIN);
		json_put_real(&out, "r", 0.1);
		json_put_real(&out, "inf", 1e308 * 10);
		json_put_bool(&out, "b", false);
		json_put_time(&out, "at", 0);
		json_put_words(&out, "w", " a  b ");
		json_put_words(&out, "e", NULL);
		json_put_raw(&out, "raw", "{\"x\":1}");
		json_close(&out, '}');
		same(b.text,
			"{\"t\":\"a\\\"\\\\\\n\\r\\t\\u0001\\u007f\u00EB\uFFFD\\u0085b\",\"n\":"
			"null,"
			"\"i\":-9223372036854775808,\"r\":0.1,\"inf\":null,\"b\":false,\"at\":null,"
			"\"w\":[\"a\",\"b\"],\"e\":[],\"raw\":{\"x\":1}}");
		buf_reset(&b);
		out = (struct json_out){ .buf = &b, .ascii = true };
		json_put_text(&out, NULL, "\u00EB\U0001F600\xff");
		same(b.text, "\"\\u00eb\\ud83d\\ude00\\ufffd\"");
		buf_clear(&b);
	}

	test("which members are wanted") {
		ok(json_wanted(NULL, "x") && json_wanted("", "x"));
		ok(json_wanted("subject,due", "due") && json_wanted("subject, due", "due"));
		ok(!json_wanted("subject,due", "du") && !json_wanted("subjects", "subject"));
		ok(json_wanted("subject", "id") && json_wanted("subject", "version"));
		ok(json_wanted("citizen.name", "citizen"));
	}

	test("a case comes back as it went") {
		case_again(full_case, NULL, full_case);
		case_again(full_case, "subject,citizen",
			"{\"id\":\"c1\",\"version\":7,\"subject\":\"Missed "
			"bin\",\"citizen\":{\"id\":\"p1\","
			"\"name\":\"Anna de Vries\",\"born\":\"1966\",\"town\":null}}");
		case_again("{\"id\":\"c1\",\"version\":\"x-7\",\"citizen\":\"p1\",\"unknown\":[1]}",
			"version,citizen",
			"{\"id\":\"c1\",\"version\":\"x-7\",\"citizen\":{\"id\":\"p1\",\"name\":"
			"\"\","
			"\"born\":null,\"town\":null}}");
	}

	test("a copy of a case has every member, and owns it") {
		struct arena a = { 0 }, b = { 0 };
		struct casefile from = { 0 }, to;
		struct buf text = { 0 };
		struct json_out out = { .buf = &text };
		struct json *j = read_text(full_case, NULL, NULL);

		ok(json_read_case(j, &from, &a, NULL));
		json_free(j);
		from.outcome = from.step = from.surge = from.group = from.duplicate_of =
			from.citizen_town = arena_copy(&a, "x");
		case_copy(&to, &from, &b);
		json_write_case(&out, NULL, &from, NULL);
		arena_clear(&a);
		char *before = buf_take(&text);
		out = (struct json_out){ .buf = &text };
		json_write_case(&out, NULL, &to, NULL);
		same(text.text, before);
		free(before);
		buf_clear(&text);
		arena_clear(&b);
	}

	test("a case with nothing in it") {
		struct buf b = { 0 };
		struct json_out out = { .buf = &b };

		json_write_case(&out, NULL, &(struct casefile){ 0 }, NULL);
		same(b.text, "{\"id\":null,\"version\":null,\"kind\":null,\"step\":null,"
			     "\"outcome\":null,\"assignee\":null,\"due\":null,\"citizen\":null,"
			     "\"language\":null,\"skills\":[],\"tags\":[],\"restricted\":false,"
			     "\"fields\":{},\"surge\":null,\"group\":null,\"duplicate_of\":null,\"links\":[],"
			     "\"lease\":null,\"last_event\":0,\"last_contact\":null,\"delivery\":null,"
			     "\"resolved_at\":null}");
		buf_clear(&b);
	}

	test("what the reader makes of a case") {
		struct arena a = { 0 };
		struct casefile cf = { 0 };
		struct json *j = read_text(full_case, NULL, NULL);

		ok(json_read_case(j, &cf, &a, NULL));
		json_free(j);
		same_int(cf.stage, STAGE_WAITING);
		same(cf.worker, "s.rossi");
		same(cf.queue, "waste");
		same(cf.version, "7");
		same(cf.citizen_born, "1966");
		same(cf.tags, "missed second\u00A0time");
		same(cf.fields, "{\"round\":\"A\",\"n\":2}");
		same(cf.holder, "k.byrne");
		same_int(cf.fence, 3);
		same_int(cf.held_until_ms, 120000);
		same(cf.contact, "incoming");
		ok(cf.contact_at && cf.opened < cf.changed);
		cf = (struct casefile){ 0 };
		j = read_text("{\"id\":\"c2\",\"status\":\"parked\"}", NULL, NULL);
		ok(json_read_case(j, &cf, &a, NULL));
		same_int(cf.stage, STAGE_OPEN);
		json_free(j);
		arena_clear(&a);
	}

	test("what only that service has goes out too, ours wins") {
		struct buf b = { 0 };
		struct json_out out = { .buf = &b };
		struct casefile cf = { .id = "c1", .rest = "{\"viewers\":[],\"id\":\"c9\"}" };

		json_write_case(&out, NULL, &cf, "viewers");
		same(b.text, "{\"id\":\"c1\",\"version\":null,\"viewers\":[]}");
		buf_clear(&b);
	}

	test("a wrong type is told with its member") {
		garbled_case("[]", "object");
		garbled_case("{\"subject\":[]}", "subject");
		garbled_case("{\"priority\":\"high\"}", "priority");
		garbled_case("{\"priority\":1e12}", "priority");
		garbled_case("{\"due\":\"soon\"}", "due");
		garbled_case("{\"due\":5}", "due");
		garbled_case("{\"tags\":\"a\"}", "tags");
		garbled_case("{\"tags\":[1]}", "tags");
		garbled_case("{\"restricted\":\"no\"}", "restricted");
		garbled_case("{\"citizen\":[]}", "citizen");
		garbled_case("{\"lease\":true}", "lease");
		garbled_case("{\"last_contact\":{\"at\":1}}", "at");
		garbled_case("{\"fields\":[]}", "fields");
		garbled_case("{\"id\":true}", "id");
	}

	test("a wrong type in a citizen, an entry or a kind too") {
		GARBLED(citizen, "{\"address\":\"here\"}", "address");
		GARBLED(citizen, "{\"address\":{\"town\":[]}}", "town");
		GARBLED(citizen, "{\"cases\":{\"open\":\"x\"}}", "cases");
		GARBLED(citizen, "{\"consents\":{}}", "consents");
		GARBLED(event, "{\"seq\":\"x\"}", "seq");
		GARBLED(event, "{\"files\":\"x\"}", "files");
		GARBLED(worker, "{\"skills\":{}}", "skills");
		GARBLED(team, "{\"workers\":[]}", "workers");
		GARBLED(answer_template, "[]", "object");
		GARBLED(access, "{\"at\":\"yesterday\"}", "at");
		GARBLED(kind, "{\"fields\":5}", "fields");
		GARBLED(kind, "{\"fields\":[5]}", "object");
		GARBLED(kind, "{\"fields\":[{}]}", "name");
		GARBLED(kind, "{\"fields\":[{\"name\":\"n\",\"values\":\"x\"}]}", "values");
		GARBLED(kind, "{\"steps\":[{}]}", "id");
		GARBLED(kind, "{\"steps\":[{\"id\":\"s\",\"needs\":1}]}", "needs");
		GARBLED(kind, "{\"due\":\"5\"}", "due");
		GARBLED(kind, "{\"templates\":[{}]}", "templates");
	}

	test("citizens, people, entries and kinds come back as they went") {
		AGAIN(citizen,
			"{\"id\":\"p1\",\"version\":3,\"given\":\"Anna\",\"family\":\"de Vries\","
			"\"born\":\"1966-11\",\"ref\":null,\"phone\":null,\"email\":\"a@example."
			"org\","
			"\"language\":\"nl\",\"contact\":\"letter\",\"address\":{\"street\":"
			"\"Kerkstraat 12\","
			"\"town\":\"Tilburg\"},\"guarded\":false,\"consents\":[{\"what\":\"share\","
			"\"given\":true,\"at\":\"2026-01-01T00:00:00Z\"}],\"flags\":["
			"\"interpreter\"],"
			"\"match\":\"near\",\"cases\":{\"open\":1,\"resolved\":4},"
			"\"created_at\":\"2026-01-01T00:00:00Z\",\"updated_at\":\"2026-01-02T00:00:"
			"00Z\"}");
		AGAIN(citizen, "{\"id\":\"p2\",\"version\":1,\"family\":\"Suharto\",\"born\":null,"
			       "\"ref\":null,"
			       "\"phone\":null,\"email\":null,\"language\":null,\"contact\":null,"
			       "\"guarded\":true,\"consents\":[],\"flags\":[]}");
		AGAIN(event, "{\"seq\":48214,\"at\":\"2026-08-12T09:00:00Z\",\"kind\":\"changed\","
			     "\"actor\":\"w417\",\"team\":\"waste\",\"text\":\"\",\"changes\":{"
			     "\"team\":[\"waste\","
			     "null]},\"mentions\":[\"w1\"],\"channel\":\"phone\",\"language\":null,"
			     "\"delivery\":\"sent\",\"files\":[{\"id\":\"f1\",\"name\":\"a.pdf\"}],"
			     "\"internal\":false}");
		AGAIN(worker, "{\"id\":\"s.rossi\",\"name\":\"Sara Rossi\",\"team\":\"refuse\","
			      "\"skills\":[\"waste\"],\"languages\":[\"it\",\"nl\"],\"presence\":"
			      "\"away\"}");
		AGAIN(team, "{\"id\":\"refuse\",\"name\":\"Refuse\",\"services\":[\"waste\"],"
			    "\"workers\":34,"
			    "\"open_cases\":412}");
		AGAIN(answer_template,
			"{\"id\":\"bin\",\"name\":\"Missed bin\",\"language\":\"en\","
			"\"service\":\"waste\",\"outcome\":\"explained\",\"text\":\"Dear {{x}}\"}");
		AGAIN(access,
			"{\"at\":\"2026-08-12T09:00:00Z\",\"worker\":\"w1\",\"team\":\"waste\","
			"\"action\":\"read\",\"purpose\":null}");
		AGAIN(kind, "{\"id\":\"vaccination\",\"name\":\"Vaccination\",\"service\":"
			    "\"health\",\"version\":2,"
			    "\"fields\":[{\"name\":\"dose\",\"label\":\"Dose\",\"type\":\"choice\","
			    "\"required\":true,"
			    "\"values\":[\"first\",\"second\"],\"sensitive\":true},{\"name\":"
			    "\"ref\",\"label\":\"Ref\","
			    "\"type\":\"reference\",\"required\":false,\"pattern\":\"^[0-9]+$\","
			    "\"sensitive\":false}],"
			    "\"steps\":[{\"id\":\"in\",\"name\":\"In\",\"status\":\"new\",\"next\":"
			    "[\"out\"]},"
			    "{\"id\":\"out\",\"name\":\"Out\",\"status\":\"resolved\",\"next\":[],"
			    "\"needs\":{"
			    "\"role\":\"supervisor\",\"other_person\":true}}],\"due\":{\"working_"
			    "days\":5},"
			    "\"repeat\":{\"after_days\":28,\"times\":2},\"templates\":[\"t1\"]}");
		AGAIN(kind, "{\"id\":\"k\",\"name\":\"K\",\"service\":\"s\",\"version\":1,"
			    "\"fields\":[],"
			    "\"steps\":[],\"templates\":[]}");
	}

	test("an entry's word and channel say what it is") {
		same_int(event_kind_of("opened", "web"), EVENT_MAIL_IN);
		same_int(event_kind_of("incoming", "phone"), EVENT_CALL);
		same_int(event_kind_of("answer", "phone"), EVENT_MAIL_OUT);
		same_int(event_kind_of("note", NULL), EVENT_NOTE);
		same_int(event_kind_of("handover", NULL), EVENT_CHANGE);
		same_int(event_kind_of(NULL, NULL), EVENT_CHANGE);
	}

	test("20,000 damaged records do no harm") {
		uint32_t seed = 20261122;
		char text[2048];

		for (int i = 0; i < 20000; i++) {
			uint32_t start = seed;
			size_t size = sizeof(full_case) - 1;

			memcpy(text, full_case, size);
			size = damage(&seed, text, size, sizeof(text));
			if (!survives(text, size)) {
				printf("# seed %u\n", (unsigned)start);
				ok(!"survives");
				break;
			}
		}
	}
	return test_result();
}
