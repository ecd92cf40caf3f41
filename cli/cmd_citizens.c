/* caseload citizens: find people. */
#include "cli/command.h"

#include "cli/rows.h"
#include "cli/session.h"
#include "model/arena.h"
#include "model/i18n.h"

enum { USUAL_LIMIT = 50, MOST = 1000 };

static bool find(struct session *s, const struct query *q, int limit, struct error *err)
{
	struct wish w = { 0 };
	struct page page;
	struct query_now now = session_now(s);

	sync_citizens(s->sync, q->source, q, given_value(s->given, "purpose"), wish_done, &w);

	bool answered = session_wait(s, &w);

	page_init(&page);
	bool good = store_citizens(s->store, q, &now, limit, &page);

	if (!answered)
		good = session_makes_do(s, &w.err, page.citizen_count > 0, 0, err);
	good = good && rows_citizens(s, &page, err);
	page_clear(&page);
	return good;
}

static bool citizens_run(struct session *s, int *exit_code, struct error *err)
{
	struct query q = { 0 };
	int limit;

	(void)exit_code;
	if (rows_citizen_help(s))
		return true;
	if (!given_number(s->given, "limit", USUAL_LIMIT, 1, MOST, &limit, err))
		return false;
	if (!s->given->count && !given_flag(s->given, "where"))
		return error_set(err, ERROR_USAGE,
			_("Say whom to look for: a name, a birth date, a reference."));

	char *text = session_query(s->given, err);
	bool good = text && query_parse(&q, QUERY_CITIZENS, text, NULL, err);

	if (!good)
		err->kind = ERROR_USAGE;
	good = good && session_open(s, err) && find(s, &q, limit, err);
	query_clear(&q);
	free(text);
	return good;
}

const struct command cmd_citizens = {
	.name = "citizens",
	.args = "QUERY...",
	.help = N_("Find citizens by name, birth date, reference, address or telephone."),
	.examples =
		(const char *const[]){
			"caseload citizens okafor",
			"caseload citizens 'family:rossi born:1966'",
			"caseload citizens name~okafro --json=id,given,family",
			NULL,
		},
	.options =
		(const struct verb_option[]){
			{ "where", 'w', "QUERY", N_("The query, as the verbs take it.") },
			{ "purpose", 'p', "TEXT",
				N_("Why: a case's number or a short reason, for the access log.") },
			{ "limit", 'l', "N", N_("At most so many; 50 without it.") },
			{ "fresh", 0, NULL, N_("Fail rather than show what was known before.") },
			{ NULL, 0, NULL, NULL },
		},
	.prints = true,
	.run = citizens_run,
};
