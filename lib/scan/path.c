#include "scan/path.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/macros.h"

/* More paths that differ than networks have; they are forgotten, and asked for again. */
enum { PATHS_MAX = 4096 };

int skt_paths_open(struct skt_paths *paths, uint8_t protocol, const struct skt_addr *source4,
	const struct skt_addr *source6, uint32_t ifindex)
{
	static const unsigned int changes[] = {RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR,
		RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV4_RULE,
		RTNLGRP_IPV6_RULE};
	static const unsigned int neighbors[] = {RTNLGRP_NEIGH};
	int rc;

	paths->protocol = protocol;
	paths->source4 = *source4;
	paths->source6 = *source6;
	paths->ifindex = ifindex;
	rc = skt_netlink_subscribe_route(changes, SKT_COUNT(changes), &paths->changes, NULL);
	rc = rc ? rc
		: skt_netlink_subscribe_route(
			  neighbors, SKT_COUNT(neighbors), &paths->neighbors, NULL);
	return rc ? rc : skt_netlink_open_route(&paths->ask, NULL);
}

void skt_paths_close(struct skt_paths *paths)
{
	skt_netlink_close(paths->ask);
	skt_netlink_close(paths->changes);
	skt_netlink_close(paths->neighbors);
	skt_vec_free(&paths->list);
	skt_vec_free(&paths->links);
}

static void forget(struct skt_paths *paths)
{
	paths->generation++;
	paths->list.len = 0;
	paths->links.len = 0;
}

/* ---- asking ---- */

static struct skt_link link_of(struct skt_paths *paths, uint32_t ifindex)
{
	struct skt_link_known known = {.ifindex = ifindex};

	for (size_t i = 0; i < paths->links.len; i++)
		if (paths->links.data[i].ifindex == ifindex)
			return paths->links.data[i].link;
	if (!skt_link_get(paths->ask, ifindex, &known.link))
		(void)skt_vec_push(&paths->links, known);
	return known.link;
}

static void describe(struct skt_paths *paths, const struct skt_addr *to,
	const struct skt_route *route, struct skt_path *ret)
{
	const struct skt_link link = link_of(paths, route->ifindex);

	*ret = (struct skt_path){
		.source = route->source,
		.ifindex = route->ifindex,
		.mtu = route->mtu ? route->mtu : link.mtu,
		.kind = SKT_PATH_ON_LINK,
		.neighbors = !(link.flags & (IFF_NOARP | IFF_LOOPBACK | IFF_POINTOPOINT)),
	};
	switch (route->type) {
	case RTN_LOCAL:
	case RTN_ANYCAST:
		ret->kind = SKT_PATH_LOCAL;
		if (skt_addr_equal(&ret->source, to))
			ret->source = (struct skt_addr){0};
		return;
	case RTN_UNICAST:
		if (route->gateway.family == AF_UNSPEC)
			return;
		ret->kind = SKT_PATH_ROUTED;
		ret->next_hop = route->gateway;
		return;
	}
	ret->kind = SKT_PATH_MANY;
	ret->neighbors = false;
}

static bool same_path(const struct skt_path *a, const struct skt_path *b)
{
	return a->kind == b->kind && a->ifindex == b->ifindex && a->error == b->error &&
		a->mtu == b->mtu && a->neighbors == b->neighbors &&
		skt_addr_equal(&a->source, &b->source) &&
		skt_addr_equal(&a->next_hop, &b->next_hop);
}

/* Whether ADDR is an address of the interface that is its scope, and may be used. */
static bool is_usable(const struct skt_addr *addr)
{
	struct sockaddr_storage sa;
	socklen_t len = skt_addr_to_sockaddr(addr, 0, &sa);
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool usable = fd < 0 || !bind(fd, (const struct sockaddr *)&sa, len);

	if (fd >= 0)
		(void)close(fd);
	return usable;
}

/*
 * IPv6 takes an address of loopback or the link-local one of another interface where that which is
 * left by has none that may be used, as while a new one is tentative (RFC 4862 5.4): with it
 * nothing gets out, not even the question to a neighbour.
 */
static bool lacks_source(const struct skt_path *path, uint8_t family)
{
	if (family != AF_INET6 || (path->kind != SKT_PATH_ON_LINK && path->kind != SKT_PATH_ROUTED))
		return false;
	if (skt_addr_is_link_local(&path->source))
		return !is_usable(&path->source);
	return path->source.family == AF_UNSPEC || skt_addr_is_loopback(&path->source);
}

int skt_paths_find(
	struct skt_paths *paths, const struct skt_addr *addr, uint16_t port, uint32_t *ret)
{
	const struct skt_route_query query = {
		.to = *addr,
		.source = addr->family == AF_INET ? paths->source4 : paths->source6,
		.ifindex = paths->ifindex,
		.protocol = paths->protocol,
		.port = port,
	};
	struct skt_path path = {.kind = SKT_PATH_NONE};
	struct skt_route route;
	int rc = skt_route_get(paths->ask, &query, &route);

	if (rc == -ENOMEM || rc == -ENOBUFS)
		return rc;
	if (rc)
		path.error = -rc;
	else
		describe(paths, addr, &route, &path);
	if (lacks_source(&path, addr->family))
		path = (struct skt_path){.kind = SKT_PATH_NONE, .error = EADDRNOTAVAIL};
	/* Most likely it is that of the one before. */
	for (size_t i = paths->list.len; i-- > 0;)
		if (same_path(&paths->list.data[i], &path)) {
			*ret = (uint32_t)i;
			return 0;
		}
	if (paths->list.len >= PATHS_MAX)
		forget(paths);
	if (skt_vec_push(&paths->list, path))
		return -ENOMEM;
	*ret = (uint32_t)paths->list.len - 1;
	return 0;
}

/* ---- events ---- */

static int note_change(const void *payload, size_t len, void *ctx)
{
	bool *changed = ctx;

	(void)payload;
	(void)len;
	*changed = true;
	return 0;
}

void skt_paths_refresh(struct skt_paths *paths, uint64_t now_ns)
{
	bool changed = false, lost;

	if (skt_netlink_events(paths->changes, 0, note_change, &changed, &lost, NULL))
		return;
	if (!changed && !lost)
		return;
	paths->changed_ns = now_ns;
	forget(paths);
}

int skt_paths_fd(const struct skt_paths *paths)
{
	return paths->neighbors ? skt_netlink_events_fd(paths->neighbors) : -1;
}

struct taking {
	void (*take)(void *ctx, uint32_t ifindex, const struct skt_addr *addr);
	void *ctx;
};

static int take_neighbor(const void *payload, size_t len, void *ctx)
{
	const struct taking *taking = ctx;
	struct skt_addr addr;
	uint32_t ifindex;

	if (!skt_neighbor_read(payload, len, &ifindex, &addr))
		taking->take(taking->ctx, ifindex, &addr);
	return 0;
}

bool skt_paths_neighbors(struct skt_paths *paths,
	void (*take)(void *ctx, uint32_t ifindex, const struct skt_addr *addr), void *ctx)
{
	struct taking taking = {take, ctx};
	bool lost;

	return skt_netlink_events(paths->neighbors, 0, take_neighbor, &taking, &lost, NULL) || lost;
}
