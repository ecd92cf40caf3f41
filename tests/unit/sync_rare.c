/* What sync meets seldom: a configuration that says too little or too much, things the store does not
   know, a service that cannot do it, answers that are another's. */
#include "tests/unit/tiny_driver.h"

static struct service_ops driver;

const struct service_ops *const service_list[] = { &driver, NULL };

static struct tiny server;

static void answer(struct tiny_call *c)
{
	c->seen->count[0]++;
	if (tiny_is(c, "/login"))
		tiny_answer(c, 200, "", "{}");
	else
		tiny_answer(c, 200, "", "[{\"id\":\"c1\",\"version\":\"1\"},{\"id\":\"c2\",\"version\":\"1\"}]");
}

/* ---- the configuration */

static bool no_open(struct service *s, struct error *err)
{
	(void)s;
	return error_set(err, ERROR_CONFIG, "It does not open.");
}

static void configurations(struct world *w)
{
	static const struct {
		const char *lines, *says;
	} rows[] = {
		{ "type = rt\nurl = http://127.0.0.1:9\n", "no type rt" },
		{ "type = native\n", "url is not set" },
		{ "type =\nurl =\n", "url is not set" },
		{ "url = ftp://127.0.0.1/\n", "" },
		{ "url = https://x.invalid\ntls-cert = pkcs11:token=a?pin-value=1\n", "a PIN does not belong" },
		{ "url = https://x.invalid\ntls-key = pkcs11:token=a?pin-source=f\n", "a PIN does not belong" },
		{ "url = https://x.invalid\nproxy = http://me:secret@x.invalid\n", "does not belong into proxy" },
		{ "url = https://x.invalid\noauth-token-url = https://x.invalid/t\n", "oauth-client-id" },
		{ "url = https://x.invalid\nuser =\nat-once = 0\ntls-cert = a\ntls-key = b\nproxy = http://x.invalid\n"
		  "tls-password-command = true\n", NULL },
		{ "url = https://x.invalid\nuser = me\nat-once = 2\ntls-password-command =\n[net]\npoll = 1\ntimeout =\n",
			NULL },
		{ "url = https://x.invalid\noauth-client-id = c\noauth-issuer = https://x.invalid\n", NULL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char path[200], text[500];
		struct error err = { 0 };
		struct config *config = config_new();

		snprintf(path, sizeof(path), "%s/other", w->dir);
		snprintf(text, sizeof(text), "[service \"city\"]\n%s", rows[i].lines);
		file_put(path, text);
		config_read(config, path, CONFIG_USER, &(struct error){ 0 });
		struct sync *s = sync_new(w->loop, w->store, config, &err);
		if (!ok(rows[i].says ? !s && strstr(err.text, rows[i].says) : s != NULL))
			printf("# %s: %s\n", rows[i].lines, err.text);
		sync_free(s);
		config_free(config);
	}
	sync_free(NULL);
}

/* ---- what the store does not know */

static enum error_kind told(struct world *w)
{
	if (!ok(wait_done(w)))
		return ERROR_NONE;
	return w->err.kind;
}

static void unknown_things(struct world *w)
{
	struct sync *s = w->sync;
	struct query q = { 0 };
	struct page into = { 0 };
	struct attachment file = { .id = "f" };
	char path[200];

	query_parse(&q, QUERY_CASES, "is:open", NULL, NULL);
	sync_case(s, 4711, 0, done, w);
	same_int(told(w), ERROR_GONE);
	sync_citizen(s, 4711, "test", 0, done, w);
	same_int(told(w), ERROR_GONE);
	sync_accesses(s, 4711, done, w);
	same_int(told(w), ERROR_GONE);
	snprintf(path, sizeof(path), "%s/file", w->dir);
	sync_file(s, 4711, &file, path, NULL, done, w);
	same_int(told(w), ERROR_GONE);
	sync_rights(s, "village", &into, done, w);
	same_int(told(w), ERROR_USAGE);
	sync_people(s, "village", 0, done, w);
	same_int(told(w), ERROR_USAGE);
	sync_case_ref(s, "village", "c1", true, done, w);
	same_int(told(w), ERROR_USAGE);
	sync_citizen_ref(s, "village", "p1", "test", done, w);
	same_int(told(w), ERROR_USAGE);
	sync_citizens(s, "village", &q, "test", done, w);
	same_int(told(w), ERROR_USAGE);
	sync_list_on(s, "village", &q, 10, done, w);
	same_int(told(w), ERROR_USAGE);
	ok(!sync_list_short(s, "village", &q, NULL));
	query_clear(&q);
	query_parse(&q, QUERY_CASES, "source:village", NULL, NULL);
	sync_list(s, NULL, &q, false, 0, done, w);
	same_int(told(w), ERROR_USAGE);
	sync_list_on(s, NULL, &q, 10, done, w);
	same_int(told(w), ERROR_USAGE);
	ok(!sync_list_short(s, NULL, &q, NULL));
	query_clear(&q);
	query_parse(&q, QUERY_CITIZENS, "an source:village", NULL, NULL);
	sync_citizens(s, NULL, &q, "test", done, w);
	same_int(told(w), ERROR_USAGE);
	query_clear(&q);
	/* Nothing comes of these, and nothing happens. */
	sync_hand(s, 4711);
	sync_hand(s, -1);
	sync_unhand(s, 4711);
	same_int(sync_in_hand(s, 4711).hand, HAND_NONE);
	sync_watch(s, 0);
	sync_watch(s, 4711);
	sync_token(s, "village", "secret");
	ok(!sync_service_named(s, "village") && sync_service_named(s, "city"));
	ok(!sync_service(s, -1) && !sync_service(s, 1) && sync_service(s, 0));
	same_int(sync_asked_ms(s, -1) + sync_asked_ms(s, 1), 0);
	ok(sync_asked_ms(s, 0) > 0);
	ok(!sync_away(s, "village") && !sync_away(s, "city") && sync_trouble(s, "village") == ERROR_NONE);
	ok(!sync_secret_is(s, NULL) && !sync_secret_is(s, "") && !sync_flaw(s));
	sync_forget(s, &q);
}

/* New things have no name at the service yet: nothing is asked of it. */
static void new_things(struct world *w)
{
	struct patch p = { .on = ON_CASE, .creates = true, .service = "city" };
	struct attachment file = { .id = "f" };
	char path[200];

	sync_hold(w->sync, true);
	patch_change(&p, "subject", NULL, "Lamp");
	ok(post(w, &p));
	sync_case(w->sync, p.object, 0, done, w);
	same_int(told(w), ERROR_NONE);
	sync_watch(w->sync, p.object);
	sync_hand(w->sync, p.object);
	snprintf(path, sizeof(path), "%s/file", w->dir);
	sync_file(w->sync, p.object, &file, path, NULL, done, w);
	ok(told(w) != ERROR_NONE);
	ok(store_drop(w->store, p.key, &w->err));
	patch_clear(&p);
	sync_citizen(w->sync, -77, "test", 0, done, w);
	same_int(told(w), ERROR_NONE);
	sync_case(w->sync, -77, 0, done, w);
	same_int(told(w), ERROR_NONE);
	sync_hold(w->sync, false);
}

/* ---- what this service cannot do */

static void lacking(struct world *w)
{
	struct page into = { 0 };

	sync_people(w->sync, NULL, 0, done, w);
	same_int(told(w), ERROR_NONE);
	sync_rights(w->sync, "city", &into, done, w);
	same_int(told(w), ERROR_NONE);
	page_clear(&into);
	struct page p;
	struct casefile *cf = some_case(w, 0, &p);
	if (ok(cf != NULL)) {
		sync_hand(w->sync, cf->key);
		same_int(sync_in_hand(w->sync, cf->key).hand, HAND_NONE);
		sync_unhand(w->sync, cf->key);
		sync_person(w->sync, 4711, "test", 0, done, w);
		same_int(told(w), ERROR_NONE);
	}
	page_clear(&p);
}

int main(void)
{
	struct world w = { 0 };

	signal(SIGPIPE, SIG_IGN);
	tiny_driver(&driver);
	test("the server starts, the store opens") {
		server = tiny_start(answer);
		ok(server.port > 0 && tiny_open(&w, &server));
	}
	if (w.ran) {
		test("a configuration that is refused, with its sentence, and what passes") {
			driver.at_once = 0;
			driver.poll_ms = 60000;
			configurations(&w);
			driver.at_once = 4;
			driver.poll_ms = 1000;
			driver.open = no_open;
			struct error err = { 0 };
			ok(!sync_new(w.loop, w.store, w.config, &err) && err.kind == ERROR_CONFIG);
			driver.open = NULL;
		}
		test("what nobody knows is told, or nothing") {
			unknown_things(&w);
		}
		test("a list comes; what the service cannot do is not asked of it") {
			tiny_list(&w, "is:open", false);
			ok(tiny_done(&w, 1));
			lacking(&w);
		}
		test("of what is not at the service yet nothing is asked") {
			new_things(&w);
		}
	}
	world_close(&w);
	tiny_stop(&server);
	return test_result();
}
