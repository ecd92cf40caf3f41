/* Output of commands. */
#include "cli/print.h"

#include "model/arena.h"
#include "model/child.h"
#include "model/file.h"
#include "model/i18n.h"
#include "model/nearest.h"
#include "model/text.h"

#include <errno.h>
#include <langinfo.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Where nothing is cut, no more than that is filled up with blanks: one long cell is no reason to write
   that many in every row. */
enum { WIDEST = 200 };

static int terminal_width(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;

	if (columns && atoi(columns) > 0)
		return atoi(columns);
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
		return size.ws_col;
	return 80;
}

static int terminal_rows(void)
{
	struct winsize size;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row ? size.ws_row : 24;
}

void print_init(struct print *p)
{
	*p = (struct print){ .header = true, .pager = true, .fields = "" };
	p->terminal = isatty(STDOUT_FILENO);
	p->ascii = strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
	p->width = p->terminal ? terminal_width() : 0;
	p->json = (struct json_out){ .buf = &p->out, .ascii = p->terminal || p->ascii };
}

static void drop_cells(struct print *p)
{
	for (int i = 0; i < p->cell_count; i++)
		free(p->cells[i]);
	free(p->cells);
	p->cells = NULL;
	p->cell_count = 0;
}

void print_clear(struct print *p)
{
	drop_cells(p);
	buf_clear(&p->out);
}

/* Harmless for a terminal, and in its charset. */
static void clean(const struct print *p, struct buf *out, const char *text)
{
	if (!p->ascii) {
		text_clean(out, text, strlen(text));
		return;
	}

	struct buf utf8 = { 0 };

	text_clean(&utf8, text, strlen(text));
	text_ascii(out, buf_str(&utf8));
	buf_clear(&utf8);
}

void print_table(struct print *p, const struct print_column *columns, int count)
{
	drop_cells(p);
	p->columns = columns;
	p->column_count = count;
}

void print_row(struct print *p, const char *const *cells)
{
	size_t count = (size_t)(p->cell_count + p->column_count);

	p->cells = xrealloc(p->cells, count * sizeof(*p->cells));
	for (int i = 0; i < p->column_count; i++) {
		struct buf b = { 0 };

		clean(p, &b, cells[i] ? cells[i] : "");
		p->cells[p->cell_count++] = b.text ? buf_take(&b) : xstrdup("");
	}
}

static void plain_row(struct print *p, const char *const *cells)
{
	for (int i = 0; i < p->column_count; i++)
		buf_printf(&p->out, "%s%s", i ? "\t" : "", cells[i]);
	buf_char(&p->out, '\n');
}

static void table_row(struct print *p, const char *const *cells, const int *widths)
{
	struct buf line = { 0 };

	for (int i = 0; i < p->column_count; i++) {
		int used = text_width(cells[i]);

		if (i)
			buf_text(&line, "  ");
		for (int pad = widths[i] - used; p->columns[i].right && pad > 0; pad--)
			buf_char(&line, ' ');
		if (used > widths[i] && !p->width) /* nothing is kept from a file or a program */
			buf_text(&line, cells[i]);
		else if (p->columns[i].right)
			text_cut(&line, cells[i], widths[i]);
		else
			text_pad(&line, cells[i], widths[i]);
	}
	while (line.size && line.text[line.size - 1] == ' ')
		buf_cut(&line, line.size - 1);
	buf_printf(&p->out, "%s\n", buf_str(&line));
	buf_clear(&line);
}

/* What the terminal has no room for is taken from the columns that may be cut, the widest first. */
static void fit(const struct print *p, int *widths)
{
	int total = 2 * (p->column_count - 1);

	for (int i = 0; i < p->column_count; i++)
		total += widths[i];
	for (; p->width && total > p->width; total--) {
		int widest = -1;

		for (int i = 0; i < p->column_count; i++)
			if (p->columns[i].grow && widths[i] > 8 &&
				(widest < 0 || widths[i] > widths[widest]))
				widest = i;
		if (widest < 0)
			return;
		widths[widest]--;
	}
}

void print_table_end(struct print *p)
{
	const char *head[PRINT_COLUMNS];
	int widths[PRINT_COLUMNS];
	bool plain = p->form == PRINT_PLAIN;

	for (int i = 0; i < p->column_count; i++) {
		head[i] = plain ? p->columns[i].name : _(p->columns[i].title);
		widths[i] = p->header ? text_width(head[i]) : 0;
	}
	for (int i = 0; i < p->cell_count; i++) {
		int width = text_width(p->cells[i]);

		if (!p->width && width > WIDEST)
			width = WIDEST;
		if (width > widths[i % p->column_count])
			widths[i % p->column_count] = width;
	}
	fit(p, widths);
	for (int i = p->header ? -p->column_count : 0; i < p->cell_count; i += p->column_count) {
		const char *const *row = i < 0 ? head : (const char *const *)&p->cells[i];

		if (plain)
			plain_row(p, row);
		else
			table_row(p, row, widths);
	}
	drop_cells(p);
}

void print_line(struct print *p, const char *fmt, ...)
{
	struct buf b = { 0 };
	va_list args;

	va_start(args, fmt);
	buf_vprintf(&b, fmt, args);
	va_end(args);
	clean(p, &p->out, buf_str(&b));
	buf_char(&p->out, '\n');
	buf_clear(&b);
}

void print_text(struct print *p, int indent, const char *text)
{
	struct buf lines = { 0 }, body = { 0 };
	int columns = p->width > indent + 20 ? p->width - indent : 0;

	text_clean_lines(&lines, text, strlen(text));
	if (p->ascii)
		text_ascii(&body, buf_str(&lines));
	else
		buf_text(&body, buf_str(&lines));
	for (const char *at = buf_str(&body); *at;) {
		size_t skip = 0, size = columns ? text_wrap(at, columns, &skip) : strcspn(at, "\n");

		if (!columns)
			skip = at[size] == '\n';
		buf_printf(&p->out, "%*s%.*s\n", size ? indent : 0, "", (int)size, at);
		if (size + skip == 0)
			break;
		at += size + skip;
	}
	buf_clear(&lines);
	buf_clear(&body);
}

/* ---- writing it */

static int count_lines(const struct buf *b)
{
	int lines = 0;

	for (size_t i = 0; i < b->size; i++)
		lines += b->text[i] == '\n';
	return lines;
}

static char **pager_argv(const struct config *c)
{
	const char *setting = c ? config_get(c, "pager") : "";
	const char *environment = getenv("PAGER");

	if (*setting)
		return config_argv(setting);
	return config_argv(environment && *environment ? environment : "less");
}

/* false: there is no pager to be had, so that the caller writes it himself. */
static bool page_out(const struct print *p, char **argv)
{
	int ends[2];

	if (pipe(ends))
		return false;

	struct child child;

	setenv("LESS", "FRX", 0);
	child_prepare(&child, argv, NULL, CHILD_PERSON);
	pid_t pid = fork();

	if (pid == 0) {
		dup2(ends[0], STDIN_FILENO);
		child_become(&child);
		_exit(127);
	}
	child_clear(&child);
	close(ends[0]);
	if (pid > 0)
		file_write(ends[1], p->out.text,
			p->out.size); /* a pager that was left early is fine */
	close(ends[1]);

	int status = 0;

	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return pid > 0 && !(WIFEXITED(status) && WEXITSTATUS(status) == 127);
}

bool print_flush(struct print *p, const struct config *config, struct error *err)
{
	if (!p->out.size)
		return true;
	if (p->terminal && p->pager && count_lines(&p->out) >= terminal_rows()) {
		char **argv = pager_argv(config);
		bool paged = argv && page_out(p, argv);

		free(argv);
		if (paged) {
			buf_reset(&p->out);
			return true;
		}
	}

	bool good = file_write(STDOUT_FILENO, p->out.text, p->out.size);
	int why = errno;

	buf_reset(&p->out);
	if (good)
		return true;
	if (why == EPIPE) {
		signal(SIGPIPE, SIG_DFL);
		raise(SIGPIPE);
	}
	return error_set(
		err, ERROR_LOCAL, _("Standard output cannot be written: %s."), strerror(why));
}

/* ---- errors */

static void write_error(const struct print *p, const char *text)
{
	struct buf line = { 0 };

	buf_text(&line, "caseload: ");
	clean(p, &line, text);
	buf_char(&line, '\n');
	file_write(STDERR_FILENO, line.text, line.size);
	buf_clear(&line);
}

void print_error_json(const struct print *p, const char *json)
{
	struct buf line = { 0 };

	(void)p;
	buf_printf(&line, "%s\n", json);
	file_write(STDERR_FILENO, line.text, line.size);
	buf_clear(&line);
}

void print_error(const struct print *p, const struct error *err)
{
	if (p->form != PRINT_JSON) {
		write_error(p, err->text);
		return;
	}

	struct buf text = { 0 };
	struct json_out out = { .buf = &text, .ascii = isatty(STDERR_FILENO) };

	json_open(&out, NULL, '{');
	json_put_text(&out, "error", error_name(err->kind));
	json_put_text(&out, "message", err->text);
	json_put_int(&out, "exit", error_exit(err->kind));
	if (err->status)
		json_put_int(&out, "status", err->status);
	if (*err->code)
		json_put_text(&out, "code", err->code);
	json_close(&out, '}');
	print_error_json(p, buf_str(&text));
	buf_clear(&text);
}

static void json_notice(const struct print *p, const char *text)
{
	struct buf line = { 0 };
	struct json_out out = { .buf = &line, .ascii = isatty(STDERR_FILENO) };

	json_open(&out, NULL, '{');
	json_put_text(&out, "notice", text);
	json_close(&out, '}');
	print_error_json(p, buf_str(&line));
	buf_clear(&line);
}

void print_notice(const struct print *p, const char *fmt, ...)
{
	struct buf b = { 0 };
	va_list args;

	va_start(args, fmt);
	buf_vprintf(&b, fmt, args);
	va_end(args);
	if (p->form == PRINT_JSON)
		json_notice(p, buf_str(&b));
	else
		write_error(p, buf_str(&b));
	buf_clear(&b);
}

bool print_check_fields(const struct print *p, const char *const *known, struct error *err)
{
	for (const char *at = p->fields; at && *at;) {
		char name[64];
		size_t size = strcspn(at, ",");
		bool found = false;
		struct nearest near = { 0 };

		snprintf(name, sizeof(name), "%.*s", (int)size, at);
		for (int i = 0; known[i] && !found; i++) {
			found = strcmp(known[i], name) == 0;
			nearest_look(&near, name, known[i]);
		}
		if (!found && near.name)
			return error_set(err, ERROR_USAGE,
				_("There is no field %s; the nearest is %s."), name, near.name);
		if (!found)
			return error_set(err, ERROR_USAGE,
				_("There is no field %s; --json=help lists them."), name);
		at += size + (at[size] == ',');
	}
	return true;
}
