/* What the services' words for an entry mean to us. */
#include "model/event.h"
#include <string.h>

enum event_kind event_kind_of(const char *wire, const char *channel)
{
	bool phone = channel && !strcmp(channel, "phone");

	if (!wire)
		return EVENT_CHANGE;
	if (!strcmp(wire, "opened") || !strcmp(wire, "incoming"))
		return phone ? EVENT_CALL : EVENT_MAIL_IN;
	if (!strcmp(wire, "answer"))
		return EVENT_MAIL_OUT;
	return !strcmp(wire, "note") ? EVENT_NOTE : EVENT_CHANGE;
}
