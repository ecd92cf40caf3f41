/* caseload show: one case with its timeline. */
#include "cli/command.h"

#include "cli/rows.h"
#include "cli/session.h"
#include "model/arena.h"
#include "model/i18n.h"
#include "model/text.h"
#include "model/when.h"
#include "net/other.h"

enum { USUAL_LIMIT = 20, MOST = 1000 };

static void field(struct print *p, const char *label, const char *value)
{
	if (!text_blank(value))
		print_line(p, "%-10s %s", label, value);
}

static void time_field(struct print *p, const char *label, time_t at)
{
	struct buf b = { 0 };

	if (at)
		when_stamp(&b, at, time(NULL));
	field(p, label, buf_str(&b));
	buf_clear(&b);
}

/* What its kind asks for: names as the kind has them, since the screen is the place for labels. */
static void kind_fields(struct print *p, const struct casefile *cf)
{
	struct json *root =
		cf->fields ? json_read(cf->fields, strlen(cf->fields), NULL, NULL) : NULL;
	struct arena arena = { 0 };

	for (size_t i = 0; i < json_count(root); i++) {
		const struct json *value;
		const char *name = json_name_at(root, i, &value);

		field(p, name, case_get(cf, arena_printf(&arena, "fields.%s", name), &arena));
	}
	json_free(root);
	arena_clear(&arena);
}

/* "refers-to  rt/12": addresses of services configured here as people say them. */
static void links(struct session *s, const struct casefile *cf)
{
	struct arena arena = { 0 };
	char *words = arena_copy(&arena, cf->links ? cf->links : ""), *save = NULL;

	for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		struct buf where = { 0 };
		char *colon = strchr(w, ':');

		if (!colon)
			continue;
		*colon = '\0';
		other_name(s->sync, colon + 1, &where);
		field(s->print, w, buf_str(&where));
		buf_clear(&where);
	}
	arena_clear(&arena);
}

/* Its name, where the service told one: "Waste" rather than 4. What is a number alone says nothing. */
static void kind_field(struct session *s, const struct casefile *cf)
{
	const char *name = cf->kind && !strspn(cf->kind, "0123456789") ? cf->kind : cf->queue;
	struct page people;

	page_init(&people);
	store_people(s->store, cf->service, &people);
	for (int i = 0; cf->kind && i < people.kind_count; i++)
		if (!strcmp(people.kinds[i].id, cf->kind) && people.kinds[i].name)
			name = people.kinds[i].name;
	field(s->print, _("kind"), name);
	page_clear(&people);
}

static void print_head(struct session *s, const struct casefile *cf)
{
	struct print *p = s->print;

	char priority[16] = "";

	print_line(p, "%s  %s",
		cf->number ? cf->number
		: cf->id   ? cf->id
			   : "",
		cf->subject ? cf->subject : "");
	field(p, _("state"), cf->status ? cf->status : stage_name(cf->stage));
	field(p, _("step"), cf->step);
	field(p, _("outcome"), cf->outcome);
	if (cf->priority)
		snprintf(priority, sizeof(priority), "%d", cf->priority);
	field(p, _("priority"), priority);
	time_field(p, _("due"), cf->due);
	field(p, _("owner"), cf->worker);
	field(p, _("team"), cf->team);
	if (cf->citizen)
		print_line(p, "%-10s %s  %s", _("citizen"),
			cf->citizen_name ? cf->citizen_name : "", cf->citizen);
	kind_field(s, cf);
	field(p, _("tags"), cf->tags);
	time_field(p, _("opened"), cf->opened);
	time_field(p, _("resolved"), cf->resolved);
	kind_fields(p, cf);
	field(p, _("duplicate"), cf->duplicate_of);
	links(s, cf);
	if (cf->pending)
		print_line(p, "%-10s %s", _("pending"),
			cf->conflict ? _("a change of yours conflicts; see caseload outbox")
				     : _("changes of yours are not yet accepted"));
}

static void change_value(struct buf *out, const struct json *value)
{
	const char *text = json_text(value);
	time_t at = 0;

	if (text && strlen(text) > 18 && text[10] == 'T' && when_read(text, &at))
		when_stamp(out, at, time(NULL));
	else if (text)
		buf_text(out, text);
	else if (json_type(value) != JSON_NULL_VALUE)
		json_print(out, value);
}

static void print_changes(struct print *p, const char *changes)
{
	struct json *root = json_read(changes, strlen(changes), NULL, NULL);

	for (size_t i = 0; i < json_count(root); i++) {
		const struct json *pair;
		const char *name = json_name_at(root, i, &pair);
		const struct case_field *f = case_field_find(name);
		struct buf before = { 0 }, after = { 0 }, line = { 0 };

		change_value(&before, json_at(pair, 0));
		change_value(&after, json_at(pair, 1));
		buf_printf(&line, "%s: ", f ? _(f->label) : name);
		if (before.size)
			buf_printf(&line, "%s -> ", buf_str(&before));
		buf_text(&line, after.size ? after.text : _("empty"));
		print_text(p, 2, line.text);
		buf_clear(&before);
		buf_clear(&after);
		buf_clear(&line);
	}
	json_free(root);
}

static void print_files(struct print *p, const char *files)
{
	struct arena arena = { 0 };

	for (struct attachment *f = json_read_files(files, &arena); f->name; f++) {
		if (f->size >= 0)
			print_line(p, _("  file %s  %s  %s  %lld bytes"), f->id ? f->id : "-",
				f->name, f->type ? f->type : "", (long long)f->size);
		else
			print_line(p, _("  file %s  %s  %s"), f->id ? f->id : "-", f->name,
				f->type ? f->type : "");
	}
	arena_clear(&arena);
}

static void print_event(struct print *p, const struct event *e)
{
	struct buf at = { 0 };

	when_stamp(&at, e->at, time(NULL));
	print_line(p, "%s", "");
	print_line(p, "%s  %s, %s%s%s%s%s", buf_str(&at), e->by ? e->by : "",
		e->wire ? e->wire : "", e->channel ? ", " : "", e->channel ? e->channel : "",
		e->delivery ? ", " : "",
		e->delivery  ? e->delivery
		: e->pending ? _(" (not yet accepted)")
			     : "");
	if (!text_blank(e->said))
		print_text(p, 2, e->said);
	if (e->changes)
		print_changes(p, e->changes);
	if (!text_blank(e->text))
		print_text(p, 2, e->text);
	print_files(p, e->files);
	buf_clear(&at);
}

static void json_case(struct print *p, const struct casefile *cf, const struct page *page)
{
	struct buf whole = { 0 };
	struct json_out out = { .buf = &whole, .ascii = p->json.ascii };

	json_write_case(&out, NULL, cf, p->fields);
	if (json_wanted(p->fields, "timeline")) {
		buf_cut(&whole, whole.size - 1); /* its bracket, to add a member */
		out.comma = true;
		json_open(&out, "timeline", '[');
		for (int i = 0; i < page->event_count; i++)
			json_write_event(&out, NULL, &page->events[i]);
		json_close(&out, ']');
		buf_char(&whole, '}');
	}
	buf_printf(&p->out, "%s\n", whole.text);
	buf_clear(&whole);
}

/* One entry a line: when, who, what, text. */
static void plain_case(struct session *s, const struct page *page)
{
	static const struct print_column columns[] = {
		{ "at", "at", 0, false },
		{ "kind", "kind", 0, false },
		{ "by", "by", 0, false },
		{ "channel", "channel", 0, false },
		{ "delivery", "delivery", 0, false },
		{ "changes", "changes", 0, false },
		{ "text", "text", 0, false },
	};

	print_table(s->print, columns, 7);
	for (int i = 0; i < page->event_count; i++) {
		const struct event *e = &page->events[i];
		char at[WHEN_SIZE];

		when_write(at, e->at);
		print_row(s->print, (const char *[]){ at, e->wire, e->by, e->channel, e->delivery,
					    e->changes, e->text });
	}
	print_table_end(s->print);
}

/* The asking is noted with the citizen, where there is one and their service keeps a log. */
static bool may_unmask(struct session *s, const struct casefile *cf, struct error *err)
{
	int64_t citizen = cf->citizen ? store_citizen_key(s->store, cf->service, cf->citizen) : 0;
	struct wish w = { 0 };

	if (!cf->citizen) {
		print_notice(s->print, "%s", _("This case has no citizen: nothing of this is recorded."));
		return true;
	}
	if (citizen > 0)
		sync_citizen(s->sync, citizen, session_purpose(s), 0, wish_done, &w);
	else
		sync_citizen_ref(s->sync, cf->service, cf->citizen, session_purpose(s), wish_done, &w);
	bool noted = session_wait(s, &w);
	const struct service *one = cf->service ? sync_service_named(s->sync, cf->service) : NULL;
	if (!noted && one && one->ops->calls[CALL_ACCESS].ask) {
		*err = w.err;
		return false;
	}
	return rows_unmasked(s, cf->service) ||
	       error_set(err, ERROR_OFFLINE, _("%s is away; nothing was shown."), cf->service);
}

static bool print_case(struct session *s, int64_t key, int before, bool unmask, struct error *err)
{
	struct page page;

	page_init(&page);
	bool good = store_case(s->store, key, &page) && page.case_count;

	if (!good)
		error_set(err, ERROR_GONE, _("That case is not known here any more."));
	else if (s->print->form == PRINT_JSON)
		good = print_check_fields(s->print, json_case_names, err);
	store_events(s->store, key, &page);
	if (good && unmask)
		good = may_unmask(s, &page.cases[0], err);
	else if (good)
		rows_mask(s, &page);
	if (good && s->print->form == PRINT_JSON) {
		json_case(s->print, &page.cases[0], &page);
	} else if (good && s->print->form == PRINT_PLAIN) {
		plain_case(s, &page);
	} else if (good) {
		if (before)
			print_line(s->print, "%s", "");
		print_head(s, &page.cases[0]);
		for (int i = 0; i < page.event_count; i++)
			print_event(s->print, &page.events[i]);
	}
	page_clear(&page);
	return good;
}

/* Read anew one by one, since a list brings no timelines. */
static bool show_found(struct session *s, int limit, bool unmask, struct error *err)
{
	struct page page;
	struct found_count found;
	bool json = s->print->form == PRINT_JSON;

	page_init(&page);
	bool good = session_people(s, err) && session_list(s, given_value(s->given, "where"), limit,
						      &page, &found, err);
	if (good && json)
		buf_text(&s->print->out, "[");
	for (int i = 0; good && i < page.case_count; i++) {
		if (json && i)
			buf_text(&s->print->out, ",");
		good = session_case_anew(s, page.cases[i].key, true, err) &&
		       print_case(s, page.cases[i].key, i, unmask, err);
	}
	if (good && json)
		buf_text(&s->print->out, "]\n");
	if (good)
		session_tell_count(s, page.case_count, &found);
	page_clear(&page);
	return good;
}

static bool show_run(struct session *s, int *exit_code, struct error *err)
{
	bool where = given_flag(s->given, "where"), unmask;
	int limit;

	(void)exit_code;
	if (rows_case_help(s))
		return true;
	if (s->given->count != !where)
		return error_set(err, ERROR_USAGE,
			_("Say which case: its number or identifier, or --where=QUERY."));
	if (!rows_unmask(s, &unmask, err) ||
		!given_number(s->given, "limit", USUAL_LIMIT, 1, MOST, &limit, err) ||
		!session_open(s, err))
		return false;
	if (where)
		return show_found(s, limit, unmask, err);

	int64_t key = session_case(s, s->given->args[0], true, err);

	return key && print_case(s, key, 0, unmask, err);
}

const struct command cmd_show = {
	.name = "show",
	.args = "CASE | --where=QUERY",
	.help = N_("Show one case: what is known of it, and its timeline."),
	.examples =
		(const char *const[]){
			"caseload show 2026-000417",
			"caseload show 2026-000417 --json=status,timeline",
			"caseload show 2026-000417 --plain | tail -1",
			"caseload show --where 'is:late owner:me' --limit=3",
			NULL,
		},
	.options =
		(const struct verb_option[]){
			{ "where", 'w', "QUERY", N_("Every case the query finds.") },
			{ "limit", 'l', "N", N_("At most so many of them; 20 without it.") },
			{ "unmask", 0, NULL,
				N_("Show sensitive fields and the day of birth whole, for the reason of "
				   "--purpose.") },
			{ "purpose", 'p', "TEXT", N_("Why, for the access log.") },
			{ "fresh", 0, NULL, N_("Fail rather than show what was known before.") },
			{ NULL, 0, NULL, NULL },
		},
	.prints = true,
	.confined = true,
	.run = show_run,
};
