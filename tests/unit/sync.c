/* Sync against a real caseloadd: what is asked for arrives in the store, what is posted takes
   effect once, also when the service is stopped, killed, or does not know the token. */
#include "tests/unit/sync_room.h"

/* ---- tests */

static void reading(struct world *w)
{
	struct query q = { 0 };

	query_parse(&q, QUERY_CASES, "is:open team:me sort:number", NULL, NULL);
	test("a list arrives in the store, with who asked") {
		sync_list(w->sync, NULL, &q, false, 0, done, w);
		same_int(w->done, 0);
		ok(wait_done(w));
		same(w->err.text, "");
		same_int(w->err.kind, ERROR_NONE);
		same(sync_service(w->sync, 0)->profile.me, "s.rossi");
		same(sync_service(w->sync, 0)->profile.my_team, "refuse");
		struct page p;

		ok(some_case(w, 5, &p) != NULL);
		page_clear(&p);
	}
	test("a fresh list is not asked for again, an unknown service is told") {
		sync_list(w->sync, NULL, &q, false, 60000, done, w);
		ok(wait_done(w));
		same_int(w->err.kind, ERROR_NONE);
		sync_list(w->sync, "village", &q, false, 0, done, w);
		ok(wait_done(w));
		same_int(w->err.kind, ERROR_USAGE);
	}
	test("forgotten: nobody is told") {
		sync_list(w->sync, NULL, &q, false, 0, done, w);
		sync_forget(w->sync, w);
		for (int i = 0; i < 40; i++)
			loop_once(w->loop, 10);
		same_int(w->done, 0);
	}
	test("a case by its number, with its timeline; one there is not") {
		struct page p, events;
		struct casefile *cf = some_case(w, 0, &p);

		page_init(&events);
		sync_case_ref(w->sync, "city", cf->number, true, done, w);
		ok(wait_done(w));
		same_int(w->err.kind, ERROR_NONE);
		ok(store_events(w->store, cf->key, &events) && events.event_count > 0);
		sync_case_ref(w->sync, "city", "1999-999999", true, done, w);
		ok(wait_done(w));
		same_int(w->err.kind, ERROR_GONE);
		page_clear(&p);
		page_clear(&events);
	}
	test("workers, teams, templates, kinds") {
		struct page p;

		page_init(&p);
		sync_people(w->sync, NULL, 0, done, w);
		ok(wait_done(w));
		same_int(w->err.kind, ERROR_NONE);
		ok(store_people(w->store, "city", &p));
		ok(p.worker_count > 10 && p.team_count >= 12 && p.kind_count >= 6);
		ok(p.template_count > 0 && p.profile);
		page_clear(&p);
	}
	query_clear(&q);
}

static void citizens(struct world *w)
{
	struct query q = { 0 }, later = { 0 };
	struct page p;

	query_parse(&q, QUERY_CITIZENS, "an", NULL, NULL);
	query_parse(&later, QUERY_CITIZENS, "ann", NULL, NULL);
	test("a later search takes the place of one under way") {
		sync_citizens(w->sync, NULL, &q, "test", done, w);
		sync_citizens(w->sync, NULL, &later, "test", done, w);
		ok(wait_done(w));
		same_int(w->err.kind, ERROR_CANCELLED);
		ok(wait_done(w));
		same_int(w->err.kind, ERROR_NONE);
		page_init(&p);
		ok(store_citizens(
			w->store, &later, &(struct query_now){ .now = time(NULL) }, 20, &p));
		ok(p.citizen_count > 0);
	}
	test("one citizen, their cases of all teams, and who looked") {
		int64_t key = p.citizen_count ? p.citizens[0].key : 0;
		struct page log;

		page_init(&log);
		sync_citizen(w->sync, key, "test", 0, done, w);
		ok(wait_done(w));
		same_int(w->err.kind, ERROR_NONE);
		sync_accesses(w->sync, key, done, w);
		ok(wait_done(w));
		same_int(w->err.kind, ERROR_NONE);
		ok(store_accesses(w->store, key, &log) && log.access_count > 0);
		page_clear(&log);
	}
	page_clear(&p);
	query_clear(&q);
	query_clear(&later);
}

static void changing(struct world *w)
{
	struct page p;
	struct casefile *cf = some_case(w, 1, &p);
	int before = priority_of(w, cf->id), wanted = before == 2 ? 3 : 2;
	char was[8], will[8];

	snprintf(was, sizeof(was), "%d", before);
	snprintf(will, sizeof(will), "%d", wanted);
	test("a change reaches the service, once") {
		struct patch change = case_patch(cf);

		patch_change(&change, "priority", was, will);
		ok(post(w, &change));
		same_int(sync_unsent(w->sync), 1);
		ok(wait_for(w, 10000, all_sent, NULL));
		same_int(priority_of(w, cf->id), wanted);
		patch_clear(&change);
	}
	test("two changes of one case go in their order") {
		struct patch change = case_patch(cf);

		patch_change(&change, "priority", will, was);
		ok(post(w, &change));
		ok(post_note(w, cf, "after the change"));
		ok(wait_for(w, 10000, all_sent, NULL));
		same_int(priority_of(w, cf->id), before);
		same_int(notes_saying(w, cf->id, "after the change"), 1);
		patch_clear(&change);
	}
	page_clear(&p);
}

static void conflicts(struct world *w)
{
	struct page p;
	struct casefile *cf = some_case(w, 2, &p);
	int count = 0, conflict = 0, refused = 0;

	test("somebody changed another field: laid over and sent") {
		struct patch change = case_patch(cf);

		others_change(w, cf->id, "{\"tags\":[\"theirs\"]}");
		patch_change(&change, "subject", cf->subject, "A better subject");
		ok(post(w, &change));
		ok(wait_for(w, 10000, all_sent, NULL));
		store_pending(w->store, &conflict, &refused);
		same_int(conflict + refused, 0);
		patch_clear(&change);
	}
	page_clear(&p);
	cf = some_case(w, 2, &p);
	test("somebody changed the same field: both sides stay") {
		struct patch change = case_patch(cf);

		others_change(w, cf->id, "{\"subject\":\"Theirs\"}");
		patch_change(&change, "subject", cf->subject, "Mine");
		ok(post(w, &change));
		ok(wait_for(w, 10000, all_sent, NULL));
		count = store_pending(w->store, &conflict, &refused);
		same_int(conflict, 1);
		same_int(refused, 0);
		same_int(count, 1);
		ok(store_drop(w->store, change.key, NULL));
		patch_clear(&change);
	}
	test("a change goes out on the version that was seen, though a newer one is here by now") {
		struct patch change = case_patch(cf);

		patch_change(&change, "subject", cf->subject, "Mine");
		ok(post(w, &change));
		ok(wait_for(w, 10000, all_sent, NULL));
		store_pending(w->store, &conflict, &refused);
		same_int(conflict, 1);
		ok(store_drop(w->store, change.key, NULL));
		patch_clear(&change);
	}
	test("what the service refuses stays, with its sentence") {
		struct patch change = case_patch(cf), got = { 0 };

		patch_change(&change, "worker", cf->worker, "nobody.of.that.name");
		ok(post(w, &change));
		ok(wait_for(w, 10000, all_sent, NULL));
		ok(store_patch(w->store, change.key, &got));
		same_int(got.state, PATCH_REFUSED);
		ok(got.error_text && strlen(got.error_text) > 10);
		ok(store_drop(w->store, change.key, NULL));
		patch_clear(&change);
		patch_clear(&got);
	}
	page_clear(&p);
}

static bool version_is_new(struct world *w, const void *arg)
{
	const struct casefile *old = arg;
	struct page p;

	page_init(&p);
	bool is = store_case_plain(w->store, old->key, &p) &&
		  strcmp(p.cases[0].version, old->version) != 0;

	page_clear(&p);
	return is;
}

static void following(struct world *w)
{
	test("what others change comes by itself") {
		struct page p;
		bool yes = true;

		sync_follow(w->sync, true);
		ok(wait_for(w, 5000, is_online, &yes));
		for (int i = 0; i < 30; i++)
			loop_once(w->loop, 20);
		struct casefile *cf = some_case(w, 3, &p);

		others_change(w, cf->id, "{\"tags\":[\"news\"]}");
		ok(wait_for(w, 5000, version_is_new, cf));
		page_clear(&p);
	}
	test("the case on the screen too, whichever team has it") {
		struct page p;
		struct query q = { 0 };

		query_parse(
			&q, QUERY_CASES, "is:open -team:refuse -owner:me sort:number", NULL, NULL);
		sync_list(w->sync, NULL, &q, false, 0, done, w);
		ok(wait_done(w));
		page_init(&p);
		store_find(w->store, &q, &(struct query_now){ .me = "s.rossi", .team = "refuse" },
			(struct window){ .limit = 3 }, &p, NULL);
		if (ok(p.case_count > 0)) {
			sync_watch(w->sync, p.cases[0].key);
			for (int i = 0; i < 60; i++)
				loop_once(w->loop, 20);
			others_change(w, p.cases[0].id, "{\"tags\":[\"watched\"]}");
			ok(wait_for(w, 5000, version_is_new, &p.cases[0]));
		}
		page_clear(&p);
		query_clear(&q);
	}
}

static void bad_days(struct world *w)
{
	struct page p;
	struct casefile *cf = some_case(w, 4, &p);
	bool yes = true, no = false;

	test("stopped: offline is said, what is posted waits, and takes effect once") {
		kill(w->service, SIGSTOP);
		int64_t began = loop_now_ms();

		ok(post_note(w, cf, "while it was stopped"));
		ok(wait_for(w, 8000, is_online, &no));
		ok(loop_now_ms() - began < 7000);
		ok(sync_away(w->sync, "city"));
		same_int(sync_unsent(w->sync), 1);
		kill(w->service, SIGCONT);
		ok(wait_for(w, 30000, all_sent, NULL));
		ok(wait_for(w, 10000, is_online, &yes));
		same_int(notes_saying(w, cf->id, "while it was stopped"), 1);
	}
	test("killed: what is posted waits for the next one") {
		service_kill(w, SIGKILL);
		ok(post_note(w, cf, "while it was gone"));
		ok(wait_for(w, 10000, is_online, &no));
		ok(service_start(w));
		sync_retry_now(w->sync);
		ok(wait_for(w, 30000, all_sent, NULL));
		ok(wait_for(w, 15000, is_online, &yes));
		same_int(notes_saying(w, cf->id, "while it was gone"), 1);
	}
	test("killed in the middle of many: each once") {
		char text[40];

		for (int i = 0; i < 20; i++) {
			snprintf(text, sizeof(text), "one of many %d", i);
			ok(post_note(w, cf, text));
		}
		for (int i = 0; i < 12; i++)
			loop_once(w->loop, 5);
		service_kill(w, SIGKILL);
		for (int i = 0; i < 10; i++)
			loop_once(w->loop, 5);
		ok(service_start(w));
		sync_retry_now(w->sync);
		ok(wait_for(w, 60000, all_sent, NULL));
		for (int i = 0; i < 20; i++) {
			snprintf(text, sizeof(text), "one of many %d", i);
			same_int(notes_saying(w, cf->id, text), 1);
		}
	}
	page_clear(&p);
}

/* The same person's second window: another connection to the same two files. */
static bool second_begin(struct world *w, struct world *two)
{
	char data[200], cache[200];
	struct error err = { 0 };

	snprintf(data, sizeof(data), "%s/data", w->dir);
	snprintf(cache, sizeof(cache), "%s/cache", w->dir);
	two->loop = loop_new();
	two->store = store_open(data, cache, &err);
	two->sync = two->store ? sync_new(two->loop, two->store, w->config, &err) : NULL;
	return two->sync != NULL;
}

static void windows(struct world *w)
{
	struct world two = { 0 };
	struct page p;
	struct casefile *cf = some_case(w, 4, &p);

	test("of two windows one sends; the other's rows go out too") {
		ok(sync_sends(w->sync));
		ok(second_begin(w, &two));
		ok(!sync_sends(two.sync));
		ok(post_note(&two, cf, "from the other window"));
		for (int i = 0; i < 10; i++)
			loop_once(two.loop, 10);
		same_int(sync_unsent(two.sync), 1);
		ok(wait_for(w, 10000, all_sent, NULL));
		same_int(sync_unsent(two.sync), 0);
		same_int(notes_saying(w, cf->id, "from the other window"), 1);
	}
	test("when the one that sent is gone, the other takes over") {
		sync_free(w->sync);
		store_close(w->store);
		ok(post_note(&two, cf, "when the first was gone"));
		ok(wait_for(&two, 10000, all_sent, NULL));
		ok(sync_sends(two.sync));
		same_int(notes_saying(w, cf->id, "when the first was gone"), 1);
		loop_free(w->loop);
		w->sync = two.sync;
		w->store = two.store;
		w->loop = two.loop;
	}
	page_clear(&p);
}

/* ---- tokens */

static void config_with(struct world *w, const char *name, const char *value)
{
	char path[200], text[600];
	struct error err = { 0 };

	snprintf(path, sizeof(path), "%s/config2", w->dir);
	snprintf(text, sizeof(text), "[service \"city\"]\nurl = %s\n%s%s%s\n", w->url, name,
		*name ? " = " : "", value);
	file_put(path, text);
	config_free(w->config);
	w->config = config_new();
	config_read(w->config, path, CONFIG_USER, &err);
	sync_free(w->sync);
	w->sync = sync_new(w->loop, w->store, w->config, &err);
	if (!ok(w->sync != NULL))
		printf("# %s\n", err.text);
}

static void list_me(struct world *w)
{
	struct query q = { 0 };

	query_parse(&q, QUERY_CASES, "is:open owner:me", NULL, NULL);
	sync_list(w->sync, NULL, &q, false, 0, done, w);
	query_clear(&q);
}

static void give_token(void *ctx, struct service *s)
{
	struct world *w = ctx;
	struct error err = { 0 };
	char *token = auth_file(w->token_file, &err);

	w->asked++;
	sync_token(w->sync, s->name, w->asked == 1 ? "a-wrong-one" : token);
	auth_wipe(token);
}

static void other_tokens(struct world *w)
{
	char command[300];

	test("a token from a command, run without a shell in a clean environment") {
		char script[200];

		snprintf(script, sizeof(script), "%s/give token", w->dir);
		snprintf(command, sizeof(command),
			"#!/bin/sh\n[ -z \"$SECRET_OF_PARENT\" ] && [ \"$1\" = 'a;b' ] && cat "
			"'%s'\n",
			w->token_file);
		file_put(script, command);
		chmod(script, 0700);
		setenv("SECRET_OF_PARENT", "x", 1);
		snprintf(command, sizeof(command), "\"%s\" \"a;b\"", script);
		config_with(w, "token-command", command);
		list_me(w);
		ok(wait_done(w));
		same(w->err.text, "");
		unsetenv("SECRET_OF_PARENT");
	}
	test("a command that fails, and one that is not there, say so") {
		config_with(w, "token-command", "false");
		list_me(w);
		ok(wait_done(w));
		same_int(w->err.kind, ERROR_LOGIN);
		config_with(w, "token-command", "/nowhere/at-all");
		list_me(w);
		ok(wait_done(w));
		same_int(w->err.kind, ERROR_CONFIG);
	}
	test("a token asked for: the wrong one is asked for again") {
		config_with(w, "", "");
		sync_asker(w->sync, give_token, w);
		list_me(w);
		ok(wait_done(w));
		same(w->err.text, "");
		same_int(w->asked, 2);
	}
	test("nobody to ask: told, not waited for") {
		config_with(w, "", "");
		list_me(w);
		ok(wait_done(w));
		same_int(w->err.kind, ERROR_LOGIN);
	}
}

static void idle(struct world *w)
{
	test("with nothing to do it sleeps, outbox and connection or not") {
		config_with(w, "token-file", w->token_file);
		list_me(w);
		ok(wait_done(w));
		for (int i = 0; i < 10; i++)
			loop_once(w->loop, 10);
		unsigned long wakes = loop_wakes(w->loop);

		loop_once(w->loop, 1500);
		same_int((int)(loop_wakes(w->loop) - wakes), 1);
	}
}

static void tokens(struct world *w)
{
	struct page p;
	struct casefile *cf = some_case(w, 4, &p);
	struct error err = { 0 };
	bool no = false, yes = true;

	test("a token file others may read is refused") {
		chmod(w->token_file, 0644);
		ok(!auth_file(w->token_file, &err));
		same_int(err.kind, ERROR_CONFIG);
		chmod(w->token_file, 0600);
	}
	test("a refused token: the row waits, and goes out with the right one") {
		char *token = auth_file(w->token_file, &err);

		sync_follow(w->sync, false);
		sync_free(w->sync);
		file_put(w->token_file, "wrong-token-of-nobody\n");
		w->sync = sync_new(w->loop, w->store, w->config, &err);
		ok(post_note(w, cf, "with the wrong token"));
		ok(wait_for(w, 10000, is_online, &no));
		same_int(sync_unsent(w->sync), 1);
		file_put(w->token_file, token);
		sync_retry_now(w->sync);
		ok(wait_for(w, 10000, all_sent, NULL));
		ok(wait_for(w, 10000, is_online, &yes));
		same_int(notes_saying(w, cf->id, "with the wrong token"), 1);
		auth_wipe(token);
	}
	page_clear(&p);
}

int main(void)
{
	struct world w = { 0 };

	test("the service starts, the store opens") {
		ok(world_open(&w));
	}
	if (w.ran) {
		reading(&w);
		citizens(&w);
		changing(&w);
		conflicts(&w);
		following(&w);
		bad_days(&w);
		tokens(&w);
		other_tokens(&w);
		idle(&w);
		windows(&w);
	}
	world_close(&w);
	return test_result();
}
