/* The real caseloadd, started on a free port over a small set of rows, and raw HTTP to it. For
   tests that include "service/..." (see tests/README). */
#ifndef TESTS_SERVICE_H
#define TESTS_SERVICE_H

#include "model/json.h"
#include "service/keep.h"
#include "service/token.h"
#include "tests/lib.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct server {
	char dir[64];
	int port;
	pid_t pid;
	long most_bytes; /* a file may not grow beyond; 0: no limit */
	const char *lease; /* seconds; NULL: as long as ever */
	const char *options[8]; /* of serve, besides */
	const char *log;	/* a file for what it says while it runs; NULL: ours */
	char rossi[TOKEN_SIZE], byrne[TOKEN_SIZE], reader[TOKEN_SIZE], auditor[TOKEN_SIZE],
		super[TOKEN_SIZE]; /* s.rossi of refuse; k.byrne of benefits; ... */
};

static int64_t test_clock(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- rows: two teams, four people of ours, three citizens, five cases, two kinds, one template */

static void rows_people(struct keep *keep)
{
	static const struct {
		const char *id, *name, *team;
	} workers[] = { { "s.rossi", "Sofia Rossi", "refuse" }, { "m.day", "Mary Day", "refuse" },
		{ "k.byrne", "Kevin Byrne", "benefits" }, { "a.udit", "Ada Udit", "benefits" } };
	keep_team_put(keep, &(struct team){ .id = "refuse", .name = "Refuse", .queues = "waste" });
	keep_team_put(keep,
		&(struct team){ .id = "benefits", .name = "Benefits", .queues = "benefits vax" });
	for (int i = 0; i < 4; i++)
		keep_worker_put(keep, &(struct worker){ .id = workers[i].id,
					      .name = workers[i].name,
					      .team = workers[i].team });
	keep_template_put(
		keep, &(struct answer_template){ .id = "t1",
			      .name = "Missed bin",
			      .language = "en",
			      .queue = "waste",
			      .outcome = "explained",
			      .text = "Dear {{citizen.given}}, about {{case.number}}: {{when}}." });
}

static void rows_kinds(struct keep *keep)
{
	static const char *const next_first[] = { "checked", NULL }, *const next_checked[] = {
		"granted", NULL
	};
	static const struct kind_field fields[] = {
		{ .name = "income", .label = "Income", .type = KIND_MONEY, .required = true },
		{ .name = "since", .label = "Since", .type = KIND_DATE },
	};
	static const struct kind_step steps[] = {
		{ .id = "asked", .name = "Asked", .status = "new", .next = next_first },
		{ .id = "checked", .name = "Checked", .status = "open", .next = next_checked },
		{ .id = "granted",
			.name = "Granted",
			.status = "resolved",
			.role = "supervisor",
			.other_person = true },
	};
	keep_kind_put(keep, &(struct kind){ .id = "benefit",
				    .name = "Housing benefit",
				    .queue = "benefits",
				    .fields = fields,
				    .field_count = 2,
				    .steps = steps,
				    .step_count = 3,
				    .due_working_days = 5 });
	keep_kind_put(keep, &(struct kind){ .id = "vax",
				    .name = "Vaccination",
				    .queue = "vax",
				    .repeat_after_days = 28,
				    .repeat_times = 2 });
}

static void rows_cases(struct keep *keep, struct arena *arena)
{
	struct citizen people[] = {
		{ .id = "p1",
			.given = "Zo\u00EB",
			.family = "de Vries",
			.born = "1966-11-02",
			.ref = "475394459",
			.phone = "+31 6 10855719",
			.mail = "zoe@example.org",
			.postcode = "5038 AB",
			.street = "Kerkstraat 12",
			.town = "Tilburg" },
		{ .id = "p2",
			.given = "\u0141ukasz",
			.family = "M\u00FCller",
			.guarded = true,
			.street = "Secret 1",
			.postcode = "1111 AA",
			.town = "Hidden" },
		{ .id = "p3", .family = "\u674E\u5C0F\u660E" },
	};
	struct casefile cases[] = {
		{ .id = "c1",
			.subject = "Missed bin",
			.queue = "waste",
			.team = "refuse",
			.priority = 2,
			.citizen = "p1" },
		{ .id = "c2",
			.subject = "Housing question",
			.queue = "benefits",
			.team = "benefits",
			.priority = 3,
			.citizen = "p2" },
		{ .id = "c3",
			.subject = "Anonymous heap",
			.queue = "waste",
			.team = "refuse",
			.priority = 4 },
		{ .id = "c4",
			.subject = "Restricted matter",
			.queue = "benefits",
			.team = "benefits",
			.priority = 1,
			.citizen = "p1",
			.restricted = true },
		{ .id = "c5",
			.subject = "Second bin",
			.queue = "waste",
			.team = "refuse",
			.priority = 3,
			.worker = "s.rossi",
			.citizen = "p1" },
	};
	for (int i = 0; i < 3; i++)
		keep_citizen_add(keep, &people[i], arena);
	for (int i = 0; i < 5; i++) {
		keep_case_add(keep, &cases[i], arena);
		struct event event = { .casefile = cases[i].key,
			.wire = "opened",
			.by = "citizen",
			.visible = true,
			.text = i == 0 ? "The lorry forgot the cr\u00E8che" : "As it says" };
		keep_event_add(keep, &event);
	}
}

/* Answers are not what these tests are about: none fails for want of a command, by itself and later. */
static void server_conf(const struct server *server)
{
	char path[96];
	snprintf(path, sizeof path, "%s/caseloadd.conf", server->dir);
	FILE *conf = fopen(path, "w");
	for (const char *const *channel = (const char *const[]){ "email", "sms", "letter", NULL }; *channel; channel++)
		fprintf(conf, "[channel %s]\nby-hand = yes\n", *channel);
	fclose(conf);
}

static void server_rows(struct server *server)
{
	struct error err = { 0 };
	struct arena arena = { 0 };
	struct keep keep = { .base = base_open(server->dir, BASE_WRITE, &err),
		.now_ms = test_clock(),
		.ident = ident_uuid,
		.worker = "system" };
	if (!keep.base) {
		printf("# %s\n", err.text);
		exit(1);
	}
	server_conf(server);
	base_begin(keep.base);
	rows_people(&keep);
	rows_kinds(&keep);
	rows_cases(&keep, &arena);
	base_commit(keep.base);
	token_add(&keep, "s.rossi", "caseworker", "rossi", 0, server->rossi, &err);
	token_add(&keep, "k.byrne", "caseworker", "byrne", 0, server->byrne, &err);
	token_add(&keep, "m.day", "reader", "reader", 0, server->reader, &err);
	token_add(&keep, "a.udit", "auditor", "auditor", 0, server->auditor, &err);
	token_add(&keep, "m.day", "caseworker supervisor", "super", 0, server->super, &err);
	ok(!err.kind && !base_error(keep.base, &err));
	base_close(keep.base);
	arena_clear(&arena);
}

/* ---- starting and stopping */

static const char *server_program(void)
{
	static char path[256];
	snprintf(
		path, sizeof path, "%s/caseloadd", getenv("BUILD") ? getenv("BUILD") : "build/san");
	return path;
}

/* Runs it over its directory; port 0 when it does not come up. */
__attribute__((unused)) static void server_run(struct server *server)
{
	int ends[2];
	char line[200] = "";
	size_t size = 0;
	server->port = 0;
	if (pipe(ends) != 0)
		return;
	server->pid = fork();
	if (server->pid == 0) {
		dup2(ends[1], 1);
		close(ends[0]);
		close(ends[1]);
		struct rlimit files = { (rlim_t)server->most_bytes, RLIM_INFINITY };
		if (server->most_bytes)
			setrlimit(RLIMIT_FSIZE, &files);
		char *args[20] = { "caseloadd", "serve", "--listen", "127.0.0.1:0", "--data", server->dir,
			"--with-parent" };
		int count = 7;
		if (server->lease) {
			args[count++] = "--lease";
			args[count++] = (char *)server->lease;
		}
		for (int i = 0; i < 8 && server->options[i]; i++)
			args[count + i] = (char *)server->options[i];
		if (server->log)
			dup2(open(server->log, O_WRONLY | O_CREAT | O_APPEND, 0600), 2);
		execv(server_program(), args);
		_exit(127);
	}
	close(ends[1]);
	while (size + 1 < sizeof line && read(ends[0], line + size, 1) == 1 && line[size] != '\n')
		size++;
	close(ends[0]);
	if (sscanf(line, "caseloadd: ready http://127.0.0.1:%d/v1", &server->port) != 1)
		printf("# caseloadd said: %s\n", line);
}

/* caseloadd WORDS... --data its directory: the exit code. Ends with NULL. */
__attribute__((unused)) static int server_command(const struct server *server, const char *const *words)
{
	char *args[16] = { "caseloadd" };
	int count = 1, status = 0;
	while (*words && count < 12)
		args[count++] = (char *)*words++;
	args[count++] = "--data";
	args[count] = (char *)server->dir;
	pid_t pid = fork();
	if (pid == 0) {
		dup2(2, 1);
		execv(server_program(), args);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

__attribute__((unused)) static void server_start(struct server *server)
{
	snprintf(server->dir, sizeof server->dir, "/tmp/caseload-test-XXXXXX");
	if (!mkdtemp(server->dir))
		exit(1);
	server_rows(server);
	server_run(server);
	ok(server->port > 0);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

/* Its exit code; -1 when a signal ended it. */
__attribute__((unused)) static int server_end(struct server *server, int signal_number)
{
	int status = 0;
	kill(server->pid, signal_number);
	waitpid(server->pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

__attribute__((unused)) static void server_clear(struct server *server)
{
	nftw(server->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* ---- raw bytes */

static int server_connect(const struct server *server)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)server->port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof at) == 0)
		return fd;
	close(fd);
	return -1;
}

static void send_all(int fd, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL);
		if (sent <= 0)
			return;
		bytes += sent;
		size -= (size_t)sent;
	}
}

/* Reads until the peer closes, `until` has come, or ms have passed; false: time. */
static bool receive(int fd, struct buf *out, const char *until, int ms)
{
	char block[4096];
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	while (!until || !strstr(buf_str(out), until)) {
		int64_t began = test_clock();
		if (ms <= 0 || poll(&wait, 1, ms) <= 0)
			return false;
		ms -= (int)(test_clock() - began);
		ssize_t size = recv(fd, block, sizeof block, 0);
		if (size <= 0)
			return !until;
		buf_add(out, block, (size_t)size);
	}
	return true;
}

/* Sends these bytes on a connection of their own; what came back until it was closed or stayed
 * silent. */
__attribute__((unused)) static char *raw(
	const struct server *server, const char *bytes, size_t size)
{
	struct buf out = { 0 };
	int fd = server_connect(server);
	send_all(fd, bytes, size);
	receive(fd, &out, NULL, 700);
	close(fd);
	buf_text(&out, "");
	return buf_take(&out);
}

/* ---- requests */

struct reply {
	int status;
	struct buf head, body;
	struct json *json;
};

static void reply_clear(struct reply *reply)
{
	json_free(reply->json);
	buf_clear(&reply->head);
	buf_clear(&reply->body);
	*reply = (struct reply){ 0 };
}

/* headers: "Name: value\r\n" lines. Freed with reply_clear(). */
__attribute__((unused)) static void ask(struct reply *reply, const struct server *server, const char *token,
	const char *method, const char *path, const char *headers, const char *body)
{
	struct buf request = { 0 }, answer = { 0 };
	reply_clear(reply);
	int fd = server_connect(server);
	buf_printf(&request, "%s /v1%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n", method, path);
	if (token)
		buf_printf(&request, "Authorization: Bearer %s\r\n", token);
	if (body)
		buf_printf(&request, "Content-Length: %zu\r\n", strlen(body));
	buf_printf(&request, "%s\r\n%s", headers ? headers : "", body ? body : "");
	send_all(fd, request.text, request.size);
	receive(fd, &answer, NULL, 20000);
	close(fd);
	const char *end = strstr(buf_str(&answer), "\r\n\r\n");
	if (end && sscanf(answer.text, "HTTP/1.1 %d", &reply->status) == 1) {
		buf_add(&reply->head, answer.text, (size_t)(end + 2 - answer.text));
		buf_text(&reply->body, end + 4);
		reply->json = json_read(buf_str(&reply->body), reply->body.size, NULL, NULL);
	}
	buf_clear(&request);
	buf_clear(&answer);
}

/* A member of the answer, by "a.b.0.c"; NULL: not there. */
__attribute__((unused)) static const struct json *at(const struct reply *reply, const char *path)
{
	const struct json *node = reply->json;
	char name[64];
	while (*path) {
		size_t size = strcspn(path, ".");
		snprintf(name, sizeof name, "%.*s", (int)size, path);
		node = isdigit((unsigned char)name[0]) ? json_at(node, (size_t)atoi(name))
						       : json_get(node, name);
		path += size + (path[size] == '.');
	}
	return node;
}

__attribute__((unused)) static const char *text_at(const struct reply *reply, const char *path)
{
	return json_text(at(reply, path));
}

__attribute__((unused)) static int64_t int_at(const struct reply *reply, const char *path)
{
	return json_int(at(reply, path), -1);
}

/* The last word of the problem's URN; "" when it is none. */
__attribute__((unused)) static const char *problem(const struct reply *reply)
{
	const char *type = text_at(reply, "type");
	return type && strncmp(type, "urn:casework:", 13) == 0 ? type + 13 : "";
}

#endif
