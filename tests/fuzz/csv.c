/* Somebody's CSV file: read to its end whatever it holds, every cell UTF-8, what was read written in
   the plainest form and read as the same again; and imported: every row is accounted for, every bad
   one told with its line, and the same file once more changes nothing. */
#include "tests/fuzz/fuzz.h"

#include "model/csv.h"
#include "model/text.h"
#include "service/embedded.h"
#include "service/import.h"

#include <unistd.h>

static FILE *opened(const uint8_t *data, size_t size)
{
	static uint8_t none[1];
	FILE *f = fmemopen(size ? (void *)(uintptr_t)data : none, size ? size : 1, "rb");

	must(f != NULL);
	if (!size)
		fgetc(f);
	return f;
}

static void put_cell(struct buf *out, const char *cell)
{
	buf_char(out, '"');
	for (; *cell; cell++) {
		if (*cell == '"')
			buf_char(out, '"');
		buf_char(out, *cell);
	}
	buf_char(out, '"');
}

static void read_back(const char *const *cells, int count)
{
	struct buf text = { 0 };
	struct error err = { 0 };
	const char *const *again;
	int count_again;

	for (int i = 0; i < count; i++) {
		if (i)
			buf_char(&text, ';');
		put_cell(&text, cells[i]);
	}
	buf_text(&text, "\r\n");

	FILE *f = opened((const uint8_t *)text.text, text.size);
	struct csv *csv = csv_open(f, ';', "utf-8");

	must(csv_next(csv, &again, &count_again, &err) == 1 && count_again == count);
	for (int i = 0; i < count; i++)
		must_same(again[i], cells[i]);
	must(csv_next(csv, &again, &count_again, &err) == 0);
	csv_close(csv);
	fclose(f);
	buf_clear(&text);
}

static void read_all(const uint8_t *data, size_t size, const char *encoding)
{
	FILE *f = opened(data, size);
	struct csv *csv = csv_open(f, 0, encoding);
	const char *const *cells;
	struct error err = { 0 };
	int count, rc, line = 0;

	for (size_t records = 0; (rc = csv_next(csv, &cells, &count, &err)) != 0; records++) {
		must(records <= 2 * size + 2); /* it comes to an end */
		must(csv_line(csv) >= line && (size_t)csv_line(csv) <= size + 1);
		line = csv_line(csv);
		if (rc < 0) {
			must(err.kind == ERROR_REFUSED && *err.text);
			continue;
		}
		must(count > 0);
		for (int i = 0; i < count; i++)
			must(text_valid(cells[i], strlen(cells[i])));
		read_back(cells, count);
	}
	csv_close(csv);
	fclose(f);
}

/* ---- imported */

static char dir[64];
static struct keep keep;

static void end(void)
{
	static const char *const files[] = { "casework.db", "casework.db-wal", "casework.db-shm" };
	char path[100];

	base_close(keep.base);
	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
		unlink(path);
	}
	rmdir(dir);
}

static void begin(void)
{
	struct error err = { 0 };

	snprintf(dir, sizeof(dir), "/tmp/caseload-fuzz-XXXXXX");
	must(mkdtemp(dir) != NULL);
	keep = (struct keep){ .base = base_open(dir, BASE_WRITE, &err), .ident = ident_uuid,
		.now_ms = 1767225600000, .worker = "system" };
	must(keep.base != NULL);
	base_run(keep.base, "PRAGMA synchronous = OFF", ""); /* nothing here is to survive */
	atexit(end);
}

static const char map_text[] =
	"[map]\nabout = citizens\nsource = persons\nreference = {ref}\ndates = DD.MM.YYYY\n"
	"[fields]\nref = {ref}\nfamily = {name}\nborn = {born}\nphone = {#4}\n";

static void empty(void)
{
	base_begin(keep.base);
	base_run(keep.base, "DELETE FROM origin", "");
	base_commit(keep.base);
}

static struct import_counts import_once(const uint8_t *data, size_t size, bool *good)
{
	struct map_file map;
	struct import_counts counts = { 0 };
	struct error err = { 0 };
	struct buf problems = { 0 };
	char *told = NULL;
	size_t told_size = 0;
	FILE *f = opened(data, size), *report = open_memstream(&told, &told_size);

	must(map_file_parse(&map, "persons", map_text, sizeof(map_text) - 1, &problems));
	*good = import_file(&keep, &map, f, "FILE", IMPORT_KEEP, report, &counts, &err);
	fclose(report);
	fclose(f);
	must(*good == !err.kind && err.kind != ERROR_LOCAL);
	must(counts.rows == counts.fresh + counts.changed + counts.same + counts.bad + counts.continued);

	/* A line for each bad row, and nothing raw in it. */
	long lines = 0;

	for (size_t i = 0; i < told_size; i++) {
		lines += told[i] == '\n';
		must(told[i] == '\n' || (unsigned char)told[i] >= 0x20);
	}
	must(lines == counts.bad);
	must(!lines || !strncmp(told, "FILE:", 5));
	free(told);
	map_file_clear(&map);
	buf_clear(&problems);
	return counts;
}

static void import(const uint8_t *data, size_t size)
{
	bool good, again;

	if (!*dir)
		begin();
	struct import_counts first = import_once(data, size, &good);
	if (first.fresh + first.changed == 0)
		return;
	struct import_counts second = import_once(data, size, &again);

	must(good == again && second.rows == first.rows && second.bad == first.bad);
	must(second.fresh == 0 && second.changed == 0);
	empty();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Beyond its memory no file goes: libc's own. */
	if (size > 16384)
		return 0;
	read_all(data, size, NULL);
	read_all(data, size, "utf-16");
	read_all(data, size, "windows-1252");
	read_all(data, size, "shift_jis");
	import(data, size);
	return 0;
}
