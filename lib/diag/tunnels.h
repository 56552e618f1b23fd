/*
 * Ports that the kernel itself has: a tunnel device receives by a UDP socket that no process ever
 * held. Which device that is stands in its link data (rtnetlink(7), IFLA_INFO_DATA): vxlan, geneve
 * and bareudp. WireGuard's do not have the port, so that only the device is known; L2TP's are not
 * told at all.
 */
#ifndef SKT_DIAG_TUNNELS_H
#define SKT_DIAG_TUNNELS_H

#include <net/if.h>
#include <stdint.h>

#include "base/err.h"
#include "base/vec.h"
#include "diag/dump.h"

struct skt_tunnel {
	const struct skt_netns *netns; /* whose it is, as SYSTEM had it */
	uint16_t port;                 /* UDP; 0: one of its own that is not told */
	char name[IF_NAMESIZE];        /* NUL-terminated; hostile bytes allowed */
};

SKT_VEC_DECLARE(skt_tunnel_vec, struct skt_tunnel);

/*
 * Appends the tunnels of the network namespace that SYSTEM reads; none where that is a recording.
 * Errors: those of skt_netlink_dump() and skt_netns_run(); what was appended stands.
 */
int skt_tunnels_read(
	const struct skt_dump_system *system, struct skt_tunnel_vec *tunnels, struct skt_err *err);

/*
 * Reads one link, the payload of an RTM_NEWLINK: 1 where it is a tunnel over UDP, 0 where it is
 * not, -EBADMSG. `netns` is left to the caller.
 */
int skt_tunnel_parse(const void *payload, size_t len, struct skt_tunnel *ret);

#endif
