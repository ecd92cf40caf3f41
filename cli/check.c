/* Checks of `caseload config check` beyond single lines. */
#include "cli/check.h"

#include "model/column.h"
#include "model/i18n.h"
#include "model/nearest.h"
#include "model/query.h"
#include "tui/input.h"
#include "tui/view.h"

static void note(
	struct config *c, const char *type, const char *name, const char *key, const char *sentence)
{
	int line;
	const char *file = config_section_place(c, type, name, key, &line);

	config_note(c, file ? file : type, line, "%s", sentence);
}

/* ---- services */

static void check_services(struct config *c)
{
	const char *name;

	for (int i = 0; (name = config_section(c, "service", i)); i++) {
		const char *url = config_section_get(c, "service", name, "url");
		const char *key = NULL;
		const char *value;

		if (url && strncmp(url, "https://", 8) && strncmp(url, "http://", 7))
			note(c, "service", name, "url",
				_("url must begin with https:// (http:// for this machine only)"));
		if (url)
			continue;
		key = config_section_key(c, "service", name, 0, &value);
		note(c, "service", name, key ? key : "", _("this service has no url"));
	}
}

/* ---- views */

static void check_query(struct config *c, const char *view, const char *text)
{
	struct query q;
	struct error err;

	if (!query_parse(&q, QUERY_CASES, text, NULL, &err))
		note(c, "view", view, "query", err.text);
	query_clear(&q);
}

static void check_columns(struct config *c, const char *view, const char *names)
{
	for (const char *at = names; *at;) {
		char name[64], sentence[200];
		size_t size = strcspn(at += strspn(at, ", "), ", ");
		struct nearest near = { 0 };

		snprintf(name, sizeof(name), "%.*s", (int)size, at);
		at += size;
		if (!size || column_find(name))
			continue;
		for (const struct column *x = case_columns; x->name; x++)
			nearest_look(&near, name, x->name);
		if (near.name)
			snprintf(sentence, sizeof(sentence),
				_("there is no column %s; the nearest is %s"), name, near.name);
		else
			snprintf(sentence, sizeof(sentence), _("there is no column %s"), name);
		note(c, "view", view, "columns", sentence);
	}
}

static void check_views(struct config *c)
{
	const char *name;

	for (int i = 0; (name = config_section(c, "view", i)); i++) {
		const char *query = config_section_get(c, "view", name, "query");
		const char *columns = config_section_get(c, "view", name, "columns");

		if (query)
			check_query(c, name, query);
		if (columns)
			check_columns(c, name, columns);
	}
}

/* ---- keys */

static bool is_action(const struct action *list, const char *word, struct nearest *near)
{
	bool found = false;

	for (; list && list->name; list++) {
		found |= strcmp(list->name, word) == 0;
		nearest_look(near, word, list->name);
	}
	return found;
}

static bool is_command(const char *word, struct nearest *near)
{
	bool found = verb_find(word) || is_action(program_actions, word, near);

	for (int i = 0; verb_list[i]; i++)
		nearest_look(near, word, verb_list[i]->name);
	for (int i = 0; view_list[i]; i++)
		found |= is_action(view_list[i]->actions, word, near);
	return found;
}

/* < is a key itself, so that <Ctl-D> could be read letter by letter; nobody means that. */
static bool is_keys(const char *text)
{
	while (*text) {
		const char *begin = text;

		if (!key_read(&text) || (*begin == '<' && text == begin + 1 && strchr(text, '>')))
			return false;
	}
	return true;
}

static void check_key(struct config *c, const char *view, const char *keys, const char *line)
{
	char word[64], sentence[200];
	struct nearest near = { 0 };

	snprintf(word, sizeof(word), "%.*s", (int)strcspn(line, " "), line);
	if (!is_keys(keys)) {
		snprintf(sentence, sizeof(sentence),
			_("%.40s is no key; they are written g, gl, <Ctrl-D>, <F5>"), keys);
		note(c, "key", view, keys, sentence);
	}
	if (!*word || is_command(word, &near))
		return;
	if (near.name)
		snprintf(sentence, sizeof(sentence), _("there is no command %s; the nearest is %s"),
			word, near.name);
	else
		snprintf(sentence, sizeof(sentence), _("there is no command %s"), word);
	note(c, "key", view, keys, sentence);
}

static bool view_known(const char *name)
{
	return !*name || view_find(name);
}

static void check_keys(struct config *c)
{
	const char *view;

	for (int i = 0; (view = config_section(c, "key", i)); i++) {
		const char *keys, *line;

		for (int k = 0; (keys = config_section_key(c, "key", view, k, &line)); k++) {
			if (k == 0 && !view_known(view))
				note(c, "key", view, keys,
					_("the view this section names is not there"));
			check_key(c, view, keys, line);
		}
	}
}

void check_config(struct config *c)
{
	check_services(c);
	check_views(c);
	check_keys(c);
}
