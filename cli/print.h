/* What a command says. A table for people, TSV (--plain) and JSON (--json) for programs, with the
   same columns as the screen. Everything from outside passes text_clean() in here; it is gathered
   and written at the end: through the pager where that helps, else in one piece. */
#ifndef CLI_PRINT_H
#define CLI_PRINT_H

#include "model/buf.h"
#include "model/config.h"
#include "model/error.h"
#include "model/json.h"

enum print_form { PRINT_TABLE, PRINT_PLAIN, PRINT_JSON };

struct print_column {
	const char *name;  /* never translated: head of --plain */
	const char *title; /* through _() */
	int grow;	   /* > 0: may be cut where the terminal is too narrow */
	bool right;
};

enum { PRINT_COLUMNS = 32 };

struct print {
	enum print_form form;
	const char *fields; /* of --json=FIELDS, or "" */
	bool header;
	bool terminal; /* standard output is one */
	bool ascii;    /* the charset is not UTF-8 */
	bool pager;
	int width; /* of the terminal; 0: nothing is cut */
	struct buf out;
	struct json_out json; /* writes into out */
	/* The table under way. */
	const struct print_column *columns;
	int column_count;
	char **cells;
	int cell_count;
};

void print_init(struct print *);
void print_clear(struct print *);

/* A table: begin, rows of as many cells as there are columns, end. Not for JSON. */
void print_table(struct print *, const struct print_column *, int count);
void print_row(struct print *, const char *const *cells);
void print_table_end(struct print *);

/* A line for people; what comes in is made harmless as a whole. */
void print_line(struct print *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Text of several lines, each indented by so many spaces and wrapped at the terminal's width. */
void print_text(struct print *, int indent, const char *text);

/* Writes what was gathered. false: standard output cannot be written (a closed pipe ends the
   program without a word, as everywhere). */
bool print_flush(struct print *, const struct config *, struct error *);

/* To standard error at once: "caseload: SENTENCE", or one JSON object a line with --json (error and
   message, or notice). */
void print_error(const struct print *, const struct error *);
void print_notice(const struct print *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A JSON object a line to standard error, as it is. */
void print_error_json(const struct print *, const char *json);

/* Whether every name of --json=FIELDS is one of these (ends with NULL). */
bool print_check_fields(const struct print *, const char *const *known, struct error *);

#endif
