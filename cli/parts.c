/* See parts.h. */
#include "cli/parts.h"

#include "model/i18n.h"
#include "model/when.h"

void parts_begin(struct parts *p, struct session *s, const char *source)
{
	*p = (struct parts){ 0 };
	for (int i = 0; i < sync_service_count(s->sync) && p->count < PARTS_MOST; i++) {
		const char *name = sync_service(s->sync, i)->name;

		if (!source || !strcmp(source, name))
			p->list[p->count++].service = name;
	}
	/* One that is not configured: asking it says so. */
	if (!p->count)
		p->list[p->count++].service = source;
}

void parts_wait(struct parts *p, struct session *s)
{
	for (int i = 0; i < p->count; i++) {
		if (p->list[i].wish.done)
			continue;
		session_wait(s, &p->list[i].wish);
		p->list[i].wish.done = true;
	}
}

static bool is_away(const struct error *err)
{
	return err->kind == ERROR_OFFLINE || err->kind == ERROR_BUSY;
}

/* Its rows are those known from before. */
static void tell_known(struct session *s, const struct part *part, time_t fetched)
{
	struct buf when = { 0 };

	if (fetched)
		when_stamp(&when, fetched, time(NULL));
	if (fetched)
		print_notice(s->print, _("%s: %s What it has is as it was on %s."), part->service,
			part->wish.err.text, buf_str(&when));
	else
		print_notice(s->print, _("%s: %s What it has is as far as it is known here."),
			part->service, part->wish.err.text);
	buf_clear(&when);
}

/* What a service can never say of a question is no failure; source: asks the others alone. */
static void tell_missing(struct session *s, const struct part *part)
{
	const struct error *err = &part->wish.err;

	print_notice(s->print, _("%s: %s What it has is missing here."), part->service, err->text);
	if (err->kind != ERROR_REFUSED && !s->lacking)
		s->lacking = error_exit(err->kind);
}

static bool one_alone(struct parts *p, struct session *s, part_known *known, void *ctx,
	struct error *err)
{
	struct part *part = &p->list[0];
	time_t fetched = 0;

	if (part->wish.err.kind == ERROR_NONE)
		return true;
	bool some = known(ctx, s, part->service, &fetched);
	return session_makes_do(s, &part->wish.err, some, fetched, err);
}

bool parts_tell(struct parts *p, struct session *s, part_known *known, void *ctx, struct error *err)
{
	int failed = 0;
	bool any_known = false;

	if (p->count == 1)
		return one_alone(p, s, known, ctx, err);
	for (int i = 0; i < p->count; i++) {
		struct part *part = &p->list[i];
		time_t fetched = 0;

		if (part->wish.err.kind == ERROR_NONE)
			continue;
		if (!failed++ || given_flag(s->given, "fresh"))
			*err = part->wish.err;
		bool some = is_away(&part->wish.err) && known(ctx, s, part->service, &fetched);
		any_known = any_known || some;
		if (some)
			tell_known(s, part, fetched);
		else
			tell_missing(s, part);
	}
	if (failed && given_flag(s->given, "fresh"))
		return false;
	return failed < p->count || any_known;
}
