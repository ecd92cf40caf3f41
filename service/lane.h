/* A thread with a queue before it, first in first out. The writer is one, slow reads are another.
 */
#ifndef SERVICE_LANE_H
#define SERVICE_LANE_H

#include "model/error.h"

struct lane;

struct job {
	struct job *next;
};

/* work is given what stood in the queue, oldest first, at most `most` of them; it owns the jobs
   from then on. NULL when no thread can be had. */
struct lane *lane_new(void (*work)(void *ctx, struct job *list), void *ctx, int most);
void lane_add(struct lane *, struct job *);
/* Does what is still in the queue, then ends the thread. */
void lane_free(struct lane *);

#endif
