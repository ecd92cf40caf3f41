#include "service/kind_file.h"
#include "model/i18n.h"
#include "service/ini.h"
#include "service/rules.h"
#include <ctype.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>

enum { FILE_MOST = 256 * 1024, ID_MOST = 64, ANSWER_MOST = 20000 };

static const char *const known[] = {
	"kind: id name service due repeat",
	"field: label type required values pattern sensitive",
	"step: name status next role other-person",
	"template: name language outcome text",
	NULL,
};

static const char statuses[] = "new open waiting resolved closed";
static const char roles[] = "caseworker supervisor coordinator auditor reader";
/* What the service itself knows; a name without a dot is a field of the kind, or asked for. */
static const char placeholders[] = "today citizen.name citizen.given citizen.family case.number "
				   "case.subject worker.name team.name";

/* Small letters, digits and - : what a person types and a web address carries. */
static bool is_id(const char *text)
{
	size_t size = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return size > 0 && text[size] == '\0' && size <= ID_MOST && text[0] != '-';
}

static bool is_field_name(const char *text)
{
	size_t size = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return islower((unsigned char)text[0]) && text[size] == '\0' && size <= ID_MOST;
}

/* The value of a key that must be there. */
static const char *need(struct ini *ini, struct ini_section *s, const char *key)
{
	const char *value = ini_get(s, key, NULL);

	if (value && *value)
		return value;
	if (*s->name)
		ini_problem(ini, s->line, _("[%s %s] says no \"%s\"."), s->type, s->name, key);
	else
		ini_problem(ini, s->line, _("[%s] says no \"%s\"."), s->type, key);
	return "";
}

/* One of a few words. */
static void need_word(
	struct ini *ini, int line, const char *word, const char *words, const char *what)
{
	if (!*word || ini_word_in(word, words))
		return;
	const char *near = ini_nearest(&ini->arena, word, words);
	if (near)
		ini_problem(ini, line, _("%s \"%s\" is not known; the nearest is \"%s\"."), what,
			word, near);
	else
		ini_problem(ini, line, _("%s \"%s\" is not known; it is one of: %s."), what, word,
			words);
}

/* ---- [kind] */

static void read_due(struct ini *ini, struct ini_section *s, struct kind *kind)
{
	int line, count, end = 0;
	const char *due = ini_get(s, "due", &line);

	if (!due)
		return;
	if (sscanf(due, "%d working day%*1[s]%n", &count, &end) == 1 && end == 0)
		sscanf(due, "%d working day%n", &count, &end);
	if (end > 0 && !due[end] && count > 0 && count <= 1000) {
		kind->due_working_days = count;
		return;
	}
	end = 0;
	if (sscanf(due, "%d hour%*1[s]%n", &count, &end) == 1 && end == 0)
		sscanf(due, "%d hour%n", &count, &end);
	if (end > 0 && !due[end] && count > 0 && count <= 10000) {
		kind->due_hours = count;
		return;
	}
	ini_problem(ini, line, _("\"due\" is like 5 working days or 48 hours, not \"%s\"."), due);
}

static void read_repeat(struct ini *ini, struct ini_section *s, struct kind *kind)
{
	int line, times, days, end = 0;
	const char *repeat = ini_get(s, "repeat", &line);

	if (!repeat)
		return;
	if (sscanf(repeat, "%d times after %d days%n", &times, &days, &end) == 2 && end > 0 &&
		!repeat[end] && times >= 2 && times <= 100 && days >= 1 && days <= 3660) {
		kind->repeat_times = times;
		kind->repeat_after_days = days;
		return;
	}
	ini_problem(ini, line, _("\"repeat\" is like 2 times after 28 days, not \"%s\"."), repeat);
}

static void read_kind(struct ini *ini, struct ini_section *s, struct kind_file *file)
{
	int line;
	const char *id = need(ini, s, "id");

	ini_get(s, "id", &line);
	if (*id && !is_id(id))
		ini_problem(ini, line,
			_("The id \"%s\" may hold small letters, digits and - only."), id);
	file->kind.id = arena_copy(&file->arena, id);
	file->kind.name = arena_copy(&file->arena, need(ini, s, "name"));
	const char *service = need(ini, s, "service");
	ini_get(s, "service", &line);
	if (*service && !is_id(service))
		ini_problem(ini, line,
			_("The service \"%s\" may hold small letters, digits and - only."),
			service);
	file->kind.queue = arena_copy(&file->arena, service);
	read_due(ini, s, &file->kind);
	read_repeat(ini, s, &file->kind);
}

/* ---- [field NAME] */

static const char *type_names(struct arena *arena)
{
	struct buf all = { 0 };

	for (int t = KIND_TEXT; t <= KIND_REFERENCE; t++)
		buf_printf(&all, "%s%s", t ? " " : "", kind_type_name((enum kind_type)t));
	const char *text = arena_copy(arena, buf_str(&all));
	buf_clear(&all);
	return text;
}

static const char *const *copy_list(struct arena *arena, const char *const *list, int count)
{
	const char **copy = arena_alloc(arena, ((size_t)count + 1) * sizeof *copy);

	for (int i = 0; i < count; i++)
		copy[i] = arena_copy(arena, list[i]);
	return copy;
}

static void read_values(
	struct ini *ini, struct ini_section *s, struct kind_file *file, struct kind_field *field)
{
	int line, count;
	const char *values = ini_get(s, "values", &line);
	bool choice = field->type == KIND_CHOICE || field->type == KIND_CHOICES;

	if (!values) {
		if (choice)
			ini_problem(ini, s->line,
				_("The field %s is a choice and needs \"values\"."), s->name);
		return;
	}
	if (!choice) {
		ini_problem(ini, line, _("Only a field of type choice or choices has \"values\"."));
		return;
	}
	const char *const *list = ini_list(&ini->arena, values, &count);
	if (count < 2)
		ini_problem(
			ini, line, _("\"values\" needs two or more, with commas between them."));
	for (int i = 0; i < count; i++) {
		for (int k = 0; k < i; k++) {
			if (strcmp(list[i], list[k]) == 0)
				ini_problem(
					ini, line, _("The value \"%s\" is here twice."), list[i]);
		}
		if (field->type == KIND_CHOICES && strchr(list[i], ' '))
			ini_problem(ini, line,
				_("The value \"%s\" of a field of type choices may not hold a "
				  "space."),
				list[i]);
	}
	field->values = copy_list(&file->arena, list, count);
}

static void read_pattern(
	struct ini *ini, struct ini_section *s, struct kind_file *file, struct kind_field *field)
{
	int line;
	const char *pattern = ini_get(s, "pattern", &line);
	regex_t compiled;

	if (!pattern)
		return;
	if (field->type != KIND_TEXT && field->type != KIND_REFERENCE) {
		ini_problem(
			ini, line, _("Only a field of type text or reference has a \"pattern\"."));
		return;
	}
	int rc = regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB);
	if (rc != 0) {
		char why[120];
		regerror(rc, &compiled, why, sizeof why);
		ini_problem(ini, line, _("The pattern \"%s\" is no regular expression: %s."),
			pattern, why);
		return;
	}
	regfree(&compiled);
	field->pattern = arena_copy(&file->arena, pattern);
}

static void read_field(
	struct ini *ini, struct ini_section *s, struct kind_file *file, struct kind_field *field)
{
	int line;

	if (!is_field_name(s->name))
		ini_problem(ini, s->line,
			_("A field's name begins with a small letter and holds small letters, "
			  "digits "
			  "and _: not \"%s\"."),
			s->name);
	field->name = arena_copy(&file->arena, s->name);
	field->label = arena_copy(&file->arena, need(ini, s, "label"));
	const char *type = need(ini, s, "type");
	ini_get(s, "type", &line);
	if (*type && !kind_type_read(type, &field->type))
		need_word(ini, line, type, type_names(&ini->arena), _("The type"));
	field->required = ini_flag(ini, s, "required", false);
	field->sensitive = ini_flag(ini, s, "sensitive", false);
	read_values(ini, s, file, field);
	read_pattern(ini, s, file, field);
}

/* ---- [step ID] */

static const char *ids_of(struct ini *ini, const char *type)
{
	struct buf ids = { 0 };

	for (int i = 0; i < ini->count; i++) {
		if (strcmp(ini->sections[i].type, type) == 0)
			buf_printf(&ids, "%s ", ini->sections[i].name);
	}
	const char *text = arena_copy(&ini->arena, buf_str(&ids));
	buf_clear(&ids);
	return text;
}

static void read_next(
	struct ini *ini, struct ini_section *s, struct kind_file *file, struct kind_step *step)
{
	int line, count;
	const char *next = ini_get(s, "next", &line);

	if (!next)
		return;
	const char *const *list = ini_list(&ini->arena, next, &count);
	const char *ids = ids_of(ini, "step");
	for (int i = 0; i < count; i++)
		need_word(ini, line, list[i], ids, _("The step"));
	step->next = copy_list(&file->arena, list, count);
}

static void read_step(
	struct ini *ini, struct ini_section *s, struct kind_file *file, struct kind_step *step)
{
	int line;

	if (!is_id(s->name))
		ini_problem(ini, s->line,
			_("A step's id may hold small letters, digits and - only: not \"%s\"."),
			s->name);
	step->id = arena_copy(&file->arena, s->name);
	step->name = arena_copy(&file->arena, need(ini, s, "name"));
	step->status = arena_copy(&file->arena, need(ini, s, "status"));
	ini_get(s, "status", &line);
	need_word(ini, line, step->status, statuses, _("The status"));
	read_next(ini, s, file, step);
	step->role = arena_copy(&file->arena, ini_get(s, "role", &line));
	if (step->role)
		need_word(ini, line, step->role, roles, _("The role"));
	step->other_person = ini_flag(ini, s, "other-person", false);
}

static bool is_end(const char *status)
{
	return strcmp(status, "resolved") == 0 || strcmp(status, "closed") == 0;
}

static int line_of(const struct ini *ini, const char *type, const char *name)
{
	for (int i = 0; i < ini->count; i++) {
		if (strcmp(ini->sections[i].type, type) == 0 &&
			strcmp(ini->sections[i].name, name) == 0)
			return ini->sections[i].line;
	}
	return 1;
}

/* A step never asks for a move that the five statuses forbid, such as new to waiting. */
static void check_moves(struct ini *ini, const struct kind *kind, const struct kind_step *from)
{
	int line = line_of(ini, "step", from->id);

	for (int i = 0; from->next && from->next[i]; i++) {
		const struct kind_step *to = kind_step_find(kind, from->next[i]);
		if (to && !rules_move_allowed(from->status, to->status))
			ini_problem(ini, line,
				_("A case cannot go from %s to %s: that is from %s to %s, and %s "
				  "leads to "
				  "%s only."),
				from->id, to->id, from->status, to->status, from->status,
				rules_moves(from->status));
	}
}

/* A case must be able to begin, to end, and to come to every step. */
static void check_steps(struct ini *ini, const struct kind *kind)
{
	bool ends = false;

	if (kind->step_count == 0 || ini->problem_count > 0)
		return;
	int line = line_of(ini, "step", kind->steps[0].id);
	if (is_end(kind->steps[0].status))
		ini_problem(ini, line,
			_("The first step is where a case begins; its status cannot be "
			  "\"%s\"."),
			kind->steps[0].status);
	for (int i = 0; i < kind->step_count; i++) {
		bool reached = i == 0;
		check_moves(ini, kind, &kind->steps[i]);
		ends = ends || is_end(kind->steps[i].status);
		for (int k = 0; k < kind->step_count && !reached; k++)
			reached = k != i &&
				  kind_step_allowed(kind, kind->steps[k].id, kind->steps[i].id);
		if (!reached)
			ini_problem(ini, line_of(ini, "step", kind->steps[i].id),
				_("No step leads to the step %s."), kind->steps[i].id);
	}
	if (!ends)
		ini_problem(
			ini, line, _("No step has the status resolved; a case could never end."));
}

/* ---- [template ID] */

static void check_placeholder(struct ini *ini, int line, const char *name, const struct kind *kind)
{
	if (!*name) {
		ini_problem(ini, line, _("{{}} names nothing."));
		return;
	}
	if (strncmp(name, "fields.", 7) == 0) {
		const char *field = name + 7;
		if (!kind_field_find(kind, field))
			ini_problem(ini, line, _("{{%s}}: this kind has no field \"%s\"."), name,
				field);
		return;
	}
	/* A name without a dot is asked for when the answer is written. */
	if (!strchr(name, '.') || ini_word_in(name, placeholders))
		return;
	const char *near = ini_nearest(&ini->arena, name, placeholders);
	ini_problem(ini, line, _("{{%s}} is not known; the nearest is {{%s}}."), name,
		near ? near : "citizen.name");
}

static void check_placeholders(struct ini *ini, int line, const char *text, const struct kind *kind)
{
	for (const char *at = strstr(text, "{{"); at; at = strstr(at, "{{")) {
		const char *end = strstr(at, "}}");
		if (!end) {
			ini_problem(ini, line, _("A {{ in the text has no }}."));
			return;
		}
		const char *name = at + 2;
		size_t size = (size_t)(end - name);
		while (size > 0 && *name == ' ') {
			name++;
			size--;
		}
		while (size > 0 && name[size - 1] == ' ')
			size--;
		check_placeholder(ini, line, arena_copy_n(&ini->arena, name, size), kind);
		at = end + 2;
	}
}

static void read_template(
	struct ini *ini, struct ini_section *s, struct kind_file *file, struct answer_template *t)
{
	int line;

	if (!is_id(s->name))
		ini_problem(ini, s->line,
			_("A template's id may hold small letters, digits and - only: not \"%s\"."),
			s->name);
	t->id = arena_copy(&file->arena, s->name);
	t->name = arena_copy(&file->arena, need(ini, s, "name"));
	t->language = arena_copy(&file->arena, ini_get(s, "language", NULL));
	t->outcome = arena_copy(&file->arena, ini_get(s, "outcome", NULL));
	t->text = arena_copy(&file->arena, need(ini, s, "text"));
	t->queue = file->kind.queue;
	ini_get(s, "text", &line);
	if (strlen(t->text) > ANSWER_MOST)
		ini_problem(ini, line, _("The text is longer than %d bytes."), ANSWER_MOST);
	check_placeholders(ini, line, t->text, &file->kind);
}

/* ---- the whole */

static int count_of(struct ini *ini, const char *type)
{
	int count = 0;

	for (int i = 0; i < ini->count; i++) {
		struct ini_section *s = &ini->sections[i];
		if (strcmp(s->type, type) != 0)
			continue;
		count++;
		for (int k = 0; k < i; k++) {
			struct ini_section *other = &ini->sections[k];
			if (strcmp(other->type, type) == 0 && strcmp(other->name, s->name) == 0)
				ini_problem(ini, s->line,
					_("[%s %s] is here a second time; the first is on line "
					  "%d."),
					type, s->name, other->line);
		}
	}
	return count;
}

static void read_all(struct ini *ini, struct kind_file *file)
{
	struct kind *kind = &file->kind;
	struct kind_field *fields =
		arena_alloc(&file->arena, (size_t)(count_of(ini, "field") + 1) * sizeof *fields);
	struct kind_step *steps =
		arena_alloc(&file->arena, (size_t)(count_of(ini, "step") + 1) * sizeof *steps);
	const char **ids;

	if (count_of(ini, "kind") == 0)
		ini_problem(ini, 1, _("There is no section [kind]."));
	file->templates = arena_alloc(
		&file->arena, (size_t)(count_of(ini, "template") + 1) * sizeof *file->templates);
	for (int i = 0; i < ini->count; i++) {
		struct ini_section *s = &ini->sections[i];
		if (strcmp(s->type, "kind") == 0)
			read_kind(ini, s, file);
		else if (strcmp(s->type, "field") == 0)
			read_field(ini, s, file, &fields[kind->field_count++]);
		else if (strcmp(s->type, "step") == 0)
			read_step(ini, s, file, &steps[kind->step_count++]);
	}
	kind->fields = fields;
	kind->steps = steps;
	check_steps(ini, kind);
	for (int i = 0; i < ini->count; i++) {
		if (strcmp(ini->sections[i].type, "template") == 0)
			read_template(ini, &ini->sections[i], file,
				&file->templates[file->template_count++]);
	}
	ids = arena_alloc(&file->arena, (size_t)(file->template_count + 1) * sizeof *ids);
	for (int i = 0; i < file->template_count; i++)
		ids[i] = file->templates[i].id;
	kind->templates = ids;
}

bool kind_file_parse(struct kind_file *file, const char *name, const char *text, size_t size,
	struct buf *problems)
{
	struct ini ini;

	*file = (struct kind_file){ 0 };
	ini_read(&ini, name, text, size, problems);
	ini_check(&ini, known);
	if (ini.count > 0 || ini.problem_count == 0)
		read_all(&ini, file);
	bool good = ini.problem_count == 0;
	ini_clear(&ini);
	return good;
}

bool kind_file_read(struct kind_file *file, const char *path, struct buf *problems)
{
	struct buf text = { 0 };
	struct error err = { 0 };

	*file = (struct kind_file){ 0 };
	if (!ini_slurp(&text, path, FILE_MOST, &err)) {
		buf_printf(problems, "%s\n", err.text);
		buf_clear(&text);
		return false;
	}
	bool good = kind_file_parse(file, path, buf_str(&text), text.size, problems);
	buf_clear(&text);
	return good;
}

void kind_file_clear(struct kind_file *file)
{
	arena_clear(&file->arena);
	*file = (struct kind_file){ 0 };
}

/* ---- into the base */

/* Who else has this template, or NULL. */
static const char *other_owner(
	struct keep *keep, const char *kind, const char *id, struct page *page)
{
	struct buf ids = { 0 };
	const char *owner = NULL;
	struct rows *rows = base_ask(
		keep->base, "SELECT id FROM kind WHERE tenant = $1", "i", base_tenant(keep->base));

	while (rows_next(rows))
		buf_printf(&ids, "%s,", rows_text(rows, 0));
	rows_done(rows);
	const char *const *list = ini_list(&page->arena, buf_str(&ids), NULL);
	buf_clear(&ids);
	for (int i = 0; list[i] && !owner; i++) {
		const struct kind *other =
			strcmp(list[i], kind) == 0 ? NULL : keep_kind(keep, list[i], page);
		for (int k = 0; other && other->templates && other->templates[k]; k++) {
			if (strcmp(other->templates[k], id) == 0)
				owner = list[i];
		}
	}
	return owner;
}

bool kind_file_keep(struct keep *keep, const struct kind_file *file, struct error *err)
{
	for (int i = 0; i < file->template_count; i++) {
		struct page page = { 0 };
		const char *id = file->templates[i].id;
		const char *owner = other_owner(keep, file->kind.id, id, &page);
		if (owner)
			error_set(err, ERROR_USAGE,
				_("The template %s belongs to the kind %s; give yours another id."),
				id, owner);
		page_clear(&page);
		if (owner)
			return false;
		keep_template_put(keep, &file->templates[i]);
	}
	keep_kind_put(keep, &file->kind);
	return !base_error(keep->base, err);
}

/* ---- writing */

static void write_list(struct buf *out, const char *key, const char *const *list)
{
	if (!list || !list[0])
		return;
	buf_printf(out, "%s =", key);
	for (int i = 0; list[i]; i++)
		buf_printf(out, "%s %s", i ? "," : "", list[i]);
	buf_char(out, '\n');
}

static void write_text(struct buf *out, const char *key, const char *text)
{
	if (!text)
		return;
	buf_printf(out, "%s = ", key);
	for (const char *p = text; *p; p++) {
		buf_char(out, *p);
		if (*p == '\n' && p[1] != '\n')
			buf_char(out, '\t');
	}
	buf_char(out, '\n');
}

static void write_field(struct buf *out, const struct kind_field *f)
{
	buf_printf(out, "\n[field %s]\nlabel = %s\ntype = %s\n", f->name, f->label,
		kind_type_name(f->type));
	if (f->required)
		buf_text(out, "required = yes\n");
	if (f->sensitive)
		buf_text(out, "sensitive = yes\n");
	write_list(out, "values", f->values);
	if (f->pattern)
		buf_printf(out, "pattern = %s\n", f->pattern);
}

static void write_step(struct buf *out, const struct kind_step *s)
{
	buf_printf(out, "\n[step %s]\nname = %s\nstatus = %s\n", s->id, s->name, s->status);
	write_list(out, "next", s->next);
	if (s->role)
		buf_printf(out, "role = %s\n", s->role);
	if (s->other_person)
		buf_text(out, "other-person = yes\n");
}

void kind_file_write(struct buf *out, const struct kind *kind,
	const struct answer_template *templates, int count)
{
	buf_printf(out, "[kind]\nid = %s\nname = %s\nservice = %s\n", kind->id, kind->name,
		kind->queue);
	if (kind->due_working_days)
		buf_printf(out, "due = %d working days\n", kind->due_working_days);
	else if (kind->due_hours)
		buf_printf(out, "due = %d hours\n", kind->due_hours);
	if (kind->repeat_times)
		buf_printf(out, "repeat = %d times after %d days\n", kind->repeat_times,
			kind->repeat_after_days);
	for (int i = 0; i < kind->field_count; i++)
		write_field(out, &kind->fields[i]);
	for (int i = 0; i < kind->step_count; i++)
		write_step(out, &kind->steps[i]);
	for (int i = 0; i < count; i++) {
		buf_printf(out, "\n[template %s]\n", templates[i].id);
		write_text(out, "name", templates[i].name);
		write_text(out, "language", templates[i].language);
		write_text(out, "outcome", templates[i].outcome);
		write_text(out, "text", templates[i].text);
	}
}
