/* One change to one ticket, request by request, each followed by a look: Request Tracker answers
   200 to what it refused, in sentences of the person's language, so only what is read again counts.

   The order, and why a stop anywhere converges:
   1. Look: who else was there (If-Match catches a stale screen, not a race, so the fields are
      compared as well), was it merged or deleted, may I at all.
      Plain fields of a version that was shown go without it: the history after tells what they
      replaced.
   2. The owner. Taking is the only atomic thing Request Tracker has; whoever loses it changes
   nothing.
   3. The other fields, with If-Match. Doing them twice does no harm, so they may come before the
      message; what is refused here is refused before anything has reached the citizen.
   4. The note, then the answer. Neither can be taken back nor sent twice, so each carries the row's
      own mark, which a second try looks for first.
   5. The status, after the message: a message to a closed ticket opens it again.
   6. The queue, since we may not see the ticket afterwards; then the owner who belongs to it.
   7. The merge: then the number answers as another ticket.
   What is there already is not asked for again, so the whole may be begun anew at any point. */
#include "net/rt_change.h"

#include "model/i18n.h"
#include "model/text.h"
#include "net/url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	STALES_MAX = 3,
	TAGS_MAX = 5,		      /* how often a list of tags is given again */
	MESSAGE_WAIT_MS = 120 * 1000, /* giving up on a message early is dear */
	FILES_WAIT_MS = 600 * 1000
};

static unsigned bit(enum rt_part part)
{
	return 1u << part;
}

static struct rt_work *work_of(struct call *c)
{
	if (c->work)
		return c->work;
	struct rt_work *w = c->work = xcalloc(1, sizeof(*w));

	w->part = RT_LOOK;
	if (c->patch->creates)
		w->part = c->again ? RT_FIND : RT_CREATE;
	else if (c->cf && c->cf->id)
		snprintf(w->id, sizeof(w->id), "%s", c->cf->id);
	return w;
}

/* ---- messages */

static void put_message(
	struct json_out *out, const struct patch *p, enum rt_part part, const char *text)
{
	struct buf type = { 0 };

	buf_text(&type, "text/plain; x-caseload=\"");
	rt_mark(&type, p, part);
	buf_char(&type, '"');
	/* Without a body there is nothing the mark could stand on. */
	json_put_text(out, "Content", text && *text ? text : "\n");
	json_put_text(out, "ContentType", type.text);
	buf_clear(&type);
}

/* The bytes of the files are read while they are sent; their names are UTF-8, which JSON is not
   allowed to be here. */
static void put_files(struct request *r, const struct patch *p, struct buf *json)
{
	struct request_part *part = request_part(r, "JSON");

	part->body_size = json->size;
	part->body = buf_take(json);
	for (int i = 0; i < p->file_count; i++) {
		const struct attachment *f = &p->files[i];

		part = request_part(r, "Attachments");
		part->filename = xstrdup(f->name);
		part->type = xstrdup(f->type ? f->type : "application/octet-stream");
		part->path = xstrdup(f->path);
	}
	r->wait_ms = FILES_WAIT_MS;
}

static void ask_message(struct service *s, const struct call *c, struct request *r)
{
	const struct rt_work *w = c->work;
	const struct patch *p = c->patch;
	bool answer = w->part == RT_ANSWER;
	struct json *said = answer ? json_read(p->answer, strlen(p->answer), NULL, NULL) : NULL;
	struct buf url = { 0 }, body = { 0 };
	struct json_out out = { .buf = &body };

	rt_url(s, &url, "/ticket");
	url_segment(&url, w->id);
	url_path(&url, answer ? "/correspond" : "/comment");
	rt_ask(s, r, "POST", &url);
	r->repeatable = false;
	r->wait_ms = MESSAGE_WAIT_MS;
	json_open(&out, NULL, '{');
	put_message(&out, p, w->part, answer ? json_get_text(said, "text") : p->note);
	json_close(&out, '}');
	if (rt_carries_files(p, w->part))
		put_files(r, p, &body);
	else
		rt_body(r, &body);
	json_free(said);
}

/* ---- asking */

static void ask_put(
	struct service *s, struct call *c, struct request *r, const char *action, struct buf *body)
{
	const struct rt_work *w = c->work;
	struct buf url = { 0 }, match = { 0 };

	rt_url(s, &url, "/ticket");
	url_segment(&url, w->id);
	url_path(&url, action);
	rt_ask(s, r, "PUT", &url);
	r->repeatable = false;
	if (*w->etag && !*action) {
		buf_printf(&match, "\"%s\"", w->etag);
		request_header(r, "If-Match", match.text);
	}
	rt_body(r, body);
	buf_clear(&match);
}

/* To me: taken from nobody, which only one can; else taken over. From me: given back. To others:
   set, which overwrites without protest, so on the version just seen. */
static void ask_owner(struct service *s, struct call *c, struct request *r)
{
	const struct rt_work *w = c->work;
	const struct change *owner = patch_find(c->patch, "worker");
	const char *me = s->profile.me ? s->profile.me : "";
	bool to_me = owner->after && !strcmp(owner->after, me);
	bool from_me = w->now.worker && !strcmp(w->now.worker, me);
	const char *action = to_me			? (w->now.worker ? "/steal" : "/take")
			     : !owner->after && from_me ? "/untake"
							: "";
	struct buf body = { 0 };
	struct json_out out = { .buf = &body };

	json_open(&out, NULL, '{');
	if (!*action)
		json_put_text(&out, "Owner", owner->after ? owner->after : "Nobody");
	json_close(&out, '}');
	ask_put(s, c, r, action, &body);
}

static void ask_change(struct service *s, struct call *c, struct request *r)
{
	struct rt_work *w = c->work;
	struct arena arena = { 0 };
	struct buf body = { 0 };
	struct json_out out = { .buf = &body };

	if (w->part == RT_BACK) {
		buf_text(&body, w->back);
		ask_put(s, c, r, "", &body);
		return;
	}
	json_open(&out, NULL, '{');
	if (w->part == RT_FIELDS) {
		rt_put_fields(&out, s, c->patch, &w->now, w->zone_off_s, w->lost, &arena);
		w->tags_sent = rt_tags_sent(c->patch, &w->now, &arena);
		w->lost = NULL;
	} else if (w->part == RT_STEP)
		json_put_text(&out, "Status", rt_step_wanted(c->patch));
	else if (w->part == RT_QUEUE)
		json_put_text(&out, "Queue", rt_queue_wanted(s, c->patch));
	else
		json_put_int(
			&out, "MergeInto", strtol(rt_merge_wanted(s, c->patch, &arena), NULL, 10));
	json_close(&out, '}');
	ask_put(s, c, r, "", &body);
	r->repeatable = w->part == RT_FIELDS; /* with If-Match: a second one meets the first and looks */
	arena_clear(&arena);
}

static const char *text_of_new(const struct patch *p)
{
	const struct change *text = patch_find(p, "text");

	return text && text->after ? text->after : p->note;
}

/* The status of a new ticket is the lifecycle's own: others are set afterwards, some are refused
   here. So is the owner. */
static void ask_create(struct service *s, struct call *c, struct request *r)
{
	const struct casefile nothing = { 0 };
	const struct patch *p = c->patch;
	const char *queue = rt_queue_wanted(s, p);
	struct arena arena = { 0 };
	struct buf url = { 0 }, body = { 0 };
	struct json_out out = { .buf = &body };

	rt_url(s, &url, "/ticket");
	rt_ask(s, r, "POST", &url);
	r->repeatable = false;
	r->wait_ms = MESSAGE_WAIT_MS;
	json_open(&out, NULL, '{');
	json_put_text(&out, "Queue", queue ? queue : s->profile.my_team);
	rt_put_fields(&out, s, p, &nothing, 0, NULL, &arena);
	put_message(&out, p, RT_CREATE, text_of_new(p));
	json_close(&out, '}');
	if (p->file_count)
		put_files(r, p, &body);
	else
		rt_body(r, &body);
	arena_clear(&arena);
}

static void ask_name(struct service *s, struct request *r, const char *queue)
{
	struct buf url = { 0 };

	rt_url(s, &url, "/queue");
	url_segment(&url, queue);
	rt_ask(s, r, "GET", &url);
}

/* Whether the history tells what is stored: of these fields it keeps the value itself. */
static bool is_plain(const struct change *c)
{
	return !strcmp(c->field, "subject") || (!strcmp(c->field, "priority") && c->after) ||
	       (!strcmp(c->field, "due") && c->after);
}

/* All of it goes by If-Match of the version that was shown: whoever was there since makes it a 412,
   and who is at it in that very moment is told by the history after (rt_written_over). A look
   before would tell nothing more. */
static bool as_shown(const struct call *c)
{
	const struct patch *p = c->patch;
	const char *version = c->cf ? c->cf->version : NULL;

	for (int i = 0; i < p->count; i++)
		if (rt_part_of(p->changes[i].field) != RT_FIELDS || !is_plain(&p->changes[i]))
			return false;
	return p->count && !rt_has_note(p) && !rt_has_answer(p) && version && *version &&
	       strspn(version, "0123456789") == strlen(version);
}

/* The case was opened a moment ago, as a command does before it changes it: If-Match tells if
   somebody was faster, and then it is looked at again. */
static bool looks_known(struct service *s, const struct call *c, const struct rt_work *w)
{
	return !w->looked && !c->again && !c->patch->creates &&
	       (rt_last_look(s->own, w->id) || as_shown(c));
}

bool rt_patch_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	const struct rt_work *w = NULL;

	if (c->step == 0 && !rt_can(s, c->patch, err))
		return false;
	w = work_of(c);
	if (!*w->id && !c->patch->creates)
		return error_set(err, ERROR_LOCAL,
			_("It is not known here which record this change belongs to; open "
			  "it, then send the change again from the outbox."));
	switch (w->part) {
	case RT_NAME:
		ask_name(s, r, w->now.kind);
		break;
	case RT_SEEK:
	case RT_PROVE:
	case RT_HISTORY:
	case RT_TRACE:
	case RT_FIND:
	case RT_FIND_MARK:
	case RT_FIND_ANY:
	case RT_FIND_WHERE:
	case RT_FIND_SIGHT:
		rt_seek_ask(s, c, r);
		break;
	case RT_CREATE:
		ask_create(s, c, r);
		break;
	case RT_OWN:
		ask_owner(s, c, r);
		break;
	case RT_NOTE:
	case RT_ANSWER:
		ask_message(s, c, r);
		break;
	case RT_FIELDS:
	case RT_BACK:
	case RT_STEP:
	case RT_QUEUE:
	case RT_MERGE:
		ask_change(s, c, r);
		break;
	default:
		if (!looks_known(s, c, w))
			rt_ask_ticket(s, r, w->id);
		return true;
	}
	rt_look_over(s->own);
	return true;
}

/* ---- verdicts */

static bool may(const struct casefile *cf, const char *list, const char *what)
{
	struct json *rest = cf->rest ? json_read(cf->rest, strlen(cf->rest), NULL, NULL) : NULL;
	const struct json *words = json_get(rest, list);
	bool yes = !rest || (!what && json_count(words));

	for (size_t i = 0; what && i < json_count(words); i++)
		yes |= !strcmp(
			json_text(json_at(words, i)) ? json_text(json_at(words, i)) : "", what);
	json_free(rest);
	return yes;
}

static enum answer show_theirs(struct call *c, struct service *s, struct page *page)
{
	const struct rt_work *w = c->work;

	*page_add_case(page) = w->now;
	rt_keep_names(s->own, c->cf, page);
	return ANSWER_ERROR;
}

/* Somebody else's value stands there. What went out already cannot be laid over anything, so then a
   person decides about the rest. */
static enum answer quarrel(
	struct service *s, struct call *c, struct page *page, const char *field, struct error *err)
{
	const struct rt_work *w = c->work;
	const struct case_field *f = case_field_find(field);
	const char *label = f ? _(f->label) : field;
	const char *is = case_get(&w->now, field, &page->arena);

	if ((w->noted || w->answered) && !c->patch->creates)
		error_set(err, ERROR_REFUSED,
			_("The message has gone out. %s was changed by somebody else meanwhile "
			  "(now %s) and is left as it is."),
			label, is ? is : _("empty"));
	else
		error_set(err, ERROR_CONFLICT,
			_("Somebody else changed this meanwhile: %s is now %s."), label,
			is ? is : _("empty"));
	return show_theirs(c, s, page);
}

static bool any_quarrel(
	struct service *s, struct call *c, struct page *page, enum rt_part part, const char **field)
{
	const struct rt_work *w = c->work;
	const struct patch *p = c->patch;

	for (int i = 0; i < p->count; i++) {
		enum rt_part of = rt_part_of(p->changes[i].field);

		if ((part && of != part) ||
			!rt_quarrel(s, p, &p->changes[i], &w->now, &page->arena))
			continue;
		/* Our own message opened it. */
		if (of == RT_STEP && (w->noted || w->answered))
			continue;
		*field = p->changes[i].field;
		return true;
	}
	return false;
}

static enum answer denied(struct service *s, struct call *c, struct page *page, struct error *err)
{
	const struct rt_work *w = c->work;
	const struct rt_queue *q = rt_queue(s->own, w->now.kind);

	error_set(err, ERROR_DENIED,
		_("You have no right to do this in the queue %s of %s; its administrators can give "
		  "it."),
		q	      ? q->name
		: w->now.kind ? w->now.kind
			      : "?",
		s->name);
	return show_theirs(c, s, page);
}

/* What did not take although the service said 200. A person who may do nothing at all here is told
   that. */
static enum answer not_taken(
	struct service *s, struct call *c, struct page *page, enum rt_part part, struct error *err)
{
	const struct rt_work *w = c->work;
	const struct patch *p = c->patch;
	struct buf list = { 0 };

	if (!may(&w->now, "next", NULL))
		return denied(s, c, page, err);
	rt_unmet(&list, s, p, part, &w->now, &page->arena);
	error_set(err, ERROR_REFUSED, _("%s did not take this over: %s. %s"), s->name,
		buf_str(&list), w->hint);
	buf_clear(&list);
	return show_theirs(c, s, page);
}

static enum answer verdict(
	struct service *s, struct call *c, struct page *page, enum rt_part part, struct error *err)
{
	const char *field = NULL;

	if (any_quarrel(s, c, page, part, &field))
		return quarrel(s, c, page, field, err);
	return not_taken(s, c, page, part, err);
}

/* ---- what comes next */

static bool part_wanted(
	struct service *s, const struct call *c, enum rt_part part, struct page *page)
{
	const struct rt_work *w = c->work;
	const struct patch *p = c->patch;

	if (w->tried & bit(part))
		return false;
	if (part == RT_FIELDS && w->lost)
		return true;
	if (part == RT_NOTE)
		return rt_has_note(p) && !w->noted && !p->creates;
	if (part == RT_ANSWER)
		return rt_has_answer(p) && !w->answered && !p->creates;
	return !rt_part_met(s, p, part, &w->now, &page->arena);
}

/* The owner to be belongs to the queue it goes to: he can own nothing before that. */
static bool owner_waits(struct service *s, const struct call *c, struct page *page)
{
	const struct change *owner = patch_find(c->patch, "worker");

	return owner && owner->after && part_wanted(s, c, RT_QUEUE, page);
}

static enum rt_part next_part(struct service *s, const struct call *c, struct page *page)
{
	static const enum rt_part order[] = { RT_OWN, RT_FIELDS, RT_NOTE, RT_ANSWER, RT_STEP,
		RT_QUEUE, RT_OWN, RT_MERGE };

	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++) {
		if (i == 0 && owner_waits(s, c, page))
			continue;
		if (part_wanted(s, c, order[i], page))
			return order[i];
	}
	return RT_END;
}

/* Before anything leaves: what is sure to be refused is refused while nobody has got a message. */
static bool may_begin(struct service *s, const struct call *c, struct page *page)
{
	const struct rt_work *w = c->work;

	if (part_wanted(s, c, RT_NOTE, page) && !may(&w->now, "may", "comment"))
		return false;
	if (part_wanted(s, c, RT_ANSWER, page) && !may(&w->now, "may", "correspond"))
		return false;
	return !part_wanted(s, c, RT_STEP, page) || may(&w->now, "next", NULL);
}

/* ---- a new ticket is there as soon as it has a number: whatever else did not go well is told, and
   never makes the row go out again */

static void tell_unmet(struct service *s, struct call *c, struct page *page)
{
	static const enum rt_part parts[] = { RT_OWN, RT_FIELDS, RT_STEP, RT_QUEUE, RT_MERGE };
	const struct rt_work *w = c->work;
	const struct patch *p = c->patch;
	struct buf list = { 0 };
	const char *unmet = "";

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		rt_unmet(&list, s, p, parts[i], &w->now, &page->arena);
	for (int i = 0; i < p->count; i++)
		if (!rt_met(s, p, &p->changes[i], &w->now, &page->arena))
			unmet = words_add(unmet, p->changes[i].field, &page->arena);
	if (list.size) {
		page->unmet = unmet;
		page->told = arena_printf(&page->arena,
			_("The case was opened as %s, but this did not take: %s. %s"), w->id,
			list.text, w->hint);
	}
	buf_clear(&list);
}

/* Open to whom it was given, and not to us. What we know of it is what we asked for. */
static enum answer made_unseen(struct service *s, struct call *c, struct page *page)
{
	const struct rt_work *w = c->work;
	const char *queue = rt_queue_wanted(s, c->patch);
	const struct rt_queue *q = rt_queue(s->own, queue ? queue : s->profile.my_team);
	struct casefile *cf = page_add_case(page);

	patch_over_case(c->patch, cf, &page->arena);
	cf->id = cf->number = arena_copy(&page->arena, w->id);
	cf->queue = cf->team = arena_copy(&page->arena, q ? q->name : queue);
	cf->kind = q ? arena_copy(&page->arena, q->id) : NULL;
	cf->worker = NULL;
	cf->opened = cf->changed = time(NULL);
	page->told = arena_printf(&page->arena,
		_("The case was opened as %s in %s, where you may not see it: whoever works there goes "
		  "on with it."),
		w->id, cf->queue ? cf->queue : s->name);
	return ANSWER_DONE;
}

static enum answer made_and_gone(struct call *c, struct page *page, const char *sentence)
{
	const struct rt_work *w = c->work;

	*page_add_case(page) = w->now;
	page->told = sentence;
	return ANSWER_DONE;
}

static enum answer go_on(struct service *s, struct call *c, struct page *page, struct error *err)
{
	struct rt_work *w = c->work;
	const char *field = NULL;

	if (!w->did) { /* the first look, or one after a 412 */
		if (any_quarrel(s, c, page, RT_NONE, &field))
			return quarrel(s, c, page, field, err);
		if (!c->patch->creates && !may_begin(s, c, page))
			return denied(s, c, page, err);
	}
	w->part = w->as_it_is ? RT_END : next_part(s, c, page);
	w->did = w->part;
	w->tried |= bit(w->part);
	if (w->part != RT_END)
		return ANSWER_MORE;
	if (w->as_it_is)
		page->told = arena_printf(&page->arena,
			_("The case was opened as %s, and others have been at it since; it is left "
			  "as it is."),
			w->now.id);
	else if (c->patch->creates)
		tell_unmet(s, c, page);
	*page_add_case(page) = w->now;
	rt_keep_names(s->own, c->cf, page);
	return ANSWER_DONE;
}

/* ---- reading: looks */

/* It went where we may not follow; what we know of it is what we made of it. */
static enum answer moved_away(
	struct service *s, struct call *c, struct page *page, struct error *err)
{
	struct rt_work *w = c->work;
	const struct rt_queue *q = rt_queue(s->own, rt_queue_wanted(s, c->patch));
	struct casefile gone = { 0 };

	case_copy(&gone, w->now.id ? &w->now : c->cf, &page->arena);
	gone.queue = gone.team = arena_copy(&page->arena, rt_queue_wanted(s, c->patch));
	gone.kind = q ? arena_copy(&page->arena, q->id) : gone.kind;
	gone.version = NULL;
	gone.key = 0;
	w->now = gone;
	if (!rt_part_met(s, c->patch, RT_OWN, &w->now, &page->arena)) {
		error_set(err, ERROR_REFUSED,
			_("The case went to %s, where you may not see it, so it could not be given "
			  "to %s there."),
			gone.queue,
			patch_find(c->patch, "worker")->after
				? patch_find(c->patch, "worker")->after
				: _("nobody"));
		return ANSWER_ERROR;
	}
	*page_add_case(page) = w->now;
	return ANSWER_DONE;
}

static enum answer merged(struct service *s, struct call *c, struct page *page, struct error *err)
{
	struct rt_work *w = c->work;
	const char *into = rt_merge_wanted(s, c->patch, &page->arena);

	if (c->patch->creates)
		return made_and_gone(c, page,
			arena_printf(&page->arena,
				_("The case was opened, and merged into %s since."), w->now.id));
	*page_add_case(page) = w->now;
	if (c->cf)
		rt_put_merged(page, c->cf);
	if (into && !strcmp(into, w->now.id))
		return ANSWER_DONE;
	error_set(err, ERROR_GONE,
		_("Case %s was merged into %s meanwhile; make the change there if it is still "
		  "wanted."),
		w->id, w->now.id);
	return ANSWER_ERROR;
}

static bool is_deleted(const struct rt_work *w)
{
	return w->now.step && !strcmp(w->now.step, "deleted");
}

static bool seeks(const struct call *c)
{
	const struct rt_work *w = c->work;

	return c->again && !w->looked && !c->patch->creates &&
	       (rt_has_note(c->patch) || rt_has_answer(c->patch));
}

/* Said and read again in two time zones: once more, by how far it was off. */
static bool zone_again(struct rt_work *w, const struct patch *p, struct arena *arena)
{
	int off = w->did == RT_FIELDS && !w->zoned ? rt_zone_off(p, &w->now, arena) : 0;

	if (!off)
		return false;
	w->zoned = true;
	w->zone_off_s = off;
	w->tried &= ~bit(RT_FIELDS);
	return true;
}

/* Our list took away what another added, or another's list what we added: once more, over what is
   there now. */
static bool tags_again(
	struct service *s, struct rt_work *w, const struct patch *p, struct arena *arena)
{
	const struct change *tags = patch_find(p, "tags");

	if (w->did == RT_FIELDS && !w->lost && rt_tags_twice(p, &w->now, arena))
		w->lost = "";
	if (w->did != RT_FIELDS || !tags || (!w->lost && rt_met(s, p, tags, &w->now, arena)) ||
		w->tags_tried++ >= TAGS_MAX) {
		w->lost = NULL;
		return false;
	}
	w->tried &= ~bit(RT_FIELDS);
	return true;
}

static bool took(struct service *s, struct call *c, struct page *page)
{
	struct rt_work *w = c->work;

	if (!w->did || w->did == RT_NOTE || w->did == RT_ANSWER || w->did == RT_CREATE)
		return true;
	if (tags_again(s, w, c->patch, &page->arena))
		return true;
	return rt_part_met(s, c->patch, w->did, &w->now, &page->arena) ||
	       zone_again(w, c->patch, &page->arena);
}

/* A session that another run bought knows no queue yet. */
static bool nameless(const struct service *s, const struct call *c)
{
	const struct rt_work *w = c->work;

	return rt_queue_wanted(s, c->patch) && !w->now.queue && w->now.kind &&
	       strcmp(w->now.kind, w->named) != 0;
}

/* Ours stands where another's should: that is set again, and then both are shown. */
static enum answer put_back(struct call *c, struct page *page, struct error *err)
{
	struct rt_work *w = c->work;

	if (w->backs++ < STALES_MAX) {
		w->part = RT_BACK;
		return ANSWER_MORE;
	}
	error_set(err, ERROR_REFUSED,
		_("It stands over what somebody else changed in that very moment, which could not "
		  "be put back; its history tells what that was."));
	*page_add_case(page) = w->now;
	return ANSWER_ERROR;
}

static enum answer looked(struct service *s, struct call *c, struct page *page, struct error *err)
{
	struct rt_work *w = c->work;

	if (seeks(c)) {
		w->looked = true;
		w->part = RT_SEEK;
		return ANSWER_MORE;
	}
	w->looked = true;
	if (!took(s, c, page) && !c->patch->creates)
		return verdict(s, c, page, w->did, err);
	if (w->back)
		return put_back(c, page, err);
	return go_on(s, c, page, err);
}

static enum answer read_look(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	struct rt_work *w = c->work;

	if (!a->status && !(a = rt_last_look(s->own, w->id))) {
		if (!as_shown(c))
			return ANSWER_MORE;
		case_copy(&w->now, c->cf, &page->arena);
		w->now.key = 0;
		snprintf(w->etag, sizeof(w->etag), "%s", c->cf->version);
		return looked(s, c, page, err);
	}
	if (c->patch->creates && (a->status == 403 || a->status == 404))
		return made_unseen(s, c, page);
	if (a->status == 403 && rt_queue_wanted(s, c->patch) &&
		(w->tried & bit(RT_QUEUE) ||
			(c->again && c->patch->unsure && !w->looked)))
		return moved_away(s, c, page, err);
	if (!rt_ticket_answer(s, a, page, err))
		return ANSWER_ERROR;
	w->now = page->cases[--page->case_count];
	snprintf(w->etag, sizeof(w->etag), "%s", w->now.version ? w->now.version : "");
	if (strcmp(w->now.id, w->id) != 0)
		return merged(s, c, page, err);
	if (is_deleted(w) && c->patch->creates)
		return made_and_gone(c, page,
			arena_printf(&page->arena,
				_("The case was opened as %s, and deleted by somebody since."),
				w->id));
	if (is_deleted(w) && !rt_step_wanted(c->patch)) {
		error_set(err, ERROR_GONE,
			_("Case %s was deleted by somebody; nothing was changed."), w->id);
		return ANSWER_ERROR;
	}
	if (nameless(s, c)) {
		snprintf(w->named, sizeof(w->named), "%s", w->now.kind);
		w->part = RT_NAME;
		return ANSWER_MORE;
	}
	return looked(s, c, page, err);
}

/* One that does not tell its name is compared by number. */
static enum answer read_name(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	struct error why = { 0 };
	struct json *j = rt_good(a, _("the queue"), &why);
	struct rt_work *w = c->work;
	char id[24];

	if (why.kind == ERROR_LOGIN || why.kind == ERROR_BUSY || why.kind == ERROR_OFFLINE) {
		*err = why;
		return ANSWER_ERROR;
	}
	rt_copy_id(id, sizeof(id), json_get(j, "id"));
	rt_know_queue(s->own, id, json_get_text(j, "Name"), json_get_text(j, "Lifecycle"));
	w->now.queue = w->now.team = arena_copy(&page->arena, json_get_text(j, "Name"));
	json_free(j);
	return looked(s, c, page, err);
}

/* ---- reading: what was sent now */

static void keep_hint(struct rt_work *w, const struct json *sentences)
{
	rt_sentences(sentences, w->hint, sizeof(w->hint));
}

static bool all_plain(const struct patch *p)
{
	for (int i = 0; i < p->count; i++)
		if (rt_part_of(p->changes[i].field) == RT_FIELDS && !is_plain(&p->changes[i]))
			return false;
	return true;
}

static bool traceable(const struct patch *p, const struct rt_work *w)
{
	return w->part == RT_FIELDS && *w->etag && !w->traced && !p->creates && all_plain(p);
}

static enum answer read_put(struct call *c, const struct response *a, struct error *err)
{
	struct rt_work *w = c->work;

	if (w->part == RT_BACK && (a->status == 200 || a->status == 412)) { /* did it take? */
		w->part = RT_LOOK;
		return ANSWER_MORE;
	}
	if (a->status == 412 && w->stales++ < STALES_MAX) { /* look again, and compare */
		w->tried &= ~bit(w->part);
		w->did = RT_NONE;
		w->part = RT_LOOK;
		return ANSWER_MORE;
	}
	struct json *j = rt_good(a, _("the ticket"), err);

	if (!j)
		return ANSWER_ERROR;
	keep_hint(w, j);
	/* One sentence for each value that came or went: were there others than ours? */
	bool others = w->part == RT_FIELDS && patch_find(c->patch, "tags") &&
		      (int)json_count(j) != w->tags_sent && w->tags_tried < TAGS_MAX;

	json_free(j);
	w->part = others ? RT_HISTORY : traceable(c->patch, w) ? RT_TRACE : RT_LOOK;
	w->traced |= w->part == RT_TRACE;
	return ANSWER_MORE;
}

/* "/REST/2.0/transaction/451" */
static void last_segment(char *room, size_t size, const char *location)
{
	const char *slash = location ? strrchr(location, '/') : NULL;
	const char *id = slash ? slash + 1 : "";

	snprintf(room, size, "%s", strspn(id, "0123456789") == strlen(id) ? id : "");
}

static enum answer read_message(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	struct rt_work *w = c->work;
	enum rt_part part = w->part;

	if (a->status == 400 || a->status == 403)
		return denied(s, c, page, err);
	struct json *j = rt_good(a, _("the message"), err);

	if (!j)
		return ANSWER_ERROR;
	json_free(j);
	last_segment(w->transaction, sizeof(w->transaction), a->location);
	if (a->status != 201 || !*w->transaction) {
		error_set(err, ERROR_GARBLED,
			_("%s did not say where it put the message; it is looked for."), s->name);
		return ANSWER_ERROR;
	}
	w->noted |= part == RT_NOTE;
	w->answered |= part == RT_ANSWER;
	w->part = rt_carries_files(c->patch, part) ? RT_PROVE : RT_LOOK;
	w->pages = (struct rt_pages){ 0 };
	return ANSWER_MORE;
}

static enum answer read_created(
	struct service *s, struct call *c, const struct response *a, struct error *err)
{
	struct rt_work *w = c->work;
	const char *queue = rt_queue_wanted(s, c->patch);
	char id[24] = "";

	if (a->status == 403) {
		error_set(err, ERROR_DENIED,
			_("You may not open cases in the queue %s of %s, or there is none of that "
			  "name."),
			queue ? queue : "?", s->name);
		return ANSWER_ERROR;
	}
	struct json *j = rt_good(a, _("the new ticket"), err);

	if (!j)
		return ANSWER_ERROR;
	rt_copy_id(id, sizeof(id), json_get(j, "id"));
	json_free(j);
	if (a->status == 201 && strtol(id, NULL, 10) > 0)
		return rt_made_is(w, id);
	error_set(err, ERROR_GARBLED, _("%s did not say which case it opened; it is looked for."),
		s->name);
	return ANSWER_ERROR;
}

enum answer rt_patch_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	const struct rt_work *w = c->work;
	enum answer answer;

	if (rt_foreign(a)) {
		json_free(rt_good(a, "", err));
		return ANSWER_ERROR;
	}
	switch (w->part) {
	case RT_SEEK:
	case RT_PROVE:
	case RT_HISTORY:
	case RT_TRACE:
	case RT_FIND:
	case RT_FIND_MARK:
	case RT_FIND_ANY:
	case RT_FIND_WHERE:
	case RT_FIND_SIGHT:
		answer = rt_seek_read(s, c, a, page, err);
		return answer == ANSWER_DONE ? go_on(s, c, page, err) : answer;
	case RT_CREATE:
		return read_created(s, c, a, err);
	case RT_NOTE:
	case RT_ANSWER:
		return read_message(s, c, a, page, err);
	case RT_LOOK:
		return read_look(s, c, a, page, err);
	case RT_NAME:
		return read_name(s, c, a, page, err);
	default:
		return read_put(c, a, err);
	}
}
