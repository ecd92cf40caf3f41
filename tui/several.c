/* See several.h. */
#include "tui/several.h"

#include "model/i18n.h"
#include "model/text.h"
#include "model/when.h"
#include "net/sync.h"

#include <string.h>
#include <time.h>

bool several(const struct app *app)
{
	return app->config && config_section(app->config, "service", 1);
}

int several_width(const struct app *app)
{
	const char *name;
	int most = 0;

	for (int i = 0; app->config && (name = config_section(app->config, "service", i)); i++)
		if (text_width(name) > most)
			most = text_width(name);
	return most;
}

void several_names(struct buf *out, const struct app *app)
{
	const char *name;

	for (int i = 0; app->config && (name = config_section(app->config, "service", i)); i++)
		buf_printf(out, i ? ", %s" : "%s", name);
}

/* Whether a service that is configured before this one knows me by the same name. */
static bool told_before(struct app *app, int at, const char *me)
{
	const struct profile *p;

	for (int i = 0; i < at; i++)
		if ((p = app_profile(app, config_section(app->config, "service", i))) && p->me &&
			strcmp(p->me, me) == 0)
			return true;
	return false;
}

void several_me(struct buf *out, struct app *app)
{
	const struct profile *p;
	const char *name, *between = "";

	app_people(app);
	if (!several(app)) {
		buf_text(out, app->me);
		return;
	}
	for (int i = 0; (name = config_section(app->config, "service", i)); i++) {
		p = app_profile(app, name);
		if (!p || !p->me || told_before(app, i, p->me))
			continue;
		buf_printf(out, "%s%s", between, p->me);
		between = ", ";
	}
}

void several_name(
	struct buf *out, const struct app *app, const char *service, const char *number)
{
	if (service && number && several(app))
		buf_printf(out, "%s/", service);
	buf_text(out, number);
}

void several_case_name(struct buf *out, const struct app *app, const struct casefile *cf)
{
	const char *number = cf->number ? cf->number : cf->id;

	if (number)
		several_name(out, app, cf->service, number);
	else
		buf_text(out, _("new"));
}

bool several_answers(struct app *app, const char *service, enum call_kind kind)
{
	int count = app->sync ? sync_service_count(app->sync) : 0;
	bool known = false;

	for (int i = 0; i < count; i++) {
		const struct service *s = sync_service(app->sync, i);

		if (service && strcmp(s->name, service) != 0)
			continue;
		if (s->ops->calls[kind].ask)
			return true;
		known = true;
	}
	return !known;
}

struct show several_show(struct app *app, const char *service)
{
	struct query_now now = app_now(app), mine = query_now_of(&now, service);

	return (struct show){ .people = app_people(app), .service = service,
		.several = several(app), .me = mine.me, .now = now.now };
}

const char *several_new(const struct app *app)
{
	const char *source = app_setting(app, "source", "");

	return *source ? source : app->config ? config_section(app->config, "service", 0) : NULL;
}

static bool is_away(struct app *app, const char *service, struct service_state *state)
{
	struct arena a = { 0 };

	*state = (struct service_state){ 0 };
	bool known = store_state(app->store, service, state, &a);
	arena_clear(&a);
	state->why = NULL;
	return known && !state->online;
}

const char *const *several_away(struct app *app, const char *list[SERVICES_SHOWN + 1])
{
	const char *name;
	int count = 0;

	for (int i = 0; several(app) && (name = config_section(app->config, "service", i)); i++) {
		struct service_state state;

		if (count < SERVICES_SHOWN && is_away(app, name, &state))
			list[count++] = name;
	}
	list[count] = NULL;
	return list;
}

static void put_clock(struct buf *out, time_t at)
{
	struct tm tm;
	char text[16];

	localtime_r(&at, &tm);
	strftime(text, sizeof(text), "%H:%M", &tm);
	buf_text(out, text);
}

bool several_sync(struct app *app, struct buf *out)
{
	const char *list[SERVICES_SHOWN + 1];
	struct service_state state;
	struct buf since = { 0 };

	several_away(app, list);
	if (!list[0])
		return false;
	for (int i = 0; list[i]; i++)
		buf_printf(out, i ? ", %s" : "%s", list[i]);
	is_away(app, list[0], &state);
	put_clock(&since, state.since);
	if (list[1])
		buf_printf(out, " %s", _("offline"));
	else if (state.login)
		buf_printf(out, " %s", _("sign-in needed"));
	else
		buf_printf(out, _(" offline since %s"), buf_str(&since));
	buf_clear(&since);
	return true;
}

void several_age(struct buf *out, struct app *app, const struct casefile *cf)
{
	struct service_state state;
	struct buf then = { 0 }, since = { 0 };
	time_t now = time(NULL);

	if (!several(app) || !cf->service || !cf->fetched ||
		!is_away(app, cf->service, &state))
		return;
	if (now - cf->fetched < 12 * 3600)
		put_clock(&then, cf->fetched);
	else
		when_stamp(&then, cf->fetched, now);
	put_clock(&since, state.since);
	if (state.login)
		buf_printf(out, _(", as of %s, %s wants you to sign in,"), buf_str(&then),
			cf->service);
	else
		buf_printf(out, _(", as of %s, %s is away since %s,"), buf_str(&then), cf->service,
			buf_str(&since));
	buf_clear(&then);
	buf_clear(&since);
}
