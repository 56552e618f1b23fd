#include "cmd/connect/options.h"

struct skt_dial_options connect_dial_options(const struct connect_options *o)
{
	return (struct skt_dial_options){
		.family = o->socket.way.family,
		.source = o->has_source ? &o->source : NULL,
		.interface = o->socket.way.interface,
		.mptcp = o->socket.mptcp,
		.fastopen = o->socket.fastopen,
		.keepalive_s = o->socket.keepalive_s,
	};
}
