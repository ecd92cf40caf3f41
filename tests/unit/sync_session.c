/* Sessions over runs: a driver of this test's own whose login buys a cookie, at a server that forgets
   its sessions when told to. */
#include "net/url.h"
#include "tests/unit/sync_room.h"
#include "tests/unit/tiny.h"

extern const struct service_ops service_native;
static struct service_ops cookies;

const struct service_ops *const service_list[] = { &cookies, NULL };

static struct tiny server;

enum { LOGINS, GOOD, CHANGES, AWAY, BAD_LOGINS };	/* counts */
enum { VALID, PRIORITY };				/* told */

static bool by_key; /* the driver buys nothing: what it was given goes with every request */

/* ---- the server */

static bool knows(const struct tiny_call *c)
{
	const char *cookie = tiny_header(c->head, "Cookie");
	const char *key = tiny_header(c->head, "Authorization");

	if (key && !strncmp(key, "token key-", 10))
		return atoi(key + 10) == c->seen->told[VALID];
	return cookie && atoi(cookie + 4) == c->seen->told[VALID];
}

static void log_in(struct tiny_call *c)
{
	const char *secret = tiny_header(c->head, "Authorization");
	char cookie[60];

	if (!secret || (!knows(c) && strncmp(secret, "token good\r", 11) != 0 &&
			       strncmp(secret, "token p\xc3\xa4ss w\xc3\xb6rt\r", 18) != 0)) {
		c->seen->count[BAD_LOGINS]++;
		tiny_answer(c, 401, "", "{}");
		return;
	}
	c->seen->count[LOGINS]++;
	if (!strncmp(secret, "token key-", 10)) {
		tiny_answer(c, 200, "", "{}");
		return;
	}
	snprintf(cookie, sizeof(cookie), "Set-Cookie: sid=%d; HttpOnly\r\n", ++c->seen->told[VALID]);
	tiny_answer(c, 200, cookie, "{}");
}

static void answer(struct tiny_call *c)
{
	char body[60];

	if (tiny_is(c, "/login")) {
		log_in(c);
		return;
	}
	if (!knows(c)) {
		c->seen->count[AWAY]++;
		tiny_answer(c, 302, "Location: /\r\n", "");
		return;
	}
	c->seen->count[GOOD]++;
	if (tiny_is(c, "/change")) {
		c->seen->count[CHANGES]++;
		c->seen->told[PRIORITY] = atoi(c->body);
	}
	snprintf(body, sizeof(body), "{\"priority\":%d}", c->seen->told[PRIORITY]);
	tiny_answer(c, 200, "", body);
}

/* ---- the driver */

static void ask_path(struct service *s, struct request *r, const char *path)
{
	char url[100], secret[100];

	snprintf(url, sizeof(url), "%s%s", s->url, path);
	snprintf(secret, sizeof(secret), "token %s", s->token ? s->token : "");
	r->method = "GET";
	r->url = xstrdup(url);
	if (!strcmp(path, "/login") || by_key)
		request_header(r, "Authorization", secret);
	else
		request_header(r, "Cookie", s->own);
}

static bool login_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	(void)c;
	(void)err;
	ask_path(s, r, "/login");
	return true;
}

static enum answer login_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	char cookie[60] = "";

	(void)c;
	if (a->status != 200) {
		error_set(err, ERROR_LOGIN, "The token was refused.");
		return ANSWER_ERROR;
	}
	response_header(a, "Set-Cookie", 0, cookie, sizeof(cookie));
	cookie[strcspn(cookie, ";")] = '\0';
	free(s->own);
	s->own = xstrdup(cookie);
	*page_set_profile(page) = (struct profile){ .me = "anna", .my_team = "refuse" };
	return ANSWER_DONE;
}

static bool list_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	(void)c;
	(void)err;
	ask_path(s, r, "/cases");
	return true;
}

static enum answer list_read(struct service *s, struct call *c, const struct response *a,
	struct page *page, struct error *err)
{
	struct json *j = json_read(a->body, a->body_size, NULL, err);
	struct casefile *cf = page_add_case(page);

	(void)s;
	(void)c;
	cf->id = "c1";
	cf->number = "1";
	cf->version = arena_printf(&page->arena, "%d", server.seen->count[GOOD]);
	cf->subject = "Lamp";
	cf->status = "open";
	cf->priority = (int)json_get_int(j, "priority", 0);
	json_free(j);
	return ANSWER_DONE;
}

static bool change_ask(struct service *s, struct call *c, struct request *r, struct error *err)
{
	(void)err;
	ask_path(s, r, "/change");
	r->method = "PUT";
	r->body = xstrdup(c->patch->changes[0].after);
	r->body_size = strlen(r->body);
	return true;
}

static const char *session(const struct service *s)
{
	return by_key ? NULL : s->own;
}

static bool resume(struct service *s, const char *text)
{
	free(s->own);
	s->own = xstrdup(text);
	return true;
}

static void close_driver(struct service *s)
{
	free(s->own);
	s->own = NULL;
}

static void make_driver(void)
{
	cookies = (struct service_ops){ .name = "native",
		.once = ONCE_SEARCH,
		.once_new = ONCE_SEARCH,
		.login_status = 302,
		.poll_ms = 1000,
		.at_once = 4,
		.close = close_driver,
		.session = session,
		.resume = resume };
	cookies.calls[CALL_LOGIN].ask = login_ask;
	cookies.calls[CALL_LOGIN].read = login_read;
	cookies.calls[CALL_LIST].ask = cookies.calls[CALL_OPEN].ask = list_ask;
	cookies.calls[CALL_LIST].read = cookies.calls[CALL_OPEN].read = list_read;
	cookies.calls[CALL_PATCH].ask = change_ask;
	cookies.calls[CALL_PATCH].read = list_read;
}

/* ---- runs */

static void list(struct world *w, const char *text)
{
	struct query q = { 0 };

	query_parse(&q, QUERY_CASES, text, NULL, NULL);
	sync_list(w->sync, NULL, &q, false, 0, done, w);
	query_clear(&q);
}

static void ask_once(struct world *w)
{
	list(w, "is:open");
	ok(wait_done(w));
	same_int(w->err.kind, ERROR_NONE);
}

static void run_again(struct world *w)
{
	end(w);
	w->done = 0;
	w->raw_body = NULL;
	ok(begin(w));
}

static int logins(void)
{
	return server.seen->count[LOGINS];
}

static const char *kept_path(const struct world *w)
{
	static char path[200];

	snprintf(path, sizeof(path), "%s/caseload/session-city", w->dir);
	return path;
}

static void over_runs(struct world *w)
{
	struct stat st;

	test("what a login bought is kept, for its owner alone") {
		ask_once(w);
		same_int(logins(), 1);
		ok(stat(kept_path(w), &st) == 0 && (st.st_mode & 0777) == 0600);
	}
	test("the next run needs no login") {
		run_again(w);
		ask_once(w);
		same_int(logins(), 1);
		ok(sync_service(w->sync, 0)->profile.me &&
			!strcmp(sync_service(w->sync, 0)->profile.me, "anna"));
	}
	test("a session the service forgot is bought anew, once for all who wait, unseen") {
		run_again(w);
		server.seen->told[VALID] += 100;
		list(w, "is:open");
		list(w, "is:open owner:me");
		list(w, "is:open team:me");
		for (int i = 0; i < 3; i++) {
			ok(wait_for(w, 10000, is_done, NULL));
			w->done--;
			same_int(w->err.kind, ERROR_NONE);
		}
		same_int(logins(), 2);
		ok(server.seen->count[AWAY] >= 1);
	}
	test("and the one after that finds the new one") {
		run_again(w);
		ask_once(w);
		same_int(logins(), 2);
	}
	test("in the middle of a run as well, with the token at hand") {
		server.seen->told[VALID] += 100;
		ask_once(w);
		same_int(logins(), 3);
	}
}

static void changes(struct world *w)
{
	test("a change that met the login page had no effect, and has it once") {
		struct page p;
		int count = server.seen->count[CHANGES];
		int64_t key = store_case_key(w->store, "city", "c1");

		page_init(&p);
		ok(store_case_plain(w->store, key, &p));
		struct patch patch = case_patch(&p.cases[0]);

		server.seen->told[VALID] += 100;
		patch_change(&patch, "priority", "0", "2");
		ok(post(w, &patch));
		ok(wait_for(w, 20000, all_sent, NULL));
		same_int(server.seen->count[CHANGES], count + 1);
		same_int(server.seen->told[PRIORITY], 2);
		same_int(logins(), 4);
		patch_clear(&patch);
		page_clear(&p);
	}
}

static void bound(struct world *w)
{
	test("another user's configuration does not get it") {
		int before = logins();

		w->more = "user = bram\n";
		run_again(w);
		ask_once(w);
		same_int(logins(), before + 1);
	}
	test("nor does another token") {
		int before = logins();

		w->more = NULL;
		run_again(w);
		ask_once(w);
		same_int(logins(), before + 1);
		unlink(w->token_file);
		file_put(w->token_file, "good\n");
		run_again(w);
		ask_once(w);
		same_int(logins(), before + 2);
	}
	test("one that others may read is not used") {
		int before = logins();

		chmod(kept_path(w), 0644);
		run_again(w);
		ask_once(w);
		same_int(logins(), before + 1);
	}
	test("logging out forgets it") {
		struct stat st;
		struct error err = { 0 };
		int before = logins();

		ok(auth_session_forget("city", &err));
		ok(stat(kept_path(w), &st) != 0);
		ok(auth_session_forget("city", &err));
		ok(!auth_session_forget("../city", &err));
		run_again(w);
		ask_once(w);
		same_int(logins(), before + 1);
	}
}

static void give(void *ctx, struct service *s)
{
	struct world *w = ctx;

	w->asked++;
	sync_token(w->sync, s->name, s->user ? "p\xc3\xa4ss w\xc3\xb6rt" : "good");
}

static void nobody_asked(struct world *w)
{
	test("without a token the person is asked once, and then no more") {
		*w->token_file = '\0';
		w->asked = 0;
		run_again(w);
		sync_asker(w->sync, give, w);
		ask_once(w);
		same_int(w->asked, 1);
		run_again(w);
		sync_asker(w->sync, give, w);
		ask_once(w);
		same_int(w->asked, 1);
	}
	test("a session that ends asks for nothing as long as the token is at hand") {
		struct error err = { 0 };

		auth_session_forget("city", &err);
		run_again(w);
		sync_asker(w->sync, give, w);
		ask_once(w);
		same_int(w->asked, 2);
		server.seen->told[VALID] += 100;
		ask_once(w);
		same_int(w->asked, 2);
	}
	test("a user's password may hold blanks and letters of any language") {
		struct error err = { 0 };

		auth_session_forget("city", &err);
		w->more = "user = anna\n";
		run_again(w);
		sync_asker(w->sync, give, w);
		ask_once(w);
		same_int(w->asked, 3);
		snprintf(w->token_file, sizeof(w->token_file), "%s/password", w->dir);
		file_put(w->token_file, "p\xc3\xa4ss w\xc3\xb6rt\n");
		auth_session_forget("city", &err);
		run_again(w);
		ask_once(w);
		same_int(w->asked, 3);
	}
	test("a password is one line of UTF-8, a token plain ASCII") {
		ok(auth_password_ok("a b") && auth_password_ok("\xc3\xa4"));
		ok(!auth_password_ok("") && !auth_password_ok("a\nb") && !auth_password_ok("\xff"));
		ok(!auth_token_ok("a b") && !auth_token_ok("\xc3\xa4"));
	}
}

static void refused(struct world *w)
{
	test("a token refused at a new login is read once more, and then told") {
		int before = logins();

		w->more = NULL;
		snprintf(w->token_file, sizeof(w->token_file), "%s/token", w->dir);
		file_put(w->token_file, "good\n");
		run_again(w);
		ask_once(w);
		same_int(logins(), before + 1);
		file_put(w->token_file, "bad\n");
		server.seen->told[VALID] += 100;
		ask_once(w); /* the one at hand is still good */
		same_int(logins(), before + 2);
		run_again(w);
		server.seen->told[VALID] += 100;
		list(w, "is:open");
		ok(wait_done(w));
		same_int(w->err.kind, ERROR_LOGIN);
		same_int(server.seen->count[BAD_LOGINS], 1);
	}
}

static void replaced(struct world *w)
{
	test("a key that was replaced is read anew at once, and the old one not tried again") {
		struct error err = { 0 };
		int before = server.seen->count[BAD_LOGINS];

		auth_session_forget("city", &err);
		by_key = true;
		server.seen->told[VALID] = 7;
		file_put(w->token_file, "key-7\n");
		run_again(w);
		ask_once(w);
		server.seen->told[VALID] = 8;
		file_put(w->token_file, "key-8\n");
		ask_once(w);
		same_int(server.seen->count[BAD_LOGINS], before);
	}
}

int main(void)
{
	struct world w = { 0 };

	make_driver();
	server = tiny_start(answer);
	snprintf(w.dir, sizeof(w.dir), "/tmp/caseload-sync-XXXXXX");
	if (!mkdtemp(w.dir))
		return 1;
	setenv("XDG_RUNTIME_DIR", w.dir, 1);
	snprintf(w.url, sizeof(w.url), "http://127.0.0.1:%d", server.port);
	snprintf(w.token_file, sizeof(w.token_file), "%s/token", w.dir);
	file_put(w.token_file, "good\n");
	w.ran = begin(&w);
	if (w.ran) {
		over_runs(&w);
		changes(&w);
		bound(&w);
		nobody_asked(&w);
		refused(&w);
		replaced(&w);
	}
	world_close(&w);
	tiny_stop(&server);
	return test_result();
}
