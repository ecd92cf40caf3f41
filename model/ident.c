/* New identifiers. */
#include "model/ident.h"
#include "model/i18n.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

/* Without random bytes two changes could carry one key, and one of them would be lost: better to
   end. */
static void fill_random(unsigned char *bytes, size_t size)
{
	size_t have = 0;

	while (have < size) {
		ssize_t n = getrandom(bytes + have, size - have, 0);

		if (n > 0) {
			have += (size_t)n;
			continue;
		}
		if (errno == EINTR)
			continue;
		perror(_("The system gives no random numbers"));
		exit(1);
	}
}

void ident_uuid(char out[IDENT_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char bytes[16];
	char *p = out;

	fill_random(bytes, sizeof(bytes));
	bytes[6] = (unsigned char)((bytes[6] & 0x0F) | 0x40); /* version 4 */
	bytes[8] = (unsigned char)((bytes[8] & 0x3F) | 0x80); /* the RFC's variant */
	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*p++ = '-';
		*p++ = digits[bytes[i] >> 4];
		*p++ = digits[bytes[i] & 15];
	}
	*p = '\0';
}
