/* Gathering what a handing over needs. */
#include "net/handing.h"

#include <string.h>

static struct service *named(struct sync *s, const char *argument)
{
	struct buf name = { 0 };

	buf_add(&name, argument, strcspn(argument, "/"));

	struct service *found = sync_service_named(s, buf_str(&name));

	buf_clear(&name);
	return found;
}

/* Their record of the same person, by what they are surely known by. */
static void find_citizen(struct handing *h, struct store *store, const struct citizen *c)
{
	const char *known_by[] = { c->ref, c->mail };

	for (size_t i = 0; i < sizeof(known_by) / sizeof(*known_by); i++) {
		int64_t key = known_by[i] ? store_citizen_key(store, h->hand.service, known_by[i])
					  : 0;

		if (key > 0 && store_citizen(store, key, &h->citizens)) {
			h->hand.citizen = &h->citizens.citizens[0];
			return;
		}
	}
}

void handing_fill(struct handing *h, struct sync *s, struct store *store, const struct casefile *cf,
	const struct citizen *citizen, const char *argument)
{
	struct service *to = argument && s ? named(s, argument) : NULL;
	struct service *from = cf->service && s ? sync_service_named(s, cf->service) : NULL;

	*h = (struct handing){ 0 };
	page_init(&h->people);
	page_init(&h->timeline);
	page_init(&h->citizens);
	if (!to)
		return;
	store_people(store, to->name, &h->people);
	store_events(store, cf->key, &h->timeline);
	h->hand = (struct verb_hand){ .service = to->name,
		.url = to->url,
		.people = &h->people,
		.profile = h->people.profile,
		.timeline = &h->timeline };
	if (citizen)
		find_citizen(h, store, citizen);
	if (from && from->ops->case_url)
		from->ops->case_url(from, cf, &h->case_url);
	h->hand.case_url = h->case_url.size ? h->case_url.text : NULL;
}

void handing_clear(struct handing *h)
{
	page_clear(&h->people);
	page_clear(&h->timeline);
	page_clear(&h->citizens);
	buf_clear(&h->case_url);
}
