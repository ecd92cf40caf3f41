/* Rows of somebody's CSV file into cases or citizens, as a map says (service/map_file.h). What a
   source said of each field is remembered as a sum, so that a row read again changes nothing, and a
   row that changed at its source changes those fields alone: what a caseworker did meanwhile stays.
 */
#ifndef SERVICE_IMPORT_H
#define SERVICE_IMPORT_H

#include "service/keep.h"
#include "service/map_file.h"
#include <stdio.h>

/* rows = fresh + changed + same + bad + continued */
struct import_counts {
	long rows, fresh, changed, same, bad;
	long continued; /* lines that go on with the record above them */
};

enum import_mode { IMPORT_KEEP, IMPORT_TRY }; /* TRY: everything is done, and undone */

/* Reads the file; a row that cannot be taken is one line "FILE:LINE: why" on report and does not
   stop the rest. false: the file as a whole cannot be taken, or the base failed; what was counted
   before is kept. */
bool import_file(struct keep *, struct map_file *, FILE *file, const char *name, enum import_mode,
	FILE *report, struct import_counts *, struct error *);

#endif
