/* The whole test library. A test program is a main() of test() blocks ending in `return test_result();`

	test("a name one can read") {
		ok(2 + 2 == 4);
		same(text, "what it should be");
		same_int(count, 3);
	}

   Each test prints one line, `ok NAME`, `not ok NAME` or `skip NAME: why`; tests/run counts them. */
#ifndef TESTS_LIB_H
#define TESTS_LIB_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
	const char *name;
	int bad_here, bad;
	const char *skipped;
} test_now;

__attribute__((unused)) static bool test_begin(const char *name)
{
	test_now.name = name;
	test_now.bad_here = 0;
	test_now.skipped = NULL;
	return true;
}

__attribute__((unused)) static bool test_end(void)
{
	if (test_now.bad_here)
		printf("not ok %s\n", test_now.name);
	else if (test_now.skipped)
		printf("skip %s: %s\n", test_now.name, test_now.skipped);
	else
		printf("ok %s\n", test_now.name);
	fflush(stdout);
	return false;
}

__attribute__((unused)) static bool test_check(bool good, const char *file, int line, const char *what)
{
	if (good)
		return true;
	printf("# %s:%d: %s\n", file, line, what);
	test_now.bad_here++;
	test_now.bad++;
	return false;
}

__attribute__((unused)) static bool test_same(const char *got, const char *want, const char *file, int line)
{
	bool good = got == want || (got && want && strcmp(got, want) == 0);

	if (!good)
		printf("# got:  %s\n# want: %s\n", got ? got : "(null)", want ? want : "(null)");
	return test_check(good, file, line, "not the same");
}

__attribute__((unused)) static bool test_same_int(long long got, long long want, const char *file, int line)
{
	if (got != want)
		printf("# got:  %lld\n# want: %lld\n", got, want);
	return test_check(got == want, file, line, "not the same number");
}

#define test(name) for (bool test_on = test_begin(name); test_on; test_on = test_end())
#define ok(cond) test_check(cond, __FILE__, __LINE__, #cond)
#define same(got, want) test_same(got, want, __FILE__, __LINE__)
#define same_int(got, want) test_same_int(got, want, __FILE__, __LINE__)
/* The rest of this test cannot run here; with CI=true the runner counts that as a failure. */
#define skip(why) (test_now.skipped = (why))

__attribute__((unused)) static int test_result(void)
{
	return test_now.bad ? 1 : 0;
}

#endif
