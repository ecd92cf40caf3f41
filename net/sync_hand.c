/* A case in hand: the lease of a case over which a form stands open, kept by a heartbeat, and given
   back when the form is closed and what it sent is settled. Where a service has no leases nothing is
   asked and nothing said. */
#include "net/line.h"

#include "model/i18n.h"

#include <string.h>

enum {
	AGAIN_MS = 10 * 1000, /* after a heartbeat that was not answered, and while others have it */
	SETTLING_MS = 2 * 1000,
	BEAT_LEAST_MS = 300
};

struct hand_row {
	struct hand_row *next;
	struct line *line;
	int64_t key;
	int forms; /* open over it; 0: what was sent is waited for */
	int64_t fence; /* 0: not ours */
	int64_t until_ms; /* ours, or theirs */
	int missed; /* heartbeats without an answer */
	int timer;
	bool asked; /* under way */
	char who[64]; /* somebody else; "": nobody */
};

static struct hand_row *hand_find(const struct line *l, int64_t key)
{
	struct hand_row *h = l->hands;

	while (h && h->key != key)
		h = h->next;
	return h;
}

static void hand_drop(struct hand_row *h)
{
	struct hand_row **at = &h->line->hands;

	while (*at != h)
		at = &(*at)->next;
	*at = h->next;
	loop_cancel(h->line->loop, h->timer);
	free(h);
}

/* What every surface sends along: the fence stands with the case in the store. */
static void hand_keep(struct line *l, int64_t key, const char *holder, int64_t fence)
{
	struct page now;
	struct error ignored = { 0 }; /* NOTE: the next answer about the case says it again */

	page_init(&now);
	if (store_case_plain(l->store, key, &now)) {
		struct casefile *cf = &now.cases[0];
		bool same = cf->fence == fence && !cf->holder == !holder &&
			    (!holder || !strcmp(cf->holder, holder));

		cf->holder = arena_copy(&now.arena, holder);
		cf->fence = fence;
		if (!same)
			line_put(l, &now, &ignored);
	}
	page_clear(&now);
}

static void lease_done(struct want *w, struct error *err);

static void lease_ask(struct line *l, int64_t key, int64_t fence, bool put_back)
{
	struct want *w = want_new(l, CALL_LEASE, put_back ? URGENT_LATER : URGENT_NOW, lease_done);

	w->key = key;
	w->call.fence = fence;
	w->call.put_back = put_back;
	if (store_case_plain(l->store, key, &w->hold))
		w->call.cf = &w->hold.cases[0];
	want_start(w);
}

static void hand_ask(struct hand_row *h)
{
	if (h->asked)
		return;
	h->asked = true;
	lease_ask(h->line, h->key, h->fence, false);
}

static void hand_fire(void *ctx);

static void hand_later(struct hand_row *h, int64_t wait_ms)
{
	loop_cancel(h->line->loop, h->timer);
	h->timer = loop_after(h->line->loop, (int)(wait_ms < BEAT_LEAST_MS ? BEAT_LEAST_MS : wait_ms),
		hand_fire, h);
}

static void give_back(struct line *l, int64_t key, int64_t fence)
{
	if (fence)
		lease_ask(l, key, fence, true);
	hand_keep(l, key, NULL, 0);
}

/* true: there is nobody any more who needs it. */
static bool hand_over(struct hand_row *h)
{
	if (h->forms || h->asked || store_waits(h->line->store, h->key))
		return false;
	if (h->fence)
		give_back(h->line, h->key, h->fence);
	hand_drop(h);
	return true;
}

static void hand_fire(void *ctx)
{
	struct hand_row *h = ctx;

	h->timer = 0;
	if (!hand_over(h))
		hand_ask(h);
}

/* Ours: heard of at every third of its time, so that two may be lost. */
static void hand_ours(struct hand_row *h, const struct casefile *told)
{
	h->fence = told->fence;
	h->until_ms = loop_now_ms() + told->held_until_ms;
	h->missed = 0;
	h->who[0] = '\0';
	hand_keep(h->line, h->key, told->holder, told->fence);
	hand_later(h, told->held_until_ms / 3);
}

static void hand_theirs(struct hand_row *h, const struct casefile *told)
{
	h->fence = 0;
	h->until_ms = loop_now_ms() + told->held_until_ms;
	snprintf(h->who, sizeof(h->who), "%s", told->holder);
	hand_keep(h->line, h->key, told->holder, 0);
	hand_later(h, told->held_until_ms < AGAIN_MS ? told->held_until_ms : AGAIN_MS);
}

/* It ran out, and nobody has it: taken anew. What was changed meanwhile the version tells. */
static void hand_lost(struct hand_row *h)
{
	bool again = h->fence != 0;

	h->fence = 0;
	hand_keep(h->line, h->key, NULL, 0);
	if (again)
		hand_ask(h);
	else
		hand_later(h, AGAIN_MS);
}

static void hand_told(struct hand_row *h, const struct casefile *told, const struct error *err)
{
	if (told && told->fence)
		hand_ours(h, told);
	else if (told && told->holder)
		hand_theirs(h, told);
	else if (err->kind == ERROR_CONFLICT && !strcmp(err->code, "lease-lost"))
		hand_lost(h);
	else if (err->kind == ERROR_NONE)
		hand_drop(h); /* a service without leases */
	else {
		h->missed++;
		hand_later(h, AGAIN_MS);
	}
}

static void lease_done(struct want *w, struct error *err)
{
	struct line *l = w->line;
	struct hand_row *h = hand_find(l, w->key);
	const struct casefile *told = w->page.case_count ? &w->page.cases[0] : NULL;

	if (w->call.put_back || !h)
		return; /* NOTE: what was not put back runs out by itself */
	h->asked = false;
	hand_told(h, told, err);
	h = hand_find(l, w->key);
	if (h && !h->forms)
		hand_over(h);
}

void hands_settled(struct line *l)
{
	for (struct hand_row *h = l->hands, *next; h; h = next) {
		next = h->next;
		hand_over(h);
	}
}

void hand_took(struct line *l, int64_t key, int64_t fence)
{
	struct hand_row *h = hand_find(l, key);

	if (h)
		h->fence = fence;
	else
		give_back(l, key, fence);
}

void hands_end(struct line *l)
{
	while (l->hands)
		hand_drop(l->hands);
}

/* ---- for the screens */

static struct line *line_of_key(struct sync *s, int64_t key)
{
	struct page now;

	page_init(&now);
	struct line *l = key > 0 && store_case_plain(s->store, key, &now)
				 ? line_named(s, now.cases[0].service)
				 : NULL;

	page_clear(&now);
	return l && l->service.ops->calls[CALL_LEASE].ask ? l : NULL;
}

void sync_hand(struct sync *s, int64_t case_key)
{
	struct line *l = line_of_key(s, case_key);
	struct hand_row *h = l ? hand_find(l, case_key) : NULL;

	if (!l)
		return;
	if (!h) {
		h = xcalloc(1, sizeof(*h));
		h->line = l;
		h->key = case_key;
		h->next = l->hands;
		l->hands = h;
	}
	if (!h->forms++)
		hand_ask(h);
}

void sync_unhand(struct sync *s, int64_t case_key)
{
	struct line *l = line_of_key(s, case_key);
	struct hand_row *h = l ? hand_find(l, case_key) : NULL;

	if (!h || --h->forms > 0 || hand_over(h))
		return;
	hand_later(h, SETTLING_MS);
}

struct in_hand sync_in_hand(struct sync *s, int64_t case_key)
{
	struct line *l = line_of_key(s, case_key);
	const struct hand_row *h = l ? hand_find(l, case_key) : NULL;
	struct in_hand in = { 0 };

	if (!h)
		return in;
	in.left_s = h->until_ms > loop_now_ms() ? (int)((h->until_ms - loop_now_ms()) / 1000) : 0;
	in.who = h->who;
	if (h->who[0])
		in.hand = HAND_THEIRS;
	else if (h->fence)
		in.hand = !in.left_s ? HAND_LAPSED : h->missed > 1 ? HAND_SHAKY : HAND_MINE;
	return in;
}
