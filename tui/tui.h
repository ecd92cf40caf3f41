/* The full-screen program. */
#ifndef TUI_TUI_H
#define TUI_TUI_H

#include "model/config.h"
#include "model/store.h"
#include "tui/view.h"

/* All may be NULL or false. */
struct tui_options {
	const char *line;   /* an action line to begin with: "view case C-104233", "find okafor" */
	const char *notice; /* a sentence to show first */
	const char *color;  /* "always", "never", "auto" */
	bool sample;	    /* the data is made up: row 1 says so */
};

/* Runs until the person quits; the terminal is then as it was. Gives the exit code. The store stays
   the caller's. Without a terminal: 2 and a sentence on standard error. */
int tui_run(const struct config *, struct store *, const struct tui_options *);

/* Ends the program: what is held is sent, for at most 5 s; asked a second time it ends at once. */
void tui_quit(struct app *);
/* Ctrl-Z. */
void tui_suspend(struct app *);
/* Ctrl-C: the second within 2 s ends the program. */
void tui_interrupt(struct app *);
/* While another program has the terminal, its keys are its own. */
void tui_keys_pause(struct app *);
void tui_keys_resume(struct app *);

#endif
