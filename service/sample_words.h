/* What the sample is made of: names of many scripts, streets, teams, workers, and what people
   write. All of it is made up; lists end with NULL or with an entry whose first member is NULL. */
#ifndef SERVICE_SAMPLE_WORDS_H
#define SERVICE_SAMPLE_WORDS_H

#include <stdbool.h>

struct sample_people {
	const char *language;			  /* BCP 47 */
	int share;				  /* of a thousand */
	const char *const *given, *const *family; /* no family: people with one name */
};

struct sample_worker {
	const char *id, *name, *team, *languages, *skills;
};

struct sample_team {
	const char *id, *name, *lead, *queues;
};

/* What is asked. {street} {day} {n} {school} are filled in. */
struct sample_topic {
	const char *team, *service, *kind; /* kind may be NULL */
	const char *subject, *text, *note, *answer, *outcome;
	int due_days; /* where no kind says it */
};

struct sample_phrase {
	const char *language, *asks, *thanks;
};

/* A citizen one would rather not meet in a test for the first time in production. */
struct sample_odd {
	const char *given, *family, *born, *language, *flags;
	bool guarded;
	const char *subject, *text; /* of a case of theirs; or NULL */
};

/* The first worker's own list, in the order it is due. */
struct sample_own {
	const char *given, *family, *language;
	const char *subject, *kind, *status;
	int priority, due_hours, opened_hours; /* from now; opened: before */
	int number; /* of its year: the same whatever the seed, so that one can speak of it */
	const char *text;
};

extern const struct sample_people sample_people[];
extern const struct sample_worker sample_workers[];
extern const struct sample_team sample_teams[];
extern const struct sample_topic sample_topics[];
extern const struct sample_phrase sample_phrases[];
extern const struct sample_odd sample_odds[];
extern const struct sample_own sample_own_cases[];
extern const char *const sample_streets[], *const sample_towns[], *const sample_schools[];
extern const char *const sample_places[], *const sample_tags[];

#endif
