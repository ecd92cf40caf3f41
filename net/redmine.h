/* Redmine 5: what the two files of its driver share (service_redmine.c asks and understands,
   redmine_change.c changes). */
#ifndef NET_REDMINE_H
#define NET_REDMINE_H

#include "net/driver.h"

enum { PAGE = 100 }; /* rows of a page at most */

/* What there is in Redmine. OFFER: a tracker (value) of a project (id); HAS: a field (value) of a
   tracker (id). The others are what a field may hold besides. */
enum about { STATUS, PRIORITY, TRACKER, PROJECT, PERSON, FIELD, OFFER, HAS, WORDS, DAY, TIME, NUMBER,
	FLAG, STATE };

/* A field as Redmine calls it and as we do. */
struct known {
	const char *theirs, *ours;
	enum about about;
};

/* service.own. Of what was learnt (service.learned) the value is: of a status 1 when closed; of a
   priority its place from 1; of a tracker its first status; of a person the first project they are of,
   0: none; of a field 1 for several values. */
struct redmine {
	unsigned learnt; /* of enum learn */
	int64_t me;
	char *key; /* what the password bought; NULL: the token is the key */
};

/* Lists that are learnt before something is asked for. */
enum learn {
	LEARN_ME = 1,
	LEARN_STATUSES = 2,
	LEARN_PRIORITIES = 4,
	LEARN_TRACKERS = 8,
	LEARN_PROJECTS = 16,
	LEARN_FIELDS = 32,
	LEARN_MEMBERS = 64,
	LEARN_LOGIN = 31
};

/* The requests of a change. */
enum part { BEGIN, LOCK, LOOK, FIND, CREATE, PUT, RELATE, UPLOAD, NOTE };

/* Strings are of the page that all steps of a call share. */
struct work {
	unsigned need;	     /* still to be learnt */
	int project, offset; /* how far that is */

	const char *ids, *next; /* LIST: found by words; where the next page starts */
	bool exact;		/* it was asked for exactly: its total is right */

	enum part part; /* PATCH */
	bool put, noted, anew; /* fields and text sent; the lock has to be read anew */
	bool doubted; /* the note may be there, although it was refused */
	int tries, entry, file;
	char id[24], path[60];
	int64_t lock; /* 0: not told */
	int64_t seen; /* the newest journal when we looked */
	const char *body, *tokens, *method, *target;
	const char *last; /* the relation that was asked for before this one */
};

/* A list being asked for. */
struct asked {
	struct service *s;
	struct arena arena;
	struct buf url, words;
	const char *sent[24]; /* filters: each can be asked for once */
	int count;
	bool exact;
};

/* By either name; NULL: none of these. */
const struct known *rm_known(const char *theirs, const char *ours);
struct learned *rm_learn(struct service *s, enum about about, int64_t id, int64_t value,
	const char *name);
const char *rm_id_text(const struct json *j, const char *name, struct arena *a);
bool rm_is_id(const char *text);

/* Requests: the URL is taken over, the key goes along. */
struct buf rm_url_of(const struct service *s, const char *path, const char *id);
bool rm_ask(struct service *s, struct request *r, const char *method, struct buf *url);
bool rm_ask_body(struct service *s, struct request *r, const char *method, const char *path,
	const char *body);
bool rm_ask_issue(struct service *s, struct request *r, const char *id);

/* Answers: the error of a bad one, the document of a good one (NULL with err for every other), its
   issue as the page's only case, a row of a list as one more. */
enum answer rm_failed(const struct response *a, struct error *err);
struct json *rm_good(const struct response *a, struct page *page, struct error *err);
struct json *rm_issue_of(struct service *s, const char *id, const struct response *a,
	struct page *page, struct error *err);
struct casefile *rm_add_issue(struct service *s, const struct json *j, struct page *page);

/* What is known: a custom field by our name, kinds one by one, what an entry makes of a case, a
   relation as a link (NULL: it says whose duplicate it is, *twin, or who is its). */
const struct learned *rm_field_named(const struct service *s, const char *name);
const char *rm_next_kind(struct service *s, int *i, const struct learned **project,
	const struct learned **tracker, struct arena *a);
int rm_priority_of(const struct service *s, const struct learned *priority);
void rm_put_entry(const struct service *s, const struct learned *e, struct casefile *cf);
const char *rm_relation_link( const struct json *r, const char *id, const char **twin,
	struct arena *a);

/* A list: filters (false: it was asked for already; value NULL: some follow), then the request. */
void rm_asked_begin(struct asked *a, struct service *s);
bool rm_filter(struct asked *a, const char *name, const char *op, const char *value);
bool rm_asked_send(struct asked *a, struct request *r, const char *sort, int limit, int offset);
void rm_asked_end(struct asked *a);

/* redmine_change.c */
bool rm_can(const struct service *s, const struct patch *p, struct error *err);
unsigned rm_change_need(struct service *s, struct call *c);
bool rm_change_ask(struct service *s, struct call *c, struct request *r, struct error *err);
enum answer rm_change_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err);

#endif
