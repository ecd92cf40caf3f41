/* Writing to files of ours. */
#ifndef MODEL_FILE_H
#define MODEL_FILE_H

#include "model/arena.h"
#include "model/error.h"

#include <stdbool.h>
#include <stddef.h>

/* All of it, however many write() it takes; false: errno says why. */
bool file_write(int fd, const char *text, size_t size);

/* Puts a file of ours, 0600, in place of what stood there: the old one or the new one is there, whole,
   whenever the power goes (ERROR_LOCAL). */
bool file_replace(const char *path, const char *text, size_t size, struct error *);

/* The last part of a path or of a name a stranger gave, as a name of a file that does no harm: UTF-8, at
   most FILE_NAME_SIZE bytes with its ending kept, no separator, nothing unseen, and it neither hides
   itself nor looks like an option. Never empty. */
enum { FILE_NAME_SIZE = 200 };
const char *file_safe_name(const char *path, struct arena *);
/* A path in that directory ("": the one we are in) that nothing has yet: DIR/scan.pdf, else DIR/scan-2.pdf
   and so on. */
const char *file_free_path(const char *dir, const char *name, struct arena *);

#endif
