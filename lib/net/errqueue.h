/*
 * What ICMP had to say about packets that were sent, and who said it: the error queue of a socket
 * with IP_RECVERR or IPV6_RECVERR (ip(7)).
 */
#ifndef SKT_NET_ERRQUEUE_H
#define SKT_NET_ERRQUEUE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/addr.h"

struct skt_icmp_error {
	int error;  /* errno that the kernel makes of it, which mixes up what differs */
	bool local; /* this host found out by itself: no ICMP came */
	bool v6;    /* TYPE and CODE are ICMPv6's */
	uint8_t type, code;
	uint32_t mtu;           /* EMSGSIZE: what fits on the path, headers included; else 0 */
	struct skt_addr sender; /* of the ICMP message; AF_UNSPEC: not known */
	struct skt_addr to;     /* where the packet was sent to; AF_UNSPEC: not known */
	uint16_t to_port;
};

/*
 * Asks for the errors of FAMILY on socket FD. An AF_INET6 socket may ask for both: those of AF_INET
 * are about IPv4-mapped destinations, and refused where it is IPv6 only. -errno.
 */
int skt_errqueue_enable(int fd, int family);

/* Takes the oldest error without waiting: 1, 0 where there is none, or -errno. */
int skt_errqueue_read(int fd, struct skt_icmp_error *ret);

/* Room for what recvmsg(2) with MSG_ERRQUEUE says about one error. */
union skt_errqueue_control {
	char bytes[256];
	struct cmsghdr align;
};

/*
 * The same for callers that read many at once: takes the error out of a MESSAGE that came with
 * MSG_ERRQUEUE. -ENOMSG: there is none in it.
 */
int skt_errqueue_parse(struct msghdr *message, struct skt_icmp_error *ret);

/* "port unreachable", "administratively prohibited", ... or NULL (RFC 792, 1122, 1812, 4443). */
const char *skt_icmp_name(bool v6, uint8_t type, uint8_t code);

#endif
