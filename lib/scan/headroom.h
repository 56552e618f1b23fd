/*
 * How much room this kernel's tables have for a scan: connections that netfilter tracks, and
 * neighbours that are asked for. What finds no room there is dropped (nf_conntrack) or refused
 * (neighbours: ENOBUFS); see nf_conntrack-sysctl.rst and ip-sysctl.rst.
 */
#ifndef SKT_SCAN_HEADROOM_H
#define SKT_SCAN_HEADROOM_H

#include <stdint.h>

#include "scan/local.h"
#include "scan/plan.h"

struct skt_headroom {
	uint64_t connections;            /* UINT64_MAX: none are tracked, or it is not known */
	uint64_t neighbors4, neighbors6; /* UINT64_MAX: not known */
};

/* Reads below PROC_ROOT ("/proc"). */
void skt_headroom_read(const char *proc_root, struct skt_headroom *ret);

/*
 * How many hosts of PLAN are on networks that this host is directly on, of FAMILY; of a range that
 * is on several, the most that are on one.
 */
uint64_t skt_headroom_wanted(
	const struct skt_plan *plan, const struct skt_local *local, uint8_t family);

#endif
