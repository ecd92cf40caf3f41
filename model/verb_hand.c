/* Handing a case to another service: a new case there with the history, a link on both, and the old
   one closed or kept. */
#include "model/buf.h"
#include "model/handover.h"
#include "model/i18n.h"
#include "model/text.h"
#include "model/verb.h"
#include <string.h>

/* "city/refuse": what stands behind the name of the service. */
static const char *after_name(const struct verb_input *in)
{
	const char *to = verb_arg(in, 0), *slash = to ? strchr(to, '/') : NULL;

	return slash && slash[1] ? slash + 1 : NULL;
}

/* ---- which queue */

static const char *queue_at(const struct verb_hand *to, int i)
{
	int at = 0;

	for (int k = 0; k < to->people->kind_count; k++) {
		const struct kind *kind = &to->people->kinds[k];
		bool seen = !kind->queue ||
			    (kind->service && strcmp(kind->service, to->service) != 0);

		for (int j = 0; !seen && j < k; j++)
			seen = to->people->kinds[j].queue &&
			       !strcmp(to->people->kinds[j].queue, kind->queue);
		if (!seen && at++ == i)
			return kind->queue;
	}
	return NULL;
}

static const char *queue_named(const struct verb_hand *to, const char *name)
{
	struct buf want = { 0 }, have = { 0 };
	const char *found = NULL, *queue;

	text_fold(&want, name);
	for (int i = 0; !found && (queue = queue_at(to, i)); i++) {
		buf_reset(&have);
		text_fold(&have, queue);
		if (!strcmp(buf_str(&want), buf_str(&have)))
			found = queue;
	}
	buf_clear(&want);
	buf_clear(&have);
	return found;
}

static bool which_queue(const struct verb_hand *to, const char *name, struct error *err)
{
	struct buf all = { 0 };

	if (!queue_at(to, 0))
		return error_set(err, ERROR_USAGE, _("Say to which queue of %s: hand %s/QUEUE."),
			to->service, to->service);
	for (int i = 0; queue_at(to, i); i++)
		buf_printf(&all, "%s%s", i ? ", " : "", queue_at(to, i));
	error_set(err, ERROR_USAGE,
		name ? _("%s has no queue %s; it has: %s.")
		     : _("Say to which queue of %s%s: hand NAME/QUEUE. It has: %s."),
		to->service, name ? name : "", buf_str(&all));
	buf_clear(&all);
	return false;
}

/* A service whose queues are not known takes the word as it is. */
static const char *choose_queue(
	const struct verb_input *in, const struct verb_hand *to, struct error *err)
{
	const char *name = after_name(in);
	const char *only = queue_at(to, 0);

	if (!only && name)
		return name;
	if (name && queue_named(to, name))
		return queue_named(to, name);
	if (!name && only && !queue_at(to, 1))
		return only;
	which_queue(to, name, err);
	return NULL;
}

/* ---- the new case */

/* Their record of the same person; else what that service knows people by. */
static const char *citizen_there(const struct verb_input *in)
{
	const struct verb_hand *to = in->hand;
	const char *features = to->profile ? to->profile->features : NULL;

	if (to->citizen && to->citizen->id)
		return to->citizen->id;
	if (words_have(features, "citizens-by-mail") && in->citizen)
		return in->citizen->mail;
	if (words_have(features, "citizens-by-ref") && in->citizen)
		return in->citizen->ref;
	return NULL;
}

static void change_number(struct patch *p, const char *field, int value)
{
	if (value)
		patch_change(p, field, NULL, arena_printf(&p->arena, "%d", value));
}

/* For colleagues alone: a service may mail the first text of a new case to its citizen. */
static void story(struct patch *p, const char *text)
{
	struct patch *note = patch_then(p);

	note->on = ON_CASE;
	note->service = arena_copy(&note->arena, p->service);
	note->verb = "note";
	note->title = arena_copy(&note->arena, p->title);
	note->note = arena_copy(&note->arena, text);
}

static bool new_case(
	const struct verb_input *in, const char *queue, struct patch *p, struct error *err)
{
	const struct casefile *cf = in->cf;
	struct buf text = { 0 };

	if (!in->hand->timeline || !in->hand->timeline->event_count)
		return error_set(err, ERROR_OFFLINE,
			_("The history of %s is not here yet; open the case and try again."),
			cf->number ? cf->number : "");
	struct citizen person = in->citizen ? *in->citizen : (struct citizen){ 0 };

	person.guarded |= in->hand->guarded;
	handover_text(&text, cf, in->hand->case_url, in->citizen ? &person : NULL, in->hand->timeline);
	p->on = ON_CASE;
	p->creates = true;
	p->service = arena_copy(&p->arena, in->hand->service);
	p->verb = "new";
	p->title = arena_copy(&p->arena, cf->subject);
	patch_change(p, "subject", NULL, cf->subject);
	patch_change(p, "queue", NULL, queue);
	change_number(p, "priority", cf->priority);
	if (citizen_there(in))
		patch_change(p, "citizen", NULL, citizen_there(in));
	if (in->hand->case_url)
		patch_change(p, "links", NULL,
			arena_printf(&p->arena, "refers-to:%s", in->hand->case_url));
	story(p, buf_str(&text));
	buf_reset(&text);
	handover_words(&text, cf, in->hand->timeline);
	patch_change(p, "text", NULL, buf_str(&text));
	buf_clear(&text);
	return true;
}

/* ---- the old one */

/* The address there it was handed to before; NULL: none. */
static const char *handed_before(const struct verb_input *in)
{
	const char *url = in->hand->url, *at = in->cf->links;

	for (size_t size = url ? strlen(url) : 0; size && at && (at = strstr(at, url)); at++)
		if (at > in->cf->links && at[-1] == ':' && (at[size] == '/' || url[size - 1] == '/'))
			return at;
	return NULL;
}

static bool may_go(const struct verb_input *in, struct error *err)
{
	if (!verb_arg(in, 0))
		return error_set(
			err, ERROR_USAGE, _("Say to which service: hand NAME or hand NAME/QUEUE."));
	if (!in->hand || !in->hand->people)
		return error_set(err, ERROR_USAGE,
			_("There is no service %.*s in your configuration."),
			(int)strcspn(verb_arg(in, 0), "/"), verb_arg(in, 0));
	if (in->cf->service && !strcmp(in->cf->service, in->hand->service))
		return error_set(err, ERROR_USAGE,
			_("%s keeps this case already; assign gives it to another team there."),
			in->hand->service);
	if (!in->cf->id)
		return error_set(err, ERROR_USAGE,
			_("The service has not accepted this case yet; wait a moment and try "
			  "again."));
	if (handed_before(in) && !verb_option(in, "again"))
		return error_set(err, ERROR_USAGE,
			_("This case was handed to %s before: %.*s. --again hands it once more."),
			in->hand->service, (int)strcspn(handed_before(in), " "), handed_before(in));
	return true;
}

static bool hand_build(const struct verb_input *in, struct patch *p, struct error *err)
{
	const char *close = verb_option(in, "close"), *queue;

	if (!may_go(in, err))
		return false;
	queue = choose_queue(in, in->hand, err);
	if (!queue || !new_case(in, queue, patch_first(p), err))
		return false;
	p->note = arena_copy(&p->arena, verb_option(in, "note"));
	return !close || verb_resolve(in, p, *close ? close : "handed over", NULL, err);
}

const struct verb verb_hand = {
	.name = "hand",
	.args = "NAME[/QUEUE]",
	.help = N_("Hand the case to another service: a new case there with the history, linked "
		   "both ways."),
	.keys = "",
	.example = "caseload hand 2026-000417 rt/Housing --close",
	.needs_args = true,
	.hands = true,
	.asks = true,
	.confirms = true,
	.no_undo = N_("This cannot be undone."),
	.options =
		(const struct verb_option[]){
			{ "close", 'x', "[OUTCOME]",
				N_("Close the old case; without it both stay open.") },
			{ "note", 'm', "TEXT", N_("An internal note on the old case: why.") },
			{ "again", 0, NULL, N_("Although it was handed there before.") },
			{ NULL, 0, NULL, NULL },
		},
	.completes = COMPLETE_SERVICE,
	.build = hand_build,
};
