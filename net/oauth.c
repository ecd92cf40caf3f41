/* The device flow and the refresh. One exchange at a time; what is kept is changed only under a lock, after
   it was read anew under it, so that two windows do not use up one refresh token between them. */
#include "net/oauth.h"

#include "model/arena.h"
#include "model/i18n.h"
#include "model/json.h"
#include "model/text.h"
#include "net/url.h"

#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <unistd.h>

enum {
	WAIT_MS = 20 * 1000,
	INTERVAL_S = 5, /* RFC 8628, section 3.2: where the server names none; and what slow_down adds */
	INTERVAL_MOST_S = 300,
	LIFE_MOST_S = 3600,
	SPARE_S = 30, /* a token that ends sooner is as good as ended */
	LOCK_AGAIN_MS = 200,
	LOCK_MOST_MS = 30 * 1000,
	CODE_MOST = 64,
	ADDRESS_MOST = 300
};

struct oauth {
	struct oauth_start s;
	char *name, *group, *url, *user, *refused;
	char *issuer, *device_url, *token_url, *client_id, *scope;
	struct auth_grant grant;
	int lock; /* -1: not held */
	int64_t lock_since_ms;
	void (*next)(struct oauth *); /* after the metadata, or the timer */
	int timer;
	char *device_code;
	int interval_s;
	int64_t ends_ms; /* of the device code */
	bool shown;
};

bool oauth_configured(const struct oauth_client *c)
{
	return (c->issuer && *c->issuer) || (c->token_url && *c->token_url) ||
	       (c->device_url && *c->device_url);
}

static bool is_set(const char *text)
{
	return text && *text;
}

bool oauth_check(const struct oauth_client *c, struct error *err)
{
	const char *const urls[] = { c->issuer, c->device_url, c->token_url };

	if (!is_set(c->client_id))
		return error_set(err, ERROR_CONFIG,
			_("oauth-client-id is not set: the authorization server's administrator "
			  "gives it."));
	if (!is_set(c->issuer) && (!is_set(c->device_url) || !is_set(c->token_url)))
		return error_set(err, ERROR_CONFIG,
			_("Set oauth-issuer, or both oauth-device-url and oauth-token-url."));
	for (size_t i = 0; i < sizeof(urls) / sizeof(*urls); i++)
		if (is_set(urls[i]) && !url_check(urls[i], err))
			return false;
	return true;
}

/* ---- ends */

static void oauth_free(struct oauth *o)
{
	if (o->lock >= 0)
		close(o->lock);
	auth_grant_clear(&o->grant);
	auth_wipe(o->refused);
	auth_wipe(o->device_code);
	free(o->name);
	free(o->group);
	free(o->url);
	free(o->user);
	free(o->issuer);
	free(o->device_url);
	free(o->token_url);
	free(o->client_id);
	free(o->scope);
	free(o);
}

static void hide(struct oauth *o)
{
	struct oauth_code none = { 0 };

	if (o->shown)
		o->s.show(o->s.ctx, &none);
	o->shown = false;
}

void oauth_stop(struct oauth *o)
{
	if (!o)
		return;
	loop_cancel(o->s.loop, o->timer);
	transport_cancel(o->s.transport, o);
	hide(o);
	oauth_free(o);
}

static void finish(struct oauth *o, const struct error *err)
{
	struct error none = { 0 };

	hide(o);
	if (err)
		o->s.done(o->s.ctx, NULL, 0, err);
	else
		o->s.done(o->s.ctx, o->grant.access, o->grant.until, &none);
	oauth_free(o);
}

static void fail(struct oauth *o, enum error_kind kind, const char *text)
{
	struct error err = { 0 };

	error_set(&err, kind, "%s", text);
	finish(o, &err);
}

static void timer_over(void *ctx)
{
	struct oauth *o = ctx;

	o->timer = 0;
	o->next(o);
}

static void after(struct oauth *o, int wait_ms, void (*next)(struct oauth *))
{
	o->next = next;
	o->timer = loop_after(o->s.loop, wait_ms, timer_over, o);
}

/* ---- exchanges */

static void add_field(struct buf *body, const char *name, const char *value)
{
	if (!is_set(value))
		return;
	if (body->size)
		buf_char(body, '&');
	buf_printf(body, "%s=", name);
	url_encode(body, value);
}

static void send(struct oauth *o, const char *url, struct buf *body, transport_done *done)
{
	struct request r = { .method = body ? "POST" : "GET",
		.url = xstrdup(url),
		.urgency = URGENT_NOW,
		.fresh = body != NULL, /* a code or token used twice is refused, or worse */
		.host_group = o->group,
		.wait_ms = WAIT_MS,
		.type = "application/json" };

	request_header(&r, "Accept", "application/json");
	if (body) {
		request_header(&r, "Content-Type", "application/x-www-form-urlencoded");
		r.body_size = body->size;
		r.body = buf_take(body);
	}
	transport_send(o->s.transport, &r, done, o);
}

/* What the server says is wrong, as one harmless line. */
static void reason(struct buf *out, const struct json *answer, int status)
{
	const char *code = answer ? json_get_text(answer, "error") : NULL;
	const char *more = answer ? json_get_text(answer, "error_description") : NULL;
	const char *text = more && *more ? more : code;

	if (text)
		text_clean(out, text, strlen(text) < 160 ? strlen(text) : 160);
	else
		buf_printf(out, "HTTP %d", status);
}

static void refuse(struct oauth *o, enum error_kind kind, const struct json *answer, int status)
{
	struct buf why = { 0 };
	struct error err = { 0 };

	reason(&why, answer, status);
	error_set(&err, kind, _("The login server refused: %s"), buf_str(&why));
	buf_clear(&why);
	finish(o, &err);
}

static struct json *read_answer(const struct response *a)
{
	return a->body_size ? json_read(a->body, a->body_size, NULL, NULL) : NULL;
}

/* Nobody is there, or cannot do it now: what is kept stays good. */
static bool server_away(const struct response *a, const struct error *sent)
{
	return sent->kind != ERROR_NONE || a->status == 429 || a->status >= 500;
}

static void tell_away(struct oauth *o, const struct error *sent)
{
	if (sent->kind != ERROR_NONE)
		finish(o, sent);
	else
		fail(o, ERROR_OFFLINE, _("The login server has a fault of its own; try again later."));
}

/* ---- where to ask (RFC 8414) */

static bool take_endpoint(struct oauth *o, const struct json *metadata, const char *name, char **to)
{
	const char *url = json_get_text(metadata, name);
	struct error ignored = { 0 };

	if (*to)
		return true;
	if (!url || !url_check(url, &ignored) || !url_same_origin(o->issuer, url))
		return false;
	*to = xstrdup(url);
	return true;
}

static void metadata_came(void *ctx, const struct response *a, const struct error *sent)
{
	struct oauth *o = ctx;
	struct json *answer = a->status == 200 ? read_answer(a) : NULL;
	const char *issuer = answer ? json_get_text(answer, "issuer") : NULL;

	if (server_away(a, sent))
		tell_away(o, sent);
	else if (!issuer || strcmp(issuer, o->issuer) != 0)
		fail(o, ERROR_CONFIG,
			_("At the address of oauth-issuer is no authorization server of that name."));
	else if (!take_endpoint(o, answer, "token_endpoint", &o->token_url) ||
		 !take_endpoint(o, answer, "device_authorization_endpoint", &o->device_url))
		fail(o, ERROR_CONFIG,
			_("The authorization server names no device flow at its own address; set "
			  "oauth-device-url and oauth-token-url."));
	else
		o->next(o);
	json_free(answer);
}

static void with_addresses(struct oauth *o, void (*next)(struct oauth *))
{
	struct buf url = { 0 }, origin = { 0 };

	o->next = next;
	if (o->token_url && o->device_url) {
		next(o);
		return;
	}
	url_origin(&origin, o->issuer);
	size_t size = strlen(o->issuer);

	while (size > origin.size && o->issuer[size - 1] == '/')
		size--;
	buf_printf(&url, "%s/.well-known/oauth-authorization-server", buf_str(&origin));
	buf_add(&url, o->issuer + origin.size, size - origin.size);
	send(o, buf_str(&url), NULL, metadata_came);
	buf_clear(&url);
	buf_clear(&origin);
}

/* ---- tokens (RFC 6749, section 5.1) */

/* false: this is no token. */
static bool take_tokens(struct oauth *o, const struct json *answer)
{
	const char *access = json_get_text(answer, "access_token");
	const char *type = json_get_text(answer, "token_type");
	const char *refresh = json_get_text(answer, "refresh_token");
	int64_t life_s = json_get_int(answer, "expires_in", 0);

	if (!auth_token_ok(access) || !type || strcasecmp(type, "bearer") != 0)
		return false;
	struct auth_grant now = { .access = xstrdup(access),
		.until = life_s > 0 && life_s < INT32_MAX ? time(NULL) + (time_t)life_s : 0 };

	/* A refresh without a new one leaves the old one good. */
	now.refresh = xstrdup(auth_token_ok(refresh) ? refresh : o->grant.refresh);
	auth_grant_clear(&o->grant);
	o->grant = now;
	return true;
}

/* Where it cannot be kept the next run logs in anew: nothing else is lost. */
static void keep_and_finish(struct oauth *o)
{
	struct error ignored = { 0 };

	auth_grant_keep(o->name, &o->s.bond, &o->grant, &ignored);
	finish(o, NULL);
}

/* ---- the device flow (RFC 8628) */

static void poll_again(struct oauth *o);

/* Section 3.5: pending waits on, slow_down waits longer from now on, all else is the end. */
static void poll_refused(struct oauth *o, const struct json *answer, int status)
{
	const char *code = answer ? json_get_text(answer, "error") : NULL;

	if (code && !strcmp(code, "authorization_pending")) {
		after(o, o->interval_s * 1000, poll_again);
	} else if (code && !strcmp(code, "slow_down")) {
		o->interval_s += INTERVAL_S;
		after(o, o->interval_s * 1000, poll_again);
	} else if (code && !strcmp(code, "access_denied")) {
		fail(o, ERROR_LOGIN, _("The login was refused on the other device."));
	} else if (code && !strcmp(code, "expired_token")) {
		fail(o, ERROR_LOGIN, _("The code was not used in time; log in again for a new one."));
	} else {
		refuse(o, ERROR_LOGIN, answer, status);
	}
}

static void poll_came(void *ctx, const struct response *a, const struct error *sent)
{
	struct oauth *o = ctx;
	struct json *answer = read_answer(a);

	if (server_away(a, sent)) {
		/* Section 3.5: on a time-out, asked more rarely. The code's end ends this too. */
		o->interval_s = o->interval_s * 2 < INTERVAL_MOST_S ? o->interval_s * 2 : INTERVAL_MOST_S;
		after(o, o->interval_s * 1000, poll_again);
	} else if (a->status != 200) {
		poll_refused(o, answer, a->status);
	} else if (!answer || !take_tokens(o, answer)) {
		fail(o, ERROR_GARBLED, _("The login server gave a token that is not understood."));
	} else {
		keep_and_finish(o);
	}
	json_free(answer);
}

static void poll_again(struct oauth *o)
{
	struct buf body = { 0 };

	if (loop_now_ms() >= o->ends_ms) {
		fail(o, ERROR_LOGIN, _("The code was not used in time; log in again for a new one."));
		return;
	}
	add_field(&body, "grant_type", "urn:ietf:params:oauth:grant-type:device_code");
	add_field(&body, "device_code", o->device_code);
	add_field(&body, "client_id", o->client_id);
	send(o, o->token_url, &body, poll_came);
}

static bool code_good(const char *code, const char *address, const char *device)
{
	struct error ignored = { 0 };

	return code && *code && strlen(code) <= CODE_MOST && text_valid(code, strlen(code)) &&
	       address && strlen(address) <= ADDRESS_MOST && url_check(address, &ignored) &&
	       device && *device;
}

static void code_show(struct oauth *o, const struct json *answer)
{
	struct buf address = { 0 }, code = { 0 };
	const char *uri = json_get_text(answer, "verification_uri");
	const char *user_code = json_get_text(answer, "user_code");
	int64_t life_s = json_get_int(answer, "expires_in", 0);
	int64_t interval_s = json_get_int(answer, "interval", INTERVAL_S);

	life_s = life_s > 0 && life_s < LIFE_MOST_S ? life_s : LIFE_MOST_S;
	o->interval_s = interval_s > 0 && interval_s < INTERVAL_MOST_S ? (int)interval_s : INTERVAL_S;
	o->ends_ms = loop_now_ms() + life_s * 1000;
	o->device_code = xstrdup(json_get_text(answer, "device_code"));
	text_clean(&address, uri, strlen(uri));
	text_clean(&code, user_code, strlen(user_code));
	struct oauth_code told = { .address = buf_str(&address),
		.code = buf_str(&code),
		.left_s = (int)life_s };

	o->shown = true;
	after(o, o->interval_s * 1000, poll_again);
	o->s.show(o->s.ctx, &told);
	buf_clear(&address);
	buf_clear(&code);
}

static void code_came(void *ctx, const struct response *a, const struct error *sent)
{
	struct oauth *o = ctx;
	struct json *answer = read_answer(a);

	if (server_away(a, sent))
		tell_away(o, sent);
	else if (a->status != 200)
		refuse(o, ERROR_LOGIN, answer, a->status);
	else if (!answer || !code_good(json_get_text(answer, "user_code"),
				    json_get_text(answer, "verification_uri"),
				    json_get_text(answer, "device_code")))
		fail(o, ERROR_GARBLED,
			_("The login server gave no code and address that could be shown."));
	else
		code_show(o, answer);
	json_free(answer);
}

static void code_ask(struct oauth *o)
{
	struct buf body = { 0 };

	add_field(&body, "client_id", o->client_id);
	add_field(&body, "scope", o->scope);
	send(o, o->device_url, &body, code_came);
}

static void device_begin(struct oauth *o)
{
	struct error err = { 0 };

	if (o->lock >= 0)
		close(o->lock);
	o->lock = -1; /* a person may take minutes */
	if (o->s.show) {
		with_addresses(o, code_ask);
		return;
	}
	error_set(&err, ERROR_LOGIN, _("The service %s wants a login: caseload login %s."), o->name,
		o->name);
	finish(o, &err);
}

/* ---- the refresh (RFC 6749, section 6) */

static void refresh_came(void *ctx, const struct response *a, const struct error *sent)
{
	struct oauth *o = ctx;
	struct json *answer = read_answer(a);
	const char *code;
	struct error ignored = { 0 };

	if (server_away(a, sent)) {
		tell_away(o, sent);
	} else if (a->status == 200 && answer && take_tokens(o, answer)) {
		keep_and_finish(o);
	} else if (a->status == 200) {
		fail(o, ERROR_GARBLED, _("The login server gave a token that is not understood."));
	} else if (answer && (code = json_get_text(answer, "error")) && !strcmp(code, "invalid_grant")) {
		auth_grant_forget(o->name, &ignored);
		auth_grant_clear(&o->grant);
		device_begin(o);
	} else {
		refuse(o, ERROR_LOGIN, answer, a->status);
	}
	json_free(answer);
}

static void refresh_ask(struct oauth *o)
{
	struct buf body = { 0 };

	add_field(&body, "grant_type", "refresh_token");
	add_field(&body, "refresh_token", o->grant.refresh);
	add_field(&body, "client_id", o->client_id);
	send(o, o->token_url, &body, refresh_came);
}

/* ---- beginning: what is kept */

static bool still_good(const struct oauth *o)
{
	const struct auth_grant *g = &o->grant;

	return g->access && (!g->until || g->until > time(NULL) + SPARE_S) &&
	       (!o->refused || strcmp(g->access, o->refused) != 0);
}

/* Under the lock: somebody else may have refreshed it meanwhile. */
static void kept_look(struct oauth *o)
{
	auth_grant_clear(&o->grant);
	auth_grant(o->name, &o->s.bond, &o->grant);
	if (still_good(o))
		finish(o, NULL);
	else if (o->grant.refresh)
		with_addresses(o, refresh_ask);
	else
		device_begin(o);
}

/* NOTE: where no lock can be had the refresh goes on without: at worst there is one more login. */
static void lock_take(struct oauth *o)
{
	if (o->lock < 0)
		o->lock = auth_grant_lock_file(o->name);
	if (o->lock >= 0 && flock(o->lock, LOCK_EX | LOCK_NB) != 0 &&
		loop_now_ms() < o->lock_since_ms + LOCK_MOST_MS) {
		after(o, LOCK_AGAIN_MS, lock_take);
		return;
	}
	kept_look(o);
}

static char *copy_set(const char *text)
{
	return is_set(text) ? xstrdup(text) : NULL;
}

struct oauth *oauth_begin(const struct oauth_start *s)
{
	struct oauth *o = xcalloc(1, sizeof(*o));

	o->s = *s;
	o->lock = -1;
	o->lock_since_ms = loop_now_ms();
	o->name = xstrdup(s->name);
	o->group = xstrdup(s->group);
	o->s.bond.url = o->url = xstrdup(s->bond.url);
	o->s.bond.user = o->user = xstrdup(s->bond.user);
	o->refused = copy_set(s->refused);
	o->issuer = copy_set(s->client.issuer);
	o->device_url = copy_set(s->client.device_url);
	o->token_url = copy_set(s->client.token_url);
	o->client_id = copy_set(s->client.client_id);
	o->scope = copy_set(s->client.scope);
	after(o, 0, lock_take);
	return o;
}
