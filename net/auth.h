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

/* The same for a password: blanks and letters of any language belong to it. */
char *auth_password_file(const char *path, struct error *);

/* Runs argv (argv[0] sought in PATH) beside the loop: its first line of output is the token. done
   is called once from the loop, token NULL with an error when it failed, took longer than wait_ms
   or said nothing; the token is borrowed for the length of done. A password may be more than a token. */
struct auth_command;
typedef void auth_done(void *ctx, const char *token, const struct error *);
struct auth_command *auth_command(
	struct loop *, char *const *argv, int wait_ms, auth_done *, void *ctx, struct error *);
struct auth_command *auth_password_command(
	struct loop *, char *const *argv, int wait_ms, auth_done *, void *ctx, struct error *);
void auth_command_stop(struct auth_command *); /* ends it; done is not called; NULL is fine */

/* Whether the text can be a token: not empty, no blank, no control, nothing but ASCII. */
bool auth_token_ok(const char *token);
/* Whether it can be a password: one line of UTF-8 with something in it. */
bool auth_password_ok(const char *password);

/* What a login bought (service_ops.session), kept for the next run in the runtime directory as
   "session-NAME", 0600, bound to all of this: */
enum { AUTH_SOURCE = 100 };

struct auth_bond {
	const char *url, *user; /* "" where there is none */
	char source[AUTH_SOURCE];
};

/* Where the token comes from, so that another one's session is not taken for it: a token-file as it
   is now, a command, or a person. */
void auth_source(char room[AUTH_SOURCE], const char *file, char *const *command);
char *auth_session(const char *name, const struct auth_bond *); /* NULL: none; auth_wipe() it */
bool auth_session_keep(
	const char *name, const struct auth_bond *, const char *session, struct error *);
bool auth_session_forget(const char *name, struct error *); /* none there: fine */

void auth_wipe(char *token); /* overwrites and frees; NULL is fine */

#endif
