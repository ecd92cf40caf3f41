/* Naming cases of other services. */
#include "net/other.h"

#include "model/i18n.h"
#include "model/spool.h"

#include <string.h>

const char *other_service(struct sync *s, const char **ref)
{
	const char *slash = strchr(*ref, '/');

	for (int i = 0; slash && slash[1] && i < sync_service_count(s); i++) {
		const char *name = sync_service(s, i)->name;

		if (strlen(name) != (size_t)(slash - *ref) ||
			strncmp(name, *ref, (size_t)(slash - *ref)))
			continue;
		*ref = slash + 1;
		return name;
	}
	return NULL;
}

/* Whose address it is, and of which case. */
static const struct service *service_of_url(
	struct sync *s, const char *url, const char **id, struct arena *arena)
{
	for (int i = 0; i < sync_service_count(s); i++) {
		const struct service *one = sync_service(s, i);

		*id = one->ops->case_of_url ? one->ops->case_of_url(one, url, arena) : NULL;
		if (*id)
			return one;
	}
	return NULL;
}

static bool is_address(const char *text)
{
	return !strncmp(text, "https://", 8) || !strncmp(text, "http://", 7);
}

static bool read_address(struct sync *s, const char *text, struct other_case *o, struct arena *arena,
	struct error *err)
{
	const struct service *service = service_of_url(s, text, &o->ref, arena);

	o->url = arena_copy(arena, text);
	o->service = service ? service->name : NULL;
	if (!service && strncmp(text, "https://", 8))
		return error_set(err, ERROR_USAGE,
			_("%s is no address that can be linked; it begins with https://."), text);
	return true;
}

bool other_read(struct sync *s, const char *own, const char *text, struct other_case *o,
	struct arena *arena, struct error *err)
{
	const char *ref = text;

	*o = (struct other_case){ 0 };
	if (is_address(text))
		return read_address(s, text, o, arena, err);

	const char *named = other_service(s, &ref);
	o->service = arena_copy(arena, named ? named : own);
	o->ref = arena_copy(arena, ref);
	return true;
}

const char *other_url(struct sync *s, const struct casefile *cf, struct arena *arena)
{
	const struct service *service = cf->service ? sync_service_named(s, cf->service) : NULL;
	struct buf url = { 0 };

	if (!service || !service->ops->case_url || !cf->id)
		return NULL;
	service->ops->case_url(service, cf, &url);
	const char *text = url.size ? arena_copy(arena, buf_str(&url)) : NULL;
	buf_clear(&url);
	return text;
}

void other_name(struct sync *s, const char *where, struct buf *out)
{
	struct arena arena = { 0 };
	const char *id = NULL;
	const struct service *service =
		s && is_address(where) ? service_of_url(s, where, &id, &arena) : NULL;

	if (service)
		buf_printf(out, "%s/%s", service->name, id);
	else
		buf_text(out, where);
	arena_clear(&arena);
}

/* ---- before a change is saved */

bool other_can(void *ctx, const struct patch *p, struct error *err)
{
	const struct other_ctx *o = ctx;
	const struct service *service =
		o->sync && p->service ? sync_service_named(o->sync, p->service) : NULL;
	int64_t size;

	if (service && service->ops->can && !service->ops->can(service, p, err))
		return false;
	for (int i = 0; i < p->file_count; i++)
		if (!spool_look(p->files[i].path, store_file_most(o->store), &size, err))
			return false;
	return true;
}

const char *other_besides(void *ctx, const struct patch *p, bool *mails)
{
	const struct other_ctx *o = ctx;
	const struct service *service =
		o->sync && p->service ? sync_service_named(o->sync, p->service) : NULL;

	*mails = false;
	return service && service->ops->besides ? service->ops->besides(p, mails) : NULL;
}
