/* Configuration files: every slip costs one line and is told with its file and line; what is set is
   what its setting allows; a section that is written is read back as it was; kinds of case are told or
   written and read as the same again. */
#include "tests/fuzz/fuzz.h"

#include "model/config.h"
#include "service/kind_file.h"
#include "service/map_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64];

static void end(void)
{
	char path[100];

	snprintf(path, sizeof(path), "%s/config", dir);
	unlink(path);
	rmdir(dir);
}

static const char *written(const char *text, size_t size)
{
	static char path[100];

	if (!*dir) {
		snprintf(dir, sizeof(dir), "/tmp/caseload-fuzz-XXXXXX");
		must(mkdtemp(dir) != NULL);
		atexit(end);
	}
	snprintf(path, sizeof(path), "%s/config", dir);

	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	must(fd >= 0 && write(fd, text, size) == (ssize_t)size);
	close(fd);
	return path;
}

/* "FILE:LINE: sentence", the file one of those read, the line one it has. */
static void must_be_told(const char *problem, const char *path, int lines)
{
	int line = 0;

	if (strncmp(problem, path, strlen(path)) != 0)
		return; /* of a file that is included */
	must(sscanf(problem + strlen(path), ":%d: ", &line) == 1);
	must(line >= 1 && line <= lines);
}

static void look_at_all(const struct config *c)
{
	for (const struct setting *s = setting_list; s->name; s++) {
		const char *value = config_get(c, s->name), *stored, *file;
		struct error err = { 0 };
		int line;

		must(value != NULL);
		config_from(c, s->name, &file, &line);
		must(setting_check(s, value, &stored, &err));
		must_same(stored, value);
		if (s->type == SETTING_NUMBER)
			config_number(c, s->name);
		if (s->type == SETTING_FLAG)
			must(config_flag(c, s->name) == !strcmp(value, "yes"));
		if (s->type == SETTING_COMMAND)
			free(config_argv(value));
	}
	for (const struct section_key *k = section_keys; k->section; k++) {
		const char *name, *value, *key;

		for (int i = 0; (name = config_section(c, k->section, i)); i++)
			for (int j = 0; (key = config_section_key(c, k->section, name, j, &value)); j++)
				must_same(config_section_get(c, k->section, name, key), value);
	}
}

static void save(struct config *c, const char *path)
{
	static const char *const pairs[] = { "query", "owner:me #1", NULL };
	struct error err = { 0 };

	if (!config_save_section(c, "view", "A new one", pairs, &err)) {
		must(err.kind == ERROR_DENIED);
		return;
	}
	struct config *again = config_new();

	must(config_read(again, path, CONFIG_USER, &err));
	must_same(config_section_get(again, "view", "A new one", "query"), "owner:me #1");
	config_free(again);
}

static void client(const char *text, size_t size)
{
	struct config *c = config_new();
	const char *path = written(text, size);
	struct error err = { 0 };
	int lines = 1;

	for (size_t i = 0; i < size; i++)
		lines += text[i] == '\n';
	must(config_read(c, path, CONFIG_USER, &err));
	for (int i = 0; config_problem(c, i); i++)
		must_be_told(config_problem(c, i), path, lines);
	look_at_all(c);
	save(c, path);
	config_free(c);
}

/* The words come out no longer than they went in, in one block. */
static void command(const char *text)
{
	char **argv = config_argv(text);
	size_t all = 0;

	for (char **word = argv; word && *word; word++)
		all += strlen(*word) + 1;
	must(all <= strlen(text) + 1);
	free(argv);
}

static void kind(const char *text, size_t size)
{
	struct kind_file file, again;
	struct buf problems = { 0 }, one = { 0 }, two = { 0 };

	if (kind_file_parse(&file, "x.kind", text, size, &problems)) {
		must(!problems.size);
		kind_file_write(&one, &file.kind, file.templates, file.template_count);
		bool good = kind_file_parse(&again, "x.kind", buf_str(&one), one.size, &problems);

		must_same(buf_str(&problems), "");
		must(good);
		kind_file_write(&two, &again.kind, again.templates, again.template_count);
		must_same(buf_str(&two), buf_str(&one));
		kind_file_clear(&again);
	} else {
		must(problems.size && !strncmp(problems.text, "x.kind:", 7));
	}
	kind_file_clear(&file);
	buf_clear(&problems);
	buf_clear(&one);
	buf_clear(&two);
}

static void map(const char *text, size_t size)
{
	struct map_file file;
	struct buf problems = { 0 };

	must(map_file_parse(&file, "x.map", text, size, &problems) == !problems.size);
	must(!problems.size || !strncmp(problems.text, "x.map:", 6));
	map_file_clear(&file);
	buf_clear(&problems);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	must(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	client(text, size);
	command(text);
	kind(text, size);
	map(text, size);
	free(text);
	return 0;
}
