/* A verb as a command: plan, confirm, post, wait, tell. */
#include "cli/apply.h"

#include "cli/ask.h"
#include "cli/rows.h"
#include "cli/session.h"
#include "cli/theirs.h"
#include "cli/write.h"
#include "net/handing.h"
#include "model/arena.h"
#include "model/i18n.h"
#include "model/when.h"
#include "net/other.h"

#include <ctype.h>
#include <unistd.h>

enum { SHOWN_S = 60, FEW_CASES = 4, AT_ONCE = 100, MOST_CASES = 100000, LOOK_MS = 250 };

int join_exit(int so_far, int code)
{
	if (!so_far || so_far == code)
		return code;
	return code ? 7 : so_far;
}

/* ---- which words are cases */

/* 2026-000417, C-104233, c17, 104233: has three digits in a row or a letter before a digit, nothing
   but letters, digits and marks between them, and is no date. */
static bool looks_like_case(const char *word)
{
	int digits = 0, most = 0;
	time_t date;

	for (const char *at = word; *at; at++) {
		if (!isalnum((unsigned char)*at) && (!strchr("-_./#", *at) || at == word))
			return false;
		digits = isdigit((unsigned char)*at) ? digits + 1 : 0;
		most = digits > most ? digits : most;
	}
	if (when_read(word, &date))
		return false;
	/* rt/17: the service's name before the shortest number. */
	const char *slash = strchr(word, '/');
	if (slash && isalpha((unsigned char)word[0]) && slash[1] && !slash[1 + strspn(slash + 1, "0123456789")])
		return true;
	return most >= 3 ||
	       (isalpha((unsigned char)word[0]) && digits && digits + 1 >= (int)strlen(word)) ||
	       (most && strlen(word) >= 32);
}

/* The other case is the last word, whatever it looks like; files are all words but the first. */
static void divide_named(
	const struct verb *v, int count, const char *const *words, struct divided *d)
{
	int refs = v->names_case ? count - 1 : count ? 1 : 0;

	d->refs = words;
	d->ref_count = refs > 0 ? refs : 0;
	d->args = words + d->ref_count;
	d->arg_count = count - d->ref_count;
}

/* Cases come first, or last: `close 2026-000417 collected`, `assign k.byrne 2026-000417`. Where
   nothing looks like one, the first word is taken for one, and for verbs without words of their own
   all are. */
void divide_words(
	const struct verb *v, bool where, int count, const char *const *words, struct divided *d)
{
	int first = 0, last = 0;

	*d = (struct divided){ .args = words, .arg_count = count };
	if (where || v->creates)
		return;
	if (v->names_case || v->completes == COMPLETE_FILE) {
		divide_named(v, count, words, d);
		return;
	}
	while (first < count && looks_like_case(words[first]))
		first++;
	while (!first && last < count && looks_like_case(words[count - 1 - last]))
		last++;
	if (v->hands && count == 2 && !first) /* where to, then the case, whatever it looks like */
		last = 1;
	if (!*v->args)
		first = count;
	else if (!first && !last && count)
		first = 1;
	if (v->on == ON_CITIZEN)
		first = count ? 1 : 0, last = 0;
	d->refs = last ? words + count - last : words;
	d->ref_count = first + last;
	d->args = words + first;
	d->arg_count = count - first - last;
}

/* ---- the run of one verb */

struct apply {
	struct session *s;
	const struct verb *verb;
	struct divided words;
	struct page page; /* the cases, or the citizen */
	struct arena arena;
	char *text;	 /* of standard input, or the editor */
	struct buf file; /* of the editor; empty: none */
	bool posted;	 /* the text is in the outbox */
	struct plan plan;
	int code;
	bool anew;     /* every case is asked for */
	bool as_shown; /* the case is as it was shown here a moment ago */
	int listed;    /* results in the JSON list so far */
	int settled;   /* rows of the plan before this one rest */
};

/* One case that could not be done; the others go on. */
static void tell_failure(struct apply *a, const char *ref, const struct error *why)
{
	struct print *p = a->s->print;

	a->code = join_exit(a->code, error_exit(why->kind));
	if (p->form != PRINT_JSON) {
		if (ref)
			print_notice(p, "%s: %s", ref, why->text);
		else
			print_notice(p, "%s", why->text);
		return;
	}

	struct buf text = { 0 };
	struct json_out out = { .buf = &text, .ascii = true };

	json_open(&out, NULL, '{');
	if (ref)
		json_put_text(&out, "case", ref);
	json_put_text(&out, "result", "refused");
	json_put_text(&out, "error", error_name(why->kind));
	json_put_text(&out, "message", why->text);
	json_put_int(&out, "exit", error_exit(why->kind));
	json_close(&out, '}');
	print_error_json(p, text.text);
	buf_clear(&text);
}

/* A value of the search grammar that is nothing else. */
static bool plain_number(const char *ref)
{
	return *ref != '-' && !ref[strspn(ref, "0123456789abcdefghijklmnopqrstuvwxyz"
					       "ABCDEFGHIJKLMNOPQRSTUVWXYZ-_.")];
}

/* Many are asked for in few questions; who is not among the answers is asked for alone. */
static void gather_cases(struct apply *a, struct page *page)
{
	for (int i = 0; a->words.ref_count >= FEW_CASES && i < a->words.ref_count;) {
		struct buf text = { 0 };
		struct found_count found;
		struct error ignored = { 0 };

		buf_text(&text, "number:");
		for (int n = 0; n < AT_ONCE && i < a->words.ref_count; i++) {
			const char *ref = a->words.refs[i];

			other_service(a->s->sync, &ref);
			if (plain_number(ref))
				buf_printf(&text, "%s%s", n++ ? "," : "", ref);
		}
		session_list(a->s, buf_str(&text), MOST_CASES, page, &found, &ignored);
		buf_clear(&text);
	}
}

static bool has_case(const struct page *page, int64_t key)
{
	for (int i = 0; i < page->case_count; i++)
		if (page->cases[i].key == key)
			return true;
	return false;
}

/* A case whose version was seen a moment ago is changed as it was seen: the service refuses that
   version if somebody was there since, so a look before would tell nothing more. Words for people
   had better not leave for a service that may be away; nor does anything for one that was away when it
   was last asked: a look tells that it is back. */
static bool was_shown(const struct apply *a, int64_t key)
{
	struct page page;
	struct service_state state = { 0 };

	page_init(&page);
	bool known = key > 0 && store_case(a->s->store, key, &page) && page.case_count;
	const struct casefile *cf = known ? page.cases : NULL;
	bool shown = cf && cf->version && !cf->pending && cf->fetched + SHOWN_S >= time(NULL) &&
		     cf->fetched <= time(NULL) &&
		     store_state(a->s->store, cf->service, &state, &page.arena) && state.online;

	page_clear(&page);
	return shown && !a->verb->hands && !a->verb->needs_text &&
	       !given_flag(a->s->given, "dry-run");
}

static void find_case(struct apply *a, const char *word, const struct page *gathered)
{
	struct error why = { 0 };
	const char *ref = word, *service = other_service(a->s->sync, &ref);
	bool sure = service || sync_service_count(a->s->sync) == 1;
	int64_t key = gathered->case_count || sure ? store_case_key(a->s->store, service, ref) : 0;

	a->as_shown = !a->anew && a->words.ref_count == 1 && sure && was_shown(a, key);
	if (!a->as_shown && (key <= 0 || !has_case(gathered, key)))
		key = session_case(a->s, word, a->verb->hands, &why);
	if (!key || !store_case(a->s->store, key, &a->page))
		tell_failure(a, word, &why);
}

static bool find_cases(struct apply *a, struct error *err)
{
	const char *where = given_value(a->s->given, "where");
	struct found_count found;

	if (where && !session_list(a->s, where, MOST_CASES, &a->page, &found, err))
		return false;
	if (where && a->s->lacking)
		a->code = join_exit(a->code, a->s->lacking);
	if (where)
		return true;
	if (!a->words.ref_count)
		return error_set(err, ERROR_USAGE,
			_("Say which case: its number or identifier, or --where=QUERY."));
	struct page gathered;

	page_init(&gathered);
	gather_cases(a, &gathered);
	for (int i = 0; i < a->words.ref_count; i++)
		find_case(a, a->words.refs[i], &gathered);
	page_clear(&gathered);
	return true;
}

static bool find_citizen(struct apply *a, struct error *err)
{
	if (!a->words.ref_count)
		return error_set(
			err, ERROR_USAGE, _("Say which citizen: an identifier or a reference."));

	int64_t key =
		session_citizen(a->s, a->words.refs[0], session_purpose(a->s), err);

	return key && store_citizen(a->s->store, key, &a->page);
}

/* Those of the cases that are not known here yet, all asked at once. */
static void ask_people(struct apply *a)
{
	int count = a->page.case_count;
	struct wish *wishes = xcalloc((size_t)count + 1, sizeof(*wishes));

	for (int i = 0; i < count; i++) {
		const struct casefile *cf = &a->page.cases[i];

		wishes[i].done = true;
		if (!cf->citizen ||
			store_citizen_key(a->s->store, cf->service, cf->citizen) > 0)
			continue;
		wishes[i].done = false;
		sync_citizen_ref(a->s->sync, cf->service, cf->citizen, cf->number, wish_done,
			&wishes[i]);
	}
	for (int i = 0; i < count; i++)
		session_wait(a->s, &wishes[i]);
	/* One that was given up may be told yet. */
	for (int i = 0; i < count; i++)
		sync_forget(a->s->sync, &wishes[i]);
	free(wishes);
}

/* A new case names its citizen; an answer speaks to one. Not knowing them is for the verb. */
static void find_people(struct apply *a, struct verb_input *in)
{
	const char *ref = given_value(a->s->given, "citizen");
	struct error why = { 0 };

	if (a->verb->creates && a->verb->on == ON_CASE && ref) {
		int64_t key = session_citizen(a->s, ref, session_purpose(a->s), &why);

		if (key && store_citizen(a->s->store, key, &a->page))
			in->citizen = &a->page.citizens[a->page.citizen_count - 1];
	}
	if (a->verb->reaches_citizen || a->verb->hands)
		ask_people(a);
	for (int i = 0; (a->verb->reaches_citizen || a->verb->hands) && i < a->page.case_count; i++) {
		const struct casefile *cf = &a->page.cases[i];
		int64_t key =
			cf->citizen ? store_citizen_key(a->s->store, cf->service, cf->citizen) : 0;

		if (key > 0)
			store_citizen(a->s->store, key, &a->page);
	}
}

static bool is_own(const struct verb *v, const struct verb_option *option)
{
	for (const struct verb_option *o = v->options; o && o->name; o++)
		if (o == option)
			return true;
	return false;
}

/* The verb reads its own options from its words, so they are given back to it in their plain form.
   A - is the text of standard input. */
static bool make_input(struct apply *a, struct verb_input *in, struct error *err)
{
	struct session *s = a->s;
	int most = s->given->value_count + a->words.arg_count + 2;
	bool dashes = false; /* a word that would be taken for an option */
	const char **argv = arena_alloc(&a->arena, (size_t)most * sizeof(*argv));

	*in = (struct verb_input){
		.now = time(NULL), .argv = argv, .home = getenv("HOME")
	};
	for (int i = 0; i < s->given->value_count; i++) {
		const struct given_value *v = &s->given->values[i];

		if (is_own(a->verb, v->option))
			argv[in->argc++] = arena_printf(&a->arena, *v->value ? "--%s=%s" : "--%s",
				v->option->name, v->value);
	}
	for (int i = 0; i < a->words.arg_count && a->verb->options; i++)
		dashes |= a->words.args[i][0] == '-' && a->words.args[i][1];
	if (dashes)
		argv[in->argc++] = "--";
	for (int i = 0; i < a->words.arg_count; i++) {
		const char *word = a->words.args[i];

		if (strcmp(word, "-") == 0) {
			a->text = a->text ? a->text : read_input(err);
			word = a->text;
		}
		if (!word)
			return false;
		argv[in->argc++] = word;
	}
	return true;
}

static bool has_text(const struct apply *a)
{
	return a->words.arg_count || given_flag(a->s->given, "text") ||
	       given_flag(a->s->given, "template");
}

/* A case that goes to another service: with what is known of both. */
static void plan_handing(
	struct apply *a, struct plan *part, struct verb_input *in, const struct page *cases)
{
	const struct casefile *cf = &cases->cases[0];
	const struct citizen *citizen = cases->citizen_count ? &cases->citizens[0] : NULL;
	struct handing h;

	in->verb = a->verb;
	struct wish wish = { 0 };
	if (handing_asks(a->s->sync, a->s->store, cf, citizen, verb_arg(in, 0), wish_done, &wish))
		session_wait(a->s, &wish); /* not having them there is no reason to keep the case */
	sync_forget(a->s->sync, &wish);
	handing_fill(&h, a->s->sync, a->s->store, cf, citizen, verb_arg(in, 0));
	in->hand = &h.hand;
	plan_build(part, a->verb, in, cases);
	handing_clear(&h);
}

/* The case that a verb names besides its own: a plain number is of the same service. */
static void find_other(struct apply *a, const char *own, struct verb_input *in, struct page *page,
	struct error *why)
{
	struct other_case o = { 0 };
	struct verb_input words = *in;

	words.verb = a->verb;

	const char *text = verb_arg(&words, 0);
	if (!text || !other_read(a->s->sync, own, text, &o, &a->arena, why)) {
		in->other_why = text ? why : NULL;
		return;
	}
	in->other_url = o.url;
	if (!o.service)
		return;

	const char *ref = arena_printf(&a->arena, "%s/%s", o.service, o.ref);
	int64_t key = session_case(a->s, ref, false, why);
	if (!key || !store_case(a->s->store, key, page)) {
		in->other_why = why;
		return;
	}
	in->other = page->cases;
	in->other_url = other_url(a->s->sync, in->other, &a->arena);
}

/* Adds the plan for some cases of the page, all of one service: its people, kinds and templates are
   those that words mean. */
static void plan_part(
	struct apply *a, struct verb_input in, const char *service, const struct page *cases)
{
	struct page people, other;
	struct plan part;
	struct error why = { 0 };

	page_init(&other);
	session_people_of(a->s, service, &people);
	in.people = &people;
	in.profile = people.profile;
	in.me = in.profile ? in.profile->me : NULL;
	in.my_team = in.profile ? in.profile->my_team : NULL;
	if (a->verb->names_case)
		find_other(a, service, &in, &other, &why);
	if (a->verb->hands && cases->case_count == 1)
		plan_handing(a, &part, &in, cases);
	else
		plan_build(&part, a->verb, &in, cases);
	plan_check(&part, other_can, &(struct other_ctx){ a->s->sync, a->s->store });
	page_clear(&other);
	page_clear(&people);
	plan_join(&a->plan, &part);
}

static bool same_service(const struct casefile *a, const struct casefile *b)
{
	return a->service && b->service && strcmp(a->service, b->service) == 0;
}

/* Run by run of the same service, so that the order stays that of the page. */
static void plan_cases(struct apply *a, const struct verb_input *in)
{
	const struct page *all = &a->page;

	for (int from = 0, to; from < all->case_count; from = to) {
		struct page run = *all;

		to = from + 1;
		while (to < all->case_count && same_service(&all->cases[from], &all->cases[to]))
			to++;
		run.cases = all->cases + from;
		run.case_count = to - from;
		plan_part(a, *in, all->cases[from].service, &run);
	}
}

/* Of the person a verb on citizens is about; NULL: the one new things go to. */
static const char *citizen_service(const struct apply *a)
{
	return !a->verb->creates && a->page.citizen_count ? a->page.citizens[0].service : NULL;
}

/* The editor, where a person sits. */
static bool ask_text(struct apply *a, struct error *err)
{
	if (!a->s->input || !isatty(STDOUT_FILENO))
		return error_set(err, ERROR_USAGE,
			_("%s needs its text: as an argument, or - for standard input."),
			a->verb->name);
	a->text = write_text(a->s->config, &a->file, err);
	a->words.args = (const char *const *)&a->text;
	a->words.arg_count = 1;
	return a->text != NULL;
}

/* What was written in the editor goes only when it is kept elsewhere, or was nothing. */
static void leave_file(struct apply *a)
{
	if (a->file.size && (a->posted || !a->text))
		unlink(a->file.text);
	else if (a->file.size)
		print_notice(a->s->print, _("What you wrote is kept in %s."), a->file.text);
	buf_clear(&a->file);
}

/* The service of what is new: that of its citizen, --source, or the one that is set. */
static bool where_to(
	struct apply *a, const struct verb_input *in, const char **service, struct error *err)
{
	const char *source = a->verb->creates ? given_value(a->s->given, "source") : NULL;
	const char *theirs = in->citizen ? in->citizen->service : citizen_service(a);

	*service = source ? source : theirs;
	if (source && !sync_service_named(a->s->sync, source))
		return error_set(err, ERROR_USAGE, _("There is no service %s; there is %s."), source,
			sync_service(a->s->sync, 0)->name);
	if (source && theirs && strcmp(source, theirs) != 0)
		return error_set(err, ERROR_USAGE,
			_("This citizen is of %s: a new case for them goes there, not to %s."),
			theirs, source);
	return true;
}

static bool make_plan(struct apply *a, struct error *err)
{
	const char *service;
	struct verb_input in;

	if (a->verb->needs_text && !has_text(a) && !ask_text(a, err))
		return false;
	if (!make_input(a, &in, err))
		return false;
	find_people(a, &in);
	if (a->verb->on == ON_CASE && !a->verb->creates)
		plan_cases(a, &in);
	else if (!where_to(a, &in, &service, err))
		return false;
	else
		plan_part(a, in, service, &a->page);
	plan_hold(&a->plan, 0);
	return true;
}

/* ---- showing the plan */

static const char *name_of(const struct patch *p)
{
	return p->number ? p->number : p->title ? p->title : "";
}

static void tell_change(struct buf *b, const struct patch *p)
{
	for (int i = 0; i < p->count; i++) {
		const struct change *c = &p->changes[i];

		buf_printf(b, "%s%s: ", b->size ? "; " : "", c->field);
		if (c->before)
			buf_printf(b, "%s -> ", c->before);
		buf_text(b, c->after ? c->after : "-");
	}
	if (p->first)
		buf_printf(b, "%snew case at %s", b->size ? "; " : "", p->first->service);
	for (int i = 0; i < p->file_count; i++)
		buf_printf(b, "%sfile: %s", b->size ? "; " : "", p->files[i].name);
	if (p->note)
		buf_printf(b, "%snote: %s", b->size ? "; " : "", p->note);
	if (p->answer)
		buf_printf(b, "%sanswer: %s", b->size ? "; " : "", p->answer);
}

static void show_plan(struct apply *a)
{
	static const struct print_column columns[] = { { "case", N_("CASE"), 0, false },
		{ "change", N_("CHANGE"), 1, false } };
	struct print *p = a->s->print;

	if (p->form == PRINT_JSON)
		json_open(&p->json, NULL, '[');
	else
		print_table(p, columns, 2);
	for (int i = 0; i < a->plan.count; i++) {
		const struct plan_row *row = &a->plan.rows[i];
		struct buf change = { 0 };

		if (row->refused)
			continue;
		struct patch shown = { 0 };

		patch_copy(&shown, &row->patch);
		rows_mask_patch(a->s, &shown);
		tell_change(&change, &shown);
		if (p->form == PRINT_JSON)
			json_write_outbox(&p->json, &shown);
		else
			print_row(p, (const char *[]){ name_of(&row->patch), buf_str(&change) });
		patch_clear(&shown);
		buf_clear(&change);
	}
	if (p->form == PRINT_JSON) {
		json_close(&p->json, ']');
		buf_char(&p->out, '\n');
	} else {
		print_table_end(p);
	}
}

static void tell_refusals(struct apply *a)
{
	for (int i = 0; i < a->plan.count; i++) {
		const struct plan_row *row = &a->plan.rows[i];

		if (row->refused)
			tell_failure(a, row->cf ? row->cf->number : NULL, &row->why);
	}
}

/* ---- confirming */

static bool ask_count(int count)
{
	struct buf question = { 0 }, answer = { 0 };

	buf_printf(&question,
		P_("%d case would be changed. Type 1 to do it: ",
			"%d cases would be changed. Type their number to do it: ", count),
		count);
	bool good = ask_line(question.text, &answer) && atoi(buf_str(&answer)) == count;
	buf_clear(&question);
	buf_clear(&answer);
	return good;
}

static bool confirmed(struct apply *a, int count, struct error *err)
{
	const char *yes = given_value(a->s->given, "yes");

	if (yes && atoi(yes) == count)
		return true;
	if (yes)
		return error_set(err, ERROR_USAGE,
			P_("%d case would be changed, not %s; nothing was done. --yes=%d confirms.",
				"%d cases would be changed, not %s; nothing was done. --yes=%d "
				"confirms.",
				count),
			count, yes, count);
	if (count <= config_number(a->s->config, "batch.confirm"))
		return true;
	if (a->s->input && ask_count(count))
		return true;
	return error_set(err, ERROR_USAGE,
		P_("%d case would be changed; nothing was done. --yes=%d confirms, --dry-run shows "
		   "it.",
			"%d cases would be changed; nothing was done. --yes=%d confirms, --dry-run "
			"shows them.",
			count),
		count, count);
}

/* ---- posting and waiting */

static bool post(struct apply *a, int count, struct error *err)
{
	struct patch **patches = xcalloc((size_t)count, sizeof(struct patch *));
	int n = 0;

	for (int i = 0; i < a->plan.count; i++)
		if (!a->plan.rows[i].refused)
			patches[n++] = &a->plan.rows[i].patch;

	bool good = store_post_all(a->s->store, patches, n, err);

	free(patches);
	return good;
}

/* A row that nothing more will happen to before long. */
static bool at_rest(struct session *s, const struct patch *p)
{
	struct arena arena = { 0 };
	struct service_state state = { 0 };

	if (p->state == PATCH_CONFLICT || p->state == PATCH_REFUSED)
		return true;
	if (p->error == ERROR_LOGIN || (p->tries && p->error == ERROR_OFFLINE))
		return true;

	bool away = store_state(s->store, p->service, &state, &arena) && !state.online &&
		    state.since >= p->made;

	arena_clear(&arena);
	/* Five silent seconds are enough, unless it was said how long to wait. */
	return away || (!given_flag(s->given, "timeout") && sync_away(s->sync, p->service));
}

static bool row_rests(struct session *s, const struct patch *posted)
{
	struct patch now = { 0 };
	/* What is to go first and does not holds this one. */
	bool held = posted->first && store_patch(s->store, posted->first->key, &now) &&
		    at_rest(s, &now);

	patch_clear(&now);
	if (held)
		return true;

	if (posted->first && posted->first->then && !row_rests(s, posted->first->then))
		return false;

	bool waits = store_patch(s->store, posted->key, &now) && !at_rest(s, &now);

	patch_clear(&now);
	return !waits;
}

/* In order, and what rests is not looked at again: a thousand rows take a thousand looks. */
static bool all_at_rest(struct apply *a)
{
	for (; a->settled < a->plan.count; a->settled++) {
		const struct plan_row *row = &a->plan.rows[a->settled];

		if (!row->refused && !row_rests(a->s, &row->patch))
			return false;
	}
	return true;
}

/* What a service does besides is known before it happens: told once, however many rows. */
static void tell_besides(struct apply *a)
{
	struct other_ctx ctx = { a->s->sync, a->s->store };
	const char *told = NULL;
	bool mails = false;

	for (int i = 0; i < a->plan.count && !told; i++)
		if (!a->plan.rows[i].refused)
			told = other_besides(&ctx, &a->plan.rows[i].patch, &mails);
	if (told)
		print_notice(a->s->print, "%s", told);
}

static void wait_for_rest(struct apply *a)
{
	const char *given = given_value(a->s->given, "timeout");
	int seconds = given ? atoi(given) : config_number(a->s->config, "net.timeout");
	int64_t end = loop_now_ms() + seconds * 1000;

	/* To a service that is away already nothing goes out: the rows stay as they were saved. */
	if (!all_at_rest(a))
		sync_hold(a->s->sync, false);
	while (!all_at_rest(a) && loop_now_ms() < end) {
		int settled = a->settled;

		loop_once(a->s->loop, LOOK_MS);
		store_watched(a->s->store);
		all_at_rest(a);
		if (!given && a->settled > settled)
			end = loop_now_ms() + seconds * 1000; /* it goes on */
	}
	/* What older rows have under way is heard to its end, and nothing more is begun. */
	sync_hold(a->s->sync, true);
	while (sync_sending(a->s->sync) && !sync_in_vain(a->s->sync) && loop_now_ms() < end)
		loop_once(a->s->loop, LOOK_MS);

	const char *flaw = sync_flaw(a->s->sync);

	if (flaw)
		print_notice(a->s->print, "%s", flaw);
}

/* ---- telling what became of it */

static void json_result(
	struct apply *a, struct json_out *out, const struct patch *p, const char *result)
{
	const char *fields = a->s->print->fields;

	if (json_wanted(fields, "case"))
		json_put_text(out, "case", p->number);
	if (json_wanted(fields, "service"))
		json_put_text(out, "service", p->service);
	if (json_wanted(fields, "verb"))
		json_put_text(out, "verb", p->verb);
	if (json_wanted(fields, "result"))
		json_put_text(out, "result", result);
}

/* Done, or saved here: standard output. */
static void tell_done(struct apply *a, const struct patch *p, bool accepted)
{
	struct print *out = a->s->print;
	struct arena arena = { 0 };
	const char *over = accepted ? store_over(a->s->store, p->key, &arena) : NULL;
	const char *sentence = !accepted ? _("saved here, not yet accepted")
			       : over	 ? _("accepted, on top of somebody else's change")
					 : _("accepted by the service");

	if (out->form == PRINT_JSON) {
		if (!a->listed++)
			json_open(&out->json, NULL, '[');
		json_open(&out->json, NULL, '{');
		json_result(a, &out->json, p, accepted ? "accepted" : "saved");
		if (json_wanted(out->fields, "message"))
			json_put_text(&out->json, "message", sentence);
		if (over && json_wanted(out->fields, "over"))
			json_put_words(&out->json, "over", over);
		json_close(&out->json, '}');
	} else {
		print_row(out,
			(const char *[]){ name_of(p), p->verb ? p->verb : a->verb->name, sentence });
	}
	arena_clear(&arena);
}

/* Both values of each field, so that a program can choose. */
static void tell_conflict(struct apply *a, const struct patch *row)
{
	struct theirs t = { 0 };
	struct buf text = { 0 }, line = { 0 };
	struct json_out out = { .buf = &text, .ascii = true };

	struct patch shown = { 0 }, *p = &shown;

	patch_copy(p, row);
	rows_mask_patch(a->s, p);
	theirs_read(&t, p);

	json_open(&out, NULL, '{');
	json_put_text(&out, "case", p->number);
	json_put_text(&out, "result", "conflict");
	json_put_text(&out, "error", error_name(ERROR_CONFLICT));
	json_put_int(&out, "exit", error_exit(ERROR_CONFLICT));
	json_put_int(&out, "row", p->key);
	json_open(&out, "fields", '[');
	for (int i = 0; i < p->count; i++) {
		const struct change *c = &p->changes[i];
		const char *theirs = theirs_get(&t, c->field);

		json_open(&out, NULL, '{');
		json_put_text(&out, "field", c->field);
		json_put_text(&out, "was", c->before);
		json_put_text(&out, "yours", c->after);
		json_put_text(&out, "theirs", theirs);
		json_close(&out, '}');
		buf_printf(&line, _(" %s: yours %s, theirs %s;"), c->field,
			c->after ? c->after : "-", theirs ? theirs : "-");
	}
	json_close(&out, ']');
	json_close(&out, '}');
	if (a->s->print->form == PRINT_JSON)
		print_error_json(a->s->print, text.text);
	else
		print_notice(a->s->print,
			_("%s was changed by somebody else meanwhile:%s nothing was overwritten. "
			  "caseload outbox retry %lld sends yours all the same, drop gives it up."),
			name_of(p), buf_str(&line), (long long)p->key);
	a->code = join_exit(a->code, error_exit(ERROR_CONFLICT));
	theirs_clear(&t);
	patch_clear(p);
	buf_clear(&text);
	buf_clear(&line);
}

static void tell_waiting(struct apply *a, const struct patch *now, const struct patch *posted)
{
	enum error_kind kind = now->error ? now->error : sync_trouble(a->s->sync, now->service);
	struct print *p = a->s->print;

	if (kind != ERROR_LOGIN && kind != ERROR_BUSY)
		kind = ERROR_OFFLINE;
	tell_done(a, posted, false);
	a->code = join_exit(a->code, error_exit(kind));
	if (p->form != PRINT_JSON && now->error_text)
		print_notice(p, "%s: %s", name_of(posted), now->error_text);
}

/* What was new has a number only now. */
static void name_created(struct apply *a, struct patch *posted)
{
	struct page page;

	if (!posted->creates)
		return;
	page_init(&page);
	if (posted->on == ON_CASE && store_case(a->s->store, posted->object, &page))
		posted->number = arena_copy(&posted->arena, page.cases[0].number);
	if (posted->on == ON_CITIZEN && store_citizen(a->s->store, posted->object, &page))
		posted->number = arena_copy(&posted->arena, page.citizens[0].id);
	page_clear(&page);
}

static void tell_row(struct apply *a, struct patch *posted)
{
	struct patch now = { 0 };
	struct error why;

	if (!store_patch(a->s->store, posted->key, &now)) {
		name_created(a, posted);
		if (store_accepted(a->s->store, posted->key)) {
			tell_done(a, posted, true);
		} else {
			error_set(&why, ERROR_CANCELLED, _("It was given up in another window."));
			tell_failure(a, posted->number, &why);
		}
	} else if (now.state == PATCH_CONFLICT) {
		tell_conflict(a, &now);
	} else if (now.state == PATCH_REFUSED) {
		error_set(&why, now.error ? now.error : ERROR_REFUSED, "%s",
			now.error_text ? now.error_text : _("The service refused it."));
		tell_failure(a, posted->number, &why);
	} else {
		tell_waiting(a, &now, posted);
	}
	patch_clear(&now);
}

static void tell_results(struct apply *a)
{
	static const struct print_column columns[] = { { "case", N_("CASE"), 0, false },
		{ "verb", N_("VERB"), 1, false }, { "result", N_("RESULT"), 0, false } };
	struct print *p = a->s->print;

	print_table(p, columns, 3);
	for (int i = 0; i < a->plan.count; i++) {
		struct patch *row = &a->plan.rows[i].patch;

		if (!a->plan.rows[i].refused && row->first)
			tell_row(a, row->first);
		if (!a->plan.rows[i].refused)
			tell_row(a, row);
	}
	if (p->form != PRINT_JSON) {
		if (p->cell_count)
			print_table_end(p);
		return;
	}
	if (!a->listed)
		return;
	json_close(&p->json, ']');
	buf_char(&p->out, '\n');
}

/* ---- all of it */

static bool act(struct apply *a, struct error *err)
{
	int count = a->plan.count - a->plan.refusals;

	if (given_flag(a->s->given, "dry-run")) {
		show_plan(a);
		tell_besides(a);
		tell_refusals(a);
		return true;
	}
	if (count && !confirmed(a, count, err))
		return false;
	tell_refusals(a);
	if (!count)
		return true;
	if (!post(a, count, err))
		return false;
	a->posted = true;
	tell_besides(a);
	wait_for_rest(a);
	tell_results(a);
	return true;
}

static bool find_objects(struct apply *a, struct error *err)
{
	if (a->verb->creates)
		return true;
	return a->verb->on == ON_CITIZEN ? find_citizen(a, err) : find_cases(a, err);
}

/* Nothing found by a query is not an error: a script that ran before may have done it all. */
static bool run(struct apply *a, struct error *err)
{
	if (!session_open(a->s, err) || !session_people(a->s, err) || !find_objects(a, err))
		return false;
	if (!a->verb->creates && !a->page.case_count && !a->page.citizen_count) {
		if (given_flag(a->s->given, "where"))
			print_notice(a->s->print, _("No case is found by that; nothing was done."));
		return true;
	}
	if (!make_plan(a, err))
		return false;
	/* What would not go, or is so already, may be so no more. */
	if (a->as_shown && a->plan.refusals) {
		a->anew = true;
		plan_clear(&a->plan);
		page_clear(&a->page);
		page_init(&a->page);
		if (!find_objects(a, err) || !make_plan(a, err))
			return false;
	}
	return act(a, err);
}

static bool list_fields(struct session *s)
{
	static const char *const names[] = { "case", "service", "verb", "result", "message", "over",
		NULL };

	for (int i = 0; names[i]; i++)
		print_line(s->print, "%s", names[i]);
	s->print->form = PRINT_TABLE;
	return true;
}

bool apply_verb(struct session *s, const struct verb *v, int *exit_code, struct error *err)
{
	struct apply a = { .s = s, .verb = v };

	if (s->print->form == PRINT_JSON && strcmp(s->print->fields, "help") == 0)
		return list_fields(s);
	page_init(&a.page);
	divide_words(v, given_flag(s->given, "where"), s->given->count, s->given->args, &a.words);

	bool good = run(&a, err);

	*exit_code = a.code;
	leave_file(&a);
	plan_clear(&a.plan);
	page_clear(&a.page);
	arena_clear(&a.arena);
	free(a.text);
	return good;
}
