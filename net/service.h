/* A configured service and the calls a driver may offer. A driver translates, it does not act: it turns our
   question into a request and an answer into a page; it never waits, stores or draws. */
#ifndef NET_SERVICE_H
#define NET_SERVICE_H

#include "model/page.h"
#include "model/patch.h"
#include "model/query.h"
#include "net/transport.h"

enum call_kind {
	CALL_LOGIN,	 /* who am I, what can the service do: a profile */
	CALL_LIST,	 /* cases of a query, a page */
	CALL_OPEN,	 /* one case */
	CALL_EVENTS,	 /* its timeline, a page */
	CALL_CITIZENS,	 /* citizens of a query, a page */
	CALL_CITIZEN,	 /* one citizen */
	CALL_ACCESS,	 /* who looked at that citizen */
	CALL_WORKERS,	 /* workers and teams */
	CALL_TEMPLATES,
	CALL_CASE_KINDS,
	CALL_SURGES,
	CALL_CLAIM,
	CALL_LEASE,
	CALL_PATCH,	 /* one row of the outbox */
	CALL_FILE,
	CALL_NEWS,	 /* what changed: a stream (request.wait_ms -1), or a question to ask again and again */
	CALL_COUNT
};

/* One question to a service. A driver that needs several exchanges counts them in step. */
struct call {
	enum call_kind kind;
	int step;
	const struct query *query;     /* LIST, CITIZENS, SURGES, CLAIM */
	const struct casefile *cf;     /* OPEN, EVENTS, PATCH: as the service last told it */
	const struct citizen *citizen; /* CITIZEN, ACCESS, PATCH */
	const struct patch *patch;     /* PATCH */
	const char *purpose;	       /* CITIZENS, CITIZEN: why a citizen is looked up */
	const char *from;	       /* where a page, or the news, starts */
	int limit;
	bool count;		       /* LIST: how many in all is wanted too */
	void *work;		       /* the driver's, between the steps of one call; free()d after the last */
};

enum answer { ANSWER_DONE, ANSWER_MORE, ANSWER_ERROR };

/* How a change is kept from taking effect twice (safety.md, Exactly once). */
enum once { ONCE_KEY, ONCE_NATURAL, ONCE_SEARCH, ONCE_NONE };

struct service {
	const char *name; /* as configured: "city" */
	const struct service_ops *ops;
	const char *url, *user;
	char *token;	  /* wiped after use */
	time_t token_until;
	int at_once;	  /* how many requests may be under way */
	bool online;
	struct profile profile; /* strings in arena */
	struct arena arena;
	void *own; /* the driver's: API version, field maps */
};

/* One piece of news. */
struct news {
	enum { NEWS_HELLO, NEWS_CASE, NEWS_CITIZEN, NEWS_RESET, NEWS_OTHER } what;
	const char *id, *version;
	int64_t last_event;
	const char *cursor; /* to go on from after a cut */
	int retry_ms;	    /* the service's wish, 0: none */
};

struct service_ops {
	const char *name; /* "native" */
	enum once once;
	bool streams; /* CALL_NEWS is an event stream */
	bool (*open)(struct service *, struct error *);
	void (*close)(struct service *);
	struct {
		bool (*ask)(struct service *, struct call *, struct request *, struct error *);
		/* err->kind says what became of it; a problem's own sentence goes into err->text. */
		enum answer (*read)(struct service *, struct call *, const struct response *,
				    struct page *, struct error *);
	} calls[CALL_COUNT]; /* an empty pair: this service cannot do that */

	/* Streams: bytes as they come (any cut). For each whole event: what changed, as ids, and the cursor. */
	void *(*news_new)(void);
	bool (*news_feed)(void *news, const char *bytes, size_t size,
			  void (*changed)(void *ctx, const struct news *), void *ctx);
	void (*news_free)(void *news);
};

extern const struct service_ops *const service_list[];

const struct service_ops *service_driver(const char *name);

#endif
