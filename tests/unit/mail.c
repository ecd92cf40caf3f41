/* Mail read and written: what comes back is what was said, and nobody's text becomes a header. */
#include "service/mail.h"
#include "tests/lib.h"

#include <time.h>

static struct mail mail;

static const char *read_text(const char *message)
{
	mail_clear(&mail);
	mail_read(&mail, message, strlen(message));
	return mail.text;
}

static const struct {
	const char *name, *raw, *want;
} subjects[] = {
	{ "plain", "Missed bin", "Missed bin" },
	{ "folded", "Missed\r\n bin", "Missed bin" },
	{ "Q", "=?utf-8?Q?M=C3=BCll_tonne?=", "M\303\274ll tonne" },
	{ "B", "=?UTF-8?B?TcO8bGw=?= is here", "M\303\274ll is here" },
	{ "Latin-1", "=?iso-8859-1?q?M=FCll?=", "M\303\274ll" },
	{ "Windows-1252 by the name of Latin-1", "=?iso-8859-1?q?=80_5?=", "\342\202\254 5" },
	{ "two words are one", "=?utf-8?q?a?=\r\n =?utf-8?q?b?= c", "ab c" },
	{ "a character cut in two", "=?utf-8?q?M=C3?= =?utf-8?q?=BCll?=", "M\303\274ll" },
	{ "Japanese", "=?ISO-2022-JP?B?GyRCRnxLXBsoQg==?=", "\346\227\245\346\234\254" },
	{ "a language", "=?utf-8*de?q?M=C3=BCll?=", "M\303\274ll" },
	{ "not a word", "=?utf-8?X?abc?= 2=?3", "=?utf-8?X?abc?= 2=?3" },
	{ "cut off", "=?utf-8?B?TcO8", "=?utf-8?B?TcO8" },
	{ "an unknown charset", "=?x-none?q?M=FCll?=", "M\303\274ll" },
	{ "a line end inside", "=?utf-8?q?a=0D=0ABcc:_x=40y?=", "a  Bcc: x@y" },
	{ "raw bytes", "M\374ll", "M\357\277\275ll" },
	{ "glued to text", "Re:=?utf-8?q?=C3=BC?=", "Re:\303\274" },
};

static void test_subjects(void)
{
	char message[512];
	for (size_t i = 0; i < sizeof subjects / sizeof subjects[0]; i++) {
		snprintf(message, sizeof message, "From: a@b.example\r\nSubject: %s\r\n\r\nx", subjects[i].raw);
		test(subjects[i].name) {
			read_text(message);
			same(mail.subject, subjects[i].want);
		}
	}
}

#define PARTS                                                                                      \
	"From: \"de Vries, Zo=?\" <zoe@example.org>\nMIME-Version: 1.0\n"                           \
	"Content-Type: multipart/mixed; boundary=\"b 1\"\n\npreamble\n--b 1\n"                      \
	"Content-Type: multipart/alternative; boundary=in\n\n--in\nContent-Type: text/plain\n\n"     \
	"the plain one\n--in\nContent-Type: text/html\n\n<p>the other</p>\n--in--\n--b 1\n"          \
	"Content-Type: image/png; name*0*=utf-8''M%C3%BC; name*1=\"ll.png\"\n"                        \
	"Content-Transfer-Encoding: base64\nContent-Disposition: attachment\n\niVBORw0KGgo=\n"       \
	"--b 1\nContent-Disposition: attachment; filename=\"../../.ssh/a|b\"\n\nx\n--b 1--\nafter"

static void test_bodies(void)
{
	test("line ends, encodings, charsets") {
		same(read_text("A: b\r\n\r\none\r\ntwo\r\n"), "one\ntwo");
		same(read_text("Content-Transfer-Encoding: quoted-printable\n\nM=C3=BC=\nll =\n 3=zz"),
			"M\303\274ll  3=zz");
		same(read_text("Content-Type: text/plain; charset=\"ISO-8859-15\"\n"
			       "Content-Transfer-Encoding: base64\n\n\npCA1\n"),
			"\342\202\254 5");
		same(read_text("From me Mon Jan 1\nSubject: x\n\n>From here"), ">From here");
		same(read_text("no header at all"), "");
		same(read_text(""), "");
	}
	test("parts: the plain text, and what was attached by a safe name") {
		same(read_text(PARTS), "the plain one");
		same(mail.from, "zoe@example.org");
		same(mail.from_name, "de Vries, Zo=?");
		same_int(mail.file_count, 2);
		same(mail.files[0].name, "M\303\274ll.png");
		same(mail.files[0].type, "image/png");
		same_int((long long)mail.files[0].size, 8);
		same(mail.files[1].name, "a_b");
	}
	test("HTML made text") {
		same(read_text("Content-Type: text/html\n\n<html><head><title>x</title><style>p{}</style></head>"
			       "<!-- no --><p>Caf&eacute; &amp; &#8364;5 &lt;b&gt;<br>two   words<p>three"
			       "<script>alert('<p>')</script><ul><li>a<li>b</ul>4 < 5 & 6"),
			"Caf\303\251 & \342\202\2545 <b>\ntwo words\n\nthree\n\na\nb\n\n4 < 5 & 6");
		same(read_text("Content-Type: multipart/alternative; boundary=x\n\n--x\n\n \n--x\n"
			       "Content-Type: text/html\n\n<b>only here</b>\n--x--"),
			"only here");
	}
	test("names of files that are none") {
		read_text("Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Disposition: attachment; "
			  "filename=\"..\"\n\n\n--x\nContent-Type: message/rfc822\n\nSubject: y\n\nz\n--x--");
		same_int(mail.file_count, 2);
		same(mail.files[0].name, "file");
		same(mail.files[1].name, "message.eml");
		same(mail.text, "");
	}
}

static void test_threads(void)
{
	test("what it answers, the newest first") {
		read_text("Message-ID: <me@x>\nIn-Reply-To: <b@x>\nReferences: <a@x>\n\t<b@x> <bad id> <c@x\n\n");
		same(mail.id, "me@x");
		same(mail.references[0], "b@x");
		same(mail.references[1], "b@x");
		same(mail.references[2], "a@x");
		ok(mail.references[3] == NULL);
	}
	test("who it is to") {
		read_text("To: Desk <desk@x.example>, undisclosed: ;\nCc: (a) b@x.example\n"
			  "Delivered-To: c@x.example\n\n");
		same(mail.to[0], "c@x.example");
		same(mail.to[1], "desk@x.example");
		same(mail.to[2], "b@x.example");
		ok(mail.to[3] == NULL);
	}
	test("addresses one may write to") {
		ok(mail_address_good("zoe@example.org") && mail_address_good("a.b+c'd@x-y.example"));
		static const char *const bad[] = { "", "a", "@b", "a@", "a@b@c", "-a@b.example", "a b@c", "a@b\n",
			"a@b,c@d", "<a@b>", "a@b;c", "a..b@c", "a@-b", "\"a b\"@c", "a@b\r\nBcc: x@y", "a@b.", "z\303\253@b",
			"a@b c", "a@[1.2.3.4]", "a@b_c", NULL };
		for (int i = 0; bad[i]; i++)
			if (!ok(!mail_address_good(bad[i])))
				printf("# %s\n", bad[i]);
		ok(!mail_address_good(NULL));
	}
}

#define REPORT(action, extra)                                                                      \
	"From: MAILER-DAEMON@mx.example\nReturn-Path: <>\n"                                          \
	"Content-Type: multipart/report; report-type=delivery-status;\n boundary=r\n\n--r\n\n"       \
	"It did not arrive.\n--r\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\n" \
	"Final-Recipient: rfc822; zoe@example.org\nAction: " action "\nStatus: 5.1.1\n" extra          \
	"\n--r\nContent-Type: text/rfc822-headers\n\nMessage-ID: <ours.7@desk.example>\nTo: z@x\n--r--\n"

static void test_reports(void)
{
	test("a mail server says what became of it") {
		read_text(REPORT("failed", "Diagnostic-Code: smtp; 550 5.1.1 no\n such user\n"));
		same_int(mail.fate, MAIL_FAILED);
		same(mail.about, "ours.7@desk.example");
		same(mail.reason, "550 5.1.1 no such user");
		ok(mail.automatic);
		read_text(REPORT("delivered", ""));
		same_int(mail.fate, MAIL_DELIVERED);
		same(mail.reason, "5.1.1");
		read_text(REPORT("delayed", ""));
		same_int(mail.fate, MAIL_DELAYED);
	}
	test("a server that says it in prose") {
		read_text("From: MAILER-DAEMON@mx.example\nSubject: Mail delivery failed\n\nno such user\n\n"
			  "Message headers follow:\n\nTo: z@x\nMessage-ID: <ours.7@desk.example>\n");
		same_int(mail.fate, MAIL_FAILED);
		same(mail.about, "ours.7@desk.example");
		ok(strncmp(mail.reason, "no such user", 12) == 0);
		read_text("From: zoe@example.org\n\nMessage-ID: <ours.7@desk.example>\n");
		same_int(mail.fate, MAIL_NO_FATE);
	}
	test("the same parts outside of a report say nothing") {
		read_text("Content-Type: multipart/mixed; boundary=r\n\n--r\nContent-Type: message/delivery-status\n\n"
			  "A: b\n\nAction: failed\n\n--r--\n");
		same_int(mail.fate, MAIL_NO_FATE);
		ok(!mail.automatic);
	}
	test("written by no person") {
		static const char *const automatic[] = { "Auto-Submitted: auto-replied", "auto-submitted: auto-generated",
			"Precedence: bulk", "Return-Path: <>", "List-Id: <x.y>", "From: Mailer-Daemon@x.example", NULL };
		static const char *const human[] = { "Auto-Submitted: no", "Return-Path: <a@b.example>", "X: y", NULL };
		char message[128];
		for (int i = 0; automatic[i]; i++) {
			snprintf(message, sizeof message, "%s\n\nx", automatic[i]);
			read_text(message);
			if (!ok(mail.automatic))
				printf("# %s\n", automatic[i]);
		}
		for (int i = 0; human[i]; i++) {
			snprintf(message, sizeof message, "%s\n\nx", human[i]);
			read_text(message);
			ok(!mail.automatic);
		}
	}
}

/* ---- hostile */

static char *repeat(const char *head, const char *piece, int times, const char *tail)
{
	struct buf out = { 0 };
	buf_text(&out, head);
	for (int i = 0; i < times; i++)
		buf_printf(&out, piece, i, i);
	buf_text(&out, tail);
	return buf_take(&out);
}

static void hostile(const char *name, char *message)
{
	test(name) {
		clock_t before = clock();
		read_text(message);
		ok(strlen(mail.text) <= MAIL_TEXT_MOST && mail.file_count <= MAIL_FILES_MOST);
		/* Of processor time: what is linear takes a few hundredths, what is not takes minutes. */
		ok((clock() - before) / CLOCKS_PER_SEC < 20);
		free(message);
	}
}

static void test_hostile(void)
{
	hostile("nested a thousand deep",
		repeat("", "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", 1000, "\n\nx"));
	hostile("a hundred thousand parts",
		repeat("Content-Type: multipart/mixed; boundary=x\n\n", "--x\n\n%d %d\n", 100000, ""));
	hostile("a hundred thousand headers", repeat("", "X-%d: %d\n", 100000, "\n\nx"));
	hostile("one header of a megabyte", repeat("Subject: ", "=?utf-8?q?%d %d", 100000, "\n\nx"));
	hostile("tags that never end", repeat("Content-Type: text/html\n\n", "<a %d<!-- <script>&#%d", 60000, ""));
	hostile("a text of ten megabytes", repeat("\n", "%d %d words of a text that goes on and on\n", 200000, ""));
	test("cut at any byte") {
		static const char *const whole[] = { PARTS, REPORT("failed", "Diagnostic-Code: smtp; 550 no\n") };
		for (int w = 0; w < 2; w++)
			for (size_t size = 0; size <= strlen(whole[w]); size++) {
				char *copy = memcpy(malloc(size + 1), whole[w], size); /* the sanitizer sees its end */
				struct mail cut;
				char *tight = realloc(copy, size ? size : 1);
				mail_read(&cut, tight, size);
				ok(cut.text != NULL);
				mail_clear(&cut);
				free(tight);
			}
	}
}

/* ---- writing */

static struct mail_out answer(void)
{
	static const char *const thread[] = { "first@x.example", "second@x.example", NULL };
	return (struct mail_out){ .from_name = "City of X, desk",
		.from = "desk@x.example",
		.to_name = "Zo\303\253 de Vries",
		.to = "zoe@example.org",
		.subject = "Re: Missed bin [2026-000417]",
		.id = "u.7@x.example",
		.references = thread,
		.text = "Dear Zo\303\253,\n\nthe bin = back.\n.\nFrom now on\n",
		.language = "en",
		.date = 1795968000 };
}

static int lines_too_long(const char *text, size_t most)
{
	int count = 0;
	for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
		count += strcspn(text, "\n") > most;
	return count;
}

static int count_of(const char *text, const char *part)
{
	int count = 0;
	for (; (text = strstr(text, part)); text++)
		count++;
	return count;
}

static void test_writing(void)
{
	struct buf out = { 0 };
	struct mail_out message = answer();
	test("what is written reads back") {
		mail_write(&out, &message);
		same(read_text(buf_str(&out)), "Dear Zo\303\253,\n\nthe bin = back.\n.\nFrom now on");
		same(mail.subject, message.subject);
		same(mail.from, "desk@x.example");
		same(mail.from_name, "City of X, desk");
		same(mail.to[0], "zoe@example.org");
		same(mail.id, "u.7@x.example");
		same(mail.references[0], "second@x.example");
		ok(strstr(buf_str(&out), "\nDate: Sun, 29 Nov 2026 16:00:00 +0000\n") != NULL);
		ok(!strstr(buf_str(&out), "\n.\n") && !strstr(buf_str(&out), "\nFrom now"));
		same_int(lines_too_long(buf_str(&out), 78), 0);
	}
	static const char *const evil[] = { "a\r\nBcc: all@x.example", "a\nBcc: all@x.example\n\nbody",
		"a\rBcc: b@x", "\302\205Bcc: x@y", "\342\200\250Bcc: x@y", "=?utf-8?q?=0ABcc:_x?=",
		"\" <x@y>, \"", "a\tb\v\f\033[31m", "\342\200\256gnp", "x\377y", "", " ", NULL };
	for (int i = 0; evil[i]; i++) {
		test("no text becomes a header") {
			buf_reset(&out);
			message = answer();
			message.subject = message.to_name = message.from_name = message.language = evil[i];
			mail_write(&out, &message);
			ok(!strstr(buf_str(&out), "\nBcc") && !strchr(buf_str(&out), '\r') &&
				!strchr(buf_str(&out), '\033'));
			/* Nor in an encoded word, for whoever decodes it first: "a\r\nBcc", "a\nBcc", "a\rBcc". */
			ok(!strstr(buf_str(&out), "YQ0KQmNj") && !strstr(buf_str(&out), "YQpCY2") &&
				!strstr(buf_str(&out), "YQ1CY2"));
			same_int(count_of(buf_str(&out), "\nTo:"), 1);
			same_int(count_of(buf_str(&out), "\nSubject:"), 1);
			same(read_text(buf_str(&out)), "Dear Zo\303\253,\n\nthe bin = back.\n.\nFrom now on");
			same(mail.to[0], "zoe@example.org");
			ok(mail.to[1] == NULL);
			same(mail.from, "desk@x.example");
			for (const char *c = buf_str(&out); *c; c++)
				ok((unsigned char)*c < 0x7F && ((unsigned char)*c >= ' ' || *c == '\n'));
		}
	}
	test("long names and subjects of any script") {
		message = answer();
		message.subject = "\340\244\205\340\244\267\340\245\215\340\244\237\340\244\276\340\244\231 "
				  "\346\227\245\346\234\254\350\252\236\346\227\245\346\234\254\350\252\236\346\227\245\346\234\254"
				  "\350\252\236\346\227\245\346\234\254\350\252\236 \360\237\221\250\342\200\215\360\237\221\251"
				  " and a long tail of words that do not fit into one line of a header at all";
		buf_reset(&out);
		mail_write(&out, &message);
		read_text(buf_str(&out));
		same(mail.subject, message.subject);
		same_int(lines_too_long(buf_str(&out), 78), 0);
	}
	test("a plain one is UTF-8 as it is") {
		message = answer();
		message.plain = true;
		message.to = "+31 6 1";
		buf_reset(&out);
		mail_write(&out, &message);
		ok(strstr(buf_str(&out), "\nTo: +31 6 1\nName: Zo\303\253 de Vries\n") != NULL);
		ok(strstr(buf_str(&out), "8bit\n\nDear Zo\303\253,\n") != NULL);
	}
	buf_clear(&out);
}

int main(void)
{
	test_subjects();
	test_bodies();
	test_threads();
	test_reports();
	test_hostile();
	test_writing();
	mail_clear(&mail);
	return test_result();
}
