/* How the columns of somebody's CSV file become fields of our cases or citizens: one plain file for
   each source, read and checked here, then asked row by row. Nothing here touches the base.

   [map]        about = cases or citizens; source; reference; separator; encoding; dates; zone;
   begins-with [fields]     FIELD = expression [table NAME] from = to, one a line; * for everything
   else, (empty) for an empty cell [team ID]    name, services: made when a row names the team and
   it is not there yet

   An expression is text with {Column}, {Column|table} and {#3} (the third column); a part in [ ] is
   left out when a column in it is empty; || stands before what is used when all before it came out
   empty. */
#ifndef SERVICE_MAP_FILE_H
#define SERVICE_MAP_FILE_H

#include "model/arena.h"
#include "model/buf.h"
#include "model/error.h"
#include "model/worker.h"

enum map_about { MAP_CASES, MAP_CITIZENS };

struct map_table;
struct map_piece;

struct map_field {
	const char *name;
	struct map_piece *pieces; /* the expression, piece by piece */
	int line;
};

struct map_file {
	struct arena arena;
	const char *name; /* of the file, for messages */
	enum map_about about;
	const char *source; /* where the rows come from; with the reference it tells a row from all
			       others */
	char separator;	    /* 0: found from the first line */
	const char *encoding;
	const char *const *dates;     /* forms such as MM/DD/YYYY hh:mm:ss AM; ends with NULL */
	const char *zone;	      /* of the times in the file, as in TZ; NULL: UTC */
	struct map_field reference;   /* what the source calls the row */
	struct map_field begins_with; /* no pieces: every row is one record; else one begins where
					 it is not empty, and what follows goes on with it */
	struct map_field *fields;
	int field_count;
	struct map_table *tables;
	int table_count;
	struct team *teams;
	int team_count;
};

/* Reads a map; what is wrong goes into problems, a line each: NAME:LINE: SENTENCE. false: something
   was. map_file_clear() in either case. */
bool map_file_parse(
	struct map_file *, const char *name, const char *text, size_t size, struct buf *problems);
void map_file_clear(struct map_file *);

/* Finds each column of the map in the file's first row; the error names one that is not there and
   the nearest that is. */
bool map_file_bind(struct map_file *, const char *const *heads, int count, struct error *);

/* The value of a field in this row, in the arena: NULL when it is empty. Times come as RFC 3339, a
   date of birth as 1966-11-02, 1966-11 or 1966. false: the row cannot be read, err says why. */
bool map_file_value(const struct map_file *, const struct map_field *, const char *const *cells,
	int count, struct arena *, const char **out, struct error *);

const struct team *map_file_team(const struct map_file *, const char *id); /* NULL: none */

#endif
