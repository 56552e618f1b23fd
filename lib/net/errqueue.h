/*
 * What ICMP had to say about datagrams that were sent, and who said it: the error queue of a socket
 * with IP_RECVERR or IPV6_RECVERR (ip(7)).
 */
#ifndef SKT_NET_ERRQUEUE_H
#define SKT_NET_ERRQUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

struct skt_icmp_error {
	int error;  /* errno that the kernel makes of it */
	bool local; /* this host found out by itself: no ICMP was sent */
	bool v6;    /* TYPE and CODE are ICMPv6's */
	uint8_t type, code;
	uint32_t mtu;           /* EMSGSIZE: what fits on the path, headers included; else 0 */
	struct skt_addr sender; /* of the ICMP message; AF_UNSPEC: not known */
	struct skt_addr to;     /* where the datagram was sent to */
	uint16_t to_port;
};

/* Asks for errors on socket FD of FAMILY; on AF_INET6 for both families. -errno. */
int skt_errqueue_enable(int fd, int family);

/* Takes the oldest error without waiting: 1, 0 where there is none, or -errno. */
int skt_errqueue_read(int fd, struct skt_icmp_error *ret);

/* "port unreachable", "administratively prohibited", ... or NULL (RFC 792, 1122, 1812, 4443). */
const char *skt_icmp_name(bool v6, uint8_t type, uint8_t code);

#endif
