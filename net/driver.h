/* What drivers share that speak to services which promise little: a yes that proves nothing, lists of
   words of which one sees a part, sentences in the server's language. */
#ifndef NET_DRIVER_H
#define NET_DRIVER_H

#include "model/json.h"
#include "net/service.h"

/* What a status says that is the same everywhere (403, 404, 412, 429, 502 ...): kind, sentence, status
   and when to come again. false: the kind is a guess, and there is no sentence yet. */
bool driver_failed(const struct response *, struct error *);

/* The server's own sentences out of a list of texts, made harmless, "; " between. */
void driver_sentences(struct buf *out, const struct json *list);

/* The header Authorization for a name and a password (RFC 7617); nothing of it stays in memory. */
void driver_basic(struct request *, const char *user, const char *password);

/* Overwritten, then freed; NULL is fine. */
void driver_wipe(char *secret);

/* Who I am to this service, for query_match(). */
struct query_now driver_now(const struct service *);

/* Text as it was and as it came back: NULL is "", and line ends come in either form. */
bool driver_same(const char *a, const char *b);

/* Words (tags, links) are a set of which others change other parts: ours over those that are there
   now, and whether what we added is there and what we took away is not. */
const char *driver_words_over(const struct change *, const char *now, struct arena *);
bool driver_words_met(const struct change *, const char *now, struct arena *);

/* What did not take, as people say it, one after the other: "Due (now 3 Nov), District (now empty)". */
void driver_unmet(struct buf *, const char *field, const char *now);
const char *driver_label(const char *field); /* as it is called on the screen */

#endif
