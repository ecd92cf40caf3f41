/* The last rows: 22 hints, 23 status (place, marked, outbox, conflicts, age of the sync, who,
   clock), 24 the message or the sentence that names the focus. */
#ifndef TUI_STATUS_H
#define TUI_STATUS_H

#include "tui/view.h"

struct status;

struct status *status_new(struct app *);
void status_free(struct status *);

int status_rows(const struct app *); /* 3, or 2 with ui.hints=no */
void status_say(struct status *, enum style, const char *text); /* until the next key */
/* What was said just now goes by itself after so long: it is no longer true then. */
void status_brief(struct status *, int ms);
void status_key(struct status *);				/* a key was pressed */
/* Shown over the hints: what can follow an unfinished sequence. NULL: no more. */
void status_continuations(struct status *, const char *text);
void status_draw_step(struct status *, struct screen *); /* rows 23 and 24 over what stands */
/* The hints that row 22 has no room for, for a view that shows them all; appended. */
void status_hints_left(struct app *, struct buf *);
void status_draw(struct status *, struct screen *);

/* "sync live", "sync 4 min ago", "offline since 18:20", "no service"; appended. */
void status_sync(struct app *, struct buf *, enum style *);

#endif
