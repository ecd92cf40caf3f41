/* Building and checking URLs. */
#include "net/url.h"

#include "model/i18n.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static bool unreserved(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("-._~", c));
}

static void encode_byte(struct buf *b, unsigned char c)
{
	buf_printf(b, "%%%02X", c);
}

void url_encode(struct buf *b, const char *text)
{
	for (; text && *text; text++) {
		if (unreserved((unsigned char)*text))
			buf_char(b, *text);
		else
			encode_byte(b, (unsigned char)*text);
	}
}

void url_start(struct buf *b, const char *base, const char *path)
{
	size_t size = strlen(base);

	while (size && base[size - 1] == '/')
		size--;
	buf_reset(b);
	buf_add(b, base, size);
	buf_text(b, path);
}

void url_path(struct buf *b, const char *path)
{
	buf_text(b, path);
}

/* A segment of dots alone would mean another place, also when only its dots are plain. */
void url_segment(struct buf *b, const char *segment)
{
	buf_char(b, '/');
	if (segment && strcmp(segment, ".") != 0 && strcmp(segment, "..") != 0) {
		url_encode(b, segment);
		return;
	}
	for (; segment && *segment; segment++)
		encode_byte(b, (unsigned char)*segment);
}

void url_query(struct buf *b, const char *name, const char *value)
{
	if (!value)
		return;
	buf_char(b, b->size && memchr(b->text, '?', b->size) ? '&' : '?');
	url_encode(b, name);
	buf_char(b, '=');
	url_encode(b, value);
}

void url_query_int(struct buf *b, const char *name, long long value)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", value);
	url_query(b, name, text);
}

/* ---- taking one apart */

struct parts {
	const char *scheme;
	size_t scheme_size;
	const char *authority;
	size_t authority_size;
	const char *host; /* without the brackets of an address */
	size_t host_size;
	const char *port; /* digits, or "" */
	size_t port_size;
};

static bool split_host(struct parts *p)
{
	const char *end = p->authority + p->authority_size;
	const char *user = memchr(p->authority, '@', p->authority_size);

	p->host = user ? user + 1 : p->authority;
	if (*p->host == '[') {
		const char *close = memchr(p->host, ']', (size_t)(end - p->host));

		if (!close)
			return false;
		p->host++;
		p->host_size = (size_t)(close - p->host);
		p->port = close + 1;
	} else {
		const char *colon = memchr(p->host, ':', (size_t)(end - p->host));

		p->port = colon ? colon : end;
		p->host_size = (size_t)(p->port - p->host);
	}
	if (p->port < end && *p->port != ':')
		return false;
	if (p->port < end)
		p->port++;
	p->port_size = (size_t)(end - p->port);
	for (size_t i = 0; i < p->port_size; i++)
		if (!isdigit((unsigned char)p->port[i]))
			return false;
	return p->host_size > 0 && p->port_size <= 5;
}

static bool split(const char *url, struct parts *p)
{
	const char *mark = strstr(url, "://");

	if (!mark || mark == url)
		return false;
	*p = (struct parts){
		.scheme = url, .scheme_size = (size_t)(mark - url), .authority = mark + 3
	};
	p->authority_size = strcspn(p->authority, "/?#");
	return split_host(p);
}

static bool is(const char *text, size_t size, const char *word)
{
	return strlen(word) == size && !strncasecmp(text, word, size);
}

static bool loopback_v4(const char *host, size_t size)
{
	int dots = 0;

	if (size < 4 || strncmp(host, "127.", 4) != 0)
		return false;
	for (size_t i = 0; i < size; i++) {
		if (host[i] == '.')
			dots++;
		else if (!isdigit((unsigned char)host[i]))
			return false;
	}
	return dots == 3;
}

static bool loopback(const struct parts *p)
{
	return loopback_v4(p->host, p->host_size) || is(p->host, p->host_size, "localhost") ||
	       (p->host[-1] == '[' && is(p->host, p->host_size, "::1"));
}

static bool plain(const char *url)
{
	for (; *url; url++)
		if ((unsigned char)*url <= 0x20 || *url == 0x7f || *url == '\\' || *url == '#')
			return false;
	return true;
}

bool url_check(const char *url, struct error *err)
{
	struct parts p;

	if (!plain(url) || !split(url, &p))
		return error_set(err, ERROR_CONFIG,
			_("This is no address of a service; it should look like "
			  "https://cases.example.org/v1."));
	if (memchr(p.authority, '@', p.authority_size))
		return error_set(err, ERROR_CONFIG,
			_("The address of a service may not hold a user or password; "
			  "use token-file or token-command."));
	if (is(p.scheme, p.scheme_size, "https"))
		return true;
	if (is(p.scheme, p.scheme_size, "http") && loopback(&p))
		return true;
	return error_set(err, ERROR_CONFIG,
		_("The address %.*s is not protected: only https is used, or http to "
		  "this machine itself."),
		(int)(p.authority + p.authority_size - url), url);
}

bool url_check_base(const char *url, struct error *err)
{
	if (strchr(url, '?'))
		return error_set(err, ERROR_CONFIG,
			_("The address of a service may not hold a question mark and what follows it; "
			  "a secret comes from token-file or token-command."));
	return url_check(url, err);
}

static bool same_port(const struct parts *a, const struct parts *b)
{
	const char *usual = is(a->scheme, a->scheme_size, "https") ? "443" : "80";
	const char *one = a->port_size ? a->port : usual;
	const char *two = b->port_size ? b->port : usual;
	size_t one_size = a->port_size ? a->port_size : strlen(usual);
	size_t two_size = b->port_size ? b->port_size : strlen(usual);

	return one_size == two_size && !memcmp(one, two, one_size);
}

bool url_same_origin(const char *base, const char *url)
{
	struct parts a, b;

	if (!plain(url))
		return false;
	if (url[0] == '/')
		return url[1] != '/';
	if (!split(base, &a) || !split(url, &b))
		return false;
	return a.scheme_size == b.scheme_size && !strncasecmp(a.scheme, b.scheme, a.scheme_size) &&
	       a.host_size == b.host_size && !strncasecmp(a.host, b.host, a.host_size) &&
	       same_port(&a, &b) && !memchr(b.authority, '@', b.authority_size);
}

void url_origin(struct buf *b, const char *url)
{
	struct parts p;

	if (!split(url, &p))
		return;
	const char *user = memchr(p.authority, '@', p.authority_size);
	const char *from = user ? user + 1 : p.authority;

	buf_add(b, p.scheme, p.scheme_size);
	buf_text(b, "://");
	buf_add(b, from, (size_t)(p.authority + p.authority_size - from));
}
