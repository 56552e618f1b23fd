/* What comes back to udpsend: answers, their round trips, ICMP errors, iperf's acknowledgement. */
#include "cmd/udpsend/reply.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/macros.h"
#include "cmd/udpsend/pulled.h"
#include "cmd/udpsend/theirs.h"

enum {
	END_TRIES = 10, /* as iperf does */
	END_WAIT_MS = 250,
	GROUP_END_MARKS = 3, /* nobody acknowledges for a group */
	WAIT_SLICE_MS = 200,
	END_MARK_MAX = 1200, /* fits every path */
};

/* FNV-1a, 64 bits; never 0, which is an empty place in the ring. */
uint64_t udpsend_hash(const uint8_t *bytes, size_t len)
{
	uint64_t hash = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ bytes[i]) * UINT64_C(1099511628211);
	return hash ? hash : 1;
}

void udpsend_remember(struct udpsend_flow *flow, uint64_t key, uint64_t sent_ns)
{
	struct udpsend_sent *place = &flow->ring[key % SENT_RING];

	/* Of the same text sent again before its answer the first is the one that is answered. */
	if (place->key != key)
		*place = (struct udpsend_sent){.key = key, .sent_ns = sent_ns};
}

/*
 * The round trip that D ends: since what it is a copy of was sent, or since the only one that was.
 * 0: not known.
 */
static uint64_t take_round_trip(
	struct udpsend_flow *flow, const struct skt_datagram *d, uint64_t now)
{
	struct skt_iperf2_header header;
	struct udpsend_sent *place;
	uint64_t key, sent_ns;
	bool end = false;

	if (!flow->o->stamp)
		key = udpsend_hash(d->data, d->captured);
	else if (skt_iperf2_parse(d->data, d->captured, &header))
		key = skt_iperf2_sequence(&header, flow->sent, &end);
	else
		return 0;
	place = &flow->ring[key % SENT_RING];
	if (end || place->key != key || now < place->sent_ns)
		return flow->sent == 1 && now > flow->last_ns ? now - flow->last_ns : 0;
	sent_ns = place->sent_ns;
	skt_histogram_add(&flow->round_trips, now - sent_ns);
	/* Of a group each member may answer. */
	if (!flow->group)
		place->key = 0;
	return now - sent_ns;
}

/* Whether D comes from another address or port than was asked, as TFTP's answers do. */
static bool is_elsewhere(struct udpsend_flow *flow, const struct skt_datagram *d)
{
	struct skt_addr asked, from;
	uint16_t asked_port, port;
	bool same;

	if (!skt_udp_inet(&flow->to.sa, flow->to.len, &asked, &asked_port) ||
		!skt_udp_inet(d->source, d->source_len, &from, &port))
		return false;
	same = flow->group || memcmp(asked.bytes, from.bytes, sizeof(asked.bytes)) == 0;
	flow->replies_asked += same;
	if (same && port == asked_port)
		return false;
	if (!flow->elsewhere++)
		(void)skt_udp_text(d->source, d->source_len, flow->elsewhere_text);
	return true;
}

/* Whether D is the answer to the mark of the end, rather than to a datagram. */
static bool take_ack(struct udpsend_flow *flow, const struct skt_datagram *d)
{
	struct skt_iperf2_header header;
	bool end;

	if (!flow->o->stamp)
		return false;
	if (skt_iperf2_parse(d->data, d->captured, &header)) {
		(void)skt_iperf2_sequence(&header, flow->sent, &end);
		if (end)
			return flow->acknowledged = true; /* the mark itself, echoed */
	}
	if (d->captured != SKT_IPERF2_ACK ||
		!skt_iperf2_parse_ack(d->data, d->captured, &flow->peer))
		return false;
	return flow->acknowledged = true;
}

static void take_reply(struct udpsend_flow *flow, const struct skt_datagram *d)
{
	const uint64_t now = skt_clock_ns();
	struct skt_datagram_answer answer;

	if (flow->theirs) {
		udpsend_take_theirs(flow, d);
		return;
	}
	if (take_ack(flow, d) || udpsend_take_pull(flow, d) || !flow->o->reply)
		return;
	answer.rtt_ns = take_round_trip(flow, d, now);
	answer.elsewhere = is_elsewhere(flow, d);
	flow->replies++;
	flow->reply_bytes += d->length;
	flow->last_reply_ns = now;
	if (flow->rows.output) {
		(void)skt_datagram_rows_take(&flow->rows, d, &answer);
		return;
	}
	/* Echoes of what was made up are only counted. */
	if (flow->o->size_given)
		return;
	skt_str_add(&flow->sink.pending, (const char *)d->data, d->captured);
	if (flow->lines)
		skt_str_add_char(&flow->sink.pending, '\n');
	skt_sink_settle(&flow->sink);
}

void udpsend_take_replies(struct udpsend_flow *flow)
{
	struct skt_datagram d;
	int n;

	while ((n = skt_receiver_fill(flow->receiver)) > 0)
		while (skt_receiver_next(flow->receiver, &d))
			take_reply(flow, &d);
	if (n < 0)
		udpsend_take_errors(flow);
}

static bool same_error(const struct skt_icmp_error *a, const struct skt_icmp_error *b)
{
	return a->error == b->error && a->type == b->type && a->code == b->code && a->v6 == b->v6 &&
		a->local == b->local && skt_addr_equal(&a->sender, &b->sender);
}

static void count_refusal(struct udpsend_flow *flow, const struct skt_icmp_error *error)
{
	flow->refused++;
	for (size_t i = 0; i < flow->refusal_count; i++) {
		if (same_error(&flow->refusals[i].error, error)) {
			flow->refusals[i].count++;
			return;
		}
	}
	if (flow->refusal_count < REFUSALS_MAX)
		flow->refusals[flow->refusal_count++] =
			(struct udpsend_refusal){.error = *error, .count = 1};
}

void udpsend_take_errors(struct udpsend_flow *flow)
{
	struct skt_icmp_error error;

	if (flow->family == AF_UNIX)
		return;
	while (skt_errqueue_read(flow->fd, &error) > 0) {
		if (error.mtu)
			flow->path_mtu = error.mtu;
		skt_addr_unmap(&error.sender);
		/* What this host finds out itself fails the send that it is about. */
		if (!error.local)
			count_refusal(flow, &error);
	}
}

static bool is_over(const struct udpsend_flow *flow, uint64_t deadline)
{
	return *flow->ctx->interrupted || skt_clock_ns() >= deadline;
}

void udpsend_mark_end(struct udpsend_flow *flow)
{
	const struct skt_receiver_config config = {0};
	const bool alone = !flow->group && flow->family != AF_UNIX;
	const uint64_t stamp = skt_clock_real_ns();
	uint8_t bytes[END_MARK_MAX] = {0};
	/* As long as the others, so that it goes their way; long enough for an answer as long. */
	struct iovec iov = {.iov_base = bytes,
		.iov_len =
			SKT_MIN(SKT_MAX(flow->o->size, (uint64_t)SKT_IPERF2_ACK), sizeof(bytes))};

	if (!flow->receiver &&
		skt_receiver_new(flow->fd, flow->family, &config, &flow->receiver, NULL))
		return;
	skt_iperf2_put(bytes, -(int64_t)(flow->sent + flow->failed + 1), stamp);
	for (int i = 0; i < (alone ? END_TRIES : GROUP_END_MARKS) && !flow->acknowledged; i++) {
		uint64_t deadline = skt_clock_ns() + END_WAIT_MS * SKT_NS_PER_MS;
		uint64_t refused = flow->refused;

		(void)skt_sender_many(&flow->sender, &iov, 1);
		while (alone && !flow->acknowledged && !is_over(flow, deadline)) {
			(void)skt_datagram_wait(flow->fd, deadline, NULL);
			udpsend_take_replies(flow);
			if (flow->refused > refused)
				return; /* nobody is there */
		}
		if (*flow->ctx->interrupted)
			return;
	}
}

/* As many answers as there can be, or as were asked for. */
static bool has_enough(const struct udpsend_flow *flow)
{
	if (flow->o->replies)
		return flow->replies >= flow->o->replies;
	return flow->sent && flow->replies_asked >= flow->sent && !flow->group;
}

static int flush(struct udpsend_flow *flow)
{
	const int rc = flow->rows.output ? skt_datagram_rows_settle(&flow->rows)
					 : skt_sink_flush(&flow->sink);

	return SKT_MIN(rc, 0);
}

void udpsend_await(struct udpsend_flow *flow)
{
	uint64_t last = flow->end_ns;

	while (!*flow->ctx->interrupted && (!flow->refused || flow->group)) {
		uint64_t now = skt_clock_ns(), deadline;

		last = SKT_MAX(last, flow->last_reply_ns);
		deadline = skt_clock_add(last, flow->o->reply_ns);
		if (now >= deadline || has_enough(flow))
			return;
		deadline = SKT_MIN(deadline, now + WAIT_SLICE_MS * SKT_NS_PER_MS);
		if (flush(flow))
			return;
		if (skt_datagram_wait(flow->fd, deadline, NULL) > 0)
			udpsend_take_replies(flow);
	}
}
