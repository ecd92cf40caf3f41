/* The records of the service: our types in and out of the base. No rules here (service/rules.h has
   them) and no HTTP: what is given is kept. Time, new identifiers and who acts come from outside in
   struct keep; failures stay in the base (base_error()). Reading puts rows into a page. */
#ifndef SERVICE_KEEP_H
#define SERVICE_KEEP_H

#include "model/ident.h"
#include "model/page.h"
#include "model/query.h"
#include "service/base.h"

struct keep {
	struct base *base;
	int64_t now_ms;
	void (*ident)(char out[IDENT_SIZE]); /* ident_uuid(), or a test's */
	const char *worker, *team; /* who acts; "system" and NULL for the service itself */
};

/* Identifiers that are NULL are made with ident(); a number that is NULL is the next of its year. A
   time that is 0 is now. What was given or made stands in the struct afterwards (strings in the
   arena). */
bool keep_citizen_add(struct keep *, struct citizen *, struct arena *);
/* A case as it is: key, version 1, counters, its words for searching. cf->citizen is the citizen's
 * id. */
bool keep_case_add(struct keep *, struct casefile *, struct arena *);
/* An entry of the timeline: ev->casefile is the case's key; ev->wire the kind; gives ev->seq. */
bool keep_event_add(struct keep *, struct event *);

/* Put in, or replace what has that identifier. A kind's version is raised by itself. */
bool keep_team_put(struct keep *, const struct team *);
bool keep_worker_put(struct keep *, const struct worker *);
/* What the service alone knows of a worker, in the arena; a put worker signs in as their id and is a
   caseworker. */
struct worker_more {
	const char *login; /* what the proxy calls them; NULL when setting: their id */
	const char *roles; /* words */
	bool listed;	   /* a list of the house names them: whoever is not in the next one has left */
};
bool keep_worker_set_more(struct keep *, const char *id, const struct worker_more *);
/* They have left: not there any more, their tokens with them. */
bool keep_worker_gone(struct keep *, const char *id);
bool keep_template_put(struct keep *, const struct answer_template *);
bool keep_kind_put(struct keep *, const struct kind *);

/* Settings of the data itself ("name", "sample"), in the arena; NULL: not set. */
const char *keep_setting(struct keep *, const char *name, struct arena *);
bool keep_set(struct keep *, const char *name, const char *value);

/* The next value of a counter, from 1. */
int64_t keep_next(struct keep *, const char *counter);

/* Numbers for many cases in one go: the caller counts, and says at the end how far it came in that
 * year. */
const char *keep_number(time_t opened, int64_t count, struct arena *);
bool keep_numbers_given(struct keep *, time_t opened, int64_t count);

/* What a case has that no wire shows. */
struct case_more {
	const char *step_by; /* who took it to its step, for four eyes */
	const char *named;   /* words: who may read it though restricted */
	const char *follows; /* the case it comes after, by the kind's repeat; or NULL */
	int round;	     /* which of the repeats it is, from 1 */
};

/* What only the service knows of a case; its texts live in the arena. Setting says whether it went. */
struct case_more keep_case_more(struct keep *, int64_t key, struct arena *);
bool keep_case_set_more(struct keep *, int64_t key, const struct case_more *);

/* Puts the changed one in place of what it was; gives it its next version and `changed` now. */
bool keep_citizen_save(struct keep *, struct citizen *, struct arena *);
bool keep_case_save(
	struct keep *, const struct casefile *before, struct casefile *after, struct arena *);

/* Only brings what case cf is found by up to date, after its citizen's name changed. */
bool keep_case_words(struct keep *, struct casefile *cf, struct arena *);
/* Who had the case before this entry of its timeline; NULL: as now. */
bool keep_event_from(struct keep *, int64_t seq, const char *worker, const char *team);

/* Lines of the access log. */
bool keep_access(struct keep *, int64_t citizen, const char *action, const char *purpose);

/* ---- reading; ids as on the wire. NULL: not there. The row belongs to the page. */
struct citizen *keep_citizen(struct keep *, const char *id, struct page *);
struct casefile *keep_case(struct keep *, const char *id, struct page *);
struct casefile *keep_case_named(struct keep *, const char *ref, struct page *); /* number or id */
struct kind *keep_kind(struct keep *, const char *id, struct page *);
struct answer_template *keep_template(struct keep *, const char *id, struct page *);
bool keep_has_team(struct keep *, const char *id);
bool keep_has_worker(struct keep *, const char *id); /* and has not left */
const char *keep_team_for(struct keep *, const char *service, struct arena *); /* NULL: none */

/* Rows of statements that begin with these columns (casefile c, citizen p; citizen p; event e). */
enum { KEEP_CASE_COLUMNS = 39 }; /* so many; what else a query selects comes after */
extern const char keep_case_columns[], keep_citizen_columns[], keep_event_columns[];
extern const char keep_case_from[]; /* "casefile c LEFT JOIN citizen p ... lease l ON ..." */
struct casefile *keep_case_row(struct rows *, struct page *);
struct citizen *keep_citizen_row(struct rows *, struct page *);
struct event *keep_event_row(struct rows *, struct page *);

/* Dictionary words one typing mistake away from a folded word, into the list; how many. */
int keep_near(struct keep *, const char *folded, const char **list, int room, struct arena *);

/* Telephone numbers are the same when their last nine digits are: no country, no leading 0.
 * Appended. */
void keep_fold_phone(struct buf *, const char *text);

#endif
