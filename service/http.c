/* libmicrohttpd to struct call and back. The threads:

   - the library's pool, one per core: parses, asks who it is, does reads that take at most
   QUICK_MS, each on a read-only connection of its own. Nothing is written there and nothing is
   waited for.
   - the writer: every write is a job, first in first out; all that are queued go into one
   transaction, a savepoint each, and are answered after its commit.
   - the slow lane: reads that were not quick, once more from the start, for at most SLOW_MS.
   - the hub (service/hub.h): the event stream.

   A connection is suspended only from its own callback, and everything suspended is resumed before
   the library is stopped. */
#include "service/http.h"

#include "model/i18n.h"
#include "model/text.h"
#include "service/guard.h"
#include "service/hub.h"
#include "service/lane.h"
#include "service/lease.h"
#include "service/log.h"
#include "service/peer.h"
#include "service/proxy.h"
#include "service/rate.h"
#include "service/rules.h"
#include "service/who.h"

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	POOL_BYTES = 8192,
	BODY_MOST = 1 << 20,
	ARGS_MOST = 128,
	QUICK_MS = 20,
	SLOW_MS = 2000,
	BATCH_MOST = 256,
	READERS = 64,
	KEYS = 1024,
	KEY_LEAST = 16,
	KEY_MOST = 64,
	LOGIN_MOST = 256,
	KEEP_DAYS = 30,
	STOP_S = 3,
	STREAM_BLOCK = 1024
};

struct service {
	struct service_options options;
	struct MHD_Daemon *daemon;
	int port;
	char policy[48]; /* RateLimit-Policy */
	struct proxy proxy;
	struct log *log;
	struct rate *rate; /* NULL: no limit */
	struct base *base; /* the writer's */
	struct lane *writer, *slow;
	struct hub *hub;
	int64_t purged_ms;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t less;
	struct base *readers[READERS]; /* not in use just now */
	int reader_count;
	struct request *keys[KEYS]; /* those under way with an Idempotency-Key, by hash */
	int queued, requests;
	bool stopping;
};

struct request {
	struct job job; /* first: the lanes know no more of it */
	struct call call;
	struct service *service;
	struct MHD_Connection *connection;
	const struct operation *operation;
	struct guard guard;
	struct request *next_key;
	const char *login; /* whom the proxy signed in; NULL: nobody */
	int64_t began_ms;
	bool met, begun, refused, hides, too_large, key_held, streams;
};

/* ---- connections to read with */

static struct base *reader_take(struct service *service, struct error *err)
{
	struct base *base = NULL;
	pthread_mutex_lock(&service->lock);
	if (service->reader_count)
		base = service->readers[--service->reader_count];
	pthread_mutex_unlock(&service->lock);
	return base ? base : base_open(service->options.dir, BASE_READ, err);
}

static void reader_give(struct service *service, struct base *base)
{
	pthread_mutex_lock(&service->lock);
	if (service->reader_count < READERS) {
		service->readers[service->reader_count++] = base;
		base = NULL;
	}
	pthread_mutex_unlock(&service->lock);
	base_close(base);
}

/* ---- keys under way */

static unsigned key_slot(const struct call *call)
{
	unsigned hash = 5381;
	for (const char *c = call->key; *c; c++)
		hash = hash * 33 + (unsigned char)*c;
	return hash % KEYS;
}

/* false: another request with this key has not been answered yet. */
static bool key_hold(struct request *request)
{
	struct service *service = request->service;
	struct request **slot = &service->keys[key_slot(&request->call)];
	bool free_now = true;
	pthread_mutex_lock(&service->lock);
	for (struct request *r = *slot; r; r = r->next_key) {
		if (strcmp(r->call.key, request->call.key) == 0 &&
			strcmp(r->call.who.worker, request->call.who.worker) == 0)
			free_now = false;
	}
	if (free_now) {
		request->next_key = *slot;
		*slot = request;
		request->key_held = true;
	}
	pthread_mutex_unlock(&service->lock);
	return free_now;
}

static void key_release(struct request *request)
{
	struct service *service = request->service;
	if (!request->key_held)
		return;
	pthread_mutex_lock(&service->lock);
	struct request **at = &service->keys[key_slot(&request->call)];
	while (*at && *at != request)
		at = &(*at)->next_key;
	if (*at)
		*at = request->next_key;
	request->key_held = false;
	pthread_mutex_unlock(&service->lock);
}

/* ---- who asks */

static const char *bearer(struct request *request)
{
	const char *value = MHD_lookup_connection_value(
		request->connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION);
	if (!value || strncasecmp(value, "Bearer ", 7) != 0)
		return NULL;
	value += 7;
	while (*value == ' ')
		value++;
	return *value ? value : NULL;
}

static int64_t monotonic_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool who_asks(struct request *request, struct base *base)
{
	struct call *call = &request->call;
	if (request->login)
		return who_by_login(call, base, request->login);
	return who_by_token(call, base, bearer(request), request->service->options.now_ms());
}

/* One more of theirs; each token has a measure of its own, and so has a worker of the proxy. */
static bool not_too_fast(struct request *request)
{
	struct service *service = request->service;
	struct call *call = &request->call;
	if (!service->rate)
		return true;
	struct rate_left left = rate_take(service->rate, call->who.token ? call->who.token : call->who.worker,
		monotonic_ms());
	int burst = rate_burst(service->rate);
	if (left.left < burst / 2)
		call->rate = arena_printf(&call->arena, "\"requests\";r=%d;t=%d", left.left,
			left.may ? 1 : left.wait_s);
	if (left.may)
		return true;
	call_refuse(call, TOO_MANY,
		_("More was asked than fits into the limit of this service: it goes on in a moment."));
	call->retry_after = left.wait_s;
	log_say(service->log, LOG_LIMITED, "%s asks more than %d times a second", call->who.worker,
		service->options.rate);
	return false;
}

static bool may_call(struct request *request)
{
	const char *who;
	struct call *call = &request->call;
	const struct operation *op = request->operation;
	if (rules_may(op->method, op->path, call->who.roles, &who))
		return true;
	return call_refuse(call, FORBIDDEN,
		_("Your roles do not allow this; one of these would: %s. Ask an administrator."),
		who);
}

/* ---- running a call */

static void keep_begin(struct request *request, struct base *base)
{
	struct call *call = &request->call;
	call->keep = (struct keep){ .base = base,
		.now_ms = request->service->options.now_ms(),
		.ident = request->service->options.ident,
		.worker = call->who.worker,
		.team = call->who.team };
}

static void call_again(struct call *call)
{
	buf_reset(&call->out);
	page_clear(&call->page);
	page_init(&call->page);
	call->status = 0;
	call->etag = call->location = NULL;
	call->then = NULL;
}

static void refuse_failure(struct call *call, const struct error *err)
{
	call_refuse(call, UNAVAILABLE, "%s", err->text);
	call->retry_after = 2;
}

/* false: it took longer than ms. */
static bool run_read(struct request *request, struct base *base, int ms)
{
	struct call *call = &request->call;
	struct error err;
	keep_begin(request, base);
	base_begin(base);
	base_limit(base, ms);
	request->operation->serve(call);
	base_limit(base, 0);
	base_rollback(base);
	if (!base_error(base, &err))
		return true;
	if (base_was_limited(base) && ms < SLOW_MS)
		return false;
	refuse_failure(call, &err);
	return true;
}

static bool read_body(struct call *call)
{
	bool repaired = false;
	struct error err = { 0 };
	if (!call->body.size)
		return true;
	call->json = json_read(call->body.text, call->body.size, &repaired, &err);
	if (!call->json)
		return call_refuse(call, BAD_REQUEST, "%s", err.text);
	if (repaired)
		return call_refuse(call, BAD_REQUEST, _("The body is not UTF-8."));
	return true;
}

static const char *request_hash(struct call *call)
{
	char text[HASH_SIZE];
	struct hash *hash = hash_new();
	hash_text(hash, call->method);
	hash_text(hash, call->path);
	hash_add(hash, call->body.text, call->body.size);
	hash_end(hash, text);
	return arena_copy(&call->arena, text);
}

/* Answers with what was answered to this key before, if it was. */
static bool replay(struct call *call, const char *hash)
{
	struct rows *rows = base_ask(call->keep.base,
		"SELECT hash, status, etag, location, body FROM idempotency"
		" WHERE tenant = $1 AND worker = $2 AND key = $3",
		"itt", base_tenant(call->keep.base), call->who.worker, call->key);
	bool known = rows_next(rows);
	if (known && strcmp(rows_text(rows, 0), hash) != 0) {
		call_refuse(call, KEY_REUSED,
			_("This Idempotency-Key was used for another request: use a new one."));
	} else if (known) {
		call_json(call, (int)rows_int(rows, 1));
		call->etag = arena_copy(&call->arena, rows_text(rows, 2));
		call->location = arena_copy(&call->arena, rows_text(rows, 3));
		buf_text(&call->out, rows_text(rows, 4));
	}
	rows_done(rows);
	return known;
}

static void remember(struct call *call, const char *hash)
{
	base_run(call->keep.base,
		"INSERT INTO idempotency (tenant, worker, key, hash, status, etag, location, body, "
		"at_ms)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
		"itttitt"
		"ti",
		base_tenant(call->keep.base), call->who.worker, call->key, hash,
		(int64_t)call->status, call->etag, call->location, buf_str(&call->out),
		call->keep.now_ms);
}

static void run_write(struct request *request)
{
	struct call *call = &request->call;
	void (*then)(struct call *) = call->then;
	const char *hash = call->key ? request_hash(call) : NULL;
	keep_begin(request, request->service->base);
	if (then) {
		call->then = NULL;
		then(call);
		return;
	}
	if (hash && replay(call, hash))
		return;
	if (may_call(request) && read_body(call))
		request->operation->serve(call);
	if (hash && call->status >= 200 && call->status < 300)
		remember(call, hash);
}

/* ---- the lanes */

static void answered(struct request *request)
{
	struct service *service = request->service;
	struct MHD_Connection *connection = request->connection;
	key_release(request);
	/* From here on the request may be gone. */
	MHD_resume_connection(connection);
	pthread_mutex_lock(&service->lock);
	if (--service->queued == 0)
		pthread_cond_broadcast(&service->less);
	pthread_mutex_unlock(&service->lock);
}

static void write_one(struct request *request)
{
	struct base *base = request->service->base;
	struct error err;
	base_job_begin(base);
	run_write(request);
	if (base_error(base, &err)) {
		refuse_failure(&request->call, &err);
		base_job_undo(base);
	} else if (call_refused(&request->call) && !request->call.traced) {
		base_job_undo(base);
	} else {
		base_job_keep(base);
	}
}

/* Keys are kept for 30 days; looked after once an hour, with whatever is written then. */
static void purge(struct service *service)
{
	int64_t now = service->options.now_ms();
	if (now - service->purged_ms < 3600 * 1000)
		return;
	service->purged_ms = now;
	base_run(service->base, "DELETE FROM idempotency WHERE at_ms < $1", "i",
		now - (int64_t)KEEP_DAYS * 86400 * 1000);
}

static void write_batch(void *ctx, struct job *list)
{
	struct service *service = ctx;
	struct error err;
	if (base_begin(service->base)) {
		for (struct job *job = list; job; job = job->next)
			write_one((struct request *)job);
		purge(service);
		base_commit(service->base);
	}
	bool failed = base_error(service->base, &err);
	if (failed)
		base_rollback(service->base);
	while (list) {
		struct request *request = (struct request *)list;
		list = list->next;
		/* Also a refusal that shows somebody: its line of the access log is not written. */
		if (failed && (!call_refused(&request->call) || request->call.traced))
			refuse_failure(&request->call, &err);
		answered(request);
	}
	hub_notify(service->hub);
}

static void read_slowly(void *ctx, struct job *list)
{
	struct service *service = ctx;
	while (list) {
		struct request *request = (struct request *)list;
		struct error err;
		list = list->next;
		struct base *base = reader_take(service, &err);
		if (!base) {
			refuse_failure(&request->call, &err);
		} else {
			run_read(request, base, SLOW_MS);
			reader_give(service, base);
		}
		if (request->call.then)
			lane_add(service->writer, &request->job);
		else
			answered(request);
	}
}

static void queue(struct request *request, struct lane *lane)
{
	MHD_suspend_connection(request->connection);
	lane_add(lane, &request->job);
}

/* Counts one more that will be queued; false while stopping. */
static bool queue_allowed(struct service *service)
{
	pthread_mutex_lock(&service->lock);
	bool allowed = !service->stopping;
	if (allowed)
		service->queued++;
	pthread_mutex_unlock(&service->lock);
	return allowed;
}

static void queue_not_needed(struct service *service)
{
	pthread_mutex_lock(&service->lock);
	if (--service->queued == 0)
		pthread_cond_broadcast(&service->less);
	pthread_mutex_unlock(&service->lock);
}

/* ---- from the library to the call */

static bool path_matches(const char *pattern, const char *path, struct call *call)
{
	while (*pattern && *path) {
		if (*pattern == '{') {
			size_t size = strcspn(path, "/");
			if (size == 0 || size > 64)
				return false;
			call->id = arena_copy_n(&call->arena, path, size);
			path += size;
			pattern += strcspn(pattern, "/");
		} else if (*pattern++ != *path++) {
			return false;
		}
	}
	return !*pattern && !*path;
}

static bool find_operation(struct request *request)
{
	struct call *call = &request->call;
	bool path_known = false;
	for (const struct route *const *route = route_list; *route; route++) {
		for (const struct operation *op = (*route)->operations; op->method; op++) {
			if (!path_matches(op->path, call->path, call))
				continue;
			path_known = true;
			if (strcmp(op->method, call->method) != 0)
				continue;
			request->operation = op;
			return true;
		}
	}
	if (path_known)
		return call_refuse(call, NO_METHOD, _("%s is not possible here."), call->method);
	return call_refuse(call, NOT_FOUND, _("There is nothing at this address: %s."), call->path);
}

static enum MHD_Result take_arg(void *ctx, enum MHD_ValueKind kind, const char *name,
	size_t name_size, const char *value, size_t value_size)
{
	struct call *call = ctx;
	(void)kind;
	if (call->arg_count == ARGS_MOST)
		return MHD_NO;
	if (strlen(name) != name_size || (value && strlen(value) != value_size))
		return !call_refuse(call, BAD_REQUEST, _("A parameter has a NUL in it."));
	call->args[call->arg_count++] = (struct call_arg){ arena_copy(&call->arena, name),
		arena_copy(&call->arena, value ? value : "") };
	return MHD_YES;
}

/* Headers are bytes; what is kept of them is made UTF-8. */
static const char *header(struct request *request, const char *name)
{
	const char *value = MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
	if (!value)
		return NULL;
	struct buf text = { 0 };
	text_repair(&text, value, strlen(value));
	const char *copy = arena_copy(&request->call.arena, buf_str(&text));
	buf_clear(&text);
	return copy;
}

/* A fence is a number; what is none is told apart from a fence that is not the one. */
static bool take_fence(struct request *request)
{
	const char *text = header(request, "Lease-Fence");
	if (!text)
		return true;
	request->call.fence = strtoll(text, NULL, 10);
	if (*text && strspn(text, "0123456789") == strlen(text) && strlen(text) <= 18 &&
		request->call.fence > 0)
		return true;
	return call_refuse(&request->call, BAD_REQUEST, _("Lease-Fence has to be a number."));
}

static bool take_request(struct request *request)
{
	struct call *call = &request->call;
	call->args = arena_alloc(&call->arena, sizeof *call->args * ARGS_MOST);
	MHD_get_connection_values_n(request->connection, MHD_GET_ARGUMENT_KIND, take_arg, call);
	if (call_refused(call))
		return false;
	call->if_match = header(request, "If-Match");
	call->if_none_match = header(request, "If-None-Match");
	if (strcmp(call->method, "POST") == 0 || strcmp(call->method, "PATCH") == 0)
		call->key = header(request, "Idempotency-Key");
	call->purpose = header(request, "Purpose");
	call->last_event_id = header(request, "Last-Event-ID");
	if (call->purpose && text_blank(call->purpose))
		call->purpose = NULL;
	for (int i = 0; i < call->arg_count; i++) {
		const char *value = call->args[i].value;
		if (!text_valid(value, strlen(value)))
			return call_refuse(call, BAD_REQUEST, _("The parameter %s is not UTF-8."),
				text_valid(call->args[i].name, strlen(call->args[i].name))
					? call->args[i].name
					: "?");
	}
	if (request->hides || strncmp(call->path, "/v1/", 4) != 0 ||
		!text_valid(call->path, strlen(call->path)))
		return call_refuse(call, NOT_FOUND,
			_("There is nothing at this address; it begins with /v1/."));
	call->path += 3;
	return take_fence(request);
}

static bool key_good(struct request *request)
{
	struct call *call = &request->call;
	if (!call->key)
		return true;
	if (strlen(call->key) < KEY_LEAST || strlen(call->key) > KEY_MOST)
		return call_refuse(call, BAD_REQUEST,
			_("An Idempotency-Key has %d to %d characters."), KEY_LEAST, KEY_MOST);
	if (key_hold(request))
		return true;
	call->retry_after = 1;
	return call_refuse(call, KEY_IN_USE,
		_("The first request with this key is still under way: ask again in a moment."));
}

/* Runs a read at once; what cannot end here is queued. false: not queued, the answer stands. */
static bool begin_read(struct request *request, struct base *base)
{
	struct service *service = request->service;
	struct call *call = &request->call;
	if (!may_call(request))
		return false;
	bool quick = run_read(request, base, QUICK_MS);
	if (quick && !call->then)
		return false;
	if (!quick)
		call_again(call);
	queue(request, quick ? service->writer : service->slow);
	return true;
}

static bool begin_write(struct request *request)
{
	if (!key_good(request))
		return false;
	queue(request, request->service->writer);
	return true;
}

/* true: the answer comes later. */
static bool request_route(struct request *request)
{
	struct service *service = request->service;
	struct call *call = &request->call;
	const char *who;
	struct error err;
	if (!take_request(request) || !find_operation(request))
		return false;
	struct base *base = reader_take(service, &err);
	if (!base) {
		refuse_failure(call, &err);
		return false;
	}
	rules_may(request->operation->method, request->operation->path, "", &who);
	bool queued = false;
	bool known = !who || (who_asks(request, base) && not_too_fast(request));
	if (base_error(base, &err))
		refuse_failure(call, &err);
	else if (known && request->operation->how == OPERATION_READ)
		queued = begin_read(request, base);
	else if (known)
		queued = begin_write(request);
	reader_give(service, base);
	return queued;
}

static bool request_begin(struct request *request)
{
	struct service *service = request->service;
	if (request->too_large)
		return call_refuse(&request->call, TOO_LARGE,
			_("The request is larger than %d bytes."), BODY_MOST);
	if (!queue_allowed(service)) {
		request->call.retry_after = 5;
		return call_refuse(&request->call, UNAVAILABLE,
			_("The service is stopping: try again in a moment."));
	}
	bool queued = request_route(request);
	if (!queued)
		queue_not_needed(service);
	return queued;
}

/* ---- from the call to the library */

static void stream_suspend(void *ctx)
{
	MHD_suspend_connection(((struct request *)ctx)->connection);
}

static void stream_resume(void *ctx)
{
	MHD_resume_connection(((struct request *)ctx)->connection);
}

void call_stream(struct call *call, const struct stream_wants *wants)
{
	struct request *request = (struct request *)((char *)call - offsetof(struct request, call));
	call->status = 200;
	call->type = "text/event-stream";
	request->streams = true;
	call->stream = hub_open(request->service->hub, wants, stream_resume, request);
}

static ssize_t stream_give(void *ctx, uint64_t at, char *out, size_t room)
{
	(void)at;
	long size = stream_read(ctx, out, room, stream_suspend);
	return size < 0 ? MHD_CONTENT_READER_END_OF_STREAM : size;
}

static void stream_over(void *ctx)
{
	stream_close(ctx);
}

static struct MHD_Response *make_response(struct request *request)
{
	struct call *call = &request->call;
	if (call->stream) {
		struct MHD_Response *response = MHD_create_response_from_callback(
			MHD_SIZE_UNKNOWN, STREAM_BLOCK, stream_give, call->stream, stream_over);
		if (!response)
			stream_close(call->stream);
		call->stream = NULL;
		return response;
	}
	size_t size = call->out.size;
	return MHD_create_response_from_buffer(size, size ? buf_take(&call->out) : NULL,
		size ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
}

static void add_headers(struct request *request, struct MHD_Response *response)
{
	struct call *call = &request->call;
	char seconds[16];
	bool closes = request->refused || request->streams || request->service->stopping;
	snprintf(seconds, sizeof seconds, "%d", call->retry_after);
	const struct {
		const char *name, *value;
	} headers[] = {
		{ "Content-Type", call->status == 304 ? NULL : call->type },
		{ "Cache-Control", call->status == 304 ? NULL : "no-store" },
		{ "X-Content-Type-Options", "nosniff" },
		{ "ETag", call->etag },
		{ "Location", call->location },
		{ "Retry-After", call->retry_after ? seconds : NULL },
		{ "RateLimit-Policy", call->rate ? request->service->policy : NULL },
		{ "RateLimit", call->rate },
		{ "WWW-Authenticate", call->status == 401 ? "Bearer" : NULL },
		{ "Connection", closes ? "close" : NULL },
	};
	for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
		if (headers[i].value)
			MHD_add_response_header(response, headers[i].name, headers[i].value);
	}
}

/* Only the names of parameters: their values are what people search for. Names that are none of ours come
   from outside as well. */
static void log_it(struct request *request)
{
	struct call *call = &request->call;
	const char *names = "";
	for (int i = 0; i < call->arg_count; i++)
		if (words_have("q sort fields limit cursor count after team case only presence", call->args[i].name))
			names = arena_printf(&call->arena, "%s%s%s", names, *names ? "&" : "", call->args[i].name);
	log_request(request->service->log, call->method, request->operation ? request->operation->path : NULL, names,
		call->status, monotonic_ms() - request->began_ms);
	if (call->status >= 500)
		log_say(request->service->log, LOG_TROUBLE, "%s %s %d", call->method,
			request->operation ? request->operation->path : "-", call->status);
}

static enum MHD_Result request_send(struct request *request)
{
	struct MHD_Response *response = make_response(request);
	if (!response)
		return MHD_NO;
	add_headers(request, response);
	log_it(request);
	enum MHD_Result sent =
		MHD_queue_response(request->connection, (unsigned)request->call.status, response);
	MHD_destroy_response(response);
	return sent;
}

/* ---- the library's callbacks */

static struct request *request_new(struct service *service, struct MHD_Connection *connection)
{
	struct request *request = xcalloc(1, sizeof *request);
	struct call *call = &request->call;
	request->service = service;
	request->connection = connection;
	request->began_ms = monotonic_ms();
	call->service = service;
	page_init(&call->page);
	pthread_mutex_lock(&service->lock);
	service->requests++;
	pthread_mutex_unlock(&service->lock);
	return request;
}

/* A slash or a NUL that hides as %2F or %00 would make two addresses of one: a proxy that guards
   some of them sees the other. The library decodes them before it tells us. */
static bool hides_something(const char *uri)
{
	size_t size = strcspn(uri, "?");
	for (size_t i = 0; i + 2 < size; i++) {
		if (uri[i] == '%' && (strncasecmp(uri + i + 1, "2f", 2) == 0 ||
					     strncmp(uri + i + 1, "00", 2) == 0))
			return true;
	}
	return false;
}

static void *on_uri(void *ctx, const char *uri, struct MHD_Connection *connection)
{
	struct request *request = request_new(ctx, connection);
	request->hides = hides_something(uri);
	guard_target(&request->guard, uri);
	return request;
}

static void on_completed(void *ctx, struct MHD_Connection *connection, void **own,
	enum MHD_RequestTerminationCode why)
{
	struct service *service = ctx;
	struct request *request = *own;
	(void)connection;
	(void)why;
	if (!request)
		return;
	if (request->call.stream)
		stream_close(request->call.stream);
	json_free(request->call.json);
	page_clear(&request->call.page);
	buf_clear(&request->call.body);
	buf_clear(&request->call.out);
	arena_clear(&request->call.arena);
	free(request);
	*own = NULL;
	pthread_mutex_lock(&service->lock);
	if (--service->requests == 0)
		pthread_cond_broadcast(&service->less);
	pthread_mutex_unlock(&service->lock);
}

static const struct sockaddr *peer_of(const struct request *request)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	return info->client_addr;
}

/* The name the proxy says. From anybody else it is a forgery, whatever else is asked. */
static bool take_login(struct request *request)
{
	const struct service *service = request->service;
	const char *value = service->proxy.header ? MHD_lookup_connection_value(request->connection,
							    MHD_HEADER_KIND, service->proxy.header)
						  : NULL;
	char from[INET6_ADDRSTRLEN];
	if (!value)
		return true;
	if (!proxy_is(&service->proxy, peer_of(request))) {
		proxy_print(peer_of(request), from);
		log_say(service->log, LOG_REFUSED, "%s from %s, which is not the proxy", service->proxy.header, from);
		return call_refuse(&request->call, FORBIDDEN,
			_("Only the proxy of this service may say in a header who is asking."));
	}
	if (!text_valid(value, strlen(value)) || strlen(value) > LOGIN_MOST)
		return call_refuse(&request->call, BAD_REQUEST, _("The name from the proxy is not one."));
	size_t size = strlen(value);
	while (size && (value[size - 1] == ' ' || value[size - 1] == '\t'))
		size--;
	if (size)
		request->login = arena_copy_n(&request->call.arena, value, size);
	return true;
}

static enum MHD_Result guard_one(void *ctx, enum MHD_ValueKind kind, const char *name,
	size_t name_size, const char *value, size_t value_size)
{
	(void)kind;
	guard_header(ctx, name, name_size, value ? value : "", value_size);
	return MHD_YES;
}

/* Before anything else is read. What is refused here ends the connection: nobody knows where in its
   bytes the next request would begin. */
static bool head_good(struct request *request, const char *method, const char *version)
{
	struct call *call = &request->call;
	struct guard *guard = &request->guard;
	const char *length = MHD_lookup_connection_value(
		request->connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
	guard->own = request->service->proxy.header;
	guard_line(guard, method, version);
	MHD_get_connection_values_n(request->connection, MHD_HEADER_KIND, guard_one, guard);
	const union MHD_ConnectionInfo *size = MHD_get_connection_info(
		request->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
	if (!guard_end(guard, method + (size ? size->header_size : 0)))
		call_refuse(call, BAD_REQUEST, "%s", _(guard->problem));
	else if (guard->encodings)
		call_refuse(call, NO_LENGTH, _("Send the length of the body in Content-Length."));
	else if (length && strtoll(length, NULL, 10) > BODY_MOST)
		call_refuse(call, TOO_LARGE, _("The request is larger than %d bytes."), BODY_MOST);
	else
		take_login(request);
	request->refused = call_refused(call);
	return !request->refused;
}

static enum MHD_Result on_connect(void *ctx, const struct sockaddr *peer, socklen_t size)
{
	const struct service *service = ctx;
	char from[INET6_ADDRSTRLEN];
	(void)size;
	if (proxy_may_connect(&service->proxy, peer))
		return MHD_YES;
	proxy_print(peer, from);
	log_say(service->log, LOG_REFUSED, "a connection from %s, which is not the proxy", from);
	return MHD_NO;
}

/* The handshake only asks for it: whether it is good is looked at here, before anything else. */
static bool certified(const struct service *service, struct MHD_Connection *connection, struct call *call)
{
	const union MHD_ConnectionInfo *info =
		service->options.tls_client_ca
			? MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION)
			: NULL;
	return !service->options.tls_client_ca || (info && peer_certified(info->tls_session)) ||
	       call_refuse(call, FORBIDDEN,
		       _("This service answers only those who show a client certificate that it "
			 "trusts."));
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *upload, size_t *upload_size,
	void **own)
{
	struct request *request = *own; /* of on_uri() */
	if (!request->met) {
		request->met = true;
		request->call.method = arena_copy(&request->call.arena, method);
		request->call.path = arena_copy(&request->call.arena, url);
		return certified(ctx, connection, &request->call) && head_good(request, method, version)
			       ? MHD_YES
			       : request_send(request);
	}
	if (*upload_size) {
		request->too_large =
			request->too_large || request->call.body.size + *upload_size > BODY_MOST;
		if (!request->too_large)
			buf_add(&request->call.body, upload, *upload_size);
		*upload_size = 0;
		return MHD_YES;
	}
	if (!request->begun) {
		request->begun = true;
		if (request_begin(request))
			return MHD_YES;
	}
	return request_send(request);
}

/* ---- start and stop */

/* "127.0.0.1:8640", "[::1]:0" */
static struct addrinfo *address_read(const char *address, struct error *err)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST | AI_PASSIVE };
	struct addrinfo *found = NULL;
	const char *colon = strrchr(address, ':');
	struct buf host = { 0 };
	if (colon) {
		bool six = address[0] == '[' && colon > address && colon[-1] == ']';
		buf_add(&host, address + six, (size_t)(colon - address) - 2 * (size_t)six);
	}
	if (!colon || !colon[1] || strlen(colon) > 6 || atoi(colon + 1) > 65535 ||
		!buf_str(&host)[0] || strspn(colon + 1, "0123456789") != strlen(colon + 1) ||
		getaddrinfo(buf_str(&host), colon + 1, &hints, &found) != 0)
		error_set(err, ERROR_USAGE,
			_("%s is not an address with a port, such as 127.0.0.1:8640 or "
			  "[::1]:8640."),
			address);
	buf_clear(&host);
	return found;
}

bool service_address_good(const char *address, struct error *err)
{
	struct addrinfo *found = address_read(address, err);
	if (found)
		freeaddrinfo(found);
	return found != NULL;
}

static int listen_at(const char *address, struct error *err)
{
	struct addrinfo *found = address_read(address, err);
	int yes = 1;
	if (!found)
		return -1;
	int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	if (fd < 0 || bind(fd, found->ai_addr, found->ai_addrlen) != 0 || listen(fd, 1024) != 0) {
		error_set(err, ERROR_LOCAL, _("Listening at %s is not possible: %s."), address,
			strerror(errno));
		if (fd >= 0)
			close(fd);
		fd = -1;
	}
	freeaddrinfo(found);
	return fd;
}

static int port_of(int fd)
{
	struct sockaddr_storage at;
	socklen_t size = sizeof at;
	if (getsockname(fd, (struct sockaddr *)&at, &size) != 0)
		return 0;
	if (at.ss_family == AF_INET6)
		return ntohs(((struct sockaddr_in6 *)&at)->sin6_port);
	return ntohs(((struct sockaddr_in *)&at)->sin_port);
}

/* As many files as the system lets us have; how many connections that makes. */
static unsigned raise_files(void)
{
	struct rlimit files;
	if (getrlimit(RLIMIT_NOFILE, &files) != 0)
		return 900;
	files.rlim_cur = files.rlim_max > 65536 ? 65536 : files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	return files.rlim_cur > 256 ? (unsigned)files.rlim_cur - 128 : 128;
}

static bool daemon_start(struct service *service, int fd, struct error *err)
{
	const struct service_options *options = &service->options;
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME;
	struct MHD_OptionItem more[] = {
		{ MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)options->tls_cert },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)options->tls_key },
		{ MHD_OPTION_HTTPS_PRIORITIES, 0, "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2" },
		{ options->tls_client_ca ? MHD_OPTION_HTTPS_MEM_TRUST : MHD_OPTION_END, 0,
			(void *)options->tls_client_ca },
		{ MHD_OPTION_END, 0, NULL },
	};
	if (options->tls_cert)
		flags |= MHD_USE_TLS;
	else
		more[0].option = MHD_OPTION_END;
	service->daemon = MHD_start_daemon(flags, 0, on_connect, service, on_request, service,
		MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)POOL_BYTES, MHD_OPTION_CONNECTION_LIMIT, raise_files(),
		MHD_OPTION_CONNECTION_TIMEOUT, 60u, MHD_OPTION_THREAD_POOL_SIZE,
		cores > 1 ? (unsigned)cores : 0u, MHD_OPTION_URI_LOG_CALLBACK, on_uri, service,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, service, MHD_OPTION_ARRAY, more,
		MHD_OPTION_END);
	return service->daemon || error_set(err, ERROR_LOCAL,
					  _("The HTTP server does not start; with TLS, look at the "
					    "certificate and its key."));
}

static bool lanes_start(struct service *service, struct error *err)
{
	struct base *base = base_open(service->options.dir, BASE_WRITE, err);
	service->base = base;
	base = base ? base_open(service->options.dir, BASE_READ, err) : NULL;
	if (!base)
		return false;
	service->hub = hub_new(base, service->options.now_ms, err);
	if (!service->hub)
		return false;
	service->writer = lane_new(write_batch, service, BATCH_MOST);
	service->slow = lane_new(read_slowly, service, 1);
	return (service->writer && service->slow) ||
	       error_set(err, ERROR_LOCAL, _("The system gives no more threads."));
}

static void service_free(struct service *service)
{
	lane_free(service->slow);
	lane_free(service->writer);
	hub_stop(service->hub);
	hub_free(service->hub);
	while (service->reader_count)
		base_close(service->readers[--service->reader_count]);
	base_close(service->base);
	rate_free(service->rate);
	log_free(service->log);
	pthread_cond_destroy(&service->less);
	pthread_mutex_destroy(&service->lock);
	free(service);
}

struct service *service_start(const struct service_options *options, struct error *err)
{
	struct service *service = xcalloc(1, sizeof *service);
	service->options = *options;
	pthread_mutex_init(&service->lock, NULL);
	pthread_cond_init(&service->less, NULL);
	service->log = log_new(options->now_ms, options->log_requests);
	service->rate = rate_new(options->rate);
	snprintf(service->policy, sizeof service->policy, "\"requests\";q=%d;w=%d", options->rate * RATE_BURST_S,
		RATE_BURST_S);
	bool ready = proxy_read(&service->proxy, options->proxy, options->proxy_user_header, err) &&
		     lanes_start(service, err);
	int fd = ready ? listen_at(options->address, err) : -1;
	if (fd >= 0) {
		service->port = port_of(fd);
		if (daemon_start(service, fd, err))
			return service;
		close(fd);
	}
	service_free(service);
	return NULL;
}

int service_port(const struct service *service)
{
	return service->port;
}

int service_lease_s(const struct service *service)
{
	return service->options.lease_s ? service->options.lease_s : LEASE_S;
}

struct hub *service_hub(const struct service *service)
{
	return service->hub;
}

/* Until *count is 0, or so many seconds. The lock is held. */
static void wait_for(struct service *service, const int *count, int seconds)
{
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += seconds;
	while (*count && pthread_cond_timedwait(&service->less, &service->lock, &until) == 0)
		;
}

void service_stop(struct service *service)
{
	pthread_mutex_lock(&service->lock);
	service->stopping = true;
	pthread_mutex_unlock(&service->lock);
	MHD_socket fd = MHD_quiesce_daemon(service->daemon);
	if (fd != MHD_INVALID_SOCKET)
		close(fd);
	hub_stop(service->hub);
	pthread_mutex_lock(&service->lock);
	/* Each is in a lane and ends within SLOW_MS; only then is nothing suspended any more. */
	while (service->queued)
		pthread_cond_wait(&service->less, &service->lock);
	wait_for(service, &service->requests, STOP_S);
	pthread_mutex_unlock(&service->lock);
	MHD_stop_daemon(service->daemon);
	service_free(service);
}
