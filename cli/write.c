/* Writing in an editor, which has the terminal until it ends. */
#include "cli/write.h"

#include "model/child.h"
#include "model/i18n.h"
#include "model/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LONGEST = 1 << 20 };

static char **editor_argv(const struct config *c)
{
	const char *wanted[] = { config_get(c, "editor"), getenv("VISUAL"), getenv("EDITOR"), "vi" };

	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
		if (wanted[i] && *wanted[i])
			return config_argv(wanted[i]);
	return NULL;
}

static bool run_editor(char **argv, const char *file, struct error *err)
{
	int status = 0;
	struct child program;

	child_prepare(&program, argv, file, CHILD_PERSON);
	pid_t child = fork();

	if (child == 0) {
		child_become(&program);
		_exit(127);
	}
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	child_clear(&program);
	if (child < 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 127))
		return error_set(err, ERROR_CONFIG,
			_("The editor could not be started; set `editor` or $EDITOR."));
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		return error_set(err, ERROR_CANCELLED,
			_("The editor ended with an error; the text was not taken."));
	return true;
}

static char *read_text(const char *file, struct error *err)
{
	struct buf b = { 0 };
	char part[4096];
	FILE *f = fopen(file, "r");

	for (size_t size; f && b.size <= LONGEST && (size = fread(part, 1, sizeof(part), f)) > 0;)
		buf_add(&b, part, size);
	if (f)
		fclose(f);
	while (b.size && strchr(" \t\r\n", b.text[b.size - 1]))
		buf_cut(&b, b.size - 1);
	if (!b.size)
		error_set(err, ERROR_CANCELLED, _("Nothing was written, so nothing was done."));
	else if (b.size > LONGEST)
		error_set(err, ERROR_USAGE, _("The text is longer than 1 MiB."));
	else if (memchr(b.text, '\0', b.size) || !text_valid(b.text, b.size))
		error_set(err, ERROR_USAGE, _("The text is not UTF-8."));
	else
		return buf_take(&b);
	buf_clear(&b);
	return NULL;
}

char *write_text(const struct config *c, struct buf *file, struct error *err)
{
	if (!config_dir(file, "runtime", err))
		return NULL;
	buf_text(file, "/text-XXXXXX");

	int fd = mkstemp(file->text);

	if (fd < 0) {
		error_set(err, ERROR_LOCAL, _("The text for the editor cannot be written: %s."),
			strerror(errno));
		buf_reset(file);
		return NULL;
	}
	close(fd);

	char **argv = editor_argv(c);
	char *text = argv && run_editor(argv, file->text, err) ? read_text(file->text, err) : NULL;

	if (!argv)
		error_set(err, ERROR_CONFIG, _("No editor is set; set `editor` or $EDITOR."));
	free(argv);
	return text;
}
