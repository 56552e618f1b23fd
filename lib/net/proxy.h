/*
 * A proxy that connects for us, as users name it: `SCHEME://[USER[:PASSWORD]@]HOST[:PORT]`, and
 * which hosts are reached without one. Pure.
 *
 * SCHEME is socks4, socks4a, socks5 (also socks5h, which is the same: names are for the proxy to
 * resolve), or http, or https for one that is spoken to in TLS, whose CONNECT is used. What a URL
 * cannot hold is written %XX (RFC 3986 2.1).
 */
#ifndef SKT_NET_PROXY_H
#define SKT_NET_PROXY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/endpoint.h"
#include "base/err.h"

enum {
	SKT_PROXY_USER_MAX = 255, /* of both (RFC 1929) */
	/* The scheme, the endpoint, and the NUL. */
	SKT_PROXY_URL_MAX = 16 + SKT_ENDPOINT_TEXT_MAX,
};

enum skt_proxy_scheme {
	SKT_PROXY_SOCKS4,
	SKT_PROXY_SOCKS4A,
	SKT_PROXY_SOCKS5,
	SKT_PROXY_HTTP,
	SKT_PROXY_HTTPS
};

struct skt_proxy {
	enum skt_proxy_scheme scheme;
	struct skt_endpoint endpoint; /* the port is a number */
	bool has_user;
	char user[SKT_PROXY_USER_MAX + 1], password[SKT_PROXY_USER_MAX + 1];
};

/* Errors: -EINVAL, and ERR, which never holds a password, says what is wrong. */
int skt_proxy_read_url(const char *text, struct skt_proxy *ret, struct skt_err *err);

/* Takes `USER[:PASSWORD]`, nothing of it encoded, of LEN bytes. -EINVAL. */
int skt_proxy_read_user(const char *text, size_t len, struct skt_proxy *ret, struct skt_err *err);

/* `socks5://127.0.0.1:1080`: without user and password, for messages. Returns TEXT. */
const char *skt_proxy_text(const struct skt_proxy *proxy, char text[SKT_PROXY_URL_MAX]);

/* Whether PROXY can be asked for TARGET; else -EINVAL, and ERR says what can. */
int skt_proxy_suits(
	const struct skt_proxy *proxy, const struct skt_endpoint *target, struct skt_err *err);

/*
 * Whether the list LIST of $no_proxy has TARGET: names and the domains below them, addresses,
 * CIDRs, `*` for all, separated by commas or blanks. NULL or "": it has nobody.
 */
bool skt_proxy_excepts(const char *list, const struct skt_endpoint *target);

#endif
