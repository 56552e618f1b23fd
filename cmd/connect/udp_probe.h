/*
 * Whether a UDP port is closed, by what the network says of an empty datagram: an ICMP error, read
 * from the socket's error queue (ip(7), IP_RECVERR), or an answer. Silence proves nothing.
 */
#ifndef SKT_CMD_CONNECT_UDP_PROBE_H
#define SKT_CMD_CONNECT_UDP_PROBE_H

#include "cmd/connect/options.h"
#include "cmd/connect/row.h"
#include "net/loop.h"

/* The user sets the first two and zeroes the rest. */
struct connect_udp_probe {
	/* Called once; may free the probe. ERROR is not 0 where it failed here: -errno. */
	void (*done)(struct connect_udp_probe *probe);
	struct skt_loop *loop;

	enum connect_state state;
	const char *reason; /* NULL with `error` */
	int error;
	uint64_t start_ns, end_ns;

	/* the probe's own */
	struct skt_watch watch;
	struct skt_timer timer;
	uint64_t deadline_ns, again_ns;
};

/* Begins. Nothing is called before the loop runs. 0 or -errno. */
int connect_udp_probe_start(struct connect_udp_probe *probe, const struct skt_addr *addr,
	uint16_t port, const struct connect_options *options, uint64_t timeout_ns);

void connect_udp_probe_stop(struct connect_udp_probe *probe);

#endif
