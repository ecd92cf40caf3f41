/* model/config: order, locks, includes, slips told with file and line, directories of our own. */
#include "model/config.h"
#include "model/nearest.h"
#include "tests/lib.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[64];

static const char *path_of(const char *name)
{
	static char path[4][160];
	static int at;

	at = (at + 1) % 4;
	snprintf(path[at], sizeof(path[at]), "%s/%s", dir, name);
	return path[at];
}

static const char *file(const char *name, const char *text)
{
	const char *path = path_of(name);
	FILE *f = fopen(path, "w");

	fputs(text, f);
	fclose(f);
	chmod(path, 0600);
	return path;
}

static struct config *read_text(const char *text, enum config_from from)
{
	struct config *c = config_new();
	struct error err = { 0 };

	ok(config_read(c, file("config", text), from, &err));
	return c;
}

/* Whether problem i ends in this text, with the file and line before it. */
static void problem_is(const struct config *c, int i, const char *want)
{
	const char *got = config_problem(c, i);
	char whole[400];

	snprintf(whole, sizeof(whole), "%s/%s", dir, want);
	same(got, want ? whole : NULL);
}

static void defaults(void)
{
	test("defaults stand where nothing is set") {
		struct config *c = config_new();
		const char *path;
		int line;

		same(config_get(c, "ui.clock"), "yes");
		ok(config_flag(c, "ui.clock"));
		same_int(config_number(c, "send.hold"), 10);
		same(config_get(c, "editor"), "");
		ok(!config_get(c, "ui.clok"));
		same_int(config_from(c, "ui.clock", &path, &line), CONFIG_DEFAULT);
		ok(!path && !line);
		config_free(c);
	}
	test("every default is a value its own setting accepts, with a sentence") {
		for (const struct setting *s = setting_list; s->name; s++) {
			const char *out;
			struct error err;

			if (!ok(setting_check(s, s->fallback, &out, &err)))
				printf("# %s\n", s->name);
			ok(s->help[strlen(s->help) - 1] == '.');
		}
	}
}

static void reading(void)
{
	test("sections, dotted names, comments, CR LF and a byte order mark") {
		struct config *c =
			read_text("\xEF\xBB\xBF# a comment\r\nui.hints = no\r\n; another\r\n"
				  "editor = \"my editor\" -x\r\n[ui]\r\n  clock=off  \r\n\r\n"
				  "[send]\r\nhold = 0\r\n",
				CONFIG_USER);
		const char *path;
		int line;

		ok(!config_problem(c, 0));
		same(config_get(c, "ui.hints"), "no");
		same(config_get(c, "ui.clock"), "no");
		same_int(config_number(c, "send.hold"), 0);
		same(config_get(c, "editor"), "\"my editor\" -x");
		same_int(config_from(c, "ui.clock", &path, &line), CONFIG_USER);
		same(path, path_of("config"));
		same_int(line, 6);
		config_free(c);
	}
	test("a slip loses its own line, and is told with the nearest name") {
		struct config *c =
			read_text("[ui]\nclok = no\nhints = perhaps\nquiet = yes\n[nte]\nx = 1\n"
				  "[net]\ntimeout = 0\nzzz = 1\nnonsense\n[keys\nstyle = none\n"
				  "[keys]\nstyle = vi\neditor\xFF = x\n",
				CONFIG_USER);

		problem_is(c, 0, "config:2: unknown setting ui.clok; the nearest is ui.clock");
		problem_is(c, 1, "config:3: ui.hints must be yes or no");
		problem_is(c, 2, "config:5: unknown section [nte]; the nearest is [net]");
		problem_is(c, 3, "config:8: net.timeout must be a number from 1 to 600");
		problem_is(c, 4, "config:9: unknown setting net.zzz");
		problem_is(c, 5, "config:10: a line is written name = value");
		problem_is(c, 6, "config:11: a section is written [name] or [name \"title\"]");
		problem_is(c, 7, "config:14: keys.style must be one of letters|ctrl|none");
		problem_is(c, 8, "config:15: this line is not UTF-8 text");
		ok(!config_problem(c, 9));
		same(config_get(c, "ui.quiet"), "yes");
		same(config_get(c, "keys.style"), "letters");
		config_free(c);
	}
	test("a missing file is no error, a directory is") {
		struct config *c = config_new();
		struct error err = { 0 };

		ok(config_read(c, path_of("nowhere"), CONFIG_USER, &err));
		ok(!config_read(c, dir, CONFIG_USER, &err));
		same_int(err.kind, ERROR_CONFIG);
		config_free(c);
	}
	test("a file that others may write is refused") {
		struct config *c = config_new();
		struct error err = { 0 };
		const char *path = file("open", "ui.clock = no\n");

		chmod(path, 0620);
		ok(!config_read(c, path, CONFIG_USER, &err));
		chmod(path, 0602);
		ok(!config_read(c, path, CONFIG_USER, &err));
		same_int(err.kind, ERROR_CONFIG);
		ok(strstr(err.text, "chmod go-w"));
		same(config_get(c, "ui.clock"), "yes");
		chmod(path, 0644);
		ok(config_read(c, path, CONFIG_USER, &err));
		same(config_get(c, "ui.clock"), "no");
		config_free(c);
	}
}

static void sections(void)
{
	test("named sections keep their order, and files are seen from their own directory") {
		struct config *c = read_text(
			"[service \"city\"]\nurl = http://127.0.0.1:1/v1\n"
			"token-file = city.token\n[view \"Mine\"]\nquery = \"missed bin\"\n"
			"[service \"land\"]\nurl = https://land.example\n"
			"[service \"city\"]\nurl = https://city.example\ntokenfile = x\n"
			"[service]\nurl = x\n[view \"A\"]\nat-once = 1\n",
			CONFIG_USER);
		int line;

		same(config_section(c, "service", 0), "city");
		same(config_section(c, "service", 1), "land");
		ok(!config_section(c, "service", 2));
		same(config_section_get(c, "service", "city", "url"), "https://city.example");
		same(config_section_get(c, "service", "city", "token-file"), path_of("city.token"));
		ok(!config_section_get(c, "service", "city", "key"));
		same(config_section_get(c, "view", "Mine", "query"), "\"missed bin\"");
		same(config_section_place(c, "service", "city", "url", &line), path_of("config"));
		same_int(line, 9);
		problem_is(c, 0,
			"config:10: unknown key tokenfile in a section service; the nearest is "
			"token-file");
		problem_is(c, 1, "config:11: a section service needs a name: [service \"NAME\"]");
		problem_is(c, 2, "config:14: unknown key at-once in a section view");
		config_free(c);
	}
	test("keys: any name, also = and \"#\"; [key] is for every view") {
		struct config *c =
			read_text("[key]\nZ = assign me\n= = priority 3\n[ = note\n\"#\" =\n"
				  "[key \"case\"]\n<Ctrl-D> = state done\n",
				CONFIG_USER);
		static const char *const want[][2] = {
			{ "Z", "assign me" },
			{ "=", "priority 3" },
			{ "[", "note" },
			{ "#", "" },
		};
		const char *value;

		ok(!config_problem(c, 0));
		for (int i = 0; i < 4; i++) {
			same(config_section_key(c, "key", "", i, &value), want[i][0]);
			same(value, want[i][1]);
		}
		ok(!config_section_key(c, "key", "", 4, &value));
		same(config_section_key(c, "key", "case", 0, &value), "<Ctrl-D>");
		config_free(c);
	}
	test("a key bound twice is told") {
		struct config *c = read_text("[key]\nZ = note\nY = take\nZ = take\n", CONFIG_USER);
		const char *value;

		problem_is(c, 0, "config:4: Z is bound twice; first on line 2");
		ok(!config_problem(c, 1));
		same(config_section_key(c, "key", "", 0, &value), "Z");
		same(value, "take");
		config_free(c);
	}
	test("include: seen from the file, once in a circle, told when it is missing") {
		file("more.conf", "[ui]\nclock = no\ninclude = config\nhnts = no\n");

		struct config *c = read_text(
			"include = more.conf\ninclude = none.conf\nui.quiet = yes\n", CONFIG_USER);
		bool deep = false, missing = false, slip = false;

		for (int i = 0; config_problem(c, i); i++) {
			deep |= strstr(config_problem(c, i), "include each other") != NULL;
			missing |= strstr(config_problem(c, i), "config:2: ") != NULL;
			slip |= strstr(config_problem(c, i),
					"more.conf:4: unknown setting ui.hnts") != NULL;
		}
		ok(deep && missing && slip);
		same(config_get(c, "ui.clock"), "no");
		same(config_get(c, "ui.quiet"), "yes");
		config_free(c);
	}
}

static void order(void)
{
	test("site, user, environment, flag: the later wins whatever the order of reading") {
		char *environ_list[] = { "CASELOAD_UI_CLOCK=no", "CASELOAD_UI_HNTS=no", "HOME=/x",
			"CASELOAD_SEND_HOLD=never", "CASELOAD_PROFILE=x", NULL };
		struct config *c =
			read_text("ui.clock = yes\nui.hints = no\nui.quiet = yes\n", CONFIG_USER);
		struct error err;
		const char *path;
		int line;

		config_read_environment(c, environ_list);
		ok(config_read(
			c, file("site", "ui.quiet = no\nbatch.confirm = 5\n"), CONFIG_SITE, &err));
		same(config_get(c, "ui.clock"), "no");
		same_int(config_from(c, "ui.clock", &path, &line), CONFIG_ENVIRONMENT);
		same(config_get(c, "ui.quiet"), "yes");
		same_int(config_number(c, "batch.confirm"), 5);
		same(config_problem(c, 0),
			"CASELOAD_UI_HNTS: no such setting; the nearest is CASELOAD_UI_HINTS");
		same(config_problem(c, 1),
			"CASELOAD_SEND_HOLD: send.hold must be a number from 0 to 3600");
		ok(!config_problem(c, 2));
		ok(config_set(c, "ui.clock", "yes", CONFIG_FLAG, &err));
		same(config_get(c, "ui.clock"), "yes");
		ok(!config_set(c, "ui.clock", "x", CONFIG_FLAG, &err));
		same(err.text, "ui.clock must be yes or no");
		config_free(c);
	}
	test("of a setting with a ceiling the site's value is the most, and never is more than that") {
		struct config *c = config_new();
		struct error err;

		ok(config_read(c, file("site", "[lock]\nafter = 300\n"), CONFIG_SITE, &err));
		same_int(config_number(c, "lock.after"), 300);
		ok(config_read(c, file("user", "lock.after = 600\n"), CONFIG_USER, &err));
		ok(strstr(config_problem(c, 0), "user:1: lock.after is at most 300 here"));
		same_int(config_number(c, "lock.after"), 300);
		ok(!config_set(c, "lock.after", "0", CONFIG_ENVIRONMENT, &err));
		ok(!config_set(c, "lock.after", "301", CONFIG_FLAG, &err));
		same_int(config_number(c, "lock.after"), 300);
		ok(config_set(c, "lock.after", "60", CONFIG_USER, &err));
		same_int(config_number(c, "lock.after"), 60);
		ok(config_set(c, "lock.after", "300", CONFIG_FLAG, &err));
		same_int(config_number(c, "lock.after"), 300);
		config_free(c);
		c = config_new();
		ok(config_read(c, file("site", "[lock]\nafter = 0\n"), CONFIG_SITE, &err));
		ok(config_set(c, "lock.after", "9000", CONFIG_USER, &err));
		same_int(config_number(c, "lock.after"), 9000);
		config_free(c);
	}
	test("what a site locks stays, and the attempt is told") {
		struct config *c = config_new();
		struct error err;

		ok(config_read(c,
			file("site", "[site]\nlock = net.timeout, ui.clock service ui.unheard\n"
				     "[net]\ntimeout = 20\n[service \"city\"]\nurl = "
				     "https://a.example\n"),
			CONFIG_SITE, &err));
		ok(config_read(c,
			file("user", "net.timeout = 99\nui.clock = no\n[service \"mine\"]\n"
				     "url = https://evil.example\n[site]\nlock = ui.quiet\n"),
			CONFIG_USER, &err));
		same_int(config_number(c, "net.timeout"), 20);
		same(config_get(c, "ui.clock"), "yes");
		ok(config_locked(c, "net.timeout") && !config_locked(c, "ui.quiet"));
		same(config_section(c, "service", 0), "city");
		ok(!config_section(c, "service", 1));
		ok(!config_set(c, "net.timeout", "99", CONFIG_FLAG, &err));
		problem_is(c, 0, "site:2: unknown setting ui.unheard");
		ok(strstr(config_problem(c, 1), "user:1: net.timeout is fixed by this site"));
		ok(strstr(config_problem(c, 2), "user:2: ui.clock is fixed by this site"));
		ok(strstr(config_problem(c, 3), "user:3: sections service are fixed by this site"));
		ok(strstr(config_problem(c, 4), "user:6: only a site's file"));
		ok(!config_problem(c, 5));
		config_free(c);
	}
}

static void commands(void)
{
	test("a command becomes an argument list as a shell would split it") {
		char **argv = config_argv("  emacs -nw \"a b\" 'c \"d' e\\ f \"g\\\"h\" '' ");

		if (ok(argv != NULL)) {
			static const char *const want[] = { "emacs", "-nw", "a b", "c \"d", "e f",
				"g\"h", "" };

			for (int i = 0; i < 7; i++)
				same(argv[i], want[i]);
			ok(!argv[7]);
		}
		free(argv);
		ok(!config_argv("") && !config_argv("   ") && !config_argv("vi 'x"));
		argv = config_argv("a b c d e f");
		ok(argv && argv[5] && !argv[6]);
		free(argv);
	}
	test("the nearest name") {
		same_int(nearest_distance("clock", "clok"), 1);
		same_int(nearest_distance("", "abc"), 3);
		same_int(nearest_distance("ab", "ba"), 1);

		struct nearest n = { 0 };

		nearest_look(&n, "asign", "assign");
		nearest_look(&n, "asign", "note");
		same(n.name, "assign");
		n = (struct nearest){ 0 };
		nearest_look(&n, "x", "y");
		ok(!n.name);
	}
}

static void example(void)
{
	test("the example uncommented sets every setting to its default, without a problem") {
		struct buf text = { 0 }, bare = { 0 };

		config_example(&text);
		for (const char *at = text.text; *at;) {
			size_t size = strcspn(at, "\n") + 1;

			if (strncmp(at, "#include", 8))
				buf_add(&bare, at + (*at == '#' && at[1] != ' '),
					size - (*at == '#' && at[1] != ' '));
			at += size;
		}

		struct config *c = read_text(bare.text, CONFIG_SITE);

		same(config_problem(c, 0), NULL);
		for (const struct setting *s = setting_list; s->name; s++) {
			const char *path;
			int line;

			same(config_get(c, s->name), s->fallback);
			same_int(config_from(c, s->name, &path, &line), CONFIG_SITE);
		}
		config_free(c);
		buf_clear(&text);
		buf_clear(&bare);
	}
	test("config.example is what the table makes") {
		struct buf want = { 0 }, got = { 0 };
		FILE *f = fopen("config.example", "r");
		char part[4096];

		config_example(&want);
		if (ok(f != NULL)) {
			for (size_t size; (size = fread(part, 1, sizeof(part), f));)
				buf_add(&got, part, size);
			fclose(f);
		}
		same(buf_str(&got), want.text);
		buf_clear(&got);
		buf_clear(&want);
	}
}

static int mode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? -1 : (int)(st.st_mode & 07777);
}

static void directories(void)
{
	test("directories are made 0700, also when they were open") {
		struct buf out = { 0 };
		struct error err;

		setenv("XDG_DATA_HOME", path_of("share/deep"), 1);
		ok(config_dir(&out, "data", &err));
		same(buf_str(&out), path_of("share/deep/caseload"));
		same_int(mode_of(out.text), 0700);
		same_int(mode_of(path_of("share")), 0700);
		chmod(out.text, 0755);
		buf_reset(&out);
		ok(config_dir(&out, "data", &err));
		same_int(mode_of(out.text), 0700);
		buf_clear(&out);
	}
	test("a link is refused, one that others may write in, and another's directory") {
		struct buf out = { 0 };
		struct error err;

		setenv("XDG_STATE_HOME", path_of("state"), 1);
		mkdir(path_of("state"), 0700);
		ok(symlink(dir, path_of("state/caseload")) == 0);
		ok(!config_dir(&out, "state", &err));
		same_int(err.kind, ERROR_CONFIG);
		unlink(path_of("state/caseload"));
		mkdir(path_of("state/caseload"), 0700);
		chmod(path_of("state/caseload"), 0770);
		ok(!config_dir(&out, "state", &err));
		same_int(err.kind, ERROR_CONFIG);
		ok(strstr(err.text, "chmod 700"));
		ok(!config_check_dir("state", &err));
		chmod(path_of("state/caseload"), 0700);
		ok(config_check_dir("state", &err));
		rmdir(path_of("state/caseload"));
		ok(config_check_dir("state", &err));
		if (geteuid() == 0) {
			mkdir(path_of("state/caseload"), 0700);
			ok(chown(path_of("state/caseload"), 12345, 12345) == 0);
			ok(!config_dir(&out, "state", &err));
			same_int(err.kind, ERROR_CONFIG);
		}
		same(buf_str(&out), "");
		buf_clear(&out);
	}
	test("a relative or foreign runtime directory is as good as none") {
		struct buf out = { 0 };
		struct error err;

		setenv("XDG_CACHE_HOME", path_of("cache"), 1);
		setenv("XDG_RUNTIME_DIR", "run", 1);
		ok(config_place(&out, "runtime", &err));
		same(buf_str(&out), path_of("cache/caseload"));
		buf_reset(&out);
		mkdir(path_of("run"), 0700);
		setenv("XDG_RUNTIME_DIR", path_of("run"), 1);
		ok(config_place(&out, "runtime", &err));
		same(buf_str(&out), path_of("run/caseload"));
		buf_clear(&out);
	}
	test("a profile has directories of its own") {
		struct buf out = { 0 };
		struct error err;

		setenv("CASELOAD_PROFILE", "two", 1);
		ok(config_place(&out, "runtime", &err));
		same(buf_str(&out), path_of("run/caseload-two"));
		setenv("CASELOAD_PROFILE", "../x", 1);
		ok(!config_place(&out, "runtime", &err));
		unsetenv("CASELOAD_PROFILE");
		buf_clear(&out);
	}
}

int main(void)
{
	snprintf(dir, sizeof(dir), "/tmp/caseload-config-XXXXXX");
	if (!mkdtemp(dir))
		return 1;
	umask(022);
	defaults();
	reading();
	sections();
	order();
	commands();
	example();
	directories();

	char *const argv[] = { "rm", "-rf", dir, NULL };
	pid_t pid = fork();

	if (pid == 0)
		execvp("rm", argv);
	waitpid(pid, NULL, 0);
	return test_result();
}
