/* Reading CSV as cities export it: separators, quotes, line ends, encodings, and what is broken in it. */
#include "tests/lib.h"
#include "model/csv.h"
#include "model/text.h"
#include <string.h>

static struct csv *open_bytes(FILE **file, const char *bytes, size_t size, char separator,
			      const char *encoding)
{
	*file = tmpfile();
	fwrite(bytes, 1, size, *file);
	rewind(*file);
	return csv_open(*file, separator, encoding);
}

/* The whole file as text: cells between | and records ended by /, an error as !line. */
static char *told(const char *bytes, size_t size, char separator, const char *encoding)
{
	FILE *file;
	struct csv *csv = open_bytes(&file, bytes, size, separator, encoding);
	struct buf out = { 0 };
	const char *const *cells;
	int count, rc;
	struct error err = { 0 };

	while ((rc = csv_next(csv, &cells, &count, &err)) != 0) {
		if (rc < 0)
			buf_printf(&out, "!%d", csv_line(csv));
		for (int i = 0; i < count; i++)
			buf_printf(&out, "%s%s", i ? "|" : "", cells[i]);
		buf_char(&out, '/');
	}
	csv_close(csv);
	fclose(file);
	buf_text(&out, "");
	return buf_take(&out);
}

static void reads(const char *bytes, size_t size, const char *want)
{
	char *got = told(bytes, size, 0, NULL);

	same(got ? got : "", want);
	free(got);
}

#define READS(bytes, want) reads(bytes, sizeof(bytes) - 1, want)

static void reads_as(const char *encoding, const char *bytes, size_t size, const char *want)
{
	char *got = told(bytes, size, ',', encoding);

	same(got ? got : "", want);
	free(got);
}

static void shapes(void)
{
	READS("a,b\n1,2\n", "a|b/1|2/");
	READS("a;b\n1;2,5\n", "a|b/1|2,5/");
	READS("a\tb\n1\t2\n", "a|b/1|2/");
	READS("a|b\r\n1|2\r\n", "a|b/1|2/");
	READS("a,b\r1,2\r3,4\r", "a|b/1|2/3|4/");
	READS("a,b\n1,2", "a|b/1|2/");
	READS("a\n\n\nb\n", "a/b/");
	READS("a,b\n,\n", "a|b/|/");
	READS("a,b\n\"\"\n", "a|b//");
	READS("a,b\n\"x,\"\"y\"\"\",2\n", "a|b/x,\"y\"|2/");
	READS("a,b\n\"x\ny\r\nz\rw\",2\n", "a|b/x\ny\r\nz\rw|2/");
	READS("a,b\nx\"y,\"z\"w\n", "a|b/x\"y|zw/");
	READS("sep=;\na,b;c\n", "a,b|c/");
	READS("sep=;\r\na;c\r\n", "a|c/");
	READS("", "");
	READS("\n\r\n", "");
	READS("a", "a/");
	READS("\"a;b\";\"c\"\n", "a;b|c/");
}

static void encodings(void)
{
	READS("\xef\xbb\xbfnaam,b\nJos\xc3\xa9,1\n", "naam|b/José|1/");
	READS("naam,b\nJos\xe9,\x80\n", "naam|b/José|€/");
	READS("Jos\xc3\xa9,Jos\xe9\n", "José|José/");
	READS("\xff\xfe" "a\0,\0\xe9\0\n\0", "a|é/");
	READS("\xfe\xff" "\0a\0,\xd8\x3d\xde\x00\0\n", "a|😀/");
	READS("\xff\xfe" "a\0\x3d\xd8" "b\0\n\0", "a\xef\xbf\xbd" "b/");
	reads_as("utf-8", "a,Jos\xe9\n", 7, "a|Jos\xef\xbf\xbd/");
	reads_as("windows-1252", "\x93" "a\x94,\xc3\xa9\n", 7, "“a”|Ã©/");
	reads_as("utf-16le", "a\0\n\0", 4, "a/");
	reads_as("iso-8859-2", "a,\xb3\n", 4, "a|ł/");
	ok(csv_encoding_known("Windows-1252"));
	ok(!csv_encoding_known("klingon-7"));
}

static void broken(void)
{
	READS("a,b\n1,\"open\n2,x\n3,y\n", "a|b/!2/2|x/3|y/");
	READS("a,b\n1,\"open", "a|b/!2/");
	READS("a\nx\0y\nz\n", "a/!2/z/");
	READS("a\n\"open\r\n\"closed\"\r\nend\r\n", "a/open\r\nclosed\"/end/");

	struct buf big = { 0 };
	buf_text(&big, "a,b\n");
	for (int i = 0; i < 1200 * 1024; i++)
		buf_char(&big, 'x');
	buf_text(&big, ",1\n2,3\n");
	reads(big.text, big.size, "a|b/!2/2|3/");
	buf_clear(&big);
}

static void lines(void)
{
	FILE *file;
	const char text[] = "h\n\"a\nb\"\n\nc\r\n\"x\r\ny\"\rd\n";
	struct csv *csv = open_bytes(&file, text, sizeof text - 1, 0, NULL);
	const int want[] = { 1, 2, 5, 6, 8 };
	const char *const *cells;
	int count;

	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		same_int(csv_next(csv, &cells, &count, NULL), 1);
		same_int(csv_line(csv), want[i]);
	}
	same_int(csv_next(csv, &cells, &count, NULL), 0);
	csv_close(csv);
	fclose(file);
}

int main(void)
{
	test("separators, quotes and line ends")
		shapes();
	test("encodings, cell by cell where nobody says which")
		encodings();
	test("a broken record costs itself alone")
		broken();
	test("the line a record began on")
		lines();
	return test_result();
}
