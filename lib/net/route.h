/*
 * The way that the kernel has to an address now: asked of it without a packet (RTM_GETROUTE,
 * rtnetlink(7)), which needs no privilege.
 */
#ifndef SKT_NET_ROUTE_H
#define SKT_NET_ROUTE_H

#include <stdint.h>

#include "base/addr.h"

struct skt_route {
	uint32_t ifindex;       /* the interface out */
	struct skt_addr source; /* the address that is taken there; AF_UNSPEC: not told */
};

/*
 * Asks for the way to TO, from SOURCE (NULL, or AF_UNSPEC: any). 0, or -errno: what the kernel says
 * of the route (-ENETUNREACH, -EHOSTUNREACH, -EACCES, ...) or of the question (-EPROTO: an answer
 * that is none).
 */
int skt_route_ask(const struct skt_addr *to, const struct skt_addr *source, struct skt_route *ret);

#endif
