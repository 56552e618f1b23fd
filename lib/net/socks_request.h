/*
 * What a server of SOCKS hears, and says: versions 4, 4a and 5, of which CONNECT only. Pure.
 *
 * Sources: SOCKS: A protocol for TCP proxy across firewalls (Y. Lee), SOCKS 4A, RFC 1928, RFC 1929.
 */
#ifndef SKT_NET_SOCKS_REQUEST_H
#define SKT_NET_SOCKS_REQUEST_H

#include <sys/types.h>

#include "net/connection.h"
#include "net/proxy_request.h"

enum {
	/* Version 4a: eight bytes, user and name, each with its NUL. RFC 1929: 3 + 2 * 255. */
	SKT_SOCKS_ASKED_MAX = 8 + SKT_PROXY_USER_MAX + 1 + SKT_ENDPOINT_HOST_MAX + 1,
	SKT_SOCKS_ANSWER_MAX = 4 + 16 + 2,
};

/*
 * How long the message is that LEN BYTES begin with, once it is there whole, or as much of it as
 * says that it cannot be granted; 0: more must come; -EPROTO: it is none; -EMSGSIZE: a text in it
 * is too long.
 */
ssize_t skt_socks4_measure_request(const char *bytes, size_t len);
ssize_t skt_socks5_measure_greeting(const char *bytes, size_t len);
ssize_t skt_socks5_measure_user(const char *bytes, size_t len);
ssize_t skt_socks5_measure_request(const char *bytes, size_t len);

/*
 * What a whole message says. Errors, told in ERR: -EINVAL (a host, or a user, that is none),
 * -EOPNOTSUPP (BIND, UDP ASSOCIATE and whatever else there is), -EAFNOSUPPORT (an address of
 * another kind).
 */
int skt_socks4_read_request(const char *bytes, struct skt_proxy_request *ret, struct skt_err *err);
int skt_socks5_read_user(const char *bytes, struct skt_proxy_request *ret, struct skt_err *err);
int skt_socks5_read_request(const char *bytes, struct skt_proxy_request *ret, struct skt_err *err);

/* The method to be used of those that a greeting offers: 0 (none), 2 (user and password), 255. */
unsigned int skt_socks5_choose(const char *greeting, bool wants_user);

/* What answers a request: R is 0, or the -errno for which it is not granted. Return the length. */
size_t skt_socks4_answer(int r, char ret[SKT_SOCKS_ANSWER_MAX]);

/* BOUND: the end of the connection that was made; NULL: not known. */
size_t skt_socks5_answer(int r, const struct skt_place *bound, char ret[SKT_SOCKS_ANSWER_MAX]);

#endif
