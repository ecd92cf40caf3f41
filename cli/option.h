/* Options from tables: --name=VALUE, --name VALUE, -n VALUE, -nVALUE, flags bundled as -ab, `--`
   ends them, the order is free. The tables are those of the verbs (struct verb_option), so that
   --help, the manual and completion are written from what is read here. A value in brackets,
   "[FIELDS]", may be left out; it is given with = only. */
#ifndef CLI_OPTION_H
#define CLI_OPTION_H

#include "model/error.h"
#include "model/verb.h"

struct given_value {
	const struct verb_option *option;
	const char *value; /* "" for a flag, or a value left out */
};

/* What was given; everything is borrowed from argv. given_clear() frees the lists. */
struct given {
	struct given_value *values;
	int value_count;
	const char **args; /* what is no option */
	int count;
};

enum given_style {
	GIVEN_FREE,  /* options and arguments in any order */
	GIVEN_FIRST, /* stops at the first argument: what follows is in args as it came */
	GIVEN_WORDS  /* a word such as -new is an argument: single letters are options alone only */
};

/* Adds to what was read before (the arguments are replaced). tables: ends with NULL. The error is
   ERROR_USAGE and names the nearest option. */
bool given_read(struct given *, const struct verb_option *const *tables, int argc,
	const char *const *argv, enum given_style, struct error *);

/* The last value of that option, "" for a flag; NULL when it was not given. */
const char *given_value(const struct given *, const char *name);
bool given_flag(const struct given *, const char *name);
/* A number in this range; otherwise when it was not given. false: not a number, err names the
 * option. */
bool given_number(const struct given *, const char *name, int otherwise, int low, int high,
	int *out, struct error *);

void given_clear(struct given *);

#endif
