#include "service/proxy.h"

#include "model/i18n.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netdb.h>
#include <string.h>
#include <strings.h>

/* All addresses in one form, so that 10.0.0.5 is the same on a socket that speaks both. */
static struct in6_addr plain(const struct sockaddr *peer)
{
	struct in6_addr address = IN6ADDR_ANY_INIT;
	if (peer->sa_family == AF_INET6)
		return ((const struct sockaddr_in6 *)peer)->sin6_addr;
	if (peer->sa_family != AF_INET)
		return address;
	address.s6_addr[10] = address.s6_addr[11] = 0xff;
	memcpy(address.s6_addr + 12, &((const struct sockaddr_in *)peer)->sin_addr, 4);
	return address;
}

static bool is_loopback(const struct in6_addr *address)
{
	return IN6_IS_ADDR_LOOPBACK(address) || (IN6_IS_ADDR_V4MAPPED(address) && address->s6_addr[12] == 127);
}

/* A name of its own: one that the service reads anyway would say two things. */
static bool header_good(const char *name)
{
	static const char *const taken[] = { "Authorization", "Host", "Content-Length", "Content-Type",
		"Transfer-Encoding", "Connection", "If-Match", "If-None-Match", "Idempotency-Key", "Purpose",
		"Last-Event-ID", "Accept", "User-Agent", "Cookie", NULL };
	for (int i = 0; taken[i]; i++)
		if (strcasecmp(name, taken[i]) == 0)
			return false;
	for (const char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && *c != '-')
			return false;
	return *name != '\0';
}

bool proxy_read(struct proxy *proxy, const char *address, const char *header, struct error *err)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST }, *found = NULL;
	*proxy = (struct proxy){ .header = header };
	if (header && !address)
		return error_set(err, ERROR_USAGE,
			_("--proxy-user-header needs --proxy ADDR: the header is believed from that address alone."));
	if (header && !header_good(header))
		return error_set(err, ERROR_USAGE,
			_("%s is not a header for names of people; a usual one is X-Remote-User."), header);
	if (!address)
		return true;
	if (getaddrinfo(address, NULL, &hints, &found) != 0)
		return error_set(err, ERROR_USAGE, _("%s is not the address of a proxy, such as 10.0.0.5."),
			address);
	proxy->named = true;
	proxy->address = plain(found->ai_addr);
	freeaddrinfo(found);
	return true;
}

bool proxy_is(const struct proxy *proxy, const struct sockaddr *peer)
{
	struct in6_addr address = plain(peer);
	return proxy->named && IN6_ARE_ADDR_EQUAL(&address, &proxy->address);
}

bool proxy_may_connect(const struct proxy *proxy, const struct sockaddr *peer)
{
	struct in6_addr address = plain(peer);
	return !proxy->named || is_loopback(&address) || proxy_is(proxy, peer);
}

void proxy_print(const struct sockaddr *peer, char out[INET6_ADDRSTRLEN])
{
	struct in6_addr address = plain(peer);
	bool four = IN6_IS_ADDR_V4MAPPED(&address);
	if (!inet_ntop(four ? AF_INET : AF_INET6, four ? address.s6_addr + 12 : address.s6_addr, out,
		    INET6_ADDRSTRLEN))
		out[0] = '\0';
}
