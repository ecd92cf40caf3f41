/* A configured service and the calls a driver may offer. A driver translates, it does not act: it
   turns our question into a request and an answer into a page; it never waits, stores or draws. */
/* clang-format off */
/* The calls on paper, before this header settled, for four kinds of service:
 cw   Casework REST            rt   Request Tracker 5, under /REST/2.0
 sf   Salesforce, /services/data/vN        zgw  Zaken and Catalogi as Open Zaak serves them
 "+" is a further step of the same call (ANSWER_MORE).

 rules     precondition of a change          once: against a second effect     paging: from, next
 cw        If-Match "version"; 412 brings    KEY, KEY: Idempotency-Key on      cursor; next null
           `current`; 428 without            POST and PATCH                    ends
 rt        If-Match ETag: stale screens,     SEARCH, SEARCH: no keys; the      page N, <= 100; no
           not races (STALE_MOSTLY):         history is read before a resend   total: two empty ones
           + GET, compare                    (call.again)                      end; from "N:empties"
 sf        If-Unmodified-Since (from Last-   SEARCH, NATURAL: new by upsert    nextRecordsUrl: path,
           ModifiedDate, 1 s, STALE_MOSTLY); on an External ID; the same       same origin; at most
           412 is bare: + GET what is now    change twice is one; a comment    2,000 rows
           there                             is looked for
 zgw       none: GET If-None-Match just      SEARCH, NATURAL: identificatie    page N; next is an
           before; a gap stays, and is said  is unique; a status has its date; absolute URL: only N
           (STALE_REREAD)                    a role or note is looked for      is kept
 quota     cw 429, 503 with Retry-After. rt none, but 2 to 4 connections and no idle ones (at_once).
           sf Sforce-Limit-Info on each answer; 403 REQUEST_LIMIT_EXCEEDED is BUSY; a poll a minute.
           zgw 429. What a driver learns goes into service.quota_used and quota_limit.

 LOGIN     cw   GET /status + GET /me
           rt   GET /REST/1.0/: the token buys a cookie (Set-Cookie) + GET /rt; 302 says "log in"
           sf   POST /services/oauth2/token (refresh) + GET /services/data + Case/describe
           zgw  no login: every request signs its own JWT (HS256) + GET zaaktypen, statustypen
 LIST      cw   GET /cases?q=&sort=&limit=&cursor=&count=
           rt   POST /tickets query=TicketSQL, fields=, page=; words search Subject (no full text)
           sf   GET /query?q=SOQL; words: POST /parameterizedSearch + /query of the ids
           zgw  POST /zaken/_zoek, expand=status,rollen; what it cannot filter: ERROR_REFUSED
 OPEN      cw   GET /cases/ID                 rt   GET /ticket/N (never a surge's parent)
           sf   POST /composite: Case, Owner, Contact     zgw  GET /zaken/UUID?expand=...
 EVENTS    cw   GET /cases/ID/events          rt   GET /ticket/N/history + /attachments
           sf   POST /composite: CaseComment, EmailMessage, CaseHistory
           zgw  GET audittrail + statussen + zaaknotities
 CITIZENS  cw   GET /citizens?q= (Purpose)    rt   Requestor or a field of tickets: refs alone
           sf   POST /parameterizedSearch     zgw  POST /zaken/_zoek by BSN: refs alone
 CITIZEN   cw   GET /citizens/ID (Purpose)    sf   GET /sobjects/Contact/ID
           rt, zgw  an empty pair
 ACCESS    cw   GET /citizens/ID/access       rt, sf, zgw  an empty pair
 WORKERS   cw   GET /teams + GET /workers     rt   GET /queues/all + /users (privileged)
           sf   /query User + Group of Type Queue + GroupMember      zgw  from configuration
 TEMPLATES cw   GET /templates    sf   /query EmailTemplate     rt, zgw  an empty pair
 KINDS     cw   GET /kinds        rt   GET /queue/N/customfields
           sf   Case/describe     zgw  zaaktypen + eigenschappen
 PATCH     cw   PATCH /cases/ID, /citizens/ID; new: POST /cases, /citizens; a note or an answer
                alone: POST /cases/ID/events, without a version
           rt   PUT /ticket/N + POST comment, correspond + GET, compare: a 200 proves nothing
           sf   POST /composite allOrNone: PATCH Case, POST CaseComment + GET
           zgw  PATCH /zaken/UUID + POST resultaten, statussen, rollen, zaaknotities + GET
 NEWS      cw   GET /events, a stream, Last-Event-ID, case= of those looked at
           rt   LastUpdated > 'N seconds ago', with overlap, by the monotonic clock
           sf   SystemModstamp > :t           zgw  _zoek uuid__in of what is shown; new ones by date
 LEASE     cw   PUT, DELETE /cases/ID/lease with Lease-Fence; a change whose lease ran out takes it
                anew, and looks, before it is sent again    rt, sf, zgw  an empty pair
 SURGES, CLAIM come with a later issue. rt claims by PUT take (200, then GET says who has it); sf by OwnerId with If-Unmodified-Since; zgw by POST rol, GET, the later one withdraws.

 What did not fit, and changed this header: a change of several requests can stop half way, so a
 resend is told (again) and looks first; once differs for new things (once_new); how a stale change
 is caught differs and must be said (stale); cookies and quotas travel in headers
 (response_header); "log in" may come as a redirect (login_status); asking has a price (poll_ms)
 and a server its own limit (at_once); a paging link is a stranger's word: drivers check it with
 url_same_origin() and keep no more of it than they need. */
/* clang-format on */
#ifndef NET_SERVICE_H
#define NET_SERVICE_H

#include "model/config.h"
#include "model/page.h"
#include "model/patch.h"
#include "model/query.h"
#include "net/learned.h"
#include "net/transport.h"

enum call_kind {
	CALL_LOGIN,    /* who am I, what can the service do: a profile */
	CALL_LIST,     /* cases of a query, a page */
	CALL_OPEN,     /* one case */
	CALL_EVENTS,   /* its timeline, a page */
	CALL_CITIZENS, /* citizens of a query, a page */
	CALL_CITIZEN,  /* one citizen */
	CALL_ACCESS,   /* who looked at that citizen */
	CALL_WORKERS,  /* workers and teams */
	CALL_TEMPLATES,
	CALL_CASE_KINDS,
	CALL_SURGES,
	CALL_CLAIM,
	CALL_LEASE,
	CALL_PATCH, /* one row of the outbox */
	CALL_BULK,  /* many rows of the outbox in one request, each with an outcome of its own */
	CALL_RIGHTS, /* what I may do, queue by queue: for doctor */
	CALL_FILE,  /* the bytes of one attachment, as they are (request.chunk takes them) */
	CALL_NEWS, /* what changed: a stream (request.wait_ms -1), or a question to ask again and
		      again */
	CALL_COUNT
};

/* Rows that change different cases, sent together. read() fills outcomes, one for each row
   (ERROR_NONE: the service has it, proved), and adds to the page each case as it is now. What has
   no outcome of its own shares that of the call. */
struct bulk {
	const struct patch *const *patches;
	const struct casefile *const *cases; /* of each row, as the service last told it */
	struct error *outcomes;
	int count;
};

/* One question to a service. A driver that needs several exchanges answers ANSWER_MORE: it is asked
   again with step + 1, the same page and the same work; `from` is still that of the first. */
struct call {
	enum call_kind kind;
	int step;
	const struct query *query;     /* LIST, CITIZENS, SURGES, CLAIM */
	const struct casefile *cf;     /* OPEN, EVENTS, PATCH: as the service last told it */
	const struct citizen *citizen; /* CITIZEN, ACCESS, PATCH */
	const struct patch *patch;     /* PATCH */
	struct bulk *bulk;	       /* BULK */
	const struct attachment *file; /* FILE: id and name as an event told them */
	bool again;	     /* PATCH: an earlier send may have had its effect, wholly or in part */
	int64_t fence;	     /* LEASE: of the one to keep or put back, 0: take it; PATCH: the driver's */
	int64_t took;	     /* PATCH: the fence of a lease taken on the way; to be put back */
	bool put_back;	     /* LEASE */
	const char *purpose; /* CITIZENS, CITIZEN: why a citizen is looked up */
	const char *from;    /* where a page, or the news, starts */
	const char *const *watched; /* NEWS: ids of the cases looked at; ends with NULL; or NULL */
	int limit;
	bool count; /* LIST: how many in all is wanted too */
	void *work; /* the driver's, between the steps of one call; free()d after the last */
};

enum answer { ANSWER_DONE, ANSWER_MORE, ANSWER_ERROR };

/* How a change is kept from taking effect twice (safety.md, Exactly once). */
enum once { ONCE_KEY, ONCE_NATURAL, ONCE_SEARCH, ONCE_NONE };

/* How a change of what somebody else changed meanwhile is caught: by the service for sure; by the
   service, but not at the same moment; by looking just before, which leaves a gap. */
enum stale { STALE_REFUSED, STALE_MOSTLY, STALE_REREAD };

struct service {
	const char *name; /* as configured: "city" */
	const struct service_ops *ops;
	const char *url;
	const char *user; /* as configured: then the token is that user's password; NULL: a token */
	const struct config *config; /* for what this driver alone asks: service_option() */
	char *token; /* wiped after use */
	bool asks_key;	 /* what the person is asked for is the PIN or password of tls-key */
	bool asks_again; /* since the last one was wrong */
	time_t token_until;
	int at_once; /* how many requests may be under way */
	bool online;
	int quota_used, quota_limit; /* as the service says it; limit 0: it does not */
	struct profile profile;	     /* strings in arena */
	struct arena arena;
	struct learned_list learned; /* names for numbers */
	void *own; /* the driver's: API version, field maps */
};

/* One piece of news. */
struct news {
	enum { NEWS_HELLO, NEWS_CASE, NEWS_CITIZEN, NEWS_RESET, NEWS_OTHER } what;
	const char *id, *version; /* NULL where the service does not say */
	int64_t last_event;
	const char *cursor; /* to go on from after a cut; or NULL */
	int retry_ms;	    /* the service's wish, 0: none */
};

struct service_ops {
	const char *name;	  /* "native" */
	enum once once, once_new; /* of a change; of something new */
	enum stale stale;
	bool streams;	  /* CALL_NEWS is an event stream */
	int poll_ms;	  /* where it is not: how often CALL_NEWS may be asked */
	int at_once;	  /* requests under way, unless configured; 0: the transport's own limit */
	int idle_ms;	  /* a connection nothing was asked over for so long is ended, since it holds a
			     worker of the server; 0: kept */
	int login_status; /* a status besides 401 that says "log in" (RT: 302); 0: none */
	int bulk_most;	  /* rows of one CALL_BULK at most; 0: it has none */
	bool bulk_alone;  /* several of them at once take longer than one after the other */
	bool (*bulk_takes)(const struct patch *); /* whether such a row may go along; NULL: any */
	/* What it cannot do, a sentence each through _(), for doctor; ends with NULL; or NULL. */
	const char *const *lacks;
	/* The same in a few words for the head of a case, through _(): "advisory: somebody else may
	   still take it"; NULL: nothing to warn of. */
	const char *advisory;
	const char *advisory_many; /* the same for the preview of a change of many cases */
	bool (*open)(struct service *, struct error *);
	void (*close)(struct service *);
	/* What a login bought that is worth keeping for the next run (RT's cookie): one line of ASCII,
	   borrowed; NULL: nothing. resume() takes such a line back: true: no login is needed, the
	   profile of last time holds until the service says "log in". Both may be missing. */
	const char *(*session)(const struct service *);
	bool (*resume)(struct service *, const char *session);
	/* The address of a case for people and for links from other services, appended; and the id
	   in such an address (into the arena; NULL: it is none of this service's). May be missing. */
	void (*case_url)(const struct service *, const struct casefile *, struct buf *);
	const char *(*case_of_url)(const struct service *, const char *url, struct arena *);
	/* Whether it could do this change at all: false with the sentence, before anything is saved.
	   May be missing: then the answer tells. */
	bool (*can)(const struct service *, const struct patch *, struct error *);
	/* What such a change does besides, and nothing here can prevent, in a few words, told before it
	   leaves; *mails: it reaches the citizen. NULL: nothing. May be missing. */
	const char *(*besides)(const struct patch *, bool *mails);
	struct {
		/* A request without a method: the driver knows the answer, from a moment ago; then
		   read() is called with a response of status 0. */
		bool (*ask)(struct service *, struct call *, struct request *, struct error *);
		/* err->kind says what became of it; a problem's own sentence goes into err->text.
		 */
		enum answer (*read)(struct service *, struct call *, const struct response *,
			struct page *, struct error *);
	} calls[CALL_COUNT]; /* an empty pair: this service cannot do that */
	/* CALL_FILE, where a service wraps something around the bytes: each piece of the answer as it
	   comes; what is the file's goes on to put(). false stops. Missing: all of it is the file's. */
	bool (*file_feed)(struct service *, struct call *, const char *bytes, size_t size,
		bool (*put)(void *ctx, const char *bytes, size_t size), void *ctx);

	/* LIST, where pages are numbered and their number is known: where the page starts that is `nr`
	   pages after the one that starts at `next`, so that they may be asked for together; NULL:
	   there is none, or it is not known. May be missing. */
	const char *(*page_after)(const char *next, int nr, struct arena *);

	/* Streams: bytes as they come (any cut). For each whole event: what changed, as ids, and
	   the cursor. Strings of struct news are borrowed for the length of the call. false: this
	   is no event stream, or a single event is beyond any measure. */
	void *(*news_new)(void);
	bool (*news_feed)(void *news, const char *bytes, size_t size,
		void (*changed)(void *ctx, const struct news *), void *ctx);
	void (*news_free)(void *news);
};

extern const struct service_ops *const service_list[]; /* made by the Makefile, ends with NULL */

const struct service_ops *service_driver(const char *name); /* NULL: unknown */

/* A key of this service's section that a driver asks for itself ("citizen-field"), which stands in
   section_keys like all others; NULL: not set. */
const char *service_option(const struct service *, const char *key);

#endif
