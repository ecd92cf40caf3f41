/* A driver for tests, as small as one can be, over tests/unit/tiny.h: a login that costs nothing, cases
   as a JSON array of id, version, priority. A test takes it and changes what it is about. */
#ifndef TESTS_UNIT_TINY_DRIVER_H
#define TESTS_UNIT_TINY_DRIVER_H

#include "tests/unit/sync_room.h"
#include "tests/unit/tiny.h"

static inline void tiny_ask(struct service *s, struct request *r, const char *method, const char *path)
{
	char url[400];

	snprintf(url, sizeof(url), "%s%s", s->url, path);
	r->method = method;
	r->url = xstrdup(url);
}

static inline bool tiny_login_ask(
	struct service *s, struct call *c, struct request *r, struct error *err)
{
	(void)c;
	(void)err;
	tiny_ask(s, r, "GET", "/login");
	return true;
}

static inline enum answer tiny_login_read(struct service *s, struct call *c,
	const struct response *a, struct page *page, struct error *err)
{
	(void)s;
	(void)c;
	(void)a;
	(void)err;
	*page_set_profile(page) = (struct profile){ .me = "anna", .my_team = "refuse" };
	return ANSWER_DONE;
}

static inline void tiny_case(struct page *page, const struct json *j)
{
	struct casefile *cf = page_add_case(page);

	cf->id = arena_copy(&page->arena, json_get_text(j, "id"));
	cf->number = cf->id;
	cf->version = arena_copy(&page->arena, json_get_text(j, "version"));
	cf->subject = "Lamp";
	cf->status = "open";
	cf->team = "refuse";
	cf->priority = (int)json_get_int(j, "priority", 3);
}

/* A body that is an array of cases. */
static inline enum answer tiny_cases_read(struct service *s, struct call *c,
	const struct response *a, struct page *page, struct error *err)
{
	(void)s;
	(void)c;
	if (a->status != 200) {
		error_set(err, a->status == 503 ? ERROR_BUSY : ERROR_REFUSED, "status %d", a->status);
		return ANSWER_ERROR;
	}
	struct json *j = json_read(a->body, a->body_size, NULL, err);

	for (size_t i = 0; i < json_count(j); i++)
		tiny_case(page, json_at(j, i));
	json_free(j);
	return ANSWER_DONE;
}

static inline bool tiny_list_ask(
	struct service *s, struct call *c, struct request *r, struct error *err)
{
	(void)c;
	(void)err;
	tiny_ask(s, r, "GET", "/cases");
	return true;
}

static inline bool tiny_open_ask(
	struct service *s, struct call *c, struct request *r, struct error *err)
{
	char path[100];

	(void)err;
	snprintf(path, sizeof(path), "/case/%s", c->cf->id);
	tiny_ask(s, r, "GET", path);
	return true;
}

static inline void tiny_driver(struct service_ops *ops)
{
	*ops = (struct service_ops){ .name = "native",
		.once = ONCE_SEARCH,
		.once_new = ONCE_SEARCH,
		.poll_ms = 1000,
		.at_once = 4 };
	ops->calls[CALL_LOGIN].ask = tiny_login_ask;
	ops->calls[CALL_LOGIN].read = tiny_login_read;
	ops->calls[CALL_LIST].ask = tiny_list_ask;
	ops->calls[CALL_LIST].read = tiny_cases_read;
	ops->calls[CALL_OPEN].ask = tiny_open_ask;
	ops->calls[CALL_OPEN].read = tiny_cases_read;
}

/* Beginning and end of a program with such a service. */
static inline bool tiny_open(struct world *w, const struct tiny *server)
{
	snprintf(w->dir, sizeof(w->dir), "/tmp/caseload-sync-XXXXXX");
	if (!mkdtemp(w->dir))
		return false;
	setenv("XDG_RUNTIME_DIR", w->dir, 1);
	snprintf(w->url, sizeof(w->url), "http://127.0.0.1:%d", server->port);
	snprintf(w->token_file, sizeof(w->token_file), "%s/token", w->dir);
	file_put(w->token_file, "good\n");
	w->ran = begin(w);
	return w->ran;
}

static inline void tiny_list(struct world *w, const char *text, bool next_page)
{
	struct query q = { 0 };

	query_parse(&q, QUERY_CASES, text, NULL, NULL);
	sync_list(w->sync, NULL, &q, next_page, 0, done, w);
	query_clear(&q);
}

static inline bool tiny_done(struct world *w, int count)
{
	for (int i = 0; i < count; i++) {
		if (!wait_for(w, 20000, is_done, NULL))
			return false;
		w->done--;
	}
	return true;
}

#endif
