/* The run of udpsend: the socket, the one way out, and its end. */
#include "cmd/udpsend/run.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cmd/policy.h"
#include "cmd/udpsend/bidir.h"
#include "cmd/udpsend/input.h"
#include "cmd/udpsend/pulled.h"
#include "cmd/udpsend/reply.h"
#include "cmd/udpsend/report.h"
#include "cmd/udpsend/send.h"
#include "cmd/udpsend/socket.h"
#include "cmd/udpsend/stream.h"

static int begin_replies(struct udpsend_flow *flow)
{
	const struct udpsend_options *o = flow->o;
	struct skt_receiver_config config = {0};
	struct skt_udp_address local = {0};
	struct skt_err err;

	if (o->rows.chosen) {
		(void)skt_udp_local(flow->fd, &local);
		config.wanted = skt_datagram_wanted(&o->rows.selection);
		if (skt_datagram_rows_begin(
			    &flow->rows, &o->rows, o->hex, flow->ctx, &local, &flow->sink))
			return SKT_EXIT_TROUBLE;
	} else {
		skt_sink_init(&flow->sink, flow->ctx->out);
	}
	flow->lines = !flow->o->raw && !flow->o->chunk && !flow->o->size_given;
	if (o->bidir)
		config = (struct skt_receiver_config){
			.wanted = SKT_RECEIVE_TIME, .capture = SKT_IPERF2_ACK};
	if (!o->reply && !o->pulled && !o->bidir)
		return SKT_EXIT_YES;
	flow->ring = calloc(SENT_RING, sizeof(*flow->ring));
	if (flow->ring && !skt_receiver_new(flow->fd, flow->family, &config, &flow->receiver, &err))
		return SKT_EXIT_YES;
	skt_warn(flow->ctx, "%s", flow->ring ? err.text : strerror(ENOMEM));
	return SKT_EXIT_TROUBLE;
}

static int settle_status(const struct udpsend_flow *flow, int status)
{
	if (status != SKT_EXIT_YES)
		return status;
	if (udpsend_pull_is_over(flow) && !*flow->ctx->interrupted)
		return SKT_EXIT_NO;
	if (flow->gone || (flow->theirs && !flow->theirs_ended && !*flow->ctx->interrupted))
		return SKT_EXIT_NO;
	if (flow->failed)
		return SKT_EXIT_TROUBLE;
	if (flow->o->reply && !*flow->ctx->interrupted &&
		(!flow->replies || (flow->refused && !flow->group)))
		return SKT_EXIT_NO;
	if (flow->replies < flow->o->replies && !*flow->ctx->interrupted)
		return SKT_EXIT_NO;
	return SKT_EXIT_YES;
}

static int finish(struct udpsend_flow *flow, int status)
{
	flow->end_ns = skt_clock_ns();
	if (flow->o->stamp && flow->sent)
		udpsend_mark_end(flow);
	if (flow->o->reply)
		udpsend_await(flow);
	if (flow->theirs)
		udpsend_await_theirs(flow);
	udpsend_take_errors(flow);
	status = settle_status(flow, status);
	if (flow->rows.output) {
		status = skt_datagram_rows_end(&flow->rows, status);
		udpsend_report(flow);
		return status;
	}
	status = skt_bytes_end(flow->ctx, &flow->sink, status);
	udpsend_report(flow);
	if (flow->theirs && flow->o->events.verbose >= 0)
		skt_datagram_stats_final(flow->theirs);
	return status;
}

static void confine(const struct udpsend_flow *flow)
{
	struct skt_needs needs = skt_policy_needs(SKT_POLICY_UDPSEND);

	needs.names = flow->o->rows.resolve;
	skt_needs_add(&needs, SKT_NEED_READ, flow->o->file);
	skt_policy_apply(&needs, flow->ctx, NULL);
}

int udpsend_run(const struct udpsend_options *o, struct skt_context *ctx)
{
	struct udpsend_flow *flow = calloc(1, sizeof(*flow));
	int status;

	if (!flow) {
		skt_warn(ctx, "%s", strerror(ENOMEM));
		return SKT_EXIT_TROUBLE;
	}
	flow->o = o;
	flow->ctx = ctx;
	flow->fd = -1;
	flow->head = o->stamp && !o->size_given ? SKT_IPERF2_HEADER : 0;
	status = o->pulled ? udpsend_await_pull(flow) : udpsend_open(flow);
	if (status != SKT_EXIT_YES) {
		if (o->rows.chosen && o->rows.format != SKT_FORMAT_TABLE)
			status = skt_datagram_rows_nothing(&o->rows, ctx, status);
		goto out;
	}
	confine(flow);
	flow->sender = (struct skt_sender){.fd = flow->fd};
	/* Segments of a datagram that is cut by the kernel go back to back: not what pacing wants.
	 */
	flow->sender.no_gso = o->gso == GSO_OFF || flow->family == AF_UNIX;
	if (!flow->connected) {
		flow->sender.to = &flow->to.sa;
		flow->sender.to_len = flow->to.len;
	}
	status = begin_replies(flow);
	if (status == SKT_EXIT_YES && o->bidir)
		status = udpsend_begin_theirs(flow);
	if (status != SKT_EXIT_YES) {
		skt_sink_fini(&flow->sink);
		goto out;
	}
	if (o->events.verbose > 0)
		skt_warn(ctx, "sending to %s", flow->to_text);
	udpsend_begin(flow);
	status = finish(flow,
		o->size_given || o->data || o->wake_len ? udpsend_stream(flow)
							: udpsend_input(flow));
out:
	skt_datagram_stats_free(flow->theirs);
	skt_receiver_free(flow->receiver);
	if (flow->fd >= 0)
		(void)close(flow->fd);
	free(flow->ring);
	free(flow);
	return status;
}
