#include "diag/direction.h"

const char *const skt_direction_names[SKT_DIRECTIONS] = {
	[SKT_DIRECTION_IN] = "in", [SKT_DIRECTION_OUT] = "out"};

enum skt_direction skt_direction_of(
	const struct skt_listeners *listeners, const struct skt_socket *socket)
{
	if (socket->state == SKT_STATE_SYN_SENT)
		return SKT_DIRECTION_OUT;
	if (socket->state == SKT_STATE_SYN_RECEIVED)
		return SKT_DIRECTION_IN;
	if (!socket->remote.port || socket->state == SKT_STATE_CLOSED ||
		socket->state == SKT_STATE_BOUND)
		return SKT_DIRECTION_NONE;
	return skt_listeners_serve(listeners, socket) ? SKT_DIRECTION_IN : SKT_DIRECTION_OUT;
}
