/* Links as lines of a text. */
#include "net/text_links.h"

#include "model/buf.h"

#include <string.h>

bool link_is_address(const char *link)
{
	return strstr(link, ":http://") || strstr(link, ":https://");
}

struct change links_change(const struct patch *p)
{
	const struct change *c = patch_find(p, "links");

	return c ? *c : (struct change){ 0 };
}

const char *link_next(const char **words, const char *without, bool address, struct arena *a)
{
	const char *word;

	while ((word = words_next(words, a)))
		if (!words_have(without, word) && link_is_address(word) == address)
			return word;
	return NULL;
}

static void add_link(struct casefile *cf, const char *relation, const char *where, struct arena *a)
{
	cf->links = words_add(cf->links, arena_printf(a, "%s:%s", relation, where), a);
}

void text_links_read(const char *text, struct casefile *cf, struct arena *a)
{
	static const char *const relations[] = { "refers-to", "referred-by", "depends-on",
		"needed-by", "parent", "child", NULL };

	for (const char *line = text; line && *line; line += strcspn(line, "\n")) {
		line += *line == '\n';
		for (int i = 0; relations[i]; i++) {
			size_t size = strlen(relations[i]);
			const char *url = line + size + 2;

			if (!strncmp(line, relations[i], size) &&
				!strncmp(line + size, ": http", 6))
				add_link(cf, relations[i],
					arena_copy_n(a, url, strcspn(url, " \t\r\n")), a);
		}
	}
}

static const char *line_of(const char *link, struct arena *a)
{
	const char *where = strchr(link, ':');

	return arena_printf(a, "%.*s: %s", (int)(where - link), link, where + 1);
}

const char *text_links_put(
	const char *text, const struct patch *p, const struct casefile *now, struct arena *a)
{
	const struct change c = links_change(p);
	struct buf out = { 0 };
	const char *word, *from = c.before, *to = c.after, *old = "\n";

	while ((word = link_next(&from, c.after, true, a)))
		old = arena_printf(a, "%s%s\n", old, line_of(word, a));
	for (const char *line = text; line && *line;) {
		size_t size = strcspn(line, "\r\n"), end = strspn(line + size, "\r\n");

		if (!size || !strstr(old, arena_printf(a, "\n%.*s\n", (int)size, line)))
			buf_add(&out, line, size + end);
		line += size + end;
	}
	while ((word = link_next(&to, c.before, true, a)))
		if (!words_have(now->links, word))
			buf_printf(&out, "%s%s", out.size ? "\r\n\r\n" : "", line_of(word, a));
	const char *whole = arena_copy(a, buf_str(&out));

	buf_clear(&out);
	return whole;
}

bool text_links_met(const struct patch *p, const struct casefile *now, struct arena *a)
{
	const struct change c = links_change(p);
	const char *from = c.before, *to = c.after, *word;

	while ((word = link_next(&from, c.after, true, a)))
		if (words_have(now->links, word))
			return false;
	while ((word = link_next(&to, c.before, true, a)))
		if (!words_have(now->links, word))
			return false;
	return true;
}
