/* CSV as it is found in the wild: any one-byte separator, quotes, doubled quotes, line ends LF, CR
   LF or bare CR, line ends inside quotes, a UTF-8 BOM, UTF-8, UTF-16 or Latin-1 / Windows-1252.
   Constant memory. RFC 4180 where it speaks. */
#ifndef MODEL_CSV_H
#define MODEL_CSV_H

#include "model/buf.h"
#include "model/error.h"
#include <stdio.h>

struct csv;

/* separator 0: found from the first line (or its "sep=;"). encoding NULL: UTF-16 when the file
   begins with its mark, else UTF-8, cells that are not valid UTF-8 read as Windows-1252; an
   encoding that is not known counts as NULL. The file stays the caller's. */
struct csv *csv_open(FILE *, char separator, const char *encoding);

/* Whether csv_open() knows the encoding, by itself or through iconv(3). */
bool csv_encoding_known(const char *name);

/* One record: cells[0..count-1], UTF-8, borrowed until the next call. 1: a record, 0: the end, -1:
   an error (an open quote, a NUL, a field over 1 MiB); reading may go on with the next record:
   after an open quote that is the line after the one it stood on. Blank lines are passed over. */
int csv_next(struct csv *, const char *const **cells, int *count, struct error *);

int csv_line(const struct csv *); /* the line the last record began on, from 1 */
void csv_close(struct csv *);

#endif
