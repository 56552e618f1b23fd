#include "cmd/scan/config.h"

#include "base/macros.h"

struct skt_scan_config scan_config_of(
	const struct scan_options *o, const struct skt_context *ctx, const struct scan_input *input)
{
	static const enum skt_scan_method methods[] = {
		[METHOD_AUTO] = SKT_SCAN_SYN,
		[METHOD_CONNECT] = SKT_SCAN_CONNECT,
		[METHOD_SYN] = SKT_SCAN_SYN,
		[METHOD_UDP] = SKT_SCAN_UDP,
	};
	struct skt_scan_config config = {
		.plan = &input->plan,
		.local = &input->local,
		.method = methods[o->method],
		.shard = o->shard,
		.shards = o->shards,
		.rate = o->rate,
		.rate_per_host = o->rate_per_host,
		.retries = o->retries,
		.timeout_ns = o->timeout_ns,
		.max_time_ns = o->max_time_ns,
		.skipped = o->skipped,
		.interface = o->interface,
		.neighbor_room = SKT_MIN(input->room.neighbors4, input->room.neighbors6),
		.stop = ctx->interrupted,
	};

	if (input->source.family == AF_INET)
		config.source4 = input->source;
	else
		config.source6 = input->source;
	return config;
}
