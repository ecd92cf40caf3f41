/* The search grammar of openapi.yaml, for client and service: parse, print, match one case, translate
   to SQL. A tree, since groups nest. */
#ifndef MODEL_QUERY_H
#define MODEL_QUERY_H

#include "model/arena.h"
#include "model/buf.h"
#include "model/casefile.h"
#include "model/citizen.h"
#include "model/error.h"

enum term_kind { TERM_ALL, TERM_ANY, TERM_WORD, TERM_PREFIX, TERM_PHRASE, TERM_FILTER };
enum term_op { OP_IS, OP_LESS, OP_LESS_IS, OP_MORE, OP_MORE_IS, OP_NEAR };

struct term {
	enum term_kind kind;
	bool negated;
	struct term *first, *next;  /* TERM_ALL and TERM_ANY: their parts */
	const char *text;	    /* WORD, PREFIX, PHRASE: as typed */
	const char *field;	    /* TERM_FILTER: the wire's word, synonyms resolved (assignee, service) */
	enum term_op op;
	const char *const *values; /* any of these; ends with NULL */
	int at;			    /* where it stands in the text, in bytes, for messages */
};

struct query {
	struct arena arena;
	const char *text;   /* as it was typed */
	struct term *root;  /* TERM_ALL, never NULL after query_parse() */
	const char *source; /* `source:city`: only this configured service; never sent */
	const char *sort;   /* "due", "-updated", "due,priority"; never sent inside q */
};

/* Which words are fields: those of cases, of citizens, or of workers. An unknown field is an error. */
enum query_about { QUERY_CASES, QUERY_CITIZENS, QUERY_WORKERS };

/* err->text names the place; *at (may be NULL): the byte where it went wrong. The last bare term is a
   prefix by itself. query is set up by this call; query_clear() it also after a failure. */
bool query_parse(struct query *, enum query_about, const char *text, int *at, struct error *);

/* Prints the tree in the grammar, without source: and sort: (they are never sent). */
void query_print(struct buf *, const struct query *);

/* What `me` and dates mean while matching. */
struct query_now {
	const char *me, *team;
	time_t now;
};

/* Whether one case matches. Bare words look at subject, number, citizen and tags here (a service also
   looks at the timeline). */
bool query_match(const struct query *, const struct query_now *, const struct casefile *);
bool query_match_citizen(const struct query *, const struct query_now *, const struct citizen *);

/* Orders two cases by query->sort (default -updated), then by key. */
int query_compare(const struct query *, const struct casefile *, const struct casefile *);

void query_clear(struct query *);

/* Into SQL. A map says where each field stands; values are bound, never pasted. */
struct query_column {
	const char *field; /* the wire's word */
	const char *sql;   /* an expression: "c.status" */
	enum { QUERY_TEXT, QUERY_FOLDED, QUERY_NUMBER, QUERY_TIME_MS, QUERY_TIME_S, QUERY_WORDS,
	       QUERY_FLAG } type;
};

struct query_sql {
	const struct query_column *columns; /* ends with a fieldless one */
	/* Appends the condition for a bare term, using query_sql_bind() for its text (already folded); how
	   text is searched is the store's own business. */
	void (*match)(struct query_sql *, const struct term *, const char *folded);
	struct query_now now;
	struct buf where;     /* out: a condition, "1" when everything matches */
	const char **values;  /* out: texts for $1..$n, in the arena */
	int value_count;
	int first;	      /* number of the first parameter; 0 means 1 */
	struct arena arena;   /* query_sql_clear() gives it back */
};

/* Fills where and values. A field the map lacks is ERROR_REFUSED. Numbers and times are bound as text
   of an integer: compare with CAST($n AS INTEGER). */
bool query_to_sql(const struct query *, struct query_sql *, struct error *);
const char *query_sql_bind(struct query_sql *, const char *value); /* "$3": in the arena */
void query_sql_clear(struct query_sql *);

#endif
