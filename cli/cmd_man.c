/* caseload man FILE: that page of the manual with its tables made anew from the code. Hidden: for
   those who write the manual, and for the test that holds it to the code. A table stands between
   the lines
   `.\" made from the code: NAME` and `.\" end`. */
#include "cli/command.h"

#include "model/arena.h"
#include "model/i18n.h"
#include "tui/view.h"

#include <errno.h>

static const char BEGIN[] = ".\\\" made from the code: ";
static const char END[] = ".\\\" end\n";

/* Text for roff: hyphens that can be copied, nothing that begins a request. */
static void roff(struct buf *b, const char *text)
{
	if (*text == '.' || *text == '\'')
		buf_text(b, "\\&");
	for (; *text; text++) {
		if (*text == '-')
			buf_text(b, "\\-");
		else if (*text == '\\')
			buf_text(b, "\\e");
		else
			buf_char(b, *text);
	}
}

static void item(struct buf *b, const char *bold, const char *rest, const char *help)
{
	buf_text(b, ".TP\n\\fB");
	roff(b, bold);
	buf_text(b, "\\fR");
	if (rest && *rest)
		buf_char(b, ' ');
	roff(b, rest ? rest : "");
	buf_char(b, '\n');
	roff(b, help);
	buf_char(b, '\n');
}

static void option_item(struct buf *b, const struct verb_option *o)
{
	struct buf form = { 0 };

	if (o->letter)
		buf_printf(&form, "-%c, ", o->letter);
	buf_printf(&form, "--%s", o->name);
	if (o->value && *o->value == '[')
		buf_printf(&form, "[=%.*s]", (int)strlen(o->value) - 2, o->value + 1);
	else if (o->value)
		buf_printf(&form, "=%s", o->value);
	item(b, form.text, NULL, _(o->help));
	buf_clear(&form);
}

static void options(struct buf *b, const struct verb_option *o)
{
	for (; o && o->name; o++)
		option_item(b, o);
}

/* Options of one command stand indented under it. */
static void own_options(struct buf *b, const struct verb_option *o)
{
	if (!o || !o->name)
		return;
	buf_text(b, ".RS\n");
	options(b, o);
	buf_text(b, ".RE\n");
}

static void commands(struct buf *b)
{
	for (int i = 0; command_list[i]; i++) {
		if (command_list[i]->hidden)
			continue;
		item(b, command_list[i]->name, command_list[i]->args, _(command_list[i]->help));
		own_options(b, command_list[i]->options);
	}
}

static void verbs(struct buf *b)
{
	for (int i = 0; verb_list[i]; i++) {
		struct buf help = { 0 };

		buf_text(&help, _(verb_list[i]->help));
		if (verb_list[i]->no_undo)
			buf_printf(&help, " %s", _(verb_list[i]->no_undo));
		item(b, verb_list[i]->name, verb_list[i]->args, help.text);
		own_options(b, verb_list[i]->options);
		buf_clear(&help);
	}
}

static void setting_item(struct buf *b, const struct setting *s, const char *name)
{
	struct buf help = { 0 }, rest = { 0 };

	buf_printf(&rest, "(%s", setting_type_name(s->type));
	if (s->range)
		buf_printf(&rest, " %s", s->range);
	buf_char(&rest, ')');
	buf_text(&help, _(s->help));
	if (strchr(s->name, '.') || !strcmp(name, s->name))
		buf_printf(&help, _(" Default: %s."), *s->fallback ? s->fallback : _("none"));
	item(b, name, rest.text, help.text);
	buf_clear(&help);
	buf_clear(&rest);
}

static void settings(struct buf *b)
{
	for (const struct setting *s = setting_list; s->name; s++)
		setting_item(b, s, s->name);
}

static void sections(struct buf *b)
{
	const char *section = "";

	for (const struct section_key *k = section_keys; k->section; k++) {
		struct buf rest = { 0 };

		if (strcmp(section, k->section))
			buf_printf(b, ".SS %s\n", k->section);
		section = k->section;
		buf_printf(&rest, "= %s", k->key.fallback);
		if (*k->key.name == '*')
			item(b, k->key.fallback, NULL, _(k->key.help));
		else
			item(b, k->key.name, rest.text, _(k->key.help));
		buf_clear(&rest);
	}
}

static void exits(struct buf *b)
{
	static const struct {
		const char *code, *help;
	} rows[] = {
		{ "0", N_("Done; also a read answered from what was known here, which standard "
			  "error says.") },
		{ "1", N_("Failed here: the disk, the store, an answer that is not understood.") },
		{ "2", N_("The command or the configuration is wrong.") },
		{ "3", N_("Not found.") },
		{ "4", N_("The service wants a (new) token.") },
		{ "5", N_("Somebody else changed the same field meanwhile; nothing was "
			  "overwritten.") },
		{ "6", N_("The service is away. A change is saved here and goes out later by "
			  "itself.") },
		{ "7", N_("Of several cases some failed, in different ways.") },
		{ "8", N_("The service refused it: not allowed, or not a value it takes.") },
		{ "75", N_("The service asks to try again later.") },
		{ "130", N_("Cancelled.") },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		item(b, rows[i].code, NULL, _(rows[i].help));
}

struct key {
	const char *keys, *line, *help;
	const struct view_ops *view;
};

struct key_list {
	struct arena arena;
	struct key *rows;
	int count, views;
};

static void read_keys(struct key_list *list, const struct keymap *map)
{
	struct keymap_row row;

	for (; view_list[list->views]; list->views++) {
		for (int i = 0; keymap_row(map, view_list[list->views], i, &row); i++) {
			list->rows = xrealloc(
				list->rows, (size_t)(list->count + 1) * sizeof(*list->rows));
			list->rows[list->count++] = (struct key){
				.keys = arena_copy(&list->arena, row.keys),
				.line = arena_copy(&list->arena, row.line),
				.help = arena_copy(&list->arena, row.help ? row.help : row.line),
				.view = view_list[list->views],
			};
		}
	}
}

/* Whether most views have that key with that line. */
static bool is_general(const struct key_list *list, const struct key *key)
{
	int views = 0;

	for (int i = 0; i < list->count; i++)
		views += !strcmp(list->rows[i].keys, key->keys) &&
			 !strcmp(list->rows[i].line, key->line);
	return views > list->views / 2;
}

static bool came_before(const struct key_list *list, int at)
{
	for (int i = 0; i < at; i++)
		if (!strcmp(list->rows[i].keys, list->rows[at].keys) &&
			!strcmp(list->rows[i].line, list->rows[at].line))
			return true;
	return false;
}

static void key_item(struct buf *b, const struct key *key)
{
	item(b, key->keys, key->line, key->help);
}

/* What works nearly everywhere stands once, then what each view has besides. */
static void keys(struct buf *b)
{
	struct config *none = config_new();
	struct buf problems = { 0 };
	struct keymap *map = keymap_new(none, &problems);
	struct key_list list = { 0 };
	const struct view_ops *view = NULL;

	read_keys(&list, map);
	buf_printf(b, ".SS %s\n", _("Nearly everywhere"));
	for (int i = 0; i < list.count; i++)
		if (is_general(&list, &list.rows[i]) && !came_before(&list, i))
			key_item(b, &list.rows[i]);
	for (int i = 0; i < list.count; i++) {
		if (is_general(&list, &list.rows[i]))
			continue;
		if (list.rows[i].view != view) {
			view = list.rows[i].view;
			buf_text(b, ".SS ");
			roff(b, _(view->title));
			buf_char(b, '\n');
		}
		key_item(b, &list.rows[i]);
	}
	free(list.rows);
	arena_clear(&list.arena);
	keymap_free(map);
	buf_clear(&problems);
	config_free(none);
}

static void common(struct buf *b)
{
	options(b, screen_options);
	options(b, common_options);
}

static void printing(struct buf *b)
{
	options(b, print_options);
}

static void changing(struct buf *b)
{
	options(b, verb_options);
}

static const struct {
	const char *name;
	void (*make)(struct buf *);
} parts[] = {
	{ "commands", commands },
	{ "verbs", verbs },
	{ "settings", settings },
	{ "sections", sections },
	{ "exits", exits },
	{ "keys", keys },
	{ "options", common },
	{ "printing", printing },
	{ "changing", changing },
};

static bool make_part(struct buf *b, const char *name, struct error *err)
{
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		if (strcmp(parts[i].name, name))
			continue;
		parts[i].make(b);
		return true;
	}
	return error_set(err, ERROR_USAGE, _("There is no table called %s."), name);
}

static bool remake(struct buf *out, FILE *f, struct error *err)
{
	char *line = NULL;
	size_t room = 0;
	bool skip = false, good = true;

	while (good && getline(&line, &room, f) > 0) {
		skip = skip && strcmp(line, END) != 0;
		if (!skip)
			buf_text(out, line);
		if (strncmp(line, BEGIN, sizeof(BEGIN) - 1))
			continue;
		line[strcspn(line, "\n")] = '\0';
		good = make_part(out, line + sizeof(BEGIN) - 1, err);
		skip = true;
	}
	free(line);
	return good;
}

static bool man_run(struct session *s, int *exit_code, struct error *err)
{
	const char *path = s->given->count == 1 ? s->given->args[0] : NULL;
	FILE *f = path ? fopen(path, "r") : NULL;

	(void)exit_code;
	if (!path)
		return error_set(
			err, ERROR_USAGE, _("Say which page: caseload man man/caseload.1."));
	if (!f)
		return error_set(
			err, ERROR_USAGE, _("%s cannot be read: %s."), path, strerror(errno));

	bool good = remake(&s->print->out, f, err);

	fclose(f);
	s->print->pager = false;
	return good;
}

const struct command cmd_man = {
	.name = "man",
	.args = "FILE",
	.help = N_("Print that page of the manual with its tables made anew from the code."),
	.examples = (const char *const[]){ "caseload man man/caseload.1", NULL },
	.hidden = true,
	.run = man_run,
};
