/* See prompt.h. readline reads from a queue of bytes that we fill key by key, and writes to
   nowhere: what it edits is drawn through screen.c like everything else. */
#include "tui/prompt.h"
#include "model/arena.h"
#include "model/i18n.h"
#include "model/text.h"
#include "tui/action.h"
#include "tui/status.h"
#include "tui/view.h"
#include <errno.h>
#include <fcntl.h>
#include <readline/history.h>
#include <readline/readline.h>
#include <unistd.h>

enum { HISTORIES = 4 };

/* What was typed under one name, while another name's lines stand in readline. */
struct history {
	char *name;
	HISTORY_STATE *state;
};

struct prompt {
	struct app *app;
	bool ready; /* readline was set up */
	bool open;
	struct prompt_ask ask;
	char *label, *history;
	struct buf queue; /* bytes for readline */
	size_t taken;
	bool ended;	/* readline gave a line, or the end */
	char *result;
	struct buf before; /* the line before this key, to see whether it changed */
	struct history histories[HISTORIES];
	struct history *lines; /* the one in use */
	FILE *in, *out;
};

/* readline's callbacks carry no context, and it has one state for the process: so has this file. */
static struct prompt *prompting;

static int next_byte(FILE *unused)
{
	(void)unused;
	struct prompt *p = prompting;
	return p->taken < p->queue.size ? (unsigned char)p->queue.text[p->taken++] : 0;
}

static int bytes_waiting(void)
{
	return prompting->taken < prompting->queue.size;
}

static void nothing(void)
{
}

static void nothing_of(int meta)
{
	(void)meta;
}

static void line_ended(char *line)
{
	prompting->ended = true;
	prompting->result = line;
	rl_callback_handler_remove();
}

/* ---- completion */

struct candidates {
	struct buf words;
	const char *next;
};

static struct candidates candidates;

static char *next_candidate(const char *text, int again)
{
	(void)text;
	if (!again)
		candidates.next = buf_str(&candidates.words);
	size_t size = strcspn(candidates.next, "\n");
	if (!*candidates.next)
		return NULL;
	char *word = strndup(candidates.next, size);
	candidates.next += size + (candidates.next[size] == '\n');
	return word;
}

static char **complete(const char *text, int start, int end)
{
	(void)end;
	rl_attempted_completion_over = 1;
	if (!prompting->ask.commands)
		return NULL;
	buf_reset(&candidates.words);
	int from = start;
	action_complete(prompting->app, rl_line_buffer, rl_point, &from, &candidates.words);
	if (from != start)
		return NULL;
	char **matches = rl_completion_matches(text, next_candidate);
	/* "--kind=" and "subject=" want their value right behind them, a directory what is in it. */
	bool value = matches && matches[0] && matches[0][0] &&
		     strchr("=/", matches[0][strlen(matches[0]) - 1]);
	rl_completion_append_character = value ? '\0' : ' ';
	return matches;
}

static void show_matches(char **matches, int count, int longest)
{
	(void)longest;
	struct buf b = { 0 };
	for (int i = 1; i <= count && b.size < 400; i++) {
		buf_text(&b, i > 1 ? "  " : "");
		buf_text(&b, matches[i]);
	}
	status_continuations(prompting->app->status, buf_str(&b));
	buf_clear(&b);
}

/* ---- history */

static bool history_kept(const struct prompt *p)
{
	return strcmp(p->lines->name, "command") == 0;
}

/* A new file is made readable by its owner alone. */
static bool history_file(struct buf *path)
{
	if (!config_dir(path, "state", NULL))
		return false;
	buf_text(path, "/history");
	int fd = open(buf_str(path), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return false;
	close(fd);
	return true;
}

static void history_begin(struct prompt *p)
{
	HISTORY_STATE empty = { 0 };
	if (p->lines->state) {
		history_set_history_state(p->lines->state);
		return;
	}
	history_set_history_state(&empty);
	stifle_history(app_number(p->app, "history.size", 1000));
	struct buf path = { 0 };
	if (history_kept(p) && history_file(&path))
		read_history(buf_str(&path));
	using_history();
	buf_clear(&path);
}

static struct history *history_named(struct prompt *p, const char *name)
{
	for (int i = 0; i < HISTORIES; i++) {
		struct history *h = &p->histories[i];
		if (!h->name)
			h->name = xstrdup(name);
		if (strcmp(h->name, name) == 0)
			return h;
	}
	return &p->histories[HISTORIES - 1];
}

/* What is written to citizens and colleagues stays out of the file. */
static bool history_private(const char *line)
{
	char word[32];
	snprintf(word, sizeof(word), "%.*s", (int)strcspn(line, " "), line);
	const struct verb *verb = verb_find(word);
	return verb && (verb->needs_text || verb->on == ON_CITIZEN);
}

static void history_add(struct prompt *p, const char *line)
{
	if (p->ask.hidden || !p->history || text_blank(line))
		return;
	using_history();
	HIST_ENTRY *last = history_get(history_base + history_length - 1);
	if (last && strcmp(last->line, line) == 0)
		return;
	add_history(line);
	struct buf path = { 0 };
	if (history_kept(p) && !history_private(line) && history_file(&path)) {
		append_history(1, buf_str(&path));
		history_truncate_file(buf_str(&path), app_number(p->app, "history.size", 1000));
	}
	buf_clear(&path);
}

/* ---- open and close */

static void ready(struct prompt *p)
{
	if (p->ready)
		return;
	p->ready = true;
	prompting = p;
	void *kept = screen_keep_terminal();
	p->in = fopen("/dev/null", "r");
	p->out = fopen("/dev/null", "w");
	rl_instream = p->in;
	rl_outstream = p->out;
	rl_readline_name = "caseload";
	rl_catch_signals = 0;
	rl_catch_sigwinch = 0;
	rl_change_environment = 0;
	rl_prep_term_function = nothing_of;
	rl_deprep_term_function = nothing;
	rl_redisplay_function = nothing;
	rl_getc_function = next_byte;
	rl_input_available_hook = bytes_waiting;
	rl_attempted_completion_function = complete;
	rl_completion_display_matches_hook = show_matches;
	rl_completer_word_break_characters = " ";
	rl_basic_word_break_characters = " ";
	rl_variable_bind(
		"show-all-if-ambiguous", "on"); /* ~/.inputrc, read next, may say otherwise */
	rl_initialize();
	screen_restore_terminal(kept);
}

struct prompt *prompt_new(struct app *app)
{
	struct prompt *p = xcalloc(1, sizeof(*p));
	p->app = app;
	return p;
}

static void forget_line(struct prompt *p)
{
	if (p->ask.hidden && rl_line_buffer)
		explicit_bzero(rl_line_buffer, strlen(rl_line_buffer));
	if (p->ask.hidden && p->queue.text)
		explicit_bzero(p->queue.text, p->queue.room);
	buf_reset(&p->queue);
	p->taken = 0;
}

/* Ends the asking; the label and the ask stay until the caller has told whoever asked. */
static void finish(struct prompt *p)
{
	if (!p->open)
		return;
	p->open = false;
	if (!p->ended) {
		rl_callback_sigcleanup();
		rl_callback_handler_remove();
	}
	forget_line(p);
	free(p->lines->state);
	p->lines->state = history_get_history_state();
	status_continuations(p->app->status, NULL);
	app_dirty(p->app);
}

void prompt_close(struct prompt *p)
{
	finish(p);
}

void prompt_free(struct prompt *p)
{
	if (!p)
		return;
	finish(p);
	for (int i = 0; i < HISTORIES; i++) {
		if (p->histories[i].state) {
			history_set_history_state(p->histories[i].state);
			clear_history();
			free(history_list());
			free(p->histories[i].state);
		}
		free(p->histories[i].name);
	}
	if (p->in)
		fclose(p->in);
	if (p->out)
		fclose(p->out);
	buf_clear(&p->queue);
	buf_clear(&p->before);
	buf_clear(&candidates.words);
	free(p->label);
	free(p->history);
	free(p);
	prompting = NULL;
}

void prompt_open(struct prompt *p, const struct prompt_ask *ask)
{
	ready(p);
	finish(p);
	char *label = xstrdup(ask->label ? ask->label : ""), *history = xstrdup(ask->history);
	free(p->label);
	free(p->history);
	p->label = label;
	p->history = history;
	p->ask = *ask;
	p->open = true;
	p->ended = false;
	p->lines = history_named(p, history ? history : "");
	history_begin(p);
	void *kept = screen_keep_terminal();
	rl_callback_handler_install("", line_ended);
	screen_restore_terminal(kept);
	if (ask->begin)
		rl_insert_text(ask->begin);
	buf_reset(&p->before);
	buf_text(&p->before, ask->begin);
	app_dirty(p->app);
}

bool prompt_is_open(const struct prompt *p)
{
	return p->open;
}

const char *prompt_text(const struct prompt *p)
{
	return p->open && rl_line_buffer ? rl_line_buffer : "";
}

/* ---- keys */

static void tell_done(struct prompt *p, const char *line)
{
	struct prompt_ask ask = p->ask;
	finish(p);
	if (ask.done)
		ask.done(ask.ctx, line);
}

static void cancel(struct prompt *p)
{
	if (*prompt_text(p))
		history_add(p, prompt_text(p)); /* what was typed is one key up away */
	tell_done(p, NULL);
}

static void tell_changed(struct prompt *p)
{
	if (strcmp(buf_str(&p->before), prompt_text(p)) == 0)
		return;
	buf_reset(&p->before);
	buf_text(&p->before, p->ask.hidden ? "" : prompt_text(p));
	if (p->ask.changed)
		p->ask.changed(p->ask.ctx, prompt_text(p));
}

static void insert_paste(struct prompt *p, const char *text, size_t size)
{
	struct buf b = { 0 };
	buf_add(&b, text, size);
	while (b.size && strchr("\r\n", b.text[b.size - 1]))
		buf_cut(&b, b.size - 1);
	for (size_t i = 0; i < b.size; i++) {
		if ((unsigned char)b.text[i] < ' ')
			b.text[i] = ' ';
	}
	rl_insert_text(buf_str(&b));
	if (p->ask.hidden && b.text)
		explicit_bzero(b.text, b.size);
	buf_clear(&b);
	tell_changed(p);
}

static void feed(struct prompt *p, const char *bytes, size_t size)
{
	buf_add(&p->queue, bytes, size);
	while (p->open && !p->ended && p->taken < p->queue.size)
		rl_callback_read_char();
	buf_reset(&p->queue);
	p->taken = 0;
}

static void take_result(struct prompt *p)
{
	char *line = p->result;
	p->result = NULL;
	if (line)
		history_add(p, line);
	bool hidden = p->ask.hidden;
	tell_done(p, line);
	if (line && hidden)
		explicit_bzero(line, strlen(line));
	free(line);
}

static bool is_cancel(int key)
{
	if (key == KEY_CTRL_('C') || key == KEY_CTRL_('G'))
		return !RL_ISSTATE(RL_STATE_ISEARCH);
	/* In vi's insert mode Esc is a command of the line itself; a second one leads out. */
	bool inserting = rl_editing_mode == 0 && rl_get_keymap() != vi_movement_keymap;
	return key == KEY_ESC_ && !inserting && !RL_ISSTATE(RL_STATE_ISEARCH);
}

void prompt_key(struct prompt *p, const struct input_event *e)
{
	app_dirty(p->app);
	status_continuations(p->app->status, NULL);
	if (e->what == INPUT_PASTE) {
		insert_paste(p, e->bytes, e->size);
		return;
	}
	if (p->ask.key && p->ask.key(p->ask.ctx, e->key))
		return;
	if (is_cancel(e->key)) {
		cancel(p);
		return;
	}
	if (e->key == KEY_UNKNOWN_)
		return;
	feed(p, e->bytes, e->size);
	if (p->ended)
		take_result(p);
	else if (p->open)
		tell_changed(p);
}

/* ---- drawing */

/* The part of the line around the cursor that fits; *col: where the cursor then stands. */
static const char *visible_part(struct buf *clean, int point, int room, int *col)
{
	struct buf left = { 0 };
	text_clean(&left, rl_line_buffer, (size_t)point);
	text_clean(clean, rl_line_buffer, strlen(rl_line_buffer));
	int width = text_width(buf_str(&left));
	const char *at = buf_str(clean);
	while (width >= room && *at) {
		int columns = 0;
		size_t used = text_next(at, &columns);
		if (!used)
			break;
		at += used;
		width -= columns;
	}
	*col = width;
	buf_clear(&left);
	return at;
}

void prompt_draw(struct prompt *p, struct screen *s)
{
	int row = screen_rows(s) - 1, cols = screen_cols(s);
	const char *label =
		RL_ISSTATE(RL_STATE_ISEARCH) && rl_display_prompt ? rl_display_prompt : p->label;
	screen_blank(s, row, 0, cols);
	int begin = screen_put(s, row, 0, -1, STYLE_TEXT, label), at = 0;
	/* The label may end in a space, which a measure of its text may not tell. */
	begin = screen_width(label) < cols - 8 ? screen_width(label) : begin;
	struct buf clean = { 0 };
	const char *part = visible_part(&clean, rl_point, cols - begin - 1, &at);
	if (!p->ask.hidden)
		screen_put(s, row, begin, -1, STYLE_TEXT, part);
	screen_focus(s, row, begin + (p->ask.hidden ? 0 : at));
	if (p->ask.hidden && clean.text)
		explicit_bzero(clean.text, clean.room);
	buf_clear(&clean);
}
