#include "service/map_file.h"
#include "model/csv.h"
#include "model/i18n.h"
#include "model/nearest.h"
#include "model/when.h"
#include "service/ini.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum piece_type { PIECE_TEXT, PIECE_COLUMN, PIECE_OPEN, PIECE_CLOSE, PIECE_OR, PIECE_END };

struct map_piece {
	enum piece_type type;
	const char *text; /* the text, or the column's name */
	const struct map_table *table;
	int column; /* from 0, once the file's first row is known */
};

struct map_table {
	const char *name;
	struct ini_pair *pairs;
	int count;
};

static const char *const known[] = {
	"map: about source reference separator encoding dates zone begins-with",
	"fields: *",
	"table: *",
	"team: name services",
	NULL,
};

static const char case_words[] = "subject text note service kind step team channel language "
				 "priority status outcome opened due "
				 "resolved changed tags number fields.*";
static const char citizen_words[] = "ref given family born street postcode town country phone "
				    "email language contact guarded flags";
static const char time_words[] = "opened due resolved changed";

static const struct {
	const char *name;
	char separator;
} separators[] = {
	{ "comma", ',' },
	{ "semicolon", ';' },
	{ "tab", '\t' },
	{ "bar", '|' },
};

/* ---- expressions */

static const struct map_table *find_table(const struct map_file *map, const char *name)
{
	for (int i = 0; i < map->table_count; i++) {
		if (strcmp(map->tables[i].name, name) == 0)
			return &map->tables[i];
	}
	return NULL;
}

static void problem_table(struct ini *ini, const struct map_file *map, int line, const char *name)
{
	struct nearest near = { 0 };

	for (int i = 0; i < map->table_count; i++)
		nearest_look(&near, name, map->tables[i].name);
	if (near.name)
		ini_problem(ini, line, _("There is no [table %s]; the nearest is [table %s]."),
			name, near.name);
	else
		ini_problem(ini, line, _("There is no [table %s]."), name);
}

/* {Column} or {Column|table}; how many bytes it took. */
static size_t read_column(
	struct ini *ini, struct map_file *map, int line, const char *text, struct map_piece *piece)
{
	size_t size = strcspn(text, "}");

	if (!text[size]) {
		ini_problem(ini, line, _("A { has no }."));
		return size;
	}
	const char *inside = arena_copy_n(&map->arena, text + 1, size - 1);
	const char *bar = strchr(inside, '|');
	*piece = (struct map_piece){ .type = PIECE_COLUMN, .text = inside, .column = -1 };
	if (bar) {
		piece->text = arena_copy_n(&map->arena, inside, (size_t)(bar - inside));
		piece->table = find_table(map, bar + 1);
		if (!piece->table)
			problem_table(ini, map, line, bar + 1);
	}
	return size + 1;
}

static struct map_piece *read_expression(
	struct ini *ini, struct map_file *map, int line, const char *text)
{
	struct map_piece *pieces = arena_alloc(&map->arena, (strlen(text) + 2) * sizeof *pieces);
	int count = 0, depth = 0;

	while (*text) {
		struct map_piece *piece = &pieces[count++];
		size_t size = strcspn(text, "{[]|");
		if (*text == '{') {
			size = read_column(ini, map, line, text, piece);
		} else if (*text == '[' || *text == ']') {
			piece->type = *text == '[' ? PIECE_OPEN : PIECE_CLOSE;
			depth += *text == '[' ? 1 : -1;
			size = 1;
			if (depth < 0 || depth > 1)
				ini_problem(
					ini, line, _("The [ and ] of \"%s\" do not match."), text);
		} else if (strncmp(text, "||", 2) == 0) {
			piece->type = PIECE_OR;
			size = 2;
		} else {
			if (*text == '|')
				size = 1 + strcspn(text + 1, "{[]|");
			*piece = (struct map_piece){ .type = PIECE_TEXT,
				.text = arena_copy_n(&map->arena, text, size) };
		}
		text += size;
	}
	if (depth != 0)
		ini_problem(ini, line, _("A [ has no ]."));
	pieces[count].type = PIECE_END;
	return pieces;
}

/* ---- reading the map */

static void read_tables(struct ini *ini, struct map_file *map)
{
	map->tables = arena_alloc(&map->arena, (size_t)(ini->count + 1) * sizeof *map->tables);
	map->teams = arena_alloc(&map->arena, (size_t)(ini->count + 1) * sizeof *map->teams);
	for (int i = 0; i < ini->count; i++) {
		struct ini_section *s = &ini->sections[i];
		if (strcmp(s->type, "team") == 0) {
			const char *name = ini_get(s, "name", NULL),
				   *services = ini_get(s, "services", NULL);
			map->teams[map->team_count++] = (struct team){
				.id = arena_copy(&map->arena, s->name),
				.name = arena_copy(&map->arena, name ? name : s->name),
				.queues = arena_copy(&map->arena, services ? services : ""),
			};
		}
		if (strcmp(s->type, "table") != 0)
			continue;
		struct map_table *table = &map->tables[map->table_count++];
		table->name = arena_copy(&map->arena, s->name);
		table->count = s->count;
		table->pairs =
			arena_alloc(&map->arena, (size_t)(s->count + 1) * sizeof *table->pairs);
		for (int k = 0; k < s->count; k++) {
			table->pairs[k].key = arena_copy(&map->arena, s->pairs[k].key);
			table->pairs[k].value = arena_copy(&map->arena, s->pairs[k].value);
		}
	}
}

static struct map_field one_expression(
	struct ini *ini, struct map_file *map, struct ini_section *s, const char *key)
{
	struct map_field field = { .name = arena_copy(&map->arena, key) };
	const char *text = ini_get(s, key, &field.line);

	if (text)
		field.pieces = read_expression(ini, map, field.line, text);
	return field;
}

static char read_separator(struct ini *ini, struct ini_section *s)
{
	int line;
	const char *name = ini_get(s, "separator", &line);

	if (!name)
		return 0;
	for (size_t i = 0; i < sizeof separators / sizeof *separators; i++) {
		if (strcmp(separators[i].name, name) == 0)
			return separators[i].separator;
	}
	ini_problem(
		ini, line, _("\"separator\" is comma, semicolon, tab or bar, not \"%s\"."), name);
	return 0;
}

static void read_map(struct ini *ini, struct map_file *map, struct ini_section *s)
{
	int line;
	const char *about = ini_get(s, "about", &line), *dates = ini_get(s, "dates", NULL);
	int encoding_line = s->line;
	const char *encoding = ini_get(s, "encoding", &encoding_line);

	if (about && strcmp(about, "citizens") == 0)
		map->about = MAP_CITIZENS;
	else if (!about || strcmp(about, "cases") != 0)
		ini_problem(ini, line, _("\"about\" is cases or citizens."));
	map->source = arena_copy(&map->arena, ini_get(s, "source", NULL));
	if (!map->source)
		ini_problem(ini, s->line, _("[map] says no \"source\"."));
	map->separator = read_separator(ini, s);
	map->encoding = arena_copy(&map->arena, encoding);
	map->zone = arena_copy(&map->arena, ini_get(s, "zone", NULL));
	map->dates = ini_list(&map->arena, dates ? dates : "", NULL);
	map->reference = one_expression(ini, map, s, "reference");
	map->begins_with = one_expression(ini, map, s, "begins-with");
	if (!map->reference.pieces)
		ini_problem(ini, s->line, _("[map] says no \"reference\"."));
	if (encoding && !csv_encoding_known(encoding))
		ini_problem(ini, encoding_line,
			_("There is no encoding \"%s\"; leave the line out to have it found."),
			encoding);
}

static void read_fields(struct ini *ini, struct map_file *map, struct ini_section *s)
{
	const char *words = map->about == MAP_CASES ? case_words : citizen_words;

	map->fields = arena_alloc(&map->arena, (size_t)(s->count + 1) * sizeof *map->fields);
	for (int i = 0; i < s->count; i++) {
		const struct ini_pair *p = &s->pairs[i];
		bool own = map->about == MAP_CASES && strncmp(p->key, "fields.", 7) == 0;
		if (!own && !ini_word_in(p->key, words)) {
			const char *near = ini_nearest(&ini->arena, p->key, words);
			ini_problem(ini, p->line,
				_("There is no field \"%s\"; the nearest is \"%s\"."), p->key,
				near			  ? near
				: map->about == MAP_CASES ? "subject"
							  : "family");
			continue;
		}
		map->fields[map->field_count++] = one_expression(ini, map, s, p->key);
	}
}

static struct ini_section *only(struct ini *ini, const char *type)
{
	for (int i = 0; i < ini->count; i++) {
		if (strcmp(ini->sections[i].type, type) == 0)
			return &ini->sections[i];
	}
	ini_problem(ini, 1, _("There is no section [%s]."), type);
	return NULL;
}

bool map_file_parse(
	struct map_file *map, const char *name, const char *text, size_t size, struct buf *problems)
{
	struct ini ini;

	*map = (struct map_file){ 0 };
	map->name = arena_copy(&map->arena, name);
	ini_read(&ini, name, text, size, problems);
	ini_check(&ini, known);
	struct ini_section *head = only(&ini, "map"), *fields = only(&ini, "fields");
	read_tables(&ini, map);
	if (head)
		read_map(&ini, map, head);
	if (fields)
		read_fields(&ini, map, fields);
	bool good = ini.problem_count == 0;
	ini_clear(&ini);
	return good;
}

void map_file_clear(struct map_file *map)
{
	arena_clear(&map->arena);
	*map = (struct map_file){ 0 };
}

const struct team *map_file_team(const struct map_file *map, const char *id)
{
	for (int i = 0; i < map->team_count; i++) {
		if (strcmp(map->teams[i].id, id) == 0)
			return &map->teams[i];
	}
	return NULL;
}

/* ---- the file's first row */

static int find_column(const char *name, const char *const *heads, int count)
{
	if (name[0] == '#' && isdigit((unsigned char)name[1])) {
		int column = atoi(name + 1) - 1;
		return column < count ? column : -1;
	}
	for (int i = 0; i < count; i++) {
		if (strcmp(heads[i] + strspn(heads[i], " "), name) == 0)
			return i;
	}
	return -1;
}

static bool bind_field(struct map_file *map, const struct map_field *field,
	const char *const *heads, int count, struct error *err)
{
	for (struct map_piece *p = field->pieces; p && p->type != PIECE_END; p++) {
		if (p->type != PIECE_COLUMN)
			continue;
		p->column = find_column(p->text, heads, count);
		if (p->column >= 0)
			continue;
		struct nearest near = { 0 };
		for (int i = 0; i < count; i++)
			nearest_look(&near, p->text, heads[i]);
		if (near.name)
			return error_set(err, ERROR_USAGE,
				_("There is no column \"%s\", which %s:%d asks for; the nearest is "
				  "\"%s\"."),
				p->text, map->name, field->line, near.name);
		return error_set(err, ERROR_USAGE,
			_("There is no column \"%s\", which %s:%d asks for."), p->text, map->name,
			field->line);
	}
	return true;
}

bool map_file_bind(struct map_file *map, const char *const *heads, int count, struct error *err)
{
	if (!bind_field(map, &map->reference, heads, count, err) ||
		!bind_field(map, &map->begins_with, heads, count, err))
		return false;
	for (int i = 0; i < map->field_count; i++) {
		if (!bind_field(map, &map->fields[i], heads, count, err))
			return false;
	}
	return true;
}

/* ---- values */

static bool look_up(const struct map_piece *piece, const char *cell, struct arena *arena,
	const char **out, struct error *err)
{
	const struct map_table *table = piece->table;
	const char *other = NULL;

	for (int i = 0; i < table->count; i++) {
		const struct ini_pair *p = &table->pairs[i];
		if (strcmp(p->key, *cell ? cell : "(empty)") == 0) {
			*out = p->value;
			return true;
		}
		if (strcmp(p->key, "*") == 0)
			other = p->value;
	}
	if (!*cell || other) {
		*out = *cell && other && strcmp(other, "*") != 0 ? other : arena_copy(arena, cell);
		return true;
	}
	return error_set(err, ERROR_REFUSED, _("%s \"%.80s\" is not in [table %s]."), piece->text,
		cell, table->name);
}

static const char *trimmed(const char *text, struct arena *arena)
{
	size_t size;

	text += strspn(text, " \t\r\n");
	size = strlen(text);
	while (size > 0 && strchr(" \t\r\n", text[size - 1]))
		size--;
	return arena_copy_n(arena, text, size);
}

/* Text of the pieces, alternative after alternative, until one is not empty. */
static bool evaluate(const struct map_field *field, const char *const *cells, int count,
	struct arena *arena, struct buf *out, struct error *err)
{
	size_t open_at = 0;
	bool open = false, lacking = false;

	for (const struct map_piece *p = field->pieces; p && p->type != PIECE_END; p++) {
		const char *text = p->text;
		switch (p->type) {
		case PIECE_OPEN:
			open = true;
			open_at = out->size;
			lacking = false;
			continue;
		case PIECE_CLOSE:
			if (lacking)
				buf_cut(out, open_at);
			open = false;
			continue;
		case PIECE_OR:
			if (out->size > 0 && strspn(out->text, " \n") < out->size)
				return true;
			buf_reset(out);
			continue;
		case PIECE_COLUMN:
			text = trimmed(p->column < count ? cells[p->column] : "", arena);
			if (p->table && !look_up(p, text, arena, &text, err))
				return false;
			lacking = lacking || (open && !*text);
			break;
		default:
			break;
		}
		buf_text(out, text);
	}
	return true;
}

/* Lines that came out empty are left out. */
static const char *tidy(const char *text, struct arena *arena)
{
	struct buf out = { 0 };

	while (*text) {
		size_t size = strcspn(text, "\n");
		const char *line = trimmed(arena_copy_n(arena, text, size), arena);
		if (*line)
			buf_printf(&out, "%s%s", out.size ? "\n" : "", line);
		text += size + (text[size] != '\0');
	}
	const char *copy = out.size ? arena_copy(arena, out.text) : NULL;
	buf_clear(&out);
	return copy;
}

/* ---- dates */

struct parts {
	int year, month, day, hour, minute, second;
};

/* A run of digits, at least one, at most `most`. */
static bool digits(const char **text, int least, int most, int *out)
{
	int n = 0, value = 0;

	while (n < most && isdigit((unsigned char)**text)) {
		value = value * 10 + (*(*text)++ - '0');
		n++;
	}
	*out = value;
	return n >= least;
}

static bool half_of_day(const char **text, struct parts *p)
{
	bool pm = tolower((unsigned char)**text) == 'p';

	if ((!pm && tolower((unsigned char)**text) != 'a') ||
		tolower((unsigned char)(*text)[1]) != 'm')
		return false;
	*text += 2;
	if (p->hour < 1 || p->hour > 12)
		return false;
	p->hour = p->hour % 12 + (pm ? 12 : 0);
	return true;
}

/* YYYY YY MM DD hh mm ss AM and whatever stands between them. */
static bool read_form(const char *form, const char *text, struct parts *p)
{
	static const struct {
		const char *token;
		size_t offset;
		int least, most;
	} tokens[] = {
		{ "YYYY", offsetof(struct parts, year), 4, 4 },
		{ "YY", offsetof(struct parts, year), 2, 2 },
		{ "MM", offsetof(struct parts, month), 1, 2 },
		{ "DD", offsetof(struct parts, day), 1, 2 },
		{ "hh", offsetof(struct parts, hour), 1, 2 },
		{ "mm", offsetof(struct parts, minute), 1, 2 },
		{ "ss", offsetof(struct parts, second), 1, 2 },
	};

	*p = (struct parts){ 0 };
	while (*form) {
		size_t i = 0, count = sizeof tokens / sizeof *tokens;
		while (i < count && strncmp(form, tokens[i].token, strlen(tokens[i].token)) != 0)
			i++;
		if (i < count) {
			int *at = (int *)(void *)((char *)p + tokens[i].offset);
			if (!digits(&text, tokens[i].least, tokens[i].most, at))
				return false;
			if (tokens[i].most == 2 && tokens[i].offset == offsetof(struct parts, year))
				p->year += p->year < 70 ? 2000 : 1900;
			form += strlen(tokens[i].token);
		} else if (strncmp(form, "AM", 2) == 0) {
			if (!half_of_day(&text, p))
				return false;
			form += 2;
		} else if (*form++ != *text++) {
			return false;
		}
	}
	return *text == '\0';
}

static int days_in(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

static bool is_time(const struct parts *p)
{
	return p->year >= 1 && p->month >= 1 && p->month <= 12 && p->day >= 1 &&
	       p->day <= days_in(p->year, p->month) && p->hour <= 23 && p->minute <= 59 &&
	       p->second <= 60;
}

static const char *write_time(const struct parts *p, struct arena *arena)
{
	struct tm tm = { .tm_year = p->year - 1900,
		.tm_mon = p->month - 1,
		.tm_mday = p->day,
		.tm_hour = p->hour,
		.tm_min = p->minute,
		.tm_sec = p->second,
		.tm_isdst = -1 };
	char out[WHEN_SIZE];

	when_write(out, mktime(&tm)); /* in the zone of the map: whoever reads the file sets TZ */
	return arena_copy(arena, out);
}

/* What is 00 is not known: 19680000 is 1968, and 00000000 is nothing. */
static bool write_born(const struct parts *p, struct arena *arena, const char **out)
{
	*out = NULL;
	if (p->year == 0)
		return true;
	if (p->month > 12 || p->day > 31)
		return false;
	if (p->month == 0)
		*out = arena_printf(arena, "%04d", p->year);
	else if (p->day == 0)
		*out = arena_printf(arena, "%04d-%02d", p->year, p->month);
	else if (p->day <= days_in(p->year, p->month))
		*out = arena_printf(arena, "%04d-%02d-%02d", p->year, p->month, p->day);
	return *out != NULL;
}

static bool read_date(const struct map_file *map, const struct map_field *field, const char *text,
	struct arena *arena, const char **out, struct error *err)
{
	bool born = strcmp(field->name, "born") == 0;
	struct parts p;

	for (int i = 0; map->dates[i]; i++) {
		if (!read_form(map->dates[i], text, &p))
			continue;
		if (born && write_born(&p, arena, out))
			return true;
		if (!born && is_time(&p)) {
			*out = write_time(&p, arena);
			return true;
		}
	}
	return error_set(err, ERROR_REFUSED, _("%s: \"%.60s\" is not a date like %s."), field->name,
		text, map->dates[0] ? map->dates[0] : "YYYY-MM-DD");
}

bool map_file_value(const struct map_file *map, const struct map_field *field,
	const char *const *cells, int count, struct arena *arena, const char **out,
	struct error *err)
{
	struct buf text = { 0 };
	bool good = evaluate(field, cells, count, arena, &text, err);

	*out = good ? tidy(buf_str(&text), arena) : NULL;
	buf_clear(&text);
	if (!good || !*out)
		return good;
	if (strcmp(field->name, "born") == 0 || ini_word_in(field->name, time_words))
		return read_date(map, field, *out, arena, out, err);
	return true;
}
