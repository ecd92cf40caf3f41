/* One change to a ticket, field by field: which request carries it, whether it is there, and what
   Request Tracker calls it. Nothing is believed that was not read again. */
#include "model/i18n.h"
#include "model/text.h"
#include "model/when.h"
#include "net/driver.h"
#include "net/rt.h"
#include "net/rt_change.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of a subject; more is cut without a word, in the middle of a character if need be. */
enum { SUBJECT_MAX = 200 };

static bool is_set(const char *text)
{
	return text && *text;
}

static bool same(const char *a, const char *b)
{
	if (!is_set(a) || !is_set(b))
		return !is_set(a) && !is_set(b);
	return !strcmp(a, b);
}

static bool same_time(const char *a, const char *b)
{
	time_t x = 0, y = 0;

	return is_set(a) && is_set(b) && when_read(a, &x) && when_read(b, &y) && x == y;
}

/* Each once. */
static const char *words_with(const char *words, const char *more, struct arena *arena)
{
	const char *word;

	for (const char *at = more; (word = words_next(&at, arena));)
		words = words_add(words, word, arena);
	return words;
}

/* ---- which request carries a field */

static const struct {
	const char *field, *wire;
	enum rt_part part;
} rt_fields[] = {
	{ "subject", "Subject", RT_FIELDS },
	{ "priority", "Priority", RT_FIELDS },
	{ "due", "Due", RT_FIELDS },
	{ "tags", "Tags", RT_FIELDS },
	{ "links", NULL, RT_FIELDS },
	{ "citizen", "Requestor", RT_FIELDS },
	{ "worker", "Owner", RT_OWN },
	{ "step", "Status", RT_STEP },
	{ "stage", "Status", RT_STEP },
	{ "status", "Status", RT_STEP },
	{ "outcome", "Status", RT_STEP },
	{ "queue", "Queue", RT_QUEUE },
	{ "team", "Queue", RT_QUEUE },
	{ "kind", "Queue", RT_QUEUE },
	{ "duplicate_of", NULL, RT_MERGE },
	{ "text", NULL, RT_NOTHING },
};

static bool is_custom(const char *field)
{
	return !strncmp(field, "fields.", 7);
}

enum rt_part rt_part_of(const char *field)
{
	for (size_t i = 0; i < sizeof(rt_fields) / sizeof(*rt_fields); i++)
		if (!strcmp(rt_fields[i].field, field))
			return rt_fields[i].part;
	return is_custom(field) ? RT_FIELDS : RT_NONE;
}

/* ---- values as wanted */

/* A new line in a subject would go without a trace, and its words run together. */
const char *rt_subject(const char *text, struct arena *arena)
{
	char *line = arena_copy(arena, text ? text : "");

	for (char *c = line; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = ' ';
	return line;
}

const char *rt_step_wanted(const struct patch *p)
{
	static const struct {
		enum stage stage;
		const char *step;
	} steps[] = { { STAGE_NEW, "new" }, { STAGE_OPEN, "open" }, { STAGE_WAITING, "stalled" },
		{ STAGE_DONE, "resolved" }, { STAGE_REFUSED, "rejected" } };
	const struct change *step = patch_find(p, "step"), *stage = patch_find(p, "stage"),
			    *status = patch_find(p, "status");
	enum stage wanted = STAGE_NEW;

	if (step && is_set(step->after))
		return step->after;
	if (stage ? !stage_read(stage->after ? stage->after : "", &wanted)
		  : !status || !status->after || !stage_of_status(status->after, &wanted))
		return NULL;
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++)
		if (steps[i].stage == wanted)
			return steps[i].step;
	return NULL;
}

static bool step_met(const struct patch *p, const struct casefile *now)
{
	const struct change *step = patch_find(p, "step");
	const char *wanted = rt_step_wanted(p);
	enum stage stage = STAGE_NEW;

	if (!wanted)
		return true;
	if (same(now->step, wanted))
		return true;
	/* Without a step of its own any status of that stage will do: lifecycles differ. */
	return !(step && is_set(step->after)) &&
	       stage_of_status(rt_status(wanted, false), &stage) && now->stage == stage;
}

const char *rt_queue_wanted(const struct service *s, const struct patch *p)
{
	static const char *const fields[] = { "queue", "team", "kind" };

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		const struct change *c = patch_find(p, fields[i]);
		const struct rt_queue *q = c ? rt_queue(s->own, c->after) : NULL;

		if (c && is_set(c->after))
			return q ? q->name : c->after;
	}
	return NULL;
}

static bool queue_met(const struct service *s, const struct patch *p, const struct casefile *now)
{
	const char *wanted = rt_queue_wanted(s, p);
	const struct rt_queue *q = rt_queue(s->own, wanted);

	if (!wanted || same(now->kind, wanted) || same(now->queue, wanted))
		return true;
	return q && same(now->kind, q->id);
}

const char *rt_merge_wanted(const struct service *s, const struct patch *p, struct arena *arena)
{
	const struct change *c = patch_find(p, "duplicate_of");

	if (!c || !is_set(c->after))
		return NULL;
	if (strspn(c->after, "0123456789") == strlen(c->after))
		return c->after;
	return s->ops->case_of_url ? s->ops->case_of_url(s, c->after, arena) : NULL;
}

/* ---- is it there */

static bool custom_met(const struct change *c, const struct casefile *now, struct arena *arena)
{
	const char *is = case_get(now, c->field, arena);

	return same(is, c->after) || same_time(is, c->after);
}

static bool priority_met(const struct change *c, const struct casefile *now)
{
	return !c->after || now->priority == (int)strtol(c->after, NULL, 10);
}

bool rt_met(const struct service *s, const struct patch *p, const struct change *c,
	const struct casefile *now, struct arena *arena)
{
	const char *is = case_get(now, c->field, arena);

	switch (rt_part_of(c->field)) {
	case RT_OWN:
		return same(now->worker, c->after);
	case RT_STEP:
		return step_met(p, now);
	case RT_QUEUE:
		return queue_met(s, p, now);
	case RT_MERGE:
		return same(now->duplicate_of, rt_merge_wanted(s, p, arena));
	case RT_FIELDS:
		break;
	default:
		return true;
	}
	if (is_custom(c->field))
		return custom_met(c, now, arena);
	if (!strcmp(c->field, "tags") || !strcmp(c->field, "links"))
		return driver_words_met(c, is, arena);
	if (!strcmp(c->field, "priority"))
		return priority_met(c, now);
	if (!strcmp(c->field, "subject"))
		return same(is, rt_subject(c->after, arena));
	return same(is, c->after) || same_time(is, c->after);
}

bool rt_part_met(const struct service *s, const struct patch *p, enum rt_part part,
	const struct casefile *now, struct arena *arena)
{
	for (int i = 0; i < p->count; i++)
		if (rt_part_of(p->changes[i].field) == part &&
			!rt_met(s, p, &p->changes[i], now, arena))
			return false;
	return true;
}

/* Neither as it was nor as it shall be: somebody else was there. Words are sets, and never quarrel.
   A list tells less than the ticket itself, so what was not known before is no quarrel either. */
bool rt_quarrel(const struct service *s, const struct patch *p, const struct change *c,
	const struct casefile *now, struct arena *arena)
{
	const char *is = case_get(now, c->field, arena);

	if (p->creates || !strcmp(c->field, "tags") || !strcmp(c->field, "links") ||
		!strcmp(c->field, "outcome") || !strcmp(c->field, "duplicate_of"))
		return false;
	if (rt_met(s, p, c, now, arena))
		return false;
	if (rt_part_of(c->field) == RT_QUEUE)
		return now->queue && is_set(c->before) && !same(now->queue, c->before) &&
		       !same(now->kind, c->before);
	if (!strcmp(c->field, "status") && patch_find(p, "step"))
		return false;
	return !same(is, c->before) && !same_time(is, c->before);
}

/* ---- onto the wire */

/* Times of custom fields are read in the time zone of the person's account; which one that is, the
   service does not tell. The first try takes it to be ours; what comes back says how far that was
   off, and the second one is right. */
static const char *local_time(time_t at, struct arena *arena)
{
	struct tm tm = { 0 };

	localtime_r(&at, &tm);
	return arena_printf(arena, "%04d-%02d-%02d %02d:%02d:%02d", tm.tm_year + 1900,
		tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static bool is_stamp(const char *text, time_t *at)
{
	return is_set(text) && strlen(text) > 10 && text[10] == 'T' && when_read(text, at);
}

static bool holds_list(const struct casefile *now, const char *word)
{
	struct json *j =
		now->fields ? json_read(now->fields, strlen(now->fields), NULL, NULL) : NULL;
	bool list = json_type(json_get(j, word)) == JSON_LIST;

	json_free(j);
	return list;
}

static void put_custom(struct json_out *out, const struct service *s, const struct change *c,
	const struct casefile *now, int zone_off_s, struct arena *arena)
{
	const char *word = c->field + 7, *name = rt_field(s->own, word);
	time_t at = 0;

	name = name ? name : word;
	if (!is_set(c->after))
		json_put_null(out, name);
	else if (is_stamp(c->after, &at))
		json_put_text(out, name, local_time(at + zone_off_s, arena));
	else if (holds_list(now, word))
		json_put_words(out, name, c->after);
	else
		json_put_text(out, name, c->after);
}

void rt_put_customs(struct json_out *out, const struct service *s, const struct patch *p,
	const struct casefile *now, int zone_off_s, const char *lost, struct arena *arena)
{
	bool open = false;

	for (int i = 0; i < p->count; i++) {
		const struct change *c = &p->changes[i];
		bool tags = !strcmp(c->field, "tags");

		if (!tags && !is_custom(c->field))
			continue;
		if (!(tags && lost) && rt_met(s, p, c, now, arena))
			continue;
		if (!open)
			json_open(out, "CustomFields", '{');
		open = true;
		if (tags)
			json_put_words(out, rt_tags_field,
				words_with(driver_words_over(c, now->tags, arena), lost,
					arena));
		else
			put_custom(out, s, c, now, zone_off_s, arena);
	}
	if (open)
		json_close(out, '}');
}

static const char *link_wire(const char *word)
{
	static const char *const names[][2] = { { "refers-to:", "RefersTo" },
		{ "referred-by:", "ReferredToBy" }, { "depends-on:", "DependsOn" },
		{ "needed-by:", "DependedOnBy" }, { "parent:", "MemberOf" },
		{ "child:", "Members" } };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strncmp(word, names[i][0], strlen(names[i][0])))
			return names[i][1];
	return NULL;
}

/* One name may stand in a body once: so relation by relation. */
static void put_links_of(struct json_out *out, const char *how, const char *relation,
	const char *words, const char *without, const char *unless, struct arena *arena)
{
	const char *word;
	bool open = false;

	for (const char *at = words; (word = words_next(&at, arena));) {
		const char *wire = link_wire(word);

		if (!wire || strcmp(wire, relation) != 0 || words_have(without, word) ||
			words_have(unless, word))
			continue;
		if (!open)
			json_open(out, arena_printf(arena, "%s%s", how, relation), '[');
		open = true;
		json_put_text(out, NULL, strchr(word, ':') + 1);
	}
	if (open)
		json_close(out, ']');
}

static void put_links(struct json_out *out, const struct change *c, const struct casefile *now,
	bool creates, struct arena *arena)
{
	static const char *const relations[] = { "RefersTo", "ReferredToBy", "DependsOn",
		"DependedOnBy", "MemberOf", "Members" };

	for (size_t i = 0; i < sizeof(relations) / sizeof(*relations); i++) {
		put_links_of(out, creates ? "" : "Add", relations[i], c->after, c->before,
			now->links, arena);
		if (!creates)
			put_links_of(out, "Delete", relations[i], c->before, c->after, NULL, arena);
	}
}

void rt_put_field(struct json_out *out, const struct patch *p, const struct change *c,
	const struct casefile *now, struct arena *arena)
{
	struct buf text = { 0 };
	time_t at = 0;

	if (!strcmp(c->field, "subject"))
		json_put_text(out, "Subject", rt_subject(c->after, arena));
	if (!strcmp(c->field, "priority") && c->after)
		json_put_int(out, "Priority", rt_priority_wire((int)strtol(c->after, NULL, 10)));
	if (!strcmp(c->field, "due")) {
		if (c->after && when_read(c->after, &at))
			rt_time_wire(&text, at);
		json_put_text(out, "Due", buf_str(&text));
	}
	if (!strcmp(c->field, "citizen")) {
		json_open(out, "Requestor", '[');
		if (c->after)
			json_put_text(out, NULL, c->after);
		json_close(out, ']');
	}
	if (!strcmp(c->field, "links"))
		put_links(out, c, now, p->creates && !now->id, arena);
	buf_clear(&text);
}

void rt_put_fields(struct json_out *out, const struct service *s, const struct patch *p,
	const struct casefile *now, int zone_off_s, const char *lost, struct arena *arena)
{
	for (int i = 0; i < p->count; i++) {
		const struct change *c = &p->changes[i];

		if (rt_part_of(c->field) == RT_FIELDS && !rt_met(s, p, c, now, arena))
			rt_put_field(out, p, c, now, arena);
	}
	rt_put_customs(out, s, p, now, zone_off_s, lost, arena);
}

/* ---- what was written down of a change */

static int64_t row_id(const struct json *row)
{
	char id[24];

	rt_copy_id(id, sizeof(id), json_get(row, "id"));
	return strtoll(id, NULL, 10);
}

static bool is_value(const struct json *sent, const char *text)
{
	char number[24];

	if (!text)
		return false;
	if (json_type(sent) == JSON_TEXT)
		return !strcmp(json_text(sent), text);
	snprintf(number, sizeof(number), "%lld", (long long)json_int(sent, 0));
	return json_type(sent) == JSON_INT && !strcmp(number, text);
}

static bool told_before(const struct json *rows, size_t i, const char *field)
{
	for (size_t k = 0; k < i; k++)
		if (!strcmp(json_get_text(json_at(rows, k), "Field"), field))
			return true;
	return false;
}

static bool is_ours(
	const struct json *row, const char *field, const struct json *value, const char *me)
{
	const char *of = json_get_text(row, "Field"),
		   *by = json_get_text(json_get(row, "Creator"), "id");

	return of && by && me && !strcmp(of, field) && !strcmp(by, me) &&
	       is_value(value, json_get_text(row, "NewValue"));
}

/* The value a field had, as the history has it. */
static bool was(const struct casefile *cf, const char *field, const char *value)
{
	if (!strcmp(field, "Subject"))
		return same(cf->subject, value);
	if (!strcmp(field, "Priority"))
		return value && cf->priority == rt_priority((int)strtol(value, NULL, 10));
	return !strcmp(field, "Due") && cf->due == rt_time(value);
}

int64_t rt_traced(const struct json *rows, const struct json *sent, const struct casefile *before,
	int64_t after, const char *me)
{
	for (size_t i = 0; i < json_count(rows); i++) {
		const struct json *row = json_at(rows, i);
		const char *field = json_get_text(row, "Field");

		if (row_id(row) <= after)
			return i && i == json_count(sent) ? row_id(json_at(rows, 0)) : 0;
		if (!field || told_before(rows, i, field) ||
			!is_ours(row, field, json_get(sent, field), me) ||
			!was(before, field, json_get_text(row, "OldValue")))
			return 0;
	}
	return 0;
}

/* What ours replaced, if that is not what was seen; else what another row says it was set to. */
static const char *written_over(const struct json *rows, const char *field,
	const struct json *value, const struct casefile *before, int64_t after, const char *me)
{
	const char *theirs = NULL;
	int ours = 0;

	for (size_t i = 0; i < json_count(rows) && row_id(json_at(rows, i)) > after; i++) {
		const struct json *row = json_at(rows, i);
		const char *of = json_get_text(row, "Field");
		bool is_mine = is_ours(row, field, value, me);
		const char *is = json_get_text(row, is_mine ? "OldValue" : "NewValue");

		if (!of || strcmp(of, field) != 0 || (!is && strcmp(field, "Due") != 0))
			continue;
		ours += is_mine;
		if (!was(before, field, is) && !is_value(value, is) && (is_mine || !theirs))
			theirs = is ? is : "";
	}
	return ours == 1 ? theirs : NULL;
}

const char *rt_written_over(const struct json *rows, const struct json *sent,
	const struct casefile *before, int64_t after, const char *me, struct arena *arena)
{
	static const char *const fields[] = { "Subject", "Priority", "Due" };
	struct buf body = { 0 };
	struct json_out out = { .buf = &body };
	const char *text = NULL;

	json_open(&out, NULL, '{');
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		const struct json *value = json_get(sent, fields[i]);
		const char *theirs =
			value ? written_over(rows, fields[i], value, before, after, me) : NULL;

		if (theirs)
			json_put_text(&out, fields[i], text = theirs);
	}
	json_close(&out, '}');
	text = text ? arena_copy(arena, body.text) : NULL;
	buf_clear(&body);
	return text;
}

/* ---- tags of others: a list of values is replaced as a whole, so that of two who add one at the
   same moment the second may take away what the first one added */

static bool taken(const struct change *c, const char *word)
{
	return words_have(c->before, word) && !words_have(c->after, word);
}

int rt_tags_sent(const struct patch *p, const struct casefile *now, struct arena *arena)
{
	const struct change *c = patch_find(p, "tags");
	const char *word;
	int sent = 0;

	for (const char *at = c ? c->after : NULL; (word = words_next(&at, arena));)
		sent += !words_have(c->before, word) && !words_have(now->tags, word);
	for (const char *at = c ? c->before : NULL; (word = words_next(&at, arena));)
		sent += taken(c, word) && words_have(now->tags, word);
	return sent;
}

bool rt_tags_twice(const struct patch *p, const struct casefile *now, struct arena *arena)
{
	const char *once = "", *word;

	for (const char *at = now->tags; patch_find(p, "tags") && (word = words_next(&at, arena));) {
		if (words_have(once, word))
			return true;
		once = words_add(once, word, arena);
	}
	return false;
}

static bool is_tags_field(const struct rt *rt, const struct json *id)
{
	for (int i = 0; i < rt->field_count; i++)
		if (!strcmp(rt->fields[i].name, rt_tags_field) && rt->fields[i].id)
			return strtol(rt->fields[i].id, NULL, 10) ==
			       (json_text(id) ? strtol(json_text(id), NULL, 10) : json_int(id, 0));
	return true;
}

static const char *as_word(const char *value, struct arena *arena)
{
	struct buf word = { 0 };

	for (const char *c = value; *c; c++)
		buf_text(&word, *c == ' ' ? "\u00a0" : (char[]){ *c, '\0' });

	const char *out = arena_copy(arena, buf_str(&word));

	buf_clear(&word);
	return out;
}

const char *rt_tags_lost(const struct service *s, const struct patch *p, const struct json *items,
	int64_t after, struct arena *arena)
{
	const struct change *c = patch_find(p, "tags");
	const char *lost = NULL;

	for (size_t i = 0; c && i < json_count(items); i++) {
		const struct json *item = json_at(items, i), *id = json_get(item, "id");
		const char *by = json_get_text(json_get(item, "Creator"), "id");
		const char *old = json_get_text(item, "OldValue");
		const char *new = json_get_text(item, "NewValue");
		int64_t number = json_text(id) ? strtoll(json_text(id), NULL, 10) : json_int(id, 0);

		if (number <= after || !same(by, s->profile.me) || !is_set(old) || is_set(new) ||
			!same(json_get_text(item, "Type"), "CustomField") ||
			!is_tags_field(s->own, json_get(item, "Field")))
			continue;
		if (!taken(c, as_word(old, arena)))
			lost = words_add(lost ? lost : "", as_word(old, arena), arena);
	}
	return lost;
}

/* How far a time that came back is off from the one that was wanted; 0: none is. */
int rt_zone_off(const struct patch *p, const struct casefile *now, struct arena *arena)
{
	time_t wanted = 0, is = 0;

	for (int i = 0; i < p->count; i++) {
		const struct change *c = &p->changes[i];

		if (is_custom(c->field) && is_stamp(c->after, &wanted) &&
			is_stamp(case_get(now, c->field, arena), &is) && is != wanted &&
			llabs((long long)(wanted - is)) <= 26 * 3600)
			return (int)(wanted - is);
	}
	return 0;
}

/* ---- words about it */

void rt_unmet(struct buf *out, const struct service *s, const struct patch *p, enum rt_part part,
	const struct casefile *now, struct arena *arena)
{
	bool status = false, queue = false;

	for (int i = 0; i < p->count; i++) {
		const struct change *c = &p->changes[i];
		enum rt_part of = rt_part_of(c->field);

		if (of != part || rt_met(s, p, c, now, arena) || (of == RT_STEP && status) ||
			(of == RT_QUEUE && queue))
			continue;
		status |= of == RT_STEP;
		queue |= of == RT_QUEUE;
		driver_unmet(out, of == RT_STEP ? "step" : c->field,
			case_get(now, of == RT_STEP ? "step" : c->field, arena));
	}
}

void rt_sentences(const struct json *list, char *room, size_t size)
{
	struct buf text = { 0 }, cut = { 0 };

	driver_sentences(&text, list);
	text_cut(&cut, buf_str(&text), (int)size / 2);
	snprintf(room, size, "%s", cut.size < size ? buf_str(&cut) : "");
	buf_clear(&text);
	buf_clear(&cut);
}

/* ---- what cannot be, known before anything is saved */

static bool can_answer(const struct patch *p, struct error *err)
{
	struct json *j = p->answer ? json_read(p->answer, strlen(p->answer), NULL, NULL) : NULL;
	const char *channel = json_get_text(j, "channel");
	bool good = true;

	if (json_get_text(j, "template"))
		good = error_set(err, ERROR_REFUSED,
			_("Request Tracker fills in no templates; give the words of the answer."));
	else if (channel && strcmp(channel, "email") != 0)
		good = error_set(err, ERROR_REFUSED,
			_("Request Tracker answers by mail alone, not by %s; what was said "
			  "otherwise can be kept as a note."),
			channel);
	json_free(j);
	return good;
}

static bool can_subject(const char *subject, struct error *err)
{
	if (text_blank(subject))
		return error_set(err, ERROR_REFUSED, _("A case needs a subject."));
	if (strlen(subject) <= SUBJECT_MAX)
		return true;
	return error_set(err, ERROR_REFUSED,
		_("The subject is too long: Request Tracker keeps %d bytes, these are %zu, and it "
		  "would cut the rest without a word. Shorten it."),
		SUBJECT_MAX, strlen(subject));
}

static bool can_link(const char *links, struct error *err)
{
	struct arena arena = { 0 };
	const char *word;
	bool good = true;

	for (const char *at = links; good && (word = words_next(&at, &arena));)
		if (!link_wire(word))
			good = error_set(err, ERROR_REFUSED,
				_("Request Tracker has no link of the kind %.*s."),
				(int)strcspn(word, ":"), word);
	arena_clear(&arena);
	return good;
}

static bool can_change(
	const struct service *s, const struct patch *p, const struct change *c, struct error *err)
{
	struct arena arena = { 0 };
	const struct case_field *field = case_field_find(c->field);
	bool good = true;

	if (rt_part_of(c->field) == RT_NONE && is_set(c->after))
		good = error_set(err, ERROR_REFUSED,
			_("Request Tracker has no place for %s; it can be written in a note."),
			field ? _(field->label) : c->field);
	else if (!strcmp(c->field, "subject"))
		good = can_subject(c->after, err);
	else if (!strcmp(c->field, "links"))
		good = can_link(c->after, err);
	else if (!strcmp(c->field, "outcome") && is_set(c->after) &&
		 strcmp(c->after, "done") != 0 && !same(c->after, rt_step_wanted(p)))
		good = error_set(err, ERROR_REFUSED,
			_("Request Tracker keeps no outcome; end the case without one and say it "
			  "in a note (--note)."));
	else if (!strcmp(c->field, "citizen") && is_set(c->after) && !strchr(c->after, '@'))
		good = error_set(err, ERROR_REFUSED,
			_("Request Tracker knows citizens by their mail address; %s is none."),
			c->after);
	else if (!strcmp(c->field, "duplicate_of") && !rt_merge_wanted(s, p, &arena))
		good = error_set(err, ERROR_REFUSED,
			is_set(c->after) ? _("A case can be merged with one of the same service "
					     "only; link it instead.")
					 : _("What was merged in Request Tracker cannot be parted "
					     "again."));
	arena_clear(&arena);
	return good;
}

bool rt_can(const struct service *s, const struct patch *p, struct error *err)
{
	if (p->on != ON_CASE)
		return error_set(err, ERROR_REFUSED,
			_("Request Tracker lets nobody register or change citizens from here; "
			  "their details are changed by its administrators."));
	for (int i = 0; i < p->count; i++)
		if (!can_change(s, p, &p->changes[i], err))
			return false;
	for (int i = 0; i < p->file_count; i++)
		if (p->files[i].size == 0)
			return error_set(err, ERROR_REFUSED,
				_("%s is empty; Request Tracker takes no empty files."),
				p->files[i].name);
	if (p->creates && !patch_find(p, "subject"))
		return can_subject(NULL, err);
	return can_answer(p, err);
}

const char *rt_besides(const struct patch *p, bool *mails)
{
	struct json *j = p->answer ? json_read(p->answer, strlen(p->answer), NULL, NULL) : NULL;
	bool language = json_get_text(j, "language") != NULL;
	const char *step = rt_step_wanted(p);

	json_free(j);
	if (step && !strcmp(rt_status(step, false), "resolved")) {
		*mails = true;
		return _("Request Tracker may mail the citizen.");
	}
	return language ? _("Request Tracker keeps no language of answers.") : NULL;
}
