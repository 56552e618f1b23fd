/*
 * How a receiver asks for a stream that it cannot be sent unasked, since it is behind address
 * translation or a firewall. There is no connection beside it: the way back of the request is the
 * way of the stream, which the request keeps open while it is repeated.
 *
 *	 0  "sktpull1"
 *	 8  what: 1 a request, 2 a challenge
 *	16  cookie, 8 bytes: of a request 0, or that of the challenge which it answers
 *
 * All 32 bytes long, the rest zero. A sender answers a request without its cookie by a challenge of
 * the same length, and streams only to who has brought the cookie back: nobody can have a stream
 * sent to another (RFC 8085, 3.1.5 and 6; as DTLS does, RFC 6347, 4.2.1). It ends when requests
 * cease.
 */
#ifndef SKT_NET_PULL_H
#define SKT_NET_PULL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/clock.h"

enum { SKT_PULL_SIZE = 32 };

/* How often it is asked until the stream comes, and from then on; after how long it ends. */
#define SKT_PULL_ASK_NS (250 * SKT_NS_PER_MS)
#define SKT_PULL_KEEP_NS SKT_NS_PER_SEC
#define SKT_PULL_END_NS (5 * SKT_NS_PER_SEC)

enum skt_pull_kind { SKT_PULL_REQUEST = 1, SKT_PULL_CHALLENGE = 2 };

void skt_pull_put(uint8_t at[SKT_PULL_SIZE], enum skt_pull_kind kind, uint64_t cookie);

/* False where LEN bytes are none of these. */
bool skt_pull_parse(
	const uint8_t *bytes, size_t len, enum skt_pull_kind *ret_kind, uint64_t *ret_cookie);

/* The cookie of who asks from ADDRESS, not 0, under a key that is the sender's alone. */
uint64_t skt_pull_cookie(const uint64_t key[2], const struct sockaddr *address, socklen_t len);

#endif
