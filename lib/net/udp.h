/*
 * A datagram socket as it is asked for: family, addresses, interface, and the options that matter
 * before the first datagram. Names are resolved and interfaces looked up before.
 *
 * Sources: udp(7), ip(7), ipv6(7), unix(7), socket(7); RFC 3678 for groups.
 */
#ifndef SKT_NET_UDP_H
#define SKT_NET_UDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/addr.h"
#include "base/err.h"

/* An address of any family that datagrams are sent between. */
struct skt_udp_address {
	union {
		struct sockaddr sa;
		struct sockaddr_storage storage;
		struct sockaddr_un un;
	};
	socklen_t len; /* 0: none */
};

/* A group to receive from; SOURCE of AF_UNSPEC: from anyone. */
struct skt_udp_group {
	struct skt_addr group, source;
};

struct skt_udp_config {
	int family;                           /* AF_INET, AF_INET6, AF_UNIX */
	const struct skt_udp_address *local;  /* to bind to; NULL: the kernel's choice */
	const struct skt_udp_address *remote; /* to connect to; NULL: not connected */
	uint32_t ifindex;                     /* for multicast; 0: the route's */
	const char *interface;                /* SO_BINDTODEVICE; NULL: any */
	bool v6only, broadcast, reuse_address, reuse_port, no_fragment, errors;
	int ttl, tos;                         /* unicast and multicast alike; -1: the system's */
	int loop;                             /* 0, 1, or -1: the system's */
	uint64_t receive_buffer, send_buffer; /* bytes; 0: the system's */
};

/* Opens it. Returns the descriptor, or -errno with ERR naming the step that failed. */
int skt_udp_open(const struct skt_udp_config *config, struct skt_err *err);

/*
 * The sizes that the buffers of FD have, as setsockopt(2) counts them. Without privilege they stop
 * at net.core.rmem_max and wmem_max.
 */
uint64_t skt_udp_receive_buffer(int fd);
uint64_t skt_udp_send_buffer(int fd);

/*
 * Joins GROUP on interface IFINDEX (0: the one that the route to it has). Datagrams of groups that
 * only other sockets have joined are kept out (IP_MULTICAST_ALL). FAMILY: of the socket; an IPv6
 * one may join IPv4 groups too. ERR names the remedy where a limit was hit.
 */
int skt_udp_join(int fd, int family, const struct skt_udp_group *group, uint32_t ifindex,
	struct skt_err *err);

/*
 * The most payload that goes into one datagram from FD to TO: 65,507 bytes over IPv4, 65,527 over
 * IPv6; for a unix socket what its send buffer takes (unix_dgram_sendmsg(), net/unix/af_unix.c).
 */
size_t skt_udp_send_max(int fd, const struct skt_udp_address *to);

/* The path MTU that the kernel knows to the connected peer (IP_MTU, IPV6_MTU). -errno. */
int skt_udp_path_mtu(int fd, int family, uint32_t *ret);

/* The address that FD is bound to. -errno. */
int skt_udp_local(int fd, struct skt_udp_address *ret);

/*
 * ADDRESS as users write endpoints: "192.0.2.1:53", "[2001:db8::1]:53", "unix:/path", "unix:@name",
 * "unix:" for an unnamed one. IPv4-mapped addresses are shown as IPv4. Returns TEXT.
 */
enum { SKT_UDP_TEXT_MAX = 128 };
const char *skt_udp_text(
	const struct sockaddr *address, socklen_t len, char text[SKT_UDP_TEXT_MAX]);

/* The same address without the mapping of IPv4 into IPv6. False where it is neither. */
bool skt_udp_inet(
	const struct sockaddr *address, socklen_t len, struct skt_addr *ret, uint16_t *ret_port);

#endif
