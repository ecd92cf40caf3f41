/* How often one may ask: a bucket for each token (or worker of the proxy), filled at a steady rate up to a
   minute's worth, so that a client's bulk goes through and a script that reads everybody does not. A fixed
   amount of memory: the table forgets who has been quiet longest, whose bucket is the fullest. */
#ifndef SERVICE_RATE_H
#define SERVICE_RATE_H

#include <stdbool.h>
#include <stdint.h>

enum { RATE_BURST_S = 60 };

struct rate;

/* a_second requests, and RATE_BURST_S seconds' worth saved up; 0: no limit, and NULL. */
struct rate *rate_new(int a_second);
void rate_free(struct rate *);

struct rate_left {
	bool may;
	int left;   /* requests that may follow at once */
	int wait_s; /* until the next may, when this one may not; at least 1 */
};

/* Takes one for this key at this time (monotonic). */
struct rate_left rate_take(struct rate *, const char *key, int64_t now_ms);
int rate_burst(const struct rate *);

#endif
