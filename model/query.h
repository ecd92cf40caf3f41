/* The search grammar of openapi.yaml, for client and service: parse, print, match one case,
   translate to SQL. A tree, since groups nest. */
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
	struct term *first, *next; /* TERM_ALL and TERM_ANY: their parts */
	const char *text;	   /* WORD, PREFIX, PHRASE: as typed */
	const char *field; /* TERM_FILTER: the wire's word, synonyms resolved (assignee, service) */
	enum term_op op;
	const char *const *values; /* any of these; ends with NULL */
	int at;			   /* where it stands in the text, in bytes, for messages */
};

/* Which words are fields: those of cases, of citizens, or of workers. An unknown field is an error.
 */
enum query_about { QUERY_CASES, QUERY_CITIZENS, QUERY_WORKERS };

struct query {
	struct arena arena;
	enum query_about about;
	const char *text;   /* as it was typed */
	struct term *root;  /* TERM_ALL, never NULL after query_parse() */
	const char *source; /* `source:city`: only this configured service; never sent */
	const char *sort;   /* "due", "-updated", "due,priority"; never sent inside q */
};

/* What a field holds decides how its filters compare.
   QUERY_TEXT    exact; a value ending in * is a prefix
   QUERY_FOLDED  the column holds query_words() of the text; each value begins one of its words
   QUERY_TIGHT   the column holds query_tight() of the text (a telephone number, a postcode); by
   prefix QUERY_PART    a partial date as text: born:1966 finds 1966-11-02 QUERY_NUMBER  a whole
   number, 0 or NULL: none QUERY_TIME_*  0 or NULL: none. A filter with a day (2026-11-03, today)
   means the whole local day QUERY_WORDS   words with single spaces between QUERY_FLAG    0 or 1
   QUERY_JSON    the kind's fields: the column's sql has one %s where the field's name goes, such as
		 "json_extract(c.fields, '$.%s')"; its field is "fields."
   QUERY_IS      is:open and is:late; see query_to_sql() */
enum query_type {
	QUERY_TEXT,
	QUERY_FOLDED,
	QUERY_NUMBER,
	QUERY_TIME_MS,
	QUERY_TIME_S,
	QUERY_WORDS,
	QUERY_FLAG,
	QUERY_TIGHT,
	QUERY_PART,
	QUERY_JSON,
	QUERY_IS
};

/* err->text names the place; *at (may be NULL): the byte where it went wrong. The last bare term is
   a prefix by itself. query is set up by this call; query_clear() it also after a failure. */
bool query_parse(struct query *, enum query_about, const char *text, int *at, struct error *);

/* Prints the tree in the grammar, without source: and sort: (they are never sent). */
void query_print(struct buf *, const struct query *);

/* Who I am to one service. */
struct query_who {
	const char *service, *me, *team;
};

/* What `me` and dates mean while matching. With several services I have another name in each: who
   holds every service that ever told me its name for me, and me and team are for what has no
   service. Without who they are for all. */
struct query_now {
	const char *me, *team;
	time_t now;
	const struct query_who *who;
	int who_count;
};

/* The same to one service: its own me and team, none where it did not tell them yet. */
struct query_now query_now_of(const struct query_now *, const char *service);

/* Whether `me` stands in it: then it means something else in each service. */
bool query_has_me(const struct query *);

/* Whether one case matches. Bare words look at subject, number, citizen and tags here (a service
   also looks at the timeline). */
bool query_match(const struct query *, const struct query_now *, const struct casefile *);
bool query_match_citizen(const struct query *, const struct query_now *, const struct citizen *);

/* The form in which words are compared: folded (text_fold), and everything but letters and digits
   turned into single spaces. "2026-000417" is the two words "2026 000417". */
void query_words(struct buf *out, const char *text);

/* Folded, letters and digits only: "+31 13 555" is "3113555". */
void query_tight(struct buf *out, const char *text);

/* Whether each word of part is a word of whole with at most one typing mistake: a letter wrong,
   missing, too many, or two changed over. Words of one or two letters must be right. */
bool query_near(const char *whole, const char *part);

/* Orders two cases by query->sort (default -updated); what has no such value comes last either way
   (opened, updated, subject and number are there always). Equal ones by key, in the direction of
   the last sort key. */
int query_compare(const struct query *, const struct casefile *, const struct casefile *);

/* The sort key at place i (0 first): its word without the minus sign; NULL after the last. */
const char *query_sort_key(const struct query *, int i, bool *down, struct arena *);

void query_clear(struct query *);

/* Into SQL. A map says where each field stands; values are bound, never pasted. */
struct query_column {
	const char *field; /* the wire's word */
	const char *sql;   /* an expression: "c.status" */
	enum query_type type;
};

struct query_sql {
	const struct query_column *columns; /* ends with a fieldless one */
	/* Appends the condition for a bare term to `where`, using query_sql_bind() for its text
	   (already query_words(), never empty); how text is searched is the store's own business.
	 */
	void (*match)(struct query_sql *, const struct term *, const char *words);
	/* May be NULL: the same for a filter on a QUERY_FOLDED column; else LIKE is used. */
	void (*match_column)(struct query_sql *, const struct query_column *, const char *words);
	void *ctx; /* for both */
	struct query_now now;
	struct buf where; /* out: a condition, "1" when everything matches */
	const char *
		*values; /* out: texts for $1..$n, in the arena; SQLite wants them bound by name */
	int value_count;
	int first;	    /* number of the first parameter; 0 means 1 */
	struct arena arena; /* query_sql_clear() gives it back */
};

/* Fills where and values. A field the map lacks is ERROR_REFUSED. Numbers and times are bound as
   text of an integer: compare with CAST($n AS INTEGER). The operator ~ becomes query_near(column,
   $n): give the database query_near() as a function of that name. is:open wants a column "is"
   (QUERY_FLAG: an expression that is 1 for an open case), or else looks at "status" for new, open,
   waiting; is:late at "due" too. */
bool query_to_sql(const struct query *, struct query_sql *, struct error *);
const char *query_sql_bind(struct query_sql *, const char *value); /* "$3": in the arena */
void query_sql_clear(struct query_sql *);

#endif
