/* Request Tracker 5 over REST 2: what the files of its driver share (service_rt.c reads, rt_write.c
   changes, rt_query.c makes TicketSQL). What the real server does was seen, not read: a 200 proves
   nothing, a redirect means "log in", an unset date is 1970. */
#ifndef NET_RT_H
#define NET_RT_H

#include "model/json.h"
#include "net/service.h"

enum { RT_PAGE = 100 }; /* rows of a page at most; more is silently a hundred */

/* service.own */
struct rt {
	char *cookie; /* "RT_SID_...=..."; NULL: none */
};

/* ---- service_rt.c */

/* Begins a request of ours: the URL under /REST/2.0, cookie and token, Accept. path is ASCII, ids in
   it were put there by url_segment(). */
void rt_ask(struct service *, struct request *, const char *method, struct buf *url);
/* A body of JSON; takes it over. */
void rt_body(struct request *, struct buf *json);
/* The document of a good answer; NULL with err for every other: 401 and 302 are ERROR_LOGIN, 403
   ERROR_DENIED, 404 ERROR_GONE, 412 ERROR_CONFLICT, 500 with an empty body a sentence that names
   method and resource. */
struct json *rt_good(const struct response *, const char *what, struct error *);
/* A ticket as GET /ticket/N or a search shows it. false: it has no id. */
bool rt_read_ticket(
	struct service *, const struct json *, struct casefile *, struct arena *, struct error *);
/* GET of a ticket that rt_read_ticket() reads whole, its version being the ETag. */
void rt_ask_ticket(struct service *, struct request *, const char *id);
bool rt_ticket_answer(struct service *, const struct response *, struct page *, struct error *);
/* Priorities: ours are 1 (now) to 5 (can wait), theirs 100 to 0. */
int rt_priority(int theirs);
int rt_priority_wire(int ours);
/* "2026-11-03 10:00:00" in UTC; reads also "2026-11-03T10:00:00Z"; 0: unset. */
time_t rt_time(const char *);
void rt_time_wire(struct buf *, time_t);

/* ---- rt_query.c */

/* Our search grammar as TicketSQL, every value quoted. me: the login. false: it cannot say this;
   the sentence names the word. */
bool rt_query(struct service *, const struct query *, struct buf *out, struct error *);
void rt_quote(struct buf *, const char *value); /* with its quotes */
/* "Due" and whether it goes down, from query->sort; always one that RT knows. */
const char *rt_order(const struct query *, bool *down);

/* ---- rt_write.c */

bool rt_patch_ask(struct service *, struct call *, struct request *, struct error *);
enum answer rt_patch_read(struct service *, struct call *, const struct response *, struct page *,
	struct error *);
bool rt_bulk_ask(struct service *, struct call *, struct request *, struct error *);
enum answer rt_bulk_read(struct service *, struct call *, const struct response *, struct page *,
	struct error *);
bool rt_can(const struct service *, const struct patch *, struct error *);

#endif
