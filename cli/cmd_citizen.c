/* caseload citizen: one person with all their cases. */
#include "cli/command.h"

#include "cli/rows.h"
#include "cli/session.h"
#include "model/i18n.h"
#include "model/text.h"

static void field(struct print *p, const char *label, const char *value)
{
	if (!text_blank(value))
		print_line(p, "%-10s %s", label, value);
}

static void print_address(struct print *p, const struct citizen *c)
{
	struct buf line = { 0 };
	const char *const parts[] = { c->street, c->postcode, c->town, c->country };

	if (c->guarded) {
		field(p, _("address"), _("secret"));
		return;
	}
	for (int i = 0; i < 4; i++)
		if (parts[i])
			buf_printf(&line, "%s%s", line.size ? ", " : "", parts[i]);
	field(p, _("address"), buf_str(&line));
	buf_clear(&line);
}

static void print_person(struct print *p, const struct citizen *c)
{
	struct buf name = { 0 };

	citizen_name(&name, c);
	print_line(p, "%s  %s", buf_str(&name), c->id ? c->id : "");
	field(p, _("reference"), c->ref);
	field(p, _("born"), c->born);
	print_address(p, c);
	field(p, _("phone"), c->phone);
	field(p, _("e-mail"), c->mail);
	field(p, _("language"), c->language);
	field(p, _("reach by"), c->reach);
	field(p, _("flags"), c->flags);
	print_line(p, "%s", "");
	buf_clear(&name);
}

static bool json_person(
	struct print *p, const struct citizen *c, const struct page *page, struct error *err)
{
	struct buf whole = { 0 };
	struct json_out out = { .buf = &whole, .ascii = p->json.ascii };

	if (!print_check_fields(p, json_citizen_names, err))
		return false;

	/* "cases" is the list here, not how many there are. */
	json_open(&out, NULL, '{');
	json_write_citizen(&out, "citizen", c, p->fields);
	if (json_wanted(p->fields, "cases")) {
		json_open(&out, "cases", '[');
		for (int i = 0; i < page->case_count; i++)
			json_write_case(&out, NULL, &page->cases[i], NULL);
		json_close(&out, ']');
	}
	json_close(&out, '}');
	buf_printf(&p->out, "%s\n", whole.text);
	buf_clear(&whole);
	return true;
}

static bool citizen_run(struct session *s, int *exit_code, struct error *err)
{
	struct page page;

	(void)exit_code;
	if (rows_citizen_help(s))
		return true;
	if (s->given->count != 1)
		return error_set(
			err, ERROR_USAGE, _("Say which citizen: an identifier or a reference."));
	if (!session_open(s, err))
		return false;

	int64_t key = session_citizen(s, s->given->args[0], given_value(s->given, "purpose"), err);

	if (!key)
		return false;
	page_init(&page);
	bool good = store_citizen(s->store, key, &page) && page.citizen_count;

	store_citizen_cases(s->store, key, &page);
	if (!good)
		error_set(err, ERROR_GONE, _("There is no citizen %s."), s->given->args[0]);
	else if (s->print->form == PRINT_JSON)
		good = json_person(s->print, &page.citizens[0], &page, err);
	else if (s->print->form == PRINT_TABLE)
		print_person(s->print, &page.citizens[0]);
	if (good && s->print->form != PRINT_JSON)
		good = rows_cases(s, &page, NULL, err);
	page_clear(&page);
	return good;
}

const struct command cmd_citizen = {
	.name = "citizen",
	.args = "CITIZEN",
	.help = N_("Show one citizen with all their cases of all teams."),
	.examples =
		(const char *const[]){
			"caseload citizen p1",
			"caseload citizen p1 --purpose=2026-000417 --json",
			NULL,
		},
	.options =
		(const struct verb_option[]){
			{ "purpose", 'p', "TEXT",
				N_("Why: a case's number or a short reason, for the access log.") },
			{ "fresh", 0, NULL, N_("Fail rather than show what was known before.") },
			{ NULL, 0, NULL, NULL },
		},
	.prints = true,
	.run = citizen_run,
};
