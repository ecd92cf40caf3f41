/* Every table carries `tenant`, so that many bodies can share one database and be told apart by it
   alone. `key` is ours and never leaves; `id` is what the wire says. f_ columns are in the form the
   query compares (query_words(), query_tight()). Words are texts with single spaces between. */
#include "service/schema.h"

#include <stddef.h>

static const char people_1[] =
	"CREATE TABLE team (tenant INTEGER NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, lead "
	"TEXT,"
	" services TEXT NOT NULL DEFAULT '', workers INTEGER NOT NULL DEFAULT 0,"
	" open_cases INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (tenant, id)) WITHOUT ROWID;"

	"CREATE TABLE worker (tenant INTEGER NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, mail "
	"TEXT,"
	" team TEXT NOT NULL, skills TEXT NOT NULL DEFAULT '', languages TEXT NOT NULL DEFAULT '',"
	" f_name TEXT NOT NULL, seen_ms INTEGER, PRIMARY KEY (tenant, id)) WITHOUT ROWID;"
	"CREATE INDEX worker_team ON worker (tenant, team, id);"

	"CREATE TABLE token (tenant INTEGER NOT NULL, hash TEXT NOT NULL, label TEXT NOT NULL,"
	" worker TEXT NOT NULL, roles TEXT NOT NULL, made_ms INTEGER NOT NULL, until_ms INTEGER,"
	" PRIMARY KEY (tenant, hash)) WITHOUT ROWID;";

static const char citizens_1[] =
	"CREATE TABLE citizen (key INTEGER PRIMARY KEY, tenant INTEGER NOT NULL, id TEXT NOT NULL,"
	" version INTEGER NOT NULL, ref TEXT, given TEXT, family TEXT, born TEXT, street TEXT,"
	" postcode TEXT, town TEXT, country TEXT, phone TEXT, mail TEXT, language TEXT, reach TEXT,"
	" consents TEXT, flags TEXT NOT NULL DEFAULT '', guarded INTEGER NOT NULL DEFAULT 0,"
	" f_name TEXT NOT NULL, f_given TEXT, f_family TEXT, f_ref TEXT, f_phone TEXT, f_tail "
	"TEXT, f_mail TEXT,"
	" f_street TEXT, f_postcode TEXT, f_town TEXT,"
	" n_new INTEGER NOT NULL DEFAULT 0, n_open INTEGER NOT NULL DEFAULT 0,"
	" n_waiting INTEGER NOT NULL DEFAULT 0, n_resolved INTEGER NOT NULL DEFAULT 0,"
	" n_closed INTEGER NOT NULL DEFAULT 0,"
	" created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL, UNIQUE (tenant, id));"
	"CREATE INDEX citizen_ref ON citizen (tenant, f_ref) WHERE f_ref IS NOT NULL;"
	"CREATE INDEX citizen_phone ON citizen (tenant, f_tail) WHERE f_tail IS NOT NULL;"
	"CREATE INDEX citizen_mail ON citizen (tenant, f_mail) WHERE f_mail IS NOT NULL;"
	"CREATE INDEX citizen_postcode ON citizen (tenant, f_postcode) WHERE f_postcode IS NOT "
	"NULL;"
	"CREATE INDEX citizen_name ON citizen (tenant, f_family, f_given);"
	"CREATE INDEX citizen_born ON citizen (tenant, born);"
	"CREATE VIRTUAL TABLE citizen_text USING fts5 (f_name, content='citizen', "
	"content_rowid='key',"
	" tokenize='unicode61 remove_diacritics 0', prefix='2 3');"

	/* Each name word and each with one letter left out: one typing mistake is one look-up. */
	"CREATE TABLE name_variant (tenant INTEGER NOT NULL, variant TEXT NOT NULL, word TEXT NOT "
	"NULL,"
	" PRIMARY KEY (tenant, variant, word)) WITHOUT ROWID;";

static const char cases_1[] =
	"CREATE TABLE casefile (key INTEGER PRIMARY KEY, tenant INTEGER NOT NULL, id TEXT NOT NULL,"
	" number TEXT NOT NULL, version INTEGER NOT NULL, subject TEXT NOT NULL, kind TEXT, step "
	"TEXT,"
	" step_by TEXT, service TEXT NOT NULL, status TEXT NOT NULL, outcome TEXT,"
	" priority INTEGER NOT NULL, team TEXT, assignee TEXT, citizen INTEGER, channel TEXT,"
	" language TEXT, surge TEXT, grp TEXT, duplicate_of TEXT, follows TEXT,"
	" round INTEGER NOT NULL DEFAULT 1, skills TEXT NOT NULL DEFAULT '',"
	" tags TEXT NOT NULL DEFAULT '', restricted INTEGER NOT NULL DEFAULT 0,"
	" named TEXT NOT NULL DEFAULT '', fields TEXT, due_ms INTEGER, opened_ms INTEGER NOT NULL,"
	" updated_ms INTEGER NOT NULL, resolved_ms INTEGER, last_event INTEGER NOT NULL DEFAULT 0,"
	" contact_ms INTEGER, contact TEXT, contact_channel TEXT, f_text TEXT NOT NULL,"
	" f_subject TEXT NOT NULL,"
	" UNIQUE (tenant, id), UNIQUE (tenant, number));"
	"CREATE INDEX case_updated ON casefile (tenant, updated_ms, key);"
	"CREATE INDEX case_opened ON casefile (tenant, opened_ms, key);"
	"CREATE INDEX case_due ON casefile (tenant, coalesce(due_ms, 9007199254740991), key);"
	"CREATE INDEX case_priority ON casefile (tenant, priority, key);"
	"CREATE INDEX case_team ON casefile (tenant, team, status, updated_ms);"
	"CREATE INDEX case_assignee ON casefile (tenant, assignee, status, updated_ms)"
	" WHERE assignee IS NOT NULL;"
	"CREATE INDEX case_citizen ON casefile (tenant, citizen) WHERE citizen IS NOT NULL;"
	"CREATE VIRTUAL TABLE case_text USING fts5 (f_text, content='casefile', "
	"content_rowid='key',"
	" tokenize='unicode61 remove_diacritics 0', prefix='2 3');";

static const char timeline_1[] =
	/* The timeline, and the tail the event stream is read from. from_ says who had the case
	   before, so that they hear of its leaving. */
	"CREATE TABLE event (seq INTEGER PRIMARY KEY AUTOINCREMENT, tenant INTEGER NOT NULL,"
	" casefile INTEGER NOT NULL, at_ms INTEGER NOT NULL, kind TEXT NOT NULL, actor TEXT NOT "
	"NULL,"
	" team TEXT, text TEXT, changes TEXT, mentions TEXT NOT NULL DEFAULT '', batch TEXT,"
	" channel TEXT, language TEXT, delivery TEXT, files TEXT, internal INTEGER NOT NULL "
	"DEFAULT 1,"
	" from_worker TEXT, from_team TEXT);"
	"CREATE INDEX event_case ON event (tenant, casefile, seq);"
	"CREATE VIRTUAL TABLE event_text USING fts5 (f_text, content='',"
	" tokenize='unicode61 remove_diacritics 0', prefix='2 3');"

	"CREATE TABLE access (key INTEGER PRIMARY KEY AUTOINCREMENT, tenant INTEGER NOT NULL,"
	" citizen INTEGER NOT NULL, at_ms INTEGER NOT NULL, worker TEXT NOT NULL, team TEXT,"
	" action TEXT NOT NULL, purpose TEXT);"
	"CREATE INDEX access_citizen ON access (tenant, citizen, key);"
	"CREATE INDEX access_worker ON access (tenant, worker, action, at_ms);";

static const char rest_1[] =
	"CREATE TABLE kind (tenant INTEGER NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL,"
	" name TEXT NOT NULL, service TEXT NOT NULL, json TEXT NOT NULL, PRIMARY KEY (tenant, id))"
	" WITHOUT ROWID;"
	"CREATE TABLE template (tenant INTEGER NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL,"
	" language TEXT, service TEXT, outcome TEXT, text TEXT NOT NULL, PRIMARY KEY (tenant, id))"
	" WITHOUT ROWID;"

	/* What was answered to a request with an Idempotency-Key, for its repeats. */
	"CREATE TABLE idempotency (tenant INTEGER NOT NULL, worker TEXT NOT NULL, key TEXT NOT "
	"NULL,"
	" hash TEXT NOT NULL, status INTEGER NOT NULL, etag TEXT, location TEXT, body TEXT NOT "
	"NULL,"
	" at_ms INTEGER NOT NULL, PRIMARY KEY (tenant, worker, key)) WITHOUT ROWID;"
	"CREATE INDEX idempotency_age ON idempotency (at_ms);"

	/* Numbers that are kept instead of counted: the next case number of a year, versions of
	   tokens and kinds. `text` is for the few settings of the data itself, such as its name. */
	"CREATE TABLE counter (tenant INTEGER NOT NULL, name TEXT NOT NULL,"
	" value INTEGER NOT NULL DEFAULT 0, text TEXT, PRIMARY KEY (tenant, name)) WITHOUT ROWID;";

static const char *const step_1[] = { people_1, citizens_1, cases_1, timeline_1, rest_1, NULL };

/* Where imported rows came from, and a sum of what their source said of each field: so that reading
   the same file again changes nothing. */
static const char origin_2[] =
	"CREATE TABLE origin (tenant INTEGER NOT NULL, about TEXT NOT NULL, source TEXT NOT NULL,"
	" reference TEXT NOT NULL, key INTEGER NOT NULL, sums TEXT NOT NULL,"
	" PRIMARY KEY (tenant, about, source, reference)) WITHOUT ROWID;";

static const char *const step_2[] = { origin_2, NULL };

/* What a case hangs together with: words RELATION:WHERE, as model/casefile.h has them. */
static const char links_3[] = "ALTER TABLE casefile ADD COLUMN links TEXT NOT NULL DEFAULT '';";

static const char *const step_3[] = { links_3, NULL };

/* Who is at work on a case: service/lease.h. */
static const char leases_4[] =
	"CREATE TABLE lease (casefile INTEGER PRIMARY KEY, tenant INTEGER NOT NULL, worker TEXT NOT "
	"NULL, team TEXT, fence INTEGER NOT NULL, since_ms INTEGER NOT NULL, until_ms INTEGER NOT NULL);"
	"CREATE INDEX lease_worker ON lease (tenant, worker, until_ms);";

static const char *const step_4[] = { leases_4, NULL };

/* What goes out, and what came of it; and every mail that went out or came in, by its Message-ID (`sum`
   of what it said, '' of ours), so that answers find their case and nothing is taken in twice. */
static const char delivery_5[] =
	"ALTER TABLE casefile ADD COLUMN delivery TEXT;"
	"CREATE INDEX case_delivery ON casefile (tenant, delivery) WHERE delivery IS NOT NULL;"
	"ALTER TABLE event ADD COLUMN about INTEGER;"
	"CREATE TABLE delivery (seq INTEGER PRIMARY KEY, tenant INTEGER NOT NULL, casefile INTEGER NOT NULL,"
	" citizen INTEGER, channel TEXT NOT NULL, state TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0,"
	" due_ms INTEGER NOT NULL, unseen INTEGER NOT NULL DEFAULT 0);"
	"CREATE INDEX delivery_due ON delivery (tenant, state, due_ms);"
	"CREATE INDEX delivery_case ON delivery (casefile);"
	"CREATE TABLE mail (tenant INTEGER NOT NULL, id TEXT NOT NULL, sum TEXT NOT NULL, casefile INTEGER,"
	" seq INTEGER, at_ms INTEGER NOT NULL, PRIMARY KEY (tenant, id, sum)) WITHOUT ROWID;"
	"CREATE INDEX mail_case ON mail (casefile, seq);"
	"CREATE INDEX mail_seq ON mail (seq);";

static const char *const step_5[] = { delivery_5, NULL };

/* What a proxy calls a worker, their own roles, whether a list of the house names them, and since when
   they are not there any more. */
static const char people_6[] =
	"ALTER TABLE worker ADD COLUMN login TEXT;"
	"ALTER TABLE worker ADD COLUMN roles TEXT NOT NULL DEFAULT 'caseworker';"
	"ALTER TABLE worker ADD COLUMN listed INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE worker ADD COLUMN gone_ms INTEGER;"
	"UPDATE worker SET login = id;"
	"CREATE UNIQUE INDEX worker_login ON worker (tenant, login);";

static const char *const step_6[] = { people_6, NULL };

const char *const *const schema_steps[] = { step_1, step_2, step_3, step_4, step_5, step_6, NULL };
