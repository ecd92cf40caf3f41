/* See view.h. */
#include "tui/view.h"
#include "model/i18n.h"
#include "tui/prompt.h"
#include "tui/status.h"
#include <stdarg.h>
#include <string.h>
#include <time.h>

const struct view_ops *view_find(const char *name)
{
	for (const struct view_ops *const *v = view_list; *v; v++) {
		if (strcmp((*v)->name, name) == 0)
			return *v;
	}
	return NULL;
}

const struct view_ops *view_asking(const char *verb)
{
	for (const struct view_ops *const *v = view_list; *v; v++) {
		if ((*v)->asks_for && words_have((*v)->asks_for, verb))
			return *v;
	}
	return NULL;
}

static void view_free(struct view *v)
{
	if (v->ops->close)
		v->ops->close(v);
	if (v->app->sync)
		sync_forget(v->app->sync, v);
	free(v->own);
	free(v);
}

bool view_open(struct app *app, const char *name, const char *arg, struct error *err)
{
	const struct view_ops *ops = view_find(name);
	if (!ops)
		return error_set(
			err, ERROR_USAGE, _("There is no view %s; ? lists what there is."), name);
	struct view *v = xcalloc(1, sizeof(*v));
	v->ops = ops;
	v->app = app;
	v->below = app->view;
	v->stale = true;
	v->own = xcalloc(1, ops->own_size ? ops->own_size : 1);
	struct view *before = app->view;
	app->view = v;
	app->dirty = true;
	if (!ops->open || ops->open(v, arg, err))
		return true;
	/* open() may have put another view in its place; then that one stays. */
	if (app->view == v)
		app->view = before;
	view_free(v);
	return false;
}

void view_close(struct app *app)
{
	struct view *v = app->view;
	if (!v || !v->below)
		return;
	app->view = v->below;
	app->view->stale = true;
	app->dirty = true;
	view_free(v);
}

void view_close_all(struct app *app)
{
	while (app->view) {
		struct view *v = app->view;
		app->view = v->below;
		view_free(v);
	}
}

void view_reload(struct view *v)
{
	v->stale = true;
	v->app->dirty = v->app->wanted = true;
}

static void load_one(struct view *v)
{
	unsigned long changed = store_changed(v->app->store);
	if (!v->stale && v->seen == changed)
		return;
	v->seen = changed;
	v->stale = false;
	if (v->ops->load)
		v->ops->load(v);
}

void view_settle(struct view *v)
{
	if (v->stale)
		load_one(v);
}

static void draw_one(struct view *v, struct screen *s)
{
	if (v->ops->cover && v->below)
		draw_one(v->below, s);
	load_one(v);
	if (v->ops->draw)
		v->ops->draw(v, s);
}

enum { SMALLEST_ROWS = 12, SMALLEST_COLS = 40 };

static void put_line(void *ctx, int index, const char *text)
{
	screen_put(ctx, index, 0, -1, STYLE_TEXT, text);
}

static bool too_small(struct screen *s)
{
	int rows = screen_rows(s), cols = screen_cols(s);
	if (rows >= SMALLEST_ROWS && cols >= SMALLEST_COLS)
		return false;
	struct buf b = { 0 };
	buf_printf(&b, _("Window too small: %dx%d, at least %dx%d."), cols, rows, SMALLEST_COLS,
		SMALLEST_ROWS);
	screen_wrap(buf_str(&b), cols, put_line, s);
	screen_focus(s, 0, 0);
	buf_clear(&b);
	return true;
}

void view_draw(struct app *app)
{
	if (screen_away(app->screen))
		return;
	screen_begin(app->screen);
	if (!too_small(app->screen)) {
		draw_one(app->view, app->screen);
		status_draw(app->status, app->screen);
		if (prompt_is_open(app->prompt))
			prompt_draw(app->prompt, app->screen);
	}
	screen_end(app->screen);
}

bool view_draw_step(struct app *app)
{
	struct view *v = app->view;
	if (screen_away(app->screen) || !v->ops->draw_step || v->stale || prompt_is_open(app->prompt))
		return false;
	screen_again(app->screen);
	if (!v->ops->draw_step(v, app->screen))
		return false;
	status_draw_step(app->status, app->screen);
	screen_end(app->screen);
	return true;
}

int view_rows(const struct view *v)
{
	int rows = screen_rows(v->app->screen) - status_rows(v->app);
	return rows > 1 ? rows : 1;
}

int view_cols(const struct view *v)
{
	return screen_cols(v->app->screen);
}

static bool open_key(struct app *app, const char *view, int64_t key, struct error *err)
{
	char arg[32];
	snprintf(arg, sizeof(arg), "@%lld", (long long)key);
	return view_open(app, view, arg, err);
}

bool view_case_open(struct app *app, int64_t key, struct error *err)
{
	return open_key(app, "case", key, err);
}

bool view_citizen_open(struct app *app, int64_t key, struct error *err)
{
	return open_key(app, "citizen", key, err);
}

/* ---- the program */

struct query_now app_now(struct app *app)
{
	app_people(app);
	return (struct query_now){ .me = app->me, .team = app->team, .now = time(NULL),
		.who = app->who, .who_count = app->who_count };
}

const struct page *app_people(struct app *app)
{
	unsigned long changed = store_changed(app->store);
	if (app->people_seen == changed + 1)
		return &app->people;
	page_clear(&app->people_before);
	app->people_before = app->people;
	page_init(&app->people);
	store_people(app->store, NULL, &app->people);
	app->people_seen = changed + 1; /* 0 is: never read */
	app->me = app->people.profile ? app->people.profile->me : NULL;
	app->team = app->people.profile ? app->people.profile->my_team : NULL;
	app->profile_count =
		store_profiles(app->store, &app->profiles, &app->people.arena);
	app->who_count = store_who(app->store, &app->who, &app->people.arena);
	return &app->people;
}

const struct profile *app_profile(struct app *app, const char *service)
{
	const struct page *people = app_people(app);
	if (!service || app->profile_count < 2)
		return people->profile;
	for (int i = 0; i < app->profile_count; i++) {
		const char *name = app->profiles[i].service;
		if (name && strcmp(name, service) == 0)
			return &app->profiles[i];
	}
	return NULL;
}

const char *app_setting(const struct app *app, const char *name, const char *fallback)
{
	const char *value = app->config ? config_get(app->config, name) : NULL;
	return value && *value ? value : fallback;
}

bool app_flag(const struct app *app, const char *name, bool fallback)
{
	const char *value = app->config ? config_get(app->config, name) : NULL;
	return value && *value ? config_flag(app->config, name) : fallback;
}

int app_number(const struct app *app, const char *name, int fallback)
{
	const char *value = app->config ? config_get(app->config, name) : NULL;
	return value && *value ? config_number(app->config, name) : fallback;
}

void app_dirty(struct app *app)
{
	app->dirty = true;
}

void app_stepped(struct app *app)
{
	app->stepped = true;
}

void app_say(struct app *app, const char *fmt, ...)
{
	struct buf b = { 0 };
	va_list args;
	va_start(args, fmt);
	buf_vprintf(&b, fmt, args);
	va_end(args);
	status_say(app->status, STYLE_TEXT, buf_str(&b));
	buf_clear(&b);
	app->dirty = true;
}

void app_error(struct app *app, const struct error *err)
{
	status_say(app->status, STYLE_ERROR, err->text);
	app->dirty = true;
}

/* ---- yes or no */

struct confirm {
	struct app *app;
	void (*done)(void *ctx);
	void *ctx;
};

static bool confirm_key(void *ctx, int key)
{
	struct confirm *c = ctx;
	struct confirm kept = *c;
	prompt_close(kept.app->prompt);
	free(c);
	if (key == 'y' || key == 'Y')
		kept.done(kept.ctx);
	else
		app_say(kept.app, "%s", _("Nothing was done."));
	return true;
}

static void confirm_end(void *ctx, const char *line)
{
	(void)line;
	free(ctx);
}

void app_confirm(struct app *app, const char *question, void (*done)(void *ctx), void *ctx)
{
	struct confirm *c = xmalloc(sizeof(*c));
	*c = (struct confirm){ .app = app, .done = done, .ctx = ctx };
	/* TRANSLATORS: y and N are the keys; N is what Enter alone means. */
	struct buf label = { 0 };
	buf_printf(&label, _("%s [y/N] "), question);
	struct prompt_ask ask = {
		.label = buf_str(&label), .key = confirm_key, .done = confirm_end, .ctx = c
	};
	prompt_open(app->prompt, &ask);
	buf_clear(&label);
	app->dirty = true;
}
