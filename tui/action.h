/* An action line finds its owner: the actions of the view, the program's, then the verbs. A line is
   what could be typed after `:`; for a verb also what could follow `caseload`. */
#ifndef TUI_ACTION_H
#define TUI_ACTION_H

#include "model/error.h"
#include "model/patch.h"
#include "model/verb.h"
#include <time.h>

struct app;
struct view;
struct view_ops;
struct acts; /* what was done, for undo and repeat */

struct action {
	const char *name;
	const char *args; /* "[ARG]", "ARG" or NULL */
	const char *help; /* one sentence, through _() */
	/* argv[0] is the first argument. */
	bool (*run)(struct view *, int argc, const char *const *argv, struct error *);
	/* Whether it means something in such a view; NULL: everywhere. */
	bool (*here)(const struct view_ops *);
};

/* The program's own; ends with a nameless one. */
extern const struct action program_actions[];

struct acts *acts_new(void);
void acts_free(struct acts *);

/* What was done and can still be tried to undo; the newest first, from 0: of this session, then what
   acts_look_back() found. false: no more. number: of its first case, or NULL. */
struct act_row {
	const char *line, *number;
	int count; /* of cases */
	time_t at;
	bool for_good; /* it has left, and nothing undoes it */
};
bool acts_row(struct app *, int i, struct act_row *);
/* Reads what was accepted before this session, or meanwhile from a command, and was not taken back. */
void acts_look_back(struct app *);
/* What was said of two citizens' records is such an act too; pair names the two. */
void acts_said(struct app *, int64_t said, const char *line, const char *pair);
/* Takes that act back; the others stay as they are. Row 24 says what became of it. */
bool action_undo(struct app *, int i, struct error *);

/* Runs one line; a failure is shown in row 24. */
void action_line(struct app *, const char *line);
bool action_run(struct app *, const char *line, struct error *);

/* A verb over the targets of the view: one case is posted at once, several are previewed first.
   With arguments missing, the view that asks for them, or the prompt, is opened. */
bool action_verb(
	struct app *, const struct verb *, int argc, const char *const *argv, struct error *);

/* Posts these patches as one act (all or none), so that `u` takes them back together. line: as `!`
   and the outbox show it. What reaches the citizen is held for send.hold seconds. said: what row 24
   says, or NULL for the usual sentence. For forms, compose and pickers that made their own
   patches. */
bool action_post(struct app *, struct patch *const *, int count, const char *line,
	bool reaches_citizen, const char *said, struct error *);
/* A plan's rows that are not refused, the same way. */
bool action_post_plan(struct app *, struct plan *, const char *line, struct error *);

/* Splits a line: words, 'single' and "double" quotes, backslash. In one block the caller frees;
   ends with NULL. NULL: a quote is not closed. */
char **action_split(const char *line, int *count);
/* The other way: quoted where needed; appended. */
void action_join(struct buf *, int argc, const char *const *argv);

/* Words a line completes to at byte `at`: candidates appended one a line. *start: where the
   word begins. */
void action_complete(struct app *, const char *line, int at, int *start, struct buf *words);

/* What was written in a row that is given up becomes a draft. */
bool action_keep_text(struct app *, const struct patch *, struct error *);

/* The action of this name in this table, NULL: none. */
const struct action *action_find(const struct action *table, const char *name);
/* Who I am, and what words mean, to one service (NULL: the first). */
struct verb_input action_input(
	struct app *, const char *service, int argc, const char *const *argv);
/* The plan of a verb over the targets of a view; both are cleared by the caller. */
bool action_plan(struct view *, const struct verb *, int argc, const char *const *argv,
		 struct page *targets, struct plan *, struct error *);

/* What `.` does next, where that is more than the verb's own line: the review of the
   same template. */
void action_remember(struct app *, const char *line);

#endif
