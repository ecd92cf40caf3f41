/* Cases and citizens in rows. */
#include "cli/rows.h"

#include "cli/session.h"
#include "model/arena.h"
#include "model/column.h"
#include "model/i18n.h"
#include "model/secret.h"
#include "model/when.h"

static const char USUAL[] = "number,priority,due,citizen,subject,status,team,owner";

/* Where numbers of several services stand under each other; a program finds the number where it
   always was. */
static const char SEVERAL[] = "source,number,priority,due,citizen,subject,status,team,owner";
static const char SEVERAL_PLAIN[] = "number,priority,due,citizen,subject,status,team,owner,source";

static const char *usual_columns(const struct session *s)
{
	if (sync_service_count(s->sync) < 2)
		return USUAL;
	return s->print->form == PRINT_PLAIN ? SEVERAL_PLAIN : SEVERAL;
}

const char *const json_case_names[] = { "id", "number", "version", "subject", "service", "kind",
	"step", "status", "outcome", "priority", "team", "assignee", "due", "citizen", "channel",
	"language", "skills", "tags", "restricted", "fields", "surge", "group", "duplicate_of",
	"links", "lease", "last_event", "last_contact", "delivery", "opened_at", "updated_at", "resolved_at",
	"source", "timeline",
	NULL };

const char *const json_citizen_names[] = { "id", "version", "given", "family", "born", "ref",
	"phone", "email", "language", "contact", "address", "guarded", "consents", "flags", "match",
	"cases", "created_at", "updated_at", "source", "masked", "records", NULL };

/* The chosen columns; names live in the arena. */
struct chosen {
	struct arena arena;
	struct print_column columns[PRINT_COLUMNS];
	int count;
};

static bool choose(struct chosen *ch, const char *names, struct error *err)
{
	for (const char *at = names; *at;) {
		at += strspn(at, ", ");

		size_t size = strcspn(at, ", ");

		if (!size)
			break;

		const char *name = arena_copy_n(&ch->arena, at, size);
		const struct column *c = column_look(name, err);

		if (!c)
			return false;
		if (ch->count == PRINT_COLUMNS)
			return error_set(
				err, ERROR_USAGE, _("At most %d columns fit."), PRINT_COLUMNS);
		ch->columns[ch->count++] =
			(struct print_column){ name, c->title, c->grow || c->width > 11, c->right };
		at += size;
	}
	return ch->count > 0 || error_set(err, ERROR_USAGE, _("--columns names no column."));
}

/* Times as programs read them, in UTC; for people as on the screen. */
static bool plain_time(const char *column, const struct casefile *cf, char out[WHEN_SIZE])
{
	const struct {
		const char *name;
		time_t at;
	} times[] = { { "due", cf->due }, { "opened", cf->opened }, { "updated", cf->changed },
		{ "resolved", cf->resolved }, { "contact", cf->contact_at } };

	for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++) {
		if (strcmp(times[i].name, column))
			continue;
		*out = '\0';
		if (times[i].at)
			when_write(out, times[i].at);
		return true;
	}
	return false;
}

static void case_row(
	struct print *p, const struct chosen *ch, const struct casefile *cf, time_t now)
{
	char *cells[PRINT_COLUMNS];

	for (int i = 0; i < ch->count; i++) {
		struct buf b = { 0 };
		char at[WHEN_SIZE];

		if (p->form == PRINT_PLAIN && plain_time(ch->columns[i].name, cf, at))
			buf_text(&b, at);
		else
			column_text(&b, ch->columns[i].name, cf, now);
		cells[i] = b.text ? buf_take(&b) : NULL;
	}
	print_row(p, (const char *const *)cells);
	for (int i = 0; i < ch->count; i++)
		free(cells[i]);
}

static bool json_cases(struct print *p, const struct page *page, struct error *err)
{
	if (!print_check_fields(p, json_case_names, err))
		return false;
	json_open(&p->json, NULL, '[');
	for (int i = 0; i < page->case_count; i++)
		json_write_case(&p->json, NULL, &page->cases[i], p->fields);
	json_close(&p->json, ']');
	buf_char(&p->out, '\n');
	return true;
}

bool rows_cases(struct session *s, const struct page *page, const char *columns, struct error *err)
{
	struct chosen ch = { 0 };

	if (s->print->form == PRINT_JSON)
		return json_cases(s->print, page, err);

	bool good = choose(&ch, columns && *columns ? columns : usual_columns(s), err);

	if (good) {
		print_table(s->print, ch.columns, ch.count);
		for (int i = 0; i < page->case_count; i++)
			case_row(s->print, &ch, &page->cases[i], time(NULL));
		print_table_end(s->print);
	}
	arena_clear(&ch.arena);
	return good;
}

/* ---- what is masked */

bool rows_unmask(struct session *s, bool *unmask, struct error *err)
{
	*unmask = given_flag(s->given, "unmask");
	if (!*unmask || session_purpose(s))
		return true;
	if (session_ask_purpose(s, _("Why do you need to see this? ")))
		return true;
	return error_set(err, ERROR_USAGE,
		_("--unmask wants --purpose=TEXT: why, for the service's access log."));
}

bool rows_unmasked(struct session *s, const char *service)
{
	const struct service *one = service ? sync_service_named(s->sync, service) : NULL;

	if (!one || sync_away(s->sync, service)) {
		print_notice(s->print,
			_("%s is away: the asking cannot be recorded there, so it stays masked."),
			service ? service : "-");
		return false;
	}
	if (!one->ops->calls[CALL_ACCESS].ask)
		print_notice(s->print, _("%s keeps no access log: nothing of this is recorded there."),
			service);
	return true;
}

void rows_mask(struct session *s, struct page *page)
{
	struct page people;
	struct error ignored;
	bool kinds = false;

	for (int i = 0; i < page->case_count; i++)
		kinds = kinds || (page->cases[i].kind && page->cases[i].fields);
	if (kinds)
		session_people(s, &ignored); /* of one that is not known each field is masked */
	page_init(&people);
	store_people(s->store, NULL, &people);
	secret_mask_cases(page, &people);
	if (page->case_count == 1)
		secret_mask_events(page, &page->cases[0], &people);
	page_clear(&people);
}

void rows_mask_patch(struct session *s, struct patch *p)
{
	struct page people, page;

	page_init(&people);
	page_init(&page);
	store_people(s->store, NULL, &people);
	bool known = p->on == ON_CASE && store_case(s->store, p->object, &page) && page.case_count;
	secret_mask_patch(p, known ? &page.cases[0] : NULL, &people);
	page_clear(&page);
	page_clear(&people);
}

/* The records that are this person, by service and identifier. */
static void json_records(struct json_out *out, struct session *s, const struct citizen *c)
{
	struct person p;

	json_open(out, "records", '[');
	store_person_joined(s->store, c->key, &p);
	for (int i = 0; i < p.joined; i++) {
		json_open(out, NULL, '{');
		json_put_text(out, "source", p.records[i].citizen->service);
		json_put_text(out, "id", p.records[i].citizen->id);
		json_close(out, '}');
	}
	json_close(out, ']');
	person_clear(&p);
}

/* One secret address is the secret of all. */
void rows_guard(struct citizen *c)
{
	c->street = c->postcode = c->town = c->country = NULL;
}

static void json_row(struct session *s, const struct person_row *row, bool masked, struct arena *a)
{
	struct print *p = s->print;
	struct citizen c = *row->citizen;

	c.match = row->match;
	c.open_cases = row->open_cases;
	c.all_cases = row->all_cases;
	if (row->guarded && !c.guarded)
		rows_guard(&c);
	if (masked)
		secret_mask_citizen(&c, a);
	json_open(&p->json, NULL, '{');
	json_write_citizen_members(&p->json, &c, p->fields);
	if (json_wanted(p->fields, "source"))
		json_put_text(&p->json, "source", c.service);
	if (json_wanted(p->fields, "masked"))
		json_put_bool(&p->json, "masked", masked);
	if (json_wanted(p->fields, "records"))
		json_records(&p->json, s, &c);
	json_close(&p->json, '}');
}

static void table_row(struct print *p, const struct person_row *row, bool masked, struct arena *a)
{
	struct citizen shown = *row->citizen;
	const struct citizen *c = &shown;
	struct buf name = { 0 };
	char open[16];

	if (masked)
		secret_mask_citizen(&shown, a);
	citizen_name(&name, c);
	snprintf(open, sizeof(open), "%d", row->open_cases);
	print_row(p, (const char *[]){ c->id, c->ref, buf_str(&name), c->born,
			     row->guarded ? NULL : c->postcode, row->guarded ? NULL : c->town,
			     open, row->match, row->services });
	buf_clear(&name);
}

/* Those of a service that is away stay masked; each service is told of once. */
static bool is_masked(struct session *s, const struct person_row *rows, int at, const bool *masked)
{
	const char *service = rows[at].citizen->service;

	for (int i = 0; i < at; i++)
		if (rows[i].citizen->service && service && !strcmp(rows[i].citizen->service, service))
			return masked[i];
	return !rows_unmasked(s, service);
}

bool rows_citizens(struct session *s, const struct page *page, bool unmask, struct error *err)
{
	static const struct print_column columns[] = {
		{ "id", N_("Id"), 0, false },
		{ "ref", N_("Reference"), 0, false },
		{ "name", N_("Name"), 1, false },
		{ "born", N_("Born"), 0, false },
		{ "postcode", N_("Postcode"), 0, false },
		{ "town", N_("Town"), 1, false },
		{ "open", N_("Open"), 0, true },
		{ "match", N_("Match"), 0, false },
		{ "source", N_("Source"), 0, false },
	};
	struct print *p = s->print;
	struct arena arena = { 0 };
	struct person_row *rows;

	if (p->form == PRINT_JSON && !print_check_fields(p, json_citizen_names, err))
		return false;
	int count = store_person_rows(s->store, page, &rows, &arena);
	if (p->form == PRINT_JSON)
		json_open(&p->json, NULL, '[');
	else
		print_table(p, columns, 9);
	bool *masked = arena_alloc(&arena, (size_t)count * sizeof(*masked) + 1);
	for (int i = 0; i < count; i++) {
		masked[i] = !unmask || is_masked(s, rows, i, masked);
		if (p->form == PRINT_JSON)
			json_row(s, &rows[i], masked[i], &arena);
		else
			table_row(p, &rows[i], masked[i], &arena);
	}
	if (p->form == PRINT_JSON) {
		json_close(&p->json, ']');
		buf_char(&p->out, '\n');
	} else {
		print_table_end(p);
	}
	arena_clear(&arena);
	return true;
}

static bool list_names(struct session *s, const char *const *names)
{
	if (s->print->form != PRINT_JSON || strcmp(s->print->fields, "help"))
		return false;
	for (; *names; names++)
		print_line(s->print, "%s", *names);
	return true;
}

bool rows_case_help(struct session *s)
{
	return list_names(s, json_case_names);
}

bool rows_citizen_help(struct session *s)
{
	return list_names(s, json_citizen_names);
}
