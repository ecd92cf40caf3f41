/* Which known name was probably meant: optimal string alignment over at most 63 bytes. */
#include "model/nearest.h"

#include <string.h>

enum { LONGEST = 63 };

static int least(int a, int b)
{
	return a < b ? a : b;
}

int nearest_distance(const char *a, const char *b)
{
	size_t a_size = strlen(a), b_size = strlen(b);

	if (a_size > LONGEST || b_size > LONGEST)
		return LONGEST;

	int rows[3][LONGEST + 1]; /* the row before last, the last, this one */

	for (size_t j = 0; j <= b_size; j++)
		rows[1][j] = (int)j;
	for (size_t i = 1; i <= a_size; i++) {
		rows[2][0] = (int)i;
		for (size_t j = 1; j <= b_size; j++) {
			int cost = a[i - 1] != b[j - 1];
			int best = least(rows[1][j], rows[2][j - 1]) + 1;

			best = least(best, rows[1][j - 1] + cost);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				best = least(best, rows[0][j - 2] + 1);
			rows[2][j] = best;
		}
		memcpy(rows[0], rows[1], sizeof(rows[0]));
		memcpy(rows[1], rows[2], sizeof(rows[1]));
	}
	return rows[1][b_size];
}

void nearest_look(struct nearest *n, const char *wanted, const char *candidate)
{
	int distance = nearest_distance(wanted, candidate);
	size_t size = strlen(wanted);

	/* A beginning is near however much is missing; else at most a third of the letters may
	 * differ. */
	if (size >= 3 && strncmp(wanted, candidate, size) == 0)
		distance = 1;
	if (distance > 1 && distance > (int)(size + 2) / 3)
		return;
	if (distance >= (int)size)
		return;
	if (n->name && n->distance <= distance)
		return;
	n->name = candidate;
	n->distance = distance;
}
