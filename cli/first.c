/* The first start. */
#include "cli/first.h"

#include "cli/ask.h"
#include "cli/session.h"
#include "model/arena.h"
#include "model/file.h"
#include "model/i18n.h"
#include "net/auth.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

struct connection {
	struct buf url, token, name; /* name: as configured */
	struct buf user;	     /* empty: the secret is a token */
	struct buf team;	     /* empty: the service's own, else the first */
	struct buf dir;		     /* of the configuration */
	const char *type;
	bool keeps; /* the secret in a file */
};

static void connection_clear(struct connection *c)
{
	buf_clear(&c->url);
	ask_wipe(&c->token);
	buf_clear(&c->name);
	buf_clear(&c->user);
	buf_clear(&c->team);
	buf_clear(&c->dir);
}

bool first_check(const struct config *config, const char *service, struct error *err)
{
	struct given given = { 0 };
	struct session s = { .config = (struct config *)config, .given = &given };
	bool good = (!service || auth_session_forget(service, err)) && session_open(&s, err);

	if (good) {
		struct wish w = { 0 };

		sync_people(s.sync, service, 0, wish_done, &w);
		good = session_wait(&s, &w);
		if (!good)
			*err = w.err;
	}
	session_close(&s);
	return good;
}

/* "https://cases.example.org/v1" is called "cases"; what a number stands for, by what it is. */
static void name_service(struct connection *c)
{
	const char *host = strstr(c->url.text, "://");

	host = host ? host + 3 : c->url.text;
	for (; isalpha((unsigned char)*host) || (c->name.size && *host == '-'); host++)
		buf_char(&c->name, (char)tolower((unsigned char)*host));
	if (c->name.size && strcmp(c->name.text, "localhost"))
		return;
	buf_reset(&c->name);
	buf_text(&c->name, strcmp(c->type, "native") ? c->type : "service");
}

static bool ask_type(struct connection *c)
{
	static const char *const types[] = { "native", "rt", "redmine" };
	struct buf answer = { 0 };

	for (c->type = NULL; !c->type; ) {
		buf_reset(&answer);
		if (!ask_line(_("What is it? 1 a caseload service, 2 Request Tracker, 3 Redmine "
				"[1] "),
			    &answer))
			break;
		const char *text = buf_str(&answer);
		char digit = *text ? *text : '1';

		if (digit >= '1' && digit <= '3' && strlen(text) < 2)
			c->type = types[digit - '1'];
	}
	buf_clear(&answer);
	return c->type;
}

/* Whoever has a token needs no name; a password is kept in no file unasked. */
static bool ask_user(struct connection *c)
{
	return !strcmp(c->type, "native") ||
	       ask_line(_("Your name there (empty: you have a token): "), &c->user);
}

static bool ask_keep(struct connection *c)
{
	struct buf answer = { 0 };
	bool good = ask_line(
		_("Keep the password in a file that you alone can read? [y/N] "), &answer);

	c->keeps = *buf_str(&answer) == 'y' || *buf_str(&answer) == 'Y';
	buf_clear(&answer);
	return good;
}

static bool ask_login(struct connection *c)
{
	c->keeps = true;
	if (!ask_user(c))
		return false;
	if (!c->user.size)
		return ask_secret(_("Token (is not shown): "), &c->token) && c->token.size;
	return ask_secret(_("Password (is not shown): "), &c->token) && c->token.size &&
	       ask_keep(c);
}

static bool ask_connection(struct connection *c)
{
	if (!ask_line(_("Address of the service (https://...): "), &c->url) || !c->url.size)
		return false;
	if (!strstr(c->url.text, "://")) {
		struct buf whole = { 0 };

		buf_printf(&whole, "https://%s", c->url.text);
		buf_clear(&c->url);
		c->url = whole;
	}
	while (c->url.size && c->url.text[c->url.size - 1] == '/')
		buf_cut(&c->url, c->url.size - 1);
	if (!ask_type(c))
		return false;
	name_service(c);
	return ask_login(c);
}

static void add_section(struct buf *text, const struct connection *c, const char *token)
{
	buf_printf(text, "[service \"%s\"]\ntype = %s\nurl = %s\n", c->name.text, c->type,
		c->url.text);
	if (c->user.size)
		buf_printf(text, "user = %s\n", c->user.text);
	if (c->team.size)
		buf_printf(text, "team = %s\n", c->team.text);
	if (token)
		buf_printf(text, "token-file = %s.token\n", token);
}

static const char *file_in(
	const struct connection *c, struct buf *path, const char *name, const char *end)
{
	buf_reset(path);
	buf_printf(path, "%s/%s%s", c->dir.text, name, end);
	return path->text;
}

/* The login that was tried is the one the screen goes on with: nobody is asked twice. */
static void pass_login_on(const struct connection *c, const char *token_file)
{
	struct auth_bond tried = { .url = c->url.text, .user = buf_str(&c->user) }, kept = tried;
	struct error ignored = { 0 };

	auth_source(tried.source, &(struct auth_from){ .file = token_file });
	auth_source(kept.source, &(struct auth_from){ 0 });
	char *session = auth_session(c->name.text, &tried);

	if (session)
		auth_session_keep(c->name.text, &kept, session, &ignored);
	auth_wipe(session);
}

/* The names of its teams, as it told them just now. */
static void teams_known(const struct config *config, const char *service, struct page *page)
{
	struct given given = { 0 };
	struct session s = { .config = (struct config *)config, .given = &given };
	struct error ignored = { 0 };

	if (session_open(&s, &ignored))
		store_people(s.store, service, page);
	session_close(&s);
}

static const struct team *team_called(const struct page *page, const char *name)
{
	for (int i = 0; i < page->team_count; i++)
		if (strcasecmp(page->teams[i].name, name) == 0)
			return &page->teams[i];
	return NULL;
}

/* Services of others do not know whose team one is in; the views of a team want to. */
static void ask_team(struct connection *c, const struct page *page)
{
	struct buf question = { 0 }, answer = { 0 };
	const struct team *team = NULL;

	buf_text(&question, _("Which of these is your team? "));
	for (int i = 0; i < page->team_count; i++)
		buf_printf(&question, i ? ", %s" : "%s", page->teams[i].name);
	buf_printf(&question, " [%s] ", page->teams[0].name);
	while (!team && ask_line(question.text, &answer)) {
		team = answer.size ? team_called(page, answer.text) : &page->teams[0];
		buf_reset(&answer);
	}
	if (team)
		buf_text(&c->team, team->id);
	buf_clear(&question);
	buf_clear(&answer);
}

static void find_team(struct connection *c, const struct config *config)
{
	struct page page;

	page_init(&page);
	teams_known(config, c->name.text, &page);
	if (page.team_count > 1)
		ask_team(c, &page);
	page_clear(&page);
}

/* Tries it with files that nobody else reads. */
static bool try_connection(struct connection *c, struct error *err)
{
	struct buf path = { 0 }, text = { 0 };
	struct config *config = config_new();

	add_section(&text, c, "first");
	bool good = file_replace(file_in(c, &path, "first", ".token"), c->token.text,
			    c->token.size, err) &&
		    file_replace(file_in(c, &path, "first", ""), text.text, text.size, err) &&
		    config_read(config, path.text, CONFIG_USER, err) && first_check(config, c->name.text, err);
	if (good && !c->keeps)
		pass_login_on(c, file_in(c, &path, "first", ".token"));
	if (good && strcmp(c->type, "native"))
		find_team(c, config);
	unlink(file_in(c, &path, "first", ""));
	unlink(file_in(c, &path, "first", ".token"));
	config_free(config);
	buf_clear(&path);
	buf_clear(&text);
	return good;
}

/* Behind what the person's file says already. */
static bool keep_connection(const struct connection *c, struct error *err)
{
	struct buf path = { 0 }, text = { 0 };
	char part[4096];

	bool good = !c->keeps || file_replace(file_in(c, &path, c->name.text, ".token"),
					 c->token.text, c->token.size, err);
	FILE *f = fopen(file_in(c, &path, "config", ""), "r");

	for (size_t size; f && (size = fread(part, 1, sizeof(part), f)) > 0;)
		buf_add(&text, part, size);
	if (f)
		fclose(f);
	if (text.size && text.text[text.size - 1] != '\n')
		buf_char(&text, '\n');
	add_section(&text, c, c->keeps ? c->name.text : NULL);
	good = good && file_replace(path.text, text.text, text.size, err);
	if (good)
		fprintf(stderr, _("The service answers. %s calls it %s now.\n"), path.text,
			c->name.text);
	buf_clear(&path);
	buf_clear(&text);
	return good;
}

/* A slip in the password costs the password, not the address. */
static bool try_logins(struct connection *c, struct error *err)
{
	while (!try_connection(c, err)) {
		if (err->kind != ERROR_LOGIN)
			return false;
		fprintf(stderr, "%s\n%s\n", err->text,
			_("Nothing was kept. Try again, or leave with Ctrl-C."));
		buf_reset(&c->user);
		ask_wipe(&c->token);
		if (!ask_login(c))
			return error_set(err, ERROR_CANCELLED, "%s", _("Nothing was kept."));
		*err = (struct error){ 0 };
	}
	return true;
}

static enum first_choice connect_service(struct error *err)
{
	for (;;) {
		struct connection c = { 0 };
		bool asked = ask_connection(&c);

		if (!asked || !config_dir(&c.dir, "config", err)) {
			connection_clear(&c);
			return FIRST_LEAVE;
		}

		struct error why = { 0 };
		bool good = try_logins(&c, &why) && keep_connection(&c, err);

		connection_clear(&c);
		if (good)
			return FIRST_CONNECTED;
		if (why.kind == ERROR_CANCELLED)
			return FIRST_LEAVE;
		fprintf(stderr, "%s\n%s\n", why.kind ? why.text : err->text,
			_("Nothing was kept. Try again, or leave with Ctrl-C."));
	}
}

enum first_choice first_run(struct error *err)
{
	struct buf answer = { 0 };
	enum first_choice choice = FIRST_LEAVE;

	fputs(_("caseload knows no service yet.\n"
		"  1  try it: made-up data in a private service on this machine\n"
		"  2  connect to a service of yours (its address, and a token or password)\n"
		"  q  leave\n"),
		stderr);
	while (ask_line(_("Which? [1] "), &answer)) {
		const char *text = buf_str(&answer);

		if (!*text || strcmp(text, "1") == 0) {
			choice = FIRST_DEMO;
			break;
		}
		if (strcmp(text, "2") == 0) {
			choice = connect_service(err);
			break;
		}
		if (*text == 'q')
			break;
		buf_reset(&answer);
	}
	buf_clear(&answer);
	return choice;
}
