/* A section written into a person's file; the rest of the file stays as they wrote it. */
#include "model/config.h"
#include "model/file.h"
#include "model/i18n.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool read_whole(const char *path, struct buf *out)
{
	char part[4096];
	FILE *f = fopen(path, "r");

	for (size_t size; f && (size = fread(part, 1, sizeof(part), f)) > 0;)
		buf_add(out, part, size);

	bool good = f ? !ferror(f) : errno == ENOENT;

	if (f)
		fclose(f);
	return good;
}

/* All lines but those of the section with this head. */
static void without(struct buf *out, const char *text, const char *head)
{
	bool inside = false;

	while (*text) {
		size_t size = strcspn(text, "\n") + 1;
		const char *word = text + strspn(text, " \t");

		if (!text[size - 1])
			size--;
		if (*word == '[')
			inside = strncmp(word, head, strlen(head)) == 0;
		if (!inside)
			buf_add(out, text, size);
		text += size;
	}
}

static void add_section(struct buf *out, const char *head, const char *const *pairs)
{
	while (out->size > 1 && out->text[out->size - 1] == '\n' &&
		out->text[out->size - 2] == '\n')
		buf_cut(out, out->size - 1);
	if (out->size && out->text[out->size - 1] != '\n')
		buf_char(out, '\n');
	buf_printf(out, "%s%s\n", out->size ? "\n" : "", head);
	for (int i = 0; pairs[i]; i += 2)
		buf_printf(out, "%s = %s\n", pairs[i], pairs[i + 1]);
}

bool config_save_section(const struct config *c, const char *type, const char *name,
	const char *const *pairs, struct error *err)
{
	const char *path = config_user_file(c);

	if (!path)
		return error_set(err, ERROR_CONFIG, _("No configuration was read, so none can be written."));
	if (config_locked(c, type))
		return error_set(err, ERROR_DENIED, _("Your site keeps [%s] to itself."), type);
	if (!*name || strpbrk(name, "\"]\r\n"))
		return error_set(err, ERROR_USAGE, _("A name here has no quotes, brackets or line ends."));

	char real[PATH_MAX]; /* the file behind a link, not the link */
	struct buf head = { 0 }, old = { 0 }, text = { 0 };
	bool good = true;

	if (realpath(path, real))
		path = real;
	buf_printf(&head, "[%s \"%s\"]", type, name);
	if (!read_whole(path, &old))
		good = error_set(err, ERROR_LOCAL, _("%s cannot be read: %s."), path, strerror(errno));
	without(&text, buf_str(&old), buf_str(&head));
	add_section(&text, buf_str(&head), pairs);
	good = good && file_replace(path, text.text, text.size, err);
	buf_clear(&head);
	buf_clear(&old);
	buf_clear(&text);
	return good;
}
