/* TCP and UDP sockets by NETLINK_SOCK_DIAG (sock_diag(7), include/uapi/linux/inet_diag.h). */
#ifndef SKT_DIAG_INET_H
#define SKT_DIAG_INET_H

#include "diag/netlink.h"
#include "diag/socket.h"
#include "diag/socket_detail.h"

enum { SKT_INET_CODE_MAX = 4096 };

struct skt_inet_query {
	uint8_t family;  /* AF_INET, AF_INET6; for TCP also AF_UNSPEC: both in one walk of the table
			  */
	uint8_t proto;   /* enum skt_proto */
	uint32_t states; /* SKT_STATE_BIT()s; for UDP CONNECTED and UNCONNECTED */
	uint16_t local_port, remote_port; /* 0: any; the kernel skips the others */
	uint32_t detail;                  /* SKT_DETAIL_*: what socket.detail shall tell; 0: NULL */
	bool layers;                      /* SKT_SOCKET_ULP shall be told, of TCP */
	unsigned int kernel;              /* SKT_KERNEL() of who answers, 0: not known */
	/*
	 * INET_DIAG_REQ_BYTECODE, at most SKT_INET_CODE_MAX bytes, or none. Where the kernel
	 * refuses it (it does not know an operation, or wants CAP_NET_ADMIN for one), it is not
	 * sent.
	 */
	const unsigned char *code;
	size_t code_len;
};

/*
 * Dumps what QUERY asks for to FN. *ret_flags as skt_netlink_dump(). Messages that are too short or
 * of a family never asked for are skipped and count as SKT_DUMP_TRUNCATED. The set of states is
 * exact: what changed its state under the kernel's hands is left out.
 *
 * Asked for BOUND, Linux 6.8 and newer also walk the table of bound ports and send the sockets in
 * it that are closed, as state 7; older kernels ignore the bit. Asked for CLOSED alone they send
 * none of these, so with BOUND in the query a closed socket that has a port is BOUND.
 */
int skt_inet_dump(struct skt_netlink *netlink, const struct skt_inet_query *query,
	skt_socket_fn *fn, void *ctx, unsigned int *ret_flags, struct skt_err *err);

/*
 * Opens a source of events (skt_netlink_events()), one for each socket of PROTOS and of these
 * families that is destroyed: the payload is as in a dump. A listener is gone from the tables by
 * then. Linux 4.5 (net/core/sock_diag.c, sock_diag_broadcast_destroy()).
 */
int skt_inet_subscribe_destroyed(const bool protos[SKT_PROTO_COUNT], bool ipv4, bool ipv6,
	struct skt_netlink **ret, struct skt_err *err);

/*
 * Whether there is such an event for the end of SOCKET, once a process has held it: there is none
 * of other protocols, of requests, and of the kernel's own sockets (net/core/sock.c, __sk_free()).
 */
bool skt_inet_tells_destroyed(const struct skt_socket *socket);

/*
 * Reads the LEN bytes of one struct inet_diag_msg and its attributes. -EBADMSG where malformed, and
 * then *ret is half-filled.
 */
int skt_inet_parse(const void *payload, size_t len, uint8_t proto, struct skt_socket *ret);

/*
 * The same, and of the attributes what WANTED (SKT_DETAIL_*) says into *ret_detail, to which
 * ret->detail points then. KERNEL: SKT_KERNEL() of who sent it.
 */
int skt_inet_parse_detail(const void *payload, size_t len, uint8_t proto, unsigned int wanted,
	unsigned int kernel, struct skt_socket *ret, struct skt_socket_detail *ret_detail);

#endif
