/* Citizens: folded columns for exact look-up, a text index of names, and the variants that forgive
   one typing mistake. */
#include "service/keep.h"

#include "model/text.h"

#include <ctype.h>
#include <string.h>

enum { WORD_MAX = 64, WORD_LEAST = 3, NEAR_LEAST = 3 };

const char keep_citizen_columns[] =
	"p.key, p.id, p.version, p.ref, p.given, p.family, p.born, p.street, p.postcode, p.town,"
	" p.country, p.phone, p.mail, p.language, p.reach, p.consents, p.flags, p.guarded,"
	" p.n_new + p.n_open + p.n_waiting,"
	" p.n_new + p.n_open + p.n_waiting + p.n_resolved + p.n_closed, p.created_ms, p.updated_ms";

/* ---- folding */

void keep_fold_phone(struct buf *out, const char *text)
{
	struct buf digits = { 0 };
	for (; *text; text++) {
		if (isdigit((unsigned char)*text))
			buf_char(&digits, *text);
	}
	buf_text(out, digits.size > 9 ? digits.text + digits.size - 9 : buf_str(&digits));
	buf_clear(&digits);
}

static const char *fold_with(
	void (*fold)(struct buf *, const char *), const char *text, struct arena *arena)
{
	if (text_blank(text))
		return NULL;
	struct buf out = { 0 };
	fold(&out, text);
	const char *copy = out.size ? arena_copy(arena, out.text) : NULL;
	buf_clear(&out);
	return copy;
}

static const char *fold_name(const struct citizen *citizen, struct arena *arena)
{
	const char *given = fold_with(query_words, citizen->given, arena);
	const char *family = fold_with(query_words, citizen->family, arena);
	if (given && family)
		return arena_printf(arena, "%s %s", given, family);
	return given ? given : family ? family : "";
}

/* ---- one typing mistake */

static bool in_word(char c)
{
	return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

static size_t next_char(const char *text)
{
	size_t size = 1;
	while (((unsigned char)text[size] & 0xC0) == 0x80)
		size++;
	return size;
}

static int count_chars(const char *word)
{
	int count = 0;
	for (; *word; word += next_char(word))
		count++;
	return count;
}

/* Calls back with the word itself and with each form of it that lacks one letter. */
static void each_variant(const char *word, void (*tell)(void *, const char *), void *ctx)
{
	char variant[WORD_MAX];
	size_t size = strlen(word);
	tell(ctx, word);
	for (size_t at = 0; at < size;) {
		size_t drop = next_char(word + at);
		memcpy(variant, word, at);
		memcpy(variant + at, word + at + drop, size - at - drop + 1);
		tell(ctx, variant);
		at += drop;
	}
}

struct word_ctx {
	struct keep *keep;
	const char *word;
	const char **list;
	int count, room;
	struct arena *arena;
};

static void add_variant(void *ctx, const char *variant)
{
	struct word_ctx *w = ctx;
	base_run(w->keep->base,
		"INSERT INTO name_variant (tenant, variant, word) VALUES ($1, $2, $3)"
		" ON CONFLICT DO NOTHING",
		"itt", base_tenant(w->keep->base), variant, w->word);
}

static void learn_word(struct keep *keep, const char *word)
{
	if (count_chars(word) < WORD_LEAST)
		return;
	if (base_number(keep->base, 0,
		    "SELECT 1 FROM name_variant WHERE tenant = $1 AND variant = $2 AND word = $2",
		    "it", base_tenant(keep->base), word))
		return;
	struct word_ctx ctx = { .keep = keep, .word = word };
	each_variant(word, add_variant, &ctx);
}

static void learn_words(struct keep *keep, const char *folded)
{
	char word[WORD_MAX];
	while (*folded) {
		size_t size = 0;
		while (folded[size] && in_word(folded[size]))
			size++;
		if (size && size < sizeof word) {
			memcpy(word, folded, size);
			word[size] = '\0';
			learn_word(keep, word);
		}
		folded += size;
		while (*folded && !in_word(*folded))
			folded++;
	}
}

/* Whether one insertion, deletion, replacement or swap of neighbours makes b of a. */
static bool one_mistake(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	while (((unsigned char)*a & 0xC0) == 0x80 || ((unsigned char)*b & 0xC0) == 0x80) {
		a--;
		b--;
	}
	if (!*a && !*b)
		return true;
	size_t na = *a ? next_char(a) : 0, nb = *b ? next_char(b) : 0;
	if (strcmp(a + na, b + nb) == 0 || strcmp(a + na, b) == 0 || strcmp(a, b + nb) == 0)
		return true;
	if (!na || !nb || !a[na] || !b[nb])
		return false;
	size_t ma = next_char(a + na), mb = next_char(b + nb);
	return na == mb && nb == ma && memcmp(a, b + nb, na) == 0 && memcmp(a + na, b, nb) == 0 &&
	       strcmp(a + na + ma, b + nb + mb) == 0;
}

static void find_variant(void *ctx, const char *variant)
{
	struct word_ctx *w = ctx;
	struct rows *rows = base_ask(w->keep->base,
		"SELECT word FROM name_variant WHERE tenant = $1 AND variant = $2", "it",
		base_tenant(w->keep->base), variant);
	while (w->count < w->room && rows_next(rows)) {
		const char *word = rows_text(rows, 0);
		bool known = !one_mistake(w->word, word);
		for (int i = 0; !known && i < w->count; i++)
			known = strcmp(w->list[i], word) == 0;
		if (!known)
			w->list[w->count++] = arena_copy(w->arena, word);
	}
	rows_done(rows);
}

int keep_near(
	struct keep *keep, const char *folded, const char **list, int room, struct arena *arena)
{
	struct word_ctx ctx = {
		.keep = keep, .word = folded, .list = list, .room = room, .arena = arena
	};
	if (strlen(folded) >= WORD_MAX || count_chars(folded) < NEAR_LEAST)
		return 0;
	each_variant(folded, find_variant, &ctx);
	return ctx.count;
}

/* ---- rows */

struct citizen *keep_citizen_row(struct rows *rows, struct page *page)
{
	struct citizen *c = page_add_citizen(page);
	struct arena *arena = &page->arena;
	const char **texts[] = { &c->ref, &c->given, &c->family, &c->born, &c->street, &c->postcode,
		&c->town, &c->country, &c->phone, &c->mail, &c->language, &c->reach, &c->consents,
		&c->flags };
	c->key = rows_int(rows, 0);
	c->id = arena_copy(arena, rows_text(rows, 1));
	c->version = arena_copy(arena, rows_text(rows, 2));
	for (int i = 0; i < (int)(sizeof texts / sizeof texts[0]); i++)
		*texts[i] = arena_copy(arena, rows_text(rows, 3 + i));
	c->guarded = rows_int(rows, 17) != 0;
	c->open_cases = (int)rows_int(rows, 18);
	c->all_cases = (int)rows_int(rows, 19);
	c->created = (time_t)(rows_int(rows, 20) / 1000);
	c->changed = (time_t)(rows_int(rows, 21) / 1000);
	return c;
}

struct citizen *keep_citizen(struct keep *keep, const char *id, struct page *page)
{
	struct buf sql = { 0 };
	buf_printf(&sql, "SELECT %s FROM citizen p WHERE p.tenant = $1 AND p.id = $2",
		keep_citizen_columns);
	struct rows *rows = base_ask(keep->base, sql.text, "it", base_tenant(keep->base), id);
	struct citizen *citizen = rows_next(rows) ? keep_citizen_row(rows, page) : NULL;
	rows_done(rows);
	buf_clear(&sql);
	return citizen;
}

/* All columns that come from the struct, for INSERT and UPDATE alike. */
static bool put_columns(struct keep *keep, const struct citizen *c, const char *sql, int64_t first,
	int64_t version, int64_t created_ms, struct arena *arena)
{
	const char *f_name = fold_name(c, arena);
	learn_words(keep, f_name);
	return base_run(keep->base, sql,
		"iti"
		"tttttttttttttt"
		"b"
		"tttttttttt"
		"ii",
		first, c->id, version, c->ref, c->given, c->family, c->born, c->street, c->postcode,
		c->town, c->country, c->phone, c->mail, c->language, c->reach, c->consents,
		c->flags ? c->flags : "", (int)c->guarded, f_name,
		fold_with(query_words, c->given, arena), fold_with(query_words, c->family, arena),
		fold_with(query_tight, c->ref, arena), fold_with(query_tight, c->phone, arena),
		fold_with(keep_fold_phone, c->phone, arena), fold_with(query_words, c->mail, arena),
		fold_with(query_words, c->street, arena),
		fold_with(query_tight, c->postcode, arena), fold_with(query_words, c->town, arena),
		created_ms, keep->now_ms);
}

bool keep_citizen_add(struct keep *keep, struct citizen *c, struct arena *arena)
{
	char id[IDENT_SIZE];
	if (!c->id) {
		keep->ident(id);
		c->id = arena_copy(arena, id);
	}
	if (!c->created)
		c->created = (time_t)(keep->now_ms / 1000);
	c->changed = (time_t)(keep->now_ms / 1000);
	c->version = "1";
	put_columns(keep, c,
		"INSERT INTO citizen (tenant, id, version, ref, given, family, born, street, "
		"postcode,"
		" town, country, phone, mail, language, reach, consents, flags, guarded, f_name,"
		" f_given, f_family, f_ref, f_phone, f_tail, f_mail, f_street, f_postcode, f_town,"
		" created_ms, updated_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, "
		"$12, $13, $14,"
		" $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30)",
		base_tenant(keep->base), 1, (int64_t)c->created * 1000, arena);
	c->key = base_last_key(keep->base);
	base_index(keep->base, "citizen_text", c->key, NULL, fold_name(c, arena));
	return true;
}

static const char *folded_name_of(struct keep *keep, int64_t key, struct arena *arena)
{
	const char *name =
		base_text(keep->base, arena, "SELECT f_name FROM citizen WHERE key = $1", "i", key);
	return name ? name : "";
}

bool keep_citizen_save(struct keep *keep, struct citizen *c, struct arena *arena)
{
	const char *before = folded_name_of(keep, c->key, arena);
	int64_t version = 1 + strtoll(c->version, NULL, 10);
	put_columns(keep, c,
		"UPDATE citizen SET id = $2, version = $3, ref = $4, given = $5, family = $6,"
		" born = $7, street = $8, postcode = $9, town = $10, country = $11, phone = $12,"
		" mail = $13, language = $14, reach = $15, consents = $16, flags = $17, guarded = "
		"$18,"
		" f_name = $19, f_given = $20, f_family = $21, f_ref = $22, f_phone = $23,"
		" f_tail = $24, f_mail = $25, f_street = $26, f_postcode = $27, f_town = $28,"
		" created_ms = $29, updated_ms = $30 WHERE key = $1",
		c->key, version, (int64_t)c->created * 1000, arena);
	c->version = arena_printf(arena, "%lld", (long long)version);
	c->changed = (time_t)(keep->now_ms / 1000);
	const char *after = fold_name(c, arena);
	if (strcmp(before, after) != 0)
		base_index(keep->base, "citizen_text", c->key, before, after);
	return true;
}

bool keep_access(struct keep *keep, int64_t citizen, const char *action, const char *purpose)
{
	return base_run(keep->base,
		"INSERT INTO access (tenant, citizen, at_ms, worker, team, action, purpose)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7)",
		"iiitttt", base_tenant(keep->base), citizen, keep->now_ms, keep->worker, keep->team,
		action, purpose);
}
