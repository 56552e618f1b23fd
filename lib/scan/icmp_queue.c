#include "scan/icmp_queue.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <string.h>

#include "base/macros.h"

int skt_icmp_queue_enable(int fd, uint8_t family)
{
	const int on = 1;
	int rc = family == AF_INET ? setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on))
				   : setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof(on));

	return rc ? -errno : 0;
}

int skt_icmp_error_read(struct msghdr *msg, struct skt_icmp_error *ret)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		struct {
			struct sock_extended_err error;
			struct sockaddr_in6 offender;
		} data = {0};
		uint16_t port;

		if (!(c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) &&
			!(c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR))
			continue;
		if (c->cmsg_len < CMSG_LEN(sizeof(data.error)))
			continue;
		memcpy(&data, CMSG_DATA(c), SKT_MIN(c->cmsg_len - CMSG_LEN(0), sizeof(data)));
		*ret = (struct skt_icmp_error){
			.origin = data.error.ee_origin,
			.type = data.error.ee_type,
			.code = data.error.ee_code,
			.error = (int)data.error.ee_errno,
		};
		if (skt_addr_from_sockaddr((const void *)&data.offender, &ret->from, &port))
			ret->from = (struct skt_addr){0};
		if (!msg->msg_name || skt_addr_from_sockaddr(msg->msg_name, &ret->to, &ret->port))
			return -ENOMSG;
		return 0;
	}
	return -ENOMSG;
}

int skt_icmp_error_next(int fd, struct skt_icmp_error *ret)
{
	union {
		char bytes[SKT_ICMP_CONTROL_SIZE];
		struct cmsghdr align;
	} control;
	struct sockaddr_storage name;
	char payload[64];
	struct iovec iov = {.iov_base = payload, .iov_len = sizeof(payload)};
	struct msghdr msg;
	int rc = -ENOMSG;

	do {
		msg = (struct msghdr){
			.msg_name = &name,
			.msg_namelen = sizeof(name),
			.msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = &control,
			.msg_controllen = sizeof(control),
		};
		memset(&name, 0, sizeof(name));
		if (recvmsg(fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		rc = skt_icmp_error_read(&msg, ret);
	} while (rc);
	return 0;
}

struct skt_evidence skt_icmp_evidence(
	const struct skt_local *local, const struct skt_icmp_error *error, uint64_t index)
{
	struct skt_evidence evidence = {.kind = SKT_EVIDENCE_ICMP, .index = index};

	if (error->origin != SO_EE_ORIGIN_ICMP && error->origin != SO_EE_ORIGIN_ICMP6) {
		evidence.kind = SKT_EVIDENCE_LOCAL;
		evidence.error = error->error;
		return evidence;
	}
	evidence.icmp_type = error->type;
	evidence.icmp_code = error->code;
	evidence.from = error->from;
	evidence.from_self = skt_local_has(local, &error->from);
	return evidence;
}
