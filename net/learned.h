/* What a service calls by number, and people by name: learnt from whatever answer tells it, kept as long
   as the service is. A driver gives each sort of thing a number of its own (`about`). */
#ifndef NET_LEARNED_H
#define NET_LEARNED_H

#include "model/arena.h"

#include <stdbool.h>
#include <stdint.h>

struct service;

struct learned {
	int about;
	int64_t id, value;	/* value: whatever else the driver has to know of it */
	const char *name, *slug; /* as it is written there; as one word */
};

struct learned_list { /* struct service has one */
	struct arena arena;
	struct learned **all; /* they stay where they are */
	int count;
};

/* One word out of a name: "Anna Özdemir-Łuczak" is anna.ozdemir-luczak; gap is '.' or '_'. */
const char *learned_slug(const char *name, char gap, struct arena *);

/* Known from now on, the name as it was first told; NULL: the id is none. gap: between the words of
   its slug; 0: no names but pairs, one id with many values; NULL where that pair is known. */
struct learned *learned_add(struct service *, int about, int64_t id, int64_t value,
	const char *name, char gap);

/* The next one from *i on; NULL after the last. */
struct learned *learned_next(const struct service *, int about, int *i);
struct learned *learned_id(const struct service *, int about, int64_t id); /* NULL: unknown */
/* The only one of that slug (or name); NULL: none, or (*many, which may be NULL) several. */
const struct learned *learned_named(
	const struct service *, int about, const char *slug, bool *many);
bool learned_pair(const struct service *, int about, int64_t id, int64_t value);

void learned_clear(struct service *);

#endif
