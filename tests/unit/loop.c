/* The loop, with and without a transport: order, signals, and that an idle one sleeps. */
#include "net/loop.h"
#include "net/transport.h"
#include "tests/lib.h"

#include <signal.h>
#include <time.h>
#include <unistd.h>

struct seen {
	struct loop *loop;
	char order[32];
	int timers, reads, signals, hooks;
	int fd, id;
};

static void note(struct seen *s, char c)
{
	size_t size = strlen(s->order);

	if (size + 1 < sizeof(s->order)) {
		s->order[size] = c;
		s->order[size + 1] = '\0';
	}
}

static void fire_a(void *ctx)
{
	note(ctx, 'a');
}
static void fire_b(void *ctx)
{
	note(ctx, 'b');
}
static void fire_c(void *ctx)
{
	note(ctx, 'c');
}

static void fire_again(void *ctx)
{
	struct seen *s = ctx;

	s->timers++;
	loop_after(s->loop, 0, fire_again, s);
}

static void fire_stop(void *ctx)
{
	struct seen *s = ctx;

	loop_stop(s->loop);
}

static void fire_cancel(void *ctx)
{
	struct seen *s = ctx;

	note(s, 'x');
	loop_cancel(s->loop, s->id);
}

static void read_one(void *ctx)
{
	struct seen *s = ctx;
	char byte;

	s->reads++;
	if (read(s->fd, &byte, 1) <= 0)
		loop_unwatch(s->loop, s->fd);
	loop_stop(s->loop);
}

static void on_signal(void *ctx, int signo)
{
	struct seen *s = ctx;

	s->signals += signo == SIGUSR1 ? 1 : 100;
}

static void on_hook(void *ctx)
{
	struct seen *s = ctx;

	s->hooks++;
}

static void timers(void)
{
	test("timers fire by their moment, then in the order they were set") {
		struct seen s = { .loop = loop_new() };

		loop_after(s.loop, 30, fire_stop, &s);
		loop_after(s.loop, 10, fire_b, &s);
		loop_after(s.loop, 0, fire_a, &s);
		loop_after(s.loop, 10, fire_c, &s);
		loop_run(s.loop);
		same(s.order, "abc");
		loop_free(s.loop);
	}
	test("a cancelled timer stays silent, also from within another") {
		struct seen s = { .loop = loop_new() };

		loop_after(s.loop, 0, fire_cancel, &s);
		s.id = loop_after(s.loop, 0, fire_a, &s);
		int gone = loop_after(s.loop, 0, fire_b, &s);

		loop_cancel(s.loop, gone);
		loop_cancel(s.loop, gone);
		loop_cancel(s.loop, 0);
		loop_after(s.loop, 5, fire_stop, &s);
		loop_run(s.loop);
		same(s.order, "x");
		loop_free(s.loop);
	}
	test("a timer that sets itself again keeps nobody from the descriptors") {
		struct seen s = { .loop = loop_new() };
		int ends[2];

		ok(pipe(ends) == 0);
		s.fd = ends[0];
		loop_watch(s.loop, ends[0], read_one, &s);
		loop_after(s.loop, 0, fire_again, &s);
		ok(write(ends[1], "x", 1) == 1);
		loop_run(s.loop);
		same_int(s.reads, 1);
		close(ends[0]);
		close(ends[1]);
		loop_free(s.loop);
	}
}

static void signals(void)
{
	test("a signal is told inside the loop, the handler before comes back") {
		struct seen s = { .loop = loop_new() };
		struct sigaction before, after;

		signal(SIGUSR1, SIG_IGN);
		sigaction(SIGUSR1, NULL, &before);
		loop_signal(s.loop, SIGUSR1, on_signal, &s);
		raise(SIGUSR1);
		same_int(s.signals, 0);
		loop_once(s.loop, 1000);
		same_int(s.signals, 1);
		loop_free(s.loop);
		sigaction(SIGUSR1, NULL, &after);
		ok(after.sa_handler == SIG_IGN && before.sa_handler == SIG_IGN);
	}
}

static int64_t cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void idle(struct seen *s, const char *name)
{
	test(name) {
		int ends[2];
		unsigned long wakes = loop_wakes(s->loop);
		int64_t cpu = cpu_us();

		ok(pipe(ends) == 0);
		s->fd = ends[0];
		loop_watch(s->loop, ends[0], read_one, s);
		loop_after(s->loop, 300, fire_stop, s);
		loop_run(s->loop);
		same_int((int)(loop_wakes(s->loop) - wakes), 1);
		ok(cpu_us() - cpu < 100000);
		close(ends[1]); /* hung up without a last byte: told once, then dropped, and no
				   spinning */
		s->reads = 0;
		loop_run(s->loop);
		same_int(s->reads, 1);
		loop_after(s->loop, 50, fire_stop, s);
		wakes = loop_wakes(s->loop);
		loop_run(s->loop);
		same_int((int)(loop_wakes(s->loop) - wakes), 1);
		close(ends[0]);
	}
}

static void refused(void *ctx, const struct response *a, const struct error *err)
{
	struct seen *s = ctx;

	(void)a;
	ok(err->kind == ERROR_OFFLINE);
	loop_stop(s->loop);
}

static void sleeping(void)
{
	struct seen s = { .loop = loop_new() };

	loop_before_sleep(s.loop, on_hook, &s);
	idle(&s, "an idle loop wakes for its timer alone");
	ok(s.hooks > 0);

	struct transport *t = transport_new(s.loop);
	struct request r = { .method = "GET", .url = strdup("http://127.0.0.1:1/") };

	transport_send(t, &r, refused, &s);
	loop_run(s.loop);
	idle(&s, "the same once libcurl waits beside it");
	test("a dropped hook is not called") {
		loop_hook_drop(s.loop, &s);
		s.hooks = 0;
		loop_once(s.loop, 0);
		same_int(s.hooks, 0);
	}
	transport_free(t);
	loop_free(s.loop);
}

int main(void)
{
	timers();
	signals();
	sleeping();
	return test_result();
}
