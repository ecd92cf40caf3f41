/* One person over several services: the records that may be theirs, found by index, and what a
   person said of them, which lies with the outbox because nobody could tell it again. */
#include "model/store_own.h"

#include "model/i18n.h"
#include <stdlib.h>
#include <string.h>

/* Of one mark's many hits (a postcode of high-rises), so many are looked at. */
enum { LOOKED_AT = 64 };

/* ---- who may be the same */

struct search {
	struct store *store;
	struct page page;
};

static bool has_key(const struct page *page, int64_t key)
{
	for (int i = 0; i < page->citizen_count; i++)
		if (page->citizens[i].key == key)
			return true;
	return false;
}

static void add_key(struct search *s, int64_t key)
{
	if (s->page.citizen_count == PERSON_MOST || has_key(&s->page, key))
		return;
	if (!store_citizen(s->store, key, &s->page))
		return;

	const struct citizen *c = &s->page.citizens[s->page.citizen_count - 1];
	if (c->gone || !c->id)
		s->page.citizen_count--;
}

static void add_rows(struct search *s, sqlite3_stmt *stmt)
{
	int64_t keys[LOOKED_AT];
	int count = 0;

	while (stmt_row(stmt))
		if (count < LOOKED_AT)
			keys[count++] = sqlite3_column_int64(stmt, 0);
	for (int i = 0; i < count; i++)
		add_key(s, keys[i]);
}

/* The rows of one index that hold this mark; sql is a constant with one parameter. */
static void add_marked(struct search *s, const char *sql, const char *mark)
{
	if (!mark || !*mark)
		return;

	sqlite3_stmt *stmt = base_stmt(&s->store->cache, sql);
	bind_text(stmt, 1, mark);
	add_rows(s, stmt);
}

static void add_strong(struct search *s, const struct citizen *c)
{
	struct buf mark = { 0 };

	query_tight(&mark, c->ref);
	add_marked(s, "SELECT key FROM citizens WHERE tight_ref = ? LIMIT 64", buf_str(&mark));
	buf_reset(&mark);
	query_words(&mark, c->mail);
	add_marked(s, "SELECT key FROM citizens WHERE words_mail = ? LIMIT 64", buf_str(&mark));
	buf_reset(&mark);
	person_phone_tail(&mark, c->phone);
	add_marked(s, "SELECT key FROM citizens WHERE tail_phone = ? LIMIT 64", buf_str(&mark));
	buf_clear(&mark);
}

/* Only those that the rules would propose: a birthday alone is shared by many. */
static void add_resembling(struct search *s, const struct citizen *c, const char *sql, const char *mark)
{
	struct search found = { .store = s->store };

	if (!mark || !*mark)
		return;
	page_init(&found.page);
	add_marked(&found, sql, mark);
	for (int i = 0; i < found.page.citizen_count; i++)
		if (person_compare(c, &found.page.citizens[i]).tie >= TIE_LIKELY)
			add_key(s, found.page.citizens[i].key);
	page_clear(&found.page);
}

static void add_likely(struct search *s, const struct citizen *c)
{
	struct buf mark = { 0 };

	if (person_born_whole(c->born))
		add_resembling(s, c, "SELECT key FROM citizens WHERE born = ? LIMIT 64", c->born);
	query_words(&mark, c->family);
	add_resembling(s, c, "SELECT key FROM citizens WHERE words_family = ? LIMIT 64", buf_str(&mark));
	buf_reset(&mark);
	query_tight(&mark, c->postcode);
	add_resembling(s, c, "SELECT key FROM citizens WHERE tight_postcode = ? LIMIT 64",
		buf_str(&mark));
	buf_clear(&mark);
}

/* ---- what was said */

struct said {
	int64_t key;
	struct person_decision d;
};

struct sayings {
	struct said *list;
	int count, room;
};

static void add_said(struct sayings *s, sqlite3_stmt *stmt, struct arena *arena)
{
	int64_t key = sqlite3_column_int64(stmt, 0);

	for (int i = 0; i < s->count; i++)
		if (s->list[i].key == key)
			return;
	if (s->count == s->room) {
		s->room = s->room ? 2 * s->room : 8;
		s->list = xrealloc(s->list, (size_t)s->room * sizeof(*s->list));
	}
	s->list[s->count++] = (struct said){ key,
		{ column_copy(stmt, 1, arena), column_copy(stmt, 2, arena),
			column_copy(stmt, 3, arena), column_copy(stmt, 4, arena),
			(enum person_said)sqlite3_column_int(stmt, 5), column_copy(stmt, 6, arena),
			(time_t)sqlite3_column_int64(stmt, 7) } };
}

static void said_of(struct store *store, const struct citizen *c, struct sayings *s, struct arena *arena)
{
	static const char *const sql[] = {
		"SELECT key, service_a, id_a, service_b, id_b, said, by_, at FROM kin "
		"WHERE id_a = ?1 AND service_a = ?2",
		"SELECT key, service_a, id_a, service_b, id_b, said, by_, at FROM kin "
		"WHERE id_b = ?1 AND service_b = ?2",
	};

	for (int i = 0; i < 2; i++) {
		sqlite3_stmt *stmt = base_stmt(&store->outbox, sql[i]);

		bind_text(stmt, 1, c->id);
		bind_text(stmt, 2, c->service);
		while (stmt_row(stmt))
			add_said(s, stmt, arena);
	}
}

static int by_key(const void *a, const void *b)
{
	const struct said *x = a, *y = b;

	return x->key < y->key ? -1 : x->key > y->key;
}

static bool same_text(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

static bool is_of(const char *service, const char *id, const struct citizen *c)
{
	return same_text(service, c->service) && same_text(id, c->id);
}

static const struct person_decision *last_word(
	const struct sayings *s, const struct citizen *a, const struct citizen *b)
{
	const struct said *last = NULL;

	for (int i = 0; i < s->count; i++) {
		const struct person_decision *d = &s->list[i].d;
		bool about = (is_of(d->service_a, d->id_a, a) && is_of(d->service_b, d->id_b, b)) ||
			     (is_of(d->service_a, d->id_a, b) && is_of(d->service_b, d->id_b, a));

		if (about && (!last || s->list[i].key > last->key))
			last = &s->list[i];
	}
	return last && last->d.said != SAID_NOTHING ? &last->d : NULL;
}

/* The other halves of what was said of this one. */
static void add_said_of(struct search *s, const struct citizen *c, const struct sayings *said)
{
	for (int i = 0; i < said->count; i++) {
		const struct person_decision *d = &said->list[i].d;
		bool first = is_of(d->service_a, d->id_a, c);

		if (!first && !is_of(d->service_b, d->id_b, c))
			continue;
		int64_t key = store_citizen_key(
			s->store, first ? d->service_b : d->service_a, first ? d->id_b : d->id_a);
		if (key > 0)
			add_key(s, key);
	}
}

/* ---- the group */

/* Whether somebody whose like were looked up is this one too, so that theirs count as well. */
static bool is_next(const struct search *s, const bool *expanded, int i, const struct sayings *said)
{
	const struct citizen *c = &s->page.citizens[i];

	if (expanded[i])
		return false;
	for (int k = 0; k < s->page.citizen_count; k++) {
		const struct citizen *known = &s->page.citizens[k];

		if (!expanded[k])
			continue;
		const struct person_decision *d = last_word(said, known, c);
		if (d ? d->said == SAID_JOIN : person_compare(known, c).tie == TIE_SAME)
			return true;
	}
	return false;
}

static void expand(struct search *s, int i, bool likely, struct sayings *said)
{
	struct page one; /* the list moves while it grows */

	page_init(&one);
	citizen_copy(page_add_citizen(&one), &s->page.citizens[i], &one.arena);
	said_of(s->store, &one.citizens[0], said, &s->page.arena);
	add_strong(s, &one.citizens[0]);
	add_said_of(s, &one.citizens[0], said);
	if (likely)
		add_likely(s, &one.citizens[0]);
	page_clear(&one);
}

static void gather(struct search *s, bool likely, struct sayings *said)
{
	bool expanded[PERSON_MOST] = { false };
	int next = 0;

	while (next >= 0) {
		expanded[next] = true;
		expand(s, next, likely, said);
		next = -1;
		for (int i = 0; i < s->page.citizen_count && next < 0; i++)
			if (is_next(s, expanded, i, said))
				next = i;
	}
	/* What was said of those at the edge decides too. */
	for (int i = 0; i < s->page.citizen_count; i++)
		if (!expanded[i])
			said_of(s->store, &s->page.citizens[i], said, &s->page.arena);
}

/* The one asked for, joined, likely, apart; the others go. */
static void arrange(struct person *p, const struct person_record *all, int count)
{
	int to[PERSON_MOST];

	for (int place = PLACE_JOINED; place <= PLACE_APART; place++) {
		for (int i = 0; i < count; i++) {
			if ((int)all[i].place != place)
				continue;
			to[i] = p->count;
			p->records[p->count++] = all[i];
		}
		if (place == PLACE_JOINED)
			p->joined = p->count;
	}
	for (int i = 0; i < p->count; i++)
		p->records[i].like = to[p->records[i].like];
}

static void keep_said(struct person *p, const struct sayings *said)
{
	p->said = arena_alloc(&p->page.arena, (size_t)(said->count + 1) * sizeof(*p->said));
	p->said_count = said->count;
	for (int i = 0; i < said->count; i++)
		p->said[i] = said->list[i].d;
}

static int by_service(const void *a, const void *b)
{
	const struct citizen *x = a, *y = b;
	int way = strcmp(x->service ? x->service : "", y->service ? y->service : "");

	return way ? way : strcmp(x->id ? x->id : "", y->id ? y->id : "");
}

static bool person_read(struct store *store, int64_t key, bool likely, struct person *p)
{
	struct search s = { .store = store };
	struct sayings said = { 0 };
	struct person_record all[PERSON_MOST] = { 0 };

	*p = (struct person){ 0 };
	page_init(&s.page);
	bool known = store_citizen(store, key, &s.page);
	if (known && s.page.citizens[0].id)
		gather(&s, likely, &said);
	p->page = s.page;
	if (p->page.citizen_count > 2)
		qsort(p->page.citizens + 1, (size_t)p->page.citizen_count - 1,
			sizeof(*p->page.citizens), by_service);
	if (said.count)
		qsort(said.list, (size_t)said.count, sizeof(*said.list), by_key);
	keep_said(p, &said);
	free(said.list);
	for (int i = 0; i < p->page.citizen_count; i++)
		all[i].citizen = &p->page.citizens[i];
	if (known)
		person_group(all, p->page.citizen_count, 0, p->said, p->said_count);
	arrange(p, all, p->page.citizen_count);
	return known;
}

bool store_person(struct store *store, int64_t citizen_key, struct person *p)
{
	return person_read(store, citizen_key, true, p);
}

bool store_person_joined(struct store *store, int64_t citizen_key, struct person *p)
{
	return person_read(store, citizen_key, false, p);
}

void person_clear(struct person *p)
{
	page_clear(&p->page);
	*p = (struct person){ 0 };
	page_init(&p->page);
}

static int open_first(const void *a, const void *b)
{
	const struct casefile *x = a, *y = b;
	int open = stage_is_open(y->stage) - stage_is_open(x->stage);

	if (open)
		return open;
	if (x->opened != y->opened)
		return x->opened > y->opened ? -1 : 1;
	return x->key < y->key ? -1 : x->key > y->key;
}

bool store_person_cases(struct store *store, int64_t citizen_key, struct page *page)
{
	struct person p;
	bool known = person_read(store, citizen_key, false, &p);

	for (int i = 0; i < p.joined; i++)
		store_citizen_cases(store, p.records[i].citizen->key, page);
	if (p.joined > 1 && page->case_count > 1)
		qsort(page->cases, (size_t)page->case_count, sizeof(*page->cases), open_first);
	person_clear(&p);
	return known;
}

/* ---- rows of a search */

/* A service that does not count them: those that are here. */
static void add_counts(struct store *store, const struct citizen *c, struct person_row *row)
{
	row->open_cases += c->open_cases;
	row->all_cases += c->all_cases;
	if (c->open_cases || c->all_cases)
		return;

	sqlite3_stmt *stmt = base_stmt(&store->cache,
		"SELECT coalesce(sum(is_open), 0), count(*) FROM cases WHERE citizen = ? AND service = ?");
	bind_text(stmt, 1, c->id);
	bind_text(stmt, 2, c->service);
	if (stmt_row(stmt)) {
		row->open_cases += sqlite3_column_int(stmt, 0);
		row->all_cases += sqlite3_column_int(stmt, 1);
	}
	sqlite3_reset(stmt);
}

static bool has_word(const struct buf *words, const char *word)
{
	size_t size = strlen(word);

	for (const char *p = buf_str(words); *p;) {
		size_t here = strcspn(p, "+");

		if (here == size && !strncmp(p, word, size))
			return true;
		p += here + (p[here] == '+');
	}
	return false;
}

static int match_rank(const char *match)
{
	return same_text(match, "exact") ? 0 : same_text(match, "prefix") ? 1 : match ? 2 : 3;
}

static void fill_row(struct store *store, const struct page *found, const struct person *p,
	struct person_row *row, struct arena *arena)
{
	struct buf services = { 0 };

	row->guarded = person_guarded(p->records, p->joined);
	row->records = p->joined;
	for (int i = 0; i < p->joined; i++) {
		const struct citizen *c = p->records[i].citizen;

		add_counts(store, c, row);
		if (c->service && !has_word(&services, c->service))
			buf_printf(&services, "%s%s", services.size ? "+" : "", c->service);
		for (int k = 0; k < found->citizen_count; k++)
			if (found->citizens[k].key == c->key &&
				match_rank(found->citizens[k].match) < match_rank(row->match))
				row->match = found->citizens[k].match;
	}
	row->services = arena_copy(arena, buf_str(&services));
	buf_clear(&services);
}

int store_person_rows(
	struct store *store, const struct page *found, struct person_row **rows, struct arena *arena)
{
	bool *shown = xcalloc((size_t)found->citizen_count + 1, sizeof(*shown));
	int count = 0;

	*rows = arena_alloc(arena, (size_t)(found->citizen_count + 1) * sizeof(**rows));
	for (int i = 0; i < found->citizen_count; i++) {
		const struct citizen *c = &found->citizens[i];
		struct person p;

		if (shown[i])
			continue;
		struct person_row *row = &(*rows)[count++];
		*row = (struct person_row){ .citizen = c, .match = c->match };
		person_read(store, c->key, false, &p);
		fill_row(store, found, &p, row, arena);
		row->guarded |= c->guarded;
		for (int k = i + 1; k < found->citizen_count; k++)
			for (int r = 1; r < p.joined; r++)
				shown[k] |= found->citizens[k].key == p.records[r].citizen->key;
		person_clear(&p);
	}
	free(shown);
	return count;
}

/* ---- saying it */

static bool put_said(struct base *o, int64_t act, const struct person_decision *d)
{
	sqlite3_stmt *stmt = base_stmt(o, "INSERT INTO kin (act, service_a, id_a, service_b, id_b, "
					  "said, by_, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)");

	bind_int(stmt, 1, act);
	bind_text(stmt, 2, d->service_a);
	bind_text(stmt, 3, d->id_a);
	bind_text(stmt, 4, d->service_b);
	bind_text(stmt, 5, d->id_b);
	bind_int(stmt, 6, d->said);
	bind_text(stmt, 7, d->by);
	bind_int(stmt, 8, d->at);
	return stmt_done(stmt);
}

static int64_t next_act(struct base *o)
{
	sqlite3_stmt *stmt = base_stmt(o, "SELECT coalesce(max(act), 0) + 1 FROM kin");
	int64_t act = stmt_row(stmt) ? sqlite3_column_int64(stmt, 0) : 0;

	sqlite3_reset(stmt);
	return act;
}

/* Each of the one with each of the other: nobody can come in again by a third. */
static bool put_all(struct base *o, int64_t act, const struct person *a, const struct person *b,
	enum person_said said, const char *by, time_t now)
{
	bool good = act > 0;

	for (int i = 0; i < a->joined; i++) {
		for (int k = 0; good && k < b->joined; k++) {
			const struct citizen *x = a->records[i].citizen, *y = b->records[k].citizen;

			if (x->key != y->key)
				good = put_said(o, act,
					&(struct person_decision){ x->service, x->id, y->service,
						y->id, said, by, now });
		}
	}
	return good;
}

/* One record that stands with others, and is to go, goes alone. */
static void only_first(struct person *p)
{
	if (p->joined > 1)
		p->joined = 1;
}

static void without(struct person *p, int64_t key)
{
	int to = 0;

	for (int i = 0; i < p->joined; i++)
		if (p->records[i].citizen->key != key)
			p->records[to++] = p->records[i];
	p->joined = to;
}

static bool can_say(const struct person *a, const struct person *b, struct error *err)
{
	if (!a->joined || !b->joined || a->records[0].citizen->key == b->records[0].citizen->key)
		return error_set(err, ERROR_USAGE, _("It takes two records to join or keep apart."));
	for (int i = 0; i < 2; i++)
		if (!(i ? b : a)->records[0].citizen->id)
			return error_set(err, ERROR_USAGE,
				_("One of the two is not accepted by its service yet."));
	return true;
}

/* Whoever is logged in at the service of the one record, else of the other. */
static const char *signed_by(struct store *store, struct person *a, const struct person *b)
{
	const char *services[] = { a->records[0].citizen->service, b->records[0].citizen->service };
	const char *me = NULL;

	for (int i = 0; i < 2 && !me; i++) {
		sqlite3_stmt *stmt =
			base_stmt(&store->cache, "SELECT me FROM profile WHERE service = ?");

		bind_text(stmt, 1, services[i]);
		if (stmt_row(stmt))
			me = column_copy(stmt, 0, &a->page.arena);
		sqlite3_reset(stmt);
	}
	return me;
}

int64_t store_person_say(struct store *store, int64_t a, int64_t b, enum person_said said,
	const char *by, time_t now, struct error *err)
{
	struct base *o = &store->outbox;
	struct person one, two;
	int64_t act = 0;

	person_read(store, a, false, &one);
	person_read(store, b, false, &two);
	if (can_say(&one, &two, err)) {
		int64_t key = two.records[0].citizen->key;

		by = by ? by : signed_by(store, &one, &two);
		if (said != SAID_JOIN) {
			only_first(&two);
			without(&one, key);
		}
		bool good = base_begin(o);
		act = good ? next_act(o) : 0;
		good = good && put_all(o, act, &one, &two, said, by, now) && base_commit(o);
		if (!good) {
			act = 0;
			base_error(store, o, err);
			base_rollback(o);
		}
		store_touched(store);
	}
	person_clear(&one);
	person_clear(&two);
	return act;
}

/* What held of the pair before this act. */
static enum person_said before(struct base *o, const struct person_decision *d, int64_t act)
{
	sqlite3_stmt *stmt = base_stmt(o,
		"SELECT said FROM kin WHERE act < ?1 AND ((service_a = ?2 AND id_a = ?3 AND "
		"service_b = ?4 AND id_b = ?5) OR (service_a = ?4 AND id_a = ?5 AND service_b = ?2 AND "
		"id_b = ?3)) ORDER BY key DESC LIMIT 1");
	enum person_said said = SAID_NOTHING;

	bind_int(stmt, 1, act);
	bind_text(stmt, 2, d->service_a);
	bind_text(stmt, 3, d->id_a);
	bind_text(stmt, 4, d->service_b);
	bind_text(stmt, 5, d->id_b);
	if (stmt_row(stmt))
		said = (enum person_said)sqlite3_column_int(stmt, 0);
	sqlite3_reset(stmt);
	return said;
}

static void act_read(struct base *o, int64_t act, struct sayings *s, struct arena *arena)
{
	sqlite3_stmt *stmt = base_stmt(o, "SELECT key, service_a, id_a, service_b, id_b, said, "
					  "by_, at FROM kin WHERE act = ? ORDER BY key");

	bind_int(stmt, 1, act);
	while (stmt_row(stmt))
		add_said(s, stmt, arena);
}

bool store_person_undo(
	struct store *store, int64_t act, const char *by, time_t now, struct error *err)
{
	struct base *o = &store->outbox;
	struct sayings said = { 0 };
	struct arena arena = { 0 };
	bool good = base_begin(o);
	int64_t anew = good ? next_act(o) : 0;

	if (good)
		act_read(o, act, &said, &arena);
	for (int i = 0; good && i < said.count; i++) {
		struct person_decision d = said.list[i].d;

		d.said = before(o, &d, act);
		d.by = by;
		d.at = now;
		good = put_said(o, anew, &d);
	}
	good = good && base_commit(o);
	if (!good) {
		base_error(store, o, err);
		base_rollback(o);
	}
	store_touched(store);
	free(said.list);
	arena_clear(&arena);
	return good;
}
