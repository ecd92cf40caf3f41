/* Cases and their timelines. Sums by citizen and team are moved along in the same transaction, so
   that nothing is ever counted; restricted cases are not in them. */
#include "service/keep.h"

#include "model/text.h"

#include <string.h>

const char keep_case_columns[] =
	"c.key, c.id, c.number, c.version, c.subject, c.service, c.kind, c.step, c.status, "
	"c.outcome,"
	" c.priority, c.assignee, c.team, c.surge, c.grp, p.id, p.given, p.family, p.born,"
	" CASE WHEN p.guarded = 1 THEN NULL ELSE p.town END, c.channel, c.language, c.duplicate_of,"
	" c.skills, c.tags, c.fields, c.restricted, c.opened_ms, c.updated_ms, c.due_ms,"
	" c.resolved_ms, c.contact_ms, c.contact, c.last_event, c.links, l.worker, l.fence,"
	" l.until_ms, c.delivery";

const char keep_case_from[] = "casefile c LEFT JOIN citizen p ON p.key = c.citizen"
			      " LEFT JOIN lease l ON l.casefile = c.key";

const char keep_event_columns[] =
	"e.seq, e.casefile, e.at_ms, e.kind, e.actor, e.team, e.text, e.changes, e.mentions,"
	" e.channel, e.language, e.delivery, e.files, e.internal, e.about";

static const char *full_name(const char *given, const char *family, struct arena *arena)
{
	if (given && family)
		return arena_printf(arena, "%s %s", given, family);
	return arena_copy(arena, given ? given : family);
}

static time_t seconds(struct rows *rows, int column)
{
	return (time_t)(rows_int(rows, column) / 1000);
}

struct casefile *keep_case_row(struct rows *rows, struct page *page)
{
	struct casefile *c = page_add_case(page);
	struct arena *arena = &page->arena;
	const char **texts[] = { &c->id, &c->number, &c->version, &c->subject, &c->queue, &c->kind,
		&c->step, &c->status, &c->outcome };
	const char **more[] = { &c->worker, &c->team, &c->surge, &c->group, &c->citizen };
	const char **rest[] = { &c->citizen_born, &c->citizen_town, &c->channel, &c->language,
		&c->duplicate_of, &c->skills, &c->tags, &c->fields };
	c->key = rows_int(rows, 0);
	for (int i = 0; i < 9; i++)
		*texts[i] = arena_copy(arena, rows_text(rows, 1 + i));
	c->priority = (int)rows_int(rows, 10);
	for (int i = 0; i < 5; i++)
		*more[i] = arena_copy(arena, rows_text(rows, 11 + i));
	/* Both texts are borrowed at once: SQLite keeps the columns of one row apart. */
	c->citizen_name = full_name(rows_text(rows, 16), rows_text(rows, 17), arena);
	for (int i = 0; i < 8; i++)
		*rest[i] = arena_copy(arena, rows_text(rows, 18 + i));
	c->restricted = rows_int(rows, 26) != 0;
	c->opened = seconds(rows, 27);
	c->changed = seconds(rows, 28);
	c->due = seconds(rows, 29);
	c->resolved = seconds(rows, 30);
	c->contact_at = seconds(rows, 31);
	c->contact = arena_copy(arena, rows_text(rows, 32));
	c->last_event = rows_int(rows, 33);
	c->links = arena_copy(arena, rows_text(rows, 34));
	c->holder = arena_copy(arena, rows_text(rows, 35)); /* for lease_show() */
	c->fence = rows_int(rows, 36);
	c->held_until_ms = rows_int(rows, 37);
	c->delivery = arena_copy(arena, rows_text(rows, 38));
	case_set(c, "status", c->status, arena, NULL);
	return c;
}

static struct casefile *case_where(
	struct keep *keep, const char *where, const char *id, struct page *page)
{
	struct buf sql = { 0 };
	buf_printf(&sql, "SELECT %s FROM %s WHERE c.tenant = $1 AND %s = $2", keep_case_columns,
		keep_case_from, where);
	struct rows *rows = base_ask(keep->base, sql.text, "it", base_tenant(keep->base), id);
	struct casefile *cf = rows_next(rows) ? keep_case_row(rows, page) : NULL;
	rows_done(rows);
	buf_clear(&sql);
	return cf;
}

struct casefile *keep_case(struct keep *keep, const char *id, struct page *page)
{
	return case_where(keep, "c.id", id, page);
}

struct casefile *keep_case_named(struct keep *keep, const char *ref, struct page *page)
{
	struct casefile *cf = case_where(keep, "c.number", ref, page);
	return cf ? cf : case_where(keep, "c.id", ref, page);
}

struct case_more keep_case_more(struct keep *keep, int64_t key, struct arena *arena)
{
	struct case_more more = { .named = "", .round = 1 };
	struct rows *rows = base_ask(keep->base,
		"SELECT step_by, named, follows, round FROM casefile WHERE key = $1", "i", key);
	if (rows_next(rows)) {
		more.step_by = arena_copy(arena, rows_text(rows, 0));
		more.named = arena_copy(arena, rows_text(rows, 1));
		more.follows = arena_copy(arena, rows_text(rows, 2));
		more.round = (int)rows_int(rows, 3);
	}
	rows_done(rows);
	return more;
}

bool keep_case_set_more(struct keep *keep, int64_t key, const struct case_more *more)
{
	return base_run(keep->base,
		"UPDATE casefile SET step_by = $2, named = $3, follows = $4, round = $5 WHERE key "
		"= $1",
		"itttb", key, more->step_by, more->named, more->follows, more->round);
}

/* ---- sums */

static void count_citizen(struct keep *keep, int64_t citizen, const char *status, int64_t by)
{
	static const struct {
		const char *status, *sql;
	} sums[] = {
		{ "new", "UPDATE citizen SET n_new = n_new + $2 WHERE key = $1" },
		{ "open", "UPDATE citizen SET n_open = n_open + $2 WHERE key = $1" },
		{ "waiting", "UPDATE citizen SET n_waiting = n_waiting + $2 WHERE key = $1" },
		{ "resolved", "UPDATE citizen SET n_resolved = n_resolved + $2 WHERE key = $1" },
		{ "closed", "UPDATE citizen SET n_closed = n_closed + $2 WHERE key = $1" },
	};
	for (size_t i = 0; citizen && i < sizeof sums / sizeof sums[0]; i++) {
		if (strcmp(sums[i].status, status) == 0)
			base_run(keep->base, sums[i].sql, "ii", citizen, by);
	}
}

static void count_case(struct keep *keep, const struct casefile *cf, int64_t citizen, int64_t by)
{
	if (cf->restricted)
		return;
	count_citizen(keep, citizen, cf->status, by);
	if (cf->team && stage_is_open(cf->stage))
		base_run(keep->base,
			"UPDATE team SET open_cases = open_cases + $3 WHERE tenant = $1 AND id = "
			"$2",
			"iti", base_tenant(keep->base), cf->team, by);
}

/* ---- writing */

static int64_t citizen_key(struct keep *keep, const char *id)
{
	if (!id)
		return 0;
	return base_number(keep->base, 0, "SELECT key FROM citizen WHERE tenant = $1 AND id = $2",
		"it", base_tenant(keep->base), id);
}

static const char *words_form(const char *text, struct arena *arena)
{
	struct buf words = { 0 };
	query_words(&words, text);
	const char *copy = arena_copy(arena, buf_str(&words));
	buf_clear(&words);
	return copy;
}

static const char *case_words(const struct casefile *cf, struct arena *arena)
{
	struct buf text = { 0 };
	buf_printf(&text, "%s %s %s %s", cf->subject, cf->number,
		cf->citizen && cf->citizen_name ? cf->citizen_name : "", cf->tags ? cf->tags : "");
	const char *words = words_form(text.text, arena);
	buf_clear(&text);
	return words;
}

/* The name for searching and for the answer; from the citizen as it is now. */
static void name_citizen(
	struct keep *keep, struct casefile *cf, int64_t citizen, struct arena *arena)
{
	cf->citizen_name = cf->citizen_born = cf->citizen_town = NULL;
	struct rows *rows = base_ask(keep->base,
		"SELECT given, family, born, CASE WHEN guarded = 1 THEN NULL ELSE town END"
		" FROM citizen WHERE key = $1",
		"i", citizen);
	if (citizen && rows_next(rows)) {
		cf->citizen_name = full_name(rows_text(rows, 0), rows_text(rows, 1), arena);
		cf->citizen_born = arena_copy(arena, rows_text(rows, 2));
		cf->citizen_town = arena_copy(arena, rows_text(rows, 3));
	}
	rows_done(rows);
}

static int year_of(time_t opened)
{
	struct tm day;
	gmtime_r(&opened, &day);
	return day.tm_year + 1900;
}

const char *keep_number(time_t opened, int64_t count, struct arena *arena)
{
	return arena_printf(arena, "%04d-%06lld", year_of(opened), (long long)count);
}

bool keep_numbers_given(struct keep *keep, time_t opened, int64_t count)
{
	char counter[32];
	snprintf(counter, sizeof counter, "number %d", year_of(opened));
	return base_run(keep->base,
		"INSERT INTO counter (tenant, name, value) VALUES ($1, $2, $3)"
		" ON CONFLICT (tenant, name) DO UPDATE SET value = excluded.value",
		"iti", base_tenant(keep->base), counter, count);
}

static const char *next_number(struct keep *keep, time_t opened, struct arena *arena)
{
	char counter[32];
	snprintf(counter, sizeof counter, "number %d", year_of(opened));
	return keep_number(opened, keep_next(keep, counter), arena);
}

static bool put_columns(struct keep *keep, const struct casefile *c, const char *sql, int64_t first,
	int64_t version, int64_t citizen, const char *words, struct arena *arena)
{
	return base_run(keep->base, sql,
		"itti"
		"tttttt"
		"itti"
		"ttttttt"
		"bt"
		"iiii"
		"ttt",
		first, c->id, c->number, version, c->subject, c->kind, c->step, c->queue, c->status,
		c->outcome, (int64_t)c->priority, c->team, c->worker, citizen, c->channel,
		c->language, c->surge, c->group, c->duplicate_of, c->skills ? c->skills : "",
		c->tags ? c->tags : "", (int)c->restricted, c->fields, (int64_t)c->due * 1000,
		(int64_t)c->opened * 1000, keep->now_ms, (int64_t)c->resolved * 1000, words,
		words_form(c->subject, arena), c->links ? c->links : "");
}

bool keep_case_add(struct keep *keep, struct casefile *cf, struct arena *arena)
{
	char id[IDENT_SIZE];
	if (!cf->id) {
		keep->ident(id);
		cf->id = arena_copy(arena, id);
	}
	if (!cf->opened)
		cf->opened = (time_t)(keep->now_ms / 1000);
	if (!cf->number)
		cf->number = next_number(keep, cf->opened, arena);
	if (!cf->status)
		case_set(cf, "status", "new", arena, NULL);
	int64_t citizen = citizen_key(keep, cf->citizen);
	struct keep then = *keep;
	if (cf->changed)
		then.now_ms = (int64_t)cf->changed * 1000;
	cf->changed = (time_t)(then.now_ms / 1000);
	cf->version = "1";
	name_citizen(keep, cf, citizen, arena);
	const char *words = case_words(cf, arena);
	put_columns(&then, cf,
		"INSERT INTO casefile (tenant, id, number, version, subject, kind, step, service,"
		" status, outcome, priority, team, assignee, citizen, channel, language, surge, "
		"grp,"
		" duplicate_of, skills, tags, restricted, fields, due_ms, opened_ms, updated_ms,"
		" resolved_ms, f_text, f_subject, links) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, "
		"$11, $12,"
		" $13, nullif($14, 0), $15, $16, $17, $18, $19, $20, $21, $22, $23, nullif($24, 0),"
		" $25, $26, nullif($27, 0), $28, $29, $30)",
		base_tenant(keep->base), 1, citizen, words, arena);
	cf->key = base_last_key(keep->base);
	base_index(keep->base, "case_text", cf->key, NULL, words);
	count_case(keep, cf, citizen, 1);
	return true;
}

static const char *words_of(struct keep *keep, int64_t key, struct arena *arena)
{
	const char *words = base_text(
		keep->base, arena, "SELECT f_text FROM casefile WHERE key = $1", "i", key);
	return words ? words : "";
}

bool keep_case_save(
	struct keep *keep, const struct casefile *before, struct casefile *cf, struct arena *arena)
{
	int64_t citizen = citizen_key(keep, cf->citizen);
	int64_t version = 1 + strtoll(before->version, NULL, 10);
	const char *old = words_of(keep, cf->key, arena);
	name_citizen(keep, cf, citizen, arena);
	const char *words = case_words(cf, arena);
	put_columns(keep, cf,
		"UPDATE casefile SET id = $2, number = $3, version = $4, subject = $5, kind = $6,"
		" step = $7, service = $8, status = $9, outcome = $10, priority = $11, team = $12,"
		" assignee = $13, citizen = nullif($14, 0), channel = $15, language = $16,"
		" surge = $17, grp = $18, duplicate_of = $19, skills = $20, tags = $21,"
		" restricted = $22, fields = $23, due_ms = nullif($24, 0), opened_ms = $25,"
		" updated_ms = $26, resolved_ms = nullif($27, 0), f_text = $28, f_subject = $29,"
		" links = $30 "
		"WHERE key = $1",
		cf->key, version, citizen, words, arena);
	if (strcmp(old, words) != 0)
		base_index(keep->base, "case_text", cf->key, old, words);
	count_case(keep, before, citizen_key(keep, before->citizen), -1);
	count_case(keep, cf, citizen, 1);
	cf->version = arena_printf(arena, "%lld", (long long)version);
	cf->changed = (time_t)(keep->now_ms / 1000);
	return true;
}

bool keep_case_words(struct keep *keep, struct casefile *cf, struct arena *arena)
{
	const char *old = words_of(keep, cf->key, arena);
	name_citizen(keep, cf, citizen_key(keep, cf->citizen), arena);
	const char *words = case_words(cf, arena);
	if (strcmp(old, words) == 0)
		return true;
	base_index(keep->base, "case_text", cf->key, old, words);
	return base_run(
		keep->base, "UPDATE casefile SET f_text = $2 WHERE key = $1", "it", cf->key, words);
}

/* ---- the timeline */

bool keep_event_from(struct keep *keep, int64_t seq, const char *worker, const char *team)
{
	return base_run(keep->base,
		"UPDATE event SET from_worker = $2, from_team = $3 WHERE seq = $1", "itt", seq,
		worker, team);
}

struct event *keep_event_row(struct rows *rows, struct page *page)
{
	struct event *e = page_add_event(page);
	struct arena *arena = &page->arena;
	const char **texts[] = { &e->wire, &e->by, &e->team, &e->text, &e->changes, &e->mentions,
		&e->channel, &e->language, &e->delivery, &e->files };
	e->seq = rows_int(rows, 0);
	e->casefile = rows_int(rows, 1);
	e->at = seconds(rows, 2);
	for (int i = 0; i < 10; i++)
		*texts[i] = arena_copy(arena, rows_text(rows, 3 + i));
	e->visible = rows_int(rows, 13) == 0;
	e->about = rows_int(rows, 14);
	return e;
}

static bool is_contact(const char *kind)
{
	return strcmp(kind, "answer") == 0 || strcmp(kind, "incoming") == 0;
}

bool keep_event_add(struct keep *keep, struct event *e)
{
	int64_t at_ms = e->at ? (int64_t)e->at * 1000 : keep->now_ms;
	e->at = (time_t)(at_ms / 1000);
	if (!e->by)
		e->by = keep->worker;
	base_run(keep->base,
		"INSERT INTO event (tenant, casefile, at_ms, kind, actor, team, text, changes,"
		" mentions, channel, language, delivery, files, internal, about) VALUES ($1, $2, $3, $4, "
		"$5,"
		" $6, $7, $8, $9, $10, $11, $12, $13, $14, nullif($15, 0))",
		"iii"
		"tttttttttt"
		"bi",
		base_tenant(keep->base), e->casefile, at_ms, e->wire, e->by, e->team, e->text,
		e->changes, e->mentions ? e->mentions : "", e->channel, e->language, e->delivery,
		e->files, (int)!e->visible, e->about);
	e->seq = base_last_key(keep->base);
	if (!text_blank(e->text)) {
		struct buf folded = { 0 };
		query_words(&folded, e->text);
		base_index(keep->base, "event_text", e->seq, NULL, buf_str(&folded));
		buf_clear(&folded);
	}
	/* That it went out is no news to anybody who looks at a list; that it did not is. */
	if (strcmp(e->wire, "delivery") == 0 && strcmp(e->delivery, "failed") != 0)
		return true;
	if (is_contact(e->wire))
		return base_run(keep->base,
			"UPDATE casefile SET last_event = $2, contact_ms = $3, contact = $4,"
			" contact_channel = $5 WHERE key = $1",
			"iiitt", e->casefile, e->seq, at_ms, e->wire, e->channel);
	return base_run(keep->base, "UPDATE casefile SET last_event = $2 WHERE key = $1", "ii",
		e->casefile, e->seq);
}
