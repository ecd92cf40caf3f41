/* Whether one case or citizen matches, and in which order cases stand. The same answers as the SQL
   of query_sql.c gives: tests/unit/query_sql.c holds the two against each other. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "model/query_field.h"
#include "model/text.h"
#include "model/when.h"

enum { WORD_MAX = 64 };

/* What is looked at: exactly one of the two. */
struct subject {
	const struct casefile *cf;
	const struct citizen *citizen;
	const struct query_now *now;
};

/* ---- words */

/* Punctuation outside ASCII, so that a word between curly quotes is still that word. */
static size_t mark_size(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	if (u[0] == 0xc2 && u[1] >= 0x80 && u[1] <= 0xbf)
		return u[1] == 0xaa || u[1] == 0xb5 || u[1] == 0xba ? 0 : 2;
	if (u[0] == 0xe2 && (u[1] == 0x80 || u[1] == 0x81) && u[2])
		return 3;
	if (u[0] == 0xe3 && u[1] == 0x80 && u[2] >= 0x80 && u[2] <= 0x83)
		return 3;
	return 0;
}

static bool letter(const char *p, size_t *size)
{
	unsigned char c = (unsigned char)*p;

	*size = 1;
	if (c < 0x80)
		return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
	size_t mark = mark_size(p);
	if (!mark)
		return true;
	*size = mark;
	return false;
}

void query_words(struct buf *out, const char *text)
{
	struct buf folded = { 0 };
	bool gap = false;
	size_t start = out->size, size = 0;

	if (text)
		text_fold(&folded, text);
	for (const char *p = buf_str(&folded); *p; p += size) {
		if (!letter(p, &size)) {
			gap = true;
			continue;
		}
		if (gap && out->size > start)
			buf_char(out, ' ');
		gap = false;
		buf_char(out, *p);
	}
	buf_clear(&folded);
}

void query_tight(struct buf *out, const char *text)
{
	struct buf folded = { 0 };
	size_t size = 0;

	if (text)
		text_fold(&folded, text);
	for (const char *p = buf_str(&folded); *p; p += size)
		if (letter(p, &size))
			buf_char(out, *p);
	buf_clear(&folded);
}

/* Whether the words of `part` (already query_words) stand in text one after another. */
static bool has_words(const char *text, const char *part, bool prefix)
{
	struct buf whole = { 0 }, wanted = { 0 };

	if (!text)
		return false;
	buf_char(&whole, ' ');
	query_words(&whole, text);
	buf_char(&whole, ' ');
	buf_printf(&wanted, " %s%s", part, prefix ? "" : " ");
	bool found = strstr(buf_str(&whole), buf_str(&wanted)) != NULL;
	buf_clear(&whole);
	buf_clear(&wanted);
	return found;
}

static bool has_tight(const char *text, const char *value)
{
	struct buf whole = { 0 }, wanted = { 0 };

	query_tight(&whole, text);
	query_tight(&wanted, value);
	bool found = wanted.size > 0 && wanted.size <= whole.size &&
		     !strncmp(buf_str(&whole), buf_str(&wanted), wanted.size);
	buf_clear(&whole);
	buf_clear(&wanted);
	return found;
}

/* ---- one typing mistake */

struct letters {
	unsigned char bytes[WORD_MAX][4]; /* one character each, zero filled */
	int count;
};

/* Takes the next word of query_words(); false at the end. */
static bool next_word(const char **p, struct letters *word)
{
	*word = (struct letters){ 0 };
	while (**p == ' ')
		++*p;
	for (; **p && **p != ' '; ++*p) {
		bool first = ((unsigned char)**p & 0xc0) != 0x80;
		int n = 0;

		if (first && word->count < WORD_MAX)
			word->count++;
		if (!word->count)
			continue;
		unsigned char *at = word->bytes[word->count - 1];
		while (n < 3 && at[n])
			n++;
		at[n] = (unsigned char)**p;
	}
	return word->count > 0;
}

static bool same_letter(const struct letters *a, int i, const struct letters *b, int j)
{
	return !memcmp(a->bytes[i], b->bytes[j], sizeof(a->bytes[i]));
}

/* Whether from a[i] and b[j] on both are the same to the end. */
static bool same_rest(const struct letters *a, int i, const struct letters *b, int j)
{
	for (; i < a->count && j < b->count; i++, j++)
		if (!same_letter(a, i, b, j))
			return false;
	return i == a->count && j == b->count;
}

static bool near_word(const struct letters *a, const struct letters *b)
{
	int i = 0;

	while (i < a->count && i < b->count && same_letter(a, i, b, i))
		i++;
	if (i == a->count && i == b->count)
		return true;
	if (a->count < 3)
		return false;
	if (same_rest(a, i + 1, b, i + 1) || same_rest(a, i + 1, b, i) || same_rest(a, i, b, i + 1))
		return true;
	return i + 1 < a->count && i + 1 < b->count && same_letter(a, i, b, i + 1) &&
	       same_letter(a, i + 1, b, i) && same_rest(a, i + 2, b, i + 2);
}

static bool near_any(const char *whole, const struct letters *wanted)
{
	struct letters word;

	while (next_word(&whole, &word))
		if (near_word(wanted, &word))
			return true;
	return false;
}

bool query_near(const char *whole, const char *part)
{
	struct buf all = { 0 }, wanted = { 0 };
	struct letters word;
	bool found = false;

	query_words(&all, whole);
	query_words(&wanted, part);
	for (const char *p = buf_str(&wanted); next_word(&p, &word);) {
		found = near_any(buf_str(&all), &word);
		if (!found)
			break;
	}
	buf_clear(&all);
	buf_clear(&wanted);
	return found;
}

/* ---- values */

static bool ordered(enum term_op op, int way)
{
	switch (op) {
	case OP_LESS:
		return way < 0;
	case OP_LESS_IS:
		return way <= 0;
	case OP_MORE:
		return way > 0;
	case OP_MORE_IS:
		return way >= 0;
	default:
		return way == 0;
	}
}

static int way_of(int64_t a, int64_t b)
{
	return a < b ? -1 : a > b;
}

static bool match_time(time_t at, enum term_op op, const char *value, time_t now)
{
	time_t from = 0, to = 0;

	if (!strcmp(value, "none"))
		return at == 0;
	if (at == 0 || !query_span(value, now, &from, &to))
		return false;
	switch (op) {
	case OP_LESS:
		return at < from;
	case OP_LESS_IS:
		return at < to;
	case OP_MORE:
		return at >= to;
	case OP_MORE_IS:
		return at >= from;
	default:
		/* `due:now` is said of a day, never of a second. */
		return when_value("today", from, &from) && when_value("tomorrow", from, &to) &&
		       at >= from && at < to;
	}
}

static bool match_text(const char *text, enum term_op op, const char *value)
{
	size_t size = 0;

	if (!strcmp(value, "none"))
		return !text || !*text;
	if (!text || !*text)
		return false;
	if (op == OP_NEAR)
		return query_near(text, value);
	if (op == OP_IS && query_star(value, &size))
		return !strncmp(text, value, size);
	if (op != OP_IS && query_digits(value) && strlen(text) != strlen(value))
		return ordered(op, strlen(text) < strlen(value) ? -1 : 1); /* 9 is before 10 */
	return ordered(op, strcmp(text, value));
}

static bool match_words(const char *text, enum term_op op, const char *value)
{
	struct buf wanted = { 0 };

	if (!strcmp(value, "none"))
		return !text || !*text;
	if (!text || !*text)
		return false;
	if (op == OP_NEAR)
		return query_near(text, value);
	query_words(&wanted, value);
	bool found = false;
	if (op == OP_IS) {
		found = wanted.size > 0 && has_words(text, buf_str(&wanted), true);
	} else {
		struct buf whole = { 0 };

		query_words(&whole, text);
		found = ordered(op, strcmp(buf_str(&whole), buf_str(&wanted)));
		buf_clear(&whole);
	}
	buf_clear(&wanted);
	return found;
}

/* 1966 against 1966-11-02: as far as the value goes. */
static bool match_part(const char *text, enum term_op op, const char *value)
{
	if (!strcmp(value, "none"))
		return !text || !*text;
	if (!text || !*text)
		return false;
	if (op == OP_NEAR)
		return query_near(text, value);
	return ordered(op, strncmp(text, value, strlen(value)));
}

static bool is_number(const char *text, double *out)
{
	char *end = NULL;

	*out = strtod(text, &end);
	return end != text && !*end;
}

/* A field of the kind: what it is is known to the kind only, so numbers compare as numbers, words
   of a list one by one, all else as text without regard to capitals. */
static bool match_own(const char *text, enum term_op op, const char *value)
{
	double a = 0, b = 0;

	if (!strcmp(value, "none"))
		return !text || !*text;
	if (!text || !*text)
		return false;
	if (op == OP_NEAR)
		return query_near(text, value);
	if (op == OP_IS && query_flag_read(value) >= 0 && query_flag_read(text) >= 0)
		return query_flag_read(value) == query_flag_read(text);
	if (op != OP_IS && is_number(text, &a) && is_number(value, &b))
		return ordered(op, a < b ? -1 : a > b);
	if (op != OP_IS)
		return ordered(op, strcmp(text, value));

	return !strcasecmp(text, value) || words_have(text, value);
}

/* ---- who I am */

struct query_now query_now_of(const struct query_now *now, const char *service)
{
	struct query_now mine = { .now = now->now };

	if (!service || !now->who_count) {
		mine.me = now->me;
		mine.team = now->team;
		return mine;
	}
	for (int i = 0; i < now->who_count; i++) {
		if (strcmp(now->who[i].service, service) != 0)
			continue;
		mine.me = now->who[i].me;
		mine.team = now->who[i].team;
	}
	return mine;
}

static bool says_me(enum query_about about, const struct term *t)
{
	for (const struct term *part = t->first; part; part = part->next)
		if (says_me(about, part))
			return true;
	if (t->kind != TERM_FILTER)
		return false;

	const struct query_field *f = query_field_find(about, t->field);
	for (int i = 0; f && f->me != ME_NOBODY && t->values[i]; i++)
		if (!strcmp(t->values[i], "me"))
			return true;
	return false;
}

bool query_has_me(const struct query *query)
{
	return says_me(query->about, query->root);
}

/* ---- members */

static const void *member(const struct subject *s, const struct query_field *f)
{
	const char *base = s->cf ? (const char *)s->cf : (const char *)s->citizen;

	return base + f->offset;
}

static const char *text_member(const struct subject *s, const struct query_field *f)
{
	return *(const char *const *)member(s, f);
}

static bool match_is(const struct subject *s, const char *value)
{
	bool open = stage_is_open(s->cf->stage);

	if (!strcmp(value, "open"))
		return open;
	return open && s->cf->due && s->cf->due < s->now->now;
}

static bool match_name(const struct citizen *c, enum term_op op, const char *value)
{
	struct buf name = { 0 };

	buf_printf(&name, "%s %s", c->given ? c->given : "", c->family ? c->family : "");
	bool found = match_words(buf_str(&name), op, value);
	buf_clear(&name);
	return found;
}

static bool match_kind_field(const struct subject *s, const struct term *t, const char *value)
{
	struct arena arena = { 0 };
	bool found = match_own(case_get(s->cf, t->field, &arena), t->op, value);

	arena_clear(&arena);
	return found;
}

static bool match_value(const struct subject *s, const struct query_field *f, const struct term *t,
	const char *value)
{
	switch (f->type) {
	case QUERY_IS:
		return match_is(s, value);
	case QUERY_JSON:
		return match_kind_field(s, t, value);
	case QUERY_NUMBER:
		if (!strcmp(value, "none"))
			return *(const int *)member(s, f) == 0;
		return *(const int *)member(s, f) &&
		       ordered(t->op, way_of(*(const int *)member(s, f), strtoll(value, NULL, 10)));
	case QUERY_TIME_S:
	case QUERY_TIME_MS:
		return match_time(*(const time_t *)member(s, f), t->op, value, s->now->now);
	case QUERY_FLAG:
		return *(const bool *)member(s, f) == (query_flag_read(value) == 1);
	case QUERY_WORDS:
		if (!strcmp(value, "none"))
			return !text_member(s, f) || !*text_member(s, f);
		return text_member(s, f) && words_have(text_member(s, f), value);
	case QUERY_FOLDED:
		if (f->offset < 0)
			return match_name(s->citizen, t->op, value);
		return match_words(text_member(s, f), t->op, value);
	case QUERY_TIGHT:
		if (!strcmp(value, "none"))
			return !text_member(s, f) || !*text_member(s, f);
		return has_tight(text_member(s, f), value);
	case QUERY_PART:
		return match_part(text_member(s, f), t->op, value);
	case QUERY_TEXT:
		return match_text(text_member(s, f), t->op, value);
	}
	return false;
}

/* The service's own word for where a case is. */
static bool match_step(const struct subject *s, const struct term *t, const char *value)
{
	struct arena arena = { 0 };
	char *step = s->cf->step ? arena_copy(&arena, s->cf->step) : NULL;

	query_lower(step);
	bool found = match_text(step, t->op, value);
	arena_clear(&arena);
	return found;
}

static bool match_filter(const struct subject *s, const struct term *t)
{
	const struct query_field *f =
		query_field_find(s->cf ? QUERY_CASES : QUERY_CITIZENS, t->field);

	for (int i = 0; f && t->values[i]; i++) {
		const char *value = query_value(f, t->values[i], s->now);

		if (value && s->cf && query_own_status(f, value)) {
			if (match_step(s, t, value))
				return true;
		} else if (value && match_value(s, f, t, value))
			return true;
	}
	return false;
}

static bool match_bare(const struct subject *s, const struct term *t)
{
	const struct casefile *cf = s->cf;
	const struct citizen *c = s->citizen;
	const char *texts[8] = { 0 };
	struct buf wanted = { 0 };
	bool found = false;

	if (cf) {
		memcpy(texts,
			(const char *[]){ cf->subject, cf->number, cf->citizen_name, cf->tags },
			4 * sizeof(texts[0]));
	} else {
		memcpy(texts,
			(const char *[]){
				c->ref, c->phone, c->mail, c->street, c->postcode, c->town },
			6 * sizeof(texts[0]));
	}
	query_words(&wanted, t->text);
	bool prefix = t->kind == TERM_PREFIX;
	for (int i = 0; i < 8 && !found; i++)
		found = has_words(texts[i], buf_str(&wanted), prefix);
	if (!found && c) {
		struct buf name = { 0 };

		buf_printf(&name, "%s %s", c->given ? c->given : "", c->family ? c->family : "");
		found = has_words(buf_str(&name), buf_str(&wanted), prefix) ||
			has_tight(c->phone, t->text) || has_tight(c->postcode, t->text) ||
			has_tight(c->ref, t->text);
		buf_clear(&name);
	}
	found = found || wanted.size == 0;
	buf_clear(&wanted);
	return found;
}

static bool match_term(const struct subject *s, const struct term *t);

static bool match_parts(const struct subject *s, const struct term *t)
{
	bool all = t->kind == TERM_ALL;

	for (const struct term *part = t->first; part; part = part->next)
		if (match_term(s, part) != all)
			return !all;
	return all;
}

static bool match_term(const struct subject *s, const struct term *t)
{
	bool found = false;

	if (t->kind == TERM_ALL || t->kind == TERM_ANY)
		found = match_parts(s, t);
	else if (t->kind == TERM_FILTER)
		found = match_filter(s, t);
	else
		found = match_bare(s, t);
	return found != t->negated;
}

bool query_match(const struct query *query, const struct query_now *now, const struct casefile *cf)
{
	struct query_now mine = query_now_of(now, cf->service);
	struct subject s = { .cf = cf, .now = &mine };

	if (query->source && (!cf->service || strcmp(query->source, cf->service)))
		return false;
	return match_term(&s, query->root);
}

bool query_match_citizen(
	const struct query *query, const struct query_now *now, const struct citizen *citizen)
{
	struct query_now mine = query_now_of(now, citizen->service);
	struct subject s = { .citizen = citizen, .now = &mine };

	if (query->source && (!citizen->service || strcmp(query->source, citizen->service)))
		return false;
	return match_term(&s, query->root);
}

/* ---- order */

const char *query_sort_key(const struct query *query, int i, bool *down, struct arena *a)
{
	const char *p = query->sort && *query->sort ? query->sort : "-updated";

	for (; i > 0 && p; i--) {
		p = strchr(p, ',');
		p = p ? p + 1 : NULL;
	}
	if (!p)
		return NULL;
	*down = *p == '-';
	p += *down;
	return arena_copy_n(a, p, strcspn(p, ","));
}

/* Whether there is no such value; such cases come last. What every case has is not looked at: its
   column can then be read in its order as it stands. */
static bool sort_empty(const struct casefile *cf, const struct query_field *f)
{
	struct subject s = { .cf = cf };
	const void *at = member(&s, f);

	if (query_sort_plain(f))
		return false;
	if (f->type == QUERY_NUMBER)
		return *(const int *)at == 0;
	if (f->type == QUERY_TIME_S)
		return *(const time_t *)at == 0;
	return !*(const char *const *)at || !**(const char *const *)at;
}

static const char *text_or_empty(const struct casefile *cf, const struct query_field *f)
{
	const char *text = text_member(&(struct subject){ .cf = cf }, f);

	return text ? text : "";
}

static int sort_way(const struct casefile *a, const struct casefile *b, const struct query_field *f)
{
	struct subject sa = { .cf = a }, sb = { .cf = b };

	if (f->type == QUERY_NUMBER)
		return way_of(*(const int *)member(&sa, f), *(const int *)member(&sb, f));
	if (f->type == QUERY_TIME_S)
		return way_of(*(const time_t *)member(&sa, f), *(const time_t *)member(&sb, f));
	if (!strcmp(f->name, "number"))
		return text_natural(text_or_empty(a, f), strlen(text_or_empty(a, f)),
			text_or_empty(b, f), strlen(text_or_empty(b, f)));
	if (f->type != QUERY_FOLDED)
		return strcmp(text_or_empty(a, f), text_or_empty(b, f));

	struct buf fa = { 0 }, fb = { 0 };
	query_words(&fa, text_or_empty(a, f));
	query_words(&fb, text_or_empty(b, f));
	int way = strcmp(buf_str(&fa), buf_str(&fb));
	buf_clear(&fa);
	buf_clear(&fb);
	return way;
}

int query_compare(const struct query *query, const struct casefile *a, const struct casefile *b)
{
	struct arena arena = { 0 };
	bool down = false;
	int way = 0;
	const char *key;

	for (int i = 0; !way && (key = query_sort_key(query, i, &down, &arena)); i++) {
		const struct query_field *f = query_sort_find(key);

		if (!f)
			continue;
		bool no_a = sort_empty(a, f), no_b = sort_empty(b, f);
		if (no_a || no_b)
			way = no_a - no_b;
		else
			way = down ? -sort_way(a, b, f) : sort_way(a, b, f);
	}
	arena_clear(&arena);
	if (way)
		return way < 0 ? -1 : 1;
	return down ? -way_of(a->key, b->key) : way_of(a->key, b->key);
}
