#include "diag/netns_link.h"

struct opening {
	struct skt_netlink *netlink;
	struct skt_err *err;
};

static int open_netlink(void *ctx)
{
	struct opening *opening = ctx;

	return skt_netlink_open(&opening->netlink, opening->err);
}

static void close_netlink(void *kept)
{
	skt_netlink_close(kept);
}

int skt_netns_netlink(struct skt_netns *netns, struct skt_netlink **ret, struct skt_err *err)
{
	struct opening opening = {.err = err};
	int rc;

	if (!netns->kept) {
		rc = skt_netns_run(netns, open_netlink, &opening, err);
		if (rc)
			return rc;
		netns->kept = opening.netlink;
		netns->free_kept = close_netlink;
		skt_netns_let_go(netns);
	}
	*ret = netns->kept;
	return 0;
}

int skt_netns_interface(struct skt_netns *netns, uint32_t ifindex, char (*ret)[IF_NAMESIZE])
{
	struct skt_netlink *netlink;
	int rc = skt_netns_netlink(netns, &netlink, NULL);

	return rc ? rc : skt_netlink_interface(netlink, ifindex, ret);
}
