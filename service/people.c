#include "service/people.h"

#include "model/csv.h"
#include "model/i18n.h"
#include "model/json.h"
#include "model/text.h"
#include "service/lease.h"
#include "service/rules.h"
#include "service/token.h"

#include <string.h>
#include <strings.h>

enum { ROWS_MOST = 200000, CELL_MOST = 300, ID_MOST = 64, FEW = 20 };

enum column { WORKER, NAME, MAIL, TEAM, TEAM_NAME, SKILLS, LANGUAGES, ROLES, LOGIN, COLUMNS };

static const char *const column_names[COLUMNS] = { "worker", "name", "mail", "team", "team-name", "skills",
	"languages", "roles", "login" };

struct person {
	int line;
	const char *cells[COLUMNS]; /* NULL: there is no such column */
};

struct list {
	struct keep *keep;
	const struct people_options *options;
	struct people_counts *counts;
	FILE *report;
	struct csv *csv;
	int at[COLUMNS]; /* which cell of a record; -1: none */
	struct arena arena;
	struct person *people;
	int count, room;
};

bool people_id_good(const char *id)
{
	size_t size = strlen(id);
	return size >= 1 && size <= ID_MOST &&
	       strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789.-_") == size;
}

/* ---- what stands in the file */

static bool bad(struct list *list, int line, enum column column, const char *why)
{
	struct buf text = { 0 }, clean = { 0 };
	buf_printf(&text, "%s:%d: %s: %s", list->options->name, line, column_names[column], why);
	text_clean(&clean, text.text, text.size);
	fprintf(list->report, "%s\n", buf_str(&clean));
	buf_clear(&text);
	buf_clear(&clean);
	return false;
}

static const char *trimmed(const char *cell, struct arena *arena)
{
	size_t size;
	while (*cell == ' ' || *cell == '\t')
		cell++;
	for (size = strlen(cell); size && (cell[size - 1] == ' ' || cell[size - 1] == '\t');)
		size--;
	return arena_copy_n(arena, cell, size);
}

/* Several in one cell, with spaces, commas, semicolons or bars between: words. */
static const char *words_of(const char *cell, struct arena *arena)
{
	const char *words = "";
	while (*cell) {
		size_t size = strcspn(cell, " ,;|");
		if (size)
			words = words_add(words, arena_copy_n(arena, cell, size), arena);
		cell += size + (cell[size] != '\0');
	}
	return words;
}

static bool header_column(struct list *list, const char *cell, int i, struct error *err)
{
	const char *name = trimmed(cell, &list->arena);
	for (int c = 0; c < COLUMNS; c++) {
		if (strcasecmp(name, column_names[c]) != 0)
			continue;
		if (list->at[c] >= 0)
			return error_set(err, ERROR_USAGE, _("%s has the column %s twice; nothing was changed."),
				list->options->name, column_names[c]);
		list->at[c] = i;
		return true;
	}
	return error_set(err, ERROR_USAGE,
		_("%s has a column \"%s\" in its first line; these are known: worker, name, mail, team, team-name, "
		  "skills, languages, roles, login. Nothing was changed."),
		list->options->name, name);
}

static bool read_header(struct list *list, struct error *err)
{
	const char *const *cells;
	int count;
	memset(list->at, -1, sizeof list->at);
	if (csv_next(list->csv, &cells, &count, err) != 1)
		return (err && err->kind) || error_set(err, ERROR_USAGE, _("%s is empty; nothing was changed."),
						     list->options->name);
	for (int i = 0; i < count; i++)
		if (!header_column(list, cells[i], i, err))
			return false;
	static const enum column needed[] = { WORKER, NAME, TEAM };
	for (int i = 0; i < 3; i++)
		if (list->at[needed[i]] < 0)
			return error_set(err, ERROR_USAGE,
				_("%s has no column %s in its first line; nothing was changed."),
				list->options->name, column_names[needed[i]]);
	return true;
}

static bool roles_good(const char *words)
{
	while (*words) {
		size_t size = strcspn(words, " ");
		bool known = false;
		for (const char *const *r = rules_roles; *r; r++)
			known = known || (strlen(*r) == size && strncmp(*r, words, size) == 0);
		if (!known)
			return false;
		words += size + (words[size] != '\0');
	}
	return true;
}

/* Control characters, also those of C1: no name has one, and every place it is shown would have to beware. */
static bool is_plain(const char *text)
{
	for (const unsigned char *c = (const unsigned char *)text; *c; c++)
		if (*c < 0x20 || *c == 0x7f || (c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0))
			return false;
	return true;
}

static bool mail_good(const char *mail)
{
	const char *sign = strchr(mail, '@');
	return !*mail || (sign && sign > mail && sign[1] && !strchr(sign + 1, '@') && !strpbrk(mail, " ,<>\""));
}

/* NULL: good. */
static const char *wrong_with(enum column column, const char *cell)
{
	if (!is_plain(cell))
		return _("there is a control character in it.");
	if (strlen(cell) > CELL_MOST)
		return _("this is longer than 300 bytes.");
	if ((column == WORKER || column == TEAM) && !people_id_good(cell))
		return _("an identifier is made of small letters, digits, points and dashes, up to 64 of them.");
	if (column == NAME && text_blank(cell))
		return _("this must not be empty.");
	if (column == MAIL && !mail_good(cell))
		return _("this is not one mail address.");
	if (column == ROLES && !roles_good(cell))
		return _("the roles are caseworker, supervisor, coordinator, auditor and reader.");
	return NULL;
}

/* One person in, all complaints about them out. */
static bool read_person(struct list *list, const char *const *cells, int count, struct person *person)
{
	bool good = true;
	person->line = csv_line(list->csv);
	for (int c = 0; c < COLUMNS; c++) {
		int at = list->at[c];
		const char *wrong, *cell = at < 0 ? NULL : trimmed(at < count ? cells[at] : "", &list->arena);
		if (cell && (c == SKILLS || c == LANGUAGES || c == ROLES))
			cell = words_of(cell, &list->arena);
		if (cell && c == ROLES && !*cell)
			cell = "caseworker";
		if (cell && c == LOGIN && !*cell)
			cell = person->cells[WORKER];
		person->cells[c] = cell;
		if (cell && (wrong = wrong_with(c, cell)))
			good = bad(list, person->line, c, wrong);
	}
	return good;
}

/* Whose line it is, and nobody else's: within the file. */
static bool only_one(struct list *list, const struct person *person)
{
	struct base *base = list->keep->base;
	base_run(base, "INSERT INTO listed_now (id) VALUES ($1) ON CONFLICT DO NOTHING", "t", person->cells[WORKER]);
	if (base_changed(base) == 0)
		return bad(list, person->line, WORKER, _("this worker stands in the file twice."));
	base_run(base, "INSERT INTO logins_now (login) VALUES ($1) ON CONFLICT DO NOTHING", "t",
		person->cells[LOGIN] ? person->cells[LOGIN] : person->cells[WORKER]);
	return base_changed(base) != 0 || list->at[LOGIN] < 0 ||
	       bad(list, person->line, LOGIN, _("somebody else signs in by this name in the same file."));
}

static struct person *person_new(struct list *list)
{
	if (list->count == list->room) {
		int room = list->room ? 2 * list->room : 256;
		struct person *more = arena_alloc(&list->arena, sizeof *more * (size_t)room);
		if (list->count)
			memcpy(more, list->people, sizeof *more * (size_t)list->count);
		list->people = more;
		list->room = room;
	}
	return &list->people[list->count++];
}

static bool read_people(struct list *list, struct error *err)
{
	const char *const *cells;
	int count, got;
	struct error why = { 0 };
	base_run(list->keep->base, "CREATE TEMPORARY TABLE listed_now (id TEXT PRIMARY KEY)", "");
	base_run(list->keep->base, "CREATE TEMPORARY TABLE logins_now (login TEXT PRIMARY KEY)", "");
	while ((got = csv_next(list->csv, &cells, &count, &why)) != 0) {
		struct person *person = person_new(list);
		list->counts->rows++;
		if (got < 0)
			list->counts->bad += !bad(list, csv_line(list->csv), WORKER, why.text);
		else if (!read_person(list, cells, count, person) || !only_one(list, person))
			list->counts->bad++;
		if (list->count == ROWS_MOST)
			return error_set(err, ERROR_USAGE, _("%s has more than %d lines; nothing was changed."),
				list->options->name, (int)ROWS_MOST);
	}
	if (list->counts->bad)
		return error_set(err, ERROR_USAGE,
			P_("%ld line cannot be taken; nothing was changed. Mend it and run this again.",
				"%ld lines cannot be taken; nothing was changed. Mend them and run this again.",
				(unsigned long)list->counts->bad),
			list->counts->bad);
	return list->count || error_set(err, ERROR_USAGE, _("%s names nobody; nothing was changed."),
				      list->options->name);
}

/* ---- into the records */

struct known {
	bool there, gone;
	struct worker worker;
	struct worker_more more;
};

static struct known known_of(struct list *list, const char *id)
{
	struct known known = { .worker.id = id };
	const char **texts[] = { &known.worker.name, &known.worker.mail, &known.worker.team, &known.worker.skills,
		&known.worker.languages, &known.more.login, &known.more.roles };
	struct rows *rows = base_ask(list->keep->base,
		"SELECT name, mail, team, skills, languages, login, roles, listed, gone_ms IS NOT NULL"
		" FROM worker WHERE tenant = $1 AND id = $2",
		"it", base_tenant(list->keep->base), id);
	known.there = rows_next(rows);
	for (int i = 0; known.there && i < 7; i++)
		*texts[i] = arena_copy(&list->arena, rows_text(rows, i));
	known.more.listed = known.there && rows_int(rows, 7);
	known.gone = known.there && rows_int(rows, 8);
	rows_done(rows);
	return known;
}

static bool same(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

static bool same_worker(const struct known *a, const struct known *b)
{
	return same(a->worker.name, b->worker.name) && same(a->worker.mail, b->worker.mail) &&
	       same(a->worker.team, b->worker.team) && same(a->worker.skills, b->worker.skills) &&
	       same(a->worker.languages, b->worker.languages) && same(a->more.login, b->more.login) &&
	       same(a->more.roles, b->more.roles) && a->more.listed == b->more.listed && a->gone == b->gone;
}

/* What the line says, laid over what was there. */
static struct known laid_over(const struct known *before, const struct person *person)
{
	struct known after = *before;
	const char **texts[COLUMNS] = { [NAME] = &after.worker.name,
		[MAIL] = &after.worker.mail,
		[TEAM] = &after.worker.team,
		[SKILLS] = &after.worker.skills,
		[LANGUAGES] = &after.worker.languages,
		[ROLES] = &after.more.roles,
		[LOGIN] = &after.more.login };
	for (int c = 0; c < COLUMNS; c++)
		if (texts[c] && person->cells[c])
			*texts[c] = person->cells[c];
	if (!after.more.login)
		after.more.login = after.worker.id;
	if (!after.more.roles)
		after.more.roles = "caseworker";
	if (after.worker.mail && !*after.worker.mail)
		after.worker.mail = NULL;
	after.there = after.more.listed = true;
	after.gone = false;
	return after;
}

static void put_team(struct list *list, const struct person *person)
{
	struct base *base = list->keep->base;
	const char *name = person->cells[TEAM_NAME];
	struct team team = { .id = person->cells[TEAM], .name = text_blank(name) ? person->cells[TEAM] : name };
	if (!keep_has_team(list->keep, team.id)) {
		keep_team_put(list->keep, &team);
		list->counts->teams++;
	} else if (!text_blank(name)) {
		base_run(base, "UPDATE team SET name = $3 WHERE tenant = $1 AND id = $2 AND name <> $3", "itt",
			base_tenant(base), team.id, team.name);
	}
}

/* A name to sign in by that somebody keeps who is not in the file. */
static bool login_free(struct list *list, const struct person *person, const char *login)
{
	struct base *base = list->keep->base;
	const char *other = base_text(base, &list->arena,
		"SELECT id FROM worker WHERE tenant = $1 AND login = $2 AND id NOT IN (SELECT id FROM listed_now)", "it",
		base_tenant(base), login);
	return !other || bad(list, person->line, list->at[LOGIN] < 0 ? WORKER : LOGIN,
				 arena_printf(&list->arena, _("%s signs in by this name already."), other));
}

static void put_person(struct list *list, const struct person *person)
{
	struct known before = known_of(list, person->cells[WORKER]), after = laid_over(&before, person);
	put_team(list, person);
	if (same_worker(&before, &after)) {
		list->counts->same++;
		return;
	}
	if (!login_free(list, person, after.more.login)) {
		list->counts->bad++;
		return;
	}
	*(before.there ? &list->counts->changed : &list->counts->fresh) += 1;
	keep_worker_put(list->keep, &after.worker);
	keep_worker_set_more(list->keep, after.worker.id, &after.more);
}

/* Names to sign in by may go round among the people of one file: nobody has any while they are put. */
static void free_logins(struct list *list)
{
	if (list->at[LOGIN] < 0)
		return;
	for (int i = 0; i < list->count; i++) {
		const struct person *p = &list->people[i];
		base_run(list->keep->base,
			"UPDATE worker SET login = NULL WHERE tenant = $1 AND id = $2 AND login <> $3", "itt",
			base_tenant(list->keep->base), p->cells[WORKER], p->cells[LOGIN]);
	}
}

static bool put_people(struct list *list, struct error *err)
{
	free_logins(list);
	for (int i = 0; i < list->count; i++)
		put_person(list, &list->people[i]);
	return !list->counts->bad || error_set(err, ERROR_USAGE,
					     P_("%ld line cannot be taken; nothing was changed.",
						     "%ld lines cannot be taken; nothing was changed.",
						     (unsigned long)list->counts->bad),
					     list->counts->bad);
}

/* ---- leaving */

static const char *back_changes(const struct casefile *before, const struct casefile *after, struct arena *arena)
{
	struct buf json = { 0 };
	struct json_out out = { .buf = &json };
	json_open(&out, NULL, '{');
	if (!before->team) {
		json_open(&out, "team", '[');
		json_put_null(&out, NULL);
		json_put_text(&out, NULL, after->team);
		json_close(&out, ']');
	}
	json_open(&out, "assignee", '[');
	json_put_text(&out, NULL, before->worker);
	json_put_null(&out, NULL);
	json_close(&out, ']');
	json_close(&out, '}');
	const char *copy = arena_copy(arena, json.text);
	buf_clear(&json);
	return copy;
}

static void give_back(struct keep *keep, const struct casefile *before, const char *name, const char *team,
	struct arena *arena)
{
	struct casefile after = *before;
	after.worker = NULL;
	if (!after.team)
		after.team = team;
	keep_case_save(keep, before, &after, arena);
	struct event event = { .casefile = before->key,
		.wire = "changed",
		.changes = back_changes(before, &after, arena),
		.text = arena_printf(arena, _("%s does not work here any more: the case is the team's again."), name) };
	keep_event_add(keep, &event);
	keep_event_from(keep, event.seq, before->worker, before->team);
	/* Theirs alone: a colleague may be at it just now. */
	base_run(keep->base, "UPDATE lease SET until_ms = 0 WHERE casefile = $1 AND worker = $2", "it", before->key,
		before->worker);
}

/* What they only had in their hands, of other people's cases. */
static long let_go(struct keep *keep, const char *worker, const char *name, struct arena *arena)
{
	long count = 0;
	int64_t tenant = base_tenant(keep->base), most = base_number(keep->base, 0,
		"SELECT count(*) FROM lease WHERE tenant = $1 AND worker = $2 AND until_ms > $3", "iti", tenant, worker,
		keep->now_ms);
	int64_t *held = arena_alloc(arena, sizeof *held * (size_t)(most + 1));
	struct rows *rows = base_ask(keep->base,
		"SELECT casefile FROM lease WHERE tenant = $1 AND worker = $2 AND until_ms > $3", "iti", tenant, worker,
		keep->now_ms);
	while (count < most && rows_next(rows))
		held[count++] = rows_int(rows, 0);
	rows_done(rows);
	for (long i = 0; i < count; i++)
		keep_event_add(keep, &(struct event){ .casefile = held[i],
					     .wire = "released",
					     .text = arena_printf(arena, _("%s does not work here any more."), name) });
	lease_end_all(keep, worker);
	return count;
}

bool people_leave(struct keep *keep, const char *worker, long *cases)
{
	struct page page;
	struct buf sql = { 0 };
	page_init(&page);
	const char *name = base_text(keep->base, &page.arena,
		"SELECT name FROM worker WHERE tenant = $1 AND id = $2 AND gone_ms IS NULL", "it",
		base_tenant(keep->base), worker);
	const char *team = base_text(keep->base, &page.arena, "SELECT team FROM worker WHERE tenant = $1 AND id = $2",
		"it", base_tenant(keep->base), worker);
	buf_printf(&sql,
		"SELECT %s FROM %s WHERE c.tenant = $1 AND c.assignee = $2 AND c.status IN ('new', 'open', 'waiting')",
		keep_case_columns, keep_case_from);
	struct rows *rows = base_ask(keep->base, sql.text, "it", base_tenant(keep->base), worker);
	while (name && rows_next(rows))
		keep_case_row(rows, &page);
	rows_done(rows);
	for (int i = 0; i < page.case_count; i++)
		give_back(keep, &page.cases[i], name, team, &page.arena);
	*cases += page.case_count;
	if (name) {
		*cases += let_go(keep, worker, name, &page.arena);
		keep_worker_gone(keep, worker);
	}
	page_clear(&page);
	buf_clear(&sql);
	return name != NULL;
}

static bool may_leave(struct list *list, long listed, struct error *err)
{
	long gone = list->counts->gone, said = list->options->leavers;
	if (!gone || said == PEOPLE_STAY || said == gone || (said == PEOPLE_FEW && (gone <= FEW || gone * 10 <= listed)))
		return true;
	if (said != PEOPLE_FEW)
		return error_set(err, ERROR_USAGE,
			_("%ld people would be shut out, not %ld; nothing was changed. Look at the list again."), gone,
			said);
	return error_set(err, ERROR_USAGE,
		_("%ld of %ld people would be shut out; nothing was changed. If the list is whole, say --leavers=%ld."),
		gone, listed, gone);
}

static bool leave_all(struct list *list, struct error *err)
{
	struct base *base = list->keep->base;
	const char **gone;
	int64_t listed = base_number(base, 0,
		"SELECT count(*) FROM worker WHERE tenant = $1 AND listed = 1 AND gone_ms IS NULL", "i",
		base_tenant(base));
	gone = arena_alloc(&list->arena, sizeof *gone * (size_t)(listed + 1));
	struct rows *rows = base_ask(base,
		"SELECT id FROM worker WHERE tenant = $1 AND listed = 1 AND gone_ms IS NULL"
		" AND id NOT IN (SELECT id FROM listed_now) ORDER BY id",
		"i", base_tenant(base));
	while (list->counts->gone < listed && rows_next(rows))
		gone[list->counts->gone++] = arena_copy(&list->arena, rows_text(rows, 0));
	rows_done(rows);
	if (!may_leave(list, (long)listed, err))
		return false;
	for (long i = 0; list->options->leavers != PEOPLE_STAY && i < list->counts->gone; i++)
		people_leave(list->keep, gone[i], &list->counts->cases);
	return true;
}

/* ---- all of it */

static bool take_in(struct list *list, struct error *err)
{
	/* Leavers first: their names to sign in by are free for those who come. */
	if (!read_header(list, err) || !read_people(list, err) || !leave_all(list, err) || !put_people(list, err))
		return false;
	bool left = list->counts->gone && list->options->leavers != PEOPLE_STAY;
	if (list->counts->changed || left)
		token_changed(list->keep);
	return true;
}

bool people_import(struct keep *keep, FILE *file, const struct people_options *options, FILE *report,
	struct people_counts *counts, struct error *err)
{
	struct list list = { .keep = keep,
		.options = options,
		.counts = counts,
		.report = report,
		.csv = csv_open(file, 0, NULL) };
	base_begin(keep->base);
	bool good = take_in(&list, err) && !base_error(keep->base, err);
	if (good && !options->dry_run)
		base_commit(keep->base);
	if (base_error(keep->base, err))
		good = false;
	base_rollback(keep->base);
	csv_close(list.csv);
	arena_clear(&list.arena);
	return good;
}
