/* What the reader of the configuration cannot know: whether queries, columns, keys and lines mean
 * something. */
#ifndef CLI_CHECK_H
#define CLI_CHECK_H

#include "model/config.h"

/* Every slip becomes a problem of the configuration: config_problem(). */
void check_config(struct config *);

#endif
