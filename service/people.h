/* Everybody who works here, from one list of the house (CSV), and what becomes of those who leave. */
#ifndef SERVICE_PEOPLE_H
#define SERVICE_PEOPLE_H

#include "service/keep.h"

#include <stdio.h>

enum { PEOPLE_STAY = -1, PEOPLE_FEW = 0 };

struct people_options {
	const char *name; /* of the file, for what is said about it */
	bool dry_run;	  /* everything is done, and undone */
	/* Of those whom an earlier list named and this one does not: PEOPLE_STAY, nobody is shut out;
	   PEOPLE_FEW, they are when they are few; else they are when they are so many. */
	long leavers;
};

struct people_counts {
	long rows, fresh, changed, same, bad;
	long teams; /* made */
	long gone;  /* shut out; with PEOPLE_STAY: who would be */
	long cases; /* that went back to their teams */
};

/* Takes the list in, whole or not at all: a row that cannot be taken is one line "FILE:LINE: COLUMN: why"
   on report, and then nothing is kept. Columns: worker, name, mail, team, team-name, skills, languages,
   roles, login, in any order; what no column says stays as it is. The same list again changes nothing.
   In a transaction of its own. */
bool people_import(struct keep *, FILE *, const struct people_options *, FILE *report, struct people_counts *,
	struct error *);

/* This one has left: shut out, and the open cases they had go back to their team, each with an entry on its
   timeline; how many. false: there is no such worker. Within the caller's transaction. */
bool people_leave(struct keep *, const char *worker, long *cases);

/* An identifier stands in queries and on command lines: no spaces, nothing that is read as more. */
bool people_id_good(const char *id);

#endif
