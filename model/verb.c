/* Finding a verb, reading its options, and building a plan from it. What the verbs share among
   themselves is in verbs.c. */
#include "model/verb.h"
#include "model/buf.h"
#include "model/i18n.h"
#include "model/nearest.h"
#include "model/text.h"
#include <string.h>

const struct verb *verb_find(const char *name)
{
	for (int i = 0; name && verb_list[i]; i++)
		if (!strcmp(verb_list[i]->name, name))
			return verb_list[i];
	return NULL;
}

const char *verb_near(const char *word, verb_candidate *candidate, const void *ctx)
{
	struct buf folded = { 0 };
	struct nearest near = { 0 };

	text_fold(&folded, word);
	for (int i = 0; candidate(ctx, i); i++)
		nearest_look(&near, buf_str(&folded), candidate(ctx, i));
	buf_clear(&folded);
	return near.name;
}

static const char *verb_name_at(const void *ctx, int i)
{
	(void)ctx;
	return verb_list[i] ? verb_list[i]->name : NULL;
}

const char *verb_nearest(const char *name)
{
	return verb_near(name, verb_name_at, NULL);
}

/* ---- options */

static bool option_may_lack_value(const struct verb_option *o)
{
	return !o->value || o->value[0] == '[';
}

static const struct verb_option *option_long(const struct verb_option *options, const char *arg)
{
	size_t size = strcspn(arg, "=");

	for (const struct verb_option *o = options; o->name; o++)
		if (!strncmp(o->name, arg, size) && !o->name[size])
			return o;
	return NULL;
}

static const struct verb_option *option_letter(const struct verb_option *options, char letter)
{
	for (const struct verb_option *o = options; o->name; o++)
		if (o->letter && o->letter == letter)
			return o;
	return NULL;
}

/* One step through the arguments: what stands at *i, and *i behind it. */
enum part { PART_END, PART_ARG, PART_OPTION, PART_UNKNOWN, PART_NO_VALUE };

struct reading {
	int i;
	bool ended; /* `--` was seen */
	const struct verb_option *option;
	const char *text; /* the argument, or the option's value ("" for a flag) */
};

static enum part read_option(const struct verb_input *in, struct reading *r, const char *arg)
{
	const struct verb_option *options = in->verb->options;
	bool is_long = arg[1] == '-';
	const char *inside;

	r->text = arg;
	r->option = is_long ? option_long(options, arg + 2) : option_letter(options, arg[1]);
	if (!r->option)
		return PART_UNKNOWN;
	if (is_long) {
		inside = strchr(arg, '=');
		inside = inside ? inside + 1 : NULL;
	} else {
		inside = arg[2] ? arg + 2 : NULL;
	}
	if (inside && !r->option->value)
		return PART_UNKNOWN;
	if (inside || option_may_lack_value(r->option)) {
		r->text = inside ? inside : "";
		return PART_OPTION;
	}
	if (r->i >= in->argc)
		return PART_NO_VALUE;
	r->text = in->argv[r->i++];
	return PART_OPTION;
}

/* Where no option is a single letter, a word such as -5 is one of the text. */
static bool begins_option(const struct verb_input *in, const char *arg)
{
	if (arg[0] != '-' || !arg[1] || !in->verb || !in->verb->options)
		return false;
	for (const struct verb_option *o = in->verb->options; o->name; o++)
		if (o->letter)
			return true;
	return arg[1] == '-';
}

static enum part read_part(const struct verb_input *in, struct reading *r)
{
	if (r->i >= in->argc)
		return PART_END;

	const char *arg = in->argv[r->i++];
	bool has_options = in->verb && in->verb->options;

	if (has_options && !r->ended && !strcmp(arg, "--")) {
		r->ended = true;
		return read_part(in, r);
	}
	if (!r->ended && begins_option(in, arg))
		return read_option(in, r, arg);
	r->text = arg;
	return PART_ARG;
}

const char *verb_option(const struct verb_input *in, const char *name)
{
	struct reading r = { 0 };
	const char *value = NULL;

	for (enum part p; (p = read_part(in, &r)) != PART_END;)
		if (p == PART_OPTION && !strcmp(r.option->name, name))
			value = r.text;
	return value;
}

const char *verb_option_at(const struct verb_input *in, const char *name, int i)
{
	struct reading r = { 0 };

	for (enum part p; (p = read_part(in, &r)) != PART_END;)
		if (p == PART_OPTION && !strcmp(r.option->name, name) && i-- == 0)
			return r.text;
	return NULL;
}

static const char *option_name_at(const void *ctx, int i)
{
	const struct verb_option *options = ctx;

	return options[i].name;
}

static bool unknown_option(const struct verb_input *in, const char *arg, struct error *err)
{
	char name[40];

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(arg, "="), arg);

	const char *near = verb_near(name + strspn(name, "-"), option_name_at, in->verb->options);

	if (near)
		return error_set(err, ERROR_USAGE, _("%s has no option %s; did you mean --%s?"),
			in->verb->name, name, near);
	return error_set(err, ERROR_USAGE,
		_("%s has no option %s; put -- before words that begin with a dash."),
		in->verb->name, name);
}

/* Whether every option is one of the verb's and has the value it needs. */
static bool verb_check_options(const struct verb_input *in, struct error *err)
{
	struct reading r = { 0 };

	for (enum part p; (p = read_part(in, &r)) != PART_END;) {
		if (p == PART_UNKNOWN)
			return unknown_option(in, r.text, err);
		if (p == PART_NO_VALUE)
			return error_set(err, ERROR_USAGE, _("--%s needs a value: --%s=%s."),
				r.option->name, r.option->name, r.option->value);
	}
	return true;
}

const char *verb_arg(const struct verb_input *in, int i)
{
	struct reading r = { 0 };

	for (enum part p; (p = read_part(in, &r)) != PART_END;)
		if (p == PART_ARG && i-- == 0)
			return r.text;
	return NULL;
}

int verb_arg_count(const struct verb_input *in)
{
	int n = 0;

	while (verb_arg(in, n))
		n++;
	return n;
}

const char *verb_args(const struct verb_input *in, int from, struct arena *arena)
{
	struct buf all = { 0 };
	const char *word;

	for (int i = from; (word = verb_arg(in, i)); i++) {
		if (i > from)
			buf_char(&all, ' ');
		buf_text(&all, word);
	}

	const char *text = arena_copy(arena, buf_str(&all));

	buf_clear(&all);
	return text;
}

/* ---- plans */

/* A word as `:` and a shell would take it. */
static void quote(struct buf *out, const char *word)
{
	if (*word && !strpbrk(word, " \t\n\"'\\$`*?<>|&;()#~")) {
		buf_text(out, word);
		return;
	}
	buf_char(out, '\'');
	for (const char *c = word; *c; c++) {
		if (*c == '\'')
			buf_text(out, "'\\'");
		buf_char(out, *c);
	}
	buf_char(out, '\'');
}

/* The line as it could be typed again. Words of a note or an answer are left out: they are long,
   they are about a person, and they are kept in the patch itself. */
static const char *line_of(
	const struct verb *verb, const struct verb_input *in, struct arena *arena)
{
	struct buf line = { 0 };

	buf_text(&line, verb->name);
	for (int i = 0; i < in->argc; i++) {
		const char *word = in->argv[i];
		bool is_option = verb->options && word[0] == '-';

		if (verb->needs_text &&
			(!is_option || !strcmp(word, "--") || !strncmp(word, "--text", 6)))
			continue;
		buf_char(&line, ' ');
		quote(&line, word);
	}

	const char *text = arena_copy(arena, buf_str(&line));

	buf_clear(&line);
	return text;
}

/* What every patch of a row says before the verb adds its changes. */
static void begin_patch(struct patch *p, const struct verb *verb, const struct verb_input *in)
{
	struct arena *a = &p->arena;

	p->on = verb->on;
	p->creates = verb->creates;
	p->verb = line_of(verb, in, a);
	p->service = arena_copy(a, verb_service(in));
	if (verb->creates)
		return;
	if (verb->on == ON_CITIZEN) {
		struct buf name = { 0 };

		citizen_name(&name, in->citizen);
		p->object = in->citizen->key;
		p->title = arena_copy(a, buf_str(&name));
		p->version = arena_copy(a, in->citizen->version);
		buf_clear(&name);
		return;
	}
	p->object = in->cf->key;
	p->number = arena_copy(a, in->cf->number);
	p->title = arena_copy(a, in->cf->subject);
	p->version = arena_copy(a, in->cf->version);
	p->fence = in->cf->fence;
}

/* A change to what is there already is none. */
static void drop_idle(struct patch *p)
{
	int kept = 0;

	for (int i = 0; i < p->count; i++) {
		const struct change *c = &p->changes[i];

		if (strcmp(c->before ? c->before : "", c->after ? c->after : ""))
			p->changes[kept++] = *c;
	}
	p->count = kept;
}

static bool build_row(struct plan_row *row, const struct verb *verb, const struct verb_input *in)
{
	struct error *err = &row->why;

	if (verb->on == ON_CITIZEN && !verb->creates && !in->citizen)
		return error_set(err, ERROR_USAGE,
			_("%s needs a citizen: an identifier or a reference."), verb->name);
	if (verb->on == ON_CASE && !verb->creates && !in->cf)
		return error_set(err, ERROR_USAGE, _("%s needs a case: its number or identifier."),
			verb->name);
	if (in->cf && !verb->creates && in->cf->gone)
		return error_set(err, ERROR_GONE,
			_("%s is gone: the service no longer shows it, so nothing was changed."),
			in->cf->number ? in->cf->number : _("This case"));
	if (!verb_check_options(in, err))
		return false;
	begin_patch(&row->patch, verb, in);
	if (!verb->build(in, &row->patch, err))
		return false;
	drop_idle(&row->patch);
	if (!row->patch.creates && patch_empty(&row->patch))
		return error_set(err, ERROR_USAGE, _("It is so already; nothing was changed."));
	return true;
}

static void plan_row(struct plan *plan, const struct verb_input *in)
{
	struct plan_row *row = &plan->rows[plan->count++];

	row->cf = in->cf;
	row->citizen = in->citizen;
	row->refused = !build_row(row, plan->verb, in);
	if (row->refused)
		plan->refusals++;
}

/* Two services may use the same identifier for two people. */
static bool same_service(const char *a, const char *b)
{
	return !a || !b || !strcmp(a, b);
}

static const struct citizen *citizen_of(const struct casefile *cf, const struct page *page)
{
	for (int i = 0; cf->citizen && i < page->citizen_count; i++)
		if (page->citizens[i].id && !strcmp(page->citizens[i].id, cf->citizen) &&
			same_service(page->citizens[i].service, cf->service))
			return &page->citizens[i];
	return NULL;
}

void plan_build(struct plan *plan, const struct verb *verb, const struct verb_input *in,
	const struct page *page)
{
	struct verb_input row = *in;
	bool one = verb->creates || !page;
	int count = one ? 1 : verb->on == ON_CITIZEN ? page->citizen_count : page->case_count;

	*plan = (struct plan){ .verb = verb };
	plan->rows = xcalloc((size_t)(count ? count : 1), sizeof(*plan->rows));
	row.verb = verb;
	if (one) {
		plan_row(plan, &row);
		return;
	}
	for (int i = 0; i < count; i++) {
		if (verb->on == ON_CITIZEN) {
			row.citizen = &page->citizens[i];
		} else {
			const struct citizen *known = citizen_of(&page->cases[i], page);

			row.cf = &page->cases[i];
			row.citizen = known ? known : in->citizen;
		}
		plan_row(plan, &row);
	}
}

void plan_hold(struct plan *plan, time_t not_before)
{
	for (int i = 0; i < plan->count; i++)
		if (plan->rows[i].patch.answer)
			plan->rows[i].patch.not_before = not_before;
}

void plan_join(struct plan *to, struct plan *from)
{
	if (from->count) {
		size_t count = (size_t)(to->count + from->count);

		to->rows = xrealloc(to->rows, count * sizeof(*from->rows));
		memcpy(to->rows + to->count, from->rows,
			(size_t)from->count * sizeof(*from->rows));
	}
	to->verb = from->verb;
	to->count += from->count;
	to->refusals += from->refusals;
	free(from->rows);
	*from = (struct plan){ .verb = from->verb };
}

void plan_check(
	struct plan *plan, bool (*good)(void *ctx, const struct patch *, struct error *), void *ctx)
{
	for (int i = 0; i < plan->count; i++) {
		struct plan_row *row = &plan->rows[i];

		if (row->refused || good(ctx, &row->patch, &row->why))
			continue;
		row->refused = true;
		plan->refusals++;
	}
}

void plan_clear(struct plan *plan)
{
	for (int i = 0; i < plan->count; i++)
		patch_clear(&plan->rows[i].patch);
	free(plan->rows);
	*plan = (struct plan){ 0 };
}
