/* Files that go with a change. Each is copied beside the outbox, DATA/files/, when the change is saved:
   what goes out is what was attached, whatever becomes of the person's own file meanwhile. The directory
   is 0700, a copy 0600 under a name nobody can guess; it goes when its row goes, and what a crash left
   behind is swept when the store is opened. */
#ifndef MODEL_SPOOL_H
#define MODEL_SPOOL_H

#include "model/patch.h"

/* Whether path is a file that may be sent: an ordinary one, no link, at most limit bytes; its size then.
   Else a sentence for people (ERROR_USAGE, ERROR_LOCAL). */
bool spool_look(const char *path, int64_t limit, int64_t *size, struct error *);

/* Held while copies are there that no row names yet, and while sweeping: nobody sweeps what another is
   about to save. -1: a sweeper did not get it (somebody copies), or there is no such directory.
   close() lets it go. */
int spool_lock_copying(const char *dir); /* makes the directory */
int spool_lock_sweeping(const char *dir);

/* Copies what file->path names, on disk with its name when it returns: path, size and from are then the
   copy's. On failure nothing is left. */
bool spool_copy(const char *dir, struct attachment *file, int64_t limit, struct arena *, struct error *);
bool spool_holds(const char *dir, const char *path); /* it is one of the copies */
void spool_drop(const char *dir, const char *path);  /* passes over what is no copy */
/* Removes each copy kept() does not know by its name (NULL: every one). */
void spool_sweep(const char *dir, bool (*kept)(void *ctx, const char *name), void *ctx);

#endif
