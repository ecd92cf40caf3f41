/* Several services on one screen: whose names, which number, who is away. */
#ifndef TUI_SEVERAL_H
#define TUI_SEVERAL_H

#include "net/service.h"
#include "tui/show.h"
#include "tui/view.h"

enum { SERVICES_SHOWN = 64 };

/* Whether more than one service is configured. */
bool several(const struct app *);

/* What a case is called where it stands alone: "city/2026-000417" with several services, always, not
   only where two of them use the number: what two services use changes from day to day, and a case
   keeps its name. In a list the SOURCE column says it, so that numbers stand under each other. */
void several_name(struct buf *, const struct app *, const char *service, const char *number);
void several_case_name(struct buf *, const struct app *, const struct casefile *);

/* Columns of the longest name that is configured. */
int several_width(const struct app *);

/* "city, rt": whose data it is, where there are several. */
void several_names(struct buf *, const struct app *);

/* Who one is at work: the name in each service, each once. */
void several_me(struct buf *, struct app *);

/* Whether that service (NULL: any of them) answers such a call; true as long as nobody knows. */
bool several_answers(struct app *, const char *service, enum call_kind);

/* How things of that service are shown: me and the names of teams are its own. */
struct show several_show(struct app *, const char *service);

/* Where something new goes: the setting source, else the first. NULL: none is configured. */
const char *several_new(const struct app *);

/* Names of the services that are away, or want a login; ends with NULL. They are the
   configuration's. */
const char *const *several_away(struct app *, const char *list[SERVICES_SHOWN + 1]);

/* Who is away, for row 23: "rt offline since 14:05", "rt sign-in needed", "rt, town offline"; false:
   nobody. */
bool several_sync(struct app *, struct buf *);

/* ", as of 14:02, rt is away since 14:05," behind a case's name: for a case of a service that is; else nothing. */
void several_age(struct buf *, struct app *, const struct casefile *);

#endif
