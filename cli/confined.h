/* Which files a command needs that only reads and starts no program of its own: its store, its secrets, the
   system's libraries and certificates. */
#ifndef CLI_CONFINED_H
#define CLI_CONFINED_H

#include "cli/command.h"

enum confinement {
	CONFINED,
	CONFINED_NO_KERNEL,   /* the kernel has no Landlock */
	CONFINED_COMMANDS,    /* token-command or tls-password-command may need anything */
	CONFINED_CARD,	      /* so may the modules of a smartcard */
	CONFINED_COUNTING,    /* a build that counts what is run writes where it was built */
	CONFINED_FAILED
};

/* After the store is open and before anything came from the network. */
enum confinement confined_begin(const struct session *);

#endif
