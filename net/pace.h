/* How fast a service answers against its best of late, and how many questions at once that allows: a
   server that slows down has too many already, and one that recovers takes more again. */
#ifndef NET_PACE_H
#define NET_PACE_H

#include "net/service.h"

struct pace {
	int most;    /* as configured, or as the driver says */
	int at_once; /* now */
	int calm;    /* answers in a row that came as fast as they do */
	double strain; /* how many times as long as at best, smoothed; 1: as fast as ever */
	double best_ms[CALL_COUNT];
};

void pace_init(struct pace *, int most);
/* An answer that was served in so long. true: at_once is another now. */
bool pace_answer(struct pace *, enum call_kind, double served_ms);
/* It said that it is busy, or said nothing in time. */
bool pace_trouble(struct pace *);

#endif
