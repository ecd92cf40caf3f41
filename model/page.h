/* A pile of any of these, with the arena that owns every string and struct in it. One page_clear()
   frees it all. `struct page p = {0};` is an empty one; total is -1 where nobody said. */
#ifndef MODEL_PAGE_H
#define MODEL_PAGE_H

#include "model/arena.h"
#include "model/casefile.h"
#include "model/citizen.h"
#include "model/event.h"
#include "model/kind.h"
#include "model/worker.h"

struct page {
	struct arena arena;
	struct casefile *cases;
	int case_count;
	struct citizen *citizens;
	int citizen_count;
	struct event *events;
	int event_count;
	struct worker *workers;
	int worker_count;
	struct team *teams;
	int team_count;
	struct answer_template *templates;
	int template_count;
	struct kind *kinds;
	int kind_count;
	struct access *accesses;
	int access_count;
	struct right *rights;
	int right_count;
	struct profile *profile; /* NULL or one */
	const char *next;	 /* where the following page starts; NULL at the end */
	int total;		 /* -1: the service does not say (set by page_init) */
	bool stored;		 /* the cases are in the store already: only their order is new */
	bool repaired;		 /* a record held bytes that are not UTF-8 */
	int left_out;		 /* records that could not be read, */
	const char *flaw;	 /* and why not, of the first */
	/* Of a new thing that is there, but not as it was asked for: the sentence, told once, and its
	   fields that did not take (words), which become a refused change of their own behind it. */
	const char *told, *unmet;
};

void page_init(struct page *); /* empty, total -1 */

/* Each adds one zeroed row and returns it; the pointer holds until the next add. */
struct casefile *page_add_case(struct page *);
struct citizen *page_add_citizen(struct page *);
struct event *page_add_event(struct page *);
struct worker *page_add_worker(struct page *);
struct team *page_add_team(struct page *);
struct answer_template *page_add_template(struct page *);
struct kind *page_add_kind(struct page *);
struct access *page_add_access(struct page *);
struct right *page_add_right(struct page *);
struct profile *page_set_profile(struct page *);

void page_clear(struct page *);

#endif
