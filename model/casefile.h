/* The case, its stages, and its fields by name. Strings belong to the page (or arena) around them.
 */
#ifndef MODEL_CASEFILE_H
#define MODEL_CASEFILE_H

#include "model/arena.h"
#include "model/error.h"
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

enum stage { STAGE_NEW, STAGE_OPEN, STAGE_WAITING, STAGE_DONE, STAGE_REFUSED };

struct casefile {
	int64_t key;	     /* ours, for life; 0 until the store has seen it */
	const char *service; /* which configured service keeps it */
	const char *id;	     /* what that service calls it */
	const char *number;  /* what people say aloud; a command takes either */
	const char *version; /* goes back with a change, so that nobody is overwritten */
	const char *subject;
	const char *queue;  /* kind of request: waste, benefits; `service` on the wire */
	const char *kind;   /* id of its struct kind, or NULL */
	const char *step;   /* the kind's own word for where it is, or NULL */
	enum stage stage;   /* what every screen understands */
	const char *status; /* the service's own word for it */
	const char *outcome;
	int priority;	    /* 1 now to 5 can wait, 0 not said; drivers map their own */
	const char *worker; /* whose case it is, lasting; `assignee` on the wire */
	const char *team, *surge, *group, *citizen; /* ids */
	const char *citizen_name;		    /* for lists */
	const char *citizen_born, *citizen_town;    /* what a CitizenRef says besides */
	const char *channel, *language;
	const char *duplicate_of;
	/* Words RELATION:WHERE with single spaces between; relation is refers-to, referred-by,
	   depends-on, needed-by, parent or child; WHERE a number of the same service or an address
	   (https://...) of anything else. */
	const char *links;
	const char *skills;    /* words with single spaces between, like tags */
	const char *tags;      /* words with single spaces between */
	const char *fields;    /* JSON object: what the kind asks for */
	const char *holder;    /* who is at it now: the lease's worker, or NULL */
	int64_t fence;	       /* of our own lease, else 0 */
	int64_t held_until_ms; /* monotonic, from expires_in, never from a wall clock */
	time_t opened, changed, due, resolved; /* 0: not said */
	time_t contact_at;		       /* newest answer or incoming entry */
	const char *contact;		       /* "answer" or "incoming" */
	const char *delivery; /* "failed": a reply did not reach the citizen and nobody saw to it yet */
	int64_t last_event; /* newest timeline entry; newer than last_seen: new for me */
	int64_t last_seen;
	int events;
	int pending;   /* our patches not yet settled */
	bool conflict; /* one of them came back */
	bool restricted;
	bool gone;	  /* the service no longer shows it */
	time_t fetched;	  /* when the service last told us */
	const char *text; /* of a new case: what was asked */
	const char *rest; /* JSON object: fields only this service has */
};

const char *stage_name(enum stage); /* "new" "open" "waiting" "done" "refused" */
bool stage_read(const char *name, enum stage *);
bool stage_is_open(enum stage); /* new, open or waiting */

/* Between our stages and the statuses of Casework REST: done is said as resolved; resolved and
   closed are both read as done. false: not one of its words. */
const char *stage_status(enum stage);
bool stage_of_status(const char *status, enum stage *);

/* Fields by the name a patch, a query and a form use: subject queue kind stage step status outcome
   priority worker team surge group citizen channel language duplicate_of links skills tags due
   restricted delivery, `text` of a new one, and fields.NAME for one of the kind's. */
struct case_field {
	const char *name;  /* ours */
	const char *wire;  /* the same on the wire of Casework REST and in a query; may be equal */
	const char *label; /* for people, through _() */
	enum { FIELD_TEXT, FIELD_NUMBER, FIELD_TIME, FIELD_WORDS, FIELD_FLAG, FIELD_STAGE } type;
	size_t offset;
};

extern const struct case_field case_fields[]; /* ends with a nameless one */

const struct case_field *case_field_find(const char *name); /* by name or wire; NULL: none */

/* The field as text (a time as RFC 3339, words with spaces, a flag yes or no); NULL when it is
 * empty. */
const char *case_get(const struct casefile *, const char *field, struct arena *);

/* Sets it from such text; NULL empties it. `stage` and `status` follow each other. */
bool case_set(
	struct casefile *, const char *field, const char *value, struct arena *, struct error *);

/* A copy whose strings live in the arena. */
void case_copy(struct casefile *to, const struct casefile *from, struct arena *);

/* Words in one text, single spaces between (tags, skills): whether one is among them; the text with
   it (once) and without it, in the arena. NULL is no words. */
bool words_have(const char *words, const char *word);
const char *words_add(const char *words, const char *word, struct arena *);
const char *words_drop(const char *words, const char *word, struct arena *);
/* What was added and what was taken away between before and after, done to the words that are there now. */
const char *words_merge(const char *before, const char *after, const char *now, struct arena *);
/* The next of them from *at on, copied; NULL after the last. */
const char *words_next(const char **at, struct arena *);

#endif
