/* What Request Tracker says, understood: words of its lifecycles, its times, its tickets. */
#include "model/i18n.h"
#include "model/text.h"
#include "model/when.h"
#include "net/rt.h"
#include "net/url.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { LINKS_MAX = 60, KNOWN_MAX = 1000 };

const char rt_tags_field[] = "Tags";

/* ---- statuses: five words of ours for any lifecycle */

static const struct {
	const char *theirs, *ours;
} status_words[] = {
	{ "new", "new" },
	{ "open", "open" },
	{ "stalled", "waiting" },
	{ "waiting", "waiting" },
	{ "pending", "waiting" },
	{ "on hold", "waiting" },
	{ "resolved", "resolved" },
	{ "done", "resolved" },
	{ "closed", "resolved" },
	{ "approved", "resolved" },
	{ "rejected", "closed" },
	{ "refused", "closed" },
	{ "declined", "closed" },
	{ "cancelled", "closed" },
	{ "deleted", "closed" },
	{ NULL, NULL },
};

const char *rt_status(const char *theirs, bool over)
{
	for (int i = 0; theirs && status_words[i].theirs; i++)
		if (!strcasecmp(status_words[i].theirs, theirs))
			return status_words[i].ours;
	return over ? "resolved" : "open";
}

/* ---- priorities: each of ours is a band of theirs */

int rt_priority_wire(int ours)
{
	if (ours < 1)
		return 50;
	return ours > 5 ? 0 : (5 - ours) * 25;
}

int rt_priority(int theirs)
{
	int ours = 1;

	while (ours < 5 && theirs < rt_priority_wire(ours) - 12)
		ours++;
	return ours;
}

/* ---- times */

time_t rt_time(const char *text)
{
	char iso[WHEN_SIZE];
	time_t at = 0;

	if (!text || strlen(text) < 19)
		return 0;
	snprintf(iso, sizeof(iso), "%.10sT%.8sZ", text, text + 11);
	if ((text[10] != ' ' && text[10] != 'T') || !when_read(iso, &at))
		return 0;
	return at > 0 ? at : 0;
}

void rt_time_wire(struct buf *out, time_t at)
{
	char iso[WHEN_SIZE];

	when_write(iso, at);
	buf_printf(out, "%.10s %.8s", iso, iso + 11);
}

/* ---- what was learned */

static void learn(char **known, const char *now)
{
	if (*known && !strcmp(*known, now))
		return;
	free(*known);
	*known = xstrdup(now);
}

void rt_know_queue(struct rt *rt, const char *id, const char *name, const char *lifecycle)
{
	struct rt_queue *q = NULL;

	if (!id || !*id || !name || !*name || rt->queue_count >= KNOWN_MAX)
		return;
	for (int i = 0; i < rt->queue_count && !q; i++)
		if (!strcmp(rt->queues[i].id, id))
			q = &rt->queues[i];
	if (!q) {
		size_t size = ((size_t)rt->queue_count + 1) * sizeof(*rt->queues);

		rt->queues = xrealloc(rt->queues, size);
		q = &rt->queues[rt->queue_count++];
		*q = (struct rt_queue){ .id = xstrdup(id) };
	}
	learn(&q->name, name);
	if (lifecycle && *lifecycle)
		learn(&q->lifecycle, lifecycle);
}

const struct rt_queue *rt_queue(const struct rt *rt, const char *id_or_name)
{
	for (int i = 0; id_or_name && i < rt->queue_count; i++)
		if (!strcmp(rt->queues[i].id, id_or_name))
			return &rt->queues[i];
	for (int i = 0; id_or_name && i < rt->queue_count; i++)
		if (!strcasecmp(rt->queues[i].name, id_or_name))
			return &rt->queues[i];
	return NULL;
}

/* "Citizen ID" is fields.citizen_id: what the search grammar takes as a name. */
static void field_word(struct buf *word, const char *name)
{
	if (!isalpha((unsigned char)*name) || (unsigned char)*name >= 0x80)
		buf_text(word, "f_");
	for (const char *c = name; *c; c++) {
		bool plain = (unsigned char)*c < 0x80 && isalnum((unsigned char)*c);

		buf_char(word, plain ? (char)tolower((unsigned char)*c) : '_');
	}
}

const char *rt_know_field(struct rt *rt, const char *id, const char *name)
{
	struct buf word = { 0 };

	for (int i = 0; i < rt->field_count; i++) {
		if (strcmp(rt->fields[i].name, name) != 0)
			continue;
		if (!rt->fields[i].id)
			rt->fields[i].id = xstrdup(id);
		return rt->fields[i].word;
	}
	if (!*name || rt->field_count >= KNOWN_MAX)
		return NULL;
	field_word(&word, name);
	if (rt_field(rt, word.text)) /* two names that differ in their signs alone */
		buf_printf(&word, "_%d", rt->field_count);
	rt->fields =
		xrealloc(rt->fields, ((size_t)rt->field_count + 1) * sizeof(*rt->fields));
	rt->fields[rt->field_count++] = (struct rt_field){
		.id = xstrdup(id), .word = buf_take(&word), .name = xstrdup(name)
	};
	return rt->fields[rt->field_count - 1].word;
}

const char *rt_field(const struct rt *rt, const char *word)
{
	for (int i = 0; i < rt->field_count; i++)
		if (!strcmp(rt->fields[i].word, word))
			return rt->fields[i].name;
	return NULL;
}

void rt_know_word(struct rt *rt, const char *theirs, bool over)
{
	for (int i = 0; i < rt->word_count; i++)
		if (!strcasecmp(rt->words[i].word, theirs)) {
			rt->words[i].over = over;
			return;
		}
	if (rt->word_count >= KNOWN_MAX)
		return;
	rt->words = xrealloc(rt->words, ((size_t)rt->word_count + 1) * sizeof(*rt->words));
	rt->words[rt->word_count++] = (struct rt_word){ .word = xstrdup(theirs), .over = over };
}

void rt_know_user(struct service *s, long id, const char *login)
{
	if (login && *login && s->learned.count < KNOWN_MAX)
		learned_add(s, 0, id, 0, login, '.');
}

const char *rt_user(const struct service *s, long id)
{
	const struct learned *user = learned_id(s, 0, id);

	return user ? user->name : NULL;
}

const char *rt_citizen_field(const struct service *s)
{
	const char *name = service_option(s, "citizen-field");

	return name ? name : "Citizen ID";
}

/* ---- pages */

/* Whatever is told of how many there are. */
enum { PAGES_MOST = 100 };

bool rt_more(struct rt_pages *p, const struct json *answer)
{
	const struct json *total = json_get(answer, "total");
	int64_t count = (int64_t)json_count(json_get(answer, "items"));

	p->page++;
	p->empties = count ? 0 : p->empties + 1;
	if (p->empties >= 2 || p->page >= PAGES_MOST)
		return false;
	if (json_type(total) == JSON_INT || json_type(total) == JSON_FLOAT)
		return (int64_t)p->page * RT_PAGE < json_int(total, 0);
	return true;
}

/* ---- a ticket */

/* An id is a number at the top and a text in references. */
static const char *id_text(const struct json *id, struct arena *arena)
{
	int64_t number = json_int(id, 0);

	if (json_text(id))
		return *json_text(id) ? arena_copy(arena, json_text(id)) : NULL;
	return number > 0 ? arena_printf(arena, "%lld", (long long)number) : NULL;
}

static int number_of(const struct json *j, const char *name)
{
	const char *text = json_get_text(j, name);

	return text ? (int)strtol(text, NULL, 10) : (int)json_get_int(j, name, 0);
}

static const char *filled(const char *text)
{
	return text && *text ? text : NULL;
}

static void read_queue(
	struct rt *rt, const struct json *queue, struct casefile *cf, struct arena *arena)
{
	const char *id = id_text(json_get(queue, "id"), arena);
	const struct rt_queue *known = NULL;

	rt_know_queue(rt, id, json_get_text(queue, "Name"), json_get_text(queue, "Lifecycle"));
	known = rt_queue(rt, id);
	cf->kind = id;
	cf->queue = known ? arena_copy(arena, known->name) : NULL;
	cf->team = cf->queue;
}

static void read_owner(const struct json *owner, struct casefile *cf, struct arena *arena)
{
	const char *login = filled(json_get_text(owner, "id"));

	if (login && strcmp(login, "Nobody") != 0)
		cf->worker = arena_copy(arena, login);
}

/* The first one; an office writes for one person. */
static void read_requestor(const struct json *list, struct casefile *cf, struct arena *arena)
{
	const struct json *one = json_at(list, 0);
	const char *mail = filled(json_get_text(one, "EmailAddress"));
	const char *login = filled(json_get_text(one, "id"));

	cf->citizen = arena_copy(arena, mail ? mail : login);
	cf->citizen_name = arena_copy(arena, filled(json_get_text(one, "RealName")));
}

static void add_word(struct buf *words, const char *word)
{
	if (words->size)
		buf_char(words, ' ');
	for (const char *c = word; *c; c++) /* a space inside one is kept as a no-break space */
		buf_text(words, *c == ' ' ? "\u00a0" : (char[]){ *c, '\0' });
}

static void put_values(struct json_out *out, const char *word, const struct json *values)
{
	if (json_count(values) == 1) {
		json_put_text(out, word, json_text(json_at(values, 0)));
		return;
	}
	json_open(out, word, '[');
	for (size_t i = 0; i < json_count(values); i++)
		json_put_text(out, NULL, json_text(json_at(values, i)));
	json_close(out, ']');
}

static long id_number(const struct json *j)
{
	const char *text = json_get_text(j, "id");

	return text ? strtol(text, NULL, 10) : (long)json_get_int(j, "id", 0);
}

/* They come in another order each time; by their numbers a case that did not change stays the same. */
static const struct json *field_after(const struct json *list, long *id)
{
	const struct json *next = NULL;

	for (size_t i = 0; i < json_count(list); i++) {
		const struct json *one = json_at(list, i);

		if (id_number(one) > *id && (!next || id_number(one) < id_number(next)))
			next = one;
	}
	*id = next ? id_number(next) : 0;
	return next;
}

static void read_fields(
	struct rt *rt, const struct json *list, struct casefile *cf, struct arena *arena)
{
	struct buf tags = { 0 }, text = { 0 };
	struct json_out out = { .buf = &text };
	long id = 0;
	int count = 0;

	json_open(&out, NULL, '{');
	for (const struct json *one; (one = field_after(list, &id)) != NULL;) {
		const struct json *values = json_get(one, "values");
		const char *name = json_get_text(one, "name");
		const char *word = name ? rt_know_field(rt, json_get_text(one, "id"), name) : NULL;

		if (name && !strcmp(name, rt_tags_field))
			for (size_t v = 0; v < json_count(values); v++)
				add_word(&tags, json_text(json_at(values, v))
							? json_text(json_at(values, v))
							: "");
		else if (word && json_count(values) && ++count)
			put_values(&out, word, values);
	}
	json_close(&out, '}');
	cf->tags = tags.size ? arena_copy(arena, tags.text) : NULL;
	cf->fields = count ? arena_copy(arena, text.text) : NULL;
	buf_clear(&tags);
	buf_clear(&text);
}

static const char *link_word(const char *ref)
{
	static const char *const words[][2] = { { "parent", "parent" }, { "child", "child" },
		{ "depends-on", "depends-on" }, { "depended-on-by", "needed-by" },
		{ "refers-to", "refers-to" }, { "referred-to-by", "referred-by" } };

	for (size_t i = 0; ref && i < sizeof(words) / sizeof(*words); i++)
		if (!strcmp(words[i][0], ref))
			return words[i][1];
	return NULL;
}

/* A ticket by its number, anything else by its address, if that is one. */
static const char *link_where(const struct json *link, struct arena *arena)
{
	const char *type = json_get_text(link, "type"), *url = json_get_text(link, "_url");

	if (type && !strcmp(type, "ticket"))
		return id_text(json_get(link, "id"), arena);
	if (!url || (strncmp(url, "https://", 8) != 0 && strncmp(url, "http://", 7) != 0))
		return NULL;
	return url[strcspn(url, " \t\r\n")] ? NULL : url;
}

/* What stands under a parent may be hundreds; so many are kept. */
static void read_links(const struct json *list, struct casefile *cf, struct arena *arena)
{
	struct buf words = { 0 };
	int count = 0;

	for (size_t i = 0; i < json_count(list) && count < LINKS_MAX; i++) {
		const char *word = link_word(json_get_text(json_at(list, i), "ref"));
		const char *where = word ? link_where(json_at(list, i), arena) : NULL;

		if (!where)
			continue;
		buf_printf(&words, "%s%s:%s", words.size ? " " : "", word, where);
		count++;
	}
	cf->links = words.size ? arena_copy(arena, words.text) : NULL;
	buf_clear(&words);
}

/* {"may":["comment"],"next":["open"]}: what the person may do with it now, as far as it says. */
static void read_rights(const struct json *list, struct casefile *cf, struct arena *arena)
{
	struct buf text = { 0 };
	struct json_out out = { .buf = &text };

	json_open(&out, NULL, '{');
	json_open(&out, "may", '[');
	for (size_t i = 0; i < json_count(list); i++) {
		const char *ref = json_get_text(json_at(list, i), "ref");

		if (ref && (!strcmp(ref, "comment") || !strcmp(ref, "correspond")))
			json_put_text(&out, NULL, ref);
	}
	json_close(&out, ']');
	json_open(&out, "next", '[');
	for (size_t i = 0; i < json_count(list); i++) {
		const char *ref = json_get_text(json_at(list, i), "ref");

		if (ref && !strcmp(ref, "lifecycle"))
			json_put_text(&out, NULL, json_get_text(json_at(list, i), "to"));
	}
	json_close(&out, ']');
	json_close(&out, '}');
	cf->rest = arena_copy(arena, text.text);
	buf_clear(&text);
}

static void read_times(const struct json *j, struct casefile *cf)
{
	cf->opened = rt_time(json_get_text(j, "Created"));
	cf->changed = rt_time(json_get_text(j, "LastUpdated"));
	cf->due = rt_time(json_get_text(j, "Due"));
	cf->contact_at = rt_time(json_get_text(j, "Told"));
	cf->contact = cf->contact_at ? "answer" : NULL;
}

/* A ticket that was opened again keeps the time it was once resolved: so that alone proves nothing
   where more is known of the status. */
static void read_status(
	const struct rt *rt, const struct json *j, struct casefile *cf, struct arena *arena)
{
	const char *theirs = json_get_text(j, "Status");
	time_t resolved = rt_time(json_get_text(j, "Resolved"));
	bool over = resolved != 0;

	for (int i = 0; theirs && i < rt->word_count; i++)
		if (!strcasecmp(rt->words[i].word, theirs))
			over = rt->words[i].over;
	cf->step = arena_copy(arena, filled(theirs));
	cf->status = rt_status(theirs, over);
	stage_of_status(cf->status, &cf->stage);
	if (stage_is_open(cf->stage))
		return;
	cf->resolved = resolved;
	cf->outcome = cf->step;
}

bool rt_read_ticket(struct service *s, const struct json *j, struct casefile *cf,
	struct arena *arena, struct error *err)
{
	struct rt *rt = s->own;
	const struct json *links = json_get(j, "_hyperlinks");

	*cf = (struct casefile){ .id = id_text(json_get(j, "id"), arena) };
	if (!cf->id || strspn(cf->id, "0123456789") != strlen(cf->id))
		return error_set(err, ERROR_GARBLED, _("Request Tracker sent a ticket without a number."));
	cf->number = cf->id;
	cf->subject = arena_copy(arena, json_get_text(j, "Subject"));
	cf->priority = rt_priority(number_of(j, "Priority"));
	read_queue(rt, json_get(j, "Queue"), cf, arena);
	read_owner(json_get(j, "Owner"), cf, arena);
	read_requestor(json_get(j, "Requestor"), cf, arena);
	read_times(j, cf);
	read_status(rt, j, cf, arena);
	if (json_get(j, "CustomFields"))
		read_fields(rt, json_get(j, "CustomFields"), cf, arena);
	if (!links)
		return true;
	read_links(links, cf, arena);
	read_rights(links, cf, arena);
	return true;
}

bool rt_ticket_answer(
	struct service *s, const struct response *a, struct page *page, struct error *err)
{
	struct json *j = rt_good(a, _("the ticket"), err);
	struct casefile cf = { 0 };
	bool good = j && rt_read_ticket(s, j, &cf, &page->arena, err);

	if (good) {
		cf.version = arena_copy(&page->arena, a->version);
		cf.last_event = a->version ? strtoll(a->version, NULL, 10) : 0;
		*page_add_case(page) = cf;
	}
	json_free(j);
	return good;
}

void rt_put_merged(struct page *page, const struct casefile *old)
{
	struct casefile into = page->cases[page->case_count - 1], gone = { 0 };
	struct arena *arena = &page->arena;

	case_copy(&gone, old, arena);
	gone.key = 0;
	gone.fetched = 0;
	gone.version = into.version;
	gone.subject = gone.subject ? gone.subject : into.subject;
	gone.kind = gone.kind ? gone.kind : into.kind;
	gone.queue = gone.queue ? gone.queue : into.queue;
	gone.team = gone.team ? gone.team : into.team;
	gone.duplicate_of = into.id;
	gone.status = "closed";
	gone.outcome = "merged";
	gone.step = NULL;
	stage_of_status(gone.status, &gone.stage);
	gone.changed = gone.changed > into.changed ? gone.changed : into.changed;
	page->cases[page->case_count - 1] = gone;
	*page_add_case(page) = into;
}

void rt_keep_names(struct rt *rt, const struct casefile *known, struct page *page)
{
	if (!known)
		return;
	rt_know_queue(rt, known->kind, known->queue, NULL);
	for (int i = 0; i < page->case_count; i++) {
		struct casefile *cf = &page->cases[i];
		const struct rt_queue *queue = rt_queue(rt, cf->kind);

		if (!cf->queue && queue)
			cf->team = cf->queue = arena_copy(&page->arena, queue->name);
		if (!cf->citizen_name && cf->citizen && known->citizen &&
			!strcmp(cf->citizen, known->citizen))
			cf->citizen_name = arena_copy(&page->arena, known->citizen_name);
	}
}

/* ---- tickets opened lately */

enum { LOOKED_SECONDS = 5, LAST_MS = 2000 };

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void rt_look_over(struct rt *rt)
{
	free((char *)rt->last.answer.body);
	free((char *)rt->last.answer.version);
	memset(&rt->last, 0, sizeof(rt->last));
}

static void keep_last(struct rt *rt, const char *id, const struct response *a)
{
	char *body = xcalloc(1, a->body_size + 1);

	rt_look_over(rt);
	memcpy(body, a->body, a->body_size);
	snprintf(rt->last.id, sizeof(rt->last.id), "%s", id);
	rt->last.answer = (struct response){ .status = a->status,
		.version = xstrdup(a->version),
		.body = body,
		.body_size = a->body_size };
	rt->last.at_ms = now_ms();
}

const struct response *rt_last_look(const struct rt *rt, const char *id)
{
	bool fresh = rt->last.answer.body && now_ms() - rt->last.at_ms < LAST_MS;

	return fresh && !strcmp(rt->last.id, id) ? &rt->last.answer : NULL;
}

void rt_know_newest(struct rt *rt, const char *id, int64_t newest)
{
	struct rt_looked *l = &rt->looked[rt->looked_next];

	snprintf(l->id, sizeof(l->id), "%s", id);
	l->newest = newest;
	l->at = time(NULL);
	rt->looked_next = (rt->looked_next + 1) % RT_LOOKED;
}

void rt_look(struct rt *rt, const char *id, const struct response *a)
{
	if (!a->version || strlen(id) >= sizeof(rt->last.id))
		return;
	rt_know_newest(rt, id, strtoll(a->version, NULL, 10));
	keep_last(rt, id, a);
}

int64_t rt_newest(const struct rt *rt, const char *id)
{
	int64_t newest = 0;
	time_t now = time(NULL);

	for (int i = 0; i < RT_LOOKED; i++) {
		const struct rt_looked *l = &rt->looked[i];

		if (!strcmp(l->id, id) && l->newest > newest && l->at <= now &&
			now - l->at <= LOOKED_SECONDS)
			newest = l->newest;
	}
	return newest;
}
