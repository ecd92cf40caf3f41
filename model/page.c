/* A pile of rows in one arena. */
#include "model/page.h"

enum { PAGE_FIRST = 8 };

void page_init(struct page *p)
{
	*p = (struct page){ .total = -1 };
}

/* Arrays double: at 8, 16, 32 rows. No room is kept beside the count, since it follows from it. */
static void *grow(struct arena *a, void *rows, int *count, size_t size)
{
	bool full = *count == 0 || (*count >= PAGE_FIRST && (*count & (*count - 1)) == 0);
	size_t used = (size_t)*count * size;

	if (full)
		rows = arena_widen(a, rows, used, *count ? used * 2 : PAGE_FIRST * size);
	++*count;
	return rows;
}

struct casefile *page_add_case(struct page *p)
{
	p->cases = grow(&p->arena, p->cases, &p->case_count, sizeof(*p->cases));
	return &p->cases[p->case_count - 1];
}

struct citizen *page_add_citizen(struct page *p)
{
	p->citizens = grow(&p->arena, p->citizens, &p->citizen_count, sizeof(*p->citizens));
	return &p->citizens[p->citizen_count - 1];
}

struct event *page_add_event(struct page *p)
{
	p->events = grow(&p->arena, p->events, &p->event_count, sizeof(*p->events));
	return &p->events[p->event_count - 1];
}

struct worker *page_add_worker(struct page *p)
{
	p->workers = grow(&p->arena, p->workers, &p->worker_count, sizeof(*p->workers));
	return &p->workers[p->worker_count - 1];
}

struct team *page_add_team(struct page *p)
{
	p->teams = grow(&p->arena, p->teams, &p->team_count, sizeof(*p->teams));
	return &p->teams[p->team_count - 1];
}

struct answer_template *page_add_template(struct page *p)
{
	p->templates = grow(&p->arena, p->templates, &p->template_count, sizeof(*p->templates));
	return &p->templates[p->template_count - 1];
}

struct kind *page_add_kind(struct page *p)
{
	p->kinds = grow(&p->arena, p->kinds, &p->kind_count, sizeof(*p->kinds));
	return &p->kinds[p->kind_count - 1];
}

struct right *page_add_right(struct page *p)
{
	p->rights = grow(&p->arena, p->rights, &p->right_count, sizeof(*p->rights));
	return &p->rights[p->right_count - 1];
}

struct access *page_add_access(struct page *p)
{
	p->accesses = grow(&p->arena, p->accesses, &p->access_count, sizeof(*p->accesses));
	return &p->accesses[p->access_count - 1];
}

struct profile *page_set_profile(struct page *p)
{
	p->profile = arena_alloc(&p->arena, sizeof(*p->profile));
	return p->profile;
}

void page_clear(struct page *p)
{
	arena_clear(&p->arena);
	page_init(p);
}
