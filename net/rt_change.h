/* Between the files that change tickets: rt_write.c one by one, rt_bulk.c many at once, rt_change.c
   what a field is called and whether it is as it shall be. */
#ifndef NET_RT_CHANGE_H
#define NET_RT_CHANGE_H

#include "net/rt.h"

/* The requests of one change, in the order in which they are made; rt_write.c says why. */
enum rt_part {
	RT_NONE, /* Request Tracker has no place for it */
	RT_NOTHING,
	RT_LOOK,
	RT_NAME, /* which queue the ticket is in: it says a number alone */
	RT_SEEK, /* among the messages: is ours there already */
	RT_FIND, /* among my new tickets: is ours there already */
	RT_FIND_MARK,
	RT_FIND_ANY,   /* the mark wherever it is: the ticket may have another name, or none */
	RT_FIND_WHERE, /* which ticket it belongs to now */
	RT_FIND_SIGHT, /* whether a ticket of that queue could be seen at all */
	RT_CREATE,
	RT_OWN,
	RT_FIELDS,
	RT_HISTORY, /* what a list of tags that was replaced took from others */
	RT_TRACE,   /* what was written down of it: cheaper than the ticket, and says who else was there */
	RT_BACK,    /* what another set in that very moment is set again */
	RT_NOTE,
	RT_ANSWER,
	RT_PROVE, /* the files that went with it are there */
	RT_STEP,
	RT_QUEUE,
	RT_MERGE,
	RT_END
};

/* One change under way. */
struct rt_work {
	enum rt_part part, did;
	unsigned tried; /* parts, a bit each */
	bool looked, noted, answered, zoned;
	bool traced;   /* or tried to */
	bool as_it_is; /* a new ticket that others have been at: nothing more is done to it */
	int stales, backs, zone_off_s, tags_sent, tags_tried;
	struct rt_pages pages;
	char id[24], etag[40], transaction[24], named[24], hint[120];
	const char *candidates; /* tickets that may be the one we made; in the page's arena */
	const char *candidate;
	const char *lost;    /* tags of others that our list took away */
	const char *back;    /* what we wrote over, as it is sent again; or NULL */
	struct casefile now; /* strings in the page's arena */
};

enum rt_part rt_part_of(const char *field);

/* Whether the change is in the ticket; whether all of a part's are; whether somebody else changed
   the same field to something else. */
bool rt_met(const struct service *, const struct patch *, const struct change *,
	const struct casefile *now, struct arena *);
bool rt_part_met(const struct service *, const struct patch *, enum rt_part,
	const struct casefile *now, struct arena *);
bool rt_quarrel(const struct service *, const struct patch *, const struct change *,
	const struct casefile *now, struct arena *);

/* A subject as the service keeps it. */
const char *rt_subject(const char *text, struct arena *);
const char *rt_step_wanted(const struct patch *);			   /* or NULL */
const char *rt_queue_wanted(const struct service *, const struct patch *); /* or NULL */
const char *rt_merge_wanted(const struct service *, const struct patch *, struct arena *);

/* Members of a PUT or POST: what is not as it shall be. zone_off_s: rt_zone_off() of the try
   before; lost: tags of others that the try before took away; or NULL. */
void rt_put_field(struct json_out *, const struct patch *, const struct change *,
	const struct casefile *now, struct arena *);
void rt_put_customs(struct json_out *, const struct service *, const struct patch *,
	const struct casefile *now, int zone_off_s, const char *lost, struct arena *);
void rt_put_fields(struct json_out *, const struct service *, const struct patch *,
	const struct casefile *now, int zone_off_s, const char *lost, struct arena *);
/* How many tags a PUT adds and drops; those of a page of history that were dropped and should not
   be, newer than the transaction `after`. */
int rt_tags_sent(const struct patch *, const struct casefile *now, struct arena *);
/* Two who put back the same tag at once leave it there twice. */
bool rt_tags_twice(const struct patch *, const struct casefile *now, struct arena *);
const char *rt_tags_lost(const struct service *, const struct patch *, const struct json *items,
	int64_t after, struct arena *);
/* Whether rows of a history, newest first, are just what was sent and nothing else since the
   transaction `after`: each member of the PUT once, by me, with its value, in place of the value it
   had `before`. The newest one; 0: not sure, so the ticket itself is to be read. */
int64_t rt_traced(const struct json *rows, const struct json *sent, const struct casefile *before,
	int64_t after, const char *me);
/* The server writes a field before the transaction that changes its ETag, so If-Match lets a change
   through that meets one which is just being made. What such a change had set and ours stands over:
   the PUT that sets it again; NULL: nothing. */
const char *rt_written_over(const struct json *rows, const struct json *sent,
	const struct casefile *before, int64_t after, const char *me, struct arena *);
int rt_zone_off(const struct patch *, const struct casefile *now, struct arena *);

/* What did not take, as people say it: "Due (now 3 Nov), District (now empty)". */
void rt_unmet(struct buf *, const struct service *, const struct patch *, enum rt_part,
	const struct casefile *now, struct arena *);
/* The sentences of a PUT's answer, harmless and short; translated by the service, so only shown. */
void rt_sentences(const struct json *, char *room, size_t size);

/* ---- rt_seek.c: what is there of ours already */

bool rt_has_answer(const struct patch *);
bool rt_has_note(const struct patch *);
/* Which message the files go with. */
bool rt_carries_files(const struct patch *, enum rt_part);
/* The row's mark on what it sends: kept by the server in the headers of the text, seen by no reader
   and in no mail. */
void rt_mark(struct buf *, const struct patch *, enum rt_part);

void rt_seek_ask(struct service *, const struct call *, struct request *);
/* ANSWER_DONE: it is known now what is there; rt_go_on() follows. */
enum answer rt_seek_read(
	struct service *, struct call *, const struct response *, struct page *, struct error *);
/* Ids are texts or numbers. */
void rt_copy_id(char *room, size_t size, const struct json *id);
/* The ticket of a new case is known. */
enum answer rt_made_is(struct rt_work *, const char *id);

#endif
