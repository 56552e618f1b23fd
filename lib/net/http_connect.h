/*
 * CONNECT of HTTP: the request, with Basic credentials, and the head of its answer. Pure.
 *
 * Sources: RFC 9110 9.3.6 and 15, RFC 9112 2 to 4, RFC 7617.
 */
#ifndef SKT_NET_HTTP_CONNECT_H
#define SKT_NET_HTTP_CONNECT_H

#include <sys/types.h>

#include "net/proxy.h"

enum {
	SKT_HTTP_REQUEST_MAX = 2048,
	SKT_HTTP_HEAD_MAX = 16 * 1024, /* of an answer that is read */
};

/* Writes the request for TARGET at PORT; returns the length. */
size_t skt_http_connect_request(const struct skt_proxy *proxy, const struct skt_endpoint *target,
	uint16_t port, char ret[SKT_HTTP_REQUEST_MAX]);

/*
 * How long the head of the answer is, the empty line included; 0: more must come; -EPROTO: it is
 * none.
 */
ssize_t skt_http_connect_measure(const char *bytes, size_t len);

/*
 * What a whole head of LEN BYTES says: 0, -EKEYREJECTED (it wants to know who asks), -ETIMEDOUT,
 * -EPROTO (anything else), with words in ERR.
 */
int skt_http_connect_reply(
	const struct skt_proxy *proxy, const char *bytes, size_t len, struct skt_err *err);

#endif
