/*
 * Whether a UDP port is closed, by what the network says of an empty datagram: an ICMP error, read
 * from the socket's error queue (ip(7), IP_RECVERR), or an answer. Silence proves nothing. All
 * addresses of a name are asked, and the one that tells most speaks for them: an answer, then
 * silence, which may be an open port, then what says no.
 */
#ifndef SKT_CMD_CONNECT_UDP_PROBE_H
#define SKT_CMD_CONNECT_UDP_PROBE_H

#include "cmd/connect/options.h"
#include "cmd/connect/row.h"
#include "net/loop.h"

enum { CONNECT_UDP_ADDRESSES = 16 }; /* of a name that are asked, all at once */

/* One address that is asked. */
struct connect_udp_try {
	struct connect_udp_probe *probe;
	struct skt_watch watch;
	struct skt_addr addr;
	enum connect_state state; /* once it has ended */
	const char *reason;       /* NULL with `error` */
	int error;                /* it failed here: -errno */
	bool ended;
};

/* The user sets the first four and zeroes the rest. */
struct connect_udp_probe {
	/* Called once, and not before the loop runs; may free the probe. */
	void (*done)(struct connect_udp_probe *probe);
	struct skt_loop *loop;
	const struct connect_options *options;
	uint16_t port;

	const struct connect_udp_try *result; /* the most telling one */
	uint64_t end_ns;

	/* the probe's own */
	struct connect_udp_try tries[CONNECT_UDP_ADDRESSES];
	size_t count, running;
	struct skt_timer timer, ended;
	uint64_t deadline_ns, again_ns;
	bool complete;
};

/* Begins: whatever has not answered by then is asked again a few times until DEADLINE_NS. */
void connect_udp_probe_start(struct connect_udp_probe *probe, uint64_t deadline_ns);

/* One more address to ask; those past the room are left alone. */
void connect_udp_probe_add(struct connect_udp_probe *probe, const struct skt_addr *addr);

/* No more addresses will come: it is over when all have ended. At least one was added. */
void connect_udp_probe_complete(struct connect_udp_probe *probe);

void connect_udp_probe_stop(struct connect_udp_probe *probe);

#endif
