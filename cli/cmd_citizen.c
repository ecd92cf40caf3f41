/* caseload citizen: one person with all their cases. */
#include "cli/command.h"

#include "cli/rows.h"
#include "cli/session.h"
#include "model/i18n.h"
#include "model/secret.h"
#include "model/text.h"
#include "model/when.h"

/* The person, and which of the records may be told. */
struct telling {
	struct person person;
	bool closed[PERSON_MOST]; /* its service wants a reason first */
	bool guarded;
	bool open[PERSON_MOST]; /* what is masked is shown, for a reason */
	struct arena *arena;
};

static void field(struct print *p, const char *label, const char *value, const char *origin)
{
	if (text_blank(value))
		return;
	if (origin)
		print_line(p, "%-10s %s  (%s)", label, value, origin);
	else
		print_line(p, "%-10s %s", label, value);
}

static void add_origin(struct buf *origin, const char *service)
{
	buf_printf(origin, "%s%s", origin->size ? ", " : "", service ? service : "-");
}

/* As it may be told. */
static const char *masked(const struct telling *t, const char *name, const char *text, int record)
{
	return t->open[record] || !secret_of_citizen(name) ? text
							   : secret_masked(name, text, t->arena);
}

/* Whether an earlier record has said the same. */
static bool said_before(const struct telling *t, const char *name, const char *text, int record)
{
	for (int i = 0; i < record; i++) {
		const char *other = t->closed[i] ? NULL
						 : citizen_get(t->person.records[i].citizen, name);

		if (other && person_same_fact(name, other, text))
			return true;
	}
	return false;
}

/* What is said, once for all who say the same, with who they are when there are several. */
static void told(struct print *p, const struct telling *t, const char *label, const char *name)
{
	for (int i = 0; i < t->person.joined; i++) {
		const char *text = t->closed[i] ? NULL
						: citizen_get(t->person.records[i].citizen, name);
		struct buf origin = { 0 };

		if (!text || said_before(t, name, text, i))
			continue;
		for (int k = i; k < t->person.joined; k++) {
			const struct citizen *c = t->person.records[k].citizen;
			const char *other = t->closed[k] ? NULL : citizen_get(c, name);

			if (other && person_same_fact(name, other, text))
				add_origin(&origin, c->service);
		}
		field(p, label, masked(t, name, text, i), t->person.joined > 1 ? buf_str(&origin) : NULL);
		buf_clear(&origin);
	}
}

static void address(struct print *p, const struct telling *t, int record)
{
	const struct citizen *c = t->person.records[record].citizen;
	const char *const parts[] = { c->street, c->postcode, c->town, c->country };
	struct buf line = { 0 };

	for (int i = 0; i < 4 && !t->closed[record]; i++)
		if (parts[i])
			buf_printf(&line, "%s%s", line.size ? ", " : "", parts[i]);
	field(p, _("address"), buf_str(&line), t->person.joined > 1 ? c->service : NULL);
	buf_clear(&line);
}

static void print_records(struct print *p, const struct telling *t)
{
	for (int i = 1; i < t->person.count; i++) {
		const struct person_record *r = &t->person.records[i];
		struct buf line = { 0 };

		buf_printf(&line, "%s/%s: ", r->citizen->service, r->citizen->id);
		if (r->decision)
			buf_printf(&line, r->place == PLACE_APART ? _("kept apart by %s") : _("joined by %s"),
				text_blank(r->decision->by) ? "-" : r->decision->by);
		else
			buf_text(&line, person_why_words(r->why));
		if (i < t->person.joined && t->closed[i])
			buf_text(&line, _("; closed until --purpose says why"));
		field(p,
			r->place == PLACE_JOINED   ? _("joined")
			: r->place == PLACE_LIKELY ? _("likely")
						   : _("apart"),
			buf_str(&line), NULL);
		buf_clear(&line);
	}
}

static void print_person(struct print *p, const struct telling *t)
{
	const struct citizen *c = t->person.records[0].citizen;
	struct buf name = { 0 };

	citizen_name(&name, c);
	print_line(p, "%s  %s", buf_str(&name), c->id ? c->id : "");
	told(p, t, _("reference"), "ref");
	told(p, t, _("born"), "born");
	for (int i = 0; i < t->person.joined && !t->guarded; i++)
		address(p, t, i);
	if (t->guarded)
		field(p, _("address"), _("secret"), NULL);
	told(p, t, _("phone"), "phone");
	told(p, t, _("e-mail"), "email");
	told(p, t, _("language"), "language");
	told(p, t, _("reach by"), "contact");
	told(p, t, _("flags"), "flags");
	print_records(p, t);
	print_line(p, "%s", "");
	buf_clear(&name);
}

static void json_record(
	struct json_out *out, const struct telling *t, int at, const char *fields)
{
	static const char *const places[] = { [PLACE_NONE] = "none", "joined", "likely", "apart" };
	const struct person_record *r = &t->person.records[at];
	bool joined = r->place == PLACE_JOINED, closed = joined && t->closed[at];
	struct citizen c = *r->citizen;

	json_open(out, NULL, '{');
	json_put_text(out, "source", c.service);
	json_put_text(out, "place", places[r->place]);
	json_put_text(out, "why", at ? person_why_name(r->why) : NULL);
	json_put_text(out, "by", r->decision ? r->decision->by : NULL);
	json_put_time(out, "at", r->decision ? r->decision->at : 0);
	json_put_time(out, "fetched_at", c.fetched);
	if (t->guarded && !c.guarded)
		rows_guard(&c);
	if (!t->open[at])
		secret_mask_citizen(&c, t->arena);
	if (joined && !closed)
		json_write_citizen_members(out, &c, fields);
	else
		json_put_text(out, "id", c.id);
	json_close(out, '}');
}

static bool json_person(
	struct print *p, const struct telling *t, const struct page *cases, struct error *err)
{
	struct buf whole = { 0 };
	struct json_out out = { .buf = &whole, .ascii = p->json.ascii };
	struct citizen c = *t->person.records[0].citizen;

	if (!print_check_fields(p, json_citizen_names, err))
		return false;

	/* "cases" is the list here, not how many there are. */
	if (t->guarded && !c.guarded)
		rows_guard(&c);
	if (!t->open[0])
		secret_mask_citizen(&c, t->arena);
	json_open(&out, NULL, '{');
	json_write_citizen(&out, "citizen", &c, p->fields);
	if (json_wanted(p->fields, "masked"))
		json_put_bool(&out, "masked", !t->open[0]);
	if (json_wanted(p->fields, "records")) {
		json_open(&out, "records", '[');
		for (int i = 0; i < t->person.count; i++)
			json_record(&out, t, i, p->fields);
		json_close(&out, ']');
	}
	if (json_wanted(p->fields, "cases")) {
		json_open(&out, "cases", '[');
		for (int i = 0; i < cases->case_count; i++)
			json_write_case(&out, NULL, &cases->cases[i], NULL);
		json_close(&out, ']');
	}
	json_close(&out, '}');
	buf_printf(&p->out, "%s\n", whole.text);
	buf_clear(&whole);
	return true;
}

/* ---- the other services */

/* A service that cannot be asked is named: what is missing may be there. */
static bool tell_away(struct session *s, const char *service, const struct citizen *known,
	const struct error *why, struct error *err)
{
	struct buf age = { 0 };

	if (given_flag(s->given, "fresh")) {
		*err = *why;
		return false;
	}
	if (known && known->fetched)
		when_ago(&age, known->fetched, time(NULL));
	if (known)
		print_notice(s->print, _("%s: %s What is shown of it was read %s."), service, why->text,
			buf_str(&age));
	else
		print_notice(s->print, _("%s: %s It may know this person too."), service, why->text);
	buf_clear(&age);
	return true;
}

static bool ask_record(struct session *s, struct telling *t, int at, struct error *err)
{
	const struct citizen *c = t->person.records[at].citizen;
	struct wish w = { 0 };

	sync_citizen(s->sync, c->key, session_purpose(s), 0, wish_done, &w);
	if (session_wait(s, &w))
		return true;
	t->closed[at] = !strcmp(w.err.code, "purpose-needed");
	if (t->closed[at] || w.err.kind == ERROR_REFUSED)
		return true;
	return tell_away(s, c->service, c, &w.err, err);
}

static bool has_record(const struct person *p, const char *service)
{
	for (int i = 0; i < p->joined; i++)
		if (p->records[i].citizen->service && !strcmp(p->records[i].citizen->service, service))
			return true;
	return false;
}

static bool ask_others(struct session *s, int64_t key, struct error *err)
{
	struct person p;
	struct wish w = { 0 };
	bool good = true;

	sync_person(s->sync, key, session_purpose(s), 0, wish_done, &w);
	if (session_wait(s, &w))
		return true;
	store_person_joined(s->store, key, &p);
	for (int i = 0; good && i < sync_service_count(s->sync); i++) {
		const char *name = sync_service(s->sync, i)->name;

		if (!has_record(&p, name) && sync_away(s->sync, name))
			good = tell_away(s, name, NULL, &w.err, err);
	}
	person_clear(&p);
	return good;
}

/* All that is known of the person, in every service that can be asked. */
static bool gather(struct session *s, int64_t key, struct telling *t, struct error *err)
{
	bool good = sync_service_count(s->sync) < 2 || ask_others(s, key, err);
	struct telling before = { 0 };

	store_person(s->store, key, &before.person);
	for (int i = 1; good && i < before.person.joined; i++)
		good = ask_record(s, &before, i, err);
	good = good && (store_person(s->store, key, &t->person) || error_set(err, ERROR_GONE,
		_("There is no citizen %s."), s->given->args[0]));
	for (int i = 0; i < t->person.joined; i++)
		for (int k = 0; k < before.person.joined; k++)
			if (before.person.records[k].citizen->key == t->person.records[i].citizen->key)
				t->closed[i] = before.closed[k];
	t->guarded = person_guarded(t->person.records, t->person.joined);
	person_clear(&before.person);
	return good;
}

static void open_cases(struct session *s, const struct telling *t, struct page *cases)
{
	for (int i = 0; i < t->person.joined; i++)
		if (!t->closed[i])
			store_citizen_cases(s->store, t->person.records[i].citizen->key, cases);
}

static bool show(struct session *s, int64_t key, bool unmask, struct error *err)
{
	static const char with_source[] = "source,number,priority,due,subject,status,team,owner";
	struct arena arena = { 0 };
	struct telling t = { .arena = &arena };
	struct page cases;

	page_init(&cases);
	bool good = gather(s, key, &t, err);
	if (good)
		open_cases(s, &t, &cases);
	for (int i = 0; good && unmask && i < t.person.joined; i++)
		t.open[i] = !t.closed[i] && rows_unmasked(s, t.person.records[i].citizen->service);
	if (!t.open[0])
		rows_mask(s, &cases);
	if (good && s->print->form == PRINT_JSON)
		good = json_person(s->print, &t, &cases, err);
	else if (good && s->print->form == PRINT_TABLE)
		print_person(s->print, &t);
	if (good && s->print->form != PRINT_JSON)
		good = rows_cases(s, &cases, t.person.joined > 1 ? with_source : NULL, err);
	page_clear(&cases);
	person_clear(&t.person);
	arena_clear(&arena);
	return good;
}

/* ---- which one */

static bool is_joined(struct session *s, int64_t key, int64_t other)
{
	struct person p;
	bool joined = false;

	store_person_joined(s->store, key, &p);
	for (int i = 0; i < p.joined; i++)
		joined |= p.records[i].citizen->key == other;
	person_clear(&p);
	return joined;
}

/* Where several services know the reference and all of them mean one person, any of them will do. */
static int64_t find(struct session *s, const char *ref, struct error *err)
{
	const char *purpose = session_purpose(s), *first = NULL;
	int64_t found = 0;

	for (int i = 0; i < sync_service_count(s->sync); i++) {
		const char *name = sync_service(s->sync, i)->name;
		int64_t key = store_citizen_key(s->store, name, ref);

		if (key <= 0)
			continue;
		if (found && !is_joined(s, found, key))
			return session_citizen(s, ref, purpose, err);
		first = found ? first : name;
		found = found ? found : key;
	}

	struct buf named = { 0 };
	buf_printf(&named, first ? "%s/%s" : "%s%s", first ? first : "", ref);
	int64_t key = session_citizen(s, buf_str(&named), purpose, err);
	buf_clear(&named);
	return key;
}

static bool say(struct session *s, enum person_said said, struct error *err)
{
	int64_t a = find(s, s->given->args[1], err);
	int64_t b = a ? find(s, s->given->args[2], err) : 0;

	if (!b || !store_person_say(s->store, a, b, said, NULL, time(NULL), err))
		return false;
	print_line(s->print, "%s  %s  %s", s->given->args[1], s->given->args[2],
		said == SAID_JOIN    ? _("joined here; the services are told nothing")
		: said == SAID_APART ? _("kept apart here; the services are told nothing")
				     : _("withdrawn; what they say of themselves counts again"));
	return true;
}

static bool citizen_run(struct session *s, int *exit_code, struct error *err)
{
	static const struct {
		const char *word;
		enum person_said said;
	} words[] = { { "join", SAID_JOIN }, { "apart", SAID_APART }, { "withdraw", SAID_NOTHING } };

	(void)exit_code;
	if (rows_citizen_help(s))
		return true;
	for (int i = 0; i < 3 && s->given->count == 3; i++)
		if (!strcmp(s->given->args[0], words[i].word))
			return session_open(s, err) && say(s, words[i].said, err);
	if (s->given->count != 1)
		return error_set(
			err, ERROR_USAGE, _("Say which citizen: an identifier or a reference."));
	bool unmask;

	if (!rows_unmask(s, &unmask, err) || !session_open(s, err))
		return false;

	int64_t key = find(s, s->given->args[0], err);

	return key && show(s, key, unmask, err);
}

const struct command cmd_citizen = {
	.name = "citizen",
	.args = "CITIZEN | join A B | apart A B | withdraw A B",
	.help = N_("Show one citizen with all their cases of all teams and services; join two records, "
		   "keep them apart, or withdraw what was said of them."),
	.examples =
		(const char *const[]){
			"caseload citizen p1",
			"caseload citizen p1 --purpose=2026-000417 --json",
			"caseload citizen join p1 p2",
			"caseload citizen apart p1 p2",
			"caseload citizen withdraw p1 p2",
			NULL,
		},
	.options =
		(const struct verb_option[]){
			{ "purpose", 'p', "TEXT",
				N_("Why: a case's number or a short reason, for the access log.") },
			{ "unmask", 0, NULL,
				N_("Show reference and day of birth whole, for the reason of --purpose.") },
			{ "fresh", 0, NULL, N_("Fail rather than show what was known before.") },
			{ NULL, 0, NULL, NULL },
		},
	.prints = true,
	.confined = true,
	.run = citizen_run,
};
