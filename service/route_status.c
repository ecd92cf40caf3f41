/* Is the service up and what can it do; who asks. */
#include "service/hub.h"
#include "service/lease.h"
#include "service/rules.h"

#include <string.h>

/* The kinds of request this body handles: what its teams say they do. */
static void put_services(struct call *call, struct json_out *out)
{
	const char *all = "";
	struct rows *rows =
		base_ask(call->keep.base, "SELECT services FROM team WHERE tenant = $1 ORDER BY id",
			"i", base_tenant(call->keep.base));
	while (rows_next(rows)) {
		const char *words = rows_text(rows, 0);
		while (words && *words) {
			size_t size = strcspn(words, " ");
			all = words_add(all, arena_copy_n(&call->arena, words, size), &call->arena);
			words += size;
			words += strspn(words, " ");
		}
	}
	rows_done(rows);
	json_put_words(out, "services", all);
}

static void get_status(struct call *call)
{
	struct json_out out = call_json(call, 200);
	const char *name = keep_setting(&call->keep, "name", &call->arena);
	json_open(&out, NULL, '{');
	json_put_text(&out, "name", name ? name : "Casework service");
	json_put_text(&out, "api", "1.0");
	json_put_text(&out, "version", VERSION);
	json_put_time(&out, "time", (time_t)(call->keep.now_ms / 1000));
	json_put_text(&out, "storage", "sqlite");
	json_put_words(&out, "features", "citizens cases kinds leases events templates");
	json_put_bool(&out, "sample", keep_setting(&call->keep, "sample", &call->arena) != NULL);
	json_open(&out, "limits", '{');
	json_put_int(&out, "page", PAGE_MOST);
	json_put_int(&out, "leases_per_worker", LEASES_EACH);
	json_put_int(&out, "lease_seconds", service_lease_s(call->service));
	json_put_int(&out, "event_replay_seconds", HUB_REPLAY_S);
	json_close(&out, '}');
	rules_workflow(&out, "workflow");
	put_services(call, &out);
	json_close(&out, '}');
}

static void get_me(struct call *call)
{
	struct worker worker = {
		.id = call->who.worker, .name = call->who.name, .team = call->who.team
	};
	struct rows *rows = base_ask(call->keep.base,
		"SELECT skills, languages FROM worker WHERE tenant = $1 AND id = $2", "it",
		base_tenant(call->keep.base), worker.id);
	if (rows_next(rows)) {
		worker.skills = arena_copy(&call->arena, rows_text(rows, 0));
		worker.languages = arena_copy(&call->arena, rows_text(rows, 1));
	}
	rows_done(rows);
	struct json_out out = call_json(call, 200);
	json_open(&out, NULL, '{');
	json_write_worker(&out, "worker", &worker);
	json_put_words(&out, "roles", call->who.roles);
	json_put_words(&out, "surges", "");
	lease_list(call, &out, "leases");
	json_close(&out, '}');
}

static const struct operation operations[] = {
	{ "GET", "/status", OPERATION_READ, get_status },
	{ "GET", "/me", OPERATION_READ, get_me },
	{ NULL },
};

const struct route route_status = { operations };
