#include "service/deliver.h"

#include "model/i18n.h"
#include "model/text.h"
#include "service/mail.h"
#include "service/queue.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

enum { RUNS = 4, LOOK_MS = 500, PAUSE_MS = 5000, SAID_MOST = 4096, FLOOD_MOST = 1 << 20 };

/* One command under way. */
struct run {
	pid_t pid; /* 0: ended */
	int64_t seq;
	int out; /* what it says; -1: closed */
	const struct channel *channel;
	struct buf said;
	size_t said_size; /* with what was not kept */
	int64_t until_ms; /* monotonic */
	int tries, status;
	bool used, late, flooded;
};

struct sender {
	const struct deliver *deliver;
	struct keep keep;
	int stop;
	struct run runs[RUNS];
	int64_t pause_ms; /* nothing is begun before: the base failed */
};

static int64_t monotonic_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- the base */

static bool failed(struct sender *s)
{
	struct error err = { 0 };
	base_error(s->keep.base, &err);
	base_rollback(s->keep.base);
	fprintf(stderr, "caseloadd: %s\n", err.text);
	s->pause_ms = monotonic_ms() + PAUSE_MS;
	return false;
}

static bool begin(struct sender *s)
{
	s->keep.now_ms = s->deliver->now_ms();
	return base_begin(s->keep.base) || failed(s);
}

/* Whether it is on disk; if not, nothing of it is and all rests for a moment. */
static bool done(struct sender *s)
{
	return base_commit(s->keep.base) || failed(s);
}

/* ---- what is handed over */

/* Why it cannot go out at all; NULL: it can. */
static const char *hindrance(const struct channel *channel, const struct queued *q)
{
	if (!channel)
		return _("This service has no command for this channel: tell the citizen another way, and the "
			 "administrator (caseloadd.conf).");
	if (strcmp(q->channel, "sms") == 0)
		return text_blank(q->phone) ? _("No telephone number of this person is known.") : NULL;
	if (strcmp(q->channel, "letter") == 0)
		return q->address ? NULL : _("No postal address of this person is known.");
	if (text_blank(q->mail))
		return _("No mail address of this person is known.");
	return mail_address_good(q->mail) ? NULL : _("The mail address of this person is not one that mail can be sent to.");
}

static void message_of(struct buf *out, const struct channel *channel, const struct queued *q, time_t now)
{
	struct buf subject = { 0 };
	buf_printf(&subject, "Re: %s [%s]", q->subject, q->number);
	struct mail_out message = { .from = channel->from ? channel->from : "casework@localhost",
		.from_name = channel->from_name,
		.to_name = q->name,
		.to = q->mail,
		.subject = buf_str(&subject),
		.id = q->id,
		.language = q->language,
		.references = q->references,
		.text = q->text,
		.date = now };
	message.plain = strcmp(q->channel, "email") != 0;
	if (message.plain)
		message.to = strcmp(q->channel, "sms") == 0 ? q->phone : q->address;
	mail_write(out, &message);
	buf_clear(&subject);
}

/* A file without a name that holds the message: the command reads it at its own pace, and nothing is left of it. */
static int message_file(const char *dir, const struct buf *message)
{
	struct buf path = { 0 };
	buf_printf(&path, "%s/message-XXXXXX", dir);
	int fd = mkstemp(path.text);
	size_t at = 0;
	if (fd >= 0)
		unlink(path.text);
	buf_clear(&path);
	while (fd >= 0 && at < message->size) {
		ssize_t size = write(fd, message->text + at, message->size - at);
		if (size < 0 && errno != EINTR) {
			close(fd);
			return -1;
		}
		at += size > 0 ? (size_t)size : 0;
	}
	if (fd >= 0 && lseek(fd, 0, SEEK_SET) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* In the child: no shell, no environment but these, no file but these, a group of its own. */
static void become(char *const *command, int in, int out)
{
	static const char *const kept[] = { "HOME", "USER", "LOGNAME", "TZ", NULL };
	static char *environment[8] = { (char *)"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		(char *)"LC_ALL=C.UTF-8" };
	struct buf values[4] = { { 0 } };
	sigset_t none;
	int count = 2;
	for (int i = 0; kept[i]; i++) {
		if (!getenv(kept[i]))
			continue;
		buf_printf(&values[i], "%s=%s", kept[i], getenv(kept[i]));
		environment[count++] = values[i].text;
	}
	setpgid(0, 0);
	dup2(in, 0);
	dup2(out, 1);
	dup2(out, 2);
	for (int fd = 3; fd < 256; fd++)
		close(fd);
	sigemptyset(&none);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
	extern char **environ;
	environ = environment;
	if (chdir("/") == 0)
		execvp(command[0], command);
	dprintf(2, "%s: %s\n", command[0], strerror(errno));
	_exit(errno == ENOENT || errno == EACCES ? EX_OSFILE : EX_OSERR);
}

static bool run_start(struct run *run, const struct channel *channel, int in)
{
	int out[2];
	if (pipe(out) != 0)
		return false;
	fcntl(out[0], F_SETFL, O_NONBLOCK);
	fcntl(out[0], F_SETFD, FD_CLOEXEC);
	pid_t pid = fork();
	if (pid == 0)
		become(channel->command, in, out[1]);
	close(out[1]);
	if (pid < 0) {
		close(out[0]);
		return false;
	}
	setpgid(pid, pid);
	*run = (struct run){ .pid = pid, .out = out[0], .channel = channel, .used = true,
		.until_ms = monotonic_ms() + channel->limit_s * 1000LL };
	return true;
}

/* ---- what came of it */

static void log_end(const struct run *run, const char *how)
{
	fprintf(stderr, _("caseloadd: answer %lld by %s: %s\n"), (long long)run->seq, run->channel->name, how);
}

/* The service's own sentence before the command's. */
static const char *with_said(const struct run *run, struct buf *out, const char *sentence)
{
	buf_text(out, sentence);
	if (!text_blank(buf_str(&run->said)))
		buf_printf(out, "%s%s", *sentence ? "\n" : "", buf_str(&run->said));
	return buf_str(out);
}

static void try_later(struct sender *s, const struct run *run, const char *sentence)
{
	struct buf text = { 0 };
	int next = run->tries - 1;
	if (next < run->channel->pause_count) {
		queue_retry(&s->keep, run->seq, s->keep.now_ms + run->channel->pauses_s[next] * 1000LL,
			with_said(run, &text, sentence));
		log_end(run, "later");
	} else {
		queue_failed(&s->keep, run->seq, with_said(run, &text, sentence));
		log_end(run, "failed");
	}
	buf_clear(&text);
}

static void unclear(struct sender *s, const struct run *run)
{
	struct buf text = { 0 }, why = { 0 };
	if (run->late)
		buf_printf(&why, _("The command did not end within %d seconds. "), run->channel->limit_s);
	else if (run->flooded)
		buf_text(&why, _("The command did not stop talking. "));
	else if (run->pid)
		buf_text(&why, _("The service ended before the end of the command was known. "));
	else
		buf_printf(&why, _("The command was killed (signal %d). "), WTERMSIG(run->status));
	if (run->channel->again) {
		buf_text(&why, _("It is not known whether the answer went out."));
		try_later(s, run, buf_str(&why));
	} else {
		buf_text(&why, _("It is not known whether the answer went out: ask the citizen, or send it again."));
		queue_failed(&s->keep, run->seq, with_said(run, &text, buf_str(&why)));
		log_end(run, "unclear");
	}
	buf_clear(&text);
	buf_clear(&why);
}

/* The exit codes of sendmail: these will not be otherwise the next time. */
static bool is_final(int code)
{
	return code == EX_USAGE || code == EX_DATAERR || code == EX_NOUSER || code == EX_NOHOST || code == EX_NOPERM;
}

static void ended(struct sender *s, const struct run *run)
{
	struct buf text = { 0 }, sentence = { 0 };
	int code = WIFEXITED(run->status) ? WEXITSTATUS(run->status) : -1;
	if (code == 0) {
		queue_sent(&s->keep, run->seq, buf_str(&run->said));
		log_end(run, "sent");
	} else if (code < 0) {
		unclear(s, run);
	} else {
		buf_printf(&sentence, _("The command refused it with code %d."), code);
		if (is_final(code)) {
			queue_failed(&s->keep, run->seq, with_said(run, &text, buf_str(&sentence)));
			log_end(run, "failed");
		} else {
			try_later(s, run, buf_str(&sentence));
		}
	}
	buf_clear(&text);
	buf_clear(&sentence);
}

/* How it ended goes on disk; kept until it is. */
static void run_settle(struct sender *s, struct run *run)
{
	if (s->pause_ms > monotonic_ms() || !begin(s))
		return;
	ended(s, run);
	if (!done(s))
		return;
	if (run->out >= 0)
		close(run->out);
	buf_clear(&run->said);
	*run = (struct run){ 0 };
}

/* ---- taking from the queue */

static const char *domain_of(void *ctx, const char *name)
{
	struct sender *s = ctx;
	const struct channel *channel = channels_find(s->deliver->channels, name);
	const char *at = channel && channel->from ? strchr(channel->from, '@') : NULL;
	return at ? at + 1 : "caseloadd.invalid";
}

static void hand_over(struct sender *s, struct run *run, const struct channel *channel, const struct queued *q)
{
	struct buf message = { 0 };
	message_of(&message, channel, q, (time_t)(s->keep.now_ms / 1000));
	int in = message_file(s->deliver->dir, &message);
	struct run failed = { .seq = q->seq, .channel = channel, .tries = q->tries };
	if (in >= 0 && run_start(run, channel, in)) {
		run->seq = q->seq;
		run->tries = q->tries;
	} else if (begin(s)) {
		try_later(s, &failed, _("The service could not start the command."));
		done(s);
	}
	if (in >= 0)
		close(in);
	buf_clear(&message);
}

/* The next one, if there is one; true: there may be more. */
static bool take_one(struct sender *s, struct run *run)
{
	struct arena arena = { 0 };
	struct queued q;
	if (!begin(s))
		return false;
	bool more = queue_take(&s->keep, domain_of, s, &q, &arena);
	const struct channel *channel = more ? channels_find(s->deliver->channels, q.channel) : NULL;
	bool by_hand = channel && channel->by_hand;
	const char *why = more && !by_hand ? hindrance(channel, &q) : NULL;
	if (by_hand)
		queue_by_hand(&s->keep, q.seq);
	else if (why)
		queue_failed(&s->keep, q.seq, why);
	if (!done(s))
		more = false;
	else if (more && !by_hand && !why)
		hand_over(s, run, channel, &q);
	arena_clear(&arena);
	return more;
}

static void take_all(struct sender *s)
{
	for (int i = 0; i < RUNS; i++)
		while (!s->runs[i].used && s->pause_ms <= monotonic_ms() && take_one(s, &s->runs[i]))
			;
}

/* ---- waiting for them */

static void run_read(struct run *run)
{
	char block[4096];
	ssize_t size;
	while (run->out >= 0 && (size = read(run->out, block, sizeof block)) != 0) {
		if (size < 0)
			return;
		size_t room = SAID_MOST - run->said.size, keep = (size_t)size < room ? (size_t)size : room;
		for (size_t i = 0; i < keep; i++)
			if (!block[i])
				block[i] = ' ';
		buf_add(&run->said, block, keep);
		run->said_size += (size_t)size;
		if (run->said_size > FLOOD_MOST) {
			run->flooded = true;
			return;
		}
	}
	if (run->out >= 0)
		close(run->out);
	run->out = -1;
}

static void run_look(struct sender *s, struct run *run)
{
	if (!run->used)
		return;
	run_read(run);
	if (run->pid && !run->late && monotonic_ms() >= run->until_ms) {
		run->late = true;
		kill(-run->pid, SIGKILL);
	}
	if (run->pid && run->flooded)
		kill(-run->pid, SIGKILL);
	if (run->pid && waitpid(run->pid, &run->status, WNOHANG) == run->pid) {
		run_read(run); /* what it said last */
		run->pid = 0;
	}
	if (!run->pid)
		run_settle(s, run);
}

static int under_way(const struct sender *s)
{
	int count = 0;
	for (int i = 0; i < RUNS; i++)
		count += s->runs[i].used;
	return count;
}

static void on_child(int number)
{
	(void)number; /* that it came ends ppoll() */
}

/* Until something happens, or half a second. */
static void wait_for_news(struct sender *s)
{
	struct timespec limit = { .tv_nsec = LOOK_MS * 1000000L };
	sigset_t mask;
	fd_set fds; /* all are small numbers: this process opens few files */
	int most = s->stop;
	FD_ZERO(&fds);
	if (s->stop >= 0)
		FD_SET(s->stop, &fds);
	for (int i = 0; i < RUNS; i++) {
		if (!s->runs[i].used || s->runs[i].out < 0 || s->runs[i].flooded)
			continue;
		FD_SET(s->runs[i].out, &fds);
		most = s->runs[i].out > most ? s->runs[i].out : most;
	}
	sigprocmask(SIG_SETMASK, NULL, &mask);
	sigdelset(&mask, SIGCHLD);
	/* What is written there is nothing: it ends when the service does. */
	if (pselect(most + 1, &fds, NULL, NULL, &limit, &mask) > 0 && s->stop >= 0 && FD_ISSET(s->stop, &fds)) {
		close(s->stop);
		s->stop = -1;
	}
}

/* ---- the process */

/* What an earlier one began and could not say the end of. */
static bool recover(struct sender *s)
{
	struct arena arena = { 0 };
	int64_t seqs[64];
	const char *channels[64];
	static const struct channel unknown = { .name = "?" };
	bool good = begin(s);
	int count = good ? queue_unclear(&s->keep, seqs, channels, 64, &arena) : 0;
	for (int i = 0; i < count; i++) {
		const struct channel *channel = channels_find(s->deliver->channels, channels[i]);
		struct run run = { .pid = -1, .seq = seqs[i], .tries = 1, .channel = channel ? channel : &unknown };
		unclear(s, &run);
	}
	arena_clear(&arena);
	return good && done(s);
}

/* Waits for whoever has it; -1: the service ended meanwhile. */
static int take_lock(struct sender *s)
{
	struct buf path = { 0 };
	buf_printf(&path, "%s/deliver.lock", s->deliver->dir);
	int fd = open(path.text, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	buf_clear(&path);
	while (fd >= 0 && s->stop >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0)
		wait_for_news(s);
	if (fd >= 0 && s->stop < 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static void work(struct sender *s)
{
	bool recovered = false;
	while (s->stop >= 0 || under_way(s)) {
		bool may = s->stop >= 0 && s->pause_ms <= monotonic_ms();
		if (may && !recovered)
			recovered = recover(s);
		if (may && recovered)
			take_all(s);
		wait_for_news(s);
		for (int i = 0; i < RUNS; i++)
			run_look(s, &s->runs[i]);
	}
}

static void child(const struct deliver *deliver, int stop)
{
	struct error err = { 0 };
	struct sender s = { .deliver = deliver, .stop = stop };
	struct sigaction action = { .sa_handler = on_child };
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sigaction(SIGCHLD, &action, NULL);
	prctl(PR_SET_NAME, "caseloadd-send");
	/* Whoever reads what the service says is not kept waiting for a command. */
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	dup2(nothing, 0);
	dup2(nothing, 1);
	int lock = take_lock(&s);
	s.keep = (struct keep){ .ident = deliver->ident, .worker = "system" };
	s.keep.base = lock >= 0 ? base_open(deliver->dir, BASE_WRITE, &err) : NULL;
	if (s.keep.base)
		work(&s);
	else if (lock >= 0)
		fprintf(stderr, "caseloadd: %s\n", err.text);
	base_close(s.keep.base);
	if (lock >= 0)
		close(lock);
}

bool deliver_start(struct deliver *deliver, struct error *err)
{
	int ends[2];
	deliver->pid = 0;
	deliver->stop = -1;
	if (pipe(ends) != 0)
		return error_set(err, ERROR_LOCAL, _("The system gives no more pipes: %s."), strerror(errno));
	fcntl(ends[0], F_SETFD, FD_CLOEXEC);
	fcntl(ends[1], F_SETFD, FD_CLOEXEC);
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		close(ends[1]);
		child(deliver, ends[0]);
		_exit(0);
	}
	close(ends[0]);
	if (pid < 0) {
		close(ends[1]);
		return error_set(err, ERROR_LOCAL, _("The system gives no more processes: %s."), strerror(errno));
	}
	deliver->pid = pid;
	deliver->stop = ends[1];
	return true;
}

void deliver_stop(struct deliver *deliver, int seconds)
{
	struct timespec pause = { .tv_nsec = 20000000L };
	if (deliver->pid <= 0)
		return;
	close(deliver->stop);
	for (int i = 0; i < seconds * 50 && waitpid(deliver->pid, NULL, WNOHANG) == 0; i++)
		nanosleep(&pause, NULL);
	deliver->pid = 0;
}
