/* What the commands of caseloadd share: options, where the data is, how an error is said. */
#include "service/cmd.h"

#include "model/i18n.h"
#include "model/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool cmd_data_dir(struct buf *out, const char *given, struct error *err)
{
	if (given) {
		buf_text(out, given);
		return true;
	}
	const char *data = getenv("XDG_DATA_HOME");
	const char *home = getenv("HOME");
	if (data && data[0] == '/')
		buf_printf(out, "%s/caseloadd", data);
	else if (home && home[0] == '/')
		buf_printf(out, "%s/.local/share/caseloadd", home);
	else
		return error_set(err, ERROR_CONFIG, _("HOME is not set: say --data DIR."));
	return true;
}

bool cmd_data_there(struct buf *out, const char *given, struct error *err)
{
	struct buf path = { 0 };

	if (!cmd_data_dir(out, given, err))
		return false;
	buf_printf(&path, "%s/casework.db", buf_str(out));
	bool there = access(buf_str(&path), F_OK) == 0;
	buf_clear(&path);
	return there ||
	       error_set(err, ERROR_CONFIG,
		       _("There is no data of a service in %s; --data DIR names another place, and "
			 "caseloadd serve, sample, import or team add begin one."),
		       buf_str(out));
}

static void take_out(int *argc, char **argv, int i, int count)
{
	for (int k = i; k + count <= *argc; k++)
		argv[k] = argv[k + count];
	*argc -= count;
}

const char *cmd_option(int *argc, char **argv, const char *name)
{
	size_t size = strlen(name);
	for (int i = 1; i < *argc; i++) {
		if (strncmp(argv[i], name, size) != 0)
			continue;
		const char *value = argv[i][size] == '=' ? argv[i] + size + 1 : argv[i + 1];
		if (argv[i][size] == '=') {
			take_out(argc, argv, i, 1);
			return value;
		}
		if (argv[i][size] || !value)
			continue;
		take_out(argc, argv, i, 2);
		return value;
	}
	return NULL;
}

bool cmd_flag(int *argc, char **argv, const char *name)
{
	for (int i = 1; i < *argc; i++) {
		if (strcmp(argv[i], name) != 0)
			continue;
		take_out(argc, argv, i, 1);
		return true;
	}
	return false;
}

void cmd_say(const char *format, ...)
{
	struct buf text = { 0 }, clean = { 0 };
	va_list args;
	va_start(args, format);
	buf_vprintf(&text, format, args);
	va_end(args);
	text_clean_lines(&clean, buf_str(&text), text.size);
	fputs(buf_str(&clean), stdout);
	buf_clear(&text);
	buf_clear(&clean);
}

int cmd_fail(const struct error *err)
{
	struct buf clean = { 0 };
	text_clean(&clean, err->text,
		strlen(err->text)); /* names of files and columns come from outside */
	fprintf(stderr, "caseloadd: %s\n", buf_str(&clean));
	buf_clear(&clean);
	return error_exit(err->kind);
}
