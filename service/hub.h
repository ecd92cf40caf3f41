/* The event stream's own part: a ring of what changed, read from the event table, and one cursor
   per stream. Nothing about HTTP. */
#ifndef SERVICE_HUB_H
#define SERVICE_HUB_H

#include "service/base.h"
#include <stddef.h>

struct hub;
struct stream;

enum { HUB_HEARTBEAT_S = 15, HUB_REPLAY_S = 3600 };

/* What a stream carries: cases of this worker and this team, and these besides. Copied. */
struct stream_wants {
	const char *worker, *team;
	const char *token; /* its hash: the stream ends when it is revoked; NULL: none */
	int64_t until_ms;  /* or when its time is over; 0: never */
	const char *const *cases;
	int case_count;
	bool without_cases; /* `only=` names other events alone */
	int64_t last_id;    /* Last-Event-ID; -1: none */
};

/* now_ms is the clock of the records (UTC). The connection becomes the hub's. */
struct hub *hub_new(struct base *, int64_t (*now_ms)(void), struct error *);
/* Ends every stream; afterwards streams can only be closed. */
void hub_stop(struct hub *);
void hub_free(struct hub *);

/* Something was committed: look at the event table soon. */
void hub_notify(struct hub *);

/* wake(ctx) is called, from the hub's thread, once after each stream_read() that found nothing. */
struct stream *hub_open(
	struct hub *, const struct stream_wants *, void (*wake)(void *ctx), void *ctx);
void stream_close(struct stream *);
int hub_streams(struct hub *, const char *worker); /* how many are open, of one or of all (NULL) */

/* Copies what there is to say. 0: nothing; sleep(ctx) was called, with no wake() before it
   returned. -1: the stream is over. */
long stream_read(struct stream *, char *out, size_t room, void (*sleep)(void *ctx));

#endif
