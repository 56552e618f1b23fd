#include "cmd/udpsend/send.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/prctl.h>

#include "base/clock.h"
#include "base/macros.h"
#include "base/plural.h"
#include "cmd/udpsend/bidir.h"
#include "cmd/udpsend/pulled.h"
#include "cmd/udpsend/reply.h"

enum {
	/* Above this rate single sends cost too much: they go in bursts, this many a second. */
	SINGLE_PPS = 150 * 1000,
	BURSTS_PER_SECOND = 25 * 1000,
	/* And above this one there is no time to catch up one by one. */
	CATCH_UP_PPS = 25 * 1000,
	/* A stream that fails this often in a row, and never went, will not go. */
	FAILURES_MAX = 3,
};

/* ---- pacing ---- */

/* What COUNT datagrams of BYTES in all are worth in the units of the rate. */
static uint64_t units_of(const struct udpsend_flow *flow, uint64_t count, uint64_t bytes)
{
	switch (flow->o->rate.unit) {
	case SKT_RATE_EVENTS:
		return count;
	case SKT_RATE_BITS:
		return bytes * 8;
	case SKT_RATE_BYTES:
		return bytes;
	}
	return count;
}

void udpsend_begin(struct udpsend_flow *flow)
{
	const struct skt_rate *rate = &flow->o->rate;
	uint64_t pps = rate->per_second;

	flow->begin_ns = skt_clock_ns();
	flow->deadline_ns = flow->o->duration_ns
		? skt_clock_add(flow->begin_ns, flow->o->duration_ns)
		: SKT_NEVER;
	flow->burst = flow->o->burst ? flow->o->burst : 1;
	flow->paced = pps > 0;
	if (!flow->paced)
		return;
	/* The kernel may round our sleep up by this much; for us as little as it can. */
	(void)prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
	skt_pace_init(&flow->pace, pps, flow->begin_ns);
	if (rate->unit != SKT_RATE_EVENTS)
		pps = flow->o->size ? pps / units_of(flow, 1, flow->o->size) : 0;
	if (!flow->o->burst && pps > SINGLE_PPS)
		flow->burst = SKT_MIN((pps + BURSTS_PER_SECOND - 1) / BURSTS_PER_SECOND,
			(uint64_t)SKT_SENDER_BATCH);
	if (!flow->o->burst && pps > CATCH_UP_PPS)
		flow->late_ns = flow->burst * SKT_NS_PER_SEC / pps;
}

uint64_t udpsend_burst(const struct udpsend_flow *flow)
{
	uint64_t late;

	if (!flow->late_ns)
		return flow->burst;
	late = skt_pace_late_ns(&flow->pace, skt_clock_ns()) / flow->late_ns;
	return flow->burst * SKT_MIN(1 + late, (uint64_t)SKT_PACE_CATCH_UP);
}

uint64_t udpsend_left(const struct udpsend_flow *flow)
{
	if (*flow->ctx->interrupted || flow->fatal || udpsend_pull_is_over(flow))
		return 0;
	/* What was refused or failed was tried, and is not tried again. */
	return flow->o->count ? flow->o->count - SKT_MIN(flow->o->count, flow->sent + flow->failed)
			      : UINT64_MAX;
}

/* Waits for the turn of what is sent next. 0: there is none any more. */
static uint64_t turn(struct udpsend_flow *flow)
{
	uint64_t now = 0, due;

	if (flow->paced) {
		due = skt_pace_due(&flow->pace);
		if (due >= flow->deadline_ns)
			return 0;
		if (flow->theirs)
			udpsend_take_theirs_until(flow, due);
		now = skt_pace_wait(&flow->pace, due, flow->ctx->interrupted);
	} else {
		now = skt_clock_ns();
	}
	return now >= flow->deadline_ns || *flow->ctx->interrupted ? 0 : now;
}

static void count_gap(struct udpsend_flow *flow, uint64_t now, uint64_t units)
{
	if (flow->last_ns) {
		const uint64_t gap = now - flow->last_ns;

		skt_histogram_add(&flow->gaps, gap);
		if (flow->paced)
			skt_histogram_add(&flow->gap_errors,
				gap > flow->interval_ns ? gap - flow->interval_ns
							: flow->interval_ns - gap);
	}
	flow->last_ns = now;
	if (flow->paced)
		flow->interval_ns = (uint64_t)((double)units * (double)SKT_NS_PER_SEC /
			(double)flow->pace.rate);
}

/* ---- the way out ---- */

static bool came_by_icmp(int error)
{
	switch (error) {
	case ECONNREFUSED:
	case EHOSTUNREACH:
	case ENETUNREACH:
	case EHOSTDOWN:
	case ENOPROTOOPT:
	case EPROTO:
	case EACCES:
	case EMSGSIZE:
		return true;
	}
	return false;
}

/* The first that is too long is told of, with what would fit. */
static void tell_too_long(struct udpsend_flow *flow, size_t size)
{
	const size_t max = skt_udp_send_max(flow->fd, &flow->to);
	uint32_t mtu = 0;

	if (!skt_udp_path_mtu(flow->fd, flow->family, &mtu))
		flow->path_mtu = mtu;
	if (flow->o->no_fragment && flow->path_mtu && size <= max)
		skt_warn(flow->ctx,
			"%s: %zu bytes do not fit unfragmented: the path MTU is %" PRIu64,
			flow->to_text, size, flow->path_mtu);
	else
		skt_warn(flow->ctx, "%s: %zu bytes do not fit into a datagram (at most %zu%s)",
			flow->to_text, size, max,
			flow->family == AF_UNIX ? ", its send buffer: see net.core.wmem_max" : "");
}

/* Whether nobody holds a unix socket any more: no datagram after this one will go either. */
static bool is_gone(const struct udpsend_flow *flow, int error)
{
	switch (error) {
	case ECONNREFUSED:
	case ECONNRESET:
	case ENOTCONN:
	case ENOENT:
		return flow->family == AF_UNIX;
	}
	return false;
}

static void count_failure(struct udpsend_flow *flow, int error, size_t size)
{
	flow->failed++;
	flow->failed_errno = error;
	if (error == EMSGSIZE && flow->too_long++ == 0 && flow->o->events.verbose >= 0)
		tell_too_long(flow, size);
	if (is_gone(flow, error)) {
		flow->gone = flow->fatal = true;
		skt_warn(flow->ctx, "%s: the receiver has gone away, behind %" PRIu64 " datagram%s",
			flow->to_text, flow->sent, skt_plural(flow->sent, "", "s"));
		return;
	}
	if (!flow->sent && flow->failed >= FAILURES_MAX && error != ENOBUFS && error != EMSGSIZE)
		flow->fatal = !flow->receiver && !flow->refused;
}

/*
 * A send that fails may only hand over an ICMP error about one before it: then it is tried again.
 * Returns how many went, 0 where the first of them cannot.
 */
static size_t push(
	struct udpsend_flow *flow, uint8_t *bytes, size_t size, struct iovec *iov, size_t count)
{
	int rc;

	for (int again = 0; again < 3; again++) {
		uint64_t refused = flow->refused;

		rc = iov ? skt_sender_many(&flow->sender, iov, count)
			 : skt_sender_equal(&flow->sender, bytes, size, count);
		if (rc > 0)
			return (size_t)rc;
		if (!came_by_icmp(-rc))
			break;
		udpsend_take_errors(flow);
		if (flow->refused == refused)
			break;
	}
	count_failure(flow, -rc, iov ? iov->iov_len : size);
	return 0;
}

static void stamp_all(struct udpsend_flow *flow, uint8_t *const *heads, size_t count)
{
	const uint64_t now = skt_clock_real_ns();

	for (size_t i = 0; i < count; i++)
		skt_iperf2_put(heads[i], (int64_t)(flow->sent + flow->failed + i + 1), now);
}

bool udpsend_equal(struct udpsend_flow *flow, uint8_t *bytes, size_t size, size_t count)
{
	size_t done = 0;
	uint64_t now = turn(flow);

	if (!now)
		return false;
	if (flow->o->stamp) {
		uint8_t *heads[SKT_SENDER_BATCH];

		for (size_t i = 0; i < count; i++)
			heads[i] = bytes + i * size;
		stamp_all(flow, heads, count);
	}
	count_gap(flow, now, units_of(flow, count, count * size));
	while (done < count && udpsend_left(flow)) {
		size_t n = push(flow, bytes + done * size, size, NULL, count - done);

		if (flow->ring)
			for (size_t i = 0; i < n; i++)
				udpsend_remember(flow,
					flow->o->stamp ? flow->sent + flow->failed + i + 1
						       : udpsend_hash(bytes, size),
					now);
		flow->sent += n;
		flow->bytes += n * size;
		done += n ? n : 1;
	}
	if (flow->paced)
		skt_pace_sent(&flow->pace, units_of(flow, count, count * size), now);
	if (flow->receiver)
		udpsend_take_replies(flow);
	return udpsend_left(flow) > 0;
}

bool udpsend_many(struct udpsend_flow *flow, struct iovec *iov, size_t count)
{
	size_t done = 0;

	while (done < count && udpsend_left(flow)) {
		size_t n = flow->paced ? 1 : count - done, bytes = 0;
		uint64_t now = turn(flow);

		if (!now)
			return false;
		if (flow->o->stamp) {
			uint8_t *heads[SKT_SENDER_BATCH];

			for (size_t i = 0; i < n; i++)
				heads[i] = iov[done + i].iov_base;
			stamp_all(flow, heads, n);
		}
		count_gap(flow, now, units_of(flow, 1, iov[done].iov_len));
		n = push(flow, NULL, 0, iov + done, SKT_MIN(n, udpsend_left(flow)));
		for (size_t i = 0; i < n; i++) {
			bytes += iov[done + i].iov_len;
			if (flow->ring)
				udpsend_remember(flow,
					flow->o->stamp ? flow->sent + flow->failed + i + 1
						       : udpsend_hash(iov[done + i].iov_base,
								 iov[done + i].iov_len),
					now);
		}
		if (flow->paced)
			skt_pace_sent(&flow->pace, units_of(flow, 1, iov[done].iov_len), now);
		flow->sent += n;
		flow->bytes += bytes;
		done += n ? n : 1;
		if (flow->receiver)
			udpsend_take_replies(flow);
	}
	return udpsend_left(flow) > 0;
}
