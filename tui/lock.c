/* See lock.h. */
#include "tui/lock.h"
#include "model/arena.h"
#include "model/i18n.h"
#include "model/passphrase.h"
#include "tui/prompt.h"
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { AFTER_SECONDS = 600, WAIT_MOST_SECONDS = 30, TYPED_MOST = 4096 };

struct lock {
	struct app *app;
	bool on;
	time_t since;
	int64_t touched; /* seconds of a clock that also runs while the machine sleeps */
	int idle_timer;
	char typed[TYPED_MOST]; /* never grows, so that no copy of it is left behind */
	size_t size;
	int tries;	/* wrong ones in a row */
	time_t tried;	/* the last of them */
	int wait_timer; /* after a wrong one nothing is taken for a while */
	char *chosen;	/* a new passphrase, until it was typed a second time */
};

static int64_t now_seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec;
}

bool lock_on(const struct app *app)
{
	return app->lock && app->lock->on;
}

/* ---- when */

static int after_seconds(const struct app *app)
{
	return app_number(app, "lock.after", AFTER_SECONDS);
}

/* The kernel notes, to 8 seconds, when a terminal was last typed at, whoever read it. */
static int64_t terminal_idle(void)
{
	struct stat st;
	time_t now = time(NULL);
	return fstat(STDIN_FILENO, &st) == 0 && st.st_atime <= now ? now - st.st_atime : INT32_MAX;
}

static int64_t idle_seconds(const struct app *app)
{
	return now_seconds() - app->lock->touched;
}

static void engage(struct app *app)
{
	struct lock *l = app->lock;
	l->on = true;
	l->since = time(NULL);
	screen_wipe(app->screen);
	app->dirty = app->wanted = true;
}

static void idle_over(void *ctx);

static void idle_watch(struct app *app)
{
	struct lock *l = app->lock;
	int after = after_seconds(app);
	loop_cancel(app->loop, l->idle_timer);
	l->idle_timer = 0;
	if (after <= 0 || l->on)
		return;
	int64_t left = after - idle_seconds(app);
	l->idle_timer = loop_after(app->loop, (int)(left < 1 ? 1 : left) * 1000, idle_over, app);
}

static void idle_over(void *ctx)
{
	struct app *app = ctx;
	app->lock->idle_timer = 0;
	lock_check(app);
	idle_watch(app);
}

void lock_check(struct app *app)
{
	struct lock *l = app->lock;
	int after = l ? after_seconds(app) : 0;
	/* An editor's screen is not ours to take away; it is locked as soon as the terminal is back. */
	if (!l || l->on || after <= 0 || app->editing || idle_seconds(app) < after)
		return;
	engage(app);
}

void lock_back(struct app *app)
{
	struct lock *l = app->lock;
	int64_t theirs = now_seconds() - terminal_idle();
	int after = after_seconds(app);
	if (theirs > l->touched)
		l->touched = theirs;
	if (after > 0 && idle_seconds(app) >= after)
		engage(app);
}

void lock_touch(struct app *app)
{
	app->lock->touched = now_seconds();
}

/* ---- choosing what opens it */

static void drop_chosen(struct lock *l)
{
	if (l->chosen)
		explicit_bzero(l->chosen, strlen(l->chosen));
	free(l->chosen);
	l->chosen = NULL;
}

static void ask_hidden(struct app *app, const char *label, void (*done)(void *ctx, const char *line))
{
	struct prompt_ask ask = { .label = label, .hidden = true, .done = done, .ctx = app };
	prompt_open(app->prompt, &ask);
}

static void second_typed(void *ctx, const char *line)
{
	struct app *app = ctx;
	struct lock *l = app->lock;
	struct error err = { 0 };
	if (!line)
		app_say(app, "%s", _("Not locked: no passphrase was chosen."));
	else if (strcmp(line, l->chosen) != 0)
		app_say(app, "%s", _("Not locked: the two were not the same; nothing was chosen."));
	else if (!passphrase_keep(line, &err))
		app_error(app, &err);
	else
		engage(app);
	drop_chosen(l);
}

static void first_typed(void *ctx, const char *line)
{
	struct app *app = ctx;
	struct lock *l = app->lock;
	size_t size = line ? strlen(line) : 0;
	drop_chosen(l);
	if (size < PASSPHRASE_LEAST || size > PASSPHRASE_MOST) {
		app_say(app, _("Not locked: a passphrase has at least %d characters."),
			PASSPHRASE_LEAST);
		return;
	}
	l->chosen = xstrdup(line);
	ask_hidden(app, _("The same once more: "), second_typed);
}

bool lock_now(struct app *app, bool anew, struct error *err)
{
	(void)err;
	if (!anew && passphrase_known())
		engage(app);
	else
		ask_hidden(app, _("Choose a passphrase that unlocks (is not shown): "), first_typed);
	return true;
}

/* ---- opening */

static void forget_typed(struct lock *l)
{
	explicit_bzero(l->typed, sizeof(l->typed));
	l->size = 0;
}

static int wait_seconds(const struct lock *l)
{
	int seconds = 1;
	for (int i = 1; i < l->tries && seconds < WAIT_MOST_SECONDS; i++)
		seconds *= 2;
	return seconds < WAIT_MOST_SECONDS ? seconds : WAIT_MOST_SECONDS;
}

static void wait_over(void *ctx)
{
	struct app *app = ctx;
	app->lock->wait_timer = 0;
	app->dirty = app->wanted = true;
}

static void say_opened(struct app *app)
{
	struct lock *l = app->lock;
	char at[16];
	struct tm tm;
	localtime_r(&l->tried, &tm);
	strftime(at, sizeof(at), "%H:%M", &tm);
	if (l->tries)
		app_say(app, P_("Unlocked. %d wrong try, at %s.", "Unlocked. %d wrong tries, the last at %s.",
			(unsigned long)l->tries), l->tries, at);
	else
		app_say(app, "%s", _("Unlocked."));
}

static bool is_right(struct app *app, const char *typed)
{
	bool secret = app->sync && sync_secret_is(app->sync, typed);
	return passphrase_is(typed) || secret;
}

static bool try(struct app *app)
{
	struct lock *l = app->lock;
	if (!l->size)
		return false;
	l->typed[l->size] = '\0';
	bool right = is_right(app, l->typed);
	forget_typed(l);
	if (!right) {
		l->tries++;
		l->tried = time(NULL);
		l->wait_timer = loop_after(app->loop, wait_seconds(l) * 1000, wait_over, app);
		return false;
	}
	l->on = false;
	say_opened(app);
	l->tries = 0;
	lock_touch(app);
	idle_watch(app);
	screen_redraw(app->screen);
	return true;
}

static void take(struct lock *l, const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (l->size + 1 < sizeof(l->typed) && (unsigned char)bytes[i] >= ' ' && bytes[i] != 0x7f)
			l->typed[l->size++] = bytes[i];
}

/* One character, which may be several bytes. */
static void take_back(struct lock *l)
{
	while (l->size && ((unsigned char)l->typed[l->size - 1] & 0xc0) == 0x80)
		l->size--;
	if (l->size)
		l->size--;
}

bool lock_key(struct app *app, const struct input_event *e)
{
	struct lock *l = app->lock;
	app->dirty = true;
	if (l->wait_timer)
		return false;
	if (e->what == INPUT_PASTE || key_is_text(e->key))
		take(l, e->bytes, e->size);
	else if (e->key == KEY_BACKSPACE_ || e->key == KEY_CTRL_('H'))
		take_back(l);
	else if (e->key == KEY_CTRL_('U') || e->key == KEY_CTRL_('C') || e->key == KEY_ESC_)
		forget_typed(l);
	else if (e->key == KEY_ENTER_)
		return try(app);
	return false;
}

/* ---- drawing */

static void put_line(void *ctx, int index, const char *text)
{
	struct screen *s = ctx;
	screen_put(s, 2 + index, 0, -1, STYLE_TEXT, text);
}

static const char *what_opens(struct app *app)
{
	bool secret = app->sync && sync_secret_is(app->sync, NULL);
	if (passphrase_known())
		return secret ? _("Type your passphrase, or the token or password of a service.")
			      : _("Type your passphrase.");
	if (secret)
		return _("No passphrase was chosen here: the token or password of a service unlocks.");
	return _("Nothing that unlocks is known here: no passphrase was chosen, and no service has "
		 "taken a token. Close the terminal; what was typed is kept as a draft.");
}

void lock_draw(struct app *app, struct screen *s)
{
	struct lock *l = app->lock;
	struct buf b = { 0 };
	struct tm tm;
	char at[16];
	screen_begin(s);
	localtime_r(&l->since, &tm);
	strftime(at, sizeof(at), "%H:%M", &tm);
	buf_printf(&b, _("caseload is locked since %s."), at);
	screen_put(s, 0, 0, -1, STYLE_TITLE, buf_str(&b));
	int rows = screen_wrap(what_opens(app), screen_cols(s), put_line, s);
	buf_reset(&b);
	if (l->wait_timer)
		buf_printf(&b, _("That was not it; nothing is taken for %d s."), wait_seconds(l));
	else
		buf_text(&b, _("What is typed is not shown: "));
	int row = 3 + rows < screen_rows(s) ? 3 + rows : screen_rows(s) - 1;
	screen_put(s, row, 0, -1, STYLE_TEXT, buf_str(&b));
	screen_focus(s, row, l->wait_timer ? 0 : screen_width(buf_str(&b)));
	screen_end(s);
	buf_clear(&b);
}

/* ---- */

struct lock *lock_new(struct app *app)
{
	struct lock *l = xcalloc(1, sizeof(*l));
	l->app = app;
	l->touched = now_seconds();
	app->lock = l;
	idle_watch(app);
	return l;
}

void lock_free(struct lock *l)
{
	if (!l)
		return;
	loop_cancel(l->app->loop, l->idle_timer);
	loop_cancel(l->app->loop, l->wait_timer);
	forget_typed(l);
	drop_chosen(l);
	l->app->lock = NULL;
	free(l);
}
