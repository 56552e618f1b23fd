/* This host as scans see it: its own addresses, and the networks it is directly on. */
#ifndef SKT_SCAN_LOCAL_H
#define SKT_SCAN_LOCAL_H

#include <stdbool.h>

#include "base/addr.h"
#include "base/vec.h"

struct skt_local_address {
	struct skt_cidr network;   /* host bits are the address itself */
	struct skt_addr broadcast; /* AF_UNSPEC: none */
	bool on_link;              /* neighbours are asked for by ARP or neighbour discovery */
};

SKT_VEC_DECLARE(skt_local, struct skt_local_address);

/* Reads the addresses of all interfaces (getifaddrs(3)). 0 or -errno. */
int skt_local_read(struct skt_local *local);

bool skt_local_has(const struct skt_local *local, const struct skt_addr *addr);
bool skt_local_is_on_link(const struct skt_local *local, const struct skt_addr *addr);
/*
 * Whether the connection FD, made to ADDR and PORT, met itself: a port of this host that nobody
 * listens on, when the source port happened to be that port (RFC 9293 3.5, simultaneous open).
 */
bool skt_local_is_self(int fd, const struct skt_addr *addr, uint16_t port);

bool skt_local_is_broadcast(const struct skt_local *local, const struct skt_addr *addr);

#endif
