/* A real Request Tracker or Redmine for tests in C: tests/live starts it, once for the whole run, and puts
   its world back before each program.

	test("a note mails nobody") {
		if (live("rt")) {
			...getenv("RT_URL"), live_secret("rt", "anna"), live_mails("rt")...
		}
	}

   live() puts what `tests/live/NAME env` says into the environment; where the server is not installed the
   test is skipped with the reason. */
#ifndef TESTS_LIVE_H
#define TESTS_LIVE_H

#include "tests/ask.h"
#include "tests/lib.h"

#include <ctype.h>

/* Another program waits for this number: when it is gone, the server ends. */
static inline void live_owner(void)
{
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("LIVE_OWNER", pid, 0);
}

/* The world of that server as it was seeded: "rt" or "redmine". false: the test says why. */
static inline bool live_reset(const char *name)
{
	static char said[8000];
	char command[64];

	live_owner();
	snprintf(command, sizeof(command), "tests/live/%s reset", name);
	int code = ask_shell(command, said, sizeof(said));

	said[strcspn(said, "\n")] = '\0';
	if (code == 77) {
		skip(said);
		return false;
	}
	snprintf(command, sizeof(command), "tests/live/%s env", name);
	if (!ok(code == 0) || !ok(ask_shell(command, said, sizeof(said)) == 0))
		return false;
	ask_environment(said);
	return true;
}

/* The same, at the first call for that server alone: tests of one program build on each other. */
static inline bool live(const char *name)
{
	static char ready[100];

	if (strstr(ready, name))
		return true;
	if (!live_reset(name))
		return false;
	snprintf(ready + strlen(ready), sizeof(ready) - strlen(ready), " %s", name);
	return true;
}

/* What a person logs in with: RT's token, Redmine's key. */
static inline const char *live_secret(const char *name, const char *login)
{
	char variable[64];

	snprintf(variable, sizeof(variable), "%s_%s", strcmp(name, "rt") == 0 ? "RT_TOKEN" : "REDMINE_KEY", login);
	for (char *c = variable; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	return getenv(variable);
}

/* And their password, the same at both. Good until the next call. */
static inline const char *live_password(const char *login)
{
	static char text[64];

	snprintf(text, sizeof(text), "%s-pass", login);
	return text;
}

/* How many mails the server has sent since its world was put back. */
static inline int live_mails(const char *name)
{
	char command[64], line[32];

	snprintf(command, sizeof(command), "tests/live/mails %s", name);
	return ask_shell(command, line, sizeof(line)) == 0 ? atoi(line) : -1;
}

/* The first value of a query of the server's own database, "" for none. Good until the next call. */
static inline const char *live_sql(const char *name, const char *sql)
{
	static char line[1000];
	char command[2000];

	snprintf(command, sizeof(command), "sqlite3 -cmd '.timeout 20000' \"$%s\" \"%s\"",
		strcmp(name, "rt") == 0 ? "RT_DB" : "REDMINE_DB", sql);
	ask_shell(command, line, sizeof(line));
	line[strcspn(line, "\n")] = '\0';
	return line;
}

#endif
