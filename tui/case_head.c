/* The lines above a case. */
#include "tui/case_head.h"
#include "model/i18n.h"
#include "model/text.h"
#include "tui/records.h"
#include "tui/several.h"
#include <ctype.h>
#include <string.h>

struct show show_now(struct app *app)
{
	return several_show(app, NULL);
}

const char *case_named_service(const struct app *app, const char **ref)
{
	const char *slash = strchr(*ref, '/'), *name;

	for (int i = 0; slash && slash[1] && app->config &&
			(name = config_section(app->config, "service", i)); i++) {
		if (strlen(name) != (size_t)(slash - *ref) ||
			strncmp(name, *ref, (size_t)(slash - *ref)) != 0)
			continue;
		*ref = slash + 1;
		return name;
	}
	return NULL;
}

int64_t case_key_known(struct app *app, const char *ref)
{
	const char *service = case_named_service(app, &ref);

	return store_case_key(app->store, service, ref);
}

static void say_which(struct app *app, const char *ref, struct error *err)
{
	struct buf names = { 0 };
	const char *name;

	for (int i = 0; app->config && (name = config_section(app->config, "service", i)); i++)
		if (store_case_key(app->store, name, ref) > 0)
			buf_printf(&names, names.size ? ", %s/%s" : "%s/%s", name, ref);
	error_set(err, ERROR_USAGE,
		_("Which %s? Type one of %s."), ref,
		buf_str(&names));
	buf_clear(&names);
}

int64_t case_key_read(struct app *app, const char *arg, struct error *err)
{
	int64_t key;

	if (text_blank(arg)) {
		error_set(err, ERROR_USAGE, _("Say which case: its number or identifier."));
		return 0;
	}
	if (arg[0] == '@')
		return strtoll(arg + 1, NULL, 10);
	key = case_key_known(app, arg);
	if (key > 0)
		return key;
	if (key < 0)
		say_which(app, arg, err);
	else
		error_set(err, ERROR_GONE,
			_("No case %s is known here; the number may be misspelt."), arg);
	return 0;
}

/* Nothing is borrowed from the other records: what they say stands in the 360, where each service
   has had its reason. But an address that one of them guards is guarded here too. */
static void facts_of_others(struct case_facts *f, struct app *app)
{
	struct records r = { 0 };
	struct buf services = { 0 };

	store_person_joined(app->store, f->citizen_key, &r.person);
	f->guarded = f->citizen->guarded || person_guarded(r.person.records, r.person.joined);
	if (records_many(&r)) {
		records_services(&services, &r);
		f->services = arena_copy(&f->page.arena, buf_str(&services));
	}
	person_clear(&r.person);
	buf_clear(&services);
}

static const char *advisory(struct app *app, const struct casefile *cf)
{
	const struct service *service =
		app->sync && cf->service ? sync_service_named(app->sync, cf->service) : NULL;

	return service && service->ops->advisory && stage_is_open(cf->stage)
		       ? service->ops->advisory
		       : NULL;
}

bool case_facts_load(struct case_facts *f, struct app *app, int64_t key)
{
	case_facts_clear(f);
	if (!store_case(app->store, key, &f->page) || !f->page.case_count)
		return false;
	f->cf = &f->page.cases[0];
	f->advisory = advisory(app, f->cf);
	if (!f->cf->citizen)
		return true;
	f->citizen_key = store_citizen_key(app->store, f->cf->service, f->cf->citizen);
	if (f->citizen_key && store_citizen(app->store, f->citizen_key, &f->page) &&
		f->page.citizen_count)
		f->citizen = &f->page.citizens[0];
	if (f->citizen)
		facts_of_others(f, app);
	f->cf = &f->page.cases[0];
	return true;
}

void case_facts_clear(struct case_facts *f)
{
	page_clear(&f->page);
	*f = (struct case_facts){ 0 };
	page_init(&f->page);
}

struct show case_show(struct app *app, const struct case_facts *f)
{
	return several_show(app, f->cf ? f->cf->service : NULL);
}

/* Appends a part, two spaces before it when something stands there. */
static void part(struct buf *out, const char *text)
{
	if (text_blank(text))
		return;
	buf_text(out, out->size ? "  " : "");
	buf_text(out, text);
}

static void upper(struct buf *b)
{
	for (size_t i = 0; i < b->size; i++)
		b->text[i] = (char)toupper((unsigned char)b->text[i]);
}

/* "OPEN P1  2 days late  v17" */
static void state_words(
	struct buf *out, const struct casefile *cf, const struct show *show, bool wide)
{
	struct buf due = { 0 };

	buf_text(out, show_status(cf->status ? cf->status : stage_name(cf->stage)));
	upper(out);
	if (cf->gone)
		part(out, _("GONE"));
	if (cf->priority)
		buf_printf(out, wide ? "  P%d" : " P%d", cf->priority);
	if (stage_is_open(cf->stage))
		show_due(&due, cf->due, show->now);
	else if (cf->outcome)
		buf_text(&due, cf->outcome);
	part(out, buf_str(&due));
	if (cf->conflict)
		part(out, _("CONFLICT"));
	else if (cf->pending)
		part(out, _("saved here"));
	if (cf->delivery && !cf->pending)
		part(out, _("REPLY FAILED"));
	if (cf->version)
		buf_printf(out, wide ? _("  version %s") : _("  v%s"), cf->version);
	buf_clear(&due);
}

static enum style state_style(const struct casefile *cf, const struct show *show)
{
	if (cf->conflict)
		return STYLE_CONFLICT;
	if (cf->pending)
		return STYLE_PENDING;
	if (cf->delivery)
		return STYLE_ERROR;
	if (stage_is_open(cf->stage) && cf->due && cf->due < show->now)
		return STYLE_LATE;
	return STYLE_TITLE;
}

/* "Okafor, Jane  #88213  GU1 4XY  +44 1483 550000  speaks: pl" */
static void citizen_words(struct buf *out, const struct case_facts *f)
{
	const struct citizen *c = f->citizen;

	show_citizen(out, c, f->cf);
	if (!c) {
		part(out, f->cf->citizen_town);
		return;
	}
	if (c->id) {
		buf_text(out, "  ");
		show_id(out, c->id);
	}
	if (f->services)
		buf_printf(out, " %s", f->services);
	if (f->guarded)
		part(out, _("address guarded"));
	else
		part(out, text_blank(c->postcode) ? c->town : c->postcode);
	part(out, c->phone);
	if (!text_blank(c->language)) {
		buf_text(out, "  ");
		buf_printf(out, _("speaks: %s"), c->language);
	}
}

/* What stands after a label, padded so that the labels stand under each other where it fits. */
static void labelled(struct buf *out, const char *label, const char *text, int columns)
{
	struct buf clean = { 0 };

	buf_text(out, label);
	buf_char(out, ' ');
	text_clean(&clean, text, strlen(text));
	if (text_width(buf_str(&clean)) < columns)
		text_pad(out, buf_str(&clean), columns);
	else
		buf_printf(out, columns ? "%s " : "%s", buf_str(&clean));
	buf_text(out, columns ? " " : "");
	buf_clear(&clean);
}

static void owner_words(struct buf *out, const struct case_facts *f, const struct show *show)
{
	struct buf owner = { 0 };

	show_owner(&owner, show, f->cf->worker);
	labelled(out, _("owner   "), buf_str(&owner), 7);
	if (f->cf->team)
		labelled(out, _("team"), show_team(show, f->cf->team), 10);
	if (f->cf->surge)
		labelled(out, _("surge"), f->cf->surge, 13);
	if (f->cf->holder) {
		buf_printf(out, _("in hand: %s"), f->cf->holder);
		buf_char(out, ' ');
	}
	if (show_kind(show, f->cf)) {
		struct buf step = { 0 };

		buf_printf(&step, "%s, %s", show_kind(show, f->cf)->name, show_state(show, f->cf));
		labelled(out, _("kind"), buf_str(&step), 0);
		buf_clear(&step);
	} else if (f->cf->queue) {
		labelled(out, _("queue"), f->cf->queue, 0);
	}
	buf_clear(&owner);
}

static int draw_first(
	const struct case_facts *f, const struct show *show, struct screen *s, int cols, bool wide)
{
	struct buf left = { 0 }, right = { 0 };

	state_words(&right, f->cf, show, wide);

	int at = screen_right(s, 0, cols >= 80 ? 3 : 0, state_style(f->cf, show), buf_str(&right));

	if (f->cf->number && f->cf->service && show->several)
		buf_printf(&left, "%s/", f->cf->service);
	buf_text(&left, f->cf->number ? f->cf->number : _("(new)"));
	part(&left, f->cf->subject);
	screen_put(s, 0, 0, at > 2 ? at - 2 : 1, STYLE_TITLE, buf_str(&left));
	buf_clear(&left);
	buf_clear(&right);
	return 1;
}

int case_head_draw(const struct case_facts *f, const struct show *show, struct screen *s, int cols)
{
	bool wide = cols >= CASE_WIDE_COLUMNS;
	struct buf line = { 0 };
	int row = draw_first(f, show, s, cols, wide);

	labelled(&line, wide ? _("citizen") : _("citizen "), "", 0);
	citizen_words(&line, f);
	if (wide) {
		buf_text(&line, "      ");
		owner_words(&line, f, show);
		screen_put(s, row++, 0, cols, STYLE_TEXT, buf_str(&line));
		if (f->advisory)
			screen_put(s, row++, 0, cols, STYLE_DIM, _(f->advisory));
		buf_clear(&line);
		return row;
	}
	buf_printf(&line, " %s", _("(gc = 360)"));
	screen_put(s, row++, 0, cols, STYLE_TEXT, buf_str(&line));
	buf_reset(&line);
	owner_words(&line, f, show);
	screen_put(s, row++, 0, cols, STYLE_TEXT, buf_str(&line));
	if (f->advisory)
		screen_put(s, row++, 0, cols, STYLE_DIM, _(f->advisory));
	buf_clear(&line);
	return row;
}

/* ---- in whose hand it is */

void hand_words(struct app *app, int64_t key, struct buf *out)
{
	struct in_hand in = app->sync ? sync_in_hand(app->sync, key) : (struct in_hand){ 0 };

	switch (in.hand) {
	case HAND_MINE:
		buf_text(out, _("in your hand"));
		break;
	case HAND_SHAKY:
		buf_printf(out, _("in your hand for %d s more"), in.left_s);
		break;
	case HAND_LAPSED:
		buf_text(out, _("not in your hand any more"));
		break;
	case HAND_THEIRS:
		buf_printf(out, _("%s has it in hand"), in.who);
		break;
	case HAND_NONE:
		break;
	}
}

bool hand_sentence(struct app *app, int64_t key, struct buf *out)
{
	struct in_hand in = app->sync ? sync_in_hand(app->sync, key) : (struct in_hand){ 0 };

	if (in.hand == HAND_THEIRS)
		buf_printf(out, _("%s has this case in hand now: what you write is kept, and is sent once it is free."),
			in.who);
	else if (in.hand == HAND_LAPSED)
		buf_text(out, _("Your time at this case ran out: what you write is kept, and it is taken anew."));
	else
		return false;
	return true;
}

void hand_watch(struct app *app, int64_t key, enum hand *last)
{
	enum hand now = app->sync ? sync_in_hand(app->sync, key).hand : HAND_NONE;
	struct buf text = { 0 };

	if (now != *last && hand_sentence(app, key, &text))
		app_say(app, "%s", buf_str(&text));
	*last = now;
	buf_clear(&text);
}
