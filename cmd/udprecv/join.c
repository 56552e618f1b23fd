#include "cmd/udprecv/join.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "cmd/datagram/address.h"
#include "diag/route.h"

struct join {
	const struct udprecv_options *o;
	const struct skt_context *ctx;
	const struct udprecv_socket *s;
	const struct skt_udp_group *group;
};

/* -errno, told unless QUIET. */
static int join_on(const struct join *j, uint32_t ifindex, bool quiet)
{
	char text[SKT_ADDR_TEXT_MAX], name[IF_NAMESIZE] = "";
	struct skt_err err;
	int rc = skt_udp_join(j->s->fd, j->s->family, j->group, ifindex, &err);

	if (ifindex && !if_indextoname(ifindex, name))
		(void)snprintf(name, sizeof(name), "%u", ifindex);
	if (rc && !quiet)
		skt_warn(j->ctx, "%s%s%s", err.text, ifindex ? ", interface " : "", name);
	else if (!rc && j->o->events.verbose > 0)
		skt_warn(j->ctx, "joined %s%s%s", skt_addr_text(&j->group->group, text),
			ifindex ? " on " : "", name);
	return rc;
}

/* Whether the interface NAME is up, and has multicast. */
static bool takes_groups(int fd, const char *name)
{
	struct ifreq request = {0};

	(void)snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	return ioctl(fd, SIOCGIFFLAGS, &request) == 0 && request.ifr_flags & IFF_UP &&
		request.ifr_flags & IFF_MULTICAST;
}

/* On every interface that takes groups; one that cannot have this one is passed over. */
static int join_everywhere(const struct join *j)
{
	struct if_nameindex *all = if_nameindex();
	char text[SKT_ADDR_TEXT_MAX];
	unsigned int joined = 0;
	int last = -ENODEV;

	for (struct if_nameindex *i = all; i && i->if_index; i++) {
		int rc;

		if (!takes_groups(j->s->fd, i->if_name))
			continue;
		rc = join_on(j, i->if_index, true);
		joined += rc == 0;
		last = rc ? rc : last;
		/* A limit is told: what is behind it would be missing without a word. */
		if (rc == -ENOBUFS) {
			(void)join_on(j, i->if_index, false);
			joined = 0;
			break;
		}
	}
	if (all)
		if_freenameindex(all);
	if (joined)
		return SKT_EXIT_YES;
	if (last != -ENOBUFS)
		skt_warn(j->ctx, "join %s: no interface takes it: %s",
			skt_addr_text(&j->group->group, text), strerror(-last));
	return SKT_EXIT_TROUBLE;
}

static int join_one(const struct join *j, const struct udprecv_join *asked)
{
	uint32_t ifindex = j->s->ifindex ? j->s->ifindex : j->group->group.scope_id;
	const struct skt_route_query query = {.to = j->group->group};
	struct skt_route route;

	if (asked->everywhere)
		return join_everywhere(j);
	if (asked->interface[0]) {
		int status = skt_udp_interface(j->ctx, asked->interface, &ifindex);

		if (status != SKT_EXIT_YES)
			return status;
	}
	/* The kernel would ask its routes itself (ip_mc_find_dev()), and not tell. */
	if (!ifindex && !skt_route_get_once(&query, &route))
		ifindex = route.ifindex;
	return join_on(j, ifindex, false) ? SKT_EXIT_TROUBLE : SKT_EXIT_YES;
}

int udprecv_join_all(const struct udprecv_options *o, const struct skt_context *ctx,
	const struct udprecv_socket *s)
{
	int status = SKT_EXIT_YES;

	for (size_t i = 0; status == SKT_EXIT_YES && i < o->joins.len; i++) {
		const struct join j = {
			.o = o, .ctx = ctx, .s = s, .group = &o->joins.data[i].group};

		status = join_one(&j, &o->joins.data[i]);
	}
	return status;
}
