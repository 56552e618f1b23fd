/*
 * Lies about ports: for every SYN that comes in, answers that do not know its sequence number: a
 * SYN-ACK, a reset, and an ICMP error, each of which would decide the port if it were believed.
 * Says "ready".
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SYN = 2, RST = 4, ACK = 16, TCP_SIZE = 20, ICMP_SIZE = 8, PORT_UNREACHABLE4 = 3 };
enum { ICMP4_UNREACHABLE = 3, ICMP6_UNREACHABLE = 1, PORT_UNREACHABLE6 = 4, LIE = 0x01000000 };

/* A SYN as it came; `ip` is the whole packet. */
struct syn {
	int family;
	const uint8_t *ip, *tcp;
	size_t head; /* bytes in front of the segment */
	struct sockaddr_storage from;
	socklen_t from_len;
};

static int tcp4, tcp6, icmp4, icmp6;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int open_raw(int family, int protocol)
{
	int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC, protocol), at = 16;

	if (fd < 0)
		die("raw socket");
	if (family == AF_INET6 && protocol == IPPROTO_TCP &&
		setsockopt(fd, IPPROTO_IPV6, IPV6_CHECKSUM, &at, sizeof(at)))
		die("checksum");
	return fd;
}

static uint32_t add_words(uint32_t sum, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
	return len % 2 ? sum + (uint32_t)(bytes[len - 1] << 8) : sum;
}

static void put16(uint8_t *p, uint32_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static void finish_sum(uint8_t *at, uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	put16(at, ~sum & 0xffff);
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void put32(uint8_t *p, uint32_t value)
{
	put16(p, value >> 16);
	put16(p + 2, value & 0xffff);
}

static void give(const struct syn *syn, int fd, const uint8_t *bytes, size_t len)
{
	if (sendto(fd, bytes, len, 0, (const struct sockaddr *)&syn->from, syn->from_len) < 0 &&
		errno != ENOBUFS)
		die("sendto");
}

/* A segment back, which acknowledges another number. */
static void lie_tcp(const struct syn *syn, uint8_t flags)
{
	uint8_t segment[TCP_SIZE] = {0};
	const uint32_t segment_len = TCP_SIZE + IPPROTO_TCP;

	memcpy(segment, syn->tcp + 2, 2);
	memcpy(segment + 2, syn->tcp, 2);
	put32(segment + 4, 12345);
	put32(segment + 8, get32(syn->tcp + 4) + LIE);
	segment[12] = 5 << 4;
	segment[13] = flags;
	put16(segment + 14, 1024);
	if (syn->family == AF_INET)
		finish_sum(segment + 16,
			add_words(add_words(segment_len, syn->ip + 12, 8), segment, TCP_SIZE));
	give(syn, syn->family == AF_INET ? tcp4 : tcp6, segment, sizeof(segment));
}

/* "Port unreachable", which quotes the SYN with another number. */
static void lie_icmp(const struct syn *syn)
{
	uint8_t message[ICMP_SIZE + 40 + TCP_SIZE] = {0};
	size_t len = ICMP_SIZE + syn->head + TCP_SIZE;

	message[0] = syn->family == AF_INET ? ICMP4_UNREACHABLE : ICMP6_UNREACHABLE;
	message[1] = syn->family == AF_INET ? PORT_UNREACHABLE4 : PORT_UNREACHABLE6;
	memcpy(message + ICMP_SIZE, syn->ip, syn->head + TCP_SIZE);
	put32(message + ICMP_SIZE + syn->head + 4, get32(syn->tcp + 4) + LIE);
	if (syn->family == AF_INET)
		finish_sum(message + 2, add_words(0, message, len));
	give(syn, syn->family == AF_INET ? icmp4 : icmp6, message, len);
}

/* Whether the packet is a SYN; fills in the rest of RET, whose family is known. */
static int read_syn(struct syn *ret, const uint8_t *bytes, size_t len)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&ret->from;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&ret->from;

	ret->ip = bytes;
	ret->head = ret->family == AF_INET ? (size_t)(bytes[0] & 15) * 4 : 40;
	if (ret->head > 40 || len < ret->head + TCP_SIZE ||
		bytes[ret->family == AF_INET ? 9 : 6] != IPPROTO_TCP)
		return 0;
	ret->tcp = bytes + ret->head;
	memset(&ret->from, 0, sizeof(ret->from));
	if (ret->family == AF_INET) {
		in->sin_family = AF_INET;
		memcpy(&in->sin_addr, bytes + 12, 4);
		ret->from_len = sizeof(*in);
	} else {
		in6->sin6_family = AF_INET6;
		memcpy(&in6->sin6_addr, bytes + 8, 16);
		ret->from_len = sizeof(*in6);
	}
	return (ret->tcp[13] & (SYN | ACK)) == SYN;
}

int main(void)
{
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETH_P_ALL)), on = 1;
	uint8_t bytes[2048];

	if (fd < 0 || setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)))
		die("packet socket");
	tcp4 = open_raw(AF_INET, IPPROTO_TCP);
	tcp6 = open_raw(AF_INET6, IPPROTO_TCP);
	icmp4 = open_raw(AF_INET, IPPROTO_ICMP);
	icmp6 = open_raw(AF_INET6, IPPROTO_ICMPV6);
	(void)puts("ready");
	(void)fflush(stdout);
	for (;;) {
		struct sockaddr_ll link = {0};
		socklen_t link_len = sizeof(link);
		ssize_t n =
			recvfrom(fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&link, &link_len);
		struct syn syn = {0};

		if (n < 0)
			die("recvfrom");
		if (link.sll_protocol == htons(ETH_P_IP))
			syn.family = AF_INET;
		else if (link.sll_protocol == htons(ETH_P_IPV6))
			syn.family = AF_INET6;
		else
			continue;
		if (n < TCP_SIZE || !read_syn(&syn, bytes, (size_t)n))
			continue;
		lie_tcp(&syn, SYN | ACK);
		lie_tcp(&syn, RST | ACK);
		lie_icmp(&syn);
	}
}
