/* What must be true of the records whatever happened: the service's own rules, each as a question that finds
   the rows that break it. */
#ifndef SERVICE_CHECK_H
#define SERVICE_CHECK_H

#include "service/base.h"

/* Appends a line for each rule that is broken. */
void check_rules(struct base *, struct buf *problems);
/* The same, and what the database itself complains of; in a transaction of its own. */
void check_all(struct base *, struct buf *problems);

#endif
