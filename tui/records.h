/* The records of one person as lines: each fact with the services it comes from, and the records
   themselves with what joins them. What may not be seen of a record is not in them. */
#ifndef TUI_RECORDS_H
#define TUI_RECORDS_H

#include "model/store.h"
#include "tui/lines.h"
#include "tui/show.h"

/* What may be seen of one record. */
struct sight {
	bool closed; /* its service wants a reason first: nothing but that it is there */
	bool shown;  /* its secrets were asked for with a reason, and its service has noted it */
};

struct records {
	struct person person;
	struct sight sights[PERSON_MOST]; /* of the joined ones, in their order */
};

const struct citizen *records_first(const struct records *); /* NULL: unknown */
bool records_many(const struct records *);		     /* more than one is joined */
/* Whether an address is kept back: one guarded record guards those of all. */
bool records_hidden(const struct records *);
/* The first that has this field, of those that may be seen; NULL: none. */
const char *records_text(const struct records *, const char *field);
void records_born(struct buf *, const struct records *, int record); /* "1990-**", or all of it */
/* "city+rt": the services of those joined. */
void records_services(struct buf *, const struct records *);
int records_likely(const struct records *);

/* Lines whose id is the field, or FIELD@KEY for a record other than the first. */
void records_details(struct lines *, const struct records *, const struct show *);
/* Lines whose id is @KEY of the record. */
void records_list(struct lines *, const struct records *, const struct show *);
/* "city #p1" */
void records_name(struct buf *, const struct citizen *);

#endif
