/* caseloadd kind: a new kind of case is one plain file, checked, then loaded while the service
 * runs. */
#include "model/i18n.h"
#include "service/cmd.h"
#include "service/ini.h"
#include "service/keep.h"
#include "service/kind_file.h"
#include <stdio.h>
#include <string.h>

/* Opens the base, does something in one transaction, closes it. */
static int with_base(
	const char *data, bool (*work)(struct keep *, void *, struct error *), void *ctx)
{
	struct error err = { 0 };
	struct buf dir = { 0 };
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	struct base *base =
		cmd_data_there(&dir, data, &err) ? base_open(buf_str(&dir), BASE_WRITE, &err) : NULL;
	buf_clear(&dir);
	if (!base)
		return cmd_fail(&err);
	struct keep keep = { .base = base,
		.now_ms = (int64_t)now.tv_sec * 1000,
		.ident = ident_uuid,
		.worker = "system" };
	base_begin(base);
	if (work(&keep, ctx, &err))
		base_commit(base);
	base_error(base, &err);
	base_rollback(base);
	base_close(base);
	return err.kind ? cmd_fail(&err) : 0;
}

/* ---- check */

static bool read_file(struct kind_file *file, const char *path)
{
	struct buf problems = { 0 };
	bool good = kind_file_read(file, path, &problems);

	ini_print(stderr, &problems);
	buf_clear(&problems);
	return good;
}

static int check(char **paths, int count)
{
	int code = 0;

	for (int i = 0; i < count; i++) {
		struct kind_file file;
		if (read_file(&file, paths[i]))
			cmd_say(_("%s: good: %s, fields %d, steps %d, templates %d.\n"), paths[i],
				file.kind.id, file.kind.field_count, file.kind.step_count,
				file.template_count);
		else
			code = 2;
		kind_file_clear(&file);
	}
	return code;
}

/* ---- load */

struct load {
	char **paths;
	int count;
};

static bool load_one(struct keep *keep, const char *path, struct error *err)
{
	struct kind_file file;
	struct arena arena = { 0 };
	bool good = read_file(&file, path);

	if (!good)
		error_set(err, ERROR_USAGE, _("%s has mistakes; nothing was loaded."), path);
	else
		good = kind_file_keep(keep, &file, err);
	if (good) {
		int64_t version = base_number(keep->base, 0,
			"SELECT version FROM kind WHERE tenant = $1 AND id = $2", "it",
			base_tenant(keep->base), file.kind.id);
		cmd_say(_("%s: the kind %s is open for business (version %lld).\n"), path,
			file.kind.id, (long long)version);
		if (!keep_team_for(keep, file.kind.queue, &arena))
			cmd_say(_("No team looks after the service %s yet: new cases will be "
				  "nobody's.\n"),
				file.kind.queue);
	}
	arena_clear(&arena);
	kind_file_clear(&file);
	return good;
}

static bool load_all(struct keep *keep, void *ctx, struct error *err)
{
	const struct load *load = ctx;

	for (int i = 0; i < load->count; i++) {
		if (!load_one(keep, load->paths[i], err))
			return false;
	}
	return true;
}

/* ---- list and show */

static bool list_all(struct keep *keep, void *ctx, struct error *err)
{
	struct rows *rows = base_ask(keep->base,
		"SELECT id, version, service, name FROM kind WHERE tenant = $1 ORDER BY id", "i",
		base_tenant(keep->base));

	(void)ctx;
	while (rows_next(rows))
		cmd_say("%-20s %3lld  %-14s %s\n", rows_text(rows, 0), (long long)rows_int(rows, 1),
			rows_text(rows, 2), rows_text(rows, 3));
	rows_done(rows);
	return !base_error(keep->base, err);
}

static bool show_one(struct keep *keep, void *ctx, struct error *err)
{
	struct page page = { 0 };
	struct buf text = { 0 };

	page_init(&page);
	const struct kind *kind = keep_kind(keep, ctx, &page);
	if (!kind)
		error_set(err, ERROR_GONE, _("There is no kind %s; caseloadd kind list shows all."),
			(const char *)ctx);
	for (int i = 0; kind && kind->templates && kind->templates[i]; i++)
		keep_template(keep, kind->templates[i], &page);
	if (kind)
		kind_file_write(&text, kind, page.templates, page.template_count);
	fputs(buf_str(&text), stdout);
	buf_clear(&text);
	page_clear(&page);
	return !err->kind;
}

int cmd_kind(int argc, char **argv)
{
	const char *data = cmd_option(&argc, argv, "--data");
	const char *what = argc > 1 ? argv[1] : "";
	struct error err = { 0 };

	if (strcmp(what, "check") == 0 && argc > 2)
		return check(argv + 2, argc - 2);
	if (strcmp(what, "load") == 0 && argc > 2)
		return with_base(
			data, load_all, &(struct load){ .paths = argv + 2, .count = argc - 2 });
	if (strcmp(what, "list") == 0 && argc == 2)
		return with_base(data, list_all, NULL);
	if (strcmp(what, "show") == 0 && argc == 3)
		return with_base(data, show_one, argv[2]);
	error_set(&err, ERROR_USAGE,
		_("Say what to do: caseloadd kind check FILE..., load FILE..., list or show ID."));
	return cmd_fail(&err);
}
