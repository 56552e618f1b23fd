#include "cmd/ports/wanted.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/macros.h"
#include "cmd/look_up.h"

int ports_resolve(const struct ports_options *o, const struct skt_context *ctx,
	struct skt_services **ret_services, struct skt_portset *set)
{
	const uint8_t protocols = (uint8_t)((o->inet.tcp ? SKT_SERVICE_TCP : 0) |
		(o->inet.udp ? SKT_SERVICE_UDP : 0));
	struct skt_err err;
	int rc = skt_services_open(ctx->services_path, ret_services);

	if (rc) {
		skt_warn(ctx, "%s", strerror(-rc));
		return SKT_EXIT_TROUBLE;
	}
	rc = skt_services_resolve(
		*ret_services, &o->ports, protocols ? protocols : SKT_SERVICE_ANY, set, &err);
	if (!rc)
		return SKT_EXIT_YES;
	skt_warn(ctx, "%s", err.text);
	return skt_look_up_status(rc);
}

uint16_t ports_single(const struct skt_portset *set)
{
	uint16_t port = 0;

	for (uint32_t i = 0; i < SKT_COUNT(set->bits); i++) {
		uint64_t bits = set->bits[i];

		if (!bits)
			continue;
		if (port || bits & (bits - 1))
			return 0;
		port = (uint16_t)(i * 64 + (uint32_t)__builtin_ctzll(bits));
	}
	return port;
}

struct skt_dump_query ports_query(const struct ports_options *o, const struct skt_portset *wanted)
{
	struct skt_dump_query query = {
		.states = SKT_STATE_BIT(SKT_STATE_LISTEN) | SKT_STATE_BIT(SKT_STATE_UNCONNECTED),
		.local_port = wanted ? ports_single(wanted) : 0,
	};

	skt_inet_query(&o->inet, &query);
	return query;
}

bool ports_match(const struct skt_socket *socket, const struct skt_portset *wanted)
{
	return socket->local.port && (!wanted || skt_portset_has(wanted, socket->local.port));
}

bool ports_match_address(const struct ports_options *o, const struct skt_socket *socket)
{
	const struct skt_addr *local = &socket->local.addr;

	if (o->addr.family == AF_UNSPEC || skt_addr_equal(local, &o->addr))
		return true;
	if (!skt_addr_is_any(local))
		return false;
	return socket->family == o->addr.family ||
		(socket->family == AF_INET6 && o->addr.family == AF_INET && !socket->v6only);
}
