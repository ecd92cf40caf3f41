/* The columns of a list of cases. */
#include "model/column.h"
#include "model/i18n.h"
#include "model/secret.h"
#include "model/nearest.h"
#include "model/when.h"
#include <string.h>

/* What most columns are: one text of the case. */
#define PLAIN(column, member)                                                                      \
	static void column(struct buf *out, const struct casefile *cf, time_t now)                 \
	{                                                                                          \
		(void)now;                                                                         \
		buf_text(out, cf->member);                                                         \
	}

PLAIN(put_id, id)
PLAIN(put_subject, subject)
PLAIN(put_queue, queue)
PLAIN(put_kind, kind)
PLAIN(put_step, step)
PLAIN(put_outcome, outcome)
PLAIN(put_owner, worker)
PLAIN(put_team, team)
PLAIN(put_tags, tags)
PLAIN(put_skills, skills)
PLAIN(put_channel, channel)
PLAIN(put_language, language)
PLAIN(put_surge, surge)
PLAIN(put_group, group)
PLAIN(put_holder, holder)
PLAIN(put_source, service)
PLAIN(put_town, citizen_town)
PLAIN(put_citizen_id, citizen)

#define STAMP(column, member)                                                                      \
	static void column(struct buf *out, const struct casefile *cf, time_t now)                 \
	{                                                                                          \
		when_stamp(out, cf->member, now);                                                  \
	}

STAMP(put_opened, opened)
STAMP(put_updated, changed)
STAMP(put_resolved, resolved)
STAMP(put_contact, contact_at)

/* In a list it is masked, always: whoever needs it opens the one person, with a reason. */
static void put_born(struct buf *out, const struct casefile *cf, time_t now)
{
	struct arena a = { 0 };

	(void)now;
	buf_text(out, secret_masked("born", cf->citizen_born, &a));
	arena_clear(&a);
}

static void put_number(struct buf *out, const struct casefile *cf, time_t now)
{
	(void)now;
	/* One that only the outbox knows has no number yet. */
	buf_text(out, cf->number ? cf->number : cf->id ? cf->id : _("new"));
}

static void put_citizen(struct buf *out, const struct casefile *cf, time_t now)
{
	(void)now;
	buf_text(out, cf->citizen_name ? cf->citizen_name : cf->citizen);
}

static void put_status(struct buf *out, const struct casefile *cf, time_t now)
{
	(void)now;
	buf_text(out, cf->status ? cf->status : stage_name(cf->stage));
}

static void put_priority(struct buf *out, const struct casefile *cf, time_t now)
{
	(void)now;
	if (cf->priority)
		buf_printf(out, "%d", cf->priority);
}

/* What is done cannot be late. */
static void put_due(struct buf *out, const struct casefile *cf, time_t now)
{
	if (stage_is_open(cf->stage))
		when_due(out, cf->due, now);
	else
		when_stamp(out, cf->due, now);
}

static void put_age(struct buf *out, const struct casefile *cf, time_t now)
{
	if (cf->opened)
		when_span(out, now > cf->opened ? now - cf->opened : 0);
}

static void put_nothing(struct buf *out, const struct casefile *cf, time_t now)
{
	(void)cf;
	(void)now;
	buf_add(out, "", 0);
}

const struct column case_columns[] = {
	{ "priority", N_("P"), 1, 0, true, put_priority },
	{ "number", N_("Case"), 11, 0, false, put_number },
	{ "due", N_("Due"), 9, 0, false, put_due },
	{ "citizen", N_("Citizen"), 19, 0, false, put_citizen },
	{ "subject", N_("Subject"), 12, 1, false, put_subject },
	{ "status", N_("State"), 8, 0, false, put_status },
	{ "team", N_("Team"), 9, 0, false, put_team },
	{ "owner", N_("Owner"), 10, 0, false, put_owner },
	{ "age", N_("Age"), 5, 0, true, put_age },
	{ "queue", N_("Queue"), 10, 0, false, put_queue },
	{ "kind", N_("Kind"), 14, 0, false, put_kind },
	{ "step", N_("Step"), 12, 0, false, put_step },
	{ "outcome", N_("Outcome"), 10, 0, false, put_outcome },
	{ "tags", N_("Tags"), 14, 0, false, put_tags },
	{ "skills", N_("Skills"), 12, 0, false, put_skills },
	{ "channel", N_("Channel"), 8, 0, false, put_channel },
	{ "language", N_("Language"), 8, 0, false, put_language },
	{ "opened", N_("Opened"), 12, 0, false, put_opened },
	{ "updated", N_("Updated"), 12, 0, false, put_updated },
	{ "resolved", N_("Resolved"), 12, 0, false, put_resolved },
	{ "contact", N_("Last contact"), 12, 0, false, put_contact },
	{ "born", N_("Born"), 10, 0, false, put_born },
	{ "town", N_("Town"), 12, 0, false, put_town },
	{ "citizen-id", N_("Citizen id"), 10, 0, false, put_citizen_id },
	{ "group", N_("Group"), 8, 0, false, put_group },
	{ "surge", N_("Surge"), 8, 0, false, put_surge },
	{ "in-hand", N_("In hand"), 10, 0, false, put_holder },
	{ "source", N_("Source"), 8, 0, false, put_source },
	{ "id", N_("Id"), 12, 0, false, put_id },
	{ NULL, NULL, 0, 0, false, NULL },
};

/* Other words for the same: the wire's and the query's. */
static const struct {
	const char *word, *column;
} synonyms[] = {
	{ "case", "number" },
	{ "worker", "owner" },
	{ "assignee", "owner" },
	{ "service", "queue" },
	{ "state", "status" },
	{ "opened_at", "opened" },
	{ "changed", "updated" },
	{ "updated_at", "updated" },
	{ "resolved_at", "resolved" },
	{ NULL, NULL },
};

const struct column *column_find(const char *name)
{
	/* Whatever field of a kind: its text comes by name, through column_text(). */
	static const struct column field = { "fields", N_("Field"), 12, 0, false, put_nothing };

	if (!strncmp(name, "fields.", 7) && name[7])
		return &field;
	for (int i = 0; synonyms[i].word; i++)
		if (!strcmp(synonyms[i].word, name))
			name = synonyms[i].column;
	for (const struct column *c = case_columns; c->name; c++)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

const struct column *column_look(const char *name, struct error *err)
{
	const struct column *found = column_find(name);
	struct nearest near = { 0 };

	if (found)
		return found;
	for (const struct column *c = case_columns; c->name; c++)
		nearest_look(&near, name, c->name);
	if (near.name)
		error_set(err, ERROR_USAGE, _("There is no column %s; the nearest is %s."), name,
			near.name);
	else
		error_set(err, ERROR_USAGE, _("There is no column %s."), name);
	return NULL;
}

void column_text(struct buf *out, const char *name, const struct casefile *cf, time_t now)
{
	bool of_kind = !strncmp(name, "fields.", 7);
	const struct column *c = of_kind ? NULL : column_find(name);
	struct arena scratch = { 0 };

	if (c) {
		c->text(out, cf, now);
		return;
	}
	buf_text(out, case_get(cf, name, &scratch));
	arena_clear(&scratch);
}
