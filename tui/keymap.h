/* Keys to action lines. Defaults come from the program's table, the verbs' keys (in views with
   `cases`) and the view's bindings; [key] and [key "VIEW"] in the configuration win: `gl = view
   late`, and an empty line takes a key away. In bindings keys are written "gg", "<Ctrl-D>",
   "g<Tab>"; alone also "Enter". */
#ifndef TUI_KEYMAP_H
#define TUI_KEYMAP_H

#include "model/buf.h"
#include "model/config.h"
#include <stdbool.h>

struct view_ops;
struct keymap;

struct binding {
	const char *keys, *line;
};

extern const struct binding program_bindings[]; /* ends with a keyless one */

/* style: "letters", "ctrl" (no single letters: only with Ctrl, Alt, function and named keys),
   "none" (only arrows, Tab, Enter, Esc, `:` and function keys). problems: one sentence a line for
   keys nobody knows. */
struct keymap *keymap_new(const struct config *, struct buf *problems);
void keymap_free(struct keymap *);

/* The line of these keys in this view, or NULL. *more: a longer sequence begins with them. */
const char *keymap_find(
	const struct keymap *, const struct view_ops *, const int *keys, int count, bool *more);

/* Every binding valid in this view, in the order of help. i from 0; false after the last. */
struct keymap_row {
	const char *keys; /* as shown: "gg", "Ctrl-D" */
	const char *line, *help;
};
bool keymap_row(const struct keymap *, const struct view_ops *, int i, struct keymap_row *);

/* The shortest keys for a line here, as shown; NULL: none. */
const char *keymap_keys(const struct keymap *, const struct view_ops *, const char *line);

#endif
