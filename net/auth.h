/* Where a token comes from: a file only its owner may read, or the output of a command that is run
   without a shell and with a cleaned environment. Neither is ever logged, shown, or put into argv.
 */
#ifndef NET_AUTH_H
#define NET_AUTH_H

#include "model/error.h"
#include "net/loop.h"

/* The first line of the file; NULL with err (ERROR_CONFIG: others may read it; ERROR_LOGIN: it is
   not there or empty). The caller ends it with auth_wipe(). */
char *auth_file(const char *path, struct error *);

/* Runs argv (argv[0] sought in PATH) beside the loop: its first line of output is the token. done
   is called once from the loop, token NULL with an error when it failed, took longer than wait_ms
   or said nothing; the token is borrowed for the length of done. */
struct auth_command;
typedef void auth_done(void *ctx, const char *token, const struct error *);
struct auth_command *auth_command(
	struct loop *, char *const *argv, int wait_ms, auth_done *, void *ctx, struct error *);
void auth_command_stop(struct auth_command *); /* ends it; done is not called; NULL is fine */

/* Whether the text can be a token: not empty, no blank, no control, nothing but ASCII. */
bool auth_token_ok(const char *token);

void auth_wipe(char *token); /* overwrites and frees; NULL is fine */

#endif
