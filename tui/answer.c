/* A template filled with what is known of a case. */
#include "tui/answer.h"
#include "model/i18n.h"
#include "model/text.h"
#include "model/when.h"
#include <string.h>

static const char *day(const struct answer_names *n, time_t at)
{
	char text[64];
	struct tm tm;

	if (!at)
		return NULL;
	localtime_r(&at, &tm);
	strftime(text, sizeof(text), "%e %B %Y", &tm);
	return arena_copy(n->arena, text + (text[0] == ' '));
}

static const char *given(const struct answer_names *n, const char *name)
{
	size_t size = strlen(name);

	for (int i = 0; n->values && n->values[i]; i++)
		if (!strncmp(n->values[i], name, size) && n->values[i][size] == '=')
			return n->values[i] + size + 1;
	return NULL;
}

static const char *of_citizen(const struct answer_names *n, const char *field)
{
	const struct citizen *c = n->facts->citizen;
	struct buf name = { 0 };

	if (strcmp(field, "name"))
		return c ? citizen_get(c, field) : NULL;
	if (c && c->given && c->family)
		buf_printf(&name, "%s %s", c->given, c->family);
	else if (c)
		citizen_name(&name, c);
	else
		buf_text(&name, n->facts->cf->citizen_name);

	const char *text = name.size ? arena_copy(n->arena, buf_str(&name)) : NULL;

	buf_clear(&name);
	return text;
}

static const char *of_case(const struct answer_names *n, const char *field)
{
	const struct casefile *cf = n->facts->cf;

	if (!strcmp(field, "number"))
		return cf->number;
	if (!strcmp(field, "due"))
		return day(n, cf->due);
	if (!strcmp(field, "opened"))
		return day(n, cf->opened);
	return case_get(cf, field, n->arena);
}

static const char *known(const struct answer_names *n, const char *name)
{
	const struct profile *p = n->profile;

	if (!strcmp(name, "today"))
		return day(n, n->show->now);
	if (!strncmp(name, "citizen.", 8))
		return of_citizen(n, name + 8);
	if (!strncmp(name, "case.", 5))
		return of_case(n, name + 5);
	if (!strcmp(name, "worker.name"))
		return p && p->my_name ? p->my_name : n->show->me;
	if (!strcmp(name, "team.name"))
		return show_team(n->show, n->facts->cf->team);
	return case_get(n->facts->cf, arena_printf(n->arena, "fields.%s", name), n->arena);
}

/* What stands for a name; NULL: it has to be asked for. */
static const char *answer_value(const struct answer_names *n, const char *name)
{
	const char *value = given(n, name);

	if (!value && n->facts->cf)
		value = known(n, name);
	return text_blank(value) ? NULL : value;
}

static void add_missing(struct buf *missing, const char *name)
{
	if (!missing || words_have(buf_str(missing), name))
		return;
	buf_text(missing, missing->size ? " " : "");
	buf_text(missing, name);
}

void answer_fill(
	struct buf *out, const char *text, const struct answer_names *n, struct buf *missing)
{
	while (text && *text) {
		const char *open = strstr(text, "{{"), *end = open ? strstr(open, "}}") : NULL;

		if (!end) {
			buf_text(out, text);
			return;
		}

		const char *from = open + 2 + strspn(open + 2, " ");
		size_t size = (size_t)(end - from);

		while (size && from[size - 1] == ' ')
			size--;

		const char *name = arena_copy_n(n->arena, from, size);
		const char *value = answer_value(n, name);

		buf_add(out, text, (size_t)(open - text));
		if (value) {
			buf_text(out, value);
		} else {
			buf_printf(out, "{{%s}}", name);
			add_missing(missing, name);
		}
		text = end + 2;
	}
}

/* ---- which ones fit */

/* Its place among the answers of the kind, which come in the order they are used; -1: not one of
 * them. */
static int place_in_kind(const struct kind *k, const char *id)
{
	for (int i = 0; k && k->templates && k->templates[i]; i++)
		if (!strcmp(k->templates[i], id))
			return i;
	return -1;
}

int answer_fits(
	const struct answer_template *t, const struct case_facts *f, const struct show *show)
{
	const struct casefile *cf = f->cf;
	const char *speaks =
		f->citizen && f->citizen->language ? f->citizen->language : cf->language;
	int place = place_in_kind(show_kind(show, cf), t->id), points = 1;

	if (t->service && cf->service && strcmp(t->service, cf->service))
		return 0;
	if (place >= 0)
		points += 1000 - (place < 99 ? place : 99);
	if (t->queue && cf->queue && !strcmp(t->queue, cf->queue))
		points += 400;
	if (t->language && !strncmp(t->language, speaks ? speaks : "en", 2))
		points += 200;
	return points;
}

static bool answer_template_of(const struct answer_template *t, const char *service)
{
	return !t->service || !service || !strcmp(t->service, service);
}

const struct answer_template *answer_template_find(const struct show *show, const char *id)
{
	for (int i = 0; id && show->people && i < show->people->template_count; i++)
		if (!strcmp(show->people->templates[i].id, id) &&
			answer_template_of(&show->people->templates[i], show->service))
			return &show->people->templates[i];
	return NULL;
}
