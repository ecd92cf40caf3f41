/* One configured service as sync sees it: its login, what is being asked, how it is doing. Only
   the files behind sync.h include this.

   1. Whatever is asked waits in line->wants until the login stands; each want ends exactly once.
   2. Nothing ends, and nobody is told, within the call that asked: line_go() works from the loop.
   3. A want belongs to its line; who waits for it are its listeners, which may leave before it
   ends. */
#ifndef NET_LINE_H
#define NET_LINE_H

#include "net/oauth.h"
#include "net/pace.h"
#include "net/sync.h"

enum { SHOWN_MAX = 4, WATCHED_MAX = 64 };

/* What sync_list() and the like were called for; ends when all of its wants did. */
struct ask {
	struct ask *next;
	struct sync *sync;
	int left;
	bool one_will_do, any_good;
	struct error err; /* the first bad end */
	sync_done *done;  /* NULL: nobody waits any more */
	void *ctx;
	int timer;
};

struct listener {
	struct listener *next;
	struct ask *ask;
};

struct want {
	struct want *next;
	struct line *line;
	long serial;
	char *identity; /* what would be doubled by another of the same; NULL: nothing */
	struct call call;
	struct query query;
	struct patch patch;
	struct page hold; /* the case or citizen it is about */
	struct attachment file;
	struct fetch *fetch; /* where its bytes go; NULL: it brings a page */
	struct together *together; /* pages asked for at once; NULL: it is alone */
	int page_nr;
	struct several *several; /* rows that go together; NULL: none, or patch alone */
	struct page *into;   /* RIGHTS: whose page it becomes */
	char *from, *purpose;
	enum urgency urgency;
	int64_t key; /* ours, of that case or citizen */
	int pages;
	int put, put_timer; /* cases of the page that are in the store, and the next few to be */
	bool sent, stale; /* stale: to be asked once more when the answer is here */
	bool append, cancelled;
	bool timeline; /* a case by its number: its timeline too */
	struct error cancel;
	int relogins;
	int login; /* which one it was sent with */
	bool maybe_done;
	struct page page;
	void (*done)(struct want *,
		struct error *); /* puts the page where it belongs; may change the error */
	struct listener *listeners;
};

enum line_state { LINE_NEW, LINE_TOKEN, LINE_PERSON, LINE_LOGIN, LINE_READY };

struct shown {
	char *text;
	int64_t asked_ms;
};

struct line {
	struct sync *sync;
	struct loop *loop;
	struct store *store;
	struct transport *transport;
	struct service service;
	struct auth_from from;
	char **key_command; /* prints the password of the client certificate's key */
	bool key_tried;	    /* once: three wrong PINs end a smartcard */
	int wait_ms, poll_ms;
	enum line_state state;
	struct auth_command *auth;
	bool lent;		/* it has the terminal */
	struct oauth *oauth;	/* tokens are asked for, or a new one while the old one lasts */
	bool code_shown;	/* and a person has to type a code elsewhere */
	char *refused;		/* the access token that was refused, or ends soon */
	int oauth_tries, due_timer;
	int logins;	/* how many stood, those that were resumed too */
	bool resumed;	/* this one was bought by another run */
	bool token_old; /* it was good for an earlier login */
	char *session;	/* the one that stands, or the one that was refused last; NULL: none */
	struct want *wants;
	long serial;
	bool declined; /* the person did not want to log in; Ctrl-R asks again */
	int go_timer, person_timer;

	/* how it is doing */
	struct service_state told; /* why is ours */
	char why[256];
	int64_t told_ms;
	int fails, retry_timer;
	int64_t paused_until_ms; /* the outbox waits */
	int in_flight, slow_timer;
	int64_t asked_ms, heard_ms;
	enum error_kind trouble; /* the last one */
	struct pace pace;

	/* the outbox */
	int sending, sends; /* rows under way, and the requests that carry them */
	int outbox_timer;
	time_t outbox_due;
	struct patch *unsettled; /* answered, but the disk was full: sent again with their keys */
	int unsettled_count;

	struct hand_row *hands; /* cases a form stands open over: sync_hand.c */

	/* news */
	bool streaming;
	int64_t stream_heard_ms;
	void *news;
	int news_timer, silent_timer, cursor_timer, shown_timer, poll_timer;
	int retry_ms, poll_pages;
	int64_t shown_due_ms, shown_wish_ms; /* when they are asked; the last time something asked for it */
	int64_t lists_ms; /* when the shown lists were asked whatever the news said */
	char cursor[64];
	char *watched[WATCHED_MAX + 1];
	int watched_count;
	char *looked_at; /* the case on the screen, also where it is not watched; or NULL */
	struct shown shown[SHOWN_MAX];
};

struct sync {
	struct loop *loop;
	struct store *store;
	struct transport *transport;
	struct line *lines;
	int line_count;
	struct ask *asks;
	bool follow, kicked, held;
	unsigned long seen;
	char flaw[320]; /* the last one */
	int flaws, flaw_told;
	int relock_timer;
	void (*ask_token)(void *ctx, struct service *);
	void *ask_ctx;
	void (*show_code)(void *ctx, struct service *, const struct oauth_code *);
	void *show_ctx;
	bool (*lend)(void *ctx, bool lent);
	void *lend_ctx;
};

/* ---- line.c */
struct want *want_new(
	struct line *, enum call_kind, enum urgency, void (*done)(struct want *, struct error *));
void want_start(struct want *);
void want_cancel(struct want *, struct error *); /* ends it with that error, soon */
/* One of the same identity that is under way or waits; NULL: none. */
struct want *want_find(const struct line *, const char *identity);
bool line_put(struct line *, const struct page *, struct error *);
void line_say(struct line *, const char *text); /* to the person, once: sync_flaw() */

void line_recall(struct line *); /* how it was when it was last used */
void line_go(struct line *);	 /* there may be something to do */
void line_good(struct line *);	 /* it answered */
void line_bad(struct line *, const struct error *);
void line_silent(struct line *, const char *why); /* not heard of, and not given up */
bool line_is_silent(const struct line *); /* asked, and no answer for 5 seconds */
void line_retry_later(struct line *, int wait_ms);
void line_login_again(struct line *);
void line_token_is(struct line *, const char *token); /* what the person said; NULL: nothing */
void line_end(struct line *);
int random_below(int limit);

/* ---- outbox.c */
struct several;
void several_again(struct several *); /* as if never sent; NULL is fine */
void several_free(struct several *);
void outbox_kick(struct line *);
void outbox_end(struct line *);

/* ---- sync_hand.c */
void hands_settled(struct line *);				/* rows left: what is in hand for them may go back */
void hand_took(struct line *, int64_t key, int64_t fence); /* a row took its case anew on the way */
void hands_end(struct line *);

/* ---- news.c */
void news_begin(struct line *); /* follows, if that is wanted and not so yet */
void news_end(struct line *);
void news_wake(struct line *); /* at once, whatever pause there is */
void news_soon(struct line *);  /* the service answers again: a long pause of its stream is cut short */
void news_watch(struct line *, const char *case_id);
void news_shown_soon(struct line *, int wait_ms); /* asks the shown lists again */

/* ---- sync_file.c */
struct fetch;
bool fetch_bytes(void *want, const char *bytes, size_t size); /* of an answer, as they come */
bool fetch_stopped(const struct fetch *, struct error *);     /* by us, not by the service */
void fetch_again(struct fetch *);			      /* from its first byte */
void fetch_free(struct fetch *);			      /* with what is not whole; NULL is fine */

/* ---- sync_list.c */
struct together;
void together_drop(struct together *); /* one of them ended; NULL is fine */

/* ---- ask.c */
struct ask *ask_new(struct sync *, sync_done *, void *ctx);
void ask_told(struct ask *, const struct error *); /* one of its wants ended; NULL is fine */
void ask_ready(struct ask *); /* nothing more is asked for it; never ends within the call that asked */
void ask_fail(struct ask *, enum error_kind, const char *text);
void ask_nobody(struct sync *, struct ask *, bool any); /* !any: no service was found to ask */
void ask_free(struct sync *, struct ask *);
void want_listen(struct want *, struct ask *); /* NULL is fine */
/* One like it is under way: listen to that. */
bool want_joined(struct line *, const char *identity, enum urgency, struct ask *);
void want_go(struct want *, const char *identity, struct ask *);
void want_hand_over(struct want *from, struct want *to);
void want_hold_case(struct want *, const struct casefile *); /* what it is about, copied */
bool line_is_for(const struct line *, const char *service); /* NULL: any */
struct line *line_named(struct sync *, const char *service);
/* One citizen by its identifier there, and all their cases. */
void line_citizen(struct line *, const struct citizen *, const char *purpose, struct ask *);
bool is_fresh(time_t fetched, int fresh_ms);
bool plain_word(const char *text);

/* ---- sync_list.c, sync_case.c */
void line_list(struct line *, const struct query *, const char *from, enum urgency, struct ask *);
void line_case(struct line *, const struct casefile *, enum urgency, struct ask *);
void line_events(struct line *, const struct casefile *, enum urgency, struct ask *);

#endif
