/* The stack of views. The file name is the registration: tui/view_x.c defines `const struct
   view_ops view_x`; the line `view x ARG` opens it. A view draws rows 0 to view_rows()-1; the last
   rows are the program's (hints, status, sentence). It keeps keys, never cases: what it shows it
   reads again in load(). */
#ifndef TUI_VIEW_H
#define TUI_VIEW_H

#include "model/config.h"
#include "model/store.h"
#include "model/verb.h"
#include "net/sync.h"
#include "tui/action.h"
#include "tui/keymap.h"
#include "tui/screen.h"

struct app;
struct editing;
struct lock;
struct tui;
struct prompt;
struct status;
struct acts;

struct view {
	const struct view_ops *ops;
	struct app *app;
	struct view *below;
	unsigned long seen; /* store_changed() at the last load */
	bool stale;	    /* load again before the next draw: view_reload() */
	void *own;	    /* own_size bytes, zeroed */
};

struct view_ops {
	const char *name;  /* as in `view NAME`, [key "NAME"]; never translated */
	const char *title; /* through _() */
	size_t own_size;

	/* arg: what stood after `view NAME`, or NULL. A case or citizen as arg is a number, an
	   identifier, or "@KEY": our key in the store. false: it is not opened and the sentence is shown. */
	bool (*open)(struct view *, const char *arg, struct error *);
	void (*load)(struct view *);		     /* the store changed: read your window again */
	void (*draw)(struct view *, struct screen *); /* ends with screen_focus() */
	/* May be missing: after app_stepped(), over what stands, only what a step of the focus changed.
	   false: that was more; then everything is drawn. */
	bool (*draw_step)(struct view *, struct screen *);
	void (*close)(struct view *);		     /* sync_forget(v) is done for you */

	/* All of these may be missing. */
	bool (*key)(struct view *, int key); /* before the keymap: true: taken (forms, filters) */
	bool (*paste)(struct view *, const char *text);	  /* false: refused, and said so */
	void (*say)(struct view *, struct buf *); /* one sentence naming what is focused: row 24 */
	void (*place)(struct view *, struct buf *); /* start of row 23: "Worklist 1/14  marked 2" */
	/* The cases a verb acts on: the marked ones, else the focused one, as the
	   screen shows them. */
	bool (*targets)(struct view *, struct page *, struct error *);
	int64_t (*citizen)(struct view *); /* key of the citizen in focus (gc); 0: none */
	/* Moves the focus by so many cases and gives the new one's key; 0: no further.
	   For J and K above it. */
	int64_t (*step)(struct view *, int by);
	int64_t (*next)(struct view *); /* the key of the case after the one in focus, which stays; 0: none */
	void (*where)(struct view *, struct buf *);	  /* "1/14 of Mine": for the view above */
	void (*acted)(struct view *, const struct plan *); /* a verb was posted: marks go */

	/* Whether a line of hints means something as the view stands now; missing: each does. */
	bool (*offers)(struct view *, const char *line);
	const struct hint *hints; /* row 22, in this order as they fit; ends with a lineless one */
	const struct action *actions;	/* ends with a nameless one */
	const struct binding *bindings; /* defaults; the user's win; ends with a keyless one */
	bool cases;		/* verbs' keys work here (targets is there) */
	bool cover; /* draws over the view below, which is drawn first: pickers, previews */
	const char *asks_for; /* words: verbs whose missing arguments this view asks for; it is
				 opened with the line as arg ("reply", "state") over the view with
				 the targets */
};

struct hint {
	const char *line; /* its key is looked up, so that a rebound key shows */
	const char *label;
};

struct app {
	const struct config *config;
	struct loop *loop;
	struct store *store;
	struct sync *sync; /* NULL until the first screen stands */
	struct screen *screen;
	struct keymap *keymap;
	struct prompt *prompt;
	struct status *status;
	struct acts *acts;
	struct view *view;    /* the one with the cursor */
	struct page people;   /* workers, teams, templates, kinds of every service: app_people() */
	struct page people_before; /* until the next time: whoever draws may hold what is in it */
	unsigned long people_seen;
	const char *me, *team; /* of the first service; NULL until it is known. In people's arena */
	const struct query_who *who; /* of each service; in people's arena too */
	int who_count;
	struct profile *profiles; /* the same */
	int profile_count;
	bool dirty;	      /* something changed: draw before sleep */
	bool stepped;	      /* the focus moved, and that is all */
	bool quiet;	      /* ui.quiet: drawn only after a key, or what a view asked for itself */
	bool wanted;	      /* view_reload() was called since the last draw */
	struct tui *tui;      /* tui.c's own */
	struct editing *editing; /* the editor that has the terminal, or NULL */
	struct lock *lock;
};

extern const struct view_ops *const view_list[]; /* made by the Makefile, ends with NULL */

const struct view_ops *view_find(const char *name);
/* The view that asks for this verb's arguments, or NULL. */
const struct view_ops *view_asking(const char *verb);

bool view_open(struct app *, const char *name, const char *arg, struct error *);
void view_close(struct app *); /* the top one; the last one stays */
void view_close_all(struct app *);
void view_reload(struct view *);
void view_settle(struct view *); /* loads now what view_reload() asked for: before a key acts on it */
void view_draw(struct app *);  /* loads what is stale, draws, with rows 22 to 24 */
bool view_draw_step(struct app *); /* the same for a step alone; false: it takes view_draw() */

int view_rows(const struct view *); /* rows of the view, from row 0 */
int view_cols(const struct view *);

/* Opens a case or a citizen by our key. */
bool view_case_open(struct app *, int64_t key, struct error *);
bool view_citizen_open(struct app *, int64_t key, struct error *);

/* ---- what views ask the program */

struct query_now app_now(struct app *);		 /* who I am, and the time */
const struct page *app_people(struct app *);	 /* read again when the store changed */
const struct profile *app_profile(struct app *, const char *service); /* NULL: unknown yet */
const char *app_setting(const struct app *, const char *name, const char *fallback);
bool app_flag(const struct app *, const char *name, bool fallback);
int app_number(const struct app *, const char *name, int fallback);
void app_dirty(struct app *);
void app_stepped(struct app *); /* only the focus moved: see draw_step */

/* Row 24, until the next key. */
void app_say(struct app *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void app_error(struct app *, const struct error *);

/* y or N in row 24 (Enter alone is no). done(ctx) only after yes. */
void app_confirm(struct app *, const char *question, void (*done)(void *ctx), void *ctx);

/* Gives the terminal to $VISUAL or $EDITOR on a private temporary file holding `text`; the loop
   goes on. done: text NULL: nothing changed or the editor failed (err says so). about: the draft the
   text is (object, kind, title), for when we are killed meanwhile; NULL: none. */
typedef void editor_done(void *ctx, const char *text, const struct error *err);
bool editor_open(struct app *, const char *text, const struct draft *about, editor_done *, void *ctx,
		 struct error *);
/* The editor that was just opened: what it writes down while it goes on is handed over at once. */
typedef void editor_saved(void *ctx, const char *text);
void editor_keep(struct app *, editor_saved *);
/* The program ends while the editor is open: it is hung up, what it saved is handed over, the file goes. */
void editor_abandon(struct app *);
/* What editors wrote down for programs that were killed before they took it becomes drafts. */
void editor_rescue(struct store *);

#endif
