#include "diag/direction.h"

#include <string.h>

const char *const skt_direction_names[SKT_DIRECTIONS] = {
	[SKT_DIRECTION_IN] = "in", [SKT_DIRECTION_OUT] = "out"};

static int take_listener(const struct skt_socket *socket, void *ctx)
{
	struct skt_listening *listening = ctx;

	skt_portset_add(&listening->ports[socket->proto], socket->local.port);
	return 0;
}

int skt_listening_read(const struct skt_dump_system *system, const struct skt_dump_query *like,
	struct skt_listening *ret, struct skt_err *err)
{
	struct skt_dump_query query = {
		/* A connection of IPv4 may belong to a listener of IPv6. */
		.ipv4 = true,
		.ipv6 = true,
		.states = SKT_STATE_BIT(SKT_STATE_LISTEN) | SKT_STATE_BIT(SKT_STATE_UNCONNECTED),
		.source = like->source,
	};
	struct skt_dump_report report;

	query.protos[SKT_PROTO_TCP] = like->protos[SKT_PROTO_TCP];
	query.protos[SKT_PROTO_UDP] = like->protos[SKT_PROTO_UDP];
	memset(ret, 0, sizeof(*ret));
	return skt_dump_sockets(system, &query, take_listener, ret, &report, err);
}

enum skt_direction skt_direction_of(
	const struct skt_listening *listening, const struct skt_socket *socket)
{
	if (socket->state == SKT_STATE_SYN_SENT)
		return SKT_DIRECTION_OUT;
	if (socket->state == SKT_STATE_SYN_RECEIVED)
		return SKT_DIRECTION_IN;
	if (!socket->remote.port || socket->state == SKT_STATE_CLOSED ||
		socket->state == SKT_STATE_BOUND)
		return SKT_DIRECTION_NONE;
	return skt_portset_has(&listening->ports[socket->proto], socket->local.port)
		? SKT_DIRECTION_IN
		: SKT_DIRECTION_OUT;
}
