/* Keys to lines: in every view, no key with two meanings, the person's own first, letters switched
 * off. */
#include "model/arena.h"
#include "tests/lib.h"
#include "tui/input.h"
#include "tui/keymap.h"
#include "tui/view.h"

enum { ROWS = 400 };

static const char *find(struct keymap *m, const char *view, const char *keys, bool *more)
{
	int list[4], count = 0;
	while (*keys && count < 4)
		list[count++] = key_read(&keys);
	return keymap_find(m, view_find(view), list, count, more);
}

static struct config *configured(const char *text)
{
	char path[] = "/tmp/keymap.XXXXXX";
	int fd = mkstemp(path);
	FILE *f = fdopen(fd, "w");
	fputs(text, f);
	fclose(f);
	struct config *c = config_new();
	struct error err = { 0 };
	ok(config_read(c, path, CONFIG_USER, &err));
	remove(path);
	return c;
}

/* Within one layer a key stands once, and no key begins a longer one. */
static void check_view(struct keymap *m, const struct view_ops *v)
{
	struct keymap_row rows[ROWS];
	int count = 0;
	while (count < ROWS && keymap_row(m, v, count, &rows[count]))
		count++;
	ok(count > 0 && count < ROWS);
	for (int i = 0; i < count; i++) {
		for (int j = 0; j < count; j++) {
			size_t size = strlen(rows[i].keys);
			bool named = size > 1 && strcmp(rows[i].keys, "gg") != 0 &&
				     rows[i].keys[0] != 'g';
			if (i == j || named || strncmp(rows[i].keys, rows[j].keys, size) != 0)
				continue;
			/* "F" is no beginning of "F1", nor "E" of "End". */
			bool sequence = rows[j].keys[0] == 'g' || strchr(rows[j].keys, ' ');
			if (rows[j].keys[size] && !sequence)
				continue;
			printf("# %s: %s (%s) and %s (%s)\n", v->name, rows[i].keys, rows[i].line,
				rows[j].keys, rows[j].line);
			ok(!"a key with two meanings");
		}
		ok(rows[i].help && *rows[i].help);
	}
}

/* The table itself: the same keys twice in one list of bindings would hide one of them. */
static void check_bindings(const char *name, const struct binding *list)
{
	for (const struct binding *a = list; a && a->keys; a++) {
		for (const struct binding *b = a + 1; b->keys; b++) {
			if (strcmp(a->keys, b->keys) != 0)
				continue;
			printf("# %s: %s is both %s and %s\n", name, a->keys, a->line, b->line);
			ok(!"bound twice");
		}
	}
}

/* A view's own key may take the place of the program's, but a verb's key keeps its meaning in a
   view that has verbs: the same verb, the same key everywhere. */
static void check_verbs(const struct view_ops *v)
{
	for (const struct verb *const *verb = verb_list; v->cases && *verb; verb++) {
		for (const struct binding *b = v->bindings; b && b->keys; b++) {
			if (strcmp(b->keys, (*verb)->keys) == 0 && strncmp(b->line, (*verb)->name,
				strlen((*verb)->name)) != 0) {
				printf("# %s: %s is %s, and the verb %s\n", v->name, b->keys,
					b->line, (*verb)->name);
				ok(!"a verb's key has another meaning");
			}
		}
		for (const struct binding *b = program_bindings; b->keys; b++) {
			if (strcmp(b->keys, (*verb)->keys) == 0) {
				printf("# %s is %s, and the verb %s\n", b->keys, b->line,
					(*verb)->name);
				ok(!"a verb's key is the program's too");
			}
		}
	}
}

int main(void)
{
	bool more;
	struct buf problems = { 0 };
	struct keymap *m = keymap_new(NULL, &problems);

	test("no key has two meanings in any view") {
		check_bindings("program", program_bindings);
		for (const struct view_ops *const *v = view_list; *v; v++) {
			check_bindings((*v)->name, (*v)->bindings);
			check_verbs(*v);
			check_view(m, *v);
		}
	}

	test("keys find their lines in the worklist") {
		same(find(m, "cases", "j", &more), "down");
		ok(!more);
		same(find(m, "cases", "t", &more), "take");
		same(find(m, "cases", ">", &more), "priority up");
		same(find(m, "cases", "<", &more), "priority down");
		same(find(m, "cases", "gg", &more), "top");
		same(find(m, "cases", "<F10>", &more), "quit");
		same(find(m, "cases", "<Enter>", &more), "open");
		same(find(m, "cases", "3", &more), "tab 3");
		same(find(m, "cases", "é", &more), NULL);
	}

	test("an unfinished sequence says that more may come") {
		same(find(m, "cases", "g", &more), NULL);
		ok(more);
		same(find(m, "cases", "gz", &more), NULL);
		ok(!more);
	}

	test("a verb's key does nothing where there is no case") {
		same(find(m, "outbox", "t", &more), NULL);
		same(find(m, "outbox", "u", &more), "recall");
		same(find(m, "plan", "y", &more), "do");
	}

	test("the keys of a line are known, also after rebinding") {
		same(keymap_keys(m, view_find("cases"), "help"), "?");
		same(keymap_keys(m, view_find("cases"), "reply"), "r");
		same(keymap_keys(m, view_find("cases"), "no such line"), NULL);
	}
	keymap_free(m);

	test("the person's keys win, and an empty line takes one away") {
		struct config *c =
			configured("[key]\nZ = assign me\nt =\n[key \"cases\"]\nx = view outbox\n");
		m = keymap_new(c, &problems);
		same(buf_str(&problems), "");
		same(find(m, "cases", "Z", &more), "assign me");
		same(find(m, "cases", "t", &more), NULL);
		same(find(m, "cases", "x", &more), "view outbox");
		same(find(m, "plan", "x", &more), NULL);
		keymap_free(m);
		config_free(c);
	}

	test("keys nobody knows and views that are not there are told") {
		struct config *c =
			configured("[key]\nqwertyuiop = quit\n[key \"nosuch\"]\nx = quit\n");
		m = keymap_new(c, &problems);
		ok(strstr(buf_str(&problems), "qwertyuiop") != NULL);
		ok(strstr(buf_str(&problems), "nosuch") != NULL);
		keymap_free(m);
		config_free(c);
	}

	test("style none: letters do nothing, named keys and : do") {
		struct config *c = configured("[keys]\nstyle = none\n");
		m = keymap_new(c, &problems);
		for (int key = ' ' + 1; key < 127; key++) {
			const char *line = keymap_find(m, view_find("cases"), &key, 1, &more);
			ok(key == ':' ? line != NULL : line == NULL);
			ok(!more);
		}
		same(find(m, "cases", "<Down>", &more), "down");
		same(find(m, "cases", "<Enter>", &more), "open");
		same(find(m, "cases", "<F1>", &more), "help");
		same(find(m, "cases", "<F10>", &more), "quit");
		same(find(m, "cases", "<Esc>", &more), "cancel");
		keymap_free(m);
		config_free(c);
	}

	test("style ctrl: letters come after Ctrl-X") {
		struct config *c = configured("[keys]\nstyle = ctrl\n");
		m = keymap_new(c, &problems);
		same(find(m, "cases", "t", &more), NULL);
		same(find(m, "cases", "<Ctrl-X>t", &more), "take");
		same(find(m, "cases", "<Ctrl-X>gg", &more), "top");
		same(find(m, "cases", "<Down>", &more), "down");
		keymap_free(m);
		config_free(c);
	}

	test("lines are split and joined like words of a shell") {
		int count;
		char **argv = action_split("note 'two words' \"a \\\"b\\\"\" c\\ d ''", &count);
		same_int(count, 5);
		same(argv[1], "two words");
		same(argv[2], "a \"b\"");
		same(argv[3], "c d");
		same(argv[4], "");
		struct buf b = { 0 };
		action_join(&b, count, (const char *const *)argv);
		int again;
		char **second = action_split(buf_str(&b), &again);
		same_int(again, count);
		for (int i = 0; i < count && i < again; i++)
			same(second[i], argv[i]);
		free(argv);
		free(second);
		buf_clear(&b);
		ok(action_split("note 'open", &count) == NULL);
	}

	buf_clear(&problems);
	return test_result();
}
