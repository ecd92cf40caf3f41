/* One request and its answer, without the library that carries them. http.c turns libmicrohttpd
   into struct call and back; a route_*.c file answers calls.

   A handler reads call->..., looks into the base through call->keep, and writes either JSON with
   call_json() or a problem with call_refuse(). What it answers with 2xx after OPERATION_WRITE is
   committed before it is sent; what it refuses leaves no trace. */
#ifndef SERVICE_HTTP_H
#define SERVICE_HTTP_H

#include "model/json.h"
#include "model/query.h"
#include "service/hash.h"
#include "service/keep.h"

enum {
	PAGE_DEFAULT = 50,
	PAGE_MOST = 200,
	TEXT_MOST = 20000,
	QUERY_MOST = 1000,
	CASES_WATCHED = 64
};

/* Who asks; worker NULL: nobody (only /status). */
struct who {
	const char *worker, *name, *team;
	const char *roles; /* words */
	const char *token; /* its SHA-256; NULL: the proxy signed them in */
	int64_t until_ms;  /* when it ends; 0: never */
};

/* A problem of openapi.yaml: its URN, status and title. */
enum problem {
	BAD_REQUEST,
	BAD_QUERY,
	UNAUTHORIZED,
	FORBIDDEN,
	NOT_FOUND,
	NO_METHOD,
	DUPLICATE,
	LEASE_HELD,
	LEASE_LOST,
	LEASE_LIMIT,
	BAD_TRANSITION,
	STALE,
	TOO_LARGE,
	NO_LENGTH,
	INVALID,
	KEY_REUSED,
	KEY_IN_USE,
	PRECONDITION_REQUIRED,
	TOO_MANY,
	UNAVAILABLE,
	PURPOSE_NEEDED
};

struct service;
struct call_arg {
	const char *name, *value;
};

struct call {
	/* the request; strings in the arena */
	const char *method, *path; /* the path without /v1 */
	const char *id;		   /* what stands at {id} of the path, decoded */
	struct call_arg *args;	   /* of the query string */
	int arg_count;
	const char *if_match, *if_none_match, *key, *purpose, *last_event_id;
	int64_t fence; /* Lease-Fence; 0: not sent */
	struct buf body;
	struct json *json; /* the body, read; NULL when there is none */
	struct who who;
	const struct service *service;
	struct arena arena;

	/* for the handler */
	struct keep keep; /* time, identifiers, the base of this thread */
	struct page page; /* rows read; cleared with the call */
	void *own;	  /* from serve to then, in the arena */
	/* Set by a reading handler: goes on in the writer, as a job, before the answer is sent. */
	void (*then)(struct call *);
	/* Set by a writing handler that refuses and yet shows a person: what it wrote (a line of
	   the access log) stays. */
	bool traced;

	/* the answer */
	int status;	  /* 0: not answered yet */
	const char *type; /* of the body */
	struct buf out;
	const char *etag, *location; /* in the arena; etag with its quotes */
	int retry_after;
	const char *rate;      /* RateLimit, when little is left; or NULL */
	struct stream *stream; /* an event stream instead of a body */
};

/* A method and path, and who answers it. */
enum operation_how { OPERATION_READ, OPERATION_WRITE };
struct operation {
	const char *method, *path; /* "/cases/{id}/events" */
	enum operation_how how;
	void (*serve)(struct call *);
};

/* service/route_x.c defines `const struct route route_x`: the file name is the registration. */
struct route {
	const struct operation *operations; /* ends with a nameless one */
};
extern const struct route *const route_list[];

/* ---- what the handlers share (call.c) */

/* The value of a query parameter, NULL when absent; the i-th of a repeated one. */
const char *call_arg(const struct call *, const char *name);
const char *call_arg_at(const struct call *, const char *name, int i);

/* Answers with a problem; detail is one whole sentence for the person at the screen: what happened,
   what to do. Returns false. */
bool call_refuse(struct call *, enum problem, const char *detail, ...)
	__attribute__((format(printf, 3, 4)));
/* Adds a member to the problem (`current`, `candidates`): its JSON. */
void call_refuse_with(struct call *, const char *name, const char *json);
/* One entry of `errors` of a 422; the sentence of the first becomes the detail as well. */
void call_error(struct call *, const char *field, const char *sentence);
bool call_refused(const struct call *);

/* Begins a JSON answer: a writer into call->out. */
struct json_out call_json(struct call *, int status);
/* The ETag of a version. Answers 304 when the caller has it already: then true. */
void call_etag(struct call *, const char *version);
bool call_unchanged(struct call *);
/* If-Match: 428 without one; false. Otherwise whether it names this version. */
bool call_precondition(struct call *);
bool call_matches(const struct call *, const char *version);

/* The parameter `limit`; 0 after a refusal. */
int call_limit(struct call *);
/* An opaque cursor of some texts (NULL: empty), and back: how many, -1 after a refusal. `what`
   tells the cursors of different lists apart. */
const char *call_cursor(struct call *, const char *what, const char *const *parts, int count);
int call_cursor_read(struct call *, const char *what, const char **parts, int room);

/* The body as an object with only these members (space-separated words); false after a refusal. */
bool call_body(struct call *, const char *members);
/* A member that must be a text of at most that many characters (or null, or absent: then NULL). */
const char *call_text(struct call *, const struct json *object, const char *name, size_t most);

/* Fills a query from parameter q; false after a refusal (400 with the place). */
bool call_query(struct call *, struct query *, enum query_about);
struct query_now call_now(const struct call *);

/* Answers with an event stream. */
struct stream_wants;
void call_stream(struct call *, const struct stream_wants *);

/* Whether the caller has the role. */
bool call_role(const struct call *, const char *role);

/* ---- the server */
struct service_options {
	const char *dir, *address; /* address: "127.0.0.1:8640", "[::1]:0" */
	const char *proxy;	   /* only this address (and this machine) may connect; NULL: any */
	const char *proxy_user_header; /* in which it says whom it signed in; NULL: it does not */
	int rate;		   /* requests a second for each token (service/rate.h); 0: no limit */
	bool log_requests;
	const char *tls_cert, *tls_key; /* PEM texts, or NULL */
	const char *tls_client_ca;	/* PEM: who signs the certificate a client has to show, or NULL */
	int lease_s; /* how long a case stays in hand without a word; 0: LEASE_S */
	int64_t (*now_ms)(void);
	void (*ident)(char out[IDENT_SIZE]);
};

/* Whether the address can be listened at. */
bool service_address_good(const char *address, struct error *);
struct service *service_start(const struct service_options *, struct error *);
int service_port(const struct service *);
/* Lets what is under way end, answers it, ends all streams. */
void service_stop(struct service *);

struct hub *service_hub(const struct service *);
int service_lease_s(const struct service *);

#endif
