/* Fields to fill in: see form.h. */
#include "tui/form.h"
#include "model/i18n.h"
#include "model/json.h"
#include "model/secret.h"
#include "model/text.h"
#include "model/when.h"
#include "tui/input.h"
#include <string.h>

enum { LABEL_COLUMNS = 28, LONG_ROWS = 5 };

static int label_columns(int cols)
{
	return cols >= 3 * LABEL_COLUMNS - 4 ? LABEL_COLUMNS : cols / 3;
}

void form_init(struct form *f, const char *end)
{
	*f = (struct form){ .end = xstrdup(end) };
}

void form_clear(struct form *f)
{
	for (int i = 0; i < f->count; i++) {
		free(f->fields[i].value);
		free(f->fields[i].was);
		free(f->fields[i].error);
	}
	free(f->fields);
	free(f->end);
	arena_clear(&f->arena);
	*f = (struct form){ 0 };
}

/* ---- the fields */

static const char *const *copy_values(struct arena *a, const char *const *values)
{
	size_t n = 0;

	while (values && values[n])
		n++;
	if (!n)
		return NULL;

	const char **copy = arena_alloc(a, (n + 1) * sizeof(*copy));

	for (size_t i = 0; i < n; i++)
		copy[i] = arena_copy(a, values[i]);
	return copy;
}

void form_set(struct form_field *field, const char *value)
{
	free(field->value);
	field->value = xstrdup(value ? value : "");
	field->at = strlen(field->value);
}

struct form_field *form_add(struct form *f, const struct kind_field *def, const char *value)
{
	f->fields = xrealloc(f->fields, (size_t)(f->count + 1) * sizeof(*f->fields));

	struct form_field *field = &f->fields[f->count++];

	*field = (struct form_field){ .def = *def, .masked = def->sensitive };
	field->def.name = arena_copy(&f->arena, def->name);
	field->def.label = arena_copy(&f->arena, def->label);
	field->def.pattern = arena_copy(&f->arena, def->pattern);
	field->def.values = copy_values(&f->arena, def->values);
	form_set(field, value);
	field->was = xstrdup(field->value);
	return field;
}

struct form_field *form_find(struct form *f, const char *name)
{
	for (int i = 0; i < f->count; i++)
		if (!strcmp(f->fields[i].def.name, name))
			return &f->fields[i];
	return NULL;
}

bool form_focus(struct form *f, const char *name)
{
	struct form_field *field = name ? form_find(f, name) : NULL;

	if (field)
		f->focus = (int)(field - f->fields);
	return field != NULL;
}

bool form_field_changed(const struct form_field *field)
{
	return strcmp(field->value, field->was) != 0;
}

bool form_changed(const struct form *f)
{
	for (int i = 0; i < f->count; i++)
		if (form_field_changed(&f->fields[i]))
			return true;
	return false;
}

/* What came from the service is not shown here: the screen of the case or person does that, for a reason. */
bool form_hides(const struct form_field *field)
{
	return field->masked && *field->value && !form_field_changed(field);
}

static struct form_field *focused(struct form *f)
{
	return f->focus < f->count ? &f->fields[f->focus] : NULL;
}

/* ---- typing */

static void forget_error(struct form_field *field)
{
	free(field->error);
	field->error = NULL;
}

static void replace(struct form_field *field, size_t from, size_t to, const char *text)
{
	struct buf b = { 0 };

	buf_add(&b, field->value, from);
	buf_text(&b, text);

	size_t at = b.size;

	buf_text(&b, field->value + to);
	free(field->value);
	field->value = buf_take(&b);
	field->at = at;
	forget_error(field);
}

/* Where the grapheme before `at` begins. */
static size_t before(const char *text, size_t at)
{
	size_t i = 0, last = 0;
	int columns;

	while (i < at) {
		size_t n = text_next(text + i, &columns);

		last = i;
		i += n ? n : 1;
	}
	return last;
}

static size_t after(const char *text, size_t at)
{
	int columns;
	size_t n = text[at] ? text_next(text + at, &columns) : 0;

	return at + n;
}

static size_t word_before(const char *text, size_t at)
{
	while (at && text[at - 1] == ' ')
		at--;
	while (at && text[at - 1] != ' ')
		at--;
	return at;
}

static size_t encode(char out[5], int key)
{
	unsigned c = (unsigned)key;
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = n; i-- > 1; c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3f));
	out[0] = (char)(lead[n] | c);
	out[n] = '\0';
	return n;
}

static bool is_list(const struct form_field *field)
{
	return (field->def.type == KIND_CHOICE || field->def.type == KIND_CHOICES) &&
	       field->def.values;
}

static int value_count(const struct form_field *field)
{
	int n = 0;

	while (field->def.values && field->def.values[n])
		n++;
	return n;
}

static int value_index(const struct form_field *field)
{
	for (int i = 0; field->def.values[i]; i++)
		if (!strcmp(field->def.values[i], field->value))
			return i;
	return -1;
}

/* One further or back; before the first stands "nothing", unless something is required. */
static enum form_key choose(struct form_field *field, int by)
{
	int count = value_count(field), i = value_index(field) + by;
	int least = field->def.required ? 0 : -1;

	if (i < least)
		i = count - 1;
	if (i >= count)
		i = least;
	form_set(field, i < 0 ? "" : field->def.values[i]);
	forget_error(field);
	return FORM_EDITED;
}

/* A letter goes to the next value that begins with it. */
static enum form_key choose_letter(struct form_field *field, int key)
{
	int count = value_count(field), from = value_index(field);
	char typed[5];
	struct buf want = { 0 };

	encode(typed, key);
	text_fold(&want, typed);
	for (int i = 1; i <= count && want.size; i++) {
		int at = (from + i + count) % count;
		struct buf have = { 0 };

		text_fold(&have, field->def.values[at]);

		bool hit = !strncmp(buf_str(&have), buf_str(&want), want.size);

		buf_clear(&have);
		if (!hit)
			continue;
		form_set(field, field->def.values[at]);
		forget_error(field);
		break;
	}
	buf_clear(&want);
	return FORM_EDITED;
}

static enum form_key switch_option(struct form *f, struct form_field *field)
{
	const char *one = field->def.values[field->option];
	const char *now = *field->value ? field->value : NULL;

	now = words_have(now, one) ? words_drop(now, one, &f->arena)
				   : words_add(now, one, &f->arena);
	form_set(field, now);
	forget_error(field);
	return FORM_EDITED;
}

static enum form_key list_key(struct form *f, struct form_field *field, int key)
{
	bool several = field->def.type == KIND_CHOICES;
	int by = key == KEY_LEFT_ ? -1 : 1;

	if (key == KEY_LEFT_ || key == KEY_RIGHT_) {
		if (!several)
			return choose(field, by);
		field->option = (field->option + by + value_count(field)) % value_count(field);
		return FORM_TAKEN;
	}
	if (key == ' ')
		return several ? switch_option(f, field) : choose(field, 1);
	if (!several && (key == KEY_BACKSPACE_ || key == KEY_DELETE_) && !field->def.required) {
		form_set(field, "");
		return FORM_EDITED;
	}
	return !several && key_is_text(key) ? choose_letter(field, key) : FORM_TAKEN;
}

static enum form_key yes_no_key(struct form_field *field, int key)
{
	bool yes = !strcmp(field->value, "yes");

	if (key == ' ' || key == KEY_LEFT_ || key == KEY_RIGHT_)
		form_set(field, yes ? "no" : "yes");
	else if (key == 'y' || key == 'j' || key == '1')
		form_set(field, "yes");
	else if (key == 'n' || key == '0')
		form_set(field, "no");
	else if (key == KEY_BACKSPACE_ || key == KEY_DELETE_)
		form_set(field, "");
	else
		return FORM_TAKEN;
	forget_error(field);
	return FORM_EDITED;
}

static enum form_key text_key(struct form_field *field, int key)
{
	size_t size = strlen(field->value);
	char typed[5];
	bool changes = key_is_text(key) || key == KEY_BACKSPACE_ || key == KEY_DELETE_ ||
		       key == KEY_CTRL_('H') || key == KEY_CTRL_('U') || key == KEY_CTRL_('W');

	/* It is replaced as a whole, since nobody edits what they do not see. */
	if (form_hides(field) && changes) {
		replace(field, 0, size, "");
		if (!key_is_text(key))
			return FORM_EDITED;
	}
	switch (key) {
	case KEY_LEFT_:
		field->at = before(field->value, field->at);
		return FORM_TAKEN;
	case KEY_RIGHT_:
		field->at = after(field->value, field->at);
		return FORM_TAKEN;
	case KEY_HOME_:
	case KEY_CTRL_('A'):
		field->at = 0;
		return FORM_TAKEN;
	case KEY_END_:
		field->at = size;
		return FORM_TAKEN;
	case KEY_BACKSPACE_:
	case KEY_CTRL_('H'):
		replace(field, before(field->value, field->at), field->at, "");
		return FORM_EDITED;
	case KEY_DELETE_:
		replace(field, field->at, after(field->value, field->at), "");
		return FORM_EDITED;
	case KEY_CTRL_('U'):
		replace(field, 0, field->at, "");
		return FORM_EDITED;
	case KEY_CTRL_('W'):
		replace(field, word_before(field->value, field->at), field->at, "");
		return FORM_EDITED;
	default:
		break;
	}
	if (!key_is_text(key))
		return FORM_NOT_MINE;
	encode(typed, key);
	replace(field, field->at, field->at, typed);
	return FORM_EDITED;
}

/* "monday" becomes the date it means, so that one sees what will be saved. */
static void settle_date(const struct form *f, struct form_field *field)
{
	char day[20];
	struct tm tm;
	time_t at;

	if (field->def.type != KIND_DATE || !f->now || text_blank(field->value) ||
		!when_typed(field->value, f->now, &at))
		return;
	localtime_r(&at, &tm);
	strftime(day, sizeof(day), "%Y-%m-%d", &tm);
	if (strcmp(day, field->value))
		form_set(field, day);
}

static enum form_key go(struct form *f, int to)
{
	if (focused(f))
		settle_date(f, focused(f));
	f->focus = to < 0 ? 0 : to > f->count ? f->count : to;
	return FORM_TAKEN;
}

enum form_key form_key(struct form *f, int key)
{
	struct form_field *field = focused(f);

	if (key == KEY_TAB_ || key == KEY_DOWN_)
		return go(f, f->focus + 1);
	if (key == KEY_SHIFT_TAB_ || key == KEY_UP_)
		return go(f, f->focus - 1);
	if (key == KEY_PGUP_)
		return go(f, 0);
	if (key == KEY_PGDN_)
		return go(f, f->count);
	if (key == KEY_ENTER_)
		return field ? go(f, f->focus + 1) : FORM_END;
	if (!field)
		return key_is_text(key) ? FORM_TAKEN : FORM_NOT_MINE;
	if (key_is_text(key) || key == KEY_LEFT_ || key == KEY_RIGHT_ || key == KEY_BACKSPACE_ ||
		key == KEY_DELETE_) {
		if (is_list(field))
			return list_key(f, field, key);
		if (field->def.type == KIND_YES_NO)
			return yes_no_key(field, key);
	}
	return is_list(field) ? FORM_NOT_MINE : text_key(field, key);
}

void form_paste(struct form *f, const char *text)
{
	struct form_field *field = focused(f);
	struct buf one = { 0 };

	if (!field || is_list(field) || field->def.type == KIND_YES_NO)
		return;
	if (form_hides(field))
		replace(field, 0, strlen(field->value), "");
	text_repair(&one, text, strlen(text));
	if (field->def.type != KIND_LONG_TEXT)
		for (size_t i = 0; i < one.size; i++)
			if (one.text[i] == '\n' || one.text[i] == '\r' || one.text[i] == '\t')
				one.text[i] = ' ';
	replace(field, field->at, field->at, buf_str(&one));
	buf_clear(&one);
}

/* ---- checking */

void form_fault(struct form *f, const char *name, const char *sentence)
{
	struct form_field *field = form_find(f, name);

	if (!field)
		return;

	bool first = true;

	for (struct form_field *other = f->fields; other < field; other++)
		first = first && !other->error;
	free(field->error);
	field->error = xstrdup(sentence);
	if (first)
		f->focus = (int)(field - f->fields);
}

bool form_check(struct form *f, struct error *err)
{
	struct arena arena = { 0 };
	bool good = true;

	for (int i = 0; i < f->count; i++)
		forget_error(&f->fields[i]);
	for (int i = 0; i < f->count; i++)
		settle_date(f, &f->fields[i]);
	for (int i = f->count; i-- > 0;) {
		struct form_field *field = &f->fields[i];
		const char *stored;
		struct error why = { 0 };

		if (kind_check_value(&field->def, field->value, &arena, &stored, &why))
			continue;
		good = false;
		form_fault(f, field->def.name, why.text);
		if (err)
			*err = why;
	}
	arena_clear(&arena);
	return good;
}

/* ---- drawing */

static const char *how(const struct form_field *field)
{
	switch (field->def.type) {
	case KIND_CHOICE:
		return _("Left and Right choose");
	case KIND_CHOICES:
		return _("Left and Right go, Space switches");
	case KIND_YES_NO:
		return _("Space switches between yes and no");
	case KIND_DATE:
		return _("a date, such as 2026-08-15 or monday");
	case KIND_TIME:
		return _("a time, such as 14:30");
	case KIND_NUMBER:
		return _("a number");
	case KIND_MONEY:
		return _("an amount, such as 12.50");
	case KIND_LONG_TEXT:
		return _("Ctrl-E opens your editor");
	default:
		return _("Tab goes on");
	}
}

void form_say(const struct form *f, struct buf *out)
{
	const struct form_field *field = f->focus < f->count ? &f->fields[f->focus] : NULL;

	if (!field) {
		buf_printf(out, _("%s: Enter does it, Esc leaves the form."), f->end);
		return;
	}
	buf_text(out, field->def.label);
	buf_text(out, field->def.required ? _(", required: ") : ": ");
	if (field->error)
		buf_text(out, field->error);
	else if (form_hides(field))
		buf_printf(out, _("masked; typing replaces it; %s."), how(field));
	else
		buf_printf(
			out, _("%s; %s."), *field->value ? field->value : _("empty"), how(field));
}

/* "[x] glass  [ ] paper": all of them, the one Space would switch in the cursor's style. */
static void draw_options(
	const struct form_field *field, struct screen *s, int row, int col, int cols, bool focus)
{
	int at = col;

	for (int i = 0; field->def.values[i] && at < col + cols; i++) {
		struct buf one = { 0 };
		bool here = focus && i == field->option;

		buf_printf(&one, "[%c] %s",
			words_have(field->value, field->def.values[i]) ? 'x' : ' ',
			field->def.values[i]);

		int width = screen_width(buf_str(&one));

		if (width > col + cols - at)
			width = col + cols - at;
		screen_put(s, row, at, width, here ? STYLE_CURSOR : STYLE_TEXT, buf_str(&one));
		if (here)
			screen_focus(s, row, at);
		at += width + 2;
		buf_clear(&one);
	}
}

static void draw_choice(
	const struct form_field *field, struct screen *s, int row, int col, int cols, bool focus)
{
	struct buf others = { 0 };
	int at = col;

	at += screen_put(s, row, col, -1, focus ? STYLE_CURSOR : STYLE_TEXT,
		      *field->value ? field->value : "-") +
	      3;
	if (!focus)
		return;
	screen_focus(s, row, col);
	buf_text(&others, _("of: "));
	for (int i = 0; field->def.values && field->def.values[i]; i++)
		buf_printf(&others, "%s%s", i ? ", " : "", field->def.values[i]);
	if (!field->def.values)
		buf_text(&others, _("yes, no"));
	if (col + cols - at > 8)
		screen_put(s, row, at, col + cols - at, STYLE_DIM, buf_str(&others));
	buf_clear(&others);
}

/* A long line is shown from where the insertion stands in it. */
static void draw_line(
	const struct form_field *field, struct screen *s, int row, int col, int cols, bool focus)
{
	const char *text = field->value;
	struct buf left = { 0 };
	int at;

	if (field->masked && *text && (!focus || form_hides(field))) {
		screen_put(s, row, col, cols, STYLE_TEXT, SECRET_STARS);
		if (focus)
			screen_focus(s, row, col);
		return;
	}
	buf_add(&left, field->value, field->at);
	at = screen_width(buf_str(&left));
	if (focus) {
		size_t skip = 0;

		while (at > cols - 1 && skip < field->at) {
			skip = after(field->value, skip);
			buf_reset(&left);
			buf_add(&left, field->value + skip, field->at - skip);
			at = screen_width(buf_str(&left));
		}
		text = field->value + skip;
	}
	screen_put(s, row, col, cols, STYLE_TEXT, *text || focus ? text : "-");
	if (focus)
		screen_focus(s, row, col + at);
	buf_clear(&left);
}

struct body {
	struct screen *screen;
	int row, rows, col, cols;
	int last; /* row of the last line drawn */
	int end;  /* and where it ended */
};

static void body_line(void *ctx, int index, const char *text)
{
	struct body *b = ctx;

	if (index >= b->rows)
		return;
	b->last = b->row + index;
	b->end = b->col + screen_put(b->screen, b->last, b->col, b->cols, STYLE_TEXT, text);
}

static int long_rows(const struct form_field *field, int cols)
{
	int n = field->def.type == KIND_LONG_TEXT && !form_hides(field) ? screen_wrap(field->value, cols, NULL, NULL) : 1;

	return n < 1 ? 1 : n > LONG_ROWS ? LONG_ROWS : n;
}

static void draw_body(
	const struct form_field *field, struct screen *s, int row, int col, int cols, bool focus)
{
	struct body b = { s, row, long_rows(field, cols), col, cols, row, col };

	screen_wrap(field->value, cols, body_line, &b);
	if (focus)
		screen_focus(s, b.last,
			b.end < col + cols ? col + screen_width(field->value) % cols : col);
}

static void draw_value(
	const struct form_field *field, struct screen *s, int row, int col, int cols, bool focus)
{
	if (form_hides(field))
		draw_line(field, s, row, col, cols, focus);
	else if (is_list(field) && field->def.type == KIND_CHOICES)
		draw_options(field, s, row, col, cols, focus);
	else if (is_list(field) || field->def.type == KIND_YES_NO)
		draw_choice(field, s, row, col, cols, focus);
	else if (field->def.type == KIND_LONG_TEXT && screen_width(field->value) >= cols)
		draw_body(field, s, row, col, cols, focus);
	else
		draw_line(field, s, row, col, cols, focus);
}

static int field_rows(const struct form_field *field, int cols)
{
	return long_rows(field, cols) + (field->error ? 1 : 0);
}

/* The first field shown moves until the focus is in sight. */
static void keep_in_sight(struct form *f, int rows, int cols)
{
	if (f->focus < f->top)
		f->top = f->focus;
	for (;; f->top++) {
		int used = 1;

		for (int i = f->top; i <= f->focus && i < f->count; i++)
			used += field_rows(&f->fields[i], cols);
		if (f->focus == f->count)
			used++;
		if (used <= rows || f->top >= f->focus)
			return;
	}
}

static int draw_field(struct form *f, int i, struct screen *s, int row, int cols)
{
	struct form_field *field = &f->fields[i];
	bool focus = i == f->focus;
	int labels = label_columns(cols), width = cols - labels - 2;

	screen_put(s, row, 0, 1, STYLE_TEXT, field->def.required ? "*" : " ");
	screen_put(s, row, 2, labels - 2, focus ? STYLE_TITLE : STYLE_DIM, field->def.label);
	draw_value(field, s, row, labels + 1, width, focus);
	if (field->error)
		screen_putf(s, row + long_rows(field, width), labels + 1, width, STYLE_ERROR,
			"! %s", field->error);
	return field_rows(field, width);
}

void form_draw(struct form *f, struct screen *s, int row, int rows, int cols)
{
	int last = row + rows;

	keep_in_sight(f, rows, cols - label_columns(cols) - 2);
	for (int i = f->top; i < f->count && row < last; i++)
		row += draw_field(f, i, s, row, cols);
	if (row + 1 >= last && f->focus != f->count)
		return;
	row = row + 1 < last ? row + 1 : last - 1;
	screen_putf(
		s, row, 2, -1, f->focus == f->count ? STYLE_CURSOR : STYLE_TEXT, "[ %s ]", f->end);
	if (f->focus == f->count)
		screen_focus(s, row, 2);
}

/* ---- drafts */

void form_was(struct form_field *field, const char *was)
{
	char *value = xstrdup(field->value);

	form_set(field, was); /* written as a value is */
	free(field->was);
	field->was = xstrdup(field->value);
	form_set(field, value);
	free(value);
}

void form_keep(const struct form *f, struct buf *json)
{
	struct json_out out = { .buf = json };

	json_open(&out, NULL, '{');
	for (int i = 0; i < f->count; i++)
		if (form_field_changed(&f->fields[i]))
			json_put_text(&out, f->fields[i].def.name, f->fields[i].value);
	json_close(&out, '}');
}

void form_restore(struct form *f, const char *json)
{
	struct json *root = json ? json_read(json, strlen(json), NULL, NULL) : NULL;

	for (int i = 0; root && i < f->count; i++) {
		const char *value = json_get_text(root, f->fields[i].def.name);

		if (value)
			form_set(&f->fields[i], value);
	}
	json_free(root);
}
