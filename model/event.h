/* What happened on a case: one entry of its timeline. Entries never change; only the delivery of an answer
   is told as it is now. */
#ifndef MODEL_EVENT_H
#define MODEL_EVENT_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

enum event_kind { EVENT_NOTE, EVENT_MAIL_IN, EVENT_MAIL_OUT, EVENT_CALL, EVENT_CHANGE, EVENT_FILE };

struct event {
	int64_t key, casefile; /* our keys */
	const char *service, *id;
	int64_t seq; /* the service's growing number, 0 when it has none */
	enum event_kind kind;
	const char *
		wire; /* the service's own word: opened note answer incoming changed handover ... */
	time_t at;
	const char *by; /* worker id, `citizen` or `system` */
	const char *team;
	const char *text;
	const char *channel, *language;
	const char *delivery; /* of an answer: queued, sent, delivered, failed, or NULL; of a `delivery` entry:
				 what became of the answer `about` then */
	int64_t about;	      /* seq of that answer; 0: none */
	const char *said; /* of an answer that did not fail: what was said when its delivery last changed */
	const char *changes;  /* JSON object: field to [before, after] */
	const char *files;    /* JSON array: id, name, type, size */
	const char *mentions; /* words */
	bool visible;	      /* the citizen may read it */
	bool pending;	      /* ours, not yet accepted by the service */
};

/* From Casework REST's word and channel: opened and incoming are mail or a call, answer is mail
   out, note a note, everything else a change. */
enum event_kind event_kind_of(const char *wire, const char *channel);

#endif
