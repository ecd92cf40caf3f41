/* Tables of cases and citizens, as several commands print them. */
#ifndef CLI_ROWS_H
#define CLI_ROWS_H

#include "cli/command.h"

/* columns: names with commas between, NULL for the usual ones. Prints in the form that was asked
 * for. */
bool rows_cases(struct session *, const struct page *, const char *columns, struct error *);
/* One row a person, whichever services they are in (model/person.h). */
bool rows_citizens(struct session *, const struct page *, bool unmask, struct error *);
/* --unmask: whether what is masked is shown, for a reason that goes to the service: --purpose, or asked for
   where a person can be. false: there is none, with err. */
bool rows_unmask(struct session *, bool *unmask, struct error *);
/* Whether the secrets of a record of that service may be shown: it is there to note the asking. Says so where
   it keeps no access log. */
bool rows_unmasked(struct session *, const char *service);
/* Masks what is secret in cases and, with one case, in its events; asks for the kinds it takes to know. */
void rows_mask(struct session *, struct page *);
/* The same of a row of the outbox or of a plan. */
void rows_mask_patch(struct session *, struct patch *);
/* Takes the address away, because another record of the same person keeps it secret. */
void rows_guard(struct citizen *);

/* --json=help: the names that --json=FIELDS takes. true: they were printed, and that is all. */
bool rows_case_help(struct session *);
bool rows_citizen_help(struct session *);

/* What --json knows of a case and a citizen; ends with NULL. */
extern const char *const json_case_names[], *const json_citizen_names[];

#endif
