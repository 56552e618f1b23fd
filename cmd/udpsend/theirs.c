#include "cmd/udpsend/theirs.h"

#include "base/clock.h"

void udpsend_take_theirs(struct udpsend_flow *flow, const struct skt_datagram *d)
{
	flow->heard_ns = skt_clock_ns();
	if (skt_datagram_pull_take(&flow->pull, d))
		return;
	if (d->length == SKT_IPERF2_ACK && skt_iperf2_parse_ack(d->data, d->captured, &flow->peer))
		flow->acknowledged = true;
	else
		flow->theirs_ended |= skt_datagram_stats_take(flow->theirs, d);
}
