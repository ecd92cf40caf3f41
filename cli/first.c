/* The first start. */
#include "cli/first.h"

#include "cli/ask.h"
#include "cli/session.h"
#include "model/arena.h"
#include "model/file.h"
#include "model/i18n.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

struct connection {
	struct buf url, token, name; /* name: as configured */
	struct buf dir;		     /* of the configuration */
};

static void connection_clear(struct connection *c)
{
	buf_clear(&c->url);
	ask_wipe(&c->token);
	buf_clear(&c->name);
	buf_clear(&c->dir);
}

bool first_check(const struct config *config, struct error *err)
{
	struct given given = { 0 };
	struct session s = { .config = (struct config *)config, .given = &given };
	bool good = session_open(&s, err);

	if (good) {
		struct wish w = { 0 };

		sync_people(s.sync, NULL, 0, wish_done, &w);
		good = session_wait(&s, &w);
		if (!good)
			*err = w.err;
	}
	session_close(&s);
	return good;
}

/* "https://cases.example.org/v1" is called "cases". */
static void name_service(struct connection *c)
{
	const char *host = strstr(c->url.text, "://");

	host = host ? host + 3 : c->url.text;
	for (; isalpha((unsigned char)*host) || (c->name.size && *host == '-'); host++)
		buf_char(&c->name, (char)tolower((unsigned char)*host));
	if (!c->name.size)
		buf_text(&c->name, "service");
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
	name_service(c);
	return ask_secret(_("Token (is not shown): "), &c->token) && c->token.size;
}

static void add_section(struct buf *text, const struct connection *c, const char *token)
{
	buf_printf(text, "[service \"%s\"]\ntype = native\nurl = %s\ntoken-file = %s.token\n",
		c->name.text, c->url.text, token);
}

static const char *file_in(
	const struct connection *c, struct buf *path, const char *name, const char *end)
{
	buf_reset(path);
	buf_printf(path, "%s/%s%s", c->dir.text, name, end);
	return path->text;
}

/* Tries it with files that nobody else reads. */
static bool try_connection(const struct connection *c, struct error *err)
{
	struct buf path = { 0 }, text = { 0 };
	struct config *config = config_new();

	add_section(&text, c, "first");
	bool good = file_replace(file_in(c, &path, "first", ".token"), c->token.text,
			    c->token.size, err) &&
		    file_replace(file_in(c, &path, "first", ""), text.text, text.size, err) &&
		    config_read(config, path.text, CONFIG_USER, err) && first_check(config, err);
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

	bool good = file_replace(
		file_in(c, &path, c->name.text, ".token"), c->token.text, c->token.size, err);
	FILE *f = fopen(file_in(c, &path, "config", ""), "r");

	for (size_t size; f && (size = fread(part, 1, sizeof(part), f)) > 0;)
		buf_add(&text, part, size);
	if (f)
		fclose(f);
	if (text.size && text.text[text.size - 1] != '\n')
		buf_char(&text, '\n');
	add_section(&text, c, c->name.text);
	good = good && file_replace(path.text, text.text, text.size, err);
	if (good)
		fprintf(stderr, _("The service answers. %s calls it %s now.\n"), path.text,
			c->name.text);
	buf_clear(&path);
	buf_clear(&text);
	return good;
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
		bool good = try_connection(&c, &why) && keep_connection(&c, err);

		connection_clear(&c);
		if (good)
			return FIRST_CONNECTED;
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
		"  2  connect to a service of yours (you need its address and a token)\n"
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
