/* caseload doctor: looks at what the work stands on, here and at each service, and says what to do. */
#include "cli/command.h"

#include "cli/confined.h"
#include "cli/session.h"
#include "model/confine.h"
#include "model/i18n.h"
#include "net/auth.h"
#include "net/oauth.h"
#include "net/trace.h"

#include <fcntl.h>
#include <locale.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum {
	LOOKS = 5,
	SYNCS = 8,
	SLOW_SYNC_MS = 50,
	SLOW_ANSWER_MS = 1000,
	CLOCK_OFF_S = 60,
	CERTIFICATE_DAYS = 21,
	LITTLE_MIB = 100
};

enum result { GOOD, TOLD, DOUBT, BAD };

struct doctor {
	struct session *s;
	enum result worst;
	int listed;
};

static const char *const result_names[] = {
	[GOOD] = N_("ok"), [TOLD] = N_("note"), [DOUBT] = N_("check"), [BAD] = N_("bad")
};

/* One finding: what was looked at, what is so, and what to do (NULL: nothing). */
static void tell(struct doctor *d, enum result result, const char *service, const char *what,
	const char *says, const char *advice)
{
	struct print *p = d->s->print;
	struct buf text = { 0 };

	if (result > d->worst)
		d->worst = result;
	if (p->form == PRINT_JSON) {
		static const char *const words[] = { "ok", "note", "check", "bad" };

		if (!d->listed++)
			json_open(&p->json, NULL, '[');
		json_open(&p->json, NULL, '{');
		json_put_text(&p->json, "result", words[result]);
		json_put_text(&p->json, "service", service);
		json_put_text(&p->json, "check", what);
		json_put_text(&p->json, "message", says);
		json_put_text(&p->json, "advice", advice);
		json_close(&p->json, '}');
		return;
	}
	buf_printf(&text, "%s%s%s", says, advice ? " " : "", advice ? advice : "");
	print_row(p, (const char *[]){ _(result_names[result]), service ? service : "", what,
			     buf_str(&text) });
	buf_clear(&text);
}

/* ---- this machine */

static void look_config(struct doctor *d)
{
	const char *problem = config_problem(d->s->config, 0);
	struct buf text = { 0 };
	int count = 0;

	while (config_problem(d->s->config, count))
		count++;
	buf_printf(&text, P_("%d slip: %s", "%d slips, the first: %s", count), count,
		problem ? problem : "");
	if (problem)
		tell(d, DOUBT, NULL, _("configuration"), buf_str(&text),
			_("caseload config check lists them."));
	else
		tell(d, GOOD, NULL, _("configuration"), _("It is read without a slip."), NULL);
	buf_clear(&text);
}

static int by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double since_ms(const struct timespec *from)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - from->tv_sec) * 1e3 +
	       (double)(now.tv_nsec - from->tv_nsec) / 1e6;
}

/* How long one change takes to be safe on this disk, the median; < 0: it cannot be written. */
static double sync_ms(const char *dir)
{
	struct buf path = { 0 };
	double took[SYNCS];
	char block[4096] = "";

	buf_printf(&path, "%s/doctor.XXXXXX", dir);
	int fd = mkstemp(path.text), n = 0;

	while (fd >= 0 && n < SYNCS) {
		struct timespec from;

		clock_gettime(CLOCK_MONOTONIC, &from);
		if (write(fd, block, sizeof(block)) != (ssize_t)sizeof(block) || fdatasync(fd))
			break;
		took[n++] = since_ms(&from);
	}
	if (fd >= 0) {
		unlink(path.text);
		close(fd);
	}
	buf_clear(&path);
	if (n < SYNCS)
		return -1;
	qsort(took, SYNCS, sizeof(*took), by_size);
	return took[SYNCS / 2];
}

static void look_disk(struct doctor *d)
{
	struct buf dir = { 0 }, text = { 0 };
	struct error err = { 0 };
	struct statvfs room;

	if (!config_dir(&dir, "data", &err)) {
		tell(d, BAD, NULL, _("disk"), err.text, NULL);
		return;
	}
	double ms = sync_ms(dir.text);

	if (ms < 0) {
		buf_printf(&text, _("Nothing can be written in %s: no change could be saved."),
			dir.text);
		tell(d, BAD, NULL, _("disk"), buf_str(&text), _("Make room there."));
	} else {
		buf_printf(&text, _("A change is safe on it within %.1f ms."), ms);
		tell(d, ms > SLOW_SYNC_MS ? DOUBT : GOOD, NULL, _("disk"), buf_str(&text),
			ms > SLOW_SYNC_MS ? _("Batches will be slow here; a local disk is faster "
					      "than a network home.")
					  : NULL);
	}
	if (!statvfs(dir.text, &room) && room.f_bavail * room.f_frsize >> 20 < LITTLE_MIB) {
		buf_reset(&text);
		buf_printf(&text, _("Only %llu MiB are left in %s."),
			(unsigned long long)(room.f_bavail * room.f_frsize >> 20), dir.text);
		tell(d, DOUBT, NULL, _("disk"), buf_str(&text), _("Make room there."));
	}
	buf_clear(&dir);
	buf_clear(&text);
}

/* Those that are there: another's, a link, or one that others may write in is told and not used. */
static void look_directories(struct doctor *d)
{
	static const char *const which[] = { "config", "data", "state", "runtime", NULL };
	struct error err = { 0 };
	bool good = true;

	for (int i = 0; which[i]; i++)
		if (!config_check_dir(which[i], &err)) {
			tell(d, BAD, NULL, _("directories"), err.text, NULL);
			good = false;
		}
	if (good)
		tell(d, GOOD, NULL, _("directories"), _("They are yours alone (0700)."), NULL);
	if (!config_has_runtime())
		tell(d, TOLD, NULL, _("directories"),
			_("Copies of cases lie on disk, in the cache: there is no XDG_RUNTIME_DIR of "
			  "yours."),
			NULL);
}

/* What protects this process from others of its own person: see SECURITY.md. */
static void look_process(struct doctor *d)
{
	struct rlimit core = { 1, 1 };
	bool dumps = getrlimit(RLIMIT_CORE, &core) != 0 || core.rlim_cur ||
		     prctl(PR_GET_DUMPABLE) != 0 || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1;

	if (dumps)
		tell(d, DOUBT, NULL, _("memory"), _("A core dump could be written, or a program it starts could gain rights."), NULL);
	else
		tell(d, GOOD, NULL, _("memory"),
			_("No core dump is written, no other program of yours may look into it, and none "
			  "it starts gains rights."),
			NULL);
}

/* The same is done for every command that only reads, and this is one. */
static void look_confinement(struct doctor *d)
{
	static const char *const why[] = {
		[CONFINED_NO_KERNEL] = N_("The kernel has no Landlock: a command may use all of your files."),
		[CONFINED_COMMANDS] = N_("Landlock is off: a token command may need any of your files."),
		[CONFINED_CARD] = N_("Landlock is off: the modules of a smartcard may need any of your files."),
		[CONFINED_COUNTING] = N_("Landlock is off in a build that counts what is run."),
		[CONFINED_FAILED] = N_("Landlock could not be switched on."),
	};
	struct buf text = { 0 };

	if (d->s->confinement == CONFINED)
		buf_printf(&text, _("Commands that only read have no files but those they need (Landlock %d). "
				    "The screen has all of yours, since an editor may need them."),
			confine_abi());
	else
		buf_text(&text, _(why[d->s->confinement]));
	tell(d, d->s->confinement == CONFINED ? GOOD : TOLD, NULL, _("files"), buf_str(&text), NULL);
	buf_clear(&text);
}

static void look_terminal(struct doctor *d)
{
	const char *charset = setlocale(LC_CTYPE, NULL);
	bool utf8 = !d->s->print->ascii;

	if (utf8)
		tell(d, GOOD, NULL, _("terminal"), _("Its charset is UTF-8."), NULL);
	else
		tell(d, DOUBT, NULL, _("terminal"),
			_("Its charset is not UTF-8: names are shown with ? in them."),
			charset ? _("Set LANG to one that ends in .UTF-8.") : NULL);
}

static void look_outbox(struct doctor *d)
{
	int conflicts = 0, refused = 0;
	int all = store_pending(d->s->store, &conflicts, &refused);
	struct buf text = { 0 };

	buf_printf(&text, _("%d changes wait, %d of them for you."), all, conflicts + refused);
	if (all)
		tell(d, conflicts + refused ? DOUBT : TOLD, NULL, _("outbox"), buf_str(&text),
			_("caseload outbox lists them."));
	else
		tell(d, GOOD, NULL, _("outbox"), _("Everything was accepted."), NULL);
	buf_clear(&text);
}

/* ---- a service */

static const char *advice_for(const struct error *err)
{
	switch (err->kind) {
	case ERROR_OFFLINE:
		return _("Check its url, the network, and whether it runs; work goes on here "
			 "meanwhile.");
	case ERROR_LOGIN:
		return _("caseload login asks for the password or token anew.");
	case ERROR_DENIED:
		return _("Its administrator gives rights.");
	case ERROR_BUSY:
		return _("It is asked again by itself.");
	case ERROR_GARBLED:
		return _("Check type and url of its section.");
	default:
		return NULL;
	}
}

enum wanted { ANSWERED, CONNECTED, CERTIFIED };

/* The newest exchange with it that tells this; NULL: there was none. */
static const struct exchange *newest(const struct doctor *d, const char *name, enum wanted wanted)
{
	const struct exchange *x;

	for (int i = 0; (x = trace_at(sync_trace(d->s->sync), i)); i++)
		if (x->status && !strcmp(x->group, name) &&
			(wanted != CONNECTED || x->connect_ms > 0) &&
			(wanted != CERTIFIED || x->certificate_until))
			return x;
	return NULL;
}

static void look_address(struct doctor *d, const struct service *s, const struct error *err)
{
	const struct exchange *x = newest(d, s->name, CONNECTED);
	struct buf text = { 0 };

	if (!newest(d, s->name, ANSWERED)) {
		tell(d, BAD, s->name, _("address"), err->text, advice_for(err));
		return;
	}
	buf_printf(&text, _("%s answers; a connection takes %.1f ms."), s->url,
		x ? x->connect_ms : 0.0);
	tell(d, GOOD, s->name, _("address"), buf_str(&text), NULL);
	buf_clear(&text);
}

static void look_certificate(struct doctor *d, const struct service *s)
{
	const struct exchange *x = newest(d, s->name, CERTIFIED);
	struct buf text = { 0 };

	if (!strncmp(s->url, "http:", 5)) {
		tell(d, GOOD, s->name, _("certificate"),
			_("None is needed: it is on this machine, and reached by http."), NULL);
		return;
	}
	if (!x) {
		tell(d, GOOD, s->name, _("certificate"),
			_("It is trusted; until when was not told."), NULL);
		return;
	}
	int days = (int)((x->certificate_until - time(NULL)) / 86400);
	bool soon = days < CERTIFICATE_DAYS;

	buf_printf(&text,
		P_("It is trusted, for %d day more.", "It is trusted, for %d days more.", days),
		days);
	if (*x->tls)
		buf_printf(&text, " %s.", x->tls);
	tell(d, soon ? DOUBT : GOOD, s->name, _("certificate"), buf_str(&text),
		soon ? _("Tell its administrator before it ends.") : NULL);
	buf_clear(&text);
}

/* Where the secret comes from, and how well it is kept there; never the secret. */
static void look_secret(struct doctor *d, const struct service *s)
{
	struct auth_from from;
	struct buf text = { 0 };

	auth_from_config(&from, d->s->config, s->name);
	if (from.file)
		buf_printf(&text, _("It comes from the file %s, for its owner alone."), from.file);
	else if (from.keyring)
		buf_printf(&text, _("It comes from the kernel's keyring: %s."), from.keyring);
	else if (from.credential)
		buf_printf(&text, _("It comes from the credential %s of systemd."), from.credential);
	else if (from.command)
		buf_printf(&text, _("It comes from the command %s, run without a shell."), from.command[0]);
	else if (oauth_configured(&from.oauth))
		buf_printf(&text, _("It comes from the authorization server %s, and is refreshed there."),
			from.oauth.issuer ? from.oauth.issuer : from.oauth.token_url);
	else if (s->ops->session)
		buf_text(&text, _("You are asked for it; what the login bought is kept until you leave the "
				  "machine."));
	else
		buf_text(&text, _("You are asked for it each time."));
	tell(d, GOOD, s->name, s->user ? _("password") : _("token"), buf_str(&text), NULL);
	buf_clear(&text);
	auth_from_clear(&from);
}

static bool on_card(const char *name)
{
	return name && !strncmp(name, "pkcs11:", 7);
}

static void look_identity(struct doctor *d, const struct service *s)
{
	const char *certificate = config_section_get(d->s->config, "service", s->name, "tls-cert");
	const char *key = config_section_get(d->s->config, "service", s->name, "tls-key");
	const char *proxy = config_section_get(d->s->config, "service", s->name, "proxy");
	struct buf text = { 0 };

	if (certificate && *certificate) {
		if (on_card(key ? key : certificate))
			buf_text(&text, _("A client certificate is shown; its key is on a smartcard."));
		else
			buf_printf(&text, _("The client certificate %s is shown."), certificate);
		tell(d, GOOD, s->name, _("identity"), buf_str(&text), NULL);
	}
	buf_reset(&text);
	buf_printf(&text, _("It is reached through the proxy %s."), proxy ? proxy : "");
	if (proxy && *proxy)
		tell(d, TOLD, s->name, _("proxy"), buf_str(&text), NULL);
	buf_clear(&text);
}

static void look_clock(struct doctor *d, const struct service *s)
{
	const struct exchange *x = newest(d, s->name, ANSWERED);
	struct buf text = { 0 };

	if (!x || !x->date)
		return;
	long off = (long)(x->date - x->at);

	if (labs(off) <= CLOCK_OFF_S) {
		tell(d, GOOD, s->name, _("clock"), _("It goes as the one here."), NULL);
		return;
	}
	buf_printf(&text, _("It is %ld seconds %s the one here."), labs(off),
		off > 0 ? _("ahead of") : _("behind"));
	tell(d, DOUBT, s->name, _("clock"), buf_str(&text),
		_("Due dates and \"late\" may be off: set the clock that is wrong."));
	buf_clear(&text);
}

/* One's own open cases, asked for five times. */
static void look_latency(struct doctor *d, const struct service *s)
{
	double took[LOOKS];
	struct query q = { 0 };
	struct buf text = { 0 };
	int n = 0;

	query_parse(&q, QUERY_CASES, "is:open owner:me sort:-updated", NULL, NULL);
	for (; n < LOOKS; n++) {
		struct wish w = { 0 };

		sync_list(d->s->sync, s->name, &q, false, 0, wish_done, &w);
		if (!session_wait(d->s, &w)) {
			tell(d, BAD, s->name, _("latency"), w.err.text, advice_for(&w.err));
			break;
		}
		const struct exchange *x = newest(d, s->name, ANSWERED);

		took[n] = x ? x->took_ms : 0;
	}
	query_clear(&q);
	if (n < LOOKS)
		return;
	qsort(took, LOOKS, sizeof(*took), by_size);
	buf_printf(&text, _("Your open cases come within %.0f ms (%.0f to %.0f)."),
		took[LOOKS / 2], took[0], took[LOOKS - 1]);
	tell(d, took[LOOKS / 2] > SLOW_ANSWER_MS ? DOUBT : GOOD, s->name, _("latency"),
		buf_str(&text),
		took[LOOKS / 2] > SLOW_ANSWER_MS
			? _("Keys are answered from here all the same; at-once = 2 asks less of it.")
			: NULL);
	buf_clear(&text);
}

static void look_rights(struct doctor *d, const struct service *s)
{
	struct page page;
	struct wish w = { 0 };

	page_init(&page);
	sync_rights(d->s->sync, s->name, &page, wish_done, &w);
	if (!session_wait(d->s, &w))
		tell(d, DOUBT, s->name, _("rights"), w.err.text, advice_for(&w.err));
	else if (!page.right_count && s->profile.roles && *s->profile.roles)
		tell(d, GOOD, s->name, _("rights"), s->profile.roles, NULL);
	else if (!page.right_count)
		tell(d, TOLD, s->name, _("rights"), _("The service does not tell them."), NULL);
	for (int i = 0; i < page.right_count; i++) {
		const struct right *r = &page.rights[i];
		struct buf text = { 0 };

		buf_printf(&text, "%s: %s", r->queue, r->may ? r->may : "-");
		if (r->may_not)
			buf_printf(&text, _("; not: %s"), r->may_not);
		tell(d, r->may_not ? TOLD : GOOD, s->name, _("rights"), buf_str(&text), NULL);
		buf_clear(&text);
	}
	page_clear(&page);
}

static void look_lacks(struct doctor *d, const struct service *s)
{
	for (const char *const *lack = s->ops->lacks; lack && *lack; lack++)
		tell(d, TOLD, s->name, _("lacks"), _(*lack), NULL);
}

static void look_service(struct doctor *d, const struct service *s)
{
	struct buf text = { 0 };
	struct wish w = { 0 };

	sync_people(d->s->sync, s->name, 0, wish_done, &w);
	bool good = session_wait(d->s, &w);

	look_address(d, s, &w.err);
	look_secret(d, s);
	look_identity(d, s);
	if (!newest(d, s->name, ANSWERED))
		return;
	look_certificate(d, s);
	look_clock(d, s);
	if (!good) {
		tell(d, BAD, s->name, _("login"), w.err.text, advice_for(&w.err));
		return;
	}
	buf_printf(&text, _("You are %s, %s."), s->profile.me ? s->profile.me : "-",
		s->profile.my_team ? s->profile.my_team : _("of no team"));
	tell(d, GOOD, s->name, _("login"), buf_str(&text), NULL);
	buf_clear(&text);
	look_latency(d, s);
	look_rights(d, s);
	look_lacks(d, s);
}

/* ---- all of it */

static const struct print_column columns[] = { { "result", N_("RESULT"), 0, false },
	{ "service", N_("SERVICE"), 0, false }, { "check", N_("CHECK"), 0, false },
	{ "says", N_("WHAT"), 0, false } };

static void look(struct doctor *d, const char *only)
{
	look_config(d);
	look_directories(d);
	look_process(d);
	look_confinement(d);
	look_disk(d);
	look_terminal(d);
	look_outbox(d);
	sync_inspect(d->s->sync);
	for (int i = 0; i < sync_service_count(d->s->sync); i++) {
		const struct service *s = sync_service(d->s->sync, i);

		if (!only || !strcmp(s->name, only))
			look_service(d, s);
	}
}

static bool doctor_run(struct session *s, int *exit_code, struct error *err)
{
	const char *only = s->given->count ? s->given->args[0] : NULL;
	struct doctor d = { .s = s };

	if (!session_open(s, err))
		return false;
	if (only && !sync_service_named(s->sync, only))
		return error_set(err, ERROR_USAGE,
			_("There is no service %s in your configuration."), only);
	if (s->print->form != PRINT_JSON)
		print_table(s->print, columns, 4);
	look(&d, only);
	if (s->print->form != PRINT_JSON) {
		print_table_end(s->print);
	} else {
		json_close(&s->print->json, ']');
		buf_char(&s->print->out, '\n');
	}
	*exit_code = d.worst == BAD ? 1 : 0;
	return true;
}

const struct command cmd_doctor = {
	.name = "doctor",
	.args = "[SERVICE]",
	.help = N_("Look at what the work stands on: this machine, and each service; say what to do."),
	.examples = (const char *const[]){ "caseload doctor", "caseload doctor city --json", NULL },
	.prints = true,
	.confined = true,
	.run = doctor_run,
};
