#include "cmd/listen/bridge.h"

#include <unistd.h>

#include "base/macros.h"
#include "net/socket.h"

/*
 * A far end that wants to hear no more breaks the way in; and where it is gone with something
 * unread, the end of what it said is a reset (net/unix/af_unix.c, unix_release_sock()).
 */
static bool is_deaf(const struct bridge *bridge, const struct skt_pump *pump)
{
	if (pump == &bridge->in)
		return pump->flow.broken == SKT_FLOW_SINK;
	return pump->flow.broken == SKT_FLOW_SOURCE && skt_stream_is_gone(pump->flow.error);
}

static void one_done(struct bridge *bridge, const struct skt_pump *pump)
{
	bool forgiven = bridge->forgiving && is_deaf(bridge, pump);

	if (forgiven && pump == &bridge->out)
		(void)pump->sink->ops->finish(pump->sink);
	if (pump->flow.error && !forgiven)
		bridge->done(bridge, pump->flow.error);
	else if (bridge->in_done && bridge->out_done)
		bridge->done(bridge, 0);
	else if (bridge->out_done && bridge->said)
		bridge->said(bridge);
}

static void in_done(struct skt_pump *pump)
{
	struct bridge *bridge = SKT_CONTAINER(pump, struct bridge, in);

	bridge->in_done = true;
	one_done(bridge, pump);
}

static void out_done(struct skt_pump *pump)
{
	struct bridge *bridge = SKT_CONTAINER(pump, struct bridge, out);

	bridge->out_done = true;
	one_done(bridge, pump);
}

int bridge_start(struct bridge *bridge)
{
	struct client *client = bridge->client;
	struct listen_run *run = client->run;
	uint64_t rate = run->options->pipe.rate;
	int r = skt_stream_open(&bridge->far, &run->loop, bridge->fd);

	if (r)
		return r;
	bridge->open = true;
	bridge->far.owns = true;
	bridge->in = (struct skt_pump){
		.loop = &run->loop,
		.source = &client->stream,
		.sink = &bridge->far,
		.pool = &run->pool,
		.taps = client->record ? &client->record->received : NULL,
		.done = in_done,
	};
	bridge->out = (struct skt_pump){
		.loop = &run->loop,
		.source = &bridge->far,
		.sink = &client->stream,
		.pool = &run->pool,
		.taps = client->record ? &client->record->sent : NULL,
		.done = out_done,
	};
	if (rate) {
		skt_bucket_init(&bridge->in_bucket, rate);
		skt_bucket_init(&bridge->out_bucket, rate);
		bridge->in.bucket = &bridge->in_bucket;
		bridge->out.bucket = &bridge->out_bucket;
	}
	r = skt_pump_start(&bridge->in);
	return r ? r : skt_pump_start(&bridge->out);
}

void bridge_stop(struct bridge *bridge, bool reset)
{
	skt_pump_stop(&bridge->in);
	skt_pump_stop(&bridge->out);
	if (bridge->open) {
		bridge->far.owns = false;
		skt_stream_close(&bridge->far);
	}
	bridge->open = false;
	if (bridge->fd >= 0 && reset)
		skt_socket_abort(bridge->fd);
	else if (bridge->fd >= 0)
		(void)close(bridge->fd);
	bridge->fd = -1;
}

void bridge_look(const struct bridge *bridge, struct listen_traffic *ret)
{
	*ret = (struct listen_traffic){
		.received = bridge->in.flow.taken,
		.sent = bridge->out.flow.delivered,
		.last_ns = SKT_MAX(bridge->in.last_ns, bridge->out.last_ns),
	};
}
