/* What every fuzzer is: one function that is given bytes, runs the program's own code over them and
   says with must() what has to hold whatever they are. The same object is driven by libFuzzer
   (`make fuzz`) and by replay.c (in `make test`), which feeds it tests/fuzz/corpus/NAME. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define must(cond) fuzz_must(cond, __FILE__, __LINE__, #cond)

__attribute__((unused)) static void fuzz_must(bool good, const char *file, int line, const char *what)
{
	if (good)
		return;
	fflush(stdout);
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	abort();
}

/* The same, for two texts. */
#define must_same(got, want) fuzz_same(got, want, __FILE__, __LINE__)

__attribute__((unused)) static void fuzz_same(
	const char *got, const char *want, const char *file, int line)
{
	if (strcmp(got, want) == 0)
		return;
	fflush(stdout);
	fprintf(stderr, "%s:%d: not the same\n  got:  %s\n  want: %s\n", file, line, got, want);
	abort();
}

#endif
