/* The socket of udprecv, once it is open. */
#ifndef SKT_CMD_UDPRECV_SOCKET_H
#define SKT_CMD_UDPRECV_SOCKET_H

#include "cmd/command.h"
#include "cmd/udprecv/options.h"
#include "net/udp.h"

struct udprecv_socket {
	int fd, family;
	bool gro;    /* set by the receiver */
	bool passed; /* by a service manager, whose address it is */
	uint32_t ifindex;
	uint64_t since_ns; /* CLOCK_REALTIME, when it began to receive */
	struct skt_udp_address local;
	char text[SKT_UDP_TEXT_MAX]; /* of the address */
};

/*
 * Takes what a service manager passes on, where no endpoint is named; fd stays -1 without that. To
 * be called before any other descriptor is opened. Returns as below.
 */
int udprecv_take_passed(
	const struct udprecv_options *o, const struct skt_context *ctx, struct udprecv_socket *ret);

/* Opens and binds, unless it was passed on. Returns an exit status, having told the user. */
int udprecv_open(const struct udprecv_options *o, const struct skt_context *ctx,
	struct udprecv_socket *sock);

#endif
