/* The directory the service's data is in: 0700 and one's own, or nothing is opened. */
#ifndef SERVICE_DATA_DIR_H
#define SERVICE_DATA_DIR_H

#include "model/error.h"

#include <stdbool.h>

/* Makes it with its parents, when it is not there, and sees that it is a directory, no link to one, ours
   alone to write; what others may read is closed. */
bool data_dir_make(const char *dir, struct error *);
/* The same for one that has to be there. */
bool data_dir_good(const char *dir, struct error *);
/* The same for a file in it, which is made empty when it is not there. */
bool data_file_make(const char *path, struct error *);

/* Says that the data is in use, or (alone) asks for it while nobody uses it: a descriptor to close when it is
   over, -1 after a failure. */
enum data_use { DATA_TOGETHER, DATA_ALONE };
int data_dir_lock(const char *dir, enum data_use, struct error *);

#endif
