/* Strings that mean ill, and whether any of them came through raw.

   hostile count           how many there are
   hostile text            all that are UTF-8, as lines Q<n>.Z of a JSON string's inside, the string before the Z
   hostile groups          in how many arguments of at most 150 bytes they fit
   hostile group N         the Nth of them, as bytes; `hostile group N json` as a JSON string's inside, UTF-8 alone
   hostile outbox DATA CACHE SERVICE   posts a row into that store for each argument, of what is UTF-8: its title, what
                           was done and why it was refused
   hostile files DIR       makes files whose names are the arguments, g0-..., g1-... and so on, without what a name cannot
                           hold and what is not offered when one is completed (spaces, quotes, backslashes)
   hostile look NAME FILE...  counts which of them stand in the files, and which raw, behind their marker; says
                           so, and ends with 1 where one is raw, or where fewer than $LEAST (1) of them stand there

   A string counts as raw when its marker is followed by its bytes: what a program writes of its own (a screen
   moves its cursor by escape sequences) is never that. */
#include "model/buf.h"
#include "model/store.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 700 };

struct one {
	char bytes[40];
	size_t size;
	char about[24];
	bool broken; /* no UTF-8 */
	int group;
};

static struct one list[MOST];
static int count;

static void add(const char *about, const char *bytes, size_t size)
{
	struct one *o = &list[count++];

	memcpy(o->bytes, bytes, size);
	o->size = size;
	snprintf(o->about, sizeof(o->about), "%s", about);
	o->broken = !strcmp(about, "C1 as a byte") || !strcmp(about, "no UTF-8");
}

static void add_code(const char *about, unsigned code)
{
	char b[4];
	size_t n = 0;

	if (code < 0x80) {
		b[n++] = (char)code;
	} else if (code < 0x800) {
		b[n++] = (char)(0xC0 | code >> 6);
		b[n++] = (char)(0x80 | (code & 63));
	} else if (code < 0x10000) {
		b[n++] = (char)(0xE0 | code >> 12);
		b[n++] = (char)(0x80 | (code >> 6 & 63));
		b[n++] = (char)(0x80 | (code & 63));
	} else {
		b[n++] = (char)(0xF0 | code >> 18);
		b[n++] = (char)(0x80 | (code >> 12 & 63));
		b[n++] = (char)(0x80 | (code >> 6 & 63));
		b[n++] = (char)(0x80 | (code & 63));
	}
	add(about, b, n);
}

static void add_all(void)
{
	static const char *const sequences[] = { "\033]0;evil\007", "\033]2;evil\033\\", "\033]4;1;?\007",
		"\033]8;;http://evil.example\033\\", "\033]52;c;ZXZpbA==\007", "\033]52;p;?\007",
		"\033]9;evil\007", "\033]10;?\007", "\033]11;#000000\007", "\033]50;evil\007",
		"\033]104\007", "\033]777;notify;a;b\007", "\033]1337;File=:AA\007", "\033]133;A\007",
		"\033P1$r\033\\", "\033P+q436f\033\\", "\033Pq#0;2;0;0;0\033\\", "\033_G\033\\", "\033^x\033\\",
		"\033Xx\033\\", "\033c", "\033#8", "\033(0", "\033)B", "\0337", "\0338", "\033=", "\033>",
		"\033D", "\033E", "\033M", "\033Z", "\033[2J", "\033[3J", "\033[H", "\033[1;1H", "\033[10A",
		"\033[31m", "\033[8m", "\033[0;30;40m", "\033[?1049h", "\033[?1049l", "\033[?25l",
		"\033[?2004h", "\033[?1000h", "\033[?5h", "\033[!p", "\033[6n", "\033[5n", "\033[c", "\033[>c",
		"\033[=c", "\033[21t", "\033[20t", "\033[8;10;10t", "\033[4i", "\033[5i", "\033[1;5r",
		"\033[>4;1m", "\033[?6n", "\033[2K", "\033[4h", "\033[20h", "\033[@", "\033[P", "\033[L",
		"\033[18t", "\033[>0q", "\033[s", "\033[u", "\033k evil\033\\", "\r\033[K" };
	static const char *const broken[] = { "\xC0\x9B", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x9B",
		"\xE0\x82\x9B", "\xF0\x80\x80\x9B", "\xED\xA0\x80", "\xED\xBF\xBF", "\xED\xA0\x80\xED\xB0\x80",
		"\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xF8\x88\x80\x80\x80", "\xFC\x84\x80\x80\x80\x80",
		"\xFE", "\xFF", "\xFE\xFF", "\xC3", "\xE2\x80", "\xF0\x9F\x98", "\xE2(\xA1", "\xC3(",
		"\x9B"
		"31m",
		"\x9D"
		"0;evil\x9C",
		"\x90\x9C", "\x98x\x9C" };
	static const unsigned bidi[] = { 0x061C, 0x200E, 0x200F, 0x202A, 0x202B, 0x202C, 0x202D, 0x202E,
		0x2066, 0x2067, 0x2068, 0x2069, 0x206A, 0x206B, 0x206C, 0x206D, 0x206E, 0x206F };
	static const unsigned unseen[] = { 0x00AD, 0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180E,
		0x200B, 0x200C, 0x200D, 0x2028, 0x2029, 0x2060, 0x2061, 0x2062, 0x2063, 0x2064, 0x2800, 0x3164,
		0xFE00, 0xFE0F, 0xFEFF, 0xFFA0, 0xFFF9, 0xFFFA, 0xFFFB, 0x1D173, 0x1D17A, 0xE0001, 0xE0020,
		0xE0041, 0xE0061, 0xE007F, 0xE0100, 0xE01EF };

	for (unsigned c = 1; c < 32; c++)
		if (c != '\n' && c != '\t')
			add_code("C0", c);
	add_code("C0", 0x7F);
	for (unsigned c = 0x80; c < 0xA0; c++)
		add_code("C1", c);
	for (int c = 0x80; c < 0xA0; c++)
		add("C1 as a byte", (char[]){ (char)c }, 1);
	for (size_t i = 0; i < sizeof(sequences) / sizeof(*sequences); i++)
		add("escape sequence", sequences[i], strlen(sequences[i]));
	for (size_t i = 0; i < sizeof(broken) / sizeof(*broken); i++)
		add("no UTF-8", broken[i], strlen(broken[i]));
	for (size_t i = 0; i < sizeof(bidi) / sizeof(*bidi); i++)
		add_code("bidi", bidi[i]);
	for (size_t i = 0; i < sizeof(unseen) / sizeof(*unseen); i++)
		add_code("unseen", unseen[i]);
	for (unsigned c = 0xE0042; c <= 0xE005A; c++)
		add_code("tag", c);
	for (unsigned c = 0xE0062; c <= 0xE007A; c++)
		add_code("tag", c);
}

/* As a JSON string may hold it. */
static void put_json(const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		unsigned char c = (unsigned char)bytes[i];

		if (c < 0x20 || c == '"' || c == '\\' || c == 0x7F)
			printf("\\u%04x", c);
		else
			putchar(c);
	}
}

static void print_text(void)
{
	for (int i = 0; i < count; i++) {
		if (list[i].broken)
			continue;
		printf("Q%d.", i);
		put_json(list[i].bytes, list[i].size);
		printf("Z\\n");
	}
}

enum { GROUP = 150 };

static int make_groups(void)
{
	size_t size = 0;
	int group = 0;

	for (int i = 0; i < count; i++) {
		if (size + list[i].size + 6 > GROUP) {
			size = 0;
			group++;
		}
		size += list[i].size + 6;
		list[i].group = group;
	}
	return group + 1;
}

static void print_group(int group, bool json)
{
	for (int i = 0; i < count; i++) {
		if (list[i].group != group || (json && list[i].broken))
			continue;
		printf("Q%d.", i);
		if (json)
			put_json(list[i].bytes, list[i].size);
		else
			fwrite(list[i].bytes, 1, list[i].size, stdout);
		putchar('Z');
	}
}

static bool make_files(const char *dir, int groups)
{
	for (int group = 0; group < groups; group++) {
		struct buf path = { 0 };

		buf_printf(&path, "%s/g%d-", dir, group);
		for (int i = 0; i < count; i++) {
			if (list[i].group != group)
				continue;
			buf_printf(&path, "Q%d.", i);
			for (size_t k = 0; k < list[i].size; k++)
				if (!strchr("/ '\"\\\t\n", list[i].bytes[k]))
					buf_char(&path, list[i].bytes[k]);
			buf_char(&path, 'Z');
		}
		FILE *f = fopen(path.text, "w");
		buf_clear(&path);
		if (!f || fclose(f) != 0)
			return false;
	}
	return true;
}

static bool post_one(struct store *store, const char *service, const char *text)
{
	struct patch p = { .on = ON_CASE, .creates = true, .service = service, .title = text, .verb = text };
	struct error err = { 0 }, refused = { .kind = ERROR_REFUSED };

	patch_change(&p, "subject", NULL, text);
	snprintf(refused.text, sizeof(refused.text), "%s", text);
	bool good = store_post(store, &p, &err) && store_settle(store, p.key, &refused, false, NULL, 0, NULL, &err);
	if (!good)
		printf("# %s\n", err.text);
	patch_clear(&p);
	return good;
}

static bool fill_outbox(char **words, int groups)
{
	struct error err = { 0 };
	struct store *store = store_open(words[0], words[1], &err);
	bool good = store != NULL;

	for (int group = 0; good && group < groups; group++) {
		struct buf text = { 0 };

		for (int i = 0; i < count; i++)
			if (list[i].group == group && !list[i].broken) {
				buf_printf(&text, "Q%d.", i);
				buf_add(&text, list[i].bytes, list[i].size);
				buf_char(&text, 'Z');
			}
		good = !text.size || post_one(store, words[2], text.text);
		buf_clear(&text);
	}
	if (!store)
		printf("# %s\n", err.text);
	store_close(store);
	return good;
}

static char *read_all(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	struct buf b = { 0 };
	char part[65536];

	for (size_t n; f && (n = fread(part, 1, sizeof(part), f));)
		buf_add(&b, part, n);
	if (f)
		fclose(f);
	*size = b.size;
	buf_add(&b, "\0", 2);
	return b.text;
}

/* strstr() over bytes that may be NUL. */
static const char *find(const char *at, const char *end, const char *mark)
{
	size_t size = strlen(mark);

	for (; at + size <= end; at++)
		if (!memcmp(at, mark, size))
			return at;
	return NULL;
}

struct file {
	char *text;
	size_t size;
};

/* Whether string i stands there, and whether as its bytes. */
static bool stands(const struct file *f, int i, bool *raw)
{
	char mark[16];
	bool here = false;

	snprintf(mark, sizeof(mark), "Q%d.", i);
	for (const char *at = f->text, *end = at + f->size; at && (at = find(at, end, mark)); at++) {
		const char *after = at + strlen(mark);

		here = true;
		if (after[0] == '\r' && after[1] == '\n')
			continue; /* a line's end, as a terminal writes it */
		*raw |= list[i].size <= (size_t)(end - after) &&
			!memcmp(after, list[i].bytes, list[i].size);
	}
	return here;
}

static int look(const char *name, char **paths)
{
	struct file files[64] = { 0 };
	int seen = 0, raw = 0, n = 0;

	for (; paths[n] && n < 64; n++)
		files[n].text = read_all(paths[n], &files[n].size);
	for (int i = 0; i < count; i++) {
		bool here = false, bad = false;

		for (int k = 0; k < n; k++)
			here |= stands(&files[k], i, &bad);
		seen += here;
		raw += bad;
		if (bad)
			printf("# raw: number %d, %s\n", i, list[i].about);
	}
	for (int k = 0; k < n; k++)
		free(files[k].text);
	printf("## %-40s %4d strings, %d raw\n", name, seen, raw);
	return raw || seen < (getenv("LEAST") ? atoi(getenv("LEAST")) : 1);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	add_all();
	int groups = make_groups();
	if (!strcmp(what, "count"))
		printf("%d\n", count);
	else if (!strcmp(what, "text"))
		print_text();
	else if (!strcmp(what, "groups"))
		printf("%d\n", groups);
	else if (!strcmp(what, "group") && argc > 2)
		print_group(atoi(argv[2]), argc > 3);
	else if (!strcmp(what, "outbox") && argc > 4)
		return !fill_outbox(argv + 2, groups);
	else if (!strcmp(what, "files") && argc > 2)
		return !make_files(argv[2], groups);
	else if (!strcmp(what, "look") && argc > 3)
		return look(argv[2], argv + 3);
	else
		return 2;
	return 0;
}
