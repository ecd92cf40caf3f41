/* Request Tracker 5 over REST 2: what the files of its driver share (service_rt.c asks, rt_read.c
   and rt_events.c understand, rt_people.c knows who and which kinds, rt_write.c changes, rt_query.c
   makes TicketSQL). What the real server does was seen, not read: a 200 proves
   nothing, a redirect means "log in", an unset date is 1970. */
#ifndef NET_RT_H
#define NET_RT_H

#include "model/json.h"
#include "net/service.h"

enum { RT_PAGE = 100 }; /* rows of a page at most; more is silently a hundred */

/* What was learned of the service: lists that only grow, since a name once known is needed again by
   an answer that tells the id alone. */
struct rt_queue {
	char *id, *name, *lifecycle;
};

struct rt_field {
	char *id;   /* NULL: not told */
	char *word; /* as in fields.citizen_id */
	char *name; /* as the service writes it: "Citizen ID" */
};

/* A status that no table knows, and whether a case in it is over. */
struct rt_word {
	char *word;
	bool over;
};

struct rt_seen {
	char id[20];
	time_t changed;
};

enum { RT_SEEN = 1024, RT_SOUGHT = 32, RT_LOOKED = 8 };

/* A ticket that was just opened, and its newest transaction: then its history need not be asked
   for until it comes empty twice. */
struct rt_looked {
	char id[20];
	int64_t newest;
	time_t at;
};

/* A row whose end is not known, and when it was first looked for. */
struct rt_sought {
	char uuid[40];
	int64_t at_ms; /* monotonic */
};

/* service.own */
struct rt {
	char *cookie; /* "RT_SID_...=..."; NULL: none */
	char *session; /* the line last given out */
	struct rt_queue *queues;
	int queue_count;
	bool queues_known; /* all of them */
	struct rt_field *fields;
	int field_count;
	bool fields_known;
	struct rt_word *words;
	int word_count;
	int64_t polled_ms; /* CLOCK_BOOTTIME of the last question for news; 0: none */
	int64_t asked_ms;
	struct rt_seen seen[RT_SEEN];
	struct rt_sought sought[RT_SOUGHT];
	struct rt_looked looked[RT_LOOKED];
	int looked_next;
	struct {
		char id[20];
		struct response answer; /* its strings are ours */
		int64_t at_ms;
	} last;
};

/* ---- service_rt.c */

/* Starts a URL under /REST/2.0; ids go behind it by url_segment(). */
void rt_url(struct service *, struct buf *url, const char *path);
/* Begins a request of ours; takes the URL over. The cookie goes with it; where there is none, the
   token: it costs the server a quarter of a second each time, and a dead cookie beside it would
   never be noticed. */
void rt_ask(struct service *, struct request *, const char *method, struct buf *url);
/* A body of JSON; takes it over. */
void rt_body(struct request *, struct buf *json);
/* A body of form fields: name=value, encoded, added one by one, then taken over. */
void rt_form(struct buf *form, const char *name, const char *value);
void rt_form_body(struct request *, struct buf *form);
/* The document of a good answer; NULL with err for every other: 401 and 302 are ERROR_LOGIN, 403
   ERROR_DENIED, 404 ERROR_GONE, 412 ERROR_CONFLICT, 500 with an empty body a sentence that names
   method and resource. */
struct json *rt_good(const struct response *, const char *what, struct error *);
/* Nothing was done, since it calls itself by another address than the one we came by. */
bool rt_foreign(const struct response *);
/* A ticket as GET /ticket/N or a search shows it. false: it has no id. */
bool rt_read_ticket(
	struct service *, const struct json *, struct casefile *, struct arena *, struct error *);
/* GET of a ticket that rt_read_ticket() reads whole, its version being the ETag. */
void rt_ask_ticket(struct service *, struct request *, const char *id);
bool rt_ticket_answer(struct service *, const struct response *, struct page *, struct error *);
/* A merged ticket answers with the one it went into. The page's only case is that one; afterwards
   the old one stands before it, closed, with duplicate_of. old: as it was known. */
void rt_put_merged(struct page *, const struct casefile *old);
/* What an answer to a GET does not say and the case as it was known does: the names of its queue and
   of its citizen. */
void rt_keep_names(struct rt *, const struct casefile *known, struct page *);

/* ---- rt_read.c: words, times, and what was learned */

/* Our five words for one of theirs. over: where no table knows it. */
const char *rt_status(const char *theirs, bool over);
void rt_know_word(struct rt *, const char *theirs, bool over);
/* Changes name users by number. */
void rt_know_user(struct service *, long id, const char *login);
const char *rt_user(const struct service *, long id); /* NULL: unknown */
void rt_know_queue(struct rt *, const char *id, const char *name, const char *lifecycle);
const struct rt_queue *rt_queue(const struct rt *, const char *id_or_name); /* NULL: unknown */
/* Learns a custom field; its word. */
const char *rt_know_field(struct rt *, const char *id, const char *name);
void rt_look(struct rt *, const char *id, const struct response *);
/* The whole answer to the last one, while it is a moment old and nothing of ours went out since: a
   change that follows need not look first. NULL: there is none. */
const struct response *rt_last_look(const struct rt *, const char *id);
void rt_look_over(struct rt *); /* something goes out */
/* The newest transaction as of the last seconds; 0: it was not opened lately. */
int64_t rt_newest(const struct rt *, const char *id);
void rt_know_newest(struct rt *, const char *id, int64_t newest);
/* The name of a custom field by its word in a query; NULL: not known (yet). */
const char *rt_field(const struct rt *, const char *word);
const char *rt_citizen_field(const struct service *); /* the name of the one with the reference */
extern const char rt_tags_field[];
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
/* "Due" and whether it goes down, from the i-th word of query->sort; always one that RT knows; NULL
   after the last. */
const char *rt_order(const struct query *, int i, bool *down);
/* Whether it names a custom field that is not known yet: then rt_fields come first. */
bool rt_query_wants_fields(const struct rt *, const struct query *);
/* Whether it looks at tags or other custom fields: then the answer has to hold them, since the list
   here looks once more. They make a search five times as slow, so else they are left out. */
bool rt_query_fields(const struct query *);
/* The citizens of a query are asked for by their tickets. */
bool rt_query_citizens(struct service *, const struct query *, struct buf *out, struct error *);

/* ---- rt_events.c, rt_people.c */

void rt_html_text(struct buf *out, const char *html); /* made readable: no tags, lines, entities */
bool rt_events_ask(struct service *, struct call *, struct request *, struct error *);
enum answer rt_events_read(struct service *, struct call *, const struct response *, struct page *,
	struct error *);
bool rt_workers_ask(struct service *, struct call *, struct request *, struct error *);
enum answer rt_workers_read(struct service *, struct call *, const struct response *, struct page *,
	struct error *);
bool rt_kinds_ask(struct service *, struct call *, struct request *, struct error *);
enum answer rt_kinds_read(struct service *, struct call *, const struct response *, struct page *,
	struct error *);

bool rt_rights_ask(struct service *, struct call *, struct request *, struct error *);
enum answer rt_rights_read(struct service *, struct call *, const struct response *, struct page *,
	struct error *);

/* Pages of a list that may not say how many there are, and that hides rows inside a page: only two
   empty ones end it. */
struct rt_pages {
	int page, empties;
};
bool rt_more(struct rt_pages *, const struct json *answer); /* whether to ask for another */

/* ---- rt_write.c */

bool rt_patch_ask(struct service *, struct call *, struct request *, struct error *);
enum answer rt_patch_read(struct service *, struct call *, const struct response *, struct page *,
	struct error *);
bool rt_bulk_ask(struct service *, struct call *, struct request *, struct error *);
enum answer rt_bulk_read(struct service *, struct call *, const struct response *, struct page *,
	struct error *);
bool rt_file_ask(struct service *, struct call *, struct request *, struct error *);
enum answer rt_file_read(struct service *, struct call *, const struct response *, struct page *,
	struct error *);
bool rt_file_feed(struct service *, struct call *, const char *bytes, size_t size,
	bool (*put)(void *ctx, const char *bytes, size_t size), void *ctx);
bool rt_bulk_can(const struct patch *); /* whether a row may go out among many */
bool rt_can(const struct service *, const struct patch *, struct error *);
const char *rt_besides(const struct patch *, bool *mails);

#endif
