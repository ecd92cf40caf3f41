/* The queue of answers that go out by a command, and what came of each. It is rows of the base, written with
   the answer in one transaction; service/deliver.c empties it. An answer is

     queued     nobody has been given it yet, or a try did not work and another follows
     sending    its command may be running (on the wire still `queued`)
     sent       the command took it over; nothing more is known
     delivered  a mail server said so
     failed     it did not go out, or did not arrive, or nobody knows

   A failed one marks its case (casefile.delivery) until it is sent again or another answer is given.
   None of these functions looks at a rule of the workflow or starts a command. */
#ifndef SERVICE_QUEUE_H
#define SERVICE_QUEUE_H

#include "service/keep.h"

/* Whether answers by this channel are sent by a command; else a worker tells them. */
bool queue_takes(const char *channel);

/* The answer is on the timeline of the case: it waits to be sent, and what failed before it is seen to. Raises the
   case's version where its mark went. */
void queue_add(struct keep *, struct casefile *, const struct event *answer, struct arena *);

/* Everything that failed on the case goes out again, with the Message-ID it had. The version is the caller's. */
void queue_again(struct keep *, struct casefile *);

/* One to be sent, with all that a command needs; texts in the arena. */
struct queued {
	int64_t seq, casefile;
	const char *case_id, *number, *subject, *channel, *text, *language;
	const char *name, *mail, *phone, *address; /* of the citizen; NULL: not known */
	const char *id;				   /* Message-ID, the same at every try */
	const char *const *references;		   /* of the mails before it on the case, oldest first */
	int tries;				   /* with this one */
};

/* Takes the next that is due and marks it `sending`. domain: of a new Message-ID. false: none. To be committed
   before anything is done with it. */
bool queue_take(struct keep *, const char *(*domain)(void *ctx, const char *channel), void *ctx,
	struct queued *, struct arena *);

/* What came of it; `said` (may be NULL) is shown to the worker. Each is one entry of the timeline. */
void queue_sent(struct keep *, int64_t seq, const char *said);
void queue_delivered(struct keep *, int64_t seq, const char *said);
/* It is still under way: what is known of it does not change. */
void queue_delayed(struct keep *, int64_t seq, const char *said);
void queue_retry(struct keep *, int64_t seq, int64_t due_ms, const char *said);
/* Marks the case and opens it again where the workflow has a way. */
void queue_failed(struct keep *, int64_t seq, const char *said);
/* This channel has no command because a worker sends what goes that way. */
void queue_by_hand(struct keep *, int64_t seq);

/* The answers that are `sending`: of a run that ended before it could say what came of them. At most `room`. */
int queue_unclear(struct keep *, int64_t *seqs, const char **channels, int room, struct arena *);

#endif
