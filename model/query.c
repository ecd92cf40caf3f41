/* The search grammar: from text to a tree and back. The grammar itself stands in openapi.yaml
   (info.description); what each field is stands in the tables here. */
#include "model/query.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/i18n.h"
#include "model/query_field.h"
#include "model/when.h"

enum {
	DEPTH_MAX = 12,	 /* groups in groups */
	PARTS_MAX = 200, /* SQLite takes expressions 1,000 deep */
	TEXT_MAX = 8000, /* bytes */
	NAME_MAX_SIZE = 64
};

#define CASE(member) offsetof(struct casefile, member)
#define CITIZEN(member) offsetof(struct citizen, member)

static const struct query_field case_query_fields[] = {
	{ "assignee", "owner", QUERY_TEXT, ME_WORKER, false, CASE(worker) },
	{ "channel", NULL, QUERY_TEXT, ME_NOBODY, true, CASE(channel) },
	{ "citizen", NULL, QUERY_TEXT, ME_NOBODY, false, CASE(citizen) },
	{ "delivery", NULL, QUERY_TEXT, ME_NOBODY, true, CASE(delivery) },
	{ "due", NULL, QUERY_TIME_S, ME_NOBODY, false, CASE(due) },
	{ "fields.", NULL, QUERY_JSON, ME_NOBODY, false, CASE(fields) },
	{ "group", NULL, QUERY_TEXT, ME_NOBODY, false, CASE(group) },
	{ "id", NULL, QUERY_TEXT, ME_NOBODY, false, CASE(id) },
	{ "is", NULL, QUERY_IS, ME_NOBODY, true, -1 },
	{ "kind", NULL, QUERY_TEXT, ME_NOBODY, false, CASE(kind) },
	{ "language", NULL, QUERY_TEXT, ME_NOBODY, false, CASE(language) },
	{ "leased", NULL, QUERY_TEXT, ME_WORKER, false, CASE(holder) },
	{ "number", NULL, QUERY_TEXT, ME_NOBODY, false, CASE(number) },
	{ "opened", NULL, QUERY_TIME_S, ME_NOBODY, false, CASE(opened) },
	{ "outcome", NULL, QUERY_TEXT, ME_NOBODY, false, CASE(outcome) },
	{ "priority", NULL, QUERY_NUMBER, ME_NOBODY, false, CASE(priority) },
	{ "service", "queue", QUERY_TEXT, ME_NOBODY, false, CASE(queue) },
	{ "skill", "skills", QUERY_WORDS, ME_NOBODY, false, CASE(skills) },
	{ "status", NULL, QUERY_TEXT, ME_NOBODY, true, CASE(status) },
	{ "step", NULL, QUERY_TEXT, ME_NOBODY, false, CASE(step) },
	{ "subject", NULL, QUERY_FOLDED, ME_NOBODY, false, CASE(subject) },
	{ "surge", NULL, QUERY_TEXT, ME_NOBODY, false, CASE(surge) },
	{ "tag", "tags", QUERY_WORDS, ME_NOBODY, false, CASE(tags) },
	{ "team", NULL, QUERY_TEXT, ME_TEAM, false, CASE(team) },
	{ "updated", NULL, QUERY_TIME_S, ME_NOBODY, false, CASE(changed) },
	{ NULL, NULL, QUERY_TEXT, ME_NOBODY, false, -1 },
};

static const struct query_field citizen_query_fields[] = {
	{ "born", NULL, QUERY_PART, ME_NOBODY, false, CITIZEN(born) },
	{ "email", "mail", QUERY_FOLDED, ME_NOBODY, false, CITIZEN(mail) },
	{ "family", NULL, QUERY_FOLDED, ME_NOBODY, false, CITIZEN(family) },
	{ "flag", "flags", QUERY_WORDS, ME_NOBODY, false, CITIZEN(flags) },
	{ "given", NULL, QUERY_FOLDED, ME_NOBODY, false, CITIZEN(given) },
	{ "id", NULL, QUERY_TEXT, ME_NOBODY, false, CITIZEN(id) },
	{ "language", NULL, QUERY_TEXT, ME_NOBODY, false, CITIZEN(language) },
	{ "name", NULL, QUERY_FOLDED, ME_NOBODY, false, -1 },
	{ "phone", NULL, QUERY_TIGHT, ME_NOBODY, false, CITIZEN(phone) },
	{ "postcode", NULL, QUERY_TIGHT, ME_NOBODY, false, CITIZEN(postcode) },
	{ "ref", NULL, QUERY_TIGHT, ME_NOBODY, false, CITIZEN(ref) },
	{ "street", NULL, QUERY_FOLDED, ME_NOBODY, false, CITIZEN(street) },
	{ "town", NULL, QUERY_FOLDED, ME_NOBODY, false, CITIZEN(town) },
	{ NULL, NULL, QUERY_TEXT, ME_NOBODY, false, -1 },
};

static const struct query_field worker_query_fields[] = {
	{ "id", NULL, QUERY_TEXT, ME_WORKER, false, -1 },
	{ "language", NULL, QUERY_WORDS, ME_NOBODY, false, -1 },
	{ "name", NULL, QUERY_FOLDED, ME_NOBODY, false, -1 },
	{ "presence", NULL, QUERY_TEXT, ME_NOBODY, true, -1 },
	{ "skill", "skills", QUERY_WORDS, ME_NOBODY, false, -1 },
	{ "team", NULL, QUERY_TEXT, ME_TEAM, false, -1 },
	{ NULL, NULL, QUERY_TEXT, ME_NOBODY, false, -1 },
};

static const struct query_field *const field_tables[] = {
	[QUERY_CASES] = case_query_fields,
	[QUERY_CITIZENS] = citizen_query_fields,
	[QUERY_WORKERS] = worker_query_fields,
};

static const char *const sort_names[] = {
	"due",
	"priority",
	"opened",
	"updated",
	"number",
	"status",
	"team",
	"assignee",
	"service",
	"subject",
	"kind",
	"step",
	NULL,
};

static const char *const op_texts[] = {
	[OP_IS] = ":",
	[OP_LESS] = "<",
	[OP_LESS_IS] = "<=",
	[OP_MORE] = ">",
	[OP_MORE_IS] = ">=",
	[OP_NEAR] = "~",
};

struct parser {
	struct query *query;
	enum query_about about;
	const char *text, *p;
	int depth, parts;
	int *at;
	struct error *err;
	bool failed;
};

/* ---- fields */

static bool kind_field_name(const char *name)
{
	if (strncmp(name, "fields.", 7) || !islower((unsigned char)name[7]))
		return false;
	for (const char *c = name + 7; *c; c++)
		if (!islower((unsigned char)*c) && !isdigit((unsigned char)*c) && *c != '_')
			return false;
	return true;
}

const struct query_field *query_field_find(enum query_about about, const char *name)
{
	bool own = kind_field_name(name);

	for (const struct query_field *f = field_tables[about]; f->name; f++) {
		if (f->type == QUERY_JSON ? own : !strcmp(f->name, name))
			return f;
		if (f->also && !strcmp(f->also, name))
			return f;
	}
	return NULL;
}

const struct query_field *query_sort_find(const char *name)
{
	const struct query_field *f = query_field_find(QUERY_CASES, name);

	for (int i = 0; f && sort_names[i]; i++)
		if (!strcmp(sort_names[i], f->name))
			return f;
	return NULL;
}

bool query_sort_plain(const struct query_field *f)
{
	static const char *const always[] = { "opened", "updated", "subject", "number", NULL };

	for (int i = 0; always[i]; i++)
		if (!strcmp(f->name, always[i]))
			return true;
	return false;
}

static int least(int a, int b, int c)
{
	int d = a < b ? a : b;

	return d < c ? d : c;
}

/* How many letters to change, add or take away to come from one to the other. */
static int distance(const char *a, const char *b)
{
	int rows[NAME_MAX_SIZE + 1] = { 0 };
	int size = (int)strnlen(b, NAME_MAX_SIZE);

	for (int j = 0; j <= size; j++)
		rows[j] = j;
	for (int i = 1; *a; a++, i++) {
		int corner = rows[0];

		rows[0] = i;
		for (int j = 1; j <= size; j++) {
			int above = rows[j];

			rows[j] = least(above + 1, rows[j - 1] + 1, corner + (*a != b[j - 1]));
			corner = above;
		}
	}
	return rows[size];
}

static void nearer(const char *name, const char *known, const char **best, int *best_distance)
{
	int d = known ? distance(name, known) : NAME_MAX_SIZE;

	if (d < *best_distance) {
		*best = known;
		*best_distance = d;
	}
}

static const char *nearest_field(enum query_about about, const char *name)
{
	const char *best = "";
	int best_distance = NAME_MAX_SIZE;

	for (const struct query_field *f = field_tables[about]; f->name; f++) {
		nearer(name, f->type == QUERY_JSON ? "fields.NAME" : f->name, &best,
			&best_distance);
		nearer(name, f->also, &best, &best_distance);
	}
	nearer(name, "source", &best, &best_distance);
	if (about == QUERY_CASES)
		nearer(name, "sort", &best, &best_distance);
	return best;
}

static const char *nearest_sort(const char *name)
{
	const char *best = "";
	int best_distance = NAME_MAX_SIZE;

	for (int i = 0; sort_names[i]; i++)
		nearer(name, sort_names[i], &best, &best_distance);
	return best;
}

int query_flag_read(const char *text)
{
	if (!strcmp(text, "yes") || !strcmp(text, "true") || !strcmp(text, "1"))
		return 1;
	if (!strcmp(text, "no") || !strcmp(text, "false") || !strcmp(text, "0"))
		return 0;
	return -1;
}

static bool is_day(const char *value)
{
	static const char *const days[] = { "today", "yesterday", "tomorrow", NULL };

	for (int i = 0; days[i]; i++)
		if (!strcmp(value, days[i]))
			return true;
	return strlen(value) == 10 && value[4] == '-' && value[7] == '-';
}

bool query_span(const char *value, time_t now, time_t *from, time_t *to)
{
	if (!when_value(value, now, from) && !when_read(value, from))
		return false;
	*to = *from + 1;
	if (is_day(value) && !when_value("tomorrow", *from, to))
		*to = *from + 24 * 3600;
	return true;
}

const char *query_value(
	const struct query_field *field, const char *value, const struct query_now *now)
{
	if (field->me == ME_NOBODY || strcmp(value, "me"))
		return value;
	return field->me == ME_TEAM ? now->team : now->me;
}

bool query_own_status(const struct query_field *field, const char *value)
{
	enum stage stage;

	return !strcmp(field->name, "status") && strcmp(value, "none") != 0 &&
	       !stage_of_status(value, &stage);
}

void query_lower(char *text)
{
	for (; text && *text; text++)
		if (*text >= 'A' && *text <= 'Z')
			*text = (char)(*text - 'A' + 'a');
}

bool query_digits(const char *value)
{
	return *value && strspn(value, "0123456789") == strlen(value);
}

bool query_star(const char *value, size_t *size)
{
	*size = strlen(value);
	if (*size < 2 || value[*size - 1] != '*')
		return false;
	--*size;
	return true;
}

/* ---- parsing */

/* Characters, not bytes: people count those. From 1. */
static int place(const struct parser *ps, const char *at)
{
	int n = 1;

	for (const char *c = ps->text; c < at; c++)
		n += ((unsigned char)*c & 0xc0) != 0x80;
	return n;
}

static void fail(struct parser *ps, const char *at)
{
	ps->failed = true;
	if (ps->at)
		*ps->at = (int)(at - ps->text);
}

#define FAIL(ps, where, ...)                                                                       \
	do {                                                                                       \
		fail((ps), (where));                                                               \
		error_set((ps)->err, ERROR_USAGE, __VA_ARGS__);                                    \
	} while (0)

static void skip_spaces(struct parser *ps)
{
	while (isspace((unsigned char)*ps->p))
		ps->p++;
}

static struct term *term_new(struct parser *ps, enum term_kind kind, const char *at)
{
	struct term *t = arena_alloc(&ps->query->arena, sizeof(*t));

	t->kind = kind;
	t->at = (int)(at - ps->text);
	if (++ps->parts > PARTS_MAX)
		FAIL(ps, at, _("This search has more than %d parts; make it shorter."), PARTS_MAX);
	return t;
}

/* Whether a bare word, or a value, ends here. */
static bool ends(const struct parser *ps, const char *p)
{
	return !*p || isspace((unsigned char)*p) || (*p == ')' && ps->depth > 0);
}

/* Takes what stands between quotes; NULL when the second one is missing. */
static const char *read_quoted(struct parser *ps)
{
	const char *from = ps->p;
	const char *end = strchr(from + 1, '"');

	if (!end) {
		FAIL(ps, from, _("The quotation mark at character %d has no second one."),
			place(ps, from));
		return NULL;
	}
	ps->p = end + 1;
	return arena_copy_n(&ps->query->arena, from + 1, (size_t)(end - from - 1));
}

static enum term_op read_op(struct parser *ps)
{
	char c = *ps->p++;

	if (c == '~')
		return OP_NEAR;
	if (c == ':')
		return OP_IS;
	if (*ps->p != '=')
		return c == '<' ? OP_LESS : OP_MORE;
	ps->p++;
	return c == '<' ? OP_LESS_IS : OP_MORE_IS;
}

static const char *read_value(struct parser *ps)
{
	if (*ps->p == '"')
		return read_quoted(ps);

	const char *from = ps->p;
	while (!ends(ps, ps->p) && *ps->p != ',')
		ps->p++;
	return arena_copy_n(&ps->query->arena, from, (size_t)(ps->p - from));
}

/* Reads the values after an operator; NULL: one is missing. */
static const char *const *read_values(struct parser *ps, const char *name)
{
	const char *found[PARTS_MAX + 1];
	int count = 0;

	do {
		const char *at = ps->p;
		const char *value = read_value(ps);

		if (!value)
			return NULL;
		if (!*value) {
			FAIL(ps, at, _("A value is missing after %s at character %d."), name,
				place(ps, at));
			return NULL;
		}
		if (count == PARTS_MAX) {
			FAIL(ps, at, _("This search has more than %d values after %s."), PARTS_MAX,
				name);
			return NULL;
		}
		found[count++] = value;
	} while (*ps->p == ',' && ps->p++);

	size_t size = (size_t)count * sizeof(found[0]);
	const char **values = arena_alloc(&ps->query->arena, size + sizeof(found[0]));

	memcpy(values, found, size);
	return values;
}

static bool number_read(const char *text)
{
	char *end = NULL;

	strtoll(text, &end, 10);
	return end != text && !*end && strlen(text) < 18;
}

/* Whether a value can stand in a field of that type. */
static bool value_fits(const struct query_field *f, const char *value)
{
	time_t from = 0, to = 0;

	if (f->type != QUERY_IS && !strcmp(value, "none"))
		return true;
	switch (f->type) {
	case QUERY_NUMBER:
		return number_read(value);
	case QUERY_TIME_S:
	case QUERY_TIME_MS:
		return query_span(value, 0, &from, &to);
	case QUERY_FLAG:
		return query_flag_read(value) >= 0;
	case QUERY_IS:
		return !strcmp(value, "open") || !strcmp(value, "late");
	default:
		return true;
	}
}

static const char *value_help(const struct query_field *f)
{
	switch (f->type) {
	case QUERY_NUMBER:
		return _("a number or none");
	case QUERY_IS:
		return _("open or late");
	case QUERY_FLAG:
		return _("yes or no");
	default:
		return _("a date like 2026-11-03, today, now, -7d, +2w or none");
	}
}

static bool check_op(struct parser *ps, const struct query_field *f, const struct term *t)
{
	bool order = t->op != OP_IS && t->op != OP_NEAR;
	bool listed = f->type == QUERY_WORDS || f->type == QUERY_FLAG || f->type == QUERY_IS;
	bool exact = f->type == QUERY_NUMBER || f->type == QUERY_TIME_S || listed;

	if (!(order && listed) && !(t->op == OP_NEAR && exact))
		return true;
	FAIL(ps, ps->text + t->at, _("%s at character %d does not take %s; write %s:VALUE."),
		t->field, place(ps, ps->text + t->at), op_texts[t->op], t->field);
	return false;
}

static bool check_values(struct parser *ps, const struct query_field *f, const struct term *t)
{
	if (!check_op(ps, f, t))
		return false;
	for (int i = 0; t->values[i]; i++) {
		if (f->lower)
			query_lower((char *)(uintptr_t)t->values[i]);
		if (value_fits(f, t->values[i]))
			continue;
		FAIL(ps, ps->text + t->at,
			_("%s at character %d cannot be \"%.40s\": it wants %s."), t->field,
			place(ps, ps->text + t->at), t->values[i], value_help(f));
		return false;
	}
	return true;
}

/* `sort:` and `source:` are the client's: taken out of the tree. */
static bool take_sort(struct parser *ps, const struct term *t)
{
	struct buf sort = { 0 };

	for (int i = 0; t->values[i]; i++) {
		bool down = t->values[i][0] == '-';
		const struct query_field *f = query_sort_find(t->values[i] + down);

		if (!f) {
			FAIL(ps, ps->text + t->at,
				_("Cases cannot be sorted by \"%.40s\" (character %d); the nearest "
				  "is %s."),
				t->values[i] + down, place(ps, ps->text + t->at),
				nearest_sort(t->values[i] + down));
			break;
		}
		buf_printf(&sort, "%s%s%s", i ? "," : "", down ? "-" : "", f->name);
	}
	ps->query->sort = arena_copy(&ps->query->arena, buf_str(&sort));
	buf_clear(&sort);
	return !ps->failed;
}

static bool take_own(struct parser *ps, const struct term *t, bool negated)
{
	const char *at = ps->text + t->at;

	if (negated || t->op != OP_IS || ps->depth > 0) {
		FAIL(ps, at,
			_("%s: at character %d stands alone, outside groups and without a minus."),
			t->field, place(ps, at));
		return false;
	}
	if (!strcmp(t->field, "sort"))
		return take_sort(ps, t);
	if (t->values[1]) {
		FAIL(ps, at, _("source: at character %d takes one service."), place(ps, at));
		return false;
	}
	ps->query->source = t->values[0];
	return true;
}

/* The length of a field's name when a filter begins here, else 0. */
static size_t filter_name(const char *p)
{
	size_t n = 0;

	if (!isalpha((unsigned char)*p))
		return 0;
	while (isalnum((unsigned char)p[n]) || p[n] == '_' || p[n] == '.')
		n++;
	return strchr(":<>~", p[n]) && p[n] ? n : 0;
}

/* NULL with no failure: it was sort: or source:. */
static struct term *parse_filter(struct parser *ps, size_t size, bool negated)
{
	const char *at = ps->p;
	struct term *t = term_new(ps, TERM_FILTER, at);
	char *name = arena_copy_n(&ps->query->arena, at, size);

	query_lower(name);
	t->field = name;
	ps->p += size;
	t->op = read_op(ps);

	bool own = !strcmp(name, "source") || (!strcmp(name, "sort") && ps->about == QUERY_CASES);
	const struct query_field *f = own ? NULL : query_field_find(ps->about, name);
	if (!own && !f) {
		char cut[NAME_MAX_SIZE];

		snprintf(cut, sizeof(cut), "%s", name);
		FAIL(ps, at, _("There is no field \"%s\" (character %d); the nearest is %s."), cut,
			place(ps, at), nearest_field(ps->about, cut));
		return NULL;
	}
	t->values = read_values(ps, name);
	if (!t->values)
		return NULL;
	if (own) {
		take_own(ps, t, negated);
		return NULL;
	}
	if (f->type != QUERY_JSON)
		t->field = f->name;
	return check_values(ps, f, t) ? t : NULL;
}

static struct term *parse_word(struct parser *ps)
{
	struct term *t = term_new(ps, TERM_WORD, ps->p);
	const char *from = ps->p;

	while (!ends(ps, ps->p))
		ps->p++;

	size_t size = (size_t)(ps->p - from);
	if (from[size - 1] == '*') {
		t->kind = TERM_PREFIX;
		size--;
	}
	t->text = arena_copy_n(&ps->query->arena, from, size);
	return t;
}

static bool at_or(const struct parser *ps)
{
	return !strncmp(ps->p, "OR", 2) && ends(ps, ps->p + 2);
}

static struct term *parse_group(struct parser *ps);

static struct term *parse_clause(struct parser *ps)
{
	bool negated = *ps->p == '-' && !ends(ps, ps->p + 1);
	struct term *t = NULL;

	ps->p += negated;
	size_t name = filter_name(ps->p);

	if (*ps->p == '(') {
		t = parse_group(ps);
	} else if (*ps->p == '"') {
		t = term_new(ps, TERM_PHRASE, ps->p);
		t->text = read_quoted(ps);
	} else if (name) {
		t = parse_filter(ps, name, negated);
	} else {
		t = parse_word(ps);
	}
	if (t && negated)
		t->negated = !t->negated;
	return t;
}

/* Clauses until the end, `)` or `OR`. A list of one is that one. */
static struct term *parse_list(struct parser *ps)
{
	struct term *all = term_new(ps, TERM_ALL, ps->p);
	struct term **end = &all->first;

	for (skip_spaces(ps); !ps->failed && *ps->p; skip_spaces(ps)) {
		if (ps->depth > 0 && (*ps->p == ')' || at_or(ps)))
			break;
		if (*ps->p == ')') {
			FAIL(ps, ps->p, _("The ) at character %d closes nothing."),
				place(ps, ps->p));
			break;
		}
		if (at_or(ps)) {
			FAIL(ps, ps->p,
				_("OR at character %d stands in parentheses: (this OR that)."),
				place(ps, ps->p));
			break;
		}
		*end = parse_clause(ps);
		if (*end)
			end = &(*end)->next;
	}
	return all;
}

/* A list inside a group; an empty one is a slip. */
static struct term *parse_alternative(struct parser *ps)
{
	struct term *all = parse_list(ps);

	if (!ps->failed && !all->first)
		FAIL(ps, ps->p, _("Something is missing in the group at character %d."),
			place(ps, ps->p));
	if (all->first && !all->first->next)
		return all->first;
	return all;
}

static struct term *parse_group(struct parser *ps)
{
	const char *at = ps->p++;
	struct term *any = term_new(ps, TERM_ANY, at);
	struct term **end = &any->first;

	if (++ps->depth > DEPTH_MAX)
		FAIL(ps, at, _("Groups stand more than %d deep at character %d."), DEPTH_MAX,
			place(ps, at));
	while (!ps->failed) {
		*end = parse_alternative(ps);
		end = &(*end)->next;
		if (ps->failed || *ps->p != 'O')
			break;
		ps->p += 2;
	}
	if (!ps->failed && *ps->p != ')')
		FAIL(ps, at, _("The ( at character %d is not closed."), place(ps, at));
	ps->p += !ps->failed;
	ps->depth--;
	return any->first && !any->first->next ? any->first : any;
}

/* A person stops in the middle of the last word. */
static void last_is_prefix(struct term *all)
{
	struct term *last = NULL;

	for (struct term *t = all->first; t; t = t->next)
		if (t->kind == TERM_WORD || t->kind == TERM_PREFIX || t->kind == TERM_PHRASE)
			last = t;
	if (last && last->kind == TERM_WORD && !last->negated)
		last->kind = TERM_PREFIX;
}

bool query_parse(
	struct query *query, enum query_about about, const char *text, int *at, struct error *err)
{
	*query = (struct query){ .about = about };
	query->text = arena_copy(&query->arena, text ? text : "");
	query->root = arena_alloc(&query->arena, sizeof(*query->root));
	if (at)
		*at = 0;
	if (strlen(query->text) > TEXT_MAX)
		return error_set(
			err, ERROR_USAGE, _("This search is longer than %d bytes."), TEXT_MAX);

	struct parser ps = {
		.query = query,
		.about = about,
		.text = query->text,
		.p = query->text,
		.at = at,
		.err = err,
	};

	struct term *all = parse_list(&ps);
	if (ps.failed)
		return false;
	query->root = all;
	last_is_prefix(all);
	return true;
}

/* ---- printing */

static void print_value(struct buf *out, const char *value)
{
	bool quotes = strpbrk(value, " ,()\t\n") && !strchr(value, '"');

	buf_printf(out, quotes ? "\"%s\"" : "%s", value);
}

static void print_filter(struct buf *out, const struct term *t)
{
	buf_printf(out, "%s%s", t->field, op_texts[t->op]);
	for (int i = 0; t->values[i]; i++) {
		if (i)
			buf_char(out, ',');
		print_value(out, t->values[i]);
	}
}

static void print_term(struct buf *out, const struct term *t);

static void print_parts(struct buf *out, const struct term *t, const char *between)
{
	for (const struct term *part = t->first; part; part = part->next) {
		if (part != t->first)
			buf_text(out, between);
		/* Inside OR a list needs no parentheses of its own. */
		if (t->kind == TERM_ANY && part->kind == TERM_ALL && !part->negated)
			print_parts(out, part, " ");
		else
			print_term(out, part);
	}
}

static void print_term(struct buf *out, const struct term *t)
{
	if (t->negated)
		buf_char(out, '-');
	switch (t->kind) {
	case TERM_WORD:
		buf_text(out, t->text);
		break;
	case TERM_PREFIX: /* a minus that nothing follows yet would be one of the star */
		buf_printf(out, strcmp(t->text, "-") ? "%s*" : "%s", t->text);
		break;
	case TERM_PHRASE:
		buf_printf(out, "\"%s\"", t->text);
		break;
	case TERM_FILTER:
		print_filter(out, t);
		break;
	case TERM_ALL:
	case TERM_ANY:
		buf_char(out, '(');
		print_parts(out, t, t->kind == TERM_ANY ? " OR " : " ");
		buf_char(out, ')');
		break;
	}
}

void query_print(struct buf *out, const struct query *query)
{
	print_parts(out, query->root, " ");
}

void query_clear(struct query *query)
{
	arena_clear(&query->arena);
	*query = (struct query){ 0 };
}
