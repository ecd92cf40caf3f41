/* Giving up rights that a process does not need, for good and with all it starts: files by Landlock
   (landlock(7), Linux 5.13), and the way to other users' rights (no_new_privs). Where the kernel has none of
   it nothing happens, and confine_abi() says so. */
#ifndef MODEL_CONFINE_H
#define MODEL_CONFINE_H

#include <stdbool.h>

enum confine_right { CONFINE_READ = 1, CONFINE_WRITE = 2, CONFINE_EXECUTE = 4 };

/* A file, or a directory with all that is in it; one that is not there is passed over. */
struct confine_rule {
	const char *path;
	int rights; /* of enum confine_right */
};

/* The version of Landlock this kernel has; 0: none, or switched off. */
int confine_abi(void);
/* From now on nothing that is started gains rights by set-user-ID (prctl(2), PR_SET_NO_NEW_PRIVS). */
bool confine_privileges(void);
/* From now on these files and no others; the list ends with path NULL. What is open stays open. false: it
   could not be done, and nothing was given up. */
bool confine_files(const struct confine_rule *);

#endif
