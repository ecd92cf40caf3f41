/* `caseload --demo`: a private caseloadd with made-up data on a free loopback port, and a
   configuration that names it. Everything lives in directories of its own (caseload-demo), kept for
   the next time. To the rest of the client it is a service like any other. */
#ifndef CLI_DEMO_H
#define CLI_DEMO_H

#include "model/buf.h"
#include "model/error.h"

#include <sys/types.h>

struct demo {
	pid_t pid;	   /* of the service; 0: another demo's is used */
	int lock;	   /* held while it runs */
	struct buf config; /* the file to read in place of the site's and the user's */
};

bool demo_start(struct demo *, struct error *);
void demo_stop(struct demo *);

#endif
