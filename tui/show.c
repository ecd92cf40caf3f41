/* How people, dates, fields and entries of a timeline are told. */
#include "tui/show.h"
#include "model/i18n.h"
#include "model/json.h"
#include "model/text.h"
#include "model/when.h"
#include <string.h>

struct word {
	const char *wire, *shown;
};

static const char *translate(const struct word *words, const char *wire)
{
	for (; wire && words->wire; words++)
		if (!strcmp(words->wire, wire))
			return _(words->shown);
	return wire;
}

const char *show_channel(const char *channel)
{
	static const struct word words[] = { { "counter", N_("counter") },
		{ "phone", N_("telephone") }, { "web", N_("web form") }, { "email", N_("e-mail") },
		{ "sms", N_("SMS") }, { "letter", N_("letter") }, { "chat", N_("chat") }, { "other", N_("another way") },
		{ NULL, NULL } };

	return translate(words, channel);
}

const char *show_status(const char *status)
{
	static const struct word words[] = { { "new", N_("new") }, { "open", N_("open") },
		{ "waiting", N_("waiting") }, { "resolved", N_("resolved") },
		{ "closed", N_("closed") }, { NULL, NULL } };

	return translate(words, status);
}

const struct kind *show_kind(const struct show *show, const struct casefile *cf)
{
	for (int i = 0; cf->kind && show->people && i < show->people->kind_count; i++) {
		const struct kind *k = &show->people->kinds[i];

		if (!strcmp(k->id, cf->kind) &&
			(!k->service || !cf->service || !strcmp(k->service, cf->service)))
			return k;
	}
	return NULL;
}

const char *show_team(const struct show *show, const char *id)
{
	for (int i = 0; id && show->people && i < show->people->team_count; i++) {
		const struct team *t = &show->people->teams[i];

		if (!strcmp(t->id, id) && t->name &&
			(!show->service || !t->service || !strcmp(show->service, t->service)))
			return t->name;
	}
	return id;
}

const char *show_state(const struct show *show, const struct casefile *cf)
{
	const struct kind *k = show_kind(show, cf);
	const struct kind_step *step = k && cf->step ? kind_step_find(k, cf->step) : NULL;
	const char *status = cf->status ? cf->status : stage_name(cf->stage);

	/* A pending change of the status is newer than the step the service last told. */
	if (step && step->status && !strcmp(step->status, status))
		return step->name;
	return show_status(status);
}

void show_owner(struct buf *out, const struct show *show, const char *worker)
{
	if (!worker || !*worker)
		buf_text(out, _("nobody"));
	else if (show->me && !strcmp(show->me, worker))
		buf_text(out, _("you"));
	else
		buf_text(out, worker);
}

static int64_t local_day(time_t at)
{
	struct tm tm;

	localtime_r(&at, &tm);
	tm.tm_hour = 12;
	tm.tm_min = tm.tm_sec = 0;
	return (int64_t)mktime(&tm) / 86400;
}

void show_due(struct buf *out, time_t due, time_t now)
{
	if (!due)
		return;

	int days = (int)(local_day(due) - local_day(now));

	if (days < 0)
		buf_printf(out, P_("%d day late", "%d days late", -days), -days);
	else if (due < now)
		buf_text(out, _("late today"));
	else if (!days)
		buf_text(out, _("due today"));
	else
		buf_printf(out, P_("due in %d day", "due in %d days", days), days);
}

void show_citizen(struct buf *out, const struct citizen *c, const struct casefile *cf)
{
	if (c)
		citizen_name(out, c);
	else if (cf && !text_blank(cf->citizen_name))
		buf_text(out, cf->citizen_name);
	else
		buf_text(out, _("nobody named"));
}

void show_id(struct buf *out, const char *id)
{
	enum { LONGEST = 12, ENOUGH = 8 };

	if (strchr(id, '@')) {
		buf_text(out, id);
		return;
	}
	buf_printf(out, "#%.*s", strlen(id) > LONGEST ? ENOUGH : LONGEST, id);
}

void show_masked(struct buf *out, const char *secret, bool open)
{
	if (open || !secret) {
		buf_text(out, secret ? secret : "-");
		return;
	}
	buf_text(out, "******");
}

/* ---- entries */

static void scalar(struct buf *out, const struct json *j)
{
	switch (json_type(j)) {
	case JSON_TEXT:
		buf_text(out, json_text(j));
		break;
	case JSON_LIST:
		for (size_t i = 0; i < json_count(j); i++) {
			buf_text(out, i ? " " : "");
			scalar(out, json_at(j, i));
		}
		break;
	case JSON_OBJECT:
		if (json_get_text(j, "name"))
			buf_text(out, json_get_text(j, "name"));
		else
			json_print(out, j);
		break;
	case JSON_BOOL:
		buf_text(out, json_bool(j, false) ? _("yes") : _("no"));
		break;
	case JSON_NOTHING:
	case JSON_NULL_VALUE:
		break;
	default:
		json_print(out, j);
	}
}

/* A change that has not left speaks of stages; people know states. */
static const char *stage_word(const char *stage)
{
	return show_status(strcmp(stage, "done") ? stage : "resolved");
}

void show_value(struct buf *out, const struct show *show, const char *field, const char *text)
{
	time_t at;

	if (!strcmp(field, "team"))
		buf_text(out, show_team(show, text));
	else if (!strcmp(field, "status"))
		buf_text(out, show_status(text));
	else if (!strcmp(field, "stage"))
		buf_text(out, stage_word(text));
	else if (strlen(text) > 18 && text[10] == 'T' && when_read(text, &at))
		when_stamp(out, at, show->now);
	else
		buf_text(out, text);
}

static void value(struct buf *out, const struct show *show, const char *field, const struct json *j)
{
	struct buf text = { 0 };

	scalar(&text, j);
	show_value(out, show, field, buf_str(&text));
	buf_clear(&text);
}

const char *show_field(const char *field)
{
	static const struct word words[] = { { "assignee", N_("owner") },
		{ "worker", N_("owner") }, { "stage", N_("status") }, { "service", N_("queue") }, { "duplicate_of", N_("duplicate of") },
		{ NULL, NULL } };

	return translate(words, strncmp(field, "fields.", 7) ? field : field + 7);
}

static void change(
	struct buf *out, const struct show *show, const char *field, const struct json *pair)
{
	const struct json *after = json_at(pair, 1);
	struct buf was = { 0 }, is = { 0 };

	if (!strcmp(field, "fields") && json_type(after) == JSON_OBJECT) {
		buf_text(out, _("fields"));
		buf_char(out, ' ');
		json_print(out, after);
		return;
	}
	if (!strcmp(field, "delivery")) {
		buf_text(out, _("sent the reply again"));
		return;
	}
	value(&was, show, field, json_at(pair, 0));
	value(&is, show, field, after);
	if (!is.size)
		buf_printf(out, _("%s cleared"), show_field(field));
	else if (!was.size)
		buf_printf(out, "%s %s", show_field(field), buf_str(&is));
	else
		buf_printf(out, "%s %s -> %s", show_field(field), buf_str(&was), buf_str(&is));
	buf_clear(&was);
	buf_clear(&is);
}

/* "team Highways -> Refuse, owner cleared" */
static void show_changes(struct buf *out, const struct show *show, const char *changes)
{
	struct json *root = changes ? json_read(changes, strlen(changes), NULL, NULL) : NULL;

	for (size_t i = 0, told = 0; i < json_count(root); i++) {
		const struct json *pair;
		const char *field = json_name_at(root, i, &pair);

		if (!strcmp(field, "stage") && json_get(root, "status"))
			continue; /* the status says it better */
		buf_text(out, told++ ? ", " : "");
		change(out, show, field, pair);
	}
	json_free(root);
}

/* Whether the only change is that whoever wrote the entry became the owner. */
static bool is_taking(const struct event *e)
{
	struct json *root =
		e->changes ? json_read(e->changes, strlen(e->changes), NULL, NULL) : NULL;
	const struct json *pair = root ? json_get(root, "assignee") : NULL;

	if (root && !pair)
		pair = json_get(root, "worker");

	const char *to = json_text(json_at(pair, 1));
	bool taking = json_count(root) == 1 && to && e->by && !strcmp(to, e->by);

	json_free(root);
	return taking;
}

static void changed(struct buf *out, const struct show *show, const struct event *e)
{
	static const struct word words[] = { { "claimed", N_("took the case in hand") },
		{ "released", N_("put the case back") }, { "expired", N_("put back: no activity") },
		{ "taken_over", N_("took the case over") }, { "linked", N_("linked a case") },
		{ "opened", N_("opened the case") }, { "changed", N_("changed the case") },
		{ "handover", N_("handed the case over") }, { "mailed", N_("a mail went out") },
		{ "delivery", N_("the reply did not reach the citizen") },
		{ NULL, NULL } };
	size_t before = out->size;

	if (is_taking(e))
		buf_text(out, _("took the case"));
	else
		show_changes(out, show, e->changes);
	if (out->size == before && e->wire)
		buf_text(out, translate(words, e->wire));
	if (!text_blank(e->text) && !show_event_body(e))
		buf_printf(out, " (%s)", e->text);
}

bool show_event_body(const struct event *e)
{
	if (text_blank(e->text))
		return false;
	return e->kind != EVENT_CHANGE || strlen(e->text) > 40 || strchr(e->text, '\n');
}

void show_event_text(struct buf *out, const struct event *e)
{
	buf_text(out, e->text);
	if (!text_blank(e->said))
		buf_printf(out, "\n[%s: %s]", show_delivery(e->delivery), e->said);
}

const char *show_delivery(const char *delivery)
{
	static const struct word words[] = { { "queued", N_("queued") }, { "sent", N_("sent") },
		{ "delivered", N_("delivered") }, { "failed", N_("failed") }, { NULL, NULL } };

	return translate(words, delivery);
}

static void who(struct buf *out, const struct show *show, const struct event *e)
{
	struct buf name = { 0 };
	const char *by = !text_blank(e->by) ? e->by : e->pending && show->me ? show->me : "";

	text_clean(&name, by, strlen(by));
	text_pad(out, buf_str(&name),
		text_width(buf_str(&name)) < 11 ? 11 : text_width(buf_str(&name)));
	buf_char(out, ' ');
	buf_clear(&name);
}

static void by_channel(
	struct buf *out, const char *sentence, const char *plain, const char *channel)
{
	if (channel)
		buf_printf(out, "%s %s", sentence, show_channel(channel));
	else
		buf_text(out, plain);
}

static void event_words(struct buf *out, const struct show *show, const struct event *e)
{
	bool by_citizen = e->by && !strcmp(e->by, "citizen");

	if (by_citizen) {
		buf_text(out, _("citizen"));
		if (e->channel)
			buf_printf(out, ", %s", show_channel(e->channel));
		return;
	}
	who(out, show, e);
	switch (e->kind) {
	case EVENT_NOTE:
		buf_text(out, _("internal note"));
		if (e->team)
			buf_printf(out, ", %s", show_team(show, e->team));
		break;
	case EVENT_MAIL_OUT:
		by_channel(out, _("reply by"), _("reply"), e->channel);
		break;
	case EVENT_MAIL_IN:
	case EVENT_CALL:
		if (e->wire && !strcmp(e->wire, "opened"))
			by_channel(out, _("opened the case,"), _("opened the case"), e->channel);
		else
			by_channel(out, _("came in by"), _("came in"), e->channel);
		break;
	case EVENT_FILE:
		buf_text(out, _("added a file"));
		break;
	case EVENT_CHANGE:
		changed(out, show, e);
	}
}

void show_event(struct buf *out, const struct show *show, const struct event *e)
{
	struct arena arena = { 0 };
	int count = 0;

	event_words(out, show, e);
	for (struct attachment *f = json_read_files(e->files, &arena); f->name; f++)
		count++;
	if (count)
		buf_printf(out, P_(", %d file", ", %d files", (unsigned long)count), count);
	arena_clear(&arena);
}

const char *show_label(const struct kind *k, const char *field)
{
	const char *name = strncmp(field, "fields.", 7) ? field : field + 7;
	const struct kind_field *f = k ? kind_field_find(k, name) : NULL;

	if (f)
		return f->label;

	const struct case_field *core = case_field_find(field);

	return core ? _(core->label) : name;
}

void show_cell(struct buf *out, const char *text, int columns)
{
	struct buf clean = { 0 };

	text_clean(&clean, text ? text : "", text ? strlen(text) : 0);
	text_pad(out, buf_str(&clean), columns);
	buf_char(out, ' ');
	buf_clear(&clean);
}

void show_size(struct buf *out, int64_t bytes)
{
	if (bytes >= 10 << 20)
		buf_printf(out, _("%lld MiB"), (long long)(bytes >> 20));
	else if (bytes >= 10 << 10)
		buf_printf(out, _("%lld KiB"), (long long)(bytes >> 10));
	else if (bytes >= 0)
		buf_printf(out, P_("%d byte", "%d bytes", (unsigned long)bytes), (int)bytes);
}
