#include "service/queue.h"

#include "model/text.h"
#include "service/change.h"

#include <string.h>

enum { SAID_MOST = 1000, REFERENCES_MOST = 20 };

bool queue_takes(const char *channel)
{
	return words_have("email sms letter", channel);
}

/* ---- into it */

static void clear_mark(struct keep *keep, int64_t casefile)
{
	base_run(keep->base, "UPDATE delivery SET unseen = 0 WHERE casefile = $1 AND unseen = 1", "i",
		casefile);
	base_run(keep->base, "UPDATE casefile SET delivery = NULL WHERE key = $1", "i", casefile);
}

void queue_add(struct keep *keep, struct casefile *cf, const struct event *answer, struct arena *arena)
{
	if (cf->delivery) {
		clear_mark(keep, cf->key);
		base_run(keep->base, "UPDATE casefile SET version = version + 1, updated_ms = $2 WHERE key = $1",
			"ii", cf->key, keep->now_ms);
		cf->delivery = NULL;
		cf->version = arena_printf(arena, "%lld", strtoll(cf->version, NULL, 10) + 1);
	}
	if (answer->delivery)
		base_run(keep->base,
			"INSERT INTO delivery (seq, tenant, casefile, citizen, channel, state, due_ms)"
			" SELECT $1, tenant, key, citizen, $3, 'queued', $4 FROM casefile WHERE key = $2",
			"iiti", answer->seq, cf->key, answer->channel, keep->now_ms);
}

void queue_again(struct keep *keep, struct casefile *cf)
{
	base_run(keep->base,
		"UPDATE event SET delivery = 'queued' WHERE seq IN"
		" (SELECT seq FROM delivery WHERE casefile = $1 AND unseen = 1)",
		"i", cf->key);
	base_run(keep->base,
		"UPDATE delivery SET state = 'queued', tries = 0, due_ms = $2 WHERE casefile = $1 AND unseen = 1",
		"ii", cf->key, keep->now_ms);
	clear_mark(keep, cf->key);
	cf->delivery = NULL;
}

/* ---- out of it */

static const char take_sql[] =
	"SELECT d.seq, d.casefile, d.channel, d.tries, e.text, e.language, c.id, c.number, c.subject,"
	" p.given, p.family, p.mail, p.phone, p.street, p.postcode, p.town, p.country"
	" FROM delivery d JOIN event e ON e.seq = d.seq JOIN casefile c ON c.key = d.casefile"
	" LEFT JOIN citizen p ON p.key = d.citizen"
	" WHERE d.tenant = $1 AND d.state = 'queued' AND d.due_ms <= $2 AND NOT EXISTS"
	" (SELECT 1 FROM delivery o WHERE o.casefile = d.casefile AND o.state = 'sending')"
	" ORDER BY d.due_ms, d.seq LIMIT 1";

/* "a, b" of the columns that have something. */
static const char *joined(struct rows *rows, int first, int count, const char *between, struct arena *arena)
{
	struct buf text = { 0 };
	for (int i = first; i < first + count; i++) {
		if (text_blank(rows_text(rows, i)))
			continue;
		buf_text(&text, text.size ? between : "");
		buf_text(&text, rows_text(rows, i));
	}
	const char *copy = text.size ? arena_copy(arena, text.text) : NULL;
	buf_clear(&text);
	return copy;
}

static bool take_row(struct keep *keep, struct queued *q, struct arena *arena)
{
	struct rows *rows = base_ask(keep->base, take_sql, "ii", base_tenant(keep->base), keep->now_ms);
	bool there = rows_next(rows);
	if (there) {
		bool placed = !text_blank(rows_text(rows, 13)) || !text_blank(rows_text(rows, 15));
		*q = (struct queued){ .seq = rows_int(rows, 0),
			.casefile = rows_int(rows, 1),
			.channel = arena_copy(arena, rows_text(rows, 2)),
			.tries = (int)rows_int(rows, 3) + 1,
			.text = arena_copy(arena, rows_text(rows, 4)),
			.language = arena_copy(arena, rows_text(rows, 5)),
			.case_id = arena_copy(arena, rows_text(rows, 6)),
			.number = arena_copy(arena, rows_text(rows, 7)),
			.subject = arena_copy(arena, rows_text(rows, 8)),
			.name = joined(rows, 9, 2, " ", arena),
			.mail = arena_copy(arena, rows_text(rows, 11)),
			.phone = arena_copy(arena, rows_text(rows, 12)),
			.address = placed ? joined(rows, 13, 4, ", ", arena) : NULL };
	}
	rows_done(rows);
	return there;
}

/* Made at the first try, kept for all others. */
static void take_id(struct keep *keep, struct queued *q, const char *domain, struct arena *arena)
{
	char ident[IDENT_SIZE];
	q->id = base_text(keep->base, arena, "SELECT id FROM mail WHERE seq = $1 AND sum = ''", "i", q->seq);
	if (q->id)
		return;
	keep->ident(ident);
	q->id = arena_printf(arena, "%s.%lld.%s@%s", q->number, (long long)q->seq, ident, domain);
	/* A number of elsewhere may hold anything; an id holds letters, digits and dots. */
	for (char *c = (char *)q->id; *c; c++)
		if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-@", *c))
			*c = '-';
	base_run(keep->base,
		"INSERT INTO mail (tenant, id, sum, casefile, seq, at_ms) VALUES ($1, $2, '', $3, $4, $5)",
		"itiii", base_tenant(keep->base), q->id, q->casefile, q->seq, keep->now_ms);
}

static void take_references(struct keep *keep, struct queued *q, struct arena *arena)
{
	const char *ids[REFERENCES_MOST];
	int count = 0;
	struct rows *rows = base_ask(keep->base,
		"SELECT id FROM mail WHERE casefile = $1 AND seq < $2 AND id LIKE '%@%' ORDER BY seq DESC LIMIT $3",
		"iii", q->casefile, q->seq, (int64_t)REFERENCES_MOST);
	while (count < REFERENCES_MOST && rows_next(rows))
		ids[count++] = arena_copy(arena, rows_text(rows, 0));
	rows_done(rows);
	const char **list = arena_alloc(arena, sizeof *list * (REFERENCES_MOST + 1));
	for (int i = 0; i < count; i++)
		list[i] = ids[count - 1 - i];
	q->references = list;
}

bool queue_take(struct keep *keep, const char *(*domain)(void *ctx, const char *channel), void *ctx,
	struct queued *q, struct arena *arena)
{
	if (!take_row(keep, q, arena))
		return false;
	take_id(keep, q, domain(ctx, q->channel), arena);
	take_references(keep, q, arena);
	return base_run(keep->base, "UPDATE delivery SET state = 'sending', tries = $2 WHERE seq = $1", "ii",
		q->seq, (int64_t)q->tries);
}

int queue_unclear(struct keep *keep, int64_t *seqs, const char **channels, int room, struct arena *arena)
{
	int count = 0;
	struct rows *rows = base_ask(keep->base,
		"SELECT seq, channel FROM delivery WHERE tenant = $1 AND state = 'sending' ORDER BY seq", "i",
		base_tenant(keep->base));
	for (; count < room && rows_next(rows); count++) {
		seqs[count] = rows_int(rows, 0);
		channels[count] = arena_copy(arena, rows_text(rows, 1));
	}
	rows_done(rows);
	return count;
}

/* ---- what came of it */

/* Only UTF-8, only so much, no white space at its end. */
static const char *told(const char *said, struct arena *arena)
{
	struct buf text = { 0 };
	text_repair(&text, said ? said : "", said ? strlen(said) : 0);
	size_t size = text.size > SAID_MOST ? SAID_MOST : text.size;
	while (size && size < text.size && ((unsigned char)text.text[size] & 0xC0) == 0x80)
		size--;
	while (size && strchr(" \t\r\n", text.text[size - 1]))
		size--;
	const char *copy = size ? arena_copy_n(arena, buf_str(&text), size) : NULL;
	buf_clear(&text);
	return copy;
}

/* state: of the queue; shown: on the wire. */
static void came(struct keep *keep, int64_t seq, const char *state, const char *shown, const char *said)
{
	struct arena arena = { 0 };
	struct event event = { .wire = "delivery", .delivery = shown, .about = seq, .text = told(said, &arena) };
	event.casefile =
		base_number(keep->base, 0, "SELECT casefile FROM delivery WHERE seq = $1", "i", seq);
	base_run(keep->base, "UPDATE delivery SET state = $2 WHERE seq = $1", "it", seq, state);
	base_run(keep->base, "UPDATE event SET delivery = $2 WHERE seq = $1", "it", seq, shown);
	if (event.casefile)
		keep_event_add(keep, &event);
	arena_clear(&arena);
}

void queue_sent(struct keep *keep, int64_t seq, const char *said)
{
	came(keep, seq, "sent", "sent", said);
}

void queue_delivered(struct keep *keep, int64_t seq, const char *said)
{
	came(keep, seq, "delivered", "delivered", said);
}

void queue_delayed(struct keep *keep, int64_t seq, const char *said)
{
	came(keep, seq, "sent", "sent", said);
}

void queue_retry(struct keep *keep, int64_t seq, int64_t due_ms, const char *said)
{
	came(keep, seq, "queued", "queued", said);
	base_run(keep->base, "UPDATE delivery SET due_ms = $2 WHERE seq = $1", "ii", seq, due_ms);
}

void queue_failed(struct keep *keep, int64_t seq, const char *said)
{
	struct arena arena = { 0 };
	came(keep, seq, "failed", "failed", said);
	base_run(keep->base, "UPDATE delivery SET unseen = 1 WHERE seq = $1", "i", seq);
	base_run(keep->base,
		"UPDATE casefile SET delivery = 'failed', version = version + 1, updated_ms = $2 WHERE key ="
		" (SELECT casefile FROM delivery WHERE seq = $1)",
		"ii", seq, keep->now_ms);
	const char *id = base_text(keep->base, &arena,
		"SELECT c.id FROM delivery d JOIN casefile c ON c.key = d.casefile WHERE d.seq = $1", "i", seq);
	if (id)
		change_reopen(keep, id);
	arena_clear(&arena);
}

void queue_by_hand(struct keep *keep, int64_t seq)
{
	base_run(keep->base, "DELETE FROM delivery WHERE seq = $1", "i", seq);
	base_run(keep->base, "UPDATE event SET delivery = NULL WHERE seq = $1", "i", seq);
}
