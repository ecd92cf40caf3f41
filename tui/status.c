/* See status.h. */
#include "tui/status.h"
#include "model/i18n.h"
#include "model/text.h"
#include "model/when.h"
#include "tui/several.h"
#include <string.h>
#include <time.h>

struct status {
	struct app *app;
	struct buf message;
	enum style style;
	struct buf next; /* what can follow */
	/* What the store said for row 23, as long as it did not change. */
	struct {
		unsigned long seen;
		time_t at;
		bool known, connected;
		int pending, conflicts, refused;
		struct buf sync;
		enum style style;
	} told;
	int timer;	 /* ends the message */
};

struct status *status_new(struct app *app)
{
	struct status *t = xcalloc(1, sizeof(*t));
	t->app = app;
	return t;
}

void status_free(struct status *t)
{
	if (!t)
		return;
	loop_cancel(t->app->loop, t->timer);
	buf_clear(&t->message);
	buf_clear(&t->next);
	buf_clear(&t->told.sync);
	free(t);
}

int status_rows(const struct app *app)
{
	return app_flag(app, "ui.hints", true) ? 3 : 2;
}

void status_say(struct status *t, enum style style, const char *text)
{
	loop_cancel(t->app->loop, t->timer);
	t->timer = 0;
	buf_reset(&t->message);
	buf_text(&t->message, text);
	t->style = style;
	t->app->dirty = true;
}

static void message_over(void *ctx)
{
	struct status *t = ctx;
	t->timer = 0;
	buf_reset(&t->message);
	t->app->dirty = true;
}

void status_brief(struct status *t, int ms)
{
	loop_cancel(t->app->loop, t->timer);
	t->timer = loop_after(t->app->loop, ms, message_over, t);
}

void status_key(struct status *t)
{
	if (t->message.size)
		t->app->dirty = true;
	buf_reset(&t->message);
}

void status_continuations(struct status *t, const char *text)
{
	if (!text && !t->next.size)
		return;
	buf_reset(&t->next);
	buf_text(&t->next, text);
	t->app->dirty = true;
}

/* What a hint is reached by; NULL: it does nothing here. */
static const char *hint_keys(struct app *app, const struct hint *h)
{
	const struct view_ops *ops = app->view->ops;
	if (ops->offers && !ops->offers(app->view, h->line))
		return NULL;
	return keymap_keys(app->keymap, ops, h->line);
}

/* Columns a hint takes in row 22, 0 when it is not shown there; *keys: what it is reached by. */
static int hint_width(struct app *app, const struct hint *h, int room, const char **keys)
{
	*keys = hint_keys(app, h);
	if (!*keys)
		return 0;
	int width = screen_width(*keys) + 1 + screen_width(_(h->label)) + 2;
	return width <= room ? width : 0;
}

static const char *all_keys(struct app *app, struct buf *last)
{
	const char *all = keymap_keys(app->keymap, app->view->ops, "help");
	if (all)
		buf_printf(last, "%s %s", all, _("all keys"));
	return all;
}

/* "Enter open  t take": as many as fit before the way to all keys. */
static void draw_hints(struct status *t, struct screen *s, int row)
{
	struct buf last = { 0 };
	const char *all = all_keys(t->app, &last), *keys;
	int col = 0, room = screen_cols(s) - screen_width(buf_str(&last));
	for (const struct hint *h = t->app->view->ops->hints; h && h->line; h++) {
		int width = hint_width(t->app, h, room - col, &keys);
		if (!width)
			continue;
		screen_put(s, row, col, -1, STYLE_KEY, keys);
		screen_put(s, row, col + screen_width(keys) + 1, -1, STYLE_TEXT, _(h->label));
		col += width;
	}
	if (all) {
		screen_put(s, row, col, -1, STYLE_KEY, all);
		screen_put(s, row, col + screen_width(all) + 1, -1, STYLE_TEXT, _("all keys"));
	}
	buf_clear(&last);
}

void status_hints_left(struct app *app, struct buf *out)
{
	struct buf last = { 0 };
	const char *keys;
	all_keys(app, &last);
	int room = screen_cols(app->screen) - screen_width(buf_str(&last));
	bool row_22 = status_rows(app) == 3;
	for (const struct hint *h = app->view->ops->hints; h && h->line; h++) {
		int width = row_22 ? hint_width(app, h, room, &keys) : 0;
		room -= width;
		keys = hint_keys(app, h);
		if (!width && keys)
			buf_printf(out, "%s%s %s", out->size ? "  " : "", keys, _(h->label));
	}
	buf_clear(&last);
}

static void clock_time(struct buf *out, time_t at)
{
	struct tm tm;
	char text[16];
	localtime_r(&at, &tm);
	strftime(text, sizeof(text), "%H:%M", &tm);
	buf_text(out, text);
}

/* Where one service is asked now and then, its news are as old as that: the number does not tick. */
static void sync_words(struct app *app, struct buf *out)
{
	int seldom_ms = 0, count = sync_service_count(app->sync);
	for (int i = 0; i < count; i++)
		if (sync_asked_ms(app->sync, i) > seldom_ms)
			seldom_ms = sync_asked_ms(app->sync, i);
	if (seldom_ms)
		buf_printf(out, _("sync every %d s"), (seldom_ms + 999) / 1000);
	else
		buf_text(out, _("sync live"));
}

/* Whole minutes only, so that an idle screen does not tick. */
void status_sync(struct app *app, struct buf *out, enum style *style)
{
	struct arena a = { 0 };
	struct service_state state = { 0 };
	time_t now = time(NULL);
	*style = STYLE_TEXT;
	int count = app->sync ? sync_service_count(app->sync) : 0;
	struct service *service = count ? sync_service(app->sync, 0) : NULL;
	if (count > 1 && several_sync(app, out)) {
		*style = STYLE_ERROR;
		return;
	}
	/* They are all there: how fresh the one is that was heard of longest ago. */
	for (int i = 0; i < count; i++) {
		struct service_state one = { 0 };
		if (store_state(app->store, sync_service(app->sync, i)->name, &one, &a) &&
			(i == 0 || one.synced < state.synced))
			state = one;
	}
	if (!service) {
		buf_text(out, app->sync ? _("no service") : _("starting"));
	} else if (state.login) {
		buf_text(out, _("sign-in needed"));
		*style = STYLE_ERROR;
	} else if (!state.online && state.since) {
		struct buf since = { 0 };
		clock_time(&since, state.since);
		buf_printf(out, _("offline since %s"), buf_str(&since));
		buf_clear(&since);
		*style = STYLE_ERROR;
	} else if (!state.synced) {
		buf_text(out, _("connecting"));
	} else if (now - state.synced < 120) {
		sync_words(app, out);
	} else {
		long minutes = (long)((now - state.synced) / 60);
		buf_printf(out, P_("sync %ld min ago", "sync %ld min ago", (unsigned long)minutes),
			minutes);
	}
	arena_clear(&a);
}

static int put_part(struct screen *s, int row, int col, enum style style, const char *text)
{
	if (!*text)
		return col;
	return col + screen_put(s, row, col, -1, style, text) + 2;
}

static void draw_outbox(struct status *t, struct screen *s, int row, int *col)
{
	int pending = t->told.pending, conflicts = t->told.conflicts, refused = t->told.refused;
	struct buf b = { 0 };
	if (pending) {
		buf_printf(&b, _("outbox %d"), pending);
		*col = put_part(s, row, *col, STYLE_PENDING, buf_str(&b));
	}
	if (conflicts) {
		buf_reset(&b);
		buf_printf(&b, _("conflicts %d"), conflicts);
		*col = put_part(s, row, *col, STYLE_CONFLICT, buf_str(&b));
	}
	if (refused) {
		buf_reset(&b);
		buf_printf(&b, _("refused %d"), refused);
		*col = put_part(s, row, *col, STYLE_CONFLICT, buf_str(&b));
	}
	buf_clear(&b);
}

static void ask_store(struct status *t)
{
	unsigned long seen = store_changed(t->app->store);
	time_t now = time(NULL);
	bool connected = t->app->sync != NULL;
	if (t->told.known && t->told.seen == seen && t->told.at == now && t->told.connected == connected)
		return;
	t->told.known = true;
	t->told.seen = seen;
	t->told.at = now;
	t->told.connected = connected;
	t->told.pending = store_pending(t->app->store, &t->told.conflicts, &t->told.refused);
	buf_reset(&t->told.sync);
	status_sync(t->app, &t->told.sync, &t->told.style);
}

static void draw_status(struct status *t, struct screen *s, int row)
{
	struct app *app = t->app;
	struct buf b = { 0 };
	int col = 0;
	ask_store(t);
	if (app->view->ops->place)
		app->view->ops->place(app->view, &b);
	col = put_part(s, row, col, STYLE_TEXT, buf_str(&b));
	draw_outbox(t, s, row, &col);
	col = put_part(s, row, col, t->told.style, buf_str(&t->told.sync));
	buf_reset(&b);
	if (app->me) {
		buf_text(&b, _("as: "));
		several_me(&b, app);
	}
	col = put_part(s, row, col, STYLE_TEXT, buf_str(&b));
	if (app_flag(app, "ui.clock", true) && !app->quiet) {
		buf_reset(&b);
		clock_time(&b, time(NULL));
		if (col + 5 <= screen_cols(s)) /* who is at work matters more */
			screen_right(s, row, 0, STYLE_TEXT, buf_str(&b));
	}
	buf_clear(&b);
}

static void draw_sentence(struct status *t, struct screen *s, int row)
{
	if (t->message.size) {
		screen_put(s, row, 0, -1, t->style, buf_str(&t->message));
		return;
	}
	struct view *v = t->app->view;
	struct buf b = { 0 };
	if (v->ops->say)
		v->ops->say(v, &b);
	screen_put(s, row, 0, -1, STYLE_TEXT, buf_str(&b));
	buf_clear(&b);
}

void status_draw_step(struct status *t, struct screen *s)
{
	int last = screen_rows(s) - 1;
	screen_blank(s, last - 1, 0, screen_cols(s));
	draw_status(t, s, last - 1);
	screen_blank(s, last, 0, screen_cols(s));
	draw_sentence(t, s, last);
}

void status_draw(struct status *t, struct screen *s)
{
	int last = screen_rows(s) - 1;
	if (status_rows(t->app) == 3 && !t->next.size)
		draw_hints(t, s, last - 2);
	draw_status(t, s, last - 1);
	draw_sentence(t, s, last);
	if (t->next.size) {
		int row = last - 2;
		screen_blank(s, row, 0, screen_cols(s));
		screen_put(s, row, 0, -1, STYLE_TEXT, buf_str(&t->next));
	}
}
