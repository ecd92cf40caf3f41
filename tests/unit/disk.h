/* A disk that is full for a moment: SQLite, one of whose writes fails once, or a statement before which another
   program does something. For one test program: it defines functions of the library. */
#ifndef TESTS_UNIT_DISK_H
#define TESTS_UNIT_DISK_H

#include <dlfcn.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <string.h>

static struct {
	int left; /* writes until the one that fails; 0: none */
	bool hit;
	const char *at, *meanwhile; /* a statement with this text fails once, or: another program does this before it */
	int passed;		    /* so many times it goes well */
} disk;

static sqlite3 *looking; /* the other program */

#define REAL(type, name, ...)                                                                      \
	static type (*real)(__VA_ARGS__);                                                          \
	if (!real)                                                                                 \
	*(void **)(&real) = dlsym(RTLD_NEXT, name)

static bool fails(void)
{
	if (disk.left <= 0 || --disk.left)
		return false;
	return disk.hit = true;
}

int sqlite3_step(sqlite3_stmt *stmt)
{
	REAL(int, "sqlite3_step", sqlite3_stmt *);
	if (disk.at && strstr(sqlite3_sql(stmt), disk.at) && disk.passed-- == 0) {
		disk.passed = 0;
		disk.at = NULL;
		if (!disk.meanwhile)
			return SQLITE_IOERR;
		sqlite3_exec(looking, disk.meanwhile, NULL, NULL, NULL);
	}
	return !sqlite3_stmt_readonly(stmt) && fails() ? SQLITE_FULL : real(stmt);
}

int sqlite3_exec(sqlite3 *db, const char *sql, int (*row)(void *, int, char **, char **), void *ctx,
	char **why)
{
	REAL(int, "sqlite3_exec", sqlite3 *, const char *, int (*)(void *, int, char **, char **),
		void *, char **);
	if (strcmp(sql, "ROLLBACK") != 0 && fails())
		return SQLITE_FULL;
	int left = disk.left; /* it steps by the function above */
	disk.left = 0;
	int rc = real(db, sql, row, ctx, why);
	disk.left = left;
	return rc;
}

int sqlite3_errcode(sqlite3 *db)
{
	REAL(int, "sqlite3_errcode", sqlite3 *);
	return disk.hit ? SQLITE_FULL : real(db);
}

#endif
