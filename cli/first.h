/* The first start, without any configuration, on a terminal: try it, or connect to a service. */
#ifndef CLI_FIRST_H
#define CLI_FIRST_H

#include "model/config.h"

enum first_choice { FIRST_LEAVE, FIRST_DEMO, FIRST_CONNECTED };

/* Asks; after FIRST_CONNECTED the user's configuration names a service that answered. */
enum first_choice first_run(struct error *);

/* Whether the services of this configuration answer with what it gives them; for login too. */
bool first_check(const struct config *, struct error *);

#endif
