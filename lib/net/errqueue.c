#include "net/errqueue.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <time.h>

#include <linux/errqueue.h>

#include "base/macros.h"

enum {
	ICMP_UNREACHABLE = 3,
	ICMP_TIME_EXCEEDED = 11,
	ICMP_PARAMETER_PROBLEM = 12,
	ICMP6_UNREACHABLE = 1,
	ICMP6_TOO_BIG = 2,
	ICMP6_TIME_EXCEEDED = 3,
	ICMP6_PARAMETER_PROBLEM = 4,
};

int skt_errqueue_enable(int fd, int family)
{
	const int on = 1;

	if (family == AF_INET6) {
		if (setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof(on)))
			return -errno;
		/* For IPv4-mapped destinations; refused on a socket that is IPv6 only. */
		(void)setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on));
		return 0;
	}
	return setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on)) ? -errno : 0;
}

static void take(const struct cmsghdr *cmsg, struct skt_icmp_error *ret)
{
	struct {
		struct sock_extended_err e;
		union {
			struct sockaddr sa;
			struct sockaddr_in in;
			struct sockaddr_in6 in6;
		} sender;
	} report = {0};
	size_t len = cmsg->cmsg_len - CMSG_LEN(0);
	uint16_t port;

	if (len < sizeof(report.e))
		return;
	memcpy(&report, CMSG_DATA(cmsg), SKT_MIN(len, sizeof(report)));
	ret->error = (int)report.e.ee_errno;
	ret->local = report.e.ee_origin == SO_EE_ORIGIN_LOCAL;
	ret->v6 = report.e.ee_origin == SO_EE_ORIGIN_ICMP6;
	ret->type = report.e.ee_type;
	ret->code = report.e.ee_code;
	ret->mtu = report.e.ee_errno == EMSGSIZE ? report.e.ee_info : 0;
	/* AF_UNSPEC where there was no sender. */
	if (skt_addr_from_sockaddr(&report.sender.sa, &ret->sender, &port))
		ret->sender = (struct skt_addr){.family = AF_UNSPEC};
}

int skt_errqueue_read(int fd, struct skt_icmp_error *ret)
{
	_Alignas(struct cmsghdr) char control[512];
	struct sockaddr_storage to = {0};
	char byte;
	struct iovec iov = {.iov_base = &byte, .iov_len = 1};
	struct msghdr header = {
		.msg_name = &to,
		.msg_namelen = sizeof(to),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n;

	do
		n = recvmsg(fd, &header, MSG_ERRQUEUE | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	*ret = (struct skt_icmp_error){0};
	if (skt_addr_from_sockaddr((struct sockaddr *)&to, &ret->to, &ret->to_port))
		ret->to = (struct skt_addr){.family = AF_UNSPEC};
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&header); c; c = CMSG_NXTHDR(&header, c))
		if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
			(c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR))
			take(c, ret);
	return 1;
}

static const char *const unreachable_v4[] = {"network unreachable", "host unreachable",
	"protocol unreachable", "port unreachable", "fragmentation needed", "source route failed",
	"network unknown", "host unknown", "source host isolated", "network prohibited",
	"host prohibited", "network unreachable for this service",
	"host unreachable for this service", "administratively prohibited",
	"host precedence violation", "precedence cutoff"};

static const char *const unreachable_v6[] = {"no route", "administratively prohibited",
	"beyond the scope of the source", "address unreachable", "port unreachable",
	"source address failed policy", "route rejected"};

const char *skt_icmp_name(bool v6, uint8_t type, uint8_t code)
{
	if (!v6) {
		switch (type) {
		case ICMP_UNREACHABLE:
			return code < SKT_COUNT(unreachable_v4) ? unreachable_v4[code] : NULL;
		case ICMP_TIME_EXCEEDED:
			return code ? "reassembly time exceeded" : "hop limit exceeded";
		case ICMP_PARAMETER_PROBLEM:
			return "parameter problem";
		}
		return NULL;
	}
	switch (type) {
	case ICMP6_UNREACHABLE:
		return code < SKT_COUNT(unreachable_v6) ? unreachable_v6[code] : NULL;
	case ICMP6_TOO_BIG:
		return "packet too big";
	case ICMP6_TIME_EXCEEDED:
		return code ? "reassembly time exceeded" : "hop limit exceeded";
	case ICMP6_PARAMETER_PROBLEM:
		return "parameter problem";
	}
	return NULL;
}
