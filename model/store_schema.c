/* The tables of the two files and how they grew. The outbox is brought forward by numbered steps
   and never thrown away; the cache is made anew whenever its number is another. */
#include "model/store_own.h"

#include <stddef.h>
#include <stdio.h>

enum { OUTBOX_VERSION = 5, CACHE_VERSION = 6 };

/* body holds what never changes while a row waits; what does has a column of its own. unsure: it
   was sent once and may have arrived. */
static const char *const outbox_steps[OUTBOX_VERSION] = {
	"CREATE TABLE patch ("
	"  key INTEGER PRIMARY KEY AUTOINCREMENT, service TEXT, uuid TEXT NOT NULL UNIQUE,"
	"  on_ INTEGER NOT NULL, object INTEGER NOT NULL, creates INTEGER NOT NULL,"
	"  state INTEGER NOT NULL, not_before INTEGER NOT NULL, retry_at INTEGER NOT NULL DEFAULT "
	"0,"
	"  tries INTEGER NOT NULL DEFAULT 0, unsure INTEGER NOT NULL DEFAULT 0,"
	"  error INTEGER NOT NULL DEFAULT 0, error_text TEXT, theirs TEXT, version TEXT,"
	"  made INTEGER NOT NULL, body TEXT NOT NULL);"
	"CREATE INDEX patch_object ON patch (on_, object, key);"
	/* What a row of the outbox is about, so that it can be sent when the cache is gone. */
	"CREATE TABLE object ("
	"  key INTEGER PRIMARY KEY, on_ INTEGER NOT NULL, service TEXT, id TEXT, number TEXT,"
	"  title TEXT, version TEXT);"
	"CREATE INDEX object_id ON object (id);"
	"CREATE INDEX object_number ON object (number);"
	/* A new thing's key until the service gave it a name, and the one it has since. */
	"CREATE TABLE alias (old INTEGER PRIMARY KEY, key INTEGER NOT NULL, at INTEGER NOT NULL);"
	"CREATE TABLE done ("
	"  key INTEGER PRIMARY KEY, service TEXT, uuid TEXT, on_ INTEGER, object INTEGER,"
	"  creates INTEGER, at INTEGER NOT NULL, last_event INTEGER, version TEXT, body TEXT NOT "
	"NULL);"
	"CREATE INDEX done_at ON done (at);"
	"CREATE INDEX done_object ON done (object);"
	"CREATE TABLE draft ("
	"  key INTEGER PRIMARY KEY AUTOINCREMENT, object INTEGER NOT NULL, kind TEXT NOT NULL,"
	"  text TEXT, title TEXT, changed INTEGER NOT NULL);"
	"CREATE INDEX draft_object ON draft (object, kind);",
	/* When its key went out first: a service knows keys for 30 days. */
	"ALTER TABLE patch ADD COLUMN sent INTEGER NOT NULL DEFAULT 0;",
	/* What a person said of two citizens' records (model/person.h): rows are only added, the last
	   one of a pair holds; act binds what was said at once. */
	"CREATE TABLE kin ("
	"  key INTEGER PRIMARY KEY AUTOINCREMENT, act INTEGER NOT NULL,"
	"  service_a TEXT NOT NULL, id_a TEXT NOT NULL, service_b TEXT NOT NULL, id_b TEXT NOT "
	"NULL,"
	"  said INTEGER NOT NULL, by_ TEXT, at INTEGER NOT NULL);"
	"CREATE INDEX kin_a ON kin (id_a, service_a);"
	"CREATE INDEX kin_b ON kin (id_b, service_b);"
	"CREATE INDEX kin_act ON kin (act);",
	"ALTER TABLE draft ADD COLUMN files TEXT;",
	/* The new case it goes out after: negative until that is accepted. */
	"ALTER TABLE patch ADD COLUMN after_ INTEGER NOT NULL DEFAULT 0;",
};

#define AT(type, member) offsetof(struct type, member)

const struct member case_members[] = {
	{ "service", MEMBER_TEXT, AT(casefile, service) },
	{ "id", MEMBER_TEXT, AT(casefile, id) },
	{ "number", MEMBER_TEXT, AT(casefile, number) },
	{ "version", MEMBER_TEXT, AT(casefile, version) },
	{ "subject", MEMBER_TEXT, AT(casefile, subject) },
	{ "queue", MEMBER_TEXT, AT(casefile, queue) },
	{ "kind", MEMBER_TEXT, AT(casefile, kind) },
	{ "step", MEMBER_TEXT, AT(casefile, step) },
	{ "stage", MEMBER_ENUM, AT(casefile, stage) },
	{ "status", MEMBER_TEXT, AT(casefile, status) },
	{ "outcome", MEMBER_TEXT, AT(casefile, outcome) },
	{ "priority", MEMBER_INT, AT(casefile, priority) },
	{ "worker", MEMBER_TEXT, AT(casefile, worker) },
	{ "team", MEMBER_TEXT, AT(casefile, team) },
	{ "surge", MEMBER_TEXT, AT(casefile, surge) },
	{ "group_", MEMBER_TEXT, AT(casefile, group) },
	{ "citizen", MEMBER_TEXT, AT(casefile, citizen) },
	{ "citizen_name", MEMBER_TEXT, AT(casefile, citizen_name) },
	{ "citizen_born", MEMBER_TEXT, AT(casefile, citizen_born) },
	{ "citizen_town", MEMBER_TEXT, AT(casefile, citizen_town) },
	{ "channel", MEMBER_TEXT, AT(casefile, channel) },
	{ "language", MEMBER_TEXT, AT(casefile, language) },
	{ "duplicate_of", MEMBER_TEXT, AT(casefile, duplicate_of) },
	{ "links", MEMBER_TEXT, AT(casefile, links) },
	{ "skills", MEMBER_TEXT, AT(casefile, skills) },
	{ "tags", MEMBER_TEXT, AT(casefile, tags) },
	{ "fields", MEMBER_TEXT, AT(casefile, fields) },
	{ "holder", MEMBER_TEXT, AT(casefile, holder) },
	{ "fence", MEMBER_INT64, AT(casefile, fence) },
	{ "held_until_ms", MEMBER_INT64, AT(casefile, held_until_ms) },
	{ "opened", MEMBER_TIME, AT(casefile, opened) },
	{ "changed", MEMBER_TIME, AT(casefile, changed) },
	{ "due", MEMBER_TIME, AT(casefile, due) },
	{ "resolved", MEMBER_TIME, AT(casefile, resolved) },
	{ "contact_at", MEMBER_TIME, AT(casefile, contact_at) },
	{ "contact", MEMBER_TEXT, AT(casefile, contact) },
	{ "delivery", MEMBER_TEXT, AT(casefile, delivery) },
	{ "last_event", MEMBER_INT64, AT(casefile, last_event) },
	{ "last_seen", MEMBER_INT64, AT(casefile, last_seen) },
	{ "events", MEMBER_INT, AT(casefile, events) },
	{ "restricted", MEMBER_BOOL, AT(casefile, restricted) },
	{ "fetched", MEMBER_TIME, AT(casefile, fetched) },
	{ "text", MEMBER_TEXT, AT(casefile, text) },
	{ "rest", MEMBER_TEXT, AT(casefile, rest) },
	{ NULL, MEMBER_TEXT, 0 },
};

const struct member citizen_members[] = {
	{ "service", MEMBER_TEXT, AT(citizen, service) },
	{ "id", MEMBER_TEXT, AT(citizen, id) },
	{ "version", MEMBER_TEXT, AT(citizen, version) },
	{ "ref", MEMBER_TEXT, AT(citizen, ref) },
	{ "given", MEMBER_TEXT, AT(citizen, given) },
	{ "family", MEMBER_TEXT, AT(citizen, family) },
	{ "born", MEMBER_TEXT, AT(citizen, born) },
	{ "street", MEMBER_TEXT, AT(citizen, street) },
	{ "postcode", MEMBER_TEXT, AT(citizen, postcode) },
	{ "town", MEMBER_TEXT, AT(citizen, town) },
	{ "country", MEMBER_TEXT, AT(citizen, country) },
	{ "phone", MEMBER_TEXT, AT(citizen, phone) },
	{ "mail", MEMBER_TEXT, AT(citizen, mail) },
	{ "language", MEMBER_TEXT, AT(citizen, language) },
	{ "reach", MEMBER_TEXT, AT(citizen, reach) },
	{ "consents", MEMBER_TEXT, AT(citizen, consents) },
	{ "flags", MEMBER_TEXT, AT(citizen, flags) },
	{ "match_", MEMBER_TEXT, AT(citizen, match) },
	{ "guarded", MEMBER_BOOL, AT(citizen, guarded) },
	{ "open_cases", MEMBER_INT, AT(citizen, open_cases) },
	{ "all_cases", MEMBER_INT, AT(citizen, all_cases) },
	{ "created", MEMBER_TIME, AT(citizen, created) },
	{ "changed", MEMBER_TIME, AT(citizen, changed) },
	{ "fetched", MEMBER_TIME, AT(citizen, fetched) },
	{ NULL, MEMBER_TEXT, 0 },
};

const struct member event_members[] = {
	{ "service", MEMBER_TEXT, AT(event, service) },
	{ "id", MEMBER_TEXT, AT(event, id) },
	{ "seq", MEMBER_INT64, AT(event, seq) },
	{ "kind", MEMBER_ENUM, AT(event, kind) },
	{ "wire", MEMBER_TEXT, AT(event, wire) },
	{ "at", MEMBER_TIME, AT(event, at) },
	{ "by_", MEMBER_TEXT, AT(event, by) },
	{ "team", MEMBER_TEXT, AT(event, team) },
	{ "text", MEMBER_TEXT, AT(event, text) },
	{ "channel", MEMBER_TEXT, AT(event, channel) },
	{ "language", MEMBER_TEXT, AT(event, language) },
	{ "delivery", MEMBER_TEXT, AT(event, delivery) },
	{ "about", MEMBER_INT64, AT(event, about) },
	{ "changes", MEMBER_TEXT, AT(event, changes) },
	{ "files", MEMBER_TEXT, AT(event, files) },
	{ "mentions", MEMBER_TEXT, AT(event, mentions) },
	{ "visible", MEMBER_BOOL, AT(event, visible) },
	{ NULL, MEMBER_TEXT, 0 },
};

const struct member worker_members[] = {
	{ "service", MEMBER_TEXT, AT(worker, service) },
	{ "id", MEMBER_TEXT, AT(worker, id) },
	{ "name", MEMBER_TEXT, AT(worker, name) },
	{ "mail", MEMBER_TEXT, AT(worker, mail) },
	{ "team", MEMBER_TEXT, AT(worker, team) },
	{ "skills", MEMBER_TEXT, AT(worker, skills) },
	{ "languages", MEMBER_TEXT, AT(worker, languages) },
	{ "presence", MEMBER_TEXT, AT(worker, presence) },
	{ "open_cases", MEMBER_INT, AT(worker, open_cases) },
	{ "seen", MEMBER_TIME, AT(worker, seen) },
	{ NULL, MEMBER_TEXT, 0 },
};

const struct member team_members[] = {
	{ "service", MEMBER_TEXT, AT(team, service) },
	{ "id", MEMBER_TEXT, AT(team, id) },
	{ "name", MEMBER_TEXT, AT(team, name) },
	{ "lead", MEMBER_TEXT, AT(team, lead) },
	{ "queues", MEMBER_TEXT, AT(team, queues) },
	{ "workers", MEMBER_INT, AT(team, workers) },
	{ "open_cases", MEMBER_INT, AT(team, open_cases) },
	{ NULL, MEMBER_TEXT, 0 },
};

const struct member template_members[] = {
	{ "service", MEMBER_TEXT, AT(answer_template, service) },
	{ "id", MEMBER_TEXT, AT(answer_template, id) },
	{ "name", MEMBER_TEXT, AT(answer_template, name) },
	{ "language", MEMBER_TEXT, AT(answer_template, language) },
	{ "queue", MEMBER_TEXT, AT(answer_template, queue) },
	{ "outcome", MEMBER_TEXT, AT(answer_template, outcome) },
	{ "text", MEMBER_TEXT, AT(answer_template, text) },
	{ NULL, MEMBER_TEXT, 0 },
};

const struct member access_members[] = {
	{ "at", MEMBER_TIME, AT(access, at) },
	{ "worker", MEMBER_TEXT, AT(access, worker) },
	{ "team", MEMBER_TEXT, AT(access, team) },
	{ "action", MEMBER_TEXT, AT(access, action) },
	{ "purpose", MEMBER_TEXT, AT(access, purpose) },
	{ NULL, MEMBER_TEXT, 0 },
};

const struct member profile_members[] = {
	{ "service", MEMBER_TEXT, AT(profile, service) },
	{ "title", MEMBER_TEXT, AT(profile, title) },
	{ "me", MEMBER_TEXT, AT(profile, me) },
	{ "my_name", MEMBER_TEXT, AT(profile, my_name) },
	{ "my_team", MEMBER_TEXT, AT(profile, my_team) },
	{ "roles", MEMBER_TEXT, AT(profile, roles) },
	{ "features", MEMBER_TEXT, AT(profile, features) },
	{ "workflow", MEMBER_TEXT, AT(profile, workflow) },
	{ "sample", MEMBER_BOOL, AT(profile, sample) },
	{ NULL, MEMBER_TEXT, 0 },
};

/* ---- members */

int members_count(const struct member *m)
{
	int n = 0;

	while (m[n].column)
		n++;
	return n;
}

void members_names(struct buf *out, const struct member *m, const char *before)
{
	for (int i = 0; m[i].column; i++)
		buf_printf(out, "%s%s%s", i ? ", " : "", before, m[i].column);
}

void members_bind(sqlite3_stmt *stmt, int first, const struct member *m, const void *object)
{
	for (int i = 0; stmt && m[i].column; i++) {
		const char *at = (const char *)object + m[i].offset;

		switch (m[i].type) {
		case MEMBER_TEXT:
			/* The object outlives the step. */
			sqlite3_bind_text(
				stmt, first + i, *(const char *const *)at, -1, SQLITE_STATIC);
			break;
		case MEMBER_INT:
		case MEMBER_ENUM:
			sqlite3_bind_int(stmt, first + i, *(const int *)at);
			break;
		case MEMBER_INT64:
			sqlite3_bind_int64(stmt, first + i, *(const int64_t *)at);
			break;
		case MEMBER_TIME:
			sqlite3_bind_int64(stmt, first + i, *(const time_t *)at);
			break;
		case MEMBER_BOOL:
			sqlite3_bind_int(stmt, first + i, *(const bool *)at);
			break;
		}
	}
}

void members_read(
	sqlite3_stmt *stmt, int first, const struct member *m, void *object, struct arena *arena)
{
	for (int i = 0; m[i].column; i++) {
		char *at = (char *)object + m[i].offset;

		switch (m[i].type) {
		case MEMBER_TEXT:
			*(const char **)at = column_copy(stmt, first + i, arena);
			break;
		case MEMBER_INT:
		case MEMBER_ENUM:
			*(int *)at = sqlite3_column_int(stmt, first + i);
			break;
		case MEMBER_INT64:
			*(int64_t *)at = sqlite3_column_int64(stmt, first + i);
			break;
		case MEMBER_TIME:
			*(time_t *)at = (time_t)sqlite3_column_int64(stmt, first + i);
			break;
		case MEMBER_BOOL:
			*(bool *)at = sqlite3_column_int(stmt, first + i) != 0;
			break;
		}
	}
}

/* ---- making the tables */

static int user_version(struct base *base)
{
	sqlite3_stmt *stmt = base_prepare(base, "PRAGMA user_version");
	int version = stmt && sqlite3_step(stmt) == SQLITE_ROW ? sqlite3_column_int(stmt, 0) : -1;

	sqlite3_finalize(stmt);
	return version;
}

static bool set_version(struct base *base, int version)
{
	char sql[48];

	snprintf(sql, sizeof(sql), "PRAGMA user_version = %d", version);
	return base_run(base, sql);
}

bool schema_outbox_is_made(struct base *base)
{
	return user_version(base) == OUTBOX_VERSION;
}

bool schema_outbox(struct base *base)
{
	if (schema_outbox_is_made(base))
		return true;
	/* Another window may be making them at this moment: look again inside the transaction. */
	if (!base_begin(base))
		return false;

	bool good = true;
	int version = user_version(base);
	for (int i = version; good && version >= 0 && i < OUTBOX_VERSION; i++)
		good = base_run(base, outbox_steps[i]) && set_version(base, i + 1);
	if (good && version >= 0)
		return base_commit(base);
	base_rollback(base);
	return false;
}

static const char *const cache_tables =
	/* The keys of rows the service no longer shows, for those who have one on the screen. */
	"CREATE TABLE gone (key INTEGER PRIMARY KEY, service TEXT, id TEXT, number TEXT, subject "
	"TEXT);"
	"CREATE TABLE kind (service TEXT, id TEXT, body TEXT, PRIMARY KEY (service, id)) WITHOUT "
	"ROWID;"
	"CREATE TABLE list (id INTEGER PRIMARY KEY, service TEXT, what TEXT, text TEXT,"
	"  fetched INTEGER, total INTEGER, next TEXT, UNIQUE (service, what, text));"
	"CREATE TABLE list_row (list INTEGER, place INTEGER, key INTEGER, match_ TEXT,"
	"  PRIMARY KEY (list, place)) WITHOUT ROWID;"
	"CREATE TABLE state (service TEXT PRIMARY KEY, online INTEGER, since INTEGER, synced "
	"INTEGER,"
	"  why TEXT) WITHOUT ROWID;"
	"CREATE TABLE cursor (service TEXT PRIMARY KEY, text TEXT) WITHOUT ROWID;"
	/* How each list is looked at: an equality first, then the order (speed.md 5). k is the key
	   once more: SQLite takes (sort, key) > (?, ?) from an index only where both are columns of
	   it. service at the end: the count of one service needs no row of the table. */
	"CREATE INDEX cases_id ON cases (id, service);"
	"CREATE INDEX cases_number ON cases (number);"
	"CREATE INDEX cases_natural ON cases (number COLLATE counted, k);"
	"CREATE INDEX cases_citizen ON cases (citizen);"
	"CREATE INDEX cases_due ON cases (is_open, sort_due, k, service);"
	"CREATE INDEX cases_due_down ON cases (is_open, due, k);"
	"CREATE INDEX cases_changed ON cases (is_open, changed, k);"
	"CREATE INDEX cases_opened ON cases (is_open, opened, k);"
	"CREATE INDEX cases_priority ON cases (is_open, sort_priority, k);"
	"CREATE INDEX cases_subject ON cases (is_open, sort_subject, k);"
	"CREATE INDEX cases_team ON cases (team, is_open, sort_due, k, worker, due, service);"
	"CREATE INDEX cases_worker ON cases (worker, is_open, sort_due, k, service);"
	"CREATE INDEX cases_updated ON cases (changed, k);"
	"CREATE INDEX cases_all_due ON cases (sort_due, k);"
	"CREATE INDEX citizens_id ON citizens (id, service);"
	"CREATE INDEX citizens_ref ON citizens (ref);"
	"CREATE INDEX citizens_family ON citizens (words_family);"
	/* How the records of one person are found (store_person.c). */
	"CREATE INDEX citizens_tight_ref ON citizens (tight_ref);"
	"CREATE INDEX citizens_mail ON citizens (words_mail);"
	"CREATE INDEX citizens_tail ON citizens (tail_phone);"
	"CREATE INDEX citizens_born ON citizens (born);"
	"CREATE INDEX citizens_postcode ON citizens (tight_postcode);"
	/* ascii: every byte beyond ASCII is a letter, as query_words() leaves it. */
	"CREATE VIRTUAL TABLE case_words USING fts5 (words, content='cases', content_rowid='key',"
	"  tokenize='ascii', prefix='1 2 3', columnsize=0);"
	"CREATE VIRTUAL TABLE citizen_words USING fts5 (words, content='citizens', "
	"content_rowid='key',"
	"  tokenize='ascii', prefix='1 2 3', columnsize=0);";

/* What ANALYZE would say of a large cache, said at once: an empty one tells the planner nothing,
   and it takes is_open for a sharper knife than a word found five times. */
static const char *const cache_statistics =
	"ANALYZE; DELETE FROM sqlite_stat1; INSERT INTO sqlite_stat1 VALUES"
	" ('cases', 'cases_id', '100000 1 1'), ('cases', 'cases_number', '100000 1'),"
	" ('cases', 'cases_natural', '100000 1 1'),"
	" ('cases', 'cases_citizen', '100000 3'), ('cases', 'cases_due', '100000 60000 2 1 1'),"
	" ('cases', 'cases_due_down', '100000 60000 2 1'),"
	" ('cases', 'cases_changed', '100000 60000 2 1'),"
	" ('cases', 'cases_opened', '100000 60000 2 1'),"
	" ('cases', 'cases_priority', '100000 60000 12000 1'),"
	" ('cases', 'cases_subject', '100000 60000 20 1'),"
	" ('cases', 'cases_team', '100000 8000 5000 2 1 1 1 1'),"
	" ('cases', 'cases_worker', '100000 300 200 2 1 1'),"
	" ('cases', 'cases_updated', '100000 2 1'), ('cases', 'cases_all_due', '100000 2 1'),"
	" ('citizens', 'citizens_id', '100000 1 1'), ('citizens', 'citizens_ref', '100000 1'),"
	" ('citizens', 'citizens_tight_ref', '100000 1'), ('citizens', 'citizens_mail', '100000 2'),"
	" ('citizens', 'citizens_tail', '100000 2'), ('citizens', 'citizens_born', '100000 6'),"
	" ('citizens', 'citizens_postcode', '100000 30'),"
	" ('citizens', 'citizens_family', '100000 20');";

/* A table with a column for each member, and more after them. */
static bool make_table(struct base *base, const char *name, const char *key, const struct member *m,
	const char *more)
{
	struct buf sql = { 0 };

	buf_printf(&sql, "CREATE TABLE %s (%s, ", name, key);
	members_names(&sql, m, "");
	buf_printf(&sql, "%s)", more);
	bool good = base_run(base, buf_str(&sql));
	buf_clear(&sql);
	return good;
}

static bool make_cache(struct base *base)
{
	return make_table(base, "cases", "key INTEGER PRIMARY KEY", case_members,
		       ", k, is_open, sort_due, sort_priority, sort_subject, words") &&
	       make_table(base, "citizens", "key INTEGER PRIMARY KEY", citizen_members,
		       ", words, words_name, words_given, words_family, words_street, words_town,"
		       " words_mail, tight_ref, tight_phone, tight_postcode, tail_phone") &&
	       make_table(base, "event", "case_key INTEGER, mark TEXT", event_members,
		       ", PRIMARY KEY (case_key, mark)") &&
	       make_table(base, "worker", "place INTEGER PRIMARY KEY", worker_members,
		       ", UNIQUE (service, id)") &&
	       make_table(base, "team", "place INTEGER PRIMARY KEY", team_members,
		       ", UNIQUE (service, id)") &&
	       make_table(base, "template", "place INTEGER PRIMARY KEY", template_members,
		       ", UNIQUE (service, id)") &&
	       make_table(base, "profile", "place INTEGER PRIMARY KEY", profile_members,
		       ", UNIQUE (service)") &&
	       make_table(base, "access", "citizen_key INTEGER, place INTEGER", access_members,
		       ", PRIMARY KEY (citizen_key, place)") &&
	       base_run(base, cache_tables) && base_run(base, cache_statistics) &&
	       set_version(base, CACHE_VERSION);
}

/* false also for a cache of another version: it is made anew, never brought forward. */
bool schema_cache(struct base *base)
{
	if (user_version(base) == CACHE_VERSION)
		return true;
	if (!base_begin(base))
		return false;

	int version = user_version(base);
	if (version == CACHE_VERSION || (version == 0 && make_cache(base)))
		return base_commit(base);
	base_rollback(base);
	return false;
}
