/* Taking sockets away from whoever holds them: SOCK_DESTROY (net/core/sock_diag.c, Linux 4.5). */
#ifndef SKT_DIAG_DESTROY_H
#define SKT_DIAG_DESTROY_H

#include "base/err.h"
#include "diag/netlink.h"
#include "diag/socket.h"

/*
 * Why no kernel destroys such a socket, in words; NULL: it may. It has a way for TCP, UDP and raw
 * IP, and looks in the tables of what is connected or takes packets. A connection of MPTCP ends
 * when its subflows are destroyed, which are sockets of TCP, and net.mptcp.close_timeout has
 * passed. With SKT_DETAIL_TCP it is known what listens for MPTCP.
 */
const char *skt_destroy_refusal(const struct skt_socket *socket);

/*
 * Destroys SOCKET, as its cookie says, and no other: its user sees ECONNABORTED, the peer of a
 * connection a reset. Errors: -EPERM without CAP_NET_ADMIN over its network namespace; -EOPNOTSUPP
 * where there is a refusal, or the kernel was built without CONFIG_INET_DIAG_DESTROY, or knows no
 * way for this state; -ENOENT where it is gone, or another one is found in its place.
 */
int skt_destroy(struct skt_netlink *netlink, const struct skt_socket *socket, struct skt_err *err);

#endif
