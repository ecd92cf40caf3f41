/* One question to several services: each answers, or fails, for its own part. */
#ifndef CLI_PARTS_H
#define CLI_PARTS_H

#include "cli/session.h"

enum { PARTS_MOST = 64 };

struct part {
	const char *service;
	struct wish wish;
};

struct parts {
	struct part list[PARTS_MOST];
	int count;
};

/* One for each service; source: for that one alone. */
void parts_begin(struct parts *, struct session *, const char *source);

/* Until each has answered or is given up. */
void parts_wait(struct parts *, struct session *);

/* What is known here of a part that failed: whether anything is, and when it was last answered. */
typedef bool part_known(void *ctx, struct session *, const char *service, time_t *fetched);

/* Tells standard error of the parts that failed. One service: as session_makes_do(). Of several the
   others' rows stand: false only when none answered and nothing is known. What is missing without a
   stand-in goes into session.lacking. */
bool parts_tell(struct parts *, struct session *, part_known *, void *ctx, struct error *);

#endif
