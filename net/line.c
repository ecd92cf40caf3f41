/* A line to one service: getting a token, logging in, sending what is wanted, and knowing how it
 * is. */
#include "net/line.h"

#include "model/i18n.h"

#include <string.h>
#include <sys/random.h>

enum {
	TOKEN_WAIT_MS = 30 * 1000,
	TERMINAL_WAIT_MS = 180 * 1000, /* a person types */
	FEW_CASES = 25,
	SLOW_MS = 5 * 1000, /* so long nobody is left without a word */
	ROW_MS = 250,
	BACKOFF_MS = 1000,
	BACKOFF_STEPS = 6, /* at most 64 s */
	LOGIN_RETRY_MS = 60 * 1000,
	SYNCED_EVERY_MS = 60 * 1000,
	OAUTH_SPARE_S = 60,
	OAUTH_MOST_S = 20 * 24 * 3600
};

int random_below(int limit)
{
	unsigned value = 0;

	if (limit <= 0 || getrandom(&value, sizeof(value), 0) != sizeof(value))
		return 0;
	return (int)(value % (unsigned)limit);
}

/* ---- wants */

struct want *want_new(struct line *l, enum call_kind kind, enum urgency urgency,
	void (*done)(struct want *, struct error *))
{
	struct want *w = xcalloc(1, sizeof(*w));

	w->line = l;
	w->call.kind = kind;
	w->urgency = urgency;
	w->done = done;
	w->serial = ++l->serial;
	page_init(&w->page);
	page_init(&w->hold);
	return w;
}

static void want_free(struct want *w)
{
	loop_cancel(w->line->loop, w->put_timer);
	query_clear(&w->query);
	patch_clear(&w->patch);
	page_clear(&w->hold);
	page_clear(&w->page);
	fetch_free(w->fetch);
	together_drop(w->together);
	several_free(w->several);
	free(w->call.work);
	free(w->identity);
	free(w->from);
	free(w->purpose);
	while (w->listeners) {
		struct listener *gone = w->listeners;

		w->listeners = gone->next;
		free(gone);
	}
	free(w);
}

void want_start(struct want *w)
{
	struct want **at = &w->line->wants;

	while (*at)
		at = &(*at)->next;
	w->next = NULL;
	*at = w;
	line_go(w->line);
}

struct want *want_find(const struct line *l, const char *identity)
{
	for (struct want *w = l->wants; w; w = w->next)
		if (w->identity && !strcmp(w->identity, identity))
			return w;
	return NULL;
}

static void want_unlink(struct want *w)
{
	for (struct want **at = &w->line->wants; *at; at = &(*at)->next)
		if (*at == w) {
			*at = w->next;
			return;
		}
}

static bool is_change(const struct want *w)
{
	return w->call.kind == CALL_PATCH || w->call.kind == CALL_BULK;
}

static void want_reset(struct want *w)
{
	w->sent = false;
	w->call.again |= w->call.step > 0; /* what came before may have had its effect */
	w->call.step = 0;
	if (is_change(w))
		w->call.fence = 0;
	free(w->call.work);
	w->call.work = NULL;
	page_clear(&w->page);
	page_init(&w->page);
	fetch_again(w->fetch);
	several_again(w->several);
	w->put = 0;
}

static void want_end(struct want *w, struct error *err)
{
	want_unlink(w);
	w->done(w, err);
	for (struct listener *l = w->listeners; l; l = l->next)
		ask_told(l->ask, err);
	if (w->stale && err->kind == ERROR_NONE && w->call.kind == CALL_OPEN)
		line_case(w->line, w->call.cf, URGENT_LATER, NULL);
	if (w->stale && err->kind == ERROR_NONE && w->call.kind == CALL_EVENTS)
		line_events(w->line, w->call.cf, URGENT_LATER, NULL);
	want_free(w);
}

static void one_less(struct line *l)
{
	if (--l->in_flight)
		return;
	loop_cancel(l->loop, l->slow_timer);
	l->slow_timer = 0;
}

void want_cancel(struct want *w, struct error *err)
{
	if (w->put_timer) { /* answered already */
		loop_cancel(w->line->loop, w->put_timer);
		w->put_timer = 0;
	} else if (w->sent && !w->cancelled) {
		transport_cancel(w->line->transport, w);
		one_less(w->line);
	}
	w->sent = w->cancelled = true;
	w->cancel = *err;
	line_go(w->line);
}

/* What waits for the login; what is asked anew while they are told is not among them. */
static void wants_fail(struct line *l, const struct error *why)
{
	long last = l->serial;

	for (;;) {
		struct want *w = l->wants;
		struct error err = *why;

		while (w && (w->sent || w->serial > last))
			w = w->next;
		if (!w)
			return;
		want_end(w, &err);
	}
}

/* ---- how it is doing */

static void tell(struct line *l, bool online, bool login, const char *why, bool synced)
{
	time_t now = time(NULL);
	bool news = !l->told_ms || online != l->told.online || strcmp(l->why, why) != 0;

	l->service.online = online;
	if (!news && (!synced || loop_now_ms() - l->told_ms < SYNCED_EVERY_MS))
		return;
	if (!l->told.since || online != l->told.online)
		l->told.since = now;
	if (synced)
		l->told.synced = now;
	snprintf(l->why, sizeof(l->why), "%s", why);
	l->told.online = online;
	l->told.login = login;
	l->told.why = *l->why ? l->why : NULL;
	l->told_ms = loop_now_ms();
	store_set_state(l->store, l->service.name, &l->told);
}

static void line_tell(struct line *l, bool online, const char *why, bool synced)
{
	tell(l, online, false, why, synced);
}

/* There, but not for us until somebody signs in, is told apart from not there. */
static void line_failed(struct line *l, const struct error *err)
{
	tell(l, false, err->kind == ERROR_LOGIN, err->text, false);
}

void line_recall(struct line *l)
{
	struct arena arena = { 0 };

	if (store_state(l->store, l->service.name, &l->told, &arena))
		l->told.why = NULL;
	arena_clear(&arena);
}

static void line_retry(void *ctx)
{
	struct line *l = ctx;

	l->retry_timer = 0;
	l->paused_until_ms = 0;
	l->sync->kicked = true; /* the outbox is emptied by the holder of its lock only */
	line_go(l);
	news_begin(l);
}

void line_retry_later(struct line *l, int wait_ms)
{
	if (l->retry_timer && !wait_ms)
		return;
	int most = BACKOFF_MS << (l->fails < BACKOFF_STEPS ? l->fails : BACKOFF_STEPS);
	int wait = most / 2 + random_below(most / 2 + 1);

	if (wait_ms > wait)
		wait = wait_ms;
	l->fails++;
	l->paused_until_ms = loop_now_ms() + wait;
	loop_cancel(l->loop, l->retry_timer);
	l->retry_timer = loop_after(l->loop, wait, line_retry, l);
}

void line_silent(struct line *l, const char *why)
{
	line_tell(l, false, why, false);
}

void line_good(struct line *l)
{
	bool back = l->told_ms && !l->told.online;

	l->heard_ms = loop_now_ms();
	line_tell(l, true, "", true);
	if (l->fails) {
		l->fails = 0;
		l->paused_until_ms = 0;
		loop_cancel(l->loop, l->retry_timer);
		l->retry_timer = 0;
		l->sync->kicked = true;
	}
	if (!back)
		return;
	l->sync->kicked = true;
	news_soon(l);
	news_shown_soon(l, 0);
}

static void pace_limit(struct line *l)
{
	transport_limit(l->transport, l->service.name, l->pace.at_once);
}

/* Nobody there, or nobody who makes sense: then it is offline here, with the reason. */
void line_bad(struct line *l, const struct error *err)
{
	l->trouble = err->kind;
	if ((err->kind == ERROR_BUSY || err->kind == ERROR_OFFLINE) && pace_trouble(&l->pace))
		pace_limit(l);
	if (err->kind == ERROR_BUSY) {
		if (!l->told.online || !l->told_ms)
			line_failed(l, err);
		line_retry_later(l, err->wait_ms);
	}
	if (err->kind == ERROR_OFFLINE || err->kind == ERROR_GARBLED || err->kind == ERROR_CONFIG) {
		line_failed(l, err);
		line_retry_later(l, 0);
	}
	if (err->kind == ERROR_LOGIN) {
		line_failed(l, err);
		line_retry_later(l, LOGIN_RETRY_MS);
	}
}

static int64_t quiet_ms(const struct line *l)
{
	return loop_now_ms() - (l->heard_ms > l->asked_ms ? l->heard_ms : l->asked_ms);
}

/* Many changes in one request take their time: that is work, not silence. */
static int64_t slow_ms(const struct line *l)
{
	int64_t rows = 0;

	for (const struct want *w = l->wants; w; w = w->next)
		if (w->sent && w->call.bulk)
			rows += w->call.bulk->count;
	return SLOW_MS + rows * ROW_MS;
}

bool line_is_silent(const struct line *l)
{
	return l->in_flight && quiet_ms(l) >= slow_ms(l);
}

static void slow_look(void *ctx)
{
	struct line *l = ctx;
	int64_t quiet = quiet_ms(l);
	char text[200];

	l->slow_timer = 0;
	if (!l->in_flight)
		return;
	if (quiet < slow_ms(l)) {
		l->slow_timer = loop_after(l->loop, (int)(slow_ms(l) - quiet), slow_look, l);
		return;
	}
	snprintf(text, sizeof(text),
		_("The service %s does not answer; it is still being waited for."),
		l->service.name);
	l->trouble = ERROR_OFFLINE;
	line_tell(l, false, text, false);
}

/* ---- sending a want */

/* A file on its way is as good as a word from the service. */
static void want_moved(void *ctx)
{
	struct want *w = ctx;

	w->line->heard_ms = loop_now_ms();
}

static void want_answered(void *ctx, const struct response *a, const struct error *err);

/* What one person wrote never goes out in the name of another: the service would know its key as
   new, and the timeline would name the wrong one. */
static bool sent_by_its_writer(const struct want *w, struct error *err)
{
	const char *writer = w->patch.worker, *me = w->line->service.profile.me;

	if (w->call.kind != CALL_PATCH || !writer || !me || !strcmp(writer, me))
		return true;
	return error_set(err, ERROR_DENIED,
		_("%s wrote this, and you are logged in as %s: log in as %s to send it, or send it "
		  "again in your own name."),
		writer, me, writer);
}

/* libcurl may send it twice on a connection that died: what only looks may be sent twice, a change the
   service knows by no key may not. */
static bool needs_fresh(const struct want *w, const struct request *r)
{
	const struct service_ops *ops = w->line->service.ops;

	return is_change(w) && !r->repeatable && strcmp(r->method, "GET") != 0 &&
	       (w->patch.creates ? ops->once_new : ops->once) >= ONCE_SEARCH;
}

static void want_send(struct want *w)
{
	struct line *l = w->line;
	const struct service_ops *ops = l->service.ops;
	struct request r = { 0 };
	struct error err = { 0 };

	if (!ops->calls[w->call.kind].ask) {
		error_set(
			&err, ERROR_REFUSED, _("The service %s cannot do this."), l->service.name);
		want_end(w, &err);
		return;
	}
	if (!sent_by_its_writer(w, &err)) {
		want_end(w, &err);
		return;
	}
	if (!ops->calls[w->call.kind].ask(&l->service, &w->call, &r, &err)) {
		request_clear(&r);
		want_end(w, &err);
		return;
	}
	if (!r.method) {
		w->sent = true;
		w->login = l->logins;
		request_clear(&r);
		l->in_flight++;
		want_answered(w, &(struct response){ 0 }, &(struct error){ 0 });
		return;
	}
	r.urgency = w->urgency;
	r.host_group = l->service.name;
	r.wait_ms = r.wait_ms ? r.wait_ms : l->wait_ms;
	r.moved = want_moved;
	if (w->fetch)
		r.chunk = fetch_bytes;
	r.fresh = needs_fresh(w, &r);
	w->sent = true;
	w->login = l->logins;
	if (!l->in_flight++)
		l->asked_ms = loop_now_ms();
	if (!l->slow_timer)
		l->slow_timer = loop_after(l->loop, SLOW_MS, slow_look, l);
	transport_send(l->transport, &r, want_answered, w);
}

/* The token or the session was refused. Once there is a new login, and the want goes out again; then it
   gives up. A session that another run bought says nothing of ours, and one sent before the login that
   stands now says nothing of that. */
static bool want_relogin(struct want *w)
{
	struct line *l = w->line;
	bool late = l->state == LINE_READY && w->login != l->logins;

	if (w->call.kind == CALL_LOGIN || (!late && !l->resumed && w->relogins++))
		return false;
	want_reset(w);
	if (!late)
		line_login_again(l);
	line_go(l);
	return true;
}

/* Whatever it says, it is there and does its work. */
static bool sensible(enum error_kind kind)
{
	return kind == ERROR_NONE || kind == ERROR_REFUSED || kind == ERROR_DENIED ||
	       kind == ERROR_GONE || kind == ERROR_CONFLICT;
}

/* It answered, and this one answer made no sense: a matter of that answer, not of the service. */
static bool one_bad_answer(const struct want *w, const struct error *sent, const struct error *err)
{
	return sent->kind == ERROR_NONE && err->kind == ERROR_GARBLED &&
	       w->call.kind != CALL_LOGIN && !is_change(w);
}

/* A good answer after which the driver lets this one row wait: the others have no reason to. */
static bool row_waits(const struct want *w, const struct response *a, const struct error *err)
{
	return is_change(w) && err->kind == ERROR_BUSY && a->status >= 200 && a->status < 300;
}

/* A page of two hundred takes longer to put away than a key may wait: so a few at a time, keys between
   them. What cannot be put away is told by the end, which tries all of it. */
static void put_few(void *ctx)
{
	struct want *w = ctx;
	struct error err = { 0 };
	struct page few;
	int left = w->page.case_count - w->put;

	w->put_timer = 0;
	if (left <= 0) {
		w->page.stored = true;
		want_end(w, &err);
		return;
	}
	page_init(&few);
	few.cases = w->page.cases + w->put;
	few.case_count = left < FEW_CASES ? left : FEW_CASES;
	w->put += few.case_count;
	if (store_put_part(w->line->store, w->line->service.name, &few, &err))
		w->put_timer = loop_after(w->line->loop, 0, put_few, w);
	else
		want_end(w, &(struct error){ 0 });
}

void line_say(struct line *l, const char *text)
{
	struct sync *s = l->sync;

	snprintf(s->flaw, sizeof(s->flaw), "%s", text);
	s->flaws++;
}

/* The same flaw is told once, however often the list is read. */
static void tell_flaw(struct line *l, const struct page *page)
{
	struct sync *s = l->sync;
	char text[sizeof(s->flaw)];

	if (page->told)
		snprintf(text, sizeof(text), "%s", page->told);
	else if (page->left_out)
		snprintf(text, sizeof(text),
			P_("%d record of %s could not be read and is left out: %s",
				"%d records of %s could not be read and are left out: %s",
				page->left_out),
			page->left_out, l->service.name, page->flaw);
	else if (page->repaired)
		snprintf(text, sizeof(text),
			_("%s sent text that is not UTF-8; what could not be read is marked."),
			l->service.name);
	else
		return;
	if (strcmp(text, s->flaw) != 0)
		line_say(l, text);
}

/* ---- the session a login bought */

static struct auth_bond bond_of(const struct line *l)
{
	const struct service *s = &l->service;
	struct auth_bond bond = { .url = s->url, .user = s->user ? s->user : "" };

	auth_source(bond.source, &l->from);
	return bond;
}

/* Kept as soon as it is new. Where it cannot be kept the next run logs in: nothing else is lost. */
static void session_note(struct line *l)
{
	const struct service_ops *ops = l->service.ops;
	const char *now = ops->session ? ops->session(&l->service) : NULL;
	struct error err = { 0 };

	if (!now || !ops->resume || (l->session && !strcmp(l->session, now)))
		return;
	struct auth_bond bond = bond_of(l);

	auth_session_keep(l->service.name, &bond, now, &err);
	auth_wipe(l->session);
	l->session = xstrdup(now);
}

/* The service does not know it any more; what another run may have put in its place stays. */
static void session_refused(struct line *l)
{
	struct auth_bond bond = bond_of(l);
	char *kept = l->session ? auth_session(l->service.name, &bond) : NULL;
	struct error err = { 0 };

	if (kept && !strcmp(kept, l->session))
		auth_session_forget(l->service.name, &err);
	auth_wipe(kept);
}

static void want_answered(void *ctx, const struct response *a, const struct error *sent)
{
	struct want *w = ctx;
	struct line *l = w->line;
	const struct service_ops *ops = l->service.ops;
	struct error err = *sent;
	enum answer answer = ANSWER_ERROR;

	one_less(l);
	if (sent->kind == ERROR_NONE && pace_answer(&l->pace, w->call.kind, a->served_ms))
		pace_limit(l);
	w->maybe_done = a->maybe_done;
	if (ops->login_status && a->status == ops->login_status)
		error_set(&err, ERROR_LOGIN, _("The service wants you to log in again."));
	else if (!fetch_stopped(w->fetch, &err) && err.kind == ERROR_NONE)
		answer = ops->calls[w->call.kind].read(&l->service, &w->call, a, &w->page, &err);
	if (answer == ANSWER_MORE) {
		w->call.step++;
		want_send(w);
		return;
	}
	if (answer == ANSWER_ERROR && sent->kind == ERROR_NONE)
		w->maybe_done = err.kind == ERROR_GARBLED || err.status >= 500;
	w->maybe_done |= w->call.step > 0; /* what came before may have had its effect */
	if (err.kind == ERROR_LOGIN && want_relogin(w))
		return;
	if (answer == ANSWER_DONE)
		session_note(l);
	if (answer == ANSWER_DONE) {
		err = (struct error){ 0 };
		tell_flaw(l, &w->page);
	}
	if (sensible(err.kind) || one_bad_answer(w, sent, &err) || row_waits(w, a, &err))
		line_good(l);
	else
		line_bad(l, &err);
	if (err.kind == ERROR_NONE && l->sync->follow && w->call.kind == CALL_LIST &&
		w->page.case_count > FEW_CASES)
		w->put_timer = loop_after(l->loop, 0, put_few, w);
	else
		want_end(w, &err);
}

bool line_put(struct line *l, const struct page *page, struct error *err)
{
	return store_put(l->store, l->service.name, page, err);
}

/* ---- login */

static void command_over(struct line *l)
{
	if (l->lent)
		l->sync->lend(l->sync->lend_ctx, false);
	l->lent = false;
}

static void profile_keep(struct service *s, const struct profile *p)
{
	arena_clear(&s->arena);
	s->profile = profile_copy(p, &s->arena);
	s->profile.service = s->name;
}

static void person_asked(void *ctx)
{
	struct line *l = ctx;

	l->person_timer = 0;
	if (l->state == LINE_PERSON && l->sync->ask_token)
		l->sync->ask_token(l->sync->ask_ctx, &l->service);
}

static void ask_person(struct line *l)
{
	struct error err = { 0 };

	if (l->sync->ask_token && !l->declined) {
		l->state = LINE_PERSON;
		l->person_timer = loop_after(l->loop, 0, person_asked, l);
		return;
	}
	l->state = LINE_NEW;
	if (l->declined)
		error_set(&err, ERROR_LOGIN, _("Without a token the service %s cannot be asked."),
			l->service.name);
	else
		error_set(&err, ERROR_LOGIN,
			_("The service %s needs a token: set token-file or token-command for it, or "
			  "log in on the screen."),
			l->service.name);
	if (l->service.asks_key)
		error_set(&err, ERROR_LOGIN,
			_("The client certificate for %s needs its PIN or password: set "
			  "tls-password-command, or give it where you are asked."),
			l->service.name);
	line_bad(l, &err);
	wants_fail(l, &err);
}

/* The token of an earlier login is no good any more; there may be a new one where it came from. */
static bool token_anew(struct line *l, const struct error *err)
{
	if (err->kind != ERROR_LOGIN || !l->token_old || !auth_from_by_itself(&l->from))
		return false;
	l->token_old = false;
	auth_wipe(l->service.token);
	l->service.token = NULL;
	line_go(l);
	return true;
}

/* An access token may end, or be taken back, at any time: once it is refreshed. */
static bool oauth_anew(struct line *l, const struct error *err)
{
	if (err->kind != ERROR_LOGIN || !oauth_configured(&l->from.oauth) || !l->service.token ||
		l->oauth_tries++)
		return false;
	auth_wipe(l->refused);
	l->refused = l->service.token;
	l->service.token = NULL;
	l->token_old = false;
	line_go(l);
	return true;
}

/* Nothing can be asked without the key, whoever logs in: the token is as good as before. */
static bool key_failed(struct line *l, const struct error *err)
{
	if (err->kind != ERROR_LOGIN || !transport_wants_password(l->transport, l->service.name))
		return false;
	line_bad(l, err);
	l->service.asks_key = true;
	l->service.asks_again = transport_password_refused(l->transport, l->service.name);
	if (l->key_command)
		wants_fail(l, err);
	else
		ask_person(l);
	return true;
}

static void login_failed(struct line *l, const struct error *err)
{
	l->state = LINE_NEW;
	if (key_failed(l, err) || oauth_anew(l, err) || token_anew(l, err))
		return;
	if (sensible(err->kind)) { /* there, but not for us */
		line_failed(l, err);
		line_retry_later(l, LOGIN_RETRY_MS);
	}
	line_bad(l, err);
	if (err->kind == ERROR_LOGIN) {
		auth_wipe(l->service.token);
		l->service.token = NULL;
		if (!auth_from_by_itself(&l->from)) {
			ask_person(l);
			return;
		}
	}
	wants_fail(l, err);
}

static void login_stands(struct line *l)
{
	l->state = LINE_READY;
	l->oauth_tries = 0;
	l->logins++;
	l->sync->kicked = true;
	line_go(l);
	news_begin(l);
}

static void login_done(struct want *w, struct error *err)
{
	struct line *l = w->line;
	struct error local = { 0 };

	if (err->kind != ERROR_NONE) {
		login_failed(l, err);
		return;
	}
	l->resumed = false;
	l->token_old = true;
	if (w->page.profile) {
		profile_keep(&l->service, w->page.profile);
		line_put(l, &w->page, &local); /* NOTE: a full disk is told by what was asked for */
	}
	login_stands(l);
}

static void login_send(struct line *l)
{
	struct want *w = want_new(l, CALL_LOGIN, URGENT_NOW, login_done);

	l->state = LINE_LOGIN;
	w->next = l->wants;
	l->wants = w;
	want_send(w);
}

/* ---- where the token comes from */

/* On the screen only a command that is said to ask gets the terminal; elsewhere nothing is in its way. */
static struct auth_command *command_run(
	struct line *l, char *const *argv, bool password, auth_done *done, struct error *err)
{
	bool terminal = l->sync->lend && (l->from.command_terminal || !l->sync->follow) &&
			l->sync->lend(l->sync->lend_ctx, true);
	struct auth_ask ask = { .argv = argv,
		.kind = password ? AUTH_PASSWORD : AUTH_TOKEN,
		.terminal = terminal,
		.wait_ms = terminal ? TERMINAL_WAIT_MS : TOKEN_WAIT_MS };

	l->state = LINE_TOKEN;
	l->lent = terminal;
	struct auth_command *c = auth_command(l->loop, &ask, done, l, err);

	if (!c)
		command_over(l);
	return c;
}

static void token_came(void *ctx, const char *token, const struct error *err)
{
	struct line *l = ctx;

	l->auth = NULL;
	command_over(l);
	if (!token) {
		login_failed(l, err);
		return;
	}
	l->service.token = xstrdup(token);
	login_send(l);
}

static void key_came(void *ctx, const char *password, const struct error *err)
{
	struct line *l = ctx;

	l->auth = NULL;
	l->state = LINE_NEW;
	command_over(l);
	if (password) {
		transport_password(l->transport, l->service.name, password);
		line_go(l);
		return;
	}
	line_bad(l, err);
	wants_fail(l, err);
}

/* The key of a client certificate comes before everything else. What its command printed is tried once: at
   the third wrong PIN a smartcard is closed for good. */
static bool key_begin(struct line *l)
{
	struct error err = { 0 };

	if (!transport_wants_password(l->transport, l->service.name))
		return false;
	if (!l->key_command || l->key_tried) {
		l->service.asks_key = true;
		ask_person(l);
		return true;
	}
	l->key_tried = true;
	l->auth = command_run(l, l->key_command, true, key_came, &err);
	if (!l->auth)
		login_failed(l, &err);
	return true;
}

static void code_show(void *ctx, const struct oauth_code *code)
{
	struct line *l = ctx;

	l->code_shown = code->code != NULL;
	l->sync->show_code(l->sync->show_ctx, &l->service, code);
}

static void oauth_due(void *ctx);

/* A little before its end, so that nothing has to wait for the new one. */
static void oauth_watch_end(struct line *l, time_t until)
{
	int64_t left_s = until - time(NULL);

	loop_cancel(l->loop, l->due_timer);
	l->due_timer = 0;
	if (!until || left_s <= 0)
		return;
	left_s = left_s > 2 * OAUTH_SPARE_S ? left_s - OAUTH_SPARE_S : left_s / 2 + 1;
	if (left_s < OAUTH_MOST_S)
		l->due_timer = loop_after(l->loop, (int)left_s * 1000, oauth_due, l);
}

static void oauth_came(void *ctx, const char *access, time_t until, const struct error *err)
{
	struct line *l = ctx;

	l->oauth = NULL;
	if (l->state == LINE_READY && !access) /* the old one is refused when its time has come */
		return;
	if (!access) {
		l->declined |= err->kind == ERROR_LOGIN; /* nobody is asked at every turn */
		login_failed(l, err);
		return;
	}
	auth_wipe(l->service.token);
	l->service.token = xstrdup(access);
	auth_wipe(l->refused);
	l->refused = NULL;
	oauth_watch_end(l, until);
	if (l->state != LINE_READY)
		login_send(l);
}

static void oauth_start(struct line *l)
{
	struct buf group = { 0 };
	struct oauth_start s = { .loop = l->loop,
		.transport = l->transport,
		.name = l->service.name,
		.bond = bond_of(l),
		.client = l->from.oauth,
		.refused = l->refused,
		.show = l->sync->show_code && !l->declined && l->state != LINE_READY ? code_show : NULL,
		.done = oauth_came,
		.ctx = l };

	buf_printf(&group, "%s/login", l->service.name);
	s.group = group.text;
	l->oauth = oauth_begin(&s);
	buf_clear(&group);
}

static void oauth_due(void *ctx)
{
	struct line *l = ctx;

	l->due_timer = 0;
	if (l->state != LINE_READY || l->oauth || !l->service.token)
		return;
	auth_wipe(l->refused);
	l->refused = xstrdup(l->service.token);
	oauth_start(l);
}

/* What an earlier run bought is as good as a login, as long as what that told is still here. */
static bool login_resumed(struct line *l)
{
	const struct service_ops *ops = l->service.ops;
	struct page people;

	if (!ops->resume)
		return false;
	struct auth_bond bond = bond_of(l);
	char *kept = auth_session(l->service.name, &bond);

	page_init(&people);
	bool good = kept && (!l->session || strcmp(kept, l->session) != 0) &&
		    store_people(l->store, l->service.name, &people) && people.profile &&
		    people.profile->me && ops->resume(&l->service, kept);

	if (good) {
		profile_keep(&l->service, people.profile);
		auth_wipe(l->session);
		l->session = kept;
		l->resumed = true;
		login_stands(l);
	} else {
		auth_wipe(kept);
	}
	page_clear(&people);
	return good;
}

static void login_begin(struct line *l)
{
	struct error err = { 0 };

	if (key_begin(l) || login_resumed(l))
		return;
	if (!l->service.token)
		l->service.token = auth_now(&l->from, &err);
	if (l->service.token) {
		login_send(l);
	} else if (err.kind != ERROR_NONE) {
		login_failed(l, &err);
	} else if (l->from.command) {
		l->auth = command_run(l, l->from.command, l->from.password, token_came, &err);
		if (!l->auth)
			login_failed(l, &err);
	} else if (oauth_configured(&l->from.oauth)) {
		l->state = LINE_TOKEN;
		if (!l->oauth)
			oauth_start(l);
	} else {
		l->service.asks_key = false;
		ask_person(l);
	}
}

void line_login_again(struct line *l)
{
	if (l->state != LINE_READY) { /* somebody else saw to it already */
		line_go(l);
		return;
	}
	l->state = LINE_NEW;
	if (transport_wants_password(l->transport, l->service.name)) {
		line_go(l);
		return;
	}
	session_refused(l);
	if (oauth_configured(&l->from.oauth) && !l->session && !l->oauth) {
		auth_wipe(l->refused);
		l->refused = l->service.token;
		l->service.token = NULL;
	}
	if (!l->session) { /* else that was refused, and the token that bought it is as good as before */
		auth_wipe(l->service.token);
		l->service.token = NULL;
	}
	line_go(l);
}

static void line_key_is(struct line *l, const char *password)
{
	struct error err = { 0 };

	l->service.asks_key = false;
	if (auth_password_ok(password)) {
		transport_password(l->transport, l->service.name, password);
		line_go(l);
		return;
	}
	error_set(&err, ERROR_LOGIN, _("Without the key of its client certificate %s cannot be asked."),
		l->service.name);
	l->declined = true;
	line_bad(l, &err);
	wants_fail(l, &err);
}

void line_token_is(struct line *l, const char *token)
{
	struct error err = { 0 };

	if (l->state == LINE_PERSON)
		l->state = LINE_NEW;
	if (l->service.asks_key) {
		line_key_is(l, token);
		return;
	}
	if (l->service.user ? auth_password_ok(token) : auth_token_ok(token)) {
		auth_wipe(l->service.token);
		l->service.token = xstrdup(token);
		l->token_old = false;
		line_go(l);
		return;
	}
	if (l->service.user)
		error_set(&err, ERROR_LOGIN,
			_("Without the password of %s the service %s cannot be asked."),
			l->service.user, l->service.name);
	else
		error_set(&err, ERROR_LOGIN, _("Without a token the service %s cannot be asked."),
			l->service.name);
	/* Who does not want to now is not asked at every turn: other services have work too. */
	l->declined = true;
	line_bad(l, &err);
	wants_fail(l, &err);
}

/* ---- going */

static struct want *first_waiting(const struct line *l)
{
	struct want *w = l->wants;

	while (w && w->sent)
		w = w->next;
	return w;
}

static struct want *first_cancelled(const struct line *l)
{
	struct want *w = l->wants;

	while (w && !w->cancelled)
		w = w->next;
	return w;
}

static void line_goes(void *ctx)
{
	struct line *l = ctx;

	l->go_timer = 0;
	for (struct want *w; (w = first_cancelled(l));) {
		struct error err = w->cancel;

		want_end(w, &err);
	}
	if (l->state == LINE_NEW && (l->sync->follow || first_waiting(l)))
		login_begin(l);
	while (l->state == LINE_READY && first_waiting(l))
		want_send(first_waiting(l));
}

void line_go(struct line *l)
{
	if (!l->go_timer)
		l->go_timer = loop_after(l->loop, 0, line_goes, l);
}

void line_end(struct line *l)
{
	int *timers[] = { &l->go_timer, &l->retry_timer, &l->slow_timer, &l->person_timer,
		&l->due_timer };

	for (size_t i = 0; i < sizeof(timers) / sizeof(*timers); i++)
		loop_cancel(l->loop, *timers[i]);
	outbox_end(l);
	hands_end(l);
	news_end(l);
	auth_command_stop(l->auth);
	command_over(l);
	oauth_stop(l->oauth);
	for (struct want *w = l->wants, *next; w; w = next) {
		next = w->next;
		transport_cancel(l->transport, w);
		want_free(w);
	}
	if (l->service.ops && l->service.ops->close)
		l->service.ops->close(&l->service);
	auth_wipe(l->service.token);
	auth_wipe(l->session);
	free((char *)l->service.name);
	free((char *)l->service.url);
	auth_wipe(l->refused);
	auth_from_clear(&l->from);
	free(l->key_command);
	arena_clear(&l->service.arena);
	for (int i = 0; i < l->watched_count; i++)
		free(l->watched[i]);
	free(l->looked_at);
	for (int i = 0; i < SHOWN_MAX; i++)
		free(l->shown[i].text);
}
