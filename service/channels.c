#include "service/channels.h"

#include "model/i18n.h"
#include "service/ini.h"
#include "service/mail.h"
#include "service/queue.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MOST = 1 << 20, WORDS_MOST = 64, LIMIT_S = 60 };

static const int usual_pauses[] = { 60, 300, 900, 3600, 4 * 3600 };

static const char *const known[] = {
	"channel: command from limit retry unclear by-hand",
	"mailbox: service team",
	NULL,
};

/* Words at spaces; "..." keeps spaces together. Nothing else means anything: no shell reads this. */
static char **words_of(struct ini *ini, const char *text, int line)
{
	char **words = arena_alloc(&ini->arena, sizeof *words * (WORDS_MOST + 1));
	int count = 0;
	while (*(text += strspn(text, " \t\n"))) {
		struct buf word = { 0 };
		bool quoted = false;
		for (; *text && (quoted || !strchr(" \t\n", *text)); text++) {
			if (*text == '"')
				quoted = !quoted;
			else
				buf_char(&word, *text);
		}
		if (quoted)
			ini_problem(ini, line, _("A quotation mark is not closed."));
		if (count == WORDS_MOST)
			ini_problem(ini, line, _("A command has at most %d words."), WORDS_MOST);
		else
			words[count++] = arena_copy(&ini->arena, buf_str(&word));
		buf_clear(&word);
		if (count == WORDS_MOST)
			break;
	}
	if (!count)
		ini_problem(ini, line, _("A command has at least its program."));
	return words;
}

/* 90, 90s, 5m, 4h, 1d; 0 after a problem. */
static int seconds_of(struct ini *ini, const char *text, int line)
{
	char *end;
	long n = strtol(text, &end, 10), unit = 1;
	unit = *end == 'm' ? 60 : *end == 'h' ? 3600 : *end == 'd' ? 86400 : 1;
	if (end > text && *end && strchr("smhd", *end))
		end++;
	if (end == text || *end || n < 1 || n > 7 * 86400 / unit) {
		ini_problem(ini, line, _("%s is not a time such as 90s, 5m or 4h, of at most 7 days."), text);
		return 0;
	}
	return (int)(n * unit);
}

static void read_pauses(struct ini *ini, struct channel *c, const char *text, int line)
{
	char *words = arena_copy(&ini->arena, text), *save = NULL;
	c->pause_count = 0;
	if (strcmp(text, "no") == 0)
		return;
	for (char *w = strtok_r(words, " ,\n", &save); w; w = strtok_r(NULL, " ,\n", &save)) {
		if (c->pause_count == CHANNEL_TRIES_MOST) {
			ini_problem(ini, line, _("At most %d pauses."), CHANNEL_TRIES_MOST);
			return;
		}
		c->pauses_s[c->pause_count++] = seconds_of(ini, w, line);
	}
}

static void read_sender(struct ini *ini, struct ini_section *s, struct channel *c)
{
	int line = s->line;
	const char *from = ini_get(s, "from", &line);
	if (from && !mail_mailbox(from, &c->from_name, &c->from, &ini->arena))
		ini_problem(ini, line, _("%s is not an address such as City of X <desk@x.example>."), from);
	else if (!from && strcmp(c->name, "email") == 0 && c->command)
		ini_problem(ini, line, _("Mail has a sender: from = City of X <desk@x.example>."));
}

static void read_channel(struct ini *ini, struct ini_section *s, struct channels *channels)
{
	int line;
	struct channel c = { .name = s->name, .limit_s = LIMIT_S,
		.pause_count = sizeof usual_pauses / sizeof usual_pauses[0] };
	memcpy(c.pauses_s, usual_pauses, sizeof usual_pauses);
	if (!queue_takes(s->name) || channels_find(channels, s->name)) {
		ini_problem(ini, s->line, _("A channel is email, sms or letter, each at most once."));
		return;
	}
	const char *command = ini_get(s, "command", &line);
	if (command)
		c.command = words_of(ini, command, line);
	c.by_hand = ini_flag(ini, s, "by-hand", false);
	if (!c.command == !c.by_hand)
		ini_problem(ini, s->line, _("A channel has a command, or by-hand = yes."));
	read_sender(ini, s, &c);
	const char *limit = ini_get(s, "limit", &line);
	if (limit)
		c.limit_s = seconds_of(ini, limit, line);
	const char *retry = ini_get(s, "retry", &line);
	if (retry)
		read_pauses(ini, &c, retry, line);
	const char *unclear = ini_get(s, "unclear", &line);
	c.again = unclear && strcmp(unclear, "again") == 0;
	if (unclear && !c.again && strcmp(unclear, "ask") != 0)
		ini_problem(ini, line, _("unclear is ask or again."));
	channels->list[channels->count++] = c;
}

static void read_mailbox(struct ini *ini, struct ini_section *s, struct mailbox *box)
{
	char *address = arena_copy(&ini->arena, s->name);
	for (char *c = address; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	box->address = *address ? address : NULL;
	if (box->address && !mail_address_good(address))
		ini_problem(ini, s->line, _("%s is not an address such as desk@x.example."), address);
	box->service = ini_get(s, "service", NULL);
	box->team = ini_get(s, "team", NULL);
	if (!box->service)
		ini_problem(ini, s->line, _("A mailbox says which service its mail is for: service = waste."));
}

static void read_sections(struct ini *ini, struct channels *channels)
{
	ini_check(ini, known);
	channels->mailboxes = arena_alloc(&ini->arena, sizeof *channels->mailboxes * ((size_t)ini->count + 1));
	/* Those with an address first. */
	for (int any = 0; any < 2; any++)
		for (int i = 0; i < ini->count; i++)
			if (strcmp(ini->sections[i].type, "mailbox") == 0 && (!*ini->sections[i].name) == any)
				read_mailbox(ini, &ini->sections[i],
					&channels->mailboxes[channels->mailbox_count++]);
	for (int i = 0; i < ini->count; i++)
		if (strcmp(ini->sections[i].type, "channel") == 0)
			read_channel(ini, &ini->sections[i], channels);
}

/* It names programs that are run: nobody else may have written it. */
static bool is_safe(const char *path, struct error *err)
{
	struct stat st;
	if (stat(path, &st) == 0 && ((st.st_uid != geteuid() && st.st_uid != 0) || (st.st_mode & 022)))
		return error_set(err, ERROR_CONFIG,
			_("%s belongs to somebody else or others may write it: chown it and chmod 600 it."), path);
	return true;
}

bool channels_read(struct channels *channels, const char *dir, struct error *err)
{
	struct buf path = { 0 }, text = { 0 }, problems = { 0 };
	struct ini ini = { 0 };
	*channels = (struct channels){ 0 };
	buf_printf(&path, "%s/caseloadd.conf", dir);
	bool there = access(path.text, F_OK) == 0 || errno != ENOENT;
	bool good = !there || (is_safe(path.text, err) && ini_slurp(&text, path.text, FILE_MOST, err));
	if (there && good) {
		ini_read(&ini, path.text, buf_str(&text), text.size, &problems);
		read_sections(&ini, channels);
		if (ini.problem_count) {
			ini_print(stderr, &problems);
			good = error_set(err, ERROR_CONFIG, _("%s is wrong."), path.text);
		}
	}
	channels->arena = ini.arena; /* everything lives in it */
	buf_clear(&path);
	buf_clear(&text);
	buf_clear(&problems);
	return good;
}

void channels_sample(struct channels *channels, const char *dir, const char *program)
{
	static const char *const names[] = { "email", "sms", "letter" };
	char *full = realpath(dir, NULL); /* commands run in / */
	char **command = arena_alloc(&channels->arena, 4 * sizeof *command);
	command[0] = arena_copy(&channels->arena, program);
	command[1] = arena_copy(&channels->arena, "drop");
	command[2] = arena_printf(&channels->arena, "%s/outgoing", full ? full : dir);
	free(full);
	for (int i = 0; i < 3; i++)
		channels->list[i] = (struct channel){ .name = names[i],
			.command = command,
			.from = "casework@sample.invalid",
			.from_name = "Sample",
			.limit_s = LIMIT_S,
			.again = true };
	channels->count = 3;
}

void channels_clear(struct channels *channels)
{
	arena_clear(&channels->arena);
	*channels = (struct channels){ 0 };
}

const struct channel *channels_find(const struct channels *channels, const char *name)
{
	for (int i = 0; i < channels->count; i++)
		if (strcmp(channels->list[i].name, name) == 0)
			return &channels->list[i];
	return NULL;
}

const struct mailbox *channels_mailbox(const struct channels *channels, const char *const *addresses)
{
	for (int i = 0; i < channels->mailbox_count; i++) {
		const struct mailbox *box = &channels->mailboxes[i];
		if (!box->address)
			return box;
		for (const char *const *a = addresses; *a; a++)
			if (strcasecmp(*a, box->address) == 0)
				return box;
	}
	return NULL;
}
