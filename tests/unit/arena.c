#include "model/arena.h"
#include "model/ident.h"
#include "model/page.h"
#include "tests/lib.h"
#include <stdint.h>

static void many_sizes(struct arena *a)
{
	unsigned char *pieces[200];

	for (int i = 0; i < 200; i++) {
		size_t size = (size_t)i * 37;

		pieces[i] = arena_alloc(a, size);
		ok((uintptr_t)pieces[i] % _Alignof(max_align_t) == 0);
		for (size_t at = 0; at < size; at++) {
			if (pieces[i][at]) {
				ok(!"zeroed");
				break;
			}
		}
		memset(pieces[i], i, size);
		arena_copy(a, "odd");
	}
	for (int i = 1; i < 200; i++)
		ok(pieces[i][0] == i && pieces[i][i * 37 - 1] == i);
}

int main(void)
{
	test("pieces of every size are zeroed, aligned and apart") {
		struct arena a = { 0 };

		many_sizes(&a);
		memset(arena_alloc(&a, 3000000), 1, 3000000);
		arena_clear(&a);
		ok(!a.last);
		same(arena_copy(&a, "used again"), "used again");
		arena_clear(&a);
	}

	test("texts are copied; NULL stays NULL") {
		struct arena a = { 0 };

		ok(!arena_copy(&a, NULL));
		same(arena_copy(&a, ""), "");
		same(arena_copy_n(&a, "abcdef", 3), "abc");
		same(arena_printf(&a, "%s %d", "case", 7), "case 7");
		same(arena_printf(&a, "%05000d", 1) + 4998, "01");
		arena_clear(&a);
		ok(!xstrdup(NULL));
	}

	test("a page grows and its rows keep their values") {
		struct page p;

		page_init(&p);
		same_int(p.total, -1);
		for (int i = 0; i < 1000; i++) {
			struct casefile *cf = page_add_case(&p);

			ok(cf->key == 0 && !cf->id);
			cf->key = i;
			cf->id = arena_printf(&p.arena, "c%d", i);
			if (i < 40)
				page_add_event(&p)->seq = i;
		}
		same_int(p.case_count, 1000);
		same_int(p.event_count, 40);
		for (int i = 0; i < 1000; i++)
			ok(p.cases[i].key == i && atoi(p.cases[i].id + 1) == i);
		same_int(p.events[39].seq, 39);
		page_set_profile(&p)->me = "s.rossi";
		same(p.profile->me, "s.rossi");
		page_clear(&p);
		ok(!p.cases && !p.profile);
		same_int(p.total, -1);
	}

	test("every sort of row is added zeroed") {
		struct page p;

		page_init(&p);
		for (int i = 0; i < 20; i++) {
			ok(!page_add_citizen(&p)->id && !page_add_worker(&p)->id);
			ok(!page_add_team(&p)->id && !page_add_template(&p)->id);
			ok(!page_add_kind(&p)->id && !page_add_access(&p)->at);
			p.citizens[i].key = p.workers[i].open_cases = p.teams[i].workers = i + 1;
			p.kinds[i].version = p.accesses[i].at = i + 1;
			p.templates[i].id = "t";
		}
		ok(p.citizens[7].key == 8 && p.workers[15].open_cases == 16);
		ok(p.teams[19].workers == 20 && p.kinds[8].version == 9);
		ok(p.accesses[0].at == 1 && p.templates[16].id);
		page_clear(&p);
	}

	test("identifiers are version 4 and differ") {
		char one[IDENT_SIZE], two[IDENT_SIZE];

		ident_uuid(one);
		ident_uuid(two);
		same_int((long long)strlen(one), 36);
		ok(strspn(one, "0123456789abcdef-") == 36);
		ok(one[8] == '-' && one[13] == '-' && one[18] == '-' && one[23] == '-');
		ok(one[14] == '4' && strchr("89ab", one[19]));
		ok(strcmp(one, two));
	}
	return test_result();
}
