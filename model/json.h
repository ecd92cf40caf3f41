/* JSON, and all our types to and from our own JSON (Casework REST; the client's --json). Only
   json.c uses jansson; our types are in json_read.c, json_write.c and json_patch.c. Reading is
   guarded: depth 64, duplicate members refused, bytes that are not UTF-8 repaired and told. Writing
   is a stream into a buf: nothing is built twice. */
#ifndef MODEL_JSON_H
#define MODEL_JSON_H

#include "model/buf.h"
#include "model/page.h"
#include "model/patch.h"

/* ---- reading: a node is borrowed from its document */
struct json;

/* NULL with err (ERROR_GARBLED: position and what) when it is no JSON. *repaired may be NULL. */
struct json *json_read(const char *text, size_t size, bool *repaired, struct error *);
void json_free(struct json *); /* the root only; NULL is fine */

enum json_type {
	JSON_NOTHING,
	JSON_NULL_VALUE,
	JSON_BOOL,
	JSON_INT,
	JSON_FLOAT,
	JSON_TEXT,
	JSON_LIST,
	JSON_OBJECT
};
enum json_type json_type(const struct json *); /* of NULL: JSON_NOTHING */

const struct json *json_get(const struct json *object, const char *name); /* NULL: not there */
const char *json_text(const struct json *); /* NULL when it is no text */
int64_t json_int(
	const struct json *, int64_t otherwise); /* a number, real or whole; else otherwise */
double json_number(const struct json *, double otherwise);
bool json_bool(const struct json *, bool otherwise);
size_t json_count(const struct json *); /* members of a list or object */
const struct json *json_at(const struct json *list, size_t i);
const char *json_name_at(const struct json *object, size_t i, const struct json **value);

const char *json_get_text(const struct json *object, const char *name);
int64_t json_get_int(const struct json *object, const char *name, int64_t otherwise);
bool json_get_bool(const struct json *object, const char *name, bool otherwise);

/* A list of texts as words, a space inside one as a no-break space, as json_put_words() writes them;
   NULL: none. */
const char *json_words(const struct json *list, struct arena *);

/* One member of an object that is kept as text, such as casefile.fields: as text for people (a
   number in figures, a flag yes or no, a list as words, an object as JSON), NULL when it is not
   there or null; and the object with that member set to a text (NULL: without it; NULL when nothing
   is left). */
const char *json_member_text(const char *object, const char *name, struct arena *);
const char *json_member_set(
	const char *object, const char *name, const char *value, struct arena *);

/* Appends a node as JSON text again (members in their order). */
void json_print(struct buf *, const struct json *);

/* ---- writing */
struct json_out {
	struct buf *buf;
	bool comma;
	bool ascii; /* everything outside ASCII as \u: for a terminal */
};

/* `name` is the member's name, or NULL inside a list and at the top. */
void json_open(struct json_out *, const char *name, char bracket);	   /* '{' or '[' */
void json_close(struct json_out *, char bracket);			   /* '}' or ']' */
void json_put_text(struct json_out *, const char *name, const char *text); /* NULL: null */
void json_put_int(struct json_out *, const char *name, int64_t);
void json_put_real(struct json_out *, const char *name, double);
void json_put_bool(struct json_out *, const char *name, bool);
void json_put_null(struct json_out *, const char *name);
void json_put_time(struct json_out *, const char *name, time_t);	     /* 0: null */
void json_put_words(struct json_out *, const char *name, const char *words); /* a list of texts */
void json_put_raw(
	struct json_out *, const char *name, const char *json); /* NULL: null; text is JSON */
void json_put_node(struct json_out *, const char *name, const struct json *); /* NULL: null */

/* Which members are wanted: `fields=id,subject`. NULL or "" means all; id and version always come.
 */
bool json_wanted(const char *fields, const char *name);

/* ---- our types on the wire of Casework REST. Readers fill a zeroed struct, strings copied into
   the arena; a wrong type in a member is ERROR_GARBLED naming it, an unknown member is passed over.
   A lease's expires_in becomes held_until_ms counted from nothing: whoever has a clock adds it. In
   words (tags, skills) a space inside one is kept as a no-break space, and written as a space
   again. */
bool json_read_case(const struct json *, struct casefile *, struct arena *, struct error *);
bool json_read_citizen(const struct json *, struct citizen *, struct arena *, struct error *);
bool json_read_event(const struct json *, struct event *, struct arena *, struct error *);
bool json_read_worker(const struct json *, struct worker *, struct arena *, struct error *);
bool json_read_team(const struct json *, struct team *, struct arena *, struct error *);
bool json_read_template(
	const struct json *, struct answer_template *, struct arena *, struct error *);
bool json_read_kind(const struct json *, struct kind *, struct arena *, struct error *);
bool json_read_access(const struct json *, struct access *, struct arena *, struct error *);

/* The files an event tells of (event.files), in the arena; ends with a nameless one. */
struct attachment *json_read_files(const char *files, struct arena *);

void json_write_case(
	struct json_out *, const char *name, const struct casefile *, const char *fields);
/* Without the braces, for who has more to say of one. */
void json_write_citizen_members(struct json_out *, const struct citizen *, const char *fields);
void json_write_citizen(
	struct json_out *, const char *name, const struct citizen *, const char *fields);
void json_write_event(struct json_out *, const char *name, const struct event *);
void json_write_worker(struct json_out *, const char *name, const struct worker *);
void json_write_team(struct json_out *, const char *name, const struct team *);
void json_write_template(struct json_out *, const char *name, const struct answer_template *);
void json_write_kind(struct json_out *, const char *name, const struct kind *);
void json_write_access(struct json_out *, const char *name, const struct access *);

/* The body of the request a patch becomes on Casework REST: a merge patch, or the input of a POST.
 */
void json_write_patch(struct json_out *, const struct patch *);

/* A patch whole, to keep in the outbox and to show with --json --dry-run; and back. */
void json_write_outbox(struct json_out *, const struct patch *);
bool json_read_outbox(const char *text, struct patch *, struct error *);

#endif
