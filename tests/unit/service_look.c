/* Whom one may look at without saying why, on every route that shows somebody, and that each look is kept. p1 has
   cases with refuse (s.rossi), p2 with benefits (k.byrne); nobody has p3. */
#include "tests/service.h"

static struct server server;

/* How many lines the access log has of this worker about this person, with this purpose (NULL: any). */
static int looks(const char *person, const char *worker, const char *action, const char *purpose)
{
	struct reply r = { 0 };
	char path[80];
	int count = 0;
	snprintf(path, sizeof path, "/citizens/%s/access?limit=200", person);
	ask(&r, &server, server.auditor, "GET", path, NULL, NULL);
	same_int(r.status, 200);
	for (size_t i = 0; i < json_count(at(&r, "items")); i++) {
		const struct json *line = json_at(at(&r, "items"), i);
		const char *why = json_get_text(line, "purpose");
		count += strcmp(json_get_text(line, "worker"), worker) == 0 &&
			 strcmp(json_get_text(line, "action"), action) == 0 &&
			 (!purpose || (why && strcmp(why, purpose) == 0));
	}
	reply_clear(&r);
	return count;
}

static int status_of(const char *token, const char *method, const char *path, const char *headers, const char *body)
{
	struct reply r = { 0 };
	ask(&r, &server, token, method, path, headers, body);
	int status = r.status;
	if (status == 403)
		same(problem(&r), "purpose-needed");
	reply_clear(&r);
	return status;
}

static void test_open(void)
{
	same_int(status_of(server.rossi, "GET", "/citizens/p1", NULL, NULL), 200); /* own team's */
	same_int(status_of(server.rossi, "GET", "/citizens/p2", NULL, NULL), 403);
	same_int(status_of(server.rossi, "GET", "/citizens/p2", "Purpose:  \r\n", NULL), 403);
	same_int(status_of(server.rossi, "GET", "/citizens/p3", NULL, NULL), 403);
	same_int(status_of(server.reader, "GET", "/citizens/p2", NULL, NULL), 403);
	same_int(status_of(server.super, "GET", "/citizens/p2", NULL, NULL), 403);
	same_int(status_of(server.rossi, "PATCH", "/citizens/p2", "If-Match: \"1\"\r\n", "{\"phone\":\"1\"}"), 403);
	same_int(status_of(server.rossi, "PATCH", "/citizens/p2", "If-Match: \"9\"\r\n", "{\"phone\":\"1\"}"), 403);
	same_int(status_of(server.rossi, "GET", "/citizens/p2/access", NULL, NULL), 403);
	same_int(looks("p2", "s.rossi", "read", NULL), 0);
	same_int(status_of(server.rossi, "GET", "/citizens/p2", "Purpose: they ring\r\n", NULL), 200);
	same_int(looks("p2", "s.rossi", "read", "they ring"), 1);
	/* Whoever has just opened them sees who else did. */
	same_int(status_of(server.rossi, "GET", "/citizens/p2/access", NULL, NULL), 200);
	same_int(status_of(server.super, "GET", "/citizens/p2/access", NULL, NULL), 200);
}

/* A case in one's hand makes its person one's own work, for as long. */
static void test_hand(void)
{
	struct reply r = { 0 };
	same_int(status_of(server.byrne, "GET", "/citizens/p1", NULL, NULL), 200); /* c4 is the team's */
	ask(&r, &server, server.rossi, "PUT", "/cases/c2/lease", NULL, "{}");
	same_int(r.status, 201);
	same_int(status_of(server.rossi, "GET", "/citizens/p2", NULL, NULL), 200);
	ask(&r, &server, server.rossi, "DELETE", "/cases/c2/lease", NULL, NULL);
	same_int(r.status, 204);
	same_int(status_of(server.rossi, "GET", "/citizens/p2", NULL, NULL), 403);
	reply_clear(&r);
}

static void test_list(void)
{
	struct reply r = { 0 };
	ask(&r, &server, server.rossi, "GET", "/citizens?q=de+vries", NULL, NULL);
	same(text_at(&r, "items.0.phone"), "+31 6 10855719"); /* own work */
	ask(&r, &server, server.byrne, "GET", "/citizens?q=de+vries", NULL, NULL);
	same(text_at(&r, "items.0.phone"), "+31 6 10855719");
	/* Both cases of the benefits team ended: k.byrne has nothing to do with p1 any more. */
	ask(&r, &server, server.byrne, "GET", "/cases/c4", NULL, NULL);
	char match[64];
	snprintf(match, sizeof match, "If-Match: \"%lld\"\r\n", (long long)int_at(&r, "version"));
	ask(&r, &server, server.byrne, "PATCH", "/cases/c4", match, "{\"status\":\"resolved\",\"outcome\":\"done\"}");
	same_int(r.status, 200);
	ask(&r, &server, server.byrne, "GET", "/citizens?q=de+vries", NULL, NULL);
	same_int(r.status, 200);
	same(text_at(&r, "items.0.family"), "de Vries");
	same(text_at(&r, "items.0.born"), "1966-11-02");
	same(text_at(&r, "items.0.address.town"), "Tilburg");
	static const char *const hidden[] = { "10855719", "zoe@example.org", "Kerkstraat" };
	for (int i = 0; i < 3; i++)
		ok(strstr(buf_str(&r.body), hidden[i]) == NULL);
	/* Not by asking for it, nor by finding by it. */
	ask(&r, &server, server.byrne, "GET", "/citizens?q=0610855719&fields=id,phone,email,address", NULL, NULL);
	if (!ok(strstr(buf_str(&r.body), "\"p1\"") != NULL))
		printf("# %s\n", buf_str(&r.body));
	for (int i = 0; i < 3; i++)
		ok(strstr(buf_str(&r.body), hidden[i]) == NULL);
	ask(&r, &server, server.byrne, "GET", "/citizens?q=de+vries", "Purpose: call back\r\n", NULL);
	for (int i = 0; i < 3; i++)
		ok(strstr(buf_str(&r.body), hidden[i]) != NULL);
	same_int(looks("p1", "k.byrne", "found", "call back"), 1);
	reply_clear(&r);
}

/* Through a case of another team one sees its person: that is a look like any other. */
static void test_case(void)
{
	struct reply r = { 0 };
	char why[64];
	ask(&r, &server, server.byrne, "GET", "/cases/c5", NULL, NULL);
	same_int(r.status, 200);
	snprintf(why, sizeof why, "case:%s", text_at(&r, "number"));
	/* One minute's looks are one line; what k.byrne read above is in it when that minute is not over. */
	ask(&r, &server, server.byrne, "GET", "/cases/c5/events", NULL, NULL);
	same_int(r.status, 200);
	ok(looks("p1", "k.byrne", "read", NULL) >= 1);
	/* Somebody who has not looked at them yet: the line says through which case. */
	int lines = looks("p2", "m.day", "read", NULL);
	ask(&r, &server, server.super, "GET", "/cases/c2/events", NULL, NULL);
	same_int(r.status, 200);
	same_int(looks("p2", "m.day", "read", NULL), lines + 1);
	ask(&r, &server, server.super, "GET", "/cases/c2", NULL, NULL);
	snprintf(why, sizeof why, "case:%s", text_at(&r, "number"));
	same_int(looks("p2", "m.day", "read", why), 1);
	/* Own work leaves no line for each look at a case. */
	lines = looks("p1", "s.rossi", "read", NULL);
	ask(&r, &server, server.rossi, "GET", "/cases/c1", NULL, NULL);
	ask(&r, &server, server.rossi, "GET", "/cases/c1/events", NULL, NULL);
	same_int(r.status, 200);
	same_int(looks("p1", "s.rossi", "read", NULL), lines);
	reply_clear(&r);
}

int main(void)
{
	test("the service comes up")
		server_start(&server);
	test("a person outside one's own work is opened with a reason alone")
		test_open();
	test("what is in one's hand is one's work")
		test_hand();
	test("a list says who, not how they are reached")
		test_list();
	test("a case shows its person, and that is kept")
		test_case();
	same_int(server_end(&server, SIGTERM), 0);
	server_clear(&server);
	return test_result();
}
