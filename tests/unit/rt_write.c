/* Changes of tickets in a real Request Tracker: real stores, real syncs, several people at once,
   and between one of them and the server a wire that can be cut after the server has acted. What
   counts is what the server's own database says, and how many mails it sent. */
#include "model/json.h"
#include "model/store.h"
#include "net/loop.h"
#include "net/sync.h"
#include "tests/lib.h"
#include "tests/live.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* ---- the wire: everything passes, until a request holds these words; then the server gets it, and
   the one who asked gets nothing */

struct wire {
	char cut[80]; /* "" : nothing */
	bool at_once; /* not even waiting for the server's answer */
	int cuts, port;
	pid_t pid;
};

static struct wire *wire;

static int wire_connect(int port)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0 ? fd : -1;
}

static bool wire_pass(int from, int to, char *bytes, size_t room, ssize_t *size)
{
	*size = read(from, bytes, room - 1);
	if (*size <= 0)
		return false;
	bytes[*size] = '\0';
	for (ssize_t put = 0; put < *size;) {
		ssize_t n = write(to, bytes + put, (size_t)(*size - put));

		if (n <= 0)
			return false;
		put += n;
	}
	return true;
}

/* Reads to the end what the server says to a request nobody waits for any more. */
static void wire_drain(int server)
{
	char bytes[4096];
	struct pollfd p = { .fd = server, .events = POLLIN };

	while (poll(&p, 1, 20000) > 0 && read(server, bytes, sizeof(bytes)) > 0)
		;
}

static void wire_one(int client, int port)
{
	static char bytes[65536];
	int server = wire_connect(port);
	struct pollfd p[2] = { { .fd = client, .events = POLLIN },
		{ .fd = server, .events = POLLIN } };
	bool cut = false;
	ssize_t size = 0;

	while (server >= 0 && poll(p, 2, -1) > 0) {
		if (p[1].revents && cut) {
			wire->cuts++;
			break;
		}
		if (p[1].revents && !wire_pass(server, client, bytes, sizeof(bytes), &size))
			break;
		if (!p[0].revents)
			continue;
		if (!wire_pass(client, server, bytes, sizeof(bytes), &size))
			break;
		if (*wire->cut && strstr(bytes, wire->cut)) {
			wire->cut[0] = '\0';
			cut = true;
		}
		if (cut && wire->at_once) {
			shutdown(client, SHUT_RDWR);
			wire->cuts++;
			wire_drain(server);
			break;
		}
	}
	_exit(0);
}

static bool wire_open(int port)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t size = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	wire = mmap(NULL, sizeof(*wire), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) || listen(fd, 16) ||
		getsockname(fd, (struct sockaddr *)&at, &size))
		return false;
	wire->port = ntohs(at.sin_port);
	pid_t pid = fork();

	if (pid) {
		close(fd);
		wire->pid = pid;
		return pid > 0;
	}
	signal(SIGCHLD, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int client; (client = accept(fd, NULL, NULL)) >= 0; close(client))
		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			wire_one(client, port);
		}
	_exit(0);
}

static void wire_close(void)
{
	kill(wire->pid, SIGKILL); /* what it started ends with it */
	waitpid(wire->pid, NULL, 0);
}

static void wire_cut(const char *words, bool at_once)
{
	wire->cuts = 0;
	wire->at_once = at_once;
	snprintf(wire->cut, sizeof(wire->cut), "%s", words);
}

/* ---- people */

struct clerk {
	const char *login;
	char dir[80];
	struct config *config;
	struct loop *loop;
	struct store *store;
	struct sync *sync;
	struct error err;
	bool done;
};

static void file_put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	ssize_t put = write(fd, text, strlen(text));

	(void)put;
	close(fd);
}

static bool clerk_open(struct clerk *p, const char *login, int port)
{
	char path[120], cache[120], text[400];
	struct error err = { 0 };

	*p = (struct clerk){ .login = login };
	snprintf(p->dir, sizeof(p->dir), "/tmp/caseload-rtwrite-XXXXXX");
	if (!mkdtemp(p->dir))
		return false;
	snprintf(path, sizeof(path), "%s/token", p->dir);
	file_put(path, live_secret("rt", login));
	snprintf(text, sizeof(text),
		"[service \"rt\"]\ntype = rt\nurl = http://127.0.0.1:%d\ntoken-file = %s/token\n",
		port, p->dir);
	snprintf(path, sizeof(path), "%s/config", p->dir);
	file_put(path, text);
	p->config = config_new();
	config_read(p->config, path, CONFIG_USER, &err);
	snprintf(path, sizeof(path), "%s/data", p->dir);
	snprintf(cache, sizeof(cache), "%s/cache", p->dir);
	mkdir(path, 0700);
	mkdir(cache, 0700);
	p->loop = loop_new();
	p->store = store_open(path, cache, &err);
	p->sync = p->store ? sync_new(p->loop, p->store, p->config, &err) : NULL;
	if (!p->sync)
		printf("# %s\n", err.text);
	return p->sync != NULL;
}

static void clerk_close(struct clerk *p)
{
	char command[120], said[80];

	if (!p->loop)
		return;
	sync_free(p->sync);
	store_close(p->store);
	loop_free(p->loop);
	config_free(p->config);
	snprintf(command, sizeof(command), "rm -rf %s", p->dir);
	ask_shell(command, said, sizeof(said));
}

static void clerk_done(void *ctx, const struct error *err)
{
	struct clerk *p = ctx;

	p->done = true;
	p->err = *err;
}

/* So many turns of the loop that nothing hangs for ever; no test counts them. */
enum { TURNS = 2000 };

static bool clerk_waits(struct clerk *p)
{
	for (int i = 0; i < TURNS && !p->done; i++)
		loop_once(p->loop, 20);
	if (p->done && p->err.kind != ERROR_NONE)
		printf("# %s: %s\n", p->login, p->err.text);
	return p->done && p->err.kind == ERROR_NONE;
}

/* The ticket as that person sees it now. */
static struct casefile *sees(struct clerk *p, const char *id, struct page *page)
{
	page_init(page);
	p->done = false;
	sync_case_ref(p->sync, "rt", id, true, clerk_done, p);
	if (!clerk_waits(p))
		return NULL;

	int64_t key = store_case_key(p->store, "rt", id);

	return store_case_plain(p->store, key, page) && page->case_count ? &page->cases[0] : NULL;
}

static struct patch patch_on(const struct casefile *cf)
{
	return (struct patch){ .on = ON_CASE,
		.service = "rt",
		.object = cf->key,
		.verb = "test",
		.version = cf->version,
		.number = cf->number,
		.title = cf->subject };
}

static bool post(struct clerk *who, struct patch *p)
{
	struct error err = { 0 };
	bool good = store_post(who->store, p, &err);

	if (!good)
		printf("# %s\n", err.text);
	patch_clear(p);
	return good;
}

/* Until every row is settled or waits for the person. */
static bool settled(struct clerk *p)
{
	for (int i = 0; i < TURNS && sync_unsent(p->sync); i++)
		loop_once(p->loop, 20);
	return !sync_unsent(p->sync);
}

/* How the one row ended; it is given up. PATCH_SAVED: it is gone, accepted. */
static enum patch_state outcome(struct clerk *p, struct error *err)
{
	int count = 0;
	struct patch *rows = store_outbox(p->store, &count);
	enum patch_state state = count ? rows[0].state : PATCH_SAVED;

	*err = (struct error){ 0 };
	if (count) {
		err->kind = rows[0].error;
		snprintf(err->text, sizeof(err->text), "%s",
			rows[0].error_text ? rows[0].error_text : "");
		store_drop(p->store, rows[0].key, NULL);
	}
	store_outbox_free(rows, count);
	return state;
}

static bool accepted(struct clerk *p)
{
	struct error err;
	bool good = settled(p) && outcome(p, &err) == PATCH_SAVED;

	if (!good)
		printf("# %s: %s: %s\n", p->login, error_name(err.kind), err.text);
	return good;
}

static bool ended(struct clerk *p, enum patch_state state, enum error_kind kind, const char *words)
{
	struct error err;
	bool same_state = settled(p) && outcome(p, &err) == state;
	bool good = same_state && err.kind == kind && strstr(err.text, words);

	if (!good)
		printf("# %s: %s: %s\n", p->login, error_name(err.kind), err.text);
	return good;
}

static bool change(struct clerk *p, const char *id, const char *field, const char *after)
{
	struct page page;
	struct casefile *cf = sees(p, id, &page);

	if (!cf)
		return false;
	struct patch change = patch_on(cf);

	patch_change(&change, field, case_get(cf, field, &page.arena), after);
	bool good = post(p, &change);

	page_clear(&page);
	return good;
}

static bool add_tags(struct clerk *p, const char *id, const char *tags)
{
	struct page page;
	struct casefile *cf = sees(p, id, &page);

	if (!cf)
		return false;
	struct patch change = patch_on(cf);
	const char *now = cf->tags ? cf->tags : "";

	patch_change(&change, "tags", now,
		arena_printf(&page.arena, "%s%s%s", now, *now ? " " : "", tags));
	bool good = post(p, &change);

	page_clear(&page);
	return good;
}

static bool say(struct clerk *p, const char *id, const char *note, const char *answer)
{
	struct page page;
	struct casefile *cf = sees(p, id, &page);

	if (!cf)
		return false;
	struct patch message = patch_on(cf);

	message.note = note;
	message.answer = answer;
	bool good = post(p, &message);

	page_clear(&page);
	return good;
}

/* ---- what the server says */

static int count_of(const char *sql)
{
	return atoi(live_sql("rt", sql));
}

static int said(const char *id, const char *type, const char *text)
{
	char sql[400];

	snprintf(sql, sizeof(sql),
		"select count(*) from Transactions t join Attachments a on a.TransactionId = t.id "
		"where t.ObjectType = 'RT::Ticket' and t.ObjectId = %s and t.Type = '%s' and "
		"a.Content = '%s' and a.Parent = 0",
		id, type, text);
	return count_of(sql);
}

static const char *ticket(const char *id, const char *column)
{
	char sql[200];

	snprintf(sql, sizeof(sql), "select %s from Tickets where id = %s", column, id);
	return live_sql("rt", sql);
}

static const char *owner(const char *id)
{
	char sql[200];

	snprintf(sql, sizeof(sql),
		"select u.Name from Tickets t join Users u on u.id = t.Owner where t.id = %s", id);
	return live_sql("rt", sql);
}

static int tagged(const char *id, const char *tag)
{
	char sql[400];

	snprintf(sql, sizeof(sql),
		"select count(*) from ObjectCustomFieldValues v join CustomFields f on f.id = "
		"v.CustomField where f.Name = 'Tags' and v.Disabled = 0 and v.ObjectType = "
		"'RT::Ticket' and v.ObjectId = %s and v.Content like '%s'",
		id, tag);
	return count_of(sql);
}

/* ---- tests */

static void messages(struct clerk *bram, struct clerk *cut)
{
	test("a note mails nobody") {
		int mails = live_mails("rt");

		ok(say(bram, "2", "called, no answer", NULL));
		ok(accepted(bram));
		same_int(said("2", "Comment", "called, no answer"), 1);
		same_int(live_mails("rt") - mails, 0);
	}
	test("an answer mails the citizen exactly once") {
		int mails = live_mails("rt");

		ok(say(bram, "2", NULL, "{\"text\":\"It comes on Monday.\"}"));
		ok(accepted(bram));
		same_int(said("2", "Correspond", "It comes on Monday."), 1);
		same_int(live_mails("rt") - mails, 1);
	}
	test("also when the service's word of it is lost on the way") {
		int mails = live_mails("rt");

		wire_cut("/correspond ", false);
		ok(say(cut, "2", NULL, "{\"text\":\"It comes on Tuesday.\"}"));
		ok(accepted(cut));
		same_int(wire->cuts, 1);
		same_int(said("2", "Correspond", "It comes on Tuesday."), 1);
		same_int(live_mails("rt") - mails, 1);
	}
	test("and when the wire is cut while the service is still at it") {
		int mails = live_mails("rt");

		wire_cut("/correspond ", true);
		ok(say(cut, "2", NULL, "{\"text\":\"It comes on Wednesday.\"}"));
		ok(accepted(cut));
		same_int(wire->cuts, 1);
		same_int(said("2", "Correspond", "It comes on Wednesday."), 1);
		same_int(live_mails("rt") - mails, 1);
	}
	test("the same words twice are two answers") {
		ok(say(bram, "2", "again", NULL));
		ok(say(bram, "2", "again", NULL));
		ok(accepted(bram));
		same_int(said("2", "Comment", "again"), 2);
	}
}

/* Both at once: each loop turns a little. */
static void both_settle(struct clerk *a, struct clerk *b)
{
	for (int i = 0; i < TURNS && (sync_unsent(a->sync) || sync_unsent(b->sync)); i++) {
		loop_once(a->loop, 5);
		loop_once(b->loop, 5);
	}
}

static void claims(struct clerk *bram, struct clerk *sofia)
{
	test("of two who take a case one gets it, and the other is told who") {
		struct error his, hers;

		ok(change(bram, "8", "worker", "bram"));
		ok(change(sofia, "8", "worker", "sofia"));
		both_settle(bram, sofia);
		enum patch_state b = outcome(bram, &his), s = outcome(sofia, &hers);
		const char *has = owner("8");
		bool his_it_is = !strcmp(has, "bram");

		same_int(b, his_it_is ? PATCH_SAVED : PATCH_CONFLICT);
		same_int(s, his_it_is ? PATCH_CONFLICT : PATCH_SAVED);
		ok(strstr(his_it_is ? hers.text : his.text, has) != NULL);
	}
	test("taken over, given back, given to another") {
		ok(change(sofia, "8", "worker", "sofia"));
		ok(accepted(sofia));
		same(owner("8"), "sofia");
		ok(change(sofia, "8", "worker", NULL));
		ok(accepted(sofia));
		same(owner("8"), "Nobody");
		ok(change(sofia, "8", "worker", "bram"));
		ok(accepted(sofia));
		same(owner("8"), "bram");
	}
}

static void fields(struct clerk *bram, struct clerk *sofia)
{
	struct page stale;

	test("a change on what another changed meanwhile shows both") {
		struct casefile *cf = sees(sofia, "13", &stale);

		if (ok(cf != NULL)) {
			struct patch p = patch_on(cf);

			patch_change(&p, "priority", case_get(cf, "priority", &stale.arena), "1");
			ok(change(bram, "13", "priority", cf->priority == 2 ? "4" : "2"));
			ok(accepted(bram));
			ok(post(sofia, &p));
			ok(ended(sofia, PATCH_CONFLICT, ERROR_CONFLICT, "Priority"));
		}
		page_clear(&stale);
	}
	test("a change that is just being made is put back where ours met it, and both are shown") {
		struct casefile *cf = sees(sofia, "13", &stale);
		int puts = count_of("select count(*) from Transactions where ObjectId = 13 and "
				    "Field = 'Priority'");

		if (ok(cf != NULL)) {
			struct patch p = patch_on(cf);

			/* As the server does it: first the field, then what changes the ETag. */
			patch_change(&p, "priority", case_get(cf, "priority", &stale.arena),
				cf->priority == 3 ? "5" : "3");
			live_sql("rt", "update Tickets set Priority = 99 where id = 13");
			ok(post(sofia, &p));
			ok(ended(sofia, PATCH_CONFLICT, ERROR_CONFLICT, "Priority"));
			same(ticket("13", "Priority"), "99");
			same_int(count_of("select count(*) from Transactions where ObjectId = 13 "
					  "and Field = 'Priority'") -
					 puts,
				2);
		}
		page_clear(&stale);
	}
	test("another field is laid over, unseen") {
		struct casefile *cf = sees(sofia, "13", &stale);

		if (ok(cf != NULL)) {
			struct patch p = patch_on(cf);

			patch_change(&p, "due", case_get(cf, "due", &stale.arena),
				"2027-03-04T09:00:00Z");
			ok(change(bram, "13", "subject", "changed meanwhile"));
			ok(accepted(bram));
			ok(post(sofia, &p));
			ok(accepted(sofia));
			same(ticket("13", "Due"), "2027-03-04 09:00:00");
			same(ticket("13", "Subject"), "changed meanwhile");
		}
		page_clear(&stale);
	}
	test("a due date goes away again") {
		ok(change(bram, "13", "due", NULL));
		ok(accepted(bram));
		same(ticket("13", "ifnull(Due, '')"), "");
	}
	test("two who tag at once both keep their tags, however often") {
		for (int i = 0; i < 8; i++) {
			char his[32], hers[40];

			snprintf(his, sizeof(his), "of-bram-%d", i);
			snprintf(hers, sizeof(hers), "of-sofia-%d two\u00a0words", i);
			ok(add_tags(bram, "13", his));
			ok(add_tags(sofia, "13", hers));
			both_settle(bram, sofia);
			ok(accepted(bram));
			ok(accepted(sofia));
		}
		same_int(tagged("13", "of-bram-%"), 8);
		same_int(tagged("13", "of-sofia-%"), 8);
		same_int(tagged("13", "two words"), 1);
	}
	test("a value the service does not know is refused by name, whatever its 200 says") {
		ok(change(bram, "13", "fields.district", "Nowhere"));
		ok(ended(bram, PATCH_REFUSED, ERROR_REFUSED, "district"));
		ok(change(bram, "13", "step", "bogus"));
		ok(ended(bram, PATCH_REFUSED, ERROR_REFUSED, "open"));
		same(ticket("13", "Status"), "open");
	}
	test("a time in a field is the same time whatever zone the account has") {
		ok(change(bram, "13", "fields.call_back", "2027-01-05T08:30:00Z"));
		ok(accepted(bram));
		same(live_sql("rt",
			     "select v.Content from ObjectCustomFieldValues v join CustomFields f "
			     "on f.id = v.CustomField where f.Name = 'Call back' and v.Disabled = "
			     "0 "
			     "and v.ObjectId = 13"),
			"2027-01-05 08:30:00");
	}
	test("300 characters of Chinese are too long for a subject, and are not cut") {
		struct buf subject = { 0 };

		for (int i = 0; i < 300; i++)
			buf_text(&subject, "\u5317");
		ok(change(bram, "13", "subject", subject.text));
		buf_clear(&subject);
		ok(ended(bram, PATCH_REFUSED, ERROR_REFUSED, "too long"));
		same(ticket("13", "Subject"), "changed meanwhile");
	}
	test("links come and go") {
		ok(change(bram, "13", "links",
			"refers-to:2 refers-to:https://x.example/a depends-on:8"));
		ok(accepted(bram));
		same_int(count_of("select count(*) from Links where Base like '%/ticket/13'"), 3);
		ok(change(bram, "13", "links", "depends-on:8"));
		ok(accepted(bram));
		same_int(count_of("select count(*) from Links where Base like '%/ticket/13'"), 1);
	}
	test("a case that waits for another is not closed, and the answer to it says so") {
		ok(change(bram, "13", "step", "resolved"));
		ok(ended(bram, PATCH_REFUSED, ERROR_REFUSED, "open"));
		same(ticket("13", "Status"), "open");
	}
}

/* Into a queue one may not look into, with a word before; and a zone that is not the server's. */
static void moves(struct clerk *bram, struct clerk *chidi)
{
	struct page page;

	test("moved out of one's sight with a note: both are there, and the row is done") {
		struct casefile *cf = sees(bram, "18", &page);

		if (ok(cf != NULL)) {
			struct patch p = patch_on(cf);

			patch_change(&p, "queue", cf->queue, "Benefits");
			p.note = "yours, I think";
			ok(post(bram, &p));
			ok(accepted(bram));
			same(live_sql("rt", "select q.Name from Tickets t join Queues q on q.id = "
					    "t.Queue where t.id = 18"),
				"Benefits");
			same_int(said("18", "Comment", "yours, I think"), 1);
		}
		page_clear(&page);
	}
	test("to a queue that is not there it does not go, and stays in sight") {
		ok(change(bram, "13", "queue", "Nowhere"));
		ok(ended(bram, PATCH_REFUSED, ERROR_REFUSED, "Waste"));
	}
	test("a time in a field is the same time for who lives in Tokyo") {
		ok(change(chidi, "7", "fields.call_back", "2027-01-05T08:30:00Z"));
		ok(accepted(chidi));
		same(live_sql("rt",
			     "select v.Content from ObjectCustomFieldValues v join CustomFields f "
			     "on f.id = v.CustomField where f.Name = 'Call back' and v.Disabled = "
			     "0 and v.ObjectId = 7"),
			"2027-01-05 08:30:00");
	}
}

/* An answer takes its file along, once, whatever becomes of the wire. */
static void answers_with_files(struct clerk *cut)
{
	struct page page;
	char path[200];

	test("an answer with a file is one mail with it, also when the word of it is lost") {
		struct casefile *cf = sees(cut, "39", &page);
		int mails = live_mails("rt");

		snprintf(path, sizeof(path), "%s/letter.txt", cut->dir);
		file_put(path, "Dear citizen\n");
		wire_cut("/correspond ", false);
		if (ok(cf != NULL)) {
			struct patch p = patch_on(cf);

			p.answer = "{\"text\":\"Please see the letter.\"}";
			patch_file(&p, path);
			ok(post(cut, &p));
			ok(accepted(cut));
			same_int(wire->cuts, 1);
			same_int(live_mails("rt") - mails, 1);
			same_int(count_of("select count(*) from Attachments where Filename = "
					  "'letter.txt'"),
				1);
		}
		page_clear(&page);
	}
}

static void ends(struct clerk *bram, struct clerk *sofia, struct clerk *remy)
{
	struct page page;

	test("an answer and the end of a case: the message first, else it would open it again") {
		struct casefile *cf = sees(bram, "3", &page);
		int mails = live_mails("rt");

		if (ok(cf != NULL)) {
			struct patch p = patch_on(cf);

			patch_change(&p, "stage", "open", "done");
			patch_change(&p, "outcome", NULL, "done");
			p.answer = "{\"text\":\"It is done.\"}";
			ok(post(bram, &p));
			ok(accepted(bram));
			same(ticket("3", "Status"), "resolved");
			same_int(said("3", "Correspond", "It is done."), 1);
			ok(live_mails("rt") - mails >= 1);
		}
		page_clear(&page);
	}
	test("who may only look is told so, and nothing is sent") {
		int mails = live_mails("rt");

		ok(change(remy, "2", "priority", "1"));
		ok(ended(remy, PATCH_REFUSED, ERROR_DENIED, "Waste"));
		ok(say(remy, "2", "from remy", NULL));
		ok(ended(remy, PATCH_REFUSED, ERROR_DENIED, "Waste"));
		same_int(said("2", "Comment", "from remy"), 0);
		same_int(live_mails("rt") - mails, 0);
	}
	test("merged into another: the old number says so afterwards") {
		struct casefile *cf = sees(bram, "10", &page);

		if (ok(cf != NULL)) {
			struct patch p = patch_on(cf);

			patch_change(&p, "priority", case_get(cf, "priority", &page.arena), "1");
			ok(change(sofia, "10", "duplicate_of", "9"));
			ok(accepted(sofia));
			same(ticket("10", "EffectiveId"), "9");
			ok(post(bram, &p));
			ok(ended(bram, PATCH_REFUSED, ERROR_GONE, "merged into 9"));
		}
		page_clear(&page);
	}
	test("deleted meanwhile: nothing is changed") {
		struct casefile *cf = sees(bram, "2", &page);

		if (ok(cf != NULL)) {
			struct patch p = patch_on(cf);

			patch_change(&p, "priority", case_get(cf, "priority", &page.arena), "1");
			ok(change(sofia, "2", "step", "deleted"));
			ok(accepted(sofia));
			ok(post(bram, &p));
			ok(ended(bram, PATCH_REFUSED, ERROR_GONE, "deleted"));
		}
		page_clear(&page);
	}
}

/* ---- files */

enum { BIG = 20 * 1024 * 1024 };

/* Every byte there is, in no order that would pack well. */
static void big_file(const char *path)
{
	static char bytes[65536];
	unsigned state = 12345;
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	for (size_t all = 0; all < BIG; all += sizeof(bytes)) {
		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = (char)((state = state * 1103515245U + 12345U) >> 16);
		ssize_t put = write(fd, bytes, sizeof(bytes));

		(void)put;
	}
	close(fd);
}

static bool same_files(const char *a, const char *b)
{
	char command[600], said[80];

	snprintf(command, sizeof(command), "cmp -s '%s' '%s'", a, b);
	return ask_shell(command, said, sizeof(said)) == 0;
}

static bool attach(struct clerk *p, const char *id, const char *note, const char *path)
{
	struct page page;
	struct casefile *cf = sees(p, id, &page);

	if (!cf)
		return false;
	struct patch message = patch_on(cf);

	message.note = note;
	patch_file(&message, path);
	bool good = post(p, &message);

	page_clear(&page);
	return good;
}

/* The file of that name on the case's timeline; strings in the page. */
static struct attachment *file_named(
	struct clerk *p, const char *id, const char *name, struct page *page)
{
	struct casefile *cf = sees(p, id, page);

	if (!cf || !store_events(p->store, cf->key, page))
		return NULL;
	for (int i = 0; i < page->event_count; i++) {
		struct attachment *f = json_read_files(page->events[i].files, &page->arena);

		for (; f && f->name; f++)
			if (!strcmp(f->name, name))
				return f;
	}
	return NULL;
}

static void comes_back(struct clerk *p, const char *id, const char *name, const char *as_sent)
{
	struct page page;
	struct attachment *f = file_named(p, id, name, &page);
	char path[200];

	if (ok(f != NULL)) {
		snprintf(path, sizeof(path), "%s/back", p->dir);
		p->done = false;
		sync_file(p->sync, page.cases[0].key, f, path, NULL, clerk_done, p);
		ok(clerk_waits(p));
		ok(same_files(path, as_sent));
		unlink(path);
	}
	page_clear(&page);
}

static void files(struct clerk *bram, struct clerk *cut)
{
	char path[200];

	test("20 MiB go up with a note and come down again, byte by byte") {
		snprintf(path, sizeof(path), "%s/big.bin", bram->dir);
		big_file(path);
		ok(attach(bram, "21", "with a large file", path));
		ok(accepted(bram));
		comes_back(bram, "21", "big.bin", path);
	}
	test("a name in Arabic stays, and so does a file alone") {
		const char *name = "\u0631\u0633\u0627\u0644\u0629 "
				   "\u0627\u0644\u0645\u0648\u0627\u0637\u0646.pdf";

		snprintf(path, sizeof(path), "%s/%s", bram->dir, name);
		file_put(path, "%PDF-1.4 not really\n\n");
		ok(attach(bram, "21", NULL, path));
		ok(accepted(bram));
		comes_back(bram, "21", name, path);
	}
	test("sent once, also when the service's word of it is lost") {
		int before =
			count_of("select count(*) from Attachments where Filename = 'once.txt'");

		snprintf(path, sizeof(path), "%s/once.txt", bram->dir);
		file_put(path, "Gr\xfc\xdf"
			       "e in another character set\n");
		wire_cut("/comment ", false);
		ok(attach(cut, "21", "once", path));
		ok(accepted(cut));
		same_int(wire->cuts, 1);
		same_int(count_of("select count(*) from Attachments where Filename = 'once.txt'") -
				 before,
			1);
		comes_back(bram, "21", "once.txt", path);
	}
	test("an empty file is refused before anything is sent") {
		snprintf(path, sizeof(path), "%s/empty.txt", bram->dir);
		file_put(path, "");
		ok(attach(bram, "21", "with nothing", path));
		ok(ended(bram, PATCH_REFUSED, ERROR_REFUSED, "empty"));
		same_int(said("21", "Comment", "with nothing"), 0);
	}
}

/* ---- many at once: the call itself, from the first request to the last */

struct told {
	struct service *service;
	struct call *call;
	struct page *page;
	struct error err;
	enum answer answer;
	bool done;
};

static void told(void *ctx, const struct response *a, const struct error *err)
{
	struct told *t = ctx;

	t->done = true;
	t->err = *err;
	t->answer = ANSWER_ERROR;
	if (err->kind == ERROR_NONE)
		t->answer = t->service->ops->calls[t->call->kind].read(
			t->service, t->call, a, t->page, &t->err);
}

static bool run_call(struct clerk *p, struct call *c, struct page *page)
{
	struct loop *loop = loop_new();
	struct transport *transport = transport_new(loop);
	struct told t = {
		.service = sync_service(p->sync, 0), .call = c, .page = page, .answer = ANSWER_MORE
	};

	for (c->step = 0; t.answer == ANSWER_MORE; c->step++) {
		struct request r = { 0 };

		t.done = false;
		if (!t.service->ops->calls[c->kind].ask(t.service, c, &r, &t.err))
			break;
		r.host_group = "rt";
		transport_send(transport, &r, told, &t);
		for (int i = 0; i < TURNS && !t.done; i++)
			loop_once(loop, 20);
	}
	free(c->work);
	transport_free(transport);
	loop_free(loop);
	if (t.err.kind != ERROR_NONE)
		printf("# %s\n", t.err.text);
	return t.answer == ANSWER_DONE;
}

enum { MANY = 6 };

static void many(struct clerk *sofia)
{
	static const char *const ids[MANY] = { "21", "24", "27", "36", "30", "33" };
	struct patch patches[MANY] = { 0 };
	const struct patch *rows[MANY];
	struct page pages[MANY] = { 0 }, page;
	const struct casefile *cases[MANY];
	struct error outcomes[MANY] = { 0 };
	struct bulk bulk = { rows, cases, outcomes, MANY };
	struct call call = { .kind = CALL_BULK, .bulk = &bulk };

	test("many at once: each has an outcome of its own, read before and after") {
		page_init(&page);
		for (int i = 0; i < MANY; i++) {
			cases[i] = sees(sofia, ids[i], &pages[i]);
			if (!ok(cases[i] != NULL))
				return;
			patches[i] = patch_on(cases[i]);
			patch_change(&patches[i], "priority",
				i == 1 ? "nobody ever had this"
				       : case_get(cases[i], "priority", &page.arena),
				cases[i]->priority == 1 ? "2" : "1");
			rows[i] = &patches[i];
		}
		patch_change(&patches[4], "fields.district",
			case_get(cases[4], "fields.district", &page.arena), "Nowhere");
		patch_change(&patches[5], "fields.district",
			case_get(cases[5], "fields.district", &page.arena), "Noord");
		ok(change(sofia, "36", "step", "deleted") && accepted(sofia));
		ok(run_call(sofia, &call, &page));
		same_int(outcomes[0].kind, ERROR_NONE);
		same_int(outcomes[1].kind, ERROR_CONFLICT);
		same_int(outcomes[2].kind, ERROR_NONE);
		same_int(outcomes[3].kind, ERROR_OFFLINE); /* then it goes by itself */
		same_int(outcomes[4].kind, ERROR_REFUSED);
		same_int(outcomes[5].kind, ERROR_NONE);
		ok(strstr(outcomes[4].text, "district") != NULL);
		same_int(atoi(ticket("21", "Priority")), cases[0]->priority == 1 ? 75 : 100);
		ok(atoi(ticket("24", "Priority")) != (cases[1]->priority == 1 ? 75 : 100));
		/* As they are now: the conflict's other side too. */
		same_int(page.case_count, 4);
		for (int i = 0; i < MANY; i++) {
			patch_clear(&patches[i]);
			page_clear(&pages[i]);
		}
		page_clear(&page);
	}
}

static struct patch new_case(const char *queue, const char *subject)
{
	struct patch p = {
		.on = ON_CASE, .service = "rt", .creates = true, .verb = "new", .title = subject
	};

	patch_change(&p, "queue", NULL, queue);
	patch_change(&p, "subject", NULL, subject);
	patch_change(&p, "citizen", NULL, "p1.home@example.net");
	return p;
}

static int made(const char *subject)
{
	char sql[200];

	snprintf(sql, sizeof(sql), "select count(*) from Tickets where Subject = '%s'", subject);
	return count_of(sql);
}

/* The server has it, and we do not know: then others are at it before it is sent again. */
static bool made_unheard(struct clerk *cut, const char *subject)
{
	struct patch p = new_case("Waste", subject);

	wire_cut("POST /REST/2.0/ticket ", false);
	if (!post(cut, &p))
		return false;
	for (int i = 0; i < TURNS && !wire->cuts; i++)
		loop_once(cut->loop, 20);
	return wire->cuts == 1 && made(subject) == 1;
}

static const char *number_of(const char *subject)
{
	char sql[200];

	snprintf(sql, sizeof(sql), "select id from Tickets where Subject = '%s'", subject);
	return live_sql("rt", sql);
}

static int all_cases(void)
{
	return count_of("select count(*) from Tickets");
}

/* As if the answer had been waited for that long. */
static bool sent_before(struct clerk *p, int seconds)
{
	char command[300], said[80];

	snprintf(command, sizeof(command),
		"sqlite3 %s/data/outbox.db 'PRAGMA busy_timeout = 5000; UPDATE patch SET sent = sent - "
		"%d'",
		p->dir, seconds);
	return ask_shell(command, said, sizeof(said)) == 0;
}

static void creations_disturbed(struct clerk *cut, struct clerk *sofia)
{
	static const struct {
		const char *test, *subject, *field, *after;
	} by_others[] = { { "opened once, also when it was renamed before we knew", "renamed since",
				  "subject", "another name" },
		{ "also when it was merged", "merged since", "duplicate_of", "21" },
		{ "also when it was deleted", "deleted since", "step", "deleted" } };
	char id[24];

	for (size_t i = 0; i < sizeof(by_others) / sizeof(*by_others); i++) {
		test(by_others[i].test);
		if (!ok(made_unheard(cut, by_others[i].subject)))
			continue;
		snprintf(id, sizeof(id), "%.20s", number_of(by_others[i].subject));
		int before = all_cases();

		ok(change(sofia, id, by_others[i].field, by_others[i].after));
		ok(accepted(sofia));
		ok(accepted(cut));
		same_int(all_cases(), before);
		const char *flaw = sync_flaw(cut->sync);

		ok(flaw && strstr(flaw, "opened"));
		if (!i)
			same(ticket(id, "Subject"), "another name");
	}
	test("out of sight some minutes later, a person is asked before it is sent again") {
		if (ok(made_unheard(cut, "moved since"))) {
			snprintf(id, sizeof(id), "%.20s", number_of("moved since"));
			int before = all_cases();

			ok(change(sofia, id, "queue", "Benefits"));
			ok(accepted(sofia));
			ok(sent_before(cut, 600));
			ok(ended(cut, PATCH_REFUSED, ERROR_REFUSED, "may not see"));
			same_int(all_cases(), before);
		}
	}
}

static void creations(struct clerk *bram, struct clerk *cut)
{
	test("a case is opened whole, also what is refused at creation or overwritten by it") {
		struct patch p = new_case("Waste", "made whole");

		patch_change(&p, "text", NULL, "what was asked");
		patch_change(&p, "step", NULL, "stalled");
		patch_change(&p, "priority", NULL, "2");
		patch_change(&p, "due", NULL, "2027-05-06T07:00:00Z");
		patch_change(&p, "worker", NULL, "bram");
		patch_change(&p, "tags", NULL, "a b");
		patch_change(&p, "fields.district", NULL, "Noord");
		patch_change(&p, "links", NULL, "refers-to:3");
		ok(post(bram, &p));
		ok(accepted(bram));
		same(live_sql("rt", "select Status || ' ' || Due || ' ' || Priority from Tickets "
				    "where Subject = 'made whole'"),
			"stalled 2027-05-06 07:00:00 75");
	}
	test("the date it is due stands also where a service level sets one of its own") {
		struct patch p = new_case("Surge", "made in time");

		patch_change(&p, "due", NULL, "2027-05-06T07:00:00Z");
		ok(post(bram, &p));
		ok(accepted(bram));
		same(live_sql("rt", "select SLA || ' ' || Due from Tickets "
				    "where Subject = 'made in time'"),
			"surge 2027-05-06 07:00:00");
	}
	test("opened once, also when the service's word of it is lost") {
		struct patch p = new_case("Waste", "made\tonce");
		int mails = live_mails("rt");

		wire_cut("POST /REST/2.0/ticket ", false);
		ok(post(cut, &p));
		ok(accepted(cut));
		same_int(wire->cuts, 1);
		same_int(made("made once"), 1);
		same_int(live_mails("rt") - mails, 1);
	}
	test("not in a queue of others, nor in none") {
		struct patch p = new_case("Nowhere", "made nowhere");

		ok(post(bram, &p));
		ok(ended(bram, PATCH_REFUSED, ERROR_DENIED, "Nowhere"));
		same_int(made("made nowhere"), 0);
	}
	test("a value that would be dropped without a word is told of") {
		struct patch p = new_case("Waste", "made without");

		patch_change(&p, "fields.district", NULL, "Nowhere");
		patch_change(&p, "step", NULL, "stalled");
		ok(post(bram, &p));
		ok(settled(bram));
		const char *flaw = sync_flaw(bram->sync);

		ok(flaw && strstr(flaw, "district"));
		same_int(made("made without"), 1);
		same(live_sql("rt", "select Status from Tickets where Subject = 'made without'"),
			"stalled");
	}
	test("it is opened all the same, and mending what is left opens no second one") {
		int count = 0;
		struct patch *rows = store_outbox(bram->store, &count);
		struct error err = { 0 };

		same_int(count, 1);
		if (count && ok(!rows[0].creates && rows[0].object > 0)) {
			same_int(rows[0].state, PATCH_REFUSED);
			same_int(rows[0].count, 1);
			ok(strstr(rows[0].error_text, "district") != NULL);
			patch_change(&rows[0], "fields.district", NULL, "Noord");
			ok(store_retry(bram->store, &rows[0], &err));
			ok(accepted(bram));
		}
		store_outbox_free(rows, count);
		same_int(made("made without"), 1);
	}
}

int main(void)
{
	struct clerk bram = { 0 }, sofia = { 0 }, remy = { 0 }, cut = { 0 },
		     chidi = { 0 };
	int port = 0;

	test("the service is there, and five people log in") {
		if (!live("rt"))
			return test_result();
		port = atoi(strrchr(getenv("RT_URL"), ':') + 1);
		ok(wire_open(port));
		ok(clerk_open(&bram, "bram", port) && clerk_open(&sofia, "sofia", port));
		ok(clerk_open(&chidi, "chidi", port));
		ok(clerk_open(&remy, "remy", port) && clerk_open(&cut, "bram", wire->port));
	}
	messages(&bram, &cut);
	claims(&bram, &sofia);
	fields(&bram, &sofia);
	creations(&bram, &cut);
	creations_disturbed(&cut, &sofia);
	files(&bram, &cut);
	moves(&bram, &chidi);
	answers_with_files(&cut);
	many(&sofia);
	ends(&bram, &sofia, &remy);
	clerk_close(&bram);
	clerk_close(&sofia);
	clerk_close(&remy);
	clerk_close(&chidi);
	clerk_close(&cut);
	wire_close();
	return test_result();
}
