/*
 * Finds a TCP peer that is gone: silent, or with data under way, within about the same time.
 *
 * Keepalive probes (tcp(7)) are sent on idle connections only; what is under way is sent again for
 * a quarter of an hour. TCP_USER_TIMEOUT (RFC 5482) ends that, but also counts how long a peer
 * keeps its window closed that is there and answers, and would cut off whoever pauses. So it is
 * taken back while data wait for a window, as long as that peer is heard.
 */
#ifndef SKT_NET_KEEPALIVE_H
#define SKT_NET_KEEPALIVE_H

#include "net/loop.h"

/* Has the kernel ask a peer that is silent, and give it up after about SECONDS, from 1 to 32767. */
void skt_keepalive_ask(int fd, unsigned int seconds);

/* Zero-initialised watches nothing. */
struct skt_keepalive {
	struct skt_timer timer;
	struct skt_loop *loop;
	int fd;
	unsigned int limit_ms, set_ms; /* of TCP_USER_TIMEOUT; what it is now */
};

/* Beside that, gives up a peer that does not acknowledge data. FD is TCP's, and stays the caller's.
 */
void skt_keepalive_start(
	struct skt_keepalive *keepalive, struct skt_loop *loop, int fd, unsigned int seconds);

/* Before FD is closed. No effect where it was not started. */
void skt_keepalive_stop(struct skt_keepalive *keepalive);

#endif
