/* Requests and responses over libcurl's multi interface: one multi handle, HTTP/1.1, connections
   reused, answers compressed, order of urgency, cancel. No redirect is followed. https; http for
   loopback only. Decoded bytes are counted against the cap (safety.md, Facts 1 to 4). */
#ifndef NET_TRANSPORT_H
#define NET_TRANSPORT_H

#include "model/error.h"
#include "net/loop.h"
#include <stddef.h>

enum urgency {
	URGENT_NOW,
	URGENT_OUTBOX,
	URGENT_LATER
}; /* a person waits; a change; ahead of need */

/* One part of a multipart/form-data body (RFC 7578). Strings are the request's and freed with it. */
struct request_part {
	char *name;	    /* "JSON" */
	char *type;	    /* its Content-Type, or NULL */
	char *filename;	    /* UTF-8, or NULL */
	char *body;	    /* the bytes, or NULL: */
	size_t body_size;
	char *path;	    /* read from this file while it is sent */
};

struct request {
	const char *method; /* static string */
	char *url;
	char **headers; /* "Name: value", NULL at the end; CR, LF, NUL in one is refused */
	char *body;
	size_t body_size;
	char *body_path; /* instead of body: this file's bytes, read while they are sent; or NULL */
	struct request_part *parts; /* instead of body: request_part() adds; or NULL */
	int part_count;
	enum urgency urgency;
	bool repeatable; /* safe to send twice */
	bool fresh;  /* on a connection of its own: the service has no key to tell a repeat by */
	/* For the whole answer; 0: the transport's default; -1: a stream, no end. Where a file goes or
	   comes it is how long nothing may move. */
	int wait_ms;
	const char *
		host_group; /* the service's name: limits how many at once; borrowed for its life */
	const char *type;   /* static: the Content-Type a 2xx answer must have, "" and NULL: any */
	/* For streams and files: bytes of a 2xx answer as they come; false stops (ERROR_GARBLED).
	   The response then has no body; that of another status has. The sender may be cancelled
	   from in here. */
	bool (*chunk)(void *ctx, const char *bytes, size_t size);
	/* Bytes of a file left, or came: it goes on, though no answer is there. May be NULL. */
	void (*moved)(void *ctx);
};

struct response {
	int status;
	const char *version; /* ETag without quotes, or NULL */
	const char *location;
	const char *type; /* Content-Type without parameters */
	const char *body; /* decoded; NUL after the end */
	size_t body_size;
	int retry_ms; /* from Retry-After in either form, 0: none; at most an hour */
	int64_t date; /* of the Date header, 0: none */
	double took_ms;
	double served_ms; /* of that from the request's leaving to the answer's first byte */
	bool maybe_done; /* with an error: the request may have had its effect */
	const char
		*head; /* the header lines of the last answer, CR LF between: response_header() */
};

/* The value of a header into the room given, cut if need be; of several with that name (Set-Cookie) the
   one with this number, from 0; NULL: not there. No cookie is kept or sent by the transport itself: a
   driver reads Set-Cookie and sends Cookie. */
const char *response_header(
	const struct response *, const char *name, int nr, char *room, size_t size);

struct transport;
struct trace;
/* Neither is NULL. error->kind is ERROR_NONE when an answer came, whatever its status. With an
   error the response says what is known: status (of a redirect, say), maybe_done. */
typedef void transport_done(void *ctx, const struct response *, const struct error *);

struct transport *transport_new(struct loop *);
void transport_free(struct transport *);

/* At most so many requests at once to this group (streams not counted). */
void transport_limit(struct transport *, const char *host_group, int at_once);
/* A connection of this group that nothing was asked over for so long is ended, since its server gives
   up a worker for it; 0: it is kept for as long as libcurl likes. */
void transport_idle(struct transport *, const char *host_group, int idle_ms);
/* Extra trust and identity for a group, all copied; NULL: the system's trust, no certificate, no proxy.
   certificate and key are PEM files or PKCS#11 URIs (RFC 7512); key NULL: with the certificate. */
struct transport_identity {
	const char *ca_file, *certificate, *key;
	const char *proxy; /* for https; never one of the environment */
};
void transport_tls(struct transport *, const char *host_group, const struct transport_identity *);
/* Whether the key needs a password or PIN that is not known: nothing of this group may be sent before. */
bool transport_wants_password(struct transport *, const char *host_group);
/* Copied; wiped at the end. Until one connection stood with it there is one at a time, and where it is
   refused it is forgotten and nothing is sent any more (ERROR_LOGIN): three wrong PINs end a smartcard. */
void transport_password(struct transport *, const char *host_group, const char *password);
bool transport_password_refused(struct transport *, const char *host_group);

/* Takes the request over (url, headers, body are freed). done is called exactly once from the loop,
   or never after transport_cancel(). The response is borrowed for the length of done. An HTTP
   status of 400 and over is no error here: the driver reads it. */
void transport_send(struct transport *, struct request *, transport_done *done, void *ctx);
void transport_cancel(struct transport *, void *ctx); /* all of this ctx; no call comes later */
int transport_busy(const struct transport *); /* requests waiting or under way, without streams */
void transport_inspect(struct transport *, bool on); /* certificates and TLS version too: for doctor */
const struct trace *transport_trace(const struct transport *); /* the last few hundred exchanges */

void request_header(
	struct request *, const char *name, const char *value); /* value NULL: nothing */
/* One more part, zeroed; its strings are freed with the request. */
struct request_part *request_part(struct request *, const char *name);
void request_clear(struct request *);				/* wipes what it frees */

#endif
