/* The kernel as a source of netlink(7): one socket, for life in the namespace of its thread. */
#ifndef SKT_DIAG_NETLINK_KERNEL_H
#define SKT_DIAG_NETLINK_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "diag/netlink_source.h"

/*
 * Opens a socket of PROTOCOL (NETLINK_SOCK_DIAG or NETLINK_ROUTE), whose number among netlink's
 * ports is *ret_portid. With COUNT multicast groups it becomes a member of them, and never waits:
 * it receives what is there. Errors: those of socket(2), and -ENOENT or -EINVAL for a group that
 * the kernel does not have. On failure *ret is untouched.
 */
int skt_netlink_kernel_open(int protocol, const unsigned int *groups, size_t count,
	struct skt_netlink_source *ret, uint32_t *ret_portid, struct skt_err *err);

#endif
