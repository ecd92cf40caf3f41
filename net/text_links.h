/* Links to cases of other services, where a service has no place for them: lines of the case's text,
   "refers-to: https://...", which people may read and write there as well. */
#ifndef NET_TEXT_LINKS_H
#define NET_TEXT_LINKS_H

#include "model/patch.h"

bool link_is_address(const char *link); /* "refers-to:https://..." */

/* What a patch says of links; empty where it says nothing of them. */
struct change links_change(const struct patch *);

/* The next of `words` that `without` has not, an address or none; NULL after the last. */
const char *link_next(const char **words, const char *without, bool address, struct arena *);

/* Adds those in the text to the links of a case. */
void text_links_read(const char *text, struct casefile *, struct arena *);

/* The text without the lines of links taken away, with those of new ones that `now` has not. */
const char *text_links_put(const char *text, const struct patch *, const struct casefile *now,
	struct arena *);

/* Whether all addresses the patch adds are there, and none it takes away. */
bool text_links_met(const struct patch *, const struct casefile *now, struct arena *);

#endif
