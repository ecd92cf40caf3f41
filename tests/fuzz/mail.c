/* Mail that comes in: whatever the bytes, what is read of them is bounded UTF-8 with nothing in it that
   means something to a header, a command or a file system; and whatever stands in an answer of ours, the
   mail written of it has our headers alone and is read again as what was written. */
#include "tests/fuzz/fuzz.h"

#include "model/text.h"
#include "service/mail.h"

#include <strings.h>

static void must_be_text(const char *text, bool lines)
{
	must(text && text_valid(text, strlen(text)));
	for (const char *c = text; *c; c++)
		must((unsigned char)*c >= ' ' || (lines && *c != '\r'));
}

static void must_be_id(const char *id)
{
	must(id && *id && strlen(id) <= 250);
	for (const char *c = id; *c; c++)
		must(*c > ' ' && *c < 0x7F && *c != '<' && *c != '>');
}

static void must_be_file(const struct mail_file *f)
{
	must_be_text(f->name, false);
	must(*f->name && *f->name != '.' && !strpbrk(f->name, "/\\"));
	must(strlen(f->name) <= 255);
	must(f->type && text_valid(f->type, strlen(f->type)));
}

static void look_at(const struct mail *m)
{
	int count = 0;

	must(!m->from || mail_address_good(m->from));
	if (m->from_name)
		must_be_text(m->from_name, false);
	must_be_text(m->subject, false);
	must_be_text(m->text, true);
	must(strlen(m->text) <= MAIL_TEXT_MOST);
	if (m->id)
		must_be_id(m->id);
	for (count = 0; m->to[count]; count++)
		must(mail_address_good(m->to[count]));
	must(count <= MAIL_IDS_MOST);
	for (count = 0; m->references[count]; count++)
		must_be_id(m->references[count]);
	must(count <= 2 * MAIL_IDS_MOST);
	must(m->file_count >= 0 && m->file_count <= MAIL_FILES_MOST);
	for (int i = 0; i < m->file_count; i++)
		must_be_file(&m->files[i]);
	if (m->about)
		must_be_id(m->about);
	if (m->reason)
		must_be_text(m->reason, false);
}

/* ---- written, and read again */

/* Our own headers and lines that go on with them, then an empty line. */
static void must_have_our_head(const char *text)
{
	static const char *const ours[] = { "From:", "To:", "Name:", "Subject:", "Date:",
		"Message-ID:", "In-Reply-To:", "References:", "Content-Language:", "MIME-Version:",
		"Content-Type:", "Content-Transfer-Encoding:" };
	int seen[sizeof(ours) / sizeof(ours[0])] = { 0 };

	for (; *text && *text != '\n'; text += strcspn(text, "\n") + 1) {
		bool known = *text == ' ';

		must(strchr(text, '\n') != NULL);
		for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
			if (strncmp(text, ours[i], strlen(ours[i])) != 0)
				continue;
			known = true;
			must(++seen[i] == 1);
		}
		must(known);
	}
	must(*text == '\n');
}

/* Without the white space at its end, which a mail does not keep. */
static const char *trimmed(struct buf *b)
{
	while (b->size && strchr(" \n", b->text[b->size - 1]))
		buf_cut(b, b->size - 1);
	return buf_str(b);
}

/* What of a text surely comes back: its lines without the spaces at their ends, empty ones left out. */
static const char *tidied(struct buf *b)
{
	struct buf out = { 0 };

	for (const char *at = buf_str(b); *at;) {
		size_t size = strcspn(at, "\n"), line = size;

		while (line && at[line - 1] == ' ')
			line--;
		buf_add(&out, at, line);
		if (line)
			buf_char(&out, '\n');
		at += size + (at[size] == '\n');
	}
	buf_clear(b);
	*b = out;
	return buf_str(b);
}

static void write_and_read(const char *words)
{
	static const char *const thread[] = { "first@desk.example", "last@desk.example", NULL };
	struct mail_out out = { .from = "desk@city.example", .from_name = words, .to = "zoe@example.org",
		.to_name = words, .subject = words, .id = "c1.7@city.example", .language = "en",
		.references = thread, .text = words, .date = 1795000000 };
	struct buf written = { 0 }, want = { 0 }, got = { 0 };
	struct mail again;

	mail_write(&written, &out);
	must_have_our_head(buf_str(&written));
	for (size_t i = 0, line = 0; i < written.size; i++) {
		unsigned char c = (unsigned char)written.text[i];

		must(c == '\n' || c == '\t' || (c >= ' ' && c < 0x7F));
		line = c == '\n' ? 0 : line + 1;
		must(line <= 998);
	}
	mail_read(&again, buf_str(&written), written.size);
	look_at(&again);
	must_same(again.from, out.from);
	must_same(again.id, out.id);
	must(again.to[0] && !strcmp(again.to[0], out.to) && !again.to[1]);
	must(again.references[0] && !strcmp(again.references[0], "last@desk.example"));
	must(!again.automatic && again.fate == MAIL_NO_FATE && !again.file_count);

	text_clean(&want, words, strlen(words));
	buf_text(&got, again.subject);
	const char *subject = trimmed(&want), *read = trimmed(&got);

	must_same(read + strspn(read, " "), subject + strspn(subject, " "));
	buf_reset(&want);
	buf_reset(&got);
	text_clean_lines(&want, words, strlen(words));
	buf_text(&got, again.text);
	must_same(tidied(&got), tidied(&want));

	out.plain = true;
	buf_reset(&written);
	mail_write(&written, &out);
	must_have_our_head(buf_str(&written));
	must(text_valid(written.text, written.size));
	mail_clear(&again);
	buf_clear(&written);
	buf_clear(&want);
	buf_clear(&got);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = { 0 };
	struct mail mail;
	const char *name, *address;
	char *text = malloc(size + 1);

	must(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	mail_read(&mail, (const char *)data, size);
	look_at(&mail);
	write_and_read(text);
	if (mail_mailbox(text, &name, &address, &arena))
		must(mail_address_good(address));
	if (mail_address_good(text))
		must(!strpbrk(text, " \r\n<>,;:\"()\\") && *text != '-' && strlen(text) <= 254);
	mail_clear(&mail);
	arena_clear(&arena);
	free(text);
	return 0;
}
