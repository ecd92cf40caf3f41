/* The case's fields by name, and its stages. */
#include "model/casefile.h"
#include "model/i18n.h"
#include "model/json.h"
#include "model/when.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const stages[] = {
	[STAGE_NEW] = "new",
	[STAGE_OPEN] = "open",
	[STAGE_WAITING] = "waiting",
	[STAGE_DONE] = "done",
	[STAGE_REFUSED] = "refused",
};

enum { STAGE_COUNT = sizeof(stages) / sizeof(stages[0]) };

/* The statuses of Casework REST. Where two mean one stage, the first is what setting the stage
   says: `closed` is the service's own end and never set from here. */
static const struct {
	const char *status;
	enum stage stage;
} statuses[] = {
	{ "new", STAGE_NEW },
	{ "open", STAGE_OPEN },
	{ "waiting", STAGE_WAITING },
	{ "resolved", STAGE_DONE },
	{ "closed", STAGE_DONE },
	{ "resolved", STAGE_REFUSED },
	{ NULL, STAGE_NEW },
};

#define AT(member) offsetof(struct casefile, member)

const struct case_field case_fields[] = {
	{ "subject", "subject", N_("Subject"), FIELD_TEXT, AT(subject) },
	{ "queue", "service", N_("Queue"), FIELD_TEXT, AT(queue) },
	{ "kind", "kind", N_("Kind"), FIELD_TEXT, AT(kind) },
	{ "stage", "stage", N_("Stage"), FIELD_STAGE, AT(stage) },
	{ "status", "status", N_("Status"), FIELD_TEXT, AT(status) },
	{ "step", "step", N_("Step"), FIELD_TEXT, AT(step) },
	{ "outcome", "outcome", N_("Outcome"), FIELD_TEXT, AT(outcome) },
	{ "priority", "priority", N_("Priority"), FIELD_NUMBER, AT(priority) },
	{ "worker", "assignee", N_("Owner"), FIELD_TEXT, AT(worker) },
	{ "team", "team", N_("Team"), FIELD_TEXT, AT(team) },
	{ "due", "due", N_("Due"), FIELD_TIME, AT(due) },
	{ "citizen", "citizen", N_("Citizen"), FIELD_TEXT, AT(citizen) },
	{ "channel", "channel", N_("Channel"), FIELD_TEXT, AT(channel) },
	{ "language", "language", N_("Language"), FIELD_TEXT, AT(language) },
	{ "tags", "tags", N_("Tags"), FIELD_WORDS, AT(tags) },
	{ "skills", "skills", N_("Skills"), FIELD_WORDS, AT(skills) },
	{ "group", "group", N_("Group"), FIELD_TEXT, AT(group) },
	{ "surge", "surge", N_("Surge"), FIELD_TEXT, AT(surge) },
	{ "duplicate_of", "duplicate_of", N_("Duplicate of"), FIELD_TEXT, AT(duplicate_of) },
	{ "links", "links", N_("Links"), FIELD_WORDS, AT(links) },
	{ "restricted", "restricted", N_("Restricted"), FIELD_FLAG, AT(restricted) },
	{ "delivery", "delivery", N_("Delivery"), FIELD_TEXT, AT(delivery) },
	{ "text", "text", N_("Text"), FIELD_TEXT, AT(text) },
	{ NULL, NULL, NULL, FIELD_TEXT, 0 },
};

static void *member(const struct casefile *cf, const struct case_field *field)
{
	return (char *)(uintptr_t)cf + field->offset;
}

const char *stage_name(enum stage stage)
{
	return (unsigned)stage < STAGE_COUNT ? stages[stage] : "new";
}

bool stage_read(const char *name, enum stage *stage)
{
	for (int i = 0; name && i < STAGE_COUNT; i++) {
		if (!strcmp(name, stages[i])) {
			*stage = (enum stage)i;
			return true;
		}
	}
	return false;
}

bool stage_is_open(enum stage stage)
{
	return stage == STAGE_NEW || stage == STAGE_OPEN || stage == STAGE_WAITING;
}

bool stage_of_status(const char *status, enum stage *stage)
{
	for (int i = 0; status && statuses[i].status; i++) {
		if (!strcmp(status, statuses[i].status)) {
			*stage = statuses[i].stage;
			return true;
		}
	}
	return false;
}

const char *stage_status(enum stage stage)
{
	for (int i = 0; statuses[i].status; i++)
		if (statuses[i].stage == stage)
			return statuses[i].status;
	return "new";
}

const struct case_field *case_field_find(const char *name)
{
	for (const struct case_field *f = case_fields; f->name; f++)
		if (!strcmp(f->name, name))
			return f;
	for (const struct case_field *f = case_fields; f->name; f++)
		if (!strcmp(f->wire, name))
			return f;
	return NULL;
}

/* The name inside the kind's fields, or NULL when it is not one of those. */
static const char *kind_field(const char *name)
{
	return !strncmp(name, "fields.", 7) && name[7] ? name + 7 : NULL;
}

const char *case_get(const struct casefile *cf, const char *name, struct arena *a)
{
	if (kind_field(name))
		return json_member_text(cf->fields, kind_field(name), a);

	const struct case_field *f = case_field_find(name);
	if (!f)
		return NULL;

	void *at = member(cf, f);
	const char *text = NULL;
	switch (f->type) {
	case FIELD_TEXT:
	case FIELD_WORDS:
		text = *(const char **)at;
		return text && *text ? text : NULL;
	case FIELD_NUMBER:
		return *(int *)at ? arena_printf(a, "%d", *(int *)at) : NULL;
	case FIELD_FLAG:
		return *(bool *)at ? "yes" : "no";
	case FIELD_STAGE:
		return stage_name(*(enum stage *)at);
	case FIELD_TIME:
		break;
	}
	if (!*(time_t *)at)
		return NULL;

	char when[WHEN_SIZE];
	when_write(when, *(time_t *)at);
	return arena_copy(a, when);
}

/* How one type of field takes a value that is not empty. */
typedef bool set_fn(void *at, const char *value, struct arena *, struct error *);

static bool set_text(void *at, const char *value, struct arena *a, struct error *err)
{
	(void)err;
	*(const char **)at = arena_copy(a, value);
	return true;
}

static bool set_number(void *at, const char *value, struct arena *a, struct error *err)
{
	char *end;
	long n = strtol(value, &end, 10);

	(void)a;
	if (*end || n < 1 || n > 5)
		return error_set(err, ERROR_USAGE,
			_("A priority is a number from 1 (now) to 5 (can wait), not \"%s\"."),
			value);
	*(int *)at = (int)n;
	return true;
}

static bool set_time(void *at, const char *value, struct arena *a, struct error *err)
{
	(void)a;
	if (!when_read(value, at))
		return error_set(
			err, ERROR_USAGE, _("\"%s\" is no date; write it as 2026-08-15."), value);
	return true;
}

static bool set_words(void *at, const char *value, struct arena *a, struct error *err)
{
	const char *words = NULL;

	(void)err;
	while (*value) {
		size_t skip = strspn(value, " \t\r\n,"), size = strcspn(value + skip, " \t\r\n,");

		if (size)
			words = words_add(words, arena_copy_n(a, value + skip, size), a);
		value += skip + size;
	}
	*(const char **)at = words;
	return true;
}

static bool set_flag(void *at, const char *value, struct arena *a, struct error *err)
{
	bool yes = !strcmp(value, "yes") || !strcmp(value, "true") || !strcmp(value, "1");

	(void)a;
	if (!yes && strcmp(value, "no") && strcmp(value, "false") && strcmp(value, "0"))
		return error_set(err, ERROR_USAGE, _("This is yes or no, not \"%s\"."), value);
	*(bool *)at = yes;
	return true;
}

static bool set_stage(void *at, const char *value, struct arena *a, struct error *err)
{
	(void)a;
	if (stage_read(value, at))
		return true;
	return error_set(err, ERROR_USAGE,
		_("A stage is new, open, waiting, done or refused, not \"%s\"."), value);
}

static set_fn *const setters[] = {
	[FIELD_TEXT] = set_text,
	[FIELD_NUMBER] = set_number,
	[FIELD_TIME] = set_time,
	[FIELD_WORDS] = set_words,
	[FIELD_FLAG] = set_flag,
	[FIELD_STAGE] = set_stage,
};

static const size_t sizes[] = {
	[FIELD_TEXT] = sizeof(char *),
	[FIELD_NUMBER] = sizeof(int),
	[FIELD_TIME] = sizeof(time_t),
	[FIELD_WORDS] = sizeof(char *),
	[FIELD_FLAG] = sizeof(bool),
	[FIELD_STAGE] = sizeof(enum stage),
};

/* The service's own word and our stage say the same thing: what was set leads, the other follows. A
   word we do not know leaves the stage alone: only its driver knows what it means. */
static void follow(struct casefile *cf, const struct case_field *set)
{
	enum stage said;

	if (set->offset == AT(status) && stage_of_status(cf->status, &said))
		cf->stage = said;
	if (set->offset != AT(stage))
		return;
	if (!stage_of_status(cf->status, &said) || said != cf->stage)
		cf->status = stage_status(cf->stage);
}

bool case_set(struct casefile *cf, const char *name, const char *value, struct arena *a,
	struct error *err)
{
	if (value && !*value)
		value = NULL;
	if (kind_field(name)) {
		cf->fields = json_member_set(cf->fields, kind_field(name), value, a);
		return true;
	}

	const struct case_field *f = case_field_find(name);
	if (!f)
		return error_set(err, ERROR_USAGE, _("A case has no field \"%s\"."), name);

	void *at = member(cf, f);
	if (!value)
		memset(at, 0, sizes[f->type]);
	else if (!setters[f->type](at, value, a, err))
		return false;
	follow(cf, f);
	return true;
}

void case_copy(struct casefile *to, const struct casefile *from, struct arena *a)
{
	struct casefile c = *from;
	const char **const strings[] = {
		&c.service,
		&c.id,
		&c.number,
		&c.version,
		&c.subject,
		&c.queue,
		&c.kind,
		&c.step,
		&c.status,
		&c.outcome,
		&c.worker,
		&c.team,
		&c.surge,
		&c.group,
		&c.citizen,
		&c.citizen_name,
		&c.citizen_born,
		&c.citizen_town,
		&c.channel,
		&c.language,
		&c.duplicate_of,
		&c.links,
		&c.skills,
		&c.tags,
		&c.fields,
		&c.holder,
		&c.contact,
		&c.text,
		&c.rest,
	};

	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
		*strings[i] = arena_copy(a, *strings[i]);
	*to = c;
}

/* Where the word stands among the words, or NULL. */
static const char *words_find(const char *words, const char *word)
{
	size_t size = strlen(word);

	while (words && *words) {
		size_t here = strcspn(words, " ");

		if (here == size && !memcmp(words, word, size) && size)
			return words;
		words += here;
		words += strspn(words, " ");
	}
	return NULL;
}

bool words_have(const char *words, const char *word)
{
	return words && word && words_find(words, word);
}

const char *words_add(const char *words, const char *word, struct arena *a)
{
	if (!word || !*word || words_have(words, word))
		return words;
	if (!words || !*words)
		return arena_copy(a, word);
	return arena_printf(a, "%s %s", words, word);
}

const char *words_drop(const char *words, const char *word, struct arena *a)
{
	const char *at = words && word ? words_find(words, word) : NULL;

	if (!at)
		return words;

	const char *after = at + strlen(word);
	after += strspn(after, " ");
	size_t before = (size_t)(at - words);
	while (before && !*after && words[before - 1] == ' ')
		before--;
	if (!before && !*after)
		return NULL;
	return arena_printf(a, "%.*s%s", (int)before, words, after);
}

const char *words_merge(const char *before, const char *after, const char *now, struct arena *arena)
{
	const char *merged = now ? now : "";
	char *words = arena_copy(arena, after ? after : "");
	char *save = NULL;

	for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save))
		if (!words_have(before ? before : "", w))
			merged = words_add(merged, w, arena);
	words = arena_copy(arena, before ? before : "");
	for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save))
		if (!words_have(after ? after : "", w))
			merged = words_drop(merged, w, arena);
	return merged && *merged ? merged : NULL;
}

const char *words_next(const char **at, struct arena *a)
{
	const char *from = *at ? *at + strspn(*at, " ") : NULL;
	size_t size = from ? strcspn(from, " ") : 0;

	if (!size)
		return NULL;
	*at = from + size;
	return arena_copy_n(a, from, size);
}
