/* Made-up data from a seed, for trying and for tests. */
#ifndef SERVICE_SAMPLE_H
#define SERVICE_SAMPLE_H

#include "service/keep.h"

/* Fills an empty base, in one transaction of its own: kinds, templates, teams, workers, citizens,
   cases. The first worker is s.rossi of team refuse. */
bool sample_fill(struct keep *, unsigned seed, struct error *);

#endif
