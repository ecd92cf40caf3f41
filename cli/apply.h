/* A verb over cases, as a command: a plan, its post, and what became of each. */
#ifndef CLI_APPLY_H
#define CLI_APPLY_H

#include "cli/command.h"

/* argc, argv: what stood behind the verb that is no option; its own options are in s->given. */
bool apply_verb(struct session *, const struct verb *, int *exit_code, struct error *);

/* How words behind a verb divide: which name cases, and which are its own. */
struct divided {
	const char *const *refs;
	int ref_count;
	const char *const *args;
	int arg_count;
};
void divide_words(
	const struct verb *, bool where, int count, const char *const *words, struct divided *);

/* What one command with several ends gives: the code all failures share, else 7. 0 stays 0. */
int join_exit(int so_far, int code);

#endif
