/* See table.h. Invariants:
   1. page holds whole rows of the list without a gap; at is the cursor's row in it, -1 only when
   empty.
   2. page.cases[at].key == cursor.
   3. ghost holds a copy of the focused case, so that its place is known when it is gone from the
   list. */
#include "tui/table.h"
#include "model/i18n.h"
#include "model/text.h"
#include "model/when.h"
#include "tui/show.h"
#include <string.h>
#include <wchar.h>
#include <wctype.h>

enum {
	FLAG_COLUMNS = 4,
	MARK_LIMIT = 10000,
	CHUNK = 200,
	PLACE_LIMIT = 4000,
	SORT_KEYS = 8,
	NARROW_SUBJECT = 12,
	SOURCE_COLUMNS = 6, /* its title */
	SOURCE_MOST = 10,   /* beside the usual columns that is what 80 have room for */
	TEAM_COLUMNS = 14 /* names are longer than identifiers */
};

/* ---- the query */

/* The text without its sort:, which is handed out by itself. */
static char *split_sort(const char *text, char **sort)
{
	struct buf b = { 0 };
	*sort = NULL;
	while (*text) {
		text += strspn(text, " ");
		size_t size = 0;
		for (bool quoted = false; text[size] && (quoted || text[size] != ' '); size++)
			quoted = quoted != (text[size] == '"');
		if (strncmp(text, "sort:", 5) == 0) {
			free(*sort);
			*sort = strndup(text + 5, size - 5);
		} else if (size) {
			buf_printf(&b, "%s%.*s", b.size ? " " : "", (int)size, text);
		}
		text += size;
	}
	char *rest = xstrdup(buf_str(&b));
	buf_clear(&b);
	return rest;
}

static bool make_query(struct table *t, struct error *err)
{
	struct buf b = { 0 };
	struct query query = { 0 };
	bool both = t->filter && *t->filter && *t->base;
	buf_printf(&b, both ? "(%s) %s" : "%s%s", t->base, t->filter ? t->filter : "");
	if (t->sort && *t->sort)
		buf_printf(&b, " sort:%s", t->sort);
	bool good = query_parse(&query, QUERY_CASES, buf_str(&b), NULL, err);
	buf_clear(&b);
	if (!good) {
		query_clear(&query);
		return false;
	}
	query_clear(&t->query);
	t->query = query;
	return true;
}

static char *copy(const char *text)
{
	return xstrdup(text ? text : "");
}

bool table_open(struct table *t, const char *text, const char *columns, struct error *err)
{
	page_init(&t->page);
	page_init(&t->ghost);
	t->at = -1;
	t->base = split_sort(text, &t->sort);
	t->filter = copy("");
	table_set_columns(t, columns);
	return make_query(t, err);
}

static bool change_query(struct table *t, char **part, const char *value, struct error *err)
{
	char *before = *part;
	*part = copy(value);
	if (!make_query(t, err)) {
		free(*part);
		*part = before;
		return false;
	}
	free(before);
	page_clear(&t->ghost);
	page_init(&t->ghost);
	return true;
}

bool table_set_filter(struct table *t, const char *filter, struct error *err)
{
	return change_query(t, &t->filter, filter, err);
}

bool table_set_sort(struct table *t, const char *sort, struct error *err)
{
	return change_query(t, &t->sort, sort, err);
}

void table_set_columns(struct table *t, const char *columns)
{
	free(t->column_text);
	t->column_text = copy(columns);
	int count = 0;
	for (char *at = t->column_text; *at && count < TABLE_COLUMNS;) {
		at += strspn(at, ", ");
		size_t size = strcspn(at, ", ");
		bool more = at[size] != '\0';
		at[size] = '\0';
		if (size && column_find(at))
			t->columns[count++] = at;
		at += size + more;
	}
	t->columns[count] = NULL;
}

void table_clear(struct table *t)
{
	query_clear(&t->query);
	page_clear(&t->page);
	page_clear(&t->ghost);
	free(t->base);
	free(t->filter);
	free(t->sort);
	free(t->column_text);
	free(t->marks);
	*t = (struct table){ .at = -1 };
}

/* ---- the window */

static void keep_ghost(struct table *t)
{
	page_clear(&t->ghost);
	page_init(&t->ghost);
	if (t->at >= 0)
		case_copy(page_add_case(&t->ghost), &t->page.cases[t->at], &t->ghost.arena);
}

static const char *sort_text(const struct casefile *cf, const char *field, struct arena *a)
{
	const struct { const char *name; time_t at; } times[] = {
		{ "opened", cf->opened }, { "updated", cf->changed },
	};
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		char text[WHEN_SIZE];
		if (strcmp(times[i].name, field) != 0)
			continue;
		when_write(text, times[i].at);
		return times[i].at ? arena_copy(a, text) : NULL;
	}
	if (strcmp(field, "number") == 0)
		return cf->number;
	return case_get(cf, field, a);
}

/* Reads rows from a case on (or before it) into page; gives how many. */
static int read_rows(struct table *t, struct store *store, const struct query_now *now,
	const struct casefile *from, int limit, bool back, struct page *page)
{
	const char *values[SORT_KEYS + 1] = { NULL };
	struct arena a = { 0 };
	struct error err = { 0 };
	struct window w = { .limit = limit, .back = back };
	bool down;
	const char *field;
	for (int i = 0; from && i < SORT_KEYS && (field = query_sort_key(&t->query, i, &down, &a));
		i++)
		values[i] = sort_text(from, field, &a);
	if (from) {
		w.values = values;
		w.key = from->key;
	}
	page_init(page);
	store_find(store, &t->query, now, w, page, &err);
	arena_clear(&a);
	return page->case_count;
}

static void take_rows(struct page *to, const struct page *from, int skip)
{
	for (int i = skip; i < from->case_count; i++)
		case_copy(page_add_case(to), &from->cases[i], &to->arena);
}

static int half_page(const struct table *t)
{
	return t->rows > 0 ? t->rows : 20;
}

/* The rows around this case. Gives its row, and whether it is still there. */
static int read_around(struct table *t, struct store *store, const struct query_now *now,
	const struct casefile *from, bool *there)
{
	int reach = half_page(t);
	struct page before, after;
	int above = from ? read_rows(t, store, now, from, reach, true, &before) : 0;
	int below = read_rows(t, store, now, from, 2 * reach, false, &after);
	page_clear(&t->page);
	page_init(&t->page);
	t->reads++;
	if (from)
		take_rows(&t->page, &before, 0);
	take_rows(&t->page, &after, 0);
	*there = below > 0 && (!from || after.cases[0].key == from->key);
	t->head = above < reach;
	t->tail = below < 2 * reach;
	if (from)
		page_clear(&before);
	page_clear(&after);
	return above;
}

/* The focused case left the list by itself: its row stays, so that the focus does not slide. */
static void insert_ghost(struct table *t, int row)
{
	struct casefile last = { 0 };
	page_add_case(&t->page);
	for (int i = t->page.case_count - 1; i > row; i--)
		t->page.cases[i] = t->page.cases[i - 1];
	case_copy(&last, &t->ghost.cases[0], &t->page.arena);
	t->page.cases[row] = last;
}

static void settle(struct table *t, int row, int offset)
{
	int count = t->page.case_count;
	if (row >= count)
		row = count - 1;
	t->at = row;
	t->cursor = row < 0 ? 0 : t->page.cases[row].key;
	t->top = row - offset;
	int last_top = count - half_page(t);
	if (t->tail && t->top > last_top)
		t->top = last_top;
	if (t->top < 0)
		t->top = 0;
	if (t->top > row && row >= 0)
		t->top = row;
}

/* Where the rows stand in the whole list is known at either end, else carried along. */
static void number_rows(struct table *t, long place)
{
	t->first = place - t->at;
	if (t->head || t->first < 0) {
		t->first = 0;
		t->exact = t->head;
	} else if (t->tail && t->total >= t->page.case_count) {
		t->first = t->total - t->page.case_count;
		t->exact = true;
	}
}

/* The case as it is now, so that the cursor goes with it where its new values sort it; as it was
   when it is no longer known. */
static const struct casefile *anchor(struct table *t, struct store *store, struct page *now)
{
	page_init(now);
	if (t->at < 0)
		return NULL;
	if (store_case(store, t->cursor, now) && now->case_count && !now->cases[0].gone)
		return &now->cases[0];
	return t->ghost.case_count ? &t->ghost.cases[0] : NULL;
}

static bool same_place(const struct table *t, const struct casefile *cf)
{
	return t->ghost.case_count && query_compare(&t->query, &t->ghost.cases[0], cf) == 0;
}

static void reload(struct table *t, struct store *store, const struct query_now *now)
{
	struct page current;
	bool there = false, mine = false;
	long place = t->first + (t->at < 0 ? 0 : t->at);
	int offset = t->at < 0 ? 0 : t->at - t->top;
	const struct casefile *from = anchor(t, store, &current);
	if (from)
		mine = from->pending > 0;
	int row = read_around(t, store, now, from, &there);
	if (from && !there && t->ghost.case_count && !same_place(t, from))
		row = read_around(t, store, now, &t->ghost.cases[0], &there); /* where it was */
	bool was_gone = t->ghost.case_count && t->ghost.cases[0].gone;
	if (from && !there && t->ghost.case_count && (!mine || was_gone)) {
		t->ghost.cases[0].gone = true;
		insert_ghost(t, row);
	}
	settle(t, row, offset);
	number_rows(t, place);
	page_clear(&current);
	if (!table_focus_gone(t))
		keep_ghost(t);
}

void table_load(struct table *t, struct store *store, const struct query_now *now)
{
	t->exact = false;
	t->total = store_count(store, &t->query, now);
	reload(t, store, now);
}

void table_peek(struct table *t, struct store *store, const struct query_now *now)
{
	t->exact = false;
	t->total = 0;
	reload(t, store, now);
	t->total = t->page.case_count;
}

bool table_focus_gone(const struct table *t)
{
	return t->at >= 0 && t->page.cases[t->at].gone;
}

/* ---- moving */

static void keep_visible(struct table *t)
{
	int rows = half_page(t);
	if (t->at < t->top)
		t->top = t->at;
	if (t->at >= t->top + rows)
		t->top = t->at - rows + 1;
	if (t->top < 0)
		t->top = 0;
}

static void place_at(struct table *t, int row)
{
	t->at = row;
	t->cursor = t->page.cases[row].key;
	keep_visible(t);
}

/* A row that is gone goes once the focus leaves it. */
static void leave_ghost(struct table *t, int by)
{
	if (!table_focus_gone(t))
		return;
	int row = t->at;
	t->reads++;
	for (int i = row; i + 1 < t->page.case_count; i++)
		t->page.cases[i] = t->page.cases[i + 1];
	t->page.case_count--;
	t->at = by > 0 ? row - 1 : row;
}

static void to_end(struct table *t, struct store *store, const struct query_now *now, bool back)
{
	struct page page;
	int limit = 2 * half_page(t);
	int count = read_rows(t, store, now, NULL, limit, back, &page);
	page_clear(&t->page);
	t->page = page;
	t->reads++;
	t->head = !back || count < limit;
	t->tail = back || count < limit;
	settle(t, back ? count - 1 : 0, back ? half_page(t) - 1 : 0);
	number_rows(t, back ? t->total - 1 : 0);
	keep_ghost(t);
}

/* Whether the rows that would be on the screen are all here. */
static bool reaches(const struct table *t, int row)
{
	return (row >= 0 || t->head) && (row < t->page.case_count || t->tail);
}

void table_move(struct table *t, struct store *store, const struct query_now *now, int by)
{
	if (by == TABLE_START || by == TABLE_END) {
		to_end(t, store, now, by == TABLE_END);
		return;
	}
	leave_ghost(t, by);
	while (t->page.case_count) {
		int row = t->at + by, last = t->page.case_count - 1;
		int stop = row < 0 ? 0 : row > last ? last : row;
		bool enough = reaches(t, row);
		by = row - stop;
		place_at(t, stop);
		if (enough)
			break;
		keep_ghost(t);
		reload(t, store, now);
	}
	keep_ghost(t);
}

void table_go(struct table *t, struct store *store, const struct query_now *now, int64_t key)
{
	struct page page;
	page_init(&page);
	if (store_case(store, key, &page) && page.case_count) {
		page_clear(&t->ghost);
		page_init(&t->ghost);
		case_copy(page_add_case(&t->ghost), &page.cases[0], &t->ghost.arena);
		t->cursor = key;
		t->at = t->at < 0 ? 0 : t->at;
		reload(t, store, now);
	}
	page_clear(&page);
}

const struct casefile *table_focus(const struct table *t)
{
	return t->at >= 0 && t->at < t->page.case_count ? &t->page.cases[t->at] : NULL;
}

long table_place(const struct table *t)
{
	return t->at < 0 ? 0 : t->first + t->at + 1;
}

bool table_find_place(struct table *t, struct store *store, const struct query_now *now)
{
	if (t->exact || !t->page.case_count)
		return false;
	struct casefile from = { 0 };
	struct arena a = { 0 };
	long before = 0, was = t->first;
	case_copy(&from, &t->page.cases[0], &a);
	for (;;) {
		struct page page;
		int count = read_rows(t, store, now, &from, CHUNK, true, &page);
		before += count;
		arena_clear(&a);
		if (count)
			case_copy(&from, &page.cases[0], &a);
		page_clear(&page);
		if (count < CHUNK || before >= PLACE_LIMIT)
			break;
	}
	arena_clear(&a);
	t->exact = before < PLACE_LIMIT;
	if (t->exact)
		t->first = before;
	return t->exact || t->first != was;
}

void table_top(struct table *t)
{
	t->at = -1;
	t->cursor = 0;
	page_clear(&t->ghost);
	page_init(&t->ghost);
}

/* ---- marks */

static int mark_index(const struct table *t, int64_t key)
{
	for (int i = 0; i < t->mark_count; i++) {
		if (t->marks[i] == key)
			return i;
	}
	return -1;
}

bool table_marked(const struct table *t, int64_t key)
{
	return mark_index(t, key) >= 0;
}

/* The room doubles at each power of two, so that it need not be kept. */
static void mark_add(struct table *t, int64_t key)
{
	int n = t->mark_count;
	if ((n & (n - 1)) == 0)
		t->marks = xrealloc(t->marks, (n ? 2 * (size_t)n : 1) * sizeof(*t->marks));
	t->marks[t->mark_count++] = key;
}

void table_mark(struct table *t, int64_t key, bool on)
{
	int i = mark_index(t, key);
	if (on && i < 0)
		mark_add(t, key);
	if (!on && i >= 0)
		t->marks[i] = t->marks[--t->mark_count];
	/* Shrunk to a power of two the next one added takes the same room again: no harm. */
}

void table_mark_none(struct table *t)
{
	free(t->marks);
	t->marks = NULL;
	t->mark_count = 0;
}

static bool mark_found(struct table *t, struct store *store, const struct query_now *now)
{
	struct page page;
	struct casefile from = { 0 };
	struct arena a = { 0 };
	bool whole = false;
	while (t->mark_count < MARK_LIMIT && !whole) {
		int count = read_rows(t, store, now, from.key ? &from : NULL, CHUNK, false, &page);
		for (int i = 0; i < count; i++)
			table_mark(t, page.cases[i].key, true);
		whole = count < CHUNK;
		arena_clear(&a);
		if (count)
			case_copy(&from, &page.cases[count - 1], &a);
		page_clear(&page);
	}
	arena_clear(&a);
	return whole;
}

bool table_mark_all(struct table *t, struct store *store, const struct query_now *now)
{
	return mark_found(t, store, now);
}

bool table_mark_query(struct table *t, struct store *store, const struct query_now *now,
	const char *text, struct error *err)
{
	struct table other = { 0 };
	struct buf b = { 0 };
	buf_printf(&b, *t->base ? "(%s) %s" : "%s%s", t->base, text);
	bool good = table_open(&other, buf_str(&b), "", err);
	if (good)
		mark_found(&other, store, now);
	for (int i = 0; i < other.mark_count; i++)
		table_mark(t, other.marks[i], true);
	table_clear(&other);
	buf_clear(&b);
	return good;
}

bool table_targets(struct table *t, struct store *store, struct page *page, struct error *err)
{
	const struct casefile *focus = table_focus(t);
	if (t->mark_count == 0 && !focus)
		return error_set(err, ERROR_USAGE, _("The list is empty."));
	if (t->mark_count == 0 && table_focus_gone(t))
		return error_set(err, ERROR_GONE,
			_("%s is gone from this list; nothing was changed."),
			focus->number ? focus->number : _("This case"));
	for (int i = 0; i < t->mark_count; i++)
		store_case(store, t->marks[i], page);
	if (t->mark_count == 0)
		store_case(store, focus->key, page);
	return page->case_count > 0 ||
	       error_set(err, ERROR_GONE,
		       _("The case is no longer known here; nothing was changed."));
}

/* ---- drawing */

struct layout {
	struct {
		const char *name;
		const struct column *column;
		int col, width;
	} parts[TABLE_COLUMNS];
	int count, source; /* source: columns of SOURCE */
};

static int part_width(const struct layout *l, const struct column *c)
{
	if (strcmp(c->name, "team") == 0)
		return TEAM_COLUMNS;
	if (strcmp(c->name, "source") == 0)
		return l->source;
	return c->grow ? NARROW_SUBJECT : c->width;
}

static int parts_width(const struct layout *l)
{
	int width = FLAG_COLUMNS;
	for (int i = 0; i < l->count; i++)
		width += part_width(l, l->parts[i].column) + (i > 0);
	return width;
}

/* What does not fit goes from the right, but never the column that grows. */
static void drop_last(struct layout *l)
{
	int i = l->count - 1;
	if (l->parts[i].column->grow && i > 0)
		i--;
	for (; i + 1 < l->count; i++)
		l->parts[i] = l->parts[i + 1];
	l->count--;
}

/* A name that is cut could be another's. */
static int source_width(const struct table *t, int cols)
{
	int wanted = cols < 80 ? SOURCE_COLUMNS : t->source_columns;
	return wanted < SOURCE_COLUMNS ? SOURCE_COLUMNS : wanted > SOURCE_MOST ? SOURCE_MOST : wanted;
}

static void lay_out(const struct table *t, int cols, struct layout *l)
{
	l->count = 0;
	l->source = source_width(t, cols);
	for (int i = 0; t->columns[i]; i++) {
		l->parts[l->count].name = t->columns[i];
		l->parts[l->count++].column = column_find(t->columns[i]);
	}
	while (l->count > 1 && parts_width(l) > cols)
		drop_last(l);
	int shares = 0, rest = cols - parts_width(l), col = FLAG_COLUMNS;
	for (int i = 0; i < l->count; i++)
		shares += l->parts[i].column->grow;
	for (int i = 0; i < l->count; i++) {
		const struct column *c = l->parts[i].column;
		l->parts[i].col = col;
		l->parts[i].width =
			part_width(l, c) + (shares && rest > 0 ? rest * c->grow / shares : 0);
		col += l->parts[i].width + 1;
	}
}

static void upper(struct buf *out, const char *text)
{
	mbstate_t in = { 0 }, to = { 0 };
	size_t size = strlen(text);
	for (size_t i = 0; i < size;) {
		wchar_t wide;
		char bytes[16];
		size_t used = mbrtowc(&wide, text + i, size - i, &in);
		if (used == 0 || used > size - i)
			break;
		size_t made = wcrtomb(bytes, (wchar_t)towupper((wint_t)wide), &to);
		if (made != (size_t)-1)
			buf_add(out, bytes, made);
		i += used;
	}
}

static void put_cell(struct screen *s, int row, int col, int width, bool right, enum style style,
	const char *text)
{
	int used = right ? screen_width(text) : width;
	if (right && used < width)
		col += width - used;
	screen_put(s, row, col, used < width ? used : width, style, text);
}

static void draw_head(const struct table *t, const struct layout *l, struct screen *s, int row)
{
	(void)t;
	for (int i = 0; i < l->count; i++) {
		struct buf b = { 0 };
		const struct column *c = l->parts[i].column;
		bool of_kind = strncmp(l->parts[i].name, "fields.", 7) == 0;
		upper(&b, of_kind ? l->parts[i].name + 7 : _(c->title));
		int width = screen_width(buf_str(&b));
		int room = l->parts[i].width;
		put_cell(s, row, l->parts[i].col, c->right || width > room ? room : width, c->right,
			STYLE_HEAD, buf_str(&b));
		buf_clear(&b);
	}
}

static bool is_old(const struct table *t, const struct casefile *cf)
{
	for (int i = 0; t->away && t->away[i]; i++)
		if (cf->service && strcmp(t->away[i], cf->service) == 0)
			return true;
	return false;
}

/* Four columns of letters: > here, + marked, * both; N news; ! not yet sent, C conflict, F a reply failed;
   ~ its service is away. */
static void draw_flags(const struct table *t, struct screen *s, int row, const struct casefile *cf)
{
	bool focus = cf->key == t->cursor && !t->bar, marked = table_marked(t, cf->key);
	if (focus || marked)
		screen_put(s, row, 0, 1, marked ? STYLE_MARKED : STYLE_TEXT,
			focus && marked ? "*" : focus ? ">" : "+");
	if (cf->last_event > cf->last_seen)
		screen_put(s, row, 1, 1, STYLE_NEW, "N");
	if (cf->conflict)
		screen_put(s, row, 2, 1, STYLE_CONFLICT, "C");
	else if (cf->pending)
		screen_put(s, row, 2, 1, STYLE_PENDING, "!");
	else if (cf->delivery)
		screen_put(s, row, 2, 1, STYLE_ERROR, "F");
	if (is_old(t, cf))
		screen_put(s, row, 3, 1, STYLE_DIM, "~");
}

static enum style cell_style(
	const struct table *t, const struct column *c, const struct casefile *cf, time_t now)
{
	if (cf->gone || is_old(t, cf))
		return STYLE_DIM;
	if (strcmp(c->name, "due") == 0 && cf->due && cf->due < now && stage_is_open(cf->stage))
		return STYLE_LATE;
	return STYLE_TEXT;
}

/* A team is told by the name that people say. */
static void cell_text(const struct table *t, const char *name, const struct casefile *cf,
	time_t now, struct buf *out)
{
	struct show show = { .people = t->people, .service = cf->service };
	if (strcmp(name, "team") == 0 && cf->team)
		buf_text(out, show_team(&show, cf->team));
	else
		column_text(out, name, cf, now);
}

static void draw_case(const struct table *t, const struct layout *l, struct screen *s, int row,
	time_t now, const struct casefile *cf)
{
	draw_flags(t, s, row, cf);
	for (int i = 0; i < l->count; i++) {
		struct buf b = { 0 };
		const struct column *c = l->parts[i].column;
		if (cf->gone && strcmp(c->name, "status") == 0)
			buf_text(&b, _("gone"));
		else
			cell_text(t, l->parts[i].name, cf, now, &b);
		put_cell(s, row, l->parts[i].col, l->parts[i].width, c->right,
			cell_style(t, c, cf, now), buf_str(&b));
		buf_clear(&b);
	}
}

static void draw_row(const struct table *t, const struct layout *l, struct screen *s, int row, int i, int cols,
	time_t now)
{
	draw_case(t, l, s, row, now, &t->page.cases[i]);
	if (i != t->at)
		return;
	if (t->bar)
		screen_paint(s, row, 0, cols, STYLE_CURSOR);
	screen_focus(s, row, 0);
}

void table_draw(struct table *t, struct screen *s, int row, int rows, int cols, time_t now)
{
	struct layout l;
	lay_out(t, cols, &l);
	draw_head(t, &l, s, row);
	screen_focus(s, row, 0);
	t->rows = rows;
	if (t->at >= 0)
		keep_visible(t);
	for (int i = 0; i < rows && t->top + i < t->page.case_count; i++)
		draw_row(t, &l, s, row + 1 + i, t->top + i, cols, now);
	t->drawn.reads = t->reads;
	t->drawn.row = row;
	t->drawn.cols = cols;
	t->drawn.top = t->top;
	t->drawn.at = t->at;
}

bool table_draw_step(struct table *t, struct screen *s, time_t now)
{
	int before = t->drawn.at, row = t->drawn.row + 1 - t->top;
	if (t->reads != t->drawn.reads || t->top != t->drawn.top || before < 0 || t->at < 0)
		return false;
	struct layout l;
	lay_out(t, t->drawn.cols, &l);
	screen_blank(s, row + before, 0, t->drawn.cols);
	draw_row(t, &l, s, row + before, before, t->drawn.cols, now);
	screen_blank(s, row + t->at, 0, t->drawn.cols);
	draw_row(t, &l, s, row + t->at, t->at, t->drawn.cols, now);
	t->drawn.at = t->at;
	return true;
}
