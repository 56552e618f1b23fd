/*
 * What the client of a proxy asks for, in whichever protocol it speaks: net/socks_request and
 * net/http_request read it, and say what comes of it. Pure.
 */
#ifndef SKT_NET_PROXY_REQUEST_H
#define SKT_NET_PROXY_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/endpoint.h"
#include "base/err.h"
#include "net/proxy.h"

enum skt_proxy_language {
	SKT_PROXY_SPEAKS_NOTHING, /* nothing that was understood, yet */
	SKT_PROXY_SPEAKS_SOCKS4,
	SKT_PROXY_SPEAKS_SOCKS5,
	SKT_PROXY_SPEAKS_CONNECT,
	SKT_PROXY_SPEAKS_HTTP, /* a request that is to be passed on */
	SKT_PROXY_LANGUAGES,
};

/* In a word: "socks4", "socks5", "connect", "http". */
extern const char *const skt_proxy_language_names[SKT_PROXY_LANGUAGES];

struct skt_proxy_request {
	enum skt_proxy_language language;
	struct skt_endpoint target; /* INET: a name or an address, and a port that is a number */
	bool has_user;
	char user[SKT_PROXY_USER_MAX + 1], password[SKT_PROXY_USER_MAX + 1];
};

/*
 * Reads the LEN bytes of HOST: an address, in whose brackets IPv6 may be, or a name of letters,
 * digits, dots, hyphens and underscores; no zone, nothing that is no host. -EINVAL: it is neither,
 * or PORT is 0.
 */
int skt_proxy_request_target(
	const char *host, size_t len, uint16_t port, struct skt_endpoint *ret, struct skt_err *err);

/* Copies a text of LEN bytes; -EINVAL: it is too long, or has a NUL. */
int skt_proxy_request_text(const char *bytes, size_t len, char ret[SKT_PROXY_USER_MAX + 1]);

#endif
