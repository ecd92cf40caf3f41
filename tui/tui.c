/* See tui.h. */
#include "tui/tui.h"
#include "model/i18n.h"
#include "tui/input.h"
#include "tui/lock.h"
#include "tui/prompt.h"
#include "tui/status.h"
#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

enum {
	NEXT_KEYS_MS = 500,
	QUIT_WAIT_MS = 5000,
	INTERRUPT_MS = 2000,
	STORE_AGAIN_MS = 300,
	SEQUENCE = 4,
};

struct tui {
	struct app app;
	struct input input;
	int keys[SEQUENCE]; /* begun, not yet a binding */
	int key_count;
	int escape_timer, next_timer, minute_timer, store_timer;
	unsigned long drawn; /* store_changed() at the last draw */
	bool quitting;
	bool touched;	     /* a key came since the last draw */
	bool hung_up;	     /* the terminal is gone */
	int64_t interrupted_ms;
	const struct service *asking; /* wants its token, once the prompt is free */
	struct buf code; /* of a login elsewhere, to be shown once nothing is under way */
};

/* ---- keys */

static void draw_now(struct tui *t)
{
	if (lock_on(&t->app))
		lock_draw(&t->app, t->app.screen);
	else if (t->app.dirty || !view_draw_step(&t->app))
		view_draw(&t->app);
	t->app.stepped = false;
	t->app.dirty = t->app.wanted = false;
	t->touched = false;
	t->drawn = store_changed(t->app.store);
}

/* What changed, if anything did and may be seen. */
static void paint(struct tui *t)
{
	struct app *app = &t->app;
	lock_check(app);
	if (store_changed(app->store) != t->drawn)
		app->dirty = true;
	bool may = t->touched || app->wanted || !app->quiet;
	if ((app->dirty || app->stepped) && may && !screen_away(app->screen) && !loop_stopping(app->loop))
		draw_now(t);
}

static void sequence_end(struct tui *t)
{
	loop_cancel(t->app.loop, t->next_timer);
	t->next_timer = 0;
	t->key_count = 0;
	status_continuations(t->app.status, NULL);
}

static void sequence_name(const struct tui *t, struct buf *b)
{
	for (int i = 0; i < t->key_count; i++)
		key_name(b, t->keys[i]);
}

/* Half a second after an unfinished sequence: what can follow. */
static void show_next(void *ctx)
{
	struct tui *t = ctx;
	struct buf begun = { 0 }, list = { 0 };
	struct keymap_row row;
	t->next_timer = 0;
	sequence_name(t, &begun);
	for (int i = 0; keymap_row(t->app.keymap, t->app.view->ops, i, &row); i++) {
		if (strncmp(row.keys, buf_str(&begun), begun.size) != 0 || !row.keys[begun.size])
			continue;
		buf_printf(&list, "%s%s %s", list.size ? "   " : "", row.keys, row.line);
	}
	status_continuations(t->app.status, buf_str(&list));
	buf_clear(&begun);
	buf_clear(&list);
}

static void key_unbound(struct tui *t)
{
	struct buf b = { 0 };
	sequence_name(t, &b);
	app_say(&t->app, _("%s does nothing here; ? lists the keys that do."), buf_str(&b));
	buf_clear(&b);
}

static void run_keys(struct tui *t)
{
	bool more = false;
	const char *line =
		keymap_find(t->app.keymap, t->app.view->ops, t->keys, t->key_count, &more);
	if (more) {
		loop_cancel(t->app.loop, t->next_timer);
		t->next_timer = loop_after(t->app.loop, NEXT_KEYS_MS, show_next, t);
		return;
	}
	if (!line && !(t->key_count > 1 && t->keys[t->key_count - 1] == KEY_ESC_))
		key_unbound(t);
	/* The line may change the keymap's view, so what was typed ends first. */
	sequence_end(t);
	if (line)
		action_line(&t->app, line);
}

/* What was typed ahead goes with the key that opened it. */
static void take_locked(struct tui *t, const struct input_event *e)
{
	sequence_end(t);
	t->touched = true;
	if (!lock_key(&t->app, e))
		return;
	input_clear(&t->input);
	tcflush(STDIN_FILENO, TCIFLUSH);
}

static void take_key(struct tui *t, const struct input_event *e)
{
	struct view *v = t->app.view;
	lock_check(&t->app); /* whoever comes too late meets the lock, not what was beneath it */
	if (lock_on(&t->app)) {
		take_locked(t, e);
		return;
	}
	lock_touch(&t->app);
	status_key(t->app.status);
	t->touched = true;
	bool prompting = t->key_count == 0 && prompt_is_open(t->app.prompt);
	/* Several keys come between two drawings: Enter opens what matches the letters before it, not what was
	   on the screen when they were typed. */
	if (!prompting || e->key == KEY_ENTER_)
		view_settle(v);
	if (prompting) {
		prompt_key(t->app.prompt, e);
		return;
	}
	if (e->what == INPUT_PASTE) {
		if (!v->ops->paste || !v->ops->paste(v, e->bytes))
			app_say(&t->app, "%s", _("Pasted text is not taken as keys."));
		app_dirty(&t->app);
		return;
	}
	if (e->key == KEY_UNKNOWN_)
		return;
	if (t->key_count == 0 && v->ops->key && v->ops->key(v, e->key)) {
		app_dirty(&t->app);
		return;
	}
	if (t->key_count == SEQUENCE)
		sequence_end(t);
	t->keys[t->key_count++] = e->key;
	run_keys(t);
}

static void take_keys(struct tui *t);

static void escape_over(void *ctx)
{
	struct tui *t = ctx;
	t->escape_timer = 0;
	input_expire(&t->input);
	take_keys(t);
}

static void take_keys(struct tui *t)
{
	struct input_event e;
	while (!screen_away(t->app.screen) && input_next(&t->input, &e))
		take_key(t, &e);
	loop_cancel(t->app.loop, t->escape_timer);
	t->escape_timer = 0;
	if (input_unfinished(&t->input))
		t->escape_timer = loop_after(t->app.loop, INPUT_ESCAPE_MS, escape_over, t);
}

static bool readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	return poll(&p, 1, 0) == 1;
}

/* All waiting keys first, then one drawing. */
static void terminal_ready(void *ctx)
{
	struct tui *t = ctx;
	char bytes[4096];
	for (int rounds = 0; rounds < 16; rounds++) {
		ssize_t n = read(STDIN_FILENO, bytes, sizeof(bytes));
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			return;
		if (n <= 0) {
			t->hung_up = true;
			loop_stop(t->app.loop);
			return;
		}
		input_feed(&t->input, bytes, (size_t)n);
		take_keys(t);
		explicit_bzero(bytes, (size_t)n);
		if (screen_away(t->app.screen) || !readable(STDIN_FILENO))
			break;
	}
	paint(t); /* before whatever else is due */
}

void tui_keys_pause(struct app *app)
{
	loop_unwatch(app->loop, STDIN_FILENO);
}

void tui_keys_resume(struct app *app)
{
	loop_watch(app->loop, STDIN_FILENO, terminal_ready, app->tui);
}

/* ---- signals, leaving */

static void suspended(struct tui *t)
{
	screen_leave(t->app.screen);
	signal(SIGTSTP, SIG_DFL);
	/* The whole job stops, as Ctrl-Z at the terminal would do: also a make that started us. */
	kill(0, SIGTSTP);
}

static void caught(void *ctx, int signo)
{
	struct tui *t = ctx;
	switch (signo) {
	case SIGWINCH:
		screen_resize(t->app.screen);
		break;
	case SIGCONT:
		loop_signal(t->app.loop, SIGTSTP, caught, t);
		lock_check(&t->app); /* the time it was stopped counts */
		if (!t->app.editing)
			screen_return(t->app.screen);
		break;
	case SIGTSTP:
		if (!lock_on(&t->app)) /* a locked screen gives nobody the shell */
			suspended(t);
		break;
	case SIGINT:
		tui_interrupt(&t->app);
		break;
	default:
		t->hung_up = signo == SIGHUP;
		loop_stop(t->app.loop);
	}
	t->touched = true;
	app_dirty(&t->app);
}

void tui_suspend(struct app *app)
{
	suspended(app->tui);
}

void tui_interrupt(struct app *app)
{
	struct tui *t = app->tui;
	int64_t now = loop_now_ms();
	if (lock_on(app))
		return;
	if (t->interrupted_ms && now - t->interrupted_ms < INTERRUPT_MS) {
		tui_quit(app);
		return;
	}
	t->interrupted_ms = now;
	app_say(app, "%s", _("Nothing was lost. Q quits, and so does Ctrl-C again."));
}

static bool any_online(struct app *app)
{
	for (int i = 0; app->sync && i < sync_service_count(app->sync); i++) {
		struct arena a = { 0 };
		struct service_state state = { 0 };
		bool known = store_state(app->store, sync_service(app->sync, i)->name, &state, &a);
		arena_clear(&a);
		if (known && state.online)
			return true;
	}
	return false;
}

static void quit_over(void *ctx)
{
	struct tui *t = ctx;
	loop_stop(t->app.loop);
}

void tui_quit(struct app *app)
{
	struct tui *t = app->tui;
	store_release_held(app->store, time(NULL));
	if (app->sync)
		sync_kick(app->sync);
	int unsent = app->sync && sync_sends(app->sync) ? sync_unsent(app->sync) : 0;
	if (t->quitting || unsent == 0 || !any_online(app)) {
		loop_stop(app->loop);
		return;
	}
	t->quitting = true;
	app_say(app, P_("Sending %d change; Q again ends at once, it is kept and leaves next time.",
		"Sending %d changes; Q again ends at once, they are kept and leave next time.",
		(unsigned long)unsent), unsent);
	loop_after(app->loop, QUIT_WAIT_MS, quit_over, t);
}

/* ---- the loop's hooks */

static void token_typed(void *ctx, const char *line)
{
	struct tui *t = ctx;
	const struct service *service = t->asking;
	t->asking = NULL;
	sync_token(t->app.sync, service->name, line);
}

static void service_asks(void *ctx, struct service *service)
{
	struct tui *t = ctx;
	t->asking = service;
	app_dirty(&t->app);
}

/* The code to be typed elsewhere is a view of its own, which goes when it was. */
static void service_shows(void *ctx, struct service *service, const struct oauth_code *code)
{
	struct tui *t = ctx;
	struct app *app = &t->app;
	struct buf text = { 0 };
	if (!code->code) {
		if (app->view && app->view->ops == view_find("login"))
			view_close(app);
		buf_clear(&t->code);
		app_dirty(app);
		return;
	}
	buf_printf(&text, _("Log in to %s\n\nOpen this address on any device:\n\n  %s\n\nand enter this "
			    "code there:\n\n  %s\n\nIt is good for %d minutes. This goes on by itself as "
			    "soon as you did; q goes back to work meanwhile."),
		service->name, code->address, code->code, (code->left_s + 59) / 60);
	buf_clear(&t->code);
	t->code = text;
	app_dirty(app);
}

/* What is under way is not covered: a prompt, keys, an editor. */
static void show_code(struct tui *t)
{
	if (!t->code.size || prompt_is_open(t->app.prompt) || t->key_count || t->app.editing)
		return;
	struct error err = { 0 };
	if (!view_open(&t->app, "login", buf_str(&t->code), &err))
		app_error(&t->app, &err);
	buf_clear(&t->code);
}

/* A token command that asks has the terminal while it runs, as an editor has. */
static bool lend_terminal(void *ctx, bool lent)
{
	struct tui *t = ctx;
	if (lent && t->app.editing)
		return false;
	if (lent) {
		tui_keys_pause(&t->app);
		screen_leave(t->app.screen);
		return true;
	}
	screen_return(t->app.screen);
	tui_keys_resume(&t->app);
	app_dirty(&t->app);
	return true;
}

/* What a person types meanwhile is not cut off. */
static void ask_token(struct tui *t)
{
	if (!t->asking || prompt_is_open(t->app.prompt) || t->key_count)
		return;
	struct buf label = { 0 };
	struct arena a = { 0 };
	struct service_state state = { 0 };
	/* Asked again because the last one was refused: say so. */
	if (!t->asking->asks_key && store_state(t->app.store, t->asking->name, &state, &a) && !state.online && state.why)
		buf_printf(&label, "%s ", state.why);
	if (t->asking->asks_key)
		buf_printf(&label,
			t->asking->asks_again ? _("It was wrong. PIN or key password for %s (is not shown): ")
					      : _("PIN or key password for %s (is not shown): "),
			t->asking->name);
	else if (t->asking->user)
		buf_printf(&label, _("Password for %s at %s (is not shown): "), t->asking->user,
			t->asking->name);
	else
		buf_printf(&label, _("Token for %s (is not shown): "), t->asking->name);
	arena_clear(&a);
	struct prompt_ask ask = {
		.label = buf_str(&label), .hidden = true, .done = token_typed, .ctx = t
	};
	prompt_open(t->app.prompt, &ask);
	buf_clear(&label);
}

static void before_sleep(void *ctx)
{
	struct tui *t = ctx;
	struct app *app = &t->app;
	ask_token(t);
	show_code(t);
	const char *flaw = sync_flaw(app->sync);
	if (flaw)
		app_say(app, "%s", flaw);
	if (t->quitting && sync_unsent(app->sync) == 0)
		loop_stop(app->loop);
	paint(t);
}

static void store_again(void *ctx)
{
	struct tui *t = ctx;
	t->store_timer = 0;
	store_watched(t->app.store);
}

/* Another window is writing: its commit may come a moment after. */
static void store_ready(void *ctx)
{
	struct tui *t = ctx;
	store_watched(t->app.store);
	if (!t->store_timer)
		t->store_timer = loop_after(t->app.loop, STORE_AGAIN_MS, store_again, t);
}

static void minute_over(void *ctx)
{
	struct tui *t = ctx;
	int to_next_ms = (int)(60 - time(NULL) % 60) * 1000 + 20;
	t->minute_timer = loop_after(t->app.loop, to_next_ms, minute_over, t);
	app_dirty(&t->app);
}

static void watch_clock(struct tui *t)
{
	if (app_flag(&t->app, "ui.clock", true) && !t->app.quiet)
		minute_over(t);
}

/* Before the first screen stands: from then on a signal has to leave the terminal sane. */
static void watch_signals(struct tui *t)
{
	static const int signals[] = { SIGWINCH, SIGCONT, SIGTSTP, SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		loop_signal(t->app.loop, signals[i], caught, t);
	signal(SIGPIPE, SIG_IGN);
}

static void watch_all(struct tui *t)
{
	loop_watch(t->app.loop, STDIN_FILENO, terminal_ready, t);
	int fd = store_watch_fd(t->app.store);
	if (fd >= 0)
		loop_watch(t->app.loop, fd, store_ready, t);
	loop_before_sleep(t->app.loop, before_sleep, t);
	watch_clock(t);
}

/* ---- beginning and end */

static void locale_begin(void)
{
	const char *lang = getenv("LANG"), *all = getenv("LC_ALL"), *ctype = getenv("LC_CTYPE");
	bool said = (lang && *lang) || (all && *all) || (ctype && *ctype);
	setlocale(LC_ALL, said ? "" : "C.UTF-8");
}

static bool wants_no_color(const struct app *app, const struct tui_options *o)
{
	const char *said = o->color ? o->color : app_setting(app, "ui.color", "auto");
	const char *no_color = getenv("NO_COLOR");
	if (strcmp(said, "auto") != 0)
		return strcmp(said, "never") == 0;
	return no_color && *no_color;
}

static bool app_begin(
	struct app *app, const struct tui_options *o, const char **notice, struct error *err)
{
	struct buf problems = { 0 };
	app->screen = screen_open(
		app_setting(app, "ui.theme", "auto"), wants_no_color(app, o),
		app_flag(app, "ui.mouse", false), notice, err);
	if (!app->screen)
		return false;
	app->loop = loop_new();
	watch_signals(app->tui);
	app->status = status_new(app);
	app->prompt = prompt_new(app);
	app->acts = acts_new();
	lock_new(app);
	app->keymap = keymap_new(app->config, &problems);
	app->quiet = app_flag(app, "ui.quiet", false);
	if (problems.size) {
		buf_cut(&problems, strcspn(problems.text, "\n"));
		app_say(app, "%s", buf_str(&problems));
	}
	buf_clear(&problems);
	editor_rescue(app->store);
	return view_open(app, "cases", NULL, err);
}

static void app_end(struct app *app)
{
	editor_abandon(app);
	lock_free(app->lock);
	view_close_all(app);
	prompt_free(app->prompt);
	sync_free(app->sync);
	buf_clear(&app->tui->code);
	keymap_free(app->keymap);
	acts_free(app->acts);
	status_free(app->status);
	screen_close(app->screen);
	if (app->loop)
		loop_free(app->loop);
	page_clear(&app->people);
	page_clear(&app->people_before);
}

/* The first screen stands before this: now the network may take its time. */
static void connect(struct app *app)
{
	struct error err = { 0 };
	app->sync = sync_new(app->loop, app->store, app->config, &err);
	if (!app->sync) {
		app_error(app, &err);
		return;
	}
	sync_asker(app->sync, service_asks, app->tui);
	sync_shower(app->sync, service_shows, app->tui);
	sync_lender(app->sync, lend_terminal, app->tui);
	sync_people(app->sync, NULL, 0, NULL, NULL);
	sync_follow(app->sync, true);
	for (struct view *v = app->view; v; v = v->below)
		view_reload(v);
}

/* What was being written when the program ended, however it ended. */
static void say_drafts(struct app *app)
{
	struct arena a = { 0 };
	struct draft *drafts = NULL;
	int count = store_drafts(app->store, &drafts, &a);
	if (count)
		app_say(app, P_("%d draft waits; go shows it.", "%d drafts wait; go shows them.",
			(unsigned long)count), count);
	arena_clear(&a);
}

static void say_first(struct app *app, const struct tui_options *o, const char *notice)
{
	const char *problem = app->config ? config_problem(app->config, 0) : NULL;
	if (notice || o->notice)
		app_say(app, "%s", notice ? notice : o->notice);
	else if (problem)
		app_say(app, "%s", problem);
	else
		say_drafts(app);
}

static void say_last(struct app *app, bool hung_up)
{
	int conflicts = 0, refused = 0;
	int pending = store_pending(app->store, &conflicts, &refused);
	if (pending && !hung_up)
		fprintf(stderr, P_("%d change is saved here and leaves when caseload runs again.\n",
			"%d changes are saved here and leave when caseload runs again.\n",
			(unsigned long)pending), pending);
}

int tui_run(const struct config *config, struct store *store, const struct tui_options *options)
{
	static const struct tui_options none;
	const struct tui_options *o = options ? options : &none;
	struct tui t = { .app = { .config = config, .store = store } };
	struct error err = { 0 };
	const char *notice = NULL;
	t.app.tui = &t;
	locale_begin();
	bool good = app_begin(&t.app, o, &notice, &err);
	if (good) {
		say_first(&t.app, o, notice);
		draw_now(&t);
		connect(&t.app);
		watch_all(&t);
		if (o->line)
			action_line(&t.app, o->line);
		loop_run(t.app.loop);
	}
	app_end(&t.app);
	input_clear(&t.input);
	if (!good) {
		fprintf(stderr, "caseload: %s\n", err.text);
		return error_exit(err.kind);
	}
	say_last(&t.app, t.hung_up);
	return 0;
}
