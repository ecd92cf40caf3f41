/* The driver for Redmine against a real one: each way in which it answers something else than one thinks
   has a test here. Calls go step by step, so that somebody else can come between two of them. */
#include "net/service.h"
#include "tests/live.h"

#include <fcntl.h>
#include <unistd.h>

extern const struct service_ops service_redmine;

struct seat {
	struct service s;
	const char *login; /* of a constant: the transport keeps it */
};

static struct {
	struct loop *loop;
	struct transport *transport;
	char *file; /* what a fetched one held */
	size_t file_size;
} room;

/* ---- one call, step by step */

struct talk {
	struct seat *seat;
	struct call call;
	struct page page;
	struct error err;
	enum answer answer;
	bool over, answered;
	/* Before the request of a method and path that begin so (first time), this happens. */
	const char *before;
	const char *then; /* SQL */
	struct talk *other;
	const char *twice; /* sent before, unheard */
	const char *lose;  /* the answer to such a request is lost, once: the call ends there */
	bool hide_lock, lost;
	int asked;
	char sent[2000]; /* "GET /issues/1.json\n" ... */
};

static void come(void *ctx, const struct response *a, const struct error *err)
{
	struct talk *t = ctx;
	struct response b = *a;
	char *body = xmalloc(a->body_size + 1);

	t->answered = true;
	memcpy(body, a->body ? a->body : "", a->body_size);
	body[a->body_size] = '\0';
	b.body = body;
	if (t->hide_lock && strstr(body, "issue[lock_version]"))
		strstr(body, "issue[lock_version]")[0] = 'X';
	t->err = *err;
	t->answer = ANSWER_ERROR;
	if (a->status == 302)
		t->err.kind = ERROR_LOGIN;
	else if (err->kind == ERROR_NONE)
		t->answer = service_redmine.calls[t->call.kind].read(
			&t->seat->s, &t->call, &b, &t->page, &t->err);
	free(body);
}

static bool file_piece(void *ctx, const char *bytes, size_t size)
{
	(void)ctx;
	room.file = xrealloc(room.file, room.file_size + size + 1);
	memcpy(room.file + room.file_size, bytes, size);
	room.file_size += size;
	return true;
}

static bool is_about(const char *wanted, const struct request *r, const char *base)
{
	char line[400];

	snprintf(line, sizeof(line), "%s %s", r->method, r->url + strlen(base));
	return wanted && !strncmp(line, wanted, strlen(wanted));
}

static void talk_on(struct talk *t);

static void unheard(void *ctx, const struct response *a, const struct error *err)
{
	(void)a;
	(void)err;
	*(bool *)ctx = true;
}

/* As libcurl does on a connection that died: the server has it, and nobody here knows. */
static void send_unheard(struct talk *t)
{
	struct request r = { 0 };
	bool came = false;

	t->twice = NULL;
	service_redmine.calls[t->call.kind].ask(&t->seat->s, &t->call, &r, &t->err);
	r.host_group = "redmine";
	transport_send(room.transport, &r, unheard, &came);
	while (!came)
		loop_once(room.loop, -1);
}

static void send_next(struct talk *t)
{
	struct request r = { 0 };
	struct seat *seat = t->seat;
	size_t used = strlen(t->sent);

	t->answered = false;
	if (!service_redmine.calls[t->call.kind].ask(&seat->s, &t->call, &r, &t->err)) {
		request_clear(&r);
		t->over = true;
		t->answer = ANSWER_ERROR;
		return;
	}
	t->asked++;
	snprintf(t->sent + used, sizeof(t->sent) - used, "%s %.60s\n", r.method,
		r.url + strlen(seat->s.url));
	if (is_about(t->before, &r, seat->s.url)) {
		t->before = NULL;
		if (t->then)
			live_sql("redmine", t->then);
		if (t->other)
			talk_on(t->other);
	}
	bool lost = is_about(t->lose, &r, seat->s.url);

	if (is_about(t->twice, &r, seat->s.url))
		send_unheard(t);
	r.host_group = seat->login ? seat->login : "redmine";
	if (t->call.kind == CALL_FILE)
		r.chunk = file_piece;
	transport_send(room.transport, &r, come, t);
	t->lost = lost;
}

static void wait_for(struct talk *t)
{
	while (!t->over && !t->answered)
		loop_once(room.loop, -1);
	if (t->lost) {
		t->answer = ANSWER_ERROR;
		t->err.kind = ERROR_OFFLINE;
	}
	t->over |= t->answer != ANSWER_MORE;
	t->call.step++;
}

/* To its end. */
static void talk_on(struct talk *t)
{
	page_init(&t->page);
	while (!t->over) {
		send_next(t);
		wait_for(t);
	}
	free(t->call.work);
	t->call.work = NULL;
}

/* Both in step, so that their requests are under way at the same moment. */
static void both(struct talk *a, struct talk *b)
{
	page_init(&a->page);
	page_init(&b->page);
	while (!a->over || !b->over) {
		if (!a->over)
			send_next(a);
		if (!b->over)
			send_next(b);
		if (!a->over)
			wait_for(a);
		if (!b->over)
			wait_for(b);
	}
	free(a->call.work);
	free(b->call.work);
}

static void talk_end(struct talk *t)
{
	page_clear(&t->page);
}

static enum error_kind done(struct talk *t)
{
	talk_on(t);
	return t->answer == ANSWER_DONE ? ERROR_NONE : t->err.kind;
}

/* ---- people */

static enum error_kind sit(struct seat *seat, const char *login, const char *user, const char *secret)
{
	struct talk t = { .seat = seat, .call = { .kind = CALL_LOGIN } };

	seat->login = login;
	seat->s = (struct service){ .name = "redmine", .ops = &service_redmine,
		.url = getenv("REDMINE_URL"), .user = user, .token = xstrdup(secret) };
	service_redmine.open(&seat->s, &t.err);
	enum error_kind kind = done(&t);

	if (kind == ERROR_NONE) {
		seat->s.profile.me = arena_copy(&seat->s.arena, t.page.profile->me);
		seat->s.profile.my_team = arena_copy(&seat->s.arena, t.page.profile->my_team);
	}
	talk_end(&t);
	return kind;
}

static void rise(struct seat *seat)
{
	service_redmine.close(&seat->s);
	free(seat->s.token);
	arena_clear(&seat->s.arena);
}

static struct seat anna, bram, sofia, remy;

/* ---- cases and changes */

static struct casefile *look(struct seat *seat, const char *id, struct page *page)
{
	struct casefile want = { .id = id };
	struct talk t = { .seat = seat, .call = { .kind = CALL_OPEN, .cf = &want } };

	if (done(&t) != ERROR_NONE) {
		printf("# %s\n", t.err.text);
		talk_end(&t);
		page_init(page);
		return NULL;
	}
	*page = t.page;
	return &page->cases[0];
}

/* "field=value field=value", before as the case now is. */
struct plan {
	struct patch patch;
	struct page page;
	struct casefile *cf;
};

static void plan(struct plan *p, struct seat *seat, const char *id, const char *field, const char *after)
{
	*p = (struct plan){ .patch = { .on = ON_CASE, .made = time(NULL), .uuid = "u" } };
	p->cf = look(seat, id, &p->page);
	if (p->cf && field)
		patch_change(&p->patch, field, case_get(p->cf, field, &p->page.arena), after);
}

static void plan_end(struct plan *p)
{
	patch_clear(&p->patch);
	page_clear(&p->page);
}

static struct talk change(struct seat *seat, struct plan *p)
{
	return (struct talk){ .seat = seat,
		.call = { .kind = CALL_PATCH, .patch = &p->patch, .cf = p->cf } };
}

static enum error_kind change_one(
	struct seat *seat, const char *id, const char *field, const char *after)
{
	struct plan p;

	plan(&p, seat, id, field, after);
	struct talk t = change(seat, &p);
	enum error_kind kind = p.cf ? done(&t) : ERROR_GONE;

	if (kind != ERROR_NONE)
		printf("# %s\n", t.err.text);
	talk_end(&t);
	plan_end(&p);
	return kind;
}

static int number(const char *sql)
{
	return atoi(live_sql("redmine", sql));
}

#define NOTES "SELECT COUNT(*) FROM journals WHERE notes = "

/* ---- lists */

static int ids(struct seat *seat, const char *text, char *out, size_t size, int *total)
{
	struct query q = { 0 };
	char from[20] = "";
	int count = 0;

	*out = '\0';
	query_parse(&q, QUERY_CASES, text, NULL, NULL);
	for (int pages = 0; pages < 20; pages++) {
		struct talk t = { .seat = seat, .call = { .kind = CALL_LIST, .query = &q, .limit = 30,
							.from = *from ? from : NULL, .count = true } };

		if (done(&t) != ERROR_NONE) {
			snprintf(out, size, "%s", t.err.text);
			count = -(int)t.err.kind;
		}
		for (int i = 0; i < t.page.case_count; i++, count++)
			snprintf(out + strlen(out), size - strlen(out), "%s ", t.page.cases[i].id);
		if (total && !*from)
			*total = t.page.total;
		snprintf(from, sizeof(from), "%s", t.page.next ? t.page.next : "");
		talk_end(&t);
		if (!*from)
			break;
	}
	query_clear(&q);
	return count;
}

/* The same, by looking at every case there is. */
static int ids_here(struct seat *seat, const char *text, char *out, size_t size)
{
	struct query all = { 0 }, q = { 0 };
	struct query_now now = { .me = seat->s.profile.me, .team = seat->s.profile.my_team,
		.now = time(NULL) };
	int count = 0;

	*out = '\0';
	query_parse(&all, QUERY_CASES, "sort:number", NULL, NULL);
	query_parse(&q, QUERY_CASES, text, NULL, NULL);
	struct talk t = { .seat = seat, .call = { .kind = CALL_LIST, .query = &all, .limit = 100 } };

	same_int(done(&t), ERROR_NONE);
	for (int i = 0; i < t.page.case_count; i++) {
		if (!query_match(&q, &now, &t.page.cases[i]))
			continue;
		snprintf(out + strlen(out), size - strlen(out), "%s ", t.page.cases[i].id);
		count++;
	}
	talk_end(&t);
	query_clear(&all);
	query_clear(&q);
	return count;
}

static void logging_in(void)
{
	struct seat other = { 0 };

	test("a password buys the key, once, and the key alone is enough") {
		same_int(sit(&other, "anna", "anna", "anna-pass"), ERROR_NONE);
		same(service_redmine.session(&other.s), live_secret("redmine", "anna"));
		same(other.s.profile.me, "anna.muller-ostergard");
		rise(&other);
		same_int(sit(&anna, "anna", NULL, live_secret("redmine", "anna")), ERROR_NONE);
		ok(!service_redmine.session(&anna.s));
		same_int(sit(&bram, "bram", NULL, live_secret("redmine", "bram")), ERROR_NONE);
		same_int(sit(&sofia, "sofia", NULL, live_secret("redmine", "sofia")), ERROR_NONE);
		same_int(sit(&remy, "remy", NULL, live_secret("redmine", "remy")), ERROR_NONE);
	}
	test("a kept key logs in without the password") {
		other.s = (struct service){ .name = "redmine", .ops = &service_redmine,
			.url = getenv("REDMINE_URL"), .user = "anna" };
		service_redmine.open(&other.s, NULL);
		ok(!service_redmine.resume(&other.s, "no key\r\nX: y"));
		ok(service_redmine.resume(&other.s, live_secret("redmine", "anna")));
		struct page page;
		ok(look(&other, "4", &page) != NULL);
		page_clear(&page);

		rise(&other);
	}
	test("a wrong password: 401 with an empty body is said in words") {
		same_int(sit(&other, "anna", "anna", "wrong"), ERROR_LOGIN);
		rise(&other);
		same_int(sit(&other, "anna", NULL, "0000000000000000000000000000000000000000"), ERROR_LOGIN);
		rise(&other);
	}
	test("what is no Redmine is said to be none") {
		char url[100];

		snprintf(url, sizeof(url), "%s/login?x=", getenv("REDMINE_URL"));
		other.s = (struct service){ .name = "redmine", .ops = &service_redmine, .url = url,
			.token = xstrdup("x") };
		service_redmine.open(&other.s, NULL);
		struct talk t = { .seat = &other, .call = { .kind = CALL_LOGIN } };
		same_int(done(&t), ERROR_GARBLED);
		talk_end(&t);
		rise(&other);
	}
}

static void listing(void)
{
	static const char *const queries[] = { "is:open", "-is:open", "is:late", "status:new",
		"status:waiting", "-status:new", "status:resolved", "step:Resolved", "step:Closed,Rejected",
		"assignee:me", "-assignee:me", "assignee:none", "assignee:me,none",
		"assignee:bram.van.t.hoff", "-assignee:bram.van.t.hoff", "team:waste", "-team:waste",
		"team:waste,surge", "service:benefits", "priority<=2", "priority:1,5", "-priority:3",
		"due<today", "due>+3d", "due:none", "opened>-1d", "opened<-1d", "updated>=today",
		"number:3", "number:3,4,99999", "number:2026-000417", "subject:énergie",
		"subject:bulky", "citizen:100490656", "citizen:none", "tag:elderly", "-tag:elderly",
		"fields.phone:\"+31 6 10855719\"", "channel:desk", "kind:waste.request",
		"(team:waste or assignee:me) is:open", "team:waste team:surge",
		"is:open priority:1 assignee:none sort:due", NULL };
	char there[2000], here[2000];
	int total = 0;

	test("whatever is asked, the answer is what every case alone says") {
		for (int i = 0; queries[i]; i++) {
			char text[200];

			snprintf(text, sizeof(text), "%s%s", queries[i],
				strstr(queries[i], "sort:") ? "" : " sort:number");
			int count = ids(&sofia, text, there, sizeof(there), NULL);
			int right = ids_here(&sofia, text, here, sizeof(here));

			if (!same_int(count, right) || (!strstr(queries[i], "sort:due") && !same(there, here)))
				printf("# %s: %s, not %s\n", queries[i], there, here);
		}
	}
	test("closed ones come where they are not excluded, page after page, each once; the total is right") {
		same_int(ids(&sofia, "sort:number", there, sizeof(there), &total),
			number("SELECT COUNT(*) FROM issues"));
		same_int(total, number("SELECT COUNT(*) FROM issues"));
	}
	test("where all further pages begin is known with the first one") {
		struct arena arena = { 0 };

		same(service_redmine.page_after("30/79/30", 1, &arena), "60/79/30");
		same(service_redmine.page_after("30/79/30", 2, &arena), NULL);
		same(service_redmine.page_after("30", 1, &arena), NULL);
		arena_clear(&arena);
	}
	test("a word it does not know is refused by name, never answered with everything") {
		same_int(ids(&anna, "skill:sign-language", there, sizeof(there), NULL), -ERROR_REFUSED);
		ok(strstr(there, "skill") != NULL);
		same_int(ids(&anna, "fields.nosuch:1", there, sizeof(there), NULL), -ERROR_REFUSED);
		ok(strstr(there, "fields.nosuch") != NULL);
		same_int(ids(&anna, "(is:open or surge:s1)", there, sizeof(there), NULL), -ERROR_REFUSED);
	}
	test("a field that may not be filtered by, where Redmine answers with everything") {
		live_sql("redmine", "UPDATE custom_fields SET is_filter = 0 WHERE name = 'Citizen ID'");
		int count = ids(&sofia, "citizen:100490656 sort:number", there, sizeof(there), NULL);
		same_int(count, ids_here(&sofia, "citizen:100490656", here, sizeof(here)));
		ok(count > 1);
		same(there, here);
		live_sql("redmine", "UPDATE custom_fields SET is_filter = 1 WHERE name = 'Citizen ID'");
	}
	test("words are found in notes and fields, a number too, and filters hold beside them") {
		ok(ids(&sofia, "register address", there, sizeof(there), NULL) > 10);
		ok(ids(&sofia, "register address team:waste", here, sizeof(here), NULL) > 1);
		ok(strlen(here) < strlen(there));
		same_int(ids(&sofia, "12", there, sizeof(there), NULL), 1);
		same(there, "12 ");
		same_int(ids(&sofia, "nosuchwordanywhere", there, sizeof(there), NULL), 0);
	}
	test("departments stay apart: what I may not see is not in my list") {
		same_int(ids(&anna, "team:waste", there, sizeof(there), NULL), 0);
	}
}

static enum error_kind opened(struct seat *seat, const char *id)
{
	struct casefile cf = { .id = id };
	struct talk t = { .seat = seat, .call = { .kind = CALL_OPEN, .cf = &cf } };
	enum error_kind kind = done(&t);

	talk_end(&t);
	return kind;
}

static void opening(void)
{
	test("a deleted case is gone; one of another department is denied; 2-12 is not case 2") {
		same_int(opened(&bram, "11"), ERROR_GONE);
		same_int(opened(&anna, "2"), ERROR_DENIED);
		same_int(opened(&bram, "2-12"), ERROR_GONE);
	}
	test("255 Chinese characters, a control and a bidi override come as they are") {
		struct page p;
		struct casefile *cf = look(&anna, "15", &p);
		ok(cf && strlen(cf->subject) == 3 * 255);
		page_clear(&p);
		cf = look(&anna, "14", &p);
		ok(cf && strstr(cf->subject, "\t") && strstr(cf->subject, "\xe2\x80\xae"));
		page_clear(&p);
	}
	test("state, step, relations and fields in our words") {
		struct page p;
		struct casefile *cf = look(&bram, "12", &p);
		same(cf->status, "resolved");
		same(cf->step, "Closed");
		same(cf->duplicate_of, "3");
		page_clear(&p);
		cf = look(&bram, "13", &p);
		same(cf->links, "depends-on:8");
		same(cf->team, "waste");
		same(cf->worker, bram.s.profile.me);
		page_clear(&p);
		cf = look(&sofia, "61", &p);
		same(cf->links, "parent:1");
		page_clear(&p);
		cf = look(&bram, "10", &p);
		same(cf->status, "waiting");
		same(cf->tags, "elderly interpreter");
		page_clear(&p);
	}
}

static int events_of(struct seat *seat, const char *id, struct page *page)
{
	struct casefile cf = { .id = id, .key = 1 };
	struct talk t = { .seat = seat, .call = { .kind = CALL_EVENTS, .cf = &cf } };

	same_int(done(&t), ERROR_NONE);
	*page = t.page;
	return page->event_count;
}

static void timeline(void)
{
	struct page p, q;

	test("the text is the first entry, journals follow with names for numbers") {
		same_int(events_of(&bram, "3", &p), 3);
		same(p.events[0].wire, "opened");
		same(p.events[0].by, "sofia.ibanez");
		same(p.events[1].changes, "{\"step\":[\"New\",\"In Progress\"]}");
		same(p.events[1].by, bram.s.profile.me);
		ok(p.events[0].visible && p.events[1].visible && !p.events[2].visible);
		page_clear(&p);
	}
	test("a private note is not there for who may not read it") {
		same_int(events_of(&remy, "3", &q), 2);
		page_clear(&q);
	}
}

/* ---- changes */

static void refusing(void)
{
	test("a step that is not allowed is refused here, and the note beside it is not saved") {
		struct plan p;

		plan(&p, &bram, "3", "step", "Closed");
		p.patch.note = "beside a refused step";
		struct talk t = change(&bram, &p);
		same_int(done(&t), ERROR_REFUSED);
		ok(strstr(t.err.text, "Resolved") != NULL);
		ok(!strstr(t.sent, "PUT"));
		same_int(number(NOTES "'beside a refused step'"), 0);
		talk_end(&t);
		plan_end(&p);
	}
	test("a 204 that changed nothing is a failure that names the field, and the note waits") {
		struct plan p;

		plan(&p, &bram, "3", "step", "Resolved");
		p.patch.note = "beside a step that did not take";
		struct talk t = change(&bram, &p);
		t.before = "PUT";
		t.then = "DELETE FROM workflows WHERE role_id = (SELECT id FROM roles WHERE name = 'Caseworker')"
			 " AND new_status_id = (SELECT id FROM issue_statuses WHERE name = 'Resolved')";
		same_int(done(&t), ERROR_REFUSED);
		ok(strstr(t.err.text, "Step (now In Progress)") != NULL);
		same_int(number(NOTES "'beside a step that did not take'"), 0);
		talk_end(&t);
		plan_end(&p);
	}
	test("what Redmine refuses in words is told in its words") {
		same_int(change_one(&sofia, "3", "channel", "pigeon"), ERROR_REFUSED);
		same_int(change_one(&bram, "3", "citizen", "no number"), ERROR_REFUSED);
		same_int(change_one(&bram, "13", "due", "2020-01-01T12:00:00Z"), ERROR_REFUSED);
	}
	test("who is not there, a foreign department, a missing field: refused before anything is sent") {
		same_int(change_one(&bram, "3", "worker", "chidi.okonkwo"), ERROR_REFUSED);
		same_int(change_one(&bram, "3", "team", "benefits"), ERROR_REFUSED);
		same_int(change_one(&bram, "3", "fields.nosuch", "x"), ERROR_REFUSED);
		same_int(change_one(&bram, "3", "skills", "dutch"), ERROR_REFUSED);
		same_int(change_one(&remy, "3", "subject", "mine"), ERROR_DENIED);
	}
}

static void changing(void)
{
	test("two who add a tag each both keep theirs") {
		struct plan p, q;

		plan(&p, &bram, "3", "tags", "urgent");
		plan(&q, &sofia, "3", "tags", "elderly");
		struct talk t = change(&bram, &p), o = change(&sofia, &q);
		same_int(done(&o), ERROR_NONE);
		same_int(done(&t), ERROR_NONE);
		same(t.page.cases[0].tags, "elderly urgent");
		talk_end(&t);
		talk_end(&o);
		plan_end(&p);
		plan_end(&q);
		same_int(change_one(&bram, "3", "tags", NULL), ERROR_NONE);
	}
	test("every field that Redmine has, each read back") {
		static const char *const pairs[][2] = { { "subject", "Grofvuil \xf0\x9f\x97\x91 & <b>" },
			{ "worker", "sofia.ibanez" }, { "worker", NULL }, { "priority", "1" },
			{ "due", "2031-05-06T12:00:00Z" }, { "due", NULL }, { "tags", "urgent elderly" },
			{ "tags", NULL }, { "citizen", "123456789" }, { "channel", "letter" },
			{ "fields.district", "\xc5\xa0i\xc5\xa1ka" }, { "fields.call_back", "2031-01-02" },
			{ "step", "Waiting" }, { "status", "open" }, { "team", "surge" },
			{ "team", "waste" }, { "worker", "team.waste" }, { NULL, NULL } };

		for (int i = 0; pairs[i][0]; i++)
			if (!same_int(change_one(&bram, "3", pairs[i][0], pairs[i][1]), ERROR_NONE))
				printf("# %s\n", pairs[i][0]);
		same(live_sql("redmine", "SELECT subject FROM issues WHERE id = 3"), pairs[0][1]);
		same_int(number("SELECT COUNT(*) FROM custom_values WHERE customized_id = 3 AND value = "
				"'123456789'"), 1);
	}
	test("closing takes the first end that is allowed, or the one that the outcome names") {
		struct plan p;

		same_int(change_one(&sofia, "16", "stage", "done"), ERROR_NONE);
		same(live_sql("redmine", "SELECT name FROM issue_statuses WHERE id = (SELECT status_id FROM "
					 "issues WHERE id = 16)"), "Closed");
		plan(&p, &sofia, "17", "stage", "done");
		patch_change(&p.patch, "outcome", NULL, "rejected");
		struct talk t = change(&sofia, &p);
		same_int(done(&t), ERROR_NONE);
		same(t.page.cases[0].step, "Rejected");
		talk_end(&t);
		plan_end(&p);
		same_int(change_one(&sofia, "17", "stage", "open"), ERROR_NONE);
	}
}

static void two_people(void)
{
	struct plan p, q;

	test("two take one case at the same moment: one wins, the other is told and sees whose it is") {
		int before = number("SELECT COUNT(*) FROM journals WHERE journalized_id = 2");

		plan(&p, &bram, "2", "worker", bram.s.profile.me);
		plan(&q, &sofia, "2", "worker", sofia.s.profile.me);
		struct talk a = change(&bram, &p), b = change(&sofia, &q);
		both(&a, &b);
		same_int((a.answer == ANSWER_DONE) + (b.answer == ANSWER_DONE), 1);
		struct talk *loser = a.answer == ANSWER_DONE ? &b : &a;
		same_int(loser->err.kind, ERROR_CONFLICT);
		same(loser->page.cases[0].worker, a.answer == ANSWER_DONE ? bram.s.profile.me
									 : sofia.s.profile.me);
		same_int(number("SELECT COUNT(*) FROM journals WHERE journalized_id = 2"), before + 1);
		talk_end(&a);
		talk_end(&b);
		plan_end(&p);
		plan_end(&q);
	}
	test("a stale change of the same field is a conflict: the lock version of the page held it back") {
		plan(&p, &bram, "8", "subject", "by bram");
		plan(&q, &sofia, "8", "subject", "by sofia");
		struct talk t = change(&bram, &p), o = change(&sofia, &q);
		t.before = "PUT";
		t.other = &o;
		same_int(done(&t), ERROR_CONFLICT);
		same(t.page.cases[0].subject, "by sofia");
		same(live_sql("redmine", "SELECT subject FROM issues WHERE id = 8"), "by sofia");
		talk_end(&t);
		talk_end(&o);
		plan_end(&p);
		plan_end(&q);
	}
	test("a change of another field comes between: both take effect") {
		plan(&p, &bram, "8", "subject", "after sofia");
		plan(&q, &sofia, "8", "priority", "1");
		struct talk t = change(&bram, &p), o = change(&sofia, &q);
		t.before = "PUT";
		t.other = &o;
		same_int(done(&t), ERROR_NONE);
		same_int(t.page.cases[0].priority, 1);
		same(t.page.cases[0].subject, "after sofia");
		talk_end(&t);
		talk_end(&o);
		plan_end(&p);
		plan_end(&q);
	}
	test("where the page shows no lock version, the history tells who was at it too") {
		plan(&p, &bram, "8", "worker", bram.s.profile.me);
		plan(&q, &sofia, "8", "worker", sofia.s.profile.me);
		struct talk t = change(&bram, &p), o = change(&sofia, &q);
		t.hide_lock = o.hide_lock = true;
		t.before = "PUT";
		t.other = &o;
		same_int(done(&t), ERROR_CONFLICT);
		talk_end(&t);
		talk_end(&o);
		plan_end(&p);
		plan_end(&q);
	}
	test("two notes at the same moment: the one that is refused is written again, each once") {
		char one[40], two[40];

		for (int i = 0; i < 5; i++) {
			char sql[100];

			snprintf(one, sizeof(one), "bram says %d", i);
			snprintf(two, sizeof(two), "sofia says %d", i);
			plan(&p, &bram, "8", NULL, NULL);
			plan(&q, &sofia, "8", NULL, NULL);
			p.patch.note = one;
			q.patch.note = two;
			struct talk a = change(&bram, &p), b = change(&sofia, &q);
			both(&a, &b);
			ok(a.answer == ANSWER_DONE && b.answer == ANSWER_DONE);
			snprintf(sql, sizeof(sql), NOTES "'%s'", one);
			same_int(number(sql), 1);
			snprintf(sql, sizeof(sql), NOTES "'%s'", two);
			same_int(number(sql), 1);
			talk_end(&a);
			talk_end(&b);
			p.patch.note = q.patch.note = NULL;
			plan_end(&p);
			plan_end(&q);
		}
	}
}

static void writing(void)
{
	struct plan p;

	test("a note is private, an answer is not, both in one change with a step") {
		plan(&p, &bram, "13", "step", "Waiting");
		p.patch.note = "for colleagues";
		p.patch.answer = "{\"text\":\"for everybody\"}";
		struct talk t = change(&bram, &p);
		same_int(done(&t), ERROR_NONE);
		same_int(number("SELECT private_notes FROM journals WHERE notes = 'for colleagues'"), 1);
		same_int(number("SELECT private_notes FROM journals WHERE notes = 'for everybody'"), 0);
		same(t.page.cases[0].step, "Waiting");
		talk_end(&t);
		plan_end(&p);
	}
	test("the answer to a note is lost: it is looked for, and there once") {
		plan(&p, &bram, "13", "priority", "1");
		p.patch.note = "said once";
		struct talk t = change(&bram, &p);
		t.lose = "PUT";
		t.before = NULL;
		same_int(done(&t), ERROR_OFFLINE); /* of the field */
		talk_end(&t);
		t = change(&bram, &p);
		t.call.again = true;
		t.lose = "PUT";
		same_int(done(&t), ERROR_OFFLINE); /* of the note */
		talk_end(&t);
		same_int(number(NOTES "'said once'"), 1);
		t = change(&bram, &p);
		t.call.again = true;
		same_int(done(&t), ERROR_NONE);
		ok(!strstr(t.sent, "PUT"));
		same_int(number(NOTES "'said once'"), 1);
		talk_end(&t);
		plan_end(&p);
	}
	test("a note still under way when its repeat is written is refused: the version it has is old") {
		plan(&p, &bram, "13", NULL, NULL);
		p.patch.note = "under way";
		struct talk t = change(&bram, &p), o = change(&bram, &p);
		t.call.again = true;
		t.before = "PUT"; /* the first one arrives between the look and the repeat */
		t.other = &o;
		same_int(done(&t), ERROR_NONE);
		same_int(number(NOTES "'under way'"), 1);
		talk_end(&t);
		talk_end(&o);
		p.patch.note = NULL;
		plan_end(&p);
	}
	test("a new case of a kind, its fields and its answer lost: there once") {
		plan(&p, &bram, "13", NULL, NULL);
		p.patch.creates = true;
		patch_change(&p.patch, "kind", NULL, "waste.complaint");
		patch_change(&p.patch, "queue", NULL, "waste");
		patch_change(&p.patch, "subject", NULL, "Énergie of a new case");
		patch_change(&p.patch, "text", NULL, "First line.\nSecond line.");
		patch_change(&p.patch, "citizen", NULL, "100490656");
		patch_change(&p.patch, "tags", NULL, "urgent");
		patch_change(&p.patch, "links", NULL, "refers-to:3 refers-to:https://other.example.org/cases/7");
		struct talk t = change(&bram, &p);
		t.lose = "POST /issues.json";
		same_int(done(&t), ERROR_OFFLINE);
		talk_end(&t);
		t = change(&bram, &p);
		t.call.again = true;
		same_int(done(&t), ERROR_NONE);
		if (t.answer != ANSWER_DONE)
			printf("# %s\n", t.err.text);
		else {
			same(t.page.cases[0].kind, "waste.complaint");
			same(t.page.cases[0].citizen, "100490656");
			same(t.page.cases[0].links, "refers-to:https://other.example.org/cases/7 refers-to:3");
		}
		same_int(number("SELECT COUNT(*) FROM issues WHERE subject LIKE '%of a new case'"), 1);
		talk_end(&t);
		plan_end(&p);
	}
	test("a file goes with a note, is there once after a lost answer, and comes back byte for byte") {
		const char *path = "/tmp/caseload-redmine-test";
		int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

		for (int i = 0; i < 20000; i++)
			same_int(write(fd, &i, sizeof(i)), sizeof(i));
		close(fd);
		plan(&p, &bram, "13", NULL, NULL);
		p.patch.note = "with a paper";
		struct attachment *f = patch_file(&p.patch, path);
		f->name = "\xd9\x88\xd8\xb1\xd9\x82\xd8\xa9 1.bin";
		struct talk t = change(&bram, &p);
		t.lose = "PUT";
		same_int(done(&t), ERROR_OFFLINE);
		talk_end(&t);
		t = change(&bram, &p);
		t.call.again = true;
		same_int(done(&t), ERROR_NONE);
		talk_end(&t);
		same_int(number("SELECT COUNT(*) FROM attachments WHERE container_id = 13"), 1);

		struct attachment there = { .name = f->name,
			.id = live_sql("redmine", "SELECT id FROM attachments WHERE container_id = 13") };
		t = (struct talk){ .seat = &bram, .call = { .kind = CALL_FILE, .file = &there } };
		same_int(done(&t), ERROR_NONE);
		same_int((long long)room.file_size, 80000);
		int last = 19999;
		ok(room.file_size == 80000 && !memcmp(room.file + 79996, &last, 4));
		talk_end(&t);
		there.name = "another.bin";
		t = (struct talk){ .seat = &bram, .call = { .kind = CALL_FILE, .file = &there } };
		same_int(done(&t), ERROR_GONE);
		talk_end(&t);
		struct page page;
		int count = events_of(&bram, "13", &page);
		bool told = false; /* beside the private note, in a journal of its own */
		for (int i = 0; i < count; i++)
			told |= page.events[i].files && strstr(page.events[i].files, "\"size\":80000");
		ok(told);
		page_clear(&page);
		plan_end(&p);
		unlink(path);
	}
	test("a note that is sent again by the library is there once") {
		plan(&p, &bram, "3", NULL, NULL);
		p.patch.note = "sent twice by the wire";
		for (int i = 1; i <= 2; i++) { /* said again on purpose, it is there again */
			struct talk t = change(&bram, &p);
			t.twice = "PUT /issues/3.json";
			same_int(done(&t), ERROR_NONE);
			talk_end(&t);
			same_int(number(NOTES "'sent twice by the wire'"), i);
		}
		plan_end(&p);
	}
	test("a file whose token is used up goes once more") {
		const char *path = "/tmp/caseload-redmine-token";
		int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

		same_int(write(fd, "once", 4), 4);
		close(fd);
		plan(&p, &bram, "3", NULL, NULL);
		p.patch.note = "with a paper whose token is gone";
		patch_file(&p.patch, path);
		struct talk t = change(&bram, &p);
		t.before = "PUT /issues/3.json";
		t.then = "DELETE FROM attachments WHERE container_id IS NULL";
		same_int(done(&t), ERROR_NONE);
		talk_end(&t);
		same_int(number("SELECT COUNT(*) FROM attachments WHERE container_id = 3"), 1);
		same_int(number("SELECT COUNT(*) FROM journals WHERE notes LIKE '%whose token is gone'"), 1);
		plan_end(&p);
		unlink(path);
	}
	test("a file over the limit of the server is refused, and nothing of it stays") {
		const char *path = "/tmp/caseload-redmine-big";
		int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

		same_int(ftruncate(fd, 31 * 1024 * 1024), 0);
		close(fd);
		plan(&p, &bram, "13", NULL, NULL);
		p.patch.note = "with too much";
		patch_file(&p.patch, path);
		struct talk t = change(&bram, &p);
		same_int(done(&t), ERROR_REFUSED);
		printf("# %s\n", t.err.text);
		same_int(number(NOTES "'with too much'"), 0);
		talk_end(&t);
		plan_end(&p);
		unlink(path);
	}
}

static void linking(void)
{
	test("links are made and taken away, each kind of them") {
		static const char *const links[] = { "refers-to:9", "depends-on:9",
			"needed-by:9", "parent:9", "child:9", "refers-to:https://rt.example.org/Ticket/7",
			NULL };

		for (int i = 0; links[i]; i++) {
			if (!same_int(change_one(&bram, "10", "links", links[i]), ERROR_NONE))
				printf("# %s\n", links[i]);
			struct page page;
			struct casefile *cf = look(&bram, "10", &page);
			same(cf->links, links[i]);
			page_clear(&page);
			same_int(change_one(&bram, "10", "links", NULL), ERROR_NONE);
			cf = look(&bram, "10", &page);
			same(cf->links, NULL);
			page_clear(&page);
		}
		same_int(number("SELECT COUNT(*) FROM issue_relations WHERE issue_from_id = 10 OR "
				"issue_to_id = 10"), 0);
	}
	test("a parent that Redmine ignores with 204, here and at the child, is a failure") {
		live_sql("redmine", "UPDATE roles SET permissions = replace(permissions, '- :manage_subtasks' "
				    "|| char(10), '') WHERE name = 'Caseworker'");
		same_int(change_one(&bram, "10", "links", "parent:3"), ERROR_REFUSED);
		same_int(change_one(&bram, "10", "links", "child:3"), ERROR_REFUSED);
		same_int(number("SELECT COUNT(*) FROM issues WHERE parent_id IN (3, 10)"), 0);
	}
	test("a duplicate is closed by who may, and said to be one by who may not") {
		same_int(change_one(&sofia, "9", "duplicate_of", "3"), ERROR_NONE);
		same(live_sql("redmine", "SELECT name FROM issue_statuses WHERE id = (SELECT status_id FROM "
					 "issues WHERE id = 9)"), "Closed");
		same_int(change_one(&bram, "10", "duplicate_of", "3"), ERROR_NONE);
		same_int(change_one(&bram, "10", "duplicate_of", NULL), ERROR_NONE);
	}
	test("a case of another department cannot be linked, and it is said") {
		same_int(change_one(&bram, "10", "links", "refers-to:4"), ERROR_REFUSED);
	}
	test("the address of a case is told, and found again") {
		struct casefile cf = { .id = "10" };
		struct buf url = { 0 };
		struct arena arena = { 0 };

		service_redmine.case_url(&bram.s, &cf, &url);
		same(service_redmine.case_of_url(&bram.s, url.text, &arena), "10");
		ok(!service_redmine.case_of_url(&bram.s, "https://other.example.org/issues/10", &arena));
		buf_clear(&url);
		arena_clear(&arena);
	}
}

static void people_and_news(void)
{
	test("workers are the members, teams the projects, kinds the trackers in them with their steps") {
		struct talk t = { .seat = &bram, .call = { .kind = CALL_WORKERS } };
		bool found = false;

		same_int(done(&t), ERROR_NONE);
		for (int i = 0; i < t.page.worker_count; i++)
			found |= !strcmp(t.page.workers[i].id, "sofia.ibanez");
		ok(found);
		same_int(t.page.team_count, 2);
		talk_end(&t);
		t = (struct talk){ .seat = &bram, .call = { .kind = CALL_CASE_KINDS } };
		same_int(done(&t), ERROR_NONE);
		same_int(t.page.kind_count, 4);
		ok(t.page.kinds[0].step_count >= 6 && kind_field_find(&t.page.kinds[0], "phone"));
		talk_end(&t);
	}
	test("a citizen is the value of a field, found by it and never by a name") {
		struct citizen who = { .id = "100490656" };
		struct query q = { 0 };
		struct talk t = { .seat = &sofia, .call = { .kind = CALL_CITIZEN, .citizen = &who } };

		same_int(done(&t), ERROR_NONE);
		same_int(t.page.citizen_count, 1);
		same_int(t.page.citizens[0].all_cases,
			number("SELECT COUNT(*) FROM custom_values WHERE value = '100490656'"));
		talk_end(&t);
		query_parse(&q, QUERY_CITIZENS, "10049065", NULL, NULL);
		t = (struct talk){ .seat = &sofia, .call = { .kind = CALL_CITIZENS, .query = &q } };
		same_int(done(&t), ERROR_NONE);
		same_int(t.page.citizen_count, 1);
		talk_end(&t);
		query_clear(&q);
	}
	test("news are what changed since, by the server's clock, and miss nothing within a second") {
		struct talk t = { .seat = &sofia, .call = { .kind = CALL_NEWS } };

		same_int(done(&t), ERROR_NONE);
		char from[40];
		snprintf(from, sizeof(from), "%s", t.page.next);
		talk_end(&t);
		same_int(change_one(&bram, "10", "priority", "1"), ERROR_NONE);
		same_int(change_one(&bram, "3", "priority", "5"), ERROR_NONE);
		t = (struct talk){ .seat = &sofia, .call = { .kind = CALL_NEWS, .from = from } };
		same_int(done(&t), ERROR_NONE);
		bool ten = false, three = false;
		for (int i = 0; i < t.page.case_count; i++) {
			ten |= !strcmp(t.page.cases[i].id, "10");
			three |= !strcmp(t.page.cases[i].id, "3");
		}
		ok(ten && three);
		talk_end(&t);
	}
}

int main(void)
{
	bool there = false;

	test("a real Redmine is there") {
		there = live("redmine");
	}
	if (!there)
		return test_result();
	room.loop = loop_new();
	room.transport = transport_new(room.loop);
	logging_in();
	listing();
	opening();
	timeline();
	changing();
	two_people();
	writing();
	linking();
	people_and_news();
	refusing();
	rise(&anna);
	rise(&bram);
	rise(&sofia);
	rise(&remy);
	transport_free(room.transport);
	loop_free(room.loop);
	free(room.file);
	return test_result();
}
