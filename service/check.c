#include "service/check.h"

#include "model/i18n.h"

static const struct rule {
	const char *broken; /* a sentence with the number of rows */
	const char *sql;    /* how many; $1 is the tenant */
} rules[] = {
	{ N_("%lld people whose numbers of cases are not those of their cases."),
		"SELECT count(*) FROM citizen p LEFT JOIN (SELECT citizen,"
		" sum(CASE status WHEN 'new' THEN 1 ELSE 0 END) AS n, sum(CASE status WHEN 'open' THEN 1 ELSE 0 END) AS o,"
		" sum(CASE status WHEN 'waiting' THEN 1 ELSE 0 END) AS w,"
		" sum(CASE status WHEN 'resolved' THEN 1 ELSE 0 END) AS r,"
		" sum(CASE status WHEN 'closed' THEN 1 ELSE 0 END) AS c FROM casefile"
		" WHERE tenant = $1 AND restricted = 0 GROUP BY citizen) s ON s.citizen = p.key WHERE p.tenant = $1"
		" AND (p.n_new <> coalesce(s.n, 0) OR p.n_open <> coalesce(s.o, 0) OR p.n_waiting <> coalesce(s.w, 0)"
		" OR p.n_resolved <> coalesce(s.r, 0) OR p.n_closed <> coalesce(s.c, 0))" },
	{ N_("%lld teams whose number of open cases is not that of their cases."),
		"SELECT count(*) FROM team t WHERE t.tenant = $1 AND t.open_cases <> (SELECT count(*) FROM casefile c"
		" WHERE c.tenant = $1 AND c.team = t.id AND c.restricted = 0 AND c.status IN ('new', 'open', 'waiting'))" },
	{ N_("%lld teams whose number of workers is not that of their workers."),
		"SELECT count(*) FROM team t WHERE t.tenant = $1 AND t.workers <> (SELECT count(*) FROM worker w"
		" WHERE w.tenant = $1 AND w.team = t.id AND w.gone_ms IS NULL)" },
	{ N_("%lld cases whose newest entry is not the last of their timeline."),
		"SELECT count(*) FROM casefile c LEFT JOIN (SELECT casefile, max(seq) AS last FROM event"
		/* That an answer went out is no news (keep_event_add()). */
		" WHERE kind <> 'delivery' OR delivery = 'failed' GROUP BY casefile) e"
		" ON e.casefile = c.key WHERE c.tenant = $1 AND c.last_event <> coalesce(e.last, 0)" },
	{ N_("%lld cases whose timeline does not begin with their opening."),
		"SELECT count(*) FROM casefile c WHERE c.tenant = $1 AND coalesce((SELECT e.kind FROM event e"
		" WHERE e.tenant = $1 AND e.casefile = c.key ORDER BY e.seq LIMIT 1), '') <> 'opened'" },
	{ N_("%lld cases whose version grew without an entry on their timeline."),
		"SELECT count(*) FROM casefile c LEFT JOIN (SELECT casefile, count(*) AS n FROM event"
		/* An answer that failed marks its case, the next one takes the mark off (service/queue.h). */
		" WHERE changes IS NOT NULL OR kind = 'answer' OR (kind = 'delivery' AND delivery = 'failed')"
		" GROUP BY casefile) e ON e.casefile = c.key"
		" WHERE c.tenant = $1 AND (c.version < 1 OR c.version > 1 + coalesce(e.n, 0))" },
	{ N_("%lld changes of cases that were answered and are not on record."),
		"SELECT count(*) FROM idempotency i LEFT JOIN casefile c ON c.tenant = i.tenant AND c.id ="
		" json_extract(i.body, '$.id') WHERE i.tenant = $1 AND json_extract(i.body, '$.number') IS NOT NULL"
		" AND (c.key IS NULL OR c.version < json_extract(i.body, '$.version'))" },
	{ N_("%lld entries of the timeline that were answered and are not on record."),
		"SELECT count(*) FROM idempotency i LEFT JOIN event e ON e.seq = json_extract(i.body, '$.seq')"
		" WHERE i.tenant = $1 AND json_extract(i.body, '$.seq') IS NOT NULL AND e.seq IS NULL" },
	{ N_("%lld years whose next case number was given before."),
		"SELECT count(*) FROM counter k WHERE k.tenant = $1 AND k.name LIKE 'number ____' AND k.value <"
		" (SELECT coalesce(max(CAST(substr(c.number, 6) AS INTEGER)), 0) FROM casefile c WHERE c.tenant = $1"
		" AND c.number LIKE substr(k.name, 8) || '-______')" },
	{ N_("%lld entries of timelines without a case."),
		"SELECT count(*) FROM event e LEFT JOIN casefile c ON c.key = e.casefile WHERE e.tenant = $1 AND c.key IS NULL" },
	{ N_("%lld cases of a person, a team or a worker that is not there."),
		"SELECT count(*) FROM casefile c WHERE c.tenant = $1"
		" AND ((c.citizen IS NOT NULL AND NOT EXISTS (SELECT 1 FROM citizen p WHERE p.key = c.citizen))"
		" OR (c.team IS NOT NULL AND NOT EXISTS (SELECT 1 FROM team t WHERE t.tenant = $1 AND t.id = c.team))"
		" OR (c.assignee IS NOT NULL AND NOT EXISTS (SELECT 1 FROM worker w WHERE w.tenant = $1"
		" AND w.id = c.assignee)))" },
	{ N_("%lld open cases with somebody who has left."),
		"SELECT count(*) FROM casefile c JOIN worker w ON w.tenant = c.tenant AND w.id = c.assignee"
		" WHERE c.tenant = $1 AND w.gone_ms IS NOT NULL AND c.status IN ('new', 'open', 'waiting')" },
	{ N_("%lld cases in the hand of somebody who has left."),
		"SELECT count(*) FROM lease l JOIN worker w ON w.tenant = l.tenant AND w.id = l.worker"
		" WHERE l.tenant = $1 AND w.gone_ms IS NOT NULL AND l.until_ms > w.gone_ms" },
	{ N_("%lld tokens of nobody who works here."),
		"SELECT count(*) FROM token t LEFT JOIN worker w ON w.tenant = t.tenant AND w.id = t.worker"
		" WHERE t.tenant = $1 AND (w.id IS NULL OR w.gone_ms IS NOT NULL)" },
	{ N_("%lld lines of the access log about nobody."),
		"SELECT count(*) FROM access a LEFT JOIN citizen p ON p.key = a.citizen WHERE a.tenant = $1 AND p.key IS NULL" },
};

void check_rules(struct base *base, struct buf *problems)
{
	struct error err;
	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
		int64_t count = base_number(base, 0, rules[i].sql, "i", base_tenant(base));
		if (count) {
			buf_printf(problems, _(rules[i].broken), (long long)count);
			buf_char(problems, '\n');
		}
	}
	if (base_error(base, &err))
		buf_printf(problems, "%s\n", err.text);
}

void check_all(struct base *base, struct buf *problems)
{
	base_begin(base); /* all of it at one instant */
	base_integrity(base, problems);
	check_rules(base, problems);
	base_rollback(base);
}
