/* What the verbs share: whom a name stands for, where a case may go, what a field may hold, and the
   answer to a citizen. */
#include "model/buf.h"
#include "model/i18n.h"
#include "model/json.h"
#include "model/text.h"
#include "model/verb.h"
#include "model/when.h"
#include <string.h>

const char *verb_service(const struct verb_input *in)
{
	if (in->cf && in->cf->service)
		return in->cf->service;
	if (in->citizen && in->citizen->service)
		return in->citizen->service;
	return in->profile ? in->profile->service : NULL;
}

/* Rows of the page may come from several services; one that names none serves all. */
static bool served(const struct verb_input *in, const char *service)
{
	const char *ours = verb_service(in);

	return !service || !ours || !strcmp(service, ours);
}

const struct kind *verb_kind(const struct verb_input *in, const char *id)
{
	for (int i = 0; id && in->people && i < in->people->kind_count; i++) {
		const struct kind *k = &in->people->kinds[i];

		if (served(in, k->service) && !strcmp(k->id, id))
			return k;
	}
	return NULL;
}

static const struct answer_template *verb_template(const struct verb_input *in, const char *id)
{
	for (int i = 0; id && in->people && i < in->people->template_count; i++) {
		const struct answer_template *t = &in->people->templates[i];

		if (served(in, t->service) && !strcmp(t->id, id))
			return t;
	}
	return NULL;
}

/* ---- people */

/* How well somebody's id and name fit what was typed: 3 the id itself, 2 the whole name, 1 the
   begin of either, 0 not. */
static int fit(const char *id, const char *name, const char *typed)
{
	struct buf want = { 0 }, have = { 0 };
	int how = 0;

	if (!strcmp(id, typed))
		return 3;
	text_fold(&want, typed);
	text_fold(&have, name ? name : "");
	if (!strcmp(buf_str(&want), buf_str(&have)) || !strcmp(buf_str(&want), id))
		how = 2;
	else if (want.size >= 2 && (text_word_prefix(buf_str(&have), buf_str(&want)) ||
					   !strncmp(id, buf_str(&want), want.size)))
		how = 1;
	buf_clear(&want);
	buf_clear(&have);
	return how;
}

/* Workers and teams are looked for in the same way; `who` hands out the i-th of them. */
struct candidate {
	const char *service, *id, *name;
};

struct lookup {
	const struct verb_input *in;
	bool (*who)(const struct page *, int i, struct candidate *);
};

static bool worker_at(const struct page *p, int i, struct candidate *out)
{
	if (i >= p->worker_count)
		return false;
	*out = (struct candidate){ p->workers[i].service, p->workers[i].id, p->workers[i].name };
	return true;
}

static bool team_at(const struct page *p, int i, struct candidate *out)
{
	if (i >= p->team_count)
		return false;
	*out = (struct candidate){ p->teams[i].service, p->teams[i].id, p->teams[i].name };
	return true;
}

struct found {
	int index, how, count;
	char names[120]; /* the first few, for a question */
};

static struct found look_up(const struct lookup *l, const char *typed)
{
	struct found f = { .index = -1 };
	struct candidate c;

	for (int i = 0; l->in->people && l->who(l->in->people, i, &c); i++) {
		int how = served(l->in, c.service) ? fit(c.id, c.name, typed) : 0;

		if (!how || how < f.how)
			continue;
		if (how > f.how)
			f = (struct found){ .how = how };
		f.index = i;
		f.count++;

		size_t used = strlen(f.names);

		if (f.count <= 4)
			snprintf(f.names + used, sizeof(f.names) - used, "%s%s", used ? ", " : "",
				c.id);
	}
	return f;
}

static const char *lookup_id_at(const void *ctx, int i)
{
	const struct lookup *l = ctx;
	struct candidate c;

	return l->in->people && l->who(l->in->people, i, &c) ? c.id : NULL;
}

const struct worker *verb_worker(const struct verb_input *in, const char *name, struct error *err)
{
	struct lookup l = { in, worker_at };
	struct found f = look_up(&l, name);

	if (f.count == 1)
		return &in->people->workers[f.index];
	if (f.count > 1) {
		error_set(err, ERROR_USAGE,
			_("%s could be several people: %s. Give the identifier."), name, f.names);
		return NULL;
	}

	const char *near = verb_near(name, lookup_id_at, &l);

	if (near)
		error_set(err, ERROR_USAGE, _("There is no worker %s here; did you mean %s?"), name,
			near);
	else
		error_set(err, ERROR_USAGE,
			_("There is no worker %s here; an identifier such as s.rossi or a name "
			  "does."),
			name);
	return NULL;
}

const struct team *verb_team(const struct verb_input *in, const char *name, struct error *err)
{
	struct lookup l = { in, team_at };
	struct found f = look_up(&l, name);

	if (f.count == 1)
		return &in->people->teams[f.index];
	if (f.count > 1) {
		error_set(err, ERROR_USAGE,
			_("%s could be several teams: %s. Give the identifier."), name, f.names);
		return NULL;
	}

	const char *near = verb_near(name, lookup_id_at, &l);

	if (near)
		error_set(err, ERROR_USAGE, _("There is no team %s here; did you mean %s?"), name,
			near);
	else
		error_set(err, ERROR_USAGE,
			_("There is no team %s here; its identifier or its name does."), name);
	return NULL;
}

/* ---- where a case may go */

/* Appends the names of a JSON list of texts, commas between. */
static void list_words(struct buf *out, const struct json *list, const char *but)
{
	for (size_t i = 0; i < json_count(list); i++) {
		const char *word = json_text(json_at(list, i));

		if (!word || (but && !strcmp(word, but)))
			continue;
		buf_text(out, out->size ? ", " : "");
		buf_text(out, word);
	}
}

static bool list_has(const struct json *list, const char *word)
{
	for (size_t i = 0; i < json_count(list); i++) {
		const char *one = json_text(json_at(list, i));

		if (one && !strcmp(one, word))
			return true;
	}
	return false;
}

static bool refuse_status(
	const char *now, const char *status, const struct json *next, struct error *err)
{
	struct buf words = { 0 };

	list_words(&words, next, "closed");
	if (words.size)
		error_set(err, ERROR_USAGE, _("A case that is %s cannot become %s; possible: %s."),
			now, status, buf_str(&words));
	else
		error_set(err, ERROR_USAGE,
			_("A case that is %s cannot become %s; the service has ended it for good."),
			now, status);
	buf_clear(&words);
	return false;
}

bool verb_may_become(const struct verb_input *in, const char *status, struct error *err)
{
	const char *now = in->cf->status;
	const char *text = in->profile ? in->profile->workflow : NULL;

	if (!now || !text || !strcmp(now, status))
		return true; /* nobody told us a workflow: the service has the last word anyway */

	struct json *workflow = json_read(text, strlen(text), NULL, NULL);
	const struct json *next = workflow ? json_get(workflow, now) : NULL;
	bool good = !next || list_has(next, status) || refuse_status(now, status, next, err);

	json_free(workflow);
	return good;
}

/* Where somebody has to approve, a case ends only along the steps; elsewhere any case may be ended.
 */
static bool ends_by_steps(const struct kind *k, const char *from)
{
	bool guarded = false, reachable = false;

	for (int i = 0; k && i < k->step_count; i++) {
		const struct kind_step *s = &k->steps[i];

		if (!s->status || strcmp(s->status, "resolved"))
			continue;
		guarded = guarded || s->role || s->other_person;
		reachable = reachable || kind_step_allowed(k, from, s->id);
	}
	return guarded && !reachable;
}

bool verb_resolve(const struct verb_input *in, struct patch *p, const char *outcome,
	const char *template_id, struct error *err)
{
	const struct casefile *cf = in->cf;
	const struct answer_template *t = verb_template(in, template_id);
	const struct kind *k = verb_kind(in, cf->kind);

	if (!stage_is_open(cf->stage))
		return error_set(err, ERROR_USAGE,
			_("This case is closed already (%s); reopen opens it again."),
			cf->outcome  ? cf->outcome
			: cf->status ? cf->status
				     : stage_name(cf->stage));
	if (cf->step && ends_by_steps(k, cf->step))
		return error_set(err, ERROR_USAGE,
			_("A %s cannot end at step %s; state shows the steps it can go to."),
			k->name, cf->step);
	if (!verb_may_become(in, "resolved", err))
		return false;
	if (!outcome || !*outcome)
		outcome = t && !text_blank(t->outcome) ? t->outcome : "done";
	patch_change(p, "stage", stage_name(cf->stage), stage_name(STAGE_DONE));
	patch_change(p, "outcome", cf->outcome, outcome);
	return true;
}

/* ---- fields */

const char *verb_assignment(const char *arg, struct arena *arena, const char **value)
{
	size_t size = 0;

	while ((arg[size] >= 'a' && arg[size] <= 'z') || (arg[size] >= 'A' && arg[size] <= 'Z') ||
		(size && arg[size] >= '0' && arg[size] <= '9') || arg[size] == '_' ||
		(size && arg[size] == '.'))
		size++;
	if (!size || arg[size] != '=')
		return NULL;
	*value = arg + size + 1;
	return arena_copy_n(arena, arg, size);
}

/* Core fields a person may set by name. The others have verbs that know their rules. */
static const char *const plain_fields[] = { "subject", "channel", "language", "citizen", "skills",
	"tags", "priority", "due", "restricted", "team", "worker", "kind", NULL };

static const char *field_name_at(const void *ctx, int i)
{
	const struct kind *k = ctx;
	int plain = (int)(sizeof(plain_fields) / sizeof(plain_fields[0])) - 1;

	if (k && i < k->field_count)
		return k->fields[i].name;
	i -= k ? k->field_count : 0;
	return i < plain ? plain_fields[i] : NULL;
}

static bool unknown_field(const struct kind *k, const char *field, struct error *err)
{
	static const char *const verbs[][2] = { { "stage", "state" }, { "status", "state" },
		{ "step", "state" }, { "outcome", "close" }, { NULL, NULL } };
	const char *near = verb_near(field, field_name_at, k);

	for (int i = 0; verbs[i][0]; i++)
		if (!strcmp(verbs[i][0], field))
			return error_set(err, ERROR_USAGE,
				_("%s is not edited as a field; the verb %s sets it."), field,
				verbs[i][1]);
	if (near)
		return error_set(err, ERROR_USAGE,
			_("There is no field %s here; the nearest is %s."), field, near);
	if (k)
		return error_set(err, ERROR_USAGE,
			_("A %s has no field %s; the fields tab shows what it has."), k->name,
			field);
	return error_set(err, ERROR_USAGE,
		_("A case has no field %s; its kind says what may stand on it."), field);
}

static bool plain_field(const struct verb_input *in, const char *field, const char *value,
	struct patch *p, struct error *err)
{
	const struct case_field *f = case_field_find(field);
	struct casefile trial = { 0 };
	char stamp[WHEN_SIZE];
	time_t due;
	bool good = false;

	for (int i = 0; f && plain_fields[i] && !good; i++)
		good = !strcmp(plain_fields[i], f->name);
	if (!good)
		return unknown_field(in->cf ? verb_kind(in, in->cf->kind) : NULL, field, err);
	if (!strcmp(f->name, "subject") && text_blank(value))
		return error_set(err, ERROR_USAGE,
			_("A case needs a subject; one line that says what it is about."));
	if (value && !*value)
		value = NULL;
	if (value && f->type == FIELD_TIME && when_typed(value, in->now, &due)) {
		when_write(stamp, due);
		value = stamp;
	}
	if (!case_set(&trial, f->name, value, &p->arena, err))
		return false;
	patch_change(p, f->name, in->cf ? case_get(in->cf, f->name, &p->arena) : NULL,
		case_get(&trial, f->name, &p->arena));
	return true;
}

bool verb_field(const struct verb_input *in, const struct kind *k, const char *field,
	const char *value, struct patch *p, struct error *err)
{
	const char *name = strncmp(field, "fields.", 7) ? field : field + 7;
	const struct kind_field *f = k ? kind_field_find(k, name) : NULL;
	const char *stored = NULL;

	if (!f && name != field)
		return unknown_field(k, name, err);
	if (!f)
		return plain_field(in, field, value, p, err);
	if (!kind_check_value(f, value, &p->arena, &stored, err))
		return false;

	const char *path = arena_printf(&p->arena, "fields.%s", name);

	patch_change(p, path, in->cf ? case_get(in->cf, path, &p->arena) : NULL,
		stored && *stored ? stored : NULL);
	return true;
}

/* ---- answers */

static const char *const channels[] = { "counter", "phone", "web", "email", "sms", "letter",
	"chat", "other", NULL };

static const char *channel_at(const void *ctx, int i)
{
	(void)ctx;
	return channels[i];
}

static bool check_channel(const char *channel, struct error *err)
{
	for (int i = 0; channels[i]; i++)
		if (!channel || !strcmp(channels[i], channel))
			return true;

	const char *near = verb_near(channel, channel_at, NULL);

	if (near)
		return error_set(err, ERROR_USAGE, _("There is no channel %s; did you mean %s?"),
			channel, near);
	return error_set(err, ERROR_USAGE,
		_("There is no channel %s; possible: counter, phone, web, email, sms, letter, "
		  "chat, other."),
		channel);
}

static const char *template_at(const void *ctx, int i)
{
	const struct verb_input *in = ctx;

	return in->people && i < in->people->template_count ? in->people->templates[i].id : NULL;
}

static bool check_template(const struct verb_input *in, const char *id, struct error *err)
{
	if (verb_template(in, id) || !in->people || !in->people->template_count)
		return true; /* nothing is known of templates yet: the service says */

	const char *near = verb_near(id, template_at, in);

	if (near)
		return error_set(
			err, ERROR_USAGE, _("There is no template %s; did you mean %s?"), id, near);
	return error_set(err, ERROR_USAGE,
		_("There is no template %s; R shows those that fit this case."), id);
}

/* The values given as NAME=VALUE; what the case and the citizen bring is the service's to fill, so
   here it only has to be there. */
struct values {
	const struct verb_input *in;
	struct arena *arena;
};

static const char *value_given(void *ctx, const char *name)
{
	struct values *v = ctx;
	const char *value;

	for (int i = 0; i < verb_arg_count(v->in); i++) {
		const char *given = verb_assignment(verb_arg(v->in, i), v->arena, &value);

		if (given && !strcmp(given, name))
			return value;
	}
	return !strcmp(name, "today") || strchr(name, '.') ? "." : NULL;
}

static bool check_values(const struct verb_input *in, const struct answer_template *t,
	struct arena *arena, struct error *err)
{
	struct values v = { in, arena };
	struct buf filled = { 0 };
	const char *value;
	bool good = true;

	for (int i = 0; good && in->verb->needs_text && i < verb_arg_count(in); i++)
		if (!verb_assignment(verb_arg(in, i), arena, &value))
			good = error_set(err, ERROR_USAGE,
				_("With a template give NAME=VALUE; %s is none. Your own words go "
				  "in with --text."),
				verb_arg(in, i));
	if (good && t && !verb_option(in, "text"))
		good = template_fill(&filled, t->text, value_given, &v, err);
	buf_clear(&filled);
	return good;
}

static void write_values(struct json_out *out, const struct verb_input *in, struct arena *arena)
{
	const char *value;

	if (!verb_arg_count(in))
		return;
	json_open(out, "values", '{');
	for (int i = 0; i < verb_arg_count(in); i++) {
		const char *name = verb_assignment(verb_arg(in, i), arena, &value);

		if (name)
			json_put_text(out, name, value);
	}
	json_close(out, '}');
}

static void write_answer(const struct verb_input *in, struct patch *p, const char *text)
{
	const char *template_id = verb_option(in, "template");
	const char *channel = verb_option(in, "channel");
	const char *language = verb_option(in, "language");
	struct buf json = { 0 };
	struct json_out out = { .buf = &json };

	json_open(&out, NULL, '{');
	if (text)
		json_put_text(&out, "text", text);
	if (template_id) {
		json_put_text(&out, "template", template_id);
		write_values(&out, in, &p->arena);
	}
	if (channel)
		json_put_text(&out, "channel", channel);
	if (language)
		json_put_text(&out, "language", language);
	json_close(&out, '}');
	p->answer = arena_copy(&p->arena, buf_str(&json));
	buf_clear(&json);
}

bool verb_answer(const struct verb_input *in, struct patch *p, struct error *err)
{
	const char *template_id = verb_option(in, "template");
	const char *text = verb_option(in, "text");

	if (!in->cf->citizen)
		return error_set(err, ERROR_USAGE,
			_("Nobody is named on this case to answer; write a note, or edit "
			  "citizen=REF first."));
	if (!check_channel(verb_option(in, "channel"), err))
		return false;
	if (template_id) {
		if (!check_template(in, template_id, err) ||
			!check_values(in, verb_template(in, template_id), &p->arena, err))
			return false;
	} else if (!text) {
		text = verb_args(in, 0, &p->arena);
	}
	if (!template_id && text_blank(text))
		return error_set(err, ERROR_USAGE,
			_("There is nothing to send: give the words, or a template with "
			  "--template=ID."));
	write_answer(in, p, text);
	verb_files(in, p);
	return true;
}

/* ---- files and other cases */

void verb_file(const struct verb_input *in, struct patch *p, const char *path)
{
	if (in->home && !strncmp(path, "~/", 2))
		path = arena_printf(&p->arena, "%s%s", in->home, path + 1);
	patch_file(p, path);
}

void verb_files(const struct verb_input *in, struct patch *p)
{
	const char *path;

	for (int i = 0; (path = verb_option_at(in, "attach", i)); i++)
		verb_file(in, p, path);
}

bool verb_same_service(const struct verb_input *in)
{
	const struct casefile *a = in->cf, *b = in->other;

	return b && a->service && b->service && !strcmp(a->service, b->service);
}

static bool is_itself(const struct verb_input *in)
{
	return verb_same_service(in) && in->cf->id && in->other->id &&
	       !strcmp(in->cf->id, in->other->id);
}

/* A word of a list: what would end it is refused. */
static bool is_word(const char *text)
{
	return !strpbrk(text, " \t\r\n,");
}

const char *verb_where(const struct verb_input *in, struct arena *arena, struct error *err)
{
	const char *where = in->other_url;

	if (!in->other && in->other_why) {
		*err = *in->other_why;
		return NULL;
	}
	if (is_itself(in)) {
		error_set(err, ERROR_USAGE, _("That is this very case."));
		return NULL;
	}
	if (verb_same_service(in))
		where = in->other->number ? in->other->number : in->other->id;
	if (!where && in->other)
		error_set(err, ERROR_USAGE,
			_("Cases of %s have no address that another service could keep."),
			in->other->service ? in->other->service : _("that service"));
	else if (!where)
		error_set(err, ERROR_USAGE,
			_("Say which case: its number, NAME/NUMBER of another service, or an "
			  "https address."));
	else if (!is_word(where))
		error_set(err, ERROR_USAGE, _("%s is no address of a case."), where);
	else
		return arena_copy(arena, where);
	return NULL;
}

/* ---- citizens */

static const char *citizen_field_at(const void *ctx, int i)
{
	(void)ctx;
	return citizen_fields[i];
}

static bool is_citizen_field(const char *field)
{
	for (int i = 0; citizen_fields[i]; i++)
		if (!strcmp(citizen_fields[i], field))
			return true;
	return false;
}

bool verb_citizen_field(const struct citizen *c, const char *field, const char *value,
	struct patch *p, struct error *err)
{
	struct citizen trial = { 0 };

	if (!is_citizen_field(field)) {
		const char *near = verb_near(field, citizen_field_at, NULL);

		if (near)
			return error_set(err, ERROR_USAGE,
				_("A citizen has no field %s; the nearest is %s."), field, near);
		return error_set(err, ERROR_USAGE,
			_("A citizen has no field %s; there are given, family, born, phone, email "
			  "and others."),
			field);
	}
	if (c)
		citizen_copy(&trial, c, &p->arena);
	if (!citizen_set(&trial, field, value && *value ? value : NULL, &p->arena, err))
		return false;
	const char *before = c ? citizen_get(c, field) : NULL;

	patch_change(p, field, before ? arena_copy(&p->arena, before) : NULL,
		citizen_get(&trial, field));
	return true;
}
