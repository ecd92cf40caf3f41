/* The story of a case in plain text. */
#include "model/handover.h"

#include "model/i18n.h"
#include "model/json.h"
#include "model/text.h"

#include <string.h>

/* ---- one entry */

static void day(struct buf *out, time_t at)
{
	char text[32];
	struct tm tm;

	if (at && localtime_r(&at, &tm) && strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &tm))
		buf_text(out, text);
}

static void change_value(struct buf *out, const struct json *value)
{
	if (json_type(value) == JSON_TEXT)
		buf_text(out, json_text(value));
	else if (value && json_type(value) != JSON_NULL_VALUE)
		json_print(out, value);
	else
		buf_char(out, '-');
}

static void changes(struct buf *out, const char *text)
{
	struct json *all = text ? json_read(text, strlen(text), NULL, NULL) : NULL;

	for (size_t i = 0; i < json_count(all); i++) {
		const struct json *pair;
		const char *field = json_name_at(all, i, &pair);

		buf_printf(out, "\n    %s: ", field);
		change_value(out, json_at(pair, 0));
		buf_text(out, " -> ");
		change_value(out, json_at(pair, 1));
	}
	json_free(all);
}

static void files(struct buf *out, const char *text)
{
	struct json *all = text ? json_read(text, strlen(text), NULL, NULL) : NULL;

	for (size_t i = 0; i < json_count(all); i++) {
		const char *name = json_get_text(json_at(all, i), "name");

		buf_printf(out, "\n    [%s]", name ? name : "-");
	}
	json_free(all);
}

/* Indented, so that words of the text are never taken for a head. */
static void body(struct buf *out, const char *text)
{
	struct buf clean = { 0 };

	text_clean_lines(&clean, text, strlen(text));
	buf_text(out, "\n    ");
	for (const char *c = buf_str(&clean); *c; c++) {
		buf_char(out, *c);
		if (*c == '\n')
			buf_text(out, "    ");
	}
	buf_clear(&clean);
}

static const char *what(const struct event *e)
{
	switch (e->kind) {
	case EVENT_NOTE:
		return _("internal note");
	case EVENT_MAIL_IN:
		return _("from the citizen");
	case EVENT_MAIL_OUT:
		return _("answer to the citizen");
	case EVENT_CALL:
		return _("call");
	case EVENT_FILE:
		return _("file");
	default:
		return e->wire ? e->wire : _("change");
	}
}

static void entry(struct buf *out, const struct event *e)
{
	day(out, e->at);
	buf_printf(out, "  %s  %s", e->by ? e->by : "-", what(e));
	if (!text_blank(e->text))
		body(out, e->text);
	changes(out, e->changes);
	files(out, e->files);
	buf_char(out, '\n');
}

/* ---- the whole */

static void line(struct buf *out, const char *label, const char *value)
{
	struct buf clean = { 0 };

	if (text_blank(value))
		return;
	text_clean(&clean, value, strlen(value));
	buf_printf(out, "%s: %s\n", label, buf_str(&clean));
	buf_clear(&clean);
}

static void person(struct buf *out, const struct casefile *cf, const struct citizen *c)
{
	struct buf name = { 0 };

	if (c)
		citizen_name(&name, c);
	line(out, _("Citizen"), c ? buf_str(&name) : cf->citizen_name);
	buf_clear(&name);
	if (!c)
		return;
	line(out, _("Reference"), c->ref);
	line(out, _("Born"), c->born);
	line(out, _("Telephone"), c->phone);
	line(out, _("E-mail"), c->mail);
	if (c->guarded) {
		line(out, _("Address"), _("guarded; it stays where it is kept"));
		return;
	}
	line(out, _("Street"), c->street);
	line(out, _("Postcode"), c->postcode);
	line(out, _("Town"), c->town);
	line(out, _("Language"), c->language);
}

static void head(struct buf *out, const struct casefile *cf, const char *url)
{
	struct buf opened = { 0 };

	buf_printf(out, _("Handed over from %s, case %s."), cf->service ? cf->service : "-",
		cf->number ? cf->number : cf->id ? cf->id : "-");
	buf_char(out, '\n');
	line(out, _("Address"), url);
	day(&opened, cf->opened);
	line(out, _("Opened"), buf_str(&opened));
	line(out, _("Queue"), cf->queue);
	line(out, _("Tags"), cf->tags);
	buf_clear(&opened);
}

/* The first entry, cut between characters where it fills the room alone. */
static void beginning(struct buf *out, const struct page *timeline)
{
	size_t end = HANDOVER_MOST;

	if (timeline->event_count)
		entry(out, &timeline->events[0]);
	if (out->size <= end)
		return;
	while (((unsigned char)out->text[end] & 0xc0) == 0x80)
		end--;
	buf_cut(out, end);
	buf_printf(out, "\n%s\n", _("(the rest is at the old case)"));
}

/* The first of the newest entries for which there is room. */
static int newest_from(const struct page *timeline, size_t used)
{
	struct buf one = { 0 };
	int from = timeline->event_count;

	while (from > 1) {
		buf_reset(&one);
		entry(&one, &timeline->events[from - 1]);
		used += one.size;
		if (used > HANDOVER_MOST)
			break;
		from--;
	}
	buf_clear(&one);
	return from;
}

/* What was asked first and what was said last matter most. */
void handover_text(struct buf *out, const struct casefile *cf, const char *url,
	const struct citizen *c, const struct page *timeline)
{
	head(out, cf, url);
	person(out, cf, c);
	buf_printf(out, "\n%s\n", _("What happened so far:"));
	beginning(out, timeline);

	int from = newest_from(timeline, out->size);

	if (from > 1)
		buf_printf(out,
			P_("(%d entry is left out here; it is at the old case)\n",
				"(%d entries are left out here; they are at the old case)\n",
				from - 1),
			from - 1);
	for (int i = from > 1 ? from : 1; i < timeline->event_count; i++)
		entry(out, &timeline->events[i]);
}

static bool is_for_citizen(const struct event *e)
{
	return !text_blank(e->text) && e->kind != EVENT_NOTE && e->kind != EVENT_CHANGE &&
	       (e->visible || e->kind == EVENT_MAIL_IN || e->kind == EVENT_CALL);
}

void handover_words(struct buf *out, const struct casefile *cf, const struct page *timeline)
{
	struct buf clean = { 0 };

	buf_printf(out, _("Handed over from %s, case %s."), cf->service ? cf->service : "-",
		cf->number ? cf->number : cf->id ? cf->id : "-");
	buf_char(out, '\n');
	for (int i = 0; i < timeline->event_count && out->size < HANDOVER_MOST; i++) {
		const struct event *e = &timeline->events[i];

		if (!is_for_citizen(e))
			continue;
		buf_reset(&clean);
		text_clean_lines(&clean, e->text, strlen(e->text));
		buf_char(out, '\n');
		day(out, e->at);
		buf_printf(out, "\n%s\n", buf_str(&clean));
	}
	buf_clear(&clean);
}
