/* Cases and citizens in rows. */
#include "cli/rows.h"

#include "model/arena.h"
#include "model/column.h"
#include "model/i18n.h"
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
	"links", "lease", "last_event", "last_contact", "opened_at", "updated_at", "resolved_at",
	"source", "timeline",
	NULL };

const char *const json_citizen_names[] = { "id", "version", "given", "family", "born", "ref",
	"phone", "email", "language", "contact", "address", "guarded", "consents", "flags", "match",
	"cases", "created_at", "updated_at", NULL };

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

static bool json_citizens(struct print *p, const struct page *page, struct error *err)
{
	if (!print_check_fields(p, json_citizen_names, err))
		return false;
	json_open(&p->json, NULL, '[');
	for (int i = 0; i < page->citizen_count; i++)
		json_write_citizen(&p->json, NULL, &page->citizens[i], p->fields);
	json_close(&p->json, ']');
	buf_char(&p->out, '\n');
	return true;
}

bool rows_citizens(struct session *s, const struct page *page, struct error *err)
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
	};
	struct print *p = s->print;

	if (p->form == PRINT_JSON)
		return json_citizens(p, page, err);
	print_table(p, columns, 8);
	for (int i = 0; i < page->citizen_count; i++) {
		const struct citizen *c = &page->citizens[i];
		struct buf name = { 0 };
		char open[16];

		citizen_name(&name, c);
		snprintf(open, sizeof(open), "%d", c->open_cases);
		print_row(p, (const char *[]){ c->id, c->ref, buf_str(&name), c->born,
				     c->guarded ? NULL : c->postcode, c->guarded ? NULL : c->town,
				     open, c->match });
		buf_clear(&name);
	}
	print_table_end(p);
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
