/* Which kind of case is to be opened: type to narrow, Enter goes on to its form. */
#include "model/i18n.h"
#include "model/text.h"
#include "tui/input.h"
#include "tui/lines.h"
#include "tui/moves.h"
#include "tui/several.h"
#include "tui/show.h"
#include "tui/view.h"
#include <string.h>

struct kinds_view {
	struct moves moves;
	struct lines lines;
	struct buf typed;
	int64_t citizen_key; /* for whom; 0: nobody yet */
	struct buf whom;
	char *service; /* of that citizen: their cases go there; NULL: any */
};

static bool of_service(const struct kind *k, const char *service)
{
	return !service || !k->service || !strcmp(k->service, service);
}

static bool passes(const struct kind *k, const char *typed)
{
	struct buf whole = { 0 }, part = { 0 };
	bool hit;

	text_fold(&whole, k->name);
	buf_char(&whole, ' ');
	text_fold(&whole, k->id);
	buf_char(&whole, ' ');
	text_fold(&whole, k->queue ? k->queue : "");
	text_fold(&part, typed);
	hit = strstr(buf_str(&whole), buf_str(&part)) != NULL;
	buf_clear(&whole);
	buf_clear(&part);
	return hit;
}

/* Of several services each row says which it is of, and so does the line that opens its form. */
static void add_row(struct lines *l, const struct kind *k, bool several)
{
	struct buf row = { 0 }, clean = { 0 }, id = { 0 };
	struct line *line;

	text_clean(&clean, k->name, strlen(k->name));
	text_pad(&row, buf_str(&clean), 34);
	buf_text(&row, "  ");
	if (several && k->service)
		text_pad(&row, k->service, 9);
	buf_printf(&row, "%-18s %s", k->id, k->queue ? k->queue : "");
	buf_printf(&id, several && k->service ? "%s --source=%s" : "%s", k->id, k->service);
	line = lines_add(l, buf_str(&id), buf_str(&row));
	buf_clear(&id);
	buf_reset(&row);
	buf_printf(&row, _("%s: Enter fills in its form."), k->name);
	line->say = arena_copy(&l->arena, buf_str(&row));
	buf_clear(&row);
	buf_clear(&clean);
}

static void load_whom(struct view *v)
{
	struct kinds_view *k = v->own;
	struct page page;

	page_init(&page);
	buf_reset(&k->whom);
	free(k->service);
	k->service = NULL;
	if (k->citizen_key && store_citizen(v->app->store, k->citizen_key, &page) &&
		page.citizen_count) {
		show_citizen(&k->whom, &page.citizens[0], NULL);
		k->service = xstrdup(page.citizens[0].service);
	} else {
		buf_text(&k->whom, _("nobody named"));
	}
	page_clear(&page);
}

static void kinds_load(struct view *v)
{
	struct kinds_view *k = v->own;
	const struct page *people = app_people(v->app);

	load_whom(v);
	lines_begin(&k->lines);
	for (int i = 0; i < people->kind_count; i++)
		if (passes(&people->kinds[i], buf_str(&k->typed)) &&
			of_service(&people->kinds[i], k->service))
			add_row(&k->lines, &people->kinds[i], several(v->app));
	if (!k->lines.count)
		lines_add(&k->lines, NULL,
			people->kind_count ? _("No kind of case has these words.")
					   : _("No kinds of case are known here yet."));
	lines_end(&k->lines);
}

static void kinds_step(struct view *v, const char *word, int times)
{
	struct kinds_view *k = v->own;

	for (int i = 0; i < times; i++)
		lines_step(&k->lines, word);
}

static bool kinds_open(struct view *v, const char *arg, struct error *err)
{
	struct kinds_view *k = v->own;
	const char *at = arg ? strstr(arg, "--citizen=@") : NULL;

	(void)err;
	k->moves.step = kinds_step;
	k->lines.at = -1;
	if (at)
		k->citizen_key = strtoll(at + 11, NULL, 10);
	else if (v->below && v->below->ops->citizen)
		k->citizen_key = v->below->ops->citizen(v->below);
	if (v->app->sync)
		sync_people(v->app->sync, NULL, 0, NULL, v); /* one may have come just now */
	return true;
}

static void kinds_close(struct view *v)
{
	struct kinds_view *k = v->own;

	lines_clear(&k->lines);
	buf_clear(&k->typed);
	buf_clear(&k->whom);
	free(k->service);
}

static void kinds_draw(struct view *v, struct screen *s)
{
	struct kinds_view *k = v->own;
	int cols = view_cols(v);

	screen_putf(s, 0, 0, cols, STYLE_TITLE, _("New case for %s: which kind?  %s"),
		buf_str(&k->whom), buf_str(&k->typed));
	screen_focus(s, 0, 0);
	lines_draw(&k->lines, s, 2, view_rows(v) - 2, 0, cols);
}

static void kinds_say(struct view *v, struct buf *out)
{
	struct kinds_view *k = v->own;
	const struct line *line = lines_focus(&k->lines);

	buf_text(out, line ? line->say : _("Backspace takes letters back, Esc leaves."));
}

static void kinds_place(struct view *v, struct buf *out)
{
	struct kinds_view *k = v->own;

	buf_printf(out, _("Kind %d/%d"), k->lines.at + 1, k->lines.count);
}

static bool kinds_key(struct view *v, int key)
{
	struct kinds_view *k = v->own;
	unsigned c = (unsigned)key;

	if (key == KEY_BACKSPACE_ && k->typed.size) {
		do
			buf_cut(&k->typed, k->typed.size - 1);
		while (k->typed.size && (k->typed.text[k->typed.size] & 0xc0) == 0x80);
	} else if (key_is_text(key)) {
		/* Kinds are told apart by plain letters; folding does the rest. */
		if (c < 0x80)
			buf_char(&k->typed, (char)c);
		else if (c < 0x800)
			buf_add(&k->typed,
				(char[]){ (char)(0xc0 | c >> 6), (char)(0x80 | (c & 0x3f)) }, 2);
	} else {
		return false;
	}
	view_reload(v);
	return true;
}

static bool run_open(struct view *v, int argc, const char *const *argv, struct error *err)
{
	struct kinds_view *k = v->own;
	const struct line *line = lines_focus(&k->lines);
	struct app *app = v->app;
	struct buf arg = { 0 };
	bool good;

	(void)argc, (void)argv;
	if (!line)
		return error_set(
			err, ERROR_USAGE, _("There is no kind of case to choose; Esc leaves."));
	buf_printf(&arg, "new --kind=%s --citizen=@%lld", line->id, (long long)k->citizen_key);
	view_close(app);
	good = view_open(app, "form", buf_str(&arg), err);
	buf_clear(&arg);
	return good;
}

static bool run_cancel(struct view *v, int argc, const char *const *argv, struct error *err)
{
	(void)argc, (void)argv, (void)err;
	view_close(v->app);
	return true;
}

static const struct action kinds_actions[] = {
	MOVE_ACTIONS,
	{ "open", NULL, N_("Goes on to the form of this kind."), run_open },
	{ "cancel", NULL, N_("Leaves without opening a case."), run_cancel },
	{ NULL, NULL, NULL, NULL },
};

static const struct hint kinds_hints[] = {
	{ "open", N_("fill in") },
	{ "cancel", N_("leave") },
	{ NULL, NULL },
};

const struct view_ops view_kinds = {
	.name = "kinds",
	.title = N_("New case"),
	.own_size = sizeof(struct kinds_view),
	.open = kinds_open,
	.load = kinds_load,
	.draw = kinds_draw,
	.close = kinds_close,
	.key = kinds_key,
	.say = kinds_say,
	.place = kinds_place,
	.hints = kinds_hints,
	.actions = kinds_actions,
	.asks_for = "new",
};
