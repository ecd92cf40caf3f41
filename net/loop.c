/* The one poll. Invariants:
   1. Everything happens between two polls, on one thread; a callback may add or drop any watcher,
   timer, hook or signal, its own too.
   2. Timers fire in the order of their moment, those of the same moment in the order they were set;
   one set by a timer waits for the next round, so that no timer can keep the loop from its
   descriptors.
   3. With nothing to wait for there is no time-out: an idle program does not wake up. */
#include "net/loop.h"

#include "model/arena.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { SIGNALS = 32 };

struct watcher {
	int fd; /* -1: dropped, its place is given back at the next sleep */
	void (*ready)(void *ctx);
	void *ctx;
};

struct timer {
	struct timer *next;
	int id;
	int64_t at_ms;
	void (*fire)(void *ctx);
	void *ctx;
};

struct hook {
	void (*call)(void *ctx);
	void *ctx;
};

struct caught {
	void (*call)(void *ctx, int signo);
	void *ctx;
	struct sigaction before;
};

struct loop {
	struct watcher *watchers;
	int watcher_count, watcher_room;
	struct timer *timers; /* soonest first */
	int last_timer;
	struct hook *hooks;
	int hook_count;
	struct caught signals[SIGNALS];
	int pipe[2]; /* -1: no signal is told yet */
	void *multi;
	void (*multi_before)(void *ctx), (*multi_after)(void *ctx);
	void *multi_ctx;
	struct pollfd *polls;
	struct curl_waitfd *waits;
	int poll_room;
	bool stopping;
	unsigned long wakes;
};

/* NOTE: the only variable of the program outside of a struct: a signal handler is given nothing
 * else. */
static volatile sig_atomic_t signal_pipe = -1;

int64_t loop_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct loop *loop_new(void)
{
	struct loop *l = xcalloc(1, sizeof(*l));

	l->pipe[0] = l->pipe[1] = -1;
	return l;
}

static void signals_end(struct loop *l)
{
	for (int i = 1; i < SIGNALS; i++)
		if (l->signals[i].call)
			sigaction(i, &l->signals[i].before, NULL);
	if (l->pipe[1] >= 0 && signal_pipe == l->pipe[1])
		signal_pipe = -1;
	if (l->pipe[0] >= 0) {
		close(l->pipe[0]);
		close(l->pipe[1]);
	}
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	signals_end(l);
	while (l->timers) {
		struct timer *t = l->timers;

		l->timers = t->next;
		free(t);
	}
	free(l->watchers);
	free(l->hooks);
	free(l->polls);
	free(l->waits);
	free(l);
}

void loop_watch(struct loop *l, int fd, void (*ready)(void *ctx), void *ctx)
{
	loop_unwatch(l, fd);
	if (l->watcher_count == l->watcher_room) {
		l->watcher_room = l->watcher_room ? 2 * l->watcher_room : 8;
		l->watchers = xrealloc(l->watchers, (size_t)l->watcher_room * sizeof(*l->watchers));
	}
	l->watchers[l->watcher_count++] = (struct watcher){ .fd = fd, .ready = ready, .ctx = ctx };
}

void loop_unwatch(struct loop *l, int fd)
{
	for (int i = 0; i < l->watcher_count; i++)
		if (l->watchers[i].fd == fd)
			l->watchers[i].fd = -1;
}

static void watchers_pack(struct loop *l)
{
	int kept = 0;

	for (int i = 0; i < l->watcher_count; i++)
		if (l->watchers[i].fd >= 0)
			l->watchers[kept++] = l->watchers[i];
	l->watcher_count = kept;
}

int loop_after(struct loop *l, int wait_ms, void (*fire)(void *ctx), void *ctx)
{
	struct timer *t = xcalloc(1, sizeof(*t));

	*t = (struct timer){
		.at_ms = loop_now_ms() + (wait_ms > 0 ? wait_ms : 0), .fire = fire, .ctx = ctx
	};
	t->id = l->last_timer = l->last_timer == INT_MAX ? 1 : l->last_timer + 1;
	struct timer **at = &l->timers;

	while (*at && (*at)->at_ms <= t->at_ms)
		at = &(*at)->next;
	t->next = *at;
	*at = t;
	return t->id;
}

void loop_cancel(struct loop *l, int timer)
{
	for (struct timer **at = &l->timers; timer && *at; at = &(*at)->next) {
		if ((*at)->id != timer)
			continue;
		struct timer *t = *at;

		*at = t->next;
		free(t);
		return;
	}
}

void loop_before_sleep(struct loop *l, void (*hook)(void *ctx), void *ctx)
{
	l->hooks = xrealloc(l->hooks, (size_t)(l->hook_count + 1) * sizeof(*l->hooks));
	l->hooks[l->hook_count++] = (struct hook){ .call = hook, .ctx = ctx };
}

void loop_hook_drop(struct loop *l, void *ctx)
{
	for (int i = 0; i < l->hook_count; i++)
		if (l->hooks[i].ctx == ctx)
			l->hooks[i].call = NULL;
}

void loop_set_multi(
	struct loop *l, void *multi, void (*before)(void *ctx), void (*after)(void *ctx), void *ctx)
{
	l->multi = multi;
	l->multi_before = before;
	l->multi_after = after;
	l->multi_ctx = ctx;
}

static void signal_handler(int signo)
{
	int kept = errno;
	unsigned char byte = (unsigned char)signo;
	ssize_t written = write(signal_pipe, &byte, 1);

	(void)written; /* a full pipe: the loop is about to look anyway */
	errno = kept;
}

static void signal_ready(void *ctx)
{
	struct loop *l = ctx;
	unsigned char bytes[64];
	ssize_t got = read(l->pipe[0], bytes, sizeof(bytes));
	bool told[SIGNALS] = { false };

	for (ssize_t i = 0; i < got; i++)
		if (bytes[i] < SIGNALS)
			told[bytes[i]] = true;
	for (int i = 1; i < SIGNALS; i++)
		if (told[i] && l->signals[i].call)
			l->signals[i].call(l->signals[i].ctx, i);
}

static bool signals_begin(struct loop *l)
{
	if (pipe(l->pipe) != 0)
		return false;
	for (int i = 0; i < 2; i++) {
		fcntl(l->pipe[i], F_SETFD, FD_CLOEXEC);
		fcntl(l->pipe[i], F_SETFL, O_NONBLOCK);
	}
	signal_pipe = l->pipe[1];
	loop_watch(l, l->pipe[0], signal_ready, l);
	return true;
}

void loop_signal(struct loop *l, int signo, void (*caught)(void *ctx, int signo), void *ctx)
{
	if (signo <= 0 || signo >= SIGNALS || (l->pipe[0] < 0 && !signals_begin(l)))
		return;
	struct sigaction action = { .sa_handler = signal_handler, .sa_flags = SA_RESTART };
	struct caught *c = &l->signals[signo];

	sigemptyset(&action.sa_mask);
	sigaction(signo, &action, c->call ? NULL : &c->before);
	c->call = caught;
	c->ctx = ctx;
}

static int sleep_ms(const struct loop *l, int wait_ms)
{
	if (!l->timers)
		return wait_ms;
	int64_t left = l->timers->at_ms - loop_now_ms();

	if (left < 0)
		left = 0;
	if (left > INT_MAX)
		left = INT_MAX;
	return wait_ms >= 0 && wait_ms < left ? wait_ms : (int)left;
}

static void polls_fill(struct loop *l)
{
	watchers_pack(l);
	if (l->watcher_count > l->poll_room) {
		l->poll_room = l->watcher_room;
		l->polls = xrealloc(l->polls, (size_t)l->poll_room * sizeof(*l->polls));
		l->waits = xrealloc(l->waits, (size_t)l->poll_room * sizeof(*l->waits));
	}
	for (int i = 0; i < l->watcher_count; i++) {
		l->polls[i] = (struct pollfd){ .fd = l->watchers[i].fd, .events = POLLIN };
		l->waits[i] =
			(struct curl_waitfd){ .fd = l->watchers[i].fd, .events = CURL_WAIT_POLLIN };
	}
}

/* libcurl says nothing of a descriptor that was hung up without a last byte, and the loop would
   spin: so our own descriptors are looked at once more without waiting. */
static void sleep_multi(struct loop *l, int wait_ms)
{
	nfds_t count = (nfds_t)l->watcher_count;
	int many = 0;

	if (curl_multi_poll(l->multi, l->waits, (unsigned)count, wait_ms < 0 ? INT_MAX : wait_ms,
		    &many) != CURLM_OK)
		poll(l->polls, count, wait_ms < 0 || wait_ms > 100 ? 100 : wait_ms);
	else
		poll(l->polls, count, 0);
}

static void loop_sleep(struct loop *l, int wait_ms)
{
	polls_fill(l);
	if (l->multi)
		sleep_multi(l, wait_ms);
	else if (poll(l->polls, (nfds_t)l->watcher_count, wait_ms) < 0)
		for (int i = 0; i < l->watcher_count; i++)
			l->polls[i].revents = 0;
	l->wakes++;
}

static void watchers_fire(struct loop *l)
{
	int count = l->watcher_count;

	for (int i = 0; i < count; i++) {
		struct watcher *w = &l->watchers[i];

		if (w->fd < 0 || w->fd != l->polls[i].fd || !l->polls[i].revents)
			continue;
		if (l->polls[i].revents & POLLNVAL)
			w->fd = -1; /* closed behind our back: never again, or the loop spins */
		else
			w->ready(w->ctx);
	}
}

static void timers_fire(struct loop *l)
{
	int64_t now = loop_now_ms();
	int last = l->last_timer;

	while (l->timers && l->timers->at_ms <= now && l->timers->id <= last) {
		struct timer *t = l->timers;

		l->timers = t->next;
		t->fire(t->ctx);
		free(t);
	}
}

static void loop_round(struct loop *l, int wait_ms)
{
	for (int i = 0; i < l->hook_count; i++)
		if (l->hooks[i].call)
			l->hooks[i].call(l->hooks[i].ctx);
	if (l->stopping)
		return;
	if (l->multi_before)
		l->multi_before(l->multi_ctx);
	loop_sleep(l, sleep_ms(l, wait_ms));
	watchers_fire(l);
	if (l->multi_after)
		l->multi_after(l->multi_ctx);
	timers_fire(l);
}

void loop_once(struct loop *l, int wait_ms)
{
	l->stopping = false;
	loop_round(l, wait_ms);
}

void loop_run(struct loop *l)
{
	l->stopping = false;
	while (!l->stopping)
		loop_round(l, -1);
}

void loop_stop(struct loop *l)
{
	l->stopping = true;
}

bool loop_stopping(const struct loop *l)
{
	return l->stopping;
}

unsigned long loop_wakes(const struct loop *l)
{
	return l->wakes;
}
