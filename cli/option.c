/* Reading options from tables. */
#include "cli/option.h"

#include "model/arena.h"
#include "model/i18n.h"
#include "model/nearest.h"

#include <errno.h>

struct reader {
	struct given *given;
	const struct verb_option *const *tables;
	int argc, at;
	const char *const *argv;
};

static const struct verb_option *find(
	const struct verb_option *const *tables, const char *name, size_t size)
{
	for (; *tables; tables++)
		for (const struct verb_option *o = *tables; o->name; o++)
			if (strlen(o->name) == size && strncmp(o->name, name, size) == 0)
				return o;
	return NULL;
}

static const struct verb_option *find_letter(const struct verb_option *const *tables, char letter)
{
	for (; *tables; tables++)
		for (const struct verb_option *o = *tables; o->name; o++)
			if (o->letter == letter)
				return o;
	return NULL;
}

static bool unknown(const struct reader *r, const char *name, struct error *err)
{
	struct nearest near = { 0 };

	for (const struct verb_option *const *t = r->tables; *t; t++)
		for (const struct verb_option *o = *t; o->name; o++)
			nearest_look(&near, name, o->name);
	if (near.name)
		return error_set(err, ERROR_USAGE,
			_("There is no option --%s; the nearest is --%s."), name, near.name);
	return error_set(err, ERROR_USAGE, _("There is no option --%s; --help lists them."), name);
}

static void add_value(struct given *g, const struct verb_option *o, const char *value)
{
	g->values = xrealloc(g->values, (size_t)(g->value_count + 1) * sizeof(*g->values));
	g->values[g->value_count++] = (struct given_value){ o, value };
}

static void add_arg(struct given *g, const char *arg)
{
	g->args = xrealloc(g->args, (size_t)(g->count + 1) * sizeof(*g->args));
	g->args[g->count++] = arg;
}

/* value: what stood behind = or the letter, or NULL: then the next word where one is needed. */
static bool take(
	struct reader *r, const struct verb_option *o, const char *value, struct error *err)
{
	if (!o->value && value)
		return error_set(err, ERROR_USAGE, _("--%s takes no value."), o->name);
	if (o->value && *o->value != '[' && !value) {
		if (r->at + 1 >= r->argc)
			return error_set(err, ERROR_USAGE, _("--%s needs a value: --%s=%s."),
				o->name, o->name, o->value);
		value = r->argv[++r->at];
	}
	add_value(r->given, o, value ? value : "");
	return true;
}

static bool read_long(struct reader *r, const char *word, struct error *err)
{
	size_t size = strcspn(word, "=");
	const struct verb_option *o = find(r->tables, word, size);

	if (!o) {
		char name[64];

		snprintf(name, sizeof(name), "%.*s", (int)size, word);
		return unknown(r, name, err);
	}
	return take(r, o, word[size] ? word + size + 1 : NULL, err);
}

static bool read_letters(struct reader *r, const char *letters, struct error *err)
{
	for (; *letters; letters++) {
		const struct verb_option *o = find_letter(r->tables, *letters);

		if (!o)
			return error_set(err, ERROR_USAGE,
				_("There is no option -%c; --help lists them."), *letters);
		if (o->value) /* the rest is its value */
			return take(r, o, letters[1] ? letters + 1 : NULL, err);
		if (!take(r, o, NULL, err))
			return false;
	}
	return true;
}

bool given_read(struct given *g, const struct verb_option *const *tables, int argc,
	const char *const *argv, enum given_style style, struct error *err)
{
	struct reader r = { .given = g, .tables = tables, .argc = argc, .argv = argv };
	bool more = true; /* options may still come */

	g->count = 0;
	for (; r.at < argc; r.at++) {
		const char *word = argv[r.at];
		bool dash = more && word[0] == '-' && word[1];

		if (dash && strcmp(word, "--") == 0) {
			more = false;
		} else if (dash && word[1] == '-') {
			if (!read_long(&r, word + 2, err))
				return false;
		} else if (dash &&
			   (style != GIVEN_WORDS || (!word[2] && find_letter(tables, word[1])))) {
			if (!read_letters(&r, word + 1, err))
				return false;
		} else {
			add_arg(g, word);
			more = more && style != GIVEN_FIRST;
		}
	}
	return true;
}

const char *given_value(const struct given *g, const char *name)
{
	for (int i = g->value_count - 1; i >= 0; i--)
		if (strcmp(g->values[i].option->name, name) == 0)
			return g->values[i].value;
	return NULL;
}

bool given_flag(const struct given *g, const char *name)
{
	return given_value(g, name) != NULL;
}

bool given_number(const struct given *g, const char *name, int otherwise, int low, int high,
	int *out, struct error *err)
{
	const char *text = given_value(g, name);
	char *end;

	*out = otherwise;
	if (!text)
		return true;
	errno = 0;

	long n = strtol(text, &end, 10);

	if (end == text || *end || errno || n < low || n > high)
		return error_set(err, ERROR_USAGE, _("--%s must be a number from %d to %d."), name,
			low, high);
	*out = (int)n;
	return true;
}

void given_clear(struct given *g)
{
	free(g->values);
	free(g->args);
	*g = (struct given){ 0 };
}
