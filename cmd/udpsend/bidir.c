#include "cmd/udpsend/bidir.h"

#include "base/clock.h"
#include "base/macros.h"
#include "cmd/udpsend/reply.h"
#include "net/pull.h"

/* A signal is seen as late as this; so long before its time a datagram is waited for exactly. */
#define LOOK_NS (200 * SKT_NS_PER_MS)
#define EXACT_NS (SKT_NS_PER_MS / 2)

/* Waits once, until something comes or UNTIL_NS, and takes it; asks when it is time. */
static void step(struct udpsend_flow *flow, uint64_t until_ns)
{
	uint64_t now = skt_clock_ns();

	if (!flow->o->pulled) {
		skt_datagram_pull_step(&flow->pull, now);
		until_ns = SKT_MIN(until_ns, flow->pull.due_ns);
	}
	(void)skt_datagram_wait(flow->fd, SKT_MIN(until_ns, now + LOOK_NS), NULL);
	udpsend_take_replies(flow);
	udpsend_take_errors(flow);
}

static int ask(struct udpsend_flow *flow)
{
	const struct udpsend_options *o = flow->o;
	const uint64_t until_ns =
		o->duration_ns ? skt_clock_add(skt_clock_ns(), o->duration_ns) : SKT_NEVER;

	if (o->events.verbose >= 0 && !o->events.json)
		skt_warn(flow->ctx, "asking %s for its stream", flow->to_text);
	while (!flow->pull.streaming) {
		if (*flow->ctx->interrupted)
			return SKT_EXIT_NO;
		if (skt_clock_ns() >= until_ns) {
			skt_warn(flow->ctx,
				"%s sent no stream within --duration: is 'sockkit udpsend --pulled "
				"--bidir' there?",
				flow->to_text);
			return SKT_EXIT_NO;
		}
		step(flow, until_ns);
	}
	/* Whoever was not there yet is now. */
	flow->refused = flow->refusal_count = 0;
	return SKT_EXIT_YES;
}

int udpsend_begin_theirs(struct udpsend_flow *flow)
{
	const struct skt_datagram_stats_options options = {
		.events = &flow->o->events,
		.senders = 1,
		.received = true,
	};
	int status;

	if (flow->group) {
		skt_warn(flow->ctx, "%s: --bidir is for one other end, not for a group",
			flow->to_text);
		return SKT_EXIT_USAGE;
	}
	status = skt_datagram_stats_new(
		&options, flow->ctx, flow->fd, false, skt_clock_real_ns(), &flow->theirs);
	if (status != SKT_EXIT_YES || flow->o->pulled)
		return status;
	skt_datagram_pull_init(&flow->pull, flow->fd);
	return ask(flow);
}

void udpsend_take_theirs_until(struct udpsend_flow *flow, uint64_t due_ns)
{
	while (!*flow->ctx->interrupted && skt_clock_ns() + EXACT_NS < due_ns)
		step(flow, due_ns - EXACT_NS);
}

void udpsend_await_theirs(struct udpsend_flow *flow)
{
	while (!*flow->ctx->interrupted && !flow->theirs_ended) {
		const uint64_t end_ns = skt_clock_add(flow->heard_ns, SKT_PULL_END_NS);

		if (skt_clock_ns() >= end_ns) {
			skt_warn(flow->ctx,
				"%s: nothing comes any more, and no end of its stream came",
				flow->to_text);
			return;
		}
		step(flow, end_ns);
	}
}
