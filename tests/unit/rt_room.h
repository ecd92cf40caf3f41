/* The driver of Request Tracker by itself against a real server: a call with all its steps, and what
   came of it. For tests that say which answer they mean. */
#ifndef TESTS_UNIT_RT_ROOM_H
#define TESTS_UNIT_RT_ROOM_H

#include "net/rt.h"
#include "tests/live.h"

extern const struct service_ops service_rt;

struct room {
	struct loop *loop;
	struct transport *transport;
	struct service service;
	struct call *call;
	struct page *page;
	enum answer answer;
	struct error err;
	bool done;
	int requests;
	/* Changes a request before it goes. */
	void (*bend)(struct room *, struct request *);
};

static inline void room_open(struct room *r, const char *user, const char *secret)
{
	*r = (struct room){ .loop = loop_new() };
	r->transport = transport_new(r->loop);
	r->service = (struct service){
		.name = "rt", .ops = &service_rt, .url = getenv("RT_URL"), .user = user
	};
	r->service.token = xstrdup(secret);
	service_rt.open(&r->service, NULL);
}

static inline void room_close(struct room *r)
{
	service_rt.close(&r->service);
	transport_free(r->transport);
	loop_free(r->loop);
	free(r->service.token);
	arena_clear(&r->service.arena);
}

static inline void room_answered(void *ctx, const struct response *a, const struct error *err)
{
	struct room *r = ctx;

	r->done = true;
	r->err = *err;
	r->answer = ANSWER_ERROR;
	if (a->status == service_rt.login_status)
		error_set(&r->err, ERROR_LOGIN, "302");
	else if (err->kind == ERROR_NONE)
		r->answer = service_rt.calls[r->call->kind].read(
			&r->service, r->call, a, r->page, &r->err);
	if (r->answer != ANSWER_ERROR)
		r->err = (struct error){ 0 };
}

/* Into the page, which is made empty first and cleared by the caller. */
static inline bool room_call(struct room *r, struct call *c, struct page *page)
{
	page_init(page);
	r->call = c;
	r->page = page;
	r->err = (struct error){ 0 };
	c->step = 0;
	for (;;) {
		struct request q = { 0 };

		if (!service_rt.calls[c->kind].ask(&r->service, c, &q, &r->err)) {
			request_clear(&q);
			r->answer = ANSWER_ERROR;
			break;
		}
		if (r->bend)
			r->bend(r, &q);
		r->requests++;
		q.wait_ms = 30000;
		q.host_group = "rt";
		r->done = false;
		transport_send(r->transport, &q, room_answered, r);
		while (!r->done)
			loop_once(r->loop, 1000);
		if (r->answer != ANSWER_MORE)
			break;
		c->step++;
	}
	free(c->work);
	c->work = NULL;
	return r->answer == ANSWER_DONE;
}

static inline bool room_login(struct room *r)
{
	struct call c = { .kind = CALL_LOGIN };
	struct page page;
	bool good = room_call(r, &c, &page);

	if (good) {
		struct profile *p = &r->service.profile;

		*p = *page.profile;
		p->me = arena_copy(&r->service.arena, p->me);
		p->my_name = arena_copy(&r->service.arena, p->my_name);
		p->my_team = arena_copy(&r->service.arena, p->my_team);
		p->title = arena_copy(&r->service.arena, p->title);
	}
	page_clear(&page);
	return good;
}

/* A room of that person, logged in by token; false: the test says why. */
static inline bool room_of(struct room *r, const char *login)
{
	room_open(r, NULL, live_secret("rt", login));
	bool good = room_login(r);

	if (!good)
		printf("# %s\n", r->err.text);
	return ok(good);
}

static inline bool room_open_case(struct room *r, const char *id, struct page *page)
{
	struct casefile cf = { .id = id };
	struct call c = { .kind = CALL_OPEN, .cf = &cf };

	return room_call(r, &c, page);
}

/* All pages of a query in one; *pages (may be NULL): how many they were. The total is that of the
   first. */
static inline bool room_list(struct room *r, const char *text, struct page *all, int *pages)
{
	struct query q = { 0 };
	struct arena arena = { 0 };
	const char *from = NULL;
	bool good = ok(query_parse(&q, QUERY_CASES, text, NULL, NULL));

	page_init(all);
	if (pages)
		*pages = 0;
	do {
		struct call c = { .kind = CALL_LIST,
			.query = &q,
			.from = from,
			.limit = 200,
			.count = !from };
		struct page one;

		good = good && room_call(r, &c, &one);
		if (!from)
			all->total = good ? one.total : -1;
		for (int i = 0; good && i < one.case_count; i++)
			case_copy(page_add_case(all), &one.cases[i], &all->arena);
		from = good ? arena_copy(&arena, one.next) : NULL;
		if (pages)
			++*pages;
		page_clear(&one);
	} while (from);
	arena_clear(&arena);
	query_clear(&q);
	return good;
}

static inline const struct casefile *page_case(const struct page *page, const char *id)
{
	for (int i = 0; i < page->case_count; i++)
		if (!strcmp(page->cases[i].id, id))
			return &page->cases[i];
	return NULL;
}

#endif
