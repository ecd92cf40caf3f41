/* A command that is not a verb. The file name is the registration: cli/cmd_x.c defines
   `const struct command cmd_x`. --help, the manual's table and completion are written from it. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "cli/option.h"
#include "cli/print.h"
#include "model/config.h"
#include "model/store.h"
#include "net/loop.h"
#include "net/sync.h"

/* What a command runs in. */
struct session {
	struct config *config;
	struct given *given; /* its options, and the common ones */
	struct print *print;
	struct store *store; /* these three: after session_open() */
	struct loop *loop;
	struct sync *sync;
	struct page people; /* of the service new cases go to: after session_people() */
	const struct query_who *who; /* who I am to each service; in its arena */
	int who_count;
	int lacking; /* exit code of what a service could not answer while others did; 0: nothing */
	int asked;   /* how often a person was asked for a password or token */
	char *purpose; /* why a person is looked at, as they said when asked; NULL: not asked */
	bool input;	    /* a person can be asked: standard input is a terminal, no --no-input */
	bool confined;	    /* the command asks for no more files than session_open() knows of */
	int confinement;    /* enum confinement (cli/confined.h): what became of that */
};

struct command {
	const char *name;
	const char *args;		   /* "[QUERY...]" */
	const char *help;		   /* one sentence, through _() */
	const char *const *examples;	   /* command lines; ends with NULL */
	const struct verb_option *options; /* ends with a nameless one; or NULL */
	bool hidden;			   /* not in help */
	bool prints;			   /* has --json, --plain, --no-header */
	bool confined;			   /* only reads, and runs nothing but a pager: cli/confined.h */
	/* false: err says why, unless it was told already (kind NONE) and *exit_code is set. */
	bool (*run)(struct session *, int *exit_code, struct error *);
};

extern const struct command *const command_list[]; /* made by the Makefile, ends with NULL */

extern const struct verb_option common_options[], print_options[], verb_options[], screen_options[];

const struct command *command_find(const char *name);

/* Help as text: all of it, of one command, of one verb. */
void help_all(struct buf *);
void help_command(struct buf *, const struct command *);
void help_verb(struct buf *, const struct verb *);
/* The nearest command or verb, or NULL. */
const char *command_nearest(const char *name);

#endif
