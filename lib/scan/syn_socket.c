#include "scan/syn_socket.h"

#include <errno.h>
#include <linux/filter.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/macros.h"
#include "net/socket.h"
#include "scan/batch.h"

enum { RECEIVE_BUFFER = 16 * 1024 * 1024 };

/*
 * Only what goes to our source ports gets through. What the socket gives begins with the IP header
 * where that is IPv4, and with the segment where it is IPv6 (raw(7), ipv6(7)).
 */
static int filter_ports(uint16_t first_port, int fd, bool v6)
{
	const uint32_t low = first_port, high = low + SKT_SYN_PORTS - 1;
	struct sock_filter code[] = {
		v6 ? (struct sock_filter)BPF_STMT(BPF_LDX | BPF_IMM, 0)
		   : (struct sock_filter)BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, 2),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, low, 0, 2),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, high, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SKT_BATCH_BYTES),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const struct sock_fprog program = {.len = SKT_COUNT(code), .filter = code};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) ? -errno : 0;
}

/* Rules that go by the source see it, and so does whoever has no such address. */
static int bind_source(int fd, const struct skt_addr *source)
{
	struct sockaddr_storage sa;
	socklen_t len = skt_addr_to_sockaddr(source, 0, &sa);

	return len && bind(fd, (const struct sockaddr *)&sa, len) ? -errno : 0;
}

static int prepare(const struct skt_engine_config *c, size_t s, uint16_t first_port, int fd)
{
	const int on = 1, checksum = 16;
	struct icmp6_filter filter;
	int rc = 0;

	skt_socket_set_receive_buffer(fd, RECEIVE_BUFFER);
	if (c->interface)
		rc = skt_socket_bind_device(fd, c->interface);
	if (rc)
		return rc;
	if (s == SKT_SYN_TCP6 || s == SKT_SYN_ICMP6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, &on, sizeof(on));
	if (s == SKT_SYN_TCP6) {
		if (setsockopt(fd, IPPROTO_IPV6, IPV6_CHECKSUM, &checksum, sizeof(checksum)))
			return -errno;
		rc = bind_source(fd, &c->source6);
	}
	if (s == SKT_SYN_SEND4)
		rc = bind_source(fd, &c->source4);
	if (s == SKT_SYN_ICMP6) {
		ICMP6_FILTER_SETBLOCKALL(&filter);
		ICMP6_FILTER_SETPASS(ICMP6_DST_UNREACH, &filter);
		ICMP6_FILTER_SETPASS(ICMP6_TIME_EXCEEDED, &filter);
		ICMP6_FILTER_SETPASS(ICMP6_PARAM_PROB, &filter);
		rc = setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof(filter)) ? -errno
											   : 0;
	}
	if (!rc && (s == SKT_SYN_TCP4 || s == SKT_SYN_TCP6))
		rc = filter_ports(first_port, fd, s == SKT_SYN_TCP6);
	return rc;
}

int skt_syn_socket_open(
	const struct skt_engine_config *config, size_t which, uint16_t first_port, int *ret)
{
	static const int families[] = {AF_INET, AF_INET6, AF_INET, AF_INET6, AF_INET};
	static const int protocols[] = {
		IPPROTO_TCP, IPPROTO_TCP, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_RAW};
	int fd = socket(families[which], SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, protocols[which]);
	int rc;

	if (fd < 0)
		return errno == EAFNOSUPPORT ? 0 : -errno;
	rc = prepare(config, which, first_port, fd);
	if (rc)
		(void)close(fd);
	else
		*ret = fd;
	return rc;
}

uint16_t skt_syn_ports_choose(uint64_t random)
{
	unsigned long low = 32768, high = 60999, from, to;
	char text[64] = "", *end = text;
	FILE *file = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");

	if (file) {
		if (fgets(text, sizeof(text), file) && strtoul(text, &end, 10)) {
			low = strtoul(text, &end, 10);
			high = strtoul(end, NULL, 10);
		}
		(void)fclose(file);
	}
	from = high + 1;
	to = 65535 - SKT_SYN_PORTS;
	if (high > 65000) {
		from = low > 12000 ? low - 10000 : 1024;
		to = low > 1024 + 2 * SKT_SYN_PORTS ? low - SKT_SYN_PORTS : 65535 - SKT_SYN_PORTS;
	}
	return (uint16_t)(from + random % (to > from ? to - from : 1));
}
