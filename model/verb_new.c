/* Opening a case. */
#include "model/buf.h"
#include "model/i18n.h"
#include "model/text.h"
#include "model/verb.h"
#include <string.h>

static const char *kind_at(const void *ctx, int i)
{
	const struct verb_input *in = ctx;

	return in->people && i < in->people->kind_count ? in->people->kinds[i].id : NULL;
}

static bool check_kind(const struct verb_input *in, const char *id, struct error *err)
{
	if (!id || verb_kind(in, id) || !in->people || !in->people->kind_count)
		return true;

	const char *near = verb_near(id, kind_at, in);

	if (near)
		return error_set(err, ERROR_USAGE,
			_("There is no kind of case %s; did you mean %s?"), id, near);
	return error_set(err, ERROR_USAGE,
		_("There is no kind of case %s; --kind=ID takes one of those the service has."),
		id);
}

/* FIELD=VALUE words become fields; all others are the subject. */
static bool read_words(
	const struct verb_input *in, const struct kind *k, struct patch *p, struct error *err)
{
	struct buf subject = { 0 };
	const char *word, *value;
	bool good = true;

	for (int i = 0; good && (word = verb_arg(in, i)); i++) {
		const char *field = verb_assignment(word, &p->arena, &value);

		if (field) {
			good = verb_field(in, k, field, value, p, err);
			continue;
		}
		buf_text(&subject, subject.size ? " " : "");
		buf_text(&subject, word);
	}
	if (good && !text_blank(buf_str(&subject)))
		patch_change(p, "subject", NULL, buf_str(&subject));
	else if (good && !patch_find(p, "subject"))
		good = error_set(err, ERROR_USAGE,
			_("A case needs a subject: new --kind=ID SUBJECT; one line that says what "
			  "it is about."));
	buf_clear(&subject);
	return good;
}

/* All that is missing in one sentence, so that nobody is sent back twice. */
static bool check_required(const struct kind *k, struct patch *p, struct error *err)
{
	struct buf missing = { 0 };

	for (int i = 0; k && i < k->field_count; i++) {
		const char *path = arena_printf(&p->arena, "fields.%s", k->fields[i].name);
		const struct change *c = patch_find(p, path);

		if (!k->fields[i].required || (c && c->after))
			continue;
		buf_text(&missing, missing.size ? " " : "");
		buf_printf(&missing, "%s=", k->fields[i].name);
	}

	bool good = !missing.size ||
		    error_set(err, ERROR_USAGE, _("A %s needs more before it can be opened: %s"),
			    k->name, buf_str(&missing));

	buf_clear(&missing);
	return good;
}

static bool add_team(const struct verb_input *in, struct patch *p, struct error *err)
{
	const char *name = verb_option(in, "team");

	if (!name)
		return true;
	if (in->people && in->people->team_count) {
		const struct team *team = verb_team(in, name, err);

		if (!team)
			return false;
		name = team->id;
	}
	patch_change(p, "team", NULL, name);
	return true;
}

/* The surface has looked the citizen up when it could; else the word goes as the identifier. */
static bool add_citizen(const struct verb_input *in, struct patch *p, struct error *err)
{
	const char *ref = verb_option(in, "citizen");

	if (in->citizen && !in->citizen->id)
		return error_set(err, ERROR_USAGE,
			_("The service has not accepted this citizen yet; wait a moment and try "
			  "again."));
	if (in->citizen)
		ref = in->citizen->id;
	if (ref)
		patch_change(p, "citizen", NULL, ref);
	return true;
}

static bool add_queue(
	const struct verb_input *in, const struct kind *k, struct patch *p, struct error *err)
{
	const char *queue = verb_option(in, "queue");

	if (!queue && k)
		queue = k->queue;
	if (!queue)
		return error_set(err, ERROR_USAGE,
			_("Say what kind of case it is: --kind=ID, or --queue=ID without one."));
	patch_change(p, "queue", NULL, queue);
	return true;
}

static bool new_build(const struct verb_input *in, struct patch *p, struct error *err)
{
	static const char *const plain[] = { "priority", "channel", "language", NULL };
	const char *kind_id = verb_option(in, "kind");
	const struct kind *k = verb_kind(in, kind_id);

	if (!check_kind(in, kind_id, err))
		return false;
	if (kind_id)
		patch_change(p, "kind", NULL, kind_id);
	if (!add_queue(in, k, p, err) || !add_team(in, p, err) || !add_citizen(in, p, err))
		return false;
	for (int i = 0; plain[i]; i++)
		if (verb_option(in, plain[i]) &&
			!verb_field(in, NULL, plain[i], verb_option(in, plain[i]), p, err))
			return false;
	if (verb_option(in, "text"))
		patch_change(p, "text", NULL, verb_option(in, "text"));
	if (!read_words(in, k, p, err) || !check_required(k, p, err))
		return false;
	p->title = patch_find(p, "subject")->after;
	return true;
}

const struct verb verb_new = {
	.name = "new",
	.args = "--kind=ID SUBJECT [FIELD=VALUE ...]",
	.help = N_("Open a case; what its kind asks for follows as FIELD=VALUE."),
	.keys = "",
	.example = "caseload new --kind=bin-missed --citizen=p1 Bin not emptied round=R-17",
	.creates = true,
	.needs_args = true,
	.no_undo = N_("An opened case stays; it can be closed, not undone."),
	.options =
		(const struct verb_option[]){
			{ "kind", 'k', "ID",
				N_("The kind of case; it brings the queue, the fields, the steps "
				   "and the due date.") },
			{ "citizen", 'c', "REF",
				N_("Whose case it is: an identifier or a reference.") },
			{ "purpose", 0, "TEXT",
				N_("Why the citizen is looked up, for the access log.") },
			{ "team", 't', "TEAM",
				N_("The team it goes to; without it the one that handles its "
				   "queue.") },
			{ "priority", 'p', "N", N_("How urgent: 1 is now, 5 can wait.") },
			{ "queue", 'q', "ID",
				N_("The kind of request, for a case without a kind.") },
			{ "channel", 0, "CHANNEL",
				N_("How it came: counter, phone, web, email, letter, chat.") },
			{ "language", 'l', "LANGUAGE",
				N_("The language the citizen wrote in, such as nl.") },
			{ "text", 0, "TEXT",
				N_("What was asked; the first entry of the timeline.") },
			{ "source", 0, "NAME",
				N_("The service it goes to, of several; without it that of the "
				   "citizen, or the setting source.") },
			{ NULL, 0, NULL, NULL },
		},
	.completes = COMPLETE_KIND,
	.build = new_build,
};
