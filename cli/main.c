/* caseload: arguments to a command, a verb, or the screen. */
#include "cli/apply.h"
#include "cli/command.h"
#include "cli/demo.h"
#include "cli/first.h"
#include "cli/session.h"
#include "model/arena.h"
#include "model/confine.h"
#include "model/i18n.h"
#include "model/text.h"
#include "tui/tui.h"

#include <locale.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

struct program {
	struct given given;
	struct print print;
	struct config *config;
	struct demo demo;
	int argc; /* behind the word that names the command */
	const char *const *argv;
};

#ifdef __SANITIZE_ADDRESS__
/* The leak checker looks at this process from another one, at its end. */
static void let_look(void)
{
	prctl(PR_SET_DUMPABLE, 1);
}
#endif

/* No core files with people's data in them, and no other program of the same person reads this one's
   memory (ptrace); files for us alone; a closed pipe is an error, not the end. */
static void set_process(void)
{
	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0 });
	prctl(PR_SET_DUMPABLE, 0);
#ifdef __SANITIZE_ADDRESS__
	atexit(let_look);
#endif
	confine_privileges();
	umask(077);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a full disk is told, not died of */
}

static bool is_set(const char *variable)
{
	const char *value = getenv(variable);

	return value && *value;
}

/* A bare machine, or one that lacks the language asked for, gets UTF-8 all the same. */
static void set_language(void)
{
	if (!is_set("LC_ALL") && !is_set("LC_CTYPE") && !is_set("LANG"))
		setenv("LANG", "C.UTF-8", 1);
	if (!setlocale(LC_ALL, ""))
		setlocale(LC_ALL, "C.UTF-8");
	bindtextdomain("caseload", PREFIX "/share/locale");
	bind_textdomain_codeset("caseload", "UTF-8");
	textdomain("caseload");
}

static int fail(struct program *p, const struct error *err)
{
	print_error(&p->print, err);
	return error_exit(err->kind);
}

/* ---- what is common to all commands */

static bool read_form(struct program *p, struct error *err)
{
	const char *json = given_value(&p->given, "json");

	if (json && given_flag(&p->given, "plain"))
		return error_set(err, ERROR_USAGE, _("Choose one of --json and --plain."));
	if (json) {
		p->print.form = PRINT_JSON;
		p->print.fields = json;
	} else if (given_flag(&p->given, "plain")) {
		p->print.form = PRINT_PLAIN;
	}
	p->print.header = !given_flag(&p->given, "no-header");
	p->print.pager = !given_flag(&p->given, "no-pager");

	int seconds;

	return given_number(&p->given, "timeout", 0, 1, 3600, &seconds, err);
}

static bool read_flags(struct program *p, struct error *err)
{
	for (int i = 0; i < p->given.value_count; i++) {
		const struct given_value *v = &p->given.values[i];
		const char *equals = strchr(v->value, '=');
		struct error why;

		if (strcmp(v->option->name, "set"))
			continue;
		if (!equals)
			return error_set(err, ERROR_USAGE, _("--set is written --set=NAME=VALUE."));

		char name[64];

		snprintf(name, sizeof(name), "%.*s", (int)(equals - v->value), v->value);
		if (!config_set(p->config, name, equals + 1, CONFIG_FLAG, &why))
			return error_set(err, ERROR_USAGE, "--set: %s.", why.text);
	}

	const char *color = given_value(&p->given, "color");
	struct error why;

	if (color && !config_set(p->config, "ui.color", color, CONFIG_FLAG, &why))
		return error_set(err, ERROR_USAGE, "--color: %s.", why.text);
	return true;
}

/* The demo's file is in place of all others: what a site or a person configured is about real
 * services. */
static bool read_config(struct program *p, struct error *err)
{
	config_free(p->config);
	p->config = config_new();
	if (given_value(&p->given, "profile"))
		setenv("CASELOAD_PROFILE", given_value(&p->given, "profile"), 1);
	if (!given_flag(&p->given, "demo"))
		return config_load(p->config, given_value(&p->given, "config"), environ, err) &&
		       read_flags(p, err);
	if (!p->demo.config.size && !demo_start(&p->demo, err))
		return false;
	if (!config_read(p->config, p->demo.config.text, CONFIG_USER, err))
		return false;
	config_read_environment(p->config, environ);
	return read_flags(p, err);
}

static void tell_problems(const struct program *p)
{
	enum { MOST = 3 };
	int count = 0;

	while (config_problem(p->config, count))
		count++;
	for (int i = 0; i < count && i < MOST; i++)
		print_notice(&p->print, "%s", config_problem(p->config, i));
	if (count > MOST)
		print_notice(&p->print, _("There is more; caseload config check tells all."));
}

static int print_help(struct program *p, const struct command *c, const struct verb *v)
{
	struct error err = { 0 };

	if (c)
		help_command(&p->print.out, c);
	else if (v)
		help_verb(&p->print.out, v);
	else
		help_all(&p->print.out);
	p->print.pager = false;
	return print_flush(&p->print, NULL, &err) ? 0 : fail(p, &err);
}

/* ---- a command or a verb */

static int run(struct program *p, const struct command *c, const struct verb *v)
{
	struct session s = { .config = p->config, .given = &p->given, .print = &p->print };
	struct error err = { 0 }, late = { 0 };
	int code = 0;

	s.confined = c && c->confined;
	s.input = isatty(STDIN_FILENO) && !given_flag(&p->given, "no-input");

	bool good = c ? c->run(&s, &code, &err) : apply_verb(&s, v, &code, &err);

	session_close(&s);
	if (!print_flush(&p->print, p->config, &late))
		return fail(p, &late);
	return good || err.kind == ERROR_NONE ? code : fail(p, &err);
}

/* Which form an error takes is known even when an option before --json is wrong. */
static void note_json(struct program *p, int argc, const char *const *argv)
{
	for (int i = 0; i < argc && strcmp(argv[i], "--"); i++)
		if (!strcmp(argv[i], "--json") || !strncmp(argv[i], "--json=", 7))
			p->print.form = PRINT_JSON;
}

/* Where no option is a single letter, a word such as -5 is one of the text. */
static bool has_letters(const struct verb *v)
{
	for (const struct verb_option *o = v->options; o && o->name; o++)
		if (o->letter)
			return true;
	return false;
}

/* config speaks about the configuration itself, so its slips are not told twice. */
static int run_named(struct program *p, const char *name)
{
	const struct command *c = command_find(name);
	const struct verb *v = c ? NULL : verb_find(name);
	struct error err = { 0 };

	if (!c && !v) {
		const char *near = command_nearest(name);

		if (near)
			error_set(&err, ERROR_USAGE,
				_("There is no command %s; the nearest is %s."), name, near);
		else
			error_set(&err, ERROR_USAGE,
				_("There is no command %s; caseload --help lists them."), name);
		return fail(p, &err);
	}

	static const struct verb_option none[] = { { NULL, 0, NULL, NULL } };
	const struct verb_option *own = c ? c->options : v->options;
	const struct verb_option *tables[] = { own ? own : none, common_options,
		v || c->prints ? print_options : none, v ? verb_options : none, NULL };
	enum given_style style = v && !has_letters(v) ? GIVEN_WORDS : GIVEN_FREE;

	bool good = given_read(&p->given, tables, p->argc, p->argv, style, &err);
	struct error second;

	if (given_flag(&p->given, "help"))
		return print_help(p, c, v);
	if (!good)
		note_json(p, p->argc, p->argv);
	good = read_form(p, good ? &err : &second) && good;
	if (!good || !read_config(p, &err))
		return fail(p, &err);
	if (!c || strcmp(c->name, "config"))
		tell_problems(p);
	return run(p, c, v);
}

/* ---- the screen */

static int show_screen(struct program *p)
{
	struct error err = { 0 };
	struct buf line = { 0 };
	struct tui_options options = { .color = config_get(p->config, "ui.color") };
	struct store *store = session_store(p->config, &err);

	if (!store)
		return fail(p, &err);
	if (given_value(&p->given, "open")) {
		buf_printf(&line, "view case %s", given_value(&p->given, "open"));
		options.line = line.text;
	}
	options.notice = config_problem(p->config, 0);
	if (!options.notice && !config_check_dir("state", &err))
		options.notice = err.text;

	int code = tui_run(p->config, store, &options);

	store_close(store);
	buf_clear(&line);
	return code;
}

static int start_screen(struct program *p)
{
	struct error err = { 0 };

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		struct buf help = { 0 };

		help_all(&help);
		fputs(buf_str(&help), stderr);
		buf_clear(&help);
		return error_exit(ERROR_USAGE);
	}
	if (!read_config(p, &err))
		return fail(p, &err);
	if (!config_section(p->config, "service", 0)) {
		enum first_choice choice = first_run(&err);
		static const struct verb_option demo[] = { { "demo", 0, NULL, NULL }, { NULL } };
		static const struct verb_option *const tables[] = { demo, NULL };

		if (choice == FIRST_LEAVE)
			return err.kind ? fail(p, &err) : 0;
		if (choice == FIRST_DEMO)
			given_read(&p->given, tables, 1, (const char *const[]){ "--demo" },
				GIVEN_FREE, &err);
		if (!read_config(p, &err))
			return fail(p, &err);
	}
	return show_screen(p);
}

/* What a terminal of another charset typed is not sent half understood. */
static bool check_words(int argc, const char *const *argv, struct error *err)
{
	for (int i = 0; i < argc; i++)
		if (!text_valid(argv[i], strlen(argv[i])))
			return error_set(err, ERROR_USAGE,
				_("Argument %d is not UTF-8 text; is the terminal set to UTF-8?"),
				i + 1);
	return true;
}

static int begin(struct program *p, int argc, const char *const *argv)
{
	const struct verb_option *const tables[] = { common_options, screen_options, print_options,
		NULL };
	struct error err = { 0 };

	if (!check_words(argc, argv, &err) ||
		!given_read(&p->given, tables, argc, argv, GIVEN_FIRST, &err)) {
		note_json(p, argc, argv);
		return fail(p, &err);
	}
	if (given_flag(&p->given, "version")) {
		print_line(&p->print, "caseload %s", VERSION);
		return print_flush(&p->print, NULL, &err) ? 0 : fail(p, &err);
	}
	if (p->given.count) {
		const char *name = p->given.args[0];

		p->argc = p->given.count - 1;
		p->argv = argv + argc - p->argc;
		return run_named(p, name);
	}
	if (given_flag(&p->given, "help"))
		return print_help(p, NULL, NULL);
	return start_screen(p);
}

int main(int argc, char **argv)
{
	struct program p = { 0 };

	set_process();
	set_language();
	print_init(&p.print);

	int code = begin(&p, argc - 1, (const char *const *)argv + 1);

	demo_stop(&p.demo);
	config_free(p.config);
	given_clear(&p.given);
	print_clear(&p.print);
	return code;
}
