/* The locked screen: nothing of what stood there is left, no key reaches what is beneath, and only who
   knows the passphrase (model/passphrase.h), or the token or password a service took from this session,
   comes back to it. The loop goes on: what waits is sent, drafts are saved, news go into the store;
   none of it is shown. What is typed is kept here, not in the prompt, so that a line that was half
   typed is still there afterwards. */
#ifndef TUI_LOCK_H
#define TUI_LOCK_H

#include "tui/input.h"
#include "tui/view.h"

struct lock;

struct lock *lock_new(struct app *);
void lock_free(struct lock *);

bool lock_on(const struct app *);
/* Locks at once; where no passphrase was chosen, or with anew, it asks for one first. */
bool lock_now(struct app *, bool anew, struct error *);
/* Locks when no key came for lock.after seconds, time in which the machine slept or the program was
   stopped included; to be called before anything is drawn and before a key is taken. While another
   program has the terminal, its keys count. */
void lock_check(struct app *);
/* The editor has given the terminal back: what was typed there counts. Before anything is drawn. */
void lock_back(struct app *);
void lock_touch(struct app *); /* a key came */
/* A key while it is locked. true: it has just opened; what else was typed ahead is to be dropped. */
bool lock_key(struct app *, const struct input_event *);
void lock_draw(struct app *, struct screen *);

#endif
