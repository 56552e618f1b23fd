/*
 * What a client of SOCKS says, and is told: versions 4, 4a and 5 with user and password. Pure.
 *
 * Sources: SOCKS: A protocol for TCP proxy across firewalls (Y. Lee), SOCKS 4A, RFC 1928, RFC 1929.
 */
#ifndef SKT_NET_SOCKS_H
#define SKT_NET_SOCKS_H

#include <sys/types.h>

#include "net/proxy.h"

enum {
	/* Version 4: eight bytes, user and name, each with its NUL. RFC 1929: 3 + 2 * 255. */
	SKT_SOCKS_REQUEST_MAX = 8 + SKT_PROXY_USER_MAX + 1 + SKT_ENDPOINT_HOST_MAX + 1,
	SKT_SOCKS_REPLY_MAX = 4 + 1 + 255 + 2,
};

/* What is said and awaited, in order; version 4 has the last one only. */
enum skt_socks_phase { SKT_SOCKS_METHOD, SKT_SOCKS_USER, SKT_SOCKS_CONNECT };

/* Writes what is to be said to PROXY in PHASE, for TARGET at PORT; returns the length. */
size_t skt_socks_request(const struct skt_proxy *proxy, enum skt_socks_phase phase,
	const struct skt_endpoint *target, uint16_t port, char ret[SKT_SOCKS_REQUEST_MAX]);

/*
 * How long the reply is that LEN BYTES begin with, once it is there whole, or as much of it as says
 * no; 0: more must come; -EPROTO: it is none.
 */
ssize_t skt_socks4_measure(const char *bytes, size_t len);
ssize_t skt_socks5_measure(const char *bytes, size_t len);       /* SKT_SOCKS_CONNECT */
ssize_t skt_socks5_measure_short(const char *bytes, size_t len); /* the phases before that */

/*
 * What a whole reply says: 0, and *RET is the phase that comes next, or as it was after the last
 * one; else -errno, and ERR says it in words:
 *
 *	-ECONNREFUSED, -EHOSTUNREACH, -ENETUNREACH, -ETIMEDOUT   of the target, by the proxy's word
 *	-EKEYREJECTED   user and password are missing, or not the right ones
 *	-EPROTO         no, for another reason; or it makes no sense
 */
int skt_socks_reply(const struct skt_proxy *proxy, const char *bytes, enum skt_socks_phase *ret,
	struct skt_err *err);

#endif
