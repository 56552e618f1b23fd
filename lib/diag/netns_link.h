/*
 * A network namespace's own netlink: opened inside of it on first use, kept with it (netns.h), and
 * closed with the set that it is from. What reads a namespace from outside goes through here.
 */
#ifndef SKT_DIAG_NETNS_LINK_H
#define SKT_DIAG_NETNS_LINK_H

#include <net/if.h>
#include <stdint.h>

#include "base/err.h"
#include "base/netns.h"
#include "diag/netlink.h"

/*
 * The sock_diag socket of a namespace, opened on first use and kept: owned by NETNS. Errors: those
 * of open(2), setns(2) and skt_netlink_open(), -EPERM and -EACCES where it is denied.
 */
int skt_netns_netlink(struct skt_netns *netns, struct skt_netlink **ret, struct skt_err *err);

/*
 * The name of interface IFINDEX there, NUL-terminated in *ret. Errors: -ENODEV, and those of
 * skt_netns_netlink().
 */
int skt_netns_interface(struct skt_netns *netns, uint32_t ifindex, char (*ret)[IF_NAMESIZE]);

#endif
