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

/* A time in RFC 3339, 0: none; a date is a day until its end, here, and the day of a moment. */
time_t driver_time(const struct json *, const char *name);
time_t driver_day_end(const char *day);
const char *driver_day(time_t, struct arena *);

/* A bare word or phrase; whether a case fits one term of a query, whatever else is asked. */
bool driver_is_word(const struct term *);
bool driver_holds(const struct service *, const struct term *, const struct casefile *);

/* A setting of this service's section; whether a name is among those of one, commas between. */
const char *driver_option(const struct service *, const char *key, const char *otherwise);
bool driver_lists(const char *setting, const char *name);

/* Lists that are asked for by where they begin: the mark of the page behind this one, "100/523/50" (from,
   of how many, so many a page; atoi() reads from), NULL: there is none. driver_page_after is one for
   service_ops. */
const char *driver_page(int from, int size, int64_t total, struct arena *);
const char *driver_page_after(const char *next, int nr, struct arena *);

/* event.files with one more; NULL at first. */
const char *driver_file(const char *files, const struct attachment *, struct arena *);

/* Words (tags, links) are a set of which others change other parts: ours over those that are there
   now, and whether what we added is there and what we took away is not. */
const char *driver_words_over(const struct change *, const char *now, struct arena *);
bool driver_words_met(const struct change *, const char *now, struct arena *);

/* What did not take, as people say it, one after the other: "Due (now 3 Nov), District (now empty)". */
void driver_unmet(struct buf *, const char *field, const char *now);
const char *driver_label(const char *field); /* as it is called on the screen */

#endif
