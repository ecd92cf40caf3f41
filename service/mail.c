/* Reading a mail. See mail.h. */
#include "service/mail.h"

#include "model/text.h"

#include <ctype.h>
#include <iconv.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

enum {
	HEADER_MOST = 256 << 10, /* of one part */
	VALUE_MOST = 16 << 10,
	WORD_MOST = 998,
	NAME_MOST = 200,
	DEPTH_MOST = 12,
	PARTS_MOST = 200
};

struct slice {
	const char *at;
	size_t size;
};

/* What is found on the way through the parts of one message. */
struct reading {
	struct mail *mail;
	struct buf text;
	int parts;
	bool report; /* inside multipart/report */
};

static const char *keep(struct mail *mail, struct buf *text)
{
	const char *copy = arena_copy(&mail->arena, buf_str(text));
	buf_clear(text);
	return copy;
}

/* ---- lines and headers */

/* Cuts the next line off, without its end (LF or CR LF). */
static bool next_line(struct slice *rest, struct slice *line)
{
	if (!rest->size)
		return false;
	const char *end = memchr(rest->at, '\n', rest->size);
	size_t size = end ? (size_t)(end - rest->at) : rest->size, used = end ? size + 1 : size;
	*line = (struct slice){ rest->at, size };
	if (size && line->at[size - 1] == '\r')
		line->size--;
	rest->at += used;
	rest->size -= used;
	return true;
}

/* The head and the body of an entity: they are parted by the first empty line. */
static struct slice split_head(struct slice whole, struct slice *body)
{
	struct slice rest = whole, line;
	while (rest.size && (size_t)(rest.at - whole.at) < HEADER_MOST) {
		const char *begin = rest.at;
		next_line(&rest, &line);
		if (line.size == 0) {
			*body = rest;
			return (struct slice){ whole.at, (size_t)(begin - whole.at) };
		}
	}
	*body = rest;
	return (struct slice){ whole.at, (size_t)(rest.at - whole.at) };
}

/* Appends the unfolded value of the nth header of that name; false: there are not so many. */
static bool header_raw(struct slice head, const char *name, int nth, struct buf *out)
{
	struct slice line;
	size_t size = strlen(name);
	bool taking = false;
	while (next_line(&head, &line)) {
		bool folded = line.size && (line.at[0] == ' ' || line.at[0] == '\t');
		if (taking && !folded)
			return true;
		if (taking && out->size < VALUE_MOST) {
			buf_add(out, line.at, line.size);
		} else if (!folded && line.size > size && line.at[size] == ':' &&
			   strncasecmp(line.at, name, size) == 0 && nth-- == 0) {
			taking = true;
			buf_add(out, line.at + size + 1, line.size - size - 1);
		}
	}
	return taking;
}

static const char *header(struct mail *mail, struct slice head, const char *name)
{
	struct buf raw = { 0 };
	bool there = header_raw(head, name, 0, &raw);
	if (raw.size > VALUE_MOST)
		buf_cut(&raw, VALUE_MOST);
	const char *value = buf_str(&raw);
	while (*value == ' ' || *value == '\t')
		value++;
	value = there ? arena_copy(&mail->arena, value) : NULL;
	buf_clear(&raw);
	return value;
}

/* ---- charsets and transfer encodings */

/* What is read as something else: bytes that are Latin-1 by their label are nearly always
   Windows-1252 (so says the WHATWG Encoding Standard, too). Only what stands here is given to
   iconv(), which would load code for anything. */
static const char *const charsets[][2] = { { "us-ascii", "UTF-8" }, { "ascii", "UTF-8" },
	{ "utf-8", "UTF-8" }, { "utf8", "UTF-8" }, { "iso-8859-1", "WINDOWS-1252" },
	{ "latin1", "WINDOWS-1252" }, { "windows-1252", "WINDOWS-1252" }, { "cp1252", "WINDOWS-1252" },
	{ "iso-8859-2", "ISO-8859-2" }, { "iso-8859-3", "ISO-8859-3" }, { "iso-8859-4", "ISO-8859-4" },
	{ "iso-8859-5", "ISO-8859-5" }, { "iso-8859-6", "ISO-8859-6" }, { "iso-8859-7", "ISO-8859-7" },
	{ "iso-8859-8", "ISO-8859-8" }, { "iso-8859-8-i", "ISO-8859-8" },
	{ "iso-8859-9", "WINDOWS-1254" }, { "iso-8859-10", "ISO-8859-10" },
	{ "iso-8859-13", "ISO-8859-13" }, { "iso-8859-14", "ISO-8859-14" },
	{ "iso-8859-15", "ISO-8859-15" }, { "iso-8859-16", "ISO-8859-16" },
	{ "windows-1250", "WINDOWS-1250" }, { "windows-1251", "WINDOWS-1251" },
	{ "windows-1253", "WINDOWS-1253" }, { "windows-1254", "WINDOWS-1254" },
	{ "windows-1255", "WINDOWS-1255" }, { "windows-1256", "WINDOWS-1256" },
	{ "windows-1257", "WINDOWS-1257" }, { "windows-1258", "WINDOWS-1258" },
	{ "koi8-r", "KOI8-R" }, { "koi8-u", "KOI8-U" }, { "gb2312", "GB18030" }, { "gbk", "GB18030" },
	{ "gb18030", "GB18030" }, { "big5", "BIG5" }, { "shift_jis", "SHIFT_JIS" },
	{ "euc-jp", "EUC-JP" }, { "iso-2022-jp", "ISO-2022-JP" }, { "euc-kr", "EUC-KR" },
	{ "ks_c_5601-1987", "EUC-KR" }, { "tis-620", "TIS-620" }, { NULL, NULL } };

static const char *charset_of(const char *label)
{
	for (int i = 0; label && charsets[i][0]; i++)
		if (strcasecmp(label, charsets[i][0]) == 0)
			return charsets[i][1];
	return NULL;
}

/* Appends bytes of that charset as UTF-8. What is not what its label says is taken for what it can
   be: UTF-8, or else Windows-1252, in which any byte is something. */
static void to_utf8(struct buf *out, const char *label, const char *bytes, size_t size)
{
	const char *name = charset_of(label);
	if ((!name || strcmp(name, "UTF-8") == 0) && text_valid(bytes, size)) {
		buf_add(out, bytes, size);
		return;
	}
	iconv_t table = iconv_open("UTF-8", !name || strcmp(name, "UTF-8") == 0 ? "WINDOWS-1252" : name);
	char *in = (char *)bytes, block[4096];
	while (table != (iconv_t)-1 && size) {
		char *to = block;
		size_t room = sizeof block;
		size_t done = iconv(table, &in, &size, &to, &room);
		buf_add(out, block, sizeof block - room);
		if (done != (size_t)-1 || room < sizeof block)
			continue;
		buf_text(out, "\xEF\xBF\xBD"); /* a byte that means nothing there */
		in++;
		size--;
	}
	if (table != (iconv_t)-1)
		iconv_close(table);
	else
		text_repair(out, bytes, size);
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int hex_pair(const char *at, size_t size)
{
	int high = size > 1 ? hex(at[0]) : -1, low = size > 1 ? hex(at[1]) : -1;
	return high < 0 || low < 0 ? -1 : high * 16 + low;
}

static void base64_read(struct buf *out, const char *at, size_t size)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	signed char value[256];
	uint32_t bits = 0;
	int count = 0;
	memset(value, -1, sizeof value);
	for (int i = 0; i < 64; i++)
		value[(unsigned char)digits[i]] = (signed char)i;
	for (size_t i = 0; i < size && at[i] != '='; i++) {
		int digit = value[(unsigned char)at[i]];
		if (digit < 0)
			continue;
		bits = bits << 6 | (uint32_t)digit;
		count += 6;
		if (count >= 8) {
			count -= 8;
			buf_char(out, (char)(bits >> count & 0xFF));
		}
	}
}

/* Of a body; what is not an encoding stands for itself. White space at line ends is not the
   writer's (RFC 2045, 6.7). */
static void quoted_read(struct buf *out, struct slice body)
{
	struct slice line;
	while (next_line(&body, &line)) {
		bool soft = false;
		while (line.size && (line.at[line.size - 1] == ' ' || line.at[line.size - 1] == '\t'))
			line.size--;
		if (line.size && line.at[line.size - 1] == '=') {
			line.size--;
			soft = true;
		}
		for (size_t i = 0; i < line.size; i++) {
			int code = line.at[i] == '=' ? hex_pair(line.at + i + 1, line.size - i - 1) : -1;
			buf_char(out, code < 0 ? line.at[i] : (char)code);
			i += code < 0 ? 0 : 2;
		}
		if (!soft)
			buf_char(out, '\n');
	}
}

static void decode_body(struct buf *out, struct mail *mail, struct slice head, struct slice body)
{
	const char *how = header(mail, head, "Content-Transfer-Encoding");
	if (how && strncasecmp(how, "base64", 6) == 0)
		base64_read(out, body.at, body.size);
	else if (how && strncasecmp(how, "quoted-printable", 16) == 0)
		quoted_read(out, body);
	else
		buf_add(out, body.at, body.size);
}

/* ---- encoded words in headers (RFC 2047) */

struct word {
	char charset[48];
	struct buf bytes;
};

static void word_end(struct buf *out, struct word *word)
{
	to_utf8(out, word->charset, buf_str(&word->bytes), word->bytes.size);
	buf_reset(&word->bytes);
}

/* Takes "=?charset?B?...?=" at `at` apart: how many bytes it is, 0 when it is none. Words of one
   charset that follow each other are put together first: many cut characters in two. */
static size_t word_read(struct buf *out, struct word *word, const char *at)
{
	if (at[0] != '=' || at[1] != '?')
		return 0;
	size_t charset = strcspn(at + 2, "?");
	if (!charset || charset >= sizeof word->charset || !at[2 + charset])
		return 0;
	const char *how = at + 2 + charset + 1, *text = how + 2, *end = text;
	if (!*how || !strchr("BbQq", *how) || how[1] != '?')
		return 0;
	while (*end && *end != ' ' && *end != '\t' && (end[0] != '?' || end[1] != '=') &&
		end - text < WORD_MOST)
		end++;
	if (end[0] != '?' || end[1] != '=')
		return 0;
	size_t name = strcspn(at + 2, "?*"); /* RFC 2231: a language after the charset */
	if (word->bytes.size && strncasecmp(word->charset, at + 2, name) != 0)
		word_end(out, word);
	snprintf(word->charset, sizeof word->charset, "%.*s", (int)name, at + 2);
	if (*how == 'B' || *how == 'b')
		base64_read(&word->bytes, text, (size_t)(end - text));
	for (const char *c = text; (*how == 'Q' || *how == 'q') && c < end; c++) {
		int code = *c == '=' ? hex_pair(c + 1, (size_t)(end - c - 1)) : -1;
		buf_char(&word->bytes, code >= 0 ? (char)code : *c == '_' ? ' ' : *c);
		c += code >= 0 ? 2 : 0;
	}
	return (size_t)(end + 2 - at);
}

/* A header's text for people: one line, UTF-8. The space between two encoded words is not text
   (RFC 2047, 6.2). */
static const char *unstructured(struct mail *mail, const char *raw)
{
	struct buf plain = { 0 }, line = { 0 };
	struct word word = { 0 };
	bool after_word = false;
	while (*raw) {
		size_t gap = strspn(raw, " \t"), size = word_read(&plain, &word, raw + gap);
		if (size && !after_word)
			buf_add(&plain, raw, gap);
		after_word = size > 0;
		if (!size) {
			word_end(&plain, &word);
			size = strcspn(raw + gap, " \t");
			for (size_t i = 1; i + 1 < size; i++)
				if (raw[gap + i] == '=' && raw[gap + i + 1] == '?')
					size = i;
			buf_add(&plain, raw, gap + size);
		}
		raw += gap + size;
	}
	word_end(&plain, &word);
	text_repair(&line, buf_str(&plain), plain.size);
	for (size_t i = 0; i < line.size; i++)
		if ((unsigned char)line.text[i] < ' ' || line.text[i] == 0x7F)
			line.text[i] = ' ';
	buf_clear(&word.bytes);
	buf_clear(&plain);
	return keep(mail, &line);
}

static const char *text_header(struct mail *mail, struct slice head, const char *name)
{
	const char *raw = header(mail, head, name);
	return raw ? unstructured(mail, raw) : NULL;
}

/* ---- addresses and message ids */

bool mail_address_good(const char *text)
{
	size_t size = text ? strlen(text) : 0;
	const char *at = size ? strchr(text, '@') : NULL;
	if (!at || size > 254 || at == text || !at[1] || strchr(at + 1, '@') || *text == '-' ||
		*text == '.' || at[1] == '.' || at[1] == '-' || text[size - 1] == '.')
		return false;
	for (const char *c = text; *c; c++)
		if (c != at && !isalnum((unsigned char)*c) &&
			!(strchr("!#$%&'*+-/=?^_`{|}~.", *c) && (c < at || *c == '-' || *c == '.')))
			return false;
	return !strstr(text, "..") && (at == text || at[-1] != '.');
}

/* One of a list of addresses: up to its comma, comments and groups left out. `raw` goes behind it. */
static bool next_mailbox(const char **raw, struct buf *name, struct buf *address)
{
	int comment = 0;
	bool quoted = false, angle = false, had_angle = false;
	buf_reset(name);
	buf_reset(address);
	if (!**raw)
		return false;
	for (; **raw; ++*raw) {
		char c = **raw;
		struct buf *out = angle ? address : name;
		if (c == '\\' && (quoted || comment) && (*raw)[1]) {
			c = *++*raw;
			if (!comment)
				buf_char(out, c);
		} else if (quoted) {
			quoted = c != '"';
			if (quoted)
				buf_char(out, c);
		} else if (c == '(' || comment) {
			comment += c == '(' ? 1 : c == ')' ? -1 : 0;
		} else if (c == '"') {
			quoted = true;
		} else if (c == '<' && !had_angle) {
			angle = had_angle = true;
		} else if (c == '>' && angle) {
			angle = false;
		} else if ((c == ',' || c == ';') && !angle) {
			++*raw;
			break;
		} else if (c == ':' && !angle) {
			buf_reset(name); /* the name of a group */
		} else {
			buf_char(out, c);
		}
	}
	if (!had_angle) {
		buf_reset(address);
		for (const char *c = buf_str(name); *c; c++)
			if (*c != ' ' && *c != '\t')
				buf_char(address, *c);
		buf_reset(name);
	}
	return true;
}

static const char *trimmed(struct arena *arena, const char *text)
{
	size_t size;
	text += strspn(text, " \t");
	for (size = strlen(text); size && strchr(" \t", text[size - 1]);)
		size--;
	return size ? arena_copy_n(arena, text, size) : NULL;
}

bool mail_mailbox(const char *text, const char **name, const char **address, struct arena *arena)
{
	struct buf n = { 0 }, a = { 0 };
	bool good = next_mailbox(&text, &n, &a) && !*text && mail_address_good(buf_str(&a));
	*name = good ? trimmed(arena, buf_str(&n)) : NULL;
	*address = good ? arena_copy(arena, buf_str(&a)) : NULL;
	buf_clear(&n);
	buf_clear(&a);
	return good;
}

static void read_from(struct mail *mail, struct slice head)
{
	const char *raw = header(mail, head, "From");
	struct buf name = { 0 }, address = { 0 };
	if (!raw)
		raw = header(mail, head, "Sender");
	while (raw && !mail->from && next_mailbox(&raw, &name, &address)) {
		if (!mail_address_good(buf_str(&address)))
			continue;
		mail->from = arena_copy(&mail->arena, buf_str(&address));
		mail->from_name = trimmed(&mail->arena, unstructured(mail, buf_str(&name)));
	}
	buf_clear(&name);
	buf_clear(&address);
}

static void read_to(struct mail *mail, struct slice head)
{
	static const char *const names[] = { "Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc",
		NULL };
	const char **list = arena_alloc(&mail->arena, (MAIL_IDS_MOST + 1) * sizeof *list);
	struct buf name = { 0 }, address = { 0 };
	int count = 0;
	for (int i = 0; names[i]; i++) {
		const char *raw = header(mail, head, names[i]);
		while (raw && count < MAIL_IDS_MOST && next_mailbox(&raw, &name, &address))
			if (mail_address_good(buf_str(&address)))
				list[count++] = arena_copy(&mail->arena, buf_str(&address));
	}
	mail->to = list;
	buf_clear(&name);
	buf_clear(&address);
}

/* The text between < and > of a Message-ID; NULL: there is none. *raw goes behind it. */
static const char *next_id(struct arena *arena, const char **raw)
{
	while (*raw && (*raw = strchr(*raw, '<'))) {
		const char *begin = ++*raw;
		size_t size = strcspn(begin, "<> \t");
		bool clean = size && size <= 250 && begin[size] == '>';
		for (size_t i = 0; clean && i < size; i++)
			clean = begin[i] > ' ' && begin[i] < 0x7F;
		if (clean) {
			*raw = begin + size + 1;
			return arena_copy_n(arena, begin, size);
		}
	}
	return NULL;
}

static const char *one_id(struct mail *mail, struct slice head, const char *name)
{
	const char *raw = header(mail, head, name);
	return next_id(&mail->arena, &raw);
}

/* What it is answering first, then backwards through the thread. */
static void read_references(struct mail *mail, struct slice head)
{
	const char *back[MAIL_IDS_MOST], *raw = header(mail, head, "In-Reply-To"), *id;
	const char **list = arena_alloc(&mail->arena, (2 * MAIL_IDS_MOST + 1) * sizeof *list);
	int count = 0, backs = 0;
	while (count < MAIL_IDS_MOST && (id = next_id(&mail->arena, &raw)))
		list[count++] = id;
	raw = header(mail, head, "References");
	while ((id = next_id(&mail->arena, &raw)))
		back[backs++ % MAIL_IDS_MOST] = id;
	for (int i = backs; i > 0 && i > backs - MAIL_IDS_MOST; i--)
		list[count++] = back[(i - 1) % MAIL_IDS_MOST];
	mail->references = list;
}

/* ---- parameters of a header (RFC 2045, RFC 2231) */

/* Finds "; name=value" in a raw value; appends the value as it is there, without its quotes. */
static bool param_raw(const char *raw, const char *name, struct buf *out)
{
	size_t size = strlen(name);
	while (raw && *raw) {
		bool quoted = false;
		for (; *raw && (quoted || *raw != ';'); raw++) {
			if (*raw == '\\' && quoted && raw[1])
				raw++;
			else if (*raw == '"')
				quoted = !quoted;
		}
		if (!*raw)
			return false;
		raw++;
		raw += strspn(raw, " \t");
		if (strncasecmp(raw, name, size) != 0)
			continue;
		const char *value = raw + size + strspn(raw + size, " \t");
		if (*value != '=')
			continue;
		value++;
		value += strspn(value, " \t");
		if (*value != '"') {
			buf_add(out, value, strcspn(value, "; \t"));
			return true;
		}
		for (value++; *value && *value != '"'; value++) {
			if (*value == '\\' && value[1])
				value++;
			buf_char(out, *value);
		}
		return true;
	}
	return false;
}

static void percent_read(struct buf *out, const char *text)
{
	for (; *text; text++) {
		int code = *text == '%' ? hex_pair(text + 1, strlen(text + 1) > 1 ? 2 : 0) : -1;
		buf_char(out, code < 0 ? *text : (char)code);
		text += code < 0 ? 0 : 2;
	}
}

/* The pieces name*0, name*1* ... of a long value; those with a * behind are percent-encoded and the
   first of them says the charset. */
static bool param_pieces(const char *raw, const char *name, struct buf *charset, struct buf *bytes)
{
	char key[64];
	struct buf piece = { 0 };
	int n = 0;
	for (; n < 50; n++) {
		bool coded = false;
		buf_reset(&piece);
		snprintf(key, sizeof key, "%s*%d", name, n);
		if (!param_raw(raw, key, &piece)) {
			snprintf(key, sizeof key, "%s*%d*", name, n);
			coded = param_raw(raw, key, &piece);
			if (!coded && n == 0) {
				snprintf(key, sizeof key, "%s*", name);
				coded = param_raw(raw, key, &piece);
			}
			if (!coded)
				break;
		}
		const char *text = buf_str(&piece), *quote = n == 0 && coded ? strchr(text, '\'') : NULL;
		const char *second = quote ? strchr(quote + 1, '\'') : NULL;
		if (second) {
			buf_add(charset, text, (size_t)(quote - text));
			text = second + 1;
		}
		if (coded)
			percent_read(bytes, text);
		else
			buf_text(bytes, text);
	}
	buf_clear(&piece);
	return n > 0;
}

static const char *param(struct mail *mail, const char *raw, const char *name)
{
	struct buf charset = { 0 }, bytes = { 0 }, text = { 0 };
	const char *value = NULL;
	if (raw && param_pieces(raw, name, &charset, &bytes)) {
		to_utf8(&text, buf_str(&charset), buf_str(&bytes), bytes.size);
		value = arena_copy(&mail->arena, buf_str(&text));
	} else if (raw) {
		buf_reset(&bytes);
		if (param_raw(raw, name, &bytes))
			value = unstructured(mail, buf_str(&bytes));
	}
	buf_clear(&charset);
	buf_clear(&bytes);
	buf_clear(&text);
	return value;
}

static bool is_type(const char *raw, const char *type)
{
	size_t size = strlen(type);
	return raw && strncasecmp(raw, type, size) == 0 &&
	       (type[size - 1] == '/' || !raw[size] || strchr("; \t", raw[size]));
}

/* ---- text */

/* Latin-1's names from U+00A0 on, in order (HTML 4); and the few others people's mails are full of. */
static const char entities[] =
	"nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn "
	"sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave "
	"Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml "
	"ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN "
	"szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute "
	"icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml "
	"yacute thorn yuml ";
static const struct {
	const char *name;
	unsigned code;
} more_entities[] = { { "amp", '&' }, { "lt", '<' }, { "gt", '>' }, { "quot", '"' }, { "apos", '\'' },
	{ "euro", 0x20AC }, { "ndash", 0x2013 }, { "mdash", 0x2014 }, { "lsquo", 0x2018 },
	{ "rsquo", 0x2019 }, { "ldquo", 0x201C }, { "rdquo", 0x201D }, { "hellip", 0x2026 },
	{ "bull", 0x2022 }, { NULL, 0 } };

static void put_code(struct buf *out, unsigned long code)
{
	if (code == 0xA0)
		code = ' ';
	if (code == 0 || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
		code = 0xFFFD;
	if (code < 0x80) {
		buf_char(out, (char)code);
	} else if (code < 0x800) {
		buf_char(out, (char)(0xC0 | code >> 6));
	} else if (code < 0x10000) {
		buf_char(out, (char)(0xE0 | code >> 12));
		buf_char(out, (char)(0x80 | (code >> 6 & 0x3F)));
	} else {
		buf_char(out, (char)(0xF0 | code >> 18));
		buf_char(out, (char)(0x80 | (code >> 12 & 0x3F)));
		buf_char(out, (char)(0x80 | (code >> 6 & 0x3F)));
	}
	if (code >= 0x80)
		buf_char(out, (char)(0x80 | (code & 0x3F)));
}

static unsigned long entity_code(const char *name, size_t size)
{
	char word[12];
	unsigned code = 0xA0;
	if (size > 1 && name[0] == '#') {
		bool hexa = name[1] == 'x' || name[1] == 'X';
		return strtoul(name + 1 + hexa, NULL, hexa ? 16 : 10);
	}
	snprintf(word, sizeof word, "%.*s", (int)size, name);
	for (int i = 0; more_entities[i].name; i++)
		if (strcmp(more_entities[i].name, word) == 0)
			return more_entities[i].code;
	for (const char *at = entities; *at; at += strcspn(at, " ") + 1, code++)
		if (strcspn(at, " ") == size && memcmp(at, word, size) == 0)
			return code;
	return 0;
}

/* "&eacute;" at `at`: appends it and says how many bytes it was; 0: it is none. */
static size_t entity_read(struct buf *out, const char *at, size_t size)
{
	size_t end = 1;
	while (end < size && end < 10 && (isalnum((unsigned char)at[end]) || (end == 1 && at[end] == '#')))
		end++;
	if (end >= size || at[end] != ';' || end < 2)
		return 0;
	unsigned long code = entity_code(at + 1, end - 1);
	if (!code)
		return 0;
	put_code(out, code);
	return end + 1;
}

/* Where the next "</name" is, without regard to case; the end when there is none. */
static size_t tag_end(const char *html, size_t size, size_t from, const char *name)
{
	size_t length = strlen(name);
	for (size_t i = from; i + length + 2 <= size; i++)
		if (html[i] == '<' && html[i + 1] == '/' && strncasecmp(html + i + 2, name, length) == 0)
			return i;
	return size;
}

static bool tag_is(const char *tag, size_t size, const char *words)
{
	while (*words) {
		size_t length = strcspn(words, " ");
		if (length == size && strncasecmp(tag, words, size) == 0)
			return true;
		words += length;
		words += strspn(words, " ");
	}
	return false;
}

/* A new line; at most one empty one between what was written. */
static void break_line(struct buf *out, bool paragraph)
{
	while (out->size && out->text[out->size - 1] == ' ')
		buf_cut(out, out->size - 1);
	size_t lines = 0;
	while (lines < 2 && out->size > lines && out->text[out->size - 1 - lines] == '\n')
		lines++;
	for (; out->size && lines < (paragraph ? 2u : 1u); lines++)
		buf_char(out, '\n');
}

/* One tag at `at` (its <): how many bytes are done with. */
static size_t html_tag(struct buf *out, const char *html, size_t size, size_t at)
{
	if (size - at >= 4 && memcmp(html + at, "<!--", 4) == 0) {
		for (size_t i = at + 4; i + 3 <= size; i++)
			if (memcmp(html + i, "-->", 3) == 0)
				return i + 3 - at;
		return size - at;
	}
	size_t name = at + 1 + (at + 1 < size && html[at + 1] == '/'), end = name;
	while (end < size && isalnum((unsigned char)html[end]))
		end++;
	const char *tag = html + name;
	size_t length = end - name, close = end;
	while (close < size && html[close] != '>')
		close++;
	close += close < size;
	if (name == at + 1 && tag_is(tag, length, "script style title"))
		return tag_end(html, size, close, tag_is(tag, length, "script") ? "script"
						  : tag_is(tag, length, "style") ? "style"
										 : "title") - at;
	if (tag_is(tag, length, "br"))
		buf_char(out, '\n');
	else if (tag_is(tag, length, "p h1 h2 h3 h4 h5 h6 table ul ol blockquote"))
		break_line(out, true);
	else if (tag_is(tag, length, "div tr li dt dd hr pre"))
		break_line(out, false);
	else if (tag_is(tag, length, "td th") && name == at + 1)
		buf_char(out, ' ');
	return close - at;
}

static void html_text(struct buf *out, const char *html, size_t size)
{
	for (size_t i = 0; i < size;) {
		size_t used = html[i] == '&' ? entity_read(out, html + i, size - i) : 0;
		bool space = strchr(" \t\r\n", html[i]) && html[i];
		bool after_space = !out->size || strchr(" \n", out->text[out->size - 1]);
		if (used) {
			i += used;
		} else if (html[i] == '<' && i + 1 < size && strchr("/!abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ?", html[i + 1])) {
			i += html_tag(out, html, size, i);
		} else {
			if (!space)
				buf_char(out, html[i]);
			else if (!after_space)
				buf_char(out, ' ');
			i++;
		}
	}
}

/* Line ends as '\n', no NUL, UTF-8. */
static void plain_text(struct buf *out, const char *text, size_t size)
{
	struct buf fixed = { 0 };
	text_repair(&fixed, text, size);
	for (size_t i = 0; i < fixed.size; i++) {
		char c = fixed.text[i];
		if (c == '\r' && i + 1 < fixed.size && fixed.text[i + 1] == '\n')
			continue;
		buf_char(out, c == '\r' ? '\n' : c ? c : ' ');
	}
	buf_clear(&fixed);
}

/* ---- parts */

static void add_text(struct reading *reading, struct slice head, const char *type, struct slice body)
{
	bool html = is_type(type, "text/html");
	struct buf bytes = { 0 }, text = { 0 }, clean = { 0 };
	if (reading->text.size >= MAIL_TEXT_MOST)
		return;
	if (body.size > 4u * MAIL_TEXT_MOST)
		body.size = 4u * MAIL_TEXT_MOST;
	decode_body(&bytes, reading->mail, head, body);
	to_utf8(&text, param(reading->mail, type, "charset"), buf_str(&bytes), bytes.size);
	if (html)
		html_text(&clean, buf_str(&text), text.size);
	else
		buf_add(&clean, buf_str(&text), text.size);
	if (reading->text.size)
		buf_char(&reading->text, '\n');
	plain_text(&reading->text, buf_str(&clean), clean.size);
	if (reading->text.size > MAIL_TEXT_MOST) {
		size_t size = MAIL_TEXT_MOST;
		while (size && ((unsigned char)reading->text.text[size] & 0xC0) == 0x80)
			size--;
		buf_cut(&reading->text, size);
	}
	buf_clear(&bytes);
	buf_clear(&text);
	buf_clear(&clean);
}

/* A base name and nothing that is hidden or means something to a file system. */
static const char *file_name(struct mail *mail, const char *name)
{
	struct buf safe = { 0 };
	const char *base = name;
	for (const char *c = name; *c; c++)
		if (*c == '/' || *c == '\\')
			base = c + 1;
	while (*base == '.' || *base == ' ')
		base++;
	for (const char *c = base; *c && safe.size < NAME_MOST; c++)
		buf_char(&safe, (unsigned char)*c < ' ' || strchr("<>:\"|?*", *c) ? '_' : *c);
	struct buf whole = { 0 };
	text_repair(&whole, buf_str(&safe), safe.size);
	buf_clear(&safe);
	return keep(mail, &whole);
}

static void add_file(struct reading *reading, struct slice head, const char *type, struct slice body)
{
	struct mail *mail = reading->mail;
	const char *name = param(mail, header(mail, head, "Content-Disposition"), "filename");
	struct buf bytes = { 0 };
	if (mail->file_count >= MAIL_FILES_MOST)
		return;
	if (!name)
		name = param(mail, type, "name");
	decode_body(&bytes, mail, head, body);
	struct buf plain = { 0 };
	size_t size = type ? strcspn(type, "; \t") : 0;
	text_repair(&plain, type && size < 100 ? type : "application/octet-stream",
		type && size < 100 ? size : 24);
	const char *clean = name ? file_name(mail, name) : "";
	mail->files[mail->file_count++] = (struct mail_file){
		.name = *clean ? clean : is_type(type, "message/rfc822") ? "message.eml" : "file",
		.type = keep(mail, &plain),
		.size = bytes.size };
	buf_clear(&bytes);
}

static const char *first_line_after(const char *value)
{
	const char *semicolon = value ? strchr(value, ';') : NULL;
	return semicolon ? semicolon + 1 + strspn(semicolon + 1, " \t") : value;
}

/* message/delivery-status (RFC 3464): groups of fields, the first about the message, each other about
   one recipient. The worst fate counts: we send to one. */
static void read_status(struct reading *reading, struct slice head, struct slice body)
{
	struct mail *mail = reading->mail;
	struct buf bytes = { 0 };
	decode_body(&bytes, mail, head, body);
	struct slice rest = { buf_str(&bytes), bytes.size };
	for (int groups = 0; rest.size && groups < 20; groups++) {
		struct slice fields = split_head(rest, &rest);
		const char *action = header(mail, fields, "Action");
		enum mail_fate fate = !action				      ? MAIL_NO_FATE
				      : strncasecmp(action, "failed", 6) == 0    ? MAIL_FAILED
				      : strncasecmp(action, "delayed", 7) == 0   ? MAIL_DELAYED
				      : strncasecmp(action, "delivered", 9) == 0 ? MAIL_DELIVERED
										 : MAIL_NO_FATE;
		if (fate <= mail->fate)
			continue;
		const char *said = first_line_after(text_header(mail, fields, "Diagnostic-Code"));
		mail->fate = fate;
		mail->reason = said ? said : text_header(mail, fields, "Status");
	}
	buf_clear(&bytes);
}

static void read_part(struct reading *, struct slice head, struct slice body, int depth);

static bool is_boundary(struct slice line, const char *boundary, size_t size, bool *last)
{
	if (line.size < size + 2 || line.at[0] != '-' || line.at[1] != '-' ||
		memcmp(line.at + 2, boundary, size) != 0)
		return false;
	struct slice after = { line.at + 2 + size, line.size - size - 2 };
	*last = after.size >= 2 && after.at[0] == '-' && after.at[1] == '-';
	size_t i = *last ? 2 : 0;
	while (i < after.size && strchr(" \t", after.at[i]) && after.at[i])
		i++;
	return i == after.size;
}

/* Every part of a multipart, in order; alternative: only the best of them. */
static void read_multipart(
	struct reading *reading, const char *type, const char *boundary, struct slice body, int depth)
{
	struct slice line, begin = { 0 }, parts[64];
	size_t size = strlen(boundary);
	int count = 0, best = -1;
	bool last = false, inside = false, alternative = is_type(type, "multipart/alternative");
	while (!last && count < 64) {
		const char *at = body.at;
		bool more = next_line(&body, &line);
		if (more && !is_boundary(line, boundary, size, &last))
			continue;
		if (inside)
			parts[count++] = (struct slice){ begin.at, (size_t)(at - begin.at) };
		inside = true;
		begin = body;
		if (!more)
			break;
	}
	for (int i = 0; alternative && i < count && best < 0; i++) {
		struct slice content, head = split_head(parts[i], &content);
		const char *sub = header(reading->mail, head, "Content-Type");
		if (!sub || is_type(sub, "text/plain"))
			best = i;
	}
	/* The plain one first; the others only while there is nothing in it. */
	for (int n = best < 0 ? 0 : -1; n < count; n++) {
		struct slice content, head = split_head(parts[n < 0 ? best : n], &content);
		if (n == best || (alternative && !text_blank(buf_str(&reading->text))))
			continue;
		read_part(reading, head, content, depth + 1);
	}
}

/* The message that came back: whole or only its headers. */
static void read_returned(struct reading *reading, struct slice head, struct slice body)
{
	struct mail *mail = reading->mail;
	struct buf bytes = { 0 };
	decode_body(&bytes, mail, head, body);
	struct slice rest, inner = split_head((struct slice){ buf_str(&bytes), bytes.size }, &rest);
	if (!mail->about)
		mail->about = one_id(mail, inner, "Message-ID");
	buf_clear(&bytes);
}

static void read_part(struct reading *reading, struct slice head, struct slice body, int depth)
{
	struct mail *mail = reading->mail;
	if (depth > DEPTH_MOST || reading->parts++ >= PARTS_MOST)
		return;
	const char *type = header(mail, head, "Content-Type");
	const char *how = header(mail, head, "Content-Disposition");
	const char *boundary = is_type(type, "multipart/") ? param(mail, type, "boundary") : NULL;
	bool attached = (how && strncasecmp(how, "attachment", 10) == 0) ||
			(how && param(mail, how, "filename")) || param(mail, type, "name");
	if (is_type(type, "multipart/report"))
		reading->report = true;
	if (boundary && *boundary && strlen(boundary) <= 200)
		read_multipart(reading, type, boundary, body, depth);
	else if (reading->report && is_type(type, "message/delivery-status"))
		read_status(reading, head, body);
	else if (reading->report &&
		 (is_type(type, "message/rfc822") || is_type(type, "text/rfc822-headers") ||
			 is_type(type, "message/global") || is_type(type, "message/global-headers")))
		read_returned(reading, head, body);
	else if (!attached && (!type || is_type(type, "text/plain") || is_type(type, "text/html") ||
				      !strchr(type, '/')))
		add_text(reading, head, type, body);
	else
		add_file(reading, head, type, body);
}

/* ---- the whole */

static bool is_daemon(const struct mail *mail)
{
	return mail->from && strncasecmp(mail->from, "mailer-daemon@", 14) == 0;
}

/* RFC 3834: whatever says so itself; what has no sender to answer; lists and mass mail. */
static bool is_automatic(struct mail *mail, struct slice head)
{
	const char *automatic = header(mail, head, "Auto-Submitted");
	const char *precedence = header(mail, head, "Precedence");
	const char *path = header(mail, head, "Return-Path");
	if (automatic && strncasecmp(automatic, "no", 2) != 0)
		return true;
	if (precedence && (strncasecmp(precedence, "bulk", 4) == 0 || strncasecmp(precedence, "junk", 4) == 0 ||
				  strncasecmp(precedence, "list", 4) == 0 ||
				  strncasecmp(precedence, "auto_reply", 10) == 0))
		return true;
	if (header(mail, head, "List-Id") || header(mail, head, "X-Autoreply") ||
		header(mail, head, "X-Autorespond"))
		return true;
	return (path && strncmp(path, "<>", 2) == 0) || is_daemon(mail);
}

/* A server that reports in prose (dma, qmail) adds the head of what it is about: that it writes at all is bad news. */
static void read_prose(struct mail *mail)
{
	const char *at = mail->text;
	if (mail->fate != MAIL_NO_FATE || !is_daemon(mail))
		return;
	while (*at && strncasecmp(at, "Message-ID:", 11) != 0) {
		at += strcspn(at, "\n");
		at += *at == '\n';
	}
	mail->about = next_id(&mail->arena, &at);
	if (!mail->about)
		return;
	mail->fate = MAIL_FAILED;
	mail->reason = mail->text;
}

/* Without spaces at line ends, without empty lines before and after, with one at most between. */
static void tidy(struct buf *text)
{
	struct buf out = { 0 };
	struct slice rest = { buf_str(text), text->size }, line;
	bool gap = false;
	while (next_line(&rest, &line)) {
		while (line.size && (line.at[line.size - 1] == ' ' || line.at[line.size - 1] == '\t'))
			line.size--;
		if (line.size && gap && out.size)
			buf_char(&out, '\n');
		gap = line.size == 0;
		if (gap)
			continue;
		buf_add(&out, line.at, line.size);
		buf_char(&out, '\n');
	}
	if (out.size)
		buf_cut(&out, out.size - 1);
	buf_clear(text);
	*text = out;
}

void mail_read(struct mail *mail, const char *bytes, size_t size)
{
	struct reading reading = { .mail = mail };
	struct slice body, whole = { bytes, size > MAIL_MOST ? MAIL_MOST : size };
	*mail = (struct mail){ 0 };
	/* The line an mbox or a delivery agent puts before a message is none of its headers. */
	if (whole.size > 5 && memcmp(whole.at, "From ", 5) == 0)
		next_line(&whole, &body);
	mail->files = arena_alloc(&mail->arena, MAIL_FILES_MOST * sizeof *mail->files);
	struct slice head = split_head(whole, &body);
	read_from(mail, head);
	read_to(mail, head);
	read_references(mail, head);
	mail->id = one_id(mail, head, "Message-ID");
	mail->subject = text_header(mail, head, "Subject");
	if (!mail->subject)
		mail->subject = "";
	read_part(&reading, head, body, 0);
	tidy(&reading.text);
	mail->text = keep(mail, &reading.text);
	read_prose(mail);
	mail->automatic = is_automatic(mail, head) || mail->fate != MAIL_NO_FATE || reading.report;
}

void mail_clear(struct mail *mail)
{
	arena_clear(&mail->arena);
	*mail = (struct mail){ 0 };
}
