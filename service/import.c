#include "service/import.h"
#include "model/csv.h"
#include "model/i18n.h"
#include "model/json.h"
#include "model/text.h"
#include "model/when.h"
#include <stdlib.h>
#include <string.h>

enum { ROWS_AT_ONCE = 500, SUBJECT_MOST = 200, NAME_MOST = 300, TEXT_MOST = 20000 };

struct seen {
	const char *reference;
	uint64_t sum; /* of all its values */
	int line;
};

struct import {
	struct keep *keep;
	struct map_file *map;
	const char *name;
	FILE *report;
	struct import_counts *counts;
	struct csv *csv;
	int heads;
	bool record_open; /* a record began, so a line may go on with it */
	struct seen *seen;
	size_t seen_count, seen_room;
	struct arena names; /* of seen, teams and kinds */
	const char *teams;  /* words: known to be there */
	struct page kinds;  /* those that rows named so far */
	struct arena row;   /* given back after each row */
	const char **values;
};

enum taken { TAKEN_FRESH, TAKEN_CHANGED, TAKEN_SAME, TAKEN_BAD };

/* ---- sums of values: FNV-1a, 64 bits */

static uint64_t sum_text(uint64_t sum, const char *text)
{
	for (; text && *text; text++)
		sum = (sum ^ (unsigned char)*text) * 1099511628211u;
	return (sum ^ 0xff) * 1099511628211u;
}

static uint64_t sum_of(const char *text)
{
	return sum_text(14695981039346656037u, text);
}

/* "subject=1f..., status=..." : what the source said, without saying it again. */
static const char *sums(struct import *in)
{
	struct buf out = { 0 };

	for (int i = 0; i < in->map->field_count; i++)
		buf_printf(&out, "%s=%016llx ", in->map->fields[i].name,
			(unsigned long long)sum_of(in->values[i]));
	const char *copy = arena_copy(&in->row, buf_str(&out));
	buf_clear(&out);
	return copy;
}

/* Whether the source says of this field what it said last time. */
static bool said_before(
	const char *before, const char *field, const char *value, struct arena *arena)
{
	return before && words_have(before, arena_printf(arena, "%s=%016llx", field,
						    (unsigned long long)sum_of(value)));
}

/* ---- references seen in this file */

static struct seen *seen_at(struct import *in, const char *reference)
{
	size_t at = (size_t)sum_of(reference) & (in->seen_room - 1);

	while (in->seen[at].reference && strcmp(in->seen[at].reference, reference) != 0)
		at = (at + 1) & (in->seen_room - 1);
	return &in->seen[at];
}

static void seen_grow(struct import *in)
{
	struct seen *old = in->seen;
	size_t room = in->seen_room;

	if (in->seen_count * 2 < room)
		return;
	in->seen_room = room ? room * 2 : 1024;
	in->seen = xcalloc(in->seen_room, sizeof *in->seen);
	for (size_t i = 0; i < room; i++) {
		if (old[i].reference)
			*seen_at(in, old[i].reference) = old[i];
	}
	free(old);
}

/* ---- where a row went last time */

struct origin {
	int64_t key; /* 0: never seen */
	const char *sums;
};

static const char *about(const struct import *in)
{
	return in->map->about == MAP_CASES ? "case" : "citizen";
}

static struct origin origin_find(struct import *in, const char *reference)
{
	struct origin origin = { 0 };
	struct rows *rows = base_ask(in->keep->base,
		"SELECT key, sums FROM origin WHERE tenant = $1 AND about = $2 AND source = $3 AND"
		" reference = $4",
		"ittt", base_tenant(in->keep->base), about(in), in->map->source, reference);
	if (rows_next(rows)) {
		origin.key = rows_int(rows, 0);
		origin.sums = arena_copy(&in->row, rows_text(rows, 1));
	}
	rows_done(rows);
	return origin;
}

static void origin_put(struct import *in, const char *reference, int64_t key)
{
	base_run(in->keep->base,
		"INSERT INTO origin (tenant, about, source, reference, key, sums)"
		" VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant, about, source, reference)"
		" DO UPDATE SET sums = excluded.sums",
		"itttit", base_tenant(in->keep->base), about(in), in->map->source, reference, key,
		sums(in));
}

/* ---- values of a row */

static const char *value_of(const struct import *in, const char *field)
{
	for (int i = 0; i < in->map->field_count; i++) {
		if (strcmp(in->map->fields[i].name, field) == 0)
			return in->values[i];
	}
	return NULL;
}

static bool is_one_of(const char *word, const char *words)
{
	return words_have(words, word);
}

static bool check_words(const struct import *in, struct error *err)
{
	static const struct {
		const char *field, *words;
	} fixed[] = {
		{ "status", "new open waiting resolved closed" },
		{ "channel", "counter phone web email sms letter chat other" },
		{ "contact", "phone email letter counter" },
	};

	for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) {
		const char *value = value_of(in, fixed[i].field);
		if (value && !is_one_of(value, fixed[i].words))
			return error_set(err, ERROR_REFUSED, _("%s is one of %s, not \"%.60s\"."),
				fixed[i].field, fixed[i].words, value);
	}
	return true;
}

/* The team must be there; one the map describes is made. */
static bool check_team(struct import *in, struct error *err)
{
	const char *id = value_of(in, "team");

	if (!id || words_have(in->teams, id))
		return true;
	if (!keep_has_team(in->keep, id)) {
		const struct team *team = map_file_team(in->map, id);
		if (!team)
			return error_set(err, ERROR_REFUSED,
				_("There is no team \"%.60s\", and the map has no [team %.60s]."),
				id, id);
		keep_team_put(in->keep, team);
	}
	in->teams = words_add(in->teams, id, &in->names);
	return true;
}

static bool is_own_event(const char *field)
{
	return strcmp(field, "text") == 0 || strcmp(field, "note") == 0;
}

static time_t time_of(const char *value)
{
	time_t at = 0;

	return value && when_read(value, &at) ? at : 0;
}

/* Times no patch sets, and the number. */
static bool set_own(struct casefile *cf, const char *field, const char *value)
{
	if (strcmp(field, "opened") == 0)
		cf->opened = time_of(value);
	else if (strcmp(field, "resolved") == 0)
		cf->resolved = time_of(value);
	else if (strcmp(field, "changed") == 0)
		cf->changed = time_of(value);
	else if (strcmp(field, "number") == 0)
		cf->number = value;
	else
		return false;
	return true;
}

/* A subject is one line of at most 200 bytes, cut between graphemes; the text has it whole. */
static const char *subject_cut(const char *value, struct arena *arena)
{
	struct buf out = { 0 };

	for (const char *p = value; p && *p; p++)
		buf_char(&out, strchr("\t\r\n", *p) ? ' ' : *p);
	if (out.size > SUBJECT_MOST) {
		size_t at = 0, size = 0;
		int columns;
		while ((size = text_next(out.text + at, &columns)) > 0 &&
			at + size <= SUBJECT_MOST - 3)
			at += size;
		buf_cut(&out, at);
		buf_text(&out, "...");
	}
	const char *copy = out.size ? arena_copy(arena, out.text) : NULL;
	buf_clear(&out);
	return copy;
}

static bool set_case(struct import *in, struct casefile *cf, const char *field, const char *value,
	struct error *err)
{
	if (is_own_event(field) || set_own(cf, field, value))
		return true;
	if (strcmp(field, "subject") == 0)
		value = subject_cut(value, &in->row);
	return case_set(cf, field, value, &in->row, err);
}

/* What the rest of the house relies on: a done case has a time it was done, an open one has none.
 */
static void settle_times(struct casefile *cf)
{
	if (stage_is_open(cf->stage))
		cf->resolved = 0;
	else if (!cf->resolved)
		cf->resolved = cf->changed ? cf->changed : cf->opened;
	if (cf->changed < cf->opened)
		cf->changed = cf->resolved > cf->opened ? cf->resolved : cf->opened;
}

static bool is_number_free(struct import *in, const char *number)
{
	return base_number(in->keep->base, 0,
		       "SELECT 1 FROM casefile WHERE tenant = $1 AND number = $2", "it",
		       base_tenant(in->keep->base), number) == 0;
}

static const struct kind *find_kind(struct import *in, const char *id)
{
	for (int i = 0; i < in->kinds.kind_count; i++) {
		if (in->kinds.kinds[i].id && strcmp(in->kinds.kinds[i].id, id) == 0)
			return &in->kinds.kinds[i];
	}
	return keep_kind(in->keep, id, &in->kinds);
}

/* Each field of the kind as the form would take it, in its stored form. */
static bool check_fields(
	struct import *in, struct casefile *cf, const struct kind *kind, struct error *err)
{
	for (int i = 0; i < kind->field_count; i++) {
		const struct kind_field *f = &kind->fields[i];
		const char *name = arena_printf(&in->row, "fields.%s", f->name);
		const char *value = case_get(cf, name, &in->row), *stored;
		if (!kind_check_value(f, value, &in->row, &stored, err))
			return false;
		if (stored && strcmp(stored, value) != 0)
			case_set(cf, name, stored, &in->row, NULL);
	}
	return true;
}

/* What the kind brings: service, due date, the status of the step; and what it asks for. */
static bool check_kind(struct import *in, struct casefile *cf, struct error *err)
{
	const struct kind *kind = cf->kind ? find_kind(in, cf->kind) : NULL;

	if (!cf->kind)
		return true;
	if (!kind)
		return error_set(err, ERROR_REFUSED, _("There is no kind \"%.60s\"."), cf->kind);
	if (cf->step && !kind_step_find(kind, cf->step))
		return error_set(err, ERROR_REFUSED, _("The kind %s has no step \"%.60s\"."),
			kind->id, cf->step);
	if (cf->step)
		case_set(cf, "status", kind_step_find(kind, cf->step)->status, &in->row, NULL);
	if (!cf->queue)
		cf->queue = arena_copy(&in->row, kind->queue);
	if (!cf->due)
		cf->due = kind_due(kind, cf->opened);
	return check_fields(in, cf, kind, err);
}

static bool check_case(struct import *in, struct casefile *cf, struct error *err)
{
	if (!check_kind(in, cf, err))
		return false;
	if (text_blank(cf->subject))
		return error_set(err, ERROR_REFUSED, _("The row has no subject."));
	if (text_blank(cf->queue))
		return error_set(err, ERROR_REFUSED, _("The row has no service."));
	if (cf->fields && strlen(cf->fields) > TEXT_MOST)
		return error_set(err, ERROR_REFUSED,
			_("The fields of the row are longer than %d bytes."), TEXT_MOST);
	const char *text = value_of(in, "text");
	if (text && strlen(text) > TEXT_MOST)
		return error_set(err, ERROR_REFUSED,
			_("The text of the row is longer than %d bytes."), TEXT_MOST);
	return true;
}

static void add_event(struct import *in, int64_t key, const char *wire, time_t at, const char *text,
	const char *changes)
{
	struct event e = { .casefile = key,
		.wire = wire,
		.at = at,
		.by = "system",
		.text = text,
		.changes = changes };

	keep_event_add(in->keep, &e);
}

/* "status": ["open", "resolved"] */
static void add_change(
	struct json_out *out, const char *field, const char *before, const char *after)
{
	json_open(out, field, '[');
	json_put_text(out, NULL, before);
	json_put_text(out, NULL, after);
	json_close(out, ']');
}

static const char *end_changes(struct json_out *out, struct arena *arena)
{
	json_close(out, '}');
	const char *copy = arena_copy(arena, buf_str(out->buf));
	buf_clear(out->buf);
	return copy;
}

/* ---- a new case */

static void tell_how_it_came(struct import *in, const struct casefile *cf, const char *reference)
{
	const char *text = value_of(in, "text"), *note = value_of(in, "note");
	struct buf words = { 0 };

	/* Whatever the number became: the source's own is found by searching. */
	buf_printf(&words, "%s%s%s %s", text ? text : "", text ? "\n" : "", in->map->source,
		reference);
	struct event opened = { .casefile = cf->key,
		.wire = "opened",
		.at = cf->opened,
		.by = "system",
		.text = buf_str(&words),
		.channel = cf->channel,
		.language = cf->language,
		.visible = true };
	keep_event_add(in->keep, &opened);
	buf_clear(&words);
	if (note)
		add_event(
			in, cf->key, "note", cf->resolved ? cf->resolved : cf->changed, note, NULL);
	if (cf->resolved) {
		struct buf json = { 0 };
		struct json_out out = { .buf = &json };
		json_open(&out, NULL, '{');
		add_change(&out, "status", "open", cf->status);
		if (cf->outcome)
			add_change(&out, "outcome", NULL, cf->outcome);
		add_event(in, cf->key, "changed", cf->resolved, NULL, end_changes(&out, &in->row));
	}
}

static enum taken new_case(struct import *in, const char *reference, struct error *err)
{
	struct casefile cf = { .priority = 3 };

	for (int i = 0; i < in->map->field_count; i++) {
		if (!set_case(in, &cf, in->map->fields[i].name, in->values[i], err))
			return TAKEN_BAD;
	}
	if (!cf.status)
		case_set(&cf, "status", "new", &in->row, NULL);
	if (!cf.priority)
		cf.priority = 3;
	if (!cf.opened)
		cf.opened = (time_t)(in->keep->now_ms / 1000);
	if (!check_case(in, &cf, err))
		return TAKEN_BAD;
	settle_times(&cf);
	if (!cf.team)
		cf.team = keep_team_for(in->keep, cf.queue, &in->row);
	if (cf.number && !is_number_free(in, cf.number))
		cf.number = NULL;
	keep_case_add(in->keep, &cf, &in->row);
	tell_how_it_came(in, &cf, reference);
	origin_put(in, reference, cf.key);
	return TAKEN_FRESH;
}

/* ---- a case that was here before */

static struct casefile *load_case(struct import *in, int64_t key, struct page *page)
{
	const char *id = base_text(
		in->keep->base, &page->arena, "SELECT id FROM casefile WHERE key = $1", "i", key);
	return id ? keep_case(in->keep, id, page) : NULL;
}

static const char *present(const struct casefile *cf, const char *field, struct arena *arena)
{
	char out[WHEN_SIZE];
	time_t at = strcmp(field, "opened") == 0     ? cf->opened
		    : strcmp(field, "resolved") == 0 ? cf->resolved
						     : 0;

	if (at == 0)
		return case_get(cf, field, arena);
	when_write(out, at);
	return arena_copy(arena, out);
}

static bool is_same(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

/* Lays one field over the case; true when that made a difference. */
static bool change_case(struct import *in, struct casefile *cf, const char *field,
	const char *value, struct json_out *out, struct error *err)
{
	if (strcmp(field, "changed") == 0 || strcmp(field, "number") == 0)
		return false;
	if (is_own_event(field))
		return value != NULL;
	/* What a case cannot be without stays as it is. */
	if (!value && words_have("subject service status priority kind", field))
		return false;
	const char *before = present(cf, field, &in->row);
	if (!set_case(in, cf, field, value, err))
		return false;
	const char *after = present(cf, field, &in->row);
	if (is_same(before, after))
		return false;
	add_change(out, field, before, after);
	return true;
}

/* Text and note as the source has them now. */
static void tell_again(struct import *in, const struct casefile *cf, const char *sums_before)
{
	for (int i = 0; i < in->map->field_count; i++) {
		const char *field = in->map->fields[i].name;
		if (is_own_event(field) && in->values[i] &&
			!said_before(sums_before, field, in->values[i], &in->row))
			add_event(in, cf->key, "note", 0, in->values[i], NULL);
	}
}

static enum taken known_case(
	struct import *in, const char *reference, struct origin origin, struct error *err)
{
	struct page page = { 0 };
	struct buf json = { 0 };
	struct json_out out = { .buf = &json };
	bool changed = false;

	page_init(&page);
	struct casefile *before = load_case(in, origin.key, &page);
	if (!before) {
		page_clear(&page);
		return new_case(in, reference, err);
	}
	struct casefile after = *before;
	json_open(&out, NULL, '{');
	for (int i = 0; i < in->map->field_count && !err->kind; i++) {
		const char *field = in->map->fields[i].name;
		if (!said_before(origin.sums, field, in->values[i], &in->row) &&
			change_case(in, &after, field, in->values[i], &out, err))
			changed = true;
	}
	const char *changes = end_changes(&out, &in->row);
	if (!err->kind && changed && check_case(in, &after, err)) {
		settle_times(&after);
		tell_again(in, &after, origin.sums);
		keep_case_save(in->keep, before, &after, &in->row);
		add_event(in, after.key, "changed", 0, NULL, changes);
	}
	if (!err->kind)
		origin_put(in, reference, origin.key);
	page_clear(&page);
	if (err->kind)
		return TAKEN_BAD;
	return changed ? TAKEN_CHANGED : TAKEN_SAME;
}

static enum taken take_case(struct import *in, const char *reference, struct error *err)
{
	struct origin origin = origin_find(in, reference);

	if (!check_team(in, err))
		return TAKEN_BAD;
	return origin.key ? known_case(in, reference, origin, err) : new_case(in, reference, err);
}

/* ---- citizens */

static int64_t citizen_by_ref(struct import *in, const char *ref)
{
	struct buf folded = { 0 };

	if (!ref)
		return 0;
	query_tight(&folded, ref);
	int64_t key = base_number(in->keep->base, 0,
		"SELECT key FROM citizen WHERE tenant = $1 AND f_ref = $2", "it",
		base_tenant(in->keep->base), buf_str(&folded));
	buf_clear(&folded);
	return key;
}

static bool check_citizen(const struct citizen *c, struct error *err)
{
	if (text_blank(c->given) && text_blank(c->family))
		return error_set(
			err, ERROR_REFUSED, _("The row has neither a given nor a family name."));
	if ((c->given && strlen(c->given) > 4 * NAME_MOST) ||
		(c->family && strlen(c->family) > 4 * NAME_MOST))
		return error_set(
			err, ERROR_REFUSED, _("A name is longer than %d letters."), NAME_MOST);
	return true;
}

static enum taken new_citizen(struct import *in, const char *reference, struct error *err)
{
	struct citizen c = { 0 };

	for (int i = 0; i < in->map->field_count; i++) {
		if (!citizen_set(&c, in->map->fields[i].name, in->values[i], &in->row, err))
			return TAKEN_BAD;
	}
	if (!check_citizen(&c, err))
		return TAKEN_BAD;
	keep_citizen_add(in->keep, &c, &in->row);
	origin_put(in, reference, c.key);
	return TAKEN_FRESH;
}

static struct citizen *load_citizen(struct import *in, int64_t key, struct page *page)
{
	const char *id = base_text(
		in->keep->base, &page->arena, "SELECT id FROM citizen WHERE key = $1", "i", key);
	return id ? keep_citizen(in->keep, id, page) : NULL;
}

static enum taken known_citizen(
	struct import *in, const char *reference, struct origin origin, struct error *err)
{
	struct page page = { 0 };
	bool changed = false;

	page_init(&page);
	struct citizen *c = load_citizen(in, origin.key, &page);
	if (!c) {
		page_clear(&page);
		return new_citizen(in, reference, err);
	}
	for (int i = 0; i < in->map->field_count && !err->kind; i++) {
		const char *field = in->map->fields[i].name;
		if (said_before(origin.sums, field, in->values[i], &in->row))
			continue;
		const char *before = citizen_get(c, field);
		citizen_set(c, field, in->values[i], &in->row, err);
		changed = changed || !is_same(before, citizen_get(c, field));
	}
	if (!err->kind && changed && check_citizen(c, err)) {
		keep_citizen_save(in->keep, c, &in->row);
		keep_access(in->keep, c->key, "changed",
			arena_printf(&in->row, "import %s", in->map->source));
	}
	if (!err->kind)
		origin_put(in, reference, origin.key);
	page_clear(&page);
	if (err->kind)
		return TAKEN_BAD;
	return changed ? TAKEN_CHANGED : TAKEN_SAME;
}

static enum taken take_citizen(struct import *in, const char *reference, struct error *err)
{
	struct origin origin = origin_find(in, reference);

	if (!origin.key)
		origin.key = citizen_by_ref(in, value_of(in, "ref"));
	return origin.key ? known_citizen(in, reference, origin, err)
			  : new_citizen(in, reference, err);
}

/* ---- a row */

static enum taken take_again(
	const struct seen *seen, uint64_t sum, const char *reference, struct error *err)
{
	if (seen->sum == sum)
		return TAKEN_SAME;
	error_set(err, ERROR_REFUSED,
		_("%.80s is on line %d already, with other values; that line was taken."),
		reference, seen->line);
	return TAKEN_BAD;
}

/* All values first, so that a row is taken whole or not at all. */
static enum taken take_record(
	struct import *in, const char *const *cells, int count, struct error *err)
{
	const struct map_file *map = in->map;
	const char *reference;
	uint64_t sum = sum_of(NULL);

	if (!map_file_value(map, &map->reference, cells, count, &in->row, &reference, err))
		return TAKEN_BAD;
	if (!reference) {
		error_set(err, ERROR_REFUSED,
			_("The row has no reference, so it could not be found again; see [map] "
			  "reference."));
		return TAKEN_BAD;
	}
	for (int i = 0; i < map->field_count; i++) {
		if (!map_file_value(
			    map, &map->fields[i], cells, count, &in->row, &in->values[i], err))
			return TAKEN_BAD;
		sum = sum_text(sum, in->values[i]);
	}
	if (!check_words(in, err))
		return TAKEN_BAD;
	seen_grow(in);
	struct seen *seen = seen_at(in, reference);
	if (seen->reference)
		return take_again(seen, sum, reference, err);
	enum taken taken = map->about == MAP_CASES ? take_case(in, reference, err)
						   : take_citizen(in, reference, err);
	if (taken == TAKEN_BAD)
		return taken;
	seen->reference = arena_copy(&in->names, reference);
	seen->line = csv_line(in->csv);
	seen->sum = sum;
	in->seen_count++;
	return taken;
}

static bool check_width(
	const struct import *in, const char *const *cells, int count, struct error *err)
{
	while (count > in->heads && !*cells[count - 1])
		count--;
	if (count == in->heads)
		return true;
	return error_set(err, ERROR_REFUSED,
		P_("The row has %d cell where the first row has %d.",
			"The row has %d cells where the first row has %d.", count),
		count, in->heads);
}

/* Whether this line only goes on with the record above it. */
static bool goes_on(struct import *in, const char *const *cells, int count)
{
	const char *begins = NULL;

	if (!in->map->begins_with.pieces)
		return false;
	map_file_value(in->map, &in->map->begins_with, cells, count, &in->row, &begins, NULL);
	bool on = !begins && in->record_open;
	in->record_open = true;
	return on;
}

static void report(struct import *in, const struct error *err)
{
	struct buf line = { 0 }, clean = { 0 };

	buf_printf(&line, "%s:%d: %s", in->name, csv_line(in->csv), err->text);
	text_clean(&clean, line.text, line.size);
	fprintf(in->report, "%s\n", buf_str(&clean));
	buf_clear(&line);
	buf_clear(&clean);
}

static void count_row(struct import *in, enum taken taken, const struct error *err)
{
	long *const counters[] = {
		[TAKEN_FRESH] = &in->counts->fresh,
		[TAKEN_CHANGED] = &in->counts->changed,
		[TAKEN_SAME] = &in->counts->same,
		[TAKEN_BAD] = &in->counts->bad,
	};

	++*counters[taken];
	if (taken == TAKEN_BAD)
		report(in, err);
}

/* One row; why: what csv_next() said of it. false: the base failed.
   NOTE: no savepoint of its own, which would make the full text index write itself out row by row:
   a row is checked whole before anything of it is written. */
static bool take_row(struct import *in, const char *const *cells, int count, struct error *why,
	struct error *err)
{
	enum taken taken = TAKEN_BAD;

	in->counts->rows++;
	if (!why->kind && check_width(in, cells, count, why)) {
		if (goes_on(in, cells, count)) {
			in->counts->continued++;
			return true;
		}
		taken = take_record(in, cells, count, why);
		if (base_error(in->keep->base, err))
			return false;
	}
	count_row(in, taken, why);
	return true;
}

/* ---- the file */

/* Some hundred rows in one transaction, so that a running service comes in between. false: the base
   failed, or (with err untouched) the file is at its end. */
static bool take_rows(struct import *in, enum import_mode mode, struct error *err)
{
	bool more = true;

	base_begin(in->keep->base);
	for (int i = 0; i < ROWS_AT_ONCE && more; i++) {
		const char *const *cells;
		struct error why = { 0 };
		int count, rc = csv_next(in->csv, &cells, &count, &why);
		more = rc != 0 && take_row(in, cells, count, &why, err);
		arena_clear(&in->row);
	}
	if (!err->kind && mode == IMPORT_KEEP)
		base_commit(in->keep->base);
	base_error(in->keep->base, err);
	base_rollback(in->keep->base);
	in->teams = NULL;
	return more && !err->kind;
}

static bool read_heads(struct import *in, struct error *err)
{
	const char *const *heads;
	int rc = csv_next(in->csv, &heads, &in->heads, err);

	if (rc == 0)
		return error_set(err, ERROR_USAGE, _("%s is empty."), in->name);
	if (rc < 0) {
		struct error why = *err;
		return error_set(err, ERROR_USAGE, _("%s:%d: %s Nothing was imported."), in->name,
			csv_line(in->csv), why.text);
	}
	return map_file_bind(in->map, heads, in->heads, err);
}

/* Times in the file are of the map's zone. */
static char *zone_set(const char *zone)
{
	char *before = xstrdup(getenv("TZ"));

	setenv("TZ", zone ? zone : "UTC0", 1);
	tzset();
	return before;
}

static void zone_restore(char *before)
{
	if (before)
		setenv("TZ", before, 1);
	else
		unsetenv("TZ");
	tzset();
	free(before);
}

bool import_file(struct keep *keep, struct map_file *map, FILE *file, const char *name,
	enum import_mode mode, FILE *report_to, struct import_counts *counts, struct error *err)
{
	struct import in = {
		.keep = keep, .map = map, .name = name, .report = report_to, .counts = counts
	};
	char *zone = zone_set(map->zone);

	*err = (struct error){ 0 };
	in.csv = csv_open(file, map->separator, map->encoding);
	in.values = xcalloc((size_t)map->field_count + 1, sizeof *in.values);
	if (read_heads(&in, err)) {
		while (take_rows(&in, mode, err))
			;
	}
	csv_close(in.csv);
	free(in.values);
	free(in.seen);
	page_clear(&in.kinds);
	arena_clear(&in.names);
	arena_clear(&in.row);
	zone_restore(zone);
	return !err->kind;
}
