/* The bytes of an attachment. REST 2 has them in base64 inside JSON, which for a large file is more
   than this program cares to hold; REST 1.0, with the same cookie, streams them as they were sent,
   behind a line of its own: "RT/5.0.3 200 Ok" and an empty line. What went wrong is told in that
   line, or in place of the bytes, or by nothing at all, always with the status 200. */
#include "net/rt.h"

#include "model/i18n.h"
#include "net/url.h"

#include <stdlib.h>
#include <string.h>

enum { HEAD_MAX = 200, FILE_WAIT_MS = 600 * 1000 };

struct work {
	char head[HEAD_MAX];
	size_t head_size;
	bool begun;
	char first[24]; /* of the bytes */
	int64_t got;
};

bool rt_file_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	struct buf url = { 0 };

	if (!c->file || !c->file->id || strspn(c->file->id, "0123456789") != strlen(c->file->id))
		return error_set(err, ERROR_GONE, _("It is not known which attachment this is."));
	if (!c->work)
		c->work = xcalloc(1, sizeof(struct work));
	url_start(&url, s->url, "/REST/1.0/attachment");
	url_segment(&url, c->file->id);
	url_path(&url, "/content");
	rt_ask(s, r, "GET", &url);
	r->type = NULL;
	r->wait_ms = FILE_WAIT_MS;
	return true;
}

/* Bytes of what came that still belong to the line before the file. */
static size_t take_head(struct work *w, const char *bytes, size_t size)
{
	size_t used = 0;

	while (used < size && !w->begun && w->head_size < HEAD_MAX - 1) {
		w->head[w->head_size++] = bytes[used++];
		w->begun = w->head_size > 1 && !memcmp(w->head + w->head_size - 2, "\n\n", 2);
	}
	return used;
}

static bool head_good(const struct work *w)
{
	const char *space = strchr(w->head, ' ');

	return w->begun && !strncmp(w->head, "RT/", 3) && space && !strncmp(space, " 200 ", 5);
}

static void keep_first(struct work *w, const char *bytes, size_t size)
{
	for (size_t i = 0; i < size && w->got + (int64_t)i < (int64_t)sizeof(w->first) - 1; i++)
		w->first[w->got + (int64_t)i] = bytes[i];
}

bool rt_file_feed(struct service *s, struct call *c, const char *bytes, size_t size,
	bool (*put)(void *ctx, const char *bytes, size_t size), void *ctx)
{
	struct work *w = c->work;
	size_t used = w->begun ? 0 : take_head(w, bytes, size);

	(void)s;
	if (!w->begun)
		return w->head_size < HEAD_MAX - 1;
	if (!head_good(w) || used == size)
		return true; /* read() says what it was */
	keep_first(w, bytes + used, size - used);
	w->got += (int64_t)(size - used);
	return put(ctx, bytes + used, size - used);
}

/* Texts are told in another length than they have when their characters were not UTF-8. */
static bool whole(const struct work *w, const struct attachment *f)
{
	bool text = !f->type || !strncmp(f->type, "text/", 5) || !strncmp(f->type, "message/", 8);

	return w->got == f->size || ((text || f->size < 0) && w->got > 0);
}

enum answer rt_file_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	const struct work *w = c->work;

	(void)page;
	if (a->status < 200 || a->status > 299) {
		json_free(rt_good(a, _("the attachment"), err));
		return ANSWER_ERROR;
	}
	if (strstr(w->head, " 401 "))
		error_set(err, ERROR_LOGIN, _("The service wants you to log in again."));
	else if (!head_good(w) || !strncmp(w->first, "# Attachment ", 13) ||
		 !strncmp(w->first, "# Invalid attach", 16))
		error_set(err, ERROR_GONE,
			_("%s does not show this attachment: it is not there, or you may not read "
			  "it."),
			s->name);
	else if (!whole(w, c->file))
		error_set(err, ERROR_GARBLED,
			_("The attachment came in %lld bytes instead of %lld; nothing was kept of "
			  "it."),
			(long long)w->got, (long long)c->file->size);
	else
		return ANSWER_DONE;
	return ANSWER_ERROR;
}
