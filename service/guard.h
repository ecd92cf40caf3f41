/* What a request head must be before anybody routes it. The library before us parses leniently; a
   proxy that reads the same bytes another way would let one request hide in another. */
#ifndef SERVICE_GUARD_H
#define SERVICE_GUARD_H

#include <stdbool.h>
#include <stddef.h>

struct guard {
	int hosts, lengths, encodings, authorizations;
	const char *end; /* where the last line's text ended, in the library's buffer; NULL: nothing
			    yet */
	const char *problem; /* the first one, untranslated; NULL: none */
};

/* The version of the request line, as the library points to it. */
void guard_line(struct guard *, const char *version);
/* Each header line in order of arrival, as the library points to it. */
void guard_header(
	struct guard *, const char *name, size_t name_size, const char *value, size_t value_size);
/* After the last: whether the head is sound. */
bool guard_end(struct guard *);

#endif
