/* Requests over libcurl's multi interface. Invariants:
   1. libcurl is touched at the first request, not before: the first screen is painted by then.
   2. done is called from the loop only, outside of libcurl, once for each request or never after
      transport_cancel(); what ends within libcurl (a cap, a cancel) is put right after
   curl_multi_perform().
   3. Nothing is followed, retried or asked for by libcurl itself, as far as it lets us; for the
   rest (a request sent again on a connection that died) a write carries a key or goes out `fresh`.
   4. An answer counts only when its head ended and its body is whole and of the wanted type. */
#include "net/transport.h"

#include "model/arena.h"
#include "model/buf.h"
#include "model/i18n.h"
#include "net/trace.h"
#include "net/url.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	BODY_MAX = 16 * 1024 * 1024, /* decoded */
	HEAD_MAX = 64 * 1024,
	BODY_PART = 16 * 1024, /* sent at once of what is in memory; by itself libcurl takes four
				  times that */
	WAIT_MS = 20 * 1000,
	CONNECT_MS = 10 * 1000,
	RETRY_MAX_MS = 3600 * 1000,
	LEAST_SPEED = 100, /* bytes a second of a file; below that it does not move */
	AT_ONCE = 4,
	EASY_KEPT = 8,
	EXCHANGES = 256,
	SWITCHED = 101, /* Switching Protocols */
	URGENCIES = URGENT_LATER + 1
};

struct group {
	struct group *next;
	char *name;
	int at_once, active, idle_ms;
	char *ca_file, *certificate, *key, *proxy;
	char *password; /* of the key; NULL: not known, or not needed */
	bool locked;	/* the key has one */
	bool proven;	/* a connection stood with it */
	bool refused;	/* it was wrong */
};

/* A connection, as far as we know of it: libcurl keeps it, we see it opened and closed. */
struct wire {
	struct wire *next;
	struct group *group;
	const struct job *opener; /* only its address is of use: it may be gone */
	int fd;
	int64_t idle_ms; /* since when nothing is asked over it, on the loop's clock */
	bool ended;
};

/* What is read while it is sent: a file, or bytes of the request. */
struct source {
	struct job *job;
	const char *path, *bytes;
	int fd; /* -1: bytes */
	int64_t size, at;
};

struct job {
	struct job *next;
	struct request request;
	transport_done *done;
	void *ctx;
	struct group *group;
	CURL *easy;
	struct curl_slist *headers;
	curl_mime *mime;
	struct source *sources; /* of the body_path, or of each part */
	int source_count;
	struct transport *transport;
	struct buf head, body;
	size_t head_bytes, received;
	bool head_ended, cancelled, type_seen;
	char tls[16];
	struct error error; /* what stopped it from our side */
	char curl_text[CURL_ERROR_SIZE];
};

struct jobs {
	struct job *first, **end;
};

struct transport {
	struct loop *loop;
	CURLM *multi;
	bool inside; /* of libcurl: nothing may be taken from it now */
	struct group *groups;
	struct jobs waiting[URGENCIES], active, finished;
	CURL *easy[EASY_KEPT];
	int easy_count;
	int timer; /* tells what failed before it began */
	struct wire *wires;
	int idle_timer;
	struct trace *trace;
	bool inspects;
};

/* ---- requests and responses */

void request_header(struct request *r, const char *name, const char *value)
{
	size_t count = 0;
	struct buf line = { 0 };

	if (!value)
		return;
	while (r->headers && r->headers[count])
		count++;
	r->headers = xrealloc(r->headers, (count + 2) * sizeof(*r->headers));
	buf_printf(&line, "%s: %s", name, value);
	r->headers[count] = buf_take(&line);
	r->headers[count + 1] = NULL;
}

struct request_part *request_part(struct request *r, const char *name)
{
	size_t count = (size_t)r->part_count + 1;

	r->parts = xrealloc(r->parts, count * sizeof(*r->parts));
	struct request_part *part = &r->parts[r->part_count++];

	*part = (struct request_part){ .name = xstrdup(name) };
	return part;
}

static void part_clear(struct request_part *part)
{
	if (part->body)
		explicit_bzero(part->body, part->body_size);
	free(part->name);
	free(part->type);
	free(part->filename);
	free(part->body);
	free(part->path);
}

void request_clear(struct request *r)
{
	for (char **h = r->headers; h && *h; h++) {
		explicit_bzero(*h, strlen(*h));
		free(*h);
	}
	if (r->body)
		explicit_bzero(r->body, r->body_size);
	for (int i = 0; i < r->part_count; i++)
		part_clear(&r->parts[i]);
	free(r->parts);
	free(r->body_path);
	free(r->headers);
	free(r->body);
	free(r->url);
	*r = (struct request){ 0 };
}

/* The value within the head, without the blanks around it, of the one with that number; NULL: not
   there. */
static const char *head_find_at(const char *head, const char *name, int nr, size_t *size)
{
	size_t name_size = strlen(name);

	for (const char *line = head; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncasecmp(line, name, name_size) != 0 || line[name_size] != ':' || nr-- > 0)
			continue;
		line += name_size + 1;
		line += strspn(line, " \t");
		*size = strcspn(line, "\r\n");
		while (*size && strchr(" \t", line[*size - 1]))
			(*size)--;
		return line;
	}
	return NULL;
}

static const char *head_find(const char *head, const char *name, size_t *size)
{
	return head_find_at(head, name, 0, size);
}

const char *response_header(
	const struct response *a, const char *name, int nr, char *room, size_t size)
{
	size_t found = 0;
	const char *value = head_find_at(a->head, name, nr, &found);

	if (!value || !size)
		return NULL;
	if (found > size - 1)
		found = size - 1;
	memcpy(room, value, found);
	room[found] = '\0';
	return room;
}

/* ---- lists of jobs */

static void jobs_init(struct jobs *l)
{
	l->first = NULL;
	l->end = &l->first;
}

static void jobs_add(struct jobs *l, struct job *j)
{
	j->next = NULL;
	*l->end = j;
	l->end = &j->next;
}

static bool jobs_drop(struct jobs *l, struct job *j)
{
	for (struct job **at = &l->first; *at; at = &(*at)->next) {
		if (*at != j)
			continue;
		*at = j->next;
		if (l->end == &j->next)
			l->end = at;
		return true;
	}
	return false;
}

static bool is_stream(const struct job *j)
{
	return j->request.wait_ms < 0;
}

/* A file goes or comes: it may take as long as it moves. */
static bool is_transfer(const struct request *r)
{
	bool file = r->body_path || (r->chunk && r->wait_ms >= 0);

	for (int i = 0; i < r->part_count; i++)
		file |= r->parts[i].path != NULL;
	return file;
}

/* ---- groups */

static struct group *group_find(struct transport *t, const char *name)
{
	name = name ? name : "";
	for (struct group *g = t->groups; g; g = g->next)
		if (!strcmp(g->name, name))
			return g;
	struct group *g = xcalloc(1, sizeof(*g));

	g->name = xstrdup(name);
	g->at_once = AT_ONCE;
	g->next = t->groups;
	t->groups = g;
	return g;
}

static void wipe(char *secret)
{
	if (secret)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

static void group_free(struct group *g)
{
	free(g->name);
	free(g->ca_file);
	free(g->certificate);
	free(g->key);
	free(g->proxy);
	wipe(g->password);
	free(g);
}

void transport_limit(struct transport *t, const char *host_group, int at_once)
{
	group_find(t, host_group)->at_once = at_once > 0 ? at_once : AT_ONCE;
}

void transport_idle(struct transport *t, const char *host_group, int idle_ms)
{
	group_find(t, host_group)->idle_ms = idle_ms;
}

static void text_put(char **to, const char *text)
{
	free(*to);
	*to = text && *text ? xstrdup(text) : NULL;
}

static bool on_card(const char *name)
{
	return name && !strncmp(name, "pkcs11:", 7);
}

/* A PEM file says so near its beginning (PKCS #8, or the older "Proc-Type: 4,ENCRYPTED"). */
static bool is_encrypted(const char *path)
{
	char text[4096];
	FILE *f = fopen(path, "r");
	size_t size = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

	if (f)
		fclose(f);
	text[size] = '\0';
	bool encrypted = strstr(text, "ENCRYPTED") != NULL;

	explicit_bzero(text, sizeof(text));
	return encrypted;
}

void transport_tls(
	struct transport *t, const char *host_group, const struct transport_identity *identity)
{
	struct group *g = group_find(t, host_group);

	text_put(&g->ca_file, identity->ca_file);
	text_put(&g->certificate, identity->certificate);
	text_put(&g->key, identity->key);
	text_put(&g->proxy, identity->proxy);
	const char *key = g->key ? g->key : g->certificate;

	g->locked = key && (on_card(key) || is_encrypted(key));
}

bool transport_wants_password(struct transport *t, const char *host_group)
{
	const struct group *g = group_find(t, host_group);

	return g->locked && !g->password;
}

void transport_password(struct transport *t, const char *host_group, const char *password)
{
	struct group *g = group_find(t, host_group);

	wipe(g->password);
	g->password = xstrdup(password);
	g->proven = g->refused = false;
}

bool transport_password_refused(struct transport *t, const char *host_group)
{
	return group_find(t, host_group)->refused;
}

/* ---- what is read while it is sent */

static bool source_broke(const struct source *s, const char *why)
{
	return error_set(&s->job->error, ERROR_LOCAL, _("The file %s cannot be read: %s."),
		s->path, why);
}

/* Opened before anything is sent; a link, a pipe or a device is not what a person meant to send. */
static bool source_open(struct source *s, struct job *j, const char *path)
{
	struct stat st;

	*s = (struct source){ .job = j, .path = path, .fd = -1 };
	s->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (s->fd < 0)
		return source_broke(s, strerror(errno));
	if (fstat(s->fd, &st) != 0 || !S_ISREG(st.st_mode))
		return source_broke(s, _("it is no ordinary file"));
	s->size = st.st_size;
	return true;
}

static bool sources_open(struct job *j)
{
	const struct request *r = &j->request;
	int count = r->body_path ? 1 : r->part_count;
	bool good = true;

	if (!count)
		return true;
	j->sources = xcalloc((size_t)count, sizeof(*j->sources));
	for (int i = 0; good && i < count; i++) {
		struct source *s = &j->sources[j->source_count++];
		const char *path = r->body_path ? r->body_path : r->parts[i].path;

		*s = (struct source){ .job = j, .fd = -1 };
		if (path)
			good = source_open(s, j, path);
		else
			s->bytes = r->parts[i].body;
		if (!path)
			s->size = (int64_t)r->parts[i].body_size;
	}
	return good;
}

static void sources_close(struct job *j)
{
	for (int i = 0; i < j->source_count; i++)
		if (j->sources[i].fd >= 0)
			close(j->sources[i].fd);
	free(j->sources);
	j->sources = NULL;
	j->source_count = 0;
}

/* No more and no less than was promised by the length. */
static size_t source_read(char *room, size_t one, size_t count, void *ctx)
{
	struct source *s = ctx;
	int64_t left = s->size - s->at;
	size_t size = one * count;

	if (s->job->cancelled)
		return CURL_READFUNC_ABORT;
	if ((int64_t)size > left)
		size = (size_t)left;
	if (!size)
		return 0;
	if (s->fd < 0) {
		memcpy(room, s->bytes + s->at, size);
		s->at += (int64_t)size;
		return size;
	}
	ssize_t got = pread(s->fd, room, size, s->at);

	if (got <= 0) {
		source_broke(s, got < 0 ? strerror(errno) : _("it was changed while it was sent"));
		return CURL_READFUNC_ABORT;
	}
	s->at += got;
	if (s->job->request.moved)
		s->job->request.moved(s->job->ctx);
	return (size_t)got;
}

/* libcurl begins anew when a kept connection turns out to be dead. */
static int source_seek(void *ctx, curl_off_t to, int origin)
{
	struct source *s = ctx;

	if (origin != SEEK_SET || to < 0 || to > s->size)
		return CURL_SEEKFUNC_FAIL;
	s->at = to;
	return CURL_SEEKFUNC_OK;
}

/* ---- connections nothing is asked over */

static void wire_note(struct transport *t, const struct job *j, int fd)
{
	struct wire *w = xcalloc(1, sizeof(*w));

	*w = (struct wire){ .next = t->wires,
		.group = j->group,
		.opener = j,
		.fd = fd,
		.idle_ms = loop_now_ms() };
	t->wires = w;
}

/* While a request of its group has no connection yet, this one may be meant for it. */
static bool wire_busy(const struct transport *t, const struct wire *w)
{
	for (const struct job *j = t->active.first; j; j = j->next) {
		curl_socket_t fd = CURL_SOCKET_BAD;

		curl_easy_getinfo(j->easy, CURLINFO_ACTIVESOCKET, &fd);
		if (fd == w->fd || w->opener == j || (fd == CURL_SOCKET_BAD && j->group == w->group))
			return true;
	}
	return false;
}

/* Shut, not closed: the server has its worker back, and libcurl sees a dead connection and throws it
   away before it takes it again. */
static void idle_look(void *ctx)
{
	struct transport *t = ctx;
	int64_t now = loop_now_ms(), next = 0;

	t->idle_timer = 0;
	for (struct wire *w = t->wires; w; w = w->next) {
		if (w->ended || !w->group->idle_ms || wire_busy(t, w))
			continue;
		int64_t left = w->idle_ms + w->group->idle_ms - now;

		if (left <= 0) {
			shutdown(w->fd, SHUT_RDWR);
			w->ended = true;
		} else if (!next || left < next) {
			next = left;
		}
	}
	if (next)
		t->idle_timer = loop_after(t->loop, (int)next, idle_look, t);
}

static void wire_idle(struct transport *t, const struct job *j)
{
	curl_socket_t fd = CURL_SOCKET_BAD;

	curl_easy_getinfo(j->easy, CURLINFO_ACTIVESOCKET, &fd);
	for (struct wire *w = t->wires; w; w = w->next)
		if (w->fd == fd)
			w->idle_ms = loop_now_ms();
	if (!t->idle_timer && j->group->idle_ms)
		t->idle_timer = loop_after(t->loop, j->group->idle_ms, idle_look, t);
}

/* ---- what libcurl calls */

static void error_head(struct job *j)
{
	error_set(&j->error, ERROR_GARBLED,
		_("The service sent headers beyond any measure; the answer was dropped."));
}

static int job_status(const struct job *j)
{
	long status = 0;

	curl_easy_getinfo(j->easy, CURLINFO_RESPONSE_CODE, &status);
	return (int)status;
}

/* NOTE: libcurl waits for ever for what comes after 101 and was never asked for. */
static size_t take_head(char *bytes, size_t one, size_t size, void *ctx)
{
	struct job *j = ctx;

	(void)one;
	if (j->cancelled)
		return 0;
	j->head_bytes += size;
	if (j->head_bytes > HEAD_MAX) {
		error_head(j);
		return 0;
	}
	if (size > 5 && !memcmp(bytes, "HTTP/", 5)) { /* 100 Continue came before */
		buf_reset(&j->head);
		j->head_ended = false;
	}
	if (!j->head_ended)
		buf_add(&j->head, bytes, size);
	if (size <= 2 && bytes[size - 1] == '\n')
		j->head_ended = true;
	return j->head_ended && job_status(j) == SWITCHED ? 0 : size;
}

static bool status_good(int status)
{
	return status >= 200 && status < 300;
}

static bool type_is(const char *type, size_t size, const char *wanted)
{
	size = strcspn(type, "; \t\r\n") < size ? strcspn(type, "; \t\r\n") : size;
	return strlen(wanted) == size && !strncasecmp(type, wanted, size);
}

/* Once for each answer, at its first byte or at its end. */
static bool type_check(struct job *j)
{
	size_t size = 0;
	const char *wanted = j->request.type;
	const char *type = head_find(buf_str(&j->head), "Content-Type", &size);

	if (j->type_seen || !wanted || !*wanted || !status_good(job_status(j)))
		return true;
	j->type_seen = true;
	if (type && type_is(type, size, wanted))
		return true;
	return error_set(&j->error, ERROR_GARBLED,
		_("The service answered with %.*s where %s was expected; is the address "
		  "right?"),
		type ? (int)(size < 60 ? size : 60) : 7, type ? type : "nothing", wanted);
}

static bool take_chunk(struct job *j, const char *bytes, size_t size)
{
	if (j->request.chunk(j->ctx, bytes, size) || j->cancelled) {
		if (!j->cancelled && j->request.moved)
			j->request.moved(j->ctx);
		return true;
	}
	return error_set(&j->error, ERROR_GARBLED,
		_("The service sent something that was not understood; the connection "
		  "was ended."));
}

static size_t take_body(char *bytes, size_t one, size_t size, void *ctx)
{
	struct job *j = ctx;

	(void)one;
	if (j->cancelled || !type_check(j))
		return 0;
	j->received += size;
	if (j->request.chunk && status_good(job_status(j)))
		return take_chunk(j, bytes, size) && !j->cancelled ? size : 0;
	if (j->received > BODY_MAX) {
		error_set(&j->error, ERROR_GARBLED,
			_("The service sent an answer beyond any measure; it was dropped."));
		return 0;
	}
	buf_add(&j->body, bytes, size);
	return size;
}

static bool address_loopback(const struct sockaddr *a)
{
	if (a->sa_family == AF_INET)
		return (ntohl(((const struct sockaddr_in *)(const void *)a)->sin_addr.s_addr) >>
			       24) == 127;
	if (a->sa_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(
			&((const struct sockaddr_in6 *)(const void *)a)->sin6_addr);
	return false;
}

/* Plain http goes to this machine, whatever a name was made to mean. */
static curl_socket_t open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *a)
{
	struct job *j = ctx;

	(void)purpose;
	if (j->error.kind != ERROR_NONE) /* what it needs could not be set up */
		return CURL_SOCKET_BAD;
	if (!strncasecmp(j->request.url, "http:", 5) && !address_loopback(&a->addr)) {
		error_set(&j->error, ERROR_CONFIG,
			_("The address of the service leads away from this machine without "
			  "protection; nothing was sent."));
		return CURL_SOCKET_BAD;
	}
	int fd = socket(a->family, a->socktype, a->protocol);

	if (fd < 0)
		return CURL_SOCKET_BAD;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	wire_note(j->transport, j, fd);
	return fd;
}

static int close_socket(void *ctx, curl_socket_t fd)
{
	struct transport *t = ctx;

	for (struct wire **at = &t->wires; *at; at = &(*at)->next)
		if ((*at)->fd == fd) {
			struct wire *gone = *at;

			*at = gone->next;
			free(gone);
			break;
		}
	return close(fd);
}

/* ---- starting */

static bool has_body(const struct request *r)
{
	return r->body || r->body_path || r->part_count;
}

static void set_method(CURL *c, const struct request *r)
{
	if (r->body) {
		curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body_size);
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, r->body);
		curl_easy_setopt(c, CURLOPT_UPLOAD_BUFFERSIZE, (long)BODY_PART);
	}
	if (!strcmp(r->method, "HEAD"))
		curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
	else if (strcmp(r->method, "GET") != 0 || has_body(r))
		curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, r->method);
}

/* The whole body is one file. */
static void set_upload(struct job *j)
{
	struct source *s = &j->sources[0];

	curl_easy_setopt(j->easy, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(j->easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)s->size);
	curl_easy_setopt(j->easy, CURLOPT_READFUNCTION, source_read);
	curl_easy_setopt(j->easy, CURLOPT_READDATA, s);
	curl_easy_setopt(j->easy, CURLOPT_SEEKFUNCTION, source_seek);
	curl_easy_setopt(j->easy, CURLOPT_SEEKDATA, s);
}

/* libcurl takes no copy of what is read by a function, so there is none to wipe. Names go out as
   UTF-8 with quote and line end escaped, as browsers do. */
static void set_parts(struct job *j)
{
	const struct request *r = &j->request;

	j->mime = curl_mime_init(j->easy);
	for (int i = 0; i < r->part_count; i++) {
		curl_mimepart *part = curl_mime_addpart(j->mime);

		curl_mime_name(part, r->parts[i].name);
		curl_mime_data_cb(part, (curl_off_t)j->sources[i].size, source_read, source_seek,
			NULL, &j->sources[i]);
		if (r->parts[i].filename)
			curl_mime_filename(part, r->parts[i].filename);
		if (r->parts[i].type)
			curl_mime_type(part, r->parts[i].type);
	}
	curl_easy_setopt(j->easy, CURLOPT_MIMEPOST, j->mime);
}

static void set_body(struct job *j)
{
	if (j->request.body_path)
		set_upload(j);
	else if (j->request.part_count)
		set_parts(j);
	set_method(j->easy, &j->request);
}

static void set_headers(struct job *j)
{
	for (char **h = j->request.headers; h && *h; h++)
		j->headers = curl_slist_append(j->headers, *h);
	j->headers = curl_slist_append(j->headers, "Expect:");
	if (!has_body(&j->request) && strcmp(j->request.method, "GET") != 0)
		j->headers = curl_slist_append(j->headers, "Content-Length: 0");
	curl_easy_setopt(j->easy, CURLOPT_HTTPHEADER, j->headers);
}

/* libcurl reaches a smartcard through OpenSSL's engine of that name. Where there is no password an empty one
   is given, or OpenSSL itself would ask for it on the terminal. */
static void set_identity(struct job *j)
{
	const struct group *g = j->group;
	const char *key = g->key ? g->key : g->certificate;

	if (!g->certificate)
		return;
	if ((on_card(g->certificate) || on_card(key)) &&
		curl_easy_setopt(j->easy, CURLOPT_SSLENGINE, "pkcs11") != CURLE_OK)
		error_set(&j->error, ERROR_CONFIG,
			_("A smartcard is reached through OpenSSL's engine pkcs11, which is not here; "
			  "install it (libengine-pkcs11-openssl)."));
	if (on_card(g->certificate))
		curl_easy_setopt(j->easy, CURLOPT_SSLCERTTYPE, "ENG");
	if (on_card(key))
		curl_easy_setopt(j->easy, CURLOPT_SSLKEYTYPE, "ENG");
	curl_easy_setopt(j->easy, CURLOPT_SSLCERT, g->certificate);
	curl_easy_setopt(j->easy, CURLOPT_SSLKEY, key);
	curl_easy_setopt(j->easy, CURLOPT_KEYPASSWD, g->password ? g->password : "");
}

/* Empty, and not unset: then libcurl would look into the environment. */
static void set_proxy(struct job *j)
{
	const struct group *g = j->group;
	bool used = g->proxy && !strncasecmp(j->request.url, "https:", 6);

	curl_easy_setopt(j->easy, CURLOPT_PROXY, used ? g->proxy : "");
	curl_easy_setopt(j->easy, CURLOPT_NOPROXY, "");
	curl_easy_setopt(j->easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
}

static void set_safety(struct job *j)
{
	CURL *c = j->easy;

	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
	if (j->group->ca_file)
		curl_easy_setopt(c, CURLOPT_CAINFO, j->group->ca_file);
	set_proxy(j);
	set_identity(j);
}

/* "SSL connection using TLSv1.3 / ...": libcurl tells the version nowhere else but in its chatter. */
static int take_chatter(CURL *c, curl_infotype type, char *text, size_t size, void *ctx)
{
	static const char using[] = "SSL connection using ";
	struct job *j = ctx;
	size_t skip = sizeof(using) - 1, length = 0;

	(void)c;
	if (type != CURLINFO_TEXT || size <= skip || memcmp(text, using, skip) != 0)
		return 0;
	while (skip + length < size && text[skip + length] > ' ')
		length++;
	snprintf(j->tls, sizeof(j->tls), "%.*s", (int)length, text + skip);
	return 0;
}

static void set_inspect(struct job *j, bool on)
{
	curl_easy_setopt(j->easy, CURLOPT_CERTINFO, on ? 1L : 0L);
	if (!on)
		return;
	curl_easy_setopt(j->easy, CURLOPT_DEBUGFUNCTION, take_chatter);
	curl_easy_setopt(j->easy, CURLOPT_DEBUGDATA, j);
	curl_easy_setopt(j->easy, CURLOPT_VERBOSE, 1L);
}

static void set_time(CURL *c, const struct request *r)
{
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
	if (r->wait_ms < 0) {
		curl_easy_setopt(c, CURLOPT_TCP_KEEPALIVE, 1L);
		return;
	}
	int wait_ms = r->wait_ms ? r->wait_ms : WAIT_MS;

	if (!is_transfer(r)) {
		curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)wait_ms);
		curl_easy_setopt(c, CURLOPT_ACCEPT_ENCODING, "");
		return;
	}
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, (long)LEAST_SPEED);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, (long)((wait_ms + 999) / 1000));
	if (!r->chunk) /* a file comes as it is, so that its length is the one announced */
		curl_easy_setopt(c, CURLOPT_ACCEPT_ENCODING, "");
}

static void set_callbacks(struct job *j)
{
	curl_easy_setopt(j->easy, CURLOPT_PRIVATE, j);
	curl_easy_setopt(j->easy, CURLOPT_ERRORBUFFER, j->curl_text);
	curl_easy_setopt(j->easy, CURLOPT_HEADERFUNCTION, take_head);
	curl_easy_setopt(j->easy, CURLOPT_HEADERDATA, j);
	curl_easy_setopt(j->easy, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(j->easy, CURLOPT_WRITEDATA, j);
	curl_easy_setopt(j->easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(j->easy, CURLOPT_OPENSOCKETDATA, j);
	curl_easy_setopt(j->easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
	curl_easy_setopt(j->easy, CURLOPT_CLOSESOCKETDATA, j->transport);
}

static void job_start(struct transport *t, struct job *j)
{
	j->easy = t->easy_count ? t->easy[--t->easy_count] : curl_easy_init();
	curl_easy_setopt(j->easy, CURLOPT_URL, j->request.url);
	curl_easy_setopt(j->easy, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(j->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(j->easy, CURLOPT_USERAGENT, "caseload/" VERSION);
	if (j->request.fresh) {
		curl_easy_setopt(j->easy, CURLOPT_FRESH_CONNECT, 1L);
		curl_easy_setopt(j->easy, CURLOPT_FORBID_REUSE, 1L);
	}
	set_callbacks(j);
	set_safety(j);
	set_inspect(j, t->inspects);
	set_time(j->easy, &j->request);
	set_body(j);
	set_headers(j);
	if (!is_stream(j))
		j->group->active++;
	jobs_add(&t->active, j);
	curl_multi_add_handle(t->multi, j->easy);
}

static bool any_active(const struct transport *t, const struct group *g)
{
	for (const struct job *j = t->active.first; j; j = j->next)
		if (j->group == g)
			return true;
	return false;
}

/* What is ahead of need leaves one place free for a person. A password of a key is tried once. */
static bool may_start(const struct transport *t, const struct job *j)
{
	int most = j->group->at_once;

	if (j->group->password && !j->group->proven && any_active(t, j->group))
		return false;
	if (is_stream(j))
		return true;
	if (j->request.urgency == URGENT_LATER && most > 1)
		most--;
	return j->group->active < most;
}

static bool key_open(struct job *j)
{
	if (!j->group->locked || j->group->password)
		return true;
	return error_set(&j->error, ERROR_LOGIN,
		j->group->refused ? _("The key of the client certificate was not opened: the PIN or "
				      "password is wrong. It is not tried again by itself.")
				  : _("The key of the client certificate needs its PIN or password."));
}

static void tell_failed(void *ctx);

static void fail_soon(struct transport *t, struct job *j)
{
	jobs_add(&t->finished, j);
	if (!t->timer)
		t->timer = loop_after(t->loop, 0, tell_failed, t);
}

static void start_waiting(void *ctx)
{
	struct transport *t = ctx;

	for (int u = 0; u < URGENCIES; u++) {
		for (struct job *j = t->waiting[u].first, *next; j; j = next) {
			next = j->next;
			if (!may_start(t, j))
				continue;
			jobs_drop(&t->waiting[u], j);
			if (!key_open(j)) {
				fail_soon(t, j);
				continue;
			}
			job_start(t, j);
		}
	}
}

/* ---- ending */

static void headers_wipe(struct curl_slist *list)
{
	for (struct curl_slist *l = list; l; l = l->next)
		explicit_bzero(l->data, strlen(l->data));
	curl_slist_free_all(list);
}

static void job_detach(struct transport *t, struct job *j)
{
	if (!j->easy)
		return;
	wire_idle(t, j);
	curl_multi_remove_handle(t->multi, j->easy);
	curl_easy_reset(j->easy);
	curl_mime_free(j->mime);
	j->mime = NULL;
	if (t->easy_count < EASY_KEPT)
		t->easy[t->easy_count++] = j->easy;
	else
		curl_easy_cleanup(j->easy);
	j->easy = NULL;
	headers_wipe(j->headers);
	j->headers = NULL;
	if (!is_stream(j))
		j->group->active--;
}

static void job_free(struct job *j)
{
	sources_close(j);
	request_clear(&j->request);
	buf_clear(&j->head);
	if (j->body.text)
		explicit_bzero(j->body.text, j->body.size); /* a token may have come in it */
	buf_clear(&j->body);
	free(j);
}

/* One sentence for each way a connection fails; whatever happens, what was saved here is safe. */
static const struct {
	CURLcode code;
	enum error_kind kind;
	const char *text; /* %s: scheme, host and port */
} failures[] = {
	{ CURLE_COULDNT_RESOLVE_HOST, ERROR_OFFLINE,
		N_("The host of %s cannot be found; is there a network?") },
	{ CURLE_COULDNT_CONNECT, ERROR_OFFLINE, N_("%s cannot be reached.") },
	{ CURLE_OPERATION_TIMEDOUT, ERROR_OFFLINE, N_("%s did not answer in time.") },
	{ CURLE_GOT_NOTHING, ERROR_OFFLINE, N_("%s ended the connection without an answer.") },
	{ CURLE_SEND_ERROR, ERROR_OFFLINE, N_("The connection to %s broke while sending.") },
	{ CURLE_RECV_ERROR, ERROR_OFFLINE, N_("The connection to %s broke off.") },
	{ CURLE_PARTIAL_FILE, ERROR_OFFLINE, N_("The answer of %s was cut off.") },
	{ CURLE_SSL_CONNECT_ERROR, ERROR_OFFLINE,
		N_("No protected connection to %s is possible; nothing was sent.") },
	{ CURLE_PEER_FAILED_VERIFICATION, ERROR_OFFLINE,
		N_("%s could not prove who it is (its certificate); nothing was sent.") },
	{ CURLE_COULDNT_RESOLVE_PROXY, ERROR_OFFLINE,
		N_("The host of the proxy on the way to %s cannot be found.") },
	{ CURLE_SSL_CACERT_BADFILE, ERROR_CONFIG, N_("The file of tls-ca set for %s cannot be read.") },
	{ CURLE_SSL_CERTPROBLEM, ERROR_CONFIG,
		N_("The certificate or key set for %s cannot be used.") },
	{ CURLE_SSL_ENGINE_NOTFOUND, ERROR_CONFIG,
		N_("The certificate or key set for %s cannot be used.") },
	{ CURLE_URL_MALFORMAT, ERROR_CONFIG, N_("%s is no address that can be asked.") },
	{ CURLE_WEIRD_SERVER_REPLY, ERROR_GARBLED,
		N_("%s did not answer as a web service does; is the address right?") },
	{ CURLE_UNSUPPORTED_PROTOCOL, ERROR_GARBLED,
		N_("%s did not answer as a web service does; is the address right?") },
	{ CURLE_BAD_CONTENT_ENCODING, ERROR_GARBLED,
		N_("The answer of %s could not be unpacked.") },
	/* No verdict on what was asked: it waits, and is asked again. */
	{ CURLE_OUT_OF_MEMORY, ERROR_OFFLINE,
		N_("There was not enough memory for a request to %s.") },
	{ CURLE_OK, ERROR_OFFLINE, N_("The connection to %s failed.") },
};

/* Why a certificate is not taken, as libcurl and OpenSSL or GnuTLS put it, in a person's words. */
static const struct {
	const char *said, *text; /* %s: scheme, host and port */
} doubts[] = {
	{ "has expired", N_("The certificate of %s has ended; nothing was sent. Tell its administrator.") },
	{ "expired", N_("The certificate of %s has ended; nothing was sent. Tell its administrator.") },
	{ "not yet valid", N_("The certificate of %s is not valid yet; nothing was sent. Is the clock here "
			      "right?") },
	{ "does not match", N_("The certificate of %s is one of another host; nothing was sent. Check the "
			       "address.") },
	{ "no alternative certificate subject name", N_("The certificate of %s is one of another host; "
							"nothing was sent. Check the address.") },
	{ "self-signed", N_("The certificate of %s is signed by nobody this machine trusts; nothing was "
			    "sent. tls-ca names a site's own authority.") },
	{ "self signed", N_("The certificate of %s is signed by nobody this machine trusts; nothing was "
			    "sent. tls-ca names a site's own authority.") },
	{ "unable to get local issuer", N_("The certificate of %s is signed by nobody this machine trusts; "
					   "nothing was sent. tls-ca names a site's own authority.") },
	{ "signer not found", N_("The certificate of %s is signed by nobody this machine trusts; nothing "
				 "was sent. tls-ca names a site's own authority.") },
};

static void add_reason(struct error *err, const char *said, const char *origin)
{
	for (size_t i = 0; i < sizeof(doubts) / sizeof(*doubts); i++)
		if (strstr(said, doubts[i].said)) {
			error_set(err, err->kind, _(doubts[i].text), origin);
			return;
		}
}

/* A wrong PIN or password cannot be told from a key that is no good: both are not tried again. */
static bool password_failed(struct group *g, CURLcode code)
{
	if (code != CURLE_SSL_CERTPROBLEM || !g->password || g->proven)
		return false;
	wipe(g->password);
	g->password = NULL;
	g->refused = true;
	return true;
}

static void error_from_curl(struct job *j, CURLcode code)
{
	struct buf origin = { 0 };
	size_t i = 0;

	if (password_failed(j->group, code)) {
		key_open(j);
		return;
	}

	while (failures[i].code != code && failures[i].code != CURLE_OK)
		i++;
	url_origin(&origin, j->request.url);
	error_set(&j->error, failures[i].kind, _(failures[i].text), buf_str(&origin));
	if (code == CURLE_PEER_FAILED_VERIFICATION)
		add_reason(&j->error, j->curl_text, buf_str(&origin));
	buf_clear(&origin);
}

static void error_redirect(struct job *j, const struct response *a)
{
	struct buf to = { 0 };

	url_origin(&to, a->location ? a->location : "");
	if (to.size)
		error_set(&j->error, ERROR_GARBLED,
			_("The service sends its callers on to %s, which is never followed; check "
			  "the address."),
			buf_str(&to));
	else
		error_set(&j->error, ERROR_GARBLED,
			_("The service sends its callers to another page, which is never followed; "
			  "check the address."));
	j->error.status = a->status;
	buf_clear(&to);
}

static const char *head_copy(struct arena *arena, const char *head, const char *name)
{
	size_t size = 0;
	const char *value = head_find(head, name, &size);

	return value ? arena_copy_n(arena, value, size) : NULL;
}

static const char *etag_version(struct arena *arena, const char *head)
{
	char *tag = (char *)head_copy(arena, head, "ETag");

	if (!tag)
		return NULL;
	if (!strncmp(tag, "W/", 2))
		tag += 2;
	size_t size = strlen(tag);

	if (size >= 2 && tag[0] == '"' && tag[size - 1] == '"') {
		tag[size - 1] = '\0';
		tag++;
	}
	return tag;
}

/* Seconds or a date; never more than an hour, whatever is asked. */
static int retry_ms(const char *value, int64_t date)
{
	char *end;

	if (!value)
		return 0;
	long long wait = strtoll(value, &end, 10);

	if (end == value || *end) {
		time_t at = curl_getdate(value, NULL);

		if (at < 0)
			return 0;
		wait = at - (date ? date : (int64_t)time(NULL));
	}
	if (wait <= 0)
		return 0;
	return wait >= RETRY_MAX_MS / 1000 ? RETRY_MAX_MS : (int)wait * 1000;
}

static void response_fill(struct job *j, struct response *a, struct arena *arena)
{
	const char *head = buf_str(&j->head);
	double took = 0, asked = 0, began = 0;
	const char *date = head_copy(arena, head, "Date");
	char *type = (char *)head_copy(arena, head, "Content-Type");

	curl_easy_getinfo(j->easy, CURLINFO_TOTAL_TIME, &took);
	curl_easy_getinfo(j->easy, CURLINFO_PRETRANSFER_TIME, &asked);
	curl_easy_getinfo(j->easy, CURLINFO_STARTTRANSFER_TIME, &began);
	if (type)
		type[strcspn(type, "; \t")] = '\0';
	*a = (struct response){ .status = job_status(j),
		.version = etag_version(arena, head),
		.location = head_copy(arena, head, "Location"),
		.type = type,
		.body = buf_str(&j->body),
		.body_size = j->body.size,
		.head = head,
		.took_ms = took * 1000,
		.served_ms = began > asked ? (began - asked) * 1000 : 0 };
	if (date && curl_getdate(date, NULL) > 0)
		a->date = curl_getdate(date, NULL);
	const char *retry = head_copy(arena, head, "Retry-After");

	a->retry_ms = retry_ms(retry, a->date);
}

/* Honest: as soon as a byte of a write has left, nobody here knows. */
static bool maybe_done(const struct job *j)
{
	long sent = 0;

	curl_easy_getinfo(j->easy, CURLINFO_REQUEST_SIZE, &sent);
	return sent > 0 && strcmp(j->request.method, "GET") != 0 &&
	       strcmp(j->request.method, "HEAD") != 0;
}

/* What is wrong with it, in the order in which it would mislead. */
static void job_judge(struct job *j, CURLcode code, struct response *a)
{
	if (code == CURLE_OUT_OF_MEMORY && j->head.size && !j->head_ended)
		error_head(j); /* what libcurl says of a header line of more than 100 KB */
	if (code == CURLE_WRITE_ERROR && a->status == SWITCHED)
		code = CURLE_WEIRD_SERVER_REPLY;
	if (j->error.kind == ERROR_NONE && code != CURLE_OK)
		error_from_curl(j, code);
	if (j->error.kind == ERROR_NONE && !j->head_ended)
		error_from_curl(j, CURLE_PARTIAL_FILE);
	if (j->error.kind == ERROR_NONE && a->status >= 300 && a->status < 400 && a->status != 304)
		error_redirect(j, a);
	if (j->error.kind == ERROR_NONE && a->status != 204)
		type_check(j);
	a->maybe_done = j->error.kind != ERROR_NONE && maybe_done(j);
}

static size_t size_sent(const struct job *j)
{
	curl_off_t sent = 0;

	if (!j->source_count)
		return j->request.body_size;
	curl_easy_getinfo(j->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
	return sent > 0 ? (size_t)sent : 0;
}

/* The day the other side's certificate ends, from "Expire date:Nov 30 12:00:00 2027 GMT". */
static time_t certificate_until(CURL *easy)
{
	static const char label[] = "Expire date:";
	struct curl_certinfo *info = NULL;

	if (curl_easy_getinfo(easy, CURLINFO_CERTINFO, &info) != CURLE_OK || !info ||
		info->num_of_certs < 1)
		return 0;
	for (const struct curl_slist *l = info->certinfo[0]; l; l = l->next)
		if (!strncmp(l->data, label, sizeof(label) - 1)) {
			time_t at = curl_getdate(l->data + sizeof(label) - 1, NULL);

			return at > 0 ? at : 0;
		}
	return 0;
}

static double connect_ms(CURL *easy)
{
	curl_off_t connected = 0, secured = 0;

	curl_easy_getinfo(easy, CURLINFO_CONNECT_TIME_T, &connected);
	curl_easy_getinfo(easy, CURLINFO_APPCONNECT_TIME_T, &secured);
	return (double)(secured > connected ? secured : connected) / 1000;
}

static void job_trace(struct transport *t, const struct job *j, const struct response *a)
{
	struct exchange x = { .at = time(NULL),
		.method = j->request.method,
		.status = a->status,
		.error = j->error.kind,
		.sent = size_sent(j),
		.received = j->received,
		.took_ms = a->took_ms,
		.date = (time_t)a->date,
		.connect_ms = j->easy ? connect_ms(j->easy) : 0,
		.certificate_until = t->inspects && j->easy ? certificate_until(j->easy) : 0 };

	snprintf(x.group, sizeof(x.group), "%s", j->group->name);
	snprintf(x.tls, sizeof(x.tls), "%s", j->tls);
	trace_add(t->trace, &x, j->request.url);
}

static void job_end(struct transport *t, struct job *j, CURLcode code)
{
	struct arena arena = { 0 };
	struct response a;

	response_fill(j, &a, &arena);
	job_judge(j, code, &a);
	if (a.status)
		j->group->proven = true;
	job_trace(t, j, &a);
	job_detach(t, j);
	j->done(j->ctx, &a, &j->error);
	arena_clear(&arena);
	job_free(j);
}

/* Those cancelled from within libcurl. */
static void drop_cancelled(struct transport *t)
{
	for (struct job *j = t->active.first, *next; j; j = next) {
		next = j->next;
		if (!j->cancelled)
			continue;
		jobs_drop(&t->active, j);
		job_detach(t, j);
		job_free(j);
	}
}

static void end_finished(struct transport *t)
{
	int left;

	for (CURLMsg *m; (m = curl_multi_info_read(t->multi, &left));) {
		struct job *j = NULL;
		CURLcode code = m->data.result;

		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&j);
		jobs_drop(&t->active, j);
		job_end(t, j, code);
	}
}

/* The engine of a smartcard writes its troubles to standard error, which may be the screen. */
static int quiet_begin(const struct transport *t)
{
	const struct group *g = t->groups;

	while (g && !on_card(g->certificate) && !on_card(g->key))
		g = g->next;
	int kept = g ? fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3) : -1;
	int null = kept >= 0 ? open("/dev/null", O_WRONLY | O_CLOEXEC) : -1;

	if (null >= 0) {
		dup2(null, STDERR_FILENO);
		close(null);
	}
	return kept;
}

static void quiet_end(int kept)
{
	if (kept < 0)
		return;
	dup2(kept, STDERR_FILENO);
	close(kept);
}

static void perform(void *ctx)
{
	struct transport *t = ctx;
	int running, kept = quiet_begin(t);

	t->inside = true;
	curl_multi_perform(t->multi, &running);
	t->inside = false;
	quiet_end(kept);
	drop_cancelled(t);
	end_finished(t);
}

/* ---- outside */

struct transport *transport_new(struct loop *loop)
{
	struct transport *t = xcalloc(1, sizeof(*t));

	t->loop = loop;
	t->trace = trace_new(EXCHANGES);
	for (int u = 0; u < URGENCIES; u++)
		jobs_init(&t->waiting[u]);
	jobs_init(&t->active);
	jobs_init(&t->finished);
	return t;
}

static void jobs_end(struct transport *t, struct jobs *l, bool all, const void *ctx)
{
	for (struct job *j = l->first, *next; j; j = next) {
		next = j->next;
		if (!all && j->ctx != ctx)
			continue;
		jobs_drop(l, j);
		job_detach(t, j);
		job_free(j);
	}
}

void transport_free(struct transport *t)
{
	if (!t)
		return;
	loop_cancel(t->loop, t->timer);
	loop_cancel(t->loop, t->idle_timer);
	jobs_end(t, &t->finished, true, NULL);
	jobs_end(t, &t->active, true, NULL);
	for (int u = 0; u < URGENCIES; u++)
		jobs_end(t, &t->waiting[u], true, NULL);
	while (t->easy_count)
		curl_easy_cleanup(t->easy[--t->easy_count]);
	if (t->multi) {
		loop_set_multi(t->loop, NULL, NULL, NULL, NULL);
		curl_multi_cleanup(t->multi);
		curl_global_cleanup();
	}
	while (t->groups) {
		struct group *g = t->groups;

		t->groups = g->next;
		group_free(g);
	}
	while (t->wires) { /* of handles that were never given to libcurl's end */
		struct wire *w = t->wires;

		t->wires = w->next;
		free(w);
	}
	trace_free(t->trace);
	free(t);
}

/* NOTE: libcurl would write the keys of every connection to the file this variable names. */
static void transport_begin(struct transport *t)
{
	unsetenv("SSLKEYLOGFILE");
	curl_global_init(CURL_GLOBAL_DEFAULT);
	t->multi = curl_multi_init();
	curl_multi_setopt(t->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
	loop_set_multi(t->loop, t->multi, start_waiting, perform, t);
}

static bool header_ok(const char *line, struct error *err)
{
	for (const char *c = line; *c; c++)
		if (((unsigned char)*c < 0x20 && *c != '\t') || *c == 0x7f)
			return error_set(err, ERROR_USAGE,
				_("A line end or control character cannot be sent to the "
				  "service in this place; nothing was sent."));
	return true;
}

static bool request_check(const struct request *r, struct error *err)
{
	for (char **h = r->headers; h && *h; h++)
		if (!header_ok(*h, err))
			return false;
	for (int i = 0; i < r->part_count; i++) {
		const struct request_part *part = &r->parts[i];

		if (!header_ok(part->name, err) || (part->type && !header_ok(part->type, err)) ||
			(part->filename && !header_ok(part->filename, err)))
			return false;
	}
	return url_check(r->url, err);
}

static void tell_failed(void *ctx)
{
	struct transport *t = ctx;
	struct response none = { .head = "", .body = "" };

	t->timer = 0;
	while (t->finished.first) {
		struct job *j = t->finished.first;

		jobs_drop(&t->finished, j);
		j->done(j->ctx, &none, &j->error);
		job_free(j);
	}
}

void transport_send(struct transport *t, struct request *r, transport_done *done, void *ctx)
{
	struct job *j = xcalloc(1, sizeof(*j));

	*j = (struct job){ .request = *r, .done = done, .ctx = ctx, .transport = t };
	*r = (struct request){ 0 };
	j->group = group_find(t, j->request.host_group);
	if (!request_check(&j->request, &j->error) || !sources_open(j)) {
		fail_soon(t, j);
		return;
	}
	if (!t->multi)
		transport_begin(t);
	jobs_add(&t->waiting[j->request.urgency], j);
}

void transport_cancel(struct transport *t, void *ctx)
{
	for (int u = 0; u < URGENCIES; u++)
		jobs_end(t, &t->waiting[u], false, ctx);
	jobs_end(t, &t->finished, false, ctx);
	if (!t->inside) {
		jobs_end(t, &t->active, false, ctx);
		return;
	}
	for (struct job *j = t->active.first; j; j = j->next)
		j->cancelled = j->cancelled || j->ctx == ctx;
}

int transport_busy(const struct transport *t)
{
	int count = 0;

	for (int u = 0; u < URGENCIES; u++)
		for (const struct job *j = t->waiting[u].first; j; j = j->next)
			count += !is_stream(j);
	for (const struct job *j = t->active.first; j; j = j->next)
		count += !is_stream(j) && !j->cancelled;
	return count;
}

void transport_inspect(struct transport *t, bool on)
{
	t->inspects = on;
}

const struct trace *transport_trace(const struct transport *t)
{
	return t->trace;
}
