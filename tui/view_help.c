/* All keys that do something in the view below, found by typing, run by Enter. With the argument
   `all` it is the palette: also commands without a key, screens, and cases by their words. */
#include "model/i18n.h"
#include "model/text.h"
#include "tui/input.h"
#include "tui/lines.h"
#include "tui/moves.h"
#include "tui/several.h"
#include "tui/tui.h"
#include "tui/view.h"
#include <string.h>

enum { HEAD_ROWS = 2, KEY_COLS = 14, LINE_COLS = 22, CASES_FOUND = 8 };

struct help {
	struct moves moves;
	struct lines lines;
	struct buf filter;
	bool all;
};

/* Every word of the filter begins a word of the row. */
static bool matches(const struct help *h, const char *row)
{
	struct buf folded = { 0 }, whole = { 0 };
	bool found = true;
	text_fold(&folded, buf_str(&h->filter));
	text_fold(&whole, row);
	for (char *at = folded.text; at && *at && found;) {
		size_t size = strcspn(at, " ");
		bool more = at[size] != '\0';
		at[size] = '\0';
		found = !size || text_word_prefix(buf_str(&whole), at);
		at += size + more;
	}
	buf_clear(&folded);
	buf_clear(&whole);
	return found;
}

static void add_row(struct help *h, const char *keys, const char *line, const char *help)
{
	struct buf b = { 0 };
	text_pad(&b, keys, KEY_COLS);
	text_pad(&b, line, LINE_COLS);
	buf_char(&b, ' ');
	buf_text(&b, help);
	if (matches(h, buf_str(&b)))
		lines_add(&h->lines, line, buf_str(&b));
	buf_clear(&b);
}

static void add_keys(struct help *h, struct view *v)
{
	struct keymap_row row;
	for (int i = 0; keymap_row(v->app->keymap, v->below->ops, i, &row); i++)
		add_row(h, row.keys, row.line, row.help);
}

static bool has_key(struct view *v, const char *line)
{
	return keymap_keys(v->app->keymap, v->below->ops, line) != NULL;
}

static void add_commands(struct help *h, struct view *v)
{
	const struct view_ops *below = v->below->ops;
	for (const struct action *a = below->actions; a && a->name; a++) {
		if (!has_key(v, a->name) && !(a->args && a->args[0] != '['))
			add_row(h, "", a->name, _(a->help));
	}
	for (const struct verb *const *verb = verb_list; *verb; verb++) {
		if ((below->cases || (*verb)->creates) && !has_key(v, (*verb)->name))
			add_row(h, "", (*verb)->name, _((*verb)->help));
	}
	for (const struct view_ops *const *view = view_list; *view; view++) {
		struct buf line = { 0 };
		buf_printf(&line, "view %s", (*view)->name);
		if (!(*view)->cover && !(*view)->asks_for && *view != v->ops)
			add_row(h, "", buf_str(&line), _((*view)->title));
		buf_clear(&line);
	}
}

/* The words as a query over what this machine knows; half a query finds nothing, which is no error.
 */
static void add_cases(struct help *h, struct view *v)
{
	struct query q = { 0 };
	struct error err;
	struct page found;
	struct query_now now = app_now(v->app);
	page_init(&found);
	if (h->filter.size > 1 && query_parse(&q, QUERY_CASES, buf_str(&h->filter), NULL, &err))
		store_find(v->app->store, &q, &now, (struct window){ .limit = CASES_FOUND }, &found,
			&err);
	query_clear(&q);
	for (int i = 0; i < found.case_count; i++) {
		const struct casefile *cf = &found.cases[i];
		struct buf b = { 0 }, line = { 0 };
		buf_printf(&line, "view case @%lld", (long long)cf->key);
		text_pad(&b, _("case"), KEY_COLS);
		struct buf name = { 0 };
		several_case_name(&name, v->app, cf);
		text_pad(&b, buf_str(&name), LINE_COLS);
		buf_clear(&name);
		buf_printf(&b, " %s, %s", cf->citizen_name ? cf->citizen_name : "-",
			cf->subject ? cf->subject : "-");
		lines_add(&h->lines, buf_str(&line), buf_str(&b));
		buf_clear(&b);
		buf_clear(&line);
	}
	page_clear(&found);
}

static void fill(struct view *v)
{
	struct help *h = v->own;
	lines_begin(&h->lines);
	add_keys(h, v);
	if (h->all) {
		add_commands(h, v);
		add_cases(h, v);
	}
	lines_end(&h->lines);
	app_dirty(v->app);
}

static void help_step(struct view *v, const char *word, int times)
{
	struct help *h = v->own;
	for (int i = 0; i < times; i++)
		lines_step(&h->lines, word);
}

static bool help_open(struct view *v, const char *arg, struct error *err)
{
	struct help *h = v->own;
	h->moves.step = help_step;
	h->all = arg && strcmp(arg, "all") == 0;
	if (!v->below)
		return error_set(err, ERROR_USAGE, _("There is nothing to explain yet."));
	if (v->below->ops == v->ops)
		return error_set(err, ERROR_USAGE, _("These are the keys already; q goes back."));
	fill(v);
	return true;
}

static void help_close(struct view *v)
{
	struct help *h = v->own;
	lines_clear(&h->lines);
	buf_clear(&h->filter);
}

static void help_draw(struct view *v, struct screen *s)
{
	struct help *h = v->own;
	struct buf b = { 0 };
	screen_putf(s, 0, 0, -1, STYLE_TITLE, h->all ? _("Commands in: %s") : _("Keys in: %s"),
		_(v->below->ops->title));
	buf_printf(&b, _("%d shown"), h->lines.count);
	screen_right(s, 0, 0, STYLE_TEXT, buf_str(&b));
	screen_putf(s, 1, 0, -1, STYLE_TEXT, h->filter.size ? _("only: %s") : "%s",
		h->filter.size ? buf_str(&h->filter) : _("type to find, Enter runs, Esc leaves"));
	lines_draw(&h->lines, s, HEAD_ROWS, view_rows(v) - HEAD_ROWS, 0, view_cols(v));
	if (!lines_focus(&h->lines)) {
		screen_put(s, HEAD_ROWS, 0, -1, STYLE_TEXT,
			_("No key here does that; Ctrl-P looks further."));
		screen_focus(s, HEAD_ROWS, 0);
	}
	buf_clear(&b);
}

static void help_say(struct view *v, struct buf *b)
{
	struct help *h = v->own;
	const struct line *focus = lines_focus(&h->lines);
	buf_text(b, focus ? focus->text : _("Nothing is found."));
}

static void help_place(struct view *v, struct buf *b)
{
	struct help *h = v->own;
	buf_printf(b, "%s %d/%d", _("Help"), h->lines.at + 1, h->lines.count);
}

static bool help_key(struct view *v, int key)
{
	struct help *h = v->own;
	if (key == KEY_BACKSPACE_ && h->filter.size) {
		size_t size = h->filter.size;
		while (size > 0 && (h->filter.text[--size] & 0xc0) == 0x80)
			;
		buf_cut(&h->filter, size);
	} else if (key_is_text(key) && (key != ' ' || h->filter.size)) {
		if (key == ' ')
			buf_char(&h->filter, ' ');
		else
			key_name(&h->filter, key);
	} else {
		return false;
	}
	fill(v);
	return true;
}

static bool help_paste(struct view *v, const char *text)
{
	struct help *h = v->own;
	buf_text(&h->filter, text);
	fill(v);
	return true;
}

static bool run_open(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct help *h = v->own;
	struct app *app = v->app;
	const struct line *focus = lines_focus(&h->lines);
	(void)argc;
	(void)argv;
	if (!focus)
		return error_set(err, ERROR_USAGE, _("Nothing is found."));
	char *line = xstrdup(focus->id);
	view_close(app);
	action_line(app, line);
	free(line);
	return true;
}

static const struct action help_actions[] = {
	MOVE_ACTIONS,
	{ "open", NULL, N_("Run the line."), run_open },
	{ NULL },
};

const struct view_ops view_help = {
	.name = "help",
	.title = N_("Keys"),
	.own_size = sizeof(struct help),
	.open = help_open,
	.draw = help_draw,
	.close = help_close,
	.key = help_key,
	.paste = help_paste,
	.say = help_say,
	.place = help_place,
	.hints = (const struct hint[]){ { "open", N_("run") }, { "cancel", N_("back") },
		{ NULL, NULL } },
	.actions = help_actions,
};
