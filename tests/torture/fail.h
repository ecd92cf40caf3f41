/* What failing.c and the library it loads before caseload tell each other. */
#ifndef TESTS_TORTURE_FAIL_H
#define TESTS_TORTURE_FAIL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum fail_class {
	FAIL_OWN,     /* an allocation of the program's own code */
	FAIL_LIBRARY, /* one of a library's */
	FAIL_WRITE,
	FAIL_PWRITE,
	FAIL_FSYNC,
	FAIL_FDATASYNC,
	FAIL_FTRUNCATE,
	FAIL_RENAME,
	FAIL_OPEN,
	FAIL_CONNECT,
	FAIL_SEND,
	FAIL_CLASSES
};

enum { FAIL_SHORT = -1 }; /* no error: half of it is written */

/* One run: where its directories are, its terminal ("": none), what is to fail. */
struct fail_order {
	char home[400], terminal[64], mark[40], number[40];
	int class; /* -1: nothing fails */
	uint64_t at;
	int error;
};

struct fail_shared {
	uint64_t counts[FAIL_CLASSES];
	int class, error, hit;
	uint64_t at;
};

#endif
