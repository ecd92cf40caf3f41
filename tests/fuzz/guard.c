/* The head of a request, byte for byte to the real server: what a strict reading of RFC 9112 refuses is
   never served, one request is never taken for two, and what is sound is answered. The strict reading
   stands here by itself and knows nothing of the guard or of the library before it. */
#include "tests/fuzz/fuzz.h"

#include "service/http.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { HEAD_MOST = 2000 };

/* ---- the server, in this process */

static struct service *service;
static char dir[64];

static int64_t clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void end(void)
{
	static const char *const files[] = { "casework.db", "casework.db-wal", "casework.db-shm" };
	char path[100];

	service_stop(service);
	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
		unlink(path);
	}
	rmdir(dir);
}

static void begin(void)
{
	struct error err = { 0 };

	snprintf(dir, sizeof(dir), "/tmp/caseload-fuzz-XXXXXX");
	must(mkdtemp(dir) != NULL);
	service = service_start(&(struct service_options){ .dir = dir, .address = "127.0.0.1:0",
					.now_ms = clock_ms, .ident = ident_uuid },
		&err);
	must(service != NULL);
	atexit(end);
}

/* false: nothing more within that time, or it closed. */
static bool more(int fd, int wait_ms, struct buf *out)
{
	char part[4096];
	struct pollfd ready = { .fd = fd, .events = POLLIN };

	if (poll(&ready, 1, wait_ms) <= 0)
		return false;
	ssize_t n = recv(fd, part, sizeof(part), 0);

	if (n > 0)
		buf_add(out, part, (size_t)n);
	return n > 0;
}

/* Everything it answers. It is told that nothing more comes only after a first answer, or when there was
   none for a moment: an end in one piece with the request is not seen by libmicrohttpd 0.9.75, which then
   keeps the connection for a minute. */
static void answered(const uint8_t *data, size_t size, bool surely, struct buf *out)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)service_port(service)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct linger at_once = { .l_onoff = 1 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	/* Those the service closed first do use up ports, for a minute. */
	for (int i = 0; fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)); i++) {
		must(errno == EADDRNOTAVAIL && i < 90);
		poll(NULL, 0, 1000);
	}
	must(fd >= 0);
	for (size_t at = 0; at < size;) {
		ssize_t n = send(fd, data + at, size - at, MSG_NOSIGNAL);

		if (n <= 0)
			break;
		at += (size_t)n;
	}
	more(fd, surely ? 10000 : 3, out);
	shutdown(fd, SHUT_WR);
	while (more(fd, 200, out))
		continue;
	/* Without the wait for late segments: thousands of these would use up all ports. */
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(fd);
}

/* ---- the strict reading */

struct head {
	int hosts, lengths, encodings, authorizations;
	bool host_empty;
	size_t body;
};

/* The next line, which ends in CR LF and has neither inside. */
static bool line_of(const char **at, const char *end_of, size_t *size)
{
	const char *lf = memchr(*at, '\n', (size_t)(end_of - *at));

	if (!lf || lf == *at || lf[-1] != '\r')
		return false;
	*size = (size_t)(lf - 1 - *at);
	return !memchr(*at, '\r', *size);
}

static bool token_char(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool request_line(const char *line, size_t size)
{
	static const char version[] = "HTTP/1.1";
	const char *space = memchr(line, ' ', size);

	if (!space || space == line || size < sizeof(version) + 3)
		return false;
	for (const char *c = line; c < space; c++)
		if (!token_char(*c))
			return false;
	const char *target = space + 1;
	const char *second = memchr(target, ' ', (size_t)(line + size - target));

	if (!second || second == target || line + size - second - 1 != sizeof(version) - 1 ||
		(memcmp(second + 1, version, sizeof(version) - 1) != 0 &&
			memcmp(second + 1, "HTTP/1.0", sizeof(version) - 1) != 0))
		return false;
	for (const char *c = target; c < second; c++)
		if ((unsigned char)*c <= 0x20 || *c == 0x7F)
			return false;
	return true;
}

static bool is(const char *name, size_t size, const char *word)
{
	return size == strlen(word) && !strncasecmp(name, word, size);
}

static bool header_line(struct head *h, const char *line, size_t size)
{
	const char *colon = memchr(line, ':', size);
	size_t name = colon ? (size_t)(colon - line) : 0;

	if (!name)
		return false;
	for (size_t i = 0; i < name; i++)
		if (!token_char(line[i]))
			return false;
	const char *value = colon + 1, *end_of = line + size;

	while (value < end_of && (*value == ' ' || *value == '\t'))
		value++;
	while (end_of > value && (end_of[-1] == ' ' || end_of[-1] == '\t'))
		end_of--;
	for (const char *c = value; c < end_of; c++)
		if (((unsigned char)*c < 0x20 && *c != '\t') || *c == 0x7F)
			return false;
	h->hosts += is(line, name, "Host");
	h->host_empty = h->host_empty || (is(line, name, "Host") && value == end_of);
	h->encodings += is(line, name, "Transfer-Encoding");
	h->authorizations += is(line, name, "Authorization");
	if (is(line, name, "Content-Length")) {
		h->lengths++;
		h->body = 0;
		if (value == end_of || end_of - value > 18)
			return false;
		for (const char *c = value; c < end_of; c++) {
			if (!isdigit((unsigned char)*c))
				return false;
			h->body = h->body * 10 + (size_t)(*c - '0');
		}
	}
	return true;
}

static bool counts_good(const struct head *h)
{
	return h->hosts == 1 && !h->host_empty && h->lengths <= 1 && !h->encodings &&
	       h->authorizations <= 1;
}

/* The library makes the same two NULs of it as of CR LF, and takes it for the end of the head: service/guard.c
   cannot tell. It hides nothing, but a proxy before it should refuse it, as any does that wants a name there. */
static bool colon_alone(const char *at, const char *end_of)
{
	return end_of - at >= 2 && at[0] == ':' && at[1] == '\n';
}

/* Bytes of the request at the beginning, with its body; 0: it is not sound, or not whole. */
static size_t sound(const char *text, size_t size)
{
	struct head h = { 0 };
	const char *at = text, *end_of = text + size;
	size_t line;

	if (!line_of(&at, end_of, &line) || !request_line(at, line))
		return 0;
	for (at += line + 2; !colon_alone(at, end_of) && line_of(&at, end_of, &line) && line; at += line + 2)
		if (!header_line(&h, at, line))
			return 0;
	if (!colon_alone(at, end_of) && !line_of(&at, end_of, &line))
		return 0;
	at += 2;
	if (!counts_good(&h) || h.body > (size_t)(end_of - at))
		return 0;
	return (size_t)(at - text) + h.body;
}

/* ---- the two of them */

/* What a route answered (200, 401, 404, 405 ...), and what was answered at all. The library says its own 400
   in a form that holds two heads; those that only refuse a head are no proof that anybody was asked. */
static int routed_in(const char *text, int *all)
{
	static const char *const head_only[] = { "400", "411", "413", "414", "431", "501", "505" };
	int count = 0;

	for (*all = 0; (text = strstr(text, "HTTP/1.1 "));) {
		bool head = false;

		text += 9;
		if (!isdigit((unsigned char)*text))
			continue; /* a sentence that names the version */
		for (size_t i = 0; i < sizeof(head_only) / sizeof(head_only[0]); i++)
			head = head || !strncmp(text, head_only[i], 3);
		count += !head;
		++*all;
	}
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf out = { 0 };
	const char *text = (const char *)data;
	int requests = 0;

	if (size > HEAD_MOST)
		return 0;
	if (!service)
		begin();
	/* Empty lines before a request are passed over (RFC 9112, 2.2), by the library also those of a bare
	   LF or CR: they hold nothing. */
	size_t at = 0;

	for (size_t n; at < size; at += n, requests++) {
		while (at < size && (text[at] == '\r' || text[at] == '\n'))
			at++;
		n = at < size ? sound(text + at, size - at) : 0;
		if (!n)
			break;
	}
	bool one = requests == 1 && at == size;

	answered(data, size, one, &out);

	/* Beyond what is sound nobody is asked; one whole sound request is answered. */
	int all, routed = routed_in(buf_str(&out), &all);

	/* A NUL that was sent may stand for a line's end: service/guard.c cannot tell it from the library's own. */
	bool bad = (routed > requests && !memchr(text, '\0', size)) || (one && all != 1);

	for (size_t i = 0; bad && i < size; i++)
		fprintf(stderr, data[i] >= ' ' && data[i] < 0x7F ? "%c" : "\\x%02x", data[i]);
	if (bad)
		fprintf(stderr, "\n%d sound, %d asked, %d answers:\n%s\n", requests, routed, all, buf_str(&out));
	must(routed <= requests || memchr(text, '\0', size));
	must(!one || all == 1);
	buf_clear(&out);
	return 0;
}
