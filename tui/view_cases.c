/* The worklist: tabs of saved views, and the rows of the open one. */
#include "model/i18n.h"
#include "model/secret.h"
#include "model/when.h"
#include "tui/moves.h"
#include "tui/prompt.h"
#include "tui/several.h"
#include "tui/table.h"
#include "tui/tui.h"
#include "tui/view.h"
#include <string.h>
#include <time.h>

enum {
	TABS = 9,
	HEAD_ROWS = 3, /* tabs, query, titles */
	FIRST_COL = 4,
	SOURCE_COLS = 76, /* so wide a window has room for SOURCE beside the usual columns */
	WIDE_COLS = 100,
	PREVIEW_COLS = 120,
	FRESH_MS = 60000,
	PREVIEW_MS = 250,
};

static const char narrow_columns[] = "priority number due citizen subject status";
static const char narrow_several[] = "priority source number due citizen subject status";
static const char wide_several[] = "priority source number due citizen subject status team age";
static const char wide_columns[] = "priority number due citizen subject status team age";

struct tab {
	const char *name, *query, *columns; /* columns NULL: by the width */
	int count;			    /* -1: not counted yet */
	bool more;			    /* so many or more */
};

/* One service, and what it answered to the open view. */
struct asked {
	struct view *v;
	const char *service;
	bool waiting, away; /* away: it was, when last looked at */
	char why[256];	    /* of its last failed question */
	char said[256];	    /* of that, what the person was told */
};

struct cases {
	struct moves moves; /* first: see moves.h */
	struct table table;
	struct tab tabs[TABS];
	int tab_count, tab;
	char *one_query; /* of `view cases QUERY` */
	char *own_columns; /* typed at C */
	struct arena saved; /* names and queries of tabs saved with V */
	char *filter_before;
	bool preview;
	bool asked, answered;
	struct asked services[SERVICES_SHOWN];
	int service_count;
	unsigned long looked; /* table.reads when further pages were last thought of */
	bool peeked, counted; /* table.total is all there is here: from the second load on */
	bool settled; /* the first answer is in, or the person moved: the focus keeps its case */
	int asked_tab; /* the tabs up to this one were asked for, to be counted */
	int total; /* what the services say the open tab has */
	bool more; /* or more */
	int pending; /* rows of the outbox at the last load */
	int count_timer, preview_timer;
	int64_t preview_key;
	struct page events; /* of the preview */
	int preview_end;    /* the row after its last */
	int cols;
};

/* ---- tabs */

static void put_count(struct buf *out, int count, bool more)
{
	buf_printf(out, more ? "%d+" : "%d", count);
}

static void read_tabs(struct cases *c, const struct config *config)
{
	const char *name;
	for (int i = 0; config && c->tab_count < TABS && (name = config_section(config, "view", i));
		i++) {
		const char *query = config_section_get(config, "view", name, "query");
		if (!query)
			continue;
		c->tabs[c->tab_count++] = (struct tab){ .name = name, .query = query, .count = -1,
			.columns = config_section_get(config, "view", name, "columns") };
	}
	if (c->tab_count)
		return;
	for (const struct view_default *v = view_defaults; v->name; v++)
		c->tabs[c->tab_count++] =
			(struct tab){ .name = _(v->name), .query = v->query, .count = -1 };
}

static const char *columns_here(const struct view *v, int cols)
{
	const struct cases *c = v->own;
	bool wide = cols >= WIDE_COLS;
	if (c->own_columns)
		return c->own_columns;
	if (c->tabs[c->tab].columns)
		return c->tabs[c->tab].columns;
	/* Of one service alone there is nothing to tell apart. */
	if (several(v->app) && !c->table.query.source && cols >= SOURCE_COLS)
		return wide ? wide_several : narrow_several;
	return wide ? wide_columns : narrow_columns;
}

/* ---- asking, each service for itself: one that is away costs nothing but its own rows */

static bool waiting(const struct cases *c)
{
	for (int i = 0; i < c->service_count; i++)
		if (c->services[i].waiting)
			return true;
	return false;
}

/* Being away and wanting a login stand in row 23; what else a service says of a view, once. */
static void say_why(struct asked *a, const struct error *err)
{
	bool elsewhere = err->kind == ERROR_OFFLINE || err->kind == ERROR_BUSY ||
			 err->kind == ERROR_LOGIN || err->kind == ERROR_CANCELLED;
	if (!err->kind || elsewhere || !several(a->v->app) || strcmp(a->said, a->why) == 0)
		return;
	snprintf(a->said, sizeof(a->said), "%s", a->why);
	app_say(a->v->app, _("%s: %s What it has is missing here."), a->service, a->why);
}

static void answered(void *ctx, const struct error *err)
{
	struct asked *a = ctx;
	struct cases *c = a->v->own;
	a->waiting = false;
	c->answered = true;
	c->looked = 0;
	snprintf(a->why, sizeof(a->why), "%s", err && err->kind ? err->text : "");
	say_why(a, err);
	view_reload(a->v);
}

static void know_services(struct view *v)
{
	struct cases *c = v->own;
	int count = v->app->sync ? sync_service_count(v->app->sync) : 0;
	for (; c->service_count < count && c->service_count < SERVICES_SHOWN; c->service_count++)
		c->services[c->service_count] = (struct asked){ .v = v,
			.service = sync_service(v->app->sync, c->service_count)->name };
}

static bool is_for(const struct cases *c, const struct asked *a)
{
	return !c->table.query.source || strcmp(c->table.query.source, a->service) == 0;
}

static void ask_one(struct view *v, struct asked *a, bool next_page, int fresh_ms)
{
	struct cases *c = v->own;
	a->waiting = true;
	sync_list(v->app->sync, a->service, &c->table.query, next_page, fresh_ms, answered, a);
}

static void ask_service(struct view *v, int fresh_ms)
{
	struct cases *c = v->own;
	if (!v->app->sync)
		return;
	know_services(v);
	c->asked = true;
	for (int i = 0; i < c->service_count; i++)
		if (is_for(c, &c->services[i]))
			ask_one(v, &c->services[i], false, fresh_ms);
}

/* The next page of each service whose rows end before those on the screen and around it: without it
   the merged order has a gap there. */
static void ask_pages(struct view *v)
{
	struct cases *c = v->own;
	const struct page *page = &c->table.page;
	if (!v->app->sync || !c->answered || waiting(c) || !page->case_count ||
		c->looked == c->table.reads + 1)
		return;
	c->looked = c->table.reads + 1; /* 0 is: never */
	for (int i = 0; i < c->service_count; i++) {
		struct asked *a = &c->services[i];
		if (is_for(c, a) && sync_list_short(v->app->sync, a->service, &c->table.query,
					    &page->cases[page->case_count - 1]))
			ask_one(v, a, true, 0);
	}
}

static void forget_services(struct view *v)
{
	struct cases *c = v->own;
	for (int i = 0; i < c->service_count; i++) {
		struct asked *a = &c->services[i];
		if (v->app->sync)
			sync_forget(v->app->sync, a);
		a->waiting = false;
		a->why[0] = a->said[0] = '\0';
	}
}

/* Why nothing is shown: what the first that failed says. */
static void put_why(const struct view *v, struct buf *out)
{
	const struct cases *c = v->own;
	for (int i = 0; i < c->service_count; i++) {
		const struct asked *a = &c->services[i];
		if (!a->why[0] || !is_for(c, a))
			continue;
		buf_printf(out, several(v->app) ? "%s: %s" : "%.0s%s", a->service, a->why);
		return;
	}
}

static bool any_why(const struct view *v)
{
	struct buf why = { 0 };
	put_why(v, &why);
	bool any = why.size > 0;
	buf_clear(&why);
	return any;
}

static bool open_tab(struct view *v, int tab, struct error *err)
{
	struct cases *c = v->own;
	struct table fresh = { 0 };
	int cols = v->app->screen ? view_cols(v) : 80;
	int before = c->tab;
	c->tab = tab;
	if (!table_open(&fresh, c->tabs[tab].query, columns_here(v, cols), err)) {
		table_clear(&fresh);
		c->tab = before;
		return false;
	}
	fresh.rows = c->table.rows;
	fresh.bar = strcmp(app_setting(v->app, "ui.focus", "mark"), "bar") == 0;
	table_clear(&c->table);
	c->table = fresh;
	forget_services(v);
	c->asked = c->answered = c->settled = false;
	c->cols = 0;
	c->total = 0;
	c->more = false;
	view_reload(v);
	return true;
}

static void step(struct view *v, const char *word, int times);

static bool cases_open(struct view *v, const char *arg, struct error *err)
{
	struct cases *c = v->own;
	c->moves.step = step;
	c->preview = true;
	c->table.at = -1;
	page_init(&c->events);
	if (arg) {
		c->one_query = xstrdup(arg);
		c->tabs[c->tab_count++] =
			(struct tab){ .name = _("Found"), .query = c->one_query, .count = -1 };
	} else {
		read_tabs(c, v->app->config);
	}
	struct error first = { 0 };
	for (int i = 0; i < c->tab_count; i++) {
		if (open_tab(v, i, &first))
			return true;
		/* A query with a slip costs its own tab only. */
		if (v->app->status && !arg)
			app_error(v->app, &first);
	}
	*err = first;
	return false;
}

static void cases_close(struct view *v)
{
	struct cases *c = v->own;
	loop_cancel(v->app->loop, c->count_timer);
	loop_cancel(v->app->loop, c->preview_timer);
	forget_services(v);
	table_clear(&c->table);
	page_clear(&c->events);
	free(c->one_query);
	free(c->own_columns);
	free(c->filter_before);
	arena_clear(&c->saved);
}

/* ---- reading */

static void tab_answered(void *ctx, const struct error *err);

/* The other tabs are asked for once, one after the other, so that they are there when they are
 * opened. */
static void ask_tab(struct view *v, const struct query *q, int tab)
{
	struct cases *c = v->own;
	if (!v->app->sync || !c->answered || tab != c->asked_tab)
		return;
	c->asked_tab++;
	sync_list(v->app->sync, q->source, q, false, FRESH_MS, tab_answered, v);
}

static void count_tabs(void *ctx)
{
	struct view *v = ctx;
	struct cases *c = v->own;
	struct query_now now = app_now(v->app);
	int asking = c->asked_tab;
	c->count_timer = 0;
	if (!c->counted)
		view_reload(v);
	for (int i = 0; i < c->tab_count; i++) {
		struct query q = { 0 };
		struct error err;
		bool good = query_parse(&q, QUERY_CASES, c->tabs[i].query, NULL, &err);
		bool more = false;
		int count = good ? store_total(v->app->store, &q, &now, &more) : -1;
		if (good && i == asking)
			ask_tab(v, &q, i);
		query_clear(&q);
		if (count != c->tabs[i].count || more != c->tabs[i].more)
			app_dirty(v->app);
		c->tabs[i].count = count;
		c->tabs[i].more = more;
	}
	bool more = false;
	int total = store_total(v->app->store, &c->table.query, &now, &more);
	if (total != c->total || more != c->more)
		app_dirty(v->app);
	c->total = total;
	c->more = more;
	if (table_find_place(&c->table, v->app->store, &now))
		app_dirty(v->app);
}

static void count_soon(struct view *v)
{
	struct cases *c = v->own;
	if (!c->count_timer)
		c->count_timer = loop_after(v->app->loop, 1, count_tabs, v);
}

static void tab_answered(void *ctx, const struct error *err)
{
	(void)err;
	count_soon(ctx);
}

static void ask_preview(void *ctx)
{
	struct view *v = ctx;
	struct cases *c = v->own;
	c->preview_timer = 0;
	if (v->app->sync && c->preview_key > 0)
		sync_case(v->app->sync, c->preview_key, FRESH_MS, NULL, v);
}

static bool preview_shown(const struct view *v)
{
	const struct cases *c = v->own;
	return c->preview && view_cols(v) >= PREVIEW_COLS;
}

static void load_preview(struct view *v)
{
	struct cases *c = v->own;
	const struct casefile *cf = table_focus(&c->table);
	page_clear(&c->events);
	page_init(&c->events);
	if (!cf || !preview_shown(v))
		return;
	store_events(v->app->store, cf->key, &c->events);
	secret_mask_events(&c->events, cf, app_people(v->app));
	if (cf->key == c->preview_key)
		return;
	/* Only what a person rests on is asked for. */
	c->preview_key = cf->key;
	loop_cancel(v->app->loop, c->preview_timer);
	c->preview_timer = loop_after(v->app->loop, PREVIEW_MS, ask_preview, v);
}

/* What failed while a service was away is asked again when it is back, and the counts of the tabs
   with it. */
static void ask_again(struct view *v)
{
	struct cases *c = v->own;
	for (int i = 0; i < c->service_count; i++) {
		struct asked *a = &c->services[i];
		bool was_away = a->away;
		a->away = sync_away(v->app->sync, a->service);
		if (!was_away || a->away || !is_for(c, a))
			continue;
		c->asked_tab = 0;
		ask_one(v, a, false, 0);
	}
}

/* The service's count was taken before a change of ours was accepted. */
static void count_again(struct view *v)
{
	struct cases *c = v->own;
	int conflicts = 0, refused = 0;
	int before = c->pending;

	c->pending = store_pending(v->app->store, &conflicts, &refused);
	if (c->pending < before && c->answered && c->total > c->table.total)
		ask_service(v, 0);
}

static void cases_load(struct view *v)
{
	struct cases *c = v->own;
	struct query_now now = app_now(v->app);
	c->table.rows = view_rows(v) - HEAD_ROWS;
	if (!c->settled)
		table_top(&c->table);
	/* One that answers late puts its rows above those that nobody has moved to yet. */
	c->settled = c->settled || (c->answered && !waiting(c));
	/* Counting a hundred thousand takes as long as all else before the first screen. */
	c->counted = c->peeked;
	c->peeked = true;
	if (c->counted)
		table_load(&c->table, v->app->store, &now);
	else
		table_peek(&c->table, v->app->store, &now);
	if (!c->asked)
		ask_service(v, FRESH_MS);
	ask_again(v);
	count_again(v);
	/* At the end only who goes on wants more: else all of it would come. */
	if (!c->table.tail)
		ask_pages(v);
	load_preview(v);
	/* Counts come after what a person looks at. */
	count_soon(v);
}

/* ---- drawing */

static void draw_tabs(struct view *v, struct screen *s)
{
	struct cases *c = v->own;
	const struct profile *p = app_profile(v->app, NULL);
	struct buf b = { 0 }, title = { 0 };
	if (several(v->app))
		several_names(&title, v->app);
	else if (p && p->title)
		buf_text(&title, p->title);
	if (p && p->sample)
		buf_printf(&title, "%s%s", title.size ? ", " : "", _("made-up data"));
	if (v->app->me && view_cols(v) >= PREVIEW_COLS) {
		buf_text(&title, _("  as "));
		several_me(&title, v->app);
	}
	struct show show = { .people = app_people(v->app) };
	if (v->app->team && !several(v->app) && view_cols(v) >= PREVIEW_COLS)
		buf_printf(&title, _("  team %s"), show_team(&show, v->app->team));
	int col = screen_put(s, 0, 0, -1, STYLE_TITLE, "caseload") + 2;
	for (int i = 0; i < c->tab_count; i++) {
		buf_reset(&b);
		buf_printf(&b, "%d %s", i + 1, c->tabs[i].name);
		if (c->tabs[i].count >= 0) {
			buf_char(&b, ' ');
			put_count(&b, c->tabs[i].count, c->tabs[i].more);
		}
		int width = screen_width(buf_str(&b));
		screen_put(s, 0, col, -1, i == c->tab ? STYLE_TITLE : STYLE_TEXT, buf_str(&b));
		col += width + 2;
	}
	/* Whose data it is gets what the tabs leave. */
	int room = view_cols(v) - col, wanted = screen_width(buf_str(&title));
	if (wanted <= room)
		screen_right(s, 0, 0, STYLE_TEXT, buf_str(&title));
	else if (room > 8)
		screen_put(s, 0, col, room, STYLE_TEXT, buf_str(&title));
	buf_clear(&b);
	buf_clear(&title);
}

static void draw_query(struct view *v, struct screen *s)
{
	struct cases *c = v->own;
	struct table *t = &c->table;
	struct buf b = { 0 }, shown = { 0 };
	buf_printf(&b, _("view: %s  query: %s"), c->tabs[c->tab].name, t->base);
	if (t->filter && *t->filter)
		buf_printf(&b, _("  filter: %s"), t->filter);
	if (t->sort && *t->sort)
		buf_printf(&b, _("  sort: %s"), t->sort);
	struct buf here = { 0 }, all = { 0 };
	put_count(&here, t->total, t->total == STORE_COUNT_MAX && (c->more || c->total <= t->total));
	put_count(&all, c->total > t->total ? c->total : t->total, c->more);
	if (c->counted)
		buf_printf(&shown, _("%s shown of %s"), buf_str(&here), buf_str(&all));
	buf_clear(&here);
	buf_clear(&all);
	int width = screen_width(buf_str(&shown));
	screen_put(s, 1, 0, view_cols(v) - width - 1, STYLE_TEXT, buf_str(&b));
	screen_right(s, 1, 0, STYLE_TEXT, buf_str(&shown));
	buf_clear(&b);
	buf_clear(&shown);
}

static bool undelivered(const struct table *t)
{
	for (int i = 0; i < t->page.case_count; i++)
		if (t->page.cases[i].delivery)
			return true;
	return false;
}

static void draw_legend(struct view *v, struct screen *s)
{
	struct cases *c = v->own;
	int row = view_rows(v) - 1;
	if (c->table.page.case_count - c->table.top >= c->table.rows)
		return;
	const char *away[SERVICES_SHOWN + 1];
	if (several_away(v->app, away)[0]) {
		screen_put(s, row, 0, view_cols(v), STYLE_DIM,
			_("legend: > here  + marked  * both  N new  ! unsent  C conflict  "
			  "~ not up to date"));
		return;
	}
	/* Rare, so it is told where it is. */
	if (undelivered(&c->table)) {
		screen_put(s, row, 0, view_cols(v), STYLE_DIM,
			_("legend: > here  + marked  * both  N new  ! unsent  C conflict  F reply failed"));
		return;
	}
	screen_put(s, row, 0, view_cols(v), STYLE_DIM,
		c->table.bar ? _("legend: + marked  N new  ! change not yet sent  C conflict")
			     : _("legend: > here  + marked  * both  N new  ! change not yet sent  "
				 "C conflict"));
}

struct pen {
	struct screen *s;
	int row, last, col, width, indent;
};

static void pen_line(void *ctx, int index, const char *text)
{
	struct pen *p = ctx;
	(void)index;
	if (p->row <= p->last)
		screen_put(
			p->s, p->row, p->col + p->indent, p->width - p->indent, STYLE_TEXT, text);
	p->row++;
}

/* An empty list says why it is empty, in full: the end of the sentence is what can be done. */
static void draw_empty(struct view *v, struct screen *s)
{
	struct cases *c = v->own;
	const char *text = _("No case is in this view.");
	struct buf why = { 0 };
	put_why(v, &why);
	if (c->table.filter && *c->table.filter)
		text = _("No case matches the filter; Esc takes it away.");
	else if (why.size)
		text = buf_str(&why);
	else if (!c->answered || waiting(c))
		text = _("Asking the service...");

	struct pen pen = { .s = s, .row = HEAD_ROWS, .last = HEAD_ROWS + 3, .col = FIRST_COL,
		.width = view_cols(v) - FIRST_COL };

	screen_wrap(text, pen.width, pen_line, &pen);
	screen_focus(s, HEAD_ROWS, FIRST_COL);
	buf_clear(&why);
}

static void pen_put(struct pen *p, enum style style, const char *text)
{
	if (p->row <= p->last)
		screen_put(p->s, p->row, p->col, p->width, style, text);
	p->row++;
}

static int wrap_event(const struct event *e, int cols, void (*line)(void *, int, const char *), void *ctx)
{
	struct buf text = { 0 };
	if (!show_event_body(e))
		return 0;
	show_event_text(&text, e);
	int count = screen_wrap(buf_str(&text), cols, line, ctx);
	buf_clear(&text);
	return count;
}

static void preview_event(struct pen *p, const struct show *show, const struct event *e)
{
	struct buf b = { 0 };
	when_stamp(&b, e->at, show->now);
	buf_char(&b, ' ');
	show_event(&b, show, e);
	if (e->pending)
		buf_printf(&b, ", %s", _("not yet sent"));
	else if (e->delivery && e->wire && !strcmp(e->wire, "answer"))
		buf_printf(&b, ", %s", show_delivery(e->delivery));
	pen_put(p, STYLE_TEXT, buf_str(&b));
	buf_clear(&b);
	p->indent = 2;
	wrap_event(e, p->width - 2, pen_line, p);
	p->indent = 0;
}

static void preview_head(
	struct pen *p, const struct app *app, const struct show *show, const struct casefile *cf)
{
	struct buf b = { 0 };
	several_case_name(&b, app, cf);
	buf_printf(&b, "  %s", cf->subject ? cf->subject : "");
	pen_put(p, STYLE_TITLE, buf_str(&b));
	buf_reset(&b);
	buf_printf(&b, "%s  P%d  ", show_state(show, cf), cf->priority);
	show_due(&b, cf->due, show->now);
	pen_put(p, STYLE_TEXT, buf_str(&b));
	buf_reset(&b);
	buf_text(&b, cf->citizen_name);
	if (cf->citizen_town)
		buf_printf(&b, "  %s", cf->citizen_town);
	pen_put(p, STYLE_TEXT, buf_str(&b));
	buf_reset(&b);
	buf_text(&b, _("owner "));
	show_owner(&b, show, cf->worker);
	if (cf->team)
		buf_printf(&b, _("   team %s"), show_team(show, cf->team));
	pen_put(p, STYLE_TEXT, buf_str(&b));
	p->row++;
	buf_clear(&b);
}

static int list_cols(const struct view *v)
{
	return preview_shown(v) ? view_cols(v) * 6 / 10 : view_cols(v);
}

static void draw_preview(struct view *v, struct screen *s)
{
	struct cases *c = v->own;
	const struct casefile *cf = table_focus(&c->table);
	int col = list_cols(v) + 2, last = view_rows(v) - 2;
	screen_put(s, 2, col, -1, STYLE_HEAD, _("preview (p hides it)"));
	if (!cf)
		return;
	struct show show = several_show(v->app, cf->service);
	struct pen pen = {
		.s = s, .row = HEAD_ROWS, .last = last, .col = col, .width = view_cols(v) - col
	};
	preview_head(&pen, v->app, &show, cf);
	/* The newest is what one wants to read; as many before it as there is room for. */
	int first = 0, room = last - pen.row + 1;
	for (int i = c->events.event_count - 1, used = 0; i >= 0; i--) {
		const struct event *e = &c->events.events[i];
		used += 1 + wrap_event(e, pen.width - 2, NULL, NULL);
		first = used > room && i + 1 < c->events.event_count ? i + 1 : i;
		if (used > room)
			break;
	}
	for (int i = first; i < c->events.event_count; i++)
		preview_event(&pen, &show, &c->events.events[i]);
	c->preview_end = pen.row <= last ? pen.row : last + 1;
}

/* Other columns for another width, unless a person chose their own. */
static void fit_columns(struct view *v)
{
	struct cases *c = v->own;
	int cols = list_cols(v);
	if (cols == c->cols)
		return;
	c->cols = cols;
	table_set_columns(&c->table, columns_here(v, view_cols(v)));
}

static void cases_draw(struct view *v, struct screen *s)
{
	struct cases *c = v->own;
	int rows = view_rows(v) - HEAD_ROWS;
	fit_columns(v);
	draw_tabs(v, s);
	draw_query(v, s);
	if (rows != c->table.rows)
		view_reload(v);
	if (preview_shown(v))
		draw_preview(v, s);
	const char *away[SERVICES_SHOWN + 1];
	c->table.people = app_people(v->app);
	c->table.source_columns = several_width(v->app);
	c->table.away = several_away(v->app, away);
	table_draw(&c->table, s, HEAD_ROWS - 1, rows, list_cols(v), time(NULL));
	if (!table_focus(&c->table))
		draw_empty(v, s);
	draw_legend(v, s);
}

static bool cases_draw_step(struct view *v, struct screen *s)
{
	struct cases *c = v->own;
	int col = list_cols(v) + 2;
	const char *away[SERVICES_SHOWN + 1];
	c->table.people = app_people(v->app);
	c->table.source_columns = several_width(v->app);
	c->table.away = several_away(v->app, away);
	if (list_cols(v) != c->cols || !table_draw_step(&c->table, s, time(NULL)))
		return false;
	if (!preview_shown(v))
		return true;
	for (int row = HEAD_ROWS; row < c->preview_end; row++)
		screen_blank(s, row, col, view_cols(v) - col);
	draw_preview(v, s);
	return true;
}

/* ---- words about the focus */

static void cases_say(struct view *v, struct buf *b)
{
	struct cases *c = v->own;
	const struct casefile *cf = table_focus(&c->table);
	if (!cf) {
		put_why(v, b);
		buf_text(b, b->size ? "" : _("The list is empty."));
		return;
	}
	struct show show = several_show(v->app, cf->service);
	struct buf name = { 0 };
	several_case_name(&name, v->app, cf);
	/* Before all that may be cut off at the edge. */
	several_age(&name, v->app, cf);
	if (table_focus_gone(&c->table))
		buf_printf(b, _("%s is gone from this list."), buf_str(&name));
	else
		buf_printf(b, "%s %s: %s. %s", buf_str(&name),
			cf->citizen_name ? cf->citizen_name : "-",
			cf->subject ? cf->subject : "-", show_state(&show, cf));
	buf_clear(&name);
	if (table_focus_gone(&c->table))
		return;
	if (cf->priority)
		buf_printf(b, _(", priority %d"), cf->priority);
	if (cf->due && stage_is_open(cf->stage)) {
		buf_text(b, ", ");
		show_due(b, cf->due, show.now);
	}
}

static void place_numbers(const struct cases *c, struct buf *b)
{
	int total = c->total > c->table.total ? c->total : c->table.total;
	buf_printf(b, "%s%ld/", c->table.exact || !total ? "" : "~", table_place(&c->table));
	put_count(b, total, c->more || (!c->counted && total));
}

static void cases_place(struct view *v, struct buf *b)
{
	struct cases *c = v->own;
	buf_printf(b, "%s ", _("Worklist"));
	place_numbers(c, b);
	if (c->table.mark_count)
		buf_printf(b, _("  marked %d"), c->table.mark_count);
}

static void cases_where(struct view *v, struct buf *b)
{
	struct cases *c = v->own;
	struct buf numbers = { 0 };
	place_numbers(c, &numbers);
	/* TRANSLATORS: "1/14 of Mine": the place in the list of that name. */
	buf_printf(b, _("%s of %s"), buf_str(&numbers), c->tabs[c->tab].name);
	buf_clear(&numbers);
}

static bool cases_targets(struct view *v, struct page *page, struct error *err)
{
	struct cases *c = v->own;
	return table_targets(&c->table, v->app->store, page, err);
}

static int64_t cases_citizen(struct view *v)
{
	struct cases *c = v->own;
	const struct casefile *cf = table_focus(&c->table);
	return cf && cf->citizen ? store_citizen_key(v->app->store, cf->service, cf->citizen) : 0;
}

static void moved(struct view *v)
{
	load_preview(v);
	ask_pages(v);
	app_stepped(v->app);
}

static void move_by(struct view *v, int by)
{
	struct cases *c = v->own;
	struct query_now now = app_now(v->app);
	c->settled = true;
	table_move(&c->table, v->app->store, &now, by);
	moved(v);
}

static int64_t cases_step(struct view *v, int by)
{
	struct cases *c = v->own;
	int64_t before = c->table.cursor;
	move_by(v, by);
	return c->table.cursor == before ? 0 : c->table.cursor;
}

static int64_t cases_next(struct view *v)
{
	const struct table *t = &((struct cases *)v->own)->table;

	return t->at >= 0 && t->at + 1 < t->page.case_count ? t->page.cases[t->at + 1].key : 0;
}

static void cases_acted(struct view *v, const struct plan *plan)
{
	struct cases *c = v->own;
	(void)plan;
	table_mark_none(&c->table);
}

/* ---- actions */

static void step(struct view *v, const char *word, int times)
{
	struct cases *c = v->own;
	int page = c->table.rows > 1 ? c->table.rows - 1 : 1;
	const struct { const char *word; int by; } words[] = {
		{ "down", times }, { "up", -times },
		{ "page-down", page * times }, { "page-up", -page * times },
		{ "half-down", (page + 1) / 2 * times }, { "half-up", -(page + 1) / 2 * times },
		{ "top", TABLE_START }, { "bottom", TABLE_END },
	};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i].word, word) == 0)
			move_by(v, words[i].by);
	}
}

static bool run_open(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct cases *c = v->own;
	(void)argc;
	(void)argv;
	const struct casefile *cf = table_focus(&c->table);
	if (!cf && !c->answered && !any_why(v))
		return error_set(err, ERROR_USAGE,
			_("The list is still being read; its first rows come in a moment."));
	if (!cf)
		return error_set(err, ERROR_USAGE, _("The list is empty."));
	if (table_focus_gone(&c->table))
		return error_set(err, ERROR_GONE, _("%s is gone from this list."), cf->number);
	return view_case_open(v->app, cf->key, err);
}

static bool run_tab(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct cases *c = v->own;
	int n = argc ? atoi(argv[0]) : 0;
	if (n < 1 || n > c->tab_count)
		return error_set(err, ERROR_USAGE, P_("There is %d view.", "There are %d views.",
			(unsigned long)c->tab_count), c->tab_count);
	return open_tab(v, n - 1, err);
}

static bool run_next_tab(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct cases *c = v->own;
	(void)argc;
	(void)argv;
	return open_tab(v, (c->tab + 1) % c->tab_count, err);
}

static bool run_previous_tab(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct cases *c = v->own;
	(void)argc;
	(void)argv;
	return open_tab(v, (c->tab + c->tab_count - 1) % c->tab_count, err);
}

static void toggle_mark(struct cases *c)
{
	if (c->table.cursor && !table_focus_gone(&c->table))
		table_mark(&c->table, c->table.cursor, !table_marked(&c->table, c->table.cursor));
}

static bool run_mark(struct view *v, int argc, const char *const *argv, struct error *err)
{
	(void)argc;
	(void)argv;
	(void)err;
	toggle_mark(v->own);
	move_by(v, 1);
	return true;
}

static bool mark_step(struct view *v, int by)
{
	struct cases *c = v->own;
	table_mark(&c->table, c->table.cursor, true);
	move_by(v, by);
	table_mark(&c->table, c->table.cursor, true);
	return true;
}

static bool run_mark_down(struct view *v, int argc, const char *const *argv, struct error *err)
{
	(void)argc;
	(void)argv;
	(void)err;
	return mark_step(v, 1);
}

static bool run_mark_up(struct view *v, int argc, const char *const *argv, struct error *err)
{
	(void)argc;
	(void)argv;
	(void)err;
	return mark_step(v, -1);
}

/* From where Ctrl-Space was pressed first to where it is pressed again. */
static bool run_mark_range(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct cases *c = v->own;
	struct table *t = &c->table;
	(void)argc;
	(void)argv;
	(void)err;
	if (!t->range) {
		t->range = t->cursor;
		app_say(v->app, "%s",
			_("The range begins here; Ctrl-Space at its other end marks it."));
		return true;
	}
	int from = -1;
	for (int i = 0; i < t->page.case_count; i++) {
		if (t->page.cases[i].key == t->range)
			from = i;
	}
	t->range = 0;
	if (from < 0)
		return error_set(err, ERROR_USAGE,
			_("The range is too long; mark by a query with ~ instead."));
	int low = from < t->at ? from : t->at, high = from < t->at ? t->at : from;
	for (int i = low; i <= high; i++)
		table_mark(t, t->page.cases[i].key, true);
	return true;
}

static bool run_mark_all(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct cases *c = v->own;
	struct query_now now = app_now(v->app);
	(void)argc;
	(void)argv;
	(void)err;
	bool whole = table_mark_all(&c->table, v->app->store, &now);
	app_say(v->app,
		whole ? P_("%d case marked.", "%d cases marked.",
				(unsigned long)c->table.mark_count)
		      : _("The first %d cases are marked; there are more."),
		c->table.mark_count);
	return true;
}

static bool run_mark_none(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct cases *c = v->own;
	(void)argc;
	(void)argv;
	(void)err;
	table_mark_none(&c->table);
	return true;
}

static void mark_query_done(void *ctx, const char *line)
{
	struct view *v = ctx;
	struct cases *c = v->own;
	struct query_now now = app_now(v->app);
	struct error err = { 0 };
	if (!line || !*line)
		return;
	int before = c->table.mark_count;
	if (!table_mark_query(&c->table, v->app->store, &now, line, &err))
		app_error(v->app, &err);
	else
		app_say(v->app,
			P_("%d case marked.", "%d cases marked.",
				(unsigned long)(c->table.mark_count - before)),
			c->table.mark_count - before);
}

static bool run_mark_query(struct view *v, int argc, const char *const *argv, struct error *err)
{
	(void)err;
	if (argc) {
		struct buf line = { 0 };
		for (int i = 0; i < argc; i++)
			buf_printf(&line, "%s%s", i ? " " : "", argv[i]);
		mark_query_done(v, buf_str(&line));
		buf_clear(&line);
		return true;
	}
	struct prompt_ask ask = {
		.label = _("mark: "), .history = "filter", .done = mark_query_done, .ctx = v
	};
	prompt_open(v->app->prompt, &ask);
	return true;
}

static void filter_changed(void *ctx, const char *line)
{
	struct view *v = ctx;
	struct cases *c = v->own;
	struct error err = { 0 };
	/* What is half typed may not be a query yet; then the last whole one stays. */
	if (table_set_filter(&c->table, line, &err))
		view_reload(v);
	c->cols = 0; /* source: has one column less */
}

static void filter_done(void *ctx, const char *line)
{
	struct view *v = ctx;
	struct cases *c = v->own;
	struct error err = { 0 };
	if (!table_set_filter(&c->table, line ? line : c->filter_before, &err))
		app_error(v->app, &err);
	c->cols = 0;
	view_reload(v);
	if (line && *line)
		ask_service(v, FRESH_MS);
}

static bool filter_key(void *ctx, int key)
{
	struct view *v = ctx;
	if (key != KEY_DOWN_ && key != KEY_UP_)
		return false;
	move_by(v, key == KEY_DOWN_ ? 1 : -1);
	return true;
}

static bool run_filter(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct cases *c = v->own;
	(void)err;
	free(c->filter_before);
	c->filter_before = xstrdup(c->table.filter);
	if (argc) {
		struct buf line = { 0 };
		for (int i = 0; i < argc; i++)
			buf_printf(&line, "%s%s", i ? " " : "", argv[i]);
		filter_done(v, buf_str(&line));
		buf_clear(&line);
		return true;
	}
	struct prompt_ask ask = { .label = "/", .begin = c->table.filter, .history = "filter",
		.changed = filter_changed, .done = filter_done, .key = filter_key, .ctx = v };
	prompt_open(v->app->prompt, &ask);
	return true;
}

static const struct { int key; const char *field;
} orders[] = {
	{ 'd', "due" },
	{ 'p', "priority" },
	{ 'u', "updated" },
	{ 'o', "opened" },
	{ 'n', "number" },
	{ 's', "status" },
	{ 't', "team" },
	{ 'w', "assignee" },
	{ 'b', "subject" },
};

static bool set_order(struct view *v, const char *field, struct error *err)
{
	struct cases *c = v->own;
	struct buf b = { 0 };
	/* The same again: the other way round. */
	bool same = c->table.sort && strcmp(c->table.sort, field) == 0;
	buf_printf(&b, "%s%s", same ? "-" : "", field);
	bool good = table_set_sort(&c->table, buf_str(&b), err);
	buf_clear(&b);
	view_reload(v);
	c->asked = false;
	return good;
}

static bool order_key(void *ctx, int key)
{
	struct view *v = ctx;
	struct error err = { 0 };
	prompt_close(v->app->prompt);
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		if (orders[i].key == key && !set_order(v, orders[i].field, &err))
			app_error(v->app, &err);
	}
	return true;
}

static bool run_order(struct view *v, int argc, const char *const *argv, struct error *err)
{
	if (argc)
		return set_order(v, argv[0], err);
	struct prompt_ask ask = { .key = order_key,
		.ctx = v,
		.label = _("order by: d due p priority u updated o opened n number s state t team "
			   "w owner: ") };
	prompt_open(v->app->prompt, &ask);
	return true;
}

/* A misspelt name changes nothing; none at all are those of the view. */
static bool choose_columns(struct view *v, const char *line, struct error *err)
{
	struct cases *c = v->own;
	struct arena scratch = { 0 };
	bool good = true;
	for (const char *at = line; good && at[strspn(at, ", ")];) {
		at += strspn(at, ", ");
		size_t size = strcspn(at, ", ");
		good = column_look(arena_copy_n(&scratch, at, size), err) != NULL;
		at += size;
	}
	arena_clear(&scratch);
	if (!good)
		return false;
	free(c->own_columns);
	c->own_columns = line[strspn(line, ", ")] ? xstrdup(line) : NULL;
	c->cols = 0;
	app_dirty(v->app);
	return true;
}

static void columns_done(void *ctx, const char *line)
{
	struct view *v = ctx;
	struct error err = { 0 };
	if (line && !choose_columns(v, line, &err))
		app_error(v->app, &err);
}

static bool run_columns(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct cases *c = v->own;
	struct buf now = { 0 };
	bool good = true;
	for (int i = 0; i < argc; i++)
		buf_printf(&now, "%s%s", i ? " " : "", argv[i]);
	if (argc) {
		good = choose_columns(v, buf_str(&now), err);
	} else {
		for (int i = 0; c->table.columns[i]; i++)
			buf_printf(&now, "%s%s", i ? " " : "", c->table.columns[i]);
		struct prompt_ask ask = { .label = _("columns: "),
			.begin = buf_str(&now),
			.history = "columns",
			.done = columns_done,
			.ctx = v };
		prompt_open(v->app->prompt, &ask);
	}
	buf_clear(&now);
	return good;
}

/* ---- V: the open view as a tab of its own */

static void query_text(const struct table *t, struct buf *out)
{
	bool both = *t->base && t->filter && *t->filter;
	buf_printf(out, both ? "(%s) %s" : "%s%s", t->base, t->filter ? t->filter : "");
	if (t->sort && *t->sort)
		buf_printf(out, "%ssort:%s", out->size ? " " : "", t->sort);
}

/* Where no view is configured the tabs are the program's own: they would be gone once one is. */
static bool save_defaults(const struct config *config, struct error *err)
{
	bool good = true;
	for (const struct view_default *d = view_defaults; good && d->name; d++) {
		const char *pairs[] = { "query", d->query, NULL };
		good = config_save_section(config, "view", _(d->name), pairs, err);
	}
	return good;
}

static bool save_tab(struct view *v, const struct tab *tab, struct error *err)
{
	struct cases *c = v->own;
	const struct config *config = v->app->config;
	const char *pairs[] = { "query", tab->query, tab->columns ? "columns" : NULL, tab->columns,
		NULL };
	bool first = !config_section(config, "view", 0) && !c->saved.last;
	return (!first || save_defaults(config, err)) &&
	       config_save_section(config, "view", tab->name, pairs, err);
}

/* Its place among the tabs; a new one behind them, or -1 where nine are there. */
static int tab_place(const struct cases *c, const char *name)
{
	for (int i = 0; i < c->tab_count; i++) {
		if (strcmp(c->tabs[i].name, name) == 0)
			return i;
	}
	return c->tab_count < TABS ? c->tab_count : -1;
}

static void save_done(void *ctx, const char *line)
{
	struct view *v = ctx;
	struct cases *c = v->own;
	struct buf query = { 0 };
	struct error err = { 0 };
	if (!line || !*line || !v->app->config)
		return;
	query_text(&c->table, &query);
	struct tab tab = { .name = line, .query = buf_str(&query), .columns = c->own_columns,
		.count = -1 };
	bool good = save_tab(v, &tab, &err);
	int place = tab_place(c, line);
	if (good && place >= 0) {
		c->tabs[place] = (struct tab){ .name = arena_copy(&c->saved, line),
			.query = arena_copy(&c->saved, tab.query),
			.columns = arena_copy(&c->saved, tab.columns),
			.count = -1 };
		c->tab_count = place < c->tab_count ? c->tab_count : place + 1;
		good = open_tab(v, place, &err);
	}
	if (good)
		app_say(v->app, _("Saved as the view %s in %s."), line,
			config_user_file(v->app->config));
	else
		app_error(v->app, &err);
	buf_clear(&query);
}

static bool run_save_view(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct cases *c = v->own;
	(void)err;
	struct prompt_ask ask = { .label = _("Save this view as: "),
		.begin = c->tabs[c->tab].name,
		.done = save_done,
		.ctx = v };
	if (argc)
		save_done(v, argv[0]);
	else
		prompt_open(v->app->prompt, &ask);
	return true;
}

/* Who calls is asked first: the case in focus is somebody else's. */
static bool run_new_case(struct view *v, int argc, const char *const *argv, struct error *err)
{
	(void)argc;
	(void)argv;
	return view_open(v->app, "citizens", "--new", err);
}

static bool run_preview(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct cases *c = v->own;
	(void)argc;
	(void)argv;
	if (view_cols(v) < PREVIEW_COLS)
		return error_set(err, ERROR_USAGE, _("The preview needs a window of %d columns."),
			PREVIEW_COLS);
	c->preview = !c->preview;
	load_preview(v);
	return true;
}

static bool run_refresh(struct view *v, int argc, const char *const *argv, struct error *err)
{
	(void)argc;
	(void)argv;
	(void)err;
	if (v->app->sync)
		sync_retry_now(v->app->sync);
	ask_service(v, 0);
	app_say(v->app, "%s", _("Asking the service again."));
	return true;
}

/* Marks first, then the filter; then there is nothing to leave. */
static bool run_cancel(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct cases *c = v->own;
	(void)argc;
	(void)argv;
	c->table.range = 0;
	if (c->table.mark_count) {
		table_mark_none(&c->table);
		return true;
	}
	if (c->table.filter && *c->table.filter) {
		c->cols = 0;
		view_reload(v);
		return table_set_filter(&c->table, NULL, err);
	}
	view_close(v->app);
	return true;
}

static bool run_take_next(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct cases *c = v->own;
	struct query_now now = app_now(v->app);
	(void)argc;
	(void)argv;
	for (int i = 0; i < c->table.page.case_count; i++) {
		const struct casefile *cf = &c->table.page.cases[i];
		if (cf->worker || cf->gone || !stage_is_open(cf->stage))
			continue;
		table_mark_none(&c->table);
		table_go(&c->table, v->app->store, &now, cf->key);
		return action_run(v->app, "take", err);
	}
	return error_set(err, ERROR_USAGE, _("No case without an owner is on this screen."));
}

static const struct action cases_actions[] = {
	MOVE_ACTIONS,
	{ "open", NULL, N_("Open the case."), run_open },
	{ "tab", "N", N_("Open the view with this number."), run_tab },
	{ "next-tab", NULL, N_("The next view."), run_next_tab },
	{ "previous-tab", NULL, N_("The view before."), run_previous_tab },
	{ "take-next", NULL, N_("Take the first case that nobody has."), run_take_next },
	{ "mark", NULL, N_("Mark the case, or take its mark away."), run_mark },
	{ "mark-down", NULL, N_("Mark, and one row down."), run_mark_down },
	{ "mark-up", NULL, N_("Mark, and one row up."), run_mark_up },
	{ "mark-range", NULL, N_("Begin a range of marks, or end it."), run_mark_range },
	{ "mark-all", NULL, N_("Mark all that is shown."), run_mark_all },
	{ "mark-none", NULL, N_("Take all marks away."), run_mark_none },
	{ "mark-query", "[QUERY]", N_("Mark what a query finds in this view."), run_mark_query },
	{ "filter", "[QUERY]", N_("Show only what matches, as you type."), run_filter },
	{ "order", "[FIELD]", N_("Sort; the same field again: the other way round."), run_order },
	{ "columns", "[NAMES]", N_("Choose the columns."), run_columns },
	{ "save-view", "[NAME]", N_("Keep this query, order and columns as a view."),
		run_save_view },
	{ "new-case", NULL, N_("Open a new case: for whom, then of which kind."), run_new_case },
	{ "preview", NULL, N_("Show or hide the preview."), run_preview },
	{ "refresh", NULL, N_("Ask the service again."), run_refresh },
	{ "cancel", NULL, N_("Take the marks away, then the filter."), run_cancel },
	{ NULL },
};

/* Not by the case one is on: row 22 stays as it is from row to row. */
static bool cases_offers(struct view *v, const char *line)
{
	return strcmp(line, "view templates") != 0 || several_answers(v->app, NULL, CALL_TEMPLATES);
}

const struct view_ops view_cases = {
	.name = "cases",
	.title = N_("Worklist"),
	.own_size = sizeof(struct cases),
	.open = cases_open,
	.load = cases_load,
	.draw = cases_draw,
	.draw_step = cases_draw_step,
	.close = cases_close,
	.say = cases_say,
	.place = cases_place,
	.targets = cases_targets,
	.citizen = cases_citizen,
	.step = cases_step,
	.next = cases_next,
	.where = cases_where,
	.acted = cases_acted,
	.offers = cases_offers,
	.hints = (const struct hint[]) {
		{ "open", N_("open") }, { "take", N_("take") }, { "take-next", N_("take next") },
		{ "reply", N_("reply") }, { "view templates", N_("template") }, { "note", N_("note") },
		{ "state", N_("state") }, { "close", N_("close") }, { "assign", N_("assign") },
		{ "mark", N_("mark") }, { "mark-all", N_("mark all") }, { "filter", N_("filter") },
		{ "find", N_("find") }, { "new-case", N_("new case") }, { "prompt", N_("command") }, { NULL, NULL },
	},
	.actions = cases_actions,
	.bindings = (const struct binding[]) { { "T", "take-next" }, { NULL, NULL } },
	.cases = true,
};
