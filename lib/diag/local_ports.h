/*
 * Which ports this host keeps for a purpose: the range of outgoing connections, and what is
 * reserved (net.ipv4.ip_local_*, Documentation/networking/ip-sysctl.rst). Both serve IPv6 too.
 */
#ifndef SKT_DIAG_LOCAL_PORTS_H
#define SKT_DIAG_LOCAL_PORTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/port.h"

struct skt_local_ports {
	/* Where the ports of outgoing connections come from. */
	uint16_t ephemeral_low, ephemeral_high;
	bool ephemeral_known;        /* else the range is what kernels have by default */
	struct skt_portset reserved; /* never given out unless asked for by number */
};

/* Reads both below PROC_ROOT ("/proc"). What cannot be read is as on a fresh system. */
void skt_local_ports_read(const char *proc_root, struct skt_local_ports *ret);

static inline bool skt_local_ports_ephemeral(const struct skt_local_ports *ports, uint16_t port)
{
	return port >= ports->ephemeral_low && port <= ports->ephemeral_high;
}

#endif
