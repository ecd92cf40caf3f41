/* What the person may do, which nobody keeps: it goes to whoever asked. */
#include "net/line.h"

static void rights_done(struct want *w, struct error *err)
{
	if (err->kind != ERROR_NONE || !w->listeners || !w->listeners->ask->done)
		return;
	*w->into = w->page;
	page_init(&w->page);
}

void sync_rights(
	struct sync *s, const char *service, struct page *into, sync_done *done, void *ctx)
{
	struct ask *a = ask_new(s, done, ctx);
	struct line *l = line_named(s, service);

	ask_nobody(s, a, l != NULL);
	if (l && l->service.ops->calls[CALL_RIGHTS].ask) {
		struct want *w = want_new(l, CALL_RIGHTS, URGENT_NOW, rights_done);

		w->into = into;
		want_listen(w, a);
		want_start(w);
	}
	ask_ready(a);
}

void sync_inspect(struct sync *s)
{
	transport_inspect(s->transport, true);
}
