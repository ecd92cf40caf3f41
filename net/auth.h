/* Where a token comes from: a file only its owner may read, the kernel's keyring, a credential of systemd,
   the output of a command that is run without a shell and with a cleaned environment, an authorization
   server, or a person. None is ever logged, shown, or put into argv. */
#ifndef NET_AUTH_H
#define NET_AUTH_H

#include "model/error.h"
#include "net/loop.h"

/* The first line of the file; NULL with err (ERROR_CONFIG: others may read it; ERROR_LOGIN: it is
   not there or empty). The caller ends it with auth_wipe(). */
char *auth_file(const char *path, struct error *);

/* The same for a password: blanks and letters of any language belong to it. */
char *auth_password_file(const char *path, struct error *);

/* As configured for a service; strings borrowed from the configuration, NULL: not set. The first that is
   set is asked: file, keyring, credential, command, authorization server; else a person. */
struct oauth_client {
	const char *issuer; /* whose metadata names the two addresses that are not set */
	const char *device_url, *token_url;
	const char *client_id, *scope;
};

struct auth_from {
	const char *file, *keyring, *credential;
	char **command;	       /* ours: auth_from_clear() */
	bool command_terminal; /* it asks on the terminal */
	bool password;	       /* of a user: blanks and letters of any language belong to it */
	struct oauth_client oauth;
};

struct config;
void auth_from_config(struct auth_from *, const struct config *, const char *service);
void auth_from_clear(struct auth_from *);
/* Whether it comes without asking a person each time. */
bool auth_from_by_itself(const struct auth_from *);
/* What can be had at once: of file, keyring, credential; NULL without an error where none is set. */
char *auth_now(const struct auth_from *, struct error *);

/* The same as auth_file() for $CREDENTIALS_DIRECTORY/NAME (systemd.exec(5)), which systemd protects. */
char *auth_credential(const char *name, bool password, struct error *);

/* Runs argv (argv[0] sought in PATH) beside the loop: its first line of output is the token. done is
   called once from the loop, token NULL with an error when it failed, took longer than wait_ms or said
   nothing; the token is borrowed for the length of done. A password may be more than a token. With a
   terminal it may ask there: it has it as a job of its own in the foreground, and the terminal is as it
   was before done is called; else it can neither draw nor take keys. */
enum auth_kind { AUTH_TOKEN, AUTH_PASSWORD };

struct auth_ask {
	char *const *argv;
	enum auth_kind kind;
	bool terminal;
	int wait_ms;
};

struct auth_command;
typedef void auth_done(void *ctx, const char *token, const struct error *);
struct auth_command *auth_command(
	struct loop *, const struct auth_ask *, auth_done *, void *ctx, struct error *);
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
   is now, a command, ..., or a person. */
void auth_source(char room[AUTH_SOURCE], const struct auth_from *);
char *auth_session(const char *name, const struct auth_bond *); /* NULL: none; auth_wipe() it */
bool auth_session_keep(
	const char *name, const struct auth_bond *, const char *session, struct error *);
bool auth_session_forget(const char *name, struct error *); /* none there: fine */

/* What an authorization server gave (net/oauth.h), kept likewise as "oauth-NAME". */
struct auth_grant {
	char *access, *refresh; /* ours; refresh NULL: none */
	time_t until;		/* 0: not told */
};

void auth_grant_clear(struct auth_grant *); /* wipes */
bool auth_grant(const char *name, const struct auth_bond *, struct auth_grant *); /* false: none */
bool auth_grant_keep(
	const char *name, const struct auth_bond *, const struct auth_grant *, struct error *);
bool auth_grant_forget(const char *name, struct error *); /* none there: fine */
/* A file to lock while it is refreshed, the caller's to close; -1: none can be had. */
int auth_grant_lock_file(const char *name);

void auth_wipe(char *token); /* overwrites and frees; NULL is fine */

#endif
