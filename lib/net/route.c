#include "net/route.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct question {
	struct nlmsghdr header;
	struct rtmsg route;
	uint8_t attributes[2 * RTA_SPACE(sizeof(struct skt_addr))];
};

static void put_address(struct question *q, uint16_t type, const struct skt_addr *addr)
{
	const size_t size = addr->family == AF_INET6 ? 16 : 4;
	struct rtattr *at = (struct rtattr *)((char *)q + NLMSG_ALIGN(q->header.nlmsg_len));

	at->rta_type = type;
	at->rta_len = (uint16_t)RTA_LENGTH(size);
	memcpy(RTA_DATA(at), addr->bytes, size);
	q->header.nlmsg_len = NLMSG_ALIGN(q->header.nlmsg_len) + RTA_SPACE((uint32_t)size);
}

static int read_route(const struct rtmsg *route, size_t len, uint8_t family, struct skt_route *ret)
{
	const size_t size = family == AF_INET6 ? 16 : 4;

	*ret = (struct skt_route){0};
	for (const struct rtattr *at = RTM_RTA(route); RTA_OK(at, len); at = RTA_NEXT(at, len)) {
		if (at->rta_type == RTA_OIF && RTA_PAYLOAD(at) == sizeof(ret->ifindex))
			memcpy(&ret->ifindex, RTA_DATA(at), sizeof(ret->ifindex));
		if (at->rta_type == RTA_PREFSRC && RTA_PAYLOAD(at) == size) {
			ret->source.family = family;
			memcpy(ret->source.bytes, RTA_DATA(at), size);
		}
	}
	return ret->ifindex ? 0 : -ENETUNREACH;
}

static int read_answer(
	const struct nlmsghdr *header, size_t len, uint8_t family, struct skt_route *ret)
{
	const struct nlmsgerr *error = NLMSG_DATA(header);

	if (!NLMSG_OK(header, len))
		return -EPROTO;
	if (header->nlmsg_type == NLMSG_ERROR &&
		header->nlmsg_len >= NLMSG_LENGTH(sizeof(*error)) && error->error < 0)
		return error->error;
	if (header->nlmsg_type != RTM_NEWROUTE ||
		header->nlmsg_len < NLMSG_LENGTH(sizeof(struct rtmsg)))
		return -EPROTO;
	return read_route(NLMSG_DATA(header), RTM_PAYLOAD(header), family, ret);
}

int skt_route_ask(const struct skt_addr *to, const struct skt_addr *source, struct skt_route *ret)
{
	struct question question = {
		.header = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct rtmsg)),
			.nlmsg_type = RTM_GETROUTE,
			.nlmsg_flags = NLM_F_REQUEST},
		.route = {.rtm_family = to->family,
			.rtm_dst_len = to->family == AF_INET6 ? 128 : 32},
	};
	_Alignas(struct nlmsghdr) char answer[8192];
	ssize_t n;
	int r = 0, fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0)
		return -errno;
	put_address(&question, RTA_DST, to);
	if (source && source->family == to->family) {
		put_address(&question, RTA_SRC, source);
		question.route.rtm_src_len = question.route.rtm_dst_len;
	}
	/* Unconnected and unbound, the other end is the kernel (netlink(7)), which answers at once.
	 */
	if (send(fd, &question, question.header.nlmsg_len, 0) < 0)
		r = -errno;
	do
		n = r ? 0 : recv(fd, answer, sizeof(answer), 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		r = -errno;
	if (!r)
		r = read_answer((const struct nlmsghdr *)answer, (size_t)n, to->family, ret);
	/* The kernel tells only what it chose itself. */
	if (!r && ret->source.family == AF_UNSPEC && source)
		ret->source = *source;
	(void)close(fd);
	return r;
}
