/* Another program run for the person: an editor, a pager, a token command, the demo's service. It is
   run by a list of arguments and no shell, with the usual signals, no descriptor of ours but the first
   three, and an environment without secrets. */
#ifndef MODEL_CHILD_H
#define MODEL_CHILD_H

#include <stdbool.h>

enum child_environment {
	CHILD_PERSON, /* the person's own, without what is named like a secret */
	CHILD_LEAST   /* what a password program needs, and nothing else */
};

/* Made before fork(): between that and exec a thread of a library may hold any lock. */
struct child {
	char **argv, **env; /* the lists are ours, the strings in them borrowed */
	char *terminal;	    /* ours: "GPG_TTY=..." */
};

/* argv, and behind it one more argument, or NULL. Borrows all strings until child_clear(). */
void child_prepare(struct child *, char *const *argv, const char *last, enum child_environment);
/* The program will have this terminal, which one that asks in its place (gpg's agent) is told. */
void child_terminal(struct child *, const char *name);
/* Only in the child, after its first three descriptors are as they should be; argv[0] is sought in PATH.
   Comes back only when the program cannot be run: the caller then says so and _exit()s. */
void child_become(const struct child *);
void child_clear(struct child *);

/* Whether a variable of this name ("NAME" or "NAME=value") is kept from a program of the person's. */
bool child_secret_name(const char *variable);

#endif
