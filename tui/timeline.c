/* What happened on a case: see timeline.h. */
#include "tui/timeline.h"
#include "model/i18n.h"
#include "model/secret.h"
#include "model/text.h"
#include "model/when.h"
#include <string.h>

enum { STAMP_COLUMNS = 14, BODY_INDENT = 2, WIDE_COLUMNS = 96 };

static void uncount(struct timeline *t)
{
	free(t->starts);
	t->starts = NULL;
	t->cols = 0;
}

void timeline_clear(struct timeline *t)
{
	uncount(t);
	page_clear(&t->page);
	free(t->shown);
	free(t->filter);
	*t = (struct timeline){ .at = -1 };
}

static bool passes(const struct timeline *t, const struct event *e)
{
	struct buf folded = { 0 };

	if (!t->filter)
		return true;
	text_fold(&folded, e->text ? e->text : "");
	buf_char(&folded, ' ');
	text_fold(&folded, e->by ? e->by : "");
	buf_char(&folded, ' ');
	text_fold(&folded, e->changes ? e->changes : "");

	bool hit = strstr(buf_str(&folded), t->filter) != NULL;

	buf_clear(&folded);
	return hit;
}

static void pick(struct timeline *t)
{
	free(t->shown);
	t->shown = xcalloc((size_t)t->page.event_count + 1, sizeof(*t->shown));
	t->count = 0;
	for (int i = 0; i < t->page.event_count; i++)
		if (passes(t, &t->page.events[i]))
			t->shown[t->count++] = i;
	uncount(t);
	if (t->at >= t->count)
		t->at = t->count - 1;
}

const struct event *timeline_focus(const struct timeline *t)
{
	return t->at >= 0 && t->at < t->count ? &t->page.events[t->shown[t->at]] : NULL;
}

/* The same entry after reading again: by the service's number; ours by its key. */
static bool same_event(const struct event *a, int64_t seq, int64_t key)
{
	return seq ? a->seq == seq : a->key == key && !a->seq;
}

void timeline_load(struct timeline *t, struct store *store, int64_t case_key,
	const struct casefile *masked, const struct page *people)
{
	const struct event *focus = timeline_focus(t);
	int64_t seq = focus ? focus->seq : 0, key = focus ? focus->key : 0;
	bool at_end = !focus || t->at == t->count - 1, had = focus != NULL;
	int place = t->at;

	page_clear(&t->page);
	page_init(&t->page);
	store_events(store, case_key, &t->page);
	if (masked)
		secret_mask_events(&t->page, masked, people);
	pick(t);
	t->at = -1;
	for (int i = 0; had && i < t->count && t->at < 0; i++)
		if (same_event(&t->page.events[t->shown[i]], seq, key))
			t->at = i;
	/* What I have just done myself is what I look for. */
	if (at_end && t->count && t->page.events[t->shown[t->count - 1]].pending)
		t->at = t->count - 1;
	if (t->at < 0 && (at_end || !t->loaded))
		t->at = t->count - 1;
	/* What was ours alone has become the service's, in its place or a little later. */
	if (t->at < 0 && t->count)
		t->at = place >= 0 && place < t->count ? place : t->count - 1;
	t->loaded = t->page.event_count > 0;
	t->rows = 0; /* the focus is brought into sight at the next draw */
}

/* A case never looked at here: what came after my own last entry is new to me. */
void timeline_seen(struct timeline *t, int64_t seen, const char *me)
{
	for (int i = 0; !seen && me && i < t->page.event_count; i++) {
		const struct event *e = &t->page.events[i];

		if (e->by && !strcmp(e->by, me))
			t->seen = e->seq;
	}
	if (seen)
		t->seen = seen;
}

void timeline_filter(struct timeline *t, const char *words)
{
	struct buf folded = { 0 };

	free(t->filter);
	t->filter = NULL;
	if (!text_blank(words)) {
		text_fold(&folded, words);
		t->filter = buf_take(&folded);
	}
	pick(t);
	t->at = t->count - 1;
}

/* ---- moving */

static void last_line(const struct timeline *t, int *first, int *end)
{
	*first = t->starts ? t->starts[t->at] : 0;
	*end = t->starts ? t->starts[t->at + 1] : 1;
}

static void keep_in_sight(struct timeline *t)
{
	int first, end;

	if (t->at < 0 || !t->starts)
		return;
	last_line(t, &first, &end);
	if (end - t->scroll > t->rows)
		t->scroll = end - t->rows;
	if (first < t->scroll)
		t->scroll = first;
	if (t->scroll > t->starts[t->count] - t->rows)
		t->scroll = t->starts[t->count] - t->rows;
	if (t->scroll < 0)
		t->scroll = 0;
}

/* Down goes through an entry that is longer than the screen before it leaves it. */
static void down(struct timeline *t)
{
	int first, end;

	last_line(t, &first, &end);
	if (t->starts && end - t->scroll > t->rows) {
		t->scroll += t->rows / 2 ? t->rows / 2 : 1;
		return;
	}
	if (t->at < t->count - 1) {
		t->at++;
		last_line(t, &first, &end);
		if (end - t->scroll > t->rows)
			t->scroll = end - first > t->rows ? first : end - t->rows;
	}
}

static void up(struct timeline *t)
{
	int first, end;

	last_line(t, &first, &end);
	if (t->starts && first < t->scroll) {
		t->scroll -= t->rows / 2 ? t->rows / 2 : 1;
		if (t->scroll < first)
			t->scroll = first;
		return;
	}
	if (t->at > 0)
		t->at--;
	last_line(t, &first, &end);
	if (first < t->scroll)
		t->scroll = first;
}

/* By so many lines: the focus is the entry then at the top or at the bottom. */
static void by_lines(struct timeline *t, int lines)
{
	int last;

	if (!t->starts)
		return;
	last = t->starts[t->count] - t->rows;
	if (last < 0)
		last = 0;
	t->scroll += lines;
	if (t->scroll > last || t->scroll < 0) {
		t->at = lines > 0 ? t->count - 1 : 0;
		t->scroll = lines > 0 ? last : 0;
		return;
	}
	for (int i = 0; i < t->count; i++)
		if (t->starts[i] <= t->scroll + (lines > 0 ? t->rows - 1 : 0))
			t->at = i;
}

bool timeline_step(struct timeline *t, const char *word)
{
	int page = t->rows > 1 ? t->rows - 1 : 1;

	if (!t->count)
		return true;
	if (!strcmp(word, "down"))
		down(t);
	else if (!strcmp(word, "up"))
		up(t);
	else if (!strcmp(word, "page-down"))
		by_lines(t, page);
	else if (!strcmp(word, "page-up"))
		by_lines(t, -page);
	else if (!strcmp(word, "half-down"))
		by_lines(t, page / 2 + 1);
	else if (!strcmp(word, "half-up"))
		by_lines(t, -(page / 2 + 1));
	else if (!strcmp(word, "top"))
		by_lines(t, -1000000);
	else if (!strcmp(word, "bottom"))
		by_lines(t, 1000000);
	else
		return false;
	return true;
}

/* ---- telling */

static bool is_new(const struct timeline *t, const struct show *show, const struct event *e)
{
	bool mine = show->me && e->by && !strcmp(show->me, e->by);

	return t->seen && e->seq > t->seen && !mine;
}

void timeline_say(const struct timeline *t, const struct show *show, struct buf *out)
{
	const struct event *e = timeline_focus(t);
	struct buf head = { 0 };

	if (!e) {
		buf_text(out, t->filter ? _("No entry holds these words; Esc shows all.")
					: _("Nothing has been read of this timeline yet."));
		return;
	}
	when_stamp(out, e->at, show->now);
	buf_char(out, ' ');
	show_event(&head, show, e);
	for (size_t i = 0; i < head.size; i++)
		if (head.text[i] != ' ' || (i + 1 < head.size && head.text[i + 1] != ' '))
			buf_char(out, head.text[i]);
	if (e->pending)
		buf_text(out, _(", saved here, not yet accepted by the service"));
	else if (is_new(t, show, e))
		buf_text(out, _(", new"));
	if (e->delivery)
		buf_printf(out, ", %s", show_delivery(e->delivery));
	if (show_event_body(e)) {
		buf_text(out, ": ");
		show_event_text(out, e);
	}
	buf_clear(&head);
}

/* ---- drawing */

static int body_columns(int cols)
{
	return cols - (cols >= WIDE_COLUMNS ? 4 : 6);
}

/* How many lines its text takes; each goes to line() where there is one. */
static int wrap_body(const struct event *e, int cols, void (*line)(void *, int, const char *), void *ctx)
{
	struct buf text = { 0 };

	if (!show_event_body(e))
		return 0;
	show_event_text(&text, e);

	int count = screen_wrap(buf_str(&text), body_columns(cols), line, ctx);

	buf_clear(&text);
	return count;
}

static void count_lines(struct timeline *t, int cols)
{
	int line = 0;

	uncount(t);
	t->cols = cols;
	t->starts = xcalloc((size_t)t->count + 1, sizeof(*t->starts));
	for (int i = 0; i < t->count; i++) {
		const struct event *e = &t->page.events[t->shown[i]];

		t->starts[i] = line;
		line += 1 + wrap_body(e, cols, NULL, NULL);
	}
	t->starts[t->count] = line;
}

struct place {
	struct screen *screen;
	int row, rows, cols; /* of the whole timeline */
	int first;	     /* row of the first line of this body */
	enum style style;
};

static void body_line(void *ctx, int index, const char *text)
{
	struct place *p = ctx;
	int row = p->first + index;

	if (row >= p->row && row < p->row + p->rows)
		screen_put(p->screen, row, BODY_INDENT, body_columns(p->cols), p->style, text);
}

static void right_word(const struct timeline *t, const struct show *show, int i, bool top,
	struct buf *out, enum style *style)
{
	const struct event *e = &t->page.events[t->shown[i]];

	*style = STYLE_DIM;
	if (e->pending) {
		buf_text(out, _("saved here"));
		*style = STYLE_PENDING;
	} else if (is_new(t, show, e)) {
		buf_text(out, _("NEW"));
		*style = STYLE_NEW;
	} else if (e->delivery) {
		buf_text(out, show_delivery(e->delivery));
		if (!strcmp(e->delivery, "failed"))
			*style = STYLE_ERROR;
	} else if (top) {
		buf_printf(out, _("%d of %d"), i + 1, t->count);
	}
}

static void draw_head(struct timeline *t, const struct show *show, int i, struct screen *s, int row,
	int cols, bool top)
{
	const struct event *e = &t->page.events[t->shown[i]];
	struct buf text = { 0 }, right = { 0 };
	enum style style;

	right_word(t, show, i, top, &right, &style);

	int width = right.size ? screen_width(buf_str(&right)) + 4 : 2;

	when_stamp(&text, e->at, show->now);
	screen_put(s, row, 0, STAMP_COLUMNS, i == t->at ? STYLE_TITLE : STYLE_TEXT, buf_str(&text));
	buf_reset(&text);
	show_event(&text, show, e);
	screen_put(s, row, STAMP_COLUMNS, cols - STAMP_COLUMNS - width,
		e->pending ? STYLE_PENDING : STYLE_TEXT, buf_str(&text));
	if (right.size)
		screen_put(s, row, cols - width + 2, width - 4, style, buf_str(&right));
	buf_clear(&text);
	buf_clear(&right);
}

void timeline_draw(
	struct timeline *t, const struct show *show, struct screen *s, int row, int rows, int cols)
{
	bool resized = t->cols != cols || t->rows != rows;

	t->rows = rows;
	if (t->cols != cols)
		count_lines(t, cols);
	if (resized)
		keep_in_sight(t);
	screen_focus(s, row, 0);
	for (int i = 0, top = 1; i < t->count && rows > 0; i++) {
		const struct event *e = &t->page.events[t->shown[i]];
		struct place at = { s, row, rows, cols, row + t->starts[i] - t->scroll + 1,
			e->pending ? STYLE_PENDING : STYLE_TEXT };
		int head = at.first - 1;

		if (t->starts[i + 1] <= t->scroll || head >= row + rows)
			continue;
		if (head >= row) {
			draw_head(t, show, i, s, head, cols, top);
			top = 0;
		}
		wrap_body(e, cols, body_line, &at);
		if (i != t->at)
			continue;
		if (head >= row)
			screen_paint(s, head, 0, STAMP_COLUMNS - 1, STYLE_CURSOR);
		screen_focus(s, head >= row ? head : row, 0);
	}
}
