/*
 * What a socket's owner has set with setsockopt(2), read with getsockopt(2) from a descriptor of
 * it: what netlink does not tell. Nothing is read whose reading changes anything (SO_ERROR would
 * take the error away from its owner).
 *
 * Names are those of the options, in lower case and with their unit. socket(7), tcp(7), ip(7),
 * ipv6(7), udp(7); include/uapi/linux/tcp.h.
 */
#ifndef SKT_DIAG_SOCKOPTS_H
#define SKT_DIAG_SOCKOPTS_H

#include <linux/in6.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* Younger than the C libraries and headers that are supported. */
enum { SKT_SO_BUF_LOCK = 72, SKT_IPV6_MINHOPCOUNT = 73, SKT_TCP_AO_INFO = 40 };

/*
 * X(name, kind, level, option, help). Kinds: FLAG bool; NUMBER an int that is not negative; BITS
 * any 32 bits; TIME a struct timeval that is not 0, in microseconds; RATE 64 bits, none set where
 * all are; LINGER struct linger, if on; DISCOVER one of skt_mtu_discover_names; DEVICE a name.
 */
#define SKT_SOCKOPTS(X) \
	X(so_reuseaddr, FLAG, SOL_SOCKET, SO_REUSEADDR, \
		"others may bind the address (SO_REUSEADDR)") \
	X(so_reuseport, FLAG, SOL_SOCKET, SO_REUSEPORT, \
		"others may share the port (SO_REUSEPORT)") \
	X(so_keepalive, FLAG, SOL_SOCKET, SO_KEEPALIVE, "the peer is probed when it is silent") \
	X(so_broadcast, FLAG, SOL_SOCKET, SO_BROADCAST, "may send to broadcast addresses") \
	X(so_oobinline, FLAG, SOL_SOCKET, SO_OOBINLINE, "urgent data stay in the stream") \
	X(so_dontroute, FLAG, SOL_SOCKET, SO_DONTROUTE, "sends to neighbours only") \
	X(so_passcred, FLAG, SOL_SOCKET, SO_PASSCRED, "receives the credentials of senders") \
	X(so_zerocopy, FLAG, SOL_SOCKET, SO_ZEROCOPY, "may send without copying") \
	X(so_priority, BITS, SOL_SOCKET, SO_PRIORITY, "priority of its packets in queues") \
	X(so_mark, BITS, SOL_SOCKET, SO_MARK, "mark of its packets, for any user") \
	X(so_rcvbuf, NUMBER, SOL_SOCKET, SO_RCVBUF, "limit of unread bytes, with overhead") \
	X(so_sndbuf, NUMBER, SOL_SOCKET, SO_SNDBUF, "limit of unsent bytes, with overhead") \
	X(so_buf_lock, BITS, SOL_SOCKET, SKT_SO_BUF_LOCK, "set, not tuned: 1 sndbuf, 2 rcvbuf") \
	X(so_rcvlowat, NUMBER, SOL_SOCKET, SO_RCVLOWAT, \
		"bytes that must have come to wake a reader") \
	X(so_rcvtimeo_us, TIME, SOL_SOCKET, SO_RCVTIMEO, "how long receiving may wait") \
	X(so_sndtimeo_us, TIME, SOL_SOCKET, SO_SNDTIMEO, "how long sending may wait") \
	X(so_linger_s, LINGER, SOL_SOCKET, SO_LINGER, "how long close() waits; 0: it resets") \
	X(so_bindtodevice, DEVICE, SOL_SOCKET, SO_BINDTODEVICE, "interface that it is bound to") \
	X(so_busy_poll_us, NUMBER, SOL_SOCKET, SO_BUSY_POLL, "how long to poll the device") \
	X(so_incoming_cpu, NUMBER, SOL_SOCKET, SO_INCOMING_CPU, \
		"processor that its packets come to") \
	X(so_max_pacing_rate, RATE, SOL_SOCKET, SO_MAX_PACING_RATE, "the most bytes a second") \
	X(so_peek_off, NUMBER, SOL_SOCKET, SO_PEEK_OFF, "where the next MSG_PEEK reads") \
	X(ip_tos, NUMBER, IPPROTO_IP, IP_TOS, "type of service of what it sends") \
	X(ip_ttl, NUMBER, IPPROTO_IP, IP_TTL, "time to live of what it sends") \
	X(ip_minttl, NUMBER, IPPROTO_IP, IP_MINTTL, "least TTL that it takes") \
	X(ip_mtu_discover, DISCOVER, IPPROTO_IP, IP_MTU_DISCOVER, "path MTU discovery") \
	X(ip_freebind, FLAG, IPPROTO_IP, IP_FREEBIND, "may bind addresses that are not here") \
	X(ip_transparent, FLAG, IPPROTO_IP, IP_TRANSPARENT, "takes connections to any address") \
	X(ip_bind_address_no_port, FLAG, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, \
		"gets its port when it connects") \
	X(ip_multicast_ttl, NUMBER, IPPROTO_IP, IP_MULTICAST_TTL, \
		"TTL of what it sends to groups") \
	X(ipv6_v6only, FLAG, IPPROTO_IPV6, IPV6_V6ONLY, "takes no IPv4") \
	X(ipv6_tclass, NUMBER, IPPROTO_IPV6, IPV6_TCLASS, "traffic class of what it sends") \
	X(ipv6_unicast_hops, NUMBER, IPPROTO_IPV6, IPV6_UNICAST_HOPS, \
		"hop limit of what it sends") \
	X(ipv6_minhopcount, NUMBER, IPPROTO_IPV6, SKT_IPV6_MINHOPCOUNT, \
		"least hop limit it takes") \
	X(ipv6_mtu_discover, DISCOVER, IPPROTO_IPV6, IPV6_MTU_DISCOVER, "path MTU discovery") \
	X(tcp_nodelay, FLAG, IPPROTO_TCP, TCP_NODELAY, "sends small segments at once") \
	X(tcp_cork, FLAG, IPPROTO_TCP, TCP_CORK, "sends no partial segments") \
	X(tcp_quickack, FLAG, IPPROTO_TCP, TCP_QUICKACK, "acknowledges at once, for now") \
	X(tcp_maxseg, NUMBER, IPPROTO_TCP, TCP_MAXSEG, "segment size, bytes") \
	X(tcp_keepidle_s, NUMBER, IPPROTO_TCP, TCP_KEEPIDLE, "silence before the first probe") \
	X(tcp_keepintvl_s, NUMBER, IPPROTO_TCP, TCP_KEEPINTVL, "time between probes") \
	X(tcp_keepcnt, NUMBER, IPPROTO_TCP, TCP_KEEPCNT, "probes before it gives up") \
	X(tcp_user_timeout_ms, NUMBER, IPPROTO_TCP, TCP_USER_TIMEOUT, \
		"how long data may be unacknowledged; 0: the system's") \
	X(tcp_syncnt, NUMBER, IPPROTO_TCP, TCP_SYNCNT, "SYNs sent again before it gives up") \
	X(tcp_linger2_s, NUMBER, IPPROTO_TCP, TCP_LINGER2, "how long FIN-WAIT-2 lasts") \
	X(tcp_defer_accept_s, NUMBER, IPPROTO_TCP, TCP_DEFER_ACCEPT, \
		"how long accept() waits for data; 0: it does not") \
	X(tcp_window_clamp, NUMBER, IPPROTO_TCP, TCP_WINDOW_CLAMP, "the most that is advertised") \
	X(tcp_notsent_lowat, BITS, IPPROTO_TCP, TCP_NOTSENT_LOWAT, \
		"unsent bytes that stop writers") \
	X(tcp_fastopen, NUMBER, IPPROTO_TCP, TCP_FASTOPEN, "queue of Fast Open; 0: it is off") \
	X(tcp_fastopen_connect, FLAG, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, \
		"connect() uses Fast Open") \
	X(tcp_ao, AO, IPPROTO_TCP, SKT_TCP_AO_INFO, "signed by the Authentication Option") \
	X(tcp_ao_current_key, AO_KEY, IPPROTO_TCP, SKT_TCP_AO_INFO, "key that it signs with") \
	X(tcp_ao_rnext_key, AO_KEY, IPPROTO_TCP, SKT_TCP_AO_INFO, "key that it asks the peer for") \
	X(tcp_ao_bad, AO_COUNT, IPPROTO_TCP, SKT_TCP_AO_INFO, "segments with a bad signature") \
	X(udp_cork, FLAG, IPPROTO_UDP, UDP_CORK, "gathers what is written into one datagram") \
	X(udp_segment, NUMBER, IPPROTO_UDP, UDP_SEGMENT, "size of the datagrams of one write") \
	X(udp_gro, FLAG, IPPROTO_UDP, UDP_GRO, "takes several datagrams at once")

/* The types of the kinds. */
#define SKT_SOCKOPT_FLAG(name) bool name;
#define SKT_SOCKOPT_NUMBER(name) uint32_t name;
#define SKT_SOCKOPT_BITS(name) uint32_t name;
#define SKT_SOCKOPT_TIME(name) uint64_t name;
#define SKT_SOCKOPT_RATE(name) uint64_t name;
#define SKT_SOCKOPT_LINGER(name) uint32_t name;
#define SKT_SOCKOPT_DISCOVER(name) uint8_t name;
#define SKT_SOCKOPT_DEVICE(name) char name[IF_NAMESIZE];
#define SKT_SOCKOPT_AO(name) bool name;
#define SKT_SOCKOPT_AO_KEY(name) uint8_t name;
#define SKT_SOCKOPT_AO_COUNT(name) uint64_t name;

#define SKT_SOCKOPT_MEMBER(name, kind, level, option, help) SKT_SOCKOPT_##kind(name)
#define SKT_SOCKOPT_BIT(name, kind, level, option, help) SKT_SOCKOPT_IS_##name,

/* Bits of `present`: the options that there are for such a socket, and are set to something. */
enum { SKT_SOCKOPTS(SKT_SOCKOPT_BIT) SKT_SOCKOPTS_COUNT };

_Static_assert(SKT_SOCKOPTS_COUNT <= 64, "bits of present");

struct skt_sockopts {
	uint64_t present;
	SKT_SOCKOPTS(SKT_SOCKOPT_MEMBER)
};

/* By value of IP_MTU_DISCOVER. */
enum { SKT_MTU_DISCOVER_NAMES = 6 };
extern const char *const skt_mtu_discover_names[SKT_MTU_DISCOVER_NAMES];

/* Reads those of the socket FD to RESULT, a struct skt_sockopts of zeros. */
void skt_sockopts_read(int fd, void *result);

#endif
