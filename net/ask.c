/* What somebody waits for: the wants it takes, who listens to each, and telling them once when all of it
   has ended. */
#include "net/line.h"

#include "model/i18n.h"

#include <string.h>

void ask_free(struct sync *s, struct ask *a)
{
	for (struct ask **at = &s->asks; *at; at = &(*at)->next)
		if (*at == a) {
			*at = a->next;
			break;
		}
	loop_cancel(s->loop, a->timer);
	free(a);
}

/* Kept among the asks until every want that knows it has told; so no want ever holds a dead one. */
struct ask *ask_new(struct sync *s, sync_done *done, void *ctx)
{
	struct ask *a = xcalloc(1, sizeof(*a));

	a->done = done;
	a->ctx = ctx;
	a->left = 1; /* given back by ask_ready(), when everything is asked */
	a->next = s->asks;
	s->asks = a;
	a->sync = s;
	return a;
}

/* Whoever has the person says so: that others do not, or that the cases came, is no answer. */
static bool wants_reason(const struct error *err)
{
	return !strcmp(err->code, "purpose-needed");
}

static void ask_end(void *ctx)
{
	struct ask *a = ctx;
	struct error err = a->err;
	sync_done *done = a->done;
	void *who = a->ctx;

	a->timer = 0;
	if (a->one_will_do && a->any_good && !wants_reason(&err))
		err = (struct error){ 0 };
	ask_free(a->sync, a);
	if (done)
		done(who, &err);
}

void ask_told(struct ask *a, const struct error *err)
{
	if (!a)
		return;
	if (err->kind == ERROR_NONE)
		a->any_good = true;
	else if (a->err.kind == ERROR_NONE || wants_reason(err))
		a->err = *err;
	if (--a->left == 0)
		ask_end(a);
}

/* Nothing more is asked for it. It never ends within the call that asked. */
void ask_ready(struct ask *a)
{
	if (--a->left == 0)
		a->timer = loop_after(a->sync->loop, 0, ask_end, a);
}

void ask_fail(struct ask *a, enum error_kind kind, const char *text)
{
	if (a->err.kind == ERROR_NONE)
		error_set(&a->err, kind, "%s", text);
}

void want_listen(struct want *w, struct ask *a)
{
	struct listener *l = a ? xcalloc(1, sizeof(*l)) : NULL;

	if (!a)
		return;
	a->left++;
	l->ask = a;
	l->next = w->listeners;
	w->listeners = l;
}

/* One like it is under way: listen to that. */
bool want_joined(struct line *l, const char *identity, enum urgency urgency, struct ask *a)
{
	struct want *w = want_find(l, identity);

	if (!w)
		return false;
	if (urgency < w->urgency)
		w->urgency = urgency;
	if (w->sent && !a)
		w->stale = true;
	want_listen(w, a);
	return true;
}

void want_go(struct want *w, const char *identity, struct ask *a)
{
	w->identity = xstrdup(identity);
	want_listen(w, a);
	want_start(w);
}

bool line_is_for(const struct line *l, const char *service)
{
	return !service || !strcmp(l->service.name, service);
}

void ask_nobody(struct sync *s, struct ask *a, bool any)
{
	if (!any && !s->line_count)
		ask_fail(a, ERROR_CONFIG, _("No service is configured."));
	else if (!any)
		ask_fail(a, ERROR_USAGE, _("There is no such service in the configuration."));
}

bool is_fresh(time_t fetched, int fresh_ms)
{
	return fetched && fresh_ms > 0 && ((int64_t)time(NULL) - fetched) * 1000 < fresh_ms;
}

struct line *line_named(struct sync *s, const char *service)
{
	for (int i = 0; service && i < s->line_count; i++)
		if (!strcmp(s->lines[i].service.name, service))
			return &s->lines[i];
	return NULL;
}

/* A value of the search grammar that is one word and nothing else. */
bool plain_word(const char *text)
{
	for (const char *c = text; *c; c++)
		if ((unsigned char)*c <= 0x20 || strchr("\"(),*:<>~", *c))
			return false;
	return *text && *text != '-';
}

/* Whoever waits for this one waits for the next one instead. */
void want_hand_over(struct want *from, struct want *to)
{
	to->listeners = from->listeners;
	from->listeners = NULL;
}

void want_hold_case(struct want *w, const struct casefile *cf)
{
	case_copy(page_add_case(&w->hold), cf, &w->hold.arena);
	w->call.cf = &w->hold.cases[0];
	w->key = cf->key;
}
