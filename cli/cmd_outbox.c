/* caseload outbox: what is saved here and not yet accepted; try again, or give it up. */
#include "cli/command.h"

#include "cli/rows.h"
#include "cli/session.h"
#include "cli/theirs.h"
#include "model/i18n.h"
#include "model/when.h"

#include <errno.h>

static const char *state_name(const struct patch *p)
{
	static const char *const names[] = {
		[PATCH_SAVED] = "saved",
		[PATCH_SENT] = "sent",
		[PATCH_UNKNOWN] = "unknown",
		[PATCH_CONFLICT] = "conflict",
		[PATCH_REFUSED] = "refused",
	};

	return names[p->state];
}

static void json_row(struct json_out *out, const struct patch *p)
{
	json_open(out, NULL, '{');
	json_put_int(out, "row", p->key);
	json_put_text(out, "service", p->service);
	json_put_text(out, "case", p->number);
	json_put_text(out, "title", p->title);
	json_put_text(out, "verb", p->verb);
	json_put_text(out, "state", state_name(p));
	json_put_time(out, "made", p->made);
	json_put_int(out, "tries", p->tries);
	json_put_text(out, "message", p->error_text);
	json_open(out, "changes", '[');
	for (int i = 0; i < p->count; i++) {
		json_open(out, NULL, '{');
		json_put_text(out, "field", p->changes[i].field);
		json_put_text(out, "before", p->changes[i].before);
		json_put_text(out, "after", p->changes[i].after);
		json_close(out, '}');
	}
	json_close(out, ']');
	json_put_raw(out, "theirs", p->theirs);
	json_close(out, '}');
}

static void table_row(struct print *p, const struct patch *x)
{
	struct buf made = { 0 };
	char row[24], at[WHEN_SIZE];

	snprintf(row, sizeof(row), "%lld", (long long)x->key);
	when_write(at, x->made);
	if (p->form == PRINT_PLAIN)
		buf_text(&made, at);
	else
		when_stamp(&made, x->made, time(NULL));
	print_row(p, (const char *[]){ row, x->number ? x->number : x->title, x->verb,
			     state_name(x), buf_str(&made), x->error_text });
	buf_clear(&made);
}

static void list(struct session *s)
{
	static const struct print_column columns[] = {
		{ "row", N_("Row"), 0, true },
		{ "case", N_("Case"), 0, false },
		{ "verb", N_("Change"), 1, false },
		{ "state", N_("State"), 0, false },
		{ "made", N_("Made"), 0, false },
		{ "message", N_("Why it waits"), 1, false },
	};
	struct print *p = s->print;
	int count;
	struct patch *rows = store_outbox(s->store, &count);

	if (p->form == PRINT_JSON)
		json_open(&p->json, NULL, '[');
	else
		print_table(p, columns, 6);
	for (int i = 0; i < count; i++) {
		rows_mask_patch(s, &rows[i]);
		if (p->form == PRINT_JSON)
			json_row(&p->json, &rows[i]);
		else
			table_row(p, &rows[i]);
	}
	store_outbox_free(rows, count);
	if (p->form == PRINT_JSON) {
		json_close(&p->json, ']');
		buf_char(&p->out, '\n');
	} else if (count || p->form == PRINT_PLAIN) {
		print_table_end(p);
	} else {
		print_line(p, "%s", _("The outbox is empty: everything was accepted."));
	}
}

static bool read_row(const char *text, struct session *s, struct patch *p, struct error *err)
{
	char *end;

	errno = 0;

	long long key = strtoll(text, &end, 10);

	if (end == text || *end || errno || !store_patch(s->store, key, p))
		return error_set(err, ERROR_GONE,
			_("There is no row %s in the outbox; caseload outbox lists them."), text);
	return true;
}

/* Whether a further try has ended without the row going away. */
static bool rests(const struct patch *now, int tries_before)
{
	if (now->state == PATCH_CONFLICT || now->state == PATCH_REFUSED)
		return true;
	return now->state != PATCH_SENT && now->tries > tries_before && now->error != ERROR_NONE;
}

/* A conflict goes out on top of what is there now: the person has said so. What only waits needs no
   new start, but not to wait any longer. */
static bool start_again(struct session *s, const struct patch *p, struct error *err)
{
	struct patch under = { 0 };
	bool good = true;

	if (p->state == PATCH_REFUSED)
		return store_retry(s->store, p, err);
	if (p->state == PATCH_CONFLICT)
		good = store_retry(s->store, theirs_under(p, &under) ? &under : p, err);
	patch_clear(&under);
	return good;
}

/* Whether an earlier change of its case waits for a person: no waiting helps then, and it says so. */
static bool held(struct session *s, const struct patch *p, struct error *err)
{
	int count, at = 0, holder = 0;
	struct patch *rows = store_outbox(s->store, &count);

	while (at < count && rows[at].key != p->key)
		at++;
	if (at < count)
		holder = patch_held_by(rows, at);
	if (holder)
		error_set(err, ERROR_CONFLICT,
			_("Row %lld stays saved here: row %lld, an earlier change of this case, waits "
			  "for you; settle that one first."),
			(long long)p->key, (long long)rows[holder - 1].key);
	store_outbox_free(rows, count);
	return holder != 0;
}

/* Waits until the row has gone, or rests again. */
static bool send_again(struct session *s, struct patch *p, struct error *err)
{
	struct patch now = { 0 };
	int64_t end = loop_now_ms() + config_number(s->config, "net.timeout") * 1000;
	bool here = true;

	if (held(s, p, err) || !start_again(s, p, err))
		return false;
	sync_retry_now(s->sync);
	sync_kick(s->sync);
	while (here && loop_now_ms() < end) {
		loop_once(s->loop, 250);
		store_watched(s->store);
		patch_clear(&now);
		now = (struct patch){ 0 };
		here = store_patch(s->store, p->key, &now);
		if (here && rests(&now, p->tries))
			break;
		if (here && held(s, p, err)) {
			patch_clear(&now);
			return false;
		}
	}
	if (here)
		error_set(err, now.error ? now.error : ERROR_OFFLINE, "%s",
			now.error_text ? now.error_text : _("It is saved here, not yet accepted."));
	else
		print_line(s->print, "%s  %s",
			p->number  ? p->number
			: p->title ? p->title
				   : "",
			_("accepted by the service"));
	patch_clear(&now);
	return !here;
}

static bool each(struct session *s, bool retry, int *exit_code, struct error *err)
{
	if (s->given->count < 2)
		return error_set(
			err, ERROR_USAGE, _("Say which rows; caseload outbox lists them."));
	sync_sends(s->sync); /* what a program that ended had under way is no longer */
	sync_hold(s->sync, !retry);
	for (int i = 1; i < s->given->count; i++) {
		struct patch p = { 0 };
		struct error why = { 0 };
		bool good = read_row(s->given->args[i], s, &p, &why);

		if (good && retry)
			good = send_again(s, &p, &why);
		else if (good)
			good = store_drop(s->store, p.key, &why);
		if (good && !retry)
			print_line(s->print, _("%s  given up: %s"), p.number ? p.number : "",
				p.verb ? p.verb : "");
		if (!good)
			print_error(s->print, &why);
		if (!good && *exit_code != error_exit(why.kind))
			*exit_code = *exit_code ? 7 : error_exit(why.kind);
		patch_clear(&p);
	}
	return true;
}

/* Sends what waits, and waits for it as long as a service still answers. */
static bool send_all(struct session *s, int *exit_code)
{
	const char *given = given_value(s->given, "timeout");
	int seconds = given ? atoi(given) : config_number(s->config, "net.timeout");
	int64_t end = loop_now_ms() + seconds * 1000;

	sync_sends(s->sync);
	sync_hold(s->sync, false);
	sync_retry_now(s->sync);
	sync_kick(s->sync);
	while (sync_unsent(s->sync) && loop_now_ms() < end && !sync_in_vain(s->sync)) {
		loop_once(s->loop, 250);
		store_watched(s->store);
	}
	if (sync_unsent(s->sync))
		*exit_code = error_exit(ERROR_OFFLINE);
	list(s);
	return true;
}

static bool outbox_run(struct session *s, int *exit_code, struct error *err)
{
	const char *what = s->given->count ? s->given->args[0] : "list";

	if (strcmp(what, "list") && strcmp(what, "send") && strcmp(what, "retry") &&
		strcmp(what, "drop"))
		return error_set(err, ERROR_USAGE,
			_("outbox knows list, send, retry and drop, not %s."), what);
	if (!session_open(s, err))
		return false;
	if (!strcmp(what, "send"))
		return send_all(s, exit_code);
	if (strcmp(what, "list"))
		return each(s, strcmp(what, "retry") == 0, exit_code, err);
	list(s);
	return true;
}

const struct command cmd_outbox = {
	.name = "outbox",
	.args = "[list | send | retry ROW... | drop ROW...]",
	.help = N_(
		"Show what is saved here and not yet accepted; send rows again, or give them up."),
	.examples =
		(const char *const[]){
			"caseload outbox",
			"caseload outbox send",
			"caseload outbox retry 12",
			"caseload outbox --json",
			NULL,
		},
	.prints = true,
	.confined = true,
	.run = outbox_run,
};
