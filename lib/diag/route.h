/*
 * What the kernel knows of the way to an address: the route it would take, the neighbour that is
 * the next hop, the interface between (rtnetlink(7), ip-route(8), ip-neighbour(8)). No privilege is
 * needed. Each question is one request; what it costs is a few microseconds.
 */
#ifndef SKT_DIAG_ROUTE_H
#define SKT_DIAG_ROUTE_H

#include <stdint.h>

#include "base/addr.h"
#include "diag/netlink.h"

/* What decides about a route, as far as it is known: 0 and AF_UNSPEC are "whatever it be". */
struct skt_route_query {
	struct skt_addr to, source;
	uint32_t ifindex;  /* to be left by */
	uint8_t protocol;  /* IPPROTO_TCP or IPPROTO_UDP */
	uint16_t port;     /* of TO */
	uint16_t own_port; /* of SOURCE */
};

struct skt_route {
	struct skt_addr source;  /* that the kernel takes; AF_UNSPEC: it has none of the family */
	struct skt_addr gateway; /* AF_UNSPEC: none, TO is on the link */
	uint32_t ifindex;
	uint32_t mtu; /* of the route itself; 0: that of the interface */
	uint8_t type; /* RTN_UNICAST, RTN_LOCAL, RTN_BROADCAST... (linux/rtnetlink.h) */
};

/*
 * Asks for the route (RTM_GETROUTE), as the calling user would get it. 0, or the kernel's -errno:
 * -ENETUNREACH, -EHOSTUNREACH, -EACCES, -EINVAL for no route, and routes of the types
 * unreachable, prohibit and blackhole, as connect(2) has them.
 */
int skt_route_get(
	struct skt_netlink *netlink, const struct skt_route_query *query, struct skt_route *ret);

/* The same for one question only: opens and closes the socket too. */
int skt_route_get_once(const struct skt_route_query *query, struct skt_route *ret);

struct skt_neighbor_entry {
	uint16_t state;     /* NUD_* (linux/neighbour.h); NUD_NONE: there is no entry */
	uint8_t lladdr[8];  /* link-layer address, LLADDR_LEN bytes of it */
	uint8_t lladdr_len; /* 0: not known, or longer */
	uint32_t age_ms;    /* since the state last changed, at hundredths of a second */
};

/* The neighbour at ADDR on interface IFINDEX (RTM_GETNEIGH). 0 or -errno; none is NUD_NONE. */
int skt_neighbor_get(struct skt_netlink *netlink, uint32_t ifindex, const struct skt_addr *addr,
	struct skt_neighbor_entry *ret);

/*
 * Hands all neighbours of FAMILY that the kernel knows to TAKE, whose result ends it if it is not
 * 0: that, or 0 or -errno. What the table is changed to meanwhile may be missing.
 */
int skt_neighbor_list(struct skt_netlink *netlink, uint8_t family,
	int (*take)(void *ctx, uint32_t ifindex, const struct skt_addr *addr,
		const struct skt_neighbor_entry *entry),
	void *ctx);

/* Which neighbour an event of RTNLGRP_NEIGH is about. -EBADMSG: none. */
int skt_neighbor_read(
	const void *payload, size_t len, uint32_t *ret_ifindex, struct skt_addr *ret_addr);

/*
 * Makes the kernel ask the neighbour at once whether it is still there (NUD_PROBE), which takes
 * CAP_NET_ADMIN: 0 or -errno. LLADDR of ENTRY is what it has now.
 */
int skt_neighbor_probe(struct skt_netlink *netlink, uint32_t ifindex, const struct skt_addr *addr,
	const struct skt_neighbor_entry *entry);

struct skt_link {
	uint32_t flags; /* IFF_* (net/if.h) */
	uint32_t mtu;   /* 0: not told */
};

/* The interface IFINDEX (RTM_GETLINK). 0 or -errno. */
int skt_link_get(struct skt_netlink *netlink, uint32_t ifindex, struct skt_link *ret);

#endif
