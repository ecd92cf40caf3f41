/* A kind of case: what it asks for, its steps, when it is due. On the service one plain file; on
   the wire the schema Kind of openapi.yaml. The same checks serve the form, the import and the
   service. */
#ifndef MODEL_KIND_H
#define MODEL_KIND_H

#include "model/arena.h"
#include "model/casefile.h"
#include "model/error.h"

enum kind_type {
	KIND_TEXT,
	KIND_LONG_TEXT,
	KIND_NUMBER,
	KIND_MONEY,
	KIND_DATE,
	KIND_TIME,
	KIND_YES_NO,
	KIND_CHOICE,
	KIND_CHOICES,
	KIND_ADDRESS,
	KIND_PLACE,
	KIND_REFERENCE
};

struct kind_field {
	const char *name, *label;
	enum kind_type type;
	bool required, sensitive;
	const char *const *values; /* for choice and choices; ends with NULL; else NULL */
	const char *pattern;	   /* POSIX extended, for text and reference; or NULL */
};

struct kind_step {
	const char *id, *name;
	const char *status;	 /* the wire's word: new open waiting resolved closed */
	const char *const *next; /* steps it may go to; ends with NULL; NULL: any */
	const char *role;	 /* who may take a case here, or NULL */
	bool other_person;	 /* not the one who took the step before (four eyes) */
};

struct kind {
	const char *service, *id, *name, *queue;
	int64_t version;
	const struct kind_field *fields;
	int field_count;
	const struct kind_step *steps;
	int step_count;
	int due_working_days, due_hours; /* 0: no rule */
	int repeat_after_days, repeat_times;
	const char *const *templates; /* ids; ends with NULL; NULL: none */
};

const char *kind_type_name(enum kind_type); /* "long_text" */
bool kind_type_read(const char *name, enum kind_type *);

/* NULL: the kind has none of that name. */
const struct kind_field *kind_field_find(const struct kind *, const char *name);
const struct kind_step *kind_step_find(const struct kind *, const char *id);

/* Whether this text may stand in the field; the error says why not and what would do. NULL or "" is
   accepted unless the field is required. *out, when not NULL: the value in its stored form (a date
   as 2026-11-03, yes or no, choices with spaces between). */
bool kind_check_value(const struct kind_field *, const char *text, struct arena *, const char **out,
	struct error *);

/* Whether a case at step `from` (NULL: just opened) may go to step `to`. */
bool kind_step_allowed(const struct kind *, const char *from, const char *to);

/* When a case of this kind opened then falls due; 0: no rule. */
time_t kind_due(const struct kind *, time_t opened);

#endif
