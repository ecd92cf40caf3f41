/* One person whose records lie in several services: which of them belong together, and why.

   Nothing here changes a record: what is joined is what is shown as one. Two records are compared
   by what they say; a person's own decision (join, apart) wins over that, is a row of the outbox
   database, is taken back by a further row, and is never sent anywhere.

   Compared is: the reference tight (letters and digits, folded); mail folded in ASCII and no
   further (dots and tags may mean somebody else); the telephone as the figures after a trunk zero
   or a country's code, 8 at least; the day of birth only when it is whole; names as folded words.

   Forbids:  different whole days of birth; different references of one kind (the same pattern of
	     letters and figures). Nothing that the rules know joins over that.
   Same:     the reference (6 signs, 4 of them figures, or it is anybody's counter), unless the
	     names share no word and no day of birth speaks for it;
	     the mail, when the names do not contradict, and it is no mailbox of an office. One
	     mailbox serves a household: another given name, or another family name, is another
	     person. A name that is missing contradicts nothing;
	     the telephone with the whole day of birth, when the names do not contradict (twins).
   Likely:   what is nearly one of those; the same words of name and day of birth; the same words
	     of name and postcode (never a guarded one: it would tell it); the same telephone when
	     the names do not contradict; a near name and a reference with one slip in it.
   One service keeps its own records apart, so two of one service are likely at most.

   Ties chain: A is B by reference, B is C by mail, so C is shown with A. Strangers must not come
   in that way. A group holds no two that contradict (forbidden, kept apart, or with contradicting
   names and nothing that makes them the same). Where a group does, it breaks at its weakest tie:
   first mail, then telephone with birth, then the reference, and first the ties of a record that
   fits both sides (a mailbox without a name between two who share it fits neither for sure, and is
   only likely for each). The outcome is the same whichever of its records is asked for. */
#ifndef MODEL_PERSON_H
#define MODEL_PERSON_H

#include "model/citizen.h"

enum person_tie { TIE_NONE, TIE_FORBIDDEN, TIE_LIKELY, TIE_SAME };

enum person_why {
	WHY_NONE,
	WHY_REF,
	WHY_PHONE_BORN,
	WHY_MAIL,
	WHY_REF_ALONE, /* same reference, another name */
	WHY_MAIL_NEAR, /* same mail, a near name; or of an office */
	WHY_NAME_BORN,
	WHY_NAME_POSTCODE,
	WHY_PHONE,
	WHY_NEAR_REF,
	WHY_HAND, /* a person joined them */
	WHY_COUNT
};

struct person_verdict {
	enum person_tie tie;
	enum person_why why;
	bool clash; /* the names contradict */
};

/* What two records say of each other; the same whichever comes first. */
struct person_verdict person_compare(const struct citizen *, const struct citizen *);

/* "same reference", through _(); "" for WHY_NONE. And the word of the wire: "reference". */
const char *person_why_words(enum person_why);
const char *person_why_name(enum person_why);

/* The forms that are compared and looked up: "" when there is nothing to go by. */
void person_mail(struct buf *out, const char *mail);
enum { PERSON_TAIL = 8 };
void person_phone_tail(struct buf *out, const char *phone); /* its last PERSON_TAIL figures */
bool person_born_whole(const char *born);

/* Whether two services say the same of a field (citizen_fields), each in its way of writing. */
bool person_same_fact(const char *field, const char *a, const char *b);

/* What a person said of two records. The last one of a pair holds. */
enum person_said { SAID_NOTHING, SAID_JOIN, SAID_APART };
struct person_decision {
	const char *service_a, *id_a, *service_b, *id_b;
	enum person_said said;
	const char *by;
	time_t at;
};

/* One record beside the person asked for. */
enum person_place { PLACE_NONE, PLACE_JOINED, PLACE_LIKELY, PLACE_APART };
struct person_record {
	const struct citizen *citizen;
	enum person_place place;
	enum person_why why;
	bool contested; /* the tie would hold, but the record fits somebody else as well */
	int like;	/* the record it resembles, by its place in the list */
	const struct person_decision *decision; /* that put it there, or NULL */
};

enum { PERSON_MOST = 48 };

/* Where each of the records (`citizen` filled in, PERSON_MOST at most) stands, seen from the one
   at `from`, which is joined with itself. */
void person_group(struct person_record *, int count, int from, const struct person_decision *,
	int decisions);

/* Whether the address of any that is joined is guarded: then none is shown. */
bool person_guarded(const struct person_record *, int count);

#endif
