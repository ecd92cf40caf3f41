/* A ring of exchanges. */
#include "net/trace.h"

#include "model/arena.h"

#include <string.h>

struct trace {
	struct exchange *ring;
	int room, count, next;
};

struct trace *trace_new(int room)
{
	struct trace *t = xcalloc(1, sizeof(*t));

	t->room = room > 0 ? room : 1;
	t->ring = xcalloc((size_t)t->room, sizeof(*t->ring));
	return t;
}

void trace_free(struct trace *t)
{
	if (!t)
		return;
	free(t->ring);
	free(t);
}

struct line {
	char *text;
	size_t size;
};

static void line_add(struct line *l, const char *bytes, size_t size)
{
	if (size > TRACE_PATH - 1 - l->size)
		size = TRACE_PATH - 1 - l->size;
	memcpy(l->text + l->size, bytes, size);
	l->size += size;
	l->text[l->size] = '\0';
}

/* What follows these names a person. */
static bool about_person(const char *segment, size_t size)
{
	static const char *const names[] = { "citizens", "citizen", "users", "user", "contacts",
		"Contact", "rollen", NULL };

	for (int i = 0; names[i]; i++)
		if (strlen(names[i]) == size && !memcmp(names[i], segment, size))
			return true;
	return false;
}

static bool revealing(const char *segment, size_t size)
{
	int digits = 0;

	for (size_t i = 0; i < size; i++) {
		if (segment[i] == '%' || segment[i] == '@')
			return true;
		digits += segment[i] >= '0' && segment[i] <= '9';
	}
	return digits == (int)size && digits > 5; /* a bare number that long may be somebody's */
}

static void blot_path(struct line *l, const char *path, size_t size)
{
	bool person = false;

	while (size) {
		size_t segment = 0;

		if (*path == '/') {
			line_add(l, "/", 1);
			path++;
			size--;
			continue;
		}
		while (segment < size && path[segment] != '/')
			segment++;
		if (person || revealing(path, segment))
			line_add(l, "*", 1);
		else
			line_add(l, path, segment);
		person = about_person(path, segment);
		path += segment;
		size -= segment;
	}
}

static void blot_query(struct line *l, const char *query)
{
	for (char mark = '?'; *query; mark = '&') {
		size_t size = strcspn(query, "&");
		size_t name = strcspn(query, "=&");

		line_add(l, &mark, 1);
		line_add(l, query, name < size ? name : size);
		if (name < size)
			line_add(l, "=*", 2);
		query += size;
		if (*query == '&')
			query++;
	}
}

void trace_blot(char path[TRACE_PATH], const char *url)
{
	struct line l = { .text = path };
	const char *mark = strstr(url, "://");
	const char *from = mark ? mark + 3 : url;

	path[0] = '\0';
	from += strcspn(from, "/?");
	size_t size = strcspn(from, "?#");

	blot_path(&l, from, size);
	if (from[size] == '?')
		blot_query(&l, from + size + 1);
}

void trace_add(struct trace *t, const struct exchange *x, const char *url)
{
	struct exchange *to = &t->ring[t->next];

	*to = *x;
	trace_blot(to->path, url);
	t->next = (t->next + 1) % t->room;
	if (t->count < t->room)
		t->count++;
}

int trace_count(const struct trace *t)
{
	return t->count;
}

const struct exchange *trace_at(const struct trace *t, int i)
{
	if (i < 0 || i >= t->count)
		return NULL;
	return &t->ring[(t->next - 1 - i + 2 * t->room) % t->room];
}
