/* One case: its head, and tabs for the timeline, its fields, files, the citizen's other cases, and
   who changed and looked at it. From 120 columns on, fields and citizen stand at the right. */
#include "model/file.h"
#include "model/i18n.h"
#include "model/json.h"
#include "model/secret.h"
#include "model/text.h"
#include "model/when.h"
#include "net/other.h"
#include "tui/case_head.h"
#include "tui/lines.h"
#include "tui/moves.h"
#include "tui/prompt.h"
#include "tui/several.h"
#include "tui/timeline.h"
#include "tui/view.h"
#include <string.h>
#include <unistd.h>

enum {
	REST_MS = 250,
	FRESH_MS = 2000,
	MASK_SECONDS = 120,
	AHEAD_MS = 10 * 1000 /* a case that was asked for ahead of need is not asked for again */
};

enum tab { TAB_TIMELINE, TAB_FIELDS, TAB_FILES, TAB_LINKS, TAB_AUDIT, TAB_COUNT };

struct case_view {
	struct moves moves;
	int64_t key;
	char *ref; /* what was asked for while the store did not know it */
	struct case_facts facts;
	struct timeline timeline;
	struct page links;	       /* all cases of the citizen */
	struct page log;	       /* who looked at the citizen */
	struct lines lists[TAB_COUNT]; /* of the tabs but the first */
	struct arena around;	 /* of the two below, built with their lists */
	struct attachment *came; /* the files, in the order of their list */
	const char **points;	 /* where the links point */
	int files, others;
	struct {
		bool under_way;
		struct attachment file;
		struct arena arena;
		const char *path;
		int64_t bytes;
	} fetch;
	struct other_case sought; /* a linked case its service is asked for; in sought_arena */
	struct arena sought_arena;
	enum tab tab;
	int rest_timer; /* somebody stays at this case */
	bool asked_citizen, asked_log, reached;
	bool unmasked; /* sensitive fields are shown, for a while */
	int mask_timer;
	bool listed; /* one of the list below: its place there means something */
};

/* ---- reading */

static void add_field(struct lines *l, const char *id, const char *label, const char *value)
{
	struct buf row = { 0 }, clean = { 0 };
	struct line *line;

	text_clean(&clean, label, strlen(label));
	text_pad(&row, buf_str(&clean), 20);
	buf_text(&row, "  ");
	buf_text(&row, text_blank(value) ? "-" : value);
	line = lines_add(l, id, buf_str(&row));
	buf_reset(&row);
	buf_printf(&row, _("%s: %s; e edits the fields."), label,
		text_blank(value) ? _("empty") : value);
	line->say = arena_copy(&l->arena, buf_str(&row));
	buf_clear(&row);
	buf_clear(&clean);
}

static const char *told_value(const struct show *show, const struct casefile *cf,
	const struct case_field *f, struct arena *a)
{
	const char *value = case_get(cf, f->name, a);
	struct buf b = { 0 };
	time_t at;

	if (value && f->type == FIELD_TIME && when_read(value, &at))
		when_stamp(&b, at, show->now);
	else if (!strcmp(f->name, "team"))
		buf_text(&b, show_team(show, value));
	else if (!strcmp(f->name, "kind"))
		buf_text(&b, show_kind(show, cf) ? show_kind(show, cf)->name : value);
	else if (!strcmp(f->name, "channel"))
		buf_text(&b, show_channel(value));
	else if (!strcmp(f->name, "status"))
		buf_text(&b, show_status(value));
	else
		buf_text(&b, value);
	value = arena_copy(a, buf_str(&b));
	buf_clear(&b);
	return value;
}

static const char *field_value(const struct case_view *c, const struct kind_field *f, struct arena *a)
{
	const char *value = case_get(c->facts.cf, arena_printf(a, "fields.%s", f->name), a);

	return f->sensitive && !c->unmasked && value ? SECRET_STARS : value;
}

static void fill_fields(struct case_view *c, const struct show *show)
{
	static const char *const core[] = { "subject", "queue", "kind", "status", "step", "outcome",
		"priority", "worker", "team", "due", "channel", "language", "tags", "skills",
		"restricted", NULL };
	struct lines *l = &c->lists[TAB_FIELDS];
	const struct casefile *cf = c->facts.cf;
	const struct kind *k = show_kind(show, cf);
	struct arena a = { 0 };

	lines_begin(l);
	for (int i = 0; k && i < k->field_count; i++)
		add_field(l, k->fields[i].name, k->fields[i].label,
			field_value(c, &k->fields[i], &a));
	if (k && k->field_count)
		lines_add(l, NULL, "");
	for (int i = 0; core[i]; i++) {
		const struct case_field *f = case_field_find(core[i]);

		add_field(l, f->name, _(f->label), told_value(show, cf, f, &a));
	}
	lines_end(l);
	arena_clear(&a);
}

static void add_file(struct case_view *c, const struct attachment *file, const struct event *e,
	const struct show *show)
{
	struct lines *l = &c->lists[TAB_FILES];
	struct buf row = { 0 };
	char id[32];

	snprintf(id, sizeof(id), "file-%d", c->files);
	when_stamp(&row, e->at, show->now);
	buf_text(&row, "  ");
	show_cell(&row, file->name, 34);
	show_cell(&row, file->type, 18);
	show_size(&row, file->size);
	struct line *line = lines_add(l, id, buf_str(&row));
	buf_reset(&row);
	buf_printf(&row, file->id ? _("%s: Enter fetches it.") : _("%s: not yet sent."), file->name);
	line->say = arena_copy(&l->arena, buf_str(&row));
	buf_clear(&row);
	c->came = xrealloc(c->came, (size_t)(c->files + 1) * sizeof(*c->came));
	c->came[c->files++] = *file;
}

/* Whether the citizen's cases lie in several services, so that each has to say in which. */
static bool from_several(const struct page *cases)
{
	for (int i = 1; i < cases->case_count; i++)
		if (cases->cases[i].service && cases->cases[0].service &&
			strcmp(cases->cases[i].service, cases->cases[0].service))
			return true;
	return false;
}

static void fill_files(struct case_view *c, const struct show *show)
{
	const struct page *page = &c->timeline.page;

	c->files = 0;
	lines_begin(&c->lists[TAB_FILES]);
	for (int i = 0; i < page->event_count; i++)
		for (struct attachment *file =
				json_read_files(page->events[i].files, &c->around);
			file->name; file++)
			add_file(c, file, &page->events[i], show);
	if (!c->files)
		lines_add(&c->lists[TAB_FILES], NULL,
			_("No files came with this case. A attaches one."));
	lines_end(&c->lists[TAB_FILES]);
}

/* Its number or address, and what is known of it here. */
static void describe_link(struct view *v, const char *where, const char *name, struct buf *row)
{
	struct case_view *c = v->own;
	int64_t key = strchr(where, ':')
			      ? 0
			      : store_case_key(v->app->store, c->facts.cf->service, where);
	struct page page;

	page_init(&page);
	if (key > 0 && store_case(v->app->store, key, &page) && page.case_count) {
		show_cell(row, name, 16);
		show_cell(row, page.cases[0].subject, 36);
		buf_text(row, show_status(page.cases[0].status));
	} else {
		buf_text(row, name);
	}
	page_clear(&page);
}

static void add_link(struct view *v, const char *relation, const char *where)
{
	struct case_view *c = v->own;
	struct buf row = { 0 }, name = { 0 };
	char id[32];

	snprintf(id, sizeof(id), "link-%d", c->others);
	show_cell(&row, relation, 12);
	other_name(v->app->sync, where, &name);
	describe_link(v, where, buf_str(&name), &row);
	lines_add(&c->lists[TAB_LINKS], id, buf_str(&row));
	c->points = xrealloc(c->points, (size_t)(c->others + 1) * sizeof(*c->points));
	c->points[c->others++] = arena_copy(&c->around, where);
	buf_clear(&row);
	buf_clear(&name);
}

/* What people say aloud, where the case is known here. */
static const char *number_of(struct view *v, const char *id)
{
	struct case_view *c = v->own;
	struct page page;
	int64_t key = store_case_key(v->app->store, c->facts.cf->service, id);

	page_init(&page);
	if (key > 0 && store_case(v->app->store, key, &page) && page.cases[0].number)
		id = arena_copy(&c->around, page.cases[0].number);
	page_clear(&page);
	return id;
}

static void own_links(struct view *v)
{
	struct case_view *c = v->own;
	const struct casefile *cf = c->facts.cf;
	char *words = arena_copy(&c->around, cf->links ? cf->links : ""), *save = NULL;

	for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		char *colon = strchr(w, ':');

		if (!colon)
			continue;
		*colon = '\0';
		add_link(v, w, colon + 1);
	}
	if (cf->duplicate_of)
		add_link(v, "duplicate-of", number_of(v, cf->duplicate_of));
}

static void fill_links(struct view *v, const struct show *show)
{
	struct case_view *c = v->own;
	struct lines *l = &c->lists[TAB_LINKS];
	bool several = from_several(&c->links);
	int others = 0;

	c->others = 0;
	lines_begin(l);
	own_links(v);
	for (int i = 0; i < c->links.case_count; i++) {
		const struct casefile *cf = &c->links.cases[i];
		struct buf row = { 0 };
		char id[32];

		if (cf->key == c->key)
			continue;
		if (!others++)
			lines_add(l, NULL, _("Other cases of this citizen"))->style = STYLE_HEAD;
		snprintf(id, sizeof(id), "@%lld", (long long)cf->key);
		show_cell(&row, cf->number, 12);
		if (several)
			show_cell(&row, cf->service, 8);
		show_cell(&row, cf->subject, several ? 19 : 28);
		show_cell(&row, show_team(show, cf->team), 16);
		buf_text(&row, show_status(cf->status));
		lines_add(l, id, buf_str(&row));
		buf_clear(&row);
	}
	if (!others)
		lines_add(l, NULL, _("No other case of this citizen is known here."));
	lines_end(l);
	c->others += others;
}

/* logged: the service tells who looked. */
static void fill_audit(struct lines *l, const struct timeline *t, const struct page *log,
	const struct show *show, bool logged)
{
	struct buf row = { 0 };

	lines_begin(l);
	lines_add(l, NULL, _("Changes"))->style = STYLE_HEAD;
	for (int i = 0; i < t->page.event_count; i++) {
		char id[32];

		if (t->page.events[i].kind != EVENT_CHANGE)
			continue;
		snprintf(id, sizeof(id), "change-%d", i);
		buf_reset(&row);
		when_stamp(&row, t->page.events[i].at, show->now);
		buf_text(&row, "  ");
		show_event(&row, show, &t->page.events[i]);
		lines_add(l, id, buf_str(&row));
	}
	lines_add(l, NULL, "");
	lines_add(l, NULL, _("Who looked at the citizen"))->style = STYLE_HEAD;
	for (int i = 0; i < log->access_count; i++) {
		const struct access *a = &log->accesses[i];
		char id[32];

		snprintf(id, sizeof(id), "access-%d", i);
		buf_reset(&row);
		when_stamp(&row, a->at, show->now);
		buf_text(&row, "  ");
		show_cell(&row, a->worker, 12);
		show_cell(&row, a->action, 8);
		buf_text(&row, a->purpose ? a->purpose : "-");
		lines_add(l, id, buf_str(&row));
	}
	if (!log->access_count)
		lines_add(l, NULL,
			logged ? _("Nothing has been read of the access log yet.")
			       : _("This service does not tell who looked."));
	lines_end(l);
	buf_clear(&row);
}

static void read_again(void *ctx, const struct error *err)
{
	struct view *v = ctx;

	if (err && err->kind != ERROR_NONE && err->kind != ERROR_OFFLINE &&
		err->kind != ERROR_CANCELLED)
		app_error(v->app, err);
	view_reload(v);
}

/* What the case needs beside itself is asked for once, when it is known what that is. */
static void ask_around(struct view *v)
{
	struct case_view *c = v->own;
	const struct casefile *cf = c->facts.cf;
	struct buf purpose = { 0 };

	if (!v->app->sync || c->asked_citizen || !cf || !cf->citizen || c->key < 0)
		return;
	c->asked_citizen = true;
	buf_printf(&purpose, "case:%s", cf->id ? cf->id : "");
	if (c->facts.citizen_key > 0)
		sync_citizen(
			v->app->sync, c->facts.citizen_key, buf_str(&purpose), 300000, NULL, v);
	else
		sync_citizen_ref(
			v->app->sync, cf->service, cf->citizen, buf_str(&purpose), NULL, v);
	buf_clear(&purpose);
}

/* The person stays: what stands around the case is asked for, and the next one ahead of need. Whoever
   only leafs through asks, and leaves in access logs, no more than was read. */
static void rests(void *ctx)
{
	struct view *v = ctx;
	struct case_view *c = v->own;
	int64_t next = v->below && v->below->ops->next ? v->below->ops->next(v->below) : 0;

	c->rest_timer = 0;
	ask_around(v);
	if (v->app->sync && next > 0 && c->listed)
		sync_case_soon(v->app->sync, next, AHEAD_MS);
}

static void rest_soon(struct view *v)
{
	struct case_view *c = v->own;

	if (!c->rest_timer && !c->asked_citizen)
		c->rest_timer = loop_after(v->app->loop, REST_MS, rests, v);
}

static void case_load(struct view *v)
{
	struct case_view *c = v->own;

	if (!c->key)
		return;
	c->key = store_real_key(v->app->store, c->key); /* a new one, once it was accepted */
	if (!case_facts_load(&c->facts, v->app, c->key))
		return;
	struct show show = case_show(v->app, &c->facts);
	int64_t seen = c->facts.cf->last_seen;

	timeline_load(&c->timeline, v->app->store, c->key, c->unmasked ? NULL : c->facts.cf,
		app_people(v->app));
	if (!c->reached && c->timeline.loaded) {
		c->reached = true;
		timeline_seen(&c->timeline, seen, show.me);
	}
	page_clear(&c->links);
	page_init(&c->links);
	page_clear(&c->log);
	page_init(&c->log);
	if (c->facts.citizen_key) {
		store_person_cases(v->app->store, c->facts.citizen_key, &c->links);
		store_accesses(v->app->store, c->facts.citizen_key, &c->log);
	}
	fill_fields(c, &show);
	arena_clear(&c->around);
	fill_files(c, &show);
	fill_links(v, &show);
	fill_audit(&c->lists[TAB_AUDIT], &c->timeline, &c->log, &show,
		several_answers(v->app, c->facts.cf->service, CALL_ACCESS));
	rest_soon(v);
	if (v->app->sync && v->app->view == v)
		sync_watch(v->app->sync, c->key);
	if (c->facts.cf->last_event > c->facts.cf->last_seen && c->timeline.loaded)
		store_seen(v->app->store, c->key, c->facts.cf->last_event);
}

/* ---- opening and leaving */

static void step_tab(struct view *v, const char *word, int times)
{
	struct case_view *c = v->own;

	for (int i = 0; i < times; i++) {
		if (c->tab == TAB_TIMELINE)
			timeline_step(&c->timeline, word);
		else
			lines_step(&c->lists[c->tab], word);
	}
}

static void begin(struct view *v, int64_t key)
{
	struct case_view *c = v->own;

	c->key = key;
	c->moves.step = step_tab;
	c->asked_citizen = c->asked_log = c->reached = false;
	loop_cancel(v->app->loop, c->rest_timer);
	loop_cancel(v->app->loop, c->mask_timer);
	c->rest_timer = c->mask_timer = 0;
	c->unmasked = false;
	timeline_clear(&c->timeline);
	if (v->app->sync) {
		sync_case(v->app->sync, key, c->listed ? AHEAD_MS : FRESH_MS, read_again, v);
		sync_watch(v->app->sync, key);
	}
	view_reload(v);
}

/* The service was asked for a case that the store had not seen. */
static void found_by_ref(void *ctx, const struct error *err)
{
	struct view *v = ctx;
	struct case_view *c = v->own;
	struct app *app = v->app;
	struct error unknown = { 0 };
	int64_t key = case_key_read(app, c->ref, &unknown);

	if (key) {
		begin(v, key);
		return;
	}
	if (app->view == v)
		view_close(app);
	app_error(app, err && err->kind != ERROR_NONE ? err : &unknown);
}

static bool ask_by_ref(struct view *v, const char *arg)
{
	struct case_view *c = v->own;

	if (text_blank(arg) || arg[0] == '@' || !v->app->sync ||
		case_key_known(v->app, arg))
		return false;
	c->ref = xstrdup(arg);
	const char *service = case_named_service(v->app, &arg);
	sync_case_ref(v->app->sync, service, arg, true, found_by_ref, v);
	return true;
}

static bool known(struct app *app, int64_t key)
{
	struct page page;
	bool there;

	page_init(&page);
	there = store_case(app->store, key, &page);
	page_clear(&page);
	return there;
}

/* Whether the list below has its focus, or a mark, on this case. */
static bool is_listed(struct view *v, int64_t key)
{
	struct page page;
	bool listed = false;

	if (!v->below || !v->below->ops->where || !v->below->ops->targets)
		return false;
	page_init(&page);
	if (v->below->ops->targets(v->below, &page, NULL))
		for (int i = 0; i < page.case_count; i++)
			listed = listed || page.cases[i].key == key;
	page_clear(&page);
	return listed;
}

static bool case_open(struct view *v, const char *arg, struct error *err)
{
	struct case_view *c = v->own;
	int64_t key;

	for (int i = 0; i < TAB_COUNT; i++)
		c->lists[i].at = -1;
	c->moves.step = step_tab;
	page_init(&c->links);
	page_init(&c->log);
	page_init(&c->facts.page);
	if (ask_by_ref(v, arg))
		return true;
	key = case_key_read(v->app, arg, err);
	if (!key)
		return false;
	if (!known(v->app, key))
		return error_set(err, ERROR_GONE, _("This case is not known here any more."));
	c->listed = is_listed(v, key);
	begin(v, key);
	return true;
}

static void case_close(struct view *v)
{
	struct case_view *c = v->own;

	loop_cancel(v->app->loop, c->mask_timer);
	loop_cancel(v->app->loop, c->rest_timer);
	if (v->app->sync)
		sync_watch(v->app->sync, 0);
	case_facts_clear(&c->facts);
	timeline_clear(&c->timeline);
	page_clear(&c->links);
	page_clear(&c->log);
	for (int i = 0; i < TAB_COUNT; i++)
		lines_clear(&c->lists[i]);
	arena_clear(&c->around);
	arena_clear(&c->fetch.arena);
	arena_clear(&c->sought_arena);
	free(c->came);
	free(c->points);
	free(c->ref);
}

/* ---- drawing */

static void tab_label(struct buf *out, const struct case_view *c, enum tab tab)
{
	static const char *const names[] = { N_("Timeline"), N_("Fields"), N_("Files"), N_("Links"),
		N_("Audit") };
	int counts[] = { c->timeline.page.event_count, 0, c->files, c->others, 0 };

	buf_printf(out, "%s%d %s", tab == c->tab ? "[" : "", (int)tab + 1, _(names[tab]));
	if (counts[tab])
		buf_printf(out, " %d", counts[tab]);
	buf_text(out, tab == c->tab ? "]" : "");
}

static void draw_tabs(const struct case_view *c, struct screen *s, int row)
{
	int col = 0;

	for (int i = 0; i < TAB_COUNT; i++) {
		struct buf label = { 0 };

		tab_label(&label, c, (enum tab)i);
		col += screen_put(s, row, col, -1, (enum tab)i == c->tab ? STYLE_TITLE : STYLE_TEXT,
			       buf_str(&label)) +
		       2;
		buf_clear(&label);
	}
}

static int side_field(struct screen *s, int row, int col, const char *label, const char *value)
{
	screen_put(s, row, col, 20, STYLE_DIM, label);
	screen_put(s, row, col + 21, CASE_SIDE_COLUMNS - 22, STYLE_TEXT,
		text_blank(value) ? "-" : value);
	return row + 1;
}

static int side_fields(const struct case_view *c, const struct show *show, struct screen *s,
	int row, int last, int col)
{
	static const char *const core[] = { "queue", "channel", "due", "outcome", "tags", NULL };
	const struct casefile *cf = c->facts.cf;
	const struct kind *k = show_kind(show, cf);
	struct arena a = { 0 };

	for (int i = 0; k && i < k->field_count && row < last; i++) {
		row = side_field(s, row, col, k->fields[i].label,
			field_value(c, &k->fields[i], &a));
	}
	for (int i = 0; core[i] && row < last; i++) {
		const struct case_field *f = case_field_find(core[i]);

		row = side_field(s, row, col, _(f->label), told_value(show, cf, f, &a));
	}
	arena_clear(&a);
	return row;
}

static void side_citizen(const struct case_view *c, const struct show *show, struct screen *s,
	int row, int last, int col)
{
	bool several = from_several(&c->links);
	int all = c->links.case_count, is_open = 0;

	if (row + 2 >= last)
		return;
	for (int i = 0; i < all; i++)
		is_open += stage_is_open(c->links.cases[i].stage);
	screen_put(s, row++, col, -1, STYLE_TITLE, _("citizen 360 (gc opens)"));
	screen_putf(s, row++, col + 2, -1, STYLE_TEXT,
		P_("%d case, %d open", "%d cases, %d open", all), all, is_open);
	for (int i = 0; i < all && row < last; i++) {
		const struct casefile *cf = &c->links.cases[i];
		struct buf line = { 0 };

		if (cf->key == c->key)
			continue;
		show_cell(&line, cf->number, 12);
		show_cell(&line, several ? cf->service : show_team(show, cf->team), 12);
		show_cell(&line, cf->subject, 18);
		buf_text(&line, show_status(cf->status));
		screen_put(s, row++, col + 2, CASE_SIDE_COLUMNS - 4, STYLE_TEXT, buf_str(&line));
		buf_clear(&line);
	}
}

static void draw_side(const struct case_view *c, const struct show *show, struct screen *s, int row,
	int last, int col)
{
	screen_put(s, row++, col, -1, STYLE_TITLE, _("fields (e edits)"));
	row = side_fields(c, show, s, row, last, col);
	side_citizen(c, show, s, row + 1, last, col);
}

static void case_draw(struct view *v, struct screen *s)
{
	struct case_view *c = v->own;
	struct show show = case_show(v->app, &c->facts);
	int rows = view_rows(v), cols = view_cols(v), left = cols, row;
	bool wide = cols >= CASE_WIDE_COLUMNS;

	if (!c->facts.cf) {
		if (!c->key && c->ref)
			screen_putf(s, 0, 0, -1, STYLE_TEXT, _("Asking the service for %s ..."),
				c->ref);
		else
			screen_put(s, 0, 0, -1, STYLE_TEXT,
				_("This case is not known here any more; q goes back."));
		screen_focus(s, 0, 0);
		return;
	}
	row = case_head_draw(&c->facts, &show, s, cols);
	draw_tabs(c, s, row);
	if (wide) {
		left = cols - CASE_SIDE_COLUMNS - 2;
		draw_side(c, &show, s, row, rows, left + 2);
	}
	row += wide ? 1 : 2;
	screen_focus(s, row, 0);
	if (c->tab == TAB_TIMELINE)
		timeline_draw(&c->timeline, &show, s, row, rows - row, left);
	else
		lines_draw(&c->lists[c->tab], s, row, rows - row, 0, left);
}

/* ---- rows 23 and 24 */

static void case_say(struct view *v, struct buf *out)
{
	struct case_view *c = v->own;
	struct show show = case_show(v->app, &c->facts);
	const struct line *line;

	if (c->tab == TAB_TIMELINE) {
		timeline_say(&c->timeline, &show, out);
		return;
	}
	line = lines_focus(&c->lists[c->tab]);
	if (line)
		buf_text(out, line->say ? line->say : line->text);
}

static void case_place(struct view *v, struct buf *out)
{
	struct case_view *c = v->own;

	buf_text(out, _("Case"));
	if (c->listed) {
		buf_char(out, ' ');
		v->below->ops->where(v->below, out);
	}
	if (c->tab == TAB_TIMELINE && c->timeline.count)
		buf_printf(out, _("  entry %d/%d"), c->timeline.at + 1, c->timeline.count);
}

static bool case_targets(struct view *v, struct page *out, struct error *err)
{
	struct case_view *c = v->own;

	if (store_case(v->app->store, c->key, out) && out->case_count) {
		if (c->facts.citizen_key)
			store_citizen(v->app->store, c->facts.citizen_key, out);
		return true;
	}
	return error_set(err, ERROR_GONE, _("This case is not known here any more."));
}

static int64_t case_citizen(struct view *v)
{
	struct case_view *c = v->own;

	return c->facts.citizen_key;
}

/* ---- actions */

static bool set_tab(struct view *v, int tab)
{
	struct case_view *c = v->own;

	if (tab < 0 || tab >= TAB_COUNT)
		return false;
	c->tab = (enum tab)tab;
	if (c->tab == TAB_AUDIT && !c->asked_log && c->facts.citizen_key > 0 && v->app->sync &&
		several_answers(v->app, c->facts.cf->service, CALL_ACCESS)) {
		c->asked_log = true;
		sync_accesses(v->app->sync, c->facts.citizen_key, read_again, v);
	}
	app_dirty(v->app);
	return true;
}

static bool run_tab(struct view *v, int argc, const char *const *argv, struct error *err)
{
	if (argc && set_tab(v, atoi(argv[0]) - 1))
		return true;
	return error_set(err, ERROR_USAGE, _("A case has five tabs: tab 1 to tab 5."));
}

static bool run_next_tab(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct case_view *c = v->own;

	(void)argc, (void)argv, (void)err;
	return set_tab(v, (c->tab + 1) % TAB_COUNT);
}

static bool run_previous_tab(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct case_view *c = v->own;

	(void)argc, (void)argv, (void)err;
	return set_tab(v, (c->tab + TAB_COUNT - 1) % TAB_COUNT);
}

/* The list below knows which case comes next; this view stays and shows another one. */
static bool step_case(struct view *v, int by, struct error *err)
{
	struct case_view *c = v->own;
	int64_t key = v->below && v->below->ops->step ? v->below->ops->step(v->below, by) : 0;

	if (key) {
		c->listed = v->below->ops->where != NULL;
		begin(v, key);
		return true;
	}
	if (!v->below || !v->below->ops->step)
		return error_set(err, ERROR_USAGE,
			_("This case was not opened from a list, so none comes next."));
	return error_set(err, ERROR_USAGE,
		by > 0 ? _("This is the last case of the list.")
		       : _("This is the first case of the list."));
}

static bool run_next_case(struct view *v, int argc, const char *const *argv, struct error *err)
{
	(void)argc, (void)argv;
	return step_case(v, 1, err);
}

static bool run_previous_case(struct view *v, int argc, const char *const *argv, struct error *err)
{
	(void)argc, (void)argv;
	return step_case(v, -1, err);
}

/* ---- fetching a file */

static void fetch_progress(void *ctx, int64_t bytes, int64_t size)
{
	struct view *v = ctx;
	struct case_view *c = v->own;
	struct buf done = { 0 }, all = { 0 };

	c->fetch.bytes = bytes;
	show_size(&done, bytes);
	show_size(&all, size);
	if (size > 0)
		app_say(v->app, _("Fetching %s: %s of %s ..."), c->fetch.file.name, buf_str(&done),
			buf_str(&all));
	else
		app_say(v->app, _("Fetching %s: %s ..."), c->fetch.file.name, buf_str(&done));
	buf_clear(&done);
	buf_clear(&all);
}

static void fetch_done(void *ctx, const struct error *err)
{
	struct view *v = ctx;
	struct case_view *c = v->own;
	struct buf size = { 0 };

	c->fetch.under_way = false;
	if (err->kind != ERROR_NONE) {
		app_error(v->app, err);
		return;
	}
	show_size(&size, c->fetch.bytes);
	app_say(v->app, _("%s, %s, is in %s"), c->fetch.file.name, buf_str(&size), c->fetch.path);
	buf_clear(&size);
}

/* An absolute path: a person who reads it elsewhere finds the file. */
static const char *fetch_place(struct view *v, const char *name, struct arena *arena)
{
	const char *dir = app_setting(v->app, "files.dir", "");
	char here[4096];

	if (!*dir && getcwd(here, sizeof(here)))
		dir = arena_copy(arena, here);
	return file_free_path(dir, name, arena);
}

static bool fetch_file(struct view *v, const struct line *line, struct error *err)
{
	struct case_view *c = v->own;
	int at = line ? atoi(line->id + strlen("file-")) : -1;

	if (at < 0 || at >= c->files)
		return error_set(err, ERROR_USAGE, _("There is no file here to fetch."));
	if (!v->app->sync)
		return error_set(err, ERROR_OFFLINE, _("Nothing is connected yet."));
	if (c->fetch.under_way)
		return error_set(err, ERROR_USAGE, _("One file after the other: %s is under way."),
			c->fetch.file.name);
	arena_clear(&c->fetch.arena);
	c->fetch.file = (struct attachment){ .id = arena_copy(&c->fetch.arena, c->came[at].id),
		.name = arena_copy(&c->fetch.arena, c->came[at].name),
		.type = arena_copy(&c->fetch.arena, c->came[at].type),
		.size = c->came[at].size };
	c->fetch.path = fetch_place(v, c->fetch.file.name, &c->fetch.arena);
	c->fetch.under_way = true;
	c->fetch.bytes = 0;
	app_say(v->app, _("Fetching %s ..."), c->fetch.file.name);
	sync_file(v->app->sync, c->key, &c->fetch.file, c->fetch.path, fetch_progress, fetch_done,
		v);
	return true;
}

/* ---- going to a linked case */

static bool open_found(struct view *v, struct error *err)
{
	struct case_view *c = v->own;
	int64_t key = store_case_key(v->app->store, c->sought.service, c->sought.ref);

	return key > 0 ? view_case_open(v->app, key, err)
		       : error_set(err, ERROR_GONE, _("There is no case %s in %s."),
				 c->sought.ref, c->sought.service);
}

static void linked_found(void *ctx, const struct error *err)
{
	struct view *v = ctx;
	struct error gone = { 0 };

	if (err->kind != ERROR_NONE)
		app_error(v->app, err);
	else if (v->app->view == v && !open_found(v, &gone))
		app_error(v->app, &gone);
}

static bool open_linked(struct view *v, const char *where, struct error *err)
{
	struct case_view *c = v->own;

	if (!v->app->sync)
		return error_set(err, ERROR_OFFLINE, _("Nothing is connected yet."));
	arena_clear(&c->sought_arena);
	if (!other_read(v->app->sync, c->facts.cf->service, where, &c->sought, &c->sought_arena,
		    err))
		return false;
	if (!c->sought.service)
		return error_set(err, ERROR_USAGE,
			_("%s is of no service that is configured here."), where);
	if (store_case_key(v->app->store, c->sought.service, c->sought.ref) > 0)
		return open_found(v, err);
	app_say(v->app, _("Asking %s for case %s ..."), c->sought.service, c->sought.ref);
	sync_case_ref(v->app->sync, c->sought.service, c->sought.ref, true, linked_found, v);
	return true;
}

static bool open_link(struct view *v, const struct line *line, struct error *err)
{
	struct case_view *c = v->own;
	int at;

	if (strncmp(line->id, "link-", 5))
		return view_open(v->app, "case", line->id, err);
	at = atoi(line->id + 5);
	return at < c->others && open_linked(v, c->points[at], err);
}

static bool run_open(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct case_view *c = v->own;
	const struct line *line;
	const struct event *e;

	(void)argc, (void)argv;
	if (c->tab == TAB_LINKS && (line = lines_focus(&c->lists[TAB_LINKS])))
		return open_link(v, line, err);
	if (c->tab == TAB_FILES)
		return fetch_file(v, lines_focus(&c->lists[TAB_FILES]), err);
	if (c->tab == TAB_FIELDS)
		return action_run(v->app, "edit", err);
	e = c->tab == TAB_TIMELINE ? timeline_focus(&c->timeline) : NULL;
	if (e && !text_blank(e->text))
		return view_open(v->app, "text", e->text, err);
	if (c->tab == TAB_TIMELINE && !e && !c->timeline.filter)
		return error_set(err, ERROR_USAGE,
			_("The timeline is still being read; it comes in a moment."));
	return error_set(err, ERROR_USAGE, _("There is nothing more to open here."));
}

static void filter_changed(void *ctx, const char *line)
{
	struct view *v = ctx;
	struct case_view *c = v->own;

	timeline_filter(&c->timeline, line);
	app_dirty(v->app);
}

static void filter_done(void *ctx, const char *line)
{
	filter_changed(ctx, line);
}

static bool run_filter(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct case_view *c = v->own;
	struct prompt_ask ask = { .label = "/",
		.history = "filter",
		.changed = filter_changed,
		.done = filter_done,
		.ctx = v };

	if (c->tab != TAB_TIMELINE)
		return error_set(
			err, ERROR_USAGE, _("Only the timeline can be filtered; 1 shows it."));
	if (argc)
		filter_changed(v, argv[0]);
	else
		prompt_open(v->app->prompt, &ask);
	return true;
}

static bool run_cancel(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct case_view *c = v->own;

	(void)argc, (void)argv, (void)err;
	timeline_filter(&c->timeline, NULL);
	app_dirty(v->app);
	return true;
}

static bool run_refresh(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct case_view *c = v->own;

	(void)argc, (void)argv;
	if (!v->app->sync)
		return error_set(err, ERROR_OFFLINE, _("Nothing is connected yet."));
	c->asked_citizen = c->asked_log = false;
	sync_retry_now(v->app->sync);
	sync_case(v->app->sync, c->key, 0, read_again, v);
	app_say(v->app, "%s", _("Reading the case again."));
	return true;
}

static bool run_new_case(struct view *v, int argc, const char *const *argv, struct error *err)
{
	(void)argc, (void)argv;
	return view_open(v->app, "kinds", NULL, err);
}

/* ---- what is masked */

static void mask(struct view *v)
{
	struct case_view *c = v->own;

	loop_cancel(v->app->loop, c->mask_timer);
	c->mask_timer = 0;
	c->unmasked = false;
	view_reload(v);
}

static void mask_over(void *ctx)
{
	struct view *v = ctx;

	mask(v);
	app_say(v->app, "%s", _("Masked again."));
}

/* noted: the service has written the asking into its access log. */
static void show_unmasked(struct view *v, bool noted)
{
	struct case_view *c = v->own;

	c->unmasked = true;
	loop_cancel(v->app->loop, c->mask_timer);
	c->mask_timer = loop_after(
		v->app->loop, app_number(v->app, "mask.after", MASK_SECONDS) * 1000, mask_over, v);
	if (noted)
		app_say(v->app, "%s", _("Shown; the asking and its reason are on the access log."));
	else
		app_say(v->app, "%s", _("Shown. There is no access log here: nothing of it is recorded."));
	view_reload(v);
}

static void noted(void *ctx, const struct error *err)
{
	struct view *v = ctx;

	if (err->kind == ERROR_NONE)
		show_unmasked(v, true);
	else
		app_error(v->app, err);
}

static void unmask_reason(void *ctx, const char *line)
{
	struct view *v = ctx;
	struct case_view *c = v->own;
	const struct casefile *cf = c->facts.cf;

	if (text_blank(line) || !cf)
		app_say(v->app, "%s", _("Nothing is shown without a reason."));
	else if (!cf->citizen || !several_answers(v->app, cf->service, CALL_ACCESS))
		show_unmasked(v, false);
	else if (c->facts.citizen_key > 0)
		sync_citizen(v->app->sync, c->facts.citizen_key, line, 0, noted, v);
	else
		sync_citizen_ref(v->app->sync, cf->service, cf->citizen, line, noted, v);
}

static bool run_unmask(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct case_view *c = v->own;
	struct prompt_ask why = { .label = _("Why do you need to see this? "),
		.history = "purpose",
		.done = unmask_reason,
		.ctx = v };

	if (c->unmasked) {
		mask(v);
		return true;
	}
	if (!c->facts.cf || !v->app->sync)
		return error_set(err, ERROR_OFFLINE,
			_("The asking has to be recorded, and no service is connected."));
	if (argc)
		unmask_reason(v, argv[0]);
	else
		prompt_open(v->app->prompt, &why);
	return true;
}

static const struct binding case_bindings[] = {
	{ "v", "unmask" },
	{ NULL, NULL },
};

static const struct action case_actions[] = {
	{ "unmask", "[REASON]", N_("Shows sensitive fields for a while, for a reason; again: masks them."),
		run_unmask },
	{ "new-case", NULL, N_("Open a new case for this citizen."), run_new_case },
	MOVE_ACTIONS,
	{ "tab", "N", N_("Shows a tab: 1 timeline, 2 fields, 3 files, 4 links, 5 audit."),
		run_tab },
	{ "next-tab", NULL, N_("Shows the next tab."), run_next_tab },
	{ "previous-tab", NULL, N_("Shows the tab before."), run_previous_tab },
	{ "next-case", NULL, N_("Shows the next case of the list."), run_next_case },
	{ "previous-case", NULL, N_("Shows the case before it in the list."), run_previous_case },
	{ "open", NULL,
		N_("Opens what has the focus: the entry in full, the fields, another case; fetches a "
		   "file."),
		run_open },
	{ "filter", "[WORDS]", N_("Shows only entries that hold these words."), run_filter },
	{ "cancel", NULL, N_("Shows all entries again."), run_cancel },
	{ "refresh", NULL, N_("Asks the service for this case again."), run_refresh },
	{ NULL, NULL, NULL, NULL },
};

static const struct hint case_hints[] = {
	{ "reply", N_("reply") },
	{ "view templates", N_("template") },
	{ "note", N_("note") },
	{ "state", N_("state") },
	{ "close", N_("close") },
	{ "assign", N_("assign") },
	{ "undo", N_("undo") },
	{ "back", N_("back") },
	{ "edit", N_("edit fields") },
	{ "unmask", N_("show masked") },
	{ NULL, NULL },
};

static bool case_offers(struct view *v, const char *line)
{
	struct case_view *c = v->own;

	return strcmp(line, "view templates") != 0 ||
	       several_answers(v->app, c->facts.cf ? c->facts.cf->service : NULL, CALL_TEMPLATES);
}

const struct view_ops view_case = {
	.name = "case",
	.title = N_("Case"),
	.own_size = sizeof(struct case_view),
	.open = case_open,
	.load = case_load,
	.draw = case_draw,
	.close = case_close,
	.say = case_say,
	.place = case_place,
	.targets = case_targets,
	.citizen = case_citizen,
	.offers = case_offers,
	.hints = case_hints,
	.actions = case_actions,
	.bindings = case_bindings,
	.cases = true,
};
