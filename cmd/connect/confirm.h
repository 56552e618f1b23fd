/*
 * With TCP Fast Open a socket takes data before the other side has said a word (RFC 7413): waits
 * until it has, which is when the connection is there, or until that is too late.
 */
#ifndef SKT_CMD_CONNECT_CONFIRM_H
#define SKT_CMD_CONNECT_CONFIRM_H

#include "net/loop.h"

/* The user sets the first three and zeroes the rest. */
struct connect_confirm {
	/* Called once, by the loop. CONFIRMED: RTT_NS is how long the handshake took. */
	void (*done)(struct connect_confirm *confirm, bool confirmed, uint64_t rtt_ns);
	struct skt_loop *loop;
	int fd; /* stays the user's */

	/* its own */
	struct skt_timer timer;
	uint64_t deadline_ns, wait_ns;
};

/* Whether the other side of FD has answered, or there is no handshake to be answered. */
bool connect_is_confirmed(int fd);

void connect_confirm_start(struct connect_confirm *confirm, uint64_t deadline_ns);

/* The other side has been heard: tells so now, where it is still waited for. */
void connect_confirm_now(struct connect_confirm *confirm);

void connect_confirm_stop(struct connect_confirm *confirm);

#endif
