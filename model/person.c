/* Which records are one person. The rules stand in the header. */
#include "model/person.h"
#include "model/i18n.h"
#include "model/query.h"
#include "model/text.h"
#include <stdlib.h>
#include <string.h>

enum { REF_LEAST = 6, REF_FIGURES = 4, NAME_WORDS = 24, POSTCODE_LEAST = 4 };

static const struct {
	const char *name, *words;
} whys[WHY_COUNT] = {
	[WHY_NONE] = { "", "" },
	[WHY_REF] = { "reference", N_("same reference") },
	[WHY_PHONE_BORN] = { "phone+born", N_("same telephone and day of birth") },
	[WHY_MAIL] = { "email", N_("same e-mail") },
	[WHY_REF_ALONE] = { "reference-alone", N_("same reference, another name") },
	[WHY_MAIL_NEAR] = { "email-near", N_("same e-mail, not surely the same name") },
	[WHY_NAME_BORN] = { "name+born", N_("same name and day of birth") },
	[WHY_NAME_POSTCODE] = { "name+postcode", N_("same name and postcode") },
	[WHY_PHONE] = { "phone", N_("same telephone") },
	[WHY_NEAR_REF] = { "near-reference", N_("near name, reference with one slip") },
	[WHY_HAND] = { "hand", N_("joined by hand") },
};

const char *person_why_words(enum person_why why)
{
	return *whys[why].words ? _(whys[why].words) : "";
}

const char *person_why_name(enum person_why why)
{
	return whys[why].name;
}

/* ---- references */

/* The kind of a tight reference: letters as they are, every figure as 0. */
static bool same_kind(const char *a, const char *b)
{
	for (; *a && *b; a++, b++) {
		bool figure = *a >= '0' && *a <= '9';

		if (figure ? *b < '0' || *b > '9' : *a != *b)
			return false;
	}
	return *a == *b;
}

/* Long enough that no two offices count up to it by themselves. */
static bool is_identifier(const char *tight)
{
	int figures = 0;

	for (const char *p = tight; *p; p++)
		figures += *p >= '0' && *p <= '9';
	return strlen(tight) >= REF_LEAST && figures >= REF_FIGURES;
}

/* ---- mail and telephone */

void person_mail(struct buf *out, const char *mail)
{
	const char *at = mail ? strchr(mail, '@') : NULL;

	if (!at || at == mail || !at[1] || strchr(at + 1, '@'))
		return;
	for (const char *p = mail; *p; p++)
		if (*p != ' ')
			buf_char(out, *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p);
}

/* Nobody's own mailbox. */
static bool is_office(const char *mail)
{
	static const char *const names[] = { "info", "contact", "office", "mail", "post", "admin",
		"noreply", "no-reply", "donotreply", "reception", "receptie", "balie", "sekretariat",
		"secretariaat", "segreteria", "kontakt", "help", "support", "service", "team",
		"family", "familie", "fam", "famiglia", "webmaster", NULL };
	size_t size = strcspn(mail, "@");

	for (int i = 0; names[i]; i++)
		if (strlen(names[i]) == size && !strncmp(mail, names[i], size))
			return true;
	return false;
}

struct phone {
	char figures[32]; /* without trunk zero and "00" */
	int count;
	bool whole; /* with the country's code */
};

static void phone_read(struct phone *p, const char *text)
{
	const char *trunk = text ? strstr(text, "(0)") : NULL;

	*p = (struct phone){ 0 };
	for (const char *c = text ? text : ""; *c; c++) {
		if (c == trunk) {
			c += 2;
			continue;
		}
		if (*c == '+' && !p->count)
			p->whole = true;
		if (*c >= '0' && *c <= '9' && p->count < (int)sizeof(p->figures) - 1)
			p->figures[p->count++] = *c;
	}

	int zeros = (int)strspn(p->figures, "0");
	if (zeros >= 2)
		p->whole = true;
	p->count -= zeros;
	memmove(p->figures, p->figures + zeros, (size_t)p->count);
	p->figures[p->count] = '\0';
}

void person_phone_tail(struct buf *out, const char *text)
{
	struct phone p;

	phone_read(&p, text);
	if (p.count >= PERSON_TAIL)
		buf_text(out, p.figures + p.count - PERSON_TAIL);
}

/* One number written with the country's code and the same without are one. */
static bool same_phone(const char *a, const char *b)
{
	struct phone x, y;

	phone_read(&x, a);
	phone_read(&y, b);
	if (x.count < PERSON_TAIL || y.count < PERSON_TAIL)
		return false;
	if (x.whole == y.whole)
		return !strcmp(x.figures, y.figures);

	const struct phone *with = x.whole ? &x : &y, *without = x.whole ? &y : &x;
	int more = with->count - without->count;
	return more >= 1 && more <= 3 && !strcmp(with->figures + more, without->figures);
}

bool person_born_whole(const char *born)
{
	return born && strlen(born) == 10 && strncmp(born, "0000", 4) && strncmp(born + 5, "00", 2) &&
	       strncmp(born + 8, "00", 2);
}

/* ---- names */

struct name {
	struct buf text;
	char *words[NAME_WORDS];
	int count, given; /* the first so many are given names */
};

static int name_part(struct buf *text, const char *part, size_t *starts, int count)
{
	struct buf words = { 0 };

	query_words(&words, part);
	for (const char *p = buf_str(&words); *p && count < NAME_WORDS;) {
		size_t size = strcspn(p, " ");

		starts[count++] = text->size;
		buf_add(text, p, size);
		buf_char(text, '\0');
		p += size + (p[size] == ' ');
	}
	buf_clear(&words);
	return count;
}

static void name_read(struct name *n, const struct citizen *c)
{
	size_t starts[NAME_WORDS];

	*n = (struct name){ 0 };
	n->given = name_part(&n->text, c->given, starts, 0);
	n->count = name_part(&n->text, c->family, starts, n->given);
	for (int i = 0; i < n->count; i++)
		n->words[i] = n->text.text + starts[i];
}

/* A word, or the letter it begins with. */
static bool same_word(const char *a, const char *b)
{
	size_t size = strlen(a) < strlen(b) ? strlen(a) : strlen(b);
	size_t letter = 1;

	if (!strcmp(a, b))
		return true;
	while (((unsigned char)a[letter] & 0xc0) == 0x80)
		letter++;
	return size == letter && !strncmp(a, b, size);
}

static bool near_word(const char *a, const char *b)
{
	return same_word(a, b) || query_near(a, b);
}

typedef bool word_test(const char *, const char *);

/* Whether each of the fewer words is among the others. */
static bool within(char *const *a, int na, char *const *b, int nb, word_test *test)
{
	if (na > nb)
		return within(b, nb, a, na, test);
	for (int i = 0; i < na; i++) {
		bool found = false;

		for (int j = 0; j < nb && !found; j++)
			found = test(a[i], b[j]);
		if (!found)
			return false;
	}
	return true;
}

/* Given with given and family with family; where one has them in one piece, or turned round, all
   with all. */
static bool names_agree(const struct name *a, const struct name *b, word_test *test)
{
	int fa = a->count - a->given, fb = b->count - b->given;

	if (!a->count || !b->count)
		return true;
	if (!a->given || !b->given || !fa || !fb)
		return within(a->words, a->count, b->words, b->count, test);
	if (within(a->words, a->given, b->words, b->given, test) &&
		within(a->words + a->given, fa, b->words + b->given, fb, test))
		return true;
	return a->count == b->count && within(a->words, a->count, b->words, b->count, test) &&
	       within(b->words, b->count, a->words, a->count, test);
}

static bool exactly(const char *a, const char *b)
{
	return !strcmp(a, b);
}

/* The same words in any order, and more than one: "Maria" is many people. */
static bool names_same(const struct name *a, const struct name *b)
{
	return a->count > 1 && a->count == b->count &&
	       within(a->words, a->count, b->words, b->count, exactly) &&
	       within(b->words, b->count, a->words, a->count, exactly);
}

/* At least one word of two letters or more in common, or no names to tell. */
static bool names_share(const struct name *a, const struct name *b)
{
	if (!a->count || !b->count)
		return true;
	for (int i = 0; i < a->count; i++)
		for (int j = 0; j < b->count; j++)
			if (near_word(a->words[i], b->words[j]))
				return true;
	return false;
}

/* ---- two records */

/* What the two have in common and what speaks against. */
struct pair {
	bool born_same, born_differs;
	bool ref_same, ref_differs, ref_near, ref_long;
	bool mail_same, mail_office, phone_same, postcode_same;
	bool agree, near, same, share; /* names */
	bool one_service;
};

static void pair_refs(struct pair *p, const struct citizen *a, const struct citizen *b)
{
	struct buf x = { 0 }, y = { 0 };

	query_tight(&x, a->ref);
	query_tight(&y, b->ref);
	if (x.size && y.size) {
		p->ref_same = !strcmp(x.text, y.text);
		p->ref_long = is_identifier(x.text);
		p->ref_differs = !p->ref_same && same_kind(x.text, y.text);
		p->ref_near = !p->ref_same && p->ref_long && query_near(x.text, y.text);
	}
	buf_clear(&x);
	buf_clear(&y);
}

static void pair_mails(struct pair *p, const struct citizen *a, const struct citizen *b)
{
	struct buf x = { 0 }, y = { 0 };

	person_mail(&x, a->mail);
	person_mail(&y, b->mail);
	p->mail_same = x.size && y.size && !strcmp(x.text, y.text);
	p->mail_office = p->mail_same && is_office(x.text);
	buf_clear(&x);
	buf_clear(&y);
}

static void pair_names(struct pair *p, const struct citizen *a, const struct citizen *b)
{
	struct name x, y;

	name_read(&x, a);
	name_read(&y, b);
	p->agree = names_agree(&x, &y, same_word);
	p->near = p->agree || names_agree(&x, &y, near_word);
	p->same = names_same(&x, &y);
	p->share = p->ref_same && names_share(&x, &y); /* dear, and asked for with the reference alone */
	buf_clear(&x.text);
	buf_clear(&y.text);
}

static void pair_postcodes(struct pair *p, const struct citizen *a, const struct citizen *b)
{
	struct buf x = { 0 }, y = { 0 };

	if (a->guarded || b->guarded)
		return;
	query_tight(&x, a->postcode);
	query_tight(&y, b->postcode);
	p->postcode_same = x.size >= POSTCODE_LEAST && y.size && !strcmp(x.text, y.text);
	buf_clear(&x);
	buf_clear(&y);
}

static void pair_read(struct pair *p, const struct citizen *a, const struct citizen *b)
{
	bool whole = person_born_whole(a->born) && person_born_whole(b->born);

	*p = (struct pair){ 0 };
	p->born_same = whole && !strcmp(a->born, b->born);
	p->born_differs = whole && !p->born_same;
	pair_refs(p, a, b);
	pair_mails(p, a, b);
	pair_names(p, a, b);
	pair_postcodes(p, a, b);
	p->phone_same = same_phone(a->phone, b->phone);
	p->one_service = a->service && b->service && !strcmp(a->service, b->service);
}

/* Strongest first. likely: it holds, but not well enough to join. */
static enum person_why rule(const struct pair *p, bool *likely)
{
	*likely = p->one_service;
	if (p->ref_same && p->ref_long && (p->share || p->born_same))
		return WHY_REF;
	if (p->phone_same && p->born_same && p->agree)
		return WHY_PHONE_BORN;
	if (p->mail_same && p->agree && !p->mail_office)
		return WHY_MAIL;
	*likely = true;
	if (p->ref_same && (p->ref_long || p->near))
		return WHY_REF_ALONE;
	if (p->mail_same && p->near)
		return WHY_MAIL_NEAR;
	if (p->phone_same && p->born_same)
		return WHY_PHONE_BORN;
	if (p->same && p->born_same)
		return WHY_NAME_BORN;
	if (p->same && p->postcode_same)
		return WHY_NAME_POSTCODE;
	if (p->phone_same && p->agree)
		return WHY_PHONE;
	return WHY_NONE;
}

struct person_verdict person_compare(const struct citizen *a, const struct citizen *b)
{
	struct pair p;
	bool likely;

	pair_read(&p, a, b);
	struct person_verdict v = { .clash = !p.near };
	if (p.born_differs || p.ref_differs) {
		bool slip = p.ref_near && p.near && !p.born_differs;

		v.tie = slip ? TIE_LIKELY : TIE_FORBIDDEN;
		v.why = slip ? WHY_NEAR_REF : WHY_NONE;
		return v;
	}
	v.why = rule(&p, &likely);
	if (!v.why && p.ref_near && p.near) {
		v.why = WHY_NEAR_REF;
		likely = true;
	}
	v.tie = !v.why ? TIE_NONE : likely ? TIE_LIKELY : TIE_SAME;
	return v;
}

/* How two services may write the same thing. */
static void compared(struct buf *out, const char *field, const char *text)
{
	if (!strcmp(field, "ref") || !strcmp(field, "postcode"))
		query_tight(out, text);
	else if (!strcmp(field, "email"))
		person_mail(out, text);
	else if (!strcmp(field, "phone"))
		person_phone_tail(out, text);
	else if (strcmp(field, "born"))
		query_words(out, text);
	if (!out->size)
		buf_text(out, text);
}

bool person_same_fact(const char *field, const char *a, const char *b)
{
	struct buf x = { 0 }, y = { 0 };

	compared(&x, field, a);
	compared(&y, field, b);
	bool same = !strcmp(buf_str(&x), buf_str(&y));
	buf_clear(&x);
	buf_clear(&y);
	return same;
}

/* ---- a group */

enum { LEVEL_MAIL = 1, LEVEL_PHONE, LEVEL_REF, LEVEL_HAND };

struct tie {
	struct person_verdict v;
	const struct person_decision *decision; /* the last one said of the two, unless withdrawn */
	bool dropped;
};

struct graph {
	int count;
	struct tie *ties; /* count * count */
	bool in[PERSON_MOST], nameless[PERSON_MOST];
};

static struct tie *tie_of(const struct graph *g, int a, int b)
{
	return &g->ties[a * g->count + b];
}

static int level_of(const struct tie *t)
{
	if (t->decision)
		return t->decision->said == SAID_JOIN ? LEVEL_HAND : 0;
	if (t->v.tie != TIE_SAME || t->dropped)
		return 0;
	return t->v.why == WHY_REF ? LEVEL_REF : t->v.why == WHY_MAIL ? LEVEL_MAIL : LEVEL_PHONE;
}

static bool contradicts(const struct tie *t)
{
	if (t->decision)
		return t->decision->said == SAID_APART;
	return t->v.tie == TIE_FORBIDDEN || t->v.why == WHY_NEAR_REF ||
	       (t->v.clash && t->v.tie != TIE_SAME);
}

static bool same_text(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

static bool is_about(const struct person_decision *d, const struct citizen *a, const struct citizen *b)
{
	return same_text(d->service_a, a->service) && same_text(d->id_a, a->id) &&
	       same_text(d->service_b, b->service) && same_text(d->id_b, b->id);
}

static const struct person_decision *last_said(const struct person_decision *list, int count,
	const struct citizen *a, const struct citizen *b)
{
	for (int i = count - 1; i >= 0; i--)
		if (is_about(&list[i], a, b) || is_about(&list[i], b, a))
			return list[i].said == SAID_NOTHING ? NULL : &list[i];
	return NULL;
}

static void graph_read(struct graph *g, const struct person_record *list, int count,
	const struct person_decision *said, int decisions)
{
	*g = (struct graph){ .count = count };
	g->ties = xcalloc((size_t)(count * count), sizeof(*g->ties));
	for (int i = 0; i < count; i++) {
		g->nameless[i] = text_blank(list[i].citizen->given) &&
				 text_blank(list[i].citizen->family);
		for (int j = 0; j < i; j++) {
			struct tie *t = tie_of(g, i, j);

			t->v = person_compare(list[i].citizen, list[j].citizen);
			t->decision =
				last_said(said, decisions, list[i].citizen, list[j].citizen);
			*tie_of(g, j, i) = *t;
		}
	}
}

/* Marks what hangs together with `from` by ties of that level or better. */
static void reach(struct graph *g, int from, int level)
{
	int queue[PERSON_MOST], head = 0, tail = 0;

	memset(g->in, 0, sizeof(g->in));
	g->in[from] = true;
	queue[tail++] = from;
	while (head < tail) {
		int at = queue[head++];

		for (int i = 0; i < g->count; i++) {
			if (g->in[i] || level_of(tie_of(g, at, i)) < level)
				continue;
			g->in[i] = true;
			queue[tail++] = i;
		}
	}
}

static bool broken(const struct graph *g)
{
	for (int i = 0; i < g->count; i++)
		for (int j = 0; j < i; j++)
			if (g->in[i] && g->in[j] && contradicts(tie_of(g, i, j)))
				return true;
	return false;
}

/* Whether the record's ties of this level lead to two that contradict each other. */
static bool between(const struct graph *g, int at, int level)
{
	for (int i = 0; i < g->count; i++)
		for (int j = 0; j < i; j++)
			if (i != at && j != at && level_of(tie_of(g, at, i)) == level &&
				level_of(tie_of(g, at, j)) == level && contradicts(tie_of(g, i, j)))
				return true;
	return false;
}

static void drop_ties(struct graph *g, int at, int level)
{
	for (int i = 0; i < g->count; i++)
		if (level_of(tie_of(g, at, i)) == level)
			tie_of(g, at, i)->dropped = tie_of(g, i, at)->dropped = true;
}

/* Gives up the ties of those in between, all at once, so that the order of the list is no matter. */
static bool drop_some(struct graph *g, int level, bool nameless)
{
	bool hit[PERSON_MOST] = { false }, any = false;

	for (int i = 0; i < g->count; i++)
		any |= hit[i] = g->in[i] && g->nameless[i] == nameless && between(g, i, level);
	for (int i = 0; i < g->count; i++)
		if (hit[i])
			drop_ties(g, i, level);
	return any;
}

/* Records without a name first: they are the ones that fit anybody. */
static bool drop_between(struct graph *g, int level)
{
	return drop_some(g, level, true) || drop_some(g, level, false);
}

/* Two who were joined by hand stay so, but for those who were put apart from the one asked for. */
static void by_hand_alone(struct graph *g, int from)
{
	for (int i = 0; i < g->count; i++) {
		const struct tie *t = tie_of(g, from, i);

		if (i != from && t->decision && t->decision->said == SAID_APART)
			g->in[i] = false;
	}
}

static void settle(struct graph *g, int from)
{
	for (int level = LEVEL_MAIL; level < LEVEL_HAND; level++) {
		reach(g, from, level);
		while (broken(g) && drop_between(g, level))
			reach(g, from, level);
		if (!broken(g))
			return;
	}
	reach(g, from, LEVEL_HAND);
	by_hand_alone(g, from);
}

/* The best tie between one and the group; the one asked for counts first among equals. */
static void best_tie(const struct graph *g, struct person_record *r, int at, int from)
{
	int best = -1;

	for (int k = 0; k < g->count; k++) {
		int i = k == 0 ? from : k <= from ? k - 1 : k;
		const struct tie *t = tie_of(g, at, i);
		bool hand = t->decision && t->decision->said == SAID_JOIN;
		int weight = hand		      ? 40
			     : t->v.tie >= TIE_LIKELY ? 10 * (int)t->v.tie - (int)t->v.why
						      : -1;

		if (i == at || !g->in[i] || weight <= best)
			continue;
		best = weight;
		r->like = i;
		r->why = hand ? WHY_HAND : t->v.why;
		r->decision = hand ? t->decision : NULL;
		r->contested = !hand && t->v.tie == TIE_SAME;
	}
}

static const struct person_decision *put_apart(const struct graph *g, int at)
{
	for (int i = 0; i < g->count; i++) {
		const struct tie *t = tie_of(g, at, i);

		if (g->in[i] && i != at && t->decision && t->decision->said == SAID_APART)
			return t->decision;
	}
	return NULL;
}

static bool forbidden(const struct graph *g, int at)
{
	for (int i = 0; i < g->count; i++) {
		const struct tie *t = tie_of(g, at, i);

		bool no = t->v.tie == TIE_FORBIDDEN || (t->v.tie == TIE_NONE && t->v.clash);

		if (g->in[i] && i != at && !t->decision && no)
			return true;
	}
	return false;
}

static void place(const struct graph *g, struct person_record *r, int at, int from)
{
	r->place = PLACE_NONE;
	r->why = WHY_NONE;
	r->like = from;
	r->contested = false;
	r->decision = NULL;
	if (at != from)
		best_tie(g, r, at, from);
	if (g->in[at]) {
		r->place = PLACE_JOINED;
		r->contested = false;
		return;
	}

	const struct person_decision *apart = put_apart(g, at);
	if (apart) {
		r->place = PLACE_APART;
		r->decision = apart;
	} else if (r->why && !forbidden(g, at)) {
		r->place = PLACE_LIKELY;
	}
}

void person_group(struct person_record *list, int count, int from,
	const struct person_decision *said, int decisions)
{
	struct graph g;

	graph_read(&g, list, count, said, decisions);
	settle(&g, from);
	for (int i = 0; i < count; i++)
		place(&g, &list[i], i, from);
	free(g.ties);
}

bool person_guarded(const struct person_record *list, int count)
{
	for (int i = 0; i < count; i++)
		if (list[i].place == PLACE_JOINED && list[i].citizen->guarded)
			return true;
	return false;
}
