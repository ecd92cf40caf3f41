/* Writing a mail. See mail.h. */
#include "model/text.h"
#include "service/mail.h"

#include <stdint.h>
#include <string.h>

enum { LINE_MOST = 76, WORD_BYTES = 39, REFERENCES_MOST = 20 };

/* What may stand in a header: one line, no controls, whatever it was before. */
static void one_line(struct buf *out, const char *text)
{
	text_clean(out, text ? text : "", text ? strlen(text) : 0);
}

static bool is_ascii(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text >= 0x7F || (unsigned char)*text < ' ')
			return false;
	return true;
}

static void base64_write(struct buf *out, const char *bytes, size_t size)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	for (size_t i = 0; i < size; i += 3) {
		uint32_t bits = 0;
		for (size_t k = 0; k < 3; k++)
			bits = bits << 8 | (i + k < size ? (unsigned char)bytes[i + k] : 0u);
		for (size_t k = 0; k < 4; k++)
			buf_char(out, i + k > size ? '=' : digits[bits >> (18 - 6 * k) & 63]);
	}
}

/* As encoded words of at most 75 characters, none of them with half a character in it. */
static void put_words(struct buf *out, const char *text)
{
	size_t size = strlen(text);
	for (size_t at = 0; at < size;) {
		size_t take = size - at > WORD_BYTES ? WORD_BYTES : size - at;
		while (take > 1 && at + take < size && ((unsigned char)text[at + take] & 0xC0) == 0x80)
			take--;
		buf_text(out, at ? "\n =?UTF-8?B?" : "=?UTF-8?B?");
		base64_write(out, text + at, take);
		buf_text(out, "?=");
		at += take;
	}
}

/* Plain words, broken where a line becomes too long; `used` columns stand on it already. */
static void put_folded(struct buf *out, const char *text, size_t used)
{
	while (*text) {
		size_t word = strcspn(text, " ");
		if (used > 1 && used + word > LINE_MOST && out->size && out->text[out->size - 1] == ' ') {
			buf_cut(out, out->size - 1);
			buf_text(out, "\n ");
			used = 1;
		}
		buf_add(out, text, word);
		used += word;
		text += word;
		for (; *text == ' '; text++, used++)
			buf_char(out, ' ');
	}
	while (out->size && out->text[out->size - 1] == ' ')
		buf_cut(out, out->size - 1);
}

/* A line of ASCII that is short enough, or can be broken, stands as it is. */
static bool is_plain(const char *text)
{
	if (!is_ascii(text) || strstr(text, "=?"))
		return false;
	for (; *text; text += strcspn(text, " "), text += strspn(text, " "))
		if (strcspn(text, " ") > LINE_MOST - 20)
			return false;
	return true;
}

static void put_text(struct buf *out, const struct mail_out *mail, const char *name, const char *text)
{
	struct buf line = { 0 };
	one_line(&line, text);
	buf_printf(out, "%s: ", name);
	if (mail->plain)
		buf_text(out, buf_str(&line));
	else if (is_plain(buf_str(&line)))
		put_folded(out, buf_str(&line), strlen(name) + 2);
	else
		put_words(out, buf_str(&line));
	buf_char(out, '\n');
	buf_clear(&line);
}

static void put_name(struct buf *out, const char *name)
{
	bool quoted = strpbrk(name, "()<>[]:;@\\,.\"") != NULL;
	if (!is_plain(name) || strlen(name) > LINE_MOST) {
		put_words(out, name);
		return;
	}
	buf_text(out, quoted ? "\"" : "");
	for (; *name; name++) {
		if (*name == '"' || *name == '\\')
			buf_char(out, '\\');
		buf_char(out, *name);
	}
	buf_text(out, quoted ? "\"" : "");
}

/* On one line, or without the name: what looks for addresses here (sendmail -t of dma) reads no folded ones. */
static void put_mailbox(struct buf *out, const struct mail_out *mail, const char *header,
	const char *name, const char *address)
{
	struct buf clean = { 0 }, shown = { 0 };
	one_line(&clean, name);
	if (mail->plain)
		buf_text(&shown, buf_str(&clean));
	else if (!text_blank(buf_str(&clean)))
		put_name(&shown, buf_str(&clean));
	bool fits = shown.size && !strchr(shown.text, '\n') &&
		    strlen(header) + shown.size + strlen(address) + 5 <= LINE_MOST;
	if (fits || (mail->plain && shown.size))
		buf_printf(out, "%s: %s <%s>\n", header, shown.text, address);
	else
		buf_printf(out, "%s: %s\n", header, address);
	buf_clear(&clean);
	buf_clear(&shown);
}

static void put_date(struct buf *out, time_t date)
{
	static const char days[] = "SunMonTueWedThuFriSat", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct tm tm;
	gmtime_r(&date, &tm);
	buf_printf(out, "Date: %.3s, %d %.3s %d %02d:%02d:%02d +0000\n", days + 3 * tm.tm_wday, tm.tm_mday,
		months + 3 * tm.tm_mon, tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static void put_thread(struct buf *out, const struct mail_out *mail)
{
	int count = 0;
	while (mail->references && mail->references[count])
		count++;
	if (!count)
		return;
	buf_printf(out, "In-Reply-To: <%s>\nReferences:", mail->references[count - 1]);
	for (int i = count > REFERENCES_MOST ? count - REFERENCES_MOST : 0; i < count; i++)
		buf_printf(out, "%s<%s>", i ? "\n " : " ", mail->references[i]);
	buf_char(out, '\n');
}

/* Quoted-printable (RFC 2045, 6.7). A dot or a "From " at the beginning of a line means something to
   those the message passes through, so those are quoted too. */
static void put_quoted(struct buf *out, const char *text)
{
	size_t used = 0;
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		if (c == '\n') {
			buf_char(out, '\n');
			used = 0;
			continue;
		}
		bool ends = !text[1] || text[1] == '\n';
		bool safe = c > ' ' && c < 0x7F && c != '=';
		safe = safe || ((c == ' ' || c == '\t') && !ends);
		if (used == 0 && (c == '.' || strncmp(text, "From ", 5) == 0))
			safe = false;
		if (used + (safe ? 1 : 3) > LINE_MOST - 1) {
			buf_text(out, "=\n");
			used = 0;
			safe = safe && c != '.' && c != 'F';
		}
		if (safe)
			buf_char(out, (char)c);
		else
			buf_printf(out, "=%02X", c);
		used += safe ? 1 : 3;
	}
	if (used)
		buf_char(out, '\n');
}

static void put_body(struct buf *out, const struct mail_out *mail)
{
	struct buf text = { 0 };
	text_clean_lines(&text, mail->text, strlen(mail->text));
	buf_text(out, "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n");
	buf_printf(out, "Content-Transfer-Encoding: %s\n\n", mail->plain ? "8bit" : "quoted-printable");
	if (mail->plain) {
		buf_text(out, buf_str(&text));
		buf_text(out, text.size && text.text[text.size - 1] != '\n' ? "\n" : "");
	} else {
		put_quoted(out, buf_str(&text));
	}
	buf_clear(&text);
}

void mail_write(struct buf *out, const struct mail_out *mail)
{
	put_mailbox(out, mail, "From", mail->from_name, mail->from);
	if (mail->plain)
		put_text(out, mail, "To", mail->to);
	else
		put_mailbox(out, mail, "To", mail->to_name, mail->to);
	if (mail->plain && mail->to_name)
		put_text(out, mail, "Name", mail->to_name);
	put_text(out, mail, "Subject", mail->subject);
	put_date(out, mail->date);
	buf_printf(out, "Message-ID: <%s>\n", mail->id);
	put_thread(out, mail);
	if (mail->language && is_plain(mail->language) && !strchr(mail->language, ' '))
		buf_printf(out, "Content-Language: %s\n", mail->language);
	put_body(out, mail);
}
