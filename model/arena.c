/* Arenas: blocks chained together, each handed out from its front. */
#include "model/arena.h"
#include "model/i18n.h"
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_SIZE = 1000, BLOCK_MOST = 256 * 1024, ALIGN = _Alignof(max_align_t) };

struct arena_block {
	struct arena_block *older;
	size_t used, size;
	_Alignas(max_align_t) char bytes[];
};

void out_of_memory(void)
{
	fputs(_("Out of memory. What was saved is safe in the outbox on disk.\n"), stderr);
	exit(1);
}

void *xmalloc(size_t size)
{
	void *p = malloc(size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *xcalloc(size_t count, size_t size)
{
	void *p = calloc(count ? count : 1, size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *xrealloc(void *old, size_t size)
{
	void *p = realloc(old, size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

char *xstrdup(const char *text)
{
	if (!text)
		return NULL;

	size_t size = strlen(text) + 1;
	return memcpy(xmalloc(size), text, size);
}

/* Blocks double, so that a page of many rows takes few of them. What is bigger than a block gets
   one to itself. */
static struct arena_block *block_new(struct arena *a, size_t size)
{
	size_t room = a->last ? a->last->size * 2 : BLOCK_SIZE;

	if (room > BLOCK_MOST)
		room = BLOCK_MOST;
	if (room < size)
		room = size;
	if (room > SIZE_MAX - sizeof(struct arena_block))
		out_of_memory();

	struct arena_block *block = xmalloc(sizeof(*block) + room);
	block->used = 0;
	block->size = room;
	block->older = a->last;
	a->last = block;
	return block;
}

static void *arena_take(struct arena *a, size_t size, size_t align)
{
	struct arena_block *block = a->last;
	size_t at = block ? (block->used + align - 1) / align * align : 0;

	if (!block || at > block->size || size > block->size - at) {
		block = block_new(a, size);
		at = 0;
	}
	block->used = at + size;
	return block->bytes + at;
}

void *arena_alloc(struct arena *a, size_t size)
{
	return memset(arena_take(a, size, ALIGN), 0, size);
}

/* The block that holds this and nothing else. */
static struct arena_block **block_of(struct arena *a, const void *alone, size_t size)
{
	for (struct arena_block **at = &a->last; *at; at = &(*at)->older)
		if ((*at)->bytes == (const char *)alone)
			return (*at)->used == size ? at : NULL;
	return NULL;
}

void *arena_widen(struct arena *a, void *old, size_t size, size_t wider)
{
	struct arena_block **at = old ? block_of(a, old, size) : NULL;
	void *p;

	if (!at) {
		p = arena_alloc(a, wider);
		return size ? memcpy(p, old, size) : p;
	}
	if (wider > SIZE_MAX - sizeof(struct arena_block))
		out_of_memory();
	*at = xrealloc(*at, sizeof(struct arena_block) + wider);
	memset((*at)->bytes + size, 0, wider - size);
	(*at)->used = (*at)->size = wider;
	return (*at)->bytes;
}

char *arena_copy(struct arena *a, const char *text)
{
	return text ? arena_copy_n(a, text, strlen(text)) : NULL;
}

char *arena_copy_n(struct arena *a, const char *text, size_t size)
{
	char *copy = arena_take(a, size + 1, 1);

	if (size)
		memcpy(copy, text, size);
	copy[size] = '\0';
	return copy;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list args, again;

	va_start(args, fmt);
	va_copy(again, args);
	int size = vsnprintf(NULL, 0, fmt, args);
	va_end(args);

	char *text = arena_take(a, (size_t)(size > 0 ? size : 0) + 1, 1);
	text[0] = '\0';
	if (size > 0)
		vsnprintf(text, (size_t)size + 1, fmt, again);
	va_end(again);
	return text;
}

void arena_clear(struct arena *a)
{
	struct arena_block *block = a->last;

	while (block) {
		struct arena_block *older = block->older;

		free(block);
		block = older;
	}
	a->last = NULL;
}
