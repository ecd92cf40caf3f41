/* Memory that is freed all at once, and the malloc family that never returns NULL.
   Out of memory ends the program with a sentence: what was saved is in the outbox on disk. */
#ifndef MODEL_ARENA_H
#define MODEL_ARENA_H

#include <stddef.h>

struct arena {
	struct arena_block *last;
};

void *arena_alloc(struct arena *, size_t size);	     /* zeroed, never NULL */
/* What arena_alloc() gave (NULL with size 0: nothing yet), with zeroed room behind it; `old` is not used
   afterwards. A big one moves as with realloc(), a small one is left behind in the arena. */
void *arena_widen(struct arena *, void *old, size_t size, size_t wider);
char *arena_copy(struct arena *, const char *text);  /* NULL stays NULL */
char *arena_copy_n(struct arena *, const char *text, size_t size);
char *arena_printf(struct arena *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void arena_clear(struct arena *);

/* For what a library could not allocate: says so and ends the program with 1. */
_Noreturn void out_of_memory(void);
void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size); /* zeroed */
void *xrealloc(void *old, size_t size);
char *xstrdup(const char *text); /* NULL stays NULL */

#endif
