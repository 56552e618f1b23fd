#include "net/flow.h"

enum skt_flow_step skt_flow_next(const struct skt_flow *flow)
{
	if (flow->broken == SKT_FLOW_SINK)
		return SKT_FLOW_DONE;
	if (flow->held)
		return SKT_FLOW_GIVE;
	if (flow->broken == SKT_FLOW_SOURCE || flow->finished)
		return SKT_FLOW_DONE;
	return flow->ended ? SKT_FLOW_FINISH : SKT_FLOW_TAKE;
}

void skt_flow_took(struct skt_flow *flow, size_t count, size_t held)
{
	flow->taken += count;
	flow->held += held;
}

void skt_flow_gave(struct skt_flow *flow, size_t count)
{
	flow->delivered += count;
	flow->held -= count;
}

void skt_flow_moved(struct skt_flow *flow, size_t count)
{
	flow->taken += count;
	flow->delivered += count;
}

void skt_flow_ended(struct skt_flow *flow)
{
	flow->ended = true;
}

void skt_flow_finished(struct skt_flow *flow)
{
	flow->finished = true;
}

void skt_flow_broke(struct skt_flow *flow, enum skt_flow_side side, int r)
{
	/* A sink that breaks while the rest of a broken source is given changes what can be done,
	 * not what went wrong. */
	if (!flow->error)
		flow->error = r;
	flow->broken = side;
}

bool skt_flow_incomplete(const struct skt_flow *flow)
{
	return flow->error || flow->held || !flow->ended;
}
