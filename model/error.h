/* What went wrong, and who should do something about it. What can fail takes `struct error *` last
   and returns bool (or the thing, or NULL); it is shown once, by the one who can act on it. */
#ifndef MODEL_ERROR_H
#define MODEL_ERROR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* Sorted by who can do something about it, because that is what a caller asks.
   The number at the end is the exit code; several different ones in one command make 7. */
enum error_kind {
	ERROR_NONE,
	ERROR_OFFLINE,	/* nobody: try again by itself; 6 */
	ERROR_BUSY,	/* nobody: try again after wait_ms; 75 */
	ERROR_LOGIN,	/* the user: log in again; 4 */
	ERROR_CONFLICT, /* the user: somebody else changed or holds it (412, lease-held); 5 */
	ERROR_REFUSED,	/* the user: the service does not accept this value (other 4xx); 8 */
	ERROR_DENIED,	/* an administrator: not allowed; 8 */
	ERROR_GONE,	/* nobody: it is not there any more; 3 */
	ERROR_USAGE,	/* the user: the command was wrong; 2 */
	ERROR_CONFIG,	/* the user: the configuration is wrong; 2 */
	ERROR_LOCAL,	/* the user: disk full, store damaged; 1 */
	ERROR_GARBLED,	/* us: we did not understand the answer; 1 */
	ERROR_CANCELLED /* nobody: we stopped it ourselves; 130 */
};

struct error {
	enum error_kind kind;
	int status;	/* HTTP status, 0 if it never got that far */
	int wait_ms;	/* for ERROR_BUSY: what the service asked for */
	char code[32];	/* the service's own word, such as "purpose-needed", or "" */
	char text[256]; /* one sentence for the user, translated */
};

/* Fills err (which may be NULL) and returns false, so that failing is one line:
   return error_set(...);  The text is cut at a whole character when it is too long. Status, wait_ms
   and code stay as they are. */
bool error_set(struct error *err, enum error_kind kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The exit code of a command that ends with this kind of error. */
int error_exit(enum error_kind kind);

/* The stable word for --json: "offline", "busy", "login", "conflict", ... */
const char *error_name(enum error_kind kind);

#endif
