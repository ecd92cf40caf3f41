/* caseload list: the cases of a query. */
#include "cli/command.h"

#include "cli/rows.h"
#include "cli/session.h"
#include "model/arena.h"
#include "model/i18n.h"
#include "model/nearest.h"

enum { USUAL_LIMIT = 200, MOST = 100000 };

static const char *view_query(const struct config *c, const char *view, struct error *err)
{
	const char *query = config_section_get(c, "view", view, "query");
	struct nearest near = { 0 };

	for (const struct view_default *v = view_defaults; v->name && !config_section(c, "view", 0);
		v++) {
		query = strcmp(v->name, view) ? query : v->query;
		nearest_look(&near, view, v->name);
	}
	for (int i = 0; config_section(c, "view", i); i++)
		nearest_look(&near, view, config_section(c, "view", i));
	if (query)
		return query;
	if (near.name)
		error_set(err, ERROR_USAGE, _("There is no view %s; the nearest is %s."), view,
			near.name);
	else
		error_set(err, ERROR_USAGE, _("There is no view %s in your configuration."), view);
	return NULL;
}

/* The arguments or --where; else the query of --view; else mine. */
static char *query_text(struct session *s, const char **columns, struct error *err)
{
	const char *view = given_value(s->given, "view");

	if (s->given->count || given_flag(s->given, "where"))
		return session_query(s->given, err);
	if (!view)
		return xstrdup(view_defaults[0].query);

	const char *query = view_query(s->config, view, err);

	if (!query)
		return NULL;
	*columns = *columns ? *columns : config_section_get(s->config, "view", view, "columns");
	return xstrdup(query);
}

static bool print_list(
	struct session *s, const char *text, const char *columns, int limit, struct error *err)
{
	struct page page;
	struct found_count found;

	page_init(&page);
	bool good = session_list(s, text, limit, &page, &found, err);
	if (good)
		rows_mask(s, &page);
	good = good && rows_cases(s, &page, columns, err);
	if (good)
		session_tell_count(s, page.case_count, &found);
	page_clear(&page);
	return good;
}

static bool list_run(struct session *s, int *exit_code, struct error *err)
{
	const char *columns = given_value(s->given, "columns");
	int limit;

	if (rows_case_help(s))
		return true;
	if (!given_number(s->given, "limit", USUAL_LIMIT, 1, MOST, &limit, err))
		return false;

	char *text = query_text(s, &columns, err);
	bool good = text && session_open(s, err) && session_people(s, err) &&
		    print_list(s, text, columns, limit, err);

	*exit_code = s->lacking;
	free(text);
	return good;
}

const struct command cmd_list = {
	.name = "list",
	.args = "[QUERY...]",
	.help = N_("List cases: mine that are open, or those of a query."),
	.examples =
		(const char *const[]){
			"caseload list",
			"caseload list is:late team:me sort:due",
			"caseload list 'bin -tag:storm' --json=number,subject,due",
			"caseload list --where 'is:open owner:none' --json",
			"caseload list --view=Team --plain --no-header | cut -f1",
			NULL,
		},
	.options =
		(const struct verb_option[]){
			{ "where", 'w', "QUERY", N_("The query, as the verbs take it.") },
			{ "view", 'v', "NAME",
				N_("The query and columns of that tab of the screen.") },
			{ "columns", 'c', "NAMES", N_("These columns, with commas between.") },
			{ "limit", 'l', "N", N_("At most so many; 200 without it.") },
			{ "fresh", 0, NULL, N_("Fail rather than show what was known before.") },
			{ NULL, 0, NULL, NULL },
		},
	.prints = true,
	.confined = true,
	.run = list_run,
};
