#include "net/pump.h"

#include <errno.h>
#include <poll.h>

#include "base/macros.h"
#include "net/pump_internal.h"

/* Moved in one turn before others get theirs. */
enum { TURN_MAX = 4 * 1024 * 1024 };

const char *skt_pump_path_name(enum skt_pump_path path)
{
	switch (path) {
	case SKT_PUMP_COPY:
		return "copy";
	case SKT_PUMP_RELAY:
		return "relay";
	case SKT_PUMP_SPLICE:
		return "splice";
	case SKT_PUMP_SENDFILE:
		return "sendfile";
	}
	return "?";
}

/* What the bucket allows now, or everything. */
static size_t allowance(const struct skt_pump *pump)
{
	if (!pump->bucket)
		return SIZE_MAX;
	return (size_t)skt_bucket_level(pump->bucket, skt_loop_now(pump->loop));
}

static enum skt_pump_turn take(struct skt_pump *pump)
{
	uint64_t before = pump->flow.taken;
	size_t limit = allowance(pump);
	enum skt_pump_turn turn;

	if (pump->dry) {
		pump->dry = false;
		return SKT_PUMP_WAIT_SOURCE;
	}
	if (limit == 0)
		return SKT_PUMP_WAIT_TIME;
	turn = skt_pump_take(pump, limit);
	if (pump->flow.taken == before)
		return turn;
	pump->last_ns = skt_loop_now(pump->loop);
	if (!pump->first_ns)
		pump->first_ns = pump->last_ns;
	if (pump->bucket)
		skt_bucket_spend(pump->bucket, pump->flow.taken - before, pump->last_ns);
	return turn;
}

static enum skt_pump_turn give(struct skt_pump *pump)
{
	enum skt_pump_turn turn = skt_pump_give(pump);

	pump->last_ns = skt_loop_now(pump->loop);
	return turn;
}

static enum skt_pump_turn finish(struct skt_pump *pump)
{
	int r = pump->keep_open ? 0 : pump->sink->ops->finish(pump->sink);

	if (r == -EAGAIN)
		return SKT_PUMP_WAIT_SINK;
	if (r)
		skt_flow_broke(&pump->flow, SKT_FLOW_SINK, r);
	else
		skt_flow_finished(&pump->flow);
	return SKT_PUMP_ONWARD;
}

/* Asks for what TURN waits for, and for nothing else. */
static int await(struct skt_pump *pump, enum skt_pump_turn turn)
{
	int r;

	pump->source->wants_read = turn == SKT_PUMP_WAIT_SOURCE;
	pump->sink->wants_write = turn == SKT_PUMP_WAIT_SINK;
	if (turn == SKT_PUMP_WAIT_TIME)
		skt_timer_set(pump->loop, &pump->timer, skt_bucket_when(pump->bucket));
	r = skt_stream_update(pump->source);
	if (r == 0 && pump->sink != pump->source)
		r = skt_stream_update(pump->sink);
	return r;
}

void skt_pump_stop(struct skt_pump *pump)
{
	if (!pump->running)
		return;
	pump->running = false;
	skt_timer_remove(&pump->timer);
	(void)await(pump, SKT_PUMP_ONWARD);
	pump->source->reader = NULL;
	pump->sink->writer = NULL;
	skt_pump_drop(pump);
}

static enum skt_pump_turn step(struct skt_pump *pump)
{
	switch (skt_flow_next(&pump->flow)) {
	case SKT_FLOW_TAKE:
		return take(pump);
	case SKT_FLOW_GIVE:
		return give(pump);
	case SKT_FLOW_FINISH:
		return finish(pump);
	case SKT_FLOW_DONE:
		break;
	}
	return SKT_PUMP_ONWARD;
}

static void run(struct skt_pump *pump)
{
	uint64_t start = pump->flow.taken;
	enum skt_pump_turn turn = SKT_PUMP_ONWARD;
	int r;

	pump->dry = false;
	while (turn == SKT_PUMP_ONWARD && skt_flow_next(&pump->flow) != SKT_FLOW_DONE) {
		turn = step(pump);
		/* Others are waiting; the loop comes back, since readiness is told by level. */
		if (pump->flow.taken - start >= TURN_MAX && !pump->flow.held && !pump->flow.ended)
			turn = SKT_PUMP_WAIT_SOURCE;
	}
	skt_pump_keep(pump);
	if (skt_flow_next(&pump->flow) != SKT_FLOW_DONE) {
		r = await(pump, turn);
		if (r == 0)
			return;
		skt_flow_broke(&pump->flow, SKT_FLOW_SOURCE, r);
	}
	skt_pump_stop(pump);
	pump->done(pump);
}

static void source_ready(struct skt_stream_user *user)
{
	run(SKT_CONTAINER(user, struct skt_pump, source_user));
}

static void sink_ready(struct skt_stream_user *user)
{
	run(SKT_CONTAINER(user, struct skt_pump, sink_user));
}

static void bucket_filled(struct skt_timer *timer)
{
	run(SKT_CONTAINER(timer, struct skt_pump, timer));
}

bool skt_pump_is_idle(const struct skt_pump *pump)
{
	struct pollfd source = {.fd = pump->source->fd, .events = POLLIN};

	if (!pump->running)
		return true;
	if (pump->flow.held || !pump->source->wants_read)
		return false;
	return !pump->source->ops->pending(pump->source) && poll(&source, 1, 0) == 0;
}

int skt_pump_start(struct skt_pump *pump)
{
	int r;

	pump->source_user.ready = source_ready;
	pump->sink_user.ready = sink_ready;
	pump->timer.handler = bucket_filled;
	pump->path = skt_pump_choose(pump);
	pump->source->reader = &pump->source_user;
	pump->sink->writer = &pump->sink_user;
	pump->running = true;
	pump->source->wants_read = true;
	r = skt_stream_update(pump->source);
	if (r)
		skt_pump_stop(pump);
	return r;
}
