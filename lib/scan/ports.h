/* Which ports are worth asking first, and port sets as the lists that scans index. */
#ifndef SKT_SCAN_PORTS_H
#define SKT_SCAN_PORTS_H

#include <stdint.h>

#include "base/port.h"
#include "base/service.h"

/* --top goes so far. */
enum { SKT_PORTS_TOP_MAX = 1000, SKT_PORTS_TOP_DEFAULT = 100 };

/*
 * Adds the COUNT (at most SKT_PORTS_TOP_MAX) most common ports of PROTOCOL (SKT_SERVICE_TCP or
 * _UDP) to SET: a ranking of this project's own, continued with the ports that the registry knows,
 * the lowest first.
 */
void skt_ports_top(const struct skt_services *services, uint8_t protocol, uint32_t count,
	struct skt_portset *set);

uint32_t skt_portset_count(const struct skt_portset *set);

#endif
