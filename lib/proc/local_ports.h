/*
 * Which ports this host keeps for a purpose: the range of outgoing connections, what is reserved,
 * and what needs privilege (net.ipv4.ip_local_*, ip_unprivileged_port_start,
 * Documentation/networking/ip-sysctl.rst). All serve IPv6 too.
 */
#ifndef SKT_PROC_LOCAL_PORTS_H
#define SKT_PROC_LOCAL_PORTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/port.h"

struct skt_local_ports {
	/* Where the ports of outgoing connections come from. */
	uint16_t ephemeral_low, ephemeral_high;
	bool ephemeral_known;        /* else the range is what kernels have by default */
	struct skt_portset reserved; /* never given out unless asked for by number */
	/* Below it a bind needs CAP_NET_BIND_SERVICE; 0..65536. */
	uint32_t unprivileged_start;
};

/* Reads them below PROC_ROOT ("/proc"). What cannot be read is as on a fresh system. */
void skt_local_ports_read(const char *proc_root, struct skt_local_ports *ret);

enum { SKT_LOCAL_PORTS_FILES = 3 };

/*
 * The same from what the files ip_local_port_range, ip_local_reserved_ports and
 * ip_unprivileged_port_start hold, without the newlines; NULL: it cannot be read. TEXTS are
 * changed.
 */
void skt_local_ports_parse(char *const texts[SKT_LOCAL_PORTS_FILES], struct skt_local_ports *ret);

static inline bool skt_local_ports_ephemeral(const struct skt_local_ports *ports, uint16_t port)
{
	return port >= ports->ephemeral_low && port <= ports->ephemeral_high;
}

static inline bool skt_local_ports_privileged(const struct skt_local_ports *ports, uint16_t port)
{
	return port < ports->unprivileged_start;
}

#endif
