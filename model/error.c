/* What went wrong: filling it in, its exit code, its stable word. */
#include "model/error.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
	int exit;
	const char *name;
} kinds[] = {
	[ERROR_NONE] = { 0, "none" },
	[ERROR_OFFLINE] = { 6, "offline" },
	[ERROR_BUSY] = { 75, "busy" },
	[ERROR_LOGIN] = { 4, "login" },
	[ERROR_CONFLICT] = { 5, "conflict" },
	[ERROR_REFUSED] = { 8, "refused" },
	[ERROR_DENIED] = { 8, "denied" },
	[ERROR_GONE] = { 3, "gone" },
	[ERROR_USAGE] = { 2, "usage" },
	[ERROR_CONFIG] = { 2, "config" },
	[ERROR_LOCAL] = { 1, "local" },
	[ERROR_GARBLED] = { 1, "garbled" },
	[ERROR_CANCELLED] = { 130, "cancelled" },
};

enum { KIND_COUNT = sizeof(kinds) / sizeof(kinds[0]) };

/* Takes away the beginning of a character that the end of the room cut in two. */
static void trim_character(char *text)
{
	size_t end = strlen(text), start = end;

	while (start > 0 && end - start < 4) {
		unsigned char c = (unsigned char)text[--start];
		size_t wanted = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : c >= 0xC0 ? 2 : 1;

		if (c >= 0x80 && c < 0xC0)
			continue;
		if (end - start < wanted)
			text[start] = '\0';
		return;
	}
}

bool error_set(struct error *err, enum error_kind kind, const char *fmt, ...)
{
	if (!err)
		return false;

	/* An argument may be the very text that is replaced, so it is built beside it. */
	char text[sizeof(err->text)];
	va_list args;
	va_start(args, fmt);
	int size = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (size < 0)
		snprintf(text, sizeof(text), "%s", fmt);
	if (size >= (int)sizeof(text))
		trim_character(text);

	err->kind = kind;
	memcpy(err->text, text, sizeof(text));
	return false;
}

int error_exit(enum error_kind kind)
{
	return (unsigned)kind < KIND_COUNT ? kinds[kind].exit : 1;
}

const char *error_name(enum error_kind kind)
{
	return (unsigned)kind < KIND_COUNT ? kinds[kind].name : "local";
}
