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

/* An error and who sent it fit, beside a hop limit; else the kernel would cut them off. */
_Static_assert(sizeof(union skt_errqueue_control) >=
		CMSG_SPACE(sizeof(struct sock_extended_err) + sizeof(struct sockaddr_in6)) +
			CMSG_SPACE(sizeof(int)),
	"linux/errqueue.h");

int skt_errqueue_enable(int fd, int family)
{
	const int on = 1;
	int rc = family == AF_INET6 ? setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof(on))
				    : setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on));

	return rc ? -errno : 0;
}

static bool is_report(const struct cmsghdr *c)
{
	return ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
		       (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR)) &&
		c->cmsg_len >= CMSG_LEN(sizeof(struct sock_extended_err));
}

int skt_errqueue_parse(struct msghdr *message, struct skt_icmp_error *ret)
{
	struct {
		struct sock_extended_err e;
		union {
			struct sockaddr sa;
			struct sockaddr_in in;
			struct sockaddr_in6 in6;
		} sender;
	} report = {0};
	struct cmsghdr *c = CMSG_FIRSTHDR(message);
	uint16_t port;

	while (c && !is_report(c))
		c = CMSG_NXTHDR(message, c);
	if (!c)
		return -ENOMSG;
	memcpy(&report, CMSG_DATA(c), SKT_MIN(c->cmsg_len - CMSG_LEN(0), sizeof(report)));
	*ret = (struct skt_icmp_error){
		.error = (int)report.e.ee_errno,
		.local = report.e.ee_origin != SO_EE_ORIGIN_ICMP &&
			report.e.ee_origin != SO_EE_ORIGIN_ICMP6,
		.v6 = report.e.ee_origin == SO_EE_ORIGIN_ICMP6,
		.type = report.e.ee_type,
		.code = report.e.ee_code,
		.mtu = report.e.ee_errno == EMSGSIZE ? report.e.ee_info : 0,
	};
	if (skt_addr_from_sockaddr(&report.sender.sa, &ret->sender, &port))
		ret->sender = (struct skt_addr){.family = AF_UNSPEC};
	/* The kernel gives a length of 0 where it knows no address. */
	if (!message->msg_name || !message->msg_namelen ||
		skt_addr_from_sockaddr(message->msg_name, &ret->to, &ret->to_port))
		ret->to = (struct skt_addr){.family = AF_UNSPEC};
	return 0;
}

int skt_errqueue_read(int fd, struct skt_icmp_error *ret)
{
	union skt_errqueue_control control;
	struct sockaddr_storage to;
	char byte;
	struct iovec iov = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message;

	do {
		message = (struct msghdr){
			.msg_name = &to,
			.msg_namelen = sizeof(to),
			.msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = &control,
			.msg_controllen = sizeof(control),
		};
		if (recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) {
			if (errno == EINTR)
				continue;
			return errno == EAGAIN ? 0 : -errno;
		}
		if (!skt_errqueue_parse(&message, ret))
			return 1;
	} while (true);
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
