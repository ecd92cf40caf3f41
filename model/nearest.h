/* The nearest of several names to a misspelt one: for settings, options, commands, fields. */
#ifndef MODEL_NEAREST_H
#define MODEL_NEAREST_H

/* `struct nearest n = {0};`, nearest_look() with each candidate, then n.name: NULL when none is
 * near. */
struct nearest {
	const char *name; /* borrowed from the candidates */
	int distance;
};

void nearest_look(struct nearest *, const char *wanted, const char *candidate);

/* Letters to add, drop, change or swap to make one of the other. */
int nearest_distance(const char *a, const char *b);

#endif
