/* How people, dates, fields and entries of a timeline are told, the same in every view. All append.
 */
#ifndef TUI_SHOW_H
#define TUI_SHOW_H

#include "model/buf.h"
#include "model/page.h"

struct show {
	const struct page *people; /* workers, teams, kinds; may be NULL */
	const char *service; /* whose names they are; NULL: any service's */
	bool several; /* services: a number alone says whose it is */
	const char *me;
	time_t now;
};

/* "e-mail", "web form", "telephone"; the word itself when it is none of ours. */
const char *show_channel(const char *channel);
const char *show_status(const char *status);
const struct kind *show_kind(const struct show *, const struct casefile *);
const char *show_team(const struct show *, const char *id); /* its name, else the id */
/* The step's name where the kind has steps, else the status. */
const char *show_state(const struct show *, const struct casefile *);

void show_owner(
	struct buf *, const struct show *, const char *worker); /* "you", "k.byrne", "nobody" */
void show_due(
	struct buf *, time_t due, time_t now); /* "2 days late", "due today", "due in 3 days" */
/* A citizen's name, or the one the case brings: "Okafor, Jane". */
void show_citizen(struct buf *, const struct citizen *, const struct casefile *);
/* "#p1"; a long identifier is cut to what tells it apart, since nobody reads it aloud. */
void show_id(struct buf *, const char *id);
/* The secret itself when it may be seen, else stars; "-" when there is none. */
void show_masked(struct buf *, const char *secret, bool open);

/* One entry: who and what, without the time. */
void show_event(struct buf *, const struct show *, const struct event *);
/* Whether the text of an entry stands under its head, or was told in it. */
bool show_event_body(const struct event *);
/* That text, and what was said when an answer went out; appended. */
void show_event_text(struct buf *, const struct event *);
/* "queued", "sent", "delivered", "failed". */
const char *show_delivery(const char *delivery);

/* A field of a change in a word, and its value as people say it; appended. */
const char *show_field(const char *field);
void show_value(struct buf *, const struct show *, const char *field, const char *text);

/* The label of a field of the kind or of the case, for people; the name when it has none. */
const char *show_label(const struct kind *, const char *field);

/* "812 bytes", "12 KiB", "20 MiB"; nothing when it is not known (-1). */
void show_size(struct buf *, int64_t bytes);

/* One cell of a row of a list: cleaned, cut or filled to so many columns, and a space. NULL: empty. */
void show_cell(struct buf *, const char *text, int columns);

#endif
