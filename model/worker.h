/* Workers, teams and answer templates of a service. Strings belong to the page around them. */
#ifndef MODEL_WORKER_H
#define MODEL_WORKER_H

#include "model/arena.h"
#include "model/buf.h"
#include "model/error.h"

struct worker {
	const char *service, *id, *name, *mail, *team, *skills, *languages, *presence;
	int open_cases;
	time_t seen;
};

struct team {
	const char *service, *id, *name, *lead, *queues; /* queues: words */
	int workers, open_cases;
};

/* An answer with placeholders {{citizen.given}}, {{case.number}}, {{today}}, {{worker.name}},
 * {{NAME}}. */
struct answer_template {
	const char *service, *id, *name, *language, *queue, *outcome, *text;
};

/* What I may do in one queue: words of see create note answer change. */
struct right {
	const char *queue, *may, *may_not;
};

/* Who asks, and what the service can do: the answers to /status and /me, or what a driver knows. */
struct profile {
	const char *service;
	const char *title; /* the service's own name */
	const char *me, *my_name, *my_team;
	const char *roles;    /* words */
	const char *features; /* words: citizens cases kinds leases events templates ... */
	const char *workflow; /* JSON object: status to the statuses it may go to */
	bool sample;	      /* the data is made up */
};

struct profile profile_copy(const struct profile *, struct arena *); /* strings are the arena's; NULL stays NULL */

/* Fills the placeholders. `look` returns the value for a name (borrowed) or NULL; an unknown or
   empty one fails with ERROR_REFUSED naming it: nothing is ever sent blank. */
bool template_fill(struct buf *out, const char *text,
	const char *(*look)(void *ctx, const char *name), void *ctx, struct error *);

#endif
