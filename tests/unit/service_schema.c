/* The service's database is brought forward by numbered steps: one of an earlier version keeps its rows. */
#include "tests/lib.h"
#include "service/base.h"
#include "service/schema.h"
#include <unistd.h>

static char dir[] = "/tmp/caseload-schema-XXXXXX";

static struct base *opened(enum base_mode mode)
{
	struct error err = { 0 };
	struct base *base = base_open(dir, mode, &err);

	same(err.text, "");
	return base;
}

static int64_t number(struct base *base, const char *sql)
{
	struct error err = { 0 };
	int64_t n = base_number(base, -1, sql, "");

	ok(!base_error(base, &err));
	return n;
}

static void set_version(const char *pragma)
{
	struct base *base = opened(BASE_WRITE);
	struct error err = { 0 };

	base_run(base, pragma, "");
	ok(!base_error(base, &err));
	base_close(base);
}

static void refused(enum base_mode mode, const char *words)
{
	struct error err = { 0 };
	struct base *base = base_open(dir, mode, &err);

	ok(!base);
	ok(err.kind == ERROR_LOCAL);
	ok(strstr(err.text, words) != NULL);
	base_close(base);
}

/* As a caseloadd that knew the first step alone would have left it. */
static void make_old(void)
{
	struct base *base = opened(BASE_WRITE);
	struct error err = { 0 };

	base_run(base, "INSERT INTO team (tenant, id, name) VALUES (1, 'refuse', 'Refuse')", "");
	base_run(base, "INSERT INTO worker (tenant, id, name, team, f_name) VALUES (1, 's.rossi', 'Sofia', 'refuse', '')", "");
	base_run(base, "DROP TABLE origin", "");
	base_run(base, "ALTER TABLE casefile DROP COLUMN links", "");
	base_run(base, "DROP TABLE lease", "");
	base_run(base, "DROP TABLE delivery", "");
	base_run(base, "DROP TABLE mail", "");
	base_run(base, "DROP INDEX case_delivery", "");
	base_run(base, "ALTER TABLE casefile DROP COLUMN delivery", "");
	base_run(base, "ALTER TABLE event DROP COLUMN about", "");
	base_run(base, "DROP INDEX worker_login", "");
	base_run(base, "ALTER TABLE worker DROP COLUMN login", "");
	base_run(base, "ALTER TABLE worker DROP COLUMN roles", "");
	base_run(base, "ALTER TABLE worker DROP COLUMN listed", "");
	base_run(base, "ALTER TABLE worker DROP COLUMN gone_ms", "");
	base_run(base, "PRAGMA user_version = 1", "");
	ok(!base_error(base, &err));
	base_close(base);
}

static void remove_all(void)
{
	static const char *const names[] = { "casework.db", "casework.db-wal", "casework.db-shm", "lock", NULL };

	for (int i = 0; names[i]; i++) {
		char path[80];
		snprintf(path, sizeof path, "%s/%s", dir, names[i]);
		unlink(path);
	}
	rmdir(dir);
}

int main(void)
{
	int newest = 0;

	while (schema_steps[newest])
		newest++;
	ok(mkdtemp(dir) != NULL);
	test("a new database has the newest version") {
		struct base *base = opened(BASE_WRITE);
		same_int(number(base, "PRAGMA user_version"), newest);
		base_close(base);
	}
	test("every table with rows of its own carries the tenant") {
		struct base *base = opened(BASE_WRITE);
		same_int(number(base, "SELECT count(*) FROM sqlite_master m WHERE type = 'table'"
			" AND name NOT LIKE '%\\_text%' ESCAPE '\\' AND name NOT LIKE 'sqlite%'"
			" AND NOT EXISTS (SELECT 1 FROM pragma_table_info(m.name)"
			" WHERE name = 'tenant')"), 0);
		base_close(base);
	}
	test("one of the first version is brought forward and keeps its rows") {
		make_old();
		refused(BASE_READ, "version 1");
		struct base *base = opened(BASE_WRITE);
		same_int(number(base, "PRAGMA user_version"), newest);
		same_int(number(base, "SELECT count(*) FROM origin"), 0);
		same_int(number(base, "SELECT count(*) FROM team WHERE id = 'refuse'"), 1);
		same_int(number(base, "SELECT count(*) FROM worker WHERE login = id AND roles = 'caseworker'"), 1);
		base_close(base);
	}
	test("one of a later version is refused, not touched") {
		set_version("PRAGMA user_version = 99");
		refused(BASE_WRITE, "version 99");
		refused(BASE_READ, "use the newer one");
	}
	remove_all();
	return test_result();
}
