/* Our search grammar as TicketSQL. Every value goes out quoted, times only as "so long ago": what a
   date means is decided by the time zone the person once chose on their web pages. There is no NOT
   before a group, so a minus is carried down to the single comparisons. */
#include "model/i18n.h"
#include "model/query_field.h"
#include "net/rt.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum {
	DAY_S = 24 * 3600,
	HOUR_S = 3600,
	NUMBER_MAX = 9 /* digits of a ticket's number */
};

#define NEVER "id = 0"
#define ALWAYS "id > 0"

struct maker {
	struct service *service;
	struct rt *rt;
	struct buf *out;
	struct error *err;
	const struct query *query;
	time_t now;
};

void rt_quote(struct buf *out, const char *value)
{
	buf_char(out, '\'');
	for (const char *c = value; *c; c++) {
		if (*c == '\'' || *c == '\\')
			buf_char(out, '\\');
		buf_char(out, (unsigned char)*c < 0x20 || *c == 0x7f ? ' ' : *c);
	}
	buf_char(out, '\'');
}

static void compare(struct maker *m, const char *field, const char *op, const char *value)
{
	buf_printf(m->out, "%s %s ", field, op);
	rt_quote(m->out, value);
}

static bool number_good(const char *text)
{
	size_t size = strlen(text);

	return size && size <= NUMBER_MAX && strspn(text, "0123456789") == size;
}

/* ---- words: subject, citizen, number */

static void word(struct maker *m, const char *text, bool negated)
{
	static const char *const fields[] = { "Subject", "Requestor.RealName",
		"Requestor.EmailAddress", NULL };
	const char *op = negated ? "NOT LIKE" : "LIKE", *between = negated ? " AND " : " OR ";

	buf_char(m->out, '(');
	for (int i = 0; fields[i]; i++) {
		buf_text(m->out, i ? between : "");
		compare(m, fields[i], op, text);
	}
	if (number_good(text))
		buf_printf(m->out, "%sid %s %s", between, negated ? "!=" : "=", text);
	buf_char(m->out, ')');
}

/* ---- numbers and times */

static const enum term_op op_turned[] = {
	[OP_IS] = OP_IS,
	[OP_LESS] = OP_MORE_IS,
	[OP_LESS_IS] = OP_MORE,
	[OP_MORE] = OP_LESS_IS,
	[OP_MORE_IS] = OP_LESS,
};

static enum term_op turned(enum term_op op, bool negated)
{
	return negated ? op_turned[op] : op;
}

static void number(struct maker *m, const struct term *t, const char *value)
{
	static const char *const signs[] = { [OP_LESS] = "<",
		[OP_LESS_IS] = "<=", [OP_MORE] = ">", [OP_MORE_IS] = ">=" };

	if (!number_good(value))
		buf_text(m->out, t->negated ? ALWAYS : NEVER);
	else if (t->op != OP_IS)
		buf_printf(m->out, "id %s %s", signs[turned(t->op, t->negated)], value);
	else
		buf_printf(m->out, "id %s %s", t->negated ? "!=" : "=", value);
}

/* The lowest of theirs that is still this urgent; 1 (now) begins at 88. */
static int urgent_from(int ours)
{
	return ours < 1 ? 1000 : ours >= 5 ? -1000 : rt_priority_wire(ours) - 12;
}

static void priority(struct maker *m, const struct term *t, const char *value)
{
	int ours = atoi(value);
	enum term_op op = turned(t->op, t->negated);

	if (!strcmp(value, "none"))
		buf_text(m->out, t->negated ? ALWAYS : NEVER);
	else if (op == OP_LESS)
		buf_printf(m->out, "Priority >= %d", urgent_from(ours - 1));
	else if (op == OP_LESS_IS)
		buf_printf(m->out, "Priority >= %d", urgent_from(ours));
	else if (op == OP_MORE)
		buf_printf(m->out, "Priority < %d", urgent_from(ours));
	else if (op == OP_MORE_IS)
		buf_printf(m->out, "Priority < %d", urgent_from(ours - 1));
	else if (t->negated)
		buf_printf(m->out, "(Priority < %d OR Priority >= %d)", urgent_from(ours),
			urgent_from(ours - 1));
	else
		buf_printf(m->out, "(Priority >= %d AND Priority < %d)", urgent_from(ours),
			urgent_from(ours - 1));
}

/* "-3600 seconds" is read right whatever the number; "3600 seconds ago" is taken for the year 3600,
   and six digits for a day. Across a change of summer time the server is an hour wrong, so what is
   more than a day away is asked for with an hour to spare: better a row too many, which the list
   here leaves out, than one too few. */
static void bound(struct maker *m, const char *field, const char *sign, time_t at)
{
	long long away = (long long)at - m->now;

	if (away > DAY_S || away < -DAY_S)
		away += *sign == '<' ? HOUR_S : -HOUR_S;
	buf_printf(m->out, "%s %s '%+lld seconds'", field, sign, away);
}

static void none(struct maker *m, const char *field, bool negated)
{
	buf_printf(m->out, "%s IS %sNULL", field, negated ? "NOT " : "");
}

/* A day is all its seconds; what is never due is neither before nor after. */
static void moment(struct maker *m, const char *field, const struct term *t, const char *value)
{
	time_t from = 0, to = 0;

	if (!strcmp(value, "none") || !query_span(value, m->now, &from, &to)) {
		none(m, field, t->negated);
		return;
	}
	buf_char(m->out, '(');
	switch (t->op) {
	case OP_LESS:
		bound(m, field, t->negated ? ">=" : "<", from);
		break;
	case OP_LESS_IS:
		bound(m, field, t->negated ? ">=" : "<", to);
		break;
	case OP_MORE:
		bound(m, field, t->negated ? "<" : ">=", to);
		break;
	case OP_MORE_IS:
		bound(m, field, t->negated ? "<" : ">=", from);
		break;
	default:
		bound(m, field, t->negated ? "<" : ">=", from);
		buf_text(m->out, t->negated ? " OR " : " AND ");
		bound(m, field, t->negated ? ">=" : "<", to);
	}
	if (t->negated) {
		buf_text(m->out, " OR ");
		none(m, field, false);
	}
	buf_char(m->out, ')');
}

/* ---- status: their words by ours; what no table knows counts by whether it is over */

static const struct {
	const char *ours, *is, *is_not;
} statuses[] = {
	{ "new", "Status = 'new'", "Status != 'new'" },
	{ "open",
		"(Status = '__Active__' AND Status != 'new' AND Status != 'stalled' AND Status != "
		"'waiting' AND Status != 'pending' AND Status != 'on hold')",
		"(Status = '__Inactive__' OR Status = 'new' OR Status = 'stalled' OR Status = "
		"'waiting' OR Status = 'pending' OR Status = 'on hold')" },
	{ "waiting",
		"(Status = 'stalled' OR Status = 'waiting' OR Status = 'pending' OR Status = 'on "
		"hold')",
		"(Status != 'stalled' AND Status != 'waiting' AND Status != 'pending' AND Status "
		"!= 'on hold')" },
	{ "resolved",
		"(Status = '__Inactive__' AND Status != 'rejected' AND Status != 'refused' AND "
		"Status != 'declined' AND Status != 'cancelled')",
		"(Status = '__Active__' OR Status = 'rejected' OR Status = 'refused' OR Status = "
		"'declined' OR Status = 'cancelled')" },
	{ "closed",
		"(Status = 'rejected' OR Status = 'refused' OR Status = 'declined' OR Status = "
		"'cancelled')",
		"(Status != 'rejected' AND Status != 'refused' AND Status != 'declined' AND Status "
		"!= 'cancelled')" },
	{ NULL, NULL, NULL },
};

static void status(struct maker *m, const struct term *t, const char *value)
{
	for (int i = 0; statuses[i].ours; i++)
		if (!strcasecmp(statuses[i].ours, value)) {
			buf_text(m->out, t->negated ? statuses[i].is_not : statuses[i].is);
			return;
		}
	compare(m, "Status", t->negated ? "!=" : "=", value);
}

static void is(struct maker *m, const struct term *t, const char *value)
{
	if (!strcmp(value, "open"))
		buf_printf(m->out, "Status = '__%s__'", t->negated ? "Inactive" : "Active");
	else if (t->negated)
		buf_text(m->out, "(Status = '__Inactive__' OR Due >= 'now' OR Due IS NULL)");
	else
		buf_text(m->out, "(Status = '__Active__' AND Due < 'now')");
}

/* ---- people, queues, fields */

static void text(struct maker *m, const char *field, const struct term *t, const char *value)
{
	size_t size = 0;

	if (!strcmp(value, "none")) {
		none(m, field, t->negated);
	} else if (query_star(value, &size)) {
		struct arena arena = { 0 };

		compare(m, field, t->negated ? "NOT STARTSWITH" : "STARTSWITH",
			arena_copy_n(&arena, value, size));
		arena_clear(&arena);
	} else {
		compare(m, field, t->negated ? "!=" : "=", value);
	}
}

static void owner(struct maker *m, const struct term *t, const char *value)
{
	const char *sign = t->negated ? "!=" : "=";

	if (!strcmp(value, "me"))
		buf_printf(m->out, "Owner %s '__CurrentUser__'", sign);
	else if (!strcmp(value, "none"))
		buf_printf(m->out, "Owner %s 'Nobody'", sign);
	else if (value[strlen(value) - 1] == '*')
		text(m, "Owner.Name", t, value);
	else
		compare(m, "Owner", sign, value);
}

/* It knows no beginnings of queues, so each queue that begins so is named. */
static void queues_of(struct maker *m, const struct term *t, const char *value, size_t size)
{
	int count = 0;

	buf_char(m->out, '(');
	for (int i = 0; i < m->rt->queue_count; i++) {
		if (strncmp(m->rt->queues[i].name, value, size) != 0)
			continue;
		buf_text(m->out, !count++ ? "" : t->negated ? " AND " : " OR ");
		compare(m, "Queue", t->negated ? "!=" : "=", m->rt->queues[i].name);
	}
	buf_text(m->out, count ? ")" : t->negated ? ALWAYS ")" : NEVER ")");
}

static void queue(struct maker *m, const struct term *t, const char *value)
{
	const char *me = m->service->profile.my_team;
	size_t size = 0;

	if (!strcmp(value, "me"))
		value = me ? me : service_option(m->service, "team");
	if (!value || !strcmp(value, "none"))
		buf_text(m->out, t->negated ? ALWAYS : NEVER);
	else if (query_star(value, &size))
		queues_of(m, t, value, size);
	else
		compare(m, "Queue", t->negated ? "!=" : "=", value);
}

static void custom(struct maker *m, const char *name, const struct term *t, const char *value)
{
	struct buf field = { 0 };

	buf_text(&field, "CF.{");
	for (const char *c = name; *c; c++) /* no name can end its own braces */
		buf_char(&field, strchr("{}'\"\\", *c) || (unsigned char)*c < 0x20 ? ' ' : *c);
	buf_char(&field, '}');
	text(m, field.text, t, value);
	buf_clear(&field);
}

static void citizen(struct maker *m, const struct term *t, const char *value)
{
	bool mail = strchr(value, '@') || !strcmp(value, "none");

	text(m, mail ? "Requestor.EmailAddress" : "Requestor.Name", t, value);
}

/* Each word somewhere in it. */
static void each_word(struct maker *m, const char *field, const struct term *t, const char *value)
{
	struct arena arena = { 0 };
	char *rest = arena_copy(&arena, value), *one = NULL;
	int count = 0;

	buf_char(m->out, '(');
	while ((one = strtok_r(rest, " *,", &rest))) {
		buf_text(m->out, !count++ ? "" : t->negated ? " OR " : " AND ");
		compare(m, field, t->negated ? "NOT LIKE" : "LIKE", one);
	}
	buf_text(m->out, count ? ")" : ALWAYS ")");
	arena_clear(&arena);
}

static void subject(struct maker *m, const struct term *t, const char *value)
{
	each_word(m, "Subject", t, value);
}

/* ---- filters */

static bool cannot(struct maker *m, const struct term *t)
{
	return error_set(m->err, ERROR_REFUSED,
		_("Request Tracker cannot search by %s; leave it out, or add source:NAME to ask "
		  "another service."),
		t->field);
}

static bool one_value(struct maker *m, const struct term *t, const char *value)
{
	static const struct {
		const char *field;
		void (*put)(struct maker *, const struct term *, const char *);
	} puts[] = { { "id", number }, { "number", number }, { "priority", priority },
		{ "status", status }, { "step", NULL }, { "is", is }, { "assignee", owner },
		{ "team", queue }, { "service", queue }, { "kind", queue }, { "citizen", citizen },
		{ "subject", subject }, { NULL, NULL } };
	static const struct {
		const char *field, *theirs;
	} times[] = { { "due", "Due" }, { "opened", "Created" }, { "updated", "LastUpdated" },
		{ NULL, NULL } };

	for (int i = 0; times[i].field; i++)
		if (!strcmp(times[i].field, t->field)) {
			moment(m, times[i].theirs, t, value);
			return true;
		}
	if (!strcmp(t->field, "step"))
		text(m, "Status", t, value);
	else if (!strcmp(t->field, "tag"))
		custom(m, rt_tags_field, t, value);
	else if (!strncmp(t->field, "fields.", 7) && rt_field(m->rt, t->field + 7))
		custom(m, rt_field(m->rt, t->field + 7), t, value);
	else {
		int i = 0;

		while (puts[i].field && strcmp(puts[i].field, t->field) != 0)
			i++;
		if (!puts[i].put)
			return cannot(m, t);
		puts[i].put(m, t, value);
	}
	return true;
}

/* Orders what texts cannot: only numbers and times are more or less. */
static bool takes_op(const struct term *t)
{
	static const char *const ordered[] = { "id", "number", "priority", "due", "opened",
		"updated", NULL };

	for (int i = 0; ordered[i]; i++)
		if (!strcmp(ordered[i], t->field))
			return t->op != OP_NEAR;
	return t->op == OP_IS;
}

static bool filter(struct maker *m, const struct term *t)
{
	if (!strncmp(t->field, "fields.", 7) && !rt_field(m->rt, t->field + 7))
		return error_set(m->err, ERROR_REFUSED,
			_("No queue of %s has a field %s that you may see."), m->service->name,
			t->field + 7);
	if (!takes_op(t))
		return error_set(m->err, ERROR_REFUSED,
			_("Request Tracker compares %s with : alone; write %s:VALUE."), t->field,
			t->field);
	buf_char(m->out, '(');
	for (int i = 0; t->values[i]; i++) {
		buf_text(m->out, !i ? "" : t->negated ? " AND " : " OR ");
		if (!one_value(m, t, t->values[i]))
			return false;
	}
	buf_char(m->out, ')');
	return true;
}

/* ---- the tree */

static bool any_term(struct maker *m, const struct term *t, bool negated);

static bool parts(struct maker *m, const struct term *t, bool negated)
{
	bool all = (t->kind == TERM_ALL) != negated;

	if (!t->first) {
		buf_text(m->out, negated ? NEVER : ALWAYS);
		return true;
	}
	buf_char(m->out, '(');
	for (const struct term *part = t->first; part; part = part->next) {
		if (part != t->first)
			buf_text(m->out, all ? " AND " : " OR ");
		if (!any_term(m, part, negated))
			return false;
	}
	buf_char(m->out, ')');
	return true;
}

static bool words_of_citizen(struct maker *m, const struct term *t);

static bool any_term(struct maker *m, const struct term *t, bool negated)
{
	struct term turned_term = *t;

	turned_term.negated = t->negated != negated;
	if (t->kind == TERM_ALL || t->kind == TERM_ANY)
		return parts(m, t, turned_term.negated);
	if (m->query->about == QUERY_CITIZENS)
		return words_of_citizen(m, &turned_term);
	if (t->kind == TERM_FILTER)
		return filter(m, &turned_term);
	word(m, t->text, turned_term.negated);
	return true;
}

static bool make(struct service *s, const struct query *q, struct buf *out, struct error *err)
{
	struct maker m = { .service = s,
		.rt = s->own,
		.out = out,
		.err = err,
		.query = q,
		.now = time(NULL) };

	return any_term(&m, q->root, false);
}

bool rt_query(struct service *s, const struct query *q, struct buf *out, struct error *err)
{
	return make(s, q, out, err);
}

/* ---- citizens: by what their tickets say of them */

static bool citizen_value(struct maker *m, const struct term *t, const char *value)
{
	static const char *const names[] = { "name", "given", "family", NULL };

	for (int i = 0; names[i]; i++)
		if (!strcmp(names[i], t->field)) {
			each_word(m, "Requestor.RealName", t, value);
			return true;
		}
	if (!strcmp(t->field, "email"))
		compare(m, "Requestor.EmailAddress", t->negated ? "NOT LIKE" : "LIKE", value);
	else if (!strcmp(t->field, "phone"))
		compare(m, "Requestor.MobilePhone", t->negated ? "NOT LIKE" : "LIKE", value);
	else if (!strcmp(t->field, "ref"))
		custom(m, rt_citizen_field(m->service), t, value);
	else if (!strcmp(t->field, "id"))
		citizen(m, t, value);
	else
		return cannot(m, t);
	return true;
}

static bool words_of_citizen(struct maker *m, const struct term *t)
{
	const char *op = t->negated ? "NOT LIKE" : "LIKE", *between = t->negated ? " AND " : " OR ";

	if (t->kind != TERM_FILTER) {
		buf_char(m->out, '(');
		compare(m, "Requestor.RealName", op, t->text);
		buf_text(m->out, between);
		compare(m, "Requestor.EmailAddress", op, t->text);
		buf_text(m->out, between);
		custom(m, rt_citizen_field(m->service), t, t->text);
		buf_char(m->out, ')');
		return true;
	}
	if (t->op != OP_IS)
		return error_set(m->err, ERROR_REFUSED,
			_("Request Tracker compares %s with : alone; write %s:VALUE."), t->field,
			t->field);
	buf_char(m->out, '(');
	for (int i = 0; t->values[i]; i++) {
		buf_text(m->out, i ? between : "");
		if (!citizen_value(m, t, t->values[i]))
			return false;
	}
	buf_char(m->out, ')');
	return true;
}

bool rt_query_citizens(
	struct service *s, const struct query *q, struct buf *out, struct error *err)
{
	return make(s, q, out, err);
}

/* ---- fields and queues that are not known yet */

static bool names_beginning(const struct term *t)
{
	size_t size = 0;
	bool queue = !strcmp(t->field, "team") || !strcmp(t->field, "service") ||
		     !strcmp(t->field, "kind");

	for (int i = 0; queue && t->values[i]; i++)
		if (query_star(t->values[i], &size))
			return true;
	return false;
}

static bool wants(const struct rt *rt, const struct term *t)
{
	if (t->kind == TERM_FILTER && names_beginning(t))
		return true;
	if (t->kind == TERM_FILTER)
		return !strncmp(t->field, "fields.", 7) && !rt_field(rt, t->field + 7);
	for (const struct term *part = t->first; part; part = part->next)
		if (wants(rt, part))
			return true;
	return false;
}

bool rt_query_wants_fields(const struct rt *rt, const struct query *q)
{
	return !rt->fields_known && wants(rt, q->root);
}

static bool looks_at_fields(const struct term *t)
{
	if (t->kind == TERM_FILTER)
		return !strcmp(t->field, "tag") || !strncmp(t->field, "fields.", 7);
	for (const struct term *part = t->first; part; part = part->next)
		if (looks_at_fields(part))
			return true;
	return false;
}

bool rt_query_fields(const struct query *q)
{
	return looks_at_fields(q->root);
}

/* ---- order */

const char *rt_order(const struct query *q, int i, bool *down)
{
	static const struct {
		const char *ours, *theirs;
	} orders[] = { { "due", "Due" }, { "priority", "Priority" }, { "opened", "Created" },
		{ "updated", "LastUpdated" }, { "number", "id" }, { "status", "Status" },
		{ "step", "Status" }, { "team", "Queue" }, { "service", "Queue" },
		{ "kind", "Queue" }, { "assignee", "Owner" }, { "subject", "Subject" } };
	struct arena arena = { 0 };
	const char *key = query_sort_key(q, i, down, &arena), *by = NULL;

	for (size_t n = 0; key && n < sizeof(orders) / sizeof(*orders); n++)
		if (!strcmp(orders[n].ours, key))
			by = orders[n].theirs;
	if (by && !strcmp(by, "Priority"))
		*down = !*down; /* theirs grows with the urgency */
	arena_clear(&arena);
	return by;
}
