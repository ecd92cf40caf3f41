/* The lines above a case, and what a view needs to know to tell one: read together, told apart. */
#ifndef TUI_CASE_HEAD_H
#define TUI_CASE_HEAD_H

#include "model/store.h"
#include "tui/screen.h"
#include "tui/show.h"
#include "tui/view.h"

/* A case with its citizen, as far as the store knows them. */
struct case_facts {
	struct page page;   /* one case, and its citizen when known */
	const struct casefile *cf;
	const struct citizen *citizen; /* NULL: not known here */
	int64_t citizen_key;
	const char *services; /* "city+rt": who else has records of this citizen; NULL: nobody */
	bool guarded;	      /* the address, by any of them */
	const char *advisory; /* what its service cannot promise, in a few words; or NULL */
};

/* false: the store does not know the case (any more). */
bool case_facts_load(struct case_facts *, struct app *, int64_t key);
void case_facts_clear(struct case_facts *);
/* "@KEY", a number or an identifier, as views get it; 0 with err when it is unknown here. */
int64_t case_key_read(struct app *, const char *arg, struct error *);
/* Our key of a case by what is typed, with NAME/ before it or not; 0: unknown, -1: of several
   services. */
int64_t case_key_known(struct app *, const char *ref);
/* Cuts NAME/ of a configured service off and gives that name; NULL: none stands there. */
const char *case_named_service(const struct app *, const char **ref);

enum { CASE_WIDE_COLUMNS = 120, CASE_SIDE_COLUMNS = 58 };

struct show show_now(struct app *); /* who I am, the people, the time */
struct show case_show(struct app *, const struct case_facts *); /* the same to its service */

/* What is to be known of the hand the case is in, in a few words, while a form stands open over it
   (sync_hand()); appended, nothing when there is nothing to say. And the whole sentence. */
void hand_words(struct app *, int64_t key, struct buf *out);
bool hand_sentence(struct app *, int64_t key, struct buf *out);
/* Says it in row 24 when it is somebody else's since *last, or ran out. For a view's load. */
void hand_watch(struct app *, int64_t key, enum hand *last);

/* Draws from row 0 on and gives the first free row. */
int case_head_draw(const struct case_facts *, const struct show *, struct screen *, int cols);

#endif
