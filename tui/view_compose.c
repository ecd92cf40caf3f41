/* Writing to the citizen (reply) or to colleagues (note): the editor or a template first, then this
   review, which shows what will leave, as it will be read. Text is kept as a draft the moment it
   exists. */
#include "model/file.h"
#include "model/i18n.h"
#include "model/text.h"
#include "model/when.h"
#include "net/other.h"
#include "tui/answer.h"
#include "tui/moves.h"
#include "tui/pager.h"
#include "tui/prompt.h"
#include "tui/several.h"
#include "tui/status.h"
#include "tui/view.h"
#include <string.h>

enum { VALUES = 16, FILES = 16 };

struct compose {
	struct moves moves;
	struct pager pager;
	const struct verb *verb;
	int64_t *keys; /* of the cases it goes to */
	int count;
	struct case_facts facts; /* of the first */
	char *template_id;
	char *values[VALUES + 1]; /* "NAME=VALUE" of the template's own words */
	int value_count;
	char *asked;  /* the name the prompt is asking for */
	char *text;   /* as it will be read; NULL: nothing yet */
	char *filled; /* the template filled in, before it was edited */
	char *channel, *language;
	char *files; /* places of those that go along, a line each, as a draft keeps them */
	int64_t draft;
	bool ready; /* there is something to look at */
	bool in_hand;
	enum hand hand; /* as last told */
};

static const char *const channels[] = { "email", "letter", "sms", "phone", "counter", "chat",
	"web", "other", NULL };

static bool is_reply(const struct compose *c)
{
	return c->verb->reaches_citizen;
}

static void set(char **at, const char *text)
{
	char *copy = xstrdup(text);

	free(*at);
	*at = copy;
}

static void show_text(struct view *v)
{
	struct compose *c = v->own;

	pager_set(&c->pager, c->text);
	c->ready = true;
	app_dirty(v->app);
}

/* ---- drafts */

/* The draft it is, without its text; title: what its title is made in. */
static struct draft draft_of(const struct view *v, struct buf *title)
{
	const struct compose *c = v->own;
	const struct casefile *cf = c->facts.cf;

	if (cf)
		buf_printf(title, "%s %s", cf->number ? cf->number : "",
			cf->subject ? cf->subject : "");
	return (struct draft){ .key = c->draft,
		.object = c->keys[0],
		.kind = c->verb->name,
		.files = c->files,
		.title = buf_str(title) };
}

/* false: it could not be written, and the text is here alone. */
static bool put_draft(struct view *v, struct error *err)
{
	struct compose *c = v->own;
	struct buf title = { 0 };

	if (text_blank(c->text))
		return true;
	struct draft d = draft_of(v, &title);
	d.text = c->text;
	bool good = store_draft_put(v->app->store, &d, err);
	if (good)
		c->draft = d.key;
	buf_clear(&title);
	return good;
}

static void keep_draft(struct view *v)
{
	struct error err = { 0 };

	if (!put_draft(v, &err))
		app_error(v->app, &err);
}

static void drop_draft(struct view *v)
{
	struct compose *c = v->own;

	if (c->draft)
		store_draft_drop(v->app->store, c->draft);
	c->draft = 0;
}

static void take_text(struct view *v, const char *text)
{
	struct compose *c = v->own;

	set(&c->text, text);
	keep_draft(v);
	show_text(v);
}

/* ---- the editor */

static void editor_over(void *ctx, const char *text, const struct error *err)
{
	struct view *v = ctx;
	struct compose *c = v->own;
	bool empty = text && text_blank(text);

	if (err)
		app_error(v->app, err);
	if (text && !empty) {
		take_text(v, text);
		return;
	}
	if (!c->ready) {
		if (!err)
			app_say(v->app, "%s", _("Nothing was written, so nothing is sent."));
		view_close(v->app);
		return;
	}
	if (!err)
		app_say(v->app, "%s",
			empty ? _("The editor came back empty; the text before it stays.")
			      : _("The text is unchanged. y sends it all the same."));
}

/* Written down, and the editor goes on: a draft from now on, whatever becomes of us. */
static void written_down(void *ctx, const char *text)
{
	struct view *v = ctx;
	struct compose *c = v->own;
	char *before = c->text;

	c->text = xstrdup(text);
	keep_draft(v);
	free(c->text);
	c->text = before;
}

static bool edit(struct view *v, struct error *err)
{
	struct compose *c = v->own;
	struct buf title = { 0 };
	struct draft about = draft_of(v, &title);
	bool good = editor_open(v->app, c->text ? c->text : "", &about, editor_over, v, err);

	if (good)
		editor_keep(v->app, written_down);
	buf_clear(&title);
	return good;
}

/* ---- templates */

static void fill(struct view *v);

static void value_given(void *ctx, const char *line)
{
	struct view *v = ctx;
	struct compose *c = v->own;
	struct buf value = { 0 };

	if (!line) {
		app_say(v->app, "%s", _("The template was not filled in, so nothing is sent."));
		view_close(v->app);
		return;
	}
	if (!text_blank(line) && c->value_count < VALUES) {
		buf_printf(&value, "%s=%s", c->asked, line);
		c->values[c->value_count++] = buf_take(&value);
	}
	fill(v);
}

static void ask_value(struct view *v, const char *names)
{
	struct compose *c = v->own;
	struct buf label = { 0 };
	struct prompt_ask ask = { .history = "value", .done = value_given, .ctx = v };
	struct buf name = { 0 };

	buf_add(&name, names, strcspn(names, " "));
	set(&c->asked, buf_str(&name));
	/* TRANSLATORS: %s is the name of a place in a template, such as day. */
	buf_printf(&label, _("The template asks for %s: "), c->asked);
	ask.label = buf_str(&label);
	prompt_open(v->app->prompt, &ask);
	buf_clear(&label);
	buf_clear(&name);
}

static void fill(struct view *v)
{
	struct compose *c = v->own;
	struct show show = case_show(v->app, &c->facts);
	struct arena arena = { 0 };
	struct buf text = { 0 }, missing = { 0 };
	const struct answer_template *t = answer_template_find(&show, c->template_id);
	struct answer_names names = { &c->facts, &show,
		app_profile(v->app, c->facts.cf ? c->facts.cf->service : NULL), c->values, &arena };

	if (t && c->facts.cf)
		answer_fill(&text, t->text, &names, &missing);
	set(&c->filled, buf_str(&text));
	set(&c->text, buf_str(&text));
	if (t && t->language)
		set(&c->language, t->language);
	show_text(v);
	if (missing.size)
		ask_value(v, buf_str(&missing));
	buf_clear(&text);
	buf_clear(&missing);
	arena_clear(&arena);
}

static bool edited(const struct compose *c)
{
	return !c->filled || strcmp(c->filled, c->text);
}

/* ---- opening */

static void begin_channel(struct compose *c)
{
	const struct citizen *one = c->facts.citizen;
	const char *reach = one && !text_blank(one->reach) ? one->reach : NULL;
	const char *came = c->facts.cf ? c->facts.cf->channel : NULL;

	if (!reach && came && strcmp(came, "web") && strcmp(came, "other"))
		reach = came;
	if (!reach)
		reach = one && !text_blank(one->mail) ? "email" : "letter";
	set(&c->channel, reach);
	set(&c->language, one && one->language ? one->language
			  : c->facts.cf	       ? c->facts.cf->language
					       : NULL);
}

static bool read_targets(struct view *v, struct error *err)
{
	struct compose *c = v->own;
	struct page targets;
	bool good;

	if (!v->below || !v->below->ops->targets)
		return error_set(err, ERROR_USAGE,
			_("%s needs a case; choose one in a list first."), c->verb->name);
	page_init(&targets);
	good = v->below->ops->targets(v->below, &targets, err);
	c->count = targets.case_count;
	c->keys = xcalloc((size_t)c->count + 1, sizeof(*c->keys));
	for (int i = 0; i < c->count; i++)
		c->keys[i] = targets.cases[i].key;
	page_clear(&targets);
	if (good && !c->count)
		good = error_set(err, ERROR_USAGE, _("There is no case here to write on."));
	return good && case_facts_load(&c->facts, v->app, c->keys[0]);
}

/* A value of several words comes in pieces when the line is repeated. */
static void go_on(char **value, const char *word)
{
	struct buf whole = { 0 };

	buf_printf(&whole, "%s %s", *value, word);
	free(*value);
	*value = buf_take(&whole);
}

static bool read_line(struct compose *c, const char *arg, struct error *err)
{
	int argc = 0;
	char **argv = action_split(arg ? arg : "reply", &argc);

	c->verb = argc ? verb_find(argv[0]) : NULL;
	for (int i = 1; i < argc; i++) {
		if (!strncmp(argv[i], "--template=", 11))
			set(&c->template_id, argv[i] + 11);
		else if (c->value_count && !strchr(argv[i], '='))
			go_on(&c->values[c->value_count - 1], argv[i]);
		else if (c->value_count < VALUES)
			c->values[c->value_count++] = xstrdup(argv[i]);
	}
	free(argv);
	if (c->verb && c->verb->needs_text)
		return true;
	return error_set(err, ERROR_USAGE, _("Only a reply or a note is written here."));
}

static bool offer_draft(struct view *v)
{
	struct compose *c = v->own;
	struct arena arena = { 0 };
	struct draft d = { 0 };
	struct buf when = { 0 };
	bool there = store_draft(v->app->store, c->keys[0], c->verb->name, &d, &arena) &&
		     !text_blank(d.text);

	if (there) {
		c->draft = d.key;
		set(&c->text, d.text);
		set(&c->files, d.files);
		show_text(v);
		when_stamp(&when, d.changed, time(NULL));
		app_say(v->app, _("Your draft of %s: e goes on with it, Esc throws it away."),
			buf_str(&when));
	}
	buf_clear(&when);
	arena_clear(&arena);
	return there;
}

static void compose_step(struct view *v, const char *word, int times)
{
	struct compose *c = v->own;

	for (int i = 0; i < times; i++)
		pager_step(&c->pager, word);
}

/* An answer keeps the case in hand, so that no citizen is answered twice; a note needs no hand. */
static void take_in_hand(struct view *v)
{
	struct compose *c = v->own;

	c->in_hand = is_reply(c) && c->count == 1 && v->app->sync;
	if (c->in_hand)
		sync_hand(v->app->sync, c->keys[0]);
}

static bool compose_open(struct view *v, const char *arg, struct error *err)
{
	struct compose *c = v->own;

	c->moves.step = compose_step;
	page_init(&c->facts.page);
	if (!read_line(c, arg, err) || !read_targets(v, err))
		return false;
	if (is_reply(c) && !c->facts.cf->citizen)
		return error_set(err, ERROR_USAGE,
			_("Nobody is named on this case to answer; n writes a note instead."));
	begin_channel(c);
	take_in_hand(v);
	if (c->template_id) {
		fill(v);
		return true;
	}
	return offer_draft(v) || edit(v, err);
}

static void compose_close(struct view *v)
{
	struct compose *c = v->own;

	if (c->in_hand)
		sync_unhand(v->app->sync, c->keys[0]);
	pager_clear(&c->pager);
	case_facts_clear(&c->facts);
	for (int i = 0; i < c->value_count; i++)
		free(c->values[i]);
	free(c->keys);
	free(c->template_id);
	free(c->asked);
	free(c->text);
	free(c->filled);
	free(c->channel);
	free(c->language);
	free(c->files);
}

static void compose_load(struct view *v)
{
	struct compose *c = v->own;

	case_facts_load(&c->facts, v->app, c->keys[0]);
	if (c->in_hand)
		hand_watch(v->app, c->keys[0], &c->hand);
}

/* ---- drawing */

static void to_line(const struct compose *c, struct buf *out)
{
	const struct citizen *one = c->facts.citizen;

	if (!is_reply(c)) {
		buf_text(out, _("To    colleagues; the citizen does not see it"));
		return;
	}
	buf_text(out, _("To    "));
	if (c->count > 1)
		buf_printf(out, P_("the citizen of %d case", "the citizens of %d cases", c->count),
			c->count);
	else
		show_citizen(out, one, c->facts.cf);
	if (c->count == 1 && !strcmp(c->channel, "email"))
		buf_printf(out, " <%s>",
			one && !text_blank(one->mail) ? one->mail : _("no address known here"));
	if (c->count == 1 && !strcmp(c->channel, "phone"))
		buf_printf(out, " %s",
			one && !text_blank(one->phone) ? one->phone : _("(no number known here)"));
	buf_printf(out, _("   by %s"), show_channel(c->channel));
	if (c->language)
		buf_printf(out, _("   language %s"), c->language);
}

static void case_line(struct app *app, const struct compose *c, struct buf *out)
{
	const struct casefile *cf = c->facts.cf;
	struct buf name = { 0 };

	if (cf && cf->number)
		several_case_name(&name, app, cf);
	buf_printf(out, _("Case  %s"), name.size ? buf_str(&name) : "-");
	buf_clear(&name);
	if (cf && cf->version)
		buf_printf(out, " v%s", cf->version);
	if (c->count > 1)
		buf_printf(out, _(" and %d more"), c->count - 1);
	if (c->in_hand) {
		buf_text(out, "   ");
		hand_words(app, c->keys[0], out);
	}
	if (!c->template_id)
		return;
	buf_printf(out, _("   template %s"), c->template_id);
	if (c->value_count)
		buf_text(out, _("   filled in: "));
	for (int i = 0; i < c->value_count; i++)
		buf_printf(out, "%s%s", i ? ", " : "", c->values[i]);
	if (edited(c))
		buf_text(out, _("   edited"));
}

/* "Files scan.pdf, photo.jpg" */
static void files_line(const struct compose *c, struct buf *out)
{
	struct arena arena = { 0 };
	const char *path;

	for (int i = 0; (path = draft_file(c->files, i, &arena)); i++)
		buf_printf(out, "%s%s", i ? ", " : _("Files "), file_safe_name(path, &arena));
	arena_clear(&arena);
}

static void compose_draw(struct view *v, struct screen *s)
{
	struct compose *c = v->own;
	int cols = view_cols(v), rows = view_rows(v), row = 2;
	struct buf line = { 0 };

	to_line(c, &line);
	screen_put(s, 0, 0, cols, STYLE_TEXT, buf_str(&line));
	buf_reset(&line);
	case_line(v->app, c, &line);
	screen_put(s, 1, 0, cols, STYLE_TEXT, buf_str(&line));
	buf_reset(&line);
	files_line(c, &line);
	if (line.size)
		screen_put(s, row++, 0, cols, STYLE_TEXT, buf_str(&line));
	screen_put(s, row++, 0, -1, STYLE_DIM, "--");
	pager_draw(&c->pager, s, row, rows - row - 2, 0, cols > 100 ? 100 : cols);
	buf_reset(&line);
	if (v == v->app->view)
		status_hints_left(v->app, &line);
	screen_put(s, rows - 1, 0, cols, STYLE_DIM, buf_str(&line));
	buf_clear(&line);
}

/* A note closes nothing, and goes by no channel. */
static bool compose_offers(struct view *v, const char *line)
{
	static const char *const of_replies[] = { "send-close", "send-close-next", "channel",
		"language", NULL };

	for (int i = 0; !is_reply(v->own) && of_replies[i]; i++)
		if (!strcmp(of_replies[i], line))
			return false;
	return true;
}

static void compose_say(struct view *v, struct buf *out)
{
	struct compose *c = v->own;
	int hold = app_number(v->app, "send.hold", 10);

	if (c->in_hand && hand_sentence(v->app, c->keys[0], out))
		return;
	if (!is_reply(c))
		buf_text(out,
			_("A note for colleagues: y saves it. It stays on the timeline for good."));
	else if (hold > 0)
		buf_printf(out, _("The answer leaves %d s after the key; until then u recalls it."),
			hold);
	else
		buf_text(out, _("The answer leaves at once and cannot be recalled."));
}

static void compose_place(struct view *v, struct buf *out)
{
	struct compose *c = v->own;

	const struct casefile *cf = c->facts.cf;
	const struct profile *p = cf ? app_profile(v->app, cf->service) : NULL;

	buf_text(out, is_reply(c) ? _("Review of the answer") : _("Review of the note"));
	/* Nobody is to wonder where it went, or fear that it did. */
	if (is_reply(c) && p && p->sample)
		buf_text(out, _(" (made-up data: into a file)"));
}

static bool compose_targets(struct view *v, struct page *out, struct error *err)
{
	return v->below->ops->targets(v->below, out, err);
}

static int64_t compose_citizen(struct view *v)
{
	struct compose *c = v->own;

	return c->facts.citizen_key;
}

/* ---- sending */

/* What the verb gets: the words as they are read here, and where they come from. */
struct arguments {
	struct arena arena;
	const char *argv[VALUES + FILES + 8];
	int argc;
};

static void add(struct arguments *a, const char *name, const char *value)
{
	if (value)
		a->argv[a->argc++] = arena_printf(&a->arena, "--%s=%s", name, value);
}

static void make_arguments(const struct compose *c, bool closes, struct arguments *a)
{
	const char *path;

	for (int i = 0; (path = draft_file(c->files, i, &a->arena)) && i < FILES; i++)
		add(a, "attach", path);
	if (!is_reply(c)) {
		a->argv[a->argc++] = "--";
		a->argv[a->argc++] = c->text;
		return;
	}
	/* Every citizen of several gets the template filled with their own name. */
	if (!c->template_id || edited(c) || c->count == 1)
		add(a, "text", c->text);
	add(a, "template", c->template_id);
	add(a, "channel", c->channel);
	add(a, "language", c->language);
	if (closes)
		a->argv[a->argc++] = "--close";
	for (int i = 0; c->template_id && i < c->value_count; i++)
		a->argv[a->argc++] = c->values[i];
}

static void line_of(const struct compose *c, bool closes, struct buf *out)
{
	buf_text(out, c->verb->name);
	if (c->template_id)
		buf_printf(out, " --template=%s", c->template_id);
	if (closes)
		buf_text(out, " --close");
}

/* A note is not taken back by u once it has left, and is not held: the usual sentence would promise
 * it. */
static bool post_note(struct view *v, struct plan *plan, const char *line, struct error *err)
{
	struct patch **patches = xcalloc((size_t)plan->count + 1, sizeof(struct patch *));
	bool good;

	for (int i = 0; i < plan->count; i++)
		patches[i] = &plan->rows[i].patch;
	good = action_post(v->app, patches, plan->count, line, false,
		_("The note is saved here and goes out at once."), err);
	free(patches);
	return good;
}

static bool post(struct view *v, struct plan *plan, bool closes, struct error *err)
{
	struct compose *c = v->own;
	struct buf line = { 0 };
	bool good;

	for (int i = 0; i < plan->count && plan->refusals; i++) {
		if (!plan->rows[i].refused)
			continue;
		*err = plan->rows[i].why;
		return false;
	}
	if (plan->count)
		plan->rows[0].patch.draft = c->draft;
	line_of(c, closes, &line);
	good = is_reply(c) ? action_post_plan(v->app, plan, buf_str(&line), err)
			   : post_note(v, plan, buf_str(&line), err);
	buf_clear(&line);
	return good;
}

/* `.` on the next case opens the same review. */
static void remember(struct view *v)
{
	struct compose *c = v->own;
	struct buf line = { 0 };

	buf_printf(&line, "view compose %s", c->verb->name);
	if (c->template_id)
		buf_printf(&line, " --template=%s", c->template_id);
	for (int i = 0; c->template_id && i < c->value_count; i++) {
		const char *word = c->values[i];
		buf_char(&line, ' ');
		action_join(&line, 1, &word);
	}
	action_remember(v->app, buf_str(&line));
	buf_clear(&line);
}

static bool send(struct view *v, bool closes, struct error *err)
{
	struct compose *c = v->own;
	struct arguments a = { 0 };
	struct page targets;
	struct plan plan = { 0 };
	bool good;

	if (strstr(c->text, "{{"))
		return error_set(err, ERROR_USAGE,
			_("The text still has a place to fill in, marked by {{ }}; e opens it in "
			  "the editor."));
	page_init(&targets);
	for (int i = 0; i < c->count; i++)
		store_case(v->app->store, c->keys[i], &targets);
	make_arguments(c, closes, &a);

	struct verb_input in = action_input(
		v->app, c->facts.cf ? c->facts.cf->service : NULL, a.argc, a.argv);
	in.citizen = c->facts.citizen;

	plan_build(&plan, c->verb, &in, &targets);
	good = post(v, &plan, closes, err);
	if (good) {
		remember(v);
		drop_draft(v);
		if (v->below && v->below->ops->acted)
			v->below->ops->acted(v->below, &plan);
	}
	plan_clear(&plan);
	page_clear(&targets);
	arena_clear(&a.arena);
	if (good)
		view_close(v->app);
	return good;
}

static bool run_send(struct view *v, int argc, const char *const *argv, struct error *err)
{
	(void)argc, (void)argv;
	return send(v, false, err);
}

static bool run_send_close(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct compose *c = v->own;

	(void)argc, (void)argv;
	if (!is_reply(c))
		return error_set(err, ERROR_USAGE,
			_("A note closes nothing; y saves it, x in the case closes."));
	return send(v, true, err);
}

/* On to the next case of the list, and mine when nobody has it. */
static bool take_next(struct app *app, struct error *err)
{
	struct page next;
	bool is_free;

	if (!action_run(
		    app, app->view->ops->cases && app->view->ops->step ? "down" : "next-case", err))
		return false;
	page_init(&next);
	is_free = app->view->ops->targets && app->view->ops->targets(app->view, &next, err) &&
		  next.case_count == 1 && !next.cases[0].worker &&
		  stage_is_open(next.cases[0].stage);
	page_clear(&next);
	return !is_free || action_run(app, "take", err);
}

static bool run_send_next(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct app *app = v->app;

	return run_send_close(v, argc, argv, err) && take_next(app, err);
}

static bool run_edit(struct view *v, int argc, const char *const *argv, struct error *err)
{
	(void)argc, (void)argv;
	return edit(v, err);
}

/* Whether it could go at all is said now, not when the letter is written. */
static bool may_go(struct view *v, const char *path, struct error *err)
{
	struct compose *c = v->own;
	struct other_ctx ctx = { v->app->sync, v->app->store };
	struct patch trial = { .on = ON_CASE,
		.service = c->facts.cf ? c->facts.cf->service : NULL,
		.note = "-" };

	patch_file(&trial, path);
	bool good = other_can(&ctx, &trial, err);
	patch_clear(&trial);
	return good;
}

static int file_count(const struct compose *c)
{
	int n = c->files ? 1 : 0;

	for (const char *at = c->files; at && (at = strchr(at, '\n')); at++)
		n++;
	return n;
}

static bool add_file(struct view *v, const char *path, struct error *err)
{
	struct compose *c = v->own;
	struct arena arena = { 0 };
	const char *home = getenv("HOME");

	if (file_count(c) >= FILES)
		return error_set(err, ERROR_USAGE, _("At most %d files go with one answer."), FILES);
	if (home && !strncmp(path, "~/", 2))
		path = arena_printf(&arena, "%s%s", home, path + 1);
	bool good = may_go(v, path, err);
	if (good)
		set(&c->files, draft_files_add(c->files, path, &arena));
	arena_clear(&arena);
	return good;
}

static bool run_attach(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct compose *c = v->own;
	bool good = argc > 0;

	if (!good)
		error_set(err, ERROR_USAGE, _("Say which file: attach-file scan.pdf."));
	for (int i = 0; good && i < argc; i++)
		good = add_file(v, argv[i], err);
	keep_draft(v);
	if (good)
		app_say(v->app,
			P_("%d file goes along; D takes it away again.",
				"%d files go along; D takes the last one away again.",
				(unsigned long)file_count(c)),
			file_count(c));
	app_dirty(v->app);
	return good;
}

static bool run_detach(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct compose *c = v->own;
	char *last = c->files ? strrchr(c->files, '\n') : NULL;

	(void)argc, (void)argv;
	if (!c->files)
		return error_set(err, ERROR_USAGE, _("No file goes along; A adds one."));
	if (last)
		*last = '\0';
	else
		set(&c->files, NULL);
	keep_draft(v);
	app_say(v->app, P_("%d file goes along.", "%d files go along.", (unsigned long)file_count(c)),
		file_count(c));
	app_dirty(v->app);
	return true;
}

static bool run_channel(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct compose *c = v->own;
	int at = 0;

	if (!is_reply(c))
		return error_set(err, ERROR_USAGE,
			_("A note has no channel: colleagues read it on the case."));
	if (argc) {
		set(&c->channel, argv[0]);
	} else {
		while (channels[at] && strcmp(channels[at], c->channel))
			at++;
		set(&c->channel, channels[at] && channels[at + 1] ? channels[at + 1] : channels[0]);
	}
	app_dirty(v->app);
	return true;
}

/* The same template in that language, if the service has one: the ids differ, the kind is the same.
 */
static const struct answer_template *translated(
	const struct show *show, const char *id, const char *language)
{
	const struct answer_template *now = answer_template_find(show, id);
	size_t stem = now ? strlen(now->id) : 0;

	if (now && now->language && stem > strlen(now->language) + 1 &&
		!strcmp(now->id + stem - strlen(now->language), now->language))
		stem -= strlen(now->language) + 1;
	for (int i = 0; now && i < show->people->template_count; i++) {
		const struct answer_template *t = &show->people->templates[i];

		if (t->language && !strcmp(t->language, language) &&
			!strncmp(t->id, now->id, stem) &&
			(!t->id[stem] ||
				(t->id[stem] == '-' && !strcmp(t->id + stem + 1, language))))
			return t;
	}
	return NULL;
}

static void language_given(void *ctx, const char *line)
{
	struct view *v = ctx;
	struct compose *c = v->own;
	struct show show = case_show(v->app, &c->facts);
	const struct answer_template *t;

	if (text_blank(line))
		return;
	t = c->template_id && !edited(c) ? translated(&show, c->template_id, line) : NULL;
	set(&c->language, line);
	if (t) {
		set(&c->template_id, t->id);
		fill(v);
	} else {
		app_say(v->app,
			_("The answer is marked as written in %s; its words stay as they are."),
			line);
	}
}

static bool run_language(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct compose *c = v->own;
	struct prompt_ask ask = { .label = _("Language of the answer: "),
		.begin = c->language,
		.done = language_given,
		.ctx = v };

	if (!is_reply(c))
		return error_set(err, ERROR_USAGE,
			_("A note has no language: colleagues read it on the case."));
	if (argc)
		language_given(v, argv[0]);
	else
		prompt_open(v->app->prompt, &ask);
	return true;
}

static bool run_keep(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct compose *c = v->own;
	struct app *app = v->app;

	(void)argc, (void)argv;
	if (!put_draft(v, err))
		return false; /* what is on the screen is all there is of it */
	if (c->draft)
		app_say(app, _("Kept as a draft, not sent; %s on this case offers it again."),
			c->verb->keys);
	view_close(app);
	return true;
}

static void discard(void *ctx)
{
	struct view *v = ctx;
	struct app *app = v->app;

	drop_draft(v);
	view_close(app);
	app_say(app, "%s", _("Thrown away; nothing was sent."));
}

/* A template that was not touched is chosen again with two keys: nothing is lost, so nothing is
 * asked. */
static bool run_cancel(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct compose *c = v->own;

	(void)argc, (void)argv, (void)err;
	if (!edited(c) && !c->draft)
		view_close(v->app);
	else
		app_confirm(v->app, _("Throw this text away?"), discard, v);
	return true;
}

static const struct action compose_actions[] = {
	MOVE_ACTIONS,
	{ "send", NULL, N_("Sends it."), run_send },
	{ "send-close", NULL, N_("Sends it and closes the case, in one change."), run_send_close },
	{ "send-close-next", NULL, N_("Sends, closes, and takes the next case of the list."),
		run_send_next },
	{ "edit-text", NULL, N_("Opens the text in your editor."), run_edit },
	{ "attach-file", "FILE...", N_("Adds a file that goes along."), run_attach },
	{ "detach-file", NULL, N_("Takes the last file away again."), run_detach },
	{ "channel", "[CHANNEL]", N_("Changes how the answer goes: e-mail, letter, telephone."),
		run_channel },
	{ "language", "[LANGUAGE]",
		N_("Changes the language; a template follows when it has that one."),
		run_language },
	{ "keep", NULL, N_("Keeps it as a draft and goes back."), run_keep },
	{ "back", NULL, N_("Keeps it as a draft and goes back."), run_keep },
	{ "cancel", NULL, N_("Throws it away, after asking."), run_cancel },
	{ NULL, NULL, NULL, NULL },
};

static const struct binding compose_bindings[] = {
	{ "y", "send" },
	{ "x", "send-close" },
	{ "Y", "send-close-next" },
	{ "e", "edit-text" },
	{ "A", "attach-file " },
	{ "D", "detach-file" },
	{ "c", "channel" },
	{ "l", "language" },
	{ "d", "keep" },
	{ NULL, NULL },
};

static const struct hint compose_hints[] = {
	{ "send", N_("send") },
	{ "send-close", N_("send and close") },
	{ "send-close-next", N_("and take next") },
	{ "edit-text", N_("edit") },
	{ "channel", N_("channel") },
	{ "language", N_("language") },
	{ "keep", N_("keep as draft") },
	{ "cancel", N_("discard?") },
	{ NULL, NULL },
};

const struct view_ops view_compose = {
	.name = "compose",
	.title = N_("Review before it is sent"),
	.own_size = sizeof(struct compose),
	.open = compose_open,
	.load = compose_load,
	.draw = compose_draw,
	.close = compose_close,
	.say = compose_say,
	.place = compose_place,
	.targets = compose_targets,
	.citizen = compose_citizen,
	.offers = compose_offers,
	.hints = compose_hints,
	.actions = compose_actions,
	.bindings = compose_bindings,
	.asks_for = "reply note",
};
