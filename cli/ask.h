/* Questions on a plain terminal, before and beside the screen. Nothing is asked where standard
   input is none: the caller looks at that first. */
#ifndef CLI_ASK_H
#define CLI_ASK_H

#include "model/buf.h"
#include "model/error.h"

/* One line, its end taken off. false: the end of input or Ctrl-C. */
bool ask_line(const char *question, struct buf *answer);
/* The same without showing what is typed; pasting works. Wipe it with ask_wipe(). */
bool ask_secret(const char *question, struct buf *answer);
void ask_wipe(struct buf *secret);

#endif
