/* The citizen's fields by name. */
#include "model/citizen.h"
#include "model/i18n.h"
#include "model/text.h"
#include <stdlib.h>
#include <string.h>

const char *const citizen_fields[] = {
	"given",
	"family",
	"born",
	"ref",
	"phone",
	"email",
	"street",
	"postcode",
	"town",
	"country",
	"language",
	"contact",
	"guarded",
	"flags",
	NULL,
};

/* Where each of them stands; guarded is the one that is no text. */
static const struct {
	const char *name;
	size_t offset;
} texts[] = {
	{ "given", offsetof(struct citizen, given) },
	{ "family", offsetof(struct citizen, family) },
	{ "born", offsetof(struct citizen, born) },
	{ "ref", offsetof(struct citizen, ref) },
	{ "phone", offsetof(struct citizen, phone) },
	{ "email", offsetof(struct citizen, mail) },
	{ "street", offsetof(struct citizen, street) },
	{ "postcode", offsetof(struct citizen, postcode) },
	{ "town", offsetof(struct citizen, town) },
	{ "country", offsetof(struct citizen, country) },
	{ "language", offsetof(struct citizen, language) },
	{ "contact", offsetof(struct citizen, reach) },
	{ "flags", offsetof(struct citizen, flags) },
	{ NULL, 0 },
};

static const char **citizen_text(const struct citizen *c, const char *field)
{
	for (int i = 0; texts[i].name; i++)
		if (!strcmp(texts[i].name, field))
			return (const char **)((char *)(uintptr_t)c + texts[i].offset);
	return NULL;
}

void citizen_name(struct buf *out, const struct citizen *c)
{
	bool family = !text_blank(c->family), given = !text_blank(c->given);

	if (family)
		buf_text(out, c->family);
	if (family && given)
		buf_text(out, ", ");
	if (given)
		buf_text(out, c->given);
	buf_add(out, "", 0);
}

const char *citizen_get(const struct citizen *c, const char *field)
{
	if (!strcmp(field, "guarded"))
		return c->guarded ? "yes" : "no";

	const char **text = citizen_text(c, field);
	return text && *text && **text ? *text : NULL;
}

/* 1966, 1966-11 or 1966-11-02. */
static bool born_valid(const char *text)
{
	static const char shape[] = "dddd-dd-dd";
	size_t size = strlen(text);

	if (size != 4 && size != 7 && size != 10)
		return false;
	for (size_t i = 0; i < size; i++) {
		if (shape[i] == 'd' ? (text[i] < '0' || text[i] > '9') : text[i] != '-')
			return false;
	}

	int month = size >= 7 ? atoi(text + 5) : 1, day = size == 10 ? atoi(text + 8) : 1;
	static const int days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	return month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1];
}

static bool one_of(const char *text, const char *const *list)
{
	for (; *list; list++)
		if (!strcmp(text, *list))
			return true;
	return false;
}

static bool citizen_check(const char *field, const char *value, struct error *err)
{
	static const char *const ways[] = { "phone", "email", "letter", "counter", NULL };

	if (!strcmp(field, "born") && !born_valid(value))
		return error_set(err, ERROR_USAGE,
			_("A date of birth is written 1966-11-02, 1966-11 or 1966, not \"%s\"."),
			value);
	if (!strcmp(field, "contact") && !one_of(value, ways))
		return error_set(err, ERROR_USAGE,
			_("A citizen is reached by phone, email, letter or counter, not \"%s\"."),
			value);
	if (!strcmp(field, "country") && strlen(value) != 2)
		return error_set(err, ERROR_USAGE,
			_("A country is written in two letters, such as NL, not \"%s\"."), value);
	if (!strcmp(field, "email") && (!strchr(value, '@') || strpbrk(value, " \t\r\n")))
		return error_set(err, ERROR_USAGE, _("\"%s\" is no e-mail address."), value);
	return true;
}

static bool set_guarded(struct citizen *c, const char *value, struct error *err)
{
	static const char *const yes[] = { "yes", "true", "1", NULL };
	static const char *const no[] = { "no", "false", "0", "", NULL };

	if (!value || one_of(value, no)) {
		c->guarded = false;
		return true;
	}
	if (!one_of(value, yes))
		return error_set(
			err, ERROR_USAGE, _("\"guarded\" is yes or no, not \"%s\"."), value);
	c->guarded = true;
	return true;
}

bool citizen_set(
	struct citizen *c, const char *field, const char *value, struct arena *a, struct error *err)
{
	if (!strcmp(field, "guarded"))
		return set_guarded(c, value, err);

	const char **text = citizen_text(c, field);
	if (!text)
		return error_set(err, ERROR_USAGE, _("A citizen has no field \"%s\"."), field);
	if (value && !*value)
		value = NULL;
	if (value && !citizen_check(field, value, err))
		return false;
	*text = arena_copy(a, value);
	return true;
}

void citizen_copy(struct citizen *to, const struct citizen *from, struct arena *a)
{
	struct citizen copy = *from;
	const char **const strings[] = {
		&copy.service,
		&copy.id,
		&copy.version,
		&copy.ref,
		&copy.given,
		&copy.family,
		&copy.born,
		&copy.street,
		&copy.postcode,
		&copy.town,
		&copy.country,
		&copy.phone,
		&copy.mail,
		&copy.language,
		&copy.reach,
		&copy.consents,
		&copy.flags,
		&copy.match,
	};

	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
		*strings[i] = arena_copy(a, *strings[i]);
	*to = copy;
}
