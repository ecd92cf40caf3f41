/* One thread reads new rows of the event table, at most every 250 ms, so that changes to one case
   within that time become one event with its last version. Rows come from the table and not from
   whoever wrote them: so what another process did (an import) arrives as well, in commit order. */
#include "service/hub.h"

#include "model/arena.h"
#include "model/casefile.h"
#include "model/json.h"

#include <pthread.h>
#include <string.h>

enum { RING = 65536, COALESCE_MS = 250, LOOK_MS = 1000, BATCH = 2000 };

/* One case that changed, as it is now, and who may hear of it. One block of memory. */
struct note {
	int64_t seq;
	char *data; /* JSON of CaseChanged */
	char *id, *worker, *team, *from_worker, *from_team, *named;
	bool restricted;
};

struct stream {
	struct stream *next, **self;
	struct hub *hub;
	struct arena arena;
	struct stream_wants wants;
	int64_t cursor; /* the last seq looked at */
	struct buf out; /* said, and not yet read */
	size_t out_at;
	bool asleep, ended;
	int64_t spoke_ms; /* monotonic */
	void (*wake)(void *ctx);
	void *ctx;
};

struct hub {
	struct base *base;
	int64_t (*now_ms)(void);
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct note *ring; /* RING of them; notes first .. first + count - 1, modulo */
	size_t first, count;
	int64_t floor; /* what came up to here is not in the ring */
	int64_t newest;
	int64_t tokens; /* the counter of that name, as last seen */
	struct stream *streams;
	int stream_count;
	bool told, ending;
};

static int64_t monotonic_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- the ring */

static struct note *ring_at(struct hub *hub, size_t i)
{
	return &hub->ring[(hub->first + i) % RING];
}

static void note_clear(struct note *note)
{
	free(note->data);
	free(note->id);
	free(note->worker);
	free(note->team);
	free(note->from_worker);
	free(note->from_team);
	free(note->named);
}

static void ring_push(struct hub *hub, const struct note *note)
{
	if (hub->count == RING) {
		hub->floor = hub->ring[hub->first].seq;
		note_clear(&hub->ring[hub->first]);
		hub->first = (hub->first + 1) % RING;
		hub->count--;
	}
	*ring_at(hub, hub->count++) = *note;
}

/* The place of the first note after seq. */
static size_t ring_after(struct hub *hub, int64_t seq)
{
	size_t low = 0, high = hub->count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (ring_at(hub, middle)->seq <= seq)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* ---- from the table */

static char *note_json(struct rows *rows)
{
	struct buf json = { 0 };
	struct json_out out = { .buf = &json };
	json_open(&out, NULL, '{');
	json_put_text(&out, "id", rows_text(rows, 1));
	json_put_int(&out, "version", rows_int(rows, 2));
	json_put_text(&out, "status", rows_text(rows, 3));
	if (rows_text(rows, 4))
		json_put_text(&out, "team", rows_text(rows, 4));
	json_put_text(&out, "assignee", rows_text(rows, 5));
	json_put_int(&out, "priority", rows_int(rows, 6));
	json_put_text(&out, "surge", rows_text(rows, 7));
	json_put_int(&out, "last_event", rows_int(rows, 8));
	json_put_text(&out, "actor", rows_text(rows, 9));
	json_close(&out, '}');
	return buf_take(&json);
}

static struct note note_read(struct rows *rows)
{
	return (struct note){
		.seq = rows_int(rows, 0),
		.data = note_json(rows),
		.id = xstrdup(rows_text(rows, 1)),
		.team = xstrdup(rows_text(rows, 4)),
		.worker = xstrdup(rows_text(rows, 5)),
		.from_worker = xstrdup(rows_text(rows, 10)),
		.from_team = xstrdup(rows_text(rows, 11)),
		.named = xstrdup(rows_text(rows, 12)),
		.restricted = rows_int(rows, 13) != 0,
	};
}

/* Of several entries of one case the last speaks for all; who lost the case is looked for in each.
 */
static const char tail_sql[] =
	"SELECT e.seq, c.id, c.version, c.status, c.team, c.assignee, c.priority, c.surge,"
	" e.seq, e.actor, g.from_worker, g.from_team, c.named, c.restricted"
	" FROM (SELECT casefile, max(seq) AS seq, max(from_worker) AS from_worker,"
	" max(from_team) AS from_team FROM event WHERE tenant = $1 AND seq > $2 AND seq <= $3"
	" GROUP BY casefile) g JOIN event e ON e.seq = g.seq JOIN casefile c ON c.key = g.casefile"
	" ORDER BY e.seq";

/* Up to BATCH rows after `newest`, into the ring; true when there may be more. */
static bool read_tail(struct hub *hub)
{
	int64_t tenant = base_tenant(hub->base);
	struct note notes[64];
	int64_t last = base_number(hub->base, hub->newest,
		"SELECT max(seq) FROM (SELECT seq FROM event WHERE tenant = $1 AND seq > $2"
		" ORDER BY seq LIMIT $3)",
		"iii", tenant, hub->newest, (int64_t)BATCH);
	if (last <= hub->newest)
		return false;
	struct rows *rows = base_ask(hub->base, tail_sql, "iii", tenant, hub->newest, last);
	int count = 0;
	bool more = true;
	while (more) {
		for (count = 0; count < 64 && (more = rows_next(rows)); count++)
			notes[count] = note_read(rows);
		pthread_mutex_lock(&hub->lock);
		for (int i = 0; i < count; i++)
			ring_push(hub, &notes[i]);
		pthread_mutex_unlock(&hub->lock);
	}
	rows_done(rows);
	pthread_mutex_lock(&hub->lock);
	hub->newest = last;
	pthread_mutex_unlock(&hub->lock);
	return true;
}

/* ---- streams; the lock is held */

static bool same(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

static bool is_wanted(const struct stream *stream, const struct note *note)
{
	const struct stream_wants *wants = &stream->wants;
	bool near = same(note->worker, wants->worker) || same(note->team, wants->team) ||
		    (note->named && words_have(note->named, wants->worker));
	if (wants->without_cases)
		return false;
	if (near)
		return true;
	if (note->restricted)
		return false;
	if (same(note->from_worker, wants->worker) || same(note->from_team, wants->team))
		return true;
	for (int i = 0; i < wants->case_count; i++) {
		if (same(note->id, wants->cases[i]))
			return true;
	}
	return false;
}

static void say(struct stream *stream, const char *name, int64_t id, const char *data)
{
	buf_printf(&stream->out, "event: %s\nid: %lld\ndata: %s\n\n", name, (long long)id, data);
}

static void say_reset(struct stream *stream)
{
	char data[48];
	stream->cursor = stream->hub->newest;
	snprintf(data, sizeof data, "{\"seq\":%lld}", (long long)stream->cursor);
	say(stream, "reset", stream->cursor, data);
}

static void say_hello(struct stream *stream)
{
	char data[64];
	snprintf(data, sizeof data, "{\"seq\":%lld,\"heartbeat\":%d}", (long long)stream->cursor,
		HUB_HEARTBEAT_S);
	buf_text(&stream->out, "retry: 3000\n");
	say(stream, "hello", stream->cursor, data);
}

/* Everything since the cursor, until enough is there to send. */
static void stream_fill(struct stream *stream, size_t enough)
{
	struct hub *hub = stream->hub;
	if (stream->cursor < hub->floor) {
		say_reset(stream);
		return;
	}
	for (size_t i = ring_after(hub, stream->cursor); i < hub->count; i++) {
		struct note *note = ring_at(hub, i);
		if (stream->out.size >= enough)
			return;
		stream->cursor = note->seq;
		if (is_wanted(stream, note))
			say(stream, "case", note->seq, note->data);
	}
}

static void stream_wake(struct stream *stream)
{
	if (!stream->asleep)
		return;
	stream->asleep = false;
	stream->wake(stream->ctx);
}

static bool has_news(struct stream *stream)
{
	if (stream->ended || stream->out.size > stream->out_at)
		return true;
	stream_fill(stream, 1);
	return stream->out.size > 0;
}

/* Wakes those with something to say, and those that have been silent for too long. */
static void wake_streams(struct hub *hub)
{
	int64_t now = monotonic_ms(), today = hub->now_ms();
	for (struct stream *s = hub->streams; s; s = s->next) {
		s->ended = s->ended || (s->wants.until_ms && s->wants.until_ms <= today);
		if (!s->asleep)
			continue;
		if (!has_news(s) && now - s->spoke_ms >= HUB_HEARTBEAT_S * 1000)
			buf_text(&s->out, ":\n\n");
		if (s->ended || s->out.size)
			stream_wake(s);
	}
}

/* Whether whoever opened it may still hear: their token is there, they are, and their team is the one
   whose cases it carries. */
static bool still_theirs(struct hub *hub, const struct stream_wants *wants)
{
	int64_t tenant = base_tenant(hub->base);
	if (wants->token && base_number(hub->base, 0, "SELECT 1 FROM token WHERE tenant = $1 AND hash = $2", "it",
				    tenant, wants->token) != 1)
		return false;
	return base_number(hub->base, 0,
		       "SELECT 1 FROM worker WHERE tenant = $1 AND id = $2 AND team = $3 AND gone_ms IS NULL", "itt",
		       tenant, wants->worker, wants->team) == 1;
}

/* A revoked token ends its streams, and so does leaving. The counter says when to look. */
static void check_tokens(struct hub *hub)
{
	int64_t tenant = base_tenant(hub->base);
	int64_t tokens = base_number(hub->base, 0,
		"SELECT value FROM counter WHERE tenant = $1 AND name = 'tokens'", "i", tenant);
	if (tokens == hub->tokens)
		return;
	hub->tokens = tokens;
	pthread_mutex_lock(&hub->lock);
	for (struct stream *s = hub->streams; s; s = s->next) {
		s->ended = s->ended || !still_theirs(hub, &s->wants);
	}
	pthread_mutex_unlock(&hub->lock);
}

/* ---- the thread */

static void wait_until_told(struct hub *hub, int ms)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += ms % 1000 * 1000000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000L;
	}
	while (!hub->ending && !hub->told) {
		if (pthread_cond_timedwait(&hub->more, &hub->lock, &until) != 0)
			return;
	}
}

static void pause_to_gather(struct hub *hub)
{
	struct timespec pause = { .tv_nsec = COALESCE_MS * 1000000L };
	bool told;
	pthread_mutex_lock(&hub->lock);
	wait_until_told(hub, LOOK_MS);
	told = hub->told && !hub->ending;
	hub->told = false;
	pthread_mutex_unlock(&hub->lock);
	if (told)
		nanosleep(&pause, NULL);
}

static void *hub_run(void *ctx)
{
	struct hub *hub = ctx;
	bool ending = false;
	while (!ending) {
		pause_to_gather(hub);
		while (read_tail(hub))
			;
		check_tokens(hub);
		base_error(hub->base, NULL); /* a busy moment: the next look will see */
		pthread_mutex_lock(&hub->lock);
		wake_streams(hub);
		ending = hub->ending;
		pthread_mutex_unlock(&hub->lock);
	}
	return NULL;
}

struct hub *hub_new(struct base *base, int64_t (*now_ms)(void), struct error *err)
{
	pthread_condattr_t clock;
	struct hub *hub = xcalloc(1, sizeof *hub);
	hub->base = base;
	hub->now_ms = now_ms;
	hub->ring = xcalloc(RING, sizeof *hub->ring);
	pthread_mutex_init(&hub->lock, NULL);
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&hub->more, &clock);
	pthread_condattr_destroy(&clock);
	/* What is too long ago to be replayed, or too much, is not read in. */
	hub->floor = base_number(base, 0,
		"SELECT coalesce(max(seq), 0) FROM (SELECT seq, at_ms FROM event WHERE tenant = $1"
		" ORDER BY seq DESC LIMIT $3) WHERE at_ms < $2",
		"iii", base_tenant(base), now_ms() - HUB_REPLAY_S * 1000, (int64_t)RING);
	hub->newest = hub->floor;
	while (read_tail(hub))
		;
	hub->tokens = base_number(base, 0,
		"SELECT value FROM counter WHERE tenant = $1 AND name = 'tokens'", "i",
		base_tenant(base));
	if (!base_error(base, err) && pthread_create(&hub->thread, NULL, hub_run, hub) == 0)
		return hub;
	hub_free(hub);
	return NULL;
}

void hub_notify(struct hub *hub)
{
	pthread_mutex_lock(&hub->lock);
	hub->told = true;
	pthread_cond_signal(&hub->more);
	pthread_mutex_unlock(&hub->lock);
}

void hub_stop(struct hub *hub)
{
	if (!hub)
		return;
	pthread_mutex_lock(&hub->lock);
	bool running = !hub->ending;
	hub->ending = true;
	for (struct stream *s = hub->streams; s; s = s->next)
		s->ended = true;
	pthread_cond_signal(&hub->more);
	pthread_mutex_unlock(&hub->lock);
	if (running)
		pthread_join(hub->thread, NULL);
}

void hub_free(struct hub *hub)
{
	if (!hub)
		return;
	for (size_t i = 0; i < hub->count; i++)
		note_clear(ring_at(hub, i));
	free(hub->ring);
	base_close(hub->base);
	pthread_cond_destroy(&hub->more);
	pthread_mutex_destroy(&hub->lock);
	free(hub);
}

/* ---- for the connections */

static void wants_copy(struct stream *stream, const struct stream_wants *wants)
{
	struct arena *arena = &stream->arena;
	const char **cases = arena_alloc(arena, sizeof *cases * (size_t)(wants->case_count + 1));
	for (int i = 0; i < wants->case_count; i++)
		cases[i] = arena_copy(arena, wants->cases[i]);
	stream->wants = *wants;
	stream->wants.worker = arena_copy(arena, wants->worker);
	stream->wants.team = arena_copy(arena, wants->team);
	stream->wants.token = arena_copy(arena, wants->token);
	stream->wants.cases = cases;
}

struct stream *hub_open(
	struct hub *hub, const struct stream_wants *wants, void (*wake)(void *ctx), void *ctx)
{
	struct stream *stream = xcalloc(1, sizeof *stream);
	stream->hub = hub;
	stream->wake = wake;
	stream->ctx = ctx;
	stream->spoke_ms = monotonic_ms();
	wants_copy(stream, wants);
	pthread_mutex_lock(&hub->lock);
	stream->ended = hub->ending;
	stream->cursor = wants->last_id < 0 ? hub->newest : wants->last_id;
	say_hello(stream);
	if (stream->cursor > hub->newest) /* of another database */
		say_reset(stream);
	stream->next = hub->streams;
	stream->self = &hub->streams;
	if (stream->next)
		stream->next->self = &stream->next;
	hub->streams = stream;
	hub->stream_count++;
	pthread_mutex_unlock(&hub->lock);
	return stream;
}

void stream_close(struct stream *stream)
{
	struct hub *hub = stream->hub;
	pthread_mutex_lock(&hub->lock);
	*stream->self = stream->next;
	if (stream->next)
		stream->next->self = stream->self;
	hub->stream_count--;
	pthread_mutex_unlock(&hub->lock);
	buf_clear(&stream->out);
	arena_clear(&stream->arena);
	free(stream);
}

int hub_streams(struct hub *hub, const char *worker)
{
	pthread_mutex_lock(&hub->lock);
	int count = worker ? 0 : hub->stream_count;
	for (struct stream *s = worker ? hub->streams : NULL; s; s = s->next)
		count += same(s->wants.worker, worker);
	pthread_mutex_unlock(&hub->lock);
	return count;
}

/* Copies from what is said; the rest stays for the next time. */
static long stream_copy(struct stream *stream, char *out, size_t room)
{
	size_t left = stream->out.size - stream->out_at;
	size_t size = left < room ? left : room;
	memcpy(out, stream->out.text + stream->out_at, size);
	stream->out_at += size;
	if (stream->out_at == stream->out.size) {
		buf_clear(&stream->out);
		stream->out_at = 0;
	}
	stream->spoke_ms = monotonic_ms();
	return (long)size;
}

long stream_read(struct stream *stream, char *out, size_t room, void (*sleep)(void *ctx))
{
	long size = 0;
	pthread_mutex_lock(&stream->hub->lock);
	if (stream->out.size == stream->out_at && !stream->ended)
		stream_fill(stream, room);
	if (stream->out.size > stream->out_at) {
		size = stream_copy(stream, out, room);
	} else if (stream->ended) {
		size = -1;
	} else {
		stream->asleep = true;
		sleep(stream->ctx);
	}
	pthread_mutex_unlock(&stream->hub->lock);
	return size;
}
