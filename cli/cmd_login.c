/* caseload login: asks for a token, tries it, and keeps it in a file of its own. */
#include "cli/command.h"

#include "cli/ask.h"
#include "cli/first.h"
#include "cli/session.h"
#include "model/file.h"
#include "model/i18n.h"
#include "net/auth.h"

static const char *wanted_service(struct session *s, struct error *err)
{
	const char *name =
		s->given->count ? s->given->args[0] : config_section(s->config, "service", 0);

	if (!name || !config_section_get(s->config, "service", name, "url")) {
		if (name)
			error_set(err, ERROR_USAGE,
				_("There is no service %s in your configuration."), name);
		else
			error_set(err, ERROR_CONFIG,
				_("No service is configured: start caseload on a terminal."));
		return NULL;
	}
	if (!s->given->count && config_section(s->config, "service", 1)) {
		error_set(err, ERROR_USAGE,
			_("Several services are configured; say which: caseload login %s."), name);
		return NULL;
	}
	return name;
}

/* Without a file of its own for it, the login alone is kept, until the service ends it. */
static bool login_for_now(struct session *s, const char *name, struct error *err)
{
	struct wish w = { 0 };

	if (!session_open(s, err) || !auth_session_forget(name, err))
		return false;
	if (!sync_service_named(s->sync, name)->ops->session)
		return error_set(err, ERROR_CONFIG,
			_("The service %s has no token-file to keep the token in; add one to its "
			  "section."),
			name);
	sync_people(s->sync, name, 0, wish_done, &w);
	if (!session_wait(s, &w)) {
		*err = w.err;
		return false;
	}
	print_line(s->print,
		_("You are logged in at %s until it ends that; no password is kept."), name);
	return true;
}

static bool keep_token(const char *path, const char *user, struct error *err)
{
	struct buf token = { 0 };
	bool good = ask_secret(user ? _("Password (is not shown): ") : _("Token (is not shown): "),
			    &token) &&
		    token.size;

	if (!good)
		error_set(err, ERROR_CANCELLED, _("No token was given; nothing was changed."));
	good = good && file_replace(path, token.text, token.size, err);
	ask_wipe(&token);
	return good;
}

static bool login_run(struct session *s, int *exit_code, struct error *err)
{
	const char *name = wanted_service(s, err);

	(void)exit_code;
	if (!name)
		return false;

	const char *path = config_section_get(s->config, "service", name, "token-file");

	if (!s->input)
		return error_set(err, ERROR_USAGE,
			_("A token is asked for on a terminal; write it to %s (0600) instead."),
			path ? path : "token-file");
	if (!path)
		return login_for_now(s, name, err);
	if (!keep_token(path, config_section_get(s->config, "service", name, "user"), err) ||
		!first_check(s->config, name, err))
		return false;
	print_line(s->print, _("%s accepts the token; it is kept in %s."), name, path);
	return true;
}

const struct command cmd_login = {
	.name = "login",
	.args = "[SERVICE]",
	.help = N_("Ask for a service's token or password, try it, and keep the login."),
	.examples = (const char *const[]){ "caseload login", "caseload login city", NULL },
	.run = login_run,
};
