/*
 * Whether what is sent is a request that has to be answered. HTTP only: a proxy may take a
 * half-close for a client that has gone, and drop the request; to a file that is sent somewhere no
 * answer is due.
 *
 * Sources: RFC 9112 3 (the request line).
 */
#ifndef SKT_CMD_STREAM_REQUEST_H
#define SKT_CMD_STREAM_REQUEST_H

#include "net/tap.h"

struct skt_request {
	struct skt_tap tap; /* for skt_pump.opening */
	bool is_http;       /* what was seen begins with a request line of HTTP/1 */
};

void skt_request_init(struct skt_request *request);

/* Whether the LEN BYTES begin with a whole request line of HTTP/1. */
bool skt_request_is_http(const char *bytes, size_t len);

#endif
