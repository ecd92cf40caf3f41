/* One change to one thing: fields before and after, a note, an answer. What was there before makes
   merging and undo possible. */
#ifndef MODEL_PATCH_H
#define MODEL_PATCH_H

#include "model/arena.h"
#include "model/casefile.h"
#include "model/citizen.h"
#include "model/error.h"

/* A file that goes with a note or an answer. Until the patch is posted, path is where the person has
   it; store_post() copies it beside the outbox, 0600, and from then on path is that copy, which goes
   when the row goes. In a struct call: what an event says of one (path NULL). */
struct attachment {
	const char *id;	  /* what the service calls it; NULL: not sent yet */
	const char *name; /* as it is shown and sent: UTF-8, no path, no control */
	const char *type; /* media type, or NULL */
	const char *path;
	const char *from; /* where the person had it, once it is copied; or NULL */
	int64_t size;	  /* bytes; -1: not known */
};

struct change {
	const char *field, *before,
		*after; /* names of case_fields or citizen_fields; NULL: empty */
};

enum patch_on { ON_CASE, ON_CITIZEN, ON_SURGE, ON_MESSAGE };

enum patch_state {
	PATCH_SAVED,	/* on disk here; not yet sent, or to be sent again */
	PATCH_SENT,	/* under way */
	PATCH_UNKNOWN,	/* sent, and nobody knows whether it arrived: goes out again with its key */
	PATCH_CONFLICT, /* the same field was changed meanwhile; the person decides */
	PATCH_REFUSED	/* the service said no; the row stays, visible and editable */
};

struct patch {
	struct arena arena;
	int64_t key;	     /* its place in the outbox; 0 until posted */
	const char *service; /* which configured service it goes to */
	const char *uuid;    /* the idempotency key: random, made once, kept over every resend */
	enum patch_on on;
	int64_t object;	     /* our key of that case or citizen; for a new one the negative key
				store_post gave */
	bool creates;	     /* the object is new: a POST */
	const char *number;  /* of the case, for lists: what people say aloud */
	const char *title;   /* a few words for lists: subject or name */
	const char *version; /* of the object, as it was seen; NULL for a new one */
	int64_t fence;	     /* 0: without a lease */
	const char *run;     /* a batch's name, or NULL; with its row */
	int64_t row;
	enum patch_state state;
	int64_t draft; /* what it was written as, gone in the transaction that posts it; 0: none */
	bool garbled; /* a row whose body cannot be read: it is shown, and never sent */
	time_t not_before; /* held until then: only what reaches the citizen is held */
	const char *verb;  /* and its arguments, as after `:` */
	struct change *changes;
	int count;
	const char *note;    /* internal, goes on the timeline */
	const char *answer;  /* JSON: text or template and values, channel, language */
	struct attachment *files; /* with the answer if there is one, else with the note */
	int file_count;
	const char *purpose; /* why a citizen is changed */
	const char *worker;  /* who made it: it goes out under no other name; NULL: not known */
	/* A case handed to another service: its new case there (a creating patch), posted with this
	   one and before it, all or none; made by patch_first(), cleared with this one. */
	struct patch *first;
	struct patch *then; /* of a new thing: one more change to it, posted behind it, all or none; made
			       by patch_then(), cleared with this one; its object is set by posting */
	int64_t after; /* key of the new case of `first`: this one goes out once that is accepted, and
			  then takes its address along as a link; 0: none */
	time_t made;
	int tries;
	bool unsure; /* it was sent, and may have arrived; */
	time_t sent; /* then when that was first */
	enum error_kind error;	/* of the last try */
	const char *error_text; /* its sentence, or NULL */
	const char *over; /* laid over what others changed meanwhile: words, their fields where they are
			     known; NULL: it was not */
	const char *theirs;	/* at PATCH_CONFLICT: JSON of the object as the service has it */
};

/* Strings are copied. A second change of the same field replaces the first one's after. */
void patch_change(struct patch *, const char *field, const char *before, const char *after);

/* Adds a file: strings are copied, the name is the last part of the path, made harmless. */
struct attachment *patch_file(struct patch *, const char *path);

/* The patch to be posted before this one, made empty when there is none yet. */
struct patch *patch_first(struct patch *);
struct patch *patch_then(struct patch *); /* the same for the one behind it */

/* The place, from 1, of the first row before the one at `at` on the same case that waits for a person;
   0: none. A case's changes leave in order, so it holds all that come after it. */
int patch_held_by(const struct patch *rows, int at);

/* The change of that field, or NULL. */
const struct change *patch_find(const struct patch *, const char *field);
/* Whether the field holds words, which cannot clash: casefile.h. */
bool patch_words(const struct patch *, const char *field);
/* What this change of it makes of the value that is there now. Words are a set, so those that others set
   meanwhile stay (words_merge); anything else becomes what the person wrote. NULL is no value; borrowed
   from the change, or in the arena. */
const char *patch_over(
	const struct patch *, const struct change *, const char *now, struct arena *);

bool patch_empty(const struct patch *); /* neither change nor note nor answer nor file */

/* Lays the changes over a copy of the object as it was read. */
void patch_over_case(const struct patch *, struct casefile *, struct arena *);
void patch_over_citizen(const struct patch *, struct citizen *, struct arena *);

/* The same change backwards; false when something in it has no inverse (a note, an answer, a new
   case), with the sentence that says which. */
bool patch_inverse(const struct patch *, struct patch *out, struct error *);

void patch_copy(struct patch *to, const struct patch *from);
void patch_clear(struct patch *);

#endif
