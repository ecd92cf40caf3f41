/* Many rows at once. One request of Request Tracker changes many tickets, with no condition on any
   and one answer of sentences for all: so they are read before, in one search, and again after, and
   each row's outcome is what stands there then. Only plain fields travel so: who owns a ticket,
   what is said and where it goes wants the care of a row of its own. */
#include "net/rt_change.h"

#include "model/i18n.h"
#include "net/url.h"

#include <stdlib.h>
#include <string.h>

enum { BULK_WAIT_MS = 120 * 1000 };

struct row {
	struct casefile now; /* strings in the page's arena */
	bool seen, sent, over;
};

struct work {
	enum { BEFORE, CHANGE, AFTER } part;
	struct row *rows; /* in the page's arena */
	char hint[120];
};

static bool plain_change(const struct change *c)
{
	enum rt_part part = rt_part_of(c->field);

	if (part == RT_STEP || part == RT_NOTHING)
		return true;
	if (!strncmp(c->field, "fields.", 7)) /* a time has a zone, which is found by trying */
		return !c->after || strlen(c->after) < 11 || c->after[10] != 'T';
	return part == RT_FIELDS && strcmp(c->field, "links") != 0 &&
	       strcmp(c->field, "citizen") != 0 && strcmp(c->field, "tags") != 0;
}

bool rt_bulk_can(const struct patch *p)
{
	for (int i = 0; i < p->count; i++)
		if (!plain_change(&p->changes[i]))
			return false;
	return p->on == ON_CASE && !p->creates && !p->note && !p->answer && !p->file_count;
}

static bool any_custom(const struct bulk *b)
{
	for (int i = 0; i < b->count; i++)
		for (int f = 0; f < b->patches[i]->count; f++) {
			const char *field = b->patches[i]->changes[f].field;

			if (!strncmp(field, "fields.", 7))
				return true;
		}
	return false;
}

static const char *id_of(const struct bulk *b, int i)
{
	return b->cases[i] && b->cases[i]->id ? b->cases[i]->id : NULL;
}

/* Custom fields cost the server five times the rest: only where one is changed. */
static void ask_rows(struct service *s, const struct call *c, struct request *r)
{
	const struct bulk *b = c->bulk;
	struct buf url = { 0 }, query = { 0 }, form = { 0 };

	for (int i = 0; i < b->count; i++)
		if (id_of(b, i))
			buf_printf(&query, "%sid = %s", query.size ? " OR " : "", id_of(b, i));
	rt_form(&form, "query", buf_str(&query));
	rt_form(&form, "fields",
		any_custom(b) ? "Subject,Status,Queue,Priority,Due,Resolved,LastUpdated,"
				"CustomFields"
			      : "Subject,Status,Queue,Priority,Due,Resolved,LastUpdated");
	rt_form(&form, "per_page", "100");
	rt_url(s, &url, "/tickets");
	rt_ask(s, r, "POST", &url);
	rt_form_body(r, &form);
	buf_clear(&query);
}

static void put_row(struct json_out *out, const struct service *s, const struct patch *p,
	const struct casefile *now, struct arena *arena)
{
	json_open(out, NULL, '{');
	json_put_int(out, "id", strtol(now->id, NULL, 10));
	rt_put_fields(out, s, p, now, 0, NULL, arena);
	if (!rt_part_met(s, p, RT_STEP, now, arena))
		json_put_text(out, "Status", rt_step_wanted(p));
	json_close(out, '}');
}

static void ask_change(struct service *s, const struct call *c, struct request *r)
{
	const struct work *w = c->work;
	struct arena arena = { 0 };
	struct buf url = { 0 }, body = { 0 };
	struct json_out out = { .buf = &body };

	json_open(&out, NULL, '[');
	for (int i = 0; i < c->bulk->count; i++)
		if (w->rows[i].sent)
			put_row(&out, s, c->bulk->patches[i], &w->rows[i].now, &arena);
	json_close(&out, ']');
	rt_url(s, &url, "/tickets/bulk");
	rt_ask(s, r, "PUT", &url);
	r->repeatable = false;
	r->wait_ms = BULK_WAIT_MS;
	rt_body(r, &body);
	arena_clear(&arena);
}

/* What a list tells of a ticket. */
static bool is_listed(const struct patch *p)
{
	for (int i = 0; i < p->count; i++)
		if (!strncmp(p->changes[i].field, "fields.", 7) ||
			rt_part_of(p->changes[i].field) == RT_STEP)
			return false;
	return true;
}

/* What was listed a moment ago, as a command does before it changes it, is the look before. */
static bool looked_at(const struct bulk *b)
{
	time_t now = time(NULL);

	for (int i = 0; i < b->count; i++)
		if (!b->cases[i] || !b->cases[i]->id || !is_listed(b->patches[i]) ||
			 now - b->cases[i]->fetched > 1)
			return false;
	return true;
}

bool rt_bulk_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	(void)err;
	if (!c->work)
		c->work = xcalloc(1, sizeof(struct work));
	const struct work *w = c->work;

	if (w->part == CHANGE)
		ask_change(s, c, r);
	else if (w->part == AFTER || c->again || !looked_at(c->bulk))
		ask_rows(s, c, r);
	return true;
}

/* ---- verdicts */

/* The case as the store has it, with what was read laid over: a search tells only the few fields
   that were asked for. */
static void add_case(struct page *page, const struct call *c, int i)
{
	const struct work *w = c->work;
	const struct casefile *now = &w->rows[i].now;
	const struct patch *p = c->bulk->patches[i];
	struct casefile cf = { 0 };

	if (!c->bulk->cases[i])
		return;
	case_copy(&cf, c->bulk->cases[i], &page->arena);
	cf.key = 0;
	cf.version = NULL;
	cf.subject = now->subject;
	cf.priority = now->priority;
	cf.due = now->due;
	cf.step = now->step;
	cf.stage = now->stage;
	cf.status = now->status;
	cf.outcome = now->outcome;
	cf.resolved = now->resolved;
	cf.changed = now->changed;
	for (int f = 0; f < p->count; f++) {
		const char *field = p->changes[f].field;

		if (!strncmp(field, "fields.", 7))
			case_set(
				&cf, field, case_get(now, field, &page->arena), &page->arena, NULL);
	}
	*page_add_case(page) = cf;
}

static void quarrel(
	struct page *page, const struct call *c, int i, const char *field, struct error *out)
{
	const struct work *w = c->work;
	const struct case_field *f = case_field_find(field);
	const char *is = case_get(&w->rows[i].now, field, &page->arena);

	error_set(out, ERROR_CONFLICT, _("Somebody else changed this meanwhile: %s is now %s."),
		f ? _(f->label) : field, is ? is : _("empty"));
	add_case(page, c, i);
}

static bool judge(struct service *s, const struct call *c, struct page *page, int i)
{
	const struct work *w = c->work;
	const struct patch *p = c->bulk->patches[i];

	for (int f = 0; f < p->count; f++)
		if (rt_quarrel(s, p, &p->changes[f], &w->rows[i].now, &page->arena)) {
			quarrel(page, c, i, p->changes[f].field, &c->bulk->outcomes[i]);
			return false;
		}
	return true;
}

static bool all_met(
	struct service *s, const struct patch *p, const struct casefile *now, struct page *page)
{
	return rt_part_met(s, p, RT_FIELDS, now, &page->arena) &&
	       rt_part_met(s, p, RT_STEP, now, &page->arena);
}

/* Searches hide what was deleted, merged or moved out of sight alike. The row goes on by itself, and is
   told which. */
static void not_there(struct service *s, const struct call *c, int i)
{
	error_set(&c->bulk->outcomes[i], ERROR_OFFLINE,
		_("%s does not list case %s any more; it is asked what became of it."), s->name,
		id_of(c->bulk, i) ? id_of(c->bulk, i) : "?");
}

static void not_taken(struct service *s, const struct call *c, struct page *page, int i)
{
	const struct work *w = c->work;
	const struct patch *p = c->bulk->patches[i];
	struct buf list = { 0 };

	rt_unmet(&list, s, p, RT_FIELDS, &w->rows[i].now, &page->arena);
	if (!list.size)
		rt_unmet(&list, s, p, RT_STEP, &w->rows[i].now, &page->arena);
	error_set(&c->bulk->outcomes[i], ERROR_REFUSED, _("%s did not take this over: %s. %s"),
		s->name, buf_str(&list), w->hint);
	buf_clear(&list);
}

/* ---- reading */

static void put_now(struct work *w, const struct bulk *b, const struct casefile *cf)
{
	for (int i = 0; i < b->count; i++)
		if (id_of(b, i) && !strcmp(id_of(b, i), cf->id)) {
			w->rows[i].now = *cf;
			w->rows[i].seen = true;
		}
}

static bool read_rows(struct service *s, const struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	struct work *w = c->work;
	struct json *j = rt_good(a, _("the tickets"), err);
	const struct json *items = json_get(j, "items");

	if (!w->rows)
		w->rows = arena_alloc(&page->arena, (size_t)c->bulk->count * sizeof(*w->rows));
	for (int i = 0; i < c->bulk->count; i++)
		w->rows[i].seen = false;
	for (size_t i = 0; i < json_count(items); i++) {
		struct casefile cf = { 0 };

		if (rt_read_ticket(s, json_at(items, i), &cf, &page->arena, err))
			put_now(w, c->bulk, &cf);
	}
	json_free(j);
	return j != NULL;
}

static void take_cases(const struct call *c, struct page *page)
{
	struct work *w = c->work;

	w->rows = arena_alloc(&page->arena, (size_t)c->bulk->count * sizeof(*w->rows));
	for (int i = 0; i < c->bulk->count; i++) {
		w->rows[i].now = *c->bulk->cases[i];
		w->rows[i].seen = true;
	}
}

static enum answer read_before(struct service *s, const struct call *c, struct page *page)
{
	struct work *w = c->work;
	int sent = 0;

	for (int i = 0; i < c->bulk->count; i++) {
		struct row *row = &w->rows[i];
		const struct patch *p = c->bulk->patches[i];

		row->over = true;
		if (!row->seen)
			not_there(s, c, i);
		else if (!judge(s, c, page, i))
			continue;
		else if (all_met(s, p, &row->now, page))
			add_case(page, c, i);
		else
			row->over = !(row->sent = ++sent > 0);
	}
	w->part = CHANGE;
	return sent ? ANSWER_MORE : ANSWER_DONE;
}

static enum answer read_after(struct service *s, const struct call *c, struct page *page)
{
	const struct work *w = c->work;

	for (int i = 0; i < c->bulk->count; i++) {
		const struct row *row = &w->rows[i];

		if (row->over)
			continue;
		if (!row->seen)
			not_there(s, c, i);
		else if (all_met(s, c->bulk->patches[i], &row->now, page))
			add_case(page, c, i);
		else if (judge(s, c, page, i))
			not_taken(s, c, page, i);
	}
	return ANSWER_DONE;
}

enum answer rt_bulk_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	struct work *w = c->work;

	if (w->part == BEFORE && !a->status) {
		take_cases(c, page);
		return read_before(s, c, page);
	}
	if (w->part != CHANGE) {
		if (!read_rows(s, c, a, page, err))
			return ANSWER_ERROR;
		return w->part == BEFORE ? read_before(s, c, page) : read_after(s, c, page);
	}
	struct json *j = rt_good(a, _("the tickets"), err);

	if (!j)
		return ANSWER_ERROR;
	json_free(j);
	w->part = AFTER;
	return ANSWER_MORE;
}
