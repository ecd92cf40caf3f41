/* A form over one case, a new case, or a citizen. Filled in, it becomes the line of a verb (edit,
   new, correct, register), so what it refuses is what the command refuses, said at the field. */
#include "model/i18n.h"
#include "model/json.h"
#include "model/text.h"
#include "model/when.h"
#include "tui/case_head.h"
#include "tui/form.h"
#include "tui/input.h"
#include "tui/several.h"
#include "tui/view.h"
#include <string.h>

enum { DRAFT_PAUSE_MS = 400, ARGUMENTS = 64 };

struct form_view {
	struct form form;
	const struct verb *verb;
	char *kind_id;
	const char *names[SERVICES_SHOWN + 1]; /* of the services, to choose from */
	char *source; /* where it goes, of several services; NULL: as it is set */
	int64_t case_key, citizen_key;
	char *title;
	int64_t draft;
	int timer;
	bool kept; /* what is typed is in the draft */
	bool in_hand;
	enum hand hand; /* as last told */
	struct page seen; /* the case or citizen as the form first showed it: what it changes is that, and
			     what others made of it since is told by the service, not written over */
};

/* ---- what a form asks for */

static const char *const channel_values[] = { "phone", "counter", "email", "letter", "sms", "web",
	"chat", "other", NULL };
static const char *const contact_values[] = { "phone", "email", "letter", "counter", NULL };
static const char *const priority_values[] = { "1", "2", "3", "4", "5", NULL };

static const struct kind_field case_fields_asked[] = {
	{ .name = "subject", .label = N_("Subject"), .type = KIND_TEXT, .required = true },
	{ .name = "priority",
		.label = N_("Priority"),
		.type = KIND_CHOICE,
		.values = priority_values },
	{ .name = "due", .label = N_("Due"), .type = KIND_TEXT },
	{ .name = "tags", .label = N_("Tags"), .type = KIND_TEXT },
	{ .name = "channel",
		.label = N_("Came by"),
		.type = KIND_CHOICE,
		.values = channel_values },
	{ .name = "language", .label = N_("Language"), .type = KIND_TEXT },
	{ .name = "restricted", .label = N_("Restricted"), .type = KIND_YES_NO },
	{ .name = NULL },
};

static const struct kind_field new_fields_asked[] = {
	{ .name = "text", .label = N_("What was asked"), .type = KIND_LONG_TEXT },
	{ .name = "channel",
		.label = N_("Came by"),
		.type = KIND_CHOICE,
		.values = channel_values },
	{ .name = "priority",
		.label = N_("Priority"),
		.type = KIND_CHOICE,
		.values = priority_values },
	{ .name = "team", .label = N_("Team"), .type = KIND_TEXT },
	{ .name = "language", .label = N_("Language"), .type = KIND_TEXT },
	{ .name = NULL },
};

static const struct kind_field citizen_fields_asked[] = {
	{ .name = "given", .label = N_("Given name"), .type = KIND_TEXT },
	{ .name = "family", .label = N_("Family name"), .type = KIND_TEXT },
	{ .name = "born", .label = N_("Born"), .type = KIND_TEXT, .sensitive = true },
	{ .name = "ref", .label = N_("Reference"), .type = KIND_TEXT, .sensitive = true },
	{ .name = "phone", .label = N_("Telephone"), .type = KIND_TEXT },
	{ .name = "email", .label = N_("E-mail"), .type = KIND_TEXT },
	{ .name = "street", .label = N_("Street"), .type = KIND_TEXT },
	{ .name = "postcode", .label = N_("Postcode"), .type = KIND_TEXT },
	{ .name = "town", .label = N_("Town"), .type = KIND_TEXT },
	{ .name = "country", .label = N_("Country"), .type = KIND_TEXT },
	{ .name = "language", .label = N_("Language"), .type = KIND_TEXT },
	{ .name = "contact",
		.label = N_("Wants to be reached"),
		.type = KIND_CHOICE,
		.values = contact_values },
	{ .name = "guarded", .label = N_("Address is secret"), .type = KIND_YES_NO },
	{ .name = "flags", .label = N_("Handling marks"), .type = KIND_TEXT },
	{ .name = NULL },
};

static const struct kind_field purpose_asked = {
	.name = "--purpose", .label = N_("Why (access log)"), .type = KIND_TEXT
};
static const struct kind_field duplicate_asked = {
	.name = "--allow-duplicate", .label = N_("Also if alike known"), .type = KIND_YES_NO
};

static void add_asked(struct form *f, const struct kind_field *asked, const char *value)
{
	struct kind_field def = *asked;

	def.label = _(asked->label);
	form_add(f, &def, value);
}

/* A due date is shown as people write it. */
static const char *case_value(const struct casefile *cf, const char *name, struct arena *a)
{
	const char *value = case_get(cf, name, a);
	char text[20];
	struct tm tm;
	time_t due;

	if (!value || strcmp(name, "due") || !when_read(value, &due))
		return value;
	localtime_r(&due, &tm);
	strftime(text, sizeof(text), "%Y-%m-%d", &tm);
	return arena_copy(a, text);
}

static void ask_case(struct form_view *w, const struct show *show, const struct casefile *cf)
{
	const struct kind *k = show_kind(show, cf);
	struct arena a = { 0 };

	for (int i = 0; k && i < k->field_count; i++)
		form_add(&w->form, &k->fields[i],
			case_get(cf, arena_printf(&a, "fields.%s", k->fields[i].name), &a));
	for (const struct kind_field *f = case_fields_asked; f->name; f++)
		if (!k || !kind_field_find(k, f->name))
			add_asked(&w->form, f, case_value(cf, f->name, &a));
	arena_clear(&a);
}

static const struct kind *kind_asked(const struct form_view *w, const struct page *people)
{
	for (int i = 0; w->kind_id && i < people->kind_count; i++)
		if (!strcmp(people->kinds[i].id, w->kind_id) &&
			(!w->source || !people->kinds[i].service ||
				!strcmp(people->kinds[i].service, w->source)))
			return &people->kinds[i];
	return NULL;
}

static void ask_new(struct form_view *w, const struct kind *k)
{
	add_asked(&w->form, &case_fields_asked[0], k->name);
	for (int i = 0; i < k->field_count; i++)
		form_add(&w->form, &k->fields[i], NULL);
	for (const struct kind_field *f = new_fields_asked; f->name; f++)
		if (!kind_field_find(k, f->name))
			add_asked(&w->form, f, NULL);
	w->form.focus = k->field_count ? 1 : 0;
}

/* Who keeps somebody new, of several services; the one that is set stands there. */
static void ask_source(struct view *v)
{
	struct form_view *w = v->own;
	const char *name;
	int count = 0;

	while (count < SERVICES_SHOWN && (name = config_section(v->app->config, "service", count)))
		w->names[count++] = name;

	struct kind_field asked = { .name = "--source", .label = N_("Service"),
		.type = KIND_CHOICE, .required = true, .values = w->names };
	add_asked(&w->form, &asked, w->source ? w->source : several_new(v->app));
}

/* The service that stands in the form, or was said with the line that opened it. */
static const char *source_said(const struct form_view *w)
{
	for (int i = 0; i < w->form.count; i++)
		if (!strcmp(w->form.fields[i].def.name, "--source"))
			return w->form.fields[i].value;
	return w->source;
}

static void ask_citizen(struct form_view *w, const struct citizen *c)
{
	for (const struct kind_field *f = citizen_fields_asked; f->name; f++)
		add_asked(&w->form, f, c ? citizen_get(c, f->name) : NULL);
	add_asked(&w->form, &purpose_asked, NULL);
	if (!c)
		add_asked(&w->form, &duplicate_asked, NULL);
}

/* ---- drafts */

static bool is_own_option(const struct form_field *f)
{
	return !strncmp(f->def.name, "--", 2);
}

static int64_t draft_object(const struct form_view *w)
{
	return w->case_key ? w->case_key : w->citizen_key;
}

/* A draft of a new case is one for its kind. */
static void draft_kind(const struct form_view *w, struct buf *out)
{
	buf_text(out, w->verb->name);
	if (w->kind_id)
		buf_printf(out, " %s", w->kind_id);
}

static const struct casefile *seen_case(const struct form_view *w)
{
	return w->seen.case_count ? &w->seen.cases[0] : NULL;
}

static const struct citizen *seen_citizen(const struct form_view *w)
{
	return w->seen.citizen_count ? &w->seen.citizens[0] : NULL;
}

/* {"typed":{...},"seen":{...}}: what was there goes along, so that a draft that is gone on with later
   still knows what it was written on. */
static void draft_json(const struct form_view *w, struct buf *json)
{
	struct json_out out = { .buf = json };
	struct buf typed = { 0 };

	form_keep(&w->form, &typed);
	json_open(&out, NULL, '{');
	json_put_raw(&out, "typed", buf_str(&typed));
	if (seen_case(w))
		json_write_case(&out, "seen", seen_case(w), NULL);
	if (seen_citizen(w))
		json_write_citizen(&out, "seen", seen_citizen(w), NULL);
	json_close(&out, '}');
	buf_clear(&typed);
}

/* false: it could not be written, and what is typed is here alone. */
static bool put_draft(struct view *v, struct error *err)
{
	struct form_view *w = v->own;
	struct buf json = { 0 }, kind = { 0 };
	struct draft d = { .key = w->draft, .object = draft_object(w), .title = w->title };

	if (w->kept || !form_changed(&w->form))
		return true;
	draft_json(w, &json);
	draft_kind(w, &kind);
	d.text = buf_str(&json);
	d.kind = buf_str(&kind);
	w->kept = store_draft_put(v->app->store, &d, err);
	if (w->kept)
		w->draft = d.key;
	buf_clear(&json);
	buf_clear(&kind);
	return w->kept;
}

static void keep_draft(struct view *v)
{
	struct error err = { 0 };

	if (!put_draft(v, &err))
		app_error(v->app, &err);
}

static void pause_over(void *ctx)
{
	struct view *v = ctx;
	struct form_view *w = v->own;

	w->timer = 0;
	keep_draft(v);
}

static void edited(struct view *v)
{
	struct form_view *w = v->own;

	w->kept = false;
	/* Not begun anew at each key: who types without a pause is to lose no more than this either. */
	if (!w->timer)
		w->timer = loop_after(v->app->loop, DRAFT_PAUSE_MS, pause_over, v);
	app_dirty(v->app);
}

/* What the record held there when it was read. */
static const char *record_value(struct view *v, const struct casefile *cf, const struct citizen *c,
	const char *name, struct arena *a)
{
	struct show show = several_show(v->app, cf ? cf->service : NULL);
	const struct kind *k = cf ? show_kind(&show, cf) : NULL;

	if (c)
		return citizen_get(c, name);
	if (k && kind_field_find(k, name))
		return case_get(cf, arena_printf(a, "fields.%s", name), a);
	return case_value(cf, name, a);
}

/* The record as the draft was begun on takes the place of the one that is there now: what was typed is
   a change of that. true: it is another version. */
static bool restore_seen(struct view *v, const struct json *seen, const struct json *typed)
{
	struct form_view *w = v->own;
	struct arena *a = &w->seen.arena;
	struct casefile cf = { 0 };
	struct citizen c = { 0 };
	const char *version = seen_case(w) ? seen_case(w)->version : NULL;
	bool on_case = seen_case(w) != NULL;

	if (on_case ? !json_read_case(seen, &cf, a, NULL) || !cf.version
		    : !seen_citizen(w) || !json_read_citizen(seen, &c, a, NULL) || !c.version)
		return false;
	if (on_case) {
		cf.key = seen_case(w)->key;
		cf.service = seen_case(w)->service;
		w->seen.cases[0] = cf;
	} else {
		version = seen_citizen(w)->version;
		c.key = seen_citizen(w)->key;
		c.service = seen_citizen(w)->service;
		w->seen.citizens[0] = c;
	}
	for (int i = 0; i < w->form.count; i++) {
		struct form_field *f = &w->form.fields[i];

		if (!is_own_option(f) && json_get(typed, f->def.name))
			form_was(f, record_value(v, on_case ? &cf : NULL, on_case ? NULL : &c,
					    f->def.name, a));
	}
	return !version || strcmp(version, on_case ? cf.version : c.version) != 0;
}

static void restore(struct view *v, const struct draft *d)
{
	struct form_view *w = v->own;
	struct json *root = json_read(d->text, strlen(d->text), NULL, NULL);
	const struct json *typed = json_get(root, "typed");
	struct buf text = { 0 };

	json_print(&text, typed ? typed : root);
	form_restore(&w->form, buf_str(&text));
	w->draft = d->key;
	if (typed && json_get(root, "seen") && restore_seen(v, json_get(root, "seen"), typed))
		app_say(v->app, "%s",
			_("What you typed is here again; others changed it too, and both are shown."));
	else
		app_say(v->app, "%s",
			_("What you typed last time is here again; F8 takes it away."));
	buf_clear(&text);
	json_free(root);
}

static void restore_draft(struct view *v)
{
	struct form_view *w = v->own;
	struct arena arena = { 0 };
	struct buf kind = { 0 };
	struct draft d = { 0 };

	draft_kind(w, &kind);
	if (store_draft(v->app->store, draft_object(w), buf_str(&kind), &d, &arena) &&
		!text_blank(d.text))
		restore(v, &d);
	buf_clear(&kind);
	arena_clear(&arena);
}

static void drop_draft(struct view *v)
{
	struct form_view *w = v->own;

	if (w->draft)
		store_draft_drop(v->app->store, w->draft);
	w->draft = 0;
	w->kept = true;
}

/* ---- opening */

static bool open_case(struct view *v, struct error *err)
{
	struct form_view *w = v->own;
	struct show show = several_show(v->app, NULL);
	struct page targets;
	bool good;

	if (!v->below || !v->below->ops->targets)
		return error_set(
			err, ERROR_USAGE, _("Say which case to edit; choose one in a list first."));
	page_init(&targets);
	good = v->below->ops->targets(v->below, &targets, err);
	if (good && targets.case_count != 1)
		good = error_set(err, ERROR_USAGE,
			_("A form edits one case at a time; - takes the marks away, or use edit "
			  "FIELD=VALUE."));
	if (good) {
		const struct casefile *cf = &targets.cases[0];
		struct buf title = { 0 };

		w->case_key = cf->key;
		several_case_name(&title, v->app, cf);
		buf_printf(&title, "  %s", cf->subject ? cf->subject : "");
		w->title = buf_take(&title);
		form_init(&w->form, _("Save the changes"));
		ask_case(w, &show, cf);
		case_copy(page_add_case(&w->seen), cf, &w->seen.arena);
	}
	page_clear(&targets);
	return good;
}

static bool open_new(struct view *v, struct error *err)
{
	struct form_view *w = v->own;
	const struct kind *k = kind_asked(w, app_people(v->app));
	struct buf title = { 0 };
	struct page page;

	if (!k)
		return error_set(err, ERROR_USAGE,
			_("No kind of case %s is known here; choose one from the list."),
			w->kind_id ? w->kind_id : "-");
	page_init(&page);
	buf_printf(&title, _("New case: %s"), k->name);
	if (several(v->app) && k->service)
		buf_printf(&title, _(", at %s"), k->service);
	if (w->citizen_key && store_citizen(v->app->store, w->citizen_key, &page) &&
		page.citizen_count) {
		buf_text(&title, _(", for "));
		show_citizen(&title, &page.citizens[0], NULL);
	}
	page_clear(&page);
	w->title = buf_take(&title);
	form_init(&w->form, _("Open the case"));
	ask_new(w, k);
	return true;
}

static bool open_citizen(struct view *v, struct error *err)
{
	struct form_view *w = v->own;
	struct buf title = { 0 };
	struct page page;
	bool good;

	if (w->verb->creates) {
		w->title = xstrdup(_("Register a citizen"));
		form_init(&w->form, _("Register"));
		if (several(v->app))
			ask_source(v);
		ask_citizen(w, NULL);
		return true;
	}
	if (!w->citizen_key && v->below && v->below->ops->citizen)
		w->citizen_key = v->below->ops->citizen(v->below);
	page_init(&page);
	good = w->citizen_key && store_citizen(v->app->store, w->citizen_key, &page) &&
	       page.citizen_count;
	if (good) {
		buf_text(&title, _("Correct the details of "));
		show_citizen(&title, &page.citizens[0], NULL);
		w->title = buf_take(&title);
		form_init(&w->form, _("Save the corrections"));
		ask_citizen(w, &page.citizens[0]);
		citizen_copy(page_add_citizen(&w->seen), &page.citizens[0], &w->seen.arena);
	}
	page_clear(&page);
	return good || error_set(err, ERROR_USAGE, _("No citizen is known here; f finds one."));
}

static void read_options(struct form_view *w, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (!strncmp(argv[i], "--kind=", 7)) {
			free(w->kind_id);
			w->kind_id = xstrdup(argv[i] + 7);
		} else if (!strncmp(argv[i], "--source=", 9)) {
			free(w->source);
			w->source = xstrdup(argv[i] + 9);
		} else if (!strncmp(argv[i], "--citizen=@", 11)) {
			w->citizen_key = strtoll(argv[i] + 11, NULL, 10);
		}
	}
}

static bool form_view_open(struct view *v, const char *arg, struct error *err)
{
	struct form_view *w = v->own;
	int argc = 0;
	char **argv = action_split(arg ? arg : "edit", &argc);
	bool good;

	page_init(&w->seen);
	w->verb = argc ? verb_find(argv[0]) : NULL;
	read_options(w, argc, argv);
	if (!w->verb)
		good = error_set(err, ERROR_USAGE, _("There is no form for that."));
	else if (w->verb->on == ON_CITIZEN)
		good = open_citizen(v, err);
	else
		good = w->verb->creates ? open_new(v, err) : open_case(v, err);
	w->form.now = time(NULL);
	if (good)
		for (int i = 1; i < argc; i++)
			form_focus(&w->form, argv[i]);
	free(argv);
	if (good)
		restore_draft(v);
	w->in_hand = good && w->case_key > 0 && v->app->sync;
	if (w->in_hand)
		sync_hand(v->app->sync, w->case_key);
	return good;
}

static void form_view_close(struct view *v)
{
	struct form_view *w = v->own;

	loop_cancel(v->app->loop, w->timer);
	if (w->in_hand)
		sync_unhand(v->app->sync, w->case_key);
	if (w->verb && w->form.count)
		keep_draft(v);
	form_clear(&w->form);
	free(w->kind_id);
	free(w->source);
	free(w->title);
	page_clear(&w->seen);
}

/* ---- ending */

/* Where the verb wants an option for what the form asks as a field. */
static bool is_new_option(const struct form_view *w, const struct form_field *f)
{
	static const char *const options[] = { "text", "channel", "priority", "team", "language",
		NULL };

	for (int i = 0; strcmp(w->verb->name, "new") == 0 && options[i]; i++)
		if (!strcmp(options[i], f->def.name))
			return true;
	return false;
}

static const char *argument(const struct form_view *w, const struct kind *k,
	const struct form_field *f, struct arena *a)
{
	bool empty = text_blank(f->value);

	if (f->def.type == KIND_YES_NO && is_own_option(f))
		return !strcmp(f->value, "yes") ? arena_copy(a, f->def.name) : NULL;
	if (is_own_option(f))
		return empty ? NULL : arena_printf(a, "%s=%s", f->def.name, f->value);
	if (k && kind_field_find(k, f->def.name))
		return arena_printf(a, "fields.%s=%s", f->def.name, empty ? "" : f->value);
	if (is_new_option(w, f))
		return empty ? NULL : arena_printf(a, "--%s=%s", f->def.name, f->value);
	return arena_printf(a, "%s=%s", f->def.name, empty ? "" : f->value);
}

struct making {
	struct arena arena;
	struct page targets;
	const char *argv[ARGUMENTS];
	int argc;
	struct verb_input in;
	const struct kind *kind;
};

static void begin_making(struct view *v, struct making *m)
{
	struct form_view *w = v->own;
	const struct page *people = app_people(v->app);

	*m = (struct making){ 0 };
	page_init(&m->targets);
	if (!w->case_key && w->citizen_key && !seen_citizen(w))
		store_citizen(v->app->store, w->citizen_key, &m->targets);

	const struct casefile *cf = seen_case(w);
	const struct citizen *c = seen_citizen(w)	      ? seen_citizen(w)
				  : m->targets.citizen_count ? &m->targets.citizens[0]
							     : NULL;
	const char *service = cf ? cf->service : c ? c->service : NULL;

	m->kind = kind_asked(w, people);
	if (!service && m->kind)
		service = m->kind->service;
	if (cf) {
		struct show show = several_show(v->app, service);

		m->kind = show_kind(&show, cf);
	}
	if (!service)
		service = source_said(w) ? source_said(w) : several(v->app) ? several_new(v->app) : NULL;
	m->in = action_input(v->app, service, 0, m->argv);
	m->in.cf = cf;
	m->in.citizen = c;
	if (m->in.profile == NULL && !several(v->app))
		m->in.profile = people->profile;
}

static void end_making(struct making *m)
{
	page_clear(&m->targets);
	arena_clear(&m->arena);
}

/* Each changed field alone, so that a refusal is shown where it belongs. */
static bool check_fields(struct view *v, struct making *m, struct error *err)
{
	struct form_view *w = v->own;
	bool good = true;

	if (w->verb->creates)
		return true;
	for (int i = w->form.count; i-- > 0;) {
		struct form_field *f = &w->form.fields[i];
		struct plan plan;

		if (is_own_option(f) || !form_field_changed(f))
			continue;
		m->argv[0] = argument(w, m->kind, f, &m->arena);
		m->in.argc = 1;
		plan_build(&plan, w->verb, &m->in, NULL);
		if (plan.rows[0].refused) {
			form_fault(&w->form, f->def.name, plan.rows[0].why.text);
			*err = plan.rows[0].why;
			good = false;
		}
		plan_clear(&plan);
	}
	return good;
}

static void collect(struct view *v, struct making *m)
{
	struct form_view *w = v->own;

	m->argc = 0;
	if (w->kind_id)
		m->argv[m->argc++] = arena_printf(&m->arena, "--kind=%s", w->kind_id);
	for (int i = 0; i < w->form.count && m->argc < ARGUMENTS; i++) {
		const struct form_field *f = &w->form.fields[i];
		bool said = w->verb->creates ? !text_blank(f->value) : form_field_changed(f);
		const char *arg = said ? argument(w, m->kind, f, &m->arena) : NULL;

		if (arg)
			m->argv[m->argc++] = arg;
	}
	m->in.argc = m->argc;
}

/* The view gives way to what it made. */
static bool done(struct view *v, const struct patch *p)
{
	struct form_view *w = v->own;
	struct app *app = v->app;
	bool new_case = w->verb->creates && w->verb->on == ON_CASE;
	bool new_citizen = w->verb->creates && w->verb->on == ON_CITIZEN;
	int64_t key = p->object;
	struct error err = { 0 };

	drop_draft(v);
	view_close(app);
	if (new_case && key && !view_case_open(app, key, &err))
		app_error(app, &err);
	if (new_citizen && key && !view_citizen_open(app, key, &err))
		app_error(app, &err);
	return true;
}

static bool post(struct view *v, struct making *m, struct error *err)
{
	struct form_view *w = v->own;
	struct plan plan;
	struct patch *patch;
	bool good;

	plan_build(&plan, w->verb, &m->in, NULL);
	patch = &plan.rows[0].patch;
	if (plan.rows[0].refused) {
		*err = plan.rows[0].why;
		plan_clear(&plan);
		return false;
	}
	patch->draft = w->draft;
	good = action_post(v->app, &patch, 1, w->verb->name, false, NULL, err);
	if (good)
		done(v, patch);
	plan_clear(&plan);
	return good;
}

static bool save(struct view *v, struct error *err)
{
	struct form_view *w = v->own;
	struct making m;
	bool good;

	app_dirty(v->app);
	if (!form_check(&w->form, err))
		return false;
	if (!w->verb->creates && !form_changed(&w->form)) {
		struct app *app = v->app;

		drop_draft(v);
		view_close(app);
		app_say(app, "%s", _("Nothing was changed."));
		return true;
	}
	begin_making(v, &m);
	good = check_fields(v, &m, err);
	if (good) {
		collect(v, &m);
		good = post(v, &m, err);
	}
	end_making(&m);
	return good;
}

/* ---- keys */

static bool form_view_key(struct view *v, int key)
{
	struct form_view *w = v->own;
	struct error err = { 0 };

	switch (form_key(&w->form, key)) {
	case FORM_NOT_MINE:
		return false;
	case FORM_EDITED:
		edited(v);
		return true;
	case FORM_END:
		if (!save(v, &err))
			app_error(v->app, &err);
		return true;
	case FORM_TAKEN:
		break;
	}
	app_dirty(v->app);
	return true;
}

static bool form_view_paste(struct view *v, const char *text)
{
	struct form_view *w = v->own;

	form_paste(&w->form, text);
	edited(v);
	return true;
}

static bool run_save(struct view *v, int argc, const char *const *argv, struct error *err)
{
	(void)argc, (void)argv;
	return save(v, err);
}

static bool run_leave(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct form_view *w = v->own;
	struct app *app = v->app;

	(void)argc, (void)argv;
	if (!put_draft(v, err))
		return false; /* what is on the screen is all there is of it */
	if (w->draft)
		app_say(app, "%s",
			_("Kept as a draft, nothing was changed; the same form offers it again."));
	view_close(app);
	return true;
}

static bool run_reset(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct form_view *w = v->own;

	(void)argc, (void)argv, (void)err;
	for (int i = 0; i < w->form.count; i++)
		form_set(&w->form.fields[i], w->form.fields[i].was);
	drop_draft(v);
	app_say(v->app, "%s", _("The form is as it was at first."));
	return true;
}

static void text_written(void *ctx, const char *text, const struct error *err)
{
	struct view *v = ctx;
	struct form_view *w = v->own;

	if (err)
		app_error(v->app, err);
	if (!text || w->form.focus >= w->form.count)
		return;
	form_set(&w->form.fields[w->form.focus], text);
	edited(v);
}

static bool run_editor(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct form_view *w = v->own;
	struct form_field *f =
		w->form.focus < w->form.count ? &w->form.fields[w->form.focus] : NULL;

	(void)argc, (void)argv;
	if (!f || f->def.type != KIND_LONG_TEXT)
		return error_set(err, ERROR_USAGE,
			_("Only a long text is written in the editor; type this one here."));
	if (form_hides(f))
		return error_set(err, ERROR_USAGE,
			_("This is masked; v on the screen before shows it, and what is typed here replaces it."));
	return editor_open(v->app, f->value, NULL, text_written, v, err);
}

static void form_view_load(struct view *v)
{
	struct form_view *w = v->own;

	if (w->in_hand)
		hand_watch(v->app, w->case_key, &w->hand);
}

/* ---- drawing */

static void form_view_draw(struct view *v, struct screen *s)
{
	struct form_view *w = v->own;
	int cols = view_cols(v);

	struct buf hand = { 0 };

	screen_put(s, 0, 0, cols, STYLE_TITLE, w->title);
	if (w->in_hand)
		hand_words(v->app, w->case_key, &hand);
	screen_put(s, 1, 0, cols, STYLE_DIM, buf_str(&hand));
	buf_clear(&hand);
	form_draw(&w->form, s, 2, view_rows(v) - 2, cols > 100 ? 100 : cols);
}

static void form_view_say(struct view *v, struct buf *out)
{
	struct form_view *w = v->own;

	form_say(&w->form, out);
}

static void form_view_place(struct view *v, struct buf *out)
{
	struct form_view *w = v->own;

	if (w->form.focus < w->form.count)
		buf_printf(out, _("Form, field %d/%d"), w->form.focus + 1, w->form.count);
	else
		buf_text(out, _("Form, its end"));
}

static int64_t form_view_citizen(struct view *v)
{
	struct form_view *w = v->own;

	return w->citizen_key;
}

static const struct action form_actions[] = {
	{ "save", NULL, N_("Checks the form and saves it."), run_save },
	{ "cancel", NULL, N_("Leaves the form; what was typed is kept as a draft."), run_leave },
	{ "back", NULL, N_("Leaves the form; what was typed is kept as a draft."), run_leave },
	{ "reset", NULL, N_("Puts everything back as it was at first."), run_reset },
	{ "editor", NULL, N_("Writes a long text in your editor."), run_editor },
	{ NULL, NULL, NULL, NULL },
};

static const struct binding form_bindings[] = {
	{ "<F2>", "save" },
	{ "<F8>", "reset" },
	{ "<Ctrl-E>", "editor" },
	{ NULL, NULL },
};

static const struct hint form_hints[] = {
	{ "save", N_("save") },
	{ "cancel", N_("leave, keeping a draft") },
	{ "reset", N_("as it was") },
	{ "editor", N_("editor") },
	{ NULL, NULL },
};

const struct view_ops view_form = {
	.name = "form",
	.title = N_("Form"),
	.own_size = sizeof(struct form_view),
	.open = form_view_open,
	.load = form_view_load,
	.draw = form_view_draw,
	.close = form_view_close,
	.key = form_view_key,
	.paste = form_view_paste,
	.say = form_view_say,
	.place = form_view_place,
	.citizen = form_view_citizen,
	.hints = form_hints,
	.actions = form_actions,
	.bindings = form_bindings,
	.asks_for = "edit correct register",
};
