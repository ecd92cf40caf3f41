/* The records of one person, fact by fact and one by one. */
#include "tui/records.h"
#include "model/i18n.h"
#include "model/text.h"
#include "model/when.h"
#include <string.h>

enum { LABEL_COLS = 22, SERVICE_COLS = 8, ID_COLS = 10, NAME_COLS = 20 };

const struct citizen *records_first(const struct records *r)
{
	return r->person.count ? r->person.records[0].citizen : NULL;
}

bool records_many(const struct records *r)
{
	return r->person.joined > 1;
}

/* The record asked for last, but for what else its service may say of it: guarded is guarded. */
bool records_hidden(const struct records *r)
{
	for (int i = 0; i < r->person.joined; i++)
		if (r->person.records[i].citizen->guarded && !r->sights[i].shown)
			return true;
	return false;
}

const char *records_text(const struct records *r, const char *field)
{
	for (int i = 0; i < r->person.joined; i++) {
		const char *text = r->sights[i].closed
					   ? NULL
					   : citizen_get(r->person.records[i].citizen, field);

		if (text)
			return text;
	}
	return NULL;
}

int records_likely(const struct records *r)
{
	int likely = 0;

	for (int i = r->person.joined; i < r->person.count; i++)
		likely += r->person.records[i].place == PLACE_LIKELY;
	return likely;
}

void records_born(struct buf *out, const struct records *r, int record)
{
	const char *born = r->person.records[record].citizen->born;

	if (r->sights[record].shown || !born || strlen(born) <= 4)
		buf_text(out, born);
	else
		buf_printf(out, "%.4s-**", born);
}

static bool earlier(const struct records *r, int record)
{
	const char *service = r->person.records[record].citizen->service;

	for (int i = 0; i < record; i++) {
		const char *other = r->person.records[i].citizen->service;

		if (service && other && !strcmp(service, other))
			return true;
	}
	return false;
}

void records_services(struct buf *out, const struct records *r)
{
	size_t begin = out->size;

	for (int i = 0; i < r->person.joined; i++)
		if (!earlier(r, i))
			buf_printf(out, "%s%s", out->size > begin ? "+" : "",
				r->person.records[i].citizen->service);
}

void records_name(struct buf *out, const struct citizen *c)
{
	buf_printf(out, "%s ", c->service ? c->service : "-");
	show_id(out, c->id ? c->id : "");
}

/* ---- facts */

static bool is_address(const char *field)
{
	return !strcmp(field, "street") || !strcmp(field, "postcode") || !strcmp(field, "town");
}

/* As it may be seen: of those that say the same, one whose secrets are shown is enough. */
static void fact_words(struct buf *out, const struct records *r, const char *field, int record)
{
	const char *text = citizen_get(r->person.records[record].citizen, field);

	if (is_address(field) && records_hidden(r))
		buf_text(out, strcmp(field, "street") ? _("guarded") : _("guarded; v asks for it"));
	else if (!strcmp(field, "born"))
		records_born(out, r, record);
	else if (!strcmp(field, "ref"))
		show_masked(out, text, r->sights[record].shown);
	else
		buf_text(out, !strcmp(field, "contact") ? show_channel(text) : text);
}

static struct line *add_fact(
	struct lines *l, const char *id, const char *label, const char *value, const char *origin)
{
	struct buf row = { 0 };

	show_cell(&row, label, LABEL_COLS);
	buf_text(&row, text_blank(value) ? "-" : value);
	struct line *line = lines_add(l, id, buf_str(&row));
	line->right = arena_copy(&l->arena, origin);

	buf_reset(&row);
	buf_printf(&row, _("%s: %s. Enter corrects the details."), label,
		text_blank(value) ? _("empty") : value);
	if (origin)
		buf_printf(&row, _(" From %s."), origin);
	line->say = arena_copy(&l->arena, buf_str(&row));
	buf_clear(&row);
	return line;
}

struct fact {
	const char *text;
	int record; /* who says it first, or whose is shown */
	struct buf origin;
};

/* What the records say of a field, the same said once. */
static int facts_of(const struct records *r, const char *field, struct fact facts[PERSON_MOST])
{
	int count = 0;

	for (int i = 0; i < r->person.joined; i++) {
		const struct citizen *c = r->person.records[i].citizen;
		const char *text = r->sights[i].closed ? NULL : citizen_get(c, field);
		int at = 0;

		if (!text)
			continue;
		while (at < count && !person_same_fact(field, facts[at].text, text))
			at++;
		if (at == count)
			facts[count++] = (struct fact){ .text = text, .record = i };
		else if (r->sights[i].shown && !r->sights[facts[at].record].shown)
			facts[at].record = i;
		buf_printf(&facts[at].origin, "%s%s", facts[at].origin.size ? ", " : "",
			c->service ? c->service : "-");
	}
	return count;
}

static void fact_id(struct buf *out, const struct records *r, const char *field, int record)
{
	buf_text(out, field);
	if (record)
		buf_printf(out, "@%lld", (long long)r->person.records[record].citizen->key);
}

static void add_facts(struct lines *l, const struct records *r, const char *field, const char *label)
{
	struct fact facts[PERSON_MOST];
	int count = facts_of(r, field, facts);
	bool hidden = is_address(field) && records_hidden(r);

	if (!count || hidden)
		add_fact(l, field, label, hidden ? !strcmp(field, "street") ? _("guarded; v asks for it") : _("guarded") : "", NULL);
	for (int i = 0; i < count; i++) {
		struct buf id = { 0 }, value = { 0 };

		fact_id(&id, r, field, facts[i].record);
		fact_words(&value, r, field, facts[i].record);
		if (!hidden)
			add_fact(l, buf_str(&id), label, buf_str(&value),
				records_many(r) ? buf_str(&facts[i].origin) : NULL);
		buf_clear(&id);
		buf_clear(&value);
		buf_clear(&facts[i].origin);
	}
}

/* Where each record is kept, since when, and how old what is known of it is. */
static void add_keepers(struct lines *l, const struct records *r, const struct show *show)
{
	for (int i = 0; i < r->person.joined; i++) {
		const struct citizen *c = r->person.records[i].citizen;
		const char *origin = records_many(r) ? c->service : NULL;
		struct buf text = { 0 }, id = { 0 };

		fact_id(&id, r, "id", i);
		add_fact(l, buf_str(&id), _("Identifier"), c->id, origin);
		buf_reset(&id);
		fact_id(&id, r, "created", i);
		if (c->created)
			when_stamp(&text, c->created, show->now);
		if (c->created || !records_many(r))
			add_fact(l, buf_str(&id), _("Registered"), buf_str(&text), origin);
		buf_reset(&text);
		buf_reset(&id);
		fact_id(&id, r, "origin", i);
		buf_text(&text, c->service);
		if (c->fetched) {
			buf_text(&text, _(", read "));
			when_ago(&text, c->fetched, show->now);
		}
		if (r->sights[i].closed)
			buf_text(&text, _(", closed until a reason is given"));
		add_fact(l, buf_str(&id), _("Kept by"), buf_str(&text), origin);
		buf_clear(&text);
		buf_clear(&id);
	}
}

void records_details(struct lines *l, const struct records *r, const struct show *show)
{
	static const char *const fields[][2] = {
		{ "given", N_("Given name") },
		{ "family", N_("Family name") },
		{ "born", N_("Born") },
		{ "ref", N_("Reference") },
		{ "phone", N_("Telephone") },
		{ "email", N_("E-mail") },
		{ "street", N_("Street") },
		{ "postcode", N_("Postcode") },
		{ "town", N_("Town") },
		{ "country", N_("Country") },
		{ "language", N_("Language") },
		{ "contact", N_("Wants to be reached") },
		{ "flags", N_("Handling marks") },
	};

	lines_begin(l);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		add_facts(l, r, fields[i][0], _(fields[i][1]));
	add_keepers(l, r, show);
	lines_end(l);
}

/* ---- the records themselves */

static void said_words(struct buf *out, const struct person_record *one, const struct show *show)
{
	bool joined = one->decision->said == SAID_JOIN;

	buf_printf(out, joined ? _("joined by %s, ") : _("kept apart by %s, "),
		text_blank(one->decision->by) ? "-" : one->decision->by);
	when_ago(out, one->decision->at, show->now);
}

static void reason_words(
	struct buf *out, const struct records *r, int at, const struct show *show)
{
	const struct person_record *one = &r->person.records[at];

	if (at == 0)
		buf_text(out, _("this record"));
	else if (one->decision)
		said_words(out, one, show);
	else if (one->place == PLACE_JOINED)
		buf_text(out, person_why_words(one->why));
	else
		buf_printf(out, one->contested ? _("likely: %s, but it fits others too") : _("likely: %s"),
			person_why_words(one->why));
}

static void keys_words(struct buf *out, const struct person_record *one, int at)
{
	if (at == 0)
		return;
	if (one->place == PLACE_JOINED)
		buf_text(out, _(" - keeps apart."));
	else if (one->place == PLACE_LIKELY)
		buf_text(out, _(" = joins, - keeps apart."));
	else
		buf_text(out, _(" = joins."));
	if (one->decision)
		buf_text(out, _(" 0 withdraws it."));
}

static void add_record(struct lines *l, const struct records *r, int at, const struct show *show)
{
	static const char *const marks[] = { [PLACE_NONE] = " ", "+", "?", "/" };
	const struct person_record *one = &r->person.records[at];
	struct buf row = { 0 }, part = { 0 }, why = { 0 };
	char id[32];

	snprintf(id, sizeof(id), "@%lld", (long long)one->citizen->key);
	buf_printf(&row, "%s ", marks[one->place]);
	show_cell(&row, one->citizen->service, SERVICE_COLS);
	show_id(&part, one->citizen->id ? one->citizen->id : "");
	show_cell(&row, buf_str(&part), ID_COLS);
	buf_reset(&part);
	citizen_name(&part, one->citizen);
	show_cell(&row, buf_str(&part), NAME_COLS);
	reason_words(&why, r, at, show);
	if (at < r->person.joined && r->sights[at].closed)
		buf_text(&why, _("; closed until a reason is given"));
	buf_text(&row, buf_str(&why));
	struct line *line = lines_add(l, id, buf_str(&row));
	line->style = one->place == PLACE_JOINED ? STYLE_TEXT : STYLE_DIM;

	buf_reset(&row);
	records_name(&row, one->citizen);
	buf_printf(&row, ": %s.", buf_str(&why));
	keys_words(&row, one, at);
	line->say = arena_copy(&l->arena, buf_str(&row));
	buf_clear(&row);
	buf_clear(&part);
	buf_clear(&why);
}

void records_list(struct lines *l, const struct records *r, const struct show *show)
{
	lines_begin(l);
	for (int i = 0; i < r->person.count; i++)
		add_record(l, r, i, show);
	lines_end(l);
}
