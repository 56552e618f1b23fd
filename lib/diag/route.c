#include "diag/route.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <string.h>

#include "diag/attribute.h"

/* ---- requests ---- */

/* A fixed header, and attributes behind it. */
struct request {
	_Alignas(struct nlmsghdr) char bytes[256];
	size_t len;
};

static void begin(struct request *request, const void *header, size_t len)
{
	memset(request, 0, sizeof(*request));
	memcpy(request->bytes, header, len);
	request->len = NLMSG_ALIGN(len);
}

static void add(struct request *request, uint16_t type, const void *value, size_t len)
{
	const struct nlattr attr = {.nla_len = (uint16_t)(sizeof(attr) + len), .nla_type = type};

	SKT_ASSERT(request->len + sizeof(attr) + NLMSG_ALIGN(len) <= sizeof(request->bytes));
	memcpy(request->bytes + request->len, &attr, sizeof(attr));
	memcpy(request->bytes + request->len + sizeof(attr), value, len);
	request->len += sizeof(attr) + NLMSG_ALIGN(len);
}

static size_t addr_size(uint8_t family)
{
	return family == AF_INET ? 4 : 16;
}

static void add_addr(struct request *request, uint16_t type, const struct skt_addr *addr)
{
	if (addr->family != AF_UNSPEC)
		add(request, type, addr->bytes, addr_size(addr->family));
}

/* ---- answers ---- */

static void read_addr(
	const struct skt_attribute *attr, uint8_t family, uint32_t ifindex, struct skt_addr *ret)
{
	struct skt_addr addr = {.family = family};

	if (!skt_attribute_get(attr->value, attr->len, addr.bytes, addr_size(family)))
		return;
	if (skt_addr_is_link_local(&addr) && family == AF_INET6)
		addr.scope_id = ifindex;
	*ret = addr;
}

/* RTA_VIA: a next hop of another family than the route's (struct rtvia). */
static void read_via(const struct skt_attribute *attr, struct skt_addr *ret)
{
	struct skt_attribute addr = *attr;
	uint16_t family;

	if (!skt_attribute_get(attr->value, attr->len, &family, sizeof(family)))
		return;
	addr.value += sizeof(family);
	addr.len -= sizeof(family);
	if (family == AF_INET || family == AF_INET6)
		read_addr(&addr, (uint8_t)family, 0, ret);
}

static void read_metrics(const struct skt_attribute *attr, uint32_t *ret_mtu)
{
	const char *p = attr->value;
	size_t len = attr->len;
	struct skt_attribute metric;

	while (skt_attribute_next(&p, &len, &metric) > 0)
		if (metric.type == RTAX_MTU)
			(void)skt_attribute_get(
				metric.value, metric.len, ret_mtu, sizeof(*ret_mtu));
}

static int read_route(const void *payload, size_t len, void *ctx)
{
	struct skt_route *route = ctx;
	struct skt_attribute attr;
	struct rtmsg header;
	const char *p;

	if (!skt_attribute_get(payload, len, &header, sizeof(header)) ||
		(header.rtm_family != AF_INET && header.rtm_family != AF_INET6))
		return -EBADMSG;
	*route = (struct skt_route){.type = header.rtm_type};
	p = (const char *)payload + NLMSG_ALIGN(sizeof(header));
	len -= NLMSG_ALIGN(sizeof(header));
	while (skt_attribute_next(&p, &len, &attr) > 0)
		switch (attr.type) {
		case RTA_OIF:
			(void)skt_attribute_get(
				attr.value, attr.len, &route->ifindex, sizeof(route->ifindex));
			break;
		case RTA_PREFSRC:
			read_addr(&attr, header.rtm_family, 0, &route->source);
			break;
		case RTA_GATEWAY:
			read_addr(&attr, header.rtm_family, 0, &route->gateway);
			break;
		case RTA_VIA:
			read_via(&attr, &route->gateway);
			break;
		case RTA_METRICS:
			read_metrics(&attr, &route->mtu);
			break;
		}
	/* The interface comes behind them, and is their scope. */
	if (route->gateway.family == AF_INET6 && skt_addr_is_link_local(&route->gateway))
		route->gateway.scope_id = route->ifindex;
	if (route->source.family == AF_INET6 && skt_addr_is_link_local(&route->source))
		route->source.scope_id = route->ifindex;
	return 0;
}

static int error_of_type(uint8_t type)
{
	switch (type) {
	case RTN_UNREACHABLE:
		return -EHOSTUNREACH;
	case RTN_PROHIBIT:
		return -EACCES;
	case RTN_BLACKHOLE:
		return -EINVAL;
	case RTN_THROW:
	case RTN_UNSPEC:
		return -ENETUNREACH;
	}
	return 0;
}

int skt_route_get(
	struct skt_netlink *netlink, const struct skt_route_query *query, struct skt_route *ret)
{
	const uint8_t family = query->to.family;
	const struct rtmsg header = {
		.rtm_family = family,
		.rtm_dst_len = (uint8_t)(8 * addr_size(family)),
		.rtm_src_len =
			query->source.family == family ? (uint8_t)(8 * addr_size(family)) : 0,
	};
	const uint16_t port = htons(query->port), own_port = htons(query->own_port);
	const uint32_t ifindex = query->ifindex ? query->ifindex : query->to.scope_id;
	struct skt_route route = {0};
	struct request request;
	int rc;

	begin(&request, &header, sizeof(header));
	add_addr(&request, RTA_DST, &query->to);
	if (query->source.family == family)
		add_addr(&request, RTA_SRC, &query->source);
	if (ifindex)
		add(&request, RTA_OIF, &ifindex, sizeof(ifindex));
	if (query->protocol)
		add(&request, RTA_IP_PROTO, &query->protocol, sizeof(query->protocol));
	if (query->protocol && port)
		add(&request, RTA_DPORT, &port, sizeof(port));
	if (query->protocol && own_port)
		add(&request, RTA_SPORT, &own_port, sizeof(own_port));
	rc = skt_netlink_get(
		netlink, RTM_GETROUTE, request.bytes, request.len, read_route, &route, NULL);
	rc = rc ? rc : error_of_type(route.type);
	if (rc)
		return rc;
	/* The kernel does not repeat what it was told. */
	if (query->source.family == family)
		route.source = query->source;
	*ret = route;
	return 0;
}

int skt_route_get_once(const struct skt_route_query *query, struct skt_route *ret)
{
	struct skt_netlink *netlink;
	struct skt_err err;
	int rc = skt_netlink_open_route(&netlink, &err);

	if (rc)
		return rc;
	rc = skt_route_get(netlink, query, ret);
	skt_netlink_close(netlink);
	return rc;
}

/* ---- neighbours ---- */

static int read_neighbor(const void *payload, size_t len, void *ctx)
{
	struct skt_neighbor_entry *entry = ctx;
	struct nda_cacheinfo times;
	struct skt_attribute attr;
	struct ndmsg header;
	const char *p;

	if (!skt_attribute_get(payload, len, &header, sizeof(header)))
		return -EBADMSG;
	*entry = (struct skt_neighbor_entry){.state = header.ndm_state};
	p = (const char *)payload + NLMSG_ALIGN(sizeof(header));
	len -= NLMSG_ALIGN(sizeof(header));
	while (skt_attribute_next(&p, &len, &attr) > 0) {
		if (attr.type == NDA_LLADDR && attr.len <= sizeof(entry->lladdr)) {
			memcpy(entry->lladdr, attr.value, attr.len);
			entry->lladdr_len = (uint8_t)attr.len;
		}
		/* In hundredths of a second (USER_HZ). */
		if (attr.type == NDA_CACHEINFO &&
			skt_attribute_get(attr.value, attr.len, &times, sizeof(times)))
			entry->age_ms = times.ndm_updated < UINT32_MAX / 10 ? 10 * times.ndm_updated
									    : UINT32_MAX;
	}
	return 0;
}

int skt_neighbor_get(struct skt_netlink *netlink, uint32_t ifindex, const struct skt_addr *addr,
	struct skt_neighbor_entry *ret)
{
	const struct ndmsg header = {.ndm_family = addr->family, .ndm_ifindex = (int)ifindex};
	struct skt_neighbor_entry entry = {0};
	struct request request;
	int rc;

	begin(&request, &header, sizeof(header));
	add_addr(&request, NDA_DST, addr);
	rc = skt_netlink_get(
		netlink, RTM_GETNEIGH, request.bytes, request.len, read_neighbor, &entry, NULL);
	if (rc && rc != -ENOENT)
		return rc;
	*ret = entry;
	return 0;
}

int skt_neighbor_read(
	const void *payload, size_t len, uint32_t *ret_ifindex, struct skt_addr *ret_addr)
{
	struct skt_addr addr = {0};
	struct skt_attribute attr;
	struct ndmsg header;
	const char *p;

	if (!skt_attribute_get(payload, len, &header, sizeof(header)) ||
		(header.ndm_family != AF_INET && header.ndm_family != AF_INET6))
		return -EBADMSG;
	p = (const char *)payload + NLMSG_ALIGN(sizeof(header));
	len -= NLMSG_ALIGN(sizeof(header));
	while (skt_attribute_next(&p, &len, &attr) > 0)
		if (attr.type == NDA_DST)
			read_addr(&attr, header.ndm_family, (uint32_t)header.ndm_ifindex, &addr);
	if (addr.family == AF_UNSPEC)
		return -EBADMSG;
	*ret_ifindex = (uint32_t)header.ndm_ifindex;
	*ret_addr = addr;
	return 0;
}

struct listing {
	int (*take)(void *ctx, uint32_t ifindex, const struct skt_addr *addr,
		const struct skt_neighbor_entry *entry);
	void *ctx;
};

/* An entry that cannot be read is none of interest. */
static int list_one(const void *payload, size_t len, void *ctx)
{
	const struct listing *listing = ctx;
	struct skt_neighbor_entry entry;
	struct skt_addr addr;
	uint32_t ifindex;

	if (skt_neighbor_read(payload, len, &ifindex, &addr) || read_neighbor(payload, len, &entry))
		return 0;
	return listing->take(listing->ctx, ifindex, &addr, &entry);
}

int skt_neighbor_list(struct skt_netlink *netlink, uint8_t family,
	int (*take)(void *ctx, uint32_t ifindex, const struct skt_addr *addr,
		const struct skt_neighbor_entry *entry),
	void *ctx)
{
	const struct ndmsg header = {.ndm_family = family};
	struct listing listing = {take, ctx};
	unsigned int flags;

	return skt_netlink_dump(
		netlink, RTM_GETNEIGH, &header, sizeof(header), list_one, &listing, &flags, NULL);
}

int skt_neighbor_probe(struct skt_netlink *netlink, uint32_t ifindex, const struct skt_addr *addr,
	const struct skt_neighbor_entry *entry)
{
	const struct ndmsg header = {
		.ndm_family = addr->family,
		.ndm_ifindex = (int)ifindex,
		.ndm_state = NUD_PROBE,
	};
	struct request request;

	if (!entry->lladdr_len)
		return -EINVAL;
	begin(&request, &header, sizeof(header));
	add_addr(&request, NDA_DST, addr);
	add(&request, NDA_LLADDR, entry->lladdr, entry->lladdr_len);
	return skt_netlink_request(netlink, RTM_NEWNEIGH, request.bytes, request.len, NULL);
}

/* ---- interfaces ---- */

static int read_link(const void *payload, size_t len, void *ctx)
{
	struct skt_link *link = ctx;
	struct ifinfomsg header;
	struct skt_attribute attr;
	const char *p;

	if (!skt_attribute_get(payload, len, &header, sizeof(header)))
		return -EBADMSG;
	*link = (struct skt_link){.flags = header.ifi_flags};
	p = (const char *)payload + NLMSG_ALIGN(sizeof(header));
	len -= NLMSG_ALIGN(sizeof(header));
	while (skt_attribute_next(&p, &len, &attr) > 0)
		if (attr.type == IFLA_MTU)
			(void)skt_attribute_get(
				attr.value, attr.len, &link->mtu, sizeof(link->mtu));
	return 0;
}

int skt_link_get(struct skt_netlink *netlink, uint32_t ifindex, struct skt_link *ret)
{
	const struct ifinfomsg header = {.ifi_index = (int)ifindex};
	struct skt_link link = {0};
	int rc = skt_netlink_get(
		netlink, RTM_GETLINK, &header, sizeof(header), read_link, &link, NULL);

	if (!rc)
		*ret = link;
	return rc;
}
