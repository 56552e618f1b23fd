/* Ports that nobody else has: found free by taking them. */
#ifndef SKT_NET_CLAIM_H
#define SKT_NET_CLAIM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

struct skt_claim_how {
	struct skt_addr addr; /* AF_INET or AF_INET6 */
	uint16_t port;
	int type;              /* SOCK_STREAM or SOCK_DGRAM */
	bool dual;             /* IPv6: takes IPv4 too (no IPV6_V6ONLY) */
	bool reuse_address;    /* SO_REUSEADDR */
	bool reuse_port;       /* SO_REUSEPORT */
	const char *interface; /* SO_BINDTODEVICE; NULL: none */
	/* Makes the socket as USER, by the thread's own setfsuid(2); the kernel asks who made it
	 * when SO_REUSEPORT is shared. */
	bool as_user;
	uint32_t user;
};

/*
 * Binds as HOW says. Returns a blocking, close-on-exec descriptor, not listening yet, or -errno:
 * -EADDRINUSE something holds the port, -EACCES it needs privilege, -EPERM this user may not be
 * another or bind to an interface, -EAFNOSUPPORT or -EADDRNOTAVAIL there is no such family or
 * address here.
 */
int skt_claim_bind(const struct skt_claim_how *how);

/*
 * Binds PORT at every address of FAMILY without SO_REUSEADDR: nothing that holds the port at any
 * address, in any state, lets that pass (net/ipv4/inet_connection_sock.c, inet_csk_get_port()).
 * AF_UNSPEC: IPv6 and IPv4 by one socket, or IPv4 alone where the kernel has no IPv6. TYPE:
 * SOCK_STREAM or SOCK_DGRAM.
 *
 * Returns as skt_claim_bind() does.
 */
int skt_claim_port(int family, int type, uint16_t port);

#endif
