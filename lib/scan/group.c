#include "scan/group.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip6.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"
#include "diag/route.h"
#include "scan/wait.h"

enum {
	SOURCES_MAX = 16, /* addresses of this host that are asked from */
	ROUNDS = 3, /* a group is told nothing for sure: radio has no acknowledgements for it */
	COOKIE_SIZE = 8,
	ECHO_SIZE = 8 + COOKIE_SIZE,
	OPTIONS_SIZE = 8,
	REPLY_SIZE = 512,
	ANSWERS_MAX = 4096, /* of one socket, between two looks at the clock */
};

static const uint64_t wait_ns = SKT_NS_PER_SEC;

struct asking {
	const struct skt_group_config *config;
	uint8_t cookie[COOKIE_SIZE];
	int fds[SOURCES_MAX];
	size_t count;
	bool raw;
};

bool skt_group_is_all_nodes(const struct skt_addr *addr)
{
	static const uint8_t all_nodes[16] = {0xff, 0x02, [15] = 1};

	return addr->family == AF_INET6 && memcmp(addr->bytes, all_nodes, 16) == 0;
}

/* ---- what comes back ---- */

bool skt_group_is_answer(const uint8_t *bytes, size_t len, const uint8_t cookie[COOKIE_SIZE])
{
	/* In an error behind its own header: ours, the options, and the echo's. */
	const size_t quoted = 8 + sizeof(struct ip6_hdr) + OPTIONS_SIZE + 8;

	if (len < ECHO_SIZE)
		return false;
	if (bytes[0] == ICMP6_ECHO_REPLY)
		return memcmp(bytes + 8, cookie, COOKIE_SIZE) == 0;
	return bytes[0] == ICMP6_PARAM_PROB && len >= quoted + COOKIE_SIZE &&
		memcmp(bytes + quoted, cookie, COOKIE_SIZE) == 0;
}

static int drain(const struct asking *asking, int fd)
{
	const struct skt_group_config *c = asking->config;
	uint8_t bytes[REPLY_SIZE];
	int rc = 0;

	for (size_t i = 0; !rc && i < ANSWERS_MAX; i++) {
		struct sockaddr_storage from;
		socklen_t size = sizeof(from);
		struct skt_addr addr;
		uint16_t port;
		ssize_t len = recvfrom(
			fd, bytes, sizeof(bytes), MSG_DONTWAIT, (struct sockaddr *)&from, &size);

		if (len < 0)
			return 0;
		if (!skt_group_is_answer(bytes, (size_t)len, asking->cookie) ||
			skt_addr_from_sockaddr((const struct sockaddr *)&from, &addr, &port) ||
			(addr.scope_id && addr.scope_id != c->ifindex))
			continue;
		rc = c->found(c->ctx, &addr);
	}
	return rc;
}

/* ---- what goes out ---- */

static int prepare(const struct asking *asking, int fd, const struct skt_addr *source)
{
	const int ifindex = (int)asking->config->ifindex, hops = 255;
	struct icmp6_filter filter;
	struct sockaddr_storage sa;
	socklen_t len = skt_addr_to_sockaddr(source, 0, &sa);

	ICMP6_FILTER_SETBLOCKALL(&filter);
	ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &filter);
	ICMP6_FILTER_SETPASS(ICMP6_PARAM_PROB, &filter);
	if (asking->raw)
		(void)setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof(filter));
	(void)setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops, sizeof(hops));
	if (setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, &ifindex, sizeof(ifindex)))
		return -errno;
	return bind(fd, (const struct sockaddr *)&sa, len) ? -errno : 0;
}

static int open_socket(struct asking *asking, const struct skt_addr *source)
{
	const int flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
	int fd = socket(AF_INET6, SOCK_RAW | flags, IPPROTO_ICMPV6), rc;

	asking->raw = fd >= 0;
	if (fd < 0)
		fd = socket(AF_INET6, SOCK_DGRAM | flags, IPPROTO_ICMPV6);
	if (fd < 0)
		return errno == EACCES ? -EPERM : -errno;
	rc = prepare(asking, fd, source);
	if (rc)
		(void)close(fd);
	else
		asking->fds[asking->count++] = fd;
	return rc;
}

/* One for each address of this host on the interface. An address that cannot be used yet is passed
 * over. */
static int open_sockets(struct asking *asking)
{
	const struct skt_group_config *c = asking->config;
	int rc = -EADDRNOTAVAIL;

	for (size_t i = 0; i < c->local->len && asking->count < SOURCES_MAX; i++) {
		const struct skt_local_address *own = &c->local->data[i];

		if (own->ifindex == c->ifindex && own->network.addr.family == AF_INET6)
			rc = open_socket(asking, &own->network.addr);
	}
	return asking->count ? 0 : rc;
}

/*
 * The option is of a type for experiments (RFC 4727), whose high bits are 10: who does not know it
 * must say so, to a group too. Options for each hop are looked at before any firewall is asked
 * (ip6_rcv_core(), net/ipv6/ip6_input.c).
 */
static void send_one(const struct asking *asking, int fd, bool option)
{
	static const uint8_t options[OPTIONS_SIZE] = {0, 0, 0x9e, 4};
	const struct sockaddr_in6 to = {.sin6_family = AF_INET6,
		.sin6_addr = {.s6_addr = {0xff, 0x02, [15] = 1}},
		.sin6_scope_id = asking->config->ifindex};
	uint8_t packet[ECHO_SIZE] = {ICMP6_ECHO_REQUEST};

	memcpy(packet + 8, asking->cookie, COOKIE_SIZE);
	if (setsockopt(fd, IPPROTO_IPV6, IPV6_HOPOPTS, options, option ? sizeof(options) : 0) &&
		option)
		return;
	/* The next round, or another address, may do better. */
	(void)sendto(
		fd, packet, sizeof(packet), MSG_DONTWAIT, (const struct sockaddr *)&to, sizeof(to));
}

static int ask(const struct asking *asking)
{
	const struct skt_group_config *c = asking->config;
	const uint64_t all_ns = c->timeout_ns ? c->timeout_ns : wait_ns;
	const uint64_t begin_ns = skt_clock_ns(), end_ns = skt_clock_add(begin_ns, all_ns);
	struct pollfd fds[SOURCES_MAX];
	uint64_t now_ns = begin_ns;
	unsigned int round = 0;
	int rc = 0;

	for (size_t i = 0; i < asking->count; i++)
		fds[i] = (struct pollfd){.fd = asking->fds[i], .events = POLLIN};
	for (; !rc && now_ns < end_ns && !(c->stop && *c->stop); now_ns = skt_clock_ns()) {
		uint64_t next_ns = begin_ns + round * (all_ns / (ROUNDS + 1));

		if (round < ROUNDS && now_ns >= next_ns) {
			for (size_t i = 0; i < asking->count; i++) {
				send_one(asking, asking->fds[i], false);
				if (asking->raw)
					send_one(asking, asking->fds[i], true);
			}
			round++;
			continue;
		}
		rc = skt_wait_poll(
			fds, asking->count, round < ROUNDS ? SKT_MIN(next_ns, end_ns) : end_ns);
		rc = SKT_MIN(rc, 0);
		for (size_t i = 0; !rc && i < asking->count; i++)
			if (fds[i].revents)
				rc = drain(asking, asking->fds[i]);
	}
	return rc;
}

/* ---- the kernel's own table ---- */

static int take_neighbor(void *ctx, uint32_t ifindex, const struct skt_addr *addr,
	const struct skt_neighbor_entry *entry)
{
	const struct skt_group_config *c = ctx;

	if (ifindex != c->ifindex || skt_addr_is_multicast(addr) ||
		entry->state & (NUD_NOARP | NUD_FAILED))
		return 0;
	return c->found(c->ctx, addr);
}

static int look_up(const struct skt_group_config *config)
{
	struct skt_netlink *netlink;
	int rc = skt_netlink_open_route(&netlink, NULL);

	if (rc)
		return rc;
	rc = skt_neighbor_list(netlink, AF_INET6, take_neighbor, (void *)config);
	skt_netlink_close(netlink);
	return rc;
}

int skt_group_ask(const struct skt_group_config *config)
{
	struct asking asking = {.config = config};
	int rc, table;

	if (getrandom(asking.cookie, sizeof(asking.cookie), 0) != sizeof(asking.cookie))
		return -EIO;
	rc = open_sockets(&asking);
	rc = rc ? rc : ask(&asking);
	for (size_t i = 0; i < asking.count; i++)
		(void)close(asking.fds[i]);
	/* Behind the answers: they are in it too. */
	table = rc && rc != -EPERM ? 0 : look_up(config);
	return rc ? rc : table;
}
