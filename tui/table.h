/* Rows and columns over a query: a window on the store by key set, a cursor on a case's key so that
   it stays when rows move, marks, sort, filter. */
#ifndef TUI_TABLE_H
#define TUI_TABLE_H

#include "model/column.h"
#include "model/query.h"
#include "model/store.h"
#include "tui/screen.h"

enum { TABLE_COLUMNS = 24 };

struct table {
	struct query query;	/* base, filter and sort together */
	char *base;		/* the query without sort: */
	char *filter;		/* typed after `/`, or NULL */
	char *sort;
	const char *columns[TABLE_COLUMNS + 1]; /* names; end with NULL */
	char *column_text;	/* owns them */
	struct page page;	/* what is on the screen, and one screen around it */
	struct page ghost;	/* the focused case, once it left the list by itself */
	int64_t cursor;		/* a case's key; 0: none */
	int at;			/* its row in page, -1: none */
	int top;		/* row of page at the top of the screen */
	int rows;		/* height of the screen part, without the head */
	long first;		/* place of page.cases[0] in the whole list */
	bool exact;		/* first is known, not guessed */
	bool head, tail;	/* page begins at the beginning, ends at the end of the list */
	int total;		/* store_count(), taken when the store changed */
	int64_t *marks;
	int mark_count;
	int64_t range;		/* where a range of marks began */
	bool bar;		/* a bar over the row, else a mark in column 0 */
	unsigned long reads;	/* how often rows of page came or went */
	struct {
		unsigned long reads;
		int row, cols, top, at;
	} drawn; /* by the last table_draw() */
	const char *const *away; /* services whose rows are as they were; ends with NULL; NULL: none */
	int source_columns;	   /* of the longest name in SOURCE */
	const struct page *people; /* names of teams, for a drawing; NULL: identifiers */
};

/* text: a query with or without sort:. columns: names with commas or spaces between. */
bool table_open(struct table *, const char *text, const char *columns, struct error *);
bool table_set_filter(struct table *, const char *filter, struct error *); /* NULL: none */
bool table_set_sort(struct table *, const char *sort, struct error *);
void table_set_columns(struct table *, const char *columns);
void table_clear(struct table *);

/* Reads the window again; the cursor stays on its case. */
void table_load(struct table *, struct store *, const struct query_now *);
/* The same without counting, for the first screen: total is no more than what was read. */
void table_peek(struct table *, struct store *, const struct query_now *);
/* Moves; reads further rows when the window ends. TABLE_START and TABLE_END as `by`. */
enum { TABLE_START = -1000000000, TABLE_END = 1000000000 };
void table_move(struct table *, struct store *, const struct query_now *, int by);
void table_go(struct table *, struct store *, const struct query_now *, int64_t key);

/* The head at `row`, then `rows` rows from row + 1 on, `cols` columns wide. Sets the focus. */
void table_draw(struct table *, struct screen *, int row, int rows, int cols, time_t now);

/* After a step: only the rows the focus left and came to. false: more than that changed since
   table_draw(), and nothing was drawn. */
bool table_draw_step(struct table *, struct screen *, time_t now);

const struct casefile *table_focus(const struct table *); /* NULL: the list is empty */
bool table_focus_gone(const struct table *);		  /* it left the list by itself */
long table_place(const struct table *);			  /* 1 for the first */
/* Counts its way to the beginning when the place is only guessed; true: it is another now. Not for
   the path of a key. */
bool table_find_place(struct table *, struct store *, const struct query_now *);
/* The next load begins at the top: nobody looked at a row yet. */
void table_top(struct table *);

bool table_marked(const struct table *, int64_t key);
void table_mark(struct table *, int64_t key, bool on);
void table_mark_none(struct table *);
/* Everything the query finds, up to a limit; false: there were more. */
bool table_mark_all(struct table *, struct store *, const struct query_now *);
bool table_mark_query(struct table *, struct store *, const struct query_now *, const char *text,
		      struct error *);
/* The marked cases, else the focused one, read from the store. */
bool table_targets(struct table *, struct store *, struct page *, struct error *);

#endif
