/* A text written in the person's editor, from the command line. */
#ifndef CLI_WRITE_H
#define CLI_WRITE_H

#include "model/buf.h"
#include "model/config.h"
#include "model/error.h"

/* Opens the editor on an empty private file and returns what was saved; free() it. NULL with err.
   file: its path; it stays, so that a text is not lost before it is in the outbox. */
char *write_text(const struct config *, struct buf *file, struct error *);

#endif
