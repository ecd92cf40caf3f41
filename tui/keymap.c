/* See keymap.h. One table of entries; an entry belongs to a view, to all views with cases, or to
   every view, and to a layer: the person's configuration before the view's own, the verbs', the
   program's. */
#include "tui/keymap.h"
#include "model/arena.h"
#include "model/i18n.h"
#include "model/verb.h"
#include "tui/action.h"
#include "tui/input.h"
#include "tui/view.h"
#include <ctype.h>
#include <string.h>

enum { SEQUENCE = 4 };

const struct binding program_bindings[] = {
	{ "j", "down" },
	{ "<Down>", "down" },
	{ "k", "up" },
	{ "<Up>", "up" },
	{ "h", "left" },
	{ "<Left>", "left" },
	{ "l", "right" },
	{ "<Right>", "right" },
	{ "gg", "top" },
	{ "<Home>", "top" },
	{ "G", "bottom" },
	{ "<End>", "bottom" },
	{ "<PgDn>", "page-down" },
	{ "<PgUp>", "page-up" },
	{ "<Ctrl-D>", "half-down" },
	{ "<Ctrl-U>", "half-up" },
	{ "<WheelDown>", "down 3" },
	{ "<WheelUp>", "up 3" },
	{ "<Tab>", "next-pane" },
	{ "<Shift-Tab>", "previous-pane" },
	{ "]", "next-tab" },
	{ "[", "previous-tab" },
	{ "1", "tab 1" },
	{ "2", "tab 2" },
	{ "3", "tab 3" },
	{ "4", "tab 4" },
	{ "5", "tab 5" },
	{ "6", "tab 6" },
	{ "7", "tab 7" },
	{ "8", "tab 8" },
	{ "9", "tab 9" },
	{ "J", "next-case" },
	{ "K", "previous-case" },
	{ "<Enter>", "open" },
	{ "<Space>", "mark" },
	{ "*", "mark-all" },
	{ "-", "mark-none" },
	{ "~", "mark-query" },
	{ "<Ctrl-Space>", "mark-range" },
	{ "<Shift-Down>", "mark-down" },
	{ "<Shift-Up>", "mark-up" },
	{ "/", "filter" },
	{ "o", "order" },
	{ "C", "columns" },
	{ "V", "save-view" },
	{ "N", "new-case" },
	{ "p", "preview" },
	{ "f", "find" },
	{ "gc", "citizen" },
	{ "gw", "worklist" },
	{ "go", "outbox" },
	{ ".", "repeat" },
	{ "u", "undo" },
	{ "U", "undo-list" },
	{ "yi", "copy id" },
	{ "yu", "copy url" },
	{ "yp", "copy phone" },
	{ "yl", "copy line" },
	{ "!", "show-command" },
	{ ":", "prompt" },
	{ "?", "help" },
	{ "<F1>", "help" },
	{ "<Ctrl-P>", "palette" },
	{ "<Ctrl-R>", "refresh" },
	{ "<F5>", "refresh" },
	{ "<Ctrl-L>", "redraw" },
	{ "<Ctrl-Z>", "suspend" },
	{ "gl", "lock" },
	{ "<F12>", "lock" },
	{ "<Esc>", "cancel" },
	{ "<Ctrl-C>", "interrupt" },
	{ "q", "back" },
	{ "<Backspace>", "back" },
	{ "<Ctrl-O>", "back" },
	{ "Q", "quit" },
	{ "<F10>", "quit" },
	{ NULL, NULL },
};

enum layer { LAYER_USER_VIEW, LAYER_USER, LAYER_VIEW, LAYER_VERB, LAYER_PROGRAM, LAYER_COUNT };

struct entry {
	enum layer layer;
	const char *view; /* NULL: every view; for LAYER_VERB: every view with cases */
	int keys[SEQUENCE];
	int count;
	const char *line, *help, *shown;
};

struct keymap {
	struct arena arena;
	struct entry *entries;
	int count, room;
};

/* ---- reading */

static int read_sequence(const char *text, int keys[SEQUENCE])
{
	int count = 0;
	while (*text) {
		if (count == SEQUENCE)
			return 0;
		keys[count] = key_read(&text);
		if (!keys[count])
			return 0;
		count++;
	}
	return count;
}

static const char *shown_keys(struct arena *a, const int *keys, int count)
{
	struct buf b = { 0 };
	for (int i = 0; i < count; i++) {
		if (i > 0 && (keys[i] >= KEY_SPECIAL || keys[i - 1] >= KEY_SPECIAL ||
				     keys[i] <= ' ' || keys[i - 1] <= ' '))
			buf_char(&b, ' ');
		key_name(&b, keys[i]);
	}
	const char *text = arena_copy(a, buf_str(&b));
	buf_clear(&b);
	return text;
}

static struct entry *add_entry(struct keymap *m, struct entry e)
{
	if (m->count == m->room) {
		m->room = m->room ? m->room * 2 : 128;
		m->entries = xrealloc(m->entries, (size_t)m->room * sizeof(*m->entries));
	}
	e.shown = shown_keys(&m->arena, e.keys, e.count);
	m->entries[m->count] = e;
	return &m->entries[m->count++];
}

enum style_of_keys { KEYS_LETTERS, KEYS_CTRL, KEYS_NONE };

/* Letters, digits and signs: what WCAG 2.1.4 wants to be switched off. */
static bool is_character_key(int key)
{
	return key >= ' ' && key < KEY_SPECIAL && key != KEY_BACKSPACE_;
}

static bool allowed_without_letters(const struct entry *e)
{
	if (e->count == 1 && e->keys[0] == ':')
		return true;
	for (int i = 0; i < e->count; i++) {
		int key = e->keys[i];
		bool named = key >= KEY_SPECIAL || key == KEY_ENTER_ || key == KEY_TAB_ ||
			     key == KEY_ESC_ || key == KEY_BACKSPACE_ || key == KEY_CTRL_('C') ||
			     key == KEY_CTRL_('Z');
		if (!named)
			return false;
	}
	return true;
}

/* In the style `ctrl` a key that would be a single letter is typed after Ctrl-X. */
static bool style_entry(enum style_of_keys style, struct entry *e)
{
	if (style == KEYS_NONE)
		return allowed_without_letters(e);
	if (style == KEYS_LETTERS || !is_character_key(e->keys[0]) ||
		(e->count == 1 && e->keys[0] == ':'))
		return true;
	if (e->count == SEQUENCE)
		return false;
	memmove(e->keys + 1, e->keys, (size_t)e->count * sizeof(e->keys[0]));
	e->keys[0] = KEY_CTRL_('X');
	e->count++;
	return true;
}

static enum style_of_keys style_read(const struct config *config)
{
	const char *name = config ? config_get(config, "keys.style") : NULL;
	if (name && strcmp(name, "ctrl") == 0)
		return KEYS_CTRL;
	return name && strcmp(name, "none") == 0 ? KEYS_NONE : KEYS_LETTERS;
}

/* Defaults follow the style; what a person wrote down themselves stays as it is written. */
static bool add_keys(struct keymap *m, enum style_of_keys style, enum layer layer, const char *view,
	const char *keys, const char *line, const char *help)
{
	struct entry e = { .layer = layer, .view = view, .line = line, .help = help };
	e.count = read_sequence(keys, e.keys);
	if (e.count == 0)
		return false;
	if (layer <= LAYER_USER || style_entry(style, &e))
		add_entry(m, e);
	return true;
}

static void add_verbs(struct keymap *m, enum style_of_keys style)
{
	for (const struct verb *const *v = verb_list; *v; v++) {
		if ((*v)->keys && (*v)->keys[0])
			add_keys(m, style, LAYER_VERB, NULL, (*v)->keys, (*v)->name, (*v)->help);
		for (const struct verb_key *k = (*v)->more_keys; k && k->keys; k++)
			add_keys(m, style, LAYER_VERB, NULL, k->keys, k->line, k->help);
	}
}

static void add_views(struct keymap *m, enum style_of_keys style)
{
	for (const struct view_ops *const *v = view_list; *v; v++) {
		for (const struct binding *b = (*v)->bindings; b && b->keys; b++)
			add_keys(m, style, LAYER_VIEW, (*v)->name, b->keys, b->line, NULL);
	}
}

static void add_section(
	struct keymap *m, const struct config *config, const char *view, struct buf *problems)
{
	const char *line, *keys;
	for (int i = 0; (keys = config_section_key(config, "key", view ? view : "", i, &line));
		i++) {
		enum layer layer = view ? LAYER_USER_VIEW : LAYER_USER;
		const char *name = arena_copy(&m->arena, view);
		if (!add_keys(
			    m, KEYS_LETTERS, layer, name, keys, arena_copy(&m->arena, line), NULL))
			buf_printf(problems,
				_("[key] %s is no key; they are written g, gl, <Ctrl-D>, <F5>.\n"),
				keys);
	}
}

static void add_configured(struct keymap *m, const struct config *config, struct buf *problems)
{
	add_section(m, config, NULL, problems);
	const char *view;
	for (int i = 0; (view = config_section(config, "key", i)); i++) {
		if (!view[0])
			continue;
		if (!view_find(view))
			buf_printf(problems, _("[key \"%s\"]: there is no such view.\n"), view);
		add_section(m, config, view, problems);
	}
}

struct keymap *keymap_new(const struct config *config, struct buf *problems)
{
	struct keymap *m = xcalloc(1, sizeof(*m));
	enum style_of_keys style = style_read(config);
	if (config)
		add_configured(m, config, problems);
	add_views(m, style);
	add_verbs(m, style);
	for (const struct binding *b = program_bindings; b->keys; b++)
		add_keys(m, style, LAYER_PROGRAM, NULL, b->keys, b->line, NULL);
	return m;
}

void keymap_free(struct keymap *m)
{
	if (!m)
		return;
	arena_clear(&m->arena);
	free(m->entries);
	free(m);
}

/* ---- finding */

static size_t first_word(const char *line)
{
	return strcspn(line, " ");
}

static const struct action *find_action(const struct action *list, const char *line)
{
	char name[32];
	snprintf(name, sizeof(name), "%.*s", (int)first_word(line), line);
	return action_find(list, name);
}

static const struct verb *find_verb(const char *line)
{
	char name[32];
	snprintf(name, sizeof(name), "%.*s", (int)first_word(line), line);
	return verb_find(name);
}

/* Whether the line means something here: `?` lists exactly what works. */
static bool line_works(const struct view_ops *v, const char *line)
{
	if (find_action(v->actions, line))
		return true;
	const struct action *a = find_action(program_actions, line);
	if (a)
		return !a->here || a->here(v);
	const struct verb *verb = find_verb(line);
	return verb && (v->cases || verb->creates);
}

static bool entry_here(const struct entry *e, const struct view_ops *v)
{
	if (e->view && strcmp(e->view, v->name) != 0)
		return false;
	if (e->layer == LAYER_VERB && !v->cases)
		return false;
	return !*e->line || line_works(v, e->line);
}

static bool begins_with(const struct entry *e, const int *keys, int count)
{
	return e->count >= count && memcmp(e->keys, keys, (size_t)count * sizeof(*keys)) == 0;
}

/* The best layer's entry of exactly these keys. */
static const struct entry *find_entry(
	const struct keymap *m, const struct view_ops *v, const int *keys, int count)
{
	const struct entry *best = NULL;
	for (const struct entry *e = m->entries; e < m->entries + m->count; e++) {
		if (e->count != count || !begins_with(e, keys, count) || !entry_here(e, v))
			continue;
		if (!best || e->layer < best->layer)
			best = e;
	}
	return best;
}

static bool entry_wins(const struct keymap *m, const struct view_ops *v, const struct entry *e)
{
	return *e->line && entry_here(e, v) && find_entry(m, v, e->keys, e->count) == e;
}

const char *keymap_find(
	const struct keymap *m, const struct view_ops *v, const int *keys, int count, bool *more)
{
	const struct entry *e = find_entry(m, v, keys, count);
	*more = false;
	for (const struct entry *other = m->entries; other < m->entries + m->count && !*more;
		other++)
		*more = other->count > count && begins_with(other, keys, count) &&
			entry_wins(m, v, other);
	return e && *e->line ? e->line : NULL;
}

static const char *line_help(const struct view_ops *v, const char *line)
{
	const struct action *a = find_action(v->actions, line);
	if (!a)
		a = find_action(program_actions, line);
	if (a)
		return _(a->help);
	const struct verb *verb = find_verb(line);
	return verb ? _(verb->help) : line;
}

bool keymap_row(const struct keymap *m, const struct view_ops *v, int i, struct keymap_row *row)
{
	for (enum layer l = LAYER_USER_VIEW; l < LAYER_COUNT; l++) {
		for (const struct entry *e = m->entries; e < m->entries + m->count; e++) {
			if (e->layer != l || !entry_wins(m, v, e) || i-- > 0)
				continue;
			const char *help = e->help ? _(e->help) : line_help(v, e->line);
			*row = (struct keymap_row){
				.keys = e->shown, .line = e->line, .help = help
			};
			return true;
		}
	}
	return false;
}

const char *keymap_keys(const struct keymap *m, const struct view_ops *v, const char *line)
{
	const struct entry *best = NULL;
	for (const struct entry *e = m->entries; e < m->entries + m->count; e++) {
		if (strcmp(e->line, line) != 0 || !entry_wins(m, v, e))
			continue;
		if (!best || e->count < best->count)
			best = e;
	}
	return best ? best->shown : NULL;
}
