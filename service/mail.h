/* One mail, read and written: RFC 5322, 2045 to 2047, 2231, 3464 (what a mail server says became of
   a message), 3834 (automatic answers). Pure: bytes in, a struct or bytes out. No base, no files.

   Reading never fails: whoever sends us mail may be broken or hostile, so what cannot be understood
   is left out, and everything is bounded (nesting, parts, addresses, lengths). Time and memory are
   proportional to the size of the message. */
#ifndef SERVICE_MAIL_H
#define SERVICE_MAIL_H

#include "model/arena.h"
#include "model/buf.h"
#include <stdbool.h>
#include <time.h>

enum { MAIL_MOST = 32 << 20, MAIL_TEXT_MOST = 1 << 20, MAIL_FILES_MOST = 50, MAIL_IDS_MOST = 50 };

struct mail_file {
	const char *name, *type; /* UTF-8, reduced to a safe base name; "image/png" */
	size_t size;		 /* decoded bytes */
};

/* What became of a message that went out, by a mail server's report. */
enum mail_fate { MAIL_NO_FATE, MAIL_DELIVERED, MAIL_DELAYED, MAIL_FAILED };

struct mail {
	struct arena arena; /* of every text below; all of them valid UTF-8 */
	const char *from, *from_name;  /* "zoe@example.org", "Zoë de Vries"; NULL: none that can be read */
	const char *const *to;	       /* addresses of To, Cc, Delivered-To, X-Original-To; ends with NULL */
	const char *subject;	       /* "" when there is none */
	const char *id;		       /* of Message-ID, without <>; NULL: none */
	const char *const *references; /* ids of In-Reply-To, then of References from the newest on */
	const char *text;	       /* what was written, line ends '\n'; "" when nothing */
	struct mail_file *files;
	int file_count;
	bool automatic; /* no person wrote it: RFC 3834, an empty Return-Path, a report */
	enum mail_fate fate;
	const char *about;	   /* fate: the Message-ID of what it is about, or NULL */
	const char *reason;	   /* fate: what the server said, or NULL */
};

/* Reads the message; mail_clear() gives the memory back. */
void mail_read(struct mail *, const char *bytes, size_t size);
void mail_clear(struct mail *);

/* One address that can be written to: one @, ASCII, nothing that means something in a header or to a
   command (RFC 5321's dot-string, at most 254 characters, no - in front). */
bool mail_address_good(const char *);

/* "City of X <desk@x.example>" or "desk@x.example" in two; false when that is no such thing. */
bool mail_mailbox(const char *text, const char **name, const char **address, struct arena *);

/* A message to be written. Texts may come from anybody: they are made harmless here. */
struct mail_out {
	const char *from_name, *from; /* from: mail_address_good() */
	const char *to_name, *to;     /* to of a mail: mail_address_good(); else a telephone number or lines of a postal address */
	const char *subject, *id, *language; /* id without <> */
	const char *const *references;	     /* oldest first, ends with NULL; the last is what is answered */
	const char *text;
	time_t date;
	bool plain; /* not for mail: headers and text in bare UTF-8 (RFC 6532, 8bit) */
};

/* Appends it, lines ending in LF as sendmail takes them. */
void mail_write(struct buf *, const struct mail_out *);

#endif
