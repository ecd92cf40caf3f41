/* caseload file: the files of a case: which there are, and one of them fetched. */
#include "cli/command.h"

#include "cli/session.h"
#include "model/arena.h"
#include "model/file.h"
#include "model/i18n.h"
#include "model/when.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SILENCE_MS = 30000, TURN_MS = 500, TOLD_MS = 500 };

/* A file and the entry it came with. */
struct came {
	struct attachment file;
	time_t at;
	const char *by;
};

struct fetching {
	struct session *s;
	struct page page;
	struct came *list;
	int count;
	struct wish wish;
	int64_t bytes, size, heard_ms, told_ms;
};

static const char *const names[] = { "id", "name", "type", "size", "at", "by", NULL };

static void add(struct fetching *f, const struct event *e)
{
	for (struct attachment *one = json_read_files(e->files, &f->page.arena); one->name; one++) {
		f->list = xrealloc(f->list, (size_t)(f->count + 1) * sizeof(*f->list));
		f->list[f->count++] = (struct came){ *one, e->at, e->by };
	}
}

static void read_files(struct fetching *f, int64_t key)
{
	store_events(f->s->store, key, &f->page);
	for (int i = 0; i < f->page.event_count; i++)
		add(f, &f->page.events[i]);
}

/* ---- which there are */

static void put_json(struct print *p, const struct came *c)
{
	json_open(&p->json, NULL, '{');
	if (json_wanted(p->fields, "id"))
		json_put_text(&p->json, "id", c->file.id);
	if (json_wanted(p->fields, "name"))
		json_put_text(&p->json, "name", c->file.name);
	if (json_wanted(p->fields, "type"))
		json_put_text(&p->json, "type", c->file.type);
	if (json_wanted(p->fields, "size") && c->file.size >= 0)
		json_put_int(&p->json, "size", c->file.size);
	if (json_wanted(p->fields, "at"))
		json_put_time(&p->json, "at", c->at);
	if (json_wanted(p->fields, "by"))
		json_put_text(&p->json, "by", c->by);
	json_close(&p->json, '}');
}

static bool list_json(struct fetching *f, struct error *err)
{
	struct print *p = f->s->print;

	if (!print_check_fields(p, names, err))
		return false;
	json_open(&p->json, NULL, '[');
	for (int i = 0; i < f->count; i++)
		put_json(p, &f->list[i]);
	json_close(&p->json, ']');
	buf_char(&p->out, '\n');
	return true;
}

static void put_row(struct print *p, const struct came *c)
{
	char size[24] = "", at[WHEN_SIZE];
	struct buf when = { 0 };

	if (c->file.size >= 0)
		snprintf(size, sizeof(size), "%lld", (long long)c->file.size);
	when_write(at, c->at);
	when_stamp(&when, c->at, time(NULL));
	print_row(p, (const char *[]){ c->file.id, c->file.name, c->file.type, size,
			     p->form == PRINT_PLAIN ? at : buf_str(&when), c->by });
	buf_clear(&when);
}

static bool list(struct fetching *f, struct error *err)
{
	static const struct print_column columns[] = { { "id", N_("ID"), 0, false },
		{ "name", N_("NAME"), 1, false }, { "type", N_("TYPE"), 0, false },
		{ "size", N_("BYTES"), 0, true }, { "at", N_("WHEN"), 0, false },
		{ "by", N_("BY"), 0, false } };
	struct print *p = f->s->print;

	if (p->form == PRINT_JSON)
		return list_json(f, err);
	if (!f->count) {
		print_notice(p, "%s", _("No files came with this case."));
		return true;
	}
	print_table(p, columns, 6);
	for (int i = 0; i < f->count; i++)
		put_row(p, &f->list[i]);
	print_table_end(p);
	return true;
}

/* ---- one of them */

static const struct came *named(const struct fetching *f, const char *name, struct error *err)
{
	const struct came *found = NULL;
	int count = 0;

	for (int i = 0; i < f->count; i++)
		if (f->list[i].file.id && !strcmp(f->list[i].file.id, name))
			return &f->list[i];
	for (int i = 0; i < f->count; i++) {
		if (strcmp(f->list[i].file.name, name))
			continue;
		found = &f->list[i];
		count++;
	}
	if (count == 1)
		return found;
	if (count)
		error_set(err, ERROR_USAGE,
			_("%d files of this case are called %s; say which by its ID."), count, name);
	else
		error_set(err, ERROR_GONE,
			_("There is no file %s on this case; without a name they are listed."),
			name);
	return NULL;
}

/* Where nobody waits before a terminal, a long silence says as much. */
static void progress(void *ctx, int64_t bytes, int64_t size)
{
	struct fetching *f = ctx;

	f->bytes = bytes;
	f->size = size;
	f->heard_ms = loop_now_ms();
	if (!isatty(STDERR_FILENO) || f->heard_ms - f->told_ms < TOLD_MS)
		return;
	f->told_ms = f->heard_ms;
	fputc('\r', stderr);
	if (size > 0)
		fprintf(stderr, _("%lld of %lld KiB "), (long long)(bytes >> 10),
			(long long)(size >> 10));
	else
		fprintf(stderr, _("%lld KiB "), (long long)(bytes >> 10));
}

static void fetched(void *ctx, const struct error *err)
{
	struct fetching *f = ctx;

	wish_done(&f->wish, err);
}

/* As long as bytes come it goes on, however slow the line is. */
static bool fetch(struct fetching *f, int64_t key, const struct came *c, const char *path,
	struct error *err)
{
	f->heard_ms = loop_now_ms();
	sync_file(f->s->sync, key, &c->file, path, progress, fetched, f);
	while (!f->wish.done && loop_now_ms() - f->heard_ms < SILENCE_MS)
		loop_once(f->s->loop, TURN_MS);
	if (f->told_ms)
		fputs("\r\033[K", stderr);
	if (!f->wish.done) {
		sync_forget(f->s->sync, f);
		return error_set(err, ERROR_OFFLINE, _("The service did not answer in time."));
	}
	*err = f->wish.err;
	return err->kind == ERROR_NONE;
}

static bool is_directory(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

static const char *place(struct fetching *f, const struct came *c)
{
	const char *given = given_value(f->s->given, "output");
	const char *dir = config_get(f->s->config, "files.dir");

	if (given && !is_directory(given))
		return given;
	return file_free_path(given ? given : dir ? dir : "", c->file.name, &f->page.arena);
}

static bool pour(const char *path, struct error *err)
{
	char block[4096];
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : 0;

	while (fd >= 0 && (n = read(fd, block, sizeof(block))) > 0)
		if (!file_write(STDOUT_FILENO, block, (size_t)n)) {
			n = -1;
			break;
		}
	if (fd >= 0)
		close(fd);
	return n == 0 || error_set(err, ERROR_LOCAL, _("The file could not be written out: %s."),
				strerror(errno));
}

/* Whole before a byte of it is given on: half a file looks like one. */
static bool to_output(struct fetching *f, int64_t key, const struct came *c, struct error *err)
{
	struct buf dir = { 0 };

	if (!config_dir(&dir, "runtime", err))
		return false;

	const char *path = arena_printf(
		&f->page.arena, "%s/fetched-%d", buf_str(&dir), (int)getpid());
	unlink(path);
	bool good = fetch(f, key, c, path, err) && pour(path, err);
	unlink(path);
	buf_clear(&dir);
	return good;
}

static bool to_file(struct fetching *f, int64_t key, const struct came *c, struct error *err)
{
	const char *path = place(f, c);
	struct print *p = f->s->print;

	if (!fetch(f, key, c, path, err))
		return false;
	if (p->form == PRINT_JSON) {
		json_open(&p->json, NULL, '{');
		json_put_text(&p->json, "path", path);
		json_put_int(&p->json, "size", f->bytes);
		json_close(&p->json, '}');
		buf_char(&p->out, '\n');
	} else {
		print_line(p, p->form == PRINT_PLAIN ? "%s" : _("It is in %s."), path);
	}
	return true;
}

static bool get(struct fetching *f, int64_t key, const char *name, struct error *err)
{
	const struct came *c = named(f, name, err);
	const char *to = given_value(f->s->given, "output");

	if (!c)
		return false;
	return to && !strcmp(to, "-") ? to_output(f, key, c, err) : to_file(f, key, c, err);
}

static bool file_run(struct session *s, int *exit_code, struct error *err)
{
	struct fetching f = { .s = s };
	int count = s->given->count;

	(void)exit_code;
	if (s->print->form == PRINT_JSON && strcmp(s->print->fields, "help") == 0) {
		for (int i = 0; names[i]; i++)
			print_line(s->print, "%s", names[i]);
		s->print->form = PRINT_TABLE;
		return true;
	}
	if (count < 1 || count > 2)
		return error_set(err, ERROR_USAGE,
			_("Say which case, and which of its files: without one they are listed."));
	if (!session_open(s, err))
		return false;
	page_init(&f.page);

	int64_t key = session_case(s, s->given->args[0], true, err);
	if (key)
		read_files(&f, key);
	bool good = key && (count == 2 ? get(&f, key, s->given->args[1], err) : list(&f, err));
	free(f.list);
	page_clear(&f.page);
	return good;
}

const struct command cmd_file = {
	.name = "file",
	.args = "CASE [NAME|ID]",
	.help = N_("List the files of a case, or fetch one of them."),
	.examples =
		(const char *const[]){
			"caseload file 2026-000417",
			"caseload file 2026-000417 scan.pdf",
			"caseload file 2026-000417 scan.pdf -o - | pdftotext - -",
			NULL,
		},
	.options =
		(const struct verb_option[]){
			{ "output", 'o', "PATH",
				N_("Where it goes: a file that is not there yet, a directory, or - "
				   "for standard output; else files.dir.") },
			{ NULL, 0, NULL, NULL },
		},
	.prints = true,
	.run = file_run,
};
