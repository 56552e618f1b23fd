#include "net/udp.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/macros.h"
#include "net/sender.h"
#include "net/socket.h"

/* An option with a name of its own in each family; IPv6 sockets carry IPv4 too. */
struct option_pair {
	int v4, v6;
	const char *words;
};

static int set_both(
	int fd, int family, const struct option_pair *pair, int value, struct skt_err *err)
{
	int rc = 0;

	if (family == AF_INET6) {
		rc = skt_socket_set(fd, IPPROTO_IPV6, pair->v6, value);
		(void)skt_socket_set(fd, IPPROTO_IP, pair->v4, value);
	} else if (family == AF_INET) {
		rc = skt_socket_set(fd, IPPROTO_IP, pair->v4, value);
	}
	return rc ? skt_fail(err, -rc, "%s %d", pair->words, value) : 0;
}

static const struct option_pair ttl_pair = {IP_TTL, IPV6_UNICAST_HOPS, "hop limit"};
static const struct option_pair group_ttl_pair = {
	IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS, "multicast hop limit"};
static const struct option_pair tos_pair = {IP_TOS, IPV6_TCLASS, "traffic class"};
static const struct option_pair loop_pair = {
	IP_MULTICAST_LOOP, IPV6_MULTICAST_LOOP, "multicast loop"};
static const struct option_pair discover_pair = {
	IP_MTU_DISCOVER, IPV6_MTU_DISCOVER, "path MTU discovery"};
static const struct option_pair all_pair = {
	IP_MULTICAST_ALL, IPV6_MULTICAST_ALL, "multicast of others"};

static uint64_t buffer_of(int fd, int name)
{
	int value = 0;
	socklen_t len = sizeof(value);

	/* The kernel doubles what it was given, for its own bookkeeping (socket(7)). */
	return getsockopt(fd, SOL_SOCKET, name, &value, &len) ? 0 : (uint64_t)value / 2;
}

uint64_t skt_udp_receive_buffer(int fd)
{
	return buffer_of(fd, SO_RCVBUF);
}

uint64_t skt_udp_send_buffer(int fd)
{
	return buffer_of(fd, SO_SNDBUF);
}

static int set_group_interface(int fd, const struct skt_udp_config *c, struct skt_err *err)
{
	const struct ip_mreqn request = {.imr_ifindex = (int)c->ifindex};

	if (!c->ifindex || c->family == AF_UNIX)
		return 0;
	if (c->family == AF_INET6) {
		int rc = skt_socket_set(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, (int)c->ifindex);

		if (rc)
			return skt_fail(err, -rc, "multicast interface");
	}
	if (setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &request, sizeof(request)) &&
		c->family == AF_INET)
		return skt_fail(err, errno, "multicast interface");
	return 0;
}

static int set_sharing(int fd, const struct skt_udp_config *c, struct skt_err *err)
{
	int rc = 0;

	if (c->family == AF_INET6)
		rc = skt_socket_set(fd, IPPROTO_IPV6, IPV6_V6ONLY, c->v6only);
	if (!rc && c->reuse_address)
		rc = skt_socket_set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (!rc && c->reuse_port)
		rc = skt_socket_set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	if (!rc && c->broadcast)
		rc = skt_socket_set(fd, SOL_SOCKET, SO_BROADCAST, 1);
	if (rc)
		return skt_fail(err, -rc, "socket options");
	if (c->interface)
		rc = skt_socket_bind_device(fd, c->interface);
	return rc ? skt_fail(err, -rc, "interface %s", c->interface) : 0;
}

static int set_delivery(int fd, const struct skt_udp_config *c, struct skt_err *err)
{
	int rc = set_group_interface(fd, c, err);

	if (!rc && c->ttl >= 0)
		rc = set_both(fd, c->family, &ttl_pair, c->ttl, err);
	if (!rc && c->ttl >= 0)
		rc = set_both(fd, c->family, &group_ttl_pair, c->ttl, err);
	if (!rc && c->tos >= 0)
		rc = set_both(fd, c->family, &tos_pair, c->tos, err);
	if (!rc && c->loop >= 0)
		rc = set_both(fd, c->family, &loop_pair, c->loop, err);
	/* Both families number the modes alike (include/uapi/linux/in.h, in6.h). */
	if (!rc && c->no_fragment)
		rc = set_both(fd, c->family, &discover_pair, IP_PMTUDISC_DO, err);
	return rc;
}

int skt_udp_open(const struct skt_udp_config *c, struct skt_err *err)
{
	char text[SKT_UDP_TEXT_MAX];
	int rc, fd = socket(c->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return skt_fail(err, errno, "socket");
	skt_socket_set_receive_buffer(fd, c->receive_buffer);
	skt_socket_set_send_buffer(fd, c->send_buffer);
	rc = set_sharing(fd, c, err);
	if (!rc)
		rc = set_delivery(fd, c, err);
	if (rc)
		goto fail;
	if (c->errors && c->family != AF_UNIX) {
		const struct option_pair errors = {IP_RECVERR, IPV6_RECVERR, "ICMP errors"};

		rc = set_both(fd, c->family, &errors, 1, err);
		if (rc)
			goto fail;
	}
	if (c->local && bind(fd, &c->local->sa, c->local->len)) {
		rc = skt_fail(
			err, errno, "bind %s", skt_udp_text(&c->local->sa, c->local->len, text));
		goto fail;
	}
	if (c->remote && connect(fd, &c->remote->sa, c->remote->len)) {
		rc = skt_fail(err, errno, "%s", skt_udp_text(&c->remote->sa, c->remote->len, text));
		goto fail;
	}
	return fd;
fail:
	(void)close(fd);
	return rc;
}

/* RFC 3678's requests carry a whole socket address of either family. */
static void put_group(struct sockaddr_storage *to, const struct skt_addr *addr)
{
	(void)skt_addr_to_sockaddr(addr, 0, to);
}

int skt_udp_join(int fd, int family, const struct skt_udp_group *group, uint32_t ifindex,
	struct skt_err *err)
{
	const int level = group->group.family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP;
	struct group_source_req with = {.gsr_interface = ifindex};
	struct group_req any = {.gr_interface = ifindex};
	char text[SKT_ADDR_TEXT_MAX];
	int rc;

	if (family == AF_INET && group->group.family == AF_INET6)
		return skt_fail(err, EAFNOSUPPORT, "join %s on an IPv4 socket",
			skt_addr_text(&group->group, text));
	/* Kernels before 4.20 have no such thing for IPv6. */
	if (set_both(fd, family, &all_pair, 0, NULL) && family == AF_INET)
		return skt_fail(err, errno, "IP_MULTICAST_ALL");
	put_group(&any.gr_group, &group->group);
	put_group(&with.gsr_group, &group->group);
	put_group(&with.gsr_source, &group->source);
	if (group->source.family == AF_UNSPEC)
		rc = setsockopt(fd, level, MCAST_JOIN_GROUP, &any, sizeof(any));
	else
		rc = setsockopt(fd, level, MCAST_JOIN_SOURCE_GROUP, &with, sizeof(with));
	if (!rc)
		return 0;
	(void)skt_addr_text(&group->group, text);
	switch (errno) {
	case ENOBUFS:
		return skt_fail(err, ENOBUFS, "join %s (raise net.ipv4.igmp_max_%s)", text,
			group->source.family == AF_UNSPEC ? "memberships" : "msf");
	case ENODEV:
		return skt_fail(err, ENODEV, "join %s (no route to it: name an interface)", text);
	}
	return skt_fail(err, errno, "join %s", text);
}

size_t skt_udp_send_max(int fd, const struct skt_udp_address *to)
{
	enum { UNIX_OVERHEAD = 32 };
	struct skt_addr addr;
	uint16_t port;

	if (to->sa.sa_family == AF_UNIX) {
		const uint64_t room = 2 * skt_udp_send_buffer(fd);

		return room > UNIX_OVERHEAD ? (size_t)room - UNIX_OVERHEAD : 0;
	}
	if (skt_udp_inet(&to->sa, to->len, &addr, &port) && addr.family == AF_INET6)
		return SKT_SEND_MAX_V6;
	return SKT_SEND_MAX;
}

int skt_udp_path_mtu(int fd, int family, uint32_t *ret)
{
	int value = 0;
	socklen_t len = sizeof(value);

	if (family == AF_INET6 ? getsockopt(fd, IPPROTO_IPV6, IPV6_MTU, &value, &len)
			       : getsockopt(fd, IPPROTO_IP, IP_MTU, &value, &len))
		return -errno;
	*ret = (uint32_t)value;
	return 0;
}

int skt_udp_local(int fd, struct skt_udp_address *ret)
{
	ret->len = sizeof(ret->storage);
	return getsockname(fd, &ret->sa, &ret->len) ? -errno : 0;
}

bool skt_udp_inet(
	const struct sockaddr *address, socklen_t len, struct skt_addr *ret, uint16_t *ret_port)
{
	if (len < sizeof(sa_family_t) || skt_addr_from_sockaddr(address, ret, ret_port))
		return false;
	if (skt_addr_is_v4_mapped(ret)) {
		struct skt_addr v4 = {.family = AF_INET};

		memcpy(v4.bytes, ret->bytes + 12, 4);
		*ret = v4;
	}
	return true;
}

static const char *unix_text(const struct sockaddr_un *un, socklen_t len, char *text)
{
	const size_t head = offsetof(struct sockaddr_un, sun_path);
	size_t n = len > head ? len - head : 0;
	const bool abstract = n && !un->sun_path[0];
	const char *name = abstract ? un->sun_path + 1 : un->sun_path;

	n = abstract ? n - 1 : strnlen(un->sun_path, n);
	/* NULs inside an abstract name end what is shown of it. */
	(void)snprintf(text, SKT_UDP_TEXT_MAX, "unix:%s%.*s", abstract ? "@" : "", (int)n, name);
	return text;
}

const char *skt_udp_text(const struct sockaddr *address, socklen_t len, char text[SKT_UDP_TEXT_MAX])
{
	char host[SKT_ADDR_TEXT_MAX];
	struct skt_addr addr;
	uint16_t port;

	if (skt_udp_inet(address, len, &addr, &port))
		(void)snprintf(text, SKT_UDP_TEXT_MAX,
			addr.family == AF_INET6 ? "[%s]:%u" : "%s:%u", skt_addr_text(&addr, host),
			port);
	else if (len < sizeof(sa_family_t) || address->sa_family == AF_UNIX)
		return unix_text((const struct sockaddr_un *)address, len, text);
	else
		(void)snprintf(text, SKT_UDP_TEXT_MAX, "?");
	return text;
}
