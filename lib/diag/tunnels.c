#include "diag/tunnels.h"

#include <arpa/inet.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "diag/attribute.h"
#include "diag/netlink.h"

/* Headers may be older than the kernel. */
#ifndef RTEXT_FILTER_SKIP_STATS
#define RTEXT_FILTER_SKIP_STATS (1 << 3)
#endif

static const struct {
	const char *kind;
	unsigned int port; /* the attribute of its data that is the port, in wire order; 0: none */
} kinds[] = {
	{"vxlan", IFLA_VXLAN_PORT},
	{"geneve", IFLA_GENEVE_PORT},
	{"bareudp", IFLA_BAREUDP_PORT},
	{"wireguard", 0},
};

/* The attribute TYPE among the LEN bytes at P: 1, 0 where there is none, -EBADMSG. */
static int find(const char *p, size_t len, unsigned int type, struct skt_attribute *ret)
{
	int rc;

	do
		rc = skt_attribute_next(&p, &len, ret);
	while (rc == 1 && ret->type != type);
	return rc;
}

/* The attribute that is the port of a KIND of tunnel; -1: it is none. */
static int port_of_kind(const struct skt_attribute *kind)
{
	for (size_t i = 0; i < SKT_COUNT(kinds); i++) {
		size_t len = strlen(kinds[i].kind);

		if (strnlen(kind->value, kind->len) == len &&
			memcmp(kind->value, kinds[i].kind, len) == 0)
			return (int)kinds[i].port;
	}
	return -1;
}

/* The port of the tunnel that INFO, its IFLA_LINKINFO, is of: as skt_tunnel_parse(). */
static int parse_info(const struct skt_attribute *info, uint16_t *ret)
{
	struct skt_attribute kind, data, port;
	int rc = find(info->value, info->len, IFLA_INFO_KIND, &kind);
	int type = rc == 1 ? port_of_kind(&kind) : -1;
	uint16_t wire;

	if (type <= 0)
		return rc < 0 ? rc : type == 0;
	rc = find(info->value, info->len, IFLA_INFO_DATA, &data);
	if (rc == 1)
		rc = find(data.value, data.len, (unsigned int)type, &port);
	if (rc != 1)
		return rc;
	if (!skt_attribute_get(port.value, port.len, &wire, sizeof(wire)))
		return -EBADMSG;
	*ret = ntohs(wire);
	return 1;
}

int skt_tunnel_parse(const void *payload, size_t len, struct skt_tunnel *ret)
{
	const size_t skip = NLMSG_ALIGN(sizeof(struct ifinfomsg));
	struct skt_attribute info, name;
	const char *p = payload;
	int rc;

	*ret = (struct skt_tunnel){0};
	if (len < skip)
		return -EBADMSG;
	rc = find(p + skip, len - skip, IFLA_LINKINFO, &info);
	if (rc == 1)
		rc = parse_info(&info, &ret->port);
	if (rc == 1)
		rc = find(p + skip, len - skip, IFLA_IFNAME, &name);
	if (rc == 1)
		memcpy(ret->name, name.value, SKT_MIN(name.len, sizeof(ret->name) - 1));
	return rc;
}

struct reading {
	const struct skt_netns *netns;
	struct skt_tunnel_vec *tunnels;
	struct skt_netlink *netlink;
	struct skt_err *err;
};

static int take_link(const void *payload, size_t len, void *ctx)
{
	const struct reading *reading = ctx;
	struct skt_tunnel tunnel;

	/* One that makes no sense is none that can be told. */
	if (skt_tunnel_parse(payload, len, &tunnel) != 1)
		return 0;
	tunnel.netns = reading->netns;
	return skt_vec_push(reading->tunnels, tunnel);
}

static int open_route(void *ctx)
{
	struct reading *reading = ctx;

	return skt_netlink_open_route(&reading->netlink, reading->err);
}

int skt_tunnels_read(
	const struct skt_dump_system *system, struct skt_tunnel_vec *tunnels, struct skt_err *err)
{
	const struct {
		struct ifinfomsg info;
		struct nlattr attr;
		uint32_t mask;
	} request = {
		.attr = {.nla_len = sizeof(struct nlattr) + sizeof(uint32_t),
			.nla_type = IFLA_EXT_MASK},
		.mask = RTEXT_FILTER_SKIP_STATS,
	};
	struct reading reading = {.netns = system->netns, .tunnels = tunnels, .err = err};
	unsigned int flags;
	int rc;

	if (system->netlink)
		return 0;
	rc = system->netns && !system->netns->own
		? skt_netns_run(system->netns, open_route, &reading, err)
		: open_route(&reading);
	if (rc)
		return rc;
	rc = skt_netlink_dump(reading.netlink, RTM_GETLINK, &request, sizeof(request), take_link,
		&reading, &flags, err);
	skt_netlink_close(reading.netlink);
	return rc;
}
