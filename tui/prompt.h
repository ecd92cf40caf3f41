/* The line at the bottom: readline's callback interface, so ~/.inputrc, history and completion are
   what people know, while ncurses draws it and the one loop goes on. One prompt at a time, since
   readline keeps its state in the process. */
#ifndef TUI_PROMPT_H
#define TUI_PROMPT_H

#include "model/error.h"
#include "tui/input.h"
#include "tui/screen.h"

struct app;
struct prompt;

struct prompt_ask {
	const char *label;   /* ":" "/" "Token for city: " */
	const char *begin;   /* text already there, or NULL */
	const char *history; /* its history's name ("command", "filter", "find"), kept over
				sessions; or NULL */
	bool hidden;	     /* tokens: drawn as nothing, never in a history */
	bool commands;	     /* Tab completes action lines */
	void (*changed)(void *ctx, const char *line);  /* after every key: as you type; or NULL */
	void (*done)(void *ctx, const char *line);     /* NULL: Esc */
	/* Keys the prompt has no use for (arrows up and down in a live filter), before readline:
	   true: taken. */
	bool (*key)(void *ctx, int key);
	void *ctx;
};

struct prompt *prompt_new(struct app *);
void prompt_free(struct prompt *);

void prompt_open(struct prompt *, const struct prompt_ask *); /* label, begin, history are copied */
void prompt_close(struct prompt *);			      /* as Esc, without a call to done */
bool prompt_is_open(const struct prompt *);
const char *prompt_text(const struct prompt *);

void prompt_key(struct prompt *, const struct input_event *);
void prompt_draw(struct prompt *, struct screen *); /* row 24; sets the focus */

#endif
