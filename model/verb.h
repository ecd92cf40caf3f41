/* A verb: one change to a case, the same word on key help, `:` prompt and command line. build is
   pure: it looks at one case and fills a patch; no store, no network, no screen. The file name is
   the registration: model/verb_x.c defines `const struct verb verb_x`. */
#ifndef MODEL_VERB_H
#define MODEL_VERB_H

#include "model/page.h"
#include "model/patch.h"

/* What the arguments may name; from the store's people, templates and kinds. Any may be empty. */
struct verb;

/* Where a case is to be handed to, and what goes along. */
struct verb_hand {
	const char *service, *url;     /* its name here, and how its addresses begin */
	const struct page *people;     /* its kinds; NULL: there is no such service */
	const struct profile *profile; /* or NULL */
	const struct citizen *citizen; /* its record of the same person, where one is known; or NULL */
	const struct page *timeline;   /* the entries of the case */
	const char *case_url;	       /* the address of the case as it is, or NULL */
	bool guarded; /* an address of this person is guarded, here or where else they are known */
};

struct verb_input {
	const struct verb *verb; /* set by plan_build() */
	const struct casefile
		*cf; /* as the screen shows it, pending patches laid over; NULL: no case */
	const struct citizen *citizen; /* of the case, where it is known; or NULL */
	const struct verb_hand *hand;  /* verb->hands: where the first argument wants it to go */
	const struct casefile *other;  /* verb->names_case: the case the first argument names */
	const char *other_url;	       /* its address, where its service has one; or NULL */
	const struct error *other_why; /* why it is not known; or NULL */
	const char *home;	       /* what ~/ stands for in the name of a file; or NULL */
	const struct page *people;     /* workers and teams, templates and kinds of cf->service */
	const struct profile *profile; /* workflow, who I am; or NULL */
	const char *me, *my_team;
	time_t now;
	int argc; /* arguments after the verb */
	const char *const *argv;
};

struct verb_option {
	const char *name;  /* "template", given as --template=ID or -t ID */
	char letter;	   /* 0: none */
	const char *value; /* "ID", "[ID]" when it may be left out (then only --name=ID), NULL for a
			      flag */
	const char *help;
};

/* A further key with its arguments: { ">", "priority up" }. The line is what `:` would get; one
   that ends in a space is begun at the prompt and finished by the person. */
struct verb_key {
	const char *keys, *line, *help;
};

struct verb {
	const char *name, *args, *help;	  /* help: one sentence, through _() */
	const char *keys;		  /* default key in lists and the case view, "" for none */
	const struct verb_key *more_keys; /* ends with a keyless one; or NULL */
	const char *example;		  /* "caseload assign k.byrne C-104233" */
	enum patch_on on;		  /* a case, or a citizen */
	bool creates;			  /* a new one: no case is needed, the plan has one row */
	bool needs_text; /* without words the surface asks for them ($EDITOR, standard input) */
	bool hands;	 /* the first argument is another service: the surface fills in->hand */
	bool names_case; /* the first argument is another case: the surface looks it up (in->other) */
	bool needs_args; /* without any the surface asks for them (the prompt, the line begun) */
	bool asks;	 /* shown only once the service agreed: take, merge */
	bool many;	 /* may act on marked rows */
	bool confirms;	 /* the screen asks, with no_undo, before it does it to one case */
	bool reaches_citizen; /* held for a while before it goes out */
	const char *no_undo;  /* NULL, or the sentence said before: why it cannot be undone */
	const struct verb_option *options; /* ends with a nameless one; or NULL */
	/* What the arguments complete to. */
	enum verb_complete {
		COMPLETE_NONE,
		COMPLETE_WORKER,
		COMPLETE_TEAM,
		COMPLETE_STATE,
		COMPLETE_TEMPLATE,
		COMPLETE_TAG,
		COMPLETE_DATE,
		COMPLETE_KIND,
		COMPLETE_FIELD,
		COMPLETE_FILE,
		COMPLETE_CASE,
		COMPLETE_SERVICE
	} completes;
	bool (*build)(const struct verb_input *, struct patch *, struct error *);
};

extern const struct verb *const verb_list[]; /* made by the Makefile, ends with NULL */

const struct verb *verb_find(const char *name);

/* The nearest verb to a misspelt one, or NULL when none is near. */
const char *verb_nearest(const char *name);

/* The option's value from argv ("" for a flag that is given), NULL when absent. Options stand
   anywhere before `--`, as --name=VALUE, --name VALUE, -n VALUE or -nVALUE. A verb without options
   has none: then everything is an argument, also `-z`. */
const char *verb_option(const struct verb_input *, const char *name);
/* Of one that may be given several times: the i-th value, NULL after the last. */
const char *verb_option_at(const struct verb_input *, const char *name, int i);
/* The i-th argument that is no option, NULL after the last. All of them from i on, joined by
 * spaces: */
const char *verb_arg(const struct verb_input *, int i);
int verb_arg_count(const struct verb_input *);
const char *verb_args(const struct verb_input *, int from, struct arena *);

/* A plan: what a verb would do to each case. First step of every surface; the second posts it. */
struct plan_row {
	const struct casefile
		*cf; /* borrowed from the page the plan was built from; NULL: a new one */
	const struct citizen *citizen; /* the same, of a verb on citizens */
	struct patch patch;	       /* when it would do something */
	bool refused;		       /* with why */
	struct error why;
};

struct plan {
	const struct verb *verb;
	struct plan_row *rows;
	int count, refusals;
};

/* Builds for every case of the page (a verb on citizens: every citizen; one that creates: one row);
   never fails as a whole. in->cf and in->citizen are set row by row: the citizen of a case is
   looked for in the page, else in->citizen stays. page NULL: the one case or citizen of in. */
void plan_build(
	struct plan *, const struct verb *, const struct verb_input *, const struct page *cases);
/* What reaches the citizen waits until then; 0: it goes at once. */
void plan_hold(struct plan *, time_t not_before);
/* The rows of another plan of the same verb go behind these; from is empty then. */
void plan_join(struct plan *, struct plan *from);
/* Refuses rows that good() refuses, with its sentence. */
void plan_check(struct plan *, bool (*good)(void *ctx, const struct patch *, struct error *), void *ctx);
void plan_clear(struct plan *);

/* ---- for the verbs themselves */

/* The candidate nearest to word, whatever its case and accents; NULL: none is near. */
typedef const char *verb_candidate(const void *ctx, int i); /* NULL after the last */
const char *verb_near(const char *word, verb_candidate *candidate, const void *ctx);

/* The service that names stand for here: the case's, the citizen's or the profile's. */
const char *verb_service(const struct verb_input *);
const struct kind *verb_kind(const struct verb_input *, const char *id);
/* An id or a name ("Refuse", "k.byrne", "Kate Byrne", the begin of one when only one has it). NULL
   with err: nobody, or several. */
const struct worker *verb_worker(const struct verb_input *, const char *name, struct error *);
const struct team *verb_team(const struct verb_input *, const char *name, struct error *);

/* Whether the case may go from its status to that one along profile->workflow; the refusal names
   where it may go. */
bool verb_may_become(const struct verb_input *, const char *status, struct error *);
/* Ends the case: stage, step where the kind has steps, and outcome (NULL: the template's, else
 * "done"). */
bool verb_resolve(const struct verb_input *, struct patch *, const char *outcome,
	const char *template_id, struct error *);
/* FIELD=VALUE for the case, checked by its kind. */
bool verb_field(const struct verb_input *, const struct kind *, const char *field,
	const char *value, struct patch *, struct error *);
/* The same for a citizen; c NULL: one who is being registered. */
bool verb_citizen_field(const struct citizen *c, const char *field, const char *value,
	struct patch *, struct error *);
/* Splits "name=value": the name into the arena, the value borrowed; NULL when it has not that form.
 */
const char *verb_assignment(const char *arg, struct arena *, const char **value);
/* Adds a file to what is written; all those of --attach. */
void verb_file(const struct verb_input *, struct patch *, const char *path);
void verb_files(const struct verb_input *, struct patch *);
/* Where a link to the other case points, as casefile.links has it: its number in the same service, else
   its address. NULL with err: it is not known, is this very case, or has no address. */
const char *verb_where(const struct verb_input *, struct arena *, struct error *);
/* Whether the other case is this one's service's, and is not this very case. */
bool verb_same_service(const struct verb_input *);
/* Adds the answer of --template, --text, --channel, --language and the words after them. */
bool verb_answer(const struct verb_input *, struct patch *, struct error *);

#endif
