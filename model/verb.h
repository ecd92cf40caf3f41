/* A verb: one change to a case, the same word on key help, `:` prompt and command line. build is pure:
   it looks at one case and fills a patch; no store, no network, no screen. The file name is the
   registration: model/verb_x.c defines `const struct verb verb_x`. */
#ifndef MODEL_VERB_H
#define MODEL_VERB_H

#include "model/page.h"
#include "model/patch.h"

/* What the arguments may name; from the store's people, templates and kinds. Any may be empty. */
struct verb_input {
	const struct casefile *cf;     /* as the screen shows it: pending patches laid over; NULL: no case (new) */
	const struct citizen *citizen; /* of the case, where it is known; or NULL */
	const struct page *people;     /* workers and teams, templates and kinds of cf->service */
	const struct profile *profile; /* workflow, who I am; or NULL */
	const char *me, *my_team;
	time_t now;
	int argc;		  /* arguments after the verb */
	const char *const *argv;
};

struct verb_option {
	const char *name; /* "template", given as --template=ID or -t ID */
	char letter;	  /* 0: none */
	const char *value; /* "ID", or NULL for a flag */
	const char *help;
};

struct verb {
	const char *name, *args, *help; /* help: one sentence, through _() */
	const char *keys;	/* default key in lists and the case view, "" for none */
	const char *example;	/* "caseload assign k.byrne C-104233" */
	bool asks;		/* shown only once the service agreed: take, merge */
	bool many;		/* may act on marked rows */
	bool reaches_citizen;	/* held for a while before it goes out */
	const char *no_undo;	/* NULL, or the sentence said before: why it cannot be undone */
	const struct verb_option *options; /* ends with a nameless one; or NULL */
	/* What the arguments complete to: words of these kinds, in order. */
	enum verb_complete { COMPLETE_NONE, COMPLETE_WORKER, COMPLETE_TEAM, COMPLETE_STATE,
			     COMPLETE_TEMPLATE, COMPLETE_TAG, COMPLETE_DATE, COMPLETE_KIND } completes;
	bool (*build)(const struct verb_input *, struct patch *, struct error *);
};

extern const struct verb *const verb_list[]; /* made by the Makefile, ends with NULL */

const struct verb *verb_find(const char *name);

/* The option's value from argv ("" for a flag that is given), NULL when absent. */
const char *verb_option(const struct verb_input *, const char *name);
/* The i-th argument that is no option, NULL after the last. All of them from i on, joined by spaces: */
const char *verb_arg(const struct verb_input *, int i);
const char *verb_args(const struct verb_input *, int from, struct arena *);

/* A plan: what a verb would do to each case. First step of every surface; the second posts it. */
struct plan_row {
	const struct casefile *cf; /* borrowed from the page the plan was built from */
	struct patch patch;	   /* when it would do something */
	bool refused;		   /* with why */
	struct error why;
};

struct plan {
	const struct verb *verb;
	struct plan_row *rows;
	int count, refusals;
};

/* Builds for every case of the page; never fails as a whole. in->cf is set row by row. */
void plan_build(struct plan *, const struct verb *, const struct verb_input *, const struct page *cases);
void plan_clear(struct plan *);

#endif
