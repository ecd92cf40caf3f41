/* Emptying the outbox. One process sends (the store's lock), several cases at once, each case in
   its order (store_next). A row ends only by an answer that says so; every doubt goes out again
   with its key. */
#include "net/line.h"

#include "model/i18n.h"

#include <string.h>

enum {
	SENDING_MAX = 4,
	SEVERAL_LEAST = SENDING_MAX + 1, /* fewer go as fast each by itself */
	SEVERAL_SHARE = 20 /* so many are worth a request of their own */
};

static void outbox_fire(void *ctx)
{
	struct line *l = ctx;

	l->outbox_timer = 0;
	l->outbox_due = 0;
	outbox_kick(l);
}

/* at: later than now, by two hours at most (store_next). */
static void wake_at(struct line *l, time_t at, time_t now)
{
	if (l->outbox_timer && l->outbox_due == at)
		return;
	loop_cancel(l->loop, l->outbox_timer);
	l->outbox_due = at;
	l->outbox_timer = loop_after(l->loop, (int)(at - now) * 1000 + 20, outbox_fire, l);
}

/* Whether the row's fate is open: then its key goes out again. Once an answer made sense it is not.
 */
static bool is_unknown(const struct want *w, const struct error *err)
{
	switch (err->kind) {
	case ERROR_OFFLINE:
	case ERROR_BUSY:
	case ERROR_GARBLED:
		return w->maybe_done;
	default:
		return false;
	}
}

/* What the store is to make of it. Nonsense and a wrong setting are no verdict on the row: it
 * waits. */
static struct error verdict(const struct error *err)
{
	struct error out = *err;

	if (err->kind == ERROR_GARBLED || err->kind == ERROR_CONFIG || err->kind == ERROR_CANCELLED)
		out.kind = ERROR_OFFLINE;
	return out;
}

/* The timeline as it is now, in place of what was pending. */
static void look_again(struct line *l, struct want *w)
{
	const char *id = NULL;
	struct page now = { 0 };

	page_init(&now);
	if (w->page.case_count)
		id = w->page.cases[0].id;
	else if (w->patch.on == ON_CASE && w->call.cf)
		id = w->call.cf->id;
	int64_t key = id ? store_case_key(l->store, l->service.name, id) : 0;

	if (key > 0 && store_case_plain(l->store, key, &now)) {
		line_events(l, &now.cases[0], URGENT_LATER, NULL);
		if (!w->page.case_count)
			line_case(l, &now.cases[0], URGENT_LATER, NULL);
	}
	page_clear(&now);
}

/* Not even the answer could be written down: the row goes out again with its key, and is answered
 * again. */
static void unsettled_keep(struct line *l, const struct patch *row)
{
	size_t count = (size_t)l->unsettled_count + 1;

	l->unsettled = xrealloc(l->unsettled, count * sizeof(*l->unsettled));
	l->unsettled[l->unsettled_count] = (struct patch){ 0 };
	patch_copy(&l->unsettled[l->unsettled_count++], row);
}

static bool knows_keys(const struct line *l, const struct patch *p)
{
	const struct service_ops *ops = l->service.ops;

	return (p->creates ? ops->once_new : ops->once) == ONCE_KEY;
}

/* It stands on top of what somebody else did meanwhile: the person hears of it, since they had not seen
   that. */
static void tell_over(struct line *l, const struct patch *p)
{
	const char *name = p->number ? p->number : p->title ? p->title : "-";
	char text[sizeof(l->sync->flaw)];

	if (!p->over)
		return;
	if (*p->over)
		snprintf(text, sizeof(text),
			_("%s: laid over what others changed meanwhile (%s); both stand."),
			name, p->over);
	else
		snprintf(text, sizeof(text),
			_("%s: laid over what others changed meanwhile; both stand."),
			name);
	line_say(l, text);
}

static void patch_done(struct want *w, struct error *err)
{
	struct line *l = w->line;
	struct error told = verdict(err), local = { 0 };
	time_t retry_at = err->kind == ERROR_BUSY ? time(NULL) + (err->wait_ms + 999) / 1000 : 0;
	bool again = false;

	l->sending--;
	l->sends--;
	if (err->kind == ERROR_CONFLICT && knows_keys(l, &w->patch))
		store_certain(l->store, w->patch.key);
	if (!store_settle(l->store, w->patch.key, &told, is_unknown(w, err), &w->page, retry_at,
		    &again, &local)) {
		unsettled_keep(l, &w->patch);
		line_retry_later(l, 0);
		*err = local;
	}
	if (err->kind == ERROR_NONE)
		tell_over(l, &w->patch);
	if (err->kind == ERROR_NONE && l->sync->follow)
		look_again(l, w);
	if (w->call.took && (err->kind == ERROR_NONE || err->kind == ERROR_CONFLICT))
		hand_took(l, w->key, w->call.took);
	hands_settled(l);
	l->sync->kicked = true;
}

static const struct line *line_of_case(const struct sync *s, const struct casefile *cf)
{
	for (int i = 0; i < s->line_count; i++)
		if (cf->service && !strcmp(s->lines[i].service.name, cf->service))
			return &s->lines[i];
	return NULL;
}

static void change_links(struct patch *p, const struct casefile *old, const char *url)
{
	const char *word = arena_printf(&p->arena, "refers-to:%s", url);
	const char *before = old ? old->links : NULL;

	if (!words_have(before ? before : "", word))
		patch_change(p, "links", before,
			words_add(before ? before : "", word, &p->arena));
}

/* The old case of a handing over says where the new one is. Nothing of it is kept in the row: the
   new case's name is the same at every send. */
static void name_new_case(struct line *l, struct want *w)
{
	struct patch *p = &w->patch;
	struct page now = { 0 };
	struct buf url = { 0 };

	page_init(&now);
	if (store_case_plain(l->store, p->after, &now)) {
		const struct casefile *cf = &now.cases[0];
		const struct line *to = line_of_case(l->sync, cf);

		if (to && to->service.ops->case_url)
			to->service.ops->case_url(&to->service, cf, &url);
		if (url.size)
			change_links(p, w->call.cf, url.text);
		p->note = arena_printf(&p->arena, _("%s%sHanded over to %s: case %s%s%s"),
			p->note ? p->note : "", p->note ? "\n\n" : "", cf->service,
			cf->number ? cf->number : cf->id, url.size ? ", " : "", buf_str(&url));
	}
	buf_clear(&url);
	page_clear(&now);
}

static void send_row(struct line *l, struct patch *row)
{
	struct want *w = want_new(l, CALL_PATCH, URGENT_OUTBOX, patch_done);

	w->patch = *row;
	*row = (struct patch){ 0 };
	w->call.patch = &w->patch;
	w->call.again = w->patch.tries > 0;
	w->key = w->patch.object;
	if (!w->patch.creates && w->patch.on == ON_CASE &&
		store_case_plain(l->store, w->key, &w->hold))
		w->call.cf = &w->hold.cases[0];
	if (!w->patch.creates && w->patch.on == ON_CITIZEN &&
		store_citizen(l->store, w->key, &w->hold))
		w->call.citizen = &w->hold.citizens[0];
	if (w->patch.after)
		name_new_case(l, w);
	l->sending++;
	l->sends++;
	want_start(w);
}

/* ---- rows that go together */

struct several {
	struct bulk bulk;
	int count;
	struct patch *rows;
	const struct patch **patches;
	const struct casefile **cases;
	struct error *outcomes;
};

void several_again(struct several *s)
{
	if (s)
		memset(s->outcomes, 0, (size_t)s->count * sizeof(*s->outcomes));
}

void several_free(struct several *s)
{
	for (int i = 0; s && i < s->count; i++)
		patch_clear(&s->rows[i]);
	if (!s)
		return;
	free(s->rows);
	free(s->patches);
	free(s->cases);
	free(s->outcomes);
	free(s);
}

/* A verdict on the request says nothing of one row: then each goes by itself, after a look. */
static bool speaks_of_none(const struct error *err)
{
	return err->kind != ERROR_NONE && err->kind != ERROR_OFFLINE && err->kind != ERROR_BUSY &&
	       err->kind != ERROR_LOGIN && err->kind != ERROR_CANCELLED;
}

static struct settled row_settled(const struct want *w, int i, const struct error *err)
{
	const struct error *own = &w->several->outcomes[i];
	struct settled row = { .patch = w->several->rows[i].key };
	bool shared = own->kind == ERROR_NONE && err->kind != ERROR_NONE;

	row.outcome = verdict(shared ? err : own);
	row.unknown = is_unknown(w, shared ? err : own);
	if (!shared && (own->kind == ERROR_OFFLINE || own->kind == ERROR_GARBLED))
		row.unknown = true;
	if (shared && speaks_of_none(err)) {
		row.outcome.kind = ERROR_OFFLINE;
		row.unknown = true;
	}
	return row;
}

static void several_done(struct want *w, struct error *err)
{
	struct line *l = w->line;
	const struct several *s = w->several;
	time_t retry_at = err->kind == ERROR_BUSY ? time(NULL) + (err->wait_ms + 999) / 1000 : 0;
	struct settled *rows = xcalloc((size_t)s->count, sizeof(*rows));
	struct error local = { 0 };

	l->sending -= s->count;
	l->sends--;
	for (int i = 0; i < s->count; i++)
		rows[i] = row_settled(w, i, err);
	if (!store_settle_several(l->store, rows, s->count, &w->page, retry_at, &local)) {
		for (int i = 0; i < s->count; i++)
			if (!rows[i].good)
				unsettled_keep(l, &s->rows[i]);
		line_retry_later(l, 0);
		*err = local;
	}
	for (int i = 0; i < s->count; i++)
		if (rows[i].good && rows[i].outcome.kind == ERROR_NONE)
			tell_over(l, &s->rows[i]);
	free(rows);
	l->sync->kicked = true;
}

static const struct casefile *held(const struct page *hold, int64_t key)
{
	for (int i = 0; i < hold->case_count; i++)
		if (hold->cases[i].key == key)
			return &hold->cases[i];
	return NULL;
}

/* Takes the rows over. */
static void send_several(struct line *l, struct patch *rows, int count)
{
	struct want *w = want_new(l, CALL_BULK, URGENT_OUTBOX, several_done);
	struct several *s = xcalloc(1, sizeof(*s));
	size_t size = (size_t)count;

	s->count = count;
	s->rows = xcalloc(size, sizeof(*s->rows));
	s->patches = xcalloc(size, sizeof(*s->patches));
	s->cases = xcalloc(size, sizeof(*s->cases));
	s->outcomes = xcalloc(size, sizeof(*s->outcomes));
	for (int i = 0; i < count; i++) {
		s->rows[i] = rows[i];
		rows[i] = (struct patch){ 0 };
		s->patches[i] = &s->rows[i];
		store_case_plain(l->store, s->rows[i].object, &w->hold);
	}
	for (int i = 0; i < count; i++)
		s->cases[i] = held(&w->hold, s->rows[i].object);
	s->bulk = (struct bulk){ s->patches, s->cases, s->outcomes, count };
	w->several = s;
	w->call.bulk = &s->bulk;
	l->sending += count;
	l->sends++;
	want_start(w);
}

static bool takes_any(const struct patch *p)
{
	(void)p;
	return true;
}

static bool ours(const struct line *l, const struct patch *p)
{
	const char *me = l->service.profile.me;

	return !p->worker || !me || !strcmp(p->worker, me);
}

static int sending_most(const struct line *l)
{
	return l->pace.at_once < SENDING_MAX ? l->pace.at_once : SENDING_MAX;
}

/* How many requests may be made of what waits; one place is left for a person who looks on. */
static int places(const struct line *l)
{
	int free_now = sending_most(l) - l->sends;

	return l->sync->follow && free_now > 1 ? free_now - 1 : free_now;
}

/* In parts as equal as can be, a request each; what another person wrote goes by itself, and is told
   so. */
static void send_parts(struct line *l, struct patch *rows, int count, int requests)
{
	int part = (count + requests - 1) / requests, at = 0;

	for (int i = 0; i < count; i++) {
		if (ours(l, &rows[i]))
			continue;
		send_row(l, &rows[i]);
		rows[i--] = rows[--count];
	}
	if (part < SEVERAL_SHARE)
		part = SEVERAL_SHARE;
	if (part > l->service.ops->bulk_most)
		part = l->service.ops->bulk_most;
	for (; at < count; at += part)
		send_several(l, rows + at, count - at < part ? count - at : part);
}

/* true: many were waiting, and are under way. */
static bool send_many(struct line *l, time_t now)
{
	const struct service_ops *ops = l->service.ops;
	int requests = ops->bulk_alone && places(l) > 1 ? 1 : places(l);

	if (!ops->bulk_most || !ops->calls[CALL_BULK].ask || l->state != LINE_READY || requests < 1)
		return false;
	int most = ops->bulk_most * requests;
	struct patch *rows = xcalloc((size_t)most, sizeof(*rows));
	int count = store_next_several(l->store, l->service.name, now,
		ops->bulk_takes ? ops->bulk_takes : takes_any, rows, SEVERAL_LEAST, most);

	if (count)
		send_parts(l, rows, count, requests);
	free(rows);
	return count > 0;
}

void outbox_kick(struct line *l)
{
	time_t now = time(NULL);

	if (l->sync->held || l->paused_until_ms > loop_now_ms() || l->state == LINE_PERSON)
		return;
	while (l->unsettled_count)
		send_row(l, &l->unsettled[--l->unsettled_count]);
	send_many(l, now);
	while (l->sends < sending_most(l)) {
		struct patch row = { 0 };
		time_t wait_until = 0;

		if (!store_next(l->store, l->service.name, now, &row, &wait_until)) {
			patch_clear(&row);
			if (wait_until)
				wake_at(l, wait_until, now);
			return;
		}
		send_row(l, &row);
	}
}

void outbox_end(struct line *l)
{
	loop_cancel(l->loop, l->outbox_timer);
	l->outbox_timer = 0;
	while (l->unsettled_count)
		patch_clear(&l->unsettled[--l->unsettled_count]);
	free(l->unsettled);
}
