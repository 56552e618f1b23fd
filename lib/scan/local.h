/* This host as scans see it: its own addresses, and the networks it is directly on. */
#ifndef SKT_SCAN_LOCAL_H
#define SKT_SCAN_LOCAL_H

#include <stdbool.h>

#include "base/addr.h"
#include "base/vec.h"

/* Addresses of an IPv4 network that are no host's; AF_UNSPEC: none (RFC 919, RFC 3021). */
enum { SKT_LOCAL_NETWORK, SKT_LOCAL_BROADCAST, SKT_LOCAL_BROADCAST_SET, SKT_LOCAL_RESERVED };

struct skt_local_address {
	struct skt_cidr network; /* host bits are the address itself */
	/* By the prefix, and the broadcast address that was set besides. */
	struct skt_addr reserved[SKT_LOCAL_RESERVED];
	uint32_t ifindex;
	bool on_link; /* neighbours are asked for by ARP or neighbour discovery */
};

SKT_VEC_DECLARE(skt_local, struct skt_local_address);

/* Reads the addresses of all interfaces (getifaddrs(3)). 0 or -errno. */
int skt_local_read(struct skt_local *local);

/*
 * Fills in what is reserved in the network of ENTRY. SET is the broadcast address that was given
 * for it, AF_UNSPEC: none; getifaddrs(3) has the address itself in its place then.
 */
void skt_local_reserve(struct skt_local_address *entry, const struct skt_addr *set);

bool skt_local_has(const struct skt_local *local, const struct skt_addr *addr);
/*
 * Whether the connection FD, made to ADDR and PORT, met itself: a port of this host that nobody
 * listens on, when the source port happened to be that port (RFC 9293 3.5, simultaneous open).
 */
bool skt_local_is_self(int fd, const struct skt_addr *addr, uint16_t port);

/* "broadcast" or "network" where ADDR is that of a network that this host is on; or NULL. */
const char *skt_local_reservation(const struct skt_local *local, const struct skt_addr *addr);

#endif
