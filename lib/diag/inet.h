/* TCP and UDP sockets by NETLINK_SOCK_DIAG (sock_diag(7), include/uapi/linux/inet_diag.h). */
#ifndef SKT_DIAG_INET_H
#define SKT_DIAG_INET_H

#include "diag/netlink.h"
#include "diag/socket.h"

struct skt_inet_query {
	uint8_t family;                   /* AF_INET or AF_INET6: the kernel takes one at a time */
	uint8_t proto;                    /* enum skt_proto */
	uint32_t states;                  /* SKT_STATE_BIT()s; for UDP CONNECTED and UNCONNECTED */
	uint16_t local_port, remote_port; /* 0: any; the kernel skips the others */
};

/*
 * Dumps what QUERY asks for to FN. *ret_flags as skt_netlink_dump(). Messages that are too short or
 * of a family never asked for are skipped and count as SKT_DUMP_TRUNCATED.
 */
int skt_inet_dump(struct skt_netlink *netlink, const struct skt_inet_query *query,
	skt_socket_fn *fn, void *ctx, unsigned int *ret_flags, struct skt_err *err);

/* Reads the LEN bytes of one struct inet_diag_msg and its attributes. -EBADMSG where malformed. */
int skt_inet_parse(const void *payload, size_t len, uint8_t proto, struct skt_socket *ret);

#endif
