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

/* Their record of the same person: the one that is joined with this, or what goes by its reference
   or mail. */
static bool find_citizen(
	struct store *store, const char *service, const struct citizen *c, struct page *into)
{
	const char *known_by[] = { c->ref, c->mail };
	struct person person = { 0 };
	int64_t key = 0;

	if (store_person_joined(store, c->key, &person))
		for (int i = 0; !key && i < person.joined; i++)
			if (!strcmp(person.records[i].citizen->service, service))
				key = person.records[i].citizen->key;
	person_clear(&person);
	for (size_t i = 0; !key && i < sizeof(known_by) / sizeof(*known_by); i++)
		if (known_by[i])
			key = store_citizen_key(store, service, known_by[i]);
	return key > 0 && store_citizen(store, key, into);
}

static bool takes_them_as_told(struct store *store, const struct service *to)
{
	struct page people;

	page_init(&people);
	store_people(store, to->name, &people);

	const char *features = people.profile ? people.profile->features : NULL;
	bool takes = words_have(features, "citizens-by-mail") ||
		     words_have(features, "citizens-by-ref");

	page_clear(&people);
	return takes;
}

bool handing_asks(struct sync *s, struct store *store, const struct casefile *cf,
	const struct citizen *c, const char *argument, sync_done *done, void *ctx)
{
	struct service *to = argument && s ? named(s, argument) : NULL;
	struct page theirs;
	struct query q;
	struct buf text = { 0 };

	if (!to || !c || !c->ref || sync_away(s, to->name) || takes_them_as_told(store, to) ||
		(cf->service && !strcmp(cf->service, to->name)))
		return false;
	page_init(&theirs);
	bool asks = !find_citizen(store, to->name, c, &theirs);
	page_clear(&theirs);
	if (!asks)
		return false;
	buf_printf(&text, "ref:\"%s\"", c->ref);
	asks = query_parse(&q, QUERY_CITIZENS, buf_str(&text), NULL, NULL);
	if (asks)
		sync_citizens(s, to->name, &q, cf->number, done, ctx);
	query_clear(&q);
	buf_clear(&text);
	return asks;
}

/* One secret address is the secret of all. */
static bool guarded_anywhere(struct store *store, const struct citizen *c)
{
	struct person p;

	store_person_joined(store, c->key, &p);
	bool guarded = c->guarded || person_guarded(p.records, p.joined);
	person_clear(&p);
	return guarded;
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
	if (citizen && find_citizen(store, to->name, citizen, &h->citizens))
		h->hand.citizen = &h->citizens.citizens[0];
	h->hand.guarded = citizen && guarded_anywhere(store, citizen);
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
