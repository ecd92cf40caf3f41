/* Made-up data from a seed: the same seed and the same clock give the same data. Everything is told
   relative to the clock, so that a list is late today whenever today is. */
#include "service/sample.h"
#include "model/i18n.h"
#include "model/json.h"
#include "model/kind.h"
#include "service/embedded.h"
#include "service/kind_file.h"
#include "service/sample_words.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CITIZENS = 2000, CASES = 5000, KINDS_MOST = 16, HOUR = 3600, DAY = 24 * HOUR };

struct sample {
	struct keep *keep;
	uint64_t random;
	time_t now;
	struct kind_file kinds[KINDS_MOST];
	int kind_count;
	struct citizen *citizens; /* CITIZENS of them, in the arena */
	int own_count, odd_count, odd_next;
	struct arena arena;
	struct arena row; /* of one case */
	int64_t numbers;  /* given in the year of the latest case */
	time_t numbered;  /* when that was opened */
	int vaccinated;	  /* the citizen of a first dose whose second is to come, or -1 */
	const char *vaccinated_in;
};

/* ---- chance: splitmix64 */

static uint64_t draw(struct sample *s)
{
	uint64_t z = s->random += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static int below(struct sample *s, int limit)
{
	return (int)(draw(s) % (uint64_t)limit);
}

static bool chance(struct sample *s, int percent)
{
	return below(s, 100) < percent;
}

static const char *one_of(struct sample *s, const char *const *list)
{
	int count = 0;

	while (list[count])
		count++;
	return list[below(s, count)];
}

/* ---- kinds, teams, workers */

static const struct kind *find_kind(const struct sample *s, const char *id)
{
	for (int i = 0; id && i < s->kind_count; i++) {
		if (strcmp(s->kinds[i].kind.id, id) == 0)
			return &s->kinds[i].kind;
	}
	return NULL;
}

static bool put_kinds(struct sample *s, struct error *err)
{
	for (const struct embedded_file *f = embedded_files; f->name && s->kind_count < KINDS_MOST;
		f++) {
		struct buf problems = { 0 };
		struct kind_file *file = &s->kinds[s->kind_count];
		if (strncmp(f->name, "kinds/", 6) != 0)
			continue;
		s->kind_count++;
		bool good =
			kind_file_parse(file, f->name, (const char *)f->bytes, f->size, &problems);
		if (!good)
			error_set(err, ERROR_LOCAL, "%s", buf_str(&problems));
		buf_clear(&problems);
		if (!good || !kind_file_keep(s->keep, file, err))
			return false;
	}
	return true;
}

static void put_people(struct sample *s)
{
	for (const struct sample_team *t = sample_teams; t->id; t++)
		keep_team_put(s->keep, &(struct team){ .id = t->id,
					       .name = t->name,
					       .lead = t->lead,
					       .queues = t->queues });
	for (const struct sample_worker *w = sample_workers; w->id; w++)
		keep_worker_put(s->keep,
			&(struct worker){ .id = w->id,
				.name = w->name,
				.team = w->team,
				.mail = arena_printf(&s->arena, "%s@havenport.example", w->id),
				.languages = w->languages,
				.skills = w->skills });
}

static const char *some_worker(struct sample *s, const char *team, const char *but)
{
	const char *ids[16];
	int count = 0;

	for (const struct sample_worker *w = sample_workers; w->id; w++) {
		if (strcmp(w->team, team) == 0 && (!but || strcmp(w->id, but) != 0))
			ids[count++] = w->id;
	}
	return count ? ids[below(s, count)] : NULL;
}

/* ---- citizens */

static const char *some_birth(struct sample *s)
{
	int age = below(s, 100) < 70 ? 18 + below(s, 60) : below(s, 98);
	struct tm day;

	gmtime_r(&s->now, &day);
	int year = day.tm_year + 1899 - age;
	if (chance(s, 2))
		return arena_printf(&s->arena, "%04d", year);
	if (chance(s, 2))
		return arena_printf(&s->arena, "%04d-%02d", year, 1 + below(s, 12));
	return arena_printf(&s->arena, "%04d-%02d-%02d", year, 1 + below(s, 12), 1 + below(s, 28));
}

/* An address book's worth of ASCII from a name: letters kept, everything else dropped. */
static const char *mail_of(struct sample *s, int number)
{
	return arena_printf(&s->arena, "p%d.%s@example.%s", number, chance(s, 50) ? "home" : "post",
		chance(s, 50) ? "org" : "net");
}

static void live_somewhere(struct sample *s, struct citizen *c)
{
	const char *town = one_of(s, sample_towns);

	c->street = arena_printf(&s->arena, "%s %d%s", one_of(s, sample_streets), 1 + below(s, 180),
		chance(s, 12) ? "A" : "");
	c->postcode = arena_printf(&s->arena, "QX%d %d%c%c", 1 + (int)strlen(town) % 9,
		below(s, 10), 'A' + below(s, 26), 'A' + below(s, 26));
	c->town = town;
	c->country = "GB";
}

/* What everybody has, by chance. */
static void fill_citizen(struct sample *s, struct citizen *c, int number)
{
	static const char *const ways[] = { "phone", "email", "letter", "counter", NULL };

	c->id = arena_printf(&s->arena, "p%d", number);
	c->ref = arena_printf(
		&s->arena, "%09lld", 100000000 + ((long long)number * 385927 + 104729) % 899999981);
	live_somewhere(s, c);
	if (chance(s, 80))
		c->phone = arena_printf(&s->arena, "+44 7700 900%03d", (number * 7) % 1000);
	if (chance(s, 70))
		c->mail = mail_of(s, number);
	if (chance(s, 60))
		c->reach = one_of(s, ways);
	if (chance(s, 30))
		c->consents = arena_printf(&s->arena,
			"[{\"what\":\"share_across_departments\",\"given\":%s,\"at\":\"20%02d-%02d-"
			"%02dT09:00:00Z\"}]",
			chance(s, 80) ? "true" : "false", 19 + below(s, 7), 1 + below(s, 12),
			1 + below(s, 28));
	c->created = s->now - (time_t)DAY * (30 + below(s, 2000));
}

static const struct sample_people *some_people(struct sample *s)
{
	int total = 0;

	for (const struct sample_people *p = sample_people; p->language; p++)
		total += p->share;
	int at = below(s, total);
	const struct sample_people *p = sample_people;
	while (at >= p->share)
		at -= p++->share;
	return p;
}

static void make_citizen(struct sample *s, struct citizen *c)
{
	const struct sample_people *people = some_people(s);

	if (people->family) {
		c->given = one_of(s, people->given);
		c->family = one_of(s, people->family);
		const char *given = one_of(s, people->given), *family = one_of(s, people->family);
		if (given != c->given && chance(s, 15))
			c->given = arena_printf(&s->arena, "%s %s", c->given, given);
		if (family != c->family && chance(s, 8))
			c->family = arena_printf(&s->arena, "%s-%s", c->family, family);
	} else {
		c->family = one_of(s, people->given);
	}
	c->born = some_birth(s);
	c->language = chance(s, 70) ? people->language : "en";
	if (strcmp(c->language, "en") != 0 && chance(s, 10))
		c->flags = "interpreter";
	else if (chance(s, 2))
		c->flags = "deceased";
	c->guarded = chance(s, 1);
}

static void make_citizens(struct sample *s)
{
	int n = 0;

	s->citizens = arena_alloc(&s->arena, CITIZENS * sizeof *s->citizens);
	for (const struct sample_own *own = sample_own_cases; own->family; own++, n++) {
		struct citizen *c = &s->citizens[n];
		fill_citizen(s, c, n + 1);
		c->given = own->given;
		c->family = own->family;
		c->language = own->language;
		c->born = some_birth(s);
	}
	s->own_count = n;
	for (const struct sample_odd *odd = sample_odds; odd->given || odd->family; odd++, n++) {
		struct citizen *c = &s->citizens[n];
		fill_citizen(s, c, n + 1);
		c->given = odd->given;
		c->family = odd->family;
		c->born = odd->born;
		c->language = odd->language;
		c->flags = odd->flags;
		c->guarded = odd->guarded;
	}
	s->odd_count = n - s->own_count;
	for (; n < CITIZENS; n++) {
		fill_citizen(s, &s->citizens[n], n + 1);
		make_citizen(s, &s->citizens[n]);
	}
	for (n = 0; n < CITIZENS; n++)
		keep_citizen_add(s->keep, &s->citizens[n], &s->arena);
}

/* ---- text with holes */

static void day_name(struct sample *s, struct buf *out)
{
	static const char *const days[] = { "Monday", "Tuesday", "Wednesday", "Thursday", "Friday",
		NULL };

	buf_text(out, one_of(s, days));
}

static const char *filled(struct sample *s, const char *text, const struct citizen *c)
{
	struct buf out = { 0 };

	if (!text)
		return NULL;
	while (*text) {
		size_t size = strcspn(text, "{");
		buf_add(&out, text, size);
		text += size;
		if (!*text)
			break;
		size = strcspn(text, "}") + 1;
		if (strncmp(text, "{street}", size) == 0)
			buf_add(&out, c->street, strcspn(c->street, "0123456789") - 1);
		else if (strncmp(text, "{day}", size) == 0)
			day_name(s, &out);
		else if (strncmp(text, "{school}", size) == 0)
			buf_text(&out, one_of(s, sample_schools));
		else
			buf_printf(&out, "%d", 2 + below(s, 90));
		text += size;
	}
	const char *copy = arena_copy(&s->row, buf_str(&out));
	buf_clear(&out);
	return copy;
}

static const struct sample_phrase *phrase_of(const char *language)
{
	for (const struct sample_phrase *p = sample_phrases; p->language; p++) {
		if (language && strcmp(p->language, language) == 0)
			return p;
	}
	return NULL;
}

/* ---- fields of a kind */

static const char *date_text(struct sample *s, time_t at)
{
	struct tm day;

	gmtime_r(&at, &day);
	return arena_printf(
		&s->row, "%04d-%02d-%02d", day.tm_year + 1900, day.tm_mon + 1, day.tm_mday);
}

static const char *some_reference(struct sample *s, const char *name)
{
	if (strcmp(name, "round") == 0)
		return arena_printf(&s->row, "R-%d", 1 + below(s, 40));
	if (strcmp(name, "account") == 0)
		return arena_printf(&s->row, "GB%02dQXHP%06d%06d", 10 + below(s, 89),
			below(s, 1000000), below(s, 1000000));
	if (strcmp(name, "lot") == 0)
		return arena_printf(&s->row, "L%04d-%c", below(s, 10000), 'A' + below(s, 6));
	return arena_printf(&s->row, "Q%07d", below(s, 10000000));
}

static const char *some_value(
	struct sample *s, const struct kind_field *f, const struct citizen *c, time_t opened)
{
	static const char *const words[] = {
		"see the letter",
		"as last year",
		"not known yet",
		"by telephone",
		NULL,
	};
	static const char *const long_words[] = {
		"Lives alone since the spring.\nNeighbours help now and then.",
		"Two children, one in hospital at the moment.",
		"Nothing else to say.",
		NULL,
	};

	switch (f->type) {
	case KIND_CHOICE:
	case KIND_CHOICES:
		return one_of(s, f->values);
	case KIND_NUMBER:
		return arena_printf(&s->row, "%d", 1 + below(s, 9));
	case KIND_MONEY:
		return arena_printf(&s->row, "%d.%02d", 200 + below(s, 1800), below(s, 100));
	case KIND_DATE:
		if (strstr(f->name, "born"))
			return date_text(s, s->now - (time_t)DAY * (1500 + below(s, 4000)));
		return date_text(s, opened - (time_t)DAY * below(s, 20));
	case KIND_TIME:
		return arena_printf(&s->row, "%02d:%02d", 8 + below(s, 9), 15 * below(s, 4));
	case KIND_YES_NO:
		return chance(s, 50) ? "yes" : "no";
	case KIND_ADDRESS:
		return c->guarded ? NULL : arena_printf(&s->row, "%s, %s", c->street, c->town);
	case KIND_PLACE:
		return one_of(s, strcmp(f->name, "school") == 0 ? sample_schools : sample_places);
	case KIND_REFERENCE:
		return some_reference(s, f->name);
	case KIND_LONG_TEXT:
		return one_of(s, long_words);
	case KIND_TEXT:
		break;
	}
	return strcmp(f->name, "company") == 0 || strcmp(f->name, "child") == 0 ? c->family
										: one_of(s, words);
}

static const char *some_fields(
	struct sample *s, const struct kind *kind, const struct citizen *c, time_t opened)
{
	struct buf json = { 0 };
	struct json_out out = { .buf = &json };

	json_open(&out, NULL, '{');
	for (int i = 0; i < kind->field_count; i++) {
		const struct kind_field *f = &kind->fields[i];
		if (f->required || chance(s, 60)) {
			const char *value = some_value(s, f, c, opened);
			if (value)
				json_put_text(&out, f->name, value);
		}
	}
	json_close(&out, '}');
	const char *copy = arena_copy(&s->row, buf_str(&json));
	buf_clear(&json);
	return copy;
}

/* A step whose status is this one, the first of them more often. */
static const char *some_step(struct sample *s, const struct kind *kind, const char *status)
{
	const char *step = NULL;
	int seen = 0;

	for (int i = 0; kind && i < kind->step_count; i++) {
		if (strcmp(kind->steps[i].status, status) == 0 &&
			(!step || below(s, ++seen + 2) == 0))
			step = kind->steps[i].id;
	}
	return step;
}

/* ---- the timeline */

struct story {
	struct casefile *cf;
	const struct citizen *citizen;
	const struct sample_topic *topic;
	const char *worker; /* who works or worked on it */
	time_t at;	    /* of the latest entry */
	time_t end;	    /* nothing happens after */
};

static void say(struct sample *s, struct story *st, struct event e)
{
	e.casefile = st->cf->key;
	if (e.at == 0)
		e.at = st->at;
	if (e.at > st->end)
		e.at = st->end;
	st->at = e.at;
	keep_event_add(s->keep, &e);
}

/* A while later: some part of what is left. */
static time_t later(struct sample *s, const struct story *st)
{
	int64_t left = st->end - st->at;

	return left <= 60 ? st->at : st->at + 30 + (time_t)(draw(s) % (uint64_t)(left / 2));
}

static const char *change(
	struct sample *s, const char *field, const char *before, const char *after)
{
	struct buf json = { 0 };
	struct json_out out = { .buf = &json };

	json_open(&out, NULL, '{');
	json_open(&out, field, '[');
	json_put_text(&out, NULL, before);
	json_put_text(&out, NULL, after);
	json_close(&out, ']');
	json_close(&out, '}');
	const char *copy = arena_copy(&s->row, buf_str(&json));
	buf_clear(&json);
	return copy;
}

static const char *reply_channel(const struct citizen *c)
{
	return c->mail ? "email" : "letter";
}

static void tell_opened(struct sample *s, struct story *st, const char *text)
{
	const char *channel = st->cf->channel;
	bool written = strcmp(channel, "phone") != 0 && strcmp(channel, "counter") != 0;

	say(s, st,
		(struct event){ .wire = "opened",
			.at = st->cf->opened,
			.by = written || !st->worker ? "citizen" : st->worker,
			.text = text,
			.channel = channel,
			.language = st->cf->language,
			.visible = true });
}

static void tell_taken(struct sample *s, struct story *st)
{
	if (!st->worker)
		return;
	say(s, st,
		(struct event){ .wire = "changed",
			.at = later(s, st),
			.by = st->worker,
			.team = st->cf->team,
			.changes = change(s, "assignee", NULL, st->worker) });
}

static void tell_note(struct sample *s, struct story *st)
{
	const char *by = st->worker ? st->worker : some_worker(s, st->cf->team, NULL);

	if (!st->topic->note)
		return;
	say(s, st,
		(struct event){ .wire = "note",
			.at = later(s, st),
			.by = by,
			.team = st->cf->team,
			.text = filled(s, st->topic->note, st->citizen) });
}

static void tell_handover(struct sample *s, struct story *st)
{
	const char *by = some_worker(s, "contact", NULL);

	say(s, st,
		(struct event){ .wire = "handover",
			.at = later(s, st),
			.by = by,
			.team = "contact",
			.text = "Came to us; is for you.",
			.changes = change(s, "team", "contact", st->cf->team) });
}

static void tell_incoming(struct sample *s, struct story *st, bool thanks)
{
	static const char *const asks[] = {
		"When will this be done? I have heard nothing since.",
		"I have tried to ring you three times. Nobody answers.",
		"Here is the photo you asked for. Please tell me that it arrived.",
		"It happened again this morning!",
		NULL,
	};
	static const char *const thank_words[] = {
		"Thank you, that was quick.",
		"Thank you. All is well now.",
		"Thanks!",
		NULL,
	};
	const struct sample_phrase *p = phrase_of(st->cf->language);
	const char *text =
		p ? (thanks ? p->thanks : p->asks) : one_of(s, thanks ? thank_words : asks);

	say(s, st,
		(struct event){ .wire = "incoming",
			.at = later(s, st),
			.by = "citizen",
			.text = text,
			.channel = reply_channel(st->citizen),
			.language = st->cf->language,
			.visible = true });
}

static void tell_answer(struct sample *s, struct story *st)
{
	const char *text = arena_printf(&s->row, "Dear %s,\n\n%s\n\nYour case has the number %s.",
		st->citizen->given ? st->citizen->given : st->citizen->family,
		filled(s, st->topic->answer, st->citizen), st->cf->number);

	say(s, st,
		(struct event){ .wire = "answer",
			.at = later(s, st),
			.by = st->worker,
			.team = st->cf->team,
			.text = text,
			.channel = reply_channel(st->citizen),
			.language = "en",
			.delivery = chance(s, 97) ? "delivered" : "failed",
			.visible = true });
}

static void tell_resolved(struct sample *s, struct story *st)
{
	st->at = st->end;
	say(s, st,
		(struct event){ .wire = "changed",
			.by = st->worker,
			.team = st->cf->team,
			.changes = arena_printf(&s->row,
				"{\"status\":[\"open\",\"%s\"],\"outcome\":[null,\"%s\"]}",
				st->cf->status, st->cf->outcome) });
}

/* What happened between the opening and the end, as the status has it. */
static void tell(struct sample *s, struct story *st, const char *text)
{
	bool done = !stage_is_open(st->cf->stage);

	tell_opened(s, st, text);
	if (chance(s, 6) && strcmp(st->cf->team, "contact") != 0)
		tell_handover(s, st);
	if (strcmp(st->cf->status, "new") != 0 && st->worker) {
		tell_taken(s, st);
		if (chance(s, 50))
			tell_note(s, st);
		if (strcmp(st->cf->status, "waiting") == 0 || chance(s, done ? 85 : 25))
			tell_answer(s, st);
		if (chance(s, 25))
			tell_incoming(s, st, done);
	}
	if (done)
		tell_resolved(s, st);
	else if (chance(s, 12))
		tell_incoming(s, st, false);
}

/* ---- cases */

struct plan {
	time_t opened;
	int own; /* which of the first worker's own, or -1 */
};

static int by_opened(const void *a, const void *b)
{
	const struct plan *x = a, *y = b;

	if (x->opened != y->opened)
		return x->opened < y->opened ? -1 : 1;
	return x->own - y->own;
}

/* Half of all cases are of the last six weeks, the rest of the last year. */
static struct plan *plan_cases(struct sample *s)
{
	struct plan *plans = arena_alloc(&s->arena, CASES * sizeof *plans);

	for (int i = 0; i < CASES; i++) {
		int64_t span = (int64_t)DAY * (chance(s, 50) ? 42 : 380);
		plans[i].own = i < s->own_count ? i : -1;
		plans[i].opened = i < s->own_count
					  ? s->now - (time_t)sample_own_cases[i].opened_hours * HOUR
					  : s->now - 60 - (time_t)(draw(s) % (uint64_t)span);
	}
	qsort(plans, CASES, sizeof *plans, by_opened);
	return plans;
}

static const char *some_status(struct sample *s, int64_t age)
{
	static const struct {
		int64_t days;
		int percent_open;
	} table[] = { { 3, 88 }, { 14, 48 }, { 42, 14 }, { 100, 4 }, { 1000, 1 } };
	size_t i = 0;

	while (i + 1 < sizeof table / sizeof *table && age > table[i].days * DAY)
		i++;
	if (!chance(s, table[i].percent_open))
		return age > 60 * DAY && chance(s, 80) ? "closed" : "resolved";
	if (age < 2 * DAY && chance(s, 60))
		return "new";
	return chance(s, 30) ? "waiting" : chance(s, 25) ? "new" : "open";
}

static const char *some_channel(struct sample *s)
{
	static const char *const channels[] = {
		"web",
		"web",
		"web",
		"email",
		"email",
		"phone",
		"phone",
		"counter",
		"letter",
		"chat",
		NULL,
	};

	return one_of(s, channels);
}

static time_t due_of(const struct kind *kind, int days, time_t opened)
{
	time_t due = kind ? kind_due(kind, opened) : 0;

	return due ? due : opened + (time_t)DAY * days;
}

static const struct sample_topic *some_topic(struct sample *s)
{
	int count = 0;

	while (sample_topics[count].team)
		count++;
	return &sample_topics[below(s, count)];
}

/* An odd citizen's own case: now and then, until each has had theirs. */
static const struct sample_odd *some_odd(struct sample *s, time_t opened)
{
	if (s->now - opened > 20 * DAY || !chance(s, 5))
		return NULL;
	while (s->odd_next < s->odd_count && !sample_odds[s->odd_next].subject)
		s->odd_next++;
	return s->odd_next < s->odd_count ? &sample_odds[s->odd_next++] : NULL;
}

static void end_case(struct sample *s, struct story *st)
{
	struct casefile *cf = st->cf;
	int64_t age = s->now - cf->opened;

	if (stage_is_open(cf->stage))
		return;
	cf->outcome = st->topic->outcome;
	cf->resolved = cf->opened + HOUR +
		       (time_t)(draw(s) % (uint64_t)(age < 2 * HOUR   ? HOUR
						     : age < 30 * DAY ? age - HOUR
								      : 30 * DAY));
	if (cf->resolved > s->now)
		cf->resolved = s->now - 60;
	st->end = cf->resolved;
}

/* Somebody's: a done case was always somebody's, a new one is seldom. The first worker's open cases
   are those of the list alone. */
static void give_case(struct sample *s, struct story *st)
{
	struct casefile *cf = st->cf;
	bool open = stage_is_open(cf->stage), fresh = strcmp(cf->status, "new") == 0;

	if (!open || chance(s, fresh ? 15 : 80))
		st->worker = some_worker(s, cf->team, open ? "s.rossi" : NULL);
	cf->worker = st->worker;
}

/* The next dose: the same citizen, due four weeks after the first. */
static void follow_vaccination(struct sample *s, struct story *st, struct case_more *more)
{
	struct casefile *cf = st->cf;

	if (!cf->kind || strcmp(cf->kind, "vaccination") != 0)
		return;
	if (s->vaccinated >= 0) {
		st->citizen = &s->citizens[s->vaccinated];
		cf->citizen = st->citizen->id;
		more->follows = s->vaccinated_in;
		more->round = 2;
		cf->due = cf->opened + 28 * DAY;
		s->vaccinated = -1;
	} else if (!stage_is_open(cf->stage)) {
		s->vaccinated = (int)(st->citizen - s->citizens);
		s->vaccinated_in = arena_copy(&s->arena, cf->id);
	}
}

static bool is_own_number(int64_t number)
{
	for (const struct sample_own *own = sample_own_cases; own->family; own++) {
		if (own->number == number)
			return true;
	}
	return false;
}

/* How far the year's numbers are used, the first worker's own included. */
static int64_t last_number(const struct sample *s)
{
	int64_t last = s->numbers;

	for (const struct sample_own *own = sample_own_cases; own->family; own++) {
		if (own->number > last)
			last = own->number;
	}
	return last;
}

/* NOTE: counted here and kept once a year: a statement that both writes and answers makes the full
   text index write out what it holds, which would cost more than all the rest. */
static const char *next_number(struct sample *s, time_t opened)
{
	struct tm before, now;

	gmtime_r(&s->numbered, &before);
	gmtime_r(&opened, &now);
	if (s->numbers && before.tm_year != now.tm_year) {
		keep_numbers_given(s->keep, s->numbered, last_number(s));
		s->numbers = 0;
	}
	s->numbered = opened;
	do
		s->numbers++;
	while (is_own_number(s->numbers));
	return keep_number(opened, s->numbers, &s->row);
}

static void add_case(struct sample *s, struct story *st, const char *text, struct case_more more)
{
	struct casefile *cf = st->cf;
	const struct kind *kind = find_kind(s, cf->kind);

	if (!cf->number)
		cf->number = next_number(s, cf->opened);
	if (kind) {
		cf->fields = some_fields(s, kind, st->citizen, cf->opened);
		cf->step = some_step(
			s, kind, strcmp(cf->status, "closed") == 0 ? "resolved" : cf->status);
		more.step_by = st->worker;
	}
	keep_case_add(s->keep, cf, &s->row);
	if (kind)
		keep_case_set_more(s->keep, cf->key, &more);
	tell(s, st, text);
}

/* Long ones among the odd: the first has a timeline of some sixty entries, the second a letter of
   many pages. */
static const char *long_letter(struct sample *s, const char *text)
{
	struct buf out = { 0 };

	for (int page = 1; page <= 120; page++)
		buf_printf(&out,
			"%s Page %d: I have kept a record of everything that was said to me, by "
			"whom "
			"and when, and of what came of it.\n\n",
			text, page);
	const char *copy = arena_copy(&s->row, buf_str(&out));
	buf_clear(&out);
	return copy;
}

static void tell_long(struct sample *s, struct story *st)
{
	for (int i = 0; i < 30; i++) {
		tell_incoming(s, st, false);
		say(s, st,
			(struct event){ .wire = "note",
				.at = later(s, st),
				.team = st->cf->team,
				.by = some_worker(s, st->cf->team, NULL),
				.text = arena_printf(
					&s->row, "Rang back, attempt %d: nobody in.", i + 1) });
	}
}

static void make_case(struct sample *s, time_t opened, const char *id)
{
	const struct sample_odd *odd = some_odd(s, opened);
	const struct sample_topic *topic = some_topic(s);
	int who = odd ? s->own_count + (int)(odd - sample_odds)
		      : s->own_count + below(s, CITIZENS - s->own_count);
	const struct citizen *c = &s->citizens[who];
	struct casefile cf = { .id = id,
		.opened = opened,
		.queue = topic->service,
		.team = topic->team,
		.kind = odd ? NULL : topic->kind,
		.citizen = c->id,
		.channel = some_channel(s),
		.language = c->language };
	struct case_more more = { .named = "", .round = 1 };
	struct story st = {
		.cf = &cf, .citizen = c, .topic = topic, .at = opened, .end = s->now - 30
	};
	const struct sample_phrase *p = phrase_of(c->language);

	cf.subject = odd ? odd->subject : filled(s, topic->subject, c);
	const char *status = some_status(s, s->now - opened);
	const struct kind *kind = find_kind(s, cf.kind);
	cf.due = due_of(kind, topic->due_days, opened);
	/* Late ones are worked off first; the first worker's own team has a flood. */
	if (cf.due < s->now && strcmp(status, "closed") != 0 && strcmp(cf.team, "refuse") != 0 &&
		chance(s, 65))
		status = "resolved";
	if (kind && strcmp(status, "waiting") == 0 && !some_step(s, kind, status))
		status = "open";
	case_set(&cf, "status", status, &s->row, NULL);
	cf.priority = chance(s, 70) ? 3 : 1 + below(s, 5);
	if (chance(s, 12))
		cf.tags = one_of(s, sample_tags);
	cf.restricted = chance(s, 1);
	end_case(s, &st);
	give_case(s, &st);
	follow_vaccination(s, &st, &more);
	cf.changed = st.end > opened && !stage_is_open(cf.stage) ? st.end : opened;
	const char *text = odd ? odd->text : filled(s, topic->text, st.citizen);
	if (p && !odd && chance(s, 50))
		text = arena_printf(&s->row, "%s\n\n%s", text, p->asks);
	if (odd == &sample_odds[1])
		text = long_letter(s, text);
	add_case(s, &st, text, more);
	if (odd == &sample_odds[0])
		tell_long(s, &st);
}

/* ---- the first worker's own list */

/* The first of them has a whole story, for whoever looks at one case to see what a case is. */
static void tell_first(struct sample *s, struct story *st)
{
	time_t now = s->now;

	say(s, st,
		(struct event){ .wire = "changed",
			.at = now - 74 * HOUR + 480,
			.by = "system",
			.text = "Third report of the same bin.",
			.changes = "{\"priority\":[3,1]}" });
	say(s, st,
		(struct event){ .wire = "note",
			.at = now - 71 * HOUR,
			.by = "k.byrne",
			.team = "highways",
			.text = "Road closed by us until Friday, the lorry could not turn. Tell "
				"the citizen." });
	say(s, st,
		(struct event){ .wire = "handover",
			.at = now - 69 * HOUR,
			.by = "m.haddad",
			.team = "highways",
			.changes = change(s, "team", "highways", "refuse") });
	say(s, st,
		(struct event){ .wire = "changed",
			.at = now - 50 * HOUR,
			.by = "s.rossi",
			.team = "refuse",
			.changes = change(s, "assignee", NULL, "s.rossi") });
	say(s, st,
		(struct event){ .wire = "answer",
			.at = now - 49 * HOUR,
			.by = "s.rossi",
			.team = "refuse",
			.channel = "email",
			.language = "en",
			.delivery = "delivered",
			.visible = true,
			.text = "Dear Jane Okafor,\n\nwe are sorry. A lorry will come on Friday; "
				"the road is "
				"open again by then." });
	say(s, st,
		(struct event){ .wire = "incoming",
			.at = now - 2 * HOUR,
			.by = "citizen",
			.channel = "email",
			.language = "en",
			.visible = true,
			.text = "Thank you. It is still not collected." });
}

static void make_own(struct sample *s, int n, const char *id)
{
	const struct sample_own *own = &sample_own_cases[n];
	static const struct sample_topic topic = {
		.note = "Rang the crew.",
		.answer = "We look into it and write again on Friday.",
	};
	const struct citizen *c = &s->citizens[n];
	struct casefile cf = { .id = id,
		.subject = own->subject,
		.kind = own->kind,
		.queue = "waste",
		.team = "refuse",
		.worker = "s.rossi",
		.priority = own->priority,
		.citizen = c->id,
		.channel = n % 3 ? "web" : "phone",
		.language = own->language,
		.opened = s->now - (time_t)own->opened_hours * HOUR,
		.due = s->now + (time_t)own->due_hours * HOUR,
		.tags = n == 0 ? "missed repeat" : NULL };
	struct story st = { .cf = &cf,
		.citizen = c,
		.topic = &topic,
		.worker = "s.rossi",
		.at = cf.opened,
		.end = s->now - 30 };
	struct case_more more = { .named = "", .round = 1 };

	cf.number = keep_number(cf.opened, own->number, &s->row);
	case_set(&cf, "status", own->status, &s->row, NULL);
	cf.changed = cf.opened;
	if (n > 0) {
		add_case(s, &st, own->text, more);
		return;
	}
	cf.channel = "web";
	cf.fields = arena_printf(&s->row,
		"{\"bin\":\"refuse\",\"missed_on\":\"%s\",\"address\":\"%s\",\"round\":\"R-17\","
		"\"times\":\"3\"}",
		date_text(s, cf.opened - DAY), c->street);
	cf.step = "reported";
	keep_case_add(s->keep, &cf, &s->row);
	tell_opened(s, &st, own->text);
	tell_first(s, &st);
}

static void make_cases(struct sample *s)
{
	struct plan *plans = plan_cases(s);
	int next = s->own_count;

	for (int i = 0; i < CASES; i++) {
		int number = plans[i].own >= 0 ? plans[i].own + 1 : ++next;
		const char *id = arena_printf(&s->row, "c%d", number);
		if (plans[i].own >= 0)
			make_own(s, plans[i].own, id);
		else
			make_case(s, plans[i].opened, id);
		arena_clear(&s->row);
	}
	keep_numbers_given(s->keep, s->numbered, last_number(s));
}

bool sample_fill(struct keep *keep, unsigned seed, struct error *err)
{
	struct sample s = {
		.keep = keep, .random = seed, .now = (time_t)(keep->now_ms / 1000), .vaccinated = -1
	};

	*err = (struct error){ 0 };
	base_begin(keep->base);
	keep_set(keep, "name", "Havenport, made up");
	keep_set(keep, "sample", "yes");
	if (put_kinds(&s, err)) {
		put_people(&s);
		make_citizens(&s);
		make_cases(&s);
		base_commit(keep->base);
	}
	base_error(keep->base, err);
	base_rollback(keep->base);
	for (int i = 0; i < s.kind_count; i++)
		kind_file_clear(&s.kinds[i]);
	arena_clear(&s.arena);
	arena_clear(&s.row);
	return !err->kind;
}
