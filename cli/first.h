/* The first start, without any configuration, on a terminal: try it, or connect to a service. */
#ifndef CLI_FIRST_H
#define CLI_FIRST_H

#include "model/config.h"

enum first_choice { FIRST_LEAVE, FIRST_DEMO, FIRST_CONNECTED };

/* Asks; after FIRST_CONNECTED the user's configuration names a service that answered. */
enum first_choice first_run(struct error *);

/* Whether this service of the configuration (NULL: all) answers with what it gives it; for login
   too. An earlier login does not count. */
bool first_check(const struct config *, const char *service, struct error *);

#endif
