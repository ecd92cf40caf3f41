/* What a request head must be before anybody routes it. The library before us parses leniently; a
   proxy that reads the same bytes another way would let one request hide in another. */
#ifndef SERVICE_GUARD_H
#define SERVICE_GUARD_H

#include <stdbool.h>
#include <stddef.h>

struct guard {
	const char *target; /* where the request's target begins and ends, in the library's buffer */
	const char *target_end;
	const char *own; /* another header that may stand there once; or NULL */
	int hosts, lengths, encodings, authorizations, owns;
	const char *end; /* where the last line's text ended, in the library's buffer; NULL: nothing
			    yet */
	const char *problem; /* the first one, untranslated; NULL: none */
};

/* The target of the request line, as the library points to it before it takes it to pieces. */
void guard_target(struct guard *, const char *target);
/* Its method and version, as the library points to them. */
void guard_line(struct guard *, const char *method, const char *version);
/* Each header line in order of arrival, as the library points to it. */
void guard_header(
	struct guard *, const char *name, size_t name_size, const char *value, size_t value_size);
/* After the last: whether the head is sound. end: where the library says it ends. */
bool guard_end(struct guard *, const char *end);

#endif
