/* UTF-8: validate, make harmless for a terminal, fold, measure, cut, wrap. Width is columns, length
   is bytes. The only file that uses libutf8proc. Grapheme clusters as in UAX #29. */
#ifndef MODEL_TEXT_H
#define MODEL_TEXT_H

#include "model/buf.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether all of it is UTF-8. */
bool text_valid(const char *text, size_t size);

/* Bytes of the first character and what it is; TEXT_BAD and 1 for a byte that is not UTF-8. size >
 * 0. */
#define TEXT_BAD UINT32_MAX
size_t text_decode(const char *text, size_t size, uint32_t *code);

/* Appends text with every byte that is not UTF-8 replaced by U+FFFD. */
void text_repair(struct buf *out, const char *text, size_t size);

/* Appends text made harmless for a terminal: controls as ^X (C1 as <9B>), line ends and tabs as one
   space, bytes that are not UTF-8 as <FF>, bidi controls and invisible characters as <U+202E>; what
   a name needs (combining marks, ZWJ and ZWNJ between letters or emoji) stays. The result has no
   byte below 0x20, so one row stays one row. */
void text_clean(struct buf *out, const char *text, size_t size);

/* The same, but line ends stay as '\n' (CR LF and CR become '\n'): for a body that is wrapped
 * later. */
void text_clean_lines(struct buf *out, const char *text, size_t size);

/* In a charset that is not UTF-8 (LC_ALL=C): each character outside ASCII as '?', or a near letter.
 */
void text_ascii(struct buf *out, const char *clean);

/* Natural order, as memcmp() tells it: digits in a row are one number, so that 9 stands before 10. Two texts that
   are not the same are never equal. */
int text_natural(const char *a, size_t size_a, const char *b, size_t size_b);
int text_width(const char *clean);		   /* columns of clean text */
size_t text_next(const char *clean, int *columns); /* bytes and columns of the first grapheme */
size_t text_fit(const char *clean, int columns, int *used); /* bytes of whole graphemes that fit */

/* Appends at most `columns` columns; where something is left out it ends in "..." */
void text_cut(struct buf *out, const char *clean, int columns);

/* Appends exactly `columns` columns: cut like text_cut(), or filled with spaces. */
void text_pad(struct buf *out, const char *clean, int columns);

/* Bytes of the first line when text is wrapped at `columns`; *skip: bytes to pass before the next
   line (a space or '\n' at the break). Words longer than a line are broken between graphemes. */
size_t text_wrap(const char *clean, int columns, size_t *skip);

/* Appends the form searches compare: NFD without marks, case folded, plus ss for sharp s, l, o, d
   for their barred letters, ae oe th for ligatures, spaces squeezed. The client's cache and the
   service store this same form, so both find the same rows. */
void text_fold(struct buf *out, const char *text);

/* Whether folded `part` begins a word of folded `whole`. */
bool text_word_prefix(const char *whole, const char *part);

bool text_blank(const char *text); /* NULL, "" or only white space */

#endif
