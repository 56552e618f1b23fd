/*
 * What a proxy of HTTP is asked, and answers: CONNECT, and requests for `http://` that are to be
 * passed on, one on each connection. Pure.
 *
 * Sources: RFC 9110 7.6, 9.3.6 and 15, RFC 9112 3.2 and 9.6, RFC 7617.
 */
#ifndef SKT_NET_HTTP_REQUEST_H
#define SKT_NET_HTTP_REQUEST_H

#include <sys/types.h>

#include "base/str.h"
#include "net/proxy_request.h"

enum {
	SKT_HTTP_ASKED_MAX = 16 * 1024, /* of a head that is read */
	SKT_HTTP_ANSWER_MAX = 1024,
};

/* How long the head is; 0: more must come; -EPROTO: nothing of HTTP begins so. */
ssize_t skt_http_measure_request(const char *bytes, size_t len);

/*
 * What a whole head says. Errors, told in ERR: -EPROTO (it is none), -EINVAL (a host that is none),
 * -EOPNOTSUPP (another scheme than http).
 */
int skt_http_read_request(
	const char *head, size_t len, struct skt_proxy_request *ret, struct skt_err *err);

/*
 * Writes the head, which was read as REQUEST, as the server of its target is to see it: without
 * scheme and host in the first line, without the fields that are about this connection, and so that
 * the server ends it after its answer. RET is the user's to free.
 */
void skt_http_pass_request(
	const char *head, size_t len, const struct skt_proxy_request *request, struct skt_str *ret);

/*
 * What answers a CONNECT that was granted, with R 0, or any request that was not for -errno R, WHY
 * being that in words. Returns the length.
 */
size_t skt_http_answer(int r, const char *why, char ret[SKT_HTTP_ANSWER_MAX]);

#endif
