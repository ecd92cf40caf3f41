/* The code of an authorization server: opened by tui.c, closed by it when the code was typed elsewhere. */
#include "model/i18n.h"
#include "tui/moves.h"
#include "tui/pager.h"
#include "tui/view.h"

struct login_view {
	struct moves moves;
	struct pager pager;
};

static void login_step(struct view *v, const char *word, int times)
{
	struct login_view *l = v->own;

	for (int i = 0; i < times; i++)
		pager_step(&l->pager, word);
}

static bool login_open(struct view *v, const char *arg, struct error *err)
{
	struct login_view *l = v->own;

	if (!arg || !*arg)
		return error_set(err, ERROR_USAGE, _("No login is under way."));
	l->moves.step = login_step;
	pager_set(&l->pager, arg);
	return true;
}

static void login_draw(struct view *v, struct screen *s)
{
	struct login_view *l = v->own;

	pager_draw(&l->pager, s, 0, view_rows(v), 0, view_cols(v));
}

static void login_close(struct view *v)
{
	struct login_view *l = v->own;

	pager_clear(&l->pager);
}

static void login_place(struct view *v, struct buf *out)
{
	(void)v;
	buf_text(out, _("Login"));
}

static const struct action login_actions[] = {
	MOVE_ACTIONS,
	{ NULL, NULL, NULL, NULL },
};

static const struct hint login_hints[] = {
	{ "back", N_("back to work") },
	{ NULL, NULL },
};

const struct view_ops view_login = {
	.name = "login",
	.title = N_("Login"),
	.own_size = sizeof(struct login_view),
	.open = login_open,
	.draw = login_draw,
	.close = login_close,
	.place = login_place,
	.hints = login_hints,
	.actions = login_actions,
};
