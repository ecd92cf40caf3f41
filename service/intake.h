/* Mail that comes in: onto the case it belongs to, or as a new one, once. */
#ifndef SERVICE_INTAKE_H
#define SERVICE_INTAKE_H

#include "service/channels.h"
#include "service/keep.h"
#include "service/mail.h"

enum intake {
	INTAKE_OPENED,	/* a new case */
	INTAKE_JOINED,	/* an entry of a case */
	INTAKE_NOTED,	/* an automatic answer: an internal note on the case */
	INTAKE_REPORT,	/* a mail server said what became of an answer of ours */
	INTAKE_KNOWN,	/* it was taken in before, or is our own */
	INTAKE_LEFT	/* written by no person and about nothing of ours: not kept */
};

struct taken {
	enum intake end;
	const char *number; /* of the case, or NULL; in the arena */
	int64_t seq;	    /* of the new entry, or 0 */
	bool whole;	    /* the entry does not hold everything: the mail itself has to be kept */
};

/* Takes it in, inside a transaction of the caller's. sum: a hash of the mail, so that another with the same
   Message-ID is not mistaken for it. The mailbox says whose a new case is. false: nothing was done, try later. */
bool intake_mail(struct keep *, const struct mailbox *, const struct mail *, const char *sum, struct taken *,
	struct arena *, struct error *);

#endif
