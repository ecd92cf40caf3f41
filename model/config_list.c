/* The one table of settings, and what is made from it alone: checking a value, config.example. */
#include "model/config.h"

#include "model/i18n.h"

#include <errno.h>

const struct setting setting_list[] = {
	{ "editor", SETTING_COMMAND, "", NULL,
		N_("The program that long text is written in; empty: $VISUAL, $EDITOR, then vi.") },
	{ "pager", SETTING_COMMAND, "", NULL,
		N_("The program that shows long output of a command on a terminal; empty: $PAGER, "
		   "then "
		   "less.") },
	{ "source", SETTING_TEXT, "", NULL,
		N_("The service a new case goes to when several are configured; empty: the "
		   "first.") },
	{ "ui.clock", SETTING_FLAG, "yes", NULL,
		N_("Whether row 23 shows the time; without it nothing is written while nothing "
		   "happens.") },
	{ "ui.color", SETTING_CHOICE, "auto", "auto|always|never",
		N_("Colours: auto means on a terminal that has them and where NO_COLOR is not "
		   "set.") },
	{ "ui.copy", SETTING_CHOICE, "off", "osc52|off",
		N_("What the keys of y do: osc52 gives the text to the terminal's clipboard, off "
		   "shows it in row 24.") },
	{ "ui.focus", SETTING_CHOICE, "mark", "mark|bar",
		N_("How the row with the cursor is shown: a > before it, or the row in reverse.") },
	{ "ui.hints", SETTING_FLAG, "yes", NULL,
		N_("Whether row 22 shows the most used keys; without it the list has one row "
		   "more.") },
	{ "ui.mouse", SETTING_FLAG, "no", NULL,
		N_("Whether the wheel moves the focus; with it the terminal's own selection needs "
		   "Shift.") },
	{ "ui.quiet", SETTING_FLAG, "no", NULL,
		N_("Whether the screen stays as it is until a key is pressed: no clock, no "
		   "counters.") },
	{ "ui.theme", SETTING_CHOICE, "auto", "auto|mono|16|256",
		N_("Which set of colours; auto takes what the terminal can show.") },
	{ "keys.style", SETTING_CHOICE, "letters", "letters|ctrl|none",
		N_("Whether single letters run commands; none leaves arrows, Tab, Enter, Esc, "
		   "F-keys and "
		   ":.") },
	{ "send.hold", SETTING_NUMBER, "10", "0..3600",
		N_("Seconds for which what reaches the citizen waits here and can be taken back "
		   "with u.") },
	{ "lock.after", SETTING_NUMBER, "600", "0..86400",
		N_("Seconds without a key after which the screen is locked; 0 is never. Users cannot set "
		   "more than the site's file says."),
		true },
	{ "mask.after", SETTING_NUMBER, "120", "1..3600",
		N_("Seconds after which what was shown of reference, day of birth and sensitive fields is "
		   "masked again. Users cannot set more than the site's file says."),
		true },
	{ "batch.confirm", SETTING_NUMBER, "25", "1..1000000",
		N_("A change of more cases than this asks for their number to be typed.") },
	{ "net.timeout", SETTING_NUMBER, "30", "1..600",
		N_("Seconds to wait for the whole answer to a request.") },
	{ "net.poll", SETTING_NUMBER, "15", "2..3600",
		N_("Seconds between questions for news where the service has no event stream.") },
	{ "files.dir", SETTING_FILE, "", NULL,
		N_("Where fetched files are put; empty: the directory caseload was started in.") },
	{ "files.limit", SETTING_NUMBER, "64", "1..4096",
		N_("MiB that one file may have, fetched or sent.") },
	{ "cache.keep", SETTING_FLAG, "no", NULL,
		N_("Whether copies of cases outlive the login session, on disk instead of in "
		   "memory.") },
	{ "history.size", SETTING_NUMBER, "1000", "0..100000",
		N_("How many lines typed at : are remembered over sessions.") },
	{ NULL }
};

const struct section_key section_keys[] = {
	{ "service", { "type", SETTING_CHOICE, "native", "native|rt|redmine",
			     N_("What speaks at the other end: native is the Casework REST service, "
				"rt Request Tracker 5, redmine Redmine 5.") } },
	{ "service", { "url", SETTING_TEXT, "https://cases.example.org/v1", NULL,
			     N_("Its address; http is accepted for this machine only.") } },
	{ "service", { "user", SETTING_TEXT, "anna", NULL,
			     N_("Who logs in, where that takes a name and a password; then the token "
				"is the password.") } },
	{ "service", { "team", SETTING_TEXT, "Benefits", NULL,
			     N_("Which team I am of, where the service does not say: in Request "
				"Tracker a queue, in Redmine a project.") } },
	{ "service", { "citizen-field", SETTING_TEXT, "Citizen ID", NULL,
			     N_("The custom field that holds the citizen's reference, where the "
				"service has no citizens of its own.") } },
	{ "service", { "waiting", SETTING_TEXT, "Waiting, Feedback", NULL,
			     N_("Which open states mean that a case waits, commas between, where the "
				"service knows open and closed alone: in Redmine.") } },
	{ "service", { "token-file", SETTING_FILE, "city.token", NULL,
			     N_("The file that holds the token, readable by you alone. Where none of these "
				"token settings nor an oauth one is set, the token is asked for.") } },
	{ "service", { "token-keyring", SETTING_TEXT, "caseload:city", NULL,
			     N_("The key of the kernel's keyring that holds the token; caseload login puts "
				"it there.") } },
	{ "service", { "token-credential", SETTING_TEXT, "city-token", NULL,
			     N_("The credential of systemd (LoadCredential=) that holds the token.") } },
	{ "service", { "token-command", SETTING_COMMAND, "pass show cases", NULL,
			     N_("The program that prints the token; run without a shell.") } },
	{ "service", { "token-terminal", SETTING_FLAG, "yes", NULL,
			     N_("Whether that program asks on the terminal: then the screen steps aside "
				"while it runs.") } },
	{ "service", { "oauth-issuer", SETTING_TEXT, "https://login.example.org", NULL,
			     N_("The authorization server that gives the tokens (OAuth 2, device flow): "
				"caseload login shows a code to type into a browser.") } },
	{ "service", { "oauth-device-url", SETTING_TEXT, "https://login.example.org/device", NULL,
			     N_("Where codes are asked for, if the issuer does not say.") } },
	{ "service", { "oauth-token-url", SETTING_TEXT, "https://login.example.org/token", NULL,
			     N_("Where tokens are asked for, if the issuer does not say.") } },
	{ "service", { "oauth-client-id", SETTING_TEXT, "caseload", NULL,
			     N_("The name caseload has at the authorization server.") } },
	{ "service", { "oauth-scope", SETTING_TEXT, "cases offline_access", NULL,
			     N_("What the tokens are to be good for, blanks between.") } },
	{ "service", { "tls-ca", SETTING_FILE, "city-ca.pem", NULL,
			     N_("Certificates to trust for this service besides the system's.") } },
	{ "service", { "tls-cert", SETTING_FILE, "me.pem", NULL,
			     N_("A client certificate, where the service asks for one: a file, or on a "
				"smartcard a PKCS#11 URI without a PIN.") } },
	{ "service", { "tls-key", SETTING_FILE, "me.key", NULL,
			     N_("Its private key, likewise; empty: together with the certificate.") } },
	{ "service", { "tls-password-command", SETTING_COMMAND, "pass show me.key", NULL,
			     N_("The program that prints the key's password or the smartcard's PIN; without "
				"it they are asked for.") } },
	{ "service", { "proxy", SETTING_TEXT, "http://proxy.example.org:3128", NULL,
			     N_("The proxy on the way to this service; the environment's is never used.") } },
	{ "service", { "at-once", SETTING_NUMBER, "4", "1..16",
			     N_("How many requests may be under way at the same time.") } },
	{ "view", { "query", SETTING_TEXT, "is:open owner:me sort:due", NULL,
			  N_("Which cases the tab shows; see caseload-query(7).") } },
	{ "view", { "columns", SETTING_TEXT, "number,due,citizen,subject,state", NULL,
			  N_("The columns of the tab, with commas between.") } },
	{ "key",
		{ "*", SETTING_TEXT, "Z = assign me", NULL,
			N_("A key, and the line it runs: what could be typed after : as well.") } },
	{ "site", { "lock", SETTING_TEXT, "net.timeout, service", NULL,
			  N_("Settings, and kinds of section, that users cannot change; read from "
			     "the site's "
			     "file only.") } },
	{ NULL }
};

const struct view_default view_defaults[] = {
	{ N_("Mine"), "is:open owner:me sort:due" },
	{ N_("Team"), "is:open team:me sort:due" },
	{ N_("Unowned"), "is:open owner:none team:me sort:due" },
	{ N_("Late"), "is:late team:me sort:due" },
	{ N_("All"), "is:open sort:-updated" },
	{ NULL, NULL },
};

const char *setting_type_name(enum setting_type type)
{
	static const char *const names[] = {
		[SETTING_TEXT] = "text",
		[SETTING_NUMBER] = "number",
		[SETTING_FLAG] = "yes or no",
		[SETTING_CHOICE] = "choice",
		[SETTING_COMMAND] = "command",
		[SETTING_FILE] = "file",
	};

	return names[type];
}

static bool check_number(const struct setting *s, const char *value, struct error *err)
{
	char *end;
	long low = strtol(s->range, &end, 10);
	long high = strtol(end + 2, NULL, 10); /* after ".." */

	errno = 0;
	long n = strtol(value, &end, 10);
	if (end == value || *end || errno || n < low || n > high)
		return error_set(
			err, ERROR_CONFIG, _("must be a number from %ld to %ld"), low, high);
	return true;
}

static bool check_flag(const char *value, const char **out, struct error *err)
{
	static const char *const words[][2] = {
		{ "yes", "yes" },
		{ "true", "yes" },
		{ "on", "yes" },
		{ "1", "yes" },
		{ "no", "no" },
		{ "false", "no" },
		{ "off", "no" },
		{ "0", "no" },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (strcmp(value, words[i][0]))
			continue;
		*out = words[i][1];
		return true;
	}
	return error_set(err, ERROR_CONFIG, _("must be yes or no"));
}

static bool check_choice(const struct setting *s, const char *value, struct error *err)
{
	size_t size = strlen(value);

	for (const char *at = s->range; size;) {
		size_t word = strcspn(at, "|");

		if (word == size && strncmp(at, value, size) == 0)
			return true;
		if (!at[word])
			break;
		at += word + 1;
	}
	return error_set(err, ERROR_CONFIG, _("must be one of %s"), s->range);
}

static bool check_command(const char *value, struct error *err)
{
	char **argv = config_argv(value);
	bool good = argv || !value[strspn(value, " \t")];

	free(argv);
	return good || error_set(err, ERROR_CONFIG, _("has a quote that is not closed"));
}

bool setting_check(const struct setting *s, const char *value, const char **out, struct error *err)
{
	*out = value;
	switch (s->type) {
	case SETTING_NUMBER:
		return check_number(s, value, err);
	case SETTING_FLAG:
		return check_flag(value, out, err);
	case SETTING_CHOICE:
		return check_choice(s, value, err);
	case SETTING_COMMAND:
		return check_command(value, err);
	default:
		return true;
	}
}

/* "# " before each line of at most 90 columns. */
static void comment(struct buf *out, const char *text)
{
	while (*text) {
		size_t size = strlen(text);

		if (size > 88) {
			size = 88;
			while (size && text[size] != ' ')
				size--;
		}
		buf_printf(out, "# %.*s\n", (int)size, text);
		text += size;
		text += strspn(text, " ");
	}
}

static void example_setting(struct buf *out, const struct setting *s, const char *name)
{
	struct buf line = { 0 };

	buf_text(&line, _(s->help));
	if (s->type == SETTING_CHOICE || s->type == SETTING_NUMBER)
		buf_printf(&line, " [%s]", s->range);
	buf_char(out, '\n');
	comment(out, buf_str(&line));
	buf_printf(out, "#%s =%s%s\n", name, *s->fallback ? " " : "", s->fallback);
	buf_clear(&line);
}

static void example_settings(struct buf *out)
{
	char section[32] = "";

	for (const struct setting *s = setting_list; s->name; s++) {
		const char *dot = strchr(s->name, '.');
		size_t size = dot ? (size_t)(dot - s->name) : 0;

		if (strlen(section) != size || strncmp(section, s->name, size)) {
			snprintf(section, sizeof(section), "%.*s", (int)size, s->name);
			buf_printf(out, "\n[%s]\n", section);
		}
		example_setting(out, s, dot ? dot + 1 : s->name);
	}
}

static void example_sections(struct buf *out)
{
	static const char *const names[][2] = {
		{ "service", "#[service \"city\"]" },
		{ "view", "#[view \"Mine\"]" },
		{ "key", "#[key \"case\"]" },
		{ "site", "#[site]" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		buf_printf(out, "\n%s\n", names[i][1]);
		for (const struct section_key *k = section_keys; k->section; k++) {
			if (strcmp(k->section, names[i][0]))
				continue;
			if (*k->key.name != '*') {
				example_setting(out, &k->key, k->key.name);
				continue;
			}
			buf_char(out, '\n');
			comment(out, _(k->key.help));
			buf_printf(out, "#%s\n", k->key.fallback);
		}
	}
}

void config_example(struct buf *out)
{
	comment(out, _("Settings of caseload: every one once, with its default."));
	comment(out, _("Read in this order, the later wins: /etc/xdg/caseload/config, "
		       "~/.config/caseload/config, the environment (CASELOAD_UI_CLOCK=no), flags; "
		       "except "
		       "what the first one locks."));
	comment(out, _("Copy the lines that you change; `caseload config check` finds slips. "
		       "See caseload.conf(5)."));
	buf_char(out, '\n');
	comment(out, _("Another file read at this place, seen from the directory of this one."));
	buf_text(out, "#include = views.conf\n");
	example_settings(out);
	example_sections(out);
}
