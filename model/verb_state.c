/* The service's own word for where a case is, or its kind's. */
#include "model/buf.h"
#include "model/i18n.h"
#include "model/text.h"
#include "model/verb.h"
#include <string.h>

static const char *const statuses[] = { "new", "open", "waiting", "resolved", "closed", NULL };

static bool is_status(const char *word)
{
	for (int i = 0; statuses[i]; i++)
		if (!strcmp(statuses[i], word))
			return true;
	return false;
}

static bool same_folded(const char *a, const char *b)
{
	struct buf x = { 0 }, y = { 0 };

	text_fold(&x, a);
	text_fold(&y, b ? b : "");

	bool same = !strcmp(buf_str(&x), buf_str(&y));

	buf_clear(&x);
	buf_clear(&y);
	return same;
}

/* By identifier or name; else the only step of that status the case may go to. */
static const struct kind_step *step_named(const struct kind *k, const char *from, const char *word)
{
	const struct kind_step *only = NULL;
	int count = 0;

	for (int i = 0; k && i < k->step_count; i++)
		if (!strcmp(k->steps[i].id, word) || same_folded(k->steps[i].name, word))
			return &k->steps[i];
	for (int i = 0; k && i < k->step_count; i++) {
		const struct kind_step *s = &k->steps[i];

		if (!s->status || strcmp(s->status, word) || !kind_step_allowed(k, from, s->id))
			continue;
		only = s;
		count++;
	}
	return count == 1 ? only : NULL;
}

static void add_word(struct buf *out, const char *word)
{
	buf_text(out, out->size ? ", " : "");
	buf_text(out, word);
}

static bool is_now(const char *now, const char *word)
{
	return now && !strcmp(now, word);
}

/* What stands after "possible:": steps the case may go to, or the workflow's statuses. */
static void possible(struct buf *out, const struct verb_input *in, const struct kind *k)
{
	bool steps = k && k->step_count;

	for (int i = 0; steps && i < k->step_count; i++) {
		const char *id = k->steps[i].id;

		if (kind_step_allowed(k, in->cf->step, id) && !is_now(in->cf->step, id))
			add_word(out, id);
	}
	for (int i = 0; !steps && statuses[i]; i++)
		if (strcmp(statuses[i], "closed") && !is_now(in->cf->status, statuses[i]) &&
			verb_may_become(in, statuses[i], NULL))
			add_word(out, statuses[i]);
	if (!out->size)
		buf_text(out, _("nothing more"));
}

static bool refuse_step(
	const struct verb_input *in, const struct kind *k, const char *word, struct error *err)
{
	struct buf list = { 0 };

	possible(&list, in, k);
	if (k && k->step_count)
		error_set(err, ERROR_USAGE, _("A %s cannot go to %s from here; possible: %s."),
			k->name, word, buf_str(&list));
	else
		error_set(err, ERROR_USAGE, _("%s is no state here; possible: %s."), word,
			buf_str(&list));
	buf_clear(&list);
	return false;
}

static bool has_role(const struct verb_input *in, const struct kind_step *s)
{
	return !s->role || !in->profile || !in->profile->roles ||
	       words_have(in->profile->roles, s->role);
}

static bool to_step(const struct verb_input *in, const struct kind *k, const struct kind_step *s,
	struct patch *p, struct error *err)
{
	const char *now = in->cf->step;

	if (now && !strcmp(now, s->id))
		return true; /* nothing to change: the plan says so */
	if (!kind_step_allowed(k, now, s->id))
		return refuse_step(in, k, s->id, err);
	if (!has_role(in, s))
		return error_set(err, ERROR_DENIED,
			_("Step %s needs the role %s, which you do not have; hand it over."), s->id,
			s->role);
	if (is_now(s->status, "resolved")) {
		if (!verb_resolve(in, p, verb_option(in, "outcome"), NULL, err))
			return false;
	} else if (s->status && in->cf->status) {
		patch_change(p, "status", in->cf->status, s->status);
	}
	patch_change(p, "step", now, s->id);
	return true;
}

static bool to_status(const struct verb_input *in, const struct kind *k, const char *word,
	struct patch *p, struct error *err)
{
	if (!is_status(word))
		return refuse_step(in, k, word, err);
	if (!strcmp(word, "closed"))
		return error_set(err, ERROR_USAGE,
			_("closed is the service's own end; close ends a case, and reopen undoes "
			  "that."));
	if (!verb_may_become(in, word, err))
		return false;
	if (!strcmp(word, "resolved"))
		return verb_resolve(in, p, verb_option(in, "outcome"), NULL, err);
	if (!in->cf->status || strcmp(in->cf->status, word))
		patch_change(p, "status", in->cf->status, word);
	return true;
}

static bool state_build(const struct verb_input *in, struct patch *p, struct error *err)
{
	const struct kind *k = verb_kind(in, in->cf->kind);
	const char *word = verb_args(in, 0, &p->arena);
	struct buf list = { 0 };

	if (text_blank(word)) {
		possible(&list, in, k);
		error_set(err, ERROR_USAGE, _("Say which state; possible: %s."), buf_str(&list));
		buf_clear(&list);
		return false;
	}
	p->note = arena_copy(&p->arena, verb_option(in, "note"));

	const struct kind_step *s = step_named(k, in->cf->step, word);

	return s ? to_step(in, k, s, p, err) : to_status(in, k, word, p, err);
}

const struct verb verb_state = {
	.name = "state",
	.args = "STATE",
	.help = N_("Move the case to a status, or to a step of its kind."),
	.keys = "s",
	.example = "caseload state 2026-000417 waiting",
	.many = true,
	.needs_args = true,
	.options =
		(const struct verb_option[]){
			{ "outcome", 'o', "TEXT",
				N_("The outcome, when the state ends the case.") },
			{ "note", 'm', "TEXT", N_("An internal note that goes with it.") },
			{ NULL, 0, NULL, NULL },
		},
	.completes = COMPLETE_STATE,
	.build = state_build,
};
