/* The timeline of a ticket. What happened stands in its history, what was said in its attachments: a
   page of the one, then the texts that belong to it, then the files, if it announced any. A row
   nobody may see leaves a hole in a page, so neither a short page nor an empty one is the end. */
#include "model/i18n.h"
#include "net/driver.h"
#include "net/rt.h"
#include "net/url.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { TEXT_MAX = 1024 * 1024, ENTITY_MAX = 10, NAMES_MAX = 12, HOLES_MAX = 20 };

enum part { HISTORY, NAMES, TEXTS, FILES };

/* Kept between the steps of one call. */
struct work {
	enum part part;
	struct rt_pages texts, files;
	int64_t first, last; /* ids of the transactions of this page */
	int announced, seen; /* attachments */
	long names[NAMES_MAX]; /* users that changes name by number, and nobody knows yet */
	int name_count, named;
	char next[72];
};

/* ---- mails that are HTML alone, made readable: tags out, what they break into lines, entities */

static bool tag_is(const char *tag, const char *name)
{
	size_t size = strlen(name);

	return !strncasecmp(tag, name, size) && !isalnum((unsigned char)tag[size]);
}

static bool tag_breaks(const char *tag)
{
	static const char *const names[] = { "br", "p", "/p", "div", "/div", "tr", "li", "h1", "h2",
		"h3", "/ul", "/ol", "/table", "blockquote", "hr", NULL };

	for (int i = 0; names[i]; i++)
		if (tag_is(tag, names[i]))
			return true;
	return false;
}

/* Behind the end of an element whose inside is nobody's text. */
static const char *skip_element(const char *p, const char *name)
{
	for (const char *c = p; (c = strstr(c, "</")); c += 2)
		if (tag_is(c + 2, name))
			return c + strcspn(c, ">");
	return p + strlen(p);
}

static void new_line(struct buf *out)
{
	while (out->size && out->text[out->size - 1] == ' ')
		buf_cut(out, out->size - 1);
	size_t size = out->size;

	if (size && !(size > 1 && out->text[size - 1] == '\n' && out->text[size - 2] == '\n'))
		buf_char(out, '\n');
}

static void put_code(struct buf *out, unsigned long code)
{
	if (code < 0x20 || (code >= 0x7f && code < 0xa0) || code > 0x10ffff ||
		(code >= 0xd800 && code < 0xe000)) {
		buf_char(out, ' ');
	} else if (code < 0x80) {
		buf_char(out, (char)code);
	} else if (code < 0x800) {
		buf_char(out, (char)(0xc0 | code >> 6));
		buf_char(out, (char)(0x80 | (code & 0x3f)));
	} else {
		if (code < 0x10000) {
			buf_char(out, (char)(0xe0 | code >> 12));
		} else {
			buf_char(out, (char)(0xf0 | code >> 18));
			buf_char(out, (char)(0x80 | (code >> 12 & 0x3f)));
		}
		buf_char(out, (char)(0x80 | (code >> 6 & 0x3f)));
		buf_char(out, (char)(0x80 | (code & 0x3f)));
	}
}

/* What an & begins; the bytes it took. */
static size_t put_entity(struct buf *out, const char *p)
{
	static const struct {
		const char *name, *text;
	} names[] = { { "amp;", "&" }, { "lt;", "<" }, { "gt;", ">" }, { "quot;", "\"" },
		{ "apos;", "'" }, { "nbsp;", " " }, { "euro;", "\u20ac" }, { NULL, NULL } };
	char *end = NULL;

	for (int i = 0; names[i].name; i++)
		if (!strncmp(p + 1, names[i].name, strlen(names[i].name))) {
			buf_text(out, names[i].text);
			return 1 + strlen(names[i].name);
		}
	bool hex = p[1] == '#' && (p[2] == 'x' || p[2] == 'X');
	const char *digits = p + 2 + hex;
	unsigned long code = p[1] == '#' ? strtoul(digits, &end, hex ? 16 : 10) : 0;

	if (end && end != digits && *end == ';' && end - p <= ENTITY_MAX) {
		put_code(out, code);
		return (size_t)(end + 1 - p);
	}
	buf_char(out, '&');
	return 1;
}

void rt_html_text(struct buf *out, const char *html)
{
	for (const char *p = html; *p;) {
		if (!strncmp(p, "<!--", 4)) {
			const char *end = strstr(p, "-->");

			p = end ? end + 3 : p + strlen(p);
		} else if (*p == '<' && (isalpha((unsigned char)p[1]) || p[1] == '/')) {
			const char *tag = p + 1, *end = p + strcspn(p, ">");

			if (tag_breaks(tag))
				new_line(out);
			if (tag_is(tag, "script") || tag_is(tag, "style") || tag_is(tag, "head"))
				end = skip_element(end, tag_is(tag, "script")  ? "script"
							: tag_is(tag, "style") ? "style"
									       : "head");
			p = *end ? end + 1 : end;
		} else if (*p == '&') {
			p += put_entity(out, p);
		} else if (isspace((unsigned char)*p)) {
			if (out->size && !isspace((unsigned char)out->text[out->size - 1]))
				buf_char(out, ' ');
			p++;
		} else {
			buf_char(out, *p++);
		}
	}
	while (out->size && isspace((unsigned char)out->text[out->size - 1]))
		buf_cut(out, out->size - 1);
}

/* ---- asking */

static void ask_history(struct service *s, const struct call *c, struct request *r)
{
	struct buf url = { 0 };
	long page = c->from ? strtol(c->from, NULL, 10) : 1;

	rt_url(s, &url, "/ticket");
	url_segment(&url, c->cf->id);
	url_path(&url, "/history");
	url_query(&url, "fields",
		"Type,Creator,Created,Field,OldValue,NewValue,Data,_hyperlinks");
	url_query(&url, "orderby", "id");
	url_query_int(&url, "per_page", RT_PAGE);
	url_query_int(&url, "page", page > 0 ? page : 1);
	rt_ask(s, r, "GET", &url);
}

static void limit(struct json_out *out, const char *field, const char *op, const char *value)
{
	json_open(out, NULL, '{');
	json_put_text(out, "field", field);
	json_put_text(out, "operator", op);
	json_put_text(out, "value", value);
	if (!strcmp(op, "STARTSWITH"))
		json_put_text(out, "entry_aggregator", "OR");
	json_close(out, '}');
}

/* Of files never the content: it would come whole, and in base64. */
static void ask_attachments(
	struct service *s, const struct call *c, const struct work *w, struct request *r)
{
	struct buf url = { 0 }, query = { 0 };
	struct json_out out = { .buf = &query };
	char first[24], last[24];
	bool texts = w->part == TEXTS;

	snprintf(first, sizeof(first), "%lld", (long long)w->first);
	snprintf(last, sizeof(last), "%lld", (long long)w->last);
	json_open(&out, NULL, '[');
	limit(&out, "TransactionId", ">=", first);
	limit(&out, "TransactionId", "<=", last);
	if (texts) { /* what holds other parts is empty itself, and announced like them */
		limit(&out, "ContentType", "STARTSWITH", "text/");
		limit(&out, "ContentType", "STARTSWITH", "multipart/");
		limit(&out, "Filename", "IS", "NULL");
	}
	json_close(&out, ']');
	rt_url(s, &url, "/ticket");
	url_segment(&url, c->cf->id);
	url_path(&url, "/attachments");
	url_query(&url, "query", query.text);
	url_query(&url, "fields",
		texts ? "Content,ContentType,TransactionId"
		      : "ContentType,TransactionId,Filename,ContentLength");
	url_query(&url, "orderby", "id");
	url_query_int(&url, "per_page", RT_PAGE);
	url_query_int(&url, "page", (texts ? w->texts.page : w->files.page) + 1);
	rt_ask(s, r, "GET", &url);
	buf_clear(&query);
}

static void ask_name(struct service *s, const struct work *w, struct request *r)
{
	struct buf url = { 0 }, id = { 0 };

	buf_printf(&id, "%ld", w->names[w->named]);
	rt_url(s, &url, "/user");
	url_segment(&url, id.text);
	rt_ask(s, r, "GET", &url);
	buf_clear(&id);
}

bool rt_events_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	(void)err;
	if (!c->work)
		c->work = xcalloc(1, sizeof(struct work));
	if (((struct work *)c->work)->part == HISTORY)
		ask_history(s, c, r);
	else if (((struct work *)c->work)->part == NAMES)
		ask_name(s, c->work, r);
	else
		ask_attachments(s, c, c->work, r);
	return true;
}

/* ---- what changed */

static const struct {
	const char *theirs, *ours;
} changed_fields[] = { { "Subject", "subject" }, { "Status", "status" }, { "Priority", "priority" },
	{ "Owner", "assignee" }, { "Queue", "team" }, { "Due", "due" }, { "MergedInto", "duplicate_of" },
	{ "Requestor", "citizen" }, { "TimeWorked", N_("minutes worked") },
	{ "TimeEstimated", N_("minutes expected") }, { "TimeLeft", N_("minutes left") },
	{ "SLA", N_("service level") }, { "Starts", N_("starts") }, { "Told", N_("last answer") },
	{ "Cc", N_("copies to") }, { "AdminCc", N_("copies inside to") }, { NULL, NULL } };

/* What came, and what went. */
static const struct {
	const char *theirs, *came, *went;
} changed_links[] = {
	{ "DependsOn", N_("depends on"), N_("no longer depends on") },
	{ "DependedOnBy", N_("is waited for by"), N_("no longer waited for by") },
	{ "RefersTo", N_("refers to"), N_("no longer refers to") },
	{ "ReferredToBy", N_("referred to by"), N_("no longer referred to by") },
	{ "MemberOf", N_("belongs to"), N_("no longer belongs to") },
	{ "HasMember", N_("includes"), N_("no longer includes") },
	{ NULL, NULL, NULL },
};

static const char *our_field(const struct rt *rt, const char *type, const char *theirs)
{
	if (!strcmp(type, "CustomField"))
		for (int i = 0; i < rt->field_count; i++)
			if (rt->fields[i].id && !strcmp(rt->fields[i].id, theirs))
				return rt->fields[i].name;
	for (int i = 0; changed_fields[i].theirs; i++)
		if (!strcmp(changed_fields[i].theirs, theirs))
			return _(changed_fields[i].ours);
	for (int i = 0; changed_links[i].theirs; i++)
		if (!strcmp(changed_links[i].theirs, theirs))
			return _(!strcmp(type, "DeleteLink") ? changed_links[i].went
							     : changed_links[i].came);
	return *theirs ? theirs : type;
}

static void want_name(struct work *w, long id)
{
	for (int i = 0; i < w->name_count; i++)
		if (w->names[i] == id)
			return;
	if (w->name_count < NAMES_MAX)
		w->names[w->name_count++] = id;
}

/* Users stand there by number. */
static const char *owner_name(const struct service *s, struct work *w, const char *number)
{
	long id = number ? strtol(number, NULL, 10) : 0;
	const char *login = rt_user(s, id);

	if (id && !login)
		want_name(w, id);
	if (!login)
		return number;
	return strcmp(login, "Nobody") != 0 ? login : NULL;
}

/* The other ticket of a link is there by an address of RT's own. */
static const char *ticket_number(const char *value)
{
	const char *number = strncmp(value, "fsck.com-rt://", 14) ? NULL : strstr(value, "/ticket/");

	return number ? number + strlen("/ticket/") : value;
}

static const char *value_text(const struct rt *rt, const char *field, const char *value)
{
	const struct rt_queue *queue = NULL;

	if (!value || !*value || !strcmp(value, "(no value)") || !strncmp(value, "1970-01-01", 10) || !strcmp(value, "Not set"))
		return NULL;
	if (!strcmp(field, "team"))
		queue = rt_queue(rt, value);
	return queue ? queue->name : ticket_number(value);
}

/* "2027-01-01 10:00:00", in the zone of nobody: UTC. */
static const char *time_text(const char *value, struct arena *arena)
{
	static const char form[] = "dddd-dd-dd dd:dd:dd";
	size_t i = 0;

	for (; value && value[i] && form[i]; i++)
		if (form[i] == 'd' ? !isdigit((unsigned char)value[i]) : value[i] != form[i])
			return value;
	if (!value || value[i] || form[i])
		return value;
	return arena_printf(arena, "%.10sT%.8sZ", value, value + 11);
}

static void put_value(struct json_out *out, const char *field, const char *value)
{
	char number[12];

	if (value && !strcmp(field, "priority")) {
		snprintf(number, sizeof(number), "%d", rt_priority(atoi(value)));
		value = number;
	}
	json_put_text(out, NULL, value);
}

static bool names_people(const char *theirs)
{
	return !strcmp(theirs, "Requestor") || !strcmp(theirs, "Cc") || !strcmp(theirs, "AdminCc");
}

static void read_change(struct service *s, struct work *w, const struct json *j, const char *type,
	struct event *e, struct arena *arena)
{
	struct rt *rt = s->own;
	const char *theirs = json_get_text(j, "Field");
	const char *field = our_field(rt, type, theirs ? theirs : "");
	const char *before = value_text(rt, field, json_get_text(j, "OldValue"));
	const char *after = value_text(rt, field, json_get_text(j, "NewValue"));
	struct buf text = { 0 };
	struct json_out out = { .buf = &text };

	if (!strcmp(field, "assignee") || (theirs && names_people(theirs))) {
		before = owner_name(s, w, before);
		after = owner_name(s, w, after);
	}
	if (!strcmp(type, "AddLink") || !strcmp(type, "DeleteLink")) {
		after = after ? after : before;
		before = NULL;
	}
	before = time_text(before, arena);
	after = time_text(after, arena);
	json_open(&out, NULL, '{');
	json_open(&out, field, '[');
	put_value(&out, field, before);
	put_value(&out, field, after);
	json_close(&out, ']');
	json_close(&out, '}');
	e->changes = arena_copy(arena, text.text);
	buf_clear(&text);
}

/* ---- history */

static const struct {
	const char *theirs, *wire;
	enum event_kind kind;
	bool visible;
} kinds[] = {
	{ "Create", "opened", EVENT_MAIL_IN, true },
	{ "Correspond", "answer", EVENT_MAIL_OUT, true },
	{ "Comment", "note", EVENT_NOTE, false },
	{ "EmailRecord", "mailed", EVENT_CHANGE, false },
	{ "CommentEmailRecord", "mailed", EVENT_CHANGE, false },
	{ NULL, "changed", EVENT_CHANGE, false },
};

static const char *who(const struct call *c, const char *login, struct arena *arena)
{
	if (!login || !strcmp(login, "RT_System"))
		return "system";
	if (strchr(login, '@') || (c->cf->citizen && !strcmp(login, c->cf->citizen)))
		return "citizen";
	return arena_copy(arena, login);
}

static int announced(const struct json *links)
{
	int count = 0;

	for (size_t i = 0; i < json_count(links); i++) {
		const char *ref = json_get_text(json_at(links, i), "ref");

		count += ref && !strcmp(ref, "attachment");
	}
	return count;
}

/* A new owner is told twice, as a field and as a watcher, mails between them: the later one stays. */
static void drop_double(struct page *page)
{
	enum { BACK = 4 };
	struct event *e = &page->events[page->event_count - 1];
	int back = 1;

	if (!strstr(e->changes, "\"assignee\""))
		return;
	while (back < page->event_count && back <= BACK && !e[-back].changes)
		back++;
	if (back >= page->event_count || back > BACK || strcmp(e->changes, e[-back].changes) != 0)
		return;
	memmove(e - back, e - back + 1, (size_t)back * sizeof(*e));
	page->event_count--;
}

static void read_event(
	struct service *s, const struct call *c, const struct json *j, struct page *page)
{
	const char *id = json_get_text(j, "id"), *type = json_get_text(j, "Type");
	struct event *e = page_add_event(page);
	size_t i = 0;

	type = type ? type : "";
	while (kinds[i].theirs && strcmp(kinds[i].theirs, type) != 0)
		i++;
	e->casefile = c->cf->key;
	e->id = arena_copy(&page->arena, id);
	e->seq = id ? strtoll(id, NULL, 10) : json_get_int(j, "id", 0);
	e->at = rt_time(json_get_text(j, "Created"));
	e->by = who(c, json_get_text(json_get(j, "Creator"), "id"), &page->arena);
	e->wire = kinds[i].wire;
	e->kind = kinds[i].kind;
	e->visible = kinds[i].visible;
	if (e->kind == EVENT_MAIL_OUT && !strcmp(e->by, "citizen")) {
		e->wire = "incoming";
		e->kind = EVENT_MAIL_IN;
	}
	if (kinds[i].theirs)
		return;
	read_change(s, c->work, j, type, e, &page->arena);
	drop_double(page);
}

/* The newest entry one may see is the version of the ticket: once it was told, that was all; before it
   no number of empty pages is the end, within reason. Without it two of them are. "PAGE:EMPTY:LAST". */
static void find_next(const struct call *c, struct work *w, size_t count)
{
	long page = 1, empties = 0;
	long long last = 0;
	int64_t newest = c->cf->version ? strtoll(c->cf->version, NULL, 10) : 0;

	if (c->from)
		sscanf(c->from, "%ld:%ld:%lld", &page, &empties, &last);
	empties = count ? 0 : empties + 1;
	last = w->last ? w->last : last;

	long most = newest && last < newest ? HOLES_MAX : 2;

	if (empties < most && !(newest && w->last == newest))
		snprintf(w->next, sizeof(w->next), "%ld:%ld:%lld", page < 1 ? 2 : page + 1, empties,
			last);
}

static enum answer read_history(struct service *s, struct call *c, const struct json *j,
	struct page *page)
{
	struct work *w = c->work;
	const struct json *items = json_get(j, "items");

	for (size_t i = 0; i < json_count(items); i++) {
		const struct json *one = json_at(items, i);

		w->announced += announced(json_get(one, "_hyperlinks"));
		read_event(s, c, one, page);
	}
	if (page->event_count) {
		w->first = page->events[0].seq;
		w->last = page->events[page->event_count - 1].seq;
	}
	if (w->name_count && !w->named) {
		w->part = NAMES;
		return ANSWER_MORE;
	}
	find_next(c, w, json_count(items));
	page->next = arena_copy(&page->arena, *w->next ? w->next : NULL);
	w->part = TEXTS;
	return w->announced ? ANSWER_MORE : ANSWER_DONE;
}

/* Then the page is read once more; whoever has no name then stays a number. */
static enum answer read_name(struct service *s, struct call *c, const struct response *a,
	struct page *page)
{
	struct work *w = c->work;
	struct json *j = a->status == 200 ? json_read(a->body, a->body_size, NULL, NULL) : NULL;

	rt_know_user(s, w->names[w->named], json_get_text(j, "Name"));
	json_free(j);
	if (++w->named == w->name_count) {
		w->part = HISTORY;
		w->announced = 0;
		page->event_count = 0;
	}
	return ANSWER_MORE;
}

/* ---- texts and files */

static struct event *event_of(struct page *page, const struct json *attachment)
{
	const char *id = json_get_text(attachment, "TransactionId");

	for (int i = 0; id && i < page->event_count; i++)
		if (page->events[i].id && !strcmp(page->events[i].id, id))
			return &page->events[i];
	return NULL;
}

/* The plain part of a mail comes before its HTML, which says the same. */
static void add_text(struct page *page, const struct json *j)
{
	struct event *e = event_of(page, j);
	const char *type = json_get_text(j, "ContentType"), *text = json_get_text(j, "Content");
	struct buf readable = { 0 };

	if (!e || !type || strncasecmp(type, "text/", 5) != 0 || !text || !*text ||
		!strcmp(e->wire, "mailed"))
		return;
	bool html = !strncasecmp(type, "text/html", 9);

	if (html && e->text)
		return;
	if (html)
		rt_html_text(&readable, text);
	else
		buf_add(&readable, text, strnlen(text, TEXT_MAX));
	if (!strcmp(buf_str(&readable), "This transaction appears to have no content"))
		buf_reset(&readable);
	if (readable.size)
		e->text = e->text ? arena_printf(&page->arena, "%s\n%s", e->text, readable.text)
				  : arena_copy(&page->arena, readable.text);
	buf_clear(&readable);
}

static void add_file(struct page *page, const struct json *j)
{
	struct event *e = event_of(page, j);
	const char *name = json_get_text(j, "Filename"), *type = json_get_text(j, "ContentType"),
		   *id = json_get_text(j, "id"), *size = json_get_text(j, "ContentLength");

	if (!e || !id || !type || !name || !*name)
		return;
	e->files = driver_file(e->files,
		&(struct attachment){ .id = id,
			.name = name,
			.type = type,
			.size = size ? strtoll(size, NULL, 10)
				     : json_get_int(j, "ContentLength", -1) },
		&page->arena);
}

static enum answer read_attachments(struct call *c, const struct json *j, struct page *page)
{
	struct work *w = c->work;
	const struct json *items = json_get(j, "items");
	bool texts = w->part == TEXTS;
	bool more = rt_more(texts ? &w->texts : &w->files, j);

	for (size_t i = 0; i < json_count(items); i++) {
		w->seen++;
		if (texts)
			add_text(page, json_at(items, i));
		else
			add_file(page, json_at(items, i));
	}
	if (w->seen >= w->announced)
		return ANSWER_DONE;
	if (more)
		return ANSWER_MORE;
	if (!texts)
		return ANSWER_DONE;
	w->part = FILES;
	w->seen = 0;
	return ANSWER_MORE;
}

/* The ticket was opened meanwhile, and what it said is its newest is here. */
static void end_known(struct service *s, const struct call *c, struct page *page)
{
	const struct work *w = c->work;
	int64_t newest = rt_newest(s->own, c->cf->id);

	if (newest && w->last >= newest)
		page->next = NULL;
}

enum answer rt_events_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	if (((struct work *)c->work)->part == NAMES && a->status != 401)
		return read_name(s, c, a, page);
	struct json *j = rt_good(a, _("the timeline"), err);
	enum answer answer = ANSWER_ERROR;

	if (j)
		answer = ((struct work *)c->work)->part == HISTORY ? read_history(s, c, j, page)
								   : read_attachments(c, j, page);
	json_free(j);
	if (answer == ANSWER_DONE)
		end_known(s, c, page);
	return answer;
}
