/* The passphrase that opens the locked screen. It is chosen by the person and kept as a salted, slow
   hash (crypt(5): yescrypt, where libcrypt has it) in the state directory, 0600: what is typed is
   compared with that, and never kept. The only file that uses libcrypt. */
#ifndef MODEL_PASSPHRASE_H
#define MODEL_PASSPHRASE_H

#include "model/error.h"

#include <stdbool.h>

enum { PASSPHRASE_LEAST = 6, PASSPHRASE_MOST = 500 }; /* bytes; libcrypt takes 511 */

/* Whether one was chosen. One in a file that is not ours, or that others may read, does not count. */
bool passphrase_known(void);
/* Chooses it, in place of an earlier one (ERROR_USAGE: too short or too long). The caller wipes text. */
bool passphrase_keep(const char *text, struct error *);
/* Whether this is it; in a time that does not tell how much of it is right. */
bool passphrase_is(const char *text);

#endif
