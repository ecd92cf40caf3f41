/* What of a person is masked until it is asked for with a reason: the national or municipal reference, the
   day of birth (its year stays), and the fields a kind of case calls sensitive. What is masked is the
   copy that is shown or printed, never what is kept or sent. */
#ifndef MODEL_SECRET_H
#define MODEL_SECRET_H

#include "model/page.h"
#include "model/patch.h"

#define SECRET_STARS "******"

/* Whether a field of a citizen (born, ref) or of a case of that kind ("fields.NAME", or NAME alone) is.
   kind NULL: of a case that has one nobody here knows yet; then each of its fields is. */
bool secret_of_citizen(const char *field);
bool secret_of_case(const struct kind *, const char *field);

/* The same of a field of a row of the outbox; cf: its case, as far as it is known (NULL: its kind is not). */
bool secret_of_patch(const struct patch *, const struct casefile *, const struct page *people,
	const char *field);

/* As it may be seen: "1966-**" of a whole date of birth, stars for anything else; NULL stays NULL. */
const char *secret_masked(const char *field, const char *text, struct arena *);

void secret_mask_citizen(struct citizen *, struct arena *);
/* people: where kinds are found, each by its service; the texts go into the page's arena. */
void secret_mask_cases(struct page *cases, const struct page *people);
/* The changes an event tells, of this case. */
void secret_mask_events(struct page *events, const struct casefile *, const struct page *people);
/* What a row of the outbox, or of a plan, changes, and what the others made of it. cf: its case, as far as
   it is known (NULL: its kind is not). */
void secret_mask_patch(struct patch *, const struct casefile *, const struct page *people);

#endif
