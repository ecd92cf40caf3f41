/* caseload logout: forgets the token; with --purge also what was kept here of cases and people. */
#include "cli/command.h"

#include "cli/ask.h"
#include "cli/session.h"
#include "model/i18n.h"
#include "net/auth.h"
#include "net/keyring.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the token */

/* A token file that is not ours is not ours to remove. */
static bool forget_token(struct session *s, const char *name, struct error *err)
{
	const char *key = config_section_get(s->config, "service", name, "token-keyring");
	bool found = false;

	if (!auth_session_forget(name, err) || !auth_grant_forget(name, err))
		return false;
	if (key && *key) {
		if (!keyring_forget(key, &found, err))
			return false;
		print_line(s->print,
			found ? _("%s: the key %s of the keyring is forgotten.")
			      : _("%s: there is no key %s in the keyring."),
			name, key);
	}

	const char *path = config_section_get(s->config, "service", name, "token-file");
	struct stat st;

	if ((!path || !*path) && key && *key)
		return true;
	if (!path || !*path) {
		print_line(s->print, _("%s: no token is kept in a file here."), name);
		return true;
	}
	if (lstat(path, &st)) {
		print_line(s->print, _("%s: no token is kept in %s."), name, path);
		return true;
	}
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid())
		return error_set(err, ERROR_CONFIG,
			_("The token file %s is no ordinary file of yours; it was left as it is."),
			path);
	if (unlink(path))
		return error_set(
			err, ERROR_LOCAL, _("%s cannot be removed: %s."), path, strerror(errno));
	print_line(s->print, _("%s: the token in %s is forgotten."), name, path);
	return true;
}

static bool forget_tokens(struct session *s, struct error *err)
{
	const char *wanted = s->given->count ? s->given->args[0] : NULL;
	const char *name;
	bool good = true;

	if (wanted && !config_section_get(s->config, "service", wanted, "url"))
		return error_set(err, ERROR_USAGE,
			_("There is no service %s in your configuration."), wanted);
	for (int i = 0; (name = config_section(s->config, "service", i)); i++)
		if (!wanted || strcmp(wanted, name) == 0)
			good = forget_token(s, name, err) && good;
	return good;
}

/* ---- everything else */

static bool is_damaged_outbox(const char *name)
{
	return strncmp(name, "outbox.db.damaged-", 18) == 0;
}

/* All but what the service of --demo keeps, which is made up. */
static bool is_ours(const char *name)
{
	return strcmp(name, "service") != 0 && strcmp(name, "lock") != 0;
}

static void remove_all(const char *dir);

/* Removes the entries of a directory that are wanted (NULL: all), or counts them. */
static int each_entry(const char *dir, bool (*wanted)(const char *name), bool removes)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), count = 0;
	DIR *list = fd >= 0 ? fdopendir(fd) : NULL;

	for (struct dirent *e; list && (e = readdir(list));) {
		struct buf path = { 0 };

		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..") ||
			(wanted && !wanted(e->d_name)))
			continue;
		count++;
		buf_printf(&path, "%s/%s", dir, e->d_name);
		if (removes && unlink(path.text) && errno == EISDIR)
			remove_all(path.text);
		buf_clear(&path);
	}
	if (list)
		closedir(list);
	return count;
}

static void remove_all(const char *dir)
{
	each_entry(dir, NULL, true);
	rmdir(dir);
}

struct places {
	struct buf data, runtime, cache, state;
};

static bool places_find(struct places *p, struct error *err)
{
	return config_place(&p->data, "data", err) && config_place(&p->runtime, "runtime", err) &&
	       config_place(&p->cache, "cache", err) && config_place(&p->state, "state", err);
}

static void places_clear(struct places *p)
{
	buf_clear(&p->data);
	buf_clear(&p->runtime);
	buf_clear(&p->cache);
	buf_clear(&p->state);
}

/* What would be lost: changes not accepted, drafts, outboxes put aside. */
static bool count_unsent(
	struct session *s, const struct places *places, int *count, struct error *err)
{
	struct store *store = session_store(s->config, err);
	struct draft *drafts;
	struct arena arena = { 0 };

	if (!store)
		return false;
	bool alone = store_lock_sender(store);
	*count = store_pending(store, NULL, NULL) + store_drafts(store, &drafts, &arena) +
		 each_entry(buf_str(&places->data), is_damaged_outbox, false);
	arena_clear(&arena);
	store_close(store);
	return alone || error_set(err, ERROR_USAGE,
				_("Another caseload is open here: leave it first; nothing was "
				  "removed."));
}

static bool confirmed(struct session *s, int count, struct error *err)
{
	const char *yes = given_value(s->given, "yes");
	struct buf question = { 0 }, answer = { 0 };

	if (!count || (yes && atoi(yes) == count))
		return true;
	if (!yes && s->input) {
		buf_printf(&question,
			P_("%d change or draft was never sent and would be lost; type %d to go "
			   "on: ",
				"%d changes or drafts were never sent and would be lost; type %d "
				"to "
				"go on: ",
				count),
			count, count);
		bool good = ask_line(question.text, &answer) && atoi(buf_str(&answer)) == count;

		buf_clear(&question);
		buf_clear(&answer);
		if (good)
			return true;
	}
	return error_set(err, ERROR_USAGE,
		P_("%d change or draft was never sent; nothing was removed. caseload outbox shows "
		   "what waits, --yes=%d gives it up.",
			"%d changes or drafts were never sent; nothing was removed. caseload "
			"outbox "
			"shows what waits, --yes=%d gives them up.",
			count),
		count, count);
}

/* Whatever is there is ours: copies, drafts, what an editor or a killed program left, sessions, history. */
static bool empty_dir(const char *dir, struct error *err)
{
	each_entry(dir, is_ours, true);
	return !each_entry(dir, is_ours, false) ||
	       error_set(err, ERROR_LOCAL, _("%s cannot be emptied."), dir);
}

static bool purge_all(const struct places *p, struct error *err)
{
	const char *data = buf_str(&p->data), *runtime = buf_str(&p->runtime);
	const char *cache = buf_str(&p->cache);
	bool good = store_purge(data, runtime, err);

	good = store_purge(data, cache, err) && good;
	good = empty_dir(data, err) && good;
	good = empty_dir(runtime, err) && good;
	good = empty_dir(cache, err) && good;
	return empty_dir(buf_str(&p->state), err) && good;
}

static bool purge(struct session *s, struct error *err)
{
	struct places places = { 0 };
	int unsent = 0;
	bool good = places_find(&places, err) && count_unsent(s, &places, &unsent, err) &&
		    confirmed(s, unsent, err) && purge_all(&places, err);

	places_clear(&places);
	if (good)
		print_line(s->print, "%s",
			_("Nothing of cases and people is kept here any more: copies, drafts and "
			  "history are gone."));
	return good;
}

/* The purge first: what is refused there leaves the token, with which the outbox can be sent. */
static bool logout_run(struct session *s, int *exit_code, struct error *err)
{
	(void)exit_code;
	if (given_flag(s->given, "purge") && !purge(s, err))
		return false;
	return forget_tokens(s, err);
}

const struct command cmd_logout = {
	.name = "logout",
	.args = "[SERVICE]",
	.help = N_("Forget the token of a service, or of all; --purge also removes what is kept "
		   "here."),
	.options =
		(const struct verb_option[]){
			{ "purge", 0, NULL,
				N_("Remove copies of cases and people, drafts, outbox, history and "
				   "the passphrase of the lock.") },
			{ "yes", 'y', "COUNT",
				N_("Confirm that so many unsent changes and drafts are lost.") },
			{ NULL },
		},
	.examples = (const char *const[]){ "caseload logout", "caseload logout --purge", NULL },
	.run = logout_run,
};
