/* caseload citizens: find people. */
#include "cli/command.h"

#include "cli/parts.h"
#include "cli/rows.h"
#include "cli/session.h"
#include "model/arena.h"
#include "model/i18n.h"

enum { USUAL_LIMIT = 50, MOST = 1000 };

static bool people_known(void *ctx, struct session *s, const char *service, time_t *fetched)
{
	struct query of_one = *(const struct query *)ctx;
	struct query_now now = session_now(s);
	struct page page;

	*fetched = 0;
	of_one.source = service;
	page_init(&page);
	store_citizens(s->store, &of_one, &now, 1, &page);
	bool some = page.citizen_count > 0;
	page_clear(&page);
	return some;
}

static bool find(struct session *s, const struct query *q, int limit, bool unmask, struct error *err)
{
	struct parts parts;
	struct page page;
	struct query_now now = session_now(s);

	parts_begin(&parts, s, q->source);
	for (int i = 0; i < parts.count; i++)
		sync_citizens(s->sync, parts.list[i].service, q, session_purpose(s),
			wish_done, &parts.list[i].wish);
	parts_wait(&parts, s);
	page_init(&page);
	bool good = parts_tell(&parts, s, people_known, (void *)(uintptr_t)q, err) &&
		    store_citizens(s->store, q, &now, limit, &page) &&
		    rows_citizens(s, &page, unmask, err);
	page_clear(&page);
	return good;
}

static bool citizens_run(struct session *s, int *exit_code, struct error *err)
{
	struct query q = { 0 };
	int limit;
	bool unmask;

	if (rows_citizen_help(s))
		return true;
	if (!rows_unmask(s, &unmask, err) ||
		!given_number(s->given, "limit", USUAL_LIMIT, 1, MOST, &limit, err))
		return false;
	if (!s->given->count && !given_flag(s->given, "where"))
		return error_set(err, ERROR_USAGE,
			_("Say whom to look for: a name, a birth date, a reference."));

	char *text = session_query(s->given, err);
	bool good = text && query_parse(&q, QUERY_CITIZENS, text, NULL, err);

	if (!good)
		err->kind = ERROR_USAGE;
	good = good && session_open(s, err) && find(s, &q, limit, unmask, err);
	*exit_code = s->lacking;
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
			{ "unmask", 0, NULL,
				N_("Show reference and day of birth whole, for the reason of --purpose.") },
			{ "limit", 'l', "N", N_("At most so many; 50 without it.") },
			{ "fresh", 0, NULL, N_("Fail rather than show what was known before.") },
			{ NULL, 0, NULL, NULL },
		},
	.prints = true,
	.confined = true,
	.run = citizens_run,
};
