/* SHA-256, for what must be recognised and never read again: tokens, requests. */
#ifndef SERVICE_HASH_H
#define SERVICE_HASH_H

#include <stdbool.h>
#include <stddef.h>

enum { HASH_SIZE = 65, TOKEN_SIZE = 44 };

struct hash;

struct hash *hash_new(void);
void hash_add(struct hash *, const void *bytes, size_t size);
/* A text and its end, so that "ab" "c" and "a" "bc" differ. NULL is an empty one. */
void hash_text(struct hash *, const char *text);
void hash_end(struct hash *, char out[HASH_SIZE]); /* hexadecimal; frees it */

/* A new token: 32 random bytes as URL-safe letters. */
bool token_make(char out[TOKEN_SIZE]);

#endif
