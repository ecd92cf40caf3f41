/* caseloadd check: each rule of the records, broken by hand once, is found; sound records break none. */
#include "service/check.h"
#include "tests/service.h"

static const struct {
	const char *name, *sql, *says;
} breaks[] = {
	{ "a version that jumped", "UPDATE casefile SET version = 3 WHERE id = 'c1'",
		"1 cases whose version grew without an entry on their timeline." },
	{ "a version of nothing", "UPDATE casefile SET version = 0 WHERE id = 'c1'", "1 cases whose version grew" },
	{ "a person's sum", "UPDATE citizen SET n_open = n_open + 1 WHERE id = 'p1'", "1 people whose numbers of cases" },
	{ "a team's sum", "UPDATE team SET open_cases = open_cases - 1 WHERE id = 'refuse'",
		"1 teams whose number of open cases" },
	{ "a team's people", "UPDATE team SET workers = 7 WHERE id = 'refuse'", "1 teams whose number of workers" },
	{ "the newest entry", "UPDATE casefile SET last_event = 1 WHERE id = 'c3'", "1 cases whose newest entry" },
	{ "an entry that is gone", "DELETE FROM event WHERE seq = (SELECT max(seq) FROM event)", "1 cases whose newest" },
	{ "a timeline that begins in the middle", "UPDATE event SET kind = 'note' WHERE seq = 1",
		"1 cases whose timeline does not begin with their opening." },
	{ "an entry without a case", "UPDATE event SET casefile = 99 WHERE seq = 1", "1 entries of timelines without" },
	{ "a case of nobody", "UPDATE casefile SET citizen = 99 WHERE id = 'c5'", "1 cases of a person, a team" },
	{ "a case of no team", "UPDATE casefile SET team = 'none' WHERE id = 'c4'", "1 cases of a person, a team" },
	{ "a number given before",
		"UPDATE counter SET value = 1 WHERE name LIKE 'number %'", "1 years whose next case number" },
	{ "an answered change that is not on record",
		"INSERT INTO idempotency (tenant, worker, key, hash, status, body, at_ms) VALUES (1, 's.rossi', 'k', 'h', 200,"
		" '{\"id\":\"c1\",\"number\":\"2026-000001\",\"version\":2}', 1)",
		"1 changes of cases that were answered and are not on record." },
	{ "an answered case that is not there",
		"INSERT INTO idempotency (tenant, worker, key, hash, status, body, at_ms) VALUES (1, 's.rossi', 'k', 'h', 201,"
		" '{\"id\":\"gone\",\"number\":\"2026-000009\",\"version\":1}', 1)",
		"1 changes of cases that were answered" },
	{ "an answered entry that is not there",
		"INSERT INTO idempotency (tenant, worker, key, hash, status, body, at_ms) VALUES (1, 's.rossi', 'k', 'h', 201,"
		" '{\"seq\":4711,\"kind\":\"note\"}', 1)",
		"1 entries of the timeline that were answered" },
	{ "a leaver's case", "UPDATE worker SET gone_ms = 1 WHERE id = 's.rossi'", "1 open cases with somebody who has left." },
	{ "a leaver's hand",
		"INSERT INTO lease (casefile, tenant, worker, fence, since_ms, until_ms) SELECT key, 1, 'a.way', 1, 1, 9 FROM"
		" casefile WHERE id = 'c1'",
		"1 cases in the hand of somebody who has left." },
	{ "a leaver's token", "UPDATE worker SET gone_ms = 1 WHERE id = 'a.udit'", "1 tokens of nobody who works here." },
	{ "a look at nobody",
		"INSERT INTO access (tenant, citizen, at_ms, worker, action) VALUES (1, 99, 1, 's.rossi', 'read')",
		"1 lines of the access log about nobody." },
};

/* Broken within a transaction that is taken back. */
static void test_break(struct base *base, int i)
{
	struct buf problems = { 0 };
	base_begin(base);
	base_run(base, breaks[i].sql, "");
	check_rules(base, &problems);
	if (!ok(strstr(buf_str(&problems), breaks[i].says) != NULL))
		printf("# %s: %s\n", breaks[i].name, buf_str(&problems));
	base_rollback(base);
	buf_reset(&problems);
	check_rules(base, &problems);
	same(buf_str(&problems), "");
	buf_clear(&problems);
}

int main(void)
{
	struct server server = { 0 };
	struct error err = { 0 };
	struct buf problems = { 0 };
	snprintf(server.dir, sizeof server.dir, "/tmp/caseload-test-XXXXXX");
	if (!mkdtemp(server.dir))
		return 1;
	test("sound records")
		server_rows(&server);
	/* One who has left, with nothing in their hands. */
	struct base *base = base_open(server.dir, BASE_WRITE, &err);
	base_run(base,
		"INSERT INTO worker (tenant, id, name, team, f_name, gone_ms) VALUES (1, 'a.way', 'Away', 'refuse', '', 5)", "");
	check_all(base, &problems);
	same(buf_str(&problems), "");
	base_index_integrity(base, &problems);
	same(buf_str(&problems), "");
	for (int i = 0; i < (int)(sizeof breaks / sizeof breaks[0]); i++)
		test(breaks[i].name)
			test_break(base, i);
	test("an index that lost a word") {
		base_index(base, "citizen_text", 1, "zoe de vries", NULL);
		base_index_integrity(base, &problems);
		ok(strstr(buf_str(&problems), "citizen_text: ") != NULL);
	}
	base_close(base);
	buf_clear(&problems);
	server_clear(&server);
	return test_result();
}
