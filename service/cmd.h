/* The commands of caseloadd. One row in main.c's table makes a command: its name, its --help and
   its place in `caseloadd --help`. argv[0] is the command's own name; the answer is the exit code.
 */
#ifndef SERVICE_CMD_H
#define SERVICE_CMD_H

#include "model/buf.h"
#include "model/error.h"
#include <stdbool.h>

struct cmd {
	const char *name, *args;
	const char *help; /* one sentence, through _() */
	const char *more; /* options and examples, one a line; or NULL */
	int (*run)(int argc, char **argv);
};

int cmd_serve(int argc, char **argv);
int cmd_token(int argc, char **argv);
int cmd_sample(int argc, char **argv);
int cmd_import(int argc, char **argv);
int cmd_kind(int argc, char **argv);
int cmd_team(int argc, char **argv);
int cmd_worker(int argc, char **argv);
int cmd_intake(int argc, char **argv);
int cmd_drop(int argc, char **argv);
int cmd_backup(int argc, char **argv);
int cmd_restore(int argc, char **argv);
int cmd_check(int argc, char **argv);

/* The directory of --data, or where the service keeps its data without it. */
bool cmd_data_dir(struct buf *out, const char *given, struct error *);

/* The same where a service's data must be there already: what names a wrong directory would else
   begin another service in it and succeed. serve, sample, import and team add may begin one. */
bool cmd_data_there(struct buf *out, const char *given, struct error *);

/* The value of option `name` in argv ("--data DIR" or "--data=DIR") and takes it out; NULL: not
 * given. */
const char *cmd_option(int *argc, char **argv, const char *name);
/* The same for a flag. */
bool cmd_flag(int *argc, char **argv, const char *name);

/* printf() for a terminal: names of files, labels and records come from outside. */
void cmd_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints the error as one line on standard error; the exit code. */
int cmd_fail(const struct error *);

#endif
