/*
 * TCP and UDP sockets by /proc/net/{tcp,tcp6,udp,udp6} (proc_pid_net(5)): where netlink is refused.
 * It does not know: cookies, interfaces, marks, cgroups, shutdown, backlog limits, sockets that are
 * bound but not listening; those fields stay absent. Of a socket in SYN-RECEIVED `retransmits`
 * counts timeouts, also those at which nothing was sent (TCP_DEFER_ACCEPT).
 */
#ifndef SKT_DIAG_PROC_NET_H
#define SKT_DIAG_PROC_NET_H

#include "base/err.h"
#include "diag/inet.h"
#include "diag/socket.h"

/*
 * Reads the table that QUERY names below PROC_ROOT ("/proc") and hands what matches to FN. A table
 * that is missing is -ENOENT. Lines that are not of the form are skipped and counted in *ret_bad.
 */
int skt_proc_net_dump(const char *proc_root, const struct skt_inet_query *query, skt_socket_fn *fn,
	void *ctx, size_t *ret_bad, struct skt_err *err);

/* Reads one line (no newline) of such a table. -EBADMSG where malformed. */
int skt_proc_net_parse(
	const char *line, size_t len, uint8_t family, uint8_t proto, struct skt_socket *ret);

#endif
