#include "cmd/udpsend/socket.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>

#include "cmd/datagram/address.h"
#include "diag/route.h"

static bool is_multicast(const struct skt_udp_address *address)
{
	struct skt_addr addr;
	uint16_t port;

	return skt_udp_inet(&address->sa, address->len, &addr, &port) &&
		skt_addr_is_multicast(&addr);
}

/*
 * 255.255.255.255 is a broadcast on one link only, and which one it is the routes decide: mostly
 * that of the default route, which need not be what was meant.
 */
static void tell_way(const struct udpsend_flow *flow, const struct skt_udp_address *local)
{
	static const struct skt_addr everybody = {
		.family = AF_INET, .bytes = {0xff, 0xff, 0xff, 0xff}};
	struct skt_route_query query = {0};
	char name[IF_NAMESIZE], text[SKT_ADDR_TEXT_MAX];
	struct skt_route route;
	uint16_t port;

	if (flow->o->at.way.interface || flow->o->events.verbose < 0 || flow->o->events.json ||
		!skt_udp_inet(&flow->to.sa, flow->to.len, &query.to, &port) ||
		!skt_addr_equal(&query.to, &everybody))
		return;
	if (local->len && skt_udp_inet(&local->sa, local->len, &query.source, &port) &&
		skt_addr_is_any(&query.source))
		query.source.family = AF_UNSPEC;
	if (!skt_route_get_once(&query, &route) && if_indextoname(route.ifindex, name))
		skt_warn(flow->ctx,
			"%s goes to the link of %s only (from %s): -I takes another interface",
			flow->to_text, name, skt_addr_text(&route.source, text));
}

/* An answer needs an address: unix sockets get a name that the kernel makes up (unix(7)). */
static void autobind(struct skt_udp_address *local)
{
	local->un = (struct sockaddr_un){.sun_family = AF_UNIX};
	local->len = sizeof(sa_family_t);
}

int udpsend_open(struct udpsend_flow *flow)
{
	const struct udpsend_options *o = flow->o;
	struct skt_udp_address local = {0};
	struct skt_udp_config config = {
		.broadcast = o->broadcast,
		.no_fragment = o->no_fragment,
		.errors = true,
		.ttl = o->ttl,
		.tos = o->dscp < 0 ? -1 : o->dscp << 2,
		.loop = o->loop,
		.send_buffer = UDPSEND_BUFFER,
		.receive_buffer = o->bidir ? UDPSEND_BUFFER : 0,
	};
	struct skt_err err;
	int status = skt_udp_interface(flow->ctx, o->at.way.interface, &config.ifindex);

	if (status == SKT_EXIT_YES)
		status = skt_udp_address_resolve(
			flow->ctx, &o->at.endpoint, o->at.way.family, false, &flow->to);
	if (status != SKT_EXIT_YES)
		return status;
	flow->family = config.family = flow->to.sa.sa_family;
	if (o->source_given) {
		status = skt_udp_address_resolve(flow->ctx, &o->source,
			flow->family == AF_UNIX ? AF_UNSPEC : flow->family, true, &local);
		if (status != SKT_EXIT_YES)
			return status;
	} else if (flow->family == AF_UNIX && o->reply) {
		autobind(&local);
	}
	if (local.len)
		config.local = &local;
	(void)skt_udp_text(&flow->to.sa, flow->to.len, flow->to_text);
	flow->group = is_multicast(&flow->to) || o->broadcast;
	/* Others than the one who was asked may answer for a group; and TFTP by another port. */
	flow->connected = !o->reply || flow->family == AF_UNIX;
	config.remote = flow->connected ? &flow->to : NULL;
	/* A group has its own option, which takes nothing from its answers. */
	if (!is_multicast(&flow->to) && flow->family != AF_UNIX)
		config.interface = o->at.way.interface;
	flow->fd = skt_udp_open(&config, &err);
	if (flow->fd >= 0) {
		tell_way(flow, &local);
		return SKT_EXIT_YES;
	}
	if (flow->fd == -EACCES && !o->broadcast && flow->family == AF_INET)
		skt_warn(flow->ctx, "%s is a broadcast address: add --broadcast to mean it",
			flow->to_text);
	else
		skt_warn(flow->ctx, "%s", err.text);
	return flow->family == AF_UNIX && (flow->fd == -ENOENT || flow->fd == -ECONNREFUSED)
		? SKT_EXIT_NO
		: SKT_EXIT_TROUBLE;
}
