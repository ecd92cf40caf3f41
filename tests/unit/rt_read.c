/* Reading from a real Request Tracker. Each trap it sets a client has a test by its name. */
#include "model/when.h"
#include "tests/unit/rt_room.h"

#include <ctype.h>

/* ---- beside the driver */

/* A request as that person. */
static bool as(const char *login, const char *arguments)
{
	char command[1000], said[2000];

	snprintf(command, sizeof(command), "curl -sf -H 'Authorization: token %s' %s",
		live_secret("rt", login), arguments);
	bool good = ask_shell(command, said, sizeof(said)) == 0;

	if (!good)
		printf("# %s\n# %s\n", arguments, said);
	return ok(good);
}

/* ---- login */

static bool has_header(const struct request *r, const char *name)
{
	size_t size = strlen(name);

	for (int i = 0; r->headers && r->headers[i]; i++)
		if (!strncasecmp(r->headers[i], name, size) && r->headers[i][size] == ':')
			return true;
	return false;
}

static void login(void)
{
	test("a token buys a cookie, and who it is for") {
		struct room r;

		if (live("rt") && room_of(&r, "anna")) {
			const struct profile *p = &r.service.profile;

			same(p->me, "anna");
			ok(p->my_name && strstr(p->my_name, "Anna"));
			ok(p->my_team != NULL);
			ok(p->title && !strncmp(p->title, "Request Tracker 5.", 18));
			ok(((struct rt *)r.service.own)->cookie != NULL);
			room_close(&r);
		}
	}
	test("behind the cookie the token stays at home") {
		struct room r;

		if (live("rt") && room_of(&r, "anna")) {
			struct request q = { 0 };

			rt_ask_ticket(&r.service, &q, "4");
			ok(has_header(&q, "Cookie"));
			ok(!has_header(&q, "Authorization"));
			request_clear(&q);
			room_close(&r);
		}
	}
	test("a password logs in; a wrong one is answered with 200 and a cookie, and is refused") {
		struct room r;

		if (live("rt")) {
			room_open(&r, "anna", live_password("anna"));
			ok(room_login(&r));
			same(r.service.profile.me, "anna");
			room_close(&r);
			room_open(&r, "anna", "wrong");
			ok(!room_login(&r));
			same_int(r.err.kind, ERROR_LOGIN);
			ok(strstr(r.err.text, "password") != NULL);
			room_close(&r);
		}
	}
	test("a token that is wrong, and one that is none, are refused") {
		struct room r;

		if (live("rt")) {
			room_open(&r, NULL, "1-32-00000000000000000000000000000000");
			ok(!room_login(&r));
			same_int(r.err.kind, ERROR_LOGIN);
			room_close(&r);
			room_open(&r, NULL, "swordfish");
			ok(!room_login(&r));
			same_int(r.err.kind, ERROR_LOGIN);
			room_close(&r);
		}
	}
	test("at an address where there is something else, that is said") {
		struct room r;
		char url[200];

		if (live("rt")) {
			room_open(&r, NULL, live_secret("rt", "anna"));
			snprintf(url, sizeof(url), "%s/nothing/here", getenv("RT_URL"));
			r.service.url = url;
			ok(!room_login(&r));
			ok(r.err.kind == ERROR_GARBLED || r.err.kind == ERROR_LOGIN);
			room_close(&r);
		}
	}
}

static void sessions(void)
{
	test("a session that ended is answered with a redirect: log in again") {
		struct room r;
		struct page page;

		if (live("rt") && room_of(&r, "anna")) {
			char *cookie = ((struct rt *)r.service.own)->cookie;

			memset(strchr(cookie, '=') + 1, '0', 32);
			ok(!room_list(&r, "is:open", &page, NULL));
			same_int(r.err.kind, ERROR_LOGIN);
			page_clear(&page);
			ok(room_login(&r));
			ok(room_list(&r, "owner:me", &page, NULL));
			page_clear(&page);
			room_close(&r);
		}
	}
	test("what a login bought serves the next run, for the same address and user alone") {
		struct room r, next;
		struct page page;
		char line[1000];

		if (live("rt") && room_of(&r, "anna")) {
			snprintf(line, sizeof(line), "%s", service_rt.session(&r.service));
			ok(!strpbrk(line, "\r\n"));
			ok(!strstr(line, live_secret("rt", "anna")));
			room_close(&r);
			room_open(&next, NULL, NULL);
			ok(service_rt.resume(&next.service, line));
			ok(room_list(&next, "owner:me", &page, NULL));
			ok(page.case_count > 0);
			page_clear(&page);
			next.service.url = "https://elsewhere.example";
			ok(!service_rt.resume(&next.service, line));
			ok(((struct rt *)next.service.own)->cookie == NULL);
			next.service.url = getenv("RT_URL");
			next.service.user = "bram";
			ok(!service_rt.resume(&next.service, line));
			next.service.user = NULL;
			size_t size = strlen(line);

			snprintf(line + size, sizeof(line) - size, "\r\nX: y");
			ok(!service_rt.resume(&next.service, line));
			ok(!service_rt.resume(&next.service, ""));
			ok(!service_rt.resume(&next.service, NULL));
			room_close(&next);
		}
	}
}

/* ---- lists */

static void paging(void)
{
	test("a long list comes whole and each case once, a hundred at a time") {
		struct room r;
		struct page all;
		int pages = 0, doubled = 0;

		if (live("rt") && room_of(&r, "sofia")) {
			ok(room_list(&r, "team:Surge sort:-updated", &all, &pages));
			ok(all.case_count > 300);
			same_int(all.case_count, all.total);
			same_int(pages, (all.case_count + 99) / 100);
			for (int i = 0; i < all.case_count; i++)
				for (int j = 0; j < i; j++)
					doubled += !strcmp(all.cases[i].id, all.cases[j].id);
			same_int(doubled, 0);
			page_clear(&all);
			room_close(&r);
		}
	}
	test("beyond the end there is nothing, and no error") {
		struct room r;
		struct page page;
		struct query q = { 0 };

		if (live("rt") && room_of(&r, "sofia")) {
			query_parse(&q, QUERY_CASES, "is:open", NULL, NULL);
			struct call c = { .kind = CALL_LIST, .query = &q, .from = "77" };

			ok(room_call(&r, &c, &page));
			same_int(page.case_count, 0);
			ok(page.next == NULL);
			page_clear(&page);
			query_clear(&q);
			room_close(&r);
		}
	}
	test("what is due first comes first, and what is never due last, over all pages") {
		struct room r;
		struct page all;
		int wrong = 0, undue = 0;

		if (live("rt") &&
			as("sofia", "-X PUT -H 'Content-Type: application/json' -d "
				    "'{\"Due\":\"1970-01-01 00:00:00\"}' $RT_URL/REST/2.0/ticket/4") &&
			as("sofia", "-X PUT -H 'Content-Type: application/json' -d "
				    "'{\"Due\":\"1970-01-01 00:00:00\"}' $RT_URL/REST/2.0/ticket/7") &&
			room_of(&r, "sofia")) {
			ok(room_list(&r, "sort:due", &all, NULL));
			same_int(all.case_count, all.total);
			for (int i = 1; i < all.case_count; i++) {
				time_t a = all.cases[i - 1].due, b = all.cases[i].due;

				wrong += b && (!a || a > b);
				undue += !b;
			}
			same_int(wrong, 0);
			ok(undue >= 2);
			page_clear(&all);
			ok(room_list(&r, "sort:-due", &all, NULL));
			same_int(all.case_count, all.total);
			wrong = 0;
			for (int i = 1; i < all.case_count; i++)
				wrong += all.cases[i].due > all.cases[i - 1].due;
			same_int(wrong, 0);
			page_clear(&all);
			ok(room_list(&r, "sort:priority,-opened", &all, NULL));
			wrong = 0;
			for (int i = 1; i < all.case_count; i++)
				wrong += all.cases[i].priority < all.cases[i - 1].priority;
			same_int(wrong, 0);
			page_clear(&all);
			room_close(&r);
		}
	}
}

static void bend_order(struct room *r, struct request *q)
{
	char *at = strstr(q->body, "orderby=LastUpdated");

	(void)r;
	if (at)
		memcpy(at, "orderby=BogusUpdate", strlen("orderby=BogusUpdate"));
}

static void bend_query(struct room *r, struct request *q)
{
	char *at = strstr(q->body, "query=");

	(void)r;
	if (at)
		memcpy(at, "query=Nonsense", strlen("query=Nonsense"));
}

static void trouble(void)
{
	test("an order the server stumbles over is no empty list") {
		struct room r;
		struct page page;

		if (live("rt") && room_of(&r, "sofia")) {
			r.bend = bend_order;
			ok(!room_list(&r, "is:open", &page, NULL));
			same_int(r.err.kind, ERROR_GARBLED);
			page_clear(&page);
			room_close(&r);
		}
	}
	test("a search it does not understand is refused in its words, without its files") {
		struct room r;
		struct page page;

		if (live("rt") && room_of(&r, "sofia")) {
			r.bend = bend_query;
			ok(!room_list(&r, "is:open", &page, NULL));
			same_int(r.err.kind, ERROR_REFUSED);
			ok(!strstr(r.err.text, "/usr/"));
			ok(!strstr(r.err.text, ".pm"));
			page_clear(&page);
			room_close(&r);
		}
	}
	test("an error without a word names what was asked for") {
		struct response a = { .status = 500, .body = "", .body_size = 0 };
		struct error err = { 0 };

		ok(rt_good(&a, "ticket 4", &err) == NULL);
		same_int(err.kind, ERROR_BUSY);
		ok(strstr(err.text, "ticket 4") != NULL);
		ok(strstr(err.text, "500") != NULL);
		a = (struct response){ .status = 200, .body = "<html>", .body_size = 6 };
		ok(rt_good(&a, "ticket 4", &err) == NULL);
		same_int(err.kind, ERROR_GARBLED);
	}
}

/* Each of these and its opposite share all cases between them, and the rows of each are what the
   same words mean here. */
static const char *const queries[] = { "is:open", "is:late", "status:new", "status:open",
	"status:waiting", "status:resolved", "status:closed", "owner:me", "owner:none", "owner:bram",
	"owner:so*", "team:Surge", "team:Waste,Benefits", "queue:Was*", "priority:1", "priority:3",
	"priority<3", "priority>=4", "priority>2", "due:none", "due<now", "due>now", "due<+2d",
	"due<-10d", "opened>-1h", "opened>-2d", "opened>-30d", "opened<-100d", "updated>-20h",
	"updated>=-28h", "updated<-1d", "number:4,5,6", "tag:none", "citizen:none",
	"citizen:p1.home@example.net", "fields.channel:phone", "fields.channel:none", "step:stalled",
	"status:new,waiting", "(status:new owner:none)", "(is:late OR priority:1)",
	"(team:Surge -(owner:sofia OR priority>3))", "due:today", "subject:bin", NULL };

static int not_matching(struct room *r, const char *text, const struct page *page)
{
	struct query q = { 0 };
	struct query_now now = { .me = r->service.profile.me,
		.team = r->service.profile.my_team,
		.now = time(NULL) };
	int count = 0;

	query_parse(&q, QUERY_CASES, text, NULL, NULL);
	for (int i = 0; i < page->case_count; i++)
		count += !query_match(&q, &now, &page->cases[i]);
	query_clear(&q);
	return count;
}

/* A bound more than a day away is asked for with an hour to spare on either side. */
static bool spared(const char *text)
{
	return strpbrk(text, "+-") && strpbrk(text, "<>") && strchr("uod", *text);
}

/* Of the sixty that stand in tests/live/README, with their fields, since some ask for those. */
static void world_of(struct buf *out, const char *query, const char *minus)
{
	buf_text(out, "number:1");
	for (int i = 2; i <= 80; i++)
		buf_printf(out, ",%d", i);
	buf_printf(out, " %s(%s)", minus, query);
}

static bool list_world(struct room *r, const char *query, const char *minus, struct page *page)
{
	struct buf text = { 0 };

	world_of(&text, query, minus);
	bool good = room_list(r, text.text, page, NULL);

	if (!good)
		printf("# %s\n", r->err.text);
	buf_clear(&text);
	return good;
}

static void each_query(struct room *r)
{
	struct page all;

	ok(list_world(r, "tag:none OR -tag:none", "", &all));
	for (int i = 0; queries[i]; i++) {
		struct page in, out;
		bool good = list_world(r, queries[i], "", &in) && list_world(r, queries[i], "-", &out);
		int sum = in.total + out.total, wrong = not_matching(r, queries[i], &in);

		if (!ok(good) ||
			!ok(spared(queries[i]) ? sum >= all.total : sum == all.total) ||
			!ok(spared(queries[i]) || wrong == 0) ||
			!ok(in.case_count - wrong ==
				all.case_count - not_matching(r, queries[i], &all)))
			printf("# %s: %d of %d, and %d besides; %d wrong, here %d\n", queries[i],
				in.total, all.total, out.total, wrong,
				all.case_count - not_matching(r, queries[i], &all));
		page_clear(&in);
		page_clear(&out);
	}
	page_clear(&all);
}

static void searching(void)
{
	test("every filter finds what it means, and its opposite finds the others") {
		struct room r;

		if (live("rt") && room_of(&r, "sofia")) {
			each_query(&r);
			room_close(&r);
		}
	}
	test("the same for somebody in another time zone") {
		struct room r;

		if (live("rt") && room_of(&r, "chidi")) {
			each_query(&r);
			room_close(&r);
		}
	}
	test("no value finds more than it says") {
		static const char *const values[] = { "x' OR id > 0 OR Subject='", "\\' OR id > 0 --",
			"x\\\\' OR id > 0 OR 'a'='a", "\\", "'", "__CurrentUser__' OR '1'='1", NULL };
		static const char *const fields[] = { "subject", "citizen", "owner", "team", "tag",
			"step", "fields.channel", NULL };
		struct room r;
		struct page page;
		char text[200];

		if (live("rt") && room_of(&r, "sofia")) {
			for (int i = 0; values[i]; i++)
				for (int f = 0; fields[f]; f++) {
					snprintf(text, sizeof(text), "%s:\"%s\"", fields[f], values[i]);
					ok(room_list(&r, text, &page, NULL));
					if (!same_int(page.case_count, 0))
						printf("# %s\n", text);
					page_clear(&page);
				}
			room_close(&r);
		}
	}
	test("words find subject, citizen, mail and number") {
		struct room r;
		struct page page;

		if (live("rt") && room_of(&r, "sofia")) {
			ok(room_list(&r, "\"Missed bin\"", &page, NULL));
			ok(page_case(&page, "2") != NULL);
			page_clear(&page);
			ok(room_list(&r, "okafor", &page, NULL));
			ok(page_case(&page, "2") != NULL);
			page_clear(&page);
			ok(room_list(&r, "p1.home", &page, NULL));
			ok(page_case(&page, "2") != NULL);
			page_clear(&page);
			ok(room_list(&r, "2 -number:2", &page, NULL));
			ok(page_case(&page, "2") == NULL);
			page_clear(&page);
			room_close(&r);
		}
	}
	test("a queue one may not see is an empty list, its ticket a refusal") {
		struct room r;
		struct page page;

		if (live("rt") && room_of(&r, "anna")) {
			ok(room_list(&r, "team:Waste", &page, NULL));
			same_int(page.case_count, 0);
			page_clear(&page);
			ok(!room_open_case(&r, "2", &page));
			same_int(r.err.kind, ERROR_DENIED);
			page_clear(&page);
			room_close(&r);
		}
	}
}

/* ---- one case */

static void opening(void)
{
	test("the ticket itself says what the list said of it, and more") {
		static const char *const fields[] = { "subject", "queue", "kind", "stage", "step",
			"status", "priority", "assignee", "team", "citizen", "due", NULL };
		struct room r;
		struct page all, one;
		int count = 0;

		if (live("rt") && room_of(&r, "sofia")) {
			list_world(&r, "is:open OR -is:open", "", &all);
			for (int i = 0; i < all.case_count; i++) {
				const struct casefile *a = &all.cases[i], *b = NULL;
				struct call c = { .kind = CALL_OPEN, .cf = a };

				if (!ok(room_call(&r, &c, &one)))
					printf("# %s: %s\n", a->id, r.err.text);
				b = page_case(&one, a->id);
				for (int f = 0; b && fields[f]; f++) {
					const char *x = case_get(a, fields[f], &all.arena);
					const char *y = case_get(b, fields[f], &one.arena);

					if (!same(y, x))
						printf("# %s of %s\n", fields[f], a->id);
				}
				ok(b && b->version && b->last_event > 0 && b->rest);
				ok(b && b->opened == a->opened && b->changed == a->changed);
				same(b ? b->citizen_name : NULL, a->citizen_name);
				ok(!a->version);
				count++;
				page_clear(&one);
			}
			ok(count > 60);
			page_clear(&all);
			room_close(&r);
		}
	}
	test("a case nobody saw in a list has the names of its queue and its citizen too") {
		struct room r;
		struct page page;

		if (live("rt")) {
			room_open(&r, NULL, live_secret("rt", "bram"));
			ok(room_open_case(&r, "2", &page));
			same(page.case_count ? page.cases[0].queue : NULL, "Waste");
			same(page.case_count ? page.cases[0].citizen : NULL, "p1.home@example.net");
			same(page.case_count ? page.cases[0].citizen_name : NULL, "Jane Okafor");
			same(page.case_count
					? json_member_text(page.cases[0].fields, "citizen_id", &page.arena)
					: NULL,
				"100490656");
			page_clear(&page);
			room_close(&r);
		}
	}
	test("a merged ticket is closed as a duplicate of the one that answers for it") {
		struct room r;
		struct page page;

		if (live("rt") && room_of(&r, "bram")) {
			ok(room_open_case(&r, "12", &page));
			same_int(page.case_count, 2);
			const struct casefile *old = page_case(&page, "12");

			same(old ? old->duplicate_of : NULL, "3");
			ok(old && !stage_is_open(old->stage));
			ok(page_case(&page, "3") != NULL);
			page_clear(&page);
			room_close(&r);
		}
	}
	test("a deleted ticket is gone, one that never was too") {
		static const char *const ids[] = { "11", "999999", "C-1", "1/../2", "", NULL };
		struct room r;
		struct page page;

		if (live("rt") && room_of(&r, "bram")) {
			for (int i = 0; ids[i]; i++) {
				ok(!room_open_case(&r, ids[i], &page));
				same_int(r.err.kind, ERROR_GONE);
				page_clear(&page);
			}
			room_close(&r);
		}
	}
	test("links come as words; of a parent's hundreds some") {
		struct room r;
		struct page page;

		if (live("rt") && room_of(&r, "sofia")) {
			ok(room_open_case(&r, "13", &page));
			ok(page.case_count && words_have(page.cases[0].links, "depends-on:8"));
			page_clear(&page);
			ok(room_open_case(&r, "8", &page));
			ok(page.case_count && words_have(page.cases[0].links, "needed-by:13"));
			page_clear(&page);
			ok(room_open_case(&r, "61", &page));
			ok(page.case_count && words_have(page.cases[0].links, "parent:1"));
			page_clear(&page);
			ok(room_open_case(&r, "1", &page));
			ok(page.case_count && page.cases[0].links &&
				strlen(page.cases[0].links) < 1000);
			page_clear(&page);
			room_close(&r);
		}
	}
	test("control characters of a subject are kept as they came") {
		struct room r;
		struct page page;

		if (live("rt") && room_of(&r, "anna")) {
			ok(room_open_case(&r, "14", &page));
			ok(page.case_count && strchr(page.cases[0].subject, '\x1b'));
			page_clear(&page);
			ok(room_open_case(&r, "15", &page));
			ok(page.case_count && strlen(page.cases[0].subject) <= 200);
			page_clear(&page);
			room_close(&r);
		}
	}
	test("a date that is not set is none") {
		same_int(rt_time("1970-01-01T00:00:00Z"), 0);
	}
}

/* ---- the timeline */

static bool events_of(struct room *r, const char *id, const char *version, struct page *all)
{
	struct casefile cf = { .key = 7, .id = id, .version = version };
	const char *from = NULL;
	bool good = true;

	page_init(all);
	do {
		struct call c = { .kind = CALL_EVENTS, .cf = &cf, .from = from };
		struct page one;

		good = room_call(r, &c, &one);
		for (int i = 0; good && i < one.event_count; i++) {
			struct event *e = page_add_event(all);

			*e = one.events[i];
			e->id = arena_copy(&all->arena, e->id);
			e->by = arena_copy(&all->arena, e->by);
			e->text = arena_copy(&all->arena, e->text);
			e->files = arena_copy(&all->arena, e->files);
			e->changes = arena_copy(&all->arena, e->changes);
		}
		from = good ? arena_copy(&all->arena, one.next) : NULL;
		page_clear(&one);
	} while (from);
	return good;
}

static const struct event *event_saying(const struct page *page, const char *text)
{
	for (int i = 0; i < page->event_count; i++)
		if (page->events[i].text && strstr(page->events[i].text, text))
			return &page->events[i];
	return NULL;
}

static const struct event *event_changing(const struct page *page, const char *field)
{
	for (int i = page->event_count - 1; i >= 0; i--)
		if (page->events[i].changes && strstr(page->events[i].changes, field))
			return &page->events[i];
	return NULL;
}

static void timeline(void)
{
	test("notes, answers and changes, who and what, each with a number that grows") {
		struct room r;
		struct page page;

		if (live("rt") && as("bram", "-H 'Content-Type: application/json' -d "
					     "'{\"Content\":\"looked at it\",\"ContentType\":"
					     "\"text/plain\"}' $RT_URL/REST/2.0/ticket/10/comment") &&
			as("bram", "-H 'Content-Type: application/json' -d "
				   "'{\"Content\":\"<p>Dear <b>you</b>,<br>it is &amp; done</p>\","
				   "\"ContentType\":\"text/html\"}' "
				   "$RT_URL/REST/2.0/ticket/10/correspond") &&
			as("bram", "-X PUT -H 'Content-Type: application/json' -d "
				   "'{\"Priority\":\"99\"}' $RT_URL/REST/2.0/ticket/10") &&
			room_of(&r, "bram")) {
			ok(events_of(&r, "10", NULL, &page));
			const struct event *note = event_saying(&page, "looked at it");
			const struct event *answer = event_saying(&page, "it is & done");

			ok(note && note->kind == EVENT_NOTE && !note->visible);
			same(note ? note->by : NULL, "bram");
			ok(answer && answer->kind == EVENT_MAIL_OUT && answer->visible);
			ok(answer && !strchr(answer->text, '<'));
			same(answer ? answer->wire : NULL, "answer");
			const struct event *change = event_changing(&page, "priority");

			ok(change && strstr(change->changes, ",\"1\"]"));
			for (int i = 1; i < page.event_count; i++)
				ok(page.events[i].seq > page.events[i - 1].seq);
			ok(page.events[0].kind == EVENT_MAIL_IN && page.events[0].at > 0);
			same_int(page.events[0].casefile, 7);
			page_clear(&page);
			room_close(&r);
		}
	}
	test("files stand by their entry with name, type and size, and their bytes stay there") {
		struct room r;
		struct page page;
		int before = 0;

		if (live("rt") &&
			as("bram", "-F 'JSON={\"Content\":\"see files\",\"ContentType\":"
				   "\"text/plain\"};type=application/json' "
				   "-F 'Attachments=@tests/README;type=text/plain;filename=\xd8\xb4.txt' "
				   "-F 'Attachments=@tests/live/README;type=image/png;filename=b.png' "
				   "$RT_URL/REST/2.0/ticket/3/comment") &&
			room_of(&r, "bram")) {
			before = r.requests;
			ok(events_of(&r, "3", NULL, &page));
			const struct event *e = event_saying(&page, "see files");

			ok(e && e->files && strstr(e->files, "\"name\":\"\xd8\xb4.txt\""));
			ok(e && e->files && strstr(e->files, "\"name\":\"b.png\""));
			ok(e && e->files && strstr(e->files, "\"type\":\"image/png\""));
			ok(e && e->files && strstr(e->files, "\"size\":"));
			ok(e && !strstr(e->text, "tests/run"));
			printf("# %d requests\n", r.requests - before);
			page_clear(&page);
			room_close(&r);
		}
	}
	test("with the version at hand two requests are a timeline") {
		struct room r;
		struct page page, one;

		if (live("rt") && room_of(&r, "bram") && ok(room_open_case(&r, "10", &one))) {
			int before = r.requests;

			ok(events_of(&r, "10", one.cases[0].version, &page));
			same_int(r.requests - before, 2);
			same_int(page.events[page.event_count - 1].seq, one.cases[0].last_event);
			page_clear(&page);
			page_clear(&one);
			room_close(&r);
		}
	}
	test("a link names the other ticket by its number, and a due date says it is UTC") {
		struct room r;
		struct page page;

		if (live("rt") &&
			as("bram", "-X PUT -H 'Content-Type: application/json' -d "
				   "'{\"AddRefersTo\":13,\"Due\":\"2031-05-06 07:08:09\"}' "
				   "$RT_URL/REST/2.0/ticket/3") &&
			room_of(&r, "bram")) {
			ok(events_of(&r, "3", NULL, &page));
			const struct event *link = event_changing(&page, "refers to");
			const struct event *due = event_changing(&page, "due");

			same(link ? link->changes : NULL, "{\"refers to\":[null,\"13\"]}");
			ok(due && strstr(due->changes, ",\"2031-05-06T07:08:09Z\"]"));
			page_clear(&page);
			room_close(&r);
		}
	}
	test("a new owner is told once, by name, with the mail to him between") {
		struct room r;
		struct page page;

		if (live("rt") &&
			as("sofia", "-X PUT -H 'Content-Type: application/json' -d '{}' "
				   "$RT_URL/REST/2.0/ticket/8/take") &&
			as("sofia", "-X PUT -H 'Content-Type: application/json' -d '{\"Owner\":\"bram\"}' "
				    "$RT_URL/REST/2.0/ticket/8") &&
			room_of(&r, "bram")) {
			int count = 0;

			ok(events_of(&r, "8", NULL, &page));
			for (int i = 0; i < page.event_count; i++)
				count += page.events[i].changes &&
					 strstr(page.events[i].changes, "assignee");
			same_int(count, 2);
			const struct event *last = event_changing(&page, "assignee");

			same(last ? last->changes : NULL, "{\"assignee\":[\"sofia\",\"bram\"]}");
			page_clear(&page);
			room_close(&r);
		}
	}
	test("entries hidden from me are holes, not the end") {
		struct room r;
		struct page all, seen;
		char arguments[300];

		if (live("rt") && room_of(&r, "bram")) {
			for (int i = 0; i < 3; i++) {
				snprintf(arguments, sizeof(arguments),
					"-H 'Content-Type: application/json' -d '{\"Content\":"
					"\"hidden %d\",\"ContentType\":\"text/plain\"}' "
					"$RT_URL/REST/2.0/ticket/2/comment",
					i);
				as("bram", arguments);
			}
			as("bram", "-X PUT -H 'Content-Type: application/json' -d "
				   "'{\"Priority\":\"77\"}' $RT_URL/REST/2.0/ticket/2");
			ok(events_of(&r, "2", NULL, &all));
			room_close(&r);
			if (room_of(&r, "remy")) {
				ok(events_of(&r, "2", NULL, &seen));
				ok(seen.event_count <= all.event_count);
				ok(event_changing(&seen, "priority") != NULL);
				printf("# %d of %d seen\n", seen.event_count, all.event_count);
				page_clear(&seen);
			}
			page_clear(&all);
			room_close(&r);
		}
	}
	test("also hundreds of them in a row: what comes after is found") {
		struct room r;
		struct page seen, one;

		if (live("rt") && room_of(&r, "remy")) {
			live_sql("rt", "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
				       "WHERE i < 450) INSERT INTO Transactions (ObjectType, ObjectId, "
				       "TimeTaken, Type, Creator, Created) SELECT 'RT::Ticket', 2, 0, "
				       "'Comment', 1, datetime('now') FROM n");
			as("bram", "-X PUT -H 'Content-Type: application/json' -d "
				   "'{\"Priority\":\"22\"}' $RT_URL/REST/2.0/ticket/2");
			ok(room_open_case(&r, "2", &one));
			char *newest = xstrdup(one.cases[0].version);

			ok(events_of(&r, "2", newest, &seen));
			ok(seen.event_count > 0 && seen.event_count < 50);
			const struct event *last = event_changing(&seen, "priority");

			ok(last && !strcmp(last->id, newest));
			free(newest);
			page_clear(&one);
			page_clear(&seen);
			room_close(&r);
		}
	}
	test("the timeline of a ticket one may not see is empty, and two requests find that out") {
		struct room r;
		struct page page;

		if (live("rt") && room_of(&r, "anna")) {
			ok(events_of(&r, "2", NULL, &page));
			same_int(page.event_count, 0);
			page_clear(&page);
			room_close(&r);
		}
	}
}

/* ---- citizens, people, kinds */

static void citizens(void)
{
	test("citizens are found by name, mail and reference, each once") {
		static const char *const texts[] = { "okafor", "jane okafor", "p1.home@example.net",
			"ref:100490656", "family:okafor", "email:p1.home", NULL };
		struct room r;
		struct page page;

		if (live("rt") && room_of(&r, "sofia")) {
			for (int i = 0; texts[i]; i++) {
				struct query q = { 0 };
				const struct citizen *jane = NULL;
				int count = 0;

				query_parse(&q, QUERY_CITIZENS, texts[i], NULL, NULL);
				struct call c = { .kind = CALL_CITIZENS, .query = &q, .limit = 50 };

				ok(room_call(&r, &c, &page));
				for (int n = 0; n < page.citizen_count; n++)
					if (!strcmp(page.citizens[n].id, "p1.home@example.net")) {
						jane = &page.citizens[n];
						count++;
					}
				if (!same_int(count, 1))
					printf("# %s\n", texts[i]);
				same(jane ? jane->given : NULL, "Jane");
				same(jane ? jane->family : NULL, "Okafor");
				same(jane ? jane->ref : NULL, "100490656");
				same(jane ? jane->mail : NULL, "p1.home@example.net");
				ok(jane && jane->open_cases >= 1);
				page_clear(&page);
				query_clear(&q);
			}
			room_close(&r);
		}
	}
	test("one citizen, with how many cases there are and how many are open") {
		struct citizen jane = { .id = "p1.home@example.net" }, nobody = { .id = "x@y.example" };
		struct call c = { .kind = CALL_CITIZEN, .citizen = &jane };
		struct room r;
		struct page page;

		if (live("rt") && room_of(&r, "sofia")) {
			ok(room_call(&r, &c, &page));
			ok(page.citizen_count == 1 && page.citizens[0].all_cases >= 1);
			ok(page.citizen_count == 1 &&
				page.citizens[0].open_cases <= page.citizens[0].all_cases);
			page_clear(&page);
			c.citizen = &nobody;
			ok(!room_call(&r, &c, &page));
			same_int(r.err.kind, ERROR_GONE);
			page_clear(&page);
			room_close(&r);
		}
	}
}

static const struct kind *kind_named(const struct page *page, const char *name)
{
	for (int i = 0; i < page->kind_count; i++)
		if (!strcmp(page->kinds[i].name, name))
			return &page->kinds[i];
	return NULL;
}

static void people(void)
{
	test("who works there: queues as teams, and no citizen among the workers") {
		static const char *const logins[] = { "anna", "bram", "chidi", "sofia", NULL };
		struct call c = { .kind = CALL_WORKERS };
		struct room r;
		struct page page;

		if (live("rt") && room_of(&r, "anna")) {
			ok(room_call(&r, &c, &page));
			for (int i = 0; logins[i]; i++) {
				int count = 0;

				for (int n = 0; n < page.worker_count; n++)
					count += !strcmp(page.workers[n].id, logins[i]);
				same_int(count, 1);
			}
			for (int n = 0; n < page.worker_count; n++)
				ok(!strchr(page.workers[n].id, '@'));
			ok(page.worker_count < 30);
			same_int(page.team_count, 2);
			page_clear(&page);
			room_close(&r);
		}
	}
	test("each queue is a kind: its fields with their values, its steps with ours") {
		struct call c = { .kind = CALL_CASE_KINDS };
		struct room r;
		struct page page;

		if (live("rt") && room_of(&r, "anna")) {
			ok(room_call(&r, &c, &page));
			const struct kind *k = kind_named(&page, "Benefits");
			const struct kind_field *f = k ? kind_field_find(k, "channel") : NULL;

			ok(k && kind_named(&page, "Surge") && !kind_named(&page, "Waste"));
			same(f ? f->label : NULL, "Channel");
			ok(f && f->type == KIND_CHOICE && f->values && f->values[0]);
			ok(k && kind_field_find(k, "citizen_id"));
			ok(k && kind_field_find(k, "call_back") &&
				kind_field_find(k, "call_back")->type == KIND_TIME);
			ok(k && !kind_field_find(k, "tags"));
			same(k && kind_step_find(k, "stalled") ? kind_step_find(k, "stalled")->status
							       : NULL,
				"waiting");
			page_clear(&page);
			room_close(&r);
		}
	}
}

static void bend_lifecycle(struct room *r, struct request *q)
{
	char *at = strstr(q->url, "%2CLifecycle");

	(void)r;
	if (at)
		memcpy(at, "%2CLifecycl_", strlen("%2CLifecycl_"));
}

static void lifecycles(void)
{
	test("the steps of a lifecycle nobody knows are those its tickets are at") {
		struct call c = { .kind = CALL_CASE_KINDS };
		struct room r;
		struct page page;

		if (live("rt") && room_of(&r, "bram")) {
			struct rt *rt = r.service.own;

			r.bend = bend_lifecycle;
			for (int i = 0; i < rt->queue_count; i++)
				rt_know_queue(rt, rt->queues[i].id, rt->queues[i].name, "roadworks");
			ok(room_call(&r, &c, &page));
			const struct kind *k = kind_named(&page, "Waste");

			ok(k && kind_step_find(k, "new") && kind_step_find(k, "stalled"));
			same(k && kind_step_find(k, "resolved") ? kind_step_find(k, "resolved")->status
								: NULL,
				"resolved");
			ok(k && !kind_step_find(k, "open")->next);
			ok(k && !kind_step_find(k, "deleted"));
			page_clear(&page);
			room_close(&r);
		}
	}
	test("a status no table knows is over where its lifecycle says so, else where it was resolved") {
		static const char text[] = "{\"id\":7,\"Status\":\"granted\",\"Resolved\":"
					   "\"2026-01-02T03:04:05Z\"}";
		struct rt rt = { 0 };
		struct service s = { .name = "rt", .own = &rt };
		struct arena arena = { 0 };
		struct casefile cf;
		struct json *j = json_read(text, strlen(text), NULL, NULL);

		ok(rt_read_ticket(&s, j, &cf, &arena, NULL));
		same(cf.status, "resolved");
		rt_know_word(&rt, "granted", false);
		ok(rt_read_ticket(&s, j, &cf, &arena, NULL));
		same(cf.status, "open");
		free(rt.words[0].word);
		free(rt.words);
		json_free(j);
		arena_clear(&arena);
	}
}

/* ---- news */

static int polled(struct room *r, const char *from, const char *id, char *next, size_t size)
{
	struct call c = { .kind = CALL_NEWS, .from = from };
	struct page page;
	int found = 0;

	if (!ok(room_call(r, &c, &page)))
		printf("# %s\n", r->err.text);
	for (int i = 0; i < page.case_count; i++)
		found += !strcmp(page.cases[i].id, id);
	snprintf(next, size, "%s", page.next ? page.next : "");
	page_clear(&page);
	return found;
}

static void news(void)
{
	test("what somebody changed is told at the next look, whatever the time zone, and told off") {
		static const char *const who[] = { "bram", "chidi" };
		static const char *const ids[] = { "2", "6" };
		struct room r;
		char next[64], arguments[200];

		for (int i = 0; i < 2; i++) {
			if (!live("rt") || !room_of(&r, who[i]))
				continue;
			int64_t end = 0;

			polled(&r, NULL, ids[i], next, sizeof(next));
			ok(*next);
			snprintf(arguments, sizeof(arguments),
				"-X PUT -H 'Content-Type: application/json' -d "
				"'{\"Priority\":\"%d\"}' $RT_URL/REST/2.0/ticket/%s",
				30 + i, ids[i]);
			as(who[i], arguments);
			same_int(polled(&r, next, ids[i], next, sizeof(next)), 1);
			end = loop_now_ms() + 15000;
			while (polled(&r, next, ids[i], next, sizeof(next)) &&
				loop_now_ms() < end)
				loop_once(r.loop, 200);
			ok(loop_now_ms() < end);
			room_close(&r);
		}
	}
}

static void addresses(void)
{
	test("the address of a case, and back; another's address is none of ours") {
		struct service s = { .name = "rt", .url = "https://rt.example/sub/" };
		struct casefile cf = { .id = "42" };
		struct arena arena = { 0 };
		struct buf url = { 0 };

		service_rt.case_url(&s, &cf, &url);
		same(url.text, "https://rt.example/sub/Ticket/Display.html?id=42");
		same(service_rt.case_of_url(&s, url.text, &arena), "42");
		same(service_rt.case_of_url(&s, "https://rt.example/sub/REST/2.0/ticket/7", &arena), "7");
		ok(!service_rt.case_of_url(&s, "https://rt.example/Ticket/Display.html?id=42", &arena));
		ok(!service_rt.case_of_url(
			&s, "https://rt.example/sub/Ticket/Display.html?id=42&x=1", &arena));
		ok(!service_rt.case_of_url(&s, "https://evil.example/Ticket/Display.html?id=1", &arena));
		buf_clear(&url);
		arena_clear(&arena);
	}
}

int main(void)
{
	login();
	sessions();
	paging();
	trouble();
	searching();
	opening();
	timeline();
	citizens();
	people();
	lifecycles();
	news();
	addresses();
	return test_result();
}
