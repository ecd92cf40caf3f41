/* caseload keys: every key of every view, from the table that `?` shows. */
#include "cli/command.h"

#include "model/i18n.h"
#include "tui/view.h"

static void one(struct print *p, const char *view, const struct keymap_row *row)
{
	if (p->form != PRINT_JSON) {
		print_row(p, (const char *[]){ view, row->keys, row->line, row->help });
		return;
	}
	json_open(&p->json, NULL, '{');
	json_put_text(&p->json, "view", view);
	json_put_text(&p->json, "keys", row->keys);
	json_put_text(&p->json, "line", row->line);
	json_put_text(&p->json, "help", row->help);
	json_close(&p->json, '}');
}

static bool keys_run(struct session *s, int *exit_code, struct error *err)
{
	static const struct print_column columns[] = { { "view", N_("View"), 0, false },
		{ "keys", N_("Keys"), 0, false }, { "line", N_("Line"), 1, false },
		{ "help", N_("What it does"), 1, false } };
	struct buf problems = { 0 };
	struct keymap *map = keymap_new(s->config, &problems);
	struct print *p = s->print;

	if (p->form == PRINT_JSON)
		json_open(&p->json, NULL, '[');
	else
		print_table(p, columns, 4);
	for (int v = 0; view_list[v]; v++) {
		struct keymap_row row;

		for (int i = 0; keymap_row(map, view_list[v], i, &row); i++)
			one(p, view_list[v]->name, &row);
	}
	keymap_free(map);
	if (p->form == PRINT_JSON) {
		json_close(&p->json, ']');
		buf_char(&p->out, '\n');
	} else {
		print_table_end(p);
	}
	if (problems.size)
		print_notice(p, "%s", problems.text);
	*exit_code = problems.size ? error_exit(ERROR_CONFIG) : 0;
	buf_clear(&problems);
	(void)err;
	return true;
}

const struct command cmd_keys = {
	.name = "keys",
	.args = "",
	.help = N_("List the keys of the screen, with the line that each of them runs."),
	.examples = (const char *const[]){ "caseload keys", "caseload keys --json", NULL },
	.prints = true,
	.run = keys_run,
};
