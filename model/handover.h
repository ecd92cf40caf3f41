/* A case given from one service to another: what the new case says, so that nobody is asked for the
   story twice. The old case keeps everything; what cannot travel is named with where it is. */
#ifndef MODEL_HANDOVER_H
#define MODEL_HANDOVER_H

#include "model/buf.h"
#include "model/page.h"

enum { HANDOVER_MOST = 60000 }; /* bytes of the text; the middle of a longer history is left out */

/* Appends the whole story for colleagues, an internal note of the new case: where it comes from, whose
   it is, and the timeline, oldest first. timeline: the entries of the case, as store_events() gives
   them; citizen and url (of the old case) may be NULL. A guarded address does not travel. Plain
   text, LF only. */
void handover_text(struct buf *out, const struct casefile *, const char *url,
	const struct citizen *, const struct page *timeline);

/* Appends the first text of the new case, which the citizen may come to read or be mailed: what they
   asked and were told, nothing internal. */
void handover_words(struct buf *out, const struct casefile *, const struct page *timeline);

#endif
