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
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	BODY_MAX = 16 * 1024 * 1024, /* decoded */
	HEAD_MAX = 64 * 1024,
	WAIT_MS = 20 * 1000,
	CONNECT_MS = 10 * 1000,
	RETRY_MAX_MS = 3600 * 1000,
	AT_ONCE = 4,
	EASY_KEPT = 8,
	EXCHANGES = 256,
	URGENCIES = URGENT_LATER + 1
};

struct group {
	struct group *next;
	char *name;
	int at_once, active;
	char *ca_file, *certificate, *key;
};

struct job {
	struct job *next;
	struct request request;
	transport_done *done;
	void *ctx;
	struct group *group;
	CURL *easy;
	struct curl_slist *headers;
	struct buf head, body;
	size_t head_bytes, received;
	bool head_ended, cancelled, type_seen;
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
	struct trace *trace;
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

void request_clear(struct request *r)
{
	for (char **h = r->headers; h && *h; h++) {
		explicit_bzero(*h, strlen(*h));
		free(*h);
	}
	if (r->body)
		explicit_bzero(r->body, r->body_size);
	free(r->headers);
	free(r->body);
	free(r->url);
	*r = (struct request){ 0 };
}

/* The value within the head, without the blanks around it; NULL: not there. */
static const char *head_find(const char *head, const char *name, size_t *size)
{
	size_t name_size = strlen(name);

	for (const char *line = head; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncasecmp(line, name, name_size) != 0 || line[name_size] != ':')
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

const char *response_header(const struct response *a, const char *name, char *room, size_t size)
{
	size_t found = 0;
	const char *value = head_find(a->head, name, &found);

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

static void group_free(struct group *g)
{
	free(g->name);
	free(g->ca_file);
	free(g->certificate);
	free(g->key);
	free(g);
}

void transport_limit(struct transport *t, const char *host_group, int at_once)
{
	group_find(t, host_group)->at_once = at_once > 0 ? at_once : AT_ONCE;
}

static void text_put(char **to, const char *text)
{
	free(*to);
	*to = text && *text ? xstrdup(text) : NULL;
}

void transport_tls(struct transport *t, const char *host_group, const char *ca_file,
	const char *certificate, const char *key)
{
	struct group *g = group_find(t, host_group);

	text_put(&g->ca_file, ca_file);
	text_put(&g->certificate, certificate);
	text_put(&g->key, key);
}

/* ---- what libcurl calls */

static size_t take_head(char *bytes, size_t one, size_t size, void *ctx)
{
	struct job *j = ctx;

	(void)one;
	if (j->cancelled)
		return 0;
	j->head_bytes += size;
	if (j->head_bytes > HEAD_MAX) {
		error_set(&j->error, ERROR_GARBLED,
			_("The service sent headers beyond any measure; the answer was dropped."));
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
	return size;
}

static int job_status(const struct job *j)
{
	long status = 0;

	curl_easy_getinfo(j->easy, CURLINFO_RESPONSE_CODE, &status);
	return (int)status;
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
	if (j->request.chunk(j->ctx, bytes, size) || j->cancelled)
		return true;
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
	if (!strncasecmp(j->request.url, "http:", 5) && !address_loopback(&a->addr)) {
		error_set(&j->error, ERROR_CONFIG,
			_("The address of the service leads away from this machine without "
			  "protection; nothing was sent."));
		return CURL_SOCKET_BAD;
	}
	int fd = socket(a->family, a->socktype, a->protocol);

	if (fd >= 0)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	return fd;
}

/* ---- starting */

static void set_method(CURL *c, const struct request *r)
{
	if (r->body) {
		curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body_size);
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, r->body);
	}
	if (!strcmp(r->method, "HEAD"))
		curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
	else if (strcmp(r->method, "GET") != 0 || r->body)
		curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, r->method);
}

static void set_headers(struct job *j)
{
	for (char **h = j->request.headers; h && *h; h++)
		j->headers = curl_slist_append(j->headers, *h);
	j->headers = curl_slist_append(j->headers, "Expect:");
	if (!j->request.body && strcmp(j->request.method, "GET") != 0)
		j->headers = curl_slist_append(j->headers, "Content-Length: 0");
	curl_easy_setopt(j->easy, CURLOPT_HTTPHEADER, j->headers);
}

static void set_safety(CURL *c, const struct group *g)
{
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
	if (g->ca_file)
		curl_easy_setopt(c, CURLOPT_CAINFO, g->ca_file);
	if (g->certificate)
		curl_easy_setopt(c, CURLOPT_SSLCERT, g->certificate);
	if (g->key)
		curl_easy_setopt(c, CURLOPT_SSLKEY, g->key);
}

static void set_time(CURL *c, const struct request *r)
{
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
	if (r->wait_ms < 0) {
		curl_easy_setopt(c, CURLOPT_TCP_KEEPALIVE, 1L);
		return;
	}
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)(r->wait_ms ? r->wait_ms : WAIT_MS));
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
	set_safety(j->easy, j->group);
	set_time(j->easy, &j->request);
	set_method(j->easy, &j->request);
	set_headers(j);
	if (!is_stream(j))
		j->group->active++;
	jobs_add(&t->active, j);
	curl_multi_add_handle(t->multi, j->easy);
}

/* What is ahead of need leaves one place free for a person. */
static bool may_start(const struct job *j)
{
	int most = j->group->at_once;

	if (is_stream(j))
		return true;
	if (j->request.urgency == URGENT_LATER && most > 1)
		most--;
	return j->group->active < most;
}

static void start_waiting(void *ctx)
{
	struct transport *t = ctx;

	for (int u = 0; u < URGENCIES; u++) {
		for (struct job *j = t->waiting[u].first, *next; j; j = next) {
			next = j->next;
			if (!may_start(j))
				continue;
			jobs_drop(&t->waiting[u], j);
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
	curl_multi_remove_handle(t->multi, j->easy);
	curl_easy_reset(j->easy);
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
	request_clear(&j->request);
	buf_clear(&j->head);
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
	{ CURLE_SSL_CACERT_BADFILE, ERROR_CONFIG, N_("The ca-file set for %s cannot be read.") },
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
	{ CURLE_OUT_OF_MEMORY, ERROR_LOCAL,
		N_("There was not enough memory for a request to %s.") },
	{ CURLE_OK, ERROR_OFFLINE, N_("The connection to %s failed.") },
};

static void error_from_curl(struct job *j, CURLcode code)
{
	struct buf origin = { 0 };
	size_t i = 0;

	while (failures[i].code != code && failures[i].code != CURLE_OK)
		i++;
	url_origin(&origin, j->request.url);
	error_set(&j->error, failures[i].kind, _(failures[i].text), buf_str(&origin));
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
	double took = 0;
	const char *date = head_copy(arena, head, "Date");
	char *type = (char *)head_copy(arena, head, "Content-Type");

	curl_easy_getinfo(j->easy, CURLINFO_TOTAL_TIME, &took);
	if (type)
		type[strcspn(type, "; \t")] = '\0';
	*a = (struct response){ .status = job_status(j),
		.version = etag_version(arena, head),
		.location = head_copy(arena, head, "Location"),
		.type = type,
		.body = buf_str(&j->body),
		.body_size = j->body.size,
		.head = head,
		.took_ms = took * 1000 };
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

static void job_trace(struct transport *t, const struct job *j, const struct response *a)
{
	struct exchange x = { .at = time(NULL),
		.method = j->request.method,
		.status = a->status,
		.error = j->error.kind,
		.sent = j->request.body_size,
		.received = j->received,
		.took_ms = a->took_ms };

	snprintf(x.group, sizeof(x.group), "%s", j->group->name);
	trace_add(t->trace, &x, j->request.url);
}

static void job_end(struct transport *t, struct job *j, CURLcode code)
{
	struct arena arena = { 0 };
	struct response a;

	response_fill(j, &a, &arena);
	job_judge(j, code, &a);
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

static void perform(void *ctx)
{
	struct transport *t = ctx;
	int running;

	t->inside = true;
	curl_multi_perform(t->multi, &running);
	t->inside = false;
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

	*j = (struct job){ .request = *r, .done = done, .ctx = ctx };
	*r = (struct request){ 0 };
	j->group = group_find(t, j->request.host_group);
	if (!request_check(&j->request, &j->error)) {
		jobs_add(&t->finished, j);
		if (!t->timer)
			t->timer = loop_after(t->loop, 0, tell_failed, t);
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

const struct trace *transport_trace(const struct transport *t)
{
	return t->trace;
}
