/* A growing byte string. */
#include "model/buf.h"
#include "model/arena.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for `more` bytes and the NUL. A size that wraps round asks for more than there is, and ends
   the program in xrealloc(). */
static void buf_room(struct buf *b, size_t more)
{
	size_t needed = more > SIZE_MAX / 2 - b->size ? SIZE_MAX / 2 : b->size + more + 1;

	if (needed <= b->room)
		return;

	size_t room = b->room ? b->room : 64;
	while (room < needed)
		room *= 2;
	b->text = xrealloc(b->text, room);
	b->room = room;
	b->text[b->size] = '\0';
}

void buf_add(struct buf *b, const void *bytes, size_t size)
{
	buf_room(b, size);
	if (size)
		memcpy(b->text + b->size, bytes, size);
	b->size += size;
	b->text[b->size] = '\0';
}

void buf_text(struct buf *b, const char *text)
{
	buf_add(b, text, text ? strlen(text) : 0);
}

void buf_char(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	buf_vprintf(b, fmt, args);
	va_end(args);
}

void buf_vprintf(struct buf *b, const char *fmt, va_list args)
{
	va_list again;

	va_copy(again, args);
	buf_room(b, 0);
	int size = vsnprintf(b->text + b->size, b->room - b->size, fmt, args);
	if (size > 0 && (size_t)size >= b->room - b->size) {
		buf_room(b, (size_t)size);
		vsnprintf(b->text + b->size, b->room - b->size, fmt, again);
	}
	va_end(again);
	if (size > 0)
		b->size += (size_t)size;
	b->text[b->size] = '\0';
}

void buf_cut(struct buf *b, size_t size)
{
	buf_room(b, 0);
	if (size < b->size)
		b->size = size;
	b->text[b->size] = '\0';
}

void buf_reset(struct buf *b)
{
	buf_cut(b, 0);
}

void buf_clear(struct buf *b)
{
	free(b->text);
	*b = (struct buf){ 0 };
}

const char *buf_str(const struct buf *b)
{
	return b->text ? b->text : "";
}

char *buf_take(struct buf *b)
{
	buf_room(b, 0);

	char *text = b->text;
	*b = (struct buf){ 0 };
	return text;
}
