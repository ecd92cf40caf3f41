/* Importing: made-up files with the quirks of the real ones (tests/data), and the real ones where they
   are. Each test has a base of its own in a directory of its own. */
#include "tests/lib.h"
#include "model/json.h"
#include "service/embedded.h"
#include "service/import.h"
#include "service/ini.h"
#include "service/sample.h"
#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

struct fixture {
	char dir[64];
	struct keep keep;
	struct import_counts counts;
	struct buf report; /* of the last import */
};

static void fixture_open(struct fixture *f)
{
	struct error err = { 0 };

	*f = (struct fixture){ 0 };
	snprintf(f->dir, sizeof f->dir, "/tmp/caseload-import-XXXXXX");
	ok(mkdtemp(f->dir) != NULL);
	f->keep = (struct keep){ .base = base_open(f->dir, BASE_WRITE, &err), .ident = ident_uuid,
		.now_ms = 1767225600000, .worker = "system" }; /* 2026-01-01 */
	same(err.text, "");
}

static void fixture_close(struct fixture *f)
{
	DIR *dir = opendir(f->dir);

	base_close(f->keep.base);
	for (struct dirent *e; dir && (e = readdir(dir));) {
		char path[400];
		snprintf(path, sizeof path, "%s/%s", f->dir, e->d_name);
		unlink(path);
	}
	if (dir)
		closedir(dir);
	rmdir(f->dir);
	buf_clear(&f->report);
}

/* A map of the program by its name, or a file by its path. */
static bool load_map(struct map_file *map, const char *name)
{
	struct buf problems = { 0 }, text = { 0 };
	char path[80];

	snprintf(path, sizeof path, "maps/%s.map", name);
	for (const struct embedded_file *e = embedded_files; e->name; e++) {
		if (strcmp(e->name, path) == 0)
			buf_add(&text, e->bytes, e->size);
	}
	if (!text.size)
		ok(ini_slurp(&text, name, 100000, NULL));
	bool good = map_file_parse(map, name, buf_str(&text), text.size, &problems);
	same(buf_str(&problems), "");
	buf_clear(&text);
	buf_clear(&problems);
	return good;
}

static bool run_mode(struct fixture *f, const char *map_name, const char *path, enum import_mode mode)
{
	struct map_file map;
	struct error err = { 0 };
	FILE *file = fopen(path, "rb"), *report = tmpfile();
	char line[1000];

	f->counts = (struct import_counts){ 0 };
	buf_reset(&f->report);
	ok(file != NULL);
	if (!file || !load_map(&map, map_name))
		return false;
	bool good = import_file(&f->keep, &map, file, "FILE", mode, report, &f->counts, &err);
	same(err.text, "");
	rewind(report);
	while (fgets(line, sizeof line, report))
		buf_text(&f->report, line);
	fclose(report);
	fclose(file);
	map_file_clear(&map);
	return good;
}

static void run(struct fixture *f, const char *map, const char *path)
{
	ok(run_mode(f, map, path, IMPORT_KEEP));
	same_int(f->counts.fresh + f->counts.changed + f->counts.same + f->counts.bad +
			 f->counts.continued,
		f->counts.rows);
}

static void counted(const struct fixture *f, long rows, long fresh, long changed, long the_same, long bad)
{
	same_int(f->counts.rows, rows);
	same_int(f->counts.fresh, fresh);
	same_int(f->counts.changed, changed);
	same_int(f->counts.same, the_same);
	same_int(f->counts.bad, bad);
}

static const char *ask(struct fixture *f, const char *sql, const char *value)
{
	static char out[2000];
	struct error err = { 0 };
	struct rows *rows = base_ask(f->keep.base, sql, "t", value);

	snprintf(out, sizeof out, "%s", rows_next(rows) ? rows_text(rows, 0) ? rows_text(rows, 0) : "null"
							 : "nothing");
	rows_done(rows);
	base_error(f->keep.base, &err);
	same(err.text, "");
	return out;
}

#define CASE(column) "SELECT " column " FROM casefile WHERE number = $1"
#define CITIZEN(column) "SELECT " column " FROM citizen WHERE ref = $1"
#define AT(column) "strftime('%Y-%m-%d %H:%M:%S', " column " / 1000, 'unixepoch')"

/* ---- made-up files */

static void alessandria(void)
{
	struct fixture f;

	fixture_open(&f);
	run(&f, "alessandria", "tests/data/alessandria.csv");
	counted(&f, 10, 4, 0, 1, 5);
	same(buf_str(&f.report),
		"FILE:6: Stato \"persa\" is not in [table status].\n"
		"FILE:7: opened: \"2025-02-30\" is not a date like YYYY-MM-DD.\n"
		"FILE:8: The row has 6 cells where the first row has 7.\n"
		"FILE:10: 900002 is on line 3 already, with other values; that line was taken.\n"
		"FILE:11: The row has no reference, so it could not be found again; see [map] reference.\n");
	same(ask(&f, CASE("subject || '/' || service || '/' || team || '/' || status || '/' || outcome"),
		     "AL-900001"),
		"Buche/streets/highways/resolved/done");
	same(ask(&f, CASE(AT("opened_ms")), "AL-900001"), "2024-02-28 23:00:00"); /* midnight there */
	same(ask(&f, CASE(AT("resolved_ms")), "AL-900001"), "2024-03-04 23:00:00");
	same(ask(&f, CASE("subject"), "AL-900002"),
		"Accessibilità ed inclusione delle persone con disabilità");
	same(ask(&f, CASE("service || '/' || status"), "AL-900003"), "animals/open");
	same(ask(&f, CASE("subject || '/' || status || '/' || outcome"), "AL-900004"),
		"Segnalazione/closed/cancelled");
	same(ask(&f, "SELECT name FROM team WHERE id = $1", "highways"), "Highways");
	run(&f, "alessandria", "tests/data/alessandria.csv");
	counted(&f, 10, 0, 0, 5, 5);
	fixture_close(&f);
}

static void los_angeles(void)
{
	struct fixture f;

	fixture_open(&f);
	run(&f, "la311", "tests/data/la311.csv");
	counted(&f, 4, 2, 0, 0, 2);
	same(buf_str(&f.report),
		"FILE:4: opened: \"13/01/2018 09:00:00 AM\" is not a date like MM/DD/YYYY hh:mm:ss AM.\n"
		"FILE:5: opened: \"12/01/2018 13:00:00 AM\" is not a date like MM/DD/YYYY hh:mm:ss AM.\n");
	same(ask(&f, CASE(AT("opened_ms")), "LA-9-100000001"), "2018-01-01 07:59:58"); /* PST */
	same(ask(&f, CASE(AT("opened_ms")), "LA-9-100000002"), "2018-07-04 07:00:00"); /* PDT, 12 AM */
	same(ask(&f, CASE(AT("updated_ms")), "LA-9-100000002"), "2018-07-04 19:30:00"); /* 12 PM */
	same(ask(&f, CASE("subject || '/' || channel || '/' || tags"), "LA-9-100000002"),
		"Graffiti Removal, NIÑO ST/web/anonymous");
	same(ask(&f, CASE("coalesce(resolved_ms, 'open')"), "LA-9-100000002"), "open");
	same(ask(&f, CASE("fields ->> 'place'"), "LA-9-100000002"), "null");

	run(&f, "la311-seed", "tests/data/la311-seed.csv");
	counted(&f, 2, 2, 0, 0, 0);
	same(ask(&f, CASE(AT("opened_ms")), "LA-9-200000001"), "2020-01-01 08:05:00");
	same(ask(&f, CASE("subject"), "LA-9-200000001"), "Illegal Dumping Pickup, \"THE CORNER\", 90097");
	same(ask(&f, CASE("service || '/' || status || '/' || channel"), "LA-9-200000002"),
		"water/waiting/letter");

	run(&f, "la311-requests", "tests/data/la311-requests.csv");
	counted(&f, 3, 2, 0, 0, 1);
	same(buf_str(&f.report), "FILE:4: type_id \"77\" is not in [table type].\n");
	same(ask(&f, CASE("fields ->> 'reference'"), "LAR-90001"), "9-200000001");
	same(ask(&f, CASE("status"), "LAR-90002"), "open");
	fixture_close(&f);
}

static void new_york_and_boston(void)
{
	struct fixture f;

	fixture_open(&f);
	run(&f, "nyc311", "tests/data/nyc311.csv");
	counted(&f, 2, 2, 0, 0, 0);
	same(ask(&f, CASE("subject"), "NYC-90000001"), "Missed Collection: 2R Bulk-Missed \"Recycling\"");
	same(ask(&f, "SELECT e.text FROM event e JOIN casefile c ON c.key = casefile WHERE e.kind = 'note' AND"
		     " number = $1", "NYC-90000001"),
		"The Department’s crew came,\nfound nothing – and went.");
	same(ask(&f, CASE("status"), "NYC-90000002"), "waiting");

	run(&f, "nyc311-day", "tests/data/nyc311-day.csv");
	counted(&f, 4, 3, 0, 0, 1);
	same(buf_str(&f.report), "FILE:4: A quote is opened and not closed.\n");
	same(ask(&f, CASE("subject || '/' || status"), "NYC-91000002"), "Street Condition: Pothole, deep/open");
	same(ask(&f, CASE(AT("opened_ms")), "NYC-91000001"), "2013-12-25 05:00:00");

	run(&f, "boston311", "tests/data/boston311.csv");
	counted(&f, 2, 2, 0, 0, 0);
	same(ask(&f, CASE("tags || '/' || " AT("due_ms")), "BOS-990000000001"), "overdue/2022-02-04 18:47:30");
	same(ask(&f, CASE("resolved_ms - opened_ms"), "BOS-990000000002"), "5400000");
	same(ask(&f, "SELECT length(e.text) FROM event e JOIN casefile c ON c.key = casefile WHERE e.kind = 'note'"
		     " AND number = $1", "BOS-990000000002"),
		"292");
	fixture_close(&f);
}

static void persons(void)
{
	struct fixture f;

	fixture_open(&f);
	run(&f, "nl-persons", "tests/data/nl-persons.csv");
	counted(&f, 9, 7, 0, 0, 2);
	same(buf_str(&f.report),
		"FILE:8: born: \"19751399\" is not a date like YYYYMMDD.\n"
		"FILE:9: The row has neither a given nor a family name.\n");
	same(ask(&f, CITIZEN("given || '/' || family || '/' || born || '/' || street || '/' || town"),
		     "999900001"),
		"Zoë Aïsha/van der Bérg/1985-12-01/Voorbeeldstraat 31a bis/Rotterdam");
	same(ask(&f, CITIZEN("f_name"), "999900001"), "zoe aisha van der berg");
	same(ask(&f, CITIZEN("coalesce(given, 'one name') || '/' || born || '/' || town"), "999900002"),
		"one name/1966/Amsterdam");
	same(ask(&f, CITIZEN("born || '/' || guarded || '/' || flags"), "999900003"), "1995-02/1/secret");
	same(ask(&f, CITIZEN("coalesce(born, 'unknown') || '/' || flags"), "999900004"), "unknown/deceased");
	same(ask(&f, CITIZEN("length(family) || '/' || guarded || '/' || flags"), "999900005"),
		"197/0/secret-in-part");
	same(ask(&f, CITIZEN("coalesce(street, 'nowhere') || '/' || flags"), "999900006"), "nowhere/emigrated");
	same(ask(&f, CITIZEN("f_name"), "999900006"), "zailen delta");
	same(ask(&f, CITIZEN("born"), "999900009"), "1966"); /* a month that is not known hides the day */

	run(&f, "nl-gba", "tests/data/nl-gba.csv");
	counted(&f, 7, 2, 0, 1, 1);
	same_int(f.counts.continued, 3);
	same(ask(&f, CITIZEN("count(*)"), "999900001"), "1");
	same(ask(&f, CITIZEN("family"), "999900001"), "van der Bérg");
	same(ask(&f, CITIZEN("family || '/' || born || '/' || street || '/' || town || '/' || guarded"),
		     "999900011"),
		"Eénnaam/1957-09/14 Rue du Exemple/75015 Parijs/1");
	same(ask(&f, CITIZEN("street"), "999900012"), "Woonboot in de sloot");
	run(&f, "nl-persons", "tests/data/nl-persons.csv");
	counted(&f, 9, 0, 0, 7, 2);
	run(&f, "nl-gba", "tests/data/nl-gba.csv");
	counted(&f, 7, 0, 0, 3, 1);
	fixture_close(&f);
}

static void encodings(void)
{
	struct fixture f;

	fixture_open(&f);
	run(&f, "tests/data/persons.map", "tests/data/latin1.csv");
	counted(&f, 2, 2, 0, 0, 0);
	same(ask(&f, CITIZEN("family || '/' || born"), "L-1"), "José Peña/1966-12-31");
	same(ask(&f, CITIZEN("family || '/' || born"), "L-2"), "Müller „Zwölf“/1970-02-01");
	run(&f, "tests/data/persons.map", "tests/data/utf16.csv");
	counted(&f, 2, 2, 0, 0, 0);
	same(ask(&f, CITIZEN("family || '/' || f_name"), "U-1"), "Łukasz Gołąb/lukasz golab");
	same(ask(&f, CITIZEN("family"), "U-2"), "😀");
	fixture_close(&f);
}

/* ---- what changed, here and there */

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	fputs(text, file);
	fclose(file);
}

#define HEAD "Id;Stato;Anno;Creato;Chiusa;DescrizioneBreve;Categoria\n"

static void changes(void)
{
	struct fixture f;
	char path[100];

	fixture_open(&f);
	snprintf(path, sizeof path, "%s/x.csv", f.dir);
	write_file(path, HEAD "1;aperta;2025;2025-11-01;;App Municipium;Buche\n"
			      "2;aperta;2025;2025-11-01;;App Municipium;Buche\n");
	run(&f, "alessandria", path);
	counted(&f, 2, 2, 0, 0, 0);

	/* A caseworker has worked on both; then the source closes one and leaves the other alone. */
	base_run(f.keep.base, "UPDATE casefile SET priority = 1, subject = 'Ours', status = 'waiting'", "");
	write_file(path, HEAD "1;chiusa;2025;2025-11-01;2025-11-09;App Municipium;Buche\n"
			      "2;aperta;2025;2025-11-01;;App Municipium;Buche\n");
	ok(run_mode(&f, "alessandria", path, IMPORT_TRY));
	counted(&f, 2, 0, 1, 1, 0);
	same(ask(&f, CASE("status"), "AL-1"), "waiting");
	run(&f, "alessandria", path);
	counted(&f, 2, 0, 1, 1, 0);
	same(ask(&f, CASE("status || '/' || outcome || '/' || subject || '/' || priority"), "AL-1"),
		"resolved/done/Ours/1");
	same(ask(&f, CASE("status || '/' || subject"), "AL-2"), "waiting/Ours");
	same(ask(&f, "SELECT changes FROM event e JOIN casefile c ON c.key = casefile WHERE e.kind = 'changed'"
		     " AND number = $1", "AL-1"),
		"{\"status\":[\"waiting\",\"resolved\"],\"outcome\":[null,\"done\"],\"resolved\":[null,"
		"\"2025-11-08T23:00:00Z\"],\"fields.state\":[\"aperta\",\"chiusa\"]}");
	same(ask(&f, "SELECT open_cases FROM team WHERE id = $1", "highways"), "1");
	run(&f, "alessandria", path);
	counted(&f, 2, 0, 0, 2, 0);

	/* A source that no longer says what a case cannot be without takes nothing away. */
	write_file(path, HEAD "1;;2025;2025-11-01;2025-11-09;App Municipium;\n");
	run(&f, "alessandria", path);
	counted(&f, 1, 0, 1, 0, 0);
	same(ask(&f, CASE("status || '/' || coalesce(outcome, 'none') || '/' || subject"), "AL-1"),
		"resolved/none/Segnalazione");
	fixture_close(&f);
}

/* The same checks as the form's: what the kind asks for, its steps, its due date. */
static void of_a_kind(void)
{
	struct fixture f;
	struct error err = { 0 };
	char map[100], path[100];

	fixture_open(&f);
	ok(sample_fill(&f.keep, 1, &err));
	snprintf(map, sizeof map, "%s/x.map", f.dir);
	snprintf(path, sizeof path, "%s/x.csv", f.dir);
	write_file(map, "[map]\nabout = cases\nsource = x\nreference = {n}\ndates = YYYY-MM-DD\n[fields]\n"
			"subject = Bin {n}\nkind = bin-missed\nstep = {step}\nopened = {day}\n"
			"fields.bin = {bin}\nfields.missed_on = {day}\nfields.round = {round}\n");
	write_file(path, "n,step,day,bin,round\n1,round-told,2025-12-01,Refuse,R-7\n2,lost,2025-12-01,food,\n"
			 "3,reported,2025-12-01,piano,\n4,reported,2025-12-01,,\n5,collected,2025-12-01,glass,17\n");
	run(&f, map, path);
	counted(&f, 5, 1, 0, 0, 4);
	same(buf_str(&f.report),
		"FILE:3: The kind bin-missed has no step \"lost\".\n"
		"FILE:4: Which bin is one of refuse, recycling, garden, food, glass; \"piano\" is not.\n"
		"FILE:5: Which bin is needed.\n"
		"FILE:6: Collection round must look like ^[A-Z]{1,2}-?[0-9]{1,3}$; \"17\" does not.\n");
	same(ask(&f, "SELECT service || '/' || status || '/' || step || '/' || team || '/' || fields || '/' ||"
		     " " AT("due_ms") " FROM casefile WHERE subject = $1", "Bin 1"),
		"waste/open/round-told/refuse/{\"bin\":\"refuse\",\"missed_on\":\"2025-12-01\",\"round\":"
		"\"R-7\"}/2025-12-03 17:00:00");
	fixture_close(&f);
}

static void dry_run(void)
{
	struct fixture f;

	fixture_open(&f);
	ok(run_mode(&f, "nl-persons", "tests/data/nl-persons.csv", IMPORT_TRY));
	counted(&f, 9, 7, 0, 0, 2);
	same(ask(&f, "SELECT count(*) FROM citizen WHERE 'x' = $1", "x"), "0");
	same(ask(&f, "SELECT count(*) FROM origin WHERE 'x' = $1", "x"), "0");
	fixture_close(&f);
}

static void wrong_file(void)
{
	struct fixture f;
	struct map_file map;
	struct error err = { 0 };

	fixture_open(&f);
	ok(load_map(&map, "nl-persons"));
	FILE *file = fopen("tests/data/latin1.csv", "rb");
	ok(!import_file(&f.keep, &map, file, "FILE", IMPORT_KEEP, stderr, &f.counts, &err));
	same(err.text, "There is no column \"bsn\", which nl-persons:6 asks for.");
	fclose(file);
	map_file_clear(&map);
	fixture_close(&f);
}

static void map_slips(void)
{
	struct map_file map;
	struct buf problems = { 0 };
	const char text[] = "[map]\nabout = cases\nsource = x\nreference = {a\nencoding = utf-99\n[fields]\nsubjcet = {a|tabel}\n"
			    "[table table]\n";

	ok(!map_file_parse(&map, "x.map", text, sizeof text - 1, &problems));
	same(buf_str(&problems), "x.map:4: A { has no }.\n"
				 "x.map:5: There is no encoding \"utf-99\"; leave the line out to have it found.\n"
				 "x.map:7: There is no field \"subjcet\"; the nearest is \"subject\".\n");
	map_file_clear(&map);
	buf_clear(&problems);
}

/* ---- the real files */

static void real_file(struct fixture *f, const char *map, const char *file, long rows, long bad)
{
	const char *shared = getenv("CASELOAD_SHARED");
	char path[500];

	snprintf(path, sizeof path, "%s/data/%s", shared ? shared : "../shared", file);
	run(f, map, path);
	same_int(f->counts.rows, rows);
	same_int(f->counts.bad, bad);
	long taken = rows - bad - f->counts.continued;
	run(f, map, path);
	same_int(f->counts.same, taken);
	same_int(f->counts.fresh + f->counts.changed, 0);
}

static void real_files(void)
{
	const char *shared = getenv("CASELOAD_SHARED");
	char path[500];
	struct fixture f;

	snprintf(path, sizeof path, "%s/data/nl-persons/persons.csv", shared ? shared : "../shared");
	if (access(path, R_OK) != 0) {
		skip("../shared/data is not there");
		return;
	}
	fixture_open(&f);
	real_file(&f, "alessandria", "alessandria/segnalazioni-municipium.csv", 4651, 0);
	real_file(&f, "la311", "la311/myla311-2017-subset.csv", 9999, 0);
	real_file(&f, "la311-seed", "la311/requests-seed.csv", 10000, 0);
	real_file(&f, "la311-requests", "la311/service_requests.csv", 9989, 0);
	real_file(&f, "nyc311", "nyc311/nyc311-100.csv", 100, 0);
	real_file(&f, "nyc311-day", "nyc311/nyc311-2013-12-25-cr-lineends.csv", 2386, 0);
	real_file(&f, "boston311", "boston311/boston311-100.csv", 100, 0);
	real_file(&f, "boston311", "boston311/boston311-100-nonascii.csv", 100, 0);
	real_file(&f, "nl-persons", "nl-persons/persons.csv", 682, 0);
	real_file(&f, "nl-gba", "nl-persons/gba-v-testset-2022-05-02.csv", 2156, 6);
	same(ask(&f, "SELECT count(*) FROM casefile WHERE 'x' = $1", "x"), "37225");
	same(ask(&f, "SELECT count(*) FROM citizen WHERE 'x' = $1", "x"), "682");
	same(ask(&f, "SELECT max(length(family)) >= 197 FROM citizen WHERE 'x' = $1", "x"), "1");
	fixture_close(&f);
}

/* ---- the sample */

static int64_t monotonic_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Every value the sample puts into a field is one the form would accept. */
static void check_fields(struct fixture *f)
{
	struct page page = { 0 };
	long wrong = 0;

	page_init(&page);
	struct rows *rows = base_ask(f->keep.base, "SELECT kind, fields, step FROM casefile WHERE kind"
						   " IS NOT NULL", "");
	while (rows_next(rows)) {
		const struct kind *kind = keep_kind(&f->keep, rows_text(rows, 0), &page);
		wrong += !kind || !rows_text(rows, 2) || !kind_step_find(kind, rows_text(rows, 2));
		for (int i = 0; kind && i < kind->field_count; i++) {
			const struct kind_field *field = &kind->fields[i];
			const char *value = json_member_text(rows_text(rows, 1), field->name, &page.arena);
			struct error err = { 0 };
			if (!kind_check_value(field, value, &page.arena, NULL, &err) && wrong++ < 5)
				printf("# %s\n", err.text);
		}
	}
	rows_done(rows);
	same_int(wrong, 0);
	page_clear(&page);
}

static void check_sample(struct fixture *f)
{
	same(ask(f, "SELECT count(*) FROM citizen WHERE 'x' = $1", "x"), "2000");
	same(ask(f, "SELECT count(*) FROM casefile WHERE 'x' = $1", "x"), "5000");
	same(ask(f, "SELECT count(*) FROM team WHERE 'x' = $1", "x"), "12");
	same(ask(f, "SELECT count(*) FROM kind WHERE 'x' = $1", "x"), "6");
	same(ask(f, "SELECT count(*) BETWEEN 38 AND 45 FROM worker WHERE 'x' = $1", "x"), "1");
	same(ask(f, "SELECT count(*) FROM casefile WHERE assignee = $1 AND status IN ('new', 'open',"
		    " 'waiting')", "s.rossi"), "14");
	same(ask(f, "SELECT count(*) FROM casefile WHERE assignee = $1 AND status IN ('new', 'open',"
		    " 'waiting') AND due_ms < 1767225600000", "s.rossi"), "2");
	same(ask(f, "SELECT subject FROM casefile WHERE id = $1", "c1"), "Missed bin, third week");
	same(ask(f, "SELECT family FROM citizen WHERE id = $1", "p1"), "Okafor");
	same(ask(f, "SELECT count(*) FROM casefile WHERE opened_ms > 1767225600000 OR updated_ms >"
		    " 1767225600000 OR resolved_ms < opened_ms OR 'x' <> $1", "x"), "0");
	same(ask(f, "SELECT max(length(family)) FROM citizen WHERE 'x' = $1", "x"), "197");
	same(ask(f, "SELECT count(*) > 0 FROM citizen WHERE given IS NULL AND 'x' = $1", "x"), "1");
	same(ask(f, "SELECT max(n) > 60 FROM (SELECT count(*) n FROM event GROUP BY casefile) WHERE 'x' ="
		    " $1", "x"), "1");
	same(ask(f, "SELECT max(length(text)) BETWEEN 10000 AND 20000 FROM event WHERE 'x' = $1", "x"), "1");
	same(ask(f, "SELECT count(*) > 5 FROM citizen WHERE length(born) < 10 AND 'x' = $1", "x"), "1");
	same(ask(f, "SELECT count(*) > 5 FROM citizen WHERE guarded AND 'x' = $1", "x"), "1");
	same(ask(f, "SELECT count(*) > 10 FROM casefile WHERE round = 2 AND follows IS NOT NULL AND"
		    " 'x' = $1", "x"), "1");
	same(ask(f, "SELECT count(*) FROM event e JOIN casefile c ON c.key = e.casefile WHERE e.at_ms <"
		    " c.opened_ms AND 'x' = $1", "x"), "0");
	same(ask(f, "SELECT sum(open_cases) = (SELECT count(*) FROM casefile WHERE NOT restricted AND"
		    " status IN ('new', 'open', 'waiting')) FROM team WHERE 'x' = $1", "x"), "1");
	check_fields(f);
}

static uint64_t sum_of_sample(unsigned seed, bool check)
{
	struct fixture f;
	struct error err = { 0 };
	uint64_t sum = 0;

	fixture_open(&f);
	int64_t before = monotonic_ms();
	ok(sample_fill(&f.keep, seed, &err));
	same(err.text, "");
	if (check) {
		printf("## sample: 2,000 citizens and 5,000 cases in %lld ms (this build)\n",
			(long long)(monotonic_ms() - before));
		check_sample(&f);
	}
	struct rows *rows = base_ask(f.keep.base,
		"SELECT subject || id || opened_ms || coalesce(fields, '') FROM casefile ORDER BY key", "");
	while (rows_next(rows)) {
		for (const char *p = rows_text(rows, 0); *p; p++)
			sum = sum * 31 + (unsigned char)*p;
	}
	rows_done(rows);
	fixture_close(&f);
	return sum;
}

int main(void)
{
	setenv("TZ", "UTC", 1);
	test("Alessandria: ; between cells, unknown words, bad dates, repeated rows")
		alessandria();
	test("Los Angeles: US dates, daylight saving, CR LF, codes instead of words")
		los_angeles();
	test("New York and Boston: line ends inside cells, bare CR, long texts")
		new_york_and_boston();
	test("persons: one name, partial dates, secrecy, several lines to one person")
		persons();
	test("Windows-1252 and UTF-16 are found by themselves")
		encodings();
	test("the same file changes nothing; a changed row changes what it says alone")
		changes();
	test("rows of a kind are held to what the kind asks for")
		of_a_kind();
	test("a dry run counts and keeps nothing")
		dry_run();
	test("a file that the map does not fit")
		wrong_file();
	test("a slip in a map has file, line and the nearest word")
		map_slips();
	test("the real files of four cities and the test persons")
		real_files();
	uint64_t sums[3] = { 0 };
	test("the sample is whole, late in places and passes its own checks")
		sums[0] = sum_of_sample(1, true);
	test("the same seed gives the same, another seed another")
	{
		sums[1] = sum_of_sample(1, false);
		sums[2] = sum_of_sample(2, false);
		ok(sums[0] == sums[1]);
		ok(sums[0] != sums[2]);
	}
	return test_result();
}
