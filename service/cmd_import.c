/* caseloadd import: other people's CSV files, each through a map. */
#include "model/i18n.h"
#include "service/cmd.h"
#include "service/embedded.h"
#include "service/import.h"
#include "service/ini.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { MAP_MOST = 256 * 1024 };

/* The maps that are part of the program, each with the first line of its file. */
static void list_maps(FILE *out)
{
	fprintf(out, _("Maps that are part of the program:\n"));
	for (const struct embedded_file *f = embedded_files; f->name; f++) {
		const char *name = f->name + strlen("maps/"), *text = (const char *)f->bytes;
		if (strncmp(f->name, "maps/", 5) != 0 || f->size < 2)
			continue;
		const char *end = memchr(text, '\n', f->size);
		fprintf(out, "  %-16.*s %.*s\n", (int)strcspn(name, "."), name,
			end ? (int)(end - text) - 2 : 0, text + 2);
	}
	fprintf(out, _("Anything with a / in it is a map file of your own.\n"));
}

static const struct embedded_file *find_map(const char *name)
{
	for (const struct embedded_file *f = embedded_files; f->name; f++) {
		const char *base = f->name + strlen("maps/");
		if (strncmp(f->name, "maps/", 5) == 0 && strlen(name) == strcspn(base, ".") &&
			strncmp(base, name, strlen(name)) == 0)
			return f;
	}
	return NULL;
}

static bool open_map(struct map_file *map, const char *name, struct error *err)
{
	struct buf text = { 0 }, problems = { 0 };
	const struct embedded_file *own = strchr(name, '/') ? NULL : find_map(name);
	bool good = false;

	if (own)
		buf_add(&text, own->bytes, own->size);
	else if (!strchr(name, '/') && !strchr(name, '.'))
		return error_set(err, ERROR_USAGE,
			_("There is no map %s; caseloadd import lists them. A file of your own is "
			  "named with "
			  "a /: ./%s.map."),
			name, name);
	else if (!ini_slurp(&text, name, MAP_MOST, err))
		return false;
	good = map_file_parse(map, own ? own->name : name, buf_str(&text), text.size, &problems);
	if (!good) {
		ini_print(stderr, &problems);
		error_set(err, ERROR_USAGE, _("The map %s has mistakes; nothing was imported."),
			name);
	}
	buf_clear(&text);
	buf_clear(&problems);
	return good;
}

static void print_counts(const char *name, const struct import_counts *c, enum import_mode mode)
{
	cmd_say(P_("%s: %ld row: %ld new, %ld changed, %ld same, %ld bad",
			"%s: %ld rows: %ld new, %ld changed, %ld same, %ld bad",
			(unsigned long)c->rows),
		name, c->rows, c->fresh, c->changed, c->same, c->bad);
	if (c->continued)
		cmd_say(_(", %ld going on with the record above"), c->continued);
	cmd_say("%s", mode == IMPORT_TRY ? _(". Nothing was kept (--dry-run).\n") : ".\n");
	fflush(stdout);
}

static bool one_file(struct keep *keep, struct map_file *map, const char *path,
	enum import_mode mode, long *bad, struct error *err)
{
	struct import_counts counts = { 0 };
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");

	if (!file)
		return error_set(
			err, ERROR_USAGE, _("%s cannot be read: %s."), path, strerror(errno));
	bool good = import_file(keep, map, file, path, mode, stderr, &counts, err);
	if (file != stdin)
		fclose(file);
	if (good || counts.rows)
		print_counts(path, &counts, mode);
	*bad += counts.bad;
	return good;
}

static int import_all(
	struct map_file *map, const char *data, char **paths, int count, enum import_mode mode)
{
	struct error err = { 0 };
	struct buf dir = { 0 };
	struct timespec now;
	long bad = 0;

	clock_gettime(CLOCK_REALTIME, &now);
	struct base *base =
		cmd_data_dir(&dir, data, &err) ? base_open(buf_str(&dir), BASE_WRITE, &err) : NULL;
	struct keep keep = { .base = base,
		.now_ms = (int64_t)now.tv_sec * 1000,
		.ident = ident_uuid,
		.worker = "system" };
	for (int i = 0; base && i < count && !err.kind; i++)
		one_file(&keep, map, paths[i], mode, &bad, &err);
	if (base)
		base_close(base);
	buf_clear(&dir);
	if (err.kind)
		return cmd_fail(&err);
	return bad ? 7 : 0;
}

int cmd_import(int argc, char **argv)
{
	const char *data = cmd_option(&argc, argv, "--data");
	enum import_mode mode = cmd_flag(&argc, argv, "--dry-run") ? IMPORT_TRY : IMPORT_KEEP;
	struct map_file map = { 0 };
	struct error err = { 0 };

	if (argc == 1) {
		list_maps(stdout);
		return 0;
	}
	if (argc < 3 || (argv[1][0] == '-' && argv[1][1])) {
		error_set(&err, ERROR_USAGE,
			_("Say which map and which file: caseloadd import MAP FILE... "
			  "[--dry-run]."));
		return cmd_fail(&err);
	}
	int code = open_map(&map, argv[1], &err) ? import_all(&map, data, argv + 2, argc - 2, mode)
						 : cmd_fail(&err);
	map_file_clear(&map);
	return code;
}
