/* CSV as it is found in the wild. Bytes come in blocks; UTF-16 becomes UTF-8 on the way in, the
   one-byte encodings become UTF-8 cell by cell, so that one broken cell does not spoil the rest.

   The bytes of the record being read are kept (at most one record), because a quote that is opened
   and never closed swallows everything after it: then only its first line is lost, and reading goes
   on with the second. */
#include "model/csv.h"
#include "model/arena.h"
#include "model/i18n.h"
#include "model/text.h"
#include <errno.h>
#include <iconv.h>
#include <string.h>
#include <strings.h>

enum { BLOCK = 64 * 1024, FIELD_MOST = 1024 * 1024, RECORD_MOST = 16 * 1024 * 1024 };

enum encoding { FOUND, UTF8, UTF16LE, UTF16BE, WINDOWS, OTHER };

struct csv {
	FILE *file;
	char separator;
	enum encoding encoding;
	iconv_t other;
	unsigned char block[BLOCK];
	size_t at, filled;
	unsigned char wide[4]; /* UTF-8 of one UTF-16 character, on its way */
	int wide_at, wide_count;
	bool held; /* one byte was looked at and put back */
	int held_byte;
	struct buf back; /* read once, to be read again */
	size_t back_at;
	struct buf raw;	   /* the record's bytes, from its first one */
	size_t first_line; /* bytes of raw up to and with its first line end; 0: none yet */
	int line;	   /* the line being read */
	int record_line;   /* the line the record began on */
	bool failed;	   /* the file cannot be read on */
	struct buf bytes;  /* the cell as it stands in the file */
	struct buf text;   /* all cells in UTF-8, each with its NUL */
	size_t *offsets;   /* of each cell in text */
	const char **cells;
	int count, room;
	const char *trouble; /* what is wrong with this record, or NULL */
};

/* The upper half of Windows-1252 that differs from Latin-1: 0x80 to 0x9f. */
static const unsigned short windows_1252[32] = {
	0x20ac,
	0xfffd,
	0x201a,
	0x0192,
	0x201e,
	0x2026,
	0x2020,
	0x2021,
	0x02c6,
	0x2030,
	0x0160,
	0x2039,
	0x0152,
	0xfffd,
	0x017d,
	0xfffd,
	0xfffd,
	0x2018,
	0x2019,
	0x201c,
	0x201d,
	0x2022,
	0x2013,
	0x2014,
	0x02dc,
	0x2122,
	0x0161,
	0x203a,
	0x0153,
	0xfffd,
	0x017e,
	0x0178,
};

static const struct {
	const char *name;
	enum encoding encoding;
} encodings[] = {
	{ "utf-8", UTF8 },
	{ "utf8", UTF8 },
	{ "utf-16", UTF16LE },
	{ "utf-16le", UTF16LE },
	{ "utf-16be", UTF16BE },
	{ "windows-1252", WINDOWS },
	{ "cp1252", WINDOWS },
	{ "iso-8859-1", WINDOWS },
	{ "latin-1", WINDOWS },
	{ "latin1", WINDOWS },
	{ "us-ascii", UTF8 },
	{ "ascii", UTF8 },
};

/* ---- bytes in */

static int utf8_write(unsigned char out[4], unsigned c)
{
	if (c < 0x80) {
		out[0] = (unsigned char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (unsigned char)(0xc0 | c >> 6);
		out[1] = (unsigned char)(0x80 | (c & 63));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (unsigned char)(0xe0 | c >> 12);
		out[1] = (unsigned char)(0x80 | (c >> 6 & 63));
		out[2] = (unsigned char)(0x80 | (c & 63));
		return 3;
	}
	out[0] = (unsigned char)(0xf0 | c >> 18);
	out[1] = (unsigned char)(0x80 | (c >> 12 & 63));
	out[2] = (unsigned char)(0x80 | (c >> 6 & 63));
	out[3] = (unsigned char)(0x80 | (c & 63));
	return 4;
}

static int file_byte(struct csv *csv)
{
	if (csv->at == csv->filled) {
		csv->at = 0;
		csv->filled = fread(csv->block, 1, BLOCK, csv->file);
		if (csv->filled == 0)
			return EOF;
	}
	return csv->block[csv->at++];
}

static int file_unit(struct csv *csv)
{
	int first = file_byte(csv);
	int second = first == EOF ? EOF : file_byte(csv);

	if (first == EOF)
		return EOF;
	if (second == EOF)
		return 0xfffd;
	return csv->encoding == UTF16BE ? first << 8 | second : second << 8 | first;
}

static bool is_low_half(int unit)
{
	return unit >= 0xdc00 && unit <= 0xdfff;
}

/* A half without its other half becomes U+FFFD; what followed it is read again. */
static int wide_byte(struct csv *csv)
{
	if (csv->wide_at < csv->wide_count)
		return csv->wide[csv->wide_at++];
	int unit = file_unit(csv);
	if (unit == EOF)
		return EOF;
	unsigned c = (unsigned)unit;
	if (c >= 0xd800 && c <= 0xdbff) {
		size_t at = csv->at;
		int low = file_unit(csv);
		if (low != EOF && is_low_half(low)) {
			c = 0x10000 + ((c - 0xd800) << 10) + ((unsigned)low - 0xdc00);
		} else {
			c = 0xfffd;
			if (csv->at == at + 2)
				csv->at = at;
		}
	} else if (is_low_half(unit)) {
		c = 0xfffd;
	}
	csv->wide_count = utf8_write(csv->wide, c);
	csv->wide_at = 1;
	return csv->wide[0];
}

static int next_byte(struct csv *csv)
{
	if (csv->held) {
		csv->held = false;
		return csv->held_byte;
	}
	if (csv->back_at < csv->back.size)
		return (unsigned char)csv->back.text[csv->back_at++];
	if (csv->encoding == UTF16LE || csv->encoding == UTF16BE)
		return wide_byte(csv);
	return file_byte(csv);
}

/* The next byte of the record; it is kept in case the record has to be read again. */
static int take(struct csv *csv)
{
	int c = next_byte(csv);

	if (c == EOF)
		return EOF;
	if (csv->raw.size < RECORD_MOST)
		buf_char(&csv->raw, (char)c);
	else
		csv->trouble = N_("The record is longer than 16 MiB.");
	return c;
}

/* The byte just taken was not meant for this record, or is to be looked at again. */
static void put_back(struct csv *csv, int c)
{
	if (c == EOF)
		return;
	csv->held = true;
	csv->held_byte = c;
	if (csv->raw.size < RECORD_MOST)
		buf_cut(&csv->raw, csv->raw.size - 1);
}

/* Gives back what follows the first `keep` bytes of the record. */
static void give_back(struct csv *csv, size_t keep)
{
	struct buf rest = { 0 };

	if (csv->raw.size > keep)
		buf_add(&rest, csv->raw.text + keep, csv->raw.size - keep);
	if (csv->held)
		buf_char(&rest, (char)csv->held_byte);
	csv->held = false;
	if (csv->back_at < csv->back.size)
		buf_add(&rest, csv->back.text + csv->back_at, csv->back.size - csv->back_at);
	buf_clear(&csv->back);
	csv->back = rest;
	csv->back_at = 0;
	buf_cut(&csv->raw, keep);
}

/* LF, CR LF or CR, the first byte of which was taken: one line end. */
static void end_line(struct csv *csv, int c)
{
	if (c == '\r') {
		int next = take(csv);
		if (next != '\n')
			put_back(csv, next);
	}
	csv->line++;
	if (csv->first_line == 0)
		csv->first_line = csv->raw.size;
}

/* ---- cells */

static void add_windows(struct buf *out, const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		unsigned char utf8[4], c = (unsigned char)bytes[i];
		unsigned wide = c >= 0x80 && c < 0xa0 ? windows_1252[c - 0x80] : c;
		buf_add(out, utf8, (size_t)utf8_write(utf8, wide));
	}
}

static void add_other(struct csv *csv, const char *bytes, size_t size)
{
	char *in = (char *)(uintptr_t)bytes;
	char out[1024];

	iconv(csv->other, NULL, NULL, NULL, NULL);
	while (size > 0) {
		char *to = out;
		size_t room = sizeof out;
		size_t rc = iconv(csv->other, &in, &size, &to, &room);
		buf_add(&csv->text, out, sizeof out - room);
		if (rc != (size_t)-1 || errno == E2BIG)
			continue;
		buf_text(&csv->text, "\xef\xbf\xbd");
		in++;
		size--;
	}
}

static bool is_ascii(const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if ((unsigned char)bytes[i] >= 0x80)
			return false;
	}
	return true;
}

static void add_decoded(struct csv *csv, const char *bytes, size_t size)
{
	if (size == 0)
		return;
	if (csv->encoding == OTHER)
		add_other(csv, bytes, size);
	else if (is_ascii(bytes, size))
		buf_add(&csv->text, bytes, size);
	else if (csv->encoding == WINDOWS || (csv->encoding == FOUND && !text_valid(bytes, size)))
		add_windows(&csv->text, bytes, size);
	else
		text_repair(&csv->text, bytes, size);
}

static void end_cell(struct csv *csv)
{
	if (csv->trouble) {
		buf_reset(&csv->bytes);
		return;
	}
	if (csv->count == csv->room) {
		csv->room = csv->room ? csv->room * 2 : 64;
		csv->offsets = xrealloc(csv->offsets, (size_t)csv->room * sizeof *csv->offsets);
		csv->cells = xrealloc(csv->cells, (size_t)csv->room * sizeof *csv->cells);
	}
	csv->offsets[csv->count++] = csv->text.size;
	add_decoded(csv, csv->bytes.text, csv->bytes.size);
	buf_add(&csv->text, "", 1);
	buf_reset(&csv->bytes);
}

static void add_byte(struct csv *csv, int c)
{
	if (c == 0)
		csv->trouble = N_("The record holds a NUL byte.");
	else if (csv->bytes.size >= FIELD_MOST)
		csv->trouble = N_("A field of the record is longer than 1 MiB.");
	else
		buf_char(&csv->bytes, (char)c);
}

/* The inside of a quoted cell, up to and with its closing quote. */
static bool quoted(struct csv *csv)
{
	for (int c = take(csv); c != EOF; c = take(csv)) {
		if (c == '"') {
			int next = take(csv);
			if (next == '"') {
				add_byte(csv, '"');
				continue;
			}
			put_back(csv, next);
			return true;
		}
		size_t before = csv->raw.size;
		add_byte(csv, c);
		if (c == '\r' || c == '\n')
			end_line(csv, c);
		if (c == '\r' && csv->raw.size > before)
			add_byte(csv, '\n');
		if (csv->bytes.size >= FIELD_MOST || csv->raw.size >= RECORD_MOST - 2)
			return false;
	}
	return false;
}

/* An opened quote that is never closed: only its first line is lost. */
static void resume_after_first_line(struct csv *csv)
{
	csv->trouble = N_("A quote is opened and not closed.");
	if (csv->first_line == 0)
		return;
	give_back(csv, csv->first_line);
	csv->line = csv->record_line + 1;
}

/* Cells until the line ends. A quote counts only at the beginning of a cell. */
static void read_record(struct csv *csv)
{
	bool fresh = true;

	for (int c = take(csv); c != EOF; c = take(csv)) {
		if (c == '"' && fresh) {
			if (!quoted(csv)) {
				resume_after_first_line(csv);
				return;
			}
			fresh = false;
			continue;
		}
		fresh = false;
		if (c == '\n' || c == '\r') {
			end_line(csv, c);
			end_cell(csv);
			return;
		}
		if (c == csv->separator) {
			end_cell(csv);
			fresh = true;
			continue;
		}
		add_byte(csv, c);
	}
	if (csv->raw.size > 0)
		end_cell(csv);
}

/* ---- the beginning of the file */

static void skip_mark(struct csv *csv)
{
	const unsigned char *first = csv->block;
	bool chosen = csv->encoding == UTF16LE || csv->encoding == UTF16BE;

	csv->filled = fread(csv->block, 1, BLOCK, csv->file);
	if (csv->filled >= 3 && memcmp(first, "\xef\xbb\xbf", 3) == 0) {
		csv->at = 3;
		if (csv->encoding == FOUND)
			csv->encoding = UTF8;
		return;
	}
	bool little = csv->filled >= 2 && first[0] == 0xff && first[1] == 0xfe;
	bool big = csv->filled >= 2 && first[0] == 0xfe && first[1] == 0xff;
	if ((little || big) && (chosen || csv->encoding == FOUND)) {
		csv->encoding = little ? UTF16LE : UTF16BE;
		csv->at = 2;
	}
}

/* Takes the first line and gives it back; quoted parts do not count. */
static void find_separator(struct csv *csv)
{
	static const char candidates[] = { ',', ';', '\t', '|' };
	int counts[sizeof candidates] = { 0 };
	bool inside = false;

	for (int c = take(csv); c != EOF && csv->raw.size < FIELD_MOST; c = take(csv)) {
		if (c == '"')
			inside = !inside;
		if (!inside && (c == '\n' || c == '\r'))
			break;
		for (size_t i = 0; i < sizeof candidates && !inside; i++)
			counts[i] += c == candidates[i];
	}
	size_t best = 0;
	for (size_t i = 1; i < sizeof candidates; i++) {
		if (counts[i] > counts[best])
			best = i;
	}
	csv->separator = candidates[best];
	give_back(csv, 0);
}

/* "sep=;" on the first line, as spreadsheets write it. */
static void obey_sep_line(struct csv *csv)
{
	while (csv->raw.size < 6) {
		if (take(csv) == EOF)
			break;
	}
	bool sep = csv->raw.size == 6 && strncasecmp(csv->raw.text, "sep=", 4) == 0 &&
		   (csv->raw.text[5] == '\n' || csv->raw.text[5] == '\r');
	if (!sep) {
		give_back(csv, 0);
		return;
	}
	if (!csv->separator)
		csv->separator = csv->raw.text[4];
	end_line(csv, csv->raw.text[5]);
	buf_reset(&csv->raw);
}

static enum encoding encoding_find(const char *name, iconv_t *other)
{
	if (!name)
		return FOUND;
	for (size_t i = 0; i < sizeof encodings / sizeof *encodings; i++) {
		if (strcasecmp(encodings[i].name, name) == 0)
			return encodings[i].encoding;
	}
	*other = iconv_open("UTF-8", name);
	return *other == (iconv_t)-1 ? FOUND : OTHER;
}

struct csv *csv_open(FILE *file, char separator, const char *encoding)
{
	struct csv *csv = xcalloc(1, sizeof *csv);

	csv->file = file;
	csv->separator = separator;
	csv->line = 1;
	csv->encoding = encoding_find(encoding, &csv->other);
	skip_mark(csv);
	obey_sep_line(csv);
	if (!csv->separator)
		find_separator(csv);
	return csv;
}

bool csv_encoding_known(const char *name)
{
	iconv_t other = (iconv_t)-1;
	enum encoding found = encoding_find(name, &other);

	if (other != (iconv_t)-1)
		iconv_close(other);
	return found != FOUND;
}

static void record_begin(struct csv *csv)
{
	buf_reset(&csv->raw);
	buf_reset(&csv->bytes);
	buf_reset(&csv->text);
	if (csv->back_at == csv->back.size) {
		buf_reset(&csv->back);
		csv->back_at = 0;
	}
	csv->first_line = 0;
	csv->count = 0;
	csv->trouble = NULL;
	csv->record_line = csv->line;
}

static bool is_blank_line(const struct csv *csv)
{
	return csv->count == 1 && csv->text.size == 1 && csv->raw.size > 0 &&
	       csv->raw.text[0] != '"';
}

int csv_next(struct csv *csv, const char *const **cells, int *count, struct error *err)
{
	if (csv->failed)
		return 0;
	do {
		record_begin(csv);
		read_record(csv);
	} while (!csv->trouble && is_blank_line(csv));
	*count = 0;
	*cells = csv->cells;
	if (ferror(csv->file)) {
		csv->failed = true;
		error_set(err, ERROR_LOCAL, _("Line %d: the file cannot be read on: %s."),
			csv->record_line, strerror(errno));
		return -1;
	}
	if (csv->trouble) {
		error_set(err, ERROR_REFUSED, "%s", _(csv->trouble));
		return -1;
	}
	for (int i = 0; i < csv->count; i++)
		csv->cells[i] = csv->text.text + csv->offsets[i];
	*cells = csv->cells;
	*count = csv->count;
	return csv->count > 0;
}

int csv_line(const struct csv *csv)
{
	return csv->record_line;
}

void csv_close(struct csv *csv)
{
	if (!csv)
		return;
	if (csv->encoding == OTHER)
		iconv_close(csv->other);
	buf_clear(&csv->back);
	buf_clear(&csv->raw);
	buf_clear(&csv->bytes);
	buf_clear(&csv->text);
	free(csv->offsets);
	free(csv->cells);
	free(csv);
}
