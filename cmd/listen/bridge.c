#include "cmd/listen/bridge.h"

#include <errno.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/macros.h"

/*
 * How long the survivor of a reset may take nothing of what there is for it, before it is reset,
 * too: nobody else will ever end the connection.
 */
#define STALL_NS (10 * SKT_NS_PER_SEC)

static void joint_done(struct skt_joint *joint, enum skt_ends_step step)
{
	struct bridge *bridge = SKT_CONTAINER(joint, struct bridge, joint);

	int r = step == SKT_ENDS_CLOSE ? 0 : skt_joint_error(joint);

	/* The client was not the one who was cut: what it has may not be all, and a reset says so.
	 */
	if (joint->back.flow.error == SKT_STREAM_CUT)
		r = -ECONNABORTED;
	bridge->done(bridge, r);
}

static void set_bucket(struct skt_pump *pump, struct skt_bucket *bucket, uint64_t rate)
{
	if (!rate)
		return;
	skt_bucket_init(bucket, rate);
	pump->bucket = bucket;
}

int bridge_start(struct bridge *bridge)
{
	struct client *client = bridge->client;
	struct listen_run *run = client->run;
	struct skt_stream *near = &client->connection.stream, *far = &bridge->far.stream;
	struct skt_joint *joint = &bridge->joint;
	unsigned int keepalive_s = run->options->socket.keepalive_s;
	int r = skt_connection_open(&bridge->far, &run->loop);

	if (r)
		return r;
	*joint = (struct skt_joint){
		.loop = &run->loop,
		.ends.lenient_b = bridge->is_program,
		.stall_ns = STALL_NS,
		.done = joint_done,
		.there = {.source = near, .sink = far, .pool = &run->pool},
		.back = {.source = far, .sink = near, .pool = &run->pool},
	};
	if (client->record) {
		joint->there.taps = &client->record->received;
		joint->back.given_taps = &client->record->sent;
	}
	if (keepalive_s && bridge->far.peer.addr.family != AF_UNSPEC)
		skt_keepalive_start(&bridge->keepalive, &run->loop, bridge->far.fd, keepalive_s);
	set_bucket(&joint->there, &bridge->in_bucket, run->options->pipe.rate);
	set_bucket(&joint->back, &bridge->out_bucket, run->options->pipe.rate);
	return skt_joint_start(joint);
}

void bridge_program_ended(struct bridge *bridge)
{
	bridge->joint.ends.with_b = true;
	skt_joint_decide(&bridge->joint);
}

void bridge_stop(struct bridge *bridge, bool reset)
{
	skt_joint_stop(&bridge->joint);
	skt_keepalive_stop(&bridge->keepalive);
	if (reset)
		skt_connection_abort(&bridge->far);
	else
		skt_connection_close(&bridge->far);
}

void bridge_look(const struct bridge *bridge, struct listen_traffic *ret)
{
	*ret = (struct listen_traffic){
		.received = bridge->joint.there.flow.taken,
		.sent = bridge->joint.back.flow.delivered,
		.last_ns = skt_joint_last_ns(&bridge->joint),
	};
}
