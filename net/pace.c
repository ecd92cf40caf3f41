/* The measure is coarse on purpose: questions of one kind cost the service differently, so only several
   slow answers in a row count, and the best is forgotten slowly. */
#include "net/pace.h"

#define SLACK_MS 50.0 /* a difference nobody feels, whatever the ratio */
#define SMOOTH 0.2
#define FORGET 1.02
#define TOO_SLOW 3.0
#define FAST_AGAIN 1.8

enum { CALM_ANSWERS = 8 };

void pace_init(struct pace *p, int most)
{
	*p = (struct pace){ .most = most, .at_once = most, .strain = 1 };
}

static bool pace_set(struct pace *p, int at_once)
{
	bool other = at_once != p->at_once;

	p->at_once = at_once;
	p->calm = 0;
	p->strain = (TOO_SLOW + FAST_AGAIN) / 2; /* to be measured anew */
	return other;
}

static bool pace_slower(struct pace *p)
{
	return pace_set(p, p->at_once > 1 ? p->at_once / 2 : 1);
}

/* A login takes long by design, a file by its size, news by waiting. */
static bool measured(enum call_kind kind)
{
	return kind != CALL_LOGIN && kind != CALL_FILE && kind != CALL_NEWS;
}

static double ratio(struct pace *p, enum call_kind kind, double served_ms)
{
	double *best = &p->best_ms[kind];

	if (!*best || served_ms < *best)
		*best = served_ms > 1 ? served_ms : 1;
	else
		*best *= FORGET;
	return (served_ms + SLACK_MS) / (*best + SLACK_MS);
}

bool pace_answer(struct pace *p, enum call_kind kind, double served_ms)
{
	if (!measured(kind) || served_ms <= 0)
		return false;
	p->strain += SMOOTH * (ratio(p, kind, served_ms) - p->strain);
	if (p->strain > TOO_SLOW)
		return pace_slower(p);
	p->calm = p->strain < FAST_AGAIN ? p->calm + 1 : 0;
	if (p->calm < CALM_ANSWERS || p->at_once >= p->most)
		return false;
	p->at_once++;
	p->calm = 0;
	return true;
}

bool pace_trouble(struct pace *p)
{
	return pace_slower(p);
}
