/* caseload login: asks for a token, tries it, and keeps it in a file of its own or in the keyring; or shows the
   code of an authorization server. */
#include "cli/command.h"

#include "cli/ask.h"
#include "cli/first.h"
#include "cli/session.h"
#include "model/file.h"
#include "model/i18n.h"
#include "net/auth.h"
#include "net/keyring.h"

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

/* From its command, its credential, an authorization server; or, where the service gives a login of its
   own, from the person: kept is what that bought. */
static bool login_for_now(
	struct session *s, const char *name, const struct auth_from *from, struct error *err)
{
	struct wish w = { 0 };

	if (!session_open(s, err) || !auth_session_forget(name, err) || !auth_grant_forget(name, err))
		return false;
	if (!auth_from_by_itself(from) && !sync_service_named(s->sync, name)->ops->session)
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

static bool keep_token(const struct auth_from *from, struct error *err)
{
	struct buf token = { 0 };
	bool good = ask_secret(from->password ? _("Password (is not shown): ") : _("Token (is not shown): "),
			    &token) &&
		    token.size;

	if (!good)
		error_set(err, ERROR_CANCELLED, _("No token was given; nothing was changed."));
	good = good && (from->file ? file_replace(from->file, token.text, token.size, err)
				   : keyring_put(from->keyring, token.text, err));
	ask_wipe(&token);
	return good;
}

static bool login(struct session *s, const char *name, const struct auth_from *from, struct error *err)
{
	bool kept = from->file || from->keyring;

	if (!s->input && !kept && !from->credential && !from->command)
		return error_set(err, ERROR_USAGE, _("A login takes a terminal."));
	if (!s->input && kept)
		return error_set(err, ERROR_USAGE,
			_("A token is asked for on a terminal; write it to %s (0600) instead."),
			from->file ? from->file : "token-file");
	if (!kept)
		return login_for_now(s, name, from, err);
	if (!keep_token(from, err) || !first_check(s->config, name, err))
		return false;
	if (from->file)
		print_line(s->print, _("%s accepts the token; it is kept in %s."), name, from->file);
	else
		print_line(s->print, _("%s accepts the token; it is the key %s of the keyring now."), name,
			from->keyring);
	return true;
}

static bool login_run(struct session *s, int *exit_code, struct error *err)
{
	const char *name = wanted_service(s, err);
	struct auth_from from;

	(void)exit_code;
	if (!name)
		return false;
	auth_from_config(&from, s->config, name);
	bool good = login(s, name, &from, err);

	auth_from_clear(&from);
	return good;
}

const struct command cmd_login = {
	.name = "login",
	.args = "[SERVICE]",
	.help = N_("Ask for a service's token or password, or show the code to log in elsewhere; try it, and keep the login."),
	.examples = (const char *const[]){ "caseload login", "caseload login city", NULL },
	.run = login_run,
};
