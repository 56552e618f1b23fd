/*
 * Which source address the kernel takes towards a host: that of a socket connected to it. What was
 * asked is remembered, in a table of fixed size. IPv4 only: for IPv6 raw sockets fill it in.
 */
#ifndef SKT_SCAN_ROUTE_H
#define SKT_SCAN_ROUTE_H

#include <stdint.h>

#include "base/addr.h"

enum { SKT_ROUTES_MAX = 4096 };

struct skt_routes {
	const char *interface; /* to be bound to, or NULL */
	int fd;                /* that asks; -1: not yet */
	struct {
		struct skt_addr destination, source;
	} known[SKT_ROUTES_MAX];
};

/* Begins, with FD -1 in a zeroed struct. */
void skt_routes_init(struct skt_routes *routes, const char *interface);

/* The source for ADDR, the address of host number HOST. 0, or the -errno of its route. */
int skt_routes_source(struct skt_routes *routes, uint64_t host, const struct skt_addr *addr,
	struct skt_addr *ret);

void skt_routes_fini(struct skt_routes *routes);

#endif
