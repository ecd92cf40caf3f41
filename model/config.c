/* Reading configuration. What was set last stands, unless the site locked it; a slip loses its own
   line only and is told with file, line and the nearest name. */
#include "model/config.h"

#include "model/arena.h"
#include "model/i18n.h"
#include "model/nearest.h"
#include "model/text.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEEPEST = 8, LONGEST_FILE = 1 << 20 };

static const char SITE_FILE[] = "/etc/xdg/caseload/config";

struct value {
	const char *text; /* NULL: the fallback */
	enum config_from from;
	const char *file;
	int line;
	bool locked;
	const char *site; /* of a setting with a ceiling: what the site's file says */
};

struct pair {
	const char *type, *name, *key, *value;
	enum config_from from;
	const char *file;
	int line;
};

struct config {
	struct arena arena;
	struct value *values; /* one for each of setting_list */
	struct pair *pairs;
	int pair_count;
	char **problems;
	int problem_count;
	const char *locked_sections; /* words */
	const char *user_file; /* the first one read as the person's own */
};

/* Where the reader is. */
struct place {
	struct config *c;
	const char *file;
	const char *dir; /* of the file, for names seen from it */
	int line;
	enum config_from from;
	int depth;
	const char *type, *name; /* of the section; name NULL where it has none */
	bool skip;		 /* the header was wrong: so would be every line */
};

static int setting_count(void)
{
	int n = 0;

	while (setting_list[n].name)
		n++;
	return n;
}

static const struct setting *setting_find(const char *name, int *at)
{
	for (int i = 0; setting_list[i].name; i++) {
		if (strcmp(setting_list[i].name, name))
			continue;
		*at = i;
		return &setting_list[i];
	}
	return NULL;
}

struct config *config_new(void)
{
	struct config *c = xcalloc(1, sizeof(*c));

	c->values = xcalloc((size_t)setting_count(), sizeof(*c->values));
	return c;
}

void config_free(struct config *c)
{
	if (!c)
		return;
	for (int i = 0; i < c->problem_count; i++)
		free(c->problems[i]);
	free(c->problems);
	free(c->pairs);
	free(c->values);
	arena_clear(&c->arena);
	free(c);
}

static void note_buf(struct config *c, const char *file, int line, const char *text)
{
	struct buf b = { 0 };

	if (line)
		buf_printf(&b, "%s:%d: %s", file, line, text);
	else
		buf_printf(&b, "%s: %s", file, text);
	c->problems = xrealloc(c->problems, (size_t)(c->problem_count + 1) * sizeof(*c->problems));
	c->problems[c->problem_count++] = buf_take(&b);
}

void config_note(struct config *c, const char *file, int line, const char *fmt, ...)
{
	struct buf text = { 0 };
	va_list args;

	va_start(args, fmt);
	buf_vprintf(&text, fmt, args);
	va_end(args);
	note_buf(c, file, line, buf_str(&text));
	buf_clear(&text);
}

const char *config_problem(const struct config *c, int i)
{
	return i < c->problem_count ? c->problems[i] : NULL;
}

/* ---- settings */

static bool refuse_unknown(const char *name, struct error *err)
{
	struct nearest near = { 0 };

	for (const struct setting *s = setting_list; s->name; s++)
		nearest_look(&near, name, s->name);
	if (near.name)
		return error_set(err, ERROR_CONFIG, _("unknown setting %s; the nearest is %s"),
			name, near.name);
	return error_set(err, ERROR_CONFIG, _("unknown setting %s"), name);
}

/* 0 is never, which is longer than any time. */
static bool above(const char *text, const char *most)
{
	int n = atoi(text), limit = atoi(most);

	return limit && (!n || n > limit);
}

static bool set(struct config *c, const char *name, const char *text, const struct place *where,
	struct error *err)
{
	int at;
	const struct setting *s = setting_find(name, &at);

	if (!s)
		return refuse_unknown(name, err);

	struct value *v = &c->values[at];

	if (v->locked && where->from != CONFIG_SITE)
		return error_set(err, ERROR_CONFIG,
			_("%s is fixed by this site (%s:%d); this value is passed over"), name,
			v->file, v->line);

	struct error why;

	if (!setting_check(s, text, &text, &why))
		return error_set(err, ERROR_CONFIG, "%s %s", name, why.text);
	if (s->ceiling && where->from == CONFIG_SITE)
		v->site = arena_copy(&c->arena, text);
	else if (v->site && above(text, v->site))
		return error_set(err, ERROR_CONFIG,
			_("%s is at most %s here, says this site (%s); this value is passed over"), name,
			v->site, SITE_FILE);
	if (where->from < v->from)
		return true;
	v->text = arena_copy(&c->arena, text);
	v->from = where->from;
	v->file = where->file;
	v->line = where->line;
	return true;
}

bool config_set(struct config *c, const char *name, const char *value, enum config_from from,
	struct error *err)
{
	const char *file = from == CONFIG_FLAG ? "flag" : "environment";
	struct place where = { .c = c, .file = file, .from = from };

	return set(c, name, value, &where, err);
}

static const struct value *value_of(
	const struct config *c, const char *name, const struct setting **s)
{
	int at;

	*s = setting_find(name, &at);
	return *s ? &c->values[at] : NULL;
}

const char *config_get(const struct config *c, const char *name)
{
	const struct setting *s;
	const struct value *v = value_of(c, name, &s);

	if (!v)
		return NULL;
	return v->text ? v->text : s->fallback;
}

int config_number(const struct config *c, const char *name)
{
	const char *text = config_get(c, name);

	return text ? atoi(text) : 0;
}

bool config_flag(const struct config *c, const char *name)
{
	const char *text = config_get(c, name);

	return text && strcmp(text, "yes") == 0;
}

enum config_from config_from(const struct config *c, const char *name, const char **file, int *line)
{
	const struct setting *s;
	const struct value *v = value_of(c, name, &s);

	*file = v && v->text ? v->file : NULL;
	*line = v && v->text ? v->line : 0;
	return v ? v->from : CONFIG_DEFAULT;
}

bool config_locked(const struct config *c, const char *name)
{
	const struct setting *s;
	const struct value *v = value_of(c, name, &s);

	return v && v->locked;
}

/* ---- locks */

static bool section_known(const char *type)
{
	for (const struct section_key *k = section_keys; k->section; k++)
		if (strcmp(k->section, type) == 0)
			return true;
	return false;
}

static bool words_contain(const char *words, const char *word)
{
	size_t size = strlen(word);

	for (const char *at = words; at && *at; at += strspn(at, " ")) {
		size_t length = strcspn(at, " ");

		if (length == size && strncmp(at, word, size) == 0)
			return true;
		at += length;
	}
	return false;
}

static void lock_one(struct place *p, const char *name)
{
	struct config *c = p->c;
	int at;

	if (section_known(name) && strcmp(name, "site")) {
		c->locked_sections = arena_printf(
			&c->arena, "%s %s", c->locked_sections ? c->locked_sections : "", name);
		return;
	}
	if (setting_find(name, &at)) {
		struct value *v = &c->values[at];

		v->locked = true;
		if (!v->file) {
			v->file = p->file;
			v->line = p->line;
		}
		return;
	}

	struct error why;

	refuse_unknown(name, &why);
	config_note(c, p->file, p->line, "%s", why.text);
}

static void lock(struct place *p, const char *names)
{
	if (p->from != CONFIG_SITE) {
		config_note(p->c, p->file, p->line, _("only a site's file (%s) can lock settings"),
			SITE_FILE);
		return;
	}
	for (const char *at = names; *at;) {
		at += strspn(at, ", \t");

		size_t size = strcspn(at, ", \t");

		if (size)
			lock_one(p, arena_copy_n(&p->c->arena, at, size));
		at += size;
	}
}

/* ---- sections */

static const char *seen_from(struct place *p, const char *path)
{
	const char *home = getenv("HOME");

	if (strncmp(path, "~/", 2) == 0 && home)
		return arena_printf(&p->c->arena, "%s%s", home, path + 1);
	if (*path == '/' || !*path || !strncmp(path, "pkcs11:", 7)) /* on a smartcard: no file */
		return path;
	return arena_printf(&p->c->arena, "%s/%s", p->dir, path);
}

static const struct section_key *section_key_find(const char *type, const char *key)
{
	for (const struct section_key *k = section_keys; k->section; k++)
		if (strcmp(k->section, type) == 0 &&
			(strcmp(k->key.name, key) == 0 || strcmp(k->key.name, "*") == 0))
			return k;
	return NULL;
}

static void note_unknown_key(struct place *p, const char *key)
{
	struct nearest near = { 0 };

	for (const struct section_key *k = section_keys; k->section; k++)
		if (strcmp(k->section, p->type) == 0)
			nearest_look(&near, key, k->key.name);
	if (near.name)
		config_note(p->c, p->file, p->line,
			_("unknown key %s in a section %s; the nearest is %s"), key, p->type,
			near.name);
	else
		config_note(
			p->c, p->file, p->line, _("unknown key %s in a section %s"), key, p->type);
}

static struct pair *pair_find(
	const struct config *c, const char *type, const char *name, const char *key)
{
	for (int i = 0; i < c->pair_count; i++) {
		struct pair *x = &c->pairs[i];

		if (!strcmp(x->type, type) && !strcmp(x->name, name) && !strcmp(x->key, key))
			return x;
	}
	return NULL;
}

static void put_pair(struct place *p, const char *key, const char *value)
{
	struct config *c = p->c;
	struct pair *x = pair_find(c, p->type, p->name, key);

	if (!x) {
		c->pairs = xrealloc(c->pairs, (size_t)(c->pair_count + 1) * sizeof(*c->pairs));
		x = &c->pairs[c->pair_count++];
		*x = (struct pair){ .type = p->type, .name = p->name };
		x->key = arena_copy(&c->arena, key);
	}
	if (x->file && x->from == p->from && !strcmp(x->file, p->file) && !strcmp(p->type, "key"))
		config_note(c, p->file, p->line, _("%s is bound twice; first on line %d"), key,
			x->line);
	x->value = arena_copy(&c->arena, value);
	x->from = p->from;
	x->file = p->file;
	x->line = p->line;
}

static void section_line(struct place *p, const char *key, const char *value)
{
	const struct section_key *k = section_key_find(p->type, key);

	if (!k) {
		note_unknown_key(p, key);
		return;
	}
	if (strcmp(p->type, "site") == 0) {
		lock(p, value);
		return;
	}

	struct error why;

	if (!setting_check(&k->key, value, &value, &why)) {
		config_note(p->c, p->file, p->line, "%s %s", key, why.text);
		return;
	}
	if (k->key.type == SETTING_FILE)
		value = seen_from(p, value);
	put_pair(p, key, value);
}

const char *config_section(const struct config *c, const char *type, int i)
{
	for (int at = 0; at < c->pair_count; at++) {
		const struct pair *x = &c->pairs[at];
		bool seen = strcmp(x->type, type) != 0;

		for (int before = 0; before < at && !seen; before++)
			seen = !strcmp(c->pairs[before].type, type) &&
			       !strcmp(c->pairs[before].name, x->name);
		if (!seen && i-- == 0)
			return x->name;
	}
	return NULL;
}

const char *config_section_get(
	const struct config *c, const char *type, const char *name, const char *key)
{
	const struct pair *x = pair_find(c, type, name, key);

	return x ? x->value : NULL;
}

const char *config_section_key(
	const struct config *c, const char *type, const char *name, int i, const char **value)
{
	for (int at = 0; at < c->pair_count; at++) {
		const struct pair *x = &c->pairs[at];

		if (strcmp(x->type, type) || strcmp(x->name, name) || i--)
			continue;
		*value = x->value;
		return x->key;
	}
	return NULL;
}

const char *config_section_place(
	const struct config *c, const char *type, const char *name, const char *key, int *line)
{
	const struct pair *x = pair_find(c, type, name, key);

	*line = x ? x->line : 0;
	return x ? x->file : NULL;
}

/* ---- lines */

static char *trim(char *text)
{
	text += strspn(text, " \t");

	size_t size = strlen(text);

	while (size && isspace((unsigned char)text[size - 1]))
		text[--size] = '\0';
	return text;
}

static bool setting_section(const char *type)
{
	size_t size = strlen(type);

	for (const struct setting *s = setting_list; s->name; s++)
		if (strncmp(s->name, type, size) == 0 && s->name[size] == '.')
			return true;
	return false;
}

static void note_section(struct place *p, const char *type)
{
	struct nearest near = { 0 };
	char word[32];

	for (const struct section_key *k = section_keys; k->section; k++)
		nearest_look(&near, type, k->section);
	for (const struct setting *s = setting_list; s->name && !near.name; s++) {
		snprintf(word, sizeof(word), "%.*s", (int)strcspn(s->name, "."), s->name);
		if (strchr(s->name, '.'))
			nearest_look(&near, type, word);
	}
	if (near.name)
		config_note(p->c, p->file, p->line, _("unknown section [%s]; the nearest is [%s]"),
			type, near.name);
	else
		config_note(p->c, p->file, p->line, _("unknown section [%s]"), type);
}

static void check_section(struct place *p)
{
	bool named = section_known(p->type) && strcmp(p->type, "site");

	if (strcmp(p->type, "key") == 0 && !p->name)
		p->name = ""; /* [key]: in every view */
	p->skip = true;
	if (!section_known(p->type) && !setting_section(p->type))
		note_section(p, p->type);
	else if (named && !p->name)
		config_note(p->c, p->file, p->line, _("a section %s needs a name: [%s \"NAME\"]"),
			p->type, p->type);
	else if (!named && p->name)
		config_note(p->c, p->file, p->line, _("a section %s has no name: [%s]"), p->type,
			p->type);
	else if (p->from != CONFIG_SITE && words_contain(p->c->locked_sections, p->type))
		config_note(p->c, p->file, p->line,
			_("sections %s are fixed by this site (%s); this one is passed over"),
			p->type, SITE_FILE);
	else
		p->skip = false;
}

/* [type] or [type "name"] */
static void header_line(struct place *p, char *text)
{
	struct arena *a = &p->c->arena;
	size_t size = strlen(text);
	size_t word = strcspn(text + 1, " \t\"]");

	p->skip = true;
	if (size < 3 || text[size - 1] != ']' || !word) {
		config_note(p->c, p->file, p->line,
			_("a section is written [name] or [name \"title\"]"));
		return;
	}
	text[size - 1] = '\0';
	p->type = arena_copy_n(a, text + 1, word);
	p->name = NULL;

	char *title = trim(text + 1 + word);
	size_t length = strlen(title);

	if (length) {
		if (length < 3 || *title != '"' || title[length - 1] != '"') {
			config_note(p->c, p->file, p->line,
				_("the name of a section stands in quotes: [%s \"%s\"]"), p->type,
				title);
			return;
		}
		p->name = arena_copy_n(a, title + 1, length - 2);
	}
	check_section(p);
}

static bool read_file(struct config *c, const char *path, enum config_from from, int depth,
	bool must, struct error *err);

static void include_line(struct place *p, const char *value)
{
	struct error why;

	if (!*value)
		config_note(p->c, p->file, p->line, _("include needs a file"));
	else if (p->depth >= DEEPEST)
		config_note(p->c, p->file, p->line, _("more than %d files include each other"),
			DEEPEST);
	else if (!read_file(p->c, seen_from(p, value), p->from, p->depth + 1, true, &why))
		config_note(p->c, p->file, p->line, "%s", why.text);
}

static void pair_line(struct place *p, const char *name, const char *value)
{
	if (strcmp(name, "include") == 0) {
		include_line(p, value);
		return;
	}
	if (p->type && section_known(p->type)) {
		section_line(p, name, value);
		return;
	}

	struct error why;
	const char *full = p->type ? arena_printf(&p->c->arena, "%s.%s", p->type, name) : name;

	int at;
	const struct setting *s = setting_find(full, &at);

	if (s && s->type == SETTING_FILE)
		value = seen_from(p, value);
	if (!set(p->c, full, value, p, &why))
		config_note(p->c, p->file, p->line, "%s", why.text);
}

/* Keys such as = [ and "#" can be bound: a name may be one such character, or stand in quotes. */
static char *unquoted(char *name)
{
	size_t size = strlen(name);

	if (size < 3 || *name != '"' || name[size - 1] != '"')
		return name;
	name[size - 1] = '\0';
	return name + 1;
}

static void read_line(struct place *p, char *line)
{
	char *text = trim(line);

	if (!*text || *text == '#' || *text == ';')
		return;
	if (*text == '[' && isalpha((unsigned char)text[1])) {
		header_line(p, text);
		return;
	}
	if (p->skip)
		return;

	char *equals = strchr(text + 1, '=');

	if (!equals) {
		config_note(p->c, p->file, p->line, _("a line is written name = value"));
		return;
	}
	*equals = '\0';
	pair_line(p, unquoted(trim(text)), trim(equals + 1));
}

/* ---- files */

static bool check_file(int fd, const char *path, struct error *err)
{
	struct stat st;

	if (fstat(fd, &st))
		return error_set(
			err, ERROR_CONFIG, _("%s cannot be read: %s."), path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return error_set(err, ERROR_CONFIG, _("%s is not a file."), path);
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return error_set(err, ERROR_CONFIG,
			_("%s belongs to another user, so it is not read; copy it or use your "
			  "own."),
			path);
	if (st.st_mode & 022)
		return error_set(err, ERROR_CONFIG,
			_("%s can be written by others, so it is not read; run chmod go-w on it."),
			path);
	if (st.st_size > LONGEST_FILE)
		return error_set(err, ERROR_CONFIG, _("%s is too long for a configuration."), path);
	return true;
}

static void read_lines(struct place *p, FILE *f)
{
	char *line = NULL;
	size_t room = 0;

	for (ssize_t size; (size = getline(&line, &room, f)) >= 0;) {
		char *text = line;

		p->line++;
		if (p->line == 1 && size >= 3 && memcmp(line, "\xEF\xBB\xBF", 3) == 0)
			text += 3;
		if (memchr(line, '\0', (size_t)size) || !text_valid(text, strlen(text))) {
			config_note(p->c, p->file, p->line, _("this line is not UTF-8 text"));
			continue;
		}
		read_line(p, text);
	}
	free(line);
}

static const char *dir_of(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return ".";
	return slash == path ? "/" : arena_copy_n(a, path, (size_t)(slash - path));
}

static bool read_file(struct config *c, const char *path, enum config_from from, int depth,
	bool must, struct error *err)
{
	if (from == CONFIG_USER && depth == 0 && !c->user_file)
		c->user_file = arena_copy(&c->arena, path);

	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 && !must && (errno == ENOENT || errno == ENOTDIR))
		return true;
	if (fd < 0)
		return error_set(
			err, ERROR_CONFIG, _("%s cannot be read: %s."), path, strerror(errno));
	if (!check_file(fd, path, err)) {
		close(fd);
		return false;
	}

	FILE *f = fdopen(fd, "r");

	if (!f) {
		close(fd);
		return error_set(
			err, ERROR_LOCAL, _("%s cannot be read: %s."), path, strerror(errno));
	}

	struct place p = { .c = c, .from = from, .depth = depth };

	p.file = arena_copy(&c->arena, path);
	p.dir = dir_of(&c->arena, path);
	read_lines(&p, f);
	fclose(f);
	return true;
}

bool config_read(struct config *c, const char *path, enum config_from from, struct error *err)
{
	return read_file(c, path, from, 0, false, err);
}

/* ---- environment */

/* Variables of ours that are no settings. */
static bool other_variable(const char *name)
{
	static const char *const names[] = { "CASELOAD_PROFILE", "CASELOAD_ACCESSIBLE",
		"CASELOAD_SHARED", NULL };

	for (int i = 0; names[i]; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static void variable_of(char *out, size_t size, const char *name)
{
	size_t n = (size_t)snprintf(out, size, "CASELOAD_");

	for (; *name && n + 1 < size; name++)
		out[n++] = *name == '.' ? '_' : (char)toupper((unsigned char)*name);
	out[n] = '\0';
}

static void environment_value(struct config *c, const char *variable, const char *value)
{
	struct nearest near = { 0 };
	char name[2][64] = { 0 };
	int at = 0; /* nearest_look() keeps the pointer, so the best one must not be overwritten */

	for (const struct setting *s = setting_list; s->name; s++) {
		variable_of(name[at], sizeof(name[at]), s->name);
		if (strcmp(name[at], variable) == 0) {
			struct error why;

			if (!config_set(c, s->name, value, CONFIG_ENVIRONMENT, &why))
				config_note(c, variable, 0, "%s", why.text);
			return;
		}
		nearest_look(&near, variable, name[at]);
		at = near.name == name[at] ? !at : at;
	}
	if (near.name)
		config_note(c, variable, 0, _("no such setting; the nearest is %s"), near.name);
	else
		config_note(c, variable, 0, _("no such setting"));
}

void config_read_environment(struct config *c, char *const *environ_list)
{
	for (int i = 0; environ_list && environ_list[i]; i++) {
		const char *equals = strchr(environ_list[i], '=');

		if (!equals || strncmp(environ_list[i], "CASELOAD_", 9))
			continue;

		char *name = arena_copy_n(
			&c->arena, environ_list[i], (size_t)(equals - environ_list[i]));

		if (!other_variable(name))
			environment_value(c, name, equals + 1);
	}
}

bool config_load(
	struct config *c, const char *user_file, char *const *environ_list, struct error *err)
{
	struct buf path = { 0 };

	if (!config_read(c, SITE_FILE, CONFIG_SITE, err))
		return false;

	bool good = true;

	if (user_file) {
		good = read_file(c, user_file, CONFIG_USER, 0, true, err);
	} else if (config_check_dir("config", err) && config_place(&path, "config", err)) {
		buf_text(&path, "/config");
		good = config_read(c, path.text, CONFIG_USER, err);
	} else {
		good = false;
	}
	buf_clear(&path);
	config_read_environment(c, environ_list);
	return good;
}

const char *config_user_file(const struct config *c)
{
	return c->user_file;
}

/* ---- commands */

static const char *word_at(const char *s)
{
	while (isspace((unsigned char)*s))
		s++;
	return s;
}

/* One word with its quotes taken off, to *out; false when a quote stays open. */
static bool command_word(const char **at, char **out)
{
	char quote = 0;
	const char *s = *at;
	char *to = *out;

	for (; *s && (quote || !isspace((unsigned char)*s)); s++) {
		if (quote && *s == quote)
			quote = 0;
		else if (!quote && (*s == '"' || *s == '\''))
			quote = *s;
		else if (*s == '\\' && s[1] && (!quote || (quote == '"' && strchr("\"\\$`", s[1]))))
			*to++ = *++s;
		else
			*to++ = *s;
	}
	*to++ = '\0';
	*out = to;
	*at = s;
	return !quote;
}

char **config_argv(const char *value)
{
	size_t size = strlen(value);
	size_t most = size / 2 + 2; /* words, and the NULL */
	char **argv = xmalloc(most * sizeof(*argv) + size + 2);
	char *to = (char *)(argv + most);
	size_t count = 0;

	for (const char *at = word_at(value); *at; at = word_at(at)) {
		argv[count++] = to;
		if (!command_word(&at, &to)) {
			free(argv);
			return NULL;
		}
	}
	argv[count] = NULL;
	if (count)
		return argv;
	free(argv);
	return NULL;
}
