#include "service/ini.h"
#include "model/i18n.h"
#include "model/nearest.h"
#include "model/text.h"
#include <errno.h>
#include <string.h>
#include <strings.h>

enum { PROBLEMS_MOST = 100 };

void ini_problem(struct ini *ini, int line, const char *fmt, ...)
{
	va_list args;

	if (ini->problem_count++ >= PROBLEMS_MOST)
		return;
	buf_printf(ini->problems, "%s:%d: ", ini->file, line);
	va_start(args, fmt);
	buf_vprintf(ini->problems, fmt, args);
	va_end(args);
	buf_char(ini->problems, '\n');
}

void ini_print(FILE *out, const struct buf *problems)
{
	struct buf clean = { 0 };

	text_clean_lines(&clean, buf_str(problems), problems->size);
	fputs(buf_str(&clean), out);
	buf_clear(&clean);
}

/* ---- words */

/* Steps through words separated by spaces or commas; false at the end. */
static bool next_word(const char **at, const char **word, size_t *size)
{
	*at += strspn(*at, " ,");
	*word = *at;
	*size = strcspn(*at, " ,");
	*at += *size;
	return *size > 0;
}

const char *ini_nearest(struct arena *arena, const char *word, const char *words)
{
	const char *at = words, *candidate;
	size_t size;
	struct nearest near = { 0 };

	while (next_word(&at, &candidate, &size))
		nearest_look(&near, word, arena_copy_n(arena, candidate, size));
	return near.name;
}

bool ini_word_in(const char *word, const char *words)
{
	const char *at = words, *candidate;
	size_t size;

	while (next_word(&at, &candidate, &size)) {
		if (strlen(word) == size && memcmp(candidate, word, size) == 0)
			return true;
	}
	return false;
}

static const char *trimmed(struct arena *arena, const char *text, size_t size)
{
	while (size > 0 && strchr(" \t\r", *text)) {
		text++;
		size--;
	}
	while (size > 0 && strchr(" \t\r", text[size - 1]))
		size--;
	return arena_copy_n(arena, text, size);
}

const char *const *ini_list(struct arena *arena, const char *value, int *count)
{
	int n = 0;

	for (const char *p = value; *p; p++)
		n += *p == ',' || *p == '\n';
	const char **list = arena_alloc(arena, ((size_t)n + 2) * sizeof *list);
	n = 0;
	while (*value) {
		size_t size = strcspn(value, ",\n");
		const char *item = trimmed(arena, value, size);
		if (*item)
			list[n++] = item;
		value += size + (value[size] != '\0');
	}
	if (count)
		*count = n;
	return list;
}

/* ---- reading */

/* Tables grow by doubling inside the arena; what they leave behind is small. */
static void *grown(struct arena *arena, void *old, int count, size_t size)
{
	if (count & (count - 1))
		return old;
	void *fresh = arena_alloc(arena, (size_t)(count ? count * 2 : 1) * size);
	if (count)
		memcpy(fresh, old, (size_t)count * size);
	return fresh;
}

static struct ini_section *add_section(struct ini *ini, const char *text, size_t size, int line)
{
	if (size < 2 || text[size - 1] != ']') {
		ini_problem(ini, line, _("A section ends with ]: [field round]."));
		return NULL;
	}
	const char *inside = trimmed(&ini->arena, text + 1, size - 2);
	size_t type = strcspn(inside, " \t");
	ini->sections = grown(&ini->arena, ini->sections, ini->count, sizeof *ini->sections);
	struct ini_section *s = &ini->sections[ini->count++];
	*s = (struct ini_section){ .type = arena_copy_n(&ini->arena, inside, type), .line = line };
	const char *name = trimmed(&ini->arena, inside + type, strlen(inside + type));
	size_t length = strlen(name);
	if (length >= 2 && name[0] == '"' && name[length - 1] == '"')
		name = arena_copy_n(&ini->arena, name + 1, length - 2);
	s->name = name;
	return s;
}

static struct ini_pair *add_pair(
	struct ini *ini, struct ini_section *s, const char *text, size_t size, int line)
{
	const char *equal = memchr(text, '=', size);

	if (!equal) {
		ini_problem(ini, line, _("Here a line is [section] or key = value."));
		return NULL;
	}
	const char *key = trimmed(&ini->arena, text, (size_t)(equal - text));
	if (!s) {
		ini_problem(ini, line, _("\"%s\" stands before the first [section]."), key);
		return NULL;
	}
	for (int i = 0; i < s->count; i++) {
		if (strcmp(s->pairs[i].key, key) == 0)
			ini_problem(ini, line,
				_("\"%s\" is here a second time; the first is on line %d."), key,
				s->pairs[i].line);
	}
	s->pairs = grown(&ini->arena, s->pairs, s->count, sizeof *s->pairs);
	struct ini_pair *pair = &s->pairs[s->count++];
	size_t before = (size_t)(equal + 1 - text);
	*pair = (struct ini_pair){
		.key = key, .value = trimmed(&ini->arena, equal + 1, size - before), .line = line
	};
	return pair;
}

static void go_on(struct ini *ini, struct ini_pair *pair, const char *text, size_t size, int blank)
{
	struct buf joined = { 0 };

	buf_text(&joined, pair->value);
	if (*pair->value)
		buf_char(&joined, '\n');
	while (*pair->value && blank-- > 0)
		buf_char(&joined, '\n');
	buf_text(&joined, trimmed(&ini->arena, text, size));
	pair->value = arena_copy(&ini->arena, buf_str(&joined));
	buf_clear(&joined);
}

static void read_lines(struct ini *ini, const char *text, size_t size)
{
	struct ini_section *section = NULL;
	struct ini_pair *pair = NULL;
	int blank = 0, line = 0;

	for (const char *at = text, *end = text + size;
		at < end && ini->problem_count < PROBLEMS_MOST;) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t length = stop ? (size_t)(stop - at) : (size_t)(end - at);
		bool indented = *at == ' ' || *at == '\t';
		const char *bare = trimmed(&ini->arena, at, length);
		line++;
		if (!*bare)
			blank++;
		else if (*bare == '#' && !(indented && pair))
			pair = NULL;
		else if (indented && pair)
			go_on(ini, pair, at, length, blank);
		else if (*bare == '[') {
			section = add_section(ini, bare, strlen(bare), line);
			pair = NULL;
		} else
			pair = add_pair(ini, section, bare, strlen(bare), line);
		if (*bare)
			blank = 0;
		at += length + 1;
	}
}

void ini_read(
	struct ini *ini, const char *file, const char *text, size_t size, struct buf *problems)
{
	*ini = (struct ini){ .problems = problems };
	ini->file = arena_copy(&ini->arena, file);
	if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		text += 3;
		size -= 3;
	}
	if (memchr(text, '\0', size) || !text_valid(text, size)) {
		ini_problem(ini, 1, _("The file is not text in UTF-8; save it as UTF-8."));
		return;
	}
	read_lines(ini, text, size);
}

void ini_clear(struct ini *ini)
{
	arena_clear(&ini->arena);
	*ini = (struct ini){ 0 };
}

/* ---- asking */

const char *ini_get(struct ini_section *s, const char *key, int *line)
{
	for (int i = 0; i < s->count; i++) {
		if (strcmp(s->pairs[i].key, key) != 0)
			continue;
		s->pairs[i].used = true;
		if (line)
			*line = s->pairs[i].line;
		return s->pairs[i].value;
	}
	if (line)
		*line = s->line;
	return NULL;
}

bool ini_flag(struct ini *ini, struct ini_section *s, const char *key, bool otherwise)
{
	int line;
	const char *value = ini_get(s, key, &line);

	if (!value)
		return otherwise;
	if (strcasecmp(value, "yes") == 0 || strcasecmp(value, "true") == 0)
		return true;
	if (strcasecmp(value, "no") == 0 || strcasecmp(value, "false") == 0)
		return false;
	ini_problem(ini, line, _("\"%s\" is yes or no, not \"%s\"."), key, value);
	return otherwise;
}

static void check_keys(struct ini *ini, const struct ini_section *s, const char *keys)
{
	for (int i = 0; i < s->count; i++) {
		const struct ini_pair *p = &s->pairs[i];
		if (ini_word_in("*", keys) || ini_word_in(p->key, keys))
			continue;
		const char *near = ini_nearest(&ini->arena, p->key, keys);
		if (near)
			ini_problem(ini, p->line, _("[%s] knows no \"%s\"; the nearest is \"%s\"."),
				s->type, p->key, near);
		else
			ini_problem(ini, p->line, _("[%s] knows no \"%s\"; it knows: %s."), s->type,
				p->key, keys);
	}
}

void ini_check(struct ini *ini, const char *const *known)
{
	struct buf types = { 0 };

	for (int i = 0; known[i]; i++) {
		buf_add(&types, known[i], strcspn(known[i], ":"));
		buf_char(&types, ' ');
	}
	for (int i = 0; i < ini->count; i++) {
		const struct ini_section *s = &ini->sections[i];
		const char *keys = NULL;
		for (int k = 0; known[k] && !keys; k++) {
			size_t size = strcspn(known[k], ":");
			if (strlen(s->type) == size && memcmp(known[k], s->type, size) == 0)
				keys = known[k] + size + 2;
		}
		if (keys) {
			check_keys(ini, s, keys);
			continue;
		}
		const char *near = ini_nearest(&ini->arena, s->type, buf_str(&types));
		ini_problem(ini, s->line, _("There is no section [%s]; the nearest is [%s]."),
			s->type,
			near ? near : arena_copy_n(&ini->arena, known[0], strcspn(known[0], ":")));
	}
	buf_clear(&types);
}

bool ini_slurp(struct buf *out, const char *path, size_t most, struct error *err)
{
	FILE *file = fopen(path, "rb");
	char block[8192];
	size_t got;

	if (!file)
		return error_set(
			err, ERROR_USAGE, _("%s cannot be read: %s."), path, strerror(errno));
	errno = 0;
	while ((got = fread(block, 1, sizeof block, file)) > 0 && out->size <= most)
		buf_add(out, block, got);
	bool failed = ferror(file) != 0;
	int why = errno;
	fclose(file);
	if (failed)
		return error_set(
			err, ERROR_USAGE, _("%s cannot be read: %s."), path, strerror(why));
	if (out->size > most)
		return error_set(
			err, ERROR_USAGE, _("%s is longer than %zu KiB."), path, most / 1024);
	return true;
}
