/* The process that empties the queue of answers (service/queue.h): one beside each service, a child of its own with
   its own connection to the base, so that no command is ever run by, or waited for in, the process that answers
   requests.

   At most once by itself: a row is `sending` on disk before its command starts, and when the command's end is not
   known (killed, out of time, the machine lost power) the answer is failed with that reason, for a person to send
   again, unless the channel says `unclear = again`. A repeat has the Message-ID of the first. When only the service
   is killed, this process still waits for its commands and writes down how they ended. A lock on DATA/deliver.lock
   keeps it to one: the next service's waits for it. */
#ifndef SERVICE_DELIVER_H
#define SERVICE_DELIVER_H

#include "service/channels.h"
#include "service/keep.h"
#include <sys/types.h>

struct deliver {
	const char *dir;
	const struct channels *channels;
	int64_t (*now_ms)(void);
	void (*ident)(char out[IDENT_SIZE]);
	pid_t pid; /* after deliver_start() */
	int stop;  /* closing it is the sign to end */
};

/* Before any thread is started: it forks. */
bool deliver_start(struct deliver *, struct error *);
/* It begins nothing more; waited for at most so long, after which it ends alone with its last command. */
void deliver_stop(struct deliver *, int seconds);

#endif
