/* What this machine knows: the outbox with drafts (durable, synchronous=FULL, in the data directory) and
   the cache (disposable, in the runtime directory): two SQLite files, 0600. What is read is the cache with
   pending patches laid over, so the two need no common transaction: cases with pending patches are few, so
   store_find() and store_count() leave them out of the SQL, lay the patches over them and let
   query_match() say where they belong. A case just closed leaves `is:open` at once.
   Several processes of one user may have the same store open. */
#ifndef MODEL_STORE_H
#define MODEL_STORE_H

#include "model/page.h"
#include "model/patch.h"
#include "model/person.h"
#include "model/query.h"

struct store;

/* Directories exist already, 0700. A damaged cache is thrown away and made anew; a damaged outbox is
   moved aside, never deleted, and a new one begun: then the store is returned and err tells
   (ERROR_LOCAL, naming the file), so set err->kind to ERROR_NONE before and look at it after. */
struct store *store_open(const char *data_dir, const char *cache_dir, struct error *);
void store_close(struct store *);

/* Bytes that one file of a change may have; STORE_FILE_MOST unless it was said. */
enum { STORE_FILE_MOST = 64 << 20 };
void store_files_limit(struct store *, int64_t bytes);
int64_t store_file_most(const struct store *);

/* Removes both files with all they left beside them: signing out for good. Not while a store is open. */
bool store_purge(const char *data_dir, const char *cache_dir, struct error *);

/* A new thing has a negative key until the service accepted it; its key since then. Any other key is
   given back as it is. Every function here takes either. */
int64_t store_real_key(struct store *, int64_t key);

/* Grows with every write of ours, and of another process (call it before drawing). */
unsigned long store_changed(struct store *);
/* Readable when another process wrote to the store (inotify); then call store_watched() and look at
   store_changed(), and do both once more a moment later: what is being written is not yet committed.
   From then on store_changed() relies on it. -1 where there is no such thing. */
int store_watch_fd(struct store *);
void store_watched(struct store *);

/* Who sends: one process of this store at a time. true: this one holds the lock (kept until close). */
bool store_lock_sender(struct store *);

/* ---- the cache */

/* Puts in everything a page holds, one transaction; a row whose version is older loses. At the same version
   what the page leaves out (sparse fields) stays as it was. Keys come from the names and never change, not
   even when the cache is made anew. An event with casefile 0 belongs to the page's only case. */
bool store_put(struct store *, const char *service, const struct page *, struct error *);
/* The same for some rows of a page: store_changed() tells of them with the rest (store_put_list()), so
   that nothing is drawn in between. */
bool store_put_part(struct store *, const char *service, const struct page *, struct error *);
/* Who looked at a citizen: a page of it says not whose it is. Takes the place of what was there. */
bool store_put_accesses(struct store *, int64_t citizen_key, const struct page *, struct error *);
bool store_put_gone(struct store *, const char *service, const char *case_id, struct error *);
/* Forgets what came from services that are not among the names (NULL ends them): nobody asks them any
   more, and their rows would stand in every list as they were. One with something unsent stays. */
void store_keep_services(struct store *, const char *const *names);

/* Rows from the one with these sort values (one for each sort key, as case_get() tells them) and key on;
   OFFSET would count its way there. values NULL: from the beginning (or with back: from the end). */
struct window {
	const char *const *values;
	int64_t key;
	int limit;
	bool back; /* the rows before it, still in list order */
};

/* The values of a window that begins at this case (or, with back, ends before it); key is the case's. */
const char *const *store_window_values(const struct query *, const struct casefile *, struct arena *);

bool store_find(struct store *, const struct query *, const struct query_now *, struct window,
		struct page *, struct error *);
/* How many are known here. Exact where an index says it; where every row would have to be looked at (words,
   tags, the kind's fields ...) counting stops at STORE_COUNT_MAX: so many or more. */
enum { STORE_COUNT_MAX = 1000 };
int store_count(struct store *, const struct query *, const struct query_now *);
/* How many there are as far as anybody knows: what is known here, and of each service that has
   further pages what it says beyond that, with what is pending here laid over. *more: there are
   more than that, because a service does not say how many or counting stopped. */
int store_total(struct store *, const struct query *, const struct query_now *, bool *more);

/* One case (pending patches laid over; key < 0: a new one that only the outbox knows). false: unknown. */
bool store_case(struct store *, int64_t key, struct page *);
/* The key of a case by number or identifier; service NULL: any. 0: unknown; -1: several services. */
int64_t store_case_key(struct store *, const char *service, const char *ref);
/* As the service last told it, without the patches. */
bool store_case_plain(struct store *, int64_t key, struct page *);
bool store_events(struct store *, int64_t case_key, struct page *); /* oldest first, pending ones last */
void store_seen(struct store *, int64_t case_key, int64_t seq); /* the person has looked up to here */

bool store_citizen(struct store *, int64_t key, struct page *);
int64_t store_citizen_key(struct store *, const char *service, const char *ref); /* id or reference */
bool store_citizen_cases(struct store *, int64_t citizen_key, struct page *); /* open first, newest first */
bool store_accesses(struct store *, int64_t citizen_key, struct page *);

/* One person over several services (model/person.h): the record asked for first, then those joined
   with it, the likely ones, and those kept apart by somebody. What somebody said of them, oldest
   first, also of records that are not here. false: the citizen is not known here. */
struct person {
	struct page page; /* the citizens, with pending patches laid over */
	struct person_record records[PERSON_MOST];
	int count, joined;
	struct person_decision *said;
	int said_count;
};
bool store_person(struct store *, int64_t citizen_key, struct person *);
/* The same without looking for those who are likely only by name, which takes longer. */
bool store_person_joined(struct store *, int64_t citizen_key, struct person *);
void person_clear(struct person *);
/* The cases of all who are joined, in the order of store_citizen_cases(). */
bool store_person_cases(struct store *, int64_t citizen_key, struct page *);

/* Citizens as found, one row a person; likely ones stay rows of their own. */
struct person_row {
	const struct citizen *citizen; /* the first that was found */
	const char *services;	       /* "city+rt" */
	const char *match;	       /* the best of theirs */
	int records, open_cases, all_cases;
	bool guarded;
};
int store_person_rows(struct store *, const struct page *found, struct person_row **, struct arena *);

/* Joins the person that `b` is with the one that `a` is, keeps them apart, or withdraws what was
   said: one act, on disk when it returns, sent nowhere. by NULL: whoever is logged in there. Gives the act (0: failed), which
   store_person_undo() takes back by saying anew what was said before. */
int64_t store_person_say(struct store *, int64_t a, int64_t b, enum person_said, const char *by,
	time_t now, struct error *);
bool store_person_undo(struct store *, int64_t act, const char *by, time_t now, struct error *);

/* What a service answered to a question, in its order: so that near matches and its ranking show.
   `what` names the question ("citizens", "cases"), text what query_print() makes of it. append: a
   following page. Kept for a day. */
bool store_put_list(struct store *, const char *service, const char *what, const char *text,
		    const struct page *, bool append, time_t now, struct error *);
/* The cases a service answered to that query (what "cases"), in its order, pending patches laid over: it
   looks at the timeline too, which store_find() cannot. At most limit. */
bool store_answered(struct store *, const struct query *, int limit, struct page *);
/* The last case of a service's answer so far: its next page begins behind it. false: none. */
bool store_list_edge(struct store *, const char *service, const char *what, const char *text,
		     struct page *);
/* When that was last answered (0: never), how many the service says there are (-1), where the next page
   starts (NULL: at the end; into the arena). */
struct list_state {
	time_t fetched;
	int total;
	const char *next;
};
bool store_list_state(struct store *, const char *service, const char *what, const char *text,
		      struct list_state *, struct arena *);
/* Citizens for words being typed: the answered list if there is one, and what the cache matches by
   prefix; strongest first, at most limit. */
bool store_citizens(struct store *, const struct query *, const struct query_now *, int limit,
		    struct page *);

/* Workers, teams, templates, kinds and the profile of one service (NULL: all services). */
bool store_people(struct store *, const char *service, struct page *);

/* Who I am to each service that told it, in the order they first did. */
int store_who(struct store *, const struct query_who **, struct arena *);

/* What each of them told of itself and of me, in the same order. */
int store_profiles(struct store *, struct profile **, struct arena *);

/* How a service is doing, for row 23 and for rows that say how old they are. */
struct service_state {
	bool online;
	bool login;	 /* not online because the token was refused, or there is none */
	time_t since;	 /* of online, or of being offline */
	time_t synced;	 /* last good answer */
	const char *why; /* the sentence of the last failure, or NULL */
};
void store_set_state(struct store *, const char *service, const struct service_state *);
bool store_state(struct store *, const char *service, struct service_state *, struct arena *);
/* Where the event stream stands. */
void store_set_cursor(struct store *, const char *service, const char *cursor);
const char *store_cursor(struct store *, const char *service, struct arena *);

/* ---- the outbox */

/* On disk when it returns, and its files copied: gives patch->key, ->uuid, ->made, and for a new object
   its key. From then on the patch names the copies. A file that is none, a link, or larger than the limit
   is ERROR_USAGE, and nothing is saved. */
bool store_post(struct store *, struct patch *, struct error *);
/* Several in one transaction: all or none. */
bool store_post_all(struct store *, struct patch *const *, int count, struct error *);

/* The next row to send to this service: oldest first, in order per case, none held (not_before), none of
   a case whose earlier row waits (for its time, an answer or a person). Marks it PATCH_SENT; patch->tries
   says how often it was tried before. false: none now;
   *wait_until (may be NULL): when one will be, 0: not by itself. */
bool store_next(struct store *, const char *service, time_t now, struct patch *, time_t *wait_until);

/* Rows that may go out in one request, marked as store_next() does, in one transaction: changes of
   different cases that were never unsure, each one that takes() says yes to; at most `most`, and none
   where there are not `least`. How many; each row to be cleared by the caller. */
int store_next_several(struct store *, const char *service, time_t now,
		       bool (*takes)(const struct patch *), struct patch *rows, int least, int most);

/* What became of it. ERROR_NONE: accepted; the page's object goes into the cache, the row goes away.
   OFFLINE, BUSY, LOGIN: the row waits (retry_at). unknown: it may have arrived: kept as PATCH_UNKNOWN and
   sent again with its key. CONFLICT: the page holds the object as it is now: where no field of ours was
   changed the patch is laid over it, its version set, and it is saved again (*again = true); else it
   becomes PATCH_CONFLICT. Other kinds: PATCH_REFUSED with the sentence. */
bool store_settle(struct store *, int64_t patch, const struct error *outcome, bool unknown,
		  const struct page *, time_t retry_at, bool *again, struct error *);

/* What became of rows that went out together: those accepted leave in one transaction, each of the
   others goes its own way. false: at least one could not be written down (its good is false), and is
   sent again with its key. */
struct settled {
	int64_t patch;
	struct error outcome;
	bool unknown;
	bool again, good; /* told by the call */
};
bool store_settle_several(struct store *, struct settled *, int count, const struct page *,
			  time_t retry_at, struct error *);

/* Rows of the outbox, oldest first; the array is one block to free with store_outbox_free(). */
struct patch *store_outbox(struct store *, int *count);
void store_outbox_free(struct patch *, int count);
bool store_patch(struct store *, int64_t key, struct patch *);
int store_pending(struct store *, int *conflicts, int *refused);

/* Takes a row back that has not left (held or waiting): true when it was still here. Its text becomes a
   draft. */
bool store_recall(struct store *, int64_t key, struct error *);
/* Sends a conflicting or refused row again, changed as given; or gives it up. */
bool store_retry(struct store *, const struct patch *, struct error *);
bool store_drop(struct store *, int64_t key, struct error *);
/* The row never arrived: its service knows keys, and looked this one up before it answered something
   else. So what a newer version has of it is not its own effect. */
bool store_certain(struct store *, int64_t key);
/* Ends the holding of everything (quitting sends what is held). */
void store_release_held(struct store *, time_t now);

/* What was accepted, for undo: newest first. Kept 30 days. */
struct patch *store_done(struct store *, int limit, int *count);
/* Whether a change of that case is on its way, or waits to be. */
bool store_waits(struct store *, int64_t case_key);
bool store_accepted(struct store *, int64_t key); /* whether that row is among them */
/* What others changed meanwhile, where that accepted row was laid over it: patch.over; else NULL. */
const char *store_over(struct store *, int64_t key, struct arena *);

/* ---- drafts: text being written, on disk within a moment, offered again after any end */
struct draft {
	int64_t key;
	int64_t object;	     /* case it belongs to, 0: none */
	const char *kind;    /* "reply", "note", "new", "fields" */
	const char *text;    /* the text, or JSON of a form */
	const char *title;   /* for the list */
	time_t changed;
	const char *files;   /* places of files that go along, a line each; or NULL */
};
/* With one more (a path with a line end in it is left out), and the i-th; NULL after the last. */
const char *draft_files_add(const char *files, const char *path, struct arena *);
const char *draft_file(const char *files, int i, struct arena *);
bool store_draft_put(struct store *, struct draft *, struct error *); /* key 0: a new one, given */
bool store_draft(struct store *, int64_t object, const char *kind, struct draft *, struct arena *);
int store_drafts(struct store *, struct draft **list, struct arena *);
void store_draft_drop(struct store *, int64_t key);

#endif
