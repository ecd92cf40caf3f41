/* Configuration. One table of settings makes the reader, `caseload config list`, config.example and
   the page caseload.conf(5). Files are ini: `name = value` under [section]; `include = FILE`;
   comments are lines that begin with # or ;. Order: a site's file, the user's, the environment
   (CASELOAD_UI_CLOCK=no), flags: the later wins, except what a site marks as locked (`lock =
   net.timeout, ...` in its [site] section). */
#ifndef MODEL_CONFIG_H
#define MODEL_CONFIG_H

#include "model/buf.h"
#include "model/error.h"

enum setting_type {
	SETTING_TEXT,
	SETTING_NUMBER,
	SETTING_FLAG,
	SETTING_CHOICE,
	SETTING_COMMAND, /* an argument list: config_argv() */
	SETTING_FILE	 /* ~/ is the home directory; else seen from the file it is written in */
};

struct setting {
	const char *name; /* "ui.clock": section and name */
	enum setting_type type;
	const char *fallback; /* as written in a file; "" for none */
	const char *range;    /* NUMBER: "0..3600"; CHOICE: "letters|ctrl|none"; else NULL */
	const char *help;     /* one sentence, through _() */
	bool ceiling; /* NUMBER: what the site's file says is the most, 0 (never) is more than all of them */
};

extern const struct setting setting_list[]; /* ends with a nameless one */

/* What may stand in a named section: [service "city"], [view "Mine"]; and in [site]. name "*":
   anything, as in [key "case"]. fallback is the example shown in config.example. */
struct section_key {
	const char *section;
	struct setting key;
};

extern const struct section_key section_keys[]; /* ends with a sectionless one */

/* The tabs of the screen, and the views of --view, where no [view] is configured. */
struct view_default {
	const char *name, *query; /* the name through _() */
};

extern const struct view_default view_defaults[]; /* ends with a nameless one */

const char *setting_type_name(enum setting_type); /* "number", for tables of people */

/* Whether the value may stand there, in *out its stored form (flags as yes or no; borrowed from
   value or constant). The error is the end of a sentence: "must be a number from 1 to 600". */
bool setting_check(const struct setting *, const char *value, const char **out, struct error *);

/* Where a value came from; the later wins unless locked. */
enum config_from { CONFIG_DEFAULT, CONFIG_SITE, CONFIG_USER, CONFIG_ENVIRONMENT, CONFIG_FLAG };

struct config;

struct config *config_new(void);
void config_free(struct config *);

/* Reads one file. A missing file is no error. A file others may write is refused (ERROR_CONFIG). An
   unknown name, a bad value: noted (config_problem) and passed over, so that one slip loses one
   line. */
bool config_read(struct config *, const char *path, enum config_from, struct error *);
void config_read_environment(struct config *, char *const *environ_list);
bool config_set(
	struct config *, const char *name, const char *value, enum config_from, struct error *);

/* Everything but flags, in its order: the site's file, the user's (NULL: where it usually is), the
   environment. */
bool config_load(struct config *, const char *user_file, char *const *environ_list, struct error *);

/* The person's own file, whether it is there or not; NULL: none was looked for. */
const char *config_user_file(const struct config *);
/* Writes [type "name"] with these pairs (name, value, ..., NULL) into it, in place of one of that
   name; all else in it stays. This configuration is not changed: it is read at the next start. */
bool config_save_section(const struct config *, const char *type, const char *name,
	const char *const *pairs, struct error *);

/* "FILE:LINE: unknown setting ui.clok; the nearest is ui.clock", one each; NULL after the last. */
const char *config_problem(const struct config *, int i);
/* A problem found by somebody else, such as a key bound twice. */
void config_note(struct config *, const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

const char *config_get(const struct config *, const char *name); /* never NULL for a known name */
int config_number(const struct config *, const char *name);
bool config_flag(const struct config *, const char *name);
enum config_from config_from(const struct config *, const char *name, const char **file, int *line);
bool config_locked(const struct config *, const char *name);

/* A command setting as an argument list (quotes as in a shell, nothing expanded, no shell run): in
   one block the caller frees; NULL when empty, or when a quote is left open. */
char **config_argv(const char *value);

/* Named sections: [service "city"], [view "Mine"], [key "case"]; [key] alone has the name "". Names
   in the order of the files; the value NULL when not set. */
const char *config_section(
	const struct config *, const char *type, int i); /* NULL after the last */
const char *config_section_get(
	const struct config *, const char *type, const char *name, const char *key);
/* All pairs of one section, for [key ...]: NULL after the last. */
const char *config_section_key(
	const struct config *, const char *type, const char *name, int i, const char **value);
/* Where that pair was written. */
const char *config_section_place(
	const struct config *, const char *type, const char *name, const char *key, int *line);

/* Writes config.example: every setting once, commented out, with its default and why. */
void config_example(struct buf *);

/* Directories, made 0700 when missing, and when others could read them; refused when another owns
   them, others may write in them, or they are links: what is in them may then be anybody's. which:
   config, data, state, runtime, cache (XDG Base Directory; runtime falls back to cache). They are
   called caseload, or caseload-NAME where CASELOAD_PROFILE=NAME is set. */
bool config_dir(struct buf *out, const char *which, struct error *);
/* The same place as a name alone: nothing is made, nothing is looked at. */
bool config_place(struct buf *out, const char *which, struct error *);
/* Whether there is a runtime directory (XDG_RUNTIME_DIR) of this user's alone; else the cache serves. */
bool config_has_runtime(void);
/* Whether the directory, where it is there, may be used; nothing is made. */
bool config_check_dir(const char *which, struct error *err);
/* Makes path as such a directory: for --data and the like. */
bool config_make_dir(const char *path, struct error *);

#endif
