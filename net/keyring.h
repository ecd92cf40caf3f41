/* Secrets in the kernel's keyring (keyrings(7)): in memory only, gone with the person's last session.
   A key is of type "user" and known by its description, "caseload:city". */
#ifndef NET_KEYRING_H
#define NET_KEYRING_H

#include "model/error.h"

#include <stddef.h>

/* The key's bytes, NUL-ended, sought in the session's keyring, then in the user's; the caller ends them
   with auth_wipe(). NULL with err: ERROR_LOGIN: there is none; ERROR_LOCAL: no keyring can be used. */
char *keyring_get(const char *description, struct error *);
/* Into the user's keyring, in place of what was there. */
bool keyring_put(const char *description, const char *secret, struct error *);
/* Out of both keyrings; none there: *found false, and fine. */
bool keyring_forget(const char *description, bool *found, struct error *);

#endif
