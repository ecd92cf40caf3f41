/* What to ask next, and what to do with what comes back: the only one who empties the outbox.
   Answers go into the store; views read the store. */
#ifndef NET_SYNC_H
#define NET_SYNC_H

#include "model/config.h"
#include "model/store.h"
#include "net/oauth.h"
#include "net/service.h"

struct sync;

/* Reads the services of the configuration ([service "city"] type, url, token-command ...). Nothing
   is asked yet, and nothing of libcurl is touched before the first request. The store stays the
   caller's. */
struct sync *sync_new(struct loop *, struct store *, const struct config *, struct error *);
void sync_free(struct sync *);

int sync_service_count(const struct sync *);
struct service *sync_service(struct sync *, int i);
int sync_asked_ms(const struct sync *, int i); /* how often it is asked for news; 0: it tells them itself */
struct service *sync_service_named(struct sync *, const char *name); /* NULL: unknown */

/* Something is looked at. service NULL: every service. Asked again only when what is in the store
   is older than `fresh_ms` (0: ask now whatever its age). A wish that is already under way is not
   doubled. Strings and query are copied. done (may be NULL) is told once, ok or not, unless
   sync_forget(ctx). */
/* The error is never NULL: kind ERROR_NONE is success. Never called from within the call that
   asked. A citizens' search that a later one of the same ctx made needless ends with
   ERROR_CANCELLED. */
typedef void sync_done(void *ctx, const struct error *);
void sync_list(struct sync *, const char *service, const struct query *, bool next_page,
	int fresh_ms, sync_done *, void *ctx);
/* Whether there is a next page without which the list, in its order over all services, is not whole
   down to this case (NULL: to its end): one that begins before it. */
bool sync_list_short(struct sync *, const char *service, const struct query *,
	const struct casefile *upto);
/* The next pages, as many as so many rows may take: together where the service's paging allows it, and
   put into the store in their order; else one. */
void sync_list_on(struct sync *, const char *service, const struct query *, int rows, sync_done *,
	void *ctx);
void sync_case(struct sync *, int64_t case_key, int fresh_ms, sync_done *,
	void *ctx); /* and its timeline */
/* One that is not in the store yet, by number or identifier. */
/* timeline: with its timeline. */
void sync_case_ref(struct sync *, const char *service, const char *ref, bool timeline, sync_done *,
	void *ctx);
/* Ahead of need, after everything else, unless it is fresh. */
void sync_case_soon(struct sync *, int64_t case_key, int fresh_ms);
void sync_case_alone(struct sync *, int64_t case_key, int fresh_ms, sync_done *,
	void *ctx); /* as sync_case(), without its timeline */
void sync_citizens(struct sync *, const char *service, const struct query *, const char *purpose,
	sync_done *, void *ctx);
void sync_citizen(struct sync *, int64_t citizen_key, const char *purpose, int fresh_ms,
	sync_done *, void *ctx); /* and all their cases */
/* One that is not in the store yet, by the service's identifier, and all their cases. */
void sync_citizen_ref(struct sync *, const char *service, const char *ref, const char *purpose,
	sync_done *, void *ctx);
/* Asks the services that hold no record joined with this one, and can search, for it: by reference and
   mail (model/person.h), the purpose handed on. What they find is then in the store. */
void sync_person(struct sync *, int64_t citizen_key, const char *purpose, int fresh_ms, sync_done *,
	void *ctx);
void sync_accesses(struct sync *, int64_t citizen_key, sync_done *, void *ctx);
/* Workers, teams, templates, kinds, and the profile. */
void sync_people(struct sync *, const char *service, int fresh_ms, sync_done *, void *ctx);
/* Fetches one attachment of a case into a new file (0600, never over another one), under the limit
   files.limit. progress (may be NULL) is told now and then. On failure nothing is left behind. */
typedef void sync_progress(void *ctx, int64_t bytes, int64_t size);
void sync_file(struct sync *, int64_t case_key, const struct attachment *, const char *path,
	sync_progress *, sync_done *, void *ctx);
void sync_forget(struct sync *, void *ctx); /* no call for ctx comes later */

/* Follow what changes (event stream, or polling); the screen wants it, a command does not. */
void sync_follow(struct sync *, bool on);
/* The case on the screen, so that its changes come too whichever team has it; 0: none. */
void sync_watch(struct sync *, int64_t case_key);

/* The outbox may have grown, or a row's time has come. Cheap when there is nothing to do; also
   called by its own hook before sleep. Sends only where this process holds the sender's lock. */
void sync_kick(struct sync *);
bool sync_sends(struct sync *); /* whether this process is the one that sends */
/* Nothing of the outbox is sent while it is held: a command that only reads ends before an answer
   would come. */
void sync_hold(struct sync *, bool held);
/* How many rows this process has under way right now. */
int sync_sending(const struct sync *);
/* How many rows are waiting or under way. 0 also when all that is left waits for a person. */
int sync_unsent(struct sync *);

/* A service whose token comes from nowhere else, or was refused, asks the person: called from the loop,
   once until sync_token() gave one. Where service->user is set it is that user's password that is asked
   for; where service->asks_key is, the PIN or password of the client certificate's key. Without an asker
   it stays ERROR_LOGIN. */
void sync_asker(struct sync *, void (*ask)(void *ctx, struct service *), void *ctx);
/* The token is copied; the caller wipes its own. Empty or NULL: the person does not want to. */
void sync_token(struct sync *, const char *service, const char *token);

/* Whether this is a token or password that a service of this session has, for who is to prove that they
   are the one who signed in; in a time that does not tell how much of it is right. NULL: whether there
   is any. */
bool sync_secret_is(const struct sync *, const char *typed);

/* Where an authorization server gives the tokens: this code is to be typed at that address, on any device;
   code->code NULL: it is over, however. Without this nobody is there, and it stays ERROR_LOGIN. */
void sync_shower(struct sync *,
	void (*show)(void *ctx, struct service *, const struct oauth_code *), void *ctx);
/* A token command may have the terminal: told before it is run and when it ended. On the screen only where
   token-terminal says so. false: it is not free now. Without this it never has it. */
void sync_lender(struct sync *, bool (*lend)(void *ctx, bool lent), void *ctx);
/* Whether a person is waited for: an answer, a code typed elsewhere, a command that asks. */
bool sync_asks(const struct sync *);

/* The wire view: what went over it lately. */
const struct trace *sync_trace(const struct sync *);

/* Whether it was tried since sync_new() and is not there, or has not answered for 5 seconds: what
   waits for it need not be waited for. service NULL: any. */
bool sync_away(const struct sync *, const char *service);
/* Why it is away; ERROR_NONE: it is not, or was not tried. */
enum error_kind sync_trouble(const struct sync *, const char *service);
/* Whether questions are under way, and only to services that have not answered for 5 seconds:
   waiting for them is in vain. */
bool sync_in_vain(const struct sync *);

/* What answers held that could not be shown as it came, or that a change was laid over another, as a
   sentence for the person, once; NULL: nothing since it was last asked for. Borrowed until the next call of the loop. */
const char *sync_flaw(struct sync *);

/* What I may do at a service, queue by queue, into the page (page_add_right()), which has to stay until
   done was told. A service that cannot say it brings none. */
void sync_rights(struct sync *, const char *service, struct page *into, sync_done *, void *ctx);
void sync_inspect(struct sync *); /* from now on the trace tells certificates too */

/* A form that writes on a case stands open over it: nobody else changes it meanwhile, where the service
   has leases. The two calls go in pairs, and may nest; what the form sent is waited for before the case
   is put back. */
void sync_hand(struct sync *, int64_t case_key);
void sync_unhand(struct sync *, int64_t case_key);

enum hand {
	HAND_NONE,   /* no lease, or none yet */
	HAND_MINE,
	HAND_SHAKY,  /* mine, but twice the service was not heard of: still so long */
	HAND_LAPSED, /* it ran out meanwhile; taken anew as soon as the service is heard of */
	HAND_THEIRS
};
struct in_hand {
	enum hand hand;
	const char *who; /* HAND_THEIRS: the worker; borrowed until the next call of the loop */
	int left_s;
};
struct in_hand sync_in_hand(struct sync *, int64_t case_key);

/* Try again now whatever the pause says: the person asked (Ctrl-R), or the machine woke up. */
void sync_retry_now(struct sync *);

#endif
