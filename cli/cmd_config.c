/* caseload config: what is set, from where, and what is wrong with it. */
#include "cli/command.h"

#include "cli/check.h"
#include "model/i18n.h"

static bool check(struct session *s, int *exit_code, struct error *err)
{
	int count = 0;

	check_config(s->config);
	for (; config_problem(s->config, count); count++)
		print_notice(s->print, "%s", config_problem(s->config, count));
	if (!count)
		print_line(s->print, "%s", _("The configuration is good."));
	*exit_code = count ? error_exit(ERROR_CONFIG) : 0;
	(void)err;
	return true;
}

static const char *from_name(enum config_from from)
{
	static const char *const names[] = {
		[CONFIG_DEFAULT] = "default",
		[CONFIG_SITE] = "site",
		[CONFIG_USER] = "user",
		[CONFIG_ENVIRONMENT] = "environment",
		[CONFIG_FLAG] = "flag",
	};

	return names[from];
}

static void json_setting(struct json_out *out, const struct config *c, const struct setting *s)
{
	const char *file;
	int line;

	json_open(out, NULL, '{');
	json_put_text(out, "name", s->name);
	json_put_text(out, "type", setting_type_name(s->type));
	json_put_text(out, "value", config_get(c, s->name));
	json_put_text(out, "default", s->fallback);
	json_put_text(out, "range", s->range);
	json_put_text(out, "from", from_name(config_from(c, s->name, &file, &line)));
	json_put_text(out, "file", file);
	json_put_int(out, "line", line);
	json_put_bool(out, "locked", config_locked(c, s->name));
	json_put_text(out, "help", _(s->help));
	json_close(out, '}');
}

static void setting_row(struct print *p, const struct config *c, const struct setting *s)
{
	struct buf from = { 0 };
	const char *file;
	int line;

	buf_text(&from, from_name(config_from(c, s->name, &file, &line)));
	if (file && line)
		buf_printf(&from, " %s:%d", file, line);
	if (config_locked(c, s->name))
		buf_printf(&from, " %s", _("(locked)"));
	print_row(p, (const char *[]){ s->name, config_get(c, s->name), buf_str(&from) });
	buf_clear(&from);
}

static bool list(struct session *s, int *exit_code, struct error *err)
{
	static const struct print_column columns[] = { { "name", N_("Setting"), 0, false },
		{ "value", N_("Value"), 0, false }, { "from", N_("From"), 0, false } };
	struct print *p = s->print;

	(void)exit_code;
	(void)err;
	if (p->form == PRINT_JSON)
		json_open(&p->json, NULL, '[');
	else
		print_table(p, columns, 3);
	for (const struct setting *x = setting_list; x->name; x++) {
		if (p->form == PRINT_JSON)
			json_setting(&p->json, s->config, x);
		else
			setting_row(p, s->config, x);
	}
	if (p->form != PRINT_JSON) {
		print_table_end(p);
		return true;
	}
	json_close(&p->json, ']');
	buf_char(&p->out, '\n');
	return true;
}

static bool example(struct session *s, int *exit_code, struct error *err)
{
	(void)exit_code;
	(void)err;
	config_example(&s->print->out);
	return true;
}

static bool config_run(struct session *s, int *exit_code, struct error *err)
{
	static const struct {
		const char *name;
		bool (*run)(struct session *, int *, struct error *);
	} parts[] = { { "list", list }, { "check", check }, { "example", example } };
	const char *what = s->given->count ? s->given->args[0] : "list";

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (strcmp(parts[i].name, what) == 0)
			return parts[i].run(s, exit_code, err);
	return error_set(
		err, ERROR_USAGE, _("config knows list, check and example, not %s."), what);
}

const struct command cmd_config = {
	.name = "config",
	.args = "[list | check | example]",
	.help = N_(
		"Show every setting with where it comes from; check the files; print an example."),
	.examples =
		(const char *const[]){
			"caseload config check",
			"caseload config list --json",
			"caseload config example > ~/.config/caseload/config",
			NULL,
		},
	.prints = true,
	.run = config_run,
};
