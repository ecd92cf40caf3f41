/* What a command needs of the rooms below: the store, the loop, the services; and asking them. */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include "cli/command.h"

/* Opens store, loop and services. ERROR_CONFIG when no service is configured. Nothing of the outbox
   is sent until sync_hold(s->sync, false): most commands only read. */
bool session_open(struct session *, struct error *);
void session_close(struct session *);

/* The store alone, where its directories are: for the screen. */
struct store *session_store(const struct config *, struct error *);

/* Something asked for; give wish_done and its address to sync_...(), then wait. */
struct wish {
	bool done;
	struct error err; /* kind NONE: it went well */
};
void wish_done(void *wish, const struct error *);
/* Until it is done, the services that are asked are away, or --timeout (net.timeout) is over: then
   the error is ERROR_OFFLINE. false: wish->err is set. */
bool session_wait(struct session *, struct wish *);

/* Who I am, workers, teams, templates, kinds of the service that new cases go to: into s->people.
   Asked again after ten minutes. Of several services one that answers is enough. */
bool session_people(struct session *, struct error *);
struct query_now session_now(const struct session *);
/* The same of one service (NULL: where new cases go) as far as it is known; page_clear() it. */
void session_people_of(struct session *, const char *service, struct page *people);

/* After a question that failed: whether what is known here will do (the service is away, something
   is known and --fresh was not said); then standard error has been told. fetched: when it was last
   answered. Else err is what the command ends with. */
bool session_makes_do(
	struct session *, const struct error *asked, bool known, time_t fetched, struct error *err);

/* Our key of a case by number or identifier, with NAME/ before it where several services know it;
   read anew from its service, with its timeline where that is wanted; 0 with err. */
int64_t session_case(struct session *, const char *ref, bool timeline, struct error *);
/* The same for a citizen, by identifier or reference. purpose: why (may be NULL). */
int64_t session_citizen(struct session *, const char *ref, const char *purpose, struct error *);

/* Why a person is looked at: --purpose, or what was answered; NULL: nothing was said. */
const char *session_purpose(const struct session *);
/* Asks for it, where a person can be asked; false: nothing was said. */
bool session_ask_purpose(struct session *, const char *question);

/* One case that is known here, read anew; false with err. */
bool session_case_anew(struct session *, int64_t key, bool timeline, struct error *);

/* Cases of a query: asked of the services, page by page until there are `limit`, then read from the
   store into page, in one order over all. found: how many there are in all, as far as anybody
   knows. */
struct found_count {
	int total;
	bool more; /* or more */
};
bool session_list(struct session *, const char *text, int limit, struct page *page,
	struct found_count *found, struct error *);
/* Says how many were shown of how many, where that is not all. */
void session_tell_count(struct session *, int shown, const struct found_count *);

/* The text of a query: --where, or the arguments joined by spaces; free() it. NULL with err: both. */
char *session_query(const struct given *, struct error *);

/* All of standard input as text; NULL with err. free() it. */
char *read_input(struct error *);

#endif
