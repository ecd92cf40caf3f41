/* Writing to files of ours. */
#ifndef MODEL_FILE_H
#define MODEL_FILE_H

#include "model/error.h"

#include <stdbool.h>
#include <stddef.h>

/* All of it, however many write() it takes; false: errno says why. */
bool file_write(int fd, const char *text, size_t size);

/* Puts a file of ours, 0600, in place of what stood there: the old one or the new one is there, whole,
   whenever the power goes (ERROR_LOCAL). */
bool file_replace(const char *path, const char *text, size_t size, struct error *);

#endif
