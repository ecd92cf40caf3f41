/* Changes of tickets in Request Tracker. */
#include "model/i18n.h"
#include "net/rt.h"

static bool not_yet(struct error *err)
{
	return error_set(err, ERROR_REFUSED, _("This service cannot take such a change."));
}

static enum answer nothing_read(struct error *err)
{
	not_yet(err);
	return ANSWER_ERROR;
}

bool rt_patch_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	(void)s;
	(void)c;
	(void)r;
	return not_yet(err);
}

enum answer rt_patch_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	(void)s;
	(void)c;
	(void)a;
	(void)page;
	return nothing_read(err);
}

bool rt_bulk_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	return rt_patch_ask(s, c, r, err);
}

enum answer rt_bulk_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	return rt_patch_read(s, c, a, page, err);
}

bool rt_file_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	return rt_patch_ask(s, c, r, err);
}

enum answer rt_file_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	return rt_patch_read(s, c, a, page, err);
}

bool rt_can(const struct service *s, const struct patch *p, struct error *err)
{
	(void)s;
	(void)p;
	return not_yet(err);
}
