/* Plain files that are part of the program: the sample's kinds of case and the import mappings. The
   Makefile turns everything in service/kinds and service/maps into this table. */
#ifndef SERVICE_EMBEDDED_H
#define SERVICE_EMBEDDED_H

#include <stddef.h>

struct embedded_file {
	const char *name; /* "kinds/bin-missed.kind" */
	const unsigned char *bytes;
	size_t size;
};

extern const struct embedded_file embedded_files[]; /* ends with a nameless one */

#endif
