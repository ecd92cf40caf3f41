/* caseloadd backup, restore and check: the data as a whole. */
#include "model/file.h"
#include "model/i18n.h"
#include "service/check.h"
#include "service/cmd.h"
#include "service/data_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Prints what is wrong; false when something is. */
static bool is_whole(struct base *base, bool indexes, const char *name, const char *then, struct error *err)
{
	struct buf problems = { 0 };
	check_all(base, &problems);
	if (indexes)
		base_index_integrity(base, &problems);
	bool whole = problems.size == 0;
	if (!whole) {
		fflush(stdout);
		fputs(problems.text, stderr);
		error_set(err, ERROR_LOCAL, _("%s is damaged. %s"), name, then);
	}
	buf_clear(&problems);
	return whole;
}

static void say_size(struct base *base)
{
	int64_t tenant = base_tenant(base);
	printf(_("%lld people, %lld cases, %lld entries on their timelines.\n"),
		(long long)base_number(base, 0, "SELECT count(*) FROM citizen WHERE tenant = $1", "i", tenant),
		(long long)base_number(base, 0, "SELECT count(*) FROM casefile WHERE tenant = $1", "i", tenant),
		(long long)base_number(base, 0, "SELECT count(*) FROM event WHERE tenant = $1", "i", tenant));
}

/* ---- backup */

static bool sync_path(const char *path, struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool good = fd >= 0 && fsync(fd) == 0;
	if (!good)
		error_set(err, ERROR_LOCAL, _("The file %s cannot be written: %s."), path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return good;
}

/* The directory a file of that name is in. */
static void dir_of(struct buf *out, const char *path)
{
	const char *slash = strrchr(path, '/');
	buf_add(out, slash ? path : ".", slash ? (size_t)(slash - path) + (slash == path) : 1);
}

/* link() never takes the place of a file that came meanwhile; where there are no links, rename() does. */
static bool give_name(const char *part, const char *path, bool force, struct error *err)
{
	struct buf dir = { 0 };
	bool good = !force && link(part, path) == 0 && unlink(part) == 0;
	if (!good && (force || errno != EEXIST))
		good = rename(part, path) == 0;
	if (!good)
		error_set(err, ERROR_LOCAL, _("The file %s cannot be written: %s."), path, strerror(errno));
	dir_of(&dir, path);
	good = good && sync_path(buf_str(&dir), err);
	buf_clear(&dir);
	return good;
}

static bool copy_into(struct base *base, const char *part, struct error *err)
{
	if (!base_copy_to(base, part, err) || !sync_path(part, err))
		return false;
	struct base *copy = base_open_copy(part, err);
	bool good = copy && is_whole(copy, false, _("The copy"),
				     _("No backup was made; caseloadd check says whether the data is."), err);
	if (good)
		say_size(copy);
	base_close(copy);
	return good;
}

static bool backup(const char *dir, const char *path, bool force, struct error *err)
{
	struct buf part = { 0 };
	if (!force && access(path, F_OK) == 0)
		return error_set(err, ERROR_USAGE, _("There is a file %s already: choose another name, or say --force."),
			path);
	struct base *base = base_open(dir, BASE_WRITE, err);
	if (!base)
		return false;
	buf_printf(&part, "%s.XXXXXX", path);
	int fd = mkstemp(part.text); /* 0600 */
	bool good = fd >= 0;
	if (good)
		close(fd);
	else
		error_set(err, ERROR_LOCAL, _("The file %s cannot be written: %s."), path, strerror(errno));
	good = good && copy_into(base, part.text, err) && give_name(part.text, path, force, err);
	if (!good && fd >= 0)
		unlink(part.text);
	base_close(base);
	buf_clear(&part);
	return good;
}

int cmd_backup(int argc, char **argv)
{
	struct error err = { 0 };
	struct buf dir = { 0 };
	bool force = cmd_flag(&argc, argv, "--force");
	const char *data = cmd_option(&argc, argv, "--data");
	bool good = argc == 2 || error_set(&err, ERROR_USAGE, _("Say where to: caseloadd backup FILE."));
	good = good && cmd_data_there(&dir, data, &err) && backup(buf_str(&dir), argv[1], force, &err);
	buf_clear(&dir);
	return good ? 0 : cmd_fail(&err);
}

/* ---- restore */

static bool copy_bytes(int from, int to, struct error *err)
{
	char block[65536];
	ssize_t size = 0;
	bool good = true;
	while (good && (size = read(from, block, sizeof block)) > 0)
		good = file_write(to, block, (size_t)size);
	return (good && size == 0 && fsync(to) == 0) ||
	       error_set(err, ERROR_LOCAL, _("The backup cannot be copied: %s."), strerror(errno));
}

static bool copy_file(const char *path, const char *to, struct error *err)
{
	int in = open(path, O_RDONLY | O_CLOEXEC);
	if (in < 0)
		return error_set(err, ERROR_USAGE, _("%s cannot be read: %s."), path, strerror(errno));
	int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool good = out >= 0 ? copy_bytes(in, out, err)
			     : error_set(err, ERROR_LOCAL, _("The file %s cannot be written: %s."), to,
				       strerror(errno));
	close(in);
	if (out >= 0)
		close(out);
	return good;
}

static void clear_stage(const char *stage)
{
	static const char *const names[] = { "casework.db", "casework.db-wal", "casework.db-shm",
		"casework.db-journal", "lock" };
	struct buf path = { 0 };
	for (int i = 0; i < 5; i++) {
		buf_reset(&path);
		buf_printf(&path, "%s/%s", stage, names[i]);
		unlink(path.text);
	}
	rmdir(stage);
	buf_clear(&path);
}

/* Looked at in a directory of its own, brought to this program's version there, and only then put in place. */
static bool restore_through(const char *dir, const char *stage, const char *path, struct error *err)
{
	struct buf copy = { 0 };
	clear_stage(stage);
	buf_printf(&copy, "%s/casework.db", stage);
	bool good = data_dir_make(stage, err) && copy_file(path, copy.text, err);
	struct base *base = good ? base_open(stage, BASE_WRITE, err) : NULL;
	good = base && is_whole(base, true, path, _("Nothing was restored: take an older backup."), err);
	if (good)
		say_size(base);
	/* What waited when the backup was made may have gone out since: a person decides (service/deliver.h). */
	if (good && !base_run(base, "UPDATE delivery SET state = 'sending' WHERE state = 'queued'", ""))
		good = !base_error(base, err);
	base_close(base);
	good = good && base_restore(dir, stage, err);
	clear_stage(stage);
	buf_clear(&copy);
	return good;
}

static bool holds_data(const char *dir)
{
	struct buf path = { 0 };
	buf_printf(&path, "%s/casework.db", dir);
	bool there = access(path.text, F_OK) == 0;
	buf_clear(&path);
	return there;
}

static bool restore(const char *dir, const char *path, bool force, struct error *err)
{
	struct buf stage = { 0 };
	if (access(path, R_OK) != 0)
		return error_set(err, ERROR_USAGE, _("%s cannot be read: %s."), path, strerror(errno));
	if (!force && holds_data(dir))
		return error_set(err, ERROR_USAGE,
			_("There is data in %s already: name another directory, or say --force; what is there now then "
			  "stays beside it as casework.db.before."),
			dir);
	int lock = data_dir_make(dir, err) ? data_dir_lock(dir, DATA_ALONE, err) : -1;
	if (lock < 0)
		return false;
	buf_printf(&stage, "%s/restoring", dir);
	bool good = restore_through(dir, stage.text, path, err);
	close(lock);
	buf_clear(&stage);
	return good;
}

int cmd_restore(int argc, char **argv)
{
	struct error err = { 0 };
	struct buf dir = { 0 };
	bool force = cmd_flag(&argc, argv, "--force");
	const char *data = cmd_option(&argc, argv, "--data");
	bool good = argc == 2 || error_set(&err, ERROR_USAGE, _("Say which: caseloadd restore FILE --data DIR."));
	good = good && cmd_data_dir(&dir, data, &err) && restore(buf_str(&dir), argv[1], force, &err);
	if (good)
		cmd_say(_("Restored into %s. Tokens and people are as they were then: revoke again what was revoked since, "
			  "and import the people again with --leavers.\n"),
			buf_str(&dir));
	buf_clear(&dir);
	return good ? 0 : cmd_fail(&err);
}

/* ---- check */

static const char what_to_do[] = N_("Stop the service, keep this directory as it is, and restore the last backup that "
				    "is whole into another: caseloadd restore FILE --data DIR.");

int cmd_check(int argc, char **argv)
{
	struct error err = { 0 };
	struct buf dir = { 0 };
	const char *data = cmd_option(&argc, argv, "--data"), *file = argc == 2 ? argv[1] : NULL;
	struct base *base = NULL;
	if (argc > 2)
		error_set(&err, ERROR_USAGE, _("Say caseloadd check, or which backup: caseloadd check FILE."));
	else if (file && access(file, R_OK) != 0)
		error_set(&err, ERROR_USAGE, _("%s cannot be read: %s."), file, strerror(errno));
	else if (file)
		base = base_open_copy(file, &err);
	else if (cmd_data_there(&dir, data, &err))
		base = base_open(buf_str(&dir), BASE_READ, &err);
	bool good = base && is_whole(base, false, file ? file : buf_str(&dir),
				    file ? _("Take an older backup.") : _(what_to_do), &err);
	if (good) {
		cmd_say(_("%s is whole: "), file ? file : buf_str(&dir));
		say_size(base);
	}
	base_close(base);
	buf_clear(&dir);
	return good ? 0 : cmd_fail(&err);
}
