/* Time: RFC 3339 in and out, how people say it, and the words of a query. Instants are time_t in
   UTC; what people read is in the local zone (localtime_r). `now` always comes from outside. */
#ifndef MODEL_WHEN_H
#define MODEL_WHEN_H

#include "model/buf.h"
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

enum { WHEN_SIZE = 24 };

/* RFC 3339 with any offset, or a bare date (00:00 UTC). false: not one. */
bool when_read(const char *text, time_t *out);
bool when_read_ms(const char *text, int64_t *out_ms);
void when_write(char out[WHEN_SIZE], time_t at);	    /* 2026-11-03T08:15:30Z */

/* A query's value: now today yesterday tomorrow -7d +2w +3h -1m (months) or a date; days begin at
   local midnight. false: none of these. */
bool when_value(const char *text, time_t now, time_t *out);

/* What a person types as a due date: the above, and 3d, 2w, monday, 15 Aug, 15 Aug 17:00,
 * 2026-08-15. */
bool when_typed(const char *text, time_t now, time_t *out);

void when_ago(struct buf *, time_t at, time_t now);  /* "just now", "4 min ago", "3 days ago" */
void when_span(struct buf *, int64_t seconds);	     /* "4m", "5h12", "3d" */
void when_due(struct buf *, time_t due, time_t now); /* "-2d LATE", "today", "3d", "" when 0 */
void when_stamp(
	struct buf *, time_t at, time_t now); /* "13 Aug 09:02"; with the year when not this */

/* The end (17:00 local) of the day that many working days (Monday to Friday) after from. */
time_t when_working_days(time_t from, int days);

#endif
