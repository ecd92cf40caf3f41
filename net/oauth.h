/* Logging in where an authorization server gives the tokens: the device flow (RFC 8628), in which the
   person opens an address on any device and types a code, and the refresh of what that bought (RFC 6749,
   section 6). What it bought is kept for the next run in the runtime directory, 0600 (net/auth.h).
   Addresses are https, or http of this machine; those that an answer names (RFC 8414) are of the issuer's
   own origin. No client secret: caseload is a public client (RFC 6749, section 2.1). */
#ifndef NET_OAUTH_H
#define NET_OAUTH_H

#include "net/auth.h"
#include "net/transport.h"

bool oauth_configured(const struct oauth_client *);
/* Whether what is set is enough and may be asked: before anything is sent. */
bool oauth_check(const struct oauth_client *, struct error *);

/* What the person is shown: harmless text. */
struct oauth_code {
	const char *address; /* to be opened on any device */
	const char *code;    /* to be typed there */
	int left_s;	     /* so long it can be used */
};

struct oauth_start {
	struct loop *loop;
	struct transport *transport;
	const char *group; /* of the transport: its TLS settings; borrowed for its life */
	const char *name;  /* of the service: under which the grant is kept */
	struct auth_bond bond;
	struct oauth_client client;
	const char *refused; /* an access token that is no good any more, or NULL */
	/* The device flow begins: show it. It was used, gave up or ended: code NULL. Missing: nobody is
	   there to be shown anything, so that without a kept grant it ends with ERROR_LOGIN. */
	void (*show)(void *ctx, const struct oauth_code *);
	/* Once, from the loop, never after oauth_stop(): the access token, borrowed, and when it ends (0:
	   not told); or NULL with the error. */
	void (*done)(void *ctx, const char *access, time_t until, const struct error *);
	void *ctx;
};

struct oauth;

/* All strings are copied. A token that is kept and still good is given at once (from the loop); one that
   ended is refreshed, by one process at a time, since a refresh token may be good only once. */
struct oauth *oauth_begin(const struct oauth_start *);
void oauth_stop(struct oauth *); /* NULL is fine */

#endif
