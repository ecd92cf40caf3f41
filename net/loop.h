/* The one poll: terminal, sockets, timers, signals, and a hook before sleep. One curl_multi_poll()
   waits for all of them; without a transport the same loop runs on nothing but descriptors and
   timers, so the first screen is painted before libcurl is initialised. */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct loop;

struct loop *loop_new(void);
void loop_free(struct loop *);

/* ready is called when fd can be read (or has an error); one watcher a descriptor. */
void loop_watch(struct loop *, int fd, void (*ready)(void *ctx), void *ctx);
void loop_unwatch(struct loop *, int fd);

/* Once, after wait_ms; gives an id > 0. Timers of the same moment fire in the order they were set.
 */
int loop_after(struct loop *, int wait_ms, void (*fire)(void *ctx), void *ctx);
void loop_cancel(struct loop *, int timer); /* 0 and ids that fired are fine */

/* Called before each sleep: draw what changed, send what waits. Several hooks, in order. */
void loop_before_sleep(struct loop *, void (*hook)(void *ctx), void *ctx);

void loop_hook_drop(struct loop *, void *ctx); /* those of this ctx are not called any more */

/* A signal, told inside the loop (self-pipe): SIGWINCH, SIGTERM, SIGHUP, SIGCONT, SIGINT. */
void loop_signal(struct loop *, int signo, void (*caught)(void *ctx, int signo), void *ctx);

void loop_run(struct loop *);		    /* until loop_stop() */
void loop_once(struct loop *, int wait_ms); /* one round; -1 waits for something to happen */
void loop_stop(struct loop *);
bool loop_stopping(const struct loop *);

/* What else waits in the poll: the transport's curl multi handle (as void *, so that this header
   needs no libcurl); one of them a loop. before is called right before sleeping (start what waits),
   after when the poll returned. */
void loop_set_multi(
	struct loop *, void *multi, void (*before)(void *ctx), void (*after)(void *ctx), void *ctx);

int64_t loop_now_ms(void);		       /* monotonic */
unsigned long loop_wakes(const struct loop *); /* how often poll returned: for tests and bench */

#endif
