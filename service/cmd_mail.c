/* caseloadd intake: one mail on standard input. caseloadd drop: the command of a channel that goes nowhere. */
#include "model/i18n.h"
#include "model/ident.h"
#include "model/text.h"
#include "service/cmd.h"
#include "service/hash.h"
#include "service/intake.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

static bool read_message(struct buf *out, struct error *err)
{
	char block[65536];
	ssize_t size;
	while ((size = read(0, block, sizeof block)) != 0 && out->size <= MAIL_MOST) {
		if (size < 0 && errno != EINTR)
			return error_set(err, ERROR_LOCAL, _("The message cannot be read: %s."), strerror(errno));
		if (size > 0)
			buf_add(out, block, (size_t)size);
	}
	if (!out->size)
		return error_set(err, ERROR_USAGE, _("There is no message on standard input."));
	return out->size <= MAIL_MOST ||
	       error_set(err, ERROR_REFUSED, _("The message is larger than %d MiB."), MAIL_MOST >> 20);
}

/* Whole or not at all, and on disk. */
static bool write_whole(const char *dir, const char *name, const struct buf *bytes, struct error *err)
{
	struct buf path = { 0 }, part = { 0 };
	buf_printf(&path, "%s/%s", dir, name);
	buf_printf(&part, "%s/.%s.%ld", dir, name, (long)getpid());
	mkdir(dir, 0700);
	unlink(part.text);
	int fd = open(part.text, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	size_t at = 0;
	while (fd >= 0 && at < bytes->size) {
		ssize_t size = write(fd, bytes->text + at, bytes->size - at);
		if (size < 0 && errno != EINTR)
			break;
		at += size > 0 ? (size_t)size : 0;
	}
	bool good = fd >= 0 && at == bytes->size && fsync(fd) == 0;
	if (fd >= 0 && close(fd) != 0)
		good = false;
	good = good && rename(part.text, path.text) == 0;
	if (!good) {
		error_set(err, ERROR_LOCAL, _("The file %s cannot be written: %s."), path.text, strerror(errno));
		unlink(part.text);
	}
	int directory = good ? open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (directory >= 0) {
		fsync(directory);
		close(directory);
	}
	buf_clear(&path);
	buf_clear(&part);
	return good;
}

/* ---- drop */

static void drop_name(struct buf *out, const struct buf *message)
{
	struct mail mail;
	mail_read(&mail, buf_str(message), message->size);
	const char *id = mail.id ? mail.id : "message";
	for (; *id && *id != '@' && out->size < 120; id++)
		buf_char(out, strchr("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-", *id) ? *id
											       : out->size ? '.' : '-');
	buf_text(out, ".eml");
	mail_clear(&mail);
}

int cmd_drop(int argc, char **argv)
{
	struct error err = { 0 };
	struct buf message = { 0 }, name = { 0 };
	bool good = argc == 2 || error_set(&err, ERROR_USAGE, _("caseloadd drop DIR: which directory?"));
	good = good && read_message(&message, &err);
	if (good)
		drop_name(&name, &message);
	good = good && write_whole(argv[1], buf_str(&name), &message, &err);
	if (good)
		cmd_say(_("written to %s/%s; nothing left this machine\n"), argv[1], buf_str(&name));
	buf_clear(&message);
	buf_clear(&name);
	if (good)
		return 0;
	cmd_fail(&err);
	return err.kind == ERROR_USAGE ? EX_USAGE : EX_TEMPFAIL;
}

/* ---- intake */

struct intake_run {
	struct keep keep;
	struct arena arena;
	struct buf dir, message;
	struct channels channels;
	struct mailbox given;
	struct taken taken;
};

static bool intake_open(struct intake_run *run, int argc, char **argv, struct error *err)
{
	struct timespec now;
	const char *dir = cmd_option(&argc, argv, "--data");
	run->given.service = cmd_option(&argc, argv, "--service");
	run->given.team = cmd_option(&argc, argv, "--team");
	if (argc > 1)
		return error_set(err, ERROR_USAGE, _("%s is not an option; caseloadd intake --help lists them."), argv[1]);
	if (!cmd_data_there(&run->dir, dir, err) || !channels_read(&run->channels, run->dir.text, err) ||
		!read_message(&run->message, err))
		return false;
	clock_gettime(CLOCK_REALTIME, &now);
	run->keep = (struct keep){ .now_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000,
		.ident = ident_uuid,
		.worker = "system" };
	run->keep.base = base_open(run->dir.text, BASE_WRITE, err);
	return run->keep.base != NULL;
}

/* Of what it says, not of its way here: the same mail comes with other Received lines the second time. */
static void sum_of(const struct mail *mail, char out[HASH_SIZE])
{
	struct hash *hash = hash_new();
	hash_text(hash, mail->from ? mail->from : "");
	hash_text(hash, mail->subject);
	hash_text(hash, mail->text);
	for (int i = 0; i < mail->file_count; i++)
		hash_text(hash, mail->files[i].name);
	hash_end(hash, out);
}

/* The mail itself where the timeline cannot hold it all: on disk before the entry is. */
static bool keep_whole(struct intake_run *run, struct error *err)
{
	struct buf dir = { 0 };
	char name[32];
	if (!run->taken.whole)
		return true;
	buf_printf(&dir, "%s/incoming", run->dir.text);
	snprintf(name, sizeof name, "%lld.eml", (long long)run->taken.seq);
	bool good = write_whole(dir.text, name, &run->message, err);
	buf_clear(&dir);
	return good;
}

static bool intake_run(struct intake_run *run, const struct mail *mail, struct error *err)
{
	char sum[HASH_SIZE];
	struct base *base = run->keep.base;
	const struct mailbox *box =
		run->given.service ? &run->given : channels_mailbox(&run->channels, mail->to);
	sum_of(mail, sum);
	bool good = base_begin(base) &&
		    intake_mail(&run->keep, box, mail, sum, &run->taken, &run->arena, err) && keep_whole(run, err);
	if (good)
		base_commit(base);
	struct error failed;
	if (base_error(base, &failed)) {
		*err = failed;
		good = false;
	}
	if (!good)
		base_rollback(base);
	return good;
}

static void intake_say(const struct taken *taken)
{
	static const char *const words[] = { [INTAKE_OPENED] = N_("opened %s"),
		[INTAKE_JOINED] = N_("joined %s"),
		[INTAKE_NOTED] = N_("noted on %s: an automatic answer"),
		[INTAKE_REPORT] = N_("a mail server's report about %s"),
		[INTAKE_KNOWN] = N_("known already"),
		[INTAKE_LEFT] = N_("left: written by no person, about nothing here") };
	cmd_say(_(words[taken->end]), taken->number ? taken->number : "");
	cmd_say("\n");
}

int cmd_intake(int argc, char **argv)
{
	struct error err = { 0 };
	struct intake_run run = { 0 };
	struct mail mail = { 0 };
	bool good = intake_open(&run, argc, argv, &err);
	if (good) {
		mail_read(&mail, run.message.text, run.message.size);
		good = intake_run(&run, &mail, &err);
	}
	if (good)
		intake_say(&run.taken);
	base_close(run.keep.base);
	channels_clear(&run.channels);
	mail_clear(&mail);
	arena_clear(&run.arena);
	buf_clear(&run.dir);
	buf_clear(&run.message);
	if (good)
		return 0;
	/* For a mail server: whatever it is, it is not the fault of this mail, which waits. */
	cmd_fail(&err);
	return err.kind == ERROR_USAGE ? EX_USAGE : err.kind == ERROR_REFUSED ? EX_DATAERR : EX_TEMPFAIL;
}
