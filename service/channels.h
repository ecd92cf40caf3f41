/* DATA/caseloadd.conf: by which command each channel goes out, and whose work the mail that comes in is. Read once
   at the start; a file that is not there configures nothing. See caseloadd.conf in caseloadd(8). */
#ifndef SERVICE_CHANNELS_H
#define SERVICE_CHANNELS_H

#include "model/arena.h"
#include "model/error.h"
#include <stdbool.h>

enum { CHANNEL_TRIES_MOST = 12 };

struct channel {
	const char *name; /* email, sms, letter */
	char **command;	  /* argv, ends with NULL; NULL: none */
	const char *from, *from_name;
	int limit_s;			   /* the command is ended after that */
	int pauses_s[CHANNEL_TRIES_MOST];  /* before each further try */
	int pause_count;
	bool by_hand; /* a worker sends it: not queued */
	bool again;   /* when nobody knows whether it went out: it is sent again */
};

/* Whose work mail to an address is. */
struct mailbox {
	const char *address; /* lower case; NULL: any */
	const char *service, *team; /* team NULL: the one the service's cases go to */
};

struct channels {
	struct arena arena;
	struct channel list[3];
	int count;
	struct mailbox *mailboxes; /* the one for any address last */
	int mailbox_count;
};

/* Reads the file; false with err naming the first mistake, after all of them were printed on stderr. */
bool channels_read(struct channels *, const char *dir, struct error *);
/* Of made-up data: every channel is written to a file of DIR/outgoing by `program drop`, and goes nowhere. */
void channels_sample(struct channels *, const char *dir, const char *program);
void channels_clear(struct channels *);

const struct channel *channels_find(const struct channels *, const char *name);
/* The one of these addresses, or of any; NULL: none is configured. */
const struct mailbox *channels_mailbox(const struct channels *, const char *const *addresses);

#endif
