/* The person or household behind a case. Strings belong to the page (or arena) around them. */
#ifndef MODEL_CITIZEN_H
#define MODEL_CITIZEN_H

#include "model/arena.h"
#include "model/buf.h"
#include "model/error.h"

struct citizen {
	int64_t key;
	const char *service, *id, *version;
	const char *ref;	    /* national or municipal reference */
	const char *given, *family; /* either may be missing, not both */
	const char *born;	    /* 1966-11-02, 1966-11 or 1966: text, since it may be partial */
	const char *street, *postcode, *town, *country;
	const char *phone, *mail;
	const char *language; /* BCP 47 */
	const char *reach;    /* how they asked to be reached: phone, email, letter, counter */
	const char *consents; /* JSON array: what, given, at */
	const char *flags;    /* words with single spaces between, such as interpreter */
	const char *match;    /* in search results: exact, prefix, near */
	bool guarded;	      /* address is secret: show only on request, never export */
	int open_cases, all_cases;
	int pending;
	bool conflict, gone;
	time_t created, changed, fetched;
};

/* "Family, Given"; one name alone when there is only one. */
void citizen_name(struct buf *, const struct citizen *);

/* Fields by the name of the wire: given family born ref phone email street postcode town country
   language contact guarded flags. NULL when empty. */
extern const char *const citizen_fields[]; /* ends with NULL */
const char *citizen_get(const struct citizen *, const char *field);
bool citizen_set(struct citizen *, const char *field, const char *value, struct arena *,
		 struct error *);
void citizen_copy(struct citizen *to, const struct citizen *from, struct arena *);

/* A line of the access log: who looked, when, why. */
struct access {
	time_t at;
	const char *worker, *team, *action, *purpose;
};

#endif
