#include "service/hash.h"

#include "model/arena.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>

struct hash {
	gnutls_hash_hd_t state;
};

struct hash *hash_new(void)
{
	struct hash *hash = xcalloc(1, sizeof *hash);
	if (gnutls_hash_init(&hash->state, GNUTLS_DIG_SHA256) != 0)
		abort(); /* NOTE: only without memory, or in a FIPS mode that forbids SHA-256. */
	return hash;
}

void hash_add(struct hash *hash, const void *bytes, size_t size)
{
	if (size)
		gnutls_hash(hash->state, bytes, size);
}

void hash_text(struct hash *hash, const char *text)
{
	if (text)
		hash_add(hash, text, strlen(text));
	hash_add(hash, "", 1);
}

void hash_end(struct hash *hash, char out[HASH_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char bytes[32];
	gnutls_hash_deinit(hash->state, bytes);
	for (int i = 0; i < 32; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
	out[HASH_SIZE - 1] = '\0';
	free(hash);
}

bool token_make(char out[TOKEN_SIZE])
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	unsigned char bytes[TOKEN_SIZE - 1];
	if (gnutls_rnd(GNUTLS_RND_KEY, bytes, sizeof bytes) != 0)
		return false;
	for (size_t i = 0; i < sizeof bytes; i++)
		out[i] = letters[bytes[i] & 63];
	out[TOKEN_SIZE - 1] = '\0';
	return true;
}
