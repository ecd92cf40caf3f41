/* See action.h. From a line to patches in the outbox: find the owner, plan, show what several cases
   would become, post, and remember for undo. */
#include "net/handing.h"
#include "tui/action.h"
#include "model/arena.h"
#include "model/i18n.h"
#include "model/json.h"
#include "model/text.h"
#include "net/other.h"
#include "tui/lock.h"
#include "tui/prompt.h"
#include "tui/several.h"
#include "tui/status.h"
#include "tui/tui.h"
#include "tui/view.h"
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { ACTS_KEPT = 50, DONE_LOOKED = 200 };

struct act {
	char *line; /* the verb and its arguments */
	struct patch *patches;
	int count;
	time_t at;
	int64_t said; /* what was said of two records of citizens: store_person_say(); 0: patches */
	char *pair;   /* the two */
};

struct acts {
	struct act list[ACTS_KEPT]; /* oldest first */
	int count;
	/* By another session or a command: taken back from the list alone, never by `u`. Newest first. */
	struct act before[ACTS_KEPT];
	int before_count;
	char *line; /* for `.`: kept also when the act was undone */
	/* A line that waits: for a case its service is asked for, or for a yes. It runs again on the same
	   case, or not at all. */
	struct {
		char *line;
		struct app *app;
		struct view *view;
		int64_t key;
		/* It runs again now: the person is known here, the others were asked, the yes was said. */
		enum { NOT_YET, MET, LOOKED, YES } step;
	} waiting;
};

/* ---- lines */

/* One word at *s into b; false: a quote is not closed. */
static bool split_word(const char **s, struct buf *b)
{
	char quote = 0;
	for (; **s && (quote || (**s != ' ' && **s != '\t')); (*s)++) {
		char c = **s;
		if (!quote && (c == '\'' || c == '"'))
			quote = c;
		else if (quote && c == quote)
			quote = 0;
		else if (c == '\\' && quote != '\'' && (*s)[1])
			buf_char(b, *++*s);
		else
			buf_char(b, c);
	}
	return !quote;
}

/* The words one after the other, each with its NUL. */
static bool split_words(const char *line, struct buf *words, int *count)
{
	for (;;) {
		line += strspn(line, " \t");
		if (!*line)
			return true;
		if (!split_word(&line, words))
			return false;
		buf_add(words, "", 1);
		++*count;
	}
}

char **action_split(const char *line, int *count)
{
	struct buf words = { 0 };
	*count = 0;
	if (!split_words(line, &words, count)) {
		buf_clear(&words);
		return NULL;
	}
	size_t table = ((size_t)*count + 1) * sizeof(char *);
	char **argv = xmalloc(table + words.size + 1);
	char *at = (char *)argv + table;
	memcpy(at, buf_str(&words), words.size);
	for (int i = 0; i < *count; i++) {
		argv[i] = at;
		at += strlen(at) + 1;
	}
	argv[*count] = NULL;
	buf_clear(&words);
	return argv;
}

static void join_word(struct buf *out, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "-_./:=@%+,#<>";
	if (*word && !word[strspn(word, plain)]) {
		buf_text(out, word);
		return;
	}
	buf_char(out, '\'');
	for (; *word; word++) {
		if (*word == '\'')
			buf_text(out, "'\\''");
		else
			buf_char(out, *word);
	}
	buf_char(out, '\'');
}

void action_join(struct buf *out, int argc, const char *const *argv)
{
	for (int i = 0; i < argc; i++) {
		if (i)
			buf_char(out, ' ');
		join_word(out, argv[i]);
	}
}

const struct action *action_find(const struct action *table, const char *name)
{
	for (const struct action *a = table; a && a->name; a++) {
		if (strcmp(a->name, name) == 0)
			return a;
	}
	return NULL;
}

/* ---- what was done */

struct acts *acts_new(void)
{
	return xcalloc(1, sizeof(struct acts));
}

static void act_clear(struct act *a)
{
	for (int i = 0; i < a->count; i++)
		patch_clear(&a->patches[i]);
	free(a->patches);
	free(a->line);
	free(a->pair);
	*a = (struct act){ 0 };
}

static void forget_before(struct acts *acts)
{
	while (acts->before_count)
		act_clear(&acts->before[--acts->before_count]);
}

void acts_free(struct acts *acts)
{
	if (!acts)
		return;
	for (int i = 0; i < acts->count; i++)
		act_clear(&acts->list[i]);
	forget_before(acts);
	free(acts->line);
	free(acts->waiting.line);
	free(acts);
}

static struct act *new_act(struct acts *acts, const char *line)
{
	if (acts->count == ACTS_KEPT) {
		act_clear(&acts->list[0]);
		memmove(acts->list, acts->list + 1, (ACTS_KEPT - 1) * sizeof(acts->list[0]));
		acts->count--;
	}
	struct act *a = &acts->list[acts->count++];
	*a = (struct act){ .line = xstrdup(line), .at = time(NULL) };
	return a;
}

void acts_said(struct app *app, int64_t said, const char *line, const char *pair)
{
	struct act *a = new_act(app->acts, line);

	a->said = said;
	a->pair = xstrdup(pair);
}

static void remember(struct acts *acts, struct patch *const *patches, int count, const char *line)
{
	struct act *a = new_act(acts, line);

	a->count = count;
	a->patches = xcalloc((size_t)count, sizeof(*a->patches));
	for (int i = 0; i < count; i++)
		patch_copy(&a->patches[i], patches[i]);
}

/* ---- posting */

static void put_patch_name(struct buf *out, const struct app *app, const struct patch *p)
{
	if (p->number)
		several_name(out, app, p->service, p->number);
	else
		buf_text(out, p->title ? p->title : "-");
}

/* Whether what the line did cannot be undone. */
static bool stays(const char *line)
{
	struct buf name = { 0 };
	buf_add(&name, line, strcspn(line, " "));
	const struct verb *verb = verb_find(buf_str(&name));
	buf_clear(&name);
	return verb && verb->no_undo;
}

static void say_posted(
	struct app *app, struct patch *const *patches, int count, const char *line, bool held,
	const char *besides)
{
	int seconds = app_number(app, "send.hold", 10);
	struct buf name = { 0 };
	put_patch_name(&name, app, patches[0]);
	if (count > 1)
		app_say(app,
			P_("%d case: %s. Saved here; u takes it back.",
				"%d cases: %s. Saved here; u takes them back.",
				(unsigned long)count),
			count, line);
	else if (held && seconds) {
		if (besides)
			app_say(app, _("%s: %s. Leaves in %d s; u recalls it. %s"), buf_str(&name), line,
				seconds, besides);
		else
			app_say(app, _("%s: %s. Saved here, leaves in %d s; u recalls it."),
				buf_str(&name), line, seconds);
		status_brief(app->status, seconds * 1000);
	} else {
		app_say(app,
			stays(line) ? _("%s: %s. Saved here.")
					      : _("%s: %s. Saved here; u takes it back."),
			buf_str(&name), line);
	}
	buf_clear(&name);
}

/* A sentence has room for the verb, not for the letter that was written with it. */
static void short_line(struct buf *out, const char *line)
{
	enum { LONGEST = 40 };
	size_t size = strcspn(line, "\n");
	buf_add(out, line, size < LONGEST ? size : LONGEST);
	if (size >= LONGEST || line[size])
		buf_text(out, "...");
}

bool action_post(struct app *app, struct patch *const *patches, int count, const char *line,
	bool reaches_citizen, const char *said, struct error *err)
{
	int hold = app_number(app, "send.hold", 10);
	struct other_ctx can = { app->sync, app->store };
	const char *besides = NULL;
	bool mails = false;
	for (int i = 0; i < count; i++) {
		if (!other_can(&can, patches[i], err))
			return false;
		const char *sentence = other_besides(&can, patches[i], &mails);
		besides = sentence ? sentence : besides;
		reaches_citizen |= mails;
	}
	for (int i = 0; i < count; i++) {
		if (reaches_citizen && hold > 0)
			patches[i]->not_before = time(NULL) + hold;
		if (!patches[i]->verb)
			patches[i]->verb = arena_copy(&patches[i]->arena, line);
	}
	if (!store_post_all(app->store, patches, count, err))
		return false;
	remember(app->acts, patches, count, line);
	if (said) {
		app_say(app, "%s", said);
	} else {
		struct buf cut = { 0 };
		short_line(&cut, line);
		say_posted(app, patches, count, buf_str(&cut), reaches_citizen, besides);
		buf_clear(&cut);
	}
	if (app->sync)
		sync_kick(app->sync);
	app_dirty(app);
	return true;
}

bool action_post_plan(struct app *app, struct plan *plan, const char *line, struct error *err)
{
	int count = 0;
	struct patch **patches = xcalloc((size_t)plan->count + 1, sizeof(struct patch *));
	bool reaches = false;
	for (int i = 0; i < plan->count; i++) {
		if (plan->rows[i].refused)
			continue;
		patches[count++] = &plan->rows[i].patch;
		reaches = reaches || plan->rows[i].patch.answer;
	}
	bool good = count ? action_post(app, patches, count, line, reaches, NULL, err)
			  : error_set(err, ERROR_USAGE, _("Nothing would change."));
	free(patches);
	return good;
}

/* ---- verbs */

static bool find_targets(
	struct view *v, const struct verb *verb, struct page *targets, struct error *err)
{
	if (verb->creates)
		return true;
	if (verb->on == ON_CITIZEN) {
		int64_t key = v->ops->citizen ? v->ops->citizen(v) : 0;
		if (!key || !store_citizen(v->app->store, key, targets))
			return error_set(err, ERROR_USAGE, _("%s needs a citizen; f finds one."),
				verb->name);
		return true;
	}
	if (!v->ops->targets)
		return error_set(err, ERROR_USAGE,
			_("%s needs a case; choose one in a list first."), verb->name);
	return v->ops->targets(v, targets, err);
}

struct verb_input action_input(
	struct app *app, const char *service, int argc, const char *const *argv)
{
	struct query_now now = app_now(app), mine = query_now_of(&now, service);
	return (struct verb_input){
		.people = app_people(app),
		.profile = app_profile(app, service),
		.me = mine.me,
		.my_team = mine.team,
		.now = now.now,
		.argc = argc,
		.argv = argv,
		.home = getenv("HOME"),
	};
}

static bool same_service(const struct casefile *a, const struct casefile *b)
{
	return a->service && b->service && strcmp(a->service, b->service) == 0;
}

/* Of a citizen, or new: --source says where it goes. */
static bool plan_new(struct app *app, const struct verb *verb, int argc, const char *const *argv,
	const struct page *targets, struct plan *plan, struct error *err)
{
	const struct citizen *c = targets->citizen_count ? &targets->citizens[0] : NULL;
	struct verb_input in = { .verb = verb, .argc = argc, .argv = argv };
	const char *source = verb->creates ? verb_option(&in, "source") : NULL;
	const char *service = c ? c->service : source ? source : several_new(app);
	if (source && !config_section_get(app->config, "service", source, "url"))
		return error_set(err, ERROR_USAGE, _("There is no service %s; there is %s."), source,
			several_new(app));
	in = action_input(app, several(app) ? service : NULL, argc, argv);
	if (verb->creates && several(app) && !in.profile)
		return error_set(err, ERROR_OFFLINE,
			_("%s was not reached yet, so what it takes is not known; nothing was saved."),
			service);
	plan_build(plan, verb, &in, verb->creates ? NULL : targets);
	return true;
}

/* A case that goes to another service: with what is known of both. */
static void plan_handing(struct app *app, struct plan *plan, const struct verb *verb,
	struct verb_input *in, struct page *targets)
{
	const struct casefile *cf = &targets->cases[0];
	struct handing h;
	int64_t citizen =
		cf->citizen ? store_citizen_key(app->store, cf->service, cf->citizen) : 0;

	if (citizen > 0)
		store_citizen(app->store, citizen, targets);
	in->verb = verb;
	handing_fill(&h, app->sync, app->store, cf,
		targets->citizen_count ? &targets->citizens[0] : NULL, verb_arg(in, 0));
	in->hand = &h.hand;
	plan_build(plan, verb, in, targets);
	handing_clear(&h);
}

/* ---- another case */

/* The first word that is no option names it; what is not here is not asked for. */
static void find_other(struct app *app, const char *own, struct verb_input *in, struct page *page,
	struct error *why)
{
	struct other_case o = { 0 };
	const char *text = app->sync ? verb_arg(in, 0) : NULL;
	if (!text)
		return;
	in->other_why = why;
	if (!other_read(app->sync, own, text, &o, &page->arena, why))
		return;
	in->other_url = o.url;
	int64_t key = o.service ? store_case_key(app->store, o.service, o.ref) : 0;
	if (key > 0 && store_case(app->store, key, page) && page->case_count) {
		in->other = page->cases;
		in->other_url = other_url(app->sync, in->other, &page->arena);
	} else if (o.service) {
		error_set(why, ERROR_GONE, _("There is no case %s in %s."), o.ref, o.service);
	}
}

/* Cases of one service. */
static void plan_run(struct app *app, const struct verb *verb, int argc, const char *const *argv,
	struct page *run, struct plan *part)
{
	const char *service = run->cases[0].service;
	struct verb_input in = action_input(app, service, argc, argv);
	struct page other;
	struct error why = { 0 };
	in.verb = verb;
	page_init(&other);
	if (verb->names_case)
		find_other(app, service, &in, &other, &why);
	if (verb->hands && run->case_count == 1)
		plan_handing(app, part, verb, &in, run);
	else
		plan_build(part, verb, &in, run);
	page_clear(&other);
}

/* Run by run of the same service, so that the order stays that of the page. */
static void plan_cases(struct app *app, const struct verb *verb, int argc, const char *const *argv,
	struct page *targets, struct plan *plan)
{
	int count = targets->case_count;
	struct casefile *all = targets->cases;
	for (int from = 0, to; from < count; from = to) {
		struct plan part = { .verb = verb };
		to = from + 1;
		while (to < count && same_service(&all[from], &all[to]))
			to++;
		/* The page itself, since a handing over puts the citizen into it. */
		targets->cases = all + from;
		targets->case_count = to - from;
		plan_run(app, verb, argc, argv, targets, &part);
		plan_join(plan, &part);
	}
	targets->cases = all;
	targets->case_count = count;
}

bool action_plan(struct view *v, const struct verb *verb, int argc, const char *const *argv,
	struct page *targets, struct plan *plan, struct error *err)
{
	page_init(targets);
	*plan = (struct plan){ .verb = verb };
	if (!find_targets(v, verb, targets, err))
		return false;
	bool good = true;
	if (verb->creates || verb->on == ON_CITIZEN)
		good = plan_new(v->app, verb, argc, argv, targets, plan, err);
	else
		plan_cases(v->app, verb, argc, argv, targets, plan);
	plan_check(plan, other_can, &(struct other_ctx){ v->app->sync, v->app->store });
	return good;
}

static void verb_line(struct buf *out, const struct verb *verb, int argc, const char *const *argv)
{
	buf_text(out, verb->name);
	if (argc)
		buf_char(out, ' ');
	action_join(out, argc, argv);
}

static void line_done(void *ctx, const char *line)
{
	struct buf b = { 0 };
	buf_text(&b, line);
	while (b.size && b.text[b.size - 1] == ' ')
		buf_cut(&b, b.size - 1);
	if (b.size)
		action_line(ctx, buf_str(&b));
	buf_clear(&b);
}

static void ask_rest(struct app *app, const char *begin)
{
	struct prompt_ask ask = { .label = ":",
		.begin = begin,
		.history = "command",
		.commands = true,
		.done = line_done,
		.ctx = app };
	prompt_open(app->prompt, &ask);
}

/* The case is somebody's: with a reason it can be taken over. */
static void over_done(void *ctx, const char *line)
{
	if (!line || !*line)
		return;
	struct buf option = { 0 }, all = { 0 };
	buf_printf(&option, "--over=%s", line);
	const char *argv[] = { "take", buf_str(&option) };
	action_join(&all, 2, argv);
	action_line(ctx, buf_str(&all));
	buf_clear(&option);
	buf_clear(&all);
}

static bool offers_taking_over(struct app *app, const struct plan *plan, int argc)
{
	const struct plan_row *row = &plan->rows[0];
	if (strcmp(plan->verb->name, "take") != 0 || argc || !row->cf || !row->cf->worker ||
		row->why.kind != ERROR_CONFLICT)
		return false;
	struct buf label = { 0 };
	buf_printf(&label, _("%s has this case. Reason to take it over: "), row->cf->worker);
	struct prompt_ask ask = { .label = buf_str(&label), .done = over_done, .ctx = app };
	prompt_open(app->prompt, &ask);
	buf_clear(&label);
	return true;
}

struct writing {
	struct app *app;
	const struct verb *verb;
};

static void text_written(void *ctx, const char *text, const struct error *failed)
{
	struct writing *w = ctx;
	struct app *app = w->app;
	const char *argv[] = { "--", text };
	bool dash = text && *text == '-'; /* would be taken for an option */
	struct error err = { 0 };
	struct draft draft = { .kind = w->verb->name, .text = text, .title = w->verb->name };
	if (failed)
		app_error(app, failed);
	else if (text && *text && loop_stopping(app->loop))
		store_draft_put(app->store, &draft, &err); /* cut short: not to be sent unseen */
	else if (!text || !*text)
		app_say(app, "%s", _("Nothing was written, so nothing was done."));
	else if (!action_verb(app, w->verb, dash ? 2 : 1, dash ? argv : argv + 1, &err))
		app_error(app, &err);
	free(w);
}

/* Nothing was said yet: a view of its own, the editor, or the line begun at the prompt asks for it.
 */
static bool ask_arguments(struct app *app, const struct verb *verb, struct error *err)
{
	const struct view_ops *asking = view_asking(verb->name);
	if (asking)
		return view_open(app, asking->name, verb->name, err);
	if (verb->needs_text) {
		struct writing *w = xmalloc(sizeof(*w));
		*w = (struct writing){ app, verb };
		if (editor_open(app, "", NULL, text_written, w, err))
			return true;
		free(w);
		return false;
	}
	struct buf begin = { 0 };
	buf_printf(&begin, "%s ", verb->name);
	ask_rest(app, buf_str(&begin));
	buf_clear(&begin);
	return true;
}

static void wait_with(struct app *app, const char *line, const struct page *targets)
{
	struct acts *acts = app->acts;
	if (app->sync)
		sync_forget(app->sync, acts);
	free(acts->waiting.line);
	acts->waiting.line = xstrdup(line);
	acts->waiting.app = app;
	acts->waiting.view = app->view;
	acts->waiting.key = targets->case_count ? targets->cases[0].key : 0;
}

static bool still_there(struct app *app)
{
	struct page now;
	struct view *v = app->view;
	struct error ignored = { 0 };
	page_init(&now);
	bool same = v == app->acts->waiting.view && v->ops->targets &&
		    v->ops->targets(v, &now, &ignored) && now.case_count &&
		    now.cases[0].key == app->acts->waiting.key;
	page_clear(&now);
	return same;
}

static void go_on(struct acts *acts, int step)
{
	struct app *app = acts->waiting.app;
	struct buf line = { 0 };
	buf_text(&line, acts->waiting.line);
	if (!still_there(app)) {
		app_say(app, _("You went on to another case, so nothing was done: %s."),
			buf_str(&line));
	} else {
		acts->waiting.step = step;
		action_line(app, buf_str(&line));
		acts->waiting.step = NOT_YET;
	}
	buf_clear(&line);
}

static void other_found(void *ctx, const struct error *err)
{
	struct acts *acts = ctx;
	if (err->kind != ERROR_NONE)
		app_error(acts->waiting.app, err);
	else
		go_on(acts, LOOKED);
}

/* Whether the case that a verb names is asked for first: it is of a configured service, and not here. */
static bool asks_for_other(struct app *app, const struct verb *verb, int argc,
	const char *const *argv, const char *line, const struct page *targets)
{
	struct verb_input in = { .verb = verb, .argc = argc, .argv = argv };
	const char *text = verb->names_case ? verb_arg(&in, 0) : NULL;
	struct arena arena = { 0 };
	struct other_case o = { 0 };
	struct error ignored = { 0 };
	if (!text || !app->sync || app->acts->waiting.step >= LOOKED || !targets->case_count)
		return false;
	bool asks = other_read(app->sync, targets->cases[0].service, text, &o, &arena, &ignored) &&
		    o.service && !store_case_key(app->store, o.service, o.ref);
	if (asks) {
		wait_with(app, line, targets);
		app_say(app, _("Asking %s for case %s ..."), o.service, o.ref);
		sync_case_ref(app->sync, o.service, o.ref, true, other_found, app->acts);
	}
	arena_clear(&arena);
	return asks;
}

/* Not having them there is no reason to keep the case. */
static void citizen_asked(void *ctx, const struct error *err)
{
	(void)err;
	go_on(ctx, LOOKED);
}

static void citizen_met(void *ctx, const struct error *err)
{
	(void)err;
	go_on(ctx, MET);
}

/* Whether somebody is asked, before a case is handed over, who its citizen is: our service, where that is not
   known here, then the other one for its own record. */
static bool asks_for_citizen(struct app *app, const struct verb *verb, int argc,
	const char *const *argv, const char *line, const struct page *targets)
{
	struct verb_input in = { .verb = verb, .argc = argc, .argv = argv };
	const struct casefile *cf = targets->cases;
	const char *to = verb_arg(&in, 0);
	struct page citizen;
	if (!verb->hands || !to || !app->sync || app->acts->waiting.step >= LOOKED ||
		targets->case_count != 1 || !cf->citizen)
		return false;
	page_init(&citizen);
	int64_t key = store_citizen_key(app->store, cf->service, cf->citizen);
	bool here = key > 0 && store_citizen(app->store, key, &citizen);
	bool asks = false;
	wait_with(app, line, targets);
	if (!here && app->acts->waiting.step < MET && !sync_away(app->sync, cf->service)) {
		sync_citizen_ref(app->sync, cf->service, cf->citizen, cf->number, citizen_met,
			app->acts);
		asks = true;
	} else if (here) {
		asks = handing_asks(app->sync, app->store, cf, citizen.citizens, to, citizen_asked,
			app->acts);
	}
	if (asks)
		app_say(app, _("Asking who the citizen is ..."));
	page_clear(&citizen);
	return asks;
}

static void confirmed(void *ctx)
{
	go_on(ctx, YES);
}

/* "attach scan.pdf", not where it lies: the question has to fit, with its [y/N], on 80 columns. */
static void in_short(struct buf *out, const struct plan *plan, const char *line)
{
	enum { NAME_COLUMNS = 20, LINE_COLUMNS = 28 };
	const struct patch *p = &plan->rows[0].patch;
	if (!p->file_count) {
		text_cut(out, line, LINE_COLUMNS);
		return;
	}
	buf_printf(out, "%s ", plan->verb->name);
	text_cut(out, p->files[0].name, NAME_COLUMNS);
	if (p->file_count > 1)
		buf_printf(out, " +%d", p->file_count - 1);
}

/* Said before: what cannot be undone. */
static bool asks_first(struct app *app, const struct plan *plan, const char *line)
{
	const struct patch *p = &plan->rows[0].patch;
	struct buf cut = { 0 }, question = { 0 };
	struct page targets = { .cases = (struct casefile *)(uintptr_t)plan->rows[0].cf,
		.case_count = 1 };
	if (!plan->verb->confirms || app->acts->waiting.step == YES || plan->rows[0].refused)
		return false;
	wait_with(app, line, &targets);
	in_short(&cut, plan, line);
	buf_printf(&question, _("%s: %s. %s Do it?"), p->number ? p->number : "-", buf_str(&cut),
		plan->verb->no_undo ? _(plan->verb->no_undo) : "");
	app_confirm(app, buf_str(&question), confirmed, app->acts);
	buf_clear(&cut);
	buf_clear(&question);
	return true;
}

static bool post_single(
	struct view *v, struct plan *plan, const char *line, int argc, struct error *err)
{
	if (plan->count == 0)
		return error_set(
			err, ERROR_USAGE, _("There is no case here to %s."), plan->verb->name);
	if (plan->rows[0].refused) {
		if (offers_taking_over(v->app, plan, argc))
			return true;
		*err = plan->rows[0].why;
		return false;
	}
	if (asks_first(v->app, plan, line))
		return true;
	if (!action_post_plan(v->app, plan, line, err))
		return false;
	if (v->ops->acted)
		v->ops->acted(v, plan);
	return true;
}

bool action_verb(struct app *app, const struct verb *verb, int argc, const char *const *argv,
	struct error *err)
{
	struct view *v = app->view;
	if (argc == 0 && (verb->needs_args || verb->needs_text)) {
		/* Better said now than after the letter is written. */
		struct page trial;
		page_init(&trial);
		bool found = find_targets(v, verb, &trial, err);
		page_clear(&trial);
		return found && ask_arguments(app, verb, err);
	}
	struct page targets;
	struct plan plan;
	struct buf line = { 0 };
	verb_line(&line, verb, argc, argv);
	bool good = action_plan(v, verb, argc, argv, &targets, &plan, err);
	if (good && (asks_for_other(app, verb, argc, argv, buf_str(&line), &targets) ||
			    (plan.count && !plan.rows[0].refused &&
				    asks_for_citizen(
					    app, verb, argc, argv, buf_str(&line), &targets)))) {
		plan_clear(&plan);
		page_clear(&targets);
		buf_clear(&line);
		return true;
	}
	if (good) {
		free(app->acts->line);
		app->acts->line = xstrdup(buf_str(&line));
	}
	if (good && plan.count > 1 && !verb->many)
		good = error_set(err, ERROR_USAGE,
			_("%s works on one case at a time; - takes the marks away."), verb->name);
	else if (good && plan.count > 1)
		good = view_open(app, "plan", buf_str(&line), err);
	else if (good)
		good = post_single(v, &plan, buf_str(&line), argc, err);
	plan_clear(&plan);
	page_clear(&targets);
	buf_clear(&line);
	return good;
}

/* ---- undo and repeat */

/* A row that has left: the same change backwards, on the object as it is now. */
static bool undo_sent(struct app *app, const struct patch *p, struct error *err)
{
	struct patch back = { 0 };
	struct page now;
	page_init(&now);
	bool good = patch_inverse(p, &back, err);
	if (good && p->on == ON_CASE && store_case(app->store, p->object, &now) && now.case_count)
		back.version = arena_copy(&back.arena, now.cases[0].version);
	if (good && p->on == ON_CITIZEN && store_citizen(app->store, p->object, &now) &&
		now.citizen_count)
		back.version = arena_copy(&back.arena, now.citizens[0].version);
	good = good && store_post(app->store, &back, err);
	page_clear(&now);
	patch_clear(&back);
	return good;
}

bool action_keep_text(struct app *app, const struct patch *p, struct error *err)
{
	struct arena a = { 0 };
	const char *text = p->answer ? json_member_text(p->answer, "text", &a) : p->note;
	if (p->answer && !text)
		text = p->answer;
	struct draft draft = { .object = p->object,
		.kind = p->answer ? "reply" : "note",
		.text = text,
		.title = p->title ? p->title : p->number };
	bool good = !text || !*text || store_draft_put(app->store, &draft, err);
	arena_clear(&a);
	return good;
}

static bool undo_one(struct app *app, const struct patch *p, struct error *err)
{
	struct patch row = { 0 };
	bool here = store_patch(app->store, p->key, &row);
	enum patch_state state = row.state;
	patch_clear(&row);
	if (here && state == PATCH_SAVED && store_recall(app->store, p->key, err))
		return true;
	if (here && (state == PATCH_CONFLICT || state == PATCH_REFUSED))
		return action_keep_text(app, p, err) && store_drop(app->store, p->key, err);
	*err = (struct error){ 0 };
	return undo_sent(app, p, err);
}

/* A note or an answer that has left stays. */
static bool is_for_good(struct app *app, const struct patch *p)
{
	struct patch row = { 0 }, back = { 0 };
	struct error ignored = { 0 };
	bool waits = store_patch(app->store, p->key, &row) && row.state != PATCH_SENT &&
		     row.state != PATCH_UNKNOWN;
	bool good = waits || patch_inverse(p, &back, &ignored);
	patch_clear(&row);
	patch_clear(&back);
	return !good;
}

static bool is_of_session(const struct acts *acts, const struct patch *p)
{
	for (int i = 0; i < acts->count; i++)
		for (int k = 0; k < acts->list[i].count; k++)
			if (acts->list[i].patches[k].key == p->key)
				return true;
	return false;
}

static bool same_changes(const struct patch *a, const struct patch *b)
{
	if (a->object != b->object || a->on != b->on || a->count != b->count)
		return false;
	for (int i = 0; i < a->count; i++) {
		const struct change *other = patch_find(b, a->changes[i].field);
		const char *to = a->changes[i].after;

		if (!other || strcmp(to ? to : "", other->after ? other->after : "") != 0)
			return false;
	}
	return true;
}

/* Whether one of the newer rows took it back; that one is spent with it. */
static bool is_taken_back(struct patch *newer, int count, const struct patch *back)
{
	for (int i = count - 1; i >= 0; i--)
		if (newer[i].verb && !strcmp(newer[i].verb, "undo") && same_changes(&newer[i], back)) {
			newer[i].verb = NULL;
			return true;
		}
	return false;
}

void acts_look_back(struct app *app)
{
	struct acts *acts = app->acts;
	int count = 0;
	struct patch *done = store_done(app->store, DONE_LOOKED, &count);

	forget_before(acts);
	for (int i = 0; i < count && acts->before_count < ACTS_KEPT; i++) {
		const struct patch *p = &done[i];
		struct patch back = { 0 };
		struct error ignored = { 0 };

		if (p->verb && strcmp(p->verb, "undo") != 0 && patch_inverse(p, &back, &ignored) &&
			!is_taken_back(done, i, &back) && !is_of_session(acts, p)) {
			struct act *a = &acts->before[acts->before_count++];

			*a = (struct act){ .line = xstrdup(p->verb), .at = p->made, .count = 1 };
			a->patches = xcalloc(1, sizeof(*a->patches));
			patch_copy(a->patches, p);
		}
		patch_clear(&back);
	}
	store_outbox_free(done, count);
}

/* The i-th, the newest first; those of this session are newer than those before. */
static struct act *act_at(struct acts *acts, int i)
{
	if (i < 0 || i >= acts->count + acts->before_count)
		return NULL;
	return i < acts->count ? &acts->list[acts->count - 1 - i] : &acts->before[i - acts->count];
}

bool acts_row(struct app *app, int i, struct act_row *row)
{
	const struct act *a = act_at(app->acts, i);
	if (!a)
		return false;
	*row = (struct act_row){ .line = a->line,
		.number = a->said		? a->pair
			  : a->patches[0].number ? a->patches[0].number
						 : a->patches[0].title,
		.count = a->count,
		.at = a->at };
	for (int k = 0; k < a->count; k++)
		row->for_good = row->for_good || is_for_good(app, &a->patches[k]);
	return true;
}

static void say_undone(struct app *app, const struct act *a, int undone)
{
	struct buf line = { 0 }, name = { 0 };
	if (a->said)
		buf_text(&name, a->pair);
	else
		put_patch_name(&name, app, &a->patches[0]);
	short_line(&line, a->line);
	if (a->said ? undone > 0 : undone == a->count && undone == 1)
		app_say(app, _("Taken back: %s, %s."), buf_str(&line), buf_str(&name));
	else if (undone)
		app_say(app, _("Taken back on %d of %d cases: %s."), undone, a->count,
			buf_str(&line));
	buf_clear(&name);
	buf_clear(&line);
}

static bool undo_said(struct app *app, const struct act *a, struct error *err)
{
	return store_person_undo(app->store, a->said, app_now(app).me, time(NULL), err);
}

bool action_undo(struct app *app, int i, struct error *err)
{
	struct acts *acts = app->acts;
	struct act *at = act_at(acts, i);
	int undone = 0;
	if (!at)
		return error_set(err, ERROR_USAGE, _("There is nothing to undo."));
	struct act a = *at;
	if (i < acts->count)
		memmove(at, at + 1, (size_t)(acts->list + acts->count-- - at - 1) * sizeof(*at));
	else
		memmove(at, at + 1, (size_t)(acts->before + acts->before_count-- - at - 1) * sizeof(*at));
	for (int k = a.count - 1; k >= 0; k--)
		undone += undo_one(app, &a.patches[k], err);
	if (a.said)
		undone = undo_said(app, &a, err);
	say_undone(app, &a, undone);
	act_clear(&a);
	if (app->sync)
		sync_kick(app->sync);
	app_dirty(app);
	return undone > 0;
}

static bool run_undo(struct view *v, int argc, const char *const *argv, struct error *err)
{
	(void)argc;
	(void)argv;
	if (v->app->acts->count == 0)
		return error_set(err, ERROR_USAGE,
			_("Nothing was done in this session; U lists what was done before."));
	return action_undo(v->app, 0, err);
}

static bool run_undo_list(struct view *v, int argc, const char *const *argv, struct error *err)
{
	(void)argc;
	(void)argv;
	acts_look_back(v->app);
	return view_open(v->app, "undo", NULL, err);
}

static bool here_undo_list(const struct view_ops *v)
{
	return strcmp(v->name, "undo") != 0;
}

/* ---- taking out */

static bool copy_case(struct app *app, const struct casefile *cf, const char *what, struct buf *out)
{
	struct arena arena = { 0 };
	if (strcmp(what, "id") == 0)
		buf_text(out, cf->number ? cf->number : cf->id);
	else if (strcmp(what, "url") == 0 && app->sync)
		buf_text(out, other_url(app->sync, cf, &arena));
	arena_clear(&arena);
	return out->size > 0;
}

static bool copy_citizen(struct app *app, int64_t key, const char *what, struct buf *out)
{
	struct page page;
	page_init(&page);
	bool known = key && store_citizen(app->store, key, &page) && page.citizen_count;
	const struct citizen *c = known ? &page.citizens[0] : NULL;
	const char *url = c && c->service && app->config
				  ? config_section_get(app->config, "service", c->service, "url")
				  : NULL;
	if (c && strcmp(what, "phone") == 0)
		buf_text(out, c->phone);
	else if (c && strcmp(what, "id") == 0)
		buf_text(out, c->id);
	else if (c && strcmp(what, "url") == 0 && url && c->id)
		buf_printf(out, "%s/citizens/%s", url, c->id);
	page_clear(&page);
	return out->size > 0;
}

/* Of the case in focus; where there is none, of the citizen. */
static void copied(struct view *v, const char *what, struct buf *out)
{
	struct page targets;
	struct error ignored = { 0 };
	page_init(&targets);
	bool is_case = v->ops->targets && v->ops->targets(v, &targets, &ignored) &&
		       targets.case_count;
	if (strcmp(what, "line") == 0 && v->ops->say)
		v->ops->say(v, out);
	else if (!is_case || !copy_case(v->app, &targets.cases[0], what, out))
		copy_citizen(v->app, v->ops->citizen ? v->ops->citizen(v) : 0, what, out);
	page_clear(&targets);
}

static bool run_copy(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct buf text = { 0 };
	const char *what = argc ? argv[0] : "id";
	copied(v, what, &text);
	bool found = text.size > 0;
	bool copies = strcmp(app_setting(v->app, "ui.copy", "off"), "osc52") == 0;
	if (found && copies)
		screen_copy(v->app->screen, buf_str(&text));
	if (found && copies)
		app_say(v->app, _("Copied: %s"), buf_str(&text));
	else if (found)
		app_say(v->app, "%s", buf_str(&text));
	buf_clear(&text);
	return found || error_set(err, ERROR_USAGE, _("No %s is known here."), what);
}

/* In a review y sends. */
static bool here_copy(const struct view_ops *v)
{
	return v->cases || strcmp(v->name, "citizen") == 0 || strcmp(v->name, "citizens") == 0;
}

void action_remember(struct app *app, const char *line)
{
	char *copy = xstrdup(line);
	free(app->acts->line);
	app->acts->line = copy;
}

static bool run_repeat(struct view *v, int argc, const char *const *argv, struct error *err)
{
	(void)argc;
	(void)argv;
	if (!v->app->acts->line)
		return error_set(
			err, ERROR_USAGE, _("Nothing was done yet that could be repeated."));
	struct buf line = { 0 };
	buf_text(&line, v->app->acts->line);
	bool good = action_run(v->app, buf_str(&line), err);
	buf_clear(&line);
	return good;
}

static bool run_show_command(struct view *v, int argc, const char *const *argv, struct error *err)
{
	(void)argc;
	(void)argv;
	struct app *app = v->app;
	struct acts *acts = app->acts;
	if (acts->count == 0)
		return error_set(err, ERROR_USAGE,
			_("Nothing was done yet that could be shown as a command."));
	const struct act *a = &acts->list[acts->count - 1];
	if (a->said)
		return error_set(err, ERROR_USAGE, _("See caseload citizen --help: join and apart."));
	struct buf b = { 0 };
	size_t word = strcspn(a->line, " ");
	buf_printf(&b, "caseload %.*s", (int)word, a->line);
	for (int i = 0; i < a->count; i++) {
		if (!a->patches[i].number)
			continue;
		buf_char(&b, ' ');
		several_name(&b, app, a->patches[i].service, a->patches[i].number);
	}
	buf_text(&b, a->line + word);
	app_say(v->app, "%s", buf_str(&b));
	buf_clear(&b);
	return true;
}

/* ---- the program's actions */

static bool run_view(struct view *v, int argc, const char *const *argv, struct error *err)
{
	if (argc == 0)
		return error_set(err, ERROR_USAGE, _("Say which view; Tab completes its name."));
	struct buf rest = { 0 };
	const struct view_ops *ops = view_find(argv[0]);
	/* What asks for a verb's words gets a line, which it takes apart again. */
	if (ops && ops->asks_for)
		action_join(&rest, argc - 1, argv + 1);
	for (int i = 1; i < argc && !(ops && ops->asks_for); i++)
		buf_printf(&rest, "%s%s", i > 1 ? " " : "", argv[i]);
	bool good = view_open(v->app, argv[0], argc > 1 ? buf_str(&rest) : NULL, err);
	buf_clear(&rest);
	return good;
}

static bool open_plain(
	struct view *v, const char *name, int argc, const char *const *argv, struct error *err)
{
	const char *all[8] = { name };
	int count = 1;
	for (int i = 0; i < argc && count < 8; i++)
		all[count++] = argv[i];
	return run_view(v, count, all, err);
}

static bool run_help(struct view *v, int argc, const char *const *argv, struct error *err)
{
	return open_plain(v, "help", argc, argv, err);
}

static bool run_palette(struct view *v, int argc, const char *const *argv, struct error *err)
{
	(void)argc;
	(void)argv;
	return view_open(v->app, "help", "all", err);
}

static bool here_palette(const struct view_ops *v)
{
	return strcmp(v->name, "help") != 0;
}

static bool run_outbox(struct view *v, int argc, const char *const *argv, struct error *err)
{
	return open_plain(v, "outbox", argc, argv, err);
}

static bool here_outbox(const struct view_ops *v)
{
	return strcmp(v->name, "outbox") != 0;
}

static bool run_find(struct view *v, int argc, const char *const *argv, struct error *err)
{
	return open_plain(v, "citizens", argc, argv, err);
}

static bool here_find(const struct view_ops *v)
{
	return view_find("citizens") && strcmp(v->name, "citizens") != 0;
}

static bool run_citizen(struct view *v, int argc, const char *const *argv, struct error *err)
{
	if (argc)
		return open_plain(v, "citizen", argc, argv, err);
	int64_t key = v->ops->citizen ? v->ops->citizen(v) : 0;
	if (!key)
		return error_set(err, ERROR_USAGE, _("No citizen is known here; f finds one."));
	return view_citizen_open(v->app, key, err);
}

static bool here_citizen(const struct view_ops *v)
{
	return v->citizen != NULL && view_find("citizen");
}

static bool run_worklist(struct view *v, int argc, const char *const *argv, struct error *err)
{
	(void)argc;
	(void)argv;
	(void)err;
	struct app *app = v->app;
	while (app->view->below)
		view_close(app);
	return true;
}

static bool run_back(struct view *v, int argc, const char *const *argv, struct error *err)
{
	(void)argc;
	(void)argv;
	if (!v->below)
		return error_set(err, ERROR_USAGE, _("This is the first screen; Q quits."));
	view_close(v->app);
	return true;
}

static bool run_cancel(struct view *v, int argc, const char *const *argv, struct error *err)
{
	(void)argc;
	(void)argv;
	(void)err;
	view_close(v->app);
	return true;
}

static bool run_quit(struct view *v, int argc, const char *const *argv, struct error *err)
{
	(void)argc;
	(void)argv;
	(void)err;
	tui_quit(v->app);
	return true;
}

static bool run_suspend(struct view *v, int argc, const char *const *argv, struct error *err)
{
	(void)argc;
	(void)argv;
	(void)err;
	tui_suspend(v->app);
	return true;
}

static bool run_lock(struct view *v, int argc, const char *const *argv, struct error *err)
{
	if (argc && strcmp(argv[0], "new") != 0)
		return error_set(err, ERROR_USAGE, _("lock, or lock new to choose another passphrase."));
	return lock_now(v->app, argc, err);
}

static bool run_interrupt(struct view *v, int argc, const char *const *argv, struct error *err)
{
	(void)argc;
	(void)argv;
	(void)err;
	tui_interrupt(v->app);
	return true;
}

static bool run_redraw(struct view *v, int argc, const char *const *argv, struct error *err)
{
	(void)argc;
	(void)argv;
	(void)err;
	screen_redraw(v->app->screen);
	app_dirty(v->app);
	return true;
}

static bool run_refresh(struct view *v, int argc, const char *const *argv, struct error *err)
{
	(void)argc;
	(void)argv;
	(void)err;
	if (v->app->sync)
		sync_retry_now(v->app->sync);
	view_reload(v);
	app_say(v->app, "%s", _("Asking the service again."));
	return true;
}

static bool run_prompt(struct view *v, int argc, const char *const *argv, struct error *err)
{
	(void)err;
	struct buf begin = { 0 };
	action_join(&begin, argc, argv);
	ask_rest(v->app, buf_str(&begin));
	buf_clear(&begin);
	return true;
}

const struct action program_actions[] = {
	{ "view", "NAME [ARG]", N_("Open a screen by its name."), run_view, NULL },
	{ "worklist", NULL, N_("Back to the worklist."), run_worklist, NULL },
	{ "outbox", NULL, N_("What is not yet sent, and drafts."), run_outbox, here_outbox },
	{ "find", "[WORDS]", N_("Find a citizen by name, reference, address or telephone."),
		run_find, here_find },
	{ "citizen", "[REF]", N_("The citizen behind this case, with all their cases."),
		run_citizen, here_citizen },
	{ "undo", NULL, N_("Take the last act back."), run_undo, NULL },
	{ "undo-list", NULL, N_("What was done, to take any of it back."),
		run_undo_list, here_undo_list },
	{ "copy", "id|url|phone|line", N_("Copy it to the clipboard, or show it: ui.copy."),
		run_copy, here_copy },
	{ "repeat", NULL, N_("Do the last act again, here."), run_repeat, NULL },
	{ "show-command", NULL, N_("Show the last act as a command line."), run_show_command,
		NULL },
	{ "prompt", "[LINE]", N_("Type a command."), run_prompt, NULL },
	{ "help", NULL, N_("All keys that do something here."), run_help, here_palette },
	{ "palette", NULL, N_("Find a command, a screen or a case by its name."), run_palette,
		here_palette },
	{ "refresh", NULL, N_("Ask the service again."), run_refresh, NULL },
	{ "redraw", NULL, N_("Draw the whole screen again."), run_redraw, NULL },
	{ "suspend", NULL, N_("Back to the shell for a while; fg returns."), run_suspend, NULL },
	{ "lock", "[new]", N_("Lock the screen; with new, another passphrase is chosen first."), run_lock,
		NULL },
	{ "cancel", NULL, N_("Leave what was begun."), run_cancel, NULL },
	{ "interrupt", NULL, N_("Stop what is under way."), run_interrupt, NULL },
	{ "back", NULL, N_("Back to the screen before."), run_back, NULL },
	{ "quit", NULL, N_("Send what is held, and end."), run_quit, NULL },
	{ NULL, NULL, NULL, NULL, NULL },
};

/* ---- running a line */

static bool unknown_line(const char *word, struct error *err)
{
	const char *near = verb_nearest(word);
	if (near)
		return error_set(err, ERROR_USAGE, _("There is no command %s; did you mean %s?"),
			word, near);
	return error_set(
		err, ERROR_USAGE, _("There is no command %s; ? lists what there is."), word);
}

static bool run_words(struct app *app, int argc, const char *const *argv, struct error *err)
{
	struct view *v = app->view;
	const struct action *a = action_find(v->ops->actions, argv[0]);
	if (!a)
		a = action_find(program_actions, argv[0]);
	if (a)
		return a->run(v, argc - 1, argv + 1, err);
	const struct verb *verb = verb_find(argv[0]);
	if (verb)
		return action_verb(app, verb, argc - 1, argv + 1, err);
	return unknown_line(argv[0], err);
}

/* A line of a key may end in a space: it is begun at the prompt and finished by the person. */
static bool is_begun(const char *line)
{
	size_t size = strlen(line);
	return size > 0 && line[size - 1] == ' ' && line[strspn(line, " ")];
}

bool action_run(struct app *app, const char *line, struct error *err)
{
	int count = 0;
	if (is_begun(line)) {
		ask_rest(app, line);
		return true;
	}
	char **argv = action_split(line, &count);
	if (!argv)
		return error_set(err, ERROR_USAGE, _("A quote is not closed in: %s"), line);
	bool good = count == 0 || run_words(app, count, (const char *const *)argv, err);
	free(argv);
	app_dirty(app);
	return good;
}

void action_line(struct app *app, const char *line)
{
	struct error err = { 0 };
	char *kept = xstrdup(line); /* the owner of the line may go while it runs */
	if (!action_run(app, kept, &err) && err.text[0])
		app_error(app, &err);
	free(kept);
}

/* ---- completion */

static void offer(struct buf *words, const char *begun, size_t size, const char *word)
{
	if (word && strncmp(word, begun, size) == 0)
		buf_printf(words, "%s%s", words->size ? "\n" : "", word);
}

static void offer_names(struct app *app, const char *begun, size_t size, struct buf *words)
{
	const struct view_ops *v = app->view->ops;
	for (const struct action *a = v->actions; a && a->name; a++)
		offer(words, begun, size, a->name);
	for (const struct action *a = program_actions; a->name; a++) {
		if (!a->here || a->here(v))
			offer(words, begun, size, a->name);
	}
	for (const struct verb *const *verb = verb_list; *verb; verb++)
		offer(words, begun, size, (*verb)->name);
}

static void offer_states(struct app *app, const char *begun, size_t size, struct buf *words)
{
	static const char *const stages[] = { "new", "open", "waiting", "resolved", NULL };
	const struct page *people = app_people(app);
	for (int i = 0; stages[i]; i++)
		offer(words, begun, size, stages[i]);
	struct page targets;
	page_init(&targets);
	struct error err = { 0 };
	struct view *v = app->view;
	if (v->ops->targets && v->ops->targets(v, &targets, &err) && targets.case_count) {
		for (int i = 0; i < people->kind_count; i++) {
			const struct kind *k = &people->kinds[i];
			if (!targets.cases[0].kind || strcmp(k->id, targets.cases[0].kind) != 0)
				continue;
			for (int step = 0; step < k->step_count; step++)
				offer(words, begun, size, k->steps[step].id);
		}
	}
	page_clear(&targets);
}

static void offer_workers(struct app *app, const char *begun, size_t size, struct buf *words)
{
	const struct page *people = app_people(app);
	offer(words, begun, size, "me");
	offer(words, begun, size, "none");
	for (int i = 0; i < people->worker_count; i++)
		offer(words, begun, size, people->workers[i].id);
	struct buf team = { 0 };
	for (int i = 0; i < people->team_count; i++) {
		buf_reset(&team);
		buf_printf(&team, "team:%s", people->teams[i].id);
		offer(words, begun, size, buf_str(&team));
	}
	buf_clear(&team);
}

/* What begins so in its directory; a directory with its slash. Names with a space would need quotes, and
   a word ends there: those are typed. */
static void offer_files(const char *begun, size_t size, struct buf *words)
{
	struct buf dir = { 0 }, word = { 0 };
	const char *home = getenv("HOME");
	size_t before = size;
	while (before && begun[before - 1] != '/')
		before--;
	if (!before)
		buf_text(&dir, ".");
	else if (strncmp(begun, "~/", 2) == 0 && home)
		buf_printf(&dir, "%s%.*s", home, (int)before - 1, begun + 1);
	else
		buf_add(&dir, begun, before);
	DIR *list = opendir(buf_str(&dir));
	for (struct dirent *e; list && (e = readdir(list));) {
		struct stat st;
		if (e->d_name[0] == '.' || strpbrk(e->d_name, " \t\n'\"\\") ||
			fstatat(dirfd(list), e->d_name, &st, 0))
			continue;
		buf_reset(&word);
		buf_printf(&word, "%.*s%s%s", (int)before, begun, e->d_name,
			S_ISDIR(st.st_mode) ? "/" : "");
		if (S_ISDIR(st.st_mode) || S_ISREG(st.st_mode))
			offer(words, begun, size, buf_str(&word));
	}
	if (list)
		closedir(list);
	buf_clear(&dir);
	buf_clear(&word);
}

/* The citizen's other cases: what is linked and merged most. */
static void offer_cases(struct app *app, const char *begun, size_t size, struct buf *words)
{
	struct view *v = app->view;
	int64_t citizen = v->ops->citizen ? v->ops->citizen(v) : 0;
	struct page page;
	page_init(&page);
	if (citizen)
		store_citizen_cases(app->store, citizen, &page);
	for (int i = 0; i < page.case_count; i++)
		offer(words, begun, size, page.cases[i].number);
	page_clear(&page);
}

static void offer_arguments(
	struct app *app, const struct verb *verb, const char *begun, size_t size, struct buf *words)
{
	static const char *const dates[] = { "today", "tomorrow", "monday", "1d", "3d", "1w", "2w",
		"none", NULL };
	const struct page *people = app_people(app);
	switch (verb->completes) {
	case COMPLETE_WORKER:
		offer_workers(app, begun, size, words);
		break;
	case COMPLETE_TEAM:
		for (int i = 0; i < people->team_count; i++)
			offer(words, begun, size, people->teams[i].id);
		break;
	case COMPLETE_STATE:
		offer_states(app, begun, size, words);
		break;
	case COMPLETE_DATE:
		for (int i = 0; dates[i]; i++)
			offer(words, begun, size, dates[i]);
		break;
	case COMPLETE_FILE:
		offer_files(begun, size, words);
		break;
	case COMPLETE_CASE:
		offer_cases(app, begun, size, words);
		break;
	case COMPLETE_SERVICE:
		for (int i = 0; app->sync && sync_service(app->sync, i); i++)
			offer(words, begun, size, sync_service(app->sync, i)->name);
		break;
	default:
		break;
	}
}

static void offer_valued(struct buf *words, const char *begun, size_t size, const char *option,
	const char *value)
{
	struct buf b = { 0 };
	buf_printf(&b, "--%s=%s", option, value ? value : "");
	offer(words, begun, size, buf_str(&b));
	buf_clear(&b);
}

/* After --attach= the names of files, each with that before it. */
static void offer_attached(const char *begun, size_t size, size_t before, struct buf *words)
{
	struct buf names = { 0 }, word = { 0 };
	offer_files(begun + before, size - before, &names);
	for (const char *at = buf_str(&names); *at;) {
		size_t length = strcspn(at, "\n");
		buf_reset(&word);
		buf_printf(&word, "%.*s%.*s", (int)before, begun, (int)length, at);
		offer(words, begun, size, buf_str(&word));
		at += length + (at[length] == '\n');
	}
	buf_clear(&names);
	buf_clear(&word);
}

static void offer_options(struct app *app, const struct verb *verb, const char *begun, size_t size,
	struct buf *words)
{
	const struct page *people = app_people(app);
	for (const struct verb_option *o = verb->options; o && o->name; o++) {
		struct buf b = { 0 };
		buf_printf(&b, "--%s%s", o->name, o->value ? "=" : "");
		if (size <= b.size)
			offer(words, begun, size, buf_str(&b));
		bool inside = size > b.size - 1 && strncmp(begun, buf_str(&b), b.size) == 0;
		if (inside && strcmp(o->name, "attach") == 0)
			offer_attached(begun, size, b.size, words);
		buf_clear(&b);
		if (!inside)
			continue;
		const char *name;
		for (int i = 0; strcmp(o->name, "source") == 0 && app->config &&
				(name = config_section(app->config, "service", i)); i++)
			offer_valued(words, begun, size, o->name, name);
		for (int i = 0; strcmp(o->name, "template") == 0 && i < people->template_count; i++)
			offer_valued(words, begun, size, o->name, people->templates[i].id);
		for (int i = 0; strcmp(o->name, "kind") == 0 && i < people->kind_count; i++)
			offer_valued(words, begun, size, o->name, people->kinds[i].id);
		for (int i = 0; strcmp(o->name, "team") == 0 && i < people->team_count; i++)
			offer_valued(words, begun, size, o->name, people->teams[i].id);
	}
}

static void offer_fields(const struct verb *verb, const char *begun, size_t size, struct buf *words)
{
	if (verb->completes != COMPLETE_FIELD)
		return;
	struct buf b = { 0 };
	for (const struct case_field *f = case_fields; verb->on == ON_CASE && f->name; f++) {
		buf_reset(&b);
		buf_printf(&b, "%s=", f->name);
		offer(words, begun, size, buf_str(&b));
	}
	for (int i = 0; verb->on == ON_CITIZEN && citizen_fields[i]; i++) {
		buf_reset(&b);
		buf_printf(&b, "%s=", citizen_fields[i]);
		offer(words, begun, size, buf_str(&b));
	}
	buf_clear(&b);
}

void action_complete(struct app *app, const char *line, int at, int *start, struct buf *words)
{
	int begin = at;
	while (begin > 0 && line[begin - 1] != ' ')
		begin--;
	*start = begin;
	const char *begun = line + begin;
	size_t size = (size_t)(at - begin), first = strcspn(line, " ");
	if ((size_t)begin < first || begin == 0) {
		offer_names(app, begun, size, words);
		return;
	}
	char name[32];
	snprintf(name, sizeof(name), "%.*s", (int)first, line);
	for (const struct view_ops *const *v = view_list; strcmp(name, "view") == 0 && *v; v++)
		offer(words, begun, size, (*v)->name);
	if (strcmp(name, "attach-file") == 0)
		offer_files(begun, size, words);
	const struct verb *verb = verb_find(name);
	if (!verb)
		return;
	offer_options(app, verb, begun, size, words);
	if (*begun != '-' || size == 0) {
		offer_arguments(app, verb, begun, size, words);
		offer_fields(verb, begun, size, words);
	}
}
