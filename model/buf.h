/* A growing byte string, always NUL-ended (text is "" while empty, never NULL after buf_init or =
   {0} plus any call here). `struct buf b = {0};` is a valid empty one; buf_clear() frees it. */
#ifndef MODEL_BUF_H
#define MODEL_BUF_H

#include <stdarg.h>
#include <stddef.h>

struct buf {
	char *text;
	size_t size; /* bytes before the NUL */
	size_t room;
};

void buf_add(struct buf *, const void *bytes, size_t size);
void buf_text(struct buf *, const char *text); /* NULL adds nothing */
void buf_char(struct buf *, char c);
void buf_printf(struct buf *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *, const char *fmt, va_list);
void buf_cut(struct buf *, size_t size); /* shorten to size bytes */
void buf_reset(struct buf *);		 /* empty, keeping the memory */
void buf_clear(struct buf *);		 /* empty, giving the memory back */
const char *buf_str(const struct buf *); /* "" when nothing was ever added */
char *buf_take(struct buf *);		 /* the text, now the caller's to free(); buf is empty */

#endif
