#include "service/change.h"

#include "model/i18n.h"
#include "model/kind.h"
#include "model/text.h"
#include "model/when.h"
#include "service/find.h"
#include "service/lease.h"
#include "service/queue.h"
#include "service/rules.h"

#include <string.h>

static const char open_members[] = "subject kind step service channel language priority team "
				   "assignee due skills tags links restricted"
				   " fields citizen text";
static const char patch_members[] = "subject kind step service channel language priority team "
				    "assignee due skills tags links restricted"
				    " fields status outcome citizen group duplicate_of delivery note answer";

/* One record must not fill a page of two hundred, nor the memory of whoever reads it. */
enum { SUBJECT_MOST = 200, WORD_MOST = 300, WORDS_MOST = 50, LINKS_MOST = 100, FIELD_MOST = 4000, VALUE_MOST = 2000 };

/* What a member of the body has to be. */
static const struct member {
	const char *name;
	enum { IS_TEXT, IS_PRIORITY, IS_TIME, IS_WORDS, IS_LINKS, IS_FLAG } type;
	bool may_be_null;
	const char *among; /* words; or NULL */
} members[] = {
	{ "subject", IS_TEXT, false, NULL },
	{ "kind", IS_TEXT, true, NULL },
	{ "step", IS_TEXT, true, NULL },
	{ "service", IS_TEXT, false, NULL },
	{ "channel", IS_TEXT, false, CHANGE_CHANNELS },
	{ "language", IS_TEXT, true, NULL },
	{ "priority", IS_PRIORITY, false, NULL },
	{ "team", IS_TEXT, false, NULL },
	{ "assignee", IS_TEXT, true, NULL },
	{ "due", IS_TIME, true, NULL },
	{ "skills", IS_WORDS, false, NULL },
	{ "tags", IS_WORDS, false, NULL },
	{ "links", IS_LINKS, false, NULL },
	{ "restricted", IS_FLAG, false, NULL },
	{ "status", IS_TEXT, false, "new open waiting resolved closed" },
	{ "outcome", IS_TEXT, true, NULL },
	{ "citizen", IS_TEXT, true, NULL },
	{ "duplicate_of", IS_TEXT, true, NULL },
	{ "delivery", IS_TEXT, false, "queued" },
	{ NULL },
};

/* ---- members of the body into the case */

/* Words stand with single spaces between, so a space inside one becomes a no-break space, as in
   model/json.h. */
static const char *words_of(struct call *call, const struct json *list, size_t most)
{
	const char *words = "";
	if (json_type(list) != JSON_LIST || json_count(list) > most)
		return NULL;
	for (size_t i = 0; i < json_count(list); i++) {
		struct buf word = { 0 };
		const char *text = json_text(json_at(list, i));
		if (text_blank(text) || strlen(text) > WORD_MOST)
			return NULL;
		for (; *text; text++)
			buf_text(&word, *text == ' ' ? "\xC2\xA0" : (char[]){ *text, '\0' });
		words = words_add(words, word.text, &call->arena);
		buf_clear(&word);
	}
	return words;
}

/* RELATION:WHERE, where WHERE is one word of harmless ASCII. */
static bool is_link(const char *word, size_t size)
{
	static const char *const relations[] = { "refers-to", "referred-by", "depends-on",
		"needed-by", "parent", "child", NULL };
	const char *colon = memchr(word, ':', size);
	size_t name = colon ? (size_t)(colon - word) : 0;
	for (size_t i = 0; i < size; i++)
		if (word[i] <= ' ' || word[i] > '~')
			return false;
	for (int i = 0; name && name + 1 < size && relations[i]; i++)
		if (strlen(relations[i]) == name && !memcmp(relations[i], word, name))
			return true;
	return false;
}

static bool are_links(const char *words)
{
	while (*words) {
		size_t size = strcspn(words, " ");
		if (!is_link(words, size))
			return false;
		words += size;
		words += strspn(words, " ");
	}
	return true;
}

/* The value as the text case_set() takes; NULL with *wrong when it is not what it has to be. */
static const char *value_of(struct call *call, const struct member *member,
	const struct json *value, const char **wrong)
{
	enum json_type type = json_type(value);
	const char *text = json_text(value);
	*wrong = NULL;
	if (type == JSON_NULL_VALUE && member->may_be_null)
		return NULL;
	switch (member->type) {
	case IS_TEXT:
	case IS_TIME:
		*wrong = text ? NULL : _("This has to be a text.");
		if (text && strlen(text) > 4 * WORD_MOST)
			*wrong = _("This is longer than 300 characters.");
		break;
	case IS_PRIORITY:
		*wrong = type == JSON_INT ? NULL : _("This has to be a number from 1 to 5.");
		text = arena_printf(&call->arena, "%lld", (long long)json_int(value, 0));
		break;
	case IS_WORDS:
		text = words_of(call, value, WORDS_MOST);
		*wrong = text ? NULL : _("This has to be a list of at most 50 short texts.");
		break;
	case IS_LINKS:
		text = words_of(call, value, LINKS_MOST);
		*wrong = text && are_links(text)
				 ? NULL
				 : _("This has to be a list of at most 100 links such as "
				     "refers-to:2026-000412 or parent:https://...");
		break;
	case IS_FLAG:
		*wrong = type == JSON_BOOL ? NULL : _("This has to be true or false.");
		text = json_bool(value, false) ? "yes" : "no";
		break;
	}
	if (text && member->among && !words_have(member->among, text))
		*wrong = arena_printf(&call->arena, _("This is one of: %s."), member->among);
	return text;
}

static void set_member(struct call *call, struct casefile *cf, const struct member *member,
	const struct json *value)
{
	struct error err = { 0 };
	const char *wrong, *text = value_of(call, member, value, &wrong);
	if (!wrong && member->type == IS_TEXT && text_blank(text) && !member->may_be_null)
		wrong = _("This must not be empty.");
	if (wrong)
		call_error(call, member->name, wrong);
	else if (!case_set(cf, member->name, text, &call->arena, &err))
		call_error(call, member->name, err.text);
}

static void set_members(struct call *call, struct casefile *cf)
{
	for (const struct member *member = members; member->name; member++) {
		const struct json *value = json_get(call->json, member->name);
		if (value)
			set_member(call, cf, member, value);
	}
	call_text(call, call->json, "subject", SUBJECT_MOST);
	if (json_get(call->json, "group") && json_text(json_get(call->json, "group")))
		call_error(call, "group", _("There is no such group."));
}

/* ---- what a kind asks for */

static const char *field_text(struct call *call, const struct json *value)
{
	struct buf text = { 0 };
	for (size_t i = 0; json_type(value) == JSON_LIST && i < json_count(value); i++)
		buf_printf(&text, "%s%s", i ? " " : "",
			json_text(json_at(value, i)) ? json_text(json_at(value, i)) : "");
	if (json_text(value))
		buf_text(&text, json_text(value));
	else if (json_type(value) == JSON_BOOL)
		buf_text(&text, json_bool(value, false) ? "yes" : "no");
	else if (json_type(value) != JSON_LIST && json_type(value) != JSON_NULL_VALUE)
		json_print(&text, value);
	const char *copy = text.size ? arena_copy(&call->arena, text.text) : NULL;
	buf_clear(&text);
	return copy;
}

static void set_field(struct call *call, struct casefile *cf, const struct kind *kind,
	const char *name, const char *text)
{
	struct error err = { 0 };
	const char *stored = NULL;
	const struct kind_field *field = kind ? kind_field_find(kind, name) : NULL;
	const char *where = arena_printf(&call->arena, "fields.%s", name);
	if (!field)
		call_error(call, where,
			kind ? _("This kind of case has no such field.")
			     : _("This case has no kind, so it has no fields."));
	else if (text && strlen(text) > FIELD_MOST)
		call_error(call, where, _("This is too long for a field: write it as a note."));
	else if (!kind_check_value(field, text, &call->arena, &stored, &err))
		call_error(call, where, err.text);
	else
		cf->fields = json_member_set(cf->fields, name, stored, &call->arena);
}

static void set_fields(struct call *call, struct casefile *cf, const struct kind *kind)
{
	const struct json *value, *fields = json_get(call->json, "fields");
	if (fields && json_type(fields) != JSON_OBJECT)
		call_error(call, "fields", _("This has to be an object."));
	for (size_t i = 0; json_type(fields) == JSON_OBJECT && i < json_count(fields); i++) {
		const char *name = json_name_at(fields, i, &value);
		set_field(call, cf, kind, name, field_text(call, value));
	}
}

static void check_required(struct call *call, const struct casefile *cf, const struct kind *kind)
{
	for (int i = 0; kind && i < kind->field_count; i++) {
		const struct kind_field *field = &kind->fields[i];
		struct error err = { 0 };
		const char *text = json_member_text(cf->fields, field->name, &call->arena);
		if (field->required && !kind_check_value(field, text, &call->arena, NULL, &err))
			call_error(call, arena_printf(&call->arena, "fields.%s", field->name),
				err.text);
	}
}

/* ---- what is named must be there */

/* What the caller may not read is not there for them, also not to link to. */
static bool may_link(struct call *call, const struct casefile *cf, const char *id)
{
	const struct casefile *other = keep_case(&call->keep, id, &call->page);
	return other && strcmp(id, cf->id ? cf->id : "") != 0 && may_see(call, other);
}

/* An address of elsewhere is taken as it is; what is one of ours must be there. */
static bool may_point(struct call *call, const struct casefile *cf, const char *where)
{
	if (strncmp(where, "https://", 8) == 0 || strncmp(where, "http://", 7) == 0)
		return true;
	const struct casefile *other = keep_case_named(&call->keep, where, &call->page);
	return other && other->id && strcmp(other->id, cf->id ? cf->id : "") != 0 &&
	       may_see(call, other);
}

static void check_links(struct call *call, const struct casefile *before, const struct casefile *cf)
{
	char *words = arena_copy(&call->arena, cf->links ? cf->links : ""), *save = NULL;
	for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		if (words_have(before->links, w) || may_point(call, cf, strchr(w, ':') + 1))
			continue;
		call_error(call, "links", _("There is no such other case."));
		return;
	}
}

static void check_names(struct call *call, const struct casefile *before, const struct casefile *cf)
{
	struct keep *keep = &call->keep;
	if (cf->team && cf->team != before->team && !keep_has_team(keep, cf->team))
		call_error(call, "team", _("There is no such team."));
	if (cf->worker && cf->worker != before->worker && !keep_has_worker(keep, cf->worker))
		call_error(call, "assignee", _("There is no such worker."));
	if (cf->citizen && cf->citizen != before->citizen &&
		!keep_citizen(keep, cf->citizen, &call->page))
		call_error(call, "citizen", _("There is no such person here."));
	if (cf->duplicate_of && cf->duplicate_of != before->duplicate_of &&
		!may_link(call, cf, cf->duplicate_of))
		call_error(call, "duplicate_of", _("There is no such other case."));
	if (!call_refused(call))
		check_links(call, before, cf);
}

static const struct kind *kind_of(struct call *call, const struct casefile *cf)
{
	struct kind *kind = cf->kind ? keep_kind(&call->keep, cf->kind, &call->page) : NULL;
	if (cf->kind && !kind)
		call_error(call, "kind", _("There is no such kind of case."));
	return kind;
}

/* ---- moving */

static bool refuse_move(struct call *call, const char *from, const char *to)
{
	const char *moves = rules_moves(from);
	return call_refuse(call, BAD_TRANSITION,
		*moves ? _("A case that is %s cannot become %s; it may become: %s.")
		       : _("A case that is %s cannot become %s; it stays as it is.%s"),
		from, to, moves);
}

static bool refuse_step(struct call *call, const struct kind *kind, const char *from)
{
	const char *steps = "";
	for (int i = 0; i < kind->step_count; i++) {
		if (kind_step_allowed(kind, from, kind->steps[i].id) &&
			(!from || strcmp(from, kind->steps[i].id) != 0))
			steps = arena_printf(&call->arena, "%s%s%s", steps, *steps ? ", " : "",
				kind->steps[i].id);
	}
	return call_refuse(call, BAD_TRANSITION, _("From here the case may go to these steps: %s."),
		*steps ? steps : "-");
}

/* Whether the caller may take a case to this step. */
static bool step_needs(
	struct call *call, const struct casefile *before, const struct kind_step *step)
{
	const char *step_by =
		before->key ? keep_case_more(&call->keep, before->key, &call->arena).step_by : NULL;
	if (step->role && !call_role(call, step->role))
		return call_refuse(call, FORBIDDEN,
			_("%s needs the role %s: hand the case to somebody who has it."),
			step->name, step->role);
	if (step->other_person && step_by && strcmp(step_by, call->who.worker) == 0)
		return call_refuse(call, FORBIDDEN,
			_("%s needs a second person: you took the step before this one. Hand the "
			  "case to a "
			  "colleague."),
			step->name);
	return true;
}

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* A step was said: it brings its status. */
static bool take_step(struct call *call, const struct casefile *before, struct casefile *cf,
	const struct kind *kind)
{
	const struct kind_step *step = kind ? kind_step_find(kind, cf->step) : NULL;
	if (!step) {
		call_error(call, "step", _("This kind of case has no such step."));
		return false;
	}
	if (before->key && same(before->kind, cf->kind) &&
		!kind_step_allowed(kind, before->step, step->id))
		return refuse_step(call, kind, before->step);
	if (json_get(call->json, "status") && strcmp(cf->status, step->status) != 0) {
		call_error(call, "status", _("The step says another status: send the step alone."));
		return false;
	}
	return step_needs(call, before, step) &&
	       case_set(cf, "status", step->status, &call->arena, NULL);
}

/* Only a status was said: the step that says the same goes along. Where a condition stands before
   that status the way leads through its step. */
static bool follow_status(struct call *call, const struct casefile *before, struct casefile *cf,
	const struct kind *kind)
{
	bool guarded;
	const struct kind_step *step = rules_step_for(kind, before->step, cf->status, &guarded);
	bool reopens = !stage_is_open(before->stage) && stage_is_open(cf->stage);
	if (guarded && !reopens && (!step || !kind_step_allowed(kind, before->step, step->id)))
		return refuse_step(call, kind, before->step);
	if (guarded && !reopens && !step_needs(call, before, step))
		return false;
	cf->step = step ? step->id : NULL;
	return true;
}

static bool move_case(struct call *call, const struct casefile *before, struct casefile *cf,
	const struct kind *kind)
{
	bool step_said = !same(before->step, cf->step) && cf->step;
	if (step_said && !take_step(call, before, cf, kind))
		return false;
	if (!rules_move_allowed(before->status, cf->status))
		return refuse_move(call, before->status, cf->status);
	if (!step_said && kind && kind->step_count && strcmp(before->status, cf->status) != 0)
		return follow_status(call, before, cf, kind);
	return true;
}

/* Resolving needs an outcome and says when; opening again forgets both. */
static bool settle_status(struct call *call, const struct casefile *before, struct casefile *cf)
{
	bool was_open = stage_is_open(before->stage), is_open = stage_is_open(cf->stage);
	if (is_open && !was_open) {
		cf->resolved = 0;
		if (same(before->outcome, cf->outcome))
			cf->outcome = NULL;
		if (cf->worker && same(before->worker, cf->worker) && !keep_has_worker(&call->keep, cf->worker))
			cf->worker = NULL; /* who had it has left: it is the team's */
	}
	if (is_open || !was_open)
		return true;
	cf->resolved = (time_t)(call->keep.now_ms / 1000);
	if (text_blank(cf->outcome))
		call_error(call, "outcome",
			_("Say what came of the case: resolving needs an outcome."));
	return !call_refused(call);
}

/* ---- answers */

struct look_ctx {
	struct call *call;
	const struct casefile *cf;
	const struct citizen *citizen;
	const struct json *values;
};

static const char *look_citizen(const struct look_ctx *look, const char *name)
{
	if (strcmp(name, "name") == 0)
		return look->cf->citizen_name;
	return look->citizen && (strcmp(name, "given") == 0 || strcmp(name, "family") == 0)
		       ? citizen_get(look->citizen, name)
		       : NULL;
}

static const char *team_name(struct call *call)
{
	return base_text(call->keep.base, &call->arena,
		"SELECT name FROM team WHERE tenant = $1 AND id = $2", "it",
		base_tenant(call->keep.base), call->who.team);
}

static const char *today(struct call *call)
{
	char text[16];
	struct tm day;
	time_t now = (time_t)(call->keep.now_ms / 1000);
	strftime(text, sizeof text, "%Y-%m-%d", localtime_r(&now, &day));
	return arena_copy(&call->arena, text);
}

/* What stands for {{name}}: what the caller sent with it first, then what we know. */
static const char *look_up(void *ctx, const char *name)
{
	const struct look_ctx *look = ctx;
	struct call *call = look->call;
	const char *value = json_get_text(look->values, name);
	if (value)
		return strlen(value) <= VALUE_MOST ? value : NULL;
	if (strncmp(name, "citizen.", 8) == 0)
		return look_citizen(look, name + 8);
	if (strcmp(name, "case.number") == 0)
		return look->cf->number;
	if (strcmp(name, "case.subject") == 0)
		return look->cf->subject;
	if (strcmp(name, "worker.name") == 0)
		return call->who.name;
	if (strcmp(name, "team.name") == 0)
		return team_name(call);
	if (strcmp(name, "today") == 0)
		return today(call);
	if (strncmp(name, "fields.", 7) == 0)
		name += 7;
	return json_member_text(look->cf->fields, name, &call->arena);
}

static bool fill_answer(struct call *call, const struct casefile *cf, const struct json *answer,
	const char *text, struct event *event)
{
	struct error err = { 0 };
	struct buf filled = { 0 };
	struct look_ctx look = { .call = call,
		.cf = cf,
		.values = json_get(answer, "values"),
		.citizen = keep_citizen(&call->keep, cf->citizen, &call->page) };
	bool good = template_fill(&filled, text, look_up, &look, &err);
	if (good && filled.size > 4 * TEXT_MOST)
		good = error_set(&err, ERROR_REFUSED,
			_("The answer is longer than %d characters once it is filled in."),
			TEXT_MOST);
	event->text = good ? arena_copy(&call->arena, buf_str(&filled)) : NULL;
	buf_clear(&filled);
	if (!event->channel && look.citizen)
		event->channel = look.citizen->reach;
	if (!event->language && look.citizen)
		event->language = look.citizen->language;
	if (!good)
		call_error(call, "answer", err.text);
	return good;
}

bool change_answer(struct call *call, const struct casefile *cf, const struct json *answer,
	struct event *event, const char **outcome)
{
	const char *text = call_text(call, answer, "text", TEXT_MOST);
	const char *id = call_text(call, answer, "template", 64);
	const char *channel = call_text(call, answer, "channel", 20);
	struct answer_template *tpl = id ? keep_template(&call->keep, id, &call->page) : NULL;
	if (json_type(answer) != JSON_OBJECT || (!tpl && text_blank(text)))
		call_error(call, "answer",
			id ? _("There is no such template.")
			   : _("An answer has a text or a template."));
	if (channel && !words_have(CHANGE_CHANNELS, channel))
		call_error(call, "answer", _("The channel is not one of the known ones."));
	if (!cf->citizen)
		call_error(call, "answer",
			_("Nobody is named on this case who could be answered: add a note, or name "
			  "the person."));
	if (call_refused(call))
		return false;
	*event = (struct event){ .wire = "answer",
		.team = call->who.team,
		.visible = true,
		.channel = channel,
		.language = call_text(call, answer, "language", 35) };
	if (tpl && !event->language)
		event->language = tpl->language;
	*outcome = tpl ? tpl->outcome : NULL;
	if (!fill_answer(call, cf, answer, text_blank(text) ? tpl->text : text, event))
		return false;
	if (!event->channel)
		event->channel = cf->channel ? cf->channel : "letter";
	if (queue_takes(event->channel))
		event->delivery = "queued";
	return !call_refused(call);
}

const char *change_mentions(struct call *call, const struct casefile *cf, const struct json *list)
{
	const char *words = "";
	struct case_more more = keep_case_more(&call->keep, cf->key, &call->arena);
	if (json_count(list) > WORDS_MOST)
		call_error(call, "mentions", _("At most 50 people can be mentioned."));
	for (size_t i = 0; i < json_count(list) && !call_refused(call); i++) {
		const char *worker = json_text(json_at(list, i));
		if (!worker || !keep_has_worker(&call->keep, worker)) {
			call_error(call, "mentions", _("There is no such worker."));
			return NULL;
		}
		words = words_add(words, worker, &call->arena);
		more.named = words_add(more.named, worker, &call->arena);
	}
	if (*words)
		keep_case_set_more(&call->keep, cf->key, &more);
	return words;
}

/* ---- the timeline */

static void put_change(struct call *call, struct json_out *out, const struct case_field *field,
	const struct casefile *cf)
{
	const char *text = case_get(cf, field->name, &call->arena);
	if (field->type == FIELD_WORDS)
		json_put_words(out, NULL, text);
	else if (!text)
		json_put_null(out, NULL);
	else if (field->type == FIELD_NUMBER)
		json_put_int(out, NULL, strtoll(text, NULL, 10));
	else if (field->type == FIELD_FLAG)
		json_put_bool(out, NULL, strcmp(text, "yes") == 0);
	else
		json_put_text(out, NULL, text);
}

/* {"team":["waste","benefits"]}; NULL: nothing changed. */
static const char *changes_json(
	struct call *call, const struct casefile *before, const struct casefile *cf)
{
	struct buf json = { 0 };
	struct json_out out = { .buf = &json };
	int count = 0;
	json_open(&out, NULL, '{');
	for (const struct case_field *field = case_fields; field->name; field++) {
		if (field->type == FIELD_STAGE || same(case_get(before, field->name, &call->arena),
							  case_get(cf, field->name, &call->arena)))
			continue;
		json_open(&out, field->wire, '[');
		put_change(call, &out, field, before);
		put_change(call, &out, field, cf);
		json_close(&out, ']');
		count++;
	}
	if (!same(before->fields, cf->fields)) {
		json_open(&out, "fields", '[');
		json_put_raw(&out, NULL, before->fields ? before->fields : "{}");
		json_put_raw(&out, NULL, cf->fields ? cf->fields : "{}");
		json_close(&out, ']');
		count++;
	}
	json_close(&out, '}');
	const char *copy = count ? arena_copy(&call->arena, json.text) : NULL;
	buf_clear(&json);
	return copy;
}

static const char *linked_number(struct call *call, const char *id)
{
	const struct casefile *other = keep_case(&call->keep, id, &call->page);
	return other ? other->number : id;
}

static void tell_change(
	struct call *call, const struct casefile *before, struct casefile *cf, const char *changes)
{
	bool moved = !same(before->team, cf->team);
	struct event event = { .casefile = cf->key,
		.team = call->who.team,
		.changes = changes,
		.wire = moved ? "handover" : "changed" };
	keep_event_add(&call->keep, &event);
	if (moved || !same(before->worker, cf->worker))
		keep_event_from(&call->keep, event.seq, before->worker, before->team);
	cf->last_event = event.seq;
	if (!cf->duplicate_of || same(before->duplicate_of, cf->duplicate_of))
		return;
	struct event link = { .casefile = cf->key,
		.team = call->who.team,
		.wire = "linked",
		.text = arena_printf(&call->arena, _("It goes on in case %s."),
			linked_number(call, cf->duplicate_of)) };
	keep_event_add(&call->keep, &link);
	cf->last_event = link.seq;
}

void change_tell(struct call *call, struct casefile *cf, struct event *event)
{
	event->casefile = cf->key;
	keep_event_add(&call->keep, event);
	cf->last_event = event->seq;
	if (strcmp(event->wire, "answer") == 0) {
		queue_add(&call->keep, cf, event, &call->arena);
		cf->contact = "answer";
		cf->contact_at = event->at;
	}
}

/* ---- people come back: the next case of the kind for the same citizen */

static void open_next(struct call *call, const struct casefile *cf, const struct kind *kind)
{
	struct case_more more = keep_case_more(&call->keep, cf->key, &call->arena);
	if (!kind || !kind->repeat_after_days || more.round >= kind->repeat_times || !cf->citizen)
		return;
	struct casefile next = { .subject = cf->subject,
		.kind = cf->kind,
		.queue = cf->queue,
		.team = cf->team,
		.citizen = cf->citizen,
		.channel = cf->channel,
		.language = cf->language,
		.priority = cf->priority,
		.skills = cf->skills,
		.tags = cf->tags,
		.restricted = cf->restricted,
		.fields = cf->fields,
		.due = cf->resolved + (time_t)kind->repeat_after_days * 86400 };
	for (int i = 0; i < kind->step_count && !next.step; i++) {
		if (strcmp(kind->steps[i].status, "new") == 0)
			next.step = kind->steps[i].id;
	}
	keep_case_add(&call->keep, &next, &call->arena);
	struct case_more after = {
		.named = more.named, .follows = cf->id, .round = more.round + 1
	};
	keep_case_set_more(&call->keep, next.key, &after);
	struct event event = { .casefile = next.key,
		.by = "system",
		.wire = "opened",
		.visible = true,
		.text = arena_printf(&call->arena, _("%s, number %d of %d, after case %s."),
			kind->name, after.round, kind->repeat_times, cf->number) };
	keep_event_add(&call->keep, &event);
}

/* ---- the two changes */

static void remember_step(
	struct call *call, const struct casefile *before, const struct casefile *cf)
{
	if (same(before->step, cf->step))
		return;
	struct case_more more = keep_case_more(&call->keep, cf->key, &call->arena);
	more.step_by = call->who.worker;
	keep_case_set_more(&call->keep, cf->key, &more);
}

static void fill_from_kind(struct call *call, struct casefile *cf, const struct kind *kind)
{
	if (!kind)
		return;
	if (kind->queue && !same(kind->queue, cf->queue))
		call_error(call, "service",
			arena_printf(&call->arena, _("Cases of this kind are of the service %s."),
				kind->queue));
	if (!cf->due)
		cf->due = kind_due(kind, cf->opened);
	for (int i = 0; i < kind->step_count && !cf->step; i++) {
		if (strcmp(kind->steps[i].status, "new") == 0)
			cf->step = kind->steps[i].id;
	}
}

static void fill_from_citizen(struct call *call, struct casefile *cf)
{
	struct citizen *citizen =
		cf->citizen ? keep_citizen(&call->keep, cf->citizen, &call->page) : NULL;
	if (citizen && !cf->language)
		cf->language = citizen->language;
}

bool change_open(struct call *call, struct casefile *cf)
{
	const struct casefile nothing = { .status = "new" };
	*cf = (struct casefile){ .priority = 3, .opened = (time_t)(call->keep.now_ms / 1000) };
	case_set(cf, "status", "new", &call->arena, NULL);
	if (!call_body(call, open_members))
		return false;
	set_members(call, cf);
	const char *text = call_text(call, call->json, "text", TEXT_MOST);
	const struct kind *kind = kind_of(call, cf);
	if (kind && !cf->queue)
		cf->queue = kind->queue;
	if (!cf->subject)
		call_error(call, "subject", _("A case has a subject."));
	if (!cf->queue)
		call_error(call, "service", _("A case has a service."));
	set_fields(call, cf, kind);
	check_required(call, cf, kind);
	check_names(call, &nothing, cf);
	if (call_refused(call))
		return false;
	fill_from_kind(call, cf, kind);
	fill_from_citizen(call, cf);
	if (cf->step && !move_case(call, &nothing, cf, kind))
		return false;
	if (!settle_status(call, &nothing, cf) || call_refused(call))
		return false;
	if (!cf->team)
		cf->team = keep_team_for(&call->keep, cf->queue, &call->arena);
	if (!cf->team)
		cf->team = call->who.team;
	keep_case_add(&call->keep, cf, &call->arena);
	struct event event = { .casefile = cf->key,
		.wire = "opened",
		.team = call->who.team,
		.text = text,
		.channel = cf->channel,
		.language = cf->language,
		.visible = true };
	change_tell(call, cf, &event);
	remember_step(call, &nothing, cf);
	return true;
}

/* Everything a PATCH says, laid over the case and checked; nothing is written yet. */
static bool lay_over(struct call *call, const struct casefile *before, struct casefile *cf,
	const struct kind **kind)
{
	set_members(call, cf);
	*kind = kind_of(call, cf);
	if (!same(before->kind, cf->kind) && !json_get(call->json, "step"))
		cf->step = NULL;
	if (*kind && !same(before->kind, cf->kind) && !json_get(call->json, "service"))
		cf->queue = (*kind)->queue;
	set_fields(call, cf, *kind);
	check_names(call, before, cf);
	if (!same(before->delivery, cf->delivery) && !before->delivery)
		call_error(call, "delivery", _("No answer of this case failed: there is nothing to send again."));
	if (cf->duplicate_of && !same(before->duplicate_of, cf->duplicate_of)) {
		case_set(cf, "status", "resolved", &call->arena, NULL);
		if (!cf->outcome)
			cf->outcome = "duplicate";
	}
	return !call_refused(call) && move_case(call, before, cf, *kind);
}

/* Resolving or handing over puts the case back: whoever has it next need not wait for our time. */
static void end_lease(struct call *call, const struct casefile *before, struct casefile *cf)
{
	bool handed = !same(before->team, cf->team) ||
		      (cf->worker && !same(before->worker, cf->worker) &&
			      !same(cf->worker, call->who.worker));
	if (!handed && stage_is_open(cf->stage))
		return;
	lease_end(&call->keep, cf->key);
	cf->holder = NULL;
}

bool change_case(struct call *call, const struct casefile *before, struct casefile *cf)
{
	struct event answer;
	const struct kind *kind;
	const char *outcome = NULL;
	*cf = *before;
	if (!call_body(call, patch_members) || !lay_over(call, before, cf, &kind))
		return false;
	const struct json *said = json_get(call->json, "answer");
	const char *note = call_text(call, call->json, "note", TEXT_MOST);
	if (said && !change_answer(call, cf, said, &answer, &outcome))
		return false;
	if (!stage_is_open(cf->stage) && text_blank(cf->outcome))
		cf->outcome = outcome;
	if (!settle_status(call, before, cf) || call_refused(call))
		return false;
	const char *changes = changes_json(call, before, cf);
	if (changes) {
		keep_case_save(&call->keep, before, cf, &call->arena);
		tell_change(call, before, cf, changes);
		remember_step(call, before, cf);
		end_lease(call, before, cf);
		if (!same(before->delivery, cf->delivery))
			queue_again(&call->keep, cf);
	}
	struct event remark = { .wire = "note", .team = call->who.team, .text = note };
	if (!text_blank(note))
		change_tell(call, cf, &remark);
	if (said)
		change_tell(call, cf, &answer);
	if (stage_is_open(before->stage) && !stage_is_open(cf->stage))
		open_next(call, cf, kind);
	return true;
}

bool change_reopen(struct keep *keep, const char *id)
{
	static const char body[] = "{\"status\":\"open\"}";
	struct casefile before, cf;
	struct call call = { .keep = *keep,
		.who = { .worker = keep->worker, .name = keep->worker, .team = "", .roles = "" } };
	page_init(&call.page);
	const struct casefile *found = keep_case(&call.keep, id, &call.page);
	bool open = found && (strcmp(found->status, "new") == 0 || strcmp(found->status, "open") == 0);
	if (found && !open && rules_move_allowed(found->status, "open")) {
		call.json = json_read(body, sizeof body - 1, NULL, NULL);
		case_copy(&before, found, &call.arena);
		open = change_case(&call, &before, &cf);
	}
	json_free(call.json);
	page_clear(&call.page);
	buf_clear(&call.out);
	arena_clear(&call.arena);
	return open;
}
