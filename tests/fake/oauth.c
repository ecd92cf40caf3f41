/* An authorization server on loopback, true to RFC 8628 (device flow), RFC 6749 section 6 (refresh, each refresh
   token good once, a used one ends them all) and RFC 8414 (metadata): `oauth TOKENS LOG [NAME=VALUE]...` says
   `fake: ready URL`. The access tokens it gives are the lines of the file TOKENS in their order, so that a real
   service knows them. LOG has one line for each request: path, grant, what was answered; never a secret.
     interval=1    seconds between polls, told and enforced: sooner is slow_down
     life=60       seconds a device code is good
     lasts=3600    seconds an access token is said to last
     slow=0        so many polls are answered slow_down in any case
     broken=WHAT   code (a user code full of controls), address (plain http elsewhere), foreign (metadata naming
                   another origin), issuer (metadata of another), rubbish (no JSON), type (tokens of no known type),
                   busy (503 to the first poll), scope (refresh: 400 invalid_scope)
   The person's part: GET /approve and GET /deny decide about the last code that was given. */
#include "model/buf.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REQUEST_MOST = 16384, PENDING = 0, APPROVED, DENIED, USED };

static struct {
	const char *tokens, *log, *broken;
	int interval, life, lasts, slow;
	char url[64];
	char device[40], user[16];
	int state, polls, code_interval;
	time_t given, polled;
	char refresh[40];
	int issued, serial;
} server = { .broken = "", .interval = 1, .life = 60, .lasts = 3600 };

static void note(const char *path, const char *what, const char *answer)
{
	FILE *f = fopen(server.log, "a");

	fprintf(f, "%s %s %s\n", path, what, answer);
	fclose(f);
}

static void answer(int fd, int status, const char *body)
{
	dprintf(fd,
		"HTTP/1.1 %d Told\r\nContent-Type: application/json\r\nCache-Control: no-store\r\n"
		"Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
		status, strlen(body), body);
}

static void refuse(int fd, const char *path, const char *grant, const char *error)
{
	char body[200];

	note(path, grant, error);
	snprintf(body, sizeof(body), "{\"error\":\"%s\",\"error_description\":\"It is %s.\\u001b[31m\"}", error, error);
	answer(fd, strcmp(error, "invalid_client") ? 400 : 401, body);
}

/* A field of the form, decoded; "" when it is not there. */
static const char *field(const char *body, const char *name, char room[400])
{
	size_t size = strlen(name), n = 0;

	for (const char *at = body; at && *at; at = strchr(at, '&') ? strchr(at, '&') + 1 : NULL) {
		if (strncmp(at, name, size) || at[size] != '=')
			continue;
		for (at += size + 1; *at && *at != '&' && n + 1 < 400; at++) {
			unsigned code = 0;

			if (*at == '%' && sscanf(at + 1, "%2x", &code) == 1)
				at += 2;
			room[n++] = code ? (char)code : *at == '+' ? ' ' : *at;
		}
		break;
	}
	room[n] = '\0';
	return room;
}

static bool next_token(char room[400])
{
	FILE *f = fopen(server.tokens, "r");
	bool got = false;

	for (int i = 0; f && i <= server.issued; i++)
		got = fgets(room, 400, f) != NULL;
	if (f)
		fclose(f);
	if (got)
		server.issued++;
	room[strcspn(room, "\r\n")] = '\0';
	return got;
}

static void give(int fd, const char *grant)
{
	char token[400], body[900];

	if (!next_token(token)) {
		refuse(fd, "/token", grant, "server_error");
		return;
	}
	snprintf(server.refresh, sizeof(server.refresh), "refresh-%ld-%d", (long)getpid(), ++server.serial);
	snprintf(body, sizeof(body),
		"{\"access_token\":\"%s\",\"token_type\":\"%s\",\"expires_in\":%d,\"refresh_token\":\"%s\",\"scope\":\"cases\"}",
		token, strcmp(server.broken, "type") ? "Bearer" : "mac", server.lasts, server.refresh);
	note("/token", grant, "token");
	answer(fd, 200, body);
}

static void poll_device(int fd, const char *body)
{
	static const char grant[] = "device_code";
	char room[400];
	time_t now = time(NULL), before = server.polled;

	if (strcmp(field(body, "device_code", room), server.device) || server.state == USED || !*server.device) {
		refuse(fd, "/token", grant, "invalid_grant");
		return;
	}
	server.polled = now;
	server.polls++;
	if (server.polls == 1 && !strcmp(server.broken, "busy")) {
		note("/token", grant, "503");
		answer(fd, 503, "{}");
	} else if (now >= server.given + server.life) {
		refuse(fd, "/token", grant, "expired_token");
	} else if (server.slow-- > 0 || (before && now + 1 < before + server.code_interval)) {
		server.code_interval += 5;
		refuse(fd, "/token", grant, "slow_down");
	} else if (server.state == DENIED) {
		refuse(fd, "/token", grant, "access_denied");
	} else if (server.state == PENDING) {
		refuse(fd, "/token", grant, "authorization_pending");
	} else {
		server.state = USED;
		give(fd, grant);
	}
}

static void take_refresh(int fd, const char *body)
{
	char room[400];
	bool good = *server.refresh && !strcmp(field(body, "refresh_token", room), server.refresh);

	if (!strcmp(server.broken, "scope")) {
		refuse(fd, "/token", "refresh_token", "invalid_scope");
		return;
	}
	*server.refresh = '\0'; /* a used one ends them all: somebody has a copy */
	if (good)
		give(fd, "refresh_token");
	else
		refuse(fd, "/token", "refresh_token", "invalid_grant");
}

static void token(int fd, const char *body)
{
	char room[400];
	const char *grant = field(body, "grant_type", room);

	if (!strcmp(grant, "urn:ietf:params:oauth:grant-type:device_code"))
		poll_device(fd, body);
	else if (!strcmp(grant, "refresh_token"))
		take_refresh(fd, body);
	else
		refuse(fd, "/token", "-", "unsupported_grant_type");
}

static void device(int fd, const char *body)
{
	char text[900], room[400];

	snprintf(server.device, sizeof(server.device), "device-%ld-%d", (long)getpid(), ++server.serial);
	snprintf(server.user, sizeof(server.user), "WDJB-MJ%02d", server.serial);
	server.state = PENDING;
	server.polls = 0;
	server.given = time(NULL);
	server.polled = 0;
	server.code_interval = server.interval;
	note("/device", field(body, "scope", room), "code");
	if (!strcmp(server.broken, "rubbish")) {
		answer(fd, 200, "<html>Welcome</html>");
		return;
	}
	snprintf(text, sizeof(text),
		"{\"device_code\":\"%s\",\"user_code\":\"%s\",\"verification_uri\":\"%s%s\",\"expires_in\":%d,\"interval\":%d}",
		server.device, strcmp(server.broken, "code") ? server.user : "\\u001b]0;owned\\u0007\\u202eAB",
		strcmp(server.broken, "address") ? server.url : "http://login.example.org", "/type-it", server.life,
		server.interval);
	answer(fd, 200, text);
}

static void metadata(int fd)
{
	const char *origin = strcmp(server.broken, "foreign") ? server.url : "https://elsewhere.example.org";
	char text[600];

	note("/metadata", "-", "told");
	snprintf(text, sizeof(text),
		"{\"issuer\":\"%s\",\"token_endpoint\":\"%s/token\",\"device_authorization_endpoint\":\"%s/device\"}",
		strcmp(server.broken, "issuer") ? server.url : "https://elsewhere.example.org", origin, origin);
	answer(fd, 200, text);
}

static bool asked(const char *request, const char *line)
{
	return !strncmp(request, line, strlen(line)) && strchr(" ?", request[strlen(line)]);
}

static void serve(int fd, const char *request, const char *body)
{
	char room[400];

	if (asked(request, "GET /.well-known/oauth-authorization-server")) {
		metadata(fd);
	} else if (asked(request, "GET /approve") || asked(request, "GET /deny")) {
		server.state = asked(request, "GET /deny") ? DENIED : APPROVED;
		answer(fd, 200, "{}");
	} else if (!asked(request, "POST /device") && !asked(request, "POST /token")) {
		note("/other", "-", "404");
		answer(fd, 404, "{}");
	} else if (strcmp(field(body, "client_id", room), "caseload")) {
		refuse(fd, asked(request, "POST /token") ? "/token" : "/device", "-", "invalid_client");
	} else if (asked(request, "POST /device")) {
		device(fd, body);
	} else {
		token(fd, body);
	}
}

/* The whole request; its body is in *body. */
static bool read_request(int fd, char room[REQUEST_MOST], const char **body)
{
	size_t size = 0, wanted = 0;

	*body = NULL;
	while (size + 1 < REQUEST_MOST) {
		ssize_t n = read(fd, room + size, REQUEST_MOST - 1 - size);

		if (n <= 0)
			return false;
		room[size += (size_t)n] = '\0';
		const char *end = strstr(room, "\r\n\r\n");
		const char *length = strstr(room, "Content-Length: ");

		if (!end)
			continue;
		wanted = length && length < end ? (size_t)atoi(length + 16) : 0;
		*body = end + 4;
		if (size >= (size_t)(*body - room) + wanted)
			return true;
	}
	return false;
}

static void option(const char *text)
{
	static const struct {
		const char *name;
		int *value;
	} numbers[] = { { "interval=", &server.interval }, { "life=", &server.life }, { "lasts=", &server.lasts },
		{ "slow=", &server.slow } };

	if (!strncmp(text, "broken=", 7))
		server.broken = text + 7;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		if (!strncmp(text, numbers[i].name, strlen(numbers[i].name)))
			*numbers[i].value = atoi(text + strlen(numbers[i].name));
}

int main(int argc, char **argv)
{
	static char room[REQUEST_MOST];
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(at);
	int listener = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
	const char *port = getenv("OAUTH_PORT");

	if (argc < 3)
		return 2;
	server.tokens = argv[1];
	server.log = argv[2];
	for (int i = 3; i < argc; i++)
		option(argv[i]);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	signal(SIGPIPE, SIG_IGN);
	at.sin_port = htons((uint16_t)(port ? atoi(port) : 0));
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(listener, (struct sockaddr *)&at, sizeof(at)) || listen(listener, 64) ||
		getsockname(listener, (struct sockaddr *)&at, &size))
		return 1;
	snprintf(server.url, sizeof(server.url), "http://127.0.0.1:%d", ntohs(at.sin_port));
	printf("fake: ready %s\n", server.url);
	fflush(stdout);
	for (;;) {
		const char *body;
		int fd = accept(listener, NULL, NULL);

		if (fd >= 0 && read_request(fd, room, &body))
			serve(fd, room, body);
		if (fd >= 0)
			close(fd);
	}
}
