/* Plain ini files with sections that have names: [step paid]. Reads kinds of case and import
   mappings. Every value keeps its line, so that a mistake can be shown where it stands. */
#ifndef SERVICE_INI_H
#define SERVICE_INI_H

#include "model/arena.h"
#include "model/buf.h"
#include "model/error.h"
#include <stdio.h>

struct ini_pair {
	const char *key, *value; /* value: lines that were continued are joined by '\n' */
	int line;
	bool used; /* ini_get() asked for it */
};

struct ini_section {
	const char *type, *name; /* [step paid]: "step", "paid"; name is "" when there is none */
	int line;
	struct ini_pair *pairs;
	int count;
};

struct ini {
	struct arena arena;
	const char *file; /* what it is called in messages */
	struct ini_section *sections;
	int count;
	struct buf *problems;
	int problem_count;
};

/* Reads the text; what is no section and no pair is a problem ("FILE:LINE: sentence" appended to
   problems, which stays the caller's). */
void ini_read(struct ini *, const char *file, const char *text, size_t size, struct buf *problems);
void ini_clear(struct ini *);

/* One more problem. Nothing is read after the first hundred. */
void ini_problem(struct ini *, int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Prints them, made harmless for a terminal. */
void ini_print(FILE *, const struct buf *problems);

/* The value, or NULL; the line it stands on in *line (may be NULL). */
const char *ini_get(struct ini_section *, const char *key, int *line);

/* yes or no, otherwise `otherwise`; anything else is a problem. */
bool ini_flag(struct ini *, struct ini_section *, const char *key, bool otherwise);

/* Sections of unknown type and pairs with unknown keys are problems, each with the nearest known
   word. known: "kind: id name service" and so on, one text for each type; ends with NULL. */
void ini_check(struct ini *, const char *const *known);

/* The word of `words` (separated by spaces) nearest to this one, or NULL when none is near. In the
   arena. */
const char *ini_nearest(struct arena *, const char *word, const char *words);
bool ini_word_in(const char *word, const char *words);

/* "a, b" as a list that ends with NULL, in the arena; *count may be NULL. */
const char *const *ini_list(struct arena *, const char *value, int *count);

/* A whole small file: at most `most` bytes. false with err when it cannot be read. */
bool ini_slurp(struct buf *, const char *path, size_t most, struct error *);

#endif
