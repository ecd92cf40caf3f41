/* The verbs: a line and what it becomes, changes or a refusal. */
#include "model/verb.h"
#include "tests/lib.h"

enum { NOW = 1793606400 }; /* 2026-11-02T08:00:00Z, a Monday */

static const char *const words_end[] = { NULL };
static const char *const rounds[] = { "R-16", "R-17", NULL };
static const char *const from_new[] = { "visit", "done", NULL };
static const char *const from_visit[] = { "done", "approve", NULL };

static struct kind_field bin_fields[] = {
	{ .name = "round", .label = "Round", .type = KIND_CHOICE, .required = true, .values = rounds },
	{ .name = "noticed", .label = "Noticed", .type = KIND_DATE },
};

static struct kind_step bin_steps[] = {
	{ .id = "received", .name = "Received", .status = "new", .next = from_new },
	{ .id = "visit", .name = "Visit booked", .status = "waiting", .next = from_visit },
	{ .id = "approve", .name = "Approved", .status = "open", .next = words_end, .role = "supervisor" },
	{ .id = "done", .name = "Collected", .status = "resolved", .next = words_end },
};

static struct kind kinds[] = {
	{ .id = "bin", .name = "Missed bin", .queue = "waste", .fields = bin_fields, .field_count = 2 },
	{ .id = "stepped", .name = "Stepped case", .queue = "waste", .steps = bin_steps, .step_count = 4 },
};

static struct worker workers[] = {
	{ .id = "s.rossi", .name = "Sara Rossi", .team = "refuse" },
	{ .id = "k.byrne", .name = "Kate Byrne", .team = "highways" },
	{ .id = "k.osei", .name = "Kofi Osei", .team = "highways" },
};

static struct team teams[] = {
	{ .id = "refuse", .name = "Refuse and recycling" },
	{ .id = "highways", .name = "Highways" },
};

static struct answer_template templates[] = {
	{ .id = "bin-late", .name = "Late", .outcome = "explained",
	  .text = "Dear {{citizen.given}}, a lorry comes on {{day}}." },
};

static struct page people = {
	.workers = workers, .worker_count = 3,
	.teams = teams, .team_count = 2,
	.templates = templates, .template_count = 1,
	.kinds = kinds, .kind_count = 2,
};

static struct profile profile = {
	.service = "city",
	.me = "s.rossi",
	.roles = "caseworker",
	.workflow = "{\"new\":[\"open\",\"resolved\"],\"open\":[\"waiting\",\"resolved\"],"
		    "\"waiting\":[\"open\",\"resolved\"],\"resolved\":[\"open\",\"closed\"],\"closed\":[]}",
};

static struct casefile cases[] = {
	{ .key = 1, .service = "city", .id = "c1", .number = "2026-000001", .version = "4",
	  .subject = "Bin", .kind = "bin", .status = "new", .stage = STAGE_NEW, .team = "refuse",
	  .citizen = "p1", .priority = 3, .tags = "garden second", .fields = "{\"round\":\"R-16\"}" },
	{ .key = 2, .service = "city", .id = "c2", .number = "2026-000002", .version = "9",
	  .subject = "Mine", .status = "open", .stage = STAGE_OPEN, .worker = "s.rossi", .citizen = "p1",
	  .priority = 1, .due = NOW },
	{ .key = 3, .service = "city", .id = "c3", .number = "2026-000003", .version = "2",
	  .subject = "Theirs", .status = "waiting", .stage = STAGE_WAITING, .worker = "k.byrne",
	  .priority = 5 },
	{ .key = 4, .service = "city", .id = "c4", .number = "2026-000004", .version = "3",
	  .subject = "Resolved", .status = "resolved", .stage = STAGE_DONE, .outcome = "paid",
	  .citizen = "p1" },
	{ .key = 5, .service = "city", .id = "c5", .number = "2026-000005", .version = "3",
	  .subject = "Closed", .status = "closed", .stage = STAGE_DONE, .citizen = "p1" },
	{ .key = 6, .service = "city", .id = "c6", .number = "2026-000006", .version = "3",
	  .subject = "Stepped", .kind = "stepped", .step = "received", .status = "new",
	  .stage = STAGE_NEW, .citizen = "p1" },
	{ .key = 7, .service = "city", .id = "c7", .number = "2026-000007", .version = "3",
	  .subject = "Visit", .kind = "stepped", .step = "visit", .status = "waiting",
	  .stage = STAGE_WAITING, .citizen = "p1" },
	{ .key = 8, .service = "city", .number = "2026-000008", .subject = "Gone", .gone = true },
};

static struct citizen anna = {
	.key = 11, .service = "city", .id = "p1", .version = "6", .given = "Anna", .family = "de Vries",
	.phone = "1234",
};

/* Words of a line are parted by `|`, so that a word may hold spaces. */
static int split(char *line, const char *argv[16])
{
	int count = 0;

	for (char *word = line; word && count < 16;) {
		char *bar = strchr(word, '|');

		if (bar)
			*bar = '\0';
		argv[count++] = word;
		word = bar ? bar + 1 : NULL;
	}
	return count;
}

static void say_patch(struct buf *out, const struct patch *p)
{
	for (int i = 0; i < p->count; i++)
		buf_printf(out, "%s%s: %s -> %s", out->size ? "; " : "", p->changes[i].field,
			p->changes[i].before ? p->changes[i].before : "-",
			p->changes[i].after ? p->changes[i].after : "-");
	if (p->note)
		buf_printf(out, "%snote: %s", out->size ? "; " : "", p->note);
	if (p->answer)
		buf_printf(out, "%sanswer: %s", out->size ? "; " : "", p->answer);
	if (p->purpose)
		buf_printf(out, "%spurpose: %s", out->size ? "; " : "", p->purpose);
}

static void run(struct plan *plan, int number, char *line)
{
	const char *argv[16];
	int argc = split(line, argv);
	const struct verb *verb = verb_find(argv[0]);
	struct verb_input in = {
		.cf = number ? &cases[number - 1] : NULL, .citizen = &anna, .people = &people,
		.profile = &profile, .me = "s.rossi", .my_team = "refuse", .now = NOW,
		.argc = argc - 1, .argv = argv + 1,
	};

	if (!ok(verb != NULL))
		return;
	plan_build(plan, verb, &in, NULL);
}

static const struct {
	int number; /* of the case, 0: none */
	const char *line, *want;
} lines[] = {
	{ 1, "assign|me", "worker: - -> s.rossi" },
	{ 1, "assign|k.byrne", "worker: - -> k.byrne" },
	{ 1, "assign|Kate|Byrne", "worker: - -> k.byrne" },
	{ 1, "assign|byrne", "worker: - -> k.byrne" },
	{ 1, "assign|k.", "! k. could be several people: k.byrne, k.osei. Give the identifier." },
	{ 1, "assign|k.birne", "! There is no worker k.birne here; did you mean k.byrne?" },
	{ 1, "assign|team:highways", "team: refuse -> highways" },
	{ 3, "assign|Highways", "team: - -> highways; worker: k.byrne -> -" },
	{ 1, "assign|team:highway", "team: refuse -> highways" },
	{ 1, "assign|team:hihgways", "! There is no team hihgways here; did you mean highways?" },
	{ 3, "assign|none", "worker: k.byrne -> -" },
	{ 1, "assign", "! Say to whom: me, a worker, team:ID or a team's name, or none." },
	{ 2, "assign|me", "! It is so already; nothing was changed." },
	{ 1, "assign|--note=please|me", "worker: - -> s.rossi; note: please" },
	{ 1, "assign|--not=x|me", "! assign has no option --not; did you mean --note?" },
	{ 1, "assign|me|--note", "! --note needs a value: --note=TEXT." },

	{ 1, "take", "worker: - -> s.rossi" },
	{ 2, "take", "! This case is yours already." },
	{ 3, "take", "! k.byrne has this case; to take it over give the reason: take --over=REASON." },
	{ 3, "take|--over=on leave", "worker: k.byrne -> s.rossi; note: on leave" },
	{ 4, "take", "! This case is closed; reopen it first." },
	{ 8, "take", "! 2026-000008 is gone: the service no longer shows it, so nothing was changed." },

	{ 2, "release", "worker: s.rossi -> -" },
	{ 1, "release", "! Nobody has this case; there is nothing to give back." },
	{ 3, "release", "! This case is not yours but k.byrne's; assign none takes it from them." },

	{ 1, "note|Called|-z twice", "note: Called -z twice" },
	{ 1, "note", "! A note needs words: note TEXT, or - to read them." },
	{ 4, "note|x", "note: x" },

	{ 1, "note|--attach=/tmp/a.pdf|see|--attach|~/b.txt|it", "note: see it" },
	{ 1, "attach|/tmp/a.pdf|~/b.txt", "note: Attached: a.pdf, b.txt" },
	{ 1, "attach|/tmp/a.pdf|--text=What came", "note: What came" },
	{ 1, "attach", "! Say which files: attach scan.pdf photo.jpg." },
	{ 1, "merge", "! Say which case: its number, NAME/NUMBER of another service, or an https address." },
	{ 1, "unlink|2026-000009", "! There is no link to 2026-000009 on this case." },

	{ 1, "reply|We are sorry.", "answer: {\"text\":\"We are sorry.\"}" },
	{ 1, "reply", "! There is nothing to send: give the words, or a template with --template=ID." },
	{ 1, "reply|--template=bin-late|day=Monday",
	  "answer: {\"template\":\"bin-late\",\"values\":{\"day\":\"Monday\"}}" },
	{ 1, "reply|-t|bin-late|day=next Monday|--close|-c|email|--language=nl",
	  "stage: new -> done; outcome: - -> explained; answer: {\"template\":\"bin-late\",\"values\":"
	  "{\"day\":\"next Monday\"},\"channel\":\"email\",\"language\":\"nl\"}" },
	{ 1, "reply|--close=collected|Done.",
	  "stage: new -> done; outcome: - -> collected; answer: {\"text\":\"Done.\"}" },
	{ 1, "reply|--template=bin-late|--text=Mine", "answer: {\"text\":\"Mine\",\"template\":\"bin-late\"}" },
	{ 1, "reply|--template=bin-lat", "! There is no template bin-lat; did you mean bin-late?" },
	{ 1, "reply|--template=bin-late|Monday",
	  "! With a template give NAME=VALUE; Monday is none. Your own words go in with --text." },
	{ 1, "reply|--channel=mail|x", "! There is no channel mail; did you mean email?" },
	{ 1, "reply|--channel=pigeon|x",
	  "! There is no channel pigeon; possible: counter, phone, web, email, sms, letter, chat, other." },
	{ 1, "reply|--channel=emial|x", "! There is no channel emial; did you mean email?" },
	{ 3, "reply|x",
	  "! Nobody is named on this case to answer; write a note, or edit citizen=REF first." },
	{ 4, "reply|--close|x", "! This case is closed already (paid); reopen opens it again." },
	{ 1, "reply|--|-x", "answer: {\"text\":\"-x\"}" },

	{ 2, "state|waiting", "status: open -> waiting" },
	{ 1, "state|waiting", "! A case that is new cannot become waiting; possible: open, resolved." },
	{ 5, "state|open", "! A case that is closed cannot become open; the service has ended it for good." },
	{ 2, "state|sleeping", "! sleeping is no state here; possible: waiting, resolved." },
	{ 2, "state", "! Say which state; possible: waiting, resolved." },
	{ 2, "state|open", "! It is so already; nothing was changed." },
	{ 2, "state|closed", "! closed is the service's own end; close ends a case, and reopen undoes that." },
	{ 2, "state|resolved", "stage: open -> done; outcome: - -> done" },
	{ 6, "state|visit", "status: new -> waiting; step: received -> visit" },
	{ 6, "state|Visit|booked", "status: new -> waiting; step: received -> visit" },
	{ 6, "state|waiting", "status: new -> waiting; step: received -> visit" },
	{ 7, "state|Collected", "stage: waiting -> done; outcome: - -> done; step: visit -> done" },
	{ 6, "state|approve", "! A Stepped case cannot go to approve from here; possible: visit, done." },
	{ 6, "state|nowhere", "! A Stepped case cannot go to nowhere from here; possible: visit, done." },
	{ 7, "state|approve",
	  "! Step approve needs the role supervisor, which you do not have; hand it over." },

	{ 1, "close", "stage: new -> done; outcome: - -> done" },
	{ 1, "close|collected|at last", "stage: new -> done; outcome: - -> collected at last" },
	{ 1, "close|--template=bin-late|day=Monday",
	  "stage: new -> done; outcome: - -> explained; answer: {\"template\":\"bin-late\",\"values\":"
	  "{\"day\":\"Monday\"}}" },
	{ 4, "close", "! This case is closed already (paid); reopen opens it again." },

	{ 4, "reopen", "stage: done -> open" },
	{ 1, "reopen", "! This case is open already." },
	{ 5, "reopen", "! A case that is closed cannot become open; the service has ended it for good." },

	{ 1, "priority|1", "priority: 3 -> 1" },
	{ 1, "priority|up", "priority: 3 -> 2" },
	{ 1, "priority|down", "priority: 3 -> 4" },
	{ 4, "priority|up", "priority: - -> 2" },
	{ 2, "priority|up", "! This case has priority 1 already; there is no higher." },
	{ 3, "priority|down", "! This case has priority 5 already; there is no lower." },
	{ 1, "priority|6", "! 6 is no priority: 1 (now) to 5 (can wait), up or down." },
	{ 1, "priority", "! Say which priority: 1 (now) to 5 (can wait), up or down." },

	{ 1, "due|2026-11-05", NULL },
	{ 2, "due|none", "due: 2026-11-02T08:00:00Z -> -" },
	{ 1, "due|whenever",
	  "! whenever is no date: 3d, 2w, monday, 15 Aug, 15 Aug 17:00, 2026-08-15, or none." },

	{ 1, "tag|urgent|-second", "tags: garden second -> garden urgent" },
	{ 1, "tag|-garden|-second", "tags: garden second -> -" },
	{ 1, "tag|garden", "! It is so already; nothing was changed." },
	{ 1, "tag|a,b", "! a,b is no tag: one word without spaces, commas, colons and quotes." },

	{ 1, "edit|round=R-17", "fields.round: R-16 -> R-17" },
	{ 1, "edit|fields.round=R-17|subject=New one", "fields.round: R-16 -> R-17; subject: Bin -> New one" },
	{ 1, "edit|rund=R-17", "! There is no field rund here; the nearest is round." },
	{ 1, "edit|round", "! round has not the form FIELD=VALUE." },
	{ 1, "edit|status=open", "! status is not edited as a field; the verb state sets it." },
	{ 1, "edit|subject=", "! A case needs a subject; one line that says what it is about." },
	{ 2, "edit|language=nl", "language: - -> nl" },
	{ 2, "edit|round=R-17", "! A case has no field round; its kind says what may stand on it." },

	{ 0, "new|--kind=bin|--citizen=x|Bin|again|round=R-17",
	  "kind: - -> bin; queue: - -> waste; citizen: - -> p1; fields.round: - -> R-17; "
	  "subject: - -> Bin again" },
	{ 0, "new|--kind=bin|Bin again", "! A Missed bin needs more before it can be opened: round=" },
	{ 0, "new|--kind=bni|Bin", "! There is no kind of case bni; did you mean bin?" },
	{ 0, "new|Bin", "! Say what kind of case it is: --kind=ID, or --queue=ID without one." },
	{ 0, "new|--kind=stepped",
	  "! A case needs a subject: new --kind=ID SUBJECT; one line that says what it is about." },
	{ 0, "new|--queue=waste|-p2|--team=Highways|Tree", "queue: - -> waste; team: - -> highways; "
	  "citizen: - -> p1; priority: - -> 2; subject: - -> Tree" },

	{ 0, "correct|phone=5678|--purpose=case 1", "phone: 1234 -> 5678; purpose: case 1" },
	{ 0, "correct|phon=5678", "! A citizen has no field phon; the nearest is phone." },
	{ 0, "correct|family=|given=", "! A citizen needs a name: given or family has to stay." },
	{ 0, "register|given=Anna|town=Tilburg", "given: - -> Anna; town: - -> Tilburg" },
	{ 0, "register|town=Tilburg",
	  "! A citizen needs a name: register given=NAME family=NAME; one of the two is enough." },
};

static void check_line(int i)
{
	struct plan plan = { 0 };
	struct buf got = { 0 };
	char line[200];

	snprintf(line, sizeof(line), "%s", lines[i].line);
	run(&plan, lines[i].number, line);
	same_int(plan.count, 1);
	if (plan.rows[0].refused)
		buf_printf(&got, "! %s", plan.rows[0].why.text);
	else
		say_patch(&got, &plan.rows[0].patch);
	if (lines[i].want && !same(buf_str(&got), lines[i].want))
		printf("# of:   %s\n", lines[i].line);
	if (!lines[i].want && !ok(!plan.rows[0].refused))
		printf("# %s\n", buf_str(&got));
	buf_clear(&got);
	plan_clear(&plan);
}

static void check_table(void)
{
	for (const struct verb *const *v = verb_list; *v; v++) {
		ok((*v)->name && (*v)->args && (*v)->help && (*v)->keys && (*v)->example && (*v)->build);
		ok(strstr((*v)->example, (*v)->name) != NULL);
		for (const struct verb *const *w = v + 1; *w; w++)
			ok(!*(*v)->keys || strcmp((*v)->keys, (*w)->keys));
	}
}

static void check_many(void)
{
	struct page page = { .cases = cases, .case_count = 3 };
	const char *argv[] = { "up" };
	struct verb_input in = { .people = &people, .profile = &profile, .me = "s.rossi", .now = NOW,
		.argc = 1, .argv = argv };
	struct plan plan;

	plan_build(&plan, verb_find("priority"), &in, &page);
	same_int(plan.count, 3);
	same_int(plan.refusals, 1);
	ok(plan.rows[1].refused && plan.rows[1].why.kind == ERROR_USAGE);
	same(plan.rows[2].patch.changes[0].after, "4");
	same(plan.rows[0].patch.version, "4");
	same(plan.rows[0].patch.number, "2026-000001");
	same(plan.rows[0].patch.service, "city");
	same(plan.rows[0].patch.verb, "priority up");
	same_int(plan.rows[0].patch.object, 1);
	plan_clear(&plan);
}

static void check_hold(void)
{
	struct plan plan = { 0 };
	char note[] = "note|a secret", reply[] = "reply|--close|Dear Anna";

	run(&plan, 1, note);
	plan_hold(&plan, 99);
	same_int(plan.rows[0].patch.not_before, 0);
	same(plan.rows[0].patch.verb, "note");
	plan_clear(&plan);
	run(&plan, 1, reply);
	plan_hold(&plan, 99);
	same_int(plan.rows[0].patch.not_before, 99);
	same(plan.rows[0].patch.verb, "reply --close");
	plan_clear(&plan);
}

/* The other case, as the surfaces find it: of the same service, of another with and without addresses,
   an address alone, not there. */
static void other_is(const char *name, const struct casefile *cf, const struct casefile *other,
	const char *url, const char *want)
{
	const char *argv[] = { "OTHER" };
	struct error gone = { .kind = ERROR_GONE, .text = "There is no such case." };
	struct verb_input in = { .cf = cf, .other = other, .other_url = url, .profile = &profile,
		.other_why = other || url ? NULL : &gone, .argc = 1, .argv = argv };
	struct plan plan;

	plan_build(&plan, verb_find(name), &in, NULL);
	if (plan.rows[0].refused)
		same(plan.rows[0].why.text, want);
	else
		same(plan.rows[0].patch.changes[0].after, want);
	plan_clear(&plan);
}

static void check_other(void)
{
	struct casefile cf = cases[1], other = cases[0], far = cases[0];

	far.service = "rt";
	cf.links = "parent:https://rt.example/1 child:7 refers-to:2026-000001";
	other_is("link", &cf, &other, NULL, "It is so already; nothing was changed.");
	cf.links = "parent:https://rt.example/1";
	other_is("link", &cf, &other, "https://city.example/c1",
		"parent:https://rt.example/1 refers-to:2026-000001");
	other_is("link", &cf, &far, "https://rt.example/2",
		"parent:https://rt.example/1 refers-to:https://rt.example/2");
	other_is("link", &cf, &far, NULL,
		"Cases of rt have no address that another service could keep.");
	other_is("link", &cf, NULL, "https://x.example/a b",
		"https://x.example/a b is no address of a case.");
	other_is("link", &cf, NULL, NULL, "There is no such case.");
	other_is("link", &cf, &cases[1], NULL, "That is this very case.");
	other_is("unlink", &cf, &far, "https://rt.example/1", NULL);
	other_is("merge", &cf, &other, NULL, "c1");
	other_is("merge", &cf, &far, "https://rt.example/1",
		"Only cases of the same service can be merged; link them instead.");
}

static void check_files(void)
{
	const char *argv[] = { "~/a.pdf", "/tmp/b", "--text=x" };
	struct verb_input in = { .cf = &cases[0], .home = "/home/k", .argc = 3, .argv = argv };
	struct plan plan;

	plan_build(&plan, verb_find("attach"), &in, NULL);
	same_int(plan.rows[0].patch.file_count, 2);
	same(plan.rows[0].patch.files[0].path, "/home/k/a.pdf");
	same(plan.rows[0].patch.files[1].path, "/tmp/b");
	plan_clear(&plan);
}

int main(void)
{
	setenv("TZ", "UTC", 1);
	test("each line becomes its changes or its refusal")
		for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
			check_line((int)i);
	test("every verb is described, and no two share a key")
		check_table();
	test("a plan over several cases refuses row by row")
		check_many();
	test("another case: its number, its address, or why not")
		check_other();
	test("files are named, and ~/ is the home directory")
		check_files();
	test("what reaches the citizen is held, and no words of it stand in the line")
		check_hold();
	test("a misspelt verb has a nearest one") {
		same(verb_nearest("asign"), "assign");
		same(verb_nearest("xyzzy"), NULL);
	}
	return test_result();
}
