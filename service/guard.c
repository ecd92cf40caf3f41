/* NOTE: libmicrohttpd 0.9.75 takes a bare LF, a bare CR and a folded line for good and does not
   tell. It writes NUL over the line end it found, in its own buffer: two of them for CR LF, one for
   a bare one; a folded line it copies elsewhere. So where a line's text ends and the next begins
   says what stood between them; but a NUL that was sent may look like one of its own (NUL LF passes
   for CR LF), and a lone colon and LF for an empty line. Newer versions refuse all this by
   themselves; then these checks find nothing. */
#include "service/guard.h"

#include "model/i18n.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static void complain(struct guard *guard, const char *problem)
{
	if (!guard->problem)
		guard->problem = problem;
}

static bool is_token(const char *name, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (!isalnum((unsigned char)name[i]) &&
			!(name[i] && strchr("!#$%&'*+-.^_`|~", name[i])))
			return false;
	}
	return size > 0;
}

static bool is_clean(const char *value, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		unsigned char c = (unsigned char)value[i];
		if ((c < 0x20 && c != '\t') || c == 0x7F)
			return false;
	}
	return true;
}

static bool is_number(const char *value, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (!isdigit((unsigned char)value[i]))
			return false;
	}
	return size > 0 && size < 19;
}

/* Exactly CR LF between the end of the last line and this place. */
static void check_line_end(struct guard *guard, const char *place)
{
	if (guard->end && place != guard->end + 2)
		complain(guard, N_("A line of the request does not end in CR LF."));
}

void guard_target(struct guard *guard, const char *target)
{
	guard->target = target;
	guard->target_end = target + strlen(target);
	for (const char *c = target; *c; c++)
		if ((unsigned char)*c <= 0x20 || *c == 0x7F)
			complain(guard, N_("The address of the request has a forbidden character."));
}

/* One space, which the library made a NUL, stands on either side of the target; a NUL that was sent would
   hide what comes behind it. */
void guard_line(struct guard *guard, const char *method, const char *version)
{
	if (!is_token(method, strlen(method)) || method + strlen(method) + 1 != guard->target ||
		guard->target_end + 1 != version)
		complain(guard, N_("The first line of the request has a forbidden character."));
	if (strcmp(version, "HTTP/1.1") != 0 && strcmp(version, "HTTP/1.0") != 0)
		complain(guard, N_("Only HTTP/1.1 is spoken here."));
	else
		guard->end = version + strlen(version);
}

void guard_header(struct guard *guard, const char *name, size_t name_size, const char *value,
	size_t value_size)
{
	const char *const once[] = { "Host", "Content-Length", "Transfer-Encoding",
		"Authorization", guard->own };
	int *const counts[] = { &guard->hosts, &guard->lengths, &guard->encodings,
		&guard->authorizations, &guard->owns };
	check_line_end(guard, name);
	guard->end = value + value_size;
	if (!is_token(name, name_size) || !is_clean(value, value_size))
		complain(guard, N_("A header of the request has a forbidden character."));
	for (int i = 0; i < 5 && once[i]; i++) {
		if (strcasecmp(name, once[i]) == 0 && ++*counts[i] > 1)
			complain(guard, N_("A header stands in the request twice that may stand "
					   "there once."));
	}
	if (strcasecmp(name, "Content-Length") == 0 && !is_number(value, value_size))
		complain(guard, N_("The length of the request is not a number."));
	if (strcasecmp(name, "Host") == 0 && value_size == 0)
		complain(guard, N_("The request does not say which host it is for."));
}

bool guard_end(struct guard *guard, const char *end)
{
	if (!guard->hosts)
		complain(guard, N_("The request does not say which host it is for."));
	if (guard->encodings && guard->lengths)
		complain(guard, N_("The request gives its length in two ways."));
	/* The empty line that ends the head; a NUL that was sent in the last value would come sooner. */
	if (guard->end && guard->end + 4 != end)
		complain(guard, N_("A line of the request does not end in CR LF."));
	return !guard->problem;
}
