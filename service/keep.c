/* Teams, workers, templates, kinds, settings and counters. */
#include "service/keep.h"

#include "model/json.h"
#include "model/text.h"

#include <string.h>

static int64_t tenant(const struct keep *keep)
{
	return base_tenant(keep->base);
}

bool keep_team_put(struct keep *keep, const struct team *team)
{
	return base_run(keep->base,
		"INSERT INTO team (tenant, id, name, lead, services) VALUES ($1, $2, $3, $4, $5)"
		" ON CONFLICT (tenant, id) DO UPDATE SET name = excluded.name, lead = "
		"excluded.lead,"
		" services = excluded.services",
		"itttt", tenant(keep), team->id, team->name, team->lead,
		team->queues ? team->queues : "");
}

bool keep_worker_put(struct keep *keep, const struct worker *worker)
{
	struct buf folded = { 0 };
	text_fold(&folded, worker->name);
	buf_char(&folded, ' ');
	text_fold(&folded, worker->id);
	base_run(keep->base,
		"UPDATE team SET workers = workers - 1 WHERE tenant = $1 AND id ="
		" (SELECT team FROM worker WHERE tenant = $1 AND id = $2 AND gone_ms IS NULL)",
		"it", tenant(keep), worker->id);
	base_run(keep->base,
		"INSERT INTO worker (tenant, id, name, mail, team, skills, languages, f_name, login)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $2) ON CONFLICT (tenant, id) DO UPDATE SET"
		" name = excluded.name, mail = excluded.mail, team = excluded.team,"
		" skills = excluded.skills, languages = excluded.languages, f_name = "
		"excluded.f_name, login = coalesce(worker.login, excluded.login), gone_ms = NULL",
		"itttttt"
		"t",
		tenant(keep), worker->id, worker->name, worker->mail, worker->team,
		worker->skills ? worker->skills : "", worker->languages ? worker->languages : "",
		folded.text);
	buf_clear(&folded);
	return base_run(keep->base,
		"UPDATE team SET workers = workers + 1 WHERE tenant = $1 AND id = $2", "it",
		tenant(keep), worker->team);
}

bool keep_worker_set_more(struct keep *keep, const char *id, const struct worker_more *more)
{
	return base_run(keep->base,
		"UPDATE worker SET login = coalesce($3, id), roles = $4, listed = $5 WHERE tenant = $1 AND id = $2",
		"itttb", tenant(keep), id, more->login, more->roles, (int)more->listed);
}

bool keep_worker_gone(struct keep *keep, const char *id)
{
	base_run(keep->base,
		"UPDATE team SET workers = workers - 1 WHERE tenant = $1 AND id ="
		" (SELECT team FROM worker WHERE tenant = $1 AND id = $2 AND gone_ms IS NULL)",
		"it", tenant(keep), id);
	base_run(keep->base,
		"UPDATE worker SET gone_ms = $3, login = NULL WHERE tenant = $1 AND id = $2 AND gone_ms IS NULL",
		"iti", tenant(keep), id, keep->now_ms);
	base_run(keep->base, "UPDATE team SET lead = NULL WHERE tenant = $1 AND lead = $2", "it", tenant(keep), id);
	return base_run(
		keep->base, "DELETE FROM token WHERE tenant = $1 AND worker = $2", "it", tenant(keep), id);
}

bool keep_template_put(struct keep *keep, const struct answer_template *tpl)
{
	return base_run(keep->base,
		"INSERT INTO template (tenant, id, name, language, service, outcome, text)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (tenant, id) DO UPDATE SET"
		" name = excluded.name, language = excluded.language, service = excluded.service,"
		" outcome = excluded.outcome, text = excluded.text",
		"itttttt", tenant(keep), tpl->id, tpl->name, tpl->language, tpl->queue,
		tpl->outcome, tpl->text);
}

bool keep_kind_put(struct keep *keep, const struct kind *kind)
{
	struct kind next = *kind;
	next.version = 1 + base_number(keep->base, 0,
				   "SELECT version FROM kind WHERE tenant = $1 AND id = $2", "it",
				   tenant(keep), kind->id);
	struct buf json = { 0 };
	struct json_out out = { .buf = &json };
	json_write_kind(&out, NULL, &next);
	base_run(keep->base,
		"INSERT INTO kind (tenant, id, version, name, service, json)"
		" VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant, id) DO UPDATE SET"
		" version = excluded.version, name = excluded.name, service = excluded.service,"
		" json = excluded.json",
		"itittt", tenant(keep), kind->id, next.version, kind->name,
		kind->queue ? kind->queue : "", json.text);
	buf_clear(&json);
	keep_next(keep, "kinds");
	return true;
}

const char *keep_setting(struct keep *keep, const char *name, struct arena *arena)
{
	return base_text(keep->base, arena,
		"SELECT text FROM counter WHERE tenant = $1 AND name = $2", "it", tenant(keep),
		name);
}

bool keep_set(struct keep *keep, const char *name, const char *value)
{
	return base_run(keep->base,
		"INSERT INTO counter (tenant, name, text) VALUES ($1, $2, $3)"
		" ON CONFLICT (tenant, name) DO UPDATE SET text = excluded.text",
		"itt", tenant(keep), name, value);
}

int64_t keep_next(struct keep *keep, const char *counter)
{
	return base_number(keep->base, 0,
		"INSERT INTO counter (tenant, name, value) VALUES ($1, $2, 1)"
		" ON CONFLICT (tenant, name) DO UPDATE SET value = counter.value + 1 RETURNING "
		"value",
		"it", tenant(keep), counter);
}

struct kind *keep_kind(struct keep *keep, const char *id, struct page *page)
{
	struct kind *kind = NULL;
	struct rows *rows = base_ask(keep->base,
		"SELECT json FROM kind WHERE tenant = $1 AND id = $2", "it", tenant(keep), id);
	if (rows_next(rows)) {
		const char *text = rows_text(rows, 0);
		struct json *json = json_read(text, strlen(text), NULL, NULL);
		kind = page_add_kind(page);
		if (!json || !json_read_kind(json, kind, &page->arena, NULL))
			kind = NULL;
		json_free(json);
	}
	rows_done(rows);
	return kind;
}

struct answer_template *keep_template(struct keep *keep, const char *id, struct page *page)
{
	struct answer_template *tpl = NULL;
	struct rows *rows = base_ask(keep->base,
		"SELECT id, name, language, service, outcome, text FROM template"
		" WHERE tenant = $1 AND id = $2",
		"it", tenant(keep), id);
	if (rows_next(rows)) {
		tpl = page_add_template(page);
		tpl->id = arena_copy(&page->arena, rows_text(rows, 0));
		tpl->name = arena_copy(&page->arena, rows_text(rows, 1));
		tpl->language = arena_copy(&page->arena, rows_text(rows, 2));
		tpl->queue = arena_copy(&page->arena, rows_text(rows, 3));
		tpl->outcome = arena_copy(&page->arena, rows_text(rows, 4));
		tpl->text = arena_copy(&page->arena, rows_text(rows, 5));
	}
	rows_done(rows);
	return tpl;
}

bool keep_has_team(struct keep *keep, const char *id)
{
	return base_number(keep->base, 0, "SELECT 1 FROM team WHERE tenant = $1 AND id = $2", "it",
		       tenant(keep), id) == 1;
}

bool keep_has_worker(struct keep *keep, const char *id)
{
	return base_number(keep->base, 0,
		       "SELECT 1 FROM worker WHERE tenant = $1 AND id = $2 AND gone_ms IS NULL", "it",
		       tenant(keep), id) == 1;
}

const char *keep_team_for(struct keep *keep, const char *service, struct arena *arena)
{
	const char *team = NULL;
	struct rows *rows = base_ask(keep->base,
		"SELECT id, services FROM team WHERE tenant = $1 ORDER BY id", "i", tenant(keep));
	while (!team && rows_next(rows)) {
		if (words_have(rows_text(rows, 1), service))
			team = arena_copy(arena, rows_text(rows, 0));
	}
	rows_done(rows);
	return team;
}
