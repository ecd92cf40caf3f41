/* What to ask next, and where the answers go. Each public function here finds the line, makes the
   wants it takes, and lets the asker listen; line.c sends them. */
#include "net/line.h"

#include "model/i18n.h"
#include "net/url.h"

#include <string.h>

enum { RELOCK_MS = 500, TIMEOUT_MS = 20 * 1000, AT_ONCE = 4 };

/* ---- workers, teams, templates, kinds */

static const struct {
	enum call_kind kind;
	const char *what, *feature;
} people_calls[] = {
	{ CALL_WORKERS, "workers", NULL },
	{ CALL_TEMPLATES, "templates", "templates" },
	{ CALL_CASE_KINDS, "kinds", "kinds" },
};

static void people_done(struct want *w, struct error *err)
{
	struct line *l = w->line;

	if (err->kind == ERROR_GONE) /* a service without them has none */
		*err = (struct error){ 0 };
	if (err->kind != ERROR_NONE || !line_put(l, &w->page, err))
		return;
	store_put_list(
		l->store, l->service.name, w->identity, "", &w->page, false, time(NULL), err);
}

static void people_of(struct line *l, int fresh_ms, struct ask *a)
{
	for (size_t i = 0; i < sizeof(people_calls) / sizeof(*people_calls); i++) {
		const char *what = people_calls[i].what;
		struct list_state state = { 0 };
		struct arena arena = { 0 };
		bool known = store_list_state(l->store, l->service.name, what, "", &state, &arena);

		arena_clear(&arena);
		if ((known && is_fresh(state.fetched, fresh_ms)) || want_joined(l, what, URGENT_NOW, a))
			continue;
		if (!l->service.ops->calls[people_calls[i].kind].ask)
			continue;
		want_go(want_new(l, people_calls[i].kind, URGENT_NOW, people_done), what, a);
	}
}

void sync_people(struct sync *s, const char *service, int fresh_ms, sync_done *done, void *ctx)
{
	struct ask *a = ask_new(s, done, ctx);
	bool any = false;

	for (int i = 0; i < s->line_count; i++) {
		if (!line_is_for(&s->lines[i], service))
			continue;
		any = true;
		people_of(&s->lines[i], fresh_ms, a);
	}
	ask_nobody(s, a, any);
	ask_ready(a);
}

void sync_forget(struct sync *s, void *ctx)
{
	for (struct ask *a = s->asks; a; a = a->next)
		if (a->ctx == ctx)
			a->done = NULL;
}

/* ---- following, watching, the outbox */

void sync_follow(struct sync *s, bool on)
{
	s->follow = on;
	for (int i = 0; i < s->line_count; i++) {
		if (on)
			news_begin(&s->lines[i]);
		else
			news_end(&s->lines[i]);
	}
}

/* One's own cases are on a stream anyway. */
void sync_watch(struct sync *s, int64_t case_key)
{
	struct page p = { 0 };

	if (case_key <= 0)
		return;
	page_init(&p);
	if (store_case_plain(s->store, case_key, &p) && p.cases[0].id) {
		struct line *l = line_named(s, p.cases[0].service);

		const char *worker = p.cases[0].worker, *me = l ? l->service.profile.me : NULL;

		if (l) {
			free(l->looked_at);
			l->looked_at = xstrdup(p.cases[0].id);
		}
		if (l && !(l->service.ops->streams && worker && me && !strcmp(worker, me)))
			news_watch(l, p.cases[0].id);
	}
	page_clear(&p);
}

bool sync_away(const struct sync *s, const char *service)
{
	for (int i = 0; i < s->line_count; i++) {
		const struct line *l = &s->lines[i];

		if (line_is_for(l, service) && l->told_ms && !l->told.online)
			return true;
	}
	return false;
}

const char *sync_flaw(struct sync *s)
{
	bool fresh = s->flaw_told < s->flaws;

	s->flaw_told = s->flaws;
	return fresh ? s->flaw : NULL;
}

enum error_kind sync_trouble(const struct sync *s, const char *service)
{
	for (int i = 0; i < s->line_count; i++) {
		const struct line *l = &s->lines[i];

		if (line_is_for(l, service) && l->told_ms && !l->told.online)
			return l->trouble ? l->trouble : ERROR_OFFLINE;
	}
	return ERROR_NONE;
}

bool sync_in_vain(const struct sync *s)
{
	bool asked = false;

	for (int i = 0; i < s->line_count; i++) {
		const struct line *l = &s->lines[i];

		if (l->wants && !line_is_silent(l))
			return false;
		asked |= l->wants != NULL;
	}
	return asked;
}

void sync_hold(struct sync *s, bool held)
{
	s->held = held;
	s->kicked = true;
}

int sync_sending(const struct sync *s)
{
	int count = 0;

	for (int i = 0; i < s->line_count; i++)
		count += s->lines[i].sending;
	return count;
}

bool sync_sends(struct sync *s)
{
	return store_lock_sender(s->store);
}

static bool for_person(const struct patch *p)
{
	return p->state == PATCH_CONFLICT || p->state == PATCH_REFUSED;
}

/* Behind a row that waits for a person its whole object waits. */
static int held_back(struct store *store)
{
	int count = 0, held = 0;
	struct patch *rows = store_outbox(store, &count);

	for (int i = 0; i < count; i++) {
		bool waits = for_person(&rows[i]);

		for (int j = 0; !waits && j < i; j++)
			waits = for_person(&rows[j]) && rows[j].on == rows[i].on &&
				rows[j].object == rows[i].object;
		held += waits;
	}
	store_outbox_free(rows, count);
	return held;
}

int sync_unsent(struct sync *s)
{
	int conflicts = 0, refused = 0;
	int all = store_pending(s->store, &conflicts, &refused);

	return conflicts + refused ? all - held_back(s->store) : all;
}

static void relock(void *ctx)
{
	struct sync *s = ctx;

	s->relock_timer = 0;
	s->kicked = true;
}

void sync_kick(struct sync *s)
{
	unsigned long now = store_changed(s->store);

	if (s->held || (now == s->seen && !s->kicked))
		return;
	s->seen = now;
	s->kicked = false;
	if (!sync_unsent(s))
		return;
	if (!sync_sends(s)) {
		if (!s->relock_timer)
			s->relock_timer = loop_after(s->loop, RELOCK_MS, relock, s);
		return;
	}
	for (int i = 0; i < s->line_count; i++)
		outbox_kick(&s->lines[i]);
}

static void kick_hook(void *ctx)
{
	sync_kick(ctx);
}

void sync_retry_now(struct sync *s)
{
	for (int i = 0; i < s->line_count; i++) {
		struct line *l = &s->lines[i];

		l->fails = 0;
		l->declined = false;
		l->paused_until_ms = 0;
		loop_cancel(l->loop, l->retry_timer);
		l->retry_timer = 0;
		line_go(l);
		news_wake(l);
	}
	s->kicked = true;
}

/* ---- tokens */

void sync_asker(struct sync *s, void (*ask)(void *ctx, struct service *), void *ctx)
{
	s->ask_token = ask;
	s->ask_ctx = ctx;
}

void sync_shower(struct sync *s,
	void (*show)(void *ctx, struct service *, const struct oauth_code *), void *ctx)
{
	s->show_code = show;
	s->show_ctx = ctx;
}

void sync_lender(struct sync *s, bool (*lend)(void *ctx, bool lent), void *ctx)
{
	s->lend = lend;
	s->lend_ctx = ctx;
}

bool sync_asks(const struct sync *s)
{
	for (int i = 0; i < s->line_count; i++)
		if (s->lines[i].state == LINE_PERSON || s->lines[i].lent || s->lines[i].code_shown)
			return true;
	return false;
}

static bool same_secret(const char *secret, const char *typed)
{
	size_t size = strlen(secret);
	unsigned char differs = strlen(typed) != size;

	for (size_t i = 0; typed[i]; i++)
		differs |= (unsigned char)(typed[i] ^ secret[i % (size + 1)]);
	return !differs;
}

bool sync_secret_is(const struct sync *s, const char *typed)
{
	bool is = false;

	for (int i = 0; i < s->line_count; i++) {
		const char *secret = s->lines[i].service.token;

		if (secret && *secret)
			is |= !typed || same_secret(secret, typed);
	}
	return is;
}

void sync_token(struct sync *s, const char *service, const char *token)
{
	struct line *l = line_named(s, service);

	if (l)
		line_token_is(l, token);
}

const struct trace *sync_trace(const struct sync *s)
{
	return transport_trace(s->transport);
}

/* ---- beginning and end */

static int setting_number(const char *text, int otherwise)
{
	return text ? atoi(text) : otherwise;
}

static void line_limits(struct line *l, const struct config *config)
{
	const char *name = l->service.name;

	l->service.at_once = setting_number(
		config_section_get(config, "service", name, "at-once"), l->service.ops->at_once);
	if (l->service.at_once <= 0)
		l->service.at_once = AT_ONCE;
	pace_init(&l->pace, l->service.at_once);
	transport_limit(l->transport, name, l->service.at_once);
	transport_idle(l->transport, name, l->service.ops->idle_ms);
	l->wait_ms = setting_number(config_get(config, "net.timeout"), TIMEOUT_MS / 1000) * 1000;
	l->poll_ms = setting_number(config_get(config, "net.poll"), 15) * 1000;
	if (l->poll_ms < l->service.ops->poll_ms)
		l->poll_ms = l->service.ops->poll_ms;
}

/* A PIN in the address would be in the configuration, and in what libcurl says of it. */
static bool line_identity(struct line *l, const struct config *config, struct error *err)
{
	const char *name = l->service.name;
	struct transport_identity identity = {
		.ca_file = config_section_get(config, "service", name, "tls-ca"),
		.certificate = config_section_get(config, "service", name, "tls-cert"),
		.key = config_section_get(config, "service", name, "tls-key"),
		.proxy = config_section_get(config, "service", name, "proxy"),
	};
	const char *command = config_section_get(config, "service", name, "tls-password-command");
	struct buf login = { 0 };

	if ((identity.certificate && strstr(identity.certificate, "pin-")) ||
		(identity.key && strstr(identity.key, "pin-")))
		return error_set(err, ERROR_CONFIG,
			_("Service %s: a PIN does not belong into tls-cert or tls-key; it is asked for, or "
			  "comes from tls-password-command."),
			name);
	if (identity.proxy && strchr(identity.proxy, '@'))
		return error_set(err, ERROR_CONFIG,
			_("Service %s: a name or password does not belong into proxy."), name);
	l->key_command = command && *command ? config_argv(command) : NULL;
	transport_tls(l->transport, name, &identity);
	/* The authorization server sees the same trust, and no certificate. */
	buf_printf(&login, "%s/login", name);
	identity.certificate = identity.key = NULL;
	transport_tls(l->transport, buf_str(&login), &identity);
	buf_clear(&login);
	return true;
}

static bool line_begin(struct sync *s, struct line *l, const char *name,
	const struct config *config, struct error *err)
{
	const char *type = config_section_get(config, "service", name, "type");
	const char *url = config_section_get(config, "service", name, "url");
	const char *user = config_section_get(config, "service", name, "user");

	l->sync = s;
	l->loop = s->loop;
	l->store = s->store;
	l->transport = s->transport;
	l->service.name = xstrdup(name);
	l->service.url = xstrdup(url);
	l->service.config = config;
	l->service.user = user && *user ? user : NULL;
	l->service.ops = service_driver(type ? type : "native");
	if (!l->service.ops)
		return error_set(
			err, ERROR_CONFIG, _("Service %s: there is no type %s."), name, type);
	if (!url || !*url)
		return error_set(err, ERROR_CONFIG, _("Service %s: its url is not set."), name);
	if (!url_check_base(url, err))
		return false;
	auth_from_config(&l->from, config, name);
	if (!line_identity(l, config, err) ||
		(oauth_configured(&l->from.oauth) && !oauth_check(&l->from.oauth, err)))
		return false;
	line_limits(l, config);
	line_recall(l);
	return !l->service.ops->open || l->service.ops->open(&l->service, err);
}

struct sync *sync_new(
	struct loop *loop, struct store *store, const struct config *config, struct error *err)
{
	struct sync *s = xcalloc(1, sizeof(*s));
	int count = 0;

	while (config_section(config, "service", count))
		count++;
	s->loop = loop;
	s->store = store;
	s->transport = transport_new(loop);
	s->lines = xcalloc((size_t)count + 1, sizeof(*s->lines));
	s->kicked = true;
	for (int i = 0; i < count; i++) {
		s->line_count++;
		if (line_begin(s, &s->lines[i], config_section(config, "service", i), config, err))
			continue;
		sync_free(s);
		return NULL;
	}
	loop_before_sleep(loop, kick_hook, s);
	return s;
}

void sync_free(struct sync *s)
{
	if (!s)
		return;
	loop_hook_drop(s->loop, s);
	loop_cancel(s->loop, s->relock_timer);
	for (int i = 0; i < s->line_count; i++)
		line_end(&s->lines[i]);
	while (s->asks)
		ask_free(s, s->asks);
	transport_free(s->transport);
	free(s->lines);
	free(s);
}

int sync_service_count(const struct sync *s)
{
	return s->line_count;
}

int sync_asked_ms(const struct sync *s, int i)
{
	bool asked = i >= 0 && i < s->line_count && !s->lines[i].service.ops->streams;

	return asked ? s->lines[i].poll_ms : 0;
}

struct service *sync_service(struct sync *s, int i)
{
	return i >= 0 && i < s->line_count ? &s->lines[i].service : NULL;
}

struct service *sync_service_named(struct sync *s, const char *name)
{
	struct line *l = line_named(s, name);

	return l ? &l->service : NULL;
}
