#include "service/intake.h"

#include "model/i18n.h"
#include "model/text.h"
#include "service/change.h"
#include "service/queue.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { SUBJECT_MOST = 200, DUPLICATES_MOST = 8, NOTE_BYTES = 400, NUMBER_MOST = 64 };

struct intaking {
	struct keep *keep;
	const struct mail *mail;
	struct taken *taken;
	struct arena *arena;
	struct page page;
	struct error *err;
};

/* ---- which case */

/* The oldest of that id: who borrows one later does not draw the thread to another case. */
static struct casefile *case_of_mail(struct intaking *in, const char *id)
{
	const char *found = base_text(in->keep->base, in->arena,
		"SELECT c.id FROM mail m JOIN casefile c ON c.key = m.casefile WHERE m.tenant = $1 AND m.id = $2"
		" ORDER BY m.seq LIMIT 1",
		"it", base_tenant(in->keep->base), id);
	return found ? keep_case(in->keep, found, &in->page) : NULL;
}

/* A number of ours in the subject: "[2026-000417]" whatever it looks like, or bare if it looks like one. */
static struct casefile *case_of_subject(struct intaking *in)
{
	struct casefile *cf = NULL;
	for (const char *at = in->mail->subject; *at && !cf; at++) {
		size_t size = *at == '[' ? strcspn(at + 1, "]") : 0;
		const char *begin = at + 1;
		if (size && at[1 + size] != ']')
			size = 0;
		bool starts = isdigit((unsigned char)*at) && (at == in->mail->subject || !isdigit((unsigned char)at[-1]));
		if (!size && starts && strspn(at, "0123456789-") == 11 && at[4] == '-') {
			begin = at;
			size = 11;
		}
		if (size && size <= NUMBER_MOST) {
			const char *number = arena_copy_n(in->arena, begin + (*begin == '#'), size - (*begin == '#'));
			cf = keep_case_named(in->keep, number, &in->page);
			if (cf && strcmp(cf->number, number) != 0)
				cf = NULL; /* an id is nobody's business in a subject */
		}
	}
	return cf;
}

static struct casefile *case_it_belongs_to(struct intaking *in)
{
	struct casefile *cf = NULL;
	for (const char *const *id = in->mail->references; *id && !cf; id++)
		cf = case_of_mail(in, *id);
	if (!cf)
		cf = case_of_subject(in);
	for (int i = 0; cf && cf->duplicate_of && i < DUPLICATES_MOST; i++) {
		struct casefile *other = keep_case(in->keep, cf->duplicate_of, &in->page);
		cf = other ? other : cf;
		if (!other)
			break;
	}
	return cf;
}

/* ---- who */

static bool is_theirs(struct intaking *in, const char *citizen)
{
	const struct citizen *c = citizen ? keep_citizen(in->keep, citizen, &in->page) : NULL;
	return c && c->mail && in->mail->from && strcasecmp(c->mail, in->mail->from) == 0;
}

/* The only person with that mail address; *count says how many have it. */
static const char *citizen_of(struct intaking *in, int *count)
{
	struct buf folded = { 0 };
	const char *id = NULL;
	query_words(&folded, in->mail->from);
	struct rows *rows = base_ask(in->keep->base,
		"SELECT id, mail FROM citizen WHERE tenant = $1 AND f_mail = $2 ORDER BY key", "it",
		base_tenant(in->keep->base), buf_str(&folded));
	while (rows_next(rows)) {
		if (!rows_text(rows, 1) || strcasecmp(rows_text(rows, 1), in->mail->from) != 0)
			continue;
		if ((*count)++ == 0)
			id = arena_copy(in->arena, rows_text(rows, 0));
	}
	rows_done(rows);
	buf_clear(&folded);
	return *count == 1 ? id : NULL;
}

/* At most so many bytes of whole characters, on one line. */
static const char *short_line(struct arena *arena, const char *text, size_t most)
{
	struct buf line = { 0 };
	size_t size = strlen(text);
	if (size > most)
		for (size = most; size && ((unsigned char)text[size] & 0xC0) == 0x80;)
			size--;
	buf_add(&line, text, size);
	for (size_t i = 0; i < line.size; i++)
		if ((unsigned char)line.text[i] < ' ')
			line.text[i] = ' ';
	const char *copy = arena_copy(arena, buf_str(&line));
	buf_clear(&line);
	return copy;
}

static const char *register_citizen(struct intaking *in)
{
	const char *name = in->mail->from_name;
	struct citizen citizen = { .mail = in->mail->from, .reach = "email", .family = in->mail->from };
	if (!text_blank(name)) {
		name = short_line(in->arena, name, SUBJECT_MOST);
		const char *last = strrchr(name, ' ');
		citizen.family = last && last[1] ? last + 1 : name;
		if (last && last[1] && last > name)
			citizen.given = arena_copy_n(in->arena, name, (size_t)(last - name));
	}
	keep_citizen_add(in->keep, &citizen, in->arena);
	return citizen.id;
}

/* ---- what it says */

/* What no entry of the timeline holds has to be found in the mail itself. */
static const char *text_of(struct intaking *in, const char *first)
{
	const struct mail *mail = in->mail;
	struct buf text = { 0 };
	size_t room = TEXT_MOST - NOTE_BYTES - strlen(first), size = strlen(mail->text);
	buf_text(&text, first);
	if (size > room)
		for (size = room; size && ((unsigned char)mail->text[size] & 0xC0) == 0x80;)
			size--;
	buf_add(&text, mail->text, size);
	in->taken->whole = mail->text[size] || mail->file_count;
	if (text_blank(mail->text))
		buf_text(&text, _("(no text)"));
	if (mail->text[size])
		buf_text(&text, _("\n\n[It goes on; the whole mail is kept with the service.]"));
	else if (mail->file_count)
		buf_printf(&text, P_("\n\n[%d file came along; the mail with it is kept with the service.]",
					  "\n\n[%d files came along; the mail with them is kept with the service.]",
					  (unsigned long)mail->file_count),
			mail->file_count);
	const char *copy = arena_copy(in->arena, buf_str(&text));
	buf_clear(&text);
	return copy;
}

/* From whom it is, where that is not who the case is about. */
static const char *stranger_line(struct intaking *in, const char *citizen, const char *why)
{
	const struct mail *mail = in->mail;
	if (is_theirs(in, citizen))
		return "";
	const char *name = mail->from_name ? short_line(in->arena, mail->from_name, SUBJECT_MOST) : "";
	return arena_printf(in->arena, "[%s: %s%s%s%s]\n\n", why, name, *name ? " <" : "",
		mail->from ? mail->from : _("nobody"), *name ? ">" : "");
}

static const char *files_of(struct intaking *in)
{
	struct buf json = { 0 };
	struct json_out out = { .buf = &json };
	if (!in->mail->file_count)
		return NULL;
	json_open(&out, NULL, '[');
	for (int i = 0; i < in->mail->file_count; i++) {
		json_open(&out, NULL, '{');
		json_put_text(&out, "name", in->mail->files[i].name);
		json_put_text(&out, "type", in->mail->files[i].type);
		json_put_int(&out, "size", (int64_t)in->mail->files[i].size);
		json_close(&out, '}');
	}
	json_close(&out, ']');
	const char *copy = arena_copy(in->arena, json.text);
	buf_clear(&json);
	return copy;
}

/* ---- what is done with it */

static void remember(struct intaking *in, const char *sum, int64_t casefile)
{
	base_run(in->keep->base,
		"INSERT INTO mail (tenant, id, sum, casefile, seq, at_ms) VALUES ($1, $2, $3, nullif($4, 0),"
		" nullif($5, 0), $6)",
		"ittiii", base_tenant(in->keep->base), in->mail->id ? in->mail->id : "", sum, casefile,
		in->taken->seq, in->keep->now_ms);
}

static bool is_known(struct intaking *in, const char *sum)
{
	const char *id = in->mail->id ? in->mail->id : "";
	return base_number(in->keep->base, 0,
		       "SELECT 1 FROM mail WHERE tenant = $1 AND id = $2 AND (sum = $3 OR sum = '') LIMIT 1", "itt",
		       base_tenant(in->keep->base), id, sum) == 1;
}

static void add_entry(struct intaking *in, struct casefile *cf, struct event *event)
{
	event->casefile = cf->key;
	event->files = files_of(in);
	event->channel = "email";
	keep_event_add(in->keep, event);
	in->taken->seq = event->seq;
	in->taken->number = arena_copy(in->arena, cf->number);
}

static void join_case(struct intaking *in, struct casefile *cf)
{
	struct event event = { .wire = "incoming", .by = "citizen", .visible = true };
	event.text = text_of(in, stranger_line(in, cf->citizen, _("Not from the address known of this person")));
	add_entry(in, cf, &event);
	change_reopen(in->keep, cf->id);
	in->taken->end = INTAKE_JOINED;
}

static void note_on(struct intaking *in, struct casefile *cf)
{
	struct event event = { .wire = "note", .by = "system" };
	event.text = text_of(in, _("[An automatic answer came in:]\n\n"));
	add_entry(in, cf, &event);
	in->taken->end = INTAKE_NOTED;
}

static struct json *new_case_json(struct intaking *in, const struct mailbox *box, const struct casefile *closed)
{
	struct buf body = { 0 };
	struct json_out out = { .buf = &body };
	int count = 0;
	const char *subject = short_line(in->arena, in->mail->subject, SUBJECT_MOST), *why = _("From");
	const char *citizen = in->mail->from ? citizen_of(in, &count) : NULL;
	if (count > 1)
		why = _("Several people have this address");
	else if (in->mail->from && !citizen)
		citizen = register_citizen(in);
	json_open(&out, NULL, '{');
	json_put_text(&out, "subject", text_blank(subject) ? _("Mail without a subject") : subject);
	json_put_text(&out, "service", box->service);
	if (box->team)
		json_put_text(&out, "team", box->team);
	json_put_text(&out, "channel", "email");
	if (citizen)
		json_put_text(&out, "citizen", citizen);
	if (closed)
		json_put_words(&out, "links", arena_printf(in->arena, "refers-to:%s", closed->number));
	json_put_text(&out, "text", text_of(in, stranger_line(in, citizen, why)));
	json_close(&out, '}');
	struct json *json = json_read(body.text, body.size, NULL, in->err);
	buf_clear(&body);
	return json;
}

static bool open_case(struct intaking *in, const struct mailbox *box, const struct casefile *closed)
{
	struct casefile cf;
	struct call call = { .keep = *in->keep,
		.who = { .worker = "system", .name = "system", .team = "", .roles = "" } };
	page_init(&call.page);
	call.keep.worker = "citizen";
	call.json = new_case_json(in, box, closed);
	bool good = call.json && change_open(&call, &cf);
	if (good) {
		in->taken->end = INTAKE_OPENED;
		in->taken->seq = cf.last_event;
		in->taken->number = arena_copy(in->arena, cf.number);
		base_run(in->keep->base, "UPDATE event SET files = $2 WHERE seq = $1", "it", cf.last_event, files_of(in));
	} else {
		struct json *problem = json_read(buf_str(&call.out), call.out.size, NULL, NULL);
		error_set(in->err, ERROR_CONFIG, _("No case can be opened for service %s: %s"), box->service,
			json_get_text(problem, "detail") ? json_get_text(problem, "detail") : "");
		json_free(problem);
	}
	json_free(call.json);
	page_clear(&call.page);
	buf_clear(&call.out);
	arena_clear(&call.arena);
	return good;
}

/* What a mail server says of a message of ours. Not before it is written down that it went out. */
static bool take_report(struct intaking *in, int64_t *casefile)
{
	const struct mail *mail = in->mail;
	struct base *base = in->keep->base;
	int64_t seq = mail->about ? base_number(base, 0,
					    "SELECT seq FROM mail WHERE tenant = $1 AND id = $2 AND sum = ''", "it",
					    base_tenant(base), mail->about)
				  : 0;
	const char *state = base_text(base, in->arena, "SELECT state FROM delivery WHERE seq = $1", "i", seq);
	in->taken->end = state ? INTAKE_REPORT : INTAKE_LEFT;
	if (!state)
		return true;
	if (strcmp(state, "sending") == 0)
		return error_set(in->err, ERROR_BUSY, _("It is about an answer that is just being sent: again in a moment."));
	*casefile = base_number(base, 0, "SELECT casefile FROM delivery WHERE seq = $1", "i", seq);
	in->taken->number = base_text(base, in->arena, "SELECT number FROM casefile WHERE key = $1", "i", *casefile);
	if (mail->fate == MAIL_FAILED && strcmp(state, "failed") != 0)
		queue_failed(in->keep, seq, mail->reason ? mail->reason : _("A mail server could not deliver it."));
	else if (mail->fate == MAIL_DELIVERED && strcmp(state, "delivered") != 0)
		queue_delivered(in->keep, seq, mail->reason);
	else if (mail->fate == MAIL_DELAYED && strcmp(state, "sent") == 0)
		queue_delayed(in->keep, seq, mail->reason);
	return true;
}

static bool take_in(struct intaking *in, const struct mailbox *box, const char *sum)
{
	int64_t casefile = 0;
	if (is_known(in, sum)) {
		in->taken->end = INTAKE_KNOWN;
		return true;
	}
	if (in->mail->fate != MAIL_NO_FATE) {
		if (!take_report(in, &casefile))
			return false;
		remember(in, sum, casefile);
		return true;
	}
	struct casefile *cf = case_it_belongs_to(in);
	bool closed = cf && strcmp(cf->status, "closed") == 0;
	if (in->mail->automatic && cf)
		note_on(in, cf);
	else if (in->mail->automatic)
		in->taken->end = INTAKE_LEFT;
	else if (cf && !closed)
		join_case(in, cf);
	else if (!box)
		return error_set(in->err, ERROR_CONFIG,
			_("Nobody said whose work this mail is: [mailbox] in caseloadd.conf, or --service."));
	else if (!open_case(in, box, closed ? cf : NULL))
		return false;
	if (in->taken->number)
		casefile = base_number(in->keep->base, 0, "SELECT key FROM casefile WHERE tenant = $1 AND number = $2",
			"it", base_tenant(in->keep->base), in->taken->number);
	remember(in, sum, casefile);
	return true;
}

bool intake_mail(struct keep *keep, const struct mailbox *box, const struct mail *mail, const char *sum,
	struct taken *taken, struct arena *arena, struct error *err)
{
	struct intaking in = { .keep = keep, .mail = mail, .taken = taken, .arena = arena, .err = err };
	*taken = (struct taken){ 0 };
	page_init(&in.page);
	bool good = take_in(&in, box, sum);
	page_clear(&in.page);
	return good;
}
